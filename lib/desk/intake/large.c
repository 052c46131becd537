#include "desk/intake/large.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desk/intake/intake_int.h"
#include "desk/intake/people.h"
#include "desk/intake/thread.h"
#include "store/erase.h"
#include "store/quarantine.h"

#define STALE 86400		/* seconds after which an import was given up */

static int fetch(struct cn_intake *in, int64_t pending, struct cn_pieces *p,
    struct cn_err *err)
{
	int r = cn_pieces_load(in->store, pending, p, err);

	return r != 0 ? r : cn_fail(err, CN_BLOCKED, "erased, or gone from its "
	    "mailbox, before it was whole");
}

static int leaves(struct cn_intake *in, struct cn_err *err)
{
	static const enum cn_leaf_kind kinds[] = { CN_LEAF_PERSON,
	    CN_LEAF_AGENT, CN_LEAF_MESSAGE, CN_LEAF_QUARANTINE,
	    CN_LEAF_ACCOUNT };
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (cn_store_leaves(in->store, kinds[i], 1, err) < 0)
			return -1;
	return 0;
}

/* --- the first piece --- */

/* The leaf under which it will stay; 0: in quarantine, for *why. */
static int leaf_of(struct cn_intake *in, struct cn_intake_item *it,
    int64_t *leaf, const char **why, struct cn_err *err)
{
	struct cn_new_message nm = { .msg = &it->msg };
	int64_t refs[CN_THREAD_REFS], time, person;
	struct cn_ident who = { 0 };
	int r;

	*leaf = 0;
	*why = it->bad;
	if (it->bad[0] != '\0')
		return 0;
	if (it->owner != NULL) {
		r = cn_erased_ident(in->store, it->owner, &time, err);
		*why = CN_INTAKE_OLDER;
		if (r < 0 || (r == 1 && cn_intake_older(it, time)))
			return r < 0 ? -1 : 0;
		r = cn_people_find(in->store, in->conf, it->owner,
		    it->owner_name, false, &who, err);
		*leaf = who.leaf;
		return r < 0 ? -1 : 0;
	}
	r = cn_thread_find(in->store, &it->msg, NULL, &nm, refs, err);
	if (r == 0 && nm.conversation && cn_intake_belongs(it))
		r = cn_conversation_owner(in->store, nm.conversation, &person,
		    leaf, err);
	if (r >= 0 && *leaf == 0)
		*leaf = cn_leaf_orphan(in->store);
	return r < 0 ? -1 : 0;
}

/* Inside the transaction.  What was in quarantine and would be again is left
 * there. */
static int begin(struct cn_intake *in, struct cn_intake_item *it,
    struct cn_str first, struct cn_pieces *p, struct cn_err *err)
{
	struct cn_buf cell = { 0 };
	const char *why;
	int r;

	if (cn_pieces_sweep(in->store, cn_store_now(in->store) - STALE,
	    err) < 0 || leaf_of(in, it, &p->leaf, &why, err) < 0)
		return -1;
	if (it->requeued && p->leaf == 0) {
		in->counts.quarantined++;
		if (why != it->bad)
			snprintf(it->bad, sizeof(it->bad), "%s", why);
		return cn_quarantine_renew(in->store, it->requeued, why,
		    err) < 0 ? -1 : 1;
	}
	if (cn_pieces_begin(in->store, p, err) < 0)
		return -1;
	r = cn_pieces_seal(in->store, p, first, &cell, err);
	if (r == 0)
		r = cn_pieces_put(in->store, p, cn_buf_view(&cell), first.n,
		    it->place, why, err);
	cn_buf_release(&cell);
	return r == 1 ? 0 : r < 0 ? -1 : cn_fail(err, CN_INTERNAL,
	    "a first piece that is not the first");
}

/* An import has no UID: the mail is known by its beginning. */
static int by_beginning(struct cn_intake *in, struct cn_str first,
    int64_t *uid, struct cn_err *err)
{
	uint8_t hash[CN_HASH];
	uint64_t n = 0;
	int i;

	if (cn_message_hash(in->store, "", first, hash, err) < 0)
		return -1;
	for (i = 0; i < 8; i++)
		n = n << 8 | hash[i];
	*uid = -(int64_t)(n >> 1) - 1;
	return 0;
}

/* Whose it is; what is beyond the bound of a mail's header nobody looks at,
 * and so one piece is enough. */
static void judge(struct cn_intake *in, struct cn_intake_item *it,
    struct cn_str first)
{
	struct cn_err e;

