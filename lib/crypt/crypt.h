/* crypt.h - primitives: digests, PRFs, sealed cells, signatures
 *
 * Nothing here shows an OpenSSL type.  All keys are 32 bytes unless said. */
#ifndef CN_CRYPT_H
#define CN_CRYPT_H

#include "base/buf.h"

#define CN_KEY 32
#define CN_SHA 32
#define CN_HASH 16		/* stored keyed hashes: 128 bits */

void cn_random(void *, size_t);		/* ends the process if it cannot */
void cn_sha256(uint8_t out[CN_SHA], const void *, size_t);

struct cn_sha;				/* incremental SHA-256 */
struct cn_sha *cn_sha_new(void);
void cn_sha_add(struct cn_sha *, const void *, size_t);
void cn_sha_end(struct cn_sha *, uint8_t out[CN_SHA]);	/* and frees */

void cn_hmac(uint8_t out[CN_SHA], const uint8_t key[CN_KEY], const void *,
    size_t);
/* SipHash-2-4 (Aumasson, Bernstein 2012), 64 bits. */
uint64_t cn_siphash(const uint8_t key[16], const void *, size_t);

/* A new public id: prefix letter and 80 random bits in base32 (a-z2-7), of which
 * ids that one process makes together share the first 20. */
#define CN_ID_LEN 18
void cn_id_new(char out[CN_ID_LEN], char prefix);
bool cn_id_valid(const char *, char prefix);

#endif
