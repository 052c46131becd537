#include "desk/reply/ground.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "desk/reply/scrub.h"

#define LONG 4				/* letters of a word that says much */
#define WORDS 200			/* of a sentence that are looked at */
#define SENTENCES 200			/* of a draft; what is behind falls */
#define LEAST 20			/* bytes of a draft that is worth it */

/* A sentence of a source. */
struct said {
	struct cn_wordset words;
	bool negated;
};

struct source {
	struct cn_buf text, bare;	/* folded; only letters and figures */
	struct cn_wordset words;
	struct said *said;
	size_t nsaid;
	bool theirs;			/* the customer's words */
};

struct found {
	struct cn_found f;
	bool stands;
};

struct ground {
	struct source *v;
	size_t n;
	struct cn_str t;		/* folded */
	struct found *found;		/* in it, in order */
	size_t nfound;
	struct cn_wordset plain;	/* courtesy that needs no source */
	const struct cn_wordset *usual;
	struct cn_wordset negations;
};

struct sentence {
	struct cn_str word[WORDS];	/* the longer ones */
	size_t n;
	bool negated;
	const char *why;		/* it cannot stand, or NULL */
};

static bool digit(int c)
{
	return c >= '0' && c <= '9';
}

/* Letters and figures in small letters, nothing between. */
static void squeeze(struct cn_buf *b, struct cn_str t)
{
	const char *p = t.p, *end = t.p + t.n;
	char plain[CN_WORD_PLAIN];
	struct cn_str w;
	bool cased;

	while ((w = cn_word_next(&p, end)).n > 0)
		cn_buf_add(b, plain, cn_word_plain(w, plain, &cased));
}

static bool anywhere(const struct ground *g, struct cn_str w, bool ours)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (!(ours && g->v[i].theirs) &&
		    cn_wordset_seen(&g->v[i].words, w) > 0)
			return true;
	return false;
}

/* What stands between figures of one number. */
static bool between(char c)
{
	return c == '.' || c == ',' || c == '\'';
}

/* An amount is a currency and the figure beside it: that both stand somewhere
 * is not enough. */
static void widen(struct cn_str t, struct cn_found *f)
{
	size_t at = f->at, end = at + f->n;

	while (at > 0 && t.p[at - 1] == ' ')
		at--;
	if (at > 0 && digit(t.p[at - 1])) {
		while (at > 0 && (digit(t.p[at - 1]) || (at > 1 &&
		    between(t.p[at - 1]) && digit(t.p[at - 2]))))
			at--;
		*f = (struct cn_found){ f->kind, at, end - at };
		return;
	}
	end += end < t.n && t.p[end] == '.';
	while (end < t.n && t.p[end] == ' ')
		end++;
	if (end == t.n || !digit(t.p[end]))
		return;
	while (end < t.n && (digit(t.p[end]) || (end + 1 < t.n &&
	    between(t.p[end]) && digit(t.p[end + 1]))))
		end++;
	f->n = end - f->at;
}

/* Not as a piece of a longer figure. */
static bool whole(struct cn_str in, struct cn_str what)
{
	const char *p = in.p, *end = in.p + in.n;

	for (; (p = memmem(p, (size_t)(end - p), what.p, what.n)) != NULL; p++)
		if (!(digit(what.p[0]) && p > in.p && digit(p[-1])) &&
		    !(digit(what.p[what.n - 1]) && p + what.n < end &&
		    digit(p[what.n])))
			return true;
	return false;
}

/* What is the customer's may be said to them; what could be a promise, or
 * leads somewhere, must be ours. */
static bool stands(const struct ground *g, struct cn_str found,
    const char *kind)
{
	bool amount = strcmp(kind, "amount") == 0;
	bool ours = amount || strcmp(kind, "link") == 0;
	struct cn_buf b = { 0 };
	bool any = false;
	size_t i;

	squeeze(&b, found);
	for (i = 0; i < g->n && !any; i++)
		any = b.len > 0 && g->v[i].bare.len > 0 &&
		    !(ours && g->v[i].theirs) &&
		    (amount ? whole(cn_buf_view(&g->v[i].bare),
		    cn_buf_view(&b)) : memmem(g->v[i].bare.p,
		    g->v[i].bare.len, b.p, b.len) != NULL);
	cn_buf_wipe(&b);
	return any;
}

/* Does a word of the text lie in something that was found, and stands? */
static bool inside(const struct ground *g, struct cn_str w)
{
	size_t at = (size_t)(w.p - g->t.p), i;

	for (i = 0; i < g->nfound && g->found[i].f.at <= at; i++)
		/* Of 'EUR500' only the mark was found. */
		if (at + w.n <= g->found[i].f.at + g->found[i].f.n)
			return g->found[i].stands;
	return false;
}

