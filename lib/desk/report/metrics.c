/* Moments (events without their ids) are sorted by conversation and time; a
 * walk over them gives samples (key, measure, value), which are sorted again
 * and summed up.  24 bytes an event, and as many a sample. */
#include "desk/report/metrics.h"

#include <stdlib.h>
#include <string.h>

#include "base/times.h"

const char *const cn_by_words[] = {
	"all", "day", "week", "month", "channel", "category", NULL
};
const char *const cn_measure_words[] = {
	"first reply", "next reply", "resolution", NULL
};

enum { RECEIVED, ANSWERED, CLASSIFIED };	/* sorts equal times */
enum { ABSTAINED, UNCLASSIFIED, NO_CHANNEL, NWORDS };
static const char *const own_words[NWORDS] = {
	"(abstained)", "(unclassified)", "(none)"
};

#define WORDS_MAX 1000		/* channels and categories */

struct moment {
	int64_t conversation, time, id;
	uint8_t kind;
	bool automatic;
	uint16_t word;			/* channel; category where CLASSIFIED */
};

struct talk {
	size_t at, n;			/* its moments */
	uint16_t category, channel;
};

struct cn_metrics {
	int64_t now;
	struct moment *m;
	size_t n, cap;
	struct talk *t;
	size_t ntalks;
	const char *word[WORDS_MAX];
	uint16_t nwords;
	struct cn_arena mem;
};

struct sample {
	int64_t key, value;		/* value -1: waits */
	int what;
};

struct samples {
	struct sample *v;
	size_t n, cap;
};

struct cn_metrics *cn_metrics_new(int64_t now)
{
	struct cn_metrics *m = cn_alloc(sizeof(*m));

	m->now = now;
	for (; m->nwords < NWORDS; m->nwords++)
		m->word[m->nwords] = own_words[m->nwords];
	return m;
}

void cn_metrics_free(struct cn_metrics *m)
{
	if (m == NULL)
		return;
	free(m->m);
	free(m->t);
	cn_arena_release(&m->mem);
	free(m);
}

static uint16_t word(struct cn_metrics *m, const char *s)
{
	uint16_t i;

	for (i = 0; i < m->nwords; i++)
		if (strcmp(m->word[i], s) == 0)
			return i;
	/* A store that names a thousand categories names none. */
	if (m->nwords == WORDS_MAX)
		return ABSTAINED;
	m->word[m->nwords] = cn_arena_strdup(&m->mem, s);
	return m->nwords++;
}

void cn_metrics_add(struct cn_metrics *m, const struct cn_event_row *e)
{
	struct moment x = { e->conversation, e->time, e->id, 0, false, 0 };

	if (strcmp(e->kind, "received") == 0)
		x.kind = RECEIVED;
	else if (strcmp(e->kind, "answered") == 0)
		x.kind = ANSWERED;
	else if (strcmp(e->kind, "classified") == 0)
		x.kind = CLASSIFIED;
	else
		return;
	if (x.kind == CLASSIFIED) {
		x.word = e->value ? word(m, e->value) : ABSTAINED;
	} else {
		if (e->time > m->now)
			return;
		x.word = e->channel ? word(m, e->channel) : NO_CHANNEL;
		x.automatic = e->value && strcmp(e->value, "automatic") == 0;
	}
	/* Without a conversation an event stands alone. */
	if (x.conversation == 0)
		x.conversation = INT64_MIN + e->id;
	if (m->n == m->cap) {
		m->cap = m->cap ? 2 * m->cap : 1024;
		m->m = cn_realloc(m->m, m->cap * sizeof(*m->m));
	}
	m->m[m->n++] = x;
}

