#include "store/mailbox.h"

#include <stdio.h>
#include <string.h>

#include "store/erase.h"
#include "store/pieces.h"
#include "store/sql.h"

static void fill(struct cn_mailbox *mb, sqlite3_stmt *st)
{
	mb->id = sqlite3_column_int64(st, 0);
	snprintf(mb->pub, sizeof(mb->pub), "%s",
	    (const char *)sqlite3_column_text(st, 1));
	mb->uidvalidity = sqlite3_column_int64(st, 2);
	mb->uidnext = sqlite3_column_int64(st, 3);
	mb->modseq = sqlite3_column_int64(st, 4);
	mb->passed = sqlite3_column_int64(st, 5);
	mb->anew = sqlite3_column_int64(st, 6);
}

static int find(struct cn_store *s, int64_t id, struct cn_mailbox *mb,
    struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, "SELECT id, pub, uidvalidity,"
	    " uidnext, modseq, passed, anew FROM folder WHERE id = ?", "i",
	    id);
	int r;

	if (st == NULL || (r = cn_step(s, st, err)) < 0)
		return -1;
	if (r == 0)
		return cn_fail(err, CN_INTERNAL, "no such folder");
	fill(mb, st);
	sqlite3_reset(st);
	return 0;
}

int cn_mailbox_open(struct cn_store *s, const char *account, const char *name,
    struct cn_mailbox *mb, struct cn_err *err)
{
	int64_t id = 0;
	int r = cn_folder_find(s, account, name, &id, err);

	if (r < 0)
		return -1;
	if (r == 0 && (cn_store_leaves(s, CN_LEAF_ACCOUNT, 1, err) < 0 ||
	    cn_store_begin(s, err) < 0))
		return -1;
	if (r == 0) {
		if (cn_folder(s, account, name, &id, err) < 0) {
			cn_store_rollback(s);
			return -1;
		}
		if (cn_store_commit(s, err) < 0)
			return -1;
	}
	return find(s, id, mb, err);
}

int cn_mailbox_save(struct cn_store *s, const struct cn_mailbox *mb,
    struct cn_err *err)
{
	return cn_do(s, err, "UPDATE folder SET uidvalidity = ?, uidnext = ?,"
	    " modseq = ?, passed = ?, anew = ? WHERE id = ?", "iiiiii",
	    mb->uidvalidity, mb->uidnext, mb->modseq, mb->passed, mb->anew,
	    mb->id);
}

int cn_mailbox_flags(struct cn_store *s, const struct cn_mailbox *mb,
    int64_t uid, unsigned flags, struct cn_err *err)
{
	return cn_do(s, err, "UPDATE location SET flags = ? WHERE folder = ?"
	    " AND uidvalidity = ? AND uid = ? AND uid != 0 AND flags != ?",
	    "iiiii", (int64_t)flags, mb->id, mb->uidvalidity, uid,
	    (int64_t)flags);
}

/* --- labels: folders of a kind of their own, which belong to a mailbox --- */

static int label(struct cn_store *s, int64_t mailbox, const char *name,
    int64_t *id, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, "SELECT f.pub, a.id, a.leaf FROM"
	    " folder f JOIN account a ON a.id = f.account WHERE f.id = ?", "i",
	    mailbox);
	char pub[CN_ID_LEN], of[CN_ID_LEN];
	struct cn_buf cell = { 0 };
	int64_t account, leaf;
	uint8_t blind[CN_HASH];
	int r;

	if (st == NULL || (r = cn_step(s, st, err)) < 0)
		return -1;
	if (r == 0)
		return cn_fail(err, CN_INTERNAL, "no such folder");
	snprintf(of, sizeof(of), "%s", (const char *)
	    sqlite3_column_text(st, 0));
	account = sqlite3_column_int64(st, 1);
	leaf = sqlite3_column_int64(st, 2);
	sqlite3_reset(st);
	if (cn_folder_blind(s, "label", of, name, blind, err) < 0 ||
	    (r = cn_get(s, err, id, "SELECT id FROM folder WHERE"
	    " blind = ?", "b", blind, sizeof(blind))) != 0)
		return r < 0 ? -1 : 0;
	cn_id_new(pub, 'f');
	r = cn_cell_seal(s->keys, &(struct cn_cell_at){ leaf, "folder", pub,
	    "cell", 0 }, name, strlen(name), &cell, err);
	if (r == 0)
		r = cn_do(s, err, "INSERT INTO folder(pub, account, blind,"
		    " cell, kind, parent) VALUES(?, ?, ?, ?, 'label', ?)",
		    "sibbi", pub, account, blind, sizeof(blind), cell.p,
		    cell.len, mailbox);
	if (r == 0)
		*id = sqlite3_last_insert_rowid(s->db);
	cn_buf_release(&cell);
	return r;
}

