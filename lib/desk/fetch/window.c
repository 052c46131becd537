/* The windows of a mailbox: what lies above the cursor is listed with its
 * sizes, some thousands at a time; what is wanted of it is had in one command,
 * which streams, so that a window costs two waits for the server however far
 * away that is. */
#include <stdlib.h>
#include <string.h>

#include "desk/fetch/fetch_int.h"

#define WIDTH_MAX (1 << 22)	/* UIDs that one listing spans at most */

/* --- listing --- */

static int by_uid(const void *key, const void *e)
{
	uint32_t uid = *(const uint32_t *)key;
	const struct cn_want *w = e;

	return uid < w->uid ? -1 : uid > w->uid;
}

static int by_place(const void *a, const void *b)
{
	return by_uid(&((const struct cn_want *)a)->uid, b);
}

static struct cn_want *find(struct cn_fetch *f, uint32_t uid)
{
	return f->nwant == 0 ? NULL : bsearch(&uid, f->want, f->nwant,
	    sizeof(f->want[0]), by_uid);
}

static int list(void *arg, const struct cn_imap_mail *m, struct cn_err *err)
{
	struct cn_fetch *f = arg;

	(void)err;
	if (f->nwant > 0 && m->uid < f->want[f->nwant - 1].uid)
		f->mixed = true;
	if (f->nwant == CN_FETCH_WINDOW) {
		f->more = true;
		return 0;
	}
	f->want[f->nwant] = (struct cn_want){ .uid = m->uid, .size = m->size,
	    .arrived = m->arrived, .flags = m->flags };
	/* Where there are labels, keywords say nothing new. */
	if (!(cn_imap_can(f->imap) & CN_IMAP_GMAIL))
		cn_fetch_labels(f, &f->want[f->nwant], m);
	f->nwant++;
	return 0;
}

void cn_fetch_labels(struct cn_fetch *f, struct cn_want *w,
    const struct cn_imap_mail *m)
{
	const char **v = cn_arena_alloc(&f->labels,
	    (m->nkeywords + 1) * sizeof(*v));
	size_t i;

	for (i = 0; i < m->nkeywords; i++)
		v[i] = cn_arena_strdup(&f->labels, m->keywords[i]);
	w->labels = v;
	w->nlabels = m->nkeywords;
}

static int take_labels(void *arg, const struct cn_imap_mail *m,
    struct cn_err *err)
{
	struct cn_fetch *f = arg;
	struct cn_want *w = find(f, m->uid);

	(void)err;
	if (w != NULL)
		cn_fetch_labels(f, w, m);
	return 0;
}

static int listing(struct cn_fetch *f, int64_t first, int64_t last,
    struct cn_err *err)
{
	f->nwant = 0;
	f->more = f->mixed = false;
	f->end = first;			/* nothing is done yet */
	cn_arena_reset(&f->labels);
	return cn_imap_sizes(f->imap, (uint32_t)first, (uint32_t)last, list,
	    f, err);
}

/* The mails first..last, and what of them there is. */
static int window(struct cn_fetch *f, int64_t first, int64_t last,
    struct cn_err *err)
{
	if (listing(f, first, last, err) < 0)
		return -1;
	/* Those that found no room may be the lower ones: as many as fit. */
	if (f->more && f->mixed) {
		last = first + CN_FETCH_WINDOW - 1;
		if (listing(f, first, last, err) < 0)
			return -1;
	}
	if (f->mixed)
		qsort(f->want, f->nwant, sizeof(f->want[0]), by_place);
	/* Above the last of all, new ones will come. */
	f->end = f->more || (last == UINT32_MAX && f->nwant > 0) ?
	    (int64_t)f->want[f->nwant - 1].uid + 1 :
	    last == UINT32_MAX ? first : last + 1;
	if (f->nwant > 0 && (cn_imap_can(f->imap) & CN_IMAP_GMAIL))
		return cn_imap_labels(f->imap, f->want[0].uid,
		    f->want[f->nwant - 1].uid, take_labels, f, err);
	return 0;
}

/* --- what of it is wanted --- */

static int choose(struct cn_fetch *f, struct cn_want *w, struct cn_err *err)
{
	int64_t message;
	int r = cn_mailbox_has(f->store, &f->box, w->uid, &message, err);

	w->state = CN_WANT_DONE;
	w->here = r == 1;
	if (r != 0)
		return r < 0 ? -1 : 0;
	if (f->pass || (w->arrived != 0 && ((f->conf->has_since &&
	    w->arrived < f->conf->since) || (w->uid < f->box.anew &&
	    w->arrived < f->box.passed)))) {
		f->n.passed++;
		return 0;
	}
	w->state = w->size > CN_FETCH_LARGE ? CN_WANT_LARGE : CN_WANT_BODY;
	return 0;
}

/* With a limit the window ends behind the last mail that it allows. */
static int choose_each(struct cn_fetch *f, struct cn_err *err)
{
	size_t i;

	for (i = 0; i < f->nwant; i++) {
		if (choose(f, &f->want[i], err) < 0)
			return -1;
		if (f->want[i].state == CN_WANT_DONE || f->conf->limit == 0)
			continue;
		if (f->left == 0) {
			f->end = f->want[i].uid;
			f->nwant = i;
			return 1;
		}
		f->left--;
	}
	return 0;
}

static int choose_all(struct cn_fetch *f, struct cn_err *err)
{
	int r;

	if (cn_store_look(f->store, err) < 0)
		return -1;
	r = choose_each(f, err);
	cn_store_looked(f->store);
	return r;
}

/* --- having it --- */

