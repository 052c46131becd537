/* cn-model - train the classifier, teach it, and judge it */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "cli/labels.h"
#include "cli/measure.h"
#include "cli/open.h"
#include "cli/rulings.h"
#include "cli/share.h"
#include "cli/shown.h"
#include "cli/stream.h"
#include "desk/learn/learn.h"
#include "desk/learn/queue.h"

static struct {
	const char *output, *model, *outside;
	struct cn_list folders;
	bool from_store, no_starter, refs;
	int64_t folds, max_line;
	int format;
	int64_t worst;
} opt = { .worst = 10 };

static const struct cn_opt opts[] = {
	{ 'o', "output", CN_OPT_STR, &opt.output, "FILE",
	    "train, show: where the model goes" },
	{ 0, "from-store", CN_OPT_FLAG, &opt.from_store, NULL,
	    "train, eval: on what is labelled in the store" },
	{ 0, "no-starter", CN_OPT_FLAG, &opt.no_starter, NULL,
	    "--from-store: without our own sentences" },
	{ 'f', "folder", CN_OPT_LIST, &opt.folders, "NAME=CATEGORY",
	    "learn: what lies there is of that category" },
	{ 0, "outside", CN_OPT_STR, &opt.outside, "LABEL",
	    "train, eval of files: what belongs to no category" },
	{ 'm', "model", CN_OPT_STR, &opt.model, "FILE",
	    "eval, show: instead of the one in use" },
	{ 'k', "folds", CN_OPT_INT, &opt.folds, "K",
	    "eval: train on the rest, K times; 2 to 20" },
	{ 0, "worst", CN_OPT_INT, &opt.worst, "N",
	    "eval: pairs most often confused; 10" },
	{ 0, "format", CN_OPT_ENUM, &opt.format, NULL,
	    "auto: a table on a terminal, else jsonl", cn_format_words },
	{ 0, "refs", CN_OPT_FLAG, &opt.refs, NULL,
	    "queue: lines without personal fields" },
	{ 0, "max-line", CN_OPT_SIZE, &opt.max_line, "SIZE",
	    "learn: refuse longer lines; 8M" },
	{ 0 }
};

enum { TRAIN, EVAL, LEARN, QUEUE, RULES, SHOW };

static const struct cn_verb verbs[] = {
	[TRAIN] = { "train", "[file ...]", "make a model from examples", 0,
	    -1, "output from-store no-starter outside" },
	[EVAL] = { "eval", "[file ...]", "measure a model on examples", 0,
	    -1, "from-store no-starter outside model folds worst format" },
	[LEARN] = { "learn", "[file ...]", "take agents' corrections", 0, -1,
	    "folder max-line" },
	[QUEUE] = { "queue", "[count]", "what to label next; 20", 0, 1,
	    "refs format" },
	[RULES] = { "rules", "[file]", "check rules; which of them fire", 0,
	    1 },
	[SHOW] = { "show", "[file]", "what is in a model", 0, 1,
	    "output model" },
	{ 0 }
};

static const struct cn_cmd cmd = {
	"cn-model", "train the classifier, teach it, and judge it", "", opts,
	"cn-model train labels.tsv -o desk.model", 0, 0, verbs
};

static int train_files(struct cn_cli *cli, struct cn_err *err)
{
	struct cn_train_opts o = cn_labels_how(cli);
	struct cn_encoder *enc;
	struct cn_train *t;
	struct cn_buf b = { 0 };
	struct cn_model *m;
	int r;

	if (opt.output == NULL)
		return cn_cli_usage(cli, err, "train: --output is missing");
	if (cn_desk_outside(cli, opt.output, err) < 0)
		return -1;
	if (cn_share_encoder(cli, &enc, err) < 0)
		return -1;
	t = cn_train_new();
	cn_train_encoder(t, enc);
	m = cn_labels_files(cli, t, opt.outside, err) < 0 ? NULL :
	    cn_model_train(t, &o, err);
	cn_train_free(t);
	cn_encoder_free(enc);
	if (m == NULL)
		return -1;
	cn_model_save(m, &b);
	r = cn_file_put(opt.output, b.p, b.len, 0600, err);
	if (r == 0)
		cn_cli_note("%s: model %s, %zu examples of %zu categories, "
		    "%zu bytes", opt.output, cn_model_id(m),
		    cn_model_examples(m), cn_model_classes(m), b.len);
	cn_buf_release(&b);
	cn_model_free(m);
	return r;
}

