/* cn-fetch - bring mail in by IMAP */
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/times.h"
#include "cli/jobs.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/requeue.h"
#include "desk/fetch/fetch.h"
#include "desk/intake/intake.h"

#define JOBS 4
#define LOOK 540		/* seconds of idling before all are looked at */
#define PAUSE_MAX 300		/* between attempts to connect again */

enum { AUTO, JSONL, MBOX, NONE };
static const char *const formats[] = { "auto", "jsonl", "mbox", "none", NULL };

static struct {
	int format;
	bool refs, skip_history, rescan, expunge, idle;
	struct cn_list folders, requeue;
	int64_t since, limit, jobs, silence;
} opt = { .since = INT64_MIN, .jobs = JOBS };

static const struct cn_opt opts[] = {
	{ 0, "format", CN_OPT_ENUM, &opt.format, NULL,
	    "lines or mails; auto: none on a terminal", formats },
	{ 0, "refs", CN_OPT_FLAG, &opt.refs, NULL,
	    "lines without personal fields" },
	{ 0, "folder", CN_OPT_LIST, &opt.folders, "PATTERN",
	    "these mailboxes; !PATTERN: not these" },
	{ 0, "since", CN_OPT_TIME, &opt.since, "TIME",
	    "pass over what arrived before" },
	{ 0, "limit", CN_OPT_INT, &opt.limit, "N",
	    "at most N mails an account" },
	{ 0, "skip-history", CN_OPT_FLAG, &opt.skip_history, NULL,
	    "a new mailbox: only what comes from now on" },
	{ 0, "rescan", CN_OPT_FLAG, &opt.rescan, NULL,
	    "look at all mail again" },
	{ 0, "expunge-source", CN_OPT_FLAG, &opt.expunge, NULL,
	    "delete on the server what the store has" },
	{ 0, "idle", CN_OPT_FLAG, &opt.idle, NULL,
	    "go on, and take each new mail at once" },
	{ 0, "jobs", CN_OPT_INT, &opt.jobs, "N", "accounts at a time" },
	{ 0, "requeue", CN_OPT_LIST, &opt.requeue, "ID",
	    "try an item of the quarantine again" },
	{ 0, "max-silence", CN_OPT_SPAN, &opt.silence, "SPAN",
	    "exit with 1 if no mail has come for so long" },
	{ 0 }
};

static const struct cn_cmd cmd = {
	"cn-fetch", "bring mail in by IMAP", "[account ...]", opts,
	"cn-fetch | cn-classify | cn-reply-suggest", 0, -1, NULL
};

/* One account, in a process of its own where there are several. */
struct job {
	struct cn_cli *cli;
	struct cn_desk desk;
	struct cn_account account;
	struct cn_fetch_conf conf;
	struct cn_fetch *f;
	struct cn_fetch_counts was;	/* before this round */
	int64_t last;			/* when mail came, as far as we know */
	int64_t silent;			/* that it was told of; 0: none */
};

static int lines(void *arg, struct cn_str s, struct cn_err *err)
{
	struct job *j = arg;
	int r;

	cn_jobs_enter();
	r = cn_sink_add(&j->cli->out, s.p, s.n, err);
	if (r == 0)
		r = cn_sink_flush(&j->cli->out, err);
	cn_jobs_leave();
	return r;
}

static void hold(void *arg, bool on)
{
	(void)arg;
	if (on)
		cn_jobs_enter();
	else
		cn_jobs_leave();
}

static void tell(void *arg, const char *place, const char *reason)
{
	struct job *j = arg;

	cn_cli_status(j->cli, CN_PARTIAL);
	cn_cli_warn("%s: %s: %s", j->account.name, place, reason);
}

/* SIGUSR1 while nothing comes. */
static void waiting(void *arg)
{
	struct cn_run *run = &((struct job *)arg)->cli->run;

	if (cn_progress_asked && run->progress != NULL)
		run->progress(run->progress_arg, (uint64_t)
		    ((struct job *)arg)->was.read, 0);
}

static bool shown(const struct cn_cli *cli)
{
	return opt.format == JSONL || opt.format == MBOX ||
	    (opt.format == AUTO && !cli->tty);
}

static void settings(struct job *j)
{
	j->conf = (struct cn_fetch_conf){
		.folders = opt.folders.item, .nfolders = opt.folders.n,
		.has_since = opt.since != INT64_MIN, .since = opt.since,
		.limit = opt.limit, .skip_history = opt.skip_history,
		.rescan = opt.rescan, .expunge = opt.expunge,
		.flags = (opt.refs ? CN_LINE_REFS : 0) |
		    (opt.format == MBOX ? CN_INTAKE_MBOX : 0) |
		    (shown(j->cli) ? 0 : CN_INTAKE_SILENT),
		.lines = lines, .hold = hold, .tell = tell,
		.waiting = waiting, .arg = j
	};
}

/* --- rounds --- */

