#include "store/message.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/times.h"
#include "store/audit.h"
#include "store/mailbox.h"
#include "store/pieces.h"
#include "store/sql.h"

/* --- identity --- */

/* Line by line the hash would cost half as much again. */
static void feed(void *hash, const void *p, size_t n)
{
	struct cn_hash *h = hash;

	if (n > sizeof(h->block) - h->n) {
		cn_sha_add(h->sha, h->block, h->n);
		h->n = 0;
	}
	if (n > sizeof(h->block)) {
		cn_sha_add(h->sha, p, n);
		return;
	}
	memcpy(h->block + h->n, p, n);
	h->n += n;
}

void cn_hash_begin(struct cn_hash *h, const char *channel)
{
	h->sha = cn_sha_new();
	h->mail = strcmp(channel, "email") == 0;
	h->n = 0;
	if (h->mail)
		cn_canon_begin(&h->canon, feed, h);
}

void cn_hash_feed(struct cn_hash *h, struct cn_str piece)
{
	if (h->mail)
		cn_canon_feed(&h->canon, piece.p, piece.n);
	else
		cn_sha_add(h->sha, piece.p, piece.n);
}

int cn_hash_end(struct cn_hash *h, struct cn_store *s, uint8_t out[CN_HASH],
    struct cn_err *err)
{
	uint8_t digest[CN_SHA];

	if (h->mail)
		cn_canon_end(&h->canon);
	cn_sha_add(h->sha, h->block, h->n);
	cn_wipe(h->block, sizeof(h->block));
	cn_sha_end(h->sha, digest);
	return cn_blind(s->keys, "message", digest, sizeof(digest), out, err);
}

int cn_message_hash(struct cn_store *s, const char *channel, struct cn_str raw,
    uint8_t out[CN_HASH], struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	const char *uid = NULL;
	struct cn_hash h;
	int r;

	if (strcmp(channel, "email") != 0 && raw.n > 0 && raw.p[0] == '{')
		uid = cn_json_string(&mem, cn_json_get(raw, "uid"));
	if (uid != NULL && uid[0] != '\0')
		raw = cn_str(cn_arena_fmt(&mem, "uid %s", uid));
	cn_hash_begin(&h, channel);
	cn_hash_feed(&h, raw);
	r = cn_hash_end(&h, s, out, err);
	cn_arena_release(&mem);
	return r;
}

int cn_message_known(struct cn_store *s, const uint8_t hash[CN_HASH],
    int64_t *id, struct cn_err *err)
{
	return cn_get(s, err, id, "SELECT id FROM message WHERE hash = ?", "b",
	    hash, (size_t)CN_HASH);
}

int cn_message_find(struct cn_store *s, const char *pub, int64_t *id,
    struct cn_err *err)
{
	return cn_get(s, err, id, "SELECT id FROM message WHERE pub = ?", "s",
	    pub);
}

const char *cn_message_pub(struct cn_store *s, int64_t id,
    struct cn_arena *mem, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err,
	    "SELECT pub FROM message WHERE id = ?", "i", id);
	const char *pub = NULL;
	int r;

	if (st == NULL || (r = cn_step(s, st, err)) < 0)
		return NULL;
	if (r == 1)
		pub = cn_col_dup(mem, st, 0);
	else
		cn_fail(err, CN_BLOCKED, "no such message");
	sqlite3_reset(st);
	return pub;
}

/* --- adding --- */

/* Padme (Nikitin and others, 'Reducing Metadata Leakage from Encrypted
 * Files', PETS 2019): what may be seen of a size. */
static int64_t padded(uint64_t n)
{
	unsigned e = 0, t = 0;
	uint64_t mask;

	while (e < 63 && n >> (e + 1))
		e++;
	while (t < 5 && e >> (t + 1))
		t++;
	mask = e > t + 1 ? ((uint64_t)1 << (e - t - 1)) - 1 : 0;
	return (int64_t)((n + mask) & ~mask);
}

