/* similar.c - inverted index with accumulated scores
 *
 * Postings lie in one array, by feature and then by text.  A query adds up
 * scores in an array of one float a text; features that nearly every text
 * has are skipped while there are rarer ones, for they cost most and tell
 * least.  Characters of 4 stand in for all lengths: retrieval needs less
 * than classification, and postings are what takes memory. */
#include <stdlib.h>
#include <string.h>

#include "inner.h"
#include "similar.h"

#define BUDGET 150000			/* postings that a query walks */

struct slot {
	uint32_t key, row;		/* row + 1; 0: free */
};

struct share {
	uint32_t key;
	float x;			/* tf * idf / norm of its text */
};

struct cn_gist {
	size_t n;
	struct share v[];
};

struct posting {
	uint32_t text;
	float x;			/* tf * idf / norm of its text */
};

struct cn_similar {
	int64_t *id;
	size_t n, cap;
	/* While adding: the features of each text, up to end[text]. */
	uint32_t *row;
	uint16_t *tf;
	size_t *end;
	size_t items, capitems;
	/* A row for each feature: in how many texts it is. */
	struct slot *slot;		/* open addressing, mask + 1 of them */
	uint32_t mask;
	uint32_t *df;
	size_t rows, caprows;
	/* Finished. */
	double *idf;			/* [rows + 1], the last of no row */
	size_t *start;			/* [rows + 1], into posting */
	struct posting *posting;
	float *score;			/* [n], all zero between queries */
	uint32_t *touched;
	struct cn_arena arena;
};

struct cn_similar *
cn_similar_new(void)
{
	struct cn_similar *s = cn_alloc(sizeof(*s));

	s->mask = 1023;
	s->slot = cn_alloc((s->mask + 1) * sizeof(*s->slot));
	return s;
}

void
cn_similar_free(struct cn_similar *s)
{
	if (s == NULL)
		return;
	free(s->id);
	free(s->row);
	free(s->tf);
	free(s->end);
	free(s->slot);
	free(s->df);
	free(s->idf);
	free(s->start);
	free(s->posting);
	free(s->score);
	free(s->touched);
	cn_arena_release(&s->arena);
	free(s);
}

/* Words, pairs, and runs of four characters. */
static struct cn_tf *
features(struct cn_str text, size_t *n, struct cn_arena *arena)
{
	struct cn_words words;
	struct cn_feat *f;
	size_t nf, i, j, k, chars;

	cn_words(&words, cn_str(NULL), 0, text, CN_SIMILAR_TEXT, false, arena);
	f = cn_feats(&words, &nf, arena);
	for (i = j = 0; i < nf; i++) {
		if (f[i].kind == CN_WHY_CHARS) {
			for (chars = k = 0; k < f[i].len; k++)
				chars += ((unsigned char)
				    words.buf[f[i].at + k] & 0xc0) != 0x80;
			if (chars != 4)
				continue;
		}
		f[j++] = f[i];
	}
	return cn_tfs(NULL, f, j, n, arena);
}

static struct slot *
find(const struct cn_similar *s, uint32_t key)
{
	uint32_t at = key & s->mask;

	while (s->slot[at].row && s->slot[at].key != key)
		at = (at + 1) & s->mask;
	return &s->slot[at];
}

static void
grow_slots(struct cn_similar *s)
{
	struct slot *old = s->slot;
	uint32_t size = s->mask + 1, i;

	s->mask = 2 * size - 1;
	s->slot = cn_alloc(2 * (size_t)size * sizeof(*s->slot));
	for (i = 0; i < size; i++)
		if (old[i].row)
			*find(s, old[i].key) = old[i];
	free(old);
}

/* The row of a feature, which may be new. */
static uint32_t
row_of(struct cn_similar *s, uint32_t key)
{
	struct slot *slot = find(s, key);

	if (slot->row == 0) {
		if (s->rows == s->caprows) {
			s->caprows = s->caprows + s->caprows / 2 + 1024;
			s->df = cn_realloc(s->df, s->caprows *
			    sizeof(*s->df));
		}
		s->df[s->rows++] = 0;
		*slot = (struct slot){ key, (uint32_t)s->rows };
		if (2 * s->rows > s->mask) {
			grow_slots(s);
			slot = find(s, key);
		}
	}
	return slot->row - 1;
}

void
cn_similar_add(struct cn_similar *s, int64_t id, struct cn_str text)
{
	struct cn_tf *tf;
	size_t n, i;

	if (s->n == s->cap) {
		s->cap = s->cap + s->cap / 2 + 256;
		s->id = cn_realloc(s->id, s->cap * sizeof(*s->id));
		s->end = cn_realloc(s->end, s->cap * sizeof(*s->end));
	}
	tf = features(text, &n, &s->arena);
	if (s->items + n > s->capitems) {
		s->capitems += s->capitems / 4 + n + 4096;
		s->row = cn_realloc(s->row, s->capitems * sizeof(*s->row));
		s->tf = cn_realloc(s->tf, s->capitems * sizeof(*s->tf));
	}
	for (i = 0; i < n; i++) {
		s->row[s->items] = row_of(s, tf[i].key);
		s->df[s->row[s->items]]++;
		s->tf[s->items++] = tf[i].n;
	}
	s->end[s->n] = s->items;
	s->id[s->n++] = id;
	cn_arena_reset(&s->arena);
}

