/* Conversations and folders. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "store/erase.h"
#include "store/message.h"
#include "store/sql.h"

int cn_message_ref(struct cn_store *s, const char *mid, int64_t *out,
    struct cn_err *err)
{
	uint8_t h[CN_HASH];

	if (cn_blind(s->keys, "mid", mid, strlen(mid), h, err) < 0)
		return -1;
	memcpy(out, h, sizeof(*out));
	return 0;
}

int cn_conversation_by_ref(struct cn_store *s, int64_t ref, bool own,
    int64_t *conversation, struct cn_err *err)
{
	return cn_get(s, err, conversation, "SELECT m.conversation FROM ref r"
	    " JOIN message m ON m.id = r.message WHERE r.mid = ? AND"
	    " r.own >= ? ORDER BY m.id LIMIT 1", "ii", ref, (int64_t)own);
}

int cn_conversation_answering(struct cn_store *s, int64_t ref,
    int64_t *conversation, struct cn_err *err)
{
	return cn_get(s, err, conversation, "SELECT m.conversation FROM ref r"
	    " JOIN message m ON m.id = r.message WHERE r.mid = ? AND"
	    " r.own = 0 ORDER BY m.id LIMIT 1", "i", ref);
}

int cn_conversation_owner(struct cn_store *s, int64_t conversation,
    int64_t *person, int64_t *leaf, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, "SELECT i.person, i.leaf FROM"
	    " conversation c JOIN identifier i ON i.person = c.person"
	    " WHERE c.id = ? ORDER BY i.id LIMIT 1", "i", conversation);
	int r;

	if (st == NULL || (r = cn_step(s, st, err)) < 0)
		return -1;
	if (r == 1) {
		*person = sqlite3_column_int64(st, 0);
		*leaf = sqlite3_column_int64(st, 1);
	}
	sqlite3_reset(st);
	return r;
}

int64_t cn_leaf_orphan(struct cn_store *s)
{
	return cn_leaf_take(s, CN_LEAF_MESSAGE);
}

int cn_conversation_key(struct cn_store *s, const char *chat,
    uint8_t key[CN_HASH], struct cn_err *err)
{
	return cn_blind(s->keys, "chat", chat, strlen(chat), key, err);
}

int cn_conversation_by_key(struct cn_store *s, const uint8_t key[CN_HASH],
    int64_t *conversation, struct cn_err *err)
{
	return cn_get(s, err, conversation,
	    "SELECT id FROM conversation WHERE key = ?", "b", key,
	    (size_t)CN_HASH);
}

int cn_conversation_find(struct cn_store *s, const char *name, int64_t *id,
    struct cn_err *err)
{
	return cn_get(s, err, id, "SELECT id FROM conversation WHERE pub = ?1"
	    " OR CAST(id AS TEXT) = ?1", "s", name);
}

int cn_conversation_add(struct cn_store *s, int64_t person,
    const char *channel, const uint8_t *key, int64_t now, int64_t *id,
    struct cn_err *err)
{
	char pub[CN_ID_LEN];
	sqlite3_stmt *st;

	cn_id_new(pub, 'c');
	st = cn_bind(s, err, "INSERT INTO conversation(pub, person, channel,"
	    " status, key, created, updated) VALUES(?, ?, ?, 'open', ?, ?, ?)",
	    "sisbii", pub, person, channel, key, (size_t)(key ? CN_HASH : 0),
	    now, now);
	if (st == NULL)
		return -1;
	if (person == 0)
		sqlite3_bind_null(st, 2);
	if (key == NULL)
		sqlite3_bind_null(st, 4);
	if (cn_step(s, st, err) < 0)
		return -1;
	*id = sqlite3_last_insert_rowid(s->db);
	return 0;
}

int cn_conversation_messages(struct cn_store *s, int64_t conversation,
    struct cn_arena *mem, int64_t **ids, size_t *n, struct cn_err *err)
{
	int64_t count = 0;
	sqlite3_stmt *st;

	*n = 0;
	if (cn_get(s, err, &count, "SELECT count(*) FROM message WHERE"
	    " conversation = ?", "i", conversation) < 0)
		return -1;
	*ids = cn_arena_alloc(mem, (size_t)count * sizeof(**ids) + 1);
	st = cn_bind(s, err, "SELECT id FROM message WHERE conversation = ?"
	    " ORDER BY date, id", "i", conversation);
	return cn_ids(s, st, *ids, (size_t)count, n, err);
}

/* However long a conversation is, so many that came in around it. */
#define NEAR "50"
#define SIDE(than, order) "SELECT b.id, b.person, b.direction, b.date," \
	" b.automatic, b.spam, b.category FROM message m JOIN message b ON" \
	" b.conversation = m.conversation WHERE m.id = ?1 AND b.id " than \
	" m.id ORDER BY b.id" order " LIMIT " NEAR

int cn_message_before(struct cn_store *s, int64_t id, struct cn_before *v,
    size_t max, size_t *n, struct cn_arena *mem, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, "SELECT b.id, coalesce(l.category,"
	    " b.category) FROM message m JOIN (SELECT * FROM (" SIDE("<",
	    " DESC") ") UNION ALL SELECT * FROM (" SIDE(">", "") ")) b LEFT"
	    " JOIN label l ON l.message = b.id WHERE m.id = ?1 AND b.person ="
	    " m.person AND b.direction = 'in' AND (b.date, b.id) < (m.date,"
	    " m.id) AND coalesce(b.automatic, 0) = 0 AND coalesce(l.spam,"
	    " b.spam, 0) = 0 ORDER BY b.date DESC, b.id DESC LIMIT ?2", "ii",
	    id, (int64_t)max);
	int r = 0;

	*n = 0;
	if (st == NULL)
		return -1;
	while (*n < max && (r = cn_step(s, st, err)) == 1) {
		v[*n].id = sqlite3_column_int64(st, 0);
		v[(*n)++].category = cn_col_dup(mem, st, 1);
	}
	sqlite3_reset(st);
	return r < 0 ? -1 : 0;
}

