/* ai.c - all decisions on one message, from the model and from tables */
#include <string.h>

#include "base/utf8.h"
#include "inner.h"
#include "look.h"

#define NAME(table, i, max) ((unsigned)(i) < (max) ? (table)[i] : "")

const char *
cn_priority_name(enum cn_priority p)
{
	static const char *const names[] = { "low", "normal", "high",
	    "urgent" };

	return NAME(names, p, CN_PRIORITY_MAX);
}

const char *
cn_sentiment_name(enum cn_sentiment s)
{
	static const char *const names[] = { "negative", "neutral",
	    "positive" };

	return NAME(names, s, CN_SENTIMENT_MAX);
}

const char *
cn_dsr_name(enum cn_dsr d)
{
	static const char *const names[] = { "none", "access", "erase",
	    "rectify", "object", "restrict", "portability" };

	return NAME(names, d, CN_DSR_MAX);
}

const char *
cn_why_kind_name(enum cn_why_kind k)
{
	static const char *const names[] = { "word", "pair", "chars", "mark" };

	return NAME(names, k, CN_WHY_KIND_MAX);
}

bool
cn_priority_parse(const char *s, enum cn_priority *out)
{
	int p;

	for (p = 0; p < CN_PRIORITY_MAX; p++)
		if (strcmp(s, cn_priority_name((enum cn_priority)p)) == 0) {
			*out = (enum cn_priority)p;
			return true;
		}
	return false;
}

/* Does a mark stand within words of praise?  'Not bad' neither is bad nor
 * denies what stands behind it. */
static bool
in_praise(const struct cn_look *l, size_t i)
{
	const struct cn_mark *m = &l->mark[i], *p;
	size_t j;

	for (j = i; j > 0 && l->mark[j - 1].word + 8 > m->word; j--)
		;
	for (; j < l->nmark && l->mark[j].word <= m->word; j++) {
		p = &l->mark[j];
		if (p->kind == CN_LEX_POS && p->words > m->words &&
		    p->word + p->words >= m->word + m->words)
			return true;
	}
	return false;
}

/* Is there a 'not' in so many words before a mark? */
static bool
negated(const struct cn_look *l, size_t i, uint32_t within)
{
	const struct cn_mark *m = &l->mark[i], *p;
	size_t j;

	for (j = i; j-- > 0;) {
		p = &l->mark[j];
		if (m->word - p->word > within)
			return false;
		if (p->kind == CN_LEX_NOT && p->word + p->words <= m->word &&
		    !in_praise(l, j))
			return true;
	}
	return false;
}

#define ANGRY 3				/* the weight of such a word */

/* Faces that say what words leave out. */
static const struct {
	uint32_t cp;
	int weight;
} faces[] = {
	{ 0x1f600, 1 }, { 0x1f603, 1 }, { 0x1f604, 1 }, { 0x1f60a, 1 },
	{ 0x1f60d, 2 }, { 0x1f44d, 1 }, { 0x2764, 2 }, { 0x1f389, 1 },
	{ 0x1f642, 1 }, { 0x1f970, 2 }, { 0x1f620, -2 }, { 0x1f621, -2 },
	{ 0x1f624, -2 }, { 0x1f92c, -3 }, { 0x1f44e, -2 }, { 0x1f622, -1 },
	{ 0x1f62d, -1 }, { 0x1f61e, -1 }, { 0x1f494, -1 }, { 0x1f612, -1 }
};

/* What the raw bytes show and the words do not. */
static void
raw(struct cn_look *l, int *face)
{
	struct cn_str s = l->in->text;
	size_t i, j, len, upper = 0, lower = 0;
	uint32_t cp;

	*face = 0;
	for (i = 0; i < s.n && i < CN_AI_TEXT_MAX; i += len) {
		len = cn_utf8_get(s.p + i, s.n - i, &cp);
		if (len == 0) {
			len = 1;
			continue;
		}
		upper += cp - 'A' < 26;
		lower += cp - 'a' < 26;
		for (j = 0; cp >= 0x2764 && j < sizeof(faces) /
		    sizeof(faces[0]); j++)
			if (faces[j].cp == cp)
				*face += faces[j].weight;
	}
	l->shouting = upper >= 15 && upper > 3 * lower;
}

