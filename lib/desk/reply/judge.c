/* judge.c - what agents think of drafts, and what it does to the next
 *
 * A source that was taken `a` times and left `r` times has the factor 1/2 +
 * (a + 2) / (a + r + 4): the mean of a Beta distribution that begins with two
 * of each, so that one judgement moves little, none moves nothing, and no
 * number of them more than half up or down. */
#include <stdlib.h>
#include <string.h>

#include "desk/gate.h"
#include "desk/reply/suggest_int.h"

#define BEGIN 2			/* of each, that nobody said */

static bool is(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

static const struct cn_feedback *of_macro(const struct cn_suggest *s,
    const char *macro)
{
	size_t i;

	for (i = 0; i < s->njudged && s->judged[i].draft == 0; i++)
		if (is(s->judged[i].macro, macro))
			return &s->judged[i];
	return NULL;
}

static int by_draft(const void *key, const void *of)
{
	int64_t a = *(const int64_t *)key;
	int64_t b = ((const struct cn_feedback *)of)->draft;

	return a < b ? -1 : a > b;
}

double cn_judged(const struct cn_suggest *s, const char *macro, int64_t draft)
{
	const struct cn_feedback *f = macro != NULL ? of_macro(s, macro) :
	    s->njudged == 0 ? NULL : bsearch(&draft, s->judged, s->njudged,
	    sizeof(*s->judged), by_draft);

	return f == NULL ? 1 : 0.5 + (double)(f->accepted + BEGIN) /
	    (double)(f->accepted + f->rejected + 2 * BEGIN);
}

/* The source of one draft, of a generated one all that bear it. */
static int judge(struct cn_store *st, int64_t message, struct cn_str source,
    bool accepted, struct cn_arena *mem, struct cn_err *err)
{
	const char *macro = cn_json_string(mem, cn_json_get(source, "macro"));
	const char *pub = cn_json_string(mem, cn_json_get(source, "message"));
	struct cn_str from = cn_json_get(source, "from");
	struct cn_json_it at;
	int64_t draft = 0;
	int r = 1;

	if (from.n > 0) {
		cn_json_walk(&at, from);
		for (r = 0; r == 0 && cn_json_next(&at);)
			r = judge(st, message, at.val, accepted, mem, err);
		return r;
	}
	if (macro == NULL && pub != NULL)
		r = cn_message_find(st, pub, &draft, err);
	if (r == 1 && (macro != NULL || draft != 0))
		return cn_feedback_add(st, message, macro, draft, accepted,
		    err);
	return r < 0 ? -1 : cn_fail(err, CN_PARTIAL, "its source is gone");
}

bool cn_suggest_draft(const char *what, struct cn_str *id, int64_t *rank)
{
	*rank = 1;
	*id = (struct cn_str){ what, strcspn(what, ":") };
	what += id->n;
	if (*what == '\0')
		return true;
	what += 1 + strspn(what + 1, "0");
	return cn_json_int(cn_str(what), rank) && *rank >= 1;
}

int cn_suggest_judge(struct cn_store *st, const char *what, bool accepted,
    int64_t *leaf, struct cn_err *err)
{
	struct cn_message_owner o = { 0 };
	struct cn_arena mem = { 0 };
	struct cn_json_it at;
	struct cn_str source = { NULL, 0 };
	struct cn_msg m;
	struct cn_str pub;
	int64_t id, rank, is_rank;
	bool ranked = cn_suggest_draft(what, &pub, &rank);
	int r = cn_message_find(st, cn_arena_dup(&mem, pub.p, pub.n), &id,
	    err);

	if (r == 0)
		r = cn_fail(err, CN_PARTIAL, "no such message");
	if (r == 1 && !ranked)
		r = cn_fail(err, CN_PARTIAL, "no such rank");
	if (r == 1)
		r = cn_message_owner(st, id, &o, err);
	if (r == 1 && cn_gate(&o, "suggest") != NULL)
		r = cn_fail(err, CN_PARTIAL, "%s", cn_gate(&o, "suggest"));
	if (r == 1)
		r = cn_message_load(st, id, 0, &m, &mem, err);
	if (r == 0) {
		cn_json_walk(&at, m.replies_json.n > 0 ? m.replies_json :
		    CN_STR("[]"));
		while (cn_json_next(&at))
			if (cn_json_int(cn_json_get(at.val, "rank"),
			    &is_rank) && is_rank == rank)
				source = cn_json_get(at.val, "source");
		r = source.n == 0 ? cn_fail(err, CN_PARTIAL,
		    "no draft of this rank") :
		    judge(st, id, source, accepted, &mem, err);
	}
	*leaf = r == 0 ? o.leaf : 0;
	cn_arena_release(&mem);
	return r;
}
