/* alike.h - which of many texts are nearly the same
 *
 * A text is given as the hashes of its words.  Its sketch is the smallest
 * CN_ALIKE_KEPT hashes of its pairs of neighbouring words (Broder, 'On the
 * resemblance and containment of documents', 1997): what two texts share of
 * all their pairs is exact where both have no more than that, and estimated
 * beyond.
 *
 * Texts gather around leaders: first those that were added as such, then the
 * others, the form that occurs most often first, at equal numbers the one
 * added first.  A text joins the leader it shares most with, if that is
 * CN_ALIKE_SHARED percent at least, and leads otherwise; so members are like
 * their leader, and no chain of small steps makes one group of two things.
 *
 * Leaders are found by the CN_ALIKE_POSTED smallest hashes of their sketches;
 * a hash that CN_ALIKE_COMMON leaders have is posted for no more of them.  So
 * time grows with the texts alone, and a pair of texts that share 60 percent
 * is missed once in a thousand times.  Memory: below 1 KB a text that no other
 * equals, 12 bytes one that does. */
#ifndef CN_ALIKE_H
#define CN_ALIKE_H

#include "base/buf.h"

#define CN_ALIKE_KEPT 64
#define CN_ALIKE_POSTED 8
#define CN_ALIKE_COMMON 64
#define CN_ALIKE_SHARED 60		/* percent */

/* Of the CN_ALIKE_KEPT smallest hashes of two sketches together (*all; each
 * ascending) those that both have; 0 where it is less than CN_ALIKE_SHARED
 * percent for sure. */
uint32_t cn_sketch_shared(const uint32_t *p, size_t np, const uint32_t *q,
    size_t nq, uint32_t *all);

struct cn_alike;

struct cn_alike *cn_alike_new(void);
void cn_alike_free(struct cn_alike *);
/* The place of the text, counted from 0.  A text of fewer than two words is
 * like nothing but its equal. */
uint32_t cn_alike_add(struct cn_alike *, const uint64_t *words, size_t n,
    bool leads);
/* Once, after the last: group[i] becomes the place of the leader of text i. */
void cn_alike_group(struct cn_alike *, uint32_t *group);

#endif
