/* mail - everything that reads mail, on what the fuzzer makes
 *
 * clang -fsanitize=fuzzer,address,undefined; the first byte chooses. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "../skim.h"
#include "mail/mail.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void must(bool yes)
{
	if (!yes)
		abort();
}

static void nothing(void *arg, const void *p, size_t n)
{
	(void)p;
	*(size_t *)arg += n;
}

static void whole(const char *p, size_t n)
{
	struct cn_mail m = { 0 };
	struct cn_draft d = { .from = { "D", "d@example.com" },
	    .message_id = "m@example.com" };
	const struct cn_str *mark;
	struct cn_text_span *v;
	struct cn_buf b = { 0 };
	struct cn_err err;
	const char *why;
	size_t k, sum = 0;

	if (cn_mail_parse(&m, p, n, 0, &err) == 0) {
		must(cn_utf8_valid(m.text, m.text_len));
		must(cn_utf8_valid(m.subject, strlen(m.subject)));
		must(strlen(m.text) == m.text_len);
		for (size_t i = 0; i < m.from.n; i++)
			must(cn_utf8_valid(m.from.v[i].name,
			    strlen(m.from.v[i].name)) &&
			    cn_utf8_valid(m.from.v[i].addr,
			    strlen(m.from.v[i].addr)));
		v = cn_text_split(&m.mem, (struct cn_str){ m.text,
		    m.text_len }, &k);
		for (size_t i = 0; i < k; i++)
			sum += v[i].text.n;
		must(sum == m.text_len);
		mark = cn_mail_marks(&m, &k, &m.mem);
		must(k <= CN_MAIL_MARKS);
		for (size_t i = 0; i < k; i++)
			must(memchr(mark[i].p, '\0', mark[i].n) == NULL);
		cn_text_own(&b, (struct cn_str){ m.text, m.text_len });
		cn_mail_automatic(&m, &why);
		cn_mail_bounce(&m);
		cn_mail_reply(&d, &m);
		d.text = m.text;
		b.len = 0;
		if (cn_mail_build(&b, &d, &err) == 0)
			must(memmem(b.p, b.len, "Message-ID: <m@", 15) != NULL);
	}
	b.len = 0;
	cn_mail_mark(&b, (struct cn_str){ p, n }, CN_STR("X-CN-A: b\n"));
	cn_mail_canonical(cn_buf_view(&b), nothing, &sum);
	cn_buf_release(&b);
	cn_mail_release(&m);
}

static void box(const char *p, size_t n, size_t step)
{
	struct cn_mbox *b = cn_mbox_new(200);
	struct cn_mbox_item it;
	uint64_t last = 0;

	for (size_t at = 0; at < n || step == 0; at += step) {
		step = step ? step : 1;
		cn_mbox_feed(b, p + at, n - at < step ? n - at : step);
		while (cn_mbox_take(b, &it)) {
			must(it.index == ++last && it.mail.n <= 200);
			must(it.offset + it.size <= n);
		}
	}
	cn_mbox_end(b);
	while (cn_mbox_take(b, &it))
		must(it.index == ++last);
	cn_mbox_free(b);
}

static void gather(void *arg, const void *p, size_t n)
{
	cn_buf_add(arg, p, n);
}

static size_t piece(void *seed)
{
	uint32_t *s = seed;

	*s = *s * 1103515245 + 12345;
	return *s >> 16 & (*s & 32 ? 7 : 255);
}

static void pieces(const char *p, size_t n, uint32_t seed)
{
	static const struct cn_skim_bounds little = { 64, 80, 20, 8, 1 << 30 };
	struct cn_buf a = { 0 }, b = { 0 };
	struct cn_canon c;

	must(!skim_differs((struct cn_str){ p, n }, &little, piece, &seed));
	cn_mail_canonical((struct cn_str){ p, n }, gather, &a);
	cn_canon_begin(&c, gather, &b);
	for (size_t at = 0, k; at < n; at += k) {
		k = 1 + piece(&seed);
		k = k < n - at ? k : n - at;
		cn_canon_feed(&c, p + at, k);
	}
	cn_canon_end(&c);
	must(a.len == b.len && memcmp(a.p, b.p, a.len) == 0);
	cn_buf_release(&a);
	cn_buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const char *p = (const char *)data + 1;
	struct cn_buf b = { 0 };
	int64_t t;

	if (n < 2)
		return 0;
	n--;
	switch (data[0] % 8) {
	case 0:
		cn_html_text(&b, (struct cn_str){ p, n });
		break;
	case 1:
		box(p, n, data[0] / 8);
		break;
	case 2:
		cn_mail_date((struct cn_str){ p, n }, &t);
		cn_charset_utf8(&b, "utf-16", (struct cn_str){ p, n });
		cn_charset_utf8(&b, "iso-2022-jp", (struct cn_str){ p, n });
		must(cn_utf8_valid(b.p, b.len));
		break;
	case 3:
	case 4:
		pieces(p, n, data[0]);
		break;
	default:
		whole(p, n);
	}
	cn_buf_release(&b);
	return 0;
}
