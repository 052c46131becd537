/* modelfile.c - the model file
 *
 * Little endian; a number is a base-128 varint (7 bits a byte, low first, at
 * most 5 bytes).
 *   8 bytes  'cnmodel', version 3 with mails, else 2
 *   numbers  classes, rows, examples, threshold in 1/10000, class of what is
 *            in none + 1 or 0
 *   f32      temperature
 *   length, bytes of the encoder's id (0: none); with one: threshold as above,
 *            f32 temperature of both, f32 temperature of its side, f32 mix
 *   classes: length, bytes of the label; priority byte; f32 bias
 *   rows:    key minus the previous key; document frequency; f32 scale;
 *            number of weights; for each: class minus the previous class;
 *            a signed byte
 *   with an encoder, of each class: f32 scale, f32 bias, a signed byte for each
 *            of its numbers
 *   in version 3: number of mails; for each: 1 where it is spam, or 0; number
 *            of features; for each: row minus the previous row, a byte of its
 *            share
 *   8 bytes  FNV-1a over all before it
 * Keys, classes and rows ascend strictly.  All is checked before any is used. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "inner.h"

#define MAGIC "cnmodel"
#define MAGIC_LEN 8			/* with the version */
#define VERSION 2
#define VERSION_AKIN 3
#define SUM_LEN 8
#define ROW_MIN 7			/* bytes that a row takes at least */
#define VALUE_MAX 1e6f

uint64_t
cn_model_sum(const void *p, size_t n)
{
	const unsigned char *c = p;
	uint64_t h = 0xcbf29ce484222325u;

	while (n--)
		h = (h ^ *c++) * 0x100000001b3u;
	return h;
}

static void
put_num(struct cn_buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		cn_buf_ch(b, (int)(v & 0x7f) | 0x80);
	cn_buf_ch(b, (int)v);
}

static void
put_le(struct cn_buf *b, uint64_t v, int bytes)
{
	for (; bytes--; v >>= 8)
		cn_buf_ch(b, (int)(v & 0xff));
}

static void
put_float(struct cn_buf *b, float x)
{
	union { float f; uint32_t u; } v = { x };

	put_le(b, v.u, 4);
}

static void
name_model(struct cn_model *m, uint64_t sum)
{
	snprintf(m->id, sizeof(m->id), "%016llx", (unsigned long long)sum);
}

static void
put_meaning(struct cn_buf *b, const struct cn_model *m)
{
	size_t i, c;

	for (c = 0; c < m->classes; c++) {
		put_float(b, m->meaning_scale[c]);
		put_float(b, m->meaning_bias[c]);
		for (i = 0; i < CN_ENCODER_DIM; i++)
			cn_buf_ch(b, (int)m->meaning[i * m->classes + c] &
			    0xff);
	}
}

static void
put_akin(struct cn_buf *b, const struct cn_akin *s)
{
	uint32_t j, last;
	size_t i;

	put_num(b, s->n);
	for (i = 0; i < s->n; i++) {
		put_num(b, s->spam[i]);
		put_num(b, s->start[i + 1] - s->start[i]);
		last = 0;
		for (j = s->start[i]; j < s->start[i + 1]; j++) {
			put_num(b, s->feature[j].row - last);
			last = s->feature[j].row;
			cn_buf_ch(b, (int)s->feature[j].w);
		}
	}
}

void
cn_model_save(const struct cn_model *m, struct cn_buf *b)
{
	size_t begin = b->len, i, n;
	const struct cn_weight *w;
	uint32_t j, last = 0, class;

	cn_buf_add(b, MAGIC, MAGIC_LEN - 1);
	cn_buf_ch(b, m->akin ? VERSION_AKIN : VERSION);
	put_num(b, m->classes);
	put_num(b, m->rows);
	put_num(b, m->examples);
	put_num(b, (uint64_t)(m->threshold * 10000 + 0.5));
	put_num(b, m->outside);
	put_float(b, (float)m->temperature);
	n = strlen(m->encoder);
	put_num(b, n);
	cn_buf_add(b, m->encoder, n);
	if (n) {
		put_num(b, (uint64_t)(m->threshold_use * 10000 + 0.5));
		put_float(b, (float)m->temperature_use);
		put_float(b, (float)m->temperature_side);
		put_float(b, (float)m->mix);
	}
	for (i = 0; i < m->classes; i++) {
		n = strlen(m->label[i]);
		put_num(b, n);
		cn_buf_add(b, m->label[i], n);
		cn_buf_ch(b, m->priority[i]);
		put_float(b, m->bias[i]);
	}
	for (i = 0; i < m->rows; i++) {
		put_num(b, m->key[i] - last);
		last = m->key[i];
		put_num(b, m->df[i]);
		put_float(b, m->row[i].scale);
		put_num(b, m->row[i + 1].start - m->row[i].start);
		class = 0;
		for (j = m->row[i].start; j < m->row[i + 1].start; j++) {
			w = &m->weight[j];
			put_num(b, w->class - class);
			class = w->class;
			cn_buf_ch(b, w->w & 0xff);
		}
	}
	if (m->meaning)
		put_meaning(b, m);
	if (m->akin)
		put_akin(b, m->akin);
	put_le(b, cn_model_sum(b->p + begin, b->len - begin), SUM_LEN);
}

