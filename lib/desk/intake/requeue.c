/* Items come out of the quarantine, to be taken in once more. */
#include <string.h>

#include "desk/intake/intake_int.h"
#include "desk/intake/large.h"
#include "store/quarantine.h"

#define LINE ((size_t)8 << 20)	/* bytes of a line of chat, at most */

struct item {
	struct cn_store *store;
	struct cn_quarantine_item q;
	struct cn_buf b;		/* a chunk */
	size_t pos;			/* of what has not been taken */
	int64_t next;			/* chunk */
};

/* In pieces of our size, whatever that of the chunks. */
static int more_of_item(void *arg, struct cn_buf *out, struct cn_err *err)
{
	struct item *m = arg;
	size_t n;

	while (out->len < CN_RAW_CHUNK) {
		if (m->pos == m->b.len) {
			if (m->next == m->q.chunks)
				break;
			if (cn_quarantine_piece(m->store, &m->q, m->next++,
			    &m->b, err) < 0)
				return -1;
			m->pos = 0;
		}
		n = m->b.len - m->pos;
		if (n > CN_RAW_CHUNK - out->len)
			n = CN_RAW_CHUNK - out->len;
		cn_buf_add(out, m->b.p + m->pos, n);
		m->pos += n;
	}
	return 0;
}

/* Whole: a line, or a mail that is not large. */
static int requeue_whole(struct cn_intake *in, struct item *m,
    struct cn_buf *first, bool line, const struct cn_intake_at *at,
    struct cn_err *err)
{
	struct cn_intake_item *it;
	size_t was;
	int r;

	for (was = 0; line && first->len > was && first->len < LINE; ) {
		struct cn_buf b = { 0 };

		was = first->len;
		r = more_of_item(m, &b, err);
		cn_buf_add(first, b.p ? b.p : "", b.len);
		cn_buf_wipe(&b);
		if (r < 0)
			return -1;
	}
	r = line ? cn_intake_chat(in, cn_buf_view(first), m->q.place, err) :
	    cn_intake_mail(in, cn_buf_view(first), at, m->q.place, err);
	it = &in->items[in->n - 1];
	it->requeued = m->q.id;
	it->at.place.folder = m->q.at.folder;
	return r < 0 && err->status == CN_PARTIAL ? 0 : r;
}

/* 1: it stays, for *why. */
static int requeue(struct cn_intake *in, struct item *m, struct cn_err *why,
    struct cn_err *err)
{
	const struct cn_intake_at at = { .place = m->q.at };
	struct cn_buf first = { 0 };
	bool line;
	int r = more_of_item(m, &first, err);

	if (r == 0) {
		line = cn_mail_form(first.p ? first.p : "", first.len) ==
		    CN_FORM_JSON;
		if (line || first.len < CN_RAW_CHUNK)
			r = requeue_whole(in, m, &first, line, &at, err);
		else
			r = cn_large_read(in, cn_buf_view(&first),
			    more_of_item, m, &at, m->q.place, m->q.id, why,
			    err);
	}
	cn_buf_wipe(&first);
	return r;
}

int cn_intake_requeue(struct cn_intake *in, const char *pub,
    struct cn_buf *lines, void (*tell)(void *, const char *, const char *),
    void *arg, int64_t *show, struct cn_err *err)
{
	struct item m = { .store = in->store };
	struct cn_err why;
	int r = cn_quarantine_find(in->store, pub, &m.q, err);

	if (r <= 0 || m.q.coming)
		return r < 0 ? -1 : r == 0;
	/* An erasure stands, and its bytes may not say when it arrived; lines
	 * lie there too, and many a line looks like a header. */
	if (strcmp(m.q.reason, CN_INTAKE_OLDER) == 0 ||
	    strstr(m.q.place, "mail") == NULL) {
		tell(arg, m.q.place, m.q.reason);
		return 0;
	}
	r = requeue(in, &m, &why, err);
	cn_buf_wipe(&m.b);
	if (r == 1)
		tell(arg, m.q.place, why.msg);
	return r < 0 ? -1 : r == 1 ? 0 : cn_large_flush(in, lines, tell,
	    arg, show, err);
}
