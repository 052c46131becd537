/* queue.h - what an agent should label next
 *
 * A label teaches of its message and of those like it, the more the less sure
 * the classifier was of them, and the less is labelled that is like them. */
#ifndef CN_QUEUE_H
#define CN_QUEUE_H

#include "desk/intake/item.h"

#define CN_QUEUE_MAX 1000

/* Calls for each of the n (at most CN_QUEUE_MAX), what teaches most first: not
 * labelled, not automatic, no spam, and allowed.  What has not been classified
 * is not known to be doubtful, and of what says nearly the same as another only
 * one is asked for. */
int cn_queue(struct cn_store *, const struct cn_config *, size_t n,
    int (*put)(void *, struct cn_item *, struct cn_err *), void *,
    struct cn_err *) CN_CHECKED;
/* The numbers of a stored answer, without words: the value of 'class'. */
void cn_queue_class(struct cn_buf *, struct cn_item *);

#endif
