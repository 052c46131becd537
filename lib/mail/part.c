/* part.c - what a part is by its header, and the boundaries around it */
#include "mime.h"

void cn_entity_note(struct cn_entity *e, const struct cn_field *f)
{
	struct cn_str *to = NULL;

	if (f->name.n < 10 || cn_lower((unsigned char)f->name.p[0]) != 'c')
		return;
	if (cn_str_ieq(f->name, "content-type"))
		to = &e->type;
	else if (cn_str_ieq(f->name, "content-transfer-encoding"))
		to = &e->encoding;
	else if (cn_str_ieq(f->name, "content-disposition"))
		to = &e->disposition;
	else if (cn_str_ieq(f->name, "content-id"))
		to = &e->cid;
	if (!to || to->p)
		return;
	*to = f->value;
	if (to->n > CN_MAIL_VALUE)
		to->n = CN_MAIL_VALUE;
}

const char *cn_entity_type(struct cn_arena *a, const struct cn_entity *e,
    bool digest)
{
	const char *s, *slash;

	if (!e->type.p)
		return digest ? "message/rfc822" : "text/plain";
	s = cn_mime_token(a, e->type);
	slash = strchr(s, '/');
	if (!slash || slash == s || !slash[1] || strchr(slash + 1, '/'))
		return "text/plain";
	return s;
}

/* A file name has no folder. */
static const char *base_name(const char *s)
{
	const char *at;

	while ((at = strpbrk(s, "/\\")))
		s = at + 1;
	return s;
}

const char *cn_entity_name(struct cn_arena *a, const struct cn_entity *e,
    unsigned *defects)
{
	const char *s = NULL;

	if (e->disposition.p)
		s = cn_mime_param(a, e->disposition, "filename", false,
		    defects);
	if (!s && e->type.p)
		s = cn_mime_param(a, e->type, "name", false, defects);
	return s ? base_name(s) : "";
}

enum cn_disposition cn_entity_disposition(struct cn_arena *a,
    const struct cn_entity *e)
{
	const char *s = e->disposition.p ? cn_mime_token(a, e->disposition) :
	    "";

	if (!*s)
		return CN_DISP_NONE;
	return strcmp(s, "inline") == 0 ? CN_DISP_INLINE : CN_DISP_ATTACHMENT;
}

bool cn_mime_is_text(const char *type)
{
	return strcmp(type, "text/plain") == 0 ||
	    strcmp(type, "text/html") == 0;
}

struct cn_frame *cn_frame_open(struct cn_frames *l, struct cn_arena *a,
    const struct cn_entity *e, const char **type, unsigned *defects)
{
	struct cn_frame *f = &l->v[l->n];
	char *b;

	if (strncmp(*type, "multipart/", 10) != 0)
		return NULL;
	if (l->n == CN_MAIL_DEPTH) {
		*defects |= CN_DEF_DEPTH;
		return NULL;
	}
	b = cn_mime_param(a, e->type, "boundary", true, defects);
	if (!b || !*b) {
		*defects |= CN_DEF_BOUNDARY;
		*type = "text/plain";
		return NULL;
	}
	memset(f, 0, sizeof(*f));
	f->boundary = cn_str(b);
	f->alternative = strcmp(*type, "multipart/alternative") == 0;
	f->digest = strcmp(*type, "multipart/digest") == 0;
	l->n++;
	return f;
}

bool cn_frames_digest(const struct cn_frames *l)
{
	return l->n > 0 && l->v[l->n - 1].digest;
}

bool cn_frames_boundary(struct cn_frames *l, const char *p, const char *nl)
{
	size_t n = (size_t)(nl - p);

	for (size_t k = l->n; n <= CN_MAIL_LINE && k-- > 0; ) {
		struct cn_str b = l->v[k].boundary;
		const char *q = p + 2 + b.n;

		if (n < b.n + 2 || memcmp(p + 2, b.p, b.n) != 0)
			continue;
		l->closes = nl - q >= 2 && q[0] == '-' && q[1] == '-';
		if (l->closes)
			q += 2;
		while (q < nl && (cn_is_wsp((unsigned char)*q)))
			q++;
		if (q == nl) {
			l->hit = k;
			return true;
		}
	}
	return false;
}
