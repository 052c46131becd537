/* kin.h - who may be one person, or of one circle
 *
 * What three persons were told is nobody's own only if the three do not tell
 * each other: so one person's addresses, a family and the people of one
 * company count once.  They are known by any word of the name behind the
 * first, by the first if there is no other, by what stands before the @ but
 * for a + and what is only a role, and by a domain where no provider gives
 * addresses to everybody. */
#ifndef CN_KIN_H
#define CN_KIN_H

#include "desk/reply/wordset.h"
#include "rec/msg.h"

void cn_kin_add(struct cn_wordset *, const struct cn_addr *, uint32_t who);
/* How many were of that circle, by what is shared most. */
unsigned cn_kin_seen(const struct cn_wordset *, const struct cn_addr *);

#endif
