/* Fuzzes what a provider answers and what a browser brings: nothing that
 * could leave its line on the wire or move a terminal comes out. */
#include <stdlib.h>
#include <string.h>

#include "mail/oauth.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void plain(const char *s)
{
	for (; s != NULL && *s != '\0'; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	struct cn_str body = { (const char *)p, n };
	struct cn_oauth_tokens t = { 0 };
	struct cn_oauth_code c = { 0 };
	struct cn_arena mem = { 0 };
	struct cn_buf code = { 0 };
	struct cn_err err = { 0 };
	enum cn_oauth_said said;
	long http = n > 0 && p[0] == ' ' ? 400 : 200;

	cn_oauth_answer(body, http, &t, &said, &err);
	plain(t.access.p);
	plain(t.refresh.p);
	plain(err.msg);
	if ((said == CN_OAUTH_GRANTED) != (t.access.len > 0))
		abort();
	if (cn_oauth_code_answer(body, http, &mem, &c, &err) == 0) {
		plain(c.device);
		plain(c.user);
		plain(c.url);
	}
	plain(err.msg);
	if (cn_oauth_redirect(body, "s", &code, &err) == 1)
		plain(code.p);
	cn_oauth_wipe(&t);
	cn_buf_wipe(&code);
	cn_arena_release(&mem);
	return 0;
}
