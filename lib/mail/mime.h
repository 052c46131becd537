/* mime.h - what the files of lib/mail share; nobody else includes it */
#ifndef CN_MIME_H
#define CN_MIME_H

#include <string.h>

#include "mail.h"

/* Transfer decodings.  out has room for in.n bytes; returns bytes written. */
size_t cn_mime_base64(char *out, struct cn_str in, bool *bad);
/* word: the Q encoding of RFC 2047, where '_' is a space. */
size_t cn_mime_qp(char *out, struct cn_str in, bool word, bool *bad);
size_t cn_mime_uu(char *out, struct cn_str in);

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

/* Makes the line ends of buf from `at` on LF, NUL to U+FFFD. */
unsigned cn_mime_lines(struct cn_buf *, size_t at);
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
