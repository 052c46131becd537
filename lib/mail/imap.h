/* imap.h - an IMAP session that only reads, unless it is told to expunge
 *
 * IMAP4rev1 (RFC 3501) through libetpan over our own TLS stream (tls.h), with
 * CONDSTORE and QRESYNC (RFC 7162), UIDPLUS (RFC 4315), IDLE (RFC 2177),
 * COMPRESS (RFC 4978), XOAUTH2 and Gmail's labels where the server has them.
 *
 * The server is not trusted: a line, what it says outside literals, a
 * literal, the depth of parentheses and the time for an answer are bounded
 * where its bytes are read, and UIDs that nobody asked for are left out.
 * After any failure but a refused login or command the connection is gone.
 *
 * Statuses: 75 the network or the server went away, or took too long; 77 the
 * login is refused; 69 no trusted server (its certificate), or one that does
 * not speak IMAP or breaks a bound; 3 one command was refused and the session
 * goes on.  Messages never hold what the server or a mail says, but a reason
 * word of ours and the server's response code. */
#ifndef CN_IMAP_H
#define CN_IMAP_H

#include "base/run.h"

enum cn_imap_security {
	CN_IMAP_TLS,			/* from the first byte: port 993 */
	CN_IMAP_STARTTLS,		/* port 143 */
	CN_IMAP_PLAIN			/* to a loopback address only */
};

struct cn_imap_conf {
	const char *host;
	int port;			/* 0: the usual one */
	enum cn_imap_security security;
	const char *ca_file;		/* anchors in place of the system's, or
					 * NULL */
	bool compress;			/* COMPRESS=DEFLATE, if it is offered */
	int timeout_s;			/* for the next byte; 0: 60 */
	const struct cn_run *run;	/* clock, stop; borrowed */
};

/* What it can, bits of cn_imap_can(). */
enum {
	CN_IMAP_CONDSTORE = 1, CN_IMAP_QRESYNC = 2, CN_IMAP_IDLE = 4,
	CN_IMAP_UIDPLUS = 8, CN_IMAP_GMAIL = 16, CN_IMAP_XOAUTH2 = 32,
	CN_IMAP_COMPRESS = 64
};

struct cn_imap;

/* Connects, verifies, is greeted; nobody has logged in yet. */
struct cn_imap *cn_imap_open(const struct cn_imap_conf *, struct cn_err *)
    CN_CHECKED;
/* AUTHENTICATE PLAIN, or LOGIN where that is not offered; and with an OAuth
 * 2.0 access token.  CONDSTORE, QRESYNC and COMPRESS are enabled then. */
int cn_imap_login(struct cn_imap *, const char *user, const char *password,
    struct cn_err *) CN_CHECKED;
int cn_imap_login_token(struct cn_imap *, const char *user,
    const char *token, struct cn_err *) CN_CHECKED;
unsigned cn_imap_can(const struct cn_imap *);	/* after the login */
void cn_imap_close(struct cn_imap *);		/* LOGOUT if it still can */

/* A mailbox.  Names are UTF-8 (modified UTF-7 on the wire); one that is not
 * well-formed or holds a control character is left out and counted. */
enum cn_imap_use {
	CN_IMAP_PLAIN_FOLDER, CN_IMAP_ALL, CN_IMAP_ARCHIVE, CN_IMAP_DRAFTS,
	CN_IMAP_JUNK, CN_IMAP_SENT, CN_IMAP_TRASH, CN_IMAP_STARRED
};

struct cn_imap_folder {
	const char *name;
	enum cn_imap_use use;		/* RFC 6154 */
};

/* All that can be opened, sorted by name, INBOX first; in the arena. */
int cn_imap_folders(struct cn_imap *, struct cn_arena *,
    struct cn_imap_folder **, size_t *n, size_t *left_out, struct cn_err *)
    CN_CHECKED;

struct cn_imap_state {
	uint32_t uidvalidity, uidnext, exists;
	uint64_t modseq;		/* HIGHESTMODSEQ, 0: none */
};

/* STATUS, without opening it. */
int cn_imap_status(struct cn_imap *, const char *folder,
    struct cn_imap_state *, struct cn_err *) CN_CHECKED;
