/* generate.c - a draft from a local program (--generator)
 *
 * It gets the message, what was said in the conversation by and to all who
 * would get the answer, and the drafts that we have: nothing that the reader
 * may not see.  What it answers is held against the same (ground.h).
 *
 * Each question has a number that the answer must repeat: an answer that came
 * late would else be shown to the next customer. */
#include <stdio.h>
#include <string.h>

#include "ai/ai.h"
#include "base/utf8.h"
#include "desk/reply/ground.h"
#include "desk/reply/suggest_int.h"

#define SAID 10				/* messages of the conversation, */
#define SAID_MAX ((size_t)4 << 10)	/* bytes of each, and of the text */

static struct cn_str own(struct cn_arena *mem, const struct cn_msg *m)
{
	struct cn_buf b = { 0 };
	struct cn_str t;

	cn_text_own(&b, (struct cn_str){ m->text, cn_utf8_cut(m->text,
	    m->text_len, SAID_MAX) });
	t = (struct cn_str){ cn_arena_dup(mem, b.p ? b.p : "", b.len),
	    b.len };
	cn_buf_wipe(&b);
	return t;
}

struct context {
	struct cn_str source[1 + SAID + CN_SUGGEST_MAX];
	bool theirs[1 + SAID + CN_SUGGEST_MAX];
	const struct cn_said *said[SAID];
	size_t nsaid, n;		/* source: the message, said, drafts */
};

static void gather(struct context *c, const struct cn_suggest *s,
    const struct cn_asked *a, const struct cn_cand *d, size_t n,
    struct cn_arena *mem)
{
	size_t i = a->nsaid > SAID ? a->nsaid - SAID : 0, k;
	struct cn_buf b = { 0 };

	c->theirs[0] = true;
	c->source[c->n++] = (struct cn_str){ a->text.p, cn_utf8_cut(a->text.p,
	    a->text.n, SAID_MAX) };
	for (; i < a->nsaid; i++) {
		c->said[c->nsaid++] = &a->said[i];
		c->theirs[c->n] = strcmp(a->said[i].msg->direction, "in") == 0;
		c->source[c->n++] = own(mem, a->said[i].msg);
	}
	for (k = 0; k < n; k++) {
		b.len = 0;
		cn_reply_text(&b, s, a, &d[k]);
		c->source[c->n++] = (struct cn_str){ cn_arena_dup(mem, b.p ?
		    b.p : "", b.len), b.len };
	}
	cn_buf_wipe(&b);
}

static void key_text(struct cn_buf *b, struct cn_str t)
{
	cn_json_key(b, "text");
	cn_json_put(b, t.p, t.n);
}

static void request(struct cn_buf *b, const struct context *c,
    const struct cn_suggest *s, const struct cn_asked *a,
    const struct cn_cand *d, size_t n, const char *id)
{
	size_t i;

	cn_buf_str(b, "{\"v\":1");
	cn_json_kv(b, "id", id);
	cn_json_kv(b, "language", a->language[0] ? a->language : NULL);
	cn_json_kv(b, "category", a->best);
	cn_json_kv(b, "name", a->name);
	cn_json_kv(b, "agent", s->agent);
	key_text(b, c->source[0]);
	cn_json_key(b, "conversation");
	cn_buf_ch(b, '[');
	for (i = 0; i < c->nsaid; i++) {
		cn_buf_str(b, i ? ",{" : "{");
		cn_json_kv(b, "message", c->said[i]->msg->id);
		cn_json_kv(b, "direction", c->said[i]->msg->direction);
		key_text(b, c->source[1 + i]);
		cn_buf_ch(b, '}');
	}
	cn_buf_ch(b, ']');
	cn_json_key(b, "candidates");
	cn_buf_ch(b, '[');
	for (i = 0; i < n; i++) {
		cn_buf_str(b, i ? ",{" : "{");
		cn_reply_source(b, &d[i]);
		cn_json_kvf(b, "score", d[i].score, 4);
		key_text(b, c->source[1 + c->nsaid + i]);
		cn_buf_ch(b, '}');
	}
	cn_buf_str(b, "]}");
}

