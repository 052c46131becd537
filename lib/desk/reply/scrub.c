#include "desk/reply/scrub.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "desk/reply/claim.h"

#define LEAST 60			/* bytes of a draft that is worth it */
#define GREETED 3			/* words that a name has at most */
#define SHORT 3				/* capitals that may be initials */
#define SPELLED 3			/* single letters that spell something */
#define SAID 3				/* figures in words that are a number */

static const char *const titles[] = { "Mr", "Mrs", "Ms", "Miss", "Herr",
    "Herrn", "Frau", "Monsieur", "Madame", "Señor", "Señora", "Shri", "Smt",
    NULL };

/* --- sentences --- */

/* Is the word before p a title? */
static bool behind_title(const char *start, const char *p)
{
	const char *from = p;

	while (from > start && cn_word_byte((unsigned char)from[-1]))
		from--;
	return cn_word_among((struct cn_str){ from, (size_t)(p - from) },
	    titles);
}

/* How many bytes the end of a sentence at p has; 0: it goes on, as behind an
 * initial. */
static size_t ends_sentence(const char *start, const char *p, const char *end)
{
	if (*p == '\n')
		return p + 1 < end && p[1] == '\n';
	if (*p == '.' && p > start && cn_word_byte((unsigned char)p[-1]) &&
	    (p - 1 == start || !cn_word_byte((unsigned char)p[-2])) &&
	    (p[-1] < '0' || p[-1] > '9'))
		return p + 1 == end;
	if (*p == '.' && behind_title(start, p))
		return p + 1 == end;
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
		if ((n = ends_sentence(t.p, p, end)) == 0)
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

/* 'R u t h', 'nine eight four', 'two thousand': how far that has come. */
struct spelt {
	int letters, figures;
	size_t last;			/* the figure before, from 1 */
};

/* A sentence on its way. */
struct here {
	struct cn_str w;
	struct cn_spot at;
	const char *end, *last;		/* of the sentence; of what was before */
	bool hidden_before, hidden_after;
	bool titled, named;		/* what was before */
	bool claim;			/* usual words alone do not stand */
	struct spelt spelt;
};

static bool beside(const struct cn_wordset *set, const struct here *h,
    unsigned least)
{
	if (h->hidden_before && h->hidden_after)
		return false;
	return (h->hidden_before ||
	    cn_wordset_before(set, h->w, &h->at) >= least) &&
	    (h->hidden_after || cn_wordset_after(set, h->w, &h->at) >= least);
}

/* What no more say than are called so is a name. */
static bool people(const struct cn_scrub *s, struct cn_str w)
{
	unsigned n = cn_wordset_seen(s->common, w);

	return n < 255 && cn_wordset_seen(s->people, w) >= n;
}

static bool cased(struct cn_str w)
{
	char plain[CN_WORD_PLAIN];
	bool is;

	cn_word_plain(w, plain, &is);
	return is;
}

/* 'AB' is a blood group, a plate, initials: not the word 'ab'. */
static bool short_capitals(struct cn_str w)
{
	size_t i;

	for (i = 0; i < w.n; i++)
		if (w.p[i] < 'A' || w.p[i] > 'Z')
			return false;
	return w.n > 1 && w.n <= SHORT;
}

/* Stands a short word with a capital behind a word on its line, where its
 * language has none? 'An Le', 'In-Ho': names, not 'an' and 'in'. */
static bool short_name(const struct cn_scrub *s, const struct here *h)
{
	return h->at.capital && h->w.n <= SHORT && *h->last == ' ' &&
	    h->last + 1 == h->w.p && cn_wordset_capital(s->usual, h->w) == 0;
}

/* What may be a name is one where somebody is told or does something. */
static bool person(const struct cn_scrub *s, const struct here *h)
{
	static const char *const told[] = { "told", "tell", "asked", "ask",
	    "thank", NULL };
	static const char *const does[] = { "ne", "ko", "ji", "ने", "को", "जी",
	    NULL };

	return !cn_wordset_sure(s->usual, h->w) &&
	    cn_wordset_seen(s->usual, h->w) > 0 &&
	    (cn_word_among(h->at.before, told) ||
	    cn_word_among(h->at.after, does));
}

/* As a usual word that tells nothing. */
static bool usual(const struct cn_scrub *s, const struct here *h)
{
	if (!cn_word_marked(h->w))
		return (cn_wordset_seen(s->usual, h->w) > 0 &&
		    !person(s, h)) || beside(s->usual, h, 1);
	return (cn_wordset_sure(s->usual, h->w) && !short_capitals(h->w) &&
	    !short_name(s, h)) || beside(s->usual, h, 1) ||
	    (h->at.capital && cn_wordset_capital(s->usual, h->w) > 0);
}

static bool everybodys(const struct cn_scrub *s, const struct here *h)
{
	if ((!h->claim && usual(s, h)) || beside(s->ours, h, 1))
		return true;
	return beside(s->common, h, CN_SCRUB_COMMON) &&
	    !((upper(h->w) || !cased(h->w)) && people(s, h->w));
}

/* Why a word is somebody's own, by what is known of it, or NULL. */
static const char *verdict(const struct cn_scrub *s, const struct here *h)
{
	char plain[CN_WORD_PLAIN];
	size_t n;
	bool is;

	if (cn_word_among(h->w, titles) || everybodys(s, h))
		return NULL;
	if (cn_word_number(h->w))
		return "number";
	n = cn_word_plain(h->w, plain, &is);
	if (near_name(s, (struct cn_str){ plain, n }) ||
	    cn_word_marked(h->w))
		return "name";
	return !h->claim && cn_wordset_seen(s->own, h->w) > 0 ? NULL : "word";
}

static const char *private_word(const struct cn_scrub *s,
    const struct here *h)
{
	const char *why = verdict(s, h);

	return why != NULL && s->learn != NULL &&
	    s->learn(s->learn_arg, h->w) ? verdict(s, h) : why;
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

static const char *spelt(struct spelt *s, struct cn_str w)
{
	static const char *const figures[] = { "zero", "oh", "one", "two",
	    "three", "four", "five", "six", "seven", "eight", "nine", "ten",
	    "eleven", "twelve", "null", "eins", "zwo", "zwei", "drei", "vier",
	    "fünf", "sechs", "sieben", "acht", "neun", "zehn", "deux",
	    "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "uno", "dos",
	    "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve",
	    "dois", "duas", "três", "quatro", "sete", "oito", "nove", "ek",
	    "do", "teen", "char", "paanch", "chhe", "saat", "aath", "nau",
	    "shunya", "एक", "दो", "तीन", "चार", "पाँच", "पांच", "छह", "सात", "आठ",
	    "नौ", "दस", NULL };
	static const char *const more[] = { "double", "triple", "twenty",
	    "thirty", "forty", "fifty", "sixty", "seventy", "eighty",
	    "ninety", "hundred", "thousand", "lakh", "lakhs", "crore",
	    "crores", "million", "hundert", "tausend", "cent", "cents",
	    "mille", "cien", "ciento", "mil", "cem", "sau", "hazaar", "hazar",
	    "सौ", "हज़ार", "हजार", "लाख", "करोड़", NULL };
	size_t i;

	s->letters = letter(w) ? s->letters + 1 : 0;
	for (i = 0; figures[i] != NULL && !cn_str_ieq(w, figures[i]); i++)
		;
	i = figures[i] != NULL ? i + 1 : 0;
	/* 'one two' may be days, 'one one' and 'two one' are no count. */
	s->figures = cn_word_among(w, more) ? s->figures + 2 : i == 0 ? 0 :
	    s->figures + (s->last > 0 && i != s->last + 1 ? 2 : 1);
	s->last = i;
	return s->letters == SPELLED ? "spelled" :
	    s->figures >= SAID ? "number" : NULL;
}

/* The name that a word is, as its slot; NULL: none. */
static const char *slot_of(const struct text *x, const struct cn_scrub *s,
    struct cn_str w)
{
	bool ours = (cn_wordset_seen(s->usual, w) > 0 ||
	    cn_wordset_seen(s->ours, w) > 0) && (!upper(w) ||
	    cn_wordset_sure(s->usual, w));

	/* 'order' is no name where it is written small. */
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

static void put_slot(struct cn_buf *out, struct text *x, const char *slot)
{
	static const char *const kinds[][2] = { { "{order}", "order" },
	    { "{date}", "date" }, { "{number}", "number" } };
	const char *kind = "name";
	size_t i;

	for (i = 0; i < 3; i++)
		if (strcmp(slot, kinds[i][0]) == 0)
			kind = kinds[i][1];
	cn_buf_str(out, slot);
	cn_kinds_add(x->masked, kind);
}

/* What will not stand as it is: its slot, and where it ends; NULL: nothing. */
static const char *slot_at(struct text *x, const char *p, const char *end,
    const struct cn_scrub *s, const char **stop)
{
	const struct cn_found *f = next_found(x, (size_t)(p - x->t.p));
	bool word;

	*stop = p;
	if (f != NULL && p >= x->t.p + f->at) {
		*stop = x->t.p + f->at + f->n;
		return "{order}";
	}
	cn_word_step(p, end, &word);
	if (!word)
		return NULL;
	if ((*stop = cn_day_end(p, end)) > p)
		return "{date}";
	return slot_of(x, s, cn_word_next(stop, end));
}

static void look_ahead(struct text *x, struct here *h,
    const struct cn_scrub *s)
{
	const char *p = h->w.p + h->w.n, *stop;
	struct cn_str w = cn_word_next(&p, h->end);
	size_t was = x->at;

	h->at.after.n = 0;
	h->hidden_after = false;
	if (w.n == 0 || !cn_word_joined(h->w.p + h->w.n, w.p))
		return;
	h->at.after = w;
	h->hidden_after = slot_at(x, w.p, h->end, s, &stop) != NULL;
	x->at = was;
}

/* Why the word cannot stand, or NULL. */
static const char *word(struct text *x, struct here *h,
    const struct cn_scrub *s)
{
	const char *why, *p;

	if (!cn_word_joined(h->last, h->w.p)) {
		h->at.before.n = 0;
		h->hidden_before = false;
	}
	for (p = h->last; p < h->w.p; p++)
		h->titled &= *p == ' ' || *p == '.';
	h->at.capital = cn_word_capital(x->t.p, h->w.p, h->end);
	look_ahead(x, h, s);
	/* A name written small that is a usual word as well; 'frau rao'. */
	if (cn_wordset_seen(s->names, h->w) > 0 &&
	    !cn_wordset_sure(s->usual, h->w))
		return "name";
	why = private_word(s, h);
	if (why == NULL && h->titled && !cn_word_among(h->w, titles) &&
	    (upper(h->w) || !cn_wordset_sure(s->usual, h->w)))
		why = "name";
	return why != NULL ? why : spelt(&h->spelt, h->w);
}

static void put_mark(struct cn_buf *out, struct text *x, const char *p,
    size_t n)
{
	if (cn_word_mark(p, n)) {
		cn_buf_add(out, p, n);
		return;
	}
	if (out->len > 0 && out->p[out->len - 1] == ' ')
		out->len--;
	cn_kinds_add(x->masked, "word");
}

/* Is that name one that is spoken to, as in 'Sorry, Anika, but'?  Elsewhere it
 * would say of the reader what was said of somebody else. */
static bool spoken_to(const struct text *x, const struct here *h, const char *p,
    const char *stop, const struct cn_scrub *s)
{
	static const char *const to[] = { "thank", "you", "thanks", "hi",
	    "hello", "hey", "dear", "sorry", "hallo", "lieber", "liebe",
	    "danke", "bonjour", "merci", "cher", "chère", "hola", "gracias",
	    "olá", "obrigado", "obrigada", "namaste", "dhanyavaad", "नमस्ते",
	    "धन्यवाद", NULL };
	static const char *const ji[] = { "ji", "जी", NULL };
	const char *q = stop;
	struct cn_str w = cn_word_next(&q, h->end);
	const char *behind = w.n > 0 ? w.p : h->end;

	if (p < x->greeting)
		return true;
	if (h->at.before.n > 0 && !h->named && cn_word_joined(h->last, p) &&
	    memchr(h->last, ',', (size_t)(p - h->last)) == NULL &&
	    !cn_word_among(h->at.before, to))
		return false;
	if (w.n == 0 || cn_word_among(w, ji) || !cn_word_joined(stop, behind) ||
	    memchr(stop, ',', (size_t)(behind - stop)) != NULL)
		return true;
	return slot_of(x, s, w) != NULL;
}

/* Copies a sentence with its masks.  Else why it must be left out. */
static const char *copy(struct cn_buf *out, struct text *x, size_t at,
    size_t n, const struct cn_scrub *s)
{
	const char *p = x->t.p + at, *q, *why, *slot;
	struct here h = { .end = p + n, .last = p,
	    .claim = cn_claims((struct cn_str){ p, n }) };
	const struct cn_found *f;
	bool in, name;
	size_t k;

	while (p < h.end) {
		f = next_found(x, (size_t)(p - x->t.p));
		if (f != NULL && f->at < at + n &&
		    strcmp(f->kind, "order") != 0)
			return f->kind;
		slot = slot_at(x, p, h.end, s, &q);
		k = cn_word_step(p, h.end, &in);
		if (slot == NULL && *p == '|')
			return "quote";
		if (slot == NULL && !in) {
			put_mark(out, x, p, k);
			p += k;
			continue;
		}
		if (slot == NULL) {
			q = p;
			h.w = cn_word_next(&q, h.end);
			why = word(x, &h, s);
			if (why != NULL && strcmp(why, "number") == 0 &&
			    cn_word_number(h.w))
				slot = "{number}";
			else if (why != NULL)
				return why;
			h.titled = cn_word_among(h.w, titles);
		}
		name = slot != NULL && strcmp(slot, "{name}") == 0;
		if (name && !spoken_to(x, &h, p, q, s))
			return "name";
		if (slot != NULL)
			put_slot(out, x, slot);
		else
			cn_buf_add(out, h.w.p, h.w.n);
		h.named = name;
		h.at.before = (struct cn_str){ p, (size_t)(q - p) };
		h.hidden_before = slot != NULL;
		h.last = p = q;
	}
	return NULL;
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
	if (!cn_word_among(cn_word_next(&p, end), words))
		return;
	for (q = p; (w = cn_word_next(&q, end)).n > 0;)
		n += !cn_word_among(w, words);
	/* 'Hello and thank you for your mail' greets nobody by name. */
	if (n <= GREETED)
		x->greeting = end;
	while ((w = cn_word_next(&p, end)).n > 0)
		if (!cn_word_among(w, words) && (upper(w) || n <= GREETED))
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
	for (i = 0; i < 5; i++) {
		snprintf(was, sizeof(was), "{number}%c{number}", " ,.:-"[i]);
		replace(b, was, "{number}");
	}
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
	const char *why = cn_wordset_runs(s->asked, (struct cn_str){
	    x->t.p + at, n }) ? "quote" : copy(b, x, at, n, s);

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
