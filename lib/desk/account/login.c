/* The way in: credentials from where they are, then the session. */
#include <string.h>

#include "desk/account/secret.h"

#define MARGIN 60		/* seconds that a token must still last */

static struct cn_imap *session(struct cn_store *s,
    const struct cn_account *a, const char *word, struct cn_err *err)
{
	struct cn_imap_conf conf = a->imap;
	struct cn_imap *im;
	int r;

	conf.run = cn_store_run(s);
	im = cn_imap_open(&conf, err);
	if (im != NULL) {
		r = a->oauth ? cn_imap_login_token(im, a->user, word, err) :
		    cn_imap_login(im, a->user, word, err);
		if (r == 0)
			return im;
		cn_imap_close(im);
		cn_account_hint(a, err);
	}
	cn_wrap(err, "%s", a->name);
	return NULL;
}

static struct cn_imap *by_token(struct cn_store *s,
    const struct cn_account *a, struct cn_secret *x, struct cn_err *err)
{
	bool old = x->access != NULL && x->until - MARGIN > cn_store_now(s);
	struct cn_imap *im;

	if (!old && cn_secret_refresh(s, a, x, err) < 0)
		return NULL;
	im = session(s, a, x->access, err);
	/* A provider may end a token early; with a fresh one we know. */
	if (im == NULL && err->status == CN_NOPERM && old &&
	    cn_secret_refresh(s, a, x, err) == 0)
		im = session(s, a, x->access, err);
	return im;
}

struct cn_imap *cn_account_connect(struct cn_store *s,
    const struct cn_account *a, struct cn_err *err)
{
	struct cn_imap *im = NULL;
	struct cn_secret x;
	const char *word;

	if (cn_secret_open(s, a, &x, err) < 0)
		return NULL;
	if (a->oauth != NULL)
		im = by_token(s, a, &x, err);
	else if (cn_secret_password(s, a, &x, &word, err) == 0)
		im = session(s, a, word, err);
	cn_secret_release(&x);
	return im;
}
