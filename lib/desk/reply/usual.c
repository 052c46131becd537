/* The words of usual.txt, and the frequent ones of lib/ai/langwords.txt. */
#include <stddef.h>
#include <string.h>

#include "base/utf8.h"
#include "desk/reply/wordset.h"

static const char *const lines[] = {
#include "usual.inc"
	NULL
};

/* Where a word may have a capital in the list, it may have one anywhere. */
static void add(struct cn_wordset *s, struct cn_str w)
{
	uint32_t c;

	cn_wordset_add_word(s, w, cn_utf8_get(w.p, w.n, &c) > 0 &&
	    cn_word_lower(c) != c, 1);
}

void cn_wordset_add_each(struct cn_wordset *s, struct cn_str text)
{
	const char *p = text.p;
	struct cn_str w;

	while ((w = cn_word_next(&p, text.p + text.n)).n > 0)
		add(s, w);
}

void cn_wordset_usual(struct cn_wordset *s)
{
	struct cn_wordset not = { 0 };
	struct cn_walk k;
	size_t i;

	for (i = 0; lines[i] != NULL; i++)
		if (lines[i][0] == '-')
			cn_wordset_add(&not, cn_str(lines[i]), 1);
	for (i = 0; lines[i] != NULL; i++) {
		cn_walk(&k, cn_str(lines[i]));
		while (cn_walk_next(&k)) {
			if (cn_wordset_seen(&not, k.word) > 0)
				continue;
			if (lines[i][0] == '>') {
				cn_wordset_add_spot(s, k.word, &k.place, 1);
				continue;
			}
			if (lines[i][0] != '*')
				add(s, k.word);
			cn_wordset_say(s, k.word, lines[i][0] == '*');
		}
	}
	cn_wordset_release(&not);
}
