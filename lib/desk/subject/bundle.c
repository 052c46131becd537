#include "desk/subject/bundle.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/file.h"
#include "base/json.h"
#include "crypt/crypt.h"

#define FILES_MAX 32
#define BLOCK (64u << 10)

struct cn_bundle_file {
	const char *name;
	int fd;
	uint64_t size;
	struct cn_sha *sha;
	struct cn_buf buf;
	char hex[2 * CN_SHA + 1];
	bool closed;
};

struct cn_bundle {
	char *dir;			/* for temporary files, or NULL */
	int64_t mtime;
	struct cn_bundle_file file[FILES_MAX];
	size_t n;
};

/* The folder part of a path; '.' where there is none. */
static char *folder_of(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *dir;

	if (slash == NULL)
		return cn_strdup(".");
	dir = cn_strdup(path);
	dir[slash == path ? 1 : slash - path] = '\0';
	return dir;
}

struct cn_bundle *cn_bundle_new(const char *beside, int64_t mtime)
{
	struct cn_bundle *b = cn_alloc(sizeof(*b));

	b->dir = beside ? folder_of(beside) : NULL;
	b->mtime = mtime;
	return b;
}

void cn_bundle_free(struct cn_bundle *b)
{
	uint8_t waste[CN_SHA];
	size_t i;

	if (b == NULL)
		return;
	for (i = 0; i < b->n; i++) {
		close(b->file[i].fd);
		cn_buf_wipe(&b->file[i].buf);
		if (b->file[i].sha != NULL)
			cn_sha_end(b->file[i].sha, waste);
	}
	free(b->dir);
	free(b);
}

/* Whatever kept the output from being written, it is the output: a full disk
 * is no reason to believe that the bundle exists. */
static int unwritten(struct cn_err *err, const char *name)
{
	cn_fail_errno(err, CN_IOERR, "%s", name);
	err->status = CN_IOERR;
	return -1;
}

static int write_out(int fd, const void *p, size_t n, const char *name,
    struct cn_err *err)
{
	if (cn_write_all(fd, p, n, err) == 0)
		return 0;
	err->status = CN_IOERR;
	return cn_wrap(err, "%s", name);
}

struct cn_bundle_file *cn_bundle_open(struct cn_bundle *b, const char *name,
    struct cn_err *err)
{
	struct cn_bundle_file *f = &b->file[b->n];
	int fd = -1;

	if (b->n == FILES_MAX) {
		cn_fail(err, CN_INTERNAL, "too many files in a bundle");
		return NULL;
	}
	if (b->dir != NULL)
		fd = open(b->dir, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	if (fd < 0)
		fd = memfd_create("bundle", MFD_CLOEXEC);
	if (fd < 0) {
		unwritten(err, name);
		return NULL;
	}
	memset(f, 0, sizeof(*f));
	f->name = name;
	f->fd = fd;
	f->sha = cn_sha_new();
	b->n++;
	return f;
}

static int spill(struct cn_bundle_file *f, struct cn_err *err)
{
	int r = write_out(f->fd, f->buf.p, f->buf.len, f->name, err);

	f->buf.len = 0;
	return r;
}

int cn_bundle_add(struct cn_bundle_file *f, const void *p, size_t n,
    struct cn_err *err)
{
	cn_sha_add(f->sha, p, n);
	f->size += n;
	cn_buf_add(&f->buf, p, n);
	return f->buf.len >= BLOCK ? spill(f, err) : 0;
}

int cn_bundle_close(struct cn_bundle_file *f, struct cn_err *err)
{
	uint8_t digest[CN_SHA];

	if (f->buf.len > 0 && spill(f, err) < 0)
		return -1;
	cn_buf_wipe(&f->buf);
	cn_sha_end(f->sha, digest);
	f->sha = NULL;
	cn_hex(f->hex, digest, CN_SHA);
	f->closed = true;
	return 0;
}

int cn_bundle_put(struct cn_bundle *b, const char *name, struct cn_str text,
    struct cn_err *err)
{
	struct cn_bundle_file *f = cn_bundle_open(b, name, err);

