/* The blocks of all segments lie one after another, with a mark at the first of
 * them and after so many bytes: a word is looked for from the last mark
 * that does not lie behind it. */
#include <stdlib.h>
#include <string.h>

#include "store/posting_int.h"
#include "store/sql.h"

#define STRIDE 48		/* bytes from mark to mark, at least */

struct mark {
	uint64_t token;			/* of the entry that begins there */
	size_t at;
};

struct held {
	struct cn_segment seg;
	size_t end, marks;		/* of its bytes and marks */
};

struct shard {
	uint32_t id;
	uint8_t key[16];
	bool fts;
	size_t from, to;		/* its segments */
};

struct cn_recall {
	struct cn_store *store;
	struct shard *shard;
	size_t nshards, messages;
	struct held *held;
	size_t nheld, capheld;
	struct mark *mark;
	size_t nmarks, capmarks;
	struct cn_buf bytes;
};

static void add_mark(struct cn_recall *r, uint64_t token, size_t at)
{
	if (r->nmarks == r->capmarks) {
		r->capmarks += r->capmarks / 2 + 1024;
		r->mark = cn_realloc(r->mark, r->capmarks * sizeof(*r->mark));
	}
	r->mark[r->nmarks++] = (struct mark){ token, at };
}

static int add_block(struct cn_recall *r, const struct cn_segment *g,
    int64_t number, struct cn_str block, struct cn_err *err)
{
	size_t at = r->bytes.len;
	struct cn_walk w = { .token = cn_walk_lowest(g->bits, number) };
	const uint8_t *start, *p, *last = NULL;
	int has = 1;

	cn_buf_add(&r->bytes, block.p, block.n);
	w.p = start = (const uint8_t *)r->bytes.p + at;
	w.end = w.p + block.n;
	while (has == 1) {
		p = w.p;
		has = cn_walk_step(&w);
		if (has == 1 && (last == NULL || p - last >= STRIDE)) {
			add_mark(r, w.token, at + (size_t)(p - start));
			last = p;
		}
		if (has == 1)
			has = cn_walk_messages(&w, g->base, NULL) < 0 ? -1 : 1;
	}
	return has < 0 ? cn_segment_damaged(g, err) : 0;
}

static int add_segment(struct cn_recall *r, const struct cn_segment *g,
    struct cn_err *err)
{
	int64_t first = g->id * CN_SEGMENT_BLOCKS;
	sqlite3_stmt *st;
	int has = 0, good = 0;

	if (g->bits > CN_SEGMENT_BITS)
		return cn_segment_damaged(g, err);
	st = cn_bind(r->store, err, "SELECT id, block FROM posting WHERE id"
	    " BETWEEN ? AND ? ORDER BY id", "ii", first,
	    first + CN_SEGMENT_BLOCKS - 1);
	while (st != NULL && good == 0 &&
	    (has = cn_step(r->store, st, err)) == 1)
		good = add_block(r, g, sqlite3_column_int64(st, 0) - first,
		    cn_col(st, 1), err);
	if (st == NULL || has < 0)
		return -1;
	sqlite3_reset(st);
	if (r->nheld == r->capheld) {
		r->capheld = r->capheld * 2 + 64;
		r->held = cn_realloc(r->held, r->capheld * sizeof(*r->held));
	}
	r->held[r->nheld++] = (struct held){ *g, r->bytes.len, r->nmarks };
	return good;
}

static int add_shard(struct cn_recall *r, uint32_t id, struct cn_err *err)
{
	struct cn_segment g[CN_SEGMENTS];
	struct shard *h = &r->shard[r->nshards];
	int64_t about = 0;
	size_t n = 0, i;
	int has = cn_get(r->store, err, &about, "SELECT messages * 2 +"
	    " (fts != 0) FROM shard WHERE id = ?", "i", (int64_t)id);

	if (has == 1)
		has = cn_search_key(r->store, id, h->key, err);
	if (has < 1)
		return has;
	h->id = id;
	h->fts = about % 2;
	h->from = r->nheld;
	if (!h->fts && cn_segments(r->store, id, g, &n, err) < 0)
		return -1;
	for (i = 0; i < n; i++)
		if (add_segment(r, &g[i], err) < 0)
			return -1;
	h->to = r->nheld;
	r->messages += (size_t)about / 2;
	r->nshards++;
	return 0;
}

