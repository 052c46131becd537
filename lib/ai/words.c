/* words.c - words and hashed features; exp, log and root without libm */
#include <string.h>
#include <utf8proc.h>
#ifdef __x86_64__
#include <emmintrin.h>
#endif

#include "base/utf8.h"
#include "words.h"

#define KEY_MUL 0x9e3779b97f4a7c15u
#define NUMBER_DIGITS 3
#define MARK 0x80000000u

/* What a code point does to a word. */
enum { BREAK, JOIN, LETTER, DIGIT };

static int
classify(uint32_t *cp, bool accents)
{
	utf8proc_int32_t out[8];
	int bound = 0;

	if (*cp < 0x80) {
		if (*cp - 'A' < 26)
			*cp += 'a' - 'A';
		return *cp - 'a' < 26 ? LETTER : *cp - '0' < 10 ? DIGIT :
		    *cp == '\'' ? JOIN : BREAK;
	}
	/* Curly apostrophe, soft hyphen, zero-width joiners. */
	if (*cp == 0x2019 || *cp == 0xad || *cp == 0x200c || *cp == 0x200d)
		return JOIN;
	switch (utf8proc_category((utf8proc_int32_t)*cp)) {
	case UTF8PROC_CATEGORY_ND:
		return DIGIT;
	case UTF8PROC_CATEGORY_MN:
		if (*cp >= 0x300 && *cp < 0x370)	/* Latin: as folded */
			return accents ? LETTER : JOIN;
		return LETTER;
	case UTF8PROC_CATEGORY_MC:
		return LETTER;
	case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT: case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
		break;
	default:
		return BREAK;
	}
	*cp = (uint32_t)utf8proc_tolower((utf8proc_int32_t)*cp);
	if (!accents && *cp < 0x250 && utf8proc_decompose_char(
	    (utf8proc_int32_t)*cp, out, 8, UTF8PROC_DECOMPOSE, &bound) > 0)
		*cp = (uint32_t)out[0];
	return LETTER;
}

static size_t
put(char *p, uint32_t cp)
{
	if (cp < 0x80)
		return *p = (char)cp, 1;
	if (cp < 0x800) {
		p[0] = (char)(0xc0 | cp >> 6);
		p[1] = (char)(0x80 | (cp & 63));
		return 2;
	}
	if (cp < 0x10000) {
		p[0] = (char)(0xe0 | cp >> 12);
		p[1] = (char)(0x80 | (cp >> 6 & 63));
		p[2] = (char)(0x80 | (cp & 63));
		return 3;
	}
	p[0] = (char)(0xf0 | cp >> 18);
	p[1] = (char)(0x80 | (cp >> 12 & 63));
	p[2] = (char)(0x80 | (cp >> 6 & 63));
	p[3] = (char)(0x80 | (cp & 63));
	return 4;
}

static bool
alnum(char c)
{
	return (c | 0x20) - 'a' + 0u < 26 || c - '0' + 0u < 10;
}

/* The end of a mail address or URL that starts here, or 0: then there is none
 * before tail either. */
static size_t
address(const char *p, size_t n, size_t i, char *mark, size_t *tail)
{
	size_t j, from = i;

	for (j = i; j < n && (unsigned char)p[j] > ' ' && p[j] != '.' &&
	    p[j] != ':' && p[j] != '@'; j++)
		;
	*tail = j;
	if (j == n || (unsigned char)p[j] <= ' ')
		return 0;
	while (i < n && (p[i] == '<' || p[i] == '(' || p[i] == '"'))
		i++;
	if (n - i > 4 && memcmp(p + i, "www.", 4) == 0)
		*mark = '/';
	for (j = i; j < n && (unsigned char)p[j] > ' ' && p[j] != '>'; j++) {
		if (*mark == 0 && j - from == 256)
			break;
		if (p[j] == ':' && n - j > 3 && p[j + 1] == '/' &&
		    p[j + 2] == '/')
			*mark = '/';
		else if (p[j] == '@' && j > i && n - j > 1 && alnum(p[j + 1]))
			*mark = *mark ? *mark : '@';
	}
	if (*mark) {
		*tail = from;
		return j;
	}
	while (*tail < n && (unsigned char)p[*tail] > ' ')
		++*tail;
	return 0;
}

