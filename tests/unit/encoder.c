/* encoder - the sentence encoder of lib/ai: its file, its pieces, its sums
 *
 * The weights are made up here, in the right sizes; with those of `make
 * encoder`, where they are, the numbers of the published program are held.
 *
 *	encoder --make FILE	the made-up one, for other tests */
#include <stdlib.h>
#include <unistd.h>

#include "ai/encoder_in.h"
#include "ai/model.h"
#include "ai/similar.h"
#include "base/file.h"
#include "crypt/crypt.h"
#include "seal.h"
#include "tap.h"

#define ROWS 40
#define HEAD 24
#define FLOATS 786432			/* in the largest matrix */

/* Of what is below, ids from 6. */
static const struct {
	const char *text;
	double score;
} pieces[] = {
	{ "a", -2 }, { "b", -2 }, { "ab", -3 }, { "\xe2\x96\x81", -1 },
	{ "\xe2\x96\x81" "ab", -4 }, { "c", -1 }, { "bc", -1.5 },
	{ "\xc3\xbc", -1 }, { "f", -1 }, { "i", -1 }, { "ab", -2.5 },
	{ "\xe2\x96\x81" "e", 0 }, { "e", -2 }
};
#define NPIECES (sizeof(pieces) / sizeof(*pieces))

static const struct {
	const char *text, *ids, *what;
} splits[] = {
	{ "", "", "nothing has none" },
	{ "a", "9 6", "a mark in front" },
	{ "ab", "9 16", "the better sum, the last of two alike" },
	{ "abc", "9 16 11", "of equal sums, the later start" },
	{ "a b", "9 6 9 7", "a space is a mark" },
	{ "a\tb", "9 6 0 7", "a tab is unknown" },
	{ "xyz", "9 0", "unknown ones run together" },
	{ "u\xcc\x88", "9 13", "composed" },
	{ "\xef\xac\x81", "9 14 15", "a ligature is two letters" },
	{ "\xff\xfe", "9 0", "no UTF-8 at all" },
	{ "e", "9 18", "a sum of 0 counts as none" }
};
static const struct {
	const char *text, *ids;
	float first[4];
} published[] = {
	{ "a", "11", { 0.039935f, -0.049030f, 0.049017f, -0.026403f } },
	{ "Where is my order?", "3009 18 69 641 54",
	    { 0.053718f, -0.052618f, 0.056084f, -0.056285f } },
	{ "My card still hasn't arrived after 2 weeks!",
	    "404 1305 214 3265 13 17 4693 160 193 1084 78",
	    { -0.045115f, -0.054742f, 0.034322f, -0.061796f } },
	{ "refund \xf0\x9f\x98\x80\xf0\x9f\x98\x80 please",
	    "137 5906 30 0 1416",
	    { 0.050448f, -0.033658f, 0.054838f, -0.015528f } },
	{ "Ich m\xc3\xb6" "chte mein Geld zur\xc3\xbc" "ck",
	    "16 397 889 6781 397 330 84 97 2490 2706 2940 304 6980 326",
	    { 0 } },
	{ "\xef\xac\x81ne  \xef\xbc\xa1\xef\xbc\xa2\xef\xbc\xa3",
	    "839 30 74 2512", { 0 } }
};

static float *
noise(size_t n, float scale)
{
	static uint32_t x = 12345;
	float *p = cn_alloc(n * sizeof(*p));
	size_t i;

	for (i = 0; i < n; i++) {
		x = x * 1664525 + 1013904223;
		p[i] = ((float)(x >> 8) / 8388608 - 1) * scale;
	}
	return p;
}

