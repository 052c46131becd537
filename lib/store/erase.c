#include "store/erase.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/json.h"
#include "store/audit.h"
#include "store/reach.h"
#include "store/search.h"

#define PAGE 256		/* messages deleted in one transaction, */
#define CHUNKS 256		/* and their bytes in MiB, about */
#define LOCK_MS 30000
#define TRY_MS 10		/* between two checkpoints */

/* Categories and states stay in events, and nothing that could be more. */
#define WORD "CASE WHEN value GLOB '*[ @]*' OR length(value) > 64 THEN NULL" \
    " ELSE value END"

/* Shards to rebuild; in an older store also those whose key was dropped. */
static int due_shards(struct cn_store *s, struct cn_arena *mem, int64_t **due,
    size_t *n, struct cn_err *err)
{
	int64_t *all, is_due = 0;
	uint8_t key[16];
	size_t i, nall;

	*n = 0;
	if (cn_reach_list(s, "SELECT id FROM shard ORDER BY id", mem, &all,
	    &nall, err) < 0)
		return -1;
	*due = cn_arena_alloc(mem, (nall + 1) * sizeof(**due));
	for (i = 0; i < nall; i++) {
		if (cn_get(s, err, &is_due, "SELECT state = 'due' FROM shard"
		    " WHERE id = ?", "i", all[i]) < 0)
			return -1;
		if (!is_due && cn_shard_key(s->keys, (uint32_t)all[i], key,
		    err) < 0) {
			if (err->status != CN_BLOCKED)
				return -1;
			is_due = 1;
		}
		if (is_due)
			(*due)[(*n)++] = all[i];
	}
	cn_wipe(key, sizeof(key));
	return 0;
}

int cn_erase_due(struct cn_store *s, bool *due, struct cn_err *err)
{
	const struct cn_ledger_entry *e;
	struct cn_arena mem = { 0 };
	int64_t *shards;
	bool same = true;
	size_t i, n;
	int r = 0;

	*due = cn_store_meta(s, "erasing", 0) != 0 ||
	    (uint64_t)cn_store_meta(s, "generation", 0) !=
	    cn_keys_generation(s->keys);
	for (i = 0; !*due && (e = cn_ledger_at(s->ledger, i)) != NULL; i++) {
		if (e->kind != CN_LEDGER_LEAF)
			continue;
		if ((r = cn_leaf_state(s->keys, e->leaf, err)) < 0)
			return -1;
		*due = r == 0;
	}
	if (*due)
		return 0;
	if (cn_reach_in_step(s, &same, err) < 0)
		return -1;
	r = due_shards(s, &mem, &shards, &n, err);
	*due = !same || n > 0;
	cn_arena_release(&mem);
	return r;
}

/* --- (1) what is to be done, in the store --- */

static void put_counts(struct cn_buf *b, const int64_t *count)
{
	int i;

	cn_buf_ch(b, '{');
	for (i = 0; i < CN_REACH_MAX; i++)
		cn_json_kvi(b, cn_reach_names[i], count[i]);
	cn_buf_ch(b, '}');
}

/* An audit entry that names, as long as it can, the leaves. */
static int tell(struct cn_store *s, const char *pub, const char *what,
    int64_t count, const int64_t *leaves, size_t n, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_audit_entry e = { .purpose = "erasure", .count = count };
	int64_t *live = cn_arena_alloc(&mem, (n + 1) * sizeof(*live));
	size_t i;
	int r = 0;

	for (i = 0; i < n && e.nleaves < 64 && r >= 0; i++)
		if ((r = cn_leaf_state(s->keys, leaves[i], err)) == 0)
			live[e.nleaves++] = leaves[i];
	e.leaves = live;
	e.what = cn_arena_fmt(&mem, "erasure %s %s", pub, what);
	r = r < 0 ? -1 : cn_audit(s, &e, err);
	cn_arena_release(&mem);
	return r;
}

