/* page.h - index.html of a bundle: conversations to read
 *
 * One file, no script, no request to anywhere (a policy in the page forbids
 * both).  Every text of a message is escaped and isolated, so that no mail can
 * add markup, and none can reorder what stands around it (UAX 9): bidi
 * overrides and isolates are shown as their numbers. */
#ifndef CN_PAGE_H
#define CN_PAGE_H

#include "rec/msg.h"

/* Escaped for text and for attributes in double quotes. */
void cn_page_text(struct cn_buf *, const char *, size_t);

struct cn_page_head {
	const char *person, *controller, *purpose; /* controller: or NULL */
	int64_t now;
};
void cn_page_begin(struct cn_buf *, const struct cn_page_head *);
/* The messages of a conversation come one after the other; first begins it.
 * derived: with what the software made of it. */
void cn_page_message(struct cn_buf *, const struct cn_msg *, bool first,
    bool derived);
/* A list of names and texts behind the conversations, and the end. */
void cn_page_section(struct cn_buf *, const char *title);
void cn_page_fact(struct cn_buf *, const char *name, const char *text);
void cn_page_section_end(struct cn_buf *);
void cn_page_end(struct cn_buf *);

#endif
