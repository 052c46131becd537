/* history_int.h - between history.c, which knows who answered what, near.c,
 * which finds what is near, and scene.c, which makes drafts of it */
#ifndef CN_HISTORY_INT_H
#define CN_HISTORY_INT_H

#include "desk/reply/history.h"
#include "desk/reply/kin.h"

struct cn_history {
	struct cn_store *store;
	const struct cn_config *conf;
	struct cn_arena mem;
	/* What humans said in the conversations that are looked at. */
	struct cn_spoken *said;
	size_t nsaid;
	struct cn_slot {		/* by id: open addressing */
		int64_t id;
		uint32_t said;		/* + 1; 0: free */
		uint32_t asks;		/* pair + 1; 0: none */
	} *slot;
	uint32_t mask;
	struct cn_past *v;		/* pairs */
	size_t n;
	struct cn_recall *recall;
	struct cn_similar *sample;	/* questions of the newest pairs */
	const struct cn_encoder *encoder;
	/* Of near.c. */
	float *score;			/* [n], all zero between questions */
	uint32_t *touched;
	struct cn_heard *heard;
	size_t nheard, heardcap, nkept;
	struct cn_question **open;	/* [n]; NULL: not open */
	size_t nopen;
	struct cn_meant *meant;		/* [n] */
	int64_t *who;			/* persons of the sample, ascending */
	size_t nwho;
	/* As in scrub.h: of the sample, and of the words that were asked, of
	 * others as well. */
	struct cn_wordset common, people, asked;
	struct cn_wordset kin;		/* of the sample (kin.h) */
	uint32_t counted;		/* persons there, one by one */
	struct cn_err err;		/* of a look that failed; status 0 */
};

/* 1 loaded, 0 erased meanwhile, -1. */
int cn_history_load(struct cn_history *, int64_t id, struct cn_msg *,
    struct cn_arena *, struct cn_err *) CN_CHECKED;
/* The beginning of a text, and, in place of what is in the buffer, its own
 * words, folded as drafts are. */
struct cn_str cn_history_text(const struct cn_msg *);
void cn_history_own(struct cn_buf *, const struct cn_msg *);
/* What is compared of a question, in place of what is in the buffer. */
#define CN_HISTORY_ASKED 600	/* bytes of its own words */
void cn_history_asked(struct cn_buf *, const struct cn_msg *,
    const struct cn_buf *own);
/* May this message be a source?  1, 0, -1. */
int cn_history_usable(struct cn_history *, int64_t id, struct cn_err *)
    CN_CHECKED;
/* Adds the words of the customers' names, and of their addresses before the
 * domain, to names; to people those of the names alone, as of `who`. */
void cn_history_names(const struct cn_history *, const struct cn_msg *,
    struct cn_wordset *names, struct cn_wordset *people, uint32_t who);
/* The customer to or by whom it is, or NULL. */
const struct cn_addr *cn_history_customer(const struct cn_history *,
    const struct cn_msg *);
struct cn_slot *cn_history_slot(const struct cn_history *, int64_t id);
/* What was said in this message, or NULL; and by, or to, whom: who is not
 * known may be one and the same, 0. */
const struct cn_spoken *cn_history_said(const struct cn_history *,
    int64_t id);
int64_t cn_history_who(const struct cn_spoken *);
/* Once the pairs are known. */
void cn_history_near_init(struct cn_history *);
void cn_history_near_release(struct cn_history *);

#endif
