/* word.c - header text to UTF-8: folding, encoded words, bare eight bits */
#include <strings.h>

#include "base/utf8.h"
#include "mime.h"

#define WORD_MAX 2000		/* bytes between =? and ?= that are looked at */
#define CHARSET_MAX 60

/* Adjacent words of one set are joined before they are converted, for many
 * mailers cut in the middle of a character. */
struct words {
	struct cn_buf out, bytes;
	char charset[CHARSET_MAX];
	bool open;			/* the last thing was a word */
	unsigned defects;
};

static void flush(struct words *w)
{
	if (w->open && w->bytes.len > 0 && cn_charset_utf8(&w->out, w->charset,
	    cn_buf_view(&w->bytes)) & ~(unsigned)CN_DEF_TEXT)
		w->defects |= CN_DEF_CHARSET;
	w->bytes.len = 0;
	w->open = false;
}

static void plain(struct words *w, const char *p, size_t n)
{
	size_t i = 0;

	if (w->open) {
		while (i < n && cn_is_wsp((unsigned char)p[i]))
			i++;
		if (i == n)
			return;
		flush(w);
	}
	if (n == 0)
		return;
	if (!cn_mime_ascii(p, n) && !cn_utf8_valid(p, n))
		w->defects |= CN_DEF_8BIT;
	cn_charset_utf8(&w->out, "", (struct cn_str){ p, n });
}

/* Takes the encoded word at p ("=?"); returns its length, 0 if it is none. */
static size_t word(struct words *w, const char *p, const char *end)
{
	const char *s = p + 2, *q, *text, *fin;
	char charset[CHARSET_MAX];
	bool bad = false;
	size_t n;

	if (end - p > WORD_MAX)
		end = p + WORD_MAX;
	q = memchr(s, '?', (size_t)(end - s));
	if (!q || q == s || q - s >= CHARSET_MAX || end - q < 3 ||
	    q[2] != '?')
		return 0;
	memcpy(charset, s, (size_t)(q - s));
	charset[q - s] = 0;
	charset[strcspn(charset, "*")] = 0;
	text = q + 3;
	for (fin = text; (fin = memchr(fin, '?', (size_t)(end - fin))); fin++)
		if (fin + 1 < end && fin[1] == '=')
			break;
	if (!fin)
		return 0;
	if (!q[1] || !strchr("bBqQ", q[1]))
		return 0;
	if (!w->open || strcasecmp(charset, w->charset) != 0) {
		flush(w);
		memcpy(w->charset, charset, sizeof(charset));
		w->open = true;
	}
	struct cn_str in = { text, (size_t)(fin - text) };
	cn_buf_reserve(&w->bytes, in.n + 1);
	char *to = w->bytes.p + w->bytes.len;

	if (cn_lower((unsigned char)q[1]) == 'b')
		n = cn_mime_base64(to, in, &bad);
	else
		n = cn_mime_qp(to, in, true, &bad);
	w->bytes.len += n;
	if (bad)
		w->defects |= CN_DEF_WORD;
	return (size_t)(fin + 2 - p);
}

/* One line: a fold is the space behind it, other controls are spaces. */
static char *one_line(struct cn_arena *a, struct cn_str in, unsigned *defects)
{
	char *out, *o;
	size_t nuls = 0;

	for (size_t i = 0; i < in.n; i++)
		nuls += in.p[i] == 0;
	out = o = cn_arena_alloc(a, in.n + nuls * 2 + 1);
	for (size_t i = 0; i < in.n; i++) {
		unsigned char c = (unsigned char)in.p[i];

		if (c == 0) {
			memcpy(o, "\xef\xbf\xbd", 3);
			o += 3;
			continue;
		}
		if (c == '\r' || c == '\n') {
			if (i + 1 < in.n && cn_is_wsp((unsigned char)in.p[i + 1]))
				continue;
			c = ' ';
		}
		*o++ = c < 0x20 || c == 0x7f ? ' ' : (char)c;
	}
	while (o > out && o[-1] == ' ')
		o--;
	*o = 0;
	if (nuls)
		*defects |= CN_DEF_NUL;
	return out + strspn(out, " ");
}

const char *cn_mail_decode(struct cn_arena *a, struct cn_str v,
    unsigned *defects)
{
	struct words w = { .defects = 0 };
	const char *p = v.p, *end, *q, *from;
	const char *s;
	size_t n;

	if (v.n > CN_MAIL_VALUE) {
		v.n = CN_MAIL_VALUE;
		*defects |= CN_DEF_FIELD_SIZE;
	}
	if (v.n == 0 || !v.p)
		return "";
	if (!memmem(v.p, v.n, "=?", 2) && cn_mime_ascii(v.p, v.n))
		return one_line(a, v, defects);
	end = v.p + v.n;
	from = p;
	while ((q = memmem(p, (size_t)(end - p), "=?", 2))) {
		plain(&w, from, (size_t)(q - from));
		from = q;
		n = word(&w, q, end);
		if (n == 0)
			w.defects |= CN_DEF_WORD;
		p = q + (n ? n : 2);
		if (n)
			from = p;
	}
	plain(&w, from, (size_t)(end - from));
	flush(&w);
	s = one_line(a, cn_buf_view(&w.out), &w.defects);
	*defects |= w.defects;
	cn_buf_wipe(&w.out);
	cn_buf_wipe(&w.bytes);
	return s;
}
