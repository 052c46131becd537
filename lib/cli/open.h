/* open.h - the desk of a command: configuration, zone, store */
#ifndef CN_OPEN_H
#define CN_OPEN_H

#include "cli/run.h"
#include "desk/config.h"
#include "store/audit.h"
#include "store/store.h"

struct cn_desk {
	struct cn_config conf;
	struct cn_store *store;
};

/* Loads the configuration, sets its time zone and opens the store (flags as
 * in store.h).  On failure nothing is left open. */
int cn_desk_open(struct cn_desk *, struct cn_cli *, unsigned flags,
    struct cn_err *) CN_CHECKED;
void cn_desk_close(struct cn_desk *);

/* Ends the row of a run (store/audit.h), if one was begun, with what has come
 * of it: r and err of its work.  r, or -1 where the row cannot be written. */
int cn_desk_ran(const struct cn_desk *, struct cn_cli *,
    const struct cn_run_row *, int r, struct cn_err *) CN_CHECKED;
/* Writes down that messages are read to classify them. */
int cn_desk_reads(const struct cn_desk *, struct cn_err *) CN_CHECKED;
/* Notes it where no address is the desk's. */
void cn_desk_unnamed(const struct cn_desk *);

/* Gives up, before the first byte of a mail is looked at, what its parser has
 * no need of (sandbox.h): all files but the operands, the store and its keys
 * (store NULL: but the operands), all sockets, other programs.  anywhere:
 * operands name more files, which can be read wherever they are.  What the
 * kernel lacks, or a filter around the process refuses, is said with -v. */
int cn_desk_shut(const struct cn_desk *, struct cn_cli *, bool anywhere,
    struct cn_err *) CN_CHECKED;

/* Status 2 where a file that somebody wants written (NULL: none, '-': standard
 * output) would stand among those of the store or the keys: one name mistaken
 * and the store is replaced. */
int cn_desk_outside(const struct cn_cli *, const char *path, struct cn_err *)
    CN_CHECKED;

/* The rows that all filters take from the desk: one purpose word on stderr
 * for items that were refused ('mail 12: reason'), status 3. */
void cn_desk_tell(void *cli, const char *place, const char *reason);

#endif
