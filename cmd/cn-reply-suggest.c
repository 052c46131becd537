/* cn-reply-suggest - draft answers from macros and past answers */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/open.h"
#include "cli/sandbox.h"
#include "cli/share.h"
#include "cli/stream.h"
#include "desk/suggest.h"
#include "store/audit.h"

enum { JSONL, RFC822 };
static const char *const formats[] = { "jsonl", "rfc822", NULL };

static struct {
	bool pending, no_store, no_history;
	int format;
	int64_t max, max_line;
	const char *macros, *agent, *min_score;
} opt = { .max = 3 };

static const struct cn_opt opts[] = {
	{ 0, "pending", CN_OPT_FLAG, &opt.pending, NULL,
	    "what the store has without replies", NULL, false },
	{ 'n', "max", CN_OPT_INT, &opt.max, "N",
	    "drafts for a message, at most; 3", NULL, false },
	{ 0, "min-score", CN_OPT_STR, &opt.min_score, "X",
	    "leave out drafts below it; 0.1", NULL, false },
	{ 0, "macros", CN_OPT_STR, &opt.macros, "FILE",
	    "instead of $CN_HOME/macros.yaml or ours", NULL, false },
	{ 0, "no-history", CN_OPT_FLAG, &opt.no_history, NULL,
	    "macros only, no past answers", NULL, false },
	{ 0, "no-store", CN_OPT_FLAG, &opt.no_store, NULL,
	    "open no store: lines in, lines out", NULL, false },
	{ 0, "agent", CN_OPT_STR, &opt.agent, "NAME",
	    "who answers: fills {agent}", NULL, false },
	{ 0, "format", CN_OPT_ENUM, &opt.format, NULL,
	    "lines, or the drafts as an mbox", formats, false },
	{ 0, "max-line", CN_OPT_SIZE, &opt.max_line, "SIZE",
	    "refuse longer lines; 8M", NULL, false },
	{ 0 }
};

static const struct cn_cmd cmd = {
	"cn-reply-suggest", "draft answers from macros and past answers",
	"[file ...]", opts,
	"cn-query is:unanswered | cn-reply-suggest --format rfc822 >drafts", 0,
	-1, NULL
};

struct filter {
	struct cn_cli *cli;
	struct cn_desk desk;
	struct cn_macros macros;
	struct cn_suggest s;
	struct cn_buf lines;
};

static int one(void *arg, const struct cn_record *rec, struct cn_err *err)
{
	struct filter *f = arg;
	struct cn_item *it = rec->kind == CN_IN_JSON ?
	    cn_item_line(&f->s.items, rec->bytes, err) :
	    cn_item_mail(&f->s.items, rec->bytes, rec->envelope, err);

	return it == NULL ? -1 : cn_suggest_item(&f->s, it, err);
}

static int flush(void *arg, struct cn_err *err)
{
	struct filter *f = arg;
	size_t i;
	int r = cn_suggest_flush(&f->s, err);

	f->lines.len = 0;
	for (i = 0; i < f->s.items.n && r == 0; i++) {
		struct cn_item *it = f->s.items.v[i];

		if (opt.format == RFC822)
			r = cn_suggest_mails(&f->lines, &f->s, it,
			    f->cli->run.now, err);
		else
			cn_item_put(&f->lines, it, "replies", 0);
	}
	if (r == 0)
		r = cn_sink_add(&f->cli->out, f->lines.p, f->lines.len, err);
	if (f->lines.len > 0)
		cn_wipe(f->lines.p, f->lines.len);
	cn_items_reset(&f->s.items);
	return r;
}

static int pending(struct filter *f, struct cn_counts *n, struct cn_err *err)
{
	int64_t ids[256], after = 0;
	size_t got = 1, i;
	int r = 0;

	while (r == 0 && got > 0 && !*f->cli->run.stop) {
		r = cn_message_pending(f->desk.store, CN_STAGE_SUGGEST, after,
		    ids, 256, &got, err);
		for (i = 0; i < got && r == 0; i++) {
			struct cn_item *it = cn_item_stored(&f->s.items,
			    ids[i], err);

			after = ids[i];
			n->read++;
			if (it != NULL)
				r = cn_suggest_item(&f->s, it, err);
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
	static const struct cn_stream_ops ops = { one, flush };
	const struct cn_stream_conf conf = { .max_line = opt.max_line };
	int r = 0;

	if (f->desk.store != NULL && !opt.no_history) {
		f->s.history = cn_history_new(f->desk.store, &f->desk.conf,
		    err);
		r = f->s.history == NULL ? -1 : 0;
	}
	if (r == 0)
		r = opt.pending ? pending(f, n, err) :
		    cn_stream_run(f->cli, &conf, &ops, f, n, err);
	cn_history_free(f->s.history);
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
	row.stored = (int64_t)f->s.stored;
	row.refused = (int64_t)n.refused;
	if (cn_run_end(f->desk.store, &row, r < 0 ? err->status :
	    f->cli->status, r < 0 ? &ignored : err) < 0)
		r = -1;
	return r;
}

static int score(double *out, struct cn_cli *cli, struct cn_err *err)
{
	char *end;

	*out = 0.1;
	if (opt.min_score == NULL)
		return 0;
	*out = strtod(opt.min_score, &end);
	if (end == opt.min_score || *end != '\0' || !(*out >= 0 && *out <= 1))
		return cn_cli_usage(cli, err, "--min-score takes 0 to 1");
	return 0;
}

static int load(struct filter *f, struct cn_err *err)
{
	struct cn_cli *cli = f->cli;
	const char *own = cn_path(&cli->arena, cli->run.home, "macros.yaml");

	return cn_macros_load(&f->macros, opt.macros ? opt.macros :
	    !opt.no_store && cn_file_exists(own) ? own :
	    cn_share(cli, NULL, "macros.yaml"), err);
}

static int run(struct cn_cli *cli, struct cn_err *err)
{
	struct filter f = { .cli = cli };
	struct cn_err why = { 0 };
	double least;
	int r;

	if (opt.pending && (cli->argc > 0 || opt.no_store))
		return cn_cli_usage(cli, err, "--pending reads the store: no "
		    "operands and no --no-store with it");
	if (opt.max < 1 || opt.max > CN_SUGGEST_MAX)
		return cn_cli_usage(cli, err, "--max takes 1 to %d",
		    CN_SUGGEST_MAX);
	if (score(&least, cli, err) < 0)
		return -1;
	r = load(&f, err);
	if (r == 0)
		r = opt.no_store ? cn_config_load(&f.desk.conf, cli->run.config,
		    &cli->arena, err) : cn_desk_open(&f.desk, cli, 0, err);
	if (r == 0 && cn_sandbox_offline(&why) < 0 && cli->verbose)
		cn_cli_warn("sockets are not forbidden: %s", why.msg);
	f.s = (struct cn_suggest){ .items = { .store = f.desk.store,
	    .conf = &f.desk.conf, .purpose = "suggest" },
	    .macros = &f.macros, .agent = opt.agent, .max = (size_t)opt.max,
	    .min_score = least };
	cn_suggest_init(&f.s);
	if (r == 0)
		r = recorded(&f, err);
	cn_suggest_release(&f.s);
	cn_buf_wipe(&f.lines);
	cn_desk_close(&f.desk);
	cn_macros_release(&f.macros);
	return r;
}

int main(int argc, char **argv)
{
	return cn_cli_main(argc, argv, &cmd, run);
}
