#include "cli/opt.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/times.h"

#define MAX_OPTS 64
#define LONG_BASE 256			/* getopt's value of table entry 0 */
#define HELP_WIDTH 78
#define HELP_LINES 24
#define HELP_AROUND 8			/* usage, what it does, the end */

struct table {
	const struct cn_opt *opt[MAX_OPTS];
	size_t n;
};

static bool takes_arg(const struct cn_opt *o)
{
	return o->type != CN_OPT_FLAG;
}

/* The command's table comes first: its options hide common ones of the same
 * name. */
static void table_add(struct table *t, const struct cn_opt *opts)
{
	for (; opts && opts->name && t->n < MAX_OPTS; opts++) {
		size_t i = 0;

		while (i < t->n && strcmp(t->opt[i]->name, opts->name))
			i++;
		if (i == t->n)
			t->opt[t->n++] = opts;
	}
}

static const struct cn_opt *by_letter(const struct table *t, int letter)
{
	for (size_t i = 0; i < t->n; i++)
		if (t->opt[i]->letter == letter)
			return t->opt[i];
	return NULL;
}

static int bad(struct cn_err *err, const struct cn_opt *o, const char *arg,
    const char *why)
{
	return cn_fail(err, CN_USAGE, "--%s: %s: %s", o->name, why, arg);
}

static int parse_int(const struct cn_opt *o, const char *arg,
    struct cn_err *err)
{
	static const char units[] = "KMG";
	const char *unit;
	char *end;
	long long v;
	int shift = 0;

	errno = 0;
	v = strtoll(arg, &end, 10);
	if (end == arg || arg[0] < '0' || arg[0] > '9')
		return bad(err, o, arg, "not a number");
	if (o->type == CN_OPT_SIZE && *end) {
		unit = strchr(units, *end);
		if (unit == NULL)
			return bad(err, o, arg, "not a size (512, 64K, 8M)");
		shift = 10 * (int)(unit - units + 1);
		end++;
	}
	if (*end)
		return bad(err, o, arg, "not a number");
	if (errno == ERANGE || v > (INT64_MAX >> shift))
		return bad(err, o, arg, "too large");
	*(int64_t *)o->dest = (int64_t)v << shift;
	return 0;
}

static void join_words(struct cn_buf *b, const struct cn_opt *o,
    const char *by)
{
	for (const char *const *w = o->words; w && *w; w++) {
		if (w != o->words)
			cn_buf_str(b, by);
		cn_buf_str(b, *w);
	}
}

static int parse_enum(const struct cn_opt *o, const char *arg,
    struct cn_err *err)
{
	struct cn_buf list = { 0 };
	int rc;

	for (int i = 0; o->words[i]; i++)
		if (!strcmp(o->words[i], arg)) {
			*(int *)o->dest = i;
			return 0;
		}
	join_words(&list, o, ", ");
	rc = cn_fail(err, CN_USAGE, "--%s: '%s' is none of %s", o->name, arg,
	    list.p ? list.p : "");
	cn_buf_release(&list);
	return rc;
}

void cn_list_add(struct cn_list *l, const char *item,
    struct cn_arena *arena)
{
	/* Grow at powers of two; the arena keeps the old ones until the end.*/
	if ((l->n & (l->n - 1)) == 0) {
		const char **more = cn_arena_alloc(arena,
		    (l->n ? 2 * l->n : 1) * sizeof(*more));

		if (l->n)
			memcpy(more, l->item, l->n * sizeof(*more));
		l->item = more;
	}
	l->item[l->n++] = item;
}

static int store(const struct cn_opt *o, const char *arg,
    struct cn_arena *arena, struct cn_err *err)
{
	switch (o->type) {
	case CN_OPT_FLAG:
		*(bool *)o->dest = true;
		return 0;
	case CN_OPT_STR:
		*(const char **)o->dest = arg;
		return 0;
	case CN_OPT_INT:
	case CN_OPT_SIZE:
		return parse_int(o, arg, err);
	case CN_OPT_SPAN:
		if (cn_span_arg(arg, o->dest, err)) {
			err->status = CN_USAGE;
			return cn_wrap(err, "--%s", o->name);
		}
		return 0;
	case CN_OPT_ENUM:
		return parse_enum(o, arg, err);
	case CN_OPT_LIST:
		cn_list_add(o->dest, arg, arena);
		return 0;
	case CN_OPT_TIME:		/* cn_opt_times() */
		return 0;
	}
	return cn_fail(err, CN_INTERNAL, "--%s: no such type", o->name);
}

