/* skim.c - a mail of any size in bounded memory
 *
 * What comes in goes through the same steps as in parse.c, line by line, and
 * into `kept`, unless it is of a body that has had its share: then it is only
 * decoded, measured and hashed.  In the end the usual parser reads what was
 * kept, with a list of the bodies that were cut.
 *
 * A header is decided on by whole lines.  In a body only a line that begins
 * with -- can matter; such a line, and the line end before it, which belongs
 * to a boundary, is held back until it is known what it is. */
#include <stdlib.h>

#include "crypt/crypt.h"
#include "mime.h"

#define BLOCK 16384			/* decoded at a time */
#define BREAK 1000			/* a cut looks back so far for a line */

static const struct cn_skim_bounds usual = {
	.text = 1 << 20, .texts = 2 << 20, .report = 64 << 10, .other = 256,
	.total = 4 << 20
};

struct cn_skim {
	struct cn_skim_bounds max;
	unsigned flags, defects;
	struct cn_arena mem;		/* types and boundaries */
	struct cn_frames open;
	struct cn_buf kept;
	size_t parts, texts;		/* how many; bytes kept of them */
	enum { HEAD, BODY, REST } state;

	/* A header: the mail's, then those of parts. */
	bool of_part;
	bool unit;			/* not at its beginning any more */
	bool named;			/* a boundary line may end it here */
	bool fresh;			/* right behind a boundary line */
	size_t part_at;			/* of the boundary line, in kept */
	size_t head_at;
	struct cn_buf line;		/* so far */
	bool long_line;			/* what comes of it is left out */

	/* A body. */
	enum { LEAF, UNSEEN, PASSING } what;
	struct cn_buf pend;		/* a line end, a line with -- */
	size_t le;			/* bytes of the line end in pend */
	bool bol;			/* pend is, or begins, a line */
	size_t body_at, share;
	bool shown, cut;
	struct cn_cut now;
	struct cn_decoder decoder;
	struct cn_sha *sha;
	struct cn_buf plain;
	struct cn_cuts cuts;
	size_t cuts_cap;
};

struct cn_skim *cn_skim_with(const struct cn_skim_bounds *max, unsigned flags)
{
	struct cn_skim *k = cn_alloc(sizeof(*k));

	k->max = *max;
	k->flags = flags;
	return k;
}

struct cn_skim *cn_skim_new(unsigned flags)
{
	return cn_skim_with(&usual, flags);
}

void cn_skim_free(struct cn_skim *k)
{
	uint8_t waste[CN_SHA];

	if (!k)
		return;
	if (k->sha)
		cn_sha_end(k->sha, waste);
	cn_buf_wipe(&k->kept);
	cn_buf_wipe(&k->line);
	cn_buf_wipe(&k->pend);
	cn_buf_wipe(&k->plain);
	cn_buf_wipe(&k->decoder.held);
	cn_arena_release(&k->mem);
	free(k->cuts.v);
	free(k);
}

/* --- bodies: what is kept and what is cut --- */

static void measure(struct cn_skim *k)
{
	struct cn_str s = cn_buf_view(&k->plain);

	k->now.size += s.n;
	if (k->sha)
		cn_sha_add(k->sha, s.p, s.n);
	if (!k->now.says)
		k->now.says = cn_str_trim(s).n > 0;
	k->plain.len = 0;
}

static void decode(struct cn_skim *k, const char *p, size_t n)
{
	for (size_t m; n > 0; p += m, n -= m) {
		m = n < BLOCK ? n : BLOCK;
		cn_decoder_feed(&k->decoder, &k->plain,
		    (struct cn_str){ p, m });
		measure(k);
	}
}

static void content(struct cn_skim *k, const char *p, size_t n)
{
	size_t has = k->kept.len - k->body_at;
	size_t room = k->share > has ? k->share - has : 0;

	if (k->what == PASSING)
		return;
	if (!k->cut && n > room) {
		cn_buf_add(&k->kept, p, room);
		p += room;
		n -= room;
		k->cut = true;
		if (!(k->flags & CN_MAIL_NO_HASH))
			k->sha = cn_sha_new();
		decode(k, k->kept.p + k->body_at, k->kept.len - k->body_at);
	}
	if (k->cut)
		decode(k, p, n);
	else
		cn_buf_add(&k->kept, p, n);
}

/* A text that is cut ends with a line, if one is near; and no line that was
 * cut becomes a boundary. */
