/* Days, as people write them. */
#include "desk/reply/detect.h"

#include <string.h>

#include "desk/reply/wordset.h"

static bool digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool weekday(struct cn_str w)
{
	static const char *const names[] = { "monday", "tuesday", "wednesday",
	    "thursday", "friday", "saturday", "sunday", "montag", "dienstag",
	    "mittwoch", "donnerstag", "freitag", "samstag", "sonntag",
	    "lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi",
	    "dimanche", "lunes", "martes", "miércoles", "jueves", "viernes",
	    "sábado", "domingo", "सोमवार", "मंगलवार", "बुधवार", "गुरुवार",
	    "शुक्रवार", "शनिवार", "रविवार", NULL };

	return cn_word_among(w, names);
}

/* Small letters only beside a figure: 'may' and 'mars' are words. */
static bool month(struct cn_str w, bool figure)
{
	static const char *const names[] = { "january", "february", "march",
	    "april", "may", "june", "july", "august", "september", "october",
	    "november", "december", "jan", "feb", "mar", "apr", "jun", "jul",
	    "aug", "sep", "sept", "oct", "nov", "dec", "januar", "februar",
	    "märz", "mai", "juni", "juli", "oktober", "dezember", "janvier",
	    "février", "mars", "avril", "juin", "juillet", "août",
	    "septembre", "octobre", "novembre", "décembre", "enero",
	    "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto",
	    "septiembre", "octubre", "noviembre", "diciembre", "जनवरी",
	    "फ़रवरी", "फरवरी", "मार्च", "अप्रैल", "मई", "जून", "जुलाई", "अगस्त",
	    "सितंबर", "सितम्बर", "अक्टूबर", "अक्तूबर", "नवंबर", "नवम्बर", "दिसंबर",
	    "दिसम्बर", NULL };

	return (figure || (w.p[0] >= 'A' && w.p[0] <= 'Z')) &&
	    cn_word_among(w, names);
}

/* 24.09.2026, 24/9/26, 2026-09-24: its end, or p. */
static const char *figures_end(const char *p, const char *end)
{
	size_t len[3] = { 0, 0, 0 };
	const char *s = p;
	char sep = 0;
	int i;

	for (i = 0; i < 3; i++) {
		while (s < end && digit(*s) && len[i] < 5) {
			len[i]++;
			s++;
		}
		if (i == 2)
			break;
		if (s == end || strchr("./-", *s) == NULL ||
		    (sep != 0 && *s != sep))
			return p;
		sep = *s++;
	}
	if (s < end && (digit(*s) || (*s == sep && (sep == '-' ||
	    (s + 1 < end && digit(s[1]))))))
		return p;
	if (len[1] < 1 || len[1] > 2)
		return p;
	return (len[0] == 4 && len[2] >= 1 && len[2] <= 2) ||
	    (len[0] >= 1 && len[0] <= 2 && (len[2] == 2 || len[2] == 4)) ?
	    s : p;
}

/* Past at most n bytes that belong to no word, or NULL. */
static const char *skip_to_word(const char *p, const char *end, int n)
{
	bool word = false;

	for (; p < end && n >= 0; n--) {
		size_t k = cn_word_step(p, end, &word);

		if (word)
			return p;
		p += k;
	}
	return NULL;
}

const char *cn_day_end(const char *p, const char *end)
{
	const char *s = figures_end(p, end), *stop = p, *q;
	bool named = false, figures = false;
	struct cn_str w;
	int parts = 0;

	if (s > p)
		return s;
	while (parts < 5) {
		q = skip_to_word(s, end, parts > 0 ? 2 : 0);
		if (q == NULL)
			break;
		w = cn_word_next(&q, end);
		if (digit(w.p[0]) && w.n <= 4)
			figures = true;
		else if (weekday(w) || month(w, figures))
			named = true;
		else if (!(parts > 0 && (cn_str_ieq(w, "of") ||
		    cn_str_ieq(w, "de"))))
			break;
		if (!cn_str_ieq(w, "of") && !cn_str_ieq(w, "de"))
			stop = q;
		s = q;
		parts++;
	}
	return named ? stop : p;
}
