/* imap_wire.c - the guard: what the server says, line by line
 *
 * Bytes are gathered into one line, literals and all, and the bounds are held
 * against it while it grows.  A finished line goes one of three ways: answers
 * that grow with the mailbox (FETCH, VANISHED, LIST) to the session at once;
 * what the command in hand expects to libetpan; all else nowhere.  Status lines
 * are written anew for libetpan, for its parser was seen to free twice on
 * some response codes, and nobody needs the text.
 *
 * A mail is a literal behind BODY[]: it goes to a buffer of its own and never
 * to libetpan.  Only where the grammar has strings can a line end in {n}, so
 * that no text of the server's passes as a literal, and what is bounded as a
 * literal is one for everybody. */
#include "imap_int.h"

#include <stdio.h>
#include <string.h>

#define LINE_MAX_BYTES (1 << 20)	/* mails aside */
#define STRING_MAX (64 << 10)		/* a literal that is no mail */
#define CHARGE_MAX (8 << 20)		/* a command, what nobody asked for */
#define DEPTH_MAX 64
#define DIRECT_MIN 4096

/* What libetpan may be given in one command: its trees are up to a hundred
 * times as large as the text. */
#define PASS_MAX (64 << 10)

/* The end of a line's life. */
enum way { DROP, PASS, REFUSE };

void cn_wire_expect(struct cn_wire *w, unsigned want)
{
	w->want = want;
	w->body_max = 0;
	w->body = &w->mail;
	w->item = NULL;
	w->gone = NULL;
	w->folder = NULL;
	w->tagged = CN_TAGGED_NONE;
	w->code[0] = '\0';
	w->charge = w->passed = w->count = 0;
}

void cn_wire_release(struct cn_wire *w)
{
	cn_buf_wipe(&w->line);
	cn_buf_wipe(&w->mail);
	cn_buf_release(&w->can);
	cn_arena_release(&w->mem);
}

static int refuse(struct cn_err *err, const char *why)
{
	return cn_fail(err, CN_UNAVAILABLE, "the server %s", why);
}

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The word at p, at most to the end of the line, without its case. */
static bool is_word(const char *p, const char *end, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(end - p) > n && strncasecmp(p, word, n) == 0 &&
	    (p[n] == ' ' || p[n] == '\r' || p[n] == '\n' || p[n] == '[');
}

/* Past '* n ' to the word behind the number, or NULL. */
static const char *behind_number(const char *p, const char *end)
{
	const char *at = p + 2;

	while (at < end && digit(*at))
		at++;
	return at > p + 2 && at < end && *at == ' ' ? at + 1 : NULL;
}

static bool is_fetch(const struct cn_wire *w)
{
	const char *p = w->line.p, *end = p + w->line.len, *at;

	if (w->line.len < 2 || p[0] != '*' || p[1] != ' ')
		return false;
	at = behind_number(p, end);
	return at && is_word(at, end, "FETCH");
}

/* Text to the end of the line: tagged, '+', and status answers. */
static bool is_text(const struct cn_wire *w)
{
	static const char *const status[] = {
		"OK", "NO", "BAD", "BYE", "PREAUTH"
	};
	const char *p = w->line.p, *end = p + w->line.len;

	if (w->line.len < 2 || p[0] != '*' || p[1] != ' ')
		return true;
	for (size_t i = 0; i < sizeof(status) / sizeof(*status); i++)
		if (is_word(p + 2, end, status[i]))
			return true;
	return false;
}

/* --- literals --- */

/* Does a mail begin here?  'BODY[] {' or 'BODY[]<n> {' stands before it. */
static bool behind_body(const struct cn_wire *w, size_t brace)
{
	const char *p = w->line.p, *at = p + brace;

	if (!is_fetch(w))
		return false;
	while (at > p && at[-1] == ' ')
		at--;
	if (at > p && at[-1] == '>') {
		at--;
		while (at > p && digit(at[-1]))
			at--;
		if (at == p || at[-1] != '<')
			return false;
		at--;
	}
	return at - p >= 6 && strncasecmp(at - 6, "BODY[]", 6) == 0;
}

