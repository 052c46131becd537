/* imap_stream.c - a driver for libetpan's stream: TLS and COMPRESS below, the
 * guard above
 *
 * Deadlines are in time spent waiting for the server, so that what we do with
 * a mail in between counts for nobody.  The next byte has timeout_s; a whole
 * command has twice that, and a second more for each KiB that came, so that
 * one byte now and then holds nobody for ever. */
#include "imap_int.h"

#include <libetpan/mailstream_low.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#define BYTES_PER_SECOND 1024
#define GREET_MAX 8192			/* a line before STARTTLS */
/* Compressed bytes in a row that give nothing: empty blocks for ever. */
#define BARREN_MAX (64 << 10)
#define LOGOUT_MS 3000

struct cn_stream {
	struct cn_tls *tls;
	struct cn_wire wire;
	mailstream_low *low;
	struct cn_err err;
	bool broken;
	const struct cn_run *run;
	int timeout_ms;
	int64_t waited;			/* when the command began */
	const char *reply;
	bool deflated;
	z_stream in, out;
	size_t at, len;			/* of buf, not yet fed */
	char buf[32 << 10];
	char zbuf[16 << 10];
};

/* --- bytes --- */

static int64_t time_left(const struct cn_stream *s)
{
	int64_t spent = cn_tls_waited(s->tls) - s->waited;

	return 2 * (int64_t)s->timeout_ms +
	    s->wire.count * 1000 / BYTES_PER_SECOND - spent;
}

/* As cn_tls_read(), inflated where that was agreed. */
static int receive(struct cn_stream *s, char *p, size_t n, int wait_ms,
    struct cn_err *err)
{
	size_t barren = 0;
	int r;

	if (!s->deflated)
		return cn_tls_read(s->tls, p, n, wait_ms, err);
	for (;;) {
		s->in.next_out = (Bytef *)p;
		s->in.avail_out = (uInt)n;
		r = inflate(&s->in, Z_SYNC_FLUSH);
		if (s->in.avail_out < n)
			return (int)(n - s->in.avail_out);
		if (r != Z_OK && r != Z_BUF_ERROR)
			return cn_fail(err, CN_UNAVAILABLE,
			    "the server sends what cannot be inflated");
		r = cn_tls_read(s->tls, s->zbuf, sizeof(s->zbuf), wait_ms,
		    err);
		if (r <= 0)
			return r;
		s->in.next_in = (Bytef *)s->zbuf;
		s->in.avail_in = (uInt)r;
		barren += (size_t)r;
		if (barren > BARREN_MAX)
			return cn_fail(err, CN_UNAVAILABLE,
			    "the server sends nothing, compressed");
	}
}

/* At least one byte within the deadlines. */
static int receive_some(struct cn_stream *s, char *p, size_t n,
    struct cn_err *err)
{
	int64_t left = time_left(s);
	int wait = left < s->timeout_ms ? (int)left : s->timeout_ms, r;

	if (left <= 0)
		return cn_fail(err, CN_TEMPFAIL, "the server is too slow");
	r = receive(s, p, n, wait, err);
	if (r == 0)
		return cn_fail(err, CN_TEMPFAIL,
		    wait < s->timeout_ms ? "the server is too slow" :
		    "no answer from the server for %d seconds",
		    s->timeout_ms / 1000);
	return r;
}

static int transmit(struct cn_stream *s, const char *p, size_t n,
    struct cn_err *err)
{
	char z[4096];

	if (!s->deflated)
		return cn_tls_write(s->tls, p, n, s->timeout_ms, err);
	s->out.next_in = (Bytef *)(uintptr_t)p;
	s->out.avail_in = (uInt)n;
	do {
		s->out.next_out = (Bytef *)z;
		s->out.avail_out = sizeof(z);
		if (deflate(&s->out, Z_SYNC_FLUSH) == Z_STREAM_ERROR)
			return cn_fail(err, CN_INTERNAL, "zlib: deflate");
		if (cn_tls_write(s->tls, z, sizeof(z) - s->out.avail_out,
		    s->timeout_ms, err) < 0)
			return -1;
	} while (s->out.avail_out == 0);
	return 0;
}

/* --- lines --- */

/* Feeds what is there, else what comes, until a line is ready. */
static int next_line(struct cn_stream *s, struct cn_err *err)
{
	while (!s->wire.ready) {
		char *p;
		size_t room = 0;
		int64_t used;
		int r;

		if (s->at < s->len) {
			used = cn_wire_feed(&s->wire, s->buf + s->at,
			    s->len - s->at, err);
			if (used < 0)
				return -1;
			s->at += (size_t)used;
			continue;
		}
		room = cn_wire_room(&s->wire, &p);
		r = receive_some(s, room ? p : s->buf,
		    room ? room : sizeof(s->buf), err);
		if (r < 0)
			return -1;
		if (room) {
			cn_wire_got(&s->wire, (size_t)r);
		} else {
			s->at = 0;
			s->len = (size_t)r;
		}
	}
	return 0;
}

