/* parse.c - a mail's fields and parts
 *
 * The parts are found in one walk over the lines: a line that begins with --
 * is held against the boundaries of the open multiparts, a stack of at most
 * CN_MAIL_DEPTH, innermost first.  An outer boundary closes what is open
 * inside it.  Decoded bodies share one block as large as the mail, for no
 * decoding makes bytes more. */
#include <stdlib.h>
#include <strings.h>

#include "crypt/crypt.h"
#include "mime.h"

struct entity {				/* the fields that shape a part */
	struct cn_str type, encoding, disposition, cid;
};

struct frame {
	struct cn_str boundary;
	const char *start;		/* of its body */
	size_t first;			/* index of its first part */
	bool alternative, digest, seen;
};

struct walk {
	struct cn_mail *m;
	unsigned flags;
	const char *p, *end;
	struct frame stack[CN_MAIL_DEPTH];
	size_t depth;
	size_t cap;			/* of m->parts */
	/* the boundary line that was found last */
	size_t hit;			/* frame */
	bool closes;
	const char *stop, *next;	/* content before, first byte behind */
};

static void note_entity(struct entity *e, const struct cn_field *f)
{
	struct cn_str *to = NULL;

	if (f->name.n < 10 || cn_lower((unsigned char)f->name.p[0]) != 'c')
		return;
	if (cn_str_ieq(f->name, "content-type"))
		to = &e->type;
	else if (cn_str_ieq(f->name, "content-transfer-encoding"))
		to = &e->encoding;
	else if (cn_str_ieq(f->name, "content-disposition"))
		to = &e->disposition;
	else if (cn_str_ieq(f->name, "content-id"))
		to = &e->cid;
	if (!to || to->p)
		return;
	*to = f->value;
	if (to->n > CN_MAIL_VALUE)
		to->n = CN_MAIL_VALUE;
}

/* Does this line (at p, "--...") end a part of an open multipart? */
static bool boundary_line(struct walk *w, const char *p, const char *nl)
{
	size_t n = (size_t)(nl - p);

	for (size_t k = w->depth; k-- > 0; ) {
		struct cn_str b = w->stack[k].boundary;
		const char *q = p + 2 + b.n;

		if (n < b.n + 2 || memcmp(p + 2, b.p, b.n) != 0)
			continue;
		w->closes = nl - q >= 2 && q[0] == '-' && q[1] == '-';
		if (w->closes)
			q += 2;
		while (q < nl && (cn_is_wsp((unsigned char)*q)))
			q++;
		if (q == nl) {
			w->hit = k;
			return true;
		}
	}
	return false;
}

/* Looks for the next boundary line from p, which begins a line. */
static bool find_boundary(struct walk *w, const char *p)
{
	const char *start = p, *nl;

	if (w->depth == 0)
		p = w->end;
	for (; p < w->end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(w->end - p));
		if (!nl)
			nl = w->end;
		if (nl - p >= 3 && p[0] == '-' && p[1] == '-' &&
		    boundary_line(w, p, nl)) {
			w->stop = p;
			if (w->stop > start && w->stop[-1] == '\n')
				w->stop--;
			if (w->stop > start && w->stop[-1] == '\r')
				w->stop--;
			w->next = nl < w->end ? nl + 1 : w->end;
			return true;
		}
		if (nl == w->end)
			break;
	}
	w->stop = w->next = w->end;
	return false;
}

/* A part can end inside its header. */
static bool at_boundary(struct walk *w, const char *p, const char **next)
{
	const char *nl;

	if (w->end - p < 3 || p[0] != '-' || p[1] != '-')
		return false;
	nl = memchr(p, '\n', (size_t)(w->end - p));
	*next = nl ? nl + 1 : w->end;
	return boundary_line(w, p, nl ? nl : w->end);
}

static void decode_body(struct walk *w, struct cn_mail_part *part,
    struct cn_str encoding)
{
	struct cn_mail *m = w->m;
	struct cn_arena *a = &m->mem;
	const char *enc = encoding.p ? cn_mime_token(a, encoding) : "";
	bool bad = false;
	char *to;
	size_t n;

