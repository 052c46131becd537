/* mail - the parser on mails that are written here */
#include <stdio.h>
#include <string.h>

#include "mail/mail.h"
#include "mail/mime.h"
#include "tap.h"

static void same(const char *is, const char *want, const char *what)
{
	bool yes = is && strcmp(is, want) == 0;

	if (!yes)
		printf("# is   '%s'\n# want '%s'\n", is ? is : "NULL", want);
	ok(yes, what);
}

static void parse(struct cn_mail *m, const char *s)
{
	struct cn_err err;

	if (cn_mail_parse(m, s, strlen(s), 0, &err) < 0)
		ok(false, err.msg);
}

static void header(void)
{
	struct cn_mail m = { 0 };

	parse(&m, "Return-Path: <bounce@Example.COM>\n"
	    "From: =?utf-8?Q?Andr=C3=A9?= =?utf-8?B?IFDDqXJleg==?= "
	    "<andre@EXAMPLE.com>\r\n"
	    "To: Team: Bob <bob@example.com>, \"C, D\" <cd@example.com>;,\n"
	    "\tdora@example.com (Dora D)\n"
	    "Subject: a\n =?iso-8859-1?q?=E9t=E9_?= =?x?=\n"
	    "Date: Mon, 23 Nov 2026 15:30:19 +0530\n"
	    "Message-ID: <a.b@example.com>\n"
	    "References: <1@example.com>\n <2@example.com> junk\n"
	    "In-Reply-To: Your mail <2@example.com>\n\nhello\n");
	same(m.from.v[0].name, "Andr\xc3\xa9 P\xc3\xa9rez", "encoded name");
	same(m.from.v[0].addr, "andre@example.com", "domain in lower case");
	ok(m.to.n == 3, "group, quotes and comma");
	same(m.to.v[1].name, "C, D", "quoted name");
	same(m.to.v[2].name, "Dora D", "name in a comment");
	same(m.subject, "a \xc3\xa9t\xc3\xa9 =?x?=", "subject");
	ok(m.has_date && m.date == 1795428019, "date");
	same(m.message_id, "a.b@example.com", "message id");
	ok(m.n_references == 2, "references");
	same(m.in_reply_to, "2@example.com", "in reply to");
	same(m.return_path, "bounce@example.com", "return path");
	same(m.text, "hello\n", "text");
	ok(m.defects & CN_DEF_WORD, "a broken word is a defect");
	cn_mail_release(&m);
}

/* The word with the @ begins before what is left of the trimmed name. */
static void address_behind_cr(void)
{
	struct cn_arena a = { 0 };
	unsigned defects = 0;
	size_t n;
	struct cn_addr *v = cn_mail_addrs(&a, CN_STR("\"\r@x\" y"), &n,
	    &defects);

	ok(n == 1 && (defects & CN_DEF_ADDRESS), "an address behind a CR");
	same(v[0].name, "@x y", "its name ends where the text ends");
	cn_arena_release(&a);
}

static void structure(void)
{
	struct cn_mail m = { 0 };

	parse(&m, "From: a@example.com\nMIME-Version: 1.0\n"
	    "Content-Type: multipart/mixed; boundary=o\n\npreamble\n--o\n"
	    "Content-Type: multipart/alternative; boundary=\"i i\"\n\n"
	    "--i i\nContent-Type: text/plain; charset=utf-8\n"
	    "Content-Transfer-Encoding: quoted-printable\n\n"
	    "caf=C3=A9 =\nau lait\n"
	    "--i i\nContent-Type: text/html\n\n<p>no</p>\n--i i--\n--o\n"
	    "Content-Type: application/pdf; name*0*=utf-8''r%C3%A9;\n"
	    " name*1*=sum%C3%A9; name*2=.pdf\n"
	    "Content-Transfer-Encoding: base64\n\nJVBE\nRi0x\n--o--\nend\n");
	same(m.text, "caf\xc3\xa9 au lait", "the plain part is read");
	ok(m.n_parts == 3 && m.n_attachments == 1, "parts");
	same(m.parts[2].name, "r\xc3\xa9sum\xc3\xa9.pdf", "RFC 2231 name");
	ok(m.parts[2].body.n == 6 && memcmp(m.parts[2].body.p, "%PDF-1", 6)
	    == 0, "base64");
	ok(m.parts[2].sha_known && m.parts[2].sha256[0] != 0, "hash");
	ok(!m.parts[1].attachment && !m.parts[1].in_text,
	    "the other alternative is neither text nor file");
	ok(!(m.defects & ~(unsigned)(CN_DEF_DATE)), "no defect");
	parse(&m, "From: a@example.com\nContent-Type: multipart/mixed; "
	    "boundary=o\n\n--o\n\none\n--o\n\ntwo\n");
	same(m.text, "one\n\ntwo\n", "joined parts, unclosed");
	ok(m.defects & CN_DEF_UNCLOSED, "unclosed is a defect");
	cn_mail_release(&m);
}

