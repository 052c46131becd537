/* cn-classify - say what each message is about */
#include <stdio.h>
#include <string.h>

#include "ai/ai.h"
#include "base/file.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/sandbox.h"
#include "cli/share.h"
#include "cli/stream.h"
#include "desk/classify.h"
#include "store/audit.h"

static struct {
	bool pending, pass, no_store, refs, explain;
	int format;
	int64_t max_line;
	const char *model;
} opt;

static const struct cn_opt opts[] = {
	{ 0, "pending", CN_OPT_FLAG, &opt.pending, NULL,
	    "what the store has unclassified", NULL, false },
	{ 'p', "pass-through", CN_OPT_FLAG, &opt.pass, NULL,
	    "mail in, mail with X-CN-* fields out", NULL, false },
	{ 0, "no-store", CN_OPT_FLAG, &opt.no_store, NULL,
	    "open no store: lines in, lines out", NULL, false },
	{ 'm', "model", CN_OPT_STR, &opt.model, "FILE",
	    "instead of the starter model", NULL, false },
	{ 0, "explain", CN_OPT_FLAG, &opt.explain, NULL,
	    "more numbers in class", NULL, false },
	{ 0, "refs", CN_OPT_FLAG, &opt.refs, NULL,
	    "lines without personal fields", NULL, false },
	{ 0, "format", CN_OPT_ENUM, &opt.format, NULL,
	    "auto: a table on a terminal, else jsonl", cn_format_words,
	    false },
	{ 0, "max-line", CN_OPT_SIZE, &opt.max_line, "SIZE",
	    "refuse longer lines; 8M", NULL, false },
	{ 0 }
};

static const struct cn_cmd cmd = {
	"cn-classify", "say what each message is about", "[file ...]", opts,
	"cn-import box.mbox | cn-classify | jq -r .class.category", 0, -1, NULL
};

struct filter {
	struct cn_cli *cli;
	struct cn_desk desk;
	struct cn_model *model;
	struct cn_classify c;
	struct cn_out *table;
	struct cn_buf lines;
};

static int one(void *arg, const struct cn_record *rec, struct cn_err *err)
{
	struct filter *f = arg;
	struct cn_item *it;

	if (opt.pass && rec->kind == CN_IN_JSON)
		return cn_cli_usage(f->cli, err, "--pass-through takes mail");
	it = rec->kind == CN_IN_JSON ?
	    cn_item_line(&f->c.items, rec->bytes, err) :
	    cn_item_mail(&f->c.items, rec->bytes, rec->envelope, err);
	return it == NULL ? -1 : cn_classify_item(&f->c, it, err);
}

/* The envelope as it came; mboxrd quoting is cn_mbox_put()'s. */
static void put_mail(struct cn_buf *b, struct filter *f, struct cn_item *it)
{
	struct cn_buf fields = { 0 }, mail = { 0 }, boxed = { 0 };
	const char *body;

	cn_classify_fields(&fields, &f->c, it);
	cn_mail_mark(&mail, cn_buf_view(&it->raw), cn_buf_view(&fields));
	if (it->envelope.len == 0) {
		cn_buf_add(b, mail.p, mail.len);
	} else {
		struct cn_str env = cn_str_trim(cn_buf_view(&it->envelope));

		cn_mbox_put(&boxed, cn_buf_view(&mail), NULL, 0);
		body = memchr(boxed.p, '\n', boxed.len);
		cn_buf_add(b, env.p, env.n);
		cn_buf_add(b, body, boxed.len - (size_t)(body - boxed.p));
	}
	cn_buf_release(&fields);
	cn_buf_wipe(&mail);
	cn_buf_wipe(&boxed);
}

static int put_row(struct filter *f, struct cn_item *it, struct cn_err *err)
{
	const struct cn_ai_result *r = it->result;
	char conf[16] = "";

	if (it->skipped != NULL)
		return cn_out_rowv(f->table, err, it->msg.id, "", "",
		    "", "", it->skipped, it->strip ? NULL : it->msg.subject);
	snprintf(conf, sizeof(conf), "%.2f", r->confidence);
	return cn_out_rowv(f->table, err, it->msg.id, r->category ?
	    r->category : "?", conf, cn_priority_name(r->priority),
	    r->language, r->spam ? "spam" : r->automatic ? "automatic" :
	    r->dsr ? cn_dsr_name(r->dsr) : "", it->msg.subject);
}

static int flush(void *arg, struct cn_err *err)
{
	struct filter *f = arg;
	size_t i;
	int r = cn_classify_flush(&f->c, err);

	f->lines.len = 0;
	for (i = 0; i < f->c.items.n && r == 0; i++) {
		struct cn_item *it = f->c.items.v[i];

		if (opt.pass)
			put_mail(&f->lines, f, it);
		else if (f->table != NULL)
			r = put_row(f, it, err);
		else
			cn_item_put(&f->lines, it, "class",
			    opt.refs ? CN_ITEM_REFS : 0);
	}
	if (r == 0)
		r = cn_sink_add(&f->cli->out, f->lines.p, f->lines.len, err);
	if (f->lines.len > 0)
		cn_wipe(f->lines.p, f->lines.len);
	cn_items_reset(&f->c.items);
	return r;
}

