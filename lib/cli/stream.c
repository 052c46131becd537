/* A read buffer per input, and three ways to cut it.  Input is polled before
 * every read with INT and TERM blocked outside the poll, so that a signal
 * cannot slip in between the look at the flag and the wait.  The poll also
 * watches standard output: a pipe whose reader has gone says so there, before
 * the next line is computed for nobody. */
#include "cli/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mail/mail.h"

#define CHUNK (64 << 10)
#define TELL 100		/* bytes that cn_mail_form() wants */
#define GROUP_RECORDS 256
#define GROUP_BYTES ((uint64_t)4 << 20)
#define GROUP_MS 100
#define LINGER_MS 20

struct cn_stream {
	struct cn_cli *cli;
	struct cn_stream_conf conf;
	int at;				/* next operand */
	int fd;				/* -1: none open */
	const char *name;
	bool eof, skipping, done;
	bool watch;			/* standard output is a pipe */
	enum cn_input kind;		/* AUTO: not told yet */
	uint64_t number;
	struct cn_buf buf;
	size_t pos, scanned;		/* unread from pos; no LF before */
	struct cn_mbox *mbox;
};

static bool is_stdin(const char *operand)
{
	return !strcmp(operand, "-");
}

struct cn_stream *cn_stream_open(struct cn_cli *cli,
    const struct cn_stream_conf *conf, struct cn_err *err)
{
	struct cn_stream *s;
	struct stat st;

	if (cli->argc == 0 && isatty(STDIN_FILENO)) {
		(void)cn_fail(err, CN_USAGE,
		    "standard input is a terminal and no file is named");
		(void)cn_hint(err, "%s FILE, or a pipe in front: "
		    "cn-query WORDS | %s; '%s -h' says more",
		    cli->cmd->name, cli->cmd->name, cli->cmd->name);
		return NULL;
	}
	s = cn_alloc(sizeof(*s));
	s->cli = cli;
	if (conf)
		s->conf = *conf;
	if (s->conf.max_line == 0)
		s->conf.max_line = CN_MAX_LINE;
	if (s->conf.max_mail == 0)
		s->conf.max_mail = CN_MAX_MAIL;
	s->fd = -1;
	s->watch = !s->conf.writes_nothing &&
	    fstat(STDOUT_FILENO, &st) == 0 &&
	    (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode));
	return s;
}

static void close_input(struct cn_stream *s)
{
	if (s->fd > STDIN_FILENO)
		close(s->fd);
	s->fd = -1;
	cn_mbox_free(s->mbox);
	s->mbox = NULL;
	cn_wipe(s->buf.p, s->buf.len);
	s->buf.len = s->pos = s->scanned = 0;
}

void cn_stream_close(struct cn_stream *s)
{
	if (s == NULL)
		return;
	close_input(s);
	cn_buf_release(&s->buf);
	free(s);
}

/* 1 opened, 0 no more operands, -1. */
static int open_input(struct cn_stream *s, struct cn_err *err)
{
	const char *op = s->at < s->cli->argc ? s->cli->argv[s->at] : "-";
	struct stat st;

	if (s->at >= s->cli->argc && s->at > 0)
		return 0;
	s->at++;
	s->eof = s->skipping = false;
	s->kind = s->conf.kind;
	s->number = 0;
	if (is_stdin(op)) {
		s->name = "standard input";
		s->fd = STDIN_FILENO;
	} else {
		s->name = op;
		s->fd = open(op, O_RDONLY | O_CLOEXEC);
		if (s->fd < 0)
			return cn_fail_errno(err, CN_USAGE, "%s", op);
	}
	if (fstat(s->fd, &st) == 0 && S_ISDIR(st.st_mode))
		return cn_fail(err, CN_USAGE, "%s: is a folder", s->name);
	return 1;
}

static enum cn_next wait_input(struct cn_stream *s, int linger_ms,
    struct cn_err *err)
{
	struct pollfd p[2] = {
		{ s->fd, POLLIN, 0 }, { STDOUT_FILENO, 0, 0 }
	};
	struct timespec ts = { linger_ms / 1000, linger_ms % 1000 * 1000000 };
	enum cn_next next = CN_NEXT_RECORD;
	sigset_t block, old;
	int n;

