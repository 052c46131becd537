/* Mail that does not come with the others: too large for one answer, or
 * listed and not sent.  It is had in pieces of 1 MiB, each of which is kept as
 * soon as it is here, so that a later run goes on with the next. */
#include <string.h>

#include "desk/fetch/fetch_int.h"
#include "desk/intake/large.h"

struct look {
	struct cn_fetch *f;
	struct cn_want want;
};

static int listed(void *arg, const struct cn_imap_mail *m, struct cn_err *err)
{
	struct look *l = arg;

	(void)err;
	l->want = (struct cn_want){ .uid = m->uid, .size = m->size,
	    .arrived = m->arrived, .flags = m->flags, .listed = true };
	cn_fetch_labels(l->f, &l->want, m);
	return 0;
}

static int labels(void *arg, const struct cn_imap_mail *m, struct cn_err *err)
{
	struct look *l = arg;

	(void)err;
	cn_fetch_labels(l->f, &l->want, m);
	return 0;
}

/* What the server says of it now. */
static int look(struct cn_fetch *f, uint32_t uid, struct cn_want *w,
    struct cn_err *err)
{
	struct look l = { .f = f, .want = { .uid = uid } };
	int r;

	cn_arena_reset(&f->labels);
	r = cn_imap_sizes(f->imap, uid, uid, listed, &l, err);
	if (r == 0 && l.want.listed && (cn_imap_can(f->imap) & CN_IMAP_GMAIL))
		r = cn_imap_labels(f->imap, uid, uid, labels, &l, err);
	*w = l.want;
	return r;
}

static int in_txn(struct cn_fetch *f, int64_t id,
    int (*what)(struct cn_store *, int64_t, struct cn_err *),
    struct cn_err *err)
{
	if (cn_store_begin(f->store, err) < 0)
		return -1;
	if (what(f->store, id, err) < 0) {
		cn_store_rollback(f->store);
		return -1;
	}
	return cn_store_commit(f->store, err);
}

static int drop(struct cn_fetch *f, const struct cn_pending *p,
    struct cn_err *err)
{
	return in_txn(f, p->id, cn_pending_drop, err);
}

void cn_fetch_missing(struct cn_fetch *f, int64_t uid)
{
	char place[CN_FETCH_PLACE];

	f->n.missing++;
	cn_fetch_place(f, uid, place);
	f->conf->tell(f->conf->arg, place, "the server lists it and does not "
	    "send it; it is asked for again at a later run");
}

static int whole(struct cn_fetch *f, const struct cn_pending *p,
    const struct cn_want *w, struct cn_str bytes, struct cn_err *err)
{
	struct cn_imap_mail m = { .uid = w->uid, .size = w->size,
	    .arrived = w->arrived, .flags = w->flags, .body = bytes };
	int r = cn_fetch_take(f, &m, w, err);

	if (r < 0 || cn_fetch_flush(f, err) < 0 || drop(f, p, err) < 0)
		return -1;
	return r;
}

int cn_fetch_mail(struct cn_store *s, int64_t message,
    const struct cn_fetch_conf *conf, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_msg m;
	int r;

	if (cn_message_load(s, message, 0, &m, &mem, err) < 0)
		return -1;
	conf->hold(conf->arg, true);
	r = cn_message_mbox(s, message, &m, conf->lines, conf->arg, err);
	conf->hold(conf->arg, false);
	cn_arena_release(&mem);
	return r < 0 ? -1 : 0;
}

/* The pieces from the first that is not here; 1: stopped, or not sent. */
static int pieces(struct cn_fetch *f, const struct cn_pending *p, int64_t id,
    struct cn_err *err)
{
	struct cn_buf b = { 0 };
	bool all = false;
	uint32_t chunk;
	int r = 0;