static size_t letters(struct cn_str w)
{
	size_t i, n = 0;

	for (i = 0; i < w.n; i++)
		n += ((unsigned char)w.p[i] & 0xc0) != 0x80;
	return n;
}

static bool capital(struct cn_str w)
{
	uint32_t c;

	return cn_utf8_get(w.p, w.n, &c) > 0 && cn_word_lower(c) != c;
}

static bool figure(struct cn_str w)
{
	size_t i;

	for (i = 0; i < w.n; i++)
		if (digit(w.p[i]))
			return true;
	return false;
}

/* Must a word stand in a source, and does not? */
static bool invented(const struct ground *g, struct cn_str w, bool first)
{
	if (cn_wordset_seen(&g->plain, w) > 0 || anywhere(g, w, false) ||
	    inside(g, w))
		return false;
	return cn_word_marked(w) ? !first || !cn_wordset_sure(g->usual, w) :
	    cn_wordset_seen(g->usual, w) == 0;
}

/* Reads a sentence; check, of the text: what must stand in a source, and does
 * not, is why. */
static void read_words(const struct ground *g, struct cn_str t, bool check,
    struct sentence *s)
{
	const char *p = t.p, *end = t.p + t.n, *day = t.p;
	bool first = true, claims = false;
	struct cn_str w;

	memset(s, 0, sizeof(*s));
	while ((w = cn_word_next(&p, end)).n > 0) {
		const char *stop = cn_day_end(w.p, end);

		day = stop > day ? stop : day;
		s->negated ^= cn_wordset_seen(&g->negations, w) > 0;
		if (check && (((figure(w) || w.p < day) && !anywhere(g, w,
		    true) && !inside(g, w)) || invented(g, w, first)))
			s->why = "ungrounded";
		if (cn_wordset_seen(&g->plain, w) == 0) {
			if (letters(w) >= LONG && s->n < WORDS)
				s->word[s->n++] = w;
			claims |= !capital(w) || !anywhere(g, w, false);
		}
		first = false;
	}
	/* 'Dear Vera' says nothing, but 'no' or 'yes' does. */
	if (s->n == 0 && claims)
		s->why = "ungrounded";
}

static bool said_by_them(const struct ground *g, struct cn_str w)
{
	size_t i;

	for (i = 0; i < g->n; i++)
		if (g->v[i].theirs && cn_wordset_seen(&g->v[i].words, w) > 0)
			return true;
	return false;
}

static size_t shared(const struct sentence *s, const struct cn_wordset *words)
{
	size_t i, n = 0;

	for (i = 0; i < s->n; i++)
		n += cn_wordset_seen(words, s->word[i]) > 0;
	return n;
}

/* Does the source's sentence that is most like it negate as it does? */
static bool same_sense(const struct sentence *s, const struct source *of)
{
	bool sense = false;
	size_t i, k, most = 1;

	for (i = 0; i < of->nsaid; i++) {
		k = shared(s, &of->said[i].words);
		if (k < most)
			continue;
		sense = of->said[i].negated == s->negated ||
		    (k == most && sense);
		most = k;
	}
	return sense;
}

/* How many of the longer words its best source of ours has, with the
 * customer's help; 0 and why: it falls.  They bring what it is about: a third
 * must be ours. */
static size_t bear(const struct ground *g, struct sentence *s, bool *used)
{
	size_t best = 0, at = 0, i, j, k, own;

	if (s->why != NULL || s->n == 0)
		return 0;
	for (i = 0; i < g->n; i++) {
		if (g->v[i].theirs)
			continue;
		own = k = shared(s, &g->v[i].words);
		for (j = 0; j < s->n; j++)
			k += cn_wordset_seen(&g->v[i].words, s->word[j]) == 0 &&
			    said_by_them(g, s->word[j]);
		if (own * 3 >= s->n && k > best && k * 3 >= s->n * 2 &&
		    same_sense(s, &g->v[i])) {
			best = k;
			at = i;
		}
	}
	if (best == 0)
		s->why = "ungrounded";
	else
		used[at] = true;
	return best;
}

static void find(struct ground *g)
{
	struct cn_found f = { NULL, 0, 0 };
	size_t cap = 0, next;

	for (next = 0; cn_detect(g->t, next, &f);) {
		next = f.at + f.n;
		if (strcmp(f.kind, "amount") == 0)
			widen(g->t, &f);
		if (g->nfound == cap) {
			cap = cap ? cap * 2 : 16;
			g->found = cn_realloc(g->found, cap *
			    sizeof(*g->found));
		}
		g->found[g->nfound++] = (struct found){ f, stands(g,
		    (struct cn_str){ g->t.p + f.at, f.n }, f.kind) };
	}
}

