/* cn-purge - erase a person, and prove it */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "cli/open.h"
#include "cli/proof.h"
#include "cli/who.h"
#include "desk/subject/purge.h"
#include "store/audit.h"

#define INPUT_MAX ((size_t)64 << 20)

static struct {
	struct cn_list subjects;
	bool plan, dry, apply, prove, resume, yes;
} opt;

static const struct cn_opt opts[] = {
	{ 's', "subject", CN_OPT_LIST, &opt.subjects, "WHO",
	    "address, phone, p-id; - stdin, @FILE" },
	{ 0, "plan", CN_OPT_FLAG, &opt.plan, NULL,
	    "show what would go and what stays" },
	{ 'n', "dry-run", CN_OPT_FLAG, &opt.dry, NULL, "the same" },
	{ 0, "apply", CN_OPT_FLAG, &opt.apply, NULL,
	    "erase by the plan, or --subject" },
	{ 0, "prove", CN_OPT_FLAG, &opt.prove, NULL,
	    "check and print a certificate" },
	{ 0, "resume", CN_OPT_FLAG, &opt.resume, NULL,
	    "finish what was cut off" },
	{ 'y', "yes", CN_OPT_FLAG, &opt.yes, NULL,
	    "do not ask before erasing" },
	{ 0 }
};

static const struct cn_cmd cmd = {
	"cn-purge", "erase a person, and prove it", "[plan | erasure]", opts,
	"cn-purge -s anika@example.com --plan > p && "
	"cn-purge --apply p --prove", 0, 1, NULL
};

struct purge {
	struct cn_cli *cli;
	struct cn_desk desk;
	struct cn_store *store;
	struct cn_list who;
};

static int read_input(const char *path, struct cn_buf *b, struct cn_err *err)
{
	return cn_file_read(strcmp(path, "-") == 0 ? "/dev/stdin" : path,
	    INPUT_MAX, b, err);
}

static int gather(struct purge *p, struct cn_err *err)
{
	size_t i;

	for (i = 0; i < opt.subjects.n; i++)
		if (cn_who_read(p->cli, opt.subjects.item[i], &p->who,
		    err) < 0)
			return cn_wrap(err, "--subject %zu", i + 1);
	return 0;
}

/* Asks on the terminal: only a person can say yes. */
static int confirm(struct purge *p, const struct cn_plan *plan,
    struct cn_err *err)
{
	struct cn_buf q = { 0 };
	char answer[16] = "";
	ssize_t n;
	int fd = isatty(STDIN_FILENO) ? open("/dev/tty", O_RDWR | O_CLOEXEC) :
	    -1;

	if (fd < 0)
		return cn_cli_usage(p->cli, err, "without a terminal --apply "
		    "needs a plan, or --yes");
	cn_buf_fmt(&q, "Erase %lld messages of %zu persons for ever? "
	    "Type yes: ",
	    (long long)plan->survey.count[CN_REACH_MESSAGES], plan->nsubjects);
	n = cn_write_all(fd, q.p, q.len, err) < 0 ? -1 :
	    read(fd, answer, sizeof(answer) - 1);
	close(fd);
	cn_buf_release(&q);
	if (n == 4 && memcmp(answer, "yes\n", 4) == 0)
		return 0;
	return cn_fail(err, CN_BLOCKED, "not confirmed: nothing was erased");
}

static int line(struct purge *p, const struct cn_buf *b, struct cn_err *err)
{
	if (cn_out_line(&p->cli->out, cn_buf_view(b), err) < 0)
		return -1;
	return cn_sink_flush(&p->cli->out, err);
}

static int prove(struct purge *p, const char *id, struct cn_err *err)
{
	if (cn_audit_now(p->store, &(struct cn_audit_entry){
	    .what = "erasure proof asked for", .purpose = "erasure" },
	    err) < 0)
		return -1;
	return cn_proof_put(p->cli, p->store, id, "erased", err);
}

/* What a person asked about is, once erased, can only be proved by all. */
static int prove_named(struct purge *p, struct cn_err *err)
{
	struct cn_ident id;
	int64_t time;
	size_t i;
	int r;

	for (i = 0; i < p->who.n; i++) {
		r = cn_erased_ident(p->store, p->who.item[i], &time, err);
		if (r == 0)
			r = cn_fail(err, CN_BLOCKED, "identifier %zu has not "
			    "been erased", i + 1);
		else if (r == 1 && (r = cn_person_find(p->store, p->who.item[i],
		    &id, err)) == 1)
			cn_cli_note("identifier %zu came again after its "
			    "erasure: a new person with keys of its own",
			    i + 1);
		if (r < 0)
			return -1;
	}
	return prove(p, NULL, err);
}

static int outcome(struct purge *p, const struct cn_plan *plan, bool done,
    struct cn_err *err)
{
	struct cn_buf b = { 0 };
	int i, r, busy = cn_erase_checkpoint(p->store, err);

