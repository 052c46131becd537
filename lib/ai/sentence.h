/* sentence.h - the sentences of a message, which have a say beside the whole */
#ifndef CN_SENTENCE_H
#define CN_SENTENCE_H

#include "inner.h"

/* Of the first 40, so the work is linear in the text; the subject is one.  In
 * the arena; none where there are fewer than four. */
void cn_pieces(const struct cn_ai_input *, struct cn_pieces *,
    struct cn_arena *);
/* Mixes what they say, of some, into the sums over the whole. */
void cn_sentences(const struct cn_model *, const struct cn_pieces *,
    float *score);
/* Takes 'Re: ' and its like off a subject; was there one? */
bool cn_reply_prefix(struct cn_str *subject);

#endif
