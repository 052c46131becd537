#include "desk/history.h"

#include <stdlib.h>
#include <string.h>

#include "ai/ai.h"
#include "base/utf8.h"
#include "desk/gate.h"
#include "store/search.h"

#define PAGE 500
#define TEXT_MAX ((size_t)64 << 10)	/* bytes of a text that are split */
#define ASKED 600		/* bytes of a question that are compared */
#define MEANT 200		/* bytes of it of which the meaning is taken */
#define NEAR_MAX ((size_t)16 << 10)	/* bytes of names that are compared */
#define MANY 200	/* persons that know most words of their language */
#define SIGNED 4		/* words of a last line that may be a name */

struct talk {				/* a conversation */
	int64_t person, id;
};

struct cn_history {
	struct cn_store *store;
	const struct cn_config *conf;
	struct cn_arena mem;
	struct cn_past *v;
	size_t n, most;
	struct cn_similar *index;
	const struct cn_encoder *encoder;
	struct meant *meant;		/* of each question, or NULL */
	struct cn_wordset common, people;	/* scrub.h */
	size_t persons;
};

struct meant {
	bool known;
	struct cn_meaning *is;		/* or NULL: of no language we know */
};

static struct cn_str head_of(const struct cn_msg *m)
{
	return (struct cn_str){ m->text ? m->text : "", m->text ?
	    cn_utf8_cut(m->text, m->text_len, TEXT_MAX) : 0 };
}

/* Folded, as drafts are. */
static void own_words(struct cn_buf *b, const struct cn_msg *m)
{
	struct cn_buf own = { 0 };

	b->len = 0;
	cn_text_own(&own, head_of(m));
	cn_fold(b, cn_buf_view(&own));
	cn_buf_wipe(&own);
}

static bool is(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
}

/* --- which conversations --- */

