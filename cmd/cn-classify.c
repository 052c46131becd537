/* cn-classify - say what each message is about */
#include <stdio.h>
#include <string.h>

#include "ai/ai.h"
#include "base/file.h"
#include "cli/filter.h"
#include "cli/out.h"
#include "cli/share.h"
#include "desk/learn/classify.h"

static struct {
	bool pending, pass, no_store, refs, explain;
	int format;
	int64_t max_line;
	const char *model, *spam, *rejects;
} opt;

static const struct cn_opt opts[] = {
	{ 0, "pending", CN_OPT_FLAG, &opt.pending, NULL,
	    "what the store has unclassified" },
	{ 'p', "pass-through", CN_OPT_FLAG, &opt.pass, NULL,
	    "mail in, mail with X-CN-* fields out" },
	{ 0, "no-store", CN_OPT_FLAG, &opt.no_store, NULL,
	    "open no store: lines in, lines out" },
	{ 0, "rejects", CN_OPT_STR, &opt.rejects, "FILE",
	    "--no-store: what is refused, as it came" },
	{ 'm', "model", CN_OPT_STR, &opt.model, "FILE",
	    "instead of the store's, or the starter" },
	{ 0, "spam-model", CN_OPT_STR, &opt.spam, "FILE",
	    "instead of the store's, or word lists" },
	{ 0, "explain", CN_OPT_FLAG, &opt.explain, NULL,
	    "more numbers in class" },
	{ 0, "refs", CN_OPT_FLAG, &opt.refs, NULL,
	    "lines without personal fields" },
	{ 0, "format", CN_OPT_ENUM, &opt.format, NULL,
	    "auto: a table on a terminal, else jsonl", cn_format_words },
	{ 0, "max-line", CN_OPT_SIZE, &opt.max_line, "SIZE",
	    "refuse longer lines; 8M" },
	{ 0 }
};

static const struct cn_cmd cmd = {
	"cn-classify", "say what each message is about", "[file ...]", opts,
	"cn-import box.mbox | cn-classify | jq -r .class.category", 0, -1, NULL
};

struct classify {
	struct cn_filter f;
	struct cn_model *model;		/* the starter, or of a file */
	struct cn_model *spam;
	struct cn_encoder *encoder;	/* of the store's; or NULL */
	struct cn_classify c;
	struct cn_out *table;
};

static int take(void *arg, struct cn_item *it, struct cn_err *err)
{
	struct classify *c = arg;

	return cn_classify_item(&c->c, it, err);
}

static int store(void *arg, struct cn_err *err)
{
	struct classify *c = arg;

	return cn_classify_flush(&c->c, err);
}