int cn_mailbox_label(struct cn_store *s, const struct cn_location *at,
    int64_t message, const char *const *labels, size_t n, struct cn_err *err)
{
	struct cn_location where = *at;
	size_t i;

	if (cn_do(s, err, "DELETE FROM location WHERE message = ? AND"
	    " uidvalidity = ? AND uid = ? AND folder IN (SELECT id FROM folder"
	    " WHERE parent = ?)", "iiii", message, at->uidvalidity, at->uid,
	    at->folder) < 0)
		return -1;
	where.flags = 0;
	where.arrived = 0;
	for (i = 0; i < n; i++)
		if (label(s, at->folder, labels[i], &where.folder, err) < 0 ||
		    cn_message_locate(s, message, &where, err) < 0)
			return -1;
	return 0;
}

/* --- what is there, and what no longer --- */

/* Labels go with the place that they hang on. */
static int gone(struct cn_store *s, int64_t folder, int64_t low,
    int64_t high, int64_t first, int64_t last, struct cn_err *err)
{
	return cn_do(s, err, "DELETE FROM location WHERE (message, uidvalidity,"
	    " uid) IN (SELECT message, uidvalidity, uid FROM location WHERE"
	    " folder = ?1 AND uidvalidity BETWEEN ?2 AND ?3 AND uid BETWEEN ?4"
	    " AND ?5 AND uid != 0) AND folder IN (SELECT ?1 UNION ALL SELECT"
	    " id FROM folder WHERE parent = ?1)", "iiiii", folder, low, high,
	    first, last);
}

int cn_mailbox_gone(struct cn_store *s, const struct cn_mailbox *mb,
    int64_t first, int64_t last, struct cn_err *err)
{
	int64_t v = mb->uidvalidity;

	if (gone(s, mb->id, v, v, first, last, err) < 0 ||
	    cn_pieces_gone(s, mb->id, v, v, first, last, err) < 0)
		return -1;
	return cn_do(s, err, "DELETE FROM pending WHERE folder = ? AND"
	    " uidvalidity = ? AND uid BETWEEN ? AND ?", "iiii", mb->id, v,
	    first, last);
}

int cn_mailbox_forget(struct cn_store *s, const struct cn_mailbox *mb,
    struct cn_err *err)
{
	int64_t v = mb->uidvalidity, max = UINT32_MAX;

	/* In two ranges, for the index. */
	if (gone(s, mb->id, 1, v - 1, 1, max, err) < 0 ||
	    gone(s, mb->id, v + 1, max, 1, max, err) < 0 ||
	    cn_pieces_gone(s, mb->id, 1, v - 1, 1, max, err) < 0 ||
	    cn_pieces_gone(s, mb->id, v + 1, max, 1, max, err) < 0)
		return -1;
	return cn_do(s, err, "DELETE FROM pending WHERE folder = ? AND"
	    " uidvalidity != ?", "ii", mb->id, v);
}