static int add_raw(struct cn_store *s, int64_t id, const char *pub,
    int64_t leaf, const struct cn_packed *p, struct cn_err *err)
{
	struct cn_cell_at where = { leaf, "raw", pub, "cell", 0 };
	struct cn_str cell;
	size_t at = 0;

	for (; (cell = cn_packed_cell(p, &at)).n > 0; where.chunk++)
		if (cn_cell_close(s->keys, &where, (char *)(uintptr_t)cell.p,
		    cell.n, err) < 0 || cn_do(s, err,
		    "INSERT INTO raw VALUES(?, ?)", "ib", id * 4096 +
		    where.chunk, cell.p, cell.n) < 0)
			return -1;
	return 0;
}

static int add_row(struct cn_store *s, const struct cn_new_message *m,
    const char *pub, uint32_t shard, struct cn_err *err)
{
	int64_t size = m->pieces ? m->pieces->size : (int64_t)m->packed->size;
	struct cn_str known = m->msg->device_json;
	struct cn_buf head = { 0 }, cell = { 0 }, device = { 0 };
	sqlite3_stmt *st;
	int r;

	cn_msg_members(&head, m->msg, "message.head");
	r = cn_cell_seal(s->keys, &(struct cn_cell_at){ m->leaf, "message",
	    pub, "head", 0 }, head.p, head.len, &cell, err);
	if (r == 0 && known.n > 0)
		r = cn_cell_seal(s->keys, &(struct cn_cell_at){ m->leaf,
		    "message", pub, "device", 0 }, known.p, known.n, &device,
		    err);
	if (r == 0) {
		st = cn_bind(s, err, "INSERT INTO message(pub, hash, leaf,"
		    " person, conversation, channel, direction, date, received,"
		    " size, chunks, shard, threaded, head, automatic, device,"
		    " id) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,"
		    " nullif(?, 0))", "sbiiissiiiiisbibi",
		    pub, m->hash, (size_t)CN_HASH, m->leaf, m->person,
		    m->conversation, m->msg->channel, m->msg->direction,
		    m->msg->date, m->msg->received, padded((uint64_t)size),
		    (size + CN_RAW_CHUNK - 1) / CN_RAW_CHUNK,
		    (int64_t)shard, m->msg->threaded, cell.p, cell.len,
		    (int64_t)(m->msg->automatic != NULL), device.p,
		    device.len, m->pieces ? m->pieces->number : (int64_t)0);
		if (st != NULL && m->person == 0)
			sqlite3_bind_null(st, 4);
		r = st == NULL ? -1 : cn_step(s, st, err);
	}
	cn_buf_wipe(&head);
	cn_buf_release(&cell);
	cn_buf_release(&device);
	return r;
}

static int add_links(struct cn_store *s, const struct cn_new_message *m,
    int64_t id, struct cn_err *err)
{
	size_t i;

	for (i = 0; i < m->nrefs; i++)
		if (cn_do(s, err, "INSERT OR IGNORE INTO ref VALUES(?, ?, ?)",
		    "iii", m->refs[i], id, (int64_t)(i == 0 && m->has_own)) < 0)
			return -1;
	for (i = 0; i < m->nlinks; i++)
		if (cn_do(s, err, "INSERT OR IGNORE INTO participant"
		    " VALUES(?, ?, ?)", "iii", id, m->links[i].ident,
		    (int64_t)m->links[i].role) < 0)
			return -1;
	return 0;
}

int cn_message_add(struct cn_store *s, struct cn_new_message *m, int64_t *id,
    struct cn_err *err)
{
	bool in = strcmp(m->msg->direction, "in") == 0;
	char pub[CN_ID_LEN];
	uint32_t shard;

	cn_id_new(pub, 'm');
	if (m->pieces != NULL)
		memcpy(pub, m->pieces->pub, sizeof(pub));
	if (cn_shard_for(s, m->person, &shard, err) < 0 ||
	    add_row(s, m, pub, shard, err) < 0)
		return -1;
	*id = sqlite3_last_insert_rowid(s->db);
	if ((m->pieces ? cn_pieces_done(s, m->pieces, err) :
	    add_raw(s, *id, pub, m->leaf, m->packed, err)) < 0 ||
	    add_links(s, m, *id, err) < 0)
		return -1;
	cn_shard_index(s, shard, *id, m->words);
	if (cn_event(s, m->msg->date, in ? "received" : "answered",
	    m->conversation, *id, m->msg->channel,
	    m->msg->automatic ? "automatic" : NULL, err) < 0)
		return -1;
	/* A customer's new words open what was closed; a chat that a bot began
	 * belongs to the customer who answers. */
	return cn_do(s, err, "UPDATE conversation SET updated ="
	    " max(updated, ?1), status = CASE WHEN ?2 AND ?1 >= updated THEN"
	    " 'open' ELSE status END, person = coalesce(person,"
	    " nullif(?4, 0)) WHERE id = ?3", "iiii", m->msg->date,
	    (int64_t)(in && m->msg->automatic == NULL), m->conversation,
	    m->person);
}

