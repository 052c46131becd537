/* sink.h - one buffered, checked writer over a file descriptor
 *
 * Bytes are kept until 64 KiB have come together or somebody flushes; a line
 * that claims something must be added after its transaction was committed.
 * After the first error every call fails with the same error. */
#ifndef CN_SINK_H
#define CN_SINK_H

#include "base/buf.h"

struct cn_sink {
	int fd;
	const char *name;		/* 'standard output' */
	struct cn_buf buf;
	int error;			/* errno of the first failure */
	bool closed;			/* the reader has gone (EPIPE) */
	uint64_t bytes;			/* written so far */
};

void cn_sink_init(struct cn_sink *, int fd, const char *name);
/* Frees the buffer; neither flushes nor closes the descriptor. */
void cn_sink_release(struct cn_sink *);
/* Both fail with CN_IOERR. */
int cn_sink_add(struct cn_sink *, const void *, size_t, struct cn_err *)
    CN_CHECKED;
int cn_sink_flush(struct cn_sink *, struct cn_err *) CN_CHECKED;
/* Adds the text and a LF. */
int cn_out_line(struct cn_sink *, struct cn_str, struct cn_err *) CN_CHECKED;
/* Adds formatted text, without a LF of its own. */
int cn_out_fmt(struct cn_sink *, struct cn_err *, const char *fmt, ...)
    CN_PRINTF(3, 4) CN_CHECKED;

#endif
