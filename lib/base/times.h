/* times.h - seconds since 1970 in UTC, RFC 3339, and the words of --since */
#ifndef CN_TIMES_H
#define CN_TIMES_H

#include "buf.h"

#define CN_TIME_LEN 21			/* 2026-11-23T15:30:19Z and NUL */

/* RFC 3339 in UTC, whole seconds; years outside 0..9999 are clamped. */
char *cn_time_fmt(char out[CN_TIME_LEN], int64_t t);
/* RFC 3339 with any offset; fractions are dropped. */
bool cn_time_parse(const char *, int64_t *);
/* Days since 1970-01-01 of a civil date (proleptic Gregorian), and back. */
int64_t cn_days(int y, int m, int d);
void cn_civil(int64_t days, int *y, int *m, int *d);
/* The local day (days since 1970) of a time, in the zone TZ that the process
 * has; and the first second of a local day. */
int64_t cn_local_day(int64_t t);
int64_t cn_local_midnight(int64_t day);
/* The time at which clocks of that zone show a second of a day: the first of
 * two where they are set back, the one after where they jump over it. */
int64_t cn_local_time(int64_t day, int second);

/* --since, --until, --now: RFC 3339, YYYY-MM-DD (local midnight), 7d, 24h,
 * 30m, 2w, 3mo, 1y (before now), today, yesterday, @epoch, now. */
int cn_time_arg(const char *, int64_t now, int64_t *out, struct cn_err *)
    CN_CHECKED;
/* A length of time: 90s, 30m, 48h, 7d, 2w; in seconds. */
int cn_span_arg(const char *, int64_t *out, struct cn_err *) CN_CHECKED;

#endif