static int add_row(struct cn_store *s, const char *pub, const int64_t *leaves,
    size_t n, struct cn_err *err)
{
	int64_t count[CN_REACH_MAX], person = 0;
	uint64_t g = cn_keys_generation(s->keys);
	struct cn_buf counts = { 0 }, le = { 0 };
	size_t i;
	int r, k;

	if (cn_reach_count(s, count, err) < 0 || cn_get(s, err, &person,
	    "SELECT person FROM who ORDER BY person LIMIT 1", "") < 0)
		return -1;
	put_counts(&counts, count);
	for (i = 0; i < n; i++)
		for (k = 0; k < 64; k += 8)
			cn_buf_ch(&le, (int)((uint64_t)leaves[i] >> k & 255));
	r = cn_do(s, err, "INSERT INTO erasure(pub, person, state, generation,"
	    " created, leaves, counts) VALUES(?, ?, 'begun', ?, ?, ?, ?)",
	    "siiibs", pub, person,
	    (int64_t)(g == s->generation ? g + 1 : g), cn_store_now(s),
	    le.p ? le.p : "", le.len, counts.p);
	if (r == 0)
		r = tell(s, pub, "begun", count[CN_REACH_MESSAGES], leaves, n,
		    err);
	cn_buf_release(&counts);
	cn_buf_release(&le);
	return r;
}

/* pub NULL: an erasure that was cut off, or a ledger over an older store;
 * it gets a row where it has none and there is something of it here. */
static int mark(struct cn_store *s, const char *pub, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	char made[CN_ID_LEN];
	int64_t open = 0, *leaves = NULL;
	size_t n = 0;
	int r;

	if (cn_store_begin(s, err) < 0)
		return -1;
	r = cn_get(s, err, &open, "SELECT count(*) FROM erasure WHERE"
	    " state = 'begun'", "");
	if (r >= 0)
		r = cn_reach_list(s, pub != NULL ? "SELECT leaf FROM cut ORDER"
		    " BY leaf" : "SELECT leaf FROM identifier WHERE leaf "
		    IN_CUT " UNION SELECT leaf FROM message WHERE id " IN_GONE
		    " UNION SELECT secret_leaf FROM account WHERE secret_leaf "
		    IN_CUT " UNION SELECT leaf FROM model WHERE leaf " IN_CUT,
		    &mem, &leaves, &n, err);
	if (r >= 0 && pub == NULL && open == 0 && n > 0) {
		cn_id_new(made, 'e');
		pub = made;
	}
	if (r >= 0 && pub != NULL)
		r = add_row(s, pub, leaves, n, err);
	if (r >= 0)
		r = cn_store_set_meta(s, "erasing", 1, err);
	if (r >= 0)
		r = cn_do(s, err, "UPDATE person SET state = 'erasing' WHERE"
		    " id IN (SELECT person FROM who)", "");
	cn_arena_release(&mem);
	if (r < 0) {
		cn_store_rollback(s);
		return -1;
	}
	return cn_store_commit(s, err);
}

/* --- (2) the keyring --- */

static int puncture(struct cn_store *s, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	int64_t *v;
	size_t n, i, live = 0;
	int r = cn_reach_leaves(s, &mem, &v, &n, err);

	for (i = 0; i < n && r >= 0; i++)
		if ((r = cn_leaf_state(s->keys, v[i], err)) == 0)
			v[live++] = v[i];
	if (r >= 0 && live > 0)
		r = cn_keys_puncture(s->keys, v, live, err);
	cn_arena_release(&mem);
	return r < 0 ? -1 : 0;
}

/* --- (3) rows --- */

/* A conversation without messages goes; its events keep together under a
 * number that nothing else has. */
static int empty_conversation(struct cn_store *s, int64_t id,
    struct cn_err *err)
{
	int64_t any = 0;
	uint64_t r;

