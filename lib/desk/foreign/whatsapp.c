/* A text export is read twice: what its dates mean, and whether the desk is
 * in it, is told by all of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/times.h"
#include "base/utf8.h"
#include "crypt/crypt.h"
#include "desk/foreign/foreign_in.h"
#include "desk/foreign/whatshead.h"

#define NAME_MAX_BYTES 256

struct record {
	struct cn_whats_head head;
	struct cn_str all;		/* its lines */
	struct cn_str name, text;	/* name.p NULL: a notice */
};

/* How often a message came that says the same at the same time: the
 * messages of the present moment, forgotten with it. */
struct same {
	struct { uint64_t key; uint32_t moment, n; } *slot;
	size_t cap, used;
	uint32_t moment;
	int64_t at;
};

struct chat {
	struct cn_foreign_doc *d;
	const char *p, *end;		/* what is left */
	struct cn_whats_head style;	/* of the first message */
	bool month_first;
	const char *customer;		/* the first */
	char *id;			/* of its first message; ours */
	struct same same;
};

/* --- records --- */

static struct cn_str bare(struct cn_str line)
{
	while (line.n > 0 && strchr("\r\n", line.p[line.n - 1]) != NULL &&
	    line.p[line.n - 1] != '\0')
		line.n--;
	return line;
}

bool cn_whatsapp_tell(struct cn_str text)
{
	struct cn_whats_head h;

	text = cn_str_trim(text);
	return cn_whats_head(&h, bare(cn_str_line(text.p, text.p + text.n)));
}

/* WhatsApp's own words about a group hold a colon now and then. */
static bool notice(struct cn_str name)
{
	static const char *const words[] = { " created group ",
	    " changed the subject ", " changed the group " };
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		if (memmem(name.p, name.n, words[i], strlen(words[i])))
			return true;
	return false;
}

static void split(struct record *r)
{
	const char *p = r->head.rest.p, *end = p + r->head.rest.n, *colon;
	const char *all = r->all.p + r->all.n;

	for (colon = p; (colon = memchr(colon, ':', (size_t)(end - colon))) !=
	    NULL; colon++)
		if (colon + 1 == end || cn_whats_space(colon + 1, end) ||
		    cn_whats_mark(colon + 1, end))
			break;
	r->name = r->text = (struct cn_str){ NULL, 0 };
	if (colon == NULL || notice((struct cn_str){ p,
	    (size_t)(colon - p) }))
		return;
	r->name = (struct cn_str){ p, (size_t)(colon - p) };
	p = colon + 1;
	p += cn_whats_space(p, end);
	r->text = cn_str_trim((struct cn_str){ p, (size_t)(all - p) });
}

static bool next(struct chat *c, struct record *r)
{
	struct cn_whats_head h;
	struct cn_str line;

	if (c->p == c->end)
		return false;
	line = cn_str_line(c->p, c->end);
	(void)cn_whats_head(&r->head, bare(line));
	r->all.p = c->p;
	do {
		c->p += line.n;
		if (c->p == c->end)
			break;
		line = cn_str_line(c->p, c->end);
	} while (!cn_whats_head(&h, bare(line)) ||
	    !cn_whats_alike(&h, &c->style));
	r->all.n = (size_t)(c->p - r->all.p);
	split(r);
	return true;
}

/* --- who --- */

/* A name without marks and with plain spaces.  own: '~ NAME', which is not
 * of the address book: its bearer chose it. */
static const char *name_of(struct cn_arena *mem, struct cn_str s, bool *own)
{
	const char *p = s.p, *end = s.p + s.n;
	struct cn_buf b = { 0 };
	const char *name;
	size_t n;

	while (p < end) {
		if ((n = cn_whats_mark(p, end)) > 0) {
			p += n;
		} else if ((n = cn_whats_space(p, end)) > 0) {
			cn_buf_ch(&b, ' ');
			p += n;
		} else if (end - p >= 3 && memcmp(p, "\xe2\x80\x91", 3) == 0) {
			cn_buf_ch(&b, '-');	/* as in phone numbers */
			p += 3;
		} else {
			cn_buf_ch(&b, *p++);
		}
	}
	s = cn_str_trim(cn_buf_view(&b));
	*own = s.n > 0 && s.p[0] == '~';
	if (*own)
		s = cn_str_trim((struct cn_str){ s.p + 1, s.n - 1 });
	name = cn_arena_dup(mem, s.p, s.n);
	cn_buf_wipe(&b);
	return name;
}

