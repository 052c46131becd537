#include "desk/subject/page.h"

#include <string.h>

#include "base/times.h"
#include "base/utf8.h"

#define DEPTH 6				/* of JSON that is shown as text */

static const char head[] = "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
    "<meta charset=\"utf-8\">\n"
    "<meta http-equiv=\"Content-Security-Policy\" content=\""
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'\">\n"
    "<meta name=\"viewport\" content=\"width=device-width\">\n"
    "<title>Your data</title>\n<style>\n"
    ":root { color-scheme: light dark }\n"
    "body { font: 16px/1.5 system-ui, sans-serif; max-width: 46rem;"
    " margin: 2rem auto; padding: 0 1rem }\n"
    "h1 { font-size: 1.6rem } h2 { margin-top: 3rem; font-size: 1.2rem;"
    " border-bottom: 1px solid #8886 }\n"
    "article { margin: 1rem 0; padding: .8rem 1rem; border-radius: .5rem;"
    " background: #8881 }\n"
    "article.out { margin-left: 2rem; background: #48f2 }\n"
    "header { font-size: .85rem; opacity: .8 }\n"
    "pre, blockquote { white-space: pre-wrap; overflow-wrap: anywhere;"
    " font: inherit; margin: .6rem 0 }\n"
    "blockquote { padding-left: .8rem; border-left: 3px solid #8886 }\n"
    "details { font-size: .85rem } summary { cursor: pointer }\n"
    "dl { display: grid; grid-template-columns: max-content 1fr;"
    " gap: .1rem .8rem; margin: .4rem 0 } dt { opacity: .7 }"
    " dd { margin: 0; overflow-wrap: anywhere }\n"
    "code { font-size: .8em; background: #f802 }\n"
    "@media print { details::details-content { display: block } }\n"
    "</style>\n</head>\n<body>\n";

static bool reorders(uint32_t cp)
{
	return (cp >= 0x202a && cp <= 0x202e) ||
	    (cp >= 0x2066 && cp <= 0x2069);
}

void cn_page_text(struct cn_buf *b, const char *p, size_t n)
{
	static const struct {
		char c;
		const char *as;
	} escapes[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" },
	    { '"', "&quot;" }, { '\'', "&#39;" } };
	uint32_t cp;
	size_t len, i;

	for (; n > 0; p += len, n -= len) {
		len = cn_utf8_get(p, n, &cp);
		if (len == 0 || (cp < 0x20 && cp != '\n' && cp != '\t') ||
		    (cp >= 0x7f && cp < 0xa0)) {
			cn_utf8_put(b, 0xfffd);
			len = len ? len : 1;
			continue;
		}
		if (reorders(cp)) {
			cn_buf_fmt(b, "[U+%04X]", (unsigned)cp);
			continue;
		}
		for (i = 0; i < 5 && (uint32_t)escapes[i].c != cp; i++)
			;
		if (i < 5)
			cn_buf_str(b, escapes[i].as);
		else
			cn_buf_add(b, p, len);
	}
}

static void text(struct cn_buf *b, const char *s)
{
	cn_page_text(b, s, strlen(s));
}

/* A word of a message among words of ours. */
static void isolated(struct cn_buf *b, const char *s)
{
	cn_buf_str(b, "<bdi>");
	text(b, s);
	cn_buf_str(b, "</bdi>");
}

static void when(struct cn_buf *b, int64_t t)
{
	char s[CN_TIME_LEN];

	cn_time_fmt(s, t);
	cn_buf_fmt(b, "<time datetime=\"%s\">%.10s %.5s UTC</time>", s, s,
	    s + 11);
}

void cn_page_begin(struct cn_buf *b, const struct cn_page_head *h)
{
	cn_buf_str(b, head);
	cn_buf_str(b, "<h1>Your data</h1>\n<p>This is the copy of the "
	    "personal data that ");
	if (h->controller)
		isolated(b, h->controller);
	else
		cn_buf_str(b, "the support desk");
	cn_buf_str(b, " holds about you, made on ");
	when(b, h->now);
	cn_buf_str(b, " for ");
	text(b, h->purpose);
	cn_buf_str(b, ". Your number there is ");
	text(b, h->person);
	cn_buf_str(b, ". The other files hold the same for programs; "
	    "README.txt says which.</p>\n");
}

static void addresses(struct cn_buf *b, const char *label,
    const struct cn_addrs *a)
{
	size_t i;

	if (a->n == 0)
		return;
	cn_buf_fmt(b, " &middot; %s ", label);
	for (i = 0; i < a->n; i++) {
		cn_buf_str(b, i ? ", " : "");
		if (a->v[i].name && a->v[i].name[0]) {
			isolated(b, a->v[i].name);
			cn_buf_ch(b, ' ');
		}
		cn_buf_str(b, "&lt;");
		isolated(b, a->v[i].addr ? a->v[i].addr : "");
		cn_buf_str(b, "&gt;");
	}
}

static void attachments(struct cn_buf *b, const struct cn_msg *m)
{
	size_t i;

	if (m->nattachments == 0)
		return;
	cn_buf_str(b, "<p>Attached: ");
	for (i = 0; i < m->nattachments; i++) {
		const struct cn_attachment *a = &m->attachments[i];

		cn_buf_str(b, i ? ", " : "");
		isolated(b, a->name && a->name[0] ? a->name : "a file");
		cn_buf_str(b, " (");
		isolated(b, a->type ? a->type : "");
		cn_buf_fmt(b, ", %lld bytes)", (long long)a->size);
	}
	cn_buf_str(b, "</p>\n");
}

