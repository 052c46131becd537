/* Mail that does not come with the others: too large for one answer, or
 * listed and not sent.  It is had in pieces of 1 MiB, each of which is kept as
 * soon as it is here, so that a later run goes on with the next. */
#include <string.h>

#include "desk/fetch_int.h"

#define LIST 64			/* looked at together */

static int listed(void *arg, const struct cn_imap_mail *m, struct cn_err *err)
{
	struct cn_want *w = arg;

	(void)err;
	*w = (struct cn_want){ .uid = m->uid, .size = m->size,
	    .arrived = m->arrived, .flags = m->flags, .listed = true };
	return 0;
}

static int drop(struct cn_fetch *f, const struct cn_pending *p,
    struct cn_err *err)
{
	if (cn_store_begin(f->store, err) < 0)
		return -1;
	if (cn_pending_drop(f->store, p->id, err) < 0) {
		cn_store_rollback(f->store);
		return -1;
	}
	return cn_store_commit(f->store, err);
}

/* The server still lists it, and still does not send it. */
static int not_sent(struct cn_fetch *f, const struct cn_pending *p,
    struct cn_err *err)
{
	char place[CN_FETCH_PLACE];

	f->n.missing++;
	cn_fetch_place(f, p->uid, place);
	f->conf->tell(f->conf->arg, place, "the server lists it and does not "
	    "send it; it is asked for again at the next run");
	if (cn_store_begin(f->store, err) < 0)
		return -1;
	if (cn_pending_add(f->store, &f->box, p->uid, p->size,
	    "the server does not send it", err) < 0) {
		cn_store_rollback(f->store);
		return -1;
	}
	return cn_store_commit(f->store, err);
}

static int whole(struct cn_fetch *f, const struct cn_pending *p,
    const struct cn_want *w, struct cn_str bytes, struct cn_err *err)
{
	struct cn_imap_mail m = { .uid = w->uid, .size = w->size,
	    .arrived = w->arrived, .flags = w->flags, .body = bytes };
	int r = cn_fetch_take(f, &m, w, err);

	if (r >= 0 && cn_fetch_flush(f, err) < 0)
		return -1;
	return r < 0 ? -1 : drop(f, p, err) < 0 ? -1 : r;
}

static int one(struct cn_fetch *f, const struct cn_pending *p,
    struct cn_err *err)
{
	uint32_t uid = (uint32_t)p->uid;
	struct cn_want w = { .uid = uid };
	struct cn_buf b = { 0 };
	int64_t message;
	int r = cn_imap_sizes(f->imap, uid, uid, listed, &w, err);

	if (r < 0)
		return -1;
	r = w.listed ? cn_mailbox_has(f->store, &f->box, p->uid, &message,
	    err) : 1;
	if (r != 0)
		return r < 0 ? -1 : drop(f, p, err);
	r = cn_imap_part(f->imap, uid, 0, CN_RAW_CHUNK, &b, err);
	if (r < 0 && err->status == CN_PARTIAL) {
		*err = (struct cn_err){ 0 };
		r = not_sent(f, p, err);
	} else if (r == 0 && b.len == 0 && w.size > 0) {
		r = not_sent(f, p, err);
	} else if (r == 0 && b.len < CN_RAW_CHUNK) {
		r = whole(f, p, &w, cn_buf_view(&b), err);
	}
	cn_buf_wipe(&b);
	return r;
}

int cn_fetch_pending(struct cn_fetch *f, struct cn_err *err)
{
	struct cn_pending v[LIST];
	int64_t after = 0;
	size_t n, i;
	int r = 0;

	f->nwant = 0;
	f->end = f->box.uidnext;
	do {
		if (cn_pending_list(f->store, &f->box, after, v, LIST, &n,
		    err) < 0)
			return -1;
		for (i = 0; i < n && r == 0; i++) {
			r = *f->run->stop ? 1 : one(f, &v[i], err);
			after = v[i].id;
		}
	} while (r == 0 && n == LIST);
	return r;
}
