#include "desk/reply/scrub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

#define LEAST 60			/* bytes of a draft that is worth it */
#define GREETED 3			/* words that a name has at most */
#define SPELLED 3			/* single letters that spell something */
#define SAID 6				/* figures in words that are a number */

static bool in_list(struct cn_str w, const char *const *list)
{
	for (; *list != NULL; list++)
		if (cn_str_ieq(w, *list))
			return true;
	return false;
}

/* --- sentences --- */

/* How many bytes the end of a sentence at p has; 0: it goes on. */
static size_t ends_sentence(const char *p, const char *end)
{
	if (*p == '\n')
		return p + 1 < end && p[1] == '\n';
	if (strchr(".!?", *p) != NULL)
		return p + 1 == end || p[1] == ' ' || p[1] == '\n';
	if (end - p >= 3 && (memcmp(p, "\u0964", 3) == 0 ||
	    memcmp(p, "\u3002", 3) == 0))
		return 3;
	return 0;
}

size_t cn_sentence(struct cn_str t, size_t from)
{
	const char *p = t.p + from, *end = t.p + t.n;
	size_t n;

	for (; p < end; p++) {
		if ((n = ends_sentence(p, end)) == 0)
			continue;
		p += n;
		while (p < end && strchr(" \n\"')", *p) != NULL)
			p++;
		return (size_t)(p - t.p) - from;
	}
	return t.n - from;
}

static bool upper(struct cn_str w)
{
	uint32_t c;

	return cn_utf8_get(w.p, w.n, &c) > 0 && cn_word_lower(c) != c;
}

static const char *const titles[] = { "Mr", "Mrs", "Ms", "Miss", "Herr",
    "Herrn", "Frau", "Monsieur", "Madame", "Señor", "Señora", "Shri", "Smt",
    NULL };

static bool near_name(const struct cn_scrub *s, struct cn_str w)
{
	const char *p = s->near.p, *end = p + s->near.n, *nl;

	for (; p < end; p = nl + 1) {
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			break;
		if (cn_word_near(w, (struct cn_str){ p, (size_t)(nl - p) }))
			return true;
	}
	return false;
}

/* A capital or a figure anywhere in it. */
static bool marked(struct cn_str w)
{
	size_t i, n;
	uint32_t c;

	for (i = 0; i < w.n; i += n) {
		if ((n = cn_utf8_get(w.p + i, w.n - i, &c)) == 0)
			return true;
		if (cn_word_lower(c) != c || (c >= '0' && c <= '9'))
			return true;
	}
	return false;
}

/* Is a word nobody's own, for the mails of so many persons have it, or a macro
 * of ours?  'Mark' is not 'mark'; and what no more say than are called so is a
 * name. */
static bool common(const struct cn_scrub *s, struct cn_str w, bool capital,
    unsigned least)
{
	unsigned (*count)(const struct cn_wordset *, struct cn_str) =
	    capital ? cn_wordset_capital : cn_wordset_seen;
	unsigned n = cn_wordset_seen(s->common, w);

	if (count(s->free, w) > 0)
		return true;
	return count(s->common, w) >= least && !(upper(w) && n < 255 &&
	    cn_wordset_seen(s->people, w) >= n);
}

/* Why a word is somebody's own, by what is known of it, or NULL. */
static const char *verdict(const struct cn_scrub *s, struct cn_str w,
    bool capital)
{
	char plain[CN_WORD_PLAIN];
	size_t n;
	bool cased;

	if (in_list(w, titles) || common(s, w, capital, CN_SCRUB_COMMON))
		return NULL;
	n = cn_word_plain(w, plain, &cased);
	if (near_name(s, (struct cn_str){ plain, n }))
		return "name";
	if (marked(w))
		return w.n > 1 ? "name" : NULL;
	if (cn_wordset_seen(s->own, w) > 0)
		return NULL;
	if (!cased)
		return "word";
	return w.n > 2 && !common(s, w, false, cn_wordset_seen(s->brought,
	    w) > 0 ? CN_SCRUB_COMMON : s->rare) ? "word" : NULL;
}

static const char *private_word(const struct cn_scrub *s, struct cn_str w,
    bool capital)
{
	const char *why = verdict(s, w, capital);

	return why != NULL && s->learn != NULL && s->learn(s->learn_arg, w) ?
	    verdict(s, w, capital) : why;
}

/* --- a text --- */

