/* encoder.c - the network
 *
 * Activations are rounded to 14 bits, a scale a row: the sums of their
 * products with the 8-bit weights fit 32 bits and are exact, however many are
 * taken at once.  Floats are handled in vectors of eight, element by element;
 * where they are added up, each of the eight places is a sum of its own and
 * the eight are added in order. */
#include <string.h>
#ifdef __x86_64__
#include <immintrin.h>
#endif

#include "encoder_in.h"
#include "words.h"

/* Wherever it lies. */
typedef float v8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef int32_t i8 __attribute__((vector_size(32), aligned(4), may_alias));
typedef int16_t s8 __attribute__((vector_size(16), aligned(2), may_alias));

#define IN static inline __attribute__((always_inline)) void
#define AT(p, i) (*(v8 *)((p) + (i)))
#define ATC(p, i) (*(const v8 *)((p) + (i)))
#define PICK(when, a, b) ((v8)(((i8)(a) & (when)) | ((i8)(b) & ~(when))))
#define LEVELS 8191			/* 1536 * 127 * 8191 < 2^31 */
#define ROWS 4				/* at once: as the registers allow */
#define HUGE 1e30f

struct scratch {
	float *x;			/* [n][CN_ENC_DIM], the residual */
	float *y;			/* [n][3 * CN_ENC_DIM] */
	float *z;			/* [n][CN_ENC_DIM] */
	int16_t *q;			/* [n][CN_ENC_FFN] */
	float *scale;			/* [n], of q */
	float *score;			/* [n], rounded up to eights */
	size_t n;
};

static float
total(const v8 *v)
{
	float s = (*v)[0];
	int i;

	for (i = 1; i < 8; i++)
		s += (*v)[i];
	return s;
}

/* Rows of floats to rows of integers; relu: those below 0 count as 0. */
IN
quantise(const struct scratch *s, const float *x, size_t width, bool relu)
{
	const v8 magic = { 12582912, 12582912, 12582912, 12582912, 12582912,
	    12582912, 12582912, 12582912 }, none = { 0 };
	size_t t, i;

	for (t = 0; t < s->n; t++) {
		const float *row = x + t * width;
		int16_t *q = s->q + t * width;
		v8 most = none, v;
		float max = 0;

		for (i = 0; i < width; i += 8) {
			v = ATC(row, i);
			v = relu ? v : PICK(v < none, -v, v);
			most = PICK(v > most, v, most);
		}
		for (i = 0; i < 8; i++)
			max = most[i] > max ? most[i] : max;
		s->scale[t] = max > 0 && max < HUGE ? max / LEVELS : 1;
		max = max > 0 && max < HUGE ? LEVELS / max : 0;
		for (i = 0; i < width; i += 8) {
			v = ATC(row, i);
			if (relu)
				v = PICK(v < none, none, v);
			/* Adding it leaves no room for a fraction. */
			v = v * max + magic;
			*(s8 *)(q + i) = __builtin_convertvector((i8)v -
			    (i8)magic, s8);
		}
	}
}

/* Eight columns of a row: bias + q w, or that added to what is there. */
IN
finish(const int32_t sum[8], float scale, const struct cn_enc_ints *m,
    size_t c, bool add, float *out)
{
	v8 v = __builtin_convertvector(*(const i8 *)sum, v8) *
	    (scale * ATC(m->scale, c)) + ATC(m->bias, c);

	if (add)
		v += ATC(out, 0);
	AT(out, 0) = v;
}

/* In strides of a fixed length, which compilers make vectors of. */
static int32_t
dot(const int16_t *a, const int16_t *b, size_t n)
{
	int32_t sum = 0;
	size_t i, k;

	for (i = 0; i < n; i += 64)
		for (k = 0; k < 64; k++)
			sum += (int32_t)a[i + k] * b[i + k];
	return sum;
}

static void
multiply(const struct scratch *s, const struct cn_enc_ints *m,
    const struct cn_enc_dims *d, bool add, float *out)
{
	int16_t column[8][CN_ENC_FFN];
	const int8_t *w = m->w;
	int32_t sum[8];
	size_t c, t, i;

	for (c = 0; c < d->out; c += 8) {
		for (i = 0; i < (size_t)d->in * 8; i++)
			column[i / 4 % 8][i / 32 * 4 + i % 4] = *w++;
		for (t = 0; t < s->n; t++) {
			for (i = 0; i < 8; i++)
				sum[i] = dot(s->q + t * d->in, column[i],
				    d->in);
			finish(sum, s->scale[t], m, c, add,
			    out + t * d->out + c);
		}
	}
}

