/* addr.c - address lists, read in one pass with what real mail does to them
 *
 * An element collects its words (phrase), the same with quotes kept and
 * spaces dropped (bare), its last comment and what stood in <>.  Which of
 * them is the address is decided at its end. */
#include <strings.h>

#include "mime.h"

struct scan {
	const char *p, *end;
	struct cn_buf phrase, bare, comment, angle;
	bool has_angle;
	bool no_quote;			/* no closing quote is left */
	int gaps;			/* spaces between words of bare */
};

static void quoted(struct scan *s)
{
	const char *q;

	for (q = s->p + 1; !s->no_quote && q < s->end && *q != '"'; q++)
		if (*q == '\\')
			q++;
	if (s->no_quote || q >= s->end) {
		s->no_quote = true;
		s->p++;
		return;
	}
	if (s->has_angle) {
		s->p = q + 1;
		return;
	}
	cn_buf_add(&s->bare, s->p, (size_t)(q + 1 - s->p));
	for (s->p++; s->p < q; s->p++) {
		if (*s->p == '\\' && s->p + 1 < q)
			s->p++;
		cn_buf_ch(&s->phrase, (unsigned char)*s->p);
	}
	s->p = q + 1;
}

static void comment(struct scan *s)
{
	size_t depth = 1;

	s->comment.len = 0;
	for (s->p++; s->p < s->end; s->p++) {
		int c = (unsigned char)*s->p;

		if (c == '\\' && s->p + 1 < s->end)
			c = (unsigned char)*++s->p;
		else if (c == '(')
			depth++;
		else if (c == ')' && --depth == 0)
			break;
		cn_buf_ch(&s->comment, c);
	}
	if (s->p < s->end)
		s->p++;
}

/* <addr>, with an obsolete route (@a,@b:addr) dropped. */
static void angle(struct scan *s)
{
	bool quote = false;

	s->angle.len = 0;
	s->has_angle = true;
	for (s->p++; s->p < s->end; s->p++) {
		int c = (unsigned char)*s->p;

		if (c == '"')
			quote = !quote;
		else if (c == '>' && (!quote || s->no_quote))
			break;
		if (c == ':' && s->angle.len > 0 && s->angle.p[0] == '@')
			s->angle.len = 0;
		else if (quote || (c > ' ' && c != '<'))
			cn_buf_ch(&s->angle, c);
	}
	while (s->p < s->end && *s->p == '>')
		s->p++;
}

static void space(struct scan *s)
{
	while (s->p < s->end && cn_is_wsp((unsigned char)*s->p))
		s->p++;
	if (s->phrase.len == 0)
		return;
	cn_buf_ch(&s->phrase, ' ');
	if (s->p < s->end && !strchr("@.(<,;", *s->p) && s->bare.len > 0 &&
	    !strchr("@.", s->bare.p[s->bare.len - 1]))
		s->gaps++;
}

/* UTF-8, no controls, domain in lower case. */
static const char *clean_addr(struct cn_arena *a, struct cn_str v,
    unsigned *defects)
{
	const char *s = cn_mail_decode(a, v, defects);
	char *d, *at;

	if (strncasecmp(s, "mailto:", 7) == 0)
		s += 7;
	d = cn_arena_strdup(a, s);
	at = strrchr(d, '@');
	if (!at || at == d || !at[1]) {
		*defects |= CN_DEF_ADDRESS;
		return d;
	}
	for (; *at; at++)
		*at = (char)cn_lower((unsigned char)*at);
	return d;
}

/* 'John Smith john@example.com': the word with the @, out of the phrase. */
static struct cn_str word_with_at(struct cn_buf *phrase)
{
	char *at = memchr(phrase->p, '@', phrase->len), *b, *e;
	char *end = phrase->p + phrase->len;
	struct cn_str w = { "", 0 };

	if (!at)
		return w;
	for (b = at; b > phrase->p && b[-1] != ' '; b--)
		;
	for (e = at; e < end && *e != ' '; e++)
		;
	return (struct cn_str){ b, (size_t)(e - b) };
}