/* --- examples in the store --- */

static int open_store(struct cn_cli *cli, struct cn_labels *s,
    struct cn_err *err)
{
	if (cli->argc > 0 || opt.model != NULL || opt.outside != NULL ||
	    opt.output != NULL)
		return cn_cli_usage(cli, err, "--from-store takes no file and "
		    "no --outside, and writes no file");
	return cn_labels_open(s, cli, !opt.no_starter, err);
}

static void tell_spam(const struct cn_training *g, int made)
{
	cn_labels_left_out("spam: ", g->left_out);
	if (g->row.id == 0 && g->spam + g->ham > 0)
		cn_cli_note("spam: no model: %d labels of spam and of ham are "
		    "wanted, there are %zu and %zu", CN_TRAINER_SPAM, g->spam,
		    g->ham);
	else if (g->row.id == 0 && made)
		cn_cli_note("spam: nothing is labelled any more: the model is "
		    "destroyed");
	else if (made)
		cn_cli_note("spam: model %s, %zu labelled messages of spam, "
		    "%zu of ham", g->row.name, g->spam, g->ham);
	else if (g->row.id != 0)
		cn_cli_note("spam: nothing is new: model %s stays",
		    g->row.name);
}

static void tell(const struct cn_training *g, int made)
{
	if (g->skipped > 0)
		cn_cli_note("%zu labelled messages skipped: their owners do "
		    "not allow it", g->skipped);
	cn_labels_left_out("", g->left_out);
	if (g->row.id == 0)
		cn_cli_note(made ? "nothing is labelled any more: the model is "
		    "destroyed, the starter model classifies" :
		    "nothing is labelled");
	else if (made)
		cn_cli_note("model %s, %lld labelled messages, %zu "
		    "categories", g->row.name, (long long)g->row.labels -
		    (long long)g->left_out, g->classes);
	else
		cn_cli_note("nothing is new: model %s stays", g->row.name);
	if (made && (int64_t)g->foreign > g->row.labels / 2)
		cn_cli_note("%zu of the labels are of categories that our own "
		    "sentences do not have: if yours stand in the place of "
		    "ours, train with --no-starter", g->foreign);
}

static int train_one(const struct cn_trainer *t, struct cn_run_row *row,
    void (*say)(const struct cn_training *, int made), struct cn_err *err)
{
	struct cn_training g = { 0 };
	int r = cn_trainer_run(t, &g, err);

	if (r >= 0) {
		row->read += g.row.id != 0 ? g.row.labels : 0;
		row->stored += r == 1;
		say(&g, r);
	}
	cn_arena_release(&g.mem);
	return r < 0 ? -1 : 0;
}

static int train_store(struct cn_cli *cli, struct cn_err *err)
{
	struct cn_run_row row = { 0 };
	struct cn_labels s = { 0 };
	struct cn_trainer spam;
	int r = open_store(cli, &s, err);

	if (r == 0)
		r = cn_run_begin(s.desk.store, &row, err);
	if (r == 0) {
		/* How a mail is made tells spam, which neither our sentences
		 * nor the encoder know. */
		spam = s.t;
		spam.kind = CN_TRAINED_SPAM;
		spam.starter = (struct cn_str){ 0 };
		spam.encoder = NULL;
		r = train_one(&s.t, &row, tell, err);
		if (r == 0)
			r = train_one(&spam, &row, tell_spam, err);
	}
	r = cn_desk_ran(&s.desk, cli, &row, r, err);
	cn_labels_close(&s);
	return r;
}

/* --- eval --- */

static int eval_store(struct cn_cli *cli, struct cn_eval *e,
    struct cn_err *err)
{
	struct cn_train_opts o = cn_labels_how(cli);
	struct cn_train *t = NULL;
	struct cn_examples x = { 0 };
	struct cn_labels s = { 0 };
	int r = open_store(cli, &s, err);

