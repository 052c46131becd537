/* mbox.c - mboxrd in and out
 *
 * Bytes are pushed in and mails pulled out, so that a caller that polls keeps
 * its own loop.  The buffer holds the mail at hand; `scan` is how far its
 * lines were looked at, so no byte is looked at twice.  A mail that grows past
 * max is let go and only counted, up to the next From_ line.
 *
 * A From_ line stands at the beginning or behind an empty line and has a time
 * (dd:dd) in it: text of old mboxes that happens to begin with 'From ' is
 * text. */
#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "mime.h"

#define CHUNK 65536

struct cn_mbox {
	struct cn_buf buf;
	size_t max;
	size_t mail;			/* where the mail at hand begins */
	size_t scan;			/* looked at up to here, a line begins */
	size_t dry;			/* no LF between scan and here */
	uint64_t base;			/* offset in the input of buf.p[0] */
	uint64_t start;			/* ... of the mail at hand */
	uint64_t index;
	struct cn_buf from_line;
	bool open;			/* there is a mail at hand */
	bool blank;			/* the line before scan was empty */
	bool over;			/* the mail at hand was let go */
	bool end;
	struct cn_buf item, item_from;	/* what was handed out */
};

struct cn_mbox *cn_mbox_new(size_t max)
{
	struct cn_mbox *b = cn_alloc(sizeof(*b));

	b->max = max;
	b->blank = true;
	return b;
}

void cn_mbox_free(struct cn_mbox *b)
{
	if (!b)
		return;
	cn_buf_wipe(&b->buf);
	cn_buf_wipe(&b->from_line);
	cn_buf_wipe(&b->item);
	cn_buf_wipe(&b->item_from);
	free(b);
}

/* Forgets what is before `at`. */
static void drop(struct cn_mbox *b, size_t at)
{
	if (at == 0)
		return;
	memmove(b->buf.p, b->buf.p + at, b->buf.len - at);
	b->buf.len -= at;
	b->base += at;
	b->scan = b->scan > at ? b->scan - at : 0;
	b->dry = b->dry > at ? b->dry - at : 0;
	b->mail = b->mail > at ? b->mail - at : 0;
}

void cn_mbox_feed(struct cn_mbox *b, const void *p, size_t n)
{
	/* Moving only when half is dead keeps it linear. */
	if (b->mail > b->buf.len / 2)
		drop(b, b->mail);
	cn_buf_add(&b->buf, p, n);
}

void cn_mbox_end(struct cn_mbox *b)
{
	b->end = true;
}

static bool is_from_line(const char *p, const char *nl)
{
	if (nl - p < 10 || memcmp(p, "From ", 5) != 0)
		return false;
	for (p += 5; nl - p > 4; p++)
		if (p[2] == ':' && cn_is_digit((unsigned char)p[0]) &&
		    cn_is_digit((unsigned char)p[1]) &&
		    cn_is_digit((unsigned char)p[3]) &&
		    cn_is_digit((unsigned char)p[4]))
			return true;
	return false;
}

/* mboxrd: one '>' off every line that is >...>From . */
static void unquote(struct cn_buf *b)
{
	char *p = b->p, *o = p, *end, *nl, *q;
	size_t n;

	if (b->len == 0 || !memmem(p, b->len, ">From ", 6))
		return;
	end = p + b->len;
	for (; p < end; p = nl) {
		nl = memchr(p, '\n', (size_t)(end - p));
		nl = nl ? nl + 1 : end;
		for (q = p; q < nl && *q == '>'; q++)
			;
		if (q > p && nl - q >= 5 && memcmp(q, "From ", 5) == 0)
			p++;
		n = (size_t)(nl - p);
		memmove(o, p, n);
		o += n;
	}
	b->len = (size_t)(o - b->p);
	b->p[b->len] = 0;
}

/* Hands out the mail at hand, which ends at `to`. */
static void hand_out(struct cn_mbox *b, size_t to, struct cn_mbox_item *it)
{
	const char *p = b->buf.p;
	size_t n = to > b->mail ? to - b->mail : 0;

	it->offset = b->start;
	it->index = ++b->index;
	it->size = b->base + to - b->start;
	it->oversized = b->over || n > b->max;
	b->item.len = b->item_from.len = 0;
	/* The empty line in front of the next From_ line is the mbox's. */
	if (n > 0 && p[to - 1] == '\n') {
		size_t e = n - 1;

		e -= e > 0 && p[b->mail + e - 1] == '\r';
		if (e == 0 || p[b->mail + e - 1] == '\n')
			n = e;
	}
	if (!it->oversized && n > 0)
		cn_buf_add(&b->item, p + b->mail, n);
	unquote(&b->item);
	cn_buf_add(&b->item_from, b->from_line.p ? b->from_line.p : "",
	    b->from_line.len);
	it->mail = cn_buf_view(&b->item);
	it->from_line = cn_buf_view(&b->item_from);
	b->open = b->over = false;
}

/* A From_ line at scan, up to nl. */
static void open_mail(struct cn_mbox *b, const char *nl)
{
	const char *p = b->buf.p + b->scan;
	size_t n = (size_t)(nl - p);

	b->start = b->base + b->scan;
	if (n > 0 && p[n - 1] == '\r')
		n--;
	b->from_line.len = 0;
	cn_buf_add(&b->from_line, p, n < 1000 ? n : 1000);
	b->scan = (size_t)(nl + 1 - b->buf.p);
	if (b->scan > b->buf.len)
		b->scan = b->buf.len;
	b->mail = b->scan;
	b->open = true;
	b->blank = false;
}

