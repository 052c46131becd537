#include "desk/suggest.h"

#include <stdlib.h>
#include <string.h>

#include "ai/ai.h"
#include "desk/gate.h"
#include "store/audit.h"

#define LIKE 16			/* past answers that are looked at */
#define VARIANTS 64		/* languages of a macro, at most */
#define NAME 200		/* bytes of a name that fills a slot */
#define SUBJECTS 64		/* persons named in one audit entry */
#define UNKNOWN 0.25		/* belief where nobody has said a category */
#define OTHERS 8		/* shares what is left of the belief */

struct draft {
	double score;
	bool same;			/* the customer's language */
	const char *language;
	const char *macro, *message;	/* one of them */
	const char *text;
	const struct cn_past *past;	/* before its text is made */
	size_t order;
};

/* What is known about the message. */
struct asked {
	struct cn_str text;		/* subject and own words */
	const char *best;		/* category, or NULL */
	double confidence;
	const char *language;		/* "" unknown */
	const char *name, *order;	/* or NULL */
	struct cn_wordset own;
};

void cn_suggest_init(struct cn_suggest *s)
{
	size_t i, k;

	s->index = cn_similar_new();
	for (i = 0; i < s->macros->n; i++) {
		const struct cn_macro *m = &s->macros->v[i];

		for (k = 0; k < m->n && k < VARIANTS; k++) {
			cn_similar_add(s->index, (int64_t)(i * VARIANTS + k),
			    cn_str(m->v[k].text));
			cn_wordset_add(&s->free, cn_str(m->v[k].text), 1);
			s->variants++;
		}
	}
	cn_similar_finish(s->index);
	cn_wordset_add(&s->free, cn_str(s->items.conf->name), 1);
}

void cn_suggest_release(struct cn_suggest *s)
{
	cn_items_release(&s->items);
	cn_similar_free(s->index);
	cn_wordset_release(&s->free);
}

/* --- what to leave alone --- */

