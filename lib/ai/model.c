/* model.c - a model in memory: features of a text, probabilities */
#include <stdlib.h>
#include <string.h>

#include "inner.h"
#include "sentence.h"

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
	free(m->memory);
	free(m->weight);
	free(m->slot);
	free(m->meaning);
	free(m->meaning_scale);
	free(m->meaning_bias);
	cn_akin_free(m->akin);
	cn_encoder_free(m->own);
	free(m);
}

#define FLAT 3
#define SPREAD 2.4
#define FEW 10				/* classes */

double
cn_model_tf(unsigned n)
{
	static const double few[] = { 1, 1, 1.6931471805599454,
	    2.0986122886681096, 2.3862943611198908, 2.6094379124341005 };

	return n < sizeof(few) / sizeof(*few) ? few[n] : 1 + cn_log(n);
}

#define SLOTS 4096

/* The features of a text that is counted. */
struct tfs {
	struct cn_tf *tf;
	uint16_t *slot;			/* open addressing; + 1 */
	size_t n, mask;
	const struct cn_model *m;	/* or NULL */
	uint16_t room[SLOTS];
};

static void
begin(struct tfs *t, const struct cn_model *m, size_t most,
    struct cn_arena *arena)
{
	static uint32_t none;
	static char record[2 * CN_LINE];
	static const struct cn_model empty = { .slot = &none,
	    .record = record };
	size_t size = 16;

	t->m = m ? m : &empty;
	while (size < 8 * most)
		size *= 2;
	t->tf = cn_arena_alloc(arena, (most + 1) * sizeof(*t->tf));
	t->slot = t->room;
	if (size > SLOTS)
		t->slot = cn_arena_alloc(arena, size * sizeof(*t->slot));
	else
		memset(t->room, 0, size * sizeof(*t->slot));
	t->mask = size - 1;
	t->n = 0;
}

static inline void
count(struct tfs *t, uint32_t key, uint16_t block)
{
	size_t at = key & t->mask;
	struct cn_tf *tf;

	for (; t->slot[at]; at = (at + 1) & t->mask) {
		tf = &t->tf[t->slot[at] - 1];
		if (tf->key == key) {
			tf->n += tf->n < UINT16_MAX;
			return;
		}
	}
	t->tf[t->n] = (struct cn_tf){ key, 1, block, cn_model_guess(t->m,
	    key) };
	t->slot[at] = (uint16_t)++t->n;
}

struct cn_tf *
cn_tfs(const struct cn_model *m, const struct cn_feat *f, size_t n,
    size_t *nout, struct cn_arena *arena)
{
	struct tfs t;
	size_t i;

	begin(&t, m, n, arena);
	for (i = 0; i < n; i++)
		count(&t, f[i].key, f[i].kind == CN_WHY_CHARS);
	*nout = t.n;
	return t.tf;
}

struct cn_tf *
cn_keys_tfs(const struct cn_model *m, const uint32_t *key, size_t words,
    size_t n, size_t *nout, struct cn_arena *arena)
{
	struct tfs t;
	size_t i;

	begin(&t, m, n, arena);
	for (i = 0; i < words; i++)
		count(&t, key[i], BLOCK_WORDS);
	for (; i < n; i++)
		count(&t, key[i], BLOCK_CHARS);
	*nout = t.n;
	return t.tf;
}

