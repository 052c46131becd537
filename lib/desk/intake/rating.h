/* rating.h - a line of rating (cn-message(5)), and whose it is */
#ifndef CN_RATING_LINE_H
#define CN_RATING_LINE_H

#include "base/json.h"
#include "store/rating.h"

struct cn_rating_line {
	const char *chat;		/* one of these names what was rated */
	const char *conversation, *who;
	struct cn_rating rating;	/* its hash is not made yet */
	const char *known_by;
};

/* {"v":1,"type":"rating","chat" or "conversation" or "from":…,"at":…,
 * "score":…,"scale":…,"comment":…}; strings in the arena.  Refuses (status 3)
 * what is none. */
int cn_rating_read(struct cn_rating_line *, struct cn_str line,
    struct cn_arena *, struct cn_err *) CN_CHECKED;

enum cn_rating_end {
	CN_RATING_NEW, CN_RATING_KNOWN, CN_RATING_ERASED,
	CN_RATING_STRAY			/* of nothing, or nobody, in the store */
};
/* Inside a transaction: an end, or -1. */
int cn_rating_take(struct cn_store *, struct cn_rating_line *,
    struct cn_err *) CN_CHECKED;

#endif
