/* talk.c - what we have said before in the same conversation
 *
 * A promise or a number that was given to a customer may be given to them
 * again, word for word: nobody learns anything new, as long as whoever gets
 * the answer got, or wrote, the message that is quoted.  A conversation is no
 * proof of that, for a Message-ID can be forged; its participants are. */
#include <string.h>

#include "ai/ai.h"
#include "base/utf8.h"
#include "desk/gate.h"
#include "desk/reply/suggest_int.h"

#define MESSAGES 50			/* before it, the newest */
#define UNITS 200			/* pieces of them */
#define LONG 400			/* bytes of a paragraph that is whole */
#define SHORT 20			/* bytes that say something */
#define TEXT_MAX ((size_t)64 << 10)	/* of a message */

struct talk {
	struct cn_suggest *s;
	struct cn_item *it;
	struct cn_arena *mem;		/* of the item */
	const char *to[CN_REPLY_MAX];	/* who gets the answer, normalised */
	size_t nto;
	const char *category;		/* of the customer's last message */
};

/* A piece of a message of ours. */
struct unit {
	const struct cn_said *of;
	struct cn_str text;
	size_t from, to;		/* characters of the message's text */
};

struct units {
	struct cn_arena *mem;
	struct cn_similar *index;
	struct unit *v;
	size_t n;
};

