/* shown.h - what a model knows and from when (cn-model show) */
#ifndef CN_SHOWN_H
#define CN_SHOWN_H

#include "cli/run.h"

/* Of a file, or (NULL) of the model in use.  output: where its bytes go, or
 * NULL. */
int cn_shown_run(struct cn_cli *, const char *path, const char *output,
    struct cn_err *) CN_CHECKED;

#endif
