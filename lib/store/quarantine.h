/* quarantine.h - bytes that could not be taken in, kept sealed
 *
 * Each item has a leaf of its own.  Its first chunk lies in its row, the
 * others (CN_RAW_CHUNK each) beside it; an item of the first version of the
 * store is one chunk of any size. */
#ifndef CN_QUARANTINE_H
#define CN_QUARANTINE_H

#include "store/message.h"

/* Keeps bytes that could not be taken in with the reason and a place that is
 * not personal ('mail 12'); at (or NULL): the mailbox where they lie.  1 new,
 * 0 known, -1.  Inside a transaction, after
 * cn_store_leaves(CN_LEAF_QUARANTINE, 1). */
int cn_quarantine(struct cn_store *, const char *reason, const char *place,
    const struct cn_location *at, struct cn_str raw, struct cn_err *)
    CN_CHECKED;

struct cn_quarantine_item {
	int64_t id, leaf, chunks;
	char pub[CN_ID_LEN];		/* q... */
	char place[48];
	char reason[96];		/* its beginning */
	struct cn_location at;		/* where it lay; folder 0: not known */
	bool coming;			/* it is a mail that is not whole yet */
};
/* By public id: 1, 0 no such item, -1. */
int cn_quarantine_find(struct cn_store *, const char *pub,
    struct cn_quarantine_item *, struct cn_err *) CN_CHECKED;
/* One of its chunks, in place of what is in the buffer. */
int cn_quarantine_piece(struct cn_store *, const struct cn_quarantine_item *,
    int64_t chunk, struct cn_buf *, struct cn_err *) CN_CHECKED;
/* Inside a transaction: it was taken in after all (its leaf is punctured by
 * nobody but an erasure); or not, for another reason. */
int cn_quarantine_drop(struct cn_store *, int64_t id, struct cn_err *)
    CN_CHECKED;
int cn_quarantine_renew(struct cn_store *, int64_t id, const char *reason,
    struct cn_err *) CN_CHECKED;

#endif
