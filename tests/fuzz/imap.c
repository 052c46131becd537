/* Fuzzes the IMAP session: the server's bytes through the guard and libetpan.
 *
 * The network is played here: these functions stand in for lib/mail/tls.c,
 * which the linker then leaves out.  Each command of the client is answered
 * well, with the next piece of the input before the tagged OK, or by that
 * piece alone where it begins with '!'; 0xff divides the pieces.  The first
 * byte says how many bytes come at a time, the second whether to compress. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail/imap.h"
#include "mail/tls.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct cn_tls {
	const uint8_t *in, *end;
	struct cn_buf out;		/* what the client may read */
	size_t at, step;
	int idle;			/* the tag of the last command */
};

static struct cn_tls net;
static int64_t now;

static int64_t ms(void)
{
	return now += 1;
}

static const struct {
	const char *command, *good;
} answers[] = {
	{ "CAPABILITY", "* CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN UIDPLUS "
	    "IDLE CONDSTORE QRESYNC ENABLE X-GM-EXT-1\r\n" },
	{ "ENABLE", "* ENABLED QRESYNC\r\n" },
	{ "LIST", "* LIST (\\Sent) \"/\" {4}\r\nSent\r\n" },
	{ "STATUS", "* STATUS INBOX (MESSAGES 3 UIDVALIDITY 7 HIGHESTMODSEQ "
	    "9)\r\n" },
	{ "SELECT", "* 3 EXISTS\r\n* OK [UIDVALIDITY 7] .\r\n* OK [UIDNEXT 4] "
	    ".\r\n* OK [HIGHESTMODSEQ 9] .\r\n" },
	{ "RFC822.SIZE", "* 1 FETCH (UID 1 RFC822.SIZE 12 INTERNALDATE "
	    "\"17-Jul-2026 02:44:25 +0200\" FLAGS (\\Seen foo))\r\n" },
	{ "BODY.PEEK[])", "* 1 FETCH (UID 1 FLAGS () BODY[] {10}\r\n"
	    "0123456789)\r\n* 2 FETCH (UID 2 BODY[] \"abc\")\r\n" },
	{ "X-GM-LABELS", "* 1 FETCH (UID 1 X-GM-LABELS (\\Inbox \"\\\\Sent\" "
	    "{3}\r\nabc))\r\n" },
	{ "BODY.PEEK[]<", "* 1 FETCH (UID 1 BODY[]<0> {5}\r\nabcde)\r\n" },
	{ "CHANGEDSINCE", "* VANISHED (EARLIER) 1:3,5\r\n* 1 FETCH (UID 1 "
	    "FLAGS (\\Seen) MODSEQ (12))\r\n" },
	{ "IDLE", "+ idling\r\n" },
};

static void answer(struct cn_tls *t, const char *line, size_t n)
{
	const uint8_t *p = t->in, *to;
	size_t tag = 0;
	bool bare;

	to = p < t->end ? memchr(p, 0xff, (size_t)(t->end - p)) : NULL;
	if (!to)
		to = t->end;
	bare = p < to && *p == '!';
	for (size_t i = 0; !bare && i < sizeof(answers) / sizeof(*answers); i++)
		if (memmem(line, n, answers[i].command,
		    strlen(answers[i].command)))
			cn_buf_str(&t->out, answers[i].good);
	cn_buf_add(&t->out, p + bare, (size_t)(to - p) - bare);
	while (tag < n && line[tag] >= '0' && line[tag] <= '9')
		tag++;
	if (!bare && tag && !memmem(line, n, "IDLE", 4))
		cn_buf_fmt(&t->out, "%.*s OK done\r\n", (int)tag, line);
	else if (memmem(line, n, "DONE", 4))
		cn_buf_fmt(&t->out, "%d OK done\r\n", t->idle);
	if (tag)
		t->idle = atoi(line);
	t->in = to < t->end ? to + 1 : to;
}

struct cn_tls *cn_tls_connect(const char *host, int port, int timeout_ms,
    const struct cn_run *run, struct cn_err *err)
{
	(void)host;
	(void)port;
	(void)timeout_ms;
	(void)run;
	(void)err;
	return &net;
}

int cn_tls_start(struct cn_tls *t, const char *ca_file, int timeout_ms,
    struct cn_err *err)
{
	(void)t;
	(void)ca_file;
	(void)timeout_ms;
	(void)err;
	return 0;
}

void cn_tls_free(struct cn_tls *t)
{
	if (t)
		cn_buf_release(&t->out);
}

bool cn_tls_loopback(const struct cn_tls *t)
{
	return t != NULL;
}

