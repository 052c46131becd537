/* share.h - files that are installed beside the commands */
#ifndef CN_SHARE_H
#define CN_SHARE_H

#include "cli/run.h"

/* The path of a file that the toolkit brings along: what the environment
 * variable names (NULL: none), else ../share/convonest/NAME as seen from the
 * folder of this program, so that a copy that was not installed finds its
 * own. */
const char *cn_share(struct cn_cli *, const char *variable, const char *name);

#endif
