/* Chatwoot's API and webhooks: a conversation with `meta` and `messages`, the
 * list of conversations (`data.payload` or `payload`), a conversation's
 * messages (`meta` and `payload`), and the events message_created,
 * message_updated and those of conversations.
 *
 * A contact's address is what the channel vouches for (a mail, an SMS, a
 * WhatsApp number) or what the site has signed (hmac_verified); what a visitor
 * typed into the widget is kept as claimed.  Ratings are in its CSAT report
 * (CSV), so that none is counted twice. */
#include <string.h>

#include "desk/foreign/foreign_in.h"

static bool is_string(struct cn_str o, const char *name)
{
	return cn_json_type(cn_json_get(o, name)) == CN_JSON_STRING;
}

static bool is_list(struct cn_str o, const char *name)
{
	return cn_json_type(cn_json_get(o, name)) == CN_JSON_ARRAY;
}

static bool is_object(struct cn_str o, const char *name)
{
	return cn_json_type(cn_json_get(o, name)) == CN_JSON_OBJECT;
}

bool cn_chatwoot_tell(struct cn_str o)
{
	return is_list(cn_json_get(o, "data"), "payload") ||
	    (is_object(o, "meta") && (is_list(o, "messages") ||
	    is_list(o, "payload"))) ||
	    (is_string(o, "event") && (is_object(o, "conversation") ||
	    is_list(o, "messages")));
}

struct talk {
	struct cn_foreign_doc *d;
	struct cn_str contact;		/* who the customer is */
	struct cn_str inbox;		/* and where they come from */
	struct cn_str about;		/* the conversation's attributes */
	const char *channel;		/* Channel::WebWidget */
	bool verified;
};

/* --- who --- */

static bool vouched(const struct talk *t, const char *what)
{
	static const struct {
		const char *channel, *what;
	} table[] = { { "Channel::Email", "email" },
	    { "Channel::Sms", "phone_number" },
	    { "Channel::TwilioSms", "phone_number" },
	    { "Channel::Whatsapp", "phone_number" } };
	size_t i;

	for (i = 0; t->channel && i < sizeof(table) / sizeof(table[0]); i++)
		if (strcmp(t->channel, table[i].channel) == 0)
			return strcmp(table[i].what, what) == 0;
	return t->verified;
}

static void contact(const struct talk *t, struct cn_str who,
    struct cn_chat_line *l)
{
	static const char *const names[] = { "email", "phone_number" };
	struct cn_arena *mem = &t->d->mem;
	const char *id = cn_foreign_text(mem, who, "id"), *s;
	size_t i;

	l->name = cn_foreign_text(mem, who, "name");
	for (i = 0; i < 2; i++) {
		s = cn_foreign_text(mem, who, names[i]);
		if (s == NULL || s[0] == '\0')
			continue;
		if (vouched(t, names[i]) && cn_foreign_ident(l, s, mem))
			return;
		if (l->claimed == NULL)
			l->claimed = s;
	}
	if (id != NULL)
		l->handle = cn_doc_id(t->d, "chatwoot", "contact:%s", id);
}

static void staff(const struct talk *t, struct cn_str who, bool bot,
    struct cn_chat_line *l)
{
	struct cn_arena *mem = &t->d->mem;
	const char *id = cn_foreign_text(mem, who, "id");

	l->role = bot ? "bot" : "agent";
	l->name = cn_foreign_text(mem, who, "name");
	if (bot || !cn_foreign_ident(l, cn_foreign_text(mem, who, "email"),
	    mem))
		l->handle = cn_doc_id(t->d, "chatwoot", "%s%s%s", l->role,
		    id ? ":" : "", id ? id : "");
}

/* --- what --- */

/* 0 in, 1 out, 2 activity, 3 template; -1. */
static int kind_of(struct cn_str m)
{
	static const char *const words[] = { "\"incoming\"", "\"outgoing\"",
	    "\"activity\"", "\"template\"" };
	struct cn_str v = cn_json_get(m, "message_type");
	int64_t n;
	int i;

	for (i = 0; i < 4; i++)
		if (cn_str_eq(v, words[i]))
			return i;
	return cn_json_int(v, &n) && n >= 0 && n <= 3 ? (int)n : -1;
}

