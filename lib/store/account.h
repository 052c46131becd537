/* account.h - rows of mail accounts
 *
 * Name, settings and secret are sealed; the secret under a leaf of its own
 * (secret_leaf), so that the credentials can be destroyed and everything else
 * stays.  An account is connected as long as that leaf lives: an erasure of
 * the leaf, here or found in the ledger by an older store, disconnects it.
 * What settings and secret say is known to lib/desk. */
#ifndef CN_ACCOUNT_ROW_H
#define CN_ACCOUNT_ROW_H

#include "store/store.h"

struct cn_account_row {
	int64_t id;
	char pub[CN_ID_LEN];		/* 'a…': in runs and messages */
	const char *name, *state;	/* 'live', 'disconnected' */
	struct cn_str conf;		/* JSON */
	int64_t secret_leaf;		/* 0: none */
	int64_t signed_in, expires, fetched, arrived;	/* 0: none */
	int64_t created;
};

/* All accounts that are fetched, by name, in the arena. */
int cn_account_rows(struct cn_store *, struct cn_arena *,
    struct cn_account_row **, size_t *n, struct cn_err *) CN_CHECKED;
/* 1, 0 there is none of that name, -1. */
int cn_account_row(struct cn_store *, const char *name, struct cn_arena *,
    struct cn_account_row *, struct cn_err *) CN_CHECKED;

/* What changes a row, inside a transaction.  A leaf is taken from those that
 * cn_store_leaves(CN_LEAF_ACCOUNT) put at hand: two by _add, one by _renew. */

/* Makes a live account, or gives one that is disconnected (or that an import
 * made) these settings; one that is live: status 4. */
int cn_account_row_add(struct cn_store *, const char *name,
    struct cn_str conf, struct cn_str secret, char pub[CN_ID_LEN],
    struct cn_err *) CN_CHECKED;
/* The secret again, under the leaf that it has; disconnected meanwhile:
 * status 4. */
int cn_account_row_keep(struct cn_store *, const char *pub,
    struct cn_str secret, struct cn_err *) CN_CHECKED;
/* Settings and secret, this under a new leaf; the old one is the caller's to
 * destroy. */
int cn_account_row_renew(struct cn_store *, const char *pub,
    struct cn_str conf, struct cn_str secret, struct cn_err *) CN_CHECKED;
/* signed_in -1: as it is. */
int cn_account_row_times(struct cn_store *, const char *pub,
    int64_t signed_in, int64_t expires, struct cn_err *) CN_CHECKED;
/* A person must sign in again, now if not since an earlier time. */
int cn_account_row_ended(struct cn_store *, const char *pub, int64_t now,
    struct cn_err *) CN_CHECKED;

/* The newest mail of a group that is being written. */
int cn_account_row_arrived(struct cn_store *, const char *pub,
    int64_t arrived, struct cn_err *) CN_CHECKED;
/* A round has been made, in a transaction of its own. */
int cn_account_row_fetched(struct cn_store *, const char *pub, int64_t now,
    struct cn_err *) CN_CHECKED;

/* Appends the secret (wipe it): 1, 0 disconnected, -1. */
int cn_account_row_secret(struct cn_store *, const char *pub, struct cn_buf *,
    struct cn_err *) CN_CHECKED;
/* 1 live, 0 disconnected or gone, -1. */
int cn_account_row_live(struct cn_store *, const char *pub, struct cn_err *)
    CN_CHECKED;

#endif
