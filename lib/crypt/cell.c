/* Sealed cells (layout in keys.h).  Each has a key of its own by its salt, so
 * that the nonce can be the counter of the chunk and the mark of the last one
 * (the STREAM construction: Hoang, Reyhanitabar, Rogaway, Vizár 2015). */
#include <string.h>

#include <openssl/evp.h>

#include "keys_int.h"

#define HEAD 32
#define CHUNK 65536
#define SALT 16
#define LEN 4
#define DEFLATED 1
#define CELL_MAX ((size_t)1 << 30)
#define SCRATCH_KEEP ((size_t)1 << 20)

/* Padme (Nikitin and others 2019): keeps the top bits of a length, so that it
 * tells at most log log n bits, and grows by 12 per cent at most. */
static size_t
padme(size_t n)
{
	size_t mask;
	int e = 0, s = 0;

	while (n >> e > 1)
		e++;
	while (e >> s > 0)
		s++;
	if (e <= s)
		return n;
	mask = ((size_t)1 << (e - s)) - 1;
	return (n + mask) & ~mask;
}

static size_t
framed(uint8_t *to, const char *s)
{
	size_t n = strlen(s);

	cn_put32(to, (uint32_t)n);
	memcpy(to + 4, s, n);
	return 4 + n;
}

static int
cell_key(struct cn_keys *k, const struct cn_cell_at *at,
    const uint8_t head[HEAD], uint8_t key[CN_KEY], struct cn_err *err)
{
	uint8_t info[1024] = "cn-cell";
	const uint8_t *leaf;
	size_t n = 8;

	if (strlen(at->table) + strlen(at->row) + strlen(at->column) >
	    sizeof(info) - 32)
		return cn_fail(err, CN_INTERNAL, "cell address too long");
	if (cn_leaf_key(k, at->leaf, &leaf, err) == -1)
		return -1;
	n += framed(info + n, at->table);
	n += framed(info + n, at->row);
	n += framed(info + n, at->column);
	cn_put32(info + n, at->chunk);
	memcpy(info + n + 4, head + 4, 4);		/* epoch */
	cn_hkdf(key, leaf, CN_KEY, head + HEAD - SALT, SALT, info, n + 8);
	return 0;
}

static void
chunk_nonce(uint8_t nonce[CN_NONCE], size_t chunk, bool last)
{
	memset(nonce, 0, CN_NONCE);
	cn_put32(nonce, (uint32_t)chunk);
	nonce[CN_NONCE - 1] = last;
}

static void
scratch_done(struct cn_keys *k)
{
	if (k->scratch.cap > SCRATCH_KEEP) {
		cn_buf_wipe(&k->scratch);
		memset(&k->scratch, 0, sizeof(k->scratch));
	} else {
		cn_wipe(k->scratch.p, k->scratch.len);
		k->scratch.len = 0;
	}
}

/* The padded plain text of a cell, its length in *total; returns the flags. */
static int
pack(struct cn_keys *k, const void *p, size_t n, uint8_t *to, size_t *total)
{
	size_t len = cn_pack(k, p, n, to + LEN), end;

	cn_put32(to, (uint32_t)n);
	if (len == 0 && n > 0)
		memcpy(to + LEN, p, n);
	end = LEN + (len > 0 ? len : n);
	*total = padme(end);
	memset(to + end, 0, *total - end);
	return len > 0 ? DEFLATED : 0;
}

/* The bytes of chunk i of a cell that has `left` of it and what follows. */
static size_t
chunk_of(size_t left)
{
	return left < CHUNK + CN_TAG ? left : CHUNK + CN_TAG;
}

/* What stays open has version 0, the flags, and room where tags will be: it is
 * packed behind that room, and its chunks move to where they belong. */
int
cn_cell_pack(struct cn_keys *k, const void *p, size_t n, struct cn_buf *out,
    struct cn_err *err)
{
	size_t most = padme(LEN + n), left, part;
	size_t room = HEAD + (most / CHUNK + 1) * CN_TAG;
	uint8_t *cell, *from, *to;

