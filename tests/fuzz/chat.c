/* chat - the importers of chat on what the fuzzer makes; the first byte
 * chooses.  Whatever they give away is a line that is taken in. */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/csv.h"
#include "desk/foreign/foreign_in.h"
#include "desk/intake/chat.h"
#include "desk/intake/rating.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static bool own;			/* a line of ours passes as it is */

static void must(bool yes)
{
	if (!yes)
		abort();
}

static int line(void *arg, struct cn_str text, const char *place,
    struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_rating_line r;
	struct cn_msg m = { 0 };
	struct cn_chat c;

	(void)arg;
	must(strncmp(place, "line ", 5) == 0 || strstr(place, " line ") ||
	    strncmp(place, "file ", 5) == 0);
	must(cn_json_check(text, err) == 0);
	must(memchr(text.p, '\n', text.n) == NULL);
	if (!own && cn_str_eq(cn_json_get(text, "type"), "\"chat\""))
		must(cn_chat_read(&c, &m, text, &mem, err) == 0);
	else if (cn_rating_read(&r, text, &mem, err) < 0)
		err->status = 0;
	cn_arena_release(&mem);
	return 0;
}

static int refuse(void *arg, struct cn_str bytes, const char *place,
    struct cn_err *why)
{
	(void)arg;
	(void)bytes;
	must(place[0] != '\0' && why->msg[0] != '\0');
	return 0;
}

static void note(void *arg, const char *place, const char *what)
{
	(void)arg;
	must(place[0] != '\0' && what[0] != '\0');
}

static int text(struct cn_foreign *f, struct cn_str s,
    bool (*tell)(struct cn_str),
    int (*convert)(struct cn_foreign_doc *, struct cn_err *),
    struct cn_err *err)
{
	struct cn_foreign_doc d;
	int r;

	if (!tell(s))
		return 0;
	cn_doc_begin(&d, f, s, NULL, NULL);
	r = convert(&d, err);
	cn_doc_end(&d);
	return r;
}

static int object(struct cn_foreign *f, struct cn_str s,
    bool (*tell)(struct cn_str),
    int (*convert)(struct cn_foreign_doc *, struct cn_str, struct cn_err *),
    struct cn_err *err)
{
	struct cn_foreign_doc d;
	int r;

	s = cn_str_trim(s);
	if (cn_json_check(s, err) < 0 || cn_json_type(s) != CN_JSON_OBJECT ||
	    !tell(s))
		return 0;
	cn_doc_begin(&d, f, s, NULL, NULL);
	r = convert(&d, s, err);
	cn_doc_end(&d);
	return r;
}

static int slack(struct cn_foreign *f, struct cn_str s, struct cn_err *err)
{
	static const char *const names[] = { "users.json", "channels.json",
	    "dms.json" };
	struct cn_slack *k = cn_slack_new(f);
	size_t i;
	int r = 0;

	for (i = 0; i < 3 && r == 0; i++)
		if (cn_slack_index(k, names[i], s, err) < 0)
			r = 1;
	if (r == 0 && cn_slack_ready(k, err) < 0)
		r = 1;
	r = cn_slack_day(k, "C1", "2026-01-05.json", s, err);
	cn_slack_free(k);
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
	static const char *none[] = { NULL };
	static const char *const agents[] = { "a", "U1", "a@b" };
	struct cn_config config = { .desk = none, .agents = none };
	struct cn_foreign f = { .config = &config, .agents = agents,
	    .nagents = 3, .line = line, .refuse = refuse, .note = note };
	struct cn_str s = { (const char *)p + 1, n - 1 };
	struct cn_err err;
	int r;

	if (n == 0)
		return 0;
	own = p[0] % 6 == 0;
	switch (p[0] % 6) {
	case 0:
		r = cn_foreign_doc(&f, NULL, s, &err);
		break;
	case 1:
		r = text(&f, s, cn_whatsapp_tell, cn_whatsapp, &err);
		break;
	case 2:
		r = text(&f, s, cn_ratings_tell, cn_ratings, &err);
		break;
	case 3:
		r = object(&f, s, cn_chatwoot_tell, cn_chatwoot, &err);
		break;
	case 4:
		r = object(&f, s, cn_intercom_tell, cn_intercom, &err);
		break;
	default:
		r = slack(&f, s, &err);
	}
	must(r == 0 || (r < 0 && (err.status == CN_PARTIAL ||
	    err.status == CN_USAGE)));
	return 0;
}
