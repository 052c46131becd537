/* enc.h - hexadecimal, base64 (RFC 4648) and our own base32 for ids */
#ifndef CN_ENC_H
#define CN_ENC_H

#include "buf.h"

void cn_hex(char *out, const void *, size_t n);		/* 2n + NUL */
bool cn_unhex(void *out, const char *, size_t n);	/* n bytes from 2n */
void cn_base64(struct cn_buf *, const void *, size_t);
/* Lower-case base32 of a-z2-7, no padding; n*8/5 characters rounded up, and
 * NUL. */
void cn_base32(char *out, const void *, size_t n);

#endif
