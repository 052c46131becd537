#include "store/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/erase.h"
#include "store/message.h"
#include "store/sql.h"

#define INDEXED 200		/* shards written (some again) before the
				 * memory of it is given back */
#define TOKEN 10		/* base32 digits: 50 bits of the SipHash */

void cn_shard_tokens(struct cn_buf *b, const uint8_t key[16],
    const struct cn_words *w)
{
	static const char abc[] = "abcdefghijklmnopqrstuvwxyz234567";
	const char *p = w->text.p, *end = p + w->text.len;
	size_t len;
	uint64_t h;
	char *to;
	int i;

	cn_buf_reserve(b, w->n * (TOKEN + 1));
	for (to = b->p + b->len; p < end; p += len + 1) {
		len = strlen(p);
		h = cn_siphash(key, p, len);
		for (i = 0; i < TOKEN; i++, h >>= 5)
			*to++ = abc[h & 31];
		*to++ = ' ';
	}
	b->len = (size_t)(to - b->p);
	*to = '\0';
}

static int make_shard(struct cn_store *s, uint32_t *shard, struct cn_err *err)
{
	char sql[160];
	int64_t above = 0;

	if (cn_get(s, err, &above, "SELECT max(id) FROM shard", "") < 0 ||
	    cn_shard_new(s->keys, (uint32_t)above, shard, err) < 0 ||
	    cn_store_begin(s, err) < 0)
		return -1;
	snprintf(sql, sizeof(sql), "CREATE VIRTUAL TABLE fts%u USING"
	    " fts5(t, content='', detail=none, columnsize=0,"
	    " tokenize='ascii')", *shard);
	if (cn_exec(s, sql, err) < 0 || cn_do(s, err,
	    "INSERT INTO shard VALUES(?, 0, 'open')", "i",
	    (int64_t)*shard) < 0) {
		cn_store_rollback(s);
		return -1;
	}
	return cn_store_commit(s, err);
}

/* A key without its table is harmless, and dropped by the next erasure; the
 * other way round is not: so the lock stays until the table is there, and no
 * erasure may be left to do in between. */
static int new_shard(struct cn_store *s, uint32_t *shard, struct cn_err *err)
{
	int r;

	if (cn_keys_lock(s->keys, s->run->wait_ms, err) < 0)
		return -1;
	r = cn_erase_catch_up(s, err);
	if (r == 0)
		r = make_shard(s, shard, err);
	cn_keys_unlock(s->keys);
	return r;
}

/* FTS5 keeps for each table that it has written the largest hash table that it
 * ever needed for it, as long as the connection knows the table. */
static int let_go(struct cn_store *s, struct cn_err *err)
{
	s->indexed = 0;
	return cn_exec(s, "PRAGMA writable_schema=RESET", err);
}

int cn_shard_ready(struct cn_store *s, size_t n, struct cn_err *err)
{
	int64_t id = 0;
	int r;

	if (s->indexed > INDEXED && let_go(s, err) < 0)
		return -1;
	r = cn_get(s, err, &id, "SELECT id FROM shard WHERE state = 'open' AND"
	    " messages + ? <= ? ORDER BY id LIMIT 1", "ii", (int64_t)n,
	    (int64_t)CN_SHARD_MAX);
	if (r < 0)
		return -1;
	s->shard = (uint32_t)id;
	return r == 1 ? 0 : new_shard(s, &s->shard, err);
}

int cn_shard_for(struct cn_store *s, int64_t person, uint32_t *shard,
    struct cn_err *err)
{
	int64_t have = 0;
	int r = 0;

	if (person)
		r = cn_get(s, err, &have, "SELECT s.id FROM person p JOIN shard"
		    " s ON s.id = p.shard WHERE p.id = ? AND s.messages < ?"
		    " AND s.state != 'due'", "ii", person,
		    (int64_t)CN_SHARD_MAX);
	if (r < 0)
		return -1;
	*shard = r == 1 ? (uint32_t)have : s->shard;
	if (*shard == 0) {
		/* The one that was at hand has been rebuilt meanwhile. */
		if (cn_get(s, err, &have, "SELECT id FROM shard WHERE"
		    " state != 'due' AND messages < ? ORDER BY messages"
		    " LIMIT 1", "i", (int64_t)CN_SHARD_MAX) < 0)
			return -1;
		*shard = (uint32_t)have;
	}
	if (*shard == 0)
		return cn_fail(err, CN_TEMPFAIL, "no search shard at hand");
	if (r == 0 && person)
		return cn_do(s, err, "UPDATE person SET shard = ? WHERE id = ?",
		    "ii", (int64_t)*shard, person);
	return 0;
}

