/* detect.h - what in a text names a person or a thing of theirs
 *
 * Looks at folded text: cn_fold() turns what people, or those who want to slip
 * something through, put between and in place of plain characters into plain
 * ones.  Numbers that carry a check are named only where it holds (ids.h);
 * those that have none, or a wrong one, are still a phone or an order. */
#ifndef CN_DETECT_H
#define CN_DETECT_H

#include "base/buf.h"

/* Appends the text with digits of any script, full-width and mathematical
 * letters as ASCII, every dash as '-', every blank as ' ', and without what
 * has no width or steers a terminal. */
void cn_fold(struct cn_buf *, struct cn_str);

struct cn_found {
	const char *kind;		/* email, handle, link, ip, card, iban,
					 * aadhaar, pan, gstin, phone, secret,
					 * address, amount, order: static */
	size_t at, n;
};
/* The first finding from that byte on; false: nothing more. */
bool cn_detect(struct cn_str folded, size_t from, struct cn_found *);

/* The end of a day that begins at p ('Thursday, 24 September 2026',
 * '24.09.2026', '2026-09-24'), or p. */
const char *cn_day_end(const char *p, const char *end);
/* A postal address, or a line of one (street and number, post code and town),
 * begins at p: its length, or 0.  start: of the text. */
size_t cn_postal(const char *start, const char *p, const char *end);

/* Kinds, each once, in the order of their coming. */
#define CN_KINDS 24
struct cn_kinds {
	const char *v[CN_KINDS];
	size_t n;
};
void cn_kinds_add(struct cn_kinds *, const char *kind);

#endif