/* '{n}' at the end of the line, from brace. */
static int begin_literal(struct cn_wire *w, size_t brace, struct cn_err *err)
{
	const char *p = w->line.p + brace + 1;
	uint64_t n = 0;
	int digits = 0;

	for (; digit(*p); p++, digits++)
		n = digits < 10 ? n * 10 + (unsigned)(*p - '0') : UINT64_MAX;
	if (digits == 0 || *p++ != '}')
		return refuse(err, "sends what is no IMAP");
	if (*p == '\r')
		p++;
	if (*p != '\n' || p + 1 != w->line.p + w->line.len)
		return refuse(err, "sends what is no IMAP");
	if (!behind_body(w, brace)) {
		if (n > STRING_MAX)
			return refuse(err, "announces a huge literal");
		w->literal = (uint32_t)n;
		return 0;
	}
	if (w->body_max == 0)
		return refuse(err, "sends a mail that nobody asked for");
	if (n > w->body_max)
		return refuse(err, "announces a huge literal");
	if (w->has_body)
		return refuse(err, "sends two mails as one");
	w->has_body = w->in_body = true;
	w->literal = (uint32_t)n;
	w->body_at = w->line.len;
	w->body_from = w->body->len;
	cn_buf_reserve(w->body, (size_t)n);
	w->in_body = n > 0;
	return 0;
}

/* Looks at what came since the last literal, up to the LF.  1: the line goes
 * on with a literal; 0: it is whole. */
static int scan(struct cn_wire *w, struct cn_err *err)
{
	const char *p = w->line.p;
	size_t i = w->scanned, n = w->line.len;
	bool quoted = false;

	if (memchr(p + i, '\0', n - i))
		return refuse(err, "sends a NUL byte");
	w->scanned = n;
	if (is_text(w))
		return 0;
	for (; i < n; i++) {
		switch (p[i]) {
		case '"':
			quoted = !quoted;
			break;
		case '\\':
			if (quoted && i + 1 < n &&
			    (p[i + 1] == '"' || p[i + 1] == '\\'))
				i++;
			break;
		case '(':
			if (!quoted && ++w->depth > DEPTH_MAX)
				return refuse(err,
				    "nests parentheses without an end");
			break;
		case ')':
			if (!quoted && w->depth > 0)
				w->depth--;
			break;
		case '{':
			if (quoted)
				break;
			return begin_literal(w, i, err) < 0 ? -1 : 1;
		}
	}
	if (quoted)
		return refuse(err, "sends a string without an end");
	return 0;
}

/* --- whole lines --- */

/* Gives libetpan another line than the server did. */
static enum way instead(struct cn_wire *w, const char *text, size_t n)
{
	w->line.len = 0;
	cn_buf_add(&w->line, text, n);
	return PASS;
}

/* 'n OK [CODE] text': keeps the outcome, and the code if it is a word. */
static enum way tagged(struct cn_wire *w)
{
	static const struct {
		const char *word;
		enum cn_tagged is;
	} ends[] = {
		{ "OK", CN_TAGGED_OK }, { "NO", CN_TAGGED_NO },
		{ "BAD", CN_TAGGED_BAD },
	};
	const char *p = w->line.p, *end = p + w->line.len, *at = p;
	char text[32];
	size_t tag, n = 0;

	while (digit(*at))
		at++;
	tag = (size_t)(at - p);
	if (tag == 0 || tag > 10 || *at++ != ' ')
		return REFUSE;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		if (!is_word(at, end, ends[i].word))
			continue;
		w->tagged = ends[i].is;
		at += strlen(ends[i].word);
		while (*at == ' ')
			at++;
		if (*at++ == '[')
			while (n + 1 < sizeof(w->code) &&
			    ((at[n] >= 'A' && at[n] <= 'Z') || at[n] == '-'))
				n++;
		memcpy(w->code, at, n);
		w->code[n] = '\0';
		n = (size_t)snprintf(text, sizeof(text), "%.*s %s .\r\n",
		    (int)tag, p, ends[i].word);
		return instead(w, text, n);
	}
	return REFUSE;
}

/* '* OK [CODE n] text': the three codes that say what a mailbox is. */
static enum way status(struct cn_wire *w, const char *at)
{
	static const char *const codes[] = {
		"UIDVALIDITY", "UIDNEXT", "HIGHESTMODSEQ"
	};
	const char *end = w->line.p + w->line.len;
	char text[64];
	size_t n = 0;

	if (!(w->want & CN_WANT_SELECT) || !is_word(at, end, "OK"))
		return DROP;
	for (at += 2; *at == ' '; at++)
		;
	if (*at++ != '[')
		return DROP;
	for (size_t i = 0; i < sizeof(codes) / sizeof(*codes); i++) {
		if (!is_word(at, end, codes[i]))
			continue;
		at += strlen(codes[i]) + 1;
		while (digit(at[n]))
			n++;
		if (n == 0 || n > 20 || at[n] != ']')
			return DROP;
		n = (size_t)snprintf(text, sizeof(text), "* OK [%s %.*s] .\r\n",
		    codes[i], (int)n, at);
		return instead(w, text, n);
	}
	return DROP;
}

