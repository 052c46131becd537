#include "store/list.h"

#include <stdio.h>
#include <string.h>

#include "store/sql.h"

static int owned(struct cn_store *s, sqlite3_stmt *st, size_t max,
    struct cn_arena *mem, struct cn_owned **out, size_t *n, struct cn_err *err)
{
	struct cn_owned *v = cn_arena_alloc(mem, max * sizeof(*v) + 1);
	size_t k = 0;
	int r = 0;

	if (st == NULL)
		return -1;
	while (k < max && (r = cn_step(s, st, err)) == 1)
		v[k++] = (struct cn_owned){ sqlite3_column_int64(st, 0),
		    sqlite3_column_int64(st, 1), sqlite3_column_int64(st, 2),
		    cn_col_dup(mem, st, 3), cn_col_dup(mem, st, 4),
		    cn_col_dup(mem, st, 5), cn_col_dup(mem, st, 6),
		    cn_col_dup(mem, st, 7) };
	sqlite3_reset(st);
	*out = v;
	*n = k;
	return r < 0 ? -1 : 0;
}

int cn_person_messages(struct cn_store *s, int64_t person,
    struct cn_arena *mem, struct cn_owned **out, size_t *n, struct cn_err *err)
{
	int64_t count = 0;

	if (cn_get(s, err, &count, "SELECT count(*) FROM message"
	    " WHERE person = ?", "i", person) < 0)
		return -1;
	return owned(s, cn_bind(s, err, "SELECT m.id, m.date, m.conversation,"
	    " m.pub, c.pub, m.channel, m.direction, NULL FROM message m"
	    " JOIN conversation c ON c.id = m.conversation WHERE m.person = ?"
	    " ORDER BY m.date, m.id", "i", person), (size_t)count, mem, out, n,
	    err);
}

int cn_person_named(struct cn_store *s, int64_t person, struct cn_arena *mem,
    struct cn_owned **out, size_t *n, struct cn_err *err)
{
	int64_t count = 0;

	if (cn_get(s, err, &count, "SELECT count(*) FROM participant"
	    " WHERE identifier IN (SELECT id FROM identifier"
	    " WHERE person = ?)", "i", person) < 0)
		return -1;
	return owned(s, cn_bind(s, err, "SELECT m.id, m.date, m.conversation,"
	    " m.pub, c.pub, m.channel, m.direction, (SELECT"
	    " group_concat(DISTINCT CASE x.role WHEN 1 THEN 'from'"
	    " WHEN 2 THEN 'to' ELSE 'cc' END) FROM participant x"
	    " JOIN identifier i ON i.id = x.identifier"
	    " WHERE x.message = m.id AND i.person = ?1)"
	    " FROM message m JOIN conversation c ON c.id = m.conversation"
	    " WHERE m.person IS NOT ?1 AND m.id IN (SELECT x.message"
	    " FROM participant x JOIN identifier i ON i.id = x.identifier"
	    " WHERE i.person = ?1) ORDER BY m.date, m.id", "i", person),
	    (size_t)count, mem, out, n, err);
}

/* --- conversations --- */

#define TURNS 4000

static void turn(struct cn_turn *t, sqlite3_stmt *st, struct cn_arena *mem)
{
	const char *state = (const char *)sqlite3_column_text(st, 10);

	memset(t, 0, sizeof(*t));
	t->conversation = sqlite3_column_int64(st, 0);
	t->date = sqlite3_column_int64(st, 1);
	t->in = sqlite3_column_int(st, 2) == 0;
	t->id = sqlite3_column_int64(st, 3);
	t->from = sqlite3_column_int64(st, 4);
	t->automatic = sqlite3_column_int(st, 5) != 0;
	t->spam = sqlite3_column_int(st, 6) != 0;
	t->mail = sqlite3_column_int(st, 12) != 0;
	t->category = cn_col_dup(mem, st, 7);
	t->language = cn_col_dup(mem, st, 8);
	t->owner.person = sqlite3_column_int64(st, 9);
	t->owner.conversation = t->conversation;
	t->owner.may = t->owner.person ?
	    (unsigned)sqlite3_column_int(st, 11) : CN_MAY_ALL;
	snprintf(t->owner.state, sizeof(t->owner.state), "%s",
	    state ? state : "");
}

int cn_turn_list(struct cn_store *s,
    int (*row)(void *, const struct cn_turn *, struct cn_err *), void *arg,
    struct cn_err *err)
{
	struct cn_turn last = { .conversation = 0 };
	struct cn_arena mem = { 0 };
	struct cn_turn *page;
	sqlite3_stmt *st;
	size_t n, i;
	int r = 0;

