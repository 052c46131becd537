#include "desk/reply/answers.h"

#include <stdlib.h>
#include <string.h>

#include "ai/alike.h"
#include "base/utf8.h"
#include "desk/gate.h"

#define TEXT_MAX ((size_t)16 << 10)	/* bytes of an answer looked at */
#define WORDS_MAX 1000			/* categories and languages */
#define RUN 100				/* bytes of a number, with its marks */

/* What stands for a number or whatever has a digit in it, and for names: the
 * hash of no word. */
enum { NUMBER = 1, NAME = 2 };

struct gather {
	struct cn_answers *a;
	int64_t since, until;
	/* the conversation that goes on */
	int64_t id, question, latest;	/* its date; of what they wrote last */
	bool asked, open;		/* something; and not answered yet */
	uint16_t category, language, first;
	struct cn_handled talk;
	int64_t begun;			/* date of the first answer */
	bool inside;			/* that lies in the period */
};

static uint16_t word(struct cn_answers *a, const char *s)
{
	uint16_t i;

	if (s == NULL || *s == '\0')
		return 0;
	for (i = 1; i < a->nwords; i++)
		if (strcmp(a->word[i], s) == 0)
			return i;
	if (a->nwords == WORDS_MAX)
		return 0;
	a->word[a->nwords] = cn_arena_strdup(&a->mem, s);
	return a->nwords++;
}

static int32_t span(int64_t from, int64_t to)
{
	return to < from ? 0 : to - from > INT32_MAX ? INT32_MAX :
	    (int32_t)(to - from);
}

static void *grown(void *v, size_t n, size_t *cap, size_t size)
{
	if (n < *cap)
		return v;
	*cap = *cap ? *cap * 2 : 256;
	return cn_realloc(v, *cap * size);
}

/* --- who answered whom, when --- */

static void handled(struct gather *g)
{
	struct cn_answers *a = g->a;

	if (g->inside && g->talk.first != 0 && g->talk.last != 0) {
		a->talk = grown(a->talk, a->ntalks, &a->cap_talks,
		    sizeof(*a->talk));
		g->talk.category = g->first;
		a->talk[a->ntalks++] = g->talk;
	}
}

static void answered(struct gather *g, const struct cn_turn *t)
{
	struct cn_answers *a = g->a;

	if (g->talk.first == 0) {
		g->talk = (struct cn_handled){ t->owner.person ?
		    t->owner.person : -t->conversation, t->from, t->from,
		    t->id, t->id, 0, 0 };
		g->begun = t->date;
		g->inside = t->date >= g->since;
	} else if (t->from != g->talk.last) {
		g->talk.last = t->from;
		g->talk.answer = t->id;
		g->talk.delay = span(g->begun, t->date);
	}
	if (t->date >= g->since && a->n < CN_ANSWERS_MAX) {
		a->v = grown(a->v, a->n, &a->cap, sizeof(*a->v));
		a->v[a->n++] = (struct cn_answer){ t->id, t->owner.person ?
		    t->owner.person : -t->conversation, t->date, t->from,
		    g->open ? span(g->question, t->date) : -1, -1,
		    CN_ANSWER_ALONE, 0, g->category, g->language };
	}
	g->open = false;
}

static int turn(void *arg, const struct cn_turn *t, struct cn_err *err)
{
	struct gather *g = arg;
	uint16_t c;

	(void)err;
	if (t->conversation != g->id) {
		handled(g);
		*g = (struct gather){ .a = g->a, .since = g->since,
		    .until = g->until, .id = t->conversation };
	}
	if (t->automatic || t->spam || t->date >= g->until ||
	    cn_gate(&t->owner, "report") != NULL)
		return 0;
	if (!t->in) {
		if (g->asked && !(t->mail &&
		    t->date - g->latest < CN_ANSWER_HASTE))
			answered(g, t);
		return 0;
	}
	c = word(g->a, t->category);
	if (g->first == 0)
		g->first = c;
	if (!g->open)
		g->question = t->date;
	g->latest = t->date;
	g->open = true;
	g->asked = true;
	g->category = c;
	g->language = word(g->a, t->language);
	return 0;
}

