/* alike - texts that are nearly the same, among many that are not, and those
 * that are most like another */
#include "ai/alike.h"
#include "ai/similar.h"

#include <stdlib.h>

#include "tap.h"

#define LONG 40				/* words of a text */

static uint64_t seed = 1;

static uint64_t next(void)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return seed >> 20;
}

/* Texts in groups of `size`: members have `differ` words of their own at
 * random places.  How many are not in one group with the first of theirs, and
 * how many groups have members of two. */
static void planted(size_t groups, size_t size, size_t differ, size_t *lost,
    size_t *mixed)
{
	struct cn_alike *a = cn_alike_new();
	size_t n = groups * size, i, k, g;
	uint32_t *group = cn_alloc(n * sizeof(*group));
	uint64_t text[LONG], own[LONG];

	for (g = 0; g < groups; g++) {
		for (k = 0; k < LONG; k++)
			text[k] = 100 + next() % 3000;
		for (i = 0; i < size; i++) {
			memcpy(own, text, sizeof(own));
			for (k = 0; k < differ; k++)
				own[next() % LONG] = 10000 + next();
			(void)cn_alike_add(a, own, LONG, false);
		}
	}
	cn_alike_group(a, group);
	*lost = *mixed = 0;
	for (g = 0; g < groups; g++)
		for (i = 1; i < size; i++) {
			*lost += group[g * size + i] != group[g * size];
			*mixed += group[g * size + i] / size != g;
		}
	free(group);
	cn_alike_free(a);
}

static uint32_t group_of(const uint64_t *text, size_t n, const uint64_t *lead,
    size_t m)
{
	struct cn_alike *a = cn_alike_new();
	uint32_t group[2];

	(void)cn_alike_add(a, lead, m, true);
	(void)cn_alike_add(a, text, n, false);
	cn_alike_group(a, group);
	cn_alike_free(a);
	return group[1];
}

static void small(void)
{
	static const uint64_t t[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
	/* Of ten pairs each eight are in both, of twelve: 66 percent. */
	static const uint64_t near[] = { 1, 2, 3, 4, 5, 20, 7, 8, 9, 10, 11 };
	/* Six in both, of fourteen. */
	static const uint64_t far[] = { 1, 2, 30, 4, 5, 20, 7, 8, 9, 10, 11 };
	static const uint64_t turned[] = { 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1 };

	ok(group_of(t, 11, t, 11) == 0, "equal");
	ok(group_of(near, 11, t, 11) == 0, "one word of eleven differs");
	ok(group_of(far, 11, t, 11) == 1, "two");
	ok(group_of(turned, 11, t, 11) == 1, "the same words in another order");
	ok(group_of(t, 1, t, 1) == 0, "one word, equal");
	ok(group_of(t, 1, t + 1, 1) == 1, "one word, another");
	ok(group_of(t, 0, t, 11) == 1, "no word");
}

/* What occurs most leads, wherever it stands. */
static void leaders(void)
{
	uint64_t rare[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11 };
	uint64_t often[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 12 };
	struct cn_alike *a = cn_alike_new();
	uint32_t group[3];

	(void)cn_alike_add(a, rare, 11, false);
	(void)cn_alike_add(a, often, 11, false);
	(void)cn_alike_add(a, often, 11, false);
	cn_alike_group(a, group);
	ok(group[0] == 1 && group[1] == 1 && group[2] == 1,
	    "the commonest form leads");
	cn_alike_free(a);
}

static void similar(void)
{
	static const struct cn_str ask = { "when do refunds come", 20 };
	struct cn_similar *s = cn_similar_new();
	const struct cn_gist *few[3] = { NULL };
	struct cn_arena arena = { 0 };
	struct cn_hit h[3], g[3];
	size_t n;

	cn_similar_add(s, 10, cn_str("how to reset your password"));
	cn_similar_add(s, 20, cn_str("refunds take five days"));
	cn_similar_add(s, 30, cn_str("refunds take five days"));
	cn_similar_add(s, 40, cn_str(""));
	cn_similar_finish(s);
	n = cn_similar_query(s, cn_str("when do refunds come"), h, 3);
	ok(n == 2 && h[0].id == 20 && h[1].id == 30 &&
	    h[0].score == h[1].score, "ties stand in order");
	n = cn_similar_query(s, cn_str("reset your password how to"), h, 1);
	ok(n == 1 && h[0].id == 10 && h[0].score > 0.7, "the likest first");
	ok(cn_similar_query(s, cn_str("zzz"), h, 3) == 0 &&
	    cn_similar_query(s, cn_str("refunds"), h, 0) == 0,
	    "nothing alike, nothing asked");
	few[0] = cn_gist_of(s, cn_str("how to reset your password"), &arena);
	few[2] = cn_gist_of(s, cn_str("refunds take five days"), &arena);
	n = cn_gists_near(cn_gist_of(s, ask, &arena), few, 3, g, 3);
	(void)cn_similar_query(s, ask, h, 1);
	ok(n == 1 && g[0].id == 2 && g[0].score > h[0].score - 1e-6 &&
	    g[0].score < h[0].score + 1e-6, "a few are weighed as the many");
	few[0] = few[2];
	n = cn_gists_near(few[2], few, 3, g, 3);
	ok(n == 2 && g[0].id == 0 && g[1].id == 2 && g[0].score > 0.999 &&
	    g[0].score <= 1, "of equals the first, and none that is not there");
	ok(cn_gists_near(few[2], few, 3, g, 1) == 1 && g[0].id == 0 &&
	    cn_gists_near(few[2], few, 3, g, 0) == 0, "the best few");
	cn_arena_release(&arena);
	ok(cn_similar_pair(cn_str("a good day"), cn_str("A good day!")) >
	    0.999 && cn_similar_pair(cn_str("a"), cn_str("b")) == 0,
	    "pairs");
	cn_similar_free(s);
}

int main(void)
{
	size_t lost, mixed;

	small();
	leaders();
	/* With two words of their own each, 31 of 47 pairs at least are in
	 * both: 66 percent. */
	planted(500, 8, 2, &lost, &mixed);
	printf("# of 3500: %zu lost, %zu mixed\n", lost, mixed);
	ok(lost <= 35 && mixed == 0, "groups of eight are found");
	planted(4000, 1, 0, &lost, &mixed);
	ok(lost == 0 && mixed == 0, "control: what is alone stays alone");
	planted(500, 8, LONG, &lost, &mixed);
	printf("# of 3500: %zu lost\n", lost);
	ok(lost > 2000, "control: texts that differ are in no group");
	similar();
	return done();
}
