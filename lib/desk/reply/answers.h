/* answers.h - what humans answered in a period, and which answers are alike
 *
 * An answer is a message of the desk that no machine sent, in a conversation
 * in which a customer wrote before it and whose owner lets us report.  A mail
 * within CN_ANSWER_HASTE seconds of theirs is none, marked or not.  Its
 * text is read once, becomes hashes of words (ai/alike.h) and is forgotten:
 * what is kept of an answer are numbers.  The newest CN_ANSWERS_MAX of the
 * period are looked at; memory is bounded by them. */
#ifndef CN_ANSWERS_H
#define CN_ANSWERS_H

#include "desk/config.h"
#include "desk/reply/macros.h"
#include "desk/reply/wordset.h"
#include "store/list.h"

#define CN_ANSWERS_MAX 100000
#define CN_ANSWER_LEAST 5	/* words of an answer that is compared */
#define CN_ANSWER_HASTE 30	/* nobody reads a mail and answers it sooner */
#define CN_ANSWER_SITTING 1800	/* seconds between two answers, at most, that
				 * were written in one sitting */

struct cn_answer {
	int64_t id, person, date, from;
	int32_t wait;		/* since the question; -1: not the first */
	int32_t pause;		/* since the same agent's answer before it;
				 * -1: not in one sitting */
	uint32_t group;		/* text that leads it, CN_ANSWER_ALONE: none */
	uint32_t words;
	uint16_t category, language; /* of the question: word[] */
};
#define CN_ANSWER_ALONE UINT32_MAX

/* A conversation that humans answered: by whom first, by whom last. */
struct cn_handled {
	int64_t person, first, last;	/* identifiers */
	int64_t begin, answer;		/* first one; first one of the last */
	int32_t delay;			/* between the two, seconds */
	uint16_t category;
};

struct cn_answers {
	struct cn_answer *v;		/* ascending by id */
	size_t n, cap;
	struct cn_handled *talk;
	size_t ntalks, cap_talks;
	/* Texts of the macros come before those of the answers: text t < nforms
	 * is form[t]. */
	struct cn_macro_form {
		const struct cn_macro *macro;
		const char *language;
	} *form;
	size_t nforms;
	uint32_t *leads;		/* text: place in v[], behind nforms */
	size_t nleads;
	const char **word;		/* categories and languages; [0]: none */
	uint16_t nwords;
	struct cn_arena mem;
};

/* Answers of since <= date < until; macros may be NULL.  Stops early where
 * *run.stop is set: what it has then means nothing. */
int cn_answers_load(struct cn_answers *, struct cn_store *, int64_t since,
    int64_t until, const struct cn_macros *, struct cn_err *) CN_CHECKED;
void cn_answers_release(struct cn_answers *);

/* The own text of an answer, in place of what is in t, and the words of the
 * names on it, added to those in t: 1, 0 erased meanwhile, -1. */
struct cn_answer_text {
	struct cn_buf text;
	struct cn_wordset customers, agents;
};
int cn_answer_text(struct cn_store *, int64_t id, struct cn_answer_text *,
    struct cn_err *) CN_CHECKED;
void cn_answer_text_release(struct cn_answer_text *);

#endif
