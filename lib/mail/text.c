/* text.c - the text that a reader sees */
#include <stdlib.h>

#include "mime.h"

#define QUOTE_DEPTH 1000		/* deeper '>' are text */

/* From `at` on CRLF and lone CR become LF in place; NUL, rare, is replaced by
 * U+FFFD behind. */
static unsigned lines(struct cn_buf *b, size_t at)
{
	char *p = b->p + at, *end = b->p + b->len, *o, *cr;
	struct cn_str rest;
	char *copy;
	size_t n;

	if (b->len == at)
		return 0;
	for (o = p; (cr = memchr(p, '\r', (size_t)(end - p))); ) {
		n = (size_t)(cr - p);
		if (o != p)
			memmove(o, p, n);
		o += n;
		*o++ = '\n';
		p = cr + (cr + 1 < end && cr[1] == '\n' ? 2 : 1);
	}
	if (o != p)
		memmove(o, p, (size_t)(end - p));
	o += end - p;
	*o = 0;
	b->len = (size_t)(o - b->p);
	if (!memchr(b->p + at, 0, b->len - at))
		return 0;
	copy = cn_realloc(NULL, b->len - at);
	rest = (struct cn_str){ copy, b->len - at };
	memcpy(copy, b->p + at, rest.n);
	b->len = at;
	for (size_t i = 0; i < rest.n; i++)
		if (rest.p[i])
			cn_buf_ch(b, (unsigned char)rest.p[i]);
		else
			cn_buf_str(b, "\xef\xbf\xbd");
	cn_wipe(copy, rest.n);
	free(copy);
	return CN_DEF_NUL;
}

/* RFC 3676, section 4: lines that end in a space go on in the next one, if it
 * is quoted as deep. */
static void unflow(struct cn_buf *out, struct cn_str in, bool delsp)
{
	const char *p = in.p, *end = p + in.n, *nl, *s;
	size_t depth, open_depth = 0, n;
	bool open = false, flows, sig;

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (!nl)
			nl = end;
		for (s = p; s < nl && *s == '>' && s - p < QUOTE_DEPTH; s++)
			;
		depth = (size_t)(s - p);
		if (s < nl && *s == ' ')
			s++;
		n = (size_t)(nl - s);
		sig = n == 3 && memcmp(s, "-- ", 3) == 0;
		flows = n > 0 && s[n - 1] == ' ' && !sig;
		if (open && (depth != open_depth || sig)) {
			cn_buf_ch(out, '\n');
			open = false;
		}
		if (!open && depth > 0) {
			cn_buf_add(out, p, depth);
			cn_buf_ch(out, ' ');
		}
		cn_buf_add(out, s, flows && delsp ? n - 1 : n);
		if (!flows && nl < end)
			cn_buf_ch(out, '\n');
		open = flows;
		open_depth = depth;
		if (nl == end)
			break;
	}
}

/* <meta charset=...> of HTML that has no charset of its own. */
static const char *meta_charset(struct cn_str html, char *buf, size_t size)
{
	const char *p, *end = html.p + (html.n > 1024 ? 1024 : html.n);
	size_t n = 0;

	p = memmem(html.p, (size_t)(end - html.p), "charset=", 8);
	if (!p)
		return "";
	for (p += 8; p < end && (*p == '"' || *p == '\'' || *p == ' '); p++)
		;
	while (p < end && n + 1 < size && *p > ' ' && !strchr("\"'>;/", *p))
		buf[n++] = *p++;
	buf[n] = 0;
	return cn_charset_known(buf) ? buf : "";
}

unsigned cn_mail_part_text(const struct cn_mail_part *part,
    struct cn_buf *out)
{
	struct cn_buf flat = { 0 };
	struct cn_buf *to = part->flowed ? &flat : out;
	const char *charset = part->charset;
	struct cn_str body = part->body;
	size_t at = to->len;
	unsigned defects;
	char meta[40];

	if (!*charset && strcmp(part->type, "text/html") == 0 &&
	    !cn_mime_ascii(body.p, body.n))
		charset = meta_charset(body, meta, sizeof(meta));
	if (cn_str_bare(body).n < body.n) {
		body = cn_str_bare(body);
		charset = "utf-8";
	}
	defects = cn_charset_utf8(to, charset, body);
	defects |= lines(to, at);
	if (part->flowed) {
		unflow(out, cn_buf_view(&flat), part->delsp);
		cn_buf_wipe(&flat);
	}
	return defects;
}

void cn_mime_text(struct cn_mail *m)
{
	struct cn_buf *out = &m->text_buf;

	for (size_t i = 0; i < m->n_parts; i++) {
		struct cn_mail_part *part = &m->parts[i];

		if (!part->in_text)
			continue;
		m->defects |= part->cut ? CN_DEF_CUT : 0;
		if (part->body.n == 0)
			continue;
		/* One empty line between two parts. */
		while (out->len > 0 && out->p[out->len - 1] == '\n')
			out->len--;
		if (out->len > 0)
			cn_buf_str(out, "\n\n");
		if (strcmp(part->type, "text/html") == 0) {
			struct cn_buf html = { 0 };

			m->defects |= cn_mail_part_text(part, &html);
			cn_html_text(out, cn_buf_view(&html));
			m->text_from_html = true;
			cn_buf_wipe(&html);
		} else {
			m->defects |= cn_mail_part_text(part, out);
		}
	}
	if (out->p)
		out->p[out->len] = 0;
	m->text = out->p ? out->p : "";
	m->text_len = out->len;
}
