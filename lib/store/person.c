#include "store/person.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/enc.h"
#include "base/json.h"
#include "store/sql.h"

static bool ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

static char *fold(struct cn_arena *mem, const char *s)
{
	utf8proc_uint8_t *out = NULL;
	char *r, *p;

	if (!ascii(s) && utf8proc_map((const utf8proc_uint8_t *)s, 0, &out,
	    UTF8PROC_NULLTERM | UTF8PROC_STABLE | UTF8PROC_COMPAT |
	    UTF8PROC_COMPOSE | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE) >= 0) {
		r = cn_arena_strdup(mem, (char *)out);
		free(out);
		return r;
	}
	r = cn_arena_strdup(mem, s);
	for (p = r; *p != '\0'; p++)
		*p = (char)tolower((unsigned char)*p);
	return r;
}

const char *cn_ident_normal(struct cn_arena *mem, const char *address,
    const char **kind)
{
	struct cn_str t = cn_str_trim(cn_str(address));
	char *s = cn_arena_dup(mem, t.p, t.n), *p, *out;
	size_t digits = 0, other = 0;

	if (*s == '\0')
		return NULL;
	if (strchr(s, '@') != NULL) {
		*kind = "email";
		return fold(mem, s);
	}
	for (p = s; *p != '\0'; p++) {
		if (isdigit((unsigned char)*p))
			digits++;
		else if (strchr(" +-().", *p) == NULL)
			other++;
	}
	if (other > 0 || digits < 7) {
		*kind = "handle";
		return fold(mem, s);
	}
	*kind = "phone";
	out = cn_arena_alloc(mem, digits + 2);
	p = out;
	*p++ = '+';
	if (strncmp(s, "00", 2) == 0)
		s += 2;
	for (; *s != '\0'; s++)
		if (isdigit((unsigned char)*s))
			*p++ = *s;
	return out;
}

int cn_ident_blind(struct cn_store *s, const char *address,
    uint8_t out[CN_HASH], struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	const char *kind, *norm = cn_ident_normal(&mem, address, &kind);
	int r = 0;

	if (norm != NULL)
		r = cn_blind(s->keys, kind, norm, strlen(norm), out, err) < 0 ?
		    -1 : 1;
	cn_arena_release(&mem);
	return r;
}

static void fill(struct cn_ident *out, sqlite3_stmt *st)
{
	memset(out, 0, sizeof(*out));
	out->id = sqlite3_column_int64(st, 0);
	out->person = sqlite3_column_int64(st, 1);
	out->leaf = sqlite3_column_int64(st, 2);
	snprintf(out->pub, sizeof(out->pub), "%s",
	    (const char *)sqlite3_column_text(st, 3));
	snprintf(out->state, sizeof(out->state), "%s",
	    (const char *)sqlite3_column_text(st, 4));
	out->may = (unsigned)sqlite3_column_int(st, 5);
}

#define IDENT "SELECT i.id, i.person, i.leaf, p.pub, p.state, p.may" \
    " FROM identifier i JOIN person p ON p.id = i.person "

static int one(struct cn_store *s, sqlite3_stmt *st, struct cn_ident *out,
    struct cn_err *err)
{
	int r;

	if (st == NULL)
		return -1;
	if ((r = cn_step(s, st, err)) == 1)
		fill(out, st);
	sqlite3_reset(st);
	return r;
}

int cn_ident_find(struct cn_store *s, const char *address,
    struct cn_ident *out, struct cn_err *err)
{
	uint8_t blind[CN_HASH];
	int r = cn_ident_blind(s, address, blind, err);

	if (r <= 0)
		return r;
	return one(s, cn_bind(s, err, IDENT "WHERE i.blind = ?", "b", blind,
	    sizeof(blind)), out, err);
}

int cn_person_find(struct cn_store *s, const char *who, struct cn_ident *out,
    struct cn_err *err)
{
	if (cn_id_valid(who, 'p'))
		return one(s, cn_bind(s, err, IDENT "WHERE p.pub = ?"
		    " ORDER BY i.id LIMIT 1", "s", who), out, err);
	return cn_ident_find(s, who, out, err);
}

static int seal(struct cn_store *s, int64_t leaf, const uint8_t *blind,
    const char *kind, const char *value, const char *name, struct cn_buf *cell,
    struct cn_err *err)
{
	struct cn_buf b = { 0 };
	char row[2 * CN_HASH + 1];
	int r;

