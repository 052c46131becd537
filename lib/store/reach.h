/* reach.h - what an erasure reaches, as temporary tables (in memory)
 *
 *	cut(leaf, time)	the leaves, and when they were erased
 *	who(person)	the persons that have one of them
 *	gone(id)	the messages sealed under them
 *
 * A model that was trained on one of these has its leaf in cut, too.
 *
 * For erase.c and prove.c only. */
#ifndef CN_REACH_H
#define CN_REACH_H

#include "store/erase.h"
#include "store/sql.h"

#define IN_CUT "IN (SELECT leaf FROM cut)"
#define IN_GONE "IN (SELECT id FROM gone)"

/* Empties cut. */
int cn_reach_begin(struct cn_store *, struct cn_err *) CN_CHECKED;
int cn_reach_add(struct cn_store *, int64_t leaf, int64_t time,
    struct cn_err *) CN_CHECKED;
/* Adds every leaf of the ledger. */
int cn_reach_ledger(struct cn_store *, struct cn_err *) CN_CHECKED;
/* Fills who and gone from cut, and this up with the models' leaves. */
int cn_reach_gather(struct cn_store *, struct cn_err *) CN_CHECKED;
int cn_reach_count(struct cn_store *, int64_t count[CN_REACH_MAX],
    struct cn_err *) CN_CHECKED;
/* The leaves of cut in the arena. */
int cn_reach_leaves(struct cn_store *, struct cn_arena *, int64_t **, size_t *,
    struct cn_err *) CN_CHECKED;
/* The first column of a query without parameters, in the arena. */
int cn_reach_list(struct cn_store *, const char *sql, struct cn_arena *,
    int64_t **, size_t *, struct cn_err *) CN_CHECKED;

/* Messages of others with a draft that was made from one in gone, in the
 * arena. */
int cn_reach_drafts(struct cn_store *, struct cn_arena *, int64_t **, size_t *,
    struct cn_err *) CN_CHECKED;

/* Appends to the ledger, durable, what cut and gone say. */
int cn_reach_remember(struct cn_store *, struct cn_err *) CN_CHECKED;
/* Copies the ledger into the store; inside a transaction. */
int cn_reach_copy_ledger(struct cn_store *, struct cn_err *) CN_CHECKED;
/* Takes over what the store's copy has and the file has not. */
int cn_reach_union(struct cn_store *, struct cn_err *) CN_CHECKED;
/* Do the ledger and its copy hold the same number of entries? */
int cn_reach_in_step(struct cn_store *, bool *, struct cn_err *) CN_CHECKED;

#endif
