/* language.c - which language: the script, then runs of its letters
 *
 * Most scripts have one language that our users write, or letters that tell.
 * For Latin, Cyrillic and Devanagari each run of one to four characters and
 * each word adds its weights, learnt by a softmax over what other people have
 * translated (langprofile.py): naive Bayes would count what runs have in
 * common as often as they occur.  What languages like Danish and Norwegian get
 * together is then shared out by a table of theirs alone, which has room for
 * what tells one from the other. */
#include <string.h>

#include "base/utf8.h"
#include "language.h"

#define WORDS_MAX 250			/* looked at; more changes nothing */
#define SCRIPT_SHARE 3			/* one letter in so many decides */
#define FNV_BASIS 2166136261u
#define FNV_PRIME 16777619u

static const struct script {
	uint32_t from, to;
	char code[4];
	const char *name;
	const struct cn_lang_table *table;
} scripts[] = {
	{ 0x370, 0x3ff, "el", "Greek", NULL },
	{ 0x400, 0x52f, "ru", "Cyrillic", &cn_lang_cyrillic },
	{ 0x590, 0x5ff, "he", "Hebrew", NULL },
	{ 0x600, 0x6ff, "ar", "Arabic", NULL },
	{ 0x900, 0x97f, "hi", "Devanagari", &cn_lang_devanagari },
	{ 0x980, 0x9ff, "bn", "Bengali", NULL },
	{ 0xa00, 0xa7f, "pa", "Gurmukhi", NULL },
	{ 0xa80, 0xaff, "gu", "Gujarati", NULL },
	{ 0xb00, 0xb7f, "or", "Oriya", NULL },
	{ 0xb80, 0xbff, "ta", "Tamil", NULL },
	{ 0xc00, 0xc7f, "te", "Telugu", NULL },
	{ 0xc80, 0xcff, "kn", "Kannada", NULL },
	{ 0xd00, 0xd7f, "ml", "Malayalam", NULL },
	{ 0xd80, 0xdff, "si", "Sinhala", NULL },
	{ 0xe00, 0xe7f, "th", "Thai", NULL },
	{ 0x3040, 0x30ff, "ja", "kana", NULL },
	{ 0xff66, 0xff9f, "ja", "kana", NULL },
	{ 0x4e00, 0x9fff, "zh", "Han", NULL },
	{ 0xac00, 0xd7a3, "ko", "Hangul", NULL }
};
#define NSCRIPTS (sizeof(scripts) / sizeof(scripts[0]))

/* Letters that tell one language from the script's first. */
static const struct letter {
	uint32_t cp;
	char script[4], code[4];
} letters[] = {
	{ 0x679, "ar", "ur" }, { 0x6ba, "ar", "ur" }, { 0x6d2, "ar", "ur" },
	{ 0x67e, "ar", "fa" }, { 0x686, "ar", "fa" }, { 0x6af, "ar", "fa" },
	{ 0x9f0, "bn", "as" }, { 0x9f1, "bn", "as" },
	/* Characters as Japan alone writes them: 円 払 済 売 変 発 様 検
	 * 続 価 気 実 単 図 伝 帰 転 込 駅 総 */
	{ 0x5186, "zh", "ja" }, { 0x6255, "zh", "ja" },
	{ 0x6e08, "zh", "ja" }, { 0x58f2, "zh", "ja" },
	{ 0x5909, "zh", "ja" }, { 0x767a, "zh", "ja" },
	{ 0x69d8, "zh", "ja" }, { 0x691c, "zh", "ja" },
	{ 0x7d9a, "zh", "ja" }, { 0x4fa1, "zh", "ja" },
	{ 0x6c17, "zh", "ja" }, { 0x5b9f, "zh", "ja" },
	{ 0x5358, "zh", "ja" }, { 0x56f3, "zh", "ja" },
	{ 0x4f1d, "zh", "ja" }, { 0x5e30, "zh", "ja" },
	{ 0x8ee2, "zh", "ja" }, { 0x8fbc, "zh", "ja" },
	{ 0x99c5, "zh", "ja" }, { 0x7dcf, "zh", "ja" }
};
#define NLETTERS (sizeof(letters) / sizeof(letters[0]))
/* Of a hundred letters so many must be of that kind. */
#define LETTER_SHARE 1
/* Of fewer Han, without kana, nobody knows whose they are. */
#define HAN_ENOUGH 10
#define HAN_UNSURE 0.4
#define SURE 0.95
/* In fewer letters than that a language has to be likely to be one: 'ok' is a
 * word of all of them. */
#define LETTERS_ENOUGH 5
#define LIKELY 0.5

struct count {
	size_t script[NSCRIPTS], letter[NLETTERS], other, latin;
};

static void
count_letters(struct count *v, const char *p, size_t n)
{
	size_t i, len, s;
	uint32_t cp;

	for (i = 0; i < n; i += len) {
		len = cn_utf8_get(p + i, n - i, &cp);
		if (len == 0)
			return;
		if (cp < 0x370) {
			v->latin += cp >= 'a';
			continue;
		}
		for (s = 0; s < NSCRIPTS; s++)
			if (cp >= scripts[s].from && cp <= scripts[s].to) {
				v->script[s]++;
				v->other++;
			}
		for (s = 0; s < NLETTERS; s++)
			v->letter[s] += cp == letters[s].cp;
	}
}

