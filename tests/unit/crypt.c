/* crypt - primitives, tree, keyring, cells, leaves, shards, ledger */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/file.h"
#include "crypt/keys_int.h"
#include "crypt/ledger.h"

static int count, failed;

static void
ok(bool good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++count, what);
	if (!good)
		failed++;
}

static bool
hex_is(const void *p, size_t n, const char *want)
{
	char hex[257];

	cn_hex(hex, p, n);
	return strcmp(hex, want) == 0;
}

/* RFC 4231, test cases 1, 2, 6 and 7. */
static void
test_hmac(void)
{
	uint8_t key[131], out[CN_SHA];
	const char *s;

	memset(key, 0x0b, 20);
	cn_hmac2(out, key, 20, "Hi ", 3, "There", 5);
	ok(hex_is(out, 32, "b0344c61d8db38535ca8afceaf0bf12b"
	    "881dc200c9833da726e9376c2e32cff7"), "RFC 4231 case 1");
	s = "what do ya want for nothing?";
	cn_hmac2(out, "Jefe", 4, s, strlen(s), "", 0);
	ok(hex_is(out, 32, "5bdcc146bf60754e6a042426089575c7"
	    "5a003f089d2739839dec58b964ec3843"), "RFC 4231 case 2");
	memset(key, 0xaa, 131);
	s = "Test Using Larger Than Block-Size Key - Hash Key First";
	cn_hmac2(out, key, 131, s, strlen(s), "", 0);
	ok(hex_is(out, 32, "60e431591ee0b67f0d8a26aacbf5b77f"
	    "8e0bc6213728c5140546040f0ee37f54"), "RFC 4231 case 6");
}

/* RFC 5869, the first 32 bytes of test cases 1 and 3. */
static void
test_hkdf(void)
{
	uint8_t ikm[22], salt[13], info[10], out[CN_KEY];
	size_t i;

	memset(ikm, 0x0b, sizeof(ikm));
	for (i = 0; i < sizeof(salt); i++)
		salt[i] = (uint8_t)i;
	for (i = 0; i < sizeof(info); i++)
		info[i] = (uint8_t)(0xf0 + i);
	cn_hkdf(out, ikm, 22, salt, 13, info, 10);
	ok(hex_is(out, 32, "3cb25f25faacd57a90434f64d0362f2a"
	    "2d2d0a90cf1a5a4c5db02d56ecc4c5bf"), "RFC 5869 case 1");
	cn_hkdf(out, ikm, 22, "", 0, "", 0);
	ok(hex_is(out, 32, "8da4e775a563c18f715f802a063c5a31"
	    "b8a11f5c5ee1879ec3454e5f3c738d2d"), "RFC 5869 case 3");
}

/* The vector in appendix A of the SipHash paper. */
static void
test_small(void)
{
	uint8_t key[16], msg[15], out[CN_SHA];
	char id[CN_ID_LEN];
	struct cn_sha *s;
	uint8_t i;

	for (i = 0; i < 16; i++)
		key[i] = i;
	for (i = 0; i < 15; i++)
		msg[i] = i;
	ok(cn_siphash(key, msg, 15) == 0xa129ca6149be45e5, "SipHash-2-4");
	ok(cn_siphash(key, msg, 0) == 0x726fdb47dd0e0e31, "SipHash of ''");
	s = cn_sha_new();
	cn_sha_add(s, "a", 1);
	cn_sha_add(s, "bc", 2);
	cn_sha_end(s, out);
	ok(hex_is(out, 32, "ba7816bf8f01cfea414140de5dae2223"
	    "b00361a396177a9cb410ff61f20015ad"), "SHA-256 in pieces");
	cn_id_new(id, 'm');
	ok(cn_id_valid(id, 'm') && !cn_id_valid(id, 'p') &&
	    !cn_id_valid("maaaaaaaaaaaaaaa1", 'm'), "public ids");
}

/* A fresh folder with a keyring; the name is static. */
static const char *
fresh(void)
{
	static char dir[64], recovery[80];
	struct cn_err err = { 0 };

	strcpy(dir, "/tmp/cn-crypt-XXXXXX");
	if (mkdtemp(dir) == NULL)
		abort();
	snprintf(recovery, sizeof(recovery), "%s/recovery", dir);
	if (cn_keys_create(dir, (const uint8_t *)"0123456789abcdef", recovery,
	    &err) == -1) {
		printf("Bail out! %s\n", err.msg);
		exit(1);
	}
	return dir;
}

static void
test_first(void)
{
	struct cn_err err = { 0 };
	struct cn_cell_at at = { 0, "message", "m1", "body", 0 };
	struct cn_keys *k = cn_keys_open(fresh(), NULL, &err);
	struct cn_buf cell = { 0 }, plain = { 0 };
	uint8_t a[CN_HASH], key[16];
	uint32_t shard;

	ok(k != NULL, "create and open");
	ok(cn_leaf_reserve(k, CN_LEAF_PERSON, 0, 10, &at.leaf, &err) == 0 &&
	    at.leaf == CN_LEAF(CN_LEAF_PERSON, 1), "reserve");
	ok(cn_cell_seal(k, &at, "hello", 5, &cell, &err) == 0 &&
	    cn_cell_open(k, &at, cell.p, cell.len, &plain, &err) == 0 &&
	    strcmp(plain.p, "hello") == 0, "seal and open");
	ok(cn_blind(k, "identifier", "a", 1, a, &err) == 0, "blind");
	ok(cn_keys_lock(k, 0, &err) == 0 &&
	    cn_shard_new(k, 0, &shard, &err) == 0 && shard == 1 &&
	    cn_shard_key(k, 1, key, &err) == 0, "shard");
	ok(cn_keys_puncture(k, &at.leaf, 1, &err) == 0 &&
	    cn_leaf_state(k, at.leaf, &err) == 1 &&
	    cn_leaf_state(k, at.leaf + 1, &err) == 0 &&
	    cn_keys_generation(k) == 2 && cn_keys_nodes(k) == 47, "puncture");
	cn_keys_close(k);
	cn_buf_release(&cell);
	cn_buf_release(&plain);
}

int
main(void)
{
	test_hmac();
	test_hkdf();
	test_small();
	test_first();
	printf("1..%d\n", count);
	return failed > 0;
}
