/* chatput.h - a line of chat or of rating (cn-message(5)) being written */
#ifndef CN_CHATPUT_H
#define CN_CHATPUT_H

#include "rec/msg.h"

/* Members that are NULL, or lists that are empty, are left out. */
struct cn_chat_line {
	const char *chat, *uid, *role;
	const char *name;
	const char *address, *phone, *handle;	/* the first of these */
	const char *claimed;
	int64_t at;
	const char *text;
	const struct cn_attachment *attachments;
	size_t nattachments;
	struct cn_str device;			/* JSON */
};

/* Appends it, without a line end. */
void cn_chat_put(struct cn_buf *, const struct cn_chat_line *);
/* Appends a JSON value without the white space between its parts: one line. */
void cn_chat_compact(struct cn_buf *, struct cn_str json);

#endif