static int cmp(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_talk(const void *va, const void *vb)
{
	const struct moment *a = va, *b = vb;
	int r = cmp(a->conversation, b->conversation);

	if (r == 0)
		r = cmp(a->time, b->time);
	if (r == 0)
		r = cmp(a->kind, b->kind);
	return r ? r : cmp(a->id, b->id);
}

void cn_metrics_ready(struct cn_metrics *m)
{
	struct talk *t = NULL;
	size_t i;

	if (m->n > 0)
		qsort(m->m, m->n, sizeof(*m->m), by_talk);
	m->t = cn_realloc(m->t, (m->n + 1) * sizeof(*m->t));
	m->ntalks = 0;
	for (i = 0; i < m->n; i++) {
		const struct moment *x = &m->m[i];

		if (i == 0 || x->conversation != x[-1].conversation) {
			t = &m->t[m->ntalks++];
			*t = (struct talk){ i, 0, UNCLASSIFIED, NO_CHANNEL };
		}
		t->n++;
		if (x->kind != CLASSIFIED && t->channel == NO_CHANNEL)
			t->channel = x->word;
		if (x->kind == CLASSIFIED && (t->category == UNCLASSIFIED ||
		    t->category == ABSTAINED))
			t->category = x->word;
	}
}

static int add(void *arg, const struct cn_event_row *e, struct cn_err *err)
{
	(void)err;
	cn_metrics_add(arg, e);
	return 0;
}

struct cn_metrics *cn_metrics_load(struct cn_store *s, int64_t now,
    struct cn_err *err)
{
	struct cn_metrics *m = cn_metrics_new(now);

	/* All of them: a conversation of this week may have begun a year ago. */
	if (cn_event_list(s, INT64_MIN, INT64_MAX, add, m, err) < 0) {
		cn_metrics_free(m);
		return NULL;
	}
	cn_metrics_ready(m);
	return m;
}

/* --- keys --- */

static int64_t month_key(int64_t t)
{
	int y, m, d;

	cn_civil(cn_local_day(t), &y, &m, &d);
	return y * 12 + m - 1;
}

/* 1970-01-01 was a Thursday. */
static int64_t monday(int64_t day)
{
	return day - (((day + 3) % 7) + 7) % 7;
}

static int64_t key_of(enum cn_by by, const struct talk *t, int64_t time)
{
	switch (by) {
	case CN_BY_DAY:
		return cn_local_day(time);
	case CN_BY_WEEK:
		return monday(cn_local_day(time));
	case CN_BY_MONTH:
		return month_key(time);
	case CN_BY_CHANNEL:
		return t->channel;
	case CN_BY_CATEGORY:
		return t->category;
	default:
		return 0;
	}
}

/* The week of a day is that of its Thursday, whose year it belongs to. */
static const char *week_name(int64_t mon, struct cn_arena *mem)
{
	int y, m, d;

	cn_civil(mon + 3, &y, &m, &d);
	return cn_arena_fmt(mem, "%04d-W%02d", y,
	    (int)((mon + 3 - cn_days(y, 1, 1)) / 7) + 1);
}

static const char *key_name(const struct cn_metrics *m, enum cn_by by,
    int64_t key, struct cn_arena *mem)
{
	int y, mo, d;

	switch (by) {
	case CN_BY_DAY:
		cn_civil(key, &y, &mo, &d);
		return cn_arena_fmt(mem, "%04d-%02d-%02d", y, mo, d);
	case CN_BY_WEEK:
		return week_name(key, mem);
	case CN_BY_MONTH:
		return cn_arena_fmt(mem, "%04d-%02d", (int)(key / 12),
		    (int)(key % 12) + 1);
	case CN_BY_CHANNEL:
	case CN_BY_CATEGORY:
		return cn_arena_strdup(mem, m->word[key]);
	default:
		return "all";
	}
}

const char *cn_metrics_period(enum cn_by by, int64_t time,
    struct cn_arena *mem)
{
	return key_name(NULL, by, key_of(by, NULL, time), mem);
}

/* --- samples --- */

static void sample(struct samples *s, int64_t key, int what, int64_t value)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? 2 * s->cap : 1024;
		s->v = cn_realloc(s->v, s->cap * sizeof(*s->v));
	}
	s->v[s->n++] = (struct sample){ key, value, what };
}

static int by_sample(const void *va, const void *vb)
{
	const struct sample *a = va, *b = vb;
	int r = cmp(a->key, b->key);

	if (r == 0)
		r = cmp(a->what, b->what);
	return r ? r : cmp(a->value, b->value);
}

static void sort(struct samples *s)
{
	if (s->n > 1)
		qsort(s->v, s->n, sizeof(*s->v), by_sample);
}

/* The spread of one key and measure, from *i on, which goes behind it. */
static struct cn_spread spread(const struct samples *s, size_t *i,
    int64_t key, int what)
{
	struct cn_spread r = { 0 };
	const struct sample *v;
	int64_t sum = 0;

	while (*i < s->n && s->v[*i].key == key && s->v[*i].what == what &&
	    s->v[*i].value < 0)
		r.waiting++, ++*i;
	v = s->v + *i;
	while (*i < s->n && s->v[*i].key == key && s->v[*i].what == what)
		sum += s->v[(*i)++].value, r.n++;
	if (r.n > 0) {
		r.median = v[(r.n + 1) / 2 - 1].value;
		r.p90 = v[(r.n * 9 + 9) / 10 - 1].value;
		r.mean = (sum + (int64_t)r.n / 2) / (int64_t)r.n;
	}
	return r;
}