static int take(void *arg, const struct cn_imap_mail *m, struct cn_err *err)
{
	struct cn_fetch *f = arg;
	struct cn_want *w = find(f, m->uid);
	int r;

	if (w == NULL || w->state != CN_WANT_BODY || m->body.p == NULL)
		return 0;
	w->state = CN_WANT_DONE;
	r = cn_fetch_take(f, m, w, err);
	f->ours = r < 0;
	return r;
}

static int list_again(void *arg, const struct cn_imap_mail *m,
    struct cn_err *err)
{
	struct cn_fetch *f = arg;
	struct cn_want *w = find(f, m->uid);

	(void)err;
	if (w != NULL && w->state == CN_WANT_BODY)
		w->listed = true;
	return 0;
}

static void not_sent(struct cn_fetch *f, struct cn_want *w)
{
	w->state = CN_WANT_LARGE;
	w->listed = true;
	cn_fetch_missing(f, w->uid);
}

/* What was listed and not sent: it has gone meanwhile, or goes on the list of
 * what is pending. */
static int missing(struct cn_fetch *f, struct cn_err *err)
{
	size_t i, first = f->nwant, last = 0;

	for (i = 0; i < f->nwant; i++)
		if (f->want[i].state == CN_WANT_BODY) {
			first = first < f->nwant ? first : i;
			last = i;
		}
	if (first == f->nwant)
		return 0;
	if (cn_imap_sizes(f->imap, f->want[first].uid, f->want[last].uid,
	    list_again, f, err) < 0)
		return -1;
	for (i = first; i <= last; i++) {
		if (f->want[i].state != CN_WANT_BODY)
			continue;
		if (f->want[i].listed)
			not_sent(f, &f->want[i]);
		else
			f->want[i].state = CN_WANT_DONE;
	}
	return 0;
}

/* The mail at which the line broke or a bound was passed: it comes in pieces,
 * where nothing is too large, and after the others. */
static void suspect(struct cn_fetch *f)
{
	size_t i;

	for (i = 0; i < f->nwant; i++)
		if (f->want[i].state == CN_WANT_BODY) {
			f->want[i].state = CN_WANT_LARGE;
			return;
		}
}

/* What lay there and is not listed any more. */
static int vanished(struct cn_fetch *f, int64_t first, struct cn_err *err)
{
	int64_t uids[CN_FETCH_WINDOW], after = first - 1;
	size_t i, n;
	int r = 0;

	do {
		if (cn_mailbox_uids(f->store, &f->box, after, f->end, uids,
		    CN_FETCH_WINDOW, &n, err) < 0)
			return -1;
		if (n == 0)
			break;
		if (cn_store_begin(f->store, err) < 0)
			return -1;
		for (i = 0; i < n && r == 0; i++)
			if (find(f, (uint32_t)uids[i]) == NULL)
				r = cn_mailbox_gone(f->store, &f->box, uids[i],
				    uids[i], err);
		if (r < 0) {
			cn_store_rollback(f->store);
			return -1;
		}
		if (cn_store_commit(f->store, err) < 0)
			return -1;
		after = uids[n - 1];
	} while (n == CN_FETCH_WINDOW);
	return 0;
}

/* The bodies of want[from..to).  Where the server refuses them together, it is
 * one of them that it cannot give: halves find out which. */
static int bodies(struct cn_fetch *f, size_t from, size_t to,
    struct cn_err *err)
{
	uint32_t uids[CN_FETCH_WINDOW];
	size_t i, n = 0;
	int r;

	for (i = from; i < to; i++)
		if (f->want[i].state == CN_WANT_BODY)
			uids[n++] = f->want[i].uid;
	if (n == 0)
		return 0;
	r = cn_imap_bodies(f->imap, uids, n, CN_FETCH_LARGE, take, f, err);
	if (r >= 0 || err->status != CN_PARTIAL)
		return r;
	if (n == 1) {
		not_sent(f, find(f, uids[0]));
		return 0;
	}
	r = bodies(f, from, from + (to - from) / 2, err);
	return r != 0 ? r : bodies(f, from + (to - from) / 2, to, err);
}

/* One window; 1: stopped, or at the limit. */
static int read_window(struct cn_fetch *f, int64_t first, struct cn_err *err)
{
	struct cn_err ignored = { 0 };
	int limit = choose_all(f, err), r;

	f->ours = false;
	if (limit < 0 || (f->conf->rescan && vanished(f, first, err) < 0))
		return -1;
	r = bodies(f, 0, f->nwant, err);
	if (r < 0 && !f->ours && !*f->run->stop)
		suspect(f);
	if (r == 0)
		r = missing(f, err);
	/* What came before the line broke is kept. */
	if (cn_fetch_flush(f, r < 0 ? &ignored : err) < 0)
		return -1;
	return r != 0 ? r : limit;
}

int cn_fetch_new(struct cn_fetch *f, struct cn_err *err)
{
	int64_t width = CN_FETCH_WINDOW, last, next;
	int r = 0;

	while (r == 0 && (f->state.uidnext == 0 ||
	    f->box.uidnext < f->state.uidnext)) {
		next = f->box.uidnext;
		last = next + width - 1;
		if (f->state.uidnext == 0)
			last = UINT32_MAX;
		else if (last >= f->state.uidnext)
			last = f->state.uidnext - 1;
		if (*f->run->stop)
			return 1;
		if (window(f, next, last, err) < 0)
			return -1;
		if (f->nwant > 0 || f->conf->rescan)
			r = read_window(f, next, err);
		else
			f->box.uidnext = f->end;
		if (f->state.uidnext == 0 && !f->more)
			break;
		/* Over a gap in ever longer steps. */
		width = f->nwant > 0 ? CN_FETCH_WINDOW :
		    width < WIDTH_MAX ? width * 2 : WIDTH_MAX;
	}
	return r;
}
