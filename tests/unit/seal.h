/* seal.h - for the unit tests of model files; included once by a program */
#ifndef CN_TESTS_SEAL_H
#define CN_TESTS_SEAL_H

#include "base/buf.h"

/* FNV-1a as the format says: damage that has a right checksum. */
static void
seal(struct cn_buf *b)
{
	uint64_t h = 0xcbf29ce484222325u;
	size_t i;

	for (i = 0; i + 8 < b->len; i++)
		h = (h ^ (unsigned char)b->p[i]) * 0x100000001b3u;
	for (i = b->len - 8; i < b->len; i++, h >>= 8)
		b->p[i] = (char)(h & 0xff);
}

#endif
