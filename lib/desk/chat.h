/* chat.h - a line of chat (cn-message(5)) before it is taken in */
#ifndef CN_CHAT_H
#define CN_CHAT_H

#include "base/json.h"

/* Refuses (status 3) a member given twice and another version. */
int cn_chat_check(struct cn_str object, struct cn_err *) CN_CHECKED;

#endif
