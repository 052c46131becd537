/* feedback.h - drafts that agents took or left
 *
 * One judgement for a message and a source, a macro or an answer; the last
 * counts.  It goes with the message, and with the answer. */
#ifndef CN_FEEDBACK_H
#define CN_FEEDBACK_H

#include "store/store.h"

struct cn_feedback {
	const char *macro;		/* NULL: of an answer */
	int64_t draft;			/* that answer's number, or 0 */
	int64_t accepted, rejected;
};

/* Inside a transaction; macro or draft. */
int cn_feedback_add(struct cn_store *, int64_t message, const char *macro,
    int64_t draft, bool accepted, struct cn_err *) CN_CHECKED;
/* The sums of all, by answer (ascending) after those of macros, in the arena;
 * without those for messages whose owner does not let us suggest. */
int cn_feedback_list(struct cn_store *, struct cn_arena *,
    struct cn_feedback **, size_t *n, struct cn_err *) CN_CHECKED;

#endif
