/* sender.h - is a mail the desk's own answer?
 *
 * Anybody can write our address into From.  A mail that names the desk there
 * is taken for its answer where it has not come through the mail system (no
 * Received field: it was filed by the program that sent it), or where the
 * server that took it in found its signature good (the first
 * Authentication-Results field, RFC 8601, says dkim=pass or dmarc=pass).  Else
 * it is incoming, of nobody, and has the defect 'unverified-sender'. */
#ifndef CN_SENDER_H
#define CN_SENDER_H

#include "desk/config.h"
#include "rec/msg.h"

/* Sets msg->direction, and the defect; strings and arrays in the arena. */
void cn_sender(const struct cn_config *, const struct cn_mail *,
    struct cn_msg *, struct cn_arena *);
/* Does the message pretend to be the desk's? */
bool cn_sender_unverified(const struct cn_msg *);

#endif