/* Which languages of a script are told apart by their letters alone. */
static void
by_letters(const struct count *v, size_t best, struct cn_lang_guess *g)
{
	const char *code = scripts[best].code;
	size_t i, j, n;

	g->confidence = (double)v->script[best] / (double)v->other;
	/* Japanese writes Han too, Chinese no kana. */
	if (strcmp(code, "zh") == 0) {
		if (v->script[best] < HAN_ENOUGH)
			g->confidence = HAN_UNSURE;
		for (i = 0; i < NSCRIPTS; i++)
			if (strcmp(scripts[i].code, "ja") == 0 &&
			    10 * v->script[i] > v->script[best])
				code = "ja", g->confidence = SURE;
	}
	for (i = 0; i < NLETTERS; i++) {
		if (strcmp(letters[i].script, scripts[best].code) != 0)
			continue;
		for (n = j = 0; j < NLETTERS; j++)
			if (strcmp(letters[j].code, letters[i].code) == 0)
				n += v->letter[j];
		if (code == scripts[best].code && n &&
		    100 * n >= LETTER_SHARE * v->script[best])
			code = letters[i].code, g->confidence = SURE;
	}
	g->margin = g->confidence;
	g->script = scripts[best].name;
	memcpy(g->code, code, strlen(code) + 1);
}

static bool
add(const struct cn_lang_table *t, uint32_t key, int32_t *sum)
{
	size_t r = t->start[key >> 20], end = t->start[(key >> 20) + 1], i;

	while (r < end && t->key[r] < key)
		r++;
	if (r == end || t->key[r] != key)
		return false;
	for (i = 0; i < t->n; i++)
		sum[i] += cn_lang_weight(t->weight[r * t->n + i]);
	return true;
}

/* p is ' word ', with both spaces. */
static size_t
add_word(const struct cn_lang_table *t, const char *p, size_t n, int32_t *sum)
{
	size_t at, i, len, run, chars = 0, known = 0;
	uint32_t cp, h;

	for (at = 0; at < n; at += len, chars++) {
		len = cn_utf8_get(p + at, n - at, &cp);
		if (len == 0)
			return known;
		h = FNV_BASIS;
		for (i = at, run = 0; i < n && run < t->run; run++) {
			do
				h = (h ^ (unsigned char)p[i++]) * FNV_PRIME;
			while (i < n && (p[i] & 0xc0) == 0x80);
			if (run > 0 || p[at] != ' ')
				known += add(t, h, sum);
		}
	}
	if (chars > t->run) {
		h = FNV_BASIS;
		for (i = 0; i < n; i++)
			h = (h ^ (unsigned char)p[i]) * FNV_PRIME;
		known += add(t, h, sum);
	}
	return known;
}

static size_t
letters_of(const char *p, size_t n)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		k += (p[i] & 0xc0) != 0x80;
	return k;
}

/* What each word says for each language of a table. */
struct tally {
	const struct cn_lang_table *t;
	int32_t *each, sum[CN_LANGS];	/* each: t->n a word */
	uint32_t word[WORDS_MAX];
	size_t n, known, letters;
};

static void
weigh(struct tally *y, const struct cn_words *words,
    const struct cn_lang_table *t, struct cn_arena *arena)
{
	size_t i, j;

	memset(y, 0, sizeof(*y));
	y->t = t;
	y->each = cn_arena_alloc(arena, WORDS_MAX * t->n * sizeof(*y->each));
	for (i = 0; i < t->n; i++)
		y->sum[i] = t->bias[i];
	for (i = 0; i < words->n && y->n < WORDS_MAX; i++) {
		const struct cn_word *w = &words->w[i];
		int32_t *each = &y->each[y->n * t->n];

		/* Numbers, and what stands for addresses. */
		if ((unsigned char)words->buf[w->at] < 'a')
			continue;
		memset(each, 0, t->n * sizeof(*each));
		y->known += add_word(t, words->buf + w->at - 1, w->len + 2,
		    each);
		for (j = 0; j < t->n; j++)
			y->sum[j] += each[j];
		y->word[y->n++] = (uint32_t)i;
		y->letters += letters_of(words->buf + w->at, w->len);
	}
}

/* The words that speak loudest for the best, beside the second. */
static void
explain(struct cn_lang_guess *g, const struct tally *y, size_t best,
    size_t second)
{
	int32_t top[CN_LANG_WHY], w;
	size_t i, j;

	for (i = 0; i < y->n; i++) {
		w = y->each[i * y->t->n + best] -
		    y->each[i * y->t->n + second];
		if (w <= 0)
			continue;
		for (j = g->nwhy; j > 0 && top[j - 1] < w; j--)
			if (j < CN_LANG_WHY) {
				top[j] = top[j - 1];
				g->why[j] = g->why[j - 1];
			}
		if (j == CN_LANG_WHY)
			continue;
		top[j] = w;
		g->why[j] = y->word[i];
		g->nwhy += g->nwhy < CN_LANG_WHY;
	}
}