static void remember(struct cn_parsed *p, const struct cn_opt *o,
    const char *arg)
{
	size_t i = 0;

	while (i < p->n && p->given[i].opt != o)
		i++;
	if (i == MAX_OPTS)
		return;
	p->given[i] = (struct cn_given){ o, arg };
	if (i == p->n)
		p->n++;
}

/* What getopt made of an element that it does not take.  The value behind '='
 * is left out: it may be somebody's address. */
static int refuse(const struct table *t, int got, char **argv,
    struct cn_err *err)
{
	const char *el = argv[optind - 1];
	const struct cn_opt *o = NULL;

	if (optopt >= LONG_BASE)
		o = t->opt[optopt - LONG_BASE];
	else if (got == ':')
		o = by_letter(t, optopt);
	if (got == ':' && o)
		return cn_fail(err, CN_USAGE, "--%s needs an argument",
		    o->name);
	if (o)
		return cn_fail(err, CN_USAGE, "--%s takes no argument",
		    o->name);
	if (optopt)
		return cn_fail(err, CN_USAGE, "unknown option -%c", optopt);
	return cn_fail(err, CN_USAGE, "unknown option %.*s",
	    (int)strcspn(el, "="), el);
}

static int walk(struct cn_parsed *p, const struct table *t, int argc,
    char **argv, struct cn_arena *arena, struct cn_err *err)
{
	struct option longs[MAX_OPTS + 1] = { { 0 } };
	char shorts[2 * MAX_OPTS + 2];
	size_t s = 0;
	int got;

	shorts[s++] = ':';
	for (size_t i = 0; i < t->n; i++) {
		const struct cn_opt *o = t->opt[i];

		longs[i] = (struct option){ o->name,
			takes_arg(o) ? required_argument : no_argument, NULL,
			LONG_BASE + (int)i };
		if (o->letter && by_letter(t, o->letter) == o) {
			shorts[s++] = o->letter;
			if (takes_arg(o))
				shorts[s++] = ':';
		}
	}
	shorts[s] = '\0';

	optind = 0;			/* glibc: start over */
	opterr = 0;
	while ((got = getopt_long(argc, argv, shorts, longs, NULL)) != -1) {
		const struct cn_opt *o;

		if (got == '?' || got == ':')
			return refuse(t, got, argv, err);
		o = got >= LONG_BASE ? t->opt[got - LONG_BASE] :
		    by_letter(t, got);
		if (store(o, optarg, arena, err))
			return -1;
		remember(p, o, optarg);
	}
	return 0;
}

static int find_verb(struct cn_parsed *p, const struct cn_verb *verbs,
    struct cn_err *err)
{
	struct cn_buf list = { 0 };
	int rc;

	for (int i = 0; verbs[i].name; i++) {
		cn_buf_fmt(&list, "%s%s", i ? ", " : "", verbs[i].name);
		if (p->argc && !strcmp(verbs[i].name, p->argv[0]))
			p->verb = i;
	}
	if (p->verb >= 0) {
		p->argc--;
		p->argv++;
		rc = 0;
	} else if (p->argc) {
		rc = cn_fail(err, CN_USAGE, "'%s' is none of %s", p->argv[0],
		    list.p);
	} else {
		rc = cn_fail(err, CN_USAGE, "say which: %s", list.p);
	}
	cn_buf_release(&list);
	return rc;
}

/* Is it among the words of a list? */
static bool among(const char *list, const char *name)
{
	size_t n = strlen(name);
	const char *p = list;

	for (; p && (p = strstr(p, name)) != NULL; p += n)
		if ((p == list || p[-1] == ' ') && (!p[n] || p[n] == ' '))
			return true;
	return false;
}

/* An option that would do nothing is a mistake. */
static int check_options(const struct cn_parsed *p, const struct cn_cmd *cmd,
    struct cn_err *err)
{
	const struct cn_verb *v = &cmd->verbs[p->verb];

