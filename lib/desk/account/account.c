#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/utf8.h"
#include "desk/account/secret.h"
#include "store/audit.h"

#define NAME_MAX_LEN 64
#define FOLDERS_MAX 256

static const char *const security_words[] = {
	[CN_IMAP_TLS] = "imaps", [CN_IMAP_STARTTLS] = "starttls",
	[CN_IMAP_PLAIN] = "plain", NULL
};
static const char *const from_words[] = {
	[CN_PASSWORD_KEPT] = "kept", [CN_PASSWORD_CMD] = "command",
	[CN_PASSWORD_FILE] = "file", [CN_PASSWORD_CREDENTIAL] = "credential",
	[CN_PASSWORD_NONE] = "none", NULL
};

/* The place of a word, or -1. */
static int word(const char *const *words, const char *w)
{
	int i;

	for (i = 0; w != NULL && words[i] != NULL; i++)
		if (strcmp(words[i], w) == 0)
			return i;
	return -1;
}

/* Nothing that could end a line on the wire or drive a terminal; and what is
 * not UTF-8 would come out of JSON as something else. */
static bool printable(const char *s, size_t max)
{
	size_t n = strlen(s);

	return n > 0 && n <= max && !cn_str_control(cn_str(s)) &&
	    cn_utf8_valid(s, n);
}

/* --- the server --- */

static bool host_name(const char *s)
{
	return *s != '\0' && strlen(s) < 254 && strspn(s, "abcdefghijklmnop"
	    "qrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:") == strlen(s);
}

/* By its name alone; where it really leads is seen when it is connected. */
static bool this_machine(const char *host)
{
	const char *dot = strrchr(host, '.');

	return strcmp(host, "localhost") == 0 || strcmp(host, "::1") == 0 ||
	    (dot != NULL && strcmp(dot, ".localhost") == 0) ||	/* RFC 6761 */
	    (strncmp(host, "127.", 4) == 0 &&
	    strspn(host, "0123456789.") == strlen(host));
}

int cn_account_server(const char *text, struct cn_arena *mem,
    struct cn_imap_conf *conf, struct cn_err *err)
{
	const char *at = strstr(text, "://"), *host = at ? at + 3 : text;
	const char *end, *port;
	int security = CN_IMAP_TLS;
	long n = 0;

	if (at != NULL)
		security = word(security_words, cn_arena_dup(mem, text,
		    (size_t)(at - text)));
	if (security < 0)
		return cn_fail(err, CN_USAGE, "server: imaps://, starttls:// "
		    "or plain:// is expected");
	if (*host == '[') {		/* RFC 3986, 3.2.2: an IPv6 address */
		end = strchr(++host, ']');
		port = end ? end + 1 : "?";
	} else {
		end = host + strcspn(host, ":");
		port = end;
	}
	if (*port == ':') {
		n = strspn(port + 1, "0123456789") == strlen(port + 1) ?
		    atol(port + 1) : 0;
		if (n < 1 || n > 65535)
			return cn_fail(err, CN_USAGE, "server: not a port");
	} else if (*port != '\0') {
		return cn_fail(err, CN_USAGE, "server: HOST or HOST:PORT is "
		    "expected");
	}
	host = cn_arena_dup(mem, host, (size_t)(end - host));
	if (!host_name(host))
		return cn_fail(err, CN_USAGE, "server: not a host name");
	if (security == CN_IMAP_PLAIN && !this_machine(host)) {
		cn_fail(err, CN_USAGE, "server: plain:// would send the "
		    "password in the clear, and is for this machine only: "
		    "localhost, 127.0.0.1 or [::1]");
		return cn_hint(err, "use imaps:// or starttls://");
	}
	conf->host = host;
	conf->port = (int)n;
	conf->security = (enum cn_imap_security)security;
	return 0;
}

const char *cn_account_server_text(const struct cn_imap_conf *c,
    struct cn_arena *mem)
{
	bool v6 = strchr(c->host, ':') != NULL;
	const char *port = c->port ? cn_arena_fmt(mem, ":%d", c->port) : "";

	return cn_arena_fmt(mem, "%s://%s%s%s%s", security_words[c->security],
	    v6 ? "[" : "", c->host, v6 ? "]" : "", port);
}

const char *cn_account_login_text(const struct cn_account *a,
    struct cn_arena *mem)
{
	return cn_arena_fmt(mem, "%s, %s", a->oauth ? "oauth" : "password",
	    a->oauth ? a->oauth->name : from_words[a->from]);
}

/* --- settings as JSON --- */

