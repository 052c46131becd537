/* param.c - parameters of MIME fields: RFC 2045, section 5.1, and RFC 2231 */
#include <stdlib.h>
#include <strings.h>

#include "mime.h"

#define SECTIONS 1000			/* continuations of one parameter */

struct param {
	struct cn_str name, value;
	int section;			/* name*N, or -1 */
	bool extended;			/* name* or name*N* */
	bool quoted;			/* value still has its backslashes */
};

static const char *skip_comment(const char *p, const char *end)
{
	size_t depth = 0;

	for (; p < end; p++) {
		if (*p == '\\')
			p++;
		else if (*p == '(')
			depth++;
		else if (*p == ')' && --depth == 0)
			return p + 1;
	}
	return end;
}

/* name, name*, name*0, name*0* */
static void split_name(struct param *m)
{
	const char *star = memchr(m->name.p, '*', m->name.n);
	size_t n, i = 1;

	m->section = -1;
	if (!star)
		return;
	n = (size_t)(m->name.p + m->name.n - star);
	m->name.n -= n;
	if (i < n && cn_is_digit((unsigned char)star[i]))
		for (m->section = 0; i < n &&
		    cn_is_digit((unsigned char)star[i]); i++)
			if (m->section < SECTIONS)
				m->section = m->section * 10 + star[i] - '0';
	m->extended = n == 1 || (i < n && star[i] == '*');
}

static void take_value(struct param *m, const char **pp, const char *end)
{
	const char *p = *pp, *q, *c;

	while (p < end && cn_is_wsp((unsigned char)*p))
		p++;
	if (p < end && *p == '"') {
		for (q = ++p; q < end && *q != '"'; q++)
			if (*q == '\\')
				q++;
		if (q > end)
			q = end;
		m->quoted = true;
		m->value = (struct cn_str){ p, (size_t)(q - p) };
		q = memchr(q, ';', (size_t)(end - q));
		*pp = q ? q : end;
		return;
	}
	q = memchr(p, ';', (size_t)(end - p));
	*pp = q = q ? q : end;
	c = memmem(p, (size_t)(q - p), " (", 2);
	if (c && q[-1] == ')')
		q = c;
	m->value = cn_str_trim((struct cn_str){ p, (size_t)(q - p) });
}

static bool next(struct param *m, const char **pp, const char *end)
{
	const char *p = *pp, *q;

	memset(m, 0, sizeof(*m));
	for (;;) {
		while (p < end && (*p == ';' || cn_is_wsp((unsigned char)*p)))
			p++;
		if (p < end && *p == '(')
			p = skip_comment(p, end);
		else
			break;
	}
	if (p == end)
		return false;
	for (q = p; q < end && *q != '=' && *q != ';'; q++)
		;
	m->name = cn_str_trim((struct cn_str){ p, (size_t)(q - p) });
	m->value = cn_str("");
	split_name(m);
	if (q < end && *q == '=') {
		q++;
		take_value(m, &q, end);
	}
	*pp = q;
	return true;
}

