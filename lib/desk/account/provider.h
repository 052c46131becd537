/* provider.h - OAuth 2.0 providers: a table in YAML
 *
 * The file that is installed (providers.yaml) knows some; the configuration
 * may add others under `providers` and, key by key, change these. */
#ifndef CN_PROVIDER_H
#define CN_PROVIDER_H

#include "base/yaml.h"
#include "mail/oauth.h"

enum cn_flow { CN_FLOW_DEVICE, CN_FLOW_CODE, CN_FLOW_CLIENT };
extern const char *const cn_flow_words[];	/* NULL-ended */

struct cn_provider {
	const char *name, *server;
	const char *flows;		/* words, the usual one first */
	const char *device, *authorize, *authorize_with, *token, *revoke;
	const char *redirect, *scope, *client_scope, *client_id, *ca_file;
	int64_t refresh_days;		/* 0: no end is known */
};

/* The provider of that name, ready to be used: status 78 where there is none,
 * or something is missing in it or wrong.  more: the configuration's, or
 * NULL.  Strings live in the arena. */
int cn_provider_find(struct cn_provider *, const char *name,
    const char *path, struct cn_yaml *more, const char *more_path,
    struct cn_arena *, struct cn_err *) CN_CHECKED;
/* Has a table of providers nothing but what is known?  Status 78 and the
 * line. */
int cn_provider_check(struct cn_yaml *table, const char *path,
    struct cn_err *) CN_CHECKED;
/* Can it do this flow?  -1 for the flow: the usual one is put there. */
bool cn_provider_flow(const struct cn_provider *, int *flow);
/* What lib/mail asks: all but the secret. */
void cn_provider_conf(const struct cn_provider *, int flow,
    struct cn_oauth_conf *);

/* As members of an object, and back (borrowed from the arena); false: not
 * whole. */
void cn_provider_put(const struct cn_provider *, struct cn_buf *);
bool cn_provider_get(struct cn_provider *, struct cn_str object,
    struct cn_arena *);

#endif