static int by_person(const void *a, const void *b)
{
	const struct talk *x = a, *y = b;

	if (x->person != y->person)
		return x->person < y->person ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* The numbers of the newest answers, in a ring. */
static int answers(struct cn_history *h, int64_t *ring, size_t *total,
    struct cn_err *err)
{
	struct cn_term out = { .kind = CN_T_IS, .name = "is", .text = "out" };
	const struct cn_query q = { &out, 1 };
	int64_t ids[PAGE], after = 0;
	size_t n = 1, i;

	while (n > 0 && !*cn_store_run(h->store)->stop) {
		if (cn_search(h->store, &q, after, ids, PAGE, &n, err) < 0)
			return -1;
		for (i = 0; i < n; i++)
			ring[(*total)++ % h->most] = after = ids[i];
	}
	return 0;
}

/* One person's conversations follow each other, so that their words count
 * once. */
static int talks(struct cn_history *h, struct talk **out, size_t *n,
    struct cn_err *err)
{
	int64_t *ring = cn_alloc(h->most * sizeof(*ring));
	struct cn_message_owner o;
	size_t total = 0, i, k = 0;
	struct talk *t;
	int r = answers(h, ring, &total, err);

	if (total > h->most)
		total = h->most;
	t = cn_alloc((total + 1) * sizeof(*t));
	for (i = 0; i < total && r >= 0; i++) {
		r = cn_message_owner(h->store, ring[i], &o, err);
		if (r == 1 && cn_gate(&o, "suggest") == NULL)
			t[k++] = (struct talk){ o.person, o.conversation };
	}
	free(ring);
	qsort(t, k, sizeof(*t), by_person);
	*n = 0;
	for (i = 0; i < k; i++)
		if (i == 0 || t[i].id != t[i - 1].id)
			t[(*n)++] = t[i];
	*out = t;
	return r < 0 ? -1 : 0;
}

/* --- pairs --- */

/* 1 loaded, 0 erased meanwhile, -1. */
static int load(struct cn_history *h, int64_t id, struct cn_msg *m,
    struct cn_arena *mem, struct cn_err *err)
{
	if (cn_message_load(h->store, id, CN_LOAD_TEXT, m, mem, err) == 0)
		return 1;
	return err->status == CN_BLOCKED ? 0 : -1;
}

static void pair(struct cn_history *h, const struct talk *t, int64_t question,
    int64_t answer, const char *category, struct cn_str text)
{
	if (h->n == h->most)
		return;
	h->v[h->n] = (struct cn_past){ question, answer, t->id,
	    category ? cn_arena_strdup(&h->mem, category) : NULL };
	cn_similar_add(h->index, (int64_t)h->n++, text);
}

static void set_asked(struct cn_buf *asked, const struct cn_msg *m,
    const struct cn_buf *own)
{
	asked->len = 0;
	cn_buf_fmt(asked, "%s\n", m->subject ? m->subject : "");
	cn_buf_add(asked, own->p ? own->p : "",
	    cn_utf8_cut(own->p, own->len, ASKED));
}

/* The words of the customers' names, and of their addresses before the
 * domain. */
static void add_names(struct cn_history *h, const struct cn_msg *m,
    struct cn_wordset *names, uint32_t who)
{
	const struct cn_addrs *lists[] = { &m->from, &m->to, &m->cc };
	size_t k, i;

	for (k = is(m->direction, "out"); k < 3; k++)
		for (i = 0; i < lists[k]->n; i++) {
			const struct cn_addr *a = &lists[k]->v[i];
			const struct cn_str local = { a->addr,
			    strcspn(a->addr, "@") };

			if (cn_config_is_desk(h->conf, a->addr))
				continue;
			cn_wordset_add(names, cn_str(a->name), 1);
			cn_wordset_add(names, local, 1);
			cn_wordset_add(&h->people, cn_str(a->name), who);
		}
}

static int add_talk(struct cn_history *h, const struct talk *t,
    struct cn_err *err)
{
	uint32_t who = t->person ? (uint32_t)t->person :
	    (uint32_t)t->id | 0x80000000u;
	struct cn_arena mem = { 0 };
	struct cn_buf own = { 0 }, asked = { 0 };
	struct cn_wordset names = { 0 };
	const char *category = NULL;
	int64_t *ids, question = 0;
	struct cn_msg m;
	size_t n, i;
	int r = cn_conversation_messages(h->store, t->id, &mem, &ids, &n, err);

	i = r == 0 && n > CN_HISTORY_LONG ? n - CN_HISTORY_LONG : 0;
	for (; r >= 0 && i < n; i++) {
		r = load(h, ids[i], &m, &mem, err);
		if (r <= 0 || m.automatic != NULL)
			continue;
		own_words(&own, &m);
		/* That people say their own names makes them no words. */
		add_names(h, &m, &names, who);
		cn_wordset_add_but(&h->common, cn_buf_view(&own), who, &names);
		if (is(m.direction, "in")) {
			question = ids[i];
			category = cn_json_string(&mem,
			    cn_json_get(m.class_json, "best"));
			set_asked(&asked, &m, &own);
		} else if (question != 0 && own.len > 0) {
			pair(h, t, question, ids[i], category,
			    cn_buf_view(&asked));
			question = 0;
		}
	}
	cn_wordset_release(&names);
	cn_arena_release(&mem);
	cn_buf_wipe(&own);
	cn_buf_wipe(&asked);
	return r < 0 ? -1 : 0;
}

struct cn_history *cn_history_new(struct cn_store *s,
    const struct cn_config *conf, const struct cn_encoder *encoder,
    size_t pairs, struct cn_err *err)
{
	struct cn_history *h = cn_alloc(sizeof(*h));
	struct talk *t = NULL;
	size_t n = 0, i;
	int r;

	h->store = s;
	h->conf = conf;
	h->most = pairs;
	h->index = cn_similar_new();
	h->v = cn_alloc(pairs * sizeof(*h->v));
	r = talks(h, &t, &n, err);
	for (i = 0; i < n && r == 0 && !*cn_store_run(s)->stop; i++) {
		h->persons += i == 0 || t[i].person != t[i - 1].person;
		r = add_talk(h, &t[i], err);
	}
	free(t);
	cn_similar_finish(h->index);
	h->encoder = encoder;
	if (encoder != NULL)
		h->meant = cn_alloc((h->n + 1) * sizeof(*h->meant));
	if (r == 0)
		return h;
	(void)cn_wrap(err, "past answers");
	cn_history_free(h);
	return NULL;
}

void cn_history_free(struct cn_history *h)
{
	if (h == NULL)
		return;
	cn_similar_free(h->index);
	cn_wordset_release(&h->common);
	cn_wordset_release(&h->people);
	cn_arena_release(&h->mem);
	free(h->meant);
	free(h->v);
	free(h);
}

size_t cn_history_count(const struct cn_history *h)
{
	return h->n;
}

/* --- what is near --- */

/* In the arena, or NULL. */
static struct cn_meaning *meaning(const struct cn_encoder *e,
    struct cn_str text, struct cn_arena *out)
{
	struct cn_arena mem = { 0 };
	struct cn_meaning *m = NULL;
	float v[CN_ENCODER_DIM];

	text.n = cn_utf8_cut(text.p, text.n, MEANT);
	if (cn_encode(e, text, v, &mem) > 0) {
		m = cn_arena_alloc(out, sizeof(*m));
		cn_meaning_of(m, v);
	}
	cn_arena_release(&mem);
	return m;
}

static int find_meaning(struct cn_history *h, size_t i, struct cn_err *err)
{
	struct cn_buf own = { 0 }, asked = { 0 };
	struct cn_arena mem = { 0 };
	struct cn_msg m;
	char language[8];
	int r;

	if (h->meant[i].known)
		return 0;
	r = load(h, h->v[i].question, &m, &mem, err);
	if (r == 1) {
		own_words(&own, &m);
		set_asked(&asked, &m, &own);
		cn_ai_language(cn_buf_view(&asked), language);
		if (cn_encoder_speaks(language))
			h->meant[i].is = meaning(h->encoder,
			    cn_buf_view(&asked), &h->mem);
	}
	h->meant[i].known = r >= 0;
	cn_arena_release(&mem);
	cn_buf_wipe(&own);
	cn_buf_wipe(&asked);
	return r < 0 ? -1 : 0;
}

int cn_history_like(struct cn_history *h, const struct cn_history_ask *ask,
    struct cn_history_hit hits[CN_NEAR], size_t *n,
    struct cn_err *err)
{
	struct cn_hit hit[CN_NEAR + 1];
	struct cn_near near[CN_NEAR];
	struct cn_arena mem = { 0 };
	struct cn_meaning *own = NULL, *other;
	size_t found = cn_similar_query(h->index, ask->text, hit,
	    CN_NEAR + 1), i, k = 0;
	const struct cn_past *past;
	int r = 0;

	if (h->encoder != NULL && cn_encoder_speaks(ask->language))
		own = meaning(h->encoder, ask->text, &mem);
	for (i = 0; i < found && k < CN_NEAR && r == 0; i++) {
		past = &h->v[hit[i].id];
		if (past->question == ask->id)
			continue;
		hits[k] = (struct cn_history_hit){ past, 0, NULL };
		near[k] = (struct cn_near){ .like = hit[i].score,
		    .category = past->category };
		if (own != NULL && k < CN_NEAR_MEANT) {
			r = find_meaning(h, (size_t)hit[i].id, err);
			other = h->meant[hit[i].id].is;
			near[k].meant = other != NULL;
			if (other != NULL) {
				near[k].meaning = cn_meaning_like(own, other);
				hits[k].model = cn_encoder_id(h->encoder);
			}
		}
		k++;
	}
	cn_arena_release(&mem);
	cn_near_weigh(near, k, ask->best, ask->confidence);
	for (i = 0; i < k; i++)
		hits[i].score = near[i].score;
	*n = k;
	return r;
}

/* --- drafts --- */

static void add_folded(struct cn_wordset *w, struct cn_str t)
{
	struct cn_buf b = { 0 };

	cn_fold(&b, t);
	cn_wordset_add(w, cn_buf_view(&b), 1);
	cn_buf_wipe(&b);
}

/* The plain words of a set of names, each on a line. */
static void add_near(struct cn_buf *near, struct cn_str t)
{
	const char *p = t.p, *end = t.p + t.n;
	char plain[CN_WORD_PLAIN];
	struct cn_str w;
	bool cased;

	while ((w = cn_word_next(&p, end)).n > 0 && near->len < NEAR_MAX) {
		cn_buf_add(near, plain, cn_word_plain(w, plain, &cased));
		cn_buf_ch(near, '\n');
	}
}

struct scene {				/* what was said where it was said */
	struct cn_wordset names, agents, brought;
	struct cn_buf near;		/* the names once more */
	struct cn_buf told;		/* lines that may name somebody */
	struct cn_buf answer;
	const char *id;
	bool answered;			/* the desk has written there */
};

/* The words of a name, and of an address before its domain. */
static void add_person(struct scene *s, bool agent, const char *name,
    const char *address)
{
	const char *at = strchr(address, '@');
	struct cn_buf b = { 0 };

	cn_fold(&b, cn_str(name));
	cn_buf_ch(&b, '\n');
	cn_fold(&b, (struct cn_str){ address, at ? (size_t)(at - address) :
	    strlen(address) });
	cn_wordset_add(agent ? &s->agents : &s->names, cn_buf_view(&b), 1);
	if (!agent)
		add_near(&s->near, cn_buf_view(&b));
	cn_buf_wipe(&b);
}

static void add_people(struct cn_history *h, const struct cn_msg *m,
    struct scene *s)
{
	const struct cn_addrs *lists[] = { &m->from, &m->to, &m->cc };
	size_t k, i;

	for (k = 0; k < 3; k++)
		for (i = 0; i < lists[k]->n; i++) {
			const struct cn_addr *a = &lists[k]->v[i];

			add_person(s, cn_config_is_desk(h->conf, a->addr) ||
			    (k == 0 && is(m->direction, "out")), a->name,
			    a->addr);
		}
	if (m->claimed != NULL)
		add_person(s, false, "", m->claimed);
}

/* All that the store knows the owner of an answer by. */
static int add_contacts(struct cn_history *h, int64_t person,
    struct scene *s, struct cn_arena *mem, struct cn_err *err)
{
	struct cn_contact *c;
	size_t n, i;

	if (person == 0)
		return 0;
	if (cn_person_contacts(h->store, person, mem, &c, &n, err) < 0)
		return -1;
	for (i = 0; i < n; i++)
		add_person(s, false, c[i].name ? c[i].name : "",
		    c[i].value ? c[i].value : "");
	return 0;
}

/* The last line, if it is nothing but a few words with capitals. */
static struct cn_str signed_by(struct cn_str t)
{
	const char *p, *end;
	struct cn_str w;
	size_t words = 0;
	uint32_t c;

	t = cn_str_trim(t);
	p = t.n > 0 ? memrchr(t.p, '\n', t.n) : NULL;
	if (p != NULL)
		t = (struct cn_str){ p + 1, (size_t)(t.p + t.n - p - 1) };
	p = t.p;
	end = t.p + t.n;
	while ((w = cn_word_next(&p, end)).n > 0)
		if (++words > SIGNED || cn_utf8_get(w.p, w.n, &c) == 0 ||
		    cn_word_lower(c) == c)
			t.n = 0;
	return t;
}

/* Lines of a text in which people name themselves or each other: who is
 * quoted, a signature, the end of what a customer wrote. */
static void add_told(const struct cn_msg *m, struct scene *s,
    struct cn_arena *mem)
{
	struct cn_text_span *v;
	size_t n, i;

	if (is(m->direction, "in"))
		add_folded(&s->brought, cn_str(m->subject));
	v = cn_text_split(mem, head_of(m), &n);
	for (i = 0; i < n; i++) {
		struct cn_str t = v[i].text;

		/* What is quoted before we have answered is no word of ours. */
		if (is(m->direction, "in") && (v[i].kind != CN_TEXT_QUOTE ||
		    !s->answered))
			add_folded(&s->brought, t);
		if (v[i].kind == CN_TEXT_QUOTE || (is(m->direction, "out") &&
		    v[i].kind != CN_TEXT_ATTRIBUTION))
			continue;
		if (v[i].kind == CN_TEXT_OWN)
			t = signed_by(t);
		cn_fold(&s->told, t);
		cn_buf_ch(&s->told, '\n');
	}
}

/* A capitalised word there is a name, unless it is an agent's or ours or
 * belongs to the form. */
static void told_names(struct scene *s, const struct cn_wordset *ours)
{
	static const char form[] = "On Am Le El Il Em Op Thanks Thank You "
	    "Regards Kind Best Cheers Sincerely Yours Greetings Warm Many "
	    "Gruß Grüße Mit Freundlichen Viele Liebe Beste Vielen Danke Dank "
	    "Cordialement Merci Bien Saludos Gracias Atentamente Saluti "
	    "Grazie Dhanyavaad Sent From To Cc Subject Date Von An Betreff "
	    "Gesendet De Para Asunto Fecha Objet Envoyé My iPhone Android "
	    "Hello Hi Dear Please The I We A Mon Tue Wed Thu Fri Sat Sun Jan "
	    "Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec Re AM PM";
	struct cn_wordset plain = { 0 };
	struct cn_str t = cn_buf_view(&s->told), w;
	const char *p = t.p, *end = t.p + t.n;
	uint32_t c;

	cn_wordset_add(&plain, CN_STR(form), 1);
	while ((w = cn_word_next(&p, end)).n > 0)
		if (cn_utf8_get(w.p, w.n, &c) > 0 && cn_word_lower(c) != c &&
		    cn_wordset_seen(&plain, w) == 0 &&
		    cn_wordset_seen(ours, w) == 0 &&
		    cn_wordset_seen(&s->agents, w) == 0) {
			cn_wordset_add(&s->names, w, 1);
			add_near(&s->near, w);
		}
	cn_wordset_release(&plain);
}

static int set_scene(struct cn_history *h, const struct cn_past *p,
    struct scene *s, struct cn_arena *keep, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_msg m;
	int64_t *ids;
	size_t n, i;
	int r = cn_conversation_messages(h->store, p->conversation, &mem,
	    &ids, &n, err);

	i = r == 0 && n > CN_HISTORY_LONG ? n - CN_HISTORY_LONG : 0;
	for (; r >= 0 && i < n; i++) {
		r = load(h, ids[i], &m, &mem, err);
		if (r <= 0)
			continue;
		add_people(h, &m, s);
		add_told(&m, s, &mem);
		s->answered = s->answered || is(m.direction, "out");
		if (ids[i] == p->answer) {
			own_words(&s->answer, &m);
			s->id = cn_arena_strdup(keep, m.id);
		}
	}
	cn_arena_release(&mem);
	return r < 0 ? -1 : 0;
}

int cn_history_draft(struct cn_history *h, const struct cn_past *p,
    const struct cn_wordset *free_words, const struct cn_wordset *own,
    struct cn_buf *out, const char **id, struct cn_kinds *masked,
    struct cn_arena *mem, struct cn_err *err)
{
	struct scene s = { 0 };
	struct cn_message_owner o;
	int r = cn_message_owner(h->store, p->answer, &o, err);

	if (r == 1 && cn_gate(&o, "suggest") != NULL)
		r = 0;
	if (r == 1)
		r = set_scene(h, p, &s, mem, err) < 0 ||
		    add_contacts(h, o.person, &s, mem, err) < 0 ? -1 :
		    s.id != NULL;
	if (r == 1) {
		*id = s.id;
		told_names(&s, free_words);
		r = cn_scrub(out, cn_buf_view(&s.answer), &(struct cn_scrub){
		    .names = &s.names, .near = cn_buf_view(&s.near),
		    .agents = &s.agents, .brought = &s.brought,
		    .common = &h->common, .people = &h->people,
		    .rare = h->persons >= MANY ? CN_SCRUB_COMMON - 1 : 0,
		    .free = free_words, .own = own }, masked);
	}
	cn_wordset_release(&s.names);
	cn_wordset_release(&s.agents);
	cn_wordset_release(&s.brought);
	cn_buf_wipe(&s.near);
	cn_buf_wipe(&s.told);
	cn_buf_wipe(&s.answer);
	return r;
}
