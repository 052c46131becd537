/* The pure parts of the IMAP session: names of mailboxes, lines of FETCH and
 * VANISHED, and the guard byte by byte. */
#include <stdlib.h>

#include "mail/imap_int.h"
#include "tap.h"

/* --- modified UTF-7 --- */

static void pair(const char *utf8, const char *wire)
{
	struct cn_buf b = { 0 };

	ok(cn_utf7_encode(&b, utf8), utf8);
	is(cn_buf_view(&b).p, wire, "is written so");
	b.len = 0;
	ok(cn_utf7_decode(&b, cn_str(wire)), wire);
	cn_buf_ch(&b, '\0');
	is(cn_buf_view(&b).p, utf8, "and read back");
	cn_buf_release(&b);
}

static void refused(const char *wire, size_t n, const char *what)
{
	struct cn_buf b = { 0 };

	cn_buf_str(&b, "kept");
	ok(!cn_utf7_decode(&b, (struct cn_str){ wire, n }) && b.len == 4,
	    what);
	cn_buf_release(&b);
}

static void names(void)
{
	struct cn_buf b = { 0 };

	pair("INBOX", "INBOX");
	pair("a&b", "a&-b");
	pair("Entwürfe", "Entw&APw-rfe");
	pair("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-");
	pair("score 𝄞", "score &2DTdHg-");
	pair("äöü&", "&AOQA9gD8-&-");
	pair("", "");
	refused("a&b", 3, "no end");
	refused("&", 1, "an ampersand alone");
	refused("&AGE-", 5, "ASCII that needed no shift");
	refused("&AOQ", 4, "a shift without an end");
	refused("&AOR-", 5, "bits that are not zero");
	refused("&AOQA-", 6, "half a unit");
	refused("&2DQ-", 5, "half a pair");
	refused("&3R4-", 5, "the other half");
	refused("&2DTYNA-", 8, "two first halves");
	refused("&AOQ-&AOQ-", 10, "two shifts in a row");
	refused("&A/Q-", 5, "a slash");
	refused("r\xc3\xa9", 3, "bytes above 127");
	refused("a\tb", 3, "a tab");
	refused("&AAo-", 5, "a line feed in the shift");
	refused("&AIU-", 5, "a C1 control");
	refused("a\0b", 3, "a NUL byte");
	ok(!cn_utf7_encode(&b, "a\nb") && !cn_utf7_encode(&b, "a\xff") &&
	    b.len == 0, "what is no name is not written");
	cn_buf_release(&b);
}

/* --- lines --- */

static bool fetch(struct cn_item *it, const char *line)
{
	static struct cn_arena mem;

	return cn_item_fetch(it, &mem, cn_str(line), 0, cn_str(""));
}

static void items(void)
{
	static const char *const bad[] = {
		"* 1 FETCH (UID)\r\n", "* 1 FETCH (UID x)\r\n",
		"* 1 FETCH (UID 1\r\n", "* 1 FETCH UID 1\r\n",
		"* 1 FETCH (FLAGS (a)\r\n", "* 1 FETCH (UID 1) x\r\n",
		"* 1 FETCH (BODY[]<x> NIL)\r\n", "* 1 FETCH (BODY[ 1)\r\n",
		"* 1 FETCH (INTERNALDATE \"x)\r\n", "* 1 FETCH (X (((a))\r\n",
		"* 1 FETCH (BODY[] {9}\r\nabc)\r\n",
	};
	struct cn_item it;

	ok(fetch(&it, "* 12 FETCH (UID 7 RFC822.SIZE 4294967296 FLAGS (\\Seen "
	    "\\Draft $Forwarded \\Odd a]b) INTERNALDATE "
	    "\" 7-Feb-2026 10:20:30 -0130\")\r\n") && it.mail.uid == 7 &&
	    it.mail.size == UINT32_MAX &&
	    it.mail.flags == (CN_IMAP_SEEN | CN_IMAP_DRAFT) &&
	    it.mail.nkeywords == 2 && it.mail.arrived == 1770465030 &&
	    it.got == (CN_GOT_UID | CN_GOT_SIZE | CN_GOT_FLAGS | CN_GOT_DATE),
	    "a line of FETCH");
	is(it.mail.keywords[1], "a]b", "a keyword");
	ok(fetch(&it, "* 1 fetch ( BODY[] \"a\\\"b\\c\"  UID 3 )\n") &&
	    it.mail.uid == 3 && it.mail.body.n == 5 &&
	    memcmp(it.mail.body.p, "a\"b\\c", 5) == 0, "spaces and a string");
	ok(fetch(&it, "* 1 FETCH (BODY[]<70> {3}\r\na)b UID 3)\r\n") &&
	    it.origin == 70 && it.mail.body.n == 3, "a part as a literal");
	ok(fetch(&it, "* 1 FETCH (BODY[] NIL)\r\n") &&
	    it.got == CN_GOT_BODY && !it.mail.body.p, "NIL");
	ok(fetch(&it, "* 1 FETCH (ENVELOPE (\"a\" ((NIL) {1}\r\n))) BODY[TEXT]"
	    "<1> \"x\" BODYSTRUCTURE (a b) MODSEQ (5) UID 9)\r\n") &&
	    it.mail.uid == 9 && it.got == CN_GOT_UID, "the unasked is skipped");
	ok(fetch(&it, "* 1 FETCH (X-GM-LABELS (\\Inbox \"\\\\Sent\" {2}\r\nab "
	    "&AOQ- &bad NIL))\r\n") && it.mail.nkeywords == 4, "labels");
	is(it.mail.keywords[1], "\\Sent", "a label in quotes");
	is(it.mail.keywords[3], "ä", "and one in UTF-7");
	ok(fetch(&it, "* 1 FETCH (INTERNALDATE \"32-Foo-2026 x\")\r\n") &&
	    it.mail.arrived == 0, "a date that is none");
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		ok(!fetch(&it, bad[i]), "ill-formed");
}