	while (r == 0 && !all) {
		b.len = 0;
		if (cn_fetch_live(f, err) < 0) {
			r = -1;
			break;
		}
		r = *f->run->stop ? 1 : cn_large_next(f->in, id, &chunk, err);
		if (r != 0) {
			all = r == 1 && !*f->run->stop;
			break;
		}
		r = cn_imap_part(f->imap, (uint32_t)p->uid,
		    chunk * CN_RAW_CHUNK, CN_RAW_CHUNK, &b, err);
		if (r < 0 && err->status == CN_PARTIAL) {
			cn_fetch_missing(f, p->uid);
			r = 1;
		}
		if (r != 0)
			break;
		/* Its size may be a whole number of pieces. */
		all = b.len < CN_RAW_CHUNK;
		if (b.len > 0)
			r = cn_large_piece(f->in, id, chunk, cn_buf_view(&b),
			    err);
	}
	cn_buf_wipe(&b);
	return all && r >= 0 ? 0 : r;
}

static int large(struct cn_fetch *f, const struct cn_pending *p,
    const struct cn_want *w, struct cn_str first, struct cn_err *err)
{
	struct cn_intake_at at = { .place = { .uidvalidity =
	    f->box.uidvalidity, .uid = w->uid, .arrived = w->arrived,
	    .flags = w->flags }, .labels = w->labels,
	    .nlabels = w->nlabels };
	char place[CN_FETCH_PLACE];
	int64_t id = p->id, show = 0;
	int r = 0;

	cn_fetch_place(f, w->uid, place);
	if (first.n > 0)
		r = cn_large_begin(f->in, &at, w->size, place, first, &id,
		    err);
	if (r == 1)
		return drop(f, p, err);
	if (r == 0)
		r = pieces(f, p, id, err);
	if (r != 0)
		return r;
	f->lines.len = 0;
	f->arrived = w->arrived;
	r = cn_large_end(f->in, id, &at, place, &f->lines,
	    f->conf->tell, f->conf->arg, &show, err);
	f->arrived = 0;
	r = cn_fetch_show(f, r, err);
	if (r == 0 && show != 0)
		r = cn_fetch_mail(f->store, show, f->conf, err);
	if (r == 0 && f->run->progress != NULL)
		f->run->progress(f->run->progress_arg, ++f->done, f->total);
	return r;
}

/* The first piece, and with it all of a small mail. */
static int first_piece(struct cn_fetch *f, const struct cn_pending *p,
    const struct cn_want *w, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	int r = cn_imap_part(f->imap, w->uid, 0, CN_RAW_CHUNK, &b, err);

	if (r < 0 ? err->status == CN_PARTIAL : b.len == 0 && w->size > 0) {
		cn_fetch_missing(f, p->uid);
		r = 0;
	} else if (r < 0)
		;
	else if (b.len < CN_RAW_CHUNK)
		r = whole(f, p, w, cn_buf_view(&b), err);
	else
		r = large(f, p, w, cn_buf_view(&b), err);
	cn_buf_wipe(&b);
	return r;
}

static int one(struct cn_fetch *f, const struct cn_pending *p,
    struct cn_err *err)
{
	struct cn_want w;
	int64_t message;
	int r;

	/* Counted before it is tried: it may be what ends the session. */
	if (in_txn(f, p->id, cn_pending_try, err) < 0 ||
	    look(f, (uint32_t)p->uid, &w, err) < 0)
		return -1;
	r = w.listed ? cn_mailbox_has(f->store, &f->box, p->uid, &message,
	    err) : 1;
	if (r != 0)
		return r < 0 ? -1 : drop(f, p, err);
	r = p->begun ? large(f, p, &w, (struct cn_str){ "", 0 }, err) :
	    first_piece(f, p, &w, err);
	/* Erased while it came: nothing of it is here. */
	if (r < 0 && err->status == CN_BLOCKED &&
	    cn_fetch_live(f, &(struct cn_err){ 0 }) == 0)
		r = drop(f, p, err);
	if (r == 1 && !*f->run->stop)
		r = 0;			/* this one; the others go on */
	return r;
}

int cn_fetch_pending(struct cn_fetch *f, const struct cn_pending *v, size_t n,
    struct cn_err *err)
{
	size_t i;
	int r = 0;

	f->end = f->box.uidnext;
	for (i = 0; i < n && r == 0; i++)
		r = *f->run->stop ? 1 : one(f, &v[i], err);
	return r;
}
