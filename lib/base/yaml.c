#include "base/yaml.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "base/file.h"

#define MAX_DEPTH 16
#define MAX_FILE (16u << 20)

struct load {
	struct cn_arena *mem;
	const char *name;
	struct cn_err *err;
	struct cn_yaml *open[MAX_DEPTH];	/* the containers around */
	struct cn_yaml **tail[MAX_DEPTH];
	const char *key[MAX_DEPTH];		/* waits for its value */
	int depth;
};

static int fail(struct load *l, int line, const char *what)
{
	return cn_fail(l->err, CN_CONFIG, "%s:%d: %s", l->name, line, what);
}

/* Puts a finished scalar, or a container that opens, where it belongs. */
static int place(struct load *l, struct cn_yaml *node)
{
	struct cn_yaml *in;
	int d = l->depth - 1;

	if (d < 0)
		return 0;
	in = l->open[d];
	if (in->kind == CN_YAML_MAP) {
		node->key = l->key[d];
		l->key[d] = NULL;
	}
	*l->tail[d] = node;
	l->tail[d] = &node->next;
	return 0;
}

static struct cn_yaml *node_new(struct load *l, enum cn_yaml_kind kind,
    const yaml_event_t *ev)
{
	struct cn_yaml *n = cn_arena_alloc(l->mem, sizeof(*n));

	n->kind = kind;
	n->line = (int)ev->start_mark.line + 1;
	return n;
}

static int scalar(struct load *l, const yaml_event_t *ev, struct cn_yaml **root)
{
	const char *p = (const char *)ev->data.scalar.value;
	size_t n = ev->data.scalar.length;
	struct cn_yaml *node = node_new(l, CN_YAML_SCALAR, ev);
	int d = l->depth - 1;

	if (memchr(p, '\0', n) != NULL)
		return fail(l, node->line, "NUL in a value");
	node->value = cn_arena_dup(l->mem, p, n);
	if (d >= 0 && l->open[d]->kind == CN_YAML_MAP && l->key[d] == NULL) {
		l->key[d] = node->value;
		return 0;
	}
	if (d < 0)
		*root = node;
	return place(l, node);
}

static int open_node(struct load *l, enum cn_yaml_kind kind,
    const yaml_event_t *ev, struct cn_yaml **root)
{
	struct cn_yaml *node = node_new(l, kind, ev);
	int d = l->depth - 1;

	if (l->depth == MAX_DEPTH)
		return fail(l, node->line, "too deep");
	if (d >= 0 && l->open[d]->kind == CN_YAML_MAP && l->key[d] == NULL)
		return fail(l, node->line, "a key must be a word");
	if (place(l, node) < 0)
		return -1;
	if (l->depth == 0)
		*root = node;
	l->open[l->depth] = node;
	l->tail[l->depth] = &node->child;
	l->key[l->depth++] = NULL;
	return 0;
}

static int by_key(const void *a, const void *b)
{
	const struct cn_yaml *const *x = a, *const *y = b;
	int r = strcmp((*x)->key, (*y)->key);

	return r != 0 ? r : ((*x)->line > (*y)->line) -
	    ((*x)->line < (*y)->line);
}

/* Once a map is whole: a look at all before for each key that comes takes
 * minutes for a file of the size that is allowed. */
static int no_twins(struct load *l, const struct cn_yaml *map)
{
	size_t n = cn_yaml_count(map), i;
	struct cn_yaml **v = cn_alloc((n + 1) * sizeof(*v)), *c;
	const struct cn_yaml *twin = NULL;

	for (i = 0, c = map->child; c != NULL; c = c->next)
		v[i++] = c;
	qsort(v, n, sizeof(*v), by_key);
	for (i = 1; i < n; i++)
		if (strcmp(v[i - 1]->key, v[i]->key) == 0 &&
		    (twin == NULL || v[i]->line < twin->line))
			twin = v[i];
	free(v);
	return twin ? fail(l, twin->line, "key given twice") : 0;
}

