/* model.c - a model in memory: lookup, score, probabilities
 *
 * Rows are sparse: centred on their median (which moves all classes alike and
 * so changes no probability), most of their weights are zero.  Frequent
 * features have the fullest rows: these are kept as vectors too. */
#include <stdlib.h>
#include <string.h>

#include "inner.h"

struct cn_model *
cn_model_new(size_t classes, size_t rows, size_t weights)
{
	struct cn_model *m = cn_alloc(sizeof(*m));

	m->classes = classes;
	m->rows = rows;
	m->temperature = 1;
	m->label = cn_alloc((classes + 1) * sizeof(*m->label));
	m->priority = cn_alloc(classes + 1);
	m->bias = cn_alloc((classes + 1) * sizeof(*m->bias));
	m->key = cn_alloc((rows + 1) * sizeof(*m->key));
	m->df = cn_alloc((rows + 1) * sizeof(*m->df));
	m->row = cn_alloc((rows + 1) * sizeof(*m->row));
	m->weight = cn_alloc((weights + 1) * sizeof(*m->weight));
	return m;
}

void
cn_model_free(struct cn_model *m)
{
	size_t i;

	if (m == NULL)
		return;
	for (i = 0; i < m->classes; i++)
		free(m->label[i]);
	free(m->label);
	free(m->priority);
	free(m->bias);
	free(m->key);
	free(m->df);
	free(m->row);
	free(m->dense);
	free(m->weight);
	free(m->slot);
	free(m->meaning);
	free(m->meaning_scale);
	free(m->meaning_bias);
	cn_encoder_free(m->own);
	free(m);
}

#define FLAT 3
#define DENSE_MIN 4
#define DENSE_BYTES (16u << 20)		/* all dense rows together */

/* A dense row has the upper halves of its weights' floats, which hold -256 to
 * 256 exactly: half the memory, and a shift or a mask gives the float back.
 * The words of a u8 have eight classes in their lower halves and the next
 * eight in their upper. */
static void
make_dense(struct cn_model *m)
{
	union { float f; uint32_t u; } v;
	uint32_t i, j, n, class, *row;
	size_t most, k = 0;

	m->lanes = (m->classes + 15) / 16;
	most = DENSE_BYTES / (m->lanes * sizeof(u8));
	for (i = 0; i < m->rows; i++) {
		n = m->row[i + 1].start - m->row[i].start;
		m->row[i].dense = 0;
		if (n >= DENSE_MIN && 10 * n >= m->classes && k < most)
			m->row[i].dense = (uint32_t)++k;
	}
	free(m->dense);
	m->dense = cn_alloc((k + 1) * m->lanes * sizeof(u8));
	for (i = 0; i < m->rows; i++) {
		if (m->row[i].dense == 0)
			continue;
		row = (uint32_t *)(m->dense + (m->row[i].dense - 1) *
		    m->lanes * sizeof(u8));
		for (j = m->row[i].start; j < m->row[i + 1].start; j++) {
			class = m->weight[j].class;
			v.f = m->weight[j].w;
			row[class / 16 * 8 + class % 8] |= class & 8 ? v.u :
			    v.u >> 16;
		}
	}
}

void
cn_model_index(struct cn_model *m)
{
	uint32_t size = 16, i, at;

	while (size < 2 * m->rows)
		size *= 2;
	free(m->slot);
	m->slot = cn_alloc(size * sizeof(*m->slot));
	m->mask = size - 1;
	m->unknown = (float)(cn_log(1.0 + (double)m->examples) + 1);
	for (i = 0; i < m->rows; i++) {
		m->row[i].idf = (float)(cn_log((1.0 + (double)m->examples) /
		    (1.0 + m->df[i])) + 1);
		for (at = m->key[i] & m->mask; m->slot[at].row;
		    at = (at + 1) & m->mask)
			;
		m->slot[at].key = m->key[i];
		m->slot[at].row = i + 1;
	}
	make_dense(m);
	m->wide = cn_wide();
}

uint32_t
cn_model_row(const struct cn_model *m, uint32_t key)
{
	uint32_t at = key & m->mask;

	while (m->slot[at].row && m->slot[at].key != key)
		at = (at + 1) & m->mask;
	return m->slot[at].row;
}

