/* cn-report - measure the desk */
#include "base/times.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/share.h"
#include "desk/report/report.h"
#include "desk/report/workflow.h"
#include "store/audit.h"

#define DAYS 30			/* reported without --since, today among them */

enum { YAML = CN_FMT_TSV + 1 };
static const char *const formats[] = { "auto", "table", "jsonl", "csv", "tsv",
	"yaml", NULL };

static struct {
	int64_t since, until, min;
	int by, format;
	struct cn_list check;
	const char *macros;
	bool seconds;
} opt = { .since = INT64_MIN, .until = INT64_MIN, .min = -1, .by = -1 };

static const struct cn_opt opts[] = {
	{ 0, "since", CN_OPT_TIME, &opt.since, "TIME",
	    "from then on (29 days before today)" },
	{ 0, "until", CN_OPT_TIME, &opt.until, "TIME", "before then (now)" },
	{ 0, "by", CN_OPT_ENUM, &opt.by, NULL, "a row for each", cn_by_words },
	{ 0, "format", CN_OPT_ENUM, &opt.format, NULL,
	    "auto: a table on a terminal, else jsonl", formats },
	{ 0, "seconds", CN_OPT_FLAG, &opt.seconds, NULL,
	    "lengths of time in seconds" },
	{ 0, "check", CN_OPT_LIST, &opt.check, "COND",
	    "status 1 unless it is met: 'frt.p90<4h'" },
	{ 0, "min", CN_OPT_INT, &opt.min, "N",
	    "workflow: customers behind each row; 5" },
	{ 0, "macros", CN_OPT_STR, &opt.macros, "FILE",
	    "instead of $CN_HOME/macros.yaml or ours" },
	{ 0 }
};

static const struct cn_verb verbs[] = {
	{ "volume", "", "messages and conversations", 0, 0,
	    "since until by format" },
	{ "response", "", "times to reply and to resolve", 0, 0,
	    "since until by format seconds check" },
	{ "csat", "", "how content customers are", 0, 0,
	    "since until by format" },
	{ "categories", "", "what people write about", 0, 0,
	    "since until format seconds" },
	{ "workflow", "", "what could be done by rule", 0, 0,
	    "since until format seconds min macros" },
	{ "ropa", "", "the record of processing activities", 0, 0,
	    "format" },
	{ "runs", "", "what ran, and how it ended", 0, 0,
	    "since until format seconds" },
	{ "quarantine", "", "what could not be taken in, and why", 0,
	    0, "since until format" },
	{ 0 }
};

static const struct cn_cmd cmd = {
	.name = "cn-report",
	.nd = "measure the desk",
	.opts = opts,
	.verbs = verbs,
	.example = "cn-report response --since 7d --check 'frt.p90<4h'"
};

struct view {
	struct cn_cli *cli;
	struct cn_out *out;
	bool found;			/* something was put */
};

static int head(void *arg, const struct cn_report_col *cols, size_t n,
    struct cn_err *err)
{
	struct view *v = arg;
	struct cn_col *c = cn_arena_alloc(&v->cli->arena, n * sizeof(*c));

	(void)err;
	for (size_t i = 0; i < n; i++)
		c[i] = (struct cn_col){ cols[i].name,
		    cols[i].number ? CN_COL_NUM : CN_COL_TEXT, 0 };
	v->out = cn_out_new(v->cli, (enum cn_format)opt.format, c, n);
	return 0;
}

static int row(void *arg, const char *const *cells, size_t n,
    struct cn_err *err)
{
	struct view *v = arg;
	struct cn_str str[16] = { { 0 } };

	v->found = true;
	for (size_t i = 0; i < n && i < 16; i++)
		if (cells[i])
			str[i] = cn_str(cells[i]);
	return cn_out_row(v->out, str, err);
}

static int text(void *arg, struct cn_str t, struct cn_err *err)
{
	struct view *v = arg;

	v->found = true;
	return cn_sink_add(&v->cli->out, t.p, t.n, err);
}

