/* scan - open every cell of a store and look inside
 *
 *	scan find WORDS		the words (a file, one a line) that are in any
 *				cell that opens, as bytes or in the text of a
 *				mail: 'word bytes' or 'word text'; then
 *				'cells N closed N damaged N'
 *	scan samples LEAF...	pieces of the cells under these leaves, in
 *				hexadecimal, as they lie in the store's files
 *	scan index		the same of the search index
 *	scan bytes SAMPLES	how many of these pieces are in the files
 *	scan gaps FILE		how many pages of a database keep something
 *				between their index and their cells
 *	scan search WORD	how many messages search finds
 *	scan hold		reads the store until standard input ends
 *	scan audit		verifies the chain: 0 or 1
 *
 * On CN_HOME and CN_KEYS; changes nothing. */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/file.h"
#include "mail/mail.h"
#include "store/audit.h"
#include "store/search.h"

static int64_t now(void)
{
	return (int64_t)time(NULL);
}

static struct cn_run run = {
	.command = "scan", .options = "", .actor = "test", .wait_ms = 1000
};
static struct cn_err err;
static sqlite3 *db;
static struct cn_store *store;
static char path[4096];

static int die(const char *what)
{
	fprintf(stderr, "scan: %s: %s\n", what, err.msg);
	exit(2);
}

static sqlite3_stmt *query(const char *sql)
{
	sqlite3_stmt *st;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		die(sqlite3_errmsg(db));
	return st;
}

static void read_file(const char *name, struct cn_buf *b)
{
	if (cn_file_exists(name) &&
	    cn_file_read(name, (size_t)1 << 30, b, &err) < 0)
		die(name);
}

/* Every cell: leaf, table, row, column, chunk, cell. */
static const char all[] =
    "SELECT leaf, 'identifier', lower(hex(blind)), 'cell', 0, cell FROM"
    " identifier UNION ALL "
    "SELECT leaf, 'account', lower(hex(blind)), 'cell', 0, cell FROM account"
    " UNION ALL SELECT leaf, 'account', pub, 'conf', 0, conf FROM account"
    " WHERE conf IS NOT NULL UNION ALL SELECT secret_leaf, 'account', pub,"
    " 'secret', 0, secret FROM account WHERE secret IS NOT NULL"
    " UNION ALL SELECT a.leaf, 'folder', f.pub, 'cell', 0, f.cell FROM folder f"
    " JOIN account a ON a.id = f.account UNION ALL "
    "SELECT leaf, 'message', pub, 'head', 0, head FROM message UNION ALL "
    "SELECT leaf, 'message', pub, 'class', 0, class FROM message WHERE"
    " class IS NOT NULL UNION ALL "
    "SELECT leaf, 'message', pub, 'replies', 0, replies FROM message WHERE"
    " replies IS NOT NULL UNION ALL "
    "SELECT leaf, 'quarantine', pub, 'cell', 0, cell FROM quarantine"
    " UNION ALL SELECT q.leaf, 'quarantine', q.pub, 'cell', h.id % 4096,"
    " h.cell FROM held h JOIN quarantine q ON q.id = h.id / 4096"
    " UNION ALL SELECT p.leaf, 'raw', p.pub, 'cell', r.id % 4096, r.cell FROM"
    " raw r JOIN pending p ON p.number = r.id / 4096 AND p.pub GLOB 'm*'"
    " UNION ALL SELECT m.leaf, 'label', m.pub, 'who', 0, l.who FROM label l"
    " JOIN message m ON m.id = l.message UNION ALL SELECT m.leaf, 'weights',"
    " m.kind, 'cell', w.id % 4096, w.cell FROM weights w JOIN model m ON m.id"
    " = w.id / 4096 UNION ALL SELECT m.leaf, 'raw', m.pub, 'cell', r.id % 4096, r.cell FROM"
    " raw r JOIN message m ON m.id = r.id / 4096";

struct needles {
	char *word[512];
	bool bytes[512], text[512];
	size_t n;
};

