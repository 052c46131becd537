/* gate.h - may this be done with that person's message?
 *
 * The one place that answers; every stage asks it.  Purposes have the names
 * that a line carries in may[] (cn-message(5)). */
#ifndef CN_GATE_H
#define CN_GATE_H

#include "store/message.h"

/* NULL: it may.  Else why not, a word for 'skipped': erased, erasing,
 * restricted, objected. */
const char *cn_gate(const struct cn_message_owner *, const char *purpose);
/* Appends what the gate allows as may[]: ["classify","suggest"]. */
void cn_gate_may(struct cn_buf *, const struct cn_message_owner *);

#endif
