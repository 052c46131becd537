/* item.h - a message on its way through a filter
 *
 * A filter takes lines, mails, or messages of the store; each becomes an item
 * with its line, so that one way leads on from there.  The gate is asked when
 * the item is taken, and again inside the transaction that stores what the
 * filter found (an erasure may have come between).  An item that is skipped
 * has its reason and goes out without what the filter would add. */
#ifndef CN_ITEM_H
#define CN_ITEM_H

#include "desk/config.h"
#include "store/message.h"

struct cn_ai_result;
struct cn_ruling;

struct cn_item {
	struct cn_arena mem;
	struct cn_buf line;		/* as it came, or as it was made */
	struct cn_line at;		/* its members */
	struct cn_msg msg;		/* with text, also where the line has
					 * none and the store has it */
	struct cn_buf raw, envelope;	/* of a mail: cn_items.keep */
	int64_t id;			/* in the store; 0: not there */
	struct cn_message_owner owner;
	const char *skipped;		/* or NULL */
	bool strip;			/* erased: personal members go */
	bool bare;			/* the line has no content */
	bool absent;			/* not in the store: "stored":false */
	struct cn_msg kept;		/* of the store: cn_item_kept() */
	bool has_kept;
	/* What the filter adds. */
	struct cn_str json;		/* the member's value; n == 0: none */
	struct cn_str withheld;		/* beside it: cn-reply-suggest's */
	bool done;			/* the store has this already */
	const struct cn_ai_result *result;	/* cn-classify's, */
	const struct cn_ruling *ruling;		/* what rules have set of it */
	bool labelled;			/* an agent has said the category */
	struct cn_str head;		/* cn_item_head() */
	bool has_head;
};

struct cn_items {
	struct cn_store *store;		/* NULL: --no-store */
	const struct cn_config *conf;
	const char *purpose;		/* for the gate */
	bool keep;			/* mails' bytes */
	bool marks;			/* and what they show besides */
	struct cn_item **v;
	size_t n, cap;
};

void cn_items_reset(struct cn_items *);		/* for the next group */
/* Do they hold so much that the group should end here?  Texts that came from
 * the store do not show in the size of what was read. */
bool cn_items_full(const struct cn_items *);
void cn_items_release(struct cn_items *);

/* Each appends an item and returns it.  NULL with status 3: refused; another
 * status ends the run.  The bytes are copied. */
struct cn_item *cn_item_line(struct cn_items *, struct cn_str line,
    struct cn_err *) CN_CHECKED;
struct cn_item *cn_item_mail(struct cn_items *, struct cn_str raw,
    struct cn_str envelope, struct cn_err *) CN_CHECKED;
/* By number; erased meanwhile gives NULL with status 4. */
struct cn_item *cn_item_stored(struct cn_items *, int64_t id,
    struct cn_err *) CN_CHECKED;

/* Loads what the store has of it, class and replies too, into kept.  Where it
 * was erased meanwhile the item becomes skipped. */
int cn_item_kept(struct cn_items *, struct cn_item *, struct cn_err *)
    CN_CHECKED;
/* Inside a transaction: asks the gate again. */
int cn_item_again(struct cn_items *, struct cn_item *, struct cn_err *)
    CN_CHECKED;
/* The header fields of a mail as they came, in the item's arena: of what came
 * as mail, or is in the store; else nothing. */
int cn_item_head(struct cn_items *, struct cn_item *, struct cn_err *)
    CN_CHECKED;
/* The writer's own words of its text, in the item's arena. */
struct cn_str cn_item_own(struct cn_item *);
/* Appends its line with the member added, or with why it was skipped. */
#define CN_ITEM_REFS 1u			/* without personal members */
void cn_item_put(struct cn_buf *, const struct cn_item *, const char *member,
    unsigned flags);

#endif