/* Any text, appended; out has room for 4 bytes a byte. */
static void
scan_any(struct cn_words *out, const char *p, size_t n, bool accents)
{
	size_t i, len, at = 0, chars = 0, digits = 0, end, tail = 0;
	char mark = 0;
	uint32_t cp;
	int c;

	for (i = 0; ; i += len) {
		c = BREAK;
		len = 1;
		if (i < n && chars == 0 && i >= tail &&
		    (end = address(p, n, i, &mark, &tail)) > 0) {
			at = out->len;
			out->buf[out->len++] = mark;
			chars = 1;
			len = end - i;
		} else if (i < n) {
			cp = (unsigned char)p[i];
			if (cp >= 0x80)
				len = cn_utf8_get(p + i, n - i, &cp);
			if (len)
				c = classify(&cp, accents);
			else
				len = 1;
		}
		if (c == LETTER || c == DIGIT) {
			if (chars == 0)
				at = out->len;
			if (chars++ < CN_WORD_MAX)
				out->len += put(out->buf + out->len, cp);
			out->ascii &= cp < 0x80;
			digits += c == DIGIT;
		} else if (c == BREAK && chars) {
			if (digits >= NUMBER_DIGITS) {
				out->len = at;
				out->buf[out->len++] = '#';
			}
			out->w[out->n].at = (uint32_t)at;
			out->w[out->n++].len = (uint32_t)(out->len - at);
			out->buf[out->len++] = ' ';
			chars = digits = 0;
			mark = 0;
		}
		if (i >= n)
			return;
	}
}

/* Nearly all text is plain: letters without accents, apostrophes and what parts
 * words.  Digits, '@', ':' and what is not ASCII are odd; so is a dot that is
 * not the end of a sentence, and each that follows a 'w'. */
#define CHUNK 63			/* bytes that are looked at together */
#define COPY 16

/* A bit a byte; behind the bytes is white space. */
struct kinds {
	uint64_t letter, join, odd, dot, w, space;
	char lower[CHUNK + 1 + COPY];	/* their letters */
};

static uint64_t
below(size_t i)
{
	return ((uint64_t)1 << i) - 1;
}

#if defined(__x86_64__) && !defined(CN_NARROW)
static inline __m128i
within(__m128i v, int from, int to)
{
	return _mm_and_si128(_mm_cmpgt_epi8(v, _mm_set1_epi8((char)(from -
	    1))), _mm_cmpgt_epi8(_mm_set1_epi8((char)(to + 1)), v));
}

static inline __m128i
are(__m128i v, char c)
{
	return _mm_cmpeq_epi8(v, _mm_set1_epi8(c));
}

static inline uint64_t
bits(__m128i v, size_t i)
{
	return (uint64_t)(unsigned)_mm_movemask_epi8(v) << i;
}

static void
tell_kinds(struct kinds *k, size_t n)
{
	__m128i *at, v, low;
	size_t i;

	for (i = 0; i < n; i += 16) {
		at = (__m128i *)(void *)(k->lower + i);
		v = _mm_loadu_si128(at);
		low = _mm_or_si128(v, _mm_set1_epi8(0x20));
		k->letter |= bits(within(low, 'a', 'z'), i);
		k->space |= bits(within(v, 0, ' '), i);
		/* The first bit is that of what is not ASCII. */
		k->odd |= bits(_mm_or_si128(v, _mm_or_si128(within(v, '0',
		    ':'), are(v, '@'))), i);
		k->join |= bits(are(v, '\''), i);
		k->dot |= bits(are(v, '.'), i);
		k->w |= bits(are(v, 'w'), i);
		_mm_storeu_si128(at, low);
	}
}
#else
static void
tell_kinds(struct kinds *k, size_t n)
{
	unsigned char c;
	size_t i;

	for (i = 0; i < n; i++) {
		c = (unsigned char)k->lower[i];
		k->letter |= (uint64_t)((c | 0x20) - 'a' + 0u < 26) << i;
		k->space |= (uint64_t)(c <= ' ') << i;
		k->odd |= (uint64_t)(c >= 0x80 || c - '0' + 0u < 11 ||
		    c == '@') << i;
		k->join |= (uint64_t)(c == '\'') << i;
		k->dot |= (uint64_t)(c == '.') << i;
		k->w |= (uint64_t)(c == 'w') << i;
		k->lower[i] = (char)(c | 0x20);
	}
}
#endif

