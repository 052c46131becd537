#include "cli/open.h"

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

void cn_desk_tell(void *arg, const char *place, const char *reason)
{
	struct cn_cli *cli = arg;

	cn_cli_status(cli, CN_PARTIAL);
	cn_cli_warn("%s: %s", place, reason);
}