double
cn_model_tf(unsigned n)
{
	static const double few[] = { 1, 1, 1.6931471805599454,
	    2.0986122886681096, 2.3862943611198908, 2.6094379124341005 };

	return n < sizeof(few) / sizeof(*few) ? few[n] : 1 + cn_log(n);
}

struct cn_tf *
cn_tfs(const struct cn_feat *f, size_t n, size_t *nout, struct cn_arena *arena)
{
	struct cn_tf *tf = cn_arena_alloc(arena, (n + 1) * sizeof(*tf));
	size_t size = 16, i, k = 0;
	uint32_t *slot, at;

	while (size < 4 * n)
		size *= 2;
	slot = cn_arena_alloc(arena, size * sizeof(*slot));
	for (i = 0; i < n; i++) {
		for (at = f[i].key & (size - 1); slot[at]; at = (at + 1) &
		    (size - 1))
			if (tf[slot[at] - 1].key == f[i].key)
				break;
		if (slot[at] == 0) {
			tf[k].key = f[i].key;
			tf[k].block = f[i].kind == CN_WHY_CHARS;
			slot[at] = (uint32_t)++k;
		}
		if (tf[slot[at] - 1].n < UINT16_MAX)
			tf[slot[at] - 1].n++;
	}
	*nout = k;
	return tf;
}

struct cn_tf *
cn_input_tfs(const struct cn_ai_input *in, const struct cn_feat *f, size_t nf,
    size_t *nout, struct cn_arena *arena)
{
	struct cn_words words;
	struct cn_tf *tf, *all;
	size_t n, i, j;
	uint32_t key;

	if (f == NULL) {
		cn_words(&words, in->subject, CN_AI_SUBJECT_MAX, in->text,
		    CN_AI_TEXT_MAX, false, arena);
		f = cn_feats(&words, &nf, arena);
	}
	tf = cn_tfs(f, nf, nout, arena);
	if (in->nmarks == 0)
		return tf;
	n = *nout;
	all = cn_arena_alloc(arena, (n + CN_AI_MARKS_MAX) * sizeof(*all));
	memcpy(all, tf, n * sizeof(*all));
	for (i = 0; i < in->nmarks && i < CN_AI_MARKS_MAX; i++) {
		key = cn_mark_key(in->marks[i]);
		for (j = *nout; j < n && all[j].key != key; j++)
			;
		if (j < n)
			continue;
		all[n] = (struct cn_tf){ .key = key, .n = 1,
		    .block = BLOCK_MARKS };
		n++;
	}
	*nout = n;
	return all;
}

#define BATCH 8

/* So many dense rows at once: the sums are loaded and stored once for them. */
typedef uint32_t u4 __attribute__((vector_size(16)));

struct batch {
	float x[BATCH];
	const char *d[BATCH];
	size_t n;
};

static void
add_rows(const struct batch *b, v8 *sum, size_t lanes)
{
	typedef v4 part __attribute__((may_alias));
	part *half;
	v4 low, high;
	size_t c, i;
	u4 w;

	for (c = 0; c < 2 * lanes; c++) {
		half = (part *)sum + c / 2 * 4 + c % 2;
		low = half[0];
		high = half[2];
#pragma GCC unroll 8
		for (i = 0; i < BATCH; i++) {
			memcpy(&w, b->d[i] + c * sizeof(w), sizeof(w));
			low += b->x[i] * (v4)(w << 16);
			high += b->x[i] * (v4)(w & 0xffff0000u);
		}
		half[0] = low;
		half[2] = high;
	}
}

CN_WIDE static void
add_rows_wide(const struct batch *b, v8 *sum, size_t lanes)
{
	v8 low, high;
	size_t c, i;
	u8 w;

	for (c = 0; c < lanes; c++) {
		low = sum[2 * c];
		high = sum[2 * c + 1];
#pragma GCC unroll 8
		for (i = 0; i < BATCH; i++) {
			memcpy(&w, b->d[i] + c * sizeof(w), sizeof(w));
			low += b->x[i] * (v8)(w << 16);
			high += b->x[i] * (v8)(w & 0xffff0000u);
		}
		sum[2 * c] = low;
		sum[2 * c + 1] = high;
	}
}

