#include "desk/learn/trainer.h"

#include <stdlib.h>
#include <string.h>

#include "desk/gate.h"
#include "desk/learn/classify.h"
#include "store/audit.h"
#include "store/erase.h"

#define PAGE 500
#define TRIES 3		/* until nobody changes a label meanwhile */

void cn_examples_release(struct cn_examples *x)
{
	free(x->v);
	cn_arena_release(&x->mem);
	*x = (struct cn_examples){ 0 };
}

static bool of_spam(const struct cn_trainer *t)
{
	return strcmp(t->kind, CN_TRAINED_SPAM) == 0;
}

static struct cn_items items_of(const struct cn_trainer *t)
{
	return (struct cn_items){ .store = t->store, .conf = t->conf,
	    .purpose = "classify", .marks = of_spam(t) };
}

/* The class that a label teaches, or NULL.  A category says that it is spam
 * where it is that one, and never that it is none. */
static const char *class_of(const struct cn_trainer *t,
    const struct cn_label *l)
{
	if (!of_spam(t))
		return l->category;
	if (l->spam >= 0)
		return l->spam ? "spam" : "ham";
	return l->category != NULL && strcmp(l->category, "spam") == 0 ?
	    "spam" : NULL;
}

static void sum_str(struct cn_sha *sha, struct cn_str s)
{
	uint64_t n = s.n;

	cn_sha_add(sha, &n, sizeof(n));
	cn_sha_add(sha, s.p, s.n);
}

static void digest(const struct cn_ai_input *in, uint8_t out[CN_SHA])
{
	struct cn_sha *sha = cn_sha_new();
	size_t i;

	sum_str(sha, in->subject);
	sum_str(sha, in->text);
	for (i = 0; i < in->nmarks; i++)
		sum_str(sha, in->marks[i]);
	cn_sha_end(sha, out);
}

enum { GATE, LOADED, NO_MAIL };

/* Loads one: LOADED, GATE where that says no or it has gone, NO_MAIL where
 * there is nothing in it for a model of spam, -1. */
static int load(struct cn_items *is, int64_t id, struct cn_ai_input *in,
    struct cn_err *err)
{
	struct cn_item *it;

	cn_items_reset(is);
	if ((it = cn_item_stored(is, id, err)) == NULL)
		return err->status == CN_BLOCKED ? GATE : -1;
	if (it->skipped != NULL)
		return GATE;
	cn_classify_input(is->conf, it, in);
	if (is->marks) {
		in->marks = it->msg.marks;
		in->nmarks = it->msg.nmarks;
	}
	return is->marks && in->marks == NULL ? NO_MAIL : LOADED;
}

static int by_content(const void *a, const void *b)
{
	const struct cn_example_at *x = a, *y = b;
	int r = strcmp(x->label, y->label);

	return r != 0 ? r : memcmp(x->digest, y->digest, CN_SHA);
}

static int add_example(const struct cn_label *l, const char *class,
    struct cn_items *is, struct cn_examples *x, size_t *cap,
    struct cn_err *err)
{
	struct cn_example_at *at;
	struct cn_ai_input in;
	int r = load(is, l->message, &in, err);

	if (r != LOADED) {
		x->skipped += r == GATE;
		return r < 0 ? -1 : 0;
	}
	if (x->n == *cap) {
		*cap = *cap ? *cap * 2 : PAGE;
		x->v = cn_realloc(x->v, *cap * sizeof(*x->v));
	}
	at = &x->v[x->n++];
	at->message = l->message;
	at->label = cn_arena_strdup(&x->mem, class);
	digest(&in, at->digest);
	if (l->time > x->until)
		x->until = l->time;
	return 0;
}

int cn_examples_find(const struct cn_trainer *t, struct cn_examples *x,
    struct cn_err *err)
{
	struct cn_items is = items_of(t);
	struct cn_label page[PAGE];
	struct cn_arena mem = { 0 };
	const char *class;
	int64_t after = 0;
	size_t n = 1, i, cap = 0;
	int r = 0;

	*x = (struct cn_examples){ 0 };
	while (r == 0 && n > 0 && !*t->how.stop) {
		cn_arena_reset(&mem);
		r = cn_label_list(t->store, after, page, PAGE, &n, &mem, err);
		for (i = 0; i < n && r == 0; i++) {
			after = page[i].message;
			if ((class = class_of(t, &page[i])) != NULL)
				r = add_example(&page[i], class, &is, x, &cap,
				    err);
		}
	}
	cn_items_release(&is);
	cn_arena_release(&mem);
	if (r == 0 && *t->how.stop)
		r = cn_fail(err, CN_TEMPFAIL, "stopped");
	if (r < 0)
		cn_examples_release(x);
	else if (x->n > 1)
		qsort(x->v, x->n, sizeof(*x->v), by_content);
	return r;
}

