#include "base/pattern.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "base/utf8.h"

struct cn_str cn_pattern_fold(struct cn_str s, struct cn_arena *mem)
{
	utf8proc_uint8_t *out = NULL;
	utf8proc_ssize_t n;

	if (s.n == 0)
		return (struct cn_str){ "", 0 };
	n = utf8proc_map((const utf8proc_uint8_t *)s.p, (utf8proc_ssize_t)s.n,
	    &out, UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
	    UTF8PROC_CASEFOLD);
	if (n < 0)
		return s;
	s = (struct cn_str){ cn_arena_dup(mem, out, (size_t)n), (size_t)n };
	cn_wipe(out, (size_t)n);
	free(out);
	return s;
}

bool cn_pattern_make(struct cn_pattern *p, const char *text,
    struct cn_arena *mem)
{
	size_t n = strlen(text), i, from = 0, stars = 0;
	struct cn_str f;

	if (n == 0 || n > CN_PATTERN_MAX || !cn_utf8_valid(text, n))
		return false;
	f = cn_pattern_fold((struct cn_str){ text, n }, mem);
	for (i = 0; i < f.n; i++)
		stars += f.p[i] == '*';
	p->part = cn_arena_alloc(mem, (stars + 1) * sizeof(*p->part));
	for (p->n = 0, i = 0; i <= f.n; i++)
		if (i == f.n || f.p[i] == '*') {
			p->part[p->n++] = (struct cn_str){ f.p + from,
			    i - from };
			from = i + 1;
		}
	return true;
}

bool cn_pattern_whole(const struct cn_pattern *p, struct cn_str s)
{
	const struct cn_str *first = &p->part[0], *last = &p->part[p->n - 1];
	const char *at, *end;
	size_t i;

	if (p->n == 1)
		return s.n == first->n && memcmp(s.p, first->p, s.n) == 0;
	if (s.n < first->n + last->n || memcmp(s.p, first->p, first->n) != 0 ||
	    memcmp(s.p + s.n - last->n, last->p, last->n) != 0)
		return false;
	/* The leftmost place of each leaves most room for the rest. */
	at = s.p + first->n;
	end = s.p + s.n - last->n;
	for (i = 1; i + 1 < p->n; i++) {
		at = memmem(at, (size_t)(end - at), p->part[i].p,
		    p->part[i].n);
		if (at == NULL)
			return false;
		at += p->part[i].n;
	}
	return true;
}

static bool wordy(struct cn_str s, const char *at)
{
	utf8proc_category_t c;
	uint32_t cp;

	if (at < s.p || at >= s.p + s.n ||
	    cn_utf8_get(at, (size_t)(s.p + s.n - at), &cp) == 0)
		return false;
	c = utf8proc_category((utf8proc_int32_t)cp);
	return c <= UTF8PROC_CATEGORY_NO && c != UTF8PROC_CATEGORY_CN;
}

static const char *before(struct cn_str s, const char *at)
{
	do
		at--;
	while (at > s.p && ((unsigned char)*at & 0xc0) == 0x80);
	return at;
}

/* May a word begin here, or have ended?  Both are true beside what is no
 * letter, mark or digit. */
static bool edge(struct cn_str s, const char *at)
{
	return at == s.p || at == s.p + s.n || !wordy(s, before(s, at)) ||
	    !wordy(s, at);
}

bool cn_pattern_within(const struct cn_pattern *p, struct cn_str s)
{
	const char *at = s.p, *end = s.p + s.n, *hit;
	size_t i = 0;

	while (i < p->n) {
		if (p->part[i].n == 0) {
			i++;
			continue;
		}
		hit = memmem(at, (size_t)(end - at), p->part[i].p,
		    p->part[i].n);
		if (hit == NULL)
			return false;
		if ((i == 0 && !edge(s, hit)) || (i + 1 == p->n &&
		    !edge(s, hit + p->part[i].n)))
			at = hit + 1;
		else
			at = hit + p->part[i++].n;
	}
	return true;
}
