/* language.h - the tables behind cn_ai_language(); not for other layers */
#ifndef CN_LANGUAGE_H
#define CN_LANGUAGE_H

#include "words.h"

#define CN_LANGS 19

struct cn_lang_word {
	const char *text;
	uint32_t langs;			/* a bit a language */
};

extern const char cn_lang_codes[CN_LANGS][8];		/* by bit */
extern const struct cn_lang_word cn_lang_words[];	/* whole words */
extern const size_t cn_lang_nwords;
/* Parts of words; ^ and $ are the ends of a word. */
extern const struct cn_lang_word cn_lang_shapes[];
extern const size_t cn_lang_nshapes;

/* Of words with their accents. */
double cn_language(const struct cn_words *, char out[8]);

#endif
