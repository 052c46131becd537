#include "desk/fetch/fetch_int.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/pages.h"

#define GROUP_MAILS 256
#define GROUP_BYTES (2u << 20)
#define CACHE 5000			/* KiB: several accounts at once */

void cn_fetch_place(const struct cn_fetch *f, int64_t uid,
    char place[CN_FETCH_PLACE])
{
	snprintf(place, CN_FETCH_PLACE, "folder %s mail %lld", f->box.pub,
	    (long long)uid);
}

/* --- the group --- */

/* The first UID that still has to be had; those behind it come again. */
static int64_t cursor(const struct cn_fetch *f)
{
	size_t i;

	for (i = 0; i < f->nwant; i++)
		if (f->want[i].state == CN_WANT_BODY)
			return f->want[i].uid;
	return f->end;
}

/* One that is here (still: an erasure may have ended just now) gets its flags
 * and labels anew, one that does not come with the others goes on the list. */
static int keep_one(struct cn_fetch *f, struct cn_want *w, struct cn_err *err)
{
	struct cn_location at = { .folder = f->box.id, .uidvalidity =
	    f->box.uidvalidity, .uid = w->uid };
	int64_t message = 0;

	if (w->here && (cn_mailbox_flags(f->store, &f->box, w->uid, w->flags,
	    err) < 0 || cn_mailbox_has(f->store, &f->box, w->uid, &message,
	    err) < 0 || (message != 0 && cn_mailbox_label(f->store, &at,
	    message, w->labels, w->nlabels, err) < 0)))
		return -1;
	w->here = false;
	if (w->state == CN_WANT_LARGE && cn_pending_add(f->store, &f->box,
	    w->uid, w->size, w->listed, err) < 0)
		return -1;
	if (w->state == CN_WANT_LARGE)
		w->state = CN_WANT_DONE;
	return 0;
}

int cn_fetch_live(struct cn_fetch *f, struct cn_err *err)
{
	int r = cn_account_row_live(f->store, f->account->pub, err);

	return r != 0 ? r < 0 ? -1 : 0 : cn_fail(err, CN_BLOCKED,
	    "the account has been disconnected");
}

/* Inside the transaction of the group: the cursor goes over what is done. */
static int keep_place(void *arg, struct cn_err *err)
{
	struct cn_fetch *f = arg;
	int64_t next = cursor(f), now = cn_store_now(f->store);
	size_t i;

	if (cn_fetch_live(f, err) < 0)
		return -1;
	for (i = 0; i < f->nwant && f->want[i].uid < next; i++)
		if (keep_one(f, &f->want[i], err) < 0)
			return -1;
	if (next > f->box.uidnext)
		f->box.uidnext = next;
	if (f->arrived && cn_account_row_arrived(f->store, f->account->pub,
	    f->arrived < now ? f->arrived : now, err) < 0)
		return -1;
	return cn_mailbox_save(f->store, &f->box, err);
}

static int save(struct cn_fetch *f, struct cn_err *err)
{
	if (cn_store_begin(f->store, err) < 0)
		return -1;
	if (keep_place(f, err) < 0) {
		cn_store_rollback(f->store);
		return -1;
	}
	return cn_store_commit(f->store, err);
}

int cn_fetch_flush(struct cn_fetch *f, struct cn_err *err)
{
	int r;

	f->lines.len = 0;
	r = f->gathered == 0 ? save(f, err) : cn_intake_flush(f->in, &f->lines,
	    f->conf->tell, f->conf->arg, err);
	f->gathered = f->bytes = 0;
	f->arrived = 0;
	return cn_fetch_show(f, r, err);
}

int cn_fetch_show(struct cn_fetch *f, int r, struct cn_err *err)
{
	if (r == 0 && f->lines.len > 0)
		r = f->conf->lines(f->conf->arg, cn_buf_view(&f->lines), err);
	if (f->lines.len > 0)
		cn_wipe(f->lines.p, f->lines.len);
	return r;
}

