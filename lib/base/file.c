#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

int cn_fd_read(int fd, const char *name, size_t max, struct cn_buf *out,
    struct cn_err *err)
{
	size_t was = out->len;
	ssize_t n;

	for (;;) {
		cn_buf_reserve(out, 65536);
		n = read(fd, out->p + out->len, 65536);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return cn_fail_errno(err, CN_IOERR, "%s", name);
		if (n == 0)
			return 0;
		out->len += (size_t)n;
		out->p[out->len] = '\0';
		if (out->len - was > max)
			return cn_fail(err, CN_USAGE,
			    "%s: larger than %zu bytes", name, max);
	}
}

int cn_fd_some(int fd, const char *name, size_t n, struct cn_buf *out,
    struct cn_err *err)
{
	size_t end = out->len + n;
	ssize_t got = 1;

	cn_buf_reserve(out, n);
	while (out->len < end && got != 0) {
		got = read(fd, out->p + out->len, end - out->len);
		if (got < 0 && errno != EINTR)
			return cn_fail_errno(err, CN_IOERR, "%s", name);
		out->len += got > 0 ? (size_t)got : 0;
	}
	out->p[out->len] = '\0';
	return 0;
}

int cn_file_read(const char *path, size_t max, struct cn_buf *out,
    struct cn_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return cn_fail_errno(err, CN_USAGE, "%s", path);
	r = cn_fd_read(fd, path, max, out, err);
	close(fd);
	return r;
}

int cn_write_all(int fd, const void *data, size_t n, struct cn_err *err)
{
	const char *p = data;
	ssize_t w;

	while (n > 0) {
		w = write(fd, p, n);
		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0 && errno == EAGAIN) {
			struct pollfd pfd = { fd, POLLOUT, 0 };

			poll(&pfd, 1, -1);
			continue;
		}
		if (w < 0)
			return cn_fail_errno(err, CN_IOERR, "write");
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

static int sync_folder(const char *path, struct cn_err *err)
{
	char dir[4096];
	char *slash;
	int fd, r;

	snprintf(dir, sizeof(dir), "%s", path);
	slash = strrchr(dir, '/');
	if (slash == NULL)
		strcpy(dir, ".");
	else if (slash == dir)
		dir[1] = '\0';
	else
		*slash = '\0';
	fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return cn_fail_errno(err, CN_IOERR, "%s", dir);
	r = fsync(fd);
	if (r < 0)
		cn_fail_errno(err, CN_IOERR, "%s", dir);
	close(fd);
	return r;
}

/* A link, or one of a file's several names, may be there to have root give
 * away what it leads to. */
int cn_file_own(int fd, const char *path, struct cn_err *err)
{
	const char *slash = strrchr(path, '/');
	struct stat now, st;
	char folder[4096];

	if (geteuid() != 0)
		return 0;
	if (fstat(fd, &now) < 0)
		return cn_fail_errno(err, CN_IOERR, "%s", path);
	if (now.st_uid != 0 || lstat(path, &st) < 0 || st.st_nlink != 1 ||
	    st.st_dev != now.st_dev || st.st_ino != now.st_ino)
		return 0;
	snprintf(folder, sizeof(folder), "%.*s", slash ?
	    (int)(slash - path) + 1 : 1, slash ? path : ".");
	if (stat(folder, &st) < 0)
		return cn_fail_errno(err, CN_IOERR, "%s", folder);
	if (st.st_uid != 0 && fchown(fd, st.st_uid, st.st_gid) < 0)
		return cn_fail_errno(err, CN_IOERR, "%s", path);
	return 0;
}

/* What takes the place of another file is of whom that is. */
static int own_place(int fd, const char *path, const char *tmp,
    struct cn_err *err)
{
	struct stat now, st;

	if (stat(path, &st) < 0)
		return cn_file_own(fd, tmp, err);
	if (fstat(fd, &now) < 0 || (st.st_uid != now.st_uid &&
	    fchown(fd, st.st_uid, st.st_gid) < 0))
		return cn_fail_errno(err, CN_IOERR, "%s", path);
	return 0;
}

static int replace(const char *path, const char *tmp, bool keep,
    const void *p, size_t n, unsigned mode, struct cn_err *err)
{
	int fd;

	fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
	    (mode_t)mode);
	if (fd < 0)
		return cn_fail_errno(err, CN_IOERR, "%s", tmp);
	if (keep && own_place(fd, path, tmp, err) < 0)
		goto bad;
	if (cn_write_all(fd, p, n, err) < 0) {
		cn_wrap(err, "%s", tmp);
		goto bad;
	}
	if (fsync(fd) < 0) {
		cn_fail_errno(err, CN_IOERR, "%s", tmp);
		goto bad;
	}
	close(fd);
	fd = -1;
	if (rename(tmp, path) < 0) {
		cn_fail_errno(err, CN_IOERR, "%s", path);
		goto bad;
	}
	return sync_folder(path, err);
bad:
	if (fd >= 0)
		close(fd);
	unlink(tmp);
	return -1;
}

