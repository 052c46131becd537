/* wordset.h - words of texts, and sets of them that keep only hashes */
#ifndef CN_WORDSET_H
#define CN_WORDSET_H

#include "base/buf.h"

/* Whether it has a capital or a figure anywhere, or only figures. */
bool cn_word_marked(struct cn_str word);
bool cn_word_number(struct cn_str word);
/* A byte of a word, as far as a byte can tell. */
bool cn_word_byte(unsigned char);
/* The length of the character at p and whether it belongs to a word. */
size_t cn_word_step(const char *p, const char *end, bool *word);
/* Of a character that belongs to none: is it one of the marks between words,
 * arrows and money?  Not pictures, flags, signs of stars and creeds, and
 * figures of another form, which tell what words do. */
bool cn_word_mark(const char *p, size_t n);
/* The next word from *p on; n == 0 at the end. */
struct cn_str cn_word_next(const char **p, const char *end);
uint32_t cn_word_lower(uint32_t);
/* Is it in a list that NULL ends?  ASCII case folded. */
bool cn_word_among(struct cn_str word, const char *const *list);
/* Of its characters in lower case and without accents, however they are
 * composed; never 0. */
uint64_t cn_word_hash(struct cn_str word);

/* The word in small letters without accents, cut after 60 bytes; returns the
 * length.  cased: has its script small letters and capitals? */
#define CN_WORD_PLAIN 64
size_t cn_word_plain(struct cn_str word, char out[CN_WORD_PLAIN],
    bool *cased);
/* Is one of the two nearly the other: one letter more, less or other in five
 * and more, or the other within it?  Plain words. */
bool cn_word_near(struct cn_str, struct cn_str);

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
 * new words.  but, or NULL: words that are left out. */
void cn_wordset_add(struct cn_wordset *, struct cn_str text, uint32_t who);
void cn_wordset_add_but(struct cn_wordset *, struct cn_str text, uint32_t who,
    const struct cn_wordset *but);
/* Adds one word of them; capital: where none must be. */
void cn_wordset_add_word(struct cn_wordset *, struct cn_str word, bool capital,
    uint32_t who);
/* Where a word stands: the words beside it in its sentence, n == 0: none. */
struct cn_spot {
	struct cn_str before, after;
	bool capital;
};
/* Walks over a text; false at the end. */
struct cn_walk {
	const char *start, *p, *end;	/* p: behind the word after */
	struct cn_str word, next;
	struct cn_spot place;
};
void cn_walk(struct cn_walk *, struct cn_str text);
bool cn_walk_next(struct cn_walk *);
/* Do two words that these bytes lie between belong to one sentence? */
bool cn_word_joined(const char *from, const char *to);
/* Adds a word with what is beside it. */
void cn_wordset_add_spot(struct cn_wordset *, struct cn_str word,
    const struct cn_spot *, uint32_t who);
/* By how many it was seen behind that word, and before that one. */
unsigned cn_wordset_before(const struct cn_wordset *, struct cn_str word,
    const struct cn_spot *);
unsigned cn_wordset_after(const struct cn_wordset *, struct cn_str word,
    const struct cn_spot *);
/* Says of a word that nobody is called so, or that somebody is; the latter
 * counts. */
void cn_wordset_say(struct cn_wordset *, struct cn_str word, bool name);
bool cn_wordset_sure(const struct cn_wordset *, struct cn_str word);
/* Adds the words of a name of ours, and those that tell nothing about anybody
 * (usual.txt). */
void cn_wordset_add_each(struct cn_wordset *, struct cn_str text);
void cn_wordset_usual(struct cn_wordset *);
/* Adds each few words that stand one after another in a sentence; has a text
 * one of those? */
#define CN_WORDSET_RUN 5
void cn_wordset_add_runs(struct cn_wordset *, struct cn_str text);
bool cn_wordset_runs(const struct cn_wordset *, struct cn_str text);
/* By how many it was seen. */
unsigned cn_wordset_seen(const struct cn_wordset *, struct cn_str word);
/* By how many with a capital where none must be: 'Mark', not 'mark'. */
unsigned cn_wordset_capital(const struct cn_wordset *, struct cn_str word);
/* Begins the word at p, of a text that begins at start, with a capital that
 * does not begin a sentence? */
bool cn_word_capital(const char *start, const char *p, const char *end);

#endif
