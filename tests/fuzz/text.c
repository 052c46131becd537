/* text - what is found in texts, made safe of them and held against others, on
 * what the fuzzer makes: a text, and after a NUL another */
#include <stdlib.h>
#include <string.h>

#include "desk/reply/ground.h"
#include "desk/reply/scrub.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct cn_wordset usual;

static void must(bool yes)
{
	if (!yes)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct cn_str t = { (const char *)data, n }, other = CN_STR("");
	struct cn_wordset names = { 0 }, none = { 0 };
	struct cn_buf folded = { 0 }, again = { 0 }, out = { 0 };
	struct cn_kinds kinds = { 0 };
	struct cn_found f = { NULL, 0, 0 };
	const char *nul = n ? memchr(data, 0, n) : NULL;
	bool used = false, theirs = n % 2;
	size_t was = 0;

	if (usual.n == 0)
		cn_wordset_usual(&usual);
	if (nul != NULL) {
		other = (struct cn_str){ nul + 1,
		    (size_t)(t.p + n - nul - 1) };
		t.n = (size_t)(nul - t.p);
	}
	cn_fold(&folded, t);
	cn_fold(&again, cn_buf_view(&folded));
	must(again.len == folded.len && (again.len == 0 ||
	    memcmp(again.p, folded.p, again.len) == 0));
	while (cn_detect(cn_buf_view(&folded), f.at + f.n, &f)) {
		must(f.n > 0 && f.at >= was && f.at + f.n <= folded.len);
		was = f.at + f.n;
	}
	cn_wordset_add(&names, other, 1);
	if (cn_scrub(&out, t, &(struct cn_scrub){ .names = &names,
	    .near = other, .agents = &none, .common = &none,
	    .people = &none, .usual = &usual, .ours = &none,
	    .own = &none }, &kinds))
		must(!cn_detect(cn_buf_view(&out), 0, &f));
	out.len = 0;
	must((cn_ground(&out, t, &other, &theirs, 1, &usual, &used, &kinds) >
	    0) == (out.len > 0));
	cn_wordset_release(&names);
	cn_wordset_release(&none);
	cn_buf_release(&folded);
	cn_buf_release(&again);
	cn_buf_release(&out);
	return 0;
}
