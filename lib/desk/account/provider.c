#include "desk/account/provider.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"

const char *const cn_flow_words[] = {
	[CN_FLOW_DEVICE] = "device", [CN_FLOW_CODE] = "code",
	[CN_FLOW_CLIENT] = "client", NULL
};

/* Every key of the table that is a word. */
#define AT(member) offsetof(struct cn_provider, member)
static const struct {
	const char *key;
	size_t at;
	bool url;
} keys[] = {
	{ "server", AT(server), false }, { "flows", AT(flows), false },
	{ "device", AT(device), true }, { "authorize", AT(authorize), true },
	{ "authorize_with", AT(authorize_with), false },
	{ "token", AT(token), true }, { "revoke", AT(revoke), true },
	{ "redirect", AT(redirect), false }, { "scope", AT(scope), false },
	{ "client_scope", AT(client_scope), false },
	{ "client_id", AT(client_id), false },
	{ "ca_file", AT(ca_file), false },
};
#define NKEYS (sizeof(keys) / sizeof(keys[0]))

static const char **member(struct cn_provider *p, size_t i)
{
	return (const char **)((char *)p + keys[i].at);
}

static const char *value(const struct cn_provider *p, size_t i)
{
	return *(const char *const *)((const char *)p + keys[i].at);
}

/* --- from the table --- */

struct place {
	struct cn_yaml *map;		/* of one provider, or NULL */
	const char *path;
};

/* What the configuration says wins over the table. */
static const char *say(const struct place at[2], const char *key)
{
	const char *v = cn_yaml_str(at[1].map, key, NULL);

	return v ? v : cn_yaml_str(at[0].map, key, NULL);
}

static int known(const struct place *at, struct cn_err *err)
{
	const char *list[NKEYS + 3];
	struct cn_yaml *n;
	size_t i;

	for (i = 0; i < NKEYS; i++)
		list[i] = keys[i].key;
	list[i++] = "tenant";
	list[i++] = "refresh_days";
	list[i] = NULL;
	if (cn_yaml_known(at->map, at->path, list, err) < 0)
		return -1;
	for (n = at->map->child; n != NULL; n = n->next)
		if (n->kind != CN_YAML_SCALAR)
			return cn_fail(err, CN_CONFIG, "%s:%d: %s: a word is "
			    "expected", at->path, n->line, n->key);
	return 0;
}

int cn_provider_check(struct cn_yaml *table, const char *path,
    struct cn_err *err)
{
	struct cn_yaml *n;

	for (n = table->child; n != NULL; n = n->next) {
		if (n->kind != CN_YAML_MAP)
			return cn_fail(err, CN_CONFIG, "%s:%d: %s: a map is "
			    "expected", path, n->line, n->key);
		if (known(&(struct place){ n, path }, err) < 0)
			return -1;
	}
	return 0;
}

/* A tenant is a domain or a GUID: nothing that changes the URL around it. */
static const char *with_tenant(struct cn_arena *mem, const char *url,
    const char *tenant)
{
	const char *at = strstr(url, "{tenant}");

	if (at == NULL)
		return url;
	if (tenant == NULL || *tenant == '\0' || strspn(tenant, "abcdefghijkl"
	    "mnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-") !=
	    strlen(tenant))
		return NULL;
	return cn_arena_fmt(mem, "%.*s%s%s", (int)(at - url), url, tenant,
	    at + strlen("{tenant}"));
}

static int fill(struct cn_provider *p, const struct place at[2],
    struct cn_arena *mem, struct cn_err *err)
{
	const char *v, *days = say(at, "refresh_days");
	size_t i;

	for (i = 0; i < NKEYS; i++) {
		if ((v = say(at, keys[i].key)) == NULL)
			continue;
		if (keys[i].url && (v = with_tenant(mem, v,
		    say(at, "tenant"))) == NULL)
			return cn_fail(err, CN_CONFIG, "provider %s: tenant: "
			    "a domain or an id is expected", p->name);
		if (cn_str_control(cn_str(v)) || (keys[i].url &&
		    strncmp(v, "https://", 8) != 0))
			return cn_fail(err, CN_CONFIG, "provider %s: %s: %s",
			    p->name, keys[i].key, keys[i].url ?
			    "an https URL is expected" :
			    "it has control characters");
		*member(p, i) = v;
	}
	if (p->ca_file != NULL && p->ca_file[0] != '/')
		return cn_fail(err, CN_CONFIG, "provider %s: ca_file: a path "
		    "from the root is expected", p->name);
	p->refresh_days = days ? atol(days) : 0;
	if (p->refresh_days < 0 || p->refresh_days > 3650)
		return cn_fail(err, CN_CONFIG, "provider %s: refresh_days: "
		    "a number of days is expected", p->name);
	return 0;
}

