/* thread.h - which conversation a message belongs to, and why
 *
 * By the chat's id; else by References and In-Reply-To, the newest first: the
 * message that has the id, else one that names the same ancestor.  A mail
 * that names nothing we know begins a conversation, and takes no subject line
 * for a proof.  The reason is kept: chat, in-reply-to, references, sibling,
 * answered (an earlier arrival names this one), new. */
#ifndef CN_THREAD_H
#define CN_THREAD_H

#include "store/message.h"

#define CN_THREAD_REFS 34

/* Fills refs, nrefs, has_own and conversation (0: none known) and the reason
 * in msg->threaded. */
int cn_thread_find(struct cn_store *, struct cn_msg *, const char *chat,
    struct cn_new_message *, int64_t refs[CN_THREAD_REFS], struct cn_err *)
    CN_CHECKED;
/* The conversation of a chat by its id: 1, 0, -1. */
int cn_thread_chat(struct cn_store *, const char *chat, int64_t *conversation,
    struct cn_err *) CN_CHECKED;
/* Begins a conversation for it. */
int cn_thread_new(struct cn_store *, const struct cn_msg *, const char *chat,
    struct cn_new_message *, struct cn_err *) CN_CHECKED;

#endif
