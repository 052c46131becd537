/* lock.c - a preloaded attempt to break out
 *
 *	LD_PRELOAD=lock.so CN_LOCK_LOG=FILE CN_LOCK_CANARY=FILE cmd
 *
 * Before the first read of standard input or write to standard output,
 * whichever comes first, it tries what a taken parser would, and writes to
 * FILE what came of each: 'ok', the error's name, or the signal that ended it.
 *
 *	LD_PRELOAD=lock.so CN_LOCK_REFUSE=seccomp|landlock|container cmd
 *
 * seccomp(2) fails with EPERM, as under somebody else's guard; Landlock with
 * ENOSYS, as in a kernel without it, or with EPERM, as containers do. */
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

static int report = -1, inet = -1, local = -1, left = -1, program = -1;
static bool tried;
static char secret = 's';

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

static int up(int fd)
{
	int high = fcntl(fd, F_DUPFD_CLOEXEC, 100);

	close(fd);
	return high;
}

/* A name without a file, which Landlock's folders say nothing of. */
static socklen_t abstract(struct sockaddr_un *a)
{
	*a = (struct sockaddr_un){ .sun_family = AF_UNIX };
	return offsetof(struct sockaddr_un, sun_path) + 1 + (socklen_t)snprintf(
	    a->sun_path + 1, sizeof(a->sun_path) - 1, "cn-lock-%ld",
	    (long)getpid());
}

static void listens(void)
{
	struct sockaddr_un a;
	socklen_t n = abstract(&a);
	int fd = up(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));

	local = up(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
	if (bind(fd, (struct sockaddr *)&a, n) < 0 || listen(fd, 1) < 0)
		_exit(94);
}

__attribute__((constructor)) static void begin(void)
{
	const char *path = getenv("CN_LOCK_LOG"), *how;
	char block[4096];
	int fd, pair[2];
	ssize_t n;

	if ((how = getenv("CN_LOCK_REFUSE")) != NULL)
		refuse(how);

	if (path == NULL)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	report = up(fd);
	inet = up(socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0) {
		left = up(pair[0]);
		fcntl(left, F_SETFD, 0);
		up(pair[1]);
	}
	listens();
	program = memfd_create("program", MFD_CLOEXEC);
	fd = open("/bin/true", O_RDONLY | O_CLOEXEC);
	while ((n = read(fd, block, sizeof(block))) > 0)
		if (write(program, block, (size_t)n) != n)
			_exit(95);
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

static void tell(const char *what, long r)
{
	say(what, r < 0 ? errno : 0);
}

static void tell_fd(const char *what, int fd)
{
	tell(what, fd);
	if (fd >= 0)
		close(fd);
}

static void open_it(const char *what, const char *path, int flags)
{
	tell_fd(what, path ? open(path, flags | O_CLOEXEC, 0600) : -1);
}

/* A child's error is its status; a signal its own. */
static void fork_it(const char *what, int (*fn)(void))
{
	pid_t pid = fork();
	int status = 0;

	if (pid == 0) {
		unsetenv("LD_PRELOAD");
		_exit(fn());
	}
	if (waitpid(pid, &status, 0) != pid)
		_exit(98);
	if (WIFSIGNALED(status))
		dprintf(report, "%s SIG%s\n", what,
		    sigabbrev_np(WTERMSIG(status)));
	else
		say(what, WEXITSTATUS(status));
}

static int run_it(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return errno;
}

static int run_memory(void)
{
	char name[] = "true", *argv[] = { name, NULL };

	syscall(SYS_execveat, program, "", argv, environ, AT_EMPTY_PATH);
	return errno;
}

static int fork_socket(void)
{
	return socket(AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0;
}

static int trace_me(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ? errno : 0;
}

static int read_parent(void)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%ld/mem", (long)getppid());
	return open(path, O_RDWR) < 0 ? errno : 0;
}

static int peek_parent(void)
{
	char got;
	struct iovec here = { &got, 1 }, there = { &secret, 1 };

	return process_vm_readv(getppid(), &here, 1, &there, 1, 0) < 0 ?
	    errno : 0;
}

static int poke_parent(void)
{
	struct iovec here = { &secret, 1 }, there = { &secret, 1 };

	return process_vm_writev(getppid(), &here, 1, &there, 1, 0) < 0 ?
	    errno : 0;
}

static int new_user(void)
{
	long pid = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return pid < 0 ? errno : 0;
}

#ifdef __x86_64__
/* getpid by the entry of 32 bits */
static int i386(void)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory", "r8",
	    "r9", "r10", "r11");
	return r <= 0;
}
#endif

