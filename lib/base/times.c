#include "base/times.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Days and civil dates: the era arithmetic of H. Hinnant, 'chrono-Compatible
 * Low-Level Date Algorithms' (2013). */
int64_t cn_days(int y, int m, int d)
{
	int64_t era, doe;
	int yoe, doy;

	y -= m <= 2;
	era = (y >= 0 ? y : y - 399) / 400;
	yoe = (int)(y - era * 400);
	doy = (153 * (m + (m > 2 ? -3 : 9)) + 2) / 5 + d - 1;
	doe = (int64_t)yoe * 365 + yoe / 4 - yoe / 100 + doy;
	return era * 146097 + doe - 719468;
}

void cn_civil(int64_t z, int *y, int *m, int *d)
{
	int64_t era, doe, yoe, doy, mp;

	z += 719468;
	era = (z >= 0 ? z : z - 146096) / 146097;
	doe = z - era * 146097;
	yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	mp = (5 * doy + 2) / 153;
	*d = (int)(doy - (153 * mp + 2) / 5 + 1);
	*m = (int)(mp < 10 ? mp + 3 : mp - 9);
	*y = (int)(yoe + era * 400 + (*m <= 2));
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

char *cn_time_fmt(char out[CN_TIME_LEN], int64_t t)
{
	const int64_t min = -62167219200, max = 253402300799;
	int64_t day;
	int y, m, d, s;

	t = t < min ? min : t > max ? max : t;
	day = floor_div(t, 86400);
	s = (int)(t - day * 86400);
	cn_civil(day, &y, &m, &d);
	snprintf(out, CN_TIME_LEN, "%04u-%02u-%02uT%02u:%02u:%02uZ",
	    (unsigned)y % 10000, (unsigned)m % 100, (unsigned)d % 100,
	    (unsigned)(s / 3600) % 100, (unsigned)(s / 60 % 60),
	    (unsigned)(s % 60));
	return out;
}

/* n digits as a number; -1 where there is another character. */
static int digits(const char *s, int n)
{
	int v = 0;

	for (; n > 0; n--, s++) {
		if (!isdigit((unsigned char)*s))
			return -1;
		v = v * 10 + (*s - '0');
	}
	return v;
}

static bool date_part(const char *s, int64_t *days)
{
	static const int len[] = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30,
	    31 };
	int y = digits(s, 4), m, d;

	if (y < 0 || s[4] != '-' || (m = digits(s + 5, 2)) < 1 || m > 12 ||
	    s[7] != '-' || (d = digits(s + 8, 2)) < 1 || d > len[m - 1])
		return false;
	if (m == 2 && d == 29 && !(y % 4 == 0 && (y % 100 || y % 400 == 0)))
		return false;
	*days = cn_days(y, m, d);
	return true;
}

bool cn_time_parse(const char *s, int64_t *out)
{
	int64_t days;
	int h, m, sec, oh, om, sign;

	if (strlen(s) < 20 || !date_part(s, &days) ||
	    (s[10] != 'T' && s[10] != 't' && s[10] != ' '))
		return false;
	h = digits(s + 11, 2);
	m = digits(s + 14, 2);
	sec = digits(s + 17, 2);
	if (h < 0 || h > 23 || s[13] != ':' || m < 0 || m > 59 ||
	    s[16] != ':' || sec < 0 || sec > 60)
		return false;
	s += 19;
	if (*s == '.') {
		s++;
		if (!isdigit((unsigned char)*s))
			return false;
		while (isdigit((unsigned char)*s))
			s++;
	}
	*out = days * 86400 + h * 3600 + m * 60 + sec;
	if ((*s == 'Z' || *s == 'z') && s[1] == '\0')
		return true;
	sign = *s == '+' ? 1 : *s == '-' ? -1 : 0;
	if (sign == 0 || strlen(s) != 6 || s[3] != ':' ||
	    (oh = digits(s + 1, 2)) < 0 || (om = digits(s + 4, 2)) < 0 ||
	    oh > 23 || om > 59)
		return false;
	*out -= sign * (oh * 3600 + om * 60);
	return true;
}

