#include "store/posting_int.h"

#include <stdlib.h>
#include <string.h>

#include "store/sql.h"

#define SHIFT (64 - CN_TOKEN_BITS)	/* of a token in a pair */
#define BLOCKS CN_SEGMENT_BLOCKS
#define BLOCK 3072		/* bytes, about */
#define VARINT 10		/* bytes, at most */

/* --- numbers --- */

static uint8_t *put(uint8_t *to, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		*to++ = (uint8_t)(v | 0x80);
	*to++ = (uint8_t)v;
	return to;
}

/* --- words of messages --- */

void cn_postings_release(struct cn_postings *p)
{
	if (p->pair != NULL)
		cn_wipe(p->pair, p->cap * sizeof(*p->pair));
	free(p->pair);
	free(p->message);
	memset(p, 0, sizeof(*p));
}

void cn_postings_add(struct cn_postings *p, const uint8_t key[16],
    int64_t message, const struct cn_words *w)
{
	const char *at = w->text.p, *end = at + w->text.len;
	size_t len;

	if (p->n + w->n > p->cap) {
		p->cap = (p->n + w->n) * 2;
		p->pair = cn_realloc(p->pair, p->cap * sizeof(*p->pair));
	}
	if (p->nmessages == p->cap_messages) {
		p->cap_messages += 256;
		p->message = cn_realloc(p->message,
		    p->cap_messages * sizeof(*p->message));
	}
	for (; at < end; at += len + 1) {
		len = strlen(at);
		p->pair[p->n++] = cn_siphash(key, at, len) << SHIFT |
		    p->nmessages;
	}
	p->message[p->nmessages++] = message;
}

/* By token, ten bits at a time from the lowest; as messages come in order,
 * those of a token stay in order. */
static void sort(uint64_t *v, size_t n)
{
	enum { BITS = 10, MASK = (1 << BITS) - 1, PASSES = 4 };
	uint64_t *from = v, *to = cn_alloc(n * sizeof(*v) + 1), *tmp;
	uint32_t at[PASSES][MASK + 1] = { { 0 } }, sum, c;
	size_t i;
	int p, k;

	for (i = 0; i < n; i++)
		for (p = 0; p < PASSES; p++)
			at[p][v[i] >> (SHIFT + p * BITS) & MASK]++;
	for (p = 0; p < PASSES; p++) {
		for (k = 0, sum = 0; k <= MASK; k++) {
			c = at[p][k];
			at[p][k] = sum;
			sum += c;
		}
		for (i = 0; i < n; i++)
			to[at[p][from[i] >> (SHIFT + p * BITS) & MASK]++] =
			    from[i];
		tmp = from;
		from = to;
		to = tmp;
	}
	/* After an even number of passes they are where they were. */
	cn_wipe(to, n * sizeof(*v));
	free(to);
}

/* --- reading --- */

int cn_segments(struct cn_store *s, uint32_t shard,
    struct cn_segment v[CN_SEGMENTS], size_t *n, struct cn_err *err)
{
	int64_t first = (int64_t)shard * CN_SEGMENTS;
	sqlite3_stmt *st = cn_bind(s, err, "SELECT id, messages, base, bits"
	    " FROM segment WHERE id BETWEEN ? AND ? ORDER BY id", "ii", first,
	    first + CN_SEGMENTS - 1);
	int r = 0;

	*n = 0;
	if (st == NULL)
		return -1;
	while (*n < CN_SEGMENTS && (r = cn_step(s, st, err)) == 1)
		v[(*n)++] = (struct cn_segment){ sqlite3_column_int64(st, 0),
		    sqlite3_column_int64(st, 1), sqlite3_column_int64(st, 2),
		    (unsigned)sqlite3_column_int(st, 3) };
	sqlite3_reset(st);
	if (r < 0)
		return -1;
	return 0;
}

int cn_segment_damaged(const struct cn_segment *g, struct cn_err *err)
{
	cn_fail(err, CN_INTEGRITY, "search: segment %lld is damaged",
	    (long long)g->id);
	return cn_hint(err, "restore the store from a backup");
}

uint64_t cn_walk_lowest(unsigned bits, int64_t block)
{
	return (uint64_t)block << (CN_TOKEN_BITS - bits);
}

