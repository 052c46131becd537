/* Suggested replies as mails. */
#include <string.h>

#include "base/enc.h"
#include "crypt/crypt.h"
#include "desk/reply/suggest_int.h"

static bool is(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

/* The desk's address that was written to, else its first; where none is
 * configured, whatever was written to. */
static const char *from_address(struct cn_suggest *s, const struct cn_msg *m)
{
	const struct cn_addrs *lists[] = { &m->to, &m->cc };
	size_t k, i;

	for (k = 0; k < 2; k++)
		for (i = 0; i < lists[k]->n; i++)
			if (cn_config_is_desk(s->items.conf,
			    lists[k]->v[i].addr))
				return lists[k]->v[i].addr;
	if (s->items.conf->desk != NULL && s->items.conf->desk[0] != NULL)
		return s->items.conf->desk[0];
	return m->to.n > 0 && strchr(m->to.v[0].addr, '@') != NULL ?
	    m->to.v[0].addr : NULL;
}

int cn_suggest_parent(struct cn_suggest *s, struct cn_item *it,
    struct cn_mail *mail, struct cn_err *err)
{
	const struct cn_msg *m = &it->msg;

	memset(mail, 0, sizeof(*mail));
	if (cn_item_head(&s->items, it, err) < 0)
		return -1;
	if (it->has_head)
		return cn_mail_parse(mail, it->head.p, it->head.n,
		    CN_MAIL_HEADERS_ONLY, err) < 0 ? -1 : 1;
	if (it->id != 0)
		return 0;
	mail->subject = m->subject ? m->subject : "";
	mail->message_id = m->message_id ? m->message_id : "";
	mail->in_reply_to = m->in_reply_to ? m->in_reply_to : "";
	mail->references = cn_arena_alloc(&mail->mem,
	    (m->nreferences + 1) * sizeof(*mail->references));
	mail->n_references = m->nreferences;
	if (m->nreferences > 0)
		memcpy(mail->references, m->references,
		    m->nreferences * sizeof(*mail->references));
	mail->from = m->from;
	return 1;
}

/* The same draft has the same id on every run. */
static const char *name_of(struct cn_item *it)
{
	uint8_t digest[CN_SHA];
	char *hex;

	if (it->msg.id != NULL && strspn(it->msg.id,
	    "abcdefghijklmnopqrstuvwxyz0123456789") == strlen(it->msg.id))
		return it->msg.id;
	cn_sha256(digest, it->line.p, it->line.len);
	hex = cn_arena_alloc(&it->mem, 33);
	cn_hex(hex, digest, 16);
	return hex;
}

/* Takes off those who are not to get it: the desk, or, without one, who reads
 * nothing.  false, and all stay: nobody would be left. */
static bool leave(struct cn_draft *d, const struct cn_config *desk,
    struct cn_arena *mem)
{
	struct cn_addr *to = cn_arena_alloc(mem, (d->n_to + 1) * sizeof(*to));
	size_t i, n = 0;

	for (i = 0; i < d->n_to; i++)
		if (desk ? !cn_config_is_desk(desk, d->to[i].addr) :
		    !cn_addr_unread(d->to[i].addr))
			to[n++] = d->to[i];
	if (n == 0)
		return false;
	d->to = to;
	d->n_to = n;
	return true;
}

/* Whom the answer goes to.  Not to ourselves, whatever the mail says: where
 * Reply-To names nobody else, to the sender.  false: there is nobody. */
static bool address(struct cn_draft *d, const struct cn_suggest *s,
    struct cn_mail *mail)
{
	cn_mail_reply(d, mail);
	if (leave(d, s->items.conf, &mail->mem))
		return true;
	if (mail->reply_to.n == 0)
		return false;
	mail->reply_to.n = 0;
	cn_mail_reply(d, mail);
	return leave(d, s->items.conf, &mail->mem);
}

int cn_suggest_unread(struct cn_suggest *s, struct cn_item *it,
    struct cn_err *err)
{
	struct cn_draft d = { .n_to = 0 };
	struct cn_mail mail;
	int r;

	if (is(it->msg.channel, "chat") || it->msg.from.n == 0)
		return 0;
	r = cn_suggest_parent(s, it, &mail, err);
	if (r == 1)
		r = address(&d, s, &mail) && !leave(&d, NULL, &mail.mem);
	cn_mail_release(&mail);
	return r;
}

static int put_mail(struct cn_buf *b, struct cn_suggest *s,
    struct cn_item *it, struct cn_mail *mail, struct cn_str reply,
    int64_t now, struct cn_err *err)
{
	struct cn_draft d = { .date = now };
	struct cn_arena *mem = &it->mem;
	struct cn_str source = cn_json_get(reply, "source");
	const char *macro = cn_json_string(mem, cn_json_get(source, "macro"));
	const char *from = from_address(s, &it->msg);
	struct cn_str rank_is = cn_json_get(reply, "rank");
	struct cn_str score = cn_json_get(reply, "score");
	struct cn_buf built = { 0 };
	int r;

	if (from == NULL) {
		(void)cn_fail(err, CN_CONFIG,
		    "no address of the desk to answer from");
		return cn_hint(err, "name it in config.yaml: 'desk: "
		    "[support@example.com]' (cn-config(5))");
	}
	if (!address(&d, s, mail))
		return 0;
	(void)leave(&d, NULL, &mail->mem);
	d.from = (struct cn_addr){ s->agent ? s->agent : s->items.conf->name ?
	    s->items.conf->name : "", from };
	d.message_id = cn_arena_fmt(mem, "draft.%s.%.*s%s", name_of(it),
	    (int)rank_is.n, rank_is.p, strchr(from, '@'));
	d.text = cn_json_string(mem, cn_json_get(reply, "text"));
	d.extra.p = cn_arena_fmt(mem, "X-CN-Draft: rank=%.*s; score=%.*s; "
	    "source=%s\n", (int)rank_is.n, rank_is.p, (int)score.n, score.p,
	    macro ? "macro" : cn_json_get(source, "from").n > 0 ?
	    "generator" : "message");
	d.extra.n = strlen(d.extra.p);
	r = cn_mail_build(&built, &d, err);
	if (r == 0)
		cn_mbox_put(b, cn_buf_view(&built), from, now);
	cn_buf_wipe(&built);
	return r;
}

int cn_suggest_mails(struct cn_buf *b, struct cn_suggest *s,
    struct cn_item *it, int64_t now, struct cn_err *err)
{
	struct cn_json_it i;
	struct cn_mail mail;
	int r;

	if (it->skipped != NULL || it->json.n <= 2 ||
	    is(it->msg.channel, "chat") || it->msg.from.n == 0)
		return 0;
	r = cn_suggest_parent(s, it, &mail, err);
	cn_json_walk(&i, it->json);
	while (r == 1 && cn_json_next(&i)) {
		r = put_mail(b, s, it, &mail, i.val, now, err) < 0 ? -1 : 1;
		/* An address that cannot be answered is one message's fault. */
		if (r < 0 && err->status == CN_USAGE)
			r = 0;
	}
	cn_mail_release(&mail);
	return r < 0 ? -1 : 0;
}
