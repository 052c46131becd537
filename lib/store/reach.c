#include "store/reach.h"

#include <stdlib.h>
#include <string.h>

const char *const cn_reach_names[CN_REACH_MAX] = {
	"persons", "identifiers", "messages", "raw_chunks", "classifications",
	"suggestions", "references", "participants", "links_in_others_mail",
	"locations", "locations_remembered", "conversations",
	"events_anonymised", "search_shards", "ratings",
	"unfinished_mails", "quarantined_items", "labels", "models",
	"judged_drafts"
};

/* Conversations that will have no message, or never had one. */
#define EMPTIED "SELECT m.conversation FROM message m WHERE m.id " IN_GONE \
    " AND NOT EXISTS (SELECT 1 FROM message x WHERE x.conversation =" \
    " m.conversation AND x.id NOT " IN_GONE ") UNION SELECT c.id FROM" \
    " conversation c WHERE c.person IN (SELECT person FROM who) AND NOT" \
    " EXISTS (SELECT 1 FROM message x WHERE x.conversation = c.id)"

static const char *const count_sql[CN_REACH_MAX] = {
	[CN_REACH_PERSONS] = "SELECT count(*) FROM who WHERE NOT EXISTS"
	    " (SELECT 1 FROM identifier i WHERE i.person = who.person AND"
	    " i.leaf NOT " IN_CUT ")",
	[CN_REACH_IDENTIFIERS] =
	    "SELECT count(*) FROM identifier WHERE leaf " IN_CUT,
	[CN_REACH_MESSAGES] = "SELECT count(*) FROM gone",
	[CN_REACH_RAW] = "SELECT (SELECT coalesce(sum(max(chunks, 1)), 0) FROM"
	    " message WHERE id " IN_GONE ") + (SELECT coalesce(sum(chunks), 0)"
	    " FROM pending WHERE pub GLOB 'm*' AND leaf " IN_CUT ")",
	[CN_REACH_CLASSES] = "SELECT count(*) FROM message WHERE id " IN_GONE
	    " AND class IS NOT NULL",
	[CN_REACH_REPLIES] = "SELECT count(*) FROM message WHERE id " IN_GONE
	    " AND replies IS NOT NULL",
	[CN_REACH_REFS] = "SELECT count(*) FROM ref WHERE message " IN_GONE,
	[CN_REACH_PARTICIPANTS] = "SELECT count(*) FROM participant WHERE"
	    " message " IN_GONE,
	[CN_REACH_LINKS] = "SELECT count(*) FROM participant WHERE identifier"
	    " IN (SELECT id FROM identifier WHERE leaf " IN_CUT ") AND"
	    " message NOT " IN_GONE,
	[CN_REACH_LOCATIONS] = "SELECT count(*) FROM location WHERE message "
	    IN_GONE,
	[CN_REACH_REMEMBERED] = "SELECT (SELECT count(*) FROM location WHERE"
	    " message " IN_GONE " AND uid != 0) + (SELECT count(*) FROM"
	    " pending WHERE uid > 0 AND leaf " IN_CUT ")",
	[CN_REACH_CONVERSATIONS] = "SELECT count(*) FROM (" EMPTIED ")",
	[CN_REACH_EVENTS] = "SELECT count(*) FROM event WHERE message " IN_GONE
	    " OR conversation IN (" EMPTIED ")",
	[CN_REACH_SHARDS] = "SELECT count(DISTINCT shard) FROM message WHERE"
	    " id " IN_GONE,
	[CN_REACH_RATINGS] = "SELECT count(*) FROM rating WHERE leaf " IN_CUT,
	[CN_REACH_PENDING] = "SELECT count(*) FROM pending WHERE leaf " IN_CUT,
	[CN_REACH_ITEMS] =
	    "SELECT count(*) FROM quarantine WHERE leaf " IN_CUT,
	[CN_REACH_LABELS] =
	    "SELECT count(*) FROM label WHERE message " IN_GONE,
	[CN_REACH_FEEDBACK] = "SELECT count(*) FROM feedback WHERE message "
	    IN_GONE " OR draft " IN_GONE,
	[CN_REACH_MODELS] = "SELECT count(*) FROM model WHERE leaf " IN_CUT,
};