void cn_account_conf(const struct cn_account *a, struct cn_buf *b)
{
	size_t i;

	cn_buf_ch(b, '{');
	cn_json_kv(b, "host", a->imap.host);
	cn_json_kvi(b, "port", a->imap.port);
	cn_json_kv(b, "security", security_words[a->imap.security]);
	if (a->imap.ca_file != NULL)
		cn_json_kv(b, "ca_file", a->imap.ca_file);
	if (a->imap.compress)
		cn_json_kvb(b, "compress", true);
	cn_json_kv(b, "user", a->user);
	cn_json_kv(b, "password", from_words[a->from]);
	if (a->where != NULL)
		cn_json_kv(b, "where", a->where);
	if (a->oauth != NULL) {
		cn_json_key(b, "oauth");
		cn_provider_put(a->oauth, b);
	}
	cn_json_key(b, "folders");
	cn_buf_ch(b, '[');
	for (i = 0; i < a->nfolders; i++) {
		if (i > 0)
			cn_buf_ch(b, ',');
		cn_json_puts(b, a->folders[i]);
	}
	cn_buf_str(b, "]}");
}

static int get_folders(struct cn_account *a, struct cn_str list,
    struct cn_arena *mem)
{
	struct cn_json_it it;
	const char **v;
	size_t n = 0;

	if (cn_json_type(list) != CN_JSON_ARRAY)
		return -1;
	for (cn_json_walk(&it, list); cn_json_next(&it); n++)
		;
	v = cn_arena_alloc(mem, (n + 1) * sizeof(*v));
	for (n = 0, cn_json_walk(&it, list); cn_json_next(&it); n++)
		if ((v[n] = cn_json_string(mem, it.val)) == NULL)
			return -1;
	a->folders = v;
	a->nfolders = n;
	return 0;
}

static int get_oauth(struct cn_account *a, struct cn_str o,
    struct cn_arena *mem)
{
	struct cn_provider *p;

	if (o.n == 0)
		return 0;
	p = cn_arena_alloc(mem, sizeof(*p));
	a->oauth = p;
	return cn_json_type(o) == CN_JSON_OBJECT && cn_provider_get(p, o, mem) ?
	    0 : -1;
}

static int get_conf(struct cn_account *a, struct cn_str conf,
    struct cn_arena *mem, struct cn_err *err)
{
	int64_t port = 0;
	int security, from;

	if (conf.n == 0) {		/* gone with the credentials */
		a->imap.host = a->user = "";
		return 0;
	}
	if (cn_json_check(conf, err) < 0 ||
	    cn_json_type(conf) != CN_JSON_OBJECT)
		goto bad;
	a->imap.host = cn_json_string(mem, cn_json_get(conf, "host"));
	security = word(security_words, cn_json_string(mem,
	    cn_json_get(conf, "security")));
	from = word(from_words, cn_json_string(mem,
	    cn_json_get(conf, "password")));
	a->user = cn_json_string(mem, cn_json_get(conf, "user"));
	if (a->imap.host == NULL || security < 0 || from < 0 ||
	    a->user == NULL ||
	    !cn_json_int(cn_json_get(conf, "port"), &port) ||
	    get_folders(a, cn_json_get(conf, "folders"), mem) < 0 ||
	    get_oauth(a, cn_json_get(conf, "oauth"), mem) < 0)
		goto bad;
	a->imap.port = (int)port;
	a->imap.security = (enum cn_imap_security)security;
	a->imap.ca_file = cn_json_string(mem, cn_json_get(conf, "ca_file"));
	a->imap.compress = cn_json_true(cn_json_get(conf, "compress"));
	a->from = (enum cn_password_from)from;
	a->where = cn_json_string(mem, cn_json_get(conf, "where"));
	return 0;
bad:
	return cn_fail(err, CN_INTEGRITY, "account %s: its settings are "
	    "damaged", a->pub);
}

static int from_row(struct cn_account *a, const struct cn_account_row *row,
    struct cn_arena *mem, struct cn_err *err)
{
	*a = (struct cn_account){ .id = row->id, .name = row->name,
	    .state = row->state, .signed_in = row->signed_in,
	    .expires = row->expires, .fetched = row->fetched,
	    .arrived = row->arrived, .created = row->created };
	memcpy(a->pub, row->pub, sizeof(a->pub));
	return get_conf(a, row->conf, mem, err);
}

int cn_accounts(struct cn_store *s, struct cn_arena *mem,
    struct cn_account **out, size_t *n, struct cn_err *err)
{
	struct cn_account_row *rows;
	struct cn_account *v;
	size_t i, count;

