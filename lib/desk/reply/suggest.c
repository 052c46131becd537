#include "desk/reply/suggest_int.h"

#include <stdlib.h>
#include <string.h>

#include "ai/ai.h"
#include "base/times.h"
#include "desk/gate.h"
#include "store/audit.h"

#define VARIANTS CN_MACRO_VARIANTS

int cn_suggest_init(struct cn_suggest *s, struct cn_err *err)
{
	size_t i, k;

	s->index = cn_similar_new();
	for (i = 0; i < s->macros->n; i++) {
		const struct cn_macro *m = &s->macros->v[i];

		for (k = 0; k < m->n && k < VARIANTS; k++) {
			cn_similar_add(s->index, (int64_t)(i * VARIANTS + k),
			    cn_str(m->v[k].text));
			cn_wordset_add(&s->ours, cn_str(m->v[k].text), 1);
			s->variants++;
		}
	}
	cn_similar_finish(s->index);
	cn_wordset_usual(&s->usual);
	cn_wordset_add_each(&s->usual, cn_str(s->items.conf->name));
	return s->items.store == NULL ? 0 : cn_feedback_list(s->items.store,
	    &s->mem, &s->judged, &s->njudged, err);
}

void cn_suggest_release(struct cn_suggest *s)
{
	cn_items_release(&s->items);
	cn_similar_free(s->index);
	cn_wordset_release(&s->ours);
	cn_wordset_release(&s->usual);
	cn_arena_release(&s->mem);
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

/* Somebody has answered meanwhile. */
static int stale(struct cn_suggest *s, struct cn_item *it, struct cn_err *err)
{
	int r = it->id == 0 ? 0 :
	    cn_message_answered(s->items.store, it->id, err);

	if (r == 1) {
		it->skipped = "stale";
		it->json.n = it->withheld.n = 0;
	}
	return r < 0 ? -1 : 0;
}

static int leave(struct cn_suggest *s, struct cn_item *it, struct cn_err *err)
{
	const struct cn_msg *m = &it->msg;
	struct cn_str class = class_of(it);
	int r = 0;

	if (is(m->direction, "out"))
		it->skipped = "outgoing";
	else if (!s->all && (m->automatic != NULL || m->bounce ||
	    m->list || cn_json_true(cn_json_get(class, "automatic"))))
		it->skipped = "automatic";
	else if (cn_json_true(cn_json_get(class, "spam")))
		it->skipped = "spam";
	else if (!s->all)
		r = cn_suggest_unread(s, it, err);
	if (r == 1)
		it->skipped = "noreply";
	return r < 0 ? -1 : it->skipped != NULL ? 0 : stale(s, it, err);
}

/* --- what was asked --- */

static struct cn_str keep(struct cn_arena *mem, const struct cn_buf *b)
{
	return b->len == 0 ? (struct cn_str){ NULL, 0 } :
	    (struct cn_str){ cn_arena_dup(mem, b->p, b->len), b->len };
}

static const char *day_of(struct cn_arena *mem, int64_t t)
{
	int y, m, d;

	cn_civil(cn_local_day(t), &y, &m, &d);
	return cn_arena_fmt(mem, "%04d-%02d-%02d", y, m, d);
}

static void understand(struct cn_item *it, struct cn_asked *a)
{
	const struct cn_msg *m = &it->msg;
	struct cn_str class = class_of(it), own = cn_item_own(it);
	struct cn_buf folded = { 0 };
	struct cn_ai_result *r = cn_arena_alloc(&it->mem, sizeof(*r));
	bool negative;

	memset(a, 0, sizeof(*a));
	cn_fold(&folded, cn_str(m->subject));
	cn_buf_ch(&folded, '\n');
	cn_fold(&folded, own);
	a->text = keep(&it->mem, &folded);
	cn_buf_wipe(&folded);
	a->best = cn_json_string(&it->mem, cn_json_get(class, "best"));
	if (!cn_json_double(cn_json_get(class, "confidence"), &a->confidence))
		a->best = NULL;
	cn_ai_classify(NULL, &(struct cn_ai_input){ .subject =
	    cn_str(m->subject), .text = own }, r, &it->mem);
	a->language = cn_json_string(&it->mem,
	    cn_json_get(class, "language"));
	if (a->language == NULL)
		a->language = r->language;
	a->unsure = r->language_confidence < CN_LANGUAGE_SURE;
	negative = r->sentiment == CN_SENTIMENT_NEGATIVE ||
	    cn_str_eq(cn_json_get(class, "sentiment"), "\"negative\"");
	a->angry = negative || r->angry;
	if (a->angry && is(a->best, CN_PRAISE))
		a->best = negative ? "complaint" : NULL;
	if (m->from.n > 0)
		a->name = cn_called(&it->mem, m->from.v[0].name);
	a->order = cn_ordered(&it->mem, a->text);
	if (m->has_date)
		a->day = day_of(&it->mem, m->date);
	cn_wordset_add(&a->own, a->text, 1);
}

/* 'ok' is of the language that is spoken there. */
static void spoken(struct cn_asked *a)
{
	size_t i;

	for (i = a->nsaid; a->unsure && i > 0; i--)
		if (a->said[i - 1].sure) {
			a->language = a->said[i - 1].language;
			return;
		}
}

static void hold(struct cn_buf *held, const struct cn_cand *d)
{
	cn_buf_ch(held, held->len == 0 ? '[' : ',');
	cn_withheld_put(held, d);
}

/* The place of a draft of the generator: before its equals. */
static size_t place(const struct cn_cand *d, size_t n,
    const struct cn_cand *of)
{
	size_t i = 0;

	while (i < n && ((d[i].same && !of->same) || (d[i].same == of->same &&
	    d[i].score > of->score)))
		i++;
	return i;
}

static int drafts(struct cn_suggest *s, struct cn_item *it,
    struct cn_asked *a, struct cn_buf *b, struct cn_buf *held,
    struct cn_err *err)
{
	size_t n, withheld, at, i, rank = 0;
	struct cn_cand *d, made;
	int r = 0;

	if (cn_candidates(s, it, a, &d, &n, &withheld, err) < 0)
		return -1;
	if (s->generate != NULL)
		r = cn_generate(s, it, a, d, n, &made);
	at = r == 1 ? place(d, n, &made) : n + 1;
	cn_buf_ch(b, '[');
	for (i = 0; i <= n && rank < s->max; i++) {
		if (i == at) {
			if (rank > 0)
				cn_buf_ch(b, ',');
			cn_reply_put(b, s, a, &made, ++rank);
		}
		if (i == n || rank == s->max)
			break;
		if (rank > 0)
			cn_buf_ch(b, ',');
		cn_reply_put(b, s, a, &d[i], ++rank);
	}
	cn_buf_ch(b, ']');
	for (i = n; i < n + withheld; i++)
		hold(held, &d[i]);
	if (r == 2)
		hold(held, &made);
	if (held->len > 0)
		cn_buf_ch(held, ']');
	return 0;
}

int cn_suggest_item(struct cn_suggest *s, struct cn_item *it,
    struct cn_err *err)
{
	struct cn_buf b = { 0 }, held = { 0 };
	struct cn_asked a;
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
	r = cn_talk_load(s, it, &a, err);
	spoken(&a);
	if (r == 0)
		r = drafts(s, it, &a, &b, &held, err);
	if (r == 0) {
		it->json = keep(&it->mem, &b);
		it->withheld = keep(&it->mem, &held);
		it->done = it->owner.suggested &&
		    it->kept.replies_json.n == b.len &&
		    memcmp(it->kept.replies_json.p, b.p, b.len) == 0;
	}
	cn_wordset_release(&a.own);
	cn_buf_wipe(&b);
	cn_buf_wipe(&held);
	return r;
}

/* --- a group --- */

/* Skipped for good: there is nothing to wait for. */
static bool settled(const struct cn_item *it)
{
	return is(it->skipped, "automatic") || is(it->skipped, "spam") ||
	    is(it->skipped, "noreply") || is(it->skipped, "stale");
}

static bool wanted(const struct cn_item *it)
{
	if (it->id == 0 || it->strip)
		return false;
	if (settled(it))
		return !it->owner.suggested;
	return it->skipped == NULL && !it->done;
}

/* May what was drafted from this message still be shown? */
static int usable(struct cn_suggest *s, const char *pub, struct cn_err *err)
{
	struct cn_message_owner o;
	int64_t id;
	int r = cn_message_find(s->items.store, pub, &id, err);

	if (r == 1)
		r = cn_message_owner(s->items.store, id, &o, err);
	return r == 1 ? cn_gate(&o, s->items.purpose) == NULL : r;
}

/* Somebody may have been erased, or have objected, since their answer was
 * read: then what was drafted from it is neither kept nor shown.  The message
 * stays pending. */
static int sources(struct cn_suggest *s, struct cn_item *it,
    struct cn_err *err)
{
	struct cn_json_it at, of;
	struct cn_str source;
	const char *pub;
	int r = 1;

	cn_json_walk(&at, it->json);
	while (r == 1 && cn_json_next(&at)) {
		source = cn_json_get(at.val, "source");
		pub = cn_json_string(&it->mem, cn_json_get(source, "message"));
		if (pub != NULL)
			r = usable(s, pub, err);
		source = cn_json_get(source, "from");
		cn_json_walk(&of, source.n > 0 ? source : CN_STR("[]"));
		while (r == 1 && cn_json_next(&of))
			if ((pub = cn_json_string(&it->mem, cn_json_get(of.val,
			    "message"))) != NULL)
				r = usable(s, pub, err);
	}
	if (r == 0)
		it->json = CN_STR("[]");
	return r;
}

static int store_all(struct cn_suggest *s, uint64_t *n, struct cn_err *err)
{
	int64_t leaves[CN_AUDIT_NAMED];
	size_t i, nleaves = 0;
	int r;

	for (i = 0; i < s->items.n; i++) {
		struct cn_item *it = s->items.v[i];
		const char *was = it->skipped;

		if (!wanted(it))
			continue;
		if (cn_item_again(&s->items, it, err) < 0)
			return -1;
		if (it->skipped == NULL && stale(s, it, err) < 0)
			return -1;
		if ((it->skipped != was && !settled(it)) || !wanted(it))
			continue;
		if (!settled(it) && (r = sources(s, it, err)) <= 0) {
			if (r < 0)
				return -1;
			continue;
		}
		if (cn_message_suggest(s->items.store, it->id, settled(it) ?
		    CN_STR("[]") : it->json, err) < 0)
			return cn_wrap(err, "message %s", it->msg.id);
		if (nleaves < CN_AUDIT_NAMED)
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

	for (i = 0; i < s->items.n && st != NULL; i++) {
		if (s->items.v[i]->done && stale(s, s->items.v[i], err) < 0)
			return -1;
		any = any || wanted(s->items.v[i]);
	}
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
