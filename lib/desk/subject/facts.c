#include "desk/subject/facts.h"

#include <string.h>

#include "rec/msg.h"

const struct cn_fact cn_facts[] = {
	{ "recipients", "15(1)(c), 30(1)(d)",
	  "The staff of the support desk. This software sends nothing to "
	  "anybody else; what was handed to somebody beyond it is told by "
	  "the controller." },
	{ "transfers", "15(2), 30(1)(e)",
	  "None by this software: everything is computed and kept on the "
	  "controller's own machine." },
	{ "source", "15(1)(g)",
	  "Messages that the person sent or received, as they came to the "
	  "desk by mail or chat, with what a chat told of the device; ratings "
	  "that the person gave; times and results that this software "
	  "derived from them." },
	{ "decisions", "15(1)(h), 22",
	  "No decision with legal or similar effect is made by the software. "
	  "It sorts and drafts: a linear classifier, trained on example "
	  "sentences, weighs the words of a message and gives the likeliest "
	  "category with its confidence, or abstains; priority, mood and "
	  "language come from word lists; drafts are chosen by similar words, "
	  "and meaning where a sentence encoder is installed, "
	  "from prepared answers and earlier replies. The words that weighed "
	  "most stand with each result. A human reads, answers and decides." },
	{ "rights", "15(1)(e)",
	  "Rectification (Art. 16), erasure (Art. 17), restriction (Art. 18), "
	  "portability (Art. 20) and objection (Art. 21): ask the desk." },
	{ "complaint", "15(1)(f)",
	  "A complaint can be lodged with a supervisory authority (Art. 77)." },
	{ "security", "30(1)(g), 32",
	  "Contents and identities are encrypted (AES-256-GCM) under a key of "
	  "the person, which an erasure destroys; reads and changes are "
	  "logged in a signed chain." },
};
const size_t cn_nfacts = sizeof(cn_facts) / sizeof(cn_facts[0]);

static bool same(const struct cn_processing *p, const struct cn_column *c)
{
	return strcmp(p->category, c->category) == 0 &&
	    strcmp(p->purpose, c->purpose) == 0 &&
	    strcmp(p->basis, c->basis) == 0 &&
	    strcmp(p->retention, c->retention) == 0;
}

void cn_processing_list(struct cn_arena *mem, struct cn_processing **out,
    size_t *n)
{
	struct cn_processing *v = cn_arena_alloc(mem,
	    cn_ncolumns * sizeof(*v) + 1);
	const struct cn_column *c;
	size_t i, k;

	*n = 0;
	for (i = 0; i < cn_ncolumns; i++) {
		c = &cn_columns[i];
		for (k = 0; k < *n && !same(&v[k], c); k++)
			;
		if (c->personal && k == *n)
			v[(*n)++] = (struct cn_processing){ c->category,
			    c->purpose, c->basis, c->retention };
	}
	*out = v;
}

static const char *yes(bool b)
{
	return b ? "yes" : "no";
}

struct rows {
	int (*row)(void *, const char *const *, struct cn_err *);
	void *arg;
	struct cn_arena mem;
};

static int columns(struct rows *r, struct cn_err *err)
{
	static const char *const forms[] = { "clear", "sealed", "keyed" };
	size_t i;

	for (i = 0; i < cn_ncolumns; i++) {
		const struct cn_column *c = &cn_columns[i];
		const char *cells[CN_ROPA_CELLS] = { "store",
		    cn_arena_fmt(&r->mem, "%s.%s", c->table, c->column),
		    forms[c->form], yes(c->personal), c->category, c->purpose,
		    c->basis, c->retention, c->reveals[0] == '\0' ? NULL :
		    cn_arena_fmt(&r->mem, "shows %s", c->reveals) };

		if (r->row(r->arg, cells, err) < 0)
			return -1;
	}
	return 0;
}

static int places(struct rows *r, struct cn_err *err)
{
	size_t i;

	for (i = 0; i < cn_nplaces; i++) {
		const struct cn_place *p = &cn_places[i];
		const char *cells[CN_ROPA_CELLS] = { p->where, p->pattern,
		    "file", yes(p->personal), [CN_ROPA_NOTE] = p->erased[0] ?
		    cn_arena_fmt(&r->mem, "%s; erasure: %s", p->holds,
		    p->erased) : p->holds };

		if (r->row(r->arg, cells, err) < 0)
			return -1;
	}
	return 0;
}

int cn_ropa(const struct cn_config *config,
    int (*row)(void *, const char *const *, struct cn_err *), void *arg,
    struct cn_err *err)
{
	const char *name = config->name ? config->name :
	    "not configured: 'name' in config.yaml";
	struct rows r = { row, arg, { 0 } };
	const char *cells[CN_ROPA_CELLS] = { "record", "controller",
	    [CN_ROPA_NOTE] = name };
	int rc = row(arg, cells, err);
	size_t i;

	for (i = 0; rc == 0 && i < cn_nfacts; i++) {
		cells[CN_ROPA_NAME] = cn_facts[i].name;
		cells[CN_ROPA_BASIS] = cn_arena_fmt(&r.mem, "Art. %s",
		    cn_facts[i].article);
		cells[CN_ROPA_NOTE] = cn_facts[i].text;
		rc = row(arg, cells, err);
	}
	if (rc == 0)
		rc = columns(&r, err);
	for (i = 0; rc == 0 && i < cn_nfields; i++) {
		const struct cn_field_def *f = &cn_fields[i];
		const char *field[CN_ROPA_CELLS] = { "line", f->name, "clear",
		    yes(f->flags & CN_F_PERSONAL), f->category, f->purpose,
		    NULL, NULL, f->column ? cn_arena_fmt(&r.mem, "from %s",
		    f->column) : NULL };

		rc = row(arg, field, err);
	}
	if (rc == 0)
		rc = places(&r, err);
	cn_arena_release(&r.mem);
	return rc;
}