static int settle(struct cn_fetch *f, int r, const char *place,
    struct cn_err *err)
{
	if (r == 0 || err->status != CN_PARTIAL)
		return r;
	f->conf->tell(f->conf->arg, place, err->msg);
	return 0;
}

int cn_fetch_take(struct cn_fetch *f, const struct cn_imap_mail *m,
    const struct cn_want *w, struct cn_err *err)
{
	struct cn_intake_at at = {
		.place = { .uidvalidity = f->box.uidvalidity, .uid = m->uid,
		    .arrived = m->arrived, .flags = m->flags },
		.labels = w->labels, .nlabels = w->nlabels
	};
	char place[CN_FETCH_PLACE];

	cn_fetch_place(f, m->uid, place);
	if (settle(f, cn_intake_mail(f->in, m->body, &at, place, err), place,
	    err) < 0)
		return -1;
	f->gathered++;
	f->bytes += m->body.n;
	if (m->arrived > f->arrived)
		f->arrived = m->arrived;
	if (f->run->progress != NULL)
		f->run->progress(f->run->progress_arg, ++f->done, f->total);
	if ((f->gathered >= GROUP_MAILS || f->bytes >= GROUP_BYTES) &&
	    cn_fetch_flush(f, err) < 0)
		return -1;
	return *f->run->stop ? 1 : 0;
}


/* --- which mailboxes --- */

static bool matches(const char *const *patterns, size_t n, const char *name)
{
	bool in = false;
	size_t i;

	/* Only exclusions: from all. */
	for (i = 0; i < n && (patterns[i][0] == '!'); i++)
		;
	in = n > 0 && i == n;
	for (i = 0; i < n; i++) {
		const char *p = patterns[i];
		bool not = *p == '!';

		/* INBOX is INBOX in any case (RFC 3501, 5.1). */
		if (fnmatch(p + not, name, strcasecmp(name, "INBOX") == 0 ?
		    FNM_CASEFOLD : 0) == 0)
			in = !not;
	}
	return in;
}

/* Unless told: where one mailbox holds all mail, that one; else all but what
 * nobody wants answered. */
static bool usual(const struct cn_imap_folder *v, size_t n, size_t i)
{
	size_t k;

	for (k = 0; k < n; k++)
		if (v[k].use == CN_IMAP_ALL)
			return i == k;
	return v[i].use != CN_IMAP_JUNK && v[i].use != CN_IMAP_TRASH &&
	    v[i].use != CN_IMAP_DRAFTS && v[i].use != CN_IMAP_STARRED;
}

static int choose(struct cn_fetch *f, struct cn_err *err)
{
	bool own = f->conf->nfolders > 0;
	const char *const *patterns = own ? f->conf->folders :
	    f->account->folders;
	size_t np = own ? f->conf->nfolders : f->account->nfolders;
	struct cn_imap_folder *v;
	size_t n, out, i;
	const char **all;
	char what[64];

	cn_arena_reset(&f->mem);
	f->nfolders = 0;
	if (cn_imap_folders(f->imap, &f->mem, &v, &n, &out, err) < 0)
		return -1;
	all = cn_arena_alloc(&f->mem, (n + 1) * sizeof(*all));
	for (i = 0; i < n; i++)
		all[i] = v[i].name;
	if (cn_mailbox_unlisted(f->store, f->account->name, all, n, err) < 0)
		return -1;
	f->folders = cn_arena_alloc(&f->mem, (n + 1) * sizeof(*f->folders));
	for (i = 0; i < n; i++)
		if (np > 0 ? matches(patterns, np, v[i].name) :
		    usual(v, n, i))
			f->folders[f->nfolders++] = v[i].name;
	f->open = f->nfolders;
	if (out > 0) {
		snprintf(what, sizeof(what), "%zu mailboxes", out);
		f->conf->tell(f->conf->arg, what, "their names are no names; "
		    "left out");
	}
	if (f->nfolders > 0)
		return 0;
	cn_fail(err, CN_USAGE, "no mailbox of this name on the server");
	return cn_hint(err, "see 'cn-account test %s'", f->account->name);
}

