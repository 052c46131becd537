/* A macro from answers that are nearly the same.
 *
 * The words of the most typical answer stand where the answers to enough
 * customers have them too, in the same order (longest common subsequence);
 * what lies between becomes a slot.  So no word is shown that was written to
 * fewer customers than a row of the report must have. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "base/utf8.h"
#include "desk/gate.h"
#include "desk/reply/scrub.h"
#include "desk/report/workflow.h"

#define SAMPLE 60	/* answers to as many customers, the newest; more
			 * only where `least` asks for them */
#define WORDS_MAX 600	/* of an answer: what lies behind is a slot */
#define MOST 60		/* percent of the sample that must have a word */
#define HALF 50		/* percent of the words that must stand */

struct token {
	struct cn_str at;
	uint64_t hash;
	unsigned seen;			/* by how many of the sample */
	bool kept;
};

struct propose {
	struct cn_workflow *w;
	struct cn_store *store;
	size_t least, sampled;
	struct cn_answer_text lead;	/* text: of the most typical answer;
					 * names: of the whole sample */
	struct token *token;
	size_t n;
	struct cn_wordset ours;		/* words of the company's name */
	uint16_t *table;		/* of common subsequences */
	struct cn_arena mem;
};

static size_t tokens(struct cn_str t, struct token **out,
    struct cn_arena *mem)
{
	struct token *v = cn_arena_alloc(mem, WORDS_MAX * sizeof(*v));
	const char *p = t.p, *end = t.p + t.n;
	struct cn_str w;
	size_t n = 0;

	while (n < WORDS_MAX && (w = cn_word_next(&p, end)).n > 0)
		v[n++] = (struct token){ w, cn_word_hash(w), 0, false };
	*out = v;
	return n;
}

/* Marks the words of the lead that this answer has as well. */
static void match(struct propose *p, const struct token *v, size_t n)
{
	uint16_t *t = p->table;
	const size_t wide = n + 1;
	size_t i, k;

	memset(t, 0, wide * sizeof(*t));
	for (i = 1; i <= p->n; i++) {
		t[i * wide] = 0;
		for (k = 1; k <= n; k++) {
			uint16_t up = t[(i - 1) * wide + k];
			uint16_t left = t[i * wide + k - 1];

			t[i * wide + k] = p->token[i - 1].hash ==
			    v[k - 1].hash ? (uint16_t)(t[(i - 1) * wide +
			    k - 1] + 1) : up > left ? up : left;
		}
	}
	for (i = p->n, k = n; i > 0 && k > 0;) {
		if (p->token[i - 1].hash == v[k - 1].hash) {
			p->token[--i].seen++;
			k--;
		} else if (t[(i - 1) * wide + k] >= t[i * wide + k - 1]) {
			i--;
		} else {
			k--;
		}
	}
	p->sampled++;
}

/* Is this answer to be looked at?  1, 0, -1. */
static int usable(struct propose *p, int64_t id, struct cn_err *err)
{
	struct cn_message_owner o;
	int r = cn_message_owner(p->store, id, &o, err);

	if (r == 1 && (cn_gate(&o, "suggest") != NULL ||
	    cn_gate(&o, "report") != NULL))
		r = 0;
	return r;
}

static int by_person(const void *va, const void *vb)
{
	const struct cn_answer *a = *(const struct cn_answer *const *)va;
	const struct cn_answer *b = *(const struct cn_answer *const *)vb;

	if (a->person != b->person)
		return a->person < b->person ? -1 : 1;
	return (a->id < b->id) - (a->id > b->id);
}

static int by_age(const void *va, const void *vb)
{
	const struct cn_answer *a = *(const struct cn_answer *const *)va;
	const struct cn_answer *b = *(const struct cn_answer *const *)vb;

	return (a->id < b->id) - (a->id > b->id);
}

/* The newest answer to each customer of a group, the newest first. */
static size_t group_of(struct propose *p, uint32_t group,
    const struct cn_answer ***out)
{
	const struct cn_answers *a = &p->w->answers;
	const struct cn_answer **v;
	size_t i, k = 0, n = 0;

	for (i = 0; i < a->n; i++)
		n += a->v[i].group == group;
	v = cn_arena_alloc(&p->mem, (n + 1) * sizeof(const void *));
	for (i = 0; i < a->n; i++)
		if (a->v[i].group == group)
			v[k++] = &a->v[i];
	qsort(v, n, sizeof(const void *), by_person);
	for (i = k = 0; i < n; i++)
		if (i == 0 || v[i]->person != v[k - 1]->person)
			v[k++] = v[i];
	qsort(v, k, sizeof(const void *), by_age);
	*out = v;
	return k;
}

