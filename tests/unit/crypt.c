/* crypt - primitives, cells, leaves, puncturing; 'crypt bench' measures */
#include <sys/wait.h>

#include "base/enc.h"
#include "keys_env.h"

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

/* Two processes must never seal under the same salt. */
static void
test_random(void)
{
	uint8_t a[3][16] = { { 0 } };
	int fd[2], status = -1;
	pid_t pid;

	cn_random(a[0], 16);
	if (pipe(fd) == -1 || (pid = fork()) == -1)
		abort();
	if (pid == 0) {
		cn_random(a[1], 16);
		_exit(write(fd[1], a[1], 16) != 16);
	}
	cn_random(a[2], 16);
	waitpid(pid, &status, 0);
	ok(status == 0 && read(fd[0], a[1], 16) == 16 &&
	    memcmp(a[0], a[1], 16) != 0 && memcmp(a[0], a[2], 16) != 0 &&
	    memcmp(a[1], a[2], 16) != 0, "after fork() other random bytes");
	close(fd[0]);
	close(fd[1]);
}

/* The vector in appendix A of the SipHash paper. */
static void
test_small(void)
{
	uint8_t key[16], msg[15], out[CN_SHA];
	char id[CN_ID_LEN], last[CN_ID_LEN];
	int n, near = 0, apart = 0;
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
	for (n = 0; n < 4096; n++) {
		memcpy(last, id, sizeof(last));
		cn_id_new(id, 'm');
		near += memcmp(id, last, 5) == 0;
		apart += strcmp(id + 5, last + 5) != 0;
	}
	ok(apart == 4096 && near > 4000 && near < 4090,
	    "lie together, for a while");
}

enum kind { TEXT, NOISE, BASE64 };

/* BASE64 is what mail is made of: a header, lines of digits, and at the end
 * a few bytes of every value. */
static void
fill(char *p, size_t n, enum kind kind)
{
	static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t i;

	cn_random(p, n);
	for (i = 0; i < n && kind != NOISE; i++) {
		if (kind == TEXT || i < 400)
			p[i] = "the order has not arrived, "[i % 27];
		else if (i + 600 < n)
			p[i] = i % 78 < 76 ? abc[(unsigned char)p[i] % 64] :
			    "\r\n"[i % 78 - 76];
		else
			p[i] = (char)(n - i);
	}
}

/* Seals n bytes and opens them again. */
static bool
round_trip(struct env *e, size_t n, enum kind kind)
{
	struct cn_cell_at at = { CN_LEAF(CN_LEAF_PERSON, 7), "message", "m1",
	    "body", 0 };
	struct cn_buf cell = { 0 }, out = { 0 };
	char *p = cn_alloc(n + 1);
	bool good;

	fill(p, n, kind);
	cn_buf_str(&out, "kept");
	good = cn_cell_seal(e->k, &at, p, n, &cell, &e->err) == 0 &&
	    cn_cell_open(e->k, &at, cell.p, cell.len, &out, &e->err) == 0 &&
	    out.len == n + 4 && memcmp(out.p, "kept", 4) == 0 &&
	    memcmp(out.p + 4, p, n) == 0 &&
	    cn_cell_leaf(cell.p, cell.len) == at.leaf;
	if (kind == TEXT && n > 1000)
		good = good && cell.len < n / 4;
	if (kind == BASE64 && n > 60000)
		good = good && cell.len < n / 100 * 80;
	cn_buf_release(&cell);
	cn_buf_release(&out);
	free(p);
	return good;
}

/* The status of opening, 0 if it opens; nothing may come out otherwise. */
static int
opens(struct env *e, const struct cn_cell_at *at, const void *p, size_t n)
{
	struct cn_buf out = { 0 };
	int status = 0;

	if (cn_cell_open(e->k, at, p, n, &out, &e->err) == -1)
		status = out.len == 0 ? e->err.status : 99;
	cn_buf_release(&out);
	return status;
}