	sigemptyset(&block);
	sigaddset(&block, SIGINT);
	sigaddset(&block, SIGTERM);
	sigprocmask(SIG_BLOCK, &block, &old);
	if (*s->cli->run.stop) {
		next = CN_NEXT_STOP;
	} else {
		n = ppoll(p, s->watch ? 2 : 1, linger_ms < 0 ? NULL : &ts,
		    &old);
		if (n < 0 && errno != EINTR) {
			next = CN_NEXT_ERROR;
			(void)cn_fail_errno(err, CN_INTERNAL, "poll");
		} else if (*s->cli->run.stop) {
			next = CN_NEXT_STOP;
		} else if (n > 0 && p[1].revents & (POLLERR | POLLHUP)) {
			next = CN_NEXT_CLOSED;
			s->cli->out.error = EPIPE;
			s->cli->out.closed = true;
		} else if (n == 0) {
			next = CN_NEXT_BLOCK;
		}
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return next;
}

/* Reads a chunk, or sets eof.  RECORD: something changed. */
static enum cn_next fill(struct cn_stream *s, int linger_ms,
    struct cn_err *err)
{
	enum cn_next next = wait_input(s, linger_ms, err);
	ssize_t n;

	if (next != CN_NEXT_RECORD)
		return next;
	if (s->pos) {
		memmove(s->buf.p, s->buf.p + s->pos, s->buf.len - s->pos);
		s->buf.len -= s->pos;
		s->pos = 0;
	}
	cn_buf_reserve(&s->buf, CHUNK);
	n = read(s->fd, s->buf.p + s->buf.len, CHUNK);
	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return CN_NEXT_RECORD;
	if (n < 0) {
		(void)cn_fail_errno(err, errno == EBADF ? CN_USAGE :
		    CN_TEMPFAIL, "%s", s->name);
		return CN_NEXT_ERROR;
	}
	s->eof = n == 0;
	s->buf.len += (size_t)n;
	return CN_NEXT_RECORD;
}

static size_t unread(const struct cn_stream *s)
{
	return s->buf.len - s->pos;
}

static enum cn_next refuse(struct cn_stream *s, struct cn_record *rec,
    struct cn_err *err, const char *what, int64_t max)
{
	rec->kind = s->kind;
	rec->number = s->number;
	rec->input = s->name;
	rec->bytes = rec->envelope = (struct cn_str){ "", 0 };
	if (max)
		(void)cn_fail(err, CN_PARTIAL, "%s %lld bytes", what,
		    (long long)max);
	else
		(void)cn_fail(err, CN_PARTIAL, "%s", what);
	return CN_NEXT_REFUSED;
}

static enum cn_next give(struct cn_stream *s, struct cn_record *rec,
    const char *p, size_t n)
{
	*rec = (struct cn_record){ s->kind, s->name, s->number, { p, n },
		{ "", 0 } };
	return CN_NEXT_RECORD;
}

/* Each cut_*() returns BLOCK where it needs more and END where the input is
 * used up. */
static enum cn_next cut_line(struct cn_stream *s, struct cn_record *rec,
    struct cn_err *err)
{
	size_t max = (size_t)s->conf.max_line;

	for (;;) {
		const char *p = s->buf.p + s->pos, *lf = NULL;
		size_t n = unread(s);
		bool skipped = s->skipping;
		struct cn_str line;

		if (s->scanned < n)
			lf = memchr(p + s->scanned, '\n', n - s->scanned);
		if (lf == NULL && !s->eof) {
			s->scanned = n;
			if (n > max || skipped) {
				s->skipping = true;
				s->pos = s->buf.len;
				s->scanned = 0;
			}
			return CN_NEXT_BLOCK;
		}
		if (lf == NULL && n == 0 && !skipped)
			return CN_NEXT_END;
		s->number++;
		s->pos += lf ? (size_t)(lf - p) + 1 : n;
		s->scanned = 0;
		s->skipping = false;
		if (lf)
			n = (size_t)(lf - p);
		if (skipped || n > max)
			return refuse(s, rec, err, "longer than",
			    s->conf.max_line);
		line = (struct cn_str){ p, n };
		if (s->number == 1)
			line = cn_str_bare(line);
		if (cn_str_trim(line).n)
			return give(s, rec, line.p, line.p[line.n - 1] ==
			    '\r' ? line.n - 1 : line.n);
	}
}

static enum cn_next cut_mail(struct cn_stream *s, struct cn_record *rec,
    struct cn_err *err)
{
	size_t max = (size_t)s->conf.max_mail;
	const char *p = s->buf.p + s->pos;
	size_t n = unread(s);

	if (n > max)
		s->skipping = true;
	if (s->skipping || s->eof)
		s->pos = s->buf.len;
	if (!s->eof)
		return CN_NEXT_BLOCK;
	if (s->number++ || (n == 0 && !s->skipping))
		return CN_NEXT_END;
	if (s->skipping)
		return refuse(s, rec, err, "longer than", s->conf.max_mail);
	return give(s, rec, p, n);
}

static enum cn_next cut_mbox(struct cn_stream *s, struct cn_record *rec,
    struct cn_err *err)
{
	struct cn_mbox_item item;

