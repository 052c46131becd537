/* train.c - the examples: collecting and reading them, class names included */
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "base/yaml.h"
#include "inner.h"
#include "sentence.h"

#define LABEL_SLOTS 4096		/* a power of two above the classes */
#define FEATURES_MAX (45u << 20)	/* of all examples together: 540 MiB */

struct cn_train *
cn_train_new(void)
{
	struct cn_train *t = cn_alloc(sizeof(*t));

	t->label = cn_alloc(CN_MODEL_CLASSES * sizeof(*t->label));
	t->priority = cn_alloc(CN_MODEL_CLASSES * sizeof(*t->priority));
	t->members = cn_alloc(CN_MODEL_CLASSES * sizeof(*t->members));
	t->table = cn_alloc(LABEL_SLOTS * sizeof(*t->table));
	t->room = FEATURES_MAX;
	t->most = SIZE_MAX;
	return t;
}

void
cn_train_free(struct cn_train *t)
{
	size_t i;

	if (t == NULL)
		return;
	for (i = 0; i < t->n; i++)
		free(t->ex[i].tf);
	cn_arena_release(&t->arena);
	free(t->label);
	free(t->priority);
	free(t->members);
	free(t->table);
	free(t->ex);
	free(t);
}

void
cn_train_encoder(struct cn_train *t, const struct cn_encoder *enc)
{
	t->enc = enc;
}

size_t
cn_train_count(const struct cn_train *t)
{
	return t->n - t->classes;
}

void
cn_train_hold(struct cn_train *t)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		t->ex[i].fold = UINT32_MAX;
	memset(t->members, 0, t->classes * sizeof(*t->members));
}

size_t
cn_train_classes(const struct cn_train *t)
{
	return t->classes;
}

const char *
cn_train_class(const struct cn_train *t, size_t i)
{
	return t->label[i];
}

int
cn_spam_alone(char *const *label, size_t classes)
{
	int i;

	for (i = 0; i < 2 && classes == 2; i++)
		if (strcmp(label[i], "spam") == 0 &&
		    strcmp(label[!i], "ham") == 0)
			return i;
	return -1;
}

int
cn_train_spam(const struct cn_train *t)
{
	return cn_spam_alone(t->label, t->classes);
}

