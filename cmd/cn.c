/* cn - the front door of the Convonest toolkit */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/open.h"
#include "cli/out.h"
#include "desk/report/attention.h"
#include "desk/report/metrics.h"

static const char *const commands[][2] = {
	{ "cn-store", "make, check and configure a store" },
	{ "cn-account", "keep the mail accounts that are fetched" },
	{ "cn-fetch", "bring mail in by IMAP" },
	{ "cn-import", "bring mail and chat in from files" },
	{ "cn-query", "find messages" },
	{ "cn-classify", "say what each message is about" },
	{ "cn-reply-suggest", "draft answers" },
	{ "cn-model", "train the classifier, teach it, and judge it" },
	{ "cn-report", "measure the desk" },
	{ "cn-export", "give people their data" },
	{ "cn-purge", "erase a person, and prove it" },
};

/* The folder of this very program, so that a copy that was not installed
 * starts its own siblings. */
static bool beside(char *path, size_t size, const char *name)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	if (n < 0)
		return false;
	path[n] = '\0';
	slash = strrchr(path, '/');
	if (slash == NULL ||
	    (size_t)(slash + 1 - path) + strlen(name) >= size)
		return false;
	strcpy(slash + 1, name);
	return access(path, X_OK) == 0;
}

/* Returns only where there is no such command. */
static void start(char **argv)
{
	char name[64], path[4096];

	if (strchr(argv[0], '/') || strlen(argv[0]) > sizeof(name) - 4)
		return;
	snprintf(name, sizeof(name), "cn-%s", argv[0]);
	if (beside(path, sizeof(path), name)) {
		argv[0] = name;
		execv(path, argv);
	}
}

static int list(struct cn_cli *cli, struct cn_err *err)
{
	static const struct cn_col cols[] = {
		{ "command" }, { "does" }
	};
	struct cn_out *out = cn_out_new(cli, CN_FMT_TABLE, cols, 2);
	int rc = 0;

	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (rc == 0)
			rc = cn_out_rowv(out, err, commands[i][0],
			    commands[i][1]);
	return cn_out_end(out, rc, err);
}

static int show(struct cn_cli *cli, const struct cn_attention *v, size_t n,
    struct cn_err *err)
{
	static const struct cn_col cols[] = {
		{ "now", CN_COL_NUM }, { "what" }, { "oldest", CN_COL_NUM },
		{ "next" }
	};
	struct cn_out *out = cn_out_new(cli, CN_FMT_TABLE, cols, 4);
	char count[24], age[CN_SPAN_LEN];
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < n; i++) {
		snprintf(count, sizeof(count), "%lld", (long long)v[i].count);
		rc = cn_out_rowv(out, err, count, v[i].what, v[i].age < 0 ?
		    "" : cn_span_fmt(age, v[i].age), v[i].next);
	}
	return cn_out_end(out, rc, err);
}

/* What needs attention.  A first visitor has no store yet, which is no
 * error. */
static int dashboard(struct cn_cli *cli, struct cn_err *err)
{
	struct cn_attention v[CN_ATTENTION_MAX];
	struct cn_desk desk;
	int64_t messages;
	size_t n;
	int rc;

	if (!cn_file_exists(cn_path(&cli->arena, cli->run.home, "store.db")))
		return cn_out_fmt(&cli->out, err, "There is no store in %s "
		    "yet.\nBegin with 'cn-store init'; 'cn help' lists the "
		    "commands.\n", cli->run.home);
	if (cn_desk_open(&desk, cli, CN_STORE_READ, err))
		return -1;
	rc = cn_attention(desk.store, cli->run.now, v, &n, &messages, err);
	cn_desk_close(&desk);
	if (rc == 0 && n > 0)
		rc = show(cli, v, n, err);
	else if (rc == 0 && messages == 0)
		rc = cn_out_fmt(&cli->out, err, "The store is empty.\nBring "
		    "mail in with 'cn-import MAILBOX'; 'cn help' lists the "
		    "commands.\n");
	else if (rc == 0)
		rc = cn_out_fmt(&cli->out, err, "Nothing needs attention: "
		    "%lld messages, all seen to.\n", (long long)messages);
	return rc;
}

static int run(struct cn_cli *cli, struct cn_err *err)
{
	if (cli->argc == 0)
		return dashboard(cli, err);
	if (strcmp(cli->argv[0], "help") == 0)
		return list(cli, err);
	(void)cn_fail(err, CN_USAGE, "no such command: %s", cli->argv[0]);
	return cn_hint(err, "'cn help' lists them");
}

int main(int argc, char **argv)
{
	static const struct cn_cmd cmd = {
		.name = "cn",
		.nd = "the front door of the Convonest toolkit",
		.operands = "[command [argument ...]]",
		.example = "cn query is:open",
		.max = 1
	};

	if (argc > 1 && argv[1][0] != '-') {
		start(argv + 1);
		argc = 2;		/* the rest was not for us */
	}
	return cn_cli_main(argc, argv, &cmd, run);
}
