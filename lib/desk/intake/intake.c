#include "desk/intake/intake_int.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "desk/intake/chat.h"
#include "desk/intake/device.h"
#include "desk/intake/people.h"
#include "desk/intake/rating.h"
#include "desk/intake/sender.h"
#include "desk/intake/thread.h"
#include "store/erase.h"
#include "store/mailbox.h"
#include "store/quarantine.h"

#define CELLS ((size_t)6 << 20)	/* room for those of a group */
#define AHEAD 300		/* seconds that a sender's clock may be */
#define OLDER_IS_KEPT "of an erased person, older than the erasure: kept in" \
    " quarantine"

struct cn_intake *cn_intake_new(struct cn_store *s, const struct cn_config *c,
    unsigned flags)
{
	struct cn_intake *in = cn_alloc(sizeof(*in));

	in->store = s;
	in->conf = c;
	in->flags = flags;
	cn_intake_from(in, "import", "-");
	return in;
}

/* Nothing is kept for the next group: 256 buffers that each remember their
 * largest mail would make memory grow with the mailbox. */
void cn_intake_clear(struct cn_intake_item *it)
{
	cn_buf_wipe(&it->raw);
	cn_mail_release(&it->mail);
	cn_arena_release(&it->mem);
	memset(it, 0, sizeof(*it));
}

/* The table that tells words apart is needed only while they are gathered:
 * one serves all items. */
void cn_intake_words(struct cn_intake *in, struct cn_intake_item *it)
{
	struct cn_words *w = &in->scratch;

	cn_words_reset(w);
	cn_words_msg(w, &it->msg);
	it->words = (struct cn_words){ .n = w->n, .text = { .p = cn_arena_dup(
	    &it->mem, w->text.p, w->text.len), .len = w->text.len } };
}

/* What was known before has not been sealed. */
static void drop_cells(struct cn_intake *in)
{
	cn_wipe(in->cells.p, in->cells.len);
	in->cells.len = 0;
}

void cn_intake_free(struct cn_intake *in)
{
	size_t i;

	if (in == NULL)
		return;
	for (i = 0; i < in->n; i++)
		cn_intake_clear(&in->items[i]);
	cn_words_release(&in->scratch);
	drop_cells(in);
	cn_buf_release(&in->cells);
	for (i = 0; i < in->nfolders; i++) {
		free(in->folders[i].account);
		free(in->folders[i].name);
	}
	free(in->folders);
	free(in->items);
	free(in);
}

void cn_intake_from(struct cn_intake *in, const char *account,
    const char *name)
{
	struct cn_intake_folder *f;
	size_t i;

	for (i = 0; i < in->nfolders; i++) {
		struct cn_intake_folder tmp = in->folders[i];

		if (strcmp(tmp.account, account) || strcmp(tmp.name, name))
			continue;
		/* The last one is the present one. */
		in->folders[i] = in->folders[in->nfolders - 1];
		in->folders[in->nfolders - 1] = tmp;
		for (size_t k = 0; k < in->n; k++) {
			if (in->items[k].folder_at == (int64_t)i)
				in->items[k].folder_at =
				    (int64_t)in->nfolders - 1;
			else if (in->items[k].folder_at ==
			    (int64_t)in->nfolders - 1)
				in->items[k].folder_at = (int64_t)i;
		}
		return;
	}
	in->folders = cn_realloc(in->folders,
	    (in->nfolders + 1) * sizeof(*in->folders));
	f = &in->folders[in->nfolders++];
	f->account = cn_strdup(account);
	f->name = cn_strdup(name);
	f->id = 0;
}

void cn_intake_also(struct cn_intake *in,
    int (*also)(void *, struct cn_err *), void *arg)
{
	in->also = also;
	in->also_arg = arg;
}

static void copy_at(struct cn_intake_item *it, const struct cn_intake_at *at)
{
	const char **v = cn_arena_alloc(&it->mem,
	    (at->nlabels + 1) * sizeof(*v));
	size_t i;

	it->at = *at;
	for (i = 0; i < at->nlabels; i++)
		v[i] = cn_arena_strdup(&it->mem, at->labels[i]);
	it->at.labels = v;
}