	if (r == 0)
		r = cn_desk_reads(&s.desk, err);
	if (r == 0)
		r = cn_examples_find(&s.t, &x, err);
	if (r == 0 && x.n == 0) {
		cn_fail(err, CN_USAGE, "nothing is labelled");
		r = cn_hint(err, "'cn-model learn' takes agents' corrections");
	}
	if (r == 0 && (t = cn_examples_train(&s.t, &x, true, err)) == NULL)
		r = -1;
	if (r == 0)
		cn_labels_left_out("", x.left_out);
	if (r == 0)
		r = cn_eval_folds(t, &o, (unsigned)opt.folds, e, &cli->arena,
		    err);
	cn_examples_release(&x);
	cn_train_free(t);
	cn_labels_close(&s);
	return r;
}

static int eval_files(struct cn_cli *cli, struct cn_eval *e,
    struct cn_err *err)
{
	struct cn_train_opts o = cn_labels_how(cli);
	struct cn_train *t = cn_train_new();
	struct cn_encoder *enc;
	struct cn_model *m = NULL;
	bool named;
	int r = cn_share_encoder(cli, &enc, err);

	cn_train_encoder(t, enc);
	if (r == 0)
		r = cn_labels_files(cli, t, opt.outside, err);
	if (r == 0 && opt.folds > 0) {
		r = cn_eval_folds(t, &o, (unsigned)opt.folds, e, &cli->arena,
		    err);
	} else if (r == 0) {
		m = cn_share_model(cli, opt.model, &named, err);
		r = m == NULL ? -1 : cn_eval_model(m, t, e, &cli->arena, err);
	}
	cn_model_free(m);
	cn_train_free(t);
	cn_encoder_free(enc);
	return r;
}

static int eval(struct cn_cli *cli, struct cn_err *err)
{
	struct cn_eval e;

	if (opt.folds != 0 && (opt.model != NULL || opt.folds < 2 ||
	    opt.folds > 20))
		return cn_cli_usage(cli, err, opt.model ?
		    "--folds trains models of its own: no --model with it" :
		    "--folds takes 2 to 20");
	if (opt.from_store && opt.folds == 0)
		return cn_cli_usage(cli, err, "eval --from-store wants "
		    "--folds: the model in use has seen all of it");
	if ((opt.from_store ? eval_store(cli, &e, err) :
	    eval_files(cli, &e, err)) < 0)
		return -1;
	return cn_measure_put(cli, (enum cn_format)opt.format, &e, opt.worst,
	    err);
}

/* --- learn --- */

static int learn_line(void *arg, const struct cn_record *rec,
    struct cn_err *err)
{
	return cn_learn_line(arg, rec->bytes, err);
}

static int learn_flush(void *arg, struct cn_err *err)
{
	return cn_learn_flush(arg, err);
}

static int learn_folders(struct cn_cli *cli, struct cn_learn *l,
    struct cn_err *err)
{
	struct cn_seen seen = { 0 };
	size_t i;
	int r = 0;

	for (i = 0; i < opt.folders.n && r == 0; i++) {
		const char *arg = opt.folders.item[i];
		const char *eq = strrchr(arg, '=');

		if (eq == NULL || eq == arg ||
		    !cn_learn_word(eq + 1))
			r = cn_cli_usage(cli, err, "--folder takes a name, = "
			    "and a category");
		else
			r = cn_learn_folder(l, cn_arena_dup(&cli->arena, arg,
			    (size_t)(eq - arg)), eq + 1, &seen, err);
		if (r < 0)
			cn_wrap(err, "--folder %zu", i + 1);
	}
	free(seen.v);
	return r;
}

static int learn(struct cn_cli *cli, struct cn_err *err)
{
	static const struct cn_stream_ops ops = { learn_line, learn_flush,
	    NULL };
	const struct cn_stream_conf conf = { .max_line = opt.max_line,
	    .kind = CN_IN_JSON };
	struct cn_run_row row = { 0 };
	struct cn_counts n = { 0 };
	struct cn_learn l = { 0 };
	struct cn_desk desk;
	int r;

	if (opt.folders.n > 0 && cli->argc > 0)
		return cn_cli_usage(cli, err, "--folder reads the store: no "
		    "operands with it");
	if (cn_desk_open(&desk, cli, 0, err) < 0)
		return -1;
	l.store = desk.store;
	r = cn_desk_shut(&desk, cli, false, err);
	if (r == 0)
		r = cn_run_begin(desk.store, &row, err);
	if (r == 0) {
		r = opt.folders.n > 0 ? learn_folders(cli, &l, err) :
		    cn_stream_run(cli, &conf, &ops, &l, &n, err);
		row.read = (int64_t)(l.changed + l.same + l.skipped +
		    n.refused);
		row.stored = (int64_t)l.changed;
		row.refused = (int64_t)(n.refused + l.skipped);
		if (l.skipped > 0)
			cn_cli_status(cli, CN_PARTIAL);
	}
	r = cn_desk_ran(&desk, cli, &row, r, err);
	cn_cli_note("%llu labelled, %llu as they were, %lld refused",
	    (unsigned long long)l.changed, (unsigned long long)l.same,
	    (long long)row.refused);
	cn_learn_release(&l);
	cn_desk_close(&desk);
	return r;
}

