/* eval.c - calibration and measurement */
#include <stdlib.h>
#include <string.h>

#include "inner.h"

#define BINS 15
#define HOLD 5				/* one in five is held out */
#define FOLDS_SMALL 5			/* below MANY examples all five are */
#define MANY 5000
/* Where it is not told otherwise a model abstains where fewer than this share
 * of held-out messages at that confidence and above was right. */
#define SURE 0.8
#define THRESHOLD_MIN 0.2
#define THRESHOLD_MAX 0.5

/* Held-out scores of one example: softmax is still to come. */
struct held {
	uint32_t class;
	float *score;
};

struct held_set {
	struct held *h;
	size_t n;
	struct cn_arena arena;
};

static int
hold_out(const struct cn_train *t, const struct cn_train_opts *o,
    const struct cn_part *part, struct held_set *set, struct cn_err *err)
{
	unsigned folds = t->n > MANY ? 1 : FOLDS_SMALL, i;
	struct cn_part inner = *part;
	struct cn_norm norm;
	struct cn_model *m;
	struct held *h;
	size_t j;

	set->h = cn_alloc((t->n + 1) * sizeof(*set->h));
	for (i = 0; i < folds; i++) {
		inner.k2 = HOLD;
		inner.out2 = i;
		m = cn_fit(t, o, &inner, err);
		if (m == NULL)
			return -1;
		for (j = 0; j < t->n; j++) {
			if (cn_part_in(&inner, &t->ex[j]) ||
			    !cn_part_in(part, &t->ex[j]))
				continue;
			h = &set->h[set->n++];
			h->class = t->ex[j].class;
			h->score = cn_arena_alloc(&set->arena, t->classes *
			    sizeof(float));
			cn_model_score(m, t->ex[j].tf, t->ex[j].n, h->score,
			    &norm);
		}
		cn_model_free(m);
	}
	return 0;
}

static double
log_loss(const struct held_set *set, size_t classes, double temperature)
{
	float p[CN_MODEL_CLASSES];
	double sum = 0;
	size_t i;

	for (i = 0; i < set->n; i++) {
		memcpy(p, set->h[i].score, classes * sizeof(*p));
		cn_softmax(p, classes, temperature);
		sum -= cn_log(p[set->h[i].class] + 1e-9);
	}
	return sum;
}

/* The loss is convex in 1/T: walk a grid of 5%, from 1. */
static double
fit_temperature(const struct held_set *set, size_t classes)
{
	double t = 1, best = log_loss(set, classes, 1), loss, factor;
	int way, i;

	for (way = 0; way < 2; way++) {
		factor = way ? 1 / 1.05 : 1.05;
		for (i = 0; i < 60; i++) {
			loss = log_loss(set, classes, t * factor);
			if (loss >= best)
				break;
			best = loss;
			t *= factor;
		}
		if (i)
			break;
	}
	return t;
}

/* The lowest confidence from which on SURE of the held-out are right. */
static double
fit_threshold(const struct held_set *set, size_t classes, double temperature)
{
	size_t right[101] = { 0 }, all[101] = { 0 }, r = 0, n = 0, i;
	double threshold = THRESHOLD_MAX;
	float p[CN_MODEL_CLASSES];
	int best, bin;

	for (i = 0; i < set->n; i++) {
		memcpy(p, set->h[i].score, classes * sizeof(*p));
		best = cn_softmax(p, classes, temperature);
		bin = (int)(p[best] * 100);
		all[bin]++;
		right[bin] += (uint32_t)best == set->h[i].class;
	}
	for (bin = 100; bin >= 0; bin--) {
		n += all[bin];
		r += right[bin];
		if (n && (double)r >= SURE * (double)n)
			threshold = bin / 100.0;
	}
	return threshold < THRESHOLD_MIN ? THRESHOLD_MIN :
	    threshold > THRESHOLD_MAX ? THRESHOLD_MAX : threshold;
}

/* Mail that is lost costs more than spam that is read: the threshold is
 * above all of the held-out ham, and a little for the next. */
static double
fit_ham(const struct held_set *set, size_t spam, double temperature)
{
	double top = 0.5;
	float p[2];
	size_t i;

	for (i = 0; i < set->n; i++) {
		memcpy(p, set->h[i].score, sizeof(p));
		cn_softmax(p, 2, temperature);
		if (set->h[i].class != spam && p[spam] > top)
			top = p[spam];
	}
	return top + (1 - top) / 20;
}