static bool is(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

static struct cn_str class_of(const struct cn_item *it)
{
	return it->msg.class_json.n > 0 ? it->msg.class_json :
	    it->kept.class_json;
}

static int leave(struct cn_suggest *s, struct cn_item *it, struct cn_err *err)
{
	const struct cn_msg *m = &it->msg;
	struct cn_str class = class_of(it);
	int r;

	if (is(m->direction, "out"))
		it->skipped = "outgoing";
	else if (m->automatic != NULL || m->bounce || m->list ||
	    cn_json_true(cn_json_get(class, "automatic")))
		it->skipped = "automatic";
	else if (cn_json_true(cn_json_get(class, "spam")))
		it->skipped = "spam";
	if (it->skipped != NULL || it->id == 0)
		return 0;
	if ((r = cn_message_answered(s->items.store, it->id, err)) == 1)
		it->skipped = "stale";
	return r < 0 ? -1 : 0;
}

/* --- what was asked --- */

static void understand(struct cn_item *it, struct asked *a)
{
	const struct cn_msg *m = &it->msg;
	struct cn_str class = class_of(it), own = cn_item_own(it), order;
	const char *l = cn_json_string(&it->mem,
	    cn_json_get(class, "language"));
	char *tag;

	memset(a, 0, sizeof(*a));
	a->text.p = cn_arena_fmt(&it->mem, "%s\n%.*s",
	    m->subject ? m->subject : "", (int)own.n, own.p);
	a->text.n = strlen(a->text.p);
	a->best = cn_json_string(&it->mem, cn_json_get(class, "best"));
	if (!cn_json_double(cn_json_get(class, "confidence"), &a->confidence))
		a->best = NULL;
	if (l == NULL) {
		tag = cn_arena_alloc(&it->mem, 8);
		cn_ai_language(own.n > 0 ? own : a->text, tag);
		l = tag;
	}
	a->language = l;
	if (m->from.n > 0 && m->from.v[0].name[0] != '\0' &&
	    strlen(m->from.v[0].name) <= NAME)
		a->name = m->from.v[0].name;
	order = cn_scrub_order(a->text);
	if (order.n > 0)
		a->order = cn_arena_dup(&it->mem, order.p, order.n);
	cn_wordset_add(&a->own, a->text, 1);
}

static double belief(const struct asked *a, const char *category)
{
	if (a->best == NULL || category == NULL)
		return UNKNOWN;
	return strcmp(a->best, category) == 0 ? a->confidence :
	    (1 - a->confidence) / OTHERS;
}

static bool same_language(const char *a, const char *b)
{
	return a[0] == '\0' || strcmp(a, b) == 0;
}

/* --- candidates --- */

static size_t from_macros(struct cn_suggest *s, const struct asked *a,
    struct draft *d, struct cn_arena *mem)
{
	struct cn_hit *hits = cn_arena_alloc(mem, (s->variants + 1) *
	    sizeof(*hits));
	size_t n = cn_similar_query(s->index, a->text, hits, s->variants);
	size_t i, k;

	for (i = 0; i < s->macros->n; i++) {
		const struct cn_macro *m = &s->macros->v[i];
		size_t v = cn_macro_for(m, a->language);
		double like = 0;

		for (k = 0; k < n; k++)
			if (hits[k].id == (int64_t)(i * VARIANTS + v))
				like = hits[k].score;
		like = like > 0.5 ? 1 : 2 * like;
		d[i] = (struct draft){ .macro = m->id,
		    .language = m->v[v].language, .text = m->v[v].text,
		    .same = same_language(a->language, m->v[v].language),
		    .score = belief(a, m->category) * (0.5 + 0.5 * like),
		    .order = i };
	}
	return s->macros->n;
}

static size_t from_history(struct cn_suggest *s, const struct cn_item *it,
    const struct asked *a, struct draft *d, size_t order)
{
	const struct cn_past *past[LIKE];
	double score[LIKE];
	size_t n, i, k = 0;

	if (s->history == NULL)
		return 0;
	n = cn_history_like(s->history, a->text, past, score, LIKE);
	for (i = 0; i < n; i++)
		if (past[i]->question != it->id)
			d[k++] = (struct draft){ .past = past[i], .score =
			    score[i] * (0.5 + 0.5 * belief(a,
			    past[i]->category)), .same = true,
			    .order = order + i };
	return k;
}

static int by_rank(const void *x, const void *y)
{
	const struct draft *a = x, *b = y;

	if (a->same != b->same)
		return a->same ? -1 : 1;
	if (a->score < b->score || a->score > b->score)
		return a->score > b->score ? -1 : 1;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* The text of a past answer; score 0 where it is withheld. */
static int reveal(struct cn_suggest *s, struct cn_item *it,
    const struct asked *a, struct draft *d, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	char *tag = cn_arena_alloc(&it->mem, 8);
	int r = cn_history_draft(s->history, d->past, &s->free, &a->own, &b,
	    &d->message, &it->mem, err);

	if (r == 1) {
		d->text = cn_arena_dup(&it->mem, b.p, b.len);
		cn_ai_language(cn_buf_view(&b), tag);
		d->language = tag;
		d->same = same_language(a->language, tag);
	} else {
		d->score = 0;
	}
	cn_buf_wipe(&b);
	return r < 0 ? -1 : 0;
}

/* --- slots --- */

static const char *filling(const struct asked *a, const char *agent,
    struct cn_str slot)
{
	if (cn_str_eq(slot, "name"))
		return a->name;
	if (cn_str_eq(slot, "order"))
		return a->order;
	if (cn_str_eq(slot, "agent"))
		return agent;
	return NULL;
}

/* The slot {word} at p, or n == 0. */
static struct cn_str slot_at(const char *p)
{
	size_t n = *p == '{' ? strspn(p + 1, "abcdefghijklmnopqrstuvwxyz_") : 0;

	return (struct cn_str){ p + 1, n > 0 && p[n + 1] == '}' ? n : 0 };
}

static bool named(struct cn_str *v, size_t n, struct cn_str s)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i].n == s.n && memcmp(v[i].p, s.p, s.n) == 0)
			return true;
	return false;
}