/* --- queue --- */

struct queue {
	struct cn_cli *cli;
	struct cn_out *table;		/* NULL: lines */
};

static int queue_row(struct cn_out *table, struct cn_item *it,
    struct cn_err *err)
{
	struct cn_str class = it->kept.class_json;
	const char *best = cn_json_string(&it->mem, cn_json_get(class, "best"));
	double margin = 0;
	char number[16];

	(void)cn_json_double(cn_json_get(class, "margin"), &margin);
	snprintf(number, sizeof(number), "%.2f", margin);
	/* Chat has no subject. */
	return cn_out_rowv(table, err, it->msg.id, best ? best : "", number,
	    opt.refs ? NULL : it->msg.subject && it->msg.subject[0] ?
	    it->msg.subject : it->msg.text);
}

static int queued(void *arg, struct cn_item *it, struct cn_err *err)
{
	const struct queue *q = arg;
	struct cn_buf b = { 0 }, class = { 0 };
	int r;

	if (q->table != NULL)
		return queue_row(q->table, it, err);
	if (opt.refs) {
		cn_queue_class(&class, it);
		it->json = cn_buf_view(&class);
	}
	cn_item_put(&b, it, "class", opt.refs ? CN_ITEM_REFS : 0);
	r = cn_sink_add(&q->cli->out, b.p, b.len, err);
	cn_buf_wipe(&b);
	cn_buf_release(&class);
	return r;
}

static int queue(struct cn_cli *cli, struct cn_err *err)
{
	static const struct cn_col cols[] = { { "id" }, { "guess" },
	    { "margin", CN_COL_NUM }, { "message" } };
	const char *arg = cli->argc ? cli->argv[0] : "20";
	struct queue q = { .cli = cli };
	struct cn_desk desk;
	int64_t n;
	int r;

	if (!cn_json_int(cn_str(arg), &n) || n < 1 || n > CN_QUEUE_MAX)
		return cn_cli_usage(cli, err, "queue takes 1 to %d",
		    CN_QUEUE_MAX);
	if (cn_desk_open(&desk, cli, CN_STORE_AUDIT, err) < 0)
		return -1;
	r = cn_desk_shut(&desk, cli, false, err);
	if (r == 0)
		r = cn_desk_reads(&desk, err);
	if (r == 0 && opt.format != CN_FMT_JSONL &&
	    (opt.format != CN_FMT_AUTO || cli->tty))
		q.table = cn_out_new(cli, (enum cn_format)opt.format, cols,
		    sizeof(cols) / sizeof(cols[0]));
	if (r == 0)
		r = cn_queue(desk.store, &desk.conf, (size_t)n, queued, &q,
		    err);
	r = cn_out_end(q.table, r, err);
	cn_desk_close(&desk);
	return r;
}

static int run(struct cn_cli *cli, struct cn_err *err)
{
	if (opt.no_starter && !opt.from_store)
		return cn_cli_usage(cli, err, "--no-starter is for "
		    "--from-store");
	switch (cli->verb) {
	case TRAIN:
		return opt.from_store ? train_store(cli, err) :
		    train_files(cli, err);
	case EVAL:
		return eval(cli, err);
	case LEARN:
		return learn(cli, err);
	case QUEUE:
		return queue(cli, err);
	case RULES:
		return cn_rulings_run(cli, cli->argc ? cli->argv[0] : NULL,
		    err);
	default:
		return cn_shown_run(cli, cli->argc ? cli->argv[0] : opt.model,
		    opt.output, err);
	}
}

int main(int argc, char **argv)
{
	return cn_cli_main(argc, argv, &cmd, run);
}
