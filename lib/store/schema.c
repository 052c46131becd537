/* The tables, as numbered steps: step n leads from schema n to n + 1.  A step
 * that has been released is never edited. What each column is for, whether it
 * is personal and how long it stays is said in registry.c; a test holds the
 * two together. */
#include "store/sql.h"

static const char *const steps[] = {
	/* 0 -> 1 */
	"CREATE TABLE meta("
	" key TEXT PRIMARY KEY, value) WITHOUT ROWID;"
	"CREATE TABLE person("
	" id INTEGER PRIMARY KEY, pub TEXT NOT NULL UNIQUE,"
	" kind TEXT NOT NULL, state TEXT NOT NULL, may INTEGER NOT NULL,"
	" shard INTEGER NOT NULL, created INTEGER NOT NULL);"
	"CREATE TABLE identifier("
	" id INTEGER PRIMARY KEY, person INTEGER NOT NULL,"
	" leaf INTEGER NOT NULL UNIQUE, kind TEXT NOT NULL,"
	" blind BLOB NOT NULL UNIQUE, cell BLOB NOT NULL,"
	" created INTEGER NOT NULL);"
	"CREATE INDEX identifier_person ON identifier(person);"
	"CREATE TABLE conversation("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, pub TEXT NOT NULL UNIQUE,"
	" person INTEGER, channel TEXT NOT NULL, status TEXT NOT NULL,"
	" key BLOB UNIQUE, created INTEGER NOT NULL,"
	" updated INTEGER NOT NULL);"
	"CREATE INDEX conversation_person ON conversation(person);"
	"CREATE TABLE message("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, pub TEXT NOT NULL UNIQUE,"
	" hash BLOB NOT NULL UNIQUE, leaf INTEGER NOT NULL,"
	" person INTEGER, conversation INTEGER NOT NULL,"
	" channel TEXT NOT NULL, direction TEXT NOT NULL,"
	" date INTEGER NOT NULL, received INTEGER NOT NULL,"
	" size INTEGER NOT NULL, chunks INTEGER NOT NULL,"
	" shard INTEGER NOT NULL, threaded TEXT NOT NULL,"
	" head BLOB NOT NULL,"
	" category TEXT, confidence REAL, abstained INTEGER, priority TEXT,"
	" sentiment TEXT, language TEXT, spam INTEGER, automatic INTEGER,"
	" dsr TEXT, model TEXT, class BLOB, classified INTEGER,"
	" replies BLOB, suggested INTEGER);"
	"CREATE INDEX message_person ON message(person);"
	"CREATE INDEX message_conversation ON message(conversation);"
	"CREATE INDEX message_shard ON message(shard);"
	"CREATE INDEX message_unclassified ON message(id)"
	" WHERE classified IS NULL;"
	"CREATE INDEX message_unsuggested ON message(id)"
	" WHERE suggested IS NULL;"
	/* id: message * 4096 + chunk */
	"CREATE TABLE raw(id INTEGER PRIMARY KEY, cell BLOB NOT NULL);"
	"CREATE TABLE ref("
	" mid INTEGER NOT NULL, message INTEGER NOT NULL,"
	" own INTEGER NOT NULL, PRIMARY KEY(mid, message)) WITHOUT ROWID;"
	"CREATE INDEX ref_message ON ref(message);"
	"CREATE TABLE participant("
	" message INTEGER NOT NULL, identifier INTEGER NOT NULL,"
	" role INTEGER NOT NULL,"
	" PRIMARY KEY(message, identifier, role)) WITHOUT ROWID;"
	"CREATE INDEX participant_identifier ON participant(identifier);"
	"CREATE TABLE account("
	" id INTEGER PRIMARY KEY, leaf INTEGER NOT NULL UNIQUE,"
	" blind BLOB NOT NULL UNIQUE, cell BLOB NOT NULL,"
	" created INTEGER NOT NULL);"
	"CREATE TABLE folder("
	" id INTEGER PRIMARY KEY, pub TEXT NOT NULL UNIQUE,"
	" account INTEGER NOT NULL, blind BLOB NOT NULL UNIQUE,"
	" cell BLOB NOT NULL);"
	"CREATE TABLE location("
	" message INTEGER NOT NULL, folder INTEGER NOT NULL,"
	" uidvalidity INTEGER NOT NULL, uid INTEGER NOT NULL,"
	" PRIMARY KEY(message, folder, uidvalidity, uid)) WITHOUT ROWID;"
	"CREATE TABLE event("
	" id INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL,"
	" conversation INTEGER, message INTEGER, channel TEXT, value TEXT);"
	"CREATE INDEX event_time ON event(time, id);"
	"CREATE UNIQUE INDEX event_message ON event(message, kind);"
	"CREATE INDEX event_conversation ON event(conversation);"
	"CREATE TABLE run("
	" id INTEGER PRIMARY KEY, command TEXT NOT NULL, account TEXT,"
	" start INTEGER NOT NULL, end INTEGER, read INTEGER NOT NULL,"
	" stored INTEGER NOT NULL, refused INTEGER NOT NULL,"
	" status INTEGER);"
	"CREATE TABLE audit("
	" id INTEGER PRIMARY KEY, time INTEGER NOT NULL,"
	" entry TEXT NOT NULL, ssh BLOB, slot TEXT NOT NULL,"
	" hash BLOB NOT NULL, sig BLOB NOT NULL);"
	"CREATE TABLE quarantine("
	" id INTEGER PRIMARY KEY, pub TEXT NOT NULL UNIQUE,"
	" leaf INTEGER NOT NULL, hash BLOB NOT NULL UNIQUE,"
	" reason TEXT NOT NULL, place TEXT NOT NULL,"
	" received INTEGER NOT NULL, size INTEGER NOT NULL,"
	" cell BLOB NOT NULL);"
	"CREATE TABLE ledger("
	" kind INTEGER NOT NULL, hash BLOB NOT NULL, leaf INTEGER NOT NULL,"
	" time INTEGER NOT NULL, PRIMARY KEY(kind, hash, leaf))"
	" WITHOUT ROWID;"
	"CREATE TABLE shard("
	" id INTEGER PRIMARY KEY, messages INTEGER NOT NULL,"
	" state TEXT NOT NULL);"
	"CREATE TABLE erasure("
	" id INTEGER PRIMARY KEY, pub TEXT NOT NULL UNIQUE,"
	" person INTEGER NOT NULL, state TEXT NOT NULL,"
	" generation INTEGER NOT NULL, created INTEGER NOT NULL,"
	" ended INTEGER, leaves BLOB NOT NULL, counts TEXT NOT NULL);"
	"INSERT INTO meta VALUES('schema', 1);",

	/* 1 -> 2: accounts that are fetched, what of a mailbox has been seen,
	 * large mail on its way, devices of chats, ratings */
	"ALTER TABLE account ADD COLUMN pub TEXT;"
	"ALTER TABLE account ADD COLUMN kind TEXT NOT NULL DEFAULT 'import';"
	"ALTER TABLE account ADD COLUMN state TEXT NOT NULL DEFAULT 'live';"
	"ALTER TABLE account ADD COLUMN conf BLOB;"
	"ALTER TABLE account ADD COLUMN secret BLOB;"
	"ALTER TABLE account ADD COLUMN secret_leaf INTEGER;"
	"ALTER TABLE account ADD COLUMN signed_in INTEGER;"
	"ALTER TABLE account ADD COLUMN expires INTEGER;"
	"ALTER TABLE account ADD COLUMN fetched INTEGER;"
	"ALTER TABLE account ADD COLUMN arrived INTEGER;"
	"CREATE UNIQUE INDEX account_pub ON account(pub);"
	"ALTER TABLE folder ADD COLUMN kind TEXT NOT NULL DEFAULT 'mailbox';"
	"ALTER TABLE folder ADD COLUMN uidvalidity INTEGER;"
	"ALTER TABLE folder ADD COLUMN uidnext INTEGER;"
	"ALTER TABLE folder ADD COLUMN modseq INTEGER;"
	/* mail below UID anew that arrived before then is passed over */
	"ALTER TABLE folder ADD COLUMN passed INTEGER;"
	"ALTER TABLE folder ADD COLUMN anew INTEGER;"
	/* of a label: the mailbox */
	"ALTER TABLE folder ADD COLUMN parent INTEGER;"
	"CREATE INDEX folder_account ON folder(account);"
	"ALTER TABLE location ADD COLUMN flags INTEGER NOT NULL DEFAULT 0;"
	"ALTER TABLE location ADD COLUMN arrived INTEGER;"
	"CREATE INDEX location_uid ON location(folder, uidvalidity, uid)"
	" WHERE uid != 0;"
	"ALTER TABLE message ADD COLUMN device BLOB;"
	"CREATE INDEX message_orphan ON message(leaf) WHERE person IS NULL;"
	"CREATE TABLE pending("
	" id INTEGER PRIMARY KEY AUTOINCREMENT, folder INTEGER NOT NULL,"
	" uidvalidity INTEGER NOT NULL, uid INTEGER NOT NULL,"
	" size INTEGER NOT NULL, since INTEGER NOT NULL,"
	" tries INTEGER NOT NULL, tried INTEGER, reason TEXT,"
	" pub TEXT, leaf INTEGER, turn INTEGER NOT NULL DEFAULT 0,"
	" number INTEGER, chunks INTEGER NOT NULL,"
	" UNIQUE(folder, uidvalidity, uid));"
	"ALTER TABLE quarantine ADD COLUMN folder INTEGER;"
	"ALTER TABLE quarantine ADD COLUMN uidvalidity INTEGER;"
	"ALTER TABLE quarantine ADD COLUMN uid INTEGER;"
	"ALTER TABLE quarantine ADD COLUMN chunks INTEGER NOT NULL DEFAULT 1;"
	"CREATE INDEX quarantine_uid ON quarantine(folder, uidvalidity, uid)"
	" WHERE uid IS NOT NULL;"
	"CREATE INDEX folder_parent ON folder(parent) WHERE parent IS NOT NULL;"
	/* id: quarantine * 4096 + chunk, from the second chunk on */
	"CREATE TABLE held(id INTEGER PRIMARY KEY, cell BLOB NOT NULL);"
	"CREATE TABLE rating("
	" id INTEGER PRIMARY KEY, pub TEXT NOT NULL UNIQUE,"
	" hash BLOB NOT NULL UNIQUE, conversation INTEGER, person INTEGER,"
	" leaf INTEGER NOT NULL, time INTEGER NOT NULL,"
	" score INTEGER NOT NULL, scale INTEGER NOT NULL, comment BLOB);"
	"CREATE INDEX rating_person ON rating(person);"
	"CREATE INDEX rating_conversation ON rating(conversation);",

	/* 2 -> 3: what agents say that messages are, what was learned of it */
	"CREATE TABLE label("
	" message INTEGER PRIMARY KEY, category TEXT, spam INTEGER,"
	" source TEXT NOT NULL, time INTEGER NOT NULL, who BLOB NOT NULL);"
	"CREATE TABLE model("
	" id INTEGER PRIMARY KEY AUTOINCREMENT,"
	" leaf INTEGER NOT NULL UNIQUE, kind TEXT NOT NULL,"
	" name TEXT NOT NULL, created INTEGER NOT NULL,"
	" labels INTEGER NOT NULL, until INTEGER NOT NULL,"
	" source BLOB NOT NULL, size INTEGER NOT NULL,"
	" torn INTEGER NOT NULL DEFAULT 0);"
	/* id: model * 4096 + chunk */
	"CREATE TABLE weights(id INTEGER PRIMARY KEY, cell BLOB NOT NULL);"
	"CREATE TABLE example("
	" message INTEGER NOT NULL, model INTEGER NOT NULL,"
	" PRIMARY KEY(message, model)) WITHOUT ROWID;"
	"CREATE INDEX example_model ON example(model);"
	/* drafts that agents took or left: of a macro or of an answer */
	"CREATE TABLE feedback("
	" id INTEGER PRIMARY KEY, message INTEGER NOT NULL,"
	" macro TEXT, draft INTEGER, accepted INTEGER NOT NULL,"
	" time INTEGER NOT NULL);"
	"CREATE INDEX feedback_message ON feedback(message);"
	"CREATE INDEX feedback_draft ON feedback(draft)"
	" WHERE draft IS NOT NULL;"
	/* whoever does not allow everything: few */
	"CREATE INDEX person_limited ON person(id)"
	" WHERE state != 'live' OR may != 7;"
	/* the index of words; shards of FTS5 take nothing more, and last
	 * until they are rebuilt */
	"ALTER TABLE shard ADD COLUMN fts INTEGER NOT NULL DEFAULT 0;"
	"UPDATE shard SET fts = 1, state = CASE state WHEN 'open' THEN"
	" 'closed' ELSE state END;"
	/* id: shard * 256 + number */
	"CREATE TABLE segment("
	" id INTEGER PRIMARY KEY, messages INTEGER NOT NULL,"
	" base INTEGER NOT NULL, bits INTEGER NOT NULL);"
	/* id: segment * 4096 + block */
	"CREATE TABLE posting(id INTEGER PRIMARY KEY, block BLOB NOT NULL);",
};

