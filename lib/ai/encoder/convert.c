/* convert - the encoder's published weights to our own file
 *
 *	convert FOLDER FILE
 *
 * FOLDER holds model.json (the list of tensors, and the files that follow
 * each other with their floats), those files, and vocab.json (pairs of a
 * piece and its score). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ai/encoder_in.h"
#include "base/file.h"
#include "base/json.h"

#define MOST ((size_t)64 << 20)

/* Where a tensor's name holds both. */
static const struct name {
	const char *a, *b;
} matrices[CN_ENC_MATRICES][2] = {
	[CN_ENC_DENSE] = { { "/dense/kernel", "" }, { "/dense/bias", "" } },
#define LAYER(n, qkv, out, up, down) \
	[qkv] = { { "Layer_" n "/", "/qkv_transform_single/kernel" }, \
	    { "Layer_" n "/", "/qkv_transform_single/bias" } }, \
	[out] = { { "Layer_" n "/", "/output_transform_single/kernel" }, \
	    { "Layer_" n "/", "/output_transform_single/bias" } }, \
	[up] = { { "Layer_" n "/", "/conv1/Tensordot/Reshape_1" }, \
	    { "Layer_" n "/", "/conv1/bias" } }, \
	[down] = { { "Layer_" n "/", "/conv2/Tensordot/Reshape_1" }, \
	    { "Layer_" n "/", "/conv2/bias" } }
	LAYER("0", CN_ENC_QKV0, CN_ENC_OUT0, CN_ENC_UP0, CN_ENC_DOWN0),
	LAYER("1", CN_ENC_QKV1, CN_ENC_OUT1, CN_ENC_UP1, CN_ENC_DOWN1),
	[CN_ENC_TANH] = { { "/tanh_layer_0/weights", "" },
	    { "/tanh_layer_0/bias", "" } }
}, norms[CN_ENC_NORMS][2] = {
#define NORM(n, which) { { "Layer_" n "/TransformerLayer/" which, \
	"layer_norm_scale" }, { "Layer_" n "/TransformerLayer/" which, \
	"layer_norm_bias" } }
	[CN_ENC_ATT0] = NORM("0", "layer_prepostprocess/"),
	[CN_ENC_FFN0] = NORM("0", "FFN/layer_prepostprocess/"),
	[CN_ENC_ATT1] = NORM("1", "layer_prepostprocess/"),
	[CN_ENC_FFN1] = NORM("1", "FFN/layer_prepostprocess/")
};

struct source {
	struct cn_buf json, floats, vocab;
	struct cn_str weights;		/* the list */
	struct cn_arena mem;
};

static int
read_json(struct source *s, const char *folder, const char *name,
    struct cn_buf *b, struct cn_err *err)
{
	if (cn_file_read(cn_path(&s->mem, folder, name), MOST, b, err) < 0)
		return -1;
	if (cn_json_check(cn_buf_view(b), err) < 0)
		return cn_wrap(err, "%s", name);
	return 0;
}

static int
read_all(struct source *s, const char *folder, struct cn_err *err)
{
	struct cn_json_it it;
	struct cn_str list;
	const char *name;

	if (read_json(s, folder, "model.json", &s->json, err) < 0 ||
	    read_json(s, folder, "vocab.json", &s->vocab, err) < 0)
		return -1;
	cn_json_walk(&it, cn_json_get(cn_buf_view(&s->json),
	    "weightsManifest"));
	if (!cn_json_next(&it))
		return cn_fail(err, CN_CONFIG, "model.json: no weights");
	s->weights = cn_json_get(it.val, "weights");
	list = cn_json_get(it.val, "paths");
	for (cn_json_walk(&it, list); cn_json_next(&it); ) {
		name = cn_json_string(&s->mem, it.val);
		if (name == NULL || strchr(name, '/') != NULL)
			return cn_fail(err, CN_CONFIG, "model.json: paths");
		if (cn_file_read(cn_path(&s->mem, folder, name), MOST,
		    &s->floats, err) < 0)
			return -1;
	}
	return 0;
}

/* How many numbers a tensor has; 0: not to be had. */
static size_t
size_of(struct cn_str weight)
{
	struct cn_json_it it;
	int64_t v;
	size_t n = 1;

	for (cn_json_walk(&it, cn_json_get(weight, "shape"));
	    cn_json_next(&it); n *= (size_t)v)
		if (!cn_json_int(it.val, &v) || v < 1 || v > 1 << 16 ||
		    n * (size_t)v > MOST)
			return 0;
	return n;
}