double
cn_similar_idf(size_t n, size_t df)
{
	return cn_log((1.0 + (double)n) / (1.0 + (double)df)) + 1;
}

/* One text's features to their rows' postings. */
static void
post(struct cn_similar *s, uint32_t text, size_t from, size_t *next)
{
	double sq = 0, x;
	float inv;
	size_t i;

	for (i = from; i < s->end[text]; i++) {
		x = s->idf[s->row[i]] * cn_model_tf(s->tf[i]);
		sq += x * x;
	}
	inv = sq > 0 ? (float)(1 / cn_root(sq)) : 0;
	for (i = from; i < s->end[text]; i++)
		s->posting[next[s->row[i]]++] = (struct posting){ text,
		    (float)(s->idf[s->row[i]] * cn_model_tf(s->tf[i])) * inv };
}

void
cn_similar_finish(struct cn_similar *s)
{
	size_t *next = cn_alloc((s->rows + 1) * sizeof(*next)), i;

	s->idf = cn_alloc((s->rows + 1) * sizeof(*s->idf));
	s->start = cn_alloc((s->rows + 1) * sizeof(*s->start));
	s->posting = cn_alloc((s->items + 1) * sizeof(*s->posting));
	s->score = cn_alloc((s->n + 1) * sizeof(*s->score));
	s->touched = cn_alloc((s->n + 1) * sizeof(*s->touched));
	for (i = 0; i < s->rows; i++) {
		next[i] = s->start[i];
		s->start[i + 1] = s->start[i] + s->df[i];
		s->idf[i] = cn_similar_idf(s->n, s->df[i]);
	}
	s->idf[i] = cn_similar_idf(s->n, 0);
	for (i = 0; i < s->n; i++)
		post(s, (uint32_t)i, i ? s->end[i - 1] : 0, next);
	free(next);
	free(s->row);
	free(s->tf);
	free(s->end);
	free(s->df);
	s->row = s->df = NULL;
	s->tf = NULL;
	s->end = NULL;
}

struct want {
	size_t row, df;
	float x;
};

static int
by_df(const void *a, const void *b)
{
	const struct want *x = a, *y = b;

	if (x->df != y->df)
		return x->df < y->df ? -1 : 1;
	return x->row < y->row ? -1 : x->row > y->row;
}

/* Puts a hit in its place among the n <= k best, by score and then by number;
 * returns how many there are then. */
static size_t
keep(struct cn_hit *hit, size_t n, size_t k, struct cn_hit new)
{
	size_t j;

	for (j = n; j > 0; j--)
		if (hit[j - 1].score > new.score || (hit[j - 1].score ==
		    new.score && hit[j - 1].id < new.id))
			break;
	if (j == k)
		return n;
	n += n < k;
	memmove(hit + j + 1, hit + j, (n - 1 - j) * sizeof(*hit));
	hit[j] = new;
	return n;
}

/* Rounding takes a text's likeness to itself above 1. */
static size_t
bounded(struct cn_hit *hit, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (hit[i].score > 1)
			hit[i].score = 1;
	return n;
}

static size_t
best(struct cn_similar *s, size_t ntouched, struct cn_hit *hit, size_t k)
{
	size_t n = 0, i;

	for (i = 0; i < ntouched; i++) {
		uint32_t t = s->touched[i];

		n = keep(hit, n, k, (struct cn_hit){ t, (double)s->score[t] });
		s->score[t] = 0;
	}
	for (i = 0; i < n; i++)
		hit[i].id = s->id[hit[i].id];
	return bounded(hit, n);
}

size_t
cn_similar_query(struct cn_similar *s, struct cn_str text, struct cn_hit *hit,
    size_t k)
{
	size_t n, nwant = 0, walked = 0, touched = 0, i;
	struct cn_tf *tf = features(text, &n, &s->arena);
	struct want *want = cn_arena_alloc(&s->arena, (n + 1) *
	    sizeof(*want));
	const struct posting *p, *end;
	double sq = 0;
	uint32_t row;

	for (i = 0; i < n; i++) {
		row = find(s, tf[i].key)->row;
		want[nwant].row = row ? row - 1 : 0;
		want[nwant].df = row ? s->start[row] - s->start[row - 1] : 0;
		want[nwant].x = (float)(s->idf[row ? row - 1 : s->rows] *
		    cn_model_tf(tf[i].n));
		sq += (double)want[nwant].x * want[nwant].x;
		nwant += row != 0;
	}
	qsort(want, nwant, sizeof(*want), by_df);
	for (i = 0; k && i < nwant; i++) {
		float x = want[i].x * (float)(1 / cn_root(sq));

		if (walked && walked + want[i].df > BUDGET)
			break;
		walked += want[i].df;
		end = s->posting + s->start[want[i].row + 1];
		for (p = s->posting + s->start[want[i].row]; p < end; p++) {
			if (s->score[p->text] == 0)
				s->touched[touched++] = p->text;
			s->score[p->text] += x * p->x;
		}
	}
	n = best(s, touched, hit, k);
	cn_arena_reset(&s->arena);
	return n;
}

