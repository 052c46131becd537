#include "store/sql.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "store/audit.h"
#include "store/erase.h"
#include "store/search.h"

#define LOCK_MS 1000		/* for SQLite's own short locks, at least */
#define POOL_FIRST 16		/* leaves reserved at once: grows to POOL_MAX */
#define POOL_MAX 4096

static int set_up(struct cn_store *s, struct cn_err *err)
{
	/* FULL: a committed group survives a power cut. The journal of a
	 * transaction that is rolled back is the WAL, which is sealed too. */
	static const char pragmas[] =
	    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
	    "PRAGMA secure_delete=ON; PRAGMA temp_store=MEMORY;"
	    "PRAGMA mmap_size=0; PRAGMA cache_size=-8000;"
	    "PRAGMA wal_autocheckpoint=4000;"
	    "PRAGMA journal_size_limit=67108864; PRAGMA trusted_schema=OFF";

	sqlite3_extended_result_codes(s->db, 0);
	sqlite3_busy_timeout(s->db, s->run->wait_ms < 0 ? INT_MAX :
	    s->run->wait_ms < LOCK_MS ? LOCK_MS : s->run->wait_ms);
	if (s->readonly)
		return cn_exec(s, "PRAGMA temp_store=MEMORY;"
		    "PRAGMA mmap_size=0; PRAGMA query_only=ON", err);
	return cn_exec(s, pragmas, err);
}

static struct cn_store *fresh(const struct cn_run *run, unsigned flags)
{
	struct cn_store *s = cn_alloc(sizeof(*s));

	s->run = run;
	s->main_lock = -1;
	s->readonly = flags & CN_STORE_READ;
	s->path = cn_path(&s->mem, run->home, "store.db");
	return s;
}

/* The log is made with the rights that the store has then, and stays if they
 * are none to write; who gives the store its rights back means both. */
static void log_too(const struct cn_store *s)
{
	static const char *const end[] = { "-wal", "-shm" };
	char path[PATH_MAX];
	struct stat st;

	if (stat(s->path, &st) < 0 || access(s->path, W_OK) < 0)
		return;
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof(path), "%s%s", s->path, end[i]);
		/* Another's stays, and SQLite says what it cannot write. */
		if (access(path, W_OK) < 0 && errno == EACCES)
			(void)chmod(path, st.st_mode & 0777);
	}
}

static int open_db(struct cn_store *s, int mode, struct cn_err *err)
{
	/* No process of ours has threads; nobody asks how much memory it has.
	 * Refused, and in force already, where a store has been opened. */
	sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
	sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
	if (!s->readonly)
		s->vfs = cn_vfs_new();
	log_too(s);
	if (sqlite3_open_v2(s->path, &s->db, mode | SQLITE_OPEN_NOMUTEX,
	    s->vfs ? cn_vfs_name(s->vfs) : NULL) != SQLITE_OK)
		return cn_sql_fail(s, err, "open");
	return 0;
}

/* Root made the file.  Before SQLite locks it: a second descriptor that is
 * closed would let go of that. */
