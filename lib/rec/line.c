/* Lines: written from the field table, read and edited by span. */
#include "rec/msg.h"

#include <string.h>

#include "base/times.h"
#include "base/utf8.h"

/* --- writing --- */

static const void *member(const struct cn_msg *m, size_t at)
{
	return (const char *)m + at;
}

static size_t count(const struct cn_msg *m, const struct cn_field_def *f)
{
	return f->n_at ? *(const size_t *)member(m, f->n_at) : 0;
}

static bool flag(const struct cn_msg *m, size_t at)
{
	return *(const bool *)member(m, at);
}

static const char *string_of(const struct cn_msg *m,
    const struct cn_field_def *f)
{
	return *(const char *const *)member(m, f->at);
}

static const struct cn_addrs *addrs_of(const struct cn_msg *m,
    const struct cn_field_def *f)
{
	return member(m, f->at);
}

static bool present(const struct cn_msg *m, const struct cn_field_def *f)
{
	switch (f->type) {
	case CN_F_STR:
	case CN_F_TEXT:
		return string_of(m, f) != NULL;
	case CN_F_TIME:
		return flag(m, f->n_at);
	case CN_F_INT:
		return *(const int64_t *)member(m, f->at) != 0;
	case CN_F_BOOL:
		return f->n_at ? flag(m, f->n_at) : flag(m, f->at);
	case CN_F_ADDR:
	case CN_F_ADDRS:
		return addrs_of(m, f)->n > 0;
	case CN_F_ATTACHMENTS:
	case CN_F_STRS:
		return count(m, f) > 0;
	case CN_F_JSON:
		return ((const struct cn_str *)member(m, f->at))->n > 0;
	}
	return false;
}

static void put_addr(struct cn_buf *b, const struct cn_addr *a)
{
	cn_buf_ch(b, '{');
	if (a->name != NULL && a->name[0] != '\0')
		cn_json_kv(b, "name", a->name);
	cn_json_kv(b, "address", a->addr);
	cn_buf_ch(b, '}');
}

static void put_attachment(struct cn_buf *b, const struct cn_attachment *a,
    bool hash)
{
	cn_buf_ch(b, '{');
	cn_json_kv(b, "name", a->name);
	cn_json_kv(b, "type", a->type);
	cn_json_kvi(b, "size", a->size);
	if (hash && a->sha256 != NULL)
		cn_json_kv(b, "sha256", a->sha256);
	cn_buf_ch(b, '}');
}

static void put_text(struct cn_buf *b, const char *s, size_t n)
{
	size_t cut = cn_utf8_cut(s, n, CN_LINE_TEXT);

	cn_json_put(b, s, cut);
	if (cut < n) {
		cn_json_kvi(b, "text_bytes", (int64_t)n);
		cn_json_kvb(b, "text_cut", true);
	}
}

static void put_list(struct cn_buf *b, const struct cn_msg *m,
    const struct cn_field_def *f, bool hash)
{
	const struct cn_addrs *as = addrs_of(m, f);
	size_t i, n = f->type == CN_F_ADDRS ? as->n : count(m, f);

	cn_buf_ch(b, '[');
	for (i = 0; i < n; i++) {
		if (i > 0)
			cn_buf_ch(b, ',');
		if (f->type == CN_F_ADDRS)
			put_addr(b, &as->v[i]);
		else if (f->type == CN_F_STRS)
			cn_json_puts(b, (*(const char *const *const *)
			    member(m, f->at))[i]);
		else
			put_attachment(b, &m->attachments[i], hash);
	}
	cn_buf_ch(b, ']');
}

/* hash: of attachments, too. */
static void put_field(struct cn_buf *b, const struct cn_msg *m,
    const struct cn_field_def *f, bool hash)
{
	char t[CN_TIME_LEN];

	cn_json_key(b, f->name);
	switch (f->type) {
	case CN_F_STR:
		cn_json_puts(b, string_of(m, f));
		break;
	case CN_F_TEXT:
		put_text(b, string_of(m, f), count(m, f));
		break;
	case CN_F_TIME:
		cn_json_puts(b, cn_time_fmt(t,
		    *(const int64_t *)member(m, f->at)));
		break;
	case CN_F_INT:
		cn_buf_fmt(b, "%lld",
		    (long long)*(const int64_t *)member(m, f->at));
		break;
	case CN_F_BOOL:
		cn_buf_str(b, flag(m, f->at) ? "true" : "false");
		break;
	case CN_F_ADDR:
		put_addr(b, &addrs_of(m, f)->v[0]);
		break;
	case CN_F_ADDRS:
	case CN_F_ATTACHMENTS:
	case CN_F_STRS:
		put_list(b, m, f, hash);
		break;
	case CN_F_JSON: {
		const struct cn_str *s = member(m, f->at);

		cn_buf_add(b, s->p, s->n);
		break;
	}
	}
}

