/* secret.h - what is sealed for an account: passwords and tokens
 *
 * For account.c, login.c and disconnect.c only.  Everything lies in the arena
 * of the secret, which is wiped with it. */
#ifndef CN_SECRET_H
#define CN_SECRET_H

#include "desk/account/account.h"

#define CN_RETIRED 4

struct cn_secret {
	struct cn_arena mem;
	const char *password;		/* or, with OAuth, the client's secret;
					 * only CN_PASSWORD_KEPT */
	const char *access, *refresh;	/* or NULL */
	int64_t until;			/* of the access token */
	int flow;			/* of the sign-in; -1: nobody did */
	/* Leaves of secrets before this one: destroyed, unless the rotation
	 * was cut off. */
	int64_t retired[CN_RETIRED];
	size_t nretired;
};

/* Disconnected: status 4. */
int cn_secret_open(struct cn_store *, const struct cn_account *,
    struct cn_secret *, struct cn_err *) CN_CHECKED;
void cn_secret_put(const struct cn_secret *, struct cn_buf *);
void cn_secret_release(struct cn_secret *);

/* The password, from where it is; NULL for CN_PASSWORD_NONE. */
int cn_secret_password(struct cn_store *, const struct cn_account *,
    struct cn_secret *, const char **, struct cn_err *) CN_CHECKED;
/* The request of an account to its provider. */
int cn_secret_client(struct cn_store *, const struct cn_account *,
    struct cn_secret *, int flow, struct cn_oauth_conf *, struct cn_err *)
    CN_CHECKED;
/* Stores the tokens that a flow gave, or (flow -1) a refresh, and is durable
 * when it returns.  Disconnected meanwhile: status 4. */
int cn_secret_took(struct cn_store *, const struct cn_account *,
    struct cn_secret *, int flow, const struct cn_oauth_tokens *,
    struct cn_err *) CN_CHECKED;
/* New tokens by the refresh token (or the client's credentials), stored
 * before it returns.  Nobody has signed in, or a person must again: 77. */
int cn_secret_refresh(struct cn_store *, const struct cn_account *,
    struct cn_secret *, struct cn_err *) CN_CHECKED;

/* Is what it says of a password's place plain text?  Status 2. */
int cn_account_where(const struct cn_account *, struct cn_err *) CN_CHECKED;
/* The settings of an account, as they are sealed. */
void cn_account_conf(const struct cn_account *, struct cn_buf *);

#endif