/* Not kept: there may be hundreds of shards. */
static sqlite3_stmt *writer(struct cn_store *s, uint32_t shard,
    struct cn_err *err)
{
	char sql[64];

	snprintf(sql, sizeof(sql), "INSERT INTO fts%u(rowid, t) VALUES(?, ?)",
	    shard);
	s->indexed++;
	return cn_sql_once(s, sql, err);
}

static int put(struct cn_store *s, sqlite3_stmt *st, int64_t message,
    const char *text, struct cn_err *err)
{
	sqlite3_bind_int64(st, 1, message);
	sqlite3_bind_text(st, 2, text, -1, SQLITE_STATIC);
	return cn_step(s, st, err);
}

static int grown(struct cn_store *s, uint32_t shard, size_t n,
    struct cn_err *err)
{
	return cn_do(s, err, "UPDATE shard SET messages = messages + ?1,"
	    " state = CASE WHEN state = 'open' AND messages + ?1 >= ?2 THEN"
	    " 'closed' ELSE state END WHERE id = ?3", "iii", (int64_t)n,
	    (int64_t)CN_SHARD_NEW, (int64_t)shard);
}

void cn_shard_index(struct cn_store *s, uint32_t shard, int64_t message,
    const struct cn_words *words)
{
	if (s->nunindexed == s->cap_unindexed) {
		s->cap_unindexed += 256;
		s->unindexed = cn_realloc(s->unindexed,
		    s->cap_unindexed * sizeof(*s->unindexed));
	}
	s->unindexed[s->nunindexed++] = (struct cn_unindexed){ shard, message,
	    words };
}

static int by_shard(const void *a, const void *b)
{
	const struct cn_unindexed *x = a, *y = b;

	if (x->shard != y->shard)
		return x->shard < y->shard ? -1 : 1;
	return x->message < y->message ? -1 : x->message > y->message;
}

/* The messages of one shard, v[0] to v[n - 1]. */
static int index_run(struct cn_store *s, const struct cn_unindexed *v,
    size_t n, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	sqlite3_stmt *st;
	uint8_t key[16];
	size_t i;
	int r = 0;

	if (cn_shard_key(s->keys, v->shard, key, err) < 0 ||
	    (st = writer(s, v->shard, err)) == NULL)
		return -1;
	for (i = 0; i < n && r == 0; i++) {
		b.len = 0;
		cn_shard_tokens(&b, key, v[i].words);
		r = put(s, st, v[i].message, b.p, err);
	}
	sqlite3_finalize(st);
	cn_wipe(key, sizeof(key));
	cn_buf_release(&b);
	return r == 0 ? grown(s, v->shard, n, err) : -1;
}

int cn_shard_flush(struct cn_store *s, struct cn_err *err)
{
	struct cn_unindexed *v = s->unindexed;
	size_t i, n, all = s->nunindexed;

	s->nunindexed = 0;
	if (all > 1)
		qsort(v, all, sizeof(*v), by_shard);
	for (i = 0; i < all; i += n) {
		for (n = 1; i + n < all && v[i + n].shard == v[i].shard; n++)
			;
		if (index_run(s, v + i, n, err) < 0)
			return -1;
	}
	return 0;
}

/* --- rebuilding --- */

#define PAGE 200
#define PAGE_BYTES ((size_t)4 << 20)

struct page {
	int64_t id[PAGE];
	size_t at[PAGE];		/* of its tokens */
	size_t n;
	struct cn_buf tokens;		/* NUL-terminated each */
	struct cn_words words;
};

/* A message that cannot be read any more must not hold up an erasure: it
 * moves without its words, and the check of the store names it. */