int cn_reach_begin(struct cn_store *s, struct cn_err *err)
{
	return cn_exec(s, "CREATE TEMP TABLE IF NOT EXISTS"
	    " cut(leaf INTEGER PRIMARY KEY, time INTEGER);"
	    "CREATE TEMP TABLE IF NOT EXISTS who(person INTEGER PRIMARY KEY);"
	    "CREATE TEMP TABLE IF NOT EXISTS gone(id INTEGER PRIMARY KEY);"
	    "DELETE FROM cut; DELETE FROM who; DELETE FROM gone", err);
}

int cn_reach_add(struct cn_store *s, int64_t leaf, int64_t time,
    struct cn_err *err)
{
	return cn_do(s, err, "INSERT OR IGNORE INTO cut VALUES(?, ?)", "ii",
	    leaf, time);
}

int cn_reach_ledger(struct cn_store *s, struct cn_err *err)
{
	const struct cn_ledger_entry *e;
	size_t i;

	for (i = 0; (e = cn_ledger_at(s->ledger, i)) != NULL; i++)
		if (e->kind == CN_LEDGER_LEAF &&
		    cn_reach_add(s, e->leaf, e->time, err) < 0)
			return -1;
	return 0;
}

int cn_reach_gather(struct cn_store *s, struct cn_err *err)
{
	/* By person, for messages have no index by leaf: what is sealed
	 * under a leaf of a person belongs to that person. */
	return cn_exec(s, "DELETE FROM who; DELETE FROM gone;"
	    "INSERT INTO who SELECT DISTINCT person FROM identifier WHERE"
	    " leaf " IN_CUT ";"
	    "INSERT INTO gone SELECT id FROM message WHERE person IN"
	    " (SELECT person FROM who) AND leaf " IN_CUT ";"
	    "INSERT OR IGNORE INTO gone SELECT id FROM message WHERE"
	    " person IS NULL AND leaf " IN_CUT ";"
	    "INSERT OR IGNORE INTO cut SELECT leaf, (SELECT max(time) FROM"
	    " cut) FROM model WHERE id IN (SELECT model FROM example WHERE"
	    " message " IN_GONE ")", err);
}

int cn_reach_count(struct cn_store *s, int64_t count[CN_REACH_MAX],
    struct cn_err *err)
{
	int i;

	for (i = 0; i < CN_REACH_MAX; i++) {
		count[i] = 0;
		if (cn_get(s, err, &count[i], count_sql[i], "") < 0)
			return -1;
	}
	return 0;
}

int cn_reach_list(struct cn_store *s, const char *sql, struct cn_arena *mem,
    int64_t **out, size_t *n, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, sql, "");
	int64_t *v = NULL;
	size_t cap = 0;
	int r;

	*n = 0;
	if (st == NULL)
		return -1;
	while ((r = cn_step(s, st, err)) == 1) {
		if (*n == cap) {
			cap = cap ? cap * 2 : 64;
			v = cn_realloc(v, cap * sizeof(*v));
		}
		v[(*n)++] = sqlite3_column_int64(st, 0);
	}
	*out = cn_arena_alloc(mem, (*n + 1) * sizeof(**out));
	if (*n > 0)
		memcpy(*out, v, *n * sizeof(*v));
	free(v);
	return r;
}

int cn_reach_leaves(struct cn_store *s, struct cn_arena *mem, int64_t **v,
    size_t *n, struct cn_err *err)
{
	return cn_reach_list(s, "SELECT leaf FROM cut ORDER BY leaf", mem, v,
	    n, err);
}

static int digest(struct cn_store *s, uint8_t out[CN_SHA], struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, "SELECT pub FROM message WHERE id "
	    IN_GONE " ORDER BY id", "");
	struct cn_sha *sha = cn_sha_new();
	int r = -1;

	while (st != NULL && (r = cn_step(s, st, err)) == 1)
		cn_sha_add(sha, cn_col(st, 0).p, cn_col(st, 0).n);
	cn_sha_end(sha, out);
	return r;
}

int cn_erase_survey(struct cn_store *s, const int64_t *leaves, size_t n,
    struct cn_survey *out, struct cn_arena *mem, struct cn_err *err)
{
	int64_t *drafts;
	size_t i;