int cn_mailbox_has(struct cn_store *s, const struct cn_mailbox *mb,
    int64_t uid, int64_t *message, struct cn_err *err)
{
	int r = cn_get(s, err, message, "SELECT message FROM location WHERE"
	    " folder = ? AND uidvalidity = ? AND uid = ? AND uid != 0", "iii",
	    mb->id, mb->uidvalidity, uid);

	if (r != 0)
		return r;
	*message = 0;
	r = cn_erased_location(s, mb->id, mb->uidvalidity, uid, err);
	if (r == 0)
		r = cn_get(s, err, message, "SELECT 0 FROM quarantine WHERE"
		    " folder = ? AND uidvalidity = ? AND uid = ?", "iii",
		    mb->id, mb->uidvalidity, uid);
	return r;
}

int cn_mailbox_uids(struct cn_store *s, const struct cn_mailbox *mb,
    int64_t after, int64_t end, int64_t *uids, size_t max, size_t *n,
    struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, "SELECT uid FROM location WHERE"
	    " folder = ? AND uidvalidity = ? AND uid > ? AND uid < ? AND"
	    " uid != 0 ORDER BY uid LIMIT ?", "iiiii", mb->id,
	    mb->uidvalidity, after, end, (int64_t)max);

	return cn_ids(s, st, uids, max, n, err);
}

/* --- pending --- */

int cn_pending_list(struct cn_store *s, const struct cn_mailbox *mb,
    int64_t mark, struct cn_arena *mem, struct cn_pending **out, size_t *n,
    struct cn_err *err)
{
	int64_t count = 0;
	sqlite3_stmt *st;
	int r = 0;

	*n = 0;
	if (cn_get(s, err, &count, "SELECT count(*) FROM pending WHERE folder"
	    " = ? AND uidvalidity = ?", "ii", mb->id, mb->uidvalidity) < 0)
		return -1;
	*out = cn_arena_alloc(mem, (size_t)count * sizeof(**out) + 1);
	st = cn_bind(s, err, "SELECT id, uid, size, pub IS NOT NULL FROM"
	    " pending WHERE folder = ? AND uidvalidity = ? AND (tries = 0 OR"
	    " (id <= ? AND (tries <= 3 OR tried + min(3600 << min(tries - 4,"
	    " 5), 86400) <= ?))) ORDER BY tries, id LIMIT ?", "iiiii", mb->id,
	    mb->uidvalidity, mark, cn_store_now(s), count);
	if (st == NULL)
		return -1;
	while (*n < (size_t)count && (r = cn_step(s, st, err)) == 1)
		(*out)[(*n)++] = (struct cn_pending){
		    sqlite3_column_int64(st, 0), sqlite3_column_int64(st, 1),
		    sqlite3_column_int64(st, 2),
		    sqlite3_column_int(st, 3) != 0 };
	sqlite3_reset(st);
	return r < 0 ? -1 : 0;
}

int cn_pending_mark(struct cn_store *s, int64_t *mark, struct cn_err *err)
{
	*mark = 0;
	return cn_get(s, err, mark, "SELECT max(id) FROM pending", "") < 0 ?
	    -1 : 0;
}

int cn_pending_add(struct cn_store *s, const struct cn_mailbox *mb,
    int64_t uid, int64_t size, bool refused, struct cn_err *err)
{
	int64_t now = cn_store_now(s);

	return cn_do(s, err, "INSERT OR IGNORE INTO pending(folder,"
	    " uidvalidity, uid, size, since, tries, tried, reason, chunks)"
	    " VALUES(?, ?, ?, ?, ?, ?, ?, ?, 0)", "iiiiiiis", mb->id,
	    mb->uidvalidity, uid, size, now, (int64_t)refused, now,
	    refused ? "the server did not send it" : "comes in pieces");
}

int cn_pending_try(struct cn_store *s, int64_t id, struct cn_err *err)
{
	return cn_do(s, err, "UPDATE pending SET tries = tries + 1, tried = ?"
	    " WHERE id = ?", "ii", cn_store_now(s), id);
}

int cn_pending_drop(struct cn_store *s, int64_t id, struct cn_err *err)
{
	struct cn_pieces p;
	int r = cn_pieces_load(s, id, &p, err);

	if (r != 0)
		return r < 0 ? -1 : cn_pieces_drop(s, &p, err);
	return cn_do(s, err, "DELETE FROM pending WHERE id = ?", "i", id);
}

