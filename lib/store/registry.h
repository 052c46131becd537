/* registry.h - every column and every place, and what the law wants to know
 *
 * Export, purge, proof and the record of processing activities (GDPR Art. 30)
 * loop over these two tables; a test fails for a column or file that is not
 * in them. */
#ifndef CN_REGISTRY_H
#define CN_REGISTRY_H

#include "store/store.h"

enum cn_form {
	CN_CLEAR,			/* readable without keys, on purpose */
	CN_SEALED,			/* a cell */
	CN_KEYED			/* a keyed hash, token or signature */
};

/* What a column refers to: how export finds a person's rows and how the
 * proof knows what must be gone. */
enum cn_ref {
	CN_REF_NONE, CN_REF_PERSON, CN_REF_IDENTIFIER, CN_REF_MESSAGE,
	CN_REF_RAW,			/* message * 4096 + chunk; the message
					 * may be pending */
	CN_REF_CONVERSATION, CN_REF_LEAF, CN_REF_SHARD,
	CN_REF_HELD,			/* quarantine * 4096 + chunk */
	CN_REF_MODEL,
	CN_REF_WEIGHTS,			/* model * 4096 + chunk */
	CN_REF_SEGMENT,			/* shard * 256 + number */
	CN_REF_POSTING			/* segment * 4096 + block */
};

struct cn_column {
	const char *table, *column;
	enum cn_form form;
	enum cn_ref ref;
	bool personal;
	const char *category;		/* of data */
	const char *purpose;
	const char *basis;		/* GDPR Art. 6(1) */
	const char *retention;
	const char *reveals;		/* clear: what can be inferred, or "" */
};

extern const struct cn_column cn_columns[];
extern const size_t cn_ncolumns;
const struct cn_column *cn_column_find(const char *table, const char *column);

/* Files and folders of ours, as patterns: 'store.db-wal' in home. */
struct cn_place {
	const char *where;		/* 'home', 'keys', 'share' */
	const char *pattern;		/* of fnmatch(3) */
	bool personal;
	const char *holds;
	const char *erased;		/* how an erasure reaches it */
};

extern const struct cn_place cn_places[];
extern const size_t cn_nplaces;

#endif
