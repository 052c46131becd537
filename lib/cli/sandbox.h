/* sandbox.h - what a filter gives up before it reads a message */
#ifndef CN_SANDBOX_H
#define CN_SANDBOX_H

#include "base/err.h"

/* From here on this process and its children cannot open, connect or listen
 * on a socket of any kind: the calls fail with EPERM (seccomp(2)).  There is
 * no way back.  Fails with CN_UNAVAILABLE where the kernel has no seccomp. */
int cn_sandbox_offline(struct cn_err *) CN_CHECKED;

#endif
