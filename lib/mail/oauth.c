#include "mail/oauth.h"

#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <curl/curl.h>

#include "base/json.h"

#define BODY_MAX (256u << 10)
#define TIME_S 20L
#define TOKEN_MAX (32u << 10)
#define URL_MAX 2048
#define SPAN_MAX ((int64_t)3650 * 86400)
#define INTERVAL 5		/* RFC 8628, section 3.2: where none is said */
#define INTERVAL_MAX 300

void cn_oauth_wipe(struct cn_oauth_tokens *t)
{
	cn_buf_wipe(&t->access);
	cn_buf_wipe(&t->refresh);
	*t = (struct cn_oauth_tokens){ 0 };
}

/* --- one request --- */

static size_t take(char *p, size_t one, size_t n, void *arg)
{
	struct cn_buf *b = arg;

	if (one * n > BODY_MAX - b->len)
		return 0;
	cn_buf_add(b, p, one * n);
	return one * n;
}

static int stopped(void *arg, curl_off_t a, curl_off_t b, curl_off_t c,
    curl_off_t d)
{
	const struct cn_run *run = arg;

	(void)a, (void)b, (void)c, (void)d;
	return *run->stop != 0;
}

static int failed(CURLcode r, struct cn_err *err)
{
	switch (r) {
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_SSL_ISSUER_ERROR:
		return cn_fail(err, CN_UNAVAILABLE, "the provider's "
		    "certificate is not trusted");
	case CURLE_SSL_CONNECT_ERROR:
		return cn_fail(err, CN_UNAVAILABLE, "the provider and we agree "
		    "on no TLS");
	case CURLE_SSL_CACERT_BADFILE:
		return cn_fail(err, CN_CONFIG, "the file of authorities "
		    "cannot be read");
	case CURLE_WRITE_ERROR:
		return cn_fail(err, CN_UNAVAILABLE, "the provider's answer "
		    "is larger than %u bytes", BODY_MAX);
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_URL_MALFORMAT:
		return cn_fail(err, CN_CONFIG, "the provider's address is no "
		    "https URL");
	case CURLE_ABORTED_BY_CALLBACK:
		return cn_fail(err, CN_TEMPFAIL, "stopped");
	default:
		/* libcurl's own words for the code: no name, no data. */
		return cn_fail(err, CN_TEMPFAIL, "the provider: %s",
		    curl_easy_strerror(r));
	}
}

static void set_up(CURL *c, const struct cn_oauth_conf *conf, const char *url,
    const struct cn_buf *form, struct cn_buf *out)
{
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	if (conf->ca_file != NULL)
		curl_easy_setopt(c, CURLOPT_CAINFO, conf->ca_file);
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, TIME_S);
	curl_easy_setopt(c, CURLOPT_USERAGENT, "convonest");
	curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE, (long)form->len);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, form->p);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, out);
	curl_easy_setopt(c, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(c, CURLOPT_XFERINFOFUNCTION, stopped);
	curl_easy_setopt(c, CURLOPT_XFERINFODATA, (void *)conf->run);
}

/* The body may hold tokens: wipe it. */
static int post(const struct cn_oauth_conf *conf, const char *url,
    const struct cn_buf *form, struct cn_buf *body, long *http,
    struct cn_err *err)
{
	struct curl_slist *h = curl_slist_append(NULL,
	    "Accept: application/json");
	CURL *c = curl_easy_init();
	CURLcode r = CURLE_OUT_OF_MEMORY;

	if (c != NULL && h != NULL) {
		set_up(c, conf, url, form, body);
		curl_easy_setopt(c, CURLOPT_HTTPHEADER, h);
		r = curl_easy_perform(c);
		curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, http);
	}
	curl_easy_cleanup(c);
	curl_slist_free_all(h);
	return r == CURLE_OK ? 0 : failed(r, err);
}

static bool unreserved(char c)		/* RFC 3986, section 2.3 */
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || (c != '\0' && strchr("-._~", c));
}

void cn_oauth_field(struct cn_buf *b, const char *name, const char *value)
{
	if (value == NULL)
		return;
	if (b->len > 0)
		cn_buf_ch(b, '&');
	cn_buf_str(b, name);
	cn_buf_ch(b, '=');
	for (; *value != '\0'; value++) {
		if (unreserved(*value))
			cn_buf_ch(b, *value);
		else
			cn_buf_fmt(b, "%%%02X", (unsigned char)*value);
	}
}

/* --- answers --- */

/* The words of RFC 6749 (5.2), RFC 8628 (3.5), OpenID Connect Core (3.1.2.6)
 * and Microsoft's, by what they ask for. */
