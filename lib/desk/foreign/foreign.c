#include "desk/foreign/foreign_in.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/times.h"
#include "base/utf8.h"
#include "desk/intake/chat.h"
#include "store/person.h"

#define LINE_MAX ((size_t)8 << 20)	/* cn-message(5) */
#define LATEST 253402300799		/* the end of the year 9999 */

/* --- a document and its lines --- */

void cn_doc_begin(struct cn_foreign_doc *d, struct cn_foreign *f,
    struct cn_str text, const char *name, const char *path)
{
	*d = (struct cn_foreign_doc){ .f = f, .text = text, .name = name,
	    .path = path, .seen = text.p, .line = 1 };
}

void cn_doc_end(struct cn_foreign_doc *d)
{
	cn_arena_release(&d->mem);
	cn_buf_wipe(&d->out);
}

const char *cn_doc_place(struct cn_foreign_doc *d, const char *at,
    char place[48])
{
	const char *lf;

	if (at < d->text.p || at > d->text.p + d->text.n)
		at = d->seen;
	/* Back is by a member of the same record at most. */
	while (d->seen > at)
		d->line -= *--d->seen == '\n';
	while ((lf = memchr(d->seen, '\n', (size_t)(at - d->seen))) != NULL) {
		d->seen = lf + 1;
		d->line++;
	}
	snprintf(place, 48, "%.24s%sline %lld", d->name ? d->name : "",
	    d->name ? " " : "", (long long)d->line);
	return place;
}

int cn_doc_refuse(struct cn_foreign_doc *d, struct cn_str record,
    struct cn_err *err, const char *fmt, ...)
{
	char why[sizeof(err->msg)], place[48];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	(void)cn_fail(err, CN_PARTIAL, "%s", why);
	return d->f->refuse(d->f->arg, record, cn_doc_place(d, record.p,
	    place), err);
}

int cn_doc_give(struct cn_foreign_doc *d, struct cn_str record,
    struct cn_err *err)
{
	char place[48];
	int r;

	if (d->out.len > LINE_MAX)
		r = cn_doc_refuse(d, record, err, "a message longer than %zu "
		    "bytes", LINE_MAX);
	else
		r = d->f->line(d->f->arg, cn_buf_view(&d->out),
		    cn_doc_place(d, record.p, place), err);
	if (d->out.len > 0)
		cn_wipe(d->out.p, d->out.len);
	d->out.len = 0;
	return r;
}

static const char *not_address(struct cn_arena *mem, const char *handle)
{
	const char *rest = strchr(handle, '@');

	while (rest != NULL) {
		handle = cn_arena_fmt(mem, "%.*s(at)%s", (int)(rest - handle),
		    handle, rest + 1);
		rest = strchr(handle, '@');
	}
	return handle;
}

int cn_doc_line(struct cn_foreign_doc *d, const struct cn_chat_line *l,
    struct cn_str record, struct cn_err *err)
{
	struct cn_chat_line plain = *l;

	if ((l->text == NULL || l->text[0] == '\0') && l->nattachments == 0) {
		d->f->system++;
		return 0;
	}
	if (l->nattachments > CN_CHAT_FILES)
		return cn_doc_refuse(d, record, err, "more than %d files",
		    CN_CHAT_FILES);
	if (l->at < 0 || l->at > LATEST)
		return cn_doc_refuse(d, record, err, "its time is none");
	if (l->handle != NULL && strchr(l->handle, '@') != NULL)
		plain.handle = not_address(&d->mem, l->handle);
	cn_chat_put(&d->out, &plain);
	return cn_doc_give(d, record, err);
}

