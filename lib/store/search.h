/* search.h - finding messages: words by keyed tokens, the rest by columns
 *
 * Each distinct word of a message becomes a SipHash under the token key of
 * its shard, which lives in the keyring; the tokens go into the postings of
 * that shard (posting.h; into a contentless FTS5 table before schema 3, and
 * such shards are read until they are rebuilt).  A subject stays in its shard
 * while there is room.  When a shard is rebuilt, it gets a new number and key,
 * so that the old tokens mean nothing in any copy. */
#ifndef CN_SEARCH_H
#define CN_SEARCH_H

#include "rec/query.h"
#include "store/store.h"

/* Measured on mails of 180 words: rebuilding a full shard costs about a
 * second, searching one 0.05 ms. */
#define CN_SHARD_NEW 1024	/* messages; closed to new subjects from here */
#define CN_SHARD_MAX 4096	/* full */

#define CN_WORDS_MAX 4096	/* distinct words of a message */
#define CN_WORDS_TEXT (1u << 20) /* bytes of text that are looked at */

/* A set of distinct words, folded (NFKC, case; CJK as pairs). */
struct cn_words {
	struct cn_buf text;		/* words, NUL-terminated each */
	uint64_t *slot;			/* hash table: hash, offset + 1 */
	size_t n, nslots, room;		/* slots in use, and allocated */
};
void cn_words_release(struct cn_words *);
void cn_words_reset(struct cn_words *);
void cn_words_add(struct cn_words *, struct cn_str text);
/* The words of a message that search looks at. */
void cn_words_msg(struct cn_words *, const struct cn_msg *);

/* Outside a transaction: sees to it that a shard is open for n messages. */
int cn_shard_ready(struct cn_store *, size_t n, struct cn_err *) CN_CHECKED;
/* Inside: the shard for a message of this person (0: of nobody). */
int cn_shard_for(struct cn_store *, int64_t person, uint32_t *shard,
    struct cn_err *) CN_CHECKED;
/* Inside: the words go in when the transaction is committed, shard by shard,
 * and must stay until then. */
void cn_shard_index(struct cn_store *, uint32_t shard, int64_t message,
    const struct cn_words *);
int cn_shard_flush(struct cn_store *, struct cn_err *) CN_CHECKED;
/* Rebuilds a shard under a new number and key from what lives, and drops the
 * old one and its key.  Under keyring.lock; begins and commits by itself. */
int cn_shard_rebuild(struct cn_store *, uint32_t shard, struct cn_err *)
    CN_CHECKED;

/* The numbers of the messages that a query matches, ascending, above `after`,
 * at most max; *n is how many.  Read in one go, so call it in pages. */
int cn_search(struct cn_store *, const struct cn_query *, int64_t after,
    int64_t *ids, size_t max, size_t *n, struct cn_err *) CN_CHECKED;

/* --- many words at once --- */

/* A list of numbers; the owner frees v. */
struct cn_ids {
	int64_t *v;
	size_t n, cap;
};
void cn_ids_add(struct cn_ids *, int64_t);

/* What stands in some shards, held in memory, where a word costs less than a
 * microsecond a shard.  Taken once: what comes in later is not found, and what
 * is erased later is found and not there any more. */
struct cn_recall;
struct cn_recall *cn_recall_new(struct cn_store *, const uint32_t *shards,
    size_t n, struct cn_err *) CN_CHECKED;
void cn_recall_free(struct cn_recall *);	/* wipes */
/* About how many messages there are. */
size_t cn_recall_messages(const struct cn_recall *);
/* How many have this word (of struct cn_words); added to the list, if there is
 * one. */
int cn_recall_find(struct cn_recall *, const char *word, struct cn_ids *,
    size_t *n, struct cn_err *) CN_CHECKED;

#endif