	if (n > CELL_MAX)
		return cn_fail(err, CN_INTERNAL, "cell of %zu bytes: split it",
		    n);
	cn_buf_reserve(out, room + most);
	cell = (uint8_t *)out->p + out->len;
	memset(cell, 0, HEAD);
	from = cell + room;
	cell[2] = (uint8_t)pack(k, p, n, from, &left);
	for (to = cell + HEAD; left > 0; left -= part) {
		part = left < CHUNK ? left : CHUNK;
		memmove(to, from, part);
		to += part + CN_TAG;
		from += part;
	}
	cn_wipe(to, (size_t)(from > to ? from - to : 0));
	out->len = (size_t)((char *)to - out->p);
	out->p[out->len] = '\0';
	return 0;
}

/* In place, chunk by chunk. */
static void
seal_chunks(struct cn_keys *k, const uint8_t key[CN_KEY], uint8_t *cell,
    size_t n)
{
	EVP_CIPHER_CTX *c = k->seal;
	uint8_t nonce[CN_NONCE], *p = cell + HEAD;
	size_t left = n - HEAD, part, i;
	int len;

	for (i = 0; left > 0; i++) {
		part = chunk_of(left);
		chunk_nonce(nonce, i, part == left);
		cn_must(EVP_EncryptInit_ex(c, NULL, NULL, i == 0 ? key : NULL,
		    nonce));
		cn_must(EVP_EncryptUpdate(c, NULL, &len, cell, HEAD));
		cn_must(EVP_EncryptUpdate(c, p, &len, p,
		    (int)(part - CN_TAG)));
		cn_must(EVP_EncryptFinal_ex(c, p + part - CN_TAG, &len));
		cn_must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_GET_TAG, CN_TAG,
		    p + part - CN_TAG));
		p += part;
		left -= part;
	}
}

int
cn_cell_close(struct cn_keys *k, const struct cn_cell_at *at, void *p,
    size_t n, struct cn_err *err)
{
	int class = cn_leaf_class(at->leaf);
	uint8_t *cell = p, head[HEAD] = { 1 }, key[CN_KEY];

	if (n <= HEAD + CN_TAG || cell[0] != 0)
		return cn_fail(err, CN_INTERNAL, "no cell to be sealed");
	head[1] = (uint8_t)class;
	head[2] = cell[2];
	cn_put32(head + 4, k->ring->epoch[class]);
	cn_put64(head + 8, (uint64_t)at->leaf);
	cn_random(head + HEAD - SALT, SALT);
	if (cell_key(k, at, head, key, err) == -1)
		return cn_wrap(err, "%s.%s", at->table, at->column);
	if (k->seal == NULL) {
		k->seal = EVP_CIPHER_CTX_new();
		cn_must(k->seal != NULL && EVP_EncryptInit_ex(k->seal,
		    EVP_aes_256_gcm(), NULL, NULL, NULL));
	}
	memcpy(cell, head, HEAD);
	seal_chunks(k, key, cell, n);
	cn_wipe(key, sizeof(key));
	return 0;
}

int
cn_cell_seal(struct cn_keys *k, const struct cn_cell_at *at, const void *p,
    size_t n, struct cn_buf *out, struct cn_err *err)
{
	size_t was = out->len;

	if (cn_cell_pack(k, p, n, out, err) == -1)
		return -1;
	if (cn_cell_close(k, at, out->p + was, out->len - was, err) == 0)
		return 0;
	/* Not one byte of it stays in the clear. */
	cn_wipe(out->p + was, out->len - was);
	out->len = was;
	return -1;
}

