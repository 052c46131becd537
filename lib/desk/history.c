#include "desk/history.h"

#include <stdlib.h>
#include <string.h>

#include "ai/similar.h"
#include "base/utf8.h"
#include "desk/gate.h"
#include "store/search.h"

#define PAGE 500
#define TEXT_MAX ((size_t)64 << 10)	/* bytes of a text that are split */
#define ASKED 600		/* bytes of a question that are compared */

struct talk {				/* a conversation */
	int64_t person, id;
};

struct cn_history {
	struct cn_store *store;
	const struct cn_config *conf;
	struct cn_arena mem;
	struct cn_past *v;
	size_t n;
	struct cn_similar *index;
	struct cn_wordset common;
};

static void own_words(struct cn_buf *b, const struct cn_msg *m)
{
	b->len = 0;
	if (m->text != NULL)
		cn_text_own(b, (struct cn_str){ m->text,
		    cn_utf8_cut(m->text, m->text_len, TEXT_MAX) });
}

static bool is(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

/* --- which conversations --- */

static int by_person(const void *a, const void *b)
{
	const struct talk *x = a, *y = b;

	if (x->person != y->person)
		return x->person < y->person ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* The numbers of the newest answers, in a ring. */
static int answers(struct cn_history *h, int64_t *ring, size_t *total,
    struct cn_err *err)
{
	struct cn_term out = { .kind = CN_T_IS, .name = "is", .text = "out" };
	const struct cn_query q = { &out, 1 };
	int64_t ids[PAGE], after = 0;
	size_t n = 1, i;

	while (n > 0 && !*cn_store_run(h->store)->stop) {
		if (cn_search(h->store, &q, after, ids, PAGE, &n, err) < 0)
			return -1;
		for (i = 0; i < n; i++)
			ring[(*total)++ % CN_HISTORY_PAIRS] = after = ids[i];
	}
	return 0;
}

/* One person's conversations follow each other, so that their words count
 * once. */
static int talks(struct cn_history *h, struct talk **out, size_t *n,
    struct cn_err *err)
{
	int64_t *ring = cn_alloc(CN_HISTORY_PAIRS * sizeof(*ring));
	struct cn_message_owner o;
	size_t total = 0, i, k = 0;
	struct talk *t;
	int r = answers(h, ring, &total, err);

	if (total > CN_HISTORY_PAIRS)
		total = CN_HISTORY_PAIRS;
	t = cn_alloc((total + 1) * sizeof(*t));
	for (i = 0; i < total && r >= 0; i++) {
		r = cn_message_owner(h->store, ring[i], &o, err);
		if (r == 1 && cn_gate(&o, "suggest") == NULL)
			t[k++] = (struct talk){ o.person, o.conversation };
	}
	free(ring);
	qsort(t, k, sizeof(*t), by_person);
	*n = 0;
	for (i = 0; i < k; i++)
		if (i == 0 || t[i].id != t[i - 1].id)
			t[(*n)++] = t[i];
	*out = t;
	return r < 0 ? -1 : 0;
}

/* --- pairs --- */

/* 1 loaded, 0 erased meanwhile, -1. */
static int load(struct cn_history *h, int64_t id, struct cn_msg *m,
    struct cn_arena *mem, struct cn_err *err)
{
	if (cn_message_load(h->store, id, CN_LOAD_TEXT, m, mem, err) == 0)
		return 1;
	return err->status == CN_BLOCKED ? 0 : -1;
}

static void pair(struct cn_history *h, const struct talk *t, int64_t question,
    int64_t answer, const char *category, struct cn_str text)
{
	if (h->n == CN_HISTORY_PAIRS)
		return;
	h->v[h->n] = (struct cn_past){ question, answer, t->id,
	    category ? cn_arena_strdup(&h->mem, category) : NULL };
	cn_similar_add(h->index, (int64_t)h->n++, text);
}

static int add_talk(struct cn_history *h, const struct talk *t,
    struct cn_err *err)
{
	uint32_t who = t->person ? (uint32_t)t->person :
	    (uint32_t)t->id | 0x80000000u;
	struct cn_arena mem = { 0 };
	struct cn_buf own = { 0 }, asked = { 0 };
	const char *category = NULL;
	int64_t *ids, question = 0;
	struct cn_msg m;
	size_t n, i;
	int r = cn_conversation_messages(h->store, t->id, &mem, &ids, &n, err);

	i = r == 0 && n > CN_HISTORY_LONG ? n - CN_HISTORY_LONG : 0;
	for (; r >= 0 && i < n; i++) {
		r = load(h, ids[i], &m, &mem, err);
		if (r <= 0 || m.automatic != NULL)
			continue;
		own_words(&own, &m);
		cn_wordset_add(&h->common, cn_buf_view(&own), who);
		if (is(m.direction, "in")) {
			question = ids[i];
			category = cn_json_string(&mem,
			    cn_json_get(m.class_json, "best"));
			asked.len = 0;
			cn_buf_fmt(&asked, "%s\n", m.subject ? m.subject : "");
			cn_buf_add(&asked, own.p ? own.p : "",
			    cn_utf8_cut(own.p, own.len, ASKED));
		} else if (question != 0 && own.len > 0) {
			pair(h, t, question, ids[i], category,
			    cn_buf_view(&asked));
			question = 0;
		}
	}
	cn_arena_release(&mem);
	cn_buf_wipe(&own);
	cn_buf_wipe(&asked);
	return r < 0 ? -1 : 0;
}

struct cn_history *cn_history_new(struct cn_store *s,
    const struct cn_config *conf, struct cn_err *err)
{
	struct cn_history *h = cn_alloc(sizeof(*h));
	struct talk *t = NULL;
	size_t n = 0, i;
	int r;

	h->store = s;
	h->conf = conf;
	h->index = cn_similar_new();
	h->v = cn_alloc(CN_HISTORY_PAIRS * sizeof(*h->v));
	r = talks(h, &t, &n, err);
	for (i = 0; i < n && r == 0 && !*cn_store_run(s)->stop; i++)
		r = add_talk(h, &t[i], err);
	free(t);
	cn_similar_finish(h->index);
	if (r == 0)
		return h;
	(void)cn_wrap(err, "past answers");
	cn_history_free(h);
	return NULL;
}

void cn_history_free(struct cn_history *h)
{
	if (h == NULL)
		return;
	cn_similar_free(h->index);
	cn_wordset_release(&h->common);
	cn_arena_release(&h->mem);
	free(h->v);
	free(h);
}

size_t cn_history_count(const struct cn_history *h)
{
	return h->n;
}

size_t cn_history_like(struct cn_history *h, struct cn_str text,
    const struct cn_past **past, double *score, size_t max)
{
	struct cn_hit hits[32];
	size_t n, i;

	n = cn_similar_query(h->index, text, hits, max < 32 ? max : 32);
	for (i = 0; i < n; i++) {
		past[i] = &h->v[hits[i].id];
		score[i] = hits[i].score;
	}
	return n;
}

/* --- drafts --- */

/* The words of a name, and of an address before its domain. */
static void add_person(struct cn_wordset *w, const struct cn_addr *a)
{
	const char *at = strchr(a->addr, '@');

	cn_wordset_add(w, cn_str(a->name), 1);
	cn_wordset_add(w, (struct cn_str){ a->addr, at ?
	    (size_t)(at - a->addr) : strlen(a->addr) }, 1);
}

static void add_people(struct cn_history *h, const struct cn_msg *m,
    struct cn_wordset *names, struct cn_wordset *agents)
{
	const struct cn_addrs *lists[] = { &m->from, &m->to, &m->cc };
	size_t k, i;

	for (k = 0; k < 3; k++)
		for (i = 0; i < lists[k]->n; i++) {
			const struct cn_addr *a = &lists[k]->v[i];

			add_person(cn_config_is_desk(h->conf, a->addr) ||
			    (k == 0 && is(m->direction, "out")) ? agents :
			    names, a);
		}
}

struct scene {				/* what was said where it was said */
	struct cn_wordset names, agents, brought;
	struct cn_buf answer;
	const char *id;
};

static int set_scene(struct cn_history *h, const struct cn_past *p,
    struct scene *s, struct cn_arena *keep, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_buf own = { 0 };
	struct cn_msg m;
	int64_t *ids;
	size_t n, i;
	int r = cn_conversation_messages(h->store, p->conversation, &mem,
	    &ids, &n, err);

	i = r == 0 && n > CN_HISTORY_LONG ? n - CN_HISTORY_LONG : 0;
	for (; r >= 0 && i < n; i++) {
		r = load(h, ids[i], &m, &mem, err);
		if (r <= 0)
			continue;
		add_people(h, &m, &s->names, &s->agents);
		own_words(&own, &m);
		if (is(m.direction, "in")) {
			cn_wordset_add(&s->brought, cn_buf_view(&own), 1);
			cn_wordset_add(&s->brought, cn_str(m.subject), 1);
		}
		if (ids[i] == p->answer) {
			cn_buf_add(&s->answer, own.p ? own.p : "", own.len);
			s->id = cn_arena_strdup(keep, m.id);
		}
	}
	cn_arena_release(&mem);
	cn_buf_wipe(&own);
	return r < 0 ? -1 : 0;
}

int cn_history_draft(struct cn_history *h, const struct cn_past *p,
    const struct cn_wordset *free_words, const struct cn_wordset *own,
    struct cn_buf *out, const char **id, struct cn_arena *mem,
    struct cn_err *err)
{
	struct scene s = { 0 };
	struct cn_message_owner o;
	int r = cn_message_owner(h->store, p->answer, &o, err);

	if (r == 1 && cn_gate(&o, "suggest") != NULL)
		r = 0;
	if (r == 1)
		r = set_scene(h, p, &s, mem, err) < 0 ? -1 : s.id != NULL;
	if (r == 1) {
		*id = s.id;
		r = cn_scrub(out, cn_buf_view(&s.answer), &(struct cn_scrub){
		    .names = &s.names, .agents = &s.agents,
		    .brought = &s.brought, .common = &h->common,
		    .free = free_words, .own = own });
	}
	cn_wordset_release(&s.names);
	cn_wordset_release(&s.agents);
	cn_wordset_release(&s.brought);
	cn_buf_wipe(&s.answer);
	return r;
}