/* EXPUNGE alone would take along what somebody else has marked. */
static int may_expunge(struct cn_fetch *f, struct cn_err *err)
{
	if (!f->conf->expunge || (cn_imap_can(f->imap) & CN_IMAP_UIDPLUS))
		return 0;
	return cn_fail(err, CN_UNAVAILABLE, "the server cannot delete single "
	    "mails (UIDPLUS, RFC 4315)");
}

struct cn_fetch *cn_fetch_open(struct cn_store *s, const struct cn_config *c,
    const struct cn_account *a, const struct cn_fetch_conf *conf,
    struct cn_err *err)
{
	struct cn_fetch *f = cn_alloc(sizeof(*f));

	f->store = s;
	f->run = cn_store_run(s);
	f->account = a;
	f->conf = conf;
	f->left = conf->limit;
	f->in = cn_intake_new(s, c, conf->flags | CN_INTAKE_NEW);
	cn_intake_also(f->in, keep_place, f);
	f->imap = cn_store_cache(s, CACHE, err) < 0 ? NULL :
	    cn_account_connect(s, a, err);
	if (f->imap == NULL || may_expunge(f, err) < 0 ||
	    choose(f, err) < 0) {
		cn_fetch_close(f);
		return NULL;
	}
	cn_pages_let_go();
	return f;
}

void cn_fetch_close(struct cn_fetch *f)
{
	if (f == NULL)
		return;
	cn_imap_close(f->imap);
	cn_intake_free(f->in);
	cn_buf_wipe(&f->lines);
	cn_arena_release(&f->labels);
	cn_arena_release(&f->mem);
	free(f);
}

struct cn_fetch_counts cn_fetch_counts(const struct cn_fetch *f)
{
	const struct cn_intake_counts *in = cn_intake_counts(f->in);
	struct cn_fetch_counts n = f->n;

	n.read = in->read;
	n.stored = in->stored;
	n.known = in->known;
	n.quarantined = in->quarantined;
	n.erased = in->erased;
	return n;
}

/* --- one mailbox --- */

/* Nothing has happened there as far as the server tells without its being
 * opened. */
static int quiet(struct cn_fetch *f, bool *is, struct cn_err *err)
{
	struct cn_imap_state *st = &f->state;

	*is = false;
	if (f->conf->rescan || f->box.uidvalidity == 0 || f->open == f->at)
		return 0;
	if (cn_imap_status(f->imap, f->folders[f->at], st, err) < 0) {
		if (err->status != CN_PARTIAL)
			return -1;
		*err = (struct cn_err){ 0 };	/* opening it says more */
		return 0;
	}
	*is = st->uidvalidity == f->box.uidvalidity &&
	    st->uidnext != 0 && st->uidnext <= f->box.uidnext &&
	    (st->modseq == 0 || (int64_t)st->modseq == f->box.modseq);
	return 0;
}

/* The mailbox as the server has it now against what the store knows. */
static int compare(struct cn_fetch *f, bool *anew, struct cn_err *err)
{
	int64_t was = f->box.uidvalidity;

	*anew = was != f->state.uidvalidity;
	if (f->state.uidvalidity == 0)
		return cn_fail(err, CN_PARTIAL, "the server gives no "
		    "UIDVALIDITY (RFC 3501, section 2.3.1.1)");
	if (*anew) {
		f->box.uidvalidity = f->state.uidvalidity;
		f->box.uidnext = 1;
		/* What changes from now on is asked for later, also if this
		 * run does not come to its end. */
		f->box.modseq = (int64_t)f->state.modseq;
		f->box.anew = !was ? 0 : f->state.uidnext ? f->state.uidnext :
		    UINT32_MAX;
		if (was != 0)
			f->run->note("folder %s: numbered anew by the server; "
			    "its mail is matched by its bytes", f->box.pub);
	}
	if (f->conf->rescan) {
		f->box.uidnext = 1;
		f->box.passed = f->box.anew = 0;
	}
	f->pass = was == 0 && f->conf->skip_history;
	if (f->pass && f->state.uidnext)
		f->box.uidnext = f->state.uidnext;
	if (f->pass)
		f->box.passed = cn_store_now(f->store);
	else if (f->conf->has_since && f->conf->since > f->box.passed)
		f->box.passed = f->conf->since;
	return 0;
}

