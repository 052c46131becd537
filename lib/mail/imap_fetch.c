/* imap_fetch.c - mails: sizes, bodies, parts, labels, changes, expunging
 *
 * The guard hands over each FETCH as it comes; here it is held against what
 * was asked, for a server may send flags of other mails in between, n:* gives
 * the last mail even where it lies below n, and a hostile one says anything.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "imap_int.h"

/* UIDs in a command: RFC 7162, 4 asks clients to stay below 8192 bytes. */
#define SET_MAX 7800

struct fetch {
	unsigned need;			/* CN_GOT_... that an answer has */
	uint32_t first, last;		/* a range, */
	const uint32_t *uids;		/* or these */
	bool *seen;			/* of uids */
	size_t n;
	bool once;			/* each of a range: */
	uint8_t *came;			/* a bit for each, or NULL: they rise */
	uint32_t before;		/* the last one that came */
	uint32_t origin;
	bool part;
	bool found;
	cn_imap_fn *fn;
	int (*gone)(void *, uint32_t, uint32_t, struct cn_err *);
	void *arg;
	struct cn_err *err;
	int rc;				/* of fn or gone, when not 0 */
};

static int by_uid(const void *a, const void *b)
{
	const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

/* 1, or -1 where the server repeats itself, perhaps for ever. */
static int first_time(struct fetch *f, uint32_t uid)
{
	uint32_t i = uid - f->first, bit = 1u << i % 8;

	if (f->came == NULL && uid <= f->before)
		return cn_fail(f->err, CN_UNAVAILABLE,
		    "FETCH: the server sends UIDs that do not rise");
	f->before = uid;
	if (f->came == NULL)
		return 1;
	if (f->came[i / 8] & bit)
		return cn_fail(f->err, CN_UNAVAILABLE,
		    "FETCH: the server sends a mail twice");
	f->came[i / 8] |= (uint8_t)bit;
	return 1;
}

/* 1 it was asked for, 0 it was not, -1 the bound is broken. */
static int asked(struct fetch *f, const struct cn_item *it)
{
	uint32_t uid = it->mail.uid;

	if ((it->got & f->need) != f->need || uid == 0)
		return 0;
	if (f->uids) {
		const uint32_t *at = bsearch(&uid, f->uids, f->n,
		    sizeof(uid), by_uid);

		if (!at || f->seen[at - f->uids])
			return 0;
		f->seen[at - f->uids] = true;
		return 1;
	}
	if (uid < f->first || uid > f->last)
		return 0;
	return f->once ? first_time(f, uid) : 1;
}

static int on_item(void *arg, const struct cn_item *it)
{
	struct fetch *f = arg;
	int r = asked(f, it);

	if (r <= 0)
		f->rc = r;
	else if (f->part)
		f->found = it->origin == f->origin && it->mail.body.p;
	else
		f->rc = f->fn(f->arg, &it->mail, f->err);
	if (f->rc)
		return -1;
	return f->part ? f->found : r;
}

static int on_gone(void *arg, uint32_t first, uint32_t last)
{
	struct fetch *f = arg;

	f->rc = first == 0 ? 0 : f->gone(f->arg, first, last, f->err);
	return f->rc;
}

/* Gets the session ready for this; then the command. */
static int ready(struct cn_imap *m, struct fetch *f, uint32_t body_max,
    struct cn_err *err)
{
	if (!m->open)
		return cn_fail(err, CN_INTERNAL, "FETCH: no mailbox is open");
	if (cn_imap_ready(m, 0, err) < 0)
		return -1;
	f->err = err;
	f->rc = 0;
	m->wire->item = on_item;
	m->wire->arg = f;
	m->wire->body_max = body_max;
	return 0;
}

static int command(struct cn_imap *m, struct fetch *f, const char *text,
    struct cn_err *err)
{
	int r = cn_imap_command(m, "FETCH", text, err);

	/* Whoever called back may have other things in mind than -1. */
	return f->rc ? f->rc : r;
}

/* '5:9' or '5:*' */
static void range(struct cn_buf *b, uint32_t first, uint32_t last)
{
	cn_buf_fmt(b, "%" PRIu32 ":", first);
	if (last == UINT32_MAX)
		cn_buf_ch(b, '*');
	else
		cn_buf_fmt(b, "%" PRIu32, last);
}

/* As many of the UIDs as fit into a set: how many. */
static size_t set(struct cn_buf *b, const uint32_t *uids, size_t n)
{
	size_t from = b->len, i = 0, k;

	while (i < n && b->len - from < SET_MAX) {
		for (k = i; k + 1 < n && uids[k + 1] == uids[k] + 1; k++)
			;
		if (i)
			cn_buf_ch(b, ',');
		cn_buf_fmt(b, "%" PRIu32, uids[i]);
		if (k > i)
			cn_buf_fmt(b, ":%" PRIu32, uids[k]);
		i = k + 1;
	}
	return i;
}

static int by_range(struct cn_imap *m, struct fetch *f, const char *items,
    struct cn_err *err)
{
	struct cn_buf text = { 0 };
	int r;

	if (f->first > f->last)
		return 0;
	if (ready(m, f, 0, err) < 0)
		return -1;
	f->once = true;
	if (f->last - f->first < CN_IMAP_ANY_ORDER)
		f->came = cn_alloc((f->last - f->first) / 8 + 1);
	cn_buf_str(&text, "UID FETCH ");
	range(&text, f->first, f->last);
	cn_buf_str(&text, items);
	r = command(m, f, text.p, err);
	cn_buf_release(&text);
	free(f->came);
	return r;
}

int cn_imap_sizes(struct cn_imap *m, uint32_t first, uint32_t last,
    cn_imap_fn *fn, void *arg, struct cn_err *err)
{
	struct fetch f = { .need = CN_GOT_UID | CN_GOT_SIZE, .first = first,
		.last = last, .fn = fn, .arg = arg };

	return by_range(m, &f, " (UID RFC822.SIZE INTERNALDATE FLAGS)", err);
}

int cn_imap_labels(struct cn_imap *m, uint32_t first, uint32_t last,
    cn_imap_fn *fn, void *arg, struct cn_err *err)
{
	struct fetch f = { .need = CN_GOT_UID | CN_GOT_LABELS, .first = first,
		.last = last, .fn = fn, .arg = arg };

	return by_range(m, &f, " (UID X-GM-LABELS)", err);
}

/* A server's RFC822.SIZE may be an estimate (Exchange's is). */
static uint32_t with_slack(uint32_t max)
{
	return max > UINT32_MAX / 4 ? UINT32_MAX / 2 : max * 2 + 65536;
}

int cn_imap_bodies(struct cn_imap *m, const uint32_t *uids, size_t n,
    uint32_t max, cn_imap_fn *fn, void *arg, struct cn_err *err)
{
	struct fetch f = { .need = CN_GOT_UID | CN_GOT_BODY, .fn = fn,
		.arg = arg };
	struct cn_buf text = { 0 };
	size_t k;
	int r = 0;

	for (; r == 0 && n > 0; uids += k, n -= k) {
		r = ready(m, &f, with_slack(max), err);
		if (r < 0)
			break;
		text.len = 0;
		cn_buf_str(&text, "UID FETCH ");
		k = set(&text, uids, n);
		cn_buf_str(&text, " (UID FLAGS INTERNALDATE BODY.PEEK[])");
		f.uids = uids;
		f.n = k;
		f.seen = cn_alloc(k * sizeof(*f.seen));
		r = command(m, &f, text.p, err);
		free(f.seen);
	}
	cn_buf_release(&text);
	return r;
}

int cn_imap_part(struct cn_imap *m, uint32_t uid, uint32_t offset,
    uint32_t n, struct cn_buf *out, struct cn_err *err)
{
	struct fetch f = { .need = CN_GOT_UID | CN_GOT_BODY, .first = uid,
		.last = uid, .origin = offset, .part = true };
	struct cn_buf text = { 0 };
	size_t was = out->len;
	int r = ready(m, &f, n, err);

	if (r == 0) {
		m->wire->body = out;
		cn_buf_fmt(&text, "UID FETCH %" PRIu32 " (UID BODY.PEEK[]<%"
		    PRIu32 ".%" PRIu32 ">)", uid, offset, n);
		r = command(m, &f, text.p, err);
		m->wire->body = &m->wire->mail;
		cn_buf_release(&text);
	}
	if (r == 0 && !f.found)
		r = cn_fail(err, CN_PARTIAL, "FETCH: no such mail any more");
	if (r < 0)
		out->len = was;
	return r;
}

int cn_imap_changes(struct cn_imap *m, uint64_t modseq, cn_imap_fn *fn,
    int (*gone)(void *, uint32_t, uint32_t, struct cn_err *), void *arg,
    struct cn_err *err)
{
	struct fetch f = { .need = CN_GOT_UID | CN_GOT_FLAGS, .first = 1,
		.last = UINT32_MAX, .fn = fn, .gone = gone, .arg = arg };
	bool qresync = (m->can & CN_IMAP_QRESYNC) && gone;
	char text[96];

	if (!(m->can & CN_IMAP_CONDSTORE))
		return cn_fail(err, CN_PARTIAL, "FETCH: no CONDSTORE");
	if (ready(m, &f, 0, err) < 0)
		return -1;
	if (qresync)
		m->wire->gone = on_gone;
	snprintf(text, sizeof(text), "UID FETCH 1:* (UID FLAGS) "
	    "(CHANGEDSINCE %" PRIu64 "%s)", modseq,
	    qresync ? " VANISHED" : "");
	return command(m, &f, text, err);
}

int cn_imap_expunge(struct cn_imap *m, const uint32_t *uids, size_t n,
    struct cn_err *err)
{
	struct cn_buf text = { 0 }, uid_set = { 0 };
	size_t k;
	int r = 0;

	if (!m->open)
		return cn_fail(err, CN_INTERNAL, "EXPUNGE: no mailbox is open");
	if (!m->write)
		return cn_fail(err, CN_PARTIAL,
		    "the mailbox is open to read only");
	if (!(m->can & CN_IMAP_UIDPLUS))
		return cn_fail(err, CN_PARTIAL,
		    "the server cannot expunge one mail alone (UIDPLUS)");
	for (; r == 0 && n > 0; uids += k, n -= k) {
		uid_set.len = text.len = 0;
		k = set(&uid_set, uids, n);
		cn_buf_fmt(&text, "UID STORE %s +FLAGS.SILENT (\\Deleted)",
		    uid_set.p);
		r = cn_imap_ready(m, 0, err);
		if (r == 0)
			r = cn_imap_command(m, "STORE", text.p, err);
		text.len = 0;
		cn_buf_fmt(&text, "UID EXPUNGE %s", uid_set.p);
		if (r == 0)
			r = cn_imap_ready(m, 0, err);
		if (r == 0)
			r = cn_imap_command(m, "EXPUNGE", text.p, err);
	}
	cn_buf_release(&text);
	cn_buf_release(&uid_set);
	return r;
}
