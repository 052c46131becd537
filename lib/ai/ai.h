/* ai.h - everything that is decided about one message, in one call
 *
 * Pure: the same input and model give the same result on any machine.  Each
 * decision carries a confidence in 0..1 and may be left open.  What is not
 * the model's (language, sentiment, priority, spam, data subject requests)
 * comes from word tables: moods.txt, rights.txt and language.c. */
#ifndef CN_AI_H
#define CN_AI_H

#include "base/buf.h"

struct cn_model;

enum cn_priority {
	CN_PRIORITY_LOW, CN_PRIORITY_NORMAL, CN_PRIORITY_HIGH,
	CN_PRIORITY_URGENT, CN_PRIORITY_MAX
};

enum cn_sentiment {
	CN_SENTIMENT_NEGATIVE, CN_SENTIMENT_NEUTRAL, CN_SENTIMENT_POSITIVE,
	CN_SENTIMENT_MAX
};

/* Data subject requests, GDPR Art. 15 to 21 (DPDP Act 2023, s. 11 to 13). */
enum cn_dsr {
	CN_DSR_NONE, CN_DSR_ACCESS, CN_DSR_ERASE, CN_DSR_RECTIFY,
	CN_DSR_OBJECT, CN_DSR_RESTRICT, CN_DSR_PORTABILITY, CN_DSR_MAX
};

/* 'low', 'negative', 'erase' and so on; static strings. */
const char *cn_priority_name(enum cn_priority);
const char *cn_sentiment_name(enum cn_sentiment);
const char *cn_dsr_name(enum cn_dsr);
bool cn_priority_parse(const char *, enum cn_priority *);

/* The starter's category of thanks.  Those that are none ('thanks a lot, it is
 * broken') are neither of it nor answered as if they were. */
#define CN_PRAISE "praise_feedback"

/* Only the first bytes of a text are looked at: what a customer wants stands
 * at the top, and a 50 MB message costs no more than this. */
#define CN_AI_TEXT_MAX 16384
#define CN_AI_SUBJECT_MAX 1024
#define CN_AI_MARKS_MAX 512		/* the rest is not looked at */

/* All borrowed; UTF-8, but ill-formed bytes do no harm. */
struct cn_ai_input {
	struct cn_str subject;
	struct cn_str text;		/* own text: no quote, no signature */
	const char *automatic;		/* reason ('auto-submitted', …), NULL */
	bool list, bulk, bounce;	/* from header fields */
	bool html_only;
	unsigned attachments;
	struct cn_str sender_domain;	/* or empty */
	/* What is known beside the text, as words of the caller's own: 'list',
	 * 'from:example.com', 'h:x-mailer'.  No text can imitate one.  An
	 * empty one parts two views, which spam is learned from apart; one
	 * that begins with '~' counts only where a model knows it, so that
	 * models from before there was such a mark judge as they did. */
	const struct cn_str *marks;
	size_t nmarks;
	/* The category of the same customer's message before in the same
	 * conversation, or NULL. */
	const char *thread;
	/* Says what is spam, where there is one: a model with a class of that
	 * name (cn_model_spam()), asked with marks of its own.  Else tables
	 * do. */
	const struct cn_model *spam;
	const struct cn_str *spam_marks;
	size_t nspam_marks;
};

enum cn_why_kind {
	CN_WHY_WORD, CN_WHY_PAIR, CN_WHY_CHARS, CN_WHY_MARK, CN_WHY_KIND_MAX
};
const char *cn_why_kind_name(enum cn_why_kind); /* 'word', 'pair', 'chars',
						 * 'mark' */

struct cn_why {
	char *feature;			/* lower-cased, from the text itself;
					 * a mark as it was given */
	enum cn_why_kind kind;
	double weight;			/* towards best; negative: against */
};

/* What is decided beside the category, with the same detail.  Of rules and
 * tables the confidence is what the rule was given, not a frequency. */
enum cn_decided {
	CN_DECIDED_PRIORITY, CN_DECIDED_SENTIMENT, CN_DECIDED_LANGUAGE,
	CN_DECIDED_SPAM, CN_DECIDED_AUTOMATIC, CN_DECIDED_DSR, CN_DECIDED_MAX
};
const char *cn_decided_name(enum cn_decided);

struct cn_reason {
	const char *feature;
	const char *kind;		/* 'phrase', 'word', 'pair', 'chars':
					 * of the message; 'field', 'mark',
					 * 'script', 'rule', 'decision' */
};
bool cn_reason_quotes(const struct cn_reason *);	/* the message */

#define CN_REASONS 3

struct cn_decision {
	double confidence;		/* 0..1 */
	double margin;			/* to the next, or to the opposite */
	bool abstained;			/* not sure: the answer is a guess, or
					 * the more cautious one */
	struct cn_reason why[CN_REASONS];
	size_t nwhy;
};

#define CN_WHY_MAX 5
#define CN_FLAGS_MAX 12

struct cn_ai_result {
	const char *category;		/* NULL where it abstains */
	const char *best;		/* the guess all the same; NULL only
					 * without a model or any feature */
	double confidence;		/* calibrated probability of best */
	double margin;			/* its distance to the second */
	bool abstained;

	enum cn_priority priority;
	double priority_confidence;
	enum cn_sentiment sentiment;
	double sentiment_score;		/* -1..1 */
	bool angry;			/* anger's own words, also where kind
					 * ones outweigh them */

	char language[8];		/* 'en', 'hi', 'hi-Latn'; '' unknown */
	double language_confidence;

	bool spam;
	double spam_score;		/* 0..1; spam from 0.5 */
	bool automatic;
	const char *automatic_reason;	/* NULL where it is not */

	enum cn_dsr dsr;
	double dsr_confidence;

	struct cn_why why[CN_WHY_MAX];	/* heaviest first */
	size_t nwhy;
	struct cn_decision decision[CN_DECIDED_MAX];
	/* 'automatic', 'attachments', 'bounce', 'bulk', 'dsr', 'empty', 'html',
	 * 'list', 'shouting', 'spam', 'threat', 'urgent': sorted */
	const char *flags[CN_FLAGS_MAX];
	size_t nflags;
};

/* Cannot fail.  model may be NULL: then the category is left open and the
 * rest is decided.  Strings of the result live in the arena, in the model, in
 * the input (automatic_reason) or for ever. */
void cn_ai_classify(const struct cn_model *, const struct cn_ai_input *,
    struct cn_ai_result *, struct cn_arena *);

/* The language alone, of the first CN_AI_TEXT_MAX bytes: ISO 639-1, and
 * 'hi-Latn' for Hindi in Latin letters.  '' and 0 where nothing speaks for
 * any.  Returns the confidence. */
double cn_ai_language(struct cn_str text, char out[8]);
/* The i-th of all that it can be, some of them twice; NULL behind the last. */
const char *cn_ai_language_at(size_t i);

#endif