static void trim(struct cn_skim *k)
{
	struct cn_buf *b = &k->kept;
	const char *p = b->p + k->body_at, *nl;
	size_t n = b->len - k->body_at;

	nl = memrchr(p, '\n', n);
	if (k->shown && nl && n - (size_t)(nl - p) < BREAK) {
		b->len = (size_t)(nl + 1 - b->p);
		return;
	}
	if (nl)
		p = nl + 1;
	if (b->p + b->len - p > 2 && p[0] == '-' && p[1] == '-')
		b->len = (size_t)(p + 2 - b->p);
}

static void body_end(struct cn_skim *k)
{
	if (k->shown)
		k->texts += k->kept.len - k->body_at;
	if (!k->cut)
		return;
	cn_decoder_end(&k->decoder, &k->plain);
	measure(k);
	k->now.at = k->body_at;
	if (k->sha)
		cn_sha_end(k->sha, k->now.sha256);
	k->sha = NULL;
	if (k->decoder.bad)
		k->now.defects = k->decoder.encoding == CN_ENC_BASE64 ?
		    CN_DEF_BASE64 : CN_DEF_QP;
	trim(k);
	if (k->cuts.n == k->cuts_cap) {
		k->cuts_cap = k->cuts_cap ? k->cuts_cap * 2 : 16;
		k->cuts.v = cn_realloc(k->cuts.v,
		    k->cuts_cap * sizeof(*k->cuts.v));
	}
	k->cuts.v[k->cuts.n++] = k->now;
	k->cut = false;
}

static void body_begin(struct cn_skim *k, int what, bool shown, size_t share,
    enum cn_encoding encoding)
{
	k->state = BODY;
	k->what = what;
	k->shown = shown;
	k->share = share > k->max.other ? share : k->max.other;
	k->body_at = k->kept.len;
	k->bol = true;
	k->cut = false;
	memset(&k->now, 0, sizeof(k->now));
	cn_buf_wipe(&k->decoder.held);
	memset(&k->decoder, 0, sizeof(k->decoder));
	k->decoder.encoding = encoding;
}

static size_t text_share(const struct cn_skim *k)
{
	size_t left = k->max.texts > k->texts ? k->max.texts - k->texts : 0;

	return left < k->max.text ? left : k->max.text;
}

/* --- headers --- */

static void head_begin(struct cn_skim *k)
{
	k->state = HEAD;
	k->of_part = k->fresh = k->named = true;
	k->unit = k->long_line = false;
	k->head_at = k->kept.len;
	k->line.len = 0;
}

/* What it does not have room for is left out, with all behind it. */
static void full(struct cn_skim *k, size_t at)
{
	if (k->kept.len <= k->max.total)
		return;
	k->kept.len = at;
	k->defects |= CN_DEF_PARTS;
	k->state = REST;
}

static enum cn_encoding encoding(struct cn_skim *k, const struct cn_entity *e)
{
	return e->encoding.p ? cn_mime_encoding(cn_mime_token(&k->mem,
	    e->encoding)) : CN_ENC_NONE;
}

static bool is_shown(struct cn_skim *k, const struct cn_entity *e,
    const char *type)
{
	unsigned defects = 0;

	return cn_mime_is_text(type) &&
	    cn_entity_disposition(&k->mem, e) != CN_DISP_ATTACHMENT &&
	    (k->parts == 1 || !*cn_entity_name(&k->mem, e, &defects));
}

/* The header in kept is whole: what is behind it? */
static void head_end(struct cn_skim *k)
{
	struct cn_mail m = { .raw = cn_buf_view(&k->kept) };
	struct cn_head h = { .p = m.raw.p + k->head_at,
	    .end = m.raw.p + m.raw.n };
	struct cn_entity e = { 0 };
	struct cn_field f;
	unsigned defects = 0;
	const char *type;

	if (k->of_part) {
		while (cn_head_next(&h, &f))
			cn_entity_note(&e, &f);
	} else {
		cn_mime_header(&m, &e);
	}
	type = cn_entity_type(&k->mem, &e, cn_frames_digest(&k->open));
	if (!k->of_part && m.n_fields == 0) {
		k->state = REST;
	} else if (cn_frame_open(&k->open, &k->mem, &e, &type, &defects)) {
		body_begin(k, UNSEEN, true, text_share(k), CN_ENC_NONE);
	} else {
		k->parts++;
		if (is_shown(k, &e, type))
			body_begin(k, LEAF, true, text_share(k),
			    encoding(k, &e));
		else
			body_begin(k, LEAF, false, strncmp(type, "message/",
			    8) == 0 && strstr(type, "delivery-status") ?
			    k->max.report : 0, encoding(k, &e));
	}
	cn_arena_release(&m.mem);
	if (k->of_part)
		full(k, k->part_at);
}

