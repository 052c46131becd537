/* The way in: credentials from where they are, then the session. */
#include <string.h>

#include "base/json.h"
#include "desk/account.h"

#define SECRET_MAX 65536

/* What is sealed for the account, as checked JSON. */
static int secret(struct cn_store *s, const struct cn_account *a,
    struct cn_buf *out, struct cn_err *err)
{
	int r;

	cn_buf_reserve(out, SECRET_MAX);	/* leaves no copy behind */
	if ((r = cn_account_row_secret(s, a->pub, out, err)) < 0)
		return cn_wrap(err, "%s", a->name);
	if (r == 0) {
		cn_fail(err, CN_BLOCKED, "%s: the account is disconnected",
		    a->name);
		return cn_hint(err, "to connect it again: 'cn-account add %s'",
		    a->name);
	}
	if (cn_json_check(cn_buf_view(out), err) < 0 ||
	    cn_json_type(cn_buf_view(out)) != CN_JSON_OBJECT)
		return cn_fail(err, CN_INTEGRITY, "%s: the secret is damaged",
		    a->name);
	return 0;
}

static int password(struct cn_store *s, const struct cn_account *a,
    struct cn_arena *mem, const char **out, struct cn_err *err)
{
	struct cn_buf kept = { 0 }, read = { 0 };
	int r = secret(s, a, &kept, err);

	if (r == 0 && a->from == CN_PASSWORD_KEPT) {
		*out = cn_json_string(mem, cn_json_get(cn_buf_view(&kept),
		    "password"));
		if (*out == NULL)
			r = cn_fail(err, CN_INTEGRITY, "%s: the secret is "
			    "damaged", a->name);
	} else if (r == 0) {
		r = cn_password_read(cn_store_run(s), a->from, a->where, &read,
		    err);
		if (r == 0)
			*out = cn_arena_dup(mem, read.p, read.len);
		else
			cn_wrap(err, "%s", a->name);
		if (r < 0 && err->hint[0] == '\0')
			cn_hint(err, "mend it, then 'cn-account test %s'",
			    a->name);
	}
	cn_buf_wipe(&kept);
	cn_buf_wipe(&read);
	return r;
}

static struct cn_imap *log_in(struct cn_store *s, const struct cn_account *a,
    const char *word, struct cn_err *err)
{
	struct cn_imap_conf conf = a->imap;
	struct cn_imap *im;

	conf.run = cn_store_run(s);
	if ((im = cn_imap_open(&conf, err)) == NULL) {
		cn_wrap(err, "%s", a->name);
		return NULL;
	}
	if (cn_imap_login(im, a->user, word, err) == 0)
		return im;
	cn_imap_close(im);
	cn_wrap(err, "%s", a->name);
	if (err->status == CN_NOPERM)
		cn_hint(err, "give the password that it takes now: "
		    "'cn-account rotate %s'", a->name);
	return NULL;
}

struct cn_imap *cn_account_connect(struct cn_store *s,
    const struct cn_account *a, struct cn_err *err)
{
	struct cn_arena mem = { 0 };	/* is wiped with the password in it */
	struct cn_imap *im = NULL;
	const char *word;

	if (password(s, a, &mem, &word, err) == 0)
		im = log_in(s, a, word, err);
	cn_arena_release(&mem);
	return im;
}
