/* detect - what in a text names a person or a thing of theirs */
#include <stdio.h>
#include <string.h>

#include "desk/reply/detect.h"
#include "desk/reply/ids.h"
#include "desk/reply/wordset.h"
#include "tap.h"

/* The first finding of a text, folded, and what of it was found. */
static void finds(const char *text, const char *kind, const char *what)
{
	struct cn_found f = { "nothing", 0, 0 };
	struct cn_buf b = { 0 }, name = { 0 };
	bool any, good;

	cn_fold(&b, cn_str(text));
	any = cn_detect(cn_buf_view(&b), 0, &f);
	good = kind == NULL ? !any : any && strcmp(f.kind, kind) == 0 &&
	    (what == NULL || cn_str_eq((struct cn_str){ b.p + f.at, f.n },
	    what));
	cn_buf_fmt(&name, "%s: %s", kind ? kind : "nothing", text);
	while (strchr(name.p, '\n') != NULL)
		*strchr(name.p, '\n') = ' ';
	while (strchr(name.p, '#') != NULL)
		*strchr(name.p, '#') = 'N';
	ok(good, name.p);
	if (!good)
		printf("# got %s: %.*s\n", f.kind, (int)f.n, b.p + f.at);
	cn_buf_release(&b);
	cn_buf_release(&name);
}

/* What another digit in place of one does to a number that checks: each must
 * be refused, and the number itself taken. */
static bool guards(const char *good, bool (*check)(const char *, size_t))
{
	size_t n = strlen(good), i;
	char s[40];
	int d;

	if (!check(good, n))
		return false;
	for (i = 0; i < n; i++)
		for (d = '0'; d <= '9'; d++) {
			memcpy(s, good, n);
			if (s[i] < '0' || s[i] > '9' || s[i] == d)
				continue;
			s[i] = (char)d;
			if (check(s, n))
				return false;
		}
	return true;
}

static bool iban(const char *s, size_t n)
{
	return cn_id_iban(s, n) == n;
}

static void checks(void)
{
	static const char *const cards[] = { "4111111111111111",
	    "4222222222222", "5555555555554444", "2223003122003222",
	    "378282246310005", "30569309025904", "6011111111111117",
	    "3530111333300000", "6212345678901265", "6521111111111110" };
	static const char *const ibans[] = { "DE89370400440532013000",
	    "GB82WEST12345698765432", "FR1420041010050500013M02606",
	    "NL91ABNA0417164300", "ES9121000418450200051332",
	    "MT84MALT011000012345MTLCAST001S", "NO9386011117947",
	    "pl61109010140000071219812874" };
	char name[80];
	size_t i;

	for (i = 0; i < sizeof(cards) / sizeof(cards[0]); i++) {
		snprintf(name, sizeof(name), "card %s, no digit else",
		    cards[i]);
		ok(guards(cards[i], cn_id_card), name);
	}
	for (i = 0; i < sizeof(ibans) / sizeof(ibans[0]); i++) {
		snprintf(name, sizeof(name), "iban %s, no digit else",
		    ibans[i]);
		ok(guards(ibans[i], iban), name);
	}
	ok(!iban("DE8937040044053201300", 21), "iban of a wrong length");
	ok(!iban("XX89370400440532013000", 22), "iban of no country");
	ok(guards("234123412346", cn_id_aadhaar), "aadhaar, no digit else");
	ok(!cn_id_aadhaar("123412341234", 12) &&
	    !cn_id_aadhaar("012345678901", 12), "aadhaar from 2 on");
	ok(cn_id_pan("ABCPE1234F", 10) && cn_id_pan("abcpe1234f", 10), "pan");
	ok(!cn_id_pan("ABCDE1234F", 10) && !cn_id_pan("ABCPE12345", 10) &&
	    !cn_id_pan("ABCPE1234", 9), "pan of no class, or shape");
	ok(cn_id_gstin("27AAPFU0939F1ZV", 15), "gstin");
	ok(!cn_id_gstin("27AAPFU0939F1ZW", 15) &&
	    !cn_id_gstin("28AAPFU0939F1ZV", 15) &&
	    !cn_id_gstin("77AAPFU0939F1ZV", 15), "gstin that does not check");
}

