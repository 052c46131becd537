/* chat.h - a line of chat (cn-message(5)) before it is taken in */
#ifndef CN_CHAT_H
#define CN_CHAT_H

#include "rec/msg.h"

struct cn_chat {
	const char *chat;		/* id of the chat */
	const char *owner, *owner_name;	/* who wrote it; NULL: the desk */
};

/* Reads {"v":1,"type":"chat","chat":…,"at":…,"from":{…},"role":…,"text":…}
 * into a cleared message; strings live in the arena.  Refuses (status 3) what
 * is none, is ambiguous or lacks a member. */
int cn_chat_read(struct cn_chat *, struct cn_msg *, struct cn_str line,
    struct cn_arena *, struct cn_err *) CN_CHECKED;

#endif
