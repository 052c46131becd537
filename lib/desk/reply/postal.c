/* Postal addresses of several countries, by the words that streets have and
 * the forms of post codes.  What looks so and is not costs a sentence; so the
 * lists are long, but for words that also mean something else, which need a
 * capital beside them. */
#include <string.h>
#include <strings.h>

#include "desk/reply/detect.h"
#include "desk/reply/wordset.h"

#define WORDS 6				/* of a street's name, at most */

static bool digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool capital(struct cn_str w)
{
	return (w.p[0] >= 'A' && w.p[0] <= 'Z') || (unsigned char)w.p[0] == 0xc3;
}

static const char *const plain[] = { "street", "road", "avenue", "lane",
    "nagar", "marg", "colony", "villas", "apartments", "boulevard", "terrace",
    "crescent", "chowk", "bagh", "vihar", "enclave", "layout", "rd", "ave",
    "blvd", "rue", "impasse", "chemin", "quai", "viale", "piazza", "corso",
    "calle", "avenida", "paseo", "rua", "ulica", "carrer", "straat", "laan",
    "straße", "strasse", "sokak", "ulitsa", "gali", "puram", "halli", NULL };
/* These only with a capital beside them. */
static const char *const vague[] = { "st", "close", "way", "place", "court",
    "drive", "dr", "square", "park", "cross", "main", "gardens", "grove",
    "hill", "row", "mews", "walk", "quay", "via", "plaza", "ln", "ct", "pl",
    "sector", "phase", "extension", "house", "heights", "residency", "towers",
    "cours", "allée", "largo", "praça", "vicolo", "borough", NULL };
static const char *const before[] = { "rue", "avenue", "boulevard", "impasse",
    "chemin", "quai", "via", "viale", "piazza", "corso", "calle", "avenida",
    "paseo", "rua", "ulica", "ul", "carrer", "place", "plaza", "largo",
    "allée", "praça", "sector", NULL };
static const char *const behind[] = { "straße", "strasse", "str", "gasse",
    "allee", "platz", "weg", "damm", "ufer", "gatan", "vägen", "gata",
    "veien", "vej", "gade", "katu", "laan", "straat", "plein", "utca", "ring",
    NULL };
/* A number behind them is a place; some want a 'no' between. */
static const char *const units[] = { "flat", "apartment", "apt", "plot",
    "suite", "postfach", "apartado", "wohnung", NULL };
static const char *const houses[] = { "house", "door", "h", "d", "villa",
    "block", "building", "room", "po", NULL };

/* The next word on this line or the next, with at most three marks in front
 * of it; n == 0: none. */
static struct cn_str word(const char **p, const char *end)
{
	const char *s = *p, *q;
	struct cn_str w = { s, 0 };

	while (s < end && s - *p < 3 && strchr(" ,.\n#-/", *s) != NULL)
		s++;
	q = s;
	if (s < end && cn_word_byte((unsigned char)*s))
		w = cn_word_next(&q, end);
	if (w.n > 0)
		*p = q;
	return w;
}

/* 12, 12B, 12-14, 3/45: at most five bytes to a word. */
static bool number(struct cn_str w)
{
	return w.n > 0 && w.n <= 5 && digit(w.p[0]);
}

/* '12 Jasmine Court', '12, rue de la Paix' */
static size_t number_first(const char *p, const char *end)
{
	const char *q = p;
	struct cn_str w = word(&q, end);
	bool big = false;
	size_t i;

	if (!number(w))
		return 0;
	for (i = 0; i < WORDS; i++) {
		w = word(&q, end);
		if (w.n == 0)
			return 0;
		if (digit(w.p[0])) {
			if (i < 2 && number(w))
				continue;
			return 0;
		}
		/* '5 days on the road' is none. */
		if (cn_word_among(w, plain) && (i < 2 || big || capital(w)))
			return (size_t)(q - p);
		if (cn_word_among(w, vague) && capital(w) && i > 0)
			return (size_t)(q - p);
		big = big || capital(w);
	}
	return 0;
}

static bool ends(struct cn_str w, const char *tail)
{
	size_t n = strlen(tail);

	return w.n > n + 1 && strncasecmp(w.p + w.n - n, tail, n) == 0;
}

