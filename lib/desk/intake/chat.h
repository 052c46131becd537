/* chat.h - a line of chat (cn-message(5)) before it is taken in */
#ifndef CN_CHAT_H
#define CN_CHAT_H

#include "rec/msg.h"

#define CN_CHAT_FILES 1000		/* attachments of one message */

struct cn_chat {
	const char *chat;		/* id of the chat */
	const char *owner, *owner_name;	/* who wrote it; NULL: the desk */
};

/* Reads a line that cn_device_clean() has cleaned into a cleared message;
 * strings live in the arena.  Refuses (status 3) what is none, is ambiguous or
 * lacks a member. */
int cn_chat_read(struct cn_chat *, struct cn_msg *, struct cn_str line,
    struct cn_arena *, struct cn_err *) CN_CHECKED;
/* A member that is a text and not empty, in the arena; else NULL. */
const char *cn_chat_member(struct cn_arena *, struct cn_str object,
    const char *name);
/* Who {"name":…,"address" or "phone" or "handle":…} is.  A handle that could
 * be mistaken for another's address is refused. */
int cn_chat_who(struct cn_str from, const char **who, struct cn_arena *,
    struct cn_err *) CN_CHECKED;
/* Refuses a member of that list given twice, and another version. */
int cn_chat_once(struct cn_str object, const char *const *names, size_t n,
    struct cn_err *) CN_CHECKED;

#endif
