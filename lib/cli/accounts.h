/* accounts.h - mail accounts as rows (cn-account(1)), without secrets */
#ifndef CN_ACCOUNTS_H
#define CN_ACCOUNTS_H

#include "cli/out.h"
#include "desk/account/account.h"

/* All of them: in a table what fits a terminal. */
int cn_accounts_list(struct cn_cli *, enum cn_format, struct cn_store *,
    struct cn_err *) CN_CHECKED;
/* What the server of one can do and has, in a session that is logged in. */
int cn_accounts_seen(struct cn_cli *, enum cn_format,
    const struct cn_account *, struct cn_imap *, struct cn_err *) CN_CHECKED;
/* Where a person must sign in again within so many seconds, and how: status 1
 * if there is one. */
int cn_accounts_due(struct cn_cli *, enum cn_format, struct cn_store *,
    int64_t within, struct cn_err *) CN_CHECKED;

#endif
