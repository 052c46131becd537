#include <string.h>
#include <sys/stat.h>

#include <openssl/evp.h>

#include "base/enc.h"
#include "base/file.h"
#include "keys_int.h"

#define KEYFILE "cn-key-1 "

/* Everything before the wrapped keys; it is also what they are bound to. */
static void
write_head(const struct cn_slot *s, struct cn_buf *out)
{
	uint8_t classes[2];

	cn_put16(classes, s->classes);
	cn_buf_add(out, s->id, sizeof(s->id));
	cn_buf_ch(out, s->kind);
	cn_buf_ch(out, s->state);
	cn_buf_add(out, classes, sizeof(classes));
	cn_buf_ch(out, (int)strlen(s->label));
	cn_buf_str(out, s->label);
	cn_buf_add(out, s->salt, sizeof(s->salt));
	cn_buf_ch(out, s->logn);
	cn_buf_ch(out, s->r);
	cn_buf_ch(out, s->p);
	cn_buf_add(out, s->pub, sizeof(s->pub));
}

void
cn_slot_write(const struct cn_slot *s, struct cn_buf *out)
{
	uint8_t n[2];

	write_head(s, out);
	cn_put16(n, (unsigned)s->nwrap);
	cn_buf_add(out, n, sizeof(n));
	cn_buf_add(out, s->wrap, s->nwrap);
}

static size_t
wrap_size(unsigned classes)
{
	size_t n = CN_NONCE + CN_KEY + CN_TAG;
	int c;

	for (c = CN_CLASS_CONTENT; c < CN_CLASS_MAX; c++)
		if (classes & 1u << c)
			n += CN_KEY;
	return n;
}

static void
take(void *to, struct cn_rd *r, size_t n)
{
	const uint8_t *p = cn_rd_bytes(r, n);

	if (p != NULL)
		memcpy(to, p, n);
}

bool
cn_slot_read(struct cn_slot *s, struct cn_rd *r)
{
	size_t n;

	memset(s, 0, sizeof(*s));
	take(s->id, r, sizeof(s->id));
	s->kind = (uint8_t)cn_rd_int(r, 1);
	s->state = (uint8_t)cn_rd_int(r, 1);
	s->classes = (unsigned)cn_rd_int(r, 2);
	n = (size_t)cn_rd_int(r, 1);
	if (n > CN_SLOT_LABEL)
		return false;
	take(s->label, r, n);
	take(s->salt, r, sizeof(s->salt));
	s->logn = (uint8_t)cn_rd_int(r, 1);
	s->r = (uint8_t)cn_rd_int(r, 1);
	s->p = (uint8_t)cn_rd_int(r, 1);
	take(s->pub, r, sizeof(s->pub));
	s->nwrap = (size_t)cn_rd_int(r, 2);
	if (s->nwrap > sizeof(s->wrap))
		return false;
	take(s->wrap, r, s->nwrap);
	if (r->bad || s->kind < CN_SLOT_KEYFILE ||
	    s->kind > CN_SLOT_RECOVERY || s->classes & ~CN_CLASS_ALL ||
	    s->state < CN_SLOT_LIVE || s->state > CN_SLOT_RETIRED)
		return false;
	/* 2^20 * 8 * 128 bytes is 1 GiB: nothing larger is worth asking. */
	if (s->logn > 20 || s->r > 8 || s->p > 4)
		return false;
	return s->nwrap == (s->state == CN_SLOT_LIVE ?
	    wrap_size(s->classes) : 0);
}

static void
slot_kek(const struct cn_slot *s, const uint8_t *secret, uint8_t kek[CN_KEY])
{
	cn_hkdf(kek, secret + CN_SLOT_ID, CN_KEY, s->salt, sizeof(s->salt),
	    "cn-slot-kek", 11);
}

static void
slot_aad(const struct cn_ring *r, const struct cn_slot *s, struct cn_buf *out)
{
	cn_buf_add(out, r->store, sizeof(r->store));
	write_head(s, out);
}

static void
new_signer(uint8_t priv[CN_KEY], uint8_t pub[CN_KEY])
{
	EVP_PKEY *k;
	size_t n = CN_KEY;

	cn_random(priv, CN_KEY);
	k = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, priv, CN_KEY);
	cn_must(k != NULL && EVP_PKEY_get_raw_public_key(k, pub, &n) == 1);
	EVP_PKEY_free(k);
}

void
cn_slot_make(const struct cn_ring *ring, struct cn_slot *s, int kind,
    const char *label, uint8_t secret[CN_SLOT_SECRET])
{
	uint8_t kek[CN_KEY], plain[CN_WRAP_MAX];
	struct cn_buf aad = { 0 };
	size_t n = CN_KEY;
	int c;

	memset(s, 0, sizeof(*s));
	cn_random(secret, CN_SLOT_SECRET);
	memcpy(s->id, secret, CN_SLOT_ID);
	s->kind = (uint8_t)kind;
	s->state = CN_SLOT_LIVE;
	s->classes = ring->have;
	memcpy(s->label, label, strnlen(label, CN_SLOT_LABEL));
	cn_random(s->salt, sizeof(s->salt));
	new_signer(plain, s->pub);
	for (c = CN_CLASS_CONTENT; c < CN_CLASS_MAX; c++)
		if (s->classes & 1u << c) {
			memcpy(plain + n, ring->class_key[c], CN_KEY);
			n += CN_KEY;
		}
	slot_kek(s, secret, kek);
	slot_aad(ring, s, &aad);
	cn_random(s->wrap, CN_NONCE);
	cn_gcm_seal(kek, s->wrap, aad.p, aad.len, plain, n,
	    s->wrap + CN_NONCE);
	s->nwrap = CN_NONCE + n + CN_TAG;
	cn_buf_release(&aad);
	cn_wipe(plain, sizeof(plain));
	cn_wipe(kek, sizeof(kek));
}

