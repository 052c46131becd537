#include "cli/labels.h"

#include <string.h>

#include "base/file.h"
#include "cli/share.h"
#include "desk/learn/teach.h"

#define LABELS_MAX ((size_t)512 << 20)	/* bytes of a file of examples */
#define EXAMPLE "a line of a label, a TAB and a text, in UTF-8, is an example"

/* What stands above the first column of a table? */
static bool heading(struct cn_str line)
{
	struct cn_str label, text;

	return cn_train_cells(cn_str_bare(line), &label, &text) &&
	    (cn_str_ieq(label, "label") || cn_str_ieq(label, "category") ||
	    cn_str_ieq(label, "class"));
}

/* Adds a TSV line by line, so that each bad one is named and the rest goes
 * on. */
static int add_tsv(struct cn_cli *cli, struct cn_train *t, const char *name,
    struct cn_str all, struct cn_err *err)
{
	const char *p = all.p, *end = all.p + all.n, *lf;
	size_t line = 1, bad = 0, good = cn_train_count(t), wrong;

	for (; p < end; p = lf + 1, line++, bad += wrong) {
		struct cn_err why = { 0 };

		if ((lf = memchr(p, '\n', (size_t)(end - p))) == NULL)
			lf = end;
		if (*cli->run.stop)
			return cn_fail(err, CN_TEMPFAIL, "stopped");
		wrong = 0;
		if (line == 1 && heading((struct cn_str){ p,
		    (size_t)(lf - p) })) {
			cn_cli_note("%s:1: a heading, no example", name);
			continue;
		}
		/* ':1: reason' of a text of one line. */
		if (cn_train_tsv(t, "", (struct cn_str){ p, (size_t)(lf - p) },
		    &wrong, &why) < 0) {
			cn_fail(err, why.status, "%s:%zu%s", name, line,
			    why.msg + 2);
			return cn_hint(err, "%s", EXAMPLE);
		}
		if (wrong)
			cn_cli_warn("%s:%zu: %s", name, line, why.msg);
	}
	if (bad > 0) {
		cn_cli_status(cli, CN_PARTIAL);
		cn_cli_warn("%s: %zu bad lines, %zu examples", name, bad,
		    cn_train_count(t) - good);
	}
	return 0;
}

static int add_mails(struct cn_cli *cli, struct cn_train *t,
    struct cn_str label, const char *path, struct cn_err *err)
{
	size_t bad = 0;

	if (cn_teach_mails(t, label, path, &bad, err) < 0)
		return -1;
	if (bad > 0) {
		cn_cli_status(cli, CN_PARTIAL);
		cn_cli_warn("%s: %zu are no mail", path, bad);
	}
	return 0;
}

void cn_labels_left_out(const char *what, size_t n)
{
	if (n > 0)
		cn_cli_note("%s%zu labelled messages of the largest categories "
		    "left out: no room for more text", what, n);
}

int cn_labels_files(struct cn_cli *cli, struct cn_train *t,
    const char *outside, struct cn_err *err)
{
	int i, r = 0;

	if (cli->argc == 0)
		return cn_cli_usage(cli, err, "%s: a file is missing, or "
		    "--from-store", cli->cmd->verbs[cli->verb].name);
	for (i = 0; i < cli->argc && r == 0; i++) {
		const char *path = strcmp(cli->argv[i], "-") ? cli->argv[i] :
		    "/dev/stdin";
		struct cn_buf b = { 0 };
		const char *mails;
		struct cn_str label;

		if (cn_teach_operand(cli->argv[i], &label, &mails)) {
			r = add_mails(cli, t, label, mails, err);
			continue;
		}
		r = cn_file_read(path, LABELS_MAX, &b, err);
		if (r < 0)
			err->status = CN_USAGE;
		else if (cn_str_ends(cn_str(path), ".yaml") ||
		    cn_str_ends(cn_str(path), ".yml"))
			r = cn_train_yaml(t, path, cn_buf_view(&b), err);
		else
			r = add_tsv(cli, t, path, cn_buf_view(&b), err);
		cn_buf_wipe(&b);
	}
	if (r == 0)
		cn_labels_left_out("", cn_train_settle(t));
	if (r == 0 && cn_train_count(t) == 0) {
		cn_fail(err, CN_USAGE, "no examples");
		return cn_hint(err, "%s; or label=PATH of mails", EXAMPLE);
	}
	if (r == 0 && outside != NULL &&
	    cn_train_outside(t, cn_str(outside), err) < 0) {
		err->status = CN_USAGE;
		return cn_wrap(err, "--outside");
	}
	return r;
}

struct cn_train_opts cn_labels_how(const struct cn_cli *cli)
{
	return (struct cn_train_opts){ .stop = cli->run.stop,
	    .progress = cli->run.progress,
	    .progress_arg = cli->run.progress_arg };
}

int cn_labels_open(struct cn_labels *s, struct cn_cli *cli, bool starter,
    struct cn_err *err)
{
	const char *path = cn_share(cli, NULL, "starter.yaml");

	if (cn_share_encoder(cli, &s->encoder, err) < 0 ||
	    cn_desk_open(&s->desk, cli, 0, err) < 0)
		return -1;
	s->t = (struct cn_trainer){ .store = s->desk.store,
	    .conf = &s->desk.conf, .kind = CN_TRAINED_CATEGORY,
	    .encoder = s->encoder, .how = cn_labels_how(cli) };
	if (!starter)
		return cn_desk_shut(&s->desk, cli, false, err);
	if (cn_file_read(path, LABELS_MAX, &s->starter, err) < 0) {
		err->status = CN_CONFIG;
		return cn_hint(err, "'make' puts our sentences there; "
		    "--no-starter does without");
	}
	s->t.starter = cn_buf_view(&s->starter);
	return cn_desk_shut(&s->desk, cli, false, err);
}

void cn_labels_close(struct cn_labels *s)
{
	cn_buf_release(&s->starter);
	cn_desk_close(&s->desk);
	cn_encoder_free(s->encoder);
}
