/* purge.h - plan, carry out and prove the erasure of persons
 *
 * A plan names persons and messages by public ids only.  Its hash covers all
 * that it says, so that a plan is stale as soon as anything of it has
 * changed; its id, which becomes the erasure's, is made from the hash. */
#ifndef CN_PURGE_H
#define CN_PURGE_H

#include "store/erase.h"

struct cn_plan {
	char id[CN_ID_LEN];		/* 'e…' */
	char hash[2 * CN_SHA + 1];
	int64_t *leaves;
	size_t nleaves;
	const char **subjects;		/* public ids */
	size_t nsubjects;
	size_t unknown, erased;		/* identifiers without a person */
	struct cn_survey survey;
	struct cn_buf json;		/* one object, without LF */
};

/* who: addresses, phones, handles or public ids.  One that is unknown, or was
 * erased before, is counted and named in the plan by its place from 1.  Is
 * audited.  Strings live in the arena. */
int cn_plan_make(struct cn_store *, const char *const *who, size_t n,
    struct cn_plan *, struct cn_arena *, struct cn_err *) CN_CHECKED;
void cn_plan_release(struct cn_plan *);
/* Subjects, id and hash of a plan that was printed; the rest is left empty.
 * Fails with status 2 where it is none. */
int cn_plan_read(struct cn_str text, struct cn_plan *, struct cn_arena *,
    struct cn_err *) CN_CHECKED;

/* Erases by a plan, made or read.  Status 4 if it is stale; with an empty hash
 * it is made anew under the lock and cannot be.  *done: false where it had
 * been carried out before, or nobody is left to erase. */
int cn_plan_apply(struct cn_store *, struct cn_plan *, bool *done,
    struct cn_err *) CN_CHECKED;

/* The certificate of a proof, one JSON object, signed by the slot (over all
 * bytes before ',"signature"').  id NULL: of all erasures. */
int cn_certificate(struct cn_store *, const char *id, const struct cn_proof *,
    struct cn_buf *, struct cn_err *) CN_CHECKED;
/* 0 proved, CN_INTEGRITY where a check fails, CN_TEMPFAIL where only a reader
 * of the store is in the way. */
int cn_proof_status(const struct cn_proof *);

#endif
