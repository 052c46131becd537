/* requeue.h - items of the quarantine, tried again (cn-fetch --requeue) */
#ifndef CN_REQUEUE_H
#define CN_REQUEUE_H

#include "cli/run.h"
#include "desk/fetch/fetch.h"

/* The items with these ids, or (one 'all') every one, in a run of its own; of
 * the settings flags, lines, tell and arg are used.  What is still no mail or
 * is not there is told, and is status 3. */
int cn_requeue_run(struct cn_cli *, const struct cn_list *ids,
    const struct cn_fetch_conf *, struct cn_err *) CN_CHECKED;

#endif
