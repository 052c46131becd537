/* The keyring file (layout in keys.h).  A SHA-256 at its end tells damage;
 * forgery is told by the sections, whose tags cover all that is in the clear.
 */
#include <string.h>

#include "keys_int.h"

#define MAGIC "cnkeys\0\1"		/* 8 bytes, the last is the version */
#define HEAD (8 + 16 + 8 + 16 + 2)	/* magic .. count of slots */
#define SECTION (1 + 4 + CN_NONCE)	/* class, length, nonce */

struct cn_ring *
cn_ring_new(void)
{
	return cn_keymem(sizeof(struct cn_ring));
}

void
cn_ring_free(struct cn_ring *r)
{
	int i;

	if (r == NULL)
		return;
	for (i = 0; i < CN_LEAF_KIND_MAX; i++)
		cn_tree_free(&r->tree[i]);
	cn_keymem_free(r->slot, r->nslot * sizeof(*r->slot));
	cn_keymem_free(r->shard, r->nshard * sizeof(*r->shard));
	cn_keymem_free(r, sizeof(*r));
}

struct cn_ring *
cn_ring_clone(const struct cn_ring *r)
{
	struct cn_ring *c = cn_ring_new();
	int i;

	*c = *r;
	for (i = 0; i < CN_LEAF_KIND_MAX; i++) {
		memset(&c->tree[i], 0, sizeof(c->tree[i]));
		cn_tree_copy(&c->tree[i], &r->tree[i]);
	}
	c->slot = cn_keymem(r->nslot * sizeof(*r->slot));
	memcpy(c->slot, r->slot, r->nslot * sizeof(*r->slot));
	c->shard = cn_keymem(r->nshard * sizeof(*r->shard));
	if (r->nshard > 0)
		memcpy(c->shard, r->shard, r->nshard * sizeof(*r->shard));
	return c;
}

static void
put(struct cn_buf *b, uint64_t v, size_t bytes)
{
	uint8_t p[8];

	cn_put64(p, v);
	cn_buf_add(b, p, bytes);
}

/* The plain text of a section: every class has the same fields. */
static void
write_section(const struct cn_ring *r, int class, struct cn_buf *b)
{
	size_t size = 4 + CN_KEY + 1 + 8 + r->nshard * 20;
	unsigned trees = 0;
	int i;

	for (i = 1; i < CN_LEAF_KIND_MAX; i++)
		if (cn_leaf_class(CN_LEAF(i, 0)) == class) {
			size += 1 + cn_tree_size(&r->tree[i]);
			trees++;
		}
	cn_buf_reserve(b, size);	/* so that no copy is left behind */
	put(b, r->epoch[class], 4);
	cn_buf_add(b, r->secret[class], CN_KEY);
	put(b, trees, 1);
	for (i = 1; i < CN_LEAF_KIND_MAX; i++)
		if (cn_leaf_class(CN_LEAF(i, 0)) == class) {
			put(b, (uint64_t)i, 1);
			cn_tree_write(&r->tree[i], b);
		}
	if (class != CN_CLASS_INDEX)
		return;
	put(b, r->last_shard, 4);
	put(b, r->nshard, 4);
	for (i = 0; i < (int)r->nshard; i++) {
		put(b, r->shard[i].id, 4);
		cn_buf_add(b, r->shard[i].key, sizeof(r->shard[i].key));
	}
}

static bool
read_section(struct cn_ring *r, int class, struct cn_rd *in)
{
	const uint8_t *p;
	uint64_t n, kind;
	size_t i;

	r->epoch[class] = (uint32_t)cn_rd_int(in, 4);
	if ((p = cn_rd_bytes(in, CN_KEY)) == NULL)
		return false;
	memcpy(r->secret[class], p, CN_KEY);
	for (n = cn_rd_int(in, 1); n > 0; n--) {
		kind = cn_rd_int(in, 1);
		if (in->bad || kind == 0 || kind >= CN_LEAF_KIND_MAX ||
		    cn_leaf_class(CN_LEAF(kind, 0)) != class ||
		    r->tree[kind].v != NULL ||
		    !cn_tree_read(&r->tree[kind], in))
			return false;
	}
	for (i = 1; i < CN_LEAF_KIND_MAX; i++)
		if (cn_leaf_class(CN_LEAF(i, 0)) == class &&
		    r->tree[i].v == NULL)
			return false;
	if (class == CN_CLASS_INDEX) {
		r->last_shard = (uint32_t)cn_rd_int(in, 4);
		n = cn_rd_int(in, 4);
		if (in->bad || n != in->n / 20)
			return false;
		r->shard = cn_keymem((size_t)n * sizeof(*r->shard));
		r->nshard = (size_t)n;
		for (i = 0; i < r->nshard; i++) {
			r->shard[i].id = (uint32_t)cn_rd_int(in, 4);
			if ((p = cn_rd_bytes(in, 16)) == NULL)
				return false;
			memcpy(r->shard[i].key, p, 16);
		}
	}
	return !in->bad && in->n == 0;
}

/* What binds a section: all clear bytes before the sections, and its class. */
static void
section_aad(struct cn_buf *aad, const void *clear, size_t n, int class)
{
	aad->len = 0;
	cn_buf_add(aad, clear, n);
	cn_buf_ch(aad, class);
}

