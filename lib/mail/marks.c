/* marks.c - what a mail shows besides its words
 *
 * How it was made and how it came: which fields it has and in which order,
 * the shape of its Message-ID, the programs and zones it names.  No other
 * value that a person has written, but for domains. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "marks.h"

#define FIELDS 40			/* told apart by name */
#define ORDER 8				/* pairs of neighbours */
#define SHAPE 24
#define STAMP 60			/* of the shape of a date */
#define BOUNDARY 80			/* bytes of one looked at */

void cn_mark(struct cn_marks *m, const char *fmt, ...)
{
	char s[100];
	uint32_t h = 2166136261u;		/* FNV-1a */
	va_list ap;
	int n, i;

	va_start(ap, fmt);
	n = vsnprintf(s, sizeof(s), fmt, ap);
	va_end(ap);
	if (n <= 0 || m->n == CN_MAIL_MARKS)
		return;
	if ((size_t)n >= sizeof(s))
		n = sizeof(s) - 1;
	for (i = 0; i < n; i++)
		h = (h ^ (unsigned char)s[i]) * 16777619u;
	for (h ^= h >> 16; m->slot[h %= CN_MARK_SLOTS] > 0; h++)
		if (cn_str_eq(m->v[m->slot[h] - 1], s))
			return;
	m->v[m->n++] = (struct cn_str){ cn_arena_dup(m->mem, s, (size_t)n),
	    (size_t)n };
	m->slot[h] = (uint16_t)m->n;
}

char cn_mark_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

const char *cn_mark_plain(char *out, size_t max, struct cn_str s,
    const char *stop)
{
	size_t i, n = 0;

	for (i = 0; i < s.n && n + 1 < max && !strchr(stop, s.p[i]); i++)
		if (s.p[i] > ' ' && (s.p[i] < '0' || s.p[i] > '9') &&
		    s.p[i] < 0x7f)
			out[n++] = cn_mark_lower(s.p[i]);
	out[n] = '\0';
	return out;
}

const char *cn_mark_domain(char out[CN_MARK_DOMAIN], const char *p, size_t n)
{
	size_t i, from = n, dots = 0;
	bool name = false;

	while (n > 0 && (p[n - 1] == '.' || p[n - 1] == ','))
		n--;
	for (i = 0; i < n; i++) {
		char c = cn_mark_lower(p[i]);

		name |= c >= 'a' && c <= 'z';
		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
		    c == '.' || c == '-'))
			return NULL;
	}
	for (from = n; from > 0; from--) {
		if (p[from - 1] != '.')
			continue;
		/* 'co.uk' is none of them. */
		if (++dots >= 2 && n - from > 6)
			break;
	}
	if (!name || dots == 0 || n - from + 1 > CN_MARK_DOMAIN)
		return NULL;
	for (i = 0; from + i < n; i++)
		out[i] = cn_mark_lower(p[from + i]);
	out[i] = '\0';
	return out;
}

size_t cn_mark_host(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && (*q == '.' || *q == '-' || (*q >= '0' && *q <= '9') ||
	    (cn_mark_lower(*q) >= 'a' && cn_mark_lower(*q) <= 'z')))
		q++;
	return (size_t)(q - p);
}

bool cn_mark_at(const char *p, const char *end, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(end - p) >= n && strncasecmp(p, word, n) == 0;
}

const char *cn_mark_address(char out[CN_MARK_DOMAIN], const char *addr)
{
	const char *at = strrchr(addr, '@');

	return at == NULL ? NULL : cn_mark_domain(out, at + 1, strlen(at + 1));
}

/* The next one of a text, at or behind *p, which moves behind it. */
static size_t link_in(const char **p, const char *end, const char **host)
{
	size_t n;

	while (*p < end && (*p = memchr(*p, ':', (size_t)(end - *p))) != NULL) {
		++*p;
		if (!cn_mark_at(*p, end, "//"))
			continue;
		*host = *p += 2;
		n = cn_mark_host(*p, end);
		*p += n;
		if (n > 0)
			return n;
	}
	*p = end;
	return 0;
}

