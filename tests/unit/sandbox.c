/* sandbox - what cannot be done any more, and what still can */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/sandbox.h"
#include "tap.h"

static char dir[] = "/tmp/cn-sandbox.XXXXXX";
static char own[64], other[64], in[96], out[96];
static int told[2], ready[2];
static pthread_t old;

static int opened(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC, 0600);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? errno : 0;
}

static int socketed(int family)
{
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? errno : 0;
}

/* What a child's status says of a program that it ran, or of a call. */
static int child(int (*fn)(void))
{
	pid_t pid = fork();
	int st;

	if (pid == 0)
		_exit(fn());
	if (waitpid(pid, &st, 0) != pid)
		return -1;
	return WIFSIGNALED(st) ? 256 + WTERMSIG(st) : WEXITSTATUS(st);
}

static int ran(void)
{
	execl("/bin/true", "true", (char *)NULL);
	return errno;
}

static int no_internet(void)
{
	return socketed(AF_INET);
}

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
/* getpid through the entry of 32 bits */
static int i386(void)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(20L) : "memory", "r8",
	    "r9", "r10", "r11");
	return r <= 0;
}

static int x32(void)
{
	return syscall(0x40000000L | SYS_socket, AF_INET, SOCK_STREAM, 0) < 0 ?
	    errno : 0;
}
#endif

/* A thread from before. */
static void *thread(void *arg)
{
	char c;
	int e = read(ready[0], &c, 1) == 1 ? socketed(AF_INET) : -1;

	(void)arg;
	if (write(told[1], &e, sizeof(e)) != sizeof(e))
		abort();
	return NULL;
}

static void calls(int fd, int old32)
{
	struct sockaddr_storage to = { .ss_family = AF_UNIX };
	char c = 'x';
	int e = 0;

	ok(socketed(AF_INET) == EPERM && socketed(AF_INET6) == EPERM,
	    "no internet socket after");
	ok(socketed(AF_UNIX) == EPERM, "no local one either");
	ok(connect(fd, (struct sockaddr *)&to, 4) < 0 && errno == EPERM,
	    "an old one cannot be connected");
	ok(sendto(fd, &c, 1, 0, (struct sockaddr *)&to, 4) < 0 &&
	    errno == EPERM, "nor can it be sent on");
	ok(write(fd, &c, 1) < 0 && errno == EBADF, "nor is it there any more");
	ok(write(told[1], &c, 1) == 1 && read(told[0], &c, 1) == 1,
	    "control: a pipe is");
	ok(child(ran) == EPERM, "no program runs");
	ok(child(no_internet) == EPERM, "children inherit it");
	ok(syscall(SYS_io_uring_setup, 1, NULL) < 0 && errno == EPERM,
	    "no ring");
	ok(syscall(SYS_process_vm_readv, getppid(), NULL, 0, NULL, 0, 0) < 0 &&
	    errno == EPERM, "no look into another process");
	ok(write(ready[1], &c, 1) == 1 && read(told[0], &e, sizeof(e)) ==
	    sizeof(e) && e == EPERM, "a thread from before is bound too");
	pthread_join(old, NULL);
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
	ok(ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 && errno == EPERM,
	    "no tracing");
	ok(child(x32) == EPERM, "no way round by x32's numbers");
	if (old32 == 0)
		ok(child(i386) == 256 + SIGSYS, "i386's entry kills");
	else
		printf("ok %d # SKIP the kernel has no entry of 32 bits\n",
		    ++count);
#else
	(void)old32;
#endif
}

static void files(void)
{
	ok(opened("/etc/passwd", O_RDONLY) == EACCES, "no other file opens");
	ok(opened(other, O_RDONLY) == EACCES, "nor one of ours");
	ok(opened(out, O_RDWR | O_CREAT) == EACCES, "none is made");
	ok(unlink(other) < 0 && errno == EACCES, "nor removed");
	ok(truncate(own, 0) < 0 && errno == EACCES, "nor emptied");
	ok(mkdir(out, 0700) < 0 && errno == EACCES, "no folder");
	ok(opened("/", O_RDONLY | O_DIRECTORY) == EACCES, "none is listed");
	ok(opened(own, O_RDONLY) == 0, "control: what was named opens");
	ok(opened(own, O_WRONLY) == EACCES, "but cannot be written");
	ok(opened(in, O_RDWR | O_CREAT) == 0 && unlink(in) == 0,
	    "control: the folder to write is one");
	ok(symlink(other, in) < 0 && errno == EACCES, "no link in it");
}

static int all(void)
{
	char home[80], *read[] = { own, out };
	struct cn_room room = { .write = { home }, .read = read, .nread = 2 };
	struct cn_err err = { 0 };
	const char *lacks = NULL;
	int pair[2], old32 = -1;

	if (pipe(told) < 0 || pipe(ready) < 0 ||
	    socketpair(AF_UNIX, SOCK_STREAM, 0, pair) < 0)
		return 1;
	snprintf(home, sizeof(home), "%s/home", dir);
	snprintf(own, sizeof(own), "%s/own", dir);
	snprintf(other, sizeof(other), "%s/other", dir);
	snprintf(in, sizeof(in), "%s/in", home);
	snprintf(out, sizeof(out), "%s/out", dir);
	ok(mkdir(home, 0700) == 0 && opened(own, O_RDWR | O_CREAT) == 0 &&
	    opened(other, O_RDWR | O_CREAT) == 0 &&
	    opened("/etc/passwd", O_RDONLY) == 0, "control: files open before");
	ok(socketed(AF_UNIX) == 0 && socketed(AF_INET) == 0 &&
	    child(no_internet) == 0, "control: so do sockets");
	ok(child(ran) == 0, "control: and programs run");
#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__)
	old32 = child(i386);
#endif
	if (pthread_create(&old, NULL, thread, NULL) != 0)
		return 1;
	ok(cn_sandbox(&room, &lacks, &err) == 0, "it shuts");
	printf("# lacks %s %s\n", lacks ? lacks : "nothing", err.msg);
	if (lacks == NULL || strstr(lacks, "seccomp") == NULL)
		calls(pair[0], old32);
	else
		printf("ok %d # SKIP no seccomp\n", ++count);
	if (lacks == NULL || strstr(lacks, "Landlock") == NULL)
		files();
	else
		printf("ok %d # SKIP no Landlock\n", ++count);
	return done();
}

/* What it made is removed by one that is not shut. */
int main(void)
{
	char line[80];
	pid_t pid = mkdtemp(dir) == NULL ? -1 : fork();
	int st = 1;

	if (pid == 0)
		return all();
	waitpid(pid, &st, 0);
	snprintf(line, sizeof(line), "rm -rf %s", dir);
	return system(line) != 0 || st != 0;
}
