/* times - dates, RFC 3339, the words of --since */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/times.h"
#include "tap.h"

static void zone(const char *tz)
{
	setenv("TZ", tz, 1);
	tzset();
}

static int64_t at(const char *s)
{
	int64_t t;

	return cn_time_parse(s, &t) ? t : -1;
}

static void civil(void)
{
	char s[CN_TIME_LEN];
	bool all = true;
	int64_t day;
	int y, m, d;

	for (day = -800000; day < 800000; day += 1) {
		cn_civil(day, &y, &m, &d);
		if (cn_days(y, m, d) != day)
			all = false;
	}
	ok(all, "days and dates are each other's inverse");
	ok(cn_days(1970, 1, 1) == 0 && cn_days(2000, 3, 1) == 11017 &&
	    cn_days(1, 1, 1) == -719162, "and begin where they should");
	is(cn_time_fmt(s, 0), "1970-01-01T00:00:00Z", "the beginning");
	is(cn_time_fmt(s, -1), "1969-12-31T23:59:59Z", "before it");
	is(cn_time_fmt(s, INT64_MIN), "0000-01-01T00:00:00Z", "clamped below");
	is(cn_time_fmt(s, INT64_MAX), "9999-12-31T23:59:59Z", "and above");
}

static void rfc3339(void)
{
	static const char *const bad[] = { "", "2026-11-23", "2026-11-23T15:30:19",
	    "2026-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
	    "2026-13-01T00:00:00Z", "2026-00-01T00:00:00Z",
	    "2026-04-31T00:00:00Z", "2026-11-23T24:00:00Z",
	    "2026-11-23T15:60:00Z", "2026-11-23T15:30:61Z",
	    "2026-11-23T15:30:19+0530", "2026-11-23T15:30:19+05:60",
	    "2026-11-23T15:30:19.Z", "2026-11-23T15:30:19Zx",
	    "2026-11-23X15:30:19Z", "26-11-23T15:30:19Z!!!" };
	size_t i;
	bool all = true;
	int64_t t;

	ok(at("2026-11-23T15:30:19Z") == 1795447819 &&
	    at("2026-11-23T21:00:19+05:30") == 1795447819 &&
	    at("2026-11-23t10:30:19.987-05:00") == 1795447819 &&
	    at("2026-11-23 15:30:19z") == 1795447819,
	    "any offset is the same moment");
	ok(at("2024-02-29T00:00:00Z") == 1709164800 &&
	    at("2000-02-29T00:00:00Z") == 951782400, "leap days");
	ok(at("2016-12-31T23:59:60Z") == at("2017-01-01T00:00:00Z"),
	    "a leap second is the next second");
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (cn_time_parse(bad[i], &t)) {
			printf("# %s is taken\n", bad[i]);
			all = false;
		}
	ok(all, "what is no time is refused");
}

