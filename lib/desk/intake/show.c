/* What goes out for a message that has been taken in. */
#include "desk/intake/intake_int.h"
#include "store/mailbox.h"

static int gather(void *raw, struct cn_str piece, struct cn_err *err)
{
	(void)err;
	cn_buf_add(raw, piece.p, piece.n);
	return 0;
}

static int box(struct cn_intake *in, const struct cn_intake_item *it,
    int64_t id, struct cn_buf *mails, struct cn_err *err)
{
	struct cn_buf raw = { 0 };
	int r = cn_message_pieces(in->store, id, gather, &raw, err);

	if (r == 0)
		cn_mbox_put(mails, cn_buf_view(&raw), it->msg.from.n > 0 ?
		    it->msg.from.v[0].addr : NULL, it->msg.date);
	cn_buf_wipe(&raw);
	return r;
}

int cn_intake_show(struct cn_intake *in, struct cn_intake_item *it, int64_t id,
    bool is_known, struct cn_buf *lines, struct cn_err *err)
{
	const struct cn_intake_folder *f = &in->folders[it->folder_at];
	unsigned what = it->at.place.uid ? CN_LOAD_PLACES : 0;
	struct cn_msg m = it->msg;

	if ((in->flags & CN_INTAKE_SILENT) ||
	    (is_known && (in->flags & CN_INTAKE_NEW)))
		return 0;
	if ((in->flags & CN_INTAKE_MBOX) && it->pieces != NULL) {
		in->large = id;
		return 0;
	}
	if (in->flags & CN_INTAKE_MBOX)
		return box(in, it, id, lines, err);
	/* What is new has the head that it came with, and lies there alone. */
	if (!is_known && what && it->at.nlabels == 0 && !it->requeued) {
		what = 0;
		cn_mailbox_place(&m, f->account, f->name, it->at.place.flags,
		    &it->mem);
	}
	what |= is_known ? 0 : CN_LOAD_REST;
	if (cn_message_load(in->store, id, what, &m, &it->mem, err) < 0)
		return -1;
	m.text = it->msg.text;
	m.text_len = it->msg.text_len;
	m.attachments = it->msg.attachments;
	m.nattachments = it->msg.nattachments;
	if (is_known)
		m.class_json.n = m.replies_json.n = 0;
	m.known = is_known;
	cn_msg_line(lines, &m, in->flags);
	return 0;
}