	if (cn_get(s, err, &any, "SELECT EXISTS (SELECT 1 FROM message WHERE"
	    " conversation = ?)", "i", id) < 0)
		return -1;
	if (any)
		return 0;
	cn_random(&r, sizeof(r));
	if (cn_do(s, err, "UPDATE event SET message = NULL, value = " WORD
	    ", conversation = ? WHERE conversation = ?", "ii",
	    -(int64_t)(r >> 1) - 1, id) < 0)
		return -1;
	if (cn_do(s, err, "UPDATE rating SET conversation = NULL WHERE"
	    " conversation = ?", "i", id) < 0)
		return -1;
	return cn_do(s, err, "DELETE FROM conversation WHERE id = ?", "i", id);
}

static int delete_message(struct cn_store *s, int64_t id, struct cn_err *err)
{
	int64_t conversation = 0;
	int r = cn_get(s, err, &conversation,
	    "SELECT conversation FROM message WHERE id = ?", "i", id);

	if (r <= 0)
		return r;
	if (cn_do(s, err, "UPDATE shard SET state = 'due' WHERE id = (SELECT"
	    " shard FROM message WHERE id = ?)", "i", id) < 0 ||
	    cn_do(s, err, "UPDATE event SET message = NULL, value = " WORD
	    " WHERE message = ?", "i", id) < 0 ||
	    cn_do(s, err, "DELETE FROM raw WHERE id BETWEEN ? AND ?", "ii",
	    id * 4096, id * 4096 + 4095) < 0 ||
	    cn_do(s, err, "DELETE FROM ref WHERE message = ?", "i", id) < 0 ||
	    cn_do(s, err, "DELETE FROM participant WHERE message = ?", "i",
	    id) < 0 ||
	    cn_do(s, err, "DELETE FROM location WHERE message = ?", "i",
	    id) < 0 ||
	    cn_do(s, err, "DELETE FROM feedback WHERE message = ?1 OR draft"
	    " = ?1", "i", id) < 0 ||
	    cn_do(s, err, "DELETE FROM label WHERE message = ?", "i",
	    id) < 0 ||
	    cn_do(s, err, "UPDATE model SET torn = 1 WHERE id IN (SELECT"
	    " model FROM example WHERE message = ?)", "i", id) < 0 ||
	    cn_do(s, err, "DELETE FROM example WHERE message = ?", "i",
	    id) < 0 ||
	    cn_do(s, err, "DELETE FROM message WHERE id = ?", "i", id) < 0)
		return -1;
	return empty_conversation(s, conversation, err);
}

static int each(struct cn_store *s, const int64_t *v, size_t n,
    int (*one)(struct cn_store *, int64_t, struct cn_err *),
    struct cn_err *err)
{
	size_t i;

	if (cn_store_begin(s, err) < 0)
		return -1;
	for (i = 0; i < n; i++) {
		if (one(s, v[i], err) < 0) {
			cn_store_rollback(s);
			return -1;
		}
	}
	return cn_store_commit(s, err);
}

static int delete_messages(struct cn_store *s, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	int64_t *v, sum, chunks;
	size_t n, i, k;
	int r = cn_reach_list(s, "SELECT id FROM gone ORDER BY id", &mem, &v,
	    &n, err);

	for (i = 0; i < n && r >= 0; i += k) {
		/* What is deleted goes through the WAL, as zeros. */
		for (k = 0, sum = 0; r >= 0 && i + k < n && k < PAGE &&
		    sum < CHUNKS; k++, sum += chunks) {
			chunks = 0;
			r = cn_get(s, err, &chunks, "SELECT chunks FROM"
			    " message WHERE id = ?", "i", v[i + k]);
		}
		if (r >= 0)
			r = each(s, v + i, k, delete_message, err);
		if (s->run->progress != NULL && n > PAGE)
			s->run->progress(s->run->progress_arg, i + k, n);
	}
	cn_arena_release(&mem);
	return r;
}

