/* File: a head of magic and store id, then entries of ENTRY bytes
 * [kind 1 | zero 7 | time 8 | leaf 8 | hash 16 | mac 32], little endian.
 * mac = HMAC(key, mac before it | entry); before the first one stands
 * HMAC(key, head).  The chain tells forgery and reordering; a tail cut off at
 * an entry is told by the copies in the store and in the audit checkpoints. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "keys_int.h"
#include "ledger.h"

#define MAGIC "cnledg\0\1"
#define HEAD 24
#define BODY 40
#define ENTRY (BODY + CN_SHA)
#define FILE_MAX ((off_t)1 << 30)

struct cn_ledger {
	struct cn_ledger_entry *v;
	size_t n, cap;
	uint32_t *slot;			/* index + 1 of the newest of a name */
	size_t nslot;			/* a power of two */
	uint8_t key[CN_KEY], mac[CN_SHA];
	uint8_t head[HEAD];
	off_t end;			/* of the last whole entry, or 0 */
};

static bool
same_name(const struct cn_ledger_entry *a, const struct cn_ledger_entry *b)
{
	return a->kind == b->kind && a->leaf == b->leaf &&
	    memcmp(a->hash, b->hash, CN_HASH) == 0;
}

/* The hashes are keyed, so nobody outside can aim at one bucket. */
static size_t
bucket(const struct cn_ledger *l, const struct cn_ledger_entry *e)
{
	uint64_t h = cn_get64(e->hash) ^ (uint64_t)e->leaf ^
	    (uint64_t)e->kind << 56;

	h *= 0x9e3779b97f4a7c15;
	return (size_t)(h >> 32) & (l->nslot - 1);
}

/* The slot of an entry's name, or the empty one where it belongs. */
static uint32_t *
lookup(const struct cn_ledger *l, const struct cn_ledger_entry *e)
{
	size_t i = bucket(l, e);

	while (l->slot[i] != 0 && !same_name(&l->v[l->slot[i] - 1], e))
		i = (i + 1) & (l->nslot - 1);
	return &l->slot[i];
}

static void
index_entry(struct cn_ledger *l, size_t i)
{
	uint32_t *s = lookup(l, &l->v[i]);

	if (*s == 0 || l->v[*s - 1].time <= l->v[i].time)
		*s = (uint32_t)i + 1;
}

static void
add(struct cn_ledger *l, const struct cn_ledger_entry *e)
{
	size_t i;

	if (l->n == l->cap) {
		l->cap = l->cap ? 2 * l->cap : 64;
		l->v = cn_realloc(l->v, l->cap * sizeof(*l->v));
		free(l->slot);
		l->nslot = 2 * l->cap;
		l->slot = cn_alloc(l->nslot * sizeof(*l->slot));
		for (i = 0; i < l->n; i++)
			index_entry(l, i);
	}
	l->v[l->n] = *e;
	index_entry(l, l->n++);
}

/* One entry in its bytes; moves the chain on. */
static void
encode(struct cn_ledger *l, const struct cn_ledger_entry *e,
    uint8_t out[ENTRY])
{
	memset(out, 0, BODY);
	out[0] = e->kind;
	cn_put64(out + 8, (uint64_t)e->time);
	cn_put64(out + 16, (uint64_t)e->leaf);
	memcpy(out + 24, e->hash, CN_HASH);
	cn_hmac2(l->mac, l->key, CN_KEY, l->mac, CN_SHA, out, BODY);
	memcpy(out + BODY, l->mac, CN_SHA);
}

static int
bad(const struct cn_keys *k, size_t entry, struct cn_err *err)
{
	cn_fail(err, CN_INTEGRITY, "%s: entry %zu is forged or damaged",
	    k->ledger, entry + 1);
	return cn_hint(err, "restore it from the backup of the keys");
}

static bool
all_zero(const uint8_t *p, size_t n)
{
	while (n > 0 && *p == 0) {
		p++;
		n--;
	}
	return n == 0;
}

/* Power lost between growing the file and writing it leaves zeros from some
 * sector on; nobody was told that such an entry is in the ledger. */
static bool
unwritten(const uint8_t *p, size_t n, off_t at)
{
	size_t skip = (size_t)(-at & 511);

	return all_zero(p, n) || (skip < ENTRY && all_zero(p + skip, n - skip));
}

