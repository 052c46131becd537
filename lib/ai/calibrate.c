/* calibrate.c - how sure a model may be, from what it was not trained on
 *
 * A temperature makes confidence honest; below a threshold the model abstains.
 * What belongs to no class is needed to find the threshold: the examples that
 * say so, or else, where there are classes enough, those of classes that are
 * left out (leave-one-class-out; every fold leaves out its tenth of them).  With
 * fewer to choose from a model is right more often: where examples are not many
 * the temperature is of folds that know all classes.  (With five and ten
 * examples a class of banking77 and ten of clinc150 confidence was above what was
 * right by 1.6, 1.5 and 2.6 points of a hundred, and is by -0.3, 0.6 and 1.3.) */
#include <stdlib.h>
#include <string.h>

#include "inner.h"

#define HOLD 5				/* one in five, all five */
#define MANY 5000			/* of more, one in three, once */
#define HOLD_MANY 3
#define HOLD_SPAM 10			/* of mails, and all ten are */
#define MANY_HAM 1000
#define FOUND 0.95
/* Where it is not told otherwise a model abstains where fewer than this share
 * of held-out messages at that confidence and above was right. */
#define SURE 0.8
#define THRESHOLD_MIN 0.2
#define THRESHOLD_MAX 0.5
/* An outsider that is turned away is worth this share of an insider that is
 * decided and right. */
#define OUTSIDER 0.3
#define LUCK 0.002			/* a gain that says nothing */
#define STEPS 1000
#define LEAVE_OUT 10			/* one in so many classes */
#define LEAVE_OUT_MIN 10		/* classes */

/* Held-out scores of one example: softmax is still to come. */
struct held {
	uint32_t class;
	bool outside;
	float *score;			/* of the words */
	float *side;			/* of the encoder, or NULL */
	float *sum;			/* what a temperature is sought for */
};

struct held_set {
	struct held *h;
	size_t n;
	bool mixed;			/* sums have the encoder's side */
	struct cn_arena arena;
};

/* The likeliest of the other classes, to a model that was trained on it. */
static size_t
rival(const struct cn_model *m, const struct cn_example *x)
{
	float score[CN_MODEL_CLASSES];
	struct cn_norm norm;
	size_t c, best = x->class == 0;

	cn_model_score(m, x->tf, x->n, score, &norm);
	for (c = 0; c < m->classes; c++)
		if (c != x->class && score[c] > score[best])
			best = c;
	return best;
}

static void
score_held(const struct cn_model *m, const struct cn_example *x,
    struct held_set *set, bool outside)
{
	struct held *h = &set->h[set->n++];
	struct cn_asked asked = cn_example_asked(x);
	struct cn_norm norm;
	size_t size = m->classes * sizeof(float);

	h->class = x->class;
	h->outside = outside;
	h->score = cn_arena_alloc(&set->arena, size);
	cn_asked_score(m, &asked, h->score, &norm);
	h->sum = h->score;
	if (m->meaning == NULL || x->meaning == NULL)
		return;
	h->sum = cn_arena_alloc(&set->arena, size);
	memcpy(h->sum, h->score, size);
	h->side = cn_model_meaning(m, x->meaning, cn_arena_alloc(&set->arena,
	    size));
}

/* How what is left out of a training is planned. */
struct plan {
	unsigned k, folds;		/* one in k, so many times */
	unsigned kc;			/* one class in so many, or 0 */
	bool twice;			/* once with all classes, too */
};

static struct plan
make_plan(const struct cn_train *t, const struct cn_part *part)
{
	unsigned kc = t->outside == 0 && t->classes >= LEAVE_OUT_MIN ?
	    LEAVE_OUT : 0;
	size_t n = 0, i;

	for (i = 0; i < t->n; i++)
		n += cn_part_in(part, &t->ex[i]);
	if (cn_train_spam(t) >= 0)
		return (struct plan){ HOLD_SPAM, HOLD_SPAM, 0, false };
	if (t->outside == 0 && n > MANY)
		return (struct plan){ HOLD_MANY, 1, kc, false };
	return (struct plan){ HOLD, HOLD, kc, kc > 0 };
}

