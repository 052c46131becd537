#include "desk/foreign/whatshead.h"

#include <ctype.h>
#include <string.h>

#include "base/utf8.h"

size_t cn_whats_space(const char *p, const char *end)
{
	uint32_t c;
	size_t n;

	if (p == end)
		return 0;
	if (*p == ' ' || *p == '\t')
		return 1;
	n = cn_utf8_get(p, (size_t)(end - p), &c);
	return n > 1 && (c == 0xa0 || c == 0x202f || c == 0x3000 ||
	    (c >= 0x2000 && c <= 0x200a)) ? n : 0;
}

size_t cn_whats_mark(const char *p, const char *end)
{
	uint32_t c;
	size_t n = p == end ? 0 : cn_utf8_get(p, (size_t)(end - p), &c);

	return n > 1 && (c == 0x200e || c == 0x200f || c == 0xfeff ||
	    (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069)) ?
	    n : 0;
}

struct scan {
	const char *p, *end;
};

static bool spaces(struct scan *s)
{
	const char *was = s->p;
	size_t n;

	while ((n = cn_whats_space(s->p, s->end)) > 0 ||
	    (n = cn_whats_mark(s->p, s->end)) > 0)
		s->p += n;
	return s->p > was;
}

static bool ch(struct scan *s, char c)
{
	if (s->p == s->end || *s->p != c)
		return false;
	s->p++;
	return true;
}

/* Digits as a number; returns how many, at most max. */
static int number(struct scan *s, int max, int *v)
{
	int n = 0;

	for (*v = 0; n < max && s->p < s->end && isdigit((unsigned char)*s->p);
	    n++)
		*v = *v * 10 + (*s->p++ - '0');
	return s->p < s->end && isdigit((unsigned char)*s->p) ? 0 : n;
}

/* A space of the word is any that there is. */
static bool word(struct scan *s, const char *w)
{
	const char *p = s->p;
	size_t n;

	for (; *w != '\0'; w++) {
		if (*w == ' ') {
			if ((n = cn_whats_space(p, s->end)) == 0)
				return false;
			p += n;
		} else if (p == s->end ||
		    tolower((unsigned char)*p++) != tolower((unsigned char)*w)) {
			return false;
		}
	}
	s->p = p;
	return true;
}

static bool date(struct scan *s, struct cn_whats_head *h)
{
	int n[3], i;

	for (i = 0; i < 3; i++) {
		if (i > 0) {
			if (s->p == s->end || strchr("/.-", *s->p) == NULL ||
			    (i == 2 && *s->p != h->sep))
				return false;
			h->sep = *s->p++;
			spaces(s);
		}
		if ((n[i] = number(s, 4, &h->date[i])) == 0 || n[i] == 3)
			return false;
	}
	if (h->sep == '.')
		(void)ch(s, '.');		/* 2026. 11. 23. */
	h->year_first = n[0] == 4;
	if (h->year_first)
		return n[1] <= 2 && n[2] <= 2;
	if (n[2] == 2)
		h->date[2] += 2000;
	return n[0] <= 2 && n[1] <= 2 && n[2] != 1 && h->date[0] > 0 &&
	    h->date[0] < 32 && h->date[1] > 0 && h->date[1] < 32 &&
	    (h->date[0] < 13 || h->date[1] < 13);
}

static bool half(struct scan *s, int *after_noon)
{
	static const char *const words[] = { "am", "pm", "a.m.", "p.m.",
	    "a. m.", "p. m.", "上午", "下午", "오전", "오후", "午前", "午後",
	    "ص", "م", "πμ", "μμ", "π.μ.", "μ.μ.", "de.", "du." };
	int i;

	for (i = sizeof(words) / sizeof(words[0]) - 1; i >= 0; i--)
		if (word(s, words[i])) {
			*after_noon = i % 2;
			return true;
		}
	return false;
}

static bool clock_time(struct scan *s, struct cn_whats_head *h)
{
	int hour, minute, second = 0, pm = 0;
	char sep;

	h->halves = half(s, &pm);
	spaces(s);
	if (number(s, 2, &hour) == 0 || s->p == s->end ||
	    (*s->p != ':' && *s->p != '.'))
		return false;
	sep = *s->p++;
	if (number(s, 2, &minute) != 2)
		return false;
	h->seconds = ch(s, sep);
	if (h->seconds && number(s, 2, &second) != 2)
		return false;
	spaces(s);
	h->halves = half(s, &pm) || h->halves;
	if (minute > 59 || second > 59 || hour > (h->halves ? 12 : 23))
		return false;
	if (h->halves)
		hour = hour % 12 + 12 * pm;
	h->second = hour * 3600 + minute * 60 + second;
	return true;
}

bool cn_whats_head(struct cn_whats_head *h, struct cn_str line)
{
	static const char *const joins[] = { "à", "klo", "kl.", "um", "at",
	    "alle", "в", "о" };
	struct scan s = { line.p, line.p + line.n };
	bool gap;
	size_t i;

	memset(h, 0, sizeof(*h));
	spaces(&s);
	h->bracket = ch(&s, '[');
	if (!date(&s, h))
		return false;
	gap = ch(&s, ',');
	gap = spaces(&s) || gap;
	for (i = 0; i < sizeof(joins) / sizeof(joins[0]); i++)
		if (word(&s, joins[i]))
			break;
	spaces(&s);
	if (!gap || !clock_time(&s, h))
		return false;
	spaces(&s);
	if (h->bracket ? !ch(&s, ']') : !ch(&s, '-') && !word(&s, "–"))
		return false;
	if (cn_whats_space(s.p, s.end) == 0 && s.p < s.end)
		return false;
	s.p += cn_whats_space(s.p, s.end);
	h->rest = (struct cn_str){ s.p, (size_t)(s.end - s.p) };
	return true;
}

bool cn_whats_alike(const struct cn_whats_head *a,
    const struct cn_whats_head *b)
{
	return a->bracket == b->bracket && a->seconds == b->seconds &&
	    a->halves == b->halves && a->year_first == b->year_first &&
	    a->sep == b->sep;
}