static void sender(struct chat *c, const struct record *r,
    struct cn_chat_line *l)
{
	bool own, desk;

	l->name = name_of(&c->d->mem, r->name, &own);
	desk = !own && cn_foreign_desk(c->d->f, l->name);
	l->role = desk ? "agent" : "customer";
	if ((desk || l->name[0] == '+') && cn_foreign_ident(l, l->name,
	    &c->d->mem))
		return;
	/* Another chat's Anna is another Anna. */
	l->handle = desk ? l->name : cn_arena_fmt(&c->d->mem, "%s/%s%s",
	    c->id, own ? "~" : "", l->name);
}

/* --- when --- */

struct survey {
	int64_t last[2];		/* day read as D/M, as M/D */
	const char *bad[2];		/* the first that cannot be one */
	bool back[2];			/* a step back of more than a day */
	bool differ;
	bool desk, many;		/* senders */
	const char *first;		/* sender */
	char *customer;			/* the first that is not the desk; ours */
};

/* The day, or INT64_MIN where there is none. */
static int64_t day_of(const struct cn_whats_head *h, bool month_first)
{
	int y = h->date[h->year_first ? 0 : 2], m, d, y2, m2, d2;
	int64_t day;

	m = h->date[h->year_first || !month_first ? 1 : 0];
	d = h->date[h->year_first ? 2 : month_first ? 1 : 0];
	if (m < 1 || m > 12 || d < 1 || d > 31)
		return INT64_MIN;
	day = cn_days(y, m, d);
	cn_civil(day, &y2, &m2, &d2);
	return m == m2 && d == d2 ? day : INT64_MIN;
}

static void look(struct chat *c, struct survey *s, const struct record *r)
{
	struct cn_arena mem = { 0 };
	const char *name;
	int64_t day;
	bool own, desk;
	int i;

	for (i = 0; i < 2; i++) {
		if (s->bad[i] == NULL && r->head.date[1 - i] > 12)
			s->bad[i] = r->all.p;
		if ((day = day_of(&r->head, i == 1)) == INT64_MIN)
			continue;
		s->back[i] |= day + 1 < s->last[i];
		if (day > s->last[i])
			s->last[i] = day;
	}
	s->differ |= r->head.date[0] != r->head.date[1];
	if (r->name.p == NULL)
		return;
	name = name_of(&mem, r->name, &own);
	if (s->first == NULL)
		s->first = cn_arena_strdup(&c->d->mem, name);
	s->many |= strcmp(s->first, name) != 0;
	desk = !own && cn_foreign_desk(c->d->f, name);
	s->desk |= desk;
	if (!desk && s->customer == NULL)
		s->customer = cn_strdup(name);
	cn_arena_release(&mem);
}

static int decide(struct chat *c, const struct survey *s, struct cn_err *err)
{
	enum cn_date_order order = c->d->f->order;
	char place[48];

	if (!s->desk && (s->many || c->d->f->nagents == 0)) {
		cn_fail(err, CN_USAGE, "none of its senders is the desk");
		return cn_hint(err, "--agent NAME, as the file names it, for "
		    "each, or 'agents' in config.yaml");
	}
	if (c->style.year_first)
		return 0;
	c->month_first = order == CN_DATE_MDY ||
	    (order == CN_DATE_AUTO && s->bad[0] != NULL);
	if (s->bad[c->month_first] != NULL)
		return cn_fail(err, CN_PARTIAL, "%s: a date that is no %s",
		    cn_doc_place(c->d, s->bad[c->month_first], place),
		    c->month_first ? "month/day, among others that are" :
		    "day/month");
	/* Nobody writes the month first with points or dashes. */
	if (order != CN_DATE_AUTO || c->month_first || s->bad[1] != NULL ||
	    c->style.sep != '/' || !s->differ)
		return 0;
	if (s->back[0] == s->back[1]) {
		cn_fail(err, CN_USAGE, "its dates may be day/month or "
		    "month/day");
		return cn_hint(err, "--date-order dmy, or mdy");
	}
	c->month_first = s->back[0];
	return 0;
}