/* A reader that remembers that it ran out. */
struct in {
	const unsigned char *p, *end;
	bool bad;
};

static const unsigned char *
take(struct in *in, size_t n)
{
	static const unsigned char none[CN_MODEL_LABEL];
	const unsigned char *p = in->p;

	if ((size_t)(in->end - p) < n) {
		in->bad = true;
		in->p = in->end;
		return none;
	}
	in->p += n;
	return p;
}

static uint32_t
get_num(struct in *in, uint32_t max)
{
	uint64_t v = 0;
	int shift = 0;
	unsigned char c;

	do {
		c = *take(in, 1);
		v |= (uint64_t)(c & 0x7f) << shift;
		shift += 7;
	} while (c & 0x80 && shift < 35);
	if (c & 0x80 || v > max) {
		in->bad = true;
		return 0;
	}
	return (uint32_t)v;
}

static uint64_t
get_le(struct in *in, int bytes)
{
	const unsigned char *p = take(in, (size_t)bytes);
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

/* Finite and bounded, so that no sum overflows. */
static float
get_float(struct in *in)
{
	union { uint32_t u; float f; } v = { (uint32_t)get_le(in, 4) };

	if (!(v.f >= -VALUE_MAX && v.f <= VALUE_MAX)) {
		in->bad = true;
		return 0;
	}
	return v.f;
}

static void
get_classes(struct in *in, struct cn_model *m)
{
	const char *s;
	size_t i, j, n;

	for (i = 0; i < m->classes && !in->bad; i++) {
		n = get_num(in, CN_MODEL_LABEL);
		s = (const char *)take(in, n);
		if (in->bad || n == 0 || !cn_utf8_valid(s, n)) {
			in->bad = true;
			return;
		}
		m->label[i] = cn_alloc(n + 1);
		memcpy(m->label[i], s, n);
		for (j = 0; j < n; j++)
			in->bad |= (unsigned char)s[j] <= ' ' ||
			    s[j] == 0x7f;
		m->priority[i] = *take(in, 1);
		in->bad |= m->priority[i] >= CN_PRIORITY_MAX;
		m->bias[i] = get_float(in);
	}
}

static void
get_rows(struct in *in, struct cn_model *m)
{
	size_t i, n = 0;
	uint32_t last = 0, delta, k, class;

	for (i = 0; i < m->rows && !in->bad; i++) {
		delta = get_num(in, UINT32_MAX);
		in->bad |= (i && delta == 0) || delta > UINT32_MAX - last;
		m->key[i] = last += delta;
		m->df[i] = get_num(in, CN_TRAIN_EXAMPLES);
		in->bad |= m->df[i] == 0 || m->df[i] > m->examples;
		m->row[i].scale = get_float(in);
		k = get_num(in, (uint32_t)m->classes);
		for (class = 0; k && !in->bad; k--) {
			delta = get_num(in, (uint32_t)m->classes);
			in->bad |= delta == 0 && n > m->row[i].start;
			class += delta;
			in->bad |= class >= m->classes;
			m->weight[n].class = (uint16_t)class;
			m->weight[n++].w = (int8_t)*take(in, 1);
		}
		m->row[i + 1].start = (uint32_t)n;
	}
}

static double
get_temperature(struct in *in)
{
	float x = get_float(in);

	in->bad |= x < 0.01f || x > 100;
	return x;
}

/* What stands of the encoder at the head of a file. */
static void
get_encoder(struct in *in, struct cn_model *m)
{
	size_t n = get_num(in, sizeof(m->encoder) - 1), i;
	char id[sizeof(m->encoder)];

	memcpy(id, take(in, n), n);
	id[n] = '\0';
	for (i = 0; i < n; i++)
		in->bad |= strchr("0123456789abcdef", id[i]) == NULL ||
		    id[i] == '\0';
	if (in->bad || n == 0)
		return;
	cn_model_give_meaning(m, id);
	m->threshold_use = get_num(in, 10000) / 10000.0;
	m->temperature_use = get_temperature(in);
	m->temperature_side = get_temperature(in);
	m->mix = get_float(in);
	in->bad |= m->mix < 0 || m->mix > 100;
}

static void
get_meaning(struct in *in, struct cn_model *m)
{
	const unsigned char *p;
	size_t i, c;

	for (c = 0; c < m->classes && !in->bad; c++) {
		m->meaning_scale[c] = get_float(in);
		m->meaning_bias[c] = get_float(in);
		for (i = 0; i < CN_ENCODER_DIM; i++) {
			p = take(in, 1);
			m->meaning[i * m->classes + c] = (int8_t)*p;
		}
	}
}

static void
get_akin(struct in *in, struct cn_model *m)
{
	size_t n = get_num(in, CN_AKIN_MOST), i;
	uint32_t k = 0, row, delta, left;
	struct cn_akin *s;

	/* A mail takes two bytes at least. */
	if (in->bad || m->classes != 2 || cn_model_spam(m) < 0 ||
	    n > (size_t)(in->end - in->p) / 2) {
		in->bad = true;
		return;
	}
	s = m->akin = cn_akin_new(n);
	for (i = 0; i < n && !in->bad; i++) {
		s->spam[i] = (uint8_t)get_num(in, 1);
		left = get_num(in, CN_AKIN_KEPT);
		for (row = 0; left && !in->bad; left--) {
			delta = get_num(in, UINT32_MAX);
			in->bad |= (delta == 0 && k > s->start[i]) ||
			    delta >= m->rows - row;
			row += in->bad ? 0 : delta;
			s->feature[k] = (struct cn_share){ row, *take(in, 1) };
			in->bad |= s->feature[k++].w == 0;
		}
		s->start[i + 1] = k;
	}
}

struct cn_model *
cn_model_load(struct cn_str bytes, struct cn_err *err)
{
	struct in in = { (const unsigned char *)bytes.p, NULL, false };
	uint32_t classes, rows, examples, threshold, outside;
	struct cn_model *m;
	uint64_t sum;
	int version;

	if (bytes.n < MAGIC_LEN + SUM_LEN ||
	    memcmp(bytes.p, MAGIC, MAGIC_LEN - 1) != 0)
		return cn_fail(err, CN_CONFIG, "not a model"), NULL;
	version = bytes.p[MAGIC_LEN - 1];
	if (version != VERSION && version != VERSION_AKIN)
		return cn_fail(err, CN_CONFIG, "a model of version %d, not %d "
		    "or %d", version, VERSION, VERSION_AKIN), NULL;
	if (bytes.n > CN_MODEL_BYTES)
		return cn_fail(err, CN_CONFIG, "model too long"), NULL;
	in.end = in.p + bytes.n;
	in.p = in.end - SUM_LEN;
	sum = get_le(&in, SUM_LEN);
	in.p = (const unsigned char *)bytes.p + MAGIC_LEN;
	in.end -= SUM_LEN;
	if (cn_model_sum(bytes.p, bytes.n - SUM_LEN) != sum)
		return cn_fail(err, CN_INTEGRITY, "model damaged"), NULL;
	classes = get_num(&in, CN_MODEL_CLASSES);
	rows = get_num(&in, CN_MODEL_BYTES / ROW_MIN);
	examples = get_num(&in, CN_TRAIN_EXAMPLES);
	threshold = get_num(&in, 10000);
	outside = get_num(&in, classes);
	if (in.bad || classes == 0 ||
	    rows > (size_t)(in.end - in.p) / ROW_MIN)
		return cn_fail(err, CN_INTEGRITY, "model malformed"), NULL;
	/* A weight takes two bytes, so there are no more than that. */
	m = cn_model_new(classes, rows, (size_t)(in.end - in.p) / 2);
	m->examples = examples;
	m->outside = outside;
	m->threshold = threshold / 10000.0;
	m->temperature = get_temperature(&in);
	get_encoder(&in, m);
	get_classes(&in, m);
	get_rows(&in, m);
	if (m->meaning)
		get_meaning(&in, m);
	if (version == VERSION_AKIN && !in.bad)
		get_akin(&in, m);
	if (in.bad || in.p != in.end) {
		cn_model_free(m);
		return cn_fail(err, CN_INTEGRITY, "model malformed"), NULL;
	}
	cn_model_index(m);
	if (m->akin)
		cn_akin_index(m);
	name_model(m, sum);
	return m;
}
