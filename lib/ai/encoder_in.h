/* encoder_in.h - what the files of the encoder share; not for other layers */
#ifndef CN_ENCODER_IN_H
#define CN_ENCODER_IN_H

#include "encoder.h"

#define CN_ENC_IN 256			/* of a piece */
#define CN_ENC_DIM CN_ENCODER_DIM	/* from the first layer on */
#define CN_ENC_FFN 1536
#define CN_ENC_HEADS 4
#define CN_ENC_PIECES 65536		/* most that a file may have */
#define CN_ENC_PIECE 64			/* bytes of the longest piece */
#define CN_ENC_RESERVED 6		/* ids without a piece of text */

enum cn_enc_matrix {
	CN_ENC_DENSE, CN_ENC_QKV0, CN_ENC_OUT0, CN_ENC_UP0, CN_ENC_DOWN0,
	CN_ENC_QKV1, CN_ENC_OUT1, CN_ENC_UP1, CN_ENC_DOWN1, CN_ENC_TANH,
	CN_ENC_MATRICES
};
enum cn_enc_norm {
	CN_ENC_ATT0, CN_ENC_FFN0, CN_ENC_ATT1, CN_ENC_FFN1, CN_ENC_NORMS
};

struct cn_enc_dims {
	uint16_t in, out;
};
extern const struct cn_enc_dims cn_enc_dims[CN_ENC_MATRICES];
extern const uint16_t cn_enc_width[CN_ENC_NORMS];

/* Rows by columns: w[in][out]. */
struct cn_enc_floats {
	const float *w, *bias;
};

/* What a file is made from.  Piece i has the id i + CN_ENC_RESERVED and the
 * row of that number; rows is at least all pieces' ids. */
struct cn_enc_parts {
	size_t pieces, rows;
	const struct cn_str *piece;
	const double *score;
	const float *table;		/* [rows][CN_ENC_IN] */
	const float *rate;		/* [CN_ENC_IN / 2], of the sines */
	struct cn_enc_floats matrix[CN_ENC_MATRICES];
	struct cn_enc_floats norm[CN_ENC_NORMS];
};

/* Appends the file's bytes: the same on every machine.  -1, status 78: sizes
 * out of bounds, or a number that is none. */
int cn_encoder_pack(const struct cn_enc_parts *, struct cn_buf *,
    struct cn_err *) CN_CHECKED;

/* Eight columns lie together, four rows of each: [out/8][in/4][8][4]. */
struct cn_enc_ints {
	const int8_t *w;
	const float *scale, *bias;	/* [out] */
};

struct cn_enc_slot {
	uint32_t hash, id;		/* id 0: free */
};

struct cn_encoder {
	char id[17];
	bool wide;			/* the machine has AVX2, */
	bool widest;			/* and AVX-512 VNNI */
	size_t pieces, rows;
	const double *score;		/* [pieces] */
	const uint32_t *at;		/* [pieces + 1], into text */
	const char *text;
	size_t longest;			/* piece, in code points */
	struct cn_enc_slot *slot;	/* open addressing, mask + 1 of them */
	uint32_t mask;
	const float *scale;		/* [rows], of the table */
	const int8_t *table;
	const float *signal;		/* [CN_ENCODER_TOKENS][CN_ENC_IN] */
	struct cn_enc_ints matrix[CN_ENC_MATRICES];
	struct cn_enc_floats norm[CN_ENC_NORMS];	/* w: scale */
	void *mem;
};

/* Ids of the text, at most CN_ENCODER_TOKENS; returns how many. */
size_t cn_enc_tokens(const struct cn_encoder *, struct cn_str text,
    uint32_t id[CN_ENCODER_TOKENS], struct cn_arena *);
/* Fills the slots; false if a piece is not fit to be one. */
bool cn_enc_index(struct cn_encoder *);

#endif