/* now, --since, what it means */
static const struct {
	const char *tz, *now, *arg, *want;
} since[] = {
	{ "UTC", "2026-11-23T15:30:19Z", "now", "2026-11-23T15:30:19Z" },
	{ "UTC", "2026-11-23T15:30:19Z", "today", "2026-11-23T00:00:00Z" },
	{ "UTC", "2026-11-23T15:30:19Z", "yesterday", "2026-11-22T00:00:00Z" },
	{ "UTC", "2026-11-23T15:30:19Z", "7d", "2026-11-16T15:30:19Z" },
	{ "UTC", "2026-11-23T15:30:19Z", "24h", "2026-11-22T15:30:19Z" },
	{ "UTC", "2026-11-23T15:30:19Z", "30m", "2026-11-23T15:00:19Z" },
	{ "UTC", "2026-11-23T15:30:19Z", "90s", "2026-11-23T15:28:49Z" },
	{ "UTC", "2026-11-23T15:30:19Z", "2w", "2026-11-09T15:30:19Z" },
	{ "UTC", "2026-11-23T15:30:19Z", "3mo", "2026-08-23T15:30:19Z" },
	{ "UTC", "2026-03-31T12:00:00Z", "1mo", "2026-02-28T12:00:00Z" },
	{ "UTC", "2024-03-31T12:00:00Z", "1mo", "2024-02-29T12:00:00Z" },
	{ "UTC", "2024-02-29T12:00:00Z", "1y", "2023-02-28T12:00:00Z" },
	{ "UTC", "2026-01-15T12:00:00Z", "1mo", "2025-12-15T12:00:00Z" },
	{ "UTC", "1970-06-01T00:00:00Z", "5000y", "0001-01-01T00:00:00Z" },
	{ "UTC", "2026-11-23T15:30:19Z", "@86400", "1970-01-02T00:00:00Z" },
	{ "UTC", "2026-11-23T15:30:19Z", "2026-11-01", "2026-11-01T00:00:00Z" },
	{ "UTC", "2026-11-23T15:30:19Z", "2026-11-23T21:00:19+05:30",
	  "2026-11-23T15:30:19Z" },
	{ "Asia/Kolkata", "2026-11-23T20:00:00Z", "today",
	  "2026-11-23T18:30:00Z" },
	{ "Asia/Kolkata", "2026-11-23T20:00:00Z", "2026-11-23",
	  "2026-11-22T18:30:00Z" },
	/* Clocks went back on 25 October, and forward on 29 March. */
	{ "Europe/Berlin", "2026-10-26T12:00:00Z", "2026-10-25",
	  "2026-10-24T22:00:00Z" },
	{ "Europe/Berlin", "2026-10-26T12:00:00Z", "today",
	  "2026-10-25T23:00:00Z" },
	{ "Europe/Berlin", "2026-11-15T12:00:00Z", "1mo",
	  "2026-10-15T11:00:00Z" },
	{ "Europe/Berlin", "2026-10-26T12:00:00Z", "1d",
	  "2026-10-25T12:00:00Z" },
	/* No midnight: the day began at one o'clock. */
	{ "Africa/Cairo", "2026-04-24T12:00:00Z", "today",
	  "2026-04-23T22:00:00Z" },
};

static void time_words(void)
{
	static const char *const bad[] = { "", "7", "d", "7x", "-7d", "7dd",
	    "tomorrow", "2026-02-30", "2026-1-1", "@", "@x", "@1x", "1.5d",
	    "99999999999d", "7 d" };
	struct cn_err err;
	char s[CN_TIME_LEN];
	int64_t t;
	size_t i;
	bool all = true;

	for (i = 0; i < sizeof(since) / sizeof(since[0]); i++) {
		zone(since[i].tz);
		t = -1;
		if (cn_time_arg(since[i].arg, at(since[i].now), &t, &err) < 0 ||
		    strcmp(cn_time_fmt(s, t), since[i].want) != 0) {
			printf("# %s at %s in %s: %s, not %s\n", since[i].arg,
			    since[i].now, since[i].tz, cn_time_fmt(s, t),
			    since[i].want);
			all = false;
		}
	}
	zone("UTC");
	ok(all, "the words of --since");
	for (i = 0, all = true; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (cn_time_arg(bad[i], 0, &t, &err) == 0 ||
		    err.status != CN_USAGE) {
			printf("# '%s' is taken\n", bad[i]);
			all = false;
		}
	ok(all, "other words are a usage error");
	ok(cn_span_arg("48h", &t, &err) == 0 && t == 172800 &&
	    cn_span_arg("1mo", &t, &err) < 0 && cn_span_arg("h", &t, &err) < 0,
	    "a length of time has no months");
	/* Every day has one first second, in every zone. */
	for (i = 0, all = true; i < 3; i++) {
		int64_t d;

		zone((const char *const[]){ "Africa/Cairo", "America/Santiago",
		    "Europe/Berlin" }[i]);
		for (d = cn_days(2024, 1, 1); d < cn_days(2027, 1, 1); d++)
			if (cn_local_day(cn_local_midnight(d)) != d ||
			    cn_local_day(cn_local_midnight(d) - 1) != d - 1) {
				printf("# zone %zu day %lld\n", i,
				    (long long)d);
				all = false;
			}
	}
	zone("UTC");
	ok(all, "the first second of a day, also where midnight is missing");
}

/* --- UTF-8, buffers, encodings --- */

int main(void)
{
	zone("UTC");
	civil();
	rfc3339();
	time_words();
	return done();
}
