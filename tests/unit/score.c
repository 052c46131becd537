/* score - the fast ways to words, features and sums, beside the plain ones */
#include <stdlib.h>
#include <string.h>

#include "ai/inner.h"
#include "tap.h"

static const char *const texts[][2] = {
	{ "", " " },
	{ " ... ", " " },
	{ "Where IS my card?", " where is my card " },
	{ "don't. 'quoted' (words), a-b", " dont quoted words a b " },
	{ "end. Next.\nlast.", " end next last " },
	{ "a.b www. x www.y z", " a b / x / z " },
	{ "mail a@b.test or c@ d", " mail @ or c d " },
	{ "see http://x.test/y?z, 12 and 123", " see / 12 and # " },
	{ "Café ist zu\xc2\xa0teuer\xff!", " cafe ist zu teuer " },
	{ "मेरा पार्सल", " मेरा पार्सल " },
	{ "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b",
	    " aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa b " }
};
#define NTEXTS (sizeof(texts) / sizeof(texts[0]))

static void
words_of(struct cn_words *w, struct cn_str text, struct cn_arena *arena)
{
	cn_words(w, cn_str(NULL), 0, text, CN_AI_TEXT_MAX, false, arena);
}

static int
by_key(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* The keys of words and pairs, or of runs, in order. */
static bool
same_keys(const struct cn_words *w, bool runs, struct cn_arena *arena)
{
	size_t n, all, words, i, k = 0, m;
	struct cn_feat *f = cn_feats(w, &n, arena);
	uint32_t *want = cn_arena_alloc(arena, (n + 1) * sizeof(*want));
	uint32_t *got = cn_keys(w, &words, &all, arena);

	for (i = 0; i < n; i++)
		if ((f[i].kind == CN_WHY_CHARS) == runs)
			want[k++] = f[i].key;
	m = runs ? all - words : words;
	got += runs ? words : 0;
	qsort(want, k, sizeof(*want), by_key);
	qsort(got, m, sizeof(*got), by_key);
	return k == m && memcmp(want, got, k * sizeof(*got)) == 0;
}

static uint32_t
random_number(uint32_t *state, uint32_t n)
{
	*state = *state * 1664525 + 1013904223;
	return (*state >> 8) % n;
}

/* The same text with a soft hyphen before each white space, which is not plain
 * and is no part of a word. */
static struct cn_str
slow_text(struct cn_str text, struct cn_arena *arena)
{
	char *p = cn_arena_alloc(arena, 3 * text.n + 3);
	size_t i, n = 0;

	for (i = 0; i <= text.n; i++) {
		if (i == text.n || (unsigned char)text.p[i] <= ' ') {
			memcpy(p + n, "\xc2\xad", 2);
			n += 2;
		}
		if (i < text.n)
			p[n++] = text.p[i];
	}
	return (struct cn_str){ p, n };
}

static bool
same_slow(const struct cn_words *w, struct cn_str text,
    struct cn_arena *arena)
{
	struct cn_words slow;

	words_of(&slow, slow_text(text, arena), arena);
	return slow.n == w->n && slow.len == w->len &&
	    memcmp(slow.buf, w->buf, w->len) == 0 &&
	    memcmp(slow.w, w->w, w->n * sizeof(*w->w)) == 0;
}

static void
check_words(void)
{
	static const char plain[] = "aabcdefghijklmnopqrstuvwxyzABWXYZ'''"
	    "        \t\n,-!?[`{#", odd[] = "0/7@:.\xc3\xa9";
	struct cn_arena arena = { 0 };
	uint32_t state = 7, at;
	struct cn_words w;
	struct cn_str text;
	char random[200];
	size_t i, j, same = 0;

	for (i = 0; i < NTEXTS; i++) {
		text = cn_str(texts[i][0]);
		words_of(&w, text, &arena);
		ok(w.len == strlen(texts[i][1]) && memcmp(w.buf, texts[i][1],
		    w.len) == 0, texts[i][1]);
		ok(same_slow(&w, text, &arena), "the same the slow way");
		ok(same_keys(&w, false, &arena) && same_keys(&w, true, &arena),
		    "the keys are those of the features");
	}
	/* All lengths; long words in one of three, and odd bytes in another. */
	for (i = 0; i < 40000; i++) {
		text = (struct cn_str){ random, i % sizeof(random) };
		for (j = 0; j < text.n; j++) {
			at = random_number(&state, i % 3 ? sizeof(plain) - 1 :
			    36);
			random[j] = plain[at];
			if (i % 3 == 1 && at == 3)
				random[j] = odd[random_number(&state,
				    sizeof(odd) - 1)];
		}
		words_of(&w, text, &arena);
		same += same_slow(&w, text, &arena);
		cn_arena_reset(&arena);
	}
	ok(same == i, "random texts give the same the slow way");
	cn_arena_release(&arena);
}

/* Made-up words, the first ones often. */
static struct cn_str
babble(uint32_t *state, size_t words, struct cn_arena *arena)
{
	char *p = cn_arena_alloc(arena, 6 * words + 1);
	uint32_t which;
	size_t i, j;

	for (i = 0; i < words; i++) {
		which = random_number(state, 1 + random_number(state, 3000));
		for (j = 0; j < 5; j++, which = which * 7 + 3)
			p[6 * i + j] = (char)('a' + which % 26);
		p[6 * i + 5] = ' ';
	}
	return (struct cn_str){ p, 6 * words };
}

static struct cn_model *
train(size_t classes, uint32_t *state, struct cn_arena *arena)
{
	struct cn_train *t = cn_train_new();
	struct cn_model *m;
	struct cn_err err;
	size_t i;

	for (i = 0; i < 4 * classes; i++)
		if (cn_train_add(t, cn_str(cn_arena_fmt(arena, "c%zu", i %
		    classes)), &(struct cn_ai_input){ .text = babble(state, 9,
		    arena) }, &err) < 0)
			exit(1);
	m = cn_model_train(t, &(struct cn_train_opts){ .epochs = 2 }, &err);
	cn_train_free(t);
	if (m == NULL)
		exit(1);
	return m;
}

/* Sums in numbers without end, feature by feature. */
static double
apart(const struct cn_model *m, const struct cn_tf *tf, size_t n,
    const struct cn_norm *norm, const float *score)
{
	double sum, most = 0;
	size_t c, i;

	for (c = 0; c < m->classes; c += 7) {
		sum = m->bias[c];
		for (i = 0; i < n; i++)
			sum += tf[i].row ? cn_model_weight(m, tf[i].row - 1,
			    c) * m->row[tf[i].row - 1].idf * norm->inv[
			    tf[i].block] * cn_model_tf(tf[i].n) : 0;
		sum -= score[c];
		sum = sum < 0 ? -sum : sum;
		most = sum > most ? sum : most;
	}
	return most;
}

/* Few classes are kept as vectors, of many some. */
static void
check_sums(size_t classes)
{
	float score[CN_MODEL_CLASSES], narrow[CN_MODEL_CLASSES];
	static const size_t length[] = { 1, 12, 90, 2500 };
	struct cn_arena arena = { 0 };
	struct cn_norm norm, norm2;
	uint32_t state = 7;
	struct cn_model *m = train(classes, &state, &arena);
	struct cn_ai_input in = { .marks = &CN_STR("mark"), .nmarks = 1 };
	size_t i, n, known, near = 0, same = 0;
	bool wide = m->wide;
	struct cn_tf *tf;

	for (i = 0; i < 4; i++) {
		in.text = babble(&state, length[i], &arena);
		tf = cn_input_tfs(NULL, &in, NULL, 0, &n, &arena);
		known = cn_model_score(m, tf, n, score, &norm);
		near += known > 0 && known < n && apart(m, tf, n, &norm,
		    score) < 0.002;
		m->wide = false;
		same += cn_model_score(m, tf, n, narrow, &norm2) == known &&
		    memcmp(score, narrow, classes * sizeof(*score)) == 0;
		m->wide = wide;
		same += cn_model_look_up(m, tf, n, &norm2) == known &&
		    memcmp(&norm, &norm2, sizeof(norm)) == 0;
	}
	ok(near == 4, "sums are as exact as they have to be");
	ok(same == 8, "AVX2 or not: the same sums");
	cn_model_free(m);
	cn_arena_release(&arena);
}

int
main(void)
{
	check_words();
	check_sums(2);
	check_sums(77);
	check_sums(300);
	return done();
}
