/* cn-account - keep the mail accounts that are fetched */
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/times.h"
#include "cli/ask.h"
#include "cli/open.h"
#include "cli/out.h"
#include "desk/account.h"

static struct {
	const char *server, *user, *cmd, *file, *credential, *ca_file;
	int64_t fd;
	struct cn_list folders;
	bool compress;
	int format;
} opt = { .fd = -1 };

static const struct cn_opt opts[] = {
	{ 0, "server", CN_OPT_STR, &opt.server, "SERVER",
	    "[imaps://|starttls://]HOST[:PORT]", NULL, false },
	{ 0, "user", CN_OPT_STR, &opt.user, "USER",
	    "who logs in there", NULL, false },
	{ 0, "pass-cmd", CN_OPT_STR, &opt.cmd, "COMMAND",
	    "writes the password at each login", NULL, false },
	{ 0, "pass-file", CN_OPT_STR, &opt.file, "FILE",
	    "has the password", NULL, false },
	{ 0, "pass-credential", CN_OPT_STR, &opt.credential, "NAME",
	    "systemd's credential has the password", NULL, false },
	{ 0, "pass-fd", CN_OPT_INT, &opt.fd, "FD",
	    "read the password there, once, and keep it", NULL, false },
	{ 0, "folder", CN_OPT_LIST, &opt.folders, "PATTERN",
	    "fetch these only; may be repeated", NULL, false },
	{ 0, "compress", CN_OPT_FLAG, &opt.compress, NULL,
	    "compress what is sent, for a slow line", NULL, false },
	{ 0, "ca-file", CN_OPT_STR, &opt.ca_file, "FILE",
	    "trust these authorities, not the system's", NULL, false },
	{ 0, "format", CN_OPT_ENUM, &opt.format, NULL,
	    "a table on a terminal, else JSON lines", cn_format_words, false },
	{ 0 }
};

enum { ADD, LIST };

static const struct cn_verb verbs[] = {
	[ADD] = { "add", "NAME", "connect an account", 1, 1 },
	[LIST] = { "list", "", "show them, without secrets", 0, 0 },
	{ 0 }
};

static const struct cn_cmd cmd = {
	.name = "cn-account",
	.nd = "keep the mail accounts that are fetched",
	.opts = opts,
	.verbs = verbs,
	.example = "cn-account add desk --server imap.example.com "
	    "--user desk@example.com"
};

/* A path as it is from anywhere, for another day. */
static const char *absolute(struct cn_cli *cli, const char *path)
{
	char *here = path != NULL && path[0] != '/' ? getcwd(NULL, 0) : NULL;

	if (here != NULL)
		path = cn_path(&cli->arena, here, path);
	free(here);
	return path;
}

/* From where the password is to come; what is kept is read now. */
static int password(struct cn_cli *cli, struct cn_account *a,
    struct cn_buf *kept, struct cn_err *err)
{
	int n = (opt.cmd != NULL) + (opt.file != NULL) +
	    (opt.credential != NULL) + (opt.fd >= 0);

	if (n > 1)
		return cn_cli_usage(cli, err, "one of --pass-cmd, --pass-file,"
		    " --pass-credential and --pass-fd");
	a->from = opt.cmd ? CN_PASSWORD_CMD : opt.file ? CN_PASSWORD_FILE :
	    opt.credential ? CN_PASSWORD_CREDENTIAL : CN_PASSWORD_KEPT;
	a->where = opt.cmd ? opt.cmd : opt.file ? absolute(cli, opt.file) :
	    opt.credential;
	if (a->from != CN_PASSWORD_KEPT)
		return 0;
	if (opt.fd >= 0)
		return opt.fd > INT32_MAX ? cn_cli_usage(cli, err,
		    "--pass-fd: not a descriptor") :
		    cn_password_fd((int)opt.fd, kept, err);
	return cn_ask_secret(cli, "Password: ", kept, err);
}

static int add(struct cn_cli *cli, struct cn_store *s, struct cn_err *err)
{
	struct cn_account a = { .name = cli->argv[0], .user = opt.user,
	    .folders = opt.folders.item, .nfolders = opt.folders.n };
	struct cn_buf kept = { 0 };
	int r;

	if (opt.server == NULL || opt.user == NULL)
		return cn_cli_usage(cli, err, "add: --server and --user are "
		    "needed");
	if (cn_account_server(opt.server, &cli->arena, &a.imap, err) < 0)
		return -1;
	a.imap.ca_file = absolute(cli, opt.ca_file);
	a.imap.compress = opt.compress;
	r = password(cli, &a, &kept, err);
	if (r == 0)
		r = cn_account_add(s, &a, cn_buf_view(&kept), err);
	cn_buf_wipe(&kept);
	if (r == 0)
		cn_cli_note("%s is added; see whether it lets us in: "
		    "cn-account test %s", a.name, a.name);
	return r;
}

static const char *moment(char out[CN_TIME_LEN], int64_t t)
{
	return t ? cn_time_fmt(out, t) : NULL;
}

static int list(struct cn_cli *cli, struct cn_store *s, struct cn_err *err)
{
	static const struct cn_col cols[] = {
		{ "name", CN_COL_TEXT, 0 }, { "state", CN_COL_TEXT, 0 },
		{ "server", CN_COL_TEXT, 0 }, { "user", CN_COL_TEXT, 0 },
		{ "login", CN_COL_TEXT, 0 }, { "signed_in", CN_COL_TEXT, 0 },
		{ "expires", CN_COL_TEXT, 0 }, { "fetched", CN_COL_TEXT, 0 },
		{ "arrived", CN_COL_TEXT, 0 }, { "id", CN_COL_TEXT, 0 },
	};
	struct cn_out *out = cn_out_new(cli, (enum cn_format)opt.format, cols,
	    sizeof(cols) / sizeof(cols[0]));
	char t[4][CN_TIME_LEN];
	struct cn_account *a;
	size_t n, i;
	int r = cn_accounts(s, &cli->arena, &a, &n, err);

	for (i = 0; i < n && r == 0; i++)
		r = cn_out_rowv(out, err, a[i].name, a[i].state,
		    cn_account_server_text(&a[i].imap, &cli->arena), a[i].user,
		    cn_account_login_text(&a[i], &cli->arena),
		    moment(t[0], a[i].signed_in), moment(t[1], a[i].expires),
		    moment(t[2], a[i].fetched), moment(t[3], a[i].arrived),
		    a[i].pub);
	if (r == 0)
		r = cn_out_end(out, err);
	cn_out_free(out);
	return r;
}

static int run(struct cn_cli *cli, struct cn_err *err)
{
	static int (*const verb[])(struct cn_cli *, struct cn_store *,
	    struct cn_err *) = { [ADD] = add, [LIST] = list };
	struct cn_desk d;
	int r;

	if (cn_desk_open(&d, cli, 0, err) < 0)
		return -1;
	r = verb[cli->verb](cli, d.store, err);
	cn_desk_close(&d);
	return r;
}

int main(int argc, char **argv)
{
	return cn_cli_main(argc, argv, &cmd, run);
}
