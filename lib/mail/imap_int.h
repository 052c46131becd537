/* imap_int.h - what the files imap*.c share; nobody else includes it
 *
 *	tls.c		bytes, verified
 *	imap_stream.c	compression, STARTTLS, deadlines; under libetpan
 *	imap_wire.c	bytes to checked lines: the guard
 *	imap_item.c	a line of FETCH, LIST or VANISHED
 *	imap.c		the session: commands, logging in
 *	imap_box.c	mailboxes
 *	imap_fetch.c	mails */
#ifndef CN_IMAP_INT_H
#define CN_IMAP_INT_H

#include "imap.h"
#include "tls.h"

/* --- imap_item.c: answers that grow with the mailbox --- */

enum {
	CN_GOT_UID = 1, CN_GOT_SIZE = 2, CN_GOT_DATE = 4, CN_GOT_FLAGS = 8,
	CN_GOT_BODY = 16, CN_GOT_LABELS = 32
};

struct cn_item {
	unsigned got;
	uint32_t origin;		/* BODY[]<origin> */
	struct cn_imap_mail mail;
};

/* '* n FETCH (...)'.  A literal that begins at line.p + body_at (0: none) is
 * empty there and stands in body.  Keywords are in the arena.  False:
 * ill-formed. */
bool cn_item_fetch(struct cn_item *, struct cn_arena *, struct cn_str line,
    size_t body_at, struct cn_str body);
/* '* LIST (flags) delimiter name', the name as it is on the wire, in the line
 * or the arena.  1; 0: it cannot be opened; -1: ill-formed. */
int cn_item_list(struct cn_arena *, struct cn_str line, enum cn_imap_use *,
    struct cn_str *name);
/* '* VANISHED [(EARLIER)] set': calls for each range until that is not 0. */
bool cn_item_vanished(struct cn_str line, int (*gone)(void *, uint32_t first,
    uint32_t last), void *, int *rc);

/* --- imap_wire.c: the guard --- */

/* What the command in hand expects, bits of want; all else that is untagged
 * is dropped. */
enum {
	CN_WANT_GREETING = 1, CN_WANT_CAPABILITY = 2, CN_WANT_STATUS = 4,
	CN_WANT_SELECT = 8, CN_WANT_BYE = 16,
	CN_WANT_NEWS = 32		/* a FETCH is news, no answer */
};

enum cn_tagged { CN_TAGGED_NONE, CN_TAGGED_OK, CN_TAGGED_NO, CN_TAGGED_BAD };

struct cn_wire {
	/* set before a command, by cn_wire_expect() */
	unsigned want;
	uint32_t body_max;		/* a mail's literal; 0: none is asked */
	struct cn_buf *body;		/* where it goes, appended */
	/* 1 taken, 0 not asked for, -1 ends it all */
	int (*item)(void *, const struct cn_item *);
	int (*gone)(void *, uint32_t first, uint32_t last);
	void (*folder)(void *, enum cn_imap_use, struct cn_str name);
	void *arg;

	/* what was seen */
	enum cn_tagged tagged;
	char code[32];			/* of the tagged answer, or empty */
	struct cn_buf can;		/* CAPABILITY, in capitals */
	bool qresync;			/* ENABLED QRESYNC */
	bool news;			/* EXISTS, EXPUNGE, ... */
	bool ended;			/* item() or gone() said -1 */
	bool ready;			/* a line to hand on: see take() */

	/* the line in hand */
	struct cn_buf line, mail;
	struct cn_arena mem;
	size_t scanned, taken;
	size_t body_at, body_from;
	uint32_t literal;		/* bytes of it to come */
	bool in_body, has_body;
	unsigned depth;
	size_t charge, passed;		/* against the bounds of a command */
	int64_t count;			/* bytes of it */
};

/* A new command: forgets what was seen and counted, wants nothing more. */
void cn_wire_expect(struct cn_wire *, unsigned want);
/* Eats up to n bytes, at most to the end of a line that is ready to be handed
 * on: how many; -1: a bound is broken (69) or the callback ended it. */
int64_t cn_wire_feed(struct cn_wire *, const char *, size_t n,
    struct cn_err *) CN_CHECKED;
/* Room for bytes that can go to the mail directly; then how many came. */
size_t cn_wire_room(struct cn_wire *, char **);
void cn_wire_got(struct cn_wire *, size_t n);
/* Hands on up to n bytes of the line that is ready. */
size_t cn_wire_take(struct cn_wire *, char *, size_t n);
void cn_wire_release(struct cn_wire *);		/* wipes */

/* --- imap_stream.c: what libetpan reads and writes --- */

struct cn_stream;
struct _mailstream_low;

/* Connects and, but for CN_IMAP_PLAIN, verifies. */
struct cn_stream *cn_stream_open(const struct cn_imap_conf *, struct cn_err *)
    CN_CHECKED;
void cn_stream_free(struct cn_stream *);	/* NULL allowed */
struct _mailstream_low *cn_stream_low(struct cn_stream *);
struct cn_wire *cn_stream_wire(struct cn_stream *);
/* What broke it, or NULL. */
const struct cn_err *cn_stream_broken(const struct cn_stream *);
/* A new command, with its own deadline. */
void cn_stream_expect(struct cn_stream *, unsigned want);
/* Sent for the first '+' (borrowed), an empty line for more; NULL: none. */
void cn_stream_reply(struct cn_stream *, const char *);
/* COMPRESS=DEFLATE from here on. */
int cn_stream_deflate(struct cn_stream *, struct cn_err *) CN_CHECKED;
/* Reads untagged lines until one is news (1), or time is up or the run was
 * stopped (0). */
int cn_stream_news(struct cn_stream *, int64_t ms, struct cn_err *) CN_CHECKED;
/* No answer counts any more: what is left is to say goodbye. */
void cn_stream_hurry(struct cn_stream *);

/* --- imap.c --- */

struct mailimap;

struct cn_imap {
	struct cn_imap_conf conf;
	struct cn_stream *stream;
	struct cn_wire *wire;
	struct mailimap *etpan;
	unsigned can;
	bool open;			/* a mailbox */
	bool write;			/* to be changed */
	bool dead;			/* only good for cn_imap_close() */
};

/* Before a call of libetpan's: the session must live; sets what is
 * expected. */
int cn_imap_ready(struct cn_imap *, unsigned want, struct cn_err *)
    CN_CHECKED;
/* After it, with its result. */
int cn_imap_done(struct cn_imap *, int r, const char *what, struct cn_err *)
    CN_CHECKED;
/* One command of our own; text has no CRLF.  what: its name. */
int cn_imap_command(struct cn_imap *, const char *what, const char *text,
    struct cn_err *) CN_CHECKED;

#endif
