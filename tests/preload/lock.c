/* lock.c - a preloaded attempt to break out
 *
 *	LD_PRELOAD=lock.so CN_LOCK_LOG=FILE CN_LOCK_CANARY=FILE cmd
 *
 * Before the first read of standard input or write to standard output,
 * whichever comes first, it tries what a taken parser would, and writes to
 * FILE what came of each: 'ok', or the error's name.
 *
 *	LD_PRELOAD=lock.so CN_LOCK_REFUSE=seccomp|landlock|container cmd
 *
 * seccomp(2) fails with EPERM, as under somebody else's guard; Landlock with
 * ENOSYS, as in a kernel without it, or with EPERM, as containers do. */
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

static int report = -1, inet = -1;
static bool tried;

static void refuse(const char *how)
{
	unsigned nr = strcmp(how, "seccomp") == 0 ? SYS_seccomp : 444;
	unsigned error = strcmp(how, "landlock") == 0 ? ENOSYS : EPERM;
	struct sock_filter f[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	};
	struct sock_fprog prog = { sizeof(f) / sizeof(f[0]), f };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) < 0)
		_exit(96);
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("CN_LOCK_LOG"), *how;
	int fd;

	if ((how = getenv("CN_LOCK_REFUSE")) != NULL)
		refuse(how);

	if (path == NULL)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	report = fcntl(fd, F_DUPFD_CLOEXEC, 100);
	close(fd);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	inet = fcntl(fd, F_DUPFD_CLOEXEC, 100);
	close(fd);
}

static void say(const char *what, int error)
{
	char s[80];
	int n = snprintf(s, sizeof(s), "%s %s\n", what, error == 0 ? "ok" :
	    strerrorname_np(error));

	if (syscall(SYS_write, report, s, (size_t)n) != n)
		_exit(99);
}

static void open_it(const char *what, const char *path, int flags)
{
	int fd = path ? open(path, flags | O_CLOEXEC, 0600) : -1;

	say(what, fd < 0 ? errno : 0);
	if (fd >= 0)
		close(fd);
}

static void run_it(void)
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		unsetenv("LD_PRELOAD");
		execl("/bin/true", "true", (char *)NULL);
		_exit(errno);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		_exit(98);
	say("run", WEXITSTATUS(status));
}

/* Port 9 of this machine: connecting a datagram socket sends nothing. */
static void dial(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	say("connect", connect(inet, (struct sockaddr *)&to, sizeof(to)) < 0 ?
	    errno : 0);
}

static void try_all(void)
{
	char made[4096], store[4096];
	const char *canary = getenv("CN_LOCK_CANARY");
	int fd, was = errno;

	if (report < 0 || tried)
		return;
	tried = true;
	fd = socket(AF_INET, SOCK_STREAM, 0);
	say("socket", fd < 0 ? errno : 0);
	if (fd >= 0)
		close(fd);
	dial();
	run_it();
	open_it("passwd", "/etc/passwd", O_RDONLY);
	open_it("canary", canary, O_RDONLY);
	snprintf(made, sizeof(made), "%s.made", canary);
	open_it("make", made, O_WRONLY | O_CREAT);
	snprintf(store, sizeof(store), "%s/store.db", getenv("CN_HOME"));
	open_it("store", store, O_RDWR);
	errno = was;
}

ssize_t read(int fd, void *p, size_t n)
{
	if (fd == STDIN_FILENO)
		try_all();
	return syscall(SYS_read, fd, p, n);
}

ssize_t write(int fd, const void *p, size_t n)
{
	if (fd == STDOUT_FILENO)
		try_all();
	return syscall(SYS_write, fd, p, n);
}
