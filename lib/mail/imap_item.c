/* imap_item.c - a line of FETCH, LIST or VANISHED (RFC 3501, 7.4.2 and 7.2.2;
 * RFC 7162, 3.2.10)
 *
 * These answers grow with the mailbox, so they do not go through libetpan,
 * which keeps the text and a tree of all of them until a command has ended:
 * each line is read here and forgotten.  Nothing recurses. */
#include "imap_int.h"

#include <stdio.h>
#include <string.h>

#include "base/times.h"
#include "base/utf8.h"

#define KEYWORDS_MAX 512

struct lex {
	const char *p, *end;
	const char *body_at;		/* here the literal is elsewhere */
	struct cn_str body;
	struct cn_arena *mem;
};

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool next(struct lex *l, char c)
{
	if (l->p == l->end || *l->p != c)
		return false;
	l->p++;
	return true;
}

static void spaces(struct lex *l)
{
	while (next(l, ' '))
		;
}

/* Saturates. */
static bool number(struct lex *l, uint64_t *out)
{
	uint64_t n = 0;

	if (l->p == l->end || !digit(*l->p))
		return false;
	for (; l->p < l->end && digit(*l->p); l->p++) {
		unsigned d = (unsigned)(*l->p - '0');

		n = n > (UINT64_MAX - d) / 10 ? UINT64_MAX : n * 10 + d;
	}
	*out = n;
	return true;
}

static bool number32(struct lex *l, uint32_t *out)
{
	uint64_t n;

	if (!number(l, &n))
		return false;
	*out = n > UINT32_MAX ? UINT32_MAX : (uint32_t)n;
	return true;
}

/* A word ends before a space, a bracket or the end of the line. */
static struct cn_str word(struct lex *l)
{
	struct cn_str s = { l->p, 0 };

	while (l->p < l->end && !strchr(" ()[]<\"{\r\n", *l->p))
		l->p++;
	s.n = (size_t)(l->p - s.p);
	return s;
}

static bool quoted(struct lex *l, struct cn_str *out)
{
	const char *from = l->p;
	char *s;
	size_t n = 0;
	bool plain = true;

	while (l->p < l->end && *l->p != '"') {
		if (*l->p == '\\' && l->end - l->p > 1 &&
		    (l->p[1] == '"' || l->p[1] == '\\')) {
			plain = false;
			l->p++;
		}
		l->p++;
	}
	*out = (struct cn_str){ from, (size_t)(l->p - from) };
	if (!next(l, '"'))
		return false;
	if (plain)
		return true;
	s = cn_arena_alloc(l->mem, out->n);
	for (size_t i = 0; i < out->n; i++) {
		if (from[i] == '\\' && i + 1 < out->n &&
		    (from[i + 1] == '"' || from[i + 1] == '\\'))
			i++;
		s[n++] = from[i];
	}
	*out = (struct cn_str){ s, n };
	return true;
}

static bool literal(struct lex *l, struct cn_str *out)
{
	uint64_t n;

	if (!number(l, &n) || !next(l, '}'))
		return false;
	next(l, '\r');
	if (!next(l, '\n'))
		return false;
	if (l->p == l->body_at) {
		*out = l->body;
		return true;
	}
	if (n > (uint64_t)(l->end - l->p))
		return false;
	*out = (struct cn_str){ l->p, (size_t)n };
	l->p += n;
	return true;
}

/* A string, NIL (p NULL) or a word, which may hold [ and ]. */
static bool value(struct lex *l, struct cn_str *out)
{
	if (next(l, '"'))
		return quoted(l, out);
	if (next(l, '{'))
		return literal(l, out);
	out->p = l->p;
	while (l->p < l->end && !strchr(" ()\"{\r\n", *l->p))
		l->p++;
	out->n = (size_t)(l->p - out->p);
	if (cn_str_ieq(*out, "NIL"))
		*out = (struct cn_str){ NULL, 0 };
	return out->p == NULL || out->n > 0;
}

/* Whatever stands there, to the bracket that belongs to it. */
static bool skip(struct lex *l)
{
	struct cn_str s;
	size_t depth = 0;

	do {
		spaces(l);
		if (next(l, '('))
			depth++;
		else if (depth > 0 && next(l, ')'))
			depth--;
		else if (!value(l, &s))
			return false;
	} while (depth > 0);
	return true;
}