/* Words of plain letters; the first bytes of k alone matter. */
static void
put_plain(struct cn_words *out, const struct kinds *k, size_t bytes)
{
	uint64_t letter = k->letter & below(bytes), on;
	struct cn_word *w = out->w + out->n;
	size_t len = out->len, at = len, from, i, n;

	while (letter) {
		from = (size_t)__builtin_ctzll(letter);
		n = (size_t)__builtin_ctzll(~(letter >> from));
		for (i = 0; i < n; i += COPY)
			memcpy(out->buf + len + i, k->lower + from + i, COPY);
		len += n;
		letter &= -((uint64_t)1 << (from + n));
		if (k->join >> (from + n) & 1) {
			/* Another letter follows before what is neither. */
			on = (k->join | letter) >> (from + n);
			if (letter >> (from + n) & (on ^ (on + 1)))
				continue;
		}
		n = len - at > CN_WORD_MAX ? CN_WORD_MAX : len - at;
		*w++ = (struct cn_word){ (uint32_t)at, (uint32_t)n };
		len = at + n;
		out->buf[len++] = ' ';
		at = len;
	}
	out->n = (size_t)(w - out->w);
	out->len = len;
}

/* Reads plain text from white space to white space; returns how many bytes.
 * odd: what follows is not plain, or too long. */
static size_t
scan_plain(struct cn_words *out, const char *p, size_t n, bool *odd)
{
	size_t len = n < CHUNK ? n : CHUNK, end;
	struct kinds k = { 0 };
	uint64_t not;

	if (n < CHUNK)
		memcpy(k.lower, p, n);
	else
		memcpy(k.lower, p, CHUNK);
	tell_kinds(&k, len);
	not = k.odd | (k.dot & (~(k.space >> 1) | k.w << 1));
	if (len < n || not) {
		if (not)
			len = (size_t)__builtin_ctzll(not);
		k.space &= below(len);
		end = k.space ? 64 - (size_t)__builtin_clzll(k.space) : 0;
	} else {
		end = len;
	}
	*odd = end < n && (not || end == 0);
	put_plain(out, &k, end);
	return end;
}

/* What is not plain is left to scan_any from white space to white space, over
 * which no word and no address reaches. */
static void
scan(struct cn_words *out, const char *p, size_t n, bool accents)
{
	size_t i, j;
	bool odd;

	for (i = 0; i < n; i = j) {
		j = i += scan_plain(out, p + i, n - i, &odd);
		if (!odd)
			continue;
		while (j < n && (unsigned char)p[j] > ' ')
			j++;
		j += j < n;
		scan_any(out, p + i, j - i, accents);
	}
}

void
cn_words(struct cn_words *out, struct cn_str subject, size_t smax,
    struct cn_str text, size_t max, bool accents, struct cn_arena *arena)
{
	size_t s = cn_utf8_cut(subject.p, subject.n, smax);
	size_t t = cn_utf8_cut(text.p, text.n, max);

	/* Lower-casing makes no code point more than twice as long. */
	out->buf = cn_arena_alloc(arena, 2 * (s + t) + CHUNK + 2 * COPY);
	out->w = cn_arena_alloc(arena, ((s + t) / 2 + 4) * sizeof(*out->w));
	out->n = 0;
	out->ascii = true;
	out->buf[0] = ' ';
	out->len = 1;
	if (s)
		scan(out, subject.p, s, accents);
	if (t)
		scan(out, text.p, t, accents);
}

