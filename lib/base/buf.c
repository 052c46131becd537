#include "base/buf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

struct cn_str cn_str(const char *s)
{
	return (struct cn_str){ s ? s : "", s ? strlen(s) : 0 };
}

bool cn_str_eq(struct cn_str a, const char *b)
{
	return strlen(b) == a.n && memcmp(a.p, b, a.n) == 0;
}

bool cn_str_ends(struct cn_str s, const char *with)
{
	size_t n = strlen(with);

	return s.n >= n && memcmp(s.p + s.n - n, with, n) == 0;
}

struct cn_str cn_str_bare(struct cn_str s)
{
	bool mark = s.n >= 3 && memcmp(s.p, "\xef\xbb\xbf", 3) == 0;

	return (struct cn_str){ s.p + 3 * mark, s.n - 3 * mark };
}

bool cn_str_ieq(struct cn_str a, const char *b)
{
	size_t i;

	for (i = 0; i < a.n; i++) {
		unsigned char x = (unsigned char)a.p[i];
		unsigned char y = (unsigned char)b[i];

		if (x >= 'A' && x <= 'Z')
			x += 32;
		if (y >= 'A' && y <= 'Z')
			y += 32;
		if (x != y || y == '\0')
			return false;
	}
	return b[i] == '\0';
}

static bool space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

struct cn_str cn_str_trim(struct cn_str s)
{
	while (s.n > 0 && space(s.p[0])) {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && space(s.p[s.n - 1]))
		s.n--;
	return s;
}

bool cn_str_control(struct cn_str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f)
			return true;
	return false;
}

struct cn_str cn_str_line(const char *p, const char *end)
{
	const char *lf = memchr(p, '\n', (size_t)(end - p));

	return (struct cn_str){ p, (size_t)((lf ? lf + 1 : end) - p) };
}

/* Nothing sensible can be done: the process ends as if by a full disk, so
 * that whoever called it tries again. */
static void *alive(void *p)
{
	if (p == NULL) {
		static const char msg[] = "convonest: out of memory\n";

		fwrite(msg, 1, sizeof(msg) - 1, stderr);
		_Exit(CN_TEMPFAIL);
	}
	return p;
}

void *cn_alloc(size_t n)
{
	return alive(calloc(1, n ? n : 1));
}

void *cn_realloc(void *p, size_t n)
{
	return alive(realloc(p, n ? n : 1));
}

char *cn_strdup(const char *s)
{
	return alive(strdup(s));
}

int cn_ascending(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;

	return x < y ? -1 : x > y;
}

int cn_descending(const void *a, const void *b)
{
	return cn_ascending(b, a);
}

void cn_wipe(void *p, size_t n)
{
	if (p != NULL)
		explicit_bzero(p, n);
}

void cn_buf_release(struct cn_buf *b)
{
	free(b->p);
	*b = (struct cn_buf){ 0 };
}

void cn_buf_wipe(struct cn_buf *b)
{
	cn_wipe(b->p, b->cap);
	cn_buf_release(b);
}

void cn_buf_reserve(struct cn_buf *b, size_t more)
{
	size_t cap = b->cap;
	char *p;

	if (more >= SIZE_MAX / 4)
		alive(NULL);
	if (b->cap > b->len && b->cap - b->len > more)
		return;
	/* The first guess is often right: a mail is copied whole. */
	if (cap == 0)
		cap = more < 64 ? 64 : more + 1;
	while (cap - b->len <= more)
		cap *= 2;
	/* Not realloc: what was here may be personal or a key. */
	p = alive(malloc(cap));
	if (b->len > 0)
		memcpy(p, b->p, b->len);
	cn_wipe(b->p, b->len);
	free(b->p);
	b->p = p;
	b->cap = cap;
	b->p[b->len] = '\0';
}

void cn_buf_add(struct cn_buf *b, const void *p, size_t n)
{
	cn_buf_reserve(b, n);
	if (n > 0)
		memcpy(b->p + b->len, p, n);
	b->len += n;
	b->p[b->len] = '\0';
}

void cn_buf_str(struct cn_buf *b, const char *s)
{
	cn_buf_add(b, s, strlen(s));
}

void cn_buf_ch(struct cn_buf *b, int c)
{
	char ch = (char)c;

	cn_buf_add(b, &ch, 1);
}

void cn_buf_fmt(struct cn_buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	cn_buf_reserve(b, (size_t)n);
	va_start(ap, fmt);
	vsnprintf(b->p + b->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

struct cn_str cn_buf_view(const struct cn_buf *b)
{
	return (struct cn_str){ b->p ? b->p : "", b->len };
}

/* Arena */

struct cn_arena_block {
	struct cn_arena_block *next;
	size_t size, used;
	max_align_t data[];
};

#define BLOCK 1024

void *cn_arena_alloc(struct cn_arena *a, size_t n)
{
	struct cn_arena_block *b = a->head;
	void *p;

	if (n > SIZE_MAX / 4)
		alive(NULL);
	n = (n + 15) & ~(size_t)15;
	if (b == NULL || b->size - b->used < n) {
		size_t size = b ? b->size * 2 : BLOCK;

		if (size > 1 << 20)
			size = 1 << 20;
		if (size < n)
			size = n;
		b = alive(malloc(sizeof(*b) + size));
		b->size = size;
		b->used = 0;
		b->next = a->head;
		a->head = b;
	}
	p = (char *)b->data + b->used;
	b->used += n;
	a->total += n;
	memset(p, 0, n);
	return p;
}

char *cn_arena_dup(struct cn_arena *a, const void *p, size_t n)
{
	char *s = cn_arena_alloc(a, n + 1);

	if (n > 0)
		memcpy(s, p, n);
	return s;
}

char *cn_arena_strdup(struct cn_arena *a, const char *s)
{
	return cn_arena_dup(a, s, strlen(s));
}

char *cn_arena_fmt(struct cn_arena *a, const char *fmt, ...)
{
	va_list ap;
	char *s;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		n = 0;
	s = cn_arena_alloc(a, (size_t)n + 1);
	va_start(ap, fmt);
	vsnprintf(s, (size_t)n + 1, fmt, ap);
	va_end(ap);
	return s;
}

void cn_arena_reset(struct cn_arena *a)
{
	struct cn_arena_block *b = a->head, *next, *keep = NULL;

	for (; b != NULL; b = next) {
		next = b->next;
		cn_wipe(b->data, b->used);
		if (keep == NULL && b->size <= 1 << 20) {
			keep = b;
			keep->next = NULL;
			keep->used = 0;
		} else {
			free(b);
		}
	}
	a->head = keep;
	a->total = 0;
}

void cn_arena_release(struct cn_arena *a)
{
	cn_arena_reset(a);
	free(a->head);
	a->head = NULL;
}
