/* cn-model - train and judge the classifier */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ai/model.h"
#include "base/file.h"
#include "base/json.h"
#include "cli/open.h"
#include "cli/out.h"
#include "cli/share.h"

#define LABELS_MAX ((size_t)512 << 20)	/* bytes of a file of examples */

static struct {
	const char *output, *model;
	int64_t folds;
	int format;
	int64_t worst;
} opt = { .worst = 10 };

static const struct cn_opt opts[] = {
	{ 'o', "output", CN_OPT_STR, &opt.output, "FILE",
	    "train: where the model goes", NULL, false },
	{ 'm', "model", CN_OPT_STR, &opt.model, "FILE",
	    "eval: instead of the starter model", NULL, false },
	{ 'k', "folds", CN_OPT_INT, &opt.folds, "K",
	    "eval: train on the rest, K times; 2 to 20", NULL, false },
	{ 0, "worst", CN_OPT_INT, &opt.worst, "N",
	    "eval: pairs most often confused; 10", NULL, false },
	{ 0, "format", CN_OPT_ENUM, &opt.format, NULL,
	    "auto: a table on a terminal, else jsonl", cn_format_words,
	    false },
	{ 0 }
};

enum { TRAIN, EVAL, SHOW };

static const struct cn_verb verbs[] = {
	[TRAIN] = { "train", "file ...", "make a model from examples", 1, -1 },
	[EVAL] = { "eval", "file ...", "measure a model on examples", 1, -1 },
	[SHOW] = { "show", "[file]", "what is in a model", 0, 1 },
	{ 0 }
};

static const struct cn_cmd cmd = {
	"cn-model", "train and judge the classifier", "", opts,
	"cn-model train labels.tsv -o desk.model", 0, 0, verbs
};

static bool ends_in(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && strcmp(s + n - m, end) == 0;
}

/* Adds a TSV line by line, so that each bad one is named and the rest goes
 * on. */
static int add_tsv(struct cn_cli *cli, struct cn_train *t, const char *name,
    struct cn_str all, struct cn_err *err)
{
	const char *p = all.p, *end = all.p + all.n, *lf;
	size_t line = 1, bad = 0, good = cn_train_count(t);
	char where[4400];

	for (; p < end; p = lf + 1, line++) {
		struct cn_err why = { 0 };

		if ((lf = memchr(p, '\n', (size_t)(end - p))) == NULL)
			lf = end;
		if (cn_train_tsv(t, "", (struct cn_str){ p,
		    (size_t)(lf - p) }, NULL, &why) == 0)
			continue;
		snprintf(where, sizeof(where), "%s:%zu", name, line);
		/* ':1: reason' of a text of one line. */
		cn_cli_warn("%s%s", where, strncmp(why.msg, ":1", 2) == 0 ?
		    why.msg + 2 : why.msg);
		bad++;
	}
	if (bad > 0) {
		cn_cli_status(cli, CN_PARTIAL);
		cn_cli_warn("%s: %zu bad lines, %zu examples", name, bad,
		    cn_train_count(t) - good);
	}
	return cn_train_count(t) > CN_TRAIN_EXAMPLES ? cn_fail(err, CN_USAGE,
	    "%s: too many examples", name) : 0;
}

static int examples(struct cn_cli *cli, struct cn_train *t,
    struct cn_err *err)
{
	int i, r = 0;

	for (i = 0; i < cli->argc && r == 0; i++) {
		const char *path = strcmp(cli->argv[i], "-") ? cli->argv[i] :
		    "/dev/stdin";
		struct cn_buf b = { 0 };

		r = cn_file_read(path, LABELS_MAX, &b, err);
		if (r < 0)
			err->status = CN_USAGE;
		else
			r = ends_in(path, ".yaml") || ends_in(path, ".yml") ?
			    cn_train_yaml(t, path, cn_buf_view(&b), err) :
			    add_tsv(cli, t, path, cn_buf_view(&b), err);
		cn_buf_wipe(&b);
	}
	if (r == 0 && cn_train_count(t) == 0)
		return cn_fail(err, CN_USAGE, "no examples");
	return r;
}

static struct cn_model *load(struct cn_cli *cli, const char *path,
    struct cn_err *err)
{
	struct cn_buf b = { 0 };
	struct cn_model *m;

	if (path == NULL)
		path = cn_share(cli, "CN_MODEL", "starter.model");
	if (cn_file_read(path, CN_MODEL_BYTES, &b, err) < 0) {
		err->status = CN_CONFIG;
		(void)cn_hint(err, "'make' builds the starter model; "
		    "--model or CN_MODEL name another");
		return NULL;
	}
	m = cn_model_load(cn_buf_view(&b), err);
	if (m == NULL)
		(void)cn_wrap(err, "%s", path);
	cn_buf_release(&b);
	return m;
}

static struct cn_train_opts how(struct cn_cli *cli)
{
	return (struct cn_train_opts){ .stop = cli->run.stop,
	    .progress = cli->run.progress,
	    .progress_arg = cli->run.progress_arg };
}

