#include "base/err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

int cn_fail(struct cn_err *err, int status, const char *fmt, ...)
{
	va_list ap;

	err->status = status;
	err->hint[0] = '\0';
	va_start(ap, fmt);
	vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	return -1;
}

int cn_wrap(struct cn_err *err, const char *fmt, ...)
{
	char old[sizeof(err->msg)];
	va_list ap;
	int n;

	memcpy(old, err->msg, sizeof(old));
	va_start(ap, fmt);
	n = vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(err->msg))
		snprintf(err->msg + n, sizeof(err->msg) - (size_t)n, ": %s",
		    old);
	return -1;
}

static int status_of(int e, int status)
{
	switch (e) {
	case ENOSPC: case EDQUOT: case EAGAIN: case EINTR: case EMFILE:
	case ENFILE:
		return CN_TEMPFAIL;
	case EACCES: case EPERM: case EROFS:
		return CN_NOPERM;
	default:
		return status;
	}
}

int cn_fail_errno(struct cn_err *err, int status, const char *fmt, ...)
{
	va_list ap;
	int e = errno, n;

	err->status = status_of(e, status);
	err->hint[0] = '\0';
	va_start(ap, fmt);
	n = vsnprintf(err->msg, sizeof(err->msg), fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n < sizeof(err->msg))
		snprintf(err->msg + n, sizeof(err->msg) - (size_t)n, ": %s",
		    strerror(e));
	if (err->status == CN_TEMPFAIL && e == ENOSPC)
		cn_hint(err, "free some space, then run the command again");
	if (err->status == CN_NOPERM)
		cn_hint(err, "run it as the user that owns these files");
	return -1;
}

int cn_hint(struct cn_err *err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(err->hint, sizeof(err->hint), fmt, ap);
	va_end(ap);
	return -1;
}
