/* language.c - which language: script, frequent words, and spellings
 *
 * Where a script is not Latin the script decides, and letters that only one
 * of its languages has.  Elsewhere each frequent word votes for the languages
 * that have it, the more the fewer they are, and so, with less weight, do
 * spellings. */
#include <string.h>

#include "base/utf8.h"
#include "language.h"

#define SHAPE_VOTE 0.3
#define SHAPE_BYTES 10			/* of the longest shape */
#define WORDS_MAX 250			/* looked at; more changes nothing */
#define SMOOTH 0.6			/* votes that nobody gave */
#define SCRIPT_SHARE 3			/* one letter in so many decides */

static const struct script {
	uint32_t from, to;
	char code[4];
} scripts[] = {
	{ 0x370, 0x3ff, "el" }, { 0x400, 0x52f, "ru" },
	{ 0x590, 0x5ff, "he" }, { 0x600, 0x6ff, "ar" },
	{ 0x900, 0x97f, "hi" }, { 0x980, 0x9ff, "bn" },
	{ 0xa00, 0xa7f, "pa" }, { 0xa80, 0xaff, "gu" },
	{ 0xb00, 0xb7f, "or" }, { 0xb80, 0xbff, "ta" },
	{ 0xc00, 0xc7f, "te" }, { 0xc80, 0xcff, "kn" },
	{ 0xd00, 0xd7f, "ml" }, { 0xd80, 0xdff, "si" },
	{ 0xe00, 0xe7f, "th" }, { 0x3040, 0x30ff, "ja" },
	{ 0x4e00, 0x9fff, "zh" }, { 0xac00, 0xd7a3, "ko" }
};
#define NSCRIPTS (sizeof(scripts) / sizeof(scripts[0]))

/* Letters that tell one language from the script's first. */
static const struct letter {
	uint32_t cp;
	char script[4], code[4];
} letters[] = {
	{ 0x456, "ru", "uk" }, { 0x457, "ru", "uk" }, { 0x454, "ru", "uk" },
	{ 0x491, "ru", "uk" }, { 0x44a, "ru", "bg" }, { 0x933, "hi", "mr" },
	{ 0x679, "ar", "ur" }, { 0x6ba, "ar", "ur" }, { 0x6d2, "ar", "ur" },
	{ 0x67e, "ar", "fa" }, { 0x686, "ar", "fa" }, { 0x6af, "ar", "fa" }
};
#define NLETTERS (sizeof(letters) / sizeof(letters[0]))
/* Of a hundred letters so many must be of that kind. */
#define LETTER_SHARE 1

struct votes {
	double lang[CN_LANGS];
	size_t script[NSCRIPTS], letter[NLETTERS], other, latin;
};

static uint32_t
lookup(const struct cn_lang_word *t, size_t n, const char *p, size_t len)
{
	size_t lo = 0, hi = n, mid;
	int d;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		d = strncmp(t[mid].text, p, len);
		if (d == 0 && t[mid].text[len])
			d = 1;
		if (d == 0)
			return t[mid].langs;
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return 0;
}

static void
vote(struct votes *v, uint32_t langs, double weight)
{
	uint32_t l;
	int n = 0;

	for (l = langs; l; l &= l - 1)
		n++;
	for (l = 0; n && l < CN_LANGS; l++)
		if (langs >> l & 1)
			v->lang[l] += weight / n;
}

static void
count_letters(struct votes *v, const char *p, size_t n)
{
	size_t i, len, s;
	uint32_t cp;

	for (i = 0; i < n; i += len) {
		len = cn_utf8_get(p + i, n - i, &cp);
		if (len == 0)
			return;
		if (cp < 0x250) {
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

static void
shapes(struct votes *v, const char *word, size_t n)
{
	char w[4 * CN_WORD_MAX + 2];
	size_t i, len;

	w[0] = '^';
	memcpy(w + 1, word, n);
	w[n + 1] = '$';
	for (i = 0; i < n + 1; i++)
		for (len = 1; len <= SHAPE_BYTES && i + len <= n + 2; len++)
			vote(v, lookup(cn_lang_shapes, cn_lang_nshapes, w + i,
			    len), SHAPE_VOTE);
}

/* The script with most letters, and then what tells its languages apart. */
static double
by_script(const struct votes *v, char out[8])
{
	size_t best = 0, i, j, n;
	const char *code;
	double mr = 0, hi = 0, sure;

	for (i = 1; i < NSCRIPTS; i++)
		if (v->script[i] > v->script[best])
			best = i;
	code = scripts[best].code;
	sure = (double)v->script[best] / (double)v->other;
	/* Japanese writes Han too, Chinese no kana. */
	if (strcmp(code, "zh") == 0)
		for (i = 0; i < NSCRIPTS; i++)
			if (strcmp(scripts[i].code, "ja") == 0 &&
			    10 * v->script[i] > v->script[best])
				code = "ja", sure = 0.95;
	for (i = 0; i < NLETTERS; i++) {
		if (strcmp(letters[i].script, scripts[best].code) != 0)
			continue;
		for (n = j = 0; j < NLETTERS; j++)
			if (strcmp(letters[j].code, letters[i].code) == 0)
				n += v->letter[j];
		if (strcmp(code, scripts[best].code) == 0 && n &&
		    100 * n >= LETTER_SHARE * v->script[best])
			code = letters[i].code;
	}
	if (strcmp(scripts[best].code, "hi") == 0) {
		for (i = 0; i < CN_LANGS; i++) {
			mr += strcmp(cn_lang_codes[i], "mr") ? 0 : v->lang[i];
			hi += strcmp(cn_lang_codes[i], "hi") ? 0 : v->lang[i];
		}
		if (mr != hi)
			code = mr > hi ? "mr" : "hi";
		sure *= 0.7 + 0.3 * (mr > hi ? mr : hi) / (mr + hi + 0.5);
	}
	memcpy(out, code, strlen(code) + 1);
	return sure;
}

double
cn_language(const struct cn_words *words, char out[8])
{
	struct votes v = { 0 };
	size_t i, best = 0;
	double total = 0;
	const char *p;

	out[0] = '\0';
	for (i = 0; i < words->n && i < WORDS_MAX; i++) {
		p = words->buf + words->w[i].at;
		count_letters(&v, p, words->w[i].len);
		vote(&v, lookup(cn_lang_words, cn_lang_nwords, p,
		    words->w[i].len), 1);
		if ((unsigned char)*p >= 'a')
			shapes(&v, p, words->w[i].len);
	}
	if (v.other && SCRIPT_SHARE * v.other >= v.other + v.latin)
		return by_script(&v, out);
	for (i = 0; i < CN_LANGS; i++) {
		total += v.lang[i];
		if (v.lang[i] > v.lang[best])
			best = i;
	}
	if (total <= 0)
		return 0;
	memcpy(out, cn_lang_codes[best], 8);
	return v.lang[best] / (total + SMOOTH);
}

double
cn_ai_language(struct cn_str text, char out[8])
{
	struct cn_arena arena = { 0 };
	struct cn_words words;
	double sure;

	cn_words(&words, cn_str(NULL), 0, text, CN_AI_TEXT_MAX, true, &arena);
	sure = cn_language(&words, out);
	cn_arena_release(&arena);
	return sure;
}
