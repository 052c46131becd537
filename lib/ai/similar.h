/* similar.h - which of these texts is like that one
 *
 * Cosine over the features of words.h with inverse document frequency, by an
 * inverted index in memory.  Deterministic: equal scores are ordered by the
 * order in which the texts were added. */
#ifndef CN_SIMILAR_H
#define CN_SIMILAR_H

#include "base/buf.h"

struct cn_similar;

#define CN_SIMILAR_TEXT 4096		/* bytes looked at of each text */

struct cn_hit {
	int64_t id;
	double score;			/* 0..1; 1: the same features */
};

struct cn_similar *cn_similar_new(void);
void cn_similar_free(struct cn_similar *);
/* Text is not kept, only its features.  Not after finish. */
void cn_similar_add(struct cn_similar *, int64_t id, struct cn_str text);
/* Must be called once before the first query. */
void cn_similar_finish(struct cn_similar *);
size_t cn_similar_count(const struct cn_similar *);
/* Up to k hits with a score above 0, best first; returns how many.  Not by
 * two threads at once on one index. */
size_t cn_similar_query(struct cn_similar *, struct cn_str text,
    struct cn_hit *hits, size_t k);
/* Similarity of two texts without an index (no document frequencies). */
double cn_similar_pair(struct cn_str, struct cn_str);

#endif