static uint64_t
mix(uint64_t h, uint32_t cp)
{
	h = (h ^ cp) * KEY_MUL;
	return h ^ h >> 29;
}

static uint32_t
key(uint64_t h)
{
	return (uint32_t)(h * KEY_MUL >> 33);
}

uint32_t
cn_mark_key(struct cn_str s)
{
	uint64_t h = 5;
	size_t i;

	for (i = 0; i < s.n; i++)
		h = mix(h, (unsigned char)s.p[i]);
	return key(h) | MARK;
}

/* ' word ' as code points and where each starts; returns how many. */
static size_t
spell(const struct cn_words *in, const struct cn_word *w,
    uint32_t cp[CN_WORD_MAX + 2], uint32_t off[CN_WORD_MAX + 3])
{
	const char *p = in->buf + w->at - 1;
	size_t i, k = 0, n = w->len + 2, len;

	for (i = 0; i < n && k < CN_WORD_MAX + 2; i += len, k++) {
		cp[k] = (unsigned char)p[i];
		len = 1;
		if (cp[k] >= 0x80) {
			len = cn_utf8_get(p + i, n - i, &cp[k]);
			if (len == 0)
				len = 1;
		}
		off[k] = (uint32_t)(w->at - 1 + i);
	}
	off[k] = (uint32_t)(w->at - 1 + i);
	return k;
}

static struct cn_feat *
feat(struct cn_feat *f, uint64_t h, uint32_t at, uint32_t end, int kind)
{
	f->key = key(h);
	f->at = at;
	f->len = (uint16_t)(end - at);
	f->kind = (uint16_t)kind;
	return f + 1;
}

struct cn_feat *
cn_feats(const struct cn_words *in, size_t *n, struct cn_arena *arena)
{
	uint32_t cp[CN_WORD_MAX + 2], off[CN_WORD_MAX + 3];
	size_t i, j, k, m;
	uint64_t h, last = 0;
	const struct cn_word *w;
	struct cn_feat *all, *f;

	/* A word of k bytes has at most 2k runs of characters, and 2 more. */
	f = all = cn_arena_alloc(arena, (2 * in->len + 3 * in->n + 1) *
	    sizeof(*f));
	for (i = 0; i < in->n; i++) {
		w = &in->w[i];
		k = spell(in, w, cp, off);
		h = 1;
		for (j = 1; j + 1 < k; j++)
			h = mix(h, cp[j]);
		f = feat(f, h, w->at, w->at + w->len, CN_WHY_WORD);
		if (i)
			f = feat(f, mix(last, (uint32_t)(h >> 32)) ^ 2,
			    w[-1].at, w->at + w->len, CN_WHY_PAIR);
		last = h;
		for (j = 0; j + 3 <= k; j++) {
			h = mix(mix(mix(3, cp[j]), cp[j + 1]), cp[j + 2]);
			f = feat(f, h, off[j], off[j + 3], CN_WHY_CHARS);
			for (m = 3; m < CN_CHARS_MAX && j + m < k; m++) {
				h = mix(h, cp[j + m]);
				f = feat(f, h, off[j], off[j + m + 1],
				    CN_WHY_CHARS);
			}
		}
	}
	*n = (size_t)(f - all);
	return all;
}

static inline __attribute__((always_inline)) uint32_t
character(const void *p, bool bytes, size_t i)
{
	return bytes ? ((const unsigned char *)p)[i] :
	    ((const uint32_t *)p)[i];
}

/* Every run of characters is hashed, and kept where it is within a word: that
 * is faster than asking first.  A word's hash is left in word.  Behind the
 * text, of bytes or of code points, are two more that do not matter. */
