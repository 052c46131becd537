#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "store/person.h"
#include "store/reach.h"
#include "store/registry.h"

#define DESK_FILE ((size_t)16 << 20)

static void add(struct cn_proof *p, const char *name, int64_t of, int64_t bad)
{
	p->check[p->n].name = name;
	p->check[p->n].of = of;
	p->check[p->n++].bad = bad;
}

/* Fills cut with the leaves of one erasure, or of all. */
static int choose(struct cn_store *s, const char *pub, struct cn_err *err)
{
	sqlite3_stmt *st;
	struct cn_arena mem = { 0 };
	const uint8_t *v;
	size_t n, i, k;
	uint64_t leaf;
	int r;

	if (cn_reach_begin(s, err) < 0)
		return -1;
	if (pub == NULL)
		return cn_reach_ledger(s, err);
	st = cn_bind(s, err, "SELECT leaves FROM erasure WHERE pub = ? AND"
	    " state = 'done'", "s", pub);
	if (st == NULL || (r = cn_step(s, st, err)) < 0)
		return -1;
	if (r == 0)
		return cn_fail(err, CN_BLOCKED, "no erasure %s was carried out",
		    pub);
	n = cn_col(st, 0).n;
	if (n == 0 || n % 8 != 0) {	/* nothing is proved of nobody */
		sqlite3_reset(st);
		return cn_fail(err, CN_INTEGRITY, "erasure %s: its list of "
		    "leaves is damaged", pub);
	}
	v = (uint8_t *)cn_arena_dup(&mem, cn_col(st, 0).p, n);
	sqlite3_reset(st);
	for (i = 0, r = 0; i + 8 <= n && r == 0; i += 8) {
		for (k = 0, leaf = 0; k < 8; k++)
			leaf |= (uint64_t)v[i + k] << 8 * k;
		r = cn_reach_add(s, (int64_t)leaf, 0, err);
	}
	cn_arena_release(&mem);
	return r;
}

static int keys(struct cn_store *s, struct cn_proof *p, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	int64_t *v, bad = 0, copied = 0;
	size_t n, i;
	bool same;
	int r = cn_reach_leaves(s, &mem, &v, &n, err);

	for (i = 0; i < n && r >= 0; i++) {
		r = cn_leaf_state(s->keys, v[i], err);
		bad += r == 0;
	}
	cn_arena_release(&mem);
	if (r < 0 || cn_reach_in_step(s, &same, err) < 0 ||
	    cn_get(s, err, &copied, "SELECT count(*) FROM ledger WHERE"
	    " kind = 1 AND leaf " IN_CUT, "") < 0)
		return -1;
	p->leaves = (int64_t)n;
	add(p, "keys that can be derived", p->leaves, bad);
	add(p, "leaves missing in the ledger or its copy", p->leaves,
	    same ? p->leaves - copied : p->leaves);
	return 0;
}

/* What a column may hold, by what it refers to; %s: the column. */
static const char *const dangling[] = {
	[CN_REF_NONE] = NULL,
	[CN_REF_PERSON] = "%s NOT IN (SELECT person FROM identifier)",
	[CN_REF_IDENTIFIER] = "%s NOT IN (SELECT id FROM identifier)",
	[CN_REF_MESSAGE] = "%s NOT IN (SELECT id FROM message)",
	[CN_REF_RAW] = "%s / 4096 NOT IN (SELECT id FROM message) AND"
	    " %s / 4096 NOT IN (SELECT number FROM pending WHERE"
	    " pub GLOB 'm*')",
	[CN_REF_CONVERSATION] = "%s > 0 AND %s NOT IN (SELECT id"
	    " FROM conversation)",
	[CN_REF_LEAF] = "%s " IN_CUT,
	[CN_REF_SHARD] = "%s != 0 AND %s NOT IN (SELECT id FROM shard)",
	[CN_REF_SEGMENT] = "%s / 256 NOT IN (SELECT id FROM shard)",
	[CN_REF_POSTING] = "%s / 4096 NOT IN (SELECT id FROM segment)",
	[CN_REF_HELD] = "%s / 4096 NOT IN (SELECT id FROM quarantine)",
	[CN_REF_MODEL] = "%s NOT IN (SELECT id FROM model)",
	[CN_REF_WEIGHTS] = "%s / 4096 NOT IN (SELECT id FROM model)",
};