static char ranges[100];

static int on_range(void *arg, uint32_t first, uint32_t last)
{
	int *stop_at = arg;

	sprintf(ranges + strlen(ranges), "%u-%u ", first, last);
	return *stop_at && first == (uint32_t)*stop_at;
}

static bool vanished(const char *line, int stop_at, int *rc)
{
	ranges[0] = '\0';
	return cn_item_vanished(cn_str(line), on_range, &stop_at, rc);
}

static void gone(void)
{
	int rc = 0;

	ok(vanished("* VANISHED (EARLIER) 1:3,7,12:10\r\n", 0, &rc), "VANISHED");
	is(ranges, "1-3 7-7 10-12 ", "in ranges");
	ok(vanished("* VANISHED 5\r\n", 0, &rc), "without EARLIER");
	ok(vanished("* VANISHED 1,2,3\r\n", 2, &rc) && rc == 1, "ends early");
	is(ranges, "1-1 2-2 ", "there");
	ok(!vanished("* VANISHED (EARLIER)\r\n", 0, &rc), "nothing");
	ok(!vanished("* VANISHED 1:*\r\n", 0, &rc), "a star");
	ok(!vanished("* VANISHED 1,,2\r\n", 0, &rc), "a gap");
}

static void list(const char *line, int want, int use, const char *name)
{
	static struct cn_arena mem;
	enum cn_imap_use u = CN_IMAP_PLAIN_FOLDER;
	struct cn_str s = { "", 0 };

	ok(cn_item_list(&mem, cn_str(line), &u, &s) == want &&
	    (want < 0 || ((int)u == use && cn_str_eq(s, name))), line);
}

static void folders(void)
{
	list("* LIST () \"/\" a\r\n", 1, CN_IMAP_PLAIN_FOLDER, "a");
	list("* list (\\HasNoChildren \\SENT) NIL \"a \\\"b\"\r\n", 1,
	    CN_IMAP_SENT, "a \"b");
	list("* LIST (\\Junk) \"\\\\\" {3}\r\na\nb\r\n", 1, CN_IMAP_JUNK,
	    "a\nb");
	list("* LIST (\\Noselect) \"/\" top\r\n", 0, CN_IMAP_PLAIN_FOLDER,
	    "top");
	list("* LIST () \"/\"\r\n", -1, 0, "");
	list("* LIST () \"/\" NIL\r\n", -1, 0, "");
	list("* LIST \"/\" a\r\n", -1, 0, "");
}

/* --- the guard --- */

/* What it hands on of this text, in steps of so many bytes. */
static const char *through(unsigned want, const char *text, size_t step)
{
	static char out[8192];
	struct cn_wire w = { 0 };
	struct cn_err err = { 0 };
	size_t n = strlen(text), at = 0, len = 0;

	cn_wire_expect(&w, want);
	while (at < n && len < sizeof(out) - 1) {
		size_t take = step < n - at ? step : n - at;
		int64_t used = cn_wire_feed(&w, text + at, take, &err);

		if (used < 0) {
			snprintf(out, sizeof(out), "%d %s", err.status, err.msg);
			len = strlen(out);
			break;
		}
		at += (size_t)used;
		while (w.ready)
			len += cn_wire_take(&w, out + len,
			    sizeof(out) - 1 - len);
	}
	out[len] = '\0';
	cn_wire_release(&w);
	return out;
}

