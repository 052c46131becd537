/* attention.h - what needs somebody now, and the command for it */
#ifndef CN_ATTENTION_H
#define CN_ATTENTION_H

#include "store/store.h"

struct cn_attention {
	int64_t count;
	const char *what;		/* in the number that count asks for */
	int64_t age;			/* of the oldest, seconds; -1: no matter */
	const char *next;		/* a command line */
};

#define CN_ATTENTION_MAX 12

/* The most urgent first; none: nothing needs anybody.  *messages is how many
 * the store has. */
int cn_attention(struct cn_store *, int64_t now,
    struct cn_attention out[CN_ATTENTION_MAX], size_t *n, int64_t *messages,
    struct cn_err *) CN_CHECKED;

#endif
