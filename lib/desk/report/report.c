#include "desk/report/report.h"

#include <string.h>

#include "base/times.h"
#include "desk/report/csat.h"
#include "desk/report/workflow.h"
#include "desk/subject/facts.h"
#include "store/account.h"
#include "store/list.h"

struct report {
	const struct cn_report_conf *conf;
	const struct cn_report_to *to;
	struct cn_arena mem;
	bool keyed;			/* the first column is shown */
	struct cn_arena names;
	struct cn_account_row *accounts;
	size_t naccounts;
};

static const char *num(struct report *r, int64_t v)
{
	return cn_arena_fmt(&r->mem, "%lld", (long long)v);
}

static const char *length(struct report *r, int64_t v, bool known)
{
	char text[CN_SPAN_LEN];

	if (!known)
		return NULL;
	return r->conf->words ? cn_arena_strdup(&r->mem,
	    cn_span_fmt(text, v)) : num(r, v);
}

/* The first column names the group; where all is one it is left out. */
static int head(struct report *r, struct cn_report_col *cols, size_t n,
    enum cn_by by, struct cn_err *err)
{
	r->keyed = by != CN_BY_ALL;
	cols[0].name = cn_by_words[by];
	return r->to->head(r->to->arg, cols + !r->keyed, n - !r->keyed, err);
}

static int row(struct report *r, const char *const *cells, size_t n,
    struct cn_err *err)
{
	return r->to->row(r->to->arg, cells + !r->keyed, n - !r->keyed, err);
}

static int volume(struct report *r, struct cn_metrics *m, struct cn_err *err)
{
	const struct cn_report_conf *c = r->conf;
	struct cn_report_col cols[] = { { NULL, false }, { "received", true },
	    { "answered", true }, { "conversations", true },
	    { "automatic", true } };
	struct cn_volume_row *v;
	size_t n, i;
	int rc = head(r, cols, 5, c->by, err);

	cn_metrics_volume(m, c->since, c->until, c->by, &r->mem, &v, &n);
	for (i = 0; rc == 0 && i < n; i++)
		rc = row(r, (const char *[]){ v[i].key, num(r, v[i].received),
		    num(r, v[i].answered), num(r, v[i].conversations),
		    num(r, v[i].automatic) }, 5, err);
	return rc;
}

static void check(struct report *r, const struct cn_response_row *v)
{
	const struct cn_report_conf *c = r->conf;
	size_t i;

	for (i = 0; i < c->nchecks; i++)
		if (c->check[i].measure == v->measure &&
		    !cn_condition_met(&c->check[i], &v->spread))
			r->to->unmet(r->to->arg, v->key, c->check_text[i]);
}

static int response(struct report *r, struct cn_metrics *m,
    struct cn_err *err)
{
	const struct cn_report_conf *c = r->conf;
	struct cn_report_col cols[] = { { NULL, false }, { "measure", false },
	    { "n", true }, { "waiting", true }, { "median", true },
	    { "p90", true }, { "mean", true } };
	struct cn_response_row *v;
	size_t n, i;
	int rc = head(r, cols, 7, c->by, err);

	cn_metrics_response(m, c->since, c->until, c->by, &r->mem, &v, &n);
	for (i = 0; rc == 0 && i < n; i++) {
		const struct cn_spread *s = &v[i].spread;

		check(r, &v[i]);
		rc = row(r, (const char *[]){ v[i].key,
		    cn_measure_words[v[i].measure], num(r, (int64_t)s->n),
		    num(r, (int64_t)s->waiting), length(r, s->median, s->n),
		    length(r, s->p90, s->n), length(r, s->mean, s->n) }, 7,
		    err);
	}
	return rc;
}

