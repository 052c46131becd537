/* The figures of a small desk, worked out by hand. */
#include "desk/report/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/times.h"
#include "tap.h"

#define H 3600
#define D 86400
/* Monday 2026-11-02, 00:00 UTC. */
#define T0 1793577600
#define NOW (T0 + 30 * D)

static int64_t next_id;

static void ev(struct cn_metrics *m, int64_t conversation, int64_t at,
    const char *kind, const char *value)
{
	int64_t id = ++next_id;
	struct cn_event_row e = { id, T0 + at, conversation, id, kind,
	    strcmp(kind, "classified") ? "email" : NULL, value };

	cn_metrics_add(m, &e);
}

static struct cn_metrics *desk(void)
{
	struct cn_metrics *m = cn_metrics_new(NOW);

	next_id = 0;
	/* 1: asked at 10:00, again at 11:00, answered at 12:00; asked once
	 * more the next day at 10:00, answered an hour later. */
	ev(m, 1, 10 * H, "received", NULL);
	ev(m, 1, 11 * H, "received", NULL);
	ev(m, 1, 12 * H, "answered", NULL);
	ev(m, 1, D + 10 * H, "received", NULL);
	ev(m, 1, D + 11 * H, "answered", NULL);
	ev(m, 1, 9 * D, "classified", "refund");
	ev(m, 1, 9 * D, "classified", "delivery");
	/* 2: an automatic answer at once, a real one after four hours, and a
	 * message two days later that nobody answered: not resolved. */
	ev(m, 2, 20 * H, "received", NULL);
	ev(m, 2, 20 * H, "answered", "automatic");
	ev(m, 2, D, "answered", NULL);
	ev(m, 2, 3 * D, "received", NULL);
	ev(m, 2, 9 * D, "classified", NULL);
	ev(m, 2, 9 * D, "classified", "refund");
	/* 3: never answered, abstained. */
	ev(m, 3, 8 * D, "received", NULL);
	ev(m, 3, 9 * D, "classified", NULL);
	/* 4: we wrote first; the customer's answer was answered in the same
	 * second, and a message 80 hours later does not undo that. */
	ev(m, 4, 2 * D, "answered", NULL);
	ev(m, 4, 2 * D + H, "answered", NULL);
	ev(m, 4, 2 * D + H, "received", NULL);
	ev(m, 4, 2 * D + 81 * H, "received", NULL);
	/* 5: only a machine. */
	ev(m, 5, 2 * D, "received", "automatic");
	/* 6: answered yesterday: 72 hours have not passed. */
	ev(m, 6, 28 * D, "received", NULL);
	ev(m, 6, 29 * D, "answered", NULL);
	/* 7: from the future. */
	ev(m, 7, 31 * D, "received", NULL);
	cn_metrics_ready(m);
	return m;
}

static bool spread(const struct cn_spread *s, size_t n, size_t waiting,
    int64_t median, int64_t p90, int64_t mean)
{
	if (s->n == n && s->waiting == waiting && s->median == median &&
	    s->p90 == p90 && s->mean == mean)
		return true;
	printf("# n %zu waiting %zu median %lld p90 %lld mean %lld\n", s->n,
	    s->waiting, (long long)s->median, (long long)s->p90,
	    (long long)s->mean);
	return false;
}

static void response(struct cn_metrics *m, struct cn_arena *mem)
{
	struct cn_response_row *r;
	size_t n;

	cn_metrics_response(m, T0, NOW, CN_BY_ALL, mem, &r, &n);
	ok(n == 3, "three measures");
	/* 0, 2, 4 and 24 hours; 3 waits. */
	ok(spread(&r[0].spread, 4, 1, 2 * H, 24 * H, 30 * H / 4), "first reply");
	/* 1 h of conversation 1; 2 and 4 wait. */
	ok(spread(&r[1].spread, 1, 2, H, H, H), "next reply");
	/* 1: 25 h; 4: 0 h; 2, 3 and 6 wait. */
	ok(spread(&r[2].spread, 2, 3, 0, 25 * H, 25 * H / 2), "resolution");

	cn_metrics_response(m, T0, T0 + D, CN_BY_ALL, mem, &r, &n);
	ok(spread(&r[0].spread, 2, 0, 2 * H, 4 * H, 3 * H),
	    "what began in the period counts, whenever it was answered");
	cn_metrics_response(m, T0 + 10 * H + 1, T0 + 20 * H, CN_BY_ALL, mem,
	    &r, &n);
	ok(r[0].spread.n == 0 && r[0].spread.waiting == 0,
	    "the end of a period is not in it");
	cn_metrics_response(m, T0 + 10 * H, T0 + 10 * H + 1, CN_BY_ALL, mem,
	    &r, &n);
	ok(r[0].spread.n == 1, "its beginning is");
	cn_metrics_response(m, T0, NOW, CN_BY_WEEK, mem, &r, &n);
	ok(n == 9 && !strcmp(r[0].key, "2026-W45") &&
	    !strcmp(r[3].key, "2026-W46") && !strcmp(r[6].key, "2026-W49"),
	    "by week, weeks without any left out");
	ok(spread(&r[3].spread, 0, 1, 0, 0, 0), "3 waits since its week");
}

