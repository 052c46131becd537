#include "desk/account/password.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/utf8.h"

#define MAX 4096
#define TIME_MS 30000
#define STEP_MS 50		/* between looks at what a command does */

/* Appends the first line of what was read. */
static int first_line(struct cn_buf *text, const char *what,
    struct cn_buf *out, struct cn_err *err)
{
	struct cn_str s = cn_buf_view(text);
	const char *end = memchr(s.p, '\n', s.n);

	if (end != NULL)
		s.n = (size_t)(end - s.p);
	if (s.n > 0 && s.p[s.n - 1] == '\r')
		s.n--;
	if (s.n == 0)
		return cn_fail(err, CN_CONFIG, "%s: no password in it", what);
	if (s.n > MAX || memchr(s.p, '\0', s.n) != NULL ||
	    !cn_utf8_valid(s.p, s.n))
		return cn_fail(err, CN_CONFIG, "%s: too long for a password, "
		    "or not text", what);
	cn_buf_add(out, s.p, s.n);
	return 0;
}

int cn_password_fd(int fd, struct cn_buf *out, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	int r;

	r = cn_fd_read(fd, "descriptor", MAX + 2, &b, err);
	if (r < 0)
		err->status = CN_USAGE;
	else
		r = first_line(&b, "descriptor", out, err);
	cn_buf_wipe(&b);
	return r;
}

/* --- a file, or a credential of systemd --- */

/* Somebody else could read it, or put another in its place. */
static int exposed(const char *path, const struct stat *st, const char *what,
    struct cn_err *err)
{
	const char *slash = strrchr(path, '/');
	struct cn_arena mem = { 0 };
	const char *folder = slash == NULL ? "." : slash == path ? "/" :
	    cn_arena_dup(&mem, path, (size_t)(slash - path));
	struct stat in;
	int r = 0;

	if (stat(folder, &in) < 0) {
		r = cn_fail_errno(err, CN_CONFIG, "%s: its folder", what);
	} else if ((st->st_mode & 077) != 0) {
		cn_fail(err, CN_NOPERM, "%s: others may read it", what);
		r = cn_hint(err, "chmod 600 %s", path);
	} else if (st->st_uid != 0 && st->st_uid != geteuid()) {
		cn_fail(err, CN_NOPERM, "%s: it belongs to another user",
		    what);
		r = cn_hint(err, "chown %lld %s", (long long)geteuid(), path);
	} else if (in.st_uid != 0 && in.st_uid != geteuid()) {
		cn_fail(err, CN_NOPERM, "%s: its folder belongs to another "
		    "user", what);
		r = cn_hint(err, "keep it in a folder of your own");
	} else if ((in.st_mode & 022) != 0 && !(in.st_mode & S_ISVTX)) {
		cn_fail(err, CN_NOPERM, "%s: others may replace it in its "
		    "folder", what);
		r = cn_hint(err, "chmod go-w %s", folder);
	}
	cn_arena_release(&mem);
	return r;
}

static int from_file(const char *path, const char *what, bool ours,
    struct cn_buf *out, struct cn_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK), r;
	struct stat st;

	if (fd < 0)
		return cn_fail_errno(err, CN_CONFIG, "%s", what);
	if (fstat(fd, &st) < 0) {
		r = cn_fail_errno(err, CN_CONFIG, "%s", what);
	} else if (!S_ISREG(st.st_mode)) {
		r = cn_fail(err, CN_CONFIG, "%s: not a file", what);
	} else if (ours && exposed(path, &st, what, err) < 0) {
		r = -1;
	} else if ((r = cn_password_fd(fd, out, err)) < 0) {
		cn_wrap(err, "%s", what);
	}
	close(fd);
	return r;
}

static int from_credential(const struct cn_run *run, const char *name,
    struct cn_buf *out, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	int r;

	if (strchr(name, '/') != NULL || name[0] == '.' || name[0] == '\0')
		return cn_fail(err, CN_CONFIG, "credential: not a name");
	if (run->credentials == NULL) {
		cn_fail(err, CN_CONFIG, "credential %s: no "
		    "CREDENTIALS_DIRECTORY", name);
		return cn_hint(err, "run it from a unit with LoadCredential= "
		    "or LoadCredentialEncrypted=");
	}
	/* systemd lets in whom it wants by access lists, which show in the
	 * mode as rights of a group. */
	r = from_file(cn_path(&mem, run->credentials, name),
	    cn_arena_fmt(&mem, "credential %s", name), false, out, err);
	cn_arena_release(&mem);
	return r;
}