static int read_words(struct cn_store *s, int64_t id, const uint8_t key[16],
    struct page *p, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_msg m;
	int r = cn_message_load(s, id, CN_LOAD_TEXT, &m, &mem, err);

	cn_words_reset(&p->words);
	if (r == 0)
		cn_words_msg(&p->words, &m);
	else if (err->status == CN_INTEGRITY || err->status == CN_BLOCKED ||
	    err->status == CN_PARTIAL)
		r = 0;
	cn_shard_tokens(&p->tokens, key, &p->words);
	cn_buf_ch(&p->tokens, '\0');
	cn_arena_release(&mem);
	return r;
}

/* Opens and splits the next messages of a shard, outside any transaction. */
static int read_page(struct cn_store *s, uint32_t from, const uint8_t key[16],
    struct page *p, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, "SELECT id FROM message WHERE"
	    " shard = ? ORDER BY id LIMIT ?", "ii", (int64_t)from,
	    (int64_t)PAGE);
	size_t n = 0;
	int r = 0;

	p->n = p->tokens.len = 0;
	if (st == NULL)
		return -1;
	while (n < PAGE && (r = cn_step(s, st, err)) == 1)
		p->id[n++] = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	if (r < 0)
		return -1;
	while (p->n < n && p->tokens.len < PAGE_BYTES) {
		p->at[p->n] = p->tokens.len;
		if (read_words(s, p->id[p->n], key, p, err) < 0)
			return -1;
		p->n++;
	}
	return 0;
}

static int write_page(struct cn_store *s, uint32_t to, const struct page *p,
    struct cn_err *err)
{
	sqlite3_stmt *st;
	size_t i;

	if (cn_store_begin(s, err) < 0)
		return -1;
	if ((st = writer(s, to, err)) == NULL || grown(s, to, p->n, err) < 0)
		goto bad;
	for (i = 0; i < p->n; i++) {
		if (put(s, st, p->id[i], p->tokens.p + p->at[i], err) < 0 ||
		    cn_do(s, err, "UPDATE message SET shard = ? WHERE id = ?",
		    "ii", (int64_t)to, p->id[i]) < 0)
			goto bad;
	}
	sqlite3_finalize(st);
	return cn_store_commit(s, err);
bad:
	sqlite3_finalize(st);
	cn_store_rollback(s);
	return -1;
}

/* A rebuild that was cut off left part of the messages in a new shard: they
 * are whole there, and another new one takes the rest. */
static int move_all(struct cn_store *s, uint32_t from, uint32_t *to,
    struct cn_err *err)
{
	struct page *p;
	int64_t any = 0;
	uint8_t key[16];
	int r;

	*to = 0;
	if (cn_get(s, err, &any, "SELECT EXISTS (SELECT 1 FROM message WHERE"
	    " shard = ?)", "i", (int64_t)from) < 0)
		return -1;
	if (!any)
		return 0;
	if (make_shard(s, to, err) < 0 ||
	    cn_shard_key(s->keys, *to, key, err) < 0)
		return -1;
	p = cn_alloc(sizeof(*p));
	do {
		r = read_page(s, from, key, p, err);
		if (r == 0 && p->n > 0)
			r = write_page(s, *to, p, err);
	} while (r == 0 && p->n > 0);
	cn_wipe(key, sizeof(key));
	cn_words_release(&p->words);
	cn_buf_wipe(&p->tokens);
	free(p);
	return r;
}

/* The key goes before the table: cut off in between, the table is still
 * there to say that there is something to do. */
int cn_shard_rebuild(struct cn_store *s, uint32_t shard, struct cn_err *err)
{
	char sql[64];
	uint32_t to;

	if (move_all(s, shard, &to, err) < 0 ||
	    cn_shard_drop(s->keys, shard, err) < 0 ||
	    cn_store_begin(s, err) < 0)
		return -1;
	snprintf(sql, sizeof(sql), "DROP TABLE IF EXISTS fts%u", shard);
	if (cn_exec(s, sql, err) < 0 ||
	    cn_do(s, err, "DELETE FROM shard WHERE id = ?", "i",
	    (int64_t)shard) < 0 ||
	    cn_do(s, err, "UPDATE person SET shard = ? WHERE shard = ?", "ii",
	    (int64_t)to, (int64_t)shard) < 0) {
		cn_store_rollback(s);
		return -1;
	}
	s->shard = 0;
	return cn_store_commit(s, err);
}
