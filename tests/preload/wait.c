/* wait.c - a preloaded clock for locks
 *
 *	LD_PRELOAD=wait.so CN_WAIT_LOG=FILE cmd
 *
 * Appends a line to FILE at the end: the longest wait for a lock in ms, how
 * many waits there were, and how many of them met a lock that was held.  The
 * two locks of the turnstile (store.next, then store.main) are one wait. */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static double since, longest;
static long waits, held;
static bool met;
static FILE *log_to;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static bool is_next(int fd)
{
	static const char next[] = "/store.next";
	char link[40], path[4096];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	if (n < (ssize_t)sizeof(next))
		return false;
	path[n] = '\0';
	return strcmp(path + n - (sizeof(next) - 1), next) == 0;
}

int fcntl(int fd, int cmd, ...)
{
	va_list ap;
	void *arg;
	int r;

	va_start(ap, cmd);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (cmd == F_OFD_SETLK && since == 0)
		since = now();
	r = (int)syscall(SYS_fcntl, fd, cmd, arg);
	if (cmd != F_OFD_SETLK)
		return r;
	if (r < 0) {
		met = true;
	} else if (!is_next(fd)) {
		double t = now() - since;

		longest = t > longest ? t : longest;
		waits++;
		held += met;
		since = 0;
		met = false;
		errno = 0;
	}
	return r;
}

/* Now: a command may give up the right to open files. */
__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("CN_WAIT_LOG");

	if (path != NULL)
		log_to = fopen(path, "ae");
}

__attribute__((destructor)) static void end(void)
{
	if (log_to == NULL)
		return;
	fprintf(log_to, "%.0f %ld %ld\n", longest, waits, held);
	if (fclose(log_to) != 0)
		_exit(99);
}
