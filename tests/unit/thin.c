/* thin - which examples are left out where there is no room for all */
#include <stdlib.h>
#include <string.h>

#include "ai/inner.h"
#include "tap.h"

#define CLASSES 3

static const char *const label[CLASSES] = { "much", "some", "rare" };
static const size_t many[CLASSES] = { 300, 40, 3 };
static size_t has[CLASSES];		/* what is left of each */

static struct cn_train *set(size_t room, size_t stay)
{
	struct cn_train *t = cn_train_new();
	struct cn_err err;
	char text[100];
	size_t c, i;

	cn_train_room(t, room);
	for (c = 0; c < CLASSES; c++)
		for (i = 0; i < many[c]; i++) {
			if (c == 0 && i == stay && stay > 0)
				cn_train_stay(t);
			snprintf(text, sizeof(text), "%s number %zu, please",
			    label[c], i * 7919);
			if (cn_train_add(t, cn_str(label[c]),
			    &(struct cn_ai_input){ .text = cn_str(text) },
			    &err) < 0)
				abort();
		}
	return t;
}

/* Counts what is left; is it in order still, are folds 0, 1, 2, …, are there no
 * more features than there are said to be? */
static bool sound(const struct cn_train *t)
{
	size_t i, features = 0;
	bool good = true;

	memset(has, 0, sizeof(has));
	for (i = 0; i < t->n; i++) {
		const struct cn_example *e = &t->ex[i];

		good &= i == 0 || e->class >= e[-1].class;
		features += e->size;
		if (e->fold != UINT32_MAX)
			good &= e->fold == has[e->class]++;
	}
	return good && features == t->features && features <= t->room;
}

static struct cn_model *model(const struct cn_train *t)
{
	struct cn_train_opts o = { .epochs = 3 };
	struct cn_err err;
	struct cn_model *m = cn_model_train(t, &o, &err);

	if (m == NULL)
		abort();
	return m;
}

static void whole(size_t *features)
{
	struct cn_train *t = set(1u << 20, 0);

	ok(cn_train_settle(t) == 0, "where there is room nothing is left out");
	ok(sound(t) && has[0] == many[0] && has[1] == many[1] &&
	    has[2] == many[2], "all are there");
	*features = t->features;
	cn_train_free(t);
}

static void thinned(size_t features)
{
	struct cn_train *t = set(features / 2, 0), *same = set(features / 2, 0);
	size_t out = cn_train_settle(t);
	struct cn_model *m, *n;

	ok(sound(t), "what is left fits, and is counted anew");
	ok(has[0] + has[1] + has[2] + out == many[0] + many[1] + many[2],
	    "what was left out is counted");
	ok(has[1] == many[1] && has[2] == many[2], "the largest alone loses");
	ok(has[0] > 100 && has[0] < 200, "not more than it must");
	cn_train_settle(same);
	m = model(t);
	n = model(same);
	ok(strcmp(cn_model_id(m), cn_model_id(n)) == 0, "the same again");
	cn_model_free(m);
	cn_model_free(n);
	cn_train_free(t);
	cn_train_free(same);

	t = set(features / 10, 0);
	cn_train_settle(t);
	ok(sound(t) && has[0] == has[1] && has[0] < many[1] && has[2] ==
	    many[2], "with less the next shares its number");
	cn_train_free(t);
}

static void stays(size_t features)
{
	struct cn_train *t = set(features / 2, 50), *small = cn_train_new();
	struct cn_err err;
	size_t i;

	cn_train_settle(t);
	sound(t);
	for (i = 0; i < 51 && t->ex[i].class == 0; i++)
		continue;
	ok(i == 51 && has[0] > 50 && has[1] == many[1],
	    "what stays is not left out");
	cn_train_free(t);

	cn_train_room(small, 3);
	ok(cn_train_add(small, cn_str("word"), &(struct cn_ai_input){
	    .text = cn_str("far more of it than there is room for") },
	    &err) < 0 && err.status == CN_CONFIG,
	    "no room for one");
	ok(cn_train_count(small) == 0 && cn_train_classes(small) == 0,
	    "and nothing was added");
	cn_train_free(small);
}

int main(void)
{
	size_t features;

	whole(&features);
	thinned(features);
	stays(features);
	return done();
}
