#include "desk/reply/wordset.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/utf8.h"

#define WORDS_MAX ((size_t)1 << 19)	/* slots of a set */
/* What is said of a word, beside that it was seen. */
#define CAPITAL 0x9e3779b97f4a7c15u
#define SURE 0xc2b2ae3d27d4eb4fu
#define NAMED 0x165667b19e3779f9u
#define BEFORE 0x85ebca77c2b2ae63u
#define AFTER 0x27d4eb2f165667c5u

bool cn_word_byte(unsigned char c)
{
	return c >= 0x80 || (c >= '0' && c <= '9') ||
	    ((c | 32) >= 'a' && (c | 32) <= 'z');
}

/* Marks and symbols beyond ASCII: Latin-1 without its letters, the danda,
 * general punctuation up to the arrows and boxes, CJK and full-width marks,
 * pictures. */
static bool mark(uint32_t c)
{
	return (c < 0xc0 && c != 0xaa && c != 0xb5 && c != 0xba) ||
	    c == 0xd7 || c == 0xf7 || c == 0x964 || c == 0x965 ||
	    (c >= 0x2000 && c < 0x2c00) || (c >= 0x3000 && c < 0x3040) ||
	    (c >= 0xfe30 && c < 0xfe70) || (c >= 0xff00 && c < 0xff10) ||
	    (c >= 0xff1a && c < 0xff21) || c >= 0x1f000;
}

bool cn_word_mark(const char *p, size_t n)
{
	uint32_t c = 0;

	(void)cn_utf8_get(p, n, &c);
	return c < 0xb0 || (c > 0xb3 && c < 0xb9) || c == 0xbb ||
	    (c > 0xbe && c < 0x2070) || (c >= 0x20a0 && c < 0x20d0) ||
	    (c >= 0x2190 && c < 0x2200) || (c >= 0x3000 && c < 0x3040) ||
	    (c >= 0xfe30 && c < 0xff21);
}

size_t cn_word_step(const char *p, const char *end, bool *word)
{
	uint32_t c;
	size_t n;

	if ((unsigned char)*p < 0x80) {
		*word = cn_word_byte((unsigned char)*p);
		return 1;
	}
	n = cn_utf8_get(p, (size_t)(end - p), &c);
	*word = n > 0 && !mark(c);
	return n ? n : 1;
}

struct cn_str cn_word_next(const char **p, const char *end)
{
	struct cn_str w = { NULL, 0 };
	const char *s = *p;
	bool in;

	while (s < end) {
		size_t n = cn_word_step(s, end, &in);

		if (in && w.p == NULL)
			w.p = s;
		else if (!in && w.p != NULL)
			break;
		s += n;
	}
	if (w.p != NULL)
		w.n = (size_t)(s - w.p);
	*p = s;
	return w;
}

uint32_t cn_word_lower(uint32_t c)
{
	return c < 0x80 ? (c >= 'A' && c <= 'Z' ? c | 32 : c) :
	    (uint32_t)utf8proc_tolower((utf8proc_int32_t)c);
}

bool cn_word_among(struct cn_str word, const char *const *list)
{
	for (; *list != NULL; list++)
		if (word.n > 0 && ((word.p[0] ^ **list) | 32) == 32 &&
		    cn_str_ieq(word, *list))
			return true;
	return false;
}

static uint64_t mix(uint64_t h, uint32_t c)
{
	return (h ^ c) * 0x100000001b3u;
}

/* FNV-1a; 0 marks an empty slot. */
uint64_t cn_word_hash(struct cn_str w)
{
	uint64_t h = 0xcbf29ce484222325u;
	utf8proc_int32_t d[8];
	utf8proc_ssize_t k, m;
	size_t i, n;
	uint32_t c;

	for (i = 0; i < w.n; i += n) {
		n = cn_utf8_get(w.p + i, w.n - i, &c);
		if (n < 2) {
			h = mix(h, cn_word_lower((unsigned char)w.p[i]));
			n = 1;
			continue;
		}
		m = utf8proc_decompose_char((utf8proc_int32_t)c, d, 8,
		    UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD, NULL);
		for (k = 0; k < m && k < 8; k++)
			if (d[k] < 0x300 || d[k] > 0x36f)
				h = mix(h, (uint32_t)d[k]);
	}
	return h ? h : 1;
}

