/* registry - cn-store(1) tells what the registry of columns and places tells
 *
 * With --mdoc it prints the two lists as they should stand in the manual. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "store/registry.h"
#include "tap.h"

static void columns(struct cn_buf *b)
{
	const struct cn_column *c = cn_columns;

	for (; c < cn_columns + cn_ncolumns; c++)
		if (c->form == CN_CLEAR)
			cn_buf_fmt(b, ".It Cm %s.%s\n%s\n", c->table, c->column,
			    c->reveals[0] ? c->reveals : "nothing by itself");
}

static void places(struct cn_buf *b)
{
	static const char *const in[] = { "home", "keys", NULL };
	static const char *const env[] = { "CN_HOME", "CN_KEYS" };
	size_t i, k;

	for (k = 0; in[k] != NULL; k++)
		for (i = 0; i < cn_nplaces; i++)
			if (strcmp(cn_places[i].where, in[k]) == 0)
				cn_buf_fmt(b, ".It Pa $%s/%s\n%s\n", env[k],
				    cn_places[i].pattern, cn_places[i].holds);
}

static bool well_formed(void)
{
	const struct cn_column *c = cn_columns;
	bool good = true;

	for (; c < cn_columns + cn_ncolumns; c++)
		if (cn_column_find(c->table, c->column) != c ||
		    !c->category[0] || !c->purpose[0] || !c->basis[0] ||
		    !c->retention[0] || c->reveals == NULL) {
			printf("# %s.%s\n", c->table, c->column);
			good = false;
		}
	return good;
}

int main(int argc, char **argv)
{
	struct cn_buf man = { 0 }, cols = { 0 }, files = { 0 };
	struct cn_err err;

	columns(&cols);
	places(&files);
	if (argc > 1 && strcmp(argv[1], "--mdoc") == 0) {
		printf("%s\n%s", cols.p, files.p);
		return 0;
	}
	ok(well_formed(), "every column stands there once, with its law");
	ok(cn_column_find("message", "shoe_size") == NULL &&
	    cn_column_find("extra", "id") == NULL, "and no other");
	if (cn_file_read("man/cn-store.1", 1 << 20, &man, &err) < 0) {
		printf("# %s\n", err.msg);
		cn_buf_str(&man, "");
	}
	ok(strstr(man.p, cols.p) != NULL,
	    "cn-store(1) lists what stays clear as the registry has it");
	ok(strstr(man.p, files.p) != NULL,
	    "and the files of both folders");
	if (failed)
		printf("# see build/unit/registry --mdoc\n");
	printf("1..%d\n", count);
	cn_buf_release(&man);
	cn_buf_release(&cols);
	cn_buf_release(&files);
	return failed > 0;
}
