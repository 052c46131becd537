/* marks.c - what a mail shows besides its words
 *
 * How it was made and how it came: which fields it has and in which order,
 * the shape of its Message-ID, the programs and zones it names, what its HTML
 * does, and the words of its subject, which mean other things there than in
 * the text.  No other value that a person has written, but for domains. */
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "mime.h"

#define FIELDS 40			/* told apart by name */
#define ORDER 8				/* pairs of neighbours */
#define SHAPE 24
#define LINKS 30
#define TAGS 24				/* kinds of tags in HTML */
#define HTML_MAX (256 << 10)		/* bytes of it looked at */

struct marks {
	struct cn_str v[CN_MAIL_MARKS];
	size_t n;
	struct cn_arena *mem;
};

static void CN_PRINTF(2, 3) put(struct marks *m, const char *fmt, ...)
{
	char s[100];
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(s, sizeof(s), fmt, ap);
	va_end(ap);
	if (n <= 0 || m->n == CN_MAIL_MARKS)
		return;
	if ((size_t)n >= sizeof(s))
		n = sizeof(s) - 1;
	m->v[m->n++] = (struct cn_str){ cn_arena_dup(m->mem, s, (size_t)n),
	    (size_t)n };
}

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* Lower case, without digits, up to the first character of stop. */
static const char *plain(char *out, size_t max, struct cn_str s,
    const char *stop)
{
	size_t i, n = 0;

	for (i = 0; i < s.n && n + 1 < max && !strchr(stop, s.p[i]); i++)
		if (s.p[i] > ' ' && (s.p[i] < '0' || s.p[i] > '9') &&
		    s.p[i] < 0x7f)
			out[n++] = lower(s.p[i]);
	out[n] = '\0';
	return out;
}

/* The last two labels of a host's name, three below 'co' and its like; NULL
 * where it is no name. */
static const char *domain(char *out, size_t max, const char *p, size_t n)
{
	size_t i, from = n, dots = 0;
	bool name = false;

	while (n > 0 && (p[n - 1] == '.' || p[n - 1] == ','))
		n--;
	for (i = 0; i < n; i++) {
		char c = lower(p[i]);

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
	if (!name || dots == 0 || n - from + 1 > max)
		return NULL;
	for (i = 0; from + i < n; i++)
		out[i] = lower(p[from + i]);
	out[i] = '\0';
	return out;
}

static size_t host_length(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && (*q == '.' || *q == '-' || (*q >= '0' && *q <= '9') ||
	    (lower(*q) >= 'a' && lower(*q) <= 'z')))
		q++;
	return (size_t)(q - p);
}

static bool hits(const char *p, const char *end, const char *word)
{
	size_t n = strlen(word);

	return (size_t)(end - p) >= n && strncasecmp(p, word, n) == 0;
}

/* 'from host (helo [ip]) by host': whose machines it passed, and how little
 * one knew of the other. */