struct cn_tf *
cn_input_tfs(const struct cn_model *m, const struct cn_ai_input *in,
    const struct cn_feat *f, size_t nf, size_t *nout, struct cn_arena *arena)
{
	unsigned block = BLOCK_MARKS;
	struct cn_words words;
	struct cn_tf *tf, *all;
	size_t n, i, j, nwords;
	uint32_t key, *keys;

	if (f == NULL) {
		cn_words(&words, in->subject, CN_AI_SUBJECT_MAX, in->text,
		    CN_AI_TEXT_MAX, false, arena);
		keys = cn_keys(&words, &nwords, &n, arena);
		tf = cn_keys_tfs(m, keys, nwords, n, nout, arena);
	} else {
		tf = cn_tfs(m, f, nf, nout, arena);
	}
	if (in->nmarks == 0)
		return tf;
	n = *nout;
	all = cn_arena_alloc(arena, (n + CN_AI_MARKS_MAX) * sizeof(*all));
	memcpy(all, tf, n * sizeof(*all));
	for (i = 0; i < in->nmarks && i < CN_AI_MARKS_MAX; i++) {
		if (in->marks[i].n == 0) {
			block = BLOCK_SECOND;
			continue;
		}
		key = cn_mark_key(in->marks[i]);
		for (j = *nout; j < n && all[j].key != key; j++)
			;
		if (j < n)
			continue;
		all[n] = (struct cn_tf){ .key = key, .n = 1, .block = (uint16_t)
		    (in->marks[i].p[0] == '~' ? block + 1 : block),
		    .row = m ? cn_model_guess(m, key) : 0 };
		n++;
	}
	*nout = n;
	return all;
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

/* Sum and sum of squares. */
CN_TWIN void
moments(const float *score, size_t n, double *sum, double *sq)
{
	d4 s = { 0 }, q = { 0 }, d;
	size_t i;
	v4 v;

	for (i = 0; i + 4 <= n; i += 4) {
		memcpy(&v, score + i, sizeof(v));
		d = __builtin_convertvector(v, d4);
		s += d;
		q += d * d;
	}
	for (; i < n; i++) {
		s[0] += (double)score[i];
		q[0] += (double)score[i] * (double)score[i];
	}
	*sum = s[0] + s[1] + s[2] + s[3];
	*sq = q[0] + q[1] + q[2] + q[3];
}

static void
moments_any(const float *score, size_t n, double *sum, double *sq)
{
	moments(score, n, sum, sq);
}

CN_WIDE static void
moments_wide(const float *score, size_t n, double *sum, double *sq)
{
	moments(score, n, sum, sq);
}

double
cn_model_heat(const float *score, size_t n, double temperature, bool mixed)
{
	double sum = 0, sq = 0, spread, heat;

	if (n < FEW)
		return temperature;
	(cn_wide() ? moments_wide : moments_any)(score, n, &sum, &sq);
	spread = sq / (double)n - sum / (double)n * (sum / (double)n);
	if (!(spread > 0))
		return temperature;
	heat = cn_root(temperature * cn_root(spread) / SPREAD);
	return mixed ? cn_root(temperature * heat) : heat;
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

	if (certain)
		memcpy(words, score, n * sizeof(*words));
	for (i = 0; side && i < n; i++)
		score[i] += (float)m->mix * side[i];
	if (certain)
		memcpy(both, score, n * sizeof(*both));
	best = cn_softmax(score, n, cn_model_heat(score, n, temperature,
	    side != NULL));
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

struct cn_asked
cn_input_asked(const struct cn_model *m, const struct cn_ai_input *in,
    const struct cn_feat *f, size_t nf, struct cn_arena *arena)
{
	struct cn_asked x = { .of = m };

	x.tf = cn_input_tfs(m, in, f, nf, &x.n, arena);
	cn_pieces(in, &x.pieces, arena);
	x.meaning = m->use ? cn_meaning(m->use, in, arena) : NULL;
	return x;
}

struct cn_asked
cn_example_asked(const struct cn_example *x)
{
	return (struct cn_asked){ .tf = x->tf, .n = x->n,
	    .pieces = x->pieces, .meaning = x->meaning };
}

size_t
cn_asked_score(const struct cn_model *m, const struct cn_asked *x,
    float *score, struct cn_norm *norm)
{
	size_t known = (x->of == m ? cn_model_add : cn_model_score)(m, x->tf,
	    x->n, score, norm);

	if (known && x->pieces.n && cn_spam_alone(m->label, m->classes) < 0)
		cn_sentences(m, &x->pieces, score);
	return known;
}

/* By the rule of a model of spam alone: what is likely spam and yet below the
 * threshold is let pass, and not sure. */
static int
answer_spam(const struct cn_model *m, int spam, float *prob, bool *sure)
{
	bool is;

	(void)cn_softmax(prob, 2, m->temperature);
	is = (double)prob[spam] >= m->threshold;
	if (sure)
		*sure = is || (double)prob[spam] < 0.5;
	return is ? spam : !spam;
}

int
cn_model_answer(const struct cn_model *m, const struct cn_asked *x,
    float *prob, struct cn_norm *norm, bool *sure)
{
	int best, spam = cn_spam_alone(m->label, m->classes);
	float sums[CN_MODEL_CLASSES], *side;
	double certain = 0;
	size_t i;

	if (cn_asked_score(m, x, prob, norm) == 0) {
		for (i = 0; i < m->classes; i++)
			prob[i] = 1.0f / (float)m->classes;
		if (sure)
			*sure = false;
		return -1;
	}
	if (spam >= 0)
		return answer_spam(m, spam, prob, sure);
	side = cn_model_meaning(m, x->meaning, sums);
	best = cn_model_decide(m, prob, side, sure ? &certain : NULL);
	if (sure)
		*sure = certain >= (side ? m->threshold_use : m->threshold);
	return best;
}

int
cn_model_predict(const struct cn_model *m, const struct cn_ai_input *in,
    float *prob, struct cn_arena *arena)
{
	struct cn_asked x = cn_input_asked(m, in, NULL, 0, arena);
	struct cn_norm norm;

	return cn_model_answer(m, &x, prob, &norm, NULL);
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
