#include "desk/learn/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ai/model.h"
#include "base/enc.h"
#include "base/file.h"
#include "base/utf8.h"
#include "base/yaml.h"
#include "crypt/crypt.h"

#define FILE_MAX ((size_t)4 << 20)
#define TEXT_MAX ((size_t)64 << 10)	/* bytes of a text, or of all fields,
					 * that are looked at */
#define FEW 8				/* words that an error lists */

/* How a condition is held against a message. */
enum form { ADDRESS, TEXT, HEADER, WORD, YES, NUMBER };

static const struct ask {
	const char *name;
	enum form form;
	bool after;			/* only after the model */
} asks[] = {
	{ "from", ADDRESS, false }, { "to", ADDRESS, false },
	{ "subject", TEXT, false }, { "text", TEXT, false },
	{ "header", HEADER, false }, { "channel", WORD, false },
	{ "language", WORD, false }, { "automatic", YES, false },
	{ "list", YES, false }, { "attachment", YES, false },
	{ "category", WORD, true }, { "best", WORD, true },
	{ "priority", WORD, true }, { "sentiment", WORD, true },
	{ "request", WORD, true }, { "confidence", NUMBER, true },
	{ "margin", NUMBER, true }, { "abstained", YES, true },
	{ "spam", YES, true },
};
#define NASKS (sizeof(asks) / sizeof(asks[0]))

/* The names of conditions, in the order of asks[]: CN_RULES_FOLDED of them are
 * held against what a message says. */
enum { FROM, TO, SUBJECT, BODY, FIELD, CHANNEL, LANGUAGE, AUTOMATIC, LIST,
	ATTACHMENT, CATEGORY, BEST, PRIORITY, SENTIMENT, REQUEST, CONFIDENCE,
	MARGIN, ABSTAINED, SPAM };

struct condition {
	size_t ask;
	const char *field;		/* HEADER */
	struct cn_pattern *any;		/* one of them; of ADDRESS, TEXT, HEADER,
					 * WORD */
	size_t n;
	bool yes, below;		/* YES; NUMBER: 'below' or 'above' */
	double bound;
};

struct cn_rule {
	const char *name;
	struct condition *all;
	size_t n;
	struct cn_ruling set;
};

/* --- reading --- */

struct load {
	struct cn_rules *rules;
	const char *path;
	enum cn_when when;
	struct cn_err *err;
};

static int fail(struct load *l, const struct cn_yaml *y, const char *what)
{
	return cn_fail(l->err, CN_CONFIG, "%s:%d: %s%s%s", l->path, y->line,
	    y->key ? y->key : "", y->key ? ": " : "", what);
}

/* The i-th of the few words that there are, or NULL. */
static const char *word_at(size_t ask, size_t i)
{
	static const char *const channels[] = { "email", "chat" };

	switch (ask) {
	case CHANNEL:
		return i < 2 ? channels[i] : NULL;
	case LANGUAGE:
		return cn_ai_language_at(i);
	case PRIORITY:
		return i < CN_PRIORITY_MAX ?
		    cn_priority_name((enum cn_priority)i) : NULL;
	case SENTIMENT:
		return i < CN_SENTIMENT_MAX ?
		    cn_sentiment_name((enum cn_sentiment)i) : NULL;
	case REQUEST:
		i += CN_DSR_NONE + 1;
		return i < CN_DSR_MAX ? cn_dsr_name((enum cn_dsr)i) : NULL;
	default:
		return NULL;
	}
}

/* Does it fit one of them, or are there none? */
static bool fits_some(const struct cn_pattern *p, size_t ask,
    struct cn_arena *mem)
{
	const char *w = word_at(ask, 0);
	size_t i;

	for (i = 0; w != NULL; w = word_at(ask, ++i))
		if (cn_pattern_whole(p, cn_pattern_fold(cn_str(w), mem)))
			return true;
	return i == 0;
}

