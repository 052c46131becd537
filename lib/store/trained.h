/* trained.h - models that were trained on messages of the store
 *
 * Such a model is personal data: its bytes are sealed, in chunks of 1 MiB,
 * under a leaf of its own (CN_LEAF_MODEL), and the messages that taught it
 * are listed.  An erasure that takes one of these destroys the leaf in the
 * same step (reach.c), so that no copy of the store can open the model; one
 * that is replaced is destroyed by its successor.  Of each kind the newest row
 * counts: others are left where a replacement was cut off. */
#ifndef CN_TRAINED_H
#define CN_TRAINED_H

#include "store/store.h"

#define CN_TRAINED_CATEGORY "category"
#define CN_TRAINED_SPAM "spam"

struct cn_trained {
	int64_t id, leaf;
	const char *kind;
	const char *name;		/* of the bytes: cn_model_id() */
	int64_t created;
	int64_t labels, until;		/* how many messages; when the newest of
					 * them was labelled */
	uint8_t source[CN_HASH];	/* keyed hash of all that it is made
					 * from */
	int64_t size;			/* bytes */
	bool torn;			/* one of its messages has gone */
};

/* The newest of a kind: 1, 0 none, -1. */
int cn_trained_find(struct cn_store *, const char *kind, struct cn_trained *,
    struct cn_arena *, struct cn_err *) CN_CHECKED;
/* Appends its bytes (wipe them): 1, 0 where its key is destroyed, -1. */
int cn_trained_open(struct cn_store *, const struct cn_trained *,
    struct cn_buf *, struct cn_err *) CN_CHECKED;

/* Inside a transaction, after cn_store_leaves(CN_LEAF_MODEL, 1): a model of
 * these bytes; id, leaf and created are filled in. */
int cn_trained_add(struct cn_store *, struct cn_trained *, struct cn_str,
    struct cn_err *) CN_CHECKED;
/* One of the messages that taught it, or were left out for room. */
int cn_trained_by(struct cn_store *, int64_t id, int64_t message,
    struct cn_err *) CN_CHECKED;

/* The leaves of all models of a kind that are older than the newest (all: of
 * that, too), in the arena. */
int cn_trained_older(struct cn_store *, const char *kind, bool all,
    struct cn_arena *, int64_t **leaves, size_t *n, struct cn_err *)
    CN_CHECKED;
/* How many of the messages that taught it are labelled, by now, with each
 * category; in the arena. */
struct cn_trained_count {
	const char *category;
	int64_t n;
};
int cn_trained_counts(struct cn_store *, int64_t id, struct cn_arena *,
    struct cn_trained_count **, size_t *n, struct cn_err *) CN_CHECKED;
/* Messages that taught it, above `after`, whose owner does not allow
 * everything: the gate has to be asked about them.  Ascending. */
int cn_trained_doubtful(struct cn_store *, int64_t id, int64_t after,
    int64_t *ids, size_t max, size_t *n, struct cn_err *) CN_CHECKED;

/* The keyed hash for `source`. */
int cn_trained_source(struct cn_store *, const void *, size_t,
    uint8_t out[CN_HASH], struct cn_err *) CN_CHECKED;

#endif
