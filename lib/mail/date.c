/* date.c - the date of RFC 5322, and what mailers make of it */
#include <stdio.h>

#include "base/times.h"
#include "mime.h"

static const char months[] = "janfebmaraprmayjunjulaugsepoctnovdec";

static const struct {
	const char *name;
	int hours;
} zones[] = {
	{ "ut", 0 }, { "utc", 0 }, { "gmt", 0 }, { "z", 0 },
	{ "edt", -4 }, { "est", -5 }, { "cdt", -5 }, { "cst", -6 },
	{ "mdt", -6 }, { "mst", -7 }, { "pdt", -7 }, { "pst", -8 },
	{ "ast", -4 }, { "adt", -3 },
	/* Not in the RFC, seen in mail. */
	{ "bst", 1 }, { "met", 1 }, { "cet", 1 }, { "mest", 2 },
	{ "cest", 2 }, { "eet", 2 }, { "eest", 3 }, { "jst", 9 },
};

struct scan {
	const char *p, *end;
	int year, month, day, h, m, s, zone;
	bool time, zoned;
};

static void skip(struct scan *c)
{
	int depth = 0;

	for (; c->p < c->end; c->p++) {
		if (*c->p == '(')
			depth++;
		else if (*c->p == ')' && depth > 0)
			depth--;
		else if (depth == 0 && !cn_is_wsp((unsigned char)*c->p) &&
		    *c->p != ',' && *c->p != ')')
			return;
	}
}

/* At most nine digits count; *n says how many there were. */
static int number(struct scan *c, int *n)
{
	int v = 0;

	for (*n = 0; c->p < c->end && cn_is_digit((unsigned char)*c->p);
	    c->p++, ++*n)
		if (*n < 9)
			v = v * 10 + (*c->p - '0');
	return v;
}

static void clock_time(struct scan *c, int hour)
{
	int n;

	c->h = hour;
	c->p++;
	c->m = number(c, &n);
	if (c->p < c->end && (*c->p == ':' || *c->p == '.')) {
		c->p++;
		c->s = number(c, &n);
		if (c->p < c->end && *c->p == '.') {
			c->p++;
			number(c, &n);
		}
	}
	c->time = true;
}

static void word(struct scan *c)
{
	char w[12];
	size_t n = 0;

	for (; c->p < c->end; c->p++) {
		int ch = cn_lower((unsigned char)*c->p);

		if (ch < 'a' || ch > 'z')
			break;
		if (n + 1 < sizeof(w))
			w[n++] = (char)ch;
	}
	w[n] = 0;
	if (n >= 3 && c->month < 0)
		for (int i = 0; i < 12; i++)
			if (memcmp(w, months + 3 * i, 3) == 0) {
				c->month = i + 1;
				return;
			}
	if (!c->time)
		return;
	if (strcmp(w, "pm") == 0 && c->h < 12)
		c->h += 12;
	else if (strcmp(w, "am") == 0 && c->h == 12)
		c->h = 0;
	for (size_t i = 0; i < sizeof(zones) / sizeof(*zones); i++)
		if (!c->zoned && strcmp(w, zones[i].name) == 0) {
			c->zone = zones[i].hours * 60;
			c->zoned = true;
		}
}

static void set_zone(struct scan *c, int hhmm)
{
	c->zone = hhmm / 100 * 60 + hhmm % 100;
	c->zoned = true;
}

static void signed_zone(struct scan *c)
{
	int neg = *c->p++ == '-', n, v;

	v = number(c, &n);
	if (n > 0 && n <= 2 && c->p < c->end && *c->p == ':') {
		c->p++;
		v = v * 100 + number(c, &n);
		n = 4;
	}
	if (n < 3 || n > 4 || c->zoned)
		return;
	set_zone(c, neg ? -v : v);
}

static void take_number(struct scan *c)
{
	int n, v = number(c, &n);

	if (c->p < c->end && *c->p == ':' && !c->time) {
		clock_time(c, v);
	} else if (c->day < 0 && n <= 2) {
		c->day = v;
	} else if (c->year < 0 && n <= 4) {
		/* RFC 5322, section 4.3. */
		c->year = v;
		if (n == 2)
			c->year += v < 50 ? 2000 : 1900;
		else if (v < 1000)
			c->year += 1900;	/* also 0102 */
	} else if (n == 4 && c->time && !c->zoned) {
		set_zone(c, v);
	}
}

bool cn_mail_date(struct cn_str value, int64_t *out)
{
	struct scan c = { value.p, value.p + value.n, -1, -1, -1, 0, 0, 0, 0,
	    false, false };
	int64_t t;

	if (value.n > 200)
		c.end = c.p + 200;
	for (skip(&c); c.p < c.end; skip(&c)) {
		int ch = cn_lower((unsigned char)*c.p);

		if (cn_is_digit(ch))
			take_number(&c);
		else if (ch >= 'a' && ch <= 'z')
			word(&c);
		else if ((ch == '+' || ch == '-') && c.time)
			signed_zone(&c);
		else
			c.p++;
	}
	if (c.day < 1 || c.day > 31 || c.month < 0 || c.year < 1900 ||
	    c.h > 24 || c.m > 59 || c.s > 61)
		return false;
	t = cn_days(c.year, c.month, c.day) * 86400;
	t += c.h * 3600 + c.m * 60 + c.s - c.zone * 60;
	*out = t;
	return true;
}

void cn_mime_date(struct cn_buf *out, int64_t t, bool envelope)
{
	static const char days[] = "ThuFriSatSunMonTueWed";
	static const char names[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int64_t day = t / 86400 - (t % 86400 < 0), s = t - day * 86400;
	const char *wd = days + 3 * (((day % 7) + 7) % 7), *month;
	char time[16];
	int y, m, d;

	cn_civil(day, &y, &m, &d);
	month = names + 3 * (m - 1);
	snprintf(time, sizeof(time), "%02d:%02d:%02d", (int)(s / 3600),
	    (int)(s / 60 % 60), (int)(s % 60));
	if (envelope)
		cn_buf_fmt(out, "%.3s %.3s %2d %s %04d", wd, month, d, time, y);
	else
		cn_buf_fmt(out, "%.3s, %d %.3s %04d %s +0000", wd, d, month, y,
		    time);
}
