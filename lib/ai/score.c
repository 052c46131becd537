/* score.c - what the features of a text say of each class
 *
 * A record has what scoring needs of a row in one place, two lines of the
 * cache where classes are few: fetching them from all over the memory is what
 * takes the time.  Rows are centred on their median (which moves all classes
 * alike and so changes no probability), so that most weights are zero; but
 * frequent features have full rows, and these are kept as vectors.
 *
 * Weights are bytes, what a feature is worth in the text is made 16 bits, sums
 * are 32: integers, which are the same in any order. */
#include <stdlib.h>
#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "inner.h"

#define UNITS ((1u << CN_UNIT_BITS) - 1)
#define DENSE_MIN 4
#define LANES_ALL 16
#define FREQUENT 16
#define DENSE_BYTES (16u << 20)		/* all vectors together */
#define WORTH_MAX 32767			/* of a feature that is FULL times */
#define FULL 4				/* there as one that is there once */
#define SQUARE (1 << 20)
#define BATCH 64
#define AT_ONCE 5			/* lanes */
#define ADDED 512			/* features whose sum has 32 bits */

/* Then the vector: a byte a class, 16 together, their middle two quads changed
 * for each other; or a cn_weight each, the last one's w 0. */
struct record {
	uint32_t key;
	uint32_t row;			/* twice that + 1; + 1: a vector */
	float worth;			/* idf, scale of the weights, in steps */
	float square;			/* of idf, in parts of SQUARE */
};

static const struct record *
record(const struct cn_model *m, uint32_t unit)
{
	return (const struct record *)(const void *)(m->record + (size_t)unit *
	    CN_UNIT);
}

static size_t
place(size_t class)
{
	size_t quad = class / 4 % 4;

	quad = quad == 1 ? 2 : quad == 2 ? 1 : quad;
	return class / 16 * 16 + quad * 4 + class % 4;
}

static size_t
units(size_t bytes)
{
	return (sizeof(struct record) + bytes + CN_UNIT - 1) / CN_UNIT;
}

/* Writes a row's record at a place; returns how many units it takes.  NULL:
 * only that. */
static size_t
put_record(const struct cn_model *m, size_t i, bool dense, char *at)
{
	uint32_t j = m->row[i].start, end = m->row[i + 1].start;
	struct record *r = (struct record *)(void *)at;
	struct cn_weight *w;
	int8_t *vector;

	if (at) {
		*r = (struct record){ m->key[i], 2 * (uint32_t)(i + 1) + dense,
		    m->row[i].idf * m->row[i].scale / m->step,
		    m->row[i].idf * m->row[i].idf * SQUARE };
		w = (struct cn_weight *)(void *)(r + 1);
		vector = (int8_t *)(r + 1);
		for (; j < end; j++)
			if (dense)
				vector[place(m->weight[j].class)] =
				    (int8_t)m->weight[j].w;
			else if (m->weight[j].w)
				*w++ = m->weight[j];
	}
	return units(dense ? 16 * m->lanes :
	    (end - m->row[i].start + 1) * sizeof(*w));
}

/* Few classes are faster added than chosen. */
static bool
is_dense(const struct cn_model *m, size_t i, size_t *room)
{
	size_t n = m->row[i + 1].start - m->row[i].start;

	if (*room == 0 || (m->lanes > LANES_ALL && (n < DENSE_MIN ||
	    10 * n < m->classes)))
		return false;
	--*room;
	return true;
}

static void
put_slot(struct cn_model *m, uint32_t key, size_t unit)
{
	uint32_t at = key & m->mask;

	while (m->slot[at])
		at = (at + 1) & m->mask;
	m->slot[at] = key >> CN_UNIT_BITS << CN_UNIT_BITS | (uint32_t)unit;
}

/* The units of all records; writes them where there is memory for them.  What
 * is frequent comes first: it is found at once and lies together. */