static int csat(struct report *r, struct cn_store *s, struct cn_err *err)
{
	const struct cn_report_conf *c = r->conf;
	struct cn_report_col cols[] = { { NULL, false }, { "n", true },
	    { "satisfied", true }, { "mean", true } };
	/* What lies after now has not happened. */
	int64_t until = c->until > c->now ? c->now + 1 : c->until;
	struct cn_csat_row *v;
	size_t n, i;
	int rc;

	if (cn_csat(s, c->since, until, c->by, &r->mem, &v, &n, err) < 0)
		return -1;
	rc = head(r, cols, 4, c->by, err);
	for (i = 0; rc == 0 && i < n; i++)
		rc = row(r, (const char *[]){ v[i].key, num(r, v[i].n),
		    v[i].n == 0 ? NULL : cn_arena_fmt(&r->mem, "%.1f", 100.0 *
		    (double)v[i].satisfied / (double)v[i].n), v[i].n == 0 ?
		    NULL : cn_arena_fmt(&r->mem, "%.2f", v[i].mean) }, 4,
		    err);
	return rc;
}

static int categories(struct report *r, struct cn_metrics *m,
    struct cn_err *err)
{
	struct cn_report_col cols[] = { { NULL, false },
	    { "conversations", true }, { "share", true },
	    { "answered", true }, { "waiting", true },
	    { "first_reply", true } };
	struct cn_category_row *v;
	size_t n, i;
	int rc = head(r, cols, 6, CN_BY_CATEGORY, err);

	cn_metrics_categories(m, r->conf->since, r->conf->until, &r->mem, &v,
	    &n);
	for (i = 0; rc == 0 && i < n; i++) {
		const struct cn_spread *s = &v[i].first;

		rc = row(r, (const char *[]){ v[i].key,
		    num(r, v[i].conversations),
		    cn_arena_fmt(&r->mem, "%.1f", v[i].share),
		    num(r, (int64_t)s->n), num(r, (int64_t)s->waiting),
		    length(r, s->median, s->n) }, 6, err);
	}
	return rc;
}

static int finding(struct report *r, const struct cn_finding *x,
    struct cn_err *err)
{
	static const char *const kinds[] = { "macro", "used", "same",
	    "route" };

	return r->to->row(r->to->arg, (const char *[]){ kinds[x->kind],
	    x->category, x->language, x->target, num(r, (int64_t)x->n),
	    num(r, (int64_t)x->of), num(r, (int64_t)x->customers),
	    length(r, x->wait, x->wait >= 0),
	    length(r, x->each, x->each >= 0), x->basis,
	    length(r, x->saved, x->saved >= 0), x->examples }, 12, err);
}

static int proposals(struct report *r, struct cn_workflow *w,
    struct cn_store *s, const struct cn_config *config, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < w->n && w->v[i].kind == CN_FIND_MACRO;
	    i++) {
		b.len = 0;
		rc = cn_workflow_propose(w, s, config, &w->v[i],
		    r->conf->least, &b, err);
		if (rc == 0)
			rc = r->to->text(r->to->arg, cn_buf_view(&b), err);
	}
	cn_buf_wipe(&b);
	return rc;
}

static int workflow(struct report *r, struct cn_store *s,
    const struct cn_config *config, struct cn_err *err)
{
	static const struct cn_report_col cols[] = { { "finding", false },
	    { "category", false }, { "language", false }, { "target", false },
	    { "n", true }, { "of", true }, { "customers", true },
	    { "wait", true }, { "each", true }, { "basis", false },
	    { "saved", true }, { "examples", false } };
	const struct cn_report_conf *c = r->conf;
	struct cn_workflow w = { .n = 0 };
	size_t i;
	int rc = cn_workflow_find(&w, s, config, c->since,
	    c->until > c->now ? c->now + 1 : c->until, c->least, c->macros,
	    err);

	if (rc == 0 && c->propose)
		rc = proposals(r, &w, s, config, err);
	else if (rc == 0)
		rc = r->to->head(r->to->arg, cols, 12, err);
	for (i = 0; rc == 0 && !c->propose && i < w.n; i++)
		rc = finding(r, &w.v[i], err);
	cn_workflow_release(&w);
	return rc;
}

static int ropa_row(void *arg, const char *const *cells, struct cn_err *err)
{
	struct report *r = arg;

	return r->to->row(r->to->arg, cells, CN_ROPA_CELLS, err);
}

static int ropa(struct report *r, const struct cn_config *config,
    struct cn_err *err)
{
	static const struct cn_report_col cols[CN_ROPA_CELLS] = {
	    { "part", false }, { "name", false }, { "form", false },
	    { "personal", false }, { "category", false },
	    { "purpose", false }, { "basis", false }, { "retention", false },
	    { "note", false } };

