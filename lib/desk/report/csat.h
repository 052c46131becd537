/* csat.h - how content customers are, from the events alone
 *
 * A rating counts in the period in which it was given.  satisfied: at least
 * four fifths of its scale, which of five are the two best boxes.  mean: on a
 * scale from 1 to 5, others stretched to it. */
#ifndef CN_CSAT_H
#define CN_CSAT_H

#include "desk/report/metrics.h"

struct cn_csat_row {
	const char *key;		/* as in metrics.h */
	int64_t n, satisfied;
	double mean;
};
/* In the order of their keys; by: all (one row always), a time or channel. */
int cn_csat(struct cn_store *, int64_t since, int64_t until, enum cn_by,
    struct cn_arena *, struct cn_csat_row **, size_t *n, struct cn_err *)
    CN_CHECKED;

#endif
