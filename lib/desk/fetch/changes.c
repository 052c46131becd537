/* What changed about mail that is here: flags, labels, and that it is gone.
 * Written some hundreds at a time, while the answer streams. */
#include <stdlib.h>
#include <string.h>

#include "desk/fetch/fetch_int.h"

#define BATCH 500

struct change {
	uint32_t uid, last;		/* last 0: flags of one mail */
	unsigned flags;
	const char *const *labels;
	size_t nlabels;
};

struct batch {
	struct cn_fetch *f;
	struct change v[BATCH];
	size_t n;
	struct cn_arena mem;
	bool flags, labels;		/* what an answer is about */
	uint32_t low, high;		/* of all that changed */
};

static int write_one(struct batch *b, const struct change *c,
    struct cn_err *err)
{
	struct cn_fetch *f = b->f;
	struct cn_location at = { .folder = f->box.id, .uidvalidity =
	    f->box.uidvalidity, .uid = c->uid };
	int64_t message;
	int r;

	if (c->last != 0)
		return cn_mailbox_gone(f->store, &f->box, c->uid, c->last,
		    err);
	if (b->flags && cn_mailbox_flags(f->store, &f->box, c->uid, c->flags,
	    err) < 0)
		return -1;
	if (!b->labels)
		return 0;
	r = cn_mailbox_has(f->store, &f->box, c->uid, &message, err);
	return r != 1 || message == 0 ? r < 0 ? -1 : 0 :
	    cn_mailbox_label(f->store, &at, message, c->labels, c->nlabels,
	    err);
}

static int write_all(struct batch *b, struct cn_err *err)
{
	size_t i;

	if (b->n == 0)
		return 0;
	if (cn_store_begin(b->f->store, err) < 0)
		return -1;
	for (i = 0; i < b->n; i++)
		if (write_one(b, &b->v[i], err) < 0) {
			cn_store_rollback(b->f->store);
			return -1;
		}
	b->n = 0;
	cn_arena_reset(&b->mem);
	return cn_store_commit(b->f->store, err);
}

static int add(struct batch *b, const struct change *c, struct cn_err *err)
{
	b->v[b->n++] = *c;
	return b->n < BATCH ? 0 : write_all(b, err);
}

static int changed(void *arg, const struct cn_imap_mail *m,
    struct cn_err *err)
{
	struct batch *b = arg;
	struct change c = { .uid = m->uid, .flags = m->flags,
	    .nlabels = m->nkeywords };
	const char **v = cn_arena_alloc(&b->mem,
	    (m->nkeywords + 1) * sizeof(*v));
	size_t i;

	/* Mail above the cursor brings its flags along when it is had. */
	if (m->uid >= b->f->box.uidnext)
		return 0;
	for (i = 0; i < m->nkeywords; i++)
		v[i] = cn_arena_strdup(&b->mem, m->keywords[i]);
	c.labels = v;
	b->low = b->low == 0 || m->uid < b->low ? m->uid : b->low;
	b->high = m->uid > b->high ? m->uid : b->high;
	return add(b, &c, err);
}

static int gone(void *arg, uint32_t first, uint32_t last, struct cn_err *err)
{
	return add(arg, &(struct change){ .uid = first, .last = last }, err);
}

int cn_fetch_changes(struct cn_fetch *f, struct cn_err *err)
{
	bool gmail = cn_imap_can(f->imap) & CN_IMAP_GMAIL;
	struct batch *b;
	int r;

	if (!(cn_imap_can(f->imap) & CN_IMAP_CONDSTORE) ||
	    f->box.modseq == 0 || f->state.modseq == 0 ||
	    (uint64_t)f->box.modseq == f->state.modseq)
		return 0;
	b = cn_alloc(sizeof(*b));
	*b = (struct batch){ .f = f, .flags = true, .labels = !gmail };
	r = cn_imap_changes(f->imap, (uint64_t)f->box.modseq, changed, gone,
	    b, err);
	if (r == 0)
		r = write_all(b, err);
	if (r == 0 && gmail && b->high != 0) {
		b->flags = false;
		b->labels = true;
		r = cn_imap_labels(f->imap, b->low, b->high, changed, b, err);
		if (r == 0)
			r = write_all(b, err);
	}
	cn_arena_release(&b->mem);
	free(b);
	return r;
}