/* 'Lindenstraße 5', 'Am Alten Weg 3', 'rue de la Paix, 12' */
static size_t number_last(const char *p, const char *end)
{
	const char *q = p;
	struct cn_str w = word(&q, end);
	bool street = false, big;
	size_t i;

	if (w.n == 0)
		return 0;
	big = capital(w);
	for (i = 0; behind[i] != NULL && !street; i++)
		street = big && (cn_str_ieq(w, behind[i]) ||
		    ends(w, behind[i]));
	if (street) {
		w = word(&q, end);
		return number(w) ? (size_t)(q - p) : 0;
	}
	if (!cn_word_among(w, before))
		return 0;
	for (i = 0, big = false; i < WORDS; i++) {
		w = word(&q, end);
		if (w.n == 0)
			return 0;
		if (number(w))
			return big || i == 0 ? (size_t)(q - p) : 0;
		big = big || capital(w);
	}
	return 0;
}

/* 'Flat 12', 'House no. 5', 'P.O. Box 99' */
static size_t unit(const char *p, const char *end)
{
	const char *q = p;
	struct cn_str w = word(&q, end);
	bool needs;

	if (w.n == 0 || !((needs = cn_word_among(w, houses)) ||
	    cn_word_among(w, units) || cn_str_ieq(w, "p")))
		return 0;
	if (cn_str_ieq(w, "p")) {
		if (!cn_str_ieq(word(&q, end), "o"))
			return 0;
		needs = true;
	}
	w = word(&q, end);
	if (cn_str_ieq(w, "no") || cn_str_ieq(w, "box") ||
	    cn_str_ieq(w, "number") || cn_str_ieq(w, "nr")) {
		w = word(&q, end);
		needs = false;
	}
	return !needs && w.n > 0 && w.n <= 5 && (digit(w.p[0]) ||
	    digit(w.p[w.n - 1])) ? (size_t)(q - p) : 0;
}

/* How much of the text has this form (9 a digit, A a letter, U a capital, _ a
 * blank or none, C a blank and a capital that small letters follow); 0: not. */
static size_t form(const char *p, const char *end, const char *f)
{
	const char *s = p;

	for (; *f != '\0'; f++) {
		if (*f == '_') {
			s += s < end && *s == ' ';
			continue;
		}
		if (*f == 'C') {
			if (end - s < 4 || *s != ' ' || !capital((struct
			    cn_str){ s + 1, 1 }) || (s[2] >= 'A' &&
			    s[2] <= 'Z') || !cn_word_byte((unsigned char)s[2]))
				return 0;
			return (size_t)(s - p);
		}
		if (s == end || (*f == '9' ? !digit(*s) : *f == 'A' ?
		    (*s | 32) < 'a' || (*s | 32) > 'z' : *f == 'U' ?
		    *s < 'A' || *s > 'Z' : *s != *f))
			return 0;
		s++;
	}
	return s < end && cn_word_byte((unsigned char)*s) ? 0 :
	    (size_t)(s - p);
}

static size_t code(const char *start, const char *p, const char *end)
{
	/* UK, Canada, Netherlands, India, Portugal, Poland, United States,
	 * with a country's letters, and with the town behind. */
	static const char *const forms[] = { "A9_9AA", "A99_9AA", "AA9_9AA",
	    "AA99_9AA", "A9A_9AA", "AA9A_9AA", "A9A_9A9", "9999 UU",
	    "999 999", "9999-999", "99-999", "UU 99999", "UU 99999-9999",
	    "U-9999", "U-99999", "99999C", "999 99C", "999999C", "9999C",
	    NULL };
	size_t i, n;

	if (p > start && (p[-1] == '-' || p[-1] == '.'))
		return 0;
	for (i = 0; forms[i] != NULL; i++)
		if ((n = form(p, end, forms[i])) > 0) {
			/* A year before a name is no post code. */
			if (n == 4 && (memcmp(p, "19", 2) == 0 ||
			    memcmp(p, "20", 2) == 0))
				continue;
			return n;
		}
	return 0;
}

size_t cn_postal(const char *start, const char *p, const char *end)
{
	size_t n = number_first(p, end);

	if (n == 0)
		n = number_last(p, end);
	if (n == 0)
		n = unit(p, end);
	return n ? n : code(start, p, end);
}
