/* msg.h - the message record and the one table that knows its fields
 *
 * The field table names every member of a message line once: its type, what
 * data protection law wants to know of it (personal or not, category of data,
 * purpose), its column and since which version of the line it exists.  The
 * line codec, CSV, query terms, export and the record of processing
 * activities (GDPR Art. 30) are driven by it. */
#ifndef CN_MSG_H
#define CN_MSG_H

#include "base/json.h"
#include "mail/mail.h"

#define CN_LINE_VERSION 1
#define CN_LINE_TEXT (256u << 10)	/* text on a line is cut here, bytes */

struct cn_attachment {
	const char *name, *type;
	int64_t size;			/* bytes, decoded */
	const char *sha256;		/* hex, or NULL */
};

/* A message.  Strings belong to the arena that it was read into, or to
 * whoever set them; NULL is absent. */
struct cn_msg {
	const char *id;			/* m… */
	const char *conversation;	/* c… */
	int64_t ticket;			/* short number; 0: none */
	const char *channel;		/* email, chat */
	const char *direction;		/* in, out */
	struct cn_addrs from, to, cc;
	const char *claimed;		/* address that nobody verified */
	const char *subject;
	int64_t date;			/* as written by the sender */
	int64_t received;		/* when it came into the store */
	bool has_date, has_received;
	const char *message_id, *in_reply_to;
	const char *const *references;
	size_t nreferences;
	const char *text;
	size_t text_len;
	struct cn_attachment *attachments;
	size_t nattachments;
	struct cn_str device_json;	/* of the sender, or n == 0 */
	const char *automatic;		/* sent by a machine: which mark */
	bool list, bounce, html_only;
	const struct cn_str *marks;	/* of a mail: cn_mail_marks(), not on
					 * the line */
	size_t nmarks;
	const char *threaded;		/* why it is in its conversation */
	const char *const *defects;
	size_t ndefects;
	const char *status;		/* of the conversation */
	const char *account;		/* that it was fetched from, or NULL */
	const char *const *folders;	/* there */
	const char *const *flags;	/* seen, answered, … */
	const char *const *labels;
	size_t nfolders, nflags, nlabels;
	struct cn_str class_json, replies_json;	/* raw JSON, or n == 0 */
	struct cn_str withheld_json;	/* drafts that would have leaked */
	const char *const *may;		/* purposes that the gate allows */
	size_t nmay;
	const char *skipped;		/* why a stage left it alone */
	bool known;			/* import: was in the store before */
	bool stored;
	bool has_stored;
};

enum cn_field_type {
	CN_F_STR, CN_F_TEXT, CN_F_TIME, CN_F_INT, CN_F_BOOL, CN_F_ADDR,
	CN_F_ADDRS, CN_F_ATTACHMENTS, CN_F_STRS, CN_F_JSON
};

enum {
	CN_F_PERSONAL = 1,		/* never in --refs */
	CN_F_CSV = 2,			/* a column of --format csv */
	CN_F_FACET = 4			/* a query term 'name:value' */
};

struct cn_field_def {
	const char *name;		/* member of the line, query term */
	enum cn_field_type type;
	size_t at;			/* offset in struct cn_msg */
	size_t n_at;			/* of the count or has-flag, or 0 */
	unsigned flags;
	const char *category;		/* of data */
	const char *purpose;
	const char *column;		/* table.column, or NULL */
	int since;			/* version of the line */
};

extern const struct cn_field_def cn_fields[];
extern const size_t cn_nfields;
/* NULL where there is no such field. */
const struct cn_field_def *cn_field_find(const char *name);

/* --- lines (cn-message(5)) --- */

#define CN_LINE_REFS 1u			/* without personal fields */

/* Appends the line with its LF. */
void cn_msg_line(struct cn_buf *, const struct cn_msg *, unsigned flags);
/* Only the members {…}, of the fields whose column lies in `column` (as
 * 'message.head'); for sealed cells.  Without the hashes of a mail's attachments,
 * which cn_msg_hashes() has from the mail. */
void cn_msg_members(struct cn_buf *, const struct cn_msg *,
    const char *column);
/* One field's value as text, as CSV and tables show it. */
void cn_msg_cell(struct cn_buf *, const struct cn_msg *,
    const struct cn_field_def *);

/* A checked line.  val[i] is the span of cn_fields[i]'s value (n == 0:
 * absent). */
#define CN_FIELDS_MAX 48
struct cn_line {
	struct cn_str text;		/* the whole object */
	struct cn_str val[CN_FIELDS_MAX];
};

/* Checks a line: one JSON object, v 1, type message, no known member twice,
 * known members of their types.  Status 3 with the reason. */
int cn_line_parse(struct cn_line *, struct cn_str text, struct cn_err *)
    CN_CHECKED;
struct cn_str cn_line_get(const struct cn_line *, const char *name);
/* Fills a message from a checked object; strings live in the arena. */
void cn_line_msg(const struct cn_line *, struct cn_msg *, struct cn_arena *);

/* Members to set (value: raw JSON) or to remove (value.p == NULL). */
struct cn_edit {
	const char *name;
	struct cn_str value;
};
/* Appends the line with the edits and a LF: members that exist are replaced
 * where they stand, new ones are added at the end, all other bytes stay. */
void cn_line_edit(struct cn_buf *, const struct cn_line *,
    const struct cn_edit *, size_t n);
/* The same line with every personal member that is known removed. */
void cn_line_strip(struct cn_buf *, const struct cn_line *,
    const struct cn_edit *, size_t n);

/* A message from a parsed mail; borrows the mail's strings, the rest is in
 * the arena. */
void cn_msg_from_mail(struct cn_msg *, struct cn_mail *, struct cn_arena *);
/* The hashes of its attachments from the mail that it was made from. */
void cn_msg_hashes(struct cn_msg *, const struct cn_mail *, struct cn_arena *);
/* All that it points at is copied into the arena. */
void cn_msg_own(struct cn_msg *, struct cn_arena *);

#endif
