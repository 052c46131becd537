/* cn-store doctor: is the store whole, and is everything where it should be? */
#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "store/audit.h"
#include "store/message.h"
#include "store/registry.h"
#include "store/sql.h"

#define PAGE 500
#define NAMED 10		/* damaged messages that are named */

struct check {
	struct cn_store *s;
	void (*tell)(void *, const char *);
	void *arg;
	int found;
};

static void say(struct check *c, const char *fmt, ...) CN_PRINTF(2, 3);
static void say(struct check *c, const char *fmt, ...)
{
	char line[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	c->tell(c->arg, line);
	c->found++;
}

static int sqlite_whole(struct check *c, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(c->s, err, "PRAGMA integrity_check(10)", "");
	int r;

	while (st != NULL && (r = cn_step(c->s, st, err)) == 1) {
		const char *t = (const char *)sqlite3_column_text(st, 0);

		if (t != NULL && strcmp(t, "ok") != 0)
			say(c, "store.db: %s", t);
	}
	return st == NULL || r < 0 ? -1 : 0;
}

/* Every column of every table stands in the registry, and the other way. */
static int columns(struct check *c, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(c->s, err, "SELECT t.name, x.name FROM"
	    " sqlite_master t, pragma_table_info(t.name) x WHERE t.type ="
	    " 'table' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!'", "");
	bool seen[512] = { false };
	const struct cn_column *col;
	size_t i;
	int r = 0;

	while (st != NULL && (r = cn_step(c->s, st, err)) == 1) {
		const char *t = (const char *)sqlite3_column_text(st, 0);
		const char *n = (const char *)sqlite3_column_text(st, 1);

		col = cn_column_find(t, n);
		if (col == NULL)
			say(c, "column %s.%s is not in the registry", t, n);
		else
			seen[col - cn_columns] = true;
	}
	for (i = 0; r == 0 && i < cn_ncolumns && i < 512; i++)
		if (!seen[i] && strcmp(cn_columns[i].table, "fts*") != 0)
			say(c, "column %s.%s is in the registry only",
			    cn_columns[i].table, cn_columns[i].column);
	return st == NULL || r < 0 ? -1 : 0;
}

static void folder(struct check *c, const char *where, const char *path)
{
	struct cn_arena mem = { 0 };
	struct dirent *e;
	struct stat st;
	DIR *d = opendir(path);
	size_t i;

	if (d == NULL) {
		say(c, "%s: cannot be read", path);
		return;
	}
	if (stat(path, &st) == 0 && (st.st_mode & 077))
		say(c, "%s: others may look in (chmod 700)", path);
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		for (i = 0; i < cn_nplaces; i++)
			if (strcmp(cn_places[i].where, where) == 0 &&
			    fnmatch(cn_places[i].pattern, e->d_name, 0) == 0)
				break;
		if (i == cn_nplaces)
			say(c, "%s/%s: not a file of ours", path, e->d_name);
		else if (stat(cn_arena_fmt(&mem, "%s/%s", path, e->d_name),
		    &st) == 0 && (st.st_mode & 077) && strcmp(e->d_name,
		    "config.yaml") && strcmp(e->d_name, "macros.yaml") &&
		    strcmp(e->d_name, "rules.yaml"))
			say(c, "%s/%s: others may read it (chmod 600)", path,
			    e->d_name);
	}
	closedir(d);
	cn_arena_release(&mem);
}

