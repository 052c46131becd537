#include "base/csv.h"

#include <string.h>

void cn_csv_begin(struct cn_csv *c, struct cn_str text)
{
	text = cn_str_bare(text);
	*c = (struct cn_csv){ text.p, text.p + text.n, ',', 1, 1, { "", 0 } };
}

static bool at_end(const struct cn_csv *c)
{
	return c->p == c->end || *c->p == '\n' ||
	    (*c->p == '\r' && c->p + 1 < c->end && c->p[1] == '\n');
}

/* Goes behind the end of the line. */
static void skip_line(struct cn_csv *c)
{
	const char *lf = c->p < c->end ? memchr(c->p, '\n',
	    (size_t)(c->end - c->p)) : NULL;

	c->p = lf ? lf + 1 : c->end;
	c->next += lf != NULL;
}

/* In quotes, or NULL where they are not closed. */
static const char *quoted(struct cn_csv *c, struct cn_buf *b)
{
	const char *q;

	for (b->len = 0, c->p++; ; c->p = q + 2) {
		q = memchr(c->p, '"', (size_t)(c->end - c->p));
		if (q == NULL)
			return NULL;
		for (const char *p = c->p; p < q; p++)
			c->next += *p == '\n';
		cn_buf_add(b, c->p, (size_t)(q - c->p));
		if (q + 1 == c->end || q[1] != '"')
			break;
		cn_buf_ch(b, '"');
	}
	c->p = q + 1;
	return b->p ? b->p : "";
}

static void end_record(struct cn_csv *c, const char *from)
{
	c->raw = (struct cn_str){ from, (size_t)(c->p - from) };
	skip_line(c);
}

static int bad(struct cn_csv *c, const char *from, const char *what,
    struct cn_err *err)
{
	skip_line(c);
	c->raw = (struct cn_str){ from, (size_t)(c->p - from) };
	return cn_fail(err, CN_PARTIAL, "%s", what);
}

int cn_csv_next(struct cn_csv *c, struct cn_arena *mem,
    const char *cell[CN_CSV_CELLS], size_t *n, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	const char *from, *start;
	int r = 1;

	while (c->p < c->end && at_end(c))
		skip_line(c);
	from = c->p;
	c->line = c->next;
	*n = 0;
	if (c->p == c->end)
		return 0;
	while (r == 1) {
		if (*n == CN_CSV_CELLS) {
			r = bad(c, from, "more than 200 cells", err);
		} else if (c->p < c->end && *c->p == '"') {
			if (quoted(c, &b) == NULL) {
				c->p = c->end;
				r = bad(c, from, "a quote that is not closed: "
				    "nothing behind it was read", err);
				break;
			}
			cell[(*n)++] = cn_arena_dup(mem, b.p ? b.p : "",
			    b.len);
		} else {
			for (start = c->p; !at_end(c) && *c->p != c->sep;
			    c->p++)
				;
			cell[(*n)++] = cn_arena_dup(mem, start,
			    (size_t)(c->p - start));
		}
		if (r == 1 && at_end(c))
			break;
		if (r == 1 && *c->p++ != c->sep)
			r = bad(c, from, "something behind a closing quote",
			    err);
	}
	if (r == 1)
		end_record(c, from);
	cn_buf_wipe(&b);
	return r;
}