/* --- texts --- */

static bool digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Has what stands here between two spaces a digit? */
static bool figures(struct cn_str t, const char *p, const char **stop)
{
	const char *from = p, *end = t.p + t.n;
	bool any = false;

	while (from > t.p && p - from < RUN && (unsigned char)from[-1] > ' ')
		from--;
	while (from < end && from - p < RUN && (unsigned char)*from > ' ')
		any |= digit(*from++);
	*stop = from;
	return any;
}

static uint64_t slot(struct cn_str t, struct cn_str w)
{
	if (w.p == t.p || w.p[-1] != '{' || w.p + w.n == t.p + t.n ||
	    w.p[w.n] != '}')
		return 0;
	return cn_str_eq(w, "name") || cn_str_eq(w, "agent") ? NAME : NUMBER;
}

/* The words of a text; names and numbers are alike, whosever they are. */
static size_t words_of(struct cn_str t, const struct cn_answer_text *names,
    uint64_t **out, struct cn_arena *mem)
{
	uint64_t *v = cn_arena_alloc(mem, (t.n / 2 + 1) * sizeof(*v)), h;
	const char *p = t.p, *end = t.p + t.n, *stop;
	struct cn_str w;
	size_t n = 0;

	while ((w = cn_word_next(&p, end)).n > 0) {
		if ((h = slot(t, w)) != 0) {
			;
		} else if (figures(t, w.p, &stop)) {
			h = NUMBER;
			p = stop;
		} else if (cn_wordset_seen(&names->customers, w) > 0 ||
		    cn_wordset_seen(&names->agents, w) > 0) {
			h = NAME;
		} else {
			h = cn_word_hash(w);
		}
		if (n == 0 || v[n - 1] != h || h > NAME)
			v[n++] = h;
	}
	*out = v;
	return n;
}

/* Their names, and of customers what stands before the @ as well. */
static void add_names(struct cn_wordset *w, const struct cn_addrs *a,
    bool local)
{
	size_t i;

	for (i = 0; i < a->n; i++) {
		cn_wordset_add(w, cn_str(a->v[i].name), 1);
		if (local)
			cn_wordset_add(w, (struct cn_str){ a->v[i].addr,
			    strcspn(a->v[i].addr, "@") }, 1);
	}
}

int cn_answer_text(struct cn_store *s, int64_t id, struct cn_answer_text *t,
    struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_msg m;
	int r = cn_message_load(s, id, CN_LOAD_TEXT, &m, &mem, err);

	t->text.len = 0;
	if (r < 0) {
		r = err->status == CN_BLOCKED ? 0 : -1;
	} else {
		r = 1;
		add_names(&t->agents, &m.from, false);
		add_names(&t->customers, &m.to, true);
		add_names(&t->customers, &m.cc, true);
		if (m.text != NULL)
			cn_text_own(&t->text, (struct cn_str){ m.text,
			    cn_utf8_cut(m.text, m.text_len, TEXT_MAX) });
	}
	cn_arena_release(&mem);
	return r;
}

void cn_answer_text_release(struct cn_answer_text *t)
{
	cn_buf_wipe(&t->text);
	cn_wordset_release(&t->customers);
	cn_wordset_release(&t->agents);
	memset(t, 0, sizeof(*t));
}

static void add_macros(struct cn_answers *a, const struct cn_macros *ms,
    struct cn_alike *alike, struct cn_arena *mem)
{
	const struct cn_answer_text none = { .text = { 0 } };
	size_t n = 0, i, k, w;
	uint64_t *words;

	for (i = 0; ms != NULL && i < ms->n; i++)
		n += ms->v[i].n;
	a->form = cn_arena_alloc(&a->mem, n * sizeof(*a->form) + 1);
	for (i = 0; n > 0 && i < ms->n; i++)
		for (k = 0; k < ms->v[i].n; k++) {
			w = words_of(cn_str(ms->v[i].v[k].text), &none,
			    &words, mem);
			(void)cn_alike_add(alike, words, w, true);
			a->form[a->nforms++] = (struct cn_macro_form){
			    &ms->v[i], ms->v[i].v[k].language };
			cn_arena_reset(mem);
		}
}