struct cn_intake_item *cn_intake_next(struct cn_intake *in,
    const struct cn_intake_at *at, const char *place)
{
	struct cn_intake_item *it;

	if (in->n == in->cap) {
		size_t cap = in->cap ? in->cap * 2 : 16;

		in->items = cn_realloc(in->items, cap * sizeof(*in->items));
		memset(in->items + in->cap, 0,
		    (cap - in->cap) * sizeof(*in->items));
		in->cap = cap;
	}
	it = &in->items[in->n++];
	if (at != NULL)
		copy_at(it, at);
	snprintf(it->place, sizeof(it->place), "%s", place);
	it->folder_at = (int64_t)in->nfolders - 1;
	in->counts.read++;
	return it;
}

static int bad(struct cn_intake_item *it, struct cn_err *err)
{
	snprintf(it->bad, sizeof(it->bad), "%s", err->msg);
	err->status = CN_PARTIAL;
	return -1;
}

/* --- computing --- */

void cn_intake_own(const struct cn_config *c, struct cn_intake_item *it)
{
	cn_sender(c, &it->mail, &it->msg, &it->mail.mem);
	it->owner = cn_people_owner(c, &it->mail, &it->msg, &it->owner_name);
}

static int keep(struct cn_intake *in, struct cn_intake_item *it,
    struct cn_str raw, struct cn_err *err)
{
	if (in->cells.p == NULL)
		cn_buf_reserve(&in->cells, CELLS);
	return cn_packed_make(in->store, &it->packed, &in->cells, raw, err);
}

/* Of what was parsed only that stays which will be written. */
static void compact(struct cn_intake_item *it)
{
	if (it->owner != NULL)
		it->owner = cn_arena_strdup(&it->mem, it->owner);
	if (it->owner_name != NULL)
		it->owner_name = cn_arena_strdup(&it->mem, it->owner_name);
	cn_msg_own(&it->msg, &it->mem);
	cn_mail_release(&it->mail);
}

int cn_intake_mail(struct cn_intake *in, struct cn_str raw,
    const struct cn_intake_at *at, const char *place, struct cn_err *err)
{
	struct cn_intake_item *it = cn_intake_next(in, at, place);

	if (cn_mail_read(&it->mail, raw, CN_MAIL_NO_FILES |
	    cn_intake_hash(in), err) < 0) {
		cn_buf_add(&it->raw, raw.p, raw.n);
		return bad(it, err);
	}
	if (cn_message_hash(in->store, "email", raw, it->hash, err) < 0)
		return -1;
	cn_msg_from_mail(&it->msg, &it->mail, &it->mail.mem);
	cn_intake_own(in->conf, it);
	cn_intake_words(in, it);
	compact(it);
	return keep(in, it, raw, err);
}

int cn_intake_chat(struct cn_intake *in, struct cn_str line,
    const char *place, struct cn_err *err)
{
	struct cn_intake_item *it = cn_intake_next(in, NULL, place);
	struct cn_chat c;
	const char *type;

	cn_buf_add(&it->raw, line.p, line.n);
	if (cn_json_check(line, err) < 0)
		return bad(it, err);
	if (cn_device_clean(cn_store_keys(in->store), &it->raw, err) < 0)
		return -1;
	line = cn_buf_view(&it->raw);
	type = cn_chat_member(&it->mem, line, "type");
	if (type != NULL && strcmp(type, "rating") == 0) {
		it->rating = cn_arena_alloc(&it->mem, sizeof(*it->rating));
		return cn_rating_read(it->rating, line, &it->mem,
		    err) < 0 ? bad(it, err) : 0;
	}
	if (cn_chat_read(&c, &it->msg, line, &it->mem, err) < 0)
		return bad(it, err);
	it->chat = c.chat;
	it->owner = c.owner;
	it->owner_name = c.owner_name;
	if (cn_message_hash(in->store, "chat", line, it->hash, err) < 0)
		return -1;
	cn_intake_words(in, it);
	return keep(in, it, line, err);
}

int cn_intake_refuse(struct cn_intake *in, struct cn_str raw,
    const char *place, const char *reason, struct cn_err *err)
{
	struct cn_intake_item *it = cn_intake_next(in, NULL, place);
	struct cn_err none = { 0 };

	cn_buf_add(&it->raw, raw.p, raw.n);
	snprintf(it->bad, sizeof(it->bad), "%s", reason);
	return cn_json_check(raw, &none) < 0 ? 0 :
	    cn_device_clean(cn_store_keys(in->store), &it->raw, err);
}

/* --- writing --- */

