#include "desk/intake/item.h"

#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "desk/gate.h"
#include "desk/intake/sender.h"
#include "store/person.h"

#define OWN_MAX ((size_t)1 << 20)	/* bytes of a text that are split */
#define FULL ((size_t)8 << 20)		/* bytes that a group holds */
#define KEEP ((size_t)1 << 14)		/* of an item, for the next group */

static void clear(struct cn_item *it)
{
	struct cn_buf *all[] = { &it->line, &it->raw, &it->envelope };
	struct cn_arena mem = it->mem;
	struct cn_buf line;
	size_t i;

	for (i = 0; i < 3; i++)
		if (i > 0 || it->line.cap > KEEP)
			cn_buf_wipe(all[i]);
	if (it->line.len > 0)
		cn_wipe(it->line.p, it->line.len);
	line = it->line;
	line.len = 0;
	if (mem.total > KEEP)
		cn_arena_release(&mem);
	else
		cn_arena_reset(&mem);
	memset(it, 0, sizeof(*it));
	it->mem = mem;
	it->line = line;
}

void cn_items_reset(struct cn_items *is)
{
	while (is->n > 0)
		clear(is->v[--is->n]);
}

bool cn_items_full(const struct cn_items *is)
{
	size_t i, n = 0;

	for (i = 0; i < is->n; i++)
		n += is->v[i]->mem.total + is->v[i]->line.len;
	return n > FULL;
}

void cn_items_release(struct cn_items *is)
{
	size_t i;

	cn_items_reset(is);
	for (i = 0; i < is->cap; i++) {
		cn_buf_wipe(&is->v[i]->line);
		cn_arena_release(&is->v[i]->mem);
		free(is->v[i]);
	}
	free(is->v);
	is->v = NULL;
	is->cap = 0;
}

static struct cn_item *next(struct cn_items *is)
{
	if (is->n == is->cap) {
		is->v = cn_realloc(is->v, (is->cap + 1) * sizeof(*is->v));
		is->v[is->cap++] = cn_alloc(sizeof(**is->v));
	}
	return is->v[is->n++];
}

static struct cn_item *drop(struct cn_items *is)
{
	clear(is->v[--is->n]);
	return NULL;
}

static void gone(struct cn_item *it, const char *why)
{
	it->skipped = why;
	it->strip = true;
	it->json.n = 0;
}

static bool has_content(const struct cn_msg *m)
{
	return m->text != NULL || m->subject != NULL;
}

static bool allows(const struct cn_msg *m, const char *purpose)
{
	size_t i;

	for (i = 0; i < m->nmay; i++)
		if (strcmp(m->may[i], purpose) == 0)
			return true;
	return false;
}

/* --no-store: the line must bring its permission along. */
static int without_store(struct cn_items *is, struct cn_item *it,
    struct cn_err *err)
{
	const struct cn_msg *m = &it->msg;

	if (m->skipped != NULL && strcmp(m->skipped, "erased") == 0)
		gone(it, "erased");
	else if (m->id != NULL && !allows(m, is->purpose))
		it->skipped = "unpermitted";
	else if (!it->bare)
		it->absent = m->id == NULL;
	else
		return cn_fail(err, CN_PARTIAL, m->id ?
		    "no content, and no store to take it from" :
		    "neither id nor content");
	return 0;
}

static void ask(struct cn_items *is, struct cn_item *it)
{
	const char *why = cn_gate(&it->owner, is->purpose);

	if (why == NULL)
		return;
	it->skipped = why;
	it->json.n = 0;
	if (strncmp(why, "eras", 4) == 0)
		it->strip = true;
}

/* A message that the store does not have, of somebody whom it knows: what they
 * do not allow holds for this one, too. */
static int ask_sender(struct cn_items *is, struct cn_item *it,
    struct cn_err *err)
{
	const struct cn_msg *m = &it->msg;
	struct cn_ident who;
	size_t i;
	int r;

	it->absent = true;
	if (m->direction != NULL && strcmp(m->direction, "out") == 0)
		return 0;
	for (i = 0; i < m->from.n && it->skipped == NULL; i++) {
		r = cn_ident_find(is->store, m->from.v[i].addr, &who, err);
		if (r < 0)
			return -1;
		if (r == 0)
			continue;
		it->owner.may = who.may;
		memcpy(it->owner.state, who.state, sizeof(who.state));
		ask(is, it);
	}
	return 0;
}

/* All that a line shows. */
static unsigned content_of(const struct cn_items *is)
{
	return CN_LOAD_HASHES | (is->marks ? CN_LOAD_MARKS : 0);
}