/* 1: the stream ended. */
static int event(struct load *l, const yaml_event_t *ev, struct cn_yaml **root)
{
	int line = (int)ev->start_mark.line + 1;

	switch (ev->type) {
	case YAML_STREAM_END_EVENT:
		return 1;
	case YAML_ALIAS_EVENT:
		return fail(l, line, "aliases are not used here");
	case YAML_SCALAR_EVENT:
		if (ev->data.scalar.anchor || ev->data.scalar.tag)
			return fail(l, line, "anchors and tags are not used here");
		return scalar(l, ev, root);
	case YAML_SEQUENCE_START_EVENT:
		if (ev->data.sequence_start.anchor || ev->data.sequence_start.tag)
			return fail(l, line, "anchors and tags are not used here");
		return open_node(l, CN_YAML_LIST, ev, root);
	case YAML_MAPPING_START_EVENT:
		if (ev->data.mapping_start.anchor || ev->data.mapping_start.tag)
			return fail(l, line, "anchors and tags are not used here");
		return open_node(l, CN_YAML_MAP, ev, root);
	case YAML_SEQUENCE_END_EVENT:
		l->depth--;
		return 0;
	case YAML_MAPPING_END_EVENT:
		return no_twins(l, l->open[--l->depth]);
	case YAML_DOCUMENT_START_EVENT:
		if (*root != NULL)
			return fail(l, line, "one document expected");
		return 0;
	default:
		return 0;
	}
}

struct cn_yaml *cn_yaml_parse(struct cn_arena *mem, const char *name,
    struct cn_str text, struct cn_err *err)
{
	struct load l = { .mem = mem, .name = name, .err = err };
	struct cn_yaml *root = NULL;
	yaml_parser_t parser;
	yaml_event_t ev;
	int r = 0;

	if (!yaml_parser_initialize(&parser)) {
		cn_fail(err, CN_TEMPFAIL, "out of memory");
		return NULL;
	}
	yaml_parser_set_input_string(&parser, (const unsigned char *)text.p,
	    text.n);
	while (r == 0) {
		if (!yaml_parser_parse(&parser, &ev)) {
			r = fail(&l, (int)parser.problem_mark.line + 1,
			    parser.problem ? parser.problem : "not YAML");
			break;
		}
		r = event(&l, &ev, &root);
		yaml_event_delete(&ev);
	}
	yaml_parser_delete(&parser);
	if (r < 0)
		return NULL;
	if (root == NULL) {
		root = cn_arena_alloc(mem, sizeof(*root));
		root->kind = CN_YAML_MAP;
		root->line = 1;
	}
	return root;
}

struct cn_yaml *cn_yaml_load(struct cn_arena *mem, const char *path,
    struct cn_err *err)
{
	struct cn_yaml *root = NULL;
	struct cn_buf text = { 0 };

	if (cn_file_read(path, MAX_FILE, &text, err) == 0)
		root = cn_yaml_parse(mem, cn_arena_strdup(mem, path),
		    cn_buf_view(&text), err);
	cn_buf_wipe(&text);
	return root;
}

size_t cn_yaml_count(const struct cn_yaml *y)
{
	const struct cn_yaml *c;
	size_t n = 0;

	for (c = y ? y->child : NULL; c != NULL; c = c->next)
		n++;
	return n;
}

struct cn_yaml *cn_yaml_get(struct cn_yaml *map, const char *key)
{
	struct cn_yaml *n;

	if (map == NULL || map->kind != CN_YAML_MAP)
		return NULL;
	for (n = map->child; n != NULL; n = n->next)
		if (n->key != NULL && strcmp(n->key, key) == 0)
			return n;
	return NULL;
}

const char *cn_yaml_str(struct cn_yaml *map, const char *key, const char *dflt)
{
	struct cn_yaml *n = cn_yaml_get(map, key);

	return n != NULL && n->value != NULL ? n->value : dflt;
}

int cn_yaml_known(struct cn_yaml *map, const char *name,
    const char *const *keys, struct cn_err *err)
{
	struct cn_yaml *n;
	size_t i;

	if (map->kind != CN_YAML_MAP)
		return cn_fail(err, CN_CONFIG, "%s:%d: keys and values expected",
		    name, map->line);
	for (n = map->child; n != NULL; n = n->next) {
		for (i = 0; keys[i] != NULL; i++)
			if (strcmp(n->key, keys[i]) == 0)
				break;
		if (keys[i] == NULL)
			return cn_fail(err, CN_CONFIG, "%s:%d: unknown key '%s'",
			    name, n->line, n->key);
	}
	return 0;
}