int cn_conversation_spoken(struct cn_store *s, size_t answers,
    struct cn_spoken **out, size_t *n, int64_t *oldest, struct cn_err *err)
{
	struct cn_spoken *v = NULL;
	size_t k = 0, cap = 0;
	sqlite3_stmt *st;
	int r = cn_get(s, err, oldest, "SELECT coalesce(min(id), 0) FROM"
	    " (SELECT id FROM message WHERE direction = 'out' AND"
	    " coalesce(automatic, 0) = 0 ORDER BY id DESC LIMIT ?)", "i",
	    (int64_t)answers);

	st = r < 0 ? NULL : cn_bind(s, err, "SELECT m.id, m.conversation,"
	    " m.person, m.shard, m.direction = 'out' FROM message m WHERE"
	    " coalesce(m.automatic, 0) = 0 AND m.conversation IN (SELECT"
	    " conversation FROM message WHERE id >= ? AND direction = 'out'"
	    " AND coalesce(automatic, 0) = 0) ORDER BY m.conversation,"
	    " m.date, m.id", "i", *oldest);
	while (st != NULL && (r = cn_step(s, st, err)) == 1) {
		if (k == cap) {
			cap = cap ? cap * 2 : 1024;
			v = cn_realloc(v, cap * sizeof(*v));
		}
		v[k++] = (struct cn_spoken){ sqlite3_column_int64(st, 0),
		    sqlite3_column_int64(st, 1), sqlite3_column_int64(st, 2),
		    (uint32_t)sqlite3_column_int64(st, 3),
		    sqlite3_column_int(st, 4) != 0 };
	}
	if (st == NULL || r < 0) {
		free(v);
		return -1;
	}
	*out = v;
	*n = k;
	return 0;
}

/* --- folders --- */

static int account(struct cn_store *s, const char *name, int64_t *id,
    int64_t *leaf, struct cn_err *err)
{
	struct cn_buf cell = { 0 };
	uint8_t blind[CN_HASH];
	char row[2 * CN_HASH + 1];
	sqlite3_stmt *st;
	int r;

	if (cn_blind(s->keys, "account", name, strlen(name), blind, err) < 0)
		return -1;
	st = cn_bind(s, err, "SELECT id, leaf FROM account WHERE blind = ?",
	    "b", blind, sizeof(blind));
	if (st == NULL || (r = cn_step(s, st, err)) < 0)
		return -1;
	if (r == 1) {
		*id = sqlite3_column_int64(st, 0);
		*leaf = sqlite3_column_int64(st, 1);
		sqlite3_reset(st);
		return 0;
	}
	*leaf = cn_leaf_take(s, CN_LEAF_ACCOUNT);
	cn_hex(row, blind, CN_HASH);
	if (*leaf < 0)
		return cn_fail(err, CN_INTERNAL, "no leaf at hand");
	r = cn_cell_seal(s->keys, &(struct cn_cell_at){ *leaf, "account", row,
	    "cell", 0 }, name, strlen(name), &cell, err);
	if (r == 0)
		r = cn_do(s, err, "INSERT INTO account(leaf, blind, cell,"
		    " created) VALUES(?, ?, ?, ?)", "ibbi", *leaf, blind,
		    sizeof(blind), cell.p, cell.len, cn_store_now(s));
	if (r == 0)
		*id = sqlite3_last_insert_rowid(s->db);
	cn_buf_release(&cell);
	return r;
}

int cn_folder_blind(struct cn_store *s, const char *kind, const char *owner,
    const char *name, uint8_t blind[CN_HASH], struct cn_err *err)
{
	struct cn_buf key = { 0 };
	int r;

	cn_buf_fmt(&key, "%s%c%s", owner, '\1', name);
	r = cn_blind(s->keys, kind, key.p, key.len, blind, err);
	cn_buf_wipe(&key);
	return r;
}

int cn_folder_find(struct cn_store *s, const char *acc, const char *name,
    int64_t *id, struct cn_err *err)
{
	uint8_t blind[CN_HASH];

	if (cn_folder_blind(s, "folder", acc, name, blind, err) < 0)
		return -1;
	return cn_get(s, err, id, "SELECT id FROM folder WHERE blind = ?", "b",
	    blind, sizeof(blind));
}

int cn_folder(struct cn_store *s, const char *acc, const char *name,
    int64_t *id, struct cn_err *err)
{
	struct cn_buf cell = { 0 };
	uint8_t blind[CN_HASH];
	char pub[CN_ID_LEN];
	int64_t account_id = 0, leaf = 0;
	int r = cn_folder_find(s, acc, name, id, err);

	if (r != 0)
		return r < 0 ? -1 : 0;
	if (cn_folder_blind(s, "folder", acc, name, blind, err) < 0)
		return -1;
	if (account(s, acc, &account_id, &leaf, err) < 0)
		return -1;
	cn_id_new(pub, 'f');
	r = cn_cell_seal(s->keys, &(struct cn_cell_at){ leaf, "folder", pub,
	    "cell", 0 }, name, strlen(name), &cell, err);
	if (r == 0)
		r = cn_do(s, err, "INSERT INTO folder(pub, account, blind,"
		    " cell) VALUES(?, ?, ?, ?)", "sibb", pub, account_id,
		    blind, sizeof(blind), cell.p, cell.len);
	if (r == 0)
		*id = sqlite3_last_insert_rowid(s->db);
	cn_buf_release(&cell);
	return r;
}
