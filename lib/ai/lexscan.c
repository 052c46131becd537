/* lexscan.c - finds the lexicon's phrases in a text
 *
 * The table is sorted by bytes; the end of a phrase, a space and a '*' sort in
 * this order and before all letters.  So what shares a beginning stands
 * together, and of these first what ends there, then its phrases, then what
 * any end will do for: a word's phrases are found by narrowing the table byte
 * by byte. */
#include <string.h>

#include "lexicon.h"

#define AGAIN 64			/* marks that are looked back at */

struct scan {
	const struct cn_words *in;
	struct cn_arena *arena;
	struct cn_mark *mark;
	size_t n, cap;
	size_t from;			/* the first mark of this word */
	uint32_t end[CN_LEX_MAX];	/* words taken so far */
};

/* How many words from the i-th on a phrase has; 0 where it does not fit. */
static uint32_t
fits(const struct cn_words *in, size_t i, const char *phrase)
{
	uint32_t words = 0;
	const char *w, *wend;

	for (;; i++, phrase++) {
		if (i == in->n)
			return 0;
		w = in->buf + in->w[i].at;
		wend = w + in->w[i].len;
		for (; w < wend && *phrase == *w; w++)
			phrase++;
		words++;
		if (*phrase == '*')
			phrase++;
		else if (w < wend)
			return 0;
		if (*phrase == '\0')
			return words;
		if (*phrase != ' ')
			return 0;
	}
}

/* Longer phrases replace. */
static void
keep(struct scan *s, size_t i, const struct cn_lex *l)
{
	struct cn_mark *more;
	uint32_t words;
	size_t k;

	if (i < s->end[l->kind] || (words = fits(s->in, i, l->phrase)) == 0)
		return;
	for (k = s->from; k < s->n && s->mark[k].kind != l->kind; k++)
		;
	if (k < s->n && s->mark[k].words > words)
		return;
	if (k == s->cap) {
		more = cn_arena_alloc(s->arena, 2 * s->cap * sizeof(*more));
		memcpy(more, s->mark, s->cap * sizeof(*more));
		s->mark = more;
		s->cap *= 2;
	}
	s->mark[k] = (struct cn_mark){ (uint32_t)i, words, l->kind,
	    l->weight };
	s->n += k == s->n;
}

/* The first of [lo, hi) whose byte at depth is at least c. */
static size_t
bound(size_t lo, size_t hi, size_t depth, unsigned c)
{
	size_t mid;

	while (lo < hi) {
		mid = lo + (hi - lo) / 2;
		if ((unsigned char)cn_lexicon[mid].phrase[depth] < c)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void
at_word(struct scan *s, size_t i)
{
	const char *p = s->in->buf + s->in->w[i].at;
	size_t lo = 0, hi = cn_nlexicon, depth, len = s->in->w[i].len;
	unsigned c;

	for (depth = 0; depth < len; depth++) {
		c = (unsigned char)p[depth];
		lo = bound(lo, hi, depth, c);
		hi = bound(lo, hi, depth, c + 1);
		if (lo == hi)
			return;
		/* Of 'delet', what stands for all words that begin so. */
		if (depth + 1 < len)
			for (size_t e = bound(lo, hi, depth + 1, '*'); e < hi &&
			    cn_lexicon[e].phrase[depth + 1] == '*'; e++)
				keep(s, i, &cn_lexicon[e]);
	}
	for (; lo < hi && (unsigned char)cn_lexicon[lo].phrase[len] <= '*';
	    lo++)
		keep(s, i, &cn_lexicon[lo]);
}

bool
cn_lex_again(const struct cn_words *in, const struct cn_mark *mark, size_t i)
{
	const struct cn_word *w = &in->w[mark[i].word], *v;
	size_t k, last = mark[i].words - 1;

	for (k = i; k-- > 0 && i - k <= AGAIN;) {
		v = &in->w[mark[k].word];
		if (mark[k].kind == mark[i].kind && mark[k].words == last + 1 &&
		    v[last].at + v[last].len - v->at == w[last].at +
		    w[last].len - w->at && memcmp(in->buf + v->at, in->buf +
		    w->at, w[last].at + w[last].len - w->at) == 0)
			return true;
	}
	return false;
}

struct cn_mark *
cn_lex_scan(const struct cn_words *in, size_t *n, struct cn_arena *arena)
{
	struct scan s = { .in = in, .arena = arena, .cap = 64 };
	size_t i, k;

	s.mark = cn_arena_alloc(arena, s.cap * sizeof(*s.mark));
	for (i = 0; i < in->n; i++) {
		s.from = s.n;
		at_word(&s, i);
		for (k = s.from; k < s.n; k++)
			s.end[s.mark[k].kind] = s.mark[k].word +
			    s.mark[k].words;
	}
	*n = s.n;
	return s.mark;
}
