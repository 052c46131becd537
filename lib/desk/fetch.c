#include "desk/fetch_int.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define GROUP_MAILS 256
#define GROUP_BYTES (2u << 20)
#define SLICE 5			/* seconds of IDLE */

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

/* One that is here gets its flags anew, one that is not goes on the list. */
static int keep_one(struct cn_fetch *f, struct cn_want *w, struct cn_err *err)
{
	struct cn_location at = { .folder = f->box.id, .uidvalidity =
	    f->box.uidvalidity, .uid = w->uid, .arrived = w->arrived,
	    .flags = w->flags };

	if (w->message != 0 && cn_message_locate(f->store, w->message, &at,
	    err) < 0)
		return -1;
	w->message = 0;
	if (w->state == CN_WANT_LARGE && cn_pending_add(f->store, &f->box,
	    w->uid, w->size, w->listed ? "the server does not send it" :
	    "comes in pieces", err) < 0)
		return -1;
	if (w->state == CN_WANT_LARGE)
		w->state = CN_WANT_DONE;
	return 0;
}

/* Inside the transaction of the group: the cursor goes over what is done. */
static int keep_place(void *arg, struct cn_err *err)
{
	struct cn_fetch *f = arg;
	int64_t next = cursor(f);
	size_t i;

	if (cn_account_row_live(f->store, f->account->pub, err) != 1)
		return cn_fail(err, CN_BLOCKED, "the account has been "
		    "disconnected");
	for (i = 0; i < f->nwant && f->want[i].uid < next; i++)
		if (keep_one(f, &f->want[i], err) < 0)
			return -1;
	if (next > f->box.uidnext)
		f->box.uidnext = next;
	if (f->arrived && cn_account_row_arrived(f->store, f->account->pub,
	    f->arrived, err) < 0)
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
	const struct cn_intake_counts *n;
	int r;

	f->lines.len = 0;
	r = f->gathered == 0 ? save(f, err) : cn_intake_flush(f->in, &f->lines,
	    f->conf->flags | CN_INTAKE_NEW, f->conf->tell, f->conf->arg, err);
	f->gathered = f->bytes = 0;
	f->arrived = 0;
	n = cn_intake_counts(f->in);
	f->n.read = n->read;
	f->n.stored = n->stored;
	f->n.known = n->known;
	f->n.quarantined = n->quarantined;
	f->n.erased = n->erased;
	if (r == 0 && f->lines.len > 0)
		r = f->conf->lines(f->conf->arg, &f->lines, err);
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
	/* Where there are labels, keywords say nothing new. */
	bool gmail = cn_imap_can(f->imap) & CN_IMAP_GMAIL;
	size_t nk = gmail ? 0 : m->nkeywords, n = w->nlabels + nk;
	const char **labels = cn_arena_alloc(&f->labels,
	    (n + 1) * sizeof(*labels));
	struct cn_intake_at at = {
		.place = { .uidvalidity = f->box.uidvalidity, .uid = m->uid,
		    .arrived = m->arrived, .flags = m->flags },
		.labels = labels, .nlabels = n
	};
	char place[CN_FETCH_PLACE];

	if (w->nlabels > 0)
		memcpy(labels, w->labels, w->nlabels * sizeof(*labels));
	if (nk > 0)
		memcpy(labels + w->nlabels, m->keywords, nk * sizeof(*labels));
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
	char what[64];

	if (cn_imap_folders(f->imap, &f->mem, &v, &n, &out, err) < 0)
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
	f->in = cn_intake_new(s, c);
	cn_intake_also(f->in, keep_place, f);
	f->imap = cn_account_connect(s, a, err);
	if (f->imap == NULL || may_expunge(f, err) < 0 ||
	    choose(f, err) < 0) {
		cn_fetch_close(f);
		return NULL;
	}
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
	return f->n;
}

/* --- one mailbox --- */

/* Nothing has happened there as far as the server tells without its being
 * opened. */
static int quiet(struct cn_fetch *f, bool *is, struct cn_err *err)
{
	struct cn_imap_state *st = &f->state;
	struct cn_pending one;
	size_t n = 0;

	*is = false;
	if (f->conf->rescan || f->box.uidvalidity == 0 || f->open == f->at)
		return 0;
	if (cn_imap_status(f->imap, f->folders[f->at], st, err) < 0) {
		if (err->status != CN_PARTIAL)
			return -1;
		*err = (struct cn_err){ 0 };	/* opening it says more */
		return 0;
	}
	if (cn_pending_list(f->store, &f->box, 0, &one, 1, &n, err) < 0)
		return -1;
	*is = n == 0 && st->uidvalidity == f->box.uidvalidity &&
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
		return cn_fail(err, CN_UNAVAILABLE, "the server gives no "
		    "UIDVALIDITY (RFC 3501, section 2.3.1.1)");
	if (*anew) {
		f->box.uidvalidity = f->state.uidvalidity;
		f->box.uidnext = 1;
		f->box.modseq = 0;
		if (was != 0)
			f->run->note("folder %s: numbered anew by the server; "
			    "its mail is matched by its bytes", f->box.pub);
	} else if (f->conf->rescan) {
		f->box.uidnext = 1;
	}
	f->pass = was == 0 && f->conf->skip_history;
	if (f->pass && f->state.uidnext)
		f->box.uidnext = f->state.uidnext;
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
	if (r == 0)
		r = cn_fetch_pending(f, err);
	if (r == 0 && !anew)
		r = cn_fetch_changes(f, err);
	return r == 0 ? finish(f, err) : r;
}

/* One mailbox that cannot be opened does not stop the others. */
static int mailbox(struct cn_fetch *f, struct cn_err *err)
{
	const char *name = f->folders[f->at];
	char place[CN_FETCH_PLACE];
	bool is_quiet = false;
	int r;

	if (cn_mailbox_open(f->store, f->account->name, name, &f->box,
	    err) < 0)
		return -1;
	cn_intake_from(f->in, f->account->name, name);
	f->nwant = 0;
	r = quiet(f, &is_quiet, err);
	if (r == 0 && !is_quiet)
		r = read_mailbox(f, err);
	if (r < 0 && err->status == CN_PARTIAL) {
		snprintf(place, sizeof(place), "folder %s", f->box.pub);
		f->conf->tell(f->conf->arg, place, err->msg);
		return 0;
	}
	return r;
}

int cn_fetch_round(struct cn_fetch *f, bool first, struct cn_err *err)
{
	size_t n = first ? 1 : f->nfolders;
	int r = 0;

	for (f->at = 0; f->at < n && r == 0 && !*f->run->stop; f->at++)
		r = mailbox(f, err);
	if (r >= 0 && cn_account_row_fetched(f->store, f->account->pub,
	    f->run->clock(), err) < 0)
		return -1;
	return r < 0 ? -1 : 0;
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
	    f->state.uidnext > f->box.uidnext;
}

int cn_fetch_wait(struct cn_fetch *f, int seconds, struct cn_err *err)
{
	int r = news(f, err), slice;

	/* Short, for an account may be disconnected meanwhile. */
	for (; r == 0 && seconds > 0 && !*f->run->stop; seconds -= slice) {
		slice = seconds < SLICE ? seconds : SLICE;
		r = cn_account_row_live(f->store, f->account->pub, err);
		if (r == 0)
			return cn_fail(err, CN_BLOCKED, "the account has been "
			    "disconnected");
		if (r > 0)
			r = cn_imap_idle(f->imap, slice, err);
	}
	return r;
}
