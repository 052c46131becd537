/* intake.h - mail and chat on their way into the store
 *
 * Computing comes first and touches the store only to read: parse, find the
 * words, hash.  Then a whole group is written in one transaction: who owns
 * it, which conversation it belongs to, the sealed bytes, the search tokens,
 * the events, the audit entry.  Its lines may be shown when flush returns.
 *
 * Owner: of a mail to the desk its sender; of an answer the first customer
 * that it is addressed to; of a bounce the recipient that failed; else it has
 * a leaf of its own. */
#ifndef CN_INTAKE_H
#define CN_INTAKE_H

#include "desk/config.h"
#include "store/message.h"

struct cn_intake;

struct cn_intake_counts {
	int64_t read, stored, known, erased, quarantined;
	int64_t ratings;		/* of stored */
	int64_t stray;			/* ratings of nothing that is here */
};

/* What a mailbox says of a mail besides its bytes; place.folder 0: that of
 * cn_intake_from(). */
struct cn_intake_at {
	struct cn_location place;
	const char *const *labels;	/* and keywords */
	size_t nlabels;
};

#define CN_INTAKE_NEW 0x100u		/* nothing for what was known */
#define CN_INTAKE_SILENT 0x400u		/* nothing at all */
#define CN_INTAKE_MBOX 0x200u		/* mails (mboxrd) in place of lines */
/* flags: these, and those of cn_msg_line(). */
struct cn_intake *cn_intake_new(struct cn_store *, const struct cn_config *,
    unsigned flags);
void cn_intake_free(struct cn_intake *);
/* Where what follows lies: an account and a folder (a path, a mailbox). */
void cn_intake_from(struct cn_intake *, const char *account,
    const char *folder);
/* Called inside the transaction of every flush, before it is committed: for
 * what must be true together with the messages. */
void cn_intake_also(struct cn_intake *, int (*also)(void *, struct cn_err *),
    void *);

/* Both copy; at may be NULL.  place names the item in messages ('mail 12').
 * What cannot be read is queued for the quarantine all the same, and reported:
 * -1 with status 3. */
int cn_intake_mail(struct cn_intake *, struct cn_str raw,
    const struct cn_intake_at *at, const char *place, struct cn_err *)
    CN_CHECKED;
/* A line of chat, or of rating. */
int cn_intake_chat(struct cn_intake *, struct cn_str line, const char *place,
    struct cn_err *) CN_CHECKED;

/* A record of another program's export that is no line; to the quarantine.
 * What it says of a device is cleaned if it is JSON. */
int cn_intake_refuse(struct cn_intake *, struct cn_str raw, const char *place,
    const char *reason, struct cn_err *) CN_CHECKED;

/* Writes what was gathered; appends a line for every message that is in the
 * store now, in the order in which they came (one that was there before has
 * "known":true).  tell: called for each item that was refused here (erased
 * before). */
int cn_intake_flush(struct cn_intake *, struct cn_buf *lines,
    void (*tell)(void *, const char *place, const char *reason), void *,
    struct cn_err *) CN_CHECKED;
const struct cn_intake_counts *cn_intake_counts(const struct cn_intake *);

#endif
