/* query.h - the words of a query
 *
 *	is:open category:refund from:anika@example.com since:7d "late parcel"
 *
 * Terms are joined by 'and'; a '-' or '!' before a term negates it.  Words
 * must all occur in the message (subject, text, names, addresses, file
 * names), in any order; quoted words are words too. */
#ifndef CN_QUERY_H
#define CN_QUERY_H

#include "base/times.h"
#include "rec/msg.h"

enum cn_term_kind {
	CN_T_WORD,		/* text */
	CN_T_FACET,		/* column = text */
	CN_T_PERSON,		/* from:, to:, subject of: address or phone */
	CN_T_PLACE,		/* account:, folder:, label: of a fetched mail */
	CN_T_SINCE, CN_T_UNTIL,	/* time */
	CN_T_IS,		/* text: open, closed, in, out, spam, … */
	CN_T_ID, CN_T_CONVERSATION, CN_T_TICKET
};

struct cn_term {
	enum cn_term_kind kind;
	bool negate;
	const char *name;		/* 'category', 'from' */
	const char *text;
	const char *column;		/* facets */
	int64_t number;			/* time, ticket */
};

struct cn_query {
	struct cn_term *terms;
	size_t n;
};

/* Each operand may hold several terms.  Unknown terms fail with status 2 and
 * name the nearest that exists. */
int cn_query_parse(struct cn_query *, struct cn_arena *, int argc,
    char *const *argv, int64_t now, struct cn_err *) CN_CHECKED;

#endif