/* What bears the draft, as the member from: but for the message itself. */
static struct cn_str from(const struct context *c, const bool *used,
    const struct cn_cand *d, double *score, struct cn_arena *mem)
{
	struct cn_buf b = { 0 };
	struct cn_str t;
	size_t i;

	cn_buf_ch(&b, '[');
	for (i = 1; i < c->n; i++) {
		if (!used[i])
			continue;
		if (b.len > 1)
			cn_buf_ch(&b, ',');
		if (i <= c->nsaid) {
			cn_buf_ch(&b, '{');
			cn_json_kv(&b, "message", c->said[i - 1]->msg->id);
			cn_buf_ch(&b, '}');
			continue;
		}
		cn_reply_origin(&b, &d[i - 1 - c->nsaid]);
		if (d[i - 1 - c->nsaid].score > *score)
			*score = d[i - 1 - c->nsaid].score;
	}
	cn_buf_ch(&b, ']');
	t = (struct cn_str){ cn_arena_dup(mem, b.p, b.len), b.len };
	cn_buf_wipe(&b);
	return t;
}

/* The text of an answer; NULL: it had nothing to say.  -1: not in the form. */
static int text_of(struct cn_str answer, const char *id, const char **text,
    struct cn_arena *mem, struct cn_err *err)
{
	const char *is;

	if (cn_json_check(answer, err) < 0 ||
	    cn_json_type(answer) != CN_JSON_OBJECT ||
	    (is = cn_json_string(mem, cn_json_get(answer, "id"))) == NULL)
		return cn_fail(err, CN_UNAVAILABLE,
		    "it answers with something else than it should");
	if (strcmp(is, id) != 0)
		return cn_fail(err, CN_UNAVAILABLE,
		    "it answers another question than it was asked");
	*text = cn_json_string(mem, cn_json_get(answer, "text"));
	return 0;
}

int cn_generate(struct cn_suggest *s, struct cn_item *it,
    const struct cn_asked *a, const struct cn_cand *d, size_t n,
    struct cn_cand *out)
{
	struct context *c = cn_arena_alloc(&it->mem, sizeof(*c));
	bool used[1 + SAID + CN_SUGGEST_MAX] = { false };
	struct cn_buf b = { 0 }, got = { 0 }, text = { 0 };
	const char *said = NULL;
	struct cn_err err = { 0 };
	char *tag, id[24];
	double support = 0;

	snprintf(id, sizeof(id), "%llu", (unsigned long long)++s->questions);
	gather(c, s, a, d, n, &it->mem);
	request(&b, c, s, a, d, n, id);
	if (s->generate(s->generate_arg, cn_buf_view(&b), &got, &err) < 0 ||
	    text_of(cn_buf_view(&got), id, &said, &it->mem, &err) < 0) {
		s->generate = NULL;
		s->generator_err = err;
	}
	*out = (struct cn_cand){ .generator = s->generator,
	    .from = CN_STR("[]") };
	if (said != NULL && said[0] != '\0')
		support = cn_ground(&text, cn_str(said), c->source, c->theirs,
		    c->n, &s->usual, used, &out->masked);
	if (support > 0) {
		out->from = from(c, used, d, &out->score, &it->mem);
		/* Borne by the conversation alone, it is worth our best. */
		if (out->score <= 0)
			out->score = n > 0 ? d[0].score : 1;
		out->score *= support;
		out->text = cn_arena_dup(&it->mem, text.p, text.len);
		tag = cn_arena_alloc(&it->mem, 8);
		cn_ai_language(cn_buf_view(&text), tag);
		out->language = tag;
		out->same = cn_same_language(a->language, tag);
	}
	cn_buf_wipe(&b);
	cn_buf_wipe(&got);
	cn_buf_wipe(&text);
	return said == NULL || said[0] == '\0' ? 0 : support > 0 ? 1 : 2;
}
