/* fetch_int.h - what the files of the fetch share; nobody else includes it */
#ifndef CN_FETCH_INT_H
#define CN_FETCH_INT_H

#include "desk/fetch/fetch.h"
#include "desk/intake/intake.h"
#include "store/mailbox.h"

#define CN_FETCH_LARGE (1u << 20)	/* from here on in pieces */
#define CN_FETCH_WINDOW 2000		/* mails that are looked at together */

/* A mail of the window. */
struct cn_want {
	uint32_t uid, size;
	int64_t arrived;
	unsigned flags;
	enum {
		CN_WANT_BODY,		/* to be had */
		CN_WANT_LARGE,		/* in pieces: to be put on the list */
		CN_WANT_DONE		/* here, passed over, or on the list */
	} state;
	bool here;			/* already: what may be new is its
					 * flags and labels */
	bool listed;			/* again, after it was not sent */
	const char *const *labels;	/* and keywords, in the window's arena */
	size_t nlabels;
};

struct cn_fetch {
	struct cn_store *store;
	const struct cn_run *run;
	const struct cn_account *account;
	const struct cn_fetch_conf *conf;
	struct cn_imap *imap;
	struct cn_intake *in;
	struct cn_arena mem;		/* of the session */
	const char **folders;		/* that were chosen */
	size_t nfolders;
	size_t at;			/* the one that is read */
	size_t open;			/* the one that is selected; nfolders:
					 * none */
	bool pass;			/* over all that it has (history) */

	struct cn_mailbox box;		/* as the store will have it */
	struct cn_imap_state state;	/* as the server has it */
	struct cn_want want[CN_FETCH_WINDOW];
	size_t nwant;
	bool more;			/* the window is fuller than that */
	bool mixed;			/* listed in no rising order */
	int64_t end;			/* UIDs below are in the window */
	struct cn_arena labels;
	size_t gathered, bytes;		/* of the group */
	struct cn_buf lines;
	struct cn_fetch_counts n;
	int64_t left;			/* of the limit */
	int64_t arrived;		/* the newest mail of the group */
	int64_t mark;			/* pending before this round */
	unsigned rounds;
	bool ours;			/* the store failed, not the server */
	uint64_t done, total;		/* for the progress */
};

/* Writes the group with the cursor that goes with it, and hands out its
 * lines; also where the group is empty. */
int cn_fetch_flush(struct cn_fetch *, struct cn_err *) CN_CHECKED;
/* Status 4 where the account has been disconnected meanwhile. */
int cn_fetch_live(struct cn_fetch *, struct cn_err *) CN_CHECKED;
/* Hands out what is in f->lines, if r is 0, and wipes it; returns r or -1. */
int cn_fetch_show(struct cn_fetch *, int r, struct cn_err *) CN_CHECKED;
/* 'folder f… mail 12' */
#define CN_FETCH_PLACE 48
void cn_fetch_place(const struct cn_fetch *, int64_t uid,
    char place[CN_FETCH_PLACE]);
/* Takes the bytes of one mail; flushes a full group.  1: stopped. */
int cn_fetch_take(struct cn_fetch *, const struct cn_imap_mail *,
    const struct cn_want *, struct cn_err *) CN_CHECKED;

/* Keeps labels and keywords of an answer in the window's arena. */
void cn_fetch_labels(struct cn_fetch *, struct cn_want *,
    const struct cn_imap_mail *);
/* All windows from the cursor on; 1: stopped or at the limit. */
int cn_fetch_new(struct cn_fetch *, struct cn_err *) CN_CHECKED;
/* Names and counts one that is listed and not sent. */
void cn_fetch_missing(struct cn_fetch *, int64_t uid);
/* These of the list of the mailbox; 1: stopped. */
int cn_fetch_pending(struct cn_fetch *, const struct cn_pending *, size_t n,
    struct cn_err *) CN_CHECKED;
/* Flags and labels that changed since the mailbox was last read, and mail that
 * has gone. */
int cn_fetch_changes(struct cn_fetch *, struct cn_err *) CN_CHECKED;

#endif
