/* history.h - what was answered before: pairs of a question and its answer
 *
 * Made in memory from the store when a run begins, and never written down.
 * A pair is a customer's message and the first answer that a human gave to
 * it, in conversations whose owner lets us suggest.  The newest
 * CN_HISTORY_PAIRS answers are looked at. */
#ifndef CN_HISTORY_H
#define CN_HISTORY_H

#include "desk/config.h"
#include "desk/scrub.h"
#include "store/message.h"

/* Each costs about 8 KB of memory and 0.2 ms at the start: a run stays below
 * 64 MB. */
#define CN_HISTORY_PAIRS 4000
#define CN_HISTORY_LONG 200	/* messages of a conversation, the newest */

struct cn_past {
	int64_t question, answer, conversation;
	const char *category;		/* of the question, or NULL */
};

struct cn_history;

/* Stops early where *run.stop is set. */
struct cn_history *cn_history_new(struct cn_store *, const struct cn_config *,
    struct cn_err *) CN_CHECKED;
void cn_history_free(struct cn_history *);
size_t cn_history_count(const struct cn_history *);
/* The pairs whose question is like this text, best first. */
size_t cn_history_like(struct cn_history *, struct cn_str text,
    const struct cn_past **past, double *score, size_t max);
/* A draft from a past answer, without what is that customer's (scrub.h).
 * free: words that are ours; own: those of whom it is for.  id: of the answer,
 * in the arena; NULL: it may not be used.  masked: what it lost.  1, 0
 * withheld or gone, -1. */
int cn_history_draft(struct cn_history *, const struct cn_past *,
    const struct cn_wordset *free, const struct cn_wordset *own,
    struct cn_buf *out, const char **id, struct cn_kinds *masked,
    struct cn_arena *, struct cn_err *) CN_CHECKED;

#endif