struct text {
	struct cn_str t;		/* folded */
	struct cn_wordset greeted;	/* whom it greets, */
	const char *greeting;		/* and where that ends */
	struct cn_found *found;		/* in order */
	size_t nfound, at;		/* the first that is not yet passed */
	struct cn_kinds *masked;
};

static bool letter(struct cn_str w)
{
	uint32_t c;

	return cn_utf8_get(w.p, w.n, &c) == w.n && (c < '0' || c > '9');
}

/* 'R u t h', 'nine eight four five zero one': how far that has come. */
struct spelt {
	int letters, figures;
};

static const char *spelt(struct spelt *s, struct cn_str w)
{
	static const char *const figures[] = { "zero", "oh", "one", "two",
	    "three", "four", "five", "six", "seven", "eight", "nine",
	    "double", "triple", "null", "eins", "zwo", "zwei", "drei", "vier",
	    "fünf", "sechs", "sieben", "acht", "neun", "ek", "do", "teen",
	    "char", "paanch", "chhe", "saat", "aath", "nau", "shunya", NULL };

	s->letters = letter(w) ? s->letters + 1 : 0;
	s->figures = in_list(w, figures) ? s->figures + 1 : 0;
	return s->letters == SPELLED ? "spelled" :
	    s->figures == SAID ? "phone" : NULL;
}

/* The name that a word is, as its slot; NULL: none. */
static const char *slot_of(const struct text *x, const struct cn_scrub *s,
    struct cn_str w)
{
	bool ours = cn_wordset_seen(s->free, w) > 0;

	/* 'will' is no name where it is written small. */
	if ((upper(w) || !ours) && cn_wordset_seen(s->names, w) > 0)
		return "{name}";
	if ((upper(w) || w.p < x->greeting) &&
	    cn_wordset_seen(&x->greeted, w) > 0)
		return "{name}";
	return !ours && cn_wordset_seen(s->agents, w) > 0 ? "{agent}" : NULL;
}

static const struct cn_found *next_found(struct text *x, size_t at)
{
	while (x->at < x->nfound &&
	    x->found[x->at].at + x->found[x->at].n <= at)
		x->at++;
	return x->at < x->nfound ? &x->found[x->at] : NULL;
}

/* Copies a sentence with its masks.  Else why it must be left out. */
static const char *copy(struct cn_buf *out, struct text *x, size_t at,
    size_t n, const struct cn_scrub *s)
{
	const char *p = x->t.p + at, *end = p + n, *q, *why = NULL, *slot;
	const struct cn_found *f;
	struct spelt sp = { 0 };
	bool word, titled = false;
	struct cn_str w;
	size_t k;

	while (p < end && why == NULL) {
		f = next_found(x, (size_t)(p - x->t.p));
		if (f != NULL && f->at < at + n &&
		    strcmp(f->kind, "order") != 0)
			return f->kind;
		if (f != NULL && p >= x->t.p + f->at) {
			cn_buf_str(out, "{order}");
			cn_kinds_add(x->masked, "order");
			p = x->t.p + f->at + f->n;
			continue;
		}
		k = cn_word_step(p, end, &word);
		if (!word) {
			cn_buf_add(out, p, k);
			p += k;
			continue;
		}
		if ((q = cn_day_end(p, end)) > p) {
			cn_buf_str(out, "{date}");
			cn_kinds_add(x->masked, "date");
			p = q;
			continue;
		}
		q = p;
		w = cn_word_next(&q, end);
		if ((slot = slot_of(x, s, w)) != NULL) {
			cn_buf_str(out, slot);
			cn_kinds_add(x->masked, "name");
		} else {
			why = private_word(s, w, cn_word_capital(x->t.p,
			    w.p, end));
			/* 'frau rao' */
			if (why == NULL && titled && w.n > 2 &&
			    !common(s, w, false, CN_SCRUB_COMMON))
				why = "name";
			cn_buf_add(out, w.p, w.n);
		}
		if (why == NULL)
			why = spelt(&sp, w);
		titled = in_list(w, titles);
		p = q;
	}
	return why;
}

