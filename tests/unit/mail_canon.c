/* mail_canon - the bytes that make a mail's identity do not change, however
 * they come: whole, as released stores have hashed them, or in pieces */
#include <strings.h>

#include "mail/mail.h"
#include "tap.h"

/* --- as it was first written, on the whole mail --- */

static const char *line_end(const char *p, const char *end)
{
	const char *nl = memchr(p, '\n', (size_t)(end - p));

	return nl ? nl + 1 : end;
}

static const char *field_end(const char *p, const char *end)
{
	p = line_end(p, end);
	while (p < end && (*p == ' ' || *p == '\t'))
		p = line_end(p, end);
	return p;
}

static bool named(const char *p, const char *end, const char *name)
{
	size_t n = strlen(name);

	return (size_t)(end - p) > n && strncasecmp(p, name, n) == 0 &&
	    (p[n] == ':' || p[n] == ' ' || p[n] == '\t');
}

/* What a mailbox adds, and no sender. */
static bool local_field(const char *p, const char *end)
{
	return named(p, end, "status") || named(p, end, "x-status") ||
	    named(p, end, "x-keywords") || named(p, end, "content-length");
}

static const char *skip_from_line(struct cn_str raw)
{
	const char *p = raw.p, *end = p + raw.n;

	if (raw.n > 5 && memcmp(p, "From ", 5) == 0)
		p = line_end(p, end);
	return p;
}

/* Feeds p..end with CRLF as LF. */
static void feed(const char *p, const char *end,
    void (*add)(void *, const void *, size_t), void *arg)
{
	const char *q = p;

	while ((q = memchr(q, '\r', (size_t)(end - q)))) {
		if (q + 1 == end || q[1] != '\n') {
			q++;
			continue;
		}
		if (q > p)
			add(arg, p, (size_t)(q - p));
		p = ++q;
	}
	if (end > p)
		add(arg, p, (size_t)(end - p));
}

static void reference(struct cn_str raw,
    void (*add)(void *, const void *, size_t), void *arg)
{
	const char *p = skip_from_line(raw), *end = raw.p + raw.n, *q;

	while (end > p && (end[-1] == '\n' || end[-1] == '\r'))
		end--;
	while (p < end && *p != '\n' && !(*p == '\r' && end - p > 1 &&
	    p[1] == '\n')) {
		q = field_end(p, end);
		if (!local_field(p, end))
			feed(p, q, add, arg);
		p = q;
	}
	feed(p, end, add, arg);
	add(arg, "\n", 1);
}


/* --- the same in pieces --- */

static uint32_t seed = 1;

static uint32_t rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

static void gather(void *arg, const void *p, size_t n)
{
	cn_buf_add(arg, p, n);
}

static const char *const words[] = {
	"\n", "\r\n", "\r", "\r\r\n", "\n\r", " ", "\t", ":", "a", "From ",
	"From x\n", "From", "status", "Status: RO\n", "X-Status", "x-keywords:",
	"X-Keywords : a\r\n b\r\n", "Content-Length: 5\r\n",
	"Content-Lengthy: 5\n", "A: b\n", "body\r\n", "\xff", "Stat"
};

static void random_mail(struct cn_buf *in)
{
	in->len = 0;
	for (uint32_t n = rnd(20); n > 0; n--)
		cn_buf_str(in, words[rnd(sizeof(words) / sizeof(*words))]);
	/* Line ends without end are a run each. */
	for (uint32_t n = rnd(4) ? 0 : rnd(60); n > 0; n--)
		cn_buf_str(in, rnd(2) ? "\n" : "\r\n");
}

static bool same(const struct cn_buf *in)
{
	struct cn_buf want = { 0 }, got = { 0 }, whole = { 0 };
	uint32_t max = 1 + rnd(9);
	struct cn_canon c;
	bool yes;

	reference(cn_buf_view(in), gather, &want);
	cn_mail_canonical(cn_buf_view(in), gather, &whole);
	cn_canon_begin(&c, gather, &got);
	for (size_t at = 0, n; at < in->len; at += n) {
		n = 1 + rnd(max);
		n = n < in->len - at ? n : in->len - at;
		cn_canon_feed(&c, in->p + at, n);
	}
	cn_canon_end(&c);
	yes = got.len == want.len && whole.len == want.len &&
	    memcmp(got.p, want.p, got.len) == 0 &&
	    memcmp(whole.p, want.p, got.len) == 0;
	cn_buf_release(&want);
	cn_buf_release(&got);
	cn_buf_release(&whole);
	return yes;
}

static void count_bytes(void *arg, const void *p, size_t n)
{
	(void)p;
	*(uint64_t *)arg += n;
}

/* 200 MB of line ends, which may be the last ones, in no memory. */
static void line_ends(void)
{
	static char lf[1 << 20];
	uint64_t n = 0;
	struct cn_canon c;

	memset(lf, '\n', sizeof(lf));
	cn_canon_begin(&c, count_bytes, &n);
	cn_canon_feed(&c, "A: b\n\nx", 7);
	for (int i = 0; i < 200; i++)
		cn_canon_feed(&c, lf, sizeof(lf));
	ok(n == 7, "line ends wait");
	cn_canon_feed(&c, "y", 1);
	cn_canon_end(&c);
	ok(n == 7 + 200 * sizeof(lf) + 2, "and come if something follows");
}

/* The one way in which the bound shows. */
static void turns(void)
{
	struct cn_buf in = { 0 }, a = { 0 }, b = { 0 };
	struct cn_canon c;

	cn_buf_str(&in, "A: b\n\nx");
	for (int i = 0; i < 100; i++)
		cn_buf_str(&in, "\r\r\n");
	cn_mail_canonical(cn_buf_view(&in), gather, &a);
	cn_canon_begin(&c, gather, &b);
	for (size_t i = 0; i < in.len; i++)
		cn_canon_feed(&c, in.p + i, 1);
	cn_canon_end(&c);
	ok(a.len > 8 && a.len == b.len && memcmp(a.p, b.p, a.len) == 0,
	    "lone CRs without end: the same however it is cut");
	cn_buf_release(&in);
	cn_buf_release(&a);
	cn_buf_release(&b);
}

int main(void)
{
	struct cn_buf in = { 0 };
	int bad = 0;

	for (int i = 0; i < 100000; i++) {
		random_mail(&in);
		bad += !same(&in);
	}
	ok(bad == 0, "100,000 mails: whole and in pieces as ever");
	line_ends();
	turns();
	cn_buf_release(&in);
	return done();
}