/* The address would let anybody fetch it; its end is the name. */
static void file(struct cn_arena *mem, struct cn_str o,
    struct cn_attachment *a)
{
	const char *url = cn_foreign_text(mem, o, "data_url");
	const char *slash = url ? strrchr(url, '/') : NULL;

	a->name = slash ? cn_arena_dup(mem, slash + 1,
	    strcspn(slash + 1, "?#")) : "";
	a->type = cn_foreign_text(mem, o, "file_type");
}

/* The browser as Chatwoot took it apart, the address at which the contact was
 * first seen, and the widget's visitor, who is known by a cookie. */
static void device(const struct talk *t, struct cn_chat_line *l)
{
	static const char *const parts[] = { "browser_name", "browser_version",
	    "platform_name", "platform_version", "device_name" };
	struct cn_str browser = cn_json_get(t->about, "browser"), more;
	struct cn_arena *mem = &t->d->mem;
	struct cn_buf agent = { 0 }, b = { 0 };
	const char *s;
	size_t i;

	for (i = 0; i < 5; i++) {
		s = cn_foreign_text(mem, browser, parts[i]);
		if (s != NULL && strcmp(s, "Unknown") != 0 && s[0] != '\0' &&
		    strcmp(s, "0") != 0)
			cn_buf_fmt(&agent, "%s%s", agent.len ? " " : "", s);
	}
	more = cn_json_get(t->contact, "additional_attributes");
	s = cn_foreign_text(mem, more, "created_at_ip");
	cn_buf_ch(&b, '{');
	if (agent.len > 0)
		cn_json_kv(&b, "user_agent", agent.p);
	if (s != NULL)
		cn_json_kv(&b, "ip", s);
	s = cn_foreign_text(mem, t->inbox, "source_id");
	if (s != NULL && t->channel &&
	    strcmp(t->channel, "Channel::WebWidget") == 0)
		cn_json_kv(&b, "cookie", s);
	cn_buf_ch(&b, '}');
	if (b.len > 2)
		l->device = (struct cn_str){ cn_arena_dup(mem, b.p, b.len),
		    b.len };
	cn_buf_wipe(&agent);
	cn_buf_wipe(&b);
}

static bool is_bot(struct cn_str m, struct cn_str sender)
{
	const char *const bots[] = { "\"agent_bot\"", "\"AgentBot\"",
	    "\"captain_assistant\"", "\"Captain::Assistant\"" };
	struct cn_str a = cn_json_get(sender, "type"),
	    b = cn_json_get(m, "sender_type");
	size_t i;

	for (i = 0; i < sizeof(bots) / sizeof(bots[0]); i++)
		if (cn_str_eq(a, bots[i]) || cn_str_eq(b, bots[i]))
			return true;
	return cn_json_type(sender) != CN_JSON_OBJECT;
}

static int message(const struct talk *t, struct cn_str m, const char *chat,
    struct cn_err *err)
{
	struct cn_foreign_doc *d = t->d;
	struct cn_str sender = cn_json_get(m, "sender");
	const char *id = cn_foreign_text(&d->mem, m, "id");
	struct cn_chat_line l = { .text = cn_foreign_text(&d->mem, m,
	    "content") };
	int kind = kind_of(m);