static struct cn_buf
make(void)
{
	struct cn_enc_parts p = { .pieces = NPIECES, .rows = ROWS };
	float *w = noise(FLOATS, 0.1f), *b = noise(CN_ENC_FFN, 0.1f);
	float *table = noise(ROWS * CN_ENC_IN, 1), rate[CN_ENC_IN / 2];
	struct cn_str piece[NPIECES];
	double score[NPIECES];
	struct cn_buf out = { 0 };
	struct cn_err err;
	size_t i;

	for (i = 0; i < NPIECES; i++) {
		piece[i] = cn_str(pieces[i].text);
		score[i] = pieces[i].score;
	}
	for (i = 0; i < CN_ENC_IN / 2; i++)
		rate[i] = 1 / (float)(i + 1);
	p.piece = piece;
	p.score = score;
	p.table = table;
	p.rate = rate;
	for (i = 0; i < CN_ENC_MATRICES; i++)
		p.matrix[i] = (struct cn_enc_floats){ w, b };
	for (i = 0; i < CN_ENC_NORMS; i++)
		p.norm[i] = (struct cn_enc_floats){ b, b };
	ok(cn_encoder_pack(&p, &out, &err) == 0, "made-up weights are packed");
	w[FLOATS / 2] = (float)(1e300 * 1e300);
	ok(cn_encoder_pack(&p, &(struct cn_buf){ 0 }, &err) < 0 &&
	    err.status == CN_CONFIG, "an infinite weight is not");
	free(w);
	free(b);
	free(table);
	return out;
}

static void
check_ids(const struct cn_encoder *e, const char *text, const char *want,
    const char *what)
{
	uint32_t id[CN_ENCODER_TOKENS];
	struct cn_arena mem = { 0 };
	struct cn_buf got = { 0 };
	size_t n = cn_enc_tokens(e, cn_str(text), id, &mem), i;

	for (i = 0; i < n; i++)
		cn_buf_fmt(&got, "%s%u", i ? " " : "", id[i]);
	is(got.p ? got.p : "", want, what);
	cn_buf_release(&got);
	cn_arena_release(&mem);
}

/* All ways give the same bits. */
static void
check_twins(struct cn_encoder *e, struct cn_str text, const char *what)
{
	float a[CN_ENCODER_DIM] = { 0 }, b[CN_ENCODER_DIM] = { 0 };
	float c[CN_ENCODER_DIM] = { 0 };
	bool wide = e->wide, widest = e->widest;
	struct cn_arena mem = { 0 };
	double sq = 0;
	size_t n, m, i;

	n = cn_encode(e, text, a, &mem);
	e->widest = false;
	m = cn_encode(e, text, c, &mem);
	e->wide = false;
	m = m == n ? cn_encode(e, text, b, &mem) : 0;
	e->wide = wide;
	e->widest = widest;
	for (i = 0; i < CN_ENCODER_DIM; i++)
		sq += (double)a[i] * a[i];
	ok(n > 0 && n == m && memcmp(a, b, sizeof(a)) == 0 &&
	    memcmp(a, c, sizeof(a)) == 0 && sq > 0.9999 && sq < 1.0001,
	    what);
	cn_arena_release(&mem);
}

static void
check_long(struct cn_encoder *e)
{
	struct cn_arena mem = { 0 };
	struct cn_buf text = { 0 };
	float a[CN_ENCODER_DIM], b[CN_ENCODER_DIM];
	size_t i;

	for (i = 0; i < CN_ENCODER_TEXT; i++)
		cn_buf_ch(&text, "ac bfi"[i % 6]);
	check_twins(e, cn_buf_view(&text), "AVX2 or not: 128 pieces");
	ok(cn_encode(e, cn_buf_view(&text), a, &mem) == CN_ENCODER_TOKENS,
	    "no more than 128");
	for (i = 0; i < 1 << 20; i++)
		cn_buf_ch(&text, 'f');
	ok(cn_encode(e, cn_buf_view(&text), b, &mem) == CN_ENCODER_TOKENS &&
	    memcmp(a, b, sizeof(a)) == 0, "a megabyte more changes nothing");
	text.len = 0;
	for (i = 0; i < CN_ENCODER_TEXT / 2; i++)
		cn_buf_str(&text, i % 2 ? "\xcc\x95" : "\xcc\x9b");
	a[0] = 7;
	ok(cn_encode(e, cn_buf_view(&text), a, &mem) == 1,
	    "nothing but marks: the space in front alone is known");
	cn_buf_release(&text);
	cn_arena_release(&mem);
}