/* Whole is trained on all of the part.  Of a class that is left out every
 * example is an outsider.  An example whose rival is left out is passed over:
 * it would seem easier than it is, and the model surer than it may be. */
static int
hold_out(const struct cn_train *t, const struct cn_train_opts *o,
    const struct cn_part *part, const struct plan *plan, unsigned kc,
    const struct cn_model *whole, struct held_set *set, struct cn_err *err)
{
	struct cn_part inner = *part;
	unsigned i;
	const struct cn_example *x;
	struct cn_model *m;
	size_t j;
	bool out;

	inner.k2 = plan->k;
	inner.kc = kc;
	set->h = cn_alloc((2 * t->n + 1) * sizeof(*set->h));
	for (i = 0; i < plan->folds; i++) {
		inner.out2 = i;
		m = cn_fit(t, o, &inner, err);
		if (m == NULL)
			return -1;
		for (j = 0; j < t->n; j++) {
			x = &t->ex[j];
			if (!cn_part_held(&inner, x) || !cn_part_in(part, x))
				continue;
			out = cn_part_left_out(&inner, x->class);
			if (inner.kc && !out && cn_part_left_out(&inner,
			    (uint32_t)rival(whole, x)))
				continue;
			score_held(m, x, set, out ||
			    x->class + 1 == t->outside);
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
		if (set->h[i].outside)
			continue;
		memcpy(p, set->h[i].sum, classes * sizeof(*p));
		cn_softmax(p, classes, cn_model_heat(p, classes, temperature,
		    set->mixed));
		sum -= cn_log(p[set->h[i].class] + 1e-9);
	}
	return sum;
}

/* The loss is convex in 1/T: walk a grid from 1, a finer one from its best. */
static double
fit_temperature(const struct held_set *set, size_t classes)
{
	static const double steps[] = { 1.2, 1.05, 1.01 };
	double t = 1, best = log_loss(set, classes, 1), loss, factor;
	int way, i, n;

	for (n = 0; n < 3; n++) {
		for (way = 0; way < 2; way++) {
			factor = way ? 1 / steps[n] : steps[n];
			for (i = 0; i < 16; i++) {
				loss = log_loss(set, classes, t * factor);
				if (loss >= best)
					break;
				best = loss;
				t *= factor;
			}
			if (i)
				break;
		}
	}
	return t;
}

/* Held-out examples by how certain they are. */
struct steps {
	size_t right[STEPS + 1], wrong[STEPS + 1], outside[STEPS + 1];
};

static void
take_steps(const struct held_set *set, const struct cn_model *m, bool mixed,
    struct steps *s)
{
	float p[CN_MODEL_CLASSES];
	size_t i;
	double certain;
	int best, bin;

	memset(s, 0, sizeof(*s));
	for (i = 0; i < set->n; i++) {
		memcpy(p, set->h[i].score, m->classes * sizeof(*p));
		best = cn_model_decide(m, p, mixed ? set->h[i].side : NULL,
		    &certain);
		bin = (int)(certain * STEPS);
		if (set->h[i].outside)
			s->outside[bin]++;
		else if ((uint32_t)best == set->h[i].class)
			s->right[bin]++;
		else
			s->wrong[bin]++;
	}
}

/* The lowest confidence from which on SURE of the held-out are right. */
static double
sure_threshold(const struct steps *s)
{
	double threshold = THRESHOLD_MAX;
	size_t r = 0, n = 0;
	int bin;

	for (bin = STEPS; bin >= 0; bin--) {
		r += s->right[bin];
		n += s->right[bin] + s->wrong[bin];
		if (n && (double)r >= SURE * (double)n)
			threshold = bin / (double)STEPS;
	}
	return threshold < THRESHOLD_MIN ? THRESHOLD_MIN :
	    threshold > THRESHOLD_MAX ? THRESHOLD_MAX : threshold;
}

/* Where insiders decided rightly and outsiders turned away are the most; of
 * what is as good but for luck, the lowest. */
static double
outside_threshold(const struct steps *s)
{
	double in = 0, out = 0, right = 0, away = 0, gain[STEPS + 1], most = 0;
	int bin;

	for (bin = 0; bin <= STEPS; bin++) {
		in += (double)(s->right[bin] + s->wrong[bin]);
		right += (double)s->right[bin];
		out += (double)s->outside[bin];
	}
	for (bin = 0; bin <= STEPS; bin++) {
		gain[bin] = right / in + OUTSIDER * away / out;
		most = gain[bin] > most ? gain[bin] : most;
		right -= (double)s->right[bin];
		away += (double)s->outside[bin];
	}
	for (bin = 0; gain[bin] < most - LUCK; bin++)
		;
	return bin / (double)STEPS;
}

/* Where with the encoder as many insiders are decided as without it. */
static double
same_coverage(const struct held_set *set, const struct cn_model *m,
    const struct steps *both)
{
	struct steps words;
	size_t covered = 0, n = 0;
	int bin;

	take_steps(set, m, false, &words);
	for (bin = STEPS; bin >= m->threshold * STEPS; bin--)
		covered += words.right[bin] + words.wrong[bin];
	for (bin = STEPS; bin > 0 && n < covered; bin--)
		n += both->right[bin] + both->wrong[bin];
	return bin / (double)STEPS;
}

/* The encoder tells outsiders better: that it decides less is luck, too. */
static double
fit_threshold(const struct held_set *set, const struct cn_model *m, bool mixed)
{
	struct steps s;
	size_t i, outside = 0;
	double best, same;

	take_steps(set, m, mixed, &s);
	for (i = 0; i < set->n; i++)
		outside += set->h[i].outside;
	if (outside == 0 || outside == set->n)
		return sure_threshold(&s);
	best = outside_threshold(&s);
	same = mixed ? same_coverage(set, m, &s) : best;
	return same < best ? same : best;
}

static int
by_float(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

/* Mail that is lost costs more than spam that is read: the threshold is
 * above all of the held-out ham, and a fifth of what is left is for the next,
 * which may be higher than all before it.  Where there is ham enough, one in
 * MANY_HAM does not count, for one that lies apart would hide half of the spam;
 * but then it is never lower than where FOUND of the held-out spam is. */
static double
fit_ham(const struct held_set *set, size_t spam, double temperature)
{
	float *ham = cn_alloc((set->n + 1) * sizeof(*ham)), p[2];
	float *found = cn_alloc((set->n + 1) * sizeof(*found));
	size_t i, n = 0, k = 0;
	double top = 0.5;

	for (i = 0; i < set->n; i++) {
		memcpy(p, set->h[i].sum, sizeof(p));
		cn_softmax(p, 2, temperature);
		if (set->h[i].class == spam)
			found[k++] = p[spam];
		else
			ham[n++] = p[spam];
	}
	qsort(ham, n, sizeof(*ham), by_float);
	qsort(found, k, sizeof(*found), by_float);
	if (n > 0 && ham[n - 1 - n / MANY_HAM] > top)
		top = ham[n - 1 - n / MANY_HAM];
	top += (1 - top) / 5;
	i = (size_t)((1 - FOUND) * (double)k);
	if (n >= MANY_HAM && k > 0 && found[i] > top)
		top = found[i];
	free(ham);
	free(found);
	return top;
}

static void
mix(struct held_set *set, size_t classes, double share)
{
	struct held *h;
	size_t i, c;

	for (i = 0; i < set->n; i++) {
		h = &set->h[i];
		for (c = 0; h->side && c < classes; c++)
			h->sum[c] = h->score[c] + (float)share * h->side[c];
	}
}

/* Those that the encoder does not know are judged without it. */
static void
keep_known(struct held_set *set)
{
	size_t i, n = 0;

	for (i = 0; i < set->n; i++)
		if (set->h[i].side)
			set->h[n++] = set->h[i];
	set->n = n;
	set->mixed = true;
}

/* How much the encoder's side counts is what makes the held-out likeliest. */
static void
calibrate_mix(struct held_set *set, struct held_set *apart, struct cn_model *m)
{
	static const double shares[] = { 0.25, 0.35, 0.5, 0.7, 1, 1.4, 2 };
	double loss, best = 0;
	size_t i, n;

	keep_known(set);
	if (apart != set)
		keep_known(apart);
	n = set->n;
	for (i = 0; i < n; i++)
		memcpy(set->h[i].sum, set->h[i].side, m->classes *
		    sizeof(float));
	m->temperature_side = fit_temperature(set, m->classes);
	for (i = 0; n && i < sizeof(shares) / sizeof(shares[0]); i++) {
		mix(set, m->classes, shares[i]);
		loss = log_loss(set, m->classes, fit_temperature(set,
		    m->classes));
		if (i && loss >= best)
			continue;
		best = loss;
		m->mix = shares[i];
	}
	mix(set, m->classes, m->mix);
	m->temperature_use = fit_temperature(set, m->classes);
	m->threshold_use = fit_threshold(apart, m, true);
}

/* Of set the temperatures, of apart the thresholds; they may be the same. */
static void
calibrate(struct held_set *set, struct held_set *apart, int spam,
    struct cn_model *m)
{
	if (set->n == 0 || m->classes < 2) {
		/* Nothing was measured, so nothing is promised. */
		m->threshold = m->classes > 1 ? THRESHOLD_MAX : 1;
		return;
	}
	m->temperature = fit_temperature(set, m->classes);
	m->threshold = spam >= 0 ? fit_ham(set, (size_t)spam,
	    m->temperature) : fit_threshold(apart, m, false);
	if (m->meaning)
		calibrate_mix(set, apart, m);
}

static struct cn_model *
fit_calibrated(const struct cn_train *t, const struct cn_train_opts *o,
    const struct cn_part *part, struct cn_err *err)
{
	struct held_set set = { 0 }, apart = { 0 };
	struct cn_model *m = cn_fit(t, o, part, err);
	struct plan plan = make_plan(t, part);
	int rc;

	if (m == NULL)
		return NULL;
	rc = hold_out(t, o, part, &plan, plan.twice ? 0 : plan.kc, m, &set,
	    err);
	if (rc == 0 && plan.twice)
		rc = hold_out(t, o, part, &plan, plan.kc, m, &apart, err);
	if (rc == 0)
		calibrate(&set, plan.twice ? &apart : &set, cn_train_spam(t),
		    m);
	if (o->threshold > 0)
		cn_model_set_threshold(m, o->threshold);
	cn_arena_release(&set.arena);
	cn_arena_release(&apart.arena);
	free(set.h);
	free(apart.h);
	if (rc < 0) {
		cn_model_free(m);
		return NULL;
	}
	return m;
}

struct cn_model *
cn_train_part(const struct cn_train *t, const struct cn_train_opts *opts,
    const struct cn_part *part, struct cn_err *err)
{
	static const struct cn_train_opts none;
	struct cn_buf bytes = { 0 };
	struct cn_model *m, *loaded;

	m = fit_calibrated(t, opts ? opts : &none, part, err);
	if (m == NULL)
		return NULL;
	cn_model_save(m, &bytes);
	loaded = cn_model_load(cn_buf_view(&bytes), err);
	cn_buf_wipe(&bytes);
	cn_model_free(m);
	return loaded;
}

struct cn_model *
cn_model_train(const struct cn_train *t, const struct cn_train_opts *opts,
    struct cn_err *err)
{
	static const struct cn_part whole;

	if (cn_train_count(t) == 0)
		return cn_fail(err, CN_CONFIG, "no examples"), NULL;
	return cn_train_part(t, opts, &whole, err);
}