static enum way fetch(struct cn_wire *w, struct cn_err *err)
{
	struct cn_str text = { NULL, 0 };
	struct cn_item it;
	int rc = 0;

	if (w->has_body)
		text = (struct cn_str){ (w->body->p ? w->body->p : "") +
		    w->body_from, w->body->len - w->body_from };
	cn_arena_reset(&w->mem);
	if (!cn_item_fetch(&it, &w->mem, cn_buf_view(&w->line),
	    w->has_body ? w->body_at : 0, text)) {
		refuse(err, "sends what is no IMAP");
		return REFUSE;
	}
	if (w->want & CN_WANT_NEWS)
		w->news = true;
	if (w->item)
		rc = w->item(w->arg, &it);
	/* A partial that was taken stays where it was put. */
	if (w->has_body && (rc != 1 || w->body == &w->mail))
		w->body->len = w->body_from;
	w->ended = rc < 0;
	if (rc > 0)
		w->charge -= w->line.len;
	return rc < 0 ? REFUSE : DROP;
}

static enum way vanished(struct cn_wire *w, const char *at,
    struct cn_err *err)
{
	int rc = 0;

	if (!w->gone || !is_word(at + 9, w->line.p + w->line.len,
	    "(EARLIER)")) {
		w->news = true;
		if (!w->gone)
			return DROP;
	}
	if (!cn_item_vanished(cn_buf_view(&w->line), w->gone, w->arg, &rc)) {
		refuse(err, "sends what is no IMAP");
		return REFUSE;
	}
	w->ended = rc != 0;
	return rc ? REFUSE : DROP;
}

/* '* n EXISTS', '* n EXPUNGE', '* n FETCH': the rest has no use. */
static enum way numbered(struct cn_wire *w, const char *at,
    struct cn_err *err)
{
	const char *end = w->line.p + w->line.len;

	if (is_word(at, end, "FETCH"))
		return fetch(w, err);
	if (is_word(at, end, "EXPUNGE"))
		w->news = true;
	if (!is_word(at, end, "EXISTS"))
		return DROP;
	w->news = true;
	return w->want & CN_WANT_SELECT ? PASS : DROP;
}

static enum way list(struct cn_wire *w, struct cn_err *err)
{
	enum cn_imap_use use;
	struct cn_str name;
	int r;

	cn_arena_reset(&w->mem);
	r = cn_item_list(&w->mem, cn_buf_view(&w->line), &use, &name);
	if (r < 0) {
		refuse(err, "sends what is no IMAP");
		return REFUSE;
	}
	if (r > 0)
		w->folder(w->arg, use, name);
	return DROP;
}

/* libetpan follows a NULL where nothing stands behind CAPABILITY. */
static enum way capability(struct cn_wire *w)
{
	w->can.len = 0;
	if (w->line.len > PASS_MAX)
		return DROP;
	cn_buf_add(&w->can, w->line.p, w->line.len);
	for (size_t i = 0; i < w->can.len; i++)
		if (w->can.p[i] >= 'a' && w->can.p[i] <= 'z')
			w->can.p[i] -= 'a' - 'A';
	return DROP;
}

static enum way untagged(struct cn_wire *w, struct cn_err *err)
{
	const char *p = w->line.p, *end = p + w->line.len, *at;

	if (is_word(p + 2, end, "BYE")) {
		if (w->want & CN_WANT_BYE)
			return DROP;
		cn_fail(err, CN_TEMPFAIL, "the server ended the session");
		return REFUSE;
	}
	at = behind_number(p, end);
	if (at)
		return numbered(w, at, err);
	if (is_word(p + 2, end, "VANISHED"))
		return vanished(w, p + 2, err);
	if (is_word(p + 2, end, "ENABLED"))
		w->qresync = memmem(p, w->line.len, "QRESYNC", 7) != NULL;
	if (is_text(w))
		return status(w, p + 2);
	if ((w->want & CN_WANT_CAPABILITY) &&
	    is_word(p + 2, end, "CAPABILITY"))
		return capability(w);
	if (w->folder && is_word(p + 2, end, "LIST"))
		return list(w, err);
	return (w->want & CN_WANT_STATUS) && is_word(p + 2, end, "STATUS") ?
	    PASS : DROP;
}

static enum way greeting(struct cn_wire *w, struct cn_err *err)
{
	const char *p = w->line.p, *end = p + w->line.len;