/* What was found in a sentence and stands nowhere; it may lie across two. */
static const char *strange(const struct ground *g, size_t at, size_t n)
{
	size_t i;

	for (i = 0; i < g->nfound && g->found[i].f.at < at + n; i++)
		if (!g->found[i].stands &&
		    g->found[i].f.at + g->found[i].f.n > at)
			return g->found[i].f.kind;
	return NULL;
}

static void add_said(const struct ground *g, struct source *v)
{
	struct cn_str t = cn_buf_view(&v->text);
	struct sentence s;
	size_t at, n, cap = 0;

	for (at = 0; at < t.n; at += n) {
		struct cn_str one = { t.p + at, n = cn_sentence(t, at) };

		if (v->nsaid == cap) {
			cap = cap ? cap * 2 : 16;
			v->said = cn_realloc(v->said, cap * sizeof(*v->said));
		}
		read_words(g, one, false, &s);
		v->said[v->nsaid] = (struct said){ .negated = s.negated };
		cn_wordset_add(&v->said[v->nsaid++].words, one, 1);
	}
}

static void prepare(struct ground *g, const struct cn_str *v,
    const bool *theirs)
{
	static const char courtesy[] = "dear hi hello thank thanks you please kind "
	    "best regards sincerely yours greetings team guten tag hallo "
	    "liebe lieber vielen dank danke mit freundlichen grüßen viele "
	    "grüße bonjour merci cordialement hola gracias saludos namaste "
	    "dhanyavaad shukriya ciao grazie saluti";
	static const char no[] = "not no never none nor cannot without t "
	    "nicht kein keine keinen keiner keinem nie ohne pas jamais aucun "
	    "aucune sans nunca ni sin non mai senza niet geen nooit zonder "
	    "nahi nahin mat नहीं मत बिना";
	size_t i;

	cn_wordset_add(&g->plain, CN_STR(courtesy), 1);
	cn_wordset_add(&g->negations, CN_STR(no), 1);
	for (i = 0; i < g->n; i++) {
		g->v[i].theirs = theirs[i];
		cn_fold(&g->v[i].text, v[i]);
		squeeze(&g->v[i].bare, cn_buf_view(&g->v[i].text));
		cn_wordset_add(&g->v[i].words, cn_buf_view(&g->v[i].text), 1);
		add_said(g, &g->v[i]);
	}
}

static void release(struct ground *g)
{
	size_t i, k;

	for (i = 0; i < g->n; i++) {
		for (k = 0; k < g->v[i].nsaid; k++)
			cn_wordset_release(&g->v[i].said[k].words);
		free(g->v[i].said);
		cn_buf_wipe(&g->v[i].text);
		cn_buf_wipe(&g->v[i].bare);
		cn_wordset_release(&g->v[i].words);
	}
	cn_wordset_release(&g->plain);
	cn_wordset_release(&g->negations);
	free(g->found);
	free(g->v);
}

double cn_ground(struct cn_buf *out, struct cn_str text,
    const struct cn_str *sources, const bool *theirs, size_t n,
    const struct cn_wordset *usual, bool *used, struct cn_kinds *why)
{
	struct ground g = { .v = cn_alloc((n + 1) * sizeof(*g.v)), .n = n,
	    .usual = usual };
	struct cn_buf folded = { 0 }, b = { 0 };
	size_t at, k, words = 0, borne = 0, kept = 0, count = 0;
	struct sentence s;

	prepare(&g, sources, theirs);
	cn_fold(&folded, text);
	g.t = cn_buf_view(&folded);
	find(&g);
	for (at = 0; at < g.t.n; at += k) {
		struct cn_str t = { g.t.p + at, k = cn_sentence(g.t, at) };
		const char *found = strange(&g, at, k);

		if (++count > SENTENCES)
			found = "ungrounded";
		read_words(&g, t, true, &s);
		if (found != NULL)
			s.why = found;
		borne += bear(&g, &s, used);
		words += s.n;
		if (s.why == NULL) {
			cn_buf_add(&b, t.p, t.n);
			kept += t.n;
			continue;
		}
		cn_kinds_add(why, s.why);
		if (memmem(t.p, t.n, "\n\n", 2) != NULL && b.len > 0)
			cn_buf_str(&b, "\n\n");
	}
	text = cn_str_trim(cn_buf_view(&b));
	if (borne > 0 && text.n >= LEAST && kept * 2 >= g.t.n)
		cn_buf_add(out, text.p, text.n);
	else
		borne = 0;
	cn_buf_wipe(&folded);
	cn_buf_wipe(&b);
	release(&g);
	return words == 0 ? 0 : (double)borne / (double)words;
}