static const struct {
	const char *sql, *what;
} orphans[] = {
	{ "SELECT count(*) FROM raw WHERE NOT EXISTS(SELECT 1 FROM message m"
	  " WHERE m.id = raw.id / 4096) AND raw.id / 4096 NOT IN (SELECT"
	  " number FROM pending WHERE pub GLOB 'm*')",
	  "raw bytes without a message" },
	{ "SELECT count(*) FROM pending p WHERE pub GLOB 'm*' AND (EXISTS"
	  "(SELECT 1 FROM message m WHERE m.id = p.number) OR chunks !="
	  " (SELECT count(*) FROM raw WHERE raw.id BETWEEN p.number * 4096 AND"
	  " p.number * 4096 + 4095))",
	  "unfinished mails with more or fewer raw bytes than came" },
	{ "SELECT count(*) FROM quarantine q LEFT JOIN pending p ON p.pub ="
	  " q.pub WHERE max(coalesce(p.chunks, q.chunks), 1) - 1 != (SELECT"
	  " count(*) FROM held WHERE held.id BETWEEN q.id * 4096 + 1 AND q.id *"
	  " 4096 + 4095)", "items with more or fewer bytes than they had" },
	{ "SELECT count(*) FROM held WHERE NOT EXISTS(SELECT 1 FROM quarantine"
	  " q WHERE q.id = held.id / 4096) OR id % 4096 = 0",
	  "bytes of no item in quarantine" },
	{ "SELECT count(*) FROM pending p WHERE pub GLOB 'q*' AND NOT"
	  " EXISTS(SELECT 1 FROM quarantine q WHERE q.pub = p.pub AND q.id ="
	  " p.number)", "unfinished items that are not in quarantine" },
	{ "SELECT count(*) FROM message m WHERE max(m.chunks, 1) != (SELECT"
	  " count(*) FROM raw WHERE raw.id BETWEEN m.id * 4096 AND m.id * 4096 +"
	  " 4095)", "messages with more or fewer raw bytes than they had" },
	{ "SELECT count(*) FROM message m WHERE NOT EXISTS(SELECT 1 FROM"
	  " conversation c WHERE c.id = m.conversation)",
	  "messages without a conversation" },
	{ "SELECT count(*) FROM message m WHERE person IS NOT NULL AND NOT"
	  " EXISTS(SELECT 1 FROM person p WHERE p.id = m.person)",
	  "messages of a person who is gone" },
	{ "SELECT count(*) FROM message m WHERE person IS NOT NULL AND NOT"
	  " EXISTS(SELECT 1 FROM identifier i WHERE i.person = m.person AND"
	  " i.leaf = m.leaf)", "messages under a key that is not their owner's" },
	{ "SELECT count(*) FROM identifier i WHERE NOT EXISTS(SELECT 1 FROM"
	  " person p WHERE p.id = i.person)", "identifiers without a person" },
	{ "SELECT count(*) FROM participant x WHERE NOT EXISTS(SELECT 1 FROM"
	  " identifier i WHERE i.id = x.identifier) OR NOT EXISTS(SELECT 1"
	  " FROM message m WHERE m.id = x.message)", "loose participants" },
	{ "SELECT count(*) FROM location l WHERE NOT EXISTS(SELECT 1 FROM"
	  " message m WHERE m.id = l.message) OR NOT EXISTS(SELECT 1 FROM"
	  " folder f WHERE f.id = l.folder)", "loose locations" },
	{ "SELECT count(*) FROM folder f WHERE NOT EXISTS(SELECT 1 FROM"
	  " account a WHERE a.id = f.account) OR (parent IS NOT NULL AND NOT"
	  " EXISTS(SELECT 1 FROM folder p WHERE p.id = f.parent))",
	  "loose folders" },
	{ "SELECT count(*) FROM (SELECT folder FROM pending UNION ALL SELECT"
	  " folder FROM quarantine WHERE folder IS NOT NULL) x WHERE NOT"
	  " EXISTS(SELECT 1 FROM folder f WHERE f.id = x.folder)",
	  "mails on their way from a folder that is gone" },
	{ "SELECT count(*) FROM account WHERE kind = 'imap' AND (state ="
	  " 'live') != (secret IS NOT NULL AND conf IS NOT NULL AND"
	  " secret_leaf IS NOT NULL)", "accounts with too much or too little" },
	{ "SELECT count(*) FROM rating r WHERE (person IS NOT NULL AND NOT"
	  " EXISTS(SELECT 1 FROM identifier i WHERE i.person = r.person AND"
	  " i.leaf = r.leaf)) OR (conversation IS NOT NULL AND NOT"
	  " EXISTS(SELECT 1 FROM conversation c WHERE c.id = r.conversation))",
	  "ratings of somebody or something that is gone" },
	{ "SELECT count(*) FROM label l WHERE NOT EXISTS(SELECT 1 FROM message"
	  " m WHERE m.id = l.message) OR (category IS NULL AND spam IS NULL)",
	  "labels of nothing" },
	{ "SELECT count(*) FROM feedback f WHERE NOT EXISTS(SELECT 1 FROM"
	  " message m WHERE m.id = f.message) OR (draft IS NOT NULL AND NOT"
	  " EXISTS(SELECT 1 FROM message m WHERE m.id = f.draft)) OR"
	  " (macro IS NULL) = (draft IS NULL)", "judgements of nothing" },
	{ "SELECT count(*) FROM example e WHERE NOT EXISTS(SELECT 1 FROM"
	  " message m WHERE m.id = e.message) OR NOT EXISTS(SELECT 1 FROM"
	  " model x WHERE x.id = e.model)", "loose examples" },
	{ "SELECT count(*) FROM weights w WHERE NOT EXISTS(SELECT 1 FROM model"
	  " m WHERE m.id = w.id / 4096)", "weights without a model" },
	{ "SELECT count(*) FROM ref r WHERE NOT EXISTS(SELECT 1 FROM message m"
	  " WHERE m.id = r.message)", "loose references" },
	{ "SELECT count(*) FROM message m WHERE NOT EXISTS(SELECT 1 FROM event e"
	  " WHERE e.message = m.id AND e.kind = CASE m.direction WHEN 'in' THEN"
	  " 'received' ELSE 'answered' END)", "messages without the event of"
	  " their coming or going" },
	{ "SELECT count(*) FROM message m WHERE NOT EXISTS(SELECT 1 FROM shard"
	  " s WHERE s.id = m.shard)", "messages without a search shard" },
	{ "SELECT count(*) FROM shard s WHERE NOT fts AND messages != (SELECT"
	  " coalesce(sum(g.messages), 0) FROM segment g WHERE g.id BETWEEN"
	  " s.id * 256 AND s.id * 256 + 255)",
	  "search shards with more or fewer messages than they had" },
	{ "SELECT count(*) FROM shard WHERE state = 'due'",
	  "search shards that wait to be rebuilt (cn-purge --resume)" },
	/* A later run that went well has done its work too. */
	{ "SELECT count(*) FROM run r WHERE end IS NULL AND NOT EXISTS(SELECT 1"
	  " FROM run x WHERE x.command = r.command AND x.account IS r.account"
	  " AND x.id > r.id AND x.status IN (0, 3)) AND (account IS NULL OR"
	  " account IN (SELECT pub FROM account WHERE state = 'live'))",
	  "runs that did not end (killed, or still at work)" },
	{ "SELECT count(*) FROM run WHERE id IN (SELECT max(id) FROM run GROUP"
	  " BY command, account) AND status NOT IN (0, 1, 3, 141) AND (account IS NULL"
	  " OR account IN (SELECT pub FROM account WHERE state = 'live'))",
	  "commands that failed when they last ran (cn-report runs)" },
};