	cn_hex(row, blind, CN_HASH);
	cn_buf_ch(&b, '{');
	cn_json_kv(&b, "kind", kind);
	cn_json_kv(&b, "value", value);
	if (name != NULL && name[0] != '\0')
		cn_json_kv(&b, "name", name);
	cn_buf_ch(&b, '}');
	r = cn_cell_seal(s->keys, &(struct cn_cell_at){ leaf, "identifier",
	    row, "cell", 0 }, b.p, b.len, cell, err);
	cn_buf_wipe(&b);
	return r;
}

/* New persons share a shard until it has its share; then another is opened
 * (message.c). */
int cn_ident_add(struct cn_store *s, const char *person_kind,
    const char *address, const char *name, int64_t now, struct cn_ident *out,
    struct cn_err *err)
{
	bool agent = strcmp(person_kind, "agent") == 0;
	struct cn_arena mem = { 0 };
	struct cn_buf cell = { 0 };
	const char *kind, *norm = cn_ident_normal(&mem, address, &kind);
	uint8_t blind[CN_HASH];
	int r = -1;

	memset(out, 0, sizeof(*out));
	out->leaf = cn_leaf_take(s, agent ? CN_LEAF_AGENT : CN_LEAF_PERSON);
	out->may = CN_MAY_ALL;
	strcpy(out->state, "live");
	cn_id_new(out->pub, 'p');
	if (norm == NULL || out->leaf < 0) {
		cn_fail(err, CN_INTERNAL, "no leaf at hand");
		goto out;
	}
	if (cn_blind(s->keys, kind, norm, strlen(norm), blind, err) < 0 ||
	    seal(s, out->leaf, blind, kind, norm, name, &cell, err) < 0 ||
	    cn_do(s, err, "INSERT INTO person(pub, kind, state, may, shard,"
	    " created) VALUES(?, ?, 'live', ?, 0, ?)", "ssii", out->pub,
	    person_kind, (int64_t)CN_MAY_ALL, now) < 0)
		goto out;
	out->person = sqlite3_last_insert_rowid(s->db);
	if (cn_do(s, err, "INSERT INTO identifier(person, leaf, kind, blind,"
	    " cell, created) VALUES(?, ?, ?, ?, ?, ?)", "iisbbi", out->person,
	    out->leaf, kind, blind, sizeof(blind), cell.p, cell.len, now) < 0)
		goto out;
	out->id = sqlite3_last_insert_rowid(s->db);
	r = 0;
out:
	cn_buf_release(&cell);
	cn_arena_release(&mem);
	return r;
}

static int contact(struct cn_store *s, sqlite3_stmt *st, struct cn_contact *c,
    struct cn_arena *mem, struct cn_err *err)
{
	struct cn_str cell = cn_col(st, 3), blind = cn_col(st, 2);
	struct cn_buf plain = { 0 };
	char row[2 * CN_HASH + 1];
	struct cn_str json;
	int r;

	if (blind.n != CN_HASH)
		return cn_fail(err, CN_INTEGRITY, "identifier: bad index");
	c->id = sqlite3_column_int64(st, 0);
	c->leaf = sqlite3_column_int64(st, 1);
	c->created = sqlite3_column_int64(st, 4);
	memcpy(c->blind, blind.p, CN_HASH);
	cn_hex(row, blind.p, CN_HASH);
	r = cn_cell_open(s->keys, &(struct cn_cell_at){ c->leaf, "identifier",
	    row, "cell", 0 }, cell.p, cell.n, &plain, err);
	if (r == 0) {
		json = cn_buf_view(&plain);
		c->kind = cn_json_string(mem, cn_json_get(json, "kind"));
		c->value = cn_json_string(mem, cn_json_get(json, "value"));
		c->name = cn_json_string(mem, cn_json_get(json, "name"));
	}
	cn_buf_wipe(&plain);
	return r;
}

int cn_person_contacts(struct cn_store *s, int64_t person,
    struct cn_arena *mem, struct cn_contact **out, size_t *n,
    struct cn_err *err)
{
	struct cn_contact *v;
	sqlite3_stmt *st;
	int64_t count = 0;
	int r;

	*n = 0;
	if (cn_get(s, err, &count, "SELECT count(*) FROM identifier"
	    " WHERE person = ?", "i", person) < 0)
		return -1;
	v = cn_arena_alloc(mem, (size_t)count * sizeof(*v) + 1);
	st = cn_bind(s, err, "SELECT id, leaf, blind, cell, created"
	    " FROM identifier WHERE person = ? ORDER BY id", "i", person);
	if (st == NULL)
		return -1;
	while (*n < (size_t)count && (r = cn_step(s, st, err)) == 1) {
		if (contact(s, st, &v[*n], mem, err) < 0) {
			sqlite3_reset(st);
			return -1;
		}
		++*n;
	}
	sqlite3_reset(st);
	*out = v;
	return 0;
}
