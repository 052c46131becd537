/* mail.h - mail: parse, judge, split, store as mbox, build
 *
 * Bytes in, structs out: no clock, no network, and no file but where a
 * descriptor or folder is named.  RFC 5322 (message), 2045-2047 (MIME), 2231
 * (parameters), 3676 (flowed), 6532 (UTF-8 headers), 3834 (automatic), 3464
 * (bounces).  Everything runs in time linear in its input without recursion;
 * whatever passes a bound is left out, is a defect, and the rest is read. */
#ifndef CN_MAIL_H
#define CN_MAIL_H

#include "base/buf.h"

/* Bounds. */
#define CN_MAIL_DEPTH 32		/* nested multiparts */
#define CN_MAIL_PARTS 1000		/* leaves */
#define CN_MAIL_FIELDS 5000		/* of the mail's header */
#define CN_MAIL_HEADER (1 << 20)	/* bytes of the mail's header */
#define CN_MAIL_VALUE (256 << 10)	/* bytes of one field that is decoded */
#define CN_MAIL_ADDRS 10000		/* addresses in all lists together */
#define CN_MAIL_REFS 1000		/* message ids in References */
#define CN_MAIL_LINE (1 << 20)		/* bytes in which a field has its colon
					 * and a boundary line its end */
#define CN_MAIL_WHOLE ((size_t)1 << 20)	/* larger mail is skimmed */

/* Defects, bits of cn_mail.defects.  cn_mail_defect() has their names. */
enum {
	CN_DEF_HEADER_SIZE = 1 << 0,	/* header longer than the bound */
	CN_DEF_FIELDS = 1 << 1,		/* more fields than the bound */
	CN_DEF_FIELD_SIZE = 1 << 2,	/* a field was cut */
	CN_DEF_HEADER = 1 << 3,		/* a line that is no field */
	CN_DEF_NO_SEPARATOR = 1 << 4,	/* body without an empty line before */
	CN_DEF_DEPTH = 1 << 5,		/* too deeply nested: kept as a leaf */
	CN_DEF_PARTS = 1 << 6,		/* too many parts: the rest left out */
	CN_DEF_BOUNDARY = 1 << 7,	/* multipart without a usable boundary */
	CN_DEF_UNCLOSED = 1 << 8,	/* multipart without its end */
	CN_DEF_ENCODING = 1 << 9,	/* unknown transfer encoding */
	CN_DEF_BASE64 = 1 << 10,	/* junk or a wrong length in base64 */
	CN_DEF_QP = 1 << 11,		/* junk in quoted-printable */
	CN_DEF_CHARSET = 1 << 12,	/* unknown character set */
	CN_DEF_TEXT = 1 << 13,		/* bytes that are not of the set */
	CN_DEF_NUL = 1 << 14,		/* NUL in header or text: U+FFFD */
	CN_DEF_8BIT = 1 << 15,		/* 8-bit header that is not UTF-8 */
	CN_DEF_WORD = 1 << 16,		/* broken encoded word */
	CN_DEF_ADDRESS = 1 << 17,	/* an address that is none */
	CN_DEF_ADDRS = 1 << 18,		/* more addresses than the bound */
	CN_DEF_DATE = 1 << 19,		/* Date missing or not a date */
	CN_DEF_FROM = 1 << 20,		/* no From, or several of it */
	CN_DEF_REFS = 1 << 21,		/* more references than the bound */
	CN_DEF_PARAM = 1 << 22,		/* broken parameter */
	CN_DEF_CUT = 1 << 23		/* a large mail's text was cut */
};
/* Walks the names: sets *bit to a defect of the set that is above *bit (start
 * at 0) and returns its name ('bad-base64'), or NULL at the end. */
const char *cn_mail_defect(unsigned defects, unsigned *bit);

/* UTF-8, no control characters; never NULL ("" where there is none).  The
 * domain of addr is in lower case; addr is as written where it is broken. */
struct cn_addr {
	const char *name, *addr;
};

struct cn_addrs {
	struct cn_addr *v;
	size_t n;
};

/* A field as it stands; value without the colon, the space behind it and the
 * last line end, still folded and encoded. */
struct cn_field {
	struct cn_str name, value;
};

enum cn_disposition {
	CN_DISP_NONE, CN_DISP_INLINE, CN_DISP_ATTACHMENT
};