bool
cn_slot_unwrap(struct cn_ring *ring, size_t slot, const uint8_t *secret)
{
	struct cn_slot *s = &ring->slot[slot];
	uint8_t kek[CN_KEY], plain[CN_WRAP_MAX];
	struct cn_buf aad = { 0 };
	const uint8_t *p = plain + CN_KEY;
	bool ok;
	int c;

	slot_kek(s, secret, kek);
	slot_aad(ring, s, &aad);
	ok = cn_gcm_open(kek, s->wrap, aad.p, aad.len, s->wrap + CN_NONCE,
	    s->nwrap - CN_NONCE, plain);
	if (ok) {
		memcpy(ring->sign, plain, CN_KEY);
		for (c = CN_CLASS_CONTENT; c < CN_CLASS_MAX; c++)
			if (s->classes & 1u << c) {
				memcpy(ring->class_key[c], p, CN_KEY);
				p += CN_KEY;
			}
		ring->have = s->classes;
		ring->mine = slot;
	}
	cn_buf_release(&aad);
	cn_wipe(plain, sizeof(plain));
	cn_wipe(kek, sizeof(kek));
	return ok;
}

void
cn_keyfile_line(struct cn_buf *out, const uint8_t secret[CN_SLOT_SECRET])
{
	cn_buf_reserve(out, 128);
	cn_buf_str(out, KEYFILE);
	cn_base64(out, secret, CN_SLOT_SECRET);
	cn_buf_ch(out, '\n');
}

/* 40 bytes are 54 characters and two of padding. */
static bool
keyfile_parse(struct cn_str line, uint8_t secret[CN_SLOT_SECRET])
{
	const size_t head = sizeof(KEYFILE) - 1, chars = 56;
	uint8_t raw[42];
	bool ok;

	line = cn_str_trim(line);
	if (line.n != head + chars || memcmp(line.p, KEYFILE, head) != 0)
		return false;
	ok = memcmp(line.p + line.n - 2, "==", 2) == 0 &&
	    EVP_DecodeBlock(raw, (const uint8_t *)line.p + head,
	    (int)chars) == 42;
	if (ok)
		memcpy(secret, raw, CN_SLOT_SECRET);
	cn_wipe(raw, sizeof(raw));
	return ok;
}

int
cn_keyfile_read(const char *path, uint8_t secret[CN_SLOT_SECRET],
    struct cn_err *err)
{
	struct cn_buf b = { 0 };
	struct stat st;
	bool ok;

	if (stat(path, &st) == -1) {
		cn_fail_errno(err, CN_CONFIG, "key file %s", path);
		return cn_hint(err, "name the key file with --key-file, or "
		    "restore it from your backup of the keys");
	}
	/* A pipe (systemd, a password manager) has no mode to speak of. */
	if (S_ISREG(st.st_mode) && st.st_mode & 077) {
		cn_fail(err, CN_CONFIG, "key file %s: others may read it",
		    path);
		return cn_hint(err, "chmod 600 %s", path);
	}
	if (cn_file_read(path, 4096, &b, err) == -1)
		return cn_wrap(err, "key file");
	ok = keyfile_parse(cn_buf_view(&b), secret);
	cn_buf_wipe(&b);
	if (!ok) {
		cn_fail(err, CN_CONFIG, "key file %s: not a key", path);
		return cn_hint(err, "a key file is one line: cn-key-1 and 56 "
		    "characters of base64");
	}
	return 0;
}

int
cn_slot_sign(struct cn_keys *k, const void *p, size_t n, uint8_t sig[CN_SIG],
    struct cn_err *err)
{
	EVP_MD_CTX *c = EVP_MD_CTX_new();
	size_t nsig = CN_SIG;
	bool ok;

	if (k->sign == NULL)
		k->sign = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
		    k->ring->sign, CN_KEY);
	ok = c != NULL && k->sign != NULL &&
	    EVP_DigestSignInit(c, NULL, NULL, NULL, k->sign) == 1 &&
	    EVP_DigestSign(c, sig, &nsig, p, n) == 1;
	EVP_MD_CTX_free(c);
	if (!ok)
		return cn_fail(err, CN_INTERNAL, "cannot sign");
	return 0;
}

int
cn_slot_verify(struct cn_keys *k, const char *slot, const void *p, size_t n,
    const uint8_t sig[CN_SIG], struct cn_err *err)
{
	const struct cn_ring *r = k->ring;
	uint8_t id[CN_SLOT_ID];
	EVP_PKEY *pub;
	EVP_MD_CTX *c;
	bool good;
	size_t i;

	if (strlen(slot) != 2 * sizeof(id) || !cn_unhex(id, slot, sizeof(id)))
		return cn_fail(err, CN_INTEGRITY, "not a slot id");
	for (i = 0; i < r->nslot; i++)
		if (memcmp(r->slot[i].id, id, sizeof(id)) == 0)
			break;
	if (i == r->nslot)
		return cn_fail(err, CN_INTEGRITY, "no slot %s in the keyring",
		    slot);
	pub = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL,
	    r->slot[i].pub, CN_KEY);
	c = EVP_MD_CTX_new();
	good = c != NULL && pub != NULL &&
	    EVP_DigestVerifyInit(c, NULL, NULL, NULL, pub) == 1 &&
	    EVP_DigestVerify(c, sig, CN_SIG, p, n) == 1;
	EVP_MD_CTX_free(c);
	EVP_PKEY_free(pub);
	return good ? 0 : 1;
}