	for (size_t i = 0; i < p->n; i++) {
		const struct cn_opt *o = cmd->opts, *given = p->given[i].opt;

		while (o && o->name && o != given)
			o++;
		if (o && o->name && !among(v->takes, o->name))
			return cn_fail(err, CN_USAGE, "%s: takes no --%s",
			    v->name, o->name);
	}
	return 0;
}

static int check_operands(struct cn_parsed *p, const struct cn_cmd *cmd,
    struct cn_err *err)
{
	const char *operands = cmd->operands;
	int min = cmd->min, max = cmd->max;

	if (cmd->verbs) {
		const struct cn_verb *v;

		if (find_verb(p, cmd->verbs, err) ||
		    check_options(p, cmd, err))
			return -1;
		v = &cmd->verbs[p->verb];
		min = v->min;
		max = v->max;
		operands = v->operands;
	}
	if (p->argc < min)
		return cn_fail(err, CN_USAGE, "an operand is missing: %s",
		    operands);
	if (max >= 0 && p->argc > max)
		return cn_fail(err, CN_USAGE, "operand not understood: %s",
		    p->argv[max]);
	return 0;
}

int cn_opt_parse(struct cn_parsed *p, const struct cn_cmd *cmd,
    const struct cn_opt *common, int argc, char **argv,
    struct cn_arena *arena, struct cn_err *err)
{
	const struct cn_opt own[] = {
		{ 'h', "help", CN_OPT_FLAG, &p->help },
		{ 0, "version", CN_OPT_FLAG, &p->version },
		{ 0, "options", CN_OPT_FLAG, &p->options },
		{ 0, "statuses", CN_OPT_FLAG, &p->statuses },
		{ 0 }
	};
	struct table t = { .n = 0 };
	size_t n = 0;

	*p = (struct cn_parsed){ .verb = -1 };
	table_add(&t, cmd->opts);
	table_add(&t, common);
	table_add(&t, own);
	if (walk(p, &t, argc, argv, arena, err))
		return -1;
	/* The entries of own[] end with this call. */
	for (size_t i = 0; i < p->n; i++) {
		size_t k = 0;

		while (own[k].name && p->given[i].opt != &own[k])
			k++;
		if (own[k].name == NULL)
			p->given[n++] = p->given[i];
	}
	p->n = n;
	p->argc = argc - optind;
	p->argv = argv + optind;
	if (p->help || p->version || p->options || p->statuses)
		return 0;
	return check_operands(p, cmd, err);
}

int cn_opt_times(const struct cn_parsed *p, int64_t now, struct cn_err *err)
{
	for (size_t i = 0; i < p->n; i++) {
		const struct cn_opt *o = p->given[i].opt;

		if (o->type == CN_OPT_TIME &&
		    cn_time_arg(p->given[i].arg, now, o->dest, err)) {
			err->status = CN_USAGE;
			return cn_wrap(err, "--%s", o->name);
		}
	}
	return 0;
}

/* --- what the table looks like to people and programs --- */

static void arg_name(struct cn_buf *b, const struct cn_opt *o)
{
	if (o->arg)
		cn_buf_str(b, o->arg);
	else if (o->type == CN_OPT_ENUM)
		join_words(b, o, "|");
	else
		cn_buf_str(b, "ARG");
}

/* Adds a word, on a new line where it would pass the width. */
static void wrap(struct cn_buf *b, size_t *line, const char *word)
{
	if (b->len - *line + 1 + strlen(word) > HELP_WIDTH) {
		cn_buf_str(b, "\n         ");
		*line = b->len - 9;
	}
	cn_buf_fmt(b, " %s", word);
}

static void usage_options(struct cn_buf *b, size_t *line,
    const struct cn_opt *opts)
{
	struct cn_buf w = { 0 };

	cn_buf_str(&w, "[-");
	for (const struct cn_opt *o = opts; o && o->name; o++)
		if (o->letter && !takes_arg(o))
			cn_buf_ch(&w, o->letter);
	cn_buf_ch(&w, ']');
	if (w.len > 3)
		wrap(b, line, w.p);
	for (const struct cn_opt *o = opts; o && o->name; o++) {
		if (o->letter && !takes_arg(o))
			continue;
		w.len = 0;
		if (o->letter)
			cn_buf_fmt(&w, "[-%c", o->letter);
		else
			cn_buf_fmt(&w, "[--%s", o->name);
		if (takes_arg(o)) {
			cn_buf_ch(&w, ' ');
			arg_name(&w, o);
		}
		cn_buf_ch(&w, ']');
		wrap(b, line, w.p);
	}
	cn_buf_release(&w);
}