/* Beyond the bound of a mail's header lines count for what they are, and the
 * field that crosses it is cut there anyway; two bytes may be its line end. */
static void keep_line(struct cn_skim *k, enum cn_head_line kind)
{
	if (k->of_part || k->kept.len < CN_MAIL_HEADER + 3 ||
	    kind == CN_LINE_EMPTY)
		cn_buf_add(&k->kept, k->line.p, k->line.len);
	else if (kind == CN_LINE_FIELD)
		k->defects |= CN_DEF_HEADER_SIZE;
	else if (kind != CN_LINE_MORE)
		k->defects |= CN_DEF_HEADER;
}

static const char *body(struct cn_skim *, const char *, const char *);

/* The line in k->line is no part of the header: the body begins with it. */
static void head_stop(struct cn_skim *k)
{
	struct cn_buf line = k->line;

	memset(&k->line, 0, sizeof(k->line));
	head_end(k);
	for (const char *p = line.p, *end = p + line.len;
	    p < end && k->state == BODY; )
		p = body(k, p, end);
	cn_buf_wipe(&line);
}

/* One line is in k->line, whole or as far as it matters. */
static void head_line(struct cn_skim *k)
{
	const char *p = k->line.p, *end = p + k->line.len;
	enum cn_head_line kind = cn_head_line(p, end);

	if (k->of_part && k->named && kind != CN_LINE_MORE && end - p >= 3 &&
	    p[0] == '-' && p[1] == '-' && cn_frames_boundary(&k->open, p,
	    end[-1] == '\n' ? end - 1 : end)) {
		if (!k->fresh || k->open.closes)
			head_stop(k);	/* else twice is no empty part */
		k->line.len = 0;
		return;
	}
	if (kind == CN_LINE_BODY) {
		head_stop(k);
		return;
	}
	keep_line(k, kind);
	k->fresh = false;
	if (kind != CN_LINE_MORE || !k->unit)
		k->named = kind == CN_LINE_FIELD;
	k->unit = true;
	k->line.len = 0;
	if (kind == CN_LINE_EMPTY)
		head_end(k);
	else if (k->of_part)
		full(k, k->part_at);
}

static const char *head(struct cn_skim *k, const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));
	size_t n = (size_t)((nl ? nl + 1 : end) - p);

	if (k->long_line) {
		k->long_line = !nl;
		return p + n;
	}
	/* Up to the bound and one byte more: then it is known. */
	if (n > CN_MAIL_LINE + 1 - k->line.len) {
		n = CN_MAIL_LINE + 1 - k->line.len;
		nl = NULL;
	}
	cn_buf_add(&k->line, p, n);
	if (nl) {
		head_line(k);
	} else if (k->line.len > CN_MAIL_LINE) {
		enum cn_head_line kind = cn_head_line(k->line.p,
		    k->line.p + k->line.len);

		k->long_line = kind != CN_LINE_BODY;
		if (k->long_line)
			cn_buf_ch(&k->line, '\n');
		head_line(k);
	}
	return p + n;
}

/* --- boundaries --- */

/* pend is a boundary line, behind the line end that belongs to it. */
static void boundary(struct cn_skim *k, bool ended)
{
	struct cn_frames *open = &k->open;
	bool cut = k->cut, empty = !cut && k->kept.len == k->body_at;

	if (k->what == UNSEEN && open->n > open->hit + 1 && !empty)
		k->parts++;		/* it was no multipart */
	body_end(k);
	k->part_at = k->kept.len;
	if (cut)
		cn_buf_str(&k->kept, "\r\n");
	else if (k->what != PASSING)
		cn_buf_add(&k->kept, k->pend.p, k->le);
	cn_buf_add(&k->kept, k->pend.p + k->le, k->pend.len - k->le);
	if (ended)
		cn_buf_ch(&k->kept, '\n');
	k->pend.len = k->le = 0;
	open->n = open->closes ? open->hit : open->hit + 1;
	if (open->n == 0 || k->parts > CN_MAIL_PARTS)
		k->state = REST;
	else if (open->closes)
		body_begin(k, PASSING, false, 0, CN_ENC_NONE);
	else
		head_begin(k);
	full(k, k->part_at);
}