static int none_of(struct load *l, const struct cn_yaml *y, size_t ask)
{
	const char *w, *all = "";
	size_t i;

	for (i = 0; (w = word_at(ask, i)) != NULL && i < FEW; i++)
		all = cn_arena_fmt(&l->rules->mem, "%s%s%s", all, i ? ", " :
		    "none of ", w);
	return fail(l, y, w == NULL ? all : "fits none that there is");
}

static int patterns(struct load *l, struct cn_yaml *y, struct condition *c)
{
	struct cn_yaml *i = y->kind == CN_YAML_LIST ? y->child : y;

	if (y->kind == CN_YAML_MAP || i == NULL)
		return fail(l, y, "a pattern, or a list of them, is expected");
	c->any = cn_arena_alloc(&l->rules->mem, (y->kind == CN_YAML_LIST ?
	    cn_yaml_count(y) : 1) * sizeof(*c->any));
	for (; i != NULL; i = y->kind == CN_YAML_LIST ? i->next : NULL) {
		const char *v = i->kind == CN_YAML_SCALAR ? i->value : "";

		/* All of a domain. */
		if (asks[c->ask].form == ADDRESS && v[0] == '@')
			v = cn_arena_fmt(&l->rules->mem, "*%s", v);
		if (!cn_pattern_make(&c->any[c->n++], v, &l->rules->mem))
			return fail(l, i, "a pattern of 1 to 256 bytes is "
			    "expected");
		if (!fits_some(&c->any[c->n - 1], c->ask, &l->rules->mem))
			return none_of(l, i, c->ask);
	}
	return 0;
}

static bool yes_no(const char *v, bool *out)
{
	bool yes = strcmp(v, "yes") == 0 || strcmp(v, "true") == 0;

	*out = yes;
	return yes || strcmp(v, "no") == 0 || strcmp(v, "false") == 0;
}

static int number(struct load *l, struct cn_yaml *y, struct condition *c)
{
	const char *v = y->kind == CN_YAML_SCALAR ? y->value : "";

	c->below = strncmp(v, "below ", 6) == 0;
	if (!c->below && strncmp(v, "above ", 6) != 0)
		return fail(l, y, "'below' or 'above' and a number are "
		    "expected");
	if (cn_json_type(cn_str(v + 6)) != CN_JSON_NUMBER ||
	    cn_json_check(cn_str(v + 6), l->err) < 0 ||
	    !cn_json_double(cn_str(v + 6), &c->bound) || c->bound < 0 ||
	    c->bound > 1)
		return fail(l, y, "a number from 0 to 1 is expected");
	return 0;
}

static int condition(struct load *l, struct cn_yaml *y, struct condition *c)
{
	for (c->ask = 0; c->ask < NASKS; c->ask++)
		if (strcmp(asks[c->ask].name, y->key) == 0)
			break;
	if (c->ask == NASKS)
		return fail(l, y, "no such condition");
	if (asks[c->ask].after && l->when == CN_BEFORE)
		return fail(l, y, "is known only after the model");
	l->rules->language |= c->ask == LANGUAGE && l->when == CN_BEFORE;
	switch (asks[c->ask].form) {
	case YES:
		if (y->kind != CN_YAML_SCALAR || !yes_no(y->value, &c->yes))
			return fail(l, y, "yes or no is expected");
		return 0;
	case NUMBER:
		return number(l, y, c);
	case HEADER:
		return fail(l, y, "a map of field names is expected");
	default:
		return patterns(l, y, c);
	}
}

