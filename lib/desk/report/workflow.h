/* workflow.h - what of the desk's work could be done by rule
 *
 * Four kinds of findings, each about `least` customers at least, so that a
 * row tells of nobody:
 *
 * macro  Answers that are nearly the same (ai/alike.h) and no macro yet.
 * used   Answers that are nearly one of the macros.
 * same   A category and language whose answers are nearly always the same: the
 *        lower end of the 95 % interval (Wilson 1927) of the share of the
 *        largest group reaches CN_WORKFLOW_SAME percent.
 * route  A category of which more conversations went on from another agent to
 *        the target than ended with another who began them: what routing all
 *        of them to the target would have saved.
 *
 * How long an answer takes: the median pause before it, of answers in one
 * sitting (answers.h); the group's own where it has five of them, else the
 * desk's where it has twenty; else 40 words a minute. */
#ifndef CN_WORKFLOW_H
#define CN_WORKFLOW_H

#include "desk/reply/answers.h"

#define CN_WORKFLOW_LEAST 5
#define CN_WORKFLOW_SAME 80

enum cn_finding_kind { CN_FIND_MACRO, CN_FIND_USED, CN_FIND_SAME,
    CN_FIND_ROUTE };

struct cn_finding {
	enum cn_finding_kind kind;
	const char *category;		/* or NULL */
	const char *language;		/* or NULL */
	const char *target;	/* id of the most typical answer; name of the
				 * macro; address of the desk, id of an agent */
	size_t n, of;			/* answers; conversations of route */
	size_t customers;
	int64_t wait;			/* median, seconds; -1: not known */
	int64_t each;			/* to write one; -1: does not apply */
	const char *basis;		/* of each: 'pauses', 'desk', 'words' */
	int64_t saved;			/* seconds; -1: does not apply */
	const char *examples;		/* up to three ids, newest first */
	uint32_t group;
};

struct cn_workflow {
	struct cn_answers answers;
	struct cn_finding *v;
	size_t n, cap;
	struct cn_arena mem;
};

/* By kind, what saves most first.  Stops early, without findings, where
 * *run.stop is set. */
int cn_workflow_find(struct cn_workflow *, struct cn_store *,
    const struct cn_config *, int64_t since, int64_t until, size_t least,
    const struct cn_macros *, struct cn_err *) CN_CHECKED;
void cn_workflow_release(struct cn_workflow *);
/* Appends the macro that a finding of kind macro proposes, as macros.yaml has
 * them (propose.c), or a comment that says why there is none. */
int cn_workflow_propose(struct cn_workflow *, struct cn_store *,
    const struct cn_config *, const struct cn_finding *, size_t least,
    struct cn_buf *out, struct cn_err *) CN_CHECKED;

#endif
