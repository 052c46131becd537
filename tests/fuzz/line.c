/* Fuzzes message lines: what parses must edit into what parses again. */
#include <stdlib.h>

#include "base/yaml.h"
#include "rec/query.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void edit(const struct cn_line *l, bool strip)
{
	const struct cn_edit e[] = {
		{ "class", { "{\"best\":null}", 13 } },
		{ "skipped", { NULL, 0 } },
		{ "may", { "[]", 2 } },
	};
	struct cn_buf b = { 0 };
	struct cn_line again;
	struct cn_err err;

	if (strip)
		cn_line_strip(&b, l, e, 3);
	else
		cn_line_edit(&b, l, e, 3);
	if (cn_line_parse(&again, cn_buf_view(&b), &err) < 0 ||
	    cn_line_get(&again, "class").n != 13 ||
	    cn_line_get(&again, "skipped").n != 0 ||
	    (strip && cn_line_get(&again, "text").n != 0))
		abort();
	cn_buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct cn_str text = { (const char *)p, n };
	struct cn_arena mem = { 0 };
	struct cn_buf out = { 0 };
	struct cn_msg m = { 0 };
	struct cn_query q;
	struct cn_line l;
	struct cn_err err;
	char *arg = cn_arena_dup(&mem, p, n);

	if (cn_line_parse(&l, text, &err) == 0) {
		cn_line_msg(&l, &m, &mem);
		cn_msg_line(&out, &m, 0);
		edit(&l, false);
		edit(&l, true);
		out.len--;
		if (cn_line_parse(&l, cn_buf_view(&out), &err) < 0)
			abort();
	}
	if (cn_yaml_parse(&mem, "fuzz", text, &err) == NULL)
		err.status = 0;
	if (cn_query_parse(&q, &mem, 1, &arg, 0, &err) < 0)
		err.status = 0;
	cn_buf_release(&out);
	cn_arena_release(&mem);
	return 0;
}