int cn_walk_step(struct cn_walk *w)
{
	uint64_t v;

	if (w->p == w->end)
		return 0;
	if ((w->p = cn_varint(w->p, w->end, &v)) == NULL)
		return -1;
	w->token += v >> 1;
	if (w->token >> CN_TOKEN_BITS)
		return -1;
	w->n = 1;
	if ((v & 1) && (w->p = cn_varint(w->p, w->end, &w->n)) == NULL)
		return -1;
	w->n += v & 1 ? 2 : 0;
	/* Each of them takes a byte. */
	return w->n > (uint64_t)(w->end - w->p) ? -1 : 1;
}

int cn_walk_messages(struct cn_walk *w, int64_t base, struct cn_ids *out)
{
	uint64_t v, id = (uint64_t)base;

	for (; w->n > 0; w->n--) {
		if ((w->p = cn_varint(w->p, w->end, &v)) == NULL)
			return -1;
		id += v;
		if (out != NULL)
			cn_ids_add(out, (int64_t)id);
	}
	return 0;
}

static int find_in_block(const struct cn_segment *g, struct cn_str block,
    uint64_t token, struct cn_ids *out, struct cn_err *err)
{
	struct cn_walk w = { .p = (const uint8_t *)block.p };
	int r;

	w.end = w.p + block.n;
	w.token = cn_walk_lowest(g->bits,
	    (int64_t)(token >> (CN_TOKEN_BITS - g->bits)));
	while ((r = cn_walk_step(&w)) == 1 && w.token <= token) {
		bool is = w.token == token;

		if (cn_walk_messages(&w, g->base, is ? out : NULL) < 0)
			return cn_segment_damaged(g, err);
		if (is)
			return 0;
	}
	return r < 0 ? cn_segment_damaged(g, err) : 0;
}

static int find_in_segment(struct cn_store *s, const struct cn_segment *g,
    uint64_t token, struct cn_ids *out, struct cn_err *err)
{
	sqlite3_stmt *st;
	int r;

	out->n = 0;
	if (g->bits > CN_SEGMENT_BITS)
		return cn_segment_damaged(g, err);
	st = cn_bind(s, err, "SELECT block FROM posting WHERE id = ?", "i",
	    g->id * BLOCKS + (int64_t)(token >> (CN_TOKEN_BITS - g->bits)));
	if (st == NULL || (r = cn_step(s, st, err)) < 0)
		return -1;
	if (r == 1)
		r = find_in_block(g, cn_col(st, 0), token, out, err);
	sqlite3_reset(st);
	return r;
}

/* Of two lists in order what is in both, in the first one. */
static void both(struct cn_ids *a, const struct cn_ids *b)
{
	size_t i, k = 0, n = 0;

	for (i = 0; i < a->n && k < b->n; i++) {
		while (k < b->n && b->v[k] < a->v[i])
			k++;
		if (k < b->n && b->v[k] == a->v[i])
			a->v[n++] = a->v[i];
	}
	a->n = n;
}

void cn_ids_add(struct cn_ids *l, int64_t id)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 256;
		l->v = cn_realloc(l->v, l->cap * sizeof(*l->v));
	}
	l->v[l->n++] = id;
}

int cn_postings_find(struct cn_store *s, uint32_t shard, const uint8_t key[16],
    const struct cn_words *w, int64_t after, struct cn_ids *out,
    struct cn_err *err)
{
	struct cn_ids have = { 0 }, more = { 0 };
	struct cn_segment g[CN_SEGMENTS];
	size_t n, i, k;
	const char *at, *end = w->text.p + w->text.len;
	int r = cn_segments(s, shard, g, &n, err);

	for (i = 0; i < n && r == 0; i++) {
		have.n = 0;
		for (at = w->text.p; at < end && r == 0; at += strlen(at) + 1) {
			bool first = at == w->text.p;

			if (!first && have.n == 0)
				break;
			r = find_in_segment(s, &g[i], cn_siphash(key, at,
			    strlen(at)) << SHIFT >> SHIFT,
			    first ? &have : &more, err);
			if (!first)
				both(&have, &more);
		}
		for (k = 0; k < have.n && r == 0; k++)
			if (have.v[k] > after)
				cn_ids_add(out, have.v[k]);
	}
	free(have.v);
	free(more.v);
	return r;
}

/* --- writing --- */

/* What is merged: the new words, or a segment, whose blocks follow each other
 * in memory. */
struct source {
	const struct cn_segment *seg;	/* NULL: pairs */
	struct cn_buf blocks;
	struct { int64_t number; size_t end; } *block;
	size_t nblocks, at;
	struct cn_walk w;
	const struct cn_postings *new;
	size_t i;
	uint64_t token;			/* the next one; UINT64_MAX: none */
};

