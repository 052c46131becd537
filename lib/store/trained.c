#include "store/trained.h"

#include <stdlib.h>
#include <string.h>

#include "store/sql.h"

#define CHUNK ((size_t)1 << 20)
#define CHUNKS 4096

int cn_trained_find(struct cn_store *s, const char *kind, struct cn_trained *t,
    struct cn_arena *mem, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, "SELECT id, leaf, kind, name,"
	    " created, labels, until, source, size, torn FROM model WHERE"
	    " kind = ? ORDER BY id DESC LIMIT 1", "s", kind);
	int r;

	if (st == NULL || (r = cn_step(s, st, err)) <= 0)
		return st == NULL ? -1 : r;
	*t = (struct cn_trained){ .id = sqlite3_column_int64(st, 0),
	    .leaf = sqlite3_column_int64(st, 1), .kind = cn_col_dup(mem, st, 2),
	    .name = cn_col_dup(mem, st, 3),
	    .created = sqlite3_column_int64(st, 4),
	    .labels = sqlite3_column_int64(st, 5),
	    .until = sqlite3_column_int64(st, 6),
	    .size = sqlite3_column_int64(st, 8),
	    .torn = sqlite3_column_int(st, 9) != 0 };
	if (cn_col(st, 7).n == CN_HASH)
		memcpy(t->source, cn_col(st, 7).p, CN_HASH);
	sqlite3_reset(st);
	return 1;
}

static struct cn_cell_at place(const struct cn_trained *t, size_t chunk)
{
	return (struct cn_cell_at){ t->leaf, "weights", t->kind, "cell",
	    (uint32_t)chunk };
}

int cn_trained_open(struct cn_store *s, const struct cn_trained *t,
    struct cn_buf *out, struct cn_err *err)
{
	size_t from = out->len, i;
	struct cn_cell_at at;
	struct cn_str cell;
	sqlite3_stmt *st;
	int r = 1;

	for (i = 0; r == 1 && i * CHUNK < (size_t)t->size; i++) {
		st = cn_bind(s, err, "SELECT cell FROM weights WHERE id = ?",
		    "i", t->id * CHUNKS + (int64_t)i);
		if (st == NULL || (r = cn_step(s, st, err)) <= 0)
			return st == NULL ? -1 : r;
		cell = cn_col(st, 0);
		at = place(t, i);
		if (cn_cell_open(s->keys, &at, cell.p, cell.n, out, err) < 0)
			r = err->status == CN_BLOCKED ? 0 : -1;
		sqlite3_reset(st);
	}
	if (r == 1 && out->len - from != (size_t)t->size)
		r = cn_fail(err, CN_INTEGRITY, "its chunks are not whole");
	return r < 0 ? cn_wrap(err, "model %s", t->name) : r;
}

int cn_trained_add(struct cn_store *s, struct cn_trained *t,
    struct cn_str bytes, struct cn_err *err)
{
	struct cn_buf cell = { 0 };
	struct cn_cell_at at;
	size_t i, n;
	int r;

	if ((t->leaf = cn_leaf_take(s, CN_LEAF_MODEL)) < 0)
		return cn_fail(err, CN_INTERNAL, "no leaf at hand");
	t->created = cn_store_now(s);
	t->size = (int64_t)bytes.n;
	r = cn_do(s, err, "INSERT INTO model(leaf, kind, name, created, labels,"
	    " until, source, size) VALUES(?, ?, ?, ?, ?, ?, ?, ?)", "issiiibi",
	    t->leaf, t->kind, t->name, t->created, t->labels, t->until,
	    t->source, (size_t)CN_HASH, t->size);
	t->id = sqlite3_last_insert_rowid(s->db);
	for (i = 0; r == 0 && i * CHUNK < bytes.n; i++) {
		n = bytes.n - i * CHUNK < CHUNK ? bytes.n - i * CHUNK : CHUNK;
		at = place(t, i);
		cell.len = 0;
		r = cn_cell_seal(s->keys, &at, bytes.p + i * CHUNK, n, &cell,
		    err);
		if (r == 0)
			r = cn_do(s, err, "INSERT INTO weights VALUES(?, ?)",
			    "ib", t->id * CHUNKS + (int64_t)i, cell.p,
			    cell.len);
	}
	cn_buf_release(&cell);
	return r;
}

int cn_trained_by(struct cn_store *s, int64_t id, int64_t message,
    struct cn_err *err)
{
	return cn_do(s, err, "INSERT INTO example VALUES(?, ?)", "ii",
	    message, id);
}

int cn_trained_older(struct cn_store *s, const char *kind, bool all,
    struct cn_arena *mem, int64_t **leaves, size_t *n, struct cn_err *err)
{
	sqlite3_stmt *st;
	int64_t count = 0;

	*n = 0;
	if (cn_get(s, err, &count, "SELECT count(*) FROM model", "") < 0)
		return -1;
	*leaves = cn_arena_alloc(mem, ((size_t)count + 1) * sizeof(**leaves));
	st = cn_bind(s, err, "SELECT leaf FROM model WHERE kind = ?1 AND (?2"
	    " OR id < (SELECT max(id) FROM model WHERE kind = ?1))", "si",
	    kind, (int64_t)all);
	return cn_ids(s, st, *leaves, (size_t)count, n, err);
}

int cn_trained_counts(struct cn_store *s, int64_t id, struct cn_arena *mem,
    struct cn_trained_count **out, size_t *n, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, "SELECT l.category, count(*) FROM"
	    " example e JOIN label l ON l.message = e.message WHERE e.model = ?"
	    " AND l.category IS NOT NULL GROUP BY l.category ORDER BY"
	    " l.category", "i", id);
	struct cn_trained_count *v = NULL;
	size_t cap = 0;
	int r;

	*n = 0;
	if (st == NULL)
		return -1;
	while ((r = cn_step(s, st, err)) == 1) {
		if (*n == cap) {
			cap = cap ? cap * 2 : 64;
			v = cn_realloc(v, cap * sizeof(*v));
		}
		v[(*n)++] = (struct cn_trained_count){
		    cn_col_dup(mem, st, 0), sqlite3_column_int64(st, 1) };
	}
	*out = cn_arena_alloc(mem, (*n + 1) * sizeof(**out));
	if (*n > 0)
		memcpy(*out, v, *n * sizeof(*v));
	free(v);
	return r;
}

int cn_trained_doubtful(struct cn_store *s, int64_t id, int64_t after,
    int64_t *ids, size_t max, size_t *n, struct cn_err *err)
{
	/* From the few who limit anything: there is an index of them. */
	sqlite3_stmt *st = cn_bind(s, err, "SELECT m.id FROM person p CROSS"
	    " JOIN message m ON m.person = p.id CROSS JOIN example e ON"
	    " e.message = m.id AND e.model = ? WHERE (p.state != 'live' OR"
	    " p.may != 7) AND m.id > ? ORDER BY m.id LIMIT ?", "iii", id,
	    after, (int64_t)max);

	return cn_ids(s, st, ids, max, n, err);
}

int cn_trained_source(struct cn_store *s, const void *p, size_t n,
    uint8_t out[CN_HASH], struct cn_err *err)
{
	return cn_blind(s->keys, "model", p, n, out, err);
}