struct period {
	int64_t since, until;
	enum cn_by by;
};

static bool within(const struct period *p, int64_t t)
{
	return t >= p->since && t < p->until;
}

static void measure(struct samples *s, const struct period *p,
    const struct talk *t, enum cn_measure what, int64_t from, int64_t value)
{
	if (within(p, from))
		sample(s, key_of(p->by, t, from), what, value);
}

static void resolution(const struct cn_metrics *m, struct samples *s,
    const struct period *p, const struct talk *t, int64_t first,
    int64_t answer)
{
	const struct moment *x = m->m + t->at, *end = x + t->n;
	bool again = false;

	for (; x < end; x++)
		again |= x->kind == RECEIVED && !x->automatic &&
		    x->time > answer && x->time - answer <= CN_RESOLVED_AFTER;
	measure(s, p, t, CN_RESOLUTION, first, again || answer < first ||
	    m->now - answer < CN_RESOLVED_AFTER ? -1 : answer - first);
}

/* The waits of one conversation. */
static void waits(const struct cn_metrics *m, struct samples *s,
    const struct period *p, const struct talk *t)
{
	const struct moment *x = m->m + t->at, *end = x + t->n;
	enum cn_measure what = CN_FIRST_REPLY;
	int64_t first = 0, since = 0, answer = INT64_MIN;
	bool asked = false, open = false;

	for (; x < end; x++) {
		if (x->automatic || x->kind == CLASSIFIED)
			continue;
		if (x->kind == RECEIVED && !open) {
			since = x->time;
			open = true;
		}
		if (x->kind == RECEIVED && !asked) {
			first = x->time;
			asked = true;
		}
		if (x->kind == ANSWERED && open) {
			measure(s, p, t, what, since, x->time - since);
			what = CN_NEXT_REPLY;
			open = false;
		}
		if (x->kind == ANSWERED && asked)
			answer = x->time;
	}
	if (open)
		measure(s, p, t, what, since, -1);
	if (asked && answer == INT64_MIN)
		measure(s, p, t, CN_RESOLUTION, first, -1);
	else if (asked)
		resolution(m, s, p, t, first, answer);
}

/* --- answers --- */

static int by_name(const void *va, const void *vb)
{
	return strcmp(*(const char *const *)va, *(const char *const *)vb);
}

void cn_metrics_response(struct cn_metrics *m, int64_t since, int64_t until,
    enum cn_by by, struct cn_arena *mem, struct cn_response_row **out,
    size_t *n)
{
	const struct period p = { since, until, by };
	struct samples s = { 0 };
	struct cn_response_row *v;
	size_t i = 0, k = 0, groups = 0;
	int64_t key = 0;
	int what;

	for (i = 0; i < m->ntalks; i++)
		waits(m, &s, &p, &m->t[i]);
	sort(&s);
	for (i = 0; i < s.n; i++)
		groups += i == 0 || s.v[i].key != s.v[i - 1].key;
	if (by == CN_BY_ALL)
		groups = 1;
	v = cn_arena_alloc(mem, groups * CN_NMEASURES * sizeof(*v) + 1);
	for (i = 0; k < groups * CN_NMEASURES;) {
		if (i < s.n)
			key = s.v[i].key;
		for (what = 0; what < CN_NMEASURES; what++, k++)
			v[k] = (struct cn_response_row){
			    what ? v[k - 1].key : key_name(m, by, key, mem),
			    (enum cn_measure)what, spread(&s, &i, key, what) };
	}
	if (by >= CN_BY_CHANNEL && groups > 1)
		qsort(v, groups, CN_NMEASURES * sizeof(*v), by_name);
	free(s.v);
	*out = v;
	*n = k;
}

enum { V_RECEIVED, V_ANSWERED, V_CONVERSATIONS, V_AUTOMATIC };