static int load(struct cn_store *s, struct source *f, struct cn_err *err)
{
	int64_t first = f->seg->id * BLOCKS;
	sqlite3_stmt *st = cn_bind(s, err, "SELECT id, block FROM posting"
	    " WHERE id BETWEEN ? AND ? ORDER BY id", "ii", first,
	    first + BLOCKS - 1);
	int r = 0;

	if (f->seg->bits > CN_SEGMENT_BITS)
		return cn_segment_damaged(f->seg, err);
	f->block = cn_alloc(sizeof(*f->block) << f->seg->bits);
	while (st != NULL && (r = cn_step(s, st, err)) == 1) {
		struct cn_str b = cn_col(st, 1);

		if (f->nblocks == (size_t)1 << f->seg->bits) {
			sqlite3_reset(st);
			return cn_segment_damaged(f->seg, err);
		}
		cn_buf_add(&f->blocks, b.p, b.n);
		f->block[f->nblocks].number =
		    sqlite3_column_int64(st, 0) - first;
		f->block[f->nblocks++].end = f->blocks.len;
	}
	return st == NULL ? -1 : r;
}

/* To the next token. */
static int advance(struct source *f, struct cn_err *err)
{
	int r = 0;

	if (f->seg == NULL) {
		f->token = f->i < f->new->n ? f->new->pair[f->i] >> SHIFT :
		    UINT64_MAX;
		return 0;
	}
	while (f->at < f->nblocks || f->w.p != f->w.end) {
		if ((r = cn_walk_step(&f->w)) != 0)
			break;
		f->w.p = (const uint8_t *)f->blocks.p + (f->at == 0 ? 0 :
		    f->block[f->at - 1].end);
		f->w.end = (const uint8_t *)f->blocks.p + f->block[f->at].end;
		f->w.token = cn_walk_lowest(f->seg->bits, f->block[f->at].number);
		f->at++;
	}
	f->token = r == 1 ? f->w.token : UINT64_MAX;
	return r < 0 ? cn_segment_damaged(f->seg, err) : 0;
}

static int take(struct source *f, struct cn_ids *out, struct cn_err *err)
{
	uint64_t token = f->token;

	if (f->seg != NULL)
		return cn_walk_messages(&f->w, f->seg->base, out) < 0 ?
		    cn_segment_damaged(f->seg, err) : advance(f, err);
	for (; f->i < f->new->n && f->new->pair[f->i] >> SHIFT == token; f->i++)
		cn_ids_add(out, f->new->message[f->new->pair[f->i] &
		    (((uint64_t)1 << SHIFT) - 1)]);
	return advance(f, err);
}

/* The segment that comes out of it. */
struct sink {
	struct cn_store *s;
	struct cn_segment seg;
	int64_t block;
	uint64_t last;
	struct cn_buf out;
};

static int end_block(struct sink *k, struct cn_err *err)
{
	int r = k->out.len == 0 ? 0 : cn_do(k->s, err,
	    "INSERT INTO posting VALUES(?, ?)", "ib", k->seg.id * BLOCKS +
	    k->block, k->out.p, k->out.len);

	k->out.len = 0;
	return r;
}

/* A large mail has its number before those that come in meanwhile; and two
 * words of a message may share a token. */
static void in_order(struct cn_ids *l)
{
	size_t i, n = 1;

	for (i = 1; i < l->n && l->v[i - 1] < l->v[i]; i++)
		;
	if (i >= l->n)
		return;
	qsort(l->v, l->n, sizeof(*l->v), cn_ascending);
	for (i = 1; i < l->n; i++)
		if (l->v[i] != l->v[n - 1])
			l->v[n++] = l->v[i];
	l->n = n;
}

static int entry(struct sink *k, uint64_t token, struct cn_ids *ids,
    struct cn_err *err)
{
	int64_t block = (int64_t)(token >> (CN_TOKEN_BITS - k->seg.bits));
	int64_t before = k->seg.base;
	uint8_t *to;
	size_t i;

	in_order(ids);
	if (block != k->block) {
		if (end_block(k, err) < 0)
			return -1;
		k->block = block;
		k->last = cn_walk_lowest(k->seg.bits, block);
	}
	cn_buf_reserve(&k->out, (ids->n + 2) * VARINT);
	to = put((uint8_t *)k->out.p + k->out.len, (token - k->last) << 1 |
	    (ids->n > 1));
	if (ids->n > 1)
		to = put(to, ids->n - 2);
	for (i = 0; i < ids->n; before = ids->v[i++])
		to = put(to, (uint64_t)(ids->v[i] - before));
	k->out.len = (size_t)((char *)to - k->out.p);
	k->last = token;
	return 0;
}

