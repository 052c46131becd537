/* eval.c - measurement */
#include <stdlib.h>
#include <string.h>

#include "inner.h"

#define BINS 15

/* What a measurement sums up before the rates. */
struct tally {
	double conf[BINS];
	double spread[BINS];		/* variance of right, were conf true */
	size_t right[BINS], all, hit, covered, covered_hit;
	size_t outside, away;
	/* With abstaining as the last: what is, what was said. */
	size_t is[2 * CN_MODEL_CLASSES + 1], said[2 * CN_MODEL_CLASSES + 1];
};

/* Of one example: its class, the best guess or -1, how sure, whether that was
 * enough to decide. */
static void
count(struct tally *y, struct cn_eval *e, uint32_t class, bool outside,
    int best, double p, bool sure)
{
	int bin = (int)(p * BINS);
	bool right = best >= 0 && (uint32_t)best == class;

	y->is[outside ? e->classes : class]++;
	y->said[sure && best >= 0 ? (uint32_t)best : e->classes]++;
	if (outside) {
		y->outside++;
		y->away += !sure;
		return;
	}
	if (bin >= BINS)
		bin = BINS - 1;
	y->conf[bin] += p;
	y->spread[bin] += p * (1 - p);
	y->right[bin] += right;
	y->all++;
	y->hit += right;
	if (sure) {
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

static double
mcc(const struct tally *y, size_t classes)
{
	double all = (double)(y->all + y->outside), is = 0, said = 0, both = 0;
	double hit = (double)(y->covered_hit + y->away), v;
	size_t i;

	for (i = 0; i <= classes; i++) {
		is += (double)y->is[i] * (double)y->is[i];
		said += (double)y->said[i] * (double)y->said[i];
		both += (double)y->is[i] * (double)y->said[i];
	}
	v = (all * all - is) * (all * all - said);
	return v > 0 ? (hit * all - both) / cn_root(v) : 0;
}

/* How far as many right as there are, each with its own probability, lie from
 * their mean, on average: as a normal variable of that variance does; and where
 * they are one, or hardly ever right or wrong, twice the variance (both bound it
 * from above but for a few hundredths). */
static double
by_chance(double variance)
{
	double few = 2 * variance, many = 0.7978845608 * cn_root(variance);

	return few < many ? few : many;
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
	e->outside = y->outside;
	e->decided = rate((double)y->covered_hit, (double)y->all);
	e->outside_recall = rate((double)y->away, (double)y->outside);
	e->mcc = mcc(y, e->classes);
	for (i = 0; i < BINS; i++) {
		gap = y->conf[i] - (double)y->right[i];
		e->ece += rate(gap < 0 ? -gap : gap, (double)y->all);
		if (y->spread[i] > 0)
			e->ece_chance += rate(by_chance(y->spread[i]),
			    (double)y->all);
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

/* As cn-classify would: what another encoder made of it than the model's is not
 * used. */
static void
judge(const struct cn_model *m, const struct cn_train *t,
    const struct cn_example *x, struct tally *y, struct cn_eval *e,
    uint32_t class, bool outside, const uint32_t *rank)
{
	struct cn_asked asked = cn_example_asked(x);
	float p[CN_MODEL_CLASSES];
	struct cn_norm norm;
	bool sure;
	int best;

	if (t->enc && strcmp(m->encoder, cn_encoder_id(t->enc)) != 0)
		asked.meaning = NULL;
	best = cn_model_answer(m, &asked, p, &norm, &sure);
	if (best < 0)
		count(y, e, class, outside, -1, 0, false);
	else
		count(y, e, class, outside, (int)rank[best], p[best], sure);
}

int
cn_eval_folds(const struct cn_train *t, const struct cn_train_opts *opts,
    unsigned k, struct cn_eval *e, struct cn_arena *arena, struct cn_err *err)
{
	struct cn_part part = { .k = k };
	uint32_t rank[CN_MODEL_CLASSES];
	struct tally y = { 0 };
	struct cn_model *m;
	size_t i;

	if (k < 2 || k > 20)
		return cn_fail(err, CN_USAGE, "folds must be 2 to 20");
	begin(e, t->classes, arena);
	rank_labels(t->label, t->classes, e, rank, arena);
	for (part.out = 0; part.out < k; part.out++) {
		m = cn_train_part(t, opts, &part, err);
		if (m == NULL)
			return -1;
		for (i = 0; i < t->n; i++) {
			if (cn_part_in(&part, &t->ex[i]))
				continue;
			judge(m, t, &t->ex[i], &y, e, rank[t->ex[i].class],
			    t->ex[i].class + 1 == t->outside, rank);
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
	struct tally y = { 0 };
	size_t i, n;

	if (cn_train_count(t) == 0)
		return cn_fail(err, CN_CONFIG, "no examples");
	n = join_labels(m, t, label, of);
	begin(e, n, arena);
	rank_labels(label, n, e, rank, arena);
	for (i = 0; i < t->n; i++) {
		if (t->ex[i].fold == UINT32_MAX)
			continue;
		judge(m, t, &t->ex[i], &y, e, rank[of[t->ex[i].class]],
		    t->ex[i].class + 1 == t->outside ||
		    of[t->ex[i].class] + 1 == m->outside, rank);
	}
	finish(e, &y);
	return 0;
}
