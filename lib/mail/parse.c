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

#define PASS 24576			/* bytes that are decoded at once */

struct walk {
	struct cn_mail *m;
	unsigned flags;
	const struct cn_cuts *cuts;	/* or NULL */
	const char *p, *end;
	struct cn_frames open;
	size_t cap;			/* of m->parts */
	/* around the boundary line that was found last */
	const char *stop, *next;	/* content before, first byte behind */
};

/* Looks for the next boundary line from p, which begins a line. */
static bool find_boundary(struct walk *w, const char *p)
{
	const char *start = p, *nl;

	if (w->open.n == 0)
		p = w->end;
	for (; p < w->end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(w->end - p));
		if (!nl)
			nl = w->end;
		if (nl - p >= 3 && p[0] == '-' && p[1] == '-' &&
		    cn_frames_boundary(&w->open, p, nl)) {
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
	return cn_frames_boundary(&w->open, p, nl ? nl : w->end);
}

static const struct cn_cut *cut_at(const struct walk *w, const char *body)
{
	size_t at = (size_t)(body - w->m->raw.p), i;

	for (i = 0; w->cuts && i < w->cuts->n && w->cuts->v[i].at <= at; i++)
		if (w->cuts->v[i].at == at)
			return &w->cuts->v[i];
	return NULL;
}

static void decode_body(struct walk *w, struct cn_mail_part *part,
    struct cn_str encoding, unsigned *defects)
{
	struct cn_mail *m = w->m;
	enum cn_encoding enc = cn_mime_encoding(encoding.p ?
	    cn_mime_token(&m->mem, encoding) : "");
	bool bad = false;
	char *to;
	size_t n = 0;

	part->body = part->raw;
	if (part->raw.n == 0 || enc == CN_ENC_NONE)
		return;
	if (enc == CN_ENC_UNKNOWN) {
		m->defects |= CN_DEF_ENCODING;
		return;
	}
	if (!m->decoded)
		m->decoded = cn_realloc(NULL, m->raw.n + 1);
	to = m->decoded + m->decoded_len;
	if (enc == CN_ENC_BASE64)
		n = cn_mime_base64(to, part->raw, &bad);
	else if (enc == CN_ENC_QP)
		n = cn_mime_qp(to, part->raw, false, &bad);
	else
		n = cn_mime_uu(to, part->raw);
	if (bad && defects)
		*defects |= enc == CN_ENC_BASE64 ? CN_DEF_BASE64 : CN_DEF_QP;
	m->decoded_len += n;
	part->body = (struct cn_str){ to, n };
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

/* The beginning of a body is parsed, and said of the whole. */
static void complete(struct walk *w, struct cn_mail_part *part,
    const struct cn_cut *cut)
{
	const char *p = part->body.p;
	size_t n = part->body.n, k = n;

	part->cut = true;
	part->size = cut->size;
	w->m->defects |= cut->defects;
	/* No half character, which would be a defect of the mail. */
	if (strncmp(part->charset, "utf-16", 6) == 0 ||
	    strncmp(part->charset, "utf-32", 6) == 0) {
		part->body.n = n & ~(size_t)3;
		return;
	}
	while (k > 0 && n - k < 4 && (p[k - 1] & 0xc0) == 0x80)
		k--;
	if (k > 0 && (p[k - 1] & 0xc0) == 0xc0)
		part->body.n = k - 1;
}

/* Is it a file whose bytes nobody wants?  A report about a mail is read. */
static bool passes(const struct walk *w, const struct cn_mail_part *part,
    struct cn_str encoding)
{
	return (w->flags & CN_MAIL_NO_FILES) && part->attachment &&
	    encoding.p && strncmp(part->type, "message/", 8) != 0 &&
	    cn_mime_encoding(cn_mime_token(&w->m->mem, encoding)) ==
	    CN_ENC_BASE64;
}

/* Its size and hash, piece by piece. */
static bool pass(struct cn_mail_part *part)
{
	struct cn_decoder d = { .encoding = CN_ENC_BASE64 };
	struct cn_sha *sha = cn_sha_new();
	struct cn_str in = part->raw;
	struct cn_buf b = { 0 };
	bool end = false;
	size_t n;

	while (!end) {
		n = in.n < PASS ? in.n : PASS;
		end = n == 0;
		b.len = 0;
		if (end)
			cn_decoder_end(&d, &b);
		else
			cn_decoder_feed(&d, &b, (struct cn_str){ in.p, n });
		cn_sha_add(sha, b.p, b.len);
		part->size += b.len;
		in = (struct cn_str){ in.p + n, in.n - n };
	}
	cn_sha_end(sha, part->sha256);
	part->sha_known = true;
	cn_buf_wipe(&b);
	return d.bad;
}

static void add_leaf(struct walk *w, const struct cn_entity *e,
    const char *type, const char *from, const char *to)
{
	struct cn_mail *m = w->m;
	struct cn_mail_part *part = new_part(w);
	const struct cn_cut *cut = cut_at(w, from);
	bool bad = false;

	if (!part)
		return;
	part->type = type;
	part->depth = (unsigned char)w->open.n;
	part->raw = (struct cn_str){ from, (size_t)(to - from) };
	part->name = cn_entity_name(&m->mem, e, &m->defects);
	part->cid = trim_id(&m->mem, e->cid);
	part->disposition = cn_entity_disposition(&m->mem, e);
	text_params(w, part, e->type);
	/* A name alone makes a file of it, but for the mail's first words. */
	part->attachment = part->disposition == CN_DISP_ATTACHMENT ||
	    !cn_mime_is_text(type) || (*part->name && m->n_parts > 1);
	part->in_text = !part->attachment;
	m->n_attachments += part->attachment;
	if (!cut && passes(w, part, e->encoding)) {
		part->body = (struct cn_str){ "", 0 };
		if (w->flags & CN_MAIL_NO_HASH)
			part->size = cn_mime_base64_size(part->raw, &bad);
		else
			bad = pass(part);
		m->defects |= bad ? CN_DEF_BASE64 : 0;
		return;
	}
	decode_body(w, part, e->encoding, cut ? NULL : &m->defects);
	part->size = part->body.n;
	if (cut)
		complete(w, part, cut);
	if (!part->attachment || (w->flags & CN_MAIL_NO_HASH))
		return;
	if (cut)
		memcpy(part->sha256, cut->sha256, sizeof(part->sha256));
	else
		cn_sha256(part->sha256, part->body.p, part->body.n);
	part->sha_known = true;
}

static bool says(const struct walk *w, const struct cn_mail_part *part)
{
	return cn_str_trim(part->body).n > 0 ||
	    (part->cut && cut_at(w, part->raw.p)->says);
}

/* Of the parts of an alternative the plain one is read, if it says
 * anything. */
static void choose(struct walk *w, size_t first)
{
	struct cn_mail *m = w->m;
	bool plain = false;

	for (size_t i = first; i < m->n_parts && !plain; i++)
		plain = m->parts[i].in_text && says(w, &m->parts[i]) &&
		    strcmp(m->parts[i].type, "text/plain") == 0;
	for (size_t i = first; i < m->n_parts; i++)
		if (m->parts[i].in_text &&
		    plain == (strcmp(m->parts[i].type, "text/html") == 0))
			m->parts[i].in_text = false;
}

/* Closes the frames above n; content ended at `stop`. */
static void pop(struct walk *w, size_t n, const char *stop)
{
	struct cn_entity none = { 0 };

	while (w->open.n > n) {
		struct cn_frame *f = &w->open.v[--w->open.n];

		if (!f->seen) {
			w->m->defects |= CN_DEF_BOUNDARY;
			if (stop > f->start)
				add_leaf(w, &none, "text/plain", f->start, stop);
		}
		if (f->alternative)
			choose(w, f->first);
	}
}

/* The walk: w->p is behind the header of the entity e. */
static void parts(struct walk *w, struct cn_entity e)
{
	struct cn_frames *open = &w->open;
	struct cn_mail *m = w->m;
	const char *type = cn_entity_type(&m->mem, &e, false);
	struct cn_frame *f;
	const char *next;
	bool found;

	m->type = type;
	for (;;) {
		f = cn_frame_open(open, &m->mem, &e, &type, &m->defects);
		if (f) {
			f->start = w->p;
			f->first = m->n_parts;
		}
		found = find_boundary(w, w->p);
		if (!f)
			add_leaf(w, &e, type, w->p, w->stop);
		/* Preambles and epilogues pass, until a part begins. */
		for (;;) {
			if (!found) {
				m->defects |= open->n ? CN_DEF_UNCLOSED : 0;
				pop(w, 0, w->end);
				return;
			}
			if (open->n > open->hit + 1)
				m->defects |= CN_DEF_UNCLOSED;
			pop(w, open->hit + 1, w->stop);
			open->v[open->hit].seen |= !open->closes;
			if (!open->closes)
				break;
			pop(w, open->hit, w->stop);
			if (open->n == 0)
				return;
			found = find_boundary(w, w->next);
		}
		/* A boundary line twice is no empty part. */
		while (at_boundary(w, w->next, &next) && !open->closes)
			w->next = next;
		if (m->n_parts >= CN_MAIL_PARTS) {
			m->defects |= CN_DEF_PARTS;
			pop(w, 0, w->stop);
			return;
		}
		struct cn_head h = { .p = w->next, .end = w->end };
		struct cn_field field;

		memset(&e, 0, sizeof(e));
		while (!at_boundary(w, h.p, &next) && cn_head_next(&h, &field))
			cn_entity_note(&e, &field);
		m->defects |= h.defects;
		w->p = h.p;
		type = cn_entity_type(&m->mem, &e, cn_frames_digest(open));
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

void cn_mime_header(struct cn_mail *m, struct cn_entity *e)
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
		cn_entity_note(e, &f);
		add_field(m, &f, &cap);
	}
	m->defects |= h.defects;
	m->body_at = (size_t)(h.p - m->raw.p);
}

int cn_mime_parse(struct cn_mail *m, const char *p, size_t n, unsigned flags,
    const struct cn_cuts *cuts, struct cn_err *err)
{
	struct walk w = { .m = m, .flags = flags, .cuts = cuts };
	struct cn_entity e = { 0 };

	cn_mail_release(m);
	m->raw = (struct cn_str){ p, n };
	m->text = "";
	if (n == 0)
		return cn_fail(err, CN_PARTIAL, "empty mail");
	cn_mime_header(m, &e);
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

int cn_mail_parse(struct cn_mail *m, const char *p, size_t n, unsigned flags,
    struct cn_err *err)
{
	return cn_mime_parse(m, p, n, flags, NULL, err);
}

void cn_mail_release(struct cn_mail *m)
{
	if (m->decoded) {
		cn_wipe(m->decoded, m->decoded_len);
		free(m->decoded);
	}
	cn_buf_wipe(&m->text_buf);
	cn_buf_wipe(&m->kept);
	cn_arena_release(&m->mem);
	memset(m, 0, sizeof(*m));
}
