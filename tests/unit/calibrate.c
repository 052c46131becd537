/* calibrate - how sure a model is, beside how often it is right
 *
 * Texts are made up: classes come in pairs that share most of their words, so
 * that how often one is taken for the other is known to be often. */
#include <stdlib.h>

#include "ai/inner.h"
#include "tap.h"

#define CLASSES 20
#define WORDS 6
#define BINS 15

static uint32_t seed = 1;

/* Below n. */
static uint32_t draw(uint32_t n)
{
	seed = seed * 1664525 + 1013904223;
	return (seed >> 8) % n;
}

/* Class c and c ^ 1 have eight words, and each prefers other four of them. */
static void make_text(uint32_t class, char *out, size_t size)
{
	size_t n = 0, i;
	uint32_t word;

	for (i = 0; i < WORDS; i++) {
		word = draw(4) + 4 * (draw(10) < 4 ? !(class & 1) : class & 1);
		n += (size_t)snprintf(out + n, size - n, "w%c%c ",
		    (char)('a' + class / 2), (char)('a' + word));
	}
}

static struct cn_train *make(size_t n)
{
	struct cn_train *t = cn_train_new();
	struct cn_err err;
	char label[8], text[100];
	size_t i;

	for (i = 0; i < n; i++) {
		snprintf(label, sizeof(label), "%zu", i % CLASSES);
		make_text((uint32_t)(i % CLASSES), text, sizeof(text));
		if (cn_train_add(t, cn_str(label), &(struct cn_ai_input){
		    .text = cn_str(text) }, &err) < 0)
			abort();
	}
	return t;
}

/* The mean ECE of draws from the very confidences that a model has. */
static double simulate(const struct cn_model *m, size_t n, uint32_t start)
{
	struct cn_arena arena = { 0 };
	float *p = cn_arena_alloc(&arena, n * sizeof(*p));
	float all[CN_MODEL_CLASSES];
	double gap[BINS], sum = 0;
	char text[100];
	int best, times = 400, i, bin;
	size_t j;

	seed = start;
	for (j = 0; j < n; j++) {
		make_text((uint32_t)(j % CLASSES), text, sizeof(text));
		best = cn_model_predict(m, &(struct cn_ai_input){ .text =
		    cn_str(text) }, all, &arena);
		p[j] = all[best];
	}
	for (i = 0; i < times; i++) {
		memset(gap, 0, sizeof(gap));
		for (j = 0; j < n; j++) {
			bin = (int)(p[j] * BINS);
			gap[bin < BINS ? bin : BINS - 1] += (double)p[j] -
			    (draw(1 << 20) < p[j] * (1 << 20));
		}
		for (bin = 0; bin < BINS; bin++)
			sum += gap[bin] < 0 ? -gap[bin] : gap[bin];
	}
	cn_arena_release(&arena);
	return sum / times / (double)n;
}

static void chance(const struct cn_model *m, size_t n)
{
	struct cn_arena arena = { 0 };
	struct cn_err err = { 0 };
	struct cn_eval e;
	uint32_t start = seed;
	struct cn_train *t = make(n);
	double drawn;

	if (cn_eval_model(m, t, &e, &arena, &err) < 0)
		abort();
	drawn = simulate(m, n, start);
	printf("# %zu: by chance %.4f, drawn %.4f\n", n, e.ece_chance, drawn);
	ok(e.ece_chance > 0.9 * drawn && e.ece_chance < 1.1 * drawn,
	    "what chance gives is what draws give");
	cn_train_free(t);
	cn_arena_release(&arena);
}

/* A model is asked what it was not trained on. */
static void honest(const struct cn_model *m)
{
	struct cn_arena arena = { 0 };
	struct cn_err err = { 0 };
	struct cn_eval e;
	struct cn_train *t = make(4000);

	if (cn_eval_model(m, t, &e, &arena, &err) < 0)
		abort();
	printf("# accuracy %.4f, ece %.4f, by chance %.4f\n", e.accuracy,
	    e.ece, e.ece_chance);
	ok(e.accuracy > 0.6 && e.accuracy < 0.9, "not easy, not hopeless");
	ok(e.ece < 0.04, "it is right as often as it says");
	cn_train_free(t);
	cn_arena_release(&arena);
}

/* Words that spam has more often than ham, in so many of ten. */
static void make_mail(uint32_t share, char out[60])
{
	size_t n = 0;
	int i;

	for (i = 0; i < 8; i++)
		n += (size_t)snprintf(out + n, 60 - n, "w%c ", (char)('a' +
		    draw(8) + (draw(10) < share ? 8 : 0)));
}

