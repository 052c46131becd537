/* mailbox.h - how far the mailboxes of a server have been read
 *
 * A mailbox is a folder of an account; its mails are known by UIDVALIDITY and
 * UID (RFC 3501, 2.3.1.1).  All UIDs below uidnext are done with: here, in
 * quarantine, passed over on purpose, or in the list of those pending.  What
 * is written here is committed together with the messages that it speaks
 * of. */
#ifndef CN_MAILBOX_H
#define CN_MAILBOX_H

#include "store/message.h"

struct cn_mailbox {
	int64_t id;			/* of the folder */
	char pub[CN_ID_LEN];		/* f…: names it in messages */
	int64_t uidvalidity, uidnext;	/* 0: it has never been read */
	int64_t modseq;			/* as of which flags are known; or 0 */
	/* Of mail below `anew`, which the server numbered anew, what arrived
	 * before `passed` has been passed over on purpose; or 0. */
	int64_t passed, anew;
};

/* By names; made where it is new (a transaction of its own). */
int cn_mailbox_open(struct cn_store *, const char *account, const char *name,
    struct cn_mailbox *, struct cn_err *) CN_CHECKED;

/* Inside a transaction, all of them: */
int cn_mailbox_save(struct cn_store *, const struct cn_mailbox *,
    struct cn_err *) CN_CHECKED;
/* The flags of a mail; no-op where it is not known. */
int cn_mailbox_flags(struct cn_store *, const struct cn_mailbox *,
    int64_t uid, unsigned flags, struct cn_err *) CN_CHECKED;
/* The labels and keywords of a message at a place, in place of those it had;
 * one that is not personal by itself is sealed all the same. */
int cn_mailbox_label(struct cn_store *, const struct cn_location *,
    int64_t message, const char *const *labels, size_t n, struct cn_err *)
    CN_CHECKED;
/* The mails first..last lie there no more; the messages stay. */
int cn_mailbox_gone(struct cn_store *, const struct cn_mailbox *,
    int64_t first, int64_t last, struct cn_err *) CN_CHECKED;
/* The same for all that lay there under another UIDVALIDITY. */
int cn_mailbox_forget(struct cn_store *, const struct cn_mailbox *,
    struct cn_err *) CN_CHECKED;

/* The same for every mailbox of an account that is not among those named; it
 * counts as never read then.  A transaction of its own. */
int cn_mailbox_unlisted(struct cn_store *, const char *account,
    const char *const *names, size_t n, struct cn_err *) CN_CHECKED;

/* Is this mail here or known to be kept out?  1 and the message's number (0
 * where it is in quarantine or erased), 0, -1. */
int cn_mailbox_has(struct cn_store *, const struct cn_mailbox *, int64_t uid,
    int64_t *message, struct cn_err *) CN_CHECKED;

/* The UIDs above `after` and below `end` that are known to lie there,
 * ascending, at most max. */
int cn_mailbox_uids(struct cn_store *, const struct cn_mailbox *,
    int64_t after, int64_t end, int64_t *uids, size_t max, size_t *n,
    struct cn_err *) CN_CHECKED;

/* Mail that the server listed and that is not here: it was not sent, or comes
 * in pieces. */
struct cn_pending {
	int64_t id, uid, size;
	bool begun;			/* some pieces are here */
};
/* Those that are to be asked for now, in the arena: first what was never
 * tried, and last what failed most often; that waits after three tries, from
 * an hour up to a day.  Of what failed only ids up to `mark`. */
int cn_pending_list(struct cn_store *, const struct cn_mailbox *,
    int64_t mark, struct cn_arena *, struct cn_pending **, size_t *n,
    struct cn_err *) CN_CHECKED;
/* The largest id so far, or 0. */
int cn_pending_mark(struct cn_store *, int64_t *mark, struct cn_err *)
    CN_CHECKED;
/* The next three inside a transaction.  refused: the server did not send it,
 * which counts as a try. */
int cn_pending_add(struct cn_store *, const struct cn_mailbox *, int64_t uid,
    int64_t size, bool refused, struct cn_err *) CN_CHECKED;
int cn_pending_try(struct cn_store *, int64_t id, struct cn_err *) CN_CHECKED;
/* With what is here of it. */
int cn_pending_drop(struct cn_store *, int64_t id, struct cn_err *) CN_CHECKED;

/* Appends ',n' for each folder of this name: kind 'mailbox' or 'label', or
 * 'account' for all that one has.  Case counts for nothing in ASCII. */
int cn_mailbox_named(struct cn_store *, const char *kind, const char *name,
    struct cn_buf *, struct cn_err *) CN_CHECKED;

/* Fills account, folders, flags and labels (CN_LOAD_PLACES). */
int cn_mailbox_places(struct cn_store *, int64_t message, struct cn_msg *,
    struct cn_arena *, struct cn_err *) CN_CHECKED;
/* The same for one that lies in one place and has no labels; borrows the
 * names. */
void cn_mailbox_place(struct cn_msg *, const char *account,
    const char *folder, unsigned flags, struct cn_arena *);

#endif
