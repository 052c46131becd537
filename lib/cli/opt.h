/* opt.h - one table of options behind the parser, -h, manual and completions
 *
 * A command lists its options once; getopt_long(3), the usage line, -h and
 * the hidden --options read the same table.  The options that every command
 * has (cn(7)) are merged in by lib/cli/run.c. */
#ifndef CN_OPT_H
#define CN_OPT_H

#include "base/buf.h"

#define CN_VERSION "0.1"

enum cn_opt_type {
	CN_OPT_FLAG,		/* bool *, becomes true */
	CN_OPT_STR,		/* const char **, borrowed from argv */
	CN_OPT_INT,		/* int64_t *, decimal, not negative */
	CN_OPT_SIZE,		/* int64_t *, bytes: 512, 64K, 8M, 1G (1024) */
	CN_OPT_TIME,		/* int64_t *, cn_time_arg() against --now, in
				 * the zone of the configuration */
	CN_OPT_SPAN,		/* int64_t *, seconds: 90s, 7d */
	CN_OPT_ENUM,		/* int *, place in words[] */
	CN_OPT_LIST		/* struct cn_list *, may be repeated */
};

/* What a repeated option gathered; the items are argv's. */
struct cn_list {
	const char **item;
	size_t n;
};
void cn_list_add(struct cn_list *, const char *item, struct cn_arena *);

/* The destination holds the default and keeps it when the option is absent.
 * A table ends with an entry that has no long name. */
struct cn_opt {
	char letter;			/* -x, or 0 */
	const char *name;		/* --long */
	enum cn_opt_type type;
	void *dest;
	const char *arg;		/* FILE, TIME; NULL for flags and for
					 * enums, whose words show */
	const char *help;		/* one line, at most 50 columns */
	const char *const *words;	/* enum: NULL-ended */
};

/* A sub-command: the first operand of cn-store, cn-model, cn-report. */
struct cn_verb {
	const char *name;
	const char *operands;		/* synopsis, or "" */
	const char *help;
	int min, max;			/* operands behind it; max -1: any */
	const char *takes;		/* names of the options it has a use
					 * for, a space between */
};

struct cn_cmd {
	const char *name;		/* cn-import */
	const char *nd;			/* the words of the manual's .Nd */
	const char *operands;		/* synopsis: "[file ...]", or "" */
	const struct cn_opt *opts;	/* may be NULL */
	const char *example;		/* one line, the end of -h */
	int min, max;			/* operands; max -1: any */
	const struct cn_verb *verbs;	/* NULL, or ended by a NULL name; then
					 * min, max and operands are unused */
};

/* Options that were given, for times (resolved late) and for the audit. */
struct cn_given {
	const struct cn_opt *opt;
	const char *arg;
};

struct cn_parsed {
	struct cn_given given[64];
	size_t n;
	int verb;			/* place in verbs[], or -1 */
	int argc;			/* operands, without the verb */
	char **argv;
	bool help, version, options, statuses;
};

/* Parses argv (permuting it) by the command's and the common table.  Times
 * are left to cn_opt_times().  Fails with CN_USAGE. */
int cn_opt_parse(struct cn_parsed *, const struct cn_cmd *,
    const struct cn_opt *common, int argc, char **argv, struct cn_arena *,
    struct cn_err *) CN_CHECKED;
/* Fills the destinations of type CN_OPT_TIME. */
int cn_opt_times(const struct cn_parsed *, int64_t now, struct cn_err *)
    CN_CHECKED;

/* 'usage: cn-foo [-n] [--since TIME] [file ...]', wrapped at 78 columns. */
void cn_opt_usage(struct cn_buf *, const struct cn_cmd *);
/* What -h prints: usage, options, an example; at most 24 lines of 80. */
void cn_opt_help(struct cn_buf *, const struct cn_cmd *);
/* short, long, argument and help as TSV; a verb is a row whose long name has
 * no dashes, a common option one whose fifth field is 'common'. */
void cn_opt_tsv(struct cn_buf *, const struct cn_cmd *,
    const struct cn_opt *common);

#endif