/* The sums are the same either way: nothing is added across classes. */
static void
flush(const struct cn_model *m, struct batch *b, v8 *sum)
{
	if (m->wide)
		add_rows_wide(b, sum, m->lanes);
	else
		add_rows(b, sum, m->lanes);
	b->n = 0;
}

/* Looks every feature up, in passes, so that the memory's answers overlap;
 * returns how many are known, and the norms.  What is not known counts in
 * them, as if it had been seen once: the less of a text is known the less sure
 * is what is said of it. */
static size_t
look_up(const struct cn_model *m, struct cn_tf *tf, size_t n,
    struct cn_norm *norm)
{
	double sq[BLOCKS] = { 0 }, v;
	const struct cn_row *row;
	size_t i, c, known = 0;

	for (i = 0; i < n; i++)
		__builtin_prefetch(&m->slot[tf[i].key & m->mask]);
	for (i = 0; i < n; i++) {
		tf[i].row = cn_model_row(m, tf[i].key);
		if (tf[i].row)
			__builtin_prefetch(&m->row[tf[i].row - 1]);
	}
	for (i = 0; i < n; i++) {
		if (tf[i].row == 0) {
			v = cn_model_tf(tf[i].n) * m->unknown;
			sq[tf[i].block] += v * v;
			continue;
		}
		row = &m->row[tf[i].row - 1];
		if (row->dense == 0)
			__builtin_prefetch(&m->weight[row->start]);
		for (c = 0; row->dense && c < m->lanes; c += 2)
			__builtin_prefetch(m->dense + ((row->dense - 1) *
			    m->lanes + c) * sizeof(u8));
		v = cn_model_tf(tf[i].n) * row->idf;
		sq[tf[i].block] += v * v;
		known++;
	}
	for (i = 0; i < BLOCKS; i++)
		norm->inv[i] = sq[i] > 0 ? (float)(1 / cn_root(sq[i])) : 0;
	return known;
}

size_t
cn_model_score(const struct cn_model *m, struct cn_tf *tf, size_t n,
    float *score, struct cn_norm *norm)
{
	size_t i, known = look_up(m, tf, n, norm);
	v8 sum[(CN_MODEL_CLASSES + 15) / 16 * 2];
	const struct cn_weight *w, *end;
	const struct cn_row *row;
	struct batch b = { .n = 0 };
	float x;

	sum[2 * m->lanes - 2] = sum[2 * m->lanes - 1] = (v8){ 0 };
	memcpy(sum, m->bias, m->classes * sizeof(*score));
	for (i = 0; i < n; i++) {
		if (tf[i].row == 0)
			continue;
		row = &m->row[tf[i].row - 1];
		x = (float)cn_model_tf(tf[i].n) * row->idf *
		    norm->inv[tf[i].block] * row->scale;
		if (row->dense) {
			b.x[b.n] = x;
			b.d[b.n++] = m->dense + (row->dense - 1) * m->lanes *
			    sizeof(u8);
			if (b.n == BATCH)
				flush(m, &b, sum);
			continue;
		}
		end = m->weight + row[1].start;
		for (w = m->weight + row->start; w < end; w++)
			((float *)sum)[w->class] += x * (float)w->w;
	}
	for (i = b.n; b.n && i < BATCH; i++) {
		b.x[i] = 0;
		b.d[i] = b.d[0];
	}
	if (b.n)
		flush(m, &b, sum);
	memcpy(score, sum, m->classes * sizeof(*score));
	return known;
}

static float
softmax(v8 *x, size_t n, float inv)
{
	return cn_lanes_softmax(x, n, inv);
}

CN_WIDE static float
softmax_wide(v8 *x, size_t n, float inv)
{
	return cn_lanes_softmax(x, n, inv);
}

int
cn_softmax(float *score, size_t n, double temperature)
{
	v8 x[CN_LANES(CN_MODEL_CLASSES)];
	float inv = (float)(1 / temperature), max;
	size_t best = 0;

	memcpy(x, score, n * sizeof(*score));
	max = cn_wide() ? softmax_wide(x, n, inv) : softmax(x, n, inv);
	while (best + 1 < n && score[best] != max)
		best++;
	memcpy(score, x, n * sizeof(*score));
	return (int)best;
}