#ifdef __x86_64__
#define WIDE __attribute__((target("avx2")))

/* rows of q times eight columns. */
WIDE static inline __attribute__((always_inline)) void
block(const int16_t *q, const int8_t *w, size_t in, size_t rows,
    int32_t sum[ROWS][8])
{
	__m256i low[ROWS], high[ROWS], a, wl, wh;
	size_t i, r;

#pragma GCC unroll 4
	for (r = 0; r < rows; r++)
		low[r] = high[r] = _mm256_setzero_si256();
	for (i = 0; i < in; i += 4, w += 32) {
		wl = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)w));
		wh = _mm256_cvtepi8_epi16(_mm_loadu_si128((const __m128i *)
		    (w + 16)));
#pragma GCC unroll 4
		for (r = 0; r < rows; r++) {
			a = _mm256_castpd_si256(_mm256_broadcast_sd(
			    (const double *)(const void *)(q + r * in + i)));
			low[r] = _mm256_add_epi32(low[r],
			    _mm256_madd_epi16(a, wl));
			high[r] = _mm256_add_epi32(high[r],
			    _mm256_madd_epi16(a, wh));
		}
	}
#pragma GCC unroll 4
	for (r = 0; r < rows; r++) {
		a = _mm256_hadd_epi32(low[r], high[r]);
		_mm256_storeu_si256((__m256i *)sum[r],
		    _mm256_permute4x64_epi64(a, 0xd8));
	}
}

WIDE static void
multiply_wide(const struct scratch *s, const struct cn_enc_ints *m,
    const struct cn_enc_dims *d, bool add, float *out)
{
	size_t blocks = (s->n + ROWS - 1) / ROWS, b, c, t, r, rows;
	const int8_t *w = m->w;
	int32_t sum[ROWS][8];

	for (c = 0; c < d->out; c += 8, w += 8 * d->in)
		for (b = t = 0; b < blocks; b++, t += rows) {
			const int16_t *q = s->q + t * d->in;

			/* As even as can be. */
			rows = (s->n - t + blocks - b - 1) / (blocks - b);
			switch (rows) {
			case 1: block(q, w, d->in, 1, sum); break;
			case 2: block(q, w, d->in, 2, sum); break;
			case 3: block(q, w, d->in, 3, sum); break;
			default: block(q, w, d->in, ROWS, sum); break;
			}
			for (r = 0; r < rows; r++)
				finish(sum[r], s->scale[t + r], m, c, add,
				    out + (t + r) * d->out + c);
		}
}

#define WIDEST __attribute__((target("avx512f,avx512bw,avx512vnni")))
#define MORE_ROWS 8

/* The same: eight columns, four of a row each, are one vector, and it is
 * multiplied and added in one step. */
WIDEST static inline __attribute__((always_inline)) void
block_widest(const int16_t *q, const int8_t *w, size_t in, const size_t rows,
    int32_t sum[MORE_ROWS][8])
{
	__m512i add[MORE_ROWS], v;
	int64_t four;
	size_t i, r;
	__m256i a;

#pragma GCC unroll 8
	for (r = 0; r < rows; r++)
		add[r] = _mm512_setzero_si512();
	for (i = 0; i < in; i += 4, w += 32) {
		v = _mm512_cvtepi8_epi16(_mm256_loadu_si256((const __m256i *)
		    (const void *)w));
#pragma GCC unroll 8
		for (r = 0; r < rows; r++) {
			memcpy(&four, q + r * in + i, sizeof(four));
			add[r] = _mm512_dpwssd_epi32(add[r],
			    _mm512_set1_epi64(four), v);
		}
	}
#pragma GCC unroll 8
	for (r = 0; r < rows; r++) {
		a = _mm256_hadd_epi32(_mm512_castsi512_si256(add[r]),
		    _mm512_extracti64x4_epi64(add[r], 1));
		_mm256_storeu_si256((__m256i *)sum[r],
		    _mm256_permute4x64_epi64(a, 0xd8));
	}
}

