/* sql.h - SQLite, for the files of this layer only */
#ifndef CN_SQL_H
#define CN_SQL_H

#include <sqlite3.h>

#include "store/store.h"

struct cn_store {
	const struct cn_run *run;
	sqlite3 *db;
	struct cn_vfs *vfs;		/* of a writer */
	struct cn_keys *keys;
	struct cn_ledger *ledger;
	struct cn_arena mem;
	char *path;
	bool readonly, test, in_txn, erasing;
	bool behind;			/* of the ledger, or cut off: as opened */
	uint64_t generation;		/* of the store, as of the last begin */
	int main_lock;			/* held inside a transaction */
	struct { const char *sql; sqlite3_stmt *st; } cache[128];
	size_t ncache;
	struct cn_pool {		/* leaf numbers of this process */
		int64_t next, end;
		unsigned block;
	} pool[CN_LEAF_KIND_MAX];
	uint32_t shard;			/* open for new subjects; 0: unknown */
	struct cn_unindexed {		/* of this transaction */
		uint32_t shard;
		int64_t message;
		const struct cn_words *words;
	} *unindexed;
	size_t nunindexed, cap_unindexed;
	bool audited;			/* an anchor is due at the close */
};

/* One that is not kept, to be finalized; NULL with err. */
sqlite3_stmt *cn_sql_once(struct cn_store *, const char *sql, struct cn_err *);
/* 1 row, 0 done (and reset), -1 error. */
int cn_step(struct cn_store *, sqlite3_stmt *, struct cn_err *) CN_CHECKED;
/* Runs to the end.  types: i int64_t, s const char * (NULL allowed), b const
 * void * and size_t, d double; one letter a parameter. */
int cn_do(struct cn_store *, struct cn_err *, const char *sql,
    const char *types, ...) CN_CHECKED;
/* The same, and reads the first column of the first row: 1, 0, -1. */
int cn_get(struct cn_store *, struct cn_err *, int64_t *out, const char *sql,
    const char *types, ...) CN_CHECKED;
sqlite3_stmt *cn_bind(struct cn_store *, struct cn_err *, const char *sql,
    const char *types, ...);
/* The first column of up to max rows of what cn_bind() gave, NULL too: 0, -1;
 * reset behind them. */
int cn_ids(struct cn_store *, sqlite3_stmt *, int64_t *ids, size_t max,
    size_t *n, struct cn_err *) CN_CHECKED;
/* SQL that is not cached, no parameters. */
int cn_exec(struct cn_store *, const char *sql, struct cn_err *) CN_CHECKED;
/* Fills err from the connection; -1. */
int cn_sql_fail(struct cn_store *, struct cn_err *, const char *what);
struct cn_str cn_col(sqlite3_stmt *, int col);	/* blob or text, borrowed */
const char *cn_col_dup(struct cn_arena *, sqlite3_stmt *, int col); /* NULL */

/* A human has answered message m since.  What m itself refers to came before
 * it, and what refers to m after it, whatever the clocks of their senders
 * say. */
#define CN_REFERS(from, to) "EXISTS(SELECT 1 FROM ref a JOIN ref b ON" \
    " b.mid = a.mid WHERE a.message = " from ".id AND a.own = 0 AND" \
    " b.message = " to ".id AND b.own = 1)"
#define CN_ANSWERED "EXISTS(SELECT 1 FROM message x WHERE x.conversation =" \
    " m.conversation AND x.direction = 'out' AND coalesce(x.automatic, 0) =" \
    " 0 AND CASE WHEN (x.date, x.id) > (m.date, m.id) THEN NOT " \
    CN_REFERS("m", "x") " ELSE " CN_REFERS("x", "m") " END)"

/* The file layer of one connection, by its name for sqlite3_open_v2(); to be
 * freed after the connection. */
struct cn_vfs *cn_vfs_new(void);
const char *cn_vfs_name(const struct cn_vfs *);
void cn_vfs_free(struct cn_vfs *);	/* NULL allowed */

/* Creates the tables of a fresh store, or migrates; numbered steps. */
int cn_schema_migrate(struct cn_store *, struct cn_err *) CN_CHECKED;

/* One of those that cn_store_leaves() put at hand; -1: none left. */
int64_t cn_leaf_take(struct cn_store *, enum cn_leaf_kind);

/* Under which name, leaf and number of chunks a message is sealed. */
int cn_message_sealed(struct cn_store *, int64_t id, char pub[CN_ID_LEN],
    int64_t *leaf, int64_t *chunks, struct cn_err *) CN_CHECKED;

/* Bytes in chunks, each of which opens where it stands. */
struct cn_chunked {
	const char *table;		/* raw, quarantine */
	const char *row;		/* public id */
	int64_t number, leaf;
};
/* One of them in place of what is in the buffer. */
int cn_chunk(struct cn_store *, const struct cn_chunked *, int64_t chunk,
    struct cn_buf *, struct cn_err *) CN_CHECKED;

/* By what a folder is found: 'folder' of an account's name, 'label' of a
 * mailbox's id. */
int cn_folder_blind(struct cn_store *, const char *kind, const char *owner,
    const char *name, uint8_t blind[CN_HASH], struct cn_err *) CN_CHECKED;

/* Reads the erasure ledger again. */
int cn_store_reload(struct cn_store *, struct cn_err *) CN_CHECKED;

#endif
