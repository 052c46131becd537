/* retrieve - measures the choice of past answers, as suggestions use it
 *
 * retrieve right FILE.tsv [ENCODER]   share of nearest texts of the right
 *     label: every fifth of a class asks, the index and a classifier have
 *     the others; the texts' categories are what that classifier says
 * retrieve speed N FILE.tsv...        seconds and memory of an index of N
 *     texts, each of three of the given, and of a query
 * retrieve texts ENCODER FILE.tsv     texts a second that are encoded */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "ai/model.h"
#include "ai/similar.h"
#include "base/file.h"

#define FILE_MAX (64u << 20)
#define QUERIES 1000

struct text {
	struct cn_str label, text;
	size_t nth;			/* of its label */
	bool meant;
	struct cn_meaning meaning;
	const char *category;
};

static struct text *texts;
static size_t n;

static double
cpu(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static bool
alike(struct cn_str a, struct cn_str b)
{
	return a.n == b.n && memcmp(a.p, b.p, a.n) == 0;
}

static int
read_texts(const char *path, struct cn_err *err)
{
	struct cn_buf *b = cn_alloc(sizeof(*b));
	char *p, *nl, *tab;
	size_t i;

	if (cn_file_read(path, FILE_MAX, b, err) < 0)
		return -1;
	for (p = b->p; p && (nl = strchr(p, '\n')) != NULL; p = nl + 1) {
		tab = memchr(p, '\t', (size_t)(nl - p));
		if (tab == NULL)
			continue;
		if (n % 4096 == 0)
			texts = cn_realloc(texts, (n + 4096) *
			    sizeof(*texts));
		memset(&texts[n], 0, sizeof(*texts));
		texts[n].label = (struct cn_str){ p, (size_t)(tab - p) };
		texts[n].text = (struct cn_str){ tab + 1,
		    (size_t)(nl - tab - 1) };
		for (i = n; i > 0; i--)
			if (alike(texts[i - 1].label, texts[n].label)) {
				texts[n].nth = texts[i - 1].nth + 1;
				break;
			}
		n++;
	}
	return 0;
}

static struct cn_encoder *
encoder(const char *path, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	struct cn_encoder *e;

	if (cn_file_read(path, CN_ENCODER_BYTES, &b, err) < 0)
		return NULL;
	e = cn_encoder_load(cn_buf_view(&b), err);
	cn_buf_release(&b);
	return e;
}

static void
encode(const struct cn_encoder *e)
{
	float out[CN_ENCODER_DIM];
	struct cn_arena mem = { 0 };
	size_t i;

	for (i = 0; i < n; i++) {
		texts[i].meant = cn_encode(e, texts[i].text, out, &mem) > 0;
		if (texts[i].meant)
			cn_meaning_of(&texts[i].meaning, out);
		cn_arena_reset(&mem);
	}
	cn_arena_release(&mem);
}

/* Which text is chosen for this one, or NULL. */
static const struct text *
choose(struct cn_similar *s, const struct text *t, const char *best,
    double confidence)
{
	struct cn_hit hit[CN_NEAR];
	struct cn_near near[CN_NEAR];
	size_t k = cn_similar_query(s, t->text, hit, CN_NEAR), i, top = 0;

	for (i = 0; i < k; i++) {
		const struct text *o = &texts[hit[i].id];

		near[i] = (struct cn_near){ .like = hit[i].score,
		    .meant = t->meant && o->meant && i < CN_NEAR_MEANT,
		    .category = o->category };
		if (near[i].meant)
			near[i].meaning = cn_meaning_like(&t->meaning,
			    &o->meaning);
	}
	cn_near_weigh(near, k, best, confidence);
	for (i = 1; i < k; i++)
		if (near[i].score > near[top].score)
			top = i;
	return k ? &texts[hit[top].id] : NULL;
}

static int
fold(size_t which, size_t right[3], size_t *asked, struct cn_err *err)
{
	struct cn_similar *s = cn_similar_new();
	struct cn_train *t = cn_train_new();
	struct cn_arena mem = { 0 };
	float prob[CN_MODEL_CLASSES];
	const struct text *o;
	struct cn_model *m;
	struct cn_hit hit;
	size_t i;
	int best;

	for (i = 0; i < n; i++)
		if (texts[i].nth % 5 != which) {
			cn_similar_add(s, (int64_t)i, texts[i].text);
			if (cn_train_add(t, texts[i].label,
			    &(struct cn_ai_input){ .text = texts[i].text },
			    err) < 0)
				return -1;
		}
	cn_similar_finish(s);
	m = cn_model_train(t, NULL, err);
	if (m == NULL)
		return -1;
	for (i = 0; i < n; i++) {
		best = cn_model_predict(m, &(struct cn_ai_input){
		    .text = texts[i].text }, prob, &mem);
		texts[i].category = best < 0 ? NULL :
		    cn_model_class(m, (size_t)best);
		if (texts[i].nth % 5 != which)
			continue;
		++*asked;
		right[0] += best >= 0 && cn_str_eq(texts[i].label,
		    cn_model_class(m, (size_t)best));
		right[1] += cn_similar_query(s, texts[i].text, &hit, 1) &&
		    alike(texts[hit.id].label, texts[i].label);
	}
	for (i = 0; i < n; i++)
		if (texts[i].nth % 5 == which) {
			best = cn_model_predict(m, &(struct cn_ai_input){
			    .text = texts[i].text }, prob, &mem);
			o = choose(s, &texts[i], texts[i].category,
			    best < 0 ? 0 : (double)prob[best]);
			right[2] += o && alike(o->label, texts[i].label);
			cn_arena_reset(&mem);
		}
	cn_arena_release(&mem);
	cn_similar_free(s);
	cn_train_free(t);
	cn_model_free(m);
	return 0;
}

static int
right(const char *path, const char *weights, struct cn_err *err)
{
	struct cn_encoder *e = weights ? encoder(weights, err) : NULL;
	size_t hits[3] = { 0 }, asked = 0, i;

	if (read_texts(path, err) < 0 || (weights && e == NULL))
		return -1;
	if (e)
		encode(e);
	cn_encoder_free(e);
	for (i = 0; i < 5; i++)
		if (fold(i, hits, &asked, err) < 0)
			return -1;
	printf("%.4f right answers first, of %zu: by words alone %.4f, the "
	    "classifier alone %.4f\n", (double)hits[2] / (double)asked,
	    asked, (double)hits[1] / (double)asked,
	    (double)hits[0] / (double)asked);
	return 0;
}

static void
compose(struct cn_buf *b)
{
	static uint32_t x = 1;
	int i;

	b->len = 0;
	for (i = 0; i < 3; i++) {
		x = x * 1664525 + 1013904223;
		cn_buf_add(b, texts[(x >> 8) % n].text.p,
		    texts[(x >> 8) % n].text.n);
		cn_buf_ch(b, ' ');
	}
}

static void
speed(size_t many)
{
	struct cn_similar *s = cn_similar_new();
	double start = cpu(), built, most = 0, all = 0, one;
	struct cn_hit hit[CN_NEAR];
	struct cn_buf b = { 0 };
	struct rusage use;
	size_t i;

	for (i = 0; i < many; i++) {
		compose(&b);
		cn_similar_add(s, (int64_t)i, cn_buf_view(&b));
	}
	cn_similar_finish(s);
	built = cpu() - start;
	for (i = 0; i < QUERIES; i++) {
		compose(&b);
		start = cpu();
		cn_similar_query(s, cn_buf_view(&b), hit, CN_NEAR);
		one = cpu() - start;
		all += one;
		most = one > most ? one : most;
	}
	getrusage(RUSAGE_SELF, &use);
	printf("%zu texts: made in %.2f s, %ld MB; a query %.3f ms, the "
	    "slowest %.3f ms\n", many, built, use.ru_maxrss / 1024,
	    all / QUERIES * 1e3, most * 1e3);
	cn_buf_release(&b);
	cn_similar_free(s);
}

static int
encode_all(const char *weights, const char *path, struct cn_err *err)
{
	struct cn_encoder *e = encoder(weights, err);
	double start;

	if (e == NULL || read_texts(path, err) < 0)
		return -1;
	start = cpu();
	encode(e);
	printf("%.0f texts/s encoded on one thread\n", (double)n / (cpu() -
	    start));
	cn_encoder_free(e);
	return 0;
}

int
main(int argc, char **argv)
{
	struct cn_err err = { 0 };
	int r = 0, i;

	if (argc > 2 && strcmp(argv[1], "right") == 0) {
		r = right(argv[2], argv[3], &err);
	} else if (argc > 3 && strcmp(argv[1], "speed") == 0) {
		for (i = 3; i < argc && r == 0; i++)
			r = read_texts(argv[i], &err);
		if (r == 0)
			speed((size_t)atol(argv[2]));
	} else if (argc > 3 && strcmp(argv[1], "texts") == 0) {
		r = encode_all(argv[2], argv[3], &err);
	} else {
		return 2;
	}
	if (r < 0)
		fprintf(stderr, "retrieve: %s\n", err.msg);
	return r < 0;
}