static int nibble(int c)
{
	if (cn_is_digit(c))
		return c - '0';
	c = cn_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static void add_plain(struct cn_buf *out, const struct param *m)
{
	for (size_t i = 0; i < m->value.n; i++) {
		if (m->quoted && m->value.p[i] == '\\' && i + 1 < m->value.n)
			i++;
		cn_buf_ch(out, (unsigned char)m->value.p[i]);
	}
}

static void add_percent(struct cn_buf *out, struct cn_str v)
{
	for (size_t i = 0; i < v.n; i++) {
		int a = -1, b = -1;

		if (v.p[i] == '%' && v.n - i > 2) {
			a = nibble((unsigned char)v.p[i + 1]);
			b = nibble((unsigned char)v.p[i + 2]);
		}
		if (a >= 0 && b >= 0) {
			cn_buf_ch(out, a << 4 | b);
			i += 2;
		} else {
			cn_buf_ch(out, (unsigned char)v.p[i]);
		}
	}
}

/* charset'language'rest; without the quotes it is all rest. */
static struct cn_str cut_charset(struct cn_str v, char *charset, size_t size)
{
	const char *a = memchr(v.p, '\'', v.n), *b;
	size_t n;

	if (!a)
		return v;
	n = (size_t)(a - v.p);
	b = memchr(a + 1, '\'', v.n - n - 1);
	if (!b || n >= size)
		return v;
	memcpy(charset, v.p, n);
	charset[n] = 0;
	n = (size_t)(b + 1 - v.p);
	return (struct cn_str){ v.p + n, v.n - n };
}

static char *unfolded(struct cn_arena *a, struct cn_str v)
{
	char *s = cn_arena_alloc(a, v.n + 1), *o = s;

	for (size_t i = 0; i < v.n; i++)
		if (v.p[i] && v.p[i] != '\r' && v.p[i] != '\n')
			*o++ = v.p[i];
	return s;
}

static char *decode(struct cn_arena *a, const struct param *m, size_t n,
    bool exact, unsigned *defects)
{
	struct cn_buf raw = { 0 }, utf8 = { 0 };
	char charset[40] = "", *s;
	bool ext = false;

	for (size_t i = 0; i < n; i++) {
		struct cn_str v = m[i].value;

		if (!v.p || !m[i].extended) {
			add_plain(&raw, &m[i]);
			continue;
		}
		if (i == 0)
			v = cut_charset(v, charset, sizeof(charset));
		add_percent(&raw, v);
		ext = true;
	}
	if (exact) {
		s = unfolded(a, cn_str_trim(cn_buf_view(&raw)));
	} else if (ext) {
		if (cn_charset_utf8(&utf8, charset, cn_buf_view(&raw)))
			*defects |= CN_DEF_PARAM;
		s = (char *)(uintptr_t)cn_mail_decode(a, cn_buf_view(&utf8),
		    defects);
	} else {
		s = (char *)(uintptr_t)cn_mail_decode(a, cn_buf_view(&raw),
		    defects);
	}
	cn_buf_wipe(&raw);
	cn_buf_wipe(&utf8);
	return s;
}

char *cn_mime_param(struct cn_arena *a, struct cn_str v, const char *key,
    bool exact, unsigned *defects)
{
	const char *p = v.p, *end = v.p + v.n;
	struct param m, best = { .section = -1 }, *part = NULL;
	bool found = false;
	char *s = NULL;
	size_t n = 0;

	/* Behind the first word; the ';' there is sometimes missing. */
	while (p < end && *p != ';' && cn_is_wsp((unsigned char)*p))
		p++;
	while (p < end && *p != ';' && !cn_is_wsp((unsigned char)*p))
		p++;
	while (next(&m, &p, end)) {
		if (!cn_str_ieq(m.name, key))
			continue;
		if (m.section >= SECTIONS) {
			*defects |= CN_DEF_PARAM;
		} else if (m.section >= 0) {
			if (!part)
				part = cn_alloc(SECTIONS * sizeof(m));
			if (!part[m.section].value.p)
				part[m.section] = m;
		} else if (!found || (m.extended && !best.extended)) {
			best = m;
			found = true;
		}
	}
	if (part) {
		while (n < SECTIONS && part[n].value.p)
			n++;
		if (n > 0 && !(found && best.extended))
			s = decode(a, part, n, exact, defects);
		free(part);
	}
	if (!s && found)
		s = decode(a, &best, 1, exact, defects);
	return s;
}

char *cn_mime_token(struct cn_arena *a, struct cn_str v)
{
	const char *p = v.p, *end = v.p + v.n;
	char *out = cn_arena_alloc(a, v.n + 1), *o = out;

	while (p < end && *p != ';') {
		if (*p == '(') {
			p = skip_comment(p, end);
			continue;
		}
		/* 'application/pdf name=x' */
		if (cn_is_wsp((unsigned char)*p) && o > out && o[-1] != '/' &&
		    memchr(out, '/', (size_t)(o - out)))
			break;
		if ((unsigned char)*p > ' ' && *p != 0x7f)
			*o++ = (char)cn_lower((unsigned char)*p);
		p++;
	}
	return out;
}