static bool is(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

static void add_to(struct talk *t, const struct cn_addrs *a)
{
	const char *kind, *normal;
	size_t i;

	for (i = 0; i < a->n && t->nto < CN_REPLY_MAX; i++) {
		normal = cn_ident_normal(t->mem, a->v[i].addr, &kind);
		t->to[t->nto++] = normal ? normal : "";
	}
}

/* 1, 0 nobody (or gone), -1. */
static int recipients(struct talk *t, struct cn_err *err)
{
	struct cn_mail mail;
	bool others = false;
	size_t i;
	int r;

	if (!is(t->it->msg.channel, "email")) {
		add_to(t, &t->it->msg.from);
		return t->nto > 0;
	}
	if ((r = cn_suggest_parent(t->s, t->it, &mail, err)) <= 0)
		return r;
	/* Reply-To may name us alone: then it is the sender after all. */
	for (i = 0; i < mail.reply_to.n; i++)
		others |= !cn_config_is_desk(t->s->items.conf,
		    mail.reply_to.v[i].addr);
	add_to(t, others ? &mail.reply_to : &mail.from);
	cn_mail_release(&mail);
	return t->nto > 0;
}

static bool on(struct talk *t, const struct cn_addrs *a, const char *who)
{
	const char *kind, *normal;
	size_t i;

	for (i = 0; i < a->n; i++) {
		normal = cn_ident_normal(t->mem, a->v[i].addr, &kind);
		if (is(normal, who) && normal[0] != '\0')
			return true;
	}
	return false;
}

/* Did all who will get the answer get, or write, this message?  A chat names
 * its customer only, if anybody. */
static bool shared(struct talk *t, const struct cn_msg *m,
    const struct cn_message_owner *o)
{
	size_t i;

	if (is(m->channel, "chat") && m->to.n == 0)
		return o->person != 0 && o->person == t->it->owner.person;
	for (i = 0; i < t->nto; i++)
		if (!on(t, &m->from, t->to[i]) && !on(t, &m->to, t->to[i]) &&
		    !on(t, &m->cc, t->to[i]))
			return false;
	return true;
}

static size_t chars(const char *p, size_t n)
{
	size_t i, k = 0;

	for (i = 0; i < n; i++)
		k += ((unsigned char)p[i] & 0xc0) != 0x80;
	return k;
}

static void add_unit(struct units *t, const struct cn_said *m,
    struct cn_str u)
{
	struct cn_buf folded = { 0 };
	size_t at;

	u = cn_str_trim(u);
	/* A question is no answer, and neither is a salutation. */
	if (u.n < SHORT || strchr("?,", u.p[u.n - 1]) || t->n == UNITS)
		return;
	at = chars(m->msg->text, (size_t)(u.p - m->msg->text));
	t->v[t->n] = (struct unit){ m, u, at, at + chars(u.p, u.n) };
	cn_fold(&folded, u);
	cn_similar_add(t->index, (int64_t)t->n++, cn_buf_view(&folded));
	cn_buf_wipe(&folded);
}

/* Paragraphs, and the sentences of long ones. */
static void split(struct units *t, const struct cn_said *m, struct cn_str own)
{
	const char *p = own.p, *end = own.p + own.n, *nl;
	struct cn_str par;
	size_t at, n;

	for (; p < end; p = nl) {
		nl = memmem(p, (size_t)(end - p), "\n\n", 2);
		nl = nl == NULL ? end : nl + 2;
		par = (struct cn_str){ p, (size_t)(nl - p) };
		for (at = 0; at < par.n; at += n) {
			n = par.n <= LONG ? par.n : cn_sentence(par, at);
			add_unit(t, m, (struct cn_str){ p + at, n });
		}
	}
}

static int add_message(struct talk *t, int64_t id, struct cn_asked *a,
    struct cn_err *err)
{
	struct cn_message_owner o;
	struct cn_msg *m = cn_arena_alloc(t->mem, sizeof(*m));
	double sure;
	char *lang;
	int r = cn_message_owner(t->s->items.store, id, &o, err);

	if (r <= 0 || cn_gate(&o, "suggest") != NULL)
		return r < 0 ? -1 : 0;
	if (cn_message_load(t->s->items.store, id, CN_LOAD_TEXT, m, t->mem,
	    err) < 0)
		return err->status == CN_BLOCKED ? 0 : -1;
	if (is(m->direction, "in"))
		t->category = cn_json_string(t->mem,
		    cn_json_get(m->class_json, "best"));
	if (m->automatic != NULL || m->text == NULL || !shared(t, m, &o))
		return 0;
	lang = cn_arena_alloc(t->mem, 8);
	sure = cn_ai_language((struct cn_str){ m->text, m->text_len }, lang);
	a->said[a->nsaid++] = (struct cn_said){ id, m, lang,
	    sure >= CN_LANGUAGE_SURE, t->category };
	return 0;
}

int cn_talk_load(struct cn_suggest *s, struct cn_item *it,
    struct cn_asked *a, struct cn_err *err)
{
	struct talk t = { .s = s, .it = it, .mem = &it->mem };
	int64_t *ids;
	size_t count, i, at;
	int r;

	if (it->id == 0 || s->macros_only || (r = recipients(&t, err)) == 0)
		return 0;
	if (r < 0 || cn_conversation_messages(s->items.store,
	    it->owner.conversation, t.mem, &ids, &count, err) < 0)
		return -1;
	for (at = 0; at < count && ids[at] != it->id; at++)
		;
	a->said = cn_arena_alloc(t.mem, MESSAGES * sizeof(*a->said));
	for (i = at > MESSAGES ? at - MESSAGES : 0; i < at && r >= 0; i++)
		r = add_message(&t, ids[i], a, err);
	return r < 0 ? -1 : 0;
}

static size_t best(struct units *t, const struct cn_suggest *s,
    const struct cn_asked *a, struct cn_cand *d)
{
	struct cn_hit hits[CN_TALK_SPANS];
	size_t n = cn_similar_query(t->index, a->text, hits, CN_TALK_SPANS),
	    i;

	for (i = 0; i < n; i++) {
		const struct unit *u = &t->v[hits[i].id];
		const struct cn_said *m = u->of;
		double like = hits[i].score > 0.5 ? 1 : 2 * hits[i].score;

		d[i] = (struct cn_cand){ .message = m->msg->id,
		    .span = { u->from, u->to }, .language = m->language,
		    .text = cn_arena_dup(t->mem, u->text.p, u->text.n),
		    .same = cn_same_language(a->language, m->language),
		    .score = like * (0.5 + 0.5 * cn_belief(a, m->category)) *
		    cn_judged(s, NULL, m->number) };
	}
	return n;
}

size_t cn_talk_spans(const struct cn_suggest *s, const struct cn_asked *a,
    struct cn_cand *d, struct cn_arena *mem)
{
	struct units t = { .mem = mem };
	struct cn_text_span *v;
	size_t n, i, k;

	t.index = cn_similar_new();
	t.v = cn_arena_alloc(mem, UNITS * sizeof(*t.v));
	for (i = 0; i < a->nsaid; i++) {
		const struct cn_msg *m = a->said[i].msg;

		if (!is(m->direction, "out"))
			continue;
		v = cn_text_split(mem, (struct cn_str){ m->text,
		    cn_utf8_cut(m->text, m->text_len, TEXT_MAX) }, &n);
		for (k = 0; k < n; k++)
			if (v[k].kind == CN_TEXT_OWN)
				split(&t, &a->said[i], v[k].text);
	}
	cn_similar_finish(t.index);
	n = best(&t, s, a, d);
	cn_similar_free(t.index);
	return n;
}
