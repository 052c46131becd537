/* Which past questions are near: by their words, then as a whole, then by what
 * they mean. */
#include <stdlib.h>
#include <string.h>

#include "ai/ai.h"
#include "base/utf8.h"
#include "desk/reply/history_int.h"

#define MEANT 200		/* bytes of a question whose meaning is taken */
#define NEAR 96		/* by words alone, of which the likeness of the
				 * whole texts is taken */
#define WALKED 50000		/* messages that have a word of a question */
#define OPEN 16384		/* questions that stay open: 2 KB each */
#define WORDS 65536		/* that are kept, */
#define KEPT (4u << 20)		/* and what they stand for, of all of them */

struct cn_question {			/* what is compared of it */
	const char *category;		/* or NULL */
	const struct cn_gist *gist;
};

struct cn_meant {
	bool known;
	struct cn_meaning *is;		/* or NULL: of no language we know */
};

/* --- by words --- */

struct wanted {
	const char *word;
	size_t n;			/* messages that have it */
};

static int rarest_first(const void *a, const void *b)
{
	const struct wanted *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? -1 : 1;
	return x->word < y->word ? -1 : x->word > y->word;
}

/* Words that were looked for, by hash: the next question has many of them. */
struct cn_heard {
	uint64_t hash;			/* 0: free */
	size_t n;			/* messages that have it */
	uint32_t *pair;			/* questions, or NULL: not kept yet */
	size_t npairs;
};

static struct cn_heard *heard(struct cn_history *h, uint64_t hash)
{
	struct cn_heard *old = h->heard;
	size_t i, k, was = h->heardcap;

	if (2 * h->nheard >= h->heardcap) {
		h->heardcap = was ? 2 * was : 1024;
		h->heard = cn_alloc(h->heardcap * sizeof(*h->heard));
		for (i = 0; i < was; i++)
			if (old[i].hash != 0)
				*heard(h, old[i].hash) = old[i];
		free(old);
	}
	k = (size_t)hash & (h->heardcap - 1);
	while (h->heard[k].hash != 0 && h->heard[k].hash != hash)
		k = (k + 1) & (h->heardcap - 1);
	return &h->heard[k];
}

/* In how many messages a word is. */
static int count(struct cn_history *h, const char *word, size_t *n,
    struct cn_err *err)
{
	uint64_t hash = cn_word_hash(cn_str(word));
	struct cn_heard *w = heard(h, hash);

	if (w->hash != 0) {
		*n = w->n;
		return 0;
	}
	if (cn_recall_find(h->recall, word, NULL, n, err) < 0)
		return -1;
	if (h->nheard < WORDS) {
		*w = (struct cn_heard){ hash, *n, NULL, 0 };
		h->nheard++;
	}
	return 0;
}

/* The questions that have a word; they are kept while there is room. */
static int questions(struct cn_history *h, const char *word,
    uint32_t **pair, size_t *npairs, struct cn_arena *mem, struct cn_err *err)
{
	struct cn_heard *w = heard(h, cn_word_hash(cn_str(word)));
	struct cn_ids ids = { 0 };
	bool keep = w->hash != 0 && h->nkept < KEPT;
	uint32_t *v, asks;
	size_t n, i, k;

	if (w->pair == NULL) {
		if (cn_recall_find(h->recall, word, &ids, &n, err) < 0) {
			free(ids.v);
			return -1;
		}
		v = cn_arena_alloc(mem, (ids.n + 1) * sizeof(*v));
		for (i = k = 0; i < ids.n; i++)
			if ((asks = cn_history_slot(h, ids.v[i])->asks) != 0)
				v[k++] = asks - 1;
		free(ids.v);
		*pair = v;
		*npairs = k;
		if (!keep)
			return 0;
		w->pair = cn_arena_alloc(&h->mem, (k + 1) * sizeof(*v));
		memcpy(w->pair, v, k * sizeof(*v));
		w->npairs = k;
		h->nkept += k + 1;
	}
	*pair = w->pair;
	*npairs = w->npairs;
	return 0;
}

/* Adds the worth of a word to the questions that have it. */
static int walk(struct cn_history *h, const struct wanted *w, size_t *touched,
    struct cn_arena *mem, struct cn_err *err)
{
	double idf = cn_similar_idf(cn_recall_messages(h->recall), w->n);
	uint32_t *pair;
	size_t n, i;

	if (questions(h, w->word, &pair, &n, mem, err) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		if (h->score[pair[i]] <= 0)
			h->touched[(*touched)++] = pair[i];
		h->score[pair[i]] += (float)(idf * idf);
	}
	return 0;
}

