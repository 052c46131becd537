#include "desk/report/workflow.h"

#include <stdlib.h>
#include <string.h>

#include "ai/ai.h"
#include "base/pattern.h"

#define EXAMPLES 3
#define PAUSES_GROUP 5
#define PAUSES_DESK 20
#define WORDS_A_MINUTE 40

struct find {
	struct cn_workflow *w;
	struct cn_store *store;
	const struct cn_config *conf;
	size_t least;
	int64_t *num;			/* room for a number an answer */
	int64_t pause;			/* of the desk; -1: too few */
};

static int by_number(const void *va, const void *vb)
{
	int64_t a = *(const int64_t *)va, b = *(const int64_t *)vb;

	return (a > b) - (a < b);
}

static void sort(int64_t *v, size_t n)
{
	if (n > 1)
		qsort(v, n, sizeof(*v), by_number);
}

static size_t distinct(int64_t *v, size_t n)
{
	size_t i, k = 0;

	sort(v, n);
	for (i = 0; i < n; i++)
		k += i == 0 || v[i] != v[i - 1];
	return k;
}

/* Nearest rank, as in metrics.h. */
static int64_t median(int64_t *v, size_t n)
{
	sort(v, n);
	return n == 0 ? -1 : v[(n + 1) / 2 - 1];
}

/* The value that most have, of sorted ones; the smaller at equal counts. */
static int64_t commonest(const int64_t *v, size_t n)
{
	size_t i, from = 0, most = 0;
	int64_t best = 0;

	for (i = 0; i < n; i++) {
		if (v[i] != v[from])
			from = i;
		if (i - from + 1 > most) {
			most = i - from + 1;
			best = v[i];
		}
	}
	return best;
}

static struct cn_finding *finding(struct cn_workflow *w)
{
	if (w->n == w->cap) {
		w->cap = w->cap ? w->cap * 2 : 32;
		w->v = cn_realloc(w->v, w->cap * sizeof(*w->v));
	}
	w->v[w->n] = (struct cn_finding){ .wait = -1, .each = -1,
	    .saved = -1 };
	return &w->v[w->n++];
}

static const char *named(const struct cn_answers *a, uint16_t word)
{
	return word == 0 ? NULL : a->word[word];
}

/* A public id, NULL where the message was erased meanwhile. */
static int pub_of(struct find *f, int64_t id, const char **pub,
    struct cn_err *err)
{
	*pub = cn_message_pub(f->store, id, &f->w->mem, err);
	return *pub != NULL || err->status == CN_BLOCKED ? 0 : -1;
}

/* Public ids of the newest (the last) of n messages. */
static int examples(struct find *f, const int64_t *ids, size_t n,
    const char **out, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	const char *pub;
	size_t i, k = 0;
	int r = 0;

	for (i = n; r == 0 && i > 0 && k < EXAMPLES; i--) {
		r = pub_of(f, ids[i - 1], &pub, err);
		if (r == 0 && pub != NULL)
			cn_buf_fmt(&b, "%s%s", k++ ? " " : "", pub);
	}
	*out = cn_arena_strdup(&f->w->mem, b.len ? b.p : "");
	cn_buf_release(&b);
	return r;
}

/* --- groups of answers --- */

/* Members of a group, or of what is asked: places in answers.v, by id. */
struct members {
	const uint32_t *at;
	size_t n;
};

static size_t customers(struct find *f, const struct members *m)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		f->num[i] = f->w->answers.v[m->at[i]].person;
	return distinct(f->num, m->n);
}

/* Counts, times and examples of these answers. */
static int measure(struct find *f, const struct members *m,
    struct cn_finding *x, struct cn_err *err)
{
	const struct cn_answer *v = f->w->answers.v;
	size_t i, k = 0;

	for (i = 0; i < m->n; i++)
		if (v[m->at[i]].wait >= 0)
			f->num[k++] = v[m->at[i]].wait;
	x->wait = median(f->num, k);
	for (i = k = 0; i < m->n; i++)
		if (v[m->at[i]].pause >= 0)
			f->num[k++] = v[m->at[i]].pause;
	if (k >= PAUSES_GROUP) {
		x->each = median(f->num, k);
		x->basis = "pauses";
	} else if (f->pause >= 0) {
		x->each = f->pause;
		x->basis = "desk";
	} else {
		for (i = 0; i < m->n; i++)
			f->num[i] = v[m->at[i]].words;
		x->each = (median(f->num, m->n) * 60 + WORDS_A_MINUTE / 2) /
		    WORDS_A_MINUTE;
		x->basis = "words";
	}
	x->n = m->n;
	x->saved = (int64_t)x->n * x->each;
	for (i = 0; i < m->n; i++)
		f->num[i] = v[m->at[i]].id;
	return examples(f, f->num, m->n, &x->examples, err);
}

