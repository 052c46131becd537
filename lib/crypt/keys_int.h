/* keys_int.h - what the files of lib/crypt share; no other layer includes it
 *
 * A struct cn_ring is the keyring file in memory, as far as the slot opens
 * it.  It is never changed in place: a change clones it, writes the clone and
 * then replaces the old one, so that a failed write leaves what was read.
 * All of it lies in locked memory that core dumps leave out (best effort). */
#ifndef CN_KEYS_INT_H
#define CN_KEYS_INT_H

#include <sys/types.h>
#include <time.h>

#include "keys.h"

#define CN_TAG 16
#define CN_NONCE 12
#define CN_TREE_DEPTH 40
#define CN_LEAF_NUM(leaf) ((uint64_t)(leaf) & (((uint64_t)1 << 40) - 1))

/* For calls that fail for want of memory or entropy only: ends the process
 * (75) unless ok is 1, as base does when memory is gone. */
void cn_must(int ok);

/* Zeroed pages, locked and undumped as far as the system lets us. */
void *cn_keymem(size_t);
void cn_keymem_free(void *, size_t);	/* wipes; NULL allowed */

/* Little endian, at any address. */
void cn_put16(uint8_t *, unsigned);
void cn_put32(uint8_t *, uint32_t);
void cn_put64(uint8_t *, uint64_t);
uint32_t cn_get32(const uint8_t *);
uint64_t cn_get64(const uint8_t *);

/* HMAC-SHA256 (RFC 2104) with a key of any length over two pieces. */
void cn_hmac2(uint8_t out[CN_SHA], const void *key, size_t nkey,
    const void *a, size_t na, const void *b, size_t nb);
/* HKDF-SHA256 (RFC 5869), the first 32 bytes. */
void cn_hkdf(uint8_t out[CN_KEY], const void *ikm, size_t nikm,
    const void *salt, size_t nsalt, const void *info, size_t ninfo);
/* AES-256-GCM of a whole piece: n bytes and a tag.  False: forged. */
void cn_gcm_seal(const uint8_t key[CN_KEY], const uint8_t nonce[CN_NONCE],
    const void *aad, size_t naad, const void *in, size_t n, uint8_t *out);
bool cn_gcm_open(const uint8_t key[CN_KEY], const uint8_t nonce[CN_NONCE],
    const void *aad, size_t naad, const void *in, size_t n, uint8_t *out);

/* Raw deflate of n bytes into `to`, which has room for n; the length, or 0:
 * not worth it. */
size_t cn_pack(struct cn_keys *, const void *, size_t n, uint8_t *to);
/* Inflates into exactly len bytes; what follows the stream is padding. */
bool cn_unpack(struct cn_keys *, const uint8_t *, size_t, char *to, size_t len);
void cn_pack_release(struct cn_keys *);

/* Bounded reading: past the end it sets bad and gives zeros. */
struct cn_rd {
	const uint8_t *p;
	size_t n;
	bool bad;
};
const uint8_t *cn_rd_bytes(struct cn_rd *, size_t);	/* NULL: too short */
uint64_t cn_rd_int(struct cn_rd *, size_t bytes);

/* The cover of one tree: disjoint nodes in the order of their leaves. */
struct cn_node {
	uint64_t at;			/* first leaf << 8 | depth */
	uint8_t key[CN_KEY];
};
struct cn_tree {
	struct cn_node *v;
	size_t n;
};
/* The nodes on the way to the leaf derived last. */
struct cn_path {
	bool valid;
	uint64_t last;
	uint8_t key[CN_TREE_DEPTH + 1][CN_KEY];
};

void cn_tree_new(struct cn_tree *);	/* one random root */
void cn_tree_free(struct cn_tree *);
void cn_tree_copy(struct cn_tree *, const struct cn_tree *);
bool cn_tree_has(const struct cn_tree *, uint64_t num);
/* The leaf key, or NULL if it is punctured; valid until the next call. */
const uint8_t *cn_tree_leaf(const struct cn_tree *, struct cn_path *,
    uint64_t num);
/* The cover without these leaves (sorted, no doubles), as a new tree. */
void cn_tree_puncture(const struct cn_tree *, const uint64_t *num, size_t n,
    struct cn_tree *out);
/* One more than the largest punctured number; 0 if none is. */
uint64_t cn_tree_above(const struct cn_tree *);
void cn_tree_write(const struct cn_tree *, struct cn_buf *);
size_t cn_tree_size(const struct cn_tree *);	/* an upper bound of it */
bool cn_tree_read(struct cn_tree *, struct cn_rd *);

