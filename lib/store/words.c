/* Words: runs of letters, marks and digits, folded; scripts that write
 * without spaces are cut into pairs of characters. */
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/utf8.h"
#include "store/search.h"

#define WORD_BYTES 64		/* longer words are cut */
#define SLOTS 1024

void cn_words_release(struct cn_words *w)
{
	cn_buf_wipe(&w->text);
	free(w->slot);
	*w = (struct cn_words){ 0 };
}

void cn_words_reset(struct cn_words *w)
{
	if (w->text.len > 0)
		cn_wipe(w->text.p, w->text.len);
	w->text.len = 0;
	w->n = 0;
	w->nslots = 0;
}

/* Only spreads the words over the table of this message.  Eight bytes behind
 * the word are zero. */
static uint32_t spread(const char *p, size_t n)
{
	uint64_t h = n, v;
	size_t i;

	for (i = 0; i < n; i += 8) {
		memcpy(&v, p + i, 8);
		h = (h ^ v) * 0x9e3779b97f4a7c15;
		h ^= h >> 29;
	}
	return (uint32_t)(h >> 32);
}

/* Small for a usual mail, which is most of them: it stays in the cache. */
static void widen(struct cn_words *w)
{
	uint64_t *old = w->slot;
	size_t i, k, was = w->nslots, mask;

	w->nslots = was ? was * 4 : SLOTS;
	mask = w->nslots - 1;
	if (was == 0 && w->room > 0) {
		memset(w->slot, 0, SLOTS * sizeof(*w->slot));
		return;
	}
	w->slot = cn_alloc(w->nslots * sizeof(*w->slot));
	w->room = w->nslots;
	for (i = 0; i < was; i++) {
		if (old[i] == 0)
			continue;
		for (k = (old[i] >> 32) & mask; w->slot[k] != 0;
		    k = (k + 1) & mask)
			;
		w->slot[k] = old[i];
	}
	free(old);
}

/* p: a word with eight zero bytes behind it, at most WORD_BYTES long. */
static void put(struct cn_words *w, const char *p, size_t n)
{
	uint32_t h = spread(p, n);
	uint64_t *s;
	size_t i, mask;

	if (n == 0 || w->n == CN_WORDS_MAX)
		return;
	if (w->n * 2 >= w->nslots)
		widen(w);
	mask = w->nslots - 1;
	for (i = h & mask; *(s = &w->slot[i]) != 0; i = (i + 1) & mask) {
		const char *have = w->text.p + (uint32_t)*s - 1;

		if (*s >> 32 == h && strcmp(have, p) == 0)
			return;
	}
	*s = (uint64_t)h << 32 | (uint32_t)(w->text.len + 1);
	cn_buf_add(&w->text, p, n + 1);
	w->n++;
}

static bool cjk(uint32_t c)
{
	return (c >= 0x3040 && c < 0x3100) || (c >= 0x3400 && c < 0x9fff) ||
	    (c >= 0xf900 && c < 0xfb00) || (c >= 0x20000 && c < 0x30000) ||
	    (c >= 0xe00 && c < 0xe80);
}

static bool letter(uint32_t c)
{
	switch (utf8proc_category((utf8proc_int32_t)c)) {
	case UTF8PROC_CATEGORY_LU: case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT: case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO: case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC: case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL: case UTF8PROC_CATEGORY_NO:
		return true;
	default:
		return false;
	}
}

static void put_folded(struct cn_words *w, const char *p, size_t n)
{
	char tmp[4 * WORD_BYTES];
	utf8proc_uint8_t *out = NULL;
	size_t len = n;

	if (n >= sizeof(tmp))
		len = cn_utf8_cut(p, n, sizeof(tmp) - 1);
	memcpy(tmp, p, len);
	tmp[len] = '\0';
	if (utf8proc_map((utf8proc_uint8_t *)tmp, 0, &out, UTF8PROC_NULLTERM |
	    UTF8PROC_STABLE | UTF8PROC_COMPAT | UTF8PROC_COMPOSE |
	    UTF8PROC_CASEFOLD | UTF8PROC_IGNORE) >= 0 && out != NULL) {
		len = strlen((char *)out);
		len = cn_utf8_cut((char *)out, len, WORD_BYTES);
		memcpy(tmp, out, len);
		memset(tmp + len, 0, 8);
		put(w, tmp, len);
	}
	free(out);
}

