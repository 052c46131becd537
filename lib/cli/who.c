#include "cli/who.h"

#include <string.h>
#include <unistd.h>

#include "base/file.h"

#define LIST_MAX (16u << 20)		/* bytes */

/* As mail programs copy it, 'Alice <alice@example.com>', too. */
static struct cn_str inner(struct cn_str s)
{
	const char *open = s.n ? memrchr(s.p, '<', s.n) : NULL;

	s = cn_str_bare(s);
	if (open == NULL || s.p[s.n - 1] != '>')
		return cn_str_trim(s);
	open++;
	return cn_str_trim((struct cn_str){ open,
	    (size_t)(s.p + s.n - 1 - open) });
}

int cn_who_read(struct cn_cli *cli, const char *arg, struct cn_list *who,
    struct cn_err *err)
{
	bool in = strcmp(arg, "-") == 0, list = in || arg[0] == '@';
	size_t before = who->n, at;
	struct cn_buf b = { 0 };
	struct cn_str line, one;
	int r = 0;

	if (!list)
		cn_buf_str(&b, arg);
	else
		r = in ? cn_fd_read(STDIN_FILENO, "standard input", LIST_MAX,
		    &b, err) : cn_file_read(arg + 1, LIST_MAX, &b, err);
	if (r == 0 && b.len > 0 && memchr(b.p, 0, b.len) != NULL)
		r = cn_cli_usage(cli, err, "a list with a NUL: is it UTF-8?");
	for (at = 0; r == 0 && at < b.len; at += line.n) {
		line = cn_str_line(b.p + at, b.p + b.len);
		one = inner(cn_str_trim(line));
		if (one.n > 0)
			cn_list_add(who, cn_arena_dup(&cli->arena, one.p,
			    one.n), &cli->arena);
	}
	cn_buf_wipe(&b);
	if (r == 0 && who->n == before)
		return cn_cli_usage(cli, err, "nobody is named");
	return r < 0 ? -1 : list;
}
