#include "desk/learn/learn.h"

#include <stdlib.h>
#include <string.h>

#include "ai/model.h"
#include "desk/gate.h"
#include "desk/intake/chat.h"
#include "store/audit.h"

#define PAGE 256

void cn_learn_release(struct cn_learn *l)
{
	free(l->v);
	cn_arena_release(&l->mem);
	l->v = NULL;
	l->n = l->cap = 0;
}

static void add(struct cn_learn *l, int64_t id, const struct cn_label_set *set)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : PAGE;
		l->v = cn_realloc(l->v, l->cap * sizeof(*l->v));
	}
	l->v[l->n++] = (struct cn_learn_item){ id, *set };
}

/* Why a message cannot be labelled, or NULL. */
static const char *refusal(const struct cn_message_owner *o)
{
	return o->out ? "outgoing" : cn_gate(o, "classify");
}

/* Categories stay in the clear: no address may become one. */
bool cn_learn_word(const char *s)
{
	return cn_train_label_ok(cn_str(s)) && strchr(s, '@') == NULL;
}

/* --- lines --- */

static bool is(struct cn_str value, enum cn_json_type type)
{
	return value.n > 0 && cn_json_type(value) == type;
}

static int category(struct cn_learn *l, struct cn_str value,
    struct cn_label_set *set, struct cn_err *err)
{
	set->has_category = true;
	if (is(value, CN_JSON_NULL))
		return 0;
	set->category = cn_json_string(&l->mem, value);
	return set->category != NULL && cn_learn_word(set->category) ? 0 :
	    cn_fail(err, CN_PARTIAL, "category: a word of 1 to %d bytes "
	    "without '@' is expected", CN_MODEL_LABEL);
}

/* A category that differs from what the classifier, which leaves its mark, has
 * guessed was written by somebody. */
static int from_class(struct cn_learn *l, struct cn_str class,
    struct cn_label_set *set, struct cn_err *err)
{
	struct cn_str said = cn_json_get(class, "category");
	const char *best;

	if (!is(said, CN_JSON_STRING))
		return 0;
	if (category(l, said, set, err) < 0)
		return -1;
	best = cn_json_string(&l->mem, cn_json_get(class, "best"));
	if (cn_json_get(class, "model").n > 0 &&
	    ((best != NULL && strcmp(best, set->category) == 0) ||
	    cn_json_get(cn_json_get(class, "rule"), "category").n > 0))
		set->has_category = false;
	return 0;
}

static int once(struct cn_str line, struct cn_err *err)
{
	static const char *const known[] = { "id", "category", "spam",
	    "class" };

	return cn_chat_once(line, known, sizeof(known) / sizeof(known[0]),
	    err);
}

static int read_line(struct cn_learn *l, struct cn_str line, const char **pub,
    struct cn_label_set *set, struct cn_err *err)
{
	struct cn_str said, class, spam;

	if (cn_json_check(line, err) < 0) {
		err->status = CN_PARTIAL;
		return -1;
	}
	if (!is(line, CN_JSON_OBJECT))
		return cn_fail(err, CN_PARTIAL, "an object is expected");
	if (once(line, err) < 0)
		return -1;
	*pub = cn_json_string(&l->mem, cn_json_get(line, "id"));
	if (*pub == NULL)
		return cn_fail(err, CN_PARTIAL, "id is missing or no text");
	said = cn_json_get(line, "category");
	spam = cn_json_get(line, "spam");
	class = cn_json_get(line, "class");
	set->spam = -1;
	if (spam.n > 0 && !is(spam, CN_JSON_NULL) && !is(spam, CN_JSON_BOOL))
		return cn_fail(err, CN_PARTIAL, "spam: true, false or null is "
		    "expected");
	if (spam.n > 0) {
		set->has_spam = true;
		if (is(spam, CN_JSON_BOOL))
			set->spam = cn_json_true(spam);
	}
	if (said.n > 0)
		return category(l, said, set, err);
	if (is(class, CN_JSON_OBJECT))
		return from_class(l, class, set, err);
	/* A whole line that nobody has classified has nothing to teach. */
	if (set->has_spam || cn_json_get(line, "type").n > 0)
		return 0;
	return cn_fail(err, CN_PARTIAL, "neither category nor spam");
}

