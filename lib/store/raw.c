/* Bytes that are sealed in chunks of 1 MiB, read one at a time. */
#include <stdio.h>
#include <string.h>

#include "store/message.h"
#include "store/sql.h"

int cn_packed_make(struct cn_store *s, struct cn_packed *p, struct cn_buf *in,
    struct cn_str raw, struct cn_err *err)
{
	size_t at = 0, n, from, len;

	if (raw.n > (size_t)4095 * CN_RAW_CHUNK)
		return cn_fail(err, CN_PARTIAL, "larger than 4 GiB");
	*p = (struct cn_packed){ .in = in, .at = in->len, .size = raw.n };
	do {
		n = raw.n - at < CN_RAW_CHUNK ? raw.n - at : CN_RAW_CHUNK;
		from = in->len;
		cn_buf_add(in, &from, sizeof(from));
		if (cn_cell_pack(s->keys, raw.p + at, n, in, err) < 0)
			return -1;
		len = in->len - from - sizeof(len);
		memcpy(in->p + from, &len, sizeof(len));
		at += n;
	} while (at < raw.n);
	p->len = in->len - p->at;
	return 0;
}

struct cn_str cn_packed_cell(const struct cn_packed *p, size_t *at)
{
	struct cn_str cell = { NULL, 0 };

	if (*at < p->len) {
		memcpy(&cell.n, p->in->p + p->at + *at, sizeof(cell.n));
		cell.p = p->in->p + p->at + *at + sizeof(cell.n);
		*at += sizeof(cell.n) + cell.n;
	}
	return cell;
}

int cn_packed_plain(struct cn_store *s, const struct cn_packed *p,
    struct cn_buf *out, struct cn_err *err)
{
	struct cn_str cell;
	size_t at = 0;

	while ((cell = cn_packed_cell(p, &at)).n > 0)
		if (cn_cell_plain(s->keys, cell.p, cell.n, out, err) < 0)
			return -1;
	return 0;
}

int cn_chunk(struct cn_store *s, const struct cn_chunked *c, int64_t n,
    struct cn_buf *out, struct cn_err *err)
{
	bool raw = strcmp(c->table, "raw") == 0;
	sqlite3_stmt *st = raw ? cn_bind(s, err, "SELECT cell FROM raw WHERE"
	    " id = ?", "i", c->number * 4096 + n) : n > 0 ? cn_bind(s, err,
	    "SELECT cell FROM held WHERE id = ?", "i", c->number * 4096 + n) :
	    cn_bind(s, err, "SELECT cell FROM quarantine WHERE id = ?", "i",
	    c->number);
	const char *what = raw ? "message" : "item";
	struct cn_str cell;
	int r;

	if (out->len > 0)
		cn_wipe(out->p, out->len);
	out->len = 0;
	if (st == NULL || (r = cn_step(s, st, err)) < 0)
		return -1;
	if (r == 0)
		return cn_fail(err, CN_INTEGRITY, "%s %s: chunk %lld is "
		    "missing", what, c->row, (long long)n);
	cell = cn_col(st, 0);
	r = cn_cell_open(s->keys, &(struct cn_cell_at){ c->leaf, c->table,
	    c->row, "cell", (uint32_t)n }, cell.p, cell.n, out, err);
	sqlite3_reset(st);
	return r < 0 ? cn_wrap(err, "%s %s", what, c->row) : 0;
}

int cn_message_sealed(struct cn_store *s, int64_t id, char pub[CN_ID_LEN],
    int64_t *leaf, int64_t *chunks, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err,
	    "SELECT pub, leaf, chunks FROM message WHERE id = ?", "i", id);
	int r;

	if (st == NULL || (r = cn_step(s, st, err)) < 0)
		return -1;
	if (r == 0)
		return cn_fail(err, CN_BLOCKED, "no such message");
	snprintf(pub, CN_ID_LEN, "%s",
	    (const char *)sqlite3_column_text(st, 0));
	*leaf = sqlite3_column_int64(st, 1);
	*chunks = sqlite3_column_int64(st, 2);
	sqlite3_reset(st);
	return 0;
}

