/* A Slack export: users.json and what lists channels, then a file a day and
 * channel, each an array of messages.
 *
 * A thread is a conversation; a message of a channel that nobody has answered
 * yet has the id that its thread will have.  A direct message channel is one
 * conversation.  Users are known by the address that Slack has verified,
 * without one by their id; names there are anybody's choice. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "desk/foreign/foreign_in.h"

struct user {
	const char *id, *name, *email;
	bool bot, desk;
};

struct channel {
	const char *id, *folder;
	bool direct;
};

struct cn_slack {
	struct cn_foreign *f;
	struct cn_arena mem;		/* of users and channels */
	struct user *user;
	struct channel *channel;
	size_t nusers, nchannels, caps[2];
	bool desk;			/* it is among the users */
};

struct cn_slack *cn_slack_new(struct cn_foreign *f)
{
	struct cn_slack *s = cn_alloc(sizeof(*s));

	s->f = f;
	return s;
}

void cn_slack_free(struct cn_slack *s)
{
	if (s == NULL)
		return;
	cn_arena_release(&s->mem);
	free(s->user);
	free(s->channel);
	free(s);
}

/* --- users and channels --- */

static const char *const index_names[] = {
	"users.json", "org_users.json", "channels.json", "groups.json",
	"dms.json", "mpims.json"
};
enum { USERS = 2, DIRECT = 4 };		/* places in that list */

static size_t index_of(const char *name)
{
	size_t i;

	for (i = 0; i < sizeof(index_names) / sizeof(index_names[0]); i++)
		if (strcmp(name, index_names[i]) == 0)
			break;
	return i;
}

bool cn_slack_index_name(const char *name)
{
	return index_of(name) < sizeof(index_names) / sizeof(index_names[0]);
}

static void add_user(struct cn_slack *s, struct cn_str o)
{
	struct cn_str profile = cn_json_get(o, "profile");
	struct user u = { .id = cn_foreign_text(&s->mem, o, "id"),
	    .email = cn_foreign_text(&s->mem, profile, "email"),
	    .bot = cn_json_true(cn_json_get(o, "is_bot")) };

	if (u.id == NULL)
		return;
	u.name = cn_foreign_either(&s->mem, profile, "real_name",
	    "display_name");
	if (u.name == NULL || u.name[0] == '\0')
		u.name = cn_foreign_either(&s->mem, o, "real_name", "name");
	u.bot |= strcmp(u.id, "USLACKBOT") == 0;
	u.desk = !u.bot && (cn_foreign_desk(s->f, u.id) ||
	    (u.email != NULL && cn_foreign_desk(s->f, u.email)));
	s->desk |= u.desk;
	if (s->nusers == s->caps[0]) {
		s->caps[0] = s->caps[0] ? 2 * s->caps[0] : 64;
		s->user = cn_realloc(s->user, s->caps[0] * sizeof(u));
	}
	s->user[s->nusers++] = u;
}

static void add_channel(struct cn_slack *s, struct cn_str o, bool direct)
{
	struct channel c = { .id = cn_foreign_text(&s->mem, o, "id"),
	    .direct = direct };

	if (c.id == NULL)
		return;
	c.folder = cn_foreign_either(&s->mem, o, "name", "id");
	if (s->nchannels == s->caps[1]) {
		s->caps[1] = s->caps[1] ? 2 * s->caps[1] : 64;
		s->channel = cn_realloc(s->channel, s->caps[1] * sizeof(c));
	}
	s->channel[s->nchannels++] = c;
}

static int by_id(const void *a, const void *b)
{
	return strcmp(((const struct user *)a)->id,
	    ((const struct user *)b)->id);
}

static int by_folder(const void *a, const void *b)
{
	return strcmp(((const struct channel *)a)->folder,
	    ((const struct channel *)b)->folder);
}

int cn_slack_index(struct cn_slack *s, const char *name, struct cn_str text,
    struct cn_err *err)
{
	size_t kind = index_of(name);
	struct cn_json_it it;

