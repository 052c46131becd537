/* charset.c - character sets to UTF-8
 *
 * ASCII, UTF-8 and the Latin-1 family are done here; the rest by iconv.  What
 * calls itself ISO 8859-1 or ASCII is read as windows-1252, and the old Asian
 * sets as their supersets, as browsers do (the Encoding standard). */
#include <errno.h>
#include <iconv.h>

#include "base/utf8.h"
#include "mime.h"

enum { ASCII, UTF8, LATIN, ICONV };

/* Names without '-', '_' and ' '; iconv knows the others by themselves. */
static const struct {
	const char *name;
	int how;
	const char *iconv;
} sets[] = {
	{ "", ASCII, NULL },
	{ "ascii", ASCII, NULL },
	{ "usascii", ASCII, NULL },
	{ "ansix3.41968", ASCII, NULL },
	{ "646", ASCII, NULL },
	{ "7bit", ASCII, NULL },
	{ "8bit", ASCII, NULL },
	{ "unknown", ASCII, NULL },
	{ "unknown8bit", ASCII, NULL },
	{ "xunknown", ASCII, NULL },
	{ "default", ASCII, NULL },
	{ "utf8", UTF8, NULL },
	{ "unicode11utf8", UTF8, NULL },
	{ "xunicode20utf8", UTF8, NULL },
	{ "cp65001", UTF8, NULL },
	{ "iso88591", LATIN, NULL },
	{ "latin1", LATIN, NULL },
	{ "l1", LATIN, NULL },
	{ "iso8859", LATIN, NULL },
	{ "88591", LATIN, NULL },
	{ "cp819", LATIN, NULL },
	{ "windows1252", LATIN, NULL },
	{ "cp1252", LATIN, NULL },
	{ "xansi", LATIN, NULL },
	{ "ansi", LATIN, NULL },
	{ "iso885911", ICONV, "TIS-620" },
	{ "iso88598i", ICONV, "ISO-8859-8" },
	{ "iso88598e", ICONV, "ISO-8859-8" },
	{ "iso88596i", ICONV, "ISO-8859-6" },
	{ "latin2", ICONV, "ISO-8859-2" },
	{ "latin9", ICONV, "ISO-8859-15" },
	{ "gb2312", ICONV, "GB18030" },
	{ "gbk", ICONV, "GB18030" },
	{ "xgbk", ICONV, "GB18030" },
	{ "chinesegb", ICONV, "GB18030" },
	{ "gb231280", ICONV, "GB18030" },
	{ "euccn", ICONV, "GB18030" },
	{ "hzgb2312", ICONV, "ISO-2022-CN-EXT" },
	{ "ksc5601", ICONV, "CP949" },
	{ "ksc56011987", ICONV, "CP949" },
	{ "ksc56011989", ICONV, "CP949" },
	{ "euckr", ICONV, "CP949" },
	{ "korean", ICONV, "CP949" },
	{ "windows949", ICONV, "CP949" },
	{ "shiftjis", ICONV, "CP932" },
	{ "sjis", ICONV, "CP932" },
	{ "xsjis", ICONV, "CP932" },
	{ "windows31j", ICONV, "CP932" },
	{ "mskanji", ICONV, "CP932" },
	{ "xeucjp", ICONV, "EUC-JP" },
	{ "iso2022jp", ICONV, "ISO-2022-JP-2" },
	{ "big5", ICONV, "BIG5-HKSCS" },
	{ "xxbig5", ICONV, "BIG5-HKSCS" },
	{ "cnbig5", ICONV, "BIG5-HKSCS" },
	{ "windows874", ICONV, "CP874" },
	{ "unicode11utf7", ICONV, "UTF-7" },
	{ "macintosh", ICONV, "MACINTOSH" },
	{ "xmacroman", ICONV, "MACINTOSH" },
	{ "macroman", ICONV, "MACINTOSH" },
	{ "windows1250", ICONV, "CP1250" },
	{ "windows1251", ICONV, "CP1251" },
	{ "win1251", ICONV, "CP1251" },
	{ "koi8", ICONV, "KOI8-R" },
};

/* windows-1252 from 0x80 to 0x9f; 0 has no character. */
static const unsigned short c1[32] = {
	0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021,
	0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0, 0x017d, 0,
	0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014,
	0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0, 0x017e, 0x0178
};

uint32_t cn_cp1252(unsigned byte)
{
	unsigned c = c1[byte & 31];

	return c ? c : 0xfffd;
}

bool cn_mime_ascii(const char *p, size_t n)
{
	uint64_t v, w[4], any = 0;

	for (; n >= 32; p += 32, n -= 32) {
		memcpy(w, p, 32);
		any |= w[0] | w[1] | w[2] | w[3];
	}
	for (; n >= 8; p += 8, n -= 8) {
		memcpy(&v, p, 8);
		any |= v;
	}
	while (n-- > 0)
		any |= (unsigned char)*p++;
	return (any & 0x8080808080808080u) == 0;
}

