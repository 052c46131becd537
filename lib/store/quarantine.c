#include "store/quarantine.h"

#include <stdio.h>
#include <string.h>

#include "store/erase.h"
#include "store/sql.h"

/* The chunks behind the first one. */
static int hold(struct cn_store *s, int64_t id, int64_t leaf, const char *pub,
    struct cn_str raw, struct cn_err *err)
{
	struct cn_buf cell = { 0 };
	uint32_t chunk;
	size_t at, n;
	int r = 0;

	for (at = CN_RAW_CHUNK, chunk = 1; at < raw.n && r == 0; at += n) {
		n = raw.n - at < CN_RAW_CHUNK ? raw.n - at : CN_RAW_CHUNK;
		cell.len = 0;
		r = cn_cell_seal(s->keys, &(struct cn_cell_at){ leaf,
		    "quarantine", pub, "cell", chunk }, raw.p + at, n, &cell,
		    err);
		if (r == 0)
			r = cn_do(s, err, "INSERT INTO held VALUES(?, ?)",
			    "ib", id * 4096 + chunk++, cell.p, cell.len);
	}
	cn_buf_release(&cell);
	return r;
}

int cn_quarantine(struct cn_store *s, const char *reason, const char *place,
    const struct cn_location *at, struct cn_str raw, struct cn_err *err)
{
	static const struct cn_location nowhere = { 0 };
	size_t first = raw.n < CN_RAW_CHUNK ? raw.n : CN_RAW_CHUNK;
	struct cn_buf cell = { 0 };
	uint8_t hash[CN_HASH];
	char pub[CN_ID_LEN];
	int64_t leaf, id;
	int r;

	if (cn_message_hash(s, "", raw, hash, err) < 0)
		return -1;
	r = cn_get(s, err, &id, "SELECT id FROM quarantine WHERE hash = ?",
	    "b", hash, sizeof(hash));
	if (r < 0 || cn_erased_message(s, hash))
		return r < 0 ? -1 : 0;
	at = at != NULL ? at : &nowhere;
	/* Where it lies now, so that it is not had from there again. */
	if (r == 1)
		return at->uid == 0 ? 0 : cn_do(s, err, "UPDATE quarantine SET"
		    " folder = ?, uidvalidity = ?, uid = ? WHERE id = ?",
		    "iiii", at->folder, at->uidvalidity, at->uid, id);
	if ((leaf = cn_leaf_take(s, CN_LEAF_QUARANTINE)) < 0)
		return cn_fail(err, CN_INTERNAL, "no leaf at hand");
	cn_id_new(pub, 'q');
	r = cn_cell_seal(s->keys, &(struct cn_cell_at){ leaf, "quarantine",
	    pub, "cell", 0 }, raw.p, first, &cell, err);
	if (r == 0)
		r = cn_do(s, err, "INSERT INTO quarantine(pub, leaf, hash,"
		    " reason, place, received, size, cell, folder,"
		    " uidvalidity, uid, chunks) VALUES(?, ?, ?, ?, ?, ?, ?, ?,"
		    " nullif(?, 0), nullif(?, 0), nullif(?, 0), ?)",
		    "sibssiibiiii", pub, leaf, hash, sizeof(hash), reason,
		    place, cn_store_now(s), (int64_t)raw.n, cell.p, cell.len,
		    at->folder, at->uidvalidity, at->uid,
		    (int64_t)((raw.n + CN_RAW_CHUNK - 1) / CN_RAW_CHUNK));
	cn_buf_release(&cell);
	if (r == 0)
		r = hold(s, sqlite3_last_insert_rowid(s->db), leaf, pub, raw,
		    err);
	return r < 0 ? -1 : 1;
}

static int item(struct cn_store *s, sqlite3_stmt *st,
    struct cn_quarantine_item *q, struct cn_err *err)
{
	int r;

	if (st == NULL || (r = cn_step(s, st, err)) < 0)
		return -1;
	if (r == 0)
		return 0;
	memset(q, 0, sizeof(*q));
	q->id = sqlite3_column_int64(st, 0);
	q->leaf = sqlite3_column_int64(st, 1);
	q->chunks = sqlite3_column_int64(st, 2);
	snprintf(q->pub, sizeof(q->pub), "%s",
	    (const char *)sqlite3_column_text(st, 3));
	snprintf(q->place, sizeof(q->place), "%s",
	    (const char *)sqlite3_column_text(st, 4));
	q->at.folder = sqlite3_column_int64(st, 5);
	q->at.uidvalidity = sqlite3_column_int64(st, 6);
	q->at.uid = sqlite3_column_int64(st, 7);
	q->coming = sqlite3_column_int(st, 8) != 0;
	snprintf(q->reason, sizeof(q->reason), "%s",
	    (const char *)sqlite3_column_text(st, 9));
	sqlite3_reset(st);
	return 1;
}

#define ITEM "SELECT id, leaf, max(chunks, 1), pub, place, folder," \
    " uidvalidity, uid, EXISTS (SELECT 1 FROM pending p WHERE p.pub =" \
    " quarantine.pub), reason FROM quarantine"

int cn_quarantine_find(struct cn_store *s, const char *pub,
    struct cn_quarantine_item *q, struct cn_err *err)
{
	return item(s, cn_bind(s, err, ITEM " WHERE pub = ?", "s", pub), q,
	    err);
}

int cn_quarantine_piece(struct cn_store *s,
    const struct cn_quarantine_item *q, int64_t chunk, struct cn_buf *out,
    struct cn_err *err)
{
	return cn_chunk(s, &(struct cn_chunked){ "quarantine", q->pub, q->id,
	    q->leaf }, chunk, out, err);
}

int cn_quarantine_drop(struct cn_store *s, int64_t id, struct cn_err *err)
{
	if (cn_do(s, err, "DELETE FROM held WHERE id BETWEEN ? AND ?", "ii",
	    id * 4096, id * 4096 + 4095) < 0)
		return -1;
	return cn_do(s, err, "DELETE FROM quarantine WHERE id = ?", "i", id);
}

int cn_quarantine_renew(struct cn_store *s, int64_t id, const char *reason,
    struct cn_err *err)
{
	return cn_do(s, err, "UPDATE quarantine SET reason = ? WHERE id = ?",
	    "si", reason, id);
}
