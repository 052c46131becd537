/* thin.c - examples that there is no room for
 *
 * Turns are taken: the first of each class, the second of each, and so on; from
 * some turn on all are left out, so that it is the largest classes that lose.
 * Texts draw the lots.  More than is needed goes at a time, for each time looks
 * at all examples. */
#include <stdlib.h>

#include "inner.h"

#define SLACK 16			/* one part of the room in so many */

struct lot {
	uint64_t drawn;
	uint32_t class, at;
};

static int
by_lot(const void *a, const void *b)
{
	const struct lot *x = a, *y = b;

	if (x->class != y->class)
		return x->class < y->class ? -1 : 1;
	if (x->drawn != y->drawn)
		return x->drawn < y->drawn ? -1 : 1;
	return x->at < y->at ? -1 : x->at > y->at;
}

/* FNV-1a, a feature at a time. */
static uint64_t
draw(const struct cn_example *e)
{
	uint64_t h = 0xcbf29ce484222325u;
	size_t i;

	for (i = 0; i < e->n; i++)
		h = (h ^ e->tf[i].key) * 0x100000001b3u;
	return h;
}

/* How many turns there are room for, at most t->most. */
static size_t
turns(const struct cn_train *t, const uint32_t *turn, size_t features, size_t n)
{
	size_t *cost = cn_alloc((t->n + 1) * 2 * sizeof(*cost));
	size_t *many = cost + t->n + 1, i, last = 0;

	for (i = t->stay; i < t->n; i++) {
		if (turn[i] == 0)
			continue;
		last = turn[i] > last ? turn[i] : last;
		cost[turn[i]] += t->ex[i].size;
		many[turn[i]]++;
	}
	cost[0] = t->features;
	many[0] = t->n;
	for (i = 1; i <= last; i++) {
		cost[0] -= cost[i];
		many[0] -= many[i];
	}
	for (i = 1; i <= last && i <= t->most; i++) {
		cost[0] += cost[i];
		many[0] += many[i];
		if (cost[0] > features || many[0] > n)
			break;
	}
	free(cost);
	return i - 1;
}

/* Leaves out what comes after so many turns. */
static void
leave_out(struct cn_train *t, const uint32_t *turn, size_t most)
{
	size_t i, n = t->stay;

	for (i = t->stay; i < t->n; i++) {
		if (turn[i] <= most) {
			t->ex[n++] = t->ex[i];
			continue;
		}
		t->features -= t->ex[i].size;
		t->left_out++;
		free(t->ex[i].tf);
	}
	t->n = n;
	t->most = most;
}

/* Names of classes have no turn. */
static bool
thin(struct cn_train *t, size_t features, size_t n)
{
	struct lot *lot = cn_alloc((t->n + 1) * sizeof(*lot));
	uint32_t *turn = cn_alloc((t->n + 1) * sizeof(*turn));
	size_t i, k = 0, most;

	for (i = t->stay; i < t->n; i++)
		if (t->ex[i].fold != UINT32_MAX)
			lot[k++] = (struct lot){ draw(&t->ex[i]),
			    t->ex[i].class, (uint32_t)i };
	qsort(lot, k, sizeof(*lot), by_lot);
	for (i = 0; i < k; i++)
		turn[lot[i].at] = i > 0 && lot[i].class == lot[i - 1].class ?
		    turn[lot[i - 1].at] + 1 : 1;
	most = turns(t, turn, features, n);
	if (most > 0)
		leave_out(t, turn, most);
	free(lot);
	free(turn);
	return most > 0;
}

bool
cn_thin(struct cn_train *t, size_t n)
{
	size_t free = t->room / SLACK > n ? t->room / SLACK : n;

	if (t->features + n <= t->room && t->n < CN_TRAIN_EXAMPLES)
		return true;
	return n <= t->room && thin(t, t->room - free,
	    CN_TRAIN_EXAMPLES - CN_TRAIN_EXAMPLES / SLACK);
}

void
cn_train_room(struct cn_train *t, size_t features)
{
	t->room = features;
}

void
cn_train_stay(struct cn_train *t)
{
	t->stay = t->n;
}

size_t
cn_train_settle(struct cn_train *t)
{
	size_t i;

	if (t->most == SIZE_MAX)
		return 0;
	thin(t, t->room, CN_TRAIN_EXAMPLES);
	for (i = 0; i < t->classes; i++)
		t->members[i] = 0;
	for (i = 0; i < t->n; i++)
		if (t->ex[i].fold != UINT32_MAX)
			t->ex[i].fold = t->members[t->ex[i].class]++;
	return t->left_out;
}
