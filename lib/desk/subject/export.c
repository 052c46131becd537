#include "desk/subject/export.h"

#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/times.h"
#include "crypt/keys.h"
#include "desk/subject/cover.h"
#include "desk/subject/page.h"
#include "store/audit.h"
#include "store/list.h"
#include "store/rating.h"

#define PRF_BYTES 8			/* of a subject in an audit entry */

const char *const cn_export_words[] = { "access", "portability", NULL };

struct gather {
	const struct cn_export *x;
	struct cn_bundle *bundle;
	struct cn_export_counts *counts;
	struct cn_arena mem;		/* lives as long as the export */
	struct cn_owned *own;		/* in the order of the page */
	size_t nown;
	struct cn_owned **by_id;	/* the same, by their numbers */
	struct cn_contact *contacts;
	size_t ncontacts;
	char (*known)[2 * PRF_BYTES + 1]; /* the contacts in the audit */
	struct cn_bundle_file *lines, *mbox, *chat, *page, *out;
	struct cn_buf buf;
	bool derived;
};

int cn_export_find(struct cn_export *x, const char *identifier,
    struct cn_err *err)
{
	int r = cn_person_find(x->store, identifier, &x->who, err);

	if (r == 0) {
		cn_fail(err, CN_BLOCKED, "nobody in the store has that "
		    "address, number or id");
		return cn_hint(err, "nothing is held about them, or it was "
		    "erased; see also 'cn-query person:ADDRESS'");
	}
	if (r == 1 && strcmp(x->who.state, "live") != 0)
		return cn_fail(err, CN_BLOCKED, "person %s: is %s",
		    x->who.pub, x->who.state);
	return r < 0 ? -1 : 0;
}

int cn_export_audit(const struct cn_export *x, const char *what,
    int64_t count, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_contact *c;
	int64_t *leaves;
	size_t n, i;
	int r = cn_person_contacts(x->store, x->who.person, &mem, &c, &n, err);

	if (r == 0) {
		leaves = cn_arena_alloc(&mem, n * sizeof(*leaves) + 1);
		for (i = 0; i < n; i++)
			leaves[i] = c[i].leaf;
		r = cn_audit_now(x->store, &(struct cn_audit_entry){ what,
		    cn_export_words[x->purpose], count, leaves, n }, err);
	}
	cn_arena_release(&mem);
	return r;
}

/* Hands the buffer to a file and empties it. */
static int flush(struct gather *g, struct cn_bundle_file *f,
    struct cn_err *err)
{
	int r = cn_bundle_add(f, g->buf.p ? g->buf.p : "", g->buf.len, err);

	if (g->buf.len > 0)
		cn_wipe(g->buf.p, g->buf.len);
	g->buf.len = 0;
	return r;
}

/* --- messages --- */

static int64_t first_date(const struct gather *g, const struct cn_owned *o)
{
	size_t i;

	/* own is still in the order of dates. */
	for (i = 0; g->own[i].conversation != o->conversation; i++)
		;
	return g->own[i].date;
}

struct place {
	int64_t first;
	struct cn_owned own;
};

