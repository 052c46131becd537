/* classify.h - what messages are about, decided and stored in groups */
#ifndef CN_CLASSIFY_H
#define CN_CLASSIFY_H

#include "desk/intake/item.h"
#include "desk/learn/chosen.h"
#include "desk/learn/rules.h"

struct cn_classify {
	struct cn_items items;		/* purpose 'classify' */
	struct cn_chosen chosen;	/* looked at before the first item; */
	struct cn_chosen spam;		/* that one, too */
	struct cn_rules rules;
	bool explain;			/* more numbers in class */
	bool refs;			/* no words of the message in class */
	struct cn_arena scratch;	/* of one decision */
	uint64_t stored, skipped;	/* so far */
};

/* All that it holds, but for the models, store and configuration lent. */
void cn_classify_release(struct cn_classify *);
/* What a model is told of an item, when it learns and when it is asked; lives
 * as long as the item. */
void cn_classify_input(const struct cn_config *, struct cn_item *,
    struct cn_ai_input *);
/* cn_chosen_look() at both models; to be called before the first item. */
int cn_classify_look(struct cn_classify *, bool *changed, struct cn_err *)
    CN_CHECKED;
/* Decides about an item that was just taken: result and json. */
int cn_classify_item(struct cn_classify *, struct cn_item *, struct cn_err *)
    CN_CHECKED;
/* Stores what is new in the group, in one transaction: a message that has the
 * answer of the same model already is left alone.  Where another model is to
 * be used meanwhile all of the group is decided again.  The items stay, to be
 * written out by the caller, until cn_items_reset(). */
int cn_classify_flush(struct cn_classify *, struct cn_err *) CN_CHECKED;
/* The X-CN-* fields of an item, as cn_mail_mark() takes them. */
void cn_classify_fields(struct cn_buf *, const struct cn_classify *,
    const struct cn_item *);

#endif
