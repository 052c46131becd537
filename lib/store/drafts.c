/* Drafts for one person are made from answers to others, which their 'source'
 * names: {"message":"m…"}, or "from" with a list of such. */
#include <stdlib.h>
#include <string.h>

#include "store/message.h"
#include "store/reach.h"

#define PAGE 500

static int is_gone(struct cn_store *s, const char *pub, struct cn_err *err)
{
	int64_t id;

	return cn_get(s, err, &id, "SELECT g.id FROM gone g JOIN message m ON"
	    " m.id = g.id WHERE m.pub = ?", "s", pub);
}

/* Does a source, {"message":…} or {"from":[…]}, name one that goes? */
static int goes(struct cn_store *s, struct cn_str source,
    struct cn_arena *mem, struct cn_err *err)
{
	const char *pub = cn_json_string(mem, cn_json_get(source, "message"));
	struct cn_str from = cn_json_get(source, "from");
	struct cn_json_it it;
	int r = pub != NULL ? is_gone(s, pub, err) : 0;

	if (from.n == 0 || cn_json_type(from) != CN_JSON_ARRAY)
		return r;
	cn_json_walk(&it, from);
	while (r == 0 && cn_json_next(&it))
		if ((pub = cn_json_string(mem, cn_json_get(it.val,
		    "message"))) != NULL)
			r = is_gone(s, pub, err);
	return r;
}

/* 1 one of its drafts comes from a message that goes, 0, -1. */
static int drawn_from(struct cn_store *s, int64_t id, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_json_it it;
	struct cn_msg m;
	int r = cn_message_load(s, id, 0, &m, &mem, err);

	/* What does not open any more says nothing to anybody. */
	if (r < 0)
		r = err->status == CN_INTEGRITY || err->status == CN_BLOCKED ?
		    0 : -1;
	else if (m.replies_json.n > 0) {
		cn_json_walk(&it, m.replies_json);
		while (r == 0 && cn_json_next(&it))
			r = goes(s, cn_json_get(it.val, "source"), &mem, err);
	}
	cn_arena_release(&mem);
	return r;
}

int cn_reach_drafts(struct cn_store *s, struct cn_arena *mem, int64_t **out,
    size_t *n, struct cn_err *err)
{
	int64_t page[PAGE], after = 0, *v = NULL;
	size_t k, i, cap = 0;
	sqlite3_stmt *st;
	int r;

	*n = 0;
	do {
		st = cn_bind(s, err, "SELECT id FROM message WHERE id > ? AND"
		    " replies IS NOT NULL AND id NOT " IN_GONE
		    " ORDER BY id LIMIT ?", "ii", after, (int64_t)PAGE);
		for (k = 0, r = -1; st != NULL && k < PAGE &&
		    (r = cn_step(s, st, err)) == 1; k++)
			page[k] = sqlite3_column_int64(st, 0);
		if (st != NULL)
			sqlite3_reset(st);
		for (i = 0; i < k && r >= 0; i++) {
			after = page[i];
			if ((r = drawn_from(s, page[i], err)) != 1)
				continue;
			if (*n == cap) {
				cap = cap ? cap * 2 : 64;
				v = cn_realloc(v, cap * sizeof(*v));
			}
			v[(*n)++] = page[i];
		}
	} while (r >= 0 && k == PAGE);
	*out = cn_arena_alloc(mem, (*n + 1) * sizeof(**out));
	if (*n > 0)
		memcpy(*out, v, *n * sizeof(*v));
	free(v);
	return r < 0 ? -1 : 0;
}
