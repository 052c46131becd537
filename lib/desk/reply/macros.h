/* macros.h - answers kept ready, by category and language (YAML)
 *
 *	order-status:
 *	  category: order_status
 *	  text: { en: "Dear {name}, …", de: "Guten Tag {name}, …" } */
#ifndef CN_MACROS_H
#define CN_MACROS_H

#include "base/buf.h"

#define CN_MACROS_MAX 10000		/* in a file */
#define CN_MACRO_VARIANTS 64		/* languages of a macro, at most */

struct cn_macro_text {
	const char *language, *text;
};

struct cn_macro {
	const char *id, *category;	/* category may be NULL */
	struct cn_macro_text *v;
	size_t n;
};

struct cn_macros {
	struct cn_arena mem;
	struct cn_macro *v;
	size_t n;
};

/* Errors read 'FILE:LINE: reason', status 78. */
int cn_macros_load(struct cn_macros *, const char *path, struct cn_err *)
    CN_CHECKED;
/* Is there something in a macro that is a person's: a card, an Aadhaar or PAN
 * that checks?  (Addresses, phones and accounts may be the desk's.)  Says
 * which, from the macro *at on, and goes on behind it; NULL: nothing more. */
const char *cn_macros_personal(const struct cn_macros *, size_t *at,
    const char **macro);
void cn_macros_release(struct cn_macros *);
/* The place in v[] for a reader of this language: it, the language without
 * its script or region, English, the first. */
size_t cn_macro_for(const struct cn_macro *, const char *language);

#endif
