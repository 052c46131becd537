/* account.h - mail accounts: their settings, their credentials, the way in
 *
 * The name is the operator's, [A-Za-z0-9._@+-]{1,64}; it is sealed, and what
 * stays clear (runs, lines, lock files) has the public id.  Credentials are
 * sealed under a leaf of their own or are read where they are kept at each
 * login (password.h).  Strings live in the caller's arena. */
#ifndef CN_ACCOUNT_H
#define CN_ACCOUNT_H

#include "desk/account/password.h"
#include "desk/account/provider.h"
#include "mail/imap.h"
#include "store/account.h"

struct cn_account {
	int64_t id;
	char pub[CN_ID_LEN];
	const char *name, *state;	/* 'live', 'disconnected' */
	struct cn_imap_conf imap;	/* without run */
	const char *user;
	const char *const *folders;	/* patterns; none: all */
	size_t nfolders;
	const struct cn_provider *oauth;	/* NULL: a password */
	enum cn_password_from from;	/* of it, or of the client's secret */
	const char *where;		/* command, path or name; or NULL */
	int64_t signed_in;		/* by a person, last; 0: never */
	int64_t expires;		/* a person must sign in again; 0: not */
	int64_t fetched, arrived;	/* set by the fetch; 0: never */
	int64_t created;
};

/* All of them, by name. */
int cn_accounts(struct cn_store *, struct cn_arena *, struct cn_account **,
    size_t *n, struct cn_err *) CN_CHECKED;
/* 1, 0 there is none of that name, -1. */
int cn_account_find(struct cn_store *, const char *name, struct cn_arena *,
    struct cn_account *, struct cn_err *) CN_CHECKED;

/* Reads [imaps://|starttls://|plain://]HOST[:PORT] into host, port and
 * security; status 2. */
int cn_account_server(const char *text, struct cn_arena *,
    struct cn_imap_conf *, struct cn_err *) CN_CHECKED;
/* For people: 'imaps://imap.example.com', 'password, command'. */
const char *cn_account_server_text(const struct cn_imap_conf *,
    struct cn_arena *);
const char *cn_account_login_text(const struct cn_account *,
    struct cn_arena *);

/* Makes an account from name, imap, user, folders, oauth, from and where; sets
 * pub.  password: only for CN_PASSWORD_KEPT.  A bad name or setting: status
 * 2; a live account of that name: 4; one that was disconnected is taken up
 * again with these settings. */
int cn_account_add(struct cn_store *, struct cn_account *,
    struct cn_str password, struct cn_err *) CN_CHECKED;

/* The lock of one account ('account-<pub>.lock' in CN_HOME): whoever fetches,
 * signs in or changes credentials holds it.  Held elsewhere for longer than
 * wait_ms: 75.  cn_unlock(fd). */
int cn_account_lock(struct cn_store *, const struct cn_account *, int wait_ms,
    int *fd, struct cn_err *) CN_CHECKED;
/* Has it been disconnected meanwhile?  1 live, 0, -1. */
int cn_account_live(struct cn_store *, const struct cn_account *,
    struct cn_err *) CN_CHECKED;
/* A session that is logged in; the caller holds the lock and no transaction.
 * Disconnected: status 4; 77 where somebody must act, and the hint is the
 * command; the others as imap.h and oauth.h have them. */
struct cn_imap *cn_account_connect(struct cn_store *,
    const struct cn_account *, struct cn_err *) CN_CHECKED;

/* Signs in at the provider (enum cn_flow; -1: the usual one) and keeps the
 * tokens; paste and tell as in oauth.h.  Under the lock. */
int cn_account_auth(struct cn_store *, const struct cn_account *, int flow,
    int paste, cn_oauth_tell *, void *, struct cn_err *) CN_CHECKED;
/* Keeps the secret, or the one that the account's from, where and password
 * now say, under a new key, with OAuth after a refresh, and destroys the old
 * key.  Under the lock. */
int cn_account_rotate(struct cn_store *, const struct cn_account *,
    struct cn_str password, struct cn_err *) CN_CHECKED;
/* Ends the account: nobody logs in any more, and the credentials are
 * destroyed, in every copy of the store.  pub names the erasure, for the
 * proof.  Does not wait for the lock: a fetch finds out.  *revoked: the
 * provider was asked to end the tokens: 1 it did, 0 it has no way to be
 * asked, -1 it did not.  1; 0 where it was disconnected before, or one that
 * was cut off is finished; -1. */
int cn_account_disconnect(struct cn_store *, const struct cn_account *,
    char pub[CN_ID_LEN], int *revoked, struct cn_err *) CN_CHECKED;

/* Puts the command as the hint of an error of status 77 or 78. */
void cn_account_hint(const struct cn_account *, struct cn_err *);

#endif
