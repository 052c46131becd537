#include "desk/intake/rating.h"

#include <string.h>

#include "base/times.h"
#include "desk/intake/chat.h"
#include "desk/intake/thread.h"
#include "store/erase.h"
#include "store/message.h"

#define SCALE 5				/* where a line does not say */
#define SCALE_MAX 100
#define COMMENT_MAX (64u << 10)		/* bytes */

static bool number(struct cn_str object, const char *name, int64_t *v)
{
	struct cn_str val = cn_json_get(object, name);

	return val.n == 0 || cn_json_type(val) == CN_JSON_NULL ||
	    cn_json_int(val, v);
}

static int score(struct cn_rating *t, struct cn_str o, struct cn_err *err)
{
	t->score = 0;
	t->scale = SCALE;
	if (!number(o, "score", &t->score) || !number(o, "scale", &t->scale) ||
	    t->scale < 2 || t->scale > SCALE_MAX)
		return cn_fail(err, CN_PARTIAL, "'score' or 'scale' is no "
		    "whole number, or 'scale' not 2 to %d", SCALE_MAX);
	if (t->score < 1 || t->score > t->scale)
		return cn_fail(err, CN_PARTIAL, "'score' is not 1 to %lld",
		    (long long)t->scale);
	return 0;
}

/* What names it, and which of several it is: an id, or else its time.  The
 * same rating may come again with another comment. */
static const char *known_by(const struct cn_rating_line *l, const char *id,
    struct cn_arena *mem)
{
	return cn_arena_fmt(mem, "%s%c%s%c%s%c%lld", l->chat ? l->chat : "",
	    '\1', l->conversation ? l->conversation : "", '\1',
	    l->who ? l->who : "", '\1', id ? 0 : (long long)l->rating.time);
}

int cn_rating_read(struct cn_rating_line *l, struct cn_str o,
    struct cn_arena *mem, struct cn_err *err)
{
	static const char *const names[] = { "v", "type", "chat",
	    "conversation", "from", "id", "at", "score", "scale", "comment" };
	struct cn_str from = cn_json_get(o, "from");
	struct cn_rating *t = &l->rating;
	const char *at, *id, *kind;

	memset(l, 0, sizeof(*l));
	if (cn_chat_once(o, names, sizeof(names) / sizeof(names[0]), err) < 0)
		return -1;
	l->chat = cn_chat_member(mem, o, "chat");
	l->conversation = cn_chat_member(mem, o, "conversation");
	if (from.n > 0) {
		if (cn_chat_who(from, &l->who, mem, err) < 0)
			return -1;
		l->who = cn_ident_normal(mem, l->who, &kind);
	}
	if (l->chat == NULL && l->conversation == NULL && l->who == NULL)
		return cn_fail(err, CN_PARTIAL, "neither 'chat' nor "
		    "'conversation' nor 'from' says what was rated");
	at = cn_chat_member(mem, o, "at");
	if (at == NULL || !cn_time_parse(at, &t->time))
		return cn_fail(err, CN_PARTIAL, "'at' is not a time of RFC 3339");
	t->comment = cn_chat_member(mem, o, "comment");
	if (t->comment != NULL && strlen(t->comment) > COMMENT_MAX)
		return cn_fail(err, CN_PARTIAL, "'comment' is longer than %u "
		    "bytes", COMMENT_MAX);
	id = cn_chat_member(mem, o, "id");
	l->known_by = known_by(l, id, mem);
	if (id != NULL)
		l->known_by = cn_arena_fmt(mem, "%s%c%s", l->known_by, '\1',
		    id);
	return score(t, o, err);
}

/* 1 found, 0 not, -1. */
static int whose(struct cn_store *s, struct cn_rating_line *l,
    struct cn_err *err)
{
	struct cn_rating *t = &l->rating;
	struct cn_ident who;
	int r = 1;

	/* One of nobody could never be given to, or erased with, anybody. */
	if (l->chat != NULL)
		r = cn_thread_chat(s, l->chat, &t->conversation, err);
	else if (l->conversation != NULL)
		r = cn_conversation_find(s, l->conversation, &t->conversation,
		    err);
	if (r != 1)
		return r;
	if (t->conversation != 0)
		return cn_conversation_owner(s, t->conversation, &t->person,
		    &t->leaf, err);
	if ((r = cn_ident_find(s, l->who, &who, err)) == 1) {
		t->person = who.person;
		t->leaf = who.leaf;
	}
	return r;
}

int cn_rating_take(struct cn_store *s, struct cn_rating_line *l,
    struct cn_err *err)
{
	struct cn_rating *t = &l->rating;
	int r;

	if (cn_rating_hash(s, l->known_by, t->hash, err) < 0)
		return -1;
	if ((r = cn_rating_known(s, t->hash, err)) != 0)
		return r < 0 ? -1 : CN_RATING_KNOWN;
	if (cn_erased_message(s, t->hash))
		return CN_RATING_ERASED;
	if ((r = whose(s, l, err)) != 1)
		return r < 0 ? -1 : CN_RATING_STRAY;
	return cn_rating_add(s, t, err) < 0 ? -1 : CN_RATING_NEW;
}