static int content(struct cn_items *is, struct cn_item *it, struct cn_err *err)
{
	struct cn_msg m;

	if (!it->bare || it->skipped != NULL)
		return 0;
	if (cn_message_load(is->store, it->id, content_of(is), &m, &it->mem,
	    err) < 0) {
		if (err->status != CN_BLOCKED)
			return -1;
		gone(it, "erased");
		return 0;
	}
	it->msg = it->kept = m;
	it->has_kept = true;
	return 0;
}

static int with_store(struct cn_items *is, struct cn_item *it,
    struct cn_err *err)
{
	const struct cn_msg *m = &it->msg;
	int r = 0;

	if (m->id != NULL)
		r = cn_message_find(is->store, m->id, &it->id, err);
	if (r == 1)
		r = cn_message_owner(is->store, it->id, &it->owner, err);
	if (r < 0)
		return -1;
	if (r == 1) {
		ask(is, it);
		return content(is, it, err);
	}
	it->id = 0;
	if (m->id != NULL && m->has_stored && m->stored)
		gone(it, "erased");
	else if (!it->bare)
		return ask_sender(is, it, err);
	else
		return cn_fail(err, CN_PARTIAL, m->id ?
		    "no such message in the store, and no content" :
		    "neither id nor content");
	return 0;
}

struct cn_item *cn_item_line(struct cn_items *is, struct cn_str line,
    struct cn_err *err)
{
	struct cn_item *it = next(is);

	cn_buf_add(&it->line, line.p, line.n);
	if (cn_line_parse(&it->at, cn_buf_view(&it->line), err) < 0)
		return drop(is);
	cn_line_msg(&it->at, &it->msg, &it->mem);
	it->bare = !has_content(&it->msg);
	if ((is->store ? with_store(is, it, err) :
	    without_store(is, it, err)) < 0)
		return drop(is);
	return it;
}

/* The line that a message of our own making has. */
static int own_line(struct cn_item *it, struct cn_err *err)
{
	it->line.len = 0;
	cn_msg_line(&it->line, &it->msg, 0);
	return cn_line_parse(&it->at, cn_buf_view(&it->line), err);
}

static void keep_head(struct cn_item *it, const struct cn_mail *mail)
{
	it->head = (struct cn_str){ cn_arena_dup(&it->mem, mail->raw.p,
	    mail->body_at), mail->body_at };
	it->has_head = true;
}

static int from_mail(struct cn_items *is, struct cn_item *it,
    struct cn_mail *mail, struct cn_str raw, struct cn_err *err)
{
	uint8_t hash[CN_HASH];
	struct cn_msg m;
	int r = 0;

	cn_msg_from_mail(&it->msg, mail, &it->mem);
	keep_head(it, mail);
	cn_sender(is->conf, mail, &it->msg, &it->mem);
	if (is->store != NULL) {
		r = cn_message_hash(is->store, "email", raw, hash, err);
		if (r == 0)
			r = cn_message_known(is->store, hash, &it->id, err);
		if (r == 1)
			r = cn_message_owner(is->store, it->id, &it->owner,
			    err);
	}
	if (r < 0)
		return -1;
	if (r == 1) {
		ask(is, it);
		if (!it->strip && cn_message_load(is->store, it->id, 0, &m,
		    &it->mem, err) < 0) {
			if (err->status != CN_BLOCKED)
				return -1;
			gone(it, "erased");
		} else if (!it->strip) {
			m.text = it->msg.text;
			m.text_len = it->msg.text_len;
			it->msg = it->kept = m;
			it->has_kept = true;
		}
	} else {
		it->id = 0;
		it->absent = it->msg.has_stored = true;
		if (is->store != NULL && ask_sender(is, it, err) < 0)
			return -1;
	}
	if (own_line(it, err) < 0)
		return -1;
	memset(&it->msg, 0, sizeof(it->msg));
	cn_line_msg(&it->at, &it->msg, &it->mem);
	if (is->marks)
		it->msg.marks = cn_mail_marks(mail, &it->msg.nmarks,
		    &it->mem);
	return 0;
}

struct cn_item *cn_item_mail(struct cn_items *is, struct cn_str raw,
    struct cn_str envelope, struct cn_err *err)
{
	struct cn_item *it = next(is);
	struct cn_mail mail = { 0 };
	int r;

