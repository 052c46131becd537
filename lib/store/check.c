/* cn-store doctor: is the store whole, and is everything where it should be? */
#include <dirent.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "store/audit.h"
#include "store/registry.h"
#include "store/sql.h"

struct check {
	struct cn_store *s;
	void (*tell)(void *, const char *);
	void *arg;
	int found;
};

static void say(struct check *c, const char *fmt, ...) CN_PRINTF(2, 3);
static void say(struct check *c, const char *fmt, ...)
{
	char line[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	c->tell(c->arg, line);
	c->found++;
}

static int sqlite_whole(struct check *c, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(c->s, err, "PRAGMA integrity_check(10)", "");
	int r;

	while (st != NULL && (r = cn_step(c->s, st, err)) == 1) {
		const char *t = (const char *)sqlite3_column_text(st, 0);

		if (t != NULL && strcmp(t, "ok") != 0)
			say(c, "store.db: %s", t);
	}
	return st == NULL || r < 0 ? -1 : 0;
}

/* Every column of every table stands in the registry, and the other way. */
static int columns(struct check *c, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(c->s, err, "SELECT t.name, x.name FROM"
	    " sqlite_master t, pragma_table_info(t.name) x WHERE t.type ="
	    " 'table' AND t.name NOT LIKE 'sqlite!_%' ESCAPE '!'", "");
	bool seen[256] = { false };
	const struct cn_column *col;
	size_t i;
	int r = 0;

	while (st != NULL && (r = cn_step(c->s, st, err)) == 1) {
		const char *t = (const char *)sqlite3_column_text(st, 0);
		const char *n = (const char *)sqlite3_column_text(st, 1);

		col = cn_column_find(t, n);
		if (col == NULL)
			say(c, "column %s.%s is not in the registry", t, n);
		else
			seen[col - cn_columns] = true;
	}
	for (i = 0; r == 0 && i < cn_ncolumns && i < 256; i++)
		if (!seen[i] && strcmp(cn_columns[i].table, "fts*") != 0)
			say(c, "column %s.%s is in the registry only",
			    cn_columns[i].table, cn_columns[i].column);
	return st == NULL || r < 0 ? -1 : 0;
}

static void folder(struct check *c, const char *where, const char *path)
{
	struct cn_arena mem = { 0 };
	struct dirent *e;
	struct stat st;
	DIR *d = opendir(path);
	size_t i;

	if (d == NULL) {
		say(c, "%s: cannot be read", path);
		return;
	}
	if (stat(path, &st) == 0 && (st.st_mode & 077))
		say(c, "%s: others may look in (chmod 700)", path);
	while ((e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		for (i = 0; i < cn_nplaces; i++)
			if (strcmp(cn_places[i].where, where) == 0 &&
			    fnmatch(cn_places[i].pattern, e->d_name, 0) == 0)
				break;
		if (i == cn_nplaces)
			say(c, "%s/%s: not a file of ours", path, e->d_name);
		else if (stat(cn_arena_fmt(&mem, "%s/%s", path, e->d_name),
		    &st) == 0 && (st.st_mode & 077) && strcmp(e->d_name,
		    "config.yaml") && strcmp(e->d_name, "macros.yaml"))
			say(c, "%s/%s: others may read it (chmod 600)", path,
			    e->d_name);
	}
	closedir(d);
	cn_arena_release(&mem);
}

static const struct {
	const char *sql, *what;
} orphans[] = {
	{ "SELECT count(*) FROM raw WHERE NOT EXISTS(SELECT 1 FROM message m"
	  " WHERE m.id = raw.id / 4096)", "raw bytes without a message" },
	{ "SELECT count(*) FROM message m WHERE NOT EXISTS(SELECT 1 FROM raw"
	  " WHERE raw.id = m.id * 4096)", "messages without raw bytes" },
	{ "SELECT count(*) FROM message m WHERE NOT EXISTS(SELECT 1 FROM"
	  " conversation c WHERE c.id = m.conversation)",
	  "messages without a conversation" },
	{ "SELECT count(*) FROM message m WHERE person IS NOT NULL AND NOT"
	  " EXISTS(SELECT 1 FROM person p WHERE p.id = m.person)",
	  "messages of a person who is gone" },
	{ "SELECT count(*) FROM identifier i WHERE NOT EXISTS(SELECT 1 FROM"
	  " person p WHERE p.id = i.person)", "identifiers without a person" },
	{ "SELECT count(*) FROM participant x WHERE NOT EXISTS(SELECT 1 FROM"
	  " identifier i WHERE i.id = x.identifier) OR NOT EXISTS(SELECT 1"
	  " FROM message m WHERE m.id = x.message)", "loose participants" },
	{ "SELECT count(*) FROM location l WHERE NOT EXISTS(SELECT 1 FROM"
	  " message m WHERE m.id = l.message)", "loose locations" },
	{ "SELECT count(*) FROM ref r WHERE NOT EXISTS(SELECT 1 FROM message m"
	  " WHERE m.id = r.message)", "loose references" },
	{ "SELECT count(*) FROM message m WHERE NOT EXISTS(SELECT 1 FROM shard"
	  " s WHERE s.id = m.shard)", "messages without a search shard" },
	{ "SELECT count(*) FROM shard WHERE state = 'due'",
	  "search shards that wait to be rebuilt (cn-purge --resume)" },
	/* A later run that went well has done its work too. */
	{ "SELECT count(*) FROM run r WHERE end IS NULL AND NOT EXISTS(SELECT 1"
	  " FROM run x WHERE x.command = r.command AND x.account IS r.account"
	  " AND x.id > r.id AND x.status IN (0, 3))",
	  "runs that did not end (killed, or still at work)" },
};

int cn_store_check(struct cn_store *s, void (*tell)(void *, const char *),
    void *arg, struct cn_err *err)
{
	struct check c = { s, tell, arg, 0 };
	struct cn_err chain = { 0 };
	int64_t n, entries;
	size_t i;
	int r;

	if (sqlite_whole(&c, err) < 0 || columns(&c, err) < 0)
		return -1;
	for (i = 0; i < sizeof(orphans) / sizeof(orphans[0]); i++) {
		if (cn_get(s, err, &n, orphans[i].sql, "") < 0)
			return -1;
		if (n > 0)
			say(&c, "%lld %s", (long long)n, orphans[i].what);
	}
	if (cn_store_meta(s, "erasing", 0) ||
	    s->generation != cn_keys_generation(s->keys))
		say(&c, "an erasure was cut off (cn-purge --resume)");
	if ((r = cn_audit_verify(s, &entries, &chain)) < 0) {
		*err = chain;
		return -1;
	}
	if (r == 1)
		say(&c, "%s", chain.msg);
	folder(&c, "home", s->run->home);
	folder(&c, "keys", s->run->keys);
	return c.found;
}
