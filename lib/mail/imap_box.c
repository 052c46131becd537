/* imap_box.c - mailboxes: what there is, opening one, waiting, expunging */
#include <libetpan/mailimap.h>
#include <libetpan/condstore.h>
#include <stdlib.h>
#include <string.h>

#include "imap_int.h"

#define IDLE_SECONDS (28 * 60)		/* RFC 2177: less than half an hour */
#define NOOP_SECONDS 20
#define LOOK_MS 2000		/* between two looks about */

/* The name as it goes on the wire. */
static int wire_name(struct cn_buf *out, const char *folder,
    struct cn_err *err)
{
	if (cn_utf7_encode(out, folder))
		return 0;
	return cn_fail(err, CN_USAGE, "not the name of a folder");
}

/* --- LIST --- */

struct folders {
	struct cn_arena *mem;
	struct cn_imap_folder *v;
	size_t n, cap, left_out;
	struct cn_buf name;
};

static void on_folder(void *arg, enum cn_imap_use use, struct cn_str wire)
{
	struct folders *f = arg;

	f->name.len = 0;
	if (wire.n == 0 || !cn_utf7_decode(&f->name, wire)) {
		f->left_out++;
		return;
	}
	if (cn_str_ieq(cn_buf_view(&f->name), "INBOX"))
		memcpy(f->name.p, "INBOX", 5);
	if (f->n == f->cap) {
		f->cap = f->cap ? 2 * f->cap : 64;
		f->v = cn_realloc(f->v, f->cap * sizeof(*f->v));
	}
	f->v[f->n++] = (struct cn_imap_folder){
		cn_arena_dup(f->mem, f->name.p, f->name.len), use
	};
}

static int by_name(const void *a, const void *b)
{
	const struct cn_imap_folder *x = a, *y = b;
	bool inbox = strcmp(x->name, "INBOX") == 0;

	if (inbox != (strcmp(y->name, "INBOX") == 0))
		return inbox ? -1 : 1;
	return strcmp(x->name, y->name);
}

int cn_imap_folders(struct cn_imap *m, struct cn_arena *mem,
    struct cn_imap_folder **out, size_t *n, size_t *left_out,
    struct cn_err *err)
{
	struct folders f = { .mem = mem };
	int r;

	if (cn_imap_ready(m, 0, err) < 0)
		return -1;
	m->wire->folder = on_folder;
	m->wire->arg = &f;
	r = cn_imap_command(m, "LIST", "LIST \"\" \"*\"", err);
	if (r == 0) {
		*n = 0;
		*left_out = f.left_out;
		*out = cn_arena_alloc(mem, f.n * sizeof(**out));
		if (f.n)
			qsort(f.v, f.n, sizeof(*f.v), by_name);
		for (size_t i = 0; i < f.n; i++)
			if (*n == 0 ||
			    strcmp((*out)[*n - 1].name, f.v[i].name) != 0)
				(*out)[(*n)++] = f.v[i];
	}
	cn_buf_release(&f.name);
	free(f.v);
	return r;
}

/* --- STATUS, EXAMINE, SELECT --- */

static uint64_t modseq_of(const struct mailimap_status_info *i)
{
	const struct mailimap_extension_data *x = i->st_ext_data;
	const struct mailimap_condstore_status_info *c;

	if (!x || !x->ext_data ||
	    x->ext_extension->ext_id != MAILIMAP_EXTENSION_CONDSTORE ||
	    x->ext_type != MAILIMAP_CONDSTORE_TYPE_STATUS_INFO)
		return 0;
	c = x->ext_data;
	return c->cs_highestmodseq_value;
}

static void status_of(const struct mailimap_mailbox_data_status *d,
    struct cn_imap_state *s)
{
	for (clistiter *i = clist_begin(d->st_info_list); i;
	    i = clist_next(i)) {
		const struct mailimap_status_info *v = clist_content(i);

		switch (v->st_att) {
		case MAILIMAP_STATUS_ATT_MESSAGES:
			s->exists = v->st_value;
			break;
		case MAILIMAP_STATUS_ATT_UIDNEXT:
			s->uidnext = v->st_value;
			break;
		case MAILIMAP_STATUS_ATT_UIDVALIDITY:
			s->uidvalidity = v->st_value;
			break;
		default:
			if (modseq_of(v))
				s->modseq = modseq_of(v);
		}
	}
}

int cn_imap_status(struct cn_imap *m, const char *folder,
    struct cn_imap_state *out, struct cn_err *err)
{
	struct mailimap_mailbox_data_status *d = NULL;
	struct mailimap_status_att_list *what;
	struct cn_imap_state s = { 0 };
	struct cn_buf name = { 0 };
	int r = -1;