	if (cn_mail_read(&mail, raw, 0, err) < 0)
		return drop(is);
	r = from_mail(is, it, &mail, raw, err);
	cn_mail_release(&mail);
	if (r < 0)
		return drop(is);
	if (is->keep) {
		cn_buf_add(&it->raw, raw.p, raw.n);
		cn_buf_add(&it->envelope, envelope.p, envelope.n);
	}
	return it;
}

struct cn_item *cn_item_stored(struct cn_items *is, int64_t id,
    struct cn_err *err)
{
	struct cn_item *it = next(is);
	int r;

	it->id = id;
	r = cn_message_owner(is->store, id, &it->owner, err);
	if (r == 0)
		(void)cn_fail(err, CN_BLOCKED, "no such message");
	if (r <= 0 || cn_message_load(is->store, id, content_of(is), &it->kept,
	    &it->mem, err) < 0)
		return drop(is);
	it->msg = it->kept;
	it->has_kept = true;
	ask(is, it);
	return own_line(it, err) < 0 ? drop(is) : it;
}

int cn_item_kept(struct cn_items *is, struct cn_item *it, struct cn_err *err)
{
	if (it->has_kept || it->id == 0)
		return 0;
	if (cn_message_load(is->store, it->id, 0, &it->kept, &it->mem,
	    err) < 0) {
		if (err->status != CN_BLOCKED)
			return -1;
		gone(it, "erased");
		return 0;
	}
	it->has_kept = true;
	return 0;
}

int cn_item_again(struct cn_items *is, struct cn_item *it, struct cn_err *err)
{
	int r;

	if (it->id == 0)
		return 0;
	r = cn_message_owner(is->store, it->id, &it->owner, err);
	if (r < 0)
		return -1;
	if (r == 0)
		gone(it, "erased");
	else
		ask(is, it);
	return 0;
}

int cn_item_head(struct cn_items *is, struct cn_item *it, struct cn_err *err)
{
	struct cn_mail mail = { 0 };

	if (it->has_head || it->id == 0 || it->strip ||
	    it->msg.channel == NULL || strcmp(it->msg.channel, "email") != 0)
		return 0;
	if (cn_message_header(is->store, it->id, &mail, err) < 0) {
		if (err->status != CN_BLOCKED)
			return -1;
		gone(it, "erased");
		return 0;
	}
	keep_head(it, &mail);
	cn_mail_release(&mail);
	return 0;
}

struct cn_str cn_item_own(struct cn_item *it)
{
	struct cn_buf own = { 0 };
	struct cn_str s = { "", 0 };

	if (it->msg.text == NULL)
		return s;
	cn_text_own(&own, (struct cn_str){ it->msg.text,
	    cn_utf8_cut(it->msg.text, it->msg.text_len, OWN_MAX) });
	s.p = cn_arena_dup(&it->mem, own.p ? own.p : "", own.len);
	s.n = own.len;
	cn_buf_wipe(&own);
	return s;
}

void cn_item_put(struct cn_buf *b, const struct cn_item *it,
    const char *member, unsigned flags)
{
	struct cn_buf may = { 0 }, why = { 0 };
	struct cn_edit e[5];
	size_t n = 0;

	if (it->skipped != NULL) {
		cn_json_puts(&why, it->skipped);
		e[n++] = (struct cn_edit){ "skipped", cn_buf_view(&why) };
		/* Nor does what an earlier run has said stand. */
		e[n++] = (struct cn_edit){ member, { NULL, 0 } };
	} else if (it->json.n > 0) {
		e[n++] = (struct cn_edit){ member, it->json };
	}
	if (strcmp(member, "replies") == 0 && n > 0)
		e[n++] = (struct cn_edit){ "withheld", { it->skipped == NULL &&
		    it->withheld.n > 0 ? it->withheld.p : NULL,
		    it->withheld.n } };
	if (it->id != 0 && !it->strip) {
		struct cn_str had = cn_line_get(&it->at, "may");

		cn_gate_may(&may, &it->owner);
		if (!cn_str_eq(had, may.p) && (had.n > 0 || may.len > 2))
			e[n++] = (struct cn_edit){ "may", cn_buf_view(&may) };
	} else if (it->absent &&
	    !cn_str_eq(cn_line_get(&it->at, "stored"), "false")) {
		e[n++] = (struct cn_edit){ "stored", CN_STR("false") };
	}
	if (it->strip || (flags & CN_ITEM_REFS))
		cn_line_strip(b, &it->at, e, n);
	else
		cn_line_edit(b, &it->at, e, n);
	cn_buf_release(&may);
	cn_buf_release(&why);
}