static int changed(struct cn_err *err)
{
	cn_fail(err, CN_TEMPFAIL, "labels or messages change meanwhile");
	return cn_hint(err, "run it again");
}

/* How many are of no category that the starter's sentences have. */
static size_t foreign(const struct cn_train *starter,
    const struct cn_examples *x)
{
	size_t i, k, n = 0;

	for (i = 0; i < x->n; i++) {
		for (k = 0; k < cn_train_classes(starter); k++)
			if (strcmp(cn_train_class(starter, k),
			    x->v[i].label) == 0)
				break;
		n += k == cn_train_classes(starter);
	}
	return n;
}

static int add_all(const struct cn_trainer *t, struct cn_examples *x,
    struct cn_train *out, bool held, struct cn_err *err)
{
	struct cn_items is = items_of(t);
	struct cn_ai_input in;
	uint8_t sum[CN_SHA];
	size_t i;
	int r = 0;

	if (t->room > 0)
		cn_train_room(out, t->room);
	cn_train_encoder(out, t->encoder);
	if (t->starter.p != NULL && cn_train_yaml(out, "starter.yaml",
	    t->starter, err) < 0)
		return -1;
	if (t->starter.p != NULL)
		x->foreign = foreign(out, x);
	cn_train_stay(out);
	if (held)
		cn_train_hold(out);
	for (i = 0; i < x->n && r == 0; i++) {
		if ((r = load(&is, x->v[i].message, &in, err)) < 0)
			break;
		if (r == LOADED)
			digest(&in, sum);
		if (r != LOADED || memcmp(sum, x->v[i].digest, CN_SHA) != 0)
			r = changed(err);
		else
			r = cn_train_add(out, cn_str(x->v[i].label), &in, err);
	}
	x->left_out = cn_train_settle(out);
	cn_items_release(&is);
	return r;
}

struct cn_train *cn_examples_train(const struct cn_trainer *t,
    struct cn_examples *x, bool held, struct cn_err *err)
{
	struct cn_train *set = cn_train_new();

	if (add_all(t, x, set, held, err) == 0)
		return set;
	cn_train_free(set);
	return NULL;
}

/* --- into the store --- */

/* Everything that the bytes depend on. */
static int source(const struct cn_trainer *t, const struct cn_examples *x,
    uint8_t out[CN_HASH], struct cn_err *err)
{
	struct cn_sha *sha = cn_sha_new();
	uint8_t sum[CN_SHA];
	size_t i;

	sum_str(sha, t->starter);
	sum_str(sha, cn_str(t->encoder ? cn_encoder_id(t->encoder) : NULL));
	for (i = 0; i < x->n; i++) {
		sum_str(sha, cn_str(x->v[i].label));
		cn_sha_add(sha, x->v[i].digest, CN_SHA);
	}
	cn_sha_end(sha, sum);
	return cn_trained_source(t->store, sum, sizeof(sum), out, err);
}

/* Inside the transaction: is it labelled so, and allowed, still?  1, 0, -1. */
static int holds(const struct cn_trainer *t, const struct cn_example_at *x,
    struct cn_err *err)
{
	struct cn_message_owner o;
	struct cn_arena mem = { 0 };
	const char *class = NULL;
	struct cn_label l;
	int r = cn_label_get(t->store, x->message, &l, &mem, err);

	if (r == 1)
		class = class_of(t, &l);
	if (r == 1)
		r = class != NULL && strcmp(class, x->label) == 0;
	if (r == 1)
		r = cn_message_owner(t->store, x->message, &o, err);
	if (r == 1)
		r = cn_gate(&o, "classify") == NULL;
	cn_arena_release(&mem);
	return r;
}

static int put(const struct cn_trainer *t, const struct cn_examples *x,
    struct cn_trained *row, struct cn_str bytes, struct cn_err *err)
{
	size_t i;
	int r = cn_trained_add(t->store, row, bytes, err);

	for (i = 0; i < x->n && r == 0; i++) {
		if ((r = holds(t, &x->v[i], err)) == 1)
			r = cn_trained_by(t->store, row->id, x->v[i].message,
			    err);
		else if (r == 0)
			r = changed(err);
	}
	return r < 0 ? -1 : cn_audit(t->store, &(struct cn_audit_entry){
	    .what = "model trained", .purpose = "classification",
	    .count = (int64_t)x->n }, err);
}

static int keep(const struct cn_trainer *t, const struct cn_examples *x,
    struct cn_trained *row, struct cn_str bytes, struct cn_err *err)
{
	if (cn_store_leaves(t->store, CN_LEAF_MODEL, 1, err) < 0 ||
	    cn_store_begin(t->store, err) < 0)
		return -1;
	if (put(t, x, row, bytes, err) == 0)
		return cn_store_commit(t->store, err);
	cn_store_rollback(t->store);
	return -1;
}

