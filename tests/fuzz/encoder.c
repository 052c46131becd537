/* encoder - the sentence encoder: any text becomes pieces; a file with some of
 * its bytes replaced, its sum made right, is refused or can be used.  The
 * first byte chooses. */
#include <stdlib.h>
#include <string.h>

#include "ai/encoder_in.h"
#include "crypt/crypt.h"

#define ROWS 16
#define MOST (CN_ENC_DIM * CN_ENC_FFN)	/* floats of the largest matrix */

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct cn_buf file;
static struct cn_encoder *whole;

static void make(void)
{
	static const char *const text[] = { "\xe2\x96\x81", "a", "e", "t",
	    "th", "\xe2\x96\x81the", "\xc3\xa9", "." };
	struct cn_enc_parts p = { .pieces = 8, .rows = ROWS };
	float *w = cn_alloc(MOST * sizeof(*w));
	struct cn_str piece[8];
	double score[8];
	struct cn_err err;
	size_t i;

	for (i = 0; i < MOST; i++)
		w[i] = (float)(i * 7919 % 251) / 251;
	for (i = 0; i < 8; i++) {
		piece[i] = cn_str(text[i]);
		score[i] = -1 - (double)i;
	}
	p.piece = piece;
	p.score = score;
	p.table = p.rate = w;
	for (i = 0; i < CN_ENC_MATRICES; i++)
		p.matrix[i] = (struct cn_enc_floats){ w, w };
	for (i = 0; i < CN_ENC_NORMS; i++)
		p.norm[i] = (struct cn_enc_floats){ w, w };
	if (cn_encoder_pack(&p, &file, &err) < 0 ||
	    (whole = cn_encoder_load(cn_buf_view(&file), &err)) == NULL)
		abort();
	free(w);
}

static void pieces(struct cn_str text)
{
	uint32_t id[CN_ENCODER_TOKENS];
	struct cn_arena mem = { 0 };
	size_t n = cn_enc_tokens(whole, text, id, &mem), i;

	if (n > CN_ENCODER_TOKENS)
		abort();
	for (i = 0; i < n; i++)
		if (id[i] >= ROWS || (i > 0 && id[i] == 0 && id[i - 1] == 0))
			abort();
	cn_arena_release(&mem);
}

static void use(const struct cn_encoder *e)
{
	float out[CN_ENCODER_DIM];
	struct cn_arena mem = { 0 };

	(void)cn_encode(e, CN_STR("the tea"), out, &mem);
	cn_arena_release(&mem);
}

/* Each four bytes: three of a place, the more often the nearer to the start,
 * and what to put there. */
static void damage(const uint8_t *p, size_t n)
{
	struct cn_buf b = { 0 };
	struct cn_encoder *e;
	struct cn_err err;
	size_t at;

	cn_buf_add(&b, file.p, file.len);
	for (; n >= 4; p += 4, n -= 4) {
		at = (size_t)p[1] | (size_t)p[2] << 8 | (size_t)p[3] << 16;
		at >>= p[1] % 3 * 7;
		b.p[8 + at % (b.len - 8 - CN_SHA)] = (char)p[0];
	}
	cn_sha256((uint8_t *)b.p + b.len - CN_SHA, b.p, b.len - CN_SHA);
	e = cn_encoder_load(cn_buf_view(&b), &err);
	if (e != NULL)
		use(e);
	else if (err.status != CN_INTEGRITY)
		abort();
	cn_encoder_free(e);
	cn_buf_release(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	if (whole == NULL)
		make();
	if (n > 0 && p[0] & 1)
		damage(p + 1, n - 1);
	else if (n > 0)
		pieces((struct cn_str){ (const char *)p + 1, n - 1 });
	return 0;
}
