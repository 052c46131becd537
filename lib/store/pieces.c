/* Bytes that are sealed in chunks of 1 MiB, read one at a time. */
#include <stdio.h>
#include <string.h>

#include "store/message.h"
#include "store/sql.h"

/* A chunk into out (which is emptied first): 1, 0 it is not there, -1. */
static int chunk(struct cn_store *s, int64_t id, const struct cn_cell_at *at,
    struct cn_buf *out, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, "SELECT cell FROM raw WHERE id = ?",
	    "i", id * 4096 + at->chunk);
	struct cn_str cell;
	int r;

	if (out->len > 0)
		cn_wipe(out->p, out->len);
	out->len = 0;
	if (st == NULL || (r = cn_step(s, st, err)) < 0)
		return -1;
	if (r == 1) {
		cell = cn_col(st, 0);
		r = cn_cell_open(s->keys, at, cell.p, cell.n, out, err) < 0 ?
		    -1 : 1;
	}
	sqlite3_reset(st);
	return r;
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
	struct cn_buf plain = { 0 };
	char pub[CN_ID_LEN];
	int64_t leaf, chunks, i;
	int r = cn_message_sealed(s, id, pub, &leaf, &chunks, err);

	for (i = 0; r == 0 && i < (chunks ? chunks : 1); i++) {
		r = chunk(s, id, &(struct cn_cell_at){ leaf, "raw", pub,
		    "cell", (uint32_t)i }, &plain, err);
		if (r == 1) {
			r = fn(arg, cn_buf_view(&plain), err);
			continue;
		}
		/* An erasure may have come between two chunks. */
		if (r == 0 && (r = cn_message_sealed(s, id, pub, &leaf, &chunks,
		    err)) == 0)
			r = cn_fail(err, CN_INTEGRITY, "message %s: chunk %lld "
			    "is missing", pub, (long long)i);
		else if (err->status != CN_BLOCKED)
			(void)cn_wrap(err, "message %s", pub);
	}
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
