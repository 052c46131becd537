/* proof.h - the certificate of an erasure, for whoever asked for it */
#ifndef CN_CLI_PROOF_H
#define CN_CLI_PROOF_H

#include "cli/run.h"
#include "store/store.h"

/* Proves one erasure (id NULL: all) and writes the certificate.  Status 5
 * where the proof fails, that of cn_proof_pending() where a reader of the
 * store is in the way. */
int cn_proof_put(struct cn_cli *, struct cn_store *, const char *id,
    const char *done, struct cn_err *) CN_CHECKED;
/* Status 75: it is done ('erased'), but the proof has to wait. */
int cn_proof_pending(const char *done, const char *id, struct cn_err *);

#endif
