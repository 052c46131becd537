#include "cli/filter.h"

#include "store/audit.h"

#define PAGE 256

int cn_filter_open(struct cn_filter *f, bool no_store, struct cn_err *err)
{
	struct cn_cli *cli = f->cli;

	if (no_store) {
		if (cn_config_load(&f->desk.conf, cli->run.config, &cli->arena,
		    err) < 0)
			return -1;
	} else if (cn_desk_open(&f->desk, cli, 0, err) < 0) {
		return -1;
	}
	f->items->store = f->desk.store;
	f->items->conf = &f->desk.conf;
	if (cn_rejects_open(&f->refused, cli, f->desk.store, f->rejects,
	    err) < 0)
		return -1;
	return cn_desk_shut(&f->desk, cli, false, err);
}

void cn_filter_close(struct cn_filter *f)
{
	cn_buf_wipe(&f->out);
	cn_rejects_close(&f->refused);
	cn_desk_close(&f->desk);
}

static void reject(void *arg, const struct cn_record *rec, const char *reason)
{
	cn_rejects_add(&((struct cn_filter *)arg)->refused, rec, reason);
}

static int flush(void *arg, struct cn_err *err)
{
	struct cn_filter *f = arg;
	size_t i;
	int r = cn_rejects_flush(&f->refused, err);

	if (r == 0)
		r = f->store(f->arg, err);
	f->out.len = 0;
	for (i = 0; i < f->items->n && r == 0; i++)
		r = f->put(f->arg, &f->out, f->items->v[i], err);
	if (r == 0)
		r = cn_sink_add(&f->cli->out, f->out.p, f->out.len, err);
	if (f->out.len > 0)
		cn_wipe(f->out.p, f->out.len);
	cn_items_reset(f->items);
	return r;
}

static int one(void *arg, const struct cn_record *rec, struct cn_err *err)
{
	struct cn_filter *f = arg;
	struct cn_item *it;
	int r;

	if (f->mail_only && rec->kind == CN_IN_JSON)
		return cn_cli_usage(f->cli, err, "--pass-through takes mail");
	it = rec->kind == CN_IN_JSON ?
	    cn_item_line(f->items, rec->bytes, err) :
	    cn_item_mail(f->items, rec->bytes, rec->envelope, err);
	r = it == NULL ? -1 : f->take(f->arg, it, err);
	return r == 0 && cn_items_full(f->items) ? flush(f, err) : r;
}

static int pending(struct cn_filter *f, struct cn_counts *n,
    struct cn_err *err)
{
	int64_t ids[PAGE], after = 0;
	struct cn_item *it;
	size_t got = 1, i;
	int r = 0;

	while (r == 0 && got > 0 && !*f->cli->run.stop) {
		r = cn_message_pending(f->desk.store, f->stage, after, ids,
		    PAGE, &got, err);
		for (i = 0; i < got && r == 0; i++) {
			it = cn_item_stored(f->items, ids[i], err);
			after = ids[i];
			n->read++;
			if (it != NULL)
				r = f->take(f->arg, it, err);
			else if (err->status != CN_BLOCKED)
				r = -1;
			if (r == 0 && cn_items_full(f->items))
				r = flush(f, err);
		}
		if (r == 0)
			r = flush(f, err);
		if (r == 0)
			r = cn_sink_flush(&f->cli->out, err);
	}
	return r;
}

static int work(struct cn_filter *f, bool wait, int64_t max_line,
    struct cn_counts *n, struct cn_err *err)
{
	static const struct cn_stream_ops ops = { one, flush, reject };
	const struct cn_stream_conf conf = { .max_line = max_line };

	return wait ? pending(f, n, err) :
	    cn_stream_run(f->cli, &conf, &ops, f, n, err);
}

int cn_filter_run(struct cn_filter *f, bool wait, int64_t max_line,
    struct cn_err *err)
{
	struct cn_run_row row = { 0 };
	struct cn_counts n = { 0 };
	int r;

	if (f->desk.store == NULL)
		return work(f, wait, max_line, &n, err);
	if (cn_run_begin(f->desk.store, &row, err) < 0 ||
	    cn_audit_now(f->desk.store, &(struct cn_audit_entry){
	    .what = "messages read", .purpose = f->items->purpose }, err) < 0)
		return -1;
	r = work(f, wait, max_line, &n, err);
	row.read = (int64_t)n.read;
	row.stored = (int64_t)*f->stored;
	row.refused = (int64_t)n.refused;
	return cn_desk_ran(&f->desk, f->cli, &row, r, err);
}
