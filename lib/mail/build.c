/* build.c - a mail written: header folded and encoded, text flowed */
#include <strings.h>

#include "base/enc.h"
#include "base/utf8.h"
#include "mime.h"

#define LINE 76
#define WORD_BYTES 42		/* of UTF-8 in one encoded word of 75 */

static bool id_ok(const char *s)
{
	return s && *s && !cn_str_control(cn_str(s)) && !strpbrk(s, "<> ") &&
	    strlen(s) < 900;
}

static bool addr_ok(const char *s)
{
	const char *at = s ? strrchr(s, '@') : NULL;

	return at && at > s && at[1] && !cn_str_control(cn_str(s)) &&
	    strlen(s) < 900 &&
	    !strpbrk(s, "<>(),;: \"");
}

struct line {
	struct cn_buf *out;
	size_t start;			/* of the line in out */
};

/* A word, on a new line where this one is full. */
static void put_word(struct line *l, const char *s, size_t n)
{
	struct cn_buf *b = l->out;

	if (b->len - l->start + 1 + n > LINE && b->len > l->start &&
	    b->p[b->len - 1] != ':') {
		cn_buf_ch(b, '\n');
		l->start = b->len;
	}
	cn_buf_ch(b, ' ');
	cn_buf_add(b, s, n);
}

static void put_encoded(struct line *l, const char *s)
{
	struct cn_buf w = { 0 };

	for (size_t n = strlen(s), k; n > 0; s += k, n -= k) {
		k = cn_utf8_cut(s, n, WORD_BYTES);
		if (k == 0)
			k = n < WORD_BYTES ? n : WORD_BYTES;
		w.len = 0;
		cn_buf_str(&w, "=?utf-8?B?");
		cn_base64(&w, s, k);
		cn_buf_str(&w, "?=");
		put_word(l, w.p, w.len);
	}
	cn_buf_wipe(&w);
}

/* Words longer than a line, and what looks encoded, are encoded too. */
static bool needs_encoding(const char *s)
{
	size_t run = 0;

	if (strstr(s, "=?") || !cn_mime_ascii(s, strlen(s)) || *s == ' ')
		return true;
	for (; *s; s++) {
		run = *s == ' ' ? 0 : run + 1;
		if (run > LINE - 12 || (*s == ' ' && (s[1] == ' ' || !s[1])))
			return true;
	}
	return false;
}

static void put_text(struct line *l, const char *s)
{
	if (needs_encoding(s)) {
		put_encoded(l, s);
		return;
	}
	while (*s) {
		size_t n = strcspn(s, " ");

		put_word(l, s, n);
		s += n + (s[n] == ' ');
	}
}

static void put_name(struct line *l, const char *s)
{
	struct cn_buf q = { 0 };

	if (needs_encoding(s)) {
		put_encoded(l, s);
		return;
	}
	cn_buf_ch(&q, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			cn_buf_ch(&q, '\\');
		cn_buf_ch(&q, *s);
	}
	cn_buf_ch(&q, '"');
	put_word(l, q.p, q.len);
	cn_buf_wipe(&q);
}

static struct line open_field(struct cn_buf *out, const char *name)
{
	struct line l = { out, out->len };

	cn_buf_str(out, name);
	cn_buf_ch(out, ':');
	return l;
}

static int put_addrs(struct cn_buf *out, const char *name,
    const struct cn_addr *v, size_t n, struct cn_err *err)
{
	struct line l = open_field(out, name);
	struct cn_buf a = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (!addr_ok(v[i].addr) ||
		    cn_str_control(cn_str(v[i].name)))
			return cn_fail(err, CN_USAGE, "bad address in %s",
			    name);
		bool named = v[i].name && *v[i].name;

		if (named)
			put_name(&l, v[i].name);
		a.len = 0;
		cn_buf_fmt(&a, "%s%s%s%s", named ? "<" : "", v[i].addr,
		    named ? ">" : "", i + 1 < n ? "," : "");
		put_word(&l, a.p, a.len);
		cn_buf_release(&a);
		a = (struct cn_buf){ 0 };
	}
	cn_buf_ch(out, '\n');
	return 0;
}

static void put_id(struct line *l, const char *id)
{
	struct cn_buf w = { 0 };

	cn_buf_fmt(&w, "<%s>", id);
	put_word(l, w.p, w.len);
	cn_buf_release(&w);
}