/* ' 1-Feb-2026 10:20:30 +0100', RFC 3501's date-time; 0: it is none. */
static int64_t date_time(struct cn_str s)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char mon[4], sign;
	int d, y, h, m, sec, zone, n = 0;
	const char *at;
	char text[32];

	if (s.n >= sizeof(text))
		return 0;
	memcpy(text, s.p, s.n);
	text[s.n] = '\0';
	if (sscanf(text, "%2d-%3[A-Za-z]-%4d %2d:%2d:%2d %c%4d%n", &d, mon, &y,
	    &h, &m, &sec, &sign, &zone, &n) != 8 || text[n] != '\0' ||
	    strlen(mon) != 3 || (sign != '+' && sign != '-') ||
	    zone < 0 || d < 1 || d > 31 || h < 0 || h > 23 || m < 0 ||
	    m > 59 || sec < 0 || sec > 60 || y < 1970)
		return 0;
	at = strcasestr(months, mon);
	if (!at || (at - months) % 3 != 0)
		return 0;
	zone = (zone / 100 * 60 + zone % 100) * 60;
	return cn_days(y, (int)(at - months) / 3 + 1, d) * 86400 + h * 3600 +
	    m * 60 + sec - (sign == '+' ? zone : -zone);
}

static void keyword(struct lex *l, struct cn_imap_mail *m, struct cn_str s)
{
	const char **old = (const char **)(uintptr_t)m->keywords;
	size_t n = m->nkeywords;

	if (n == KEYWORDS_MAX)
		return;
	/* Powers of two, so that a thousand of them are ten copies. */
	if ((n & (n - 1)) == 0) {
		const char **more = cn_arena_alloc(l->mem,
		    (n ? 2 * n : 1) * sizeof(*more));

		if (n)
			memcpy(more, old, n * sizeof(*more));
		m->keywords = old = more;
	}
	old[n] = cn_arena_dup(l->mem, s.p, s.n);
	m->nkeywords++;
}

static bool printable(struct cn_str s)
{
	return s.n > 0 && !cn_str_control(s) && cn_utf8_valid(s.p, s.n);
}

