/* ground.h - does a text say only what its sources say?
 *
 * A sentence stands where one source has two thirds of its longer words, and
 * the sentence of that source that is most like it negates as it does; where
 * all its figures, days and capitalised words stand in the sources; and where
 * whatever is found in it (detect.h) stands there as well, however it is
 * spaced.  This does not understand: it holds invention back, not every
 * distortion. */
#ifndef CN_GROUND_H
#define CN_GROUND_H

#include "desk/detect.h"

/* Appends the sentences that stand.  used[i] is set for the sources that bear
 * one.  why: adds 'ungrounded', or the kind of what was found, of each that
 * was left out.  The share of longer words that the sources bear, or 0 where
 * too little is left, and then nothing is appended. */
double cn_ground(struct cn_buf *, struct cn_str text,
    const struct cn_str *sources, size_t n, bool *used, struct cn_kinds *why);

#endif
