#include "cli/ask.h"

#include <fcntl.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "base/file.h"

/* A line of the terminal comes whole; a signal ends the wait. */
static int type(struct cn_cli *cli, int fd, struct cn_buf *out,
    struct cn_err *err)
{
	char line[1024];
	ssize_t n = read(fd, line, sizeof(line));
	int r = 0;

	if (n > 0 && line[n - 1] == '\n')
		n--;
	if (n < 0 || *cli->run.stop)
		r = cn_fail(err, CN_USAGE, "stopped");
	else if (n == 0 || n == sizeof(line))
		r = cn_cli_usage(cli, err, "%s was typed", n ? "too much" :
		    "nothing");
	else
		cn_buf_add(out, line, (size_t)n);
	cn_wipe(line, sizeof(line));
	return r;
}

int cn_ask_secret(struct cn_cli *cli, const char *prompt, struct cn_buf *out,
    struct cn_err *err)
{
	struct termios was, quiet;
	int fd = isatty(STDIN_FILENO) ? open("/dev/tty", O_RDWR | O_CLOEXEC |
	    O_NOCTTY) : -1, r;

	if (fd < 0 || tcgetattr(fd, &was) < 0) {
		if (fd >= 0)
			close(fd);
		return cn_cli_usage(cli, err, "no terminal to ask on");
	}
	quiet = was;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL);
	r = cn_write_all(fd, prompt, strlen(prompt), err);
	if (r == 0) {
		tcsetattr(fd, TCSAFLUSH, &quiet);
		r = type(cli, fd, out, err);
		tcsetattr(fd, TCSAFLUSH, &was);
		if (cn_write_all(fd, "\n", 1, err) < 0)
			r = -1;
	}
	close(fd);
	return r;
}
