/* whatshead.h - how a message begins in WhatsApp's text export
 *
 *	[23/11/26, 3:00:05 PM] NAME: TEXT		iOS
 *	23/11/2026, 15:00 - NAME: TEXT			Android
 *
 * with / . or - in dates, two or four digits of a year, the year first in
 * some countries; 12 or 24 hours with the day's halves in several languages;
 * spaces of all widths, and marks of direction anywhere. */
#ifndef CN_WHATSHEAD_H
#define CN_WHATSHEAD_H

#include "base/buf.h"

struct cn_whats_head {
	/* What all messages of one export have in common. */
	bool bracket;			/* iOS */
	bool seconds, halves;		/* shown; of 12 hours */
	bool year_first;
	char sep;			/* / . or - */
	int date[3];			/* as written; a year has four digits */
	int second;			/* of the day */
	struct cn_str rest;		/* NAME: TEXT, or a notice */
};

/* False where the line does not begin a message. */
bool cn_whats_head(struct cn_whats_head *, struct cn_str line);
/* Do both come from one export? */
bool cn_whats_alike(const struct cn_whats_head *, const struct cn_whats_head *);
/* The length of a space, or of a mark of direction, at p; 0. */
size_t cn_whats_space(const char *p, const char *end);
size_t cn_whats_mark(const char *p, const char *end);

#endif
