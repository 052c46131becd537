#include "store/pieces.h"

#include <stdio.h>
#include <string.h>

#include "store/erase.h"
#include "store/quarantine.h"
#include "store/sql.h"

bool cn_pieces_refused(const struct cn_pieces *p)
{
	return p->pub[0] == 'q';
}

bool cn_pieces_whole(const struct cn_pieces *p)
{
	return p->chunks > 0 && p->size % CN_RAW_CHUNK != 0 &&
	    p->size / CN_RAW_CHUNK == p->chunks - 1;
}

static struct cn_chunked chunks(const struct cn_pieces *p)
{
	return (struct cn_chunked){ cn_pieces_refused(p) ? "quarantine" :
	    "raw", p->pub, p->number, p->leaf };
}

static int row(struct cn_store *s, sqlite3_stmt *st, struct cn_pieces *p,
    struct cn_err *err)
{
	int r;

	if (st == NULL || (r = cn_step(s, st, err)) <= 0)
		return st == NULL ? -1 : r;
	memset(p, 0, sizeof(*p));
	p->id = sqlite3_column_int64(st, 0);
	p->at.folder = sqlite3_column_int64(st, 1);
	p->at.uidvalidity = sqlite3_column_int64(st, 2);
	p->at.uid = sqlite3_column_int64(st, 3);
	p->size = sqlite3_column_int64(st, 4);
	p->leaf = sqlite3_column_int64(st, 5);
	p->number = sqlite3_column_int64(st, 6);
	snprintf(p->pub, sizeof(p->pub), "%s",
	    (const char *)sqlite3_column_text(st, 7));
	p->chunks = sqlite3_column_int64(st, 8);
	p->turn = sqlite3_column_int64(st, 9);
	sqlite3_reset(st);
	return 1;
}

#define ROW "SELECT id, folder, uidvalidity, uid, size, leaf, number, pub," \
    " chunks, turn FROM pending WHERE pub IS NOT NULL AND "

int cn_pieces_find(struct cn_store *s, const struct cn_location *at,
    struct cn_pieces *p, struct cn_err *err)
{
	return row(s, cn_bind(s, err, ROW "folder = ? AND uidvalidity = ? AND"
	    " uid = ?", "iii", at->folder, at->uidvalidity, at->uid), p, err);
}

int cn_pieces_load(struct cn_store *s, int64_t id, struct cn_pieces *p,
    struct cn_err *err)
{
	return row(s, cn_bind(s, err, ROW "id = ?", "i", id), p, err);
}

int cn_pieces_seal(struct cn_store *s, const struct cn_pieces *p,
    struct cn_str piece, struct cn_buf *cell, struct cn_err *err)
{
	struct cn_chunked c = chunks(p);

	if (piece.n > CN_RAW_CHUNK || p->chunks > 4095)
		return cn_fail(err, CN_PARTIAL, "larger than 4 GiB");
	return cn_cell_seal(s->keys, &(struct cn_cell_at){ c.leaf, c.table,
	    c.row, "cell", (uint32_t)p->chunks }, piece.p, piece.n, cell, err);
}

int cn_pieces_read(struct cn_store *s, const struct cn_pieces *p,
    int64_t chunk, struct cn_buf *out, struct cn_err *err)
{
	struct cn_chunked c = chunks(p);

	return cn_chunk(s, &c, chunk, out, err);
}

/* --- writing --- */

/* AUTOINCREMENT gives it to nobody else. */
static int message_number(struct cn_store *s, int64_t *number,
    struct cn_err *err)
{
	if (cn_do(s, err, "UPDATE sqlite_sequence SET seq = seq + 1 WHERE"
	    " name = 'message'", "") < 0)
		return -1;
	if (sqlite3_changes(s->db) == 0 && cn_do(s, err, "INSERT INTO"
	    " sqlite_sequence(name, seq) VALUES('message', 1)", "") < 0)
		return -1;
	return cn_get(s, err, number, "SELECT seq FROM sqlite_sequence WHERE"
	    " name = 'message'", "") < 0 ? -1 : 0;
}