static int own_db(struct cn_store *s, struct cn_err *err)
{
	int fd = open(s->path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return cn_fail_errno(err, CN_IOERR, "%s", s->path);
	r = cn_file_own(fd, s->path, err);
	close(fd);
	return r;
}

/* A backup that takes both takes away what erasure promises. */
static int apart(const struct cn_run *run, struct cn_err *err)
{
	char *home = realpath(run->home, NULL), *keys = realpath(run->keys, NULL);
	size_t h = home ? strlen(home) : 0, k = keys ? strlen(keys) : 0;
	size_t n = h < k ? h : k;
	const char *longer = h < k ? keys : home;
	int r = 0;

	if (home == NULL || keys == NULL)
		r = cn_fail_errno(err, CN_CONFIG, "%s", home ? run->keys :
		    run->home);
	else if (strncmp(home, keys, n) == 0 &&
	    (longer[n] == '/' || longer[n] == '\0' || n == 1)) {
		cn_fail(err, CN_CONFIG, "the folder of the store and that of "
		    "the keys lie inside each other");
		r = cn_hint(err, "choose folders that are backed up apart: "
		    "CN_HOME, CN_KEYS");
	}
	free(home);
	free(keys);
	return r;
}

int cn_store_create(const struct cn_run *run, unsigned flags,
    const char *recovery, struct cn_err *err)
{
	struct cn_store *s;
	uint8_t id[16];
	int r = -1;

	if (cn_mkdirs(run->home, 0700, err) < 0 ||
	    cn_mkdirs(run->keys, 0700, err) < 0 || apart(run, err) < 0)
		return -1;
	if (cn_file_is_network(run->home) || cn_file_is_network(run->keys)) {
		cn_fail(err, CN_CONFIG,
		    "a network file system cannot hold the store or its keys");
		return cn_hint(err, "choose local folders: CN_HOME, CN_KEYS");
	}
	if (cn_file_inside(run->home, run->keys) ||
	    cn_file_inside(run->keys, run->home)) {
		cn_fail(err, CN_CONFIG, "store and keys inside each other: "
		    "who copies one has both");
		return cn_hint(err, "choose folders apart: CN_HOME, CN_KEYS");
	}
	s = fresh(run, flags & ~CN_STORE_READ);
	if (cn_file_exists(s->path)) {
		cn_fail(err, CN_BLOCKED, "%s: there is a store already",
		    s->path);
		cn_hint(err, "use it, or set CN_HOME and CN_KEYS for another");
		goto out;
	}
	cn_random(id, sizeof(id));
	if (cn_keys_create(run->keys, id, recovery, err) < 0 ||
	    (s->keys = cn_keys_open(run->keys, run->key_file, err)) == NULL ||
	    open_db(s, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, err) < 0 ||
	    own_db(s, err) < 0 ||
	    cn_exec(s, "PRAGMA page_size=8192", err) < 0 ||
	    set_up(s, err) < 0 || cn_schema_migrate(s, err) < 0 ||
	    cn_exec(s, "BEGIN IMMEDIATE", err) < 0 ||
	    cn_do(s, err, "INSERT INTO meta VALUES('store', ?)", "b", id,
	    sizeof(id)) < 0 ||
	    cn_store_set_meta(s, "generation",
	    (int64_t)cn_keys_generation(s->keys), err) < 0 ||
	    cn_store_set_meta(s, "test", (flags & CN_STORE_TEST) != 0, err) < 0 ||
	    cn_audit(s, &(struct cn_audit_entry){ .what = "store made" },
	    err) < 0 || cn_exec(s, "COMMIT", err) < 0)
		goto out;
	r = 0;
out:
	cn_store_close(s);
	return r;
}

/* An empty file, or one without our tables, is no store to be filled. */
static int made(struct cn_store *s, struct cn_err *err)
{
	int64_t has = 0;

	if (cn_get(s, err, &has, "SELECT count(*) FROM sqlite_master"
	    " WHERE name = 'meta'", "") < 0)
		return -1;
	if (has)
		return 0;
	cn_fail(err, CN_INTEGRITY, "%s: no store in it", s->path);
	return cn_hint(err, "restore the store from a backup");
}

/* The keyring must be of this store, and not older than it. */
static int match(struct cn_store *s, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err,
	    "SELECT value FROM meta WHERE key = 'store'", "");
	struct cn_str id;
	int r;

	if (st == NULL || (r = cn_step(s, st, err)) < 0)
		return -1;
	id = cn_col(st, 0);
	if (r == 0 || id.n != 16 ||
	    memcmp(id.p, cn_keys_store_id(s->keys), 16) != 0) {
		cn_fail(err, CN_CONFIG, "%s: the keyring in %s is of another "
		    "store", s->path, cn_keys_dir(s->keys));
		cn_hint(err, "set CN_KEYS to the folder of this store's keys");
		r = -1;
	}
	sqlite3_reset(st);
	if (r < 0)
		return -1;
	s->generation = (uint64_t)cn_store_meta(s, "generation", 0);
	/* An erasure may have ended between the two looks. */
	if (cn_keys_generation(s->keys) < s->generation &&
	    cn_keys_refresh(s->keys, err) < 0)
		return -1;
	if (cn_keys_generation(s->keys) < s->generation) {
		cn_fail(err, CN_CONFIG, "the keyring is older than the store: "
		    "it may hold keys of erased persons");
		return cn_hint(err, "bring back the newest keyring and ledger "
		    "to %s", cn_keys_dir(s->keys));
	}
	return 0;
}

/* Whoever only reads migrates an old store first, if they may. */
static int migrate(struct cn_store *s, struct cn_err *err)
{
	struct cn_store *w;
	int r = cn_schema_migrate(s, err);

	if (r == 0 || !s->readonly || err->status != CN_NOPERM ||
	    access(s->path, W_OK) < 0)
		return r;
	w = fresh(s->run, 0);
	r = open_db(w, SQLITE_OPEN_READWRITE, err);
	if (r == 0)
		r = set_up(w, err);
	if (r == 0)
		r = cn_schema_migrate(w, err);
	cn_store_close(w);
	return r == 0 ? cn_schema_migrate(s, err) : r;
}

