/* mail_box - mboxes, Maildirs and mails that we build */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "mail/mail.h"
#include "tap.h"

static void same(struct cn_str is, const char *want, const char *what)
{
	bool yes = cn_str_eq(is, want);

	if (!yes)
		printf("# is '%.*s'\n", (int)is.n, is.p);
	ok(yes, what);
}

static const char box[] =
    "From a@example.com Mon Nov 23 15:30:19 2026\nA: 1\n\n"
    ">From here\n>>From there\nFrom me to you\n\nend\n\n"
    "From b@example.com Mon Nov 23 15:30:20 2026\nB: 2\n\nx\n\n\n"
    "From c@example.com Mon Nov 23 15:30:21 2026\nC: 3\n\nlast";

/* Fed in pieces of any size it gives the same mails. */
static void pieces(void)
{
	static const char *const want[] = {
		"A: 1\n\nFrom here\n>From there\nFrom me to you\n\nend\n",
		"B: 2\n\nx\n\n", "C: 3\n\nlast"
	};
	bool good = true;

	for (size_t step = 1; step < sizeof(box); step++) {
		struct cn_mbox *b = cn_mbox_new(1000);
		struct cn_mbox_item it;
		size_t n = 0, at = 0;

		for (;;) {
			while (cn_mbox_take(b, &it)) {
				const char *from = strstr(box, n == 0 ?
				    "From a@" : n == 1 ? "From b@" : "From c@");

				good = good && n < 3 &&
				    cn_str_eq(it.mail, want[n]) &&
				    it.index == n + 1 && !it.oversized &&
				    it.offset == (uint64_t)(from - box);
				n++;
			}
			if (at == sizeof(box) - 1)
				break;
			size_t k = sizeof(box) - 1 - at;

			k = k < step ? k : step;
			cn_mbox_feed(b, box + at, k);
			at += k;
			if (at == sizeof(box) - 1)
				cn_mbox_end(b);
		}
		good = good && n == 3;
		cn_mbox_free(b);
	}
	ok(good, "an mbox in pieces of every size");
}

static void early(void)
{
	struct cn_mbox *b = cn_mbox_new(1000);
	struct cn_mbox_item it;
	const char *second = strstr(box, "From b@");

	cn_mbox_feed(b, box, (size_t)(second - box) + 44);
	ok(cn_mbox_take(b, &it), "a mail comes with the next From_ line");
	same(it.from_line, "From a@example.com Mon Nov 23 15:30:19 2026",
	    "its From_ line");
	ok(!cn_mbox_take(b, &it), "and the next not yet");
	cn_mbox_free(b);
}

static void large(void)
{
	struct cn_mbox *b = cn_mbox_new(100000);
	struct cn_mbox_item it;
	struct cn_buf big = { 0 };
	int n = 0, over = 0, fd[2];
	struct cn_err err;

	cn_buf_str(&big, "From a@example.com Mon Nov 23 15:30:19 2026\nA: ");
	for (int i = 0; i < 3000000; i++)
		cn_buf_ch(&big, 'x');
	cn_buf_str(&big, "\n\nFrom b@example.com Mon Nov 23 15:30:19 2026\n");
	for (int i = 0; i < 50000; i++)
		cn_buf_str(&big, "lines\n");
	cn_buf_str(&big, "\nFrom c@example.com Mon Nov 23 15:30:19 2026\n"
	    "C: small\n\n");
	if (pipe(fd) < 0)
		return;
	if (fork() == 0) {
		close(fd[0]);
		_exit(cn_write_all(fd[1], big.p, big.len, &err) < 0);
	}
	close(fd[1]);
	while (cn_mbox_next(b, fd[0], &it, &err) == 1) {
		n++;
		over += it.oversized;
		if (it.oversized && it.mail.n > 0)
			over = 99;
	}
	ok(n == 3 && over == 2, "mails beyond the bound are named, not kept");
	same(it.mail, "C: small\n", "the one behind is whole");
	close(fd[0]);
	cn_buf_release(&big);
	cn_mbox_free(b);
}

static void round_trip(void)
{
	static const char mail[] = "A: 1\r\n\r\nFrom x\n>From y\n\n";
	struct cn_buf out = { 0 };
	struct cn_mbox *b = cn_mbox_new(1000);
	struct cn_mbox_item it;

	cn_mbox_put(&out, cn_str(mail), "a b@example.com", 1795428019);
	cn_mbox_put(&out, cn_str(mail), NULL, 0);
	cn_mbox_feed(b, out.p, out.len);
	cn_mbox_end(b);
	ok(cn_mbox_take(b, &it), "written and read");
	same(it.mail, mail, "the same bytes");
	same(it.from_line, "From a-b@example.com Mon Nov 23 10:00:19 2026",
	    "sender and date");
	ok(cn_mbox_take(b, &it) && cn_str_eq(it.mail, mail), "twice");
	cn_mbox_free(b);
	cn_buf_release(&out);
}

static bool in_pieces(const struct cn_buf *mail)
{
	struct cn_buf whole = { 0 }, out = { 0 };
	struct cn_mboxrd b;
	bool yes;

	cn_mbox_put(&whole, cn_buf_view(mail), "a@example.com", 0);
	cn_mboxrd_begin(&b, &out, "a@example.com", 0);
	for (size_t at = 0, n; at < mail->len; at += n) {
		n = 1 + (size_t)rand() % 7;
		n = n < mail->len - at ? n : mail->len - at;
		cn_mboxrd_feed(&b, &out, (struct cn_str){ mail->p + at, n });
	}
	cn_mboxrd_end(&b, &out);
	yes = out.len == whole.len && memcmp(out.p, whole.p, out.len) == 0;
	cn_buf_release(&whole);
	cn_buf_release(&out);
	return yes;
}

