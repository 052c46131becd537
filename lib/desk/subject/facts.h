/* facts.h - what the law wants to be told about the processing
 *
 * One source for the record of processing activities (GDPR Art. 30) and for
 * what a person learns beside the copy of their data (Art. 15(1), (2)): the
 * registry of columns and places, the field table, and the sentences here. */
#ifndef CN_FACTS_H
#define CN_FACTS_H

#include "desk/config.h"
#include "store/registry.h"

struct cn_fact {
	const char *name;		/* recipients */
	const char *article;		/* of the GDPR */
	const char *text;
};
extern const struct cn_fact cn_facts[];
extern const size_t cn_nfacts;

/* What is done with which kind of personal data: the distinct combinations in
 * the registry, in its order. */
struct cn_processing {
	const char *category, *purpose, *basis, *retention;
};
void cn_processing_list(struct cn_arena *, struct cn_processing **, size_t *n);

/* The record of processing activities as rows of these cells (NULL: none). */
enum {
	CN_ROPA_PART,			/* record, store, line, home, keys … */
	CN_ROPA_NAME, CN_ROPA_FORM, CN_ROPA_PERSONAL, CN_ROPA_CATEGORY,
	CN_ROPA_PURPOSE, CN_ROPA_BASIS, CN_ROPA_RETENTION, CN_ROPA_NOTE,
	CN_ROPA_CELLS
};
int cn_ropa(const struct cn_config *,
    int (*row)(void *, const char *const *cells, struct cn_err *), void *,
    struct cn_err *) CN_CHECKED;

#endif