static void add_mail(struct cn_train *t, const char *label, uint32_t share)
{
	struct cn_err err;
	char text[60];

	make_mail(share, text);
	if (cn_train_add(t, cn_str(label), &(struct cn_ai_input){
	    .text = cn_str(text) }, &err) < 0)
		abort();
}

/* A measurement goes by the threshold, too. */
static void measured(const struct cn_model *m, const struct cn_train *t,
    size_t spam, size_t lost)
{
	struct cn_arena arena = { 0 };
	struct cn_err err = { 0 };
	struct cn_eval e;

	if (cn_eval_model(m, t, &e, &arena, &err) < 0)
		abort();
	/* Labels are sorted: ham is 0. */
	ok(e.confusion[3] == spam && e.confusion[1] == lost,
	    "as many are measured");
	cn_arena_release(&arena);
}

/* How many of 200 spams and 200 hams a model calls spam whose ham has two among
 * it that are nothing but spam. */
static void caught(size_t hams, size_t *spam, size_t *lost)
{
	struct cn_train *t = cn_train_new(), *asked = cn_train_new();
	struct cn_arena arena = { 0 };
	struct cn_err err = { 0 };
	struct cn_model *m;
	float p[2];
	char text[60];
	size_t i;

	seed = 5;
	for (i = 0; i < hams; i++) {
		add_mail(t, "ham", i > 9 || i % 9 > 0 ? 1 : 10);
		if (i % 5 == 0)
			add_mail(t, "spam", 9);
	}
	if ((m = cn_model_train(t, NULL, &err)) == NULL)
		abort();
	*spam = *lost = 0;
	for (i = 0; i < 400; i++) {
		make_mail(i % 2 ? 9 : 1, text);
		cn_model_predict(m, &(struct cn_ai_input){ .text =
		    cn_str(text) }, p, &arena);
		*(i % 2 ? spam : lost) += (double)p[cn_model_spam(m)] >=
		    cn_model_threshold(m);
		if (cn_train_add(asked, cn_str(i % 2 ? "spam" : "ham"),
		    &(struct cn_ai_input){ .text = cn_str(text) }, &err) < 0)
			abort();
	}
	measured(m, asked, *spam, *lost);
	printf("# %zu ham: %zu spams, %zu hams, above %.4f\n", hams, *spam,
	    *lost, cn_model_threshold(m));
	cn_model_free(m);
	cn_train_free(t);
	cn_train_free(asked);
	cn_arena_release(&arena);
}

static void ham_apart(void)
{
	size_t spam, lost;

	caught(2100, &spam, &lost);
	ok(spam > 160 && lost == 0, "one ham in a thousand lies apart");
	caught(700, &spam, &lost);
	ok(spam < 120 && lost == 0, "control: of fewer each counts");
}

/* One temperature, other texts. */
static void heat(void)
{
	float s[CLASSES];
	double t, hotter;
	int i;

	for (i = 0; i < CLASSES; i++)
		s[i] = i % 2 ? 1.2f : -1.2f;
	t = cn_model_heat(s, CLASSES, 0.5, false);
	ok(t > 0.4999 && t < 0.5001, "sums that lie apart as they mostly do");
	for (i = 0; i < CLASSES; i++)
		s[i] = 4 * s[i] + 7;
	hotter = cn_model_heat(s, CLASSES, 0.5, false);
	ok(hotter > 1.999 * t && hotter < 2.001 * t,
	    "four times as far apart: twice the temperature");
	hotter = cn_model_heat(s, CLASSES, 0.5, true);
	ok(hotter > 1.413 * t && hotter < 1.415 * t, "mixed: the root of that");
	t = cn_model_heat(s, 9, 0.5, false);
	ok(t > 0.4999 && t < 0.5001, "of few classes it is what it is");
	for (i = 0; i < CLASSES; i++)
		s[i] = 3;
	t = cn_model_heat(s, CLASSES, 0.5, false);
	ok(t > 0.4999 && t < 0.5001, "and where all are alike");
}

int main(void)
{
	struct cn_err err = { 0 };
	struct cn_train *t = make(2000);
	struct cn_model *m = cn_model_train(t, NULL, &err);

	if (m == NULL)
		abort();
	chance(m, 200);
	chance(m, 2000);
	honest(m);
	heat();
	ham_apart();
	cn_model_free(m);
	cn_train_free(t);
	return done();
}
