#include "cli/accounts.h"

#include <string.h>

#include "base/json.h"
#include "base/times.h"

int cn_accounts_seen(struct cn_cli *cli, enum cn_format format,
    const struct cn_account *a, struct cn_imap *im, struct cn_err *err)
{
	static const struct { unsigned bit; const char *word; } can[] = {
		{ CN_IMAP_CONDSTORE, "condstore" },
		{ CN_IMAP_QRESYNC, "qresync" }, { CN_IMAP_IDLE, "idle" },
		{ CN_IMAP_UIDPLUS, "uidplus" }, { CN_IMAP_GMAIL, "gmail" },
		{ CN_IMAP_XOAUTH2, "xoauth2" },
		{ CN_IMAP_COMPRESS, "compress" },
	};
	static const struct cn_col cols[] = {
		{ "name" }, { "server" }, { "folders", CN_COL_NUM },
		{ "can" },
	};
	struct cn_arena *mem = &cli->arena;
	struct cn_imap_folder *f;
	struct cn_buf words = { 0 };
	struct cn_out *out;
	size_t n = 0, odd = 0, i;
	int rc;

	for (i = 0; i < sizeof(can) / sizeof(can[0]); i++)
		if (cn_imap_can(im) & can[i].bit)
			cn_buf_fmt(&words, "%s%s", words.len ? " " : "",
			    can[i].word);
	rc = cn_imap_folders(im, mem, &f, &n, &odd, err);
	out = cn_out_new(cli, format, cols, 4);
	if (rc == 0)
		rc = cn_out_rowv(out, err, a->name,
		    cn_account_server_text(&a->imap, mem),
		    cn_arena_fmt(mem, "%zu", n), words.p ? words.p : "");
	rc = cn_out_end(out, rc, err);
	cn_buf_release(&words);
	return rc;
}

static const char *moment(char out[CN_TIME_LEN], int64_t t)
{
	return t ? cn_time_fmt(out, t) : NULL;
}

/* As JSON; none: all folders. */
static const char *folders(const struct cn_account *a, struct cn_arena *mem)
{
	struct cn_buf b = { 0 };
	const char *s;
	size_t i;

	for (i = 0; i < a->nfolders; i++) {
		cn_buf_ch(&b, i ? ',' : '[');
		cn_json_puts(&b, a->folders[i]);
	}
	cn_buf_ch(&b, ']');
	s = i ? cn_arena_strdup(mem, b.p) : NULL;
	cn_buf_release(&b);
	return s;
}

/* Cut for people: a day, and a minute. */
static const char *day(char t[CN_TIME_LEN], int64_t when)
{
	if (when == 0)
		return NULL;
	cn_time_fmt(t, when)[10] = '\0';
	return t;
}

static const char *minute(char t[CN_TIME_LEN], int64_t when)
{
	if (when == 0)
		return NULL;
	cn_time_fmt(t, when)[16] = '\0';
	t[10] = ' ';
	return t;
}

int cn_accounts_list(struct cn_cli *cli, enum cn_format format,
    struct cn_store *s, struct cn_err *err)
{
	static const struct cn_col cols[] = {
		{ "name" }, { "state" }, { "server" }, { "user" },
		{ "login" }, { "signed_in" }, { "expires" }, { "fetched" },
		{ "arrived" }, { "folders", CN_COL_JSON }, { "id" },
	};
	/* What fits a terminal. */
	static const struct cn_col few[] = {
		{ "name" }, { "state" }, { "server" }, { "user" },
		{ "expires", CN_COL_TEXT, 10 }, { "arrived" },
	};
	bool table = format == CN_FMT_TABLE ||
	    (format == CN_FMT_AUTO && cli->tty);
	struct cn_out *out = table ? cn_out_new(cli, CN_FMT_TABLE, few,
	    sizeof(few) / sizeof(few[0])) : cn_out_new(cli,
	    format, cols, sizeof(cols) / sizeof(cols[0]));
	char t[4][CN_TIME_LEN];
	struct cn_account *a;
	size_t n, i;
	int rc = cn_accounts(s, &cli->arena, &a, &n, err);

	for (i = 0; rc == 0 && i < n; i++)
		rc = table ? cn_out_rowv(out, err, a[i].name, a[i].state,
		    cn_account_server_text(&a[i].imap, &cli->arena), a[i].user,
		    day(t[1], a[i].expires), minute(t[3], a[i].arrived)) :
		    cn_out_rowv(out, err, a[i].name, a[i].state,
		    cn_account_server_text(&a[i].imap, &cli->arena), a[i].user,
		    cn_account_login_text(&a[i], &cli->arena),
		    moment(t[0], a[i].signed_in), moment(t[1], a[i].expires),
		    moment(t[2], a[i].fetched), moment(t[3], a[i].arrived),
		    folders(&a[i], &cli->arena), a[i].pub);
	return cn_out_end(out, rc, err);
}

int cn_accounts_due(struct cn_cli *cli, enum cn_format format,
    struct cn_store *s, int64_t within, struct cn_err *err)
{
	static const struct cn_col cols[] = {
		{ "name" }, { "expires" }, { "command" },
	};
	struct cn_out *out = cn_out_new(cli, format, cols,
	    3);
	char t[CN_TIME_LEN];
	struct cn_account *a;
	size_t n, i;
	int rc = cn_accounts(s, &cli->arena, &a, &n, err);

	for (i = 0; rc == 0 && i < n; i++) {
		if (strcmp(a[i].state, "live") != 0 || a[i].expires == 0 ||
		    a[i].expires - within > cli->run.now)
			continue;
		cn_cli_status(cli, CN_NO);
		rc = cn_out_rowv(out, err, a[i].name,
		    cn_time_fmt(t, a[i].expires), cn_arena_fmt(&cli->arena,
		    "cn-account auth %s", a[i].name));
	}
	return cn_out_end(out, rc, err);
}