static const struct {
	const char *word;
	enum cn_oauth_said said;
	int status;
	const char *meaning;
} words[] = {
	{ "authorization_pending", CN_OAUTH_PENDING, 0, NULL },
	{ "slow_down", CN_OAUTH_SLOW_DOWN, 0, NULL },
	{ "access_denied", CN_OAUTH_FAILED, CN_NOPERM,
	  "it was refused to let us in" },
	{ "authorization_declined", CN_OAUTH_FAILED, CN_NOPERM,
	  "it was refused to let us in" },
	{ "expired_token", CN_OAUTH_FAILED, CN_NOPERM,
	  "nobody has signed in in time" },
	{ "bad_verification_code", CN_OAUTH_FAILED, CN_NOPERM,
	  "the provider does not know the code any more" },
	{ "invalid_grant", CN_OAUTH_FAILED, CN_NOPERM,
	  "the provider does not take the token or code any more" },
	{ "interaction_required", CN_OAUTH_FAILED, CN_NOPERM,
	  "the provider wants to see a person" },
	{ "login_required", CN_OAUTH_FAILED, CN_NOPERM,
	  "the provider wants to see a person" },
	{ "consent_required", CN_OAUTH_FAILED, CN_NOPERM,
	  "the provider wants a person to consent" },
	{ "invalid_client", CN_OAUTH_FAILED, CN_CONFIG,
	  "the provider does not take the client's id or secret" },
	{ "unauthorized_client", CN_OAUTH_FAILED, CN_CONFIG,
	  "the client may not sign in in this way" },
	{ "unsupported_grant_type", CN_OAUTH_FAILED, CN_CONFIG,
	  "the provider does not know this way to sign in" },
	{ "invalid_scope", CN_OAUTH_FAILED, CN_CONFIG,
	  "the provider does not grant this scope" },
	{ "invalid_request", CN_OAUTH_FAILED, CN_CONFIG,
	  "the provider misses something in the request" },
	{ "temporarily_unavailable", CN_OAUTH_FAILED, CN_TEMPFAIL,
	  "the provider is busy" },
	{ "server_error", CN_OAUTH_FAILED, CN_TEMPFAIL,
	  "the provider has an error" },
};

/* A word that can be shown: an error is one of a list (RFC 6749, 5.2). */
static bool plain(const char *w)
{
	return *w != '\0' && strlen(w) <= 40 &&
	    strspn(w, "abcdefghijklmnopqrstuvwxyz_") == strlen(w);
}

static enum cn_oauth_said refused(const char *w, struct cn_err *err)
{
	size_t i;

	for (i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(words[i].word, w) != 0)
			continue;
		if (words[i].said == CN_OAUTH_FAILED)
			cn_fail(err, words[i].status, "%s (%s)",
			    words[i].meaning, w);
		return words[i].said;
	}
	cn_fail(err, CN_UNAVAILABLE, "the provider refuses%s%s",
	    plain(w) ? ": " : "", plain(w) ? w : "");
	return CN_OAUTH_FAILED;
}

/* Microsoft's number says more than its word. */
static void add_number(struct cn_str body, struct cn_err *err)
{
	struct cn_str list = cn_json_get(body, "error_codes");
	size_t n = strlen(err->msg);
	struct cn_json_it it;
	int64_t code;

	if (cn_json_type(list) != CN_JSON_ARRAY)
		return;
	cn_json_walk(&it, list);
	if (cn_json_next(&it) && cn_json_int(it.val, &code))
		snprintf(err->msg + n, sizeof(err->msg) - n, ", AADSTS%lld",
		    (long long)code);
}

/* Is it an object at all, and which error does it tell?  0 none. */
static int object(struct cn_str body, long http, struct cn_arena *mem,
    enum cn_oauth_said *said, struct cn_err *err)
{
	struct cn_err why;
	const char *w;

	*said = CN_OAUTH_FAILED;
	if (http >= 300 && http < 400)
		return cn_fail(err, CN_UNAVAILABLE, "the provider sends us "
		    "elsewhere (HTTP %ld), which is not followed", http);
	if (http >= 500 || http == 429)
		return cn_fail(err, CN_TEMPFAIL, "the provider is away "
		    "(HTTP %ld)", http);
	if (cn_json_check(body, &why) < 0 ||
	    cn_json_type(body) != CN_JSON_OBJECT)
		return cn_fail(err, CN_UNAVAILABLE, "the provider's answer is "
		    "no JSON object (HTTP %ld)", http);
	w = cn_json_string(mem, cn_json_get(body, "error"));
	if (w != NULL) {
		if ((*said = refused(w, err)) == CN_OAUTH_FAILED)
			add_number(body, err);
		return -1;
	}
	if (http != 200)
		return cn_fail(err, CN_UNAVAILABLE, "the provider's answer is "
		    "HTTP %ld", http);
	return 0;
}

