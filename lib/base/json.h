/* json.h - a bounded JSON scanner that works on spans (RFC 8259)
 *
 * Text is checked once (cn_json_check: one value, valid UTF-8, bounded
 * depth) and then walked without copying: values are spans of the text, so
 * that members nobody knows pass through byte for byte. */
#ifndef CN_JSON_H
#define CN_JSON_H

#include "buf.h"

enum cn_json_type {
	CN_JSON_BAD, CN_JSON_NULL, CN_JSON_BOOL, CN_JSON_NUMBER,
	CN_JSON_STRING, CN_JSON_ARRAY, CN_JSON_OBJECT
};

#define CN_JSON_DEPTH 64

/* One value, nothing behind it but white space.  The error names the byte. */
int cn_json_check(struct cn_str, struct cn_err *) CN_CHECKED;
/* The same; *at is the byte, from 0, at which it is none. */
int cn_json_check_at(struct cn_str, size_t *at, struct cn_err *) CN_CHECKED;
/* The type of a value by its first byte; the text must have been checked. */
enum cn_json_type cn_json_type(struct cn_str);

/* Walks the members of a checked object, or the elements of an array (key is
 * then empty).  key is the raw span between the quotes. */
struct cn_json_it {
	const char *p, *end;
	struct cn_str key, val;		/* val without white space around it */
	const char *member;		/* first byte of the member: its key */
};

void cn_json_walk(struct cn_json_it *, struct cn_str value);
bool cn_json_next(struct cn_json_it *);
/* The first member of that (unescaped, ASCII) name; n == 0 if there is none.*/
struct cn_str cn_json_get(struct cn_str object, const char *key);

/* A string value, unescaped, in the arena; NULL if it is not a string.  NUL
 * inside (\u0000) becomes U+FFFD, as does a lone surrogate. */
char *cn_json_string(struct cn_arena *, struct cn_str val);
/* Does a raw key span, unescaped, equal this name? */
bool cn_json_key_is(struct cn_str key, const char *name);
/* An integer value, or a string that holds one. */
bool cn_json_int(struct cn_str val, int64_t *);
bool cn_json_double(struct cn_str val, double *);
bool cn_json_true(struct cn_str val);

/* Writing.  Strings are repaired to valid UTF-8 and escaped; U+2028, U+2029
 * and DEL are escaped too, so that a line stays a line everywhere. */
void cn_json_put(struct cn_buf *, const char *, size_t);	/* "…" */
void cn_json_puts(struct cn_buf *, const char *);		/* NULL: null */
/* ,"key": unless the buffer ends in { or [ or :, then without the comma. */
void cn_json_key(struct cn_buf *, const char *key);
void cn_json_kv(struct cn_buf *, const char *key, const char *val);
void cn_json_kvi(struct cn_buf *, const char *key, int64_t);
/* With up to `digits` digits behind the point; never an exponent. */
void cn_json_kvf(struct cn_buf *, const char *key, double, int digits);
void cn_json_kvb(struct cn_buf *, const char *key, bool);

#endif
