/* stream.h - operands or standard input as a stream of records
 *
 * The first bytes of each input tell JSON lines ('{'), an mbox ('From ') and
 * a single mail (a header field) apart; anything else is refused.  Memory is
 * bounded: a line above max_line is read on to its LF and refused, a mail
 * above max_mail likewise. */
#ifndef CN_STREAM_H
#define CN_STREAM_H

#include "cli/run.h"

#define CN_MAX_LINE ((int64_t)8 << 20)
#define CN_MAX_MAIL ((int64_t)64 << 20)

enum cn_input {
	CN_IN_AUTO, CN_IN_JSON, CN_IN_MAIL, CN_IN_MBOX,
	CN_IN_CHAT,		/* conf only: JSON lines, or else a document */
	CN_IN_DOC		/* all of the input, up to max_mail */
};

struct cn_record {
	enum cn_input kind;		/* JSON, MAIL (one), MBOX (one of), DOC */
	const char *input;		/* operand, or 'standard input' */
	uint64_t number;		/* line (JSON) or mail, from 1 */
	struct cn_str bytes;		/* borrowed until the next call; a line
					 * without its LF, a mail without its
					 * mbox envelope and quoting */
	struct cn_str envelope;		/* mbox: the 'From ' line, or empty */
};

enum cn_next {
	CN_NEXT_RECORD,
	CN_NEXT_REFUSED,	/* err says why; the stream goes on */
	CN_NEXT_BLOCK,		/* nothing came for the linger: flush */
	CN_NEXT_END,
	CN_NEXT_STOP,		/* INT or TERM */
	CN_NEXT_CLOSED,		/* standard output has lost its reader */
	CN_NEXT_ERROR		/* err; an operand that cannot be read */
};

struct cn_stream_conf {
	int64_t max_line, max_mail;	/* 0: the defaults above */
	enum cn_input kind;		/* AUTO, or what it must be */
	bool writes_nothing;		/* do not end with the reader of
					 * standard output (--deliver) */
};

struct cn_stream;

/* Reads cli's operands, or standard input where there are none or one is '-'.
 * Standard input on a terminal without operands is a usage error with a
 * hint. */
struct cn_stream *cn_stream_open(struct cn_cli *,
    const struct cn_stream_conf *, struct cn_err *) CN_CHECKED;
void cn_stream_close(struct cn_stream *);
/* linger_ms: how long to wait for input before CN_NEXT_BLOCK; -1 for ever. */
enum cn_next cn_stream_next(struct cn_stream *, int linger_ms,
    struct cn_record *, struct cn_err *) CN_CHECKED;

/* The group driver.  one() computes for a record and keeps what it needs: the
 * bytes are gone after it returns.  It returns 0, or -1: with CN_PARTIAL the
 * record was refused, which is noted with its number while the rest goes on;
 * with any other status the run ends, after what came before was flushed.
 * flush() writes the group in one transaction, commits, and adds its lines to
 * cli->out; the driver flushes cli->out behind it.  A group ends with 256
 * records, 4 MiB, 100 ms, or an input that is silent for 20 ms; flush() is
 * never called for an empty one.  reject(), which may be NULL, is given what
 * was refused, and why; such a record counts for the group. */
struct cn_stream_ops {
	int (*one)(void *, const struct cn_record *, struct cn_err *);
	int (*flush)(void *, struct cn_err *);
	void (*reject)(void *, const struct cn_record *, const char *reason);
};

struct cn_counts {
	uint64_t read, refused, groups;
};

/* Returns 0 at the end of the input and when stopped (cli->run.stop says
 * which), -1 with err.  counts may be NULL. */
int cn_stream_run(struct cn_cli *, const struct cn_stream_conf *,
    const struct cn_stream_ops *, void *, struct cn_counts *,
    struct cn_err *) CN_CHECKED;

#endif
