/* fts - gives a store's shards the search tables that they had before schema 3
 *
 * On CN_HOME and CN_KEYS. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "store/message.h"
#include "store/search.h"

static int64_t now(void)
{
	return (int64_t)time(NULL);
}

static struct cn_run run = {
	.command = "fts", .options = "", .actor = "test", .wait_ms = 1000
};
static sqlite3 *db;
static struct cn_err err;

static void die(const char *what)
{
	fprintf(stderr, "fts: %s: %s\n", what, err.msg);
	exit(2);
}

static void must(const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		die(sqlite3_errmsg(db));
}

static void add(struct cn_store *s, int64_t id, uint32_t shard)
{
	static const char abc[] = "abcdefghijklmnopqrstuvwxyz234567";
	struct cn_words w = { 0 };
	struct cn_arena mem = { 0 };
	struct cn_buf t = { 0 };
	struct cn_msg m;
	uint8_t key[16];
	const char *p;
	char sql[200];
	int i;

	if (cn_shard_key(cn_store_keys(s), shard, key, &err) < 0 ||
	    cn_message_load(s, id, CN_LOAD_TEXT, &m, &mem, &err) < 0)
		die("message");
	cn_words_msg(&w, &m);
	for (p = w.text.p; p < w.text.p + w.text.len; p += strlen(p) + 1) {
		uint64_t h = cn_siphash(key, p, strlen(p));

		for (i = 0; i < 10; i++, h >>= 5)
			cn_buf_ch(&t, abc[h & 31]);
		cn_buf_ch(&t, ' ');
	}
	snprintf(sql, sizeof(sql), "CREATE VIRTUAL TABLE IF NOT EXISTS fts%u"
	    " USING fts5(t, content='', detail=none, columnsize=0,"
	    " tokenize='ascii')", shard);
	must(sql);
	snprintf(sql, sizeof(sql), "INSERT INTO fts%u(rowid, t) VALUES(%lld,"
	    " '", shard, (long long)id);
	cn_buf_ch(&t, '\'');
	cn_buf_ch(&t, ')');
	p = sqlite3_mprintf("%s%s", sql, t.p);
	must(p);
	sqlite3_free((char *)(uintptr_t)p);
	cn_words_release(&w);
	cn_arena_release(&mem);
	cn_buf_release(&t);
}

int main(void)
{
	int64_t v[2][10000], n = 0, i;
	sqlite3_stmt *st;
	struct cn_store *s;
	char path[4096];

	run.home = getenv("CN_HOME");
	run.keys = getenv("CN_KEYS");
	run.clock = now;
	run.now = now();
	snprintf(path, sizeof(path), "%s/store.db", run.home);
	s = cn_store_open(&run, CN_STORE_READ, &err);
	if (s == NULL || sqlite3_open(path, &db) != SQLITE_OK ||
	    sqlite3_prepare_v2(db, "SELECT id, shard FROM message", -1, &st,
	    NULL) != SQLITE_OK)
		die(path);
	while (n < 10000 && sqlite3_step(st) == SQLITE_ROW) {
		v[0][n] = sqlite3_column_int64(st, 0);
		v[1][n++] = sqlite3_column_int64(st, 1);
	}
	sqlite3_finalize(st);
	for (i = 0; i < n; i++)
		add(s, v[0][i], (uint32_t)v[1][i]);
	cn_store_close(s);
	sqlite3_close(db);
	return 0;
}
