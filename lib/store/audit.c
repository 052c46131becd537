#include "store/audit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/file.h"
#include "base/json.h"
#include "base/times.h"
#include "store/sql.h"

void cn_audit_name(int64_t leaves[CN_AUDIT_NAMED], size_t *n, int64_t leaf)
{
	size_t i;

	for (i = 0; i < *n; i++)
		if (leaves[i] == leaf)
			return;
	if (*n < CN_AUDIT_NAMED)
		leaves[(*n)++] = leaf;
}

static int64_t month_leaf(int64_t t)
{
	int y, m, d;

	cn_civil(t / 86400, &y, &m, &d);
	return CN_LEAF(CN_LEAF_AUDIT, y * 12 + m - 1);
}

static int subjects(struct cn_store *s, const struct cn_audit_entry *e,
    struct cn_buf *b, struct cn_err *err)
{
	uint8_t h[CN_HASH];
	char hex[2 * CN_HASH + 1];
	size_t i, n = 0;

	if (e->nleaves == 0)
		return 0;
	cn_json_key(b, "subjects");
	cn_buf_ch(b, '[');
	for (i = 0; i < e->nleaves && i < CN_AUDIT_NAMED; i++) {
		if (cn_leaf_prf(s->keys, e->leaves[i], "audit", "", 0, h,
		    err) < 0) {
			/* Erased since we looked: nobody to name any more. */
			if (err->status == CN_BLOCKED)
				continue;
			return -1;
		}
		cn_hex(hex, h, 8);
		cn_buf_fmt(b, "%s\"%s\"", n++ ? "," : "", hex);
	}
	cn_buf_ch(b, ']');
	return 0;
}

static void digest(uint8_t out[CN_SHA], struct cn_str prev, struct cn_str entry,
    struct cn_str ssh)
{
	struct cn_sha *sha = cn_sha_new();
	uint64_t len[2] = { entry.n, ssh.n };

	cn_sha_add(sha, prev.p, prev.n);
	cn_sha_add(sha, len, sizeof(len));
	cn_sha_add(sha, entry.p, entry.n);
	cn_sha_add(sha, ssh.p, ssh.n);
	cn_sha_end(sha, out);
}

static int check_anchor(struct cn_store *s, struct cn_err *err);

/* The next anchor covers up that the chain had lost its end, as a store from
 * yesterday's backup has: so the first entry that we write says it. */
static void tell_cut(struct cn_store *s, int64_t id, struct cn_buf *b)
{
	struct cn_err why;

	if (!s->audited && id > 1 && check_anchor(s, &why) == 1)
		cn_json_kv(b, "found", why.msg);
}

int cn_audit(struct cn_store *s, const struct cn_audit_entry *e,
    struct cn_err *err)
{
	const struct cn_run *run = s->run;
	struct cn_buf b = { 0 }, ssh = { 0 };
	uint8_t prev[CN_SHA] = { 0 }, hash[CN_SHA], sig[CN_SIG];
	int64_t id = 1, now = run->clock();
	char t[CN_TIME_LEN], row[24];
	sqlite3_stmt *st;
	int r;