static int compare(struct cn_answers *a, struct cn_store *s,
    const struct cn_macros *macros, struct cn_err *err)
{
	const struct cn_run *run = cn_store_run(s);
	struct cn_alike *alike = cn_alike_new();
	struct cn_answer_text t = { .text = { 0 } };
	struct cn_arena mem = { 0 };
	struct cn_str own;
	uint32_t *group;
	uint64_t *words;
	size_t i, n;
	int r = 0;

	add_macros(a, macros, alike, &mem);
	a->leads = cn_alloc((a->n + 1) * sizeof(*a->leads));
	for (i = 0; r >= 0 && i < a->n && !*run->stop; i++) {
		r = cn_answer_text(s, a->v[i].id, &t, err);
		/* A footer that all have makes no two answers alike. */
		own = cn_buf_view(&t.text);
		own.n = cn_text_closing(own);
		n = r == 1 ? words_of(own, &t, &words, &mem) : 0;
		a->v[i].words = (uint32_t)n;
		if (n >= CN_ANSWER_LEAST) {
			a->leads[a->nleads++] = (uint32_t)i;
			a->v[i].group = cn_alike_add(alike, words, n, false);
		}
		cn_answer_text_release(&t);
		cn_arena_reset(&mem);
		if (run->progress != NULL)
			run->progress(run->progress_arg, i + 1, a->n);
	}
	group = cn_alloc((a->nforms + a->nleads + 1) * sizeof(*group));
	cn_alike_group(alike, group);
	for (i = 0; i < a->n; i++)
		if (a->v[i].group != CN_ANSWER_ALONE)
			a->v[i].group = group[a->v[i].group];
	free(group);
	cn_alike_free(alike);
	cn_arena_release(&mem);
	return r < 0 ? -1 : 0;
}

/* --- all of it --- */

static int by_agent(const void *va, const void *vb)
{
	const struct cn_answer *a = va, *b = vb;

	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	if (a->date != b->date)
		return a->date < b->date ? -1 : 1;
	return (a->id > b->id) - (a->id < b->id);
}

static int by_id(const void *va, const void *vb)
{
	const struct cn_answer *a = va, *b = vb;

	return (a->id > b->id) - (a->id < b->id);
}

static void pauses(struct cn_answers *a)
{
	size_t i;

	if (a->n < 2)
		return;
	qsort(a->v, a->n, sizeof(*a->v), by_agent);
	for (i = 1; i < a->n; i++) {
		int64_t d = a->v[i].date - a->v[i - 1].date;

		if (a->v[i].from == a->v[i - 1].from && a->v[i].from != 0 &&
		    d > 0 && d <= CN_ANSWER_SITTING)
			a->v[i].pause = (int32_t)d;
	}
	qsort(a->v, a->n, sizeof(*a->v), by_id);
}

int cn_answers_load(struct cn_answers *a, struct cn_store *s, int64_t since,
    int64_t until, const struct cn_macros *macros, struct cn_err *err)
{
	struct gather g = { .a = a, .until = until };

	memset(a, 0, sizeof(*a));
	a->word = cn_arena_alloc(&a->mem, WORDS_MAX * sizeof(*a->word));
	a->nwords = 1;
	if (cn_turn_since(s, since, until, CN_ANSWERS_MAX, &g.since,
	    err) < 0 || cn_turn_list(s, turn, &g, err) < 0)
		return cn_wrap(err, "answers");
	handled(&g);
	pauses(a);
	if (compare(a, s, macros, err) < 0)
		return cn_wrap(err, "answers");
	return 0;
}

void cn_answers_release(struct cn_answers *a)
{
	free(a->v);
	free(a->talk);
	free(a->leads);
	cn_arena_release(&a->mem);
	memset(a, 0, sizeof(*a));
}
