/* encpack.c - the encoder's file
 *
 * Little endian; each section begins at a multiple of 64 bytes.
 *   8 bytes   'cnencod', version 1
 *   u32       pieces, rows, bytes of all pieces; 0
 *   sections  f64 score[pieces]; u32 at[pieces + 1]; the pieces' text;
 *             f32 scale[rows]; i8 table[rows][256]; f32 signal[128][256];
 *             each matrix of cn_enc_dims: f32 scale[out], f32 bias[out],
 *             i8 [out/8][in/4][8][4]; each norm: f32 scale[], bias[]
 *   32 bytes  SHA-256 over all before it
 * A row of the table, and a column of a matrix, is 8-bit integers times its
 * scale: the largest is 127. */
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "crypt/crypt.h"
#include "encoder_in.h"
#include "lanes.h"

#define MAGIC "cnencod\1"
#define MAGIC_LEN 8
#define HEAD 24
#define ALIGN 64
#define TEXT_MAX (CN_ENC_PIECES * 16)
#define VALUE_MAX 1e4f

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "as the file");

const struct cn_enc_dims cn_enc_dims[CN_ENC_MATRICES] = {
	[CN_ENC_DENSE] = { CN_ENC_IN, CN_ENC_DIM },
	[CN_ENC_QKV0] = { CN_ENC_IN, 3 * CN_ENC_IN },
	[CN_ENC_OUT0] = { CN_ENC_IN, CN_ENC_DIM },
	[CN_ENC_UP0] = { CN_ENC_DIM, CN_ENC_FFN },
	[CN_ENC_DOWN0] = { CN_ENC_FFN, CN_ENC_DIM },
	[CN_ENC_QKV1] = { CN_ENC_DIM, 3 * CN_ENC_DIM },
	[CN_ENC_OUT1] = { CN_ENC_DIM, CN_ENC_DIM },
	[CN_ENC_UP1] = { CN_ENC_DIM, CN_ENC_FFN },
	[CN_ENC_DOWN1] = { CN_ENC_FFN, CN_ENC_DIM },
	[CN_ENC_TANH] = { CN_ENC_DIM, CN_ENC_DIM }
};
const uint16_t cn_enc_width[CN_ENC_NORMS] = {
	CN_ENC_IN, CN_ENC_DIM, CN_ENC_DIM, CN_ENC_DIM
};

/* --- writing --- */

/* A sine without libm, whose last bit differs between machines: x in turns
 * of a quarter, then Taylor. */
static double
sine(double x, int quarters)
{
	int64_t k = (int64_t)(x * 0.63661977236758138 + 0.5);
	double r, s, term;
	int i, odd;

	/* pi/2 in two parts, so that k times it is exact enough. */
	r = x - (double)k * 1.57079632673412561417;
	r = r - (double)k * 6.07710050650619224932e-11;
	quarters = (int)((k + quarters) & 3);
	odd = quarters & 1;
	term = odd ? 1 : r;
	for (s = term, i = odd ? 1 : 2; i < 24; i += 2)
		s += term *= -r * r / (i * (i + 1));
	return quarters & 2 ? -s : s;
}

static void
align(struct cn_buf *b, size_t begin)
{
	while ((b->len - begin) % ALIGN)
		cn_buf_ch(b, 0);
}

static bool
sane(const float *x, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (!(x[i] >= -VALUE_MAX && x[i] <= VALUE_MAX))
			return false;
	return true;
}

/* Nearest, halves away from 0. */
static int8_t
nearest(float x)
{
	return (int8_t)(x < 0 ? x - 0.5f : x + 0.5f);
}

static float
scale_of(const float *x, size_t n, size_t stride)
{
	float max = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		float v = x[i * stride];

		v = v < 0 ? -v : v;
		max = v > max ? v : max;
	}
	/* All zero: any scale will do. */
	return max > 1e-30f ? max / 127 : 1;
}

static void
put_table(const struct cn_enc_parts *p, struct cn_buf *b, size_t begin)
{
	float scale;
	size_t i, j;

	for (i = 0; i < p->rows; i++) {
		scale = scale_of(p->table + i * CN_ENC_IN, CN_ENC_IN, 1);
		cn_buf_add(b, &scale, sizeof(scale));
	}
	align(b, begin);
	for (i = 0; i < p->rows; i++) {
		const float *row = p->table + i * CN_ENC_IN;

		scale = scale_of(row, CN_ENC_IN, 1);
		for (j = 0; j < CN_ENC_IN; j++)
			cn_buf_ch(b, nearest(row[j] / scale));
	}
}