/* --- does everything open where it stands? --- */

/* Leaf, row, cell, and chunk if there are several.  What an erasure that runs
 * beside us has cut is no finding. */
static const struct {
	const char *table, *column, *sql;
} cells[] = {
	{ "identifier", "cell", "SELECT leaf, lower(hex(blind)), cell FROM"
	  " identifier" },
	{ "account", "cell", "SELECT leaf, lower(hex(blind)), cell FROM"
	  " account" },
	{ "account", "conf", "SELECT secret_leaf, pub, conf FROM account WHERE conf"
	  " IS NOT NULL" },
	{ "account", "secret", "SELECT secret_leaf, pub, secret FROM account"
	  " WHERE secret IS NOT NULL" },
	{ "folder", "cell", "SELECT a.leaf, f.pub, f.cell FROM folder f JOIN"
	  " account a ON a.id = f.account" },
	{ "quarantine", "cell", "SELECT leaf, pub, cell, 0 FROM quarantine UNION"
	  " ALL SELECT q.leaf, q.pub, h.cell, h.id % 4096 FROM held h JOIN"
	  " quarantine q ON q.id = h.id / 4096" },
	{ "raw", "cell", "SELECT p.leaf, p.pub, r.cell, r.id % 4096 FROM"
	  " pending p JOIN raw r ON r.id BETWEEN p.number * 4096 AND p.number *"
	  " 4096 + 4095 WHERE p.pub GLOB 'm*'" },
	{ "label", "who", "SELECT m.leaf, m.pub, l.who FROM label l JOIN message"
	  " m ON m.id = l.message" },
	{ "weights", "cell", "SELECT m.leaf, m.kind, w.cell, w.id % 4096 FROM"
	  " weights w JOIN model m ON m.id = w.id / 4096" },
	{ "rating", "comment", "SELECT leaf, pub, comment FROM rating WHERE"
	  " comment IS NOT NULL" },
};