static int
load_status(struct cn_str bytes)
{
	struct cn_err err = { 0 };
	struct cn_encoder *e = cn_encoder_load(bytes, &err);

	cn_encoder_free(e);
	return e ? 0 : err.status;
}

/* The bytes with n of them replaced and the sum made right again. */
static int
forged(const struct cn_buf *file, size_t at, const void *p, size_t n)
{
	struct cn_buf b = { 0 };
	int status;

	cn_buf_add(&b, file->p, file->len);
	memcpy(b.p + at, p, n);
	cn_sha256((uint8_t *)b.p + b.len - CN_SHA, b.p, b.len - CN_SHA);
	status = load_status(cn_buf_view(&b));
	cn_buf_release(&b);
	return status;
}

static void
check_damage(struct cn_buf *file)
{
	const uint32_t many = 1 << 30, nan = 0x7fc00000;
	size_t step = file->len / 23, i;
	bool cut = true, flip = true;

	for (i = 8; i < file->len; i += i < HEAD ? 1 : step) {
		cut &= load_status((struct cn_str){ file->p, i }) ==
		    CN_INTEGRITY;
		file->p[i] ^= 1;
		flip &= load_status(cn_buf_view(file)) == CN_INTEGRITY;
		file->p[i] ^= 1;
	}
	ok(cut, "cut anywhere: status 5");
	ok(flip, "a bit of it turned: status 5");
	ok(load_status((struct cn_str){ file->p, 7 }) == CN_CONFIG &&
	    load_status(CN_STR("cnmodel\1")) == CN_CONFIG,
	    "another kind of file: status 78");
	ok(forged(file, 7, "\2", 1) == CN_CONFIG, "version 2: status 78");
	ok(forged(file, 9, "", 0) == 0, "control: a file made right is read");
	ok(forged(file, 8, &many, 4) == CN_INTEGRITY &&
	    forged(file, 12, &many, 4) == CN_INTEGRITY &&
	    forged(file, 16, &many, 4) == CN_INTEGRITY &&
	    forged(file, 12, "\1\0\0", 4) == CN_INTEGRITY &&
	    forged(file, 16, "\1\0\0", 4) == CN_INTEGRITY,
	    "sizes that cannot be");
	ok(forged(file, file->len - CN_SHA - 64, &nan, 4) == CN_INTEGRITY,
	    "a number that is none");
	/* The scores take 104 bytes from 64 on, then where the pieces are. */
	ok(forged(file, 192, &many, 4) == CN_INTEGRITY &&
	    forged(file, 196, "\0\0\0", 4) == CN_INTEGRITY &&
	    forged(file, 204, &many, 4) == CN_INTEGRITY,
	    "pieces that lie elsewhere");
	ok(forged(file, 256, "\xff", 1) == CN_INTEGRITY,
	    "a piece that is no UTF-8");
}

static struct cn_encoder *
installed(void)
{
	char exe[4096];
	ssize_t n = readlink("/proc/self/exe", exe, sizeof(exe) - 64);
	struct cn_buf b = { 0 };
	struct cn_encoder *e;
	struct cn_err err;

	exe[n > 0 ? n : 0] = '\0';
	strcpy(strrchr(exe, '/'), "/../share/convonest/encoder.bin");
	if (!cn_file_exists(exe) || cn_file_read(exe, CN_ENCODER_BYTES, &b,
	    &err) < 0)
		return NULL;
	e = cn_encoder_load(cn_buf_view(&b), &err);
	ok(e != NULL, "the encoder that is installed is read");
	cn_buf_release(&b);
	return e;
}

