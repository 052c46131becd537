/* report.h - the reports as columns and rows of text
 *
 * One path for every format: what a screen shows is what a CSV file holds.
 * Numbers are decimal; lengths of time are seconds, or words ('2h05m') for
 * people.  No snapshot of the store is held while a row is given away. */
#ifndef CN_REPORT_H
#define CN_REPORT_H

#include "desk/config.h"
#include "desk/reply/macros.h"
#include "desk/report/metrics.h"

enum cn_report {
	CN_REPORT_VOLUME, CN_REPORT_RESPONSE, CN_REPORT_CSAT,
	CN_REPORT_CATEGORIES, CN_REPORT_WORKFLOW,
	CN_REPORT_ROPA, CN_REPORT_RUNS, CN_REPORT_QUARANTINE
};

struct cn_report_conf {
	int64_t since, until, now;
	enum cn_by by;			/* volume, response, csat */
	bool words;			/* lengths of time for people */
	const struct cn_condition *check; /* response */
	const char *const *check_text;	/* as they were given */
	size_t nchecks;
	size_t least;			/* workflow: customers of a row */
	const struct cn_macros *macros;	/* workflow, or NULL */
	bool propose;			/* workflow: macros in place of rows */
};

struct cn_report_col {
	const char *name;
	bool number;
};

struct cn_report_to {
	/* Once, before the first row; cols are borrowed for the report. */
	int (*head)(void *, const struct cn_report_col *cols, size_t n,
	    struct cn_err *);
	/* n cells, NULL: nothing there; borrowed for the call. */
	int (*row)(void *, const char *const *cells, size_t n,
	    struct cn_err *);
	/* Text in place of a table: workflow, where it proposes. */
	int (*text)(void *, struct cn_str, struct cn_err *);
	/* A condition that is not met, and where ('2026-W48'). */
	void (*unmet)(void *, const char *key, const char *condition);
	void *arg;
};

int cn_report(struct cn_store *, const struct cn_config *, enum cn_report,
    const struct cn_report_conf *, const struct cn_report_to *,
    struct cn_err *) CN_CHECKED;

#endif
