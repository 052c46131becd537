/* rules.h - what the desk decides by rule, before and after the model
 *
 * cn-rules(5) is the format.  A rule has conditions, all of which must hold,
 * and what it sets.  Rules are asked in the order of the file: a later one
 * stands above an earlier one, and one with 'stop' is the last.  Everything
 * that is set names its rule.  What a condition asks about and the message
 * does not have does not hold. */
#ifndef CN_RULES_H
#define CN_RULES_H

#include "ai/ai.h"
#include "base/pattern.h"
#include "rec/msg.h"

#define CN_RULES_MAX 1000		/* rules in a file */
#define CN_RULES_ID 9
#define CN_RULES_FOLDED 5		/* from, to, subject, text, header */

enum cn_when { CN_BEFORE, CN_AFTER, CN_WHENS };

struct cn_rule;
struct cn_rules {
	struct cn_arena mem;
	struct cn_rule *v[CN_WHENS];
	size_t n[CN_WHENS];
	char id[CN_RULES_ID];		/* names the file's bytes; "": none */
	bool language;			/* a rule before asks for it */
	bool header;			/* some rule asks for header fields */
};

/* No file there: no rules.  Status 78, 'FILE:LINE: reason'. */
int cn_rules_load(struct cn_rules *, const char *path, struct cn_err *)
    CN_CHECKED;
void cn_rules_release(struct cn_rules *);

/* What a message says in one place, as patterns are held against it. */
struct cn_said {
	struct cn_str name, text;	/* name: of a header field */
};
struct cn_folded {
	struct cn_said *v;
	size_t n;
};

/* What a message is held against. */
struct cn_facts {
	const struct cn_msg *msg;
	struct cn_str own;		/* the writer's own words */
	struct cn_str head;		/* header fields as they came, or empty */
	const struct cn_ai_result *result;	/* before: of the language only,
						 * or NULL */
	struct cn_arena *mem;
	struct cn_folded folded[CN_RULES_FOLDED];	/* once asked for */
};

/* What rules have set, and which of them: NULL where none has. */
struct cn_ruling {
	const char *category, *by_category;
	bool abstain;			/* by by_category */
	const char *team, *by_team;
	enum cn_priority priority;
	const char *by_priority;
	bool stop;
};
void cn_rules_ask(const struct cn_rules *, enum cn_when, struct cn_facts *,
    struct cn_ruling *);

#endif
