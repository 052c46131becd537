#include "store/account.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "store/sql.h"

#define COLUMNS "id, pub, leaf, blind, cell, state, conf, secret_leaf," \
    " signed_in, expires, fetched, arrived, created"

static int open_cell(struct cn_store *s, int64_t leaf, const char *row,
    const char *column, struct cn_str cell, struct cn_arena *mem,
    struct cn_str *out, struct cn_err *err)
{
	struct cn_buf plain = { 0 };
	int r = cn_cell_open(s->keys, &(struct cn_cell_at){ leaf, "account",
	    row, column, 0 }, cell.p, cell.n, &plain, err);

	if (r == 0)
		*out = (struct cn_str){ cn_arena_dup(mem, plain.p ? plain.p :
		    "", plain.len), plain.len };
	cn_buf_wipe(&plain);
	return r;
}

/* The row at which the statement stands. */
static int take(struct cn_store *s, sqlite3_stmt *st, struct cn_arena *mem,
    struct cn_account_row *a, struct cn_err *err)
{
	struct cn_str blind = cn_col(st, 3), name;
	char hex[2 * CN_HASH + 1] = "";
	int64_t leaf = sqlite3_column_int64(st, 2);

	*a = (struct cn_account_row){ .id = sqlite3_column_int64(st, 0) };
	if (cn_col(st, 1).n == CN_ID_LEN - 1)
		memcpy(a->pub, cn_col(st, 1).p, CN_ID_LEN - 1);
	if (blind.n == CN_HASH)
		cn_hex(hex, blind.p, CN_HASH);
	a->state = cn_col_dup(mem, st, 5);
	a->secret_leaf = sqlite3_column_int64(st, 7);
	a->signed_in = sqlite3_column_int64(st, 8);
	a->expires = sqlite3_column_int64(st, 9);
	a->fetched = sqlite3_column_int64(st, 10);
	a->arrived = sqlite3_column_int64(st, 11);
	a->created = sqlite3_column_int64(st, 12);
	if (open_cell(s, leaf, hex, "cell", cn_col(st, 4), mem, &name,
	    err) < 0)
		return cn_wrap(err, "account %s", a->pub);
	a->name = name.p;
	if (a->secret_leaf == 0 || open_cell(s, a->secret_leaf, a->pub, "conf",
	    cn_col(st, 6), mem, &a->conf, err) == 0)
		return 0;
	if (err->status != CN_BLOCKED)
		return cn_wrap(err, "account %s", a->pub);
	/* Its end was cut off behind the keyring. */
	*err = (struct cn_err){ 0 };
	a->state = "disconnected";
	return 0;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct cn_account_row *)a)->name,
	    ((const struct cn_account_row *)b)->name);
}

int cn_account_rows(struct cn_store *s, struct cn_arena *mem,
    struct cn_account_row **out, size_t *n, struct cn_err *err)
{
	struct cn_account_row *v;
	int64_t count = 0;
	size_t got = 0;
	sqlite3_stmt *st;
	int r = 0;

	if (cn_get(s, err, &count, "SELECT count(*) FROM account WHERE"
	    " kind = 'imap'", "") < 0)
		return -1;
	v = cn_arena_alloc(mem, ((size_t)count + 1) * sizeof(*v));
	st = cn_bind(s, err, "SELECT " COLUMNS " FROM account WHERE"
	    " kind = 'imap'", "");
	while (st != NULL && got < (size_t)count &&
	    (r = cn_step(s, st, err)) == 1)
		if ((r = take(s, st, mem, &v[got++], err)) < 0)
			break;
	if (st == NULL || r < 0) {
		if (st != NULL)
			sqlite3_reset(st);
		return -1;
	}
	sqlite3_reset(st);
	if (got > 0)
		qsort(v, got, sizeof(*v), by_name);
	*out = v;
	*n = got;
	return 0;
}

int cn_account_row(struct cn_store *s, const char *name, struct cn_arena *mem,
    struct cn_account_row *out, struct cn_err *err)
{
	struct cn_account_row a;
	uint8_t blind[CN_HASH];
	sqlite3_stmt *st;
	int r;

