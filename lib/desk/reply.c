/* Drafts on the line: slots, sources, what was masked. */
#include <string.h>

#include "desk/suggest_int.h"

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

static void source(struct cn_buf *b, const struct cn_cand *d)
{
	cn_json_key(b, "source");
	cn_buf_ch(b, '{');
	cn_json_kv(b, d->macro ? "macro" : "message", d->macro ? d->macro :
	    d->message);
	if (d->span[1] > 0) {
		cn_json_key(b, "span");
		cn_buf_fmt(b, "[%zu,%zu]", d->span[0], d->span[1]);
	}
	cn_buf_ch(b, '}');
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

void cn_reply_put(struct cn_buf *b, const struct cn_suggest *s,
    const struct cn_asked *a, const struct cn_cand *d, size_t rank)
{
	struct cn_str got[16], open[16], slot;
	struct cn_buf text = { 0 };
	size_t ngot = 0, nopen = 0, i;
	const char *p, *with;

	for (p = d->text; *p != '\0'; p++) {
		/* What is quoted has none. */
		if (d->span[1] > 0 || (slot = slot_at(p)).n == 0) {
			cn_buf_ch(&text, *p);
			continue;
		}
		if ((with = filling(a, s->agent, slot)) != NULL) {
			cn_buf_str(&text, with);
			if (ngot < 16 && !named(got, ngot, slot))
				got[ngot++] = slot;
		} else {
			cn_buf_add(&text, p, slot.n + 2);
			if (nopen < 16 && !named(open, nopen, slot))
				open[nopen++] = slot;
		}
		p += slot.n + 1;
	}
	cn_buf_ch(b, '{');
	cn_json_kvi(b, "rank", (int64_t)rank);
	cn_json_kvf(b, "score", d->score, 4);
	source(b, d);
	if (d->model != NULL) {
		cn_json_key(b, "model");
		cn_buf_fmt(b, "\"encoder:%s\"", d->model);
	}
	cn_json_key(b, "text");
	cn_json_put(b, text.p ? text.p : "", text.len);
	cn_json_kv(b, "language", d->language[0] ? d->language : NULL);
	cn_json_key(b, "slots");
	cn_buf_ch(b, '{');
	for (i = 0; i < ngot; i++) {
		char name[32];

		memcpy(name, got[i].p, got[i].n < 31 ? got[i].n : 31);
		name[got[i].n < 31 ? got[i].n : 31] = '\0';
		cn_json_kv(b, name, filling(a, s->agent, got[i]));
	}
	cn_buf_ch(b, '}');
	cn_json_key(b, "unfilled");
	cn_buf_ch(b, '[');
	for (i = 0; i < nopen; i++) {
		if (i > 0)
			cn_buf_ch(b, ',');
		cn_json_put(b, open[i].p, open[i].n);
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
	source(b, d);
	kinds(b, "why", &d->masked);
	cn_buf_ch(b, '}');
}
