#include "desk/chat.h"

#include <string.h>

#include "base/times.h"
#include "store/person.h"

/* Which of two would count is not ours to guess. */
static int check(struct cn_str object, struct cn_err *err)
{
	static const char *const names[] = { "v", "type", "chat", "id", "at",
	    "from", "role", "text" };
	enum { N = sizeof(names) / sizeof(names[0]) };
	bool seen[N] = { false };
	struct cn_json_it j;
	int64_t v;
	size_t i;

	cn_json_walk(&j, object);
	while (cn_json_next(&j))
		for (i = 0; i < N; i++) {
			if (!cn_json_key_is(j.key, names[i]))
				continue;
			if (seen[i])
				return cn_fail(err, CN_PARTIAL,
				    "member '%s' given twice", names[i]);
			seen[i] = true;
		}
	if (seen[0] && (!cn_json_int(cn_json_get(object, "v"), &v) || v != 1))
		return cn_fail(err, CN_PARTIAL, "not version 1");
	return 0;
}

static const char *member(struct cn_arena *mem, struct cn_str object,
    const char *name)
{
	const char *s = cn_json_string(mem, cn_json_get(object, name));

	return s != NULL && s[0] != '\0' ? s : NULL;
}

static bool is_role(const char *s)
{
	return strcmp(s, "customer") == 0 || strcmp(s, "agent") == 0 ||
	    strcmp(s, "bot") == 0;
}

static int sender(struct cn_msg *m, struct cn_str from, struct cn_arena *mem,
    struct cn_err *err)
{
	struct cn_addr *a = cn_arena_alloc(mem, sizeof(*a));
	const char *who, *handle = NULL, *kind;

	if ((who = member(mem, from, "address")) == NULL &&
	    (who = member(mem, from, "phone")) == NULL)
		who = handle = member(mem, from, "handle");
	if (who == NULL)
		return cn_fail(err, CN_PARTIAL, "'from' is missing or no text");
	/* A name that anybody may choose must not be somebody's address. */
	if (handle != NULL && cn_ident_normal(mem, handle, &kind) != NULL &&
	    strcmp(kind, "handle") != 0)
		return cn_fail(err, CN_PARTIAL, "'handle' holds an address or a "
		    "phone: those are members of their own");
	a->name = member(mem, from, "name");
	a->name = a->name ? a->name : "";
	a->addr = who;
	m->from = (struct cn_addrs){ a, 1 };
	return 0;
}

int cn_chat_read(struct cn_chat *c, struct cn_msg *m, struct cn_str o,
    struct cn_arena *mem, struct cn_err *err)
{
	const char *type, *role, *at;

	memset(c, 0, sizeof(*c));
	if (cn_json_check(o, err) < 0)
		return -1;
	type = member(mem, o, "type");
	if (type == NULL || strcmp(type, "chat") != 0)
		return cn_fail(err, CN_PARTIAL, "type is not \"chat\"");
	if (check(o, err) < 0)
		return -1;
	c->chat = member(mem, o, "chat");
	role = member(mem, o, "role");
	at = member(mem, o, "at");
	m->text = member(mem, o, "text");
	if (c->chat == NULL || role == NULL || m->text == NULL)
		return cn_fail(err, CN_PARTIAL, "'%s' is missing or no text",
		    c->chat == NULL ? "chat" : role == NULL ? "role" : "text");
	if (sender(m, cn_json_get(o, "from"), mem, err) < 0)
		return -1;
	if (!is_role(role))
		return cn_fail(err, CN_PARTIAL, "'role' is not customer, agent "
		    "or bot");
	if (at == NULL || !cn_time_parse(at, &m->date))
		return cn_fail(err, CN_PARTIAL, "'at' is not a time of RFC 3339");
	m->channel = "chat";
	m->direction = strcmp(role, "customer") == 0 ? "in" : "out";
	if (strcmp(role, "bot") == 0)
		m->automatic = "bot";
	m->text_len = strlen(m->text);
	m->has_date = true;
	if (strcmp(m->direction, "in") == 0) {
		c->owner = m->from.v[0].addr;
		c->owner_name = m->from.v[0].name;
	}
	return 0;
}