static void put_reply(struct cn_buf *b, const struct cn_suggest *s,
    const struct asked *a, const struct draft *d, size_t rank)
{
	struct cn_str got[16], open[16], slot;
	struct cn_buf text = { 0 };
	size_t ngot = 0, nopen = 0, i;
	const char *p, *with;

	for (p = d->text; *p != '\0'; p++) {
		if ((slot = slot_at(p)).n == 0) {
			cn_buf_ch(&text, *p);
			continue;
		}
		if ((with = filling(a, s->agent, slot)) != NULL) {
			cn_buf_str(&text, with);
			if (ngot < 16 && !named(got, ngot, slot))
				got[ngot++] = slot;
		} else {
			cn_buf_add(&text, p, slot.n + 2);
			if (nopen < 16 && !named(open, nopen, slot))
				open[nopen++] = slot;
		}
		p += slot.n + 1;
	}
	cn_buf_ch(b, '{');
	cn_json_kvi(b, "rank", (int64_t)rank);
	cn_json_kvf(b, "score", d->score, 4);
	cn_json_key(b, "source");
	cn_buf_ch(b, '{');
	cn_json_kv(b, d->macro ? "macro" : "message", d->macro ? d->macro :
	    d->message);
	cn_buf_ch(b, '}');
	cn_json_key(b, "text");
	cn_json_put(b, text.p ? text.p : "", text.len);
	cn_json_kv(b, "language", d->language[0] ? d->language : NULL);
	cn_json_key(b, "slots");
	cn_buf_ch(b, '{');
	for (i = 0; i < ngot; i++) {
		char name[32];

		memcpy(name, got[i].p, got[i].n < 31 ? got[i].n : 31);
		name[got[i].n < 31 ? got[i].n : 31] = '\0';
		cn_json_kv(b, name, filling(a, s->agent, got[i]));
	}
	cn_buf_ch(b, '}');
	cn_json_key(b, "unfilled");
	cn_buf_ch(b, '[');
	for (i = 0; i < nopen; i++) {
		if (i > 0)
			cn_buf_ch(b, ',');
		cn_json_put(b, open[i].p, open[i].n);
	}
	cn_buf_str(b, "]}");
	cn_buf_wipe(&text);
}

/* --- a message --- */

/* Past answers are made readable as they come up for their place; their
 * language shows only then, so the order may change. */
static int rank(struct cn_suggest *s, struct cn_item *it,
    const struct asked *a, struct draft *d, size_t n, struct cn_err *err)
{
	size_t i = 0;

	qsort(d, n, sizeof(*d), by_rank);
	while (i < n && i < s->max && d[i].score >= s->min_score) {
		if (d[i].text != NULL) {
			i++;
			continue;
		}
		if (reveal(s, it, a, &d[i], err) < 0)
			return -1;
		if (d[i].score <= 0)
			d[i] = d[--n];
		qsort(d, n, sizeof(*d), by_rank);
		i = 0;
	}
	return 0;
}

static bool said_before(const struct draft *d, size_t i)
{
	size_t k;

	for (k = 0; k < i; k++)
		if (strcmp(d[k].text, d[i].text) == 0)
			return true;
	return false;
}

static int drafts(struct cn_suggest *s, struct cn_item *it, struct asked *a,
    struct cn_buf *b, struct cn_err *err)
{
	struct draft *d = cn_arena_alloc(&it->mem,
	    (s->macros->n + LIKE + 1) * sizeof(*d));
	size_t n = from_macros(s, a, d, &it->mem), i, shown = 0;

	n += from_history(s, it, a, d + n, n);
	if (rank(s, it, a, d, n, err) < 0)
		return -1;
	cn_buf_ch(b, '[');
	for (i = 0; i < n && i < s->max && d[i].score >= s->min_score; i++) {
		if (d[i].text == NULL || said_before(d, i))
			continue;
		if (shown > 0)
			cn_buf_ch(b, ',');
		put_reply(b, s, a, &d[i], ++shown);
	}
	cn_buf_ch(b, ']');
	return 0;
}