int cn_message_locate(struct cn_store *s, int64_t id,
    const struct cn_location *at, struct cn_err *err)
{
	return cn_do(s, err, "INSERT INTO location(message, folder,"
	    " uidvalidity, uid, flags, arrived) VALUES(?, ?, ?, ?, ?,"
	    " nullif(?, 0)) ON CONFLICT DO UPDATE SET flags = excluded.flags"
	    " WHERE flags != excluded.flags", "iiiiii", id, at->folder,
	    at->uidvalidity, at->uid, (int64_t)at->flags, at->arrived);
}

/* --- reading --- */

static int open_cell(struct cn_store *s, const struct cn_cell_at *at,
    struct cn_str cell, struct cn_buf *out, struct cn_err *err)
{
	return cn_cell_open(s->keys, at, cell.p, cell.n, out, err);
}

static int gather(void *buf, struct cn_str piece, struct cn_err *err)
{
	(void)err;
	cn_buf_add(buf, piece.p, piece.n);
	return 0;
}

static bool wants(unsigned what, unsigned all)
{
	return (what & all) == all;
}

static int load_text(struct cn_store *s, int64_t id, unsigned what,
    struct cn_msg *m, struct cn_arena *mem, struct cn_err *err)
{
	unsigned flags = wants(what, CN_LOAD_HASHES) ? 0 : CN_MAIL_NO_HASH;
	struct cn_buf line = { 0 };
	struct cn_mail mail = { 0 };
	int r;

	if (strcmp(m->channel, "email") == 0) {
		r = cn_message_mail(s, id, CN_MAIL_NO_FILES | flags, &mail,
		    err);
		if (r == 0) {
			m->text = cn_arena_dup(mem, mail.text, mail.text_len);
			m->text_len = mail.text_len;
			if (wants(what, CN_LOAD_MARKS))
				m->marks = cn_mail_marks(&mail,
				    &m->nmarks, mem);
			if (flags == 0)
				cn_msg_hashes(m, &mail, mem);
			cn_mail_release(&mail);
		}
		return r;
	}
	r = cn_message_pieces(s, id, gather, &line, err);
	if (r == 0) {
		m->text = cn_json_string(mem, cn_json_get(cn_buf_view(&line),
		    "text"));
		m->text_len = m->text ? strlen(m->text) : 0;
	}
	cn_buf_wipe(&line);
	return r;
}

/* A sealed JSON column of this message, in the arena. */
static int load_json(struct cn_store *s, int64_t leaf, const char *pub,
    const char *column, struct cn_str cell, struct cn_arena *mem,
    struct cn_str *out, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	int r = 0;

	if (cell.n > 0) {
		r = open_cell(s, &(struct cn_cell_at){ leaf, "message", pub,
		    column, 0 }, cell, &b, err);
		if (r == 0)
			*out = (struct cn_str){ cn_arena_dup(mem, b.p, b.len),
			    b.len };
	}
	cn_buf_wipe(&b);
	return r;
}

static void may_names(struct cn_msg *m, unsigned may, struct cn_arena *mem)
{
	static const char *const names[] = { "classify", "suggest", "report" };
	const char **v = cn_arena_alloc(mem, sizeof(names));
	unsigned i;

	m->nmay = 0;
	for (i = 0; i < 3; i++)
		if (may & 1u << i)
			v[m->nmay++] = names[i];
	m->may = v;
}

/* The sealed head. */
static int from_head(struct cn_store *s, sqlite3_stmt *st, struct cn_msg *m,
    struct cn_arena *mem, struct cn_err *err)
{
	struct cn_str head = { NULL, 0 };
	struct cn_line line = { 0 };
	struct cn_json_it it;
	size_t i;

