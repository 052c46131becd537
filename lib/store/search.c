#include "store/search.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/person.h"
#include "store/mailbox.h"
#include "store/posting.h"
#include "store/sql.h"

int cn_search_key(struct cn_store *s, uint32_t shard, uint8_t key[16],
    struct cn_err *err)
{
	if (cn_shard_key(s->keys, shard, key, err) == 0)
		return 1;
	if (err->status != CN_BLOCKED || cn_keys_refresh(s->keys, err) < 0)
		return -1;
	if (cn_shard_key(s->keys, shard, key, err) == 0)
		return 1;
	return err->status == CN_BLOCKED ? 0 : -1;
}

#define TOKEN 10		/* base32 digits: 50 bits of the SipHash */

int cn_search_fts(struct cn_store *s, uint32_t shard,
    const uint8_t key[16], const struct cn_words *w, int64_t after,
    struct cn_ids *out, struct cn_err *err)
{
	static const char abc[] = "abcdefghijklmnopqrstuvwxyz234567";
	const char *at = w->text.p, *end = at + w->text.len;
	struct cn_buf q = { 0 };
	sqlite3_stmt *st;
	char sql[120];
	uint64_t h;
	int i, r;

	for (; at < end; at += strlen(at) + 1) {
		h = cn_siphash(key, at, strlen(at));
		for (i = 0; i < TOKEN; i++, h >>= 5)
			cn_buf_ch(&q, abc[h & 31]);
		cn_buf_ch(&q, ' ');
	}
	snprintf(sql, sizeof(sql), "SELECT rowid FROM fts%u WHERE fts%u MATCH"
	    " ? AND rowid > ?", (unsigned)shard, (unsigned)shard);
	if ((st = cn_sql_once(s, sql, err)) == NULL) {
		cn_buf_wipe(&q);
		return -1;
	}
	sqlite3_bind_text(st, 1, q.p, (int)q.len, SQLITE_STATIC);
	sqlite3_bind_int64(st, 2, after);
	while ((r = cn_step(s, st, err)) == 1)
		cn_ids_add(out, sqlite3_column_int64(st, 0));
	sqlite3_finalize(st);
	cn_buf_wipe(&q);
	return r;
}

static int find_in_shards(struct cn_store *s, const struct cn_words *w,
    int64_t after, struct cn_ids *out, struct cn_err *err)
{
	struct cn_ids shards = { 0 };
	sqlite3_stmt *st;
	uint8_t key[16];
	size_t i;
	int r = 0;

	st = cn_bind(s, err, "SELECT id * 2 + (fts != 0) FROM shard ORDER BY"
	    " id", "");
	while (st != NULL && (r = cn_step(s, st, err)) == 1)
		cn_ids_add(&shards, sqlite3_column_int64(st, 0));
	/* Each of them had its key before it had its row. */
	if (st != NULL && r == 0)
		r = cn_keys_refresh(s->keys, err);
	for (i = 0; st != NULL && r == 0 && i < shards.n; i++) {
		uint32_t shard = (uint32_t)(shards.v[i] / 2);

		if ((r = cn_search_key(s, shard, key, err)) == 1)
			r = shards.v[i] % 2 ? cn_search_fts(s, shard, key, w,
			    after, out, err) : cn_postings_find(s, shard, key,
			    w, after, out, err);
	}
	cn_wipe(key, sizeof(key));
	free(shards.v);
	if (out->n > 1)
		qsort(out->v, out->n, sizeof(*out->v), cn_ascending);
	return st == NULL ? -1 : r;
}

/* All messages above `after` that have every word, from every shard, in one
 * snapshot: a rebuild moves them meanwhile. */
static int find_words(struct cn_store *s, const struct cn_words *w,
    int64_t after, struct cn_ids *out, struct cn_err *err)
{
	bool own = sqlite3_get_autocommit(s->db);
	int r;

	if (own && cn_exec(s, "BEGIN", err) < 0)
		return -1;
	r = find_in_shards(s, w, after, out, err);
	if (own)
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	return r;
}

