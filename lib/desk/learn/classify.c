#include "desk/learn/classify.h"

#include <string.h>

#include "ai/ai.h"
#include "desk/gate.h"
#include "store/label.h"
#include "store/audit.h"

#define TRIES 5			/* until a model stays for a group */
#define BEFORE 20		/* messages of a conversation */

static const char *dsr_of(const struct cn_ai_result *r)
{
	return r->dsr == CN_DSR_NONE ? NULL : cn_dsr_name(r->dsr);
}

static void put_why(struct cn_buf *b, const struct cn_ai_result *r)
{
	size_t i;

	cn_json_key(b, "why");
	cn_buf_ch(b, '[');
	for (i = 0; i < r->nwhy; i++) {
		if (i > 0)
			cn_buf_ch(b, ',');
		cn_buf_ch(b, '{');
		cn_json_kv(b, "feature", r->why[i].feature);
		cn_json_kv(b, "kind", cn_why_kind_name(r->why[i].kind));
		cn_json_kvf(b, "weight", r->why[i].weight, 3);
		cn_buf_ch(b, '}');
	}
	cn_buf_ch(b, ']');
}

static void put_flags(struct cn_buf *b, const struct cn_ai_result *r)
{
	size_t i;

	cn_json_key(b, "flags");
	cn_buf_ch(b, '[');
	for (i = 0; i < r->nflags; i++) {
		if (i > 0)
			cn_buf_ch(b, ',');
		cn_json_puts(b, r->flags[i]);
	}
	cn_buf_ch(b, ']');
}

enum { WHY = 1, EXPLAIN = 2 };

static void put_reasons(struct cn_buf *b, const struct cn_decision *d,
    bool words)
{
	size_t i, n = 0;

	cn_json_key(b, "why");
	cn_buf_ch(b, '[');
	for (i = 0; i < d->nwhy; i++) {
		if (!words && cn_reason_quotes(&d->why[i]))
			continue;
		if (n++ > 0)
			cn_buf_ch(b, ',');
		cn_buf_ch(b, '{');
		cn_json_kv(b, "feature", d->why[i].feature);
		cn_json_kv(b, "kind", d->why[i].kind);
		cn_buf_ch(b, '}');
	}
	cn_buf_ch(b, ']');
}

/* Of what is decided beside the category. */
static void put_decisions(struct cn_buf *b, const struct cn_ai_result *r,
    bool words)
{
	int i;

	cn_json_key(b, "decisions");
	cn_buf_ch(b, '{');
	for (i = 0; i < CN_DECIDED_MAX; i++) {
		const struct cn_decision *d = &r->decision[i];

		cn_json_key(b, cn_decided_name((enum cn_decided)i));
		cn_buf_ch(b, '{');
		cn_json_kvf(b, "confidence", d->confidence, 4);
		cn_json_kvf(b, "margin", d->margin, 4);
		cn_json_kvb(b, "abstained", d->abstained);
		put_reasons(b, d, words);
		cn_buf_ch(b, '}');
	}
	cn_buf_ch(b, '}');
}

/* What rules have set, and the version of their file. */
static void put_rules(struct cn_buf *b, const struct cn_ruling *u,
    const struct cn_rules *rules)
{
	if (u->by_team != NULL)
		cn_json_kv(b, "team", u->team);
	if (u->by_category || u->by_priority || u->by_team) {
		cn_json_key(b, "rule");
		cn_buf_ch(b, '{');
		if (u->by_category != NULL)
			cn_json_kv(b, "category", u->by_category);
		if (u->by_priority != NULL)
			cn_json_kv(b, "priority", u->by_priority);
		if (u->by_team != NULL)
			cn_json_kv(b, "team", u->by_team);
		cn_buf_ch(b, '}');
	}
	cn_json_kv(b, "rules", rules->id);
}