static int train(struct cn_cli *cli, struct cn_train *t, struct cn_err *err)
{
	struct cn_train_opts o = how(cli);
	struct cn_buf b = { 0 };
	struct cn_model *m;
	int r;

	if (opt.output == NULL)
		return cn_cli_usage(cli, err, "train: --output is missing");
	if (cn_desk_outside(cli, opt.output, err) < 0)
		return -1;
	if ((m = cn_model_train(t, &o, err)) == NULL)
		return -1;
	cn_model_save(m, &b);
	r = cn_file_replace(opt.output, b.p, b.len, 0644, err);
	if (r == 0)
		cn_cli_note("%s: model %s, %zu examples of %zu categories, "
		    "%zu bytes", opt.output, cn_model_id(m),
		    cn_model_examples(m), cn_model_classes(m), b.len);
	cn_buf_release(&b);
	cn_model_free(m);
	return r;
}

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
	{ "kind", CN_COL_TEXT, 0 }, { "name", CN_COL_TEXT, 0 },
	{ "said", CN_COL_TEXT, 0 }, { "n", CN_COL_NUM, 0 },
	{ "value", CN_COL_NUM, 0 }, { "precision", CN_COL_NUM, 0 },
	{ "recall", CN_COL_NUM, 0 }
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
	} all[] = {
		{ "accuracy", e->accuracy }, { "macro_f1", e->macro_f1 },
		{ "ece", e->ece }, { "coverage", e->coverage },
		{ "covered_accuracy", e->covered_accuracy }
	};
	const char *n = cn_arena_fmt(a, "%zu", e->n);
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (cn_out_rowv(o, err, "whole", all[i].name, NULL, n,
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
    const struct cn_eval *e, struct cn_err *err)
{
	size_t i, n = 0, cells = e->classes * e->classes;
	struct pair *p = cn_arena_alloc(a, cells * sizeof(*p) + 1);

	for (i = 0; i < cells; i++)
		if (e->confusion[i] > 0 && i / e->classes != i % e->classes)
			p[n++] = (struct pair){ i / e->classes,
			    i % e->classes, e->confusion[i] };
	qsort(p, n, sizeof(*p), by_count);
	for (i = 0; i < n && (int64_t)i < opt.worst; i++)
		if (cn_out_rowv(o, err, "confused", e->label[p[i].is],
		    e->label[p[i].said], cn_arena_fmt(a, "%u", p[i].n),
		    e->support[p[i].is] ? rate(a, (double)p[i].n /
		    (double)e->support[p[i].is]) : NULL, NULL, NULL) < 0)
			return -1;
	return 0;
}

static int eval(struct cn_cli *cli, struct cn_train *t, struct cn_err *err)
{
	struct cn_train_opts o = how(cli);
	struct cn_model *m = NULL;
	struct cn_out *out;
	struct cn_eval e;
	int r;

	if (opt.folds != 0 && (opt.model != NULL || opt.folds < 2 ||
	    opt.folds > 20))
		return cn_cli_usage(cli, err, opt.model ?
		    "--folds trains models of its own: no --model with it" :
		    "--folds takes 2 to 20");
	if (opt.folds > 0) {
		r = cn_eval_folds(t, &o, (unsigned)opt.folds, &e, &cli->arena,
		    err);
	} else {
		if ((m = load(cli, opt.model, err)) == NULL)
			return -1;
		r = cn_eval_model(m, t, &e, &cli->arena, err);
	}
	cn_model_free(m);
	if (r < 0)
		return -1;
	out = cn_out_new(cli, (enum cn_format)opt.format, measures, 7);
	r = put_whole(out, &cli->arena, &e, err);
	if (r == 0)
		r = put_classes(out, &cli->arena, &e, err);
	if (r == 0)
		r = put_worst(out, &cli->arena, &e, err);
	if (r == 0)
		r = cn_out_end(out, err);
	cn_out_free(out);
	return r;
}

static int show(struct cn_cli *cli, struct cn_err *err)
{
	struct cn_model *m = load(cli, cli->argc ? cli->argv[0] : opt.model,
	    err);
	struct cn_buf b = { 0 };
	size_t i;
	int r;

	if (m == NULL)
		return -1;
	cn_buf_ch(&b, '{');
	cn_json_kv(&b, "model", cn_model_id(m));
	cn_json_kvi(&b, "examples", (int64_t)cn_model_examples(m));
	cn_json_kvi(&b, "features", (int64_t)cn_model_rows(m));
	cn_json_kvf(&b, "threshold", cn_model_threshold(m), 4);
	cn_json_kvf(&b, "temperature", cn_model_temperature(m), 4);
	cn_json_key(&b, "categories");
	cn_buf_ch(&b, '[');
	for (i = 0; i < cn_model_classes(m); i++) {
		cn_buf_str(&b, i ? ",{" : "{");
		cn_json_kv(&b, "name", cn_model_class(m, i));
		cn_json_kv(&b, "priority",
		    cn_priority_name(cn_model_priority(m, i)));
		cn_buf_ch(&b, '}');
	}
	cn_buf_str(&b, "]}");
	r = cn_out_line(&cli->out, cn_buf_view(&b), err);
	cn_buf_release(&b);
	cn_model_free(m);
	return r;
}

static int run(struct cn_cli *cli, struct cn_err *err)
{
	struct cn_train *t;
	int r;

	if (cli->verb == SHOW)
		return show(cli, err);
	t = cn_train_new();
	r = examples(cli, t, err);
	if (r == 0)
		r = cli->verb == TRAIN ? train(cli, t, err) :
		    eval(cli, t, err);
	cn_train_free(t);
	return r;
}

int main(int argc, char **argv)
{
	return cn_cli_main(argc, argv, &cmd, run);
}
