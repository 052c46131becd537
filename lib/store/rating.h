/* rating.h - how content customers were
 *
 * Score and scale are clear, the comment is sealed under a leaf of the person
 * whose conversation was rated and dies with it; the event 'rated' (its value
 * '4/5') stays as an anonymous figure. */
#ifndef CN_RATING_H
#define CN_RATING_H

#include "store/store.h"

struct cn_rating {
	const char *pub;		/* t…; filled in by add */
	uint8_t hash[CN_HASH];		/* what it is known by */
	int64_t conversation;		/* 0: none */
	int64_t person;
	int64_t leaf;
	int64_t time, score, scale;
	const char *comment;		/* or NULL */
	const char *conversation_pub;	/* list: or NULL */
};

/* The keyed hash of a text that no other rating has. */
int cn_rating_hash(struct cn_store *, const char *text, uint8_t out[CN_HASH],
    struct cn_err *) CN_CHECKED;
/* 1, 0, -1. */
int cn_rating_known(struct cn_store *, const uint8_t hash[CN_HASH],
    struct cn_err *) CN_CHECKED;
/* Inside a transaction; the event too. */
int cn_rating_add(struct cn_store *, const struct cn_rating *,
    struct cn_err *) CN_CHECKED;
/* A person's, by time, opened, in the arena. */
int cn_rating_list(struct cn_store *, int64_t person, struct cn_arena *,
    struct cn_rating **, size_t *n, struct cn_err *) CN_CHECKED;

#endif