/* A leaf.  message/rfc822 is a leaf too: what somebody forwarded as a file. */
struct cn_mail_part {
	const char *type;		/* lower case: text/plain */
	const char *charset;		/* as named, lower case, or "" */
	const char *name;		/* file name without folders, or "" */
	const char *cid;		/* Content-ID without <>, or "" */
	enum cn_disposition disposition;
	bool attachment;		/* a file, named or not readable here */
	bool in_text;			/* went into cn_mail.text */
	bool flowed, delsp;		/* RFC 3676 */
	bool sha_known;
	bool cut;			/* raw and body are the beginning only */
	unsigned char depth;
	struct cn_str raw;		/* still encoded, of the input */
	struct cn_str body;		/* decoded bytes; input or struct */
	uint64_t size;			/* of the whole body, decoded */
	uint8_t sha256[32];		/* of that; attachments only */
};

/* One mail.  Zero-initialise, parse, use, release.  All strings live until
 * the release, and raw slices as long as the input. */
struct cn_mail {
	struct cn_arena mem;
	struct cn_str raw;		/* the input */
	struct cn_field *fields;
	size_t n_fields;
	size_t body_at;			/* where the body begins */

	/* Decoded UTF-8 in one line, "" where there is none. */
	const char *subject;
	const char *message_id;		/* without <> */
	const char *in_reply_to;	/* the first id, without <> */
	const char **references;	/* without <>, oldest first */
	size_t n_references;
	struct cn_addrs from, sender, reply_to, to, cc, bcc;
	const char *return_path;	/* address; "" also for <> */
	bool null_return;		/* Return-Path: <> */
	int64_t date;			/* Date, seconds since 1970 */
	bool has_date;

	/* The text to read: UTF-8, LF, NUL-terminated.  The plain part of an
	 * alternative, else its HTML as text; inline text parts joined. */
	const char *text;
	size_t text_len;
	bool text_from_html;

	struct cn_mail_part *parts;	/* in order */
	size_t n_parts;
	size_t n_attachments;		/* parts with .attachment */
	const char *type;		/* of the whole, lower case */
	const char *report_type;	/* of a multipart/report, or "" */

	unsigned defects;
	struct cn_buf text_buf;		/* holds text */
	char *decoded;			/* holds decoded bodies */
	size_t decoded_len;
	struct cn_buf kept;		/* of a skimmed mail: holds raw */
};

/* Flags of cn_mail_parse. */
#define CN_MAIL_HEADERS_ONLY 1u		/* no parts, no text */
#define CN_MAIL_NO_HASH 2u		/* no SHA-256 of attachments */
#define CN_MAIL_NO_FILES 4u		/* no bytes (.body) of attachments in
					 * base64, only .size and, but for
					 * NO_HASH, .sha256 */

/* Fails (CN_PARTIAL) only where this is no mail: empty, or not one header
 * field at its beginning.  An mbox From_ line before the header is skipped.
 * May be called again on the same struct.  After a failure the struct needs
 * no release, but may have it. */
int cn_mail_parse(struct cn_mail *, const char *p, size_t n, unsigned flags,
    struct cn_err *) CN_CHECKED;
void cn_mail_release(struct cn_mail *);

/* A mail of any size in bounded memory (about 10 MiB), fed in pieces that are
 * cut anywhere.  Kept are the header, the structure and the beginning of each
 * part: texts up to 1 MiB, of others little; and the size and the hash of what
 * was cut.  The result is that of cn_mail_parse() on the whole, but for text
 * that was cut (CN_DEF_CUT says so) and for raw and body of parts (.cut), as
 * long as header and parts' headers keep to 4 MiB; what does not fit is left
 * out as parts above the bound are (CN_DEF_PARTS). */
struct cn_skim;
struct cn_skim *cn_skim_new(unsigned flags);	/* CN_MAIL_NO_HASH or 0 */
void cn_skim_feed(struct cn_skim *, const void *, size_t);
/* Ends and frees it; fails as cn_mail_parse() does. */
int cn_skim_end(struct cn_skim *, struct cn_mail *, struct cn_err *)
    CN_CHECKED;
void cn_skim_free(struct cn_skim *);
/* cn_mail_parse() up to CN_MAIL_WHOLE, a skim of what is larger. */
int cn_mail_read(struct cn_mail *, struct cn_str raw, unsigned flags,
    struct cn_err *) CN_CHECKED;

/* The first field of that name (case ignored): its value, p == NULL if there
 * is none. */
struct cn_str cn_mail_field(const struct cn_mail *, const char *name);
/* The text of one part: charset to UTF-8, line ends to LF, flowed lines
 * joined, HTML as it is.  Appends; returns defects. */
unsigned cn_mail_part_text(const struct cn_mail_part *, struct cn_buf *);

/* Was it sent by a machine, and which mark says so ('auto-submitted')?
 * Such a mail gets no automatic answer (RFC 3834). */
