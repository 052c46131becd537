/* ledger.h - the erasure ledger: what must never come back
 *
 * Append-only, beside the keyring (and copied into the store).  An entry
 * holds no datum of the person: keyed hashes (cn_blind) and a leaf number.
 * It is pseudonymous personal data all the same, kept to keep the erasure.
 * Each entry carries a MAC over itself and its predecessor's, under a key of
 * the erasure class; a torn last entry is cut off on the next append.
 * A tail that was cut off at an entry shows only against the copies. */
#ifndef CN_LEDGER_H
#define CN_LEDGER_H

#include "keys.h"

enum cn_ledger_kind {
	CN_LEDGER_LEAF = 1, CN_LEDGER_MESSAGE, CN_LEDGER_LOCATION,
	CN_LEDGER_IDENTIFIER
};

struct cn_ledger_entry {
	uint8_t kind;
	int64_t time;			/* of the erasure */
	int64_t leaf;			/* of kind LEAF; else 0 */
	uint8_t hash[CN_HASH];		/* of the other kinds */
};

struct cn_ledger;

/* Reads all of it (an absent file is empty); a bad MAC is status 5. */
struct cn_ledger *cn_ledger_load(struct cn_keys *, struct cn_err *) CN_CHECKED;
void cn_ledger_free(struct cn_ledger *);
size_t cn_ledger_count(const struct cn_ledger *);
const struct cn_ledger_entry *cn_ledger_at(const struct cn_ledger *, size_t);
/* The newest entry of that kind and hash, or NULL; constant time a lookup. */
const struct cn_ledger_entry *cn_ledger_find(const struct cn_ledger *,
    enum cn_ledger_kind, const uint8_t hash[CN_HASH]);
/* Appends what is not in it yet (an identifier again where its time is later:
 * a second erasure), durable before it returns.  Needs the lock; reads first
 * what another process has appended. */
int cn_ledger_append(struct cn_keys *, struct cn_ledger *,
    const struct cn_ledger_entry *, size_t, struct cn_err *) CN_CHECKED;

#endif