/* --- names --- */

static const char *name(struct cn_store *s, struct cn_arena *mem,
    int64_t leaf, const char *table, const char *row, struct cn_str cell,
    struct cn_err *err)
{
	struct cn_buf b = { 0 };
	const char *out = NULL;

	if (cn_cell_open(s->keys, &(struct cn_cell_at){ leaf, table, row,
	    "cell", 0 }, cell.p, cell.n, &b, err) == 0)
		out = cn_arena_dup(mem, b.p, b.len);
	cn_buf_wipe(&b);
	return out;
}

struct places {
	struct cn_store *s;
	struct cn_arena *mem;
	const char **folders, **labels, **flags;
	size_t nfolders, nlabels, nflags;
	const char *account;
	unsigned set;
};

/* kind, pub, cell, leaf, row of the account, its cell, flags */
static int place(struct places *p, sqlite3_stmt *st, struct cn_err *err)
{
	int64_t leaf = sqlite3_column_int64(st, 3);
	bool is_label = strcmp((const char *)sqlite3_column_text(st, 0),
	    "label") == 0;
	const char *n = name(p->s, p->mem, leaf, "folder",
	    (const char *)sqlite3_column_text(st, 1), cn_col(st, 2), err);

	if (n == NULL)
		return -1;
	if (is_label)
		p->labels[p->nlabels++] = n;
	else
		p->folders[p->nfolders++] = n;
	p->set |= (unsigned)sqlite3_column_int(st, 6);
	if (p->account == NULL)
		p->account = name(p->s, p->mem, leaf, "account",
		    (const char *)sqlite3_column_text(st, 4), cn_col(st, 5),
		    err);
	return p->account == NULL ? -1 : 0;
}

static void flag_names(struct places *p)
{
	static const char *const names[] = { "seen", "answered", "flagged",
	    "deleted", "draft" };
	unsigned i;

	p->flags = cn_arena_alloc(p->mem, sizeof(names));
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (p->set & 1u << i)
			p->flags[p->nflags++] = names[i];
}

#define PLACES_MAX 64		/* shown; the store has all */

int cn_mailbox_places(struct cn_store *s, int64_t message, struct cn_msg *m,
    struct cn_arena *mem, struct cn_err *err)
{
	struct places p = { .s = s, .mem = mem };
	sqlite3_stmt *st;
	int r = 0;

	st = cn_bind(s, err, "SELECT f.kind, f.pub, f.cell, a.leaf,"
	    " lower(hex(a.blind)), a.cell, l.flags FROM location l JOIN folder"
	    " f ON f.id = l.folder JOIN account a ON a.id = f.account WHERE"
	    " l.message = ? AND l.uid != 0 ORDER BY a.id, f.id LIMIT 64", "i",
	    message);
	if (st == NULL)
		return -1;
	while ((r = cn_step(s, st, err)) == 1) {
		if (p.folders == NULL) {
			p.folders = cn_arena_alloc(mem,
			    PLACES_MAX * sizeof(*p.folders));
			p.labels = cn_arena_alloc(mem,
			    PLACES_MAX * sizeof(*p.labels));
		}
		if (place(&p, st, err) < 0) {
			sqlite3_reset(st);
			return -1;
		}
	}
	flag_names(&p);
	m->account = p.account;
	m->folders = p.folders;
	m->nfolders = p.nfolders;
	m->labels = p.labels;
	m->nlabels = p.nlabels;
	m->flags = p.flags;
	m->nflags = p.nflags;
	return r;
}

void cn_mailbox_place(struct cn_msg *m, const char *account,
    const char *folder, unsigned flags, struct cn_arena *mem)
{
	struct places p = { .mem = mem, .set = flags };
	const char **folders = cn_arena_alloc(mem, sizeof(*folders));

	folders[0] = folder;
	flag_names(&p);
	m->account = account;
	m->folders = folders;
	m->nfolders = 1;
	m->flags = p.flags;
	m->nflags = p.nflags;
}

