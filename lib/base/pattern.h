/* pattern.h - words with '*', found in linear time
 *
 * For rules that run over hostile mail: no regular expressions, whose time can
 * be exponential.  A pattern is text in which '*' stands for any characters,
 * also none.  Case, width and other forms of the same character count for
 * nothing (Unicode NFKC, case folded). */
#ifndef CN_PATTERN_H
#define CN_PATTERN_H

#include "buf.h"

#define CN_PATTERN_MAX 256		/* bytes of a pattern */

struct cn_pattern {
	struct cn_str *part;		/* between the '*', folded; one more than
					 * there are of these, may be empty */
	size_t n;
};

/* In the arena.  false: too long, empty, '*' alone is fine, or not UTF-8. */
bool cn_pattern_make(struct cn_pattern *, const char *, struct cn_arena *);
/* Text as patterns are held against: folded, in the arena; what is not UTF-8
 * as it is. */
struct cn_str cn_pattern_fold(struct cn_str, struct cn_arena *);
/* Is all of the folded text what the pattern says? */
bool cn_pattern_whole(const struct cn_pattern *, struct cn_str folded);
/* Is it in the text?  Where the pattern does not begin (end) with '*', a word
 * must begin (end) there. */
bool cn_pattern_within(const struct cn_pattern *, struct cn_str folded);

#endif