/* The entries behind l->end.  What a crash can leave behind the last whole
 * one, a part of an entry or unwritten zeros, is not read. */
static int
take(const struct cn_keys *k, struct cn_ledger *l, const uint8_t *p, size_t n,
    struct cn_err *err)
{
	struct cn_ledger_entry e;
	uint8_t again[ENTRY], mac[CN_SHA];

	for (; n >= ENTRY; p += ENTRY, n -= ENTRY) {
		memcpy(mac, l->mac, sizeof(mac));
		e.kind = p[0];
		e.time = (int64_t)cn_get64(p + 8);
		e.leaf = (int64_t)cn_get64(p + 16);
		memcpy(e.hash, p + 24, CN_HASH);
		encode(l, &e, again);
		if (memcmp(again, p, ENTRY) != 0) {
			memcpy(l->mac, mac, sizeof(mac));
			return unwritten(p, n, l->end) ? 0 :
			    bad(k, l->n, err);
		}
		add(l, &e);
		l->end += ENTRY;
	}
	return 0;
}

static int
read_at(const struct cn_keys *k, int fd, off_t from, off_t to,
    struct cn_buf *out, struct cn_err *err)
{
	ssize_t n;

	cn_buf_reserve(out, (size_t)(to - from));
	while (from < to) {
		n = pread(fd, out->p + out->len, (size_t)(to - from), from);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return cn_fail_errno(err, CN_IOERR, "%s", k->ledger);
		if (n == 0)
			break;
		out->len += (size_t)n;
		from += n;
	}
	return 0;
}

/* Reads what the file has beyond what we know. */
static int
catch_up(const struct cn_keys *k, struct cn_ledger *l, int fd,
    struct cn_err *err)
{
	struct cn_buf b = { 0 };
	struct stat st;
	int rc;

	if (fstat(fd, &st) == -1)
		return cn_fail_errno(err, CN_IOERR, "%s", k->ledger);
	if (st.st_size < l->end || st.st_size > FILE_MAX)
		return cn_fail(err, CN_INTEGRITY, "%s: entries are missing",
		    k->ledger);
	rc = read_at(k, fd, l->end, st.st_size, &b, err);
	if (rc == 0 && l->end == 0 && b.len >= HEAD && !all_zero(
	    (const uint8_t *)b.p, b.len)) {
		if (memcmp(b.p, l->head, HEAD) != 0) {
			rc = cn_fail(err, CN_INTEGRITY,
			    "%s: not the ledger of this store", k->ledger);
		} else {
			l->end = HEAD;
			rc = take(k, l, (const uint8_t *)b.p + HEAD,
			    b.len - HEAD, err);
		}
	} else if (rc == 0 && l->end > 0) {
		rc = take(k, l, (const uint8_t *)b.p, b.len, err);
	}
	cn_buf_release(&b);
	return rc;
}

struct cn_ledger *
cn_ledger_load(struct cn_keys *k, struct cn_err *err)
{
	struct cn_ledger *l;
	int fd, rc;

	if (cn_keys_need(k, CN_CLASS_ERASURE, err) == -1)
		return NULL;
	fd = open(k->ledger, O_RDONLY | O_CLOEXEC);
	if (fd == -1 && errno != ENOENT) {
		cn_fail_errno(err, CN_IOERR, "%s", k->ledger);
		return NULL;
	}
	l = cn_alloc(sizeof(*l));
	memcpy(l->head, MAGIC, 8);
	memcpy(l->head + 8, k->ring->store, 16);
	memcpy(l->key, k->ring->secret[CN_CLASS_ERASURE], CN_KEY);
	cn_hmac(l->mac, l->key, l->head, HEAD);
	if (fd == -1)
		return l;
	rc = catch_up(k, l, fd, err);
	close(fd);
	if (rc == -1) {
		cn_ledger_free(l);
		return NULL;
	}
	return l;
}

void
cn_ledger_free(struct cn_ledger *l)
{
	if (l == NULL)
		return;
	free(l->v);
	free(l->slot);
	cn_wipe(l, sizeof(*l));
	free(l);
}

size_t
cn_ledger_count(const struct cn_ledger *l)
{
	return l->n;
}