static int conditions(struct load *l, struct cn_yaml *y, struct cn_rule *r)
{
	struct cn_yaml *i, *h = cn_yaml_get(y, "header");

	if (y->kind != CN_YAML_MAP || y->child == NULL)
		return fail(l, y, "conditions are expected");
	r->all = cn_arena_alloc(&l->rules->mem, (cn_yaml_count(y) +
	    cn_yaml_count(h)) * sizeof(*r->all));
	for (i = y->child; i != NULL; i = i->next)
		if ((i != h || h->kind != CN_YAML_MAP) &&
		    condition(l, i, &r->all[r->n++]) < 0)
			return -1;
	for (i = h ? h->child : NULL; i != NULL; i = i->next) {
		l->rules->header = true;
		if (i->key[0] == '\0' || strpbrk(i->key, " \t:") != NULL)
			return fail(l, i, "no name of a header field");
		r->all[r->n].ask = FIELD;
		r->all[r->n].field = i->key;
		if (patterns(l, i, &r->all[r->n++]) < 0)
			return -1;
	}
	return 0;
}

static int word(struct load *l, struct cn_yaml *y, const char **out)
{
	if (y->kind != CN_YAML_SCALAR || !cn_train_label_ok(cn_str(y->value)))
		return fail(l, y, "a word of 1 to 64 bytes is expected");
	*out = y->value;
	return 0;
}

static int settings(struct load *l, struct cn_yaml *y, struct cn_rule *r)
{
	struct cn_ruling *s = &r->set;
	struct cn_yaml *i;
	int rc = 0;

	if (y->kind != CN_YAML_MAP || y->child == NULL)
		return fail(l, y, "what to set is expected");
	for (i = y->child; i != NULL && rc == 0; i = i->next) {
		if (strcmp(i->key, "category") == 0) {
			s->by_category = r->name;
			rc = word(l, i, &s->category);
		} else if (strcmp(i->key, "team") == 0) {
			s->by_team = r->name;
			rc = word(l, i, &s->team);
		} else if (strcmp(i->key, "priority") == 0) {
			s->by_priority = r->name;
			if (i->kind != CN_YAML_SCALAR ||
			    !cn_priority_parse(i->value, &s->priority))
				rc = none_of(l, i, PRIORITY);
		} else if (strcmp(i->key, "stop") == 0 ||
		    (l->when == CN_AFTER && strcmp(i->key, "abstain") == 0)) {
			bool *to = i->key[0] == 's' ? &s->stop : &s->abstain;

			if (i->kind != CN_YAML_SCALAR ||
			    !yes_no(i->value, to))
				rc = fail(l, i, "yes or no is expected");
		} else {
			rc = fail(l, i, "cannot be set");
		}
	}
	if (rc == 0 && s->abstain && s->category != NULL)
		rc = fail(l, y, "a category and none");
	if (s->abstain)
		s->by_category = r->name;
	return rc;
}

static int rule(struct load *l, struct cn_yaml *y, struct cn_rule *r)
{
	static const char *const keys[] = { "if", "then", NULL };
	struct cn_yaml *when, *then;

	r->name = y->key;
	if (y->kind != CN_YAML_MAP)
		return fail(l, y, "if and then are expected");
	if (cn_yaml_known(y, l->path, keys, l->err) < 0)
		return -1;
	when = cn_yaml_get(y, "if");
	then = cn_yaml_get(y, "then");
	if (when == NULL || then == NULL)
		return fail(l, y, when == NULL ? "if is missing" :
		    "then is missing");
	return conditions(l, when, r) < 0 ? -1 : settings(l, then, r);
}

static int section(struct load *l, struct cn_yaml *y)
{
	struct cn_rules *rs = l->rules;
	struct cn_yaml *i;

	if (y == NULL)
		return 0;
	if (y->kind != CN_YAML_MAP)
		return fail(l, y, "rules by name are expected");
	if (cn_yaml_count(y) > CN_RULES_MAX)
		return fail(l, y, "more than 1000 rules");
	rs->v[l->when] = cn_arena_alloc(&rs->mem, (cn_yaml_count(y) + 1) *
	    sizeof(*rs->v[0]));
	for (i = y->child; i != NULL; i = i->next)
		if (rule(l, i, &rs->v[l->when][rs->n[l->when]++]) < 0)
			return -1;
	return 0;
}