/* --- what --- */

/* The texts of the moment by their hash. */
static unsigned count_same(struct same *s, int64_t at, uint64_t key)
{
	size_t i, old;

	if (s->moment == 0 || at != s->at) {
		s->moment++;
		s->used = 0;
		s->at = at;
	}
	if (2 * s->used >= s->cap) {
		struct same more = { .cap = s->cap ? 2 * s->cap : 64,
		    .moment = s->moment, .at = s->at };

		more.slot = cn_alloc(more.cap * sizeof(*more.slot));
		for (old = 0; old < s->cap; old++) {
			if (s->slot[old].moment != s->moment)
				continue;
			i = s->slot[old].key & (more.cap - 1);
			while (more.slot[i].moment == s->moment)
				i = (i + 1) & (more.cap - 1);
			more.slot[i] = s->slot[old];
			more.used++;
		}
		free(s->slot);
		*s = more;
	}
	for (i = key & (s->cap - 1); s->slot[i].moment == s->moment &&
	    s->slot[i].key != key; i = (i + 1) & (s->cap - 1))
		;
	if (s->slot[i].moment != s->moment) {
		s->slot[i].key = key;
		s->slot[i].moment = s->moment;
		s->slot[i].n = 0;
		s->used++;
	}
	return ++s->slot[i].n;
}

/* A name for what was said then. */
static const char *digest(struct cn_arena *mem, int64_t at, const char *text,
    const char *more)
{
	uint8_t sha[CN_SHA];
	char hex[25];
	const char *all = cn_arena_fmt(mem, "%lld %s %s", (long long)at,
	    more, text);

	cn_sha256(sha, all, strlen(all));
	cn_hex(hex, sha, 12);
	return cn_arena_strdup(mem, hex);
}

static bool ends(const char *text, const char *const *words)
{
	struct cn_str s = cn_str(text);

	s.n -= cn_str_ends(s, ".");
	for (; *words != NULL; words++)
		if (cn_str_ends(s, *words))
			return true;
	return false;
}

static bool is_deleted(const char *text)
{
	static const char *const whole[] = { "This message was deleted",
	    "You deleted this message", "Diese Nachricht wurde gelöscht",
	    "Du hast diese Nachricht gelöscht", "Ce message a été supprimé",
	    "Vous avez supprimé ce message", "Se eliminó este mensaje",
	    "Eliminaste este mensaje", "Mensagem apagada",
	    "Você apagou esta mensagem", "Questo messaggio è stato eliminato",
	    "Hai eliminato questo messaggio", "Dit bericht is verwijderd",
	    "U hebt dit bericht verwijderd", NULL };
	size_t i, n = strlen(text);

	for (i = 0; whole[i] != NULL; i++)
		if (strncmp(text, whole[i], strlen(whole[i])) == 0 &&
		    n - strlen(whole[i]) <= 1)
			return true;
	return false;
}

/* '<attached: NAME>', 'NAME (file attached)' in any language. */
static bool attached(struct cn_arena *mem, const char *text,
    struct cn_attachment *a)
{
	size_t n = strcspn(text, "\r\n"), from = 0, to;

	if (n > 2 && text[0] == '<' && text[n - 1] == '>') {
		from = strcspn(text, ":") + 1;
		to = n - 1;
	} else if (n > 2 && text[n - 1] == ')') {
		for (to = n; to > 0 && text[to - 1] != '('; to--)
			;
		to -= to > 0;
	} else {
		return false;
	}
	while (from < to && text[from] == ' ')
		from++;
	while (to > from && text[to - 1] == ' ')
		to--;
	if (from >= to || memchr(text + from, '.', to - from) == NULL)
		return false;
	a->name = cn_arena_dup(mem, text + from, to - from);
	return true;
}