static void volume(struct cn_metrics *m, struct cn_arena *mem)
{
	struct cn_volume_row *v;
	size_t n;

	cn_metrics_volume(m, T0, NOW, CN_BY_ALL, mem, &v, &n);
	ok(n == 1 && v->received == 9 && v->answered == 6 &&
	    v->automatic == 2 && v->conversations == 5, "volume of all");
	cn_metrics_volume(m, T0, T0 + 4 * D, CN_BY_DAY, mem, &v, &n);
	ok(n == 4 && !strcmp(v[0].key, "2026-11-02") && v[0].received == 3 &&
	    v[0].answered == 1 && v[0].automatic == 1 &&
	    v[0].conversations == 2, "volume of a day");
	ok(v[2].received == 1 && v[2].answered == 2 && v[2].automatic == 1 &&
	    v[2].conversations == 1, "a conversation that we began");
	ok(!strcmp(v[3].key, "2026-11-05") && v[3].received == 1 &&
	    v[3].conversations == 0, "days in order");
	cn_metrics_volume(m, T0 - 90 * D, NOW + 9 * D, CN_BY_DAY, mem, &v, &n);
	ok(n == 31 && !strcmp(v[0].key, "2026-11-02") &&
	    !strcmp(v[30].key, "2026-12-02"),
	    "from the first event to now, empty days too");
	cn_metrics_volume(m, T0, NOW, CN_BY_MONTH, mem, &v, &n);
	ok(n == 2 && !strcmp(v[0].key, "2026-11") &&
	    !strcmp(v[1].key, "2026-12"), "by month");
	cn_metrics_volume(m, T0, NOW, CN_BY_CHANNEL, mem, &v, &n);
	ok(n == 1 && !strcmp(v[0].key, "email") && v[0].received == 9,
	    "by channel");
	cn_metrics_volume(m, T0, NOW, CN_BY_CATEGORY, mem, &v, &n);
	ok(n == 3 && !strcmp(v[0].key, "(abstained)") && v[0].received == 1 &&
	    !strcmp(v[1].key, "(unclassified)") &&
	    !strcmp(v[2].key, "refund") && v[2].received == 5,
	    "by category, which is the conversation's");
}

static void categories(struct cn_metrics *m, struct cn_arena *mem)
{
	struct cn_category_row *c;
	size_t n;

	cn_metrics_categories(m, T0, NOW, mem, &c, &n);
	ok(n == 3 && !strcmp(c[0].key, "(unclassified)") &&
	    c[0].conversations == 2 && c[0].share > 39.9 && c[0].share < 40.1,
	    "categories: count and share, the largest first");
	ok(!strcmp(c[1].key, "refund") && c[1].conversations == 2 &&
	    spread(&c[1].first, 2, 0, 2 * H, 4 * H, 3 * H),
	    "the first category that was given; first reply");
	ok(!strcmp(c[2].key, "(abstained)") && c[2].conversations == 1 &&
	    c[2].first.waiting == 1, "abstained");
}

static void zones(struct cn_arena *mem)
{
	struct cn_metrics *m = cn_metrics_new(NOW);
	struct cn_volume_row *v;
	size_t n;

	/* Clocks go back in New York on 2026-11-01 at 06:00 UTC: the day has
	 * 25 hours, from 04:00 UTC to 05:00 UTC. */
	setenv("TZ", "America/New_York", 1);
	tzset();
	ev(m, 1, -D + 4 * H - 1, "received", NULL);
	ev(m, 2, -D + 4 * H, "received", NULL);
	ev(m, 3, 5 * H - 1, "received", NULL);
	ev(m, 4, 5 * H, "received", NULL);
	cn_metrics_ready(m);
	cn_metrics_volume(m, T0 - 2 * D, T0 + D, CN_BY_DAY, mem, &v, &n);
	ok(n == 3 && !strcmp(v[0].key, "2026-10-31") && v[0].received == 1 &&
	    v[1].received == 2 && v[2].received == 1,
	    "a day of 25 hours");
	cn_metrics_free(m);
	setenv("TZ", "UTC", 1);
	tzset();
}

