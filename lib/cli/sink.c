#include "cli/sink.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/out.h"

#define HIGH (64 << 10)

void cn_sink_init(struct cn_sink *s, int fd, const char *name)
{
	*s = (struct cn_sink){ .fd = fd, .name = name };
}

void cn_sink_release(struct cn_sink *s)
{
	cn_buf_wipe(&s->buf);
}

static int sink_error(const struct cn_sink *s, struct cn_err *err)
{
	return cn_fail(err, CN_IOERR, "%s: %s", s->name, strerror(s->error));
}

static void put(struct cn_sink *s, const char *p, size_t left)
{
	if (left > 0)
		cn_progress_clear();
	while (s->error == 0 && left > 0) {
		ssize_t n = write(s->fd, p, left);

		if (n >= 0) {
			p += n;
			left -= (size_t)n;
			s->bytes += (uint64_t)n;
		} else if (errno == EAGAIN) {
			/* Somebody made our end of a shared pipe non-blocking;
			 * a wait that is interrupted is tried again. */
			struct pollfd out = { s->fd, POLLOUT, 0 };

			(void)poll(&out, 1, -1);
		} else if (errno != EINTR) {
			s->error = errno;
			s->closed = errno == EPIPE;
		}
	}
}

int cn_sink_flush(struct cn_sink *s, struct cn_err *err)
{
	put(s, s->buf.p, s->buf.len);
	cn_wipe(s->buf.p, s->buf.len);
	s->buf.len = 0;
	return s->error ? sink_error(s, err) : 0;
}

int cn_sink_add(struct cn_sink *s, const void *p, size_t n,
    struct cn_err *err)
{
	if (s->error)
		return sink_error(s, err);
	if (s->buf.len + n < HIGH) {
		cn_buf_add(&s->buf, p, n);
		return 0;
	}
	if (cn_sink_flush(s, err) < 0)
		return -1;
	put(s, p, n);
	return s->error ? sink_error(s, err) : 0;
}

int cn_out_line(struct cn_sink *s, struct cn_str line, struct cn_err *err)
{
	if (s->error)
		return sink_error(s, err);
	cn_buf_add(&s->buf, line.p, line.n);
	return cn_sink_add(s, "\n", 1, err);
}

int cn_out_fmt(struct cn_sink *s, struct cn_err *err, const char *fmt, ...)
{
	va_list ap;
	int n;

	if (s->error)
		return sink_error(s, err);
	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return cn_fail(err, CN_INTERNAL, "%s: bad format", s->name);
	cn_buf_reserve(&s->buf, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(s->buf.p + s->buf.len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	s->buf.len += (size_t)n;
	return cn_sink_add(s, "", 0, err);
}
