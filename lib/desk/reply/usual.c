/* The words of usual.txt, and the frequent ones of lib/ai/langwords.txt. */
#include <stddef.h>
#include <string.h>

#include "base/utf8.h"
#include "desk/reply/wordset.h"

static const char *const lines[] = {
#include "usual.inc"
	NULL
};

static struct cn_str word_at(const char *p)
{
	return (struct cn_str){ p, strcspn(p, " *") };
}

void cn_wordset_usual(struct cn_wordset *s)
{
	struct cn_wordset not = { 0 };
	struct cn_str w;
	const char *p;
	uint32_t c;
	size_t i;

	for (i = 0; lines[i] != NULL; i++)
		if (lines[i][0] == '-')
			cn_wordset_add(&not, cn_str(lines[i]), 1);
	for (i = 0; lines[i] != NULL; i++)
		for (p = lines[i]; *p != '\0'; p += strspn(p, " ")) {
			w = word_at(p);
			p += w.n + (p[w.n] == '*');
			if (cn_wordset_seen(&not, w) > 0 || w.p[0] == '-')
				continue;
			cn_wordset_add_word(s, w, cn_utf8_get(w.p, w.n, &c) >
			    0 && cn_word_lower(c) != c, 1);
			cn_wordset_say(s, w, p[-1] == '*');
		}
	cn_wordset_release(&not);
}