int cn_file_replace(const char *path, const void *p, size_t n, unsigned mode,
    struct cn_err *err)
{
	char tmp[4096];

	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.new", path) >= sizeof(tmp))
		return cn_fail(err, CN_USAGE, "path too long");
	unlink(tmp);
	return replace(path, tmp, true, p, n, mode, err);
}

int cn_file_put(const char *path, const void *p, size_t n, unsigned mode,
    struct cn_err *err)
{
	char tmp[4096];
	struct stat st;

	if (stat(path, &st) == 0 && !S_ISREG(st.st_mode))
		return cn_fail(err, CN_USAGE, "%s: there is something that is "
		    "no file", path);
	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.%ld", path,
	    (long)getpid()) >= sizeof(tmp))
		return cn_fail(err, CN_USAGE, "path too long");
	return replace(path, tmp, false, p, n, mode, err);
}

int cn_mkdirs(const char *path, unsigned mode, struct cn_err *err)
{
	char *copy, *p;

	if (path[0] == '\0')
		return cn_fail(err, CN_CONFIG, "an empty path");
	copy = cn_strdup(path);
	for (p = copy + 1; ; p++) {
		char c = *p;

		if (c != '/' && c != '\0')
			continue;
		*p = '\0';
		if (mkdir(copy, (mode_t)mode) < 0 && errno != EEXIST) {
			cn_fail_errno(err, CN_CONFIG, "%s", copy);
			free(copy);
			return -1;
		}
		*p = c;
		if (c == '\0')
			break;
	}
	free(copy);
	return 0;
}

bool cn_file_exists(const char *path)
{
	return access(path, F_OK) == 0;
}

bool cn_file_is_network(const char *path)
{
	/* statfs(2): NFS, SMB, CIFS, SMB2, 9P, FUSE, AFS, Ceph */
	static const unsigned long magic[] = { 0x6969, 0x517b, 0xff534d42,
	    0xfe534d42, 0x01021997, 0x65735546, 0x5346414f, 0x00c36400 };
	struct statfs s;
	size_t i;

	if (statfs(path, &s) < 0)
		return false;
	for (i = 0; i < sizeof(magic) / sizeof(magic[0]); i++)
		if (((unsigned long)s.f_type & 0xffffffff) == magic[i])
			return true;
	return false;
}

bool cn_file_inside(const char *path, const char *folder)
{
	struct cn_arena mem = { 0 };
	char *top = realpath(folder, NULL), *p = cn_arena_strdup(&mem, path);
	char *real = realpath(p, NULL), *slash;
	size_t n;
	bool in;

	while (real == NULL && (slash = strrchr(p, '/')) != NULL) {
		*slash = '\0';
		real = realpath(slash == p ? "/" : p, NULL);
	}
	if (real == NULL)
		real = realpath(".", NULL);
	n = top ? strlen(top) : 0;
	in = top && real && strncmp(real, top, n) == 0 &&
	    (real[n] == '\0' || real[n] == '/');
	free(real);
	free(top);
	cn_arena_release(&mem);
	return in;
}

int cn_lock(const char *path, int wait_ms, int *out, struct cn_err *err)
{
	struct flock fl = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd, waited = 0, step = 1;

	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return cn_fail_errno(err, CN_CONFIG, "%s", path);
	if (cn_file_own(fd, path, err) < 0) {
		close(fd);
		return -1;
	}
	if (wait_ms < 0) {
		while (fcntl(fd, F_OFD_SETLKW, &fl) < 0)
			if (errno != EINTR)
				goto bad;
		*out = fd;
		return 0;
	}
	while (fcntl(fd, F_OFD_SETLK, &fl) < 0) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			goto bad;
		if (waited >= wait_ms) {
			close(fd);
			cn_fail(err, CN_TEMPFAIL, "%s: locked by another "
			    "process", path);
			return cn_hint(err, "wait for it, or use --wait 1m");
		}
		poll(NULL, 0, step);
		waited += step;
		step = step < 4 ? step * 2 : 4;
	}
	*out = fd;
	return 0;
bad:
	cn_fail_errno(err, CN_IOERR, "%s", path);
	close(fd);
	return -1;
}

void cn_unlock(int fd)
{
	if (fd >= 0)
		close(fd);
}

char *cn_path(struct cn_arena *a, const char *dir, const char *name)
{
	return cn_arena_fmt(a, "%s/%s", dir, name);
}
