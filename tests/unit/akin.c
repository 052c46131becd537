/* akin - a model of spam and the mails that it keeps */
#include <stdlib.h>
#include <string.h>

#include "ai/inner.h"
#include "seal.h"
#include "tap.h"

static const char *const mails[][2] = {
	{ "ham", "where is the red kettle of order 7" },
	{ "ham", "the red kettle of order 8 leaks" },
	{ "ham", "please send the invoice of order 9" },
	{ "ham", "the invoice of order 5 is wrong" },
	{ "spam", "win a prize now with no risk" },
	{ "spam", "a prize is yours, no risk, click now" },
	{ "spam", "cheap watches, click now" },
	{ "spam", "cheap watches and pills, win now" }
};
#define NMAILS (sizeof(mails) / sizeof(mails[0]))

static const char spam[] = "win a prize now with little risk";
static const char ham[] = "the red kettle of order 8 drips";

static struct cn_model *train(void)
{
	struct cn_train *t = cn_train_new();
	struct cn_err err = { 0 };
	struct cn_model *m;
	size_t i;

	for (i = 0; i < NMAILS; i++)
		if (cn_train_add(t, cn_str(mails[i][0]),
		    &(struct cn_ai_input){ .text = cn_str(mails[i][1]) }, &err) < 0)
			abort();
	m = cn_model_train(t, &(struct cn_train_opts){ .epochs = 10 }, &err);
	cn_train_free(t);
	if (m == NULL)
		abort();
	return m;
}

static float asked(const struct cn_model *m, const char *text)
{
	struct cn_arena arena = { 0 };
	float p[2];

	cn_model_predict(m, &(struct cn_ai_input){ .text = cn_str(text) }, p,
	    &arena);
	cn_arena_release(&arena);
	return p[cn_model_spam(m)];
}

static struct cn_model *load(const struct cn_buf *b, int *status)
{
	struct cn_err err = { 0 };
	struct cn_model *m = cn_model_load(cn_buf_view(b), &err);

	*status = err.status;
	return m;
}

static void kept(struct cn_buf *bytes)
{
	struct cn_buf again = { 0 }, old = { 0 };
	struct cn_model *m = train(), *loaded, *without;
	struct cn_akin *akin = m->akin;
	int status;

	cn_model_save(m, bytes);
	ok(bytes->p[7] == 3 && akin && akin->n == NMAILS,
	    "each mail is kept");
	if ((loaded = load(bytes, &status)) == NULL)
		abort();
	cn_model_save(loaded, &again);
	ok(again.len == bytes->len && memcmp(again.p, bytes->p, again.len) == 0,
	    "and comes back from the file");
	m->akin = NULL;
	cn_model_save(m, &old);
	m->akin = akin;
	if ((without = load(&old, &status)) == NULL)
		abort();
	ok(old.p[7] == 2 && without->akin == NULL,
	    "a model of before has none, and is read");
	ok(asked(loaded, spam) == asked(m, spam) &&
	    asked(loaded, spam) > asked(without, spam),
	    "what is like a spam is more so");
	ok(asked(loaded, ham) < asked(without, ham),
	    "what is like a ham is less so");
	old.p[7] = 4;
	cn_model_free(without);
	without = load(&old, &status);
	ok(without == NULL && status == CN_CONFIG, "one of later is 78");
	cn_model_free(without);
	cn_model_free(loaded);
	cn_model_free(m);
	cn_buf_release(&again);
	cn_buf_release(&old);
}

/* Each byte changed under a right checksum. */
static void hostile(const struct cn_buf *bytes)
{
	static const unsigned char as[] = { 0, 1, 0x7f, 0xff };
	size_t i, k, refused = 0, wrong = 0, loads = 0;
	struct cn_buf b = { 0 };
	struct cn_model *m;
	int status;

	for (i = 8; i + 8 < bytes->len; i++)
		for (k = 0; k < sizeof(as); k++) {
			b.len = 0;
			cn_buf_add(&b, bytes->p, bytes->len);
			b.p[i] = (char)as[k];
			seal(&b);
			if ((m = load(&b, &status)) == NULL) {
				refused++;
				wrong += status != CN_INTEGRITY;
				continue;
			}
			loads++;
			wrong += !(asked(m, spam) >= 0);
			cn_model_free(m);
		}
	ok(refused > 0 && loads > 0 && wrong == 0,
	    "damage is refused or harmless");
	cn_buf_release(&b);
}

/* How many of n are kept. */
static size_t kept_of(struct cn_train *t, size_t n)
{
	struct cn_model *m = cn_model_new(2, 0, 0);
	struct cn_part all = { 0 };
	struct cn_err err = { 0 };
	size_t i;

	for (i = cn_train_count(t); i < n; i++)
		if (cn_train_add(t, cn_str(i % 3 ? "ham" : "spam"),
		    &(struct cn_ai_input){ .text = cn_str("x") }, &err) < 0)
			abort();
	cn_model_index(m);
	cn_akin_fit(m, t, &all);
	i = m->akin->n;
	cn_model_free(m);
	return i;
}

static void many(void)
{
	struct cn_train *t = cn_train_new();

	ok(kept_of(t, CN_AKIN_MOST) == CN_AKIN_MOST, "of very many all");
	ok(kept_of(t, CN_AKIN_MOST + 10) == CN_AKIN_MOST / 2 + 5,
	    "of too many every second");
	cn_train_free(t);
}

int main(void)
{
	struct cn_buf bytes = { 0 };

	kept(&bytes);
	hostile(&bytes);
	many();
	cn_buf_release(&bytes);
	return done();
}