/* A run of characters that holds one beyond ASCII. */
static void put_run(struct cn_words *w, const char *p, size_t n)
{
	size_t i = 0, start = 0, len, prev = 0;
	uint32_t c;
	bool was = false;

	for (; i < n; i += len) {
		len = cn_utf8_get(p + i, n - i, &c);
		if (!cjk(c)) {
			was = false;
			continue;
		}
		if (i > start && !was)
			put_folded(w, p + start, i - start);
		put_folded(w, p + i, len);
		if (was)
			put_folded(w, p + prev, i + len - prev);
		was = true;
		prev = i;
		start = i + len;
	}
	if (start < n)
		put_folded(w, p + start, n - start);
}

/* ASCII letters and digits as they are folded, 0 for what parts words. */
static const char fold[128] = {
#define D(c) [c] = c
#define L(c) [c] = c + 32, [c + 32] = c + 32
	D('0'), D('1'), D('2'), D('3'), D('4'), D('5'), D('6'), D('7'),
	D('8'), D('9'), L('A'), L('B'), L('C'), L('D'), L('E'), L('F'),
	L('G'), L('H'), L('I'), L('J'), L('K'), L('L'), L('M'), L('N'),
	L('O'), L('P'), L('Q'), L('R'), L('S'), L('T'), L('U'), L('V'),
	L('W'), L('X'), L('Y'), L('Z')
#undef D
#undef L
};

/* The end of a word that has a character beyond ASCII at `at`. */
static size_t wide_end(struct cn_str t, size_t at)
{
	size_t len;
	uint32_t c;

	for (; at < t.n; at += len) {
		unsigned char b = (unsigned char)t.p[at];

		len = 1;
		if (b < 0x80 ? !fold[b] :
		    !(len = cn_utf8_get(t.p + at, t.n - at, &c)) || !letter(c))
			break;
	}
	return at;
}

void cn_words_add(struct cn_words *w, struct cn_str t)
{
	const unsigned char *p = (const unsigned char *)t.p;
	size_t i = 0, start, end, len;
	char word[WORD_BYTES + 8];
	uint32_t c;

	if (t.n > CN_WORDS_TEXT)
		t.n = cn_utf8_cut(t.p, t.n, CN_WORDS_TEXT);
	while (i < t.n && w->n < CN_WORDS_MAX) {
		for (start = i, len = 0; i < t.n && p[i] < 0x80 && fold[p[i]];
		    i++)
			if (len < WORD_BYTES)
				word[len++] = fold[p[i]];
		if (i < t.n && p[i] >= 0x80 &&
		    (end = wide_end(t, i)) > i) {
			put_run(w, t.p + start, end - start);
			i = end;
		} else {
			memset(word + len, 0, 8);
			put(w, word, len);
		}
		/* What ended it. */
		if (i < t.n) {
			len = p[i] < 0x80 ? 1 : cn_utf8_get(t.p + i, t.n - i, &c);
			i += len ? len : 1;
		}
	}
}

static void add_addrs(struct cn_words *w, const struct cn_addrs *a)
{
	size_t i;

	for (i = 0; i < a->n && w->n < CN_WORDS_MAX; i++) {
		cn_words_add(w, cn_str(a->v[i].name));
		cn_words_add(w, cn_str(a->v[i].addr));
	}
}

void cn_words_msg(struct cn_words *w, const struct cn_msg *m)
{
	size_t i;

	cn_words_add(w, cn_str(m->subject));
	add_addrs(w, &m->from);
	cn_words_add(w, cn_str(m->claimed));
	add_addrs(w, &m->to);
	add_addrs(w, &m->cc);
	for (i = 0; i < m->nattachments; i++)
		cn_words_add(w, cn_str(m->attachments[i].name));
	cn_words_add(w, (struct cn_str){ m->text, m->text_len });
}
