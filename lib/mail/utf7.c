/* utf7.c - modified UTF-7 for the names of mailboxes (RFC 3501, 5.1.3) */
#include <string.h>

#include "base/utf8.h"
#include "imap.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+,";

static bool control(uint32_t cp)
{
	return cp < 0x20 || (cp >= 0x7f && cp < 0xa0);
}

/* Sixteen bits into the base64 that is open; flushes six at a time. */
struct bits {
	uint32_t v;
	unsigned n;
};

static void put16(struct cn_buf *out, struct bits *b, uint32_t unit)
{
	b->v = b->v << 16 | unit;
	for (b->n += 16; b->n >= 6; b->n -= 6)
		cn_buf_ch(out, alphabet[b->v >> (b->n - 6) & 63]);
	b->v &= (1u << b->n) - 1;
}

static void shift_out(struct cn_buf *out, struct bits *b)
{
	if (b->n)
		cn_buf_ch(out, alphabet[b->v << (6 - b->n) & 63]);
	cn_buf_ch(out, '-');
	*b = (struct bits){ 0 };
}

bool cn_utf7_encode(struct cn_buf *out, const char *utf8)
{
	size_t n = strlen(utf8), was = out->len, len;
	struct bits b = { 0 };
	bool shifted = false;
	uint32_t cp;

	for (size_t i = 0; i < n; i += len) {
		len = cn_utf8_get(utf8 + i, n - i, &cp);
		if (len == 0 || control(cp)) {
			out->len = was;
			return false;
		}
		if (shifted && cp < 0x80) {
			shift_out(out, &b);
			shifted = false;
		}
		if (cp < 0x80) {
			cn_buf_ch(out, (int)cp);
			if (cp == '&')
				cn_buf_ch(out, '-');
			continue;
		}
		if (!shifted)
			cn_buf_ch(out, '&');
		shifted = true;
		if (cp >= 0x10000) {
			put16(out, &b, 0xd800 + ((cp - 0x10000) >> 10));
			cp = 0xdc00 + ((cp - 0x10000) & 0x3ff);
		}
		put16(out, &b, cp);
	}
	if (shifted)
		shift_out(out, &b);
	return true;
}

/* From behind '&' to '-': how many bytes, 0 where it is ill-formed. */
static size_t shifted_text(struct cn_buf *out, const char *p, size_t n)
{
	uint32_t v = 0, high = 0;
	unsigned bits = 0;
	size_t i;

	for (i = 0; i < n && p[i] != '-'; i++) {
		const char *at = p[i] ? strchr(alphabet, p[i]) : NULL;
		uint32_t unit;

		if (!at)
			return 0;
		v = (v << 6 | (uint32_t)(at - alphabet)) & 0x3fffff;
		bits += 6;
		if (bits < 16)
			continue;
		bits -= 16;
		unit = v >> bits & 0xffff;
		if (unit >= 0xd800 && unit < 0xdc00) {
			if (high)
				return 0;
			high = unit;
			continue;
		}
		if ((unit >= 0xdc00 && unit < 0xe000) != (high != 0))
			return 0;
		if (high)
			unit = 0x10000 + ((high - 0xd800) << 10) +
			    (unit - 0xdc00);
		high = 0;
		cn_utf8_put(out, unit);
	}
	return i == n || high ? 0 : i + 1;
}

/* What would not be written the same way is refused as well: two names on the
 * wire must not be one for us. */
bool cn_utf7_decode(struct cn_buf *out, struct cn_str wire)
{
	struct cn_buf again = { 0 };
	size_t was = out->len, used;
	bool good = true;

	cn_buf_reserve(out, wire.n);
	for (size_t i = 0; good && i < wire.n; i += used) {
		used = 1;
		if (wire.p[i] != '&') {
			good = !control((unsigned char)wire.p[i]) &&
			    (unsigned char)wire.p[i] < 0x80;
			cn_buf_ch(out, wire.p[i]);
		} else if (i + 1 < wire.n && wire.p[i + 1] == '-') {
			cn_buf_ch(out, '&');
			used = 2;
		} else {
			used = 1 + shifted_text(out, wire.p + i + 1,
			    wire.n - i - 1);
			good = used > 1;
		}
	}
	good = good && cn_utf7_encode(&again, out->p + was) &&
	    again.len == wire.n &&
	    (wire.n == 0 || memcmp(again.p, wire.p, wire.n) == 0);
	cn_buf_release(&again);
	if (!good)
		out->len = was;
	return good;
}