WIDEST static void
multiply_widest(const struct scratch *s, const struct cn_enc_ints *m,
    const struct cn_enc_dims *d, bool add, float *out)
{
	const int8_t *w = m->w;
	int32_t sum[MORE_ROWS][8];
	size_t c, t, r, rows;

	for (c = 0; c < d->out; c += 8, w += 8 * d->in)
		for (t = 0; t < s->n; t += rows) {
			const int16_t *q = s->q + t * d->in;

			rows = s->n - t;
			switch (rows) {
			case 1: block_widest(q, w, d->in, 1, sum); break;
			case 2: block_widest(q, w, d->in, 2, sum); break;
			case 3: block_widest(q, w, d->in, 3, sum); break;
			case 4: block_widest(q, w, d->in, 4, sum); break;
			case 5: block_widest(q, w, d->in, 5, sum); break;
			case 6: block_widest(q, w, d->in, 6, sum); break;
			case 7: block_widest(q, w, d->in, 7, sum); break;
			default:
				rows = MORE_ROWS;
				block_widest(q, w, d->in, rows, sum);
			}
			for (r = 0; r < rows; r++)
				finish(sum[r], s->scale[t + r], m, c, add,
				    out + (t + r) * d->out + c);
		}
}
#else
#define WIDE
#define multiply_wide multiply
#define multiply_widest multiply
#endif

/* Layer normalisation (Ba et al. 2016, arXiv:1607.06450). */
IN
normalise(const struct scratch *s, const float *x, size_t width,
    const struct cn_enc_floats *m, float *out)
{
	float mean, inv, many = (float)width;
	size_t t, i;

	for (t = 0; t < s->n; t++) {
		const float *row = x + t * width;
		float *to = out + t * width;
		v8 sum = { 0 }, d;

		for (i = 0; i < width; i += 8)
			sum += ATC(row, i);
		mean = total(&sum) / many;
		sum = (v8){ 0 };
		for (i = 0; i < width; i += 8) {
			d = ATC(row, i) - mean;
			sum += d * d;
		}
		inv = (float)(1 / cn_root((double)(total(&sum) / many) +
		    1e-6));
		for (i = 0; i < width; i += 8)
			AT(to, i) = (ATC(row, i) - mean) * inv *
			    ATC(m->w, i) + ATC(m->bias, i);
	}
}

/* e^x for x <= 0, to 2e-7; 0 from -87 on. */
IN
powers(v8 *x)
{
	const v8 magic = { 12582912, 12582912, 12582912, 12582912, 12582912,
	    12582912, 12582912, 12582912 }, none = { 0 };
	v8 v = *x, k, r, p;
	i8 low = v < -87.0f;

	v = PICK(low, none, v);
	k = v * 1.44269504f + magic;
	r = v - (k - magic) * 0.693359375f;
	r = r - (k - magic) * -2.12194440e-4f;
	p = 1 + r * (1 + r * (0.5f + r * (0.166666667f + r * (0.0416666667f +
	    r * (0.00833333333f + r * 0.00138888889f)))));
	/* The integer stands in the lowest bits. */
	p = (v8)((i8)p + (((i8)k - (i8)magic) << 23));
	*x = PICK(low, none, p);
}

/* One head of one token: what it looks at, and how much. */
IN
head(const struct scratch *s, const float *q, const float *k, const float *v,
    size_t stride, size_t width, float scale, float *out)
{
	size_t n8 = (s->n + 7) / 8 * 8, t, i;
	float *score = s->score, max = -HUGE, inv;
	v8 sum;

	for (t = 0; t < s->n; t++) {
		sum = (v8){ 0 };
		for (i = 0; i < width; i += 8)
			sum += ATC(q, i) * ATC(k + t * stride, i);
		score[t] = total(&sum) * scale;
		max = score[t] > max ? score[t] : max;
	}
	for (; t < n8; t++)
		score[t] = -HUGE;
	sum = (v8){ 0 };
	for (t = 0; t < n8; t += 8) {
		v8 e = ATC(score, t) - max;

		powers(&e);
		AT(score, t) = e;
		sum += e;
	}
	inv = 1 / total(&sum);
	for (i = 0; i < width; i += 8) {
		sum = (v8){ 0 };
		for (t = 0; t < s->n; t++)
			sum += score[t] * ATC(v + t * stride, i);
		AT(out, i) = sum * inv;
	}
}

IN
attend(const struct scratch *s, size_t width, float scale)
{
	size_t each = width / CN_ENC_HEADS, stride = 3 * width, t, h;

	for (t = 0; t < s->n; t++)
		for (h = 0; h < CN_ENC_HEADS; h++) {
			const float *y = s->y + h * each;

			head(s, y + t * stride, y + width, y + 2 * width,
			    stride, each, scale, s->z + t * width + h * each);
		}
}

IN
embed(const struct cn_encoder *e, const struct scratch *s, const uint32_t *id)
{
	size_t t, i;

	for (t = 0; t < s->n; t++) {
		const int8_t *row = e->table + id[t] * CN_ENC_IN;
		const float *signal = e->signal + t * CN_ENC_IN;
		float scale = e->scale[id[t]], *x = s->z + t * CN_ENC_IN;

		for (i = 0; i < CN_ENC_IN; i++) {
			float v = (float)row[i] * scale;

			/* It counts twice. */
			x[i] = v + (v + signal[i]);
		}
	}
}