/* The one tensor whose name holds both, of so many numbers. */
static const float *
tensor(struct source *s, const struct name *name, size_t want,
    struct cn_err *err)
{
	size_t at = 0, n, found = 0;
	const float *p = NULL;
	struct cn_json_it it;
	const char *own;

	for (cn_json_walk(&it, s->weights); cn_json_next(&it); at += 4 * n) {
		n = size_of(it.val);
		own = cn_json_string(&s->mem, cn_json_get(it.val, "name"));
		if (n == 0 || own == NULL || at + 4 * n > s->floats.len)
			break;
		if (strstr(own, name->a) == NULL ||
		    strstr(own, name->b) == NULL || n != want)
			continue;
		p = (const float *)(const void *)(s->floats.p + at);
		found++;
	}
	if (found != 1) {
		(void)cn_fail(err, CN_CONFIG, "model.json: %zu tensors "
		    "'%s…%s' of %zu numbers", found, name->a, name->b, want);
		return NULL;
	}
	return p;
}

static int
get_pieces(struct source *s, struct cn_enc_parts *p, struct cn_err *err)
{
	struct cn_str *piece = cn_arena_alloc(&s->mem, CN_ENC_PIECES *
	    sizeof(*piece));
	double *score = cn_arena_alloc(&s->mem, CN_ENC_PIECES *
	    sizeof(*score));
	struct cn_json_it it, pair;
	size_t i;

	cn_json_walk(&it, cn_buf_view(&s->vocab));
	for (i = 0; cn_json_next(&it) && i < CN_ENC_PIECES; i++) {
		if (i < CN_ENC_RESERVED)
			continue;
		cn_json_walk(&pair, it.val);
		if (!cn_json_next(&pair))
			break;
		piece[p->pieces] = cn_str(cn_json_string(&s->mem, pair.val));
		if (!cn_json_next(&pair))
			break;
		/* Some scores are null, and count as 0. */
		(void)cn_json_double(pair.val, &score[p->pieces++]);
	}
	p->piece = piece;
	p->score = score;
	if (p->pieces + CN_ENC_RESERVED != i)
		return cn_fail(err, CN_CONFIG, "vocab.json: entry %zu", i);
	return 0;
}

static int
get_parts(struct source *s, struct cn_enc_parts *p, struct cn_err *err)
{
	static const struct name table = { "/Embeddings_en", "" },
	    rate = { "/TimingSignal/ExpandDims_1", "" };
	const struct cn_enc_dims *d;
	size_t i;

	if (get_pieces(s, p, err) < 0)
		return -1;
	p->rows = p->pieces + CN_ENC_RESERVED + 2;	/* two more, unused */
	p->table = tensor(s, &table, p->rows * CN_ENC_IN, err);
	p->rate = p->table ? tensor(s, &rate, CN_ENC_IN / 2, err) : NULL;
	if (p->rate == NULL)
		return -1;
	for (i = 0; i < CN_ENC_MATRICES; i++) {
		d = &cn_enc_dims[i];
		p->matrix[i].w = tensor(s, &matrices[i][0], (size_t)d->in *
		    d->out, err);
		if (p->matrix[i].w == NULL)
			return -1;
		p->matrix[i].bias = tensor(s, &matrices[i][1], d->out, err);
		if (p->matrix[i].bias == NULL)
			return -1;
	}
	for (i = 0; i < CN_ENC_NORMS; i++) {
		p->norm[i].w = tensor(s, &norms[i][0], cn_enc_width[i], err);
		if (p->norm[i].w == NULL)
			return -1;
		p->norm[i].bias = tensor(s, &norms[i][1], cn_enc_width[i],
		    err);
		if (p->norm[i].bias == NULL)
			return -1;
	}
	return 0;
}

int
main(int argc, char **argv)
{
	struct cn_enc_parts parts = { 0 };
	struct source s = { 0 };
	struct cn_buf out = { 0 };
	struct cn_err err = { 0 };

	if (argc != 3) {
		fputs("usage: convert FOLDER FILE\n", stderr);
		return CN_USAGE;
	}
	if (read_all(&s, argv[1], &err) < 0 ||
	    get_parts(&s, &parts, &err) < 0 ||
	    cn_encoder_pack(&parts, &out, &err) < 0 ||
	    cn_file_put(argv[2], out.p, out.len, 0644, &err) < 0) {
		fprintf(stderr, "convert: %s\n", err.msg);
		return err.status;
	}
	cn_buf_release(&out);
	cn_buf_release(&s.json);
	cn_buf_release(&s.floats);
	cn_buf_release(&s.vocab);
	cn_arena_release(&s.mem);
	return 0;
}
