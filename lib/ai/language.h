/* language.h - the tables behind cn_ai_language(); not for other layers */
#ifndef CN_LANGUAGE_H
#define CN_LANGUAGE_H

#include "words.h"

#define CN_LANGS 32			/* of one script, at most */
#define CN_LANG_WHY 3

/* What langprofile.py made for the languages of one script.  A row is a run of
 * characters of ' word ', or all of it, by its hash (FNV-1a, 32 bits); its
 * weights are one character each.  The code '', always the last, stands for
 * names and the like, which are of no language. */
struct cn_lang_table {
	size_t n, run;			/* languages; characters of a run */
	const char (*code)[8];
	const uint16_t *start;		/* rows by the first 12 bits; 4097 */
	const uint32_t *key;		/* ascending */
	const char *weight;		/* n a row */
	const int16_t *bias;		/* in units */
	double unit;
};

extern const struct cn_lang_table cn_lang_latin, cn_lang_cyrillic,
    cn_lang_devanagari;
/* Of languages that have most runs in common; ends with NULL. */
extern const struct cn_lang_table *const cn_lang_siblings[];

/* '#' is the least; '?' and '\' are left out, for a string would read them as
 * something else. */
#define CN_LANG_LEAST (-44)
static inline int
cn_lang_weight(char c)
{
	return c - '#' - (c > '?') - (c > '\\') + CN_LANG_LEAST;
}

struct cn_lang_guess {
	char code[8];			/* '' where nothing speaks for any */
	double confidence, margin;
	const char *script;		/* where that alone decided, or NULL */
	uint32_t why[CN_LANG_WHY];	/* words that did, by number */
	size_t nwhy;
};

/* Of words with their accents. */
void cn_language(const struct cn_words *, struct cn_lang_guess *,
    struct cn_arena *);

#endif