static int sealed(struct check *c, size_t i, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(c->s, err, cells[i].sql, "");
	struct cn_buf plain = { 0 };
	int64_t bad = 0;
	int r = -1;

	while (st != NULL && (r = cn_step(c->s, st, err)) == 1) {
		struct cn_cell_at at = { sqlite3_column_int64(st, 0),
		    cells[i].table, (const char *)sqlite3_column_text(st, 1),
		    cells[i].column, (uint32_t)sqlite3_column_int(st, 3) };
		struct cn_str cell = cn_col(st, 2);
		struct cn_err e;

		plain.len = 0;
		bad += cn_cell_open(c->s->keys, &at, cell.p, cell.n, &plain,
		    &e) < 0 && e.status != CN_BLOCKED;
	}
	cn_buf_wipe(&plain);
	if (bad > 0)
		say(c, "%lld of %s do not open: changed or moved (%s)",
		    (long long)bad, cells[i].table, cells[i].column);
	return r;
}

/* --- what is known by what it holds --- */

static void differs(struct check *c, const char *what, const char *pub,
    struct cn_str has, const uint8_t wants[CN_HASH])
{
	if (has.n != CN_HASH || memcmp(has.p, wants, CN_HASH) != 0)
		say(c, "%s %s: not found by what it holds", what, pub);
}

/* Opens a cell as text; false where it does not open, which sealed() tells. */
static bool opened(struct check *c, int64_t leaf, const char *table,
    const char *row, struct cn_str cell, struct cn_buf *out)
{
	struct cn_err e;

	out->len = 0;
	return cn_cell_open(c->s->keys, &(struct cn_cell_at){ leaf, table, row,
	    "cell", 0 }, cell.p, cell.n, out, &e) == 0;
}

static int folders(struct check *c, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(c->s, err, "SELECT f.pub, f.cell, f.blind,"
	    " f.kind, a.leaf, lower(hex(a.blind)), a.cell, p.pub FROM folder f"
	    " JOIN account a ON a.id = f.account LEFT JOIN folder p ON p.id ="
	    " f.parent", "");
	struct cn_buf name = { 0 }, of = { 0 };
	uint8_t blind[CN_HASH];
	int r = -1;

	while (st != NULL && (r = cn_step(c->s, st, err)) == 1) {
		const char *pub = (const char *)sqlite3_column_text(st, 0);
		const char *up = (const char *)sqlite3_column_text(st, 7);
		int64_t leaf = sqlite3_column_int64(st, 4);
		bool label = strcmp((const char *)sqlite3_column_text(st, 3),
		    "label") == 0;

		if (!opened(c, leaf, "folder", pub, cn_col(st, 1), &name) ||
		    !opened(c, leaf, "account", (const char *)
		    sqlite3_column_text(st, 5), cn_col(st, 6), &of) ||
		    (label && up == NULL))
			continue;
		if (cn_folder_blind(c->s, label ? "label" : "folder", label ?
		    up : cn_buf_view(&of).p, cn_buf_view(&name).p, blind,
		    err) < 0) {
			sqlite3_reset(st);
			r = -1;
			break;
		}
		differs(c, "folder", pub, cn_col(st, 2), blind);
	}
	cn_buf_wipe(&name);
	cn_buf_wipe(&of);
	return r;
}