	if (load_json(s, sqlite3_column_int64(st, 1), m->id, "head",
	    cn_col(st, 9), mem, &head, err) < 0)
		return -1;
	line.text = head;
	cn_json_walk(&it, head);
	while (cn_json_next(&it))
		for (i = 0; i < cn_nfields; i++)
			if (cn_json_key_is(it.key, cn_fields[i].name))
				line.val[i] = it.val;
	cn_line_msg(&line, m, mem);
	return 0;
}

static int from_row(struct cn_store *s, sqlite3_stmt *st, unsigned what,
    struct cn_msg *m, struct cn_arena *mem, struct cn_err *err)
{
	int64_t leaf = sqlite3_column_int64(st, 1);

	if (!(what & CN_LOAD_REST))
		memset(m, 0, sizeof(*m));
	m->id = cn_col_dup(mem, st, 0);
	if (!(what & CN_LOAD_REST) && from_head(s, st, m, mem, err) < 0)
		return cn_wrap(err, "message %s", m->id);
	m->conversation = cn_col_dup(mem, st, 2);
	m->ticket = sqlite3_column_int64(st, 3);
	m->channel = cn_col_dup(mem, st, 4);
	m->direction = cn_col_dup(mem, st, 5);
	m->date = sqlite3_column_int64(st, 6);
	m->received = sqlite3_column_int64(st, 7);
	m->has_date = m->has_received = true;
	m->threaded = cn_col_dup(mem, st, 8);
	if (load_json(s, leaf, m->id, "class", cn_col(st, 10), mem,
	    &m->class_json, err) < 0 ||
	    load_json(s, leaf, m->id, "replies", cn_col(st, 11), mem,
	    &m->replies_json, err) < 0 ||
	    load_json(s, leaf, m->id, "device", cn_col(st, 14), mem,
	    &m->device_json, err) < 0)
		return cn_wrap(err, "message %s", m->id);
	m->status = cn_col_dup(mem, st, 12);
	may_names(m, sqlite3_column_type(st, 13) == SQLITE_NULL ? CN_MAY_ALL :
	    (unsigned)sqlite3_column_int(st, 13), mem);
	m->stored = m->has_stored = true;
	return 0;
}

int cn_message_load(struct cn_store *s, int64_t id, unsigned what,
    struct cn_msg *m, struct cn_arena *mem, struct cn_err *err)
{
	sqlite3_stmt *st;
	int r;

	st = cn_bind(s, err, "SELECT m.pub, m.leaf, c.pub, c.id, m.channel,"
	    " m.direction, m.date, m.received, m.threaded, m.head, m.class,"
	    " m.replies, c.status, p.may, m.device FROM message m"
	    " JOIN conversation c ON c.id = m.conversation"
	    " LEFT JOIN person p ON p.id = m.person WHERE m.id = ?", "i", id);
	if (st == NULL || (r = cn_step(s, st, err)) < 0)
		return -1;
	if (r == 0)
		return cn_fail(err, CN_BLOCKED, "no such message");
	r = from_row(s, st, what, m, mem, err);
	sqlite3_reset(st);
	if (r == 0 && (what & CN_LOAD_PLACES))
		r = cn_mailbox_places(s, id, m, mem, err);
	if (r == 0 && (what & CN_LOAD_TEXT))
		r = load_text(s, id, what, m, mem, err);
	return r;
}

int cn_message_owner(struct cn_store *s, int64_t id,
    struct cn_message_owner *o, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, "SELECT m.leaf, m.person,"
	    " m.conversation, p.may, p.state, m.classified, m.suggested,"
	    " m.direction = 'out'"
	    " FROM message m LEFT JOIN person p ON p.id = m.person"
	    " WHERE m.id = ?", "i", id);
	int r;

	if (st == NULL || (r = cn_step(s, st, err)) < 0)
		return -1;
	if (r == 1) {
		memset(o, 0, sizeof(*o));
		o->leaf = sqlite3_column_int64(st, 0);
		o->person = sqlite3_column_int64(st, 1);
		o->conversation = sqlite3_column_int64(st, 2);
		o->may = o->person ? (unsigned)sqlite3_column_int(st, 3) :
		    CN_MAY_ALL;
		if (o->person)
			snprintf(o->state, sizeof(o->state), "%s",
			    (const char *)sqlite3_column_text(st, 4));
		o->classified = sqlite3_column_type(st, 5) != SQLITE_NULL;
		o->suggested = sqlite3_column_type(st, 6) != SQLITE_NULL;
		o->out = sqlite3_column_int(st, 7) != 0;
	}
	sqlite3_reset(st);
	return r;
}

