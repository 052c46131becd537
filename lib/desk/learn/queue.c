/* queue.c - greedy choice of what stands for most (facility location: Nemhauser,
 * Wolsey, Fisher, 'An analysis of approximations for maximizing submodular set
 * functions', 1978)
 *
 * Doubt alone picks what is odd, and much of one kind: of the 5,000 messages of
 * 77 categories that it was tried on 200 labels of the most doubtful taught
 * less than 200 at random. */
#include "desk/learn/queue.h"

#include <stdlib.h>
#include <string.h>

#include "ai/alike.h"
#include "ai/similar.h"
#include "base/utf8.h"
#include "store/label.h"

#define POOL_MAX 5000			/* the most doubtful, and labels */
#define TEXT_MAX ((size_t)512)		/* bytes looked at of each */
#define NEAR 64				/* others that a message speaks for, */
#define FAR 256				/* and that lose by it */

struct candidate {
	int64_t id;
	struct cn_str text;
	double doubt;			/* 0..1 */
	double known;			/* likeness to what is labelled or
					 * chosen */
	double gain;			/* at most, were it chosen */
	struct cn_hit *near;		/* numbers of candidates */
	size_t n;
	uint32_t sketch[CN_ALIKE_KEPT];	/* of words, see ai/alike.h */
	size_t nsketch;
	bool out;			/* chosen, or alike to one that is */
};

struct pool {
	struct cn_items items;
	struct cn_similar *index;
	struct cn_words words;
	struct cn_arena mem;
	struct candidate *v;
	size_t n;
};

