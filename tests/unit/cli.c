/* cli - options, statuses, formats, streams and their groups */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/out.h"
#include "cli/stream.h"
#include "tap.h"

static void holds(struct cn_buf *got, const char *want, const char *name)
{
	bool good = !strcmp(got->p ? got->p : "", want);

	ok(good, name);
	if (!good)
		printf("# got:  %s\n# want: %s\n", got->p ? got->p : "", want);
	got->len = 0;
	if (got->p)
		got->p[0] = '\0';
}

static volatile sig_atomic_t stop;

static void on_term(int sig)
{
	stop = sig;
}

static const struct cn_cmd cmd = { .name = "cn-test", .max = -1 };

static void cli_init(struct cn_cli *cli, int out, int argc, char **argv)
{
	stop = 0;
	*cli = (struct cn_cli){ .cmd = &cmd, .argc = argc, .argv = argv,
		.width = 80, .verb = -1 };
	cli->run.stop = &stop;
	cn_sink_init(&cli->out, out, "standard output");
}

/* A temporary file that has no name any more; its path is /dev/fd/N. */
static int temp(const char *text, size_t n)
{
	FILE *f = tmpfile();
	int fd = f ? dup(fileno(f)) : -1;

	if (f == NULL || fd < 0 || write(fd, text, n) != (ssize_t)n)
		abort();
	fclose(f);
	lseek(fd, 0, SEEK_SET);
	return fd;
}

/* --- options --- */

static struct {
	bool pending, n;
	const char *model;
	int64_t max, size, since, span;
	int format;
	struct cn_list who;
} o;

static const char *const words[] = { "table", "jsonl", NULL };
static const struct cn_opt opts[] = {
	{ 'p', "pending", CN_OPT_FLAG, &o.pending, NULL, "what is new" },
	{ 'n', "dry-run", CN_OPT_FLAG, &o.n, NULL, "change nothing" },
	{ 'm', "model", CN_OPT_STR, &o.model, "FILE", "the model" },
	{ 0, "max", CN_OPT_INT, &o.max, "N", "at most" },
	{ 0, "max-line", CN_OPT_SIZE, &o.size, "SIZE", "bound" },
	{ 0, "since", CN_OPT_TIME, &o.since, "TIME", "from" },
	{ 0, "within", CN_OPT_SPAN, &o.span, "SPAN", "so long" },
	{ 'f', "format", CN_OPT_ENUM, &o.format, NULL, "looks", words },
	{ 's', "subject", CN_OPT_LIST, &o.who, "WHO", "whom" },
	{ 0 }
};
static const struct cn_cmd with_opts = {
	.name = "cn-test", .nd = "test things", .operands = "[file ...]",
	.opts = opts, .example = "cn-test -p", .max = 2
};

/* Splits at spaces; the last error is in *err. */
static int parse(struct cn_parsed *p, const char *line,
    struct cn_arena *arena, struct cn_err *err)
{
	static char *argv[32];
	char *s = cn_arena_strdup(arena, line), *save = NULL;
	int argc = 0;

	*err = (struct cn_err){ 0 };
	for (s = strtok_r(s, " ", &save); s; s = strtok_r(NULL, " ", &save))
		argv[argc++] = s;
	argv[argc] = NULL;
	return cn_opt_parse(p, &with_opts, NULL, argc, argv, arena, err);
}

