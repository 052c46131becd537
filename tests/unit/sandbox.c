/* sandbox - a filter cannot open a socket any more */
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cli/sandbox.h"
#include "tap.h"

static bool opens(int family)
{
	int fd = socket(family, SOCK_STREAM, 0);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

static bool refused(int family)
{
	errno = 0;
	return !opens(family) && errno == EPERM;
}

static bool child_refused(void)
{
	pid_t pid = fork();
	int st;

	if (pid == 0)
		_exit(!refused(AF_INET));
	return waitpid(pid, &st, 0) == pid && WIFEXITED(st) &&
	    WEXITSTATUS(st) == 0;
}

int main(void)
{
	struct cn_err err = { 0 };
	int pair[2], fd = -1;
	char c;

	ok(opens(AF_UNIX) && opens(AF_INET), "control: sockets open before");
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0)
		fd = pair[0];
	if (cn_sandbox_offline(&err) < 0) {
		printf("ok 2 # SKIP %s\n1..2\n", err.msg);
		return 0;
	}
	ok(refused(AF_INET) && refused(AF_INET6), "no internet socket after");
	ok(refused(AF_UNIX), "no local one either");
	errno = 0;
	ok(connect(fd, &(struct sockaddr){ AF_UNIX, "/x" }, 4) < 0 &&
	    errno == EPERM, "an old one cannot be connected");
	ok(write(pair[0], "x", 1) == 1 && read(pair[1], &c, 1) == 1 &&
	    c == 'x', "control: other calls work");
	ok(child_refused(), "and children inherit it");
	return done();
}
