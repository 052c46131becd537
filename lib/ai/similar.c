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

struct posting {
	uint32_t text;
	float x;			/* tf * idf / norm of its text */
};

struct item {				/* while adding */
	uint32_t key, text, n;
};

struct cn_similar {
	int64_t *id;
	size_t n, cap;
	struct item *item;
	size_t nitem, capitem;
	uint32_t *key, *start;		/* [keys], [keys + 1] */
	size_t keys;
	struct posting *posting;
	float *score;			/* [n], all zero between queries */
	uint32_t *touched;
	struct cn_arena arena;
};

struct cn_similar *
cn_similar_new(void)
{
	return cn_alloc(sizeof(struct cn_similar));
}

void
cn_similar_free(struct cn_similar *s)
{
	if (s == NULL)
		return;
	free(s->id);
	free(s->item);
	free(s->key);
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
	return cn_tfs(f, j, n, arena);
}

void
cn_similar_add(struct cn_similar *s, int64_t id, struct cn_str text)
{
	struct cn_tf *tf;
	size_t n, i;

	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 256;
		s->id = cn_realloc(s->id, s->cap * sizeof(*s->id));
	}
	tf = features(text, &n, &s->arena);
	if (s->nitem + n > s->capitem) {
		s->capitem = 2 * (s->nitem + n) + 4096;
		s->item = cn_realloc(s->item, s->capitem *
		    sizeof(*s->item));
	}
	for (i = 0; i < n; i++)
		s->item[s->nitem++] = (struct item){ tf[i].key,
		    (uint32_t)s->n, tf[i].n };
	s->id[s->n++] = id;
	cn_arena_reset(&s->arena);
}

static int
by_key_text(const void *a, const void *b)
{
	const struct item *x = a, *y = b;

	if (x->key != y->key)
		return x->key < y->key ? -1 : 1;
	return x->text < y->text ? -1 : x->text > y->text;
}

static float
weight(const struct cn_similar *s, size_t df, unsigned tf)
{
	return (float)((cn_log((1.0 + (double)s->n) / (1.0 + (double)df)) +
	    1) * cn_model_tf(tf));
}

void
cn_similar_finish(struct cn_similar *s)
{
	double *sq = cn_alloc((s->n + 1) * sizeof(*sq));
	struct posting *p;
	size_t i, j;
	float *norm;

	if (s->nitem)
		qsort(s->item, s->nitem, sizeof(*s->item), by_key_text);
	for (i = 0; i < s->nitem; i++)
		s->keys += i == 0 || s->item[i].key != s->item[i - 1].key;
	s->key = cn_alloc((s->keys + 1) * sizeof(*s->key));
	s->start = cn_alloc((s->keys + 1) * sizeof(*s->start));
	s->posting = cn_alloc((s->nitem + 1) * sizeof(*s->posting));
	s->score = cn_alloc((s->n + 1) * sizeof(*s->score));
	s->touched = cn_alloc((s->n + 1) * sizeof(*s->touched));
	norm = s->score;
	s->keys = 0;
	for (i = 0; i < s->nitem; i = j) {
		for (j = i; j < s->nitem && s->item[j].key == s->item[i].key;
		    j++)
			;
		s->key[s->keys] = s->item[i].key;
		s->start[s->keys++] = (uint32_t)i;
		for (p = s->posting + i; p < s->posting + j; p++) {
			const struct item *it = &s->item[p - s->posting];

			p->text = it->text;
			p->x = weight(s, j - i, it->n);
			sq[p->text] += (double)p->x * p->x;
		}
	}
	s->start[s->keys] = (uint32_t)s->nitem;
	for (i = 0; i < s->n; i++)
		norm[i] = sq[i] > 0 ? (float)(1 / cn_root(sq[i])) : 0;
	for (i = 0; i < s->nitem; i++)
		s->posting[i].x *= norm[s->posting[i].text];
	memset(s->score, 0, s->n * sizeof(*s->score));
	free(sq);
	free(s->item);
	s->item = NULL;
	s->nitem = s->capitem = 0;
}

size_t
cn_similar_count(const struct cn_similar *s)
{
	return s->n;
}

/* Where a key's postings are, or -1. */
static ptrdiff_t
find(const struct cn_similar *s, uint32_t key)
{
	size_t lo = 0, hi = s->keys, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (s->key[mid] < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo < s->keys && s->key[lo] == key ? (ptrdiff_t)lo : -1;
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

/* Keeps the k best, by score and then by order of adding. */
static size_t
best(struct cn_similar *s, size_t ntouched, struct cn_hit *hit, size_t k)
{
	size_t n = 0, i, j;
	double v;

	for (i = 0; i < ntouched; i++) {
		uint32_t t = s->touched[i];

		v = s->score[t];
		s->score[t] = 0;
		if (n == k && v < hit[n - 1].score)
			continue;
		for (j = n; j > 0; j--)
			if (hit[j - 1].score > v || (hit[j - 1].score == v &&
			    hit[j - 1].id < (int64_t)t))
				break;
		if (j == k)
			continue;
		n += n < k;
		memmove(hit + j + 1, hit + j, (n - 1 - j) * sizeof(*hit));
		hit[j] = (struct cn_hit){ t, v };
	}
	for (i = 0; i < n; i++) {
		hit[i].id = s->id[hit[i].id];
		if (hit[i].score > 1)
			hit[i].score = 1;
	}
	return n;
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
	ptrdiff_t row;

	for (i = 0; i < n; i++) {
		row = find(s, tf[i].key);
		want[nwant].row = row < 0 ? 0 : (size_t)row;
		want[nwant].df = row < 0 ? 0 : s->start[row + 1] -
		    s->start[row];
		want[nwant].x = weight(s, want[nwant].df, tf[i].n);
		sq += (double)want[nwant].x * want[nwant].x;
		nwant += row >= 0;
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
