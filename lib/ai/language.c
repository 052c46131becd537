/* language.c - which language: the script, then runs of its letters
 *
 * Most scripts have one language that our users write, or letters that tell.
 * For Latin, Cyrillic and Devanagari each run of one to four characters and
 * each word adds its weights, learnt by a softmax over what other people have
 * translated (langprofile.py): naive Bayes would count what runs have in
 * common as often as they occur. */
#include <string.h>

#include "base/utf8.h"
#include "language.h"

#define WORDS_MAX 250			/* looked at; more changes nothing */
#define RUN 4				/* characters, at most */
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
		for (i = at, run = 0; i < n && run < RUN; run++) {
			do
				h = (h ^ (unsigned char)p[i++]) * FNV_PRIME;
			while (i < n && (p[i] & 0xc0) == 0x80);
			if (run > 0 || p[at] != ' ')
				known += add(t, h, sum);
		}
	}
	if (chars > RUN) {
		h = FNV_BASIS;
		for (i = 0; i < n; i++)
			h = (h ^ (unsigned char)p[i]) * FNV_PRIME;
		known += add(t, h, sum);
	}
	return known;
}

/* The words that speak loudest for the best, beside the second. */
static void
explain(struct cn_lang_guess *g, const int32_t *each, const uint32_t *word,
    size_t n, size_t langs, size_t best, size_t second)
{
	int32_t top[CN_LANG_WHY], w;
	size_t i, j;

	for (i = 0; i < n; i++) {
		w = each[i * langs + best] - each[i * langs + second];
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
		g->why[j] = word[i];
		g->nwhy += g->nwhy < CN_LANG_WHY;
	}
}

static size_t
letters_of(const char *p, size_t n)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		k += (p[i] & 0xc0) != 0x80;
	return k;
}

static void
by_table(const struct cn_words *words, const struct cn_lang_table *t,
    struct cn_lang_guess *g, struct cn_arena *arena)
{
	int32_t *each = cn_arena_alloc(arena, WORDS_MAX * t->n *
	    sizeof(*each)), sum[CN_LANGS];
	uint32_t word[WORDS_MAX];
	size_t i, j, n = 0, known = 0, best = 0, second = 0, len = 0;
	double total = 0, p[CN_LANGS];

	for (i = 0; i < t->n; i++)
		sum[i] = t->bias[i];
	for (i = 0; i < words->n && n < WORDS_MAX; i++) {
		const struct cn_word *w = &words->w[i];

		/* Numbers, and what stands for addresses. */
		if ((unsigned char)words->buf[w->at] < 'a')
			continue;
		memset(&each[n * t->n], 0, t->n * sizeof(*each));
		known += add_word(t, words->buf + w->at - 1, w->len + 2,
		    &each[n * t->n]);
		for (j = 0; j < t->n; j++)
			sum[j] += each[n * t->n + j];
		word[n++] = (uint32_t)i;
		len += letters_of(words->buf + w->at, w->len);
	}
	if (known == 0)
		return;
	for (i = 1; i < t->n; i++)
		if (sum[i] > sum[best])
			best = i;
	second = best == 0;
	for (i = 0; i < t->n; i++) {
		p[i] = cn_exp((sum[i] - sum[best]) * t->unit);
		total += p[i];
		if (i != best && sum[i] > sum[second])
			second = i;
	}
	if (len < LETTERS_ENOUGH && 1 / total < LIKELY)
		return;
	g->confidence = 1 / total;
	g->margin = (1 - p[second]) / total;
	memcpy(g->code, t->code[best], sizeof(g->code));
	explain(g, each, word, n, t->n, best, second);
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
	size_t t;

	for (t = 0; t < sizeof(tables) / sizeof(tables[0]); t++) {
		if (i < tables[t]->n)
			return tables[t]->code[i];
		i -= tables[t]->n;
	}
	if (i < NSCRIPTS)
		return scripts[i].code;
	i -= NSCRIPTS;
	return i < NLETTERS ? letters[i].code : NULL;
}