static void test_options(void)
{
	static const struct {
		const char *line, *error;
	} bad[] = {
		{ "t --nope=x@example.com", "unknown option --nope" },
		{ "t -x", "unknown option -x" },
		{ "t --max", "--max needs an argument" },
		{ "t -m", "--model needs an argument" },
		{ "t --pending=1", "--pending takes no argument" },
		{ "t --max 1x", "--max: not a number: 1x" },
		{ "t --max -1", "--max: not a number: -1" },
		{ "t --max-line 9T",
		    "--max-line: not a size (512, 64K, 8M): 9T" },
		{ "t --max-line 9999999999G",
		    "--max-line: too large: 9999999999G" },
		{ "t -f html", "--format: 'html' is none of table, jsonl" },
		{ "t a b c", "operand not understood: c" },
	};
	struct cn_arena arena = { 0 };
	struct cn_buf b = { 0 };
	struct cn_parsed p;
	struct cn_err err;

	ok(parse(&p, "t a -pn -m x --max 7 --max-line 8M --since 1d "
	    "--within 2h -f jsonl -s A --subject B -sC b", &arena, &err) == 0,
	    "a line of options is parsed");
	ok(o.pending && o.n && !strcmp(o.model, "x") && o.max == 7 &&
	    o.size == 8 << 20 && o.span == 7200 && o.format == 1,
	    "into its destinations");
	ok(o.who.n == 3 && !strcmp(o.who.item[0], "A") &&
	    !strcmp(o.who.item[2], "C"), "a repeated one gathers");
	ok(p.argc == 2 && !strcmp(p.argv[0], "a") && p.n == 9,
	    "operands may stand between");
	ok(cn_opt_times(&p, 1000000, &err) == 0 && o.since == 1000000 - 86400,
	    "times are resolved against now");
	ok(parse(&p, "t -- -p", &arena, &err) == 0 && p.argc == 1,
	    "-- ends the options");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		int rc = parse(&p, bad[i].line, &arena, &err);

		cn_buf_str(&b, err.msg);
		holds(&b, rc && err.status == CN_USAGE ? bad[i].error : "(2)",
		    bad[i].line);
	}
	cn_opt_usage(&b, &with_opts);
	holds(&b, "usage: cn-test [-pn] [-m FILE] [--max N] [--max-line SIZE] "
	    "[--since TIME]\n          [--within SPAN] [-f table|jsonl] "
	    "[-s WHO] [file ...]\n", "the usage line is wrapped");
	cn_opt_tsv(&b, &with_opts, NULL);
	ok(strstr(b.p, "-f\t--format\ttable|jsonl\tlooks\n"),
	    "the table as TSV");
	cn_buf_release(&b);
	cn_arena_release(&arena);
}

static void test_statuses(void)
{
	static const int order[] = { 5, 70, 78, 77, 4, 69, 75, 74, 3, 1, 0 };
	bool good = true;

	for (int i = 0; i < 11; i++)
		for (int k = 0; k < 11; k++)
			good = good && cn_status_worse(order[i], order[k]) ==
			    order[i < k ? i : k];
	ok(good, "the worse of two statuses");
	ok(cn_status_worse(3, 9) == 9, "an unknown one is an internal error");
}

/* --- formats --- */

static void test_cells(void)
{
	struct cn_buf b = { 0 };

	cn_out_safe(&b, cn_str("a\033[2J\n\xE2\x80\xAEx\xFFy\xC2\x85"));
	holds(&b, "a\\x1B[2J\\n<U+202E>x\xEF\xBF\xBDy\\x85",
	    "controls, bidi and bad bytes are escaped");
	cn_out_csv(&b, cn_str("=1+1"));
	cn_buf_ch(&b, ' ');
	cn_out_csv(&b, cn_str("@a \"b\""));
	cn_buf_ch(&b, ' ');
	cn_out_csv(&b, cn_str("-12.5"));
	cn_buf_ch(&b, ' ');
	cn_out_csv(&b, cn_str("+7"));
	cn_buf_ch(&b, ' ');
	cn_out_csv(&b, cn_str("-1+cmd"));
	cn_buf_ch(&b, ' ');
	cn_out_csv(&b, cn_str("a,b\nc"));
	holds(&b, "\"'=1+1\" \"'@a \"\"b\"\"\" -12.5 +7 \"'-1+cmd\" \"a,b\nc\"",
	    "CSV runs no formula");
	ok(cn_out_width(cn_str("日本 é")) == 6, "display width");
	cn_buf_release(&b);
}

static const char *first = "日本";

/* Three rows in a format; tty pretends a terminal of that width. */
static void rows(struct cn_buf *b, enum cn_format format, int tty)
{
	static const struct cn_col cols[] = {
		{ "id" }, { "n", CN_COL_NUM }, { "subject" }
	};
	int fd = temp("", 0);
	struct cn_err err = { 0 };
	struct cn_cli cli;
	struct cn_out *out;

	cli_init(&cli, fd, 0, NULL);
	cli.tty = tty;
	cli.width = tty;
	out = cn_out_new(&cli, format, cols, 3);
	ok(cn_out_rowv(out, &err, first, "7", "tab\there, and \"this\"") == 0
	    && cn_out_rowv(out, &err, "b", NULL, "") == 0
	    && cn_out_rowv(out, &err, "ccc", "1200", "=x") == 0
	    && cn_out_end(out, 0, &err) == 0
	    && cn_sink_flush(&cli.out, &err) == 0, "rows are written");
	lseek(fd, 0, SEEK_SET);
	cn_buf_reserve(b, 4096);
	b->len += (size_t)read(fd, b->p, 4096);
	b->p[b->len] = '\0';
	close(fd);
	cn_sink_release(&cli.out);
}