/* The hash of the bytes; of one that is still coming, of its name. */
static int item_hash(struct cn_store *s, const struct cn_chunked *at,
    int64_t chunks, bool coming, uint8_t out[CN_HASH], struct cn_err *err)
{
	struct cn_buf piece = { 0 };
	struct cn_hash h;
	struct cn_err e;
	int64_t i;
	int r = 0;

	if (coming)
		return cn_blind(s->keys, "item", at->row, strlen(at->row),
		    out, err);
	cn_hash_begin(&h, "");
	for (i = 0; r == 0 && i < chunks; i++) {
		r = cn_chunk(s, at, i, &piece, err);
		if (r == 0)
			cn_hash_feed(&h, cn_buf_view(&piece));
	}
	cn_buf_wipe(&piece);
	return cn_hash_end(&h, s, out, r < 0 ? &e : err) < 0 ? -1 : r;
}

static int items(struct check *c, struct cn_err *err)
{
	uint8_t has[CN_HASH], wants[CN_HASH];
	struct cn_chunked at = { .table = "quarantine" };
	int64_t chunks;
	char pub[CN_ID_LEN];
	sqlite3_stmt *st;
	struct cn_err e;
	bool coming;
	int r;

	/* One after the other: an item may be large. */
	for (at.row = pub;; ) {
		st = cn_bind(c->s, err, "SELECT id, leaf, max(chunks, 1), pub,"
		    " hash, EXISTS(SELECT 1 FROM pending p WHERE p.pub = q.pub)"
		    " FROM quarantine q WHERE id > ? ORDER BY id LIMIT 1",
		    "i", at.number);
		if (st == NULL || (r = cn_step(c->s, st, err)) < 0)
			return -1;
		if (r == 0 || *c->s->run->stop) {
			sqlite3_reset(st);
			return 0;
		}
		at.number = sqlite3_column_int64(st, 0);
		at.leaf = sqlite3_column_int64(st, 1);
		chunks = sqlite3_column_int64(st, 2);
		snprintf(pub, sizeof(pub), "%s",
		    (const char *)sqlite3_column_text(st, 3));
		memset(has, 0, sizeof(has));
		if (sqlite3_column_bytes(st, 4) == CN_HASH)
			memcpy(has, sqlite3_column_blob(st, 4), CN_HASH);
		coming = sqlite3_column_int(st, 5) != 0;
		sqlite3_reset(st);
		/* What does not open has been told. */
		if (item_hash(c->s, &at, chunks, coming, wants, &e) == 0)
			differs(c, "item", pub, (struct cn_str){
			    (const char *)has, CN_HASH }, wants);
	}
}

/* Is a line of chat in the conversation that its chat is found by? */
static int in_its_chat(struct cn_store *s, int64_t id, const char *pub,
    struct cn_str line, struct cn_arena *mem, struct cn_err *err)
{
	const char *chat = cn_json_string(mem, cn_json_get(line, "chat"));
	struct cn_message_owner o = { 0 };
	uint8_t key[CN_HASH];
	int64_t there = 0;

	int r;

	if (chat == NULL)
		return 0;
	if (cn_conversation_key(s, chat, key, err) < 0 ||
	    cn_conversation_by_key(s, key, &there, err) < 0 ||
	    (r = cn_message_owner(s, id, &o, err)) < 0)
		return -1;
	/* Erased meanwhile: 0. */
	return r == 0 || there == o.conversation ? 0 : cn_fail(err, CN_INTEGRITY,
	    "message %s: its conversation is not found by its chat", pub);
}

static int hash_piece(void *h, struct cn_str piece, struct cn_err *err)
{
	(void)err;
	cn_hash_feed(h, piece);
	return 0;
}

static int keep_piece(void *line, struct cn_str piece, struct cn_err *err)
{
	(void)err;
	cn_buf_add(line, piece.p, piece.n);
	return 0;
}

