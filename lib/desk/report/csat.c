#include "desk/report/csat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ROWS_MAX 100000			/* days, or channels */

struct sum {
	enum cn_by by;
	struct cn_arena *mem;
	struct cn_csat_row *v;
	size_t n, cap;
};

static struct cn_csat_row *row_of(struct sum *s, const char *key)
{
	size_t i;

	/* Events come by time: a day is the last row or a new one. */
	for (i = s->n; i > 0; i--)
		if (strcmp(s->v[i - 1].key, key) == 0)
			return &s->v[i - 1];
	if (s->n == ROWS_MAX)
		return &s->v[s->n - 1];
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 64;
		s->v = cn_realloc(s->v, s->cap * sizeof(*s->v));
	}
	s->v[s->n] = (struct cn_csat_row){ .key = cn_arena_strdup(s->mem,
	    key) };
	return &s->v[s->n++];
}

static int add(void *arg, const struct cn_event_row *e, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct sum *s = arg;
	struct cn_csat_row *row;
	int score, scale;

	(void)err;
	if (strcmp(e->kind, "rated") != 0 || e->value == NULL ||
	    sscanf(e->value, "%d/%d", &score, &scale) != 2 || scale < 2)
		return 0;
	row = row_of(s, s->by == CN_BY_CHANNEL ? e->channel ? e->channel :
	    "(none)" : cn_metrics_period(s->by, e->time, &mem));
	row->n++;
	row->satisfied += 5 * score >= 4 * scale;
	row->mean += 1 + 4.0 * (score - 1) / (scale - 1);
	cn_arena_release(&mem);
	return 0;
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct cn_csat_row *)a)->key,
	    ((const struct cn_csat_row *)b)->key);
}

int cn_csat(struct cn_store *store, int64_t since, int64_t until,
    enum cn_by by, struct cn_arena *mem, struct cn_csat_row **out, size_t *n,
    struct cn_err *err)
{
	struct sum s = { by, mem, NULL, 0, 0 };
	size_t i;
	int r = cn_event_list(store, since, until, add, &s, err);

	if (r == 0 && by == CN_BY_ALL)
		(void)row_of(&s, "all");
	if (s.n > 1)
		qsort(s.v, s.n, sizeof(*s.v), by_key);
	for (i = 0; i < s.n; i++)
		if (s.v[i].n > 0)
			s.v[i].mean /= (double)s.v[i].n;
	*out = cn_arena_alloc(mem, s.n * sizeof(**out) + 1);
	if (s.n > 0)
		memcpy(*out, s.v, s.n * sizeof(*s.v));
	*n = s.n;
	free(s.v);
	return r;
}