/* What the group may need of leaf numbers and shards, before the
 * transaction: both are in the keyring's hands, whose lock comes first. */
static int ready(struct cn_intake *in, struct cn_err *err)
{
	unsigned people = 0, orphans = 0, broken = 0, i;

	for (i = 0; i < in->n; i++) {
		const struct cn_msg *m = &in->items[i].msg;
		size_t a = m->from.n + m->to.n + m->cc.n;

		if (in->items[i].bad[0] != '\0') {
			broken++;
			continue;
		}
		broken++;		/* older mail of an erased person */
		orphans++;
		people += (unsigned)(a > CN_LINKS ? CN_LINKS : a) + 1;
	}
	/* Any of them may be an agent: '@example.com' makes a firm of them. */
	if (cn_store_leaves(in->store, CN_LEAF_PERSON, people, err) < 0 ||
	    cn_store_leaves(in->store, CN_LEAF_AGENT, people, err) < 0 ||
	    cn_store_leaves(in->store, CN_LEAF_MESSAGE, orphans, err) < 0 ||
	    cn_store_leaves(in->store, CN_LEAF_QUARANTINE, broken, err) < 0 ||
	    cn_store_leaves(in->store, CN_LEAF_ACCOUNT, 1, err) < 0)
		return -1;
	return cn_shard_ready(in->store, in->n, err);
}

static void named(struct cn_intake *in, int64_t leaf)
{
	cn_audit_name(in->subjects, &in->nsubjects, leaf);
}

/* Does what has no sender or customer of its own belong to the conversation?
 * Not if a stranger's mail, of which the sender cannot be read, only says so
 * in its References: it would be exported to somebody else. */
bool cn_intake_belongs(const struct cn_intake_item *it)
{
	return it->chat != NULL || strcmp(it->msg.direction, "out") == 0 ||
	    it->msg.bounce;
}

/* Who owns it, and under which leaf; person 0: nobody. */
static int owner(struct cn_intake *in, struct cn_intake_item *it,
    int64_t conversation, struct cn_new_message *nm, struct cn_err *err)
{
	struct cn_ident who = { 0 };
	int r = 0;

	if (it->pieces != NULL) {
		nm->leaf = it->pieces->leaf;
		r = cn_pieces_owner(in->store, it->pieces, &nm->person, err);
		if (r == 1)
			named(in, nm->leaf);
		return r < 0 ? -1 : 0;
	}
	if (it->owner != NULL) {
		if (cn_people_find(in->store, in->conf, it->owner,
		    it->owner_name, false, &who, err) < 0)
			return -1;
		nm->person = who.person;
		nm->leaf = who.leaf;
		named(in, who.leaf);
		return 0;
	}
	if (conversation && cn_intake_belongs(it))
		r = cn_conversation_owner(in->store, conversation, &nm->person,
		    &nm->leaf, err);
	if (r == 0)
		nm->leaf = cn_leaf_orphan(in->store);
	if (r >= 0 && nm->leaf < 0)
		return cn_fail(err, CN_INTERNAL, "no leaf at hand");
	return r < 0 ? -1 : 0;
}

static int quarantine(struct cn_intake *in, struct cn_intake_item *it,
    const char *reason, struct cn_err *err)
{
	int r;

	if (it->raw.len == 0 && cn_packed_plain(in->store, &it->packed,
	    &it->raw, err) < 0)
		return -1;
	r = it->requeued ? cn_quarantine_renew(in->store, it->requeued,
	    reason, err) : it->pieces ? cn_pieces_keep(in->store, it->pieces,
	    it->as_item, err) : cn_quarantine(in->store, reason, it->place,
	    &it->at.place, cn_buf_view(&it->raw), err);

	if (r == 1 || (r == 0 && it->requeued))
		in->counts.quarantined++;
	return r < 0 ? -1 : 0;
}

/* An erasure is kept: the same bytes never come back, which is no news, nor
 * does mail of that address written or arrived before it; later mail is a new
 * person's.  1: not to be stored (*why: what to tell, or NULL), 0, -1. */
static int erased(struct cn_intake *in, struct cn_intake_item *it,
    const char **why, struct cn_err *err)
{
	int64_t time;
	int r = cn_erased_message(in->store, it->hash);

	*why = NULL;
	in->counts.erased += r == 1;
	if (r != 0 || it->owner == NULL)
		return r;
	r = cn_erased_ident(in->store, it->owner, &time, err);
	if (r <= 0 || !cn_intake_older(it, time))
		return r < 0 ? -1 : 0;
	*why = OLDER_IS_KEPT;
	return quarantine(in, it, CN_INTAKE_OLDER, err) < 0 ? -1 : 1;
}

