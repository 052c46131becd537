/* Ratings as CSV: columns are told by their names, in any order; others are
 * left alone. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/csv.h"
#include "base/times.h"
#include "base/utf8.h"
#include "crypt/crypt.h"
#include "desk/foreign/foreign_in.h"

enum what {
	CHAT, CONVERSATION, LINK, ADDRESS, PHONE, SCORE, SCALE, AT, COMMENT,
	ID, NWHAT
};

static const struct {
	const char *name;		/* in lower case, '_' as space */
	enum what what;
} names[] = {
	{ "chat", CHAT }, { "chat id", CHAT },
	{ "conversation", CONVERSATION }, { "conversation id", CONVERSATION },
	{ "ticket", CONVERSATION },
	{ "link to the conversation", LINK },
	{ "address", ADDRESS }, { "email", ADDRESS }, { "e-mail", ADDRESS },
	{ "email address", ADDRESS }, { "contact email", ADDRESS },
	{ "contact email address", ADDRESS }, { "customer email", ADDRESS },
	{ "phone", PHONE }, { "phone number", PHONE },
	{ "contact phone number", PHONE },
	{ "score", SCORE }, { "rating", SCORE }, { "csat", SCORE },
	{ "scale", SCALE },
	{ "at", AT }, { "time", AT }, { "date", AT }, { "timestamp", AT },
	{ "created at", AT }, { "recorded at", AT }, { "recorded date", AT },
	{ "rated at", AT },
	{ "comment", COMMENT }, { "feedback", COMMENT }, { "remark", COMMENT },
	{ "feedback comment", COMMENT },
	{ "id", ID }, { "rating id", ID }, { "response id", ID },
};

struct table {
	struct cn_csv csv;
	int at[NWHAT];			/* column of each, or -1 */
	size_t columns;
	const char *cell[CN_CSV_CELLS];
};

static bool same(const char *cell, const char *name)
{
	while (isspace((unsigned char)*cell))
		cell++;
	for (; *name != '\0'; name++, cell++) {
		int c = *cell == '_' ? ' ' : tolower((unsigned char)*cell);

		if (c != *name)
			return false;
	}
	while (isspace((unsigned char)*cell))
		cell++;
	return *cell == '\0';
}

/* The header, read with one of the separators that are in use. */
static bool header(struct table *t, struct cn_str text, struct cn_arena *mem)
{
	static const char seps[] = ",;\t";
	struct cn_err ignored;
	size_t i, k, s;

	for (s = 0; s < 3; s++) {
		cn_csv_begin(&t->csv, text);
		t->csv.sep = seps[s];
		memset(t->at, -1, sizeof(t->at));
		if (cn_csv_next(&t->csv, mem, t->cell, &t->columns,
		    &ignored) != 1)
			return false;
		for (i = 0; i < t->columns; i++)
			for (k = 0; k < sizeof(names) / sizeof(names[0]); k++)
				if (t->at[names[k].what] < 0 &&
				    same(t->cell[i], names[k].name))
					t->at[names[k].what] = (int)i;
		if (t->columns > 1 && t->at[SCORE] >= 0)
			return true;
	}
	return false;
}

/* Only the first line is looked at: a quote may be open to the end. */
bool cn_ratings_tell(struct cn_str text)
{
	const char *lf = memchr(text.p, '\n', text.n);
	struct cn_arena mem = { 0 };
	struct table t;
	bool is;

	if (lf != NULL)
		text.n = (size_t)(lf - text.p);
	is = header(&t, text, &mem);
	cn_arena_release(&mem);
	return is;
}

/* A cell that is there and not empty.  Who writes CSV for spreadsheets puts an
 * apostrophe before what could be a formula. */
static const char *cell(const struct table *t, enum what what)
{
	const char *s = t->at[what] < 0 ? "" : t->cell[t->at[what]];

	if (*s == '\'' && s[1] != '\0' && strchr("=+-@", s[1]) != NULL)
		s++;
	return *s != '\0' ? s : NULL;
}

static bool digits(const char *s)
{
	return *s != '\0' && strspn(s, "0123456789") == strlen(s) &&
	    strlen(s) < 10;
}

