#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "keys_int.h"

#define LOCK_WAIT 30000			/* milliseconds */

int
cn_leaf_class(int64_t leaf)
{
	static const uint8_t class[CN_LEAF_KIND_MAX] = {
		[CN_LEAF_PERSON] = CN_CLASS_CONTENT,
		[CN_LEAF_AGENT] = CN_CLASS_CONTENT,
		[CN_LEAF_MESSAGE] = CN_CLASS_CONTENT,
		[CN_LEAF_QUARANTINE] = CN_CLASS_CONTENT,
		[CN_LEAF_ACCOUNT] = CN_CLASS_CREDENTIALS,
		[CN_LEAF_REQUEST] = CN_CLASS_CONTENT,
		[CN_LEAF_AUDIT] = CN_CLASS_AUDIT,
		[CN_LEAF_MODEL] = CN_CLASS_CONTENT,
	};
	int64_t kind = leaf >> CN_TREE_DEPTH;

	return kind > 0 && kind < CN_LEAF_KIND_MAX ? class[kind] : 0;
}

/* Is it a leaf, and may this slot use its tree? */
static int
leaf_tree(const struct cn_keys *k, int64_t leaf, struct cn_err *err)
{
	int class = cn_leaf_class(leaf);

	if (class == 0)
		return cn_fail(err, CN_INTEGRITY, "no leaf %lld",
		    (long long)leaf);
	return cn_keys_need(k, (enum cn_class)class, err);
}

int
cn_leaf_key(struct cn_keys *k, int64_t leaf, const uint8_t **key,
    struct cn_err *err)
{
	uint64_t slot = (uint64_t)leaf * 0x9e3779b97f4a7c15 >>
	    (64 - CN_RECENT_BITS);
	const uint8_t *p;
	int kind;

	if (leaf != 0 && k->recent[slot].leaf == leaf) {
		*key = k->recent[slot].key;
		return 0;
	}
	if (leaf_tree(k, leaf, err) == -1)
		return -1;
	kind = (int)(leaf >> CN_TREE_DEPTH);
	p = cn_tree_leaf(&k->ring->tree[kind], &k->way[kind],
	    CN_LEAF_NUM(leaf));
	if (p == NULL)
		return cn_fail(err, CN_BLOCKED, "leaf %lld is erased",
		    (long long)leaf);
	k->recent[slot].leaf = leaf;
	memcpy(k->recent[slot].key, p, CN_KEY);
	*key = k->recent[slot].key;
	return 0;
}

int
cn_leaf_state(struct cn_keys *k, int64_t leaf, struct cn_err *err)
{
	if (leaf_tree(k, leaf, err) == -1)
		return -1;
	return cn_tree_has(&k->ring->tree[leaf >> CN_TREE_DEPTH],
	    CN_LEAF_NUM(leaf)) ? 0 : 1;
}

int
cn_leaf_prf(struct cn_keys *k, int64_t leaf, const char *use, const void *p,
    size_t n, uint8_t out[CN_HASH], struct cn_err *err)
{
	const uint8_t *key;
	uint8_t sub[CN_SHA];

	if (cn_leaf_key(k, leaf, &key, err) == -1)
		return -1;
	cn_hmac2(sub, key, CN_KEY, "cn-leaf-prf", 12, use, strlen(use));
	cn_hmac(sub, sub, p, n);
	memcpy(out, sub, CN_HASH);
	cn_wipe(sub, sizeof(sub));
	return 0;
}

/* The leaves file: magic, the next number of each of 32 kinds, SHA-256. */
#define LEAVES_MAGIC "cnleaf\0\1"
#define LEAVES_KINDS 32
#define LEAVES_SIZE (8 + 8 * LEAVES_KINDS + CN_SHA)

static int
read_leaves(const struct cn_keys *k, uint8_t file[LEAVES_SIZE],
    struct cn_err *err)
{
	struct cn_buf b = { 0 };
	uint8_t sum[CN_SHA];
	bool good;

	memset(file, 0, LEAVES_SIZE);
	if (!cn_file_exists(k->leaves))
		return 0;
	if (cn_file_read(k->leaves, 4096, &b, err) == -1)
		return -1;
	good = b.len == LEAVES_SIZE && memcmp(b.p, LEAVES_MAGIC, 8) == 0;
	if (good) {
		memcpy(file, b.p, LEAVES_SIZE);
		cn_sha256(sum, file, LEAVES_SIZE - CN_SHA);
		good = memcmp(sum, file + LEAVES_SIZE - CN_SHA, CN_SHA) == 0;
	}
	cn_buf_release(&b);
	if (good)
		return 0;
	cn_fail(err, CN_INTEGRITY, "%s: damaged", k->leaves);
	return cn_hint(err, "restore %s from the backup of the keys",
	    k->leaves);
}

