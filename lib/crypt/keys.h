/* keys.h - the keyring: what can still be read, and by whom
 *
 * The keyring lives in its own folder, apart from the store, and holds
 *   keyring       clear header (format, store id, generation), slots, and one
 *                 sealed section for each key class
 *   keyring.lock  locked for every change; created once, never renamed
 *   leaves        the next unreserved leaf number of each kind
 *   ledger        the erasure ledger (ledger.h)
 *   key           a key file (0600) that opens the admin's slot
 * A slot wraps the keys of the classes that its roles may open.
 *
 * Content keys are the leaves of a puncturable tree (Goldreich, Goldwasser,
 * Micali 1986; puncturable PRF as in Boneh and Waters 2013): each child is a
 * PRF of its parent, and the keyring keeps the smallest set of nodes from
 * which every living leaf, and no erased one, can be derived.
 *   child = HMAC-SHA256(node, bit | "cn-tree"), 40 levels, a root a kind
 *
 * The file `keyring` (final; integers little endian):
 *   "cnkeys" 0 1 | store id 16 | generation u64 | write id 16 | slots u16
 *   slot: id 8 | kind u8 (1 key file, 2 passphrase, 3 recovery) | state u8
 *     (1 live, 2 retired: wraps nothing) | classes u16 (bit n: class n) |
 *     label u8 + bytes | salt 16 | scrypt log2 N, r, p (17, 8, 1; else 0) |
 *     Ed25519 public key 32 | u16 + [nonce 12 | AES-256-GCM of private key
 *     and the classes' keys in order, under the KEK; bound to the store id
 *     and all of the slot before it]
 *   for each class 1..5: class u8 | u32 + nonce 12 + AES-256-GCM under the
 *     class key, bound to all bytes before the first section and the class
 *   SHA-256 of all before it, which tells damage from a wrong key
 * The length counts text and tag, not the nonce.  The write id is random at
 * every write, so that no section fits another version of the file.
 * KEK = HKDF(secret, salt, "cn-slot-kek"); of a passphrase, scrypt's output
 * is the secret.
 *   section: epoch u32 | secret 32 | trees u8, each: kind u8 | nodes u32 |
 *     nodes in order: depth u8, with the top bit set where leaves before it
 *     are punctured, then their number as LEB128 | key 32
 *     (index only) last shard u32 | shards u32, each: number u32 | key 16
 * Trees: kind ACCOUNT in credentials, AUDIT in audit, the rest in content.
 * A key file is one line: "cn-key-1 " and base64 of slot id 8, secret 32. */
#ifndef CN_KEYS_H
#define CN_KEYS_H

#include "crypt.h"

/* Key classes: what a slot can be given. */
enum cn_class {
	CN_CLASS_CONTENT = 1, CN_CLASS_INDEX, CN_CLASS_CREDENTIALS,
	CN_CLASS_ERASURE, CN_CLASS_AUDIT, CN_CLASS_MAX
};
#define CN_CLASS_ALL 0x3e		/* bit n: class n */

/* Leaf kinds, each a subtree of 2^40 leaves.  A leaf is kind << 40 | number.
 * Stored: never renumber. */
enum cn_leaf_kind {
	CN_LEAF_PERSON = 1,	/* a customer's identifier as first seen */
	CN_LEAF_AGENT,		/* an agent's identifier */
	CN_LEAF_MESSAGE,	/* a message that belongs to no person */
	CN_LEAF_QUARANTINE,	/* an item that could not be parsed */
	CN_LEAF_ACCOUNT,	/* credentials and folder names */
	CN_LEAF_REQUEST,	/* a data subject's request */
	CN_LEAF_AUDIT,		/* an audit month; number = year * 12 + month */
	CN_LEAF_MODEL,		/* a model trained from the store */
	CN_LEAF_KIND_MAX
};
#define CN_LEAF(kind, n) ((int64_t)(kind) << 40 | (int64_t)(n))

struct cn_keys;

/* Makes folder and keyring for a store id (16 bytes); writes the key file
 * `key` inside the folder and a recovery key to recovery_path (must not
 * exist), both 0600.  Refuses an existing keyring (status 4). */
int cn_keys_create(const char *dir, const uint8_t store_id[16],
    const char *recovery_path, struct cn_err *) CN_CHECKED;
/* Opens with a key file (NULL: dir/key).  No keyring or key file: 78 with a
 * hint; a key that opens no slot: 77; damaged: 5. Every later call works on
 * the state as read; cn_keys_refresh reads again if the file has changed. */
struct cn_keys *cn_keys_open(const char *dir, const char *key_file,
    struct cn_err *) CN_CHECKED;
int cn_keys_refresh(struct cn_keys *, struct cn_err *) CN_CHECKED;
void cn_keys_close(struct cn_keys *);	/* wipes */

const uint8_t *cn_keys_store_id(const struct cn_keys *);
uint64_t cn_keys_generation(const struct cn_keys *);
const char *cn_keys_dir(const struct cn_keys *);
bool cn_keys_has(const struct cn_keys *, enum cn_class);
/* The slot that was opened: its 8-byte id in hex, and its label. */
const char *cn_keys_slot(const struct cn_keys *);

