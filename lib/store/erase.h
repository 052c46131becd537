/* erase.h - erasure in the store and the keyring, in this order
 *
 * Under keyring.lock: (1) the ledger, durable; the store: an erasure row with
 * the leaves, meta 'erasing', the person 'erasing'; (2) the keyring without
 * the leaves, generation g + 1; (3) rows deleted under secure_delete, search
 * shards rebuilt under new keys, generation g + 1; (4) checkpoint with
 * TRUNCATE; (5) proof.  Killed anywhere, cn_erase_catch_up() finishes it.
 *
 * What is erased is told by leaves: the identifiers that have them, the
 * messages sealed under them with all that hangs on these, links of those
 * identifiers in others' messages, drafts that were made from such messages,
 * models that were trained on one (their leaves are cut with the others),
 * persons without identifiers and conversations without messages.  Events stay
 * as anonymous figures: without their message, and with a random number in
 * place of a conversation that has gone, the same for all events of it, so
 * that reports of the past stand. */
#ifndef CN_ERASE_H
#define CN_ERASE_H

#include "store/person.h"

/* Finishes what was cut off and replays the ledger over an older store; waits
 * for keyring.lock, so that an erasure that runs ends first.  No-op when
 * nothing is open. */
int cn_erase_catch_up(struct cn_store *, struct cn_err *) CN_CHECKED;
/* Is something cut off or older than the ledger? */
int cn_erase_due(struct cn_store *, bool *due, struct cn_err *) CN_CHECKED;

/* What an erasure takes in, counted. */
enum cn_reach {
	CN_REACH_PERSONS, CN_REACH_IDENTIFIERS, CN_REACH_MESSAGES,
	CN_REACH_RAW, CN_REACH_CLASSES, CN_REACH_REPLIES, CN_REACH_REFS,
	CN_REACH_PARTICIPANTS, CN_REACH_LINKS, CN_REACH_LOCATIONS,
	CN_REACH_REMEMBERED, CN_REACH_CONVERSATIONS, CN_REACH_EVENTS,
	CN_REACH_SHARDS, CN_REACH_RATINGS, CN_REACH_PENDING,
	CN_REACH_ITEMS, CN_REACH_LABELS, CN_REACH_MODELS, CN_REACH_FEEDBACK,
	CN_REACH_MAX
};
extern const char *const cn_reach_names[CN_REACH_MAX];

struct cn_survey {
	int64_t count[CN_REACH_MAX];
	uint8_t digest[CN_SHA];		/* of the messages' public ids */
	int64_t *linked;		/* others' messages with a link */
	size_t nlinked;
	size_t drafts;			/* others' messages whose drafts go: they
					 * were made from an erased answer */
	int64_t quarantined;		/* items in the whole store */
};
/* Changes nothing; arrays in the arena. */
int cn_erase_survey(struct cn_store *, const int64_t *leaves, size_t n,
    struct cn_survey *, struct cn_arena *, struct cn_err *) CN_CHECKED;

/* 1 if the erasure of this id has been carried out, 0, -1. */
int cn_erase_done(struct cn_store *, const char *pub, struct cn_err *)
    CN_CHECKED;
/* Erases, (1) to (3); pub names the erasure ('e…').  Nothing of it is in a
 * transaction of the caller. */
int cn_erase(struct cn_store *, const char *pub, const int64_t *leaves,
    size_t n, struct cn_err *) CN_CHECKED;
/* (4): 0 the WAL is empty, 1 a reader or writer holds it (after run->wait_ms),
 * -1. */
int cn_erase_checkpoint(struct cn_store *, struct cn_err *) CN_CHECKED;

/* (5): each check with how many things it looked at and how many fail. */
#define CN_CHECKS_MAX 12
struct cn_proof {
	struct { const char *name; int64_t of, bad; } check[CN_CHECKS_MAX];
	size_t n;
	bool pending;			/* a reader holds the WAL */
	int64_t leaves, generation;
};
/* Of one erasure by its public id, or (NULL) of all in the ledger.  Returns 0
 * also where a check fails.  No such erasure: status 4. */
int cn_erase_prove(struct cn_store *, const char *pub, struct cn_proof *,
    struct cn_err *) CN_CHECKED;

/* What the ledger keeps out: 1 erased, 0 not, -1.  Ask inside the transaction
 * that would store it: an erasure may have ended just before.  An identifier
 * keeps out what was written before *time only. */
int cn_erased_message(struct cn_store *, const uint8_t hash[CN_HASH]);
int cn_erased_location(struct cn_store *, int64_t folder, int64_t uidvalidity,
    int64_t uid, struct cn_err *) CN_CHECKED;
int cn_erased_ident(struct cn_store *, const char *address, int64_t *time,
    struct cn_err *) CN_CHECKED;

#endif