static void numbers(void)
{
	finds("card 4111 1111 1111 1111 today", "card", "4111 1111 1111 1111");
	finds("card 4111-1111-1111-1111", "card", "4111-1111-1111-1111");
	finds("card 4111\n1111\n1111\n1111", "card", NULL);
	finds("card 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1", "card", NULL);
	finds("card 4111\u00a01111\u00a01111\u00a01111", "card", NULL);
	finds("card \u2074\u00b9\u00b9\u00b9\u00b7\u00b9\u00b9\u00b9\u00b9"
	    "\u00b7\u00b9\u00b9\u00b9\u00b9\u00b7\u00b9\u00b9\u00b9\u00b9",
	    "card", "4111.1111.1111.1111");
	finds("card 4111\u200b1111\u200b1111\u200b1111", "card",
	    "4111111111111111");
	finds("card ４１１１ １１１１ １１１１ １１１１", "card",
	    "4111 1111 1111 1111");
	finds("card ४१११ ११११ ११११ ११११", "card", NULL);
	finds("card 4111‑1111–1111—1111", "card", NULL);
	finds("card 4111 1111 1111 1112", "phone", NULL);
	finds("to DE89 3704 0044 0532 0130 00.", "iban",
	    "DE89 3704 0044 0532 0130 00");
	finds("to DE89-3704-0044-0532-0130-00", "iban", NULL);
	finds("to ＤＥ８９３７０４００４４０５３２０１３０００", "iban", NULL);
	finds("to DE89 3704 0044 0532 0130 01", "phone", NULL);
	finds("Aadhaar 2341 2341 2346", "aadhaar", "2341 2341 2346");
	finds("Aadhaar 2341 2341 2345", "phone", NULL);
	finds("PAN ABCPE1234F", "pan", "ABCPE1234F");
	finds("PAN ABCPE 1234 F", "pan", NULL);
	finds("PAN ABCDE1234F", "order", NULL);
	finds("GST 27AAPFU0939F1ZV", "gstin", "27AAPFU0939F1ZV");
	finds("GST 27AAPFU0939F1ZW", "order", NULL);
	finds("from 203.0.113.77 again", "ip", "203.0.113.77");
	finds("from 2001:db8::7a again", "ip", "2001:db8::7a");
	finds("from 1.2.300.4", "phone", NULL);
	finds("call +91 98450 00117 today", "phone", "+91 98450 00117");
	finds("call 98450-00117", "phone", NULL);
	finds("call (030) 5550-1234 today", "phone", "(030) 5550-1234");
	finds("call 01 23 45 67 89", "phone", "01 23 45 67 89");
	finds("call +44 20 7946 0958", "phone", NULL);
	finds("within 5 to 7 days, before 13:00", NULL, NULL);
	finds("10-14 days, from 24.09.2026 on", NULL, NULL);
	finds("number 12 34 56 c", "phone", "12 34 56");
	finds("the CVV is 731", "secret", "CVV is 731");
	finds("your PIN: 7311", "secret", "PIN: 7311");
	finds("the password is hunter, write it down", "secret",
	    "password is hunter");
	finds("4111\x1b 1111\x01 1111\xc2\x9b 1111", "card", "4111 1111 1111 1111");
	finds("your password: sesame", "secret", "password: sesame");
	finds("call 98450·00117 now", "phone", "98450.00117");
	finds("call 98~45~00~01~17 now", "phone", "98~45~00~01~17");
	finds("call 98,45,00,01,17 now", "phone", "98,45,00,01,17");
	finds("call \u2079\u2078\u2074\u2075\u2070\u2070\u2070\u00b9\u00b9"
	    "\u2077 now", "phone", "9845000117");
	finds("card 4111·1111·1111·1111", "card", "4111.1111.1111.1111");
	finds("change the password today", NULL, NULL);
	finds("the code of conduct", NULL, NULL);
	finds("your order LL-20131 left", "order", "LL-20131");
	finds("your order #10293 left", "order", "#10293");
	finds("invoice INV/2026/0042", "order", "INV/2026/0042");
	finds("in 2026 we moved", NULL, NULL);
	finds("it costs 45 EUR", "amount", NULL);
	finds("it costs ₹1,299 or €5", "amount", NULL);
	finds("5€ each", "amount", NULL);
	finds("European customers", NULL, NULL);
}