static int
reserve_locked(struct cn_keys *k, int kind, uint64_t next, unsigned n,
    int64_t *first, struct cn_err *err)
{
	uint8_t file[LEAVES_SIZE], *slot = file + 8 + 8 * kind;
	uint64_t punctured = 0;

	if (read_leaves(k, file, err) == -1)
		return -1;
	if (cn_get64(slot) > next)
		next = cn_get64(slot);
	/* After a restore the keyring knows of numbers that nobody else does:
	 * a new person must not get an erased leaf. */
	if (k->ring->tree[kind].v != NULL)
		punctured = cn_tree_above(&k->ring->tree[kind]);
	if (punctured > next)
		next = punctured;
	if (next + n > (uint64_t)1 << CN_TREE_DEPTH)
		return cn_fail(err, CN_INTERNAL, "no leaves left of kind %d",
		    kind);
	memcpy(file, LEAVES_MAGIC, 8);
	cn_put64(slot, next + n);
	cn_sha256(file + LEAVES_SIZE - CN_SHA, file, LEAVES_SIZE - CN_SHA);
	if (cn_file_replace(k->leaves, file, sizeof(file), 0600, err) == -1)
		return -1;
	*first = CN_LEAF(kind, next);
	return 0;
}

int
cn_leaf_reserve(struct cn_keys *k, enum cn_leaf_kind kind, int64_t above,
    unsigned n, int64_t *first, struct cn_err *err)
{
	int rc;

	if (cn_leaf_class(CN_LEAF(kind, 0)) == 0 || above < 0 ||
	    (above >> CN_TREE_DEPTH != 0 && above >> CN_TREE_DEPTH != kind))
		return cn_fail(err, CN_INTERNAL, "bad leaf reservation");
	if (cn_keys_lock(k, LOCK_WAIT, err) == -1)
		return -1;
	/* Number 0 is never given, so that 0 can say 'none'. */
	rc = reserve_locked(k, kind, CN_LEAF_NUM(above) + 1, n, first, err);
	cn_keys_unlock(k);
	return rc == -1 ? cn_wrap(err, "reserving leaves") : 0;
}

/* Sorted, without doubles, so that each kind is one run. */
static size_t
sort_unique(int64_t *v, size_t n)
{
	size_t i, m = 0;

	qsort(v, n, sizeof(*v), cn_ascending);
	for (i = 0; i < n; i++)
		if (m == 0 || v[m - 1] != v[i])
			v[m++] = v[i];
	return m;
}

static void
puncture_ring(struct cn_ring *r, const int64_t *v, size_t n)
{
	uint64_t *num = cn_alloc((n + 1) * sizeof(*num));
	struct cn_tree cut;
	size_t i, j;
	int kind;

	for (i = 0; i < n; i = j) {
		kind = (int)(v[i] >> CN_TREE_DEPTH);
		for (j = i; j < n && v[j] >> CN_TREE_DEPTH == kind; j++)
			num[j - i] = CN_LEAF_NUM(v[j]);
		cn_tree_puncture(&r->tree[kind], num, j - i, &cut);
		cn_tree_free(&r->tree[kind]);
		r->tree[kind] = cut;
	}
	free(num);
}

int
cn_keys_puncture(struct cn_keys *k, const int64_t *leaves, size_t n,
    struct cn_err *err)
{
	struct cn_ring *r;
	int64_t *v;
	size_t i;

	for (i = 0; i < n; i++)
		if (leaf_tree(k, leaves[i], err) == -1)
			return -1;
	if (cn_keys_may_write(k, err) == -1)
		return -1;
	v = cn_alloc((n + 1) * sizeof(*v));
	if (n > 0)
		memcpy(v, leaves, n * sizeof(*v));
	r = cn_ring_clone(k->ring);
	puncture_ring(r, v, sort_unique(v, n));
	r->generation++;
	free(v);
	return cn_keys_replace(k, r, err);
}

size_t
cn_keys_nodes(const struct cn_keys *k)
{
	size_t n = 0;
	int i;

	for (i = 0; i < CN_LEAF_KIND_MAX; i++)
		n += k->ring->tree[i].n;
	return n;
}
