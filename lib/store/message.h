/* message.h - messages in the store
 *
 * A message is kept as it came (raw, sealed, in chunks of 1 MiB) beside a
 * small sealed head (who, subject, ids, attachments' names); its text is made
 * from the raw bytes whenever it is read.  Identity is a keyed hash of the
 * canonical bytes (design: Identity of a message). */
#ifndef CN_MESSAGE_H
#define CN_MESSAGE_H

#include "rec/msg.h"
#include "store/person.h"
#include "store/search.h"

#define CN_RAW_CHUNK (1u << 20)

/* The keyed hash of mail bytes (canonical form) or, of a line of chat that was
 * checked, of its uid; without one, of the bytes as they are. */
int cn_message_hash(struct cn_store *, const char *channel, struct cn_str raw,
    uint8_t out[CN_HASH], struct cn_err *) CN_CHECKED;
/* The same of a mail in pieces; the end frees. */
struct cn_hash {
	struct cn_canon canon;
	struct cn_sha *sha;
	bool mail;
	char block[4096];		/* of lines, gathered */
	size_t n;
};
void cn_hash_begin(struct cn_hash *, const char *channel);
void cn_hash_feed(struct cn_hash *, struct cn_str piece);
int cn_hash_end(struct cn_hash *, struct cn_store *, uint8_t out[CN_HASH],
    struct cn_err *) CN_CHECKED;
/* 1 and the number of the message with this hash, 0, -1. */
int cn_message_known(struct cn_store *, const uint8_t hash[CN_HASH],
    int64_t *id, struct cn_err *) CN_CHECKED;
/* By public id. */
int cn_message_find(struct cn_store *, const char *pub, int64_t *id,
    struct cn_err *) CN_CHECKED;
/* The public id, in the arena. */
const char *cn_message_pub(struct cn_store *, int64_t id, struct cn_arena *,
    struct cn_err *);

enum cn_role { CN_ROLE_FROM = 1, CN_ROLE_TO, CN_ROLE_CC };

struct cn_link {
	int64_t ident;
	enum cn_role role;
};

/* Where a copy of a message lies. */
struct cn_location {
	int64_t folder;			/* 0: nowhere */
	int64_t uidvalidity, uid;	/* in a mailbox on a server; else 0 */
	int64_t arrived;		/* there (INTERNALDATE); 0: unknown */
	unsigned flags;			/* there: CN_IMAP_SEEN … */
};

struct cn_pieces;

/* The bytes of a message as they will be sealed, in cells of CN_RAW_CHUNK: less
 * than they are, and made before their owner is known.  They lie in a buffer
 * that those of a whole group share. */
struct cn_packed {
	struct cn_buf *in;
	size_t at, len;			/* there: each its length and itself */
	size_t size;			/* of the bytes */
};
int cn_packed_make(struct cn_store *, struct cn_packed *, struct cn_buf *in,
    struct cn_str, struct cn_err *) CN_CHECKED;
/* Appends the bytes, as long as they are not sealed. */
int cn_packed_plain(struct cn_store *, const struct cn_packed *,
    struct cn_buf *, struct cn_err *) CN_CHECKED;
/* The next cell: start with *at at 0; n == 0 behind the last. */
struct cn_str cn_packed_cell(const struct cn_packed *, size_t *at);

struct cn_new_message {
	struct cn_msg *msg;		/* id, received … are filled in */
	struct cn_packed *packed;	/* is sealed where it lies */
	const struct cn_pieces *pieces;	/* in its place: they are here, under
					 * this leaf; or NULL */
	const struct cn_words *words;
	uint8_t hash[CN_HASH];
	int64_t leaf;			/* of the owner */
	int64_t person;			/* owner, 0: nobody */
	int64_t conversation;
	const int64_t *refs;		/* keyed message ids, own one first */
	size_t nrefs;
	bool has_own;			/* refs[0] is its own Message-ID */
	const struct cn_link *links;
	size_t nlinks;
};

/* Inside a transaction; *id is its number. */
int cn_message_add(struct cn_store *, struct cn_new_message *, int64_t *id,
    struct cn_err *) CN_CHECKED;
/* A place where a message lies; one that is known gets the flags. */
int cn_message_locate(struct cn_store *, int64_t id,
    const struct cn_location *, struct cn_err *) CN_CHECKED;

#define CN_LOAD_TEXT 1u			/* text, from the raw bytes */
#define CN_LOAD_PLACES 2u		/* account, folders, flags, labels */
#define CN_LOAD_REST 4u			/* m has all that the sealed head has */
#define CN_LOAD_MARKS (8u | CN_LOAD_TEXT)	/* and marks of a mail */
#define CN_LOAD_HASHES (16u | CN_LOAD_TEXT)	/* and those of attachments */
/* Fills a message; strings in the arena.  Status 4 where it has been erased
 * meanwhile (err), so that the caller can mark it. */
int cn_message_load(struct cn_store *, int64_t id, unsigned what,
    struct cn_msg *, struct cn_arena *, struct cn_err *) CN_CHECKED;

/* Called with the bytes of something, in order and in pieces of at most
 * CN_RAW_CHUNK; no statement is open meanwhile.  Returns 0 to go on, 1: that
 * is enough, or -1. */
typedef int cn_piece_fn(void *, struct cn_str, struct cn_err *);
/* The bytes as they were stored: 0, 1 where the call had enough, -1. */
int cn_message_pieces(struct cn_store *, int64_t id, cn_piece_fn *, void *,
    struct cn_err *) CN_CHECKED;
