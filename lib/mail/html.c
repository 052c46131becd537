/* html.c - HTML to text, one pass, no tree
 *
 * A tag only moves counters: how many line ends are due before the next word,
 * how deep lists and quotes are.  Nothing is written before a word comes, so
 * empty elements cost nothing, and nesting is a number, never a stack beyond
 * LISTS.  Where a closing quote, '>' or '-->' is missing it is remembered, so
 * that nobody looks for it twice. */
#include <strings.h>

#include "base/utf8.h"
#include "mime.h"

#define LISTS 8			/* deeper lists are not indented further */
#define QUOTES 5
#define HREF 200		/* longer addresses are left out */

enum {
	T_LINE = 1, T_PARA = 2, T_BR = 4, T_LI = 8, T_UL = 16, T_OL = 32,
	T_QUOTE = 64, T_CELL = 128, T_PRE = 256, T_A = 512, T_IMG = 1024,
	T_RAW = 2048
};

/* Sorted by the first letter. */
static const struct {
	const char *name;
	int what;
} tags[] = {
	{ "a", T_A }, { "address", T_LINE }, { "article", T_PARA },
	{ "blockquote", T_PARA | T_QUOTE }, { "br", T_BR },
	{ "center", T_LINE }, { "dd", T_LINE }, { "div", T_LINE },
	{ "dl", T_PARA }, { "dt", T_LINE }, { "fieldset", T_LINE },
	{ "footer", T_LINE }, { "form", T_LINE }, { "h1", T_PARA },
	{ "h2", T_PARA }, { "h3", T_PARA }, { "h4", T_PARA },
	{ "h5", T_PARA }, { "h6", T_PARA }, { "header", T_LINE },
	{ "hr", T_PARA }, { "img", T_IMG }, { "li", T_LINE | T_LI },
	{ "ol", T_LINE | T_OL }, { "option", T_LINE }, { "p", T_PARA },
	{ "pre", T_PARA | T_PRE }, { "script", T_RAW },
	{ "section", T_PARA }, { "style", T_RAW }, { "table", T_LINE },
	{ "td", T_CELL }, { "th", T_CELL }, { "title", T_RAW },
	{ "tr", T_LINE }, { "ul", T_LINE | T_UL },
};

struct html {
	struct cn_buf *out;
	size_t start;			/* where our text begins in out */
	const char *p, *end;
	int due;			/* line ends before the next word */
	bool space, bullet, cell;
	bool quoted;			/* the last word was */
	size_t pre, quotes, lists;
	bool ordered[LISTS];
	int count[LISTS];
	struct cn_str href;
	size_t link_at;			/* where its words begin in out */
	bool no_gt, no_quote[2], no_comment;
};

static void indent(struct html *h)
{
	size_t n = h->lists < LISTS ? h->lists : LISTS;

	for (size_t i = 0; i < h->quotes && i < QUOTES; i++)
		cn_buf_str(h->out, "> ");
	for (size_t i = 1; i < n; i++)
		cn_buf_str(h->out, "  ");
	if (n > 0 && !h->bullet)
		cn_buf_str(h->out, "  ");
}

/* What must stand before the next word. */
static void before(struct html *h)
{
	bool start = h->out->len == h->start;

	if (h->due > 0 || start) {
		for (int i = 0; i < h->due && !start; i++) {
			cn_buf_ch(h->out, '\n');
			if (i + 1 < h->due && h->quotes > 0 && h->quoted)
				cn_buf_ch(h->out, '>');
		}
		indent(h);
	} else if (h->cell) {
		cn_buf_ch(h->out, '\t');
	} else if (h->space) {
		cn_buf_ch(h->out, ' ');
	}
	if (h->bullet) {
		size_t n = h->lists < LISTS ? h->lists : LISTS;

		if (n > 0 && h->ordered[n - 1])
			cn_buf_fmt(h->out, "%d. ", ++h->count[n - 1]);
		else
			cn_buf_str(h->out, "- ");
	}
	h->due = 0;
	h->quoted = h->quotes > 0;
	h->space = h->bullet = h->cell = false;
}

static void due(struct html *h, int n)
{
	if (h->due < n)
		h->due = n;
}

static void put(struct html *h, const char *p, size_t n)
{
	if (h->due || h->space || h->bullet || h->cell ||
	    h->out->len == h->start)
		before(h);
	if (h->out->cap - h->out->len <= n)
		cn_buf_reserve(h->out, n + 4096);
	memcpy(h->out->p + h->out->len, p, n);
	h->out->len += n;
}

static void put_cp(struct html *h, uint32_t cp)
{
	struct cn_buf *b = h->out;

	if (cp == ' ' || cp == 0xa0 || cp == '\t' || cp == '\n' ||
	    cp == '\r' || cp == '\f') {
		h->space = true;
		return;
	}
	if (cp == 0xad || cp == 0x200b || cp == 0xfeff || cp < 32)
		return;
	put(h, "", 0);
	cn_utf8_put(b, cp);
}

