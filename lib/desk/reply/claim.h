/* claim.h - does a sentence say something of somebody?
 *
 * Usual words alone can tell what only one person was told: 'you cannot hear',
 * 'your password is welcome', 'she must not know'.  A sentence claims something
 * if it says, other than as a condition or a wish, what its reader is, has or
 * did, or why something is so, or what a code is, or names a third person.
 * By patterns of English, German, French, Spanish, Portuguese and Hindi in both
 * scripts (claim.c); so it errs, and more often lets pass than not. */
#ifndef CN_CLAIM_H
#define CN_CLAIM_H

#include "base/buf.h"

bool cn_claims(struct cn_str sentence);

#endif
