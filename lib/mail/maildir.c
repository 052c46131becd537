/* maildir.c - what input is, and the mails of a Maildir in a fixed order
 *
 * Folders wait in a list that grows while it is worked off, so that a deep
 * tree costs no stack.  Symbolic links are followed for new/ and cur/ only. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "base/file.h"
#include "mime.h"

#define FOLDERS 100000

size_t cn_mail_start(const void *data, size_t n)
{
	const char *s = data;
	size_t i = n - cn_str_bare((struct cn_str){ s, n }).n;

	while (i < n && cn_is_wsp((unsigned char)s[i]))
		i++;
	return i;
}

enum cn_mail_form cn_mail_form(const void *data, size_t n)
{
	struct cn_str s = { data, n };
	const char *p = s.p + cn_mail_start(data, n), *end = s.p + n, *q;

	if (p == end)
		return CN_FORM_EMPTY;
	if (*p == '{' || *p == '[')
		return CN_FORM_JSON;
	if (end - p >= 5 && memcmp(p, "From ", 5) == 0)
		return CN_FORM_MBOX;
	for (q = p; q < end && *q > ' ' && *q < 0x7f && *q != ':'; q++)
		;
	while (q > p && q < end && (*q == ' ' || *q == '\t'))
		q++;
	return q > p && q < end && *q == ':' ? CN_FORM_MAIL : CN_FORM_JUNK;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

struct names {
	struct cn_arena mem;
	char **v;
	size_t n, cap;
};

static void names_add(struct names *l, const char *s)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 64;
		l->v = cn_realloc(l->v, l->cap * sizeof(*l->v));
	}
	l->v[l->n++] = cn_arena_strdup(&l->mem, s);
}

static void names_release(struct names *l)
{
	cn_arena_release(&l->mem);
	free(l->v);
}

/* The entries of a folder that are files, or folders; sorted. */
static int entries(struct names *l, const char *dir, bool folders,
    struct cn_err *err)
{
	DIR *d = opendir(dir);
	struct dirent *e;

	if (!d)
		return errno == ENOENT ? 0 :
		    cn_fail_errno(err, CN_IOERR, "maildir folder");
	while ((e = readdir(d))) {
		struct stat st;

		if (!folders && e->d_name[0] == '.')
			continue;
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		if (fstatat(dirfd(d), e->d_name, &st,
		    folders ? AT_SYMLINK_NOFOLLOW : 0) < 0)
			continue;
		if (folders ? S_ISDIR(st.st_mode) : S_ISREG(st.st_mode))
			names_add(l, e->d_name);
	}
	closedir(d);
	if (l->n > 0)
		qsort(l->v, l->n, sizeof(*l->v), by_name);
	return 0;
}

/* The mails of one folder.  Their order is that of the names in new/ and
 * cur/ together, which begin with the time of delivery. */
static int mails(const char *dir, const char *folder, cn_maildir_fn *fn,
    void *arg, struct cn_err *err)
{
	static const char *const subs[] = { "new", "cur" };
	struct names l[2] = { { .n = 0 }, { .n = 0 } };
	struct cn_arena a = { 0 };
	size_t at[2] = { 0, 0 };
	int rc = 0;

	for (int i = 0; i < 2 && rc == 0; i++)
		rc = entries(&l[i], cn_path(&a, dir, subs[i]), false, err);
	while (rc == 0 && (at[0] < l[0].n || at[1] < l[1].n)) {
		int i = at[0] == l[0].n || (at[1] < l[1].n &&
		    strcmp(l[1].v[at[1]], l[0].v[at[0]]) < 0);

		cn_arena_reset(&a);
		rc = fn(arg, folder, cn_path(&a, cn_path(&a, dir, subs[i]),
		    l[i].v[at[i]]), err);
		at[i]++;
	}
	names_release(&l[0]);
	names_release(&l[1]);
	cn_arena_release(&a);
	return rc;
}

/* Adds the folders below `folder`; '.Sent.2026' of Maildir++ is Sent/2026. */
static int deeper(struct names *todo, const char *root, const char *folder,
    struct cn_err *err)
{
	struct names sub = { .n = 0 };
	struct cn_arena a = { 0 };
	int rc = entries(&sub, *folder ? cn_path(&a, root, folder) : root,
	    true, err);

	for (size_t i = 0; i < sub.n && rc == 0; i++) {
		const char *s = sub.v[i];

		if (strcmp(s, "new") == 0 || strcmp(s, "cur") == 0 ||
		    strcmp(s, "tmp") == 0)
			continue;
		if (todo->n >= FOLDERS)
			rc = cn_fail(err, CN_IOERR, "more than %d folders",
			    FOLDERS);
		else
			names_add(todo, *folder ? cn_path(&a, folder, s) : s);
	}
	names_release(&sub);
	cn_arena_release(&a);
	return rc;
}

/* The name to show for a path below the root. */
static char *shown(struct cn_arena *a, const char *path)
{
	char *out = cn_arena_alloc(a, strlen(path) + 1), *o = out;

	for (const char *p = path; *p; ) {
		bool plus = *p == '.';

		for (p += plus; *p && *p != '/'; p++)
			*o++ = plus && *p == '.' ? '/' : *p;
		if (*p)
			*o++ = *p++;
	}
	return out;
}

int cn_maildir_walk(const char *dir, cn_maildir_fn *fn, void *arg,
    struct cn_err *err)
{
	struct names todo = { .n = 0 };
	struct cn_arena a = { 0 };
	struct stat st;
	int rc = 0;

	if (stat(cn_path(&a, dir, "."), &st) < 0) {
		cn_arena_release(&a);
		return cn_fail_errno(err, CN_IOERR, "maildir");
	}
	names_add(&todo, "");
	for (size_t i = 0; i < todo.n && rc == 0; i++) {
		const char *f = todo.v[i];

		cn_arena_reset(&a);
		rc = mails(*f ? cn_path(&a, dir, f) : dir, shown(&a, f), fn,
		    arg, err);
		if (rc == 0)
			rc = deeper(&todo, dir, f, err);
	}
	names_release(&todo);
	cn_arena_release(&a);
	return rc;
}