struct cn_recall *cn_recall_new(struct cn_store *s, const uint32_t *shards,
    size_t n, struct cn_err *err)
{
	struct cn_recall *r = cn_alloc(sizeof(*r));
	size_t i;
	int good = cn_store_look(s, err);

	r->store = s;
	r->shard = cn_alloc((n + 1) * sizeof(*r->shard));
	/* Each of them had its key before it had its row. */
	if (good == 0)
		good = cn_keys_refresh(s->keys, err);
	for (i = 0; i < n && good == 0; i++)
		good = add_shard(r, shards[i], err);
	cn_store_looked(s);
	if (good == 0)
		return r;
	cn_recall_free(r);
	return NULL;
}

void cn_recall_free(struct cn_recall *r)
{
	if (r == NULL)
		return;
	cn_wipe(r->shard, r->nshards * sizeof(*r->shard));
	free(r->shard);
	free(r->held);
	free(r->mark);
	cn_buf_wipe(&r->bytes);
	free(r);
}

size_t cn_recall_messages(const struct cn_recall *r)
{
	return r->messages;
}

/* Its messages in one segment. */
static int find_in(const struct cn_recall *r, size_t which, uint64_t token,
    struct cn_ids *out, size_t *n, struct cn_err *err)
{
	const struct held *h = &r->held[which];
	size_t first = which > 0 ? r->held[which - 1].marks : 0;
	size_t lo = first, hi = h->marks, mid;
	const uint8_t *base = (const uint8_t *)r->bytes.p;
	struct cn_walk w;
	uint64_t v;
	int has;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (r->mark[mid].token <= token)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == first)
		return 0;
	w.p = base + r->mark[lo - 1].at;
	w.end = base + (lo < h->marks ? r->mark[lo].at : h->end);
	if (cn_varint(w.p, w.end, &v) == NULL)
		return cn_segment_damaged(&h->seg, err);
	w.token = r->mark[lo - 1].token - (v >> 1);
	while ((has = cn_walk_step(&w)) == 1 && w.token <= token) {
		bool is = w.token == token;

		*n += is ? (size_t)w.n : 0;
		if (is && out == NULL)
			return 0;
		if (cn_walk_messages(&w, h->seg.base, is ? out : NULL) < 0)
			return cn_segment_damaged(&h->seg, err);
		if (is)
			return 0;
	}
	return has < 0 ? cn_segment_damaged(&h->seg, err) : 0;
}

static int find_in_fts(struct cn_recall *r, const struct shard *h,
    const char *word, struct cn_ids *out, size_t *n, struct cn_err *err)
{
	struct cn_words w = { .n = 1 };
	struct cn_ids ids = { 0 };
	int good;
	size_t i;

	cn_buf_add(&w.text, word, strlen(word) + 1);
	good = cn_search_fts(r->store, h->id, h->key, &w, 0, &ids, err);
	for (i = 0; i < ids.n && out != NULL; i++)
		cn_ids_add(out, ids.v[i]);
	*n += ids.n;
	free(ids.v);
	cn_words_release(&w);
	return good;
}

int cn_recall_find(struct cn_recall *r, const char *word, struct cn_ids *out,
    size_t *n, struct cn_err *err)
{
	const uint64_t mask = ((uint64_t)1 << CN_TOKEN_BITS) - 1;
	size_t len = strlen(word), i, k;
	int good = 0;

	*n = 0;
	for (i = 0; i < r->nshards && good == 0; i++) {
		const struct shard *h = &r->shard[i];
		uint64_t token = cn_siphash(h->key, word, len) & mask;

		if (h->fts)
			good = find_in_fts(r, h, word, out, n, err);
		for (k = h->from; k < h->to && good == 0; k++)
			good = find_in(r, k, token, out, n, err);
	}
	return good;
}