	if (wire_name(&name, folder, err) < 0 ||
	    cn_imap_ready(m, CN_WANT_STATUS, err) < 0)
		goto out;
	what = mailimap_status_att_list_new_empty();
	if (!what) {
		cn_fail(err, CN_TEMPFAIL, "out of memory");
		goto out;
	}
	mailimap_status_att_list_add(what, MAILIMAP_STATUS_ATT_MESSAGES);
	mailimap_status_att_list_add(what, MAILIMAP_STATUS_ATT_UIDNEXT);
	mailimap_status_att_list_add(what, MAILIMAP_STATUS_ATT_UIDVALIDITY);
	if (m->can & CN_IMAP_CONDSTORE)
		mailimap_status_att_list_add(what,
		    MAILIMAP_STATUS_ATT_HIGHESTMODSEQ);
	r = cn_imap_done(m, mailimap_status(m->etpan, name.p, what, &d),
	    "STATUS", err);
	mailimap_status_att_list_free(what);
	if (r == 0 && d) {
		status_of(d, &s);
		*out = s;
	} else if (r == 0) {
		r = cn_fail(err, CN_PARTIAL, "STATUS: no answer");
	}
	if (d)
		mailimap_mailbox_data_status_free(d);
out:
	cn_buf_release(&name);
	return r;
}

static int open_box(struct cn_imap *m, const char *name, bool write,
    uint64_t *modseq)
{
	if (m->can & CN_IMAP_CONDSTORE)
		return (write ? mailimap_select_condstore :
		    mailimap_examine_condstore)(m->etpan, name, modseq);
	return (write ? mailimap_select : mailimap_examine)(m->etpan, name);
}

int cn_imap_select(struct cn_imap *m, const char *folder, bool write,
    struct cn_imap_state *out, struct cn_err *err)
{
	const struct mailimap_selection_info *i;
	struct cn_buf name = { 0 };
	uint64_t modseq = 0;
	int r = -1;

	if (wire_name(&name, folder, err) == 0 &&
	    cn_imap_ready(m, CN_WANT_SELECT, err) == 0) {
		m->open = false;
		r = open_box(m, name.p, write, &modseq);
		r = cn_imap_done(m, r, write ? "SELECT" : "EXAMINE", err);
	}
	cn_buf_release(&name);
	i = m->etpan->imap_selection_info;
	if (r < 0 || !i)
		return -1;
	m->open = true;
	m->write = write && strcmp(m->wire->code, "READ-ONLY") != 0;
	m->wire->news = false;
	*out = (struct cn_imap_state){
		.uidvalidity = i->sel_uidvalidity, .uidnext = i->sel_uidnext,
		.exists = i->sel_exists, .modseq = modseq,
	};
	return 0;
}

/* --- waiting --- */

static bool stopped(const struct cn_imap *m)
{
	return m->conf.run->stop && *m->conf.run->stop;
}

static int noop(struct cn_imap *m, struct cn_err *err)
{
	if (cn_imap_ready(m, CN_WANT_NEWS, err) < 0)
		return -1;
	return cn_imap_done(m, mailimap_noop(m->etpan), "NOOP", err);
}

/* One IDLE command of at most ms: 1, 0, -1. */
/* Looks about while it waits. */
static int wait_news(struct cn_imap *m, int64_t ms,
    int (*still)(void *, struct cn_err *), void *arg, struct cn_err *err)
{
	int64_t now = m->conf.run->ms(), end = now + ms;
	int news = 0;

	while (news == 0 && now < end && !stopped(m)) {
		if (still != NULL && still(arg, err) < 0)
			return -1;
		news = cn_stream_news(m->stream, end - now < LOOK_MS ?
		    end - now : LOOK_MS, err);
		now = m->conf.run->ms();
	}
	return news;
}

static int idle(struct cn_imap *m, int64_t ms,
    int (*still)(void *, struct cn_err *), void *arg, struct cn_err *err)
{
	int news, r;

	if (cn_imap_ready(m, CN_WANT_NEWS, err) < 0 ||
	    cn_imap_done(m, mailimap_idle(m->etpan), "IDLE", err) < 0)
		return -1;
	news = wait_news(m, ms, still, arg, err);
	if (news < 0) {
		m->dead = true;
		return cn_wrap(err, "IDLE");
	}
	/* To be told to stop means to go, without waiting for an answer. */
	if (stopped(m)) {
		m->dead = true;
		return 0;
	}
	cn_stream_expect(m->stream, CN_WANT_NEWS);
	r = cn_imap_done(m, mailimap_idle_done(m->etpan), "IDLE", err);
	return r < 0 ? -1 : news;
}

int cn_imap_idle(struct cn_imap *m, int seconds,
    int (*still)(void *, struct cn_err *), void *arg, struct cn_err *err)
{
	const struct cn_run *run = m->conf.run;
	int64_t now = run->ms(), end = now + (int64_t)seconds * 1000;
	int r = 0;

	if (!m->open)
		return cn_fail(err, CN_INTERNAL, "IDLE: no mailbox is open");
	while (r == 0 && !m->wire->news && now < end && !stopped(m)) {
		bool can = m->can & CN_IMAP_IDLE;
		int64_t most = (can ? IDLE_SECONDS : NOOP_SECONDS) * 1000;
		int64_t left = end - now < most ? end - now : most;

		if (can) {
			r = idle(m, left, still, arg, err);
			/* It says that it can, and cannot. */
			if (r < 0 && err->status == CN_PARTIAL && !m->dead) {
				m->can &= ~(unsigned)CN_IMAP_IDLE;
				r = 0;
			}
		} else {
			r = noop(m, err);
			if (r == 0 && !m->wire->news)
				r = wait_news(m, left, still, arg, err);
		}
		now = run->ms();
	}
	if (r < 0)
		return -1;
	r = m->wire->news;
	m->wire->news = false;
	return r;
}
