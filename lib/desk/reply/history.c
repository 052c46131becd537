#include "desk/reply/history_int.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "desk/gate.h"

#define TEXT_MAX ((size_t)64 << 10)	/* bytes of a text that are split */
#define SAMPLE 1000		/* pairs that tell how frequent what is */

struct cn_str cn_history_text(const struct cn_msg *m)
{
	return (struct cn_str){ m->text ? m->text : "", m->text ?
	    cn_utf8_cut(m->text, m->text_len, TEXT_MAX) : 0 };
}

void cn_history_own(struct cn_buf *b, const struct cn_msg *m)
{
	struct cn_buf own = { 0 };

	b->len = 0;
	cn_text_own(&own, cn_history_text(m));
	cn_fold(b, cn_buf_view(&own));
	cn_buf_wipe(&own);
}

int cn_history_load(struct cn_history *h, int64_t id, struct cn_msg *m,
    struct cn_arena *mem, struct cn_err *err)
{
	if (cn_message_load(h->store, id, CN_LOAD_TEXT, m, mem, err) == 0)
		return 1;
	return err->status == CN_BLOCKED ? 0 : -1;
}

int cn_history_usable(struct cn_history *h, int64_t id, struct cn_err *err)
{
	struct cn_message_owner o;
	int r = cn_message_owner(h->store, id, &o, err);

	return r == 1 ? cn_gate(&o, "suggest") == NULL : r;
}

void cn_history_asked(struct cn_buf *asked, const struct cn_msg *m,
    const struct cn_buf *own)
{
	asked->len = 0;
	cn_buf_fmt(asked, "%s\n", m->subject ? m->subject : "");
	cn_buf_add(asked, own->p ? own->p : "",
	    cn_utf8_cut(own->p, own->len, CN_HISTORY_ASKED));
}

/* --- who answered what --- */

struct cn_slot *cn_history_slot(const struct cn_history *h, int64_t id)
{
	uint32_t at = (uint32_t)((uint64_t)id * 0x9e3779b97f4a7c15 >> 32) &
	    h->mask;

	while (h->slot[at].said != 0 && h->slot[at].id != id)
		at = (at + 1) & h->mask;
	return &h->slot[at];
}

const struct cn_spoken *cn_history_said(const struct cn_history *h, int64_t id)
{
	uint32_t at = cn_history_slot(h, id)->said;

	return at ? &h->said[at - 1] : NULL;
}

/* A question is the last thing that a customer said before an answer; of long
 * conversations the newest part counts. */
