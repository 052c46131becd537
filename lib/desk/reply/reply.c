/* Drafts on the line: slots, sources, what was masked. */
#include <string.h>

#include "desk/reply/suggest_int.h"

static const char *filling(const struct cn_asked *a, const char *agent,
    struct cn_str slot)
{
	if (cn_str_eq(slot, "name"))
		return a->name;
	if (cn_str_eq(slot, "order"))
		return a->order;
	if (cn_str_eq(slot, "asked"))
		return a->day;
	if (cn_str_eq(slot, "agent"))
		return agent;
	return NULL;
}

/* The slot {word} at p, or n == 0. */
static struct cn_str slot_at(const char *p)
{
	size_t n = *p == '{' ? strspn(p + 1, "abcdefghijklmnopqrstuvwxyz_") : 0;

	return (struct cn_str){ p + 1, n > 0 && p[n + 1] == '}' ? n : 0 };
}

static bool named(struct cn_str *v, size_t n, struct cn_str s)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i].n == s.n && memcmp(v[i].p, s.p, s.n) == 0)
			return true;
	return false;
}

void cn_reply_origin(struct cn_buf *b, const struct cn_cand *d)
{
	cn_buf_ch(b, '{');
	if (d->generator != NULL) {
		cn_json_kv(b, "generator", d->generator);
		cn_json_key(b, "from");
		cn_buf_add(b, d->from.p, d->from.n);
	} else {
		cn_json_kv(b, d->macro ? "macro" : "message", d->macro ?
		    d->macro : d->message);
	}
	if (d->span[1] > 0) {
		cn_json_key(b, "span");
		cn_buf_fmt(b, "[%zu,%zu]", d->span[0], d->span[1]);
	}
	cn_buf_ch(b, '}');
}

void cn_reply_source(struct cn_buf *b, const struct cn_cand *d)
{
	cn_json_key(b, "source");
	cn_reply_origin(b, d);
}

static void kinds(struct cn_buf *b, const char *key, const struct cn_kinds *k)
{
	size_t i;

	cn_json_key(b, key);
	cn_buf_ch(b, '[');
	for (i = 0; i < k->n; i++) {
		if (i > 0)
			cn_buf_ch(b, ',');
		cn_json_puts(b, k->v[i]);
	}
	cn_buf_ch(b, ']');
}

#define SLOTS 16

struct filled {
	struct cn_str got[SLOTS], open[SLOTS];
	size_t ngot, nopen;
};

static void fill(struct cn_buf *text, struct filled *f,
    const struct cn_suggest *s, const struct cn_asked *a,
    const struct cn_cand *d)
{
	struct cn_str slot;
	const char *p, *with;

	for (p = d->text; *p != '\0'; p++) {
		/* What is quoted has none. */
		if (d->span[1] > 0 || (slot = slot_at(p)).n == 0) {
			cn_buf_ch(text, *p);
			continue;
		}
		if ((with = filling(a, s->agent, slot)) != NULL) {
			cn_buf_str(text, with);
			if (f->ngot < SLOTS && !named(f->got, f->ngot, slot))
				f->got[f->ngot++] = slot;
		} else {
			cn_buf_add(text, p, slot.n + 2);
			if (f->nopen < SLOTS && !named(f->open, f->nopen,
			    slot))
				f->open[f->nopen++] = slot;
		}
		p += slot.n + 1;
	}
}

void cn_reply_text(struct cn_buf *text, const struct cn_suggest *s,
    const struct cn_asked *a, const struct cn_cand *d)
{
	struct filled f = { .ngot = 0 };

	fill(text, &f, s, a, d);
}

void cn_reply_put(struct cn_buf *b, const struct cn_suggest *s,
    const struct cn_asked *a, const struct cn_cand *d, size_t rank)
{
	struct filled f = { .ngot = 0 };
	struct cn_buf text = { 0 };
	size_t i;

	fill(&text, &f, s, a, d);
	cn_buf_ch(b, '{');
	cn_json_kvi(b, "rank", (int64_t)rank);
	cn_json_kvf(b, "score", d->score, 4);
	cn_reply_source(b, d);
	if (d->model != NULL) {
		cn_json_key(b, "model");
		cn_buf_fmt(b, "\"encoder:%s\"", d->model);
	}
	cn_json_key(b, "text");
	cn_json_put(b, text.p ? text.p : "", text.len);
	cn_json_kv(b, "language", d->language[0] ? d->language : NULL);
	cn_json_key(b, "slots");
	cn_buf_ch(b, '{');
	for (i = 0; i < f.ngot; i++) {
		char name[32];

		memcpy(name, f.got[i].p, f.got[i].n < 31 ? f.got[i].n : 31);
		name[f.got[i].n < 31 ? f.got[i].n : 31] = '\0';
		cn_json_kv(b, name, filling(a, s->agent, f.got[i]));
	}
	cn_buf_ch(b, '}');
	cn_json_key(b, "unfilled");
	cn_buf_ch(b, '[');
	for (i = 0; i < f.nopen; i++) {
		if (i > 0)
			cn_buf_ch(b, ',');
		cn_json_put(b, f.open[i].p, f.open[i].n);
	}
	cn_buf_ch(b, ']');
	if (d->masked.n > 0)
		kinds(b, "masked", &d->masked);
	cn_buf_ch(b, '}');
	cn_buf_wipe(&text);
}

void cn_withheld_put(struct cn_buf *b, const struct cn_cand *d)
{
	cn_buf_ch(b, '{');
	cn_reply_source(b, d);
	kinds(b, "why", &d->masked);
	cn_buf_ch(b, '}');
}