static bool
is_ham_or_spam(const struct cn_train *t)
{
	return t->classes == 2 && ((strcmp(t->label[0], "spam") == 0 &&
	    strcmp(t->label[1], "ham") == 0) || (strcmp(t->label[0], "ham") ==
	    0 && strcmp(t->label[1], "spam") == 0));
}

struct cn_model *
cn_fit_calibrated(const struct cn_train *t, const struct cn_train_opts *o,
    const struct cn_part *part, struct cn_err *err)
{
	struct held_set set = { 0 };
	struct cn_model *m = cn_fit(t, o, part, err);
	int rc;

	if (m == NULL)
		return NULL;
	rc = hold_out(t, o, part, &set, err);
	if (rc == 0 && set.n && t->classes > 1) {
		m->temperature = fit_temperature(&set, t->classes);
		m->threshold = is_ham_or_spam(t) ? fit_ham(&set,
		    strcmp(t->label[1], "spam") == 0, m->temperature) :
		    fit_threshold(&set, t->classes, m->temperature);
	} else {
		/* Nothing was measured, so nothing is promised. */
		m->threshold = t->classes > 1 ? THRESHOLD_MAX : 1;
	}
	if (o->threshold > 0)
		cn_model_set_threshold(m, o->threshold);
	cn_arena_release(&set.arena);
	free(set.h);
	if (rc < 0) {
		cn_model_free(m);
		return NULL;
	}
	return m;
}

struct cn_model *
cn_model_train(const struct cn_train *t, const struct cn_train_opts *opts,
    struct cn_err *err)
{
	static const struct cn_train_opts none;
	static const struct cn_part whole;
	struct cn_buf bytes = { 0 };
	struct cn_model *m, *loaded;

	if (cn_train_count(t) == 0)
		return cn_fail(err, CN_CONFIG, "no examples"), NULL;
	m = cn_fit_calibrated(t, opts ? opts : &none, &whole, err);
	if (m == NULL)
		return NULL;
	/* Through its own bytes: what was trained is what will be loaded. */
	cn_model_save(m, &bytes);
	loaded = cn_model_load(cn_buf_view(&bytes), err);
	cn_buf_wipe(&bytes);
	cn_model_free(m);
	return loaded;
}

/* What a measurement sums up before the rates. */
struct tally {
	double conf[BINS];
	size_t n[BINS], right[BINS], all, hit, covered, covered_hit;
};

static void
count(struct tally *y, struct cn_eval *e, uint32_t class, int best,
    double p, double threshold)
{
	int bin = (int)(p * BINS);
	bool right = best >= 0 && (uint32_t)best == class;

	if (bin >= BINS)
		bin = BINS - 1;
	y->conf[bin] += p;
	y->n[bin]++;
	y->right[bin] += right;
	y->all++;
	y->hit += right;
	if (best >= 0 && p >= threshold) {
		y->covered++;
		y->covered_hit += right;
	}
	e->support[class]++;
	if (best >= 0)
		e->confusion[class * e->classes + (uint32_t)best]++;
}

static void
begin(struct cn_eval *e, size_t classes, struct cn_arena *arena)
{
	memset(e, 0, sizeof(*e));
	e->classes = classes;
	e->label = cn_arena_alloc(arena, classes * sizeof(*e->label));
	e->precision = cn_arena_alloc(arena, classes * sizeof(double));
	e->recall = cn_arena_alloc(arena, classes * sizeof(double));
	e->f1 = cn_arena_alloc(arena, classes * sizeof(double));
	e->support = cn_arena_alloc(arena, classes * sizeof(size_t));
	e->confusion = cn_arena_alloc(arena, classes * classes *
	    sizeof(uint32_t));
}

static double
rate(double a, double b)
{
	return b > 0 ? a / b : 0;
}

static void
finish(struct cn_eval *e, const struct tally *y)
{
	size_t c, d, predicted, seen = 0;
	double gap, hit;
	int i;

	e->n = y->all;
	e->accuracy = rate((double)y->hit, (double)y->all);
	e->coverage = rate((double)y->covered, (double)y->all);
	e->covered_accuracy = rate((double)y->covered_hit,
	    (double)y->covered);
	for (i = 0; i < BINS; i++) {
		gap = y->conf[i] - (double)y->right[i];
		e->ece += rate(gap < 0 ? -gap : gap, (double)y->all);
	}
	for (c = 0; c < e->classes; c++) {
		predicted = 0;
		for (d = 0; d < e->classes; d++)
			predicted += e->confusion[d * e->classes + c];
		hit = e->confusion[c * e->classes + c];
		e->precision[c] = rate(hit, (double)predicted);
		e->recall[c] = rate(hit, (double)e->support[c]);
		e->f1[c] = rate(2 * e->precision[c] * e->recall[c],
		    e->precision[c] + e->recall[c]);
		if (e->support[c] == 0)
			continue;
		e->macro_f1 += e->f1[c];
		seen++;
	}
	e->macro_f1 = rate(e->macro_f1, (double)seen);
}