void cn_opt_usage(struct cn_buf *b, const struct cn_cmd *cmd)
{
	size_t line = b->len;

	cn_buf_fmt(b, "usage: %s", cmd->name);
	usage_options(b, &line, cmd->opts);
	if (cmd->verbs)
		wrap(b, &line, "COMMAND [operand ...]");
	else if (cmd->operands && *cmd->operands)
		wrap(b, &line, cmd->operands);
	cn_buf_ch(b, '\n');
}

/* Words that do not fit stand in the usage line above. */
static void help_option(struct cn_buf *b, const struct cn_opt *o)
{
	struct cn_buf w = { 0 };
	size_t name;

	cn_buf_fmt(&w, o->letter ? "  -%c, " : "      ", o->letter);
	cn_buf_fmt(&w, "--%s", o->name);
	name = w.len;
	if (takes_arg(o)) {
		cn_buf_ch(&w, ' ');
		arg_name(&w, o);
	}
	if (w.len > 26 && o->type == CN_OPT_ENUM) {
		w.len = name;
		cn_buf_str(&w, " WORD");
	}
	cn_buf_fmt(b, "%-26s  %s\n", w.p, o->help);
	cn_buf_release(&w);
}

static size_t lines(const struct cn_cmd *cmd)
{
	size_t n = HELP_AROUND;

	for (const struct cn_verb *v = cmd->verbs; v && v->name; v++)
		n++;
	for (const struct cn_opt *o = cmd->opts; o && o->name; o++)
		n++;
	return n;
}

/* Where the lists fill the screen, the usage does not repeat them. */
void cn_opt_help(struct cn_buf *b, const struct cn_cmd *cmd)
{
	if (cmd->verbs && lines(cmd) > HELP_LINES)
		cn_buf_fmt(b, "usage: %s [option ...] COMMAND [operand ...]\n",
		    cmd->name);
	else
		cn_opt_usage(b, cmd);
	cn_buf_fmt(b, "%s\n", cmd->nd);
	for (const struct cn_verb *v = cmd->verbs; v && v->name; v++) {
		struct cn_buf w = { 0 };

		cn_buf_fmt(&w, "  %s %s", v->name, v->operands);
		cn_buf_fmt(b, "%-26s  %s\n", w.p, v->help);
		cn_buf_release(&w);
	}
	for (const struct cn_opt *o = cmd->opts; o && o->name; o++)
		help_option(b, o);
	cn_buf_fmt(b, "Common options (--home, --keys, --now, -q, ...) are "
	    "in cn(7).\nExample:\n  %s\n", cmd->example);
}

static void tsv_options(struct cn_buf *b, const struct cn_opt *opts,
    const char *tail)
{
	for (const struct cn_opt *o = opts; o && o->name; o++) {
		if (o->letter)
			cn_buf_fmt(b, "-%c", o->letter);
		cn_buf_fmt(b, "\t--%s\t", o->name);
		if (o->type == CN_OPT_ENUM)
			join_words(b, o, "|");
		else if (takes_arg(o))
			arg_name(b, o);
		cn_buf_fmt(b, "\t%s%s\n", o->help, tail);
	}
}

void cn_opt_tsv(struct cn_buf *b, const struct cn_cmd *cmd,
    const struct cn_opt *common)
{
	static const struct cn_opt own[] = {
		{ 'h', "help", CN_OPT_FLAG, NULL, NULL, "show the options" },
		{ 0, "version", CN_OPT_FLAG, NULL, NULL, "show the version" },
		{ 0 }
	};

	for (const struct cn_verb *v = cmd->verbs; v && v->name; v++)
		cn_buf_fmt(b, "\t%s\t%s\t%s\n", v->name, v->operands, v->help);
	tsv_options(b, cmd->opts, "");
	tsv_options(b, common, "\tcommon");
	tsv_options(b, own, "\tcommon");
}