	st = cn_bind(s, err,
	    "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1", "");
	if (st == NULL || (r = cn_step(s, st, err)) < 0)
		return -1;
	if (r == 1) {
		id = sqlite3_column_int64(st, 0) + 1;
		if (cn_col(st, 1).n == CN_SHA)
			memcpy(prev, cn_col(st, 1).p, CN_SHA);
		sqlite3_reset(st);
	}
	cn_buf_ch(&b, '{');
	cn_json_kvi(&b, "n", id);
	cn_json_kv(&b, "time", cn_time_fmt(t, now));
	cn_json_kv(&b, "actor", run->actor);
	cn_json_kv(&b, "slot", cn_keys_slot(s->keys));
	cn_json_kv(&b, "host", run->host);
	cn_json_kv(&b, "tty", run->tty);
	cn_json_kv(&b, "command", run->command);
	cn_json_kv(&b, "options", run->options);
	cn_json_kv(&b, "what", e->what);
	if (e->purpose != NULL)
		cn_json_kv(&b, "purpose", e->purpose);
	if (e->count != 0)
		cn_json_kvi(&b, "count", e->count);
	tell_cut(s, id, &b);
	r = subjects(s, e, &b, err);
	cn_buf_ch(&b, '}');
	snprintf(row, sizeof(row), "%lld", (long long)id);
	if (r == 0 && run->ssh != NULL)
		r = cn_cell_seal(s->keys, &(struct cn_cell_at){ month_leaf(now),
		    "audit", row, "ssh", 0 }, run->ssh, strlen(run->ssh), &ssh,
		    err);
	if (r == 0) {
		digest(hash, (struct cn_str){ (char *)prev, CN_SHA },
		    cn_buf_view(&b), cn_buf_view(&ssh));
		r = cn_slot_sign(s->keys, hash, CN_SHA, sig, err);
	}
	if (r == 0)
		r = cn_do(s, err, "INSERT INTO audit VALUES(?,?,?,?,?,?,?)",
		    "iisbsbb", id, now, b.p, ssh.len ? ssh.p : NULL, ssh.len,
		    cn_keys_slot(s->keys), hash, sizeof(hash), sig, sizeof(sig));
	s->audited |= r == 0;
	cn_buf_release(&b);
	cn_buf_release(&ssh);
	return r;
}

int cn_audit_now(struct cn_store *s, const struct cn_audit_entry *e,
    struct cn_err *err)
{
	if (cn_store_begin(s, err) < 0)
		return -1;
	if (cn_audit(s, e, err) < 0) {
		cn_store_rollback(s);
		return -1;
	}
	return cn_store_commit(s, err);
}

/* --- the anchor: 'n hash slot signature', one line --- */

static int newest(struct cn_store *s, int64_t *id, uint8_t hash[CN_SHA],
    struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err,
	    "SELECT id, hash FROM audit ORDER BY id DESC LIMIT 1", "");
	int r;

	*id = 0;
	if (st == NULL || (r = cn_step(s, st, err)) < 0)
		return -1;
	if (r == 1 && cn_col(st, 1).n == CN_SHA) {
		*id = sqlite3_column_int64(st, 0);
		memcpy(hash, cn_col(st, 1).p, CN_SHA);
	}
	sqlite3_reset(st);
	return 0;
}

static void anchor_text(struct cn_buf *b, int64_t id, const uint8_t *hash,
    const char *slot)
{
	char hex[2 * CN_SHA + 1];

	cn_hex(hex, hash, CN_SHA);
	cn_buf_fmt(b, "cn-anchor-1 %lld %s %s", (long long)id, hex, slot);
}

void cn_audit_anchor(struct cn_store *s)
{
	char hex[2 * CN_SIG + 1];
	uint8_t hash[CN_SHA], sig[CN_SIG];
	struct cn_arena mem = { 0 };
	struct cn_buf b = { 0 };
	struct cn_err err;
	int64_t id;

	/* Two commands may end at once: the newest chain wins. */
	if (cn_keys_lock(s->keys, 1000, &err) < 0)
		return;
	if (newest(s, &id, hash, &err) == 0 && id > 0) {
		anchor_text(&b, id, hash, cn_keys_slot(s->keys));
		if (cn_slot_sign(s->keys, b.p, b.len, sig, &err) == 0) {
			cn_hex(hex, sig, CN_SIG);
			cn_buf_fmt(&b, " %s\n", hex);
			if (cn_file_replace(cn_path(&mem, cn_keys_dir(s->keys),
			    "anchor"), b.p, b.len, 0600, &err) == 0)
				s->audited = false;
		}
	}
	cn_keys_unlock(s->keys);
	cn_buf_release(&b);
	cn_arena_release(&mem);
}