static void unmet(void *arg, const char *key, const char *condition)
{
	struct view *v = arg;

	cn_cli_warn("%s: not met: %s", key, condition);
	cn_cli_status(v->cli, CN_NO);
}

static int fits(struct cn_cli *cli, struct cn_err *err)
{
	const char *name = verbs[cli->verb].name;

	if (cli->verb == CN_REPORT_CSAT && opt.by == CN_BY_CATEGORY)
		return cn_cli_usage(cli, err, "%s: takes no --by category",
		    name);
	if (cli->verb != CN_REPORT_WORKFLOW && opt.format == YAML)
		return cn_cli_usage(cli, err, "%s: takes no --format yaml",
		    name);
	if (opt.min >= 0 && opt.min < 2)
		return cn_cli_usage(cli, err, "--min takes 2 or more");
	return 0;
}

/* This one reads what people wrote: it needs the macros, and is audited. */
static int ready(struct cn_cli *cli, struct cn_desk *desk,
    struct cn_macros *ms, struct cn_err *err)
{
	if (cli->verb != CN_REPORT_WORKFLOW)
		return cn_desk_open(desk, cli, CN_STORE_READ, err);
	if (cn_share_macros(cli, opt.macros, true, ms, err) < 0 ||
	    cn_desk_open(desk, cli, CN_STORE_AUDIT, err) < 0)
		return -1;
	if (cn_audit_now(desk->store, &(struct cn_audit_entry){
	    .what = "answers compared", .purpose = "report" }, err) == 0)
		return 0;
	cn_desk_close(desk);
	return -1;
}

static void period(const struct cn_cli *cli)
{
	if (opt.until == INT64_MIN)
		opt.until = cli->run.now + 1;	/* what came just now too */
	if (opt.since == INT64_MIN)
		opt.since = cn_local_midnight(cn_local_day(cli->run.now) -
		    DAYS + 1);
}

static int run(struct cn_cli *cli, struct cn_err *err)
{
	bool machine = opt.format == CN_FMT_JSONL ||
	    (opt.format == CN_FMT_AUTO && !cli->tty);
	struct cn_condition *check = cn_arena_alloc(&cli->arena,
	    (opt.check.n + 1) * sizeof(*check));
	struct view v = { .cli = cli };
	struct cn_macros macros = { .n = 0 };
	struct cn_desk desk;
	int rc = fits(cli, err);

	for (size_t i = 0; rc == 0 && i < opt.check.n; i++)
		rc = cn_condition_parse(opt.check.item[i], &check[i], err);
	if (rc == 0)
		rc = ready(cli, &desk, &macros, err);
	if (rc == 0) {
		period(cli);
		rc = cn_report(desk.store, &desk.conf,
		    (enum cn_report)cli->verb, &(struct cn_report_conf){
		    opt.since, opt.until, cli->run.now, opt.by < 0 ?
		    cli->verb == CN_REPORT_VOLUME ? CN_BY_DAY : CN_BY_ALL :
		    (enum cn_by)opt.by, !opt.seconds && !machine, check,
		    opt.check.item, opt.check.n, opt.min < 0 ?
		    CN_WORKFLOW_LEAST : (size_t)opt.min, &macros,
		    opt.format == YAML },
		    &(struct cn_report_to){ head, row, text, unmet, &v }, err);
		rc = cn_out_end(v.out, rc, err);
		if (rc == 0 && cli->verb == CN_REPORT_WORKFLOW && !v.found)
			cn_cli_note("nothing was found of %d customers or "
			    "more: --min and --since look further",
			    opt.min < 0 ? CN_WORKFLOW_LEAST : (int)opt.min);
		cn_desk_close(&desk);
	}
	cn_macros_release(&macros);
	return rc;
}

int main(int argc, char **argv)
{
	return cn_cli_main(argc, argv, &cmd, run);
}
