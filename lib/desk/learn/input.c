/* input.c - what a model is told of a message, besides its words as marks
 *
 * A mark is a word of ours.  Those that begin with '~' are newer than some
 * models in stores, and count only where a model knows them. */
#include <string.h>
#include <strings.h>

#include "ai/ai.h"
#include "desk/learn/classify.h"
#include "store/person.h"

#define MARKS 32		/* of a message, at most */
#define LOGO 10240		/* bytes; pictures below stand in signatures */

struct marks {
	struct cn_str v[MARKS];
	size_t n;
};

static void add(struct marks *m, const char *mark)
{
	size_t i;

	for (i = 0; i < m->n; i++)
		if (cn_str_eq(m->v[i], mark))
			return;
	if (m->n < MARKS)
		m->v[m->n++] = cn_str(mark);
}

static bool begins(const char *s, const char *with)
{
	return strncasecmp(s, with, strlen(with)) == 0;
}

static bool ends(const char *s, const char *with)
{
	size_t n = strlen(s), k = strlen(with);

	return n >= k && strcasecmp(s + n - k, with) == 0;
}

/* By its type, or by how its name ends: senders write either as they like. */
static const char *kind_of(const char *type, const char *name)
{
	static const struct {
		const char *type, *end, *mark;
	} kinds[] = {
		{ "application/pdf", ".pdf", "~file:pdf" },
		{ "text/calendar", ".ics", "~file:calendar" },
		{ "audio/", ".m4a", "~file:sound" },
		{ "video/", ".mp4", "~file:video" },
		{ "message/", ".eml", "~file:mail" },
		{ "application/zip", ".zip", "~file:archive" },
		{ "text/csv", ".csv", "~file:table" },
		{ "application/vnd.ms-excel", ".xls", "~file:table" },
		{ "application/vnd.openxmlformats-officedocument.spreadsheetml",
		    ".xlsx", "~file:table" },
		{ "application/vnd.oasis.opendocument.spreadsheet", ".ods",
		    "~file:table" },
		{ "application/msword", ".doc", "~file:text" },
		{ "application/vnd.openxmlformats-officedocument.wordprocessing",
		    ".docx", "~file:text" },
		{ "application/vnd.oasis.opendocument.text", ".odt",
		    "~file:text" },
		{ "image/", ".heic", "~file:image" },
		{ "image/", ".jpg", "~file:image" },
		{ "image/", ".jpeg", "~file:image" },
		{ "image/", ".png", "~file:image" },
	};
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (begins(type, kinds[i].type) || ends(name, kinds[i].end))
			return kinds[i].mark;
	return NULL;
}

/* What names of files say in the languages of our users. */
static const char *named(struct cn_arena *mem, const char *name)
{
	static const char *const words[][2] = {
		{ "invoice", "invoice" }, { "rechnung", "invoice" },
		{ "facture", "invoice" }, { "factura", "invoice" },
		{ "fattura", "invoice" }, { "faktura", "invoice" },
		{ "factuur", "invoice" }, { "fatura", "invoice" },
		{ "receipt", "receipt" }, { "quittung", "receipt" },
		{ "kassenbon", "receipt" }, { "recibo", "receipt" },
		{ "ricevuta", "receipt" }, { "paragon", "receipt" },
		{ "screenshot", "screen" }, { "bildschirmfoto", "screen" },
		{ "screen shot", "screen" }, { "capture d", "screen" },
		{ "retoure", "return" }, { "return", "return" },
	};
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (strcasestr(name, words[i][0]) != NULL)
			return cn_arena_fmt(mem, "~name:%s", words[i][1]);
	return NULL;
}

static void add_files(struct marks *v, const struct cn_msg *m,
    struct cn_arena *mem)
{
	size_t i;

	for (i = 0; i < m->nattachments; i++) {
		const struct cn_attachment *a = &m->attachments[i];
		const char *name = a->name ? a->name : "", *mark;

		mark = kind_of(a->type ? a->type : "", name);
		if (mark == NULL || (a->size < LOGO &&
		    strcmp(mark, "~file:image") == 0))
			continue;
		add(v, mark);
		if ((mark = named(mem, name)) != NULL)
			add(v, mark);
	}
}

/* Which of the desk's mailboxes was written to: billing@, returns@; not which
 * agent. */
static void add_desk(struct marks *v, const struct cn_config *conf,
    const struct cn_addrs *to, struct cn_arena *mem)
{
	const char *addr, *kind;
	size_t i;

	for (i = 0; i < to->n; i++) {
		addr = cn_ident_normal(mem, to->v[i].addr, &kind);
		if (addr == NULL || !cn_config_is_shared(conf, addr))
			continue;
		add(v, cn_arena_fmt(mem, "~to:%.*s", (int)strcspn(addr, "@"),
		    addr));
	}
}

static struct cn_str domain_of(const struct cn_msg *m)
{
	const char *at = m->from.n > 0 ? strrchr(m->from.v[0].addr, '@') : NULL;

	return cn_str(at ? at + 1 : NULL);
}

/* What a line says of its mail besides the words. */
static void put_marks(const struct cn_config *conf, struct cn_item *it,
    struct cn_ai_input *in)
{
	struct marks *v = cn_arena_alloc(&it->mem, sizeof(*v));
	const struct cn_msg *m = &it->msg;

	v->n = 0;
	if (m->list)
		add(v, "list");
	if (m->bounce)
		add(v, "bounce");
	if (m->html_only)
		add(v, "html");
	if (m->nattachments > 0)
		add(v, "files");
	if (m->in_reply_to != NULL)
		add(v, "answers");
	if (m->automatic != NULL)
		add(v, cn_arena_fmt(&it->mem, "automatic:%s", m->automatic));
	if (in->sender_domain.n > 0)
		add(v, cn_arena_fmt(&it->mem, "from:%.*s",
		    (int)in->sender_domain.n, in->sender_domain.p));
	add_files(v, m, &it->mem);
	add_desk(v, conf, &m->to, &it->mem);
	add_desk(v, conf, &m->cc, &it->mem);
	in->marks = v->v;
	in->nmarks = v->n;
}

/* The mark of bulk mail, as the line has it. */
static bool in_bulk(const struct cn_msg *m)
{
	return m->automatic != NULL && (strcmp(m->automatic, "precedence") ==
	    0 || strcmp(m->automatic, "x-precedence") == 0);
}

void cn_classify_input(const struct cn_config *conf, struct cn_item *it,
    struct cn_ai_input *in)
{
	const struct cn_msg *m = &it->msg;

	*in = (struct cn_ai_input){
	    .subject = cn_str(m->subject), .text = cn_item_own(it),
	    .automatic = m->automatic, .list = m->list, .bulk = in_bulk(m),
	    .bounce = m->bounce,
	    .html_only = m->html_only,
	    .attachments = (unsigned)m->nattachments,
	    .sender_domain = domain_of(m) };
	in->text.n = cn_text_closing(in->text);
	put_marks(conf, it, in);
}
