/* imap.c - the session: opening it, commands, logging in
 *
 * libetpan keeps the session, sends and reads; what it reads has gone through
 * the guard (imap_wire.c).  After a call of its own the outcome is taken from
 * the guard, which saw the tagged answer: libetpan's numbers do not tell a
 * refusal from a broken line. */
#include <libetpan/mailimap.h>
#include <libetpan/mailstream.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "imap_int.h"

/* Commands go out in one piece, and a secret stays in this buffer until it is
 * wiped: no command of ours is as long. */
#define STREAM_BUFFER (32 << 10)

/* Nothing in it may end the line or the string. */
static int clean(const char *s, const char *what, struct cn_err *err)
{
	return cn_str_control(cn_str(s)) ? cn_fail(err, CN_USAGE,
	    "a control character in the %s", what) : 0;
}

/* --- commands --- */

int cn_imap_ready(struct cn_imap *m, unsigned want, struct cn_err *err)
{
	if (m->dead)
		return cn_fail(err, CN_TEMPFAIL, "the connection is gone");
	cn_stream_expect(m->stream, want);
	return 0;
}

int cn_imap_done(struct cn_imap *m, int r, const char *what,
    struct cn_err *err)
{
	const struct cn_err *broken = cn_stream_broken(m->stream);

	if (broken) {
		m->dead = true;
		/* What ended it from above has said so itself. */
		if (m->wire->ended)
			return -1;
		*err = *broken;
		return cn_wrap(err, "%s", what);
	}
	if (m->wire->tagged == CN_TAGGED_NO || m->wire->tagged ==
	    CN_TAGGED_BAD)
		return cn_fail(err, CN_PARTIAL, "%s: refused%s%s%s%s", what,
		    m->wire->tagged == CN_TAGGED_BAD ? " as wrong" : "",
		    m->wire->code[0] ? " [" : "", m->wire->code,
		    m->wire->code[0] ? "]" : "");
	if (r == MAILIMAP_NO_ERROR)
		return 0;
	m->dead = true;
	return cn_fail(err, CN_UNAVAILABLE,
	    "%s: the server sends what is no IMAP", what);
}

/* Sends text and reads to the tagged answer. */
static int exchange(struct cn_imap *m, const char *text)
{
	mailstream *s = m->etpan->imap_stream;
	struct mailimap_response *answer = NULL;
	int r = mailimap_send_current_tag(m->etpan);

	if (r != MAILIMAP_NO_ERROR)
		return r;
	if (mailstream_write(s, text, strlen(text)) < 0 ||
	    mailstream_write(s, "\r\n", 2) < 0 || mailstream_flush(s) < 0 ||
	    mailimap_read_line(m->etpan) == NULL)
		return MAILIMAP_ERROR_STREAM;
	r = mailimap_parse_response(m->etpan, &answer);
	if (r == MAILIMAP_NO_ERROR)
		mailimap_response_free(answer);
	return r;
}

int cn_imap_command(struct cn_imap *m, const char *what, const char *text,
    struct cn_err *err)
{
	return cn_imap_done(m, exchange(m, text), what, err);
}

/* --- opening and closing --- */

static int greet(struct cn_imap *m, struct cn_err *err)
{
	mailstream *s = mailstream_new(cn_stream_low(m->stream),
	    STREAM_BUFFER);
	int r;

	m->etpan = mailimap_new(0, NULL);
	if (!s || !m->etpan) {
		if (s)
			mailstream_close(s);
		return cn_fail(err, CN_TEMPFAIL, "out of memory");
	}
	r = mailimap_connect(m->etpan, s);
	return cn_imap_done(m, r == MAILIMAP_NO_ERROR_NON_AUTHENTICATED ?
	    MAILIMAP_NO_ERROR : r, "greeting", err);
}

struct cn_imap *cn_imap_open(const struct cn_imap_conf *conf,
    struct cn_err *err)
{
	struct cn_imap *m;

