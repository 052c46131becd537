#include "rec/msg.h"

#include <string.h>

#include "base/enc.h"

#define REFS_KEPT 32	/* the newest: enough to thread, bounded on a line */

static const char *hash(const struct cn_mail_part *p, struct cn_arena *mem)
{
	char *hex = p->sha_known ? cn_arena_alloc(mem, 65) : NULL;

	if (hex != NULL)
		cn_hex(hex, p->sha256, 32);
	return hex;
}

void cn_msg_hashes(struct cn_msg *m, const struct cn_mail *mail,
    struct cn_arena *mem)
{
	size_t i, n = 0;

	for (i = 0; i < mail->n_parts && n < m->nattachments; i++)
		if (mail->parts[i].attachment)
			m->attachments[n++].sha256 = hash(&mail->parts[i], mem);
}

static void attachments(struct cn_msg *m, struct cn_mail *mail,
    struct cn_arena *mem)
{
	struct cn_attachment *a;
	size_t i, n = 0;

	a = cn_arena_alloc(mem, mail->n_attachments * sizeof(*a) + 1);
	for (i = 0; i < mail->n_parts && n < mail->n_attachments; i++) {
		const struct cn_mail_part *p = &mail->parts[i];

		if (!p->attachment)
			continue;
		a[n].name = p->name;
		a[n].type = p->type;
		a[n].size = (int64_t)p->size;
		a[n++].sha256 = hash(p, mem);
	}
	m->attachments = a;
	m->nattachments = n;
}

static void defects(struct cn_msg *m, unsigned set, struct cn_arena *mem)
{
	const char **v = cn_arena_alloc(mem, 32 * sizeof(*v)), *name;
	unsigned bit = 0;

	while (m->ndefects < 32 &&
	    (name = cn_mail_defect(set, &bit)) != NULL)
		v[m->ndefects++] = name;
	m->defects = v;
}

static const char *set(const char *s)
{
	return s != NULL && s[0] != '\0' ? s : NULL;
}

void cn_msg_from_mail(struct cn_msg *m, struct cn_mail *mail,
    struct cn_arena *mem)
{
	size_t skip = mail->n_references > REFS_KEPT ?
	    mail->n_references - REFS_KEPT : 0;

	memset(m, 0, sizeof(*m));
	m->channel = "email";
	m->from = mail->from.n > 0 ? mail->from : mail->sender;
	m->to = mail->to;
	m->cc = mail->cc;
	m->subject = set(mail->subject);
	m->date = mail->date;
	m->has_date = mail->has_date;
	m->message_id = set(mail->message_id);
	m->in_reply_to = set(mail->in_reply_to);
	m->references = mail->references + skip;
	m->nreferences = mail->n_references - skip;
	m->text = mail->text != NULL ? mail->text : "";
	m->text_len = mail->text_len;
	m->html_only = mail->text_from_html;
	if (!cn_mail_automatic(mail, &m->automatic))
		m->automatic = NULL;
	m->list = cn_mail_is_list(mail);
	m->bounce = cn_mail_bounce(mail) != NULL;
	attachments(m, mail, mem);
	defects(m, mail->defects, mem);
}