	part->body = part->raw;
	if (part->raw.n == 0 || !*enc || strcmp(enc, "7bit") == 0 ||
	    strcmp(enc, "8bit") == 0 || strcmp(enc, "binary") == 0)
		return;
	if (!m->decoded)
		m->decoded = cn_realloc(NULL, m->raw.n + 1);
	to = m->decoded + m->decoded_len;
	if (strcmp(enc, "base64") == 0) {
		n = cn_mime_base64(to, part->raw, &bad);
		m->defects |= bad ? CN_DEF_BASE64 : 0;
	} else if (strcmp(enc, "quoted-printable") == 0) {
		n = cn_mime_qp(to, part->raw, false, &bad);
		m->defects |= bad ? CN_DEF_QP : 0;
	} else if (strstr(enc, "uue")) {
		n = cn_mime_uu(to, part->raw);
	} else {
		m->defects |= CN_DEF_ENCODING;
		return;
	}
	m->decoded_len += n;
	part->body = (struct cn_str){ to, n };
}

/* A file name has no folder. */
static const char *base_name(const char *s)
{
	const char *at;

	while ((at = strpbrk(s, "/\\")))
		s = at + 1;
	return s;
}

static const char *part_name(struct walk *w, const struct entity *e)
{
	struct cn_arena *a = &w->m->mem;
	unsigned *d = &w->m->defects;
	const char *s = NULL;

	if (e->disposition.p)
		s = cn_mime_param(a, e->disposition, "filename", false, d);
	if (!s && e->type.p)
		s = cn_mime_param(a, e->type, "name", false, d);
	return s ? base_name(s) : "";
}

static enum cn_disposition disposition(struct cn_arena *a, struct cn_str v)
{
	const char *s = v.p ? cn_mime_token(a, v) : "";

	if (!*s)
		return CN_DISP_NONE;
	return strcmp(s, "inline") == 0 ? CN_DISP_INLINE : CN_DISP_ATTACHMENT;
}

static bool is_text(const char *type)
{
	return strcmp(type, "text/plain") == 0 ||
	    strcmp(type, "text/html") == 0;
}

static struct cn_mail_part *new_part(struct walk *w)
{
	struct cn_mail *m = w->m;
	struct cn_mail_part *v;

	if (m->n_parts >= CN_MAIL_PARTS) {
		m->defects |= CN_DEF_PARTS;
		return NULL;
	}
	if (m->n_parts == w->cap) {
		w->cap = w->cap ? w->cap * 4 : 2;
		v = cn_arena_alloc(&m->mem, w->cap * sizeof(*v));
		if (m->n_parts > 0)
			memcpy(v, m->parts, m->n_parts * sizeof(*v));
		m->parts = v;
	}
	return &m->parts[m->n_parts++];
}

static const char *trim_id(struct cn_arena *a, struct cn_str v)
{
	const char *p = v.p ? memchr(v.p, '<', v.n) : NULL, *e;
	unsigned defects = 0;

	if (!v.p)
		return "";
	if (p && (e = memchr(p, '>', v.n - (size_t)(p - v.p))))
		v = (struct cn_str){ p + 1, (size_t)(e - p - 1) };
	return cn_mail_decode(a, cn_str_trim(v), &defects);
}

static void text_params(struct walk *w, struct cn_mail_part *part,
    struct cn_str type)
{
	struct cn_arena *a = &w->m->mem;
	unsigned *d = &w->m->defects;
	char *s;

	part->charset = "";
	if (!type.p || strncmp(part->type, "text/", 5) != 0)
		return;
	s = cn_mime_param(a, type, "charset", false, d);
	if (s) {
		for (char *c = s; *c; c++)
			*c = (char)cn_lower((unsigned char)*c);
		part->charset = s;
	}
	if (strcmp(part->type, "text/plain") != 0)
		return;
	s = cn_mime_param(a, type, "format", false, d);
	part->flowed = s && strcasecmp(s, "flowed") == 0;
	s = part->flowed ? cn_mime_param(a, type, "delsp", false, d) : NULL;
	part->delsp = s && strcasecmp(s, "yes") == 0;
}