	if (cn_mail_read(&it->mail, first, CN_MAIL_NO_HASH, &e) < 0) {
		snprintf(it->bad, sizeof(it->bad), "%s", e.msg);
		return;
	}
	cn_msg_from_mail(&it->msg, &it->mail, &it->mem);
	cn_intake_own(in->conf, it);
}

/* why: of what was in quarantine, and stays (1). */
static int first_piece(struct cn_intake *in, const struct cn_intake_at *at,
    int64_t size, const char *place, struct cn_str first, int64_t requeued,
    struct cn_pieces *p, struct cn_err *why, struct cn_err *err)
{
	struct cn_intake_item it = { .requeued = requeued, .at.place =
	    at->place };
	struct cn_pieces had;
	int r;

	*p = (struct cn_pieces){ .at = at->place, .size = size };
	if ((requeued || p->at.uid == 0) &&
	    by_beginning(in, first, &p->at.uid, err) < 0)
		return -1;
	snprintf(it.place, sizeof(it.place), "%s", place);
	judge(in, &it, first);
	r = leaves(in, err);
	if (r == 0 && (r = cn_store_begin(in->store, err)) == 0) {
		r = cn_intake_folder(in, (int64_t)in->nfolders - 1,
		    &p->at.folder, err);
		if (r == 0 && p->at.uid > 0 && (r = cn_erased_location(
		    in->store, p->at.folder, p->at.uidvalidity, p->at.uid,
		    err)) == 1)
			in->counts.erased++;
		if (r == 0 && (r = cn_pieces_find(in->store, &p->at, &had,
		    err)) == 1) {
			*p = had;
			r = 0;
		} else if (r == 0) {
			r = begin(in, &it, first, p, err);
		}
		if (r < 0 || cn_store_commit(in->store, err) < 0) {
			cn_intake_undo(in);
			r = -1;
		}
	}
	if (r == 1 && why != NULL)
		(void)cn_fail(why, CN_PARTIAL, "%s", it.bad);
	cn_intake_clear(&it);
	return r;
}

int cn_large_begin(struct cn_intake *in, const struct cn_intake_at *at,
    int64_t size, const char *place, struct cn_str first, int64_t *pending,
    struct cn_err *err)
{
	struct cn_pieces p;
	int r = first_piece(in, at, size, place, first, 0, &p, NULL, err);

	if (r == 0)
		*pending = p.id;
	return r;
}

/* --- the others --- */

int cn_large_next(struct cn_intake *in, int64_t pending, uint32_t *chunk,
    struct cn_err *err)
{
	struct cn_pieces p;

	if (fetch(in, pending, &p, err) < 0)
		return -1;
	*chunk = (uint32_t)p.chunks;
	return cn_pieces_whole(&p);
}

/* 1 kept, 0 somebody else was faster, or it is gone; -1. */
static int put(struct cn_intake *in, struct cn_pieces *p, struct cn_str piece,
    struct cn_err *err)
{
	struct cn_buf cell = { 0 };
	int r = cn_pieces_seal(in->store, p, piece, &cell, err);

	if (r == 0 && (r = cn_store_begin(in->store, err)) == 0) {
		r = cn_pieces_put(in->store, p, cn_buf_view(&cell), piece.n,
		    NULL, NULL, err);
		if (r < 0 || cn_store_commit(in->store, err) < 0) {
			cn_intake_undo(in);
			r = -1;
		}
	}
	cn_buf_release(&cell);
	return r;
}

int cn_large_piece(struct cn_intake *in, int64_t pending, uint32_t chunk,
    struct cn_str piece, struct cn_err *err)
{
	struct cn_pieces p;
	int r = fetch(in, pending, &p, err);

	if (r < 0 || piece.n == 0 || chunk < p.chunks)
		return r < 0 ? -1 : 0;
	if (chunk > p.chunks || cn_pieces_whole(&p))
		return cn_fail(err, CN_INTERNAL, "piece %u out of turn", chunk);
	r = put(in, &p, piece, err);
	return r > 0 ? 0 : r < 0 ? -1 : fetch(in, pending, &p, err) < 0 ? -1 : 0;
}

/* The mail has gone where it came from: nothing of it stays. */
static int forget(struct cn_intake *in, int64_t pending, struct cn_err *err)
{
	struct cn_pieces p;
	int r;

	if (cn_store_begin(in->store, err) < 0)
		return -1;
	r = cn_pieces_load(in->store, pending, &p, err);
	if (r == 1)
		r = cn_pieces_drop(in->store, &p, err);
	if (r < 0 || cn_store_commit(in->store, err) < 0) {
		cn_intake_undo(in);
		return -1;
	}
	return 0;
}