static int parse(struct cn_rules *rs, const char *path, struct cn_str text,
    struct cn_err *err)
{
	static const char *const keys[] = { "before", "after", NULL };
	struct load l = { rs, path, CN_BEFORE, err };
	struct cn_yaml *root;
	uint8_t sum[CN_SHA];

	root = cn_yaml_parse(&rs->mem, path, text, err);
	if (root == NULL)
		return -1;
	if (root->kind != CN_YAML_MAP)
		return fail(&l, root, "before and after are expected");
	if (cn_yaml_known(root, path, keys, err) < 0 ||
	    section(&l, cn_yaml_get(root, "before")) < 0)
		return -1;
	l.when = CN_AFTER;
	if (section(&l, cn_yaml_get(root, "after")) < 0)
		return -1;
	cn_sha256(sum, text.p, text.n);
	cn_hex(rs->id, sum, (CN_RULES_ID - 1) / 2);
	return 0;
}

int cn_rules_load(struct cn_rules *rs, const char *path, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	int r;

	*rs = (struct cn_rules){ 0 };
	if (!cn_file_exists(path))
		return 0;
	r = cn_file_read(path, FILE_MAX, &b, err);
	if (r == 0)
		r = parse(rs, path, cn_buf_view(&b), err);
	cn_buf_release(&b);
	if (r == 0)
		return 0;
	err->status = CN_CONFIG;
	cn_wrap(err, "rules");
	cn_rules_release(rs);
	return cn_hint(err, "'cn-model rules' checks them");
}

void cn_rules_release(struct cn_rules *rs)
{
	cn_arena_release(&rs->mem);
	*rs = (struct cn_rules){ 0 };
}

/* --- asking --- */

static bool one_of(const struct condition *c, struct cn_str folded,
    bool whole)
{
	size_t i;

	for (i = 0; i < c->n; i++)
		if (whole ? cn_pattern_whole(&c->any[i], folded) :
		    cn_pattern_within(&c->any[i], folded))
			return true;
	return false;
}

static struct cn_said *room(struct cn_folded *l, size_t n,
    struct cn_arena *mem)
{
	l->v = cn_arena_alloc(mem, (n > 0 ? n : 1) * sizeof(*l->v));
	return l->v;
}

static void addresses(struct cn_folded *l, const struct cn_addrs *a,
    struct cn_arena *mem)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (a->v[i].addr != NULL)
			l->v[l->n++].text = cn_pattern_fold(
			    cn_str(a->v[i].addr), mem);
}

static void fields(struct cn_folded *l, struct cn_str head,
    struct cn_arena *mem)
{
	const char *p = head.p, *end, *lf, *colon;
	size_t lines = 1;

	head.n = cn_utf8_cut(head.p, head.n, TEXT_MAX);
	for (end = p + head.n; p < end; p++)
		lines += *p == '\n';
	room(l, lines, mem);
	for (p = head.p; p < end; p = lf + 1) {
		/* A field ends before a line that does not begin with space. */
		for (lf = p; (lf = memchr(lf, '\n', (size_t)(end - lf))) !=
		    NULL; lf++)
			if (lf + 1 >= end || (lf[1] != ' ' && lf[1] != '\t'))
				break;
		if (lf == NULL)
			lf = end;
		colon = memchr(p, ':', (size_t)(lf - p));
		if (colon == NULL)
			continue;
		l->v[l->n].name = (struct cn_str){ p, (size_t)(colon - p) };
		l->v[l->n++].text = cn_pattern_fold(cn_str_trim((struct cn_str){
		    colon + 1, (size_t)(lf - colon - 1) }), mem);
	}
}

