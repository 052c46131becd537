/* cn-reply-suggest - draft answers from macros and past answers */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "cli/filter.h"
#include "cli/helper.h"
#include "cli/share.h"
#include "desk/reply/suggest.h"
#include "store/audit.h"

enum { JSONL, RFC822 };
static const char *const formats[] = { "jsonl", "rfc822", NULL };

static struct {
	bool pending, no_store, no_history, all;
	int format;
	int64_t max, max_line, past;
	const char *macros, *agent, *min_score, *rejects;
	struct cn_list accept, reject;
	const char *generator;
	int64_t generator_time;
} opt = { .max = 3, .generator_time = 60, .past = CN_HISTORY_PAIRS };

static const struct cn_opt opts[] = {
	{ 0, "pending", CN_OPT_FLAG, &opt.pending, NULL,
	    "what the store has without replies" },
	{ 'n', "max", CN_OPT_INT, &opt.max, "N",
	    "drafts for a message, at most; 3" },
	{ 0, "min-score", CN_OPT_STR, &opt.min_score, "X",
	    "leave out drafts below it; 0.1" },
	{ 0, "macros", CN_OPT_STR, &opt.macros, "FILE",
	    "instead of $CN_HOME/macros.yaml or ours" },
	{ 0, "past", CN_OPT_INT, &opt.past, "N",
	    "past answers that are looked at, the newest; 10000" },
	{ 0, "no-history", CN_OPT_FLAG, &opt.no_history, NULL,
	    "macros only: nothing that was said before" },
	{ 0, "all", CN_OPT_FLAG, &opt.all, NULL,
	    "drafts for machines, lists and noreply@, too" },
	{ 0, "agent", CN_OPT_STR, &opt.agent, "NAME",
	    "who answers: fills {agent}" },
	{ 0, "rejects", CN_OPT_STR, &opt.rejects, "FILE",
	    "--no-store: what is refused, as it came" },
	{ 0, "no-store", CN_OPT_FLAG, &opt.no_store, NULL,
	    "open no store: lines in, lines out" },
	{ 0, "generator", CN_OPT_STR, &opt.generator, "CMD",
	    "a local program that drafts, too" },
	{ 0, "generator-time", CN_OPT_SPAN, &opt.generator_time, "SPAN",
	    "how long it may take for a draft; 60s" },
	{ 0, "accept", CN_OPT_LIST, &opt.accept, "ID",
	    "an agent took the first draft, ID:2 the second" },
	{ 0, "reject", CN_OPT_LIST, &opt.reject, "ID",
	    "an agent did not" },
	{ 0, "format", CN_OPT_ENUM, &opt.format, NULL,
	    "lines, or the drafts as an mbox", formats },
	{ 0, "max-line", CN_OPT_SIZE, &opt.max_line, "SIZE",
	    "refuse longer lines; 8M" },
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
	struct cn_helper helper;
	struct cn_macros macros;
	struct cn_encoder *encoder;	/* or NULL */
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

/* --- the generator --- */

static int ask(void *arg, struct cn_str line, struct cn_buf *answer,
    struct cn_err *err)
{
	return cn_helper_ask(&((struct suggest *)arg)->helper, line, answer,
	    err);
}

/* The program's name: 'llama' of '/opt/bin/llama -m x.gguf'. */
static const char *name_of(struct cn_cli *cli)
{
	size_t n = strcspn(opt.generator, " \t");
	const char *word = cn_arena_dup(&cli->arena, opt.generator, n);
	const char *slash = strrchr(word, '/');

	return slash ? slash + 1 : word;
}

static int generator(struct suggest *s, struct cn_err *err)
{
	struct cn_cli *cli = s->f.cli;

	if (opt.generator == NULL)
		return 0;
	s->helper = (struct cn_helper){ .run = &cli->run,
	    .time = opt.generator_time, .loud = cli->verbose };
	s->s.generate = ask;
	s->s.generate_arg = s;
	s->s.generator = name_of(cli);
	if (cn_helper_start(&s->helper, opt.generator, err) < 0)
		return -1;
	cli->child = s->helper.pid;
	return 0;
}

static void generator_end(struct suggest *s)
{
	cn_helper_stop(&s->helper);
	if (s->s.generator_err.status == 0 || *s->f.cli->run.stop)
		return;
	cn_cli_warn("generator: %s: no draft of it after the first %llu "
	    "messages", s->s.generator_err.msg,
	    (unsigned long long)(s->s.questions - 1));
	cn_cli_status(s->f.cli, CN_UNAVAILABLE);
}

static int work(struct suggest *s, struct cn_err *err)
{
	struct cn_desk *d = &s->f.desk;
	int r = 0;

	if (d->store != NULL && !opt.no_history) {
		s->s.history = cn_history_new(d->store, &d->conf,
		    s->encoder, (size_t)opt.past, err);
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

/* It stands in a header field. */
static int agent(struct cn_cli *cli, struct cn_err *err)
{
	if (opt.agent != NULL && (*opt.agent == '\0' ||
	    cn_str_control(cn_str(opt.agent))))
		return cn_cli_usage(cli, err, "--agent takes a name");
	return 0;
}

static int load(struct suggest *s, struct cn_err *err)
{
	struct cn_cli *cli = s->f.cli;
	const char *kind, *macro;
	size_t at = 0;

	if (!opt.no_history && !opt.no_store &&
	    cn_share_encoder(cli, &s->encoder, err) < 0)
		return -1;
	if (cn_share_macros(cli, opt.macros, !opt.no_store, &s->macros,
	    err) < 0)
		return -1;
	while ((kind = cn_macros_personal(&s->macros, &at, &macro)) != NULL)
		cn_cli_warn("macro %s: it has what looks like somebody's "
		    "number (%s), and is shown to everybody", macro, kind);
	return 0;
}

/* --- what agents think --- */

struct judged {
	int64_t leaves[CN_AUDIT_NAMED];
	size_t nleaves;
	struct cn_run_row row;
};

static int judge(struct cn_cli *cli, struct cn_store *st,
    const struct cn_list *l, bool accepted, struct judged *j,
    struct cn_err *err)
{
	int64_t leaf;
	size_t i;

	for (i = 0; i < l->n; i++) {
		j->row.read++;
		if (cn_suggest_judge(st, l->item[i], accepted, &leaf,
		    err) == 0) {
			j->row.stored++;
			cn_audit_name(j->leaves, &j->nleaves, leaf);
			continue;
		}
		if (err->status != CN_PARTIAL)
			return -1;
		cn_cli_warn("%s: %s", l->item[i], err->msg);
		cn_cli_status(cli, CN_PARTIAL);
		j->row.refused++;
	}
	return 0;
}

static int judge_all(struct cn_cli *cli, struct cn_store *st,
    struct judged *j, struct cn_err *err)
{
	if (cn_store_begin(st, err) < 0)
		return -1;
	if (judge(cli, st, &opt.accept, true, j, err) < 0 ||
	    judge(cli, st, &opt.reject, false, j, err) < 0 ||
	    (j->row.stored > 0 && cn_audit(st, &(struct cn_audit_entry){
	    .what = "drafts judged", .purpose = "reply suggestion",
	    .count = j->row.stored, .leaves = j->leaves,
	    .nleaves = j->nleaves }, err) < 0)) {
		cn_store_rollback(st);
		return -1;
	}
	return cn_store_commit(st, err);
}

/* ID and ID:1 are one draft. */
static bool same_draft(const char *a, const char *b)
{
	struct cn_str x, y;
	int64_t m, n;

	return cn_suggest_draft(a, &x, &m) && cn_suggest_draft(b, &y, &n) &&
	    m == n && x.n == y.n && memcmp(x.p, y.p, x.n) == 0;
}

static const char *taken_and_left(void)
{
	size_t i, k;

	for (i = 0; i < opt.accept.n; i++)
		for (k = 0; k < opt.reject.n; k++)
			if (same_draft(opt.accept.item[i], opt.reject.item[k]))
				return opt.accept.item[i];
	return NULL;
}

static int feedback(struct cn_cli *cli, struct cn_err *err)
{
	struct judged j = { .nleaves = 0 };
	struct cn_desk desk;
	const char *both;
	int r;

	if (cli->argc > 0 || opt.pending || opt.no_store)
		return cn_cli_usage(cli, err, "--accept and --reject stand "
		    "alone");
	if ((both = taken_and_left()) != NULL)
		return cn_cli_usage(cli, err, "%s: --accept and --reject of "
		    "one draft", both);
	if (cn_desk_open(&desk, cli, 0, err) < 0)
		return -1;
	r = cn_run_begin(desk.store, &j.row, err);
	if (r == 0)
		r = judge_all(cli, desk.store, &j, err);
	r = cn_desk_ran(&desk, cli, &j.row, r, err);
	cn_desk_close(&desk);
	return r;
}

static int run(struct cn_cli *cli, struct cn_err *err)
{
	struct suggest s = { .s = { .items = { .purpose = "suggest" },
	    .agent = opt.agent, .max = (size_t)opt.max,
	    .macros_only = opt.no_history, .all = opt.all } };
	int r;

	if (opt.accept.n + opt.reject.n > 0)
		return feedback(cli, err);
	if (opt.pending && (cli->argc > 0 || opt.no_store))
		return cn_cli_usage(cli, err, "--pending reads the store: no "
		    "operands and no --no-store with it");
	if (opt.max < 1 || opt.max > CN_SUGGEST_MAX)
		return cn_cli_usage(cli, err, "--max takes 1 to %d",
		    CN_SUGGEST_MAX);
	if (opt.past < 1 || opt.past > CN_HISTORY_MAX)
		return cn_cli_usage(cli, err, "--past takes 1 to %d",
		    CN_HISTORY_MAX);
	if (score(&s.s.min_score, cli, err) < 0 || agent(cli, err) < 0)
		return -1;
	s.f = (struct cn_filter){ .cli = cli, .items = &s.s.items,
	    .stage = CN_STAGE_SUGGEST, .arg = &s, .take = take,
	    .store = store, .stored = &s.s.stored, .put = put,
	    .rejects = opt.rejects };
	s.s.macros = &s.macros;
	r = load(&s, err);
	if (r == 0)
		r = generator(&s, err);
	if (r == 0)
		r = cn_filter_open(&s.f, opt.no_store, err);
	if (r == 0)
		r = cn_suggest_init(&s.s, err);
	if (r == 0)
		r = work(&s, err);
	generator_end(&s);
	cn_suggest_release(&s.s);
	cn_filter_close(&s.f);
	cn_macros_release(&s.macros);
	cn_encoder_free(s.encoder);
	return r;
}

int main(int argc, char **argv)
{
	return cn_cli_main(argc, argv, &cmd, run);
}
