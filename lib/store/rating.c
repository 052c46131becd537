#include "store/rating.h"

#include <stdio.h>
#include <string.h>

#include "store/audit.h"
#include "store/sql.h"

int cn_rating_hash(struct cn_store *s, const char *text, uint8_t out[CN_HASH],
    struct cn_err *err)
{
	return cn_blind(s->keys, "rating", text, strlen(text), out, err);
}

int cn_rating_known(struct cn_store *s, const uint8_t hash[CN_HASH],
    struct cn_err *err)
{
	int64_t id;

	return cn_get(s, err, &id, "SELECT id FROM rating WHERE hash = ?", "b",
	    hash, (size_t)CN_HASH);
}

static int add(struct cn_store *s, const struct cn_rating *t, const char *pub,
    const struct cn_buf *cell, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, "INSERT INTO rating(pub, hash,"
	    " conversation, person, leaf, time, score, scale, comment)"
	    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?)", "sbiiiiiib", pub, t->hash,
	    (size_t)CN_HASH, t->conversation, t->person, t->leaf, t->time,
	    t->score, t->scale, cell->p, cell->len);

	if (st == NULL)
		return -1;
	if (t->conversation == 0)
		sqlite3_bind_null(st, 3);
	if (t->comment == NULL)
		sqlite3_bind_null(st, 9);
	return cn_step(s, st, err);
}

int cn_rating_add(struct cn_store *s, const struct cn_rating *t,
    struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_buf cell = { 0 };
	const char *channel = NULL;
	char pub[CN_ID_LEN], value[48];
	sqlite3_stmt *st;
	int r = 0;

	cn_id_new(pub, 't');
	if (t->comment != NULL)
		r = cn_cell_seal(s->keys, &(struct cn_cell_at){ t->leaf,
		    "rating", pub, "comment", 0 }, t->comment,
		    strlen(t->comment), &cell, err);
	if (r == 0)
		r = add(s, t, pub, &cell, err);
	if (r == 0 && t->conversation) {
		st = cn_bind(s, err, "SELECT channel FROM conversation"
		    " WHERE id = ?", "i", t->conversation);
		r = st == NULL ? -1 : cn_step(s, st, err);
		if (r == 1)
			channel = cn_col_dup(&mem, st, 0);
		if (st != NULL)
			sqlite3_reset(st);
	}
	snprintf(value, sizeof(value), "%lld/%lld", (long long)t->score,
	    (long long)t->scale);
	if (r >= 0)
		r = cn_event(s, t->time, "rated", t->conversation, 0, channel,
		    value, err);
	cn_buf_release(&cell);
	cn_arena_release(&mem);
	return r;
}

static int from_row(struct cn_store *s, sqlite3_stmt *st, struct cn_rating *t,
    struct cn_arena *mem, struct cn_err *err)
{
	struct cn_str cell = cn_col(st, 5);
	struct cn_buf b = { 0 };
	int r = 0;

	memset(t, 0, sizeof(*t));
	t->pub = cn_col_dup(mem, st, 0);
	t->leaf = sqlite3_column_int64(st, 1);
	t->time = sqlite3_column_int64(st, 2);
	t->score = sqlite3_column_int64(st, 3);
	t->scale = sqlite3_column_int64(st, 4);
	t->conversation_pub = cn_col_dup(mem, st, 6);
	if (cell.n > 0) {
		r = cn_cell_open(s->keys, &(struct cn_cell_at){ t->leaf,
		    "rating", t->pub, "comment", 0 }, cell.p, cell.n, &b, err);
		if (r == 0)
			t->comment = cn_arena_dup(mem, b.p, b.len);
		else
			cn_wrap(err, "rating %s", t->pub);
	}
	cn_buf_wipe(&b);
	return r;
}

int cn_rating_list(struct cn_store *s, int64_t person, struct cn_arena *mem,
    struct cn_rating **out, size_t *n, struct cn_err *err)
{
	int64_t count = 0;
	sqlite3_stmt *st;
	size_t k = 0;
	int r = 0;

	if (cn_get(s, err, &count, "SELECT count(*) FROM rating"
	    " WHERE person = ?", "i", person) < 0)
		return -1;
	*out = cn_arena_alloc(mem, (size_t)count * sizeof(**out) + 1);
	st = cn_bind(s, err, "SELECT r.pub, r.leaf, r.time, r.score, r.scale,"
	    " r.comment, c.pub FROM rating r LEFT JOIN conversation c ON"
	    " c.id = r.conversation WHERE r.person = ? ORDER BY r.time, r.id",
	    "i", person);
	if (st == NULL)
		return -1;
	while (k < (size_t)count && (r = cn_step(s, st, err)) == 1) {
		r = from_row(s, st, &(*out)[k++], mem, err);
		if (r < 0)
			break;
	}
	sqlite3_reset(st);
	*n = k;
	return r < 0 ? -1 : 0;
}