/* --- a command --- */

static int start(const char *command, int pipe_in, pid_t *pid,
    struct cn_err *err)
{
	struct passwd *pw = getpwuid(getuid());
	struct cn_arena mem = { 0 };
	char *const argv[] = { (char *)"sh", (char *)"-c",
	    cn_arena_strdup(&mem, command), NULL };
	char *const env[] = { (char *)"PATH=/usr/local/bin:/usr/bin:/bin",
	    cn_arena_fmt(&mem, "HOME=%s", pw ? pw->pw_dir : "/"),
	    cn_arena_fmt(&mem, "USER=%s", pw ? pw->pw_name : ""), NULL };
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t set;
	int r;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null",
	    O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&files, pipe_in, STDOUT_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&files, STDERR_FILENO + 1);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP |
	    POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setpgroup(&attr, 0);
	sigemptyset(&set);
	posix_spawnattr_setsigmask(&attr, &set);
	sigaddset(&set, SIGPIPE);
	posix_spawnattr_setsigdefault(&attr, &set);
	r = posix_spawn(pid, "/bin/sh", &files, &attr, argv, env);
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	cn_arena_release(&mem);
	if (r == 0)
		return 0;
	errno = r;
	return cn_fail_errno(err, CN_CONFIG, "/bin/sh");
}

/* Reads what there is: 1 more may come, 0 the end, -1. */
static int gather(int fd, struct cn_buf *b, struct cn_err *err)
{
	ssize_t n;

	do {
		n = read(fd, b->p + b->len, b->cap - b->len - 1);
		if (n > 0)
			b->len += (size_t)n;
		if (b->len > MAX + 2)
			return cn_fail(err, CN_CONFIG, "password command: it "
			    "writes more than %d bytes", MAX);
	} while (n > 0);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		return cn_fail_errno(err, CN_CONFIG, "password command");
	return n != 0;
}

/* Until the shell has ended, though what it left behind may hold the pipe. */
static int follow(const struct cn_run *run, pid_t pid, int fd,
    struct cn_buf *b, int *status, struct cn_err *err)
{
	struct pollfd p = { fd, POLLIN, 0 };
	int64_t end = run->ms() + TIME_MS;
	int more = 1;

	do {
		poll(&p, more > 0, more > 0 ? STEP_MS : 1);
		if (more > 0 && (more = gather(fd, b, err)) < 0)
			break;
		if (waitpid(pid, status, WNOHANG) == pid)
			return more > 0 && gather(fd, b, err) < 0 ? -1 : 0;
	} while (!*run->stop && run->ms() < end);
	if (more >= 0)
		cn_fail(err, CN_NOPERM, "password command: %s", *run->stop ?
		    "stopped" : "it has not ended in 30 seconds");
	kill(-pid, SIGKILL);
	waitpid(pid, status, 0);
	return -1;
}

static int from_command(const struct cn_run *run, const char *command,
    struct cn_buf *out, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	int fd[2], status = 0, r;
	pid_t pid;

	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) < 0)
		return cn_fail_errno(err, CN_TEMPFAIL, "pipe");
	/* The writer waits as usual: only our end must not. */
	fcntl(fd[1], F_SETFL, 0);
	cn_buf_reserve(&b, MAX * 2);
	r = start(command, fd[1], &pid, err);
	close(fd[1]);
	if (r == 0)
		r = follow(run, pid, fd[0], &b, &status, err);
	close(fd[0]);
	if (r == 0 && WIFSIGNALED(status))
		r = cn_fail(err, CN_NOPERM, "password command: ended by "
		    "signal %d", WTERMSIG(status));
	else if (r == 0 && status != 0)
		r = cn_fail(err, CN_NOPERM, "password command: it ended with "
		    "status %d", WEXITSTATUS(status));
	if (r == 0)
		r = first_line(&b, "password command", out, err);
	cn_buf_wipe(&b);
	return r;
}

int cn_password_read(const struct cn_run *run, enum cn_password_from from,
    const char *where, struct cn_buf *out, struct cn_err *err)
{
	switch (from) {
	case CN_PASSWORD_CMD:
		return from_command(run, where, out, err);
	case CN_PASSWORD_FILE:
		return from_file(where, where, true, out, err);
	case CN_PASSWORD_CREDENTIAL:
		return from_credential(run, where, out, err);
	case CN_PASSWORD_KEPT:
	case CN_PASSWORD_NONE:
		break;
	}
	return cn_fail(err, CN_INTERNAL, "no such place of a password");
}