static void
check_published(struct cn_encoder *e)
{
	float out[CN_ENCODER_DIM];
	struct cn_arena mem = { 0 };
	size_t i, k;
	float d;

	for (i = 0; i < sizeof(published) / sizeof(*published); i++) {
		struct cn_str text = cn_str(published[i].text);
		bool near = cn_encode(e, text, out, &mem) > 0;

		check_ids(e, text.p, published[i].ids, text.p);
		for (k = 0; k < 4 && published[i].first[0] != 0; k++) {
			d = out[k] - published[i].first[k];
			near &= d < 0.005f && d > -0.005f;
		}
		ok(near, "the published numbers, but for rounding");
		check_twins(e, text, "AVX2 or not");
	}
	cn_arena_release(&mem);
}

/* --- what is near --- */

static bool
about(double a, double b)
{
	return a - b < 1e-9 && b - a < 1e-9;
}

static void
check_near(void)
{
	struct cn_near n[] = {
		{ .like = 0.6, .category = "refund" },
		{ .like = 0.5, .category = "login" },
		{ .like = 0.4, .category = "login" },
		{ .like = 0.3, .category = NULL }
	}, m[] = {
		{ .like = 0.6, .meant = true, .meaning = 0.4 },
		{ .like = 0.4, .meant = true, .meaning = 0.9 }
	};
	float a[CN_ENCODER_DIM] = { 0 }, b[CN_ENCODER_DIM] = { 0 };
	struct cn_meaning x, y, none;

	cn_near_weigh(n, 4, NULL, 0);
	ok(about(n[0].score, 0.6 * 0.36 / 0.77) &&
	    about(n[1].score, 0.5 * 0.41 / 0.77) &&
	    about(n[3].score, 0.3 * 0.5),
	    "without a classifier, those that are near decide");
	cn_near_weigh(n, 4, "refund", 0.9);
	ok(about(n[0].score, 0.6 * (0.36 / 0.77 + 0.9) / 2) &&
	    about(n[1].score, 0.5 * (0.41 / 0.77 + 0.1 / 8) / 2) &&
	    about(n[3].score, 0.3 * 0.5), "with one, it has half the say");
	cn_near_weigh(m, 2, "refund", 0.9);
	ok(about(m[0].score, 0.3 * 0.5) && about(m[1].score, 0.6 * 0.5),
	    "likeness is of words and of meaning");
	a[0] = 0.6f;
	a[1] = 0.8f;
	b[0] = 0.8f;
	b[2] = -0.6f;
	cn_meaning_of(&x, a);
	cn_meaning_of(&y, b);
	cn_meaning_of(&none, (float[CN_ENCODER_DIM]){ 0 });
	ok(cn_meaning_like(&x, &y) > 0.47 && cn_meaning_like(&x, &y) < 0.49 &&
	    cn_meaning_like(&x, &x) > 0.999 && cn_meaning_like(&x, &none) == 0,
	    "a cosine of bytes");
}

/* --- the category model's encoder side --- */

static struct cn_train *
examples(const struct cn_encoder *e)
{
	static const char lines[] = "refund\ta cab of money back please\n"
	    "refund\tplease return my money\nrefund\tmoney back at once\n"
	    "parcel\twhere is my parcel\nparcel\tthe parcel is late\n"
	    "parcel\tno parcel came to us\nlogin\tonly this one\n";
	struct cn_train *t = cn_train_new();
	struct cn_err err;

	cn_train_encoder(t, e);
	ok(cn_train_tsv(t, "x", CN_STR(lines), NULL, &err) == 0,
	    "a class may have one example");
	return t;
}