static int merge(struct sink *k, struct source *f, size_t n,
    struct cn_err *err)
{
	struct cn_ids ids = { 0 };
	uint64_t least;
	size_t i;
	int r = 0;

	for (i = 0; i < n && r == 0; i++)
		r = advance(&f[i], err);
	while (r == 0) {
		least = UINT64_MAX;
		for (i = 0; i < n; i++)
			if (f[i].token < least)
				least = f[i].token;
		if (least == UINT64_MAX)
			break;
		ids.n = 0;
		for (i = 0; i < n && r == 0; i++)
			if (f[i].token == least)
				r = take(&f[i], &ids, err);
		if (r == 0)
			r = entry(k, least, &ids, err);
	}
	free(ids.v);
	return r < 0 ? -1 : end_block(k, err);
}

/* The old rows go first, so that the new ones take their room. */
static int replace(struct cn_store *s, struct sink *k, struct source *f,
    size_t n, struct cn_err *err)
{
	size_t bytes = 6 * f[n - 1].new->n, i;

	for (i = 0; i + 1 < n; i++) {
		if (load(s, &f[i], err) < 0)
			return -1;
		bytes += f[i].blocks.len;
	}
	if (n > 1 && (cn_do(s, err, "DELETE FROM posting WHERE id BETWEEN ?"
	    " AND ?", "ii", f[0].seg->id * BLOCKS, f[n - 2].seg->id * BLOCKS +
	    BLOCKS - 1) < 0 || cn_do(s, err, "DELETE FROM segment WHERE id"
	    " BETWEEN ? AND ?", "ii", f[0].seg->id, f[n - 2].seg->id) < 0))
		return -1;
	while (k->seg.bits < CN_SEGMENT_BITS && bytes >> k->seg.bits > BLOCK)
		k->seg.bits++;
	if (merge(k, f, n, err) < 0)
		return -1;
	return cn_do(s, err, "INSERT INTO segment VALUES(?, ?, ?, ?)", "iiii",
	    k->seg.id, k->seg.messages, k->seg.base, (int64_t)k->seg.bits);
}

int cn_postings_write(struct cn_store *s, uint32_t shard,
    struct cn_postings *p, struct cn_err *err)
{
	struct sink k = { .s = s, .block = -1 };
	struct cn_segment g[CN_SEGMENTS];
	struct source *f;
	size_t n, i, keep;

	if (p->nmessages == 0)
		return 0;
	if (cn_segments(s, shard, g, &n, err) < 0)
		return -1;
	sort(p->pair, p->n);
	k.seg.messages = (int64_t)p->nmessages;
	k.seg.base = p->message[0];
	for (keep = n; keep > 0 && (g[keep - 1].messages <= k.seg.messages ||
	    keep == CN_SEGMENTS); keep--) {
		k.seg.messages += g[keep - 1].messages;
		if (g[keep - 1].base < k.seg.base)
			k.seg.base = g[keep - 1].base;
	}
	k.seg.id = keep > 0 ? g[keep - 1].id + 1 : (int64_t)shard * CN_SEGMENTS;
	n = n - keep + 1;
	f = cn_alloc(n * sizeof(*f));
	for (i = 0; i + 1 < n; i++)
		f[i].seg = &g[keep + i];
	f[i].new = p;
	if (replace(s, &k, f, n, err) < 0)
		k.seg.messages = -1;
	for (i = 0; i < n; i++) {
		cn_buf_release(&f[i].blocks);
		free(f[i].block);
	}
	free(f);
	cn_buf_release(&k.out);
	p->n = p->nmessages = 0;
	return k.seg.messages < 0 ? -1 : 0;
}

int cn_postings_drop(struct cn_store *s, uint32_t shard, struct cn_err *err)
{
	int64_t first = (int64_t)shard * CN_SEGMENTS;
	int64_t last = first + CN_SEGMENTS - 1;

	return cn_do(s, err, "DELETE FROM posting WHERE id BETWEEN ? AND ?",
	    "ii", first * BLOCKS, last * BLOCKS + BLOCKS - 1) < 0 ? -1 :
	    cn_do(s, err, "DELETE FROM segment WHERE id BETWEEN ? AND ?",
	    "ii", first, last);
}
