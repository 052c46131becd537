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

#define LINE 64				/* bytes of a line of the cache */
#define UNIT 32				/* a record has some of these */
#define UNIT_BITS 24			/* a file has at most 2^23 rows */
#define UNITS ((1u << UNIT_BITS) - 1)
#define DENSE_MIN 4
#define LANES_ALL 16
#define FREQUENT 16
#define DENSE_BYTES (16u << 20)		/* all vectors together */
#define WORTH_MAX 32767			/* of a feature that is FULL times */
#define FULL 4				/* there as one that is there once */
#define SQUARE (1 << 20)
#define BATCH 8
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
	    UNIT);
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
	return (sizeof(struct record) + bytes + UNIT - 1) / UNIT;
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
	m->slot[at] = key >> UNIT_BITS << UNIT_BITS | (uint32_t)unit;
}

/* The units of all records; writes them where there is memory for them.  What
 * is frequent comes first: it is found at once and lies together. */
static size_t
put_records(struct cn_model *m)
{
	size_t room = DENSE_BYTES / (units(16 * m->lanes) * UNIT), i, n = 1;
	uint32_t least, most = UINT32_MAX;

	for (least = FREQUENT; most > 1; most = least, least /= FREQUENT)
		for (i = 0; i < m->rows; i++) {
			if (m->df[i] < least || m->df[i] >= most)
				continue;
			if (m->record)
				put_slot(m, m->key[i], n);
			n += put_record(m, i, is_dense(m, i, &room),
			    m->record ? m->record + n * UNIT : NULL);
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
	while (size < 4 * m->rows)
		size *= 2;
	free(m->slot);
	free(m->memory);
	m->slot = cn_alloc(size * sizeof(*m->slot));
	m->mask = (uint32_t)(size - 1);
	m->record = NULL;
	m->memory = cn_alloc(put_records(m) * UNIT + LINE);
	m->record = m->memory + (-(uintptr_t)m->memory & (LINE - 1));
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
		if ((s ^ key) >> UNIT_BITS == 0 &&
		    record(m, s & UNITS)->key == key)
			break;
	return s & UNITS;
}

/* So many vectors at once: the sums are loaded and stored once for them. */
struct batch {
	int16_t x[BATCH];
	const int8_t *w[BATCH];
	size_t n;
};

struct sums {
	struct batch batch[BLOCKS];
	uint64_t square[BLOCKS];	/* of the length of each block */
	size_t unknown;
	float part;			/* of their worth is added */
};

static void
add_rows(const struct batch *b, int32_t *sum, size_t lanes)
{
	size_t i, c, q, k;

	for (i = 0; i < BATCH; i++)
		for (c = 0; c < 16 * lanes; c += 4) {
			q = place(c);
			for (k = 0; k < 4; k++)
				sum[c + k] += b->x[i] * b->w[i][q + k];
		}
}

#ifdef __x86_64__
CN_WIDE static void
add_rows_wide(const struct batch *b, int32_t *sum, size_t lanes)
{
	__m256i x[BATCH / 2], low, high, v, w;
	__m256i *s = (__m256i *)(void *)sum;
	size_t i, c;
	int32_t two;

	for (i = 0; i < BATCH / 2; i++) {
		memcpy(&two, b->x + 2 * i, sizeof(two));
		x[i] = _mm256_set1_epi32(two);
	}
	for (c = 0; c < lanes; c++) {
		low = s[2 * c];
		high = s[2 * c + 1];
#pragma GCC unroll 4
		for (i = 0; i < BATCH / 2; i++) {
			v = _mm256_cvtepi8_epi16(*(const __m128i *)
			    (const void *)(b->w[2 * i] + 16 * c));
			w = _mm256_cvtepi8_epi16(*(const __m128i *)
			    (const void *)(b->w[2 * i + 1] + 16 * c));
			low = _mm256_add_epi32(low, _mm256_madd_epi16(
			    _mm256_unpacklo_epi16(v, w), x[i]));
			high = _mm256_add_epi32(high, _mm256_madd_epi16(
			    _mm256_unpackhi_epi16(v, w), x[i]));
		}
		s[2 * c] = low;
		s[2 * c + 1] = high;
	}
}
#else
#define add_rows_wide add_rows
#endif

static void
flush(const struct cn_model *m, const struct batch *b, int32_t *sum)
{
	if (m->wide)
		add_rows_wide(b, sum, m->lanes);
	else
		add_rows(b, sum, m->lanes);
}

/* The same of n < BATCH. */
static void
flush_rest(const struct cn_model *m, struct batch *b, int32_t *sum)
{
	size_t n;

	for (n = b->n; n < BATCH; n++) {
		b->x[n] = 0;
		b->w[n] = b->w[0];
	}
	flush(m, b, sum);
}

/* Looks every feature up, in passes, so that the memory's answers overlap. */
static void
look_up(const struct cn_model *m, struct cn_tf *tf, const struct cn_tf *end)
{
	size_t bytes = sizeof(struct record) + 16 * m->lanes, c;
	const uint32_t *slot = m->slot;
	uint32_t mask = m->mask, at, s;
	const char *r;
	struct cn_tf *t;

	for (t = tf; t < end; t++)
		__builtin_prefetch(&slot[t->key & mask]);
	for (t = tf; t < end; t++) {
		at = t->key;
		s = slot[at & mask];
		/* The first that may be it, without a look at the record. */
		while ((s ^ t->key) >> UNIT_BITS && s)
			s = slot[++at & mask];
		t->row = s & UNITS;
		r = (const char *)record(m, t->row);
		__builtin_prefetch(r);
		__builtin_prefetch(r + LINE);
		for (c = 2 * LINE; c < bytes; c += LINE)
			__builtin_prefetch(r + c);
	}
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
	struct batch *b = &s->batch[block];
	const struct cn_weight *w;
	const struct record *r;
	uint64_t square = 0;
	size_t k = b->n;
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
				flush(m, b, sum);
				k = 0;
			}
			continue;
		}
		for (w = (const struct cn_weight *)(const void *)(r + 1);
		    w->w; w++)
			sum[w->class] += (int16_t)x * w->w;
	}
	s->square[block] += square;
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