static void
test_cells(void)
{
	static const size_t size[] = { 0, 1, 511, 512, 513, 4095, 32768,
	    32769, 65531, 65532, 65533, 65535, 65536, 65537, 131072, 1 << 20 };
	const struct cn_cell_at home = { CN_LEAF(CN_LEAF_PERSON, 7), "t", "r",
	    "c", 0 };
	struct cn_cell_at at = home;
	struct cn_buf cell = { 0 };
	struct env e;
	size_t i;
	bool good = true;

	start(&e);
	for (i = 0; i < sizeof(size) / sizeof(size[0]); i++)
		good = good && round_trip(&e, size[i], TEXT) &&
		    round_trip(&e, size[i], NOISE) &&
		    round_trip(&e, size[i], BASE64);
	ok(good, "cells of 0 bytes to 1 MiB come back");
	if (cn_cell_seal(e.k, &at, "a word", 6, &cell, &e.err) == -1)
		bail(&e);
	ok(opens(&e, &at, cell.p, cell.len) == 0, "control: the cell opens");
	at.table = "tr";
	at.row = "";
	ok(opens(&e, &at, cell.p, cell.len) == 5, "table and row shifted");
	at = home;
	at.table = "u";
	ok(opens(&e, &at, cell.p, cell.len) == 5, "moved to another table");
	at = home;
	at.row = "s";
	ok(opens(&e, &at, cell.p, cell.len) == 5, "moved to another row");
	at = home;
	at.column = "d";
	ok(opens(&e, &at, cell.p, cell.len) == 5, "moved to another column");
	at = home;
	at.chunk = 1;
	ok(opens(&e, &at, cell.p, cell.len) == 5, "moved to another chunk");
	at = home;
	at.leaf++;
	ok(opens(&e, &at, cell.p, cell.len) == 5, "moved to another leaf");
	cell.p[8]++;
	ok(opens(&e, &at, cell.p, cell.len) == 5, "and its header changed");
	cell.p[8]--;
	for (good = true, i = 0; i < cell.len; i++) {
		cell.p[i] ^= 1 << i % 8;
		good = good && opens(&e, &home, cell.p, cell.len) == 5;
		cell.p[i] ^= 1 << i % 8;
	}
	ok(good, "a flipped bit anywhere");
	for (good = true, i = 0; i < cell.len; i++)
		good = good && opens(&e, &home, cell.p, i) == 5;
	cn_buf_ch(&cell, 0);
	ok(good && opens(&e, &home, cell.p, cell.len) == 5,
	    "cut anywhere, or longer");
	at = home;
	at.leaf = CN_LEAF(CN_LEAF_KIND_MAX, 1);
	ok(cn_cell_seal(e.k, &at, "", 0, &cell, &e.err) == -1 &&
	    cn_cell_leaf(cell.p, 12) == -1, "no such kind of leaf");
	cn_buf_release(&cell);
	end(&e);
}

/* The cell without its chunks from..to, or with chunk `from` moved to `to`. */
static int
rearranged(struct env *e, const struct cn_cell_at *at,
    const struct cn_buf *cell, size_t from, size_t to, bool move)
{
	const size_t one = 65536 + CN_TAG;
	const char *a = cell->p + 32 + from * one, *b = cell->p + 32 + to * one;
	struct cn_buf bad = { 0 };
	int status;

	cn_buf_add(&bad, cell->p, (size_t)(a - cell->p));
	if (move) {
		cn_buf_add(&bad, a + one, (size_t)(b - a));
		cn_buf_add(&bad, a, one);
		b += one;
	}
	cn_buf_add(&bad, b, (size_t)(cell->p + cell->len - b));
	status = opens(e, at, bad.p, bad.len);
	cn_buf_release(&bad);
	return status;
}

/* 4 MiB and a byte of noise are padded to 66 chunks, of which the last one
 * holds nothing but padding: its loss shows by the mark alone. */