static void look(struct needles *l, const char *p, size_t n, bool *found)
{
	size_t i;

	for (i = 0; p != NULL && i < l->n; i++)
		found[i] |= memmem(p, n, l->word[i], strlen(l->word[i])) != NULL;
}

static int find(const char *file)
{
	struct cn_buf words = { 0 }, plain = { 0 };
	struct needles *l = calloc(1, sizeof(*l));
	long cells = 0, closed = 0, damaged = 0;
	struct cn_mail mail = { 0 };
	sqlite3_stmt *st = query(all);
	char *w;
	size_t i;

	read_file(file, &words);
	for (w = strtok(words.p, "\n"); w != NULL && l->n < 512;
	    w = strtok(NULL, "\n"))
		l->word[l->n++] = w;
	for (; sqlite3_step(st) == SQLITE_ROW; cells++) {
		const char *table = (const char *)sqlite3_column_text(st, 1);
		struct cn_cell_at at = { sqlite3_column_int64(st, 0), table,
		    (const char *)sqlite3_column_text(st, 2),
		    (const char *)sqlite3_column_text(st, 3),
		    (uint32_t)sqlite3_column_int(st, 4) };

		plain.len = 0;
		if (cn_cell_open(cn_store_keys(store), &at,
		    sqlite3_column_blob(st, 5),
		    (size_t)sqlite3_column_bytes(st, 5), &plain, &err) < 0) {
			*(err.status == CN_BLOCKED ? &closed : &damaged) += 1;
			continue;
		}
		look(l, plain.p, plain.len, l->bytes);
		if ((strcmp(table, "raw") != 0 &&
		    strcmp(table, "quarantine") != 0) ||
		    cn_mail_parse(&mail, plain.p, plain.len, 0, &err) < 0)
			continue;
		look(l, mail.text, mail.text_len, l->text);
		for (i = 0; i < mail.n_parts; i++)
			look(l, mail.parts[i].body.p, mail.parts[i].body.n,
			    l->text);
	}
	for (i = 0; i < l->n; i++)
		if (l->bytes[i] || l->text[i])
			printf("%s %s\n", l->word[i],
			    l->bytes[i] ? "bytes" : "text");
	printf("cells %ld closed %ld damaged %ld\n", cells, closed, damaged);
	sqlite3_finalize(st);
	cn_mail_release(&mail);
	cn_buf_release(&words);
	cn_buf_release(&plain);
	free(l);
	return 0;
}

static void files(struct cn_buf *b)
{
	char wal[4200];

	snprintf(wal, sizeof(wal), "%s-wal", path);
	read_file(path, b);
	read_file(wal, b);
}

#define PIECE 24

/* Numbers of messages that follow each other look alike everywhere. */
static bool varied(const char *p)
{
	int i, k, n = 0;

	for (i = 0; i < PIECE; i++) {
		for (k = 0; k < i && p[k] != p[i]; k++)
			;
		n += k == i;
	}
	return n >= PIECE / 2;
}

/* Pieces of a blob, from `at` on, that a page's end has not cut. */
static void pieces(const struct cn_buf *bytes, const char *p, int len, int at,
    int every)
{
	char hex[2 * PIECE + 1];

	for (; at + PIECE <= len; at += every) {
		if (!varied(p + at) ||
		    memmem(bytes->p, bytes->len, p + at, PIECE) == NULL)
			continue;
		cn_hex(hex, p + at, PIECE);
		puts(hex);
	}
}

static int samples(int n, char **leaf)
{
	struct cn_buf bytes = { 0 };
	sqlite3_stmt *st = query(all);
	int i;

	files(&bytes);
	while (sqlite3_step(st) == SQLITE_ROW) {
		for (i = 0; i < n; i++)
			if (atoll(leaf[i]) == sqlite3_column_int64(st, 0))
				break;
		if (i < n)	/* behind the header */
			pieces(&bytes, sqlite3_column_blob(st, 5),
			    sqlite3_column_bytes(st, 5), 40, 500);
	}
	sqlite3_finalize(st);
	cn_buf_release(&bytes);
	return 0;
}

