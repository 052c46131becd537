/* people.h - the persons whom a message names */
#ifndef CN_PEOPLE_H
#define CN_PEOPLE_H

#include "desk/config.h"
#include "store/message.h"

#define CN_LINKS 200		/* participants that are linked, at most */

/* The identifier of an address, phone or handle, made where it is new: of an
 * agent where the configuration, or desk, says so, else of a customer.  Inside
 * a transaction, with leaves of both kinds at hand. */
int cn_people_find(struct cn_store *, const struct cn_config *,
    const char *address, const char *name, bool desk, struct cn_ident *,
    struct cn_err *) CN_CHECKED;
/* The address to whom a mail belongs, of which cn_sender() has been asked:
 * NULL, nobody's.  *name: theirs, or NULL. */
const char *cn_people_owner(const struct cn_config *, struct cn_mail *,
    const struct cn_msg *, const char **name);
/* Links to all of a message's participants; those who were erased after it was
 * written are left out.  desk: its sender is the desk's. */
int cn_people_link(struct cn_store *, const struct cn_config *,
    const struct cn_msg *, bool desk, struct cn_link links[CN_LINKS],
    size_t *n, struct cn_err *) CN_CHECKED;

#endif