const char *cn_doc_id(struct cn_foreign_doc *d, const char *format,
    const char *fmt, ...)
{
	char rest[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(rest, sizeof(rest), fmt, ap);
	va_end(ap);
	return cn_arena_fmt(&d->mem, "%s:%s", d->f->source ? d->f->source :
	    format, rest);
}

/* --- who and when --- */

bool cn_foreign_desk(const struct cn_foreign *f, const char *name)
{
	struct cn_arena mem = { 0 };
	const char *kind, *a = cn_ident_normal(&mem, name, &kind), *b;
	bool is = a != NULL && cn_config_is_desk(f->config, name);
	size_t i;

	for (i = 0; a != NULL && !is && i < f->nagents; i++) {
		b = cn_ident_normal(&mem, f->agents[i], &kind);
		is = b != NULL && strcmp(a, b) == 0;
	}
	cn_arena_release(&mem);
	return is;
}

bool cn_foreign_ident(struct cn_chat_line *l, const char *s,
    struct cn_arena *mem)
{
	const char *kind, *at, *p;

	if (s == NULL || cn_ident_normal(mem, s, &kind) == NULL ||
	    strcmp(kind, "handle") == 0)
		return false;
	if (strcmp(kind, "phone") == 0) {
		l->phone = s;
		return true;
	}
	at = strchr(s, '@');
	for (p = s; *p != '\0' && !isspace((unsigned char)*p) &&
	    !iscntrl((unsigned char)*p); p++)
		;
	if (*p != '\0' || at == s || at[1] == '\0' || p - s > 320)
		return false;
	l->address = s;
	return true;
}

bool cn_foreign_time(const char *s, int64_t *t)
{
	char iso[24] = "";
	size_t n = strlen(s);
	int64_t v = 0;
	size_t i;

	for (i = 0; i < n && isdigit((unsigned char)s[i]); i++)
		;
	if (n >= 9 && n <= 15 && i == n) {
		for (i = 0; i < n; i++)
			v = v * 10 + (s[i] - '0');
		*t = v > 100000000000 ? v / 1000 : v;
		return true;
	}
	if (cn_time_parse(s, t))
		return true;
	/* 2026-11-23 15:00[:00][ UTC] */
	if (n == 23 && strcmp(s + 19, " UTC") == 0)
		snprintf(iso, sizeof(iso), "%.19sZ", s);
	else if (n == 16 || n == 19)
		snprintf(iso, sizeof(iso), "%s%sZ", s, n == 16 ? ":00" : "");
	if (iso[0] == '\0' || !cn_time_parse(iso, t))
		return false;
	if (n != 23)
		*t = cn_local_time(*t / 86400, (int)(*t % 86400));
	return true;
}

bool cn_foreign_json_time(struct cn_arena *mem, struct cn_str val, int64_t *t)
{
	const char *s = cn_json_string(mem, val);

	if (s == NULL && cn_json_type(val) == CN_JSON_NUMBER)
		s = cn_arena_dup(mem, val.p, val.n);
	return s != NULL && cn_foreign_time(s, t);
}

const char *cn_foreign_text(struct cn_arena *mem, struct cn_str object,
    const char *name)
{
	struct cn_str v = cn_json_get(object, name);

	return cn_json_type(v) == CN_JSON_NUMBER ?
	    cn_arena_dup(mem, v.p, v.n) : cn_json_string(mem, v);
}

const char *cn_foreign_either(struct cn_arena *mem, struct cn_str object,
    const char *name, const char *other)
{
	const char *s = cn_foreign_text(mem, object, name);

	return s != NULL && s[0] != '\0' ? s : cn_foreign_text(mem, object,
	    other);
}

void cn_doc_files(struct cn_foreign_doc *d, struct cn_str list,
    void (*about)(struct cn_arena *, struct cn_str file,
    struct cn_attachment *), const char *size, struct cn_chat_line *l)
{
	struct cn_attachment *v;
	struct cn_json_it it;
	size_t n = 0;

	cn_json_walk(&it, list);
	while (cn_json_next(&it))
		n++;
	l->attachments = v = cn_arena_alloc(&d->mem, n * sizeof(*v) + 1);
	cn_json_walk(&it, list);
	while (cn_json_next(&it)) {
		/* What Slack has deleted leaves a stone. */
		if (cn_json_type(it.val) != CN_JSON_OBJECT ||
		    cn_str_eq(cn_json_get(it.val, "mode"), "\"tombstone\""))
			continue;
		about(&d->mem, it.val, v);
		(void)cn_json_int(cn_json_get(it.val, size), &v->size);
		l->nattachments++;
		v++;
	}
}

/* --- JSON --- */

static bool own_tell(struct cn_str o)
{
	struct cn_str type = cn_json_get(o, "type");

	return cn_str_eq(type, "\"chat\"") || cn_str_eq(type, "\"rating\"");
}

static int own(struct cn_foreign_doc *d, struct cn_str o, struct cn_err *err)
{
	/* A line that is one stays byte for byte. */
	if (memchr(o.p, '\n', o.n) == NULL)
		cn_buf_add(&d->out, o.p, o.n);
	else
		cn_chat_compact(&d->out, o);
	return cn_doc_give(d, o, err);
}

static const struct {
	bool (*tell)(struct cn_str object);
	int (*convert)(struct cn_foreign_doc *, struct cn_str object,
	    struct cn_err *);
} objects[] = {
	{ own_tell, own },
	{ cn_intercom_tell, cn_intercom },
	{ cn_chatwoot_tell, cn_chatwoot },
};

static int object(struct cn_foreign_doc *d, struct cn_str v,
    struct cn_err *err)
{
	size_t i;
	int r;

	for (i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		if (cn_json_type(v) != CN_JSON_OBJECT || !objects[i].tell(v))
			continue;
		r = objects[i].convert(d, v, err);
		cn_arena_reset(&d->mem);
		return r;
	}
	return cn_doc_refuse(d, v, err, "no shape that is known: expected a "
	    "line of chat or rating, or a conversation of Chatwoot or "
	    "Intercom (cn-import(1))");
}

static int json(struct cn_foreign_doc *d, struct cn_err *err)
{
	struct cn_str v = cn_str_trim(d->text);
	struct cn_json_it it;
	char place[48];
	size_t at;
	int r = 0;

	if (cn_json_check_at(v, &at, err) < 0) {
		err->status = CN_PARTIAL;
		return cn_wrap(err, "%s", cn_doc_place(d, v.p + at, place));
	}
	if (cn_json_type(v) != CN_JSON_ARRAY)
		return object(d, v, err);
	if (cn_slack_tell(v))
		return cn_slack_file(d->f, d->path, d->text, err);
	cn_json_walk(&it, v);
	while (r == 0 && cn_json_next(&it))
		r = object(d, it.val, err);
	return r;
}

int cn_foreign_line(struct cn_foreign *f, struct cn_str line, int64_t number,
    struct cn_err *err)
{
	struct cn_foreign_doc d;
	int r;

	cn_doc_begin(&d, f, line, NULL, NULL);
	d.line = number;
	if (cn_json_check(line, err) < 0)
		r = cn_doc_refuse(&d, line, err, "%s", err->msg);
	else
		r = object(&d, cn_str_trim(line), err);
	cn_doc_end(&d);
	return r;
}

/* --- documents --- */

static bool json_tell(struct cn_str text)
{
	text = cn_str_trim(text);
	return text.n > 0 && (text.p[0] == '{' || text.p[0] == '[');
}

static const struct {
	bool (*tell)(struct cn_str);
	int (*convert)(struct cn_foreign_doc *, struct cn_err *);
} texts[] = {
	{ cn_whatsapp_tell, cn_whatsapp },	/* '[' may begin both */
	{ json_tell, json },
	{ cn_ratings_tell, cn_ratings },
};

int cn_foreign_doc(struct cn_foreign *f, const char *path, struct cn_str text,
    struct cn_err *err)
{
	struct cn_foreign_doc d;
	size_t i;
	int r = -1;

	if (cn_foreign_is_zip(text))
		return cn_foreign_zipped(f, text, err);
	if (text.n >= 2 && (memcmp(text.p, "\xff\xfe", 2) == 0 ||
	    memcmp(text.p, "\xfe\xff", 2) == 0))
		return cn_fail(err, CN_PARTIAL, "UTF-16: UTF-8 is expected");
	text = cn_str_bare(text);
	cn_doc_begin(&d, f, text, NULL, path);
	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		if (texts[i].tell(text))
			break;
	if (i < sizeof(texts) / sizeof(texts[0]))
		r = texts[i].convert(&d, err);
	else
		(void)cn_fail(err, CN_PARTIAL, "line 1: no chat that is known: "
		    "expected JSON, a WhatsApp export ('[23/11/2026, 15:00:00]"
		    " NAME: TEXT') or a CSV header with a rating");
	cn_doc_end(&d);
	return r;
}