/* 1 it is whole, 0 not (err says why), -1 never: a damaged message must not
 * end the search for others. */
static int whole(struct cn_store *s, int64_t id, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_buf raw = { 0 };
	uint8_t hash[CN_HASH];
	struct cn_hash h;
	struct cn_msg m;
	struct cn_err e;
	int64_t same = 0;
	int r = cn_message_load(s, id, 0, &m, &mem, err);

	if (r == 0 && strcmp(m.channel, "email") != 0) {
		/* A line of chat may be known by its uid. */
		r = cn_message_pieces(s, id, keep_piece, &raw, err);
		if (r == 0)
			r = cn_message_hash(s, m.channel, cn_buf_view(&raw),
			    hash, err);
		if (r == 0)
			r = in_its_chat(s, id, m.id, cn_buf_view(&raw), &mem,
			    err);
	} else if (r == 0) {
		cn_hash_begin(&h, m.channel);
		r = cn_message_pieces(s, id, hash_piece, &h, err);
		if (cn_hash_end(&h, s, hash, r < 0 ? &e : err) < 0)
			r = -1;
	}
	if (r == 0 && (r = cn_message_known(s, hash, &same, err)) >= 0 &&
	    same != id)
		r = cn_fail(err, CN_INTEGRITY, "message %s: not the bytes that "
		    "came in", m.id);
	cn_buf_wipe(&raw);
	cn_arena_release(&mem);
	return r >= 0 || err->status == CN_BLOCKED;
}

static int messages(struct check *c, struct cn_err *err)
{
	int64_t ids[PAGE], after = 0, bad = 0;
	sqlite3_stmt *st;
	struct cn_err e;
	size_t n, i;
	int r;

	do {
		st = cn_bind(c->s, err, "SELECT id FROM message WHERE id > ?"
		    " ORDER BY id LIMIT ?", "ii", after, (int64_t)PAGE);
		for (n = 0, r = -1; st != NULL && n < PAGE &&
		    (r = cn_step(c->s, st, err)) == 1; n++)
			ids[n] = sqlite3_column_int64(st, 0);
		if (st != NULL)
			sqlite3_reset(st);
		for (i = 0; i < n && r >= 0 && !*c->s->run->stop; i++) {
			after = ids[i];
			if (!whole(c->s, after, &e) && bad++ < NAMED)
				say(c, "%s", e.msg);
		}
	} while (r >= 0 && n == PAGE && !*c->s->run->stop);
	if (bad > NAMED)
		say(c, "and %lld more messages", (long long)bad - NAMED);
	return r < 0 ? -1 : 0;
}

int cn_store_check(struct cn_store *s, void (*tell)(void *, const char *),
    void *arg, struct cn_err *err)
{
	struct check c = { s, tell, arg, 0 };
	struct cn_err chain = { 0 };
	int64_t n, entries;
	size_t i;
	int r;

	if (sqlite_whole(&c, err) < 0 || columns(&c, err) < 0)
		return -1;
	for (i = 0; i < sizeof(orphans) / sizeof(orphans[0]); i++) {
		if (cn_get(s, err, &n, orphans[i].sql, "") < 0)
			return -1;
		if (n > 0)
			say(&c, "%lld %s", (long long)n, orphans[i].what);
	}
	for (i = 0; i < sizeof(cells) / sizeof(cells[0]); i++)
		if (sealed(&c, i, err) < 0)
			return -1;
	if (folders(&c, err) < 0 || items(&c, err) < 0 ||
	    messages(&c, err) < 0)
		return -1;
	if (cn_store_meta(s, "erasing", 0) ||
	    s->generation != cn_keys_generation(s->keys))
		say(&c, "an erasure was cut off (cn-purge --resume)");
	if ((r = cn_audit_verify(s, &entries, &chain)) < 0) {
		*err = chain;
		return -1;
	}
	if (r == 1)
		say(&c, "%s", chain.msg);
	folder(&c, "home", s->run->home);
	folder(&c, "keys", s->run->keys);
	return c.found;
}
