/* scrub.h - what of an old answer may be shown to somebody else
 *
 * An answer to one customer becomes a draft for another only without anything
 * that is the first one's.  Names of the conversation's people, and whom it
 * greets, become {name}, where it speaks to them, and {agent}, order-like
 * numbers {order}, days {date}.  A sentence is left out where anything else is
 * found in it (detect.h), where something is spelled out, or where it has a
 * word that is somebody's own: any that we do not know to be everybody's.  So
 * is one that repeats what the customer wrote, and a picture is dropped.
 *
 * Everybody's is what tells nothing (usual.txt), and in small letters what the
 * reader wrote.  Any other word must stand between the same two words in a
 * macro of ours, or in answers to three persons who are not of one circle
 * (kin.h, k-anonymity); so must one with a capital that usual words have not,
 * and each of a sentence that claims something of somebody (claim.h).  A number
 * that does not becomes {number}.  Who is called so does not make a word known.
 * What is left is looked at once more, and withheld if anything was missed, or
 * if too little is left. */
#ifndef CN_SCRUB_H
#define CN_SCRUB_H

#include "desk/reply/detect.h"
#include "desk/reply/wordset.h"

struct cn_scrub {
	const struct cn_wordset *names;	/* of customers there, any spelling */
	struct cn_str near;		/* those names plain, each with LF */
	const struct cn_wordset *agents;	/* of those who answered */
	const struct cn_wordset *common;	/* in answers to how many, but
					 * for those of that name */
	const struct cn_wordset *people;	/* how many bear that name */
	const struct cn_wordset *usual;	/* words that tell nothing */
	const struct cn_wordset *ours;	/* of macros */
	const struct cn_wordset *own;	/* of whom the draft is for */
	/* Asked before a word counts as somebody's own: was something new
	 * found out of it, and added to common and people?  Or NULL. */
	bool (*learn)(void *, struct cn_str word);
	void *learn_arg;
	const struct cn_wordset *asked;	/* runs of words they wrote there */
};
#define CN_SCRUB_COMMON 3	/* persons that make a word nobody's own */

/* 1: a draft was appended, 0: withheld.  masked: adds what became a slot or
 * was left out: a kind of detect.h, 'name', 'date', 'number', 'word',
 * 'quote' or 'spelled'. */
int cn_scrub(struct cn_buf *out, struct cn_str text, const struct cn_scrub *,
    struct cn_kinds *masked);

/* The length of the sentence that begins at a byte, with what stands behind
 * it; a paragraph ends one. */
size_t cn_sentence(struct cn_str, size_t from);

#endif