	do {
		cn_arena_reset(&mem);
		page = cn_arena_alloc(&mem, TURNS * sizeof(*page));
		st = cn_bind(s, err, "SELECT m.conversation, m.date,"
		    " m.direction = 'out' AS o, m.id, (SELECT min(x.identifier)"
		    " FROM participant x WHERE x.message = m.id AND x.role = 1),"
		    " m.automatic, m.spam, m.category, m.language, m.person,"
		    " p.state, p.may, m.channel = 'email' FROM message m"
		    " LEFT JOIN person p ON p.id = m.person WHERE"
		    " m.conversation >= ?1 AND (m.conversation > ?1 OR"
		    " (m.date, m.direction = 'out', m.id) > (?2, ?3, ?4))"
		    " ORDER BY m.conversation, m.date, o, m.id LIMIT 4000",
		    "iiii", last.conversation, last.date, (int64_t)!last.in,
		    last.id);
		if (st == NULL) {
			r = -1;
			break;
		}
		for (n = 0; (r = cn_step(s, st, err)) == 1; n++)
			turn(&page[n], st, &mem);
		if (n > 0)
			last = page[n - 1];
		for (i = 0; r == 0 && i < n; i++)
			r = row(arg, &page[i], err);
	} while (r == 0 && n == TURNS && !*s->run->stop);
	cn_arena_release(&mem);
	return r;
}

int cn_turn_since(struct cn_store *s, int64_t since, int64_t until,
    int64_t max, int64_t *out, struct cn_err *err)
{
	int64_t t;
	int r = cn_get(s, err, &t, "SELECT date FROM message WHERE direction ="
	    " 'out' AND coalesce(automatic, 0) = 0 AND date >= ? AND date < ?"
	    " ORDER BY date DESC LIMIT 1 OFFSET ?", "iii", since, until, max);

	*out = r == 1 ? t + 1 : since;
	return r < 0 ? -1 : 0;
}

/* --- runs --- */

#define PAGE 100

int cn_run_list(struct cn_store *s, int64_t since, int64_t until,
    int (*row)(void *, const struct cn_run_info *, struct cn_err *), void *arg,
    struct cn_err *err)
{
	struct cn_run_info page[PAGE];
	struct cn_arena mem = { 0 };
	int64_t below = INT64_MAX;
	size_t n = PAGE, i;
	sqlite3_stmt *st;
	int r = 0;

	while (r == 0 && n == PAGE) {
		cn_arena_reset(&mem);
		st = cn_bind(s, err, "SELECT id, start, end, read, stored,"
		    " refused, status, command, account FROM run WHERE id < ?"
		    " AND start >= ? AND start < ? ORDER BY id DESC LIMIT 100",
		    "iii", below, since, until);
		if (st == NULL) {
			r = -1;
			break;
		}
		for (n = 0; n < PAGE && (r = cn_step(s, st, err)) == 1; n++)
			page[n] = (struct cn_run_info){
			    sqlite3_column_int64(st, 0),
			    sqlite3_column_int64(st, 1),
			    sqlite3_column_int64(st, 2),
			    sqlite3_column_int64(st, 3),
			    sqlite3_column_int64(st, 4),
			    sqlite3_column_int64(st, 5),
			    sqlite3_column_int(st, 6),
			    sqlite3_column_type(st, 2) != SQLITE_NULL,
			    cn_col_dup(&mem, st, 7), cn_col_dup(&mem, st, 8) };
		sqlite3_reset(st);
		r = r < 0 ? -1 : 0;
		for (i = 0; r == 0 && i < n; i++)
			r = row(arg, &page[i], err);
		if (n > 0)
			below = page[n - 1].id;
	}
	cn_arena_release(&mem);
	return r;
}

int cn_quarantine_list(struct cn_store *s, int64_t since, int64_t until,
    int (*row)(void *, const struct cn_quarantined *, struct cn_err *),
    void *arg, struct cn_err *err)
{
	struct cn_quarantined page[PAGE];
	struct cn_arena mem = { 0 };
	int64_t below = INT64_MAX;
	size_t n = PAGE, i;
	sqlite3_stmt *st;
	int r = 0;

	while (r == 0 && n == PAGE) {
		cn_arena_reset(&mem);
		st = cn_bind(s, err, "SELECT id, received, size, pub, reason,"
		    " place FROM quarantine WHERE id < ? AND received >= ? AND"
		    " received < ? ORDER BY id DESC LIMIT 100", "iii", below,
		    since, until);
		if (st == NULL) {
			r = -1;
			break;
		}
		for (n = 0; n < PAGE && (r = cn_step(s, st, err)) == 1; n++)
			page[n] = (struct cn_quarantined){
			    sqlite3_column_int64(st, 0),
			    sqlite3_column_int64(st, 1),
			    sqlite3_column_int64(st, 2),
			    cn_col_dup(&mem, st, 3), cn_col_dup(&mem, st, 4),
			    cn_col_dup(&mem, st, 5) };
		sqlite3_reset(st);
		r = r < 0 ? -1 : 0;
		for (i = 0; r == 0 && i < n; i++)
			r = row(arg, &page[i], err);
		if (n > 0)
			below = page[n - 1].id;
	}
	cn_arena_release(&mem);
	return r;
}

