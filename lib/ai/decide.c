/* decide.c - how sure each decision is, and what made it */
#include <string.h>

#include "look.h"

#define NAME(table, i, max) ((unsigned)(i) < (max) ? (table)[i] : "")
/* What is not told by a field of the mail is told by its words. */
#define BY_FIELD 0.98
#define BY_WORDS 0.8
#define BY_NOTHING 0.9

const char *
cn_decided_name(enum cn_decided d)
{
	static const char *const names[] = { "priority", "sentiment",
	    "language", "spam", "automatic", "dsr" };

	return NAME(names, d, CN_DECIDED_MAX);
}

bool
cn_reason_quotes(const struct cn_reason *y)
{
	static const char *const kinds[] = { "phrase", "word", "pair",
	    "chars" };
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(y->kind, kinds[i]) == 0)
			return true;
	/* A word of the subject. */
	return strcmp(y->kind, "mark") == 0 &&
	    strncmp(y->feature, "s:", 2) == 0;
}

static void
because(struct cn_decision *d, const char *feature, const char *kind)
{
	size_t i;

	for (i = 0; i < d->nwhy; i++)
		if (strcmp(d->why[i].feature, feature) == 0)
			return;
	if (d->nwhy < CN_REASONS)
		d->why[d->nwhy++] = (struct cn_reason){ feature, kind };
}

static const char *
text_of(const struct cn_look *l, const struct cn_words *w, uint32_t first,
    uint32_t n)
{
	uint32_t at = w->w[first].at, last = first + n - 1;

	return cn_arena_dup(l->arena, w->buf + at, w->w[last].at +
	    w->w[last].len - at);
}

/* The phrases of a kind, the heaviest first. */
static void
phrases(const struct cn_look *l, struct cn_decision *d, int kind, int least)
{
	size_t i;
	int weight;

	for (weight = 4; weight >= least; weight--)
		for (i = 0; i < l->nmark && d->nwhy < CN_REASONS; i++)
			if (l->mark[i].kind == kind &&
			    l->mark[i].weight == weight)
				because(d, text_of(l, &l->words,
				    l->mark[i].word, l->mark[i].words),
				    "phrase");
}

static double
both_ways(double confidence)
{
	return confidence > 0.5 ? 2 * confidence - 1 : 1 - 2 * confidence;
}

static void
priority(const struct cn_look *l, struct cn_decision *d)
{
	const struct cn_ai_result *r = l->r;

	d->confidence = r->priority_confidence;
	d->margin = both_ways(d->confidence);
	d->abstained = d->confidence <= 0.5;
	if (r->spam)
		because(d, "spam", "decision");
	if (r->automatic)
		because(d, "automatic", "decision");
	if (l->in->list)
		because(d, "list", "field");
	if (l->in->bulk)
		because(d, "bulk", "field");
	if (d->nwhy > 0)
		return;
	phrases(l, d, CN_LEX_CALM, 1);
	if (!l->top[CN_LEX_CALM])
		phrases(l, d, CN_LEX_URGENT, 2);
	if (r->priority == CN_PRIORITY_HIGH && d->nwhy == 0) {
		phrases(l, d, CN_LEX_THREAT, 1);
		if (r->dsr != CN_DSR_NONE)
			because(d, "dsr", "decision");
		if (r->sentiment_score <= -0.75)
			because(d, "sentiment", "decision");
	}
	if (d->nwhy == 0 && r->category != NULL)
		because(d, r->category, "decision");
}

static void
sentiment(const struct cn_look *l, struct cn_decision *d)
{
	const struct cn_ai_result *r = l->r;
	double s = r->sentiment_score < 0 ? -r->sentiment_score :
	    r->sentiment_score;
	bool good = r->sentiment_score > 0;

	d->confidence = r->sentiment == CN_SENTIMENT_NEUTRAL ? 1 - s :
	    (1 + s) / 2;
	d->margin = s > 0.5 ? 2 * s - 1 : 1 - 2 * s;
	d->abstained = d->confidence < 0.6;
	if (s == 0)
		return;
	phrases(l, d, good ? CN_LEX_POS : CN_LEX_NEG, 1);
	if (!good)
		phrases(l, d, CN_LEX_THREAT, 1);
	if (!good && l->shouting)
		because(d, "shouting", "rule");
	if (d->nwhy == 0)
		because(d, good ? "faces" : "negation or faces", "rule");
}

static void
language(const struct cn_look *l, const struct cn_words *w,
    struct cn_decision *d)
{
	const struct cn_lang_guess *g = &l->lang;
	size_t i;