/* What was rated; NULL, or why nothing is. */
static const char *what_of(struct cn_foreign_doc *d, const struct table *t)
{
	const char *chat = cell(t, CHAT), *own = cell(t, CONVERSATION),
	    *link = cell(t, LINK), *id;
	struct cn_chat_line l = { 0 };
	struct cn_buf *b = &d->out;

	if (own != NULL && (cn_id_valid(own, 'c') || digits(own))) {
		cn_json_kv(b, "conversation", own);
	} else if (chat != NULL || own != NULL) {
		cn_json_kv(b, "chat", chat ? chat : own);
	} else if (link != NULL) {
		id = strstr(link, "/conversations/");
		id = id ? id + strlen("/conversations/") : "";
		if (!digits(id))
			return "the link is none to a conversation of "
			    "Chatwoot";
		cn_json_kv(b, "chat", cn_doc_id(d, "chatwoot", "%s", id));
	} else if (cn_foreign_ident(&l, cell(t, ADDRESS), &d->mem) ||
	    cn_foreign_ident(&l, cell(t, PHONE), &d->mem)) {
		cn_json_key(b, "from");
		cn_buf_ch(b, '{');
		cn_json_kv(b, l.address ? "address" : "phone", l.address ?
		    l.address : l.phone);
		cn_buf_ch(b, '}');
	} else {
		return "neither a conversation nor an address";
	}
	return NULL;
}

static int row(struct cn_foreign_doc *d, const struct table *t,
    struct cn_err *err)
{
	const char *score = cell(t, SCORE), *scale = cell(t, SCALE),
	    *at = cell(t, AT), *why = NULL;
	struct cn_buf *b = &d->out;
	char when[CN_TIME_LEN];
	int64_t time;

	if (!cn_utf8_valid(t->csv.raw.p, t->csv.raw.n) ||
	    memchr(t->csv.raw.p, '\0', t->csv.raw.n) != NULL)
		why = "not valid UTF-8, or a NUL";
	else if (score == NULL || !digits(score) || (scale && !digits(scale)))
		why = "the score or the scale is no whole number";
	else if (at == NULL || !cn_foreign_time(at, &time))
		why = "the time is none (2026-11-23T15:00:00Z, 2026-11-23 "
		    "15:00:00, seconds since 1970)";
	cn_buf_str(b, "{\"v\":1,\"type\":\"rating\"");
	if (why == NULL)
		why = what_of(d, t);
	if (why != NULL) {
		b->len = 0;
		return cn_doc_refuse(d, t->csv.raw, err, "%s", why);
	}
	if (cell(t, ID) != NULL)
		cn_json_kv(b, "id", cell(t, ID));
	cn_json_kv(b, "at", cn_time_fmt(when, time));
	cn_json_kvi(b, "score", atoll(score));
	if (scale != NULL)
		cn_json_kvi(b, "scale", atoll(scale));
	if (cell(t, COMMENT) != NULL)
		cn_json_kv(b, "comment", cell(t, COMMENT));
	cn_buf_ch(b, '}');
	return cn_doc_give(d, t->csv.raw, err);
}

/* Chatwoot ends its report with a line that names the time of it. */
static bool last(const struct table *t)
{
	return cn_str_trim((struct cn_str){ t->csv.p,
	    (size_t)(t->csv.end - t->csv.p) }).n == 0;
}

int cn_ratings(struct cn_foreign_doc *d, struct cn_err *err)
{
	struct table t;
	size_t n;
	int r;

	if (!header(&t, d->text, &d->mem) || t.at[AT] < 0 ||
	    (t.at[CHAT] < 0 && t.at[CONVERSATION] < 0 && t.at[LINK] < 0 &&
	    t.at[ADDRESS] < 0 && t.at[PHONE] < 0))
		return cn_fail(err, CN_PARTIAL, "line 1: no column for %s",
		    t.at[AT] < 0 ? "the time: expected at, time, date or "
		    "recorded_at" : "what was rated: expected chat, "
		    "conversation, address, email or phone");
	for (r = 0; r == 0;) {
		cn_arena_reset(&d->mem);
		r = cn_csv_next(&t.csv, &d->mem, t.cell, &n, err);
		if (r == 0)
			return 0;
		if (r < 0)
			r = cn_doc_refuse(d, t.csv.raw, err, "%s", err->msg);
		else if (n == t.columns)
			r = row(d, &t, err);
		else if (n > 1 || !last(&t))
			r = cn_doc_refuse(d, t.csv.raw, err, "%zu cells, where "
			    "the header has %zu", n, t.columns);
		else
			r = 0;
	}
	return r;
}
