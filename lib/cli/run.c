#include "cli/run.h"

#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/times.h"
#include "cli/out.h"
#include "store/audit.h"

/* A leak checker attaches to its own process, which an undumpable one
 * forbids. */
#if defined(__SANITIZE_ADDRESS__)
#define DUMPABLE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define DUMPABLE 1
#endif
#endif
#ifndef DUMPABLE
#define DUMPABLE 0
#endif

#define WAIT_DEFAULT 30			/* seconds for a lock */

/* A signal handler and run.note get no argument: the process has one run. */
static volatile sig_atomic_t stop_signal;
static const char *prog = "cn";
static bool silent;

/* The one table of statuses (cn(7)), worst first; ended by a NULL name. */
static const struct status {
	int status;
	const char *name, *meaning;
	const char *hint;	/* where the error has none of its own */
} statuses[] = {
	{ CN_INTEGRITY, "integrity",
	    "what is stored is not what was written", NULL },
	{ CN_INTERNAL, "internal", "an error in the program itself", NULL },
	{ CN_CONFIG, "configuration",
	    "no keyring, a newer store, or a bad configuration",
	    "see 'cn-store doctor' and --home, --keys, --config in cn(7)" },
	{ CN_NOPERM, "not permitted",
	    "the key slot or the file permissions do not allow it",
	    "see 'cn-store doctor' for what this user can open" },
	{ CN_BLOCKED, "blocked",
	    "a hold, a restriction, an unverified identity or a stale plan",
	    NULL },
	{ CN_UNAVAILABLE, "unavailable", "a service does not answer", NULL },
	{ CN_TEMPFAIL, "temporary",
	    "a lock, the network or a full disk: try again",
	    "nothing was lost: run it again" },
	{ CN_IOERR, "output", "the output could not be written", NULL },
	{ CN_USAGE, "usage", "the command line is wrong", NULL },
	{ CN_PARTIAL, "partial",
	    "done, but records were refused or quarantined", NULL },
	{ CN_NO, "no", "the answer to a yes-or-no question is no", NULL },
	{ CN_OK, "done", "all of it; an empty input is done too", NULL },
	{ 0, NULL, NULL, NULL }
};

static const struct status *status_row(int status)
{
	const struct status *r = statuses;

	while (r->name && r->status != status)
		r++;
	return r->name ? r : &statuses[1];
}

int cn_status_worse(int a, int b)
{
	return status_row(a) <= status_row(b) ? a : b;
}

void cn_cli_status(struct cn_cli *cli, int status)
{
	cli->status = cn_status_worse(cli->status, status);
}

int64_t cn_cli_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static int64_t real_clock(void)
{
	return (int64_t)time(NULL);
}

/* One write a line, so that the stages of a pipe do not mix theirs. */
static void say(const char *head, const char *msg)
{
	struct cn_buf b = { 0 };

	cn_progress_clear();
	cn_buf_fmt(&b, "%s: ", head);
	cn_out_safe(&b, cn_str(msg));
	cn_buf_ch(&b, '\n');
	if (write(STDERR_FILENO, b.p, b.len) < 0) {
		/* There is nobody left to tell. */
	}
	cn_buf_release(&b);
}

static void vsay(const char *fmt, va_list ap) CN_PRINTF(1, 0);
static void vsay(const char *fmt, va_list ap)
{
	char msg[1024];

	vsnprintf(msg, sizeof(msg), fmt, ap);
	say(prog, msg);
}

void cn_cli_note(const char *fmt, ...)
{
	va_list ap;

	if (silent)
		return;
	va_start(ap, fmt);
	vsay(fmt, ap);
	va_end(ap);
}

void cn_cli_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsay(fmt, ap);
	va_end(ap);
}