/* The pairs whose questions share the most with a text, the best first. */
static size_t best(struct cn_history *h, size_t touched, uint32_t near[NEAR])
{
	size_t n = 0, i, k;

	for (i = 0; i < touched; i++) {
		uint32_t p = h->touched[i];
		float v = h->score[p];

		for (k = n; k > 0 && (h->score[near[k - 1]] < v ||
		    (h->score[near[k - 1]] <= v && near[k - 1] > p)); k--)
			;
		if (k == NEAR)
			continue;
		n += n < NEAR;
		memmove(near + k + 1, near + k, (n - 1 - k) * sizeof(*near));
		near[k] = p;
	}
	for (i = 0; i < touched; i++)
		h->score[h->touched[i]] = 0;
	return n;
}

/* By the store's index of words: nothing is opened yet. */
static int by_words(struct cn_history *h, struct cn_str text,
    uint32_t near[NEAR], size_t *n, struct cn_err *err)
{
	struct cn_words words = { 0 };
	struct cn_arena mem = { 0 };
	struct wanted *w;
	size_t k = 0, i, walked = 0, touched = 0;
	const char *at, *end;
	int r = 0;

	text.n = cn_utf8_cut(text.p, text.n, CN_HISTORY_ASKED);
	cn_words_add(&words, text);
	w = cn_alloc((words.n + 1) * sizeof(*w));
	at = words.text.p;
	end = at + words.text.len;
	for (; at < end && r == 0; at += strlen(at) + 1) {
		w[k].word = at;
		r = count(h, at, &w[k].n, err);
		k += w[k].n > 0;
	}
	qsort(w, k, sizeof(*w), rarest_first);
	for (i = 0; i < k && r == 0; i++) {
		if (walked > 0 && walked + w[i].n > WALKED)
			break;
		walked += w[i].n;
		r = walk(h, &w[i], &touched, &mem, err);
	}
	*n = best(h, touched, near);
	free(w);
	cn_arena_release(&mem);
	cn_words_release(&words);
	return r;
}

/* --- as a whole --- */

/* Loads a question: its text that is compared.  1, 0 erased meanwhile, -1. */
static int ask_again(struct cn_history *h, int64_t id, struct cn_msg *m,
    struct cn_buf *asked, struct cn_arena *mem, struct cn_err *err)
{
	struct cn_buf own = { 0 };
	int r = cn_history_load(h, id, m, mem, err);

	if (r == 1) {
		cn_history_own(&own, m);
		cn_history_asked(asked, m, &own);
	}
	cn_buf_wipe(&own);
	return r;
}

/* What is compared of a question: 1, 0 where it may be no source (any more),
 * -1. */
static int open_one(struct cn_history *h, const struct cn_past *p,
    struct cn_question *q, struct cn_arena *keep, struct cn_err *err)
{
	struct cn_buf asked = { 0 };
	struct cn_arena mem = { 0 };
	const char *category;
	struct cn_msg m;
	int r = cn_history_usable(h, p->answer, err);

	if (r == 1)
		r = ask_again(h, p->question, &m, &asked, &mem, err);
	if (r == 1)
		r = m.automatic == NULL;
	if (r == 1) {
		category = cn_json_string(&mem, cn_json_get(m.class_json,
		    "best"));
		q->category = category ? cn_arena_strdup(keep, category) :
		    NULL;
		q->gist = cn_gist_of(h->sample, cn_buf_view(&asked), keep);
	}
	cn_arena_release(&mem);
	cn_buf_wipe(&asked);
	return r;
}

/* The questions that are near, opened, NULL where one is none any more; some
 * stay open for the next one that asks. */
static int open_near(struct cn_history *h, int64_t self, const uint32_t *near,
    size_t n, const struct cn_gist **gist, const char **category,
    struct cn_arena *mem, struct cn_err *err)
{
	struct cn_question *q, once;
	size_t i;
	int r = 0;

	for (i = 0; i < n && r >= 0; i++) {
		const struct cn_past *p = &h->v[near[i]];

		gist[i] = NULL;
		if (p->question == self)
			continue;
		q = h->open[near[i]];
		if (q == NULL) {
			bool stays = h->nopen < OPEN;
			struct cn_arena *keep = stays ? &h->mem : mem;

			if ((r = open_one(h, p, &once, keep, err)) != 1)
				continue;
			q = cn_arena_alloc(keep, sizeof(*q));
			*q = once;
			if (stays) {
				h->open[near[i]] = q;
				h->nopen++;
			}
		}
		category[i] = q->category;
		gist[i] = q->gist;
	}
	return r < 0 ? -1 : 0;
}

