/* wordset.h - words of texts, and sets of them that keep only hashes */
#ifndef CN_WORDSET_H
#define CN_WORDSET_H

#include "base/buf.h"

/* A byte of a word, as far as a byte can tell. */
bool cn_word_byte(unsigned char);
/* The length of the character at p and whether it belongs to a word. */
size_t cn_word_step(const char *p, const char *end, bool *word);
/* The next word from *p on; n == 0 at the end. */
struct cn_str cn_word_next(const char **p, const char *end);
uint32_t cn_word_lower(uint32_t);
/* Of its characters in lower case and without accents, however they are
 * composed; never 0. */
uint64_t cn_word_hash(struct cn_str word);

/* Words by hash, open addressing; what is said about a word is the caller's. */
struct cn_wordset {
	uint64_t *hash;
	uint32_t *last;			/* whose it was, the last time */
	uint8_t *seen;			/* by how many, up to 255 */
	size_t n, cap;
};
void cn_wordset_release(struct cn_wordset *);
/* Adds every word of a text as seen by `who` (not 0): each person counts
 * once, if their texts come one after another.  Bounded: a full set takes no
 * new words. */
void cn_wordset_add(struct cn_wordset *, struct cn_str text, uint32_t who);
/* By how many it was seen. */
unsigned cn_wordset_seen(const struct cn_wordset *, struct cn_str word);

#endif
