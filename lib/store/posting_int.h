/* posting_int.h - how a segment is read (posting.h says what it is); between
 * posting.c and recall.c */
#ifndef CN_POSTING_INT_H
#define CN_POSTING_INT_H

#include "store/posting.h"

#define CN_SEGMENTS 256		/* of a shard, at most */
#define CN_SEGMENT_BITS 12
#define CN_SEGMENT_BLOCKS (1 << CN_SEGMENT_BITS)

struct cn_segment {
	int64_t id, messages, base;
	unsigned bits;
};
/* The segments of a shard, the oldest first. */
int cn_segments(struct cn_store *, uint32_t shard,
    struct cn_segment v[CN_SEGMENTS], size_t *n, struct cn_err *) CN_CHECKED;
int cn_segment_damaged(const struct cn_segment *, struct cn_err *);

/* A number; NULL where it is cut or too long. */
static inline const uint8_t *cn_varint(const uint8_t *p, const uint8_t *end,
    uint64_t *v)
{
	unsigned shift;

	*v = 0;
	for (shift = 0; p < end && shift < 64; shift += 7) {
		*v |= (uint64_t)(*p & 0x7f) << shift;
		if (*p++ < 0x80)
			return p;
	}
	return NULL;
}

/* Walks over the entries of a block. */
struct cn_walk {
	const uint8_t *p, *end;
	uint64_t token;			/* of the present entry */
	uint64_t n;			/* its messages, which begin at p */
};
/* What the first token of a block follows. */
uint64_t cn_walk_lowest(unsigned bits, int64_t block);
/* 1 at the next entry, 0 behind the last, -1 damaged. */
int cn_walk_step(struct cn_walk *);
/* Passes over the messages of an entry, or adds them: 0, -1 damaged. */
int cn_walk_messages(struct cn_walk *, int64_t base, struct cn_ids *out);

#endif
