/* keys_env.h - TAP, and a keyring in a folder of its own, for the unit tests
 * of lib/crypt.  Included once by a program. */
#ifndef CN_TESTS_KEYS_ENV_H
#define CN_TESTS_KEYS_ENV_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "crypt/keys_int.h"
#include "tap.h"

struct env {
	char dir[64], path[128];
	struct cn_keys *k;
	struct cn_err err;
};

static inline const char *
in(struct env *e, const char *name)
{
	snprintf(e->path, sizeof(e->path), "%s/%s", e->dir, name);
	return e->path;
}

static _Noreturn void
bail(struct env *e)
{
	printf("Bail out! %s\n", e->err.msg);
	exit(1);
}

static inline void
open_keys(struct env *e)
{
	cn_keys_close(e->k);
	e->k = cn_keys_open(e->dir, NULL, &e->err);
	if (e->k == NULL)
		bail(e);
}

static inline void
start(struct env *e)
{
	memset(e, 0, sizeof(*e));
	snprintf(e->dir, sizeof(e->dir), "/tmp/cn-crypt-XXXXXX");
	if (mkdtemp(e->dir) == NULL)
		abort();
	if (cn_keys_create(e->dir, (const uint8_t *)"0123456789abcdef",
	    in(e, "recovery"), &e->err) == -1)
		bail(e);
	open_keys(e);
}

static inline void
end(struct env *e)
{
	static const char *const files[] = { "keyring", "keyring.lock",
	    "leaves", "ledger", "key", "recovery", "copy", "half" };
	size_t i;

	cn_keys_close(e->k);
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(in(e, files[i]));
	if (rmdir(e->dir) == -1)
		perror(e->dir);
}

static inline void
save(struct env *e, const char *name, const void *p, size_t n)
{
	if (cn_file_replace(in(e, name), p, n, 0600, &e->err) == -1)
		bail(e);
}

static inline struct cn_buf
slurp(struct env *e, const char *name)
{
	struct cn_buf b = { 0 };

	if (cn_file_read(in(e, name), 1 << 24, &b, &e->err) == -1)
		bail(e);
	return b;
}

static inline void
puncture(struct env *e, const int64_t *leaf, size_t n)
{
	if (cn_keys_lock(e->k, 1000, &e->err) == -1 ||
	    cn_keys_puncture(e->k, leaf, n, &e->err) == -1)
		bail(e);
	cn_keys_unlock(e->k);
}

#endif
