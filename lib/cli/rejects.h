/* rejects.h - what a filter refused: sealed in quarantine, or in a file
 *
 * With a store a refused record goes to its quarantine, as those of an import
 * do; without one it is written to the file of --rejects as it came, lines as
 * lines and mails as an mbox (mboxrd), or is only named.  A line too long to
 * be held is only named. */
#ifndef CN_REJECTS_H
#define CN_REJECTS_H

#include "cli/stream.h"
#include "store/store.h"

struct cn_rejects {
	struct cn_store *store;		/* NULL: --no-store */
	struct cn_sink file;
	bool has_file;
	struct cn_reject *v;		/* of the group */
	size_t n, cap;
};

/* A path with a store is a usage error; the file is made anew, for its owner
 * alone. */
int cn_rejects_open(struct cn_rejects *, struct cn_cli *, struct cn_store *,
    const char *path, struct cn_err *) CN_CHECKED;
/* Copies the record. */
void cn_rejects_add(struct cn_rejects *, const struct cn_record *,
    const char *reason);
/* Keeps those of the group, with a store in one transaction; a file has been
 * written when it returns. */
int cn_rejects_flush(struct cn_rejects *, struct cn_err *) CN_CHECKED;
void cn_rejects_close(struct cn_rejects *);

#endif
