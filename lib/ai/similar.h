/* similar.h - which of these texts is like that one
 *
 * Cosine over the features of words.h with inverse document frequency, by an
 * inverted index in memory.  Deterministic: equal scores are ordered by the
 * order in which the texts were added.
 *
 * The nearest by words are weighed once more, by what they mean (encoder.h),
 * and by the belief that they are of the category that was asked about. */
#ifndef CN_SIMILAR_H
#define CN_SIMILAR_H

#include "encoder.h"

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
/* What a feature tells that df of n texts have. */
double cn_similar_idf(size_t n, size_t df);
/* Up to k hits with a score above 0, best first; returns how many.  Not by
 * two threads at once on one index. */
size_t cn_similar_query(struct cn_similar *, struct cn_str text,
    struct cn_hit *hits, size_t k);
/* A few of many texts, without an index of their own: what each has of the
 * features, in the arena.  A finished index, of others, tells what they are
 * worth. */
struct cn_gist;
struct cn_gist *cn_gist_of(const struct cn_similar *, struct cn_str text,
    struct cn_arena *);
/* As cn_similar_query; ids are numbers in of, where NULL is like none. */
size_t cn_gists_near(const struct cn_gist *, const struct cn_gist *const *of,
    size_t n, struct cn_hit *hits, size_t k);
/* Similarity of two texts without an index (no document frequencies). */
double cn_similar_pair(struct cn_str, struct cn_str);

/* What a text means, for keeping many: 512 bytes. */
struct cn_meaning {
	int8_t v[CN_ENCODER_DIM];
};

void cn_meaning_of(struct cn_meaning *, const float[CN_ENCODER_DIM]);
/* Cosine, by integers. */
double cn_meaning_like(const struct cn_meaning *, const struct cn_meaning *);

/* So many are weighed, and of the first so many the meaning is worth its
 * time. */
#define CN_NEAR 32
#define CN_NEAR_MEANT 8

/* A text that is near the one that was asked about. */
struct cn_near {
	double like;			/* score of the query */
	bool meant;			/* meaning is known */
	double meaning;			/* cosine */
	const char *category;		/* or NULL */
	double score;			/* result, 0..1 */
};

/* Scores them: likeness, of words and meaning, times belief that the category
 * is the same.  Half of that is what the classifier believes of the text that
 * was asked about (best: NULL where it was not asked), half what the near
 * texts say: each speaks for its category with the square of its likeness. */
void cn_near_weigh(struct cn_near *, size_t n, const char *best,
    double confidence);

#endif