	if (s->mbox == NULL)
		s->mbox = cn_mbox_new((size_t)s->conf.max_mail);
	for (;;) {
		if (cn_mbox_take(s->mbox, &item))
			break;
		if (unread(s)) {
			cn_mbox_feed(s->mbox, s->buf.p + s->pos, unread(s));
			s->pos = s->buf.len;
		} else if (!s->eof) {
			return CN_NEXT_BLOCK;
		} else if (s->skipping) {
			return CN_NEXT_END;
		} else {
			cn_mbox_end(s->mbox);
			s->skipping = true;	/* ended */
		}
	}
	s->number = item.index;
	if (item.oversized)
		return refuse(s, rec, err, "longer than", s->conf.max_mail);
	(void)give(s, rec, item.mail.p, item.mail.n);
	rec->envelope = item.from_line;
	return CN_NEXT_RECORD;
}

/* Tells the kind by the first bytes.  BLOCK: more bytes, please. */
static enum cn_next tell(struct cn_stream *s, struct cn_record *rec,
    struct cn_err *err)
{
	const char *p = s->buf.p + s->pos;
	size_t n = unread(s), mark = n - cn_str_bare((struct cn_str){ p, n }).n;

	if (mark > 0 && s->number == 0) {
		s->pos += mark;
		return tell(s, rec, err);
	}
	while (n && (*p == '\n' || *p == '\r' || *p == ' ' || *p == '\t')) {
		s->number += *p == '\n';
		s->pos++;
		p++;
		n--;
	}
	if (n && *p == '{') {
		s->kind = CN_IN_JSON;
		return CN_NEXT_RECORD;
	}
	if (n < TELL && !s->eof)
		return CN_NEXT_BLOCK;
	s->number = 0;
	switch (cn_mail_form(p, n)) {
	case CN_FORM_MAIL:
		s->kind = CN_IN_MAIL;
		return CN_NEXT_RECORD;
	case CN_FORM_MBOX:
		s->kind = CN_IN_MBOX;
		return CN_NEXT_RECORD;
	case CN_FORM_JSON:
		s->kind = CN_IN_JSON;
		return CN_NEXT_RECORD;
	case CN_FORM_EMPTY:
		return CN_NEXT_END;
	case CN_FORM_JUNK:
		break;
	}
	s->number = 1;
	(void)refuse(s, rec, err, "neither JSON lines nor a mail nor an mbox",
	    0);
	close_input(s);
	return CN_NEXT_REFUSED;
}

static const char *beyond_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\r' ||
	    *p == '\n'))
		p++;
	return p;
}

/* JSON lines: the first line is a whole object, or another follows on the
 * next. */
static enum cn_next tell_chat(struct cn_stream *s)
{
	bool more = !s->eof && unread(s) <= (size_t)s->conf.max_line;
	const char *p = s->buf.p + s->pos, *end = p + unread(s), *lf, *q;

	p = beyond_space(p, end);
	if (p == end && more)
		return CN_NEXT_BLOCK;
	s->kind = CN_IN_DOC;
	if (p == end || *p != '{')
		return CN_NEXT_RECORD;
	if (s->scanned < (size_t)(p - s->buf.p) - s->pos)
		s->scanned = (size_t)(p - s->buf.p) - s->pos;
	q = s->buf.p + s->pos + s->scanned;
	lf = memchr(q, '\n', (size_t)(end - q));
	s->kind = CN_IN_CHAT;
	s->scanned = lf ? (size_t)(lf - s->buf.p) - s->pos : unread(s);
	q = lf ? beyond_space(lf, end) : end;
	if (q == end && more)
		return CN_NEXT_BLOCK;
	lf = lf ? lf : end;
	while (lf[-1] == ' ' || lf[-1] == '\t' || lf[-1] == '\r')
		lf--;
	s->kind = lf[-1] == '}' || (q < end && *q == '{') ? CN_IN_JSON :
	    CN_IN_DOC;
	s->scanned = 0;
	return CN_NEXT_RECORD;
}

static enum cn_next cut(struct cn_stream *s, struct cn_record *rec,
    struct cn_err *err)
{
	enum cn_next next = CN_NEXT_RECORD;

	if (s->kind == CN_IN_AUTO)
		next = tell(s, rec, err);
	else if (s->kind == CN_IN_CHAT)
		next = tell_chat(s);
	if (next != CN_NEXT_RECORD)
		return next;
	return s->kind == CN_IN_JSON ? cut_line(s, rec, err) :
	    s->kind == CN_IN_MBOX ? cut_mbox(s, rec, err) :
	    cut_mail(s, rec, err);
}

enum cn_next cn_stream_next(struct cn_stream *s, int linger_ms,
    struct cn_record *rec, struct cn_err *err)
{
	enum cn_next next;
	int rc;

