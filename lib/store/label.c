#include "store/label.h"

#include <string.h>

#include "store/mailbox.h"
#include "store/sql.h"

#define COLUMNS "message, category, spam, time"

static void take(sqlite3_stmt *st, struct cn_label *l, struct cn_arena *mem)
{
	l->message = sqlite3_column_int64(st, 0);
	l->category = cn_col_dup(mem, st, 1);
	l->spam = sqlite3_column_type(st, 2) == SQLITE_NULL ? -1 :
	    sqlite3_column_int(st, 2);
	l->time = sqlite3_column_int64(st, 3);
}

int cn_label_get(struct cn_store *s, int64_t message, struct cn_label *l,
    struct cn_arena *mem, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, "SELECT " COLUMNS " FROM label"
	    " WHERE message = ?", "i", message);
	int r;

	if (st == NULL || (r = cn_step(s, st, err)) < 0)
		return -1;
	if (r == 1)
		take(st, l, mem);
	sqlite3_reset(st);
	return r;
}

int cn_label_list(struct cn_store *s, int64_t after, struct cn_label *v,
    size_t max, size_t *n, struct cn_arena *mem, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, "SELECT " COLUMNS " FROM label"
	    " WHERE message > ? ORDER BY message LIMIT ?", "ii", after,
	    (int64_t)max);
	int r = 0;

	*n = 0;
	if (st == NULL)
		return -1;
	while (*n < max && (r = cn_step(s, st, err)) == 1)
		take(st, &v[(*n)++], mem);
	sqlite3_reset(st);
	return r < 0 ? -1 : 0;
}

int cn_label_count(struct cn_store *s, int64_t *n, struct cn_err *err)
{
	return cn_get(s, err, n, "SELECT count(*) FROM label WHERE category IS"
	    " NOT NULL", "") < 0 ? -1 : 0;
}

static bool same(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

/* Who said so is sealed under the key of the message's owner. */
static int put(struct cn_store *s, const struct cn_label *l,
    const char *source, struct cn_err *err)
{
	struct cn_buf cell = { 0 };
	char pub[CN_ID_LEN];
	int64_t leaf, chunks;
	sqlite3_stmt *st;
	int r = -1;

	if (cn_message_sealed(s, l->message, pub, &leaf, &chunks, err) == 0 &&
	    cn_cell_seal(s->keys, &(struct cn_cell_at){ leaf, "label", pub,
	    "who", 0 }, s->run->actor, strlen(s->run->actor), &cell,
	    err) == 0) {
		st = cn_bind(s, err, "INSERT OR REPLACE INTO label(message,"
		    " category, spam, source, time, who) VALUES(?, ?, ?, ?, ?,"
		    " ?)", "isisib", l->message, l->category, (int64_t)l->spam,
		    source, l->time, cell.p, cell.len);
		if (st != NULL && l->spam < 0)
			sqlite3_bind_null(st, 3);
		r = st == NULL ? -1 : cn_step(s, st, err);
	}
	cn_buf_release(&cell);
	return r;
}

int cn_label_set(struct cn_store *s, int64_t message,
    const struct cn_label_set *to, struct cn_err *err)
{
	const char *source = to->by_folder ? "folder" : "hand";
	struct cn_label was = { .spam = -1 }, now;
	struct cn_arena mem = { 0 };
	int64_t by_hand = 0;
	int r = cn_label_get(s, message, &was, &mem, err);

	if (r == 1)
		r = cn_get(s, err, &by_hand, "SELECT source = 'hand' FROM"
		    " label WHERE message = ?", "i", message);
	now = was;
	now.message = message;
	now.time = cn_store_now(s);
	if (to->has_category)
		now.category = to->category;
	if (to->has_spam)
		now.spam = to->spam;
	if (r < 0)
		goto out;
	if ((to->by_folder && by_hand) || (same(now.category, was.category) &&
	    now.spam == was.spam && (to->by_folder || by_hand || r == 0)))
		r = 0;
	else if (now.category == NULL && now.spam < 0)
		r = cn_do(s, err, "DELETE FROM label WHERE message = ?", "i",
		    message) < 0 ? -1 : 1;
	else
		r = put(s, &now, source, err) < 0 ? -1 : 1;
	/* What the store has as its class is not so any more, nor as that of
	 * what goes on with it. */
	if (r == 1 && cn_do(s, err, "UPDATE message SET classified = NULL"
	    " WHERE id IN (SELECT b.id FROM message m JOIN message b ON"
	    " b.conversation = m.conversation WHERE m.id = ? AND (b.id = m.id"
	    " OR (b.person = m.person AND b.direction = 'in' AND"
	    " (b.date, b.id) > (m.date, m.id))))", "i", message) < 0)
		r = -1;
out:
	cn_arena_release(&mem);
	return r;
}

int cn_label_folder(struct cn_store *s, const char *name, int64_t after,
    int64_t *ids, size_t max, size_t *n, struct cn_err *err)
{
	struct cn_buf sql = { 0 }, in = { 0 };
	sqlite3_stmt *st;
	int r = -1;

	*n = 0;
	if (cn_mailbox_named(s, "mailbox", name, &in, err) < 0 ||
	    cn_mailbox_named(s, "label", name, &in, err) < 0)
		goto out;
	if (in.len == 0) {
		cn_fail(err, CN_USAGE, "no such folder or label");
		r = cn_hint(err, "one of a Maildir is /full/path/NAME");
		goto out;
	}
	cn_buf_fmt(&sql, "SELECT DISTINCT l.message FROM location l JOIN"
	    " message m ON m.id = l.message WHERE l.message > %lld AND"
	    " m.direction = 'in' AND l.folder IN (%s) ORDER BY l.message LIMIT"
	    " %zu", (long long)after, in.p + 1, max);
	if ((st = cn_sql_once(s, sql.p, err)) == NULL)
		goto out;
	while ((r = sqlite3_step(st)) == SQLITE_ROW)
		ids[(*n)++] = sqlite3_column_int64(st, 0);
	r = r == SQLITE_DONE ? 0 : cn_sql_fail(s, err, "folder");
	sqlite3_finalize(st);
out:
	cn_buf_release(&sql);
	cn_buf_release(&in);
	return r;
}

int cn_label_doubtful(struct cn_store *s, int64_t *ids, size_t max, size_t *n,
    struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, "SELECT m.id FROM message m WHERE"
	    " direction = 'in' AND class IS NOT NULL AND coalesce(automatic, 0)"
	    " = 0 AND coalesce(spam, 0) = 0 AND NOT EXISTS(SELECT 1 FROM label"
	    " l WHERE l.message = m.id AND (l.category IS NOT NULL OR l.spam ="
	    " 1)) ORDER BY abstained DESC, confidence, id LIMIT ?", "i",
	    (int64_t)max);

	return cn_ids(s, st, ids, max, n, err);
}

int cn_label_latest(struct cn_store *s, int64_t *ids, size_t max, size_t *n,
    struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, "SELECT message FROM label WHERE"
	    " category IS NOT NULL ORDER BY time DESC, message DESC LIMIT ?",
	    "i", (int64_t)max);

	return cn_ids(s, st, ids, max, n, err);
}