	if (chat == NULL)
		chat = cn_foreign_text(&d->mem, m, "conversation_id");
	if (cn_json_type(m) != CN_JSON_OBJECT || id == NULL || kind < 0 ||
	    chat == NULL || !cn_foreign_json_time(&d->mem,
	    cn_json_get(m, "created_at"), &l.at))
		return cn_doc_refuse(d, m, err, "no message of Chatwoot: "
		    "expected id, conversation_id, message_type (0 to 3 or "
		    "incoming, outgoing, activity, template) and created_at");
	if (kind == 2) {
		d->f->system++;
		return 0;
	}
	if (cn_json_true(cn_json_get(m, "private"))) {
		d->f->notes++;
		return 0;
	}
	if (cn_json_true(cn_json_get(cn_json_get(m, "content_attributes"),
	    "deleted"))) {
		d->f->deleted++;
		return 0;
	}
	l.chat = cn_doc_id(d, "chatwoot", "%s", chat);
	l.uid = cn_doc_id(d, "chatwoot", "message:%s", id);
	cn_doc_files(d, cn_json_get(m, "attachments"), file, "file_size", &l);
	if (kind != 0) {
		staff(t, sender, kind == 3 || is_bot(m, sender), &l);
		return cn_doc_line(d, &l, m, err);
	}
	l.role = "customer";
	contact(t, cn_json_type(sender) == CN_JSON_OBJECT ? sender :
	    t->contact, &l);
	if (l.address == NULL && l.phone == NULL && l.handle == NULL)
		return cn_doc_refuse(d, m, err, "a message of nobody: neither "
		    "it nor its conversation has a sender with an id");
	device(t, &l);
	return cn_doc_line(d, &l, m, err);
}

/* --- conversations --- */

static struct talk about(struct cn_foreign_doc *d, struct cn_str c)
{
	struct cn_str meta = cn_json_get(c, "meta"), v;
	struct talk t = { d, cn_json_get(meta, "sender"), cn_json_get(c,
	    "contact_inbox"), cn_json_get(c, "additional_attributes"), NULL,
	    false };

	if (t.contact.n == 0)
		t.contact = cn_json_get(meta, "contact");
	if (t.about.n == 0)
		t.about = cn_json_get(meta, "additional_attributes");
	t.channel = cn_foreign_text(&d->mem, meta, "channel");
	if (t.channel == NULL)
		t.channel = cn_foreign_text(&d->mem, c, "channel");
	v = cn_json_get(meta, "hmac_verified");
	t.verified = cn_json_true(v.n ? v : cn_json_get(t.inbox,
	    "hmac_verified"));
	return t;
}

static int each(struct cn_foreign_doc *d, struct cn_str list,
    struct cn_err *err)
{
	struct cn_json_it it;
	int r = 0;

	cn_json_walk(&it, list);
	while (r == 0 && cn_json_next(&it)) {
		if (cn_json_type(it.val) == CN_JSON_OBJECT &&
		    cn_chatwoot_tell(it.val))
			r = cn_chatwoot(d, it.val, err);
		else
			r = cn_doc_refuse(d, it.val, err, "no conversation of "
			    "Chatwoot: expected meta and messages");
	}
	return r;
}

static int talk(struct cn_foreign_doc *d, struct cn_str c,
    struct cn_str messages, struct cn_err *err)
{
	char id[64] = "";
	const char *own = cn_foreign_text(&d->mem, c, "id");
	struct cn_json_it it;
	struct talk t;
	int r = 0;

	if (own != NULL && strlen(own) < sizeof(id))
		strcpy(id, own);
	cn_json_walk(&it, messages);
	while (r == 0 && cn_json_next(&it)) {
		cn_arena_reset(&d->mem);
		t = about(d, c);
		r = message(&t, it.val, id[0] ? id : NULL, err);
	}
	return r;
}

int cn_chatwoot(struct cn_foreign_doc *d, struct cn_str o, struct cn_err *err)
{
	struct cn_str payload = cn_json_get(o, "payload"), c, first;
	struct cn_json_it it;
	struct talk t;

	if (is_list(cn_json_get(o, "data"), "payload"))
		return each(d, cn_json_get(cn_json_get(o, "data"), "payload"),
		    err);
	if (is_list(o, "messages"))
		return talk(d, o, cn_json_get(o, "messages"), err);
	if (payload.n > 0) {
		cn_json_walk(&it, payload);
		first = cn_json_next(&it) ? it.val : payload;
		return is_list(first, "messages") ? each(d, payload, err) :
		    talk(d, (struct cn_str){ o.p, o.n }, payload, err);
	}
	/* An event: the message has its conversation with it. */
	c = cn_json_get(o, "conversation");
	if (!is_object(o, "conversation") || kind_of(o) < 0)
		return cn_doc_refuse(d, o, err, "no event of Chatwoot with a "
		    "message");
	t = about(d, c);
	return message(&t, o, cn_foreign_text(&d->mem, c, "id"), err);
}