static struct cn_fetch_counts since(const struct cn_fetch_counts *now,
    const struct cn_fetch_counts *was)
{
	return (struct cn_fetch_counts){ now->read - was->read,
	    now->stored - was->stored, now->known - was->known,
	    now->quarantined - was->quarantined, now->erased - was->erased,
	    now->passed - was->passed, now->missing - was->missing,
	    now->expunged - was->expunged };
}

static void summary(struct job *j, const struct cn_fetch_counts *n)
{
	if (shown(j->cli) || (opt.idle && n->stored == 0))
		return;
	cn_cli_note("%s: %lld new, %lld known, %lld in quarantine, %lld "
	    "erased before, %lld passed over, %lld missing%s",
	    j->account.name, (long long)n->stored, (long long)n->known,
	    (long long)n->quarantined, (long long)n->erased,
	    (long long)n->passed, (long long)n->missing,
	    n->expunged > 0 ? "; deleted on the server what is here" : "");
}

/* A stop is no failure, also where it came before the session stood. */
static int connect_and_read(struct job *j, bool first, struct cn_err *err)
{
	int r = 0;

	if (j->f == NULL)
		j->f = cn_fetch_open(j->desk.store, &j->desk.conf,
		    &j->account, &j->conf, err);
	if (j->f != NULL)
		r = cn_fetch_round(j->f, first, err);
	else if (!*j->cli->run.stop || err->status != CN_TEMPFAIL)
		r = -1;
	return r;
}

/* With a run row, so that cn(1) sees an account that fails.  A follower
 * writes one only where there is news of mail, when it is over. */
static int go_round(struct job *j, bool first, struct cn_err *err)
{
	struct cn_run_row row = { .account = j->account.pub };
	struct cn_fetch_counts now = { 0 }, n;
	struct cn_err ignored = { 0 };
	int status = j->cli->status, r;

	j->cli->status = CN_OK;
	if (!first && cn_run_begin(j->desk.store, &row, err) < 0)
		return -1;
	r = connect_and_read(j, first, err);
	if (j->f != NULL)
		now = cn_fetch_counts(j->f);
	n = since(&now, &j->was);
	j->was = now;
	row.read = n.read;
	row.stored = n.stored;
	row.refused = n.quarantined + n.missing;
	if (r == 0)
		summary(j, &n);
	if (first && (r < 0 || n.read + n.missing > 0) &&
	    cn_run_begin(j->desk.store, &row, r < 0 ? &ignored : err) < 0)
		r = -1;
	r = cn_desk_ran(&j->desk, j->cli, &row, r, err);
	cn_cli_status(j->cli, status);
	return r;
}

/* --- following --- */

static void hang_up(struct job *j)
{
	cn_fetch_close(j->f);
	j->f = NULL;
	memset(&j->was, 0, sizeof(j->was));
}

/* A mailbox that nothing comes into any more, though it can be read: told of
 * once, until mail has come again. */
static int silence(struct job *j, struct cn_err *err)
{
	int64_t now = cn_store_now(j->desk.store);
	struct cn_arena mem = { 0 };
	struct cn_account a = { 0 };
	char when[CN_TIME_LEN];
	int r;

	if (opt.silence == 0 || *j->cli->run.stop)
		return 0;
	r = cn_account_find(j->desk.store, j->account.name, &mem, &a, err);
	cn_arena_release(&mem);
	if (r < 0)
		return -1;
	/* An account that is new has had no time yet. */
	j->last = a.arrived > a.created ? a.arrived : a.created;
	if (now - j->last <= opt.silence || j->silent == j->last)
		return 0;
	j->silent = j->last;
	cn_cli_status(j->cli, CN_NO);
	cn_cli_warn("%s: no mail has come since %s", j->account.name,
	    cn_time_fmt(when, j->last));
	return 0;
}

/* How long to wait before something has to be looked at. */
static int patience(const struct job *j)
{
	int64_t left = j->last + opt.silence + 1 -
	    cn_store_now(j->desk.store);

	return opt.silence == 0 || left <= 0 || left > LOOK ? LOOK :
	    (int)left;
}

static void rest(struct job *j, int64_t ms)
{
	int64_t until = cn_cli_ms() + ms;

	while (!*j->cli->run.stop && cn_cli_ms() < until) {
		waiting(j);
		poll(NULL, 0, 200);
	}
}

/* Until it is stopped, or something is wrong that time does not mend. */
static int follow(struct job *j, struct cn_err *err)
{
	int64_t pause = 5, had = 0;
	bool first = false;
	int r;

	while (!*j->cli->run.stop) {
		r = go_round(j, first, err);
		if (r == 0) {
			/* Flags alone may change without end. */
			if (first && j->was.read == had)
				rest(j, 400);
			had = j->was.read;
			pause = 5;
			j->conf.rescan = false;
			r = silence(j, err);
			if (r == 0 && !*j->cli->run.stop)
				r = cn_fetch_wait(j->f, patience(j), err);
		}
		first = r == 1;
		if (r >= 0)
			continue;
		hang_up(j);
		if (err->status != CN_TEMPFAIL &&
		    err->status != CN_UNAVAILABLE &&
		    err->status != CN_PARTIAL)
			return -1;
		if (*j->cli->run.stop)
			break;
		cn_cli_note("%s: %s; again in %lld s", j->account.name,
		    err->msg, (long long)pause);
		*err = (struct cn_err){ 0 };
		rest(j, pause * 1000);
		pause = pause * 2 < PAUSE_MAX ? pause * 2 : PAUSE_MAX;
	}
	return 0;
}

