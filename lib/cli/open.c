#include "cli/open.h"

#include <string.h>

#include "base/file.h"
#include "cli/sandbox.h"
#include "crypt/crypt.h"

int cn_desk_open(struct cn_desk *d, struct cn_cli *cli, unsigned flags,
    struct cn_err *err)
{
	*d = (struct cn_desk){ 0 };
	if (cn_config_load(&d->conf, cli->run.config, &cli->arena, err) < 0 ||
	    cn_cli_zone(cli, d->conf.timezone, err) < 0)
		return -1;
	d->store = cn_store_open(&cli->run, flags, err);
	return d->store == NULL ? -1 : 0;
}

void cn_desk_close(struct cn_desk *d)
{
	cn_store_close(d->store);
	d->store = NULL;
}

int cn_desk_ran(const struct cn_desk *d, struct cn_cli *cli,
    const struct cn_run_row *row, int r, struct cn_err *err)
{
	struct cn_err ignored;

	if (row->id != 0 && cn_run_end(d->store, row, cn_cli_outcome(cli, r,
	    err), r < 0 ? &ignored : err) < 0)
		return -1;
	return r;
}

int cn_desk_reads(const struct cn_desk *d, struct cn_err *err)
{
	return cn_audit_now(d->store, &(struct cn_audit_entry){
	    .what = "messages read", .purpose = "classification" }, err);
}

void cn_desk_unnamed(const struct cn_desk *d)
{
	if (d->conf.desk[0] == NULL)
		cn_cli_note("no desk address is configured: every sender "
		    "counts as a customer (cn-config(5))");
}

int cn_desk_shut(const struct cn_desk *d, struct cn_cli *cli, bool anywhere,
    struct cn_err *err)
{
	char root[] = "/", *all[] = { root };
	struct cn_room room = { .read = anywhere ? all : cli->argv,
	    .nread = anywhere ? 1 : cli->argc, .child = cli->child };
	const char *lacks;
	char first;

	if (d->store != NULL) {
		room.write[0] = cli->run.home;
		room.write[1] = cli->run.keys;
	}
	/* OpenSSL reads its configuration when it is first asked. */
	cn_random(&first, 1);
	if (cn_sandbox(&room, &lacks, err) < 0)
		return cn_wrap(err, "what the parser does not need");
	if (lacks != NULL && cli->verbose)
		cn_cli_warn("not all that could be is forbidden: %s", lacks);
	return 0;
}

int cn_desk_outside(const struct cn_cli *cli, const char *path,
    struct cn_err *err)
{
	if (path == NULL || strcmp(path, "-") == 0 ||
	    (!cn_file_inside(path, cli->run.home) &&
	    !cn_file_inside(path, cli->run.keys)))
		return 0;
	cn_fail(err, CN_USAGE, "%s: in the folder of the store or of its keys",
	    path);
	return cn_hint(err, "write it somewhere else");
}

void cn_desk_tell(void *arg, const char *place, const char *reason)
{
	struct cn_cli *cli = arg;

	cn_cli_status(cli, CN_PARTIAL);
	cn_cli_warn("%s: %s", place, reason);
}