/* 0 the chain reaches the anchor, 1 it does not, -1. */
static int check_anchor(struct cn_store *s, struct cn_err *err)
{
	char hex[2 * CN_SHA + 1], slot[64], sighex[2 * CN_SIG + 1];
	uint8_t hash[CN_SHA], sig[CN_SIG];
	struct cn_arena mem = { 0 };
	struct cn_buf b = { 0 }, text = { 0 };
	char *path = cn_path(&mem, cn_keys_dir(s->keys), "anchor");
	int64_t same = 0;
	long long id = 0;
	int r = 1;

	if (!cn_file_exists(path)) {
		cn_fail(err, CN_INTEGRITY, "audit: the anchor is missing");
	} else if (cn_file_read(path, 4096, &text, err) < 0) {
		r = -1;
	} else if (sscanf(text.p, "cn-anchor-1 %lld %64s %63s %128s", &id, hex,
	    slot, sighex) != 4 || !cn_unhex(hash, hex, CN_SHA) ||
	    !cn_unhex(sig, sighex, CN_SIG)) {
		cn_fail(err, CN_INTEGRITY, "audit: the anchor is damaged");
	} else {
		anchor_text(&b, id, hash, slot);
		if (cn_slot_verify(s->keys, slot, b.p, b.len, sig, err) != 0)
			cn_fail(err, CN_INTEGRITY,
			    "audit: the anchor's signature is wrong");
		else if (cn_get(s, err, &same, "SELECT hash = ? FROM audit"
		    " WHERE id = ?", "bi", hash, sizeof(hash), (int64_t)id) != 1 ||
		    !same)
			cn_fail(err, CN_INTEGRITY, "audit: entry %lld, which "
			    "the anchor names, is missing or changed", id);
		else
			r = 0;
	}
	cn_buf_release(&b);
	cn_buf_release(&text);
	cn_arena_release(&mem);
	return r;
}

int cn_audit_verify(struct cn_store *s, int64_t *entries, struct cn_err *err)
{
	uint8_t prev[CN_SHA] = { 0 }, hash[CN_SHA];
	sqlite3_stmt *st;
	int64_t want = 1, id;
	int r = 1;

	*entries = 0;
	while (r == 1) {
		st = cn_bind(s, err, "SELECT id, entry, ssh, slot, hash, sig"
		    " FROM audit WHERE id >= ? ORDER BY id LIMIT 1", "i", want);
		if (st == NULL || (r = cn_step(s, st, err)) < 0)
			return -1;
		if (r == 0)
			break;
		id = sqlite3_column_int64(st, 0);
		digest(hash, (struct cn_str){ (char *)prev, CN_SHA },
		    cn_col(st, 1), cn_col(st, 2));
		if (id != want)
			cn_fail(err, CN_INTEGRITY, "audit: entry %lld is "
			    "missing", (long long)want);
		else if (cn_col(st, 4).n != CN_SHA ||
		    memcmp(hash, cn_col(st, 4).p, CN_SHA) != 0)
			cn_fail(err, CN_INTEGRITY, "audit: entry %lld does not "
			    "fit the chain", (long long)id);
		else if (cn_col(st, 5).n != CN_SIG ||
		    cn_slot_verify(s->keys,
		    (const char *)sqlite3_column_text(st, 3), hash, CN_SHA,
		    (const uint8_t *)cn_col(st, 5).p, err) != 0)
			cn_fail(err, CN_INTEGRITY, "audit: entry %lld: wrong "
			    "signature", (long long)id);
		else {
			memcpy(prev, hash, CN_SHA);
			want = id + 1;
			++*entries;
			sqlite3_reset(st);
			continue;
		}
		sqlite3_reset(st);
		return 1;
	}
	return check_anchor(s, err);
}