static size_t
put_records(struct cn_model *m)
{
	size_t room = DENSE_BYTES / (units(16 * m->lanes) * CN_UNIT), i, n = 1;
	uint32_t least, most = UINT32_MAX;

	for (least = FREQUENT; most > 1; most = least, least /= FREQUENT)
		for (i = 0; i < m->rows; i++) {
			if (m->df[i] < least || m->df[i] >= most)
				continue;
			if (m->record)
				put_slot(m, m->key[i], n);
			n += put_record(m, i, is_dense(m, i, &room),
			    m->record ? m->record + n * CN_UNIT : NULL);
		}
	return n;
}

void
cn_model_index(struct cn_model *m)
{
	size_t i, size = 16;
	float most = 0, x;

	m->wide = cn_wide();
	m->lanes = (m->classes + 15) / 16;
	for (i = 0; i < m->rows; i++) {
		m->row[i].idf = (float)(cn_log((1.0 + (double)m->examples) /
		    (1.0 + m->df[i])) + 1);
		x = m->row[i].idf * m->row[i].scale;
		x = x < 0 ? -x : x;
		most = x > most ? x : most;
	}
	m->step = most > 0 ? most * FULL / WORTH_MAX : 1;
	while (size < 2 * m->rows)
		size *= 2;
	free(m->slot);
	free(m->memory);
	m->slot = cn_alloc(size * sizeof(*m->slot));
	m->mask = (uint32_t)(size - 1);
	m->record = NULL;
	m->memory = cn_alloc(put_records(m) * CN_UNIT + CN_LINE);
	m->record = m->memory + (-(uintptr_t)m->memory & (CN_LINE - 1));
	put_records(m);
	/* The first is that of what is not known. */
	x = (float)(cn_log(1.0 + (double)m->examples) + 1);
	*(struct record *)(void *)m->record = (struct record){ .square = x *
	    x * SQUARE };
	for (i = 1; i < CN_FEW; i++)
		m->few[i] = (float)cn_model_tf((unsigned)i);
}

/* The record of a key, 0 where there is none. */
static uint32_t
find(const struct cn_model *m, uint32_t key)
{
	uint32_t at = key, s;

	for (; (s = m->slot[at & m->mask]) != 0; at++)
		if ((s ^ key) >> CN_UNIT_BITS == 0 &&
		    record(m, s & UNITS)->key == key)
			break;
	return s & UNITS;
}

/* Vectors that wait, for so many sums are loaded and stored but once. */
struct batch {
	int16_t x[BATCH + 1];
	const int8_t *w[BATCH + 1];
	size_t n;
};

struct sums {
	struct batch *batch;		/* [BLOCKS]; or NULL */
	uint64_t square[BLOCKS];	/* of the length of each block */
	size_t unknown;
	float part;			/* of their worth is added */
};

static void
add_rows(const struct batch *b, int32_t *sum, size_t lanes)
{
	size_t i, c, q, k;

	for (i = 0; i < b->n; i++)
		for (c = 0; c < 16 * lanes; c += 4) {
			q = place(c);
			for (k = 0; k < 4; k++)
				sum[c + k] += b->x[i] * b->w[i][q + k];
		}
}

