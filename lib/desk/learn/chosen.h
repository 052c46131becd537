/* chosen.h - which model classifies, which says what is spam
 *
 * That of the store where one was trained and may be used, else the starter;
 * of spam there is no starter.
 * The store's may not be used when one of its messages has gone or the owner
 * of one has objected or is restricted since, until it is trained anew; then
 * the starter stands in.  A filter may run for days, so it looks again before
 * it stores. */
#ifndef CN_CHOSEN_H
#define CN_CHOSEN_H

#include "ai/model.h"
#include "store/trained.h"

#define CN_CHOSEN_NAME 40

struct cn_chosen {
	struct cn_store *store;		/* NULL: the starter */
	const char *kind;
	const struct cn_model *starter;	/* borrowed; or NULL */
	const char *from;		/* what it is: 'starter', or 'file' */
	const struct cn_encoder *encoder;	/* or NULL; for the store's */
	/* What was found: */
	bool looked;
	const struct cn_model *model;	/* NULL: neither */
	char name[CN_CHOSEN_NAME];	/* 'store:1f2e…'; '' */
	int64_t row;			/* that was looked at in the store, or
					 * 0 */
	struct cn_model *own;		/* NULL: it is the starter */
	bool untrained;			/* there are labels, and no model */
};

/* Looks, and loads what is to be used; *changed where it is another than
 * before.  To be called outside a transaction. */
int cn_chosen_look(struct cn_chosen *, bool *changed, struct cn_err *)
    CN_CHECKED;
/* Inside one, or without a store: 1 it is what is to be used still, 0 look
 * again, -1. */
int cn_chosen_holds(struct cn_chosen *, struct cn_err *) CN_CHECKED;
void cn_chosen_release(struct cn_chosen *);

#endif
