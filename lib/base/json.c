#include "base/json.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"

/* Checking: an iterative scanner; the stack is one bit a level. */

struct scan {
	const char *start, *p, *end;
	struct cn_err *err;
};

static int bad(struct scan *s, const char *what)
{
	return cn_fail(s->err, CN_USAGE, "not JSON: %s at byte %zu", what,
	    (size_t)(s->p - s->start) + 1);
}

static const char *skip(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

static bool hex4(const char *p, const char *end)
{
	int i;

	if (end - p < 4)
		return false;
	for (i = 0; i < 4; i++) {
		if (!((p[i] >= '0' && p[i] <= '9') ||
		    (p[i] >= 'a' && p[i] <= 'f') ||
		    (p[i] >= 'A' && p[i] <= 'F')))
			return false;
	}
	return true;
}

/* At the opening quote; leaves p behind the closing one. */
static int string(struct scan *s)
{
	for (s->p++; s->p < s->end; s->p++) {
		unsigned char c = (unsigned char)*s->p;

		if (c == '"') {
			s->p++;
			return 0;
		}
		if (c < 0x20)
			return bad(s, "control character in a string");
		if (c != '\\')
			continue;
		if (++s->p == s->end)
			break;
		if (*s->p == 'u') {
			if (!hex4(s->p + 1, s->end))
				return bad(s, "bad \\u escape");
			s->p += 4;
		} else if (strchr("\"\\/bfnrt", *s->p) == NULL ||
		    *s->p == '\0') {
			return bad(s, "bad escape");
		}
	}
	return bad(s, "unfinished string");
}

static bool digit(const struct scan *s)
{
	return s->p < s->end && *s->p >= '0' && *s->p <= '9';
}

static int number(struct scan *s)
{
	if (*s->p == '-')
		s->p++;
	if (!digit(s))
		return bad(s, "bad number");
	if (*s->p == '0')
		s->p++;
	else
		while (digit(s))
			s->p++;
	if (s->p < s->end && *s->p == '.') {
		s->p++;
		if (!digit(s))
			return bad(s, "bad number");
		while (digit(s))
			s->p++;
	}
	if (s->p < s->end && (*s->p == 'e' || *s->p == 'E')) {
		s->p++;
		if (s->p < s->end && (*s->p == '+' || *s->p == '-'))
			s->p++;
		if (!digit(s))
			return bad(s, "bad number");
		while (digit(s))
			s->p++;
	}
	return 0;
}

static int word(struct scan *s)
{
	static const char *const words[] = { "true", "false", "null" };
	size_t i, n;

	for (i = 0; i < 3; i++) {
		n = strlen(words[i]);
		if ((size_t)(s->end - s->p) >= n &&
		    memcmp(s->p, words[i], n) == 0) {
			s->p += n;
			return 0;
		}
	}
	return bad(s, s->p == s->end ? "unexpected end" : "unexpected byte");
}

static int scalar(struct scan *s)
{
	if (*s->p == '"')
		return string(s);
	if (*s->p == '-' || (*s->p >= '0' && *s->p <= '9'))
		return number(s);
	return word(s);
}

static int key(struct scan *s)
{
	s->p = skip(s->p, s->end);
	if (s->p == s->end || *s->p != '"')
		return bad(s, "member name expected");
	if (string(s) < 0)
		return -1;
	s->p = skip(s->p, s->end);
	if (s->p == s->end || *s->p != ':')
		return bad(s, "':' expected");
	s->p = skip(s->p + 1, s->end);
	return 0;
}

static int values(struct scan *s)
{
	bool object[CN_JSON_DEPTH];
	int depth = 0;

	for (;;) {
		/* a value starts here */
		s->p = skip(s->p, s->end);
		if (s->p == s->end)
			return bad(s, "unexpected end");
		if (*s->p == '{' || *s->p == '[') {
			if (depth == CN_JSON_DEPTH)
				return bad(s, "too deep");
			object[depth++] = *s->p == '{';
			s->p = skip(s->p + 1, s->end);
			if (s->p < s->end &&
			    *s->p == (object[depth - 1] ? '}' : ']')) {
				s->p++;
				depth--;
			} else {
				if (object[depth - 1] && key(s) < 0)
					return -1;
				continue;
			}
		} else if (scalar(s) < 0) {
			return -1;
		}
		/* a value ended here */
		for (;;) {
			if (depth == 0)
				return 0;
			s->p = skip(s->p, s->end);
			if (s->p == s->end)
				return bad(s, "unexpected end");
			if (*s->p == ',') {
				s->p++;
				if (object[depth - 1] && key(s) < 0)
					return -1;
				break;
			}
			if (*s->p != (object[depth - 1] ? '}' : ']'))
				return bad(s, "',' or end expected");
			s->p++;
			depth--;
		}
	}
}

int cn_json_check_at(struct cn_str t, size_t *at, struct cn_err *err)
{
	struct scan s = { t.p, t.p, t.p + t.n, err };
	size_t n;
	uint32_t c;
	int r;

	if (!cn_utf8_valid(t.p, t.n)) {
		for (*at = 0; (n = cn_utf8_get(t.p + *at, t.n - *at, &c)) > 0;)
			*at += n;
		return cn_fail(err, CN_USAGE, "not valid UTF-8");
	}
	r = values(&s);
	if (r == 0 && (s.p = skip(s.p, s.end)) != s.end)
		r = bad(&s, "something behind the value");
	*at = (size_t)(s.p - s.start);
	return r;
}

int cn_json_check(struct cn_str t, struct cn_err *err)
{
	size_t at;

	return cn_json_check_at(t, &at, err);
}

enum cn_json_type cn_json_type(struct cn_str v)
{
	if (v.n == 0)
		return CN_JSON_BAD;
	switch (v.p[0]) {
	case '{': return CN_JSON_OBJECT;
	case '[': return CN_JSON_ARRAY;
	case '"': return CN_JSON_STRING;
	case 't': case 'f': return CN_JSON_BOOL;
	case 'n': return CN_JSON_NULL;
	default: return CN_JSON_NUMBER;
	}
}

/* Walking: the text is known to be well formed. */

static const char *string_end(const char *p)
{
	for (p++; *p != '"'; p++) {
		if (*p == '\\')
			p++;
	}
	return p + 1;
}

static const char *value_end(const char *p, const char *end)
{
	int depth = 0;

	if (*p == '"')
		return string_end(p);
	if (*p != '{' && *p != '[') {
		while (p < end && strchr(",]} \t\r\n", *p) == NULL)
			p++;
		return p;
	}
	do {
		if (*p == '"') {
			p = string_end(p);
			continue;
		}
		if (*p == '{' || *p == '[')
			depth++;
		else if (*p == '}' || *p == ']')
			depth--;
		p++;
	} while (depth > 0);
	return p;
}

void cn_json_walk(struct cn_json_it *it, struct cn_str v)
{
	*it = (struct cn_json_it){ 0 };
	if (v.n < 2 || (v.p[0] != '{' && v.p[0] != '['))
		return;
	it->p = v.p + 1;
	it->end = v.p + v.n;
	it->key.n = v.p[0] == '{';	/* remembers the kind until the first */
}

bool cn_json_next(struct cn_json_it *it)
{
	bool object = it->key.n > 0 || it->key.p != NULL;
	const char *p = it->p, *e;

	if (p == NULL)
		return false;
	p = skip(p, it->end);
	if (p < it->end && *p == ',')
		p = skip(p + 1, it->end);
	if (p >= it->end || *p == '}' || *p == ']') {
		it->p = NULL;
		return false;
	}
	it->member = p;
	if (object) {
		e = string_end(p);
		it->key = (struct cn_str){ p + 1, (size_t)(e - p) - 2 };
		p = skip(e, it->end);
		p = skip(p + 1, it->end);
	}
	e = value_end(p, it->end);
	it->val = (struct cn_str){ p, (size_t)(e - p) };
	it->p = e;
	return true;
}

struct cn_str cn_json_get(struct cn_str object, const char *name)
{
	struct cn_json_it it;

	cn_json_walk(&it, object);
	if (cn_json_type(object) == CN_JSON_OBJECT)
		while (cn_json_next(&it))
			if (cn_json_key_is(it.key, name))
				return it.val;
	return (struct cn_str){ "", 0 };
}

static uint32_t unhex4(const char *p)
{
	uint32_t v = 0;
	int i;

	for (i = 0; i < 4; i++) {
		char c = p[i];

		v = v << 4 | (uint32_t)(c <= '9' ? c - '0' :
		    (c | 32) - 'a' + 10);
	}
	return v;
}

/* Unescapes the inside of a string. */
static void unescape(struct cn_buf *b, struct cn_str s)
{
	static const char from[] = "bfnrt", to[] = "\b\f\n\r\t";
	size_t i, run;
	const char *w;
	uint32_t c, d;

	for (i = 0; i < s.n;) {
		const char *esc = memchr(s.p + i, '\\', s.n - i);

		run = esc ? (size_t)(esc - s.p) - i : s.n - i;
		cn_buf_add(b, s.p + i, run);
		i += run;
		if (i >= s.n)
			return;
		if (s.p[i + 1] != 'u') {
			w = strchr(from, s.p[i + 1]);
			cn_buf_ch(b, w ? to[w - from] : s.p[i + 1]);
			i += 2;
			continue;
		}
		c = unhex4(s.p + i + 2);
		i += 6;
		if (c >= 0xd800 && c < 0xdc00 && i + 6 <= s.n &&
		    s.p[i] == '\\' && s.p[i + 1] == 'u' &&
		    (d = unhex4(s.p + i + 2)) >= 0xdc00 && d < 0xe000) {
			c = 0x10000 + ((c - 0xd800) << 10) + (d - 0xdc00);
			i += 6;
		}
		cn_utf8_put(b, c == 0 ? 0xfffd : c);
	}
}

char *cn_json_string(struct cn_arena *a, struct cn_str v)
{
	struct cn_buf b = { 0 };
	char *s;

	if (cn_json_type(v) != CN_JSON_STRING)
		return NULL;
	v = (struct cn_str){ v.p + 1, v.n - 2 };
	if (memchr(v.p, '\\', v.n) == NULL)
		return cn_arena_dup(a, v.p, v.n);
	unescape(&b, v);
	s = cn_arena_dup(a, b.p, b.len);
	cn_buf_wipe(&b);
	return s;
}

bool cn_json_key_is(struct cn_str k, const char *name)
{
	struct cn_buf b = { 0 };
	bool same;

	if (memchr(k.p, '\\', k.n) == NULL)
		return cn_str_eq(k, name);
	unescape(&b, k);
	same = cn_str_eq(cn_buf_view(&b), name);
	cn_buf_release(&b);
	return same;
}

bool cn_json_int(struct cn_str v, int64_t *out)
{
	char tmp[24], *end;
	int64_t n;

	if (cn_json_type(v) == CN_JSON_STRING)
		v = (struct cn_str){ v.p + 1, v.n - 2 };
	if (v.n == 0 || v.n >= sizeof(tmp) ||
	    (v.p[0] != '-' && (v.p[0] < '0' || v.p[0] > '9')))
		return false;
	memcpy(tmp, v.p, v.n);
	tmp[v.n] = '\0';
	errno = 0;
	n = strtoll(tmp, &end, 10);
	if (errno != 0 || *end != '\0' || end == tmp)
		return false;
	*out = n;
	return true;
}

bool cn_json_double(struct cn_str v, double *out)
{
	char tmp[64];

	if (cn_json_type(v) != CN_JSON_NUMBER || v.n >= sizeof(tmp))
		return false;
	memcpy(tmp, v.p, v.n);
	tmp[v.n] = '\0';
	*out = strtod(tmp, NULL);
	return true;
}

bool cn_json_true(struct cn_str v)
{
	return cn_str_eq(v, "true");
}

/* Writing */

/* How many bytes at p need no escape; valid UTF-8 is not looked at here. */
static size_t plain(const char *p, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c < 0x20 || c == '"' || c == '\\' || c >= 0x7f)
			break;
	}
	return i;
}

