/* rulings.h - which rules fire: a dry run (cn-model rules) */
#ifndef CN_RULINGS_H
#define CN_RULINGS_H

#include "cli/run.h"

/* Checks the file (NULL: that of the desk) and holds what comes on standard
 * input, if it is no terminal, against it; stores nothing. */
int cn_rulings_run(struct cn_cli *, const char *path, struct cn_err *)
    CN_CHECKED;

#endif
