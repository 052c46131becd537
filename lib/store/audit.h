/* audit.h - runs and the audit chain
 *
 * An audit entry is written in the transaction of the change it tells of:
 * who, with which slot, when, where, which command and option names (never
 * values), for what, how many, and about whom as a PRF under a key derived
 * from the person's leaf, which dies with it.  hash = SHA-256(previous hash |
 * entry | sealed SSH address); each hash is signed (Ed25519) by the slot.  The
 * newest hash is also kept outside the store (the anchor, beside the keyring),
 * so that a cut tail is found; the first entry written upon such a chain says
 * so ("found"), for the anchor then moves on. */
#ifndef CN_AUDIT_H
#define CN_AUDIT_H

#include "store/store.h"

#define CN_AUDIT_NAMED 64		/* persons in one entry, at most */

struct cn_audit_entry {
	const char *what;		/* 'messages imported' */
	const char *purpose;		/* or NULL */
	int64_t count;			/* 0: not counted */
	const int64_t *leaves;		/* of the persons it is about */
	size_t nleaves;			/* the first CN_AUDIT_NAMED count */
};

/* Notes whom an entry is about, once; with no room left it counts alone. */
void cn_audit_name(int64_t leaves[CN_AUDIT_NAMED], size_t *n, int64_t leaf);
/* Inside a transaction. */
int cn_audit(struct cn_store *, const struct cn_audit_entry *,
    struct cn_err *) CN_CHECKED;
/* In a transaction of its own (reads, intents, outcomes). */
int cn_audit_now(struct cn_store *, const struct cn_audit_entry *,
    struct cn_err *) CN_CHECKED;
/* Best effort; cn_store_close() does it. */
void cn_audit_anchor(struct cn_store *);

/* Walks the chain: 0 whole, 1 broken (err names the first bad entry), -1. */
int cn_audit_verify(struct cn_store *, int64_t *entries, struct cn_err *)
    CN_CHECKED;
/* Calls for each entry in order, the newest `limit` ones (0: all). */
int cn_audit_list(struct cn_store *, int64_t limit,
    int (*row)(void *, int64_t id, const char *entry, struct cn_err *),
    void *, struct cn_err *) CN_CHECKED;

/* Runs.  A row is written at the start of a command that changes the store,
 * and completed at its end; one without an end was killed. */
struct cn_run_row {
	int64_t id;
	const char *account;		/* or NULL; not personal */
	int64_t read, stored, refused;
};
/* The status of a run that ended because nobody read its output any more: as a
 * shell has it, 128 and SIGPIPE.  It has not failed. */
#define CN_RUN_CLOSED 141
int cn_run_begin(struct cn_store *, struct cn_run_row *, struct cn_err *)
    CN_CHECKED;
int cn_run_end(struct cn_store *, const struct cn_run_row *, int status,
    struct cn_err *) CN_CHECKED;

/* Events: append-only; every metric is derived from them.  One of a kind for
 * a message; a second one is ignored.  0 for no conversation or message. */
int cn_event(struct cn_store *, int64_t time, const char *kind,
    int64_t conversation, int64_t message, const char *channel,
    const char *value, struct cn_err *) CN_CHECKED;

struct cn_event_row {
	int64_t id, time, conversation, message;
	const char *kind, *channel, *value;	/* borrowed for the call */
};
/* All events of since <= time < until in the order of time and id; pages, so
 * that no snapshot is held. */
int cn_event_list(struct cn_store *, int64_t since, int64_t until,
    int (*row)(void *, const struct cn_event_row *, struct cn_err *), void *,
    struct cn_err *) CN_CHECKED;

#endif