void cn_json_put(struct cn_buf *b, const char *p, size_t n)
{
	static const char from[] = "\b\f\n\r\t\"\\", to[] = "bfnrt\"\\";
	size_t i = 0, len;
	const char *w;
	uint32_t c;

	cn_buf_reserve(b, n + 2);
	cn_buf_ch(b, '"');
	while (i < n) {
		len = plain(p + i, n - i);
		cn_buf_add(b, p + i, len);
		i += len;
		if (i == n)
			break;
		len = cn_utf8_get(p + i, n - i, &c);
		if (len == 0) {
			cn_buf_str(b, "\xef\xbf\xbd");
			i++;
			continue;
		}
		if (c >= 0x80 && c != 0x2028 && c != 0x2029)
			cn_buf_add(b, p + i, len);
		else if (c != 0 && c < 0x80 && (w = strchr(from, (int)c)))
			cn_buf_fmt(b, "\\%c", to[w - from]);
		else
			cn_buf_fmt(b, "\\u%04x", c);
		i += len;
	}
	cn_buf_ch(b, '"');
}

void cn_json_puts(struct cn_buf *b, const char *s)
{
	if (s == NULL)
		cn_buf_str(b, "null");
	else
		cn_json_put(b, s, strlen(s));
}

void cn_json_key(struct cn_buf *b, const char *name)
{
	if (b->len > 0 && strchr("{[:", b->p[b->len - 1]) == NULL)
		cn_buf_ch(b, ',');
	cn_json_puts(b, name);
	cn_buf_ch(b, ':');
}

void cn_json_kv(struct cn_buf *b, const char *name, const char *val)
{
	cn_json_key(b, name);
	cn_json_puts(b, val);
}

void cn_json_kvi(struct cn_buf *b, const char *name, int64_t v)
{
	cn_json_key(b, name);
	cn_buf_fmt(b, "%lld", (long long)v);
}

void cn_json_kvf(struct cn_buf *b, const char *name, double v, int digits)
{
	char tmp[352];
	char *e;

	cn_json_key(b, name);
	if (!isfinite(v)) {
		cn_buf_str(b, "null");
		return;
	}
	snprintf(tmp, sizeof(tmp), "%.*f", digits, v);
	e = tmp + strlen(tmp);
	if (strchr(tmp, '.') != NULL) {
		while (e[-1] == '0')
			*--e = '\0';
		if (e[-1] == '.')
			*--e = '\0';
	}
	cn_buf_str(b, strcmp(tmp, "-0") == 0 ? "0" : tmp);
}

void cn_json_kvb(struct cn_buf *b, const char *name, bool v)
{
	cn_json_key(b, name);
	cn_buf_str(b, v ? "true" : "false");
}