static int take_back(struct cn_store *s, int64_t id, struct cn_err *err)
{
	return cn_do(s, err, "UPDATE message SET replies = NULL,"
	    " suggested = NULL WHERE id = ?", "i", id);
}

static int delete_drafts(struct cn_store *s, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	int64_t *v;
	size_t n;
	int r = cn_reach_drafts(s, &mem, &v, &n, err);

	if (r == 0 && n > 0)
		r = each(s, v, n, take_back, err);
	cn_arena_release(&mem);
	return r;
}

/* Persons last, for the way to their messages leads over them. */
static int delete_people(struct cn_store *s, struct cn_err *err)
{
	static const char *const sql[] = {
		"DELETE FROM participant WHERE identifier IN (SELECT id FROM"
		" identifier WHERE leaf " IN_CUT ")",
		"DELETE FROM raw WHERE id IN (SELECT r.id FROM pending p JOIN"
		" raw r ON r.id BETWEEN p.number * 4096 AND p.number * 4096 +"
		" 4095 WHERE p.pub GLOB 'm*' AND p.leaf " IN_CUT ")",
		"DELETE FROM pending WHERE leaf " IN_CUT,
		/* What was begun of an item that is erased: any may be. */
		"DELETE FROM raw WHERE id IN (SELECT r.id FROM pending p JOIN"
		" raw r ON r.id BETWEEN p.number * 4096 AND p.number * 4096 +"
		" 4095 WHERE p.pub GLOB 'm*' AND p.uid < 0) AND EXISTS (SELECT"
		" 1 FROM cut WHERE leaf >> 40 = 4)",
		"DELETE FROM pending WHERE pub GLOB 'm*' AND uid < 0 AND"
		" EXISTS (SELECT 1 FROM cut WHERE leaf >> 40 = 4)",
		"DELETE FROM folder WHERE parent IS NOT NULL AND NOT EXISTS"
		" (SELECT 1 FROM location l WHERE l.folder = folder.id AND"
		" l.uid != 0)",
		"DELETE FROM held WHERE id IN (SELECT h.id FROM quarantine q"
		" JOIN held h ON h.id BETWEEN q.id * 4096 AND q.id * 4096 +"
		" 4095 WHERE q.leaf " IN_CUT ")",
		"DELETE FROM quarantine WHERE leaf " IN_CUT,
		"DELETE FROM rating WHERE leaf " IN_CUT,
		"DELETE FROM weights WHERE id / 4096 IN (SELECT id FROM model"
		" WHERE leaf " IN_CUT ")",
		"DELETE FROM example WHERE model IN (SELECT id FROM model"
		" WHERE leaf " IN_CUT ")",
		"DELETE FROM model WHERE leaf " IN_CUT,
		"UPDATE account SET state = 'disconnected', secret = NULL,"
		" conf = NULL, secret_leaf = NULL, signed_in = NULL, expires = NULL WHERE"
		" secret_leaf " IN_CUT,
		"DELETE FROM identifier WHERE leaf " IN_CUT,
		"DELETE FROM person WHERE id IN (SELECT person FROM who) AND"
		" NOT EXISTS (SELECT 1 FROM identifier i WHERE"
		" i.person = person.id)",
		/* In an older store a person may have had more addresses. */
		"UPDATE person SET state = 'live' WHERE id IN"
		" (SELECT person FROM who)",
		/* What others wrote in a conversation goes on without them. */
		"UPDATE conversation SET person = (SELECT m.person FROM"
		" message m WHERE m.conversation = conversation.id AND m.person"
		" IS NOT NULL ORDER BY m.date, m.id LIMIT 1) WHERE person IN"
		" (SELECT person FROM who WHERE person NOT IN"
		" (SELECT id FROM person))",
	};
	struct cn_arena mem = { 0 };
	int64_t *v;
	size_t n, i;
	int r;

	if (cn_reach_list(s, "SELECT c.id FROM conversation c WHERE c.person"
	    " IN (SELECT person FROM who)", &mem, &v, &n, err) < 0 ||
	    cn_store_begin(s, err) < 0) {
		cn_arena_release(&mem);
		return -1;
	}
	for (i = 0, r = 0; i < n && r == 0; i++)
		r = empty_conversation(s, v[i], err);
	cn_arena_release(&mem);
	for (i = 0; i < sizeof(sql) / sizeof(sql[0]) && r == 0; i++)
		r = cn_do(s, err, sql[i], "");
	if (r < 0) {
		cn_store_rollback(s);
		return -1;
	}
	return cn_store_commit(s, err);
}