static int locate(struct cn_intake *in, const struct cn_intake_item *it,
    int64_t id, struct cn_err *err)
{
	if (it->at.place.folder && cn_message_locate(in->store, id,
	    &it->at.place, err) < 0)
		return -1;
	return it->at.nlabels == 0 ? 0 : cn_mailbox_label(in->store,
	    &it->at.place, id, it->at.labels, it->at.nlabels, err);
}

static int known(struct cn_intake *in, struct cn_intake_item *it, int64_t id,
    struct cn_buf *lines, struct cn_err *err)
{
	in->counts.known++;
	return locate(in, it, id, err) < 0 ? -1 :
	    cn_intake_show(in, it, id, true, lines, err);
}

/* A clock that is ahead wrote after the mail had arrived. */
static void date(struct cn_intake_item *it, int64_t now)
{
	int64_t arrived = it->at.place.arrived;

	if (!it->msg.has_date || (arrived && it->msg.date > arrived + AHEAD))
		it->msg.date = arrived ? arrived : now;
	it->msg.received = now;
	it->msg.has_date = it->msg.has_received = true;
}

static int add(struct cn_intake *in, struct cn_intake_item *it,
    struct cn_buf *lines, struct cn_err *err)
{
	struct cn_new_message nm = { .msg = &it->msg };
	struct cn_link links[CN_LINKS];
	int64_t refs[CN_THREAD_REFS], id;

	date(it, cn_store_now(in->store));
	nm.packed = &it->packed;
	nm.pieces = it->pieces;
	nm.words = &it->words;
	memcpy(nm.hash, it->hash, CN_HASH);
	nm.refs = refs;
	nm.links = links;
	if (cn_thread_find(in->store, &it->msg, it->chat, &nm, refs, err) < 0 ||
	    owner(in, it, nm.conversation, &nm, err) < 0 ||
	    cn_people_link(in->store, in->conf, &it->msg, it->chat != NULL &&
	    it->owner == NULL, links, &nm.nlinks, err) < 0)
		return -1;
	if (nm.conversation == 0 && cn_thread_new(in->store, &it->msg,
	    it->chat, &nm, err) < 0)
		return -1;
	if (cn_message_add(in->store, &nm, &id, err) < 0 ||
	    locate(in, it, id, err) < 0)
		return -1;
	in->counts.stored++;
	return cn_intake_show(in, it, id, false, lines, err);
}

static int rating(struct cn_intake *in, struct cn_intake_item *it,
    void (*tell)(void *, const char *, const char *), void *arg,
    struct cn_err *err)
{
	int r = cn_rating_take(in->store, it->rating, err);

	in->counts.stored += r == CN_RATING_NEW;
	in->counts.ratings += r == CN_RATING_NEW;
	in->counts.known += r == CN_RATING_KNOWN;
	in->counts.erased += r == CN_RATING_ERASED;
	in->counts.stray += r == CN_RATING_STRAY;
	if (r == CN_RATING_NEW && it->rating->rating.person != 0)
		named(in, it->rating->rating.leaf);
	/* Not kept: it may be of somebody who was erased. */
	if (r == CN_RATING_STRAY)
		tell(arg, it->place, "a rating of no conversation and nobody "
		    "in the store: not kept");
	return r < 0 ? -1 : r == CN_RATING_STRAY;
}

/* It has been taken in, or is not to be kept: what it was, or is, elsewhere
 * goes. */
static int tidy(struct cn_intake *in, struct cn_intake_item *it, bool stored,
    struct cn_err *err)
{
	if (it->requeued && cn_quarantine_drop(in->store, it->requeued,
	    err) < 0)
		return -1;
	return it->pieces == NULL || stored ? 0 :
	    cn_pieces_drop(in->store, it->pieces, err);
}

static int message(struct cn_intake *in, struct cn_intake_item *it,
    struct cn_buf *lines,
    void (*tell)(void *, const char *, const char *), void *arg,
    struct cn_err *err)
{
	const char *why;
	int64_t id;
	int r = cn_message_known(in->store, it->hash, &id, err);

