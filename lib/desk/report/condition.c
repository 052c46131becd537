/* Conditions on measures, and lengths of time for people. */
#include "desk/report/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/times.h"

enum { S_MEDIAN, S_P90, S_MEAN, S_N, S_WAITING };
enum { O_LE, O_GE, O_LT, O_GT };

static int lookup(const char **s, const char *const *words)
{
	int i;

	for (i = 0; words[i] != NULL; i++) {
		if (strncmp(*s, words[i], strlen(words[i])) == 0) {
			*s += strlen(words[i]);
			return i;
		}
	}
	return -1;
}

int cn_condition_parse(const char *text, struct cn_condition *c,
    struct cn_err *err)
{
	static const char *const measures[] = { "frt", "nrt",
	    "resolution", "first", "next", "res", NULL };
	static const char *const stats[] = { ".median", ".p90", ".mean", ".n",
	    ".waiting", NULL };
	static const char *const ops[] = { "<=", ">=", "<", ">", NULL };
	const char *s = text;
	int what = lookup(&s, measures);
	char *end;

	c->stat = what < 0 ? -1 : lookup(&s, stats);
	c->op = c->stat < 0 ? -1 : lookup(&s, ops);
	if (c->op < 0) {
		cn_fail(err, CN_USAGE, "not a condition: '%.40s'", text);
		return cn_hint(err, "MEASURE.STATISTIC<VALUE, such as "
		    "'frt.p90<4h': frt nrt res; median p90 mean n waiting; "
		    "< <= > >=");
	}
	c->measure = (enum cn_measure)(what % CN_NMEASURES);
	if (c->stat < S_N)
		return cn_span_arg(s, &c->value, err);
	c->value = strtoll(s, &end, 10);
	if (end == s || *end != '\0' || *s == '-')
		return cn_fail(err, CN_USAGE, "'%.40s': not a number: '%.20s'",
		    text, s);
	return 0;
}

bool cn_condition_met(const struct cn_condition *c, const struct cn_spread *s)
{
	const int64_t value[] = { s->median, s->p90, s->mean, (int64_t)s->n,
	    (int64_t)s->waiting };
	int64_t v = value[c->stat];

	if (c->stat < S_N && s->n == 0)
		return s->waiting == 0;
	switch (c->op) {
	case O_LE:
		return v <= c->value;
	case O_GE:
		return v >= c->value;
	case O_LT:
		return v < c->value;
	default:
		return v > c->value;
	}
}

char *cn_span_fmt(char out[CN_SPAN_LEN], int64_t t)
{
	long long d = t / 86400, h = t / 3600 % 24, m = t / 60 % 60,
	    s = t % 60;

	if (d > 0)
		snprintf(out, CN_SPAN_LEN, "%lldd%02lldh", d, h);
	else if (h > 0)
		snprintf(out, CN_SPAN_LEN, "%lldh%02lldm", h, m);
	else if (m > 0)
		snprintf(out, CN_SPAN_LEN, "%lldm%02llds", m, s);
	else
		snprintf(out, CN_SPAN_LEN, "%llds", s);
	return out;
}