static int pending(struct filter *f, struct cn_counts *n, struct cn_err *err)
{
	int64_t ids[256], after = 0;
	size_t got = 1, i;
	int r = 0;

	while (r == 0 && got > 0 && !*f->cli->run.stop) {
		r = cn_message_pending(f->desk.store, CN_STAGE_CLASSIFY,
		    after, ids, 256, &got, err);
		for (i = 0; i < got && r == 0; i++) {
			struct cn_item *it = cn_item_stored(&f->c.items,
			    ids[i], err);

			after = ids[i];
			n->read++;
			if (it != NULL)
				r = cn_classify_item(&f->c, it, err);
			else if (err->status != CN_BLOCKED)
				r = -1;
		}
		if (r == 0)
			r = flush(f, err);
		if (r == 0)
			r = cn_sink_flush(&f->cli->out, err);
	}
	return r;
}

static int work(struct filter *f, struct cn_counts *n, struct cn_err *err)
{
	static const struct cn_col cols[] = {
		{ "id", CN_COL_TEXT, 0 }, { "category", CN_COL_TEXT, 20 },
		{ "confidence", CN_COL_NUM, 0 }, { "priority", CN_COL_TEXT, 0 },
		{ "language", CN_COL_TEXT, 0 }, { "note", CN_COL_TEXT, 0 },
		{ "subject", CN_COL_TEXT, 0 }
	};
	static const struct cn_stream_ops ops = { one, flush };
	const struct cn_stream_conf conf = { .max_line = opt.max_line };
	int r;

	if (opt.format == CN_FMT_AUTO)
		opt.format = f->cli->tty ? CN_FMT_TABLE : CN_FMT_JSONL;
	if (!opt.pass && opt.format != CN_FMT_JSONL)
		f->table = cn_out_new(f->cli, (enum cn_format)opt.format, cols,
		    opt.refs ? 6 : 7);
	r = opt.pending ? pending(f, n, err) :
	    cn_stream_run(f->cli, &conf, &ops, f, n, err);
	if (r == 0 && f->table != NULL)
		r = cn_out_end(f->table, err);
	cn_out_free(f->table);
	return r;
}

static int recorded(struct filter *f, struct cn_err *err)
{
	struct cn_run_row row = { 0 };
	struct cn_counts n = { 0 };
	struct cn_err ignored;
	int r;

	if (f->desk.store == NULL)
		return work(f, &n, err);
	if (cn_run_begin(f->desk.store, &row, err) < 0)
		return -1;
	r = work(f, &n, err);
	row.read = (int64_t)n.read;
	row.stored = (int64_t)f->c.stored;
	row.refused = (int64_t)n.refused;
	if (cn_run_end(f->desk.store, &row, r < 0 ? err->status :
	    f->cli->status, r < 0 ? &ignored : err) < 0)
		r = -1;
	return r;
}

static int load(struct filter *f, struct cn_err *err)
{
	const char *path = opt.model ? opt.model :
	    cn_share(f->cli, "CN_MODEL", "starter.model");
	struct cn_buf b = { 0 };

	if (cn_file_read(path, CN_MODEL_BYTES, &b, err) < 0) {
		err->status = CN_CONFIG;
		return cn_hint(err, "'make' builds the starter model; "
		    "--model or CN_MODEL name another");
	}
	f->model = cn_model_load(cn_buf_view(&b), err);
	cn_buf_release(&b);
	return f->model == NULL ? cn_wrap(err, "%s", path) : 0;
}

static int run(struct cn_cli *cli, struct cn_err *err)
{
	struct filter f = { .cli = cli };
	struct cn_err why = { 0 };
	int r;

	if (opt.pending && (cli->argc > 0 || opt.no_store || opt.pass))
		return cn_cli_usage(cli, err, "--pending reads the store: no "
		    "operands, --no-store or --pass-through with it");
	r = load(&f, err);
	if (r == 0)
		r = opt.no_store ? cn_config_load(&f.desk.conf, cli->run.config,
		    &cli->arena, err) : cn_desk_open(&f.desk, cli, 0, err);
	if (r == 0 && cn_sandbox_offline(&why) < 0 && cli->verbose)
		cn_cli_warn("sockets are not forbidden: %s", why.msg);
	f.c = (struct cn_classify){ .items = { .store = f.desk.store,
	    .conf = &f.desk.conf, .purpose = "classify", .keep = opt.pass },
	    .model = f.model, .explain = opt.explain, .refs = opt.refs };
	if (r == 0)
		r = recorded(&f, err);
	cn_items_release(&f.c.items);
	cn_buf_wipe(&f.lines);
	cn_desk_close(&f.desk);
	cn_model_free(f.model);
	return r;
}

int main(int argc, char **argv)
{
	return cn_cli_main(argc, argv, &cmd, run);
}