/* Once a message, however many rules ask. */
static const struct cn_folded *fold(size_t ask, struct cn_facts *f)
{
	const struct cn_msg *m = f->msg;
	struct cn_folded *l = &f->folded[ask];
	struct cn_str s = ask == BODY ? f->own : cn_str(m->subject);

	if (l->v != NULL)
		return l;
	switch (ask) {
	case FROM:
		room(l, m->from.n, f->mem);
		addresses(l, &m->from, f->mem);
		break;
	case TO:
		room(l, m->to.n + m->cc.n, f->mem);
		addresses(l, &m->to, f->mem);
		addresses(l, &m->cc, f->mem);
		break;
	case FIELD:
		fields(l, f->head, f->mem);
		break;
	default:
		s.n = cn_utf8_cut(s.p, s.n, TEXT_MAX);
		room(l, 1, f->mem)->text = cn_pattern_fold(s, f->mem);
		l->n = 1;
	}
	return l;
}

/* A field may occur several times: one of them is enough. */
static bool any(const struct condition *c, bool whole, struct cn_facts *f)
{
	const struct cn_folded *l = fold(c->ask, f);
	size_t i, n = c->ask == FIELD ? strlen(c->field) : 0;

	for (i = 0; i < l->n; i++)
		if ((c->ask != FIELD || (l->v[i].name.n == n &&
		    strncasecmp(l->v[i].name.p, c->field, n) == 0)) &&
		    one_of(c, l->v[i].text, whole))
			return true;
	return false;
}

static const char *word_of(const struct condition *c,
    const struct cn_facts *f)
{
	const struct cn_ai_result *r = f->result;

	if (c->ask == CHANNEL)
		return f->msg->channel;
	if (r == NULL)
		return NULL;
	switch (c->ask) {
	case LANGUAGE:
		return r->language;
	case CATEGORY:
		return r->category;
	case BEST:
		return r->best;
	case PRIORITY:
		return cn_priority_name(r->priority);
	case SENTIMENT:
		return cn_sentiment_name(r->sentiment);
	default:
		return r->dsr == CN_DSR_NONE ? NULL : cn_dsr_name(r->dsr);
	}
}

static bool is_so(const struct condition *c, const struct cn_facts *f)
{
	switch (c->ask) {
	case AUTOMATIC:
		return f->msg->automatic != NULL;
	case LIST:
		return f->msg->list;
	case ATTACHMENT:
		return f->msg->nattachments > 0;
	case ABSTAINED:
		return f->result->abstained;
	default:
		return f->result->spam;
	}
}

static bool holds(const struct condition *c, struct cn_facts *f)
{
	const char *w;
	double v;

	switch (asks[c->ask].form) {
	case ADDRESS:
	case TEXT:
	case HEADER:
		return any(c, asks[c->ask].form == ADDRESS, f);
	case WORD:
		w = word_of(c, f);
		return w != NULL && w[0] != '\0' &&
		    one_of(c, cn_pattern_fold(cn_str(w), f->mem), true);
	case YES:
		return is_so(c, f) == c->yes;
	default:
		v = c->ask == CONFIDENCE ? f->result->confidence :
		    f->result->margin;
		return c->below ? v < c->bound : v > c->bound;
	}
}

void cn_rules_ask(const struct cn_rules *rs, enum cn_when when,
    struct cn_facts *f, struct cn_ruling *out)
{
	const struct cn_rule *r;
	size_t i, k;

	for (i = 0; i < rs->n[when] && !out->stop; i++) {
		r = &rs->v[when][i];
		for (k = 0; k < r->n && holds(&r->all[k], f); k++)
			;
		if (k < r->n)
			continue;
		if (r->set.by_category != NULL) {
			out->category = r->set.category;
			out->abstain = r->set.abstain;
			out->by_category = r->name;
		}
		if (r->set.by_priority != NULL) {
			out->priority = r->set.priority;
			out->by_priority = r->name;
		}
		if (r->set.by_team != NULL) {
			out->team = r->set.team;
			out->by_team = r->name;
		}
		out->stop = r->set.stop;
	}
}
