#include "desk/config.h"

#include <string.h>

#include "desk/account/provider.h"
#include "store/person.h"

static int list(struct cn_yaml *root, const char *key, const char *path,
    const char ***out, struct cn_arena *mem, struct cn_err *err)
{
	struct cn_yaml *n = cn_yaml_get(root, key), *i;
	const char *kind;
	size_t k = 0;

	if (n != NULL && n->kind != CN_YAML_LIST)
		return cn_fail(err, CN_CONFIG, "%s:%d: %s: a list is expected",
		    path, n->line, key);
	for (i = n ? n->child : NULL; i != NULL; i = i->next)
		k++;
	*out = cn_arena_alloc(mem, (k + 1) * sizeof(**out));
	for (k = 0, i = n ? n->child : NULL; i != NULL; i = i->next, k++) {
		(*out)[k] = i->value ? cn_ident_normal(mem, i->value, &kind) :
		    NULL;
		if ((*out)[k] == NULL)
			return cn_fail(err, CN_CONFIG,
			    "%s:%d: %s: an address is expected", path, i->line,
			    key);
	}
	return 0;
}

static int word(struct cn_yaml *root, const char *key, const char *path,
    const char **out, struct cn_err *err)
{
	struct cn_yaml *n = cn_yaml_get(root, key);

	if (n != NULL && n->kind != CN_YAML_SCALAR)
		return cn_fail(err, CN_CONFIG, "%s:%d: %s: a word is expected",
		    path, n->line, key);
	*out = cn_yaml_str(root, key, NULL);
	return 0;
}

int cn_config_load(struct cn_config *c, const char *path,
    struct cn_arena *mem, struct cn_err *err)
{
	static const char *const keys[] = { "name", "timezone", "desk",
	    "agents", "providers", NULL };
	struct cn_yaml *root = NULL;

	memset(c, 0, sizeof(*c));
	if (path != NULL) {
		root = cn_yaml_load(mem, path, err);
		if (root == NULL) {
			err->status = CN_CONFIG;
			return cn_wrap(err, "configuration");
		}
		if (cn_yaml_known(root, path, keys, err) < 0)
			return -1;
	}
	c->path = path;
	c->providers = cn_yaml_get(root, "providers");
	if (c->providers != NULL && c->providers->kind != CN_YAML_MAP)
		return cn_fail(err, CN_CONFIG, "%s:%d: providers: a map is "
		    "expected", path, c->providers->line);
	if (c->providers != NULL &&
	    cn_provider_check(c->providers, path, err) < 0)
		return -1;
	if (word(root, "name", path, &c->name, err) < 0 ||
	    word(root, "timezone", path, &c->timezone, err) < 0 ||
	    list(root, "desk", path, &c->desk, mem, err) < 0)
		return -1;
	return list(root, "agents", path, &c->agents, mem, err);
}

static bool listed(const char *const *v, const char *norm)
{
	const char *at = strchr(norm, '@');

	for (; *v != NULL; v++)
		if (strcmp(*v, norm) == 0 ||
		    ((*v)[0] == '@' && at != NULL && strcmp(*v, at) == 0))
			return true;
	return false;
}

bool cn_config_is_desk(const struct cn_config *c, const char *address)
{
	struct cn_arena mem = { 0 };
	const char *kind, *norm = cn_ident_normal(&mem, address, &kind);
	bool is = norm != NULL &&
	    (listed(c->desk, norm) || listed(c->agents, norm));

	cn_arena_release(&mem);
	return is;
}

bool cn_config_is_shared(const struct cn_config *c, const char *norm)
{
	const char *const *v = c->desk;

	while (*v != NULL && strcmp(*v, norm) != 0)
		v++;
	return *v != NULL;
}
