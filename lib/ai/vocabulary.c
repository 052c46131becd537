/* vocabulary.c - the features of a training */
#include <stdlib.h>

#include "inner.h"

static int
by_key(const void *a, const void *b)
{
	uint32_t x = ((const struct cn_count *)a)->key;
	uint32_t y = ((const struct cn_count *)b)->key;

	return x < y ? -1 : x > y;
}

static struct cn_count *
double_size(struct cn_count *c, size_t *size)
{
	struct cn_count *bigger = cn_alloc(2 * *size * sizeof(*c));
	size_t j, at;

	for (j = 0; j < *size; j++) {
		if (c[j].df == 0)
			continue;
		for (at = c[j].key & (2 * *size - 1); bigger[at].df;
		    at = (at + 1) & (2 * *size - 1))
			;
		bigger[at] = c[j];
	}
	*size *= 2;
	free(c);
	return bigger;
}

/* Keeps the max most frequent, ties by key. */
static size_t
select_rows(struct cn_count *c, size_t n, size_t max)
{
	size_t i, j, above = 0, room;
	uint32_t cut = 0;

	if (n <= max)
		return n;
	do {
		cut++;
		for (above = i = 0; i < n; i++)
			above += c[i].df > cut;
	} while (above > max);
	room = max - above;
	for (i = j = 0; i < n; i++)
		if (c[i].df > cut || (c[i].df == cut && room && room--))
			c[j++] = c[i];
	return j;
}

struct cn_count *
cn_vocabulary(const struct cn_train *t, const struct cn_part *part, size_t max,
    size_t *n)
{
	size_t size = 1024, used = 0, i, j, at;
	struct cn_count *c = cn_alloc(size * sizeof(*c));

	for (i = 0; i < t->n; i++) {
		if (!cn_part_in(part, &t->ex[i]))
			continue;
		/* Room first: a table that is full is searched for ever. */
		while (2 * (used + t->ex[i].n) >= size)
			c = double_size(c, &size);
		for (j = 0; j < t->ex[i].n; j++) {
			for (at = t->ex[i].tf[j].key & (size - 1); c[at].df &&
			    c[at].key != t->ex[i].tf[j].key;
			    at = (at + 1) & (size - 1))
				;
			used += c[at].df == 0;
			c[at].key = t->ex[i].tf[j].key;
			c[at].df++;
		}
	}
	for (i = j = 0; i < size; i++)
		if (c[i].df)
			c[j++] = c[i];
	qsort(c, j, sizeof(*c), by_key);
	*n = select_rows(c, j, max);
	return c;
}
