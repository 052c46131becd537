/* A person signs in at the provider. */
#include <string.h>

#include "desk/account/secret.h"

void cn_account_hint(const struct cn_account *a, struct cn_err *err)
{
	if (err->status == CN_NOPERM && a->oauth != NULL)
		cn_hint(err, "'cn-account auth %s'", a->name);
	else if (err->status == CN_NOPERM && a->from != CN_PASSWORD_KEPT)
		cn_hint(err, "see that its command, file or credential gives "
		    "the password that it takes now, or name another: "
		    "'cn-account rotate %s --pass-file ...'", a->name);
	else if (err->status == CN_NOPERM)
		cn_hint(err, "give the password that it takes now: "
		    "'cn-account rotate %s'", a->name);
	else if (err->status == CN_CONFIG && err->hint[0] == '\0')
		cn_hint(err, "see the provider's settings for this client; a "
		    "new secret: 'cn-account rotate %s'", a->name);
}

static int sign_in(const struct cn_oauth_conf *c, int flow, int paste,
    cn_oauth_tell *tell, void *arg, struct cn_oauth_tokens *t,
    struct cn_err *err)
{
	switch (flow) {
	case CN_FLOW_DEVICE:
		return cn_oauth_device(c, tell, arg, t, err);
	case CN_FLOW_CODE:
		return cn_oauth_browser(c, paste, tell, arg, t, err);
	default:
		return cn_oauth_client(c, t, err);
	}
}

int cn_account_auth(struct cn_store *s, const struct cn_account *a, int flow,
    int paste, cn_oauth_tell *tell, void *arg, struct cn_err *err)
{
	struct cn_oauth_tokens t = { 0 };
	struct cn_oauth_conf c;
	struct cn_secret x;
	int r;

	if (a->oauth == NULL)
		return cn_fail(err, CN_USAGE, "%s: it logs in with a password",
		    a->name);
	if (!cn_provider_flow(a->oauth, &flow))
		return cn_fail(err, CN_USAGE, "%s: provider %s has no flow %s",
		    a->name, a->oauth->name, cn_flow_words[flow]);
	if (cn_secret_open(s, a, &x, err) < 0)
		return -1;
	r = cn_secret_client(s, a, &x, flow, &c, err);
	if (r == 0 && (r = sign_in(&c, flow, paste, tell, arg, &t, err)) < 0) {
		cn_account_hint(a, err);
		cn_wrap(err, "%s", a->name);
	}
	if (r == 0)
		r = cn_secret_took(s, a, &x, flow, &t, err);
	cn_oauth_wipe(&t);
	cn_secret_release(&x);
	return r;
}