static int compare(struct propose *p, uint32_t group, struct cn_err *err)
{
	const struct cn_answers *a = &p->w->answers;
	struct cn_answer_text t = { .text = { 0 } };
	const struct cn_answer **v;
	struct cn_arena mem = { 0 };
	size_t n = group_of(p, group, &v), i;
	int64_t lead = a->v[a->leads[group - a->nforms]].id;
	int r = usable(p, lead, err);
	struct token *other;
	size_t words;

	if (r == 1)
		r = cn_answer_text(p->store, lead, &p->lead, err);
	if (r == 1)
		p->n = tokens(cn_buf_view(&p->lead.text), &p->token, &p->mem);
	for (i = 0; r == 1 && i < n && (p->sampled < SAMPLE ||
	    p->sampled < p->least); i++) {
		r = usable(p, v[i]->id, err);
		if (r == 1)
			r = cn_answer_text(p->store, v[i]->id, &t, err);
		if (r == 1) {
			words = tokens(cn_buf_view(&t.text), &other, &mem);
			match(p, other, words);
		}
		r = r < 0 ? -1 : 1;
		cn_arena_reset(&mem);
	}
	cn_wordset_release(&p->lead.customers);
	cn_wordset_release(&p->lead.agents);
	p->lead.customers = t.customers;
	p->lead.agents = t.agents;
	cn_buf_wipe(&t.text);
	cn_arena_release(&mem);
	return r < 0 ? -1 : 0;
}

/* --- what stands, and what becomes a slot --- */

static bool upper(struct cn_str w)
{
	uint32_t c;

	return cn_utf8_get(w.p, w.n, &c) > 0 && cn_word_lower(c) != c;
}

static bool agents(const struct propose *p, struct cn_str w)
{
	return upper(w) && cn_wordset_seen(&p->lead.agents, w) > 0 &&
	    cn_wordset_seen(&p->ours, w) == 0;
}

/* Do two words hang together, as in 'LL-20131' or an address? */
static bool joined(const struct token *a, const struct token *b)
{
	const char *s = a->at.p + a->at.n;

	if (s == b->at.p)
		return true;
	for (; s < b->at.p; s++)
		if (strchr("-#/@_.:+=?&", *s) == NULL)
			return false;
	return true;
}

/* How many words stand. */
static size_t keep(struct propose *p)
{
	size_t need = (p->sampled * MOST + 99) / 100, i, k = 0;

	if (need < p->least)
		need = p->least;
	for (i = 0; i < p->n; i++)
		p->token[i].kept = p->token[i].seen >= need &&
		    !agents(p, p->token[i].at);
	for (i = 1; i < p->n; i++)
		if (joined(&p->token[i - 1], &p->token[i]))
			p->token[i].kept &= p->token[i - 1].kept;
	for (i = p->n; i > 1; i--)
		if (joined(&p->token[i - 2], &p->token[i - 1]))
			p->token[i - 2].kept &= p->token[i - 1].kept;
	for (i = 0; i < p->n; i++)
		k += p->token[i].kept;
	return k;
}

/* The slot for the words v[0..n). */
static const char *slot(const struct propose *p, const struct token *v,
    size_t n)
{
	struct cn_str all = { v->at.p, (size_t)(v[n - 1].at.p +
	    v[n - 1].at.n - v->at.p) };
	size_t i, customers = 0, by = 0;
	struct cn_found f;

	for (i = 0; i < n; i++) {
		customers += cn_wordset_seen(&p->lead.customers, v[i].at) > 0;
		by += agents(p, v[i].at);
	}
	if (customers * 2 >= n)
		return "{name}";
	if (by * 2 >= n)
		return "{agent}";
	return cn_detect(all, 0, &f) && strcmp(f.kind, "order") == 0 ?
	    "{order}" : "{text}";
}

/* What stands between the words is of one answer alone: only marks that no
 * letter or figure is drawn in (as circled ones are) are taken over. */
static void between(struct cn_buf *out, const char *p, const char *end)
{
	static const struct {
		uint32_t from, to;
	} marks[] = { { 0x09, 0x7e }, { 0xa0, 0xa1 }, { 0xab, 0xab },
	    { 0xb7, 0xb7 }, { 0xbb, 0xbb }, { 0xbf, 0xbf }, { 0x964, 0x965 },
	    { 0x2010, 0x2027 }, { 0x2030, 0x205e }, { 0x2190, 0x21ff },
	    { 0x2600, 0x2775 }, { 0x2794, 0x27bf }, { 0x3001, 0x3011 },
	    { 0xfe0f, 0xfe0f }, { 0xff01, 0xff0f }, { 0x1f300, 0x1f64f },
	    { 0x1f900, 0x1f9ff } };
	uint32_t c;
	size_t n, i;

	for (; p < end; p += n) {
		n = cn_utf8_get(p, (size_t)(end - p), &c);
		for (i = 0; n > 0 && i < sizeof(marks) / sizeof(marks[0]) &&
		    (c < marks[i].from || c > marks[i].to); i++)
			;
		if (n > 0 && i < sizeof(marks) / sizeof(marks[0]) &&
		    (c != ' ' || out->len == 0 || out->p[out->len - 1] != ' '))
			cn_buf_add(out, p, n);
		n = n ? n : 1;
	}
}

