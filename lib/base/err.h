/* err.h - the one error type and the exit statuses it carries
 *
 * Every call that can fail takes a struct cn_err as its last parameter and
 * returns 0 or -1 (or NULL).  The source says what failed with cn_fail(); the
 * way up adds where with cn_wrap(): 'box.mbox: mail 12: header too long'.
 * Messages are lower case without a full stop and hold ids and places only,
 * never an address, a subject line or any other personal datum. */
#ifndef CN_ERR_H
#define CN_ERR_H

#include <stdarg.h>

/* Exit statuses, sysexits.h where it has one; precedence is in lib/cli. */
enum cn_status {
	CN_OK = 0,
	CN_NO = 1,		/* the answer to a yes-or-no question is no */
	CN_USAGE = 2,
	CN_PARTIAL = 3,		/* records were refused or quarantined */
	CN_BLOCKED = 4,		/* hold, restriction, unverified, stale plan */
	CN_INTEGRITY = 5,
	CN_UNAVAILABLE = 69,
	CN_INTERNAL = 70,
	CN_IOERR = 74,		/* output not written */
	CN_TEMPFAIL = 75,	/* lock, network, disk full: try again */
	CN_NOPERM = 77,
	CN_CONFIG = 78		/* no keyring, newer store, bad configuration */
};

struct cn_err {
	int status;
	char msg[480];
	char hint[240];		/* the command to run, or empty */
};

#define CN_CHECKED __attribute__((warn_unused_result))
#define CN_PRINTF(f, a) __attribute__((format(printf, f, a)))

/* Both return -1, so that 'return cn_fail(...)' reads well. */
int cn_fail(struct cn_err *, int status, const char *fmt, ...) CN_PRINTF(3, 4);
int cn_wrap(struct cn_err *, const char *fmt, ...) CN_PRINTF(2, 3);
/* Adds errno's words: 'fmt: No such file or directory', and picks the status:
 * ENOSPC, EDQUOT, EAGAIN, EINTR, EMFILE, ENFILE 75; EACCES, EPERM, EROFS 77;
 * the rest `status`. */
int cn_fail_errno(struct cn_err *, int status, const char *fmt, ...)
    CN_PRINTF(3, 4);
/* Sets the hint line; returns -1. */
int cn_hint(struct cn_err *, const char *fmt, ...) CN_PRINTF(2, 3);

#endif