/* --- the end --- */

/* Reads all that is here, once. */
/* A piece that is missing has been erased with the others, or is lost. */
static int still(struct cn_intake *in, int64_t pending, struct cn_err *err)
{
	struct cn_err lost = *err;
	struct cn_pieces p;

	if (fetch(in, pending, &p, err) == 0)
		*err = lost;
	return -1;
}

static int read_all(struct cn_intake *in, struct cn_intake_item *it,
    struct cn_err *err)
{
	struct cn_skim *skim = it->pieces->chunks > 1 ?
	    cn_skim_new(cn_intake_hash(in)) : NULL;
	struct cn_buf b = { 0 };
	struct cn_hash mail, item;
	struct cn_err e;
	int64_t i;
	int r = 0;

	cn_hash_begin(&mail, "email");
	cn_hash_begin(&item, "");
	for (i = 0; i < it->pieces->chunks && r == 0; i++) {
		r = cn_pieces_read(in->store, it->pieces, i, &b, err);
		if (r < 0 && err->status == CN_INTEGRITY)
			r = still(in, it->pieces->id, err);
		if (r < 0)
			break;
		cn_hash_feed(&mail, cn_buf_view(&b));
		cn_hash_feed(&item, cn_buf_view(&b));
		if (skim != NULL)
			cn_skim_feed(skim, b.p, b.len);
		if (*cn_store_run(in->store)->stop)
			r = cn_fail(err, CN_TEMPFAIL, "interrupted");
	}
	if (cn_hash_end(&mail, in->store, it->hash, r < 0 ? &e : err) < 0)
		r = -1;
	if (cn_hash_end(&item, in->store, it->as_item, r < 0 ? &e : err) < 0)
		r = -1;
	if (r < 0) {
		cn_skim_free(skim);
	} else if ((skim ? cn_skim_end(skim, &it->mail, &e) :
	    cn_mail_parse(&it->mail, b.p, b.len, 0, &e)) < 0) {
		snprintf(it->bad, sizeof(it->bad), "%s", e.msg);
	} else if (skim == NULL) {
		it->mail.kept = b;
		return 0;
	}
	cn_buf_wipe(&b);
	return r;
}

static void drop_last(struct cn_intake *in)
{
	cn_intake_clear(&in->items[--in->n]);
	in->counts.read--;
}

/* Queues it. */
static int last_piece(struct cn_intake *in, int64_t pending,
    const struct cn_intake_at *at, const char *place, int64_t requeued,
    struct cn_err *err)
{
	struct cn_intake_item *it;
	struct cn_pieces p;

	if (fetch(in, pending, &p, err) < 0)
		return -1;
	it = cn_intake_next(in, at, place);
	it->requeued = requeued;
	it->pieces = cn_arena_alloc(&it->mem, sizeof(p));
	*it->pieces = p;
	if (read_all(in, it, err) < 0) {
		drop_last(in);
		return -1;
	}
	if (it->bad[0] == '\0') {
		cn_msg_from_mail(&it->msg, &it->mail, &it->mem);
		cn_intake_own(in->conf, it);
		it->owner = NULL;	/* settled by the first piece */
		cn_intake_words(in, it);
	}
	return 0;
}

int cn_large_flush(struct cn_intake *in, struct cn_buf *lines,
    void (*tell)(void *, const char *, const char *), void *arg,
    int64_t *show, struct cn_err *err)
{
	const struct cn_intake_item *it = in->n > 0 ? &in->items[in->n - 1] :
	    NULL;
	int r;

	if (it != NULL && it->bad[0] != '\0')
		tell(arg, it->place, it->bad);
	in->large = 0;
	r = cn_intake_flush(in, lines, tell, arg, err);
	if (show != NULL)
		*show = in->large;
	return r;
}

int cn_large_end(struct cn_intake *in, int64_t pending,
    const struct cn_intake_at *at, const char *place, struct cn_buf *lines,
    void (*tell)(void *, const char *, const char *),
    void *arg, int64_t *show, struct cn_err *err)
{
	if (last_piece(in, pending, at, place, 0, err) < 0)
		return -1;
	return cn_large_flush(in, lines, tell, arg, show, err);
}

/* --- all of it, from somewhere --- */

static int cut(struct cn_intake *in, const struct cn_pieces *p, int64_t n,
    struct cn_err *err)
{
	struct cn_pieces now;
	int r;

