/* The SHA256_* calls are used on purpose: OpenSSL 3 deprecates them for EVP,
 * whose HMAC costs several times more for the short inputs that we hash. */
#define OPENSSL_SUPPRESS_DEPRECATED

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include "base/enc.h"
#include "keys_int.h"

#define ID_NEAR 128	/* ids that lie together */

void
cn_must(int ok)
{
	if (ok != 1)
		_Exit(CN_TEMPFAIL);
}

void *
cn_keymem(size_t n)
{
	void *p;

	p = mmap(NULL, n ? n : 1, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	cn_must(p != MAP_FAILED);
	madvise(p, n ? n : 1, MADV_DONTDUMP);
	(void)!mlock(p, n ? n : 1);
	return p;
}

void
cn_keymem_free(void *p, size_t n)
{
	if (p == NULL)
		return;
	cn_wipe(p, n);
	munmap(p, n ? n : 1);
}

/* A mail takes five salts and ids, and each call of OpenSSL's generator costs
 * more than sealing a head.  A child of fork() finds the page empty, so that
 * no two processes give out the same bytes. */
static struct {
	size_t left;
	uint8_t bytes[4096 - sizeof(size_t)];
} *pool;

static bool
pool_ready(void)
{
	static bool cannot;

	if (pool != NULL || cannot)
		return pool != NULL;
	pool = cn_keymem(sizeof(*pool));
	if (madvise(pool, sizeof(*pool), MADV_WIPEONFORK) == 0)
		return true;
	cn_keymem_free(pool, sizeof(*pool));
	pool = NULL;
	cannot = true;
	return false;
}

void
cn_random(void *p, size_t n)
{
	if (n > 16 || !pool_ready()) {
		cn_must(n <= INT32_MAX && RAND_bytes(p, (int)n) == 1);
		return;
	}
	if (pool->left < n) {
		cn_must(RAND_bytes(pool->bytes, sizeof(pool->bytes)) == 1);
		pool->left = sizeof(pool->bytes);
	}
	pool->left -= n;
	memcpy(p, pool->bytes + pool->left, n);
	cn_wipe(pool->bytes + pool->left, n);
}

void
cn_put16(uint8_t *p, unsigned v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
}

void
cn_put32(uint8_t *p, uint32_t v)
{
	cn_put16(p, v & 0xffff);
	cn_put16(p + 2, v >> 16);
}

void
cn_put64(uint8_t *p, uint64_t v)
{
	cn_put32(p, (uint32_t)v);
	cn_put32(p + 4, (uint32_t)(v >> 32));
}

uint32_t
cn_get32(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 |
	    (uint32_t)p[3] << 24;
}

uint64_t
cn_get64(const uint8_t *p)
{
	return cn_get32(p) | (uint64_t)cn_get32(p + 4) << 32;
}

const uint8_t *
cn_rd_bytes(struct cn_rd *r, size_t n)
{
	const uint8_t *p = r->p;

	if (r->bad || n > r->n) {
		r->bad = true;
		return NULL;
	}
	r->p += n;
	r->n -= n;
	return p;
}

uint64_t
cn_rd_int(struct cn_rd *r, size_t bytes)
{
	const uint8_t *p = cn_rd_bytes(r, bytes);
	uint64_t v = 0;

	while (p != NULL && bytes > 0)
		v = v << 8 | p[--bytes];
	return v;
}

void
cn_sha256(uint8_t out[CN_SHA], const void *p, size_t n)
{
	SHA256_CTX c;

	SHA256_Init(&c);
	SHA256_Update(&c, p, n);
	SHA256_Final(out, &c);
	cn_wipe(&c, sizeof(c));
}

struct cn_sha {
	SHA256_CTX c;
};

struct cn_sha *
cn_sha_new(void)
{
	struct cn_sha *s = cn_alloc(sizeof(*s));

	SHA256_Init(&s->c);
	return s;
}

void
cn_sha_add(struct cn_sha *s, const void *p, size_t n)
{
	SHA256_Update(&s->c, p, n);
}

void
cn_sha_end(struct cn_sha *s, uint8_t out[CN_SHA])
{
	SHA256_Final(out, &s->c);
	cn_wipe(s, sizeof(*s));
	free(s);
}

void
cn_hmac2(uint8_t out[CN_SHA], const void *key, size_t nkey, const void *a,
    size_t na, const void *b, size_t nb)
{
	uint8_t pad[64] = { 0 };
	SHA256_CTX c;
	int i;

	if (nkey > sizeof(pad))
		cn_sha256(pad, key, nkey);
	else if (nkey > 0)
		memcpy(pad, key, nkey);
	for (i = 0; i < 64; i++)
		pad[i] ^= 0x36;
	SHA256_Init(&c);
	SHA256_Update(&c, pad, sizeof(pad));
	SHA256_Update(&c, a, na);
	SHA256_Update(&c, b, nb);
	SHA256_Final(out, &c);
	for (i = 0; i < 64; i++)
		pad[i] ^= 0x36 ^ 0x5c;
	SHA256_Init(&c);
	SHA256_Update(&c, pad, sizeof(pad));
	SHA256_Update(&c, out, CN_SHA);
	SHA256_Final(out, &c);
	cn_wipe(pad, sizeof(pad));
	cn_wipe(&c, sizeof(c));
}

void
cn_hmac(uint8_t out[CN_SHA], const uint8_t key[CN_KEY], const void *p,
    size_t n)
{
	cn_hmac2(out, key, CN_KEY, p, n, "", 0);
}

void
cn_hkdf(uint8_t out[CN_KEY], const void *ikm, size_t nikm, const void *salt,
    size_t nsalt, const void *info, size_t ninfo)
{
	static const uint8_t one = 1;
	uint8_t prk[CN_SHA];

	cn_hmac2(prk, salt, nsalt, ikm, nikm, "", 0);
	cn_hmac2(out, prk, sizeof(prk), info, ninfo, &one, 1);
	cn_wipe(prk, sizeof(prk));
}

static inline uint64_t
rotl(uint64_t x, int b)
{
	return x << b | x >> (64 - b);
}

static inline void
sip_round(uint64_t v[4])
{
	v[0] += v[1];
	v[2] += v[3];
	v[1] = rotl(v[1], 13) ^ v[0];
	v[3] = rotl(v[3], 16) ^ v[2];
	v[0] = rotl(v[0], 32);
	v[2] += v[1];
	v[0] += v[3];
	v[1] = rotl(v[1], 17) ^ v[2];
	v[3] = rotl(v[3], 21) ^ v[0];
	v[2] = rotl(v[2], 32);
}

static inline void
sip_word(uint64_t v[4], uint64_t m)
{
	v[3] ^= m;
	sip_round(v);
	sip_round(v);
	v[0] ^= m;
}

uint64_t
cn_siphash(const uint8_t key[16], const void *data, size_t n)
{
	const uint8_t *p = data;
	uint64_t k0 = cn_get64(key), k1 = cn_get64(key + 8);
	uint64_t v[4] = {
		k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
		k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573
	};
	uint64_t last = (uint64_t)n << 56;
	size_t i;

	for (; n >= 8; n -= 8, p += 8)
		sip_word(v, cn_get64(p));
	for (i = 0; i < n; i++)
		last |= (uint64_t)p[i] << 8 * i;
	sip_word(v, last);
	v[2] ^= 0xff;
	for (i = 0; i < 4; i++)
		sip_round(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

void
cn_gcm_seal(const uint8_t key[CN_KEY], const uint8_t nonce[CN_NONCE],
    const void *aad, size_t naad, const void *in, size_t n, uint8_t *out)
{
	EVP_CIPHER_CTX *c = EVP_CIPHER_CTX_new();
	int len;

	cn_must(c != NULL && naad <= INT32_MAX && n <= INT32_MAX);
	cn_must(EVP_EncryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce));
	cn_must(EVP_EncryptUpdate(c, NULL, &len, aad, (int)naad));
	cn_must(EVP_EncryptUpdate(c, out, &len, in, (int)n));
	cn_must(EVP_EncryptFinal_ex(c, out + len, &len));
	cn_must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, CN_TAG, out + n));
	EVP_CIPHER_CTX_free(c);
}

