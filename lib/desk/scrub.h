/* scrub.h - what of an old answer may be shown to somebody else
 *
 * An answer to one customer becomes a draft for another only without
 * anything that is the first one's.  Names of the conversation's people
 * become {name} and {agent}, order-like numbers {order}, days {date}; a
 * sentence with anything else that could be personal (an e-mail address, a
 * phone number, a link with an id, a card or bank number, an amount, a rare
 * word that the customer brought) is left out.  What is left is looked at
 * once more, and withheld if anything was missed, or if too little is left. */
#ifndef CN_SCRUB_H
#define CN_SCRUB_H

#include "desk/wordset.h"

struct cn_scrub {
	const struct cn_wordset *names;	/* of customers there, any spelling */
	const struct cn_wordset *agents;	/* of those who answered */
	const struct cn_wordset *brought; /* words of the customer's mails */
	const struct cn_wordset *common;	/* in how many persons' mails */
	const struct cn_wordset *free;	/* ours: macros, company name */
	const struct cn_wordset *own;	/* of whom the draft is for */
};
#define CN_SCRUB_COMMON 3	/* persons that make a word nobody's own */

/* 1: a draft was appended, 0: withheld. */
int cn_scrub(struct cn_buf *out, struct cn_str text, const struct cn_scrub *);

/* Is there anything in this text that names a person or thing: an address, a
 * phone, card, bank or order number, a link with an id?  Says which, or
 * NULL. */
const char *cn_scrub_finds(struct cn_str text);
/* The first order-like number of a text, or n == 0. */
struct cn_str cn_scrub_order(struct cn_str text);

#endif