static void add_leaf(struct walk *w, const struct entity *e,
    const char *type, const char *from, const char *to)
{
	struct cn_mail *m = w->m;
	struct cn_mail_part *part = new_part(w);

	if (!part)
		return;
	part->type = type;
	part->depth = (unsigned char)w->depth;
	part->raw = (struct cn_str){ from, (size_t)(to - from) };
	part->name = part_name(w, e);
	part->cid = trim_id(&m->mem, e->cid);
	part->disposition = disposition(&m->mem, e->disposition);
	text_params(w, part, e->type);
	decode_body(w, part, e->encoding);
	/* A name alone makes a file of it, but for the mail's first words. */
	part->attachment = part->disposition == CN_DISP_ATTACHMENT ||
	    !is_text(type) || (*part->name && m->n_parts > 1);
	part->in_text = !part->attachment;
	if (!part->attachment)
		return;
	m->n_attachments++;
	if (!(w->flags & CN_MAIL_NO_HASH)) {
		cn_sha256(part->sha256, part->body.p, part->body.n);
		part->sha_known = true;
	}
}

static bool blank(struct cn_str s)
{
	return cn_str_trim(s).n == 0;
}

/* Of the parts of an alternative the plain one is read, if it says
 * anything. */
static void choose(struct cn_mail *m, size_t first)
{
	bool plain = false;

	for (size_t i = first; i < m->n_parts && !plain; i++)
		plain = m->parts[i].in_text && !blank(m->parts[i].body) &&
		    strcmp(m->parts[i].type, "text/plain") == 0;
	for (size_t i = first; i < m->n_parts; i++)
		if (m->parts[i].in_text &&
		    plain == (strcmp(m->parts[i].type, "text/html") == 0))
			m->parts[i].in_text = false;
}

/* Closes the frames above n; content ended at `stop`. */
static void pop(struct walk *w, size_t n, const char *stop)
{
	struct entity none = { 0 };

	while (w->depth > n) {
		struct frame *f = &w->stack[--w->depth];

		if (!f->seen) {
			w->m->defects |= CN_DEF_BOUNDARY;
			if (stop > f->start)
				add_leaf(w, &none, "text/plain", f->start, stop);
		}
		if (f->alternative)
			choose(w->m, f->first);
	}
}

/* The type of an entity, with what RFC 2045, section 5.2 says of none. */
static const char *entity_type(struct walk *w, const struct entity *e)
{
	bool digest = w->depth > 0 && w->stack[w->depth - 1].digest;
	const char *s, *slash;

	if (!e->type.p)
		return digest ? "message/rfc822" : "text/plain";
	s = cn_mime_token(&w->m->mem, e->type);
	slash = strchr(s, '/');
	if (!slash || slash == s || !slash[1] || strchr(slash + 1, '/'))
		return "text/plain";
	return s;
}

/* An entity begins at p behind its header.  True: it is a multipart, and its
 * frame is open. */
static bool open_multipart(struct walk *w, const struct entity *e,
    const char **type, const char *p)
{
	struct frame *f = &w->stack[w->depth];
	unsigned *d = &w->m->defects;
	char *b;

	if (strncmp(*type, "multipart/", 10) != 0)
		return false;
	if (w->depth == CN_MAIL_DEPTH) {
		*d |= CN_DEF_DEPTH;
		return false;
	}
	b = cn_mime_param(&w->m->mem, e->type, "boundary", true, d);
	if (!b || !*b) {
		*d |= CN_DEF_BOUNDARY;
		*type = "text/plain";
		return false;
	}
	memset(f, 0, sizeof(*f));
	f->boundary = cn_str(b);
	f->start = p;
	f->first = w->m->n_parts;
	f->alternative = strcmp(*type, "multipart/alternative") == 0;
	f->digest = strcmp(*type, "multipart/digest") == 0;
	w->depth++;
	return true;
}

