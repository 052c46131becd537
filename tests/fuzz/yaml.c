/* yaml - what the desk writes by hand: rules and macros, and behind a NUL the
 * message that the rules are asked about.  What is refused is named as a
 * configuration; what is taken, decides and can be searched. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "desk/learn/rules.h"
#include "desk/reply/macros.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void must(bool yes)
{
	if (!yes)
		abort();
}

static const char *as_file(int *fd, struct cn_str s)
{
	static char path[32];
	struct cn_err err;

	*fd = memfd_create("yaml", MFD_CLOEXEC);
	must(*fd >= 0 && cn_write_all(*fd, s.p, s.n, &err) == 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", *fd);
	return path;
}

static void rules(const char *path, struct cn_str text)
{
	struct cn_arena mem = { 0 };
	struct cn_ai_result result = { .best = "refund", .language = "en" };
	struct cn_msg m = { .subject = cn_arena_dup(&mem, text.p, text.n),
	    .channel = "email" };
	struct cn_facts f = { .msg = &m, .own = text, .head = text,
	    .result = &result, .mem = &mem };
	struct cn_ruling said = { 0 };
	struct cn_rules r;
	struct cn_err err;

	if (cn_rules_load(&r, path, &err) < 0) {
		must(err.status == CN_CONFIG);
	} else {
		cn_rules_ask(&r, CN_BEFORE, &f, &said);
		cn_rules_ask(&r, CN_AFTER, &f, &said);
		must((said.category == NULL && !said.abstain) ==
		    (said.by_category == NULL));
		must((said.team == NULL) == (said.by_team == NULL));
		cn_rules_release(&r);
	}
	cn_arena_release(&mem);
}

static void macros(const char *path)
{
	struct cn_macros m;
	const char *macro;
	struct cn_err err;
	size_t at = 0, i;

	if (cn_macros_load(&m, path, &err) < 0) {
		must(err.status == CN_CONFIG);
	} else {
		for (i = 0; i < m.n; i++)
			must(cn_macro_for(&m.v[i], "pt-BR") < m.v[i].n);
		while (cn_macros_personal(&m, &at, &macro) != NULL)
			;
		must(at == m.n);
	}
	cn_macros_release(&m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct cn_str yaml = { (const char *)data, n }, text = CN_STR("");
	const char *nul = n ? memchr(data, 0, n) : NULL;
	const char *path;
	int fd;

	if (nul != NULL) {
		text = (struct cn_str){ nul + 1,
		    (size_t)(yaml.p + n - nul - 1) };
		yaml.n = (size_t)(nul - yaml.p);
	}
	path = as_file(&fd, yaml);
	rules(path, text);
	macros(path);
	close(fd);
	return 0;
}