/* --- a few of many --- */

struct cn_gist *
cn_gist_of(const struct cn_similar *s, struct cn_str text,
    struct cn_arena *keep)
{
	struct cn_arena arena = { 0 };
	struct cn_gist *g;
	struct cn_tf *tf;
	double sq = 0, x;
	uint32_t row;
	size_t n, i;
	float inv;

	tf = features(text, &n, &arena);
	g = cn_arena_alloc(keep, sizeof(*g) + n * sizeof(*g->v));
	for (g->n = n, i = 0; i < n; i++) {
		row = find(s, tf[i].key)->row;
		x = s->idf[row ? row - 1 : s->rows] * cn_model_tf(tf[i].n);
		g->v[i] = (struct share){ tf[i].key, (float)x };
		sq += x * x;
	}
	inv = sq > 0 ? (float)(1 / cn_root(sq)) : 0;
	for (i = 0; i < n; i++)
		g->v[i].x *= inv;
	cn_arena_release(&arena);
	return g;
}

size_t
cn_gists_near(const struct cn_gist *ask, const struct cn_gist *const *of,
    size_t n, struct cn_hit *hit, size_t k)
{
	uint32_t mask = 15, at;
	struct share *slot;		/* open addressing; x 0: free */
	size_t i, j, found = 0;
	float score;

	while (mask < 4 * ask->n)
		mask = 2 * mask + 1;
	slot = cn_alloc((mask + 1) * sizeof(*slot));
	for (j = 0; j < ask->n; j++) {
		for (at = ask->v[j].key & mask; slot[at].x > 0;)
			at = (at + 1) & mask;
		slot[at] = ask->v[j];
	}
	for (i = 0; i < n; i++) {
		for (score = 0, j = 0; of[i] && j < of[i]->n; j++) {
			at = of[i]->v[j].key & mask;
			while (slot[at].x > 0 && slot[at].key !=
			    of[i]->v[j].key)
				at = (at + 1) & mask;
			score += slot[at].x * of[i]->v[j].x;
		}
		if (score > 0)
			found = keep(hit, found, k, (struct cn_hit){
			    (int64_t)i, (double)score });
	}
	free(slot);
	return bounded(hit, found);
}

double
cn_similar_pair(struct cn_str a, struct cn_str b)
{
	struct cn_similar *s = cn_similar_new();
	struct cn_hit hit;
	double score = 0;

	cn_similar_add(s, 1, a);
	cn_similar_finish(s);
	if (cn_similar_query(s, b, &hit, 1))
		score = hit.score;
	cn_similar_free(s);
	return score;
}

/* --- once more --- */

#define OTHERS 8		/* categories share what is left of the belief */
#define UNKNOWN 0.5		/* belief where nobody has said a category */

void
cn_meaning_of(struct cn_meaning *m, const float x[CN_ENCODER_DIM])
{
	float max = 0, v;
	size_t i;

	for (i = 0; i < CN_ENCODER_DIM; i++) {
		v = x[i] < 0 ? -x[i] : x[i];
		max = v > max ? v : max;
	}
	for (i = 0; i < CN_ENCODER_DIM; i++) {
		v = max > 0 ? x[i] * (127 / max) : 0;
		m->v[i] = (int8_t)(v < 0 ? v - 0.5f : v + 0.5f);
	}
}

double
cn_meaning_like(const struct cn_meaning *a, const struct cn_meaning *b)
{
	int32_t ab = 0, aa = 0, bb = 0;
	size_t i;

	for (i = 0; i < CN_ENCODER_DIM; i++) {
		ab += a->v[i] * b->v[i];
		aa += a->v[i] * a->v[i];
		bb += b->v[i] * b->v[i];
	}
	return aa && bb ? ab / cn_root((double)aa * bb) : 0;
}

/* Sentences that have nothing to do with each other have a cosine of one
 * half. */
static double
likeness(const struct cn_near *a)
{
	double m = 2 * a->meaning - 1;

	return a->meant ? (a->like + (m > 0 ? m : 0)) / 2 : a->like;
}

static bool
same(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

void
cn_near_weigh(struct cn_near *near, size_t n, const char *best,
    double confidence)
{
	double all = 0, own, like, belief;
	size_t i, k;

	for (i = 0; i < n; i++) {
		like = likeness(&near[i]);
		all += near[i].category ? like * like : 0;
	}
	for (i = 0; i < n; i++) {
		near[i].score = likeness(&near[i]);
		if (near[i].category == NULL || all <= 0) {
			near[i].score *= UNKNOWN;
			continue;
		}
		for (own = 0, k = 0; k < n; k++) {
			like = likeness(&near[k]);
			if (near[k].category && same(near[k].category,
			    near[i].category))
				own += like * like;
		}
		belief = own / all;
		if (best != NULL)
			belief = (belief + (same(best, near[i].category) ?
			    confidence : (1 - confidence) / OTHERS)) / 2;
		near[i].score *= belief;
	}
}