/* After the last window: what it was compared with is the past. */
static int finish(struct cn_fetch *f, struct cn_err *err)
{
	f->box.modseq = (int64_t)f->state.modseq;
	if (cn_store_begin(f->store, err) < 0)
		return -1;
	if (cn_mailbox_save(f->store, &f->box, err) < 0 ||
	    cn_mailbox_forget(f->store, &f->box, err) < 0) {
		cn_store_rollback(f->store);
		return -1;
	}
	return cn_store_commit(f->store, err);
}

/* As far as it can be told before they are listed. */
static uint64_t expected(const struct cn_fetch *f)
{
	int64_t n = f->state.exists, above = f->state.uidnext - f->box.uidnext;

	return (uint64_t)(f->state.uidnext == 0 || n < above ? n :
	    above > 0 ? above : 0);
}

static int read_mailbox(struct cn_fetch *f, struct cn_err *err)
{
	bool anew;
	int r;

	f->open = f->nfolders;
	if (cn_imap_select(f->imap, f->folders[f->at], f->conf->expunge,
	    &f->state, err) < 0)
		return -1;
	f->open = f->at;
	if (compare(f, &anew, err) < 0)
		return -1;
	f->total += expected(f);
	r = cn_fetch_new(f, err);
	if (r == 0 && !anew)
		r = cn_fetch_changes(f, err);
	return r == 0 ? finish(f, err) : r;
}

static int mailbox(struct cn_fetch *f, struct cn_err *err)
{
	const char *name = f->folders[f->at];
	bool is_quiet = false;
	int r;

	if (cn_mailbox_open(f->store, f->account->name, name, &f->box,
	    err) < 0)
		return -1;
	cn_intake_from(f->in, f->account->name, name);
	r = quiet(f, &is_quiet, err);
	return r < 0 || is_quiet ? r : read_mailbox(f, err);
}

/* What is pending comes after all that is new: one mail that a server does not
 * give must not stand before the others. */
static int pending(struct cn_fetch *f, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_pending *v;
	size_t n;
	int r;

	if (cn_mailbox_open(f->store, f->account->name, f->folders[f->at],
	    &f->box, err) < 0)
		return -1;
	r = cn_pending_list(f->store, &f->box, f->mark, &mem, &v, &n, err);
	if (r == 0 && n > 0 && f->open != f->at) {
		f->open = f->nfolders;
		r = cn_imap_select(f->imap, f->folders[f->at],
		    f->conf->expunge, &f->state, err);
		f->open = r == 0 ? f->at : f->nfolders;
	}
	cn_intake_from(f->in, f->account->name, f->folders[f->at]);
	if (r == 0 && n > 0 && f->state.uidvalidity == f->box.uidvalidity)
		r = cn_fetch_pending(f, v, n, err);
	cn_arena_release(&mem);
	return r;
}

/* What the store has is deleted on the server, also where an earlier run did
 * not come to it. */
