/* pieces.h - large mail on its way into the store
 *
 * A mail that comes in pieces is sealed from the first one on where it will
 * stay: under its owner's leaf and its own public id, in chunks that need
 * never be moved or sealed again.  The number of the message is set aside for
 * it.  Until the message has a row of its own the row in `pending` says what
 * is here, so that an erasure of the owner finds it.  What is known from its
 * first piece to be for the quarantine has its row there at once, with the
 * reason. */
#ifndef CN_PIECES_H
#define CN_PIECES_H

#include "store/message.h"

struct cn_pieces {
	int64_t id;			/* of the row in pending */
	struct cn_location at;		/* uid: below 0 for an import */
	int64_t size;			/* in bytes; at first what the server
					 * says */
	int64_t leaf;			/* of the owner, or of an item */
	int64_t number;			/* of the message, or the item */
	char pub[CN_ID_LEN];		/* m... or q... */
	int64_t chunks;			/* that are here */
	int64_t turn;			/* another one: they are others */
};
bool cn_pieces_refused(const struct cn_pieces *); /* it is for the quarantine */
/* Is the last chunk, a short one, here? */
bool cn_pieces_whole(const struct cn_pieces *);

/* By place, and by id: 1, 0 where nothing of it is here, -1. */
int cn_pieces_find(struct cn_store *, const struct cn_location *,
    struct cn_pieces *, struct cn_err *) CN_CHECKED;
int cn_pieces_load(struct cn_store *, int64_t id, struct cn_pieces *,
    struct cn_err *) CN_CHECKED;

/* Seals a piece, which all but the last have CN_RAW_CHUNK bytes of; outside
 * the transaction that keeps it. */
int cn_pieces_seal(struct cn_store *, const struct cn_pieces *,
    struct cn_str piece, struct cn_buf *cell, struct cn_err *) CN_CHECKED;
/* A chunk that is here, in place of what is in the buffer. */
int cn_pieces_read(struct cn_store *, const struct cn_pieces *, int64_t chunk,
    struct cn_buf *, struct cn_err *) CN_CHECKED;

/* Inside a transaction, all of them: */
/* Sets aside number and public id for at, size and leaf (0: one for the
 * quarantine), after cn_store_leaves() for it. */
int cn_pieces_begin(struct cn_store *, struct cn_pieces *, struct cn_err *)
    CN_CHECKED;
/* Keeps the next chunk, as sealed, of n bytes: 1, 0 where it is not the next
 * any more or the mail is gone (an erasure), -1.  Of an item for the
 * quarantine the first one comes with place and reason. */
int cn_pieces_put(struct cn_store *, struct cn_pieces *, struct cn_str cell,
    size_t n, const char *place, const char *reason, struct cn_err *)
    CN_CHECKED;
/* The mail is whole: what is here stays, as a message that has been added or
 * as an item with this hash (1; 0 where the quarantine has these bytes, or
 * they were erased, and nothing stays; -1). */
int cn_pieces_done(struct cn_store *, const struct cn_pieces *,
    struct cn_err *) CN_CHECKED;
int cn_pieces_keep(struct cn_store *, const struct cn_pieces *,
    const uint8_t hash[CN_HASH], struct cn_err *) CN_CHECKED;
/* Of what is here only the first n chunks stay. */
int cn_pieces_cut(struct cn_store *, struct cn_pieces *, int64_t n,
    struct cn_err *) CN_CHECKED;
/* Nothing of it stays. */
int cn_pieces_drop(struct cn_store *, const struct cn_pieces *,
    struct cn_err *) CN_CHECKED;
/* The same for what lies no more in a mailbox (or never did, as it was known
 * under these UIDVALIDITYs). */
int cn_pieces_gone(struct cn_store *, int64_t folder, int64_t low,
    int64_t high, int64_t first, int64_t last, struct cn_err *) CN_CHECKED;
/* The same for what was begun by imports before this time. */
int cn_pieces_sweep(struct cn_store *, int64_t before, struct cn_err *)
    CN_CHECKED;

/* The person to whom its leaf belongs: 1, 0 nobody's, -1. */
int cn_pieces_owner(struct cn_store *, const struct cn_pieces *,
    int64_t *person, struct cn_err *) CN_CHECKED;

#endif
