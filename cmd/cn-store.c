/* cn-store - make a store, check it, show its configuration */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "cli/open.h"

static struct {
	bool test, check;
	const char *recovery;
} opt;

static const struct cn_opt opts[] = {
	{ 0, "recovery", CN_OPT_STR, &opt.recovery, "FILE",
	    "init: where the recovery key goes" },
	{ 0, "test", CN_OPT_FLAG, &opt.test, NULL,
	    "init: --now may change this store" },
	{ 0, "check", CN_OPT_FLAG, &opt.check, NULL,
	    "doctor: findings exit with 1" },
	{ 0 }
};

enum { INIT, DOCTOR, CONFIG };

static const struct cn_verb verbs[] = {
	[INIT] = { "init", "", "make store, keyring and key file", 0, 0,
	    "recovery test" },
	[DOCTOR] = { "doctor", "", "check store, keys and folders", 0, 0,
	    "check" },
	[CONFIG] = { "config", "", "show what is in force and why", 0, 0 },
	{ 0 }
};

static const struct cn_cmd cmd = {
	"cn-store", "make a store, check it, show its configuration", "", opts,
	"cn-store init --recovery /media/usb/recovery-key", 0, 0, verbs
};

static int init(struct cn_cli *cli, struct cn_err *err)
{
	const char *recovery = opt.recovery ? opt.recovery :
	    cn_path(&cli->arena, cli->run.keys, "recovery-key");

	if (cn_store_create(&cli->run, opt.test ? CN_STORE_TEST : 0, recovery,
	    err) < 0)
		return -1;
	cn_cli_note("store: %s", cli->run.home);
	cn_cli_note("keys: %s (back them up apart from the store)",
	    cli->run.keys);
	cn_cli_note("recovery key: %s (keep it elsewhere: it opens everything "
	    "if the key file is lost)", recovery);
	return 0;
}

static void finding(void *arg, const char *line)
{
	struct cn_cli *cli = arg;
	struct cn_err err;

	/* The sink keeps its error: the end of the run reports it. */
	if (cn_out_fmt(&cli->out, &err, "%s\n", line) < 0)
		return;
}

static int doctor(struct cn_cli *cli, struct cn_err *err)
{
	struct cn_desk d;
	int n;

	if (cn_desk_open(&d, cli, CN_STORE_READ, err) < 0)
		return -1;
	n = cn_store_check(d.store, finding, cli, err);
	cn_desk_close(&d);
	if (n < 0)
		return -1;
	if (n == 0)
		return cn_out_fmt(&cli->out, err, "all is well\n");
	if (opt.check)
		cn_cli_status(cli, CN_NO);
	return 0;
}

static int config(struct cn_cli *cli, struct cn_err *err)
{
	struct cn_config c;
	const char *const *v;
	const char *from;

	if (cn_config_load(&c, cli->run.config, &cli->arena, err) < 0)
		return -1;
	from = c.path ? c.path : "default";
	if (cn_out_fmt(&cli->out, err, "home: %s\nkeys: %s\nname: %s\t# %s\n"
	    "timezone: %s\t# %s\n", cli->run.home, cli->run.keys,
	    c.name ? c.name : "", from, c.timezone ? c.timezone : "UTC",
	    c.timezone ? from : "default") < 0)
		return -1;
	for (v = c.desk; *v != NULL; v++)
		if (cn_out_fmt(&cli->out, err, "desk: %s\t# %s\n", *v, from) < 0)
			return -1;
	for (v = c.agents; *v != NULL; v++)
		if (cn_out_fmt(&cli->out, err, "agent: %s\t# %s\n", *v, from) < 0)
			return -1;
	return 0;
}

static int run(struct cn_cli *cli, struct cn_err *err)
{
	static int (*const verb[])(struct cn_cli *, struct cn_err *) = {
		[INIT] = init, [DOCTOR] = doctor, [CONFIG] = config
	};

	return verb[cli->verb](cli, err);
}

int main(int argc, char **argv)
{
	return cn_cli_main(argc, argv, &cmd, run);
}
