/* foreign_in.h - what the converters of foreign.h share */
#ifndef CN_FOREIGN_IN_H
#define CN_FOREIGN_IN_H

#include "base/json.h"
#include "desk/foreign/chatput.h"
#include "desk/foreign/foreign.h"

/* A document on its way.  The arena lives as long as a record. */
struct cn_foreign_doc {
	struct cn_foreign *f;
	struct cn_str text;
	const char *name;		/* in front of places, or NULL */
	const char *path;
	const char *seen;		/* lines are counted up to here */
	int64_t line;			/* at which seen stands, from 1 */
	struct cn_arena mem;
	struct cn_buf out;
};

void cn_doc_begin(struct cn_foreign_doc *, struct cn_foreign *,
    struct cn_str text, const char *name, const char *path);
void cn_doc_end(struct cn_foreign_doc *);
/* 'line 12' of a byte of the text. */
const char *cn_doc_place(struct cn_foreign_doc *, const char *at,
    char place[48]);
/* Gives a line of chat away, of a record; one without text and attachments is
 * left out.  A handle that looks like an address is made to look otherwise. */
int cn_doc_line(struct cn_foreign_doc *, const struct cn_chat_line *,
    struct cn_str record, struct cn_err *) CN_CHECKED;
/* Gives away what is in out. */
int cn_doc_give(struct cn_foreign_doc *, struct cn_str record,
    struct cn_err *) CN_CHECKED;
/* The record is refused; the reason is formatted. */
int cn_doc_refuse(struct cn_foreign_doc *, struct cn_str record,
    struct cn_err *, const char *fmt, ...) CN_PRINTF(4, 5) CN_CHECKED;
/* Chat and message ids: 'intercom:12'. */
const char *cn_doc_id(struct cn_foreign_doc *, const char *format,
    const char *fmt, ...) CN_PRINTF(3, 4);

/* Whether a name is the desk's: of the configuration or of --agent. */
bool cn_foreign_desk(const struct cn_foreign *, const char *name);
/* An address or a phone that has been verified: where it goes on the line;
 * false where it is neither. */
bool cn_foreign_ident(struct cn_chat_line *, const char *address,
    struct cn_arena *);
/* Seconds, or milliseconds above 10^11, since 1970; RFC 3339; '2026-11-23
 * 15:00:00 UTC'; the same without zone, in the zone of the process. */
bool cn_foreign_time(const char *, int64_t *);
bool cn_foreign_json_time(struct cn_arena *, struct cn_str val, int64_t *);
/* A member as text, also where it is a number. */
const char *cn_foreign_text(struct cn_arena *, struct cn_str object,
    const char *name);
/* That of the first name, or of the second where it is missing or empty. */
const char *cn_foreign_either(struct cn_arena *, struct cn_str object,
    const char *name, const char *other);
/* A list of attachments onto the line; size: the member that has it. */
void cn_doc_files(struct cn_foreign_doc *, struct cn_str list,
    void (*about)(struct cn_arena *, struct cn_str file,
    struct cn_attachment *), const char *size, struct cn_chat_line *);

/* The converters: of a document in text, and of one checked JSON object. */
bool cn_whatsapp_tell(struct cn_str text);
int cn_whatsapp(struct cn_foreign_doc *, struct cn_err *) CN_CHECKED;
bool cn_ratings_tell(struct cn_str text);
int cn_ratings(struct cn_foreign_doc *, struct cn_err *) CN_CHECKED;
bool cn_chatwoot_tell(struct cn_str object);
int cn_chatwoot(struct cn_foreign_doc *, struct cn_str object,
    struct cn_err *) CN_CHECKED;
bool cn_intercom_tell(struct cn_str object);
int cn_intercom(struct cn_foreign_doc *, struct cn_str object,
    struct cn_err *) CN_CHECKED;

/* Slack: users and channels first, then days. */
struct cn_slack;
struct cn_slack *cn_slack_new(struct cn_foreign *);
void cn_slack_free(struct cn_slack *);
/* Takes users.json, channels.json, groups.json, dms.json or mpims.json; any
 * other name is false, and is left alone. */
bool cn_slack_index_name(const char *name);
int cn_slack_index(struct cn_slack *, const char *name, struct cn_str,
    struct cn_err *) CN_CHECKED;
/* Status 2 where none of the users is the desk. */
int cn_slack_ready(struct cn_slack *, struct cn_err *) CN_CHECKED;
bool cn_slack_day_name(const char *name);	/* 2026-11-23.json */
int cn_slack_day(struct cn_slack *, const char *channel, const char *day,
    struct cn_str, struct cn_err *) CN_CHECKED;
/* 'C01ABCDEF/2026-11-23' of a channel's folder: ids only, for a name may be
 * somebody's. */
void cn_slack_place(const struct cn_slack *, const char *folder,
    const char *day, char place[32]);
bool cn_slack_tell(struct cn_str array);
/* A day in a file of its own, with what lies beside its folder. */
int cn_slack_file(struct cn_foreign *, const char *path, struct cn_str,
    struct cn_err *) CN_CHECKED;
/* A zip in memory. */
int cn_foreign_zipped(struct cn_foreign *, struct cn_str, struct cn_err *)
    CN_CHECKED;

#endif