int cn_pieces_begin(struct cn_store *s, struct cn_pieces *p,
    struct cn_err *err)
{
	cn_id_new(p->pub, p->leaf ? 'm' : 'q');
	p->number = p->chunks = 0;
	if (p->leaf && message_number(s, &p->number, err) < 0)
		return -1;
	if (p->leaf == 0)
		p->leaf = cn_leaf_take(s, CN_LEAF_QUARANTINE);
	if (p->leaf < 0)
		return cn_fail(err, CN_INTERNAL, "no leaf at hand");
	if (cn_do(s, err, "INSERT INTO pending(folder, uidvalidity, uid,"
	    " size, since, tries, pub, leaf, number, chunks)"
	    " VALUES(?, ?, ?, ?, ?, 0, ?, ?, ?, 0) ON CONFLICT DO UPDATE SET"
	    " size = excluded.size, pub = excluded.pub, leaf = excluded.leaf,"
	    " number = excluded.number, chunks = 0", "iiiiisii",
	    p->at.folder, p->at.uidvalidity, p->at.uid, p->size,
	    cn_store_now(s), p->pub, p->leaf, p->number) < 0)
		return -1;
	return cn_get(s, err, &p->id, "SELECT id FROM pending WHERE pub = ?",
	    "s", p->pub) < 0 ? -1 : 0;
}

/* An item's row is there from its first chunk on; the hash that it will have
 * is not known yet. */
static int put_item(struct cn_store *s, struct cn_pieces *p,
    struct cn_str cell, const char *place, const char *reason,
    struct cn_err *err)
{
	uint8_t hash[CN_HASH];

	if (p->chunks > 0)
		return cn_do(s, err, "INSERT INTO held VALUES(?, ?)", "ib",
		    p->number * 4096 + p->chunks, cell.p, cell.n);
	if (cn_blind(s->keys, "item", p->pub, strlen(p->pub), hash, err) < 0 ||
	    cn_do(s, err, "INSERT INTO quarantine(pub, leaf, hash, reason,"
	    " place, received, size, cell) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
	    "sibssiib", p->pub, p->leaf, hash, sizeof(hash), reason, place,
	    cn_store_now(s), p->size, cell.p, cell.n) < 0)
		return -1;
	p->number = sqlite3_last_insert_rowid(s->db);
	return cn_do(s, err, "UPDATE pending SET number = ? WHERE id = ?",
	    "ii", p->number, p->id);
}

/* A mail is longer than it was said to be as long as its last chunk is full:
 * then its size is not that of a whole one. */
static int64_t size_now(const struct cn_pieces *p, size_t n)
{
	int64_t here = p->chunks * CN_RAW_CHUNK + (int64_t)n;

	return n < CN_RAW_CHUNK || here > p->size ? here : p->size;
}

int cn_pieces_put(struct cn_store *s, struct cn_pieces *p, struct cn_str cell,
    size_t n, const char *place, const char *reason, struct cn_err *err)
{
	struct cn_pieces now;
	int r = cn_pieces_load(s, p->id, &now, err);

	if (r <= 0 || now.chunks != p->chunks || now.leaf != p->leaf ||
	    now.turn != p->turn)
		return r < 0 ? -1 : 0;
	r = cn_pieces_refused(p) ? put_item(s, p, cell, place, reason, err) :
	    cn_do(s, err, "INSERT INTO raw VALUES(?, ?)", "ib",
	    p->number * 4096 + p->chunks, cell.p, cell.n);
	p->size = size_now(p, n);
	p->chunks++;
	if (r == 0)
		r = cn_do(s, err, "UPDATE pending SET chunks = ?, size = ?,"
		    " tries = 0 WHERE id = ?", "iii", p->chunks, p->size, p->id);
	return r < 0 ? -1 : 1;
}