static int answer(struct cn_stream *s, struct cn_err *err)
{
	char skip[16];
	const char *reply = s->reply;

	/* Whatever more it asks: nothing (the error of XOAUTH2 does). */
	s->reply = "\r\n";
	while (s->wire.ready)
		cn_wire_take(&s->wire, skip, sizeof(skip));
	return transmit(s, reply, strlen(reply), err);
}

static ssize_t low_read(mailstream_low *low, void *p, size_t n)
{
	struct cn_stream *s = low->data;

	if (s->broken || n == 0)
		return -1;
	while (next_line(s, &s->err) == 0) {
		if (!s->reply || s->wire.line.p[0] != '+')
			return (ssize_t)cn_wire_take(&s->wire, p, n);
		if (answer(s, &s->err) < 0)
			break;
	}
	s->broken = true;
	return -1;
}

static ssize_t low_write(mailstream_low *low, const void *p, size_t n)
{
	struct cn_stream *s = low->data;

	if (s->broken)
		return -1;
	s->broken = transmit(s, p, n, &s->err) < 0;
	return s->broken ? -1 : (ssize_t)n;
}

static int low_close(mailstream_low *low)
{
	(void)low;
	return 0;
}

static int low_fd(mailstream_low *low)
{
	(void)low;
	return -1;
}

/* libetpan has let go of it; the stream itself is freed by its owner. */
static void low_free(mailstream_low *low)
{
	struct cn_stream *s = low->data;

	s->low = NULL;
	free(low);
}

static mailstream_low_driver driver = {
	.mailstream_read = low_read,
	.mailstream_write = low_write,
	.mailstream_close = low_close,
	.mailstream_get_fd = low_fd,
	.mailstream_free = low_free,
};

/* --- STARTTLS --- */

/* A line, byte by byte: what stands behind it must stay where it is. */
static int plain_line(struct cn_stream *s, char line[GREET_MAX],
    struct cn_err *err)
{
	size_t n = 0;

	do {
		if (n + 1 == GREET_MAX)
			return cn_fail(err, CN_UNAVAILABLE,
			    "the server sends a line without an end");
		if (receive_some(s, line + n, 1, err) < 0)
			return -1;
		s->wire.count++;
	} while (line[n++] != '\n');
	line[n] = '\0';
	return 0;
}

static int starttls(struct cn_stream *s, struct cn_err *err)
{
	static const char command[] = "0 STARTTLS\r\n";
	char line[GREET_MAX];
	int lines = 0;

	if (plain_line(s, line, err) < 0)
		return -1;
	if (strncasecmp(line, "* BYE ", 6) == 0)
		return cn_fail(err, CN_TEMPFAIL,
		    "the server takes no connection now");
	if (strncasecmp(line, "* PREAUTH", 9) == 0)
		return cn_fail(err, CN_UNAVAILABLE,
		    "the server takes us for somebody who has logged in");
	if (strncasecmp(line, "* OK", 4) != 0)
		return cn_fail(err, CN_UNAVAILABLE,
		    "the server sends what is no IMAP");
	if (cn_tls_write(s->tls, command, sizeof(command) - 1, s->timeout_ms,
	    err) < 0)
		return -1;
	do {
		if (plain_line(s, line, err) < 0)
			return -1;
	} while (strncmp(line, "* ", 2) == 0 && ++lines < 32);
	if (strncasecmp(line, "0 OK", 4) != 0)
		return cn_fail(err, CN_UNAVAILABLE,
		    "the server does not do STARTTLS");
	if (cn_tls_waiting(s->tls))
		return cn_fail(err, CN_UNAVAILABLE,
		    "somebody slipped an answer in behind STARTTLS");
	return 0;
}

/* --- the stream --- */

static int open_it(struct cn_stream *s, const struct cn_imap_conf *c,
    struct cn_err *err)
{
	static const char greeting[] = "* OK .\r\n";
	int port = c->port ? c->port :
	    c->security == CN_IMAP_TLS ? 993 : 143;

