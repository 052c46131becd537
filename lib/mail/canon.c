/* canon.c - the same mail told by its bytes, and marks put on it */
#include <strings.h>

#include "mime.h"

static const char *line_end(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));

	return nl ? nl + 1 : end;
}

static const char *field_end(const char *p, const char *end)
{
	p = line_end(p, end);
	while (p < end && (*p == ' ' || *p == '\t'))
		p = line_end(p, end);
	return p;
}

static bool named(const char *p, const char *end, const char *name)
{
	size_t n = strlen(name);

	return (size_t)(end - p) > n && strncasecmp(p, name, n) == 0 &&
	    (p[n] == ':' || p[n] == ' ' || p[n] == '\t');
}

/* What a mailbox adds, and no sender. */
static bool local_field(const char *p, const char *end)
{
	return named(p, end, "status") || named(p, end, "x-status") ||
	    named(p, end, "x-keywords") || named(p, end, "content-length");
}

static const char *skip_from_line(struct cn_str raw)
{
	const char *p = raw.p, *end = p + raw.n;

	if (raw.n > 5 && memcmp(p, "From ", 5) == 0)
		p = line_end(p, end);
	return p;
}

/* Feeds p..end with CRLF as LF. */
static void feed(const char *p, const char *end,
    void (*add)(void *, const void *, size_t), void *arg)
{
	const char *q = p;

	while ((q = memchr(q, '\r', (size_t)(end - q)))) {
		if (q + 1 == end || q[1] != '\n') {
			q++;
			continue;
		}
		if (q > p)
			add(arg, p, (size_t)(q - p));
		p = ++q;
	}
	if (end > p)
		add(arg, p, (size_t)(end - p));
}

void cn_mail_canonical(struct cn_str raw,
    void (*add)(void *, const void *, size_t), void *arg)
{
	const char *p = skip_from_line(raw), *end = raw.p + raw.n, *q;

	while (end > p && (end[-1] == '\n' || end[-1] == '\r'))
		end--;
	while (p < end && *p != '\n' && !(*p == '\r' && end - p > 1 &&
	    p[1] == '\n')) {
		q = field_end(p, end);
		if (!local_field(p, end))
			feed(p, q, add, arg);
		p = q;
	}
	feed(p, end, add, arg);
	add(arg, "\n", 1);
}

void cn_mail_mark(struct cn_buf *out, struct cn_str raw, struct cn_str fields)
{
	const char *p = skip_from_line(raw), *end = raw.p + raw.n, *q, *nl;
	bool crlf;

	nl = memchr(p, '\n', (size_t)(end - p));
	crlf = nl && nl > p && nl[-1] == '\r';
	cn_buf_add(out, raw.p, (size_t)(p - raw.p));
	for (const char *f = fields.p, *fe = f + fields.n; f < fe; f = q) {
		q = line_end(f, fe);
		const char *e = q;

		while (e > f && (e[-1] == '\n' || e[-1] == '\r'))
			e--;
		cn_buf_add(out, f, (size_t)(e - f));
		cn_buf_str(out, crlf ? "\r\n" : "\n");
	}
	while (p < end && *p != '\n' && *p != '\r') {
		q = field_end(p, end);
		if (end - p < 5 || strncasecmp(p, "x-cn-", 5) != 0)
			cn_buf_add(out, p, (size_t)(q - p));
		p = q;
	}
	cn_buf_add(out, p, (size_t)(end - p));
}
