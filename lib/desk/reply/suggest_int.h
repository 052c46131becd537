/* suggest_int.h - between the files that make drafts: candidates.c finds and
 * ranks them, reply.c puts them on the line, suggest.c leads */
#ifndef CN_SUGGEST_INT_H
#define CN_SUGGEST_INT_H

#include "desk/reply/suggest.h"

/* An earlier message of the conversation, that all who would get the answer
 * wrote or got. */
struct cn_said {
	int64_t number;
	const struct cn_msg *msg;	/* with text */
	const char *language;
	bool sure;			/* that it is that */
	const char *category;		/* of the customer's last one; or NULL */
};

/* The confidence from which on a language is the one. */
#define CN_LANGUAGE_SURE 0.5

/* What is known about the message.  Strings in the item's arena. */
struct cn_asked {
	struct cn_str text;		/* subject and own words, folded */
	const char *best;		/* category, or NULL */
	double confidence;
	bool angry;			/* more than pleased */
	const char *language;		/* "" unknown */
	bool unsure;			/* of the language */
	const char *name, *order;	/* or NULL */
	const char *day;		/* on which it was written, or NULL */
	struct cn_wordset own;
	struct cn_said *said;		/* in the order of their dates */
	size_t nsaid;
};

/* A draft on its way. */
struct cn_cand {
	double score;
	bool same;			/* the customer's language */
	const char *language;
	/* Where it is from: one of them. */
	const char *macro, *message, *generator;
	struct cn_str from;		/* generator: what bears it, JSON */
	size_t span[2];			/* characters of the message's text
					 * that it is; 0, 0: none */
	const char *text;		/* NULL: not made yet */
	const struct cn_past *past;	/* what it will be made of */
	struct cn_kinds masked;		/* what it lost */
	const char *model;		/* the encoder that had a say, or NULL */
	size_t order;			/* among equals */
};

/* The mail that is answered: its header, else what the line tells; to be
 * released.  1, 0 gone, -1. */
int cn_suggest_parent(struct cn_suggest *, struct cn_item *, struct cn_mail *,
    struct cn_err *) CN_CHECKED;
/* Would an answer go to nobody who reads it?  1, 0, -1. */
int cn_suggest_unread(struct cn_suggest *, struct cn_item *, struct cn_err *)
    CN_CHECKED;
/* What somebody of that name is called; NULL: it is no name. */
const char *cn_called(struct cn_arena *, const char *name);
/* The number of the order that a folded text is about, or NULL. */
const char *cn_ordered(struct cn_arena *, struct cn_str text);
/* That both are of one category, 0 to 1. */
double cn_belief(const struct cn_asked *, const char *category);
/* What agents' judgement of a macro, or of an answer, multiplies a score by:
 * 1/2 to 3/2, 1 where there is none. */
double cn_judged(const struct cn_suggest *, const char *macro, int64_t draft);
bool cn_same_language(const char *asked, const char *of);

/* Fills said. */
int cn_talk_load(struct cn_suggest *, struct cn_item *, struct cn_asked *,
    struct cn_err *) CN_CHECKED;
/* Pieces of what the desk said there; returns how many. */
#define CN_TALK_SPANS 4
size_t cn_talk_spans(const struct cn_suggest *, const struct cn_asked *,
    struct cn_cand *, struct cn_arena *);

/* The best drafts, at most s->max (with a generator five or more), in the
 * item's arena; d[*n] on are those that were withheld, *withheld of them. */
int cn_candidates(struct cn_suggest *, struct cn_item *,
    const struct cn_asked *, struct cn_cand **d, size_t *n, size_t *withheld,
    struct cn_err *) CN_CHECKED;

/* Asks the generator (s->generate), with the drafts that we have: 1 a draft,
 * 0 none, 2 one that is withheld.  One that fails is not asked again. */
int cn_generate(struct cn_suggest *, struct cn_item *,
    const struct cn_asked *, const struct cn_cand *, size_t n,
    struct cn_cand *out);

/* Appends a draft as an element of the member replies, slots filled. */
void cn_reply_put(struct cn_buf *, const struct cn_suggest *,
    const struct cn_asked *, const struct cn_cand *, size_t rank);
/* Its text with the slots filled; its source, as a member and as a value. */
void cn_reply_text(struct cn_buf *, const struct cn_suggest *,
    const struct cn_asked *, const struct cn_cand *);
void cn_reply_source(struct cn_buf *, const struct cn_cand *);
void cn_reply_origin(struct cn_buf *, const struct cn_cand *);
/* Appends what was withheld, and why, as one of the member withheld. */
void cn_withheld_put(struct cn_buf *, const struct cn_cand *);

#endif