	s->tls = cn_tls_connect(c->host, port, s->timeout_ms, c->run, err);
	if (!s->tls)
		return -1;
	if (c->security == CN_IMAP_PLAIN) {
		if (cn_tls_loopback(s->tls))
			return 0;
		return cn_fail(err, CN_UNAVAILABLE,
		    "without TLS to this machine only");
	}
	if (c->security == CN_IMAP_STARTTLS && starttls(s, err) < 0)
		return -1;
	if (cn_tls_start(s->tls, c->ca_file, s->timeout_ms, err) < 0)
		return -1;
	if (c->security == CN_IMAP_STARTTLS) {
		/* There is no second greeting, but libetpan waits for one. */
		memcpy(s->buf, greeting, sizeof(greeting) - 1);
		s->len = sizeof(greeting) - 1;
	}
	return 0;
}

struct cn_stream *cn_stream_open(const struct cn_imap_conf *c,
    struct cn_err *err)
{
	struct cn_stream *s = cn_alloc(sizeof(*s));

	s->timeout_ms = (c->timeout_s > 0 ? c->timeout_s : 60) * 1000;
	s->run = c->run;
	cn_wire_expect(&s->wire, CN_WANT_GREETING);
	if (open_it(s, c, err) == 0) {
		s->low = mailstream_low_new(s, &driver);
		if (s->low)
			return s;
		cn_fail(err, CN_TEMPFAIL, "out of memory");
	}
	cn_stream_free(s);
	return NULL;
}

void cn_stream_free(struct cn_stream *s)
{
	if (!s)
		return;
	if (s->low)
		mailstream_low_free(s->low);
	if (s->deflated) {
		inflateEnd(&s->in);
		deflateEnd(&s->out);
	}
	cn_tls_free(s->tls);
	cn_wire_release(&s->wire);
	cn_wipe(s, sizeof(*s));
	free(s);
}

struct _mailstream_low *cn_stream_low(struct cn_stream *s)
{
	return s->low;
}

struct cn_wire *cn_stream_wire(struct cn_stream *s)
{
	return &s->wire;
}

const struct cn_err *cn_stream_broken(const struct cn_stream *s)
{
	return s->broken ? &s->err : NULL;
}

void cn_stream_expect(struct cn_stream *s, unsigned want)
{
	cn_wire_expect(&s->wire, want);
	s->wire.count = 0;
	s->waited = cn_tls_waited(s->tls);
	s->reply = NULL;
}

void cn_stream_reply(struct cn_stream *s, const char *reply)
{
	s->reply = reply;
}

int cn_stream_deflate(struct cn_stream *s, struct cn_err *err)
{
	size_t left = s->len - s->at;

	if (inflateInit2(&s->in, -15) != Z_OK)
		return cn_fail(err, CN_TEMPFAIL, "zlib: out of memory");
	if (deflateInit2(&s->out, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8,
	    Z_DEFAULT_STRATEGY) != Z_OK) {
		inflateEnd(&s->in);
		return cn_fail(err, CN_TEMPFAIL, "zlib: out of memory");
	}
	s->deflated = true;
	/* What came behind the OK is compressed already. */
	if (left > sizeof(s->zbuf))
		return cn_fail(err, CN_UNAVAILABLE,
		    "the server talks without an end");
	memcpy(s->zbuf, s->buf + s->at, left);
	s->in.next_in = (Bytef *)s->zbuf;
	s->in.avail_in = (uInt)left;
	s->at = s->len = 0;
	return 0;
}

/* Feeds what is there without waiting: is it news? */
static int look(struct cn_stream *s, struct cn_err *err)
{
	int64_t used;
	int r;

	do {
		if (s->at == s->len) {
			r = receive(s, s->buf, sizeof(s->buf), 0, err);
			if (r <= 0)
				return r;
			s->at = 0;
			s->len = (size_t)r;
		}
		used = cn_wire_feed(&s->wire, s->buf + s->at, s->len - s->at,
		    err);
		if (used < 0)
			return -1;
		s->at += (size_t)used;
		/* Nothing but untagged lines belongs here. */
		if (s->wire.ready)
			return cn_fail(err, CN_UNAVAILABLE,
			    "the server sends what is no IMAP");
	} while (!s->wire.news);
	return 1;
}

int cn_stream_news(struct cn_stream *s, int64_t ms, struct cn_err *err)
{
	int64_t end = s->run->ms() + ms, left;
	int r;

	while ((r = look(s, err)) == 0) {
		left = end - s->run->ms();
		r = left < 0 ? 0 : cn_tls_wait(s->tls, left, err);
		if (r <= 0)
			break;
	}
	if (r < 0) {
		s->err = *err;
		s->broken = true;
	}
	return r;
}

void cn_stream_hurry(struct cn_stream *s)
{
	if (s->timeout_ms > LOGOUT_MS)
		s->timeout_ms = LOGOUT_MS;
}
