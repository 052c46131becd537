/* config.h - who the desk is (cn-config(5)) */
#ifndef CN_CONFIG_H
#define CN_CONFIG_H

#include "base/yaml.h"

struct cn_config {
	const char *path;		/* or NULL: all defaults */
	const char *name;		/* of the company, or NULL */
	const char *timezone;		/* or NULL: UTC */
	const char **desk, **agents;	/* normalised, NULL-ended */
	struct cn_yaml *providers;	/* of OAuth 2.0 (provider.h), or NULL */
};

/* Strings live in the arena.  path NULL: defaults. */
int cn_config_load(struct cn_config *, const char *path, struct cn_arena *,
    struct cn_err *) CN_CHECKED;
/* Is this address one of the desk's or an agent's?  An entry '@example.com'
 * stands for every address there. */
bool cn_config_is_desk(const struct cn_config *, const char *address);
/* Is it a mailbox that the desk shares, and so nobody's name: one of those under
 * 'desk' that are whole addresses?  norm is as cn_ident_normal() gives it. */
bool cn_config_is_shared(const struct cn_config *, const char *norm);

#endif
