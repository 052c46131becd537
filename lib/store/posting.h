/* posting.h - which messages of a shard have a word; for this layer only
 *
 * What a transaction adds to a shard becomes a segment: its tokens in order,
 * each with its messages, in blocks.  A block holds the tokens that begin with
 * the same bits, as many bits as make it a few KiB, so that one row answers
 * for one word.  Before it is written, segments that are no larger than what
 * comes behind them are merged into it (the logarithmic method: Bentley and
 * Saxe, 'Decomposable Searching Problems', 1980): n messages lie in at most
 * log2 n + 1 segments, and each is written as often.
 *
 * segment.id is shard * 256 + number, the older the lower; posting.id is
 * segment * 4096 + the first bits.  A block is a row of entries, numbers being
 * LEB128:
 *
 *	(token - the one before) * 2 + (more than one message)
 *	messages - 2, if more than one
 *	each message - the one before
 *
 * where the first token follows the lowest that the block could hold, and a
 * first message the segment's base. */
#ifndef CN_POSTING_H
#define CN_POSTING_H

#include "store/search.h"

#define CN_TOKEN_BITS 40

/* Words of messages on their way into a shard, in the order of the messages'
 * numbers. */
struct cn_postings {
	uint64_t *pair;			/* token << 24 | which message */
	size_t n, cap;
	int64_t *message;
	size_t nmessages, cap_messages;
};
#define CN_POSTINGS_FULL (128u << 10)	/* pairs; then they should be written */

void cn_postings_release(struct cn_postings *);		/* wipes */
void cn_postings_add(struct cn_postings *, const uint8_t key[16],
    int64_t message, const struct cn_words *);
/* Inside a transaction: into the shard, and empties it. */
int cn_postings_write(struct cn_store *, uint32_t shard, struct cn_postings *,
    struct cn_err *) CN_CHECKED;

/* Adds the messages of a shard above `after` that have all of the words. */
int cn_postings_find(struct cn_store *, uint32_t shard, const uint8_t key[16],
    const struct cn_words *, int64_t after, struct cn_ids *, struct cn_err *)
    CN_CHECKED;
/* The same of a shard that an older version made: a table of FTS5. */
int cn_search_fts(struct cn_store *, uint32_t shard, const uint8_t key[16],
    const struct cn_words *, int64_t after, struct cn_ids *, struct cn_err *)
    CN_CHECKED;
/* 1 the key of a shard; 0 where it has none: the shard is being rebuilt, or
 * stands in a copy that is older than an erasure. */
int cn_search_key(struct cn_store *, uint32_t shard, uint8_t key[16],
    struct cn_err *) CN_CHECKED;
/* Inside a transaction: all of a shard. */
int cn_postings_drop(struct cn_store *, uint32_t shard, struct cn_err *)
    CN_CHECKED;

#endif
