#include "desk/intake/chat.h"

#include <string.h>

#include "base/times.h"
#include "desk/intake/device.h"
#include "store/person.h"

#define NAMES_MAX 16

/* Which of two would count is not ours to guess. */
int cn_chat_once(struct cn_str object, const char *const *names, size_t n,
    struct cn_err *err)
{
	bool seen[NAMES_MAX] = { false };
	struct cn_json_it j;
	int64_t v;
	size_t i;

	cn_json_walk(&j, object);
	while (cn_json_next(&j))
		for (i = 0; i < n; i++) {
			if (!cn_json_key_is(j.key, names[i]))
				continue;
			if (seen[i])
				return cn_fail(err, CN_PARTIAL,
				    "member '%s' given twice", names[i]);
			seen[i] = true;
			if (strcmp(names[i], "v") == 0 &&
			    (!cn_json_int(j.val, &v) || v != 1))
				return cn_fail(err, CN_PARTIAL,
				    "not version 1");
		}
	return 0;
}

const char *cn_chat_member(struct cn_arena *mem, struct cn_str object,
    const char *name)
{
	const char *s = cn_json_string(mem, cn_json_get(object, name));

	return s != NULL && s[0] != '\0' ? s : NULL;
}

int cn_chat_who(struct cn_str from, const char **who, struct cn_arena *mem,
    struct cn_err *err)
{
	const char *handle = NULL, *kind;

	if ((*who = cn_chat_member(mem, from, "address")) == NULL &&
	    (*who = cn_chat_member(mem, from, "phone")) == NULL)
		*who = handle = cn_chat_member(mem, from, "handle");
	if (*who == NULL)
		return cn_fail(err, CN_PARTIAL, "'from' is missing or no text");
	/* A name that anybody may choose must not be somebody's address. */
	if (handle != NULL && cn_ident_normal(mem, handle, &kind) != NULL &&
	    strcmp(kind, "handle") != 0)
		return cn_fail(err, CN_PARTIAL, "'handle' holds an address or a "
		    "phone: those are members of their own");
	return 0;
}

static bool is_role(const char *s)
{
	return strcmp(s, "customer") == 0 || strcmp(s, "agent") == 0 ||
	    strcmp(s, "bot") == 0;
}

static int attachments(struct cn_msg *m, struct cn_str list,
    struct cn_arena *mem, struct cn_err *err)
{
	struct cn_line line = { { NULL, 0 }, { { NULL, 0 } } };
	bool good = cn_json_type(list) == CN_JSON_ARRAY;
	struct cn_json_it it;
	size_t n = 0;

	if (list.n == 0 || cn_json_type(list) == CN_JSON_NULL)
		return 0;
	cn_json_walk(&it, list);
	for (; good && cn_json_next(&it); n++)
		good = cn_json_type(it.val) == CN_JSON_OBJECT;
	if (!good || n > CN_CHAT_FILES)
		return cn_fail(err, CN_PARTIAL, "'attachments' is no list of "
		    "{name, type, size}, or one of more than %d", CN_CHAT_FILES);
	line.val[cn_field_find("attachments") - cn_fields] = list;
	cn_line_msg(&line, m, mem);
	return 0;
}

static int sender(struct cn_chat *c, struct cn_msg *m, struct cn_str from,
    struct cn_arena *mem, struct cn_err *err)
{
	struct cn_addr *a = cn_arena_alloc(mem, sizeof(*a));

	if (cn_chat_who(from, &a->addr, mem, err) < 0)
		return -1;
	a->name = cn_chat_member(mem, from, "name");
	a->name = a->name ? a->name : "";
	m->from = (struct cn_addrs){ a, 1 };
	if (strcmp(m->direction, "in") == 0) {
		c->owner = a->addr;
		c->owner_name = a->name;
	}
	return 0;
}

/* {"v":1,"type":"chat","chat":…,"at":…,"from":{…},"role":…,"text":…} */
int cn_chat_read(struct cn_chat *c, struct cn_msg *m, struct cn_str o,
    struct cn_arena *mem, struct cn_err *err)
{
	static const char *const names[] = { "v", "type", "chat", "id", "uid",
	    "at", "from", "role", "text", "attachments", "device", "claimed" };
	const char *type = cn_chat_member(mem, o, "type"), *role, *at;

	memset(c, 0, sizeof(*c));
	if (type == NULL || strcmp(type, "chat") != 0)
		return cn_fail(err, CN_PARTIAL, "type is not \"chat\"");
	if (cn_chat_once(o, names, sizeof(names) / sizeof(names[0]), err) < 0 ||
	    attachments(m, cn_json_get(o, "attachments"), mem, err) < 0)
		return -1;
	c->chat = cn_chat_member(mem, o, "chat");
	role = cn_chat_member(mem, o, "role");
	at = cn_chat_member(mem, o, "at");
	m->text = cn_chat_member(mem, o, "text");
	m->claimed = cn_chat_member(mem, o, "claimed");
	m->device_json = cn_device_known(cn_json_get(o, "device"), mem);
	if (m->text == NULL && m->nattachments > 0)
		m->text = "";
	if (c->chat == NULL || role == NULL || m->text == NULL)
		return cn_fail(err, CN_PARTIAL, "'%s' is missing or no text",
		    c->chat == NULL ? "chat" : role == NULL ? "role" : "text");
	if (!is_role(role))
		return cn_fail(err, CN_PARTIAL, "'role' is not customer, agent "
		    "or bot");
	if (at == NULL || !cn_time_parse(at, &m->date))
		return cn_fail(err, CN_PARTIAL, "'at' is not a time of RFC 3339");
	m->has_date = true;
	m->channel = "chat";
	m->direction = strcmp(role, "customer") == 0 ? "in" : "out";
	if (strcmp(role, "bot") == 0)
		m->automatic = "bot";
	m->text_len = strlen(m->text);
	return sender(c, m, cn_json_get(o, "from"), mem, err);
}
