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
static size_t base64(struct cn_decoder *d, char *out, struct cn_str in)
{
	const unsigned char *p = (const unsigned char *)in.p, *end = p + in.n;
	uint32_t acc = d->acc;
	int have = d->have;
	char *o = out;

	while (p < end && !d->ended) {
		while (have == 0 && end - p >= 4) {
			unsigned a = b64[p[0]], b = b64[p[1]];
			unsigned c = b64[p[2]], e = b64[p[3]];

			if ((a | b | c | e) >= 64)
				break;
			acc = a << 18 | b << 12 | c << 6 | e;
			o[0] = (char)(acc >> 16);
			o[1] = (char)(acc >> 8);
			o[2] = (char)acc;
			o += 3;
			p += 4;
		}
		if (p == end)
			break;
		if (*p == '=' && have >= 2 && have + ++d->pads >= 4) {
			d->ended = true;
			break;
		}
		if (b64[*p] < 64) {
			d->pads = 0;
			acc = acc << 6 | b64[*p];
			if (++have == 4) {
				*o++ = (char)(acc >> 16);
				*o++ = (char)(acc >> 8);
				*o++ = (char)acc;
				have = 0;
			}
		} else if (!cn_is_wsp(*p) && *p != '=') {
			d->bad = true;
		}
		p++;
	}
	d->acc = acc;
	d->have = have;
	return (size_t)(o - out);
}

static size_t base64_end(struct cn_decoder *d, char *out)
{
	char *o = out;

	if (d->have > 0 && !d->ended)
		d->bad = true;
	if (d->have == 2) {
		*o++ = (char)(d->acc >> 4);
	} else if (d->have == 3) {
		*o++ = (char)(d->acc >> 10);
		*o++ = (char)(d->acc >> 2);
	}
	return (size_t)(o - out);
}

size_t cn_mime_base64(char *out, struct cn_str in, bool *bad)
{
	struct cn_decoder d = { .encoding = CN_ENC_BASE64 };
	size_t n = base64(&d, out, in);

	n += base64_end(&d, out + n);
	*bad |= d.bad;
	return n;
}

#define STRIDE 64

/* All of a stride at once, for the compiler makes vectors of this. */
static bool stride(const unsigned char *p, unsigned *digits)
{
	unsigned char n = 0, other = 0;

	for (int i = 0; i < STRIDE; i++) {
		unsigned char c = p[i], l = c | 32;
		unsigned char digit = (unsigned char)((l >= 'a') & (l <= 'z')) |
		    (unsigned char)((c >= '0') & (c <= '9')) |
		    (unsigned char)(c == '+') | (unsigned char)(c == '/');

		n = (unsigned char)(n + digit);
		other |= (unsigned char)!(digit | (c == '\n') | (c == '\r'));
	}
	*digits += n;
	return !other;
}

uint64_t cn_mime_base64_size(struct cn_str in, bool *bad)
{
	struct cn_decoder d = { .encoding = CN_ENC_BASE64 };
	const unsigned char *p = (const unsigned char *)in.p;
	char out[STRIDE];
	uint64_t size = 0;
	unsigned digits;
	size_t n;

	for (; in.n > 0 && !d.ended; p += n, in.n -= n) {
		n = in.n < STRIDE ? in.n : STRIDE;
		digits = (unsigned)d.have;
		if (n == STRIDE && d.pads == 0 && stride(p, &digits)) {
			size += digits / 4 * 3;
			d.have = (int)(digits % 4);
		} else {
			size += base64(&d, out, (struct cn_str){
			    (const char *)p, n });
		}
	}
	size += base64_end(&d, out);
	*bad |= d.bad;
	return size;
}

#define UNDECIDED SIZE_MAX

/* The bytes of white space and line end behind a '=' that make it a soft
 * line break; 0 if it is none.  Where more may come the last bytes can leave
 * it undecided. */
static size_t soft_break(const char *p, const char *end, bool last)
{
	const char *s = p;

	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	if (p - s > CN_MAIL_LINE)
		return 0;
	if (p < end && *p == '\r')
		p++;
	if (p == end && !last)
		return UNDECIDED;
	if (p < end && *p == '\n')
		return (size_t)(p + 1 - s);
	return p == end || (p > s && p[-1] == '\r') ? (size_t)(p - s) : 0;
}

/* last: no more will come; else stops before what more may change and says
 * in *used how far it got. */