/* Those whom the first line greets, whether or not we know of them. */
static void greeted(struct text *x)
{
	static const char *const words[] = { "dear", "hi", "hello", "hey",
	    "good", "morning", "afternoon", "evening", "guten", "tag",
	    "morgen", "abend", "hallo", "liebe", "lieber", "geehrte",
	    "geehrter", "sehr", "bonjour", "cher", "chère", "hola",
	    "estimado", "estimada", "buenos", "buenas", "días", "tardes",
	    "namaste", "namaskar", "ciao", "caro", "cara", "gentile", "olá",
	    "beste", "geachte", "mr", "mrs", "ms", "herr", "frau", "there",
	    "all", "team", NULL };
	const char *p = x->t.p, *end = p, *q;
	struct cn_str w;
	size_t n = 0;

	while (end < x->t.p + x->t.n && end - p < 80 &&
	    strchr("\n,:!.", *end) == NULL)
		end++;
	x->greeting = x->t.p;
	if (!in_list(cn_word_next(&p, end), words))
		return;
	for (q = p; (w = cn_word_next(&q, end)).n > 0;)
		n += !in_list(w, words);
	/* 'Hello and thank you for your mail' greets nobody by name. */
	if (n <= GREETED)
		x->greeting = end;
	while ((w = cn_word_next(&p, end)).n > 0)
		if (!in_list(w, words) && (upper(w) || n <= GREETED))
			cn_wordset_add(&x->greeted, w, 1);
}

static void find(struct text *x)
{
	struct cn_found f;
	size_t from = 0, cap = 0;

	while (cn_detect(x->t, from, &f)) {
		if (x->nfound == cap) {
			cap = cap ? cap * 2 : 16;
			x->found = cn_realloc(x->found, cap *
			    sizeof(*x->found));
		}
		x->found[x->nfound++] = f;
		from = f.at + f.n;
	}
}

/* with is not longer than what. */
static void replace(struct cn_buf *b, const char *what, const char *with)
{
	size_t n = strlen(what), m = strlen(with), kept;
	const char *from = b->p, *end = b->p + b->len, *hit;
	char *to = b->p;

	while ((hit = memmem(from, (size_t)(end - from), what, n)) != NULL) {
		kept = (size_t)(hit - from);
		memmove(to, from, kept);
		memcpy(to + kept, with, m);
		to += kept + m;
		from = hit + n;
	}
	kept = (size_t)(end - from);
	memmove(to, from, kept);
	b->len = (size_t)(to - b->p) + kept;
	b->p[b->len] = '\0';
}

/* '{name} {name}' is one person, and a title before a name is theirs. */
static void tidy(struct cn_buf *b)
{
	char was[40];
	size_t i;

	if (b->len == 0)
		return;
	replace(b, "{name} {name}", "{name}");
	replace(b, "{name} {name}", "{name}");
	replace(b, "{agent} {agent}", "{agent}");
	for (i = 0; titles[i] != NULL; i++) {
		snprintf(was, sizeof(was), " %s {name}", titles[i]);
		replace(b, was, " {name}");
		snprintf(was, sizeof(was), " %s. {name}", titles[i]);
		replace(b, was, " {name}");
	}
	replace(b, " \n\n", "\n\n");
	for (i = 0; i < 4; i++)
		replace(b, "\n\n\n", "\n\n");
	while (b->len > 0 && strchr(" \t\n", b->p[b->len - 1]))
		b->p[--b->len] = '\0';
}

/* Takes one sentence over, or leaves it out with its place in the layout. */
static size_t take(struct cn_buf *b, struct text *x, size_t at, size_t n,
    const struct cn_scrub *s)
{
	size_t was = b->len;
	const char *why = copy(b, x, at, n, s);

	if (why == NULL)
		return n;
	cn_kinds_add(x->masked, why);
	b->len = was;
	if (memmem(x->t.p + at, n, "\n\n", 2) != NULL && was > 0)
		cn_buf_str(b, "\n\n");
	return 0;
}

int cn_scrub(struct cn_buf *out, struct cn_str t, const struct cn_scrub *s,
    struct cn_kinds *masked)
{
	struct text x = { .masked = masked };
	struct cn_buf folded = { 0 }, b = { 0 };
	struct cn_found f;
	size_t kept = 0, at, n;
	bool good;

	cn_fold(&folded, t);
	x.t = cn_buf_view(&folded);
	greeted(&x);
	find(&x);
	for (at = 0; at < x.t.n; at += n) {
		n = cn_sentence(x.t, at);
		kept += take(&b, &x, at, n, s);
	}
	tidy(&b);
	/* Half an answer may say the opposite of the whole. */
	good = b.len >= LEAST && kept * 2 >= x.t.n;
	if (good && cn_detect(cn_buf_view(&b), 0, &f)) {
		cn_kinds_add(masked, f.kind);
		good = false;
	}
	if (good)
		cn_buf_add(out, b.p, b.len);
	cn_wordset_release(&x.greeted);
	free(x.found);
	cn_buf_wipe(&folded);
	cn_buf_wipe(&b);
	return good;
}
