#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/enc.h"
#include "base/file.h"
#include "keys_int.h"

#define FILE_MAX ((size_t)1 << 30)

static char *
join(const char *dir, const char *name)
{
	struct cn_buf b = { 0 };

	cn_buf_fmt(&b, "%s/%s", dir, name);
	return b.p;
}

static struct cn_keys *
keys_new(const char *dir)
{
	struct cn_keys *k = cn_keymem(sizeof(*k));

	k->dir = cn_strdup(dir);
	k->path = join(dir, "keyring");
	k->lock = join(dir, "keyring.lock");
	k->leaves = join(dir, "leaves");
	k->ledger = join(dir, "ledger");
	k->fd = k->lock_fd = -1;
	return k;
}

void
cn_keys_close(struct cn_keys *k)
{
	if (k == NULL)
		return;
	if (k->locks > 0)
		cn_unlock(k->lock_fd);
	if (k->fd != -1)
		close(k->fd);
	cn_ring_free(k->ring);
	EVP_CIPHER_CTX_free(k->seal);
	EVP_CIPHER_CTX_free(k->open);
	EVP_PKEY_free(k->sign);
	cn_pack_release(k);
	cn_buf_wipe(&k->scratch);
	free(k->dir);
	free(k->path);
	free(k->lock);
	free(k->leaves);
	free(k->ledger);
	cn_keymem_free(k, sizeof(*k));
}

/* Nothing derived from the ring that was may survive it. */
static void
forget(struct cn_keys *k)
{
	cn_wipe(k->way, sizeof(k->way));
	cn_wipe(k->recent, sizeof(k->recent));
}

static void
adopt(struct cn_keys *k, struct cn_ring *r)
{
	forget(k);
	cn_ring_free(k->ring);
	k->ring = r;
}

static bool
same_file(const struct cn_keys *k, const struct stat *st)
{
	return k->fd != -1 && k->dev == st->st_dev && k->ino == st->st_ino &&
	    k->size == st->st_size &&
	    k->mtime.tv_sec == st->st_mtim.tv_sec &&
	    k->mtime.tv_nsec == st->st_mtim.tv_nsec;
}

static void
hold_file(struct cn_keys *k, int fd, const struct stat *st)
{
	if (k->fd != -1)
		close(k->fd);
	k->fd = fd;
	k->dev = st->st_dev;
	k->ino = st->st_ino;
	k->size = st->st_size;
	k->mtime = st->st_mtim;
}

static int
read_fd(const struct cn_keys *k, int fd, const struct stat *st,
    struct cn_buf *out, struct cn_err *err)
{
	size_t want = (size_t)st->st_size;
	ssize_t n;

