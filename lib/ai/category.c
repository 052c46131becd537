/* category.c - the category of a message, and what has made it
 *
 * A message that goes on with a conversation says little by itself: 'yes,
 * please', 'still nothing'.  Beforehand the category of the customer's message
 * before is SAME times as probable as all others together, and in fewer than
 * FULL words the more, by the third power, the fewer they are; what the words
 * say plainly they still say (Bayes).  The subject of such a message is the one
 * of the first, which has had its say, and is left out. */
#include <string.h>

#include "inner.h"
#include "look.h"
#include "sentence.h"

#define SAME 2
#define FULL 8
/* From these on a message is sure to stay with what it is about, or to leave
 * it. */
#define STAYS 0.5f
#define LEAVES 0.6f

static void
keep_why(struct cn_ai_result *r, struct cn_look *l, struct cn_str feature,
    enum cn_why_kind kind, double weight)
{
	size_t i;

	if (weight < 0.01)
		return;
	for (i = r->nwhy; i > 0 && r->why[i - 1].weight < weight; i--)
		if (i < CN_WHY_MAX)
			r->why[i] = r->why[i - 1];
	if (i == CN_WHY_MAX)
		return;
	r->nwhy += r->nwhy < CN_WHY_MAX;
	r->why[i].feature = cn_arena_dup(l->arena, feature.p, feature.n);
	r->why[i].kind = kind;
	r->why[i].weight = weight;
}

/* What a feature of the text adds to the class's sum. */
static double
share(const struct cn_model *m, const struct cn_tf *tf,
    const struct cn_norm *norm, size_t class)
{
	return tf->row ? cn_model_weight(m, tf->row - 1, class) *
	    m->row[tf->row - 1].idf * cn_model_tf(tf->n) *
	    norm->inv[tf->block] : 0;
}

static struct cn_str
span(const struct cn_look *l, const struct cn_feat *f)
{
	return (struct cn_str){ l->words.buf + f->at, f->len };
}

static void
explain_marks(const struct cn_model *m, struct cn_look *l,
    const struct cn_tf *tf, size_t ntf, const struct cn_norm *norm,
    size_t class)
{
	const struct cn_ai_input *in = l->in;
	size_t i, j;

	for (i = 0; i < in->nmarks && i < CN_AI_MARKS_MAX; i++)
		for (j = ntf; j-- > 0 && tf[j].block >= BLOCK_MARKS;)
			if (tf[j].key == cn_mark_key(in->marks[i]))
				keep_why(l->r, l, in->marks[i], CN_WHY_MARK,
				    share(m, &tf[j], norm, class));
}

/* A word counts with the characters in it; one that the model knows by its
 * characters alone (a typo, an inflection) says so by its kind. */
static void
explain(const struct cn_model *m, struct cn_look *l, const struct cn_feat *f,
    size_t nf, const struct cn_tf *tf, size_t ntf, const struct cn_norm *norm,
    size_t class)
{
	struct cn_str word = { NULL, 0 };
	double sum = 0, w;
	bool known = false, seen;
	size_t i, j = 0;

	for (i = 0; i <= nf; i++) {
		if (i == nf || f[i].kind == CN_WHY_WORD) {
			if (word.n)
				keep_why(l->r, l, word, known ? CN_WHY_WORD :
				    CN_WHY_CHARS, sum);
			if (i == nf)
				return;
			word = span(l, &f[i]);
			sum = 0;
			known = false;
		}
		/* First occurrences come in the order of tf. */
		if (j == ntf || f[i].key != tf[j].key)
			continue;
		w = share(m, &tf[j], norm, class);
		seen = tf[j++].row;
		if (f[i].kind == CN_WHY_PAIR) {
			keep_why(l->r, l, span(l, &f[i]), CN_WHY_PAIR, w);
			continue;
		}
		sum += w;
		known |= seen && f[i].kind == CN_WHY_WORD;
	}
}