bool cn_mail_automatic(const struct cn_mail *, const char **reason);
bool cn_mail_is_list(const struct cn_mail *);	/* List-Id, List-Post ... */
/* What a mail shows besides its words, as strings of our own: 'h:x-mailer',
 * 'tag:font', 'id:a0.0@', 's:offer' for a word of the subject, each once.
 * Those of its content, an empty one, those of its header; '~' is in front of
 * those that the first models of spam did not know.  In the arena. */
#define CN_MAIL_MARKS 512
const struct cn_str *cn_mail_marks(const struct cn_mail *, size_t *n,
    struct cn_arena *);
/* A bounce: returns the final recipient that failed (in the mail's arena),
 * "" where it is a bounce that names nobody, NULL where it is none. */
const char *cn_mail_bounce(struct cn_mail *);

/* The canonical bytes that make its identity, in pieces, in order: line ends
 * as LF, without the From_ line and the fields Status, X-Status, X-Keywords
 * and Content-Length; empty lines at the end count as none (unless lone CRs
 * are among them in more than CN_CANON_RUNS turns) and the last line has its
 * LF. */
void cn_mail_canonical(struct cn_str raw,
    void (*add)(void *, const void *, size_t), void *arg);

/* The same of a mail that is fed in pieces, cut anywhere. */
#define CN_CANON_RUNS 64
struct cn_canon {
	void (*add)(void *, const void *, size_t);
	void *arg;
	enum {
		CN_CANON_START, CN_CANON_FROM,
		CN_CANON_LINE, CN_CANON_NAME, CN_CANON_FIELD,
		CN_CANON_BODY
	} state;
	bool skip;			/* this field */
	bool cr;			/* the last byte, not held yet */
	char held[16];			/* of a From_ line or a name */
	size_t nheld;
	struct cn_canon_run {		/* line ends that may be the last */
		uint64_t n;
		bool cr;
	} run[CN_CANON_RUNS];
	size_t nruns;
};
void cn_canon_begin(struct cn_canon *,
    void (*add)(void *, const void *, size_t), void *arg);
void cn_canon_feed(struct cn_canon *, const void *, size_t);
void cn_canon_end(struct cn_canon *);

/* Takes every X-CN-* field out of the header and puts `fields` (whole lines,
 * LF or CRLF ended) before the first field that is left, with the mail's own
 * line ends; all other bytes stay. */
void cn_mail_mark(struct cn_buf *out, struct cn_str raw, struct cn_str fields);

/* RFC 2047 and 8-bit bytes to one line of UTF-8, in the arena. */
const char *cn_mail_decode(struct cn_arena *, struct cn_str value,
    unsigned *defects);
/* An address list.  *n is the number found; stops at CN_MAIL_ADDRS. */
struct cn_addr *cn_mail_addrs(struct cn_arena *, struct cn_str value,
    size_t *n, unsigned *defects);
/* The date of RFC 5322, with the obsolete zones and usual mistakes. */
bool cn_mail_date(struct cn_str value, int64_t *);

/* --- texts --- */

/* Bytes in a character set to UTF-8, appended.  "" is US-ASCII; unknown sets
 * and bad bytes give U+FFFD and a defect.  Never fails. */
unsigned cn_charset_utf8(struct cn_buf *, const char *charset, struct cn_str);
bool cn_charset_known(const char *charset);

/* HTML (UTF-8) to readable text, appended: paragraphs, lists, tables, links
 * as 'text <address>', quotes as '> ', no script and no style. */
void cn_html_text(struct cn_buf *, struct cn_str html);

enum cn_text_kind {
	CN_TEXT_OWN,			/* the writer's words */
	CN_TEXT_QUOTE,			/* '> ' lines, or all below a header */
	CN_TEXT_ATTRIBUTION,		/* 'On ... wrote:', header blocks */
	CN_TEXT_SIGNATURE		/* from '-- ' or a closing mark on */
};

struct cn_text_span {
	enum cn_text_kind kind;
	struct cn_str text;		/* whole lines of the input */
};

/* Splits into spans that together are the text, by the attributions and header
 * blocks of mail programs in the languages of the European Union, Norwegian,
 * Hindi, Marathi, Bengali, Tamil and Telugu. */
struct cn_text_span *cn_text_split(struct cn_arena *, struct cn_str text,
    size_t *n);
/* Appends the writer's own words, trimmed. */
void cn_text_own(struct cn_buf *, struct cn_str text);
/* How much of own words stands above a closing formula ('Best regards') with
 * nothing but names below, and above a disclaimer. */
size_t cn_text_closing(struct cn_str own);

