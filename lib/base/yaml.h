/* yaml.h - YAML files as a small tree with line numbers
 *
 * The subset that configuration needs: maps, lists, scalars.  Anchors, aliases,
 * tags and duplicate keys are errors; every scalar is a string ('no' stays
 * 'no').  Errors read 'FILE:LINE: reason', status 78. */
#ifndef CN_YAML_H
#define CN_YAML_H

#include "buf.h"

enum cn_yaml_kind { CN_YAML_SCALAR, CN_YAML_MAP, CN_YAML_LIST };

struct cn_yaml {
	enum cn_yaml_kind kind;
	const char *key;		/* where the parent is a map */
	const char *value;		/* scalar; else NULL */
	struct cn_yaml *child, *next;
	int line;
};

/* The tree lives in the arena.  An empty text gives an empty map. */
struct cn_yaml *cn_yaml_parse(struct cn_arena *, const char *name,
    struct cn_str text, struct cn_err *) CN_CHECKED;
struct cn_yaml *cn_yaml_load(struct cn_arena *, const char *path,
    struct cn_err *) CN_CHECKED;
struct cn_yaml *cn_yaml_get(struct cn_yaml *map, const char *key);
size_t cn_yaml_count(const struct cn_yaml *);	/* children; NULL has none */
/* The scalar of that name, or dflt. */
const char *cn_yaml_str(struct cn_yaml *map, const char *key,
    const char *dflt);
/* Fails where the map has a key that is not in the NULL-ended list. */
int cn_yaml_known(struct cn_yaml *map, const char *name,
    const char *const *keys, struct cn_err *) CN_CHECKED;

#endif