IN
apply(const struct cn_encoder *e, const struct scratch *s, bool wide,
    enum cn_enc_matrix which, const float *x, bool relu, bool add, float *out)
{
	const struct cn_enc_dims *d = &cn_enc_dims[which];

	quantise(s, x, d->in, relu);
	if (wide && e->widest)
		multiply_widest(s, &e->matrix[which], d, add, out);
	else if (wide)
		multiply_wide(s, &e->matrix[which], d, add, out);
	else
		multiply(s, &e->matrix[which], d, add, out);
}

/* Attention from z to x, which holds the residual, and feed-forward. */
IN
layer(const struct cn_encoder *e, const struct scratch *s, bool wide,
    enum cn_enc_matrix first, enum cn_enc_norm norm, const float *z,
    size_t width, float scale)
{
	normalise(s, z, width, &e->norm[norm], s->y);
	apply(e, s, wide, first, s->y, false, false, s->y);
	attend(s, width, scale);
	apply(e, s, wide, first + 1, s->z, false, true, s->x);
	normalise(s, s->x, CN_ENC_DIM, &e->norm[norm + 1], s->z);
	apply(e, s, wide, first + 2, s->z, false, false, s->y);
	apply(e, s, wide, first + 3, s->y, true, true, s->x);
}

IN
forward(const struct cn_encoder *e, struct scratch *s, const uint32_t *id,
    bool wide, float *out)
{
	float *mean = s->z;
	double sq = 0, v[CN_ENC_DIM];
	size_t t, i;

	embed(e, s, id);
	apply(e, s, wide, CN_ENC_DENSE, s->z, false, false, s->x);
	layer(e, s, wide, CN_ENC_QKV0, CN_ENC_ATT0, s->z, CN_ENC_IN, 0.125f);
	layer(e, s, wide, CN_ENC_QKV1, CN_ENC_ATT1, s->x, CN_ENC_DIM,
	    0.0883883476f);
	memset(mean, 0, CN_ENC_DIM * sizeof(*mean));
	for (t = 0; t < s->n; t++)
		for (i = 0; i < CN_ENC_DIM; i += 8)
			AT(mean, i) += ATC(s->x + t * CN_ENC_DIM, i);
	for (i = 0; i < CN_ENC_DIM; i++)
		mean[i] /= (float)s->n;
	s->n = 1;
	apply(e, s, wide, CN_ENC_TANH, mean, false, false, s->y);
	for (i = 0; i < CN_ENC_DIM; i++) {
		double two = cn_exp(2 * (double)s->y[i]);

		v[i] = 1 - 2 / (two + 1);
		sq += v[i] * v[i];
	}
	sq = sq > 0 ? 1 / cn_root(sq) : 0;
	for (i = 0; i < CN_ENC_DIM; i++)
		out[i] = (float)(v[i] * sq);
}

static void
forward_any(const struct cn_encoder *e, struct scratch *s, const uint32_t *id,
    float *out)
{
	forward(e, s, id, false, out);
}

WIDE static void
forward_wide(const struct cn_encoder *e, struct scratch *s,
    const uint32_t *id, float *out)
{
	forward(e, s, id, true, out);
}

size_t
cn_encode(const struct cn_encoder *e, struct cn_str text,
    float out[CN_ENCODER_DIM], struct cn_arena *arena)
{
	uint32_t id[CN_ENCODER_TOKENS];
	size_t n = cn_enc_tokens(e, text, id, arena), known = 0, i;
	struct scratch s = { .n = n };

	for (i = 0; i < n; i++)
		known += id[i] != 0;
	if (known == 0)
		return 0;
	s.x = cn_arena_alloc(arena, n * CN_ENC_DIM * sizeof(*s.x));
	s.y = cn_arena_alloc(arena, n * 3 * CN_ENC_DIM * sizeof(*s.y));
	s.z = cn_arena_alloc(arena, n * CN_ENC_DIM * sizeof(*s.z));
	s.q = cn_arena_alloc(arena, n * CN_ENC_FFN * sizeof(*s.q));
	s.scale = cn_arena_alloc(arena, n * sizeof(*s.scale));
	s.score = cn_arena_alloc(arena, (n + 7) / 8 * 8 * sizeof(*s.score));
	if (e->wide)
		forward_wide(e, &s, id, out);
	else
		forward_any(e, &s, id, out);
	return known;
}