static void render(const struct propose *p, struct cn_buf *out)
{
	const char *at = p->lead.text.p, *end = at + p->lead.text.len;
	size_t i, k;

	for (i = 0; i < p->n; i = k) {
		between(out, at, p->token[i].at.p);
		if (p->token[i].kept) {
			k = i + 1;
			cn_buf_add(out, p->token[i].at.p, p->token[i].at.n);
		} else {
			for (k = i + 1; k < p->n && !p->token[k].kept; k++)
				;
			if (out->len > 0 && out->p[out->len - 1] == '#')
				out->len--;
			cn_buf_str(out, slot(p, &p->token[i], k - i));
		}
		at = p->token[k - 1].at.p + p->token[k - 1].at.n;
	}
	if (p->n < WORDS_MAX)
		between(out, at, end);
}

/* Is there more in it than amounts, which many have? */
static bool names_any(const struct cn_buf *text)
{
	struct cn_buf folded = { 0 };
	struct cn_found f = { "amount", 0, 0 };
	bool any = true;

	cn_fold(&folded, cn_buf_view(text));
	while (any && strcmp(f.kind, "amount") == 0)
		any = cn_detect(cn_buf_view(&folded), f.at + f.n, &f);
	cn_buf_wipe(&folded);
	return any;
}

/* Whatever still names somebody or something (scrub.h) goes, with its
 * sentence; what was seen often enough is common by that. */
static bool clean(struct cn_buf *text)
{
	struct cn_wordset common = { 0 };
	struct cn_kinds masked = { 0 };
	struct cn_buf b = { 0 };
	uint32_t who;
	bool good = true;

	if (names_any(text)) {
		for (who = 1; who <= CN_SCRUB_COMMON; who++)
			cn_wordset_add(&common, cn_buf_view(text), who);
		good = cn_scrub(&b, cn_buf_view(text), &(struct cn_scrub){
		    .common = &common }, &masked);
		text->len = 0;
		cn_buf_add(text, b.p ? b.p : "", b.len);
	}
	cn_wordset_release(&common);
	cn_buf_wipe(&b);
	return good;
}

/* --- YAML --- */

/* Characters that YAML 1.1 takes for a break, or does not take. */
static bool unfit(uint32_t c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 ||
	    c == 0x2029 || c == 0xfeff || c == 0xfffe || c == 0xffff;
}

/* A text as the lines of a block scalar. */
static void block(struct cn_buf *out, struct cn_str t)
{
	const char *p = t.p, *end = t.p + t.n;
	bool fresh = true;
	uint32_t c;
	size_t n;

	for (; p < end; p += n) {
		n = cn_utf8_get(p, (size_t)(end - p), &c);
		if (*p == '\n') {
			while (out->p[out->len - 1] == ' ')
				out->len--;
			cn_buf_ch(out, '\n');
			fresh = true;
			n = 1;
			continue;
		}
		if (n == 0 || unfit(c) || c == ' ') {
			n = n ? n : 1;
			if (!fresh)
				cn_buf_ch(out, ' ');
			continue;
		}
		if (fresh)
			cn_buf_str(out, "      ");
		fresh = false;
		cn_buf_add(out, p, n);
	}
	while (out->p[out->len - 1] == ' ')
		out->len--;
	cn_buf_ch(out, '\n');
}

static void put(struct cn_buf *out, const struct cn_finding *x,
    struct cn_str text)
{
	cn_buf_fmt(out, "new-%s:\n", x->target);
	if (x->category != NULL) {
		cn_buf_str(out, "  category: ");
		cn_json_puts(out, x->category);
		cn_buf_ch(out, '\n');
	}
	cn_buf_fmt(out, "  text:\n    %s: |-\n", x->language ? x->language :
	    "und");
	block(out, text);
}

int cn_workflow_propose(struct cn_workflow *w, struct cn_store *s,
    const struct cn_config *conf, const struct cn_finding *x, size_t least,
    struct cn_buf *out, struct cn_err *err)
{
	struct propose p = { .w = w, .store = s, .least = least };
	struct cn_buf text = { 0 };
	int r;

	if (conf->name != NULL)
		cn_wordset_add(&p.ours, cn_str(conf->name), 1);
	p.table = cn_alloc((WORDS_MAX + 1) * (WORDS_MAX + 1) *
	    sizeof(*p.table));
	r = compare(&p, x->group, err);
	cn_buf_fmt(out, "# %zu answers to %zu customers, as %s\n", x->n,
	    x->customers, x->examples);
	if (r == 0 && (p.sampled < least || x->target == NULL)) {
		cn_buf_str(out, "# no text: too few may be shown\n");
	} else if (r == 0 && keep(&p) * 100 < p.n * HALF) {
		cn_buf_str(out, "# no text: too few words in common\n");
	} else if (r == 0) {
		render(&p, &text);
		if (clean(&text))
			put(out, x, cn_str_trim(cn_buf_view(&text)));
		else
			cn_buf_str(out, "# no text: it would tell of "
			    "somebody\n");
	}
	free(p.table);
	cn_buf_wipe(&text);
	cn_answer_text_release(&p.lead);
	cn_wordset_release(&p.ours);
	cn_arena_release(&p.mem);
	return r;
}
