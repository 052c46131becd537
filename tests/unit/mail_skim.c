/* mail_skim - large mail: read in pieces it is what it is as a whole */
#include <sys/resource.h>
#include <time.h>

#include "../skim.h"
#include "crypt/crypt.h"
#include "tap.h"

static uint32_t seed = 1;

static uint32_t rnd(uint32_t n)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

static size_t some(void *max)
{
	return 1 + rnd(*(uint32_t *)max);
}

static struct cn_buf in;

/* --- mails that are made up, of what matters to a parser --- */

static const char *const words[] = {
	"\n", "\r\n", "\n\n", "\r\n\r\n", "\r", "--", "--b", "--b\n", "\n--b\n",
	"\n--b--\n", "\r\n--b\r\n", "--c\n", "\n--c--\n", "--bc\n", "--b \t\n",
	"--b\n--b\n", "\n--", "\n-", "-", ":", " ", "\t", "x", "=", "==", "= \n",
	"=3D", "=\r\n", "=e", "QUJD", "QQ==", "QUI=\n", "!", "\0", "\xc3\xa9",
	"\xff", "From x\n", ">From x\n", "From: a@example.com\n", "X: y\n",
	": z\n", " folded\n", "Content-Type: multipart/mixed; boundary=b\n",
	"Content-Type: multipart/alternative; boundary=c\n",
	"Content-Type: multipart/digest; boundary=\"b c\"\n", "--b c\n",
	"Content-Type: multipart/mixed; boundary=\"a:b\"\n", "--a:b\n",
	"Content-Type: multipart/mixed\n", "Content-Type: text/html\n",
	"Content-Type: text/plain; charset=utf-8; name=a\n",
	"Content-Type: text/plain; charset=utf-16\n",
	"Content-Type: application/pdf; name=a.pdf\n",
	"Content-Type: message/delivery-status\n",
	"Content-Disposition: attachment; filename=b\n",
	"Content-Transfer-Encoding: base64\n",
	"Content-Transfer-Encoding: quoted-printable\n",
	"Content-Transfer-Encoding: x-uuencode\n",
	"Content-Transfer-Encoding: 8bit\n", "begin 644 a\n", "#0V%T\n",
	"`\nend\n", "some words of a text that go on for a while\n",
	"QmFzZTY0IGxpbmUgYWZ0ZXIgbGluZSBhZnRlciBsaW5lIGFm\n",
};

static void made_up(void)
{
	static const char *const starts[] = {
		"", "Subject: s\n",
		"Content-Type: multipart/mixed; boundary=b\n\n--b\n",
		"Content-Type: multipart/mixed; boundary=b\n\nx\n--b\n"
		"Content-Type: multipart/alternative; boundary=c\n\n--c\n",
		"Content-Type: text/plain; charset=utf-8\n\n",
		"Content-Type: application/pdf; name=a.pdf\n"
		"Content-Transfer-Encoding: base64\n\n",
	};
	uint32_t n = rnd(60);

	in.len = 0;
	cn_buf_str(&in, starts[rnd(6)]);
	while (n-- > 0) {
		const char *w = words[rnd(sizeof(words) / sizeof(*words))];
		size_t len = *w ? strlen(w) : 1;

		for (uint32_t k = rnd(6) ? 1 : 1 + rnd(12); k > 0; k--)
			cn_buf_add(&in, w, len);
	}
}

static void properties(void)
{
	const struct cn_skim_bounds all[] = {
		{ 1 << 20, 1 << 20, 1 << 20, 1 << 20, 1 << 30 },
		{ 40, 60, 20, 8, 1 << 30 }, { 12, 12, 1, 1, 1 << 30 },
	};
	const char *s = NULL;
	uint32_t max, rounds = 40000;

	for (uint32_t i = 0; i < rounds && s == NULL; i++) {
		uint32_t was = seed;

		made_up();
		max = rnd(3) ? 1 + rnd(8) : 1 + rnd(2000);
		s = skim_differs(cn_buf_view(&in), &all[i % 3], some, &max);
		if (s)
			printf("# round %u, seed %u: %s differs\n", i, was, s);
	}
	ok(s == NULL, "40,000 made-up mails in pieces are what they are whole");
}

/* --- a large one --- */

#define MB 60

static struct cn_skim *k;
static struct cn_canon canon;
static uint64_t canonical;
static char piece[3 << 18];
static size_t filled;

static void count_bytes(void *arg, const void *p, size_t n)
{
	(void)p;
	*(uint64_t *)arg += n;
}

static void put(const char *s, size_t n)
{
	for (size_t m; n > 0; s += m, n -= m) {
		m = sizeof(piece) - filled < n ? sizeof(piece) - filled : n;
		memcpy(piece + filled, s, m);
		filled += m;
		if (filled < sizeof(piece))
			continue;
		cn_skim_feed(k, piece, filled);
		cn_canon_feed(&canon, piece, filled);
		filled = 0;
	}
}

static void say(const char *s)
{
	put(s, strlen(s));
}

/* Text beside an attachment of MB MiB that is all zero bytes. */
static void large(void)
{
	static const char zeros[57];
	struct cn_sha *sha = cn_sha_new();
	struct cn_mail m = { 0 };
	struct cn_err err;
	struct rusage u;
	uint8_t digest[CN_SHA];
	char line[80];
	uint64_t size = 0;

	memset(line, 'A', 76);
	memcpy(line + 76, "\r\n", 2);
	k = cn_skim_new(0);
	cn_canon_begin(&canon, count_bytes, &canonical);
	say("Subject: large\r\nContent-Type: multipart/mixed; boundary=b\r\n"
	    "\r\n--b\r\n\r\n");
	for (int i = 0; i < 40000; i++)
		say("a text of more than a mebibyte\r\n");
	say("\r\n--b\r\nContent-Type: image/png; name=zero.png\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n");
	while (size < (uint64_t)MB << 20) {
		put(line, 78);
		cn_sha_add(sha, zeros, 57);
		size += 57;
	}
	say("\r\n--b--\r\n");
	cn_sha_end(sha, digest);
	cn_skim_feed(k, piece, filled);
	cn_canon_feed(&canon, piece, filled);
	cn_canon_end(&canon);
	ok(cn_skim_end(k, &m, &err) == 0 && m.n_parts == 2, "it is read");
	ok(m.parts[1].size == size, "the attachment's size");
	ok(memcmp(m.parts[1].sha256, digest, CN_SHA) == 0, "and hash");
	ok(m.defects == (CN_DEF_CUT | CN_DEF_FROM | CN_DEF_DATE),
	    "its text is cut, and said to be");
	ok(m.text_len > 1000000 && m.text_len < 1 << 20 &&
	    strcmp(m.text + m.text_len - 9, "mebibyte\n") == 0,
	    "at the end of a line");
	ok(canonical > size, "canonical bytes");
	cn_mail_release(&m);
	getrusage(RUSAGE_SELF, &u);
	printf("# %ld KiB at most\n", u.ru_maxrss);
#if !defined(__SANITIZE_ADDRESS__)
	ok(u.ru_maxrss < 24 << 10, "in less than 24 MiB of memory");
#endif
}

int main(void)
{
	large();
	properties();
	cn_buf_release(&in);
	return done();
}
