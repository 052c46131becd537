#include "desk/intake/device.h"

#include <arpa/inet.h>
#include <string.h>

#include "base/enc.h"
#include "base/json.h"
#include "base/utf8.h"

#define KEPT 1024			/* bytes of a member */

struct clean {
	struct cn_keys *keys;
	struct cn_buf *out;
	struct cn_err *err;
};

enum what { KEEP, NETWORK, VISITOR, NOTHING };

static enum what handling(const char *key)
{
	static const struct {
		const char *name;
		enum what what;
	} names[] = { { "ip", NETWORK }, { "ip_address", NETWORK },
	    { "remote_addr", NETWORK }, { "cookie", VISITOR },
	    { "cookies", VISITOR }, { "pubsub_token", NOTHING },
	    { "session_token", NOTHING } };
	size_t i, n = strlen(key);

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(key, names[i].name) == 0)
			return names[i].what;
	return n > 3 && strcmp(key + n - 3, "_ip") == 0 ? NETWORK : KEEP;
}

/* The network of an address, which may be one already. */
static void network(struct cn_buf *b, const char *ip)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	char text[INET6_ADDRSTRLEN + 4] = "";
	struct in6_addr a6;
	struct in_addr a;
	uint8_t *v4 = (uint8_t *)&a.s_addr;
	size_t n = ip ? strcspn(ip, "/") : 0;

	if (n < sizeof(text) && n > 0)
		memcpy(text, ip, n);
	if (inet_pton(AF_INET6, text, &a6) == 1) {
		if (memcmp(a6.s6_addr, mapped, sizeof(mapped)) != 0) {
			memset(a6.s6_addr + 6, 0, 10);
			inet_ntop(AF_INET6, &a6, text, sizeof(text));
			cn_buf_fmt(b, "\"%s/48\"", text);
			return;
		}
		memcpy(v4, a6.s6_addr + 12, 4);
	} else if (inet_pton(AF_INET, text, &a) != 1) {
		cn_buf_str(b, "null");
		return;
	}
	cn_buf_fmt(b, "\"%u.%u.%u.0/24\"", v4[0], v4[1], v4[2]);
}

static int visitor(struct clean *c, struct cn_str val)
{
	char text[(CN_HASH * 8 + 4) / 5 + 1];
	struct cn_arena mem = { 0 };
	const char *s = cn_json_string(&mem, val);
	uint8_t hash[CN_HASH];
	int r = 0;

	if (s != NULL && s[0] != '\0') {
		r = cn_blind(c->keys, "visitor", s, strlen(s), hash, c->err);
		cn_base32(text, hash, CN_HASH);
		cn_buf_fmt(c->out, "\"visitor\":\"%s\"", text);
	} else {
		cn_buf_str(c->out, "\"visitor\":null");
	}
	cn_arena_release(&mem);
	return r;
}

static int value(struct clean *c, struct cn_str v)
{
	bool object = cn_json_type(v) == CN_JSON_OBJECT;
	struct cn_arena mem = { 0 };
	const char *from = v.p;
	struct cn_json_it it;
	int r = 0;

	cn_json_walk(&it, v);
	while (r == 0 && cn_json_next(&it)) {
		enum cn_json_type t = cn_json_type(it.val);
		enum what what = object ? handling(cn_json_string(&mem,
		    (struct cn_str){ it.key.p - 1, it.key.n + 2 })) : KEEP;

		if (what == KEEP && t != CN_JSON_OBJECT && t != CN_JSON_ARRAY)
			continue;
		cn_buf_add(c->out, from, (size_t)((what == VISITOR ?
		    it.member : it.val.p) - from));
		from = it.val.p + it.val.n;
		if (what == VISITOR)
			r = visitor(c, it.val);
		else if (what == NETWORK)
			network(c->out, cn_json_string(&mem, it.val));
		else if (what == NOTHING)
			cn_buf_str(c->out, "null");
		else
			r = value(c, it.val);
	}
	cn_arena_release(&mem);
	cn_buf_add(c->out, from, (size_t)(v.p + v.n - from));
	return r;
}

int cn_device_clean(struct cn_keys *keys, struct cn_buf *json,
    struct cn_err *err)
{
	struct cn_buf out = { 0 };
	struct clean c = { keys, &out, err };
	int r = value(&c, cn_str_trim(cn_buf_view(json)));

	cn_buf_wipe(r == 0 ? json : &out);
	if (r == 0)
		*json = out;
	return r;
}

struct cn_str cn_device_known(struct cn_str object, struct cn_arena *mem)
{
	static const char *const names[] = { "user_agent", "ip", "visitor" };
	struct cn_str known = { NULL, 0 };
	struct cn_buf b = { 0 };
	const char *s;
	size_t i, n;

	cn_buf_ch(&b, '{');
	for (i = 0; i < 3; i++) {
		s = cn_json_string(mem, cn_json_get(object, names[i]));
		if (s == NULL || s[0] == '\0')
			continue;
		n = strlen(s);
		cn_json_key(&b, names[i]);
		cn_json_put(&b, s, cn_utf8_cut(s, n, KEPT));
	}
	cn_buf_ch(&b, '}');
	if (b.len > 2) {
		known.p = cn_arena_dup(mem, b.p, b.len);
		known.n = b.len;
	}
	cn_buf_wipe(&b);
	return known;
}
