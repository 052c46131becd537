/* Exports of many files: a Slack export as a folder or a zip, a zip with
 * WhatsApp chats.  Nothing is unpacked: a file is read into memory, up to a
 * bound, and what a name says of folders above is an error.  What lists users
 * and channels is read first, wherever it stands in a zip. */
#include <archive.h>
#include <archive_entry.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "desk/foreign/foreign_in.h"

#define BLOCK ((size_t)64 << 10)
/* What a zip may grow to, in sizes of the zip: JSON packs to a twentieth. */
#define GROWTH 200
#define GROWTH_ANY ((uint64_t)64 << 20)

static int refuse(struct cn_foreign *f, const char *place, const char *why,
    struct cn_err *err)
{
	(void)cn_fail(err, CN_PARTIAL, "%s", why);
	return f->refuse(f->arg, (struct cn_str){ "", 0 }, place, err);
}

/* --- a folder --- */

static int shown(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

/* A link could lead anywhere: it is none of the two. */
static bool is_kind(const char *path, unsigned kind)
{
	struct stat st;

	return lstat(path, &st) == 0 && (st.st_mode & S_IFMT) == kind;
}

static int day(struct cn_foreign *f, struct cn_slack *s, const char *channel,
    const char *name, const char *path, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	char place[32];
	int r = cn_file_read(path, CN_FOREIGN_MAX, &b, err);

	if (r == 0) {
		r = cn_slack_day(s, channel, name, cn_buf_view(&b), err);
	} else {
		cn_slack_place(s, channel, name, place);
		r = refuse(f, place, "cannot be read, or is longer than 64 "
		    "MiB", err);
	}
	cn_buf_wipe(&b);
	return r;
}

static int channel(struct cn_foreign *f, struct cn_slack *s, const char *top,
    const char *name, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	const char *dir = cn_path(&mem, top, name), *path;
	struct dirent **v;
	int n = is_kind(dir, S_IFDIR) ? scandir(dir, &v, shown, alphasort) : 0;
	int i, r = 0;

	for (i = 0; i < n; i++) {
		path = cn_path(&mem, dir, v[i]->d_name);
		if (r == 0 && cn_slack_day_name(v[i]->d_name) &&
		    is_kind(path, S_IFREG))
			r = day(f, s, name, v[i]->d_name, path, err);
		free(v[i]);
	}
	if (n > 0)
		free(v);
	cn_arena_release(&mem);
	return r;
}

static int indexes(struct cn_slack *s, const char *top, struct dirent **v,
    int n, int *found, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_buf b = { 0 };
	const char *path;
	int i, r = 0;

	for (i = 0; i < n && r == 0; i++) {
		path = cn_path(&mem, top, v[i]->d_name);
		if (!cn_slack_index_name(v[i]->d_name) ||
		    !is_kind(path, S_IFREG))
			continue;
		b.len = 0;
		r = cn_file_read(path, CN_FOREIGN_MAX, &b, err);
		if (r == 0)
			r = cn_slack_index(s, v[i]->d_name, cn_buf_view(&b),
			    err);
		++*found;
	}
	cn_buf_wipe(&b);
	cn_arena_release(&mem);
	return r;
}

int cn_foreign_folder(struct cn_foreign *f, const char *path,
    struct cn_err *err)
{
	struct cn_slack *s = cn_slack_new(f);
	struct dirent **v;
	int n = scandir(path, &v, shown, alphasort), i, found = 0, r;

	r = n < 0 ? cn_fail_errno(err, CN_USAGE, "folder") :
	    indexes(s, path, v, n, &found, err);
	if (r == 0 && found == 0)
		r = cn_fail(err, CN_USAGE, "a folder that is no Slack export: "
		    "users.json is expected in it");
	if (r == 0)
		r = cn_slack_ready(s, err);
	for (i = 0; i < n; i++) {
		if (r == 0)
			r = channel(f, s, path, v[i]->d_name, err);
		free(v[i]);
	}
	if (n >= 0)
		free(v);
	cn_slack_free(s);
	return r;
}

/* --- a zip --- */

struct zip {
	struct cn_foreign *f;
	struct cn_slack *slack;
	const char *path;		/* or NULL: */
	struct cn_str bytes;
	uint64_t size, read;		/* of the zip; bytes it gave */
	char *top;			/* 'export/' before all names, or "" */
	int64_t entries, chats;		/* of WhatsApp */
	bool is_slack;
	struct cn_buf b;
};

bool cn_foreign_is_zip(struct cn_str s)
{
	return s.n >= 4 && memcmp(s.p, "PK\3\4", 4) == 0;
}

static int damaged(struct cn_err *err)
{
	return cn_fail(err, CN_PARTIAL, "a damaged zip, or one that is "
	    "encrypted");
}

/* 0, 1 left out (said so), -1. */
static int unpack(struct zip *z, struct archive *a, const char *place,
    struct cn_err *err)
{
	la_ssize_t n;

	for (z->b.len = 0;; z->b.len += (size_t)n, z->read += (uint64_t)n) {
		cn_buf_reserve(&z->b, BLOCK);
		n = archive_read_data(a, z->b.p + z->b.len, BLOCK);
		if (n < 0)
			return damaged(err);
		if (n == 0)
			break;
		if (z->read > GROWTH_ANY && z->read / GROWTH > z->size)
			return cn_fail(err, CN_PARTIAL, "a zip that grows to "
			    "more than %d times its size", GROWTH);
		if (z->b.len + (size_t)n > CN_FOREIGN_MAX)
			return refuse(z->f, place, "longer than 64 MiB",
			    err) == 0 ? 1 : -1;
	}
	return 0;
}

static bool leaves(const char *name)
{
	return name[0] == '/' || strchr(name, '\\') != NULL ||
	    strncmp(name, "../", 3) == 0 || strstr(name, "/../") != NULL;
}

static const char *base(const char *name)
{
	const char *slash = strrchr(name, '/');

	return slash ? slash + 1 : name;
}

/* First pass: what lists users and channels, and where it stands. */
static int look(struct zip *z, struct archive *a, const char *name,
    const char *place, struct cn_err *err)
{
	size_t n = (size_t)(base(name) - name);
	int r;

	if (!cn_slack_index_name(base(name)) ||
	    (z->top != NULL && (strlen(z->top) != n ||
	    strncmp(z->top, name, n) != 0)))
		return 0;
	if (z->top == NULL) {
		z->top = cn_strdup(name);
		z->top[n] = '\0';
	}
	z->is_slack = true;
	r = unpack(z, a, place, err);
	return r != 0 ? r < 0 ? -1 : 0 : cn_slack_index(z->slack, base(name),
	    cn_buf_view(&z->b), err);
}

static int whatsapp(struct zip *z, struct archive *a, const char *place,
    struct cn_err *err)
{
	struct cn_foreign_doc d;
	int r = unpack(z, a, place, err);

	if (r != 0 || !cn_whatsapp_tell(cn_buf_view(&z->b)))
		return r < 0 ? -1 : 0;
	z->chats++;
	cn_doc_begin(&d, z->f, cn_buf_view(&z->b), place, NULL);
	r = cn_whatsapp(&d, err);
	cn_doc_end(&d);
	return r;
}

/* Second pass: CHANNEL/2026-11-23.json, or chats. */
static int take(struct zip *z, struct archive *a, const char *name,
    const char *place, struct cn_err *err)
{
	size_t n = strlen(name), top = z->top ? strlen(z->top) : 0;
	char *folder, *slash;
	int r;

	if (!z->is_slack)
		return n > 4 && strcmp(name + n - 4, ".txt") == 0 ?
		    whatsapp(z, a, place, err) : 0;
	if (strncmp(name, z->top, top) != 0 || !cn_slack_day_name(base(name)))
		return 0;
	folder = cn_strdup(name + top);
	slash = strchr(folder, '/');
	r = slash == NULL || strchr(slash + 1, '/') != NULL;
	if (r == 0) {
		*slash = '\0';
		r = unpack(z, a, place, err);
	}
	r = r != 0 ? r < 0 ? -1 : 0 : cn_slack_day(z->slack, folder,
	    slash + 1, cn_buf_view(&z->b), err);
	free(folder);
	return r;
}

static int entry(struct zip *z, struct archive *a, struct archive_entry *e,
    int (*one)(struct zip *, struct archive *, const char *, const char *,
    struct cn_err *), struct cn_err *err)
{
	const char *name = archive_entry_pathname_utf8(e);
	char place[40];

	if (name == NULL)
		name = archive_entry_pathname(e);
	snprintf(place, sizeof(place), "file %lld", (long long)++z->entries);
	if (name == NULL || archive_entry_filetype(e) != AE_IFREG)
		return 0;
	if (leaves(name))
		return one == look ? 0 : refuse(z->f, place, "a name that "
		    "leads out of the zip", err);
	return one(z, a, name, place, err);
}

static int pass(struct zip *z, int (*one)(struct zip *, struct archive *,
    const char *, const char *, struct cn_err *), struct cn_err *err)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e;
	int r = 0, step;

	archive_read_support_format_zip(a);
	step = z->path != NULL ? archive_read_open_filename(a, z->path, BLOCK) :
	    archive_read_open_memory(a, z->bytes.p, z->bytes.n);
	if (step != ARCHIVE_OK)
		r = damaged(err);
	z->entries = 0;
	while (r == 0 && (step = archive_read_next_header(a, &e)) !=
	    ARCHIVE_EOF)
		r = step == ARCHIVE_OK || step == ARCHIVE_WARN ?
		    entry(z, a, e, one, err) : damaged(err);
	archive_read_free(a);
	return r;
}

static int zipped(struct zip *z, struct cn_err *err)
{
	int r;

	z->slack = cn_slack_new(z->f);
	r = pass(z, look, err);
	if (r == 0 && z->is_slack)
		r = cn_slack_ready(z->slack, err);
	if (r == 0)
		r = pass(z, take, err);
	if (r == 0 && !z->is_slack && z->chats == 0)
		r = cn_fail(err, CN_PARTIAL, "a zip without a chat: users.json "
		    "of Slack, or a text of WhatsApp, is expected in it");
	cn_slack_free(z->slack);
	cn_buf_wipe(&z->b);
	free(z->top);
	return r;
}

int cn_foreign_zip(struct cn_foreign *f, const char *path, struct cn_err *err)
{
	struct zip z = { .f = f, .path = path };
	struct stat st;

	if (stat(path, &st) == 0)
		z.size = (uint64_t)st.st_size;
	return zipped(&z, err);
}

int cn_foreign_zipped(struct cn_foreign *f, struct cn_str bytes,
    struct cn_err *err)
{
	struct zip z = { .f = f, .bytes = bytes, .size = bytes.n };

	return zipped(&z, err);
}
