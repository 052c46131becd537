#include "desk/scrub.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

#define LINK 1000			/* bytes of a link, at most */
#define LEAST 60			/* bytes of a draft that is worth it */

static bool digit(int c)
{
	return c >= '0' && c <= '9';
}

/* --- days --- */

static bool in_list(struct cn_str w, const char *const *list)
{
	for (; *list != NULL; list++)
		if (cn_str_ieq(w, *list))
			return true;
	return false;
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

	return in_list(w, names);
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
	    in_list(w, names);
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
	if (s < end && (digit(*s) || (*s == sep && sep == '-')))
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

/* The end of a day that begins here ('Thursday, 24 September 2026',
 * '24.09.2026', '2026-09-24'), or p. */
static const char *day_end(const char *p, const char *end)
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

/* --- what names somebody or something --- */

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

/* ISO 13616: moved to the end, as a number, 1 modulo 97. */
static bool iban(const char *s, size_t n)
{
	unsigned m = 0;
	size_t i;

	if (n < 15 || n > 34)
		return false;
	for (i = 0; i < n; i++) {
		int c = s[(i + 4) % n];

		if (digit(c))
			m = (m * 10 + (unsigned)(c - '0')) % 97;
		else
			m = (m * 100 + (unsigned)((c | 32) - 'a' + 10)) % 97;
	}
	return m == 1;
}

/* Letters and digits from here on, single spaces between groups of four. */
static bool iban_at(const char *p, const char *end)
{
	char s[35];
	size_t n = 0;

	for (; p < end && n < 34; p++) {
		if (*p == ' ' && n % 4 == 0)
			continue;
		if (!digit(*p) && ((*p | 32) < 'a' || (*p | 32) > 'z'))
			break;
		s[n++] = *p;
		if (n >= 15 && digit(s[2]) && digit(s[3]) && iban(s, n))
			return true;
	}
	return false;
}

/* A run of digits with what people put between them: how many digits, and
 * where it ends. */
static size_t digits_at(const char *p, const char *end, char d[20],
    const char **stop)
{
	size_t n = 0;

	*stop = p;
	for (; p < end && (digit(*p) || strchr(" -./()", *p)); p++) {
		if (!digit(*p))
			continue;
		*stop = p + 1;
		d[n++] = *p;
		if (n == 20)
			break;
	}
	return n;
}

static bool starts(const char *p, const char *end, const char *what)
{
	size_t n = strlen(what);

	return (size_t)(end - p) >= n && strncasecmp(p, what, n) == 0;
}

/* The end of a link or address of the web. */
static const char *link_end(const char *p, const char *end)
{
	if (end - p > LINK)
		end = p + LINK;
	while (p < end && (unsigned char)*p > ' ' && !strchr("<>\"", *p))
		p++;
	return p;
}

/* A link that says more than where the shop, or one page of it, is begins
 * here: a longer path may be somebody's (a password reset, a parcel). */
static bool coded_link(const char *p, const char *end)
{
	const char *stop = link_end(p, end), *path;

	if (starts(p, end, "http://") || starts(p, end, "https://"))
		p = (const char *)memchr(p, '/', (size_t)(stop - p)) + 2;
	else if (!starts(p, end, "www."))
		return false;
	while (stop > p && strchr("/.,;:!)", stop[-1]) != NULL)
		stop--;
	path = p < stop ? memchr(p, '/', (size_t)(stop - p)) : NULL;
	for (; p < stop; p++)
		if (digit(*p) || strchr("?=#", *p) != NULL)
			return true;
	for (p = path ? path + 1 : stop; p < stop; p++)
		if (*p != '-' && (*p < 'a' || *p > 'z'))
			return true;
	return false;
}

static const char *number_kind(const char *p, const char *end,
    const char **stop)
{
	char d[20];
	size_t n = digits_at(p, end, d, stop);

	if (n >= 13 && n <= 19 && luhn(d, n))
		return "card";
	if (n >= 8)
		return "phone";
	return NULL;
}

const char *cn_scrub_finds(struct cn_str t)
{
	const char *p, *end = t.p + t.n, *stop;
	const char *what;

	for (p = t.p; p < end; p++) {
		bool inner = p > t.p && cn_word_byte((unsigned char)p[-1]);

		if (*p == '@' && p > t.p && end - p > 1 &&
		    cn_word_byte((unsigned char)p[1]))
			return "address";
		if (inner)
			continue;
		if (coded_link(p, end)) {
			return "link";
		} else if (iban_at(p, end)) {
			return "bank";
		} else if ((stop = day_end(p, end)) > p) {
			p = stop - 1;
		} else if (digit(*p) || *p == '+') {
			if ((what = number_kind(p, end, &stop)) != NULL)
				return what;
		}
	}
	return cn_scrub_order(t).n > 0 ? "order" : NULL;
}

/* LL-20131, #10293, AB1234C, 48213: letters and digits, or four and more
 * digits that are no year and no part of a longer number. */
static bool order_word(struct cn_str w)
{
	size_t digits = 0, letters = 0, i;

	for (i = 0; i < w.n; i++) {
		if (digit(w.p[i]))
			digits++;
		else if ((w.p[i] | 32) >= 'a' && (w.p[i] | 32) <= 'z')
			letters++;
		else if (w.p[i] != '-' && w.p[i] != '#')
			return false;
	}
	if (digits == 4 && letters == 0 && w.p[0] != '#' &&
	    (strncmp(w.p, "19", 2) == 0 || strncmp(w.p, "20", 2) == 0))
		return false;
	return digits >= 4 || (digits >= 3 && (letters >= 1 ||
	    w.p[0] == '#'));
}

/* An order-like number that begins here; n == 0: none. */
static struct cn_str order_at(const char *from, const char *p, const char *end)
{
	struct cn_str w = { p, 0 };
	const char *s = p;

	if (p > from && (cn_word_byte((unsigned char)p[-1]) || p[-1] == '-' ||
	    p[-1] == '@' || p[-1] == '#'))
		return w;
	while (s < end && (cn_word_byte((unsigned char)*s) || *s == '-' ||
	    (*s == '#' && s == p)))
		s++;
	while (s > p && s[-1] == '-')
		s--;
	w.n = (size_t)(s - p);
	if (w.n > 40 || !order_word(w))
		w.n = 0;
	return w;
}

struct cn_str cn_scrub_order(struct cn_str t)
{
	const char *p, *end = t.p + t.n;
	struct cn_str w = { NULL, 0 };

	for (p = t.p; p < end; p++)
		if ((w = order_at(t.p, p, end)).n > 0)
			return w;
	w.n = 0;
	return w;
}

/* --- sentences --- */

/* How many bytes the end of a sentence at p has; 0: it goes on. */
static size_t ends_sentence(const char *p, const char *end)
{
	if (*p == '\n')
		return p + 1 < end && p[1] == '\n';
	if (strchr(".!?", *p) != NULL)
		return p + 1 == end || p[1] == ' ' || p[1] == '\n';
	if (end - p >= 3 && (memcmp(p, "\u0964", 3) == 0 ||
	    memcmp(p, "\u3002", 3) == 0))
		return 3;
	return 0;
}

static bool upper(struct cn_str w)
{
	uint32_t c;

	return cn_utf8_get(w.p, w.n, &c) > 0 && cn_word_lower(c) != c;
}

static const char *const titles[] = { "Mr", "Mrs", "Ms", "Miss", "Herr",
    "Herrn", "Frau", "Monsieur", "Madame", "Señor", "Señora", NULL };

/* Does this word belong to somebody? */
static bool private_word(const struct cn_scrub *s, struct cn_str w, bool first)
{
	if (cn_wordset_seen(s->free, w) > 0 ||
	    cn_wordset_seen(s->own, w) > 0 || in_list(w, titles) ||
	    cn_wordset_seen(s->common, w) >= CN_SCRUB_COMMON)
		return false;
	if (w.n > 2 && cn_wordset_seen(s->brought, w) > 0)
		return true;
	/* A capital inside a sentence may be a name that nobody announced. */
	return upper(w) && !first && w.n > 1;
}

static bool money(const char *p, const char *end)
{
	static const char *const marks[] = { "$", "€", "£", "₹", "Rs", "EUR",
	    "USD", "INR", "GBP", "rupee", "dollar", "euro", "pound",
	    "रुप", NULL };
	size_t i;

	for (i = 0; marks[i] != NULL; i++)
		if (starts(p, end, marks[i]))
			return true;
	return false;
}

/* Copies a sentence with its masks.  False: it must be left out. */
static bool sentence(struct cn_buf *out, struct cn_str t,
    const struct cn_scrub *s)
{
	const char *p = t.p, *end = t.p + t.n, *q;
	struct cn_buf bare = { 0 };
	bool first = true, good = true;
	const char *found = cn_scrub_finds(t);
	size_t was = out->len;
	struct cn_str w;

	/* A number of an order gives way to a slot, the rest does not. */
	if (found != NULL && strcmp(found, "order") != 0)
		return false;
	while (p < end && good) {
		if ((w = order_at(t.p, p, end)).n > 0) {
			cn_buf_str(out, "{order}");
			p += w.n;
			continue;
		}
		if (money(p, end) || coded_link(p, end)) {
			good = false;
			break;
		}
		if (!cn_word_byte((unsigned char)*p)) {
			cn_buf_ch(out, *p++);
			continue;
		}
		if ((q = day_end(p, end)) > p) {
			cn_buf_str(out, "{date}");
			cn_buf_str(&bare, " ");
			p = q;
			continue;
		}
		if (skip_to_word(p, end, 0) == NULL) {	/* a mark */
			size_t n = cn_word_step(p, end, &(bool){ false });

			cn_buf_add(out, p, n);
			p += n;
			continue;
		}
		q = p;
		w = cn_word_next(&q, end);
		/* 'will' is no name where it is written small. */
		if (cn_wordset_seen(s->names, w) > 0 &&
		    (upper(w) || cn_wordset_seen(s->free, w) == 0)) {
			cn_buf_str(out, "{name}");
		} else if (cn_wordset_seen(s->agents, w) > 0 &&
		    cn_wordset_seen(s->free, w) == 0) {
			cn_buf_str(out, "{agent}");
		} else {
			if (private_word(s, w, first))
				good = false;
			cn_buf_add(out, w.p, w.n);
			cn_buf_fmt(&bare, "%.*s ", (int)w.n, w.p);
		}
		first = false;
		p = q;
	}
	if (cn_scrub_finds(cn_buf_view(&bare)) != NULL ||
	    cn_scrub_finds((struct cn_str){ out->p + was,
	    out->len - was }) != NULL)
		good = false;
	cn_buf_wipe(&bare);
	if (!good)
		out->len = was;
	return good;
}

/* with is not longer than what. */
static void replace(struct cn_buf *b, const char *what, const char *with)
{
	size_t n = strlen(what), m = strlen(with), kept;
	const char *from = b->p, *end = from + b->len, *hit;
	char *to = b->p;

	if (b->len == 0)
		return;
	while ((hit = memmem(from, (size_t)(end - from), what, n)) != NULL) {
		kept = (size_t)(hit - from);
		memmove(to, from, kept);
		memcpy(to + kept, with, m);
		to += kept + m;
		from = hit + n;
	}
	kept = (size_t)(end - from);
	memmove(to, from, kept);
	b->len = (size_t)(to - b->p) + kept;
	b->p[b->len] = '\0';
}

/* '{name} {name}' is one person, and a title before a name is theirs. */
static void tidy(struct cn_buf *b)
{
	char was[40];
	size_t i;

	replace(b, "{name} {name}", "{name}");
	replace(b, "{name} {name}", "{name}");
	replace(b, "{agent} {agent}", "{agent}");
	for (i = 0; titles[i] != NULL; i++) {
		snprintf(was, sizeof(was), " %s {name}", titles[i]);
		replace(b, was, " {name}");
		snprintf(was, sizeof(was), " %s. {name}", titles[i]);
		replace(b, was, " {name}");
	}
	replace(b, " \n\n", "\n\n");
	for (i = 0; i < 4; i++)
		replace(b, "\n\n\n", "\n\n");
	while (b->len > 0 && strchr(" \t\n", b->p[b->len - 1]))
		b->p[--b->len] = '\0';
}

/* Takes one sentence over, or leaves it out with its place in the layout. */
static size_t take(struct cn_buf *b, struct cn_str t, const struct cn_scrub *s)
{
	if (sentence(b, t, s))
		return t.n;
	if (memmem(t.p, t.n, "\n\n", 2) != NULL && b->len > 0)
		cn_buf_str(b, "\n\n");
	return 0;
}

int cn_scrub(struct cn_buf *out, struct cn_str t, const struct cn_scrub *s)
{
	const char *p = t.p, *end = t.p + t.n, *from = p;
	struct cn_buf b = { 0 };
	size_t kept = 0, n;
	bool good;

	for (; p < end; p++) {
		if ((n = ends_sentence(p, end)) == 0)
			continue;
		p += n - 1;
		while (p + 1 < end && strchr(" \n\"')", p[1]))
			p++;
		kept += take(&b, (struct cn_str){ from,
		    (size_t)(p + 1 - from) }, s);
		from = p + 1;
	}
	if (from < end)
		kept += take(&b, (struct cn_str){ from,
		    (size_t)(end - from) }, s);
	tidy(&b);
	/* Half an answer may say the opposite of the whole. */
	good = b.len >= LEAST && kept * 2 >= t.n &&
	    cn_scrub_finds(cn_buf_view(&b)) == NULL;
	if (good)
		cn_buf_add(out, b.p, b.len);
	cn_buf_wipe(&b);
	return good;
}