size_t cn_mark_link(struct cn_mark_links *w, const char **host)
{
	const struct cn_mail_part *q;
	size_t n;

	for (;;) {
		if (w->left > 0 && (n = link_in(&w->p, w->end, host)) > 0) {
			w->left--;
			return n;
		}
		if (w->part == w->mail->n_parts || w->part == CN_MARK_PARTS)
			return 0;
		q = &w->mail->parts[w->part++];
		w->left = q->attachment || !cn_mime_is_text(q->type) ? 0 :
		    w->most;
		w->p = q->body.p;
		w->end = w->p + (q->body.n < CN_MARK_PART ? q->body.n :
		    CN_MARK_PART);
	}
}

/* 'Aa, 0 Aa 0 0:0:0 +0': how each program writes a date. */
static const char *shape_of(char *out, size_t max, const char *s, size_t n)
{
	size_t i, k = 0;

	for (i = 0; i < n && k + 1 < max; i++) {
		char c = s[i] >= 'a' && s[i] <= 'z' ? 'a' : s[i] >= 'A' &&
		    s[i] <= 'Z' ? 'A' : s[i] >= '0' && s[i] <= '9' ? '0' :
		    s[i] < 0x7f && s[i] >= ' ' ? s[i] : '?';

		if (k == 0 || out[k - 1] != c)
			out[k++] = c;
	}
	out[k] = '\0';
	return out;
}

/* How a machine wrote the date: what is made up looks otherwise. */
static void stamped(struct cn_marks *m, struct cn_str v, const char *what)
{
	const char *p = v.p + v.n, *end = p;
	char s[STAMP];

	while (p > v.p && p[-1] != ';')
		p--;
	if (p == v.p) {
		cn_mark(m, "~%s:none", what);
		return;
	}
	while (p < end && *p <= ' ')
		p++;
	cn_mark(m, "~%s:%s", what, shape_of(s, sizeof(s), p,
	    (size_t)(end - p)));
}

/* 'from host (helo [ip]) by host': whose machines it passed, and how little
 * one knew of the other. */
static void received(struct cn_marks *m, struct cn_str v)
{
	const char *p, *end = v.p + v.n;
	char s[CN_MARK_DOMAIN];
	size_t n;

	for (p = v.p; p < end; p++) {
		if (p > v.p && p[-1] != ' ' && p[-1] != '\t' && p[-1] != '(' &&
		    p[-1] != '\n')
			continue;
		if (cn_mark_at(p, end, "from ") || cn_mark_at(p, end, "by ")) {
			p += cn_mark_lower(*p) == 'f' ? 5 : 3;
			n = cn_mark_host(p, end);
			if (n > 0 && cn_mark_domain(s, p, n) != NULL)
				cn_mark(m, "via:%s", s);
			else
				cn_mark(m, "via-unnamed");
		} else if (cn_mark_at(p, end, "unknown")) {
			cn_mark(m, "received:unknown");
		} else if (cn_mark_at(p, end, "helo")) {
			cn_mark(m, "received:helo");
		}
		if (p >= end)
			break;
	}
}

static bool one_of(const char *s, const char *const *list)
{
	while (*list != NULL && strcmp(s, *list) != 0)
		list++;
	return *list != NULL;
}

/* The words that programs wrote into a Received field and the domains in it,
 * without numbers and what may be the name of a person or of his machine. */