	if (cn_account_rows(s, mem, &rows, &count, err) < 0)
		return -1;
	v = cn_arena_alloc(mem, (count + 1) * sizeof(*v));
	for (i = 0; i < count; i++)
		if (from_row(&v[i], &rows[i], mem, err) < 0)
			return -1;
	*out = v;
	*n = count;
	return 0;
}

int cn_account_find(struct cn_store *s, const char *name,
    struct cn_arena *mem, struct cn_account *out, struct cn_err *err)
{
	struct cn_account_row row;
	struct cn_account a;
	int r = cn_account_row(s, name, mem, &row, err);

	if (r != 1)
		return r;
	if (from_row(&a, &row, mem, err) < 0)
		return -1;
	*out = a;
	return 1;
}

/* --- add --- */

/* Names stand in commands that are shown to be copied. */
static bool good_name(const char *s)
{
	return *s != '\0' && *s != '-' && strlen(s) <= NAME_MAX_LEN &&
	    strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "0123456789._@+-") == strlen(s);
}

int cn_account_where(const struct cn_account *a, struct cn_err *err)
{
	if (a->where != NULL && !printable(a->where, 4096))
		return cn_fail(err, CN_USAGE, "%s: empty, too long or not "
		    "plain text", from_words[a->from]);
	if (a->imap.ca_file != NULL && !printable(a->imap.ca_file, 4096))
		return cn_fail(err, CN_USAGE, "ca-file: not plain text");
	return 0;
}

static int check(const struct cn_account *a, struct cn_err *err)
{
	size_t i;

	if (!good_name(a->name))
		return cn_fail(err, CN_USAGE, "not a name for an account: "
		    "letters, digits and . _ @ + - are, %d at most",
		    NAME_MAX_LEN);
	if (!printable(a->user, 320))
		return cn_fail(err, CN_USAGE, "user: not a name");
	if (a->nfolders > FOLDERS_MAX)
		return cn_fail(err, CN_USAGE, "folder: more than %d patterns",
		    FOLDERS_MAX);
	for (i = 0; i < a->nfolders; i++)
		if (!printable(a->folders[i], 1024))
			return cn_fail(err, CN_USAGE, "folder: pattern %zu is "
			    "empty, too long or not plain text", i + 1);
	return cn_account_where(a, err);
}

static int add(struct cn_store *s, struct cn_account *a, struct cn_str conf,
    struct cn_str secret, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	int r, flow = -1;

	if (cn_store_leaves(s, CN_LEAF_ACCOUNT, 2, err) < 0 ||
	    cn_store_begin(s, err) < 0)
		return -1;
	r = cn_account_row_add(s, a->name, conf, secret, a->pub, err);
	/* Somebody must sign in before anything can be fetched. */
	if (r == 0 && a->oauth != NULL && cn_provider_flow(a->oauth, &flow) &&
	    flow != CN_FLOW_CLIENT)
		r = cn_account_row_times(s, a->pub, 0, cn_store_now(s), err);
	if (r == 0)
		r = cn_audit(s, &(struct cn_audit_entry){ .what =
		    cn_arena_fmt(&mem, "account %s added", a->pub) }, err);
	cn_arena_release(&mem);
	if (r == 0)
		return cn_store_commit(s, err);
	cn_store_rollback(s);
	return -1;
}

int cn_account_add(struct cn_store *s, struct cn_account *a,
    struct cn_str password, struct cn_err *err)
{
	struct cn_buf conf = { 0 }, b = { 0 };
	struct cn_secret x = { .flow = -1 };
	int r;

	if (check(a, err) < 0)
		return -1;
	if (a->from == CN_PASSWORD_KEPT)
		x.password = cn_arena_dup(&x.mem, password.p, password.n);
	cn_account_conf(a, &conf);
	cn_secret_put(&x, &b);
	r = add(s, a, cn_buf_view(&conf), cn_buf_view(&b), err);
	cn_buf_wipe(&conf);
	cn_buf_wipe(&b);
	cn_secret_release(&x);
	return r;
}

/* --- what a fetch asks --- */

int cn_account_lock(struct cn_store *s, const struct cn_account *a,
    int wait_ms, int *fd, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	int r = cn_lock(cn_arena_fmt(&mem, "%s/account-%s.lock",
	    cn_store_run(s)->home, a->pub), wait_ms, fd, err);

	cn_arena_release(&mem);
	if (r < 0 && err->status == CN_TEMPFAIL) {
		cn_fail(err, CN_TEMPFAIL, "%s: another program is at work on "
		    "this account", a->name);
		cn_hint(err, "wait for it, or use --wait 1m");
	}
	return r;
}

int cn_account_live(struct cn_store *s, const struct cn_account *a,
    struct cn_err *err)
{
	return cn_account_row_live(s, a->pub, err);
}
