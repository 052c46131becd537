#include "cli/measure.h"

#include <stdlib.h>
#include <string.h>

struct pair {
	size_t is, said;
	uint32_t n;
};

static int by_count(const void *a, const void *b)
{
	const struct pair *x = a, *y = b;

	if (x->n != y->n)
		return x->n < y->n ? 1 : -1;
	if (x->is != y->is)
		return x->is < y->is ? -1 : 1;
	return x->said < y->said ? -1 : x->said > y->said;
}

static const struct cn_col measures[] = {
	{ "kind" }, { "name" }, { "said" }, { "n", CN_COL_NUM },
	{ "value", CN_COL_NUM }, { "precision", CN_COL_NUM },
	{ "recall", CN_COL_NUM }
};

static const char *rate(struct cn_arena *a, double v)
{
	return cn_arena_fmt(a, "%.4f", v);
}

static int put_whole(struct cn_out *o, struct cn_arena *a,
    const struct cn_eval *e, struct cn_err *err)
{
	const struct {
		const char *name;
		double value;
		size_t n;
	} all[] = {
		{ "accuracy", e->accuracy, e->n },
		{ "macro_f1", e->macro_f1, e->n }, { "ece", e->ece, e->n },
		{ "ece_chance", e->ece_chance, e->n },
		{ "coverage", e->coverage, e->n },
		{ "covered_accuracy", e->covered_accuracy, e->n },
		{ "decided", e->decided, e->n },
		{ "mcc", e->mcc, e->n + e->outside },
		{ "outside_recall", e->outside_recall, e->outside }
	};
	/* Where nothing was outside nothing is said of it. */
	const size_t rows = sizeof(all) / sizeof(all[0]) - (e->outside == 0);
	size_t i;

	for (i = 0; i < rows; i++)
		if (cn_out_rowv(o, err, "whole", all[i].name, NULL,
		    cn_arena_fmt(a, "%zu", all[i].n),
		    rate(a, all[i].value), NULL, NULL) < 0)
			return -1;
	return 0;
}

static int put_classes(struct cn_out *o, struct cn_arena *a,
    const struct cn_eval *e, struct cn_err *err)
{
	size_t i;

	for (i = 0; i < e->classes; i++)
		if (cn_out_rowv(o, err, "category", e->label[i], NULL,
		    cn_arena_fmt(a, "%zu", e->support[i]), rate(a, e->f1[i]),
		    rate(a, e->precision[i]), rate(a, e->recall[i])) < 0)
			return -1;
	return 0;
}

static int put_worst(struct cn_out *o, struct cn_arena *a,
    const struct cn_eval *e, int64_t worst, struct cn_err *err)
{
	size_t i, n = 0, cells = e->classes * e->classes;
	struct pair *p = cn_arena_alloc(a, cells * sizeof(*p) + 1);

	for (i = 0; i < cells; i++)
		if (e->confusion[i] > 0 && i / e->classes != i % e->classes)
			p[n++] = (struct pair){ i / e->classes,
			    i % e->classes, e->confusion[i] };
	qsort(p, n, sizeof(*p), by_count);
	for (i = 0; i < n && (int64_t)i < worst; i++)
		if (cn_out_rowv(o, err, "confused", e->label[p[i].is],
		    e->label[p[i].said], cn_arena_fmt(a, "%u", p[i].n),
		    e->support[p[i].is] ? rate(a, (double)p[i].n /
		    (double)e->support[p[i].is]) : NULL, NULL, NULL) < 0)
			return -1;
	return 0;
}

int cn_measure_put(struct cn_cli *cli, enum cn_format format,
    const struct cn_eval *e, int64_t worst, struct cn_err *err)
{
	struct cn_out *out = cn_out_new(cli, format, measures, 7);
	int r = put_whole(out, &cli->arena, e, err);

	if (r == 0)
		r = put_classes(out, &cli->arena, e, err);
	if (r == 0)
		r = put_worst(out, &cli->arena, e, worst, err);
	return cn_out_end(out, r, err);
}
