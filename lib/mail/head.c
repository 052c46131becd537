/* head.c - a header field by field, and what the fields of a mail say */
#include <strings.h>

#include "mime.h"

static const char *line_end(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));

	return nl ? nl + 1 : end;
}

/* Continuation lines belong to the line before. */
static const char *unfold(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t'))
		p = line_end(p, end);
	return p;
}

static bool is_from_line(const char *p, const char *end)
{
	if (p < end && *p == '>')
		p++;
	return end - p > 5 && memcmp(p, "From ", 5) == 0;
}

static bool field(struct cn_field *f, const char *p, const char *end,
    const char **next)
{
	const char *q = p, *stop = end, *name_end, *v;

	if (end - p > CN_MAIL_LINE)
		stop = p + CN_MAIL_LINE;
	while (q < stop && *q > ' ' && *q < 0x7f && *q != ':')
		q++;
	name_end = q;
	while (q < stop && (*q == ' ' || *q == '\t'))
		q++;
	if (q == stop || *q != ':')
		return false;
	*next = unfold(line_end(q, end), end);
	f->name = (struct cn_str){ p, (size_t)(name_end - p) };
	for (v = q + 1; v < *next && (*v == ' ' || *v == '\t'); v++)
		;
	q = *next;
	if (q > v && q[-1] == '\n')
		q--;
	if (q > v && q[-1] == '\r')
		q--;
	f->value = (struct cn_str){ v, (size_t)(q - v) };
	return true;
}

enum cn_head_line cn_head_line(const char *p, const char *end)
{
	struct cn_field f;
	const char *next;

	if (p < end && (*p == '\n' || (*p == '\r' && end - p > 1 &&
	    p[1] == '\n')))
		return CN_LINE_EMPTY;
	if (p < end && (*p == ' ' || *p == '\t'))
		return CN_LINE_MORE;
	if (is_from_line(p, end))
		return CN_LINE_FROM;
	if (!field(&f, p, end, &next))
		return CN_LINE_BODY;
	return f.name.n > 0 ? CN_LINE_FIELD : CN_LINE_NAMELESS;
}

bool cn_head_next(struct cn_head *h, struct cn_field *f)
{
	const char *end = h->end, *next;
	bool first = !h->first;

	h->first = true;
	for (; h->p < end; first = false) {
		const char *p = h->p;

		if (*p == '\n' || (*p == '\r' && end - p > 1 && p[1] == '\n')) {
			h->p += *p == '\n' ? 1 : 2;
			return false;
		}
		if (*p == ' ' || *p == '\t') {
			h->defects |= CN_DEF_HEADER;
			h->p = unfold(p, end);
		} else if (is_from_line(p, end)) {
			if (!first)
				h->defects |= CN_DEF_HEADER;
			h->p = unfold(line_end(p, end), end);
		} else if (!field(f, p, end, &next)) {
			h->defects |= CN_DEF_NO_SEPARATOR;
			return false;
		} else {
			h->p = next;
			if (f->name.n > 0)
				return true;
			h->defects |= CN_DEF_HEADER;
		}
	}
	return false;
}

struct cn_str cn_mail_field(const struct cn_mail *m, const char *name)
{
	for (size_t i = 0; i < m->n_fields; i++)
		if (cn_str_ieq(m->fields[i].name, name))
			return m->fields[i].value;
	return (struct cn_str){ NULL, 0 };
}