static inline __attribute__((always_inline)) uint32_t *
hash_runs(const void *p, bool bytes, size_t n, uint64_t *word, uint32_t *to)
{
	uint64_t h = 1, run, in, in2;
	uint32_t a, b, c, d;
	size_t i;

	a = character(p, bytes, 0);
	b = character(p, bytes, 1);
	c = character(p, bytes, 2);
	in = b != ' ';
	for (i = 0; i + 1 < n; i++) {
		d = character(p, bytes, i + 3);
		*word = h;
		word += !in;
		h = (mix(h, b) & -in) | !in;
		run = mix(mix(mix(3, a), b), c);
		in2 = c != ' ';
		*to = key(run);
		to += in;
		*to = key(mix(run, d));
		to += in & in2;
		a = b;
		b = c;
		c = d;
		in = in2;
	}
	return to;
}

/* Code points, and three more. */
static uint32_t *
spell_all(const struct cn_words *in, size_t *n, struct cn_arena *arena)
{
	uint32_t *cp = cn_arena_alloc(arena, (in->len + 3) * sizeof(*cp));
	size_t i, len;

	for (i = *n = 0; i < in->len; i += len) {
		cp[*n] = (unsigned char)in->buf[i];
		len = 1;
		if (cp[*n] >= 0x80)
			len = cn_utf8_get(in->buf + i, in->len - i, &cp[*n]);
		++*n;
	}
	return cp;
}

uint32_t *
cn_keys(const struct cn_words *in, size_t *words, size_t *n,
    struct cn_arena *arena)
{
	uint32_t *all, *to, *cp;
	uint64_t *word;
	size_t i, k;

	word = cn_arena_alloc(arena, (in->n + 1) * sizeof(*word));
	all = cn_arena_alloc(arena, (2 * in->n + 2 * in->len + 1) *
	    sizeof(*all));
	*words = in->n ? 2 * in->n - 1 : 0;
	to = all + *words;
	if (in->ascii) {
		to = hash_runs(in->buf, true, in->len, word, to);
	} else {
		cp = spell_all(in, &k, arena);
		to = hash_runs(cp, false, k, word, to);
	}
	for (i = 0; i < in->n; i++) {
		all[2 * i] = key(word[i]);
		if (i)
			all[2 * i - 1] = key(mix(word[i - 1],
			    (uint32_t)(word[i] >> 32)) ^ 2);
	}
	*n = (size_t)(to - all);
	return all;
}

double
cn_exp(double x)
{
	union { double d; uint64_t u; } two;
	double r, p;
	int64_t k;

	if (x < -700)
		return 0;
	if (x > 700)
		x = 700;
	k = (int64_t)(x * 1.4426950408889634 + (x < 0 ? -0.5 : 0.5));
	/* ln 2 in two parts, so that k * ln 2 is exact enough. */
	r = x - (double)k * 6.93147180369123816490e-01;
	r = r - (double)k * 1.90821492927058770002e-10;
	p = 1 + r * (1 + r * (1 / 2.0 + r * (1 / 6.0 + r * (1 / 24.0 + r *
	    (1 / 120.0 + r * (1 / 720.0 + r * (1 / 5040.0 + r *
	    (1 / 40320.0 + r * (1 / 362880.0 + r / 3628800.0)))))))));
	two.u = (uint64_t)(k + 1023) << 52;
	return p * two.d;
}

double
cn_log(double x)
{
	union { double d; uint64_t u; } m = { x };
	int64_t e = (int64_t)(m.u >> 52 & 0x7ff) - 1023;
	double s, z, p;
	int i;

	m.u = (m.u & 0xfffffffffffffu) | (uint64_t)1023 << 52;
	if (m.d > 1.4142135623730951) {
		m.d *= 0.5;
		e++;
	}
	/* ln m = 2 atanh((m - 1) / (m + 1)), |z| <= 0.0295 */
	s = (m.d - 1) / (m.d + 1);
	z = s * s;
	p = 0;
	for (i = 17; i >= 1; i -= 2)
		p = p * z + 1.0 / i;
	return (double)e * 0.69314718055994531 + 2 * s * p;
}

/* One instruction, exact on every machine (-fno-math-errno). */
double
cn_root(double x)
{
	return x > 0 ? __builtin_sqrt(x) : 0;
}
