/* label.h - what agents say that messages are
 *
 * One label a message: a category, whether it is spam, or both.  The text is
 * never copied: training reads the message itself.  A later label replaces an
 * earlier one; what somebody said of a message by hand stands above the
 * folder in which it lies. */
#ifndef CN_LABEL_H
#define CN_LABEL_H

#include "store/store.h"

struct cn_label {
	int64_t message;
	const char *category;		/* or NULL */
	int spam;			/* 1, 0; -1: nobody said */
	int64_t time;
};

/* What is to be changed of a label. */
struct cn_label_set {
	const char *category;		/* with has_category; NULL: none */
	int spam;			/* with has_spam; -1: none */
	bool has_category, has_spam;
	bool by_folder;
};
/* Inside a transaction: 1 changed, so that the message waits to be classified
 * again, 0 it was so before, -1. */
int cn_label_set(struct cn_store *, int64_t message,
    const struct cn_label_set *, struct cn_err *) CN_CHECKED;

/* Of one message, in the arena: 1, 0 none, -1. */
int cn_label_get(struct cn_store *, int64_t message, struct cn_label *,
    struct cn_arena *, struct cn_err *) CN_CHECKED;
/* Those of messages above `after`, ascending, at most max, in the arena. */
int cn_label_list(struct cn_store *, int64_t after, struct cn_label *,
    size_t max, size_t *n, struct cn_arena *, struct cn_err *) CN_CHECKED;
/* Those of a category. */
int cn_label_count(struct cn_store *, int64_t *, struct cn_err *) CN_CHECKED;

/* Incoming messages above `after` in folders, labels or keywords of this name,
 * ascending; case counts for nothing in ASCII.  Status 2 where there is no
 * such folder. */
int cn_label_folder(struct cn_store *, const char *name, int64_t after,
    int64_t *ids, size_t max, size_t *n, struct cn_err *) CN_CHECKED;

/* Incoming messages that were classified and have no label of a category, no
 * machine wrote and are no spam: those of which the classifier was least sure
 * first. */
int cn_label_doubtful(struct cn_store *, int64_t *ids, size_t max, size_t *n,
    struct cn_err *) CN_CHECKED;
/* Messages that have a label of a category, the last that got one first. */
int cn_label_latest(struct cn_store *, int64_t *ids, size_t max, size_t *n,
    struct cn_err *) CN_CHECKED;

#endif
