#include "cli/jobs.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/out.h"

#define TICK 100		/* milliseconds between looks at the children */

/* Shared with the children. */
struct shared {
	pthread_mutex_t out;		/* of whoever writes to stdout */
	struct { uint64_t done, total; } slot[];
};

static struct shared *ours;		/* a job: its process has one */

void cn_jobs_enter(void)
{
	/* Robust: its owner may have been killed. */
	if (ours != NULL && pthread_mutex_lock(&ours->out) == EOWNERDEAD)
		pthread_mutex_consistent(&ours->out);
}

void cn_jobs_leave(void)
{
	if (ours != NULL)
		pthread_mutex_unlock(&ours->out);
}

static struct shared *share(size_t n, struct cn_err *err)
{
	size_t size = sizeof(struct shared) +
	    n * sizeof(((struct shared *)0)->slot[0]);
	struct shared *s = mmap(NULL, size, PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	pthread_mutexattr_t a;

	if (s == MAP_FAILED) {
		cn_fail_errno(err, CN_TEMPFAIL, "memory for jobs");
		return NULL;
	}
	pthread_mutexattr_init(&a);
	pthread_mutexattr_setpshared(&a, PTHREAD_PROCESS_SHARED);
	pthread_mutexattr_setrobust(&a, PTHREAD_MUTEX_ROBUST);
	pthread_mutexattr_settype(&a, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&s->out, &a);
	pthread_mutexattr_destroy(&a);
	return s;
}

static void tell(void *slot, uint64_t done, uint64_t total)
{
	uint64_t *v = slot;

	v[0] = done;
	v[1] = total;
}

static void be_job(struct cn_cli *cli, pid_t parent, struct shared *s,
    size_t i, int (*one)(struct cn_cli *, void *, size_t, struct cn_err *),
    void *arg)
{
	static const int sigs[] = { SIGINT, SIGTERM };
	struct cn_err err = { 0 };
	struct sigaction sa;
	size_t k;
	int rc;

	/* One stop is enough: it comes from the parent, and from whoever
	 * signals all of a group or a service. */
	for (k = 0; k < 2; k++) {
		sigaction(sigs[k], NULL, &sa);
		sa.sa_flags &= ~(int)SA_RESETHAND;
		sigaction(sigs[k], &sa, NULL);
	}
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(CN_TEMPFAIL);
	ours = s;
	if (cli->run.progress == cn_progress)
		cn_progress_beside();
	cli->run.progress = tell;
	cli->run.progress_arg = &s->slot[i];
	rc = one(cli, arg, i, &err);
	_exit(cn_cli_end(cli, rc, &err));
}

static void ended(struct cn_cli *cli, const char *name, int status)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 128 + SIGPIPE)
		cli->out.closed = true;
	else if (WIFEXITED(status))
		cn_cli_status(cli, WEXITSTATUS(status));
	else if (WTERMSIG(status) == SIGPIPE)
		cli->out.closed = true;
	else if (!*cli->run.stop || WTERMSIG(status) == SIGKILL) {
		cn_cli_warn("%s: killed by signal %d", name,
		    WTERMSIG(status));
		cn_cli_status(cli, CN_INTERNAL);
	}
}

static void progress(struct cn_cli *cli, const struct shared *s, size_t n)
{
	uint64_t done = 0, total = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		done += s->slot[i].done;
		total += s->slot[i].total;
	}
	if (done > 0 || cn_progress_asked)
		cli->run.progress(cli->run.progress_arg, done, total);
}

/* Those that have ended; how many are left. */
static size_t reap(struct cn_cli *cli, pid_t *pids, const char *const *names,
    size_t n, bool stop)
{
	size_t i, left = 0;
	int status;

	for (i = 0; i < n; i++) {
		if (pids[i] == 0)
			continue;
		if (stop)
			kill(pids[i], SIGTERM);
		if (waitpid(pids[i], &status, WNOHANG) != pids[i]) {
			left++;
			continue;
		}
		pids[i] = 0;
		ended(cli, names[i], status);
	}
	return left;
}

int cn_jobs_run(struct cn_cli *cli, const char *const *names, size_t n,
    size_t max, int (*one)(struct cn_cli *, void *, size_t, struct cn_err *),
    void *arg, struct cn_err *err)
{
	struct shared *s = share(n, err);
	pid_t *pids = cn_alloc((n + 1) * sizeof(*pids));
	size_t next = 0, left = 0;
	pid_t parent = getpid();
	bool told = false;
	int r = s == NULL ? -1 : 0;

	while (s != NULL && (left > 0 || (next < n && r == 0 &&
	    !*cli->run.stop))) {
		while (left < max && next < n && !*cli->run.stop && r == 0) {
			pids[next] = fork();
			if (pids[next] == 0)
				be_job(cli, parent, s, next, one, arg);
			if (pids[next] < 0) {
				pids[next] = 0;
				r = cn_fail_errno(err, CN_TEMPFAIL, "fork");
			}
			next++;
			left++;
		}
		poll(NULL, 0, TICK);
		progress(cli, s, n);
		left = reap(cli, pids, names, n, *cli->run.stop && !told);
		told = *cli->run.stop;
	}
	free(pids);
	return r;
}