static void put_pieces(void)
{
	static const char *const words[] = { "From ", "From", ">", "\n",
	    "\r\n", "Fro", "From: x\n", "x" };
	struct cn_buf mail = { 0 }, out = { 0 };
	int bad = 0;

	for (int i = 0; i < 20000; i++) {
		mail.len = 0;
		for (int n = rand() % 12; n > 0; n--)
			cn_buf_str(&mail, words[rand() % 8]);
		bad += !in_pieces(&mail);
	}
	ok(bad == 0, "in pieces it is written as in one");
	cn_mbox_put(&out, CN_STR("From "), "a@example.com", 0);
	same(cn_buf_view(&out), "From a@example.com Thu Jan  1 00:00:00 1970\n>From \n\n",
	    "a From_ line has more than five bytes");
	cn_buf_release(&mail);
	cn_buf_release(&out);
}

static int list(void *arg, const char *folder, const char *path,
    struct cn_err *err)
{
	(void)err;
	cn_buf_fmt(arg, "%s:%s ", folder, strrchr(path, '/') + 1);
	return 0;
}

static void maildir(void)
{
	static const char *const dirs[] = { "", "/new", "/cur", "/tmp",
	    "/.Sent.2026", "/.Sent.2026/cur", "/.Sent.2026/new" };
	static const char *const files[] = { "/new/3", "/cur/1:2,S",
	    "/cur/2:2,", "/.Sent.2026/cur/9", "/tmp/0" };
	char dir[] = "/tmp/cn-maildir-XXXXXX", cmd[100];
	struct cn_arena a = { 0 };
	struct cn_buf b = { 0 };
	struct cn_err err;
	bool made = mkdtemp(dir) != NULL;

	for (size_t i = 1; i < sizeof(dirs) / sizeof(*dirs); i++)
		made = mkdir(cn_arena_fmt(&a, "%s%s", dir, dirs[i]), 0700) == 0
		    && made;
	for (size_t i = 0; i < sizeof(files) / sizeof(*files); i++) {
		FILE *f = fopen(cn_arena_fmt(&a, "%s%s", dir, files[i]), "w");

		if (f)
			fclose(f);
	}
	ok(made && cn_maildir_walk(dir, list, &b, &err) == 0, "walked");
	same(cn_buf_view(&b), ":1:2,S :2:2, :3 Sent/2026:9 ",
	    "in order, with folders");
	ok(cn_maildir_walk("/nonexistent", list, &b, &err) < 0, "no Maildir");
	snprintf(cmd, sizeof(cmd), "rm -r %s", dir);
	if (system(cmd) != 0)
		printf("# %s stays\n", dir);
	cn_arena_release(&a);
	cn_buf_release(&b);
}

static void build(void)
{
	struct cn_mail m = { 0 }, r = { 0 };
	struct cn_draft d = { .from = { "S\xc3\xa9lma \"Desk\"",
	    "desk@example.com" }, .message_id = "new@example.com",
	    .date = 1795428019, .extra = { "Auto-Submitted: no\n", 19 } };
	struct cn_buf b = { 0 };
	struct cn_err err;
	static const char in[] = "From: \"A, B\" <a@example.com>\n"
	    "Subject: RE: re: \xe2\x82\xac and more than one line of words "
	    "that go on and on until the line is full\n"
	    "Message-ID: <old@example.com>\nReferences: <r1@example.com>\n\n";
	char text[2000] = "Gr\xc3\xbc\xc3\x9f""e\nFrom me\n -- indented\n";

	for (int i = 0; i < 40; i++)
		strcat(text, "words and words ");
	strcat(text, "end\n> quoted\n\n-- \nMe\n");
	if (cn_mail_parse(&m, in, sizeof(in) - 1, 0, &err) < 0)
		ok(false, err.msg);
	cn_mail_reply(&d, &m);
	d.text = text;
	ok(cn_mail_build(&b, &d, &err) == 0, "built");
	if (cn_mail_parse(&r, b.p, b.len, 0, &err) < 0)
		ok(false, err.msg);
	ok(r.defects == 0, "reads without a defect");
	ok(strncmp(r.subject, "Re: \xe2\x82\xac and", 11) == 0 &&
	    strcmp(r.subject + 4, m.subject + 8) == 0, "subject");
	same(cn_str(r.from.v[0].name), "S\xc3\xa9lma \"Desk\"", "from");
	same(cn_str(r.to.v[0].name), "A, B", "to");
	ok(r.n_references == 2 && strcmp(r.references[1],
	    "old@example.com") == 0, "references");
	ok(r.date == d.date, "date");
	same(cn_str(r.text), text, "the text comes back");
	for (const char *p = b.p; p; p = strchr(p + 1, '\n'))
		if (strcspn(p + 1, "\n") > 78) {
			ok(false, "a line is too long");
			break;
		}
	d.subject = "a\nBcc: x@example.com";
	ok(cn_mail_build(&b, &d, &err) < 0, "LF in a subject is refused");
	d.subject = "a";
	d.from.addr = "a@example.com\r\nX: y";
	ok(cn_mail_build(&b, &d, &err) < 0, "CR in an address is refused");
	d.from.addr = "a@example.com";
	d.extra = CN_STR("A: b\n\nbody\n");
	ok(cn_mail_build(&b, &d, &err) < 0, "a body in a field is refused");
	cn_buf_release(&b);
	cn_mail_release(&m);
	cn_mail_release(&r);
}

int main(void)
{
	pieces();
	early();
	large();
	round_trip();
	put_pieces();
	maildir();
	build();
	return done();
}