int64_t cn_local_day(int64_t t)
{
	time_t tt = (time_t)t;
	struct tm tm;

	if (localtime_r(&tt, &tm) == NULL)
		return floor_div(t, 86400);
	return cn_days(tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

int64_t cn_local_midnight(int64_t day)
{
	struct tm tm = { 0 };
	int y, m, d;

	cn_civil(day, &y, &m, &d);
	tm.tm_year = y - 1900;
	tm.tm_mon = m - 1;
	tm.tm_mday = d;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm);
}

/* Which of two hours that clocks show twice mktime(3) gives depends on what
 * it was asked before. */
int64_t cn_local_time(int64_t day, int second)
{
	struct tm tm = { .tm_hour = second / 3600, .tm_min = second / 60 % 60,
	    .tm_sec = second % 60, .tm_isdst = -1 }, was;
	time_t t, earlier;
	int y, m, d;

	cn_civil(day, &y, &m, &d);
	tm.tm_year = y - 1900;
	tm.tm_mon = m - 1;
	tm.tm_mday = d;
	t = mktime(&tm);
	for (earlier = t - 7200; earlier < t; earlier += 1800)
		if (localtime_r(&earlier, &was) != NULL &&
		    was.tm_yday == tm.tm_yday && was.tm_hour == tm.tm_hour &&
		    was.tm_min == tm.tm_min)
			return (int64_t)earlier;
	return (int64_t)t;
}

static const struct {
	const char *unit;
	int64_t seconds;		/* 0: calendar months */
	int months;
} units[] = {
	{ "s", 1, 0 }, { "m", 60, 0 }, { "min", 60, 0 }, { "h", 3600, 0 },
	{ "d", 86400, 0 }, { "w", 604800, 0 }, { "mo", 0, 1 }, { "y", 0, 12 },
};

static bool span(const char *s, int64_t *n, int *unit)
{
	char *end;
	size_t i;

	if (!isdigit((unsigned char)*s))
		return false;
	*n = strtoll(s, &end, 10);
	if (*n > 100000000)
		return false;
	for (i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit) == 0) {
			*unit = (int)i;
			return true;
		}
	}
	return false;
}

static int64_t months_before(int64_t now, int64_t n)
{
	static const int len[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30,
	    31 };
	time_t tt = (time_t)now;
	struct tm tm;
	int64_t m;
	int y, last;

	if (localtime_r(&tt, &tm) == NULL)
		return 0;
	m = (int64_t)(tm.tm_year + 1900) * 12 + tm.tm_mon - n;
	if (m < 12)			/* before the year 1: all there is */
		return cn_days(1, 1, 1) * 86400;
	y = (int)(m / 12);
	tm.tm_year = y - 1900;
	tm.tm_mon = (int)(m % 12);
	/* The last day of a shorter month. */
	last = len[tm.tm_mon] + (tm.tm_mon == 1 && y % 4 == 0 &&
	    (y % 100 != 0 || y % 400 == 0));
	if (tm.tm_mday > last)
		tm.tm_mday = last;
	tm.tm_isdst = -1;
	return (int64_t)mktime(&tm);
}

int cn_time_arg(const char *s, int64_t now, int64_t *out, struct cn_err *err)
{
	int64_t n, days;
	char *end;
	int unit;

	if (strcmp(s, "now") == 0) {
		*out = now;
	} else if (strcmp(s, "today") == 0) {
		*out = cn_local_midnight(cn_local_day(now));
	} else if (strcmp(s, "yesterday") == 0) {
		*out = cn_local_midnight(cn_local_day(now) - 1);
	} else if (*s == '@' && s[1] != '\0') {
		n = strtoll(s + 1, &end, 10);
		if (*end != '\0')
			goto bad;
		*out = n;
	} else if (strlen(s) == 10 && date_part(s, &days)) {
		*out = cn_local_midnight(days);
	} else if (cn_time_parse(s, out)) {
		return 0;
	} else if (span(s, &n, &unit)) {
		*out = units[unit].months ?
		    months_before(now, n * units[unit].months) :
		    now - n * units[unit].seconds;
	} else {
		goto bad;
	}
	return 0;
bad:
	return cn_fail(err, CN_USAGE, "not a time: '%.40s' (2026-11-23, "
	    "2026-11-23T15:00:00Z, 7d, 24h, 3mo, yesterday, @0)", s);
}

int cn_span_arg(const char *s, int64_t *out, struct cn_err *err)
{
	int64_t n;
	int unit;

	if (!span(s, &n, &unit) || units[unit].months)
		return cn_fail(err, CN_USAGE,
		    "not a length of time: '%.40s' (90s, 30m, 48h, 7d, 2w)", s);
	*out = n * units[unit].seconds;
	return 0;
}