void cn_msg_line(struct cn_buf *b, const struct cn_msg *m, unsigned flags)
{
	size_t i;

	cn_buf_fmt(b, "{\"v\":%d,\"type\":\"message\"", CN_LINE_VERSION);
	for (i = 0; i < cn_nfields; i++) {
		if ((flags & CN_LINE_REFS) &&
		    (cn_fields[i].flags & CN_F_PERSONAL))
			continue;
		if (present(m, &cn_fields[i]))
			put_field(b, m, &cn_fields[i], true);
	}
	cn_buf_str(b, "}\n");
}

void cn_msg_members(struct cn_buf *b, const struct cn_msg *m,
    const char *column)
{
	bool mail = m->channel != NULL && strcmp(m->channel, "email") == 0;
	size_t i;

	cn_buf_ch(b, '{');
	for (i = 0; i < cn_nfields; i++)
		if (cn_fields[i].column != NULL &&
		    strcmp(cn_fields[i].column, column) == 0 &&
		    present(m, &cn_fields[i]))
			put_field(b, m, &cn_fields[i], !mail);
	cn_buf_ch(b, '}');
}

void cn_msg_cell(struct cn_buf *b, const struct cn_msg *m,
    const struct cn_field_def *f)
{
	const struct cn_addrs *as;
	char t[CN_TIME_LEN];
	size_t i;

	if (!present(m, f))
		return;
	switch (f->type) {
	case CN_F_STR:
	case CN_F_TEXT:
		cn_buf_str(b, string_of(m, f));
		break;
	case CN_F_TIME:
		cn_buf_str(b, cn_time_fmt(t,
		    *(const int64_t *)member(m, f->at)));
		break;
	case CN_F_ADDR:
	case CN_F_ADDRS:
		as = addrs_of(m, f);
		for (i = 0; i < as->n; i++)
			cn_buf_fmt(b, "%s%s", i ? " " : "", as->v[i].addr);
		break;
	default: {
		struct cn_buf v = { 0 };

		put_field(&v, m, f, true);	/* "name":value */
		cn_buf_str(b, v.p + strlen(f->name) + 3);
		cn_buf_wipe(&v);
		break;
	}
	}
}

/* --- reading --- */

static bool type_fits(const struct cn_field_def *f, struct cn_str v)
{
	enum cn_json_type t = cn_json_type(v);
	struct cn_json_it it;
	int64_t n;

	switch (f->type) {
	case CN_F_STR:
	case CN_F_TEXT:
	case CN_F_TIME:
		return t == CN_JSON_STRING;
	case CN_F_INT:
		return cn_json_int(v, &n);
	case CN_F_BOOL:
		return t == CN_JSON_BOOL;
	case CN_F_ADDR:
		return t == CN_JSON_OBJECT;
	case CN_F_JSON:
		return t == CN_JSON_OBJECT || t == CN_JSON_ARRAY;
	case CN_F_ADDRS:
	case CN_F_ATTACHMENTS:
	case CN_F_STRS:
		if (t != CN_JSON_ARRAY)
			return false;
		cn_json_walk(&it, v);
		while (cn_json_next(&it))
			if (cn_json_type(it.val) != (f->type == CN_F_STRS ?
			    CN_JSON_STRING : CN_JSON_OBJECT))
				return false;
		return true;
	}
	return false;
}