	if (cn_reach_begin(s, err) < 0)
		return -1;
	for (i = 0; i < n; i++)
		if (cn_reach_add(s, leaves[i], 0, err) < 0)
			return -1;
	if (cn_reach_gather(s, err) < 0 ||
	    cn_reach_count(s, out->count, err) < 0 ||
	    digest(s, out->digest, err) < 0 ||
	    cn_reach_drafts(s, mem, &drafts, &out->drafts, err) < 0 ||
	    cn_get(s, err, &out->quarantined,
	    "SELECT count(*) FROM quarantine", "") < 0)
		return -1;
	return cn_reach_list(s, "SELECT DISTINCT message FROM participant"
	    " WHERE identifier IN (SELECT id FROM identifier WHERE leaf " IN_CUT
	    ") AND message NOT " IN_GONE " ORDER BY message", mem,
	    &out->linked, &out->nlinked, err);
}

/* --- the ledger --- */

static int location_hash(struct cn_store *s, struct cn_str folder,
    int64_t uidvalidity, int64_t uid, uint8_t out[CN_HASH], struct cn_err *err)
{
	uint8_t b[CN_HASH + 16] = { 0 };
	int i;

	memcpy(b, folder.p, folder.n < CN_HASH ? folder.n : CN_HASH);
	for (i = 0; i < 8; i++) {
		b[CN_HASH + i] = (uint8_t)((uint64_t)uidvalidity >> 8 * i);
		b[CN_HASH + 8 + i] = (uint8_t)((uint64_t)uid >> 8 * i);
	}
	return cn_blind(s->keys, "location", b, sizeof(b), out, err);
}

struct entries {
	struct cn_ledger_entry *v;
	size_t n, cap;
};

static struct cn_ledger_entry *entry(struct entries *l, int kind, int64_t time)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->v = cn_realloc(l->v, l->cap * sizeof(*l->v));
	}
	memset(&l->v[l->n], 0, sizeof(*l->v));
	l->v[l->n].kind = (uint8_t)kind;
	l->v[l->n].time = time;
	return &l->v[l->n++];
}

/* The rows of a query: kind, time, leaf, hash, uidvalidity, uid. */
static int entries_of(struct cn_store *s, const char *sql, struct entries *l,
    struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, sql, "");
	struct cn_ledger_entry *e;
	struct cn_str hash;
	int r = -1;

	while (st != NULL && (r = cn_step(s, st, err)) == 1) {
		e = entry(l, sqlite3_column_int(st, 0),
		    sqlite3_column_int64(st, 1));
		e->leaf = sqlite3_column_int64(st, 2);
		hash = cn_col(st, 3);
		if (hash.n == CN_HASH)
			memcpy(e->hash, hash.p, CN_HASH);
		if (e->kind == CN_LEDGER_LOCATION &&
		    location_hash(s, hash, sqlite3_column_int64(st, 4),
		    sqlite3_column_int64(st, 5), e->hash, err) < 0) {
			sqlite3_reset(st);
			return -1;
		}
	}
	return r;
}

int cn_reach_remember(struct cn_store *s, struct cn_err *err)
{
	/* Leaves first: with them in the ledger the rest can be found again
	 * if the power fails here. */
	static const char *const sql[] = {
		"SELECT 1, time, leaf, NULL FROM cut ORDER BY leaf",
		"SELECT 4, c.time, 0, i.blind FROM identifier i JOIN cut c ON"
		" c.leaf = i.leaf ORDER BY i.id",
		"SELECT 2, c.time, 0, m.hash FROM gone g JOIN message m ON"
		" m.id = g.id JOIN cut c ON c.leaf = m.leaf ORDER BY m.id",
		"SELECT 2, c.time, 0, r.hash FROM rating r JOIN cut c ON"
		" c.leaf = r.leaf ORDER BY r.id",
		"SELECT 2, c.time, 0, q.hash FROM quarantine q JOIN cut c ON"
		" c.leaf = q.leaf ORDER BY q.id",
		"SELECT 3, c.time, 0, f.blind, l.uidvalidity, l.uid FROM gone"
		" g JOIN message m ON m.id = g.id JOIN cut c ON c.leaf ="
		" m.leaf JOIN location l ON l.message = g.id JOIN folder f ON"
		" f.id = l.folder WHERE l.uid != 0 ORDER BY m.id",
		"SELECT 3, c.time, 0, f.blind, p.uidvalidity, p.uid FROM"
		" pending p JOIN cut c ON c.leaf = p.leaf JOIN folder f ON"
		" f.id = p.folder WHERE p.uid > 0 ORDER BY p.id"
	};
	struct entries l = { 0 };
	size_t i;
	int r = 0;

	for (i = 0; i < sizeof(sql) / sizeof(sql[0]) && r == 0; i++)
		r = entries_of(s, sql[i], &l, err);
	if (r == 0)
		r = cn_ledger_append(s->keys, s->ledger, l.v, l.n, err);
	free(l.v);
	return r;
}