/* Each flow with what it needs. */
static bool has(const struct cn_provider *p, int flow)
{
	size_t n = strlen(cn_flow_words[flow]);
	const char *w = p->flows ? p->flows : "";

	while ((w = strstr(w, cn_flow_words[flow])) != NULL &&
	    ((w != p->flows && w[-1] != ' ') || (w[n] && w[n] != ' ')))
		w += n;
	return w != NULL && p->token != NULL && (flow == CN_FLOW_DEVICE ?
	    p->device && p->scope : flow == CN_FLOW_CODE ?
	    p->authorize && p->scope : p->client_scope || p->scope);
}

bool cn_provider_flow(const struct cn_provider *p, int *flow)
{
	const char *first, *w;
	int i, usual = -1;

	if (*flow >= 0)
		return has(p, *flow);
	for (i = 0, first = NULL; cn_flow_words[i] != NULL; i++) {
		if (!has(p, i))
			continue;
		w = strstr(p->flows, cn_flow_words[i]);
		if (first == NULL || w < first) {
			first = w;
			usual = i;
		}
	}
	*flow = usual;
	return usual >= 0;
}

int cn_provider_find(struct cn_provider *p, const char *name,
    const char *path, struct cn_yaml *more, const char *more_path,
    struct cn_arena *mem, struct cn_err *err)
{
	struct cn_yaml *root = cn_yaml_load(mem, path, err);
	struct place at[2] = { { NULL, path }, { NULL, more_path } };
	int flow = -1;

	if (root == NULL) {
		err->status = CN_CONFIG;
		return cn_wrap(err, "providers");
	}
	if (cn_provider_check(root, path, err) < 0 || (more != NULL &&
	    cn_provider_check(more, more_path, err) < 0))
		return -1;
	at[0].map = cn_yaml_get(root, name);
	at[1].map = cn_yaml_get(more, name);
	*p = (struct cn_provider){ .name = cn_arena_strdup(mem, name) };
	if (at[0].map == NULL && at[1].map == NULL) {
		cn_fail(err, CN_CONFIG, "there is no provider %s", name);
		return cn_hint(err, "see %s, and 'providers' in "
		    "cn-config(5)", path);
	}
	if (fill(p, at, mem, err) < 0)
		return -1;
	if (p->client_id == NULL) {
		cn_fail(err, CN_CONFIG, "provider %s: client_id is missing",
		    name);
		return cn_hint(err, "register this program with the provider, "
		    "and put the client_id into config.yaml: cn-account(1)");
	}
	if (!cn_provider_flow(p, &flow))
		return cn_fail(err, CN_CONFIG, "provider %s: no flow that has "
		    "its endpoints and scope", name);
	return 0;
}

void cn_provider_conf(const struct cn_provider *p, int flow,
    struct cn_oauth_conf *c)
{
	*c = (struct cn_oauth_conf){ .device = p->device,
	    .authorize = p->authorize, .authorize_with = p->authorize_with,
	    .token = p->token, .revoke = p->revoke, .redirect = p->redirect,
	    .client_id = p->client_id, .scope = p->scope,
	    .ca_file = p->ca_file };
	if (flow == CN_FLOW_CLIENT && p->client_scope != NULL)
		c->scope = p->client_scope;
}

/* --- in the account --- */

void cn_provider_put(const struct cn_provider *p, struct cn_buf *b)
{
	size_t i;

	cn_buf_ch(b, '{');
	cn_json_kv(b, "name", p->name);
	for (i = 0; i < NKEYS; i++)
		if (value(p, i) != NULL)
			cn_json_kv(b, keys[i].key, value(p, i));
	cn_json_kvi(b, "refresh_days", p->refresh_days);
	cn_buf_ch(b, '}');
}

bool cn_provider_get(struct cn_provider *p, struct cn_str o,
    struct cn_arena *mem)
{
	struct cn_str v;
	int flow = -1;
	size_t i;

	*p = (struct cn_provider){ .name = cn_json_string(mem,
	    cn_json_get(o, "name")) };
	for (i = 0; i < NKEYS; i++) {
		v = cn_json_get(o, keys[i].key);
		*member(p, i) = v.n > 0 ? cn_json_string(mem, v) : NULL;
	}
	return p->name != NULL && p->client_id != NULL &&
	    cn_json_int(cn_json_get(o, "refresh_days"), &p->refresh_days) &&
	    cn_provider_flow(p, &flow);
}