static void
damage_model(struct cn_buf *file, const struct cn_train *t)
{
	/* The head with the encoder's id; scale, bias and numbers by class. */
	size_t head = 64, tail = 3 * (8 + CN_ENCODER_DIM) + 8, i;
	size_t loads = 0, refused = 0, bad = 0;
	struct cn_arena mem = { 0 };
	struct cn_model *m;
	struct cn_eval e;
	struct cn_err err;

	for (i = 8; i + 8 < file->len; i++) {
		if (i == head)
			i = file->len - tail;
		file->p[i] ^= 0x41;
		m = cn_model_load(cn_buf_view(file), &err);
		bad += m != NULL || err.status != CN_INTEGRITY;
		cn_model_free(m);
		file->p[i] ^= 0x41 ^ 0xff;
		seal(file);
		m = cn_model_load(cn_buf_view(file), &err);
		refused += m == NULL;
		loads += m != NULL;
		if (m && i % 16 == 0)
			bad += cn_eval_model(m, t, &e, &mem, &err) < 0 ||
			    !(e.ece >= 0 && e.ece <= 1);
		cn_model_free(m);
		file->p[i] ^= (char)0xff;
		seal(file);
		cn_arena_release(&mem);
	}
	for (i = file->len - tail; i < file->len; i++) {
		m = cn_model_load((struct cn_str){ file->p, i }, &err);
		bad += m != NULL;
		cn_model_free(m);
	}
	ok(bad == 0, "each changed byte of a model's encoder side is 5");
	ok(refused > 0 && loads > 0, "or harmless under a right checksum");
}

static void
check_model(const struct cn_encoder *e)
{
	struct cn_train *t = examples(e), *plain = examples(NULL);
	struct cn_buf file = { 0 }, again = { 0 };
	struct cn_err err;
	struct cn_model *m = cn_model_train(t, NULL, &err), *l;
	struct cn_model *w = cn_model_train(plain, NULL, &err);

	ok(m && w && cn_model_encoder(m) && !cn_model_encoder(w) &&
	    about(cn_model_temperature(m), cn_model_temperature(w)) &&
	    about(cn_model_threshold(m), cn_model_threshold(w)) &&
	    !about(cn_model_temperature(w), 1),
	    "the words are as sure with an encoder beside them as alone");
	cn_model_save(m, &file);
	l = cn_model_load(cn_buf_view(&file), &err);
	ok(l != NULL, "a model with an encoder is read again");
	if (l)
		cn_model_save(l, &again);
	ok(file.len == again.len && memcmp(file.p, again.p, file.len) == 0,
	    "and saves to its own bytes");
	damage_model(&file, t);
	cn_model_free(l);
	cn_model_free(m);
	cn_model_free(w);
	cn_train_free(t);
	cn_train_free(plain);
	cn_buf_release(&file);
	cn_buf_release(&again);
}

int
main(int argc, char **argv)
{
	struct cn_buf file = make();
	struct cn_err err = { 0 };
	struct cn_encoder *e;
	float out[CN_ENCODER_DIM] = { 7 };
	struct cn_arena mem = { 0 };
	size_t i;

	if (argc == 3 && strcmp(argv[1], "--make") == 0) {
		i = cn_file_replace(argv[2], file.p, file.len, 0644, &err) < 0;
		cn_buf_release(&file);
		return (int)i;
	}
	e = cn_encoder_load(cn_buf_view(&file), &err);
	ok(e != NULL && strlen(cn_encoder_id(e)) == 16, "and read again");
	if (e == NULL)
		return done();
	for (i = 0; i < sizeof(splits) / sizeof(*splits); i++)
		check_ids(e, splits[i].text, splits[i].ids, splits[i].what);
	check_twins(e, CN_STR("a"), "AVX2 or not: the same bits");
	check_twins(e, CN_STR("ab cab fi bcd ?? aab"), "AVX2 or not: more");
	check_long(e);
	ok(cn_encode(e, CN_STR(""), out, &mem) == 0 && out[0] == 7,
	    "an empty text leaves the numbers alone");
	check_damage(&file);
	check_near();
	check_model(e);
	ok(cn_encoder_speaks("en") && cn_encoder_speaks(NULL) &&
	    cn_encoder_speaks("") && !cn_encoder_speaks("de"), "English");
	cn_encoder_free(e);
	if ((e = installed()) != NULL)
		check_published(e);
	cn_encoder_free(e);
	cn_arena_release(&mem);
	cn_buf_release(&file);
	return done();
}
