#include "ai/alike.h"

#include <stdlib.h>
#include <string.h>

#define NONE UINT32_MAX

struct form {				/* texts with one sketch */
	size_t at;			/* in the pool */
	uint32_t n;			/* hashes */
	uint32_t first, count;		/* texts: the first, how many */
	uint32_t group;			/* form that leads it */
	uint32_t asked;			/* the last that compared itself */
	bool leads;
};

struct post {
	uint32_t form, next;
};

struct slot {				/* of a hash: its posts */
	uint32_t hash, head, n;
};

struct cn_alike {
	uint32_t *pool;			/* sketches, ascending each */
	size_t used, room;
	struct form *form;
	uint32_t nforms, cap_forms;
	uint32_t *of;			/* text: its form */
	uint32_t ntexts, cap_texts;
	uint32_t *equal;		/* forms by their sketch; NONE: free */
	size_t nequal;
	struct slot *slot;
	size_t nslots;
	struct post *post;
	uint32_t nposts;
	uint32_t *pair;			/* of the text that is added */
	size_t cap_pairs;
};

struct cn_alike *cn_alike_new(void)
{
	return cn_alloc(sizeof(struct cn_alike));
}

void cn_alike_free(struct cn_alike *a)
{
	if (a == NULL)
		return;
	free(a->pool);
	free(a->form);
	free(a->of);
	free(a->equal);
	free(a->slot);
	free(a->post);
	free(a->pair);
	free(a);
}

/* The finalizer of SplitMix64 (Steele, Lea, Flood 2014). */
static uint64_t mix(uint64_t x)
{
	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
	x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
	return x ^ (x >> 31);
}

static int by_value(const void *va, const void *vb)
{
	uint32_t a = *(const uint32_t *)va, b = *(const uint32_t *)vb;

	return (a > b) - (a < b);
}

/* The sketch of a text in a->pair; how many hashes it has. */
static uint32_t sketch(struct cn_alike *a, const uint64_t *words, size_t n)
{
	size_t i, k = 0;

	if (n > a->cap_pairs) {
		a->cap_pairs = n;
		a->pair = cn_realloc(a->pair, n * sizeof(*a->pair));
	}
	if (n == 1)
		a->pair[k++] = (uint32_t)mix(words[0]);
	for (i = 0; i + 1 < n; i++)
		a->pair[k++] = (uint32_t)mix(mix(words[i]) + words[i + 1]);
	if (k > 1)
		qsort(a->pair, k, sizeof(*a->pair), by_value);
	n = k;
	for (i = 0, k = 0; i < n && k < CN_ALIKE_KEPT; i++)
		if (k == 0 || a->pair[i] != a->pair[k - 1])
			a->pair[k++] = a->pair[i];
	return (uint32_t)k;
}

/* Where the form with this sketch is noted, or would be. */
static size_t equal_at(const struct cn_alike *a, const uint32_t *v,
    uint32_t n)
{
	uint64_t h = n;
	uint32_t i;
	size_t k;

	for (i = 0; i < n; i++)
		h = mix(h + v[i]);
	for (k = h & (a->nequal - 1); a->equal[k] != NONE;
	    k = (k + 1) & (a->nequal - 1)) {
		const struct form *f = &a->form[a->equal[k]];

		if (f->n == n && (n == 0 || memcmp(a->pool + f->at, v,
		    n * sizeof(*v)) == 0))
			break;
	}
	return k;
}

static void widen(struct cn_alike *a)
{
	uint32_t i;

	a->nequal = a->nequal ? a->nequal * 2 : 1024;
	a->equal = cn_realloc(a->equal, a->nequal * sizeof(*a->equal));
	memset(a->equal, 0xff, a->nequal * sizeof(*a->equal));
	for (i = 0; i < a->nforms; i++)
		a->equal[equal_at(a, a->pool + a->form[i].at,
		    a->form[i].n)] = i;
}

static uint32_t new_form(struct cn_alike *a, uint32_t n)
{
	if (a->nforms == a->cap_forms) {
		a->cap_forms = a->cap_forms ? a->cap_forms * 2 : 256;
		a->form = cn_realloc(a->form, a->cap_forms *
		    sizeof(*a->form));
	}
	if (a->used + n > a->room) {
		a->room = a->room * 3 / 2 + n + 4096;
		a->pool = cn_realloc(a->pool, a->room * sizeof(*a->pool));
	}
	if (n > 0)
		memcpy(a->pool + a->used, a->pair, n * sizeof(*a->pool));
	a->form[a->nforms] = (struct form){ a->used, n, a->ntexts, 0, NONE,
	    NONE, false };
	a->used += n;
	return a->nforms++;
}

