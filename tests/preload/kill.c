/* kill.c - a preloaded counter of what a process does to its files
 *
 *	LD_PRELOAD=kill.so CN_KILL_COUNT=FILE cmd	how many calls there are
 *	LD_PRELOAD=kill.so CN_KILL_AT=n cmd		SIGKILL before the n-th
 *	LD_PRELOAD=kill.so CN_ENOSPC_AT=n cmd		from the n-th write on
 *							the disk is full
 *	LD_PRELOAD=kill.so CN_COPY_TO=DIR cmd		store and keys are copied
 *							together before each, to
 *							DIR/n.home, DIR/n.keys
 *
 * Counted are write, pwrite, writev, fsync, fdatasync, rename, ftruncate and
 * unlink; not what goes to standard error or to a socket, of which nobody's
 * disk knows.  CN_ENOSPC_AT counts (and fails)
 * the writes to regular files only.  CN_KILL_COUNT gets two numbers: calls,
 * and writes to regular files. */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

_Static_assert(sizeof(off_t) == 8 && sizeof(long) == 8,
    "offsets are passed in one register");

int renameat(int, const char *, int, const char *);

static atomic_long calls, writes;
static long kill_at, full_at;
static int count_fd = -1;
static const char *copy_to;

__attribute__((constructor)) static void begin(void)
{
	const char *kill = getenv("CN_KILL_AT");
	const char *full = getenv("CN_ENOSPC_AT");
	const char *path = getenv("CN_KILL_COUNT");
	int fd;

	kill_at = kill ? atol(kill) : 0;
	full_at = full ? atol(full) : 0;
	copy_to = getenv("CN_COPY_TO");
	/* Now: a command may give up the right to open files. */
	if (path != NULL) {
		fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		count_fd = fcntl(fd, F_DUPFD_CLOEXEC, 100);
		close(fd);
		if (count_fd < 0)
			_exit(99);
	}
}

__attribute__((destructor)) static void end(void)
{
	char s[64];
	int n;

	if (count_fd < 0)
		return;
	n = snprintf(s, sizeof(s), "%ld %ld\n", atomic_load(&calls),
	    atomic_load(&writes));
	if (syscall(SYS_pwrite64, count_fd, s, (size_t)n, (off_t)0) != n)
		_exit(99);
}

/* As a power cut would leave them: what one process sees, another finds. */
static void copy(long n, const char *from, const char *what)
{
	char to[4096], cp[] = "cp", a[] = "-a", path[] = "PATH=/usr/bin:/bin";
	char *const argv[] = { cp, a, (char *)from, to, NULL };
	char *const env[] = { path, NULL };
	pid_t pid;
	int status = 1;

	snprintf(to, sizeof(to), "%s/%ld.%s", copy_to, n, what);
	if (posix_spawn(&pid, "/bin/cp", NULL, NULL, argv, env) != 0 ||
	    waitpid(pid, &status, 0) != pid || status != 0)
		_exit(98);
}

static void count(void)
{
	long n = atomic_fetch_add(&calls, 1) + 1;

	if (n == kill_at)
		syscall(SYS_kill, getpid(), SIGKILL);
	if (copy_to != NULL) {
		copy(n, getenv("CN_HOME"), "home");
		copy(n, getenv("CN_KEYS"), "keys");
	}
}

/* True where the disk is full. */
static bool count_write(int fd)
{
	struct stat st;

	if (fd == STDERR_FILENO || (fstat(fd, &st) == 0 &&
	    S_ISSOCK(st.st_mode)))
		return false;
	count();
	if (fstat(fd, &st) || !S_ISREG(st.st_mode))
		return false;
	if (atomic_fetch_add(&writes, 1) + 1 < full_at || full_at == 0)
		return false;
	errno = ENOSPC;
	return true;
}

ssize_t write(int fd, const void *p, size_t n)
{
	return count_write(fd) ? -1 : syscall(SYS_write, fd, p, n);
}

ssize_t pwrite(int fd, const void *p, size_t n, off_t at)
{
	return count_write(fd) ? -1 : syscall(SYS_pwrite64, fd, p, n, at);
}

ssize_t pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	return count_write(fd) ? -1 : syscall(SYS_pwrite64, fd, p, n, at);
}

ssize_t writev(int fd, const struct iovec *v, int n)
{
	return count_write(fd) ? -1 : syscall(SYS_writev, fd, v, n);
}

int fsync(int fd)
{
	count();
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	count();
	return (int)syscall(SYS_fdatasync, fd);
}

int ftruncate(int fd, off_t n)
{
	count();
	return (int)syscall(SYS_ftruncate, fd, n);
}

int ftruncate64(int fd, off64_t n)
{
	count();
	return (int)syscall(SYS_ftruncate, fd, n);
}

int rename(const char *from, const char *to)
{
	count();
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to, 0);
}

int renameat(int dir, const char *from, int to_dir, const char *to)
{
	count();
	return (int)syscall(SYS_renameat2, dir, from, to_dir, to, 0);
}

int unlink(const char *path)
{
	count();
	return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
}

int unlinkat(int dir, const char *path, int flags)
{
	count();
	return (int)syscall(SYS_unlinkat, dir, path, flags);
}