int cn_suggest_item(struct cn_suggest *s, struct cn_item *it,
    struct cn_err *err)
{
	struct cn_buf b = { 0 };
	struct asked a;
	int r;

	if (it->skipped != NULL)
		return 0;
	if (cn_item_kept(&s->items, it, err) < 0)
		return -1;
	if (it->skipped != NULL || leave(s, it, err) < 0)
		return it->skipped != NULL ? 0 : -1;
	if (it->skipped != NULL)
		return 0;
	understand(it, &a);
	r = drafts(s, it, &a, &b, err);
	if (r == 0) {
		it->json = (struct cn_str){ cn_arena_dup(&it->mem, b.p,
		    b.len), b.len };
		it->done = it->owner.suggested &&
		    it->kept.replies_json.n == b.len &&
		    memcmp(it->kept.replies_json.p, b.p, b.len) == 0;
	}
	cn_wordset_release(&a.own);
	cn_buf_wipe(&b);
	return r;
}

/* --- a group --- */

/* Skipped for good: there is nothing to wait for. */
static bool settled(const struct cn_item *it)
{
	return is(it->skipped, "automatic") || is(it->skipped, "spam") ||
	    is(it->skipped, "stale");
}

static bool wanted(const struct cn_item *it)
{
	if (it->id == 0 || it->strip)
		return false;
	if (settled(it))
		return !it->owner.suggested;
	return it->skipped == NULL && !it->done;
}

/* Somebody may have been erased since their answer was read: then what was
 * drafted from it is neither kept nor shown. The message stays pending. */
static int sources(struct cn_suggest *s, struct cn_item *it,
    struct cn_err *err)
{
	struct cn_json_it at;
	const char *pub;
	int64_t id;
	int r = 1;

	cn_json_walk(&at, it->json);
	while (r == 1 && cn_json_next(&at)) {
		pub = cn_json_string(&it->mem, cn_json_get(cn_json_get(at.val,
		    "source"), "message"));
		if (pub != NULL)
			r = cn_message_find(s->items.store, pub, &id, err);
	}
	if (r == 0)
		it->json = CN_STR("[]");
	return r;
}

static int store_all(struct cn_suggest *s, uint64_t *n, struct cn_err *err)
{
	int64_t leaves[SUBJECTS];
	size_t i, nleaves = 0;
	int r;

	for (i = 0; i < s->items.n; i++) {
		struct cn_item *it = s->items.v[i];
		const char *was = it->skipped;

		if (!wanted(it))
			continue;
		if (cn_item_again(&s->items, it, err) < 0)
			return -1;
		if (it->skipped != was || !wanted(it))
			continue;
		if (!settled(it) && (r = sources(s, it, err)) <= 0) {
			if (r < 0)
				return -1;
			continue;
		}
		if (cn_message_suggest(s->items.store, it->id, settled(it) ?
		    CN_STR("[]") : it->json, err) < 0)
			return cn_wrap(err, "message %s", it->msg.id);
		if (nleaves < SUBJECTS)
			leaves[nleaves++] = it->owner.leaf;
		++*n;
	}
	if (*n == 0)
		return 0;
	return cn_audit(s->items.store, &(struct cn_audit_entry){
	    .what = "replies suggested", .purpose = "reply suggestion",
	    .count = (int64_t)*n, .leaves = leaves, .nleaves = nleaves },
	    err);
}

int cn_suggest_flush(struct cn_suggest *s, struct cn_err *err)
{
	struct cn_store *st = s->items.store;
	bool any = false;
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < s->items.n && st != NULL; i++)
		any = any || wanted(s->items.v[i]);
	if (any) {
		if (cn_store_begin(st, err) < 0)
			return -1;
		if (store_all(s, &n, err) < 0) {
			cn_store_rollback(st);
			return -1;
		}
		if (cn_store_commit(st, err) < 0)
			return -1;
	}
	s->stored += n;
	for (i = 0; i < s->items.n; i++)
		s->skipped += s->items.v[i]->skipped != NULL;
	return 0;
}