int cn_mailbox_named(struct cn_store *s, const char *kind, const char *want,
    struct cn_buf *list, struct cn_err *err)
{
	bool of_account = strcmp(kind, "account") == 0;
	struct cn_arena mem = { 0 };
	const char *n;
	sqlite3_stmt *st;
	int r = 0;

	st = cn_bind(s, err, "SELECT f.id, f.pub, f.cell, a.leaf,"
	    " lower(hex(a.blind)), a.cell FROM folder f JOIN account a ON"
	    " a.id = f.account WHERE f.kind = ?1 OR (?1 = 'account' AND"
	    " f.kind = 'mailbox')", "s", kind);
	if (st == NULL)
		return -1;
	while ((r = cn_step(s, st, err)) == 1) {
		n = of_account ? name(s, &mem, sqlite3_column_int64(st, 3),
		    "account", (const char *)sqlite3_column_text(st, 4),
		    cn_col(st, 5), err) :
		    name(s, &mem, sqlite3_column_int64(st, 3), "folder",
		    (const char *)sqlite3_column_text(st, 1), cn_col(st, 2),
		    err);
		if (n == NULL) {
			sqlite3_reset(st);
			r = -1;
			break;
		}
		if (strcasecmp(n, want) == 0)
			cn_buf_fmt(list, ",%lld",
			    (long long)sqlite3_column_int64(st, 0));
	}
	cn_arena_release(&mem);
	return r;
}

static bool among(const char *name, const char *const *names, size_t n)
{
	size_t i;

	for (i = 0; i < n && strcmp(names[i], name) != 0; i++)
		;
	return i < n;
}

/* The first mailbox above mb->id that was read and is not among them. */
static int next_unlisted(struct cn_store *s, const uint8_t blind[CN_HASH],
    const char *const *names, size_t n, struct cn_mailbox *mb,
    struct cn_arena *mem, struct cn_err *err)
{
	const char *have = NULL;
	sqlite3_stmt *st;
	int r;

	do {
		st = cn_bind(s, err, "SELECT f.id, f.pub, f.uidvalidity,"
		    " f.uidnext, f.modseq, f.passed, f.anew, f.cell, a.leaf"
		    " FROM folder f JOIN account a ON a.id = f.account WHERE"
		    " a.blind = ? AND f.id > ? AND f.kind = 'mailbox' AND"
		    " f.uidvalidity IS NOT NULL ORDER BY f.id LIMIT 1", "bi",
		    blind, (size_t)CN_HASH, mb->id);
		if (st == NULL || (r = cn_step(s, st, err)) <= 0)
			return st == NULL ? -1 : r;
		fill(mb, st);
		have = name(s, mem, sqlite3_column_int64(st, 8), "folder",
		    mb->pub, cn_col(st, 7), err);
		sqlite3_reset(st);
	} while (have != NULL && among(have, names, n));
	return have == NULL ? -1 : 1;
}

int cn_mailbox_unlisted(struct cn_store *s, const char *account,
    const char *const *names, size_t n, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_mailbox mb = { 0 };
	uint8_t blind[CN_HASH];
	int r;

	if (cn_blind(s->keys, "account", account, strlen(account), blind,
	    err) < 0)
		return -1;
	while ((r = next_unlisted(s, blind, names, n, &mb, &mem, err)) == 1) {
		if ((r = cn_store_begin(s, err)) < 0)
			break;
		if (cn_mailbox_gone(s, &mb, 1, UINT32_MAX, err) < 0 ||
		    cn_do(s, err, "UPDATE folder SET uidvalidity = NULL,"
		    " uidnext = NULL, modseq = NULL WHERE id = ?", "i",
		    mb.id) < 0) {
			cn_store_rollback(s);
			r = -1;
			break;
		}
		if ((r = cn_store_commit(s, err)) < 0)
			break;
	}
	cn_arena_release(&mem);
	return r;
}