/* RFC 6749, appendix A.12: VSCHAR.  What is sent on must stay one line. */
static bool token(const char *s)
{
	size_t n = s ? strlen(s) : 0, i;

	for (i = 0; i < n; i++)
		if (s[i] < 0x21 || s[i] > 0x7e)
			return false;
	return n > 0 && n <= TOKEN_MAX;
}

static int64_t span(struct cn_str object, const char *key, int64_t dflt)
{
	int64_t v;

	if (!cn_json_int(cn_json_get(object, key), &v))
		return dflt;
	return v < 0 ? 0 : v > SPAN_MAX ? SPAN_MAX : v;
}

void cn_oauth_answer(struct cn_str body, long http, struct cn_oauth_tokens *t,
    enum cn_oauth_said *said, struct cn_err *err)
{
	struct cn_arena mem = { 0 };	/* is wiped */
	const char *access, *refresh, *type;

	if (object(body, http, &mem, said, err) == 0) {
		access = cn_json_string(&mem, cn_json_get(body,
		    "access_token"));
		refresh = cn_json_string(&mem, cn_json_get(body,
		    "refresh_token"));
		type = cn_json_string(&mem, cn_json_get(body, "token_type"));
		if (!token(access) || (refresh != NULL && !token(refresh)) ||
		    (type != NULL && !cn_str_ieq(cn_str(type), "bearer"))) {
			cn_fail(err, CN_UNAVAILABLE, "the provider's answer "
			    "holds no token that we can use");
		} else {
			cn_oauth_wipe(t);
			cn_buf_str(&t->access, access);
			cn_buf_str(&t->refresh, refresh ? refresh : "");
			t->access_s = span(body, "expires_in", 3600);
			t->refresh_s = span(body, "refresh_token_expires_in",
			    0);
			*said = CN_OAUTH_GRANTED;
		}
	}
	cn_arena_release(&mem);
}

/* What a person is shown: no other scheme, nothing that drives a terminal. */
static bool url(const char *s)
{
	size_t n = s ? strlen(s) : 0, i;

	for (i = 0; i < n; i++)
		if (s[i] < 0x21 || s[i] > 0x7e)
			return false;
	return n <= URL_MAX && n > 8 && strncmp(s, "https://", 8) == 0;
}

int cn_oauth_code_answer(struct cn_str body, long http, struct cn_arena *mem,
    struct cn_oauth_code *c, struct cn_err *err)
{
	enum cn_oauth_said said;
	int64_t interval;

	if (object(body, http, mem, &said, err) < 0)
		return said == CN_OAUTH_FAILED ? -1 : cn_fail(err,
		    CN_UNAVAILABLE, "the provider breaks the protocol");
	c->device = cn_json_string(mem, cn_json_get(body, "device_code"));
	c->user = cn_json_string(mem, cn_json_get(body, "user_code"));
	c->url = cn_json_string(mem, cn_json_get(body, "verification_uri"));
	if (c->url == NULL)		/* Google's name for it */
		c->url = cn_json_string(mem, cn_json_get(body,
		    "verification_url"));
	c->seconds = span(body, "expires_in", 0);
	interval = span(body, "interval", INTERVAL);
	c->interval = interval < 1 ? 1 : interval > INTERVAL_MAX ?
	    INTERVAL_MAX : (int)interval;
	if (!token(c->device) || !token(c->user) || strlen(c->user) > 64 ||
	    !url(c->url) || c->seconds == 0)
		return cn_fail(err, CN_UNAVAILABLE, "the provider's answer "
		    "holds no code that we can use");
	return 0;
}

/* --- the ways --- */

/* The form of every request: who we are. */
static void client(const struct cn_oauth_conf *conf, struct cn_buf *form)
{
	cn_oauth_field(form, "client_id", conf->client_id);
	cn_oauth_field(form, "client_secret", conf->client_secret);
}

int cn_oauth_ask(const struct cn_oauth_conf *conf, const struct cn_buf *form,
    struct cn_oauth_tokens *t, enum cn_oauth_said *said, struct cn_err *err)
{
	struct cn_buf all = { 0 }, body = { 0 };
	long http = 0;
	int r;

	client(conf, &all);
	cn_buf_ch(&all, '&');
	cn_buf_add(&all, form->p, form->len);
	r = post(conf, conf->token, &all, &body, &http, err);
	if (r == 0)
		cn_oauth_answer(cn_buf_view(&body), http, t, said, err);
	cn_buf_wipe(&all);
	cn_buf_wipe(&body);
	return r;
}

/* For a grant that is given or not, at once. */
static int once(const struct cn_oauth_conf *conf, struct cn_buf *form,
    struct cn_oauth_tokens *t, struct cn_err *err)
{
	enum cn_oauth_said said = CN_OAUTH_FAILED;
	int r = cn_oauth_ask(conf, form, t, &said, err);

