#include "desk/intake/thread.h"

#include <string.h>

int cn_thread_chat(struct cn_store *s, const char *chat,
    int64_t *conversation, struct cn_err *err)
{
	uint8_t key[CN_HASH];

	if (cn_conversation_key(s, chat, key, err) < 0)
		return -1;
	return cn_conversation_by_key(s, key, conversation, err);
}

static int find_chat(struct cn_store *s, struct cn_msg *m, const char *chat,
    struct cn_new_message *nm, struct cn_err *err)
{
	int r = cn_thread_chat(s, chat, &nm->conversation, err);

	m->threaded = r == 1 ? "chat" : "new";
	return r < 0 ? -1 : 0;
}

/* refs[0] is the own id if there is one; then the parent, then the
 * ancestors, newest first. */
static int keyed(struct cn_store *s, const struct cn_msg *m,
    struct cn_new_message *nm, int64_t *refs, struct cn_err *err)
{
	size_t i;

	nm->nrefs = 0;
	nm->has_own = m->message_id != NULL;
	if (nm->has_own &&
	    cn_message_ref(s, m->message_id, &refs[nm->nrefs++], err) < 0)
		return -1;
	if (m->in_reply_to != NULL &&
	    cn_message_ref(s, m->in_reply_to, &refs[nm->nrefs++], err) < 0)
		return -1;
	for (i = m->nreferences; i > 0 && nm->nrefs < CN_THREAD_REFS; i--)
		if (cn_message_ref(s, m->references[i - 1],
		    &refs[nm->nrefs++], err) < 0)
			return -1;
	return 0;
}

int cn_thread_find(struct cn_store *s, struct cn_msg *m, const char *chat,
    struct cn_new_message *nm, int64_t refs[CN_THREAD_REFS],
    struct cn_err *err)
{
	static const struct {
		bool own;
		const char *why;
	} pass[] = { { true, "references" }, { false, "sibling" } };
	size_t k, i, first;
	int r;

	nm->conversation = 0;
	if (chat != NULL)
		return find_chat(s, m, chat, nm, err);
	if (keyed(s, m, nm, refs, err) < 0)
		return -1;
	first = nm->has_own;
	for (k = 0; k < 2; k++) {
		for (i = first; i < nm->nrefs; i++) {
			r = cn_conversation_by_ref(s, refs[i], pass[k].own,
			    &nm->conversation, err);
			if (r == 0)
				continue;
			m->threaded = k == 0 && i == first &&
			    m->in_reply_to != NULL ? "in-reply-to" :
			    pass[k].why;
			return r < 0 ? -1 : 0;
		}
	}
	/* An answer may come in before the mail that it answers. */
	m->threaded = "new";
	if (!nm->has_own)
		return 0;
	r = cn_conversation_answering(s, refs[0], &nm->conversation, err);
	if (r == 1)
		m->threaded = "answered";
	return r < 0 ? -1 : 0;
}

int cn_thread_new(struct cn_store *s, const struct cn_msg *m,
    const char *chat, struct cn_new_message *nm, struct cn_err *err)
{
	uint8_t key[CN_HASH];

	if (chat != NULL && cn_conversation_key(s, chat, key, err) < 0)
		return -1;
	return cn_conversation_add(s, nm->person, m->channel,
	    chat != NULL ? key : NULL, m->date, &nm->conversation, err);
}