/* Breaks a long line at spaces, which stay at its end (RFC 3676). */
static void flow_line(struct cn_buf *out, const char *p, size_t n)
{
	bool quoted = n > 0 && *p == '>', sig = n == 3 &&
	    memcmp(p, "-- ", 3) == 0;

	while (!quoted && !sig && n > 0 && p[n - 1] == ' ')
		n--;
	if (!quoted && n > 0 && (*p == ' ' || (n >= 5 &&
	    memcmp(p, "From ", 5) == 0)))
		cn_buf_ch(out, ' ');
	while (!quoted && n > LINE) {
		size_t k = LINE - 2;

		while (k > 0 && p[k - 1] != ' ')
			k--;
		if (k == 0)
			for (k = LINE - 2; k < n && p[k - 1] != ' '; k++)
				;
		if (k >= n)
			break;
		cn_buf_add(out, p, k);
		cn_buf_ch(out, '\n');
		p += k;
		n -= k;
		if (*p == ' ' || *p == '>' || (n >= 5 &&
		    memcmp(p, "From ", 5) == 0))
			cn_buf_ch(out, ' ');
	}
	cn_buf_add(out, p, n);
	cn_buf_ch(out, '\n');
}

static void quoted_printable(struct cn_buf *out, struct cn_str in)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t col = 0;

	for (size_t i = 0; i < in.n; i++) {
		unsigned char c = (unsigned char)in.p[i];
		bool last = i + 1 == in.n || in.p[i + 1] == '\n';
		bool raw = (c >= 33 && c < 127 && c != '=') ||
		    ((c == ' ' || c == '\t') && !last);

		if (c == '\n') {
			cn_buf_ch(out, '\n');
			col = 0;
			continue;
		}
		if (col + (raw ? 1 : 3) > LINE - 1) {
			cn_buf_str(out, "=\n");
			col = 0;
		}
		if (raw) {
			cn_buf_ch(out, c);
			col++;
		} else {
			cn_buf_ch(out, '=');
			cn_buf_ch(out, hex[c >> 4]);
			cn_buf_ch(out, hex[c & 15]);
			col += 3;
		}
	}
}

static void put_body(struct cn_buf *out, const char *text)
{
	struct cn_buf flow = { 0 };
	size_t n = strlen(text), longest = 0, run = 0;
	bool qp = !cn_mime_ascii(text, n);

	for (const char *p = text, *nl; *p; p = *nl ? nl + 1 : nl) {
		nl = p + strcspn(p, "\n");
		flow_line(&flow, p, (size_t)(nl - p));
	}
	for (size_t i = 0; i < flow.len; i++) {
		run = flow.p[i] == '\n' ? 0 : run + 1;
		longest = run > longest ? run : longest;
		qp |= (unsigned char)flow.p[i] < 32 && !strchr("\n\t", flow.p[i]);
	}
	qp |= longest > 990;
	cn_buf_fmt(out, "MIME-Version: 1.0\n"
	    "Content-Type: text/plain; charset=utf-8; format=flowed\n"
	    "Content-Transfer-Encoding: %s\n\n",
	    qp ? "quoted-printable" : "7bit");
	if (qp)
		quoted_printable(out, cn_buf_view(&flow));
	else if (flow.len > 0)
		cn_buf_add(out, flow.p, flow.len);
	cn_buf_wipe(&flow);
}

/* Whole field lines, nothing that could end the header or begin a body. */
static bool extra_ok(struct cn_str s)
{
	struct cn_head h = { .p = s.p };
	struct cn_field f;

	if (s.n == 0)
		return true;
	h.end = s.p + s.n;
	if (memchr(s.p, 0, s.n) || memchr(s.p, '\r', s.n) ||
	    s.p[s.n - 1] != '\n')
		return false;
	while (cn_head_next(&h, &f))
		;
	return h.p == h.end && h.defects == 0 && s.p[0] != '\n' &&
	    !memmem(s.p, s.n, "\n\n", 2);
}

static int check(const struct cn_draft *d, struct cn_err *err)
{
	if (d->n_to + d->n_cc == 0)
		return cn_fail(err, CN_USAGE, "mail without a recipient");
	if (cn_str_control(cn_str(d->subject)))
		return cn_fail(err, CN_USAGE, "control character in Subject");
	if (!id_ok(d->message_id) || (d->in_reply_to && *d->in_reply_to &&
	    !id_ok(d->in_reply_to)))
		return cn_fail(err, CN_USAGE, "bad message id");
	for (size_t i = 0; i < d->n_references; i++)
		if (!id_ok(d->references[i]))
			return cn_fail(err, CN_USAGE, "bad message id");
	if (!extra_ok(d->extra))
		return cn_fail(err, CN_USAGE, "bad extra field");
	return 0;
}

static int put_all(struct cn_buf *out, const struct cn_draft *d,
    struct cn_err *err)
{
	struct line l;