static void
put_signal(const struct cn_enc_parts *p, struct cn_buf *b)
{
	float v, x;
	size_t t, i;

	for (t = 0; t < CN_ENCODER_TOKENS; t++)
		for (i = 0; i < CN_ENC_IN; i++) {
			x = (float)t * p->rate[i % (CN_ENC_IN / 2)];
			v = (float)sine(x, i >= CN_ENC_IN / 2);
			cn_buf_add(b, &v, sizeof(v));
		}
}

static void
put_matrix(const struct cn_enc_floats *m, const struct cn_enc_dims *d,
    struct cn_buf *b, size_t begin)
{
	float scale[CN_ENC_FFN];
	size_t i, j, c;

	for (c = 0; c < d->out; c++)
		scale[c] = scale_of(m->w + c, d->in, d->out);
	cn_buf_add(b, scale, d->out * sizeof(*scale));
	align(b, begin);
	cn_buf_add(b, m->bias, d->out * sizeof(*m->bias));
	align(b, begin);
	for (c = 0; c < d->out; c += 8)
		for (i = 0; i < d->in; i += 4)
			for (j = 0; j < 32; j++)
				cn_buf_ch(b, nearest(m->w[(i + j % 4) *
				    d->out + c + j / 4] / scale[c + j / 4]));
	align(b, begin);
}

static bool
fit(const struct cn_enc_parts *p, size_t *text)
{
	bool good = p->pieces <= CN_ENC_PIECES && p->rows <= CN_ENC_PIECES &&
	    p->rows >= p->pieces + CN_ENC_RESERVED;
	size_t i, w;

	for (i = *text = 0; good && i < p->pieces; i++) {
		good = p->piece[i].n > 0 && p->piece[i].n <= CN_ENC_PIECE &&
		    p->score[i] >= -1e6 && p->score[i] <= 1e6;
		*text += p->piece[i].n;
	}
	good = good && *text <= TEXT_MAX &&
	    sane(p->table, p->rows * CN_ENC_IN);
	for (i = 0; good && i < CN_ENC_IN / 2; i++)
		good = p->rate[i] >= 0 && p->rate[i] <= 1;
	for (i = 0; good && i < CN_ENC_MATRICES; i++)
		good = sane(p->matrix[i].w, (size_t)cn_enc_dims[i].in *
		    cn_enc_dims[i].out) &&
		    sane(p->matrix[i].bias, cn_enc_dims[i].out);
	for (i = 0; good && i < CN_ENC_NORMS; i++) {
		w = cn_enc_width[i];
		good = sane(p->norm[i].w, w) && sane(p->norm[i].bias, w);
	}
	return good;
}

int
cn_encoder_pack(const struct cn_enc_parts *p, struct cn_buf *b,
    struct cn_err *err)
{
	size_t begin = b->len, i, w, text;
	uint8_t sum[CN_SHA];
	uint32_t v[4];

	if (!fit(p, &text))
		return cn_fail(err, CN_CONFIG, "not the weights of an encoder");
	cn_buf_add(b, MAGIC, MAGIC_LEN);
	v[0] = (uint32_t)p->pieces;
	v[1] = (uint32_t)p->rows;
	v[2] = (uint32_t)text;
	v[3] = 0;
	cn_buf_add(b, v, sizeof(v));
	align(b, begin);
	cn_buf_add(b, p->score, p->pieces * sizeof(*p->score));
	align(b, begin);
	for (i = 0, v[0] = 0; i <= p->pieces; i++) {
		cn_buf_add(b, v, sizeof(*v));
		v[0] += i < p->pieces ? (uint32_t)p->piece[i].n : 0;
	}
	align(b, begin);
	for (i = 0; i < p->pieces; i++)
		cn_buf_add(b, p->piece[i].p, p->piece[i].n);
	align(b, begin);
	put_table(p, b, begin);
	align(b, begin);
	put_signal(p, b);
	for (i = 0; i < CN_ENC_MATRICES; i++)
		put_matrix(&p->matrix[i], &cn_enc_dims[i], b, begin);
	for (i = 0; i < CN_ENC_NORMS; i++) {
		w = cn_enc_width[i] * sizeof(float);
		cn_buf_add(b, p->norm[i].w, w);
		align(b, begin);
		cn_buf_add(b, p->norm[i].bias, w);
		align(b, begin);
	}
	cn_sha256(sum, b->p + begin, b->len - begin);
	cn_buf_add(b, sum, sizeof(sum));
	return 0;
}

/* --- reading --- */

/* The copy of the file, and how far it was given out. */
struct in {
	char *p;
	size_t at, n;
	bool bad;
};