/* The name of a group: its macro, or the answer that leads it. */
static int target(struct find *f, uint32_t group, const char **out,
    struct cn_err *err)
{
	const struct cn_answers *a = &f->w->answers;

	if (group >= a->nforms)
		return pub_of(f, a->v[a->leads[group - a->nforms]].id, out,
		    err);
	*out = a->form[group].macro->id;
	return 0;
}

static int language(struct find *f, uint32_t group, const char **out,
    struct cn_err *err)
{
	const struct cn_answers *a = &f->w->answers;
	struct cn_answer_text t = { .text = { 0 } };
	char name[8] = "";
	int r;

	if (group < a->nforms) {
		*out = a->form[group].language;
		return 0;
	}
	r = cn_answer_text(f->store, a->v[a->leads[group - a->nforms]].id, &t,
	    err);
	if (r == 1)
		cn_ai_language(cn_buf_view(&t.text), name);
	cn_answer_text_release(&t);
	*out = name[0] ? cn_arena_strdup(&f->w->mem, name) : NULL;
	return r < 0 ? -1 : 0;
}

static int group_found(struct find *f, const struct members *m,
    struct cn_err *err)
{
	const struct cn_answers *a = &f->w->answers;
	uint32_t group = a->v[m->at[0]].group;
	size_t who = customers(f, m), i;
	struct cn_finding *x;

	if (who < f->least)
		return 0;
	x = finding(f->w);
	x->kind = group < a->nforms ? CN_FIND_USED : CN_FIND_MACRO;
	x->customers = who;
	x->group = group;
	for (i = 0; i < m->n; i++)
		f->num[i] = a->v[m->at[i]].category;
	sort(f->num, m->n);
	x->category = named(a, (uint16_t)commonest(f->num, m->n));
	if (measure(f, m, x, err) < 0 ||
	    target(f, group, &x->target, err) < 0 ||
	    language(f, group, &x->language, err) < 0)
		return -1;
	x->of = a->n;
	if (x->kind == CN_FIND_USED)
		x->saved = -1;
	return 0;
}

/* --- categories --- */

/* Is the lower end of the interval of n of `of` at least the share? */
static bool nearly_all(size_t n, size_t of)
{
	const double z = 1.96, k = (double)of, p = (double)n / k;
	double over = p + z * z / (2 * k) -
	    CN_WORKFLOW_SAME / 100.0 * (1 + z * z / k);

	/* (p + z^2/2k - z root(p(1-p)/k + z^2/4k^2)) / (1 + z^2/k) */
	return over >= 0 && over * over >= z * z * (p * (1 - p) / k +
	    z * z / (4 * k * k));
}

/* Members: of one category and language, sorted by group. */
static int category_found(struct find *f, const struct members *m,
    struct cn_err *err)
{
	const struct cn_answer *v = f->w->answers.v, *one = &v[m->at[0]];
	struct members best = { m->at, 0 };
	struct cn_finding *x;
	size_t i, from = 0, who;

	if (one->category == 0)
		return 0;
	for (i = 0; i < m->n; i++) {
		if (v[m->at[i]].group != v[m->at[from]].group)
			from = i;
		if (v[m->at[i]].group != CN_ANSWER_ALONE &&
		    i - from + 1 > best.n)
			best = (struct members){ m->at + from, i - from + 1 };
	}
	if (best.n == 0 || !nearly_all(best.n, m->n) ||
	    (who = customers(f, &best)) < f->least)
		return 0;
	x = finding(f->w);
	x->kind = CN_FIND_SAME;
	x->category = named(&f->w->answers, one->category);
	x->language = named(&f->w->answers, one->language);
	x->customers = who;
	x->group = v[best.at[0]].group;
	if (measure(f, &best, x, err) < 0)
		return -1;
	x->of = m->n;
	return target(f, x->group, &x->target, err);
}

/* --- sorting answers without moving them --- */

struct key {
	uint64_t group;			/* what belongs together */
	uint32_t within, at;
};

static int by_key(const void *va, const void *vb)
{
	const struct key *a = va, *b = vb;

	if (a->group != b->group)
		return a->group < b->group ? -1 : 1;
	if (a->within != b->within)
		return a->within < b->within ? -1 : 1;
	return (a->at > b->at) - (a->at < b->at);
}

