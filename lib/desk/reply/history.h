/* history.h - what was answered before: pairs of a question and its answer
 *
 * A pair is a customer's message and the first answer that a human gave to
 * it, in conversations whose owner lets us suggest.  The newest answers are
 * looked at, as many as are asked for.
 *
 * Which questions may be near, the store's index of words says: the rarer the
 * words that they share, the better.  Only the best of them are opened and
 * compared as a whole (ai/similar.h), with the frequencies of a sample of the
 * newest, so that neither a start nor a question opens all.  Nothing is ever
 * written down. */
#ifndef CN_HISTORY_H
#define CN_HISTORY_H

#include "ai/similar.h"
#include "desk/config.h"
#include "desk/reply/scrub.h"
#include "store/message.h"

#define CN_HISTORY_PAIRS 10000	/* unless told */
#define CN_HISTORY_MAX 100000
#define CN_HISTORY_LONG 200	/* messages of a conversation, the newest */

struct cn_past {
	int64_t question, answer, conversation;
};

struct cn_history;

/* Stops early where *run.stop is set.  The encoder, or NULL, is borrowed. */
struct cn_history *cn_history_new(struct cn_store *, const struct cn_config *,
    const struct cn_encoder *, size_t answers, struct cn_err *) CN_CHECKED;
void cn_history_free(struct cn_history *);

/* What is known of a message for which past answers are looked for. */
struct cn_history_ask {
	struct cn_str text;		/* subject and own words, folded */
	const char *language, *best;	/* or NULL: not known */
	double confidence;		/* in best */
	int64_t id;			/* its own: no pair of this question */
};

struct cn_history_hit {
	const struct cn_past *past;
	double score;			/* of cn_near_weigh() */
	const char *model;		/* id of the encoder, or NULL */
};

/* The pairs whose question is nearest, in the order of their words' likeness.
 * What a past question means is found out when it is near for the first time:
 * about 3 ms and 512 bytes. */
int cn_history_like(struct cn_history *, const struct cn_history_ask *,
    struct cn_history_hit hits[CN_NEAR], size_t *n, struct cn_err *)
    CN_CHECKED;
/* A draft from a past answer, without what is that customer's (scrub.h).
 * of: has usual, ours and own.  id: of the answer, in the arena; NULL: it may
 * not be used.  masked: what it lost.  1, 0 withheld or gone, -1. */
int cn_history_draft(struct cn_history *, const struct cn_past *,
    const struct cn_scrub *of, struct cn_buf *out, const char **id,
    struct cn_kinds *masked, struct cn_arena *, struct cn_err *) CN_CHECKED;

#endif
