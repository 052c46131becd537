/* The check of a bundle, by nothing but the bundle. */
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/file.h"
#include "base/json.h"
#include "crypt/crypt.h"
#include "desk/subject/bundle.h"

#define FILES_MAX 1000
#define KEPT_MAX (16u << 20)		/* bytes of a list that are read */
#define SUMS "SHA256SUMS"
#define MANIFEST "manifest.json"

struct seen {
	const char *name;
	uint64_t size;
	char hex[2 * CN_SHA + 1];
	bool sums, manifest;		/* that list has it, and it is so */
};

struct check {
	struct seen v[FILES_MAX];
	size_t n;
	struct cn_buf sums, manifest;	/* the lists themselves */
	struct cn_arena mem;
	struct cn_sha *sha;		/* of the file that is being read */
	struct cn_buf *keep;
};

static int bad(struct cn_err *err, const char *name, const char *why)
{
	return cn_fail(err, CN_INTEGRITY, "%.80s: %s", name, why);
}

static struct seen *find(struct check *c, const char *name)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (strcmp(c->v[i].name, name) == 0)
			return &c->v[i];
	return NULL;
}

static int begin(struct check *c, const char *name, struct cn_err *err)
{
	if (find(c, name) != NULL)
		return bad(err, name, "is there twice");
	if (c->n == FILES_MAX)
		return bad(err, name, "too many files");
	c->v[c->n++] = (struct seen){ .name = cn_arena_strdup(&c->mem, name) };
	c->sha = cn_sha_new();
	c->keep = strcmp(name, SUMS) == 0 ? &c->sums :
	    strcmp(name, MANIFEST) == 0 ? &c->manifest : NULL;
	return 0;
}

static int more(struct check *c, const void *p, size_t n, struct cn_err *err)
{
	struct seen *s = &c->v[c->n - 1];

	cn_sha_add(c->sha, p, n);
	s->size += n;
	if (c->keep != NULL) {
		if (c->keep->len + n > KEPT_MAX)
			return bad(err, s->name, "too long");
		cn_buf_add(c->keep, p, n);
	}
	return 0;
}

static void done(struct check *c)
{
	uint8_t digest[CN_SHA];

	cn_sha_end(c->sha, digest);
	c->sha = NULL;
	cn_hex(c->v[c->n - 1].hex, digest, CN_SHA);
}

static int tar_entry(struct check *c, struct archive *a,
    struct archive_entry *e, char *block, size_t size, struct cn_err *err)
{
	const char *name = archive_entry_pathname(e);
	la_ssize_t n;

	if (name == NULL || *name == '\0' || strchr(name, '/') != NULL ||
	    archive_entry_filetype(e) != AE_IFREG)
		return bad(err, name ? name : "?", "does not belong there");
	if (begin(c, name, err) < 0)
		return -1;
	while ((n = archive_read_data(a, block, size)) > 0)
		if (more(c, block, (size_t)n, err) < 0)
			return -1;
	done(c);
	return n < 0 ? bad(err, name, "damaged or cut off") : 0;
}

static int read_tar(struct check *c, int fd, const char *path,
    struct cn_err *err)
{
	const size_t size = 64u << 10;
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	char *block = cn_alloc(size);
	int r = 0, s;

	archive_read_support_filter_gzip(a);
	archive_read_support_format_tar(a);
	s = archive_read_open_fd(a, fd, size);
	while (s == ARCHIVE_OK && r == 0 &&
	    (s = archive_read_next_header(a, &e)) == ARCHIVE_OK)
		r = tar_entry(c, a, e, block, size, err);
	if (r == 0 && s != ARCHIVE_EOF && c->n == 0)
		r = bad(err, path, "is no bundle, or is damaged");
	else if (r == 0 && s != ARCHIVE_EOF)
		r = bad(err, c->v[c->n - 1].name,
		    "the bundle is damaged or cut off behind it");
	archive_read_free(a);
	free(block);
	return r;
}

static int dots(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

static int folder_entry(struct check *c, int dir, const char *name,
    char *block, size_t size, struct cn_err *err)
{
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
	    O_CLOEXEC), r;
	struct stat st;
	ssize_t n;

	if (fd < 0)
		return bad(err, name, "cannot be read");
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		close(fd);
		return bad(err, name, "does not belong there");
	}
	r = begin(c, name, err);
	while (r == 0 && (n = read(fd, block, size)) != 0) {
		if (n > 0)
			r = more(c, block, (size_t)n, err);
		else if (errno != EINTR)
			r = bad(err, name, "cannot be read");
	}
	if (r == 0)
		done(c);
	close(fd);
	return r;
}