/* The member 'class' (cn-message(5)). */
static void put_class(struct cn_buf *b, const struct cn_classify *c,
    const struct cn_item *it, unsigned what)
{
	const struct cn_ai_result *r = it->result;

	cn_buf_ch(b, '{');
	cn_json_kv(b, "category", r->category);
	cn_json_kv(b, "best", r->best);
	cn_json_kvf(b, "confidence", r->confidence, 4);
	cn_json_kvf(b, "margin", r->margin, 4);
	cn_json_kvb(b, "abstained", r->abstained);
	cn_json_kv(b, "priority", cn_priority_name(r->priority));
	cn_json_kv(b, "sentiment", cn_sentiment_name(r->sentiment));
	cn_json_kv(b, "language", r->language[0] ? r->language : NULL);
	put_flags(b, r);
	cn_json_kvb(b, "spam", r->spam);
	cn_json_kvb(b, "automatic", r->automatic);
	cn_json_kv(b, "dsr", dsr_of(r));
	if (what & WHY)
		put_why(b, r);
	if (what & EXPLAIN) {
		cn_json_kvf(b, "sentiment_score", r->sentiment_score, 4);
		cn_json_kvf(b, "spam_score", r->spam_score, 4);
		put_decisions(b, r, what & WHY);
	}
	if (it->labelled)
		cn_json_kvb(b, "labelled", true);
	if (it->ruling != NULL)
		put_rules(b, it->ruling, &c->rules);
	cn_json_kv(b, "model", c->chosen.name);
	if (c->spam.model != NULL)
		cn_json_kv(b, "spam_model", c->spam.name);
	cn_buf_ch(b, '}');
}