static void pair_up(struct cn_history *h, int64_t oldest)
{
	size_t i, end, question;

	for (i = 0; i < h->nsaid; i = end) {
		for (end = i; end < h->nsaid && h->said[end].conversation ==
		    h->said[i].conversation; end++)
			*cn_history_slot(h, h->said[end].id) = (struct cn_slot){
			    h->said[end].id, (uint32_t)end + 1, 0 };
		if (end - i > CN_HISTORY_LONG)
			i = end - CN_HISTORY_LONG;
		for (question = end; i < end; i++) {
			const struct cn_spoken *t = &h->said[i];

			if (!t->out)
				question = i;
			if (!t->out || question == end)
				continue;
			if (t->id >= oldest) {
				h->v[h->n++] = (struct cn_past){
				    h->said[question].id, t->id,
				    t->conversation };
				cn_history_slot(h, h->said[question].id)->asks =
				    (uint32_t)h->n;
			}
			question = end;
		}
	}
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int take_index(struct cn_history *h, struct cn_err *err)
{
	uint32_t *shard = cn_alloc((h->nsaid + 1) * sizeof(*shard));
	size_t i, k, n = 0;

	for (i = 0; i < h->nsaid; i++)
		if (n == 0 || shard[n - 1] != h->said[i].shard)
			shard[n++] = h->said[i].shard;
	qsort(shard, n, sizeof(*shard), by_number);
	for (i = k = 0; i < n; i++)
		if (i == 0 || shard[i] != shard[i - 1])
			shard[k++] = shard[i];
	h->recall = cn_recall_new(h->store, shard, k, err);
	free(shard);
	return h->recall == NULL ? -1 : 0;
}

/* --- a sample --- */

struct talk {				/* a conversation */
	int64_t who;
	size_t from, to;		/* in said */
};

int64_t cn_history_who(const struct cn_spoken *t)
{
	return t->person;
}

static int by_who(const void *a, const void *b)
{
	const struct talk *x = a, *y = b;

	if (x->who != y->who)
		return x->who < y->who ? -1 : 1;
	return x->from < y->from ? -1 : x->from > y->from;
}

/* The conversations of the newest pairs, one person's one after another, so
 * that their words count once. */
static size_t sampled(struct cn_history *h, struct talk *t)
{
	int64_t *answer = cn_alloc((h->n + 1) * sizeof(*answer)), oldest;
	size_t i, at, n = 0;

	for (i = 0; i < h->n; i++)
		answer[i] = h->v[i].answer;
	qsort(answer, h->n, sizeof(*answer), cn_descending);
	oldest = h->n > SAMPLE ? answer[SAMPLE - 1] : 0;
	free(answer);
	for (i = 0; i < h->n; i++) {
		if (h->v[i].answer < oldest || (n > 0 && h->said[t[n - 1].from]
		    .conversation == h->v[i].conversation))
			continue;
		at = cn_history_slot(h, h->v[i].question)->said - 1;
		t[n].from = t[n].to = at;
		while (t[n].from > 0 && h->said[t[n].from - 1].conversation ==
		    h->v[i].conversation)
			t[n].from--;
		while (t[n].to < h->nsaid && h->said[t[n].to].conversation ==
		    h->v[i].conversation)
			t[n].to++;
		if (t[n].to - t[n].from > CN_HISTORY_LONG)
			t[n].from = t[n].to - CN_HISTORY_LONG;
		t[n].who = cn_history_who(&h->said[at]);
		n++;
	}
	qsort(t, n, sizeof(*t), by_who);
	return n;
}

void cn_history_names(const struct cn_history *h, const struct cn_msg *m,
    struct cn_wordset *names, struct cn_wordset *people, uint32_t who)
{
	const struct cn_addrs *lists[] = { &m->from, &m->to, &m->cc };
	size_t k, i;

	for (k = strcmp(m->direction, "out") == 0; k < 3; k++)
		for (i = 0; i < lists[k]->n; i++) {
			const struct cn_addr *a = &lists[k]->v[i];
			const struct cn_str local = { a->addr,
			    strcspn(a->addr, "@") };

			if (cn_config_is_desk(h->conf, a->addr))
				continue;
			cn_wordset_add(names, cn_str(a->name), 1);
			cn_wordset_add(names, local, 1);
			cn_wordset_add(people, cn_str(a->name), who);
		}
}

const struct cn_addr *cn_history_customer(const struct cn_history *h,
    const struct cn_msg *m)
{
	const struct cn_addrs *a = strcmp(m->direction, "out") == 0 ? &m->to :
	    &m->from;

	return a->n == 0 || cn_config_is_desk(h->conf, a->v[0].addr) ? NULL :
	    &a->v[0];
}

static int sample_talk(struct cn_history *h, const struct talk *t,
    uint32_t who, struct cn_err *err)
{
	struct cn_buf own = { 0 }, asked = { 0 };
	struct cn_wordset names = { 0 };
	struct cn_arena mem = { 0 };
	const struct cn_addr *a;
	struct cn_msg m;
	size_t i;
	int r = 0;

	for (i = t->from; r >= 0 && i < t->to; i++) {
		r = cn_history_usable(h, h->said[i].id, err);
		if (r == 1)
			r = cn_history_load(h, h->said[i].id, &m, &mem, err);
		if (r != 1 || m.automatic != NULL)
			continue;
		cn_history_own(&own, &m);
		/* That people say their own names makes them no words. */
		cn_history_names(h, &m, &names, &h->people, who);
		a = cn_history_customer(h, &m);
		if (a != NULL)
			cn_kin_add(&h->kin, a, who);
		if (h->said[i].out && (a == NULL ||
		    cn_kin_seen(&h->kin, a) <= 1))
			cn_wordset_add_but(&h->common, cn_buf_view(&own), who,
			    &names);
		if (cn_history_slot(h, h->said[i].id)->asks != 0) {
			cn_history_asked(&asked, &m, &own);
			cn_similar_add(h->sample, 0, cn_buf_view(&asked));
		}
		cn_arena_reset(&mem);
	}
	cn_wordset_release(&names);
	cn_arena_release(&mem);
	cn_buf_wipe(&own);
	cn_buf_wipe(&asked);
	return r < 0 ? -1 : 0;
}

static int take_sample(struct cn_history *h, struct cn_err *err)
{
	struct talk *t = cn_alloc((h->n + 1) * sizeof(*t));
	size_t n = sampled(h, t), i;
	int r = cn_store_look(h->store, err);

	h->sample = cn_similar_new();
	h->who = cn_alloc((n + 1) * sizeof(*h->who));
	for (i = 0; i < n && r == 0 && !*cn_store_run(h->store)->stop; i++) {
		if (i == 0 || t[i].who != t[i - 1].who)
			h->who[h->nwho++] = t[i].who;
		r = sample_talk(h, &t[i], (uint32_t)h->nwho, err);
	}
	h->counted = (uint32_t)h->nwho;
	cn_store_looked(h->store);
	cn_similar_finish(h->sample);
	free(t);
	return r;
}

static int prepare(struct cn_history *h, size_t answers, struct cn_err *err)
{
	int64_t oldest;

	if (cn_conversation_spoken(h->store, answers, &h->said, &h->nsaid,
	    &oldest, err) < 0)
		return -1;
	for (h->mask = 1023; h->mask < 2 * h->nsaid;)
		h->mask = 2 * h->mask + 1;
	h->slot = cn_alloc(((size_t)h->mask + 1) * sizeof(*h->slot));
	h->v = cn_alloc((h->nsaid / 2 + 1) * sizeof(*h->v));
	pair_up(h, oldest);
	cn_history_near_init(h);
	return take_index(h, err) < 0 ? -1 : take_sample(h, err);
}

struct cn_history *cn_history_new(struct cn_store *s,
    const struct cn_config *conf, const struct cn_encoder *encoder,
    size_t answers, struct cn_err *err)
{
	struct cn_history *h = cn_alloc(sizeof(*h));

	h->store = s;
	h->conf = conf;
	h->encoder = encoder;
	if (prepare(h, answers, err) == 0)
		return h;
	(void)cn_wrap(err, "past answers");
	cn_history_free(h);
	return NULL;
}

void cn_history_free(struct cn_history *h)
{
	if (h == NULL)
		return;
	cn_recall_free(h->recall);
	cn_similar_free(h->sample);
	cn_wordset_release(&h->common);
	cn_wordset_release(&h->people);
	cn_wordset_release(&h->kin);
	cn_wordset_release(&h->asked);
	cn_arena_release(&h->mem);
	free(h->who);
	free(h->said);
	free(h->slot);
	free(h->v);
	cn_history_near_release(h);
	free(h);
}