size_t cn_word_plain(struct cn_str w, char out[CN_WORD_PLAIN], bool *cased)
{
	utf8proc_int32_t d[8];
	utf8proc_ssize_t k, m;
	size_t i, n, len = 0;
	uint32_t c;

	*cased = true;
	for (i = 0; i < w.n && len < CN_WORD_PLAIN - 4; i += n) {
		n = cn_utf8_get(w.p + i, w.n - i, &c);
		if (n < 2) {
			out[len++] = (char)cn_word_lower(
			    (unsigned char)w.p[i]);
			n = 1;
			continue;
		}
		m = utf8proc_decompose_char((utf8proc_int32_t)c, d, 8,
		    UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD, NULL);
		for (k = 0; k < m && k < 8 && len < CN_WORD_PLAIN - 4; k++) {
			if (d[k] >= 0x300 && d[k] <= 0x36f)
				continue;
			if (utf8proc_category(d[k]) ==
			    UTF8PROC_CATEGORY_LO)
				*cased = false;
			len += (size_t)utf8proc_encode_char(d[k],
			    (utf8proc_uint8_t *)out + len);
		}
	}
	return len;
}

bool cn_word_near(struct cn_str a, struct cn_str b)
{
	size_t i = 0, j = 0;

	if (a.n < b.n) {
		struct cn_str t = a;

		a = b;
		b = t;
	}
	if (b.n >= 4 && a.n - b.n <= 1 && memcmp(a.p, b.p, b.n) == 0)
		return true;
	if (b.n < 5)
		return a.n == b.n && memcmp(a.p, b.p, b.n) == 0;
	if (memmem(a.p, a.n, b.p, b.n) != NULL)
		return true;
	if (a.n - b.n > 1)
		return false;
	while (i < b.n && a.p[i] == b.p[i])
		i++;
	while (j < b.n - i && a.p[a.n - 1 - j] == b.p[b.n - 1 - j])
		j++;
	/* Two that changed places count as one. */
	return b.n - i - j <= 1 || (a.n == b.n && b.n - i - j == 2 &&
	    a.p[i] == b.p[i + 1] && a.p[i + 1] == b.p[i]);
}

void cn_wordset_release(struct cn_wordset *s)
{
	free(s->hash);
	free(s->last);
	free(s->seen);
	memset(s, 0, sizeof(*s));
}

static size_t slot_of(const struct cn_wordset *s, uint64_t h)
{
	size_t i = (size_t)h & (s->cap - 1);

	while (s->hash[i] != 0 && s->hash[i] != h)
		i = (i + 1) & (s->cap - 1);
	return i;
}

static void grow(struct cn_wordset *s)
{
	struct cn_wordset old = *s;
	size_t i, k;

	s->cap = old.cap ? old.cap * 2 : 64;
	s->hash = cn_alloc(s->cap * sizeof(*s->hash));
	s->last = cn_alloc(s->cap * sizeof(*s->last));
	s->seen = cn_alloc(s->cap);
	for (i = 0; i < old.cap; i++) {
		if (old.hash[i] == 0)
			continue;
		k = slot_of(s, old.hash[i]);
		s->hash[k] = old.hash[i];
		s->last[k] = old.last[i];
		s->seen[k] = old.seen[i];
	}
	cn_wordset_release(&old);
}

static void add(struct cn_wordset *s, uint64_t hash, uint32_t who)
{
	size_t i;

	if (s->n * 2 >= s->cap && s->cap < WORDS_MAX)
		grow(s);
	i = slot_of(s, hash);
	if (s->hash[i] == 0) {
		if (s->n * 4 >= s->cap * 3)
			return;
		s->hash[i] = hash;
		s->n++;
	}
	if (s->last[i] != who && s->seen[i] < 255)
		s->seen[i]++;
	s->last[i] = who;
}

static unsigned seen(const struct cn_wordset *s, uint64_t hash)
{
	return s == NULL || s->cap == 0 ? 0 : s->seen[slot_of(s, hash)];
}

/* The same word in another role is another. */
static uint64_t as(uint64_t hash, uint64_t role)
{
	return hash ^ role ? hash ^ role : 1;
}

bool cn_word_capital(const char *start, const char *p, const char *end)
{
	const char *before = p;
	uint32_t c;

	if (cn_utf8_get(p, (size_t)(end - p), &c) == 0 || cn_word_lower(c) == c)
		return false;
	/* Behind a word, on its line or the next, or behind a comma. */
	if (before == start || (before[-1] != ' ' && before[-1] != '\n'))
		return false;
	before--;
	return before > start && (cn_word_byte((unsigned char)before[-1]) ||
	    (*before == ' ' && before[-1] == ','));
}

bool cn_word_marked(struct cn_str w)
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

bool cn_word_number(struct cn_str w)
{
	size_t i = 0;

	while (i < w.n && w.p[i] >= '0' && w.p[i] <= '9')
		i++;
	return i == w.n;
}

bool cn_word_joined(const char *p, const char *to)
{
	for (; p < to; p++)
		if (strchr(".!?:;", *p) != NULL || (*p == '\n' && p + 1 < to &&
		    p[1] == '\n') || (to - p >= 3 &&
		    (memcmp(p, "\u0964", 3) == 0 ||
		    memcmp(p, "\u3002", 3) == 0)))
			return false;
	return true;
}

