/* mime.h - what the files of lib/mail share; nobody else includes it */
#ifndef CN_MIME_H
#define CN_MIME_H

#include <string.h>

#include "mail.h"

/* Transfer decodings.  out has room for in.n bytes; returns bytes written. */
size_t cn_mime_base64(char *out, struct cn_str in, bool *bad);
/* How many bytes that would give. */
uint64_t cn_mime_base64_size(struct cn_str in, bool *bad);
/* word: the Q encoding of RFC 2047, where '_' is a space. */
size_t cn_mime_qp(char *out, struct cn_str in, bool word, bool *bad);
size_t cn_mime_uu(char *out, struct cn_str in);

enum cn_encoding {
	CN_ENC_NONE, CN_ENC_BASE64, CN_ENC_QP, CN_ENC_UU, CN_ENC_UNKNOWN
};
/* Of the token of a Content-Transfer-Encoding. */
enum cn_encoding cn_mime_encoding(const char *token);

/* The same decodings in pieces that are cut anywhere; what is not encoded
 * passes.  Set .encoding, the rest is zero; appends; .bad is valid after the
 * end, which must be called. */
struct cn_decoder {
	enum cn_encoding encoding;
	bool bad, ended, on;
	uint32_t acc;
	int have, pads;			/* digits; bytes of line */
	char line[128];			/* of uuencode */
	struct cn_buf held;		/* behind a '=': at most CN_MAIL_LINE */
};
void cn_decoder_feed(struct cn_decoder *, struct cn_buf *out, struct cn_str);
void cn_decoder_end(struct cn_decoder *, struct cn_buf *out);

/* A parameter of Content-Type or Content-Disposition, continuations joined
 * and decoded (RFC 2231, and RFC 2047 as found in the wild): one line of
 * UTF-8 in the arena, or NULL.  exact: as it is, for a boundary. */
char *cn_mime_param(struct cn_arena *, struct cn_str value, const char *key,
    bool exact, unsigned *defects);
/* The value before the first ';' without comments, in lower case. */
char *cn_mime_token(struct cn_arena *, struct cn_str value);

/* Reads a header field by field. */
struct cn_head {
	const char *p, *end;
	unsigned defects;
	bool first;
};
/* False at the end; p then stands at the body. */
bool cn_head_next(struct cn_head *, struct cn_field *);
/* What one line of a header is, by itself. */
enum cn_head_line {
	CN_LINE_EMPTY,			/* ends the header */
	CN_LINE_MORE,			/* belongs to the line before */
	CN_LINE_FROM,			/* of an mbox */
	CN_LINE_FIELD, CN_LINE_NAMELESS,
	CN_LINE_BODY			/* no field: the body begins here */
};
enum cn_head_line cn_head_line(const char *p, const char *end);

/* The fields that shape a part; slices of the input. */
struct cn_entity {
	struct cn_str type, encoding, disposition, cid;
};
void cn_entity_note(struct cn_entity *, const struct cn_field *);
/* Its type with what RFC 2045, section 5.2 says of none. */
const char *cn_entity_type(struct cn_arena *, const struct cn_entity *,
    bool digest);
/* Its file name without folders, or "". */
const char *cn_entity_name(struct cn_arena *, const struct cn_entity *,
    unsigned *defects);
enum cn_disposition cn_entity_disposition(struct cn_arena *,
    const struct cn_entity *);
bool cn_mime_is_text(const char *type);	/* that is shown: plain or HTML */

/* The multiparts that are open, the innermost last. */
struct cn_frame {
	struct cn_str boundary;
	const char *start;		/* of its body */
	size_t first;			/* index of its first part */
	bool alternative, digest, seen;
};

struct cn_frames {
	struct cn_frame v[CN_MAIL_DEPTH];
	size_t n;
	/* the boundary line that was found last */
	size_t hit;			/* frame */
	bool closes;
};
/* Opens a frame where the entity is a multipart with a boundary, else NULL;
 * *type becomes text/plain where it is one without. */
struct cn_frame *cn_frame_open(struct cn_frames *, struct cn_arena *,
    const struct cn_entity *, const char **type, unsigned *defects);
bool cn_frames_digest(const struct cn_frames *);	/* of the innermost */
/* Does the line p..nl ("--...") end a part of an open multipart?  The
 * innermost one that it fits is hit. */
bool cn_frames_boundary(struct cn_frames *, const char *p, const char *nl);

/* A body of which only the beginning is in the input of the parser: where,
 * and what its whole is. */
struct cn_cut {
	size_t at;			/* offset of the body */
	uint64_t size;			/* decoded */
	unsigned defects;		/* of decoding */
	bool says;			/* something that is not white space */
	uint8_t sha256[32];
};

struct cn_cuts {
	struct cn_cut *v;
	size_t n;
};
/* cn_mail_parse() of what cn_skim kept; cuts NULL: a whole mail. */
int cn_mime_parse(struct cn_mail *, const char *p, size_t n, unsigned flags,
    const struct cn_cuts *, struct cn_err *) CN_CHECKED;
/* Reads the mail's header from m->raw and notes its entity. */
void cn_mime_header(struct cn_mail *, struct cn_entity *);

/* How much cn_skim keeps, in bytes as they came. */
struct cn_skim_bounds {
	size_t text;			/* of a text that is shown */
	size_t texts;			/* of all of them */
	size_t report;			/* of a delivery status */
	size_t other;			/* of any other leaf */
	size_t total;			/* of everything */
};
struct cn_skim *cn_skim_with(const struct cn_skim_bounds *, unsigned flags);

/* A moment as a Date field has it, or the envelope of an mbox (asctime(3)); both
 * in UTC. */
void cn_mime_date(struct cn_buf *, int64_t, bool envelope);
/* Is every byte below 0x80? */
bool cn_mime_ascii(const char *, size_t);

/* Fills what the header says from fields. */
void cn_mime_fields(struct cn_mail *);
/* mail->text from the parts that are in_text. */
void cn_mime_text(struct cn_mail *);

/* Appends the addresses of a field, up to max in all. */
struct cn_addr_list {
	struct cn_addr *v;
	size_t n, cap;
};
void cn_mime_addrs(struct cn_arena *, struct cn_addr_list *,
    struct cn_str value, size_t max, unsigned *defects);

/* The reference at p ('&...'): its length, 0 if it is none. */
size_t cn_html_entity(const char *p, size_t n, uint32_t *cp);
/* The character of a windows-1252 byte from 0x80 to 0x9f. */
uint32_t cn_cp1252(unsigned byte);

static inline int cn_lower(int c)
{
	return c >= 'A' && c <= 'Z' ? c + 32 : c;
}

static inline bool cn_is_wsp(int c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static inline bool cn_is_digit(int c)
{
	return c >= '0' && c <= '9';
}

#endif