bool cn_mbox_take(struct cn_mbox *b, struct cn_mbox_item *it)
{
	while (b->buf.p) {
		const char *p = b->buf.p + b->scan;
		size_t left = b->buf.len - b->scan;
		size_t skip = b->dry > b->scan ? b->dry - b->scan : 0;
		const char *nl = left > skip ? memchr(p + skip, '\n',
		    left - skip) : NULL;

		if (!nl)
			b->dry = b->buf.len;
		if (!nl && left > 0 && b->end)
			nl = p + left;
		if (!nl)
			break;
		if (b->blank && is_from_line(p, nl)) {
			if (b->open) {
				hand_out(b, b->scan, it);
				return true;
			}
			open_mail(b, nl);
			continue;
		}
		b->blank = nl == p || (nl == p + 1 && *p == '\r');
		if (!b->open && !b->blank) {
			/* Text before the first From_ line is a mail too. */
			b->start = b->base + b->scan;
			b->mail = b->scan;
			b->from_line.len = 0;
			b->open = true;
		}
		b->scan = (size_t)(nl - b->buf.p) + 1;
		if (b->scan > b->buf.len)
			b->scan = b->buf.len;
		if (!b->open)
			b->mail = b->scan;
		if (b->open && b->scan - b->mail > b->max) {
			b->over = true;
			b->mail = b->scan;
		}
	}
	if (b->end && b->open) {
		hand_out(b, b->buf.len, it);
		b->mail = b->scan = b->buf.len;
		return true;
	}
	/* A line longer than a mail may be can be no From_ line. */
	if (b->buf.len - b->mail > b->max + CHUNK) {
		if (b->buf.len - b->scan > CHUNK) {
			b->scan = b->buf.len - 2;
			b->blank = false;
		}
		b->over = b->open;
		b->mail = b->scan;
		drop(b, b->mail);
	}
	return false;
}

int cn_mbox_next(struct cn_mbox *b, int fd, struct cn_mbox_item *it,
    struct cn_err *err)
{
	char chunk[CHUNK];
	ssize_t n;

	while (!cn_mbox_take(b, it)) {
		if (b->end)
			return 0;
		do
			n = read(fd, chunk, sizeof(chunk));
		while (n < 0 && errno == EINTR);
		if (n < 0)
			return cn_fail_errno(err, CN_IOERR, "mailbox");
		if (n == 0)
			cn_mbox_end(b);
		else
			cn_mbox_feed(b, chunk, (size_t)n);
	}
	return 1;
}

void cn_mboxrd_begin(struct cn_mboxrd *b, struct cn_buf *out,
    const char *sender, int64_t date)
{
	memset(b, 0, sizeof(*b));
	b->last = '\n';
	cn_buf_str(out, "From ");
	if (!sender || !*sender)
		sender = "MAILER-DAEMON";
	for (; *sender; sender++)
		cn_buf_ch(out, (unsigned char)*sender > ' ' ? *sender : '-');
	cn_buf_ch(out, ' ');
	cn_mime_date(out, date, true);
	cn_buf_ch(out, '\n');
}

/* At the beginning of a line: how much of 'From ' has been seen, behind '>',
 * which may pass at once.  Six bytes make the mail's own From_ line. */
static const char *line_start(struct cn_mboxrd *b, struct cn_buf *out,
    const char *p)
{
	static const char from[] = "From ";

	if (b->state == CN_MBOXRD_START && b->seen == 5) {
		b->state = CN_MBOXRD_OWN;
	} else if (b->seen < 5 && *p == from[b->seen]) {
		p++;
		if (++b->seen == 5 && b->state == CN_MBOXRD_LINE) {
			cn_buf_str(out, ">From ");
			b->state = CN_MBOXRD_REST;
		}
	} else if (b->seen == 0 && *p == '>') {
		b->state = CN_MBOXRD_LINE;
		cn_buf_ch(out, *p++);
	} else {
		cn_buf_add(out, from, b->seen);
		b->state = CN_MBOXRD_REST;
	}
	return p;
}

void cn_mboxrd_feed(struct cn_mboxrd *b, struct cn_buf *out,
    struct cn_str piece)
{
	const char *p = piece.p, *end = p + piece.n, *nl;
	size_t n;

	if (piece.n > 0)
		b->last = end[-1];
	while (p < end) {
		if (b->state == CN_MBOXRD_START || b->state == CN_MBOXRD_LINE) {
			p = line_start(b, out, p);
			continue;
		}
		nl = memchr(p, '\n', (size_t)(end - p));
		n = (size_t)((nl ? nl + 1 : end) - p);
		if (b->state == CN_MBOXRD_REST)
			cn_buf_add(out, p, n);
		if (nl) {
			b->state = CN_MBOXRD_LINE;
			b->seen = 0;
		}
		p += n;
	}
}

void cn_mboxrd_end(struct cn_mboxrd *b, struct cn_buf *out)
{
	if (b->state == CN_MBOXRD_START && b->seen == 5)
		cn_buf_ch(out, '>');
	if (b->state == CN_MBOXRD_START || b->state == CN_MBOXRD_LINE)
		cn_buf_add(out, "From ", b->seen);
	if (b->last != '\n')
		cn_buf_ch(out, '\n');
	cn_buf_ch(out, '\n');
}

void cn_mbox_put(struct cn_buf *out, struct cn_str mail, const char *sender,
    int64_t date)
{
	struct cn_mboxrd b;

	cn_mboxrd_begin(&b, out, sender, date);
	cn_mboxrd_feed(&b, out, mail);
	cn_mboxrd_end(&b, out);
}