struct cn_store *cn_store_open(const struct cn_run *run, unsigned flags,
    struct cn_err *err)
{
	struct cn_store *s = fresh(run, flags);
	int mode = s->readonly ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;

	if (!cn_file_exists(s->path)) {
		if (errno == EACCES)
			cn_fail_errno(err, CN_NOPERM, "%s", s->path);
		else {
			cn_fail(err, CN_CONFIG, "%s: no store", s->path);
			cn_hint(err, "run 'cn-store init', or set CN_HOME");
		}
		goto bad;
	}
	if (access(s->path, s->readonly ? R_OK : R_OK | W_OK) < 0) {
		cn_fail_errno(err, CN_NOPERM, "%s", s->path);
		goto bad;
	}
	if ((s->keys = cn_keys_open(run->keys, run->key_file, err)) == NULL)
		goto bad;
	if (open_db(s, mode, err) < 0 || made(s, err) < 0 ||
	    set_up(s, err) < 0 || migrate(s, err) < 0 ||
	    match(s, err) < 0 ||
	    (s->ledger = cn_ledger_load(s->keys, err)) == NULL)
		goto bad;
	if (!s->readonly && cn_erase_due(s, &s->behind, err) < 0)
		goto bad;
	s->test = cn_store_meta(s, "test", 0) != 0;
	if (run->now_given && !s->test &&
	    !(flags & (CN_STORE_READ | CN_STORE_AUDIT))) {
		cn_fail(err, CN_BLOCKED, "--now changes a store only if it was "
		    "made with 'cn-store init --test'");
		goto bad;
	}
	return s;
bad:
	cn_store_close(s);
	return NULL;
}

void cn_store_close(struct cn_store *s)
{
	size_t i;

	if (s == NULL)
		return;
	cn_store_rollback(s);
	if (s->audited)
		cn_audit_anchor(s);
	for (i = 0; i < s->ncache; i++)
		sqlite3_finalize(s->cache[i].st);
	sqlite3_close(s->db);
	cn_vfs_free(s->vfs);
	cn_ledger_free(s->ledger);
	cn_keys_close(s->keys);
	cn_arena_release(&s->mem);
	free(s->unindexed);
	free(s);
}

struct cn_keys *cn_store_keys(struct cn_store *s)
{
	return s->keys;
}

/* Pages that go into the WAL before their transaction ends, and change again,
 * cost a reading of all that was written behind them. */
int cn_store_cache(struct cn_store *s, int kib, struct cn_err *err)
{
	char sql[72];

	snprintf(sql, sizeof(sql), "PRAGMA cache_size=-%d;"
	    "PRAGMA cache_spill=OFF", kib);
	return cn_exec(s, sql, err);
}

int cn_store_look(struct cn_store *s, struct cn_err *err)
{
	return cn_exec(s, "BEGIN", err);
}

void cn_store_looked(struct cn_store *s)
{
	sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
}

const struct cn_run *cn_store_run(struct cn_store *s)
{
	return s->run;
}

int64_t cn_store_now(struct cn_store *s)
{
	return s->test ? s->run->now : s->run->clock();
}

/* --- transactions --- */

static int turnstile(struct cn_store *s, struct cn_err *err)
{
	int wait = s->run->wait_ms, next;
	struct cn_arena mem = { 0 };
	int r = -1;

	if (cn_lock(cn_path(&mem, s->run->home, "store.next"), wait, &next,
	    err) == 0) {
		r = cn_lock(cn_path(&mem, s->run->home, "store.main"), wait,
		    &s->main_lock, err);
		cn_unlock(next);
	}
	if (r < 0)
		s->main_lock = -1;
	cn_arena_release(&mem);
	return r;
}

static int enter(struct cn_store *s, struct cn_err *err)
{
	if (turnstile(s, err) < 0)
		return -1;
	if (cn_exec(s, "BEGIN IMMEDIATE", err) < 0) {
		cn_unlock(s->main_lock);
		s->main_lock = -1;
		return -1;
	}
	s->in_txn = true;
	return 0;
}

int cn_store_reload(struct cn_store *s, struct cn_err *err)
{
	struct cn_ledger *l = cn_ledger_load(s->keys, err);

	if (l == NULL)
		return -1;
	cn_ledger_free(s->ledger);
	s->ledger = l;
	return 0;
}