/* The walk: w->p is behind the header of the entity e. */
static void parts(struct walk *w, struct entity e)
{
	struct cn_mail *m = w->m;
	const char *type = entity_type(w, &e);
	const char *next;
	bool multi, found;

	m->type = type;
	for (;;) {
		multi = open_multipart(w, &e, &type, w->p);
		found = find_boundary(w, w->p);
		if (!multi)
			add_leaf(w, &e, type, w->p, w->stop);
		/* Preambles and epilogues pass, until a part begins. */
		for (;;) {
			if (!found) {
				m->defects |= w->depth ? CN_DEF_UNCLOSED : 0;
				pop(w, 0, w->end);
				return;
			}
			if (w->depth > w->hit + 1)
				m->defects |= CN_DEF_UNCLOSED;
			pop(w, w->hit + 1, w->stop);
			w->stack[w->hit].seen |= !w->closes;
			if (!w->closes)
				break;
			pop(w, w->hit, w->stop);
			if (w->depth == 0)
				return;
			found = find_boundary(w, w->next);
		}
		/* A boundary line twice is no empty part. */
		while (at_boundary(w, w->next, &next) && !w->closes)
			w->next = next;
		if (m->n_parts >= CN_MAIL_PARTS) {
			m->defects |= CN_DEF_PARTS;
			pop(w, 0, w->stop);
			return;
		}
		struct cn_head h = { .p = w->next, .end = w->end };
		struct cn_field f;

		memset(&e, 0, sizeof(e));
		while (!at_boundary(w, h.p, &next) && cn_head_next(&h, &f))
			note_entity(&e, &f);
		m->defects |= h.defects;
		w->p = h.p;
		type = entity_type(w, &e);
	}
}

static void add_field(struct cn_mail *m, const struct cn_field *f,
    size_t *cap)
{
	struct cn_field *v;

	if (m->n_fields == *cap) {
		*cap = *cap ? *cap * 2 : 40;
		v = cn_arena_alloc(&m->mem, *cap * sizeof(*v));
		if (m->n_fields > 0)
			memcpy(v, m->fields, m->n_fields * sizeof(*v));
		m->fields = v;
	}
	m->fields[m->n_fields++] = *f;
}

/* Cuts a field where the header's bound is; false for what is behind it. */
static bool within(struct cn_mail *m, struct cn_field *f)
{
	const char *bound = m->raw.p + CN_MAIL_HEADER;

	if (m->raw.n <= CN_MAIL_HEADER || f->value.p + f->value.n <= bound)
		return true;
	m->defects |= CN_DEF_HEADER_SIZE;
	if (f->value.p >= bound)
		return false;
	f->value.n = (size_t)(bound - f->value.p);
	m->defects |= CN_DEF_FIELD_SIZE;
	return true;
}

static void read_header(struct cn_mail *m, struct entity *e)
{
	struct cn_head h = { .p = m->raw.p, .end = m->raw.p + m->raw.n };
	struct cn_field f;
	size_t cap = 0;

	while (cn_head_next(&h, &f)) {
		if (!within(m, &f))
			continue;
		if (m->n_fields >= CN_MAIL_FIELDS) {
			m->defects |= CN_DEF_FIELDS;
			continue;
		}
		note_entity(e, &f);
		add_field(m, &f, &cap);
	}
	m->defects |= h.defects;
	m->body_at = (size_t)(h.p - m->raw.p);
}

int cn_mail_parse(struct cn_mail *m, const char *p, size_t n, unsigned flags,
    struct cn_err *err)
{
	struct walk w = { .m = m, .flags = flags };
	struct entity e = { 0 };

	cn_mail_release(m);
	m->raw = (struct cn_str){ p, n };
	m->text = "";
	if (n == 0)
		return cn_fail(err, CN_PARTIAL, "empty mail");
	read_header(m, &e);
	if (m->n_fields == 0) {
		cn_mail_release(m);
		return cn_fail(err, CN_PARTIAL, "no header field");
	}
	cn_mime_fields(m);
	m->type = m->report_type = "";
	if (e.type.p) {
		m->type = cn_mime_token(&m->mem, e.type);
		m->report_type = cn_mime_param(&m->mem, e.type,
		    "report-type", false, &m->defects);
		if (!m->report_type)
			m->report_type = "";
	}
	if (flags & CN_MAIL_HEADERS_ONLY)
		return 0;
	w.p = p + m->body_at;
	w.end = p + n;
	parts(&w, e);
	cn_mime_text(m);
	return 0;
}

void cn_mail_release(struct cn_mail *m)
{
	if (m->decoded) {
		cn_wipe(m->decoded, m->decoded_len);
		free(m->decoded);
	}
	cn_buf_wipe(&m->text_buf);
	cn_arena_release(&m->mem);
	memset(m, 0, sizeof(*m));
}
