/* cn-account - keep the mail accounts that are fetched */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "base/times.h"
#include "cli/accounts.h"
#include "cli/ask.h"
#include "cli/open.h"
#include "cli/proof.h"
#include "cli/share.h"
#include "desk/account/account.h"
#include "store/erase.h"

static struct {
	const char *server, *user, *provider, *cmd, *file, *credential;
	const char *ca_file;
	int64_t fd, within;
	struct cn_list folders;
	bool compress;
	int format;
} opt = { .fd = -1, .within = 14 * 86400 };

static const struct cn_opt opts[] = {
	{ 0, "server", CN_OPT_STR, &opt.server, "SERVER",
	    "[imaps://|starttls://]HOST[:PORT]" },
	{ 0, "user", CN_OPT_STR, &opt.user, "USER", "who logs in there" },
	{ 0, "provider", CN_OPT_STR, &opt.provider, "NAME",
	    "sign in there by OAuth: microsoft, google" },
	{ 0, "pass-cmd", CN_OPT_STR, &opt.cmd, "COMMAND",
	    "writes the password at each login" },
	{ 0, "pass-file", CN_OPT_STR, &opt.file, "FILE", "has the password" },
	{ 0, "pass-credential", CN_OPT_STR, &opt.credential, "NAME",
	    "of systemd, has the password" },
	{ 0, "pass-fd", CN_OPT_INT, &opt.fd, "FD",
	    "read the password there, once, and keep it" },
	{ 0, "folder", CN_OPT_LIST, &opt.folders, "PATTERN",
	    "fetch these only; may be repeated" },
	{ 0, "compress", CN_OPT_FLAG, &opt.compress, NULL,
	    "compress what is sent, for a slow line" },
	{ 0, "ca-file", CN_OPT_STR, &opt.ca_file, "FILE",
	    "trust these authorities, not the system's" },
	{ 0, "within", CN_OPT_SPAN, &opt.within, "SPAN",
	    "expiry: how far to look ahead (14d)" },
	{ 0, "format", CN_OPT_ENUM, &opt.format, NULL,
	    "a table on a terminal, else JSON lines", cn_format_words },
	{ 0 }
};

#define PASS "pass-cmd pass-file pass-credential pass-fd"

enum { ADD, AUTH, TEST, LIST, ROTATE, DISCONNECT, EXPIRY };