static void received(struct marks *m, struct cn_str v)
{
	const char *p, *end = v.p + v.n;
	char s[60];
	size_t n;

	for (p = v.p; p < end; p++) {
		if (p > v.p && p[-1] != ' ' && p[-1] != '\t' && p[-1] != '(' &&
		    p[-1] != '\n')
			continue;
		if (hits(p, end, "from ") || hits(p, end, "by ")) {
			p += lower(*p) == 'f' ? 5 : 3;
			n = host_length(p, end);
			if (n > 0 && domain(s, sizeof(s), p, n) != NULL)
				put(m, "via:%s", s);
			else
				put(m, "via-unnamed");
		} else if (hits(p, end, "unknown")) {
			put(m, "received:unknown");
		} else if (hits(p, end, "helo")) {
			put(m, "received:helo");
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
static void passage(struct marks *m, struct cn_str v)
{
	static const char *const names[] = { "from", "by", "for", "helo",
	    "ehlo", "id", "uid", NULL };
	static const char *const people[] = { "user", "account", "sender",
	    "authenticated", "ident", "login", "envelope-from", "auth", NULL };
	const char *p, *end = v.p + v.n, *at;
	bool name = false, person = false;
	char s[60];
	size_t n, i;

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
			if (domain(s, sizeof(s), at, (size_t)(p + n - at)))
				put(m, "passed:%s", s);
			name = false;
			continue;
		}
		for (i = 0; i < n && lower(p[i]) >= 'a' &&
		    lower(p[i]) <= 'z'; i++)
			;
		plain(s, sizeof(s), (struct cn_str){ p, n }, "");
		person |= one_of(s, people);
		if (!name && !person && i == n && n > 1 && n < 20)
			put(m, "passed:%s", s);
		name = one_of(s, names);
	}
}

static void links(struct marks *m, struct cn_str s)
{
	const char *p = s.p, *end = p + (s.n < HTML_MAX ? s.n : HTML_MAX);
	char d[60];
	size_t k = 0, n;

	while (k < LINKS && p < end &&
	    (p = memchr(p, ':', (size_t)(end - p))) != NULL) {
		p++;
		if (!hits(p, end, "//"))
			continue;
		p += 2;
		n = host_length(p, end);
		if (n == 0)
			continue;
		if (domain(d, sizeof(d), p, n) != NULL)
			put(m, "link:%s", d);
		else
			put(m, "link:number");
		k++;
	}
}

/* What filters and local delivery add says nothing of the sender. */
static bool ours(struct cn_str name)
{
	static const char *const not[] = { "x-spam", "x-cn-", "status",
	    "x-status", "x-uid", "x-keywords", "content-length", "lines",
	    "delivered-to", "received", "replied", "forwarded" };
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
static void value(struct marks *m, const char *name, struct cn_str v)
{
	static const char *const of[] = { "mime-version", "content-type",
	    "importance", "priority", "sensitivity", "organization" };
	char s[40];
	bool take = strncmp(name, "x-", 2) == 0;
	size_t i;

	for (i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		take |= strcmp(name, of[i]) == 0;
	if (take && memchr(v.p, '@', v.n) == NULL)
		put(m, "v:%s=%s", name, plain(s, sizeof(s), v, ""));
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

static void fields(struct marks *m, const struct cn_mail *mail)
{
	char name[60], before[60] = "";
	size_t i, seen = 0, hops = 0;

	for (i = 0; i < mail->n_fields; i++) {
		const struct cn_field *f = &mail->fields[i];

		if (cn_str_ieq(f->name, "received")) {
			hops++;
			received(m, f->value);
			passage(m, f->value);
		}
		if (ours(f->name))
			continue;
		plain(name, sizeof(name), f->name, "");
		if (seen < FIELDS) {
			put(m, "h:%s", name);
			value(m, name, f->value);
		}
		if (seen++ < ORDER && before[0] != '\0')
			put(m, "o:%s>%s", before, name);
		memcpy(before, name, sizeof(before));
	}
	put(m, "received:%zu", hops > 9 ? 9 : hops);
	if (cn_mail_field(mail, "precedence").p != NULL)
		put(m, "precedence:%s", plain(name, sizeof(name),
		    cn_mail_field(mail, "precedence"), ""));
}

/* 'abc123.DEF@x' as 'a0.A@': letters, digits and what is between. */
static void message_id(struct marks *m, const struct cn_mail *mail)
{
	const char *s = mail->message_id, *at = strchr(s, '@');
	char shape[SHAPE + 1], host[60];

	if (*s == '\0') {
		put(m, "id:none");
		return;
	}
	put(m, "id:%s", shape_of(shape, sizeof(shape), s, at ? (size_t)(at - s) :
	    strlen(s)));
	if (at != NULL && domain(host, sizeof(host), at + 1, strlen(at + 1)))
		put(m, "id-at:%s", host);
	if (at == NULL || strchr(at, '.') == NULL)
		put(m, "id-host:%s", at ? "short" : "none");
	else if (mail->from.n > 0) {
		const char *d = strchr(mail->from.v[0].addr, '@');

		if (d != NULL)
			put(m, "id-host:%s", strcasecmp(d, at) == 0 ?
			    "from" : "other");
	}
}

static void people(struct marks *m, const struct cn_mail *mail)
{
	const char *from = mail->from.n ? mail->from.v[0].addr : "";
	const char *at = strchr(from, '@'), *dot = strrchr(from, '.');
	size_t to = mail->to.n + mail->cc.n, digits = strcspn(from, "0123456789");

	if (at != NULL)
		put(m, "from:%s", at + 1);
	if (at != NULL && dot != NULL && dot > at)
		put(m, "from-top:%s", dot + 1);
	if (mail->from.n > 0 && mail->from.v[0].name[0] == '\0')
		put(m, "from-unnamed");
	if (at != NULL && digits < (size_t)(at - from))
		put(m, "from-digits");
	if (mail->reply_to.n > 0 && strcasecmp(mail->reply_to.v[0].addr,
	    from) != 0)
		put(m, "reply-elsewhere");
	if (mail->to.n > 0 && strcasecmp(mail->to.v[0].addr, from) == 0)
		put(m, "to-itself");
	if (mail->null_return)
		put(m, "return:none");
	else if (*mail->return_path && strcasecmp(mail->return_path, from))
		put(m, "return:elsewhere");
	at = strchr(mail->return_path, '@');
	if (at != NULL)
		put(m, "return:%s", at + 1);
	at = mail->to.n ? strchr(mail->to.v[0].addr, '@') : NULL;
	if (at != NULL)
		put(m, "to-at:%s", at + 1);
	put(m, "to:%s", to == 0 ? "nobody" : to == 1 ? "one" : to < 5 ? "few" :
	    "many");
}

/* Each run of letters, as it stands; digits become one '#'. */
static void subject_words(struct marks *m, const char *s)
{
	char word[40];
	size_t n = 0, i;

	for (i = 0;; i++) {
		char c = lower(s[i]);
		bool digit = c >= '0' && c <= '9';

		if ((c >= 'a' && c <= 'z') || (c & 0x80) || digit) {
			if (digit)
				c = '#';
			if (n + 1 < sizeof(word) && !(digit && n > 0 &&
			    word[n - 1] == '#'))
				word[n++] = c;
			continue;
		}
		if (n > 1)
			put(m, "s:%.*s", (int)n, word);
		n = 0;
		if (s[i] == '\0')
			return;
	}
}

static void subject(struct marks *m, const char *s)
{
	size_t up = 0, low = 0, n = strlen(s);
	const char *p;

	for (p = s; *p; p++) {
		up += *p >= 'A' && *p <= 'Z';
		low += *p >= 'a' && *p <= 'z';
	}
	subject_words(m, s);
	if (n == 0)
		put(m, "subject:none");
	if (up > 4 && up > 2 * low)
		put(m, "subject:capitals");
	if (strchr(s, '!') != NULL)
		put(m, "subject:!");
	if (strchr(s, '$') != NULL)
		put(m, "subject:$");
	if (strstr(s, "   ") != NULL)
		put(m, "subject:gap");
	if (strncasecmp(s, "re:", 3) == 0)
		put(m, "subject:re");
	if (n > 0 && s[0] == '[')
		put(m, "subject:[");
}

static void made(struct marks *m, const struct cn_mail *mail)
{
	static const char *const by[] = { "x-mailer", "user-agent" };
	struct cn_str v;
	char s[40];
	size_t i;

	for (i = 0; i < 2; i++)
		if ((v = cn_mail_field(mail, by[i])).p != NULL)
			put(m, "by:%s", plain(s, sizeof(s), v, "([/;,0123456789"));
	v = cn_mail_field(mail, "date");
	if (!mail->has_date)
		put(m, "date:none");
	put(m, "date:%s", shape_of(s, sizeof(s), v.p ? v.p : "", v.n));
	for (i = v.n; i > 0 && v.p[i - 1] != '+' && v.p[i - 1] != '-'; i--)
		;
	if (i > 1 && v.n - i >= 4)
		put(m, "zone:%.5s", v.p + i - 1);
	else if (v.p != NULL)
		put(m, "zone:none");
	if (mail->n_references > 0 || *mail->in_reply_to)
		put(m, "answers");
}

static size_t band(size_t n)
{
	return n > 50 ? 50 : n > 20 ? 20 : n > 10 ? 10 : n > 5 ? 5 : n;
}

/* The tags of an HTML part, each kind once, and what they are given. */
static void html(struct marks *m, struct cn_str s)
{
	const char *p = s.p, *end = p + (s.n < HTML_MAX ? s.n : HTML_MAX);
	char seen[TAGS][12], tag[12];
	size_t n = 0, anchors = 0, images = 0, colours = 0, notes = 0, i, k;

	while (p < end && (p = memchr(p, '<', (size_t)(end - p))) != NULL) {
		p++;
		notes += hits(p, end, "!--");
		for (k = 0; p + k < end && k < sizeof(tag) - 1 &&
		    lower(p[k]) >= 'a' && lower(p[k]) <= 'z'; k++)
			tag[k] = lower(p[k]);
		tag[k] = '\0';
		if (k == 0)
			continue;
		anchors += strcmp(tag, "a") == 0;
		images += strcmp(tag, "img") == 0;
		for (i = 0; i < n && strcmp(seen[i], tag) != 0; i++)
			;
		if (i == n && n < TAGS) {
			memcpy(seen[n++], tag, sizeof(tag));
			put(m, "tag:%s", tag);
		}
	}
	for (p = s.p; p + 8 < end; p++) {
		colours += *p == '#' && p > s.p && (p[-1] == '"' ||
		    p[-1] == '=' || p[-1] == ':' || p[-1] == ' ');
	}
	put(m, "links:%zu", band(anchors));
	put(m, "images:%zu", band(images));
	put(m, "colours:%zu", band(colours));
	if (notes > 3)
		put(m, "notes:many");
}

static void parts(struct marks *m, const struct cn_mail *mail)
{
	char s[60];
	size_t i;
	bool text = false, markup = false;
	const char *dot;

	put(m, "type:%s", mail->type);
	put(m, "coding:%s", plain(s, sizeof(s), cn_mail_field(mail,
	    "content-transfer-encoding"), ""));
	for (i = 0; i < mail->n_parts && i < 8; i++) {
		const struct cn_mail_part *p = &mail->parts[i];

		if (p->attachment) {
			put(m, "file:%s", p->type);
			if ((dot = strrchr(p->name, '.')) != NULL)
				put(m, "file:%.8s", dot);
			continue;
		}
		text |= strcmp(p->type, "text/plain") == 0;
		if (cn_mime_is_text(p->type))
			links(m, p->body);
		put(m, "part:%s", p->type);
		put(m, "charset:%s", p->charset);
		if (strcmp(p->type, "text/html") == 0 && !markup) {
			markup = true;
			html(m, p->body);
		}
	}
	if (markup && !text)
		put(m, "html-alone");
}

const struct cn_str *cn_mail_marks(const struct cn_mail *mail, size_t *n,
    struct cn_arena *mem)
{
	struct marks m = { .mem = mem };
	struct cn_str *out;
	unsigned bit = 0;
	const char *name;

	people(&m, mail);
	message_id(&m, mail);
	subject(&m, mail->subject);
	made(&m, mail);
	parts(&m, mail);
	fields(&m, mail);
	while ((name = cn_mail_defect(mail->defects, &bit)) != NULL)
		put(&m, "defect:%s", name);
	*n = m.n;
	out = cn_arena_alloc(mem, m.n * sizeof(*out));
	memcpy(out, m.v, m.n * sizeof(*out));
	return out;
}