bool
cn_gcm_open(const uint8_t key[CN_KEY], const uint8_t nonce[CN_NONCE],
    const void *aad, size_t naad, const void *in, size_t n, uint8_t *out)
{
	EVP_CIPHER_CTX *c;
	uint8_t tag[CN_TAG];
	bool ok;
	int len;

	if (n < CN_TAG || n > INT32_MAX || naad > INT32_MAX)
		return false;
	n -= CN_TAG;
	memcpy(tag, (const uint8_t *)in + n, CN_TAG);
	c = EVP_CIPHER_CTX_new();
	cn_must(c != NULL);
	cn_must(EVP_DecryptInit_ex(c, EVP_aes_256_gcm(), NULL, key, nonce));
	cn_must(EVP_DecryptUpdate(c, NULL, &len, aad, (int)naad));
	cn_must(EVP_DecryptUpdate(c, out, &len, in, (int)n));
	cn_must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, CN_TAG, tag));
	ok = EVP_DecryptFinal_ex(c, out + len, &len) == 1;
	EVP_CIPHER_CTX_free(c);
	if (!ok)
		cn_wipe(out, n);
	return ok;
}

/* Ids made together lie together in an index: where each fell anywhere, most
 * pages of it were written with every group.  They are not in order, and tell
 * no number. */
void
cn_id_new(char out[CN_ID_LEN], char prefix)
{
	static uint8_t near[3];
	static unsigned left;
	uint8_t r[10];

	if (left-- == 0) {
		cn_random(near, sizeof(near));
		left = ID_NEAR - 1;
	}
	cn_random(r, sizeof(r));
	memcpy(r, near, 2);
	r[2] = (uint8_t)((near[2] & 0xf0) | (r[2] & 0x0f));
	out[0] = prefix;
	cn_base32(out + 1, r, sizeof(r));
}

bool
cn_id_valid(const char *s, char prefix)
{
	if (s == NULL || strlen(s) != CN_ID_LEN - 1 || s[0] != prefix)
		return false;
	return strspn(s + 1, "abcdefghijklmnopqrstuvwxyz234567") ==
	    CN_ID_LEN - 2;
}