static void
test_chunks(void)
{
	const size_t n = (4 << 20) + 1;
	struct cn_cell_at at = { CN_LEAF(CN_LEAF_ACCOUNT, 1), "t", "r", "c",
	    0 };
	struct cn_buf cell = { 0 };
	char *p = cn_alloc(n);
	struct env e;

	start(&e);
	cn_random(p, n);
	if (cn_cell_seal(e.k, &at, p, n, &cell, &e.err) == -1)
		bail(&e);
	ok(cell.len == 32 + 66 * (65536 + CN_TAG) &&
	    opens(&e, &at, cell.p, cell.len) == 0 &&
	    rearranged(&e, &at, &cell, 3, 3, false) == 0,
	    "control: a cell of 66 chunks opens");
	ok(rearranged(&e, &at, &cell, 0, 1, false) == 5 &&
	    rearranged(&e, &at, &cell, 9, 10, false) == 5, "a chunk dropped");
	ok(opens(&e, &at, cell.p, cell.len - 65536 - CN_TAG) == 5,
	    "the last one dropped");
	ok(rearranged(&e, &at, &cell, 1, 2, true) == 5 &&
	    rearranged(&e, &at, &cell, 0, 64, true) == 5, "chunks swapped");
	free(p);
	cn_buf_release(&cell);
	end(&e);
}

static void
leaf_prf(struct env *e, int64_t leaf, uint8_t out[CN_HASH])
{
	if (cn_leaf_prf(e->k, leaf, "test", "x", 1, out, &e->err) == -1)
		memset(out, 0, CN_HASH);
}

static void
test_puncture(void)
{
	const struct cn_cell_at at = { CN_LEAF(CN_LEAF_PERSON, 500), "t", "r",
	    "c", 0 };
	uint8_t near[CN_HASH], gone[CN_HASH], again[CN_HASH], zero[CN_HASH];
	struct cn_buf cell = { 0 }, old;
	struct env e, other;

	start(&e);
	memset(zero, 0, sizeof(zero));
	leaf_prf(&e, at.leaf, gone);
	leaf_prf(&e, at.leaf + 1, near);
	if (cn_cell_seal(e.k, &at, "x", 1, &cell, &e.err) == -1)
		bail(&e);
	ok(opens(&e, &at, cell.p, cell.len) == 0 &&
	    memcmp(near, gone, CN_HASH) != 0, "control: both leaves live");
	old = slurp(&e, "keyring");
	other = e;
	other.k = NULL;
	open_keys(&other);
	ok(cn_keys_puncture(e.k, &at.leaf, 1, &e.err) == -1 &&
	    e.err.status == 70, "no puncture without the lock");
	puncture(&e, &at.leaf, 1);
	ok(opens(&e, &at, cell.p, cell.len) == 4, "punctured: status 4");
	ok(opens(&other, &at, cell.p, cell.len) == 0 &&
	    cn_keys_refresh(other.k, &e.err) == 0 &&
	    opens(&other, &at, cell.p, cell.len) == 4 &&
	    cn_keys_generation(other.k) == 2, "another process refreshes");
	cn_keys_close(other.k);
	open_keys(&e);
	leaf_prf(&e, at.leaf, again);
	ok(opens(&e, &at, cell.p, cell.len) == 4 &&
	    memcmp(again, zero, CN_HASH) == 0 &&
	    cn_leaf_state(e.k, at.leaf, &e.err) == 1, "still so when reopened");
	leaf_prf(&e, at.leaf + 1, again);
	ok(memcmp(again, near, CN_HASH) == 0 &&
	    cn_leaf_state(e.k, at.leaf - 1, &e.err) == 0, "neighbours live");
	puncture(&e, &at.leaf, 1);
	ok(cn_keys_generation(e.k) == 3, "again: one more generation");
	mkdir(in(&e, "keyring.new"), 0700);
	if (cn_keys_lock(e.k, 0, &e.err) == -1)
		bail(&e);
	ok(cn_keys_puncture(e.k, &(int64_t){ at.leaf + 1 }, 1, &e.err) == -1 &&
	    cn_keys_generation(e.k) == 3 &&
	    cn_leaf_state(e.k, at.leaf + 1, &e.err) == 0,
	    "a failed write changes nothing");
	rmdir(in(&e, "keyring.new"));
	ok(cn_keys_puncture(e.k, &(int64_t){ at.leaf + 1 }, 1, &e.err) == 0 &&
	    cn_keys_generation(e.k) == 4, "and the next one works");
	save(&e, "keyring", old.p, old.len);
	ok(cn_keys_refresh(e.k, &e.err) == 0 && cn_keys_generation(e.k) == 1 &&
	    opens(&e, &at, cell.p, cell.len) == 0,
	    "an older keyring shows by its generation");
	cn_buf_release(&cell);
	cn_buf_release(&old);
	end(&e);
}