static void counts(const struct cn_metrics *m, struct samples *s,
    const struct period *p, const struct talk *t)
{
	const struct moment *x = m->m + t->at, *end = x + t->n;
	bool begun = false;
	int64_t key;

	for (; x < end; x++) {
		if (x->kind == CLASSIFIED)
			continue;
		if (within(p, x->time)) {
			key = key_of(p->by, t, x->time);
			sample(s, key, x->automatic ? V_AUTOMATIC :
			    x->kind == RECEIVED ? V_RECEIVED : V_ANSWERED, 0);
			if (!begun && !x->automatic)
				sample(s, key, V_CONVERSATIONS, 0);
		}
		begun |= !x->automatic;
	}
}

static int64_t next_key(enum cn_by by, int64_t key)
{
	return key + (by == CN_BY_WEEK ? 7 : 1);
}

/* First and last key of the rows by time; false where there are none. */
static bool range(const struct cn_metrics *m, const struct period *p,
    int64_t *from, int64_t *to)
{
	int64_t first = INT64_MAX, last = p->until > m->now ? m->now :
	    p->until - 1;
	size_t i;

	for (i = 0; i < m->n; i++)
		if (m->m[i].kind != CLASSIFIED && m->m[i].time < first)
			first = m->m[i].time;
	if (first < p->since)
		first = p->since;
	*from = key_of(p->by, NULL, first);
	*to = key_of(p->by, NULL, last);
	return first <= last;
}

void cn_metrics_volume(struct cn_metrics *m, int64_t since, int64_t until,
    enum cn_by by, struct cn_arena *mem, struct cn_volume_row **out, size_t *n)
{
	const struct period p = { since, until, by };
	bool time = by >= CN_BY_DAY && by <= CN_BY_MONTH;
	int64_t key = 0, to = 0, *count[4];
	struct cn_volume_row *v, *row;
	struct samples s = { 0 };
	size_t i, k = 0, groups = 0;

	for (i = 0; i < m->ntalks; i++)
		counts(m, &s, &p, &m->t[i]);
	sort(&s);
	for (i = 0; i < s.n; i++)
		groups += i == 0 || s.v[i].key != s.v[i - 1].key;
	if (by == CN_BY_ALL)
		groups = 1;
	if (time)
		groups = range(m, &p, &key, &to) ?
		    (size_t)((to - key) / (by == CN_BY_WEEK ? 7 : 1)) + 1 : 0;
	v = cn_arena_alloc(mem, groups * sizeof(*v) + 1);
	for (i = 0; k < groups; key = next_key(by, key)) {
		if (!time && i < s.n)
			key = s.v[i].key;
		row = &v[k++];
		row->key = key_name(m, by, key, mem);
		count[V_RECEIVED] = &row->received;
		count[V_ANSWERED] = &row->answered;
		count[V_CONVERSATIONS] = &row->conversations;
		count[V_AUTOMATIC] = &row->automatic;
		for (; i < s.n && s.v[i].key == key; i++)
			++*count[s.v[i].what];
	}
	if (by >= CN_BY_CHANNEL && groups > 1)
		qsort(v, groups, sizeof(*v), by_name);
	free(s.v);
	*out = v;
	*n = k;
}

static int by_count(const void *va, const void *vb)
{
	const struct cn_category_row *a = va, *b = vb;
	int r = cmp(b->conversations, a->conversations);

	return r ? r : strcmp(a->key, b->key);
}

void cn_metrics_categories(struct cn_metrics *m, int64_t since, int64_t until,
    struct cn_arena *mem, struct cn_category_row **out, size_t *n)
{
	struct cn_category_row *v;
	struct cn_response_row *r;
	size_t rows, i, all = 0;

	/* A conversation that a customer began has one first reply, given or
	 * awaited: counting these counts conversations. */
	cn_metrics_response(m, since, until, CN_BY_CATEGORY, mem, &r, &rows);
	v = cn_arena_alloc(mem, rows / CN_NMEASURES * sizeof(*v) + 1);
	*n = 0;
	for (i = 0; i < rows; i += CN_NMEASURES) {
		if (r[i].spread.n + r[i].spread.waiting == 0)
			continue;
		v[*n].key = r[i].key;
		v[*n].first = r[i].spread;
		v[*n].conversations = (int64_t)(r[i].spread.n +
		    r[i].spread.waiting);
		all += (size_t)v[(*n)++].conversations;
	}
	for (i = 0; i < *n; i++)
		v[i].share = 100.0 * (double)v[i].conversations / (double)all;
	if (*n > 1)
		qsort(v, *n, sizeof(*v), by_count);
	*out = v;
}
