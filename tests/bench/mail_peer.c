/* mail_peer - parse and decode a corpus, by us and by libetpan's mailmime
 *
 * usage: mail_peer < list-of-files      link with -letpan
 *
 * Both read the same bytes from memory, in turns, five rounds; the best of
 * each counts.  Both parse the header and the structure, decode subject and
 * every body, and turn text into UTF-8.  We also make the text to read (HTML
 * to text) and hash attachments, which libetpan has no counterpart for.
 * Prints the ratio; exit 1 where it is under 2. */
#include <libetpan/libetpan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "mail/mail.h"

#define ROUNDS 5

static struct cn_buf *mails;
static size_t n_mails, bytes;
static volatile size_t sink;

/* libetpan takes an mbox's From_ line for the end of the header and then has
 * nothing to do; so neither side gets to see it. */
static void drop_from_line(struct cn_buf *b)
{
	char *nl;

	if (b->len < 5 || memcmp(b->p, "From ", 5) != 0)
		return;
	nl = memchr(b->p, '\n', b->len);
	if (!nl)
		return;
	b->len -= (size_t)(nl + 1 - b->p);
	memmove(b->p, nl + 1, b->len + 1);
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void ours(const struct cn_buf *b)
{
	struct cn_mail m = { 0 };
	struct cn_err err;

	if (cn_mail_parse(&m, b->p, b->len, 0, &err) == 0)
		sink += m.text_len + m.n_parts;
	cn_mail_release(&m);
}

static const char *charset(struct mailmime *mime)
{
	clistiter *it;

	if (!mime->mm_content_type)
		return "us-ascii";
	for (it = clist_begin(mime->mm_content_type->ct_parameters); it;
	    it = clist_next(it)) {
		struct mailmime_parameter *p = clist_content(it);

		if (strcasecmp(p->pa_name, "charset") == 0)
			return p->pa_value;
	}
	return "us-ascii";
}

static void leaf(struct mailmime *mime)
{
	struct mailmime_single_fields f;
	struct mailmime_data *d = mime->mm_data.mm_single;
	char *out = NULL, *utf8 = NULL;
	size_t at = 0, n = 0;
	int enc = MAILMIME_MECHANISM_8BIT;

	mailmime_single_fields_init(&f, mime->mm_mime_fields,
	    mime->mm_content_type);
	if (f.fld_encoding)
		enc = f.fld_encoding->enc_type;
	if (!d || mailmime_part_parse(d->dt_data.dt_text.dt_data,
	    d->dt_data.dt_text.dt_length, &at, enc, &out, &n) != 0)
		return;
	if (mime->mm_content_type && mime->mm_content_type->ct_type->tp_type
	    == MAILMIME_TYPE_DISCRETE_TYPE && mime->mm_content_type->ct_type->
	    tp_data.tp_discrete_type->dt_type ==
	    MAILMIME_DISCRETE_TYPE_TEXT && charconv("utf-8", charset(mime),
	    out, n, &utf8) == 0) {
		sink += strlen(utf8);
		free(utf8);
	}
	sink += n;
	mailmime_decoded_part_free(out);
}

static void walk(struct mailmime *mime)
{
	clistiter *it;

	switch (mime->mm_type) {
	case MAILMIME_SINGLE:
		leaf(mime);
		break;
	case MAILMIME_MULTIPLE:
		for (it = clist_begin(mime->mm_data.mm_multipart.mm_mp_list);
		    it; it = clist_next(it))
			walk(clist_content(it));
		break;
	case MAILMIME_MESSAGE:
		if (mime->mm_data.mm_message.mm_msg_mime)
			walk(mime->mm_data.mm_message.mm_msg_mime);
		break;
	}
}

static void theirs(const struct cn_buf *b)
{
	struct mailmime *mime;
	struct mailimf_single_fields f;
	char *s = NULL;
	size_t at = 0;

	if (mailmime_parse(b->p, b->len, &at, &mime) != 0)
		return;
	if (mime->mm_type == MAILMIME_MESSAGE &&
	    mime->mm_data.mm_message.mm_fields) {
		mailimf_single_fields_init(&f,
		    mime->mm_data.mm_message.mm_fields);
		at = 0;
		if (f.fld_subject && mailmime_encoded_phrase_parse("us-ascii",
		    f.fld_subject->sbj_value, strlen(f.fld_subject->
		    sbj_value), &at, "utf-8", &s) == 0) {
			sink += strlen(s);
			free(s);
		}
	}
	walk(mime);
	mailmime_free(mime);
}

static double round_of(void (*one)(const struct cn_buf *))
{
	double t = now();

	for (size_t i = 0; i < n_mails; i++)
		one(&mails[i]);
	return now() - t;
}

int main(void)
{
	double a = 1e9, b = 1e9, t;
	struct cn_err err;
	char path[4096];

	while (fgets(path, sizeof(path), stdin)) {
		path[strcspn(path, "\n")] = 0;
		mails = cn_realloc(mails, (n_mails + 1) * sizeof(*mails));
		memset(&mails[n_mails], 0, sizeof(*mails));
		if (cn_file_read(path, 64 << 20, &mails[n_mails], &err) < 0) {
			fprintf(stderr, "mail_peer: %s\n", err.msg);
			return 1;
		}
		drop_from_line(&mails[n_mails]);
		bytes += mails[n_mails++].len;
	}
	if (bytes == 0) {
		fprintf(stderr, "mail_peer: no mail\n");
		return 2;
	}
	for (int i = 0; i < ROUNDS; i++) {
		t = round_of(ours);
		a = t < a ? t : a;
		t = round_of(theirs);
		b = t < b ? t : b;
	}
	printf("parse+decode %zu mails, %.1f MB: ours %.3f s (%.0f MB/s), "
	    "libetpan %.3f s (%.0f MB/s), ratio %.2f\n", n_mails,
	    (double)bytes / 1e6, a, (double)bytes / 1e6 / a, b,
	    (double)bytes / 1e6 / b, b / a);
	return b / a < 2;
}