static void passage(struct cn_marks *m, struct cn_str v)
{
	static const char *const names[] = { "from", "by", "for", "helo",
	    "ehlo", "id", "uid", NULL };
	static const char *const people[] = { "user", "account", "sender",
	    "authenticated", "ident", "login", "envelope-from", "auth", NULL };
	const char *p, *end = memchr(v.p, ';', v.n), *at;
	bool name = false, person = false;
	char s[CN_MARK_DOMAIN];
	size_t n, i;

	/* Behind it stands when. */
	end = end != NULL ? end : v.p + v.n;
	for (p = v.p; p < end; p += n ? n : 1) {
		for (n = 0; p + n < end && p[n] > ' ' &&
		    strchr("()<>[]{};,=:", p[n]) == NULL; n++)
			;
		if (n == 0) {
			person &= *p != ')' && *p != ';';
			name |= *p == '<' || *p == '=';
			continue;
		}
		at = memchr(p, '@', n);
		if (at != NULL || (!person && memchr(p, '.', n) != NULL)) {
			at = at ? at + 1 : p;
			if (cn_mark_domain(s, at, (size_t)(p + n - at)))
				cn_mark(m, "passed:%s", s);
			name = false;
			continue;
		}
		for (i = 0; i < n && cn_mark_lower(p[i]) >= 'a' &&
		    cn_mark_lower(p[i]) <= 'z'; i++)
			;
		cn_mark_plain(s, sizeof(s), (struct cn_str){ p, n }, "");
		person |= one_of(s, people);
		if (!name && !person && i == n && n > 1 && n < 20)
			cn_mark(m, "passed:%s", s);
		name = one_of(s, names);
	}
}

/* What filters and local delivery add says nothing of the sender. */
static bool ours(struct cn_str name)
{
	static const char *const not[] = { "x-spam", "x-cn-", "status",
	    "x-status", "x-uid", "x-keywords", "content-length", "lines",
	    "delivered-to", "received", "replied", "forwarded",
	    "delivery-date", "return-path", "envelope-to", "x-original-to",
	    "x-delivered-to", "x-uidl", "x-sieve" };
	size_t i, n;

	for (i = 0; i < sizeof(not) / sizeof(not[0]); i++) {
		n = strlen(not[i]);
		if (name.n >= n && strncasecmp(name.p, not[i], n) == 0 &&
		    (not[i][n - 1] == '-' || name.n == n || i == 0))
			return true;
	}
	return false;
}