	if (clean(conf->host, "host name", err) < 0)
		return NULL;
	m = cn_alloc(sizeof(*m));
	m->conf = *conf;
	m->stream = cn_stream_open(conf, err);
	if (m->stream) {
		m->wire = cn_stream_wire(m->stream);
		if (greet(m, err) == 0)
			return m;
	}
	cn_wrap(err, "%s", conf->host);
	m->dead = true;
	cn_imap_close(m);
	return NULL;
}

void cn_imap_close(struct cn_imap *m)
{
	if (!m)
		return;
	if (m->etpan) {
		if (!m->dead) {
			cn_stream_expect(m->stream, CN_WANT_BYE);
			cn_stream_hurry(m->stream);
			mailimap_logout(m->etpan);
		} else if (m->etpan->imap_stream) {
			mailstream_close(m->etpan->imap_stream);
			m->etpan->imap_stream = NULL;
		}
		mailimap_free(m->etpan);
	}
	cn_stream_free(m->stream);
	free(m);
}

/* --- what the server can --- */

static int capability(struct cn_imap *m, struct cn_err *err)
{
	m->wire->can.len = 0;
	if (cn_imap_ready(m, CN_WANT_CAPABILITY, err) < 0 ||
	    cn_imap_command(m, "CAPABILITY", "CAPABILITY", err) < 0)
		return -1;
	if (m->wire->can.len == 0) {
		m->dead = true;
		return cn_fail(err, CN_UNAVAILABLE,
		    "the server does not say what it can");
	}
	return 0;
}

/* Is the word in the answer to CAPABILITY? */
static bool offers(const struct cn_imap *m, const char *name)
{
	const char *p = m->wire->can.p;
	size_t n = strlen(name);

	while ((p = strstr(p, name))) {
		if (p[-1] == ' ' && strchr(" \r\n", p[n]))
			return true;
		p += n;
	}
	return false;
}

/* After the login: asks again, and turns on what we use. */
static int settle(struct cn_imap *m, struct cn_err *err)
{
	static const struct {
		const char *name;
		unsigned bit;
	} known[] = {
		{ "CONDSTORE", CN_IMAP_CONDSTORE }, { "IDLE", CN_IMAP_IDLE },
		{ "UIDPLUS", CN_IMAP_UIDPLUS }, { "X-GM-EXT-1", CN_IMAP_GMAIL },
		{ "COMPRESS=DEFLATE", CN_IMAP_COMPRESS },
	};
	bool qresync;

	m->etpan->imap_state = MAILIMAP_STATE_AUTHENTICATED;
	if (capability(m, err) < 0)
		return -1;
	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (offers(m, known[i].name))
			m->can |= known[i].bit;
	qresync = offers(m, "QRESYNC") && offers(m, "ENABLE");
	if (m->conf.compress && (m->can & CN_IMAP_COMPRESS)) {
		if (cn_imap_ready(m, 0, err) < 0)
			return -1;
		if (cn_imap_command(m, "COMPRESS", "COMPRESS DEFLATE",
		    err) == 0) {
			if (cn_stream_deflate(m->stream, err) < 0) {
				m->dead = true;
				return -1;
			}
		} else if (m->dead) {
			return -1;
		}
	}
	if (!qresync)
		return 0;
	if (cn_imap_ready(m, 0, err) < 0)
		return -1;
	if (cn_imap_command(m, "ENABLE", "ENABLE QRESYNC", err) < 0)
		return m->dead ? -1 : 0;
	if (m->wire->qresync)
		m->can |= CN_IMAP_QRESYNC | CN_IMAP_CONDSTORE;
	return 0;
}

unsigned cn_imap_can(const struct cn_imap *m)
{
	return m->can;
}

/* --- logging in --- */

/* Wipes what libetpan's stream still has of a secret. */
static void wipe_sent(struct cn_imap *m)
{
	mailstream *s = m->etpan->imap_stream;

	if (s)
		cn_wipe(s->write_buffer, s->buffer_max_size);
}

