/* skim.h - is a skimmed mail what the parser makes of the whole?  For the unit
 * test and the fuzzer. */
#ifndef CN_TESTS_SKIM_H
#define CN_TESTS_SKIM_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mail/mime.h"

/* Feeds the mail in pieces; next(): their sizes; bounds NULL: the usual. */
static inline int skim(struct cn_mail *m, struct cn_str raw,
    const struct cn_skim_bounds *bounds, size_t (*next)(void *), void *arg)
{
	struct cn_skim *k = bounds ? cn_skim_with(bounds, 0) : cn_skim_new(0);
	struct cn_err err;

	for (size_t at = 0, n; at < raw.n; at += n) {
		n = next(arg);
		if (n == 0 || n > raw.n - at)
			n = raw.n - at;
		/* A block of its own, so that a look beyond it is seen. */
		char *piece = malloc(n);

		memcpy(piece, raw.p + at, n);
		cn_skim_feed(k, piece, n);
		free(piece);
	}
	return cn_skim_end(k, m, &err);
}

static inline bool str_same(struct cn_str a, struct cn_str b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

static inline const char *part_differs(const struct cn_mail_part *a,
    const struct cn_mail_part *b)
{
	if (strcmp(a->type, b->type) || strcmp(a->charset, b->charset) ||
	    a->disposition != b->disposition || a->depth != b->depth)
		return "type";
	if (strcmp(a->name, b->name) || strcmp(a->cid, b->cid))
		return "name";
	if (a->attachment != b->attachment || a->in_text != b->in_text ||
	    a->flowed != b->flowed || a->delsp != b->delsp)
		return "use";
	if (a->size != b->size || a->size != a->body.n)
		return "size";
	if (a->sha_known != b->sha_known ||
	    memcmp(a->sha256, b->sha256, sizeof(a->sha256)))
		return "hash";
	if (!b->cut && (!str_same(a->raw, b->raw) ||
	    !str_same(a->body, b->body)))
		return "body";
	if (b->cut && (b->raw.n > a->raw.n ||
	    memcmp(a->raw.p, b->raw.p, b->raw.n)))
		return "beginning";
	return NULL;
}

/* What differs between the whole and the skimmed mail, or NULL. */
static inline const char *differs(const struct cn_mail *a,
    const struct cn_mail *b)
{
	unsigned may = b->defects & CN_DEF_CUT ? CN_DEF_CUT | CN_DEF_TEXT |
	    CN_DEF_CHARSET | CN_DEF_NUL : 0;
	const char *s;
	size_t i;

	if (a->n_fields != b->n_fields)
		return "number of fields";
	for (i = 0; i < a->n_fields; i++)
		if (!str_same(a->fields[i].name, b->fields[i].name) ||
		    !str_same(a->fields[i].value, b->fields[i].value))
			return "field";
	if (strcmp(a->type, b->type) || strcmp(a->subject, b->subject) ||
	    strcmp(a->report_type, b->report_type))
		return "header";
	if (a->n_parts != b->n_parts || a->n_attachments != b->n_attachments)
		return "number of parts";
	for (i = 0; i < a->n_parts; i++)
		if ((s = part_differs(&a->parts[i], &b->parts[i])) != NULL)
			return s;
	if ((a->defects ^ b->defects) & ~may)
		return "defects";
	if (!(b->defects & CN_DEF_CUT) && (a->text_len != b->text_len ||
	    memcmp(a->text, b->text, a->text_len) ||
	    a->text_from_html != b->text_from_html))
		return "text";
	return NULL;
}

/* What differs, or NULL; also where it is said that parts are left out. */
static inline const char *skim_differs(struct cn_str raw,
    const struct cn_skim_bounds *bounds, size_t (*next)(void *), void *arg)
{
	struct cn_mail a = { 0 }, b = { 0 };
	struct cn_err err;
	const char *s = NULL;
	int r = cn_mail_parse(&a, raw.p, raw.n, 0, &err);

	if (skim(&b, raw, bounds, next, arg) != r)
		s = "result";
	else if (r == 0 && (a.defects | ~b.defects) & CN_DEF_PARTS)
		s = differs(&a, &b);
	cn_mail_release(&a);
	cn_mail_release(&b);
	return s;
}

#endif
