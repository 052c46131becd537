/* mail_hostile - mails that were made to hurt, each bounded in time and
 * memory; they are made here, so that nothing large is in the repository */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "../skim.h"
#include "tap.h"

/* Seconds of CPU for one mail; sanitizers take up to ten times as long. */
#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1		/* as gcc has it */
#endif
#endif
#if defined(__SANITIZE_ADDRESS__)
#define LIMIT 5.0
#define MEMORY_KB (2000 * 1024)
#else
#define LIMIT 0.5
#define MEMORY_KB (400 * 1024)
#endif

static struct cn_buf in;

static void times(int n, const char *s)
{
	size_t k = strlen(s);

	for (int i = 0; i < n; i++)
		cn_buf_add(&in, s, k);
}

static void start(const char *s)
{
	in.len = 0;
	cn_buf_str(&in, "From: a@example.com\nDate: Mon, 23 Nov 2026 15:30:19"
	    " +0000\n");
	cn_buf_str(&in, s);
}

static size_t piece(void *n)
{
	return *(size_t *)n;
}

/* The same in pieces: no worse, and nothing else. */
static bool skims(double limit)
{
	size_t n = 70001;
	clock_t t = clock();
	struct cn_mail m = { 0 };
	const char *s = skim_differs(cn_buf_view(&in), NULL, piece, &n);
	double spent = (double)(clock() - t) / CLOCKS_PER_SEC;
	bool good;

	if (skim(&m, cn_buf_view(&in), NULL, piece, &n) < 0)
		return false;
	good = !s && spent < 2 * limit && m.kept.len < 6 << 20;
	if (!good)
		printf("# skimmed: %s differs, %.2f s, %zu bytes kept\n",
		    s ? s : "nothing", spent, m.kept.len);
	cn_mail_release(&m);
	return good;
}

/* Parses, and splits and judges as the commands do. */
static void run(const char *what, unsigned want)
{
	struct cn_mail m = { 0 };
	struct cn_arena a = { 0 };
	struct cn_err err;
	size_t n;
	clock_t t = clock();
	double s;
	bool good;

	good = cn_mail_parse(&m, in.p, in.len, 0, &err) == 0;
	if (good) {
		cn_text_split(&a, (struct cn_str){ m.text, m.text_len }, &n);
		cn_mail_automatic(&m, NULL);
		cn_mail_bounce(&m);
	}
	s = (double)(clock() - t) / CLOCKS_PER_SEC;
	if (!good || (m.defects & want) != want || s > LIMIT ||
	    m.mem.total > 4 * in.len + (8u << 20)) {
		unsigned bit = 0;
		const char *d;

		printf("# %.2f s, %zu bytes in, %zu in the arena", s, in.len,
		    m.mem.total);
		while ((d = cn_mail_defect(m.defects, &bit)))
			printf(", %s", d);
		printf("\n");
		good = false;
	}
	cn_mail_release(&m);
	cn_arena_release(&a);
	ok(good && skims(LIMIT), what);
}

static void parts(void)
{
	start("");
	for (int i = 0; i < 100000; i++)
		cn_buf_fmt(&in, "Content-Type: multipart/mixed; boundary=b%d\n"
		    "\n--b%d\n", i, i);
	run("100,000 nested parts", CN_DEF_DEPTH | CN_DEF_UNCLOSED);
	start("");
	for (int i = 0; i < 20000; i++)
		cn_buf_fmt(&in, "Content-Type: multipart/mixed; boundary=%0*d\n"
		    "\n--%0*d\n", 60, i, 60, i);
	run("20,000 nested parts, like boundaries", CN_DEF_DEPTH);
	start("Content-Type: multipart/mixed; boundary=b\n\n");
	times(100000, "--b\n\nx\n");
	run("100,000 parts", CN_DEF_PARTS);
	start("Content-Type: multipart/mixed; boundary=b\n\n");
	times(100000, "--b\nContent-Type: multipart/mixed; boundary=c\n\n");
	run("100,000 empty multiparts", CN_DEF_UNCLOSED);
	start("Content-Type: multipart/mixed; boundary=b\n\n");
	times(999, "--b\nContent-Type: text/plain; name*0=a; charset*0=b; "
	    "format*0=c\n\nx\n");
	run("999 parts with continuations", 0);
	start("");
	times(100000, "Content-Type: message/rfc822\n\n");
	run("100,000 nested messages", 0);
	start("Content-Type: multipart/mixed; boundary=\"\\\"\"\n\n"
	    "--\"\n\nx\n--\"--\n");
	run("boundary=\"\\\"\"", 0);
	start("Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\nx\n----");
	run("an empty boundary", CN_DEF_BOUNDARY);
	start("Content-Type: multipart/mixed; boundary=\"");
	times(10000, "b");
	cn_buf_str(&in, "\"\n\n");
	for (int i = 0; i < 300; i++) {
		cn_buf_str(&in, "--");
		times(9999, "b");
		cn_buf_str(&in, "\n");
	}
	run("a boundary of 10,000 characters", CN_DEF_BOUNDARY);
	start("Content-Type: multipart/mixed; boundary=-\n\n");
	times(2000000, "--");
	run("a line of dashes", CN_DEF_BOUNDARY);
	start("Content-Type: multipart/mixed; boundary=b\n\n--b");
	times(2000000, " ");
	cn_buf_str(&in, "\n\nx\n--b--\n");
	run("a boundary line of 2 MB", CN_DEF_BOUNDARY);
	start("Content-Type: multipart/mixed; boundary=b\n\n");
	for (int i = 0; i < 600; i++) {
		cn_buf_str(&in, "--b\nContent-Type: text/plain; x=");
		times(1200, "0123456789");
		cn_buf_str(&in, "\n\nx\n");
	}
	run("600 part headers of 12 KB", CN_DEF_UNCLOSED);
}