/* The envelope as it came; mboxrd quoting is cn_mbox_put()'s. */
static void put_mail(struct cn_buf *b, struct classify *c, struct cn_item *it)
{
	struct cn_buf fields = { 0 }, mail = { 0 }, boxed = { 0 };
	const char *body;

	cn_classify_fields(&fields, &c->c, it);
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

static int put_row(struct cn_out *table, struct cn_item *it,
    struct cn_err *err)
{
	const struct cn_ai_result *r = it->result;
	char conf[16] = "";

	if (it->skipped != NULL)
		return cn_out_rowv(table, err, it->msg.id, "", "",
		    "", "", it->skipped, it->strip ? NULL : it->msg.subject);
	snprintf(conf, sizeof(conf), "%.2f", r->confidence);
	return cn_out_rowv(table, err, it->msg.id, r->category ?
	    r->category : "?", conf, cn_priority_name(r->priority),
	    r->language, r->spam ? "spam" : r->automatic ? "automatic" :
	    r->dsr ? cn_dsr_name(r->dsr) : "", it->msg.subject);
}

static int put(void *arg, struct cn_buf *b, struct cn_item *it,
    struct cn_err *err)
{
	struct classify *c = arg;

	if (c->table != NULL)
		return put_row(c->table, it, err);
	if (opt.pass)
		put_mail(b, c, it);
	else
		cn_item_put(b, it, "class", opt.refs ? CN_ITEM_REFS : 0);
	return 0;
}

static int work(struct classify *c, struct cn_err *err)
{
	static const struct cn_col cols[] = {
		{ "id" }, { "category", CN_COL_TEXT, 20 },
		{ "confidence", CN_COL_NUM }, { "priority" }, { "language" },
		{ "note" }, { "subject" }
	};
	int r;

	if (opt.format == CN_FMT_AUTO)
		opt.format = c->f.cli->tty ? CN_FMT_TABLE : CN_FMT_JSONL;
	if (!opt.pass && opt.format != CN_FMT_JSONL)
		c->table = cn_out_new(c->f.cli, (enum cn_format)opt.format,
		    cols, opt.refs ? 6 : 7);
	r = cn_filter_run(&c->f, opt.pending, opt.max_line, err);
	return cn_out_end(c->table, r, err);
}

/* The first look at the models: which ones decide. */
static int choose(struct classify *c, bool named, struct cn_err *err)
{
	struct cn_chosen *ch = &c->c.chosen;
	bool changed;

	*ch = (struct cn_chosen){ .kind = CN_TRAINED_CATEGORY,
	    .starter = c->model, .from = named ? "file" : "starter",
	    .encoder = c->encoder,
	    .store = named ? NULL : c->f.desk.store };
	c->c.spam = (struct cn_chosen){ .kind = CN_TRAINED_SPAM,
	    .starter = c->spam, .from = "file",
	    .store = c->spam ? NULL : c->f.desk.store };
	if (cn_classify_look(&c->c, &changed, err) < 0)
		return -1;
	if (ch->untrained)
		cn_cli_note("the starter model classifies: labels wait for "
		    "'cn-model train --from-store'");
	return 0;
}

static int spam_model(struct cn_cli *cli, struct classify *c,
    struct cn_err *err)
{
	bool named;

	if (opt.spam == NULL)
		return 0;
	c->spam = cn_share_model(cli, opt.spam, &named, err);
	if (c->spam == NULL)
		return -1;
	if (cn_model_spam(c->spam) < 0) {
		cn_fail(err, CN_CONFIG, "%s: no class 'spam' in it", opt.spam);
		return cn_hint(err, "'cn-model train -o %s spam=FILE ham=FILE' "
		    "makes one", opt.spam);
	}
	return 0;
}

static int run(struct cn_cli *cli, struct cn_err *err)
{
	struct classify c = { .c = { .items = { .purpose = "classify",
	    .keep = opt.pass }, .explain = opt.explain, .refs = opt.refs } };
	bool named;
	int r = -1;

	if (opt.pending && (cli->argc > 0 || opt.no_store || opt.pass))
		return cn_cli_usage(cli, err, "--pending reads the store: no "
		    "operands, --no-store or --pass-through with it");
	c.f = (struct cn_filter){ .cli = cli, .items = &c.c.items,
	    .stage = CN_STAGE_CLASSIFY, .arg = &c, .take = take,
	    .store = store, .stored = &c.c.stored, .put = put,
	    .mail_only = opt.pass, .rejects = opt.rejects };
	c.model = cn_share_model(cli, opt.model, &named, err);
	if (c.model != NULL)
		r = cn_rules_load(&c.c.rules, cn_path(&cli->arena,
		    cli->run.home, "rules.yaml"), err);
	if (r == 0)
		r = spam_model(cli, &c, err);
	if (r == 0 && !named && !opt.no_store)
		r = cn_share_encoder(cli, &c.encoder, err);
	if (r == 0)
		r = cn_filter_open(&c.f, opt.no_store, err);
	if (r == 0)
		r = choose(&c, named, err);
	if (r == 0)
		r = work(&c, err);
	cn_classify_release(&c.c);
	cn_filter_close(&c.f);
	cn_model_free(c.model);
	cn_model_free(c.spam);
	cn_encoder_free(c.encoder);
	return r;
}

int main(int argc, char **argv)
{
	return cn_cli_main(argc, argv, &cmd, run);
}