static void latin(struct cn_buf *out, struct cn_str in, unsigned *defects)
{
	cn_buf_reserve(out, in.n * 3 + 1);
	char *o = out->p + out->len;

	for (size_t i = 0; i < in.n; i++) {
		unsigned c = (unsigned char)in.p[i];

		if (c < 0x80) {
			*o++ = (char)c;
			continue;
		}
		if (c < 0xa0) {
			c = cn_cp1252(c);
			if (c == 0xfffd)
				*defects |= CN_DEF_TEXT;
		}
		if (c >= 0x800) {
			*o++ = (char)(0xe0 | c >> 12);
			*o++ = (char)(0x80 | (c >> 6 & 63));
		} else {
			*o++ = (char)(0xc0 | c >> 6);
		}
		*o++ = (char)(0x80 | (c & 63));
	}
	out->len = (size_t)(o - out->p);
	*o = 0;
}

static unsigned convert(struct cn_buf *out, iconv_t cd, struct cn_str in)
{
	char *p = (char *)(uintptr_t)in.p, *o;
	size_t n = in.n, room, rc;
	unsigned defects = 0;
	bool flush = false;

	for (;;) {
		cn_buf_reserve(out, n * 2 + 64);
		o = out->p + out->len;
		room = out->cap - out->len - 1;
		rc = iconv(cd, flush ? NULL : &p, &n, &o, &room);
		out->len = (size_t)(o - out->p);
		out->p[out->len] = 0;
		if (rc != (size_t)-1) {
			if (flush)
				return defects;
			flush = true;
		} else if (errno == EILSEQ || errno == EINVAL) {
			cn_buf_str(out, "\xef\xbf\xbd");
			defects |= CN_DEF_TEXT;
			if (flush)
				return defects;
			if (n > 0) {
				p++;
				n--;
			}
		} else if (errno != E2BIG) {
			return defects | CN_DEF_TEXT;
		}
	}
}

static int lookup(const char *charset, const char **name)
{
	char s[40];
	size_t n = 0;

	for (const char *p = charset; *p && n + 1 < sizeof(s); p++)
		if (*p != '-' && *p != '_' && *p != ' ')
			s[n++] = (char)cn_lower((unsigned char)*p);
	s[n] = 0;
	for (size_t i = 0; i < sizeof(sets) / sizeof(*sets); i++)
		if (*s == *sets[i].name && strcmp(s, sets[i].name) == 0) {
			*name = sets[i].iconv;
			return sets[i].how;
		}
	*name = charset;
	return ICONV;
}

/* The name reaches iconv_open, which takes '//IGNORE' and loads files. */
static iconv_t open_set(const char *name)
{
	size_t n = strlen(name);

	for (size_t i = 0; i < n; i++)
		if (!(cn_is_digit((unsigned char)name[i]) ||
		    (cn_lower((unsigned char)name[i]) >= 'a' &&
		    cn_lower((unsigned char)name[i]) <= 'z') ||
		    strchr("-_.:+", name[i])))
			return (iconv_t)-1;
	return n > 0 && n < 40 ? iconv_open("UTF-8", name) : (iconv_t)-1;
}

bool cn_charset_known(const char *charset)
{
	const char *name;
	iconv_t cd;

	if (lookup(charset, &name) != ICONV)
		return true;
	cd = open_set(name);
	if (cd == (iconv_t)-1)
		return false;
	iconv_close(cd);
	return true;
}

unsigned cn_charset_utf8(struct cn_buf *out, const char *charset,
    struct cn_str in)
{
	const char *name;
	unsigned defects = 0;
	int how = lookup(charset, &name);
	iconv_t cd;

	if (how == ICONV) {
		cd = open_set(name);
		if (cd != (iconv_t)-1) {
			defects = convert(out, cd, in);
			iconv_close(cd);
			return defects;
		}
		defects = CN_DEF_CHARSET;
		how = ASCII;
	}
	if (cn_mime_ascii(in.p, in.n)) {
		cn_buf_add(out, in.p, in.n);
		return defects;
	}
	if (how == UTF8) {
		if (cn_utf8_repair(out, in.p, in.n))
			defects |= CN_DEF_TEXT;
		return defects;
	}
	/* ASCII with eight bits is somebody's UTF-8 or else Windows. */
	if (how == ASCII) {
		defects |= CN_DEF_TEXT;
		if (cn_utf8_valid(in.p, in.n)) {
			cn_buf_add(out, in.p, in.n);
			return defects;
		}
	}
	latin(out, in, &defects);
	return defects;
}