/* Slots. */
enum { CN_SLOT_KEYFILE = 1, CN_SLOT_PASSPHRASE, CN_SLOT_RECOVERY };
enum { CN_SLOT_LIVE = 1, CN_SLOT_RETIRED };
#define CN_SLOT_ID 8
#define CN_SLOT_LABEL 64
#define CN_SLOT_SECRET (CN_SLOT_ID + CN_KEY)
#define CN_WRAP_MAX (CN_NONCE + CN_KEY * CN_CLASS_MAX + CN_TAG)
struct cn_slot {
	uint8_t id[CN_SLOT_ID], kind, state;
	unsigned classes;
	char label[CN_SLOT_LABEL + 1];
	uint8_t salt[16], logn, r, p;
	uint8_t pub[CN_KEY];
	size_t nwrap;
	uint8_t wrap[CN_WRAP_MAX];
};

#define CN_SLOTS_MAX 1024
struct cn_shard { uint32_t id; uint8_t key[16]; };
struct cn_ring {
	uint8_t store[16], write_id[16];
	uint64_t generation;
	struct cn_slot *slot;
	size_t nslot;
	unsigned have;			/* classes opened, as a mask */
	uint8_t class_key[CN_CLASS_MAX][CN_KEY];
	uint32_t epoch[CN_CLASS_MAX];
	uint8_t secret[CN_CLASS_MAX][CN_KEY];
	struct cn_tree tree[CN_LEAF_KIND_MAX];
	uint32_t last_shard;
	struct cn_shard *shard;
	size_t nshard;
	size_t mine;			/* the opened slot */
	uint8_t sign[CN_KEY];		/* its Ed25519 private key */
};

struct cn_ring *cn_ring_new(void);
struct cn_ring *cn_ring_clone(const struct cn_ring *);
void cn_ring_free(struct cn_ring *);
/* The bytes of the file, under a fresh write id. Needs every class key. */
int cn_ring_write(struct cn_ring *, struct cn_buf *, struct cn_err *)
    CN_CHECKED;
/* secret: what a key file holds, the slot's id first. */
struct cn_ring *cn_ring_read(struct cn_str file,
    const uint8_t secret[CN_SLOT_SECRET], struct cn_err *) CN_CHECKED;

void cn_slot_write(const struct cn_slot *, struct cn_buf *);
bool cn_slot_read(struct cn_slot *, struct cn_rd *);
/* A fresh slot that wraps the ring's class keys; fills secret. */
void cn_slot_make(const struct cn_ring *, struct cn_slot *, int kind,
    const char *label, uint8_t secret[CN_SLOT_SECRET]);
/* Unwraps class keys and signing key into the ring. */
bool cn_slot_unwrap(struct cn_ring *, size_t slot, const uint8_t *secret);
void cn_keyfile_line(struct cn_buf *, const uint8_t secret[CN_SLOT_SECRET]);
int cn_keyfile_read(const char *path, uint8_t secret[CN_SLOT_SECRET],
    struct cn_err *) CN_CHECKED;

#define CN_RECENT_BITS 10		/* leaf keys kept, direct mapped */
struct cn_keys {
	struct cn_ring *ring;
	char *dir, *path, *leaves, *lock, *ledger;
	uint8_t secret[CN_SLOT_SECRET];
	char slot[2 * CN_SLOT_ID + 1];
	int fd;				/* held, so its inode is not reused */
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime;
	int lock_fd;
	unsigned locks;
	struct cn_path way[CN_LEAF_KIND_MAX];
	struct { int64_t leaf; uint8_t key[CN_KEY]; } recent[1 << CN_RECENT_BITS];
	void *seal, *open, *sign;	/* EVP contexts, made at first use */
	struct cn_deflate *deflate;
	struct inflate_state *inflate;
	struct cn_buf scratch;
};

/* CN_CLASS_* of a leaf, or 0 if there is no such kind. */
int cn_leaf_class(int64_t leaf);
/* The key of a leaf: 0, or -1 with 4 punctured, 77 no class, 5 no kind. */
int cn_leaf_key(struct cn_keys *, int64_t leaf, const uint8_t **,
    struct cn_err *) CN_CHECKED;
/* Refuses without the lock, or without all classes. */
int cn_keys_may_write(struct cn_keys *, struct cn_err *) CN_CHECKED;
/* Writes the ring and makes it the current one; frees it on failure too. */
int cn_keys_replace(struct cn_keys *, struct cn_ring *, struct cn_err *)
    CN_CHECKED;
int cn_keys_need(const struct cn_keys *, enum cn_class, struct cn_err *)
    CN_CHECKED;

#endif