static void
sentiment(struct cn_look *l)
{
	double pos = 0, neg = 0;
	struct cn_ai_result *r = l->r;
	/* 'Great, the wrong one again.' */
	bool irony = l->kind[CN_LEX_AGAIN] > 0 && l->kind[CN_LEX_NEG] > 0;
	size_t i;
	int face;

	raw(l, &face);
	for (i = 0; i < l->nmark; i++) {
		const struct cn_mark *m = &l->mark[i];
		bool flip;

		/* A subject that says what the text says is no more anger. */
		if ((m->kind != CN_LEX_POS && m->kind != CN_LEX_NEG) ||
		    cn_lex_again(&l->words, l->mark, i) || in_praise(l, i))
			continue;
		flip = negated(l, i, 3);
		if (m->kind == CN_LEX_POS && !flip && irony && m->word < 3)
			neg += m->weight;
		else if (m->kind == CN_LEX_POS && !flip)
			pos += m->weight;
		else if (m->kind == CN_LEX_NEG && !flip)
			neg += m->weight;
		/* 'Not satisfied' is more than the contrary of 'satisfied'. */
		else if (m->kind == CN_LEX_POS)
			neg += m->weight == 1 && negated(l, i, 2) ? 2 :
			    m->weight;
	}
	neg += 2.0 * (l->kind[CN_LEX_THREAT] > 0) + l->shouting;
	pos += face > 0 ? face : 0;
	neg -= face < 0 ? face : 0;
	r->angry = neg >= ANGRY || neg > pos;
	r->sentiment_score = (pos - neg) / (pos + neg + 1.5);
	r->sentiment = r->sentiment_score >= 0.5 ? CN_SENTIMENT_POSITIVE :
	    r->sentiment_score <= -0.5 ? CN_SENTIMENT_NEGATIVE :
	    CN_SENTIMENT_NEUTRAL;
}

/* Who is angry may thank, with irony or not: then the words do not say which
 * of both it is. */
static void
ironic(struct cn_look *l)
{
	struct cn_ai_result *r = l->r;

	if (r->category == NULL || r->sentiment != CN_SENTIMENT_NEGATIVE ||
	    strcmp(r->category, CN_PRAISE) != 0)
		return;
	r->category = NULL;
	r->abstained = true;
	l->usual = CN_PRIORITY_NORMAL;
}

/* Two kinds of phrases near each other that make a request, or the first
 * alone.  Confidence is for the closest and strongest.  Of participles
 * ('deleted') a request has the object in front: 'I want my data deleted'. */