/* EXAMINE, or (write) SELECT.  A server that does not say UIDNEXT gets 0. */
int cn_imap_select(struct cn_imap *, const char *folder, bool write,
    struct cn_imap_state *, struct cn_err *) CN_CHECKED;

/* Flags, bits of cn_imap_mail.flags. */
enum {
	CN_IMAP_SEEN = 1, CN_IMAP_ANSWERED = 2, CN_IMAP_FLAGGED = 4,
	CN_IMAP_DELETED = 8, CN_IMAP_DRAFT = 16
};

struct cn_imap_mail {
	uint32_t uid, size;
	int64_t arrived;		/* INTERNALDATE; 0: unknown */
	unsigned flags;
	const char *const *keywords;	/* flags that are words, or labels */
	size_t nkeywords;
	struct cn_str body;		/* p NULL: the server has none */
};

/* Called for each; the mail is borrowed.  Other than 0 ends the command and
 * is returned; the session is then good only for cn_imap_close(). */
typedef int cn_imap_fn(void *, const struct cn_imap_mail *, struct cn_err *);

/* Size, date and flags of the mails first..last (last UINT32_MAX: to the
 * end), each once: a server that sends one twice is refused (69).  They come
 * one by one, of a range of up to CN_IMAP_ANY_ORDER UIDs in whatever order, of
 * a wider one in a rising one or they are refused as well. */
#define CN_IMAP_ANY_ORDER (1u << 22)
int cn_imap_sizes(struct cn_imap *, uint32_t first, uint32_t last,
    cn_imap_fn *, void *, struct cn_err *) CN_CHECKED;
/* The bytes of these mails (ascending), each at most max bytes, with flags and
 * date, by BODY.PEEK[] in as few commands as 8 KiB of UIDs allow, in whatever
 * order they come; one that the server does not send is not called for.  A
 * literal above 2 max + 64 KiB is refused (69): sizes may be estimates. */
int cn_imap_bodies(struct cn_imap *, const uint32_t *uids, size_t n,
    uint32_t max, cn_imap_fn *, void *, struct cn_err *) CN_CHECKED;
/* Appends bytes offset..offset+n of one mail; fewer at its end.  No such mail
 * any more: status 3. */
int cn_imap_part(struct cn_imap *, uint32_t uid, uint32_t offset, uint32_t n,
    struct cn_buf *, struct cn_err *) CN_CHECKED;
/* Gmail's labels of first..last as keywords, in a command of their own;
 * Gmail's own begin with a backslash. */
int cn_imap_labels(struct cn_imap *, uint32_t first, uint32_t last,
    cn_imap_fn *, void *, struct cn_err *) CN_CHECKED;
/* Flags that changed since modseq (without CONDSTORE: 3), and with QRESYNC the
 * UIDs that are gone: gone() is called for ranges, which may name UIDs that
 * never were. */
int cn_imap_changes(struct cn_imap *, uint64_t modseq, cn_imap_fn *,
    int (*gone)(void *, uint32_t first, uint32_t last, struct cn_err *),
    void *, struct cn_err *) CN_CHECKED;
/* Waits until the open mailbox has news: 1; 0 after `seconds`, or when the run
 * was stopped, after which nothing but cn_imap_close() is left; -1.  What came
 * since it was opened or last waited for counts.  IDLE where the server can,
 * else NOOP every 20 seconds.  still(), which may be NULL, is asked every two
 * seconds whether to go on: -1 ends the wait with its error. */
int cn_imap_idle(struct cn_imap *, int seconds,
    int (*still)(void *, struct cn_err *), void *, struct cn_err *)
    CN_CHECKED;
/* Marks these (ascending) as deleted and expunges just them (UIDPLUS; without
 * it, or in a mailbox that was opened to read: 3). */
int cn_imap_expunge(struct cn_imap *, const uint32_t *uids, size_t n,
    struct cn_err *) CN_CHECKED;

/* Mailbox names: modified UTF-7 (RFC 3501, 5.1.3) and back, appended; false:
 * ill-formed, or a control character in it. */
bool cn_utf7_encode(struct cn_buf *, const char *utf8);
bool cn_utf7_decode(struct cn_buf *, struct cn_str wire);

#endif