static size_t qp(char *out, struct cn_str in, bool word, bool last,
    size_t *used, bool *bad)
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
		p += n;
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
		if (!last && (p == end || (a >= 0 && end - p == 1))) {
			p = q;
			break;
		}
		if (p == end && !word)
			break;
		if (!word && (n = soft_break(p, end, last)) > 0) {
			if (n == UNDECIDED) {
				p = q;
				break;
			}
			p += n;
			continue;
		}
		*bad = true;
		*o++ = '=';
		if (p < end && *p == '=')
			p++;
	}
	*used = (size_t)(p - in.p);
	return (size_t)(o - out);
}

size_t cn_mime_qp(char *out, struct cn_str in, bool word, bool *bad)
{
	size_t used;

	return qp(out, in, word, true, &used, bad);
}

/* One line without its end, cut where no digits can be any more. */
static size_t uu_line(struct cn_decoder *d, char *out)
{
	const char *p = d->line, *end = p + d->have;
	size_t want = (size_t)(d->have > 0 ? p[0] - ' ' : 0) & 63, got = 0;
	char *o = out;

	if (d->ended) {
		;
	} else if (!d->on) {
		d->on = d->have > 6 && memcmp(p, "begin ", 6) == 0;
	} else if (d->have >= 3 && memcmp(p, "end", 3) == 0) {
		d->ended = true;
	} else {
		for (p++; end - p >= 4 && got < want; p += 4) {
			uint32_t v = 0;

			for (int i = 0; i < 4; i++)
				v = v << 6 | ((unsigned)(p[i] - ' ') & 63);
			for (int i = 16; i >= 0 && got < want; i -= 8, got++)
				*o++ = (char)(v >> i);
		}
	}
	d->have = 0;
	return (size_t)(o - out);
}

static size_t uu(struct cn_decoder *d, char *out, struct cn_str in)
{
	char *o = out;

	for (size_t i = 0; i < in.n && !d->ended; i++)
		if (in.p[i] == '\n')
			o += uu_line(d, o);
		else if (d->have < (int)sizeof(d->line))
			d->line[d->have++] = in.p[i];
	return (size_t)(o - out);
}

size_t cn_mime_uu(char *out, struct cn_str in)
{
	struct cn_decoder d = { .encoding = CN_ENC_UU };
	size_t n = uu(&d, out, in);

	return n + uu_line(&d, out + n);
}

enum cn_encoding cn_mime_encoding(const char *s)
{
	if (!*s || strcmp(s, "7bit") == 0 || strcmp(s, "8bit") == 0 ||
	    strcmp(s, "binary") == 0)
		return CN_ENC_NONE;
	if (strcmp(s, "base64") == 0)
		return CN_ENC_BASE64;
	if (strcmp(s, "quoted-printable") == 0)
		return CN_ENC_QP;
	return strstr(s, "uue") ? CN_ENC_UU : CN_ENC_UNKNOWN;
}

/* What more may change is kept for the next piece. */
static void qp_piece(struct cn_decoder *d, struct cn_buf *out,
    struct cn_str in, bool last)
{
	bool held = d->held.len > 0;
	size_t used;

	if (held) {
		cn_buf_add(&d->held, in.p, in.n);
		in = cn_buf_view(&d->held);
	}
	cn_buf_reserve(out, in.n);
	out->len += qp(out->p + out->len, in, false, last, &used, &d->bad);
	if (!held) {
		cn_buf_add(&d->held, in.p + used, in.n - used);
	} else {
		memmove(d->held.p, d->held.p + used, in.n - used);
		d->held.len = in.n - used;
	}
}

void cn_decoder_feed(struct cn_decoder *d, struct cn_buf *out,
    struct cn_str in)
{
	/* A line of uuencode that came in pieces may end here. */
	cn_buf_reserve(out, in.n + sizeof(d->line));
	switch (d->encoding) {
	case CN_ENC_BASE64:
		out->len += base64(d, out->p + out->len, in);
		break;
	case CN_ENC_QP:
		qp_piece(d, out, in, false);
		break;
	case CN_ENC_UU:
		out->len += uu(d, out->p + out->len, in);
		break;
	case CN_ENC_NONE:
	case CN_ENC_UNKNOWN:
		cn_buf_add(out, in.p, in.n);
		break;
	}
}

void cn_decoder_end(struct cn_decoder *d, struct cn_buf *out)
{
	cn_buf_reserve(out, sizeof(d->line));
	if (d->encoding == CN_ENC_BASE64)
		out->len += base64_end(d, out->p + out->len);
	else if (d->encoding == CN_ENC_QP)
		qp_piece(d, out, (struct cn_str){ "", 0 }, true);
	else if (d->encoding == CN_ENC_UU)
		out->len += uu_line(d, out->p + out->len);
	cn_buf_wipe(&d->held);
}
