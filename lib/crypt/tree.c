/* The puncturable tree.  A tree has 2^40 leaves; its cover starts as the root
 * alone.  Puncturing a leaf replaces the node above it by the siblings on the
 * way down, so the cover stays the smallest one that keeps all others. */
#include <string.h>

#include "keys_int.h"

static uint64_t
first(const struct cn_node *n)
{
	return n->at >> 8;
}

static int
depth(const struct cn_node *n)
{
	return (int)(n->at & 0xff);
}

static uint64_t
width(int d)
{
	return (uint64_t)1 << (CN_TREE_DEPTH - d);
}

static void
child(uint8_t out[CN_KEY], const uint8_t node[CN_KEY], int bit)
{
	uint8_t msg[] = { 0, 'c', 'n', '-', 't', 'r', 'e', 'e' };

	msg[0] = (uint8_t)bit;
	cn_hmac(out, node, msg, sizeof(msg));
}

static void
reserve(struct cn_tree *t, size_t n)
{
	t->n = n;
	t->v = cn_keymem(n * sizeof(*t->v));
}

void
cn_tree_new(struct cn_tree *t)
{
	reserve(t, 1);
	cn_random(t->v[0].key, CN_KEY);
}

void
cn_tree_free(struct cn_tree *t)
{
	cn_keymem_free(t->v, t->n * sizeof(*t->v));
	t->v = NULL;
	t->n = 0;
}

void
cn_tree_copy(struct cn_tree *to, const struct cn_tree *from)
{
	if (from->v == NULL)
		return;
	reserve(to, from->n);
	memcpy(to->v, from->v, from->n * sizeof(*to->v));
}

static const struct cn_node *
find(const struct cn_tree *t, uint64_t num)
{
	size_t lo = 0, hi = t->n, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (first(&t->v[mid]) <= num)
			lo = mid + 1;
		else
			hi = mid;
	}
	if (lo == 0)
		return NULL;
	if (num - first(&t->v[lo - 1]) >= width(depth(&t->v[lo - 1])))
		return NULL;
	return &t->v[lo - 1];
}

bool
cn_tree_has(const struct cn_tree *t, uint64_t num)
{
	return find(t, num) != NULL;
}

const uint8_t *
cn_tree_leaf(const struct cn_tree *t, struct cn_path *w, uint64_t num)
{
	const struct cn_node *n = find(t, num);
	int d;

	if (n == NULL)
		return NULL;
	d = depth(n);
	if (w->valid && w->last - first(n) < width(d)) {
		while (d < CN_TREE_DEPTH && (w->last ^ num) < width(d + 1))
			d++;
	} else {
		memcpy(w->key[d], n->key, CN_KEY);
	}
	w->valid = true;
	w->last = num;
	for (; d < CN_TREE_DEPTH; d++)
		child(w->key[d + 1], w->key[d],
		    num >> (CN_TREE_DEPTH - 1 - d) & 1);
	return w->key[CN_TREE_DEPTH];
}

/* What is left below a node: counted when t->v is NULL, else written. */
static void
split(struct cn_tree *t, const uint8_t key[CN_KEY], uint64_t at, int d,
    const uint64_t *num, size_t n)
{
	uint8_t k[CN_KEY] = { 0 };
	uint64_t mid;
	size_t left = 0;

	if (n == 0) {
		if (t->v != NULL) {
			t->v[t->n].at = at << 8 | (uint64_t)d;
			memcpy(t->v[t->n].key, key, CN_KEY);
		}
		t->n++;
		return;
	}
	if (d == CN_TREE_DEPTH)
		return;
	mid = at + width(d + 1);
	while (left < n && num[left] < mid)
		left++;
	if (t->v != NULL)
		child(k, key, 0);
	split(t, k, at, d + 1, num, left);
	if (t->v != NULL)
		child(k, key, 1);
	split(t, k, mid, d + 1, num + left, n - left);
	cn_wipe(k, sizeof(k));
}

static void
cut(struct cn_tree *out, const struct cn_tree *t, const uint64_t *num,
    size_t n)
{
	const struct cn_node *v;
	size_t i, end, at = 0;

	out->n = 0;
	for (i = 0; i < t->n; i++) {
		v = &t->v[i];
		while (at < n && num[at] < first(v))
			at++;
		for (end = at; end < n; end++)
			if (num[end] - first(v) >= width(depth(v)))
				break;
		split(out, v->key, first(v), depth(v), num + at, end - at);
		at = end;
	}
}

void
cn_tree_puncture(const struct cn_tree *t, const uint64_t *num, size_t n,
    struct cn_tree *out)
{
	out->v = NULL;
	cut(out, t, num, n);
	reserve(out, out->n);
	cut(out, t, num, n);
}

uint64_t
cn_tree_above(const struct cn_tree *t)
{
	uint64_t end = width(0);
	size_t i;

	for (i = t->n; i > 0; i--) {
		if (first(&t->v[i - 1]) + width(depth(&t->v[i - 1])) != end)
			break;
		end = first(&t->v[i - 1]);
	}
	return end;
}

/* In the file a node is its depth and key; a node that does not follow the
 * one before has the top bit set and the gap as LEB128 behind the depth. */
size_t
cn_tree_size(const struct cn_tree *t)
{
	return 4 + t->n * (1 + 6 + CN_KEY);
}

void
cn_tree_write(const struct cn_tree *t, struct cn_buf *out)
{
	uint64_t gap, pos = 0;
	uint8_t n[4];
	size_t i;
	int d;

	cn_put32(n, (uint32_t)t->n);
	cn_buf_add(out, n, sizeof(n));
	for (i = 0; i < t->n; i++) {
		d = depth(&t->v[i]);
		gap = first(&t->v[i]) - pos;
		cn_buf_ch(out, gap > 0 ? d | 0x80 : d);
		for (; gap > 0x7f; gap >>= 7)
			cn_buf_ch(out, (int)(gap & 0x7f) | 0x80);
		if (gap > 0)
			cn_buf_ch(out, (int)gap);
		cn_buf_add(out, t->v[i].key, CN_KEY);
		pos = first(&t->v[i]) + width(d);
	}
}

static uint64_t
read_gap(struct cn_rd *r)
{
	uint64_t gap = 0, byte;
	int shift = 0;

	do {
		byte = cn_rd_int(r, 1);
		gap |= (byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80 && shift < 42);
	if (byte & 0x80)
		r->bad = true;
	return gap;
}

bool
cn_tree_read(struct cn_tree *t, struct cn_rd *r)
{
	uint64_t n, byte, pos = 0;
	const uint8_t *key;
	size_t i;
	int d;

	n = cn_rd_int(r, 4);
	if (r->bad || n > r->n / (1 + CN_KEY))
		return false;
	reserve(t, (size_t)n);
	for (i = 0; i < n; i++) {
		byte = cn_rd_int(r, 1);
		if (byte & 0x80)
			pos += read_gap(r);
		d = (int)(byte & 0x7f);
		key = cn_rd_bytes(r, CN_KEY);
		if (key == NULL || d > CN_TREE_DEPTH || pos >= width(0) ||
		    pos % width(d) != 0)
			return false;
		t->v[i].at = pos << 8 | (uint64_t)d;
		memcpy(t->v[i].key, key, CN_KEY);
		pos += width(d);
	}
	return true;
}