/* Behind a mark of direction stand WhatsApp's words: a file, one that was
 * left out, or (iOS) a notice.  False: not a message. */
static bool words(struct chat *c, const struct record *r,
    struct cn_chat_line *l, struct cn_attachment *a)
{
	static const char *const omitted[] = { "omitted", "weggelassen",
	    "ausgeblendet", "omitido", "omitida", "omis", "omise", "absent",
	    "absente", "ocultado", "ocultada", "oculto", "omesso", "omessa",
	    "weggelaten", NULL };
	const char *p = r->text.p, *end = p + r->text.n;
	bool marked = false;
	char *text;
	size_t n;

	while ((n = cn_whats_mark(p, end)) > 0) {
		p += n;
		marked = true;
	}
	l->text = text = cn_arena_dup(&c->d->mem, p, (size_t)(end - p));
	for (; p < end; p++)
		if (*p != '\r' || p + 1 == end || p[1] != '\n')
			*text++ = *p;
	*text = '\0';
	if (is_deleted(l->text)) {
		c->d->f->deleted++;
		return false;
	}
	if (marked && attached(&c->d->mem, l->text, a)) {
		l->attachments = a;
		l->nattachments = 1;
	} else if (marked && c->style.bracket && !ends(l->text, omitted)) {
		c->d->f->system++;
		return false;
	}
	return true;
}

static int message(struct chat *c, const struct record *r, struct cn_err *err)
{
	struct cn_attachment file = { 0 };
	struct cn_chat_line l = { 0 };
	struct cn_foreign *f = c->d->f;
	uint8_t sha[CN_SHA];
	uint64_t key;
	int64_t day;

	if (!cn_utf8_valid(r->all.p, r->all.n) ||
	    memchr(r->all.p, '\0', r->all.n) != NULL)
		return cn_doc_refuse(c->d, r->all, err, "not valid UTF-8, or "
		    "a NUL");
	if (r->name.p == NULL) {
		f->system++;
		return 0;
	}
	if (r->name.n > NAME_MAX_BYTES)
		return cn_doc_refuse(c->d, r->all, err, "a name longer than "
		    "%d bytes", NAME_MAX_BYTES);
	if ((day = day_of(&r->head, c->month_first)) == INT64_MIN)
		return cn_doc_refuse(c->d, r->all, err, "no such day");
	if (!words(c, r, &l, &file))
		return 0;
	l.at = cn_local_time(day, r->head.second);
	cn_sha256(sha, l.text, strlen(l.text));
	memcpy(&key, sha, sizeof(key));
	/* The desk may begin many chats with the same words at once. */
	if (c->id == NULL)
		c->id = cn_strdup(f->source != NULL ? f->source :
		    cn_arena_fmt(&c->d->mem, "whatsapp:%s",
		    digest(&c->d->mem, l.at, l.text, c->customer)));
	l.chat = c->id;
	l.uid = cn_arena_fmt(&c->d->mem, "%s:%s", c->id, digest(&c->d->mem,
	    l.at, l.text, cn_arena_fmt(&c->d->mem, "%u", count_same(&c->same,
	    l.at, key))));
	sender(c, r, &l);
	return cn_doc_line(c->d, &l, r->all, err);
}

int cn_whatsapp(struct cn_foreign_doc *d, struct cn_err *err)
{
	struct cn_str text = cn_str_trim(d->text);
	struct chat c = { .d = d, .end = text.p + text.n };
	struct survey s = { .last = { INT64_MIN, INT64_MIN } };
	struct record r;
	int rc = 0;

	(void)cn_whats_head(&c.style, bare(cn_str_line(text.p, c.end)));
	for (c.p = text.p; next(&c, &r);)
		look(&c, &s, &r);
	rc = decide(&c, &s, err);
	c.customer = s.customer ? s.customer : "";
	for (c.p = text.p; rc == 0 && next(&c, &r);) {
		rc = message(&c, &r, err);
		cn_arena_reset(&d->mem);
	}
	free(c.same.slot);
	free(s.customer);
	free(c.id);
	return rc;
}
