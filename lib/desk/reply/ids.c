#include "desk/reply/ids.h"

#include <string.h>

static bool digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool letter(int c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static bool luhn(const char *d, size_t n)
{
	unsigned sum = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned v = (unsigned)(d[n - 1 - i] - '0');

		if (i % 2 == 1)
			v = v > 4 ? v * 2 - 9 : v * 2;
		sum += v;
	}
	return sum % 10 == 0;
}

bool cn_id_card(const char *d, size_t n)
{
	/* The first four digits, from and to, and the lengths. */
	static const struct {
		unsigned from, to, least, most;
	} nets[] = {
		{ 4000, 4999, 13, 19 },			/* Visa */
		{ 5100, 5599, 16, 16 }, { 2221, 2720, 16, 16 },	/* Mastercard */
		{ 3400, 3499, 15, 15 }, { 3700, 3799, 15, 15 },	/* Amex */
		{ 3000, 3059, 14, 19 }, { 3600, 3699, 14, 19 },	/* Diners */
		{ 3800, 3999, 14, 19 }, { 3528, 3589, 16, 19 },	/* JCB */
		{ 6000, 6999, 12, 19 },	/* Discover, UnionPay, RuPay, Maestro */
		{ 5000, 5099, 12, 19 }, { 5600, 5899, 12, 19 },	/* Maestro */
		{ 8100, 8299, 16, 19 },				/* RuPay */
	};
	unsigned head = 0;
	size_t i;

	for (i = 0; i < n; i++)
		if (!digit(d[i]))
			return false;
	if (n < 12 || n > 19 || !luhn(d, n))
		return false;
	for (i = 0; i < 4; i++)
		head = head * 10 + (unsigned)(d[i] - '0');
	for (i = 0; i < sizeof(nets) / sizeof(nets[0]); i++)
		if (head >= nets[i].from && head <= nets[i].to &&
		    n >= nets[i].least && n <= nets[i].most)
			return true;
	return false;
}

/* SWIFT's IBAN registry: country and length. */
static const char lengths[] = "AD24AE23AL28AT20AZ28BA20BE16BG22BH22BI27BR29"
    "BY28CH21CR22CY28CZ24DE22DJ27DK18DO28EE20EG29ES24FI18FK18FO18FR27GB22"
    "GE22GI23GL18GR27GT28HN28HR21HU28IE22IL23IQ23IS26IT27JO30KW30KZ20LB28"
    "LC32LI21LT20LU20LV21LY25MC27MD24ME22MK19MN20MR27MT31MU30NI28NL18NO15"
    "OM23PK24PL28PS29PT25QA29RO24RS22RU33SA24SC31SD18SE24SI19SK24SM27SO23"
    "ST25SV28TL23TN24TR26UA29VA22VG24XK20YE30";

size_t cn_id_iban(const char *s, size_t n)
{
	size_t len = 0, i;
	unsigned m = 0;

	if (n < 15 || !letter(s[0]) || !letter(s[1]) || !digit(s[2]) ||
	    !digit(s[3]))
		return 0;
	for (i = 0; lengths[i] != '\0' && len == 0; i += 4)
		if ((lengths[i] | 32) == (s[0] | 32) &&
		    (lengths[i + 1] | 32) == (s[1] | 32))
			len = (size_t)(lengths[i + 2] - '0') * 10 +
			    (size_t)(lengths[i + 3] - '0');
	if (len == 0 || n < len)
		return 0;
	for (i = 0; i < len; i++) {
		int c = s[(i + 4) % len];

		if (digit(c))
			m = (m * 10 + (unsigned)(c - '0')) % 97;
		else if (letter(c))
			m = (m * 100 + (unsigned)((c | 32) - 'a' + 10)) % 97;
		else
			return 0;
	}
	return m == 1 ? len : 0;
}

bool cn_id_aadhaar(const char *d, size_t n)
{
	/* J. Verhoeff, Error Detecting Decimal Codes, 1969: the dihedral
	 * group of order ten, and the permutation of each place. */
	static const char times[10][11] = { "0123456789", "1234067895",
	    "2340178956", "3401289567", "4012395678", "5987604321",
	    "6598710432", "7659821043", "8765932104", "9876543210" };
	static const char place[8][11] = { "0123456789", "1576283094",
	    "5803796142", "8916043527", "9453126870", "4286573901",
	    "2793806415", "7046913258" };
	unsigned c = 0;
	size_t i;

	if (n != 12 || d[0] < '2')
		return false;
	for (i = 0; i < n; i++) {
		if (!digit(d[i]))
			return false;
	}
	for (i = 0; i < n; i++)
		c = (unsigned)(times[c][place[i % 8][d[n - 1 - i] - '0'] -
		    '0'] - '0');
	return c == 0;
}

/* Does it look so: A a letter, 9 a digit, X either. */
static bool shaped(const char *s, size_t n, const char *shape)
{
	size_t i;

	if (n != strlen(shape))
		return false;
	for (i = 0; i < n; i++)
		if (shape[i] == 'A' ? !letter(s[i]) : shape[i] == '9' ?
		    !digit(s[i]) : !letter(s[i]) && !digit(s[i]))
			return false;
	return true;
}

bool cn_id_pan(const char *s, size_t n)
{
	/* Person, company, family, association, body, government, juridical
	 * person, local authority, firm, trust. */
	return shaped(s, n, "AAAAA9999A") &&
	    strchr("abcfghjlpt", s[3] | 32) != NULL;
}

bool cn_id_gstin(const char *s, size_t n)
{
	unsigned sum = 0, v;
	size_t i;
	int state;

	if (!shaped(s, n, "99AAAAA9999AXAX") || !cn_id_pan(s + 2, 10))
		return false;
	state = (s[0] - '0') * 10 + s[1] - '0';
	if (state < 1 || (state > 38 && state != 97 && state != 99))
		return false;
	for (i = 0; i < n; i++) {
		v = digit(s[i]) ? (unsigned)(s[i] - '0') :
		    (unsigned)((s[i] | 32) - 'a' + 10);
		if (i == n - 1)
			return v == (36 - sum % 36) % 36;
		v *= i % 2 == 0 ? 1 : 2;
		sum += v / 36 + v % 36;
	}
	return false;
}