static int with_lock(struct job *j, struct cn_err *err)
{
	int r, fd, wait = 0;
	size_t i;

	/* Only on demand: who fetches every minute wants to hear of it. */
	for (i = 0; i < j->cli->parsed.n; i++)
		if (strcmp(j->cli->parsed.given[i].opt->name, "wait") == 0)
			wait = j->cli->run.wait_ms;
	if (cn_account_lock(j->desk.store, &j->account, wait, &fd, err) < 0)
		return -1;
	/* As it is now: somebody may have changed it while we waited. */
	if (cn_account_find(j->desk.store, j->account.name, &j->cli->arena,
	    &j->account, err) < 0)
		r = -1;
	else
		r = opt.idle ? follow(j, err) : go_round(j, false, err);
	if (r == 0 && !opt.idle)
		r = silence(j, err);
	hang_up(j);
	cn_unlock(fd);
	return r;
}

static int one(struct cn_cli *cli, void *arg, size_t i, struct cn_err *err)
{
	const char *const *names = arg;
	struct job j = { .cli = cli };
	size_t len = strlen(names[i]);
	int r;

	if (cn_desk_open(&j.desk, cli, 0, err) < 0)
		return -1;
	settings(&j);
	r = cn_account_find(j.desk.store, names[i], &cli->arena, &j.account,
	    err);
	if (r == 0)
		r = cn_fail(err, CN_USAGE, "no such account");
	if (r == 1)
		r = with_lock(&j, err);
	if (r < 0 && (strncmp(err->msg, names[i], len) != 0 ||
	    err->msg[len] != ':'))
		(void)cn_wrap(err, "%s", names[i]);
	cn_desk_close(&j.desk);
	return r;
}

static bool named(const char *const *names, size_t n, const char *name)
{
	size_t i;

	for (i = 0; i < n && strcmp(names[i], name) != 0; i++)
		;
	return i < n;
}

/* Those that are named, or all that are live. */
static int accounts(struct cn_cli *cli, const char ***names, size_t *n,
    struct cn_err *err)
{
	struct cn_account *v = NULL;
	struct cn_desk desk;
	size_t have = 0, i;
	int k, r;

	*n = 0;
	if (cn_desk_open(&desk, cli, 0, err) < 0)
		return -1;
	r = cn_accounts(desk.store, &cli->arena, &v, &have, err);
	if (r == 0)
		cn_desk_unnamed(&desk);
	cn_desk_close(&desk);
	*names = cn_arena_alloc(&cli->arena,
	    (have + (size_t)cli->argc + 1) * sizeof(**names));
	for (i = 0; r == 0 && cli->argc == 0 && i < have; i++)
		if (strcmp(v[i].state, "live") == 0)
			(*names)[(*n)++] = v[i].name;
	for (k = 0; r == 0 && k < cli->argc; k++) {
		for (i = 0; i < have &&
		    strcmp(v[i].name, cli->argv[k]) != 0; i++)
			;
		if (i == have)
			r = cn_cli_usage(cli, err, "no such account: %.64s",
			    cli->argv[k]);
		else if (!named(*names, *n, v[i].name))
			(*names)[(*n)++] = v[i].name;
	}
	if (r < 0 || *n > 0)
		return r;
	cn_fail(err, CN_CONFIG, "no account is connected");
	return cn_hint(err, "connect one with 'cn-account add'");
}

static int requeue(struct cn_cli *cli, struct cn_err *err)
{
	struct job j = { .cli = cli, .account = { .name = "quarantine" } };

	if (cli->argc > 0 || opt.idle)
		return cn_cli_usage(cli, err, "--requeue takes no accounts");
	settings(&j);
	return cn_requeue_run(cli, &opt.requeue, &j.conf, err);
}

static int run(struct cn_cli *cli, struct cn_err *err)
{
	const char **names;
	size_t n;

	if (opt.jobs == 0)
		return cn_cli_usage(cli, err, "--jobs is at least 1");
	if (opt.idle && opt.limit > 0)
		return cn_cli_usage(cli, err, "--idle excludes --limit");
	if (opt.refs && opt.format == MBOX)
		return cn_cli_usage(cli, err, "--refs has no mails");
	if (opt.requeue.n > 0)
		return requeue(cli, err);
	if (accounts(cli, &names, &n, err) < 0)
		return -1;
	if (n == 1)
		return one(cli, names, 0, err);
	return cn_jobs_run(cli, names, n, opt.idle ? n : (size_t)opt.jobs, one,
	    names, err);
}

int main(int argc, char **argv)
{
	return cn_cli_main(argc, argv, &cmd, run);
}
