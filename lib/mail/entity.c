/* entity.c - character references of HTML: numbers, and the names that mail
 * uses (Latin-1 of HTML 2, typography and Greek of HTML 4) */
#include <stdlib.h>

#include "mime.h"

/* U+00A0 to U+00FF in order. */
static const char *const latin[96] = {
	"nbsp", "iexcl", "cent", "pound", "curren", "yen", "brvbar", "sect",
	"uml", "copy", "ordf", "laquo", "not", "shy", "reg", "macr",
	"deg", "plusmn", "sup2", "sup3", "acute", "micro", "para", "middot",
	"cedil", "sup1", "ordm", "raquo", "frac14", "frac12", "frac34",
	"iquest", "Agrave", "Aacute", "Acirc", "Atilde", "Auml", "Aring",
	"AElig", "Ccedil", "Egrave", "Eacute", "Ecirc", "Euml", "Igrave",
	"Iacute", "Icirc", "Iuml", "ETH", "Ntilde", "Ograve", "Oacute",
	"Ocirc", "Otilde", "Ouml", "times", "Oslash", "Ugrave", "Uacute",
	"Ucirc", "Uuml", "Yacute", "THORN", "szlig", "agrave", "aacute",
	"acirc", "atilde", "auml", "aring", "aelig", "ccedil", "egrave",
	"eacute", "ecirc", "euml", "igrave", "iacute", "icirc", "iuml",
	"eth", "ntilde", "ograve", "oacute", "ocirc", "otilde", "ouml",
	"divide", "oslash", "ugrave", "uacute", "ucirc", "uuml", "yacute",
	"thorn", "yuml"
};

static const struct {
	const char *name;
	uint32_t cp;
} others[] = {
	{ "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' },
	{ "apos", '\'' }, { "AMP", '&' }, { "LT", '<' }, { "GT", '>' },
	{ "QUOT", '"' }, { "euro", 0x20ac }, { "hellip", 0x2026 },
	{ "ndash", 0x2013 }, { "mdash", 0x2014 }, { "lsquo", 0x2018 },
	{ "rsquo", 0x2019 }, { "sbquo", 0x201a }, { "ldquo", 0x201c },
	{ "rdquo", 0x201d }, { "bdquo", 0x201e }, { "lsaquo", 0x2039 },
	{ "rsaquo", 0x203a }, { "bull", 0x2022 }, { "trade", 0x2122 },
	{ "dagger", 0x2020 }, { "Dagger", 0x2021 }, { "permil", 0x2030 },
	{ "prime", 0x2032 }, { "Prime", 0x2033 }, { "ensp", 0x20 },
	{ "emsp", 0x20 }, { "thinsp", 0x20 }, { "zwnj", 0x200c },
	{ "zwj", 0x200d }, { "lrm", 0x200e }, { "rlm", 0x200f },
	{ "larr", 0x2190 }, { "uarr", 0x2191 }, { "rarr", 0x2192 },
	{ "darr", 0x2193 }, { "harr", 0x2194 }, { "check", 0x2713 },
	{ "star", 0x2606 }, { "starf", 0x2605 }, { "hearts", 0x2665 },
	{ "OElig", 0x152 }, { "oelig", 0x153 }, { "Scaron", 0x160 },
	{ "scaron", 0x161 }, { "Yuml", 0x178 }, { "fnof", 0x192 },
	{ "circ", 0x2c6 }, { "tilde", 0x2dc }, { "minus", 0x2212 },
	{ "le", 0x2264 }, { "ge", 0x2265 }, { "ne", 0x2260 },
	{ "asymp", 0x2248 }, { "infin", 0x221e }, { "radic", 0x221a },
	{ "sum", 0x2211 }, { "part", 0x2202 }, { "num", '#' },
	{ "commat", '@' }, { "period", '.' }, { "comma", ',' },
	{ "colon", ':' }, { "sol", '/' }, { "lpar", '(' }, { "rpar", ')' },
	{ "excl", '!' }, { "quest", '?' }, { "Tab", ' ' }, { "NewLine", ' ' },
	{ "alpha", 0x3b1 }, { "beta", 0x3b2 }, { "gamma", 0x3b3 },
	{ "delta", 0x3b4 }, { "epsilon", 0x3b5 }, { "pi", 0x3c0 },
	{ "mu", 0x3bc }, { "sigma", 0x3c3 }, { "omega", 0x3c9 },
	{ "Delta", 0x394 }, { "Sigma", 0x3a3 }, { "Omega", 0x3a9 },
};

static size_t number(const char *p, size_t n, uint32_t *cp)
{
	bool hex = n > 2 && cn_lower((unsigned char)p[2]) == 'x';
	size_t i = hex ? 3 : 2, first = i;
	uint32_t v = 0;

	for (; i < n && i < first + 10; i++) {
		int c = cn_lower((unsigned char)p[i]), d;

		if (cn_is_digit(c))
			d = c - '0';
		else if (hex && c >= 'a' && c <= 'f')
			d = c - 'a' + 10;
		else
			break;
		if (v < 0x110000)
			v = v * (hex ? 16 : 10) + (uint32_t)d;
	}
	if (i == first)
		return 0;
	if (i < n && p[i] == ';')
		i++;
	*cp = v == 0 || v >= 0x110000 || (v >= 0xd800 && v < 0xe000) ?
	    0xfffd : v;
	if (v >= 0x80 && v < 0xa0)
		*cp = cn_cp1252((unsigned)v);
	return i;
}

size_t cn_html_entity(const char *p, size_t n, uint32_t *cp)
{
	char name[12];
	size_t i, len;

	if (n < 3)
		return 0;
	if (p[1] == '#')
		return number(p, n, cp);
	for (i = 1; i < n && i < sizeof(name); i++) {
		int c = cn_lower((unsigned char)p[i]);

		if (!(c >= 'a' && c <= 'z') && !cn_is_digit(c))
			break;
		name[i - 1] = p[i];
	}
	name[len = i - 1] = 0;
	if (len < 2 || i == sizeof(name))
		return 0;
	if (i < n && p[i] == ';')
		i++;
	for (size_t k = 0; k < 96; k++)
		if (*name == *latin[k] && strcmp(name, latin[k]) == 0) {
			*cp = 0xa0 + (uint32_t)k;
			return i;
		}
	for (size_t k = 0; k < sizeof(others) / sizeof(*others); k++)
		if (*name == *others[k].name &&
		    strcmp(name, others[k].name) == 0) {
			*cp = others[k].cp;
			return i;
		}
	return 0;
}
