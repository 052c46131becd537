/* fields.c - what the header says: subject, ids, people, date */
#include <strings.h>

#include "mime.h"

struct known {
	struct cn_mail *m;
	struct cn_addr_list from, sender, reply_to, to, cc, bcc;
	bool subject, date;
};

/* The next <id>, without the brackets; n == 0 where there is none. */
static struct cn_str next_id(struct cn_str *v)
{
	const char *end = v->p + v->n, *p, *b = NULL;
	struct cn_str id = { "", 0 };

	for (p = v->p; p < end && id.n == 0; p++) {
		if (*p == '<') {
			b = p + 1;
		} else if (*p == '>' && b) {
			id = (struct cn_str){ b, (size_t)(p - b) };
			id = cn_str_trim(id);
			b = NULL;
		}
	}
	v->n = (size_t)(end - p);
	v->p = p;
	return id;
}

static const char *one_id(struct cn_mail *m, struct cn_str v)
{
	struct cn_str rest = v, id = next_id(&rest);
	size_t n = 0;

	if (id.n == 0) {
		/* No brackets: the first word, if it can be an id. */
		id = v = cn_str_trim(v);
		while (n < v.n && !cn_is_wsp((unsigned char)v.p[n]))
			n++;
		id.n = memchr(v.p, '@', n) || n == v.n ? n : 0;
	}
	return cn_mail_decode(&m->mem, id, &m->defects);
}

static void references(struct cn_mail *m, struct cn_str v)
{
	struct cn_str rest = v, id;
	size_t n = 0, max;

	if (m->references)
		return;
	while (next_id(&rest).n > 0 && n <= CN_MAIL_REFS)
		n++;
	if (n > CN_MAIL_REFS)
		m->defects |= CN_DEF_REFS;
	max = n > CN_MAIL_REFS ? CN_MAIL_REFS : n;
	m->references = cn_arena_alloc(&m->mem, (max + 1) * sizeof(char *));
	while (m->n_references < max && (id = next_id(&v)).n > 0)
		m->references[m->n_references++] =
		    cn_mail_decode(&m->mem, id, &m->defects);
}

static void return_path(struct cn_mail *m, struct cn_str v)
{
	struct cn_addr_list l = { NULL, 0, 0 };
	unsigned defects = 0;

	cn_mime_addrs(&m->mem, &l, v, 1, &defects);
	if (l.n > 0 && *l.v[0].addr)
		m->return_path = l.v[0].addr;
	else
		m->null_return = cn_str_eq(cn_str_trim(v), "<>");
}

static bool people(struct known *k, struct cn_field *f)
{
	struct cn_mail *m = k->m;
	const struct {
		const char *name;
		struct cn_addr_list *to;
		bool once;
	} lists[] = {
		{ "from", &k->from, true },
		{ "sender", &k->sender, true },
		{ "reply-to", &k->reply_to, true },
		{ "to", &k->to, false },
		{ "cc", &k->cc, false },
		{ "bcc", &k->bcc, false },
	};
	size_t have = k->from.n + k->sender.n + k->reply_to.n + k->to.n +
	    k->cc.n + k->bcc.n;

	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++) {
		struct cn_addr_list *l = lists[i].to;

		if (!cn_str_ieq(f->name, lists[i].name))
			continue;
		if (lists[i].once && l->n > 0) {
			if (l == &k->from)
				m->defects |= CN_DEF_FROM;
			return true;
		}
		cn_mime_addrs(&m->mem, l, f->value,
		    CN_MAIL_ADDRS - have + l->n, &m->defects);
		return true;
	}
	return false;
}

static void one(struct known *k, struct cn_field *f)
{
	struct cn_mail *m = k->m;

	/* The longest name that means something here. */
	if (f->name.n > 11 || people(k, f))
		return;
	if (cn_str_ieq(f->name, "subject") && !k->subject) {
		m->subject = cn_mail_decode(&m->mem, f->value, &m->defects);
		k->subject = true;
	} else if (cn_str_ieq(f->name, "date") && !k->date) {
		m->has_date = cn_mail_date(f->value, &m->date);
		k->date = true;
	} else if (cn_str_ieq(f->name, "message-id") && !*m->message_id) {
		m->message_id = one_id(m, f->value);
	} else if (cn_str_ieq(f->name, "in-reply-to") && !*m->in_reply_to) {
		m->in_reply_to = one_id(m, f->value);
	} else if (cn_str_ieq(f->name, "references")) {
		references(m, f->value);
	} else if (cn_str_ieq(f->name, "return-path") && !*m->return_path) {
		return_path(m, f->value);
	}
}

static struct cn_addrs list(const struct cn_addr_list *l)
{
	return (struct cn_addrs){ l->v, l->n };
}

void cn_mime_fields(struct cn_mail *m)
{
	struct known k = { .m = m };

	m->subject = m->message_id = m->in_reply_to = m->return_path = "";
	for (size_t i = 0; i < m->n_fields; i++)
		one(&k, &m->fields[i]);
	m->from = list(&k.from);
	m->sender = list(&k.sender);
	m->reply_to = list(&k.reply_to);
	m->to = list(&k.to);
	m->cc = list(&k.cc);
	m->bcc = list(&k.bcc);
	if (m->from.n == 0)
		m->defects |= CN_DEF_FROM;
	if (!m->has_date)
		m->defects |= CN_DEF_DATE;
}
