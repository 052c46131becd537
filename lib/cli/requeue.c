#include "cli/requeue.h"

#include <string.h>

#include "cli/open.h"
#include "desk/intake/intake.h"
#include "desk/intake/large.h"
#include "store/list.h"

static int again(struct cn_cli *cli, struct cn_store *s, struct cn_intake *in,
    const struct cn_fetch_conf *conf, const char *pub, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	struct cn_err why = { 0 };
	int64_t show = 0;
	int r = cn_intake_requeue(in, pub, &b, conf->tell, conf->arg, &show,
	    &why);

	if (r == 1) {
		cn_cli_status(cli, CN_PARTIAL);
		cn_cli_warn("%.20s: no such item", pub);
		r = 0;
	} else if (r < 0 && why.status == CN_PARTIAL) {
		conf->tell(conf->arg, pub, why.msg);
		r = 0;
	} else if (r < 0) {
		*err = why;
	} else if (b.len > 0) {
		r = conf->lines(conf->arg, cn_buf_view(&b), err);
	}
	if (r == 0 && show != 0)
		r = cn_fetch_mail(s, show, conf, err);
	cn_buf_wipe(&b);
	return r;
}

struct all {
	struct cn_list ids;
	struct cn_arena *mem;
};

static int each_item(void *arg, const struct cn_quarantined *q,
    struct cn_err *err)
{
	struct all *all = arg;

	(void)err;
	cn_list_add(&all->ids, cn_arena_strdup(all->mem, q->pub), all->mem);
	return 0;
}

int cn_requeue_run(struct cn_cli *cli, const struct cn_list *ids,
    const struct cn_fetch_conf *conf, struct cn_err *err)
{
	struct all all = { .mem = &cli->arena };
	struct cn_run_row row = { 0 };
	struct cn_intake *in;
	struct cn_desk desk;
	size_t i;
	int r;

	if (cn_desk_open(&desk, cli, 0, err) < 0)
		return -1;
	in = cn_intake_new(desk.store, &desk.conf, conf->flags);
	r = cn_run_begin(desk.store, &row, err);
	if (r == 0 && ids->n == 1 && strcmp(ids->item[0], "all") == 0) {
		r = cn_quarantine_list(desk.store, 0, INT64_MAX, each_item,
		    &all, err);
		ids = &all.ids;
	}
	for (i = 0; r == 0 && !*cli->run.stop && i < ids->n; i++)
		r = again(cli, desk.store, in, conf, ids->item[i], err);
	row.read = (int64_t)i;
	row.stored = cn_intake_counts(in)->stored;
	r = cn_desk_ran(&desk, cli, &row, r, err);
	cn_intake_free(in);
	cn_desk_close(&desk);
	return r;
}