static int refers(struct cn_store *s, const struct cn_column *c,
    int64_t *rows, struct cn_err *err)
{
	const char *f = dangling[c->ref], *p;
	struct cn_buf sql = { 0 };
	int r;

	/* NULL is not in an empty table either. */
	cn_buf_fmt(&sql, "SELECT count(*) FROM \"%s\" WHERE \"%s\" IS NOT"
	    " NULL AND ", c->table, c->column);
	for (; (p = strstr(f, "%s")) != NULL; f = p + 2) {
		cn_buf_add(&sql, f, (size_t)(p - f));
		cn_buf_fmt(&sql, "\"%s\"", c->column);
	}
	cn_buf_str(&sql, f);
	/* The cache knows statements by address: one for each text. */
	r = cn_get(s, err, rows, cn_arena_strdup(&s->mem, sql.p), "");
	cn_buf_release(&sql);
	return r;
}

static int rows(struct cn_store *s, struct cn_proof *p, struct cn_err *err)
{
	int64_t of = 0, bad = 0, n;
	size_t i;

	for (i = 0; i < cn_ncolumns; i++) {
		if (cn_columns[i].ref == CN_REF_NONE)
			continue;
		n = 0;
		if (refers(s, &cn_columns[i], &n, err) < 0)
			return -1;
		of++;
		bad += n;
	}
	add(p, "rows that refer to what is gone", of, bad);
	bad = 0;
	if (cn_get(s, err, &bad, "SELECT count(*) FROM erasure WHERE"
	    " state != 'done' OR person != 0", "") < 0)
		return -1;
	add(p, "erasures that were not finished", 1, bad);
	return 0;
}

/* What was trained on a message that has gone would show in `rows` as well:
 * here it has its name, with what lost an example in another way. */
static int models(struct cn_store *s, struct cn_proof *p, struct cn_err *err)
{
	int64_t of = 0, bad = 0;

	if (cn_get(s, err, &of, "SELECT count(*) FROM model", "") < 0 ||
	    cn_get(s, err, &bad, "SELECT count(*) FROM model m WHERE torn OR"
	    " leaf " IN_CUT " OR labels != (SELECT count(*) FROM example e"
	    " JOIN message x ON x.id = e.message WHERE e.model = m.id)",
	    "") < 0)
		return -1;
	add(p, "models that learned from what is gone", of, bad);
	return 0;
}

/* A table or column that nobody registered could hold anything. */
static int columns(struct cn_store *s, struct cn_proof *p, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, "SELECT t.name, c.name FROM"
	    " sqlite_master t JOIN pragma_table_info(t.name) c WHERE t.type ="
	    " 'table' AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\'", "");
	int64_t of = 0, bad = 0;
	int r;

	if (st == NULL)
		return -1;
	while ((r = cn_step(s, st, err)) == 1) {
		of++;
		bad += cn_column_find((const char *)sqlite3_column_text(st, 0),
		    (const char *)sqlite3_column_text(st, 1)) == NULL;
	}
	add(p, "columns that are not registered", of, bad);
	return r;
}

static int search(struct cn_store *s, struct cn_proof *p, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	int64_t *v, bad = 0, tables = 0, last = 0, id;
	uint8_t key[16];
	size_t n, i = 0;
	int r = cn_reach_list(s, "SELECT id FROM shard WHERE state != 'due'"
	    " ORDER BY id", &mem, &v, &n, err);

	if (r == 0 && (r = cn_get(s, err, &last, "SELECT max(id) FROM shard",
	    "")) >= 0)
		r = cn_get(s, err, &tables, "SELECT (SELECT count(*) FROM"
		    " sqlite_master WHERE type = 'table' AND sql LIKE"
		    " 'CREATE VIRTUAL%') != (SELECT count(*) FROM shard WHERE"
		    " state != 'due' AND fts)", "");
	for (id = 1; id <= last && r >= 0; id++) {
		bool lives = i < n && v[i] == id;

		i += lives;
		bad += lives != (cn_shard_key(s->keys, (uint32_t)id, key,
		    err) == 0);
	}
	cn_wipe(key, sizeof(key));
	cn_arena_release(&mem);
	if (r < 0)
		return -1;
	add(p, "search shards with old words or old keys", (int64_t)n,
	    bad + tables);
	return 0;
}

/* Copies of keyring or store beside them: 'keyring.bak', 'store.db-journal'.
 * What else lies there is not of our making. */