static const struct {
	const char *word, *sql;
} states[] = {
	{ "open", "c.status = 'open'" },
	{ "closed", "c.status != 'open'" },
	{ "in", "m.direction = 'in'" },
	{ "out", "m.direction = 'out'" },
	{ "spam", "m.spam = 1" },
	{ "automatic", "m.automatic = 1" },
	{ "abstained", "m.abstained = 1" },
	{ "dsr", "m.dsr IS NOT NULL AND m.dsr != 'none'" },
	{ "classified", "m.classified IS NOT NULL" },
	{ "unclassified", "m.classified IS NULL" },
	{ "answered", "EXISTS(SELECT 1 FROM message x WHERE x.conversation ="
	    " m.conversation AND x.direction = 'out' AND x.automatic = 0)" },
	{ "unanswered", "m.direction = 'in' AND NOT " CN_ANSWERED },
};

static const char *state_sql(const char *word)
{
	size_t i;

	for (i = 0; i < sizeof(states) / sizeof(states[0]); i++)
		if (strcmp(states[i].word, word) == 0)
			return states[i].sql;
	return "0";
}

/* Appends the condition of one term; ?1 is `after`, text parameters follow in
 * the order of the terms. */
static int condition(struct cn_store *s, struct cn_buf *b,
    const struct cn_term *t, int *param, struct cn_err *err)
{
	int p = *param;

	switch (t->kind) {
	case CN_T_WORD:
		return 0;
	case CN_T_IS:
		cn_buf_fmt(b, " AND coalesce(%s, 0) = %d", state_sql(t->text),
		    !t->negate);
		return 0;
	case CN_T_PLACE:
		cn_buf_fmt(b, " AND %sEXISTS(SELECT 1 FROM location l WHERE"
		    " l.message = m.id AND l.uid != 0 AND l.folder IN (-1",
		    t->negate ? "NOT " : "");
		if (cn_mailbox_named(s, t->column, t->text, b, err) < 0)
			return -1;
		cn_buf_str(b, "))");
		return 0;
	case CN_T_FACET:
		cn_buf_fmt(b, " AND %s(coalesce(%c.%s, '') = ?%d)",
		    t->negate ? "NOT " : "",
		    strncmp(t->column, "conversation.", 13) == 0 ? 'c' : 'm',
		    strchr(t->column, '.') + 1, p);
		break;
	case CN_T_PERSON:
		cn_buf_fmt(b, " AND %sEXISTS(SELECT 1 FROM participant x"
		    " WHERE x.message = m.id AND x.identifier = ?%d%s)",
		    t->negate ? "NOT " : "", p,
		    strcmp(t->column, "from") == 0 ? " AND x.role = 1" :
		    strcmp(t->column, "to") == 0 ? " AND x.role > 1" : "");
		break;
	case CN_T_SINCE:
		cn_buf_fmt(b, " AND m.date %s ?%d", t->negate ? "<" : ">=", p);
		break;
	case CN_T_UNTIL:
		cn_buf_fmt(b, " AND m.date %s ?%d", t->negate ? ">=" : "<", p);
		break;
	case CN_T_ID:
		cn_buf_fmt(b, " AND m.pub %s ?%d", t->negate ? "!=" : "=", p);
		break;
	case CN_T_CONVERSATION:
		cn_buf_fmt(b, " AND c.pub %s ?%d", t->negate ? "!=" : "=", p);
		break;
	case CN_T_TICKET:
		cn_buf_fmt(b, " AND c.id %s ?%d", t->negate ? "!=" : "=", p);
		break;
	}
	++*param;
	return 0;
}

static int bind_term(struct cn_store *s, sqlite3_stmt *st,
    const struct cn_term *t, int *param, struct cn_err *err)
{
	struct cn_ident who;
	int r;

	switch (t->kind) {
	case CN_T_WORD:
	case CN_T_IS:
	case CN_T_PLACE:
		return 0;
	case CN_T_PERSON:
		r = cn_ident_find(s, t->text, &who, err);
		if (r < 0)
			return -1;
		sqlite3_bind_int64(st, (*param)++, r == 1 ? who.id : -1);
		return 0;
	case CN_T_SINCE:
	case CN_T_UNTIL:
	case CN_T_TICKET:
		sqlite3_bind_int64(st, (*param)++, t->number);
		return 0;
	default:
		sqlite3_bind_text(st, (*param)++, t->text, -1, SQLITE_STATIC);
		return 0;
	}
}