	w->want = 0;
	if (is_word(p + 2, end, "OK"))
		return instead(w, "* OK .\r\n", 8);
	if (is_word(p + 2, end, "PREAUTH"))
		refuse(err, "takes us for somebody who has logged in");
	else if (is_word(p + 2, end, "BYE"))
		cn_fail(err, CN_TEMPFAIL, "the server takes no connection now");
	return REFUSE;
}

static int line_done(struct cn_wire *w, struct cn_err *err)
{
	size_t len = w->line.len;
	const char *p = w->line.p;
	enum way way = REFUSE;

	err->status = CN_OK;
	w->charge += len;
	if (len > 2 && p[0] == '*' && p[1] == ' ') {
		way = w->want & CN_WANT_GREETING ? greeting(w, err) :
		    untagged(w, err);
	} else if (w->want & CN_WANT_GREETING) {
		way = REFUSE;
	} else if (p[0] == '+') {
		way = instead(w, "+ .\r\n", 5);
	} else if (p[0] == '\r' || p[0] == '\n') {
		way = DROP;		/* Exchange sends empty lines */
	} else {
		way = tagged(w);
	}
	if (way == REFUSE && err->status == CN_OK && !w->ended)
		refuse(err, "sends what is no IMAP");
	if (way == REFUSE)
		return -1;
	w->passed += way == PASS ? w->line.len : 0;
	if (w->charge > CHARGE_MAX || w->passed > PASS_MAX)
		return refuse(err, "talks without an end");
	w->ready = way == PASS;
	w->taken = 0;
	if (!w->ready)
		w->line.len = 0;
	w->scanned = 0;
	w->depth = 0;
	w->has_body = false;
	return 0;
}

/* --- bytes --- */

/* Up to and with the next LF; 1 when that was the end of the line. */
static int64_t feed_line(struct cn_wire *w, const char *p, size_t n,
    bool *done, struct cn_err *err)
{
	const char *lf = memchr(p, '\n', n);
	size_t take = lf ? (size_t)(lf - p) + 1 : n, most = LINE_MAX_BYTES;
	int r;

	/* Years of expunged mails may be one line. */
	if (w->line.len > 11 && strncasecmp(w->line.p, "* VANISHED ", 11) == 0)
		most = CHARGE_MAX;
	if (w->line.len + take > most)
		return refuse(err, "sends a line without an end");
	cn_buf_add(&w->line, p, take);
	*done = false;
	if (lf) {
		r = scan(w, err);
		if (r < 0)
			return -1;
		*done = r == 0;
	}
	return (int64_t)take;
}

int64_t cn_wire_feed(struct cn_wire *w, const char *p, size_t n,
    struct cn_err *err)
{
	size_t used = 0;

	while (used < n && !w->ready) {
		bool done = false;
		int64_t r;

		if (w->literal > 0) {
			size_t take = n - used < w->literal ? n - used :
			    w->literal;

			if (w->in_body)
				cn_buf_add(w->body, p + used, take);
			else
				cn_buf_add(&w->line, p + used, take);
			w->literal -= (uint32_t)take;
			used += take;
			if (w->literal == 0 && !w->in_body) {
				if (memchr(w->line.p + w->scanned, '\0',
				    w->line.len - w->scanned))
					return refuse(err, "sends a NUL byte");
				w->scanned = w->line.len;
			}
			w->in_body = w->in_body && w->literal > 0;
			continue;
		}
		r = feed_line(w, p + used, n - used, &done, err);
		if (r < 0)
			return -1;
		used += (size_t)r;
		if (done && line_done(w, err) < 0)
			return -1;
	}
	w->count += used;
	return (int64_t)used;
}

size_t cn_wire_room(struct cn_wire *w, char **p)
{
	if (!w->in_body || w->literal < DIRECT_MIN)
		return 0;
	cn_buf_reserve(w->body, w->literal);
	*p = w->body->p + w->body->len;
	return w->literal;
}

void cn_wire_got(struct cn_wire *w, size_t n)
{
	w->body->len += n;
	w->body->p[w->body->len] = '\0';
	w->literal -= (uint32_t)n;
	w->in_body = w->literal > 0;
	w->count += n;
}

size_t cn_wire_take(struct cn_wire *w, char *p, size_t n)
{
	size_t left = w->line.len - w->taken;

	n = n < left ? n : left;
	memcpy(p, w->line.p + w->taken, n);
	w->taken += n;
	if (w->taken == w->line.len) {
		w->line.len = 0;
		w->ready = false;
	}
	return n;
}
