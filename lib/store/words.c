/* Words: runs of letters, marks and digits, folded; scripts that write
 * without spaces are cut into pairs of characters. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/utf8.h"
#include "store/search.h"

#define WORD_BYTES 64		/* longer words are cut */

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
	if (w->slot != NULL)
		memset(w->slot, 0, w->nslots * sizeof(*w->slot));
	w->n = 0;
}

/* FNV-1a: only spreads the words over the table of this message. */
static uint32_t spread(const char *p, size_t n)
{
	uint32_t h = 2166136261u;

	while (n-- > 0)
		h = (h ^ (unsigned char)*p++) * 16777619u;
	return h ^ h >> 15;
}

static void put(struct cn_words *w, const char *p, size_t n)
{
	uint32_t i, mask;

	if (n == 0 || w->n == CN_WORDS_MAX)
		return;
	if (w->slot == NULL) {
		w->nslots = CN_WORDS_MAX * 2;
		w->slot = cn_alloc(w->nslots * sizeof(*w->slot));
	}
	mask = (uint32_t)w->nslots - 1;
	for (i = spread(p, n) & mask; w->slot[i] != 0; i = (i + 1) & mask) {
		const char *have = w->text.p + w->slot[i] - 1;

		if (strncmp(have, p, n) == 0 && have[n] == '\0')
			return;
	}
	w->slot[i] = (uint32_t)w->text.len + 1;
	cn_buf_add(&w->text, p, n);
	cn_buf_ch(&w->text, '\0');
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
		put(w, (char *)out, cn_utf8_cut((char *)out, len, WORD_BYTES));
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

void cn_words_add(struct cn_words *w, struct cn_str t)
{
	size_t i = 0, start, len;
	char word[WORD_BYTES];
	bool wide;
	uint32_t c;

	if (t.n > CN_WORDS_TEXT)
		t.n = cn_utf8_cut(t.p, t.n, CN_WORDS_TEXT);
	while (i < t.n && w->n < CN_WORDS_MAX) {
		for (start = i, wide = false; i < t.n; i += len) {
			unsigned char b = (unsigned char)t.p[i];

			len = 1;
			if (b < 0x80) {
				if (!isalnum(b))
					break;
				if (i - start < WORD_BYTES)
					word[i - start] = (char)tolower(b);
				continue;
			}
			len = cn_utf8_get(t.p + i, t.n - i, &c);
			if (len == 0 || !letter(c)) {
				len = len ? len : 1;
				break;
			}
			wide = true;
		}
		if (wide)
			put_run(w, t.p + start, i - start);
		else
			put(w, word, i - start < WORD_BYTES ? i - start :
			    WORD_BYTES);
		i += i < t.n ? len : 0;
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