uint32_t cn_alike_add(struct cn_alike *a, const uint64_t *words, size_t n,
    bool leads)
{
	uint32_t k = sketch(a, words, n), f;
	size_t at;

	if ((size_t)a->nforms * 2 >= a->nequal)
		widen(a);
	at = equal_at(a, a->pair, k);
	if ((f = a->equal[at]) == NONE)
		f = a->equal[at] = new_form(a, k);
	a->form[f].count++;
	a->form[f].leads |= leads;
	if (a->ntexts == a->cap_texts) {
		a->cap_texts = a->cap_texts ? a->cap_texts * 2 : 256;
		a->of = cn_realloc(a->of, a->cap_texts * sizeof(*a->of));
	}
	a->of[a->ntexts] = f;
	return a->ntexts++;
}

/* --- groups --- */

/* More hashes than these in one of two sketches only, and they are not alike
 * whatever follows. */
#define APART (CN_ALIKE_KEPT * (100 - CN_ALIKE_SHARED) / 100)

uint32_t cn_sketch_shared(const uint32_t *p, size_t np, const uint32_t *q,
    size_t nq, uint32_t *all)
{
	uint32_t both = 0;
	size_t i = 0, k = 0;

	for (*all = 0; *all < CN_ALIKE_KEPT && *all - both <= APART &&
	    (i < np || k < nq); ++*all) {
		if (k == nq || (i < np && p[i] < q[k])) {
			i++;
		} else if (i == np || q[k] < p[i]) {
			k++;
		} else {
			both++;
			i++;
			k++;
		}
	}
	return *all - both > APART ? 0 : both;
}

/* What two forms share, in parts of 2^16. */
static uint32_t shared(const struct cn_alike *a, const struct form *x,
    const struct form *y)
{
	uint32_t all, both = cn_sketch_shared(a->pool + x->at, x->n,
	    a->pool + y->at, y->n, &all);

	return all == 0 ? 0 : (both << 16) / all;
}

static struct slot *slot_of(const struct cn_alike *a, uint32_t hash)
{
	size_t i = mix(hash) & (a->nslots - 1);

	while (a->slot[i].n > 0 && a->slot[i].hash != hash)
		i = (i + 1) & (a->nslots - 1);
	return &a->slot[i];
}

static uint32_t posted(const struct form *f)
{
	return f->n < CN_ALIKE_POSTED ? f->n : CN_ALIKE_POSTED;
}

static void lead(struct cn_alike *a, uint32_t form)
{
	struct form *f = &a->form[form];
	uint32_t i;

	f->group = form;
	for (i = 0; i < posted(f); i++) {
		struct slot *s = slot_of(a, a->pool[f->at + i]);

		if (s->n == CN_ALIKE_COMMON)
			continue;
		a->post[a->nposts] = (struct post){ form,
		    s->n > 0 ? s->head : NONE };
		*s = (struct slot){ a->pool[f->at + i], a->nposts++,
		    s->n + 1 };
	}
}

/* Joins the leader that a form shares most with, the earlier at equal shares;
 * false where there is none. */
static bool join(struct cn_alike *a, uint32_t form)
{
	struct form *f = &a->form[form];
	uint32_t best = 0, with, i, p;
	const struct slot *s;

	for (i = 0; i < posted(f); i++) {
		s = slot_of(a, a->pool[f->at + i]);
		for (p = s->n > 0 ? s->head : NONE; p != NONE;
		    p = a->post[p].next) {
			struct form *l = &a->form[a->post[p].form];

			if (l->asked == form)
				continue;
			l->asked = form;
			with = shared(a, f, l);
			if (with * 100 < CN_ALIKE_SHARED << 16 ||
			    with < best || (with == best &&
			    l->first > a->form[f->group].first))
				continue;
			best = with;
			f->group = a->post[p].form;
		}
	}
	return best > 0;
}

struct turn {				/* of a form */
	uint32_t count, first, form;
	bool leads;
};

static int by_turn(const void *va, const void *vb)
{
	const struct turn *a = va, *b = vb;

	if (a->leads != b->leads)
		return a->leads ? -1 : 1;
	if (!a->leads && a->count != b->count)
		return a->count > b->count ? -1 : 1;
	return (a->first > b->first) - (a->first < b->first);
}

void cn_alike_group(struct cn_alike *a, uint32_t *group)
{
	struct turn *t = cn_alloc((a->nforms + 1) * sizeof(*t));
	size_t posts = 0;
	uint32_t i;

	for (i = 0; i < a->nforms; i++) {
		t[i] = (struct turn){ a->form[i].count, a->form[i].first, i,
		    a->form[i].leads };
		posts += posted(&a->form[i]);
	}
	if (a->nforms > 1)
		qsort(t, a->nforms, sizeof(*t), by_turn);
	for (a->nslots = 64; a->nslots < posts * 2; a->nslots *= 2)
		;
	a->slot = cn_alloc(a->nslots * sizeof(*a->slot));
	a->post = cn_alloc((posts + 1) * sizeof(*a->post));
	for (i = 0; i < a->nforms; i++)
		if (t[i].leads || !join(a, t[i].form))
			lead(a, t[i].form);
	for (i = 0; i < a->ntexts; i++)
		group[i] = a->form[a->form[a->of[i]].group].first;
	free(t);
}