static void edges(struct cn_arena *mem)
{
	struct cn_metrics *m = cn_metrics_new(NOW);
	struct cn_response_row *r;
	struct cn_category_row *c;
	struct cn_volume_row *v;
	char text[CN_SPAN_LEN];
	size_t n;

	cn_metrics_ready(m);
	cn_metrics_response(m, T0, NOW, CN_BY_ALL, mem, &r, &n);
	ok(n == 3 && spread(&r[0].spread, 0, 0, 0, 0, 0), "no event: nothing");
	cn_metrics_volume(m, T0, NOW, CN_BY_DAY, mem, &v, &n);
	ok(n == 0, "no event: no day");
	cn_metrics_categories(m, T0, NOW, mem, &c, &n);
	ok(n == 0, "no event: no category");
	ev(m, 1, 0, "received", NULL);
	cn_metrics_ready(m);
	cn_metrics_response(m, T0, NOW, CN_BY_ALL, mem, &r, &n);
	ok(spread(&r[0].spread, 0, 1, 0, 0, 0) &&
	    spread(&r[2].spread, 0, 1, 0, 0, 0),
	    "one event: it waits");
	cn_metrics_free(m);

	/* Week 53 and the turn of a year. */
	m = cn_metrics_new(NOW + 90 * D);
	ev(m, 1, 60 * D, "received", NULL);	/* Friday 2027-01-01 */
	cn_metrics_ready(m);
	cn_metrics_volume(m, T0 + 60 * D, T0 + 61 * D, CN_BY_WEEK, mem, &v,
	    &n);
	ok(n == 1 && !strcmp(v[0].key, "2026-W53"), "ISO weeks");
	cn_metrics_free(m);

	/* Nearest rank of ten: the 5th and the 9th; of eleven 6th and 10th. */
	m = cn_metrics_new(NOW);
	for (int i = 1; i <= 11; i++) {
		ev(m, i, 0, "received", NULL);
		ev(m, i, i, "answered", NULL);
	}
	cn_metrics_ready(m);
	cn_metrics_response(m, T0, NOW, CN_BY_ALL, mem, &r, &n);
	ok(spread(&r[0].spread, 11, 0, 6, 10, 6), "nearest rank");
	cn_metrics_free(m);

	ok(!strcmp(cn_span_fmt(text, 45), "45s") &&
	    !strcmp(cn_span_fmt(text, 60), "1m00s") &&
	    !strcmp(cn_span_fmt(text, 2 * H + 5 * 60), "2h05m") &&
	    !strcmp(cn_span_fmt(text, 3 * D + 4 * H), "3d04h"), "spans");
}

/* The rows of an erased person: other numbers, all else alike. */
static void erased(struct cn_arena *mem)
{
	struct cn_metrics *m = cn_metrics_new(NOW);
	struct cn_response_row *r;
	size_t n;
	struct cn_event_row e[] = {
		{ 1, T0 + 10 * H, -77, 0, "received", "email", NULL },
		{ 2, T0 + 12 * H, -77, 0, "answered", "email", NULL },
		{ 3, T0 + D, -77, 0, "classified", NULL, "refund" },
	};

	for (size_t i = 0; i < 3; i++)
		cn_metrics_add(m, &e[i]);
	cn_metrics_ready(m);
	cn_metrics_response(m, T0, NOW, CN_BY_CATEGORY, mem, &r, &n);
	ok(n == 3 && !strcmp(r[0].key, "refund") &&
	    spread(&r[0].spread, 1, 0, 2 * H, 2 * H, 2 * H),
	    "after an erasure the figures stay");
	cn_metrics_free(m);
}

static void conditions(void)
{
	struct cn_condition c;
	struct cn_spread s = { 10, 2, 3 * H, 4 * H, H };
	struct cn_spread none = { 0 }, only = { .waiting = 1 };
	static const char *const wrong[] = { "", "frt", "frt.p90", "frt.p90<",
	    "frt.p90=4h", "xxx.p90<4h", "frt.p50<4h", "frt.n<4h", "frt.n<-1",
	    "frt.p90<4", "frt.p90<4h x", "frt.waiting<" };
	struct cn_err err;
	size_t i, refused = 0;

	ok(cn_condition_parse("frt.p90<4h", &c, &err) == 0 &&
	    !cn_condition_met(&c, &s), "four hours are not below four hours");
	ok(cn_condition_parse("frt.p90<=4h", &c, &err) == 0 &&
	    cn_condition_met(&c, &s), "but at most four");
	ok(!cn_condition_met(&c, &only) && cn_condition_met(&c, &none),
	    "unknown: met where nothing waits");
	ok(cn_condition_parse("res.waiting>1", &c, &err) == 0 &&
	    c.measure == CN_RESOLUTION && cn_condition_met(&c, &s),
	    "a number");
	ok(cn_condition_parse("nrt.n>=11", &c, &err) == 0 &&
	    !cn_condition_met(&c, &s), "at least");
	ok(cn_condition_parse("first.p90<4h", &c, &err) == 0 &&
	    c.measure == CN_FIRST_REPLY &&
	    cn_condition_parse("resolution.mean<4d", &c, &err) == 0 &&
	    c.measure == CN_RESOLUTION, "whole words");
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (cn_condition_parse(wrong[i], &c, &err) == -1 &&
		    err.status == CN_USAGE)
			refused++;
		else
			printf("# taken: '%s'\n", wrong[i]);
	ok(refused == i, "anything else is refused");
}

int main(void)
{
	struct cn_arena mem = { 0 };
	struct cn_metrics *m;

	setenv("TZ", "UTC", 1);
	m = desk();
	response(m, &mem);
	volume(m, &mem);
	categories(m, &mem);
	cn_metrics_free(m);
	zones(&mem);
	edges(&mem);
	erased(&mem);
	conditions();
	cn_arena_release(&mem);
	return done();
}