static void texts(void)
{
	struct cn_mail m = { 0 };
	struct cn_buf b = { 0 };

	parse(&m, "From: a@example.com\nContent-Type: text/plain; "
	    "format=flowed; delsp=yes\n\nA long \nline\n> q \n> r\nend\n"
	    "-- \nA\n");
	same(m.text, "A longline\n> qr\nend\n-- \nA\n", "flowed, delsp");
	parse(&m, "From: a@example.com\nContent-Type: text/html; "
	    "charset=iso-8859-1\n\n<html><head><title>t</title><style>x{}"
	    "</style></head><body><h1>Hi&nbsp;\xe9</h1><p>See <a href=\""
	    "https://example.com/?a=1&amp;b=2\">the page </a>now.</p><ul>"
	    "<li>one<li>two</ul><table><tr><td>a</td><td>b</td></tr>"
	    "</table><script>if (a<b) x()</script><blockquote>old<br>er"
	    "</blockquote>&lt;end&gt; &#8364;");
	same(m.text, "Hi \xc3\xa9\n\nSee the page <https://example.com/?a=1&"
	    "b=2> now.\n\n- one\n- two\n\na\tb\n\n> old\n> er\n\n<end> "
	    "\xe2\x82\xac\n", "HTML");
	ok(m.text_from_html, "said to be HTML");
	cn_charset_utf8(&b, "KS_C_5601-1987",
	    (struct cn_str){ "\xb0\xa1", 2 });
	same(b.p, "\xea\xb0\x80", "Korean");
	b.len = 0;
	ok(cn_charset_utf8(&b, "no-such-set",
	    (struct cn_str){ "a\x80", 2 }) == (CN_DEF_CHARSET | CN_DEF_TEXT),
	    "unknown set is a defect");
	same(b.p, "a\xe2\x82\xac", "and read as windows-1252");
	cn_buf_release(&b);
	cn_mail_release(&m);
}

static void own(const char *text, const char *want, const char *what)
{
	struct cn_buf b = { 0 };

	cn_text_own(&b, cn_str(text));
	same(b.p ? b.p : "", want, what);
	cn_buf_release(&b);
}

static void split(void)
{
	own("Yes.\n\nOn Mon, 1 Jan 2024, A <a@example.com>\nwrote:\n> no\n"
	    "> no\n\nMore.\n-- \nAnn\n", "Yes.\n\nMore.", "English");
	own("Ja.\n\nAm 1.1.2024 um 10:00 schrieb A:\n> nein\n", "Ja.",
	    "German");
	own("Oui.\n\nLe lun. 1 janv. 2024, A a \xc3\xa9""crit :\n\nnon\n",
	    "Oui.", "French, not marked");
	own("S\xc3\xad.\nEl lun, 1 ene 2024, A escribi\xc3\xb3:\n> no\n",
	    "S\xc3\xad.", "Spanish");
	own("Haan.\n2024-01-01 10:00 A <a@example.com> \xe0\xa4\xa8\xe0\xa5"
	    "\x87 \xe0\xa4\xb2\xe0\xa4\xbf\xe0\xa4\x96\xe0\xa4\xbe:\n> x\n",
	    "Haan.", "Hindi");
	own("Top.\n\n-----Original Message-----\nFrom: A\n\nold\n", "Top.",
	    "Outlook");
	own("Oben.\n\nVon: A <a@example.com>\nGesendet: Montag\nAn: B\n"
	    "Betreff: x\n\nalt\n", "Oben.", "Outlook, German");
	own("Haut.\n\nDe : A\nEnvoy\xc3\xa9 : lundi\n\xc3\x80 : B\nObjet : x"
	    "\n\nvieux\n", "Haut.", "Outlook, French");
	own("Up.\n\nFrom: A\n\nSent: today\n\nTo: B\n\nold\n", "Up.",
	    "Outlook, made text of HTML");
	own("From: here to there:\nit is far.\n", "From: here to there:\n"
	    "it is far.", "no block");
	own("On the whole I agree:\nit is so.\n",
	    "On the whole I agree:\nit is so.", "no attribution");
}