	if (*s->cli->run.stop)
		return CN_NEXT_STOP;
	for (;;) {
		if (s->fd < 0) {
			rc = open_input(s, err);
			if (rc <= 0)
				return rc ? CN_NEXT_ERROR : CN_NEXT_END;
		}
		next = cut(s, rec, err);
		if (next == CN_NEXT_END) {
			close_input(s);
			continue;
		}
		if (next != CN_NEXT_BLOCK)
			return next;
		next = fill(s, linger_ms, err);
		if (next != CN_NEXT_RECORD)
			return next;
	}
}

/* --- the group driver --- */

struct group {
	struct cn_cli *cli;
	const struct cn_stream_ops *ops;
	void *arg;
	struct cn_counts n;
	uint64_t records, bytes;
	int64_t began;
};

static int flush(struct group *g, struct cn_err *err)
{
	if (g->records == 0)
		return cn_sink_flush(&g->cli->out, err);
	g->records = g->bytes = 0;
	g->n.groups++;
	if (g->ops->flush(g->arg, err))
		return -1;
	return cn_sink_flush(&g->cli->out, err);
}

static void grow(struct group *g, const struct cn_record *rec)
{
	if (g->records++ == 0)
		g->began = cn_cli_ms();
	g->bytes += rec->bytes.n;
}

/* 'line 12: ', 'mail 3: '; a document is its input. */
static const char *place(const struct cn_record *rec, char out[40])
{
	out[0] = '\0';
	if (rec->kind != CN_IN_DOC)
		snprintf(out, 40, "%s %llu: ", rec->kind == CN_IN_JSON ||
		    rec->kind == CN_IN_AUTO ? "line" : "mail",
		    (unsigned long long)rec->number);
	return out;
}

static void refused(struct group *g, const struct cn_record *rec,
    struct cn_err *err)
{
	char at[40];

	g->n.refused++;
	if (g->ops->reject) {
		g->ops->reject(g->arg, rec, err->msg);
		grow(g, rec);
	}
	cn_cli_status(g->cli, CN_PARTIAL);
	cn_cli_warn("%s: %s%s", rec->input, place(rec, at), err->msg);
	*err = (struct cn_err){ 0 };
}

/* The record that ends the run is not part of the group before it. */
static int take(struct group *g, const struct cn_record *rec,
    struct cn_err *err)
{
	struct cn_err ignored = { 0 };
	char at[40];

	g->n.read++;
	if (g->ops->one(g->arg, rec, err) == 0) {
		grow(g, rec);
		return 0;
	}
	if (err->status == CN_PARTIAL) {
		refused(g, rec, err);
		return 0;
	}
	(void)place(rec, at);
	at[strcspn(at, ":")] = '\0';
	(void)cn_wrap(err, "%s%s%s", rec->input, at[0] ? ": " : "", at);
	(void)flush(g, &ignored);
	return -1;
}

static int64_t linger(const struct group *g)
{
	int64_t left;

	if (g->records == 0)
		return -1;
	if (g->records >= GROUP_RECORDS || g->bytes >= GROUP_BYTES)
		return 0;
	left = g->began + GROUP_MS - cn_cli_ms();
	return left < 0 ? 0 : left < LINGER_MS ? left : LINGER_MS;
}

static int drive(struct group *g, struct cn_stream *s, struct cn_err *err)
{
	struct cn_err flush_err = { 0 };
	struct cn_record rec;

	for (;;) {
		int64_t ms = linger(g);

		if (ms == 0) {
			if (flush(g, err))
				return -1;
			ms = -1;
		}
		switch (cn_stream_next(s, (int)ms, &rec, err)) {
		case CN_NEXT_RECORD:
			if (take(g, &rec, err))
				return -1;
			break;
		case CN_NEXT_REFUSED:
			g->n.read++;
			refused(g, &rec, err);
			break;
		case CN_NEXT_BLOCK:
			if (flush(g, err))
				return -1;
			break;
		case CN_NEXT_END:
		case CN_NEXT_STOP:
		case CN_NEXT_CLOSED:
			return flush(g, err);
		case CN_NEXT_ERROR:
			(void)flush(g, &flush_err);
			return -1;
		}
	}
}

int cn_stream_run(struct cn_cli *cli, const struct cn_stream_conf *conf,
    const struct cn_stream_ops *ops, void *arg, struct cn_counts *counts,
    struct cn_err *err)
{
	struct group g = { .cli = cli, .ops = ops, .arg = arg };
	struct cn_stream *s = cn_stream_open(cli, conf, err);
	int rc;

	if (s == NULL)
		return -1;
	rc = drive(&g, s, err);
	cn_stream_close(s);
	if (counts)
		*counts = g.n;
	return rc;
}
