/* encoder.h - a sentence as numbers whose cosine is likeness of meaning
 *
 * Universal Sentence Encoder, lite (Cer et al. 2018, arXiv:1803.11175): two
 * transformer layers over at most 128 pieces of English words.  The weights
 * are 8-bit integers in a file of our own (encpack.c); sums of products are
 * integers, the rest is taken element by element in a fixed order, so that a
 * text gives the same bits on every machine.
 *
 * About 0.6 ms for a dozen words.  Files are little endian, as are the
 * machines that this runs on. */
#ifndef CN_ENCODER_H
#define CN_ENCODER_H

#include "base/buf.h"

#define CN_ENCODER_DIM 512
#define CN_ENCODER_TOKENS 128		/* what is behind them is not read */
#define CN_ENCODER_TEXT 4096		/* bytes of a text, likewise */
#define CN_ENCODER_BYTES ((size_t)32 << 20)	/* of the longest file */

struct cn_encoder;

/* Copies what it needs of the bytes.  Status 5: damaged; 78: not an encoder,
 * or of another version.  Two threads may use one at the same time. */
struct cn_encoder *cn_encoder_load(struct cn_str bytes, struct cn_err *)
    CN_CHECKED;
void cn_encoder_free(struct cn_encoder *);
/* 16 hexadecimal digits: other weights, other id. */
const char *cn_encoder_id(const struct cn_encoder *);
/* Whether texts in this language (of cn_ai_language(); NULL and "": unknown)
 * are worth encoding: it knows English. */
bool cn_encoder_speaks(const char *language);

/* Fills out with a vector of length 1 and returns how many pieces of the text
 * it knew; 0, out untouched, where it knew none.  Any bytes will do.  Takes up
 * to 3 MB of the arena. */
size_t cn_encode(const struct cn_encoder *, struct cn_str text,
    float out[CN_ENCODER_DIM], struct cn_arena *);

#endif