static int run_query(struct cn_store *s, const struct cn_query *q,
    const char *sql, int64_t after, const struct cn_ids *in, int64_t *out,
    size_t max, size_t *n, struct cn_err *err)
{
	sqlite3_stmt *st;
	size_t i, k;
	int param = 2, r = 0;

	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) != SQLITE_OK)
		return cn_sql_fail(s, err, "search");
	for (i = 0; i < q->n && r == 0; i++)
		r = bind_term(s, st, &q->terms[i], &param, err);
	if (in == NULL) {
		sqlite3_bind_int64(st, 1, after);
		while (r >= 0 && *n < max && (r = cn_step(s, st, err)) == 1)
			out[(*n)++] = sqlite3_column_int64(st, 0);
	} else {
		for (k = 0; r >= 0 && k < in->n && *n < max; k++) {
			if (in->v[k] <= after)
				continue;
			sqlite3_reset(st);
			sqlite3_bind_int64(st, 1, in->v[k]);
			if ((r = cn_step(s, st, err)) == 1)
				out[(*n)++] = in->v[k];
		}
	}
	sqlite3_finalize(st);
	return r < 0 ? -1 : 0;
}

static bool has_word(const struct cn_ids *l, int64_t id)
{
	return l->n > 0 &&
	    bsearch(&id, l->v, l->n, sizeof(*l->v), cn_ascending) != NULL;
}

/* The messages that have every word of a term: added to the list. */
static int find_term(struct cn_store *s, const struct cn_query *q,
    bool negate, int64_t after, struct cn_ids *out, bool *any, struct cn_err *err)
{
	struct cn_words words = { 0 };
	size_t i, had;
	int r = 0;

	*any = false;
	for (i = 0; i < q->n && r == 0; i++) {
		const struct cn_term *t = &q->terms[i];

		if (t->kind != CN_T_WORD || t->negate != negate)
			continue;
		had = words.n;
		cn_words_add(&words, cn_str(t->text));
		if (words.n == 0 || (negate && words.n == had))
			r = cn_fail(err, CN_USAGE, "query: no letter or digit "
			    "in '%.30s'", t->text);
		*any = true;
		/* Without any of these; with all of those, below. */
		if (negate && r == 0) {
			r = find_words(s, &words, after, out, err);
			cn_words_reset(&words);
		}
	}
	if (*any && !negate && r == 0)
		r = find_words(s, &words, after, out, err);
	cn_words_release(&words);
	return r;
}

static int search(struct cn_store *s, const struct cn_query *q, int64_t after,
    int64_t *out, size_t max, size_t *n, struct cn_err *err)
{
	struct cn_ids in = { 0 }, not = { 0 };
	struct cn_buf sql = { 0 };
	bool with, without, full = true;
	size_t i, k = 0;
	int param = 2, r;

	r = find_term(s, q, false, after, &in, &with, err);
	if (r == 0)
		r = find_term(s, q, true, after, &not, &without, err);
	cn_buf_fmt(&sql, "SELECT m.id FROM message m JOIN conversation c ON"
	    " c.id = m.conversation WHERE m.id %s ?1", with ? "=" : ">");
	for (i = 0; i < q->n && r == 0; i++)
		r = condition(s, &sql, &q->terms[i], &param, err);
	cn_buf_str(&sql, " ORDER BY m.id");
	/* A page that was thinned out must not look like the last one. */
	while (r == 0 && k == 0 && full) {
		*n = 0;
		r = run_query(s, q, sql.p, after, with ? &in : NULL, out, max,
		    n, err);
		full = *n == max;
		after = *n ? out[*n - 1] : after;
		for (i = 0; r == 0 && i < *n; i++)
			if (!has_word(&not, out[i]))
				out[k++] = out[i];
	}
	*n = r == 0 ? k : 0;
	free(in.v);
	free(not.v);
	cn_buf_release(&sql);
	return r;
}

/* One snapshot for shards and messages.  A key that is missing was dropped
 * since it was taken: the next one does without that shard. */
int cn_search(struct cn_store *s, const struct cn_query *q, int64_t after,
    int64_t *out, size_t max, size_t *n, struct cn_err *err)
{
	int tries, r = -1;

	for (tries = 0; tries < 3; tries++) {
		*n = 0;
		if (!s->in_txn && cn_exec(s, "BEGIN", err) < 0)
			return -1;
		r = search(s, q, after, out, max, n, err);
		if (!s->in_txn)
			sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL);
		if (r == 0 || s->in_txn || err->status != CN_BLOCKED)
			break;
	}
	return r;
}
