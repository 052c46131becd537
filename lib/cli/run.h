/* run.h - how every command begins and ends
 *
 *	static int run(struct cn_cli *cli, struct cn_err *err);
 *
 *	int main(int argc, char **argv)
 *	{
 *		return cn_cli_main(argc, argv, &cmd, run);
 *	}
 *
 * run() writes to cli->out (never to stdio), returns 0 or -1 with err, and
 * calls cn_cli_status() for what it survived (a refused line: CN_PARTIAL).
 * SIGINT and SIGTERM set *cli->run.stop; a second one kills.  SIGPIPE is
 * ignored until the end, so that a run whose reader has gone can close its
 * books: the write fails with err->status CN_IOERR and cli->out.closed. */
#ifndef CN_CLI_H
#define CN_CLI_H

#include "base/run.h"
#include "cli/opt.h"
#include "cli/sink.h"

#define CN_COMMON 11			/* common options and the end */

struct cn_cli {
	struct cn_run run;
	const struct cn_cmd *cmd;
	int verb;			/* place in cmd->verbs, or -1 */
	int argc;			/* operands */
	char **argv;
	bool quiet, verbose;
	bool color;			/* for stdout */
	bool tty;			/* stdout is a terminal */
	int width;			/* of that terminal, else 80 */
	int status;			/* the worst so far */
	struct cn_sink out;		/* standard output */
	struct cn_arena arena;		/* lives as long as the run */
	struct cn_parsed parsed;
	const char *now;		/* --now as given, or NULL */
	int64_t wait;			/* --wait, seconds */
	bool no_wait;
	int color_when;			/* auto, always, never */
	struct cn_opt common[CN_COMMON];
	bool sigpipe_ignored;		/* as we were started */
	pid_t child;			/* beside a filter, or 0: helper.h */
};

typedef int cn_cli_fn(struct cn_cli *, struct cn_err *);

int cn_cli_main(int argc, char **argv, const struct cn_cmd *, cn_cli_fn *);

/* How cn_cli_main() ends, and a job of its own.  Flushes, prints 'cn-foo:
 * reason' and 'hint: ...' when rc is -1, dies by the signal that stopped the
 * run, else returns the status to exit with. */
int cn_cli_end(struct cn_cli *, int rc, const struct cn_err *);

/* Remembers a status; cn_cli_end() returns the worst. */
void cn_cli_status(struct cn_cli *, int status);
/* The status that a run has come to, for its row (store/audit.h): run()'s
 * result and error, or what it survived. */
int cn_cli_outcome(const struct cn_cli *, int rc, const struct cn_err *);
/* 'cn-foo: ...' on standard error, control characters escaped: a note, which
 * -q silences (it is run.note), and a warning. */
void cn_cli_note(const char *fmt, ...) CN_PRINTF(1, 2);
void cn_cli_warn(const char *fmt, ...) CN_PRINTF(1, 2);
/* The zone that rules days, from the configuration; NULL or "" is UTC.
 * Resolves the command's times again.  Unknown zones fail with CN_CONFIG. */
int cn_cli_zone(struct cn_cli *, const char *zone, struct cn_err *)
    CN_CHECKED;
/* Milliseconds of a clock that only goes forward. */
int64_t cn_cli_ms(void);
/* A usage error from inside run(): status 2, hint "try 'cn-foo -h'". */
int cn_cli_usage(const struct cn_cli *, struct cn_err *, const char *fmt,
    ...) CN_PRINTF(3, 4);
/* Of two statuses the worse (cn(7)); an unknown one is an internal error. */
int cn_status_worse(int a, int b);

#endif