static void strays(const char *dir, const char *where, const char *stem,
    int64_t *of, int64_t *bad)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	size_t i;

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (strncmp(e->d_name, stem, strlen(stem)) != 0)
			continue;
		for (i = 0; i < cn_nplaces; i++)
			if (strcmp(cn_places[i].where, where) == 0 &&
			    fnmatch(cn_places[i].pattern, e->d_name, 0) == 0)
				break;
		++*of;
		*bad += i == cn_nplaces;
	}
	if (d != NULL)
		closedir(d);
}

static bool in_address(char c)
{
	return (unsigned char)c > ' ' && strchr("\"'`()<>[]{},;:", c) == NULL;
}

/* An address has none of these at its ends, but a sentence or a pattern does.
 */
static struct cn_str bare(const char *p, size_t n)
{
	static const char around[] = ".!?*=/|";

	for (; n > 0 && strchr(around, *p) != NULL; p++)
		n--;
	while (n > 0 && strchr(around, p[n - 1]) != NULL)
		n--;
	return (struct cn_str){ p, n };
}

/* 1: a word of a file is the address of somebody who was erased and has not
 * come again. */
static int of_erased(struct cn_store *s, const char *word, struct cn_err *err)
{
	const char *at = strchr(word, '@');
	struct cn_ident living;
	int64_t time;
	int r;

	if (at == NULL || at == word || at[1] == '\0')
		return 0;
	r = cn_erased_ident(s, word, &time, err);
	if (r != 1)
		return r;
	r = cn_ident_find(s, word, &living, err);
	return r < 0 ? r : r == 0;
}

/* What people write for the desk lies in the clear beside the store: rules
 * above all name senders. */
static int desk_files(struct cn_store *s, struct cn_proof *p,
    struct cn_err *err)
{
	static const char *const files[] = { "config.yaml", "macros.yaml",
	    "rules.yaml" };
	struct cn_arena mem = { 0 };
	struct cn_buf b = { 0 };
	int64_t of = 0, bad = 0;
	struct cn_str word;
	size_t i, k, n;
	int r = 0;

	for (i = 0; i < 3 && r >= 0; i++) {
		const char *path = cn_path(&mem, s->run->home, files[i]);

		b.len = 0;
		if (access(path, F_OK) != 0)
			continue;
		of++;
		r = cn_file_read(path, DESK_FILE, &b, err);
		for (k = 0; k < b.len && r >= 0; k += n + 1) {
			for (n = 0; k + n < b.len && in_address(b.p[k + n]);)
				n++;
			word = bare(b.p + k, n);
			r = of_erased(s, cn_arena_dup(&mem, word.p, word.n),
			    err);
			bad += r == 1;
		}
	}
	cn_buf_wipe(&b);
	cn_arena_release(&mem);
	if (r < 0)
		return -1;
	add(p, "addresses of erased persons in the desk's own files", of, bad);
	return 0;
}

static int prove(struct cn_store *s, const char *pub, struct cn_proof *p,
    struct cn_err *err)
{
	int64_t of = 0, bad = 0;
	int r;

	if (choose(s, pub, err) < 0 || keys(s, p, err) < 0 ||
	    rows(s, p, err) < 0 || models(s, p, err) < 0 ||
	    columns(s, p, err) < 0 || search(s, p, err) < 0 ||
	    desk_files(s, p, err) < 0)
		return -1;
	p->generation = cn_store_meta(s, "generation", 0);
	add(p, "generations that differ", 2, (uint64_t)p->generation !=
	    cn_keys_generation(s->keys) || cn_store_meta(s, "erasing", 0) != 0);
	strays(cn_keys_dir(s->keys), "keys", "keyring", &of, &bad);
	strays(s->run->home, "home", "store.", &of, &bad);
	add(p, "copies of store or keyring beside them", of, bad);
	if ((r = cn_erase_checkpoint(s, err)) < 0)
		return -1;
	p->pending = r == 1;
	add(p, "old pages in the write-ahead log", 1, r);
	return 0;
}

int cn_erase_prove(struct cn_store *s, const char *pub, struct cn_proof *p,
    struct cn_err *err)
{
	int wait = s->run->wait_ms, r;

	memset(p, 0, sizeof(*p));
	if (cn_erase_catch_up(s, err) < 0 ||
	    cn_keys_lock(s->keys, wait ? wait : 30000, err) < 0)
		return -1;
	r = prove(s, pub, p, err);
	cn_keys_unlock(s->keys);
	return r;
}