	if (cn_json_check(text, err) < 0 ||
	    cn_json_type(text = cn_str_trim(text)) != CN_JSON_ARRAY) {
		cn_fail(err, CN_PARTIAL, "no list");
		return cn_wrap(err, "%s", name);
	}
	cn_json_walk(&it, text);
	while (cn_json_next(&it)) {
		if (cn_json_type(it.val) != CN_JSON_OBJECT)
			continue;
		if (kind < USERS)
			add_user(s, it.val);
		else
			add_channel(s, it.val, kind >= DIRECT);
	}
	if (kind < USERS && s->nusers > 1)
		qsort(s->user, s->nusers, sizeof(*s->user), by_id);
	else if (s->nchannels > 1)
		qsort(s->channel, s->nchannels, sizeof(*s->channel),
		    by_folder);
	return 0;
}

int cn_slack_ready(struct cn_slack *s, struct cn_err *err)
{
	if (s->desk || (s->nusers == 0 && s->f->nagents > 0))
		return 0;
	cn_fail(err, CN_USAGE, "none of its users is the desk");
	return cn_hint(err, "--agent with a user's id or address for each, or "
	    "'agents' in config.yaml");
}

static const struct user *user_of(const struct cn_slack *s, const char *id)
{
	struct user key = { .id = id };

	return id == NULL || s->nusers == 0 ? NULL : bsearch(&key, s->user,
	    s->nusers, sizeof(key), by_id);
}

/* --- text --- */

/* What stands between < and >. */
static void link_text(const struct cn_slack *s, struct cn_buf *b,
    struct cn_str in)
{
	const char *bar = memchr(in.p, '|', in.n);
	size_t n = bar ? (size_t)(bar - in.p) : in.n;
	struct cn_str label = { bar ? bar + 1 : in.p,
	    bar ? in.n - n - 1 : 0 };
	const struct user *u = NULL;
	char id[32] = "";

	if (in.n > 0 && strchr("@#!", in.p[0]) == NULL) {
		if (label.n > 0 && (label.n != n ||
		    memcmp(label.p, in.p, n) != 0)) {
			cn_buf_add(b, label.p, label.n);
			cn_buf_str(b, " <");
			cn_buf_add(b, in.p, n);
			cn_buf_ch(b, '>');
		} else {
			cn_buf_add(b, in.p, n);
		}
		return;
	}
	if (in.n > 0 && in.p[0] == '@' && n - 1 < sizeof(id)) {
		memcpy(id, in.p + 1, n - 1);
		u = user_of(s, id);
	}
	if (label.n > 0 && label.p[0] == '@')
		label = (struct cn_str){ label.p + 1, label.n - 1 };
	cn_buf_ch(b, in.n > 0 && in.p[0] == '#' ? '#' : '@');
	if (u != NULL && u->name != NULL)
		cn_buf_str(b, u->name);
	else if (label.n > 0)
		cn_buf_add(b, label.p, label.n);
	else if (n > 1)
		cn_buf_add(b, in.p + 1, n - 1);
}

/* Slack's marks to plain text. */
static void plain(const struct cn_slack *s, struct cn_buf *b, const char *p)
{
	static const struct {
		const char *entity;
		char c;
	} entities[] = { { "&lt;", '<' }, { "&gt;", '>' }, { "&amp;", '&' } };
	const char *end;
	size_t i;

	while (*p != '\0') {
		end = *p == '<' ? strpbrk(p + 1, "<>\n") : NULL;
		if (end != NULL && *end == '>') {
			link_text(s, b, (struct cn_str){ p + 1,
			    (size_t)(end - p) - 1 });
			p = end + 1;
			continue;
		}
		for (i = 0; i < 3; i++)
			if (strncmp(p, entities[i].entity,
			    strlen(entities[i].entity)) == 0)
				break;
		cn_buf_ch(b, i < 3 ? entities[i].c : *p);
		p += i < 3 ? strlen(entities[i].entity) : 1;
	}
}

static const char *text_of(struct cn_slack *s, struct cn_foreign_doc *d,
    struct cn_str m)
{
	const char *text = cn_foreign_text(&d->mem, m, "text");
	struct cn_buf b = { 0 };
	struct cn_json_it it;