/* Mail that only its subject tells, and what people write. */
static void answers(void)
{
	static const char *const yes[] = { "Automatic reply: your order",
	    "Auto: order", "Out of Office: order", "Out of office",
	    "[Auto-Reply] order", "Automatische Antwort: Bestellung",
	    "Abwesenheitsnotiz", "R\xc3\xa9ponse automatique : commande",
	    "R\xc3\x89PONSE AUTOMATIQUE", "Respuesta autom\xc3\xa1tica",
	    "Risposta automatica: ordine", "Resposta autom\xc3\xa1tica: x",
	    "Automatisch antwoord: bestelling", "Autosvar: ordre",
	    "Automatiskt svar: order", "Automatisk svar: ordre",
	    "Automaattinen vastaus: tilaus", "Automaatvastus",
	    "Autom\xc4\x81tiska atbilde: x", "Automatinis atsakymas: x",
	    "Odpowied\xc5\xba automatyczna: x",
	    "Automatick\xc3\xa1 odpov\xc4\x9b\xc4\x8f: x",
	    "Automatick\xc3\xa1 odpove\xc4\x8f: x", "Samodejni odgovor: x",
	    "Automatski odgovor: x", "Automatikus v\xc3\xa1lasz: x",
	    "R\xc4\x83spuns automat: x", "Freagra uathoibr\xc3\xadoch: x",
	    "Twe\xc4\xa1iba awtomatika: x", "\xd0\x90\xd0\xb2\xd1\x82\xd0\xbe"
	    "\xd0\xbc\xd0\xb0\xd1\x82\xd0\xb8\xd1\x87\xd0\xb5\xd0\xbd "
	    "\xd0\xbe\xd1\x82\xd0\xb3\xd0\xbe\xd0\xb2\xd0\xbe\xd1\x80: x",
	    "\xce\x91\xcf\x85\xcf\x84\xcf\x8c\xce\xbc\xce\xb1\xcf\x84\xce"
	    "\xb7 \xce\xb1\xcf\x80\xce\xac\xce\xbd\xcf\x84\xce\xb7\xcf"
	    "\x83\xce\xb7: x", "\xe0\xa4\xb8\xe0\xa5\x8d\xe0\xa4\xb5\xe0"
	    "\xa4\x9a\xe0\xa4\xbe\xe0\xa4\xb2\xe0\xa4\xbf\xe0\xa4\xa4 "
	    "\xe0\xa4\x89\xe0\xa4\xa4\xe0\xa5\x8d\xe0\xa4\xa4\xe0\xa4"
	    "\xb0: x" };
	static const char *const no[] = { "Re: Automatic reply: your order",
	    "Out of office chairs?", "Automatic replyer", "Automatic door",
	    "Poissa kartalta", "Auto reparieren", "Automatische Waage defekt",
	    "Abwesend war niemand, das Paket fehlt", "Autosvart lack", "" };
	struct cn_mail m = { 0 };
	const char *why;
	char mail[300];
	size_t i, good = 0;

	for (i = 0; i < sizeof(yes) / sizeof(yes[0]); i++) {
		snprintf(mail, sizeof(mail), "From: a@example.com\n"
		    "Subject: %s\n\nx\n", yes[i]);
		parse(&m, mail);
		if (cn_mail_automatic(&m, &why) && strcmp(why, "subject") == 0)
			good++;
		else
			printf("# not %s\n", yes[i]);
	}
	ok(good == i, "subjects that programs write");
	for (good = i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		snprintf(mail, sizeof(mail), "From: a@example.com\n"
		    "Subject: %s\n\nx\n", no[i]);
		parse(&m, mail);
		if (!cn_mail_automatic(&m, NULL))
			good++;
		else
			printf("# %s\n", no[i]);
	}
	ok(good == i, "and those of people");
	cn_mail_release(&m);
}

/* Who sends what nobody should answer. */
static void daemons(void)
{
	static const char *const yes[] = { "noreply", "No-Reply", "no_reply",
	    "noreply-17", "do.not.reply", "nicht-antworten", "postmaster",
	    "MAILER-DAEMON", "owner-list", "bounces+7", NULL };
	static const char *const no[] = { "anna.noreplyson", "norey", "request",
	    "owner", "bounce", "donor", "postmasters", NULL };
	struct cn_mail m = { 0 };
	char mail[100];
	size_t i, good = 0;

	for (i = 0; yes[i] != NULL; i++) {
		snprintf(mail, sizeof(mail), "From: %s@example.com\n\nx\n",
		    yes[i]);
		parse(&m, mail);
		good += cn_mail_automatic(&m, NULL);
	}
	ok(good == i, "senders that read nothing");
	for (i = good = 0; no[i] != NULL; i++) {
		snprintf(mail, sizeof(mail), "From: %s@example.com\n\nx\n",
		    no[i]);
		parse(&m, mail);
		good += cn_mail_automatic(&m, NULL);
	}
	ok(good == 0, "and such as do");
	cn_mail_release(&m);
}