/* keyring.lock; nested calls by one struct cn_keys count.  The first one
 * refreshes, so that what is changed is what is on disk. */
int cn_keys_lock(struct cn_keys *, int wait_ms, struct cn_err *) CN_CHECKED;
void cn_keys_unlock(struct cn_keys *);

/* Reserves n consecutive leaf numbers for ever: durable before it returns.
 * `above` is the largest leaf of this kind that the store knows (or 0).
 * *first is a whole leaf (kind and number, from 1); the others follow it.
 * Takes the lock itself; passes by what was ever punctured. */
int cn_leaf_reserve(struct cn_keys *, enum cn_leaf_kind, int64_t above,
    unsigned n, int64_t *first, struct cn_err *) CN_CHECKED;
/* 0: derivable; 1: punctured; -1: no key of that class (77). */
int cn_leaf_state(struct cn_keys *, int64_t leaf, struct cn_err *) CN_CHECKED;
/* Punctures all of them and raises the generation by one, whether or not they
 * were punctured before: on disk (temporary, fsync, rename, fsync of the
 * folder) before it returns.  Needs the lock.  This and every other change of
 * the keyring needs a slot of all classes (77). */
int cn_keys_puncture(struct cn_keys *, const int64_t *leaves, size_t n,
    struct cn_err *) CN_CHECKED;
size_t cn_keys_nodes(const struct cn_keys *);	/* nodes kept in all */

/* Sealed cells.  The address says where a cell lives and is part of its key,
 * so that no cell can be moved. row: public id or another stable name. */
struct cn_cell_at {
	int64_t leaf;
	const char *table, *row, *column;
	uint32_t chunk;			/* 0 but for split values */
};
/* Appends the cell to out.  Layout (final): version 1, class, flags (bit 0:
 * raw deflate), zero, epoch u32, leaf u64, salt 16; then chunks of 64 KiB of
 * [true length u32 | data | zero padding to Padme's size], each with its
 * 16-byte tag; little endian.  The true length is that of the plain bytes.
 * key = HKDF(leaf key, salt, "cn-cell" 0 | u32 + table | u32 + row | u32 +
 * column | chunk u32 | epoch u32); nonce = number of the 64 KiB chunk u32,
 * zeros, and 1 in the last byte of the last; the header is authenticated. */
int cn_cell_seal(struct cn_keys *, const struct cn_cell_at *, const void *,
    size_t, struct cn_buf *out, struct cn_err *) CN_CHECKED;
/* The same in two steps, where the owner is not known yet: _pack appends the
 * cell unsealed (wipe what is not sealed in the end), _close seals all of it
 * where it lies; _plain appends what an unsealed one holds. */
int cn_cell_pack(struct cn_keys *, const void *, size_t, struct cn_buf *out,
    struct cn_err *) CN_CHECKED;
int cn_cell_close(struct cn_keys *, const struct cn_cell_at *, void *, size_t,
    struct cn_err *) CN_CHECKED;
int cn_cell_plain(struct cn_keys *, const void *, size_t, struct cn_buf *out,
    struct cn_err *) CN_CHECKED;
/* Appends the plain bytes.  A punctured leaf: status 4; no class key: 77;
 * a forged, moved or truncated cell: 5.  Wipe what you no longer need. */
int cn_cell_open(struct cn_keys *, const struct cn_cell_at *, const void *,
    size_t, struct cn_buf *out, struct cn_err *) CN_CHECKED;
/* The leaf that a cell's header names; -1 if it is no cell. */
int64_t cn_cell_leaf(const void *, size_t);
/* A key derived from a leaf for another use (subject ids in audit). */
int cn_leaf_prf(struct cn_keys *, int64_t leaf, const char *use, const void *,
    size_t, uint8_t out[CN_HASH], struct cn_err *) CN_CHECKED;

/* Index class.  use: 'identifier', 'message', 'location', 'mid', …; the name
 * separates domains. */
int cn_blind(struct cn_keys *, const char *use, const void *, size_t,
    uint8_t out[CN_HASH], struct cn_err *) CN_CHECKED;
/* The token key of a search shard (none: status 4); created (durable) by
 * _shard_new, numbered from 1 and above `above`, ended by _shard_drop.  Both
 * are one keyring write, need the lock and leave the generation alone. */
int cn_shard_key(struct cn_keys *, uint32_t shard, uint8_t key[16],
    struct cn_err *) CN_CHECKED;
int cn_shard_new(struct cn_keys *, uint32_t above, uint32_t *shard,
    struct cn_err *) CN_CHECKED;
int cn_shard_drop(struct cn_keys *, uint32_t shard, struct cn_err *)
    CN_CHECKED;

/* Ed25519 with the key of the opened slot (audit). */
#define CN_SIG 64
int cn_slot_sign(struct cn_keys *, const void *, size_t, uint8_t sig[CN_SIG],
    struct cn_err *) CN_CHECKED;
/* 0 good, 1 bad, -1 no such slot.  slot: as cn_keys_slot. Slots that were
 * removed keep their public key. */
int cn_slot_verify(struct cn_keys *, const char *slot, const void *, size_t,
    const uint8_t sig[CN_SIG], struct cn_err *) CN_CHECKED;

#endif
