/* retrieve - measures the choice of past answers, as suggestions use it
 *
 * retrieve right FILE.tsv [ENCODER]   share of nearest texts of the right
 *     label: every fifth of a class asks, the index and a classifier have
 *     the others; the texts' categories are what that classifier says
 * retrieve past N FILE                the newest N answers of the store: start,
 *     memory, and the time of a question, each line of the file being one
 * retrieve texts ENCODER FILE.tsv     texts a second that are encoded */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "ai/model.h"
#include "ai/similar.h"
#include "base/file.h"
#include "desk/reply/history.h"

#define FILE_MAX (64u << 20)
#define NEAR 96			/* as in reply/near.c */
#define SAMPLE 1000			/* as in reply/history.c */

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

/* Words of texts, as the store's index has them, by a table of our own. */
struct word {
	struct word *next;
	char *text;
	struct cn_ids in;
};
static struct word *table[1 << 16];
static float *score;
static size_t indexed;

static struct word *
word(const char *p, bool make)
{
	uint64_t h = cn_word_hash(cn_str(p));
	struct word **w = &table[(h ^ h >> 32) & 0xffff];

	while (*w && strcmp((*w)->text, p) != 0)
		w = &(*w)->next;
	if (*w == NULL && make) {
		*w = cn_alloc(sizeof(**w));
		(*w)->text = strdup(p);
	}
	return *w;
}

/* Each of the others that is in the index, or what a text shares with them. */
static void
words(size_t id, bool ask)
{
	struct cn_words v = { 0 };
	const char *p, *end;
	struct word *w;
	double idf;
	size_t i;

	cn_words_add(&v, texts[id].text);
	p = v.text.p;
	end = p + v.text.len;
	for (; p < end; p += strlen(p) + 1) {
		w = word(p, !ask);
		if (w && !ask)
			cn_ids_add(&w->in, (int64_t)id);
		if (w == NULL || !ask)
			continue;
		idf = cn_similar_idf(indexed, w->in.n);
		for (i = 0; i < w->in.n; i++)
			score[w->in.v[i]] += (float)(idf * idf);
	}
	indexed += !ask;
	cn_words_release(&v);
}

static void
forget(void)
{
	size_t i;

	for (i = 0; i < sizeof(table) / sizeof(*table); i++)
		for (; table[i]; table[i] = table[i]->next)
			free(table[i]->in.v);
	indexed = 0;
}

static int
by_score(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	if (score[x] < score[y] || score[x] > score[y])
		return score[x] > score[y] ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* The nearest of those that share the most. */
static size_t
query(const struct cn_similar *sample, size_t id, struct cn_hit *hit, size_t k)
{
	const struct cn_gist *gist[NEAR];
	struct cn_arena mem = { 0 };
	static size_t *near;
	size_t m = 0, i;

	near = near ? near : cn_alloc(n * sizeof(*near));
	words(id, true);
	for (i = 0; i < n; i++)
		if (score[i] > 0)
			near[m++] = i;
	qsort(near, m, sizeof(*near), by_score);
	m = m < NEAR ? m : NEAR;
	for (i = 0; i < m; i++)
		gist[i] = cn_gist_of(sample, texts[near[i]].text, &mem);
	memset(score, 0, n * sizeof(*score));
	k = cn_gists_near(cn_gist_of(sample, texts[id].text, &mem), gist, m,
	    hit, k);
	for (i = 0; i < k; i++)
		hit[i].id = (int64_t)near[hit[i].id];
	cn_arena_release(&mem);
	return k;
}

/* Which text is chosen for this one, or NULL. */
static const struct text *
choose(const struct cn_similar *s, const struct text *t, const char *best,
    double confidence)
{
	struct cn_hit hit[CN_NEAR];
	struct cn_near near[CN_NEAR];
	size_t k = query(s, (size_t)(t - texts), hit, CN_NEAR), i, top = 0;

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
			if (i * 2654435761 % n < SAMPLE)
				cn_similar_add(s, 0, texts[i].text);
			words(i, false);
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
		right[1] += query(s, i, &hit, 1) &&
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
	forget();
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
	score = cn_alloc(n * sizeof(*score));
	for (i = 0; i < 5; i++)
		if (fold(i, hits, &asked, err) < 0)
			return -1;
	printf("%.4f right answers first, of %zu: by words alone %.4f, the "
	    "classifier alone %.4f\n", (double)hits[2] / (double)asked,
	    asked, (double)hits[1] / (double)asked,
	    (double)hits[0] / (double)asked);
	return 0;
}

static int64_t
present(void)
{
	return (int64_t)time(NULL);
}

static int
past(size_t many, const char *path, struct cn_err *err)
{
	static volatile sig_atomic_t stop;
	const struct cn_run run = { .command = "retrieve", .options = "",
	    .actor = "bench", .home = getenv("CN_HOME"),
	    .keys = getenv("CN_KEYS"), .clock = present, .now = present(),
	    .stop = &stop };
	struct cn_store *s = cn_store_open(&run, CN_STORE_READ, err);
	double start, all = 0, most = 0, one;
	struct cn_history_hit hit[CN_NEAR];
	struct cn_arena mem = { 0 };
	struct cn_config conf;
	struct cn_buf b = { 0 };
	struct cn_history *h;
	size_t asked = 0, k;
	struct rusage use;
	char *p, *nl;

	if (s == NULL || cn_file_read(path, FILE_MAX, &b, err) < 0 ||
	    cn_config_load(&conf, getenv("CN_CONFIG"), &mem, err) < 0)
		return -1;
	start = cpu();
	h = cn_history_new(s, &conf, NULL, many, err);
	if (h == NULL)
		return -1;
	printf("the newest %zu of the store: start %.3f s, ", many, cpu() -
	    start);
	for (p = b.p; (nl = strchr(p, '\n')) != NULL; p = nl + 1) {
		start = cpu();
		if (cn_history_like(h, &(struct cn_history_ask){ .text = {
		    p, (size_t)(nl - p) }, .language = "en" }, hit, &k,
		    err) < 0)
			return -1;
		one = cpu() - start;
		/* The first ones find nothing that is kept yet. */
		if (asked++ < 20)
			continue;
		all += one;
		most = one > most ? one : most;
	}
	getrusage(RUSAGE_SELF, &use);
	printf("a question %.2f ms, the slowest %.2f ms, %ld MB\n",
	    all / (double)(asked - 20) * 1e3, most * 1e3,
	    use.ru_maxrss / 1024);
	cn_history_free(h);
	cn_store_close(s);
	cn_arena_release(&mem);
	cn_buf_release(&b);
	return 0;
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
	int r = 0;

	if (argc > 2 && strcmp(argv[1], "right") == 0) {
		r = right(argv[2], argv[3], &err);
	} else if (argc > 3 && strcmp(argv[1], "past") == 0) {
		r = past((size_t)atol(argv[2]), argv[3], &err);
	} else if (argc > 3 && strcmp(argv[1], "texts") == 0) {
		r = encode_all(argv[2], argv[3], &err);
	} else {
		return 2;
	}
	if (r < 0)
		fprintf(stderr, "retrieve: %s\n", err.msg);
	return r < 0;
}