static void test_formats(void)
{
	struct cn_buf b = { 0 };

	rows(&b, CN_FMT_TABLE, 0);
	holds(&b, "id       n  subject\n"
	    "日本     7  tab\\there, and \"this\"\n"
	    "b\n"
	    "ccc   1200  =x\n", "a table aligns by display width");
	rows(&b, CN_FMT_TABLE, 24);
	holds(&b, "id       n  subject\n"
	    "日本     7  tab\\there, …\n"
	    "b\n"
	    "ccc   1200  =x\n", "and is cut to the terminal");
	first = "m2345678901";
	rows(&b, CN_FMT_TABLE, 27);
	holds(&b, "id              n  subject\n"
	    "m2345678901     7  tab\\the…\n"
	    "b\n"
	    "ccc          1200  =x\n", "the last column first, and no id");
	first = "日本";
	rows(&b, CN_FMT_TABLE, 12);
	holds(&b, "id       日本\n"
	    "n        7\n"
	    "subject  tab\\there, and \"this\"\n\n"
	    "id       b\n\n"
	    "id       ccc\n"
	    "n        1200\n"
	    "subject  =x\n\n", "a line for each cell where it cannot be");
	rows(&b, CN_FMT_CSV, 0);
	holds(&b, "id,n,subject\r\n日本,7,\"tab\there, and \"\"this\"\"\"\r\n"
	    "b,,\r\nccc,1200,\"'=x\"\r\n", "CSV");
	rows(&b, CN_FMT_TSV, 0);
	holds(&b, "id\tn\tsubject\n日本\t7\ttab\\there, and \"this\"\n"
	    "b\t\t\nccc\t1200\t=x\n", "TSV");
	rows(&b, CN_FMT_AUTO, 0);
	holds(&b, "{\"id\":\"日本\",\"n\":7,"
	    "\"subject\":\"tab\\there, and \\\"this\\\"\"}\n"
	    "{\"id\":\"b\",\"n\":null,\"subject\":\"\"}\n"
	    "{\"id\":\"ccc\",\"n\":1200,\"subject\":\"=x\"}\n",
	    "JSON lines where there is no terminal");
	cn_buf_release(&b);
}

static void test_sink(void)
{
	struct cn_err err = { 0 };
	struct cn_sink s;
	int fd = open("/dev/full", O_WRONLY), p[2];

	cn_sink_init(&s, fd, "standard output");
	ok(cn_out_line(&s, CN_STR("x"), &err) == 0 &&
	    cn_sink_flush(&s, &err) == -1 && err.status == CN_IOERR &&
	    !s.closed && !strcmp(err.msg,
	    "standard output: No space left on device"),
	    "a full device is an error");
	ok(cn_out_line(&s, CN_STR("x"), &err) == -1, "which stays");
	cn_sink_release(&s);
	close(fd);
	if (pipe(p))
		abort();
	close(p[0]);
	cn_sink_init(&s, p[1], "standard output");
	ok(cn_out_fmt(&s, &err, "%d", 1) == 0 &&
	    cn_sink_flush(&s, &err) == -1 && s.closed,
	    "a closed reader is told apart");
	cn_sink_release(&s);
	close(p[1]);
}

/* --- streams --- */

/* A pipe into which a child writes byte by byte. */
static int drip(const char *text)
{
	int p[2];

	if (pipe(p))
		abort();
	if (fork() == 0) {
		close(p[0]);
		for (; *text; text++)
			if (write(p[1], text, 1) != 1)
				_exit(1);
		_exit(0);
	}
	close(p[1]);
	return p[0];
}

/* What the stream makes of an input: 'J1:text R2 M1:12 E'. */
static void told_fd(struct cn_buf *b, int fd, int64_t max)
{
	static const char kinds[] = "?JMB";
	const struct cn_stream_conf conf = { .max_line = max,
		.max_mail = max };
	char path[32], *argv[] = { path, NULL };
	struct cn_err err = { 0 };
	struct cn_stream *s;
	struct cn_record rec;
	struct cn_cli cli;
	enum cn_next next;

	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	cli_init(&cli, -1, 1, argv);
	s = cn_stream_open(&cli, &conf, &err);
	while ((next = cn_stream_next(s, -1, &rec, &err)) < CN_NEXT_BLOCK) {
		if (next == CN_NEXT_REFUSED)
			cn_buf_fmt(b, "R%d ", (int)rec.number);
		else if (rec.kind == CN_IN_JSON)
			cn_buf_fmt(b, "J%d:%.*s ", (int)rec.number,
			    (int)rec.bytes.n, rec.bytes.p);
		else
			cn_buf_fmt(b, "%c%d:%zu ", kinds[rec.kind],
			    (int)rec.number, rec.bytes.n);
	}
	cn_buf_str(b, next == CN_NEXT_END ? "E" : "?");
	cn_stream_close(s);
	close(fd);
}

