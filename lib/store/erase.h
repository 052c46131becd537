/* erase.h - erasure in the store and the keyring, in this order
 *
 * Under keyring.lock: (1) the ledger, durable; the store: an erasure row with
 * the leaves, meta 'erasing', the person 'erasing'; (2) the keyring without
 * the leaves, generation g + 1; (3) rows deleted under secure_delete, search
 * shards rebuilt under new keys, generation g + 1; (4) checkpoint with
 * TRUNCATE; (5) proof.  Killed anywhere, cn_erase_catch_up() finishes it. */
#ifndef CN_ERASE_H
#define CN_ERASE_H

#include "store/person.h"

/* Finishes what was cut off and replays the ledger over an older store; waits
 * for keyring.lock, so that an erasure that runs ends first.  No-op when
 * nothing is open. */
int cn_erase_catch_up(struct cn_store *, struct cn_err *) CN_CHECKED;

#endif
