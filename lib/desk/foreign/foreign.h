/* foreign.h - chats and ratings as other programs export them
 *
 * Whatever comes becomes lines of our own (cn-message(5)), one callback each,
 * always the same lines for the same record, so that importing a grown export
 * again adds what is new.  A format is told by what it holds:
 *
 *   WhatsApp   a chat's text export
 *   Slack      an export: its folder, its zip, or a channel's day
 *   Chatwoot   conversations and messages of its API and of its webhooks
 *   Intercom   conversations of its API and of its webhooks
 *   ratings    CSV with a header; Chatwoot's CSAT report is one
 *   own        lines of chat and rating, also in an array
 *
 * What is no customer's and no answer is left out and counted: notices of the
 * system, private notes, what was deleted. */
#ifndef CN_FOREIGN_H
#define CN_FOREIGN_H

#include "desk/config.h"

#define CN_FOREIGN_MAX (64u << 20)	/* bytes of one document */

enum cn_date_order { CN_DATE_AUTO, CN_DATE_DMY, CN_DATE_MDY };

struct cn_foreign {
	const struct cn_config *config;
	const char *const *agents;	/* more of the desk, as they are named */
	size_t nagents;
	const char *source;		/* what chat ids begin with, or NULL */
	enum cn_date_order order;	/* of dates in numbers */
	/* place: where it stood, 'line 12', not personal.  0, -1, or 1 to
	 * stop. */
	int (*line)(void *, struct cn_str, const char *place, struct cn_err *);
	/* A record that cannot be one: its bytes, and why (err). */
	int (*refuse)(void *, struct cn_str, const char *place,
	    struct cn_err *);
	/* Something to know that is no failure. */
	void (*note)(void *, const char *place, const char *what);
	void *arg;
	int64_t system, notes, deleted;	/* left out */
};

/* A whole document; path: where it lies, or NULL.  0, 1 stopped, -1: with
 * status 3 nothing can be made of it, with 2 an option must say more. */
int cn_foreign_doc(struct cn_foreign *, const char *path, struct cn_str,
    struct cn_err *) CN_CHECKED;
/* One line of JSON lines. */
int cn_foreign_line(struct cn_foreign *, struct cn_str, int64_t number,
    struct cn_err *) CN_CHECKED;
/* An unpacked export (Slack's), and a zip in a file. */
int cn_foreign_folder(struct cn_foreign *, const char *path, struct cn_err *)
    CN_CHECKED;
int cn_foreign_zip(struct cn_foreign *, const char *path, struct cn_err *)
    CN_CHECKED;
bool cn_foreign_is_zip(struct cn_str first_bytes);

#endif