/* The same whole and in drops. */
static void told(struct cn_buf *b, const char *text, int64_t max)
{
	struct cn_buf drops = { 0 };

	told_fd(b, temp(text, strlen(text)), max);
	told_fd(&drops, drip(text), max);
	wait(NULL);
	if (strcmp(b->p, drops.p))
		cn_buf_fmt(b, " but in drops %s", drops.p);
	cn_buf_release(&drops);
}

static void test_telling(void)
{
	struct cn_buf b = { 0 };

	told(&b, "{\"a\":1}\r\n\n {\"b\":2}\nx\n{}", 0);
	holds(&b, "J1:{\"a\":1} J3: {\"b\":2} J4:x J5:{} E",
	    "JSON lines: CRLF, empty lines, a last line without LF");
	told(&b, "\xEF\xBB\xBF\n\n{}\n", 0);
	holds(&b, "J3:{} E", "a byte order mark and empty lines in front");
	told(&b, "{234567}\n{2345678}\n{}\n{2345678", 8);
	holds(&b, "J1:{234567} R2 J3:{} J4:{2345678 E",
	    "a line above the bound is refused, the next one read");
	told(&b, "", 0);
	holds(&b, "E", "nothing");
	told(&b, "\n\n", 0);
	holds(&b, "E", "empty lines");
	told(&b, "hello world\n", 0);
	holds(&b, "R1 E", "junk is refused");
	told(&b, "Subject: x\n\nFrom me\n", 0);
	holds(&b, "M1:20 E", "a mail");
	told(&b, "Subject: x\n\nFrom me\n", 19);
	holds(&b, "R1 E", "a mail above the bound");
	told(&b, "From a@example.com Mon Nov 23 15:00:00 2026\n"
	    "Subject: x\n\n>From me\n\n"
	    "From a@example.com Mon Nov 23 15:00:00 2026\n"
	    "Subject: y\n\nz\n", 0);
	holds(&b, "B1:20 B2:14 E", "an mbox, unquoted");
	cn_buf_release(&b);
}

struct desk {
	struct cn_cli *cli;
	int in_group, groups[32], n_groups, ack;
	int64_t stop_at, fail_at, seen;
};

static int one(void *arg, const struct cn_record *rec, struct cn_err *err)
{
	struct desk *d = arg;

	if (cn_str_eq(rec->bytes, "{bad"))
		return cn_fail(err, CN_PARTIAL, "not JSON");
	if (++d->seen == d->fail_at)
		return cn_fail(err, CN_TEMPFAIL, "locked");
	if (d->seen == d->stop_at)
		stop = SIGTERM;
	d->in_group++;
	return 0;
}

static int flush(void *arg, struct cn_err *err)
{
	struct desk *d = arg;

	if (d->n_groups < 32)
		d->groups[d->n_groups++] = d->in_group;
	d->in_group = 0;
	if (d->ack >= 0 && write(d->ack, "", 1) != 1)
		return cn_fail(err, CN_INTERNAL, "no ack");
	return 0;
}

static const struct cn_stream_ops ops = { one, flush, NULL };

static int run_text(struct desk *d, struct cn_cli *cli, const char *line,
    int n, struct cn_counts *counts, struct cn_err *err)
{
	static char path[32], *argv[] = { path, NULL };
	struct cn_buf b = { 0 };
	int fd, rc;

	for (int i = 0; i < n; i++)
		cn_buf_str(&b, line);
	fd = temp(b.p, b.len);
	snprintf(path, sizeof(path), "/dev/fd/%d", fd);
	cli_init(cli, -1, 1, argv);
	d->cli = cli;
	d->ack = -1;
	*err = (struct cn_err){ 0 };
	rc = cn_stream_run(cli, NULL, &ops, d, counts, err);
	close(fd);
	cn_buf_release(&b);
	return rc;
}

