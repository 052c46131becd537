#include "cli/helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/sandbox.h"

#define STEP_MS 200		/* how soon a signal is heard */

extern char **environ;

/* In the child, of which nothing may remain but the program. */
static void become(const struct cn_run *run, const char *command, int in,
    int out, bool loud)
{
	const char *const keep_out[] = { run->home, run->keys };
	char **e, **to;
	sigset_t none;
	int null = open("/dev/null", O_WRONLY);

	for (e = to = environ; *e != NULL; e++)
		if (strncmp(*e, "CN_", 3) != 0)
			*to++ = *e;
	*to = NULL;
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	if (null < 0 || dup2(in, STDIN_FILENO) < 0 ||
	    dup2(out, STDOUT_FILENO) < 0 ||
	    (!loud && dup2(null, STDERR_FILENO) < 0))
		_exit(127);
	closefrom(STDERR_FILENO + 1);
	if (cn_sandbox_offline(keep_out, 2) < 0)
		_exit(126);
	execl("/bin/sh", "sh", "-c", command, (char *)NULL);
	_exit(127);
}

int cn_helper_start(struct cn_helper *h, const char *command,
    struct cn_err *err)
{
	int to[2], from[2];

	if (pipe2(to, O_CLOEXEC) < 0)
		return cn_fail_errno(err, CN_TEMPFAIL, "pipe");
	if (pipe2(from, O_CLOEXEC) < 0) {
		close(to[0]);
		close(to[1]);
		return cn_fail_errno(err, CN_TEMPFAIL, "pipe");
	}
	h->pid = fork();
	if (h->pid == 0)
		become(h->run, command, to[0], from[1], h->loud);
	close(to[0]);
	close(from[1]);
	h->in = from[0];
	h->out = to[1];
	if (h->pid < 0) {
		h->pid = 0;
		close(h->in);
		close(h->out);
		return cn_fail_errno(err, CN_TEMPFAIL, "fork");
	}
	/* Either of us may come first. */
	setpgid(h->pid, h->pid);
	fcntl(h->in, F_SETFL, O_NONBLOCK);
	fcntl(h->out, F_SETFL, O_NONBLOCK);
	return 0;
}

void cn_helper_stop(struct cn_helper *h)
{
	if (h->pid == 0)
		return;
	close(h->in);
	close(h->out);
	kill(-h->pid, SIGKILL);
	while (waitpid(h->pid, NULL, 0) < 0 && errno == EINTR)
		;
	h->pid = 0;
}

/* What can be written and read now: 1 the answer is whole, 0 wait, -1. */
static int turn(struct cn_helper *h, struct cn_str *line, bool *ended,
    struct cn_buf *b, struct cn_err *err)
{
	char piece[4096];
	ssize_t n;
	char *nl;

	while (line->n > 0 || !*ended) {
		n = line->n > 0 ? write(h->out, line->p, line->n) :
		    write(h->out, "\n", 1);
		if (n <= 0)
			break;
		if (line->n == 0)
			*ended = true;
		line->p += line->n ? n : 0;
		line->n -= line->n ? (size_t)n : 0;
	}
	if ((line->n > 0 || !*ended) && errno != EAGAIN && errno != EINTR)
		return cn_fail(err, CN_UNAVAILABLE, "it has ended");
	while ((n = read(h->in, piece, sizeof(piece))) > 0) {
		cn_buf_add(b, piece, (size_t)n);
		cn_wipe(piece, (size_t)n);
		if (b->len > CN_HELPER_MAX)
			return cn_fail(err, CN_UNAVAILABLE, "it answers with "
			    "more than %zu KiB", CN_HELPER_MAX >> 10);
	}
	nl = b->len > 0 ? memchr(b->p, '\n', b->len) : NULL;
	if (nl != NULL && (nl != b->p + b->len - 1 || line->n > 0))
		return cn_fail(err, CN_UNAVAILABLE,
		    "it answers with more than a line");
	if (nl != NULL) {
		*nl = '\0';
		b->len--;
		return 1;
	}
	if (n == 0 || (errno != EAGAIN && errno != EINTR))
		return cn_fail(err, CN_UNAVAILABLE, "it has ended");
	return 0;
}

int cn_helper_ask(struct cn_helper *h, struct cn_str line, struct cn_buf *b,
    struct cn_err *err)
{
	int64_t end = h->run->ms() + h->time * 1000;
	bool ended = false;
	int r = 0;

	b->len = 0;
	if (h->pid == 0)
		return cn_fail(err, CN_UNAVAILABLE, "it has ended");
	while (r == 0) {
		struct pollfd p[2] = { { h->in, POLLIN, 0 },
		    { h->out, POLLOUT, 0 } };

		if ((r = turn(h, &line, &ended, b, err)) != 0)
			break;
		if (*h->run->stop)
			r = cn_fail(err, CN_UNAVAILABLE, "stopped");
		else if (h->run->ms() >= end)
			r = cn_fail(err, CN_UNAVAILABLE, "no answer in %lld "
			    "seconds", (long long)h->time);
		else
			poll(p, ended ? 1 : 2, STEP_MS);
	}
	if (r < 0) {
		cn_buf_wipe(b);
		cn_helper_stop(h);
	}
	return r < 0 ? -1 : 0;
}