/* --- mailboxes --- */

enum cn_mail_form {
	CN_FORM_EMPTY, CN_FORM_MAIL, CN_FORM_MBOX, CN_FORM_JSON, CN_FORM_JUNK
};
/* What input is, by its first bytes (100 are enough; fewer may be all). */
enum cn_mail_form cn_mail_form(const void *, size_t);
/* Where it begins: behind a byte order mark and white space. */
size_t cn_mail_start(const void *, size_t);

/* mboxrd, streaming: feed bytes as they come, take mails as they are complete
 * (which is when the next From_ line is seen, or the end). */
struct cn_mbox;

struct cn_mbox_item {
	struct cn_str mail;		/* unquoted, until the next call */
	struct cn_str from_line;	/* 'From a@example.com Mon ...' or "" */
	uint64_t offset;		/* of its From_ line in the input */
	uint64_t index;			/* from 1 */
	uint64_t size;			/* bytes in the input, From_ line too */
	bool oversized;			/* larger than max: mail is empty */
};

struct cn_mbox *cn_mbox_new(size_t max);
void cn_mbox_free(struct cn_mbox *);
void cn_mbox_feed(struct cn_mbox *, const void *, size_t);
void cn_mbox_end(struct cn_mbox *);		/* nothing more will come */
/* True: a mail.  False: feed more (or, after cn_mbox_end, it is over). */
bool cn_mbox_take(struct cn_mbox *, struct cn_mbox_item *);
/* The same on a descriptor, which may be a pipe: 1 mail, 0 end, -1 error
 * (CN_IOERR; EINTR is tried again). */
int cn_mbox_next(struct cn_mbox *, int fd, struct cn_mbox_item *,
    struct cn_err *) CN_CHECKED;

/* Appends one mail as mboxrd: From_ line, quoting, line ends as they are, an
 * empty line behind.  sender NULL or "" gives MAILER-DAEMON. */
void cn_mbox_put(struct cn_buf *, struct cn_str mail, const char *sender,
    int64_t date);
/* The same of a mail in pieces that are cut anywhere. */
struct cn_mboxrd {
	enum {
		CN_MBOXRD_START, CN_MBOXRD_OWN,
		CN_MBOXRD_LINE, CN_MBOXRD_REST
	} state;
	size_t seen;			/* bytes of 'From ' */
	char last;
};
void cn_mboxrd_begin(struct cn_mboxrd *, struct cn_buf *, const char *sender,
    int64_t date);
void cn_mboxrd_feed(struct cn_mboxrd *, struct cn_buf *, struct cn_str piece);
void cn_mboxrd_end(struct cn_mboxrd *, struct cn_buf *);

/* A Maildir, or a tree of them (Maildir++ '.Sent', plain sub-folders).  Calls
 * for every mail in new/ and cur/, folders and names in sorted order; folder
 * is "" or 'Sent/2026'.  A call that returns non-zero ends the walk with that
 * value; -1 with err where a folder cannot be read. */
typedef int cn_maildir_fn(void *arg, const char *folder, const char *path,
    struct cn_err *);
int cn_maildir_walk(const char *dir, cn_maildir_fn *, void *arg,
    struct cn_err *) CN_CHECKED;

/* --- building --- */

/* A mail to write.  Optional members are NULL or 0. */
struct cn_draft {
	struct cn_addr from;
	const struct cn_addr *to, *cc;
	size_t n_to, n_cc;
	const char *subject;		/* UTF-8 */
	const char *message_id;		/* without <>; required */
	const char *in_reply_to;	/* optional, without <> */
	const char *const *references;	/* optional, without <> */
	size_t n_references;
	int64_t date;
	const char *text;		/* UTF-8, LF */
	struct cn_str extra;		/* whole field lines, or empty */
};

/* Appends the mail, LF ended: headers folded and encoded, text as format
 * flowed UTF-8, quoted-printable where it needs it.  A CR, LF, NUL or other
 * control character in a header value, a broken address or id is an error
 * (CN_USAGE). */
int cn_mail_build(struct cn_buf *, const struct cn_draft *, struct cn_err *)
    CN_CHECKED;
/* Fills to, subject (Re: once), in_reply_to and references of a draft that
 * answers this mail: to the first CN_REPLY_MAX of Reply-To, else of From.
 * Strings in the mail's arena. */
#define CN_REPLY_MAX 8
void cn_mail_reply(struct cn_draft *, struct cn_mail *);
/* Does nobody read what is sent to it, by its name: noreply@, bounce+1@,
 * shop-newsletter@? */
bool cn_addr_unread(const char *addr);

#endif
