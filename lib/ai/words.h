/* words.h - text to words, and words to hashed features
 *
 * Words are runs of letters, marks and digits, lower-cased, Latin letters
 * without their accents.  Numbers of three digits or more become '#', mail
 * addresses '@', URLs '//': what they say is not what a message is about,
 * and they are personal data that a model must not learn.
 *
 * Features are the words, the pairs of neighbours, and the runs of 3 and 4
 * characters inside ' word ' (runs of 5 cost 0.2 points of accuracy on
 * banking77 and a third of the time); each is a 31-bit hash.  Marks, which no
 * text can imitate, are the hashes with the 32nd bit. */
#ifndef CN_WORDS_H
#define CN_WORDS_H

#include "ai.h"

#define CN_WORD_MAX 48			/* code points; the rest is dropped */
#define CN_CHARS_MAX 4

struct cn_word {
	uint32_t at;			/* first byte in the buffer */
	uint32_t len;			/* bytes */
};

/* ' word word word ': one space before, between and behind. */
struct cn_words {
	char *buf;
	size_t len;
	struct cn_word *w;
	size_t n;
	bool ascii;
};

/* Reads at most max bytes of each; subject first.  accents: keep them. */
void cn_words(struct cn_words *, struct cn_str subject, size_t smax,
    struct cn_str text, size_t max, bool accents, struct cn_arena *);

struct cn_feat {
	uint32_t key;			/* hash */
	uint32_t at;			/* span in the words' buffer */
	uint16_t len;
	uint16_t kind;			/* enum cn_why_kind */
};

/* All features, repeated where they repeat. */
struct cn_feat *cn_feats(const struct cn_words *, size_t *n,
    struct cn_arena *);
/* Their keys alone, in another order: those of words and pairs first. */
uint32_t *cn_keys(const struct cn_words *, size_t *words, size_t *n,
    struct cn_arena *);
uint32_t cn_mark_key(struct cn_str);

/* e^x, ln x and the root of x by arithmetic and bits alone: the same on every
 * machine.  Good to 1e-12; e^x is 0 below -700 and capped above 700; ln needs
 * x > 0. */
double cn_exp(double);
double cn_log(double);
double cn_root(double);

#endif