int cn_reach_copy_ledger(struct cn_store *s, struct cn_err *err)
{
	const struct cn_ledger_entry *e;
	size_t i;

	for (i = 0; (e = cn_ledger_at(s->ledger, i)) != NULL; i++)
		if (cn_do(s, err, "INSERT INTO ledger VALUES(?, ?, ?, ?)"
		    " ON CONFLICT DO UPDATE SET time = excluded.time WHERE"
		    " excluded.time > time", "ibii", (int64_t)e->kind, e->hash,
		    (size_t)CN_HASH, e->leaf, e->time) < 0)
			return -1;
	return 0;
}

int cn_reach_union(struct cn_store *s, struct cn_err *err)
{
	struct entries l = { 0 };
	int r = entries_of(s, "SELECT kind, time, leaf, hash FROM ledger"
	    " WHERE kind != 3 ORDER BY kind, time", &l, err);
	sqlite3_stmt *st = cn_bind(s, err, "SELECT time, hash FROM ledger"
	    " WHERE kind = 3", "");

	if (st == NULL)
		r = -1;
	while (r == 0 && (r = cn_step(s, st, err)) == 1) {
		struct cn_ledger_entry *e = entry(&l, CN_LEDGER_LOCATION,
		    sqlite3_column_int64(st, 0));

		if (cn_col(st, 1).n == CN_HASH)
			memcpy(e->hash, cn_col(st, 1).p, CN_HASH);
		r = 0;
	}
	if (r == 0)
		r = cn_ledger_append(s->keys, s->ledger, l.v, l.n, err);
	free(l.v);
	return r;
}

int cn_reach_in_step(struct cn_store *s, bool *same, struct cn_err *err)
{
	const struct cn_ledger_entry *e;
	int64_t have = 0, want = 0;
	size_t i;

	/* An identifier that was erased twice has two entries in the file. */
	for (i = 0; (e = cn_ledger_at(s->ledger, i)) != NULL; i++)
		want += e->kind == CN_LEDGER_LEAF || cn_ledger_find(s->ledger,
		    (enum cn_ledger_kind)e->kind, e->hash) == e;
	if (cn_get(s, err, &have, "SELECT count(*) FROM ledger", "") < 0)
		return -1;
	*same = have == want;
	return 0;
}

/* --- what it keeps out --- */

int cn_erased_message(struct cn_store *s, const uint8_t hash[CN_HASH])
{
	return cn_ledger_find(s->ledger, CN_LEDGER_MESSAGE, hash) != NULL;
}

int cn_erased_location(struct cn_store *s, int64_t folder,
    int64_t uidvalidity, int64_t uid, struct cn_err *err)
{
	sqlite3_stmt *st;
	uint8_t h[CN_HASH];
	int r;

	if (cn_ledger_count(s->ledger) == 0)
		return 0;
	st = cn_bind(s, err, "SELECT blind FROM folder WHERE id = ?", "i",
	    folder);
	if (st == NULL || (r = cn_step(s, st, err)) <= 0)
		return st == NULL ? -1 : r;
	r = location_hash(s, cn_col(st, 0), uidvalidity, uid, h, err);
	sqlite3_reset(st);
	return r < 0 ? -1 :
	    cn_ledger_find(s->ledger, CN_LEDGER_LOCATION, h) != NULL;
}

int cn_erased_ident(struct cn_store *s, const char *address, int64_t *time,
    struct cn_err *err)
{
	const struct cn_ledger_entry *e;
	uint8_t blind[CN_HASH];
	int r;

	if (cn_ledger_count(s->ledger) == 0)
		return 0;
	if ((r = cn_ident_blind(s, address, blind, err)) <= 0)
		return r;
	e = cn_ledger_find(s->ledger, CN_LEDGER_IDENTIFIER, blind);
	if (e != NULL)
		*time = e->time;
	return e != NULL;
}