#ifdef __x86_64__
/* Two rows at a time, to so many lanes that their sums stay in registers. */
CN_WIDE CN_TWIN void
add_lanes(const struct batch *b, size_t first, const size_t lanes,
    int32_t *sum)
{
	__m256i *s = (__m256i *)(void *)(sum + 16 * first), add[2 * AT_ONCE];
	__m256i x, v, w;
	const __m128i *p, *q;
	int32_t two;
	size_t i, c;

#pragma GCC unroll 10
	for (c = 0; c < 2 * lanes; c++)
		add[c] = s[c];
	for (i = 0; i < b->n; i += 2) {
		memcpy(&two, b->x + i, sizeof(two));
		x = _mm256_set1_epi32(two);
		p = (const __m128i *)(const void *)b->w[i] + first;
		q = (const __m128i *)(const void *)b->w[i + 1] + first;
#pragma GCC unroll 5
		for (c = 0; c < lanes; c++) {
			v = _mm256_cvtepi8_epi16(p[c]);
			w = _mm256_cvtepi8_epi16(q[c]);
			add[2 * c] = _mm256_add_epi32(add[2 * c],
			    _mm256_madd_epi16(_mm256_unpacklo_epi16(v, w), x));
			add[2 * c + 1] = _mm256_add_epi32(add[2 * c + 1],
			    _mm256_madd_epi16(_mm256_unpackhi_epi16(v, w), x));
		}
	}
#pragma GCC unroll 10
	for (c = 0; c < 2 * lanes; c++)
		s[c] = add[c];
}

CN_WIDE static void
add_rows_wide(const struct batch *b, int32_t *sum, size_t lanes)
{
	size_t c;

	for (c = 0; c < lanes; c += AT_ONCE)
		switch (lanes - c) {
		case 1: add_lanes(b, c, 1, sum); break;
		case 2: add_lanes(b, c, 2, sum); break;
		case 3: add_lanes(b, c, 3, sum); break;
		case 4: add_lanes(b, c, 4, sum); break;
		default: add_lanes(b, c, AT_ONCE, sum); break;
		}
}
#else
#define add_rows_wide add_rows
#endif

/* Adds the n rows that wait. */
static void
flush(const struct cn_model *m, struct batch *b, size_t n, int32_t *sum)
{
	b->x[n] = 0;
	b->w[n] = b->w[0];
	b->n = n + n % 2;
	if (m->wide)
		add_rows_wide(b, sum, m->lanes);
	else
		add_rows(b, sum, m->lanes);
	b->n = 0;
}

/* Takes a run of features of one block: notes their rows and their length, and
 * adds what they are worth where there are sums.  Returns where the next run
 * begins.  What is not known counts in the length, as if it had been seen once:
 * the less of a text is known the less sure is what is said of it. */
static inline __attribute__((always_inline)) struct cn_tf *
run(const struct cn_model *m, struct cn_tf *t, const struct cn_tf *end,
    struct sums *s, int32_t *sum)
{
	uint16_t block = t->block;
	struct batch *b = sum ? &s->batch[block] : NULL;
	const struct cn_weight *w;
	const struct record *r;
	uint64_t square = 0;
	size_t k = sum ? b->n : 0;
	float few, x;

	for (; t < end && t->block == block; t++) {
		r = record(m, t->row);
		if (r->key != t->key) {
			r = record(m, find(m, t->key));
			s->unknown += r->row == 0;
		}
		t->row = r->row / 2;
		if (t->n < CN_FEW) {
			few = m->few[t->n];
			x = few * r->worth;
		} else {
			few = (float)cn_model_tf(t->n);
			x = few * r->worth;
			x = x > WORTH_MAX ? WORTH_MAX : x < -WORTH_MAX ?
			    -WORTH_MAX : x;
		}
		square += (uint64_t)(int64_t)(few * few * r->square);
		if (!sum)
			continue;
		x = x * s->part + 0.5f;
		if (r->row & 1) {
			b->x[k] = (int16_t)x;
			b->w[k++] = (const int8_t *)(r + 1);
			if (k == BATCH) {
				flush(m, b, k, sum);
				k = 0;
			}
			continue;
		}
		for (w = (const struct cn_weight *)(const void *)(r + 1);
		    w->w; w++)
			sum[w->class] += (int16_t)x * w->w;
	}
	s->square[block] += square;
	if (sum)
		b->n = k;
	return t;
}