static void test_groups(void)
{
	struct desk d = { 0 }, stopped = { .stop_at = 3 };
	struct desk failing = { .fail_at = 5 }, big = { 0 }, bad = { 0 };
	struct cn_counts n;
	struct cn_err err;
	struct cn_cli cli;
	struct cn_buf line = { 0 };

	ok(run_text(&d, &cli, "{}\n", 600, &n, &err) == 0 && n.read == 600 &&
	    d.n_groups == 3 && d.groups[0] == 256 && d.groups[1] == 256 &&
	    d.groups[2] == 88, "groups of 256 records");
	cn_buf_ch(&line, '{');
	for (int i = 0; i < 3 << 20; i++)
		cn_buf_ch(&line, 'x');
	cn_buf_ch(&line, '\n');
	ok(run_text(&big, &cli, line.p, 3, &n, &err) == 0 &&
	    big.groups[0] <= 2 && big.n_groups >= 2, "or of 4 MiB");
	ok(run_text(&stopped, &cli, "{}\n", 9, &n, &err) == 0 &&
	    n.read == 3 && stopped.n_groups == 1 && stopped.groups[0] == 3,
	    "a stop finishes the group");
	ok(run_text(&failing, &cli, "{}\n", 9, &n, &err) == -1 &&
	    err.status == CN_TEMPFAIL && strstr(err.msg, ": line 5: locked") &&
	    failing.groups[0] == 4, "an error ends it, after what came before");
	(void)!freopen("/dev/null", "w", stderr);
	ok(run_text(&bad, &cli, "{bad\n{}\n", 4, &n, &err) == 0 &&
	    n.refused == 4 && n.read == 8 && bad.groups[0] == 4 &&
	    cli.status == CN_PARTIAL, "refused records do not end it");
	cn_buf_release(&line);
}

/* Runs the driver in a child over a pipe; out is its standard output. */
static pid_t child(int in[2], int out, int ack)
{
	struct sigaction sa = { 0 };
	struct desk d = { 0 };
	struct cn_err err = { 0 };
	struct cn_cli cli;
	pid_t pid = fork();
	int rc;

	if (pid)
		return pid;
	alarm(20);
	close(in[1]);
	dup2(in[0], 0);
	if (out >= 0)
		dup2(out, 1);
	signal(SIGPIPE, SIG_IGN);
	sa.sa_handler = on_term;
	sigaction(SIGTERM, &sa, NULL);
	cli_init(&cli, 1, 0, NULL);
	d.cli = &cli;
	d.ack = ack;
	rc = cn_stream_run(&cli, NULL, &ops, &d, NULL, &err);
	_exit(cli.out.closed ? 41 : stop ? 42 : rc ? 43 : d.n_groups);
}

static int reap(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		abort();
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void test_waiting(void)
{
	int in[2], ack[2], out[2];
	bool good = true;
	pid_t pid;
	char c;

	if (pipe2(in, O_CLOEXEC) || pipe2(ack, O_CLOEXEC))
		abort();
	pid = child(in, -1, ack[1]);
	close(ack[1]);
	/* Each line waits for the flush of the one before. */
	for (int i = 0; i < 3; i++)
		good = good && write(in[1], "{}\n", 3) == 3 &&
		    read(ack[0], &c, 1) == 1;
	close(in[1]);
	close(in[0]);
	ok(good && reap(pid) == 3, "a group ends where the input is silent");
	close(ack[0]);

	if (pipe2(in, O_CLOEXEC) || pipe2(ack, O_CLOEXEC))
		abort();
	pid = child(in, -1, ack[1]);
	good = write(in[1], "{}\n", 3) == 3 && read(ack[0], &c, 1) == 1;
	kill(pid, SIGTERM);
	ok(good && reap(pid) == 42, "TERM ends the wait for input");
	close(in[0]);
	close(in[1]);

	if (pipe2(in, O_CLOEXEC) || pipe2(out, O_CLOEXEC))
		abort();
	close(out[0]);
	pid = child(in, out[1], -1);
	ok(reap(pid) == 41, "so does a reader that has gone");
	close(out[1]);
	close(in[0]);
	close(in[1]);
}

/* A line of 64 MB costs no more than its bound. */
static void test_memory(void)
{
	static char chunk[1 << 16];
	struct rusage use;
	int in[2];
	pid_t pid;

	memset(chunk, '{', sizeof(chunk));
	if (pipe(in))
		abort();
	pid = child(in, -1, -1);
	close(in[0]);
	for (int i = 0; i < 1024; i++)
		if (write(in[1], chunk, sizeof(chunk)) < 0)
			break;
	ok(write(in[1], "\n{}\n", 4) == 4, "a line of 64 MB is read on");
	close(in[1]);
	ok(reap(pid) == 1, "and what stands behind it is taken");
	getrusage(RUSAGE_CHILDREN, &use);
#ifdef __SANITIZE_ADDRESS__
	ok(true, "in bounded memory # SKIP under a sanitizer");
#else
	ok(use.ru_maxrss < 32 << 10, "in bounded memory");
#endif
	printf("# largest child: %ld KiB\n", use.ru_maxrss);
}

int main(void)
{
	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdout, NULL, _IONBF, 0);
	test_options();
	test_statuses();
	test_cells();
	test_formats();
	test_sink();
	test_telling();
	test_groups();
	test_waiting();
	test_memory();
	return done();
}
