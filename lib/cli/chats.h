/* chats.h - operands that are chat, in whatever form: cn-import --channel chat
 */
#ifndef CN_CHATS_H
#define CN_CHATS_H

#include "cli/stream.h"
#include "desk/foreign/foreign.h"
#include "desk/intake/intake.h"

struct cn_chats {
	struct cn_cli *cli;
	struct cn_intake *in;
	bool writes_nothing;		/* as in struct cn_stream_conf */
	int (*flush)(void *, struct cn_err *);	/* writes the group */
	void *arg;
	struct cn_foreign foreign;	/* config, agents, source and order */
	int64_t refused;		/* and not kept */
	const char *input;		/* of what comes now */
	size_t gathered, bytes;
};

/* One operand; NULL: standard input.  What cannot be read as chat is told, and
 * is status 3; -1 where the run must end. */
int cn_chats_read(struct cn_chats *, char *path, struct cn_err *) CN_CHECKED;
/* A note on what was left out of all of them. */
void cn_chats_tell(const struct cn_chats *);

#endif