/* What was left out is listed, too: it decided with the others which of them
 * were, and nobody waits for it to be learned. */
static int train(const struct cn_trainer *t, struct cn_examples *x,
    struct cn_training *g, const uint8_t from[CN_HASH], struct cn_err *err)
{
	struct cn_train *set = cn_examples_train(t, x, false, err);
	struct cn_model *m = NULL;
	struct cn_buf bytes = { 0 };
	int r = -1;

	if (set != NULL && (m = cn_model_train(set, &t->how, err)) != NULL) {
		g->left_out = x->left_out;
		g->foreign = x->foreign;
		cn_model_save(m, &bytes);
		g->row = (struct cn_trained){ .kind = t->kind,
		    .name = cn_arena_strdup(&g->mem, cn_model_id(m)),
		    .labels = (int64_t)x->n, .until = x->until };
		memcpy(g->row.source, from, CN_HASH);
		g->classes = cn_model_classes(m);
		r = keep(t, x, &g->row, cn_buf_view(&bytes), err);
	}
	cn_buf_wipe(&bytes);
	cn_model_free(m);
	cn_train_free(set);
	return r;
}

/* Destroys the models before the newest: somebody else may have trained at
 * the same time. */
static int destroy(const struct cn_trainer *t, bool all, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	char pub[CN_ID_LEN];
	int64_t *leaves;
	size_t n;
	int r = cn_trained_older(t->store, t->kind, all, &mem, &leaves, &n,
	    err);

	if (r == 0 && n > 0) {
		cn_id_new(pub, 'e');
		r = cn_erase(t->store, pub, leaves, n, err);
		/* A reader may hold old pages; they cannot be opened. */
		if (r == 0 && cn_erase_checkpoint(t->store, err) < 0)
			r = -1;
	}
	cn_arena_release(&mem);
	return r;
}

/* Is the model that is here made from just this, and can it be read?  Another
 * version of the program may not. */
static int stands(const struct cn_trainer *t, const struct cn_training *g,
    const uint8_t from[CN_HASH], struct cn_err *err)
{
	struct cn_model *m = NULL;
	struct cn_buf b = { 0 };
	struct cn_err why;
	int r;

	if (g->row.torn || memcmp(g->row.source, from, CN_HASH) != 0)
		return 0;
	r = cn_trained_open(t->store, &g->row, &b, err);
	if (r == 1)
		m = cn_model_load(cn_buf_view(&b), &why);
	cn_buf_wipe(&b);
	cn_model_free(m);
	return r < 0 ? -1 : m != NULL;
}

/* Too few of either kind are as good as none. */
static void enough(struct cn_examples *x, struct cn_training *g)
{
	size_t i;

	g->spam = 0;
	for (i = 0; i < x->n; i++)
		g->spam += strcmp(x->v[i].label, "spam") == 0;
	g->ham = x->n - g->spam;
	if (g->spam < CN_TRAINER_SPAM || g->ham < CN_TRAINER_SPAM)
		x->n = 0;
}

/* 1 trained, 0 nothing is new, -1. */
static int once(const struct cn_trainer *t, struct cn_training *g,
    struct cn_err *err)
{
	uint8_t from[CN_HASH];
	struct cn_examples x;
	int r = cn_examples_find(t, &x, err), same = 0;

	if (r < 0)
		return -1;
	g->skipped = x.skipped;
	if (of_spam(t))
		enough(&x, g);
	r = source(t, &x, from, err);
	if (r == 0)
		r = cn_trained_find(t->store, t->kind, &g->row, &g->mem, err);
	if (r == 1 && x.n > 0)
		same = stands(t, g, from, err);
	if (same != 0) {
		r = same < 0 ? -1 : 0;
	} else if (r >= 0) {
		g->row.id = 0;
		r = x.n == 0 ? r : train(t, &x, g, from, err) < 0 ? -1 : 1;
	}
	cn_examples_release(&x);
	return r;
}

int cn_trainer_run(const struct cn_trainer *t, struct cn_training *g,
    struct cn_err *err)
{
	int tries, r = -1;

	*g = (struct cn_training){ 0 };
	if (cn_erase_catch_up(t->store, err) < 0)
		return -1;
	for (tries = 0; tries < TRIES; tries++) {
		*err = (struct cn_err){ 0 };
		r = once(t, g, err);
		if (r >= 0 || err->status != CN_TEMPFAIL || *t->how.stop)
			break;
	}
	return r < 0 || destroy(t, g->row.id == 0, err) < 0 ? -1 : r;
}
