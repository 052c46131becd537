/* jobs.h - the same for several things at once, each in a process of its own
 *
 * A child has its own store, session and group, and shares the standard
 * output: what belongs together is written between cn_jobs_enter() and
 * cn_jobs_leave().  The parent has no store open meanwhile; it shows the
 * progress of all, hands on INT and TERM, and remembers the worst status. */
#ifndef CN_JOBS_H
#define CN_JOBS_H

#include "cli/run.h"

/* Runs one(arg, i) for i below n, at most `max` at a time; returns when all
 * that were begun have ended.  one() is as a command's run(): what it returns
 * is reported by its own process; names[i] names one that was killed. */
int cn_jobs_run(struct cn_cli *, const char *const *names, size_t n,
    size_t max, int (*one)(struct cn_cli *, void *arg, size_t i,
    struct cn_err *), void *arg, struct cn_err *) CN_CHECKED;

/* They nest; no-ops outside a job. */
void cn_jobs_enter(void);
void cn_jobs_leave(void);

#endif