void
cn_explain(const struct cn_model *m, struct cn_look *l, const struct cn_feat *f,
    size_t nf, const struct cn_tf *tf, size_t ntf, const struct cn_norm *norm,
    size_t class)
{
	explain_marks(m, l, tf, ntf, norm, class);
	explain(m, l, f, nf, tf, ntf, norm, class);
}

/* The class of the conversation, + 1; 0: none. */
static size_t
thread_of(const struct cn_model *m, const struct cn_ai_input *in)
{
	size_t i;

	for (i = 0; in->thread && m->classes > 1 && i < m->classes; i++)
		if (i + 1 != m->outside && strcmp(m->label[i],
		    in->thread) == 0)
			return i + 1;
	return 0;
}

/* What is known of a message that goes on with a conversation. */
static void
without_subject(struct cn_look *l, struct cn_ai_input *in)
{
	*in = *l->in;
	if (!cn_reply_prefix(&in->subject))
		return;
	in->subject = (struct cn_str){ NULL, 0 };
	l->in = in;
	cn_words(&l->words, in->subject, 0, in->text, CN_AI_TEXT_MAX, false,
	    l->arena);
}

/* Multiplies the odds of a class; the best of those that are one. */
static int
weigh(const struct cn_model *m, float *p, size_t class, double by)
{
	double sum = 0;
	size_t i, best = m->outside == 1;

	p[class] *= (float)by;
	for (i = 0; i < m->classes; i++)
		sum += (double)p[i];
	for (i = 0; i < m->classes; i++) {
		p[i] = (float)((double)p[i] / sum);
		if (i + 1 != m->outside && p[i] > p[best])
			best = i;
	}
	return (int)best;
}

/* What the words must outweigh. */
static double
odds(const struct cn_model *m, const struct cn_look *l)
{
	double n = l->words.n > 0 ? (double)l->words.n : 1;
	double few = n < FULL ? FULL / n : 1;

	return SAME * (double)(m->classes - 1) * few * few * few;
}

static void
explain_thread(const struct cn_model *m, struct cn_look *l)
{
	const char *mark = cn_arena_fmt(l->arena, "thread:%s", l->in->thread);

	keep_why(l->r, l, cn_str(mark), CN_WHY_MARK, m->temperature *
	    cn_log(odds(m, l)));
}

void
cn_category(const struct cn_model *m, struct cn_look *l)
{
	size_t thread = thread_of(m, l->in), nf, i;
	struct cn_asked x;
	struct cn_ai_result *r = l->r;
	struct cn_look own = *l;
	struct cn_ai_input in;
	struct cn_norm norm;
	struct cn_feat *f;
	double second = 0;
	int best, words;
	bool sure;
	float *p;

	if (thread)
		without_subject(&own, &in);
	f = cn_feats(&own.words, &nf, l->arena);
	x = cn_input_asked(m, own.in, f, nf, l->arena);
	p = cn_arena_alloc(l->arena, m->classes * sizeof(*p));
	best = words = cn_model_answer(m, &x, p, &norm, &sure);
	if (thread) {
		best = weigh(m, p, thread - 1, odds(m, &own));
		sure &= best == words;
		if ((size_t)best + 1 == thread)
			sure |= p[best] >= STAYS;
		else
			sure &= p[best] >= LEAVES;
	}
	if (best < 0)
		return;
	for (i = 0; i < m->classes; i++) {
		if (i != (size_t)best && i + 1 != m->outside && p[i] > second)
			second = p[i];
		if (strcmp(m->label[i], "spam") == 0)
			l->spam_class = p[i];
	}
	r->best = m->label[best];
	r->confidence = p[best];
	r->margin = p[best] - second;
	r->abstained = !sure;
	if (sure) {
		r->category = r->best;
		l->usual = (enum cn_priority)m->priority[best];
	}
	if ((size_t)best + 1 == thread)
		explain_thread(m, &own);
	if (words >= 0)
		cn_explain(m, &own, f, nf, x.tf, x.n, &norm,
		    (size_t)best);
}