/* JSON as a reader takes it: strings bare, lists and members by commas. */
static void readable(struct cn_buf *b, struct cn_str v, int depth)
{
	enum cn_json_type type = cn_json_type(v);
	struct cn_arena mem = { 0 };
	struct cn_json_it it;
	bool more = false;
	const char *s;

	if (depth > 0 && (type == CN_JSON_ARRAY || type == CN_JSON_OBJECT)) {
		cn_json_walk(&it, v);
		for (; cn_json_next(&it); more = true) {
			cn_buf_str(b, more ? ", " : "");
			if (it.key.n > 0) {
				cn_page_text(b, it.key.p, it.key.n);
				cn_buf_ch(b, ' ');
			}
			readable(b, it.val, depth - 1);
		}
	} else if ((s = cn_json_string(&mem, v)) != NULL) {
		isolated(b, s);
	} else {
		cn_page_text(b, v.p, v.n);
	}
	cn_arena_release(&mem);
}

static void decided(struct cn_buf *b, struct cn_str class)
{
	struct cn_json_it it;

	if (cn_json_type(class) != CN_JSON_OBJECT)
		return;
	cn_buf_str(b, "<details><summary>What the software made of it, and "
	    "why</summary>\n<dl>\n");
	cn_json_walk(&it, class);
	while (cn_json_next(&it)) {
		cn_buf_str(b, "<dt>");
		cn_page_text(b, it.key.p, it.key.n);
		cn_buf_str(b, "</dt><dd>");
		readable(b, it.val, DEPTH);
		cn_buf_str(b, "</dd>\n");
	}
	cn_buf_str(b, "</dl></details>\n");
}

static void drafts(struct cn_buf *b, struct cn_str replies)
{
	struct cn_json_it it;

	if (cn_json_type(replies) != CN_JSON_ARRAY)
		return;
	cn_buf_str(b, "<details><summary>Answers that the software drafted "
	    "for the staff</summary>\n");
	cn_json_walk(&it, replies);
	while (cn_json_next(&it)) {
		cn_buf_str(b, "<blockquote dir=\"auto\">");
		readable(b, cn_json_type(it.val) == CN_JSON_OBJECT &&
		    cn_json_get(it.val, "text").n ?
		    cn_json_get(it.val, "text") : it.val, DEPTH);
		cn_buf_str(b, "</blockquote>\n");
		if (cn_json_get(it.val, "source").n == 0)
			continue;
		cn_buf_str(b, "<p>from ");
		readable(b, cn_json_get(it.val, "source"), DEPTH);
		cn_buf_str(b, "</p>\n");
	}
	cn_buf_str(b, "</details>\n");
}

void cn_page_message(struct cn_buf *b, const struct cn_msg *m, bool first,
    bool derived)
{
	bool in = strcmp(m->direction, "in") == 0;

	if (first) {
		cn_buf_str(b, "<h2 dir=\"auto\">");
		text(b, m->subject && m->subject[0] ? m->subject :
		    strcmp(m->channel, "chat") == 0 ? "Chat" :
		    "(no subject)");
		cn_buf_str(b, "</h2>\n");
	}
	cn_buf_fmt(b, "<article class=\"%s\">\n<header>%s &middot; ",
	    in ? "in" : "out", in ? "You wrote" : "We wrote");
	when(b, m->date);
	addresses(b, "from", &m->from);
	addresses(b, "to", &m->to);
	addresses(b, "copy to", &m->cc);
	cn_buf_str(b, " &middot; ");
	text(b, m->id);
	cn_buf_str(b, "</header>\n<pre dir=\"auto\">");
	cn_page_text(b, m->text ? m->text : "", m->text_len);
	cn_buf_str(b, "</pre>\n");
	attachments(b, m);
	if (m->claimed || m->device_json.n) {
		cn_buf_str(b, "<p>You were known by: ");
		isolated(b, m->claimed ? m->claimed : "");
		cn_buf_ch(b, ' ');
		readable(b, m->device_json, DEPTH);
		cn_buf_str(b, "</p>\n");
	}
	if (derived && m->class_json.n)
		decided(b, m->class_json);
	if (derived && m->replies_json.n)
		drafts(b, m->replies_json);
	cn_buf_str(b, "</article>\n");
}

void cn_page_section(struct cn_buf *b, const char *title)
{
	cn_buf_str(b, "<h2>");
	text(b, title);
	cn_buf_str(b, "</h2>\n<dl>\n");
}

void cn_page_fact(struct cn_buf *b, const char *name, const char *value)
{
	cn_buf_str(b, "<dt>");
	text(b, name);
	cn_buf_str(b, "</dt><dd>");
	isolated(b, value);
	cn_buf_str(b, "</dd>\n");
}

void cn_page_section_end(struct cn_buf *b)
{
	cn_buf_str(b, "</dl>\n");
}

void cn_page_end(struct cn_buf *b)
{
	cn_buf_str(b, "</body>\n</html>\n");
}