/* How many nodes the smallest cover of 2^bits leaves has. */
static size_t
cover(const bool *gone, size_t n)
{
	size_t i;

	for (i = 0; i < n && !gone[i]; i++)
		;
	if (i == n)
		return 1;
	return n == 1 ? 0 : cover(gone, n / 2) + cover(gone + n / 2, n / 2);
}

#define MODEL 4096
static void
test_model(void)
{
	static uint8_t prf[MODEL][CN_HASH], now[CN_HASH];
	static bool gone[MODEL];
	int64_t batch[100], base = CN_LEAF(CN_LEAF_AGENT, 0);
	struct env e;
	size_t before, i, j, wrong = 0;

	start(&e);
	srand(20261123);
	before = cn_keys_nodes(e.k) - 1;
	for (i = 0; i < MODEL; i++)
		leaf_prf(&e, base + (int64_t)i, prf[i]);
	for (j = 0; j < 12; j++) {
		for (i = 0; i < 100; i++) {
			/* Every other batch is a run. */
			batch[i] = j % 2 ? (int64_t)(j * 300 + i) :
			    rand() % MODEL;
			gone[batch[i]] = true;
			batch[i] += base;
		}
		puncture(&e, batch, 100);
		open_keys(&e);
		/* From far to near, so that paths are shared in every way. */
		for (i = MODEL; i-- > 0;) {
			size_t at = i * 1579 % MODEL;

			leaf_prf(&e, base + (int64_t)at, now);
			if (cn_leaf_state(e.k, base + (int64_t)at, &e.err) !=
			    gone[at] || (!gone[at] &&
			    memcmp(now, prf[at], CN_HASH) != 0))
				wrong++;
		}
	}
	ok(wrong == 0, "1,200 punctures in batches against a model");
	ok(cn_keys_nodes(e.k) == before + cover(gone, MODEL) + 28,
	    "the cover is the smallest");
	end(&e);
}

#define ROUNDS 40
static void
take_leaves(const char *dir, int fd)
{
	struct cn_err err = { 0 };
	struct cn_keys *k = cn_keys_open(dir, NULL, &err);
	int64_t first;
	int i;

	for (i = 0; i < ROUNDS; i++)
		if (k == NULL || cn_leaf_reserve(k, CN_LEAF_MESSAGE, 0, 5,
		    &first, &err) == -1 || write(fd, &first, 8) != 8)
			_exit(1);
	cn_keys_close(k);
}

