/* cn-export - give people their data */
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/open.h"
#include "cli/who.h"
#include "desk/subject/export.h"
#include "store/audit.h"
#include "store/erase.h"

static struct {
	const char *subject, *bundle, *output, *verify;
	int purpose;
} opt;

static const struct cn_opt opts[] = {
	{ 0, "subject", CN_OPT_STR, &opt.subject, "WHO",
	    "address, phone or id; - or @FILE: a list" },
	{ 0, "bundle", CN_OPT_STR, &opt.bundle, "FILE",
	    "write a tar.gz; - is standard output" },
	{ 0, "output", CN_OPT_STR, &opt.output, "DIR",
	    "write a folder; of a list, one for each" },
	{ 0, "purpose", CN_OPT_ENUM, &opt.purpose, NULL,
	    "all of it, or what the person provided", cn_export_words },
	{ 0, "verify", CN_OPT_STR, &opt.verify, "FILE",
	    "check a bundle or folder; needs no store" },
	{ 0 }
};

static const struct cn_cmd cmd = {
	.name = "cn-export", .nd = "give people their data", .opts = opts,
	.example = "cn-export --subject alice@example.com --bundle alice.tar.gz"
};

static int put(void *arg, const void *p, size_t n, struct cn_err *err)
{
	return cn_sink_add(arg, p, n, err);
}

static int to_stdout(struct cn_cli *cli, struct cn_bundle *b,
    struct cn_err *err)
{
	if (cn_bundle_tar(b, put, &cli->out, err) ||
	    cn_sink_flush(&cli->out, err))
		return -1;
	/* A pipe cannot be synced; a file that somebody redirected to can. */
	(void)fsync(STDOUT_FILENO);
	return 0;
}

/* Gathers and hands over; nothing is said to be handed over before it is. */
static int hand_over(struct cn_cli *cli, const struct cn_export *x,
    const char *folder, int64_t *messages, struct cn_err *err)
{
	bool out = opt.bundle && strcmp(opt.bundle, "-") == 0;
	struct cn_bundle *b = cn_bundle_new(out ? NULL : opt.bundle ?
	    opt.bundle : folder, x->now);
	struct cn_export_counts n;
	int r = cn_export_gather(x, b, &n, err);

	if (r == 0)
		r = out ? to_stdout(cli, b, err) : opt.bundle ?
		    cn_bundle_save(b, opt.bundle, err) :
		    cn_bundle_folder(b, folder, err);
	cn_bundle_free(b);
	*messages = n.messages;
	return r;
}

static int one(struct cn_cli *cli, const struct cn_export *x,
    const char *folder, struct cn_run_row *row, struct cn_err *err)
{
	struct cn_err ignored;
	int64_t messages;

	if (cn_export_audit(x, "export begun", 0, err))
		return -1;
	if (hand_over(cli, x, folder, &messages, err)) {
		/* The failure that is told is the one that came first. */
		if (cn_export_audit(x, "export failed", 0, &ignored))
			cn_cli_warn("%s", ignored.msg);
		return -1;
	}
	row->read += messages;
	return cn_export_audit(x, "export handed over", messages, err);
}

/* Every person of the list is found before the first is exported. */
static int everyone(struct cn_cli *cli, struct cn_export *x,
    const struct cn_list *who, bool list, struct cn_run_row *row,
    struct cn_err *err)
{
	struct cn_ident *v = cn_arena_alloc(&cli->arena, who->n * sizeof(*v));
	size_t i, k, n = 0;

	for (i = 0; i < who->n; i++) {
		if (cn_export_find(x, who->item[i], err))
			return cn_wrap(err, "subject %zu", i + 1);
		for (k = 0; k < n && v[k].person != x->who.person; k++)
			;
		if (k == n)
			v[n++] = x->who;
	}
	if (n > 1 && opt.bundle) {
		(void)cn_fail(err, CN_USAGE, "%zu persons, one bundle", n);
		return cn_hint(err, "a bundle is one person's; give --output "
		    "DIR for a folder for each");
	}
	if (list && opt.output && cn_mkdirs(opt.output, 0700, err))
		return -1;
	for (i = 0; i < n; i++) {
		x->who = v[i];
		if (one(cli, x, !opt.output || !list ? opt.output :
		    cn_arena_fmt(&cli->arena, "%s/%s", opt.output, v[i].pub),
		    row, err))
			return -1;
	}
	return 0;
}

static int export(struct cn_cli *cli, struct cn_err *err)
{
	struct cn_run_row row = { 0 };
	struct cn_list who = { 0 };
	struct cn_desk desk;
	struct cn_export x;
	int r, list = cn_who_read(cli, opt.subject, &who, err);

	if (list < 0 || cn_desk_open(&desk, cli, CN_STORE_AUDIT, err))
		return -1;
	x = (struct cn_export){ .store = desk.store, .config = &desk.conf,
	    .purpose = (enum cn_export_purpose)opt.purpose,
	    .now = cli->run.now };
	r = cn_erase_catch_up(desk.store, err);
	if (r == 0)
		r = cn_run_begin(desk.store, &row, err);
	if (r == 0)
		r = everyone(cli, &x, &who, list, &row, err);
	r = cn_desk_ran(&desk, cli, &row, r, err);
	cn_desk_close(&desk);
	return r;
}

static int run(struct cn_cli *cli, struct cn_err *err)
{
	bool out = opt.bundle && strcmp(opt.bundle, "-") == 0;
	size_t files;

	if (opt.verify && (opt.subject || opt.bundle || opt.output))
		return cn_cli_usage(cli, err, "--verify stands alone");
	if (opt.verify && cn_bundle_verify(opt.verify, &files, err))
		return -1;
	if (opt.verify) {
		cn_cli_note("%s: %zu files, all as they were", opt.verify,
		    files);
		return 0;
	}
	if (!opt.subject || !opt.bundle == !opt.output)
		return cn_cli_usage(cli, err,
		    "--subject and one of --bundle and --output are needed");
	if (out && cli->tty)
		return cn_cli_usage(cli, err,
		    "a bundle is not written to a terminal");
	if (cn_desk_outside(cli, opt.bundle, err) ||
	    cn_desk_outside(cli, opt.output, err))
		return -1;
	return export(cli, err);
}

int main(int argc, char **argv)
{
	return cn_cli_main(argc, argv, &cmd, run);
}