bool cn_tls_waiting(struct cn_tls *t)
{
	return t->at < t->out.len;
}

int cn_tls_read(struct cn_tls *t, void *p, size_t n, int wait_ms,
    struct cn_err *err)
{
	size_t left = t->out.len - t->at;

	if (left == 0)
		return wait_ms == 0 ? 0 : cn_fail(err, CN_TEMPFAIL, "closed");
	n = n < left ? n : left;
	n = n < t->step ? n : t->step;
	memcpy(p, t->out.p + t->at, n);
	t->at += n;
	return (int)n;
}

int cn_tls_write(struct cn_tls *t, const void *p, size_t n, int wait_ms,
    struct cn_err *err)
{
	(void)wait_ms;
	(void)err;
	answer(t, p, n);
	return 0;
}

int cn_tls_wait(struct cn_tls *t, int64_t left, struct cn_err *err)
{
	(void)t;
	(void)left;
	(void)err;
	return 0;
}

int64_t cn_tls_waited(const struct cn_tls *t)
{
	(void)t;
	return 0;
}

static int on_mail(void *arg, const struct cn_imap_mail *m,
    struct cn_err *err)
{
	uint64_t *sum = arg;

	(void)err;
	if (m->uid == 0)
		abort();
	*sum += m->size + m->flags + m->body.n;
	for (size_t i = 0; i < m->body.n; i++)
		*sum += (unsigned char)m->body.p[i];
	for (size_t i = 0; i < m->nkeywords; i++)
		*sum += strlen(m->keywords[i]);
	return 0;
}

static int on_gone(void *arg, uint32_t first, uint32_t last,
    struct cn_err *err)
{
	uint64_t *sum = arg;

	(void)err;
	if (first == 0 || first > last)
		abort();
	*sum += last - first;
	return 0;
}

/* False: something failed. */
static bool session(struct cn_imap *m)
{
	static const uint32_t uids[] = { 1, 2, 3, 7 };
	struct cn_arena mem = { 0 };
	struct cn_imap_folder *f;
	struct cn_imap_state s;
	struct cn_buf b = { 0 };
	struct cn_err err;
	uint64_t sum = 0;
	size_t n, out;
	bool good;

	good = cn_imap_login(m, "desk", "secret", &err) == 0 &&
	    cn_imap_folders(m, &mem, &f, &n, &out, &err) == 0 &&
	    cn_imap_status(m, "INBOX", &s, &err) == 0 &&
	    cn_imap_select(m, "INBOX", true, &s, &err) == 0 &&
	    cn_imap_sizes(m, 1, UINT32_MAX, on_mail, &sum, &err) == 0 &&
	    cn_imap_bodies(m, uids, 4, 1000, on_mail, &sum, &err) == 0 &&
	    cn_imap_labels(m, 1, 9, on_mail, &sum, &err) == 0;
	good = cn_imap_part(m, 1, 0, 100, &b, &err) == 0 && good;
	if (b.len > 100)
		abort();
	good = cn_imap_changes(m, 7, on_mail, on_gone, &sum, &err) == 0 &&
	    cn_imap_expunge(m, uids, 2, &err) == 0 &&
	    cn_imap_idle(m, 1, NULL, NULL, &err) >= 0 && good;
	cn_buf_release(&b);
	cn_arena_release(&mem);
	return good && sum > 0;
}

static void names(const uint8_t *p, size_t n)
{
	struct cn_buf name = { 0 }, wire = { 0 };

	if (cn_utf7_decode(&name, (struct cn_str){ (const char *)p, n }) &&
	    (!cn_utf7_encode(&wire, name.p ? name.p : "") || wire.len != n ||
	    (n && memcmp(wire.p, p, n) != 0)))
		abort();
	cn_buf_release(&name);
	cn_buf_release(&wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct cn_run run = { .ms = ms };
	struct cn_imap_conf conf = { .host = "fuzz", .run = &run,
		.security = CN_IMAP_PLAIN };
	struct cn_imap *m;
	struct cn_err err;

	if (n < 2)
		return 0;
	names(p + 2, n - 2);
	net = (struct cn_tls){ .in = p + 2, .end = p + n, .step = p[0] + 1u };
	conf.compress = p[1] & 1;
	cn_buf_str(&net.out, "* OK ready\r\n");
	m = cn_imap_open(&conf, &err);
	if (m) {
		/* So that the play above stays one that goes to the end. */
		if (!session(m) && n == 2 && !conf.compress)
			abort();
		cn_imap_close(m);
	}
	return 0;
}
