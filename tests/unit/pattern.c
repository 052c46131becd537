/* pattern - words with '*' */
#include <string.h>

#include "base/pattern.h"
#include "tap.h"

static struct cn_arena mem;

static bool says(const char *pattern, const char *text, bool whole)
{
	struct cn_pattern p;
	struct cn_str s = cn_pattern_fold(cn_str(text), &mem);

	if (!cn_pattern_make(&p, pattern, &mem))
		return false;
	return whole ? cn_pattern_whole(&p, s) : cn_pattern_within(&p, s);
}

static const struct {
	const char *pattern, *text;
	bool whole, within;
} cases[] = {
	{ "refund", "refund", true, true },
	{ "refund", "My REFUND, please", false, true },
	{ "refund", "refunds", false, false },
	{ "refund*", "refunds are due", true, true },
	{ "*fund", "my refund", true, true },
	{ "*fund", "funding", false, false },
	{ "fund", "refund fund", false, true },
	{ "a*c", "abc", true, true },
	{ "a*c", "a b c", true, true },
	{ "a*c", "c a", false, false },
	{ "a*b*c", "a c b c", true, true },
	{ "ab*ba", "aba", false, false },
	{ "ab*ba", "abba", true, true },
	{ "*", "", true, true },
	{ "*", "anything", true, true },
	{ "**x**", "axb", true, true },
	{ "gr\xc3\xbc\xc3\x9f*", "GR\xc3\x9cSSE", true, true },
	/* u and a diaeresis of its own; full-width letters */
	{ "f\xc3\xbcr", "fu\xcc\x88r", true, true },
	{ "abc", "\xef\xbd\x81\xef\xbd\x82\xef\xbd\x83", true, true },
	{ "\xe8\xbf\x94\xe9\x87\x91", "\xe3\x81\xae\xe8\xbf\x94\xe9\x87\x91",
	  false, false },
	{ "*\xe8\xbf\x94\xe9\x87\x91*", "\xe3\x81\xae\xe8\xbf\x94\xe9\x87\x91",
	  true, true },
	{ "@example.com", "a@example.com", false, true },
	{ "re: *", "Re: x", true, true },
	{ "a", "", false, false },
};

int main(void)
{
	static char many[100001], stars[CN_PATTERN_MAX + 2];
	struct cn_pattern p;
	size_t i;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		ok(says(cases[i].pattern, cases[i].text, true) ==
		    cases[i].whole, cases[i].pattern);
		ok(says(cases[i].pattern, cases[i].text, false) ==
		    cases[i].within, cases[i].text);
	}
	ok(!cn_pattern_make(&p, "", &mem), "an empty one is none");
	ok(!cn_pattern_make(&p, "\xff", &mem), "nor is what is not UTF-8");
	memset(stars, 'a', sizeof(stars) - 1);
	ok(!cn_pattern_make(&p, stars, &mem), "nor one that is too long");
	/* What takes a backtracking matcher for ever. */
	for (i = 0; i < CN_PATTERN_MAX - 2; i += 2)
		memcpy(stars + i, "a*", 2);
	strcpy(stars + i, "b");
	memset(many, 'a', sizeof(many) - 1);
	ok(!says(stars, many, true) && !says(stars, many, false),
	    "a hundred stars over a hundred thousand letters");
	cn_arena_release(&mem);
	return done();
}