/* Port 9 of this machine: connecting a datagram socket sends nothing. */
static void dial(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };

	tell("connect", connect(inet, (struct sockaddr *)&to, sizeof(to)));
}

/* What seccomp(2) refuses. */
static void try_calls(const char *canary)
{
	char params[256] = { 0 }, ring = 'x';
	struct sockaddr_un a;
	socklen_t n = abstract(&a);
	int pair[2];

	tell_fd("socket", socket(AF_INET, SOCK_STREAM, 0));
	tell_fd("packet", socket(AF_UNIX, SOCK_DGRAM, 0));
	tell("pair", socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	dial();
	tell("abstract", connect(local, (struct sockaddr *)&a, n));
	tell("given", write(left, "x", 1));
	tell_fd("ring", (int)syscall(SYS_io_uring_setup, 1, params));
	tell("enter", syscall(SYS_io_uring_enter, -1, 0, 0, 0, NULL, 0));
	tell("register", syscall(SYS_io_uring_register, -1, 0, NULL, 0));
	fork_it("forked", fork_socket);
	fork_it("run", run_it);
	fork_it("memory", run_memory);
	fork_it("trace", trace_me);
	fork_it("peek", peek_parent);
	fork_it("poke", poke_parent);
	fork_it("namespace", new_user);
	tell("clone3", syscall(SYS_clone3, NULL, 0));
	tell("typed", ioctl(report, TIOCSTI, &ring));
	tell("pasted", ioctl(report, TIOCLINUX, &ring));
	tell("signal", kill(getppid(), 0));
	tell("queue", syscall(SYS_rt_sigqueueinfo, getppid(), 0, NULL));
	tell("thread", syscall(SYS_tgkill, getppid(), getppid(), 0));
	tell("limit", prlimit(getppid(), RLIMIT_CORE, NULL,
	    (struct rlimit *)params));
	tell("shared", (long)shmat(-1, NULL, 0));
	tell("keys", syscall(SYS_keyctl, 0, -3, 0));
	tell("mode", chmod(canary, 0644));
	tell("modeat", fchmodat(AT_FDCWD, canary, 0644, 0));
	tell("owner", fchownat(AT_FDCWD, canary, geteuid(), getegid(), 0));
	tell("times", utimensat(AT_FDCWD, canary, NULL, 0));
	tell("mark", setxattr(canary, "user.cn", "x", 1, 0));
#ifdef __x86_64__
	tell("x32", syscall(0x40000000L | SYS_socket, AF_INET, SOCK_STREAM, 0));
	fork_it("i386", i386);
#endif
}

/* What Landlock refuses. */
static void try_files(const char *canary)
{
	char made[4096], store[4096];

	snprintf(made, sizeof(made), "%s.made", canary);
	snprintf(store, sizeof(store), "%s/store.db", getenv("CN_HOME"));
	open_it("passwd", "/etc/passwd", O_RDONLY);
	open_it("canary", canary, O_RDONLY);
	open_it("make", made, O_WRONLY | O_CREAT);
	open_it("self", "/proc/self/mem", O_RDWR);
	fork_it("parent", read_parent);
	open_it("store", store, O_RDWR);
}

static void try_all(void)
{
	const char *canary = getenv("CN_LOCK_CANARY");
	int was = errno;

	if (report < 0 || tried)
		return;
	tried = true;
	try_calls(canary);
	try_files(canary);
	if (raise(0) != 0)
		_exit(97);
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