/* Calls for the answers of each group, or of each category and language. */
static int each(struct find *f, bool category, int (*found)(struct find *,
    const struct members *, struct cn_err *), struct cn_err *err)
{
	const struct cn_answers *a = &f->w->answers;
	struct key *key = cn_alloc((a->n + 1) * sizeof(*key));
	uint32_t *at = cn_alloc((a->n + 1) * sizeof(*at));
	size_t i, k = 0, from = 0;
	int r = 0;

	for (i = 0; i < a->n; i++) {
		const struct cn_answer *v = &a->v[i];

		if (category)
			key[k++] = (struct key){ (uint64_t)v->category << 16 |
			    v->language, v->group, (uint32_t)i };
		else if (v->group != CN_ANSWER_ALONE)
			key[k++] = (struct key){ v->group, 0, (uint32_t)i };
	}
	if (k > 1)
		qsort(key, k, sizeof(*key), by_key);
	for (i = 0; i < k; i++)
		at[i] = key[i].at;
	for (i = 1; r == 0 && i <= k; i++)
		if (i == k || key[i].group != key[from].group) {
			r = found(f, &(struct members){ at + from, i - from },
			    err);
			from = i;
		}
	free(key);
	free(at);
	return r;
}

/* --- routing --- */

static int by_last(const void *va, const void *vb)
{
	const struct cn_handled *a = va, *b = vb;

	if (a->category != b->category)
		return a->category < b->category ? -1 : 1;
	if (a->last != b->last)
		return a->last < b->last ? -1 : 1;
	return (a->answer > b->answer) - (a->answer < b->answer);
}

/* Who answers: an address that the configuration lists as the desk's own is
 * shown; anybody else is a person, and shown as an id that those who may can
 * look up. */
static int agent(struct find *f, int64_t answer, const char **out,
    struct cn_err *err)
{
	struct cn_arena *mem = &f->w->mem;
	const char *norm, *kind;
	struct cn_ident who;
	struct cn_msg m;
	int r;

	*out = NULL;
	if (cn_message_load(f->store, answer, 0, &m, mem, err) < 0)
		return err->status == CN_BLOCKED ? 0 : -1;
	norm = m.from.n == 0 ? NULL : cn_ident_normal(mem, m.from.v[0].addr,
	    &kind);
	if (norm != NULL && cn_config_is_shared(f->conf, norm))
		*out = norm;
	if (norm == NULL || *out != NULL)
		return 0;
	r = cn_ident_find(f->store, norm, &who, err);
	if (r == 1)
		*out = cn_arena_strdup(mem, who.pub);
	return r < 0 ? -1 : 0;
}

/* Conversations t[0..n) that ended with one agent, of all of a category; kept:
 * how many of all ended where they began. */
static int route_found(struct find *f, const struct cn_handled *t, size_t n,
    size_t of, size_t kept, struct cn_err *err)
{
	int64_t *ids = f->num;
	size_t i, k = 0, own = 0, who, net;
	struct cn_finding *x;

	for (i = 0; i < n; i++) {
		own += t[i].first == t[i].last;
		if (t[i].first != t[i].last)
			ids[k++] = t[i].person;
	}
	who = distinct(ids, k);
	if (who < f->least || k <= kept - own)
		return 0;
	net = k - (kept - own);
	x = finding(f->w);
	x->kind = CN_FIND_ROUTE;
	x->category = named(&f->w->answers, t->category);
	x->n = k;
	x->of = of;
	x->customers = who;
	for (i = k = 0; i < n; i++)
		if (t[i].first != t[i].last)
			ids[k++] = t[i].delay;
	x->wait = median(ids, k);
	x->saved = (int64_t)net * x->wait;
	for (i = k = 0; i < n; i++)
		if (t[i].first != t[i].last)
			ids[k++] = t[i].answer;
	if (examples(f, ids, k, &x->examples, err) < 0)
		return -1;
	return agent(f, ids[k - 1], &x->target, err);
}

/* Who an answer is from: the full name, as patterns are compared, n 0 where it
 * is one word or none; and whether the address is one of the desk's own. */
static int hand(struct find *f, int64_t answer, bool *shared,
    struct cn_str *name, struct cn_arena *mem, struct cn_err *err)
{
	struct cn_msg m;
	const char *kind, *norm;

