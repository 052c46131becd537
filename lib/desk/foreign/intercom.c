/* Intercom's API and webhooks: conversations with `source` (the message that
 * began it) and `conversation_parts`, lists of them, and the item of a
 * notification event.
 *
 * Authors: admin and team are the desk, bot is one, also where an admin's name
 * stands over an answer of the AI agent; user, lead and contact are customers.
 * A user's address is the one with which the site signed them in; a lead's is
 * what a visitor typed, unless the conversation began by mail. */
#include <string.h>

#include "base/times.h"
#include "desk/foreign/foreign_in.h"
#include "mail/mail.h"

static bool type_is(struct cn_str o, const char *quoted)
{
	return cn_str_eq(cn_json_get(o, "type"), quoted);
}

static bool is_object(struct cn_str o, const char *name)
{
	return cn_json_type(cn_json_get(o, name)) == CN_JSON_OBJECT;
}

static bool is_list(struct cn_str o, const char *name)
{
	return cn_json_type(cn_json_get(o, name)) == CN_JSON_ARRAY;
}

bool cn_intercom_tell(struct cn_str o)
{
	return is_list(o, "conversations") || (is_object(cn_json_get(o,
	    "data"), "item") && type_is(o, "\"notification_event\"")) ||
	    ((type_is(o, "\"conversation\"") || cn_json_get(o, "type").n == 0) &&
	    (is_object(o, "source") || is_object(o, "conversation_parts") ||
	    is_object(o, "conversation_message")));
}

struct talk {
	struct cn_foreign_doc *d;
	char id[64];
	bool mail;			/* it began by mail */
};

/* 0, or -1 where the author is of no known kind. */
static int author(const struct talk *t, struct cn_str a,
    struct cn_chat_line *l)
{
	static const struct {
		const char *type, *role;
		bool signed_in;
	} kinds[] = { { "user", "customer", true },
	    { "lead", "customer", false }, { "contact", "customer", false },
	    { "admin", "agent", true }, { "team", "agent", true },
	    { "bot", "bot", false } };
	enum { N = sizeof(kinds) / sizeof(kinds[0]) };
	struct cn_arena *mem = &t->d->mem;
	const char *type = cn_foreign_text(mem, a, "type"),
	    *id = cn_foreign_text(mem, a, "id"),
	    *email = cn_foreign_text(mem, a, "email");
	size_t i = 0;

	while (i < N && (type == NULL || strcmp(type, kinds[i].type) != 0))
		i++;
	if (i == N || id == NULL || id[0] == '\0')
		return -1;
	l->role = kinds[i].role;
	l->name = cn_foreign_text(mem, a, "name");
	if (cn_json_true(cn_json_get(a, "from_ai_agent")) &&
	    strcmp(l->role, "agent") == 0)
		l->role = "bot";
	if ((kinds[i].signed_in || (t->mail && i < 3)) &&
	    strcmp(l->role, "bot") != 0 && cn_foreign_ident(l, email, mem))
		return 0;
	if (i < 3)
		l->claimed = email;
	l->handle = cn_doc_id(t->d, "intercom", "%s:%s", i < 3 ? "contact" :
	    type, id);
	return 0;
}

static void file(struct cn_arena *mem, struct cn_str o,
    struct cn_attachment *a)
{
	a->name = cn_foreign_text(mem, o, "name");
	a->type = cn_foreign_text(mem, o, "content_type");
}

static int part(const struct talk *t, struct cn_str p, struct cn_str created,
    struct cn_err *err)
{
	struct cn_foreign_doc *d = t->d;
	struct cn_arena *mem = &d->mem;
	const char *kind = cn_foreign_text(mem, p, "part_type"),
	    *id = cn_foreign_text(mem, p, "id"),
	    *html = cn_foreign_text(mem, p, "body");
	struct cn_chat_line l = { .chat = cn_doc_id(d, "intercom", "%s",
	    t->id) };
	struct cn_buf text = { 0 };
	struct cn_str own = cn_json_get(p, "created_at");