	/* Of an app the words are often in what it attached only. */
	if (text == NULL || text[0] == '\0') {
		cn_json_walk(&it, cn_json_get(m, "attachments"));
		while (cn_json_next(&it)) {
			text = cn_foreign_either(&d->mem, it.val, "text",
			    "fallback");
			if (b.len > 0 && text != NULL)
				cn_buf_ch(&b, '\n');
			if (text != NULL)
				plain(s, &b, text);
		}
	} else {
		plain(s, &b, text);
	}
	text = cn_arena_dup(&d->mem, b.p ? b.p : "", b.len);
	cn_buf_wipe(&b);
	return text;
}

static void file(struct cn_arena *mem, struct cn_str o,
    struct cn_attachment *a)
{
	a->name = cn_foreign_either(mem, o, "name", "title");
	a->type = cn_foreign_text(mem, o, "mimetype");
}

/* --- messages --- */

/* Of a message that is somebody's words; else notices of Slack. */
static bool speaks(const char *subtype)
{
	static const char *const words[] = { "bot_message", "me_message",
	    "thread_broadcast", "file_share", "file_comment" };
	size_t i;

	for (i = 0; subtype && i < sizeof(words) / sizeof(words[0]); i++)
		if (strcmp(subtype, words[i]) == 0)
			return true;
	return subtype == NULL;
}

static int sender(struct cn_slack *s, struct cn_foreign_doc *d,
    struct cn_str m, const char *subtype, struct cn_chat_line *l)
{
	const char *id = cn_foreign_either(&d->mem, m, "user", "bot_id");
	struct cn_str profile = cn_json_get(m, "user_profile");
	const struct user *u = user_of(s, id);
	bool bot = subtype != NULL && strcmp(subtype, "bot_message") == 0;

	if (id == NULL || id[0] == '\0') {
		if (!bot)
			return -1;
		id = "bot";
	}
	bot |= u != NULL && u->bot;
	bot |= u == NULL && id[0] == 'B';
	l->name = u != NULL ? u->name : bot ? cn_foreign_text(&d->mem, m,
	    "username") : cn_foreign_either(&d->mem, profile, "real_name",
	    "display_name");
	l->role = bot ? "bot" : (u ? u->desk : cn_foreign_desk(s->f, id)) ?
	    "agent" : "customer";
	if (bot || u == NULL || !cn_foreign_ident(l, u->email, &d->mem))
		l->handle = cn_doc_id(d, "slack", "%s", id);
	return 0;
}

static int message(struct cn_slack *s, struct cn_foreign_doc *d,
    const struct channel *c, struct cn_str rec, struct cn_err *err)
{
	struct cn_str m = rec;
	const char *ts = cn_foreign_text(&d->mem, m, "ts"), *thread, *edited,
	    *subtype = cn_foreign_text(&d->mem, m, "subtype");
	struct cn_chat_line l = { 0 };

	if (cn_json_type(m) != CN_JSON_OBJECT || ts == NULL ||
	    strlen(ts) > 32 || !cn_str_eq(cn_json_get(m, "type"),
	    "\"message\""))
		return cn_doc_refuse(d, rec, err, "no message of Slack: expected "
		    "type \"message\" and ts");
	if (subtype != NULL && strcmp(subtype, "message_changed") == 0) {
		m = cn_json_get(m, "message");
		ts = cn_foreign_text(&d->mem, m, "ts");
		subtype = cn_foreign_text(&d->mem, m, "subtype");
	}
	if (subtype != NULL && strcmp(subtype, "tombstone") == 0) {
		d->f->deleted++;
		return 0;
	}
	if (!speaks(subtype)) {
		d->f->system++;
		return 0;
	}
	l.at = ts ? strtoll(ts, NULL, 10) : 0;
	if (l.at <= 0 || sender(s, d, m, subtype, &l) < 0)
		return cn_doc_refuse(d, rec, err, "a message without a time or "
		    "a user");
	thread = cn_foreign_text(&d->mem, m, "thread_ts");
	l.chat = c->direct ? cn_doc_id(d, "slack", "%s", c->id) :
	    cn_doc_id(d, "slack", "%s:%s", c->id, thread ? thread : ts);
	/* Another wording is another message. */
	edited = cn_foreign_text(&d->mem, cn_json_get(m, "edited"), "ts");
	l.uid = cn_doc_id(d, "slack", "%s:%s%s%s", c->id, ts, edited ? ":" :
	    "", edited ? edited : "");
	l.text = text_of(s, d, m);
	cn_doc_files(d, cn_json_get(m, "files"), file, "size", &l);
	return cn_doc_line(d, &l, rec, err);
}