/* Decrypts into scratch; false: forged, cut, or chunks out of place. */
static bool
open_chunks(struct cn_keys *k, const uint8_t key[CN_KEY],
    const uint8_t *cell, size_t n)
{
	EVP_CIPHER_CTX *c = k->open;
	const uint8_t *in = cell + HEAD;
	uint8_t nonce[CN_NONCE], tag[CN_TAG], *to;
	size_t left = n - HEAD, part, i;
	int len;

	k->scratch.len = 0;
	cn_buf_reserve(&k->scratch, left);
	for (i = 0; left > 0; i++) {
		part = chunk_of(left);
		if (part <= CN_TAG)
			return false;
		to = (uint8_t *)k->scratch.p + k->scratch.len;
		chunk_nonce(nonce, i, part == left);
		memcpy(tag, in + part - CN_TAG, CN_TAG);
		cn_must(EVP_DecryptInit_ex(c, NULL, NULL, i == 0 ? key : NULL,
		    nonce));
		cn_must(EVP_DecryptUpdate(c, NULL, &len, cell, HEAD));
		cn_must(EVP_DecryptUpdate(c, to, &len, in,
		    (int)(part - CN_TAG)));
		cn_must(EVP_CIPHER_CTX_ctrl(c, EVP_CTRL_AEAD_SET_TAG, CN_TAG,
		    tag));
		k->scratch.len += part - CN_TAG;
		if (EVP_DecryptFinal_ex(c, to + part - CN_TAG, &len) != 1)
			return false;
		in += part;
		left -= part;
	}
	return i > 0;
}

/* Scratch to out; the true length bounds what comes out of deflate. */
static bool
unpack(struct cn_keys *k, int flags, struct cn_buf *out)
{
	const uint8_t *in = (const uint8_t *)k->scratch.p;
	size_t n, left = k->scratch.len;

	if (left < LEN)
		return false;
	n = cn_get32(in);
	left -= LEN;
	if (n > CELL_MAX || (!(flags & DEFLATED) && n > left))
		return false;
	cn_buf_reserve(out, n + 1);
	if (flags & DEFLATED) {
		if (!cn_unpack(k, in + LEN, left, out->p + out->len, n))
			return false;
	} else if (n > 0) {
		memcpy(out->p + out->len, in + LEN, n);
	}
	out->len += n;
	out->p[out->len] = '\0';
	return true;
}

int
cn_cell_plain(struct cn_keys *k, const void *p, size_t n, struct cn_buf *out,
    struct cn_err *err)
{
	const uint8_t *cell = p;
	size_t left = n > HEAD ? n - HEAD : 0, part;
	bool ok;

	k->scratch.len = 0;
	for (p = cell + HEAD; left > CN_TAG; left -= part) {
		part = chunk_of(left);
		cn_buf_add(&k->scratch, p, part - CN_TAG);
		p = (const uint8_t *)p + part;
	}
	ok = left == 0 && cell[0] == 0 && unpack(k, cell[2], out);
	scratch_done(k);
	return ok ? 0 : cn_fail(err, CN_INTERNAL, "no open cell");
}

int64_t
cn_cell_leaf(const void *p, size_t n)
{
	const uint8_t *cell = p;
	int64_t leaf;

	if (n < HEAD + LEN + CN_TAG || cell[0] != 1 || cell[2] & ~DEFLATED ||
	    cell[3] != 0 || cell[15] & 0x80)
		return -1;
	leaf = (int64_t)cn_get64(cell + 8);
	return cell[1] != 0 && cn_leaf_class(leaf) == cell[1] ? leaf : -1;
}

int
cn_cell_open(struct cn_keys *k, const struct cn_cell_at *at, const void *p,
    size_t n, struct cn_buf *out, struct cn_err *err)
{
	const uint8_t *cell = p;
	uint8_t key[CN_KEY];
	bool ok;

	if (at->leaf < 0 || cn_cell_leaf(p, n) != at->leaf ||
	    n > 2 * CELL_MAX)
		return cn_fail(err, CN_INTEGRITY, "%s.%s of %s: not its cell",
		    at->table, at->column, at->row);
	if (cell_key(k, at, cell, key, err) == -1)
		return cn_wrap(err, "%s.%s", at->table, at->column);
	if (k->open == NULL) {
		k->open = EVP_CIPHER_CTX_new();
		cn_must(k->open != NULL && EVP_DecryptInit_ex(k->open,
		    EVP_aes_256_gcm(), NULL, NULL, NULL));
	}
	ok = open_chunks(k, key, cell, n) && unpack(k, cell[2], out);
	scratch_done(k);
	cn_wipe(key, sizeof(key));
	if (ok)
		return 0;
	return cn_fail(err, CN_INTEGRITY,
	    "%s.%s of %s: forged, moved or damaged", at->table, at->column,
	    at->row);
}