/* What was held back is content, but for a CR that may begin a line end. */
static void release(struct cn_skim *k)
{
	bool cr = k->pend.len > k->le && k->pend.p[k->pend.len - 1] == '\r';

	content(k, k->pend.p, k->pend.len - cr);
	k->pend.len = k->le = 0;
	k->bol = false;
	if (cr)
		cn_buf_ch(&k->pend, '\r');
}

/* A line that begins with --, up to where it ends. */
static const char *dashes(struct cn_skim *k, const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));
	size_t room = CN_MAIL_LINE + 1 - (k->pend.len - k->le);
	size_t n = (size_t)((nl ? nl : end) - p);

	if (n > room) {
		n = room;
		nl = NULL;
	}
	cn_buf_add(&k->pend, p, n);
	if (!nl) {
		if (k->pend.len - k->le > CN_MAIL_LINE)
			release(k);
		return p + n;
	}
	if (k->pend.len - k->le >= 3 && cn_frames_boundary(&k->open,
	    k->pend.p + k->le, k->pend.p + k->pend.len)) {
		boundary(k, true);
		return nl + 1;
	}
	release(k);
	cn_buf_ch(&k->pend, '\n');
	k->le = k->pend.len;
	k->bol = true;
	return nl + 1;
}

/* At a line end, or at the beginning of a line. */
static const char *held(struct cn_skim *k, const char *p, const char *end)
{
	if (k->bol && k->pend.len - k->le >= 2)
		return dashes(k, p, end);
	if (k->bol && *p == '-') {
		cn_buf_ch(&k->pend, *p);
		return p + 1;
	}
	if (!k->bol && *p == '\n') {
		cn_buf_ch(&k->pend, *p);
		k->le = k->pend.len;
		k->bol = true;
		return p + 1;
	}
	if (!k->bol && k->pend.len == 0 && *p == '\r') {
		cn_buf_ch(&k->pend, *p);
		return p + 1;
	}
	content(k, k->pend.p, k->pend.len);
	k->pend.len = k->le = 0;
	k->bol = false;
	return p;
}

/* The line end from which a boundary may follow, else the end. */
static const char *line_end(const char *p, const char *end)
{
	const char *q = memmem(p, (size_t)(end - p), "\n--", 3);

	if (!q) {
		q = end;
		if (q - p >= 2 && q[-1] == '-' && q[-2] == '\n')
			q--;
		if (q > p && q[-1] == '\n')
			q--;
		else if (q > p && q == end && q[-1] == '\r')
			return q - 1;
		else
			return end;
	}
	return q > p && q[-1] == '\r' ? q - 1 : q;
}

static const char *body(struct cn_skim *k, const char *p, const char *end)
{
	const char *q;

	if (k->open.n == 0) {
		content(k, p, (size_t)(end - p));
		return end;
	}
	if (k->bol || k->pend.len > 0)
		return held(k, p, end);
	q = line_end(p, end);
	content(k, p, (size_t)(q - p));
	return q < end ? held(k, q, end) : end;
}

void cn_skim_feed(struct cn_skim *k, const void *data, size_t n)
{
	const char *p = data, *end = p + n;

	while (p < end && k->state != REST)
		p = k->state == HEAD ? head(k, p, end) : body(k, p, end);
}

int cn_skim_end(struct cn_skim *k, struct cn_mail *m, struct cn_err *err)
{
	int r;

	if (k->state == HEAD && k->line.len > 0 && !k->long_line)
		head_line(k);
	if (k->state == BODY && k->bol && k->pend.len - k->le >= 3 &&
	    cn_frames_boundary(&k->open, k->pend.p + k->le,
	    k->pend.p + k->pend.len))
		boundary(k, false);
	else if (k->state == BODY)
		content(k, k->pend.p, k->pend.len);
	if (k->state == BODY)
		body_end(k);
	r = cn_mime_parse(m, k->kept.p ? k->kept.p : "", k->kept.len,
	    k->flags, &k->cuts, err);
	if (r == 0) {
		m->defects |= k->defects;
		m->kept = k->kept;
		memset(&k->kept, 0, sizeof(k->kept));
	}
	cn_skim_free(k);
	return r;
}

int cn_mail_read(struct cn_mail *m, struct cn_str raw, unsigned flags,
    struct cn_err *err)
{
	struct cn_skim *k;

	if (raw.n <= CN_MAIL_WHOLE)
		return cn_mail_parse(m, raw.p, raw.n, flags, err);
	k = cn_skim_new(flags);
	cn_skim_feed(k, raw.p, raw.n);
	return cn_skim_end(k, m, err);
}