static void entity(struct html *h)
{
	uint32_t cp;
	size_t n = cn_html_entity(h->p, (size_t)(h->end - h->p), &cp);

	if (n == 0) {
		put(h, h->p++, 1);
		return;
	}
	h->p += n;
	put_cp(h, cp);
}

/* What ends a run of plain characters; 0xc2 leads U+0080 to U+00BF. */
static const bool stop[256] = {
	['<'] = true, ['&'] = true, [' '] = true, ['\t'] = true,
	['\r'] = true, ['\n'] = true, ['\f'] = true, [0xc2] = true
};

/* Text up to the next tag or entity. */
static void words(struct html *h)
{
	const char *p = h->p, *s;

	while (p < h->end && *p != '<' && *p != '&') {
		if (h->pre && *p == '\n') {
			h->due = h->due < 2 ? h->due + 1 : 2;
			h->space = false;
			p++;
			continue;
		}
		if (cn_is_wsp((unsigned char)*p) || *p == '\f') {
			/* In <pre> spaces count, behind the indent. */
			if (h->pre && *p == ' ' && !h->due)
				put(h, " ", 1);
			else
				h->space = true;
			p++;
			continue;
		}
		for (s = p; p < h->end && !stop[(unsigned char)*p]; p++)
			;
		if (p > s)
			put(h, s, (size_t)(p - s));
		if (p < h->end && (unsigned char)*p == 0xc2) {
			uint32_t cp;
			size_t n = cn_utf8_get(p, (size_t)(h->end - p), &cp);

			if (n == 0) {
				n = 1;
				cp = 0xfffd;
			}
			put_cp(h, cp);
			p += n;
		}
	}
	h->p = p;
}

/* The end of the tag that begins at p: its '>', or NULL. */
static const char *tag_end(struct html *h, const char *p)
{
	const char *q;

	while (p < h->end) {
		if (*p == '>')
			return p;
		if (*p++ != '=')
			continue;
		while (p < h->end && cn_is_wsp((unsigned char)*p))
			p++;
		if (p == h->end || (*p != '"' && *p != '\''))
			continue;
		bool *none = &h->no_quote[*p == '"'];

		q = *none ? NULL : memchr(p + 1, *p,
		    (size_t)(h->end - p - 1));
		if (q)
			p = q + 1;
		else
			*none = true;
	}
	return NULL;
}

static struct cn_str attribute(struct cn_str tag, const char *name)
{
	const char *p = tag.p, *end = p + tag.n, *q;
	size_t n = strlen(name);

	while (p < end) {
		while (p < end && (cn_is_wsp((unsigned char)*p) || *p == '/'))
			p++;
		for (q = p; q < end && *q != '=' &&
		    !cn_is_wsp((unsigned char)*q); q++)
			;
		bool hit = (size_t)(q - p) == n && strncasecmp(p, name, n) == 0;

		for (p = q; p < end && cn_is_wsp((unsigned char)*p); p++)
			;
		if (p == end || *p != '=')
			continue;
		for (p++; p < end && cn_is_wsp((unsigned char)*p); p++)
			;
		if (p < end && (*p == '"' || *p == '\'')) {
			q = memchr(p + 1, *p, (size_t)(end - p - 1));
			p++;
			if (!q)
				q = end;
		} else {
			for (q = p; q < end && !cn_is_wsp((unsigned char)*q);
			    q++)
				;
		}
		if (hit)
			return (struct cn_str){ p, (size_t)(q - p) };
		p = q < end ? q + 1 : end;
	}
	return (struct cn_str){ "", 0 };
}

static void put_attribute(struct html *h, struct cn_str v)
{
	const char *p = h->p, *end = h->end;

	h->p = v.p;
	h->end = v.p + v.n;
	while (h->p < h->end) {
		if (*h->p == '&')
			entity(h);
		else if (*h->p == '<')
			put(h, h->p++, 1);
		else
			words(h);
	}
	h->p = p;
	h->end = end;
}

static struct cn_str without_scheme(struct cn_str s)
{
	static const char *const schemes[] = { "http://", "https://",
	    "mailto:" };

	for (size_t i = 0; i < 3; i++) {
		size_t n = strlen(schemes[i]);

		if (s.n >= n && strncasecmp(s.p, schemes[i], n) == 0) {
			s = (struct cn_str){ s.p + n, s.n - n };
			break;
		}
	}
	if (s.n > 0 && s.p[s.n - 1] == '/')
		s.n--;
	return s;
}

