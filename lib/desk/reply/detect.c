#include "desk/reply/detect.h"

#include <string.h>
#include <strings.h>
#include <utf8proc.h>

#include "base/utf8.h"
#include "desk/reply/ids.h"
#include "desk/reply/wordset.h"

#define LINK 1000			/* bytes of a link, at most */
#define LOCAL 100			/* of an address before its @, and
					 * of a number of an order */
#define DIGITS 24			/* of a number that are looked at */
#define PHONE 8				/* digits that make a phone number, */
#define GROUPED 6			/* and in three groups or more */

void cn_kinds_add(struct cn_kinds *k, const char *kind)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		if (strcmp(k->v[i], kind) == 0)
			return;
	if (k->n < CN_KINDS)
		k->v[k->n++] = kind;
}

/* --- folding --- */

static bool is_digit_char(uint32_t c)
{
	return utf8proc_category((utf8proc_int32_t)c) == UTF8PROC_CATEGORY_ND;
}

/* Digits lie in tens, from 0 on. */
static int digit_value(uint32_t c)
{
	int v = 0;

	if (c >= 0x1d7ce && c <= 0x1d7ff)
		return (int)(c - 0x1d7ce) % 10;
	while (v < 9 && is_digit_char(c - (uint32_t)v - 1))
		v++;
	return v;
}

static bool widthless(uint32_t c)
{
	return c == 0xad || c == 0x34f || c == 0x61c || c == 0x115f ||
	    c == 0x1160 || (c >= 0x180b && c <= 0x180f) || c == 0x200b ||
	    c == 0x200e || c == 0x200f || (c >= 0x202a && c <= 0x202e) ||
	    (c >= 0x2060 && c <= 0x206f) || (c >= 0xfe00 && c <= 0xfe0f) ||
	    c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
	    (c >= 0xe0000 && c <= 0xe0fff);
}

/* Dots at half height, which some put between figures. */
static bool middle_dot(uint32_t c)
{
	return c == 0xb7 || c == 0x2022 || c == 0x2027 || c == 0x2219 ||
	    c == 0x22c5 || c == 0x30fb;
}

/* What ASCII it stands for, 0 for itself, -1 for nothing. */
static int folded(uint32_t c, uint32_t before)
{
	utf8proc_int32_t d[4];

	if (widthless(c) || (c >= 0x80 && c < 0xa0 && c != 0x85))
		return -1;
	/* Joiners mean something between Indian or Arabic letters only. */
	if (c == 0x200c || c == 0x200d)
		return before >= 0x600 && before < 0x2000 ? 0 : -1;
	if (c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) ||
	    c == 0x202f || c == 0x205f || c == 0x3000)
		return ' ';
	if (c == 0x85 || c == 0x2028 || c == 0x2029)
		return '\n';
	if ((c >= 0x2010 && c <= 0x2015) || c == 0x2212 || c == 0xfe58 ||
	    c == 0xfe63 || c == 0xff0d)
		return '-';
	if (middle_dot(c) && is_digit_char(before))
		return '.';
	if (is_digit_char(c))
		return '0' + digit_value(c);
	/* Raised or lowered ones, but for those of 'm²' and 'CO₂'. */
	if ((c == 0xb2 || c == 0xb3 || c == 0xb9 || (c >= 0x2070 &&
	    c <= 0x2089)) && !(before < 0x80 && (before | 32) >= 'a' &&
	    (before | 32) <= 'z') && utf8proc_decompose_char(
	    (utf8proc_int32_t)c, d, 4, UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE,
	    NULL) == 1 && d[0] >= '0' && d[0] <= '9')
		return (int)d[0];
	if (c >= 0xff01 && c <= 0xff5e)
		return (int)(c - 0xff01 + '!');
	if (((c >= 0x2460 && c <= 0x24ff) || (c >= 0x1d400 && c <= 0x1d7ff) ||
	    (c >= 0x1f130 && c <= 0x1f149)) &&
	    utf8proc_decompose_char((utf8proc_int32_t)c, d, 4,
	    UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE, NULL) == 1 && d[0] < 0x80)
		return (int)d[0];
	return 0;
}