const struct cn_ledger_entry *
cn_ledger_at(const struct cn_ledger *l, size_t i)
{
	return i < l->n ? &l->v[i] : NULL;
}

const struct cn_ledger_entry *
cn_ledger_find(const struct cn_ledger *l, enum cn_ledger_kind kind,
    const uint8_t hash[CN_HASH])
{
	struct cn_ledger_entry e = { .kind = (uint8_t)kind };
	uint32_t i;

	if (l->n == 0)
		return NULL;
	memcpy(e.hash, hash, CN_HASH);
	i = *lookup(l, &e);
	return i > 0 ? &l->v[i - 1] : NULL;
}

/* A later erasure of the same identifier is news: it moves the time before
 * which its mail stays out.  Of the other kinds once is for ever. */
static bool
known(const struct cn_ledger *l, const struct cn_ledger_entry *e)
{
	uint32_t i = l->n > 0 ? *lookup(l, e) : 0;

	return i > 0 && (e->kind != CN_LEDGER_IDENTIFIER ||
	    l->v[i - 1].time >= e->time);
}

static int
append_fd(struct cn_keys *k, struct cn_ledger *l, int fd,
    const struct cn_ledger_entry *e, size_t n, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	struct cn_ledger_entry one;
	uint8_t bytes[ENTRY], mac[CN_SHA];
	size_t i, was;
	int rc = 0;

	if (catch_up(k, l, fd, err) == -1)
		return -1;
	was = l->n;
	memcpy(mac, l->mac, sizeof(mac));
	if (l->end == 0)
		cn_buf_add(&b, l->head, HEAD);
	for (i = 0; i < n; i++) {
		one = e[i];
		if (one.kind == CN_LEDGER_LEAF)
			memset(one.hash, 0, CN_HASH);
		else
			one.leaf = 0;
		if (known(l, &one))
			continue;
		encode(l, &one, bytes);
		cn_buf_add(&b, bytes, ENTRY);
		add(l, &one);
	}
	if (l->n > was) {
		if (ftruncate(fd, l->end) == -1 ||
		    lseek(fd, l->end, SEEK_SET) == -1)
			rc = cn_fail_errno(err, CN_IOERR, "%s", k->ledger);
		else if ((rc = cn_write_all(fd, b.p, b.len, err)) == 0 &&
		    fsync(fd) == -1)
			rc = cn_fail_errno(err, CN_IOERR, "%s", k->ledger);
	}
	if (rc == 0 && l->n > was) {
		l->end += (off_t)b.len;
	} else if (rc == -1) {
		/* Take back what is not on disk. */
		l->n = was;
		memcpy(l->mac, mac, sizeof(mac));
		if (l->nslot > 0)
			memset(l->slot, 0, l->nslot * sizeof(*l->slot));
		for (i = 0; i < l->n; i++)
			index_entry(l, i);
		(void)!ftruncate(fd, l->end);
	}
	cn_buf_release(&b);
	return rc;
}

static int
sync_dir(const char *dir, struct cn_err *err)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd == -1 ? -1 : fsync(fd);

	if (rc == -1)
		cn_fail_errno(err, CN_IOERR, "%s", dir);
	if (fd != -1)
		close(fd);
	return rc;
}

int
cn_ledger_append(struct cn_keys *k, struct cn_ledger *l,
    const struct cn_ledger_entry *e, size_t n, struct cn_err *err)
{
	size_t i;
	int fd, rc;

	if (k->locks == 0)
		return cn_fail(err, CN_INTERNAL, "keyring is not locked");
	for (i = 0; i < n; i++)
		if (e[i].kind < CN_LEDGER_LEAF ||
		    e[i].kind > CN_LEDGER_IDENTIFIER)
			return cn_fail(err, CN_INTERNAL, "bad ledger entry");
	fd = open(k->ledger, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (fd == -1)
		return cn_fail_errno(err, CN_IOERR, "%s", k->ledger);
	rc = cn_file_own(fd, k->ledger, err);
	if (rc == 0)
		rc = append_fd(k, l, fd, e, n, err);
	close(fd);
	/* A file that was just created must not be lost with its name. */
	if (rc == 0)
		rc = sync_dir(k->dir, err);
	return rc;
}