int cn_learn_line(struct cn_learn *l, struct cn_str line, struct cn_err *err)
{
	struct cn_label_set set = { 0 };
	struct cn_message_owner o;
	const char *pub = NULL, *why;
	int64_t id;
	int r;

	if (read_line(l, line, &pub, &set, err) < 0)
		return -1;
	if (!set.has_category && !set.has_spam) {
		l->same++;
		return 0;
	}
	if (!cn_id_valid(pub, 'm'))
		return cn_fail(err, CN_PARTIAL, "no id of a message");
	r = cn_message_find(l->store, pub, &id, err);
	if (r == 1)
		r = cn_message_owner(l->store, id, &o, err);
	if (r <= 0)
		return r < 0 ? -1 : cn_fail(err, CN_PARTIAL, "message %s: "
		    "unknown or erased", pub);
	if ((why = refusal(&o)) != NULL)
		return cn_fail(err, CN_PARTIAL, "message %s: %s", pub, why);
	add(l, id, &set);
	return 0;
}

/* --- folders --- */

/* Is it among the first n, which are in order? */
static bool has(const struct cn_seen *s, size_t n, int64_t id)
{
	return n > 0 && bsearch(&id, s->v, n, sizeof(id), cn_ascending) != NULL;
}

static void see(struct cn_seen *s, int64_t id)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : PAGE;
		s->v = cn_realloc(s->v, s->cap * sizeof(*s->v));
	}
	s->v[s->n++] = id;
}

int cn_learn_folder(struct cn_learn *l, const char *name, const char *said,
    struct cn_seen *seen, struct cn_err *err)
{
	const struct cn_label_set set = { .category = said, .spam = -1,
	    .has_category = true, .by_folder = true };
	struct cn_message_owner o;
	int64_t ids[PAGE], after = 0;
	size_t n = 1, i, before = seen->n;
	int r = 0;

	while (r == 0 && n > 0 && !*cn_store_run(l->store)->stop) {
		r = cn_label_folder(l->store, name, after, ids, PAGE, &n, err);
		for (i = 0; i < n && r == 0; i++) {
			after = ids[i];
			if (has(seen, before, ids[i]))
				continue;
			see(seen, ids[i]);
			r = cn_message_owner(l->store, ids[i], &o, err);
			if (r == 1 && refusal(&o) == NULL)
				add(l, ids[i], &set);
			else if (r == 1)
				l->skipped++;
			r = r < 0 ? -1 : 0;
		}
		if (r == 0)
			r = cn_learn_flush(l, err);
	}
	if (seen->n > 1)
		qsort(seen->v, seen->n, sizeof(*seen->v), cn_ascending);
	return r;
}

/* --- writing --- */

static int put(struct cn_learn *l, uint64_t count[3], struct cn_err *err)
{
	enum { SAME, CHANGED, SKIPPED };
	int64_t leaves[CN_AUDIT_NAMED];
	struct cn_message_owner o;
	size_t i, n = 0;
	int r;

	for (i = 0; i < l->n; i++) {
		r = cn_message_owner(l->store, l->v[i].id, &o, err);
		/* An erasure or an objection may have come between. */
		if (r == 0 || (r == 1 && refusal(&o) != NULL)) {
			count[SKIPPED]++;
			continue;
		}
		if (r == 1)
			r = cn_label_set(l->store, l->v[i].id, &l->v[i].set,
			    err);
		if (r < 0)
			return -1;
		count[r]++;
		if (r == 1)
			cn_audit_name(leaves, &n, o.leaf);
	}
	return count[CHANGED] == 0 ? 0 : cn_audit(l->store,
	    &(struct cn_audit_entry){ .what = "messages labelled",
	    .purpose = "classification", .count = (int64_t)count[CHANGED],
	    .leaves = leaves, .nleaves = n }, err);
}

int cn_learn_flush(struct cn_learn *l, struct cn_err *err)
{
	uint64_t count[3] = { 0 };

	if (l->n > 0) {
		if (cn_store_begin(l->store, err) < 0)
			return -1;
		if (put(l, count, err) < 0) {
			cn_store_rollback(l->store);
			return -1;
		}
		if (cn_store_commit(l->store, err) < 0)
			return -1;
	}
	l->same += count[0];
	l->changed += count[1];
	l->skipped += count[2];
	l->n = 0;
	cn_arena_reset(&l->mem);
	return 0;
}