void cn_fold(struct cn_buf *out, struct cn_str t)
{
	uint32_t c, before = 0;
	size_t i, n;
	int f;

	for (i = 0; i < t.n; i += n) {
		n = 1;
		if ((unsigned char)t.p[i] < 0x80) {
			/* What steers a terminal is no text. */
			if (((unsigned char)t.p[i] < ' ' &&
			    strchr("\t\n\r", t.p[i]) == NULL) ||
			    t.p[i] == 0x7f || t.p[i] == '\0')
				continue;
			before = (unsigned char)t.p[i];
			cn_buf_ch(out, t.p[i]);
			continue;
		}
		if ((n = cn_utf8_get(t.p + i, t.n - i, &c)) == 0) {
			n = 1;
			continue;
		}
		if ((f = folded(c, before)) > 0)
			cn_buf_ch(out, f);
		else if (f == 0)
			cn_buf_add(out, t.p + i, n);
		if (f >= 0)
			before = f > 0 ? (uint32_t)f : c;
	}
}

/* --- numbers --- */

static bool digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool alnum(int c)
{
	return digit(c) || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

static bool starts(const char *p, const char *end, const char *what)
{
	size_t n = strlen(what);

	return (size_t)(end - p) >= n && strncasecmp(p, what, n) == 0;
}

/* Digits with what people put between them. */
struct digits {
	char d[DIGITS];
	const char *stop[DIGITS];	/* behind each */
	size_t n;
};

static void gather(struct digits *g, const char *p, const char *end,
    const char *between, int most)
{
	int gap = 0;

	g->n = 0;
	for (; p < end && g->n < DIGITS && gap <= most; p++) {
		if (digit(*p)) {
			g->d[g->n] = *p;
			g->stop[g->n++] = p + 1;
			gap = 0;
		} else if (*p == ',' && !(p + 1 < end && digit(p[1]))) {
			break;
		} else if (*p != '\0' && strchr(between, *p) != NULL) {
			gap++;
		} else {
			break;
		}
	}
}

/* Is the first n of them a number of its own, that no digit goes on? */
static bool whole(const struct digits *g, size_t n, const char *end)
{
	return g->n >= n && (g->stop[n - 1] == end || !digit(*g->stop[n - 1]));
}

/* Letters and digits with single marks between them. */
static size_t letters(const char *p, const char *end, char s[40],
    const char *stop[40])
{
	size_t n = 0;

	for (; p < end && n < 40; p++) {
		if (alnum(*p)) {
			s[n] = *p;
			stop[n++] = p + 1;
		} else if (*p == '\0' || strchr(" -\n./", *p) == NULL ||
		    !(p + 1 < end && alnum(p[1]))) {
			break;
		}
	}
	return n;
}

static bool ends_there(const char *p, const char *end)
{
	return p == end || !alnum(*p);
}

static const char *checked_at(const char *p, const char *end,
    const char **stop)
{
	const char *at[40];
	struct digits g;
	char s[40] = { 0 };
	size_t n = letters(p, end, s, at), k;

	if ((k = cn_id_iban(s, n)) > 0 && ends_there(at[k - 1], end)) {
		*stop = at[k - 1];
		return "iban";
	}
	if (n >= 15 && cn_id_gstin(s, 15) && ends_there(at[14], end)) {
		*stop = at[14];
		return "gstin";
	}
	if (n >= 10 && cn_id_pan(s, 10) && ends_there(at[9], end)) {
		*stop = at[9];
		return "pan";
	}
	if (!digit(*p))
		return NULL;
	gather(&g, p, end, " -./()\n\t_*,:|", 4);
	for (k = g.n < 19 ? g.n : 19; k >= 12; k--) {
		if (!whole(&g, k, end))
			continue;
		*stop = g.stop[k - 1];
		if (cn_id_card(g.d, k))
			return "card";
		if (cn_id_aadhaar(g.d, k))
			return "aadhaar";
	}
	return NULL;
}

static const char *ip_at(const char *p, const char *end, const char **stop)
{
	unsigned v = 0, parts = 0, len = 0, colons = 0;
	const char *s;
	bool two = false;

	for (s = p; s < end && parts < 4; s++) {
		if (digit(*s) && len < 3) {
			v = v * 10 + (unsigned)(*s - '0');
			len++;
			if (v > 255)
				break;
		} else if (*s == '.' && len > 0 && parts < 3 && s + 1 < end &&
		    digit(s[1])) {
			parts++;
			v = len = 0;
		} else {
			break;
		}
	}
	*stop = s;
	if (parts == 3 && len > 0 && v < 256 && ends_there(s, end))
		return "ip";
	/* RFC 4291, section 2.2: groups of hexadecimal digits. */
	for (s = p; s < end && s - p < 45; s++) {
		if (*s == ':') {
			two = two || (s + 1 < end && s[1] == ':');
			colons++;
		} else if (!digit(*s) && ((*s | 32) < 'a' || (*s | 32) > 'f')) {
			break;
		}
	}
	*stop = s;
	return ends_there(s, end) && ((two && colons >= 2 && s - p > 3) ||
	    colons == 7) ? "ip" : NULL;
}

static const char *phone_at(const char *p, const char *end, const char **stop)
{
	struct digits g;
	size_t groups = 1, i;

	gather(&g, p, end, " -./()+\n\t~_*|,", 3);
	for (i = 1; i < g.n; i++)
		groups += g.stop[i] - g.stop[i - 1] > 1;
	/* 12 34 56 is a number, too. */
	if (g.n < PHONE && !(*p == '+' && g.n >= PHONE - 1) &&
	    !(g.n >= GROUPED && groups >= 3))
		return NULL;
	*stop = g.stop[g.n - 1];
	return "phone";
}

/* 'PIN 731', 'the password is hunter' */
static const char *secret_at(const char *p, const char *end,
    const char **stop)
{
	static const char *const keys[] = { "cvv", "cvc", "pin", "otp", "tan",
	    "code", "passcode", "passwort", "kennwort", "password",
	    "passwd", "mot de passe", "contraseña", NULL };
	static const char *const between[] = { "is", "was", "number", "no",
	    "ist", "lautet", "est", "es", "hai", NULL };
	struct cn_str w;
	size_t i, k, n;
	bool pass, told;

	for (i = 0; keys[i] != NULL; i++) {
		n = strlen(keys[i]);
		if (!starts(p, end, keys[i]) || (p + n < end &&
		    cn_word_byte((unsigned char)p[n])))
			continue;
		pass = i >= 6;
		told = false;
		*stop = p + n;
		/* The word behind at most two of those, on the line. */
		for (k = 0; k < 3; k++) {
			const char *q = *stop, *gap = q;

			while (gap < end && strchr(" :=\"'", *gap) != NULL)
				told |= *gap++ != ' ';
			if (gap == q || gap == end ||
			    !cn_word_byte((unsigned char)*gap))
				return NULL;
			w = cn_word_next(&gap, end);
			*stop = gap;
			for (n = 0; between[n] != NULL &&
			    !cn_str_ieq(w, between[n]); n++)
				;
			if (between[n] == NULL)
				break;
		}
		for (n = 0; n < w.n; n++)
			if (digit(w.p[n]))
				return "secret";
		/* Without a figure only where it is said to be one. */
		return pass && (k > 0 || told) ? "secret" : NULL;
	}
	return NULL;
}

/* --- addresses --- */

static const char *blanks(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\n'))
		p++;
	return p;
}

static bool local_byte(unsigned char c)
{
	return cn_word_byte(c) || (c != '\0' && strchr("._%+-'", c) != NULL);
}

/* 'example.com', also as 'example dot com' or broken over two lines. */
static const char *domain_at(const char *p, const char *end)
{
	static const char *const dots[] = { ".", "(dot)", "[dot]", "dot ",
	    NULL };
	const char *s = p, *q, *stop = NULL;
	size_t i, n;

	for (;;) {
		for (q = s; q < end && (cn_word_byte((unsigned char)*q) ||
		    *q == '-'); q++)
			;
		if (q == s)
			return stop;
		if (s != p && q - s >= 2 && !digit(*s))
			stop = q;
		s = blanks(q, end);
		for (i = n = 0; dots[i] != NULL && n == 0; i++)
			if (starts(s, end, dots[i]) && (i > 0 || s == q ||
			    *q == '\n'))
				n = strlen(dots[i]);
		if (n == 0 || s - q > 2)
			return stop;
		s += n;
		if (n > 1 || (s < end && *s == '\n'))
			s = blanks(s, end);
	}
}

/* 'anika@example.com', 'anika (at) example dot com' */
static const char *email_at(const char *p, const char *end, const char **stop)
{
	static const char *const ats[] = { "@", "(at)", "[at]", "at ", NULL };
	const char *s = p, *q, *d;
	size_t i;

	while (s < end && s - p < LOCAL && local_byte((unsigned char)*s))
		s++;
	if (s == p)
		return NULL;
	q = blanks(s, end);
	if (q - s > 2)
		return NULL;
	for (i = 0; ats[i] != NULL; i++)
		if (starts(q, end, ats[i]))
			break;
	if (ats[i] == NULL || (i == 3 && q == s))
		return NULL;
	d = q + strlen(ats[i]);
	*stop = domain_at(blanks(d, end), end);
	/* 'look at example.com' is no address. */
	if (*stop != NULL && i == 3 && memchr(d, '.', (size_t)(*stop - d)))
		*stop = NULL;
	if (*stop != NULL)
		return "email";
	/* Whatever else stands at both sides of an @. */
	for (*stop = d; *stop < end && local_byte((unsigned char)**stop);)
		++*stop;
	return i == 0 && q == s && *stop > d ? "email" : NULL;
}

static const char *link_end(const char *p, const char *end)
{
	if (end - p > LINK)
		end = p + LINK;
	while (p < end && (unsigned char)*p > ' ' && !strchr("<>\"", *p))
		p++;
	while (p[-1] != '\0' && strchr("/.,;:!)", p[-1]) != NULL)
		p--;
	return p;
}

/* A link that says more than where the shop, or one page of it, is: a longer
 * path may be somebody's (a password reset, a parcel). */
static const char *link_at(const char *p, const char *end, const char **stop)
{
	const char *s, *path;
	size_t dots = 0;

	if (starts(p, end, "http://") || starts(p, end, "https://")) {
		s = (const char *)memchr(p, '/', (size_t)(end - p)) + 2;
		if (s == end)
			return NULL;
		*stop = link_end(s, end);
	} else {
		for (s = p; s < end && s - p < LINK && (alnum(*s) ||
		    *s == '-' || *s == '.'); s++)
			dots += *s == '.';
		if (dots == 0 || s == end || *s != '/' || s - p < 4 ||
		    !alnum(s[-1]) || digit(s[-1]))
			return NULL;
		s = p;
		*stop = link_end(s, end);
	}
	if (*stop <= s)
		return NULL;
	path = memchr(s, '/', (size_t)(*stop - s));
	for (; s < *stop; s++)
		if (digit(*s) || strchr("?=#@", *s) != NULL)
			return "link";
	for (s = path ? path + 1 : *stop; s < *stop; s++)
		if (*s != '-' && (*s < 'a' || *s > 'z'))
			return "link";
	return NULL;
}

/* --- the rest --- */

/* LL-20131, #10293, AB1234C, 48213: letters and digits, or four and more
 * digits that are no year. */
static bool order_word(struct cn_str w)
{
	size_t digits = 0, n = 0, i;

	for (i = 0; i < w.n; i++) {
		if (digit(w.p[i]))
			digits++;
		else if (alnum(w.p[i]))
			n++;
		else if (strchr("-#_/", w.p[i]) == NULL)
			return false;
	}
	if (digits == 4 && w.n == 4 &&
	    (strncmp(w.p, "19", 2) == 0 || strncmp(w.p, "20", 2) == 0))
		return false;
	/* 10-14 days, 12/24 */
	if (digits == 4 && w.n == 5 && (w.p[2] == '-' || w.p[2] == '/'))
		return false;
	return digits >= 4 || (digits >= 3 && (n >= 1 || w.p[0] == '#'));
}

static const char *order_at(const char *p, const char *end, const char **stop)
{
	const char *s = p;

	while (s < end && s - p < LOCAL && (cn_word_byte((unsigned char)*s) ||
	    *s == '-' || *s == '_' || *s == '/' || (*s == '#' && s == p)))
		s++;
	while (s > p && strchr("-_/", s[-1]) != NULL)
		s--;
	*stop = s;
	return order_word((struct cn_str){ p, (size_t)(s - p) }) ? "order" :
	    NULL;
}

static const char *amount_at(const char *p, const char *end,
    const char **stop)
{
	static const char *const marks[] = { "$", "€", "£", "₹", "¥", "Rs",
	    "EUR", "USD", "INR", "GBP", "CHF", "PLN", "rupee", "dollar",
	    "euro", "pound", "रुप", NULL };
	size_t i, n;

	for (i = 0; marks[i] != NULL; i++) {
		n = strlen(marks[i]);
		if (!starts(p, end, marks[i]))
			continue;
		*stop = p + n;
		if (n > 3 && *stop < end && (**stop | 32) == 's')
			++*stop;
		/* 'euro' and 'Rs' begin other words, too. */
		if (!alnum(*p) || *stop == end || digit(**stop) ||
		    !cn_word_byte((unsigned char)**stop))
			return "amount";
	}
	return NULL;
}

static const char *handle_at(const char *p, const char *end,
    const char **stop)
{
	for (*stop = p + 1; *stop < end && local_byte((unsigned char)**stop);)
		++*stop;
	return *p == '@' && *stop > p + 1 ? "handle" : NULL;
}

static const char *at(const char *start, const char *p, const char *end,
    const char **stop)
{
	const char *kind;
	size_t n;

	if (*p == '@')
		return handle_at(p, end, stop);
	if (!cn_word_byte((unsigned char)*p) && *p != '+' && *p != '#' &&
	    *p != ':' && *p != '(')
		return NULL;
	if ((*stop = cn_day_end(p, end)) > p)
		return "day";
	if ((kind = secret_at(p, end, stop)) != NULL)
		return kind;
	if ((kind = link_at(p, end, stop)) != NULL ||
	    (kind = email_at(p, end, stop)) != NULL ||
	    (kind = checked_at(p, end, stop)) != NULL ||
	    (kind = ip_at(p, end, stop)) != NULL)
		return kind;
	if ((n = cn_postal(start, p, end)) > 0) {
		*stop = p + n;
		return "address";
	}
	if ((digit(*p) || *p == '+' || *p == '(') &&
	    (kind = phone_at(p, end, stop)) != NULL)
		return kind;
	return order_at(p, end, stop);
}

bool cn_detect(struct cn_str t, size_t from, struct cn_found *f)
{
	const char *end = t.p + t.n, *p = t.p + from, *stop;
	const char *kind;

	while (p < end) {
		/* A word is looked at from its first letter only; a currency
		 * may follow its figure. */
		bool inner = p > t.p && cn_word_byte((unsigned char)*p) &&
		    cn_word_byte((unsigned char)p[-1]);

		kind = !inner || !alnum(*p) || digit(p[-1]) ?
		    amount_at(p, end, &stop) : NULL;
		if (kind == NULL && !inner)
			kind = at(t.p, p, end, &stop);
		if (kind != NULL && strcmp(kind, "day") != 0) {
			*f = (struct cn_found){ kind, (size_t)(p - t.p),
			    (size_t)(stop - p) };
			return true;
		}
		p = kind != NULL ? stop : p + 1;
	}
	return false;
}
