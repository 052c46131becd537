#include "rec/msg.h"

#include <string.h>

static const char *string(struct cn_arena *mem, const char *s)
{
	return s != NULL ? cn_arena_strdup(mem, s) : NULL;
}

static void addresses(struct cn_addrs *a, struct cn_arena *mem)
{
	const struct cn_addr *from = a->v;
	size_t i;

	a->v = cn_arena_alloc(mem, a->n * sizeof(*a->v));
	for (i = 0; i < a->n; i++) {
		a->v[i].name = string(mem, from[i].name);
		a->v[i].addr = string(mem, from[i].addr);
	}
}

static void strings(const char *const **v, size_t n, struct cn_arena *mem)
{
	const char **to = cn_arena_alloc(mem, n * sizeof(*to));
	size_t i;

	for (i = 0; i < n; i++)
		to[i] = string(mem, (*v)[i]);
	*v = to;
}

static void attachments(struct cn_msg *m, struct cn_arena *mem)
{
	const struct cn_attachment *from = m->attachments;
	size_t i;

	m->attachments = cn_arena_alloc(mem,
	    m->nattachments * sizeof(*m->attachments));
	for (i = 0; i < m->nattachments; i++) {
		m->attachments[i] = from[i];
		m->attachments[i].name = string(mem, from[i].name);
		m->attachments[i].type = string(mem, from[i].type);
		m->attachments[i].sha256 = string(mem, from[i].sha256);
	}
}

static void field(struct cn_msg *m, const struct cn_field_def *f,
    struct cn_arena *mem)
{
	void *at = (char *)m + f->at;
	size_t n = f->n_at && f->type != CN_F_TIME && f->type != CN_F_BOOL ?
	    *(size_t *)(void *)((char *)m + f->n_at) : 0;
	struct cn_str *json;

	switch (f->type) {
	case CN_F_STR:
		*(const char **)at = string(mem, *(const char **)at);
		break;
	case CN_F_TEXT:
		if (*(const char **)at != NULL)
			*(const char **)at = cn_arena_dup(mem,
			    *(const char **)at, n);
		break;
	case CN_F_ADDR:
	case CN_F_ADDRS:
		addresses(at, mem);
		break;
	case CN_F_STRS:
		strings(at, n, mem);
		break;
	case CN_F_ATTACHMENTS:
		attachments(m, mem);
		break;
	case CN_F_JSON:
		json = at;
		if (json->n > 0)
			json->p = cn_arena_dup(mem, json->p, json->n);
		break;
	case CN_F_TIME:
	case CN_F_INT:
	case CN_F_BOOL:
		break;
	}
}

void cn_msg_own(struct cn_msg *m, struct cn_arena *mem)
{
	size_t i;

	for (i = 0; i < cn_nfields; i++)
		field(m, &cn_fields[i], mem);
}