	if (cn_json_type(p) != CN_JSON_OBJECT || id == NULL || id[0] == '\0')
		return cn_doc_refuse(d, p, err, "no part of a conversation of "
		    "Intercom: expected an id");
	if (kind != NULL && strncmp(kind, "note", 4) == 0) {
		d->f->notes++;
		return 0;
	}
	if (cn_json_true(cn_json_get(p, "redacted"))) {
		d->f->deleted++;
		return 0;
	}
	cn_doc_files(d, cn_json_get(p, "attachments"), file, "filesize", &l);
	if (html != NULL)
		cn_html_text(&text, cn_str(html));
	while (text.len > 0 && text.p[text.len - 1] == '\n')
		text.len--;
	l.text = cn_arena_dup(mem, text.p ? text.p : "", text.len);
	cn_buf_wipe(&text);
	if (l.text[0] == '\0' && l.nattachments == 0) {
		d->f->system++;
		return 0;
	}
	if (!cn_foreign_json_time(mem, own.n ? own : created, &l.at))
		return cn_doc_refuse(d, p, err, "no created_at");
	if (author(t, cn_json_get(p, "author"), &l) < 0)
		return cn_doc_refuse(d, p, err, "an author without id, or "
		    "other than user, lead, contact, admin, team and bot");
	l.uid = cn_doc_id(d, "intercom", "%s:%s", t->id, id);
	return cn_doc_line(d, &l, p, err);
}

static int rating(const struct talk *t, struct cn_str c, struct cn_err *err)
{
	struct cn_str r = cn_json_get(c, "conversation_rating"), at;
	struct cn_arena *mem = &t->d->mem;
	const char *remark = cn_foreign_text(mem, r, "remark");
	struct cn_buf *b = &t->d->out;
	char when[CN_TIME_LEN];
	int64_t score, time;

	if (!cn_json_int(cn_json_get(r, "rating"), &score))
		return 0;
	at = cn_json_get(r, "created_at");
	if (!cn_foreign_json_time(mem, at.n ? at : cn_json_get(c,
	    "created_at"), &time))
		return cn_doc_refuse(t->d, r, err, "a rating without "
		    "created_at");
	cn_buf_str(b, "{\"v\":1,\"type\":\"rating\"");
	cn_json_kv(b, "chat", cn_doc_id(t->d, "intercom", "%s", t->id));
	cn_json_kv(b, "at", cn_time_fmt(when, time));
	cn_json_kvi(b, "score", score);
	if (remark != NULL && remark[0] != '\0')
		cn_json_kv(b, "comment", remark);
	cn_buf_ch(b, '}');
	return cn_doc_give(t->d, r, err);
}

static int conversation(struct cn_foreign_doc *d, struct cn_str c,
    struct cn_err *err)
{
	struct cn_str source = cn_json_get(c, "source"), parts, list;
	const char *id = cn_foreign_text(&d->mem, c, "id");
	struct talk t = { .d = d };
	struct cn_json_it it;
	char place[48];
	int64_t total = 0, n = 0;
	int r = 0;

	if (id == NULL || id[0] == '\0' || strlen(id) >= sizeof(t.id))
		return cn_doc_refuse(d, c, err, "no conversation of Intercom: "
		    "expected an id");
	strcpy(t.id, id);
	t.mail = type_is(source, "\"email\"");
	if (source.n == 0)
		source = cn_json_get(c, "conversation_message");
	if (cn_json_type(source) == CN_JSON_OBJECT)
		r = part(&t, source, cn_json_get(c, "created_at"), err);
	parts = cn_json_get(c, "conversation_parts");
	list = cn_json_type(parts) == CN_JSON_ARRAY ? parts :
	    cn_json_get(parts, "conversation_parts");
	cn_json_walk(&it, list);
	for (; r == 0 && cn_json_next(&it); n++) {
		cn_arena_reset(&d->mem);
		r = part(&t, it.val, (struct cn_str){ "", 0 }, err);
	}
	if (r == 0 && cn_json_int(cn_json_get(parts, "total_count"), &total) &&
	    total > n)
		d->f->note(d->f->arg, cn_doc_place(d, c.p, place),
		    "a conversation without all of its parts: Intercom gives "
		    "the newest 500");
	return r == 0 ? rating(&t, c, err) : r;
}

int cn_intercom(struct cn_foreign_doc *d, struct cn_str o, struct cn_err *err)
{
	struct cn_str list = cn_json_get(o, "conversations");
	struct cn_json_it it;
	int r = 0;

	if (type_is(o, "\"notification_event\""))
		o = cn_json_get(cn_json_get(o, "data"), "item");
	if (list.n == 0)
		return conversation(d, o, err);
	cn_json_walk(&it, list);
	while (r == 0 && cn_json_next(&it)) {
		cn_arena_reset(&d->mem);
		r = cn_json_type(it.val) == CN_JSON_OBJECT ?
		    conversation(d, it.val, err) : cn_doc_refuse(d, it.val,
		    err, "no conversation of Intercom");
	}
	return r;
}
