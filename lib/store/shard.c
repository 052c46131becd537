#include "store/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/erase.h"
#include "store/message.h"
#include "store/posting.h"
#include "store/sql.h"

static int make_shard(struct cn_store *s, uint32_t *shard, struct cn_err *err)
{
	int64_t above = 0;

	if (cn_get(s, err, &above, "SELECT max(id) FROM shard", "") < 0 ||
	    cn_shard_new(s->keys, (uint32_t)above, shard, err) < 0 ||
	    cn_store_begin(s, err) < 0)
		return -1;
	if (cn_do(s, err, "INSERT INTO shard(id, messages, state)"
	    " VALUES(?, 0, 'open')", "i", (int64_t)*shard) < 0) {
		cn_store_rollback(s);
		return -1;
	}
	return cn_store_commit(s, err);
}

/* A key without its row is harmless, and dropped by the next erasure; the
 * other way round is not: so the lock stays until the row is there, and no
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

int cn_shard_ready(struct cn_store *s, size_t n, struct cn_err *err)
{
	int64_t id = 0;
	int r;

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
		    " AND s.state != 'due' AND s.fts = 0", "ii", person,
		    (int64_t)CN_SHARD_MAX);
	if (r < 0)
		return -1;
	*shard = r == 1 ? (uint32_t)have : s->shard;
	if (*shard == 0) {
		/* The one that was at hand has been rebuilt meanwhile. */
		if (cn_get(s, err, &have, "SELECT id FROM shard WHERE"
		    " state != 'due' AND fts = 0 AND messages < ? ORDER BY"
		    " messages LIMIT 1", "i", (int64_t)CN_SHARD_MAX) < 0)
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
	struct cn_postings p = { 0 };
	uint8_t key[16];
	size_t i;
	int r = cn_shard_key(s->keys, v->shard, key, err);

	for (i = 0; i < n && r == 0; i++) {
		cn_postings_add(&p, key, v[i].message, v[i].words);
		if (p.n > CN_POSTINGS_FULL || i + 1 == n)
			r = cn_postings_write(s, v->shard, &p, err);
	}
	cn_wipe(key, sizeof(key));
	cn_postings_release(&p);
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

struct page {
	struct cn_postings postings;
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
	cn_postings_add(&p->postings, key, id, &p->words);
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
	int64_t id[PAGE];
	size_t n = 0, i;
	int r = 0;

	if (st == NULL)
		return -1;
	while (n < PAGE && (r = cn_step(s, st, err)) == 1)
		id[n++] = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	if (r < 0)
		return -1;
	for (i = 0; i < n && p->postings.n < CN_POSTINGS_FULL; i++)
		if (read_words(s, id[i], key, p, err) < 0)
			return -1;
	return 0;
}

static int write_page(struct cn_store *s, uint32_t to, struct page *p,
    struct cn_err *err)
{
	struct cn_postings *w = &p->postings;
	size_t i;

	if (cn_store_begin(s, err) < 0)
		return -1;
	if (grown(s, to, w->nmessages, err) < 0)
		goto bad;
	for (i = 0; i < w->nmessages; i++)
		if (cn_do(s, err, "UPDATE message SET shard = ? WHERE id = ?",
		    "ii", (int64_t)to, w->message[i]) < 0)
			goto bad;
	if (cn_postings_write(s, to, w, err) < 0)
		goto bad;
	return cn_store_commit(s, err);
bad:
	cn_store_rollback(s);
	return -1;
}

/* A rebuild that was cut off left part of the messages in a new shard: they
 * are whole there, and another new one takes the rest. */
static int move_all(struct cn_store *s, uint32_t from, uint32_t *to,
    struct cn_err *err)
{
	struct page p = { 0 };
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
	do {
		r = read_page(s, from, key, &p, err);
		any = p.postings.nmessages > 0;
		if (r == 0 && any)
			r = write_page(s, *to, &p, err);
	} while (r == 0 && any);
	cn_wipe(key, sizeof(key));
	cn_words_release(&p.words);
	cn_postings_release(&p.postings);
	return r;
}

/* The key goes before the row: cut off in between, the row is still there to
 * say that there is something to do. */
int cn_shard_rebuild(struct cn_store *s, uint32_t shard, struct cn_err *err)
{
	char sql[64];
	uint32_t to;

	if (move_all(s, shard, &to, err) < 0 ||
	    cn_shard_drop(s->keys, shard, err) < 0 ||
	    cn_store_begin(s, err) < 0)
		return -1;
	/* Of a shard that an older version made. */
	snprintf(sql, sizeof(sql), "DROP TABLE IF EXISTS fts%u", shard);
	if (cn_exec(s, sql, err) < 0 ||
	    cn_postings_drop(s, shard, err) < 0 ||
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