static void link_end(struct html *h)
{
	struct cn_str href = h->href, to, words_;
	bool space = h->space;
	int lines = h->due;

	h->href.n = 0;
	if (href.n == 0 || h->out->len <= h->link_at)
		return;
	to = without_scheme(href);
	if (to.n + 1 >= href.n || href.n > HREF)
		return;
	words_ = without_scheme(cn_str_trim((struct cn_str){
	    h->out->p + h->link_at, h->out->len - h->link_at }));
	if (words_.n == to.n && strncasecmp(words_.p, to.p, to.n) == 0)
		return;
	h->due = 0;
	cn_buf_str(h->out, " <");
	h->space = false;
	put_attribute(h, href);
	cn_buf_ch(h->out, '>');
	h->space = space;
	h->due = lines;
}

static void list(struct html *h, bool ordered, bool close)
{
	if (close) {
		h->lists -= h->lists > 0;
		return;
	}
	if (h->lists < LISTS) {
		h->ordered[h->lists] = ordered;
		h->count[h->lists] = 0;
	}
	h->lists++;
}

/* <script>, <style>, <title>: on to behind the closing tag. */
static void skip_raw(struct html *h, const char *name)
{
	size_t n = strlen(name);
	const char *p = h->p;

	while ((p = memchr(p, '<', (size_t)(h->end - p)))) {
		if ((size_t)(h->end - p) > n + 1 && p[1] == '/' &&
		    strncasecmp(p + 2, name, n) == 0)
			break;
		p++;
	}
	h->p = p ? p : h->end;
}

static void act(struct html *h, const char *name, int what, bool close,
    struct cn_str tag)
{
	if (what & T_LINE)
		due(h, 1);
	if (what & T_PARA)
		due(h, 2);
	if (what & T_BR)
		h->due += h->due < 2;
	if (what & T_LI)
		h->bullet = !close && h->lists > 0;
	if (what & (T_UL | T_OL)) {
		if (h->lists == (close ? 1 : 0))
			due(h, 2);
		list(h, what & T_OL, close);
	}
	if (what & T_QUOTE)
		h->quotes += close ? -(size_t)(h->quotes > 0) : 1;
	if (what & T_PRE)
		h->pre += close ? -(size_t)(h->pre > 0) : 1;
	if ((what & T_CELL) && !close)
		h->cell = h->out->len > h->start && !h->due;
	if (what & T_A) {
		link_end(h);
		if (!close) {
			h->href = attribute(tag, "href");
			h->link_at = h->out->len;
		}
	}
	if ((what & T_IMG) && !close)
		put_attribute(h, attribute(tag, "alt"));
	if ((what & T_RAW) && !close)
		skip_raw(h, name);
	if (what & (T_LINE | T_PARA | T_BR))
		h->space = h->cell = false;
}

static void markup(struct html *h)
{
	const char *p = h->p + 1, *gt, *q;
	bool close = p < h->end && *p == '/';
	char name[12];
	size_t n = 0;

	if (close)
		p++;
	for (q = p; q < h->end && n + 1 < sizeof(name); q++) {
		int c = cn_lower((unsigned char)*q);

		if (!(c >= 'a' && c <= 'z') && !(n > 0 && cn_is_digit(c)))
			break;
		name[n++] = (char)c;
	}
	name[n] = 0;
	gt = h->no_gt || n == 0 ? NULL : tag_end(h, q);
	if (!gt) {
		h->no_gt |= n > 0;
		put(h, h->p++, 1);
		return;
	}
	h->p = gt + 1;
	for (size_t i = 0; i < sizeof(tags) / sizeof(*tags) &&
	    *tags[i].name <= *name; i++)
		if (*tags[i].name == *name && strcmp(tags[i].name, name) == 0) {
			act(h, name, tags[i].what, close,
			    (struct cn_str){ q, (size_t)(gt - q) });
			return;
		}
}

/* <!-- -->, <!DOCTYPE>, <?xml>, <![if]>. */
static void declaration(struct html *h)
{
	size_t n = (size_t)(h->end - h->p);
	const char *q = NULL;

	if (n > 4 && memcmp(h->p, "<!--", 4) == 0 && !h->no_comment) {
		q = memmem(h->p + 2, n - 2, "-->", 3);
		if (q)
			q += 2;
		h->no_comment = !q;
	}
	if (!q && !h->no_gt)
		q = memchr(h->p, '>', n);
	if (!q) {
		h->no_gt = true;
		put(h, h->p++, 1);
		return;
	}
	h->p = q + 1;
}

void cn_html_text(struct cn_buf *out, struct cn_str html)
{
	struct html h = { .out = out, .start = out->len, .p = html.p,
	    .end = html.p + html.n };

	cn_buf_reserve(out, html.n / 2 + 1);
	while (h.p < h.end) {
		if (*h.p == '&')
			entity(&h);
		else if (*h.p != '<')
			words(&h);
		else if (h.end - h.p > 1 && (h.p[1] == '!' || h.p[1] == '?'))
			declaration(&h);
		else
			markup(&h);
	}
	link_end(&h);
	if (out->len > h.start)
		cn_buf_ch(out, '\n');
	out->p[out->len] = 0;
}