_Static_assert(sizeof(steps) / sizeof(steps[0]) == CN_STORE_SCHEMA,
    "one step for each schema version");

int cn_schema_migrate(struct cn_store *s, struct cn_err *err)
{
	int64_t has = 0, v = 0;

	if (cn_get(s, err, &has, "SELECT count(*) FROM sqlite_master"
	    " WHERE name = 'meta'", "") < 0)
		return -1;
	if (has)
		v = cn_store_meta(s, "schema", 0);
	if (v > CN_STORE_SCHEMA) {
		cn_fail(err, CN_CONFIG, "%s: made by a newer version (schema "
		    "%lld, this one knows %d)", s->path, (long long)v,
		    CN_STORE_SCHEMA);
		return cn_hint(err, "install the newer version");
	}
	if (v == CN_STORE_SCHEMA)
		return 0;
	if (s->readonly) {
		cn_fail(err, CN_NOPERM, "%s: must be migrated, and is "
		    "read-only", s->path);
		return cn_hint(err, "run 'cn-store doctor' as its owner");
	}
	if (cn_exec(s, "BEGIN IMMEDIATE", err) < 0)
		return -1;
	/* Somebody else may have done it while we waited. */
	if (has)
		v = cn_store_meta(s, "schema", 0);
	for (; v < CN_STORE_SCHEMA; v++) {
		if (cn_exec(s, steps[v], err) < 0 ||
		    cn_store_set_meta(s, "schema", v + 1, err) < 0) {
			sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
			return cn_wrap(err, "migration to schema %lld",
			    (long long)v + 1);
		}
	}
	return cn_exec(s, "COMMIT", err);
}