int cn_cli_usage(const struct cn_cli *cli, struct cn_err *err,
    const char *fmt, ...)
{
	char msg[sizeof(err->msg)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	(void)cn_fail(err, CN_USAGE, "%s", msg);
	return cn_hint(err, "try '%s -h'", cli->cmd->name);
}

static void on_signal(int sig)
{
	stop_signal = sig;
}

/* SIGUSR1 asks how far a run has come. */
static void on_usr1(int sig)
{
	(void)sig;
	cn_progress_asked = 1;
}

/* SA_RESETHAND: a second signal ends a run that hangs.  What was ignored when
 * we were started (nohup, a background job) stays ignored. */
static void catch_signals(struct cn_cli *cli)
{
	static const int sigs[] = { SIGINT, SIGTERM };
	struct sigaction sa = { 0 }, old;

	sigemptyset(&sa.sa_mask);
	sa.sa_handler = on_signal;
	sa.sa_flags = (int)SA_RESETHAND;
	for (size_t i = 0; i < 2; i++)
		if (sigaction(sigs[i], NULL, &old) == 0 &&
		    old.sa_handler != SIG_IGN)
			sigaction(sigs[i], &sa, NULL);
	sa.sa_flags = SA_RESTART;
	sa.sa_handler = on_usr1;
	sigaction(SIGUSR1, &sa, NULL);
	sa.sa_handler = SIG_IGN;
	sa.sa_flags = 0;
	sigaction(SIGPIPE, &sa, &old);
	cli->sigpipe_ignored = old.sa_handler == SIG_IGN;
	/* A file that may not grow is an error of the write, after which what
	 * was begun is taken away. */
	sigaction(SIGXFSZ, &sa, NULL);
}

static void die_by(int sig)
{
	struct sigaction sa = { 0 };
	sigset_t set;

	sigemptyset(&sa.sa_mask);
	sa.sa_handler = SIG_DFL;
	sigaction(sig, &sa, NULL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* A descriptor 0 to 2 that is closed would be given to the next file that is
 * opened, and our output would land in it.  These fail with EBADF. */
static void hold_descriptors(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 && errno == EBADF &&
		    open("/dev/null", fd == 1 ? O_RDONLY :
		    fd == 0 ? O_WRONLY : O_RDWR) != fd)
			_exit(CN_INTERNAL);
}

static void harden(void)
{
	const struct rlimit none = { 0, 0 };

	umask(077);
	setrlimit(RLIMIT_CORE, &none);
	prctl(PR_SET_DUMPABLE, DUMPABLE);
	setlocale(LC_CTYPE, "");
	setenv("TZ", "UTC", 1);
	tzset();
}

static const char *env(const char *name)
{
	const char *v = getenv(name);

	return v && *v ? v : NULL;
}

/* XDG Base Directory Specification 0.8: relative paths are ignored. */
static char *xdg(struct cn_arena *a, const char *var, const char *below_home,
    const char *name)
{
	const char *dir = env(var), *home = env("HOME");
	struct passwd *pw;

	if (dir && dir[0] == '/')
		return cn_path(a, dir, name);
	if (home == NULL && (pw = getpwuid(getuid())) != NULL)
		home = pw->pw_dir;
	return cn_path(a, cn_path(a, home ? home : "/", below_home), name);
}

static void fill_places(struct cn_cli *cli)
{
	struct cn_run *r = &cli->run;
	struct cn_arena *a = &cli->arena;

	r->home = env("CN_HOME");
	if (r->home == NULL)
		r->home = xdg(a, "XDG_DATA_HOME", ".local/share", "convonest");
	r->keys = env("CN_KEYS");
	if (r->keys == NULL)
		r->keys = xdg(a, "XDG_STATE_HOME", ".local/state",
		    "convonest-keys");
	r->key_file = env("CN_KEY_FILE");
	r->config = env("CN_CONFIG");
	r->credentials = env("CREDENTIALS_DIRECTORY");
}

/* The store's own comes first: one machine may hold several desks. */
static void find_config(struct cn_cli *cli)
{
	struct cn_arena *a = &cli->arena;
	const char *const places[] = {
		cn_path(a, cli->run.home, "config.yaml"),
		xdg(a, "XDG_CONFIG_HOME", ".config", "convonest/config.yaml"),
		"/etc/convonest/config.yaml"
	};

	for (size_t i = 0; i < 3 && cli->run.config == NULL; i++)
		if (cn_file_exists(places[i]))
			cli->run.config = places[i];
}

static void fill_actor(struct cn_cli *cli)
{
	struct cn_run *r = &cli->run;
	struct passwd *pw = getpwuid(getuid());
	const char *ssh = env("SSH_CLIENT");
	char name[256];

	r->actor = cn_arena_fmt(&cli->arena, "uid:%u%s%s",
	    (unsigned)getuid(), pw ? " " : "", pw ? pw->pw_name : "");
	for (int fd = 0; fd <= 2 && r->tty == NULL; fd++)
		if (ttyname_r(fd, name, sizeof(name)) == 0)
			r->tty = cn_arena_strdup(&cli->arena, name);
	if (ssh)
		r->ssh = cn_arena_dup(&cli->arena, ssh, strcspn(ssh, " "));
	if (gethostname(name, sizeof(name)) == 0) {
		name[sizeof(name) - 1] = '\0';
		r->host = cn_arena_strdup(&cli->arena, name);
	}
}

static void fill_terminal(struct cn_cli *cli)
{
	const char *term = env("TERM");
	struct winsize ws = { 0 };

	cli->tty = isatty(STDOUT_FILENO);
	cli->width = 80;
	if (cli->tty && ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 &&
	    ws.ws_col > 0)
		cli->width = ws.ws_col;
	cli->color = cli->color_when == 1 || (cli->color_when == 0 &&
	    cli->tty && !env("NO_COLOR") && term && strcmp(term, "dumb"));
	silent = cli->quiet;
	cli->run.progress = !cli->quiet && isatty(STDERR_FILENO) && term &&
	    strcmp(term, "dumb") ? cn_progress : cn_progress_line;
}

static int fill_now(struct cn_cli *cli, struct cn_err *err)
{
	const char *epoch = env("SOURCE_DATE_EPOCH");
	int64_t now = real_clock();
	char at[32];

	cli->run.clock = real_clock;
	cli->run.ms = cn_cli_ms;
	cli->run.now = now;
	if (cli->now) {
		if (cn_time_arg(cli->now, now, &cli->run.now, err)) {
			err->status = CN_USAGE;
			return cn_wrap(err, "--now");
		}
	} else if (epoch) {
		snprintf(at, sizeof(at), "@%.20s", epoch);
		if (cn_time_arg(at, now, &cli->run.now, err)) {
			err->status = CN_USAGE;
			return cn_wrap(err, "SOURCE_DATE_EPOCH");
		}
	}
	cli->run.now_given = cli->now || epoch;
	return cn_opt_times(&cli->parsed, cli->run.now, err);
}

int cn_cli_zone(struct cn_cli *cli, const char *zone, struct cn_err *err)
{
	static const char dir[] = "/usr/share/zoneinfo";
	const char *name = zone && *zone ? zone : "UTC";

	if (strcmp(name, "UTC") && (name[0] == '/' || strstr(name, "..") ||
	    !cn_file_exists(cn_path(&cli->arena, dir, name)))) {
		(void)cn_fail(err, CN_CONFIG, "timezone: no such zone: %s",
		    name);
		return cn_hint(err, "names are those below %s, such as "
		    "Asia/Kolkata; the package is tzdata", dir);
	}
	setenv("TZ", name, 1);
	tzset();
	return fill_now(cli, err);
}

/* Names of the options that were given, for the audit: never a value. */
static void fill_options(struct cn_cli *cli)
{
	struct cn_buf b = { 0 };

	for (size_t i = 0; i < cli->parsed.n; i++)
		cn_buf_fmt(&b, "%s--%s", i ? " " : "",
		    cli->parsed.given[i].opt->name);
	cli->run.options = cn_arena_strdup(&cli->arena, b.p ? b.p : "");
	cn_buf_release(&b);
}

static void report(const struct cn_err *err)
{
	const char *hint = err->hint[0] ? err->hint :
	    status_row(err->status)->hint;

	say(prog, err->msg);
	if (hint)
		say("hint", hint);
}

static int parse(struct cn_cli *cli, int argc, char **argv,
    struct cn_err *err)
{
	if (cn_opt_parse(&cli->parsed, cli->cmd, cli->common, argc, argv,
	    &cli->arena, err))
		return -1;
	cli->verb = cli->parsed.verb;
	cli->argc = cli->parsed.argc;
	cli->argv = cli->parsed.argv;
	cli->run.wait_ms = cli->no_wait ? 0 : cli->wait > INT32_MAX / 1000 ?
	    -1 : (int)(cli->wait * 1000);
	find_config(cli);
	fill_terminal(cli);
	fill_options(cli);
	return fill_now(cli, err);
}

/* -h and its siblings: true when one of them was asked for. */
static bool show(struct cn_cli *cli)
{
	const struct cn_parsed *p = &cli->parsed;
	struct cn_buf *b = &cli->out.buf;

	if (p->help)
		cn_opt_help(b, cli->cmd);
	else if (p->version)
		cn_buf_fmt(b, "%s %s\n", cli->cmd->name, CN_VERSION);
	else if (p->options)
		cn_opt_tsv(b, cli->cmd, cli->common);
	else if (p->statuses)
		for (const struct status *r = statuses; r->name; r++)
			cn_buf_fmt(b, "%d\t%s\t%s\n", r->status, r->name,
			    r->meaning);
	else
		return false;
	return true;
}

/* The options that every command has; cn(7) documents them. */
static void common_options(struct cn_cli *cli)
{
	static const char *const when[] = { "auto", "always", "never", NULL };
	const struct cn_opt common[CN_COMMON] = {
		{ 0, "home", CN_OPT_STR, &cli->run.home, "DIR",
		    "the store's folder" },
		{ 0, "keys", CN_OPT_STR, &cli->run.keys, "DIR",
		    "the keys' folder" },
		{ 0, "key-file", CN_OPT_STR, &cli->run.key_file, "FILE",
		    "opens the keyring" },
		{ 0, "config", CN_OPT_STR, &cli->run.config, "FILE",
		    "instead of the usual config.yaml" },
		{ 0, "now", CN_OPT_STR, &cli->now, "TIME",
		    "compute as if it were then" },
		{ 0, "wait", CN_OPT_SPAN, &cli->wait, "SPAN",
		    "for a lock, at most" },
		{ 0, "no-wait", CN_OPT_FLAG, &cli->no_wait, NULL,
		    "fail at once where a lock is held" },
		{ 'q', "quiet", CN_OPT_FLAG, &cli->quiet, NULL,
		    "no progress and no notes" },
		{ 'v', "verbose", CN_OPT_FLAG, &cli->verbose, NULL,
		    "say more on standard error" },
		{ 0, "color", CN_OPT_ENUM, &cli->color_when, NULL,
		    "bold and colors in tables", when },
		{ 0 }
	};

	memcpy(cli->common, common, sizeof(common));
}

/* Returns -1 to go on, or the status to exit with (help, usage error). */
static int begin(struct cn_cli *cli, int argc, char **argv,
    const struct cn_cmd *cmd)
{
	struct cn_err err = { 0 };

	*cli = (struct cn_cli){ .cmd = cmd, .verb = -1, .wait = WAIT_DEFAULT };
	prog = cmd->name;
	stop_signal = 0;
	hold_descriptors();
	harden();
	catch_signals(cli);
	cn_sink_init(&cli->out, STDOUT_FILENO, "standard output");
	cli->run.command = cmd->name;
	cli->run.stop = &stop_signal;
	cli->run.note = cn_cli_note;
	fill_places(cli);
	fill_actor(cli);
	common_options(cli);
	if (parse(cli, argc, argv, &err)) {
		if (err.hint[0] == '\0')
			(void)cn_hint(&err, "try '%s -h'", cmd->name);
		return cn_cli_end(cli, -1, &err);
	}
	if (show(cli))
		return cn_cli_end(cli, 0, NULL);
	return -1;
}

/* Flushes and closes standard output.  Nothing written to a descriptor that
 * was never open is no error. */
static int close_output(struct cn_cli *cli, struct cn_err *err)
{
	bool stdio;

	if (cn_sink_flush(&cli->out, err))
		return -1;
	errno = 0;
	stdio = fflush(stdout) || ferror(stdout);
	if ((fclose(stdout) && errno != EBADF) || stdio) {
		cli->out.error = errno ? errno : EIO;
		cli->out.closed = errno == EPIPE;
		return cn_fail(err, CN_IOERR, "%s: %s", cli->out.name,
		    strerror(cli->out.error));
	}
	return 0;
}

int cn_cli_outcome(const struct cn_cli *cli, int rc, const struct cn_err *err)
{
	if (rc == 0)
		return cli->status;
	return err->status == CN_IOERR && cli->out.closed ? CN_RUN_CLOSED :
	    err->status;
}

int cn_cli_end(struct cn_cli *cli, int rc, const struct cn_err *err)
{
	bool other = rc && !(err->status == CN_IOERR && cli->out.error);
	struct cn_err out_err = { 0 };
	int status = cli->status;
	bool failed, closed;

	failed = close_output(cli, &out_err) != 0;
	closed = cli->out.closed;
	if (other) {
		status = cn_status_worse(status,
		    err->status ? err->status : CN_INTERNAL);
		report(err);
	}
	if (failed && !closed) {
		status = cn_status_worse(status, CN_IOERR);
		report(&out_err);
	}
	cn_progress_clear();
	cn_sink_release(&cli->out);
	cn_arena_release(&cli->arena);
	if (stop_signal)
		die_by(stop_signal);
	if (closed && !other) {
		if (!cli->sigpipe_ignored)
			die_by(SIGPIPE);
		return 128 + SIGPIPE;
	}
	return status;
}

int cn_cli_main(int argc, char **argv, const struct cn_cmd *cmd,
    cn_cli_fn *run)
{
	struct cn_err err = { 0 };
	struct cn_cli cli;
	int rc = begin(&cli, argc, argv, cmd);

	if (rc >= 0)
		return rc;
	rc = run(&cli, &err);
	return cn_cli_end(&cli, rc, &err);
}
