/* metrics.h - what the desk's numbers mean
 *
 * Every metric is derived from the events alone (store/audit.h), so that a
 * closed period's report is the same before and after somebody is erased: the
 * events of an erased person keep their time, kind, channel and value.  One
 * definition for each, here and in cn-report(1):
 *
 * automatic   An event whose value is 'automatic'.  It counts in 'automatic'
 *             only; no measure of time begins or ends with it.
 * order       Events of a conversation in the order of their times; in the
 *             same second a customer's message comes before an answer.
 * begin       A conversation begins with its first message either way.
 * first reply From the first message of a customer in a conversation to the
 *             first answer after it.
 * next reply  From the first message of a customer that follows an answer to
 *             the next answer; only once there was a first reply.
 * resolution  From the first message of a customer to the last answer, where
 *             no message of a customer follows that answer within 72 hours
 *             and these have passed.
 * waiting     Where the beginning is there and the end is not.
 * A measure belongs to the period in which its beginning lies, whenever it
 * ended; what lies after 'now' has not happened.
 * percentile  Nearest rank: of n values in order, the ceil(n * p / 100)th.
 *             The median is the 50th percentile.
 * category    Of a conversation: the first that a classification gave it;
 *             '(abstained)' where none of them gave one, '(unclassified)'
 *             where there was none. */
#ifndef CN_METRICS_H
#define CN_METRICS_H

#include "store/audit.h"

#define CN_RESOLVED_AFTER (72 * 3600)	/* seconds */

enum cn_by {
	CN_BY_ALL, CN_BY_DAY, CN_BY_WEEK, CN_BY_MONTH, CN_BY_CHANNEL,
	CN_BY_CATEGORY
};
extern const char *const cn_by_words[];	/* NULL-ended */

enum cn_measure { CN_FIRST_REPLY, CN_NEXT_REPLY, CN_RESOLUTION, CN_NMEASURES };
extern const char *const cn_measure_words[];	/* 'first reply', … */

/* Seconds; they mean nothing where n is 0. */
struct cn_spread {
	size_t n, waiting;
	int64_t median, p90, mean;
};

struct cn_metrics;

struct cn_metrics *cn_metrics_new(int64_t now);
void cn_metrics_free(struct cn_metrics *);
/* One event, in any order; the strings are copied. */
void cn_metrics_add(struct cn_metrics *, const struct cn_event_row *);
/* After the last event, before the first question. */
void cn_metrics_ready(struct cn_metrics *);
/* The three in one: all events of a store. */
struct cn_metrics *cn_metrics_load(struct cn_store *, int64_t now,
    struct cn_err *) CN_CHECKED;

/* The key of a time: of CN_BY_ALL to CN_BY_MONTH, in the arena. */
const char *cn_metrics_period(enum cn_by, int64_t time, struct cn_arena *);

/* Answers are rows in the arena, in the order of their keys; periods are
 * since <= time < until.  key: '2026-11-23', '2026-W48' (ISO 8601), '2026-11'
 * in the zone of the process, a channel, a category, or 'all'. */
struct cn_volume_row {
	const char *key;
	/* received and answered without what is automatic */
	int64_t received, answered, conversations, automatic;
};
/* By time there is a row for every day, week or month from the first event or
 * `since`, whichever is later, to the end. */
void cn_metrics_volume(struct cn_metrics *, int64_t since, int64_t until,
    enum cn_by, struct cn_arena *, struct cn_volume_row **, size_t *n);

struct cn_response_row {
	const char *key;
	enum cn_measure measure;
	struct cn_spread spread;
};
/* CN_NMEASURES rows a key; for CN_BY_ALL always, else where there is one. */
void cn_metrics_response(struct cn_metrics *, int64_t since, int64_t until,
    enum cn_by, struct cn_arena *, struct cn_response_row **, size_t *n);

struct cn_category_row {
	const char *key;
	int64_t conversations;		/* begun by a customer */
	double share;			/* of all of them, percent */
	struct cn_spread first;		/* first reply */
};
/* The largest first. */
void cn_metrics_categories(struct cn_metrics *, int64_t since, int64_t until,
    struct cn_arena *, struct cn_category_row **, size_t *n);

/* --- conditions: 'frt.p90<4h' --- */

/* MEASURE.STAT OP VALUE: frt (first), nrt (next), res (resolution);
 * median p90 mean n waiting; < <= > >=; a length of time (90s 30m 4h 7d), or
 * a number for n and waiting. */
struct cn_condition {
	enum cn_measure measure;
	int stat, op;
	int64_t value;
};
int cn_condition_parse(const char *, struct cn_condition *, struct cn_err *)
    CN_CHECKED;
/* Is it met?  Where nothing has been measured, a time meets it if nothing
 * waits either. */
bool cn_condition_met(const struct cn_condition *, const struct cn_spread *);

/* '3d04h', '2h05m', '12m', '45s': cut to two units, for people. */
#define CN_SPAN_LEN 24
char *cn_span_fmt(char out[CN_SPAN_LEN], int64_t seconds);

#endif