	if (f == NULL || cn_bundle_add(f, text.p, text.n, err) < 0)
		return -1;
	return cn_bundle_close(f, err);
}

static int by_name(const void *va, const void *vb)
{
	const struct cn_bundle_file *a = va, *b = vb;

	return strcmp(a->name, b->name);
}

void cn_bundle_list(struct cn_bundle *b, struct cn_buf *out)
{
	size_t i;

	cn_buf_ch(out, '[');
	for (i = 0; i < b->n; i++) {
		if (!b->file[i].closed)
			continue;
		cn_buf_str(out, out->p[out->len - 1] == '[' ? "\n  {" :
		    ",\n  {");
		cn_json_kv(out, "name", b->file[i].name);
		cn_json_kvi(out, "size", (int64_t)b->file[i].size);
		cn_json_kv(out, "sha256", b->file[i].hex);
		cn_buf_ch(out, '}');
	}
	cn_buf_ch(out, ']');
}

int cn_bundle_seal(struct cn_bundle *b, struct cn_err *err)
{
	struct cn_buf sums = { 0 };
	size_t i;
	int r;

	qsort(b->file, b->n, sizeof(b->file[0]), by_name);
	for (i = 0; i < b->n; i++)
		cn_buf_fmt(&sums, "%s  %s\n", b->file[i].hex, b->file[i].name);
	r = cn_bundle_put(b, "SHA256SUMS", cn_buf_view(&sums), err);
	cn_buf_release(&sums);
	qsort(b->file, b->n, sizeof(b->file[0]), by_name);
	return r;
}

/* --- reading back what was gathered --- */

static int copy(struct cn_bundle_file *f,
    int (*put)(void *, const void *, size_t, struct cn_err *), void *arg,
    struct cn_err *err)
{
	char *block = cn_alloc(BLOCK);
	uint64_t at = 0;
	ssize_t n = 0;
	int r = 0;

	while (r == 0 && at < f->size) {
		n = pread(f->fd, block, BLOCK, (off_t)at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			r = unwritten(err, f->name);
			break;
		}
		r = put(arg, block, (size_t)n, err);
		at += (uint64_t)n;
	}
	cn_wipe(block, BLOCK);
	free(block);
	return r;
}

/* --- tar.gz --- */

struct tar {
	int (*put)(void *, const void *, size_t, struct cn_err *);
	void *arg;
	struct archive *a;
	struct cn_err *err;
	bool failed;			/* put has filled err */
};

static la_ssize_t tar_bytes(struct archive *a, void *arg, const void *p,
    size_t n)
{
	struct tar *t = arg;

	if (!t->failed && t->put(t->arg, p, n, t->err) < 0) {
		t->failed = true;
		archive_set_error(a, EIO, "output");
	}
	return t->failed ? -1 : (la_ssize_t)n;
}

static int tar_fail(struct tar *t, struct cn_err *err)
{
	if (t->failed)
		return -1;
	return cn_fail(err, CN_IOERR, "bundle: %s",
	    archive_error_string(t->a));
}

static int tar_data(void *arg, const void *p, size_t n, struct cn_err *err)
{
	struct tar *t = arg;

	return archive_write_data(t->a, p, n) == (la_ssize_t)n ? 0 :
	    tar_fail(t, err);
}

static int tar_file(struct tar *t, struct cn_bundle_file *f, int64_t mtime,
    struct cn_err *err)
{
	struct archive_entry *e = archive_entry_new();
	int r;

	archive_entry_set_pathname(e, f->name);
	archive_entry_set_size(e, (la_int64_t)f->size);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0600);
	archive_entry_set_mtime(e, (time_t)mtime, 0);
	r = archive_write_header(t->a, e) == ARCHIVE_OK ? 0 : tar_fail(t, err);
	if (r == 0)
		r = copy(f, tar_data, t, err);
	archive_entry_free(e);
	return r;
}

int cn_bundle_tar(struct cn_bundle *b,
    int (*put)(void *, const void *, size_t, struct cn_err *), void *arg,
    struct cn_err *err)
{
	struct tar t = { put, arg, archive_write_new(), err, false };
	size_t i;
	int r = 0;

	archive_write_set_format_pax_restricted(t.a);
	archive_write_add_filter_gzip(t.a);
	archive_write_set_bytes_in_last_block(t.a, 1);
	if (archive_write_set_options(t.a, "gzip:!timestamp") != ARCHIVE_OK ||
	    archive_write_open(t.a, &t, NULL, tar_bytes, NULL) != ARCHIVE_OK)
		r = tar_fail(&t, err);
	for (i = 0; r == 0 && i < b->n; i++)
		r = tar_file(&t, &b->file[i], b->mtime, err);
	if (r == 0 && archive_write_close(t.a) != ARCHIVE_OK)
		r = tar_fail(&t, err);
	if (r < 0)
		archive_write_fail(t.a);
	archive_write_free(t.a);
	return r;
}

/* --- in files --- */

