/* buf.h - byte slices, growing buffers and an arena
 *
 * A struct cn_str borrows; a struct cn_buf owns; an arena owns everything it
 * gave out, so that one message has one free.  Memory exhaustion ends the
 * process (status 75); sizes that come from input are bounded by the caller
 * before they get here. */
#ifndef CN_BUF_H
#define CN_BUF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"

/* Borrowed bytes, not terminated. */
struct cn_str {
	const char *p;
	size_t n;
};

#define CN_STR(lit) ((struct cn_str){ (lit), sizeof(lit) - 1 })
struct cn_str cn_str(const char *cstr);		/* NULL gives { "", 0 } */
bool cn_str_eq(struct cn_str, const char *);
bool cn_str_ieq(struct cn_str, const char *);	/* ASCII case folded */
bool cn_str_ends(struct cn_str, const char *);	/* with that */
struct cn_str cn_str_trim(struct cn_str);	/* space, tab, CR, LF */
struct cn_str cn_str_bare(struct cn_str);	/* no byte order mark before it */
bool cn_str_control(struct cn_str);	/* has a control character of ASCII */
/* The line that begins at p, with its LF where it has one. */
struct cn_str cn_str_line(const char *p, const char *end);

/* Owned bytes.  Always NUL-terminated behind len when p is not NULL. */
struct cn_buf {
	char *p;
	size_t len, cap;
};

void cn_buf_release(struct cn_buf *);
void cn_buf_wipe(struct cn_buf *);		/* overwrite, then release */
void cn_buf_reserve(struct cn_buf *, size_t more);
void cn_buf_add(struct cn_buf *, const void *, size_t);
void cn_buf_str(struct cn_buf *, const char *);
void cn_buf_ch(struct cn_buf *, int);
void cn_buf_fmt(struct cn_buf *, const char *fmt, ...) CN_PRINTF(2, 3);
struct cn_str cn_buf_view(const struct cn_buf *);	/* never a NULL p */

/* malloc and friends that end the process when memory is gone. */
void *cn_alloc(size_t);				/* zeroed */
void *cn_realloc(void *, size_t);
char *cn_strdup(const char *);
/* For qsort() and bsearch() of int64_t. */
int cn_ascending(const void *, const void *);
int cn_descending(const void *, const void *);
/* Overwrites, in a way that the compiler keeps. */
void cn_wipe(void *, size_t);

/* Arena: bump allocation, freed as a whole.  Zero-initialised is ready. */
struct cn_arena {
	struct cn_arena_block *head;
	size_t total;				/* bytes given out */
};

void *cn_arena_alloc(struct cn_arena *, size_t);	/* zeroed, aligned */
char *cn_arena_dup(struct cn_arena *, const void *, size_t); /* + NUL */
char *cn_arena_strdup(struct cn_arena *, const char *);
char *cn_arena_fmt(struct cn_arena *, const char *fmt, ...) CN_PRINTF(2, 3);
void cn_arena_reset(struct cn_arena *);		/* keeps one block */
void cn_arena_release(struct cn_arena *);	/* wipes, then frees */

#endif
