/* large.h - large mail, piece by piece
 *
 * A mail of more than CN_MAIL_WHOLE bytes is taken in in pieces of
 * CN_RAW_CHUNK bytes (the last may be shorter), each of which is durable, and
 * sealed where it will stay, when the call returns: killed anywhere, the next
 * run goes on with the next piece.  Whose it is is told from the first piece,
 * so that an erasure reaches what is here of it.  Memory is bounded whatever
 * the size: about 16 MiB besides the store's cache.
 *
 * The folder is the one of cn_intake_from().  None of these calls may be made
 * inside a transaction.  Status 4 (CN_BLOCKED): the mail has been erased, or
 * has gone from its mailbox, meanwhile; nothing of it is here.  Status 3: it
 * is larger than 4 GiB. */
#ifndef CN_LARGE_H
#define CN_LARGE_H

#include "desk/intake/intake.h"

/* With the first piece; or finds what was begun before.  size: what the
 * server says, which need not be true.  *pending names it from here on.  0,
 * 1: it is known to be erased, and not to be taken in; -1. */
int cn_large_begin(struct cn_intake *, const struct cn_intake_at *,
    int64_t size, const char *place, struct cn_str first, int64_t *pending,
    struct cn_err *) CN_CHECKED;
/* The number of the next piece.  1: there is none, a last one, shorter than
 * the others, is here; 0, -1. */
int cn_large_next(struct cn_intake *, int64_t pending, uint32_t *chunk,
    struct cn_err *) CN_CHECKED;
/* One that is here already, and an empty one, change nothing. */
int cn_large_piece(struct cn_intake *, int64_t pending, uint32_t chunk,
    struct cn_str piece, struct cn_err *) CN_CHECKED;
/* All pieces are here: the mail becomes a message, or an item in quarantine.
 * Writes the group of the intake with it, as cn_intake_flush() does.  With
 * CN_INTAKE_MBOX *show is the number of the message, to be written with
 * cn_message_mbox(), or 0; it may be NULL without. */
int cn_large_end(struct cn_intake *, int64_t pending,
    const struct cn_intake_at *, const char *place, struct cn_buf *lines,
    void (*tell)(void *, const char *place, const char *reason), void *,
    int64_t *show, struct cn_err *) CN_CHECKED;

/* All of this for a mail that is read from somewhere and has no UID: more()
 * appends the next CN_RAW_CHUNK bytes, fewer at the end.  What a run that was
 * killed left behind of the same mail is gone on with. */
int cn_large_take(struct cn_intake *, struct cn_str first,
    int (*more)(void *, struct cn_buf *, struct cn_err *), void *from,
    const char *place, struct cn_buf *lines,
    void (*tell)(void *, const char *place, const char *reason), void *,
    struct cn_err *) CN_CHECKED;

/* Takes a mail of the quarantine in again, by its public id: 1 no such item,
 * 0, -1.  It leaves the quarantine in the transaction in which it becomes a
 * message; else it stays, with its reason renewed (cn_intake_counts() tells),
 * and so does one that is still on its way. */
int cn_intake_requeue(struct cn_intake *, const char *pub,
    struct cn_buf *lines, void (*tell)(void *, const char *place,
    const char *reason), void *, int64_t *show, struct cn_err *) CN_CHECKED;

#endif