struct target {
	int fd;
	const char *name;
};

static int to_fd(void *arg, const void *p, size_t n, struct cn_err *err)
{
	struct target *t = arg;

	return write_out(t->fd, p, n, t->name, err);
}

static int sync_folder(const char *path, struct cn_err *err)
{
	char *dir = folder_of(path);
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

	if (fd < 0 || fsync(fd) < 0)
		r = unwritten(err, dir);
	if (fd >= 0)
		close(fd);
	free(dir);
	return r;
}

/* Gives an unnamed file its name, over what had it before. */
static int name_it(int fd, const char *tmp, const char *path,
    struct cn_err *err)
{
	char proc[40];

	snprintf(proc, sizeof(proc), "/proc/self/fd/%d", fd);
	if (linkat(AT_FDCWD, proc, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0)
		return sync_folder(path, err);
	if (errno != EEXIST ||
	    linkat(AT_FDCWD, proc, AT_FDCWD, tmp, AT_SYMLINK_FOLLOW) < 0)
		return unwritten(err, path);
	if (rename(tmp, path) < 0) {
		unwritten(err, path);
		unlink(tmp);
		return -1;
	}
	return sync_folder(path, err);
}

int cn_bundle_save(struct cn_bundle *b, const char *path, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	char *tmp = cn_arena_fmt(&mem, "%s.new", path);
	struct target t = { -1, path };
	bool special, named = false;
	struct stat st;
	int r;

	special = stat(path, &st) == 0 && !S_ISREG(st.st_mode);
	if (special) {
		t.fd = open(path, O_WRONLY | O_CLOEXEC);
	} else {
		unlink(tmp);		/* of a run that was killed */
		t.fd = open(b->dir, O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
		if (t.fd < 0) {
			named = true;
			t.fd = open(tmp, O_WRONLY | O_CREAT | O_EXCL |
			    O_NOFOLLOW | O_CLOEXEC, 0600);
		}
	}
	r = t.fd < 0 ? unwritten(err, path) : cn_bundle_tar(b, to_fd, &t, err);
	if (r == 0 && fsync(t.fd) < 0 && !special)
		r = unwritten(err, path);
	if (r == 0 && !special && !named)
		r = name_it(t.fd, tmp, path, err);
	else if (r == 0 && named && (r = rename(tmp, path)) < 0)
		unwritten(err, path);
	else if (r == 0 && named)
		r = sync_folder(path, err);
	if (r < 0 && named)
		unlink(tmp);
	if (t.fd >= 0)
		close(t.fd);
	cn_arena_release(&mem);
	return r;
}

static int folder_file(struct cn_bundle_file *f, const char *path,
    int64_t mtime, struct cn_err *err)
{
	const struct timespec times[2] = { { (time_t)mtime, 0 },
	    { (time_t)mtime, 0 } };
	struct target t = { open(path, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600), f->name };
	int r;

	if (t.fd < 0)
		return unwritten(err, f->name);
	r = copy(f, to_fd, &t, err);
	if (r == 0 && (futimens(t.fd, times) < 0 || fsync(t.fd) < 0))
		r = unwritten(err, f->name);
	close(t.fd);
	return r;
}

int cn_bundle_folder(struct cn_bundle *b, const char *given,
    struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	size_t len = strlen(given);
	char *path, *tmp, *file;
	size_t i = 0;
	int r = 0;

	while (len > 1 && given[len - 1] == '/')
		len--;
	path = cn_arena_dup(&mem, given, len);
	tmp = cn_arena_fmt(&mem, "%s.XXXXXX", path);
	if (mkdtemp(tmp) == NULL) {
		unwritten(err, path);
		cn_arena_release(&mem);
		return -1;
	}
	for (; r == 0 && i < b->n; i++)
		r = folder_file(&b->file[i], cn_path(&mem, tmp,
		    b->file[i].name), b->mtime, err);
	file = cn_path(&mem, tmp, "");
	if (r == 0)
		r = sync_folder(file, err);
	if (r == 0 && rename(tmp, path) < 0) {
		r = -1;
		if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR)
			cn_fail(err, CN_USAGE, "%s: exists and is not an "
			    "empty folder", path);
		else
			unwritten(err, path);
	} else if (r == 0) {
		r = sync_folder(path, err);
		i = 0;			/* it is no longer ours to remove */
	}
	if (r < 0 && i > 0) {
		while (i-- > 0)
			unlink(cn_path(&mem, tmp, b->file[i].name));
		rmdir(tmp);
	}
	cn_arena_release(&mem);
	return r;
}