static void machines(void)
{
	struct cn_mail m = { 0 };
	const char *why;

	parse(&m, "From: a@example.com\nAuto-Submitted: auto-replied\n\n");
	ok(cn_mail_automatic(&m, &why), "auto-submitted");
	same(why, "auto-submitted", "and why");
	parse(&m, "From: a@example.com\nAuto-Submitted: no\n\n");
	ok(!cn_mail_automatic(&m, NULL), "auto-submitted: no");
	parse(&m, "From: a@example.com\nList-Id: <l.example.com>\n\n");
	ok(cn_mail_automatic(&m, NULL) && cn_mail_is_list(&m), "list");
	parse(&m, "Return-Path: <>\nFrom: MAILER-DAEMON@example.com\n"
	    "Content-Type: multipart/report; report-type=delivery-status;"
	    " boundary=b\n\n--b\n\nSorry.\n--b\n"
	    "Content-Type: message/delivery-status\n\n"
	    "Reporting-MTA: dns; mx.example.com\n\n"
	    "Final-Recipient: rfc822; ok@example.com\nAction: relayed\n\n"
	    "Final-Recipient: rfc822; gone@example.com\nAction: failed\n"
	    "--b--\n");
	same(cn_mail_bounce(&m), "gone@example.com", "DSN");
	parse(&m, "Return-Path: <>\nFrom: MAILER-DAEMON@example.com\n"
	    "Subject: failure notice\n\nHi. This is qmail.\n\n"
	    "<no@example.com>:\nno mailbox\n");
	same(cn_mail_bounce(&m), "no@example.com", "qmail");
	parse(&m, "From: a@example.com\nSubject: failure notice\n\nx\n");
	ok(cn_mail_bounce(&m) == NULL, "no bounce");
	cn_mail_release(&m);
}

static void gather(void *arg, const void *p, size_t n)
{
	cn_buf_add(arg, p, n);
}

static void bytes(void)
{
	struct cn_buf a = { 0 }, b = { 0 };

	cn_mail_canonical(CN_STR("From x\nA: b\r\nStatus: RO\r\n c\r\n\r\n"
	    "body\r\n\r\n"), gather, &a);
	cn_mail_canonical(CN_STR("A: b\nX-Keywords:\n\nbody"), gather, &b);
	same(a.p, "A: b\n\nbody\n", "canonical");
	same(b.p, a.p, "the same mail elsewhere");
	a.len = 0;
	cn_mail_mark(&a, CN_STR("A: b\r\nx-cn-spam: no\r\n no\r\nB: c\r\n\r\n"
	    "X-CN-a: body\n"), CN_STR("X-CN-Category: x\n"));
	same(a.p, "X-CN-Category: x\r\nA: b\r\nB: c\r\n\r\nX-CN-a: body\n",
	    "marks replaced");
	cn_buf_release(&a);
	cn_buf_release(&b);
}

static void junk(void)
{
	struct cn_mail m = { 0 };
	struct cn_err err;

	ok(cn_mail_parse(&m, "", 0, 0, &err) < 0, "empty is no mail");
	ok(cn_mail_parse(&m, "\x7f""ELF\0\1\2", 7, 0, &err) < 0,
	    "a binary is no mail");
	ok(err.status == CN_PARTIAL, "and is for quarantine");
	ok(cn_mail_form("{\"a\"", 4) == CN_FORM_JSON, "JSON");
	ok(cn_mail_form("From a", 6) == CN_FORM_MBOX, "mbox");
	ok(cn_mail_form("From: a", 7) == CN_FORM_MAIL, "mail");
	ok(cn_mail_form("\n \n", 3) == CN_FORM_EMPTY, "empty");
	ok(cn_mail_form("\1\2\3", 3) == CN_FORM_JUNK, "junk");
}

/* Counted as decoded, whatever stands between the digits. */
static void base64_size(void)
{
	static const char odd[] = "\n\r \t==!\x80\x00-_";
	char in[700], out[700];
	uint64_t seed = 1;
	int same = 0, spoilt = 0;

	for (int i = 0; i < 4000; i++) {
		size_t n = (size_t)(i % (int)sizeof(in));
		bool bad = false, worse = false;

		for (size_t k = 0; k < n; k++) {
			seed = seed * 6364136223846793005 + 1442695040888963407;
			in[k] = k % 78 == 76 ? '\r' : k % 78 == 77 ? '\n' :
			    "AZaz09+/QRSTqrst"[seed >> 60];
			if (i % 3 > 0 && seed >> 33 & 1 &&
			    (seed >> 34) % 500 < 2)
				in[k] = odd[(seed >> 40) % (sizeof(odd) - 1)];
		}
		same += cn_mime_base64_size((struct cn_str){ in, n }, &bad) ==
		    cn_mime_base64(out, (struct cn_str){ in, n }, &worse) &&
		    bad == worse;
		spoilt += bad;
	}
	ok(same == 4000, "the size of base64 without its bytes");
	ok(spoilt > 500 && spoilt < 3500, "of good and of bad");
}

int main(void)
{
	header();
	base64_size();
	address_behind_cr();
	structure();
	texts();
	split();
	machines();
	daemons();
	answers();
	bytes();
	junk();
	return done();
}
