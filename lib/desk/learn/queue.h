/* queue.h - what an agent should label next
 *
 * Where the classifier abstains or hardly prefers its guess a label teaches
 * most; messages that say nearly the same teach it once, so that only the
 * first of them is asked for. */
#ifndef CN_QUEUE_H
#define CN_QUEUE_H

#include "desk/intake/item.h"

#define CN_QUEUE_MAX 1000

/* Calls for each of the n (at most CN_QUEUE_MAX), the most doubtful first: not
 * labelled, not automatic, no spam, and allowed.  What has not been classified
 * is not known to be doubtful. */
int cn_queue(struct cn_store *, const struct cn_config *, size_t n,
    int (*put)(void *, struct cn_item *, struct cn_err *), void *,
    struct cn_err *) CN_CHECKED;
/* The numbers of a stored answer, without words: the value of 'class'. */
void cn_queue_class(struct cn_buf *, struct cn_item *);

#endif