static int index_samples(void)
{
	struct cn_buf bytes = { 0 };
	sqlite3_stmt *st = query("SELECT block FROM posting");

	files(&bytes);
	while (sqlite3_step(st) == SQLITE_ROW)
		pieces(&bytes, sqlite3_column_blob(st, 0),
		    sqlite3_column_bytes(st, 0), 0, 50);
	sqlite3_finalize(st);
	cn_buf_release(&bytes);
	return 0;
}

static int count_bytes(const char *file)
{
	struct cn_buf bytes = { 0 }, list = { 0 };
	uint8_t piece[PIECE];
	long n = 0;
	char *w;

	files(&bytes);
	read_file(file, &list);
	for (w = strtok(list.p, "\n"); w != NULL; w = strtok(NULL, "\n"))
		n += cn_unhex(piece, w, PIECE) &&
		    memmem(bytes.p, bytes.len, piece, PIECE) != NULL;
	printf("%ld\n", n);
	cn_buf_release(&bytes);
	cn_buf_release(&list);
	return 0;
}

static int gaps(const char *file)
{
	struct cn_buf b = { 0 };
	const uint8_t *page, *h;
	size_t at, size, from, to;
	long n = 0;

	read_file(file, &b);
	page = (const uint8_t *)b.p;
	size = b.len < 100 ? 0 : (size_t)(page[16] << 8 | page[17]);
	for (at = 0; size > 0 && at + size <= b.len; at += size, page += size) {
		h = page + (at == 0 ? 100 : 0);
		if (h[0] != 2 && h[0] != 5 && h[0] != 10 && h[0] != 13)
			continue;
		from = (size_t)(h - page) + (h[0] < 8 ? 12 : 8) +
		    2 * (size_t)(h[3] << 8 | h[4]);
		to = (size_t)(h[5] << 8 | h[6]);
		while (from < to && page[from] == 0)
			from++;
		n += from < to;
	}
	printf("%ld\n", n);
	cn_buf_release(&b);
	return 0;
}

static int search(const char *word)
{
	struct cn_term term = { .kind = CN_T_WORD, .text = word };
	struct cn_query q = { &term, 1 };
	int64_t ids[1000];
	size_t n;

	if (cn_search(store, &q, 0, ids, 1000, &n, &err) < 0)
		die("search");
	printf("%zu\n", n);
	return 0;
}

static int hold(void)
{
	char c;

	sqlite3_exec(db, "BEGIN; SELECT count(*) FROM message", NULL, NULL,
	    NULL);
	puts("held");
	fflush(stdout);
	while (read(STDIN_FILENO, &c, 1) > 0)
		;
	return 0;
}

static int audit(void)
{
	int64_t n;
	int r = cn_audit_verify(store, &n, &err);

	if (r < 0)
		die("audit");
	puts(r == 0 ? "whole" : err.msg);
	return r;
}

int main(int argc, char **argv)
{
	const char *mode = argc > 1 ? argv[1] : "";
	int r;

	run.home = getenv("CN_HOME");
	run.keys = getenv("CN_KEYS");
	run.clock = now;
	run.now = now();
	snprintf(path, sizeof(path), "%s/store.db", run.home);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) !=
	    SQLITE_OK)
		die(path);
	if (strcmp(mode, "hold") == 0) {
		r = hold();
	} else if (strcmp(mode, "index") == 0) {
		r = index_samples();
	} else if (strcmp(mode, "bytes") == 0) {
		r = count_bytes(argv[2]);
	} else if (strcmp(mode, "gaps") == 0) {
		r = gaps(argv[2]);
	} else {
		store = cn_store_open(&run, CN_STORE_READ, &err);
		if (store == NULL)
			die("open");
		r = strcmp(mode, "find") == 0 ? find(argv[2]) :
		    strcmp(mode, "samples") == 0 ? samples(argc - 2, argv + 2) :
		    strcmp(mode, "search") == 0 ? search(argv[2]) : audit();
		cn_store_close(store);
	}
	sqlite3_close(db);
	return r;
}
