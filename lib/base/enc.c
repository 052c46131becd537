#include "base/enc.h"

void cn_hex(char *out, const void *data, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	const unsigned char *p = data;
	size_t i;

	for (i = 0; i < n; i++) {
		out[2 * i] = digit[p[i] >> 4];
		out[2 * i + 1] = digit[p[i] & 15];
	}
	out[2 * n] = '\0';
}

static int value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool cn_unhex(void *out, const char *s, size_t n)
{
	unsigned char *p = out;
	size_t i;
	int hi, lo;

	for (i = 0; i < n; i++) {
		if ((hi = value(s[2 * i])) < 0 || (lo = value(s[2 * i + 1])) < 0)
			return false;
		p[i] = (unsigned char)(hi << 4 | lo);
	}
	return true;
}

void cn_base64(struct cn_buf *b, const void *data, size_t n)
{
	static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	const unsigned char *p = data;
	size_t i;

	cn_buf_reserve(b, (n + 2) / 3 * 4);
	for (i = 0; i < n; i += 3) {
		uint32_t v = (uint32_t)p[i] << 16;

		if (i + 1 < n)
			v |= (uint32_t)p[i + 1] << 8;
		if (i + 2 < n)
			v |= p[i + 2];
		cn_buf_ch(b, abc[v >> 18]);
		cn_buf_ch(b, abc[v >> 12 & 63]);
		cn_buf_ch(b, i + 1 < n ? abc[v >> 6 & 63] : '=');
		cn_buf_ch(b, i + 2 < n ? abc[v & 63] : '=');
	}
}

void cn_base32(char *out, const void *data, size_t n)
{
	static const char abc[] = "abcdefghijklmnopqrstuvwxyz234567";
	const unsigned char *p = data;
	uint32_t acc = 0;
	int bits = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		acc = acc << 8 | p[i];
		bits += 8;
		while (bits >= 5) {
			bits -= 5;
			*out++ = abc[acc >> bits & 31];
		}
	}
	if (bits > 0)
		*out++ = abc[acc << (5 - bits) & 31];
	*out = '\0';
}
