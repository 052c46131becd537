#include "desk/learn/chosen.h"

#include <stdio.h>
#include <string.h>

#include "desk/gate.h"
#include "store/label.h"

#define PAGE 256

/* Does everybody who taught it allow it still?  1, 0, -1. */
static int allowed(struct cn_store *s, int64_t model, struct cn_err *err)
{
	struct cn_message_owner o;
	int64_t ids[PAGE], after = 0;
	size_t n = 1, i;
	int r = 1;

	while (n > 0) {
		if (cn_trained_doubtful(s, model, after, ids, PAGE, &n,
		    err) < 0)
			return -1;
		for (i = 0; i < n; i++) {
			after = ids[i];
			r = cn_message_owner(s, ids[i], &o, err);
			if (r < 0)
				return -1;
			if (r == 0 || cn_gate(&o, "classify") != NULL)
				return 0;
		}
	}
	return 1;
}

/* 1 there is one to be used, 0 there is none, -1. */
static int find(struct cn_chosen *c, struct cn_trained *t,
    struct cn_arena *mem, struct cn_err *err)
{
	int r = cn_trained_find(c->store, c->kind, t, mem, err);

	if (r == 1 && t->torn)
		r = 0;
	return r == 1 ? allowed(c->store, t->id, err) : r;
}

static void use(struct cn_chosen *c, const struct cn_model *m,
    const char *from)
{
	c->model = m;
	c->name[0] = '\0';
	if (m != NULL)
		snprintf(c->name, sizeof(c->name), "%s:%s", from,
		    cn_model_id(m));
}

/* One that was destroyed meanwhile, or that another version of the program
 * made, is as if it were not there. */
static int load(struct cn_chosen *c, const struct cn_trained *t,
    struct cn_err *err)
{
	struct cn_buf b = { 0 };
	int r = cn_trained_open(c->store, t, &b, err);

	if (r == 1 && (c->own = cn_model_load(cn_buf_view(&b), err)) == NULL)
		r = err->status == CN_CONFIG ? 0 : cn_wrap(err, "model %s",
		    t->name);
	if (c->own != NULL) {
		cn_model_lend(c->own, c->encoder);
		use(c, c->own, "store");
	}
	cn_buf_wipe(&b);
	return r < 0 ? -1 : 0;
}

int cn_chosen_look(struct cn_chosen *c, bool *changed, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_trained t = { 0 };
	int64_t labels = 0, row;
	int r = c->store == NULL ? 0 : find(c, &t, &mem, err);

	row = r == 1 ? t.id : 0;
	*changed = r >= 0 && (!c->looked || row != c->row);
	c->looked = c->looked || r >= 0;
	if (*changed) {
		cn_model_free(c->own);
		c->own = NULL;
		c->row = row;
		use(c, c->starter, c->from);
		if (row != 0)
			r = load(c, &t, err);
		if (r >= 0 && c->own == NULL && c->store != NULL)
			r = cn_label_count(c->store, &labels, err);
		c->untrained = labels > 0;
	}
	cn_arena_release(&mem);
	return r < 0 ? -1 : 0;
}

int cn_chosen_holds(struct cn_chosen *c, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_trained t;
	int r = c->store == NULL ? 0 : find(c, &t, &mem, err);

	cn_arena_release(&mem);
	return r < 0 ? -1 : (r == 1 ? t.id : 0) == c->row;
}

void cn_chosen_release(struct cn_chosen *c)
{
	cn_model_free(c->own);
	c->own = NULL;
	c->model = NULL;
}