/* Somebody else has erased: what was known of ledger and shards is old. */
static int news(struct cn_store *s, struct cn_err *err)
{
	uint64_t g = (uint64_t)cn_store_meta(s, "generation", 0);

	if (g == s->generation || s->erasing)
		return 0;
	s->shard = 0;
	if (cn_store_reload(s, err) < 0)
		return -1;
	s->generation = g;
	return 0;
}

int cn_store_begin(struct cn_store *s, struct cn_err *err)
{
	int tries;

	for (tries = 0; tries < 3; tries++) {
		if (enter(s, err) < 0)
			return -1;
		/* Only now: while we waited, the keyring may have changed. */
		if (cn_keys_refresh(s->keys, err) < 0 || news(s, err) < 0) {
			cn_store_rollback(s);
			return -1;
		}
		if (s->erasing || (!s->behind &&
		    !cn_store_meta(s, "erasing", 0) &&
		    s->generation == cn_keys_generation(s->keys)))
			return 0;
		/* An erasure runs, or was cut off: wait for it or finish it. */
		cn_store_rollback(s);
		if (cn_erase_catch_up(s, err) < 0)
			return -1;
	}
	cn_fail(err, CN_TEMPFAIL, "an erasure is under way");
	return cn_hint(err, "run 'cn-purge --resume'");
}

int cn_store_commit(struct cn_store *s, struct cn_err *err)
{
	if (cn_shard_flush(s, err) < 0 || cn_exec(s, "COMMIT", err) < 0) {
		cn_store_rollback(s);
		return -1;
	}
	s->in_txn = false;
	cn_unlock(s->main_lock);
	s->main_lock = -1;
	return 0;
}

void cn_store_rollback(struct cn_store *s)
{
	if (!s->in_txn)
		return;
	sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	s->in_txn = false;
	s->shard = 0;
	s->nunindexed = 0;
	cn_unlock(s->main_lock);
	s->main_lock = -1;
}

int64_t cn_store_meta(struct cn_store *s, const char *key, int64_t dflt)
{
	struct cn_err err;
	int64_t v;

	return cn_get(s, &err, &v, "SELECT value FROM meta WHERE key = ?", "s",
	    key) == 1 ? v : dflt;
}

int cn_store_set_meta(struct cn_store *s, const char *key, int64_t v,
    struct cn_err *err)
{
	return cn_do(s, err, "INSERT INTO meta VALUES(?, ?) ON CONFLICT(key)"
	    " DO UPDATE SET value = excluded.value", "si", key, v);
}

/* --- leaves --- */

/* Each process has blocks of its own and lets the rest of them go, so that no
 * number is used twice, also after an older store was brought back. */
int cn_store_leaves(struct cn_store *s, enum cn_leaf_kind kind, unsigned n,
    struct cn_err *err)
{
	struct cn_pool *p = &s->pool[kind];
	int64_t above = 0;
	unsigned want;

	if (p->end - p->next >= n)
		return 0;
	p->block = p->block == 0 ? POOL_FIRST : p->block * 4;
	if (p->block > POOL_MAX)
		p->block = POOL_MAX;
	want = p->block > n ? p->block : n;
	/* By ranges, for the indexes: a store may be large. */
	if (cn_get(s, err, &above, "SELECT max(x) FROM (SELECT max(leaf) AS x"
	    " FROM identifier WHERE leaf BETWEEN ?1 AND ?2 UNION ALL"
	    " SELECT max(leaf) FROM message INDEXED BY message_orphan WHERE"
	    " leaf BETWEEN ?1 AND ?2 AND person IS NULL UNION ALL"
	    " SELECT max(leaf) FROM quarantine WHERE leaf BETWEEN ?1 AND ?2"
	    " UNION ALL SELECT max(leaf) FROM pending"
	    " WHERE leaf BETWEEN ?1 AND ?2"
	    " UNION ALL SELECT max(leaf) FROM model"
	    " WHERE leaf BETWEEN ?1 AND ?2"
	    " UNION ALL SELECT max(leaf) FROM account"
	    " WHERE leaf BETWEEN ?1 AND ?2 UNION ALL SELECT max(secret_leaf)"
	    " FROM account WHERE secret_leaf BETWEEN ?1 AND ?2)", "ii",
	    CN_LEAF(kind, 0), CN_LEAF(kind + 1, 0) - 1) < 0)
		return -1;
	if (cn_leaf_reserve(s->keys, kind, above, want, &p->next, err) < 0)
		return -1;
	p->end = p->next + want;
	return 0;
}

int64_t cn_leaf_take(struct cn_store *s, enum cn_leaf_kind kind)
{
	struct cn_pool *p = &s->pool[kind];

	return p->next < p->end ? p->next++ : -1;
}