/* What a class has of the sums at a flat temperature. */
static double
flat_share(const float *score, size_t n, double temperature, size_t class)
{
	float p[CN_MODEL_CLASSES];

	memcpy(p, score, n * sizeof(*p));
	cn_softmax(p, n, FLAT * temperature);
	return (double)p[class];
}

int
cn_model_decide(const struct cn_model *m, float *score, const float *side,
    double *certain)
{
	double temperature = side ? m->temperature_use : m->temperature;
	float words[CN_MODEL_CLASSES], both[CN_MODEL_CLASSES];
	size_t i, n = m->classes;
	int best;

	memcpy(words, score, n * sizeof(*words));
	for (i = 0; side && i < n; i++)
		score[i] += (float)m->mix * side[i];
	memcpy(both, score, n * sizeof(*both));
	best = cn_softmax(score, n, temperature);
	if (certain && (uint32_t)best + 1 == m->outside)
		*certain = 0;
	else if (certain) {
		*certain = flat_share(both, n, temperature, (size_t)best);
		if (side)
			*certain = (*certain + flat_share(words, n,
			    m->temperature, (size_t)best) + flat_share(side,
			    n, m->temperature_side, (size_t)best)) / 3;
	}
	if (n == 1 || (uint32_t)best + 1 != m->outside)
		return best;
	best = best == 0;
	for (i = 0; i < n; i++)
		if (i + 1 != m->outside && score[i] > score[best])
			best = (int)i;
	return best;
}

int
cn_model_predict(const struct cn_model *m, const struct cn_ai_input *in,
    float *prob, struct cn_arena *arena)
{
	float side[CN_MODEL_CLASSES];
	const float *meaning;
	struct cn_norm norm;
	struct cn_tf *tf;
	size_t n, i;

	tf = cn_input_tfs(in, NULL, 0, &n, arena);
	if (cn_model_score(m, tf, n, prob, &norm) == 0) {
		for (i = 0; i < m->classes; i++)
			prob[i] = 1.0f / (float)m->classes;
		return -1;
	}
	meaning = m->use ? cn_meaning(m->use, in, arena) : NULL;
	return cn_model_decide(m, prob, cn_model_meaning(m, meaning, side),
	    NULL);
}

double
cn_model_weight(const struct cn_model *m, uint32_t row, size_t class)
{
	uint32_t i;

	for (i = m->row[row].start; i < m->row[row + 1].start; i++)
		if (m->weight[i].class == class)
			return m->weight[i].w * (double)m->row[row].scale;
	return 0;
}

const char *
cn_model_id(const struct cn_model *m)
{
	return m->use ? m->id_use : m->id;
}

int
cn_model_spam(const struct cn_model *m)
{
	size_t i;

	for (i = 0; i < m->classes; i++)
		if (strcmp(m->label[i], "spam") == 0)
			return (int)i;
	return -1;
}

size_t
cn_model_classes(const struct cn_model *m)
{
	return m->classes;
}

const char *
cn_model_class(const struct cn_model *m, size_t i)
{
	return i < m->classes ? m->label[i] : NULL;
}

enum cn_priority
cn_model_priority(const struct cn_model *m, size_t i)
{
	return i < m->classes ? (enum cn_priority)m->priority[i] :
	    CN_PRIORITY_NORMAL;
}

size_t
cn_model_rows(const struct cn_model *m)
{
	return m->rows;
}

size_t
cn_model_examples(const struct cn_model *m)
{
	return m->examples;
}

const char *
cn_model_outside(const struct cn_model *m)
{
	return m->outside ? m->label[m->outside - 1] : NULL;
}

double
cn_model_threshold(const struct cn_model *m)
{
	return m->threshold;
}

double
cn_model_temperature(const struct cn_model *m)
{
	return m->temperature;
}

void
cn_model_set_threshold(struct cn_model *m, double threshold)
{
	m->threshold = threshold < 0 ? 0 : threshold > 1 ? 1 : threshold;
	m->threshold_use = m->threshold;
}
