/* utf8.h - UTF-8 as in RFC 3629: no surrogates, no overlong forms */
#ifndef CN_UTF8_H
#define CN_UTF8_H

#include "buf.h"

/* Decodes one code point; returns its length, 0 where it is ill-formed. */
size_t cn_utf8_get(const char *, size_t, uint32_t *cp);
void cn_utf8_put(struct cn_buf *, uint32_t cp);
bool cn_utf8_valid(const char *, size_t);
/* Appends the text with each ill-formed byte as U+FFFD; returns how many. */
size_t cn_utf8_repair(struct cn_buf *, const char *, size_t);
/* The largest length <= max that does not cut a code point. */
size_t cn_utf8_cut(const char *, size_t n, size_t max);
/* Columns on a terminal of a code point: 0, 1 or 2 (wcwidth, independent of
 * the locale). */
int cn_utf8_width(uint32_t cp);

#endif