bool
cn_train_label_ok(struct cn_str s)
{
	size_t i;

	if (s.n == 0 || s.n > CN_MODEL_LABEL || !cn_utf8_valid(s.p, s.n))
		return false;
	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

/* Has it marks of two views, as what teaches spam has?  Then its sentences are
 * not asked. */
static bool
has_views(const struct cn_ai_input *in)
{
	size_t i;

	for (i = 0; i < in->nmarks; i++)
		if (in->marks[i].n == 0)
			return true;
	return false;
}

/* Takes it into one block. */
static void
keep(struct cn_example *e, const struct cn_asked *x)
{
	const size_t size = x->n * sizeof(*x->tf), said = x->pieces.n *
	    sizeof(*x->pieces.v), dim = x->meaning ? CN_ENCODER_DIM *
	    sizeof(float) : 0;
	size_t keys = 0, i;
	char *p;

	for (i = 0; i < x->pieces.n; i++)
		keys += x->pieces.v[i].keys;
	p = cn_alloc(size + dim + said + keys * sizeof(uint32_t) + 1);
	e->tf = memcpy(p, x->tf, size);
	p += size;
	e->meaning = dim ? memcpy(p, x->meaning, dim) : NULL;
	p += dim;
	if (keys)
		e->pieces = (struct cn_pieces){ x->pieces.n, memcpy(p,
		    x->pieces.v, said), memcpy(p + said, x->pieces.key,
		    keys * sizeof(uint32_t)) };
	e->n = (uint32_t)x->n;
	e->size = (uint32_t)(x->n + keys * sizeof(uint32_t) / sizeof(*x->tf));
}

static int
add(struct cn_train *t, uint32_t class, const struct cn_ai_input *in,
    struct cn_err *err)
{
	struct cn_arena scratch = { 0 };
	struct cn_asked x = { .meaning = NULL };
	struct cn_example e = { .class = class };
	struct cn_words words;
	struct cn_feat *f;
	size_t nf;

	/* What is drawn at each visit goes by their order: that of the text. */
	cn_words(&words, in->subject, CN_AI_SUBJECT_MAX, in->text,
	    CN_AI_TEXT_MAX, false, &scratch);
	f = cn_feats(&words, &nf, &scratch);
	x.tf = cn_input_tfs(NULL, in, f, nf, &x.n, &scratch);
	if (!has_views(in))
		cn_pieces(in, &x.pieces, &scratch);
	if (t->enc)
		x.meaning = cn_meaning(t->enc, in, &scratch);
	keep(&e, &x);
	cn_arena_release(&scratch);
	if (!cn_thin(t, e.size)) {
		free(e.tf);
		return cn_fail(err, CN_CONFIG, "too much text to train on");
	}
	t->features += e.size;
	if (t->n == t->cap) {
		t->cap = t->cap ? 2 * t->cap : 256;
		t->ex = cn_realloc(t->ex, t->cap * sizeof(*t->ex));
	}
	e.fold = t->members[class]++;
	t->ex[t->n++] = e;
	return 0;
}

static int
bad_label(struct cn_err *err)
{
	return cn_fail(err, CN_CONFIG, "a label must be 1 to %d bytes of UTF-8 "
	    "without spaces", CN_MODEL_LABEL);
}

/* Finds a class, or makes it with its name as the first example. */
static int
class_of(struct cn_train *t, struct cn_str label, uint32_t *class,
    struct cn_err *err)
{
	uint32_t at = (uint32_t)cn_model_sum(label.p, label.n);
	char *name;
	size_t i;

	for (at &= LABEL_SLOTS - 1; t->table[at];
	    at = (at + 1) & (LABEL_SLOTS - 1)) {
		*class = t->table[at] - 1;
		if (cn_str_eq(label, t->label[*class]))
			return 0;
	}
	if (!cn_train_label_ok(label))
		return bad_label(err);
	if (t->classes == CN_MODEL_CLASSES)
		return cn_fail(err, CN_CONFIG, "more than %d categories",
		    CN_MODEL_CLASSES);
	*class = (uint32_t)t->classes;
	t->table[at] = *class + 1;
	t->label[*class] = cn_arena_dup(&t->arena, label.p, label.n);
	t->priority[*class] = CN_PRIORITY_NORMAL;
	t->classes++;
	name = cn_arena_dup(&t->arena, label.p, label.n);
	for (i = 0; i < label.n; i++)
		if (name[i] == '_')
			name[i] = ' ';
	if (add(t, *class, &(struct cn_ai_input){ .text = { name, label.n } },
	    err) < 0) {
		t->table[at] = 0;
		t->classes--;
		return -1;
	}
	/* The name teaches in every fold and is measured in none. */
	t->ex[t->n - 1].fold = UINT32_MAX;
	t->members[*class] = 0;
	return 0;
}

int
cn_train_add(struct cn_train *t, struct cn_str label,
    const struct cn_ai_input *in, struct cn_err *err)
{
	uint32_t class;

	if (class_of(t, label, &class, err) < 0)
		return -1;
	return add(t, class, in, err);
}

/* The priority that messages of a class have by default (else normal). */
static int
set_priority(struct cn_train *t, struct cn_str label,
    enum cn_priority priority, struct cn_err *err)
{
	uint32_t class;

	if (class_of(t, label, &class, err) < 0)
		return -1;
	t->priority[class] = priority;
	return 0;
}

int
cn_train_outside(struct cn_train *t, struct cn_str label, struct cn_err *err)
{
	size_t i;

	for (i = 0; i < t->classes; i++)
		if (cn_str_eq(label, t->label[i])) {
			t->outside = (uint32_t)i + 1;
			return 0;
		}
	return cn_fail(err, CN_CONFIG, "no example has the label of what is "
	    "outside");
}

bool
cn_train_cells(struct cn_str s, struct cn_str *label, struct cn_str *text)
{
	const char *tab = memchr(s.p, '\t', s.n);

	if (tab == NULL)
		return false;
	*label = (struct cn_str){ s.p, (size_t)(tab - s.p) };
	*text = (struct cn_str){ tab + 1, s.n - label->n - 1 };
	/* As spreadsheets write cells. */
	if (label->n > 2 && label->p[0] == '"' && tab[-1] == '"')
		*label = (struct cn_str){ label->p + 1, label->n - 2 };
	return true;
}

/* What is wrong with the line itself. */
static int
tsv_line(struct cn_train *t, struct cn_str s, bool *wrong, struct cn_err *err)
{
	struct cn_ai_input in = { 0 };
	struct cn_str label;

	*wrong = true;
	if (!cn_train_cells(s, &label, &in.text))
		return cn_fail(err, CN_CONFIG, "no tab");
	if (!cn_train_label_ok(label))
		return bad_label(err);
	if (!cn_utf8_valid(in.text.p, in.text.n))
		return cn_fail(err, CN_CONFIG, "invalid UTF-8");
	*wrong = false;
	return cn_train_add(t, label, &in, err);
}

int
cn_train_tsv(struct cn_train *t, const char *name, struct cn_str s,
    size_t *bad, struct cn_err *err)
{
	const char *p = cn_str_bare(s).p, *end = s.p + s.n, *nl;
	size_t line = 0;
	bool wrong;

	for (; p < end; p = nl + 1) {
		line++;
		nl = memchr(p, '\n', (size_t)(end - p));
		if (nl == NULL)
			nl = end;
		if (nl == p || (nl == p + 1 && *p == '\r'))
			continue;
		if (tsv_line(t, (struct cn_str){ p, (size_t)(nl - p) }, &wrong,
		    err) == 0)
			continue;
		if (!wrong || bad == NULL)
			return cn_wrap(err, "%s:%zu", name, line);
		++*bad;
	}
	return 0;
}

static int
yaml_class(struct cn_train *t, struct cn_yaml *c, const char *name,
    struct cn_err *err)
{
	struct cn_str label = cn_str(c->key);
	enum cn_priority priority;
	struct cn_yaml *l, *s;

	if (c->kind != CN_YAML_MAP)
		return cn_fail(err, CN_CONFIG,
		    "%s:%d: a category must be a map",
		    name, c->line);
	for (l = c->child; l; l = l->next) {
		if (strcmp(l->key, "priority") == 0) {
			if (l->kind != CN_YAML_SCALAR ||
			    !cn_priority_parse(l->value, &priority))
				return cn_fail(err, CN_CONFIG,
				    "%s:%d: no such priority", name, l->line);
			if (set_priority(t, label, priority, err) < 0)
				return cn_wrap(err, "%s:%d", name, l->line);
			continue;
		}
		if (l->kind != CN_YAML_LIST)
			return cn_fail(err, CN_CONFIG, "%s:%d: a language must "
			    "be a list of sentences", name, l->line);
		for (s = l->child; s; s = s->next) {
			if (s->kind != CN_YAML_SCALAR)
				return cn_fail(err, CN_CONFIG,
				    "%s:%d: not a sentence", name, s->line);
			if (cn_train_add(t, label, &(struct cn_ai_input){
			    .text = cn_str(s->value) }, err) < 0)
				return cn_wrap(err, "%s:%d", name, s->line);
		}
	}
	return 0;
}

int
cn_train_yaml(struct cn_train *t, const char *name, struct cn_str text,
    struct cn_err *err)
{
	struct cn_arena arena = { 0 };
	struct cn_yaml *root, *c;
	int rc = -1;

	root = cn_yaml_parse(&arena, name, text, err);
	if (root == NULL)
		goto out;
	if (root->kind != CN_YAML_MAP) {
		cn_fail(err, CN_CONFIG, "%s:1: categories expected", name);
		goto out;
	}
	for (c = root->child; c; c = c->next)
		if (yaml_class(t, c, name, err) < 0)
			goto out;
	rc = 0;
out:
	cn_arena_release(&arena);
	return rc;
}