static void
softmax(const struct tally *y, double *p)
{
	size_t i, best = 0;
	double total = 0;

	for (i = 1; i < y->t->n; i++)
		if (y->sum[i] > y->sum[best])
			best = i;
	for (i = 0; i < y->t->n; i++) {
		p[i] = cn_exp((y->sum[i] - y->sum[best]) * y->t->unit);
		total += p[i];
	}
	for (i = 0; i < y->t->n; i++)
		p[i] /= total;
}

static void
first_two(const double *p, size_t n, size_t two[2])
{
	size_t i;

	two[0] = p[1] > p[0];
	two[1] = !two[0];
	for (i = 2; i < n; i++)
		if (p[i] > p[two[0]]) {
			two[1] = two[0];
			two[0] = i;
		} else if (p[i] > p[two[1]])
			two[1] = i;
}

/* The place of a language in a table, or the table's length. */
static size_t
place(const struct cn_lang_table *t, const char *code)
{
	size_t i;

	for (i = 0; i < t->n && strcmp(t->code[i], code) != 0; i++)
		;
	return i;
}

static const struct cn_lang_table *
siblings_of(const char *code)
{
	size_t i;

	for (i = 0; cn_lang_siblings[i] != NULL; i++)
		if (place(cn_lang_siblings[i], code) < cn_lang_siblings[i]->n)
			break;
	return cn_lang_siblings[i];
}

static void
share_out(const struct tally *siblings, const struct cn_lang_table *t,
    double *p)
{
	const struct cn_lang_table *s = siblings->t;
	double q[CN_LANGS], together = 0;
	size_t i;

	softmax(siblings, q);
	for (i = 0; i < s->n; i++)
		together += p[place(t, s->code[i])];
	for (i = 0; i < s->n; i++)
		p[place(t, s->code[i])] = together * q[i];
}

static void
by_table(const struct cn_words *words, const struct cn_lang_table *t,
    struct cn_lang_guess *g, struct cn_arena *arena)
{
	const struct cn_lang_table *s;
	struct tally all, own;
	const struct tally *said = &all;
	double p[CN_LANGS];
	size_t two[2];

	weigh(&all, words, t, arena);
	if (all.known == 0)
		return;
	softmax(&all, p);
	first_two(p, t->n, two);
	s = siblings_of(t->code[two[0]]);
	if (s != NULL) {
		weigh(&own, words, s, arena);
		share_out(&own, t, p);
		first_two(p, t->n, two);
		if (place(s, t->code[two[0]]) < s->n &&
		    place(s, t->code[two[1]]) < s->n)
			said = &own;
	}
	if (t->code[two[0]][0] == '\0' ||
	    (all.letters < LETTERS_ENOUGH && p[two[0]] < LIKELY))
		return;
	g->confidence = p[two[0]];
	g->margin = p[two[0]] - p[two[1]];
	memcpy(g->code, t->code[two[0]], sizeof(g->code));
	explain(g, said, place(said->t, t->code[two[0]]),
	    place(said->t, t->code[two[1]]));
}

void
cn_language(const struct cn_words *words, struct cn_lang_guess *g,
    struct cn_arena *arena)
{
	struct count v = { 0 };
	size_t i, best = 0;

	memset(g, 0, sizeof(*g));
	for (i = 0; i < words->n && i < WORDS_MAX; i++)
		count_letters(&v, words->buf + words->w[i].at,
		    words->w[i].len);
	for (i = 1; i < NSCRIPTS; i++)
		if (v.script[i] > v.script[best])
			best = i;
	if (v.other == 0 || SCRIPT_SHARE * v.other < v.other + v.latin)
		by_table(words, &cn_lang_latin, g, arena);
	else if (scripts[best].table != NULL)
		by_table(words, scripts[best].table, g, arena);
	else
		by_letters(&v, best, g);
}

double
cn_ai_language(struct cn_str text, char out[8])
{
	struct cn_arena arena = { 0 };
	struct cn_lang_guess g;
	struct cn_words words;

	cn_words(&words, cn_str(NULL), 0, text, CN_AI_TEXT_MAX, true, &arena);
	cn_language(&words, &g, &arena);
	cn_arena_release(&arena);
	memcpy(out, g.code, sizeof(g.code));
	return g.confidence;
}

const char *
cn_ai_language_at(size_t i)
{
	static const struct cn_lang_table *const tables[] = { &cn_lang_latin,
	    &cn_lang_cyrillic, &cn_lang_devanagari };
	size_t t, n;

	for (t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		n = place(tables[t], "");
		if (i < n)
			return tables[t]->code[i];
		i -= n;
	}
	if (i < NSCRIPTS)
		return scripts[i].code;
	i -= NSCRIPTS;
	return i < NLETTERS ? letters[i].code : NULL;
}