static int cmp(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

static int by_place(const void *va, const void *vb)
{
	const struct place *a = va, *b = vb;
	int r = cmp(a->first, b->first);

	if (r == 0)
		r = cmp(a->own.conversation, b->own.conversation);
	if (r == 0)
		r = cmp(a->own.date, b->own.date);
	return r ? r : cmp(a->own.id, b->own.id);
}

static int by_id(const void *va, const void *vb)
{
	return cmp((*(struct cn_owned *const *)va)->id,
	    (*(struct cn_owned *const *)vb)->id);
}

/* Conversations in the order in which they began, messages by date. */
static void arrange(struct gather *g)
{
	struct place *p = cn_arena_alloc(&g->mem, g->nown * sizeof(*p) + 1);
	size_t i;

	for (i = 0; i < g->nown; i++)
		p[i] = (struct place){ first_date(g, &g->own[i]), g->own[i] };
	g->by_id = cn_arena_alloc(&g->mem, g->nown * sizeof(*g->by_id) + 1);
	if (g->nown > 1)
		qsort(p, g->nown, sizeof(*p), by_place);
	for (i = 0; i < g->nown; i++) {
		g->own[i] = p[i].own;
		g->by_id[i] = &g->own[i];
	}
	if (g->nown > 1)
		qsort(g->by_id, g->nown, sizeof(*g->by_id), by_id);
}

static int put(void *file, struct cn_str piece, struct cn_err *err)
{
	return cn_bundle_add(file, piece.p, piece.n, err);
}

static int chat_line(void *arg, struct cn_str piece, struct cn_err *err)
{
	struct gather *g = arg;

	(void)err;
	cn_buf_add(&g->buf, piece.p, piece.n);
	return 0;
}

static int raw(struct gather *g, const struct cn_owned *o,
    const struct cn_msg *m, struct cn_err *err)
{
	if (strcmp(m->channel, "email") == 0)
		return cn_message_mbox(g->x->store, o->id, m, put, g->mbox,
		    err);
	if (g->chat == NULL &&
	    (g->chat = cn_bundle_open(g->bundle, "chat.jsonl", err)) == NULL)
		return -1;
	if (cn_message_pieces(g->x->store, o->id, chat_line, g, err) < 0)
		return -1;
	if (g->buf.len == 0 || g->buf.p[g->buf.len - 1] != '\n')
		cn_buf_ch(&g->buf, '\n');
	return flush(g, g->chat, err);
}

static int message(struct gather *g, size_t i, struct cn_arena *mem,
    struct cn_err *err)
{
	const struct cn_owned *o = &g->own[i];
	bool first = i == 0 || o->conversation != o[-1].conversation;
	struct cn_msg m;

	if (cn_message_load(g->x->store, o->id, CN_LOAD_HASHES |
	    CN_LOAD_PLACES, &m, mem, err) < 0)
		return cn_wrap(err, "message %s", o->pub);
	if (!g->derived)
		m.class_json = m.replies_json = (struct cn_str){ NULL, 0 };
	cn_msg_line(&g->buf, &m, 0);
	if (flush(g, g->lines, err) < 0)
		return -1;
	cn_page_message(&g->buf, &m, first, g->derived);
	if (flush(g, g->page, err) < 0)
		return -1;
	g->counts->messages++;
	g->counts->conversations += first;
	return raw(g, o, &m, err);
}

static int messages(struct gather *g, struct cn_err *err)
{
	const struct cn_run *run = cn_store_run(g->x->store);
	struct cn_arena mem = { 0 };
	struct cn_page_head h = { g->x->who.pub, g->x->config->name,
	    g->x->purpose == CN_EXPORT_ACCESS ? "your right of access "
	    "(GDPR Art. 15)" : "your right to take it along (GDPR Art. 20)",
	    g->x->now };
	size_t i;
	int r;

	g->lines = cn_bundle_open(g->bundle, "messages.jsonl", err);
	if (g->lines == NULL || (g->mbox = cn_bundle_open(g->bundle,
	    "messages.mbox", err)) == NULL || (g->page =
	    cn_bundle_open(g->bundle, "index.html", err)) == NULL)
		return -1;
	cn_page_begin(&g->buf, &h);
	r = flush(g, g->page, err);
	for (i = 0; r == 0 && i < g->nown; i++) {
		if (*run->stop)
			r = cn_fail(err, CN_TEMPFAIL, "interrupted");
		else
			r = message(g, i, &mem, err);
		if (run->progress)
			run->progress(run->progress_arg, i + 1, g->nown);
		cn_arena_reset(&mem);
	}
	cn_arena_release(&mem);
	if (r < 0 || cn_bundle_close(g->lines, err) < 0 ||
	    cn_bundle_close(g->mbox, err) < 0)
		return -1;
	return g->chat ? cn_bundle_close(g->chat, err) : 0;
}

/* --- the smaller files --- */

static int contacts(struct gather *g, struct cn_err *err)
{
	static const char *const may[] = { "classify", "suggest", "report" };
	struct cn_buf *b = &g->buf;
	char t[CN_TIME_LEN];
	size_t i;
	int r;

	cn_buf_ch(b, '{');
	cn_json_kv(b, "person", g->x->who.pub);
	cn_json_key(b, "may");
	cn_buf_ch(b, '[');
	for (i = 0; i < 3; i++)
		if (g->x->who.may & 1u << i)
			cn_buf_fmt(b, "%s\"%s\"",
			    b->p[b->len - 1] == '[' ? "" : ",", may[i]);
	cn_buf_ch(b, ']');
	cn_json_key(b, "contacts");
	cn_buf_ch(b, '[');
	for (i = 0; i < g->ncontacts; i++) {
		const struct cn_contact *c = &g->contacts[i];

		cn_buf_str(b, i ? ",\n {" : "\n {");
		cn_json_kv(b, "kind", c->kind);
		cn_json_kv(b, "value", c->value);
		cn_json_kv(b, "name", c->name);
		cn_json_kv(b, "since", cn_time_fmt(t, c->created));
		cn_buf_ch(b, '}');
	}
	cn_buf_str(b, "]}\n");
	g->counts->contacts = (int64_t)g->ncontacts;
	r = cn_bundle_put(g->bundle, "contacts.json", cn_buf_view(b), err);
	b->len = 0;
	return r;
}

static int named(struct gather *g, struct cn_err *err)
{
	struct cn_owned *v;
	char t[CN_TIME_LEN];
	size_t n, i;
	int r;

	if (cn_person_named(g->x->store, g->x->who.person, &g->mem, &v, &n,
	    err) < 0)
		return -1;
	cn_buf_str(&g->buf, "date,message,as\r\n");
	for (i = 0; i < n; i++)
		cn_buf_fmt(&g->buf, "%s,%s,\"%s\"\r\n",
		    cn_time_fmt(t, v[i].date), v[i].pub, v[i].roles);
	g->counts->named = (int64_t)n;
	r = cn_bundle_put(g->bundle, "named.csv", cn_buf_view(&g->buf), err);
	g->buf.len = 0;
	return r;
}

/* RFC 4180; a cell that begins like a formula gets an apostrophe. */
static void cell(struct cn_buf *b, const char *s, const char *end)
{
	s = s ? s : "";
	cn_buf_ch(b, '"');
	if (*s != '\0' && strchr("=+-@\t\r", *s) != NULL)
		cn_buf_ch(b, '\'');
	for (; *s != '\0'; s++) {
		if (*s == '"')
			cn_buf_ch(b, '"');
		cn_buf_ch(b, *s);
	}
	cn_buf_fmt(b, "\"%s", end);
}

static int ratings(struct gather *g, struct cn_err *err)
{
	struct cn_rating *v;
	char t[CN_TIME_LEN];
	size_t n, i;
	int r;

	if (cn_rating_list(g->x->store, g->x->who.person, &g->mem, &v, &n,
	    err) < 0)
		return -1;
	g->counts->ratings = (int64_t)n;
	if (n == 0)
		return 0;
	cn_buf_str(&g->buf, "time,score,scale,comment,conversation,rating\r\n");
	for (i = 0; i < n; i++) {
		cn_buf_fmt(&g->buf, "%s,%lld,%lld,", cn_time_fmt(t, v[i].time),
		    (long long)v[i].score, (long long)v[i].scale);
		cell(&g->buf, v[i].comment, ",");
		cn_buf_fmt(&g->buf, "%s,%s\r\n", v[i].conversation_pub ?
		    v[i].conversation_pub : "", v[i].pub);
	}
	r = cn_bundle_put(g->bundle, "ratings.csv", cn_buf_view(&g->buf), err);
	cn_wipe(g->buf.p, g->buf.len);
	g->buf.len = 0;
	return r;
}

static int event(void *arg, const struct cn_event_row *e, struct cn_err *err)
{
	struct gather *g = arg;
	struct cn_owned key = { .id = e->message }, *k = &key, **found;
	char t[CN_TIME_LEN];

	found = e->message == 0 ? NULL : bsearch(&k, g->by_id, g->nown,
	    sizeof(*g->by_id), by_id);
	if (found == NULL || (!g->derived &&
	    strcmp(e->kind, "received") != 0 &&
	    strcmp(e->kind, "answered") != 0))
		return 0;
	cn_buf_fmt(&g->buf, "%s,", cn_time_fmt(t, e->time));
	cell(&g->buf, e->kind, ",");
	cell(&g->buf, e->channel, ",");
	cell(&g->buf, e->value, ",");
	cn_buf_fmt(&g->buf, "%s,%s\r\n", (*found)->conversation_pub,
	    (*found)->pub);
	g->counts->events++;
	return flush(g, g->out, err);
}

static int events(struct gather *g, struct cn_err *err)
{
	if ((g->out = cn_bundle_open(g->bundle, "events.csv", err)) == NULL)
		return -1;
	cn_buf_str(&g->buf, "time,kind,channel,value,conversation,message\r\n");
	if (flush(g, g->out, err) < 0 || (g->nown > 0 && cn_event_list(
	    g->x->store, INT64_MIN, INT64_MAX, event, g, err) < 0))
		return -1;
	return cn_bundle_close(g->out, err);
}

/* The names under which audit entries know the person (store/audit.c). */
static int known_as(struct gather *g, struct cn_err *err)
{
	uint8_t h[CN_HASH];
	size_t i;

	g->known = cn_arena_alloc(&g->mem, g->ncontacts *
	    sizeof(*g->known) + 1);
	for (i = 0; i < g->ncontacts; i++) {
		if (cn_leaf_prf(cn_store_keys(g->x->store),
		    g->contacts[i].leaf, "audit", "", 0, h, err) < 0)
			return -1;
		cn_hex(g->known[i], h, PRF_BYTES);
	}
	return 0;
}

static bool is_about(const struct gather *g, struct cn_str subjects)
{
	struct cn_json_it it;
	size_t i;

	if (subjects.n == 0)
		return false;
	cn_json_walk(&it, subjects);
	while (cn_json_next(&it))
		for (i = 0; i < g->ncontacts; i++)
			if (it.val.n == 2 * PRF_BYTES + 2 && memcmp(
			    it.val.p + 1, g->known[i], 2 * PRF_BYTES) == 0)
				return true;
	return false;
}

static int audit_entry(void *arg, int64_t id, const char *text,
    struct cn_err *err)
{
	static const char *const shown[] = { "time", "command", "what",
	    "purpose" };
	struct gather *g = arg;
	struct cn_str entry = cn_str(text), v = cn_json_get(entry, "time");
	char at[CN_TIME_LEN] = "";
	int64_t time;
	size_t i;

	(void)id;
	if (v.n == sizeof(at) + 1)
		memcpy(at, v.p + 1, sizeof(at) - 1);
	/* The clock may have moved on since the run began. */
	if (!cn_time_parse(at, &time) || (time > g->x->now &&
	    cn_store_run(g->x->store)->now_given) ||
	    !is_about(g, cn_json_get(entry, "subjects")))
		return 0;
	cn_buf_ch(&g->buf, '{');
	for (i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		if ((v = cn_json_get(entry, shown[i])).n == 0)
			continue;
		cn_json_key(&g->buf, shown[i]);
		cn_buf_add(&g->buf, v.p, v.n);
	}
	cn_buf_str(&g->buf, "}\n");
	g->counts->audit++;
	return flush(g, g->out, err);
}

static int audit(struct gather *g, struct cn_err *err)
{
	if (!g->derived)
		return 0;
	g->out = cn_bundle_open(g->bundle, "audit.jsonl", err);
	if (g->out == NULL || known_as(g, err) < 0 ||
	    cn_audit_list(g->x->store, 0, audit_entry, g, err) < 0)
		return -1;
	return cn_bundle_close(g->out, err);
}

int cn_export_gather(const struct cn_export *x, struct cn_bundle *bundle,
    struct cn_export_counts *counts, struct cn_err *err)
{
	struct gather g = { .x = x, .bundle = bundle, .counts = counts,
	    .derived = x->purpose == CN_EXPORT_ACCESS };
	int r;

	memset(counts, 0, sizeof(*counts));
	r = cn_person_contacts(x->store, x->who.person, &g.mem, &g.contacts,
	    &g.ncontacts, err);
	if (r == 0)
		r = cn_person_messages(x->store, x->who.person, &g.mem,
		    &g.own, &g.nown, err);
	if (r == 0) {
		arrange(&g);
		r = messages(&g, err);
	}
	if (r == 0 && (contacts(&g, err) < 0 || named(&g, err) < 0 ||
	    ratings(&g, err) < 0 || events(&g, err) < 0 || audit(&g, err) < 0))
		r = -1;
	if (r == 0)
		r = cn_cover(x, bundle, counts, g.page, err);
	cn_buf_wipe(&g.buf);
	cn_arena_release(&g.mem);
	return r;
}
