/* device.h - what a chat says of somebody's device, and what may be kept
 *
 * An IP address is kept as its network only, a cookie as a keyed hash that
 * tells the same visitor again, a session's token not at all: before anything
 * of a line is written anywhere. */
#ifndef CN_DEVICE_H
#define CN_DEVICE_H

#include "crypt/keys.h"

/* Cleans a checked JSON value in place: of its members, at any depth,
 *	ip, ip_address, remote_addr, *_ip  as a network: 203.0.113.0/24,
 *		2001:db8:1::/48; null where it is none
 *	cookie, cookies  as "visitor":"…"; null where it is no text
 *	pubsub_token, session_token  as null
 * All other bytes stay; what has been cleaned stays as it is. */
int cn_device_clean(struct cn_keys *, struct cn_buf *json, struct cn_err *)
    CN_CHECKED;
/* {"user_agent":…,"ip":…,"visitor":…} of a cleaned object, in the arena; n 0
 * where it has none of them. */
struct cn_str cn_device_known(struct cn_str object, struct cn_arena *);

#endif