bool cn_slack_day_name(const char *name)
{
	static const char form[] = "0000-00-00.json";
	size_t i;

	for (i = 0; i < sizeof(form) && name[i] != '\0'; i++)
		if (form[i] == '0' ? name[i] < '0' || name[i] > '9' :
		    name[i] != form[i])
			return false;
	return i == sizeof(form) - 1;
}

bool cn_slack_tell(struct cn_str array)
{
	struct cn_json_it it;

	cn_json_walk(&it, array);
	return cn_json_next(&it) && cn_json_type(it.val) == CN_JSON_OBJECT &&
	    cn_str_eq(cn_json_get(it.val, "type"), "\"message\"") &&
	    cn_json_type(cn_json_get(it.val, "ts")) == CN_JSON_STRING;
}

static struct channel *channel_of(const struct cn_slack *s,
    const char *folder)
{
	struct channel key = { .folder = folder };

	return s->nchannels == 0 ? NULL : bsearch(&key, s->channel,
	    s->nchannels, sizeof(key), by_folder);
}

void cn_slack_place(const struct cn_slack *s, const char *folder,
    const char *day, char place[32])
{
	const struct channel *c = channel_of(s, folder);

	snprintf(place, 32, "%.12s/%.10s", c ? c->id : "channel", day);
}

int cn_slack_day(struct cn_slack *s, const char *folder, const char *day,
    struct cn_str text, struct cn_err *err)
{
	struct channel key = { .folder = folder }, *c = channel_of(s, folder);
	struct cn_foreign_doc d;
	struct cn_json_it it;
	char name[32];
	int r = 0;

	cn_slack_place(s, folder, day, name);
	if (c == NULL) {
		key.id = folder;
		key.direct = folder[0] == 'D' || strncmp(folder, "mpdm-",
		    5) == 0;
		c = &key;
	}
	cn_doc_begin(&d, s->f, text, name, NULL);
	if (cn_json_check(text, err) < 0 ||
	    cn_json_type(cn_str_trim(text)) != CN_JSON_ARRAY) {
		(void)cn_fail(err, CN_PARTIAL, "no day of a Slack channel: an "
		    "array of messages is expected");
		r = s->f->refuse(s->f->arg, (struct cn_str){ "", 0 }, name,
		    err);
	} else {
		cn_json_walk(&it, cn_str_trim(text));
		while (r == 0 && cn_json_next(&it)) {
			r = message(s, &d, c, it.val, err);
			cn_arena_reset(&d.mem);
		}
	}
	cn_doc_end(&d);
	return r;
}

/* --- a day in a file of its own --- */

static int beside(struct cn_slack *s, const char *top, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_buf b = { 0 };
	const char *path;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < sizeof(index_names) /
	    sizeof(index_names[0]); i++) {
		path = cn_path(&mem, top, index_names[i]);
		if (!cn_file_exists(path))
			continue;
		b.len = 0;
		r = cn_file_read(path, CN_FOREIGN_MAX, &b, err);
		if (r == 0)
			r = cn_slack_index(s, index_names[i], cn_buf_view(&b),
			    err);
	}
	cn_buf_wipe(&b);
	cn_arena_release(&mem);
	return r;
}

int cn_slack_file(struct cn_foreign *f, const char *path, struct cn_str text,
    struct cn_err *err)
{
	char real[PATH_MAX], *day, *channel;
	struct cn_slack *s;
	int r;

	if (path == NULL || realpath(path, real) == NULL ||
	    (day = strrchr(real, '/')) == NULL || day == real)
		return cn_fail(err, CN_PARTIAL, "a day of a Slack channel: it "
		    "is read from its file in the channel's folder");
	*day++ = '\0';
	channel = strrchr(real, '/');
	*channel++ = '\0';
	s = cn_slack_new(f);
	r = beside(s, real[0] ? real : "/", err);
	if (r == 0)
		r = cn_slack_ready(s, err);
	if (r == 0)
		r = cn_slack_day(s, channel, day, text, err);
	cn_slack_free(s);
	return r;
}
