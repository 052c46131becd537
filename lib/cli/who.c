#include "cli/who.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define LIST_MAX (16u << 20)		/* bytes */

static int slurp(struct cn_buf *b, struct cn_err *err)
{
	char block[4096];
	ssize_t n;

	while ((n = read(STDIN_FILENO, block, sizeof(block))) > 0) {
		cn_buf_add(b, block, (size_t)n);
		if (b->len > LIST_MAX)
			return cn_fail(err, CN_USAGE,
			    "standard input: too long a list");
	}
	cn_wipe(block, sizeof(block));
	return n == 0 ? 0 : cn_fail_errno(err, CN_USAGE, "standard input");
}

/* As mail programs copy it, 'Alice <alice@example.com>', too. */
static struct cn_str inner(struct cn_str s)
{
	const char *open = s.n ? memrchr(s.p, '<', s.n) : NULL;

	if (s.n >= 3 && memcmp(s.p, "\xef\xbb\xbf", 3) == 0)
		s = (struct cn_str){ s.p + 3, s.n - 3 };
	if (open == NULL || s.p[s.n - 1] != '>')
		return cn_str_trim(s);
	open++;
	return cn_str_trim((struct cn_str){ open,
	    (size_t)(s.p + s.n - 1 - open) });
}

int cn_who_read(struct cn_cli *cli, const char *arg, struct cn_who *who,
    struct cn_err *err)
{
	struct cn_buf b = { 0 };
	struct cn_str line;
	char *p, *nl;
	size_t lines = 1;
	int r = 0;

	who->n = 0;
	who->list = strcmp(arg, "-") == 0 || arg[0] == '@';
	if (!who->list)
		cn_buf_str(&b, arg);
	else
		r = arg[0] == '@' ? cn_file_read(arg + 1, LIST_MAX, &b, err) :
		    slurp(&b, err);
	for (p = b.p; p != NULL && (p = strchr(p, '\n')) != NULL; p++)
		lines++;
	who->v = cn_arena_alloc(&cli->arena, lines * sizeof(*who->v));
	for (p = b.p; r == 0 && p != NULL; p = nl ? nl + 1 : NULL) {
		nl = strchr(p, '\n');
		line = inner(cn_str_trim((struct cn_str){ p,
		    nl ? (size_t)(nl - p) : strlen(p) }));
		if (line.n > 0)
			who->v[who->n++] = cn_arena_dup(&cli->arena, line.p,
			    line.n);
	}
	cn_buf_wipe(&b);
	if (r == 0 && who->n == 0)
		return cn_cli_usage(cli, err, "nobody is named");
	return r;
}