CN_TWIN void
scale(const int32_t *sum, size_t n, float by, float *score)
{
	size_t i;
	v8 v;
	i8 s;

	for (i = 0; i + 8 <= n; i += 8) {
		memcpy(&s, sum + i, sizeof(s));
		memcpy(&v, score + i, sizeof(v));
		v += __builtin_convertvector(s, v8) * by;
		memcpy(score + i, &v, sizeof(v));
	}
	for (; i < n; i++)
		score[i] += (float)sum[i] * by;
}

static void
scale_any(const int32_t *sum, size_t n, float by, float *score)
{
	scale(sum, n, by, score);
}

CN_WIDE static void
scale_wide(const int32_t *sum, size_t n, float by, float *score)
{
	scale(sum, n, by, score);
}

/* A run, of a block too that counts only where it is known. */
static struct cn_tf *
take(const struct cn_model *m, struct cn_tf *t, const struct cn_tf *end,
    struct sums *s, int32_t *sum)
{
	size_t unknown = s->unknown;
	uint16_t block = t->block;

	t = run(m, t, end, s, sum);
	if (block == BLOCK_LATER || block == BLOCK_SECOND_LATER)
		s->square[block] -= (s->unknown - unknown) *
		    (uint64_t)(int64_t)record(m, 0)->square;
	return t;
}

static void
invert(uint64_t *square, struct cn_norm *norm)
{
	size_t i;

	for (i = BLOCK_MARKS + 1; i < BLOCKS; i++)
		square[BLOCK_MARKS] += square[i];
	for (i = BLOCK_MARKS + 1; i < BLOCKS; i++)
		square[i] = square[BLOCK_MARKS];
	for (i = 0; i < BLOCKS; i++)
		norm->inv[i] = square[i] ? (float)(1 / cn_root((double)
		    square[i] / SQUARE)) : 0;
}

static void
guess(const struct cn_model *m, struct cn_tf *tf, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		tf[i].row = cn_model_guess(m, tf[i].key);
}

size_t
cn_model_look_up(const struct cn_model *m, struct cn_tf *tf, size_t n,
    struct cn_norm *norm)
{
	struct sums s = { .unknown = 0 };
	struct cn_tf *t = tf;

	guess(m, tf, n);
	while (t < tf + n)
		t = take(m, t, tf + n, &s, NULL);
	invert(s.square, norm);
	return n - s.unknown;
}

size_t
cn_model_add(const struct cn_model *m, struct cn_tf *tf, size_t n,
    float *score, struct cn_norm *norm)
{
	_Alignas(32) int32_t sum[BLOCKS][(CN_MODEL_CLASSES + 15) / 16 * 16];
	struct batch batch[BLOCKS];
	struct sums s = { .batch = batch, .part = 1 };
	bool used[BLOCKS] = { false };
	struct cn_tf *t = tf;
	float by;
	size_t i;

	for (i = ADDED; i < n; i *= 2)
		s.part /= 2;
	while (t < tf + n) {
		i = t->block;
		if (!used[i]) {
			used[i] = true;
			batch[i].n = 0;
			memset(sum[i], 0, 16 * m->lanes * sizeof(sum[i][0]));
		}
		t = take(m, t, tf + n, &s, sum[i]);
	}
	invert(s.square, norm);
	memcpy(score, m->bias, m->classes * sizeof(*score));
	for (i = 0; i < BLOCKS; i++) {
		if (!used[i])
			continue;
		if (batch[i].n)
			flush(m, &batch[i], batch[i].n, sum[i]);
		by = norm->inv[i] * m->step / s.part;
		if (m->wide)
			scale_wide(sum[i], m->classes, by, score);
		else
			scale_any(sum[i], m->classes, by, score);
	}
	if (m->akin)
		cn_akin_add(m, tf, n, score);
	return n - s.unknown;
}

size_t
cn_model_score(const struct cn_model *m, struct cn_tf *tf, size_t n,
    float *score, struct cn_norm *norm)
{
	guess(m, tf, n);
	return cn_model_add(m, tf, n, score, norm);
}
