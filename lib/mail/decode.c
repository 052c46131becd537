/* decode.c - base64, quoted-printable and uuencode, one pass each */
#include "mime.h"

/* 0-63, or 64 and above for what is no base64 digit. */
static const unsigned char b64[256] = {
#define X4 99, 99, 99, 99
#define X16 X4, X4, X4, X4
	X16, X16, X4, X4, 99, 99, 99, 62, 99, 99, 99, 63,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, 99, 99, 99, 99, 99, 99,
	99, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 99, 99, 99, 99, 99,
	99, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, 99, 99, 99, 99, 99,
	X16, X16, X16, X16, X16, X16, X16, X16
};

static int hex(int c)
{
	if (cn_is_digit(c))
		return c - '0';
	c = cn_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Padding ends it: what follows is a footer that a mailing list added. */
size_t cn_mime_base64(char *out, struct cn_str in, bool *bad)
{
	const unsigned char *p = (const unsigned char *)in.p, *end = p + in.n;
	char *o = out;
	uint32_t acc = 0;
	int have = 0, pads = 0;

	while (p < end) {
		while (have == 0 && end - p >= 4) {
			unsigned a = b64[p[0]], b = b64[p[1]];
			unsigned c = b64[p[2]], d = b64[p[3]];

			if ((a | b | c | d) >= 64)
				break;
			acc = a << 18 | b << 12 | c << 6 | d;
			o[0] = (char)(acc >> 16);
			o[1] = (char)(acc >> 8);
			o[2] = (char)acc;
			o += 3;
			p += 4;
		}
		if (p == end)
			break;
		if (*p == '=' && have >= 2 && have + ++pads >= 4)
			break;
		if (b64[*p] < 64) {
			pads = 0;
			acc = acc << 6 | b64[*p];
			if (++have == 4) {
				*o++ = (char)(acc >> 16);
				*o++ = (char)(acc >> 8);
				*o++ = (char)acc;
				have = 0;
			}
		} else if (!cn_is_wsp(*p) && *p != '=') {
			*bad = true;
		}
		p++;
	}
	if (have == 1 || (have > 1 && p == end))
		*bad = true;
	if (have == 2) {
		*o++ = (char)(acc >> 4);
	} else if (have == 3) {
		*o++ = (char)(acc >> 10);
		*o++ = (char)(acc >> 2);
	}
	return (size_t)(o - out);
}

/* The bytes of white space and line end behind a '=' that make it a soft
 * line break; 0 if it is none. */
static size_t soft_break(const char *p, const char *end)
{
	const char *s = p;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (p < end && *p == '\r')
		p++;
	if (p < end && *p == '\n')
		return (size_t)(p + 1 - s);
	return p == end || (p > s && p[-1] == '\r') ? (size_t)(p - s) : 0;
}

size_t cn_mime_qp(char *out, struct cn_str in, bool word, bool *bad)
{
	const char *p = in.p, *end = p + in.n, *q;
	char *o = out;
	size_t n;
	int a, b;

	while (p < end) {
		q = memchr(p, '=', (size_t)(end - p));
		n = (size_t)((q ? q : end) - p);
		memcpy(o, p, n);
		if (word)
			for (size_t i = 0; i < n; i++)
				if (o[i] == '_')
					o[i] = ' ';
		o += n;
		if (!q)
			break;
		p = q + 1;
		a = p < end ? hex((unsigned char)p[0]) : -1;
		b = end - p > 1 ? hex((unsigned char)p[1]) : -1;
		if (a >= 0 && b >= 0) {
			*o++ = (char)(a << 4 | b);
			p += 2;
			continue;
		}
		if (p == end && !word)
			break;
		if (!word && (n = soft_break(p, end)) > 0) {
			p += n;
			continue;
		}
		*bad = true;
		*o++ = '=';
		if (p < end && *p == '=')
			p++;
	}
	return (size_t)(o - out);
}

size_t cn_mime_uu(char *out, struct cn_str in)
{
	const char *p = in.p, *end = p + in.n, *nl;
	char *o = out;
	bool on = false;

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (!nl)
			nl = end;
		if (!on) {
			on = nl - p > 6 && memcmp(p, "begin ", 6) == 0;
			continue;
		}
		if (nl - p >= 3 && memcmp(p, "end", 3) == 0)
			break;
		size_t want = (size_t)(p[0] - ' ') & 63, got = 0;

		for (p++; nl - p >= 4 && got < want; p += 4) {
			uint32_t v = 0;

			for (int i = 0; i < 4; i++)
				v = v << 6 | ((unsigned)(p[i] - ' ') & 63);
			for (int i = 16; i >= 0 && got < want; i -= 8, got++)
				*o++ = (char)(v >> i);
		}
	}
	return (size_t)(o - out);
}