/* The next section.  Past the end: marked, and something readable. */
static const void *
section(struct in *in, size_t n)
{
	const void *p = in->p + in->at;

	if (n > in->n - in->at || in->bad) {
		in->bad = true;
		return in->p;
	}
	in->at += n;
	in->at += (ALIGN - in->at % ALIGN) % ALIGN;
	if (in->at > in->n)
		in->at = in->n;
	return p;
}

static const float *
floats(struct in *in, size_t n)
{
	const float *x = section(in, n * sizeof(*x));

	if (!in->bad && !sane(x, n))
		in->bad = true;
	return x;
}

static void
sections(struct in *in, struct cn_encoder *e, size_t text)
{
	const struct cn_enc_dims *d;
	size_t i;

	e->score = section(in, e->pieces * sizeof(*e->score));
	e->at = section(in, (e->pieces + 1) * sizeof(*e->at));
	e->text = section(in, text);
	for (i = 0; i < e->pieces && !in->bad; i++)
		in->bad = !(e->score[i] >= -1e6 && e->score[i] <= 1e6) ||
		    e->at[i + 1] <= e->at[i] || e->at[i + 1] > text;
	e->scale = floats(in, e->rows);
	e->table = section(in, e->rows * CN_ENC_IN);
	e->signal = floats(in, CN_ENCODER_TOKENS * CN_ENC_IN);
	for (i = 0; i < CN_ENC_MATRICES; i++) {
		d = &cn_enc_dims[i];
		e->matrix[i].scale = floats(in, d->out);
		e->matrix[i].bias = floats(in, d->out);
		e->matrix[i].w = section(in, (size_t)d->in * d->out);
	}
	for (i = 0; i < CN_ENC_NORMS; i++) {
		e->norm[i].w = floats(in, cn_enc_width[i]);
		e->norm[i].bias = floats(in, cn_enc_width[i]);
	}
}

void
cn_encoder_free(struct cn_encoder *e)
{
	if (e == NULL)
		return;
	free(e->slot);
	free(e->mem);
	free(e);
}

struct cn_encoder *
cn_encoder_load(struct cn_str bytes, struct cn_err *err)
{
	struct in in = { 0 };
	struct cn_encoder *e;
	uint8_t sum[CN_SHA] = { 0 };
	uint32_t v[4];

	if (bytes.n < MAGIC_LEN || memcmp(bytes.p, MAGIC, MAGIC_LEN - 1))
		return cn_fail(err, CN_CONFIG, "not an encoder"), NULL;
	if (bytes.p[MAGIC_LEN - 1] != MAGIC[MAGIC_LEN - 1])
		return cn_fail(err, CN_CONFIG, "an encoder of version %d, "
		    "not 1", bytes.p[MAGIC_LEN - 1]), NULL;
	if (bytes.n > CN_ENCODER_BYTES)
		return cn_fail(err, CN_CONFIG, "encoder too long"), NULL;
	if (bytes.n >= HEAD + CN_SHA) {
		in.n = bytes.n - CN_SHA;
		cn_sha256(sum, bytes.p, in.n);
	}
	if (in.n == 0 || memcmp(sum, bytes.p + in.n, CN_SHA) != 0)
		return cn_fail(err, CN_INTEGRITY, "encoder damaged"), NULL;
	e = cn_alloc(sizeof(*e));
	cn_hex(e->id, sum, 8);
	e->mem = in.p = aligned_alloc(ALIGN, (in.n + ALIGN) / ALIGN * ALIGN);
	if (in.p == NULL) {
		cn_encoder_free(e);
		return cn_fail(err, CN_TEMPFAIL, "no memory for an encoder"),
		    NULL;
	}
	memcpy(in.p, bytes.p, in.n);
	section(&in, MAGIC_LEN);
	memcpy(v, in.p + MAGIC_LEN, sizeof(v));
	e->pieces = v[0];
	e->rows = v[1];
	in.bad |= e->pieces > CN_ENC_PIECES || e->rows > CN_ENC_PIECES ||
	    e->rows < e->pieces + CN_ENC_RESERVED || v[2] > TEXT_MAX || v[3];
	sections(&in, e, v[2]);
	if (in.bad || in.at != in.n || !cn_enc_index(e)) {
		cn_encoder_free(e);
		return cn_fail(err, CN_INTEGRITY, "encoder malformed"), NULL;
	}
	e->wide = cn_wide();
	e->widest = cn_widest();
	return e;
}

const char *
cn_encoder_id(const struct cn_encoder *e)
{
	return e->id;
}

bool
cn_encoder_speaks(const char *language)
{
	return language == NULL || *language == '\0' ||
	    strcmp(language, "en") == 0;
}