	*name = (struct cn_str){ NULL, 0 };
	*shared = false;
	if (cn_message_load(f->store, answer, 0, &m, mem, err) < 0)
		return err->status == CN_BLOCKED ? 0 : -1;
	norm = m.from.n == 0 ? NULL : cn_ident_normal(mem, m.from.v[0].addr,
	    &kind);
	if (norm == NULL || m.from.v[0].name == NULL)
		return 0;
	*name = cn_str_trim(cn_pattern_fold(cn_str(m.from.v[0].name), mem));
	if (name->n == 0 || memchr(name->p, ' ', name->n) == NULL)
		name->n = 0;
	*shared = cn_config_is_shared(f->conf, norm);
	return 0;
}

static int by_hands(const void *va, const void *vb)
{
	const struct cn_handled *a = va, *b = vb;

	if (a->first != b->first)
		return a->first < b->first ? -1 : 1;
	return (a->last > b->last) - (a->last < b->last);
}

/* Who writes under one full name from two addresses is one person, unless both
 * are mailboxes of the desk: then it went from one to the other. */
static int one_hand(struct find *f, struct cn_err *err)
{
	struct cn_answers *a = &f->w->answers;
	struct cn_handled *t = a->talk;
	struct cn_arena mem = { 0 };
	struct cn_str x, y;
	bool here, there;
	size_t i, end;
	int r = 0;

	if (a->ntalks > 1)
		qsort(t, a->ntalks, sizeof(*t), by_hands);
	for (i = 0; i < a->ntalks && r == 0; i = end) {
		for (end = i; end < a->ntalks &&
		    by_hands(&t[i], &t[end]) == 0; end++)
			;
		if (t[i].first == t[i].last)
			continue;
		r = hand(f, t[i].begin, &here, &x, &mem, err);
		if (r == 0)
			r = hand(f, t[i].answer, &there, &y, &mem, err);
		if (r == 0 && x.n > 0 && !(here && there) && x.n == y.n &&
		    memcmp(x.p, y.p, x.n) == 0)
			for (size_t k = i; k < end; k++)
				t[k].last = t[k].first;
		cn_arena_reset(&mem);
	}
	cn_arena_release(&mem);
	return r;
}

static int routes(struct find *f, struct cn_err *err)
{
	struct cn_answers *a = &f->w->answers;
	const struct cn_handled *t = a->talk;
	size_t i, k, end, to, kept;
	int r = one_hand(f, err);

	if (a->ntalks > 1)
		qsort(a->talk, a->ntalks, sizeof(*a->talk), by_last);
	for (i = 0; i < a->ntalks && r == 0; i = end) {
		for (end = i, kept = 0; end < a->ntalks &&
		    t[end].category == t[i].category; end++)
			kept += t[end].first == t[end].last;
		for (k = i; t[i].category != 0 && k < end && r == 0; k = to) {
			for (to = k; to < end && t[to].last == t[k].last; to++)
				;
			r = route_found(f, t + k, to - k, end - i, kept, err);
		}
	}
	return r;
}

/* --- all --- */

static int by_worth(const void *va, const void *vb)
{
	const struct cn_finding *a = va, *b = vb;
	int r;

	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->saved != b->saved)
		return a->saved > b->saved ? -1 : 1;
	if (a->n != b->n)
		return a->n > b->n ? -1 : 1;
	r = strcmp(a->target ? a->target : "", b->target ? b->target : "");
	return r ? r : strcmp(a->examples, b->examples);
}

int cn_workflow_find(struct cn_workflow *w, struct cn_store *s,
    const struct cn_config *conf, int64_t since, int64_t until, size_t least,
    const struct cn_macros *macros, struct cn_err *err)
{
	struct find f = { w, s, conf, least, NULL, -1 };
	struct cn_answers *a = &w->answers;
	size_t i, k = 0;
	int r;

	memset(w, 0, sizeof(*w));
	if (cn_answers_load(a, s, since, until, macros, err) < 0)
		return -1;
	if (*cn_store_run(s)->stop)
		return 0;
	f.num = cn_alloc((a->n + a->ntalks + 1) * sizeof(*f.num));
	for (i = 0; i < a->n; i++)
		if (a->v[i].pause >= 0)
			f.num[k++] = a->v[i].pause;
	if (k >= PAUSES_DESK)
		f.pause = median(f.num, k);
	r = each(&f, false, group_found, err);
	if (r == 0)
		r = each(&f, true, category_found, err);
	if (r == 0)
		r = routes(&f, err);
	if (w->n > 1)
		qsort(w->v, w->n, sizeof(*w->v), by_worth);
	free(f.num);
	return r;
}

void cn_workflow_release(struct cn_workflow *w)
{
	cn_answers_release(&w->answers);
	free(w->v);
	cn_arena_release(&w->mem);
	memset(w, 0, sizeof(*w));
}