/* What programs write into fields of their own, without its numbers. */
static void value(struct cn_marks *m, const char *name, struct cn_str v)
{
	static const char *const of[] = { "mime-version", "content-type",
	    "importance", "priority", "sensitivity", "organization" };
	char s[40];
	bool take = strncmp(name, "x-", 2) == 0;
	size_t i;

	for (i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		take |= strcmp(name, of[i]) == 0;
	if (take && memchr(v.p, '@', v.n) == NULL)
		cn_mark(m, "v:%s=%s", name, cn_mark_plain(s, sizeof(s), v, ""));
}

static void fields(struct cn_marks *m, const struct cn_mail *mail)
{
	char name[60], before[60] = "";
	struct cn_str first = { 0 };
	size_t i, seen = 0, hops = 0;

	for (i = 0; i < mail->n_fields; i++) {
		const struct cn_field *f = &mail->fields[i];

		if (cn_str_ieq(f->name, "received")) {
			hops++;
			received(m, f->value);
			passage(m, f->value);
			stamped(m, f->value, "stamp");
			first = f->value;
		}
		if (ours(f->name))
			continue;
		cn_mark_plain(name, sizeof(name), f->name, "");
		if (seen < FIELDS) {
			cn_mark(m, "h:%s", name);
			value(m, name, f->value);
		}
		if (seen++ < ORDER && before[0] != '\0')
			cn_mark(m, "o:%s>%s", before, name);
		memcpy(before, name, sizeof(before));
	}
	cn_mark(m, "received:%zu", hops > 9 ? 9 : hops);
	if (hops > 0)
		stamped(m, first, "stamp-first");
	if (cn_mail_field(mail, "precedence").p != NULL)
		cn_mark(m, "precedence:%s", cn_mark_plain(name, sizeof(name),
		    cn_mail_field(mail, "precedence"), ""));
}

/* 'abc123.DEF@x' as 'a0.A@': letters, digits and what is between. */
static void message_id(struct cn_marks *m, const struct cn_mail *mail)
{
	const char *s = mail->message_id, *at = strchr(s, '@');
	char shape[SHAPE + 1], host[CN_MARK_DOMAIN];

	if (*s == '\0') {
		cn_mark(m, "id:none");
		return;
	}
	cn_mark(m, "id:%s", shape_of(shape, sizeof(shape), s, at ? (size_t)(at - s) :
	    strlen(s)));
	if (at != NULL && cn_mark_domain(host, at + 1, strlen(at + 1)))
		cn_mark(m, "id-at:%s", host);
	if (at == NULL || strchr(at, '.') == NULL)
		cn_mark(m, "id-host:%s", at ? "short" : "none");
	else if (mail->from.n > 0) {
		const char *d = strchr(mail->from.v[0].addr, '@');

		if (d != NULL)
			cn_mark(m, "id-host:%s", strcasecmp(d, at) == 0 ?
			    "from" : "other");
	}
}

/* What a program writes otherwise than others do: who takes its name seldom
 * does all of it. */
static void habits(struct cn_marks *m, const struct cn_mail *mail)
{
	const char *id = mail->message_id, *p, *end;
	struct cn_str v = cn_mail_field(mail, "x-mailer");
	char by[30] = "", s[STAMP];

	if (v.p == NULL)
		v = cn_mail_field(mail, "user-agent");
	if (v.p != NULL)
		cn_mark_plain(by, sizeof(by), v, "([/;,0123456789");
	cn_mark(m, "~by-id:%s,%s", by, shape_of(s, SHAPE, id,
	    strcspn(id, "@")));
	cn_mark(m, "~by-type:%s,%s", by, mail->type);
	cn_mark(m, "~by-fields:%s,%d%d%d", by, cn_mail_field(mail,
	    "x-mimeole").p != NULL, cn_mail_field(mail,
	    "x-msmail-priority").p != NULL, cn_mail_field(mail,
	    "x-priority").p != NULL);
	v = cn_mail_field(mail, "date");
	cn_mark(m, "~by-date:%s,%s", by, shape_of(s, sizeof(s), v.p ? v.p : "",
	    v.n));
	v = cn_mail_field(mail, "content-type");
	if (v.p == NULL)
		return;
	for (p = v.p, end = p + v.n; p < end; p++) {
		if (!cn_mark_at(p, end, "boundary="))
			continue;
		p += 9;
		shape_of(s, 40, p, end - p < BOUNDARY ? (size_t)(end - p) :
		    BOUNDARY);
		cn_mark(m, "~boundary:%s", s);
		cn_mark(m, "~by-boundary:%s,%s", by, s);
		break;
	}
}

static void made(struct cn_marks *m, const struct cn_mail *mail)
{
	static const char *const by[] = { "x-mailer", "user-agent" };
	struct cn_str v;
	char s[40];
	size_t i;

	for (i = 0; i < 2; i++)
		if ((v = cn_mail_field(mail, by[i])).p != NULL)
			cn_mark(m, "by:%s", cn_mark_plain(s, sizeof(s), v, "([/;,0123456789"));
	v = cn_mail_field(mail, "date");
	if (!mail->has_date)
		cn_mark(m, "date:none");
	cn_mark(m, "date:%s", shape_of(s, sizeof(s), v.p ? v.p : "", v.n));
	for (i = v.n; i > 0 && v.p[i - 1] != '+' && v.p[i - 1] != '-'; i--)
		;
	if (i > 1 && v.n - i >= 4)
		cn_mark(m, "zone:%.5s", v.p + i - 1);
	else if (v.p != NULL)
		cn_mark(m, "zone:none");
	if (mail->n_references > 0 || *mail->in_reply_to)
		cn_mark(m, "answers");
}

const struct cn_str *cn_mail_marks(const struct cn_mail *mail, size_t *n,
    struct cn_arena *mem)
{
	struct cn_marks m = { .mem = mem };
	struct cn_str *out;
	unsigned bit = 0;
	const char *name;

	cn_marks_content(&m, mail);
	/* The other view follows. */
	if (m.n < CN_MAIL_MARKS)
		m.v[m.n++] = cn_str("");
	cn_marks_sender(&m, mail);
	message_id(&m, mail);
	made(&m, mail);
	habits(&m, mail);
	while ((name = cn_mail_defect(mail->defects, &bit)) != NULL)
		cn_mark(&m, "defect:%s", name);
	fields(&m, mail);
	*n = m.n;
	out = cn_arena_alloc(mem, m.n * sizeof(*out));
	memcpy(out, m.v, m.n * sizeof(*out));
	return out;
}