/* --- (3) search --- */

/* Keys without a table are of shards that this store does not know: copies
 * that do could be searched with them. */
static int drop_orphans(struct cn_store *s, struct cn_err *err)
{
	int64_t last = 0, id, has;
	uint8_t key[16];

	if (cn_get(s, err, &last, "SELECT max(id) FROM shard", "") < 0)
		return -1;
	for (id = 1; id < last; id++) {
		if (cn_get(s, err, &has, "SELECT EXISTS (SELECT 1 FROM shard"
		    " WHERE id = ?)", "i", id) < 0)
			return -1;
		if (!has && cn_shard_key(s->keys, (uint32_t)id, key, err) == 0 &&
		    cn_shard_drop(s->keys, (uint32_t)id, err) < 0)
			return -1;
	}
	cn_wipe(key, sizeof(key));
	return 0;
}

static int rebuild(struct cn_store *s, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	int64_t *due;
	size_t n, i;
	int r = due_shards(s, &mem, &due, &n, err);

	for (i = 0; i < n && r == 0; i++) {
		if (s->run->progress != NULL && n > 1)
			s->run->progress(s->run->progress_arg, i, n);
		r = cn_shard_rebuild(s, (uint32_t)due[i], err);
	}
	cn_arena_release(&mem);
	return r == 0 ? drop_orphans(s, err) : -1;
}

/* --- the end of (3) --- */

static int report(struct cn_store *s, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	const char *pub, *counts;
	sqlite3_stmt *st;
	int64_t n = 0;
	int r;

	for (;;) {
		st = cn_bind(s, err, "SELECT pub, counts FROM erasure WHERE"
		    " state = 'begun' ORDER BY id LIMIT 1", "");
		if (st == NULL || (r = cn_step(s, st, err)) <= 0)
			break;
		pub = cn_col_dup(&mem, st, 0);
		counts = cn_col_dup(&mem, st, 1);
		sqlite3_reset(st);
		cn_json_int(cn_json_get(cn_str(counts),
		    cn_reach_names[CN_REACH_MESSAGES]), &n);
		if ((r = tell(s, pub, "done", n, NULL, 0, err)) < 0 ||
		    (r = cn_do(s, err, "UPDATE erasure SET state = 'done',"
		    " person = 0, ended = ? WHERE pub = ?", "is",
		    cn_store_now(s), pub)) < 0)
			break;
	}
	cn_arena_release(&mem);
	return st == NULL ? -1 : r;
}

static int finish(struct cn_store *s, struct cn_err *err)
{
	uint64_t g = cn_keys_generation(s->keys);

	if (cn_store_begin(s, err) < 0)
		return -1;
	if (cn_reach_copy_ledger(s, err) < 0 ||
	    cn_store_set_meta(s, "generation", (int64_t)g, err) < 0 ||
	    cn_store_set_meta(s, "erasing", 0, err) < 0 ||
	    report(s, err) < 0) {
		cn_store_rollback(s);
		return -1;
	}
	if (cn_store_commit(s, err) < 0)
		return -1;
	s->generation = g;
	s->behind = false;
	return 0;
}