	if (cn_blind(s->keys, "account", name, strlen(name), blind, err) < 0)
		return -1;
	st = cn_bind(s, err, "SELECT " COLUMNS " FROM account WHERE blind = ?"
	    " AND kind = 'imap'", "b", blind, sizeof(blind));
	if (st == NULL || (r = cn_step(s, st, err)) <= 0)
		return st == NULL ? -1 : r;
	r = take(s, st, mem, &a, err);
	sqlite3_reset(st);
	if (r < 0)
		return -1;
	*out = a;
	return 1;
}

static int seal(struct cn_store *s, int64_t leaf, const char *row,
    const char *column, struct cn_str plain, struct cn_buf *cell,
    struct cn_err *err)
{
	return cn_cell_seal(s->keys, &(struct cn_cell_at){ leaf, "account",
	    row, column, 0 }, plain.p, plain.n, cell, err);
}

/* The row of a name that is not fetched yet, made where there is none. */
static int place(struct cn_store *s, const char *name, char pub[CN_ID_LEN],
    int64_t *leaf, struct cn_err *err)
{
	struct cn_buf cell = { 0 };
	uint8_t blind[CN_HASH];
	char hex[2 * CN_HASH + 1];
	sqlite3_stmt *st;
	int r;

	if (cn_blind(s->keys, "account", name, strlen(name), blind, err) < 0)
		return -1;
	st = cn_bind(s, err, "SELECT leaf, pub, kind = 'imap' AND state ="
	    " 'live' FROM account WHERE blind = ?", "b", blind, sizeof(blind));
	if (st == NULL || (r = cn_step(s, st, err)) < 0)
		return -1;
	cn_id_new(pub, 'a');
	if (r == 1) {
		bool live = sqlite3_column_int(st, 2) != 0;

		*leaf = sqlite3_column_int64(st, 0);
		if (cn_col(st, 1).n == CN_ID_LEN - 1)
			memcpy(pub, cn_col(st, 1).p, CN_ID_LEN - 1);
		sqlite3_reset(st);
		if (live)
			return cn_fail(err, CN_BLOCKED,
			    "there is an account of that name already");
		return cn_do(s, err, "UPDATE account SET pub = ?, kind ="
		    " 'imap', state = 'live' WHERE blind = ?", "sb", pub,
		    blind, sizeof(blind));
	}
	if ((*leaf = cn_leaf_take(s, CN_LEAF_ACCOUNT)) < 0)
		return cn_fail(err, CN_INTERNAL, "no leaf at hand");
	cn_hex(hex, blind, CN_HASH);
	r = seal(s, *leaf, hex, "cell", cn_str(name), &cell, err);
	if (r == 0)
		r = cn_do(s, err, "INSERT INTO account(leaf, blind, cell,"
		    " created, pub, kind) VALUES(?, ?, ?, ?, ?, 'imap')",
		    "ibbis", *leaf, blind, sizeof(blind), cell.p, cell.len,
		    cn_store_now(s), pub);
	cn_buf_release(&cell);
	return r;
}

/* conf NULL: as it is. */
static int put(struct cn_store *s, const char *pub, int64_t secret_leaf,
    const struct cn_str *conf, struct cn_str secret,
    struct cn_err *err)
{
	struct cn_buf c = { 0 }, x = { 0 };
	int r = conf ? seal(s, secret_leaf, pub, "conf", *conf, &c, err) : 0;

	if (r == 0)
		r = seal(s, secret_leaf, pub, "secret", secret, &x, err);
	if (r == 0 && conf != NULL)
		r = cn_do(s, err, "UPDATE account SET conf = ? WHERE pub = ?",
		    "bs", c.p, c.len, pub);
	if (r == 0)
		r = cn_do(s, err, "UPDATE account SET secret = ?,"
		    " secret_leaf = ? WHERE pub = ?", "bis", x.p, x.len,
		    secret_leaf, pub);
	cn_buf_release(&c);
	cn_buf_release(&x);
	return r;
}

int cn_account_row_add(struct cn_store *s, const char *name,
    struct cn_str conf, struct cn_str secret, char pub[CN_ID_LEN],
    struct cn_err *err)
{
	int64_t leaf, secret_leaf;

	if (place(s, name, pub, &leaf, err) < 0)
		return -1;
	if ((secret_leaf = cn_leaf_take(s, CN_LEAF_ACCOUNT)) < 0)
		return cn_fail(err, CN_INTERNAL, "no leaf at hand");
	if (put(s, pub, secret_leaf, &conf, secret, err) < 0)
		return -1;
	return cn_do(s, err, "UPDATE account SET signed_in = NULL,"
	    " expires = NULL WHERE pub = ?", "s", pub);
}