/* The same as mboxrd: mail only. */
int cn_message_mbox(struct cn_store *, int64_t id, const struct cn_msg *,
    cn_piece_fn *, void *, struct cn_err *) CN_CHECKED;
/* A mail of any size, parsed (flags: of cn_mail_parse), and its header only. */
int cn_message_mail(struct cn_store *, int64_t id, unsigned flags,
    struct cn_mail *, struct cn_err *) CN_CHECKED;
int cn_message_header(struct cn_store *, int64_t id, struct cn_mail *,
    struct cn_err *) CN_CHECKED;

/* Owner, conversation and permission of a message. */
struct cn_message_owner {
	int64_t leaf, person, conversation;
	unsigned may;
	char state[12];			/* live, erasing; '' for nobody's */
	bool classified, suggested, out;	/* out: the desk's */
};
int cn_message_owner(struct cn_store *, int64_t id, struct cn_message_owner *,
    struct cn_err *) CN_CHECKED;
/* Has a human answered it since?  1, 0, -1. */
int cn_message_answered(struct cn_store *, int64_t id, struct cn_err *)
    CN_CHECKED;

/* Of the messages that the same person wrote before it in the same
 * conversation, by hand and no spam, the newest first: at most max, of those
 * that came in around it.  Category is what an agent or the classifier has
 * said, or NULL. */
struct cn_before {
	int64_t id;
	const char *category;		/* in the arena */
};
int cn_message_before(struct cn_store *, int64_t id, struct cn_before *,
    size_t max, size_t *n, struct cn_arena *, struct cn_err *) CN_CHECKED;

/* What the filters add.  Inside a transaction; the JSON is sealed, the clear
 * columns are NULL where there is nothing.  A class without JSON says that
 * the stage has seen the message and has nothing to say: no event. */
struct cn_class_row {
	const char *category, *priority, *sentiment, *language, *dsr, *model;
	double confidence;
	bool abstained, spam, automatic;
	struct cn_str json;
};
int cn_message_classify(struct cn_store *, int64_t id,
    const struct cn_class_row *, struct cn_err *) CN_CHECKED;
int cn_message_suggest(struct cn_store *, int64_t id, struct cn_str json,
    struct cn_err *) CN_CHECKED;
/* Numbers of the messages that still wait for a stage, ascending, above
 * `after`. */
enum cn_stage { CN_STAGE_CLASSIFY, CN_STAGE_SUGGEST };
int cn_message_pending(struct cn_store *, enum cn_stage, int64_t after,
    int64_t *ids, size_t max, size_t *n, struct cn_err *) CN_CHECKED;

/* A leaf for a message that is nobody's; -1: none at hand. */
int64_t cn_leaf_orphan(struct cn_store *);

/* --- conversations --- */

/* A keyed Message-ID, for threading. */
int cn_message_ref(struct cn_store *, const char *mid, int64_t *out,
    struct cn_err *) CN_CHECKED;
/* The conversation of a message that has (own) or names this id: 1, 0, -1. */
int cn_conversation_by_ref(struct cn_store *, int64_t ref, bool own,
    int64_t *conversation, struct cn_err *) CN_CHECKED;
/* Of a message that names this id without having it. */
int cn_conversation_answering(struct cn_store *, int64_t ref,
    int64_t *conversation, struct cn_err *) CN_CHECKED;
/* A chat's id, keyed. */
int cn_conversation_key(struct cn_store *, const char *chat,
    uint8_t key[CN_HASH], struct cn_err *) CN_CHECKED;
/* By a chat's id (keyed): 1, 0, -1. */
int cn_conversation_by_key(struct cn_store *, const uint8_t key[CN_HASH],
    int64_t *conversation, struct cn_err *) CN_CHECKED;
/* By public id or ticket number: 1, 0, -1. */
int cn_conversation_find(struct cn_store *, const char *, int64_t *id,
    struct cn_err *) CN_CHECKED;
int cn_conversation_add(struct cn_store *, int64_t person,
    const char *channel, const uint8_t *key, int64_t now, int64_t *id,
    struct cn_err *) CN_CHECKED;
/* The person to whom it belongs and a leaf of theirs: 1, 0 nobody's, -1. */
int cn_conversation_owner(struct cn_store *, int64_t conversation,
    int64_t *person, int64_t *leaf, struct cn_err *) CN_CHECKED;
/* The numbers of its messages in the order of their dates. */
int cn_conversation_messages(struct cn_store *, int64_t conversation,
    struct cn_arena *, int64_t **ids, size_t *n, struct cn_err *) CN_CHECKED;

/* A message that no machine sent, in a conversation. */
struct cn_spoken {
	int64_t id, conversation, person;	/* person: 0 nobody's */
	uint32_t shard;
	bool out;			/* the desk's */
};
/* Those of the conversations of the newest `answers` answers by humans, each
 * conversation in the order of its dates; to be freed.  oldest: of these
 * answers. */
int cn_conversation_spoken(struct cn_store *, size_t answers,
    struct cn_spoken **, size_t *n, int64_t *oldest, struct cn_err *)
    CN_CHECKED;

/* --- places --- */

/* The folder of an account, by its name: 1, 0, -1. */
int cn_folder_find(struct cn_store *, const char *account, const char *name,
    int64_t *id, struct cn_err *) CN_CHECKED;
/* The same, made where it is new; after
 * cn_store_leaves(CN_LEAF_ACCOUNT, 1). */
int cn_folder(struct cn_store *, const char *account, const char *name,
    int64_t *id, struct cn_err *) CN_CHECKED;

#endif
