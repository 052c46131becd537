#include "store/sql.h"

#include <errno.h>
#include <string.h>
#include <time.h>

int cn_sql_fail(struct cn_store *s, struct cn_err *err, const char *what)
{
	int code = sqlite3_errcode(s->db), status = CN_INTERNAL;
	const char *hint = NULL;

	switch (code & 0xff) {
	case SQLITE_FULL:
		status = CN_TEMPFAIL;
		hint = "free some space, then run the command again";
		break;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		status = CN_TEMPFAIL;
		hint = "another program holds the store; try again";
		break;
	case SQLITE_IOERR:
		status = CN_TEMPFAIL;
		hint = "see that the disk is well and has room, then try again";
		break;
	case SQLITE_NOMEM:
		status = CN_TEMPFAIL;
		hint = "free some memory, then try again";
		break;
	case SQLITE_READONLY:
	case SQLITE_PERM:
	case SQLITE_AUTH:
		status = CN_NOPERM;
		hint = "run it as the user that owns the store";
		break;
	case SQLITE_CANTOPEN:
		status = errno == EACCES || errno == EROFS ? CN_NOPERM :
		    errno == ENOSPC ? CN_TEMPFAIL : CN_CONFIG;
		hint = "see 'cn-store doctor'";
		break;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		status = CN_INTEGRITY;
		hint = "restore the store from a backup";
		break;
	}
	/* SQLite's messages name tables and reasons, never values. */
	cn_fail(err, status, "%s: %s: %s", s->path, what,
	    sqlite3_errmsg(s->db));
	if (hint != NULL)
		cn_hint(err, "%s", hint);
	return -1;
}

/* While the last of the others closes, or one that comes recovers the WAL,
 * reading the schema is refused without asking the busy handler. */
static int prepare(struct cn_store *s, const char *sql, unsigned flags,
    sqlite3_stmt **st)
{
	const struct timespec pause = { 0, 5000000 };
	int r, tries = 0;

	while (((r = sqlite3_prepare_v3(s->db, sql, -1, flags, st, NULL)) &
	    0xff) == SQLITE_BUSY && tries++ < 1000)
		nanosleep(&pause, NULL);
	return r;
}

/* A prepared statement, reset and unbound; NULL with err. */
static sqlite3_stmt *prepared(struct cn_store *s, const char *sql,
    struct cn_err *err)
{
	sqlite3_stmt *st = NULL;
	size_t i;

	for (i = 0; i < s->ncache; i++) {
		if (s->cache[i].sql == sql) {
			st = s->cache[i].st;
			sqlite3_reset(st);
			sqlite3_clear_bindings(st);
			return st;
		}
	}
	if (prepare(s, sql, SQLITE_PREPARE_PERSISTENT, &st) != SQLITE_OK) {
		cn_sql_fail(s, err, "prepare");
		return NULL;
	}
	if (s->ncache == sizeof(s->cache) / sizeof(s->cache[0])) {
		sqlite3_finalize(s->cache[0].st);
		memmove(&s->cache[0], &s->cache[1],
		    (s->ncache - 1) * sizeof(s->cache[0]));
		s->ncache--;
	}
	s->cache[s->ncache].sql = sql;
	s->cache[s->ncache++].st = st;
	return st;
}

sqlite3_stmt *cn_sql_once(struct cn_store *s, const char *sql,
    struct cn_err *err)
{
	sqlite3_stmt *st = NULL;

	if (prepare(s, sql, 0, &st) != SQLITE_OK)
		cn_sql_fail(s, err, "prepare");
	return st;
}

int cn_step(struct cn_store *s, sqlite3_stmt *st, struct cn_err *err)
{
	switch (sqlite3_step(st)) {
	case SQLITE_ROW:
		return 1;
	case SQLITE_DONE:
		sqlite3_reset(st);
		return 0;
	default:
		cn_sql_fail(s, err, "query");
		sqlite3_reset(st);
		return -1;
	}
}

static sqlite3_stmt *vbind(struct cn_store *s, struct cn_err *err,
    const char *sql, const char *types, va_list ap)
{
	sqlite3_stmt *st = prepared(s, sql, err);
	const void *p;
	const char *t;
	int i = 1;

	if (st == NULL)
		return NULL;
	for (t = types; *t != '\0'; t++, i++) {
		switch (*t) {
		case 'i':
			sqlite3_bind_int64(st, i, va_arg(ap, int64_t));
			break;
		case 'd':
			sqlite3_bind_double(st, i, va_arg(ap, double));
			break;
		case 's':
			p = va_arg(ap, const char *);
			if (p != NULL)
				sqlite3_bind_text(st, i, p, -1,
				    SQLITE_TRANSIENT);
			break;
		case 'b':
			p = va_arg(ap, const void *);
			sqlite3_bind_blob64(st, i, p, va_arg(ap, size_t),
			    SQLITE_STATIC);
			break;
		}
	}
	return st;
}

sqlite3_stmt *cn_bind(struct cn_store *s, struct cn_err *err, const char *sql,
    const char *types, ...)
{
	sqlite3_stmt *st;
	va_list ap;

	va_start(ap, types);
	st = vbind(s, err, sql, types, ap);
	va_end(ap);
	return st;
}

int cn_do(struct cn_store *s, struct cn_err *err, const char *sql,
    const char *types, ...)
{
	sqlite3_stmt *st;
	va_list ap;
	int r;

	va_start(ap, types);
	st = vbind(s, err, sql, types, ap);
	va_end(ap);
	if (st == NULL)
		return -1;
	while ((r = cn_step(s, st, err)) == 1)
		;
	return r;
}

int cn_ids(struct cn_store *s, sqlite3_stmt *st, int64_t *ids, size_t max,
    size_t *n, struct cn_err *err)
{
	int r = 0;

	*n = 0;
	if (st == NULL)
		return -1;
	while (*n < max && (r = cn_step(s, st, err)) == 1)
		ids[(*n)++] = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return r < 0 ? -1 : 0;
}

int cn_get(struct cn_store *s, struct cn_err *err, int64_t *out,
    const char *sql, const char *types, ...)
{
	sqlite3_stmt *st;
	va_list ap;
	int r;

	va_start(ap, types);
	st = vbind(s, err, sql, types, ap);
	va_end(ap);
	if (st == NULL)
		return -1;
	r = cn_step(s, st, err);
	if (r == 1 && sqlite3_column_type(st, 0) == SQLITE_NULL)
		r = 0;
	if (r == 1)
		*out = sqlite3_column_int64(st, 0);
	sqlite3_reset(st);
	return r;
}

int cn_exec(struct cn_store *s, const char *sql, struct cn_err *err)
{
	if (sqlite3_exec(s->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return cn_sql_fail(s, err, "statement");
	return 0;
}

struct cn_str cn_col(sqlite3_stmt *st, int col)
{
	const char *p = sqlite3_column_blob(st, col);

	return (struct cn_str){ p ? p : "",
	    p ? (size_t)sqlite3_column_bytes(st, col) : 0 };
}

const char *cn_col_dup(struct cn_arena *mem, sqlite3_stmt *st, int col)
{
	struct cn_str s = cn_col(st, col);

	if (sqlite3_column_type(st, col) == SQLITE_NULL)
		return NULL;
	return cn_arena_dup(mem, s.p, s.n);
}