int cn_pieces_done(struct cn_store *s, const struct cn_pieces *p,
    struct cn_err *err)
{
	return cn_do(s, err, "DELETE FROM pending WHERE id = ?", "i", p->id);
}

int cn_pieces_keep(struct cn_store *s, const struct cn_pieces *p,
    const uint8_t hash[CN_HASH], struct cn_err *err)
{
	bool local = p->at.uid < 0;
	int64_t id;
	int r = cn_get(s, err, &id, "SELECT id FROM quarantine WHERE hash = ?",
	    "b", hash, (size_t)CN_HASH);

	if (r != 0 || cn_erased_message(s, hash))
		return r < 0 || cn_pieces_drop(s, p, err) < 0 ? -1 : 0;
	if (cn_do(s, err, "UPDATE quarantine SET hash = ?, size = ?, chunks ="
	    " ?, folder = ?, uidvalidity = nullif(?, 0), uid = nullif(?, 0)"
	    " WHERE id = ?", "biiiiii", hash, (size_t)CN_HASH, p->size,
	    p->chunks, p->at.folder, local ? (int64_t)0 : p->at.uidvalidity,
	    local ? (int64_t)0 : p->at.uid, p->number) < 0)
		return -1;
	return cn_pieces_done(s, p, err) < 0 ? -1 : 1;
}

int cn_pieces_cut(struct cn_store *s, struct cn_pieces *p, int64_t n,
    struct cn_err *err)
{
	int64_t first = p->number * 4096 + n, last = p->number * 4096 + 4095;

	if ((cn_pieces_refused(p) ?
	    cn_do(s, err, "DELETE FROM held WHERE id BETWEEN ? AND ?", "ii",
	    first, last) :
	    cn_do(s, err, "DELETE FROM raw WHERE id BETWEEN ? AND ?", "ii",
	    first, last)) < 0)
		return -1;
	p->chunks = n;
	p->size = n * CN_RAW_CHUNK;
	p->turn++;
	return cn_do(s, err, "UPDATE pending SET chunks = ?, size = ?, turn ="
	    " turn + 1 WHERE id = ?", "iii", p->chunks, p->size, p->id);
}

int cn_pieces_drop(struct cn_store *s, const struct cn_pieces *p,
    struct cn_err *err)
{
	int r = cn_pieces_refused(p) ? cn_quarantine_drop(s, p->number, err) :
	    cn_do(s, err, "DELETE FROM raw WHERE id BETWEEN ? AND ?", "ii",
	    p->number * 4096, p->number * 4096 + 4095);

	return r < 0 ? -1 : cn_pieces_done(s, p, err);
}

int cn_pieces_gone(struct cn_store *s, int64_t folder, int64_t low,
    int64_t high, int64_t first, int64_t last, struct cn_err *err)
{
	struct cn_pieces p;
	int r;

	while ((r = row(s, cn_bind(s, err, ROW "folder = ? AND uidvalidity"
	    " BETWEEN ? AND ? AND uid BETWEEN ? AND ? LIMIT 1", "iiiii",
	    folder, low, high, first, last), &p, err)) == 1)
		if (cn_pieces_drop(s, &p, err) < 0)
			return -1;
	return r;
}

int cn_pieces_sweep(struct cn_store *s, int64_t before, struct cn_err *err)
{
	struct cn_pieces p;
	int r;

	while ((r = row(s, cn_bind(s, err, ROW "uid < 0 AND since < ? LIMIT 1",
	    "i", before), &p, err)) == 1)
		if (cn_pieces_drop(s, &p, err) < 0)
			return -1;
	return r;
}

int cn_pieces_owner(struct cn_store *s, const struct cn_pieces *p,
    int64_t *person, struct cn_err *err)
{
	return cn_get(s, err, person, "SELECT person FROM identifier WHERE"
	    " leaf = ?", "i", p->leaf);
}