static void flag(struct lex *l, struct cn_imap_mail *m, struct cn_str s)
{
	static const struct {
		const char *name;
		unsigned bit;
	} known[] = {
		{ "\\Seen", CN_IMAP_SEEN }, { "\\Answered", CN_IMAP_ANSWERED },
		{ "\\Flagged", CN_IMAP_FLAGGED }, { "\\Draft", CN_IMAP_DRAFT },
		{ "\\Deleted", CN_IMAP_DELETED },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (cn_str_ieq(s, known[i].name))
			m->flags |= known[i].bit;
	if (s.p && s.n && s.p[0] != '\\' && printable(s))
		keyword(l, m, s);
}

/* Gmail writes its own labels with a backslash, quoted or not. */
static void label(struct lex *l, struct cn_imap_mail *m, struct cn_str s)
{
	struct cn_buf b = { 0 };

	if (s.p && cn_utf7_decode(&b, s))
		keyword(l, m, cn_buf_view(&b));
	cn_buf_release(&b);
}

static bool words(struct lex *l, struct cn_imap_mail *m,
    void (*add)(struct lex *, struct cn_imap_mail *, struct cn_str))
{
	struct cn_str s;

	m->keywords = NULL;
	m->nkeywords = 0;
	if (!next(l, '('))
		return false;
	for (spaces(l); !next(l, ')'); spaces(l)) {
		if (!value(l, &s))
			return false;
		add(l, m, s);
	}
	return true;
}

static bool body(struct lex *l, struct cn_item *it)
{
	struct cn_str s;

	it->origin = 0;
	if (next(l, '<') && (!number32(l, &it->origin) || !next(l, '>')))
		return false;
	spaces(l);
	if (!value(l, &s))
		return false;
	it->mail.body = s;
	it->got |= CN_GOT_BODY;
	return true;
}

/* One item: its name and what follows. */
static bool item(struct lex *l, struct cn_item *it)
{
	struct cn_str name = word(l), s;
	bool whole;

	if (name.n == 0)
		return false;
	if (next(l, '[')) {
		whole = next(l, ']');
		while (!whole && !next(l, ']'))
			if (l->p++ == l->end)
				return false;
		if (whole && cn_str_ieq(name, "BODY"))
			return body(l, it);
		if (next(l, '<')) {
			while (!next(l, '>'))
				if (l->p++ == l->end)
					return false;
		}
		return skip(l);
	}
	spaces(l);
	if (cn_str_ieq(name, "UID")) {
		it->got |= CN_GOT_UID;
		return number32(l, &it->mail.uid);
	}
	if (cn_str_ieq(name, "RFC822.SIZE")) {
		it->got |= CN_GOT_SIZE;
		return number32(l, &it->mail.size);
	}
	if (cn_str_ieq(name, "FLAGS")) {
		it->got |= CN_GOT_FLAGS;
		it->mail.flags = 0;
		return words(l, &it->mail, flag);
	}
	if (cn_str_ieq(name, "X-GM-LABELS")) {
		it->got |= CN_GOT_LABELS;
		return words(l, &it->mail, label);
	}
	if (!cn_str_ieq(name, "INTERNALDATE"))
		return skip(l);
	if (!value(l, &s))
		return false;
	it->got |= CN_GOT_DATE;
	it->mail.arrived = s.p ? date_time(s) : 0;
	return true;
}

bool cn_item_fetch(struct cn_item *it, struct cn_arena *mem,
    struct cn_str line, size_t body_at, struct cn_str text)
{
	struct lex l = { line.p, line.p + line.n,
	    body_at ? line.p + body_at : NULL, text, mem };
	uint64_t number_of;

	memset(it, 0, sizeof(*it));
	next(&l, '*');
	spaces(&l);
	if (!number(&l, &number_of))
		return false;
	spaces(&l);
	if (!cn_str_ieq(word(&l), "FETCH"))
		return false;
	spaces(&l);
	if (!next(&l, '('))
		return false;
	for (spaces(&l); !next(&l, ')'); spaces(&l))
		if (!item(&l, it))
			return false;
	spaces(&l);
	next(&l, '\r');
	return next(&l, '\n') && l.p == l.end;
}

static const struct {
	const char *flag;
	enum cn_imap_use use;
} uses[] = {
	{ "\\All", CN_IMAP_ALL }, { "\\AllMail", CN_IMAP_ALL },
	{ "\\Archive", CN_IMAP_ARCHIVE }, { "\\Drafts", CN_IMAP_DRAFTS },
	{ "\\Junk", CN_IMAP_JUNK }, { "\\Spam", CN_IMAP_JUNK },
	{ "\\Sent", CN_IMAP_SENT }, { "\\Trash", CN_IMAP_TRASH },
	{ "\\Flagged", CN_IMAP_STARRED }, { "\\Starred", CN_IMAP_STARRED },
};

int cn_item_list(struct cn_arena *mem, struct cn_str line,
    enum cn_imap_use *use, struct cn_str *name)
{
	struct lex l = { line.p, line.p + line.n, NULL, { NULL, 0 }, mem };
	struct cn_str s;
	int can = 1;

	*use = CN_IMAP_PLAIN_FOLDER;
	next(&l, '*');
	spaces(&l);
	word(&l);
	spaces(&l);
	if (!next(&l, '('))
		return -1;
	for (spaces(&l); !next(&l, ')'); spaces(&l)) {
		if (!value(&l, &s))
			return -1;
		if (cn_str_ieq(s, "\\Noselect") ||
		    cn_str_ieq(s, "\\NonExistent"))
			can = 0;
		for (size_t i = 0; i < sizeof(uses) / sizeof(*uses); i++)
			if (cn_str_ieq(s, uses[i].flag))
				*use = uses[i].use;
	}
	spaces(&l);
	if (!value(&l, &s))
		return -1;
	spaces(&l);
	return value(&l, name) && name->p ? can : -1;
}

bool cn_item_vanished(struct cn_str line, int (*gone)(void *, uint32_t,
    uint32_t), void *arg, int *rc)
{
	struct lex l = { line.p, line.p + line.n, NULL, { NULL, 0 }, NULL };
	uint32_t first, last;

	next(&l, '*');
	spaces(&l);
	word(&l);
	spaces(&l);
	if (next(&l, '(')) {
		word(&l);
		if (!next(&l, ')'))
			return false;
		spaces(&l);
	}
	do {
		if (!number32(&l, &first))
			return false;
		last = first;
		if (next(&l, ':') && !number32(&l, &last))
			return false;
		*rc = gone(arg, first < last ? first : last,
		    first < last ? last : first);
	} while (*rc == 0 && next(&l, ','));
	return *rc != 0 || next(&l, '\r') || next(&l, '\n');
}