static const struct dsr_rule {
	enum cn_dsr dsr;
	enum cn_lex_kind verb;
	int object;			/* kind, or -1 */
	int least, object_least;	/* their weights */
	uint32_t within;		/* words between the two */
	bool object_first;
	double confidence;
} dsr_rules[] = {
	{ CN_DSR_ACCESS, CN_LEX_D_ACCESS, -1, 4, 0, 0, false, 0.85 },
	{ CN_DSR_ERASE, CN_LEX_D_ERASE, -1, 4, 0, 0, false, 0.88 },
	{ CN_DSR_RECTIFY, CN_LEX_D_RECTIFY, -1, 4, 0, 0, false, 0.85 },
	{ CN_DSR_OBJECT, CN_LEX_D_OBJECT, -1, 4, 0, 0, false, 0.88 },
	{ CN_DSR_RESTRICT, CN_LEX_D_RESTRICT, -1, 4, 0, 0, false, 0.89 },
	{ CN_DSR_PORTABILITY, CN_LEX_D_PORT, -1, 4, 0, 0, false, 0.9 },
	{ CN_DSR_ACCESS, CN_LEX_D_ACCESS, -1, 2, 0, 0, false, 0.4 },
	{ CN_DSR_ERASE, CN_LEX_D_ERASE, -1, 2, 0, 0, false, 0.4 },
	{ CN_DSR_RECTIFY, CN_LEX_D_RECTIFY, -1, 2, 0, 0, false, 0.4 },
	{ CN_DSR_OBJECT, CN_LEX_D_OBJECT, -1, 2, 0, 0, false, 0.4 },
	{ CN_DSR_RESTRICT, CN_LEX_D_RESTRICT, -1, 2, 0, 0, false, 0.4 },
	{ CN_DSR_PORTABILITY, CN_LEX_D_PORT, -1, 2, 0, 0, false, 0.4 },
	{ CN_DSR_ERASE, CN_LEX_V_ERASE, CN_LEX_O_DATA, 3, 2, 7, false,
	    0.85 },
	{ CN_DSR_ERASE, CN_LEX_V_ERASE, CN_LEX_O_DATA, 2, 3, 7, true, 0.7 },
	{ CN_DSR_ERASE, CN_LEX_V_ERASE, CN_LEX_O_ACCOUNT, 3, 2, 4, false,
	    0.6 },
	{ CN_DSR_RESTRICT, CN_LEX_V_RESTRICT, CN_LEX_O_DATA, 3, 3, 7, false,
	    0.75 },
	{ CN_DSR_PORTABILITY, CN_LEX_V_PORT, CN_LEX_O_DATA, 3, 3, 8, false,
	    0.7 },
	{ CN_DSR_OBJECT, CN_LEX_V_OBJECT, CN_LEX_O_MARKETING, 2, 2, 7, false,
	    0.7 },
	{ CN_DSR_OBJECT, CN_LEX_V_OBJECT, CN_LEX_O_DATA, 2, 3, 8, false,
	    0.66 },
	{ CN_DSR_RECTIFY, CN_LEX_V_RECTIFY, CN_LEX_O_DATA, 3, 2, 6, false,
	    0.65 },
	{ CN_DSR_RECTIFY, CN_LEX_V_RECTIFY, CN_LEX_O_DATA, 2, 3, 6, false,
	    0.65 },
	{ CN_DSR_ACCESS, CN_LEX_V_ACCESS, CN_LEX_O_DATA, 2, 3, 7, false,
	    0.52 }
};
#define LAW_BOOST 0.3
#define DATA_BOOST 0.1

/* Words between two marks; a large number where the order is wrong. */
static uint32_t
gap(const struct cn_mark *verb, const struct cn_mark *object, bool object_first)
{
	if (object->word + object->words <= verb->word)
		return verb->word - object->word - object->words;
	if (object_first)
		return UINT32_MAX;
	if (verb->word + verb->words <= object->word)
		return object->word - verb->word - verb->words;
	return 0;
}

static double
dsr_rule(const struct cn_look *l, const struct dsr_rule *d)
{
	double best = 0, c;
	size_t i, j;
	uint32_t g;

	for (i = 0; i < l->nmark; i++) {
		const struct cn_mark *v = &l->mark[i];

		if (v->kind != d->verb || v->weight < d->least)
			continue;
		/* 'do not delete my data'; objecting is itself a 'not'. */
		if (d->dsr != CN_DSR_OBJECT && negated(l, i, 2))
			continue;
		if (d->object < 0) {
			best = d->confidence;
			continue;
		}
		/* Marks stand by place, and no phrase has eight words. */
		for (j = i; j > 0 && l->mark[j - 1].word + d->within + 8 >=
		    v->word; j--)
			;
		for (; j < l->nmark && l->mark[j].word <= v->word + v->words +
		    d->within; j++) {
			if (l->mark[j].kind != d->object ||
			    l->mark[j].weight < d->object_least)
				continue;
			g = gap(v, &l->mark[j], d->object_first);
			if (g > d->within)
				continue;
			c = d->confidence * (1 - 0.02 * g);
			if (c > best)
				best = c;
		}
	}
	return best;
}

static void
data_request(struct cn_look *l)
{
	struct cn_ai_result *r = l->r;
	double c, best = 0;
	size_t i;

	for (i = 0; i < sizeof(dsr_rules) / sizeof(dsr_rules[0]); i++) {
		c = dsr_rule(l, &dsr_rules[i]);
		if (c <= best)
			continue;
		best = c;
		r->dsr = dsr_rules[i].dsr;
	}
	if (best > 0 && l->kind[CN_LEX_LAW] > 0)
		best += LAW_BOOST;
	else if (best > 0 && l->kind[CN_LEX_O_DATA] > 0)
		best += DATA_BOOST;
	/* Machines make no requests. */
	if (r->automatic || l->in->bulk || l->in->list)
		best *= 0.3;
	r->dsr_confidence = best > 0.98 ? 0.98 : best;
	if (r->dsr_confidence < 0.5) {
		r->dsr = CN_DSR_NONE;
		r->dsr_confidence = 1 - r->dsr_confidence;
		/* What says nothing that we know may still be one. */
		if (r->dsr_confidence > 0.98)
			r->dsr_confidence = 0.98;
	}
}