static void headers(void)
{
	start("");
	times(100000, "X-A: b\n");
	run("100,000 headers", CN_DEF_FIELDS);
	start("");
	times(30000, "To: a@example.com\n");
	run("30,000 To fields", CN_DEF_FIELDS);
	start("To: a@example.com");
	times(50000, ",\n b@example.com");
	run("50,000 recipients", CN_DEF_ADDRS);
	start("To: ");
	times(1000000, "(");
	run("a million comments", 0);
	start("Content-Type: ");
	times(1000000, "(");
	run("a million comments in a type", 0);
	start("Content-Type: text/plain");
	times(50000, "; charset=(");
	run("50,000 parameters with comments", 0);
	start("Subject:");
	times(80000, " =?utf-8?q?a");
	run("endless encoded words", CN_DEF_WORD);
	start("Subject:");
	times(20000, " =?utf-8?b?w4k=?=");
	run("20,000 encoded words", CN_DEF_FIELD_SIZE);
	start("To: ");
	times(100000, "\"a ");
	run("unterminated quotes", 0);
	start("To: ");
	times(100000, "<\"a");
	run("unterminated brackets", 0);
	start("To: ");
	times(100000, "a:");
	run("100,000 groups", 0);
	start("References:");
	times(60000, " <a@example.com>");
	run("60,000 references", CN_DEF_REFS);
	start("Subject: a");
	cn_buf_add(&in, "\0\0\xff\xfe", 4);
	cn_buf_add(&in, "\n\na\0b", 5);
	run("NUL and 8-bit bytes", CN_DEF_NUL | CN_DEF_8BIT);
	start("Content-Disposition: attachment");
	for (int i = 0; i < 5000; i++)
		cn_buf_fmt(&in, ";\n filename*%d*=%%41", i);
	cn_buf_str(&in, "\n\nx");
	run("5,000 continuations", CN_DEF_PARAM);
	start("X: ");
	times(3000000, "y");
	run("a header of 3 MB", CN_DEF_HEADER_SIZE | CN_DEF_FIELD_SIZE);
	start("X: ");
	times(300000, "y\n y");
	cn_buf_str(&in, "\nSubject: late\n: nameless\nFrom x\n\nbody\n");
	run("one of 300,000 lines, and more behind", CN_DEF_HEADER_SIZE);
	start("");
	times(2000000, "y");
	run("a line of 2 MB in the header", CN_DEF_NO_SEPARATOR);
	start("");
	times(2000000, "y");
	cn_buf_str(&in, ": z\n\nbody");
	run("a field's name of 2 MB", CN_DEF_NO_SEPARATOR);
}

static void bodies(void)
{
	start("Content-Transfer-Encoding: base64\n\n");
	times(1000000, "\x01=!a");
	run("base64 junk", CN_DEF_BASE64);
	start("Content-Transfer-Encoding: quoted-printable\n\n");
	times(1000000, "=G= ");
	run("quoted-printable junk", CN_DEF_QP);
	start("Content-Type: a/b\nContent-Transfer-Encoding: "
	    "quoted-printable\n\nx=");
	times(900000, "\t ");
	cn_buf_str(&in, "\nx=");
	times(100, "\t ");
	cn_buf_str(&in, "\n");
	run("white space behind a =", CN_DEF_QP);
	start("\n");
	times(10000000, "x");
	run("a line of 10 MB", 0);
	start("Content-Type: text/html\n\n");
	times(1000000, "<div><ul>\n");
	run("a million lines of nested tags", 0);
	start("Content-Type: text/html\n\n");
	times(300000, "<blockquote><li>x<a href=\"");
	run("quotes and links without end", 0);
	start("Content-Type: text/html\n\n");
	times(300000, "<!--<script>&#");
	run("comments without end", 0);
	start("Content-Type: text/html\n\n");
	times(500000, "<a x='<b y=\"");
	run("attributes without end", 0);
	start("Content-Type: text/html\n\n");
	times(500000, "<a href=http://x>");
	run("500,000 links", 0);
	start("Content-Type: text/plain; format=flowed\n\n");
	times(2000000, "> ");
	times(500000, ">>> a \n");
	run("flowed quotes", 0);
	start("Content-Type: text/plain; charset=utf-16\n\n");
	times(500000, "\xd8\xd8");
	run("broken UTF-16", CN_DEF_TEXT);
	start("Content-Type: text/plain; charset=iso-2022-jp\n\n");
	times(500000, "\xff\x1b$");
	run("broken ISO 2022", CN_DEF_TEXT);
	start("\n");
	times(300000, "On a@example.com\n");
	times(300000, "From:\nx\n");
	run("attributions without end", 0);
	start("\n");
	times(1000000, "From:\n");
	run("header blocks without end", 0);
	start("Content-Type: message/delivery-status\n\n");
	times(300000, "Final-Recipient: x;\n\n:\n");
	run("delivery reports without end", 0);
}

int main(void)
{
	struct rusage u;

	parts();
	headers();
	bodies();
	cn_buf_release(&in);
	getrusage(RUSAGE_SELF, &u);
	printf("# %ld MB at most\n", u.ru_maxrss / 1024);
	ok(u.ru_maxrss < MEMORY_KB, "memory is bounded");
	return done();
}