int cn_audit_list(struct cn_store *s, int64_t limit,
    int (*row)(void *, int64_t, const char *, struct cn_err *), void *arg,
    struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	int64_t next = 0, id = 0;
	const char *entry;
	sqlite3_stmt *st;
	int r = 0;

	if (limit > 0 && cn_get(s, err, &next, "SELECT max(id) - ? FROM audit",
	    "i", limit) < 0)
		return -1;
	for (;;) {
		st = cn_bind(s, err, "SELECT id, entry FROM audit WHERE id > ?"
		    " ORDER BY id LIMIT 1", "i", next);
		if (st == NULL || (r = cn_step(s, st, err)) <= 0)
			break;
		id = sqlite3_column_int64(st, 0);
		entry = cn_col_dup(&mem, st, 1);
		sqlite3_reset(st);
		if ((r = row(arg, id, entry, err)) < 0)
			break;
		cn_arena_reset(&mem);
		next = id;
	}
	cn_arena_release(&mem);
	return r;
}

/* --- runs --- */

int cn_run_begin(struct cn_store *s, struct cn_run_row *row,
    struct cn_err *err)
{
	if (cn_store_begin(s, err) < 0)
		return -1;
	if (cn_do(s, err, "INSERT INTO run(command, account, start, read,"
	    " stored, refused) VALUES(?, ?, ?, 0, 0, 0)", "ssi",
	    s->run->command, row->account, s->run->clock()) < 0) {
		cn_store_rollback(s);
		return -1;
	}
	row->id = sqlite3_last_insert_rowid(s->db);
	return cn_store_commit(s, err);
}

int cn_run_end(struct cn_store *s, const struct cn_run_row *row, int status,
    struct cn_err *err)
{
	if (cn_store_begin(s, err) < 0)
		return -1;
	if (cn_do(s, err, "UPDATE run SET end = ?, read = ?, stored = ?,"
	    " refused = ?, status = ? WHERE id = ?", "iiiiii",
	    s->run->clock(), row->read, row->stored, row->refused,
	    (int64_t)status, row->id) < 0) {
		cn_store_rollback(s);
		return -1;
	}
	return cn_store_commit(s, err);
}

/* --- events --- */

int cn_event(struct cn_store *s, int64_t time, const char *kind,
    int64_t conversation, int64_t message, const char *channel,
    const char *value, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, "INSERT OR IGNORE INTO event(time,"
	    " kind, conversation, message, channel, value)"
	    " VALUES(?, ?, ?, ?, ?, ?)", "isiiss", time, kind, conversation,
	    message, channel, value);

	if (st == NULL)
		return -1;
	if (conversation == 0)
		sqlite3_bind_null(st, 3);
	if (message == 0)
		sqlite3_bind_null(st, 4);
	return cn_step(s, st, err);
}

#define PAGE 500

int cn_event_list(struct cn_store *s, int64_t since, int64_t until,
    int (*row)(void *, const struct cn_event_row *, struct cn_err *),
    void *arg, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_event_row *page;
	int64_t time = since, id = 0;
	sqlite3_stmt *st = NULL;
	size_t n, i;
	int r = 0;

	do {
		cn_arena_reset(&mem);
		page = cn_arena_alloc(&mem, PAGE * sizeof(*page));
		st = cn_bind(s, err, "SELECT id, time, kind, conversation,"
		    " message, channel, value FROM event WHERE"
		    " (time, id) > (?, ?) AND time < ? ORDER BY time, id"
		    " LIMIT 500", "iii", time, id, until);
		if (st == NULL)
			break;
		for (n = 0; (r = cn_step(s, st, err)) == 1; n++) {
			page[n] = (struct cn_event_row){
			    sqlite3_column_int64(st, 0),
			    sqlite3_column_int64(st, 1),
			    sqlite3_column_int64(st, 3),
			    sqlite3_column_int64(st, 4),
			    cn_col_dup(&mem, st, 2), cn_col_dup(&mem, st, 5),
			    cn_col_dup(&mem, st, 6) };
		}
		for (i = 0; r == 0 && i < n; i++)
			r = row(arg, &page[i], err);
		if (n > 0) {
			time = page[n - 1].time;
			id = page[n - 1].id;
		}
	} while (r == 0 && n == PAGE);
	cn_arena_release(&mem);
	return st == NULL ? -1 : r;
}
