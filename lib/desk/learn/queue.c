#include "desk/learn/queue.h"

#include <stdlib.h>
#include <string.h>

#include "ai/alike.h"
#include "store/label.h"

#define POOL 20			/* candidates for each that is wanted, */
#define POOL_MIN 200
#define POOL_MAX 5000		/* and at most */

struct candidate {
	int64_t id;
	bool abstained;
	double margin;
	uint32_t sketch[CN_ALIKE_KEPT];	/* of words, see ai/alike.h */
	size_t n;
};

static int by_hash(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int by_doubt(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;

	if (x->abstained != y->abstained)
		return x->abstained ? -1 : 1;
	if (x->margin < y->margin || x->margin > y->margin)
		return x->margin < y->margin ? -1 : 1;
	return (x->id > y->id) - (x->id < y->id);
}

static void sketch(struct candidate *c, struct cn_item *it,
    struct cn_words *w)
{
	uint32_t *all, h;
	const char *p;
	size_t i;

	cn_words_reset(w);
	cn_words_add(w, cn_str(it->msg.subject));
	cn_words_add(w, cn_item_own(it));
	all = cn_arena_alloc(&it->mem, w->n * sizeof(*all) + 1);
	for (p = w->text.p, i = 0; i < w->n; i++, p += strlen(p) + 1) {
		for (h = 2166136261u; *p != '\0'; p++)	/* FNV-1a */
			h = (h ^ (unsigned char)*p) * 16777619u;
		all[i] = h;
	}
	if (w->n > 1)
		qsort(all, w->n, sizeof(*all), by_hash);
	c->n = w->n < CN_ALIKE_KEPT ? w->n : CN_ALIKE_KEPT;
	if (c->n > 0)
		memcpy(c->sketch, all, c->n * sizeof(*all));
}

static bool alike(const struct candidate *x, const struct candidate *y)
{
	uint32_t all, both = cn_sketch_shared(x->sketch, x->n, y->sketch,
	    y->n, &all);

	return both * 100 >= CN_ALIKE_SHARED * all;
}

/* 1 a candidate, 0 none, -1. */
static int look(struct cn_items *is, int64_t id, struct candidate *c,
    struct cn_words *w, struct cn_err *err)
{
	struct cn_item *it;

	cn_items_reset(is);
	if ((it = cn_item_stored(is, id, err)) == NULL)
		return err->status == CN_BLOCKED ? 0 : -1;
	if (it->skipped != NULL)
		return 0;
	*c = (struct candidate){ .id = id, .abstained = cn_json_true(
	    cn_json_get(it->kept.class_json, "abstained")) };
	(void)cn_json_double(cn_json_get(it->kept.class_json, "margin"),
	    &c->margin);
	sketch(c, it, w);
	return 1;
}

static int choose(struct cn_items *is, struct candidate *v, size_t *n,
    size_t want, struct cn_err *err)
{
	size_t pool = want * POOL, got, i, k, chosen = 0;
	int64_t *ids = cn_alloc(POOL_MAX * sizeof(*ids));
	struct cn_words w = { 0 };
	int r;

	pool = pool < POOL_MIN ? POOL_MIN : pool > POOL_MAX ? POOL_MAX : pool;
	*n = 0;
	r = cn_label_doubtful(is->store, ids, pool, &got, err);
	for (i = 0; r >= 0 && i < got && !*cn_store_run(is->store)->stop; i++)
		if ((r = look(is, ids[i], &v[*n], &w, err)) == 1)
			++*n;
	if (*n > 1)
		qsort(v, *n, sizeof(*v), by_doubt);
	for (i = 0; i < *n && chosen < want; i++) {
		for (k = 0; k < chosen && !alike(&v[k], &v[i]); k++)
			;
		if (k == chosen)
			v[chosen++] = v[i];
	}
	*n = chosen;
	cn_words_release(&w);
	free(ids);
	return r < 0 ? -1 : 0;
}

int cn_queue(struct cn_store *s, const struct cn_config *conf, size_t want,
    int (*put)(void *, struct cn_item *, struct cn_err *), void *arg,
    struct cn_err *err)
{
	struct cn_items is = { .store = s, .conf = conf,
	    .purpose = "classify" };
	struct candidate *v = cn_alloc(POOL_MAX * sizeof(*v));
	struct cn_item *it;
	size_t n, i;
	int r;

	r = choose(&is, v, &n, want < CN_QUEUE_MAX ? want : CN_QUEUE_MAX, err);
	for (i = 0; r == 0 && i < n; i++) {
		cn_items_reset(&is);
		if ((it = cn_item_stored(&is, v[i].id, err)) != NULL)
			r = put(arg, it, err);
		else if (err->status != CN_BLOCKED)
			r = -1;
	}
	cn_items_release(&is);
	free(v);
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