static void finish(struct scan *s, struct cn_arena *a,
    struct cn_addr_list *l, size_t max, unsigned *defects)
{
	struct cn_str name = cn_str_trim(cn_buf_view(&s->phrase));
	struct cn_str addr = { "", 0 };
	struct cn_addr *to;
	size_t cut = 0;

	if (s->has_angle) {
		addr = cn_buf_view(&s->angle);
	} else if (s->gaps == 0) {
		addr = cn_buf_view(&s->bare);
		name = cn_str("");
	} else {
		addr = word_with_at(&s->phrase);
		/* The word may begin with what was trimmed off the name. */
		if (addr.n > 0 && addr.p > name.p)
			cut = (size_t)(addr.p - name.p);
		*defects |= CN_DEF_ADDRESS;
	}
	if (cut > 0)
		name.n = cut;
	if (name.n == 0)
		name = cn_buf_view(&s->comment);
	if ((s->has_angle || name.n > 0 || addr.n > 0) && l->n >= max) {
		*defects |= CN_DEF_ADDRS;
	} else if (s->has_angle || name.n > 0 || addr.n > 0) {
		if (l->n == l->cap) {
			struct cn_addr *v;

			l->cap = l->cap ? l->cap * 2 : 2;
			v = cn_arena_alloc(a, l->cap * sizeof(*v));
			if (l->n > 0)
				memcpy(v, l->v, l->n * sizeof(*v));
			l->v = v;
		}
		to = &l->v[l->n++];
		to->name = name.n ? cn_mail_decode(a, name, defects) : "";
		to->addr = clean_addr(a, addr, defects);
	}
	s->phrase.len = s->bare.len = s->comment.len = s->angle.len = 0;
	s->has_angle = false;
	s->gaps = 0;
}

static void step(struct scan *s, int c)
{
	switch (c) {
	case '"':
		quoted(s);
		return;
	case '(':
		comment(s);
		return;
	case '<':
		if (s->has_angle)
			break;
		angle(s);
		return;
	case ':':
		/* A group's name; its members follow. */
		if (!s->has_angle && (s->bare.len == 0 ||
		    !memchr(s->bare.p, '@', s->bare.len))) {
			s->phrase.len = s->bare.len = s->comment.len = 0;
			s->gaps = 0;
			s->p++;
			return;
		}
		break;
	case '\\':
		if (s->p + 1 < s->end)
			c = (unsigned char)*++s->p;
		break;
	}
	if (cn_is_wsp(c)) {
		space(s);
		return;
	}
	s->p++;
	if (s->has_angle)
		return;			/* junk behind the address */
	cn_buf_ch(&s->phrase, c);
	cn_buf_ch(&s->bare, c);
}

void cn_mime_addrs(struct cn_arena *a, struct cn_addr_list *l,
    struct cn_str v, size_t max, unsigned *defects)
{
	struct scan s = { .p = v.p };

	if (v.n > CN_MAIL_HEADER)
		v.n = CN_MAIL_HEADER;
	s.end = v.p + v.n;
	while (s.p < s.end) {
		if (*s.p == ',' || *s.p == ';') {
			finish(&s, a, l, max, defects);
			s.p++;
			if (*defects & CN_DEF_ADDRS)
				break;
		} else {
			step(&s, (unsigned char)*s.p);
		}
	}
	finish(&s, a, l, max, defects);
	cn_buf_wipe(&s.phrase);
	cn_buf_wipe(&s.bare);
	cn_buf_wipe(&s.comment);
	cn_buf_wipe(&s.angle);
}

struct cn_addr *cn_mail_addrs(struct cn_arena *a, struct cn_str v, size_t *n,
    unsigned *defects)
{
	struct cn_addr_list l = { NULL, 0, 0 };

	cn_mime_addrs(a, &l, v, CN_MAIL_ADDRS, defects);
	*n = l.n;
	return l.v;
}