static void addresses(void)
{
	finds("write to anika.rao@example.com please", "email",
	    "anika.rao@example.com");
	finds("write to anika.rao＠example.com", "email", NULL);
	finds("write to anika.rao@\nexample.com", "email", NULL);
	finds("write to anika (at) example (dot) com", "email", NULL);
	finds("write to anika at example dot com", "email", NULL);
	finds("we meet @ noon", NULL, NULL);
	finds("look at example pages", NULL, NULL);
	finds("I am @anika_rao there", "handle", "@anika_rao");
	finds("see https://shop.example/t?id=x", "link", NULL);
	finds("see https://shop.example/o/77", "link", NULL);
	finds("reset it: https://shop.example/reset/abcdefgh", "link", NULL);
	finds("see shop.example/reset/abcdefgh", "link", NULL);
	finds("see https://shop.example/.", NULL, NULL);
	finds("see https://shop.example/returns", NULL, NULL);
	finds("see www.shop.example or and/or", NULL, NULL);
	finds("at 12 Jasmine Court", "address", "12 Jasmine Court");
	finds("at 12B, MG Road", "address", NULL);
	finds("at 12 mg road", "address", NULL);
	finds("in der Lindenstraße 5", "address", "Lindenstraße 5");
	finds("in der Lindenstr. 5", "address", "Lindenstr. 5");
	finds("12 rue de la Paix", "address", NULL);
	finds("Calle de Alcalá 45", "address", NULL);
	finds("Flat 12", "address", "Flat 12");
	finds("House No. 5", "address", NULL);
	finds("P.O. Box 99", "address", NULL);
	finds("Bengaluru 560 001", "address", "560 001");
	finds("London SW1A 1AA", "address", "SW1A 1AA");
	finds("10115 Berlin", "address", NULL);
	finds("1012 AB Amsterdam", "address", "1012 AB");
	finds("1000-205 Lisboa", "address", NULL);
	finds("00-950 Warszawa", "address", NULL);
	finds("5 days on the road", NULL, NULL);
	finds("all 3 of our streets", NULL, NULL);
}

static void plain(void)
{
	finds("the password, then 12 m² and 3 cm³, or a • 5", NULL, NULL);
	finds("sizes 36, 38, 40, 42", NULL, NULL);
	char a[CN_WORD_PLAIN];
	bool cased;
	size_t n = cn_word_plain(cn_str("ÉloDie"), a, &cased);

	ok(n == 6 && memcmp(a, "elodie", 6) == 0 && cased, "a word, plain");
	cn_word_plain(cn_str("रवि"), a, &cased);
	ok(!cased, "of a script without capitals");
	ok(cn_word_near(CN_STR("zabel"), CN_STR("zabell")) &&
	    cn_word_near(CN_STR("zabel"), CN_STR("zobel")) &&
	    cn_word_near(CN_STR("zabel"), CN_STR("zaebl")) &&
	    cn_word_near(CN_STR("ruthzabel"), CN_STR("zabel")) &&
	    cn_word_near(CN_STR("ruths"), CN_STR("ruth")),
	    "spellings of a name");
	ok(!cn_word_near(CN_STR("zabel"), CN_STR("cable")) &&
	    !cn_word_near(CN_STR("ruth"), CN_STR("both")) &&
	    !cn_word_near(CN_STR("an"), CN_STR("ann")),
	    "control: other words");
}

int main(void)
{
	checks();
	numbers();
	addresses();
	plain();
	return done();
}