	d->confidence = g->confidence;
	d->margin = g->margin;
	d->abstained = g->confidence < 0.5;
	if (g->script != NULL)
		because(d, g->script, "script");
	for (i = 0; i < g->nwhy; i++)
		because(d, text_of(l, w, g->why[i], 1), "word");
}

static void
spam(const struct cn_look *l, struct cn_decision *d)
{
	const struct cn_ai_result *r = l->r;
	double p = l->spam_why ? l->spam_p : r->spam_score;
	size_t i;

	d->confidence = p < 0.5 ? 1 - p : p;
	d->margin = both_ways(d->confidence);
	/* A model that is not as sure as it has to be lets the mail pass. */
	d->abstained = l->spam_why ? p >= 0.5 && !r->spam : p > 0.4 && p < 0.6;
	for (i = 0; l->spam_why && i < l->spam_why->nwhy; i++)
		because(d, l->spam_why->why[i].feature,
		    cn_why_kind_name(l->spam_why->why[i].kind));
	if (l->spam_why || !(r->spam || d->abstained))
		return;
	phrases(l, d, CN_LEX_SPAM, 1);
	if (l->spam_class >= 0.5)
		because(d, "category", "decision");
	if (l->links >= 3)
		because(d, "links", "rule");
	if (l->shouting)
		because(d, "shouting", "rule");
	if (l->in->html_only)
		because(d, "html", "rule");
}

static void
automatic(const struct cn_look *l, struct cn_decision *d)
{
	const struct cn_ai_result *r = l->r;
	bool words = r->automatic && !l->in->automatic && !l->in->bounce;

	d->confidence = !r->automatic ? BY_NOTHING : words ? BY_WORDS :
	    BY_FIELD;
	d->margin = both_ways(d->confidence);
	d->abstained = false;
	if (words) {
		phrases(l, d, CN_LEX_AUTO, 1);
		phrases(l, d, CN_LEX_AWAY, 1);
		phrases(l, d, CN_LEX_INSTEAD, 1);
	}
	else if (r->automatic)
		because(d, r->automatic_reason, "field");
}

/* The phrases that make each request: its name, or what is to be done. */
static void
dsr(const struct cn_look *l, struct cn_decision *d)
{
	static const struct {
		uint8_t name, verb;
	} of[CN_DSR_MAX] = {
		[CN_DSR_ACCESS] = { CN_LEX_D_ACCESS, CN_LEX_V_ACCESS },
		[CN_DSR_ERASE] = { CN_LEX_D_ERASE, CN_LEX_V_ERASE },
		[CN_DSR_RECTIFY] = { CN_LEX_D_RECTIFY, CN_LEX_V_RECTIFY },
		[CN_DSR_OBJECT] = { CN_LEX_D_OBJECT, CN_LEX_V_OBJECT },
		[CN_DSR_RESTRICT] = { CN_LEX_D_RESTRICT, CN_LEX_V_RESTRICT },
		[CN_DSR_PORTABILITY] = { CN_LEX_D_PORT, CN_LEX_V_PORT }
	};
	const struct cn_ai_result *r = l->r;

	d->confidence = r->dsr_confidence;
	d->margin = both_ways(d->confidence);
	/* Less than half sure that it is one, and more than a little. */
	d->abstained = r->dsr == CN_DSR_NONE && d->confidence < 0.7;
	if (r->dsr == CN_DSR_NONE)
		return;
	phrases(l, d, of[r->dsr].name, 2);
	if (d->nwhy == 0)
		phrases(l, d, of[r->dsr].verb, 2);
	if (d->nwhy == CN_REASONS)
		d->nwhy--;
	phrases(l, d, CN_LEX_LAW, 1);
	phrases(l, d, r->dsr == CN_DSR_OBJECT ? CN_LEX_O_MARKETING :
	    CN_LEX_O_DATA, 1);
	phrases(l, d, CN_LEX_O_ACCOUNT, 1);
}

void
cn_reasons(struct cn_look *l, const struct cn_words *accented)
{
	struct cn_decision *d = l->r->decision;

	priority(l, &d[CN_DECIDED_PRIORITY]);
	sentiment(l, &d[CN_DECIDED_SENTIMENT]);
	language(l, accented, &d[CN_DECIDED_LANGUAGE]);
	spam(l, &d[CN_DECIDED_SPAM]);
	automatic(l, &d[CN_DECIDED_AUTOMATIC]);
	dsr(l, &d[CN_DECIDED_DSR]);
}
