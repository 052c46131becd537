#include "desk/chat.h"

/* Which of two would count is not ours to guess. */
int cn_chat_check(struct cn_str object, struct cn_err *err)
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