void cn_walk(struct cn_walk *k, struct cn_str text)
{
	memset(k, 0, sizeof(*k));
	k->start = k->p = text.p;
	k->end = text.p + text.n;
	k->next = cn_word_next(&k->p, k->end);
}

bool cn_walk_next(struct cn_walk *k)
{
	const struct cn_str none = { NULL, 0 };
	struct cn_str was = k->word;

	k->word = k->next;
	if (k->word.n == 0)
		return false;
	k->next = cn_word_next(&k->p, k->end);
	k->place.before = was.n > 0 && cn_word_joined(was.p + was.n,
	    k->word.p) ? was : none;
	k->place.after = k->next.n > 0 && cn_word_joined(k->word.p +
	    k->word.n, k->next.p) ? k->next : none;
	k->place.capital = cn_word_capital(k->start, k->word.p, k->end);
	return true;
}

static uint64_t beside(struct cn_str w, bool capital, struct cn_str other,
    uint64_t role)
{
	uint64_t h = cn_word_hash(w) ^ (capital ? CAPITAL : 0);

	h = (h ^ role) * 0x9fb21c651e98df25u;
	h ^= other.n > 0 ? cn_word_hash(other) : 0;
	h = (h ^ h >> 29) * 0x9fb21c651e98df25u;
	return h ? h : 1;
}

void cn_wordset_add_word(struct cn_wordset *s, struct cn_str w, bool capital,
    uint32_t who)
{
	uint64_t hash = cn_word_hash(w);

	add(s, hash, who);
	if (capital)
		add(s, as(hash, CAPITAL), who);
}

void cn_wordset_add_spot(struct cn_wordset *s, struct cn_str w,
    const struct cn_spot *p, uint32_t who)
{
	cn_wordset_add_word(s, w, p->capital, who);
	add(s, beside(w, p->capital, p->before, BEFORE), who);
	add(s, beside(w, p->capital, p->after, AFTER), who);
}

void cn_wordset_add_but(struct cn_wordset *s, struct cn_str text,
    uint32_t who, const struct cn_wordset *but)
{
	struct cn_walk k;

	cn_walk(&k, text);
	while (cn_walk_next(&k))
		if (cn_wordset_seen(but, k.word) == 0)
			cn_wordset_add_spot(s, k.word, &k.place, who);
}

void cn_wordset_add(struct cn_wordset *s, struct cn_str text, uint32_t who)
{
	cn_wordset_add_but(s, text, who, NULL);
}

unsigned cn_wordset_seen(const struct cn_wordset *s, struct cn_str w)
{
	return seen(s, cn_word_hash(w));
}

unsigned cn_wordset_capital(const struct cn_wordset *s, struct cn_str w)
{
	return seen(s, as(cn_word_hash(w), CAPITAL));
}

unsigned cn_wordset_before(const struct cn_wordset *s, struct cn_str w,
    const struct cn_spot *p)
{
	return seen(s, beside(w, p->capital, p->before, BEFORE));
}

unsigned cn_wordset_after(const struct cn_wordset *s, struct cn_str w,
    const struct cn_spot *p)
{
	return seen(s, beside(w, p->capital, p->after, AFTER));
}

void cn_wordset_say(struct cn_wordset *s, struct cn_str w, bool name)
{
	add(s, as(cn_word_hash(w), name ? NAMED : SURE), 1);
}

bool cn_wordset_sure(const struct cn_wordset *s, struct cn_str w)
{
	uint64_t hash = cn_word_hash(w);

	return seen(s, as(hash, SURE)) > 0 && seen(s, as(hash, NAMED)) == 0;
}

/* The next run of words of one sentence from p on, 0: there is none; p: behind
 * its first. */
static uint64_t next_run(const char **p, const char *end)
{
	const char *q = *p, *last = NULL;
	struct cn_str w;
	uint64_t h = 0;
	int i;

	for (i = 0; i < CN_WORDSET_RUN;) {
		w = cn_word_next(&q, end);
		if (w.n == 0)
			return 0;
		if (last != NULL && !cn_word_joined(last, w.p))
			h = 0, i = 0;
		last = w.p + w.n;
		if (i == 0)
			*p = last;
		h = (h ^ cn_word_hash(w)) * 0x9fb21c651e98df25u;
		h ^= h >> 29;
		i++;
	}
	return h ? h : 1;
}

void cn_wordset_add_runs(struct cn_wordset *s, struct cn_str t)
{
	const char *p = t.p, *end = t.p + t.n;
	uint64_t h;

	while ((h = next_run(&p, end)) != 0)
		add(s, h, 1);
}

bool cn_wordset_runs(const struct cn_wordset *s, struct cn_str t)
{
	const char *p = t.p, *end = t.p + t.n;
	uint64_t h;

	while ((h = next_run(&p, end)) != 0)
		if (seen(s, h) > 0)
			return true;
	return false;
}