	if (cn_store_begin(in->store, err) < 0)
		return -1;
	r = cn_pieces_load(in->store, p->id, &now, err);
	if (r == 1 && now.turn == p->turn)
		r = cn_pieces_cut(in->store, &now, n, err);
	if (r < 0 || cn_store_commit(in->store, err) < 0) {
		cn_intake_undo(in);
		return -1;
	}
	return 0;
}

/* A piece that may have been left behind: by this mail, or by another one
 * with the same beginning, which may even be on its way beside it. */
static int again(struct cn_intake *in, int64_t pending, uint32_t chunk,
    struct cn_str piece, struct cn_err *err)
{
	struct cn_buf had = { 0 };
	struct cn_pieces p;
	int tries = 0, r = 0;

	while (r == 0 && tries++ < 100) {
		if (fetch(in, pending, &p, err) < 0) {
			r = -1;
		} else if (chunk < p.chunks) {
			if (piece.n > 0)
				r = cn_pieces_read(in->store, &p, chunk, &had,
				    err);
			if (r == 0 && piece.n > 0 && had.len == piece.n &&
			    memcmp(had.p, piece.p, piece.n) == 0)
				r = 1;
			else if (r == 0)
				r = cut(in, &p, chunk, err);
		} else {
			r = piece.n > 0 ? put(in, &p, piece, err) : 1;
		}
	}
	cn_buf_wipe(&had);
	if (r == 0)
		return cn_fail(err, CN_TEMPFAIL, "somebody else takes in a "
		    "mail that begins like it");
	return r < 0 ? -1 : 0;
}

static int others(struct cn_intake *in, int64_t pending,
    int (*more)(void *, struct cn_buf *, struct cn_err *), void *from,
    struct cn_hash *hash, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	uint32_t chunk = 1;
	int r = 0;

	do {
		if (b.len > 0)
			cn_wipe(b.p, b.len);
		b.len = 0;
		if (*cn_store_run(in->store)->stop)
			r = cn_fail(err, CN_TEMPFAIL, "interrupted");
		if (r == 0)
			r = more(from, &b, err);
		cn_hash_feed(hash, cn_buf_view(&b));
		if (r == 0)
			r = again(in, pending, chunk++, cn_buf_view(&b), err);
	} while (r == 0 && b.len == CN_RAW_CHUNK);
	cn_buf_wipe(&b);
	return r;
}

int cn_large_read(struct cn_intake *in, struct cn_str first,
    int (*more)(void *, struct cn_buf *, struct cn_err *), void *from,
    const struct cn_intake_at *at, const char *place, int64_t requeued,
    struct cn_err *why, struct cn_err *err)
{
	uint8_t digest[CN_HASH];
	struct cn_hash hash;
	struct cn_pieces p;
	struct cn_err e;
	int r = first_piece(in, at, 0, place, first, requeued, &p, why, err);

	if (r != 0)
		return r;
	cn_hash_begin(&hash, "");
	cn_hash_feed(&hash, first);
	if (first.n == CN_RAW_CHUNK)
		r = others(in, p.id, more, from, &hash, err);
	if (cn_hash_end(&hash, in->store, digest, r < 0 ? &e : err) < 0)
		r = -1;
	/* Nobody will go on with what is too large. */
	if (r < 0 && err->status == CN_PARTIAL &&
	    forget(in, p.id, &e) < 0)
		*err = e;
	if (r < 0 || last_piece(in, p.id, at, place, requeued, err) < 0)
		return -1;
	if (memcmp(in->items[in->n - 1].as_item, digest, CN_HASH) == 0)
		return 0;
	drop_last(in);
	return cn_fail(err, CN_BLOCKED, "somebody else takes in a mail that "
	    "begins like it");
}

int cn_large_take(struct cn_intake *in, struct cn_str first,
    int (*more)(void *, struct cn_buf *, struct cn_err *), void *from,
    const char *place, struct cn_buf *lines,
    void (*tell)(void *, const char *, const char *), void *arg,
    struct cn_err *err)
{
	const struct cn_intake_at at = { .labels = NULL };
	int r = cn_large_read(in, first, more, from, &at, place, 0, NULL, err);

	if (r == 0)
		r = cn_large_flush(in, lines, tell, arg, NULL, err);
	/* Two take in the same mail: the other one will have done so. */
	if (r < 0 && err->status == CN_BLOCKED) {
		err->status = CN_TEMPFAIL;
		return cn_hint(err, "run it again");
	}
	return r;
}