static void
test_reserve(void)
{
	static bool seen[2 * ROUNDS * 5 + 1];
	struct env e;
	int64_t first;
	int p[2], i, j, twice = 0, status = 1;
	pid_t pid;

	start(&e);
	fflush(stdout);
	if (pipe(p) == -1 || (pid = fork()) == -1)
		abort();
	take_leaves(e.dir, p[1]);
	if (pid == 0)
		_exit(0);
	waitpid(pid, &status, 0);
	close(p[1]);
	for (i = 0; read(p[0], &first, 8) == 8; i++)
		for (j = 0; j < 5; j++) {
			int64_t n = first + j - CN_LEAF(CN_LEAF_MESSAGE, 0);

			if (n < 1 || n > 2 * ROUNDS * 5 || seen[n])
				twice++;
			else
				seen[n] = true;
		}
	close(p[0]);
	ok(status == 0 && i == 2 * ROUNDS && twice == 0,
	    "two processes never get the same leaf");
	unlink(in(&e, "leaves"));
	ok(cn_leaf_reserve(e.k, CN_LEAF_MESSAGE, CN_LEAF(CN_LEAF_MESSAGE, 700),
	    1, &first, &e.err) == 0 &&
	    first == CN_LEAF(CN_LEAF_MESSAGE, 701),
	    "a lost file: the store's number holds");
	puncture(&e, &(int64_t){ CN_LEAF(CN_LEAF_MESSAGE, 900) }, 1);
	unlink(in(&e, "leaves"));
	ok(cn_leaf_reserve(e.k, CN_LEAF_MESSAGE, 0, 1, &first, &e.err) == 0 &&
	    first == CN_LEAF(CN_LEAF_MESSAGE, 901),
	    "and a punctured leaf is never given again");
	ok(cn_leaf_reserve(e.k, CN_LEAF_PERSON, first, 1, &first, &e.err) ==
	    -1, "a leaf of another kind is refused");
	save(&e, "leaves", "junk", 4);
	ok(cn_leaf_reserve(e.k, CN_LEAF_PERSON, 0, 1, &first, &e.err) == -1 &&
	    e.err.status == 5, "a damaged file: status 5");
	end(&e);
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static double
bench_leaves(struct env *e, int n, int64_t step)
{
	uint8_t out[CN_HASH];
	double t = now();
	int i;

	for (i = 0; i < n; i++)
		leaf_prf(e, CN_LEAF(CN_LEAF_PERSON, i * step % 1000003), out);
	return (now() - t) / n;
}

/* `crypt bench`: the figures that the design counts on. */
static void
bench(void)
{
	struct cn_cell_at at = { CN_LEAF(CN_LEAF_PERSON, 1), "message", "m",
	    "body", 0 };
	struct cn_buf text = { 0 }, cell = { 0 }, out = { 0 };
	int64_t *gone = cn_alloc(10000 * sizeof(*gone));
	struct stat st;
	struct env e;
	double t;
	int i, n = 5000;

	start(&e);
	/* Words of a small alphabet: about as dense as mail. */
	srand(1);
	while (text.len < 20000)
		cn_buf_fmt(&text, "%s%x ", rand() % 3 ? "order " : "",
		    (unsigned)rand() % 5000);
	for (t = now(), i = 0; i < n; i++) {
		cell.len = 0;
		if (cn_cell_seal(e.k, &at, text.p, text.len, &cell, &e.err))
			bail(&e);
	}
	printf("# seal 20 KB: %.1f us, to %zu\n", (now() - t) / n, cell.len);
	for (t = now(), i = 0; i < n; i++) {
		out.len = 0;
		if (cn_cell_open(e.k, &at, cell.p, cell.len, &out, &e.err))
			bail(&e);
	}
	printf("# open it: %.1f us\n", (now() - t) / n);
	for (t = now(), i = 0; i < n; i++) {
		cell.len = 0;
		if (cn_cell_seal(e.k, &at, "ann", 3, &cell, &e.err))
			bail(&e);
	}
	printf("# seal 3 bytes: %.2f us, to %zu\n", (now() - t) / n, cell.len);
	for (t = now(), i = 0; i < n; i++)
		if (cn_blind(e.k, "mid", "ann@example.com", 15,
		    (uint8_t[CN_HASH]){ 0 }, &e.err))
			bail(&e);
	printf("# blind: %.2f us\n", (now() - t) / n);
	printf("# leaf and its PRF: in order %.2f us, ", bench_leaves(&e,
	    20000, 1));
	printf("at random %.2f us\n", bench_leaves(&e, 20000, 611953));
	for (i = 0; i < 10000; i++)
		gone[i] = CN_LEAF(CN_LEAF_PERSON, ((unsigned)rand() << 12 ^
		    (unsigned)rand()) % 1000000);
	t = now();
	puncture(&e, gone, 10000);
	printf("# 10,000 punctures of a million: %.0f ms, %zu nodes, ",
	    (now() - t) / 1e3, cn_keys_nodes(e.k));
	stat(in(&e, "keyring"), &st);
	printf("%.2f MiB\n", (double)st.st_size / 1048576);
	t = now();
	open_keys(&e);
	printf("# open that keyring: %.1f ms\n", (now() - t) / 1e3);
	t = now();
	puncture(&e, &(int64_t){ CN_LEAF(CN_LEAF_PERSON, 5) }, 1);
	printf("# one more puncture: %.1f ms\n", (now() - t) / 1e3);
	free(gone);
	cn_buf_release(&text);
	cn_buf_release(&cell);
	cn_buf_release(&out);
	end(&e);
}

int
main(int argc, char **argv)
{
	(void)argv;
	if (argc > 1) {
		bench();
		return 0;
	}
	test_hmac();
	test_hkdf();
	test_small();
	test_random();
	test_cells();
	test_chunks();
	test_puncture();
	test_model();
	test_reserve();
	printf("1..%d\n", count);
	return failed > 0;
}