static void guard(const char *text, unsigned want, const char *passed,
    const char *what)
{
	is(through(want, text, 1), passed, what);
	is(through(want, text, 3), passed, "by three");
	is(through(want, text, 10000), passed, "at once");
}

static void lines(void)
{
	guard("* OK [CAPABILITY a] hello\r\n", CN_WANT_GREETING, "* OK .\r\n",
	    "a greeting without its text");
	guard("5 OK [READ-ONLY] done (((( \"\r\n", 0, "5 OK .\r\n",
	    "a tagged answer");
	guard("5 no [X{3}] x {3}\r\n6 BAD\r\n", 0, "5 NO .\r\n6 BAD .\r\n",
	    "text that ends like a literal");
	guard("+ aGVsbG8=\r\n+\r\n", 0, "+ .\r\n+ .\r\n", "a continuation");
	guard("* 3 EXISTS\r\n* OK [UIDNEXT 4] x\r\n* OK [BADCHARSET (a)] x\r\n"
	    "* OK [UIDVALIDITY x] y\r\n* FLAGS (a)\r\n* 1 RECENT\r\n",
	    CN_WANT_SELECT, "* 3 EXISTS\r\n* OK [UIDNEXT 4] .\r\n",
	    "what SELECT tells");
	guard("* 3 EXISTS\r\n* LIST () \"/\" a\r\n\r\n* X y\r\n", 0, "",
	    "what nobody asked for");
	guard("* STATUS {5}\r\na\r\nb)\r\n", CN_WANT_STATUS,
	    "* STATUS {5}\r\na\r\nb)\r\n", "a literal");
	guard("* STATUS \"a{5}\"\r\n", CN_WANT_STATUS,
	    "* STATUS \"a{5}\"\r\n", "braces in quotes");
	guard("* STATUS \"\\\"{5}\"\r\n", CN_WANT_STATUS,
	    "* STATUS \"\\\"{5}\"\r\n", "behind a quote in quotes");
	guard("* STATUS a{5}b\r\n", CN_WANT_STATUS,
	    "69 the server sends what is no IMAP", "braces elsewhere");
	guard("* STATUS {65537}\r\n", CN_WANT_STATUS,
	    "69 the server announces a huge literal", "a huge string");
	guard("* 1 FETCH (BODY[] {1}\r\na)\r\n", 0,
	    "69 the server sends a mail that nobody asked for", "a mail");
	guard("1OK\r\n", 0, "69 the server sends what is no IMAP", "no tag");
	guard("hello\r\n", CN_WANT_GREETING,
	    "69 the server sends what is no IMAP", "no greeting");
	guard("* BYE\r\n", 0, "75 the server ended the session", "BYE");
	guard("* BYE\r\n1 OK\r\n", CN_WANT_BYE, "1 OK .\r\n", "BYE, asked for");
}

static int count_range(void *arg, uint32_t first, uint32_t last)
{
	*(uint64_t *)arg += last - first + 1;
	return 0;
}

/* A line of so many bytes: is it refused? */
static bool long_line(const char *begin, const char *more, size_t n,
    uint64_t *sum)
{
	struct cn_wire w = { 0 };
	struct cn_buf b = { 0 };
	struct cn_err err = { 0 };
	int64_t used = 0;

	cn_buf_str(&b, begin);
	while (b.len < n)
		cn_buf_str(&b, more);
	cn_buf_str(&b, "1\r\n");
	cn_wire_expect(&w, 0);
	w.gone = count_range;
	w.arg = sum;
	for (size_t at = 0; used >= 0 && at < b.len; at += 1000)
		used = cn_wire_feed(&w, b.p + at,
		    b.len - at < 1000 ? b.len - at : 1000, &err);
	cn_wire_release(&w);
	cn_buf_release(&b);
	return used < 0;
}

static void long_lines(void)
{
	uint64_t sum = 0;

	ok(!long_line("* FLAGS (", "flag ", 1000000, &sum), "a long line");
	ok(long_line("* FLAGS (", "flag ", 1100000, &sum), "a longer one");
	ok(!long_line("* VANISHED (EARLIER) ", "2:5,", 8000000, &sum) &&
	    sum > 7900000, "of what is gone, even that");
	ok(long_line("* VANISHED (EARLIER) ", "2:5,", 9000000, &sum),
	    "but not without an end");
}

int main(void)
{
	names();
	items();
	gone();
	folders();
	lines();
	long_lines();
	return done();
}