int cn_message_pieces(struct cn_store *s, int64_t id, cn_piece_fn *fn,
    void *arg, struct cn_err *err)
{
	struct cn_chunked c = { .table = "raw", .number = id };
	struct cn_buf plain = { 0 };
	char pub[CN_ID_LEN];
	struct cn_err now;
	int64_t n, i = 0;
	int r = cn_message_sealed(s, id, pub, &c.leaf, &n, err);

	c.row = pub;
	while (r == 0 && (i == 0 || i < n)) {
		r = cn_chunk(s, &c, i++, &plain, err);
		if (r == 0)
			r = fn(arg, cn_buf_view(&plain), err);
	}
	/* An erasure may have come between two chunks. */
	if (r < 0 && err->status == CN_INTEGRITY && cn_message_sealed(s, id,
	    pub, &c.leaf, &n, &now) < 0)
		*err = now;
	cn_buf_wipe(&plain);
	return r;
}

/* --- as a mail --- */

struct reading {
	struct cn_buf first;		/* chunk */
	struct cn_skim *skim;		/* where there is a second one */
	unsigned flags;
};

static int read_piece(void *arg, struct cn_str piece, struct cn_err *err)
{
	struct reading *r = arg;

	(void)err;
	if (r->first.p == NULL) {
		cn_buf_add(&r->first, piece.p, piece.n);
		return 0;
	}
	if (r->skim == NULL) {
		r->skim = cn_skim_new(r->flags);
		cn_skim_feed(r->skim, r->first.p, r->first.len);
	}
	cn_skim_feed(r->skim, piece.p, piece.n);
	return 0;
}

int cn_message_mail(struct cn_store *s, int64_t id, unsigned flags,
    struct cn_mail *m, struct cn_err *err)
{
	struct reading rd = { .flags = flags };
	int r = cn_message_pieces(s, id, read_piece, &rd, err);

	if (r == 0 && rd.skim != NULL) {
		r = cn_skim_end(rd.skim, m, err);
		rd.skim = NULL;
	} else if (r == 0) {
		r = cn_mail_parse(m, rd.first.p, rd.first.len, flags, err);
		if (r == 0) {
			m->kept = rd.first;
			memset(&rd.first, 0, sizeof(rd.first));
		}
	}
	cn_skim_free(rd.skim);
	cn_buf_wipe(&rd.first);
	return r;
}

static int first_piece(void *arg, struct cn_str piece, struct cn_err *err)
{
	(void)err;
	cn_buf_add(arg, piece.p, piece.n);
	return 1;
}

int cn_message_header(struct cn_store *s, int64_t id, struct cn_mail *m,
    struct cn_err *err)
{
	struct cn_buf b = { 0 };
	int r = cn_message_pieces(s, id, first_piece, &b, err);

	if (r >= 0)
		r = cn_mail_parse(m, b.p ? b.p : "", b.len,
		    CN_MAIL_HEADERS_ONLY, err);
	if (r == 0)
		m->kept = b;
	else
		cn_buf_wipe(&b);
	return r;
}

struct boxing {
	struct cn_mboxrd box;
	struct cn_buf out;
	cn_piece_fn *put;
	void *arg;
};

static int hand_on(struct boxing *b, struct cn_err *err)
{
	int r = b->put(b->arg, cn_buf_view(&b->out), err);

	if (b->out.len > 0)
		cn_wipe(b->out.p, b->out.len);
	b->out.len = 0;
	return r;
}

static int box_piece(void *arg, struct cn_str piece, struct cn_err *err)
{
	struct boxing *b = arg;

	cn_mboxrd_feed(&b->box, &b->out, piece);
	return hand_on(b, err);
}

int cn_message_mbox(struct cn_store *s, int64_t id, const struct cn_msg *m,
    cn_piece_fn *put, void *arg, struct cn_err *err)
{
	struct boxing b = { .put = put, .arg = arg };
	int r;

	cn_mboxrd_begin(&b.box, &b.out, m->from.n > 0 ? m->from.v[0].addr :
	    NULL, m->date);
	r = cn_message_pieces(s, id, box_piece, &b, err);
	if (r == 0) {
		cn_mboxrd_end(&b.box, &b.out);
		r = hand_on(&b, err);
	}
	cn_buf_wipe(&b.out);
	return r;
}