int cn_line_parse(struct cn_line *l, struct cn_str text, struct cn_err *err)
{
	struct cn_json_it it;
	bool v = false, type = false, seen[CN_FIELDS_MAX] = { false };
	size_t i;

	memset(l, 0, sizeof(*l));
	text = cn_str_trim(text);
	if (cn_json_check(text, err) < 0) {
		err->status = CN_PARTIAL;
		return -1;
	}
	if (cn_json_type(text) != CN_JSON_OBJECT)
		return cn_fail(err, CN_PARTIAL, "not a JSON object");
	l->text = text;
	cn_json_walk(&it, text);
	while (cn_json_next(&it)) {
		if (cn_json_key_is(it.key, "v")) {
			if (v)
				return cn_fail(err, CN_PARTIAL,
				    "member 'v' given twice");
			v = true;
			if (!cn_str_eq(it.val, "1"))
				return cn_fail(err, CN_PARTIAL,
				    "not version 1 of the line");
			continue;
		}
		if (cn_json_key_is(it.key, "type")) {
			if (type)
				return cn_fail(err, CN_PARTIAL,
				    "member 'type' given twice");
			type = true;
			if (!cn_str_eq(it.val, "\"message\""))
				return cn_fail(err, CN_PARTIAL,
				    "type is not \"message\"");
			continue;
		}
		for (i = 0; i < cn_nfields; i++)
			if (cn_json_key_is(it.key, cn_fields[i].name))
				break;
		if (i == cn_nfields)
			continue;
		if (seen[i])
			return cn_fail(err, CN_PARTIAL,
			    "member '%s' given twice", cn_fields[i].name);
		seen[i] = true;
		if (cn_json_type(it.val) == CN_JSON_NULL)
			continue;
		if (!type_fits(&cn_fields[i], it.val))
			return cn_fail(err, CN_PARTIAL,
			    "member '%s' has the wrong type",
			    cn_fields[i].name);
		l->val[i] = it.val;
	}
	if (!v || !type)
		return cn_fail(err, CN_PARTIAL, "member '%s' is missing",
		    v ? "type" : "v");
	return 0;
}

struct cn_str cn_line_get(const struct cn_line *l, const char *name)
{
	const struct cn_field_def *f = cn_field_find(name);

	return f != NULL ? l->val[f - cn_fields] : (struct cn_str){ NULL, 0 };
}

static size_t elements(struct cn_str array)
{
	struct cn_json_it it;
	size_t n = 0;

	cn_json_walk(&it, array);
	while (cn_json_next(&it))
		n++;
	return n;
}

static const char *or_empty(char *s)
{
	return s != NULL ? s : "";
}

static void get_addr(struct cn_addr *a, struct cn_str v, struct cn_arena *mem)
{
	a->name = or_empty(cn_json_string(mem, cn_json_get(v, "name")));
	a->addr = or_empty(cn_json_string(mem, cn_json_get(v, "address")));
}

static void get_list(const struct cn_field_def *f, struct cn_str v,
    char *base, struct cn_arena *mem)
{
	size_t n = elements(v), i = 0;
	struct cn_attachment *at = NULL;
	struct cn_addr *ad = NULL;
	const char **st = NULL;
	struct cn_json_it it;

	if (f->type == CN_F_ADDRS) {
		struct cn_addrs *as = (void *)(base + f->at);

		ad = as->v = cn_arena_alloc(mem, n * sizeof(*ad) + 1);
		as->n = n;
	} else {
		*(size_t *)(void *)(base + f->n_at) = n;
		if (f->type == CN_F_STRS)
			*(const char ***)(void *)(base + f->at) = st =
			    cn_arena_alloc(mem, n * sizeof(*st) + 1);
		else
			*(struct cn_attachment **)(void *)(base + f->at) = at =
			    cn_arena_alloc(mem, n * sizeof(*at) + 1);
	}
	cn_json_walk(&it, v);
	for (; cn_json_next(&it); i++) {
		if (ad != NULL) {
			get_addr(&ad[i], it.val, mem);
		} else if (st != NULL) {
			st[i] = cn_json_string(mem, it.val);
		} else {
			at[i].name = or_empty(cn_json_string(mem,
			    cn_json_get(it.val, "name")));
			at[i].type = or_empty(cn_json_string(mem,
			    cn_json_get(it.val, "type")));
			at[i].sha256 = cn_json_string(mem,
			    cn_json_get(it.val, "sha256"));
			cn_json_int(cn_json_get(it.val, "size"), &at[i].size);
		}
	}
}

void cn_line_msg(const struct cn_line *l, struct cn_msg *m,
    struct cn_arena *mem)
{
	char *base = (char *)m;
	size_t i;