	if (put_addrs(out, "From", &d->from, 1, err) < 0 ||
	    (d->n_to && put_addrs(out, "To", d->to, d->n_to, err) < 0) ||
	    (d->n_cc && put_addrs(out, "Cc", d->cc, d->n_cc, err) < 0))
		return -1;
	l = open_field(out, "Subject");
	put_text(&l, d->subject ? d->subject : "");
	cn_buf_ch(out, '\n');
	cn_buf_str(out, "Date: ");
	cn_mime_date(out, d->date, false);
	cn_buf_ch(out, '\n');
	l = open_field(out, "Message-ID");
	put_id(&l, d->message_id);
	cn_buf_ch(out, '\n');
	if (d->in_reply_to && *d->in_reply_to) {
		l = open_field(out, "In-Reply-To");
		put_id(&l, d->in_reply_to);
		cn_buf_ch(out, '\n');
	}
	if (d->n_references > 0) {
		l = open_field(out, "References");
		for (size_t i = 0; i < d->n_references; i++)
			put_id(&l, d->references[i]);
		cn_buf_ch(out, '\n');
	}
	if (d->extra.n > 0)
		cn_buf_add(out, d->extra.p, d->extra.n);
	put_body(out, d->text ? d->text : "");
	return 0;
}

int cn_mail_build(struct cn_buf *out, const struct cn_draft *d,
    struct cn_err *err)
{
	size_t was = out->len;

	if (check(d, err) < 0)
		return -1;
	if (put_all(out, d, err) < 0) {
		out->len = was;
		return -1;
	}
	return 0;
}

/* 'Re', 'AW', …, with a number that some programs count in, and a colon: how
 * long that is, or 0. */
static size_t reply_mark(const char *s)
{
	static const char *const marks[] = { "re", "aw", "sv", "rv", "vs",
	    "antw", "odp", "ynt", "r", "rif", "res", "vá", "VÁ", "απ", "Απ",
	    "ΑΠ", "σχετ", "Σχετ", "ΣΧΕΤ", "回复", "答复", "返信", NULL };
	size_t i, n, k;

	for (i = 0; marks[i] != NULL; i++) {
		n = strlen(marks[i]);
		if (strncasecmp(s, marks[i], n) != 0)
			continue;
		k = strcspn(s + n, "])");
		if (strchr("[(", s[n]) != NULL && s[n] && s[n + k] && k > 1 &&
		    strspn(s + n + 1, "0123456789") == k - 1)
			n += k + 1;
		n += strspn(s + n, " ");
		if (s[n] == ':')
			return n + 1;
		if (strncmp(s + n, "\uff1a", 3) == 0)
			return n + 3;
	}
	return 0;
}

/* Without what answers begin with, however often. */
static const char *bare_subject(const char *s)
{
	size_t n;

	while ((n = reply_mark(s)) > 0)
		s += n + strspn(s + n, " ");
	return s;
}

/* RFC 5322, section 3.6.2: to all of them.  One that cannot be written to does
 * not stop the others. */
static void reply_to(struct cn_draft *d, struct cn_mail *m)
{
	struct cn_addrs all = m->reply_to.n ? m->reply_to : m->from;
	struct cn_addr *to = cn_arena_alloc(&m->mem, CN_REPLY_MAX *
	    sizeof(*to));
	size_t n = 0, i, k;

	for (i = 0; i < all.n && i < CN_REPLY_MAX; i++) {
		if (!addr_ok(all.v[i].addr))
			continue;
		for (k = 0; k < n && strcasecmp(to[k].addr, all.v[i].addr); k++)
			;
		if (k == n)
			to[n++] = all.v[i];
	}
	d->to = n > 0 ? to : all.v;
	d->n_to = n > 0 ? n : all.n > 0;
}

void cn_mail_reply(struct cn_draft *d, struct cn_mail *m)
{
	const char **refs, *subject = bare_subject(m->subject);
	size_t n = 0;

	reply_to(d, m);
	d->subject = cn_arena_fmt(&m->mem, "Re:%s%s", *subject ? " " : "",
	    subject);
	d->in_reply_to = id_ok(m->message_id) ? m->message_id : NULL;
	refs = cn_arena_alloc(&m->mem, (m->n_references + 2) *
	    sizeof(*refs));
	/* The first and the last twenty: RFC 5537 trims so, too. */
	for (size_t i = 0; i < m->n_references; i++)
		if ((i == 0 || m->n_references - i <= 20) &&
		    id_ok(m->references[i]))
			refs[n++] = m->references[i];
	if (n == 0 && id_ok(m->in_reply_to))
		refs[n++] = m->in_reply_to;
	if (d->in_reply_to)
		refs[n++] = d->in_reply_to;
	d->references = refs;
	d->n_references = n;
}
