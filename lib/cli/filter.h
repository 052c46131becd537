/* filter.h - what cn-classify and cn-reply-suggest have in common
 *
 * A filter reads operands or standard input, or (--pending) what the store
 * still waits for; takes each message, stores a group in one transaction and
 * puts a line for each, in order; and leaves a run row.  What it refuses is
 * kept (rejects.h).  With --no-store only the configuration is opened.  Before
 * the first byte is read all is given up that neither needs (sandbox.h): what
 * take() and put() want from a file or a program, the caller loads or starts
 * before cn_filter_open(). */
#ifndef CN_FILTER_H
#define CN_FILTER_H

#include "cli/open.h"
#include "cli/rejects.h"
#include "desk/intake/item.h"

struct cn_filter {
	struct cn_cli *cli;
	struct cn_items *items;		/* its store and conf are set here */
	enum cn_stage stage;		/* what --pending asks for */
	void *arg;
	/* Computes for an item that was just taken. */
	int (*take)(void *, struct cn_item *, struct cn_err *);
	/* Stores the group; *stored grows. */
	int (*store)(void *, struct cn_err *);
	const uint64_t *stored;
	/* Appends what goes out for an item. */
	int (*put)(void *, struct cn_buf *, struct cn_item *, struct cn_err *);
	bool mail_only;			/* refuse lines */
	const char *rejects;		/* --rejects, or NULL */
	struct cn_rejects refused;
	struct cn_desk desk;
	struct cn_buf out;
};

int cn_filter_open(struct cn_filter *, bool no_store, struct cn_err *)
    CN_CHECKED;
/* Runs to the end of the input, or of what is pending. */
int cn_filter_run(struct cn_filter *, bool pending, int64_t max_line,
    struct cn_err *) CN_CHECKED;
void cn_filter_close(struct cn_filter *);

#endif
