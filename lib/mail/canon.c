/* canon.c - the same mail told by its bytes, and marks put on it */
#include <strings.h>

#include "mime.h"

/* --- the canonical bytes, in three steps ---
 *
 * feed: CR LF becomes LF, and the line ends at the end are held back, for they
 * may be the last ones; envelope: the From_ line; pass: the header's fields
 * that mailboxes add. */

static bool local_field(const char *name, size_t n)
{
	static const char *const names[] = { "status", "x-status",
	    "x-keywords", "content-length" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i]) == n &&
		    strncasecmp(name, names[i], n) == 0)
			return true;
	return false;
}

static void emit(struct cn_canon *c, const char *p, size_t n)
{
	if (n > 0)
		c->add(c->arg, p, n);
}

/* The name of a field is held until it is known; then the field is passed on
 * or skipped, with the lines that continue it. */
static const char *header(struct cn_canon *c, const char *p, const char *end)
{
	const char *nl;
	size_t n;

	if (c->state == CN_CANON_LINE) {
		if (*p == '\n') {
			c->state = CN_CANON_BODY;
			return p;
		}
		if (*p == ' ' || *p == '\t') {
			c->state = CN_CANON_FIELD;
			return p;
		}
		c->state = CN_CANON_NAME;
		c->skip = false;
		c->nheld = 0;
	}
	if (c->state == CN_CANON_NAME) {
		if (*p == ':' || *p == ' ' || *p == '\t')
			c->skip = local_field(c->held, c->nheld);
		else if (*p != '\n' && c->nheld < sizeof(c->held)) {
			c->held[c->nheld++] = *p;
			return p + 1;
		}
		if (!c->skip)
			emit(c, c->held, c->nheld);
		c->state = CN_CANON_FIELD;
	}
	nl = memchr(p, '\n', (size_t)(end - p));
	n = (size_t)((nl ? nl + 1 : end) - p);
	if (!c->skip)
		emit(c, p, n);
	if (nl)
		c->state = CN_CANON_LINE;
	return p + n;
}

static void pass(struct cn_canon *c, const char *p, size_t n)
{
	const char *end = p + n, *nl;

	while (p < end && c->state != CN_CANON_BODY) {
		if (c->state == CN_CANON_START) {
			if (c->nheld < 5 && *p == "From "[c->nheld]) {
				c->held[c->nheld++] = *p++;
				continue;
			}
			/* Six bytes make it a From_ line. */
			c->state = c->nheld == 5 ? CN_CANON_FROM :
			    CN_CANON_LINE;
			if (c->nheld > 0 && c->nheld < 5) {
				char held[5];

				n = c->nheld;
				memcpy(held, c->held, n);
				pass(c, held, n);
			}
		} else if (c->state == CN_CANON_FROM) {
			nl = memchr(p, '\n', (size_t)(end - p));
			p = nl ? nl + 1 : end;
			c->state = nl ? CN_CANON_LINE : CN_CANON_FROM;
		} else {
			p = header(c, p, end);
		}
	}
	emit(c, p, (size_t)(end - p));
}

/* A run of line ends goes on its way. */
static void release(struct cn_canon *c, size_t run)
{
	char block[512];
	size_t n;

	memset(block, c->run[run].cr ? '\r' : '\n', sizeof(block));
	for (uint64_t left = c->run[run].n; left > 0; left -= n) {
		n = left < sizeof(block) ? (size_t)left : sizeof(block);
		pass(c, block, n);
	}
}

static void hold(struct cn_canon *c, bool cr)
{
	struct cn_canon_run *r = c->run;

	if (c->nruns == 0 || r[c->nruns - 1].cr != cr) {
		if (c->nruns == CN_CANON_RUNS) {
			release(c, 0);
			memmove(r, r + 1, (CN_CANON_RUNS - 1) * sizeof(*r));
			c->nruns--;
		}
		r[c->nruns++] = (struct cn_canon_run){ 0, cr };
	}
	r[c->nruns - 1].n++;
}

/* p..end are of CR and LF; a CR waits for the LF that may follow. */
static void line_ends(struct cn_canon *c, const char *p, const char *end)
{
	for (; p < end; p++) {
		if (c->cr && *p == '\r')
			hold(c, true);
		else if (*p == '\n')
			hold(c, false);
		c->cr = *p == '\r';
	}
}

void cn_canon_begin(struct cn_canon *c, void (*add)(void *, const void *,
    size_t), void *arg)
{
	memset(c, 0, sizeof(*c));
	c->add = add;
	c->arg = arg;
}

void cn_canon_feed(struct cn_canon *c, const void *data, size_t n)
{
	const char *p = data, *end = p + n, *tail = end, *q;

	while (tail > p && (tail[-1] == '\n' || tail[-1] == '\r'))
		tail--;
	for (q = p; q < tail && (*q == '\n' || *q == '\r'); q++)
		;
	if (p == tail) {
		line_ends(c, p, end);
		return;
	}
	line_ends(c, p, q);
	if (c->cr)
		hold(c, true);
	c->cr = false;
	for (size_t i = 0; i < c->nruns; i++)
		release(c, i);
	c->nruns = 0;
	for (p = q; (q = memchr(q, '\r', (size_t)(tail - q))); q++) {
		if (q[1] != '\n')
			continue;
		pass(c, p, (size_t)(q - p));
		p = q + 1;
	}
	pass(c, p, (size_t)(tail - p));
	line_ends(c, tail, end);
}

void cn_canon_end(struct cn_canon *c)
{
	bool from = c->state == CN_CANON_START && c->nheld == 5 &&
	    (c->nruns > 0 || c->cr);

	/* All that was read may be the beginning of a name or From_ line. */
	if ((c->state == CN_CANON_NAME || c->state == CN_CANON_START) && !from)
		emit(c, c->held, c->nheld);
	emit(c, "\n", 1);
}

void cn_mail_canonical(struct cn_str raw,
    void (*add)(void *, const void *, size_t), void *arg)
{
	struct cn_canon c;

	cn_canon_begin(&c, add, arg);
	cn_canon_feed(&c, raw.p, raw.n);
	cn_canon_end(&c);
}

/* --- marks --- */

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

static const char *skip_from_line(struct cn_str raw)
{
	const char *p = raw.p, *end = p + raw.n;

	if (raw.n > 5 && memcmp(p, "From ", 5) == 0)
		p = line_end(p, end);
	return p;
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
