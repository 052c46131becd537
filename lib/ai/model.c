/* model.c - a model in memory: lookup, score, probabilities
 *
 * Rows are sparse: centred on their median (which moves all classes alike and
 * so changes no probability), most of their weights are zero, and one text
 * costs some fifteen additions a feature however many classes there are. */
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
	m->idf = cn_alloc((rows + 1) * sizeof(*m->idf));
	m->scale = cn_alloc((rows + 1) * sizeof(*m->scale));
	m->start = cn_alloc((rows + 1) * sizeof(*m->start));
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
	free(m->idf);
	free(m->scale);
	free(m->start);
	free(m->weight);
	free(m->slot);
	free(m);
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
	for (i = 0; i < m->rows; i++) {
		m->idf[i] = (float)(cn_log((1.0 + (double)m->examples) /
		    (1.0 + m->df[i])) + 1);
		for (at = m->key[i] & m->mask; m->slot[at].row;
		    at = (at + 1) & m->mask)
			;
		m->slot[at].key = m->key[i];
		m->slot[at].row = i + 1;
	}
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
	return n <= 1 ? 1 : 1 + cn_log(n);
}

struct cn_tf *
cn_tfs(const struct cn_feat *f, size_t n, size_t *nout, struct cn_arena *arena)
{
	struct cn_tf *tf = cn_arena_alloc(arena, (n + 1) * sizeof(*tf));
	size_t size = 16, i, k = 0;
	uint32_t *slot, at;

	while (size < 2 * n)
		size *= 2;
	slot = cn_arena_alloc(arena, size * sizeof(*slot));
	for (i = 0; i < n; i++) {
		for (at = f[i].key & (size - 1); slot[at]; at = (at + 1) &
		    (size - 1))
			if (tf[slot[at] - 1].key == f[i].key)
				break;
		if (slot[at] == 0) {
			tf[k].key = f[i].key;
			tf[k].chars = f[i].kind == CN_WHY_CHARS;
			slot[at] = (uint32_t)++k;
		}
		if (tf[slot[at] - 1].n < UINT16_MAX)
			tf[slot[at] - 1].n++;
	}
	*nout = k;
	return tf;
}

struct cn_tf *
cn_text_tfs(struct cn_str subject, struct cn_str text, size_t *n,
    struct cn_arena *arena)
{
	struct cn_words words;
	struct cn_feat *f;
	size_t nf;

	cn_words(&words, subject, CN_AI_SUBJECT_MAX, text, CN_AI_TEXT_MAX,
	    false, arena);
	f = cn_feats(&words, &nf, arena);
	return cn_tfs(f, nf, n, arena);
}

size_t
cn_model_score(const struct cn_model *m, const struct cn_tf *tf, size_t n,
    float *score, struct cn_norm *norm)
{
	double sq[2] = { 0, 0 }, v;
	const struct cn_weight *w, *end;
	size_t i, known = 0;
	uint32_t row;
	float x;

	for (i = 0; i < n; i++) {
		if ((row = cn_model_row(m, tf[i].key)) == 0)
			continue;
		v = cn_model_tf(tf[i].n) * m->idf[row - 1];
		sq[tf[i].chars] += v * v;
		known++;
	}
	for (i = 0; i < 2; i++)
		norm->inv[i] = sq[i] > 0 ? (float)(1 / cn_root(sq[i])) : 0;
	memcpy(score, m->bias, m->classes * sizeof(*score));
	for (i = 0; known && i < n; i++) {
		if ((row = cn_model_row(m, tf[i].key)) == 0)
			continue;
		row--;
		x = (float)cn_model_tf(tf[i].n) * m->idf[row] *
		    norm->inv[tf[i].chars] * m->scale[row];
		end = m->weight + m->start[row + 1];
		for (w = m->weight + m->start[row]; w < end; w++)
			score[w->class] += x * (float)w->w;
	}
	return known;
}

int
cn_softmax(float *score, size_t n, double temperature)
{
	double max, sum = 0, e;
	size_t i, best = 0;

	for (i = 1; i < n; i++)
		if (score[i] > score[best])
			best = i;
	max = score[best];
	for (i = 0; i < n; i++) {
		e = cn_exp((score[i] - max) / temperature);
		score[i] = (float)e;
		sum += e;
	}
	for (i = 0; i < n; i++)
		score[i] = (float)(score[i] / sum);
	return (int)best;
}

int
cn_model_predict(const struct cn_model *m, struct cn_str subject,
    struct cn_str text, float *prob, struct cn_arena *arena)
{
	struct cn_norm norm;
	struct cn_tf *tf;
	size_t n, i;

	tf = cn_text_tfs(subject, text, &n, arena);
	if (cn_model_score(m, tf, n, prob, &norm) == 0) {
		for (i = 0; i < m->classes; i++)
			prob[i] = 1.0f / (float)m->classes;
		return -1;
	}
	return cn_softmax(prob, m->classes, m->temperature);
}

double
cn_model_weight(const struct cn_model *m, uint32_t row, size_t class)
{
	uint32_t i;

	for (i = m->start[row]; i < m->start[row + 1]; i++)
		if (m->weight[i].class == class)
			return m->weight[i].w * (double)m->scale[row];
	return 0;
}

const char *
cn_model_id(const struct cn_model *m)
{
	return m->id;
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
}