static int expunge(struct cn_fetch *f, struct cn_err *err)
{
	int64_t have[CN_FETCH_WINDOW], after = 0;
	uint32_t uids[CN_FETCH_WINDOW];
	size_t n, i;
	int r;

	do {
		if (cn_mailbox_uids(f->store, &f->box, after,
		    (int64_t)UINT32_MAX + 1, have, CN_FETCH_WINDOW, &n,
		    err) < 0)
			return -1;
		for (i = 0; i < n; i++)
			uids[i] = (uint32_t)have[i];
		if (n == 0)
			break;
		after = have[n - 1];
		if (cn_imap_expunge(f->imap, uids, n, err) < 0 ||
		    cn_store_begin(f->store, err) < 0)
			return -1;
		for (i = 0, r = 0; i < n && r == 0; i++)
			r = cn_mailbox_gone(f->store, &f->box, have[i],
			    have[i], err);
		if (r < 0) {
			cn_store_rollback(f->store);
			return -1;
		}
		if (cn_store_commit(f->store, err) < 0)
			return -1;
		f->n.expunged += (int64_t)n;
	} while (n == CN_FETCH_WINDOW);
	return 0;
}

static int expunge_one(struct cn_fetch *f, struct cn_err *err)
{
	if (cn_mailbox_open(f->store, f->account->name, f->folders[f->at],
	    &f->box, err) < 0 || cn_imap_select(f->imap, f->folders[f->at],
	    true, &f->state, err) < 0)
		return -1;
	f->open = f->at;
	return f->state.uidvalidity == f->box.uidvalidity ? expunge(f, err) :
	    0;
}

/* The same for each mailbox; one that is refused does not stop the others. */
static int each(struct cn_fetch *f, size_t n, int (*what)(struct cn_fetch *,
    struct cn_err *), struct cn_err *err)
{
	char place[CN_FETCH_PLACE];
	int r = 0;

	for (f->at = 0; f->at < n && r == 0 && !*f->run->stop; f->at++) {
		f->nwant = 0;
		r = what(f, err);
		if (r < 0 && err->status == CN_PARTIAL) {
			snprintf(place, sizeof(place), "folder %s",
			    f->box.pub);
			f->conf->tell(f->conf->arg, place, err->msg);
			r = 0;
		}
	}
	return r;
}

int cn_fetch_round(struct cn_fetch *f, bool first, struct cn_err *err)
{
	size_t n = first ? 1 : f->nfolders;
	int r;

	if (cn_pending_mark(f->store, &f->mark, err) < 0)
		return -1;
	if (!first && f->rounds++ > 0 && choose(f, err) < 0)
		return -1;
	r = each(f, n, mailbox, err);
	if (r >= 0)			/* 1: the limit, or stopped */
		r = each(f, n, pending, err);
	if (r >= 0 && f->conf->expunge)
		r = each(f, n, expunge_one, err);
	/* What was in hand is kept: a stop is no failure. */
	if (r < 0 && *f->run->stop && err->status == CN_TEMPFAIL) {
		*err = (struct cn_err){ 0 };
		return 0;
	}
	return r < 0 ? -1 : cn_account_row_fetched(f->store, f->account->pub,
	    f->run->clock(), err);
}

/* Mail that came before the mailbox was opened is news too. */
static int news(struct cn_fetch *f, struct cn_err *err)
{
	f->at = 0;
	if (f->open == 0)
		return 0;
	f->open = f->nfolders;
	if (cn_mailbox_open(f->store, f->account->name, f->folders[0],
	    &f->box, err) < 0 || cn_imap_select(f->imap, f->folders[0],
	    f->conf->expunge, &f->state, err) < 0)
		return -1;
	f->open = 0;
	return f->state.uidvalidity != f->box.uidvalidity ||
	    f->state.uidnext == 0 || f->state.uidnext > f->box.uidnext;
}

static int still(void *arg, struct cn_err *err)
{
	struct cn_fetch *f = arg;

	if (f->conf->waiting != NULL)
		f->conf->waiting(f->conf->arg);
	return cn_fetch_live(f, err);
}

int cn_fetch_wait(struct cn_fetch *f, int seconds, struct cn_err *err)
{
	int r = news(f, err);

	return r != 0 ? r : cn_imap_idle(f->imap, seconds, still, f, err);
}