/* A refusal is 77, but for those that ask to come again. */
static int login_failed(struct cn_imap *m, struct cn_err *err)
{
	static const char *const later[] = {
		"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"
	};

	if (m->dead || err->status != CN_PARTIAL)
		return -1;
	err->status = CN_NOPERM;
	for (size_t i = 0; i < sizeof(later) / sizeof(*later); i++)
		if (strcmp(m->wire->code, later[i]) == 0)
			err->status = CN_TEMPFAIL;
	return -1;
}

/* AUTHENTICATE with what the mechanism says first, on the same line where the
 * server takes that (RFC 4959); an empty line to whatever it says then. */
static int authenticate(struct cn_imap *m, const char *mechanism,
    const struct cn_buf *first, struct cn_err *err)
{
	struct cn_buf line = { 0 }, b64 = { 0 };
	bool at_once = offers(m, "SASL-IR");
	int r = cn_imap_ready(m, 0, err);

	cn_base64(&b64, first->p, first->len);
	cn_buf_reserve(&line, b64.len + 64);
	cn_buf_fmt(&line, "AUTHENTICATE %s", mechanism);
	if (at_once) {
		cn_buf_ch(&line, ' ');
		cn_buf_add(&line, b64.p, b64.len);
	}
	cn_buf_str(&b64, "\r\n");
	cn_stream_reply(m->stream, at_once ? "\r\n" : b64.p);
	if (r == 0 && line.len > STREAM_BUFFER / 2)
		r = cn_fail(err, CN_USAGE, "the secret is too long");
	if (r == 0)
		r = cn_imap_command(m, "login", line.p, err);
	cn_stream_reply(m->stream, NULL);
	cn_buf_wipe(&line);
	cn_buf_wipe(&b64);
	return r;
}

/* RFC 4616 */
static int plain(struct cn_imap *m, const char *user, const char *password,
    struct cn_err *err)
{
	struct cn_buf b = { 0 };
	int r;

	cn_buf_reserve(&b, strlen(user) + strlen(password) + 2);
	cn_buf_add(&b, "", 1);
	cn_buf_add(&b, user, strlen(user) + 1);
	cn_buf_add(&b, password, strlen(password));
	r = authenticate(m, "PLAIN", &b, err);
	cn_buf_wipe(&b);
	return r;
}

int cn_imap_login(struct cn_imap *m, const char *user, const char *password,
    struct cn_err *err)
{
	int r;

	if (clean(user, "user's name", err) < 0 ||
	    clean(password, "password", err) < 0 ||
	    capability(m, err) < 0)
		return -1;
	if (offers(m, "AUTH=PLAIN")) {
		r = plain(m, user, password, err);
	} else if (offers(m, "LOGINDISABLED")) {
		return cn_fail(err, CN_UNAVAILABLE,
		    "the server takes no password");
	} else {
		if (strlen(user) + strlen(password) > STREAM_BUFFER / 4)
			return cn_fail(err, CN_USAGE, "the secret is too long");
		r = cn_imap_ready(m, 0, err);
		if (r == 0)
			r = cn_imap_done(m, mailimap_login(m->etpan, user,
			    password), "login", err);
	}
	wipe_sent(m);
	return r < 0 ? login_failed(m, err) : settle(m, err);
}

int cn_imap_login_token(struct cn_imap *m, const char *user,
    const char *token, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	int r;

	if (clean(user, "user's name", err) < 0 ||
	    clean(token, "token", err) < 0 || capability(m, err) < 0)
		return -1;
	if (!offers(m, "AUTH=XOAUTH2"))
		return cn_fail(err, CN_UNAVAILABLE,
		    "the server takes no OAuth 2.0 token");
	m->can |= CN_IMAP_XOAUTH2;
	cn_buf_reserve(&b, strlen(user) + strlen(token) + 32);
	cn_buf_fmt(&b, "user=%s\001auth=Bearer %s\001\001", user, token);
	r = authenticate(m, "XOAUTH2", &b, err);
	cn_buf_wipe(&b);
	wipe_sent(m);
	return r < 0 ? login_failed(m, err) : settle(m, err);
}
