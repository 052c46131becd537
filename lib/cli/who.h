/* who.h - persons named on the command line
 *
 * An address, a phone number, a handle or a public id (p…); '-' reads them
 * from standard input and '@FILE' from a file, one a line. */
#ifndef CN_WHO_H
#define CN_WHO_H

#include "cli/run.h"

/* Adds them: 1 they came from such a list, 0 it is one.  Nobody is a usage
 * error: a command that acts on a person does nothing for nobody. */
int cn_who_read(struct cn_cli *, const char *arg, struct cn_list *,
    struct cn_err *) CN_CHECKED;

#endif