int cn_message_answered(struct cn_store *s, int64_t id, struct cn_err *err)
{
	int64_t any;

	return cn_get(s, err, &any, "SELECT 1 FROM message m WHERE m.id = ?"
	    " AND " CN_ANSWERED, "i", id);
}

/* --- what the filters add --- */

static int seal_json(struct cn_store *s, int64_t id, const char *column,
    struct cn_str json, struct cn_buf *cell, struct cn_err *err)
{
	char pub[CN_ID_LEN];
	int64_t leaf, chunks;

	if (cn_message_sealed(s, id, pub, &leaf, &chunks, err) < 0)
		return -1;
	return cn_cell_seal(s->keys, &(struct cn_cell_at){ leaf, "message",
	    pub, column, 0 }, json.p, json.n, cell, err);
}

int cn_message_classify(struct cn_store *s, int64_t id,
    const struct cn_class_row *c, struct cn_err *err)
{
	struct cn_buf cell = { 0 };
	struct cn_message_owner o;
	int64_t now = cn_store_now(s);
	int r = c->json.n == 0 ? 0 :
	    seal_json(s, id, "class", c->json, &cell, err);

	if (r == 0)
		r = cn_do(s, err, "UPDATE message SET category = ?,"
		    " confidence = ?, abstained = ?, priority = ?,"
		    " sentiment = ?, language = ?, spam = ?, automatic ="
		    " CASE WHEN ? THEN ? ELSE automatic END,"
		    " dsr = ?, model = ?, class = ?, classified ="
		    " coalesce(classified, ?) WHERE id = ?", "sdisssiiissbii",
		    c->category, c->confidence, (int64_t)c->abstained,
		    c->priority, c->sentiment, c->language, (int64_t)c->spam,
		    (int64_t)(c->json.n > 0), (int64_t)c->automatic, c->dsr,
		    c->model, cell.p, cell.len,
		    now, id);
	if (r == 0 && c->json.n > 0 &&
	    (r = cn_message_owner(s, id, &o, err)) == 1)
		r = cn_event(s, now, "classified", o.conversation, id, NULL,
		    c->category, err);
	cn_buf_release(&cell);
	return r;
}

int cn_message_suggest(struct cn_store *s, int64_t id, struct cn_str json,
    struct cn_err *err)
{
	struct cn_buf cell = { 0 };
	struct cn_message_owner o;
	int64_t now = cn_store_now(s);
	int r = seal_json(s, id, "replies", json, &cell, err);

	if (r == 0)
		r = cn_do(s, err, "UPDATE message SET replies = ?, suggested ="
		    " coalesce(suggested, ?) WHERE id = ?", "bii", cell.p,
		    cell.len, now, id);
	if (r == 0 && (r = cn_message_owner(s, id, &o, err)) == 1)
		r = cn_event(s, now, "suggested", o.conversation, id, NULL,
		    NULL, err);
	cn_buf_release(&cell);
	return r;
}

int cn_message_pending(struct cn_store *s, enum cn_stage stage, int64_t after,
    int64_t *ids, size_t max, size_t *n, struct cn_err *err)
{
	static const char *const sql[] = {
		"SELECT id FROM message WHERE classified IS NULL AND id > ?"
		" ORDER BY id LIMIT ?",
		"SELECT id FROM message WHERE suggested IS NULL AND id > ?"
		" AND direction = 'in' ORDER BY id LIMIT ?"
	};
	sqlite3_stmt *st = cn_bind(s, err, sql[stage], "ii", after,
	    (int64_t)max);

	return cn_ids(s, st, ids, max, n, err);
}