/* The leaves of a live account: 0, or -1 with status 4 where it is none. */
static int leaves(struct cn_store *s, const char *pub, int64_t *leaf,
    int64_t *secret_leaf, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, "SELECT leaf, secret_leaf FROM"
	    " account WHERE pub = ? AND kind = 'imap' AND state = 'live' AND"
	    " secret_leaf IS NOT NULL", "s", pub);
	int r;

	if (st == NULL || (r = cn_step(s, st, err)) < 0)
		return -1;
	if (r == 0)
		return cn_fail(err, CN_BLOCKED, "account %s is disconnected",
		    pub);
	*leaf = sqlite3_column_int64(st, 0);
	*secret_leaf = sqlite3_column_int64(st, 1);
	sqlite3_reset(st);
	return 0;
}

int cn_account_row_keep(struct cn_store *s, const char *pub,
    struct cn_str secret, struct cn_err *err)
{
	int64_t leaf, secret_leaf;

	if (leaves(s, pub, &leaf, &secret_leaf, err) < 0)
		return -1;
	return put(s, pub, secret_leaf, NULL, secret, err);
}

int cn_account_row_renew(struct cn_store *s, const char *pub,
    struct cn_str conf, struct cn_str secret, struct cn_err *err)
{
	int64_t leaf, old, fresh;

	if (leaves(s, pub, &leaf, &old, err) < 0)
		return -1;
	if ((fresh = cn_leaf_take(s, CN_LEAF_ACCOUNT)) < 0)
		return cn_fail(err, CN_INTERNAL, "no leaf at hand");
	return put(s, pub, fresh, &conf, secret, err);
}

int cn_account_row_times(struct cn_store *s, const char *pub,
    int64_t signed_in, int64_t expires, struct cn_err *err)
{
	return cn_do(s, err, "UPDATE account SET signed_in = CASE ?1 WHEN -1"
	    " THEN signed_in ELSE nullif(?1, 0) END, expires = nullif(?2, 0)"
	    " WHERE pub = ?3", "iis", signed_in, expires, pub);
}

int cn_account_row_ended(struct cn_store *s, const char *pub, int64_t now,
    struct cn_err *err)
{
	return cn_do(s, err, "UPDATE account SET expires = ?1 WHERE pub = ?2"
	    " AND coalesce(expires, ?1 + 1) > ?1", "is", now, pub);
}

int cn_account_row_arrived(struct cn_store *s, const char *pub,
    int64_t arrived, struct cn_err *err)
{
	return cn_do(s, err, "UPDATE account SET arrived = max(ifnull(arrived,"
	    " 0), ?) WHERE pub = ?", "is", arrived, pub);
}

int cn_account_row_fetched(struct cn_store *s, const char *pub, int64_t now,
    struct cn_err *err)
{
	if (cn_store_begin(s, err) < 0)
		return -1;
	if (cn_do(s, err, "UPDATE account SET fetched = ? WHERE pub = ?",
	    "is", now, pub) < 0) {
		cn_store_rollback(s);
		return -1;
	}
	return cn_store_commit(s, err);
}

int cn_account_row_secret(struct cn_store *s, const char *pub,
    struct cn_buf *out, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, "SELECT secret_leaf, secret FROM"
	    " account WHERE pub = ? AND kind = 'imap' AND state = 'live' AND"
	    " secret_leaf IS NOT NULL", "s", pub);
	int r;

	if (st == NULL || (r = cn_step(s, st, err)) <= 0)
		return st == NULL ? -1 : r;
	r = cn_cell_open(s->keys, &(struct cn_cell_at){
	    sqlite3_column_int64(st, 0), "account", pub, "secret", 0 },
	    cn_col(st, 1).p, cn_col(st, 1).n, out, err);
	sqlite3_reset(st);
	if (r < 0 && err->status == CN_BLOCKED)
		return 0;	/* cut by an erasure that runs beside us */
	return r < 0 ? -1 : 1;
}

int cn_account_row_live(struct cn_store *s, const char *pub,
    struct cn_err *err)
{
	int64_t id;

	return cn_get(s, err, &id, "SELECT id FROM account WHERE pub = ? AND"
	    " kind = 'imap' AND state = 'live' AND secret_leaf IS NOT NULL",
	    "s", pub);
}
