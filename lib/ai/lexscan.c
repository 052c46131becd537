/* lexscan.c - finds the lexicon's phrases in a text
 *
 * The table is sorted by bytes and a space sorts before all letters, so that
 * all phrases with one first word stand together. */
#include <string.h>

#include "lexicon.h"

/* Compares a phrase's first word with a word. */
static int
first_word(const char *phrase, const char *word, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (phrase[i] == ' ' || phrase[i] == '\0')
			return -1;
		if (phrase[i] != word[i])
			return (unsigned char)phrase[i] <
			    (unsigned char)word[i] ? -1 : 1;
	}
	return phrase[n] == ' ' || phrase[n] == '\0' ? 0 : 1;
}

static size_t
lower_bound(const char *word, size_t n)
{
	size_t lo = 0, hi = cn_nlexicon, mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if (first_word(cn_lexicon[mid].phrase, word, n) < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

struct cn_mark *
cn_lex_scan(const struct cn_words *in, size_t *n, struct cn_arena *arena)
{
	uint32_t end[CN_LEX_MAX] = { 0 }, words;
	size_t i, e, k, len, cap = 64, m = 0;
	struct cn_mark *mark, *more;
	const char *p, *c;

	mark = cn_arena_alloc(arena, cap * sizeof(*mark));
	for (i = 0; i < in->n; i++) {
		size_t from = m;

		p = in->buf + in->w[i].at;
		for (e = lower_bound(p, in->w[i].len); e < cn_nlexicon &&
		    first_word(cn_lexicon[e].phrase, p, in->w[i].len) == 0;
		    e++) {
			const struct cn_lex *l = &cn_lexicon[e];

			len = strlen(l->phrase);
			if (i < end[l->kind] || in->w[i].at + len >= in->len ||
			    memcmp(p, l->phrase, len) != 0 || p[len] != ' ')
				continue;
			for (words = 1, c = l->phrase; *c; c++)
				words += *c == ' ';
			/* Longer phrases come later: they replace. */
			for (k = from; k < m && mark[k].kind != l->kind; k++)
				;
			if (k == cap) {
				more = cn_arena_alloc(arena, 2 * cap *
				    sizeof(*mark));
				memcpy(more, mark, cap * sizeof(*mark));
				mark = more;
				cap *= 2;
			}
			mark[k] = (struct cn_mark){ (uint32_t)i, words,
			    l->kind, l->weight };
			m += k == m;
		}
		for (k = from; k < m; k++)
			end[mark[k].kind] = mark[k].word + mark[k].words;
	}
	*n = m;
	return mark;
}