static const struct cn_verb verbs[] = {
	[ADD] = { "add", "NAME", "connect an account", 1, 1,
	    "server user provider folder compress ca-file " PASS },
	[AUTH] = { "auth", "NAME [FLOW]", "sign in at its provider", 1, 2 },
	[TEST] = { "test", "NAME", "log in and say what is there", 1, 1,
	    "format" },
	[LIST] = { "list", "", "show them, without secrets", 0, 0,
	    "format" },
	[ROTATE] = { "rotate", "NAME", "replace its credentials", 1, 1,
	    PASS },
	[DISCONNECT] = { "disconnect", "NAME", "destroy its credentials",
	    1, 1 },
	[EXPIRY] = { "expiry", "", "status 1 if somebody must sign in soon",
	    0, 0, "within format" },
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

struct run {
	struct cn_cli *cli;
	struct cn_desk desk;
	struct cn_store *store;
	struct cn_account a;		/* of the operand */
	int lock;
};

/* --- what the options say --- */

/* A path as it is from anywhere, for another day. */
static const char *absolute(struct cn_cli *cli, const char *path)
{
	char *here = path != NULL && path[0] != '/' ? getcwd(NULL, 0) : NULL;

	if (here != NULL)
		path = cn_path(&cli->arena, here, path);
	free(here);
	return path;
}

/* From where the password (or the client's secret) is to come; one that is
 * kept is read now.  0: no option says. */
static int password(struct run *r, struct cn_buf *kept, struct cn_err *err)
{
	struct cn_account *a = &r->a;
	int n = (opt.cmd != NULL) + (opt.file != NULL) +
	    (opt.credential != NULL) + (opt.fd >= 0);

	if (n > 1)
		return cn_cli_usage(r->cli, err, "one of --pass-cmd, "
		    "--pass-file, --pass-credential and --pass-fd");
	if (n == 0)
		return 0;
	a->from = opt.cmd ? CN_PASSWORD_CMD : opt.file ? CN_PASSWORD_FILE :
	    opt.credential ? CN_PASSWORD_CREDENTIAL : CN_PASSWORD_KEPT;
	a->where = opt.cmd ? opt.cmd : opt.file ? absolute(r->cli, opt.file) :
	    opt.credential;
	if (a->from != CN_PASSWORD_KEPT)
		return 1;
	if (opt.fd > INT32_MAX)
		return cn_cli_usage(r->cli, err, "--pass-fd: not a descriptor");
	return cn_password_fd((int)opt.fd, kept, err) < 0 ? -1 : 1;
}

static int ask(struct run *r, struct cn_buf *kept, struct cn_err *err)
{
	r->a.from = CN_PASSWORD_KEPT;
	r->a.where = NULL;
	return cn_ask_secret(r->cli, "Password: ", kept, err);
}

/* --- verbs --- */

static int provider(struct run *r, struct cn_err *err)
{
	struct cn_cli *cli = r->cli;
	struct cn_provider *p = cn_arena_alloc(&cli->arena, sizeof(*p));

	if (cn_provider_find(p, opt.provider, cn_share(cli, NULL,
	    "providers.yaml"), r->desk.conf.providers, r->desk.conf.path,
	    &cli->arena, err) < 0)
		return -1;
	r->a.oauth = p;
	r->a.from = CN_PASSWORD_NONE;
	if (opt.server == NULL)
		opt.server = p->server;
	return 0;
}

static int add(struct run *r, struct cn_err *err)
{
	struct cn_cli *cli = r->cli;
	struct cn_buf kept = { 0 };
	int rc;

	r->a = (struct cn_account){ .name = cli->argv[0], .user = opt.user,
	    .folders = opt.folders.item, .nfolders = opt.folders.n };
	if (opt.provider != NULL && provider(r, err) < 0)
		return -1;
	if (opt.server == NULL || opt.user == NULL)
		return cn_cli_usage(cli, err, "add: --user and --server (or a "
		    "--provider that has one) are needed");
	if (cn_account_server(opt.server, &cli->arena, &r->a.imap, err) < 0)
		return -1;
	r->a.imap.ca_file = absolute(cli, opt.ca_file);
	r->a.imap.compress = opt.compress;
	rc = password(r, &kept, err);
	if (rc == 0 && r->a.oauth == NULL)
		rc = ask(r, &kept, err);
	if (rc >= 0)
		rc = cn_account_add(r->store, &r->a, cn_buf_view(&kept), err);
	cn_buf_wipe(&kept);
	if (rc == 0)
		cn_cli_note("added; now: cn-account %s %s", r->a.oauth ?
		    "auth" : "test", r->a.name);
	return rc;
}

/* What a person has to do, for a person or a program. */
static int tell(void *arg, const char *url, const char *code, int64_t seconds,
    struct cn_err *err)
{
	struct run *r = arg;
	struct cn_cli *cli = r->cli;
	char t[CN_TIME_LEN];
	struct cn_buf b = { 0 };
	int rc;

	if (cli->tty) {
		cn_buf_fmt(&b, "Open %s\n", url);
		if (code != NULL)
			cn_buf_fmt(&b, "and enter %s there", code);
		else
			cn_buf_str(&b, "or, from a browser elsewhere, paste "
			    "the address that it ends at");
		cn_buf_fmt(&b, " within %lld minutes.",
		    (long long)(seconds + 59) / 60);
	} else {
		cn_buf_str(&b, "{\"v\":1,\"type\":\"sign_in\"");
		cn_json_kv(&b, "account", r->a.name);
		cn_json_kv(&b, "url", url);
		cn_json_kv(&b, "code", code);
		cn_json_kv(&b, "until", cn_time_fmt(t, cli->run.clock() +
		    seconds));
		cn_buf_ch(&b, '}');
	}
	rc = cn_out_line(&cli->out, cn_buf_view(&b), err);
	cn_buf_release(&b);
	return rc < 0 ? -1 : cn_sink_flush(&cli->out, err);
}

static int auth(struct run *r, struct cn_err *err)
{
	struct cn_cli *cli = r->cli;
	int flow = -1, i;

	for (i = 0; cli->argc > 1 && cn_flow_words[i] != NULL; i++)
		if (strcmp(cn_flow_words[i], cli->argv[1]) == 0)
			flow = i;
	if (cli->argc > 1 && flow < 0)
		return cn_cli_usage(cli, err, "auth: the flow is device, code "
		    "or client");
	if (cn_account_auth(r->store, &r->a, flow, isatty(STDIN_FILENO) ?
	    STDIN_FILENO : -1, tell, r, err) < 0)
		return -1;
	cn_cli_note("signed in; now: cn-account test %s", r->a.name);
	return 0;
}

static int rotate(struct run *r, struct cn_err *err)
{
	struct cn_buf kept = { 0 };
	int rc = password(r, &kept, err);

	if (rc == 0 && r->a.oauth == NULL)
		rc = r->a.from == CN_PASSWORD_KEPT ? ask(r, &kept, err) :
		    cn_cli_usage(r->cli, err, "rotate: its password is not "
		    "kept here; change it where it is, or say where it is "
		    "now: --pass-cmd, ...");
	/* Without tokens there is nothing to replace. */
	if (rc == 0 && r->a.oauth != NULL && r->a.signed_in == 0) {
		cn_fail(err, CN_NOPERM, "%s: nobody has signed in yet",
		    r->a.name);
		rc = cn_hint(err, "'cn-account auth %s'", r->a.name);
	}
	if (rc >= 0)
		rc = cn_account_rotate(r->store, &r->a, cn_buf_view(&kept),
		    err);
	cn_buf_wipe(&kept);
	if (rc == 0)
		cn_cli_note("replaced, and the old ones destroyed; now: "
		    "cn-account test %s", r->a.name);
	return rc;
}

static int disconnect(struct run *r, struct cn_err *err)
{
	char pub[CN_ID_LEN];
	int revoked, rc = cn_account_disconnect(r->store, &r->a, pub,
	    &revoked, err);

	if (rc < 0)
		return -1;
	if (rc == 0)
		cn_cli_note("it was disconnected before");
	if (revoked < 0)
		cn_cli_warn("the provider was not reached to end the sign-in "
		    "there too: do it in its settings");
	if (cn_erase_checkpoint(r->store, err) < 0)
		return -1;
	return cn_proof_put(r->cli, r->store, rc ? pub : NULL,
	    "disconnected", err);
}

static int test(struct run *r, struct cn_err *err)
{
	struct cn_imap *im = cn_account_connect(r->store, &r->a, err);
	int rc = im == NULL ? -1 : cn_accounts_seen(r->cli,
	    (enum cn_format)opt.format, &r->a, im, err);

	cn_imap_close(im);
	return rc;
}

static int list(struct run *r, struct cn_err *err)
{
	return cn_accounts_list(r->cli, (enum cn_format)opt.format, r->store,
	    err);
}

static int expiry(struct run *r, struct cn_err *err)
{
	return cn_accounts_due(r->cli, (enum cn_format)opt.format, r->store,
	    opt.within, err);
}

/* --- */

static const struct {
	int (*run)(struct run *, struct cn_err *);
	bool reads, named, locks;
} how[] = {
	[ADD] = { add, false, false, false },
	[AUTH] = { auth, false, true, true },
	[TEST] = { test, false, true, true },
	[LIST] = { list, true, false, false },
	[ROTATE] = { rotate, false, true, true },
	[DISCONNECT] = { disconnect, false, true, false },
	[EXPIRY] = { expiry, true, false, false },
};

static int find(struct run *r, struct cn_err *err)
{
	int rc = cn_account_find(r->store, r->cli->argv[0], &r->cli->arena,
	    &r->a, err);

	if (rc != 0)
		return rc < 0 ? -1 : 0;
	cn_fail(err, CN_USAGE, "there is no account of that name");
	return cn_hint(err, "'cn-account list' names them");
}

static int run(struct cn_cli *cli, struct cn_err *err)
{
	struct run r = { .cli = cli, .lock = -1 };
	int rc;

	if (cn_desk_open(&r.desk, cli,
	    how[cli->verb].reads ? CN_STORE_READ : 0, err) < 0)
		return -1;
	r.store = r.desk.store;
	rc = how[cli->verb].named ? find(&r, err) : 0;
	if (rc == 0 && how[cli->verb].locks)
		rc = cn_account_lock(r.store, &r.a, cli->run.wait_ms, &r.lock,
		    err);
	/* While we waited, somebody may have changed it. */
	if (rc == 0 && how[cli->verb].locks)
		rc = find(&r, err);
	if (rc == 0)
		rc = how[cli->verb].run(&r, err);
	cn_unlock(r.lock);
	cn_desk_close(&r.desk);
	return rc;
}

int main(int argc, char **argv)
{
	return cn_cli_main(argc, argv, &cmd, run);
}