static bool same(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Of the same rules, too, and of the same conversation. */
static bool same_model(const struct cn_classify *c, struct cn_item *it)
{
	const char *category = cn_json_string(&it->mem,
	    cn_json_get(it->kept.class_json, "category"));
	const char *model = cn_json_string(&it->mem,
	    cn_json_get(it->kept.class_json, "model"));
	const char *rules = cn_json_string(&it->mem,
	    cn_json_get(it->kept.class_json, "rules"));
	const char *spam = cn_json_string(&it->mem,
	    cn_json_get(it->kept.class_json, "spam_model"));

	return model != NULL && same(model, c->chosen.name) &&
	    same(rules, c->rules.id) && same(spam, c->spam.name) &&
	    same(category, it->result ? it->result->category : NULL);
}

/* Has the store the answer of this model? */
static int look(struct cn_classify *c, struct cn_item *it, struct cn_err *err)
{
	if (it->id == 0 || !it->owner.classified || it->skipped != NULL)
		return 0;
	if (cn_item_kept(&c->items, it, err) < 0)
		return -1;
	it->done = it->skipped == NULL && same_model(c, it);
	return 0;
}

/* Of the customer's messages before it in the conversation the last that has a
 * category says what this one goes on with.  Those of this group come before
 * what the store has of them. */
static int thread(struct cn_classify *c, struct cn_item *it,
    struct cn_ai_input *in, struct cn_err *err)
{
	struct cn_before v[BEFORE];
	struct cn_item **of;
	size_t n, i;

	if (c->items.store == NULL || it->id == 0 || it->owner.person == 0)
		return 0;
	if (cn_message_before(c->items.store, it->id, v, BEFORE, &n, &it->mem,
	    err) < 0)
		return -1;
	for (i = 0; i < n && in->thread == NULL; i++) {
		in->thread = v[i].category;
		for (of = c->items.v; *of != it; of++)
			if ((*of)->id == v[i].id && (*of)->result != NULL)
				in->thread = (*of)->result->category;
	}
	return 0;
}

/* Puts what rules have set into the answer. */
static void apply(const struct cn_ruling *u, struct cn_ai_result *r)
{
	if (u->by_category != NULL) {
		r->category = u->category;
		r->abstained = u->abstain;
	}
	if (u->by_priority != NULL) {
		r->priority = u->priority;
		r->priority_confidence = 1;
		r->decision[CN_DECIDED_PRIORITY] = (struct cn_decision){
		    .confidence = 1, .margin = 1, .nwhy = 1, .why = { {
		    u->by_priority, "rule" } } };
	}
}

/* A spam model wants what only the mail itself shows; without it (a chat, a
 * line that is not in the store) the tables decide. */
static int ask_spam(struct cn_classify *c, struct cn_item *it,
    struct cn_ai_input *in, struct cn_err *err)
{
	struct cn_msg m = it->msg;

	if (c->spam.model == NULL)
		return 0;
	if (m.marks == NULL && it->id != 0 && m.channel != NULL &&
	    strcmp(m.channel, "email") == 0 &&
	    cn_message_load(c->items.store, it->id, CN_LOAD_MARKS, &m,
	    &it->mem, err) < 0)
		return err->status == CN_BLOCKED ? 0 : -1;
	in->spam = m.marks == NULL ? NULL : c->spam.model;
	in->spam_marks = m.marks;
	in->nspam_marks = m.nmarks;
	return 0;
}

/* Rules, the model, rules.  Where one of the former says the category the
 * model is not asked. */
static int decide(struct cn_classify *c, struct cn_item *it,
    struct cn_ai_result *r, struct cn_err *err)
{
	struct cn_ruling *u = cn_arena_alloc(&it->mem, sizeof(*u));
	struct cn_facts f = { .msg = &it->msg, .mem = &c->scratch };
	struct cn_ai_input in;

	cn_classify_input(c->items.conf, it, &in);
	if (thread(c, it, &in, err) < 0 || ask_spam(c, it, &in, err) < 0)
		return -1;
	if (c->rules.id[0] == '\0') {
		cn_ai_classify(c->chosen.model, &in, r, &c->scratch);
		return 0;
	}
	if (c->rules.header && cn_item_head(&c->items, it, err) < 0)
		return -1;
	f.own = in.text;
	f.head = it->head;
	if (c->rules.language) {
		cn_ai_classify(NULL, &in, r, &c->scratch);
		f.result = r;
	}
	cn_rules_ask(&c->rules, CN_BEFORE, &f, u);
	cn_ai_classify(u->category ? NULL : c->chosen.model, &in, r,
	    &c->scratch);
	if (u->category != NULL)
		r->confidence = r->margin = 1;
	apply(u, r);
	f.result = r;
	cn_rules_ask(&c->rules, CN_AFTER, &f, u);
	apply(u, r);
	it->ruling = u;
	return 0;
}

/* What an agent has said of this very message stands above all. */
static int label(struct cn_classify *c, struct cn_item *it,
    struct cn_ai_result *r, struct cn_err *err)
{
	struct cn_label l;
	int n;

	it->labelled = false;
	if (c->items.store == NULL || it->id == 0)
		return 0;
	if ((n = cn_label_get(c->items.store, it->id, &l, &it->mem,
	    err)) <= 0)
		return n;
	if (l.category != NULL) {
		r->category = l.category;
		r->abstained = false;
		it->labelled = true;
	}
	if (l.spam >= 0)
		r->spam = l.spam;
	return 0;
}

int cn_classify_item(struct cn_classify *c, struct cn_item *it,
    struct cn_err *err)
{
	struct cn_ai_result *r;
	const struct cn_msg *m = &it->msg;
	struct cn_buf b = { 0 };
	size_t i, k;

	if (it->skipped == NULL && m->direction != NULL &&
	    strcmp(m->direction, "out") == 0)
		it->skipped = "outgoing";
	if (it->skipped != NULL)
		return 0;
	r = cn_arena_alloc(&it->mem, sizeof(*r));
	it->ruling = NULL;
	if (decide(c, it, r, err) < 0 || label(c, it, r, err) < 0)
		return -1;
	if (it->skipped != NULL)	/* erased meanwhile */
		return 0;
	/* Features are many times the text: only those named outlive it. */
	for (i = 0; i < r->nwhy; i++)
		r->why[i].feature = cn_arena_strdup(&it->mem,
		    r->why[i].feature);
	for (i = 0; i < CN_DECIDED_MAX; i++)
		for (k = 0; k < r->decision[i].nwhy; k++)
			r->decision[i].why[k].feature = cn_arena_strdup(
			    &it->mem, r->decision[i].why[k].feature);
	cn_arena_reset(&c->scratch);
	it->result = r;
	put_class(&b, c, it,
	    (c->refs || it->bare ? 0 : WHY) | (c->explain ? EXPLAIN : 0));
	it->json = (struct cn_str){ cn_arena_dup(&it->mem, b.p, b.len),
	    b.len };
	cn_buf_wipe(&b);
	return look(c, it, err);
}

static bool outgoing(const struct cn_item *it)
{
	return it->skipped != NULL && strcmp(it->skipped, "outgoing") == 0;
}

/* Is there anything to write about it? */
static bool wanted(const struct cn_item *it)
{
	if (it->id == 0 || it->strip)
		return false;
	if (outgoing(it))
		return !it->owner.classified;
	return it->skipped == NULL && !it->done;
}

/* Is it what its label, if there is one, says?  1, 0, -1. */
static int says(struct cn_classify *c, struct cn_item *it, struct cn_err *err)
{
	struct cn_label l = { .spam = -1 };

	if (cn_label_get(c->items.store, it->id, &l, &it->mem, err) < 0)
		return -1;
	return (l.category != NULL) == it->labelled &&
	    (l.category == NULL || strcmp(l.category,
	    it->result->category) == 0) &&
	    (l.spam < 0 || l.spam == it->result->spam);
}

static int store_one(struct cn_classify *c, struct cn_item *it, bool *did,
    struct cn_err *err)
{
	const struct cn_ai_result *r = it->result;
	struct cn_class_row row = { 0 };
	struct cn_buf b = { 0 };
	const char *was = it->skipped;
	int n;

	*did = false;
	it->has_kept = false;
	if (cn_item_again(&c->items, it, err) < 0)
		return -1;
	/* Another classifier may have been faster. */
	if (it->skipped == was && look(c, it, err) < 0)
		return -1;
	if (it->skipped != was || !wanted(it))
		return 0;
	/* Labelled since: it waits to be classified again. */
	if (r != NULL && (n = says(c, it, err)) <= 0)
		return n;
	if (r != NULL) {
		put_class(&b, c, it, WHY);
		row = (struct cn_class_row){ .category = r->category,
		    .priority = cn_priority_name(r->priority),
		    .sentiment = cn_sentiment_name(r->sentiment),
		    .language = r->language[0] ? r->language : NULL,
		    .dsr = dsr_of(r), .model = c->chosen.name,
		    .confidence = r->confidence, .abstained = r->abstained,
		    .spam = r->spam, .automatic = r->automatic,
		    .json = cn_buf_view(&b) };
	}
	n = cn_message_classify(c->items.store, it->id, &row, err);
	cn_buf_wipe(&b);
	*did = n >= 0 && r != NULL;
	return n < 0 ? -1 : 0;
}

static int store_all(struct cn_classify *c, uint64_t *n, struct cn_err *err)
{
	int64_t leaves[CN_AUDIT_NAMED];
	size_t i, nleaves = 0;
	bool did;

	for (i = 0; i < c->items.n; i++) {
		struct cn_item *it = c->items.v[i];

		if (!wanted(it))
			continue;
		if (store_one(c, it, &did, err) < 0)
			return cn_wrap(err, "message %s", it->msg.id);
		if (did)
			cn_audit_name(leaves, &nleaves, it->owner.leaf);
		*n += did;
	}
	if (*n == 0)
		return 0;
	return cn_audit(c->items.store, &(struct cn_audit_entry){
	    .what = "messages classified", .purpose = "classification",
	    .count = (int64_t)*n, .leaves = leaves, .nleaves = nleaves },
	    err);
}

/* 1 stored, 0 another model is to be used by now, -1. */
static int store_group(struct cn_classify *c, struct cn_err *err)
{
	struct cn_store *s = c->items.store;
	uint64_t n = 0;
	int r;

	if (cn_store_begin(s, err) < 0)
		return -1;
	r = cn_chosen_holds(&c->chosen, err);
	if (r == 1)
		r = cn_chosen_holds(&c->spam, err);
	if (r == 1 && store_all(c, &n, err) < 0)
		r = -1;
	if (r <= 0) {
		cn_store_rollback(s);
		return r;
	}
	if (cn_store_commit(s, err) < 0)
		return -1;
	c->stored += n;
	return 1;
}

void cn_classify_release(struct cn_classify *c)
{
	cn_items_release(&c->items);
	cn_arena_release(&c->scratch);
	cn_chosen_release(&c->chosen);
	cn_chosen_release(&c->spam);
	cn_rules_release(&c->rules);
}

int cn_classify_look(struct cn_classify *c, bool *changed, struct cn_err *err)
{
	bool other;

	if (cn_chosen_look(&c->chosen, changed, err) < 0 ||
	    cn_chosen_look(&c->spam, &other, err) < 0)
		return -1;
	*changed = *changed || other;
	c->items.marks = c->spam.model != NULL;
	return 0;
}

/* Decides again, where a model is not the one that has decided. */
static int renew(struct cn_classify *c, struct cn_err *err)
{
	struct cn_item *it;
	bool changed;
	size_t i;

	if (cn_classify_look(c, &changed, err) < 0)
		return -1;
	for (i = 0; i < c->items.n && changed; i++) {
		it = c->items.v[i];
		it->done = false;
		it->result = NULL;
		it->json.n = 0;
		if (cn_classify_item(c, it, err) < 0)
			return -1;
	}
	return 0;
}

int cn_classify_flush(struct cn_classify *c, struct cn_err *err)
{
	int tries = 0, r = 0;
	bool any;
	size_t i;

	while (r == 0 && c->items.store != NULL) {
		if (tries++ == TRIES) {
			cn_fail(err, CN_TEMPFAIL, "the model changes again "
			    "and again");
			return cn_hint(err, "try again later");
		}
		if (renew(c, err) < 0)
			return -1;
		for (any = false, i = 0; i < c->items.n; i++)
			any = any || wanted(c->items.v[i]);
		r = any ? store_group(c, err) : 1;
	}
	if (r < 0)
		return -1;
	for (i = 0; i < c->items.n; i++)
		c->skipped += c->items.v[i]->skipped != NULL;
	return 0;
}

void cn_classify_fields(struct cn_buf *b, const struct cn_classify *c,
    const struct cn_item *it)
{
	const struct cn_ai_result *r = it->result;
	size_t i;

	if (it->skipped != NULL) {
		cn_buf_fmt(b, "X-CN-Skipped: %s\n", it->skipped);
		return;
	}
	cn_buf_fmt(b, "X-CN-Category: %s\n", r->category ? r->category :
	    "none");
	if (r->category == NULL && r->best != NULL)
		cn_buf_fmt(b, "X-CN-Best: %s\n", r->best);
	cn_buf_fmt(b, "X-CN-Confidence: %.4f\nX-CN-Priority: %s\n"
	    "X-CN-Sentiment: %s\n", r->confidence,
	    cn_priority_name(r->priority), cn_sentiment_name(r->sentiment));
	if (r->language[0] != '\0')
		cn_buf_fmt(b, "X-CN-Language: %s\n", r->language);
	cn_buf_fmt(b, "X-CN-Spam: %s\nX-CN-Automatic: %s\n",
	    r->spam ? "yes" : "no", r->automatic ? "yes" : "no");
	if (it->ruling != NULL && it->ruling->team != NULL)
		cn_buf_fmt(b, "X-CN-Team: %s\n", it->ruling->team);
	if (dsr_of(r) != NULL)
		cn_buf_fmt(b, "X-CN-Request: %s\n", dsr_of(r));
	if (r->nflags > 0) {
		cn_buf_str(b, "X-CN-Flags:");
		for (i = 0; i < r->nflags; i++)
			cn_buf_fmt(b, " %s", r->flags[i]);
		cn_buf_ch(b, '\n');
	}
	cn_buf_fmt(b, "X-CN-Model: %s\n", c->chosen.name);
}