/* Every step may find its work done. */
static int carry_out(struct cn_store *s, const char *pub, struct cn_err *err)
{
	if (cn_reach_gather(s, err) < 0 || cn_reach_remember(s, err) < 0 ||
	    mark(s, pub, err) < 0)
		return -1;
	/* Nobody else writes any more: what came in meanwhile goes too. */
	if (cn_reach_gather(s, err) < 0 || cn_reach_remember(s, err) < 0 ||
	    puncture(s, err) < 0 || delete_drafts(s, err) < 0 ||
	    delete_messages(s, err) < 0 || delete_people(s, err) < 0 ||
	    rebuild(s, err) < 0)
		return -1;
	return finish(s, err);
}

static int catch_up(struct cn_store *s, struct cn_err *err)
{
	bool due;

	/* A keyring that was brought back meanwhile is looked at when the
	 * store is opened. */
	s->generation = (uint64_t)cn_store_meta(s, "generation", 0);
	if (cn_store_reload(s, err) < 0 || cn_erase_due(s, &due, err) < 0)
		return -1;
	s->behind = due;
	if (!due)
		return 0;
	if (cn_reach_union(s, err) < 0 || cn_reach_begin(s, err) < 0 ||
	    cn_reach_ledger(s, err) < 0)
		return -1;
	return carry_out(s, NULL, err);
}

static int lock(struct cn_store *s, struct cn_err *err)
{
	int wait = s->run->wait_ms;

	return cn_keys_lock(s->keys, wait ? wait : LOCK_MS, err);
}

int cn_erase_catch_up(struct cn_store *s, struct cn_err *err)
{
	int r;

	if (s->erasing)
		return 0;
	if (lock(s, err) < 0)
		return -1;
	s->erasing = true;
	r = catch_up(s, err);
	s->erasing = false;
	cn_keys_unlock(s->keys);
	return r;
}

int cn_erase(struct cn_store *s, const char *pub, const int64_t *leaves,
    size_t n, struct cn_err *err)
{
	int64_t now = cn_store_now(s);
	size_t i;
	int r;

	if (lock(s, err) < 0)
		return -1;
	s->erasing = true;
	r = catch_up(s, err);
	if (r == 0)
		r = cn_reach_begin(s, err);
	for (i = 0; i < n && r == 0; i++)
		r = cn_reach_add(s, leaves[i], now, err);
	if (r == 0)
		r = carry_out(s, pub, err);
	s->erasing = false;
	cn_keys_unlock(s->keys);
	return r;
}

int cn_erase_done(struct cn_store *s, const char *pub, struct cn_err *err)
{
	int64_t id;

	return cn_get(s, err, &id, "SELECT id FROM erasure WHERE pub = ? AND"
	    " state = 'done'", "s", pub);
}

/* One that meets another process's checkpoint is refused without asking the
 * busy handler, and behind one that succeeds somebody may write at once. */
int cn_erase_checkpoint(struct cn_store *s, struct cn_err *err)
{
	const struct timespec pause = { 0, TRY_MS * 1000000 };
	int wait = s->run->wait_ms, r;
	struct cn_arena mem = { 0 };
	const char *wal = cn_arena_fmt(&mem, "%s-wal", s->path);
	struct stat st;
	bool left;

	sqlite3_busy_timeout(s->db, 0);
	for (;;) {
		r = sqlite3_wal_checkpoint_v2(s->db, NULL,
		    SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
		left = r == SQLITE_BUSY || (r == SQLITE_OK &&
		    stat(wal, &st) == 0 && st.st_size > 0);
		if (!left || wait == 0 || *s->run->stop)
			break;
		nanosleep(&pause, NULL);
		if (wait > 0)
			wait = wait > TRY_MS ? wait - TRY_MS : 0;
	}
	sqlite3_busy_timeout(s->db, LOCK_MS);
	cn_arena_release(&mem);
	return left ? 1 : r == SQLITE_OK ? 0 :
	    cn_sql_fail(s, err, "checkpoint");
}
