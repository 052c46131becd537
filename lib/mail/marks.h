/* marks.h - what the files of cn_mail_marks() share; not for other layers */
#ifndef CN_MAIL_MARKS_H
#define CN_MAIL_MARKS_H

#include "mime.h"

#define CN_MARK_DOMAIN 60		/* longest, with its NUL */
#define CN_MARK_PARTS 8			/* looked at, */
#define CN_MARK_PART (256 << 10)	/* and bytes of each */
#define CN_MARK_SLOTS 1024		/* a power of two above the marks */

struct cn_marks {
	struct cn_str v[CN_MAIL_MARKS];
	size_t n;
	uint16_t slot[CN_MARK_SLOTS];	/* of v, + 1: each is there once */
	struct cn_arena *mem;
};

void cn_mark(struct cn_marks *, const char *fmt, ...) CN_PRINTF(2, 3);

/* The subject and the body: their words and forms, links, HTML. */
void cn_marks_content(struct cn_marks *, const struct cn_mail *);
/* Who it says it is from and to, held against how it came. */
void cn_marks_sender(struct cn_marks *, const struct cn_mail *);

char cn_mark_lower(char);
/* Lower case, without digits, up to the first character of stop. */
const char *cn_mark_plain(char *out, size_t max, struct cn_str,
    const char *stop);
/* The last two labels of a host's name, three below 'co' and its like; NULL
 * where it is no name. */
const char *cn_mark_domain(char out[CN_MARK_DOMAIN], const char *, size_t);
/* The same of a mail address. */
const char *cn_mark_address(char out[CN_MARK_DOMAIN], const char *addr);
/* How many characters of a host's name or number are here. */
size_t cn_mark_host(const char *p, const char *end);
/* Does the word, in any case, stand here? */
bool cn_mark_at(const char *p, const char *end, const char *word);
/* A walk over the links of a mail's texts. */
struct cn_mark_links {
	const struct cn_mail *mail;
	size_t most;			/* of each text */
	size_t part, left;		/* cn_mark_link()'s, as what follows */
	const char *p, *end;
};
/* The host of the next one: its length, or 0 where there is none. */
size_t cn_mark_link(struct cn_mark_links *, const char **host);

#endif