	if (busy < 0)
		return -1;
	cn_buf_str(&b, "{\"v\":1,\"type\":\"erasure\"");
	cn_json_kv(&b, "id", plan->id);
	cn_json_kv(&b, "state", done ? "erased" : "nothing left to erase");
	for (i = 0; i < CN_REACH_MAX && done; i++)
		cn_json_kvi(&b, cn_reach_names[i], plan->survey.count[i]);
	cn_buf_ch(&b, '}');
	r = line(p, &b, err);
	cn_buf_release(&b);
	if (r < 0)
		return -1;
	if (done && plan->survey.count[CN_REACH_MODELS] > 0)
		cn_cli_note("a model that learned from it is destroyed: until "
		    "'cn-model train --from-store' has run, the starter model "
		    "classifies");
	if (opt.prove)
		return prove(p, done || opt.subjects.n == 0 ? plan->id : NULL,
		    err);
	return busy ? cn_proof_pending("erased", done ? plan->id : NULL, err) :
	    0;
}

static int apply(struct purge *p, struct cn_plan *plan, struct cn_err *err)
{
	struct cn_run_row row = { 0 };
	bool done = false;
	int r;

	if (cn_run_begin(p->store, &row, err) < 0)
		return -1;
	r = cn_plan_apply(p->store, plan, &done, err);
	row.read = (int64_t)plan->nsubjects;
	row.stored = done ? plan->survey.count[CN_REACH_MESSAGES] : 0;
	r = cn_desk_ran(&p->desk, p->cli, &row, r, err);
	return r < 0 ? -1 : outcome(p, plan, done, err);
}

static void tell_unknown(struct purge *p, const struct cn_plan *plan)
{
	if (plan->unknown == 0)
		return;
	cn_cli_status(p->cli, CN_PARTIAL);
	cn_cli_warn("%zu of the identifiers are of nobody here: see "
	    "\"unknown\" in the plan", plan->unknown);
}

/* --subject: plan, and with --apply erase what it says. */
static int from_subjects(struct purge *p, struct cn_err *err)
{
	struct cn_plan plan;
	int r = cn_plan_make(p->store, p->who.item, p->who.n, &plan,
	    &p->cli->arena, err);

	if (r == 0)
		tell_unknown(p, &plan);
	if (r == 0 && !opt.apply) {
		r = line(p, &plan.json, err);
	} else if (r == 0 && opt.yes) {
		plan.hash[0] = '\0';
		r = apply(p, &plan, err);
	} else if (r == 0 && (r = confirm(p, &plan, err)) == 0) {
		r = apply(p, &plan, err);
	}
	cn_plan_release(&plan);
	return r;
}

static int from_plan(struct purge *p, const char *path, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	struct cn_plan plan = { 0 };
	int r = read_input(path, &b, err);

	if (r == 0)
		r = cn_plan_read(cn_buf_view(&b), &plan, &p->cli->arena, err);
	if (r == 0)
		r = apply(p, &plan, err);
	cn_plan_release(&plan);
	cn_buf_release(&b);
	return r;
}

static int resume(struct purge *p, struct cn_err *err)
{
	bool due;
	int r;

	if (cn_erase_due(p->store, &due, err) < 0 ||
	    cn_erase_catch_up(p->store, err) < 0 ||
	    (r = cn_erase_checkpoint(p->store, err)) < 0)
		return -1;
	cn_cli_note(due ? "what was cut off is finished" :
	    "nothing was cut off");
	if (opt.prove)
		return prove(p, NULL, err);
	return r == 1 ? cn_proof_pending("erased", NULL, err) : 0;
}

static int work(struct purge *p, struct cn_err *err)
{
	struct cn_cli *cli = p->cli;

	if (opt.resume)
		return resume(p, err);
	if (opt.apply && cli->argc == 1)
		return from_plan(p, cli->argv[0], err);
	if (opt.apply || opt.plan)
		return from_subjects(p, err);
	return cli->argc == 1 ? prove(p, cli->argv[0], err) :
	    prove_named(p, err);
}

static int check(const struct cn_cli *cli, struct cn_err *err)
{
	int named = opt.subjects.n > 0;

	opt.plan |= opt.dry;
	if (opt.plan + opt.apply + opt.resume > 1)
		return cn_cli_usage(cli, err,
		    "--plan, --apply and --resume exclude each other");
	if (!opt.plan && !opt.apply && !opt.resume && !opt.prove)
		return cn_cli_usage(cli, err, "say --plan, --apply, --prove "
		    "or --resume");
	if ((opt.plan || opt.resume) && cli->argc > 0)
		return cn_cli_usage(cli, err, "only --apply and --prove take "
		    "an operand");
	if (opt.plan && !named)
		return cn_cli_usage(cli, err, "whom? Say --subject");
	if (opt.plan && opt.prove)
		return cn_cli_usage(cli, err, "a plan proves nothing");
	if (opt.apply && named + cli->argc != 1)
		return cn_cli_usage(cli, err, "--apply wants a plan, or "
		    "--subject");
	if (opt.prove && named && cli->argc > 0)
		return cn_cli_usage(cli, err, "--prove wants an erasure or "
		    "--subject");
	return 0;
}

static int run(struct cn_cli *cli, struct cn_err *err)
{
	struct purge p = { .cli = cli };
	int r;

	if (check(cli, err) < 0 || gather(&p, err) < 0 ||
	    cn_desk_open(&p.desk, cli, 0, err) < 0)
		return -1;
	p.store = p.desk.store;
	r = work(&p, err);
	cn_desk_close(&p.desk);
	return r;
}

int main(int argc, char **argv)
{
	return cn_cli_main(argc, argv, &cmd, run);
}
