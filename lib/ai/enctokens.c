/* enctokens.c - text to the encoder's pieces
 *
 * Unigram segmentation (Kudo 2018, arXiv:1804.10959) as the weights were
 * published with it, its quirks included, for other pieces would be other
 * words to the network: a sum of exactly 0 counts as none; where no piece
 * begins, one code point is unknown and costs nothing; of equal sums the later
 * start wins. */
#include <string.h>
#include <utf8proc.h>

#include "base/utf8.h"
#include "encoder_in.h"

#define MARK 0x2581u			/* the space before a word */
#define HASH 0x811c9dc5u

static uint32_t
step(uint32_t hash, uint32_t cp)
{
	return (hash ^ cp) * 0x9e3779b1u;
}

static uint32_t
place(uint32_t hash)
{
	return hash ^ hash >> 15;
}

/* Code points of a text; returns how many, 0 where it is ill-formed. */
static size_t
decode(struct cn_str text, uint32_t *cp, size_t max)
{
	size_t n = 0, at, len;

	for (at = 0; at < text.n; at += len) {
		len = n < max ? cn_utf8_get(text.p + at, text.n - at,
		    &cp[n++]) : 0;
		if (len == 0)
			return 0;
	}
	return n;
}

static struct cn_str
piece(const struct cn_encoder *e, size_t i)
{
	return (struct cn_str){ e->text + e->at[i], e->at[i + 1] - e->at[i] };
}

/* Is the piece spelled so? */
static bool
spelled(const struct cn_encoder *e, size_t i, const uint32_t *cp, size_t n)
{
	uint32_t own[CN_ENC_PIECE];

	return decode(piece(e, i), own, CN_ENC_PIECE) == n &&
	    memcmp(own, cp, n * sizeof(*cp)) == 0;
}

/* The slot of these code points, or a free one. */
static struct cn_enc_slot *
find(const struct cn_encoder *e, uint32_t hash, const uint32_t *cp, size_t n)
{
	uint32_t at = place(hash) & e->mask;

	for (; e->slot[at].id; at = (at + 1) & e->mask)
		if (e->slot[at].hash == hash && spelled(e, e->slot[at].id -
		    CN_ENC_RESERVED, cp, n))
			break;
	return &e->slot[at];
}

bool
cn_enc_index(struct cn_encoder *e)
{
	uint32_t size = 16, hash, cp[CN_ENC_PIECE];
	size_t i, j, n;

	while (size < 2 * e->pieces)
		size *= 2;
	e->mask = size - 1;
	e->slot = cn_alloc(size * sizeof(*e->slot));
	for (i = 0; i < e->pieces; i++) {
		n = decode(piece(e, i), cp, CN_ENC_PIECE);
		if (n == 0)
			return false;
		for (hash = HASH, j = 0; j < n; j++)
			hash = step(hash, cp[j]);
		/* The last of two alike holds. */
		*find(e, hash, cp, n) = (struct cn_enc_slot){ hash,
		    (uint32_t)(i + CN_ENC_RESERVED) };
		if (n > e->longest)
			e->longest = n;
	}
	return true;
}

/* NFKC, a mark in front and for each space; returns how many code points. */
static size_t
normal(struct cn_str text, utf8proc_int32_t **out, struct cn_arena *arena)
{
	const utf8proc_option_t how = UTF8PROC_STABLE | UTF8PROC_COMPAT |
	    UTF8PROC_COMPOSE;
	size_t cut = cn_utf8_cut(text.p, text.n, CN_ENCODER_TEXT), cap, i;
	struct cn_buf b = { 0 };
	utf8proc_ssize_t n;

	cn_utf8_repair(&b, text.p, cut);
	/* One of three bytes becomes 18 code points, and none more. */
	cap = 6 * b.len + 1;
	*out = cn_arena_alloc(arena, (cap + 1) * sizeof(**out));
	n = utf8proc_decompose((const utf8proc_uint8_t *)b.p,
	    (utf8proc_ssize_t)b.len, *out + 1, (utf8proc_ssize_t)cap, how);
	cn_buf_wipe(&b);
	if (n > 0 && (size_t)n <= cap)
		n = utf8proc_normalize_utf32(*out + 1, n, how);
	if (n <= 0 || (size_t)n > cap)
		return 0;
	(*out)[0] = MARK;
	for (i = 1; i <= (size_t)n; i++)
		if ((*out)[i] == ' ')
			(*out)[i] = MARK;
	return (size_t)n + 1;
}

struct node {				/* the end of a piece */
	double sum;
	uint32_t id;
	uint32_t len;			/* code points */
};

static void
reach(struct node *from, uint32_t len, uint32_t id, double score)
{
	double sum = score + from->sum;
	struct node *to = from + len;

	if (to->sum == 0 || sum >= to->sum)
		*to = (struct node){ sum, id, len };
}

size_t
cn_enc_tokens(const struct cn_encoder *e, struct cn_str text,
    uint32_t id[CN_ENCODER_TOKENS], struct cn_arena *arena)
{
	utf8proc_int32_t *cp;
	size_t n = normal(text, &cp, arena), i, j, k;
	struct node *node = cn_arena_alloc(arena, (n + 1) * sizeof(*node));
	uint32_t hash, *back;
	bool any;

	for (i = 0; i < n; i++) {
		any = false;
		hash = HASH;
		for (j = 1; j <= e->longest && i + j <= n; j++) {
			hash = step(hash, (uint32_t)cp[i + j - 1]);
			k = find(e, hash, (const uint32_t *)cp + i, j)->id;
			if (k == 0)
				continue;
			reach(&node[i], (uint32_t)j, (uint32_t)k,
			    e->score[k - CN_ENC_RESERVED]);
			any = true;
		}
		if (!any)
			reach(&node[i], 1, 0, 0);
	}
	back = cn_arena_alloc(arena, (n + 1) * sizeof(*back));
	for (k = 0, i = n; i > 0; i -= node[i].len ? node[i].len : 1)
		if (k == 0 || node[i].id || back[k - 1])
			back[k++] = node[i].id;
	for (n = 0; n < k && n < CN_ENCODER_TOKENS; n++)
		id[n] = back[k - 1 - n];
	return n;
}