	for (i = 0; i < cn_nfields; i++) {
		const struct cn_field_def *f = &cn_fields[i];
		struct cn_str v = l->val[i];
		char *s;

		if (v.n == 0)
			continue;
		switch (f->type) {
		case CN_F_STR:
		case CN_F_TEXT:
			*(const char **)(void *)(base + f->at) = s =
			    cn_json_string(mem, v);
			if (f->type == CN_F_TEXT)
				*(size_t *)(void *)(base + f->n_at) = strlen(s);
			break;
		case CN_F_TIME:
			s = cn_json_string(mem, v);
			*(bool *)(base + f->n_at) = cn_time_parse(s,
			    (int64_t *)(void *)(base + f->at));
			break;
		case CN_F_INT:
			cn_json_int(v, (int64_t *)(void *)(base + f->at));
			break;
		case CN_F_BOOL:
			*(bool *)(base + f->at) = cn_json_true(v);
			if (f->n_at)
				*(bool *)(base + f->n_at) = true;
			break;
		case CN_F_ADDR: {
			struct cn_addrs *as = (void *)(base + f->at);

			as->v = cn_arena_alloc(mem, sizeof(*as->v));
			as->n = 1;
			get_addr(as->v, v, mem);
			break;
		}
		case CN_F_ADDRS:
		case CN_F_ATTACHMENTS:
		case CN_F_STRS:
			get_list(f, v, base, mem);
			break;
		case CN_F_JSON:
			((struct cn_str *)(void *)(base + f->at))->p =
			    cn_arena_dup(mem, v.p, v.n);
			((struct cn_str *)(void *)(base + f->at))->n = v.n;
			break;
		}
	}
}

/* --- editing --- */

static const struct cn_edit *edit_of(struct cn_str key,
    const struct cn_edit *e, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (cn_json_key_is(key, e[i].name))
			return &e[i];
	return NULL;
}

static bool personal(struct cn_str key)
{
	size_t i;

	for (i = 0; i < cn_nfields; i++)
		if ((cn_fields[i].flags & CN_F_PERSONAL) &&
		    cn_json_key_is(key, cn_fields[i].name))
			return true;
	return false;
}

static void edit(struct cn_buf *b, const struct cn_line *l,
    const struct cn_edit *e, size_t n, bool strip)
{
	const char *from = l->text.p, *end = l->text.p + l->text.n;
	bool used[16] = { false };
	struct cn_json_it it;
	size_t i;

	/* Copies up to each member that changes; a removed one takes the comma
	 * before it, or, as the first, the one behind it. */
	cn_json_walk(&it, l->text);
	while (cn_json_next(&it)) {
		const struct cn_edit *ed = edit_of(it.key, e, n);
		const char *after = it.val.p + it.val.n;

		if (ed != NULL && ed->value.p != NULL && !used[ed - e]) {
			cn_buf_add(b, from, (size_t)(it.val.p - from));
			cn_buf_add(b, ed->value.p, ed->value.n);
			used[ed - e] = true;
			from = after;
		} else if (ed != NULL || (strip && personal(it.key))) {
			cn_buf_add(b, from, (size_t)(it.member - from));
			while (b->len > 0 &&
			    strchr(" \t\r\n", b->p[b->len - 1]))
				b->len--;
			if (b->p[b->len - 1] == ',') {
				b->len--;
			} else {
				while (after < end &&
				    strchr(" \t\r\n", *after))
					after++;
				if (*after == ',')
					after++;
			}
			from = after;
		}
	}
	cn_buf_add(b, from, (size_t)(end - from) - 1);
	while (b->len > 0 && strchr(" \t\r\n", b->p[b->len - 1]))
		b->len--;
	for (i = 0; i < n; i++) {
		if (used[i] || e[i].value.p == NULL)
			continue;
		cn_json_key(b, e[i].name);
		cn_buf_add(b, e[i].value.p, e[i].value.n);
	}
	cn_buf_str(b, "}\n");
}

void cn_line_edit(struct cn_buf *b, const struct cn_line *l,
    const struct cn_edit *e, size_t n)
{
	edit(b, l, e, n, false);
}

void cn_line_strip(struct cn_buf *b, const struct cn_line *l,
    const struct cn_edit *e, size_t n)
{
	edit(b, l, e, n, true);
}