/* In few words, that they are not in the office, till when, and no more. */
#define AWAY_OFFICE 4			/* the weight of such words */
#define AWAY_WORDS 12
#define AWAY_UNTIL 4			/* words behind */
static bool
only_away(const struct cn_look *l)
{
	struct cn_words subject;
	size_t i;

	if (l->top[CN_LEX_AWAY] < AWAY_OFFICE)
		return false;
	cn_words(&subject, l->in->subject, CN_AI_SUBJECT_MAX, cn_str(NULL), 0,
	    false, l->arena);
	if (l->words.n - subject.n > AWAY_WORDS)
		return false;
	for (i = 0; i < l->nmark; i++)
		if (l->mark[i].kind == CN_LEX_AWAY &&
		    l->mark[i].weight == AWAY_OFFICE &&
		    l->mark[i].word >= subject.n && l->mark[i].word +
		    l->mark[i].words + AWAY_UNTIL >= l->words.n)
			return true;
	return false;
}

/* By words alone only what asks nothing is taken for automatic: people write
 * about the automatic answers that they got, and when they are away. */
static void
automatic(struct cn_look *l)
{
	struct cn_ai_result *r = l->r;
	bool asks = l->in->text.n > 0 && memchr(l->in->text.p, '?',
	    l->in->text.n);

	if (l->in->automatic)
		r->automatic_reason = l->in->automatic;
	else if (l->in->bounce)
		r->automatic_reason = "bounce";
	else if (!asks && (l->kind[CN_LEX_AUTO] > 0 ||
	    (l->kind[CN_LEX_AWAY] > 0 && l->kind[CN_LEX_INSTEAD] > 0) ||
	    only_away(l)))
		r->automatic_reason = "wording";
	r->automatic = r->automatic_reason != NULL;
}

/* On a scale whose middle is the model's threshold. */
static void
spam_by_model(struct cn_look *l, const struct cn_model *m)
{
	float *p = cn_arena_alloc(l->arena, m->classes * sizeof(*p));
	struct cn_ai_input in = *l->in;
	size_t class = (size_t)cn_model_spam(m), nf, n;
	struct cn_look own = *l;
	double t = m->threshold, x;
	struct cn_norm norm;
	struct cn_feat *f;
	struct cn_tf *tf;

	in.marks = in.spam_marks;
	in.nmarks = in.nspam_marks;
	own.in = &in;
	own.r = cn_arena_alloc(l->arena, sizeof(*own.r));
	memset(own.r, 0, sizeof(*own.r));
	f = cn_feats(&l->words, &nf, l->arena);
	tf = cn_input_tfs(m, &in, f, nf, &n, l->arena);
	if (cn_model_add(m, tf, n, p, &norm) == 0)
		return;
	(void)cn_softmax(p, m->classes, m->temperature);
	x = p[class];
	if (x >= t)
		cn_explain(m, &own, f, nf, tf, n, &norm, class);
	l->spam_why = own.r;
	l->spam_p = x;
	l->r->spam = x >= t;
	l->r->spam_score = x < t ? 0.5 * x / t : t < 1 ?
	    0.5 + 0.5 * (x - t) / (1 - t) : 1;
}

static void
spam(struct cn_look *l)
{
	struct cn_ai_result *r = l->r;
	double s = 5 * l->spam_class;
	size_t i;

	if (l->in->spam != NULL) {
		spam_by_model(l, l->in->spam);
		return;
	}
	for (i = 0; i < l->nmark; i++)
		if (l->mark[i].kind == CN_LEX_SPAM)
			s += l->mark[i].weight == 1 ? 0.3 :
			    l->mark[i].weight;
	s += l->links >= 3 ? 1 : 0;
	s += l->in->html_only ? 0.3 : 0;
	s += l->shouting ? 0.5 : 0;
	s += l->in->bulk && !l->in->list ? 0.5 : 0;
	/* A clear request for help is one, whatever words it has. */
	if (r->best && strcmp(r->best, "spam") != 0 && !r->abstained)
		s -= 4 * r->confidence * r->confidence;
	if (r->dsr != CN_DSR_NONE || l->in->bounce)
		s -= 2;
	r->spam_score = s > 0 ? s / (s + 4) : 0;
	r->spam = r->spam_score >= 0.5;
}

