/* password.h - where a password is kept, and how it gets here
 *
 * A password is the first line of what is read, at most 4096 bytes of UTF-8;
 * an empty one is refused (78).  What a command, a file or a
 * credential of systemd holds is read when it is needed and never stored. */
#ifndef CN_PASSWORD_H
#define CN_PASSWORD_H

#include "base/run.h"

enum cn_password_from {
	CN_PASSWORD_KEPT,		/* sealed in the store */
	CN_PASSWORD_CMD,		/* what /bin/sh -c WHERE writes */
	CN_PASSWORD_FILE,		/* a file that nobody else can read */
	CN_PASSWORD_CREDENTIAL,		/* $CREDENTIALS_DIRECTORY/WHERE */
	CN_PASSWORD_NONE		/* OAuth without a client's secret */
};

/* Appends it; wipe it.  The command gets PATH, HOME and USER and nothing else
 * of the environment, no input, and 30 seconds.  A command that fails or a
 * file that others can read: 77; what is not there: 78. */
int cn_password_read(const struct cn_run *, enum cn_password_from,
    const char *where, struct cn_buf *out, struct cn_err *) CN_CHECKED;
/* From a descriptor, to its end. */
int cn_password_fd(int fd, struct cn_buf *out, struct cn_err *) CN_CHECKED;

#endif