	if (!S_ISREG(st->st_mode) || want > FILE_MAX)
		return cn_fail(err, CN_INTEGRITY, "%s: not a keyring",
		    k->path);
	cn_buf_reserve(out, want);
	while (out->len < want) {
		n = read(fd, out->p + out->len, want - out->len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return cn_fail_errno(err, CN_IOERR, "%s", k->path);
		if (n == 0)
			break;
		out->len += (size_t)n;
	}
	return 0;
}

/* A keyring that was replaced holds keys that were ended: overwritten before
 * its blocks are given back.  Best effort, for the medium may keep copies; a
 * file with another name is somebody's backup. */
static void
scrub(int fd)
{
	static const char zero[65536];
	struct cn_err ignored;
	struct stat st;
	off_t left;

	if (fd == -1)
		return;
	if (fstat(fd, &st) == 0 && st.st_nlink == 0) {
		for (left = st.st_size; left > 0; left -= sizeof(zero))
			if (cn_write_all(fd, zero, left < (off_t)sizeof(zero) ?
			    (size_t)left : sizeof(zero), &ignored) == -1)
				break;
		fsync(fd);
	}
	close(fd);
}

/* Was the file replaced while we read it?  Then it may have been scrubbed. */
static bool
replaced(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0 && st.st_nlink == 0;
}

/* Reads the keyring file into the handle, which keeps the old state if that
 * fails. */
static int
load(struct cn_keys *k, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	struct cn_ring *r = NULL;
	struct stat st;
	bool again;
	int fd;

	fd = open(k->path, O_RDONLY | O_CLOEXEC);
	if (fd == -1 && (errno == ENOENT || errno == ENOTDIR)) {
		cn_fail(err, CN_CONFIG, "no keyring in %s", k->dir);
		return cn_hint(err, "cn-store init makes one; for an existing "
		    "store restore the keys from their backup");
	}
	if (fd == -1 || fstat(fd, &st) == -1) {
		cn_fail_errno(err, CN_CONFIG, "%s", k->path);
		if (fd != -1)
			close(fd);
		return -1;
	}
	if (read_fd(k, fd, &st, &b, err) == 0)
		r = cn_ring_read(cn_buf_view(&b), k->secret, err);
	cn_buf_release(&b);
	if (r == NULL) {
		again = replaced(fd);
		close(fd);
		return again ? load(k, err) : cn_wrap(err, "%s", k->dir);
	}
	hold_file(k, fd, &st);
	adopt(k, r);
	return 0;
}

struct cn_keys *
cn_keys_open(const char *dir, const char *key_file, struct cn_err *err)
{
	struct cn_keys *k = keys_new(dir);
	char *def = join(dir, "key");
	int rc = 0;

	/* Without a keyring the missing key file is not the news. */
	if (cn_file_exists(k->path))
		rc = cn_keyfile_read(key_file ? key_file : def, k->secret, err);
	if (rc == 0)
		rc = load(k, err);
	free(def);
	if (rc == -1) {
		cn_keys_close(k);
		return NULL;
	}
	cn_hex(k->slot, k->secret, CN_SLOT_ID);
	return k;
}

int
cn_keys_refresh(struct cn_keys *k, struct cn_err *err)
{
	struct stat st;

	if (stat(k->path, &st) == 0 && same_file(k, &st))
		return 0;
	return load(k, err);
}

int
cn_keys_lock(struct cn_keys *k, int wait_ms, struct cn_err *err)
{
	if (k->locks > 0) {
		k->locks++;
		return 0;
	}
	if (cn_lock(k->lock, wait_ms, &k->lock_fd, err) == -1)
		return cn_wrap(err, "keyring");
	k->locks = 1;
	if (cn_keys_refresh(k, err) == -1) {
		cn_keys_unlock(k);
		return -1;
	}
	return 0;
}

void
cn_keys_unlock(struct cn_keys *k)
{
	if (k->locks > 0 && --k->locks == 0) {
		cn_unlock(k->lock_fd);
		k->lock_fd = -1;
	}
}

int
cn_keys_may_write(struct cn_keys *k, struct cn_err *err)
{
	if (k->locks == 0)
		return cn_fail(err, CN_INTERNAL, "keyring is not locked");
	if (k->ring->have != CN_CLASS_ALL) {
		cn_fail(err, CN_NOPERM, "slot %s cannot change the keyring: "
		    "it does not open every class", k->slot);
		return cn_hint(err, "run it with the key file of an admin");
	}
	return cn_keys_refresh(k, err);
}

int
cn_keys_replace(struct cn_keys *k, struct cn_ring *r, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	struct stat st;
	int fd, old, rc;

	old = open(k->path, O_WRONLY | O_CLOEXEC);
	rc = cn_ring_write(r, &b, err);
	if (rc == 0)
		rc = cn_file_replace(k->path, b.p, b.len, 0600, err);
	cn_buf_release(&b);
	if (rc == 0)
		scrub(old);
	else if (old != -1)
		close(old);
	if (rc == -1) {
		/* It may have been renamed all the same: read it again. */
		hold_file(k, -1, &(struct stat){ 0 });
		cn_ring_free(r);
		return cn_wrap(err, "keyring");
	}
	adopt(k, r);
	fd = open(k->path, O_RDONLY | O_CLOEXEC);
	if (fd != -1 && fstat(fd, &st) == 0) {
		hold_file(k, fd, &st);
	} else {
		if (fd != -1)
			close(fd);
		hold_file(k, -1, &(struct stat){ 0 });
	}
	return 0;
}

/* A new file that must not exist yet, durable. */
static int
write_key(const char *path, const uint8_t *secret, struct cn_err *err)
{
	struct cn_buf line = { 0 };
	int fd, rc = -1;

	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1 && errno == EEXIST) {
		cn_fail(err, CN_BLOCKED, "%s exists", path);
		return cn_hint(err, "move it away if no keyring needs it");
	}
	if (fd == -1)
		return cn_fail_errno(err, CN_IOERR, "%s", path);
	cn_keyfile_line(&line, secret);
	if (cn_file_own(fd, path, err) == -1 ||
	    cn_write_all(fd, line.p, line.len, err) == -1)
		cn_wrap(err, "%s", path);
	else if (fsync(fd) == -1)
		cn_fail_errno(err, CN_IOERR, "%s", path);
	else
		rc = 0;
	close(fd);
	cn_buf_wipe(&line);
	if (rc == -1)
		unlink(path);
	return rc;
}