int
cn_ring_write(struct cn_ring *r, struct cn_buf *out, struct cn_err *err)
{
	struct cn_buf plain = { 0 }, aad = { 0 };
	uint8_t nonce[CN_NONCE], sum[CN_SHA];
	size_t i, clear;
	int c;

	if (r->have != CN_CLASS_ALL)
		return cn_fail(err, CN_INTERNAL, "classes are missing");
	cn_random(r->write_id, sizeof(r->write_id));
	cn_buf_add(out, MAGIC, 8);
	cn_buf_add(out, r->store, sizeof(r->store));
	put(out, r->generation, 8);
	cn_buf_add(out, r->write_id, sizeof(r->write_id));
	put(out, r->nslot, 2);
	for (i = 0; i < r->nslot; i++)
		cn_slot_write(&r->slot[i], out);
	clear = out->len;
	for (c = CN_CLASS_CONTENT; c < CN_CLASS_MAX; c++) {
		write_section(r, c, &plain);
		section_aad(&aad, out->p, clear, c);
		cn_random(nonce, sizeof(nonce));
		put(out, (uint64_t)c, 1);
		put(out, plain.len + CN_TAG, 4);
		cn_buf_add(out, nonce, sizeof(nonce));
		cn_buf_reserve(out, plain.len + CN_TAG + CN_SHA);
		cn_gcm_seal(r->class_key[c], nonce, aad.p, aad.len, plain.p,
		    plain.len, (uint8_t *)out->p + out->len);
		out->len += plain.len + CN_TAG;
		cn_buf_wipe(&plain);
	}
	cn_sha256(sum, out->p, out->len);
	cn_buf_add(out, sum, sizeof(sum));
	cn_buf_release(&aad);
	return 0;
}

static int
damaged(struct cn_err *err, const char *what)
{
	cn_fail(err, CN_INTEGRITY, "keyring: %s", what);
	return cn_hint(err, "restore the keyring from its backup; erasures "
	    "made since are replayed from the ledger");
}

static int
read_sections(struct cn_ring *r, struct cn_str file, struct cn_rd *in,
    struct cn_err *err)
{
	size_t n, clear = (size_t)((const char *)in->p - file.p);
	struct cn_buf aad = { 0 };
	const uint8_t *nonce, *body;
	uint8_t *plain;
	struct cn_rd sec;
	bool ok = true;
	int c;

	for (c = CN_CLASS_CONTENT; ok && c < CN_CLASS_MAX; c++) {
		ok = cn_rd_int(in, 1) == (uint64_t)c;
		n = (size_t)cn_rd_int(in, 4);
		nonce = cn_rd_bytes(in, CN_NONCE);
		body = cn_rd_bytes(in, n);
		if (!ok || in->bad || n < CN_TAG) {
			ok = false;
		} else if (r->have & 1u << c) {
			section_aad(&aad, file.p, clear, c);
			plain = cn_keymem(n);
			sec = (struct cn_rd){ plain, n - CN_TAG, false };
			ok = cn_gcm_open(r->class_key[c], nonce, aad.p,
			    aad.len, body, n, plain) &&
			    read_section(r, c, &sec);
			cn_keymem_free(plain, n);
		}
	}
	cn_buf_release(&aad);
	if (!ok || in->n != 0)
		return damaged(err, "forged or damaged section");
	return 0;
}

static int
read_clear(struct cn_ring *r, struct cn_rd *in, struct cn_err *err)
{
	const uint8_t *p = cn_rd_bytes(in, 8);
	struct cn_slot *slot;
	size_t i, n;

	if (p == NULL || memcmp(p, MAGIC, 7) != 0)
		return damaged(err, "not a keyring");
	if (p[7] != MAGIC[7]) {
		cn_fail(err, CN_CONFIG, "keyring: of a newer format (%d)",
		    p[7]);
		return cn_hint(err, "install the version that wrote it");
	}
	if (in->n < HEAD - 8)
		return damaged(err, "cut off");
	memcpy(r->store, cn_rd_bytes(in, 16), 16);
	r->generation = cn_rd_int(in, 8);
	memcpy(r->write_id, cn_rd_bytes(in, 16), 16);
	n = (size_t)cn_rd_int(in, 2);
	if (n == 0 || n > CN_SLOTS_MAX)
		return damaged(err, "no slots");
	slot = cn_keymem(n * sizeof(*slot));
	r->slot = slot;
	r->nslot = n;
	for (i = 0; i < n; i++)
		if (!cn_slot_read(&slot[i], in))
			return damaged(err, "damaged slot");
	return 0;
}

static int
ring_fill(struct cn_ring *r, struct cn_str file, const uint8_t *secret,
    struct cn_err *err)
{
	struct cn_rd in = { (const uint8_t *)file.p, file.n, false };
	uint8_t sum[CN_SHA];
	size_t i;

	if (in.n < HEAD + CN_SHA)
		return damaged(err, "cut off");
	in.n -= CN_SHA;
	cn_sha256(sum, in.p, in.n);
	if (memcmp(sum, in.p + in.n, sizeof(sum)) != 0)
		return damaged(err, "damaged (checksum)");
	if (read_clear(r, &in, err) == -1)
		return -1;
	for (i = 0; i < r->nslot; i++)
		if (r->slot[i].state == CN_SLOT_LIVE &&
		    memcmp(r->slot[i].id, secret, CN_SLOT_ID) == 0)
			break;
	if (i == r->nslot || !cn_slot_unwrap(r, i, secret)) {
		cn_fail(err, CN_NOPERM, "the key opens no slot of the keyring");
		return cn_hint(err, "name another key file with --key-file");
	}
	return read_sections(r, file, &in, err);
}

struct cn_ring *
cn_ring_read(struct cn_str file, const uint8_t secret[CN_SLOT_SECRET],
    struct cn_err *err)
{
	struct cn_ring *r = cn_ring_new();

	if (ring_fill(r, file, secret, err) == -1) {
		cn_ring_free(r);
		return NULL;
	}
	return r;
}
