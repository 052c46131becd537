/* look.h - one message on its way through cn_ai_classify(); not for other
 * layers */
#ifndef CN_AI_LOOK_H
#define CN_AI_LOOK_H

#include "ai.h"
#include "language.h"
#include "lexicon.h"

struct cn_look {
	const struct cn_ai_input *in;
	struct cn_ai_result *r;
	struct cn_arena *arena;
	struct cn_words words;
	struct cn_mark *mark;
	size_t nmark;
	double kind[CN_LEX_MAX];	/* sum of weights */
	int top[CN_LEX_MAX];		/* largest weight */
	double spam_class;		/* the category model's class 'spam' */
	double spam_p;			/* by a spam model */
	const struct cn_ai_result *spam_why;	/* its features, or NULL */
	enum cn_priority usual;		/* of the class */
	bool shouting;
	unsigned links;
	struct cn_lang_guess lang;
};

/* Asks the model for best, category and why of the result. */
struct cn_model;
struct cn_feat;
struct cn_tf;
struct cn_norm;
void cn_category(const struct cn_model *, struct cn_look *);
/* What of its features and marks speaks for a class, in why of the result. */
void cn_explain(const struct cn_model *, struct cn_look *,
    const struct cn_feat *, size_t nf, const struct cn_tf *, size_t ntf,
    const struct cn_norm *, size_t class);
/* Fills decision[] of the result, once all else is there. */
void cn_reasons(struct cn_look *, const struct cn_words *accented);

#endif
