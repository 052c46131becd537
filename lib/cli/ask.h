/* ask.h - a secret from the keyboard */
#ifndef CN_ASK_H
#define CN_ASK_H

#include "cli/run.h"

/* Appends the line that is typed after the prompt on the terminal, without
 * echo; wipe it.  Where standard input is no terminal, or nothing is typed,
 * status 2. */
int cn_ask_secret(struct cn_cli *, const char *prompt, struct cn_buf *out,
    struct cn_err *) CN_CHECKED;

#endif
