/* spam - the spam model on mails in files: FILE K N SEED
 *
 * Each line of FILE is 'ham<TAB>path' or 'spam<TAB>path'.  They are shuffled by
 * SEED (0: left as they stand).  Of every K-th mail, from the first on to the
 * N-th, it prints label, probability of spam and threshold of a model that was
 * trained on the others. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "desk/learn/classify.h"

#define FILE_MAX (16u << 20)

struct mail {
	char *label;
	struct cn_str raw;
};

static int
input(struct cn_items *is, const struct mail *m, struct cn_ai_input *in,
    struct cn_err *err)
{
	struct cn_item *it = cn_item_mail(is, m->raw, cn_str(""), err);

	if (it == NULL)
		return -1;
	cn_classify_input(is->conf, it, in);
	in->marks = it->msg.marks;
	in->nmarks = it->msg.nmarks;
	return 0;
}

static int
teach(struct cn_train *t, struct cn_items *is, const struct mail *m,
    struct cn_err *err)
{
	struct cn_ai_input in;

	if (input(is, m, &in, err) < 0)
		return -1;
	return cn_train_add(t, cn_str(m->label), &in, err);
}

static int
judge(const struct cn_model *model, struct cn_items *is, const struct mail *m,
    struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_ai_input in;
	float p[2] = { 0 };
	size_t spam = (size_t)cn_model_spam(model);

	if (input(is, m, &in, err) < 0)
		return -1;
	cn_model_predict(model, &in, p, &mem);
	printf("%s %.6f %.6f\n", m->label, p[spam],
	    cn_model_threshold(model));
	cn_arena_release(&mem);
	return 0;
}

static int
fold(const struct mail *m, size_t n, size_t k, size_t out, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_config conf = { 0 };
	struct cn_items is = { .conf = &conf, .purpose = "classify",
	    .marks = true };
	struct cn_train *t = cn_train_new();
	struct cn_model *model = NULL;
	size_t i;
	int r = cn_config_load(&conf, "/dev/null", &mem, err);

	for (i = 0; i < n && r == 0; i++) {
		if (i % k != out)
			r = teach(t, &is, &m[i], err);
		cn_items_reset(&is);
	}
	if (r == 0 && (model = cn_model_train(t, NULL, err)) == NULL)
		r = -1;
	for (i = out; i < n && r == 0; i += k) {
		r = judge(model, &is, &m[i], err);
		cn_items_reset(&is);
	}
	cn_items_release(&is);
	cn_train_free(t);
	cn_model_free(model);
	cn_arena_release(&mem);
	return r;
}

/* By SplitMix64 (Steele, Lea, Flood 2014), the same everywhere. */
static void
shuffle(struct mail *m, size_t n, uint64_t seed)
{
	struct mail x;
	uint64_t z;
	size_t i, j;

	for (i = n; seed > 0 && i > 1; i--) {
		z = seed += 0x9e3779b97f4a7c15;
		z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
		z = (z ^ z >> 27) * 0x94d049bb133111eb;
		j = (z ^ z >> 31) % i;
		x = m[i - 1];
		m[i - 1] = m[j];
		m[j] = x;
	}
}

int
main(int argc, char **argv)
{
	static struct mail m[20000];
	char line[4096], *tab;
	struct cn_err err = { 0 };
	size_t n = 0, k, of, i;
	FILE *f;

	if (argc != 5 || (f = fopen(argv[1], "r")) == NULL ||
	    (k = strtoul(argv[2], NULL, 10)) < 2 ||
	    (of = strtoul(argv[3], NULL, 10)) > k)
		return 2;
	while (n < 20000 && fgets(line, sizeof(line), f) != NULL) {
		struct cn_buf b = { 0 };

		line[strcspn(line, "\n")] = '\0';
		if ((tab = strchr(line, '\t')) == NULL)
			continue;
		*tab = '\0';
		if (cn_file_read(tab + 1, FILE_MAX, &b, &err) < 0)
			break;
		m[n].label = strdup(line);
		m[n++].raw = cn_buf_view(&b);
	}
	fclose(f);
	shuffle(m, n, strtoull(argv[4], NULL, 10));
	for (i = 0; i < of && err.status == 0; i++)
		if (fold(m, n, k, i, &err) < 0)
			break;
	if (err.status != 0)
		fprintf(stderr, "spam: %s\n", err.msg);
	return err.status != 0;
}