static int read_folder(struct check *c, int fd, const char *path,
    struct cn_err *err)
{
	const size_t size = 64u << 10;
	char *block = cn_alloc(size);
	struct dirent **names;
	int n = scandir(path, &names, dots, alphasort), i, r = 0;

	if (n < 0) {
		free(block);
		return cn_fail_errno(err, CN_USAGE, "%s", path);
	}
	for (i = 0; i < n; i++) {
		if (r == 0)
			r = folder_entry(c, fd, names[i]->d_name, block, size,
			    err);
		free(names[i]);
	}
	free(names);
	free(block);
	return r;
}

/* Lines of 'sha256  name'. */
static int by_sums(struct check *c, struct cn_err *err)
{
	char *line = c->sums.p, *next;
	struct seen *s;

	for (; line != NULL && *line != '\0'; line = next) {
		next = strchr(line, '\n');
		if (next != NULL)
			*next++ = '\0';
		if (strlen(line) < 67 || line[64] != ' ')
			return bad(err, SUMS, "not a list of sums");
		if ((s = find(c, line + 66)) == NULL)
			return bad(err, line + 66, "is missing");
		s->sums = memcmp(line, s->hex, 64) == 0;
	}
	return 0;
}

static int by_manifest(struct check *c, struct cn_err *err)
{
	struct cn_str text = cn_buf_view(&c->manifest);
	struct cn_json_it it;
	const char *name, *hex;
	struct cn_err why = { 0 };
	struct seen *s;
	int64_t size;

	if (cn_json_check(text, &why) < 0)
		return bad(err, MANIFEST, "is no JSON");
	cn_json_walk(&it, cn_json_get(text, "files"));
	while (cn_json_next(&it)) {
		name = cn_json_string(&c->mem, cn_json_get(it.val, "name"));
		hex = cn_json_string(&c->mem, cn_json_get(it.val, "sha256"));
		if (name == NULL || hex == NULL ||
		    !cn_json_int(cn_json_get(it.val, "size"), &size))
			return bad(err, MANIFEST, "a file without name, size "
			    "or sum");
		if ((s = find(c, name)) == NULL)
			return bad(err, name, "is missing");
		s->manifest = strcmp(hex, s->hex) == 0 &&
		    (uint64_t)size == s->size;
	}
	return 0;
}

static int judge(struct check *c, struct cn_err *err)
{
	struct seen *s;
	size_t i;

	if (find(c, SUMS) == NULL)
		return bad(err, SUMS, "is missing");
	if (find(c, MANIFEST) == NULL)
		return bad(err, MANIFEST, "is missing");
	if (by_sums(c, err) < 0)
		return -1;
	/* What the sums say of the manifest comes before what it says. */
	if (!find(c, MANIFEST)->sums)
		return bad(err, MANIFEST, "was changed");
	if (by_manifest(c, err) < 0)
		return -1;
	for (i = 0; i < c->n; i++) {
		s = &c->v[i];
		if (strcmp(s->name, SUMS) == 0 ||
		    (s->sums && (s->manifest || !strcmp(s->name, MANIFEST))))
			continue;
		return bad(err, s->manifest ? SUMS : s->name, "was changed");
	}
	return 0;
}

int cn_bundle_verify(const char *path, size_t *files, struct cn_err *err)
{
	bool input = strcmp(path, "-") == 0;
	struct check *c = cn_alloc(sizeof(*c));
	int fd = input ? 0 : open(path, O_RDONLY | O_CLOEXEC), r;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		r = cn_fail_errno(err, CN_USAGE, "%s", path);
	else
		r = S_ISDIR(st.st_mode) ? read_folder(c, fd, path, err) :
		    read_tar(c, fd, input ? "standard input" : path, err);
	if (r == 0)
		r = judge(c, err);
	*files = c->n;
	if (c->sha != NULL) {
		c->n = c->n ? c->n : 1;
		done(c);
	}
	if (fd > 0)
		close(fd);
	cn_buf_wipe(&c->sums);
	cn_buf_wipe(&c->manifest);
	cn_arena_release(&c->mem);
	free(c);
	return r;
}
