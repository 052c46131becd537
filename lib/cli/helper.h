/* helper.h - a program beside a filter that answers lines with lines
 *
 * It is started by 'sh -c' before the filter gives up its rights, in a process
 * group of its own, without our CN_ variables, without the right to any socket
 * and, where there is Landlock, to the folders of store and keys (sandbox.h); a
 * kernel that cannot forbid sockets starts nothing.  It gets a line and must
 * answer with one, in the time and size that are set.  Whatever else it does
 * ends it, and it is not started again. */
#ifndef CN_HELPER_H
#define CN_HELPER_H

#include <sys/types.h>

#include "base/run.h"

#define CN_HELPER_MAX ((size_t)64 << 10)	/* bytes of an answer */

struct cn_helper {
	const struct cn_run *run;
	pid_t pid;			/* 0: there is none (any more) */
	int in, out;			/* our ends */
	int64_t time;			/* seconds for an answer */
	bool loud;			/* its standard error is ours */
};

/* run, time and loud are set. */
int cn_helper_start(struct cn_helper *, const char *command, struct cn_err *)
    CN_CHECKED;
/* The line (without its LF) out; the answer, without its LF, in place of what
 * is in the buffer.  -1: it has been ended, err says why (status 69). */
int cn_helper_ask(struct cn_helper *, struct cn_str line, struct cn_buf *,
    struct cn_err *) CN_CHECKED;
/* Ends it; nothing where it has ended. */
void cn_helper_stop(struct cn_helper *);

#endif
