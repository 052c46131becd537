/* oauth.h - tokens from an OAuth 2.0 provider (RFC 6749)
 *
 * The ways to a token: device authorization (RFC 8628), authorization code
 * with PKCE on a loopback address (RFC 7636, RFC 8252), client credentials,
 * and the refresh of what one of the first two gave.  By libcurl: https only,
 * verified, TLS 1.2 up, no redirects, no proxy, 20 seconds and 256 KiB an
 * answer.  Nothing here is stored: the caller commits a new refresh token
 * before it uses the access token, for a provider may have ended the old one.
 *
 * Statuses: 75 the network or the provider is away (also a run that was
 * stopped); 69 no trusted provider (its certificate), or one that breaks the
 * protocol; 77 a person must sign in (again); 78 the provider does not take
 * this client: its id, secret, scope or flow.  Messages hold the provider's
 * error word, never its prose. */
#ifndef CN_OAUTH_H
#define CN_OAUTH_H

#include "base/run.h"

struct cn_oauth_conf {			/* all borrowed */
	const char *device, *authorize, *token, *revoke; /* https, or NULL */
	const char *authorize_with;	/* more of its query, or NULL */
	const char *redirect;		/* host of the loopback; NULL:
					 * 127.0.0.1 */
	const char *client_id, *client_secret;	/* secret: or NULL */
	const char *scope;
	const char *ca_file;		/* anchors, in place of the system's */
	const struct cn_run *run;	/* ms, stop */
	/* Waits so many seconds, less when the run is stopped; NULL: really. */
	void (*wait)(const struct cn_run *, int seconds);
};

struct cn_oauth_tokens {
	struct cn_buf access, refresh;	/* refresh: empty if none was given */
	int64_t access_s, refresh_s;	/* how long they last; refresh_s 0:
					 * not said */
};
void cn_oauth_wipe(struct cn_oauth_tokens *);

/* Told what a person has to do within so many seconds: open the URL and, if
 * there is a code, type it there. */
typedef int cn_oauth_tell(void *, const char *url, const char *code,
    int64_t seconds, struct cn_err *);

int cn_oauth_device(const struct cn_oauth_conf *, cn_oauth_tell *, void *,
    struct cn_oauth_tokens *, struct cn_err *) CN_CHECKED;
/* Waits on a port of the loopback for the browser, ten minutes at most.  The
 * browser may be on another machine: a line on the descriptor `paste` (-1:
 * none) is the address at which it ended. */
int cn_oauth_browser(const struct cn_oauth_conf *, int paste, cn_oauth_tell *,
    void *, struct cn_oauth_tokens *, struct cn_err *) CN_CHECKED;
int cn_oauth_client(const struct cn_oauth_conf *, struct cn_oauth_tokens *,
    struct cn_err *) CN_CHECKED;
/* Once, whatever comes: an answer that was lost may have ended the token. */
int cn_oauth_refresh(const struct cn_oauth_conf *, const char *refresh,
    struct cn_oauth_tokens *, struct cn_err *) CN_CHECKED;
/* RFC 7009; hint: 'refresh_token' or 'access_token'. */
int cn_oauth_revoke(const struct cn_oauth_conf *, const char *token,
    const char *hint, struct cn_err *) CN_CHECKED;

/* --- between oauth.c, loopback.c and the tests --- */

enum cn_oauth_said { CN_OAUTH_GRANTED, CN_OAUTH_PENDING, CN_OAUTH_SLOW_DOWN,
	CN_OAUTH_FAILED };
/* What a token endpoint answered.  0 and *said, where FAILED sets err too. */
void cn_oauth_answer(struct cn_str body, long http, struct cn_oauth_tokens *,
    enum cn_oauth_said *said, struct cn_err *);

struct cn_oauth_code {
	const char *device, *user, *url;	/* in the arena */
	int64_t seconds;
	int interval;
};
/* What a device endpoint answered. */
int cn_oauth_code_answer(struct cn_str body, long http, struct cn_arena *,
    struct cn_oauth_code *, struct cn_err *) CN_CHECKED;
/* What a browser brought: 1 the code, 0 not of our request, -1 refused. */
int cn_oauth_redirect(struct cn_str query, const char *state,
    struct cn_buf *code, struct cn_err *) CN_CHECKED;

/* Appends name=value, percent-encoded, with & before if it is not the
 * first; a value of NULL is left out. */
void cn_oauth_field(struct cn_buf *, const char *name, const char *value);
/* POSTs a form to the token endpoint; one answer. */
int cn_oauth_ask(const struct cn_oauth_conf *, const struct cn_buf *form,
    struct cn_oauth_tokens *, enum cn_oauth_said *, struct cn_err *)
    CN_CHECKED;

#endif
