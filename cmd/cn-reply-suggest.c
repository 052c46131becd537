/* cn-reply-suggest - draft answers from macros and past answers */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/filter.h"
#include "cli/share.h"
#include "desk/suggest.h"

enum { JSONL, RFC822 };
static const char *const formats[] = { "jsonl", "rfc822", NULL };

static struct {
	bool pending, no_store, no_history;
	int format;
	int64_t max, max_line;
	const char *macros, *agent, *min_score, *rejects;
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
	    "macros only: nothing that was said before", NULL, false },
	{ 0, "no-store", CN_OPT_FLAG, &opt.no_store, NULL,
	    "open no store: lines in, lines out", NULL, false },
	{ 0, "rejects", CN_OPT_STR, &opt.rejects, "FILE",
	    "--no-store: what is refused, as it came", NULL, false },
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

struct suggest {
	struct cn_filter f;
	struct cn_macros macros;
	struct cn_suggest s;
};

static int take(void *arg, struct cn_item *it, struct cn_err *err)
{
	struct suggest *s = arg;

	return cn_suggest_item(&s->s, it, err);
}

static int store(void *arg, struct cn_err *err)
{
	struct suggest *s = arg;

	return cn_suggest_flush(&s->s, err);
}

static int put(void *arg, struct cn_buf *b, struct cn_item *it,
    struct cn_err *err)
{
	struct suggest *s = arg;

	if (opt.format == RFC822)
		return cn_suggest_mails(b, &s->s, it, s->f.cli->run.now, err);
	cn_item_put(b, it, "replies", 0);
	return 0;
}

static int work(struct suggest *s, struct cn_err *err)
{
	struct cn_desk *d = &s->f.desk;
	int r = 0;

	if (d->store != NULL && !opt.no_history) {
		s->s.history = cn_history_new(d->store, &d->conf, err);
		r = s->s.history == NULL ? -1 : 0;
	}
	if (r == 0)
		r = cn_filter_run(&s->f, opt.pending, opt.max_line, err);
	cn_history_free(s->s.history);
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

static int load(struct suggest *s, struct cn_err *err)
{
	struct cn_cli *cli = s->f.cli;
	const char *own = cn_path(&cli->arena, cli->run.home, "macros.yaml");

	return cn_macros_load(&s->macros, opt.macros ? opt.macros :
	    !opt.no_store && cn_file_exists(own) ? own :
	    cn_share(cli, NULL, "macros.yaml"), err);
}

static int run(struct cn_cli *cli, struct cn_err *err)
{
	struct suggest s = { .s = { .items = { .purpose = "suggest" },
	    .agent = opt.agent, .max = (size_t)opt.max,
	    .macros_only = opt.no_history } };
	int r;

	if (opt.pending && (cli->argc > 0 || opt.no_store))
		return cn_cli_usage(cli, err, "--pending reads the store: no "
		    "operands and no --no-store with it");
	if (opt.max < 1 || opt.max > CN_SUGGEST_MAX)
		return cn_cli_usage(cli, err, "--max takes 1 to %d",
		    CN_SUGGEST_MAX);
	if (score(&s.s.min_score, cli, err) < 0)
		return -1;
	s.f = (struct cn_filter){ .cli = cli, .items = &s.s.items,
	    .stage = CN_STAGE_SUGGEST, .arg = &s, .take = take,
	    .store = store, .stored = &s.s.stored, .put = put,
	    .rejects = opt.rejects };
	s.s.macros = &s.macros;
	r = load(&s, err);
	if (r == 0)
		r = cn_filter_open(&s.f, opt.no_store, err);
	if (r == 0) {
		cn_suggest_init(&s.s);
		r = work(&s, err);
	}
	cn_suggest_release(&s.s);
	cn_filter_close(&s.f);
	cn_macros_release(&s.macros);
	return r;
}

int main(int argc, char **argv)
{
	return cn_cli_main(argc, argv, &cmd, run);
}