	if (r->to->head(r->to->arg, cols, CN_ROPA_CELLS, err) < 0)
		return -1;
	return cn_ropa(config, ropa_row, r, err);
}

/* Runs know an account by its id; people by its name. */
static const char *account(const struct report *r, const char *pub)
{
	size_t i;

	for (i = 0; pub != NULL && i < r->naccounts; i++)
		if (strcmp(r->accounts[i].pub, pub) == 0)
			return r->accounts[i].name;
	return pub;
}

static int run_row(void *arg, const struct cn_run_info *v, struct cn_err *err)
{
	struct report *r = arg;
	char start[CN_TIME_LEN];
	int rc;

	rc = r->to->row(r->to->arg, (const char *[]){
	    cn_time_fmt(start, v->start), v->command, account(r, v->account),
	    !v->ended ? "killed" : v->status == CN_OK ? "done" :
	    v->status == CN_PARTIAL ? "partial" :
	    v->status == CN_RUN_CLOSED ? "closed" : "failed",
	    v->ended ? num(r, v->status) : NULL,
	    length(r, v->end - v->start, v->ended), num(r, v->read),
	    num(r, v->stored), num(r, v->refused) }, 9, err);
	cn_arena_reset(&r->mem);
	return rc;
}

static int runs(struct report *r, struct cn_store *s, struct cn_err *err)
{
	static const struct cn_report_col cols[] = { { "start", false },
	    { "command", false }, { "account", false }, { "result", false },
	    { "status", true }, { "took", true }, { "read", true },
	    { "stored", true }, { "refused", true } };

	if (r->to->head(r->to->arg, cols, 9, err) < 0)
		return -1;
	/* Who may not open their names sees ids. */
	if (cn_account_rows(s, &r->names, &r->accounts, &r->naccounts,
	    err) < 0) {
		r->naccounts = 0;
		*err = (struct cn_err){ 0 };
	}
	return cn_run_list(s, r->conf->since, r->conf->until, run_row, r, err);
}

static int quarantine_row(void *arg, const struct cn_quarantined *v,
    struct cn_err *err)
{
	struct report *r = arg;
	char received[CN_TIME_LEN];
	int rc;

	rc = r->to->row(r->to->arg, (const char *[]){ v->pub,
	    cn_time_fmt(received, v->received), num(r, v->size), v->place,
	    v->reason }, 5, err);
	cn_arena_reset(&r->mem);
	return rc;
}

static int quarantine(struct report *r, struct cn_store *s,
    struct cn_err *err)
{
	static const struct cn_report_col cols[] = { { "id", false },
	    { "received", false }, { "size", true }, { "place", false },
	    { "reason", false } };

	if (r->to->head(r->to->arg, cols, 5, err) < 0)
		return -1;
	return cn_quarantine_list(s, r->conf->since, r->conf->until,
	    quarantine_row, r, err);
}

int cn_report(struct cn_store *s, const struct cn_config *config,
    enum cn_report what, const struct cn_report_conf *conf,
    const struct cn_report_to *to, struct cn_err *err)
{
	static int (*const measured[])(struct report *, struct cn_metrics *,
	    struct cn_err *) = { [CN_REPORT_VOLUME] = volume,
	    [CN_REPORT_RESPONSE] = response,
	    [CN_REPORT_CATEGORIES] = categories };
	struct report r = { .conf = conf, .to = to, .keyed = true };
	struct cn_metrics *m;
	int rc = -1;

	if (what == CN_REPORT_ROPA) {
		rc = ropa(&r, config, err);
	} else if (what == CN_REPORT_RUNS) {
		rc = runs(&r, s, err);
	} else if (what == CN_REPORT_CSAT) {
		rc = csat(&r, s, err);
	} else if (what == CN_REPORT_WORKFLOW) {
		rc = workflow(&r, s, config, err);
	} else if (what == CN_REPORT_QUARANTINE) {
		rc = quarantine(&r, s, err);
	} else if ((m = cn_metrics_load(s, conf->now, err)) != NULL) {
		rc = measured[what](&r, m, err);
		cn_metrics_free(m);
	}
	cn_arena_release(&r.names);
	cn_arena_release(&r.mem);
	return rc;
}
