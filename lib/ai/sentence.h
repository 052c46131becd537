/* sentence.h - mixes what the sentences of a message say into its scores */
#ifndef CN_SENTENCE_H
#define CN_SENTENCE_H

#include "inner.h"

/* whole: the sums of cn_model_score over subject and text.  Where there are
 * two sentences or more (the subject is one) they are replaced by a mix of
 * them and of the sentences'; a single sentence costs nothing.  Looks at the
 * first 40 at most, so the work is linear in the text. */
void cn_sentences(const struct cn_model *, const struct cn_ai_input *,
    float *whole, struct cn_arena *);
/* Takes 'Re: ' and its like off a subject; was there one? */
bool cn_reply_prefix(struct cn_str *subject);

#endif