/* --- what waits --- */

#define ASKS " m.direction = 'in' AND coalesce(m.automatic, 0) = 0" \
    " AND coalesce(m.spam, 0) = 0"
#define REQUEST " AND m.dsr IS NOT NULL AND m.dsr <> 'none'"
/* Messages of open conversations without an answer after them. */
#define UNANSWERED " FROM conversation c JOIN message m ON m.conversation =" \
    " c.id WHERE c.status = 'open' AND" ASKS " AND NOT " CN_ANSWERED
/* The last run of each command, where it began late enough. */
#define LAST " FROM run WHERE id IN (SELECT max(id) FROM run" \
    " GROUP BY command, account) AND start >= ? AND (account IS NULL OR" \
    " account IN (SELECT pub FROM account WHERE state = 'live'))"

#define NEWEST(kind) " (SELECT max(id) FROM model WHERE kind = '" kind \
    "' AND NOT torn)"
#define EXPIRING (14 * 86400)

/* An erasure that has only got as far as the keyring has no row yet. */
static int erasures(struct cn_store *s, int64_t *n, struct cn_err *err)
{
	if (cn_get(s, err, n, "SELECT count(*) FROM erasure"
	    " WHERE state <> 'done'", "") < 0)
		return -1;
	if (*n == 0 && (cn_store_meta(s, "erasing", 0) ||
	    (uint64_t)cn_store_meta(s, "generation", 0) !=
	    cn_keys_generation(s->keys)))
		*n = 1;
	return 0;
}

int cn_store_waiting(struct cn_store *s, int64_t since, int64_t now,
    struct cn_waiting *w, struct cn_err *err)
{
	memset(w, 0, sizeof(*w));
	if (cn_get(s, err, &w->messages, "SELECT count(*) FROM message",
	    "") < 0 ||
	    cn_get(s, err, &w->unclassified, "SELECT count(*) FROM message"
	    " WHERE classified IS NULL", "") < 0 ||
	    cn_get(s, err, &w->abstained, "SELECT count(*) FROM message m"
	    " JOIN conversation c ON c.id = m.conversation WHERE m.abstained"
	    " AND c.status = 'open' AND" ASKS, "") < 0 ||
	    cn_get(s, err, &w->unanswered,
	    "SELECT count(DISTINCT c.id)" UNANSWERED, "") < 0 ||
	    cn_get(s, err, &w->oldest, "SELECT min(m.date)" UNANSWERED,
	    "") < 0 ||
	    cn_get(s, err, &w->requests,
	    "SELECT count(DISTINCT c.id)" UNANSWERED REQUEST, "") < 0 ||
	    cn_get(s, err, &w->request,
	    "SELECT min(m.date)" UNANSWERED REQUEST, "") < 0 ||
	    cn_get(s, err, &w->quarantined, "SELECT count(*) FROM quarantine",
	    "") < 0 ||
	    cn_get(s, err, &w->failed, "SELECT count(*)" LAST
	    " AND status NOT IN (0, 1, 3, 141)", "i", since) < 0 ||
	    cn_get(s, err, &w->killed, "SELECT count(*)" LAST
	    " AND end IS NULL", "i", since) < 0 ||
	    cn_get(s, err, &w->expiring, "SELECT count(*) FROM account WHERE"
	    " state = 'live' AND expires < ?", "i", now + EXPIRING) < 0 ||
	    cn_get(s, err, &w->unlearned, "SELECT count(*) FROM label l JOIN"
	    " message m ON m.id = l.message LEFT JOIN person p ON p.id ="
	    " m.person WHERE (p.id IS NULL OR (p.state = 'live' AND p.may &"
	    " 1)) AND ((l.category IS NOT NULL AND NOT EXISTS(SELECT 1 FROM"
	    " example e WHERE e.message = l.message AND e.model ="
	    NEWEST("category") ")) OR (l.spam IS NOT NULL AND m.channel ="
	    " 'email' AND NOT EXISTS(SELECT 1 FROM example e WHERE e.message"
	    " = l.message AND e.model = " NEWEST("spam") ") AND"
	    NEWEST("spam") " IS NOT NULL))", "") < 0 ||
	    cn_get(s, err, &w->missing, "SELECT count(*) FROM pending WHERE"
	    " pub IS NULL", "") < 0)
		return -1;
	return erasures(s, &w->erasures, err);
}
