/* learn.h - what agents say that messages are, taken in groups
 *
 * Lines of JSON: a message's id with "category", "spam" or both, or a line of
 * cn-message(5) whose class.category somebody has changed.  What a classifier
 * has said and nobody has changed is no label. */
#ifndef CN_LEARN_H
#define CN_LEARN_H

#include "store/label.h"

struct cn_learn {
	struct cn_store *store;
	struct cn_learn_item {
		int64_t id;
		struct cn_label_set set;
	} *v;				/* of this group */
	size_t n, cap;
	struct cn_arena mem;		/* of this group */
	/* So far: changed, as it was, and left alone because the owner does
	 * not allow it or the message has gone. */
	uint64_t changed, same, skipped;
};
void cn_learn_release(struct cn_learn *);

/* May this be a category? */
bool cn_learn_word(const char *);
/* Takes a line into the group; status 3 where it is refused. */
int cn_learn_line(struct cn_learn *, struct cn_str line, struct cn_err *)
    CN_CHECKED;
/* Takes all that lies in a folder or under a label, which is written down in
 * groups, but for messages in `seen`; adds them there.  Status 2 where there
 * is no such folder. */
struct cn_seen {
	int64_t *v;			/* ascending; free() it */
	size_t n, cap;
};
int cn_learn_folder(struct cn_learn *, const char *name, const char *category,
    struct cn_seen *, struct cn_err *) CN_CHECKED;
/* Writes the group, in one transaction. */
int cn_learn_flush(struct cn_learn *, struct cn_err *) CN_CHECKED;

#endif
