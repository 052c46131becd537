/* candidates.c - where drafts come from, and which are the best
 *
 * A score is likeness times the belief that the category is the same.  A
 * macro's text says little about its question, so that half of its likeness is
 * granted; past answers are weighed by cn_near_weigh().  Agents' judgement
 * moves it (judge.c). */
#include <stdlib.h>
#include <string.h>

#include "ai/ai.h"
#include "desk/reply/suggest_int.h"

#define VARIANTS CN_MACRO_VARIANTS
#define UNKNOWN 0.25		/* belief where nobody has said a category */
#define OTHERS 8		/* shares what is left of the belief */
#define TOLD 5			/* drafts that a generator gets, at least */
#define ALIKE 0.75		/* likeness from which two drafts are one */

double cn_belief(const struct cn_asked *a, const char *category)
{
	if (a->best == NULL || category == NULL)
		return UNKNOWN;
	return strcmp(a->best, category) == 0 ? a->confidence :
	    (1 - a->confidence) / OTHERS;
}

bool cn_same_language(const char *a, const char *b)
{
	return a[0] == '\0' || strcmp(a, b) == 0;
}

static size_t from_macros(struct cn_suggest *s, const struct cn_asked *a,
    struct cn_cand *d, struct cn_arena *mem)
{
	struct cn_hit *hits = cn_arena_alloc(mem, (s->variants + 1) *
	    sizeof(*hits));
	size_t n = cn_similar_query(s->index, a->text, hits, s->variants);
	size_t i, k, made = 0;

	for (i = 0; i < s->macros->n; i++) {
		const struct cn_macro *m = &s->macros->v[i];
		size_t v = cn_macro_for(m, a->language);
		double like = 0;

		/* Whatever the words have in common with it. */
		if (a->angry && strcmp(m->category ? m->category : "",
		    CN_PRAISE) == 0)
			continue;
		for (k = 0; k < n; k++)
			if (hits[k].id == (int64_t)(i * VARIANTS + v))
				like = hits[k].score;
		/* Where nothing is known of the message, not half either. */
		if (a->best == NULL && like <= 0)
			continue;
		like = like > 0.5 ? 1 : 2 * like;
		d[made++] = (struct cn_cand){ .macro = m->id,
		    .language = m->v[v].language, .text = m->v[v].text,
		    .same = cn_same_language(a->language, m->v[v].language),
		    .score = cn_belief(a, m->category) * (0.5 + 0.5 * like) *
		    cn_judged(s, m->id, 0),
		    .order = i };
	}
	return made;
}

static int from_history(struct cn_suggest *s, const struct cn_item *it,
    const struct cn_asked *a, struct cn_cand *d, size_t *n,
    struct cn_err *err)
{
	const struct cn_history_ask ask = { .text = a->text, .language =
	    a->language[0] ? a->language : NULL, .best = a->best,
	    .confidence = a->confidence, .id = it->id };
	struct cn_history_hit hits[CN_NEAR];
	size_t k, i;

	if (s->history == NULL)
		return 0;
	if (cn_history_like(s->history, &ask, hits, &k, err) < 0)
		return -1;
	for (i = 0; i < k; i++, ++*n)
		d[*n] = (struct cn_cand){ .past = hits[i].past, .score =
		    hits[i].score * cn_judged(s, NULL, hits[i].past->answer),
		    .model = hits[i].model, .same = true,
		    .order = *n };
	return 0;
}

static int by_rank(const void *x, const void *y)
{
	const struct cn_cand *a = x, *b = y;

	if (a->same != b->same)
		return a->same ? -1 : 1;
	if (a->score < b->score || a->score > b->score)
		return a->score > b->score ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* The text of a past answer; score 0 where it is withheld. */
static int reveal(struct cn_suggest *s, struct cn_item *it,
    const struct cn_asked *a, struct cn_cand *d, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	char *tag = cn_arena_alloc(&it->mem, 8);
	int r = cn_history_draft(s->history, d->past, &(struct cn_scrub){
	    .usual = &s->usual, .ours = &s->ours, .own = &a->own }, &b,
	    &d->message, &d->masked, &it->mem, err);

	if (r == 1) {
		d->text = cn_arena_dup(&it->mem, b.p, b.len);
		cn_ai_language(cn_buf_view(&b), tag);
		d->language = tag;
		d->same = cn_same_language(a->language, tag);
	} else {
		d->score = 0;
		if (d->masked.n == 0)
			cn_kinds_add(&d->masked, "short");
	}
	cn_buf_wipe(&b);
	return r < 0 ? -1 : 0;
}

static bool shown(const struct cn_cand *d, size_t n, const char *text)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (cn_similar_pair(cn_str(d[i].text), cn_str(text)) >= ALIKE)
			return true;
	return false;
}

/* The best come to the front.  Past answers are made readable as they come up
 * for their place; their language shows only then, so the order of the rest
 * may change.  Behind the best lie those that were withheld. */
static int choose(struct cn_suggest *s, struct cn_item *it,
    const struct cn_asked *a, struct cn_cand *d, size_t *count,
    size_t *withheld, struct cn_err *err)
{
	struct cn_cand *kept = cn_arena_alloc(&it->mem, (*count + 1) *
	    sizeof(*kept));
	size_t n = *count, k = 0, held = 0, at;
	const size_t max = s->generate != NULL && s->max < TOLD ? TOLD :
	    s->max;

	for (at = 0; at < n; at++)
		d[at].score = d[at].score > 1 ? 1 : d[at].score;
	qsort(d, n, sizeof(*d), by_rank);
	at = 0;
	while (at < n && k < max && d[at].score >= s->min_score) {
		if (d[at].text == NULL) {
			if (reveal(s, it, a, &d[at], err) < 0)
				return -1;
			if (d[at].score <= 0) {
				if (d[at].message != NULL)
					kept[*count - ++held] = d[at];
				at++;
			} else {
				qsort(d + at, n - at, sizeof(*d), by_rank);
			}
			continue;
		}
		if (!shown(kept, k, d[at].text))
			kept[k++] = d[at];
		at++;
	}
	memcpy(d, kept, k * sizeof(*d));
	memcpy(d + k, kept + *count - held, held * sizeof(*d));
	*count = k;
	*withheld = held;
	return 0;
}

int cn_candidates(struct cn_suggest *s, struct cn_item *it,
    const struct cn_asked *a, struct cn_cand **out, size_t *n,
    size_t *withheld, struct cn_err *err)
{
	struct cn_cand *d = cn_arena_alloc(&it->mem,
	    (s->macros->n + CN_NEAR + CN_TALK_SPANS) * sizeof(*d));
	size_t i, k;

	*n = from_macros(s, a, d, &it->mem);
	if (from_history(s, it, a, d, n, err) < 0)
		return -1;
	k = cn_talk_spans(s, a, d + *n, &it->mem);
	for (i = 0; i < k; i++)
		d[*n + i].order = *n + i;
	*n += k;
	*out = d;
	return choose(s, it, a, d, n, withheld, err);
}