static void
priority(struct cn_look *l)
{
	struct cn_ai_result *r = l->r;
	int p = (int)l->usual, urgent = l->top[CN_LEX_URGENT];
	double c = r->category ? 0.4 + 0.5 * r->confidence : 0.5;

	if (r->spam || r->automatic || l->in->list || l->in->bulk) {
		r->priority = CN_PRIORITY_LOW;
		r->priority_confidence = 0.9;
		return;
	}
	if (l->top[CN_LEX_CALM]) {
		p -= p > CN_PRIORITY_LOW;
		urgent = 0;
		c = 0.8;
	}
	if (urgent >= 3)
		p = CN_PRIORITY_URGENT, c = 0.85;
	else if (urgent == 2)
		p = p >= CN_PRIORITY_HIGH ? CN_PRIORITY_URGENT :
		    CN_PRIORITY_HIGH, c = 0.8;
	if (p < CN_PRIORITY_HIGH && (l->kind[CN_LEX_THREAT] > 0 ||
	    r->dsr != CN_DSR_NONE || r->sentiment_score <= -0.75))
		p = CN_PRIORITY_HIGH, c = 0.75;
	r->priority = (enum cn_priority)p;
	r->priority_confidence = c;
}

static void
flags(struct cn_look *l)
{
	struct cn_ai_result *r = l->r;
	const struct {
		bool on;
		const char *name;
	} all[] = {
		{ l->in->attachments > 0, "attachments" },
		{ r->automatic, "automatic" },
		{ l->in->bounce, "bounce" },
		{ l->in->bulk, "bulk" },
		{ r->dsr != CN_DSR_NONE, "dsr" },
		{ l->words.n == 0, "empty" },
		{ l->in->html_only, "html" },
		{ l->in->list, "list" },
		{ l->shouting, "shouting" },
		{ r->spam, "spam" },
		{ l->kind[CN_LEX_THREAT] > 0, "threat" },
		{ l->top[CN_LEX_URGENT] >= 2 && !l->top[CN_LEX_CALM],
		    "urgent" }
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i].on)
			r->flags[r->nflags++] = all[i].name;
}

void
cn_ai_classify(const struct cn_model *m, const struct cn_ai_input *in,
    struct cn_ai_result *r, struct cn_arena *arena)
{
	struct cn_look l = { .in = in, .r = r, .arena = arena,
	    .usual = CN_PRIORITY_NORMAL };
	struct cn_words accented;
	size_t i;

	memset(r, 0, sizeof(*r));
	r->abstained = true;
	cn_words(&l.words, in->subject, CN_AI_SUBJECT_MAX, in->text,
	    CN_AI_TEXT_MAX, false, arena);
	l.mark = cn_lex_scan(&l.words, &l.nmark, arena);
	for (i = 0; i < l.nmark; i++) {
		const struct cn_mark *k = &l.mark[i];

		/* 'It is not urgent' is nothing urgent. */
		if (k->kind == CN_LEX_URGENT && negated(&l, i, 2))
			continue;
		l.kind[k->kind] += k->weight;
		if (k->weight > l.top[k->kind])
			l.top[k->kind] = k->weight;
	}
	for (i = 0; i < l.words.n; i++)
		l.links += l.words.buf[l.words.w[i].at] == '/';
	if (m)
		cn_category(m, &l);
	/* The subject is often in the desk's language: the text decides. */
	cn_words(&accented, in->text.n ? cn_str(NULL) : in->subject,
	    CN_AI_SUBJECT_MAX, in->text, CN_AI_TEXT_MAX, true, arena);
	cn_language(&accented, &l.lang, arena);
	memcpy(r->language, l.lang.code, sizeof(r->language));
	r->language_confidence = l.lang.confidence;
	sentiment(&l);
	ironic(&l);
	automatic(&l);
	data_request(&l);
	spam(&l);
	priority(&l);
	flags(&l);
	cn_reasons(&l, &accented);
}
