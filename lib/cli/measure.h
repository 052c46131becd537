/* measure.h - what a measurement found, as rows (cn-model(1)) */
#ifndef CN_MEASURE_H
#define CN_MEASURE_H

#include "ai/model.h"
#include "cli/out.h"

/* worst: how many pairs that were confused. */
int cn_measure_put(struct cn_cli *, enum cn_format, const struct cn_eval *,
    int64_t worst, struct cn_err *) CN_CHECKED;

#endif
