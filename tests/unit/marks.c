/* marks - what a mail shows besides its words, and no person in it */
#include <stdio.h>
#include <string.h>

#include "mail/mail.h"
#include "tap.h"

static const char mail[] =
    "Received: from x.test (out.offers.example.com [192.0.2.9])\r\n"
    "\tby mx.shop.example with SMTP id 4E; Mon, 23 Nov 2026\r\n"
    "Received: from relay.bulk.example.net (unknown [192.0.2.7])\r\n"
    "\tby mx.shop.example (Postfix) with SMTP id 4F; Mon, 23 Nov 2026\r\n"
    "Received: from fredspc (HELO gracehost) (authenticated as Heidi Klein,\r\n"
    "\tuser ivan.judy) (envelope-from <kevin>) (ident=laura)\r\n"
    "\tby out.example.net (MegaSend) for <mallory-example@x.test>;\r\n"
    "\tMon, 23 Nov 2026 15:00:09 +0800\r\n"
    "Return-Path: <bounce-4711@bulk.example.net>\r\n"
    "From: alice.private99@offers.example.com\r\n"
    "Reply-To: \"Bob Secret\" <bob.secret@elsewhere.example.org>\r\n"
    "To: carol.hidden@shop.example\r\n"
    "Subject: WIN BIG MONEY NOW!\r\n"
    "Date: Mon, 23 Nov 2026 15:00:00 +0800\r\n"
    "Message-ID: <aB12.99@mailer.offers.example.com>\r\n"
    "X-Mailer: MegaMail 3.2 (b17)\r\n"
    "X-Sender: dave.unseen@example.com\r\n"
    "Precedence: bulk\r\n"
    "Content-Type: text/html; charset=us-ascii\r\n"
    "\r\n"
    "<html><body bgcolor=\"#ff0000\"><font size=+2 color=\"#00ff00\">x</font>"
    "<a href=\"http://win.example.net/erin.browne?remove\">y</a>"
    "<img width=1></body></html>\r\n";

static const char signed_mail[] =
    "From: \"Alice Private\" <alice@offers.example.com>\r\n"
    "To: carol@shop.example\r\n"
    "X-Mailer: MegaMail 3.2\r\n"
    "Content-Type: multipart/mixed; boundary=\"--aB12\"\r\n"
    "\r\n"
    "----aB12\r\n\r\n"
    "Dear CAROL, you are known here as Carol@shop.example.\r\nAlice\r\n"
    "----aB12--\r\n";

static const char leading[] =
    "Content-Type: multipart/mixed; boundary=\"--aB12\"\r\n"
    "\r\n"
    "----aB12\r\n\r\n"
    "See http://a.first.test/ and http://b.second.test/.\r\n"
    "----aB12\r\nContent-Disposition: attachment; filename=a.txt\r\n\r\n"
    "http://c.third.test/\r\n"
    "----aB12\r\nContent-Type: text/html\r\n\r\n"
    "<a href=\"http://d.fourth.test/\">x</a>\r\n"
    "----aB12--\r\n";

static struct cn_arena mem;
static const struct cn_str *v;
static size_t n;

static bool has(const char *want)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (cn_str_eq(v[i], want))
			return true;
	printf("# no %s\n", want);
	return false;
}

int main(void)
{
	static const char *const wants[] = { "h:x-mailer", "by:megamail",
	    "precedence:bulk", "from:offers.example.com", "from-unnamed",
	    "from-digits", "reply-elsewhere", "return:elsewhere", "to:one",
	    "subject:capitals", "subject:!", "s:money", "zone:+0800",
	    "id:aA0.0", "received:3", "passed:postfix", "passed:megasend",
	    "passed:example.net", "passed:smtp", "received:unknown", "html-alone",
	    "part:text/html", "charset:us-ascii", "tag:font", "links:1",
	    "colours:2", "date:Aa, 0 Aa 0 0:0:0 +0", "o:from>reply-to",
	    "~kin-return:0", "~kin-reply:0", "~kin-id:1", "~kin-link:none",
	    "~vouched:0101", "~kin-via:1", "~kin-tag", "~for-listed:0", "~hosts:1",
	    "~relay:nameless", "~relay-first:helo",
	    "~relay-first:helo,nameless", "~clock:right", "~to-field:plain",
	    "~subject-ends:!", "~t-size:1", "~t-up:0", "~html:big",
	    "~html:bug", "~html:remove", "~html:lower",
	    "~agree:001-0", "~whose:3", "~leads:2", "~leads-0:0",
	    "~leads-1:2",
	    "~t-reader:0", "~t-greets:0", "~t-sender:0",
	    "~stamp:Aa, 0 Aa 0", "~stamp-first:Aa, 0 Aa 0 0:0:0 +0",
	    "~by-id:megamail,aA0.0", "~by-type:megamail,text/html",
	    "~by-fields:megamail,000" };
	static const char *const people[] = { "alice", "private", "bob",
	    "secret", "carol", "hidden", "dave", "unseen", "erin", "browne",
	    "4711", "192.0",
	    "freds", "grace", "heidi", "klein", "ivan", "judy", "kevin",
	    "laura", "mallory" };
	static const char *const told[] = { "~t-reader:1", "~t-greets:1",
	    "~t-sender:0", "~t-signed:1", "~boundary:\"-aA0\"",
	    "~by-boundary:megamail,\"-aA0\"" };
	struct cn_mail m = { 0 };
	struct cn_err err;
	size_t i, k, bad = 0, good = 0;

	ok(cn_mail_parse(&m, mail, sizeof(mail) - 1, 0, &err) == 0, "parsed");
	v = cn_mail_marks(&m, &n, &mem);
	for (i = 0; i < sizeof(wants) / sizeof(wants[0]); i++)
		good += has(wants[i]);
	ok(good == i, "what it shows is there");
	for (i = good = 0; i < n; i++)
		for (k = 0; k < i; k++)
			bad += v[i].n == v[k].n &&
			    memcmp(v[i].p, v[k].p, v[i].n) == 0;
	ok(bad == 0, "each once");
	for (i = 0; i < n && v[i].n > 0; i++)
		good += strncmp(v[i].p, "h:", 2) == 0;
	ok(i > 20 && i < n && good == 0, "its content first, then its header");
	for (; i < n; i++)
		good += strncmp(v[i].p, "h:", 2) == 0;
	ok(good > 0, "which is there");
	for (i = 0; i < n; i++)
		for (k = 0; k < sizeof(people) / sizeof(people[0]); k++)
			if (strstr(v[i].p, people[k]) != NULL) {
				printf("# %s\n", v[i].p);
				bad++;
			}
	ok(bad == 0, "nobody who wrote or is written to");
	ok(n > 30 && n <= CN_MAIL_MARKS, "within bounds");
	cn_mail_release(&m);
	ok(cn_mail_parse(&m, signed_mail, sizeof(signed_mail) - 1, 0, &err) ==
	    0, "another");
	v = cn_mail_marks(&m, &n, &mem);
	for (i = good = 0; i < sizeof(told) / sizeof(told[0]); i++)
		good += has(told[i]);
	ok(good == i, "tells whom it names");
	cn_mail_release(&m);
	ok(cn_mail_parse(&m, leading, sizeof(leading) - 1, 0, &err) == 0,
	    "a third");
	v = cn_mail_marks(&m, &n, &mem);
	ok(has("link:first.test") && has("link:second.test") &&
	    has("link:fourth.test"), "leads to each host of each text");
	ok(!has("link:third.test"), "but not of a file");
	cn_mail_release(&m);
	cn_arena_release(&mem);
	return done();
}