	cn_buf_wipe(form);
	if (r == 0 && (said == CN_OAUTH_PENDING || said == CN_OAUTH_SLOW_DOWN))
		return cn_fail(err, CN_TEMPFAIL, "the provider wants us to "
		    "come later");
	return r == 0 && said == CN_OAUTH_GRANTED ? 0 : -1;
}

int cn_oauth_refresh(const struct cn_oauth_conf *conf, const char *refresh,
    struct cn_oauth_tokens *t, struct cn_err *err)
{
	struct cn_buf form = { 0 };

	/* No scope: the one that was granted (RFC 6749, section 6). */
	cn_oauth_field(&form, "grant_type", "refresh_token");
	cn_oauth_field(&form, "refresh_token", refresh);
	return once(conf, &form, t, err);
}

int cn_oauth_client(const struct cn_oauth_conf *conf,
    struct cn_oauth_tokens *t, struct cn_err *err)
{
	struct cn_buf form = { 0 };

	cn_oauth_field(&form, "grant_type", "client_credentials");
	cn_oauth_field(&form, "scope", conf->scope);
	return once(conf, &form, t, err);
}

int cn_oauth_revoke(const struct cn_oauth_conf *conf, const char *tok,
    const char *hint, struct cn_err *err)
{
	struct cn_buf form = { 0 }, body = { 0 };
	long http = 0;
	int r;

	client(conf, &form);
	cn_oauth_field(&form, "token", tok);
	cn_oauth_field(&form, "token_type_hint", hint);
	r = post(conf, conf->revoke, &form, &body, &http, err);
	cn_buf_wipe(&form);
	cn_buf_wipe(&body);
	return r == 0 && http != 200 ? cn_fail(err, CN_UNAVAILABLE,
	    "the provider's answer is HTTP %ld", http) : r;
}

/* --- device authorization --- */

static void really_wait(const struct cn_run *run, int seconds)
{
	int64_t end = run->ms() + (int64_t)seconds * 1000, left;

	while (!*run->stop && (left = end - run->ms()) > 0)
		poll(NULL, 0, left < 200 ? (int)left : 200);
}

static int device_code(const struct cn_oauth_conf *conf, struct cn_arena *mem,
    struct cn_oauth_code *c, struct cn_err *err)
{
	struct cn_buf form = { 0 }, body = { 0 };
	long http = 0;
	int r;

	client(conf, &form);
	cn_oauth_field(&form, "scope", conf->scope);
	r = post(conf, conf->device, &form, &body, &http, err);
	if (r == 0)
		r = cn_oauth_code_answer(cn_buf_view(&body), http, mem, c,
		    err);
	cn_buf_wipe(&form);
	cn_buf_wipe(&body);
	return r;
}

/* RFC 8628, section 3.5: also how often, and what to do when the network is
 * away for a moment. */
static int wait_for_it(const struct cn_oauth_conf *conf,
    const struct cn_oauth_code *c, const struct cn_buf *form,
    struct cn_oauth_tokens *t, struct cn_err *err)
{
	int64_t end = conf->run->ms() + c->seconds * 1000;
	int interval = c->interval;
	enum cn_oauth_said said;

	for (;;) {
		(conf->wait ? conf->wait : really_wait)(conf->run, interval);
		if (*conf->run->stop)
			return cn_fail(err, CN_TEMPFAIL, "stopped");
		if (conf->run->ms() >= end) {
			refused("expired_token", err);
			return -1;
		}
		said = CN_OAUTH_FAILED;
		if (cn_oauth_ask(conf, form, t, &said, err) == 0 &&
		    said == CN_OAUTH_GRANTED)
			return 0;
		if (said == CN_OAUTH_SLOW_DOWN)
			interval += 5;
		else if (said == CN_OAUTH_FAILED &&
		    err->status == CN_TEMPFAIL)
			interval *= 2;
		else if (said == CN_OAUTH_FAILED)
			return -1;
		if (interval > INTERVAL_MAX)
			interval = INTERVAL_MAX;
	}
}

int cn_oauth_device(const struct cn_oauth_conf *conf, cn_oauth_tell *tell,
    void *arg, struct cn_oauth_tokens *t, struct cn_err *err)
{
	struct cn_arena mem = { 0 };	/* is wiped, with the device code */
	struct cn_buf form = { 0 };
	struct cn_oauth_code c;
	int r = device_code(conf, &mem, &c, err);

	if (r == 0)
		r = tell(arg, c.url, c.user, c.seconds, err);
	if (r == 0) {
		cn_oauth_field(&form, "grant_type",
		    "urn:ietf:params:oauth:grant-type:device_code");
		cn_oauth_field(&form, "device_code", c.device);
		r = wait_for_it(conf, &c, &form, t, err);
	}
	cn_buf_wipe(&form);
	cn_arena_release(&mem);
	return r;
}