static int by_hash(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static void sketch(struct candidate *c, struct cn_words *w,
    struct cn_arena *mem)
{
	uint32_t *all, h;
	const char *p;
	size_t i;

	cn_words_reset(w);
	cn_words_add(w, c->text);
	all = cn_arena_alloc(mem, w->n * sizeof(*all) + 1);
	for (p = w->text.p, i = 0; i < w->n; i++, p += strlen(p) + 1) {
		for (h = 2166136261u; *p != '\0'; p++)	/* FNV-1a */
			h = (h ^ (unsigned char)*p) * 16777619u;
		all[i] = h;
	}
	if (w->n > 1)
		qsort(all, w->n, sizeof(*all), by_hash);
	c->nsketch = w->n < CN_ALIKE_KEPT ? w->n : CN_ALIKE_KEPT;
	if (c->nsketch > 0)
		memcpy(c->sketch, all, c->nsketch * sizeof(*all));
}

static bool alike(const struct candidate *x, const struct candidate *y)
{
	uint32_t all, both = cn_sketch_shared(x->sketch, x->nsketch, y->sketch,
	    y->nsketch, &all);

	return both * 100 >= CN_ALIKE_SHARED * all;
}

/* 1 it is there and may be read, 0, -1. */
static int look(struct pool *p, int64_t id, struct candidate *c,
    struct cn_err *err)
{
	struct cn_buf b = { 0 };
	struct cn_item *it;
	struct cn_str own, class;
	double margin = 0;

	cn_items_reset(&p->items);
	if ((it = cn_item_stored(&p->items, id, err)) == NULL)
		return err->status == CN_BLOCKED ? 0 : -1;
	if (it->skipped != NULL)
		return 0;
	own = cn_item_own(it);
	cn_buf_str(&b, it->msg.subject ? it->msg.subject : "");
	cn_buf_ch(&b, '\n');
	cn_buf_add(&b, own.p, cn_utf8_cut(own.p, own.n, TEXT_MAX));
	class = it->kept.class_json;
	(void)cn_json_double(cn_json_get(class, "margin"), &margin);
	*c = (struct candidate){ .id = id, .text = { cn_arena_dup(&p->mem,
	    b.p, b.len), b.len }, .doubt = cn_json_true(cn_json_get(class,
	    "abstained")) ? 1 : 1 - margin };
	cn_buf_wipe(&b);
	sketch(c, &p->words, &it->mem);
	return 1;
}

/* The message of this text is labelled, or chosen. */
static void know(struct pool *p, struct cn_str text)
{
	struct cn_hit hits[FAR];
	size_t n = cn_similar_query(p->index, text, hits, FAR), i;
	struct candidate *c;

	for (i = 0; i < n; i++) {
		c = &p->v[hits[i].id];
		if (c->known < hits[i].score)
			c->known = hits[i].score;
	}
}

static double gain(const struct pool *p, const struct candidate *c)
{
	double sum = 0, more;
	size_t i;

	for (i = 0; i < c->n; i++) {
		const struct candidate *of = &p->v[c->near[i].id];

		if ((more = c->near[i].score - of->known) > 0)
			sum += more * of->doubt;
	}
	return sum;
}

static int fill(struct pool *p, struct cn_err *err)
{
	int64_t *ids = cn_alloc(POOL_MAX * sizeof(*ids));
	struct cn_store *s = p->items.store;
	volatile sig_atomic_t *stop = cn_store_run(s)->stop;
	struct candidate c;
	size_t got, i;
	int r = cn_label_doubtful(s, ids, POOL_MAX, &got, err);

	for (i = 0; r >= 0 && i < got && !*stop; i++)
		if ((r = look(p, ids[i], &p->v[p->n], err)) == 1) {
			cn_similar_add(p->index, (int64_t)p->n,
			    p->v[p->n].text);
			p->n++;
		}
	cn_similar_finish(p->index);
	if (r >= 0)
		r = cn_label_latest(s, ids, POOL_MAX, &got, err);
	for (i = 0; r >= 0 && i < got && !*stop; i++)
		if ((r = look(p, ids[i], &c, err)) == 1)
			know(p, c.text);
	free(ids);
	return r < 0 ? -1 : 0;
}

/* The candidates that stand for most, in chosen; returns how many.  What one
 * would add only falls as others are chosen, so that a gain of before is a
 * bound (Minoux, 'Accelerated greedy algorithms', 1978). */
static size_t choose(struct pool *p, size_t *chosen, size_t want)
{
	size_t i, at, n = 0;
	struct candidate *c;
	double now;

	for (i = 0; i < p->n; i++) {
		c = &p->v[i];
		c->near = cn_arena_alloc(&p->mem, NEAR * sizeof(*c->near));
		c->n = cn_similar_query(p->index, c->text, c->near, NEAR);
		c->gain = gain(p, c);
	}
	while (n < want) {
		for (at = i = 0; i < p->n; i++)
			if (!p->v[i].out && (p->v[at].out ||
			    p->v[i].gain > p->v[at].gain))
				at = i;
		c = &p->v[at];
		if (p->n == 0 || c->out || c->gain <= 0)
			break;
		if ((now = gain(p, c)) < c->gain) {
			c->gain = now;
			continue;
		}
		c->out = true;
		for (i = 0; i < n && !alike(&p->v[chosen[i]], c); i++)
			;
		if (i < n)
			continue;
		chosen[n++] = at;
		know(p, c->text);
	}
	return n;
}

int cn_queue(struct cn_store *s, const struct cn_config *conf, size_t want,
    int (*put)(void *, struct cn_item *, struct cn_err *), void *arg,
    struct cn_err *err)
{
	struct pool p = { .items = { .store = s, .conf = conf, .purpose =
	    "classify" }, .index = cn_similar_new() };
	size_t *chosen = cn_alloc(CN_QUEUE_MAX * sizeof(*chosen)), n = 0, i;
	struct cn_item *it;
	int r;

	p.v = cn_alloc((POOL_MAX + 1) * sizeof(*p.v));
	r = fill(&p, err);
	if (r == 0)
		n = choose(&p, chosen, want < CN_QUEUE_MAX ? want :
		    CN_QUEUE_MAX);
	for (i = 0; r == 0 && i < n; i++) {
		cn_items_reset(&p.items);
		if ((it = cn_item_stored(&p.items, p.v[chosen[i]].id, err)) !=
		    NULL)
			r = put(arg, it, err);
		else if (err->status != CN_BLOCKED)
			r = -1;
	}
	cn_words_release(&p.words);
	cn_items_release(&p.items);
	cn_similar_free(p.index);
	cn_arena_release(&p.mem);
	free(p.v);
	free(chosen);
	return r;
}

void cn_queue_class(struct cn_buf *b, struct cn_item *it)
{
	static const char *const names[] = { "category", "best", "confidence",
	    "margin", "abstained", "model" };
	struct cn_str v;
	size_t i;

	cn_buf_ch(b, '{');
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		v = cn_json_get(it->kept.class_json, names[i]);
		if (v.n == 0)
			continue;
		cn_json_key(b, names[i]);
		cn_buf_add(b, v.p, v.n);
	}
	cn_buf_ch(b, '}');
}