struct named {
	const char *label;
	uint32_t class;
};

static int
by_label(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->label,
	    ((const struct named *)b)->label);
}

/* Ranks the labels by their bytes: rank[class] is where it stands. */
static void
rank_labels(char *const *label, size_t n, struct cn_eval *e, uint32_t *rank,
    struct cn_arena *arena)
{
	struct named *s = cn_arena_alloc(arena, (n + 1) * sizeof(*s));
	size_t i;

	for (i = 0; i < n; i++)
		s[i] = (struct named){ label[i], (uint32_t)i };
	qsort(s, n, sizeof(*s), by_label);
	for (i = 0; i < n; i++) {
		e->label[i] = cn_arena_strdup(arena, s[i].label);
		rank[s[i].class] = (uint32_t)i;
	}
}

int
cn_eval_folds(const struct cn_train *t, const struct cn_train_opts *opts,
    unsigned k, struct cn_eval *e, struct cn_arena *arena, struct cn_err *err)
{
	static const struct cn_train_opts none;
	struct cn_part part = { .k = k };
	float p[CN_MODEL_CLASSES];
	uint32_t rank[CN_MODEL_CLASSES];
	struct tally y = { 0 };
	struct cn_norm norm;
	struct cn_model *m;
	size_t i;
	int best;

	if (k < 2 || k > 20)
		return cn_fail(err, CN_USAGE, "folds must be 2 to 20");
	begin(e, t->classes, arena);
	rank_labels(t->label, t->classes, e, rank, arena);
	for (part.out = 0; part.out < k; part.out++) {
		m = cn_fit_calibrated(t, opts ? opts : &none, &part, err);
		if (m == NULL)
			return -1;
		for (i = 0; i < t->n; i++) {
			if (cn_part_in(&part, &t->ex[i]))
				continue;
			best = -1;
			if (cn_model_score(m, t->ex[i].tf, t->ex[i].n, p,
			    &norm))
				best = cn_softmax(p, m->classes,
				    m->temperature);
			count(&y, e, rank[t->ex[i].class],
			    best < 0 ? -1 : (int)rank[best],
			    best < 0 ? 0 : p[best], m->threshold);
		}
		cn_model_free(m);
	}
	finish(e, &y);
	return 0;
}

/* The model's labels and those that only the examples have, side by side. */
static size_t
join_labels(const struct cn_model *m, const struct cn_train *t, char **label,
    uint32_t *of)
{
	size_t i, j, n = m->classes;

	memcpy(label, m->label, n * sizeof(*label));
	for (i = 0; i < t->classes; i++) {
		for (j = 0; j < m->classes; j++)
			if (strcmp(t->label[i], m->label[j]) == 0)
				break;
		if (j == m->classes) {
			label[n] = t->label[i];
			j = n++;
		}
		of[i] = (uint32_t)j;
	}
	return n;
}

int
cn_eval_model(const struct cn_model *m, const struct cn_train *t,
    struct cn_eval *e, struct cn_arena *arena, struct cn_err *err)
{
	char *label[2 * CN_MODEL_CLASSES];
	uint32_t rank[2 * CN_MODEL_CLASSES], of[CN_MODEL_CLASSES];
	float p[CN_MODEL_CLASSES];
	struct tally y = { 0 };
	struct cn_norm norm;
	size_t i, n;
	int best;

	if (cn_train_count(t) == 0)
		return cn_fail(err, CN_CONFIG, "no examples");
	n = join_labels(m, t, label, of);
	begin(e, n, arena);
	rank_labels(label, n, e, rank, arena);
	for (i = 0; i < t->n; i++) {
		if (t->ex[i].fold == UINT32_MAX)
			continue;
		best = -1;
		if (cn_model_score(m, t->ex[i].tf, t->ex[i].n, p, &norm))
			best = cn_softmax(p, m->classes, m->temperature);
		count(&y, e, rank[of[t->ex[i].class]],
		    best < 0 ? -1 : (int)rank[best],
		    best < 0 ? 0 : p[best], m->threshold);
	}
	finish(e, &y);
	return 0;
}
