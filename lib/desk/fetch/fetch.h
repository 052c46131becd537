/* fetch.h - mail from a server into the store, and how far that has come
 *
 * A session with one account: cn_fetch_open() connects and logs in,
 * cn_fetch_round() reads what is new in every mailbox that was chosen,
 * cn_fetch_wait() waits for news.  Sizes come first; mail up to 1 MiB comes in
 * batches, larger mail in pieces that may go on in another run.  A group of
 * mails, the mailbox's cursor and the list of what is pending are committed
 * in one transaction, then their lines go out: killed at any moment, the next
 * run goes on where the store is.  The server is only read, unless
 * expunge is asked for.
 *
 * When UIDVALIDITY has changed, all of the mailbox is read again and matched
 * by the hash of its bytes; what is known gets its new place and no line.  An
 * erasure is kept: neither a place nor bytes of an erased person come back. */
#ifndef CN_FETCH_H
#define CN_FETCH_H

#include "desk/account/account.h"
#include "desk/config.h"

struct cn_fetch_conf {
	const char *const *folders;	/* patterns in place of the account's */
	size_t nfolders;
	bool has_since;
	int64_t since;			/* pass over what arrived before */
	int64_t limit;			/* new mails an account; 0: all */
	bool skip_history;		/* of a mailbox that was never read */
	bool rescan;			/* look at every mail again */
	bool expunge;			/* delete what the store has */
	unsigned flags;			/* of cn_intake_new() */
	/* The lines (or mails) of a group, when it is committed; between
	 * hold(true) and hold(false) they are parts of one. */
	int (*lines)(void *, struct cn_str, struct cn_err *);
	void (*hold)(void *, bool);
	/* Every two seconds at least while nothing comes; or NULL. */
	void (*waiting)(void *);
	/* A mail that was refused or is missing: its place and why. */
	void (*tell)(void *, const char *place, const char *reason);
	void *arg;
};

struct cn_fetch_counts {
	int64_t read, stored, known, quarantined, erased;
	int64_t passed;			/* older than since */
	int64_t missing;		/* listed, not sent: pending */
	int64_t expunged;
};

struct cn_fetch;

/* The caller holds the account's lock.  conf is borrowed. */
struct cn_fetch *cn_fetch_open(struct cn_store *, const struct cn_config *,
    const struct cn_account *, const struct cn_fetch_conf *, struct cn_err *)
    CN_CHECKED;
/* Reads what is new, in the first mailbox or in all of them.  0 also when the
 * run was stopped; a mailbox that the server refuses is told and left out. */
int cn_fetch_round(struct cn_fetch *, bool first, struct cn_err *) CN_CHECKED;
/* Waits for news in the first mailbox: 1 news, 0 none after `seconds`, or
 * stopped, -1. */
int cn_fetch_wait(struct cn_fetch *, int seconds, struct cn_err *) CN_CHECKED;
/* Writes one message as mboxrd, whatever its size (conf->lines). */
int cn_fetch_mail(struct cn_store *, int64_t message,
    const struct cn_fetch_conf *, struct cn_err *) CN_CHECKED;
struct cn_fetch_counts cn_fetch_counts(const struct cn_fetch *);
void cn_fetch_close(struct cn_fetch *);

#endif
