/* intake_int.h - what the files of the intake share; nobody else includes it */
#ifndef CN_INTAKE_INT_H
#define CN_INTAKE_INT_H

#include "desk/intake/intake.h"
#include "store/audit.h"
#include "store/pieces.h"

struct cn_intake_item {
	struct cn_buf raw;		/* of what is no mail */
	struct cn_packed packed;	/* the bytes to be stored */
	struct cn_pieces *pieces;	/* in its place: a large mail that is
					 * in the store; or NULL */
	struct cn_mail mail;
	struct cn_arena mem;
	struct cn_msg msg;
	struct cn_words words;		/* its text in mem */
	uint8_t hash[CN_HASH];
	uint8_t as_item[CN_HASH];	/* of pieces: if it is for quarantine */
	char place[48];
	char bad[sizeof(((struct cn_err *)0)->msg)]; /* why it is none */
	const char *owner;		/* address, or NULL */
	const char *owner_name;
	const char *chat;		/* id of the chat, or NULL */
	struct cn_rating_line *rating;	/* NULL: it is a message */
	int64_t requeued;		/* item in quarantine that it was, or 0 */
	int64_t folder_at;		/* index of its folder's name */
	struct cn_intake_at at;		/* its labels in mem */
};

struct cn_intake_folder {
	char *account, *name;
	int64_t id;			/* in the store, 0: not looked up */
};

struct cn_intake {
	struct cn_store *store;
	const struct cn_config *conf;
	struct cn_intake_item *items;
	size_t n, cap;
	struct cn_intake_folder *folders;
	size_t nfolders;
	struct cn_words scratch;
	struct cn_buf cells;		/* of all items */
	struct cn_intake_counts counts;
	int64_t subjects[CN_AUDIT_NAMED];
	size_t nsubjects;
	unsigned flags;			/* of the lines */
	int64_t large;			/* message to be shown by its pieces */
	int (*also)(void *, struct cn_err *);
	void *also_arg;
};

/* A new item of the group; copies. */
struct cn_intake_item *cn_intake_next(struct cn_intake *,
    const struct cn_intake_at *, const char *place);
void cn_intake_clear(struct cn_intake_item *);
/* How its mail is parsed: hashes of attachments are for lines only. */
static inline unsigned cn_intake_hash(const struct cn_intake *in)
{
	return in->flags & (CN_INTAKE_SILENT | CN_INTAKE_MBOX) ?
	    CN_MAIL_NO_HASH : 0;
}
/* Who owns it, from it->mail and it->msg. */
void cn_intake_own(const struct cn_config *, struct cn_intake_item *);
void cn_intake_words(struct cn_intake *, struct cn_intake_item *);
/* What has no sender or customer of its own and belongs to a conversation. */
bool cn_intake_belongs(const struct cn_intake_item *);
/* Appends what goes out for an item whose message has this number. */
int cn_intake_show(struct cn_intake *, struct cn_intake_item *, int64_t id,
    bool known, struct cn_buf *lines, struct cn_err *) CN_CHECKED;
/* The number of a folder, unless it is known; inside a transaction. */
int cn_intake_folder(struct cn_intake *, int64_t folder_at, int64_t *id,
    struct cn_err *) CN_CHECKED;
/* A large mail from somewhere, not written yet: cn_large_take().  requeued: the
 * item in quarantine that it was; 1: it stays there, for *why. */
int cn_large_read(struct cn_intake *, struct cn_str first,
    int (*more)(void *, struct cn_buf *, struct cn_err *), void *from,
    const struct cn_intake_at *, const char *place, int64_t requeued,
    struct cn_err *why, struct cn_err *) CN_CHECKED;
/* Writes the group, and tells why its last item is refused. */
int cn_large_flush(struct cn_intake *, struct cn_buf *lines,
    void (*tell)(void *, const char *, const char *), void *,
    int64_t *show, struct cn_err *) CN_CHECKED;
void cn_intake_undo(struct cn_intake *);	/* rolls back */
/* Was it written, or had it arrived, before then? */
static inline bool cn_intake_older(const struct cn_intake_item *it,
    int64_t time)
{
	return (it->msg.has_date && it->msg.date < time) ||
	    (it->at.place.arrived != 0 && it->at.place.arrived < time);
}
#define CN_INTAKE_OLDER "older than the erasure of its owner"

#endif