static struct cn_ring *
new_ring(const uint8_t store_id[16])
{
	struct cn_ring *r = cn_ring_new();
	int i;

	memcpy(r->store, store_id, sizeof(r->store));
	r->generation = 1;
	r->have = CN_CLASS_ALL;
	for (i = CN_CLASS_CONTENT; i < CN_CLASS_MAX; i++) {
		cn_random(r->class_key[i], CN_KEY);
		cn_random(r->secret[i], CN_KEY);
		r->epoch[i] = 1;
	}
	for (i = 1; i < CN_LEAF_KIND_MAX; i++)
		cn_tree_new(&r->tree[i]);
	r->nslot = 2;
	r->slot = cn_keymem(r->nslot * sizeof(*r->slot));
	return r;
}

/* Key files first, the keyring last: a keyring always has its keys. */
static int
create_locked(struct cn_keys *k, const uint8_t store_id[16],
    const char *recovery_path, struct cn_err *err)
{
	uint8_t secret[2][CN_SLOT_SECRET];
	char *key = join(k->dir, "key");
	struct cn_ring *r;
	int rc;

	if (cn_file_exists(k->path)) {
		free(key);
		return cn_fail(err, CN_BLOCKED, "%s exists", k->path);
	}
	r = new_ring(store_id);
	cn_slot_make(r, &r->slot[0], CN_SLOT_KEYFILE, "admin", secret[0]);
	cn_slot_make(r, &r->slot[1], CN_SLOT_RECOVERY, "recovery", secret[1]);
	rc = write_key(key, secret[0], err);
	if (rc == 0 && (rc = write_key(recovery_path, secret[1], err)) == -1)
		unlink(key);
	if (rc == -1) {
		cn_ring_free(r);
	} else if ((rc = cn_keys_replace(k, r, err)) == -1 &&
	    !cn_file_exists(k->path)) {
		unlink(key);
		unlink(recovery_path);
	}
	cn_wipe(secret, sizeof(secret));
	free(key);
	return rc;
}

int
cn_keys_create(const char *dir, const uint8_t store_id[16],
    const char *recovery_path, struct cn_err *err)
{
	struct cn_keys *k;
	int rc;

	if (cn_mkdirs(dir, 0700, err) == -1)
		return -1;
	k = keys_new(dir);
	rc = cn_lock(k->lock, 10000, &k->lock_fd, err);
	if (rc == 0) {
		k->locks = 1;
		rc = create_locked(k, store_id, recovery_path, err);
	}
	cn_keys_close(k);
	return rc;
}

const uint8_t *
cn_keys_store_id(const struct cn_keys *k)
{
	return k->ring->store;
}

uint64_t
cn_keys_generation(const struct cn_keys *k)
{
	return k->ring->generation;
}

const char *
cn_keys_dir(const struct cn_keys *k)
{
	return k->dir;
}

bool
cn_keys_has(const struct cn_keys *k, enum cn_class class)
{
	return k->ring->have >> class & 1;
}

const char *
cn_keys_slot(const struct cn_keys *k)
{
	return k->slot;
}

int
cn_keys_need(const struct cn_keys *k, enum cn_class class, struct cn_err *err)
{
	static const char *const name[CN_CLASS_MAX] = {
		NULL, "content", "index", "credentials", "erasure", "audit"
	};

	if (cn_keys_has(k, class))
		return 0;
	cn_fail(err, CN_NOPERM, "slot %s does not open class %s", k->slot,
	    name[class]);
	return cn_hint(err, "run it with the key file of a slot that does");
}
