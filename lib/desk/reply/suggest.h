/* suggest.h - drafts for an answer: macros, past answers, and what was said
 * before in the same conversation
 *
 * A draft's score is the likeness of the customer's words (similar.h) to the
 * macro, to the question that was answered or to what was said, times the
 * belief that both are of one category, times what agents think of its source
 * (judge.c).  Drafts in the customer's language
 * come first; of two that are nearly the same only the better is shown. */
#ifndef CN_SUGGEST_H
#define CN_SUGGEST_H

#include "ai/similar.h"
#include "desk/intake/item.h"
#include "desk/reply/history.h"
#include "desk/reply/macros.h"
#include "store/feedback.h"

#define CN_SUGGEST_MAX 20	/* drafts for a message, at most */

struct cn_suggest {
	struct cn_items items;		/* purpose 'suggest' */
	const struct cn_macros *macros;
	struct cn_history *history;	/* or NULL */
	bool macros_only;
	bool all;			/* machines get answers, too */
	const char *agent;		/* fills {agent}; or NULL */
	size_t max;
	double min_score;
	uint64_t stored, skipped;	/* so far */
	/* A generator, or NULL: a line (generate.c) out and one in.  Where it
	 * fails it is set to NULL, with the reason. */
	int (*generate)(void *, struct cn_str line, struct cn_buf *answer,
	    struct cn_err *);
	void *generate_arg;
	const char *generator;		/* its name on the line */
	struct cn_err generator_err;
	/* Its own. */
	struct cn_similar *index;	/* of the macros' texts */
	struct cn_wordset usual, ours;	/* scrub.h */
	size_t variants;
	struct cn_feedback *judged;
	size_t njudged;
	struct cn_arena mem;
	uint64_t questions;		/* asked of the generator */
};

/* After the members above are set. */
int cn_suggest_init(struct cn_suggest *, struct cn_err *) CN_CHECKED;
void cn_suggest_release(struct cn_suggest *);
/* Drafts for an item that was just taken: its json is the member replies. */
int cn_suggest_item(struct cn_suggest *, struct cn_item *, struct cn_err *)
    CN_CHECKED;
/* Stores what is new in the group, in one transaction.  Automatic mail, spam,
 * what nobody would read an answer to and what was answered meanwhile are
 * stored as having no replies, so that they do not wait any longer. */
int cn_suggest_flush(struct cn_suggest *, struct cn_err *) CN_CHECKED;

/* What ID[:RANK] names, the rank 1 unless told; false: no rank. */
bool cn_suggest_draft(const char *what, struct cn_str *id, int64_t *rank);
/* Inside a transaction: an agent took, or left, the draft of a message that
 * ID[:RANK] names.  Status 3 where there is none. */
int cn_suggest_judge(struct cn_store *, const char *what, bool accepted,
    int64_t *leaf, struct cn_err *) CN_CHECKED;

/* Appends each reply of an item as a mail in an mbox (mboxrd).  An item that
 * is no mail, or has no sender, gives none. */
int cn_suggest_mails(struct cn_buf *, struct cn_suggest *, struct cn_item *,
    int64_t now, struct cn_err *) CN_CHECKED;

#endif
