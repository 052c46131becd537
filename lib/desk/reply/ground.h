/* ground.h - does a text say only what its sources say?
 *
 * A sentence stands where a source of ours, with the customer's own words to
 * help, has two thirds of its longer words, alone a third; where the sentence
 * of that source that is most like it negates as it does; where its figures,
 * days, amounts and links are ours, its other words of any source, or such that
 * tell nothing about anybody (usual.txt), in small letters or at a beginning;
 * and where whatever else is found in it (detect.h) stands in any source,
 * however it is spaced.  So a customer who writes the answer themselves is not
 * believed, and what the program learnt elsewhere, or of the customer before,
 * does not come through.
 * This does not understand: it holds invention back, not every distortion. */
#ifndef CN_GROUND_H
#define CN_GROUND_H

#include "desk/reply/detect.h"
#include "desk/reply/wordset.h"

/* Appends the sentences that stand.  theirs[i]: the source is the customer's.
 * usual: the words of cn_wordset_usual().
 * used[i] is set for the sources that bear one.  why: adds 'ungrounded', or
 * the kind of what was found, of each that was left out.  The share of longer
 * words that the sources bear, or 0 where too little is left, and then nothing
 * is appended. */
double cn_ground(struct cn_buf *, struct cn_str text,
    const struct cn_str *sources, const bool *theirs, size_t n,
    const struct cn_wordset *usual, bool *used, struct cn_kinds *why);

#endif