/* The same of one that may count only where it is known. */
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

size_t
cn_model_look_up(const struct cn_model *m, struct cn_tf *tf, size_t n,
    struct cn_norm *norm)
{
	struct sums s = { .unknown = 0 };
	struct cn_tf *t = tf;

	look_up(m, tf, tf + n);
	while (t < tf + n)
		t = take(m, t, tf + n, &s, NULL);
	invert(s.square, norm);
	return n - s.unknown;
}

size_t
cn_model_score(const struct cn_model *m, struct cn_tf *tf, size_t n,
    float *score, struct cn_norm *norm)
{
	_Alignas(32) int32_t sum[BLOCKS][(CN_MODEL_CLASSES + 15) / 16 * 16];
	struct sums s = { .part = 1 };
	struct cn_tf *t = tf;
	float by;
	size_t i;

	for (i = 0; i < BLOCKS; i++)
		memset(sum[i], 0, 16 * m->lanes * sizeof(sum[i][0]));
	for (i = ADDED; i < n; i *= 2)
		s.part /= 2;
	look_up(m, tf, tf + n);
	while (t < tf + n)
		t = take(m, t, tf + n, &s, sum[t->block]);
	invert(s.square, norm);
	memcpy(score, m->bias, m->classes * sizeof(*score));
	for (i = 0; i < BLOCKS; i++) {
		if (s.batch[i].n)
			flush_rest(m, &s.batch[i], sum[i]);
		by = norm->inv[i] * m->step / s.part;
		if (by > 0 && m->wide)
			scale_wide(sum[i], m->classes, by, score);
		else if (by > 0)
			scale_any(sum[i], m->classes, by, score);
	}
	return n - s.unknown;
}
