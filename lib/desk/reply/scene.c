/* A draft from a past answer: what was said where it was said, so that nothing
 * of it is told. */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "desk/gate.h"
#include "desk/reply/history_int.h"

#define NEAR_MAX ((size_t)16 << 10)	/* bytes of names that are compared */
#define SIGNED 4		/* words of a last line that may be a name */
#define HEARD 32		/* persons who are heard for a word, */
#define ENOUGH 16		/* but for one that so many have been told */

static bool is(const char *a, const char *b)
{
	return a != NULL && strcmp(a, b) == 0;
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
	struct cn_wordset names, agents, asked;
	const struct cn_wordset *usual;
	struct cn_buf near;		/* the names once more */
	struct cn_buf told;		/* lines that may name somebody */
	struct cn_buf answer;
	const char *id;
};

/* The words of a name, and of an address before its domain but for those
 * that nobody is called, as 'orders'. */
static void add_person(struct scene *s, bool agent, const char *name,
    const char *address)
{
	struct cn_wordset *set = agent ? &s->agents : &s->names;
	struct cn_str local = { address, strcspn(address, "@") }, w;
	const char *p = local.p;
	struct cn_buf b = { 0 };

	cn_fold(&b, cn_str(name));
	while ((w = cn_word_next(&p, local.p + local.n)).n > 0)
		if (!cn_wordset_sure(s->usual, w)) {
			cn_buf_ch(&b, '\n');
			cn_fold(&b, w);
		}
	cn_wordset_add(set, cn_buf_view(&b), 1);
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

	v = cn_text_split(mem, cn_history_text(m), &n);
	for (i = 0; i < n; i++) {
		struct cn_str t = v[i].text;

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
static void told_names(struct scene *s)
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
		    !cn_wordset_sure(s->usual, w) &&
		    cn_wordset_capital(s->usual, w) == 0 &&
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
	struct cn_buf own = { 0 };
	int64_t *ids;
	size_t n, i;
	int r = cn_conversation_messages(h->store, p->conversation, &mem,
	    &ids, &n, err);

	i = r == 0 && n > CN_HISTORY_LONG ? n - CN_HISTORY_LONG : 0;
	for (; r >= 0 && i < n; i++) {
		r = cn_history_load(h, ids[i], &m, &mem, err);
		if (r <= 0)
			continue;
		add_people(h, &m, s);
		add_told(&m, s, &mem);
		if (is(m.direction, "in")) {
			cn_history_own(&own, &m);
			cn_wordset_add_runs(&s->asked, cn_buf_view(&own));
		}
		if (ids[i] == p->answer) {
			cn_history_own(&s->answer, &m);
			s->id = cn_arena_strdup(keep, m.id);
		}
	}
	cn_arena_release(&mem);
	cn_buf_wipe(&own);
	return r < 0 ? -1 : 0;
}

/* --- what many have said --- */

/* What is in both; the first one in its order, the other in any. */
static void both(struct cn_ids *a, struct cn_ids *b)
{
	size_t i, k = 0, n = 0;

	qsort(b->v, b->n, sizeof(*b->v), cn_descending);
	for (i = 0; i < a->n; i++) {
		while (k < b->n && b->v[k] > a->v[i])
			k++;
		if (k < b->n && b->v[k] == a->v[i])
			a->v[n++] = a->v[i];
	}
	a->n = n;
}

/* Who has it, as the store's index says, the newest first. */
static int who_has(struct cn_history *h, struct cn_str word,
    struct cn_ids *ids, struct cn_err *err)
{
	struct cn_ids more = { 0 };
	struct cn_words words = { 0 };
	const char *at, *end;
	size_t n;
	int r = 0;

	cn_words_add(&words, word);
	at = words.text.p;
	end = at + words.text.len;
	for (; at < end && r == 0; at += strlen(at) + 1) {
		bool first = at == words.text.p;

		more.n = 0;
		r = cn_recall_find(h->recall, at, first ? ids : &more, &n,
		    err);
		if (first && ids->n > 1)
			qsort(ids->v, ids->n, sizeof(*ids->v), cn_descending);
		else if (!first)
			both(ids, &more);
	}
	free(more.v);
	cn_words_release(&words);
	return r;
}

/* Adds what one more person was told or is called, by a message. */
static int hear(struct cn_history *h, int64_t id, struct cn_str word,
    struct cn_wordset *kin, struct cn_err *err)
{
	struct cn_wordset names = { 0 }, called = { 0 };
	struct cn_buf own = { 0 };
	struct cn_arena mem = { 0 };
	uint64_t hash = cn_word_hash(word);
	const struct cn_addr *a;
	struct cn_walk k;
	struct cn_msg m;
	int r = cn_history_usable(h, id, err);

	if (r == 1)
		r = cn_history_load(h, id, &m, &mem, err);
	if (r == 1 && m.automatic == NULL) {
		h->counted++;
		cn_history_own(&own, &m);
		cn_history_names(h, &m, &names, &called, 1);
		a = cn_history_customer(h, &m);
		if (a != NULL && cn_kin_seen(kin, a) + cn_kin_seen(&h->kin, a))
			own.len = 0;
		else if (a != NULL)
			cn_kin_add(kin, a, 1);
		cn_walk(&k, cn_buf_view(&own));
		while (own.len > 0 &&
		    cn_wordset_seen(&names, word) == 0 && cn_walk_next(&k))
			if (cn_word_hash(k.word) == hash)
				cn_wordset_add_spot(&h->common, k.word,
				    &k.place, h->counted);
		if (cn_wordset_seen(&called, word) > 0)
			cn_wordset_add_word(&h->people, word, false,
			    h->counted);
	}
	cn_wordset_release(&names);
	cn_wordset_release(&called);
	cn_arena_release(&mem);
	cn_buf_wipe(&own);
	return r < 0 ? -1 : 0;
}

/* Those of the sample are counted; of others the newest count.  The index has
 * names and quotes, too, so it only says where to look.  What comes out hangs
 * on nothing but the word and the store. */
static int look(struct cn_history *h, struct cn_str word, struct cn_err *err)
{
	int64_t heard[HEARD], by;
	struct cn_wordset kin = { 0 };
	struct cn_ids ids = { 0 };
	size_t n = 0, i, k;
	int r = who_has(h, word, &ids, err);

	for (i = 0; i < ids.n && r == 0 && n < HEARD; i++) {
		const struct cn_spoken *t = cn_history_said(h, ids.v[i]);

		if (t == NULL || !t->out)
			continue;
		by = cn_history_who(t);
		for (k = 0; k < n && heard[k] != by; k++)
			;
		if (k < n || bsearch(&by, h->who, h->nwho, sizeof(by),
		    cn_ascending) != NULL)
			continue;
		heard[n++] = by;
		r = hear(h, t->id, word, &kin, err);
	}
	cn_wordset_release(&kin);
	free(ids.v);
	return r;
}

/* A look that fails fails the draft. */
static bool learn(void *arg, struct cn_str word)
{
	struct cn_history *h = arg;

	if (h->err.status != 0 || cn_wordset_seen(&h->asked, word) > 0 ||
	    cn_wordset_seen(&h->common, word) >= ENOUGH)
		return false;
	cn_wordset_add_word(&h->asked, word, false, 1);
	return look(h, word, &h->err) == 0;
}

int cn_history_draft(struct cn_history *h, const struct cn_past *p,
    const struct cn_scrub *of, struct cn_buf *out, const char **id,
    struct cn_kinds *masked, struct cn_arena *mem, struct cn_err *err)
{
	struct scene s = { .usual = of->usual };
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
		told_names(&s);
		r = cn_scrub(out, cn_buf_view(&s.answer), &(struct cn_scrub){
		    .names = &s.names, .asked = &s.asked,
		    .near = cn_buf_view(&s.near),
		    .agents = &s.agents, .common = &h->common,
		    .people = &h->people, .learn = learn, .learn_arg = h,
		    .usual = of->usual, .ours = of->ours, .own = of->own },
		    masked);
		if (h->err.status != 0) {
			*err = h->err;
			r = -1;
		}
	}
	cn_wordset_release(&s.names);
	cn_wordset_release(&s.agents);
	cn_wordset_release(&s.asked);
	cn_buf_wipe(&s.near);
	cn_buf_wipe(&s.told);
	cn_buf_wipe(&s.answer);
	return r;
}
