#include "rec/query.h"

#include <stdlib.h>
#include <string.h>

static const char *const states[] = { "open", "closed", "in", "out", "spam",
	"automatic", "abstained", "dsr", "classified", "unclassified",
	"answered", "unanswered", NULL };

static const struct {
	const char *name;
	enum cn_term_kind kind;
	const char *column;
} names[] = {
	{ "is", CN_T_IS, NULL },
	{ "since", CN_T_SINCE, NULL },
	{ "until", CN_T_UNTIL, NULL },
	{ "id", CN_T_ID, NULL },
	{ "conversation", CN_T_CONVERSATION, NULL },
	{ "ticket", CN_T_TICKET, NULL },
	{ "from", CN_T_PERSON, "from" },
	{ "to", CN_T_PERSON, "to" },
	{ "person", CN_T_PERSON, "any" },
	{ "account", CN_T_PLACE, "account" },
	{ "folder", CN_T_PLACE, "mailbox" },
	{ "label", CN_T_PLACE, "label" },
	{ "category", CN_T_FACET, "message.category" },
	{ "priority", CN_T_FACET, "message.priority" },
	{ "sentiment", CN_T_FACET, "message.sentiment" },
	{ "language", CN_T_FACET, "message.language" },
};

static bool word_in(const char *w, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strcmp(*list, w) == 0)
			return true;
	return false;
}

static int value(struct cn_term *t, int64_t now, struct cn_err *err)
{
	char *end;

	switch (t->kind) {
	case CN_T_SINCE:
	case CN_T_UNTIL:
		return cn_time_arg(t->text, now, &t->number, err);
	case CN_T_TICKET:
		t->number = strtoll(t->text, &end, 10);
		if (*end != '\0' || end == t->text)
			return cn_fail(err, CN_USAGE,
			    "query: ticket: takes a number");
		return 0;
	case CN_T_IS:
		if (!word_in(t->text, states)) {
			cn_fail(err, CN_USAGE, "query: no such state: is:%.30s",
			    t->text);
			return cn_hint(err, "is: takes open closed in out spam "
			    "automatic abstained dsr classified unclassified "
			    "answered unanswered");
		}
		return 0;
	default:
		return 0;
	}
}

static int term(struct cn_term *t, char *s, int64_t now, struct cn_err *err)
{
	const struct cn_field_def *f;
	char *colon = strchr(s, ':');
	size_t i;

	if (*s == '-' || *s == '!') {
		t->negate = true;
		s++;
	}
	/* 'http://…', 'Re:', '10:30' and the like are words, as is what holds
	 * a space before its colon. */
	if (colon == NULL || colon[1] == '\0' || colon[1] == '/' ||
	    strspn(s, "abcdefghijklmnopqrstuvwxyz") != (size_t)(colon - s) ||
	    colon == s) {
		t->kind = CN_T_WORD;
		t->text = s;
		return 0;
	}
	*colon = '\0';
	t->name = s;
	t->text = colon + 1;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(names[i].name, s) == 0) {
			t->kind = names[i].kind;
			t->column = names[i].column;
			return value(t, now, err);
		}
	}
	f = cn_field_find(s);
	if (f != NULL && (f->flags & CN_F_FACET)) {
		t->kind = CN_T_FACET;
		t->column = f->column;
		return 0;
	}
	cn_fail(err, CN_USAGE, "query: no such term: %.30s:", s);
	return cn_hint(err, "terms: is: from: to: person: category: priority: "
	    "sentiment: language: channel: direction: status: since: until: "
	    "id: conversation: ticket: account: folder: label:");
}

/* The next term of a string: up to a space outside quotes, quotes removed. */
static char *cut(char **rest)
{
	char *in = *rest, *out, *start;
	bool quoted = false;

	while (*in == ' ' || *in == '\t' || *in == '\n')
		in++;
	if (*in == '\0')
		return NULL;
	for (start = out = in; *in != '\0'; in++) {
		if (*in == '"')
			quoted = !quoted;
		else if (!quoted && (*in == ' ' || *in == '\t' || *in == '\n'))
			break;
		else
			*out++ = *in;
	}
	*rest = *in ? in + 1 : in;
	*out = '\0';
	return start;
}

int cn_query_parse(struct cn_query *q, struct cn_arena *mem, int argc,
    char *const *argv, int64_t now, struct cn_err *err)
{
	size_t cap = 0;
	char *rest, *s;
	int i;

	for (i = 0; i < argc; i++)
		cap += strlen(argv[i]) / 2 + 1;
	q->terms = cn_arena_alloc(mem, cap * sizeof(*q->terms) + 1);
	q->n = 0;
	for (i = 0; i < argc; i++) {
		rest = cn_arena_strdup(mem, argv[i]);
		while ((s = cut(&rest)) != NULL) {
			if (term(&q->terms[q->n], s, now, err) < 0)
				return -1;
			q->n++;
		}
	}
	return 0;
}