/* --- by meaning --- */

/* In the arena, or NULL. */
static struct cn_meaning *meaning(const struct cn_encoder *e,
    struct cn_str text, struct cn_arena *out)
{
	struct cn_arena mem = { 0 };
	struct cn_meaning *m = NULL;
	float v[CN_ENCODER_DIM];

	text.n = cn_utf8_cut(text.p, text.n, MEANT);
	if (cn_encode(e, text, v, &mem) > 0) {
		m = cn_arena_alloc(out, sizeof(*m));
		cn_meaning_of(m, v);
	}
	cn_arena_release(&mem);
	return m;
}

static int find_meaning(struct cn_history *h, size_t i, struct cn_err *err)
{
	struct cn_buf asked = { 0 };
	struct cn_arena mem = { 0 };
	struct cn_msg m;
	char language[8];
	int r;

	if (h->meant[i].known)
		return 0;
	r = ask_again(h, h->v[i].question, &m, &asked, &mem, err);
	if (r == 1) {
		cn_ai_language(cn_buf_view(&asked), language);
		if (cn_encoder_speaks(language))
			h->meant[i].is = meaning(h->encoder,
			    cn_buf_view(&asked), &h->mem);
	}
	h->meant[i].known = r >= 0;
	cn_arena_release(&mem);
	cn_buf_wipe(&asked);
	return r < 0 ? -1 : 0;
}

static int mean(struct cn_history *h, const struct cn_history_ask *ask,
    const uint32_t *pair, struct cn_near *near, struct cn_history_hit *hits,
    size_t n, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_meaning *own = NULL, *other;
	size_t i;
	int r = 0;

	if (h->encoder != NULL && cn_encoder_speaks(ask->language))
		own = meaning(h->encoder, ask->text, &mem);
	for (i = 0; own != NULL && i < n && i < CN_NEAR_MEANT && r == 0; i++) {
		r = find_meaning(h, pair[i], err);
		other = h->meant[pair[i]].is;
		near[i].meant = other != NULL;
		if (other != NULL) {
			near[i].meaning = cn_meaning_like(own, other);
			hits[i].model = cn_encoder_id(h->encoder);
		}
	}
	cn_arena_release(&mem);
	return r;
}

void cn_history_near_init(struct cn_history *h)
{
	h->score = cn_alloc((h->n + 1) * sizeof(*h->score));
	h->touched = cn_alloc((h->n + 1) * sizeof(*h->touched));
	h->open = cn_alloc((h->n + 1) * sizeof(struct cn_question *));
	if (h->encoder != NULL)
		h->meant = cn_alloc((h->n + 1) * sizeof(*h->meant));
}

void cn_history_near_release(struct cn_history *h)
{
	free(h->score);
	free(h->touched);
	free(h->open);
	free(h->meant);
	free(h->heard);
}

int cn_history_like(struct cn_history *h, const struct cn_history_ask *ask,
    struct cn_history_hit hits[CN_NEAR], size_t *n, struct cn_err *err)
{
	uint32_t few[NEAR], pair[CN_NEAR];
	const struct cn_gist *gist[NEAR];
	const char *category[NEAR];
	struct cn_near near[CN_NEAR];
	struct cn_arena mem = { 0 };
	struct cn_hit hit[CN_NEAR] = { { 0, 0 } };
	size_t many, i;
	int r = by_words(h, ask->text, few, &many, err);

	*n = 0;
	if (r == 0)
		r = cn_store_look(h->store, err);
	if (r == 0) {
		r = open_near(h, ask->id, few, many, gist, category, &mem,
		    err);
		cn_store_looked(h->store);
	}
	if (r == 0)
		*n = cn_gists_near(cn_gist_of(h->sample, ask->text, &mem),
		    gist, many, hit, CN_NEAR);
	for (i = 0; i < *n; i++) {
		pair[i] = few[hit[i].id];
		hits[i] = (struct cn_history_hit){ &h->v[pair[i]], 0, NULL };
		near[i] = (struct cn_near){ .like = hit[i].score,
		    .category = category[hit[i].id] };
	}
	if (r == 0)
		r = mean(h, ask, pair, near, hits, *n, err);
	cn_near_weigh(near, *n, ask->best, ask->confidence);
	for (i = 0; i < *n; i++)
		hits[i].score = near[i].score;
	cn_arena_release(&mem);
	return r;
}