	if (r == 1)
		return known(in, it, id, lines, err) < 0 ? -1 :
		    tidy(in, it, false, err);
	if (r < 0 || (r = erased(in, it, &why, err)) < 0)
		return -1;
	if (r == 1 && why == NULL)
		return tidy(in, it, false, err);
	if (r == 0 && it->pieces != NULL && cn_pieces_refused(it->pieces)) {
		why = OLDER_IS_KEPT;
		r = quarantine(in, it, CN_INTAKE_OLDER, err) < 0 ? -1 : 1;
	}
	if (r == 1)
		tell(arg, it->place, why);
	if (r != 0)
		return r < 0 ? -1 : 0;
	return add(in, it, lines, err) < 0 ? -1 : tidy(in, it, true, err);
}

static int write_item(struct cn_intake *in, struct cn_intake_item *it,
    struct cn_buf *lines,
    void (*tell)(void *, const char *, const char *), void *arg,
    struct cn_err *err)
{
	struct cn_pieces now;
	int r;

	if (it->pieces != NULL) {
		r = cn_pieces_load(in->store, it->pieces->id, &now, err);
		if (r < 0)
			return -1;
		if (r == 0 || now.chunks != it->pieces->chunks ||
		    now.turn != it->pieces->turn)
			return cn_fail(err, CN_BLOCKED, "erased, or gone from "
			    "its mailbox, before it was whole");
	}
	if (it->bad[0] != '\0')
		return quarantine(in, it, it->bad, err);
	if (it->rating != NULL) {
		r = rating(in, it, tell, arg, err);
		return r < 0 ? -1 : r == 0 ? tidy(in, it, true, err) :
		    it->requeued ? quarantine(in, it, "a rating of nothing "
		    "that is here", err) : 0;
	}
	return message(in, it, lines, tell, arg, err);
}

int cn_intake_folder(struct cn_intake *in, int64_t folder_at, int64_t *id,
    struct cn_err *err)
{
	struct cn_intake_folder *f = &in->folders[folder_at];

	if (*id != 0)
		return 0;
	if (f->id == 0 && cn_folder(in->store, f->account, f->name, &f->id,
	    err) < 0)
		return -1;
	*id = f->id;
	return 0;
}

void cn_intake_undo(struct cn_intake *in)
{
	size_t i;

	cn_store_rollback(in->store);
	for (i = 0; i < in->nfolders; i++)
		in->folders[i].id = 0;
}

static int audit(struct cn_intake *in, const char *what, int64_t n,
    struct cn_err *err)
{
	if (n == 0)
		return 0;
	return cn_audit(in->store, &(struct cn_audit_entry){
	    .what = what, .purpose = "service", .count = n, .leaves = in->subjects,
	    .nleaves = in->nsubjects }, err);
}

int cn_intake_flush(struct cn_intake *in, struct cn_buf *lines,
    void (*tell)(void *, const char *, const char *), void *arg,
    struct cn_err *err)
{
	struct cn_intake_counts was = in->counts;
	size_t i, len = lines->len;
	int r = 0;

	if (in->n == 0)
		return 0;
	in->nsubjects = 0;
	if (ready(in, err) < 0 || cn_store_begin(in->store, err) < 0) {
		r = -1;
		goto out;
	}
	for (i = 0; i < in->n && r == 0; i++) {
		r = cn_intake_folder(in, in->items[i].folder_at,
		    &in->items[i].at.place.folder, err);
		if (r == 0)
			r = write_item(in, &in->items[i], lines, tell, arg,
			    err);
		if (r < 0)
			cn_wrap(err, "%s", in->items[i].place);
	}
	if (r == 0)
		r = audit(in, "messages taken in", in->counts.stored -
		    was.stored - (in->counts.ratings - was.ratings), err);
	if (r == 0)
		r = audit(in, "ratings taken in", in->counts.ratings -
		    was.ratings, err);
	if (r == 0 && in->also != NULL)
		r = in->also(in->also_arg, err);
	if (r == 0)
		r = cn_store_commit(in->store, err);
	if (r < 0) {
		cn_intake_undo(in);
		in->counts = was;
		lines->len = len;
	}
out:
	for (i = 0; i < in->n; i++)
		cn_intake_clear(&in->items[i]);
	in->n = 0;
	drop_cells(in);
	return r;
}

const struct cn_intake_counts *cn_intake_counts(const struct cn_intake *in)
{
	return &in->counts;
}
