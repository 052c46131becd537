#include "desk/reply/macros.h"

#include <string.h>

#include "base/yaml.h"
#include "desk/reply/detect.h"

static int one(struct cn_macros *ms, struct cn_macro *m, struct cn_yaml *y,
    const char *path, struct cn_err *err)
{
	static const char *const keys[] = { "category", "text", NULL };
	struct cn_yaml *text, *c;

	if (y->kind != CN_YAML_MAP)
		return cn_fail(err, CN_CONFIG, "%s:%d: category and text are "
		    "expected", path, y->line);
	if (cn_yaml_known(y, path, keys, err) < 0)
		return -1;
	text = cn_yaml_get(y, "text");
	if (text == NULL || text->kind != CN_YAML_MAP || text->child == NULL)
		return cn_fail(err, CN_CONFIG, "%s:%d: text by language is "
		    "expected", path, text ? text->line : y->line);
	if (cn_yaml_count(text) > CN_MACRO_VARIANTS)
		return cn_fail(err, CN_CONFIG, "%s:%d: more than %d languages",
		    path, text->line, CN_MACRO_VARIANTS);
	m->id = y->key;
	m->category = cn_yaml_str(y, "category", NULL);
	m->v = cn_arena_alloc(&ms->mem, cn_yaml_count(text) * sizeof(*m->v));
	for (c = text->child; c != NULL; c = c->next) {
		if (c->kind != CN_YAML_SCALAR)
			return cn_fail(err, CN_CONFIG, "%s:%d: a text is "
			    "expected", path, c->line);
		m->v[m->n++] = (struct cn_macro_text){ c->key, c->value };
	}
	return 0;
}

int cn_macros_load(struct cn_macros *ms, const char *path,
    struct cn_err *err)
{
	struct cn_yaml *root, *c;

	memset(ms, 0, sizeof(*ms));
	root = cn_yaml_load(&ms->mem, path, err);
	if (root == NULL) {
		err->status = CN_CONFIG;
		return cn_wrap(err, "macros");
	}
	if (root->kind != CN_YAML_MAP)
		return cn_fail(err, CN_CONFIG, "%s:%d: macros by name are "
		    "expected", path, root->line);
	if (cn_yaml_count(root) > CN_MACROS_MAX)
		return cn_fail(err, CN_CONFIG, "%s: more than %d macros", path,
		    CN_MACROS_MAX);
	ms->v = cn_arena_alloc(&ms->mem, (cn_yaml_count(root) + 1) *
	    sizeof(*ms->v));
	for (c = root->child; c != NULL; c = c->next)
		if (one(ms, &ms->v[ms->n++], c, path, err) < 0)
			return -1;
	return 0;
}

static const char *personal(const char *text)
{
	static const char *const kinds[] = { "card", "aadhaar", "pan" };
	struct cn_found f = { NULL, 0, 0 };
	struct cn_buf b = { 0 };
	const char *kind = NULL;
	size_t i;

	cn_fold(&b, cn_str(text));
	while (kind == NULL && cn_detect(cn_buf_view(&b), f.at + f.n, &f))
		for (i = 0; i < 3; i++)
			if (strcmp(f.kind, kinds[i]) == 0)
				kind = kinds[i];
	cn_buf_wipe(&b);
	return kind;
}

const char *cn_macros_personal(const struct cn_macros *ms, size_t *at,
    const char **macro)
{
	const char *kind = NULL;
	size_t i;

	for (; *at < ms->n && kind == NULL; ++*at) {
		const struct cn_macro *m = &ms->v[*at];

		for (i = 0; i < m->n && kind == NULL; i++)
			kind = personal(m->v[i].text);
		*macro = m->id;
	}
	return kind;
}

void cn_macros_release(struct cn_macros *ms)
{
	cn_arena_release(&ms->mem);
	ms->n = 0;
}

size_t cn_macro_for(const struct cn_macro *m, const char *language)
{
	size_t base = strcspn(language, "-"), i;

	for (i = 0; i < m->n; i++)
		if (strcmp(m->v[i].language, language) == 0)
			return i;
	for (i = 0; i < m->n; i++)
		if (base > 0 && strlen(m->v[i].language) == base &&
		    strncmp(m->v[i].language, language, base) == 0)
			return i;
	for (i = 0; i < m->n; i++)
		if (strcmp(m->v[i].language, "en") == 0)
			return i;
	return 0;
}
