/* The end of credentials: a rotation ends old ones, a disconnection all.
 * Keys are destroyed as those of persons are (store/erase.h), so that no copy
 * of the store has what they opened. */
#include <string.h>

#include "desk/account/secret.h"
#include "store/audit.h"
#include "store/erase.h"

/* Tries until nobody puts a new secret in the way. */
#define TRIES 3

/* Those of the leaves that are not destroyed yet, into v. */
static int living(struct cn_store *s, const struct cn_secret *x, int64_t *v,
    size_t *n, struct cn_err *err)
{
	size_t i;
	int r;

	for (i = 0, *n = 0; i < x->nretired; i++) {
		r = cn_leaf_state(cn_store_keys(s), x->retired[i], err);
		if (r < 0)
			return -1;
		if (r == 0)
			v[(*n)++] = x->retired[i];
	}
	return 0;
}

static int secret_leaf(struct cn_store *s, const struct cn_account *a,
    int64_t *leaf, struct cn_err *err)
{
	struct cn_account_row row;
	struct cn_arena mem = { 0 };
	int r = cn_account_row(s, a->name, &mem, &row, err);

	*leaf = r == 1 ? row.secret_leaf : 0;
	cn_arena_release(&mem);
	return r < 0 ? -1 : 0;
}

/* --- rotate --- */

static int renew(struct cn_store *s, const struct cn_account *a,
    const struct cn_secret *x, struct cn_err *err)
{
	struct cn_buf secret = { 0 }, conf = { 0 };
	struct cn_arena mem = { 0 };
	int r;

	if (cn_store_leaves(s, CN_LEAF_ACCOUNT, 1, err) < 0 ||
	    cn_store_begin(s, err) < 0)
		return -1;
	cn_secret_put(x, &secret);
	cn_account_conf(a, &conf);
	r = cn_account_row_renew(s, a->pub, cn_buf_view(&conf),
	    cn_buf_view(&secret), err);
	if (r == 0)
		r = cn_audit(s, &(struct cn_audit_entry){ .what =
		    cn_arena_fmt(&mem, "account %s: credentials replaced",
		    a->pub) }, err);
	cn_buf_wipe(&secret);
	cn_buf_wipe(&conf);
	cn_arena_release(&mem);
	if (r == 0)
		return cn_store_commit(s, err);
	cn_store_rollback(s);
	return -1;
}

/* The leaf that is replaced is noted in the new secret, so that a rotation
 * which is cut off before the erasure is found by the next. */
static int rotate(struct cn_store *s, const struct cn_account *a,
    struct cn_secret *x, struct cn_err *err)
{
	int64_t old[CN_RETIRED + 1];
	char pub[CN_ID_LEN];
	size_t n;

	if (living(s, x, old, &n, err) < 0 ||
	    secret_leaf(s, a, &old[n], err) < 0)
		return -1;
	if (n == CN_RETIRED) {		/* all of them were cut off */
		cn_id_new(pub, 'e');
		if (cn_erase(s, pub, old, n, err) < 0)
			return -1;
		old[0] = old[n];
		n = 0;
	}
	x->nretired = ++n;
	memcpy(x->retired, old, n * sizeof(*old));
	if (renew(s, a, x, err) < 0)
		return -1;
	cn_id_new(pub, 'e');
	return cn_erase(s, pub, old, n, err);
}

int cn_account_rotate(struct cn_store *s, const struct cn_account *a,
    struct cn_str password, struct cn_err *err)
{
	struct cn_secret x;
	int r = 0;

	if (cn_account_where(a, err) < 0 || cn_secret_open(s, a, &x, err) < 0)
		return -1;
	if (password.n > 0)
		x.password = cn_arena_dup(&x.mem, password.p, password.n);
	if (a->from != CN_PASSWORD_KEPT)
		x.password = NULL;
	if (a->oauth != NULL && x.flow >= 0)
		r = cn_secret_refresh(s, a, &x, err);
	if (r == 0)
		r = rotate(s, a, &x, err);
	cn_secret_release(&x);
	return r;
}

/* --- disconnect --- */

static int tell(struct cn_store *s, const struct cn_account *a,
    const char *what, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	int r = cn_audit_now(s, &(struct cn_audit_entry){ .what =
	    cn_arena_fmt(&mem, "account %s %s", a->pub, what) }, err);

	cn_arena_release(&mem);
	return r;
}

/* Destroys the leaf in use, and any that a rotation has left. */
static int destroy(struct cn_store *s, const struct cn_account *a,
    struct cn_secret *x, char pub[CN_ID_LEN], struct cn_err *err)
{
	int64_t v[CN_RETIRED + 1], leaf;
	size_t n;
	int tries;

	if (living(s, x, v, &n, err) < 0)
		return -1;
	for (tries = 0; tries < TRIES; tries++) {
		if (secret_leaf(s, a, &leaf, err) < 0)
			return -1;
		if (leaf == 0)
			return 0;
		v[n++] = leaf;
		cn_id_new(pub, 'e');
		if (cn_erase(s, pub, v, n, err) < 0)
			return -1;
		n = 0;
	}
	cn_fail(err, CN_TEMPFAIL, "%s: somebody changes the credentials at "
	    "the same time", a->name);
	return cn_hint(err, "'cn-account disconnect %s'", a->name);
}

/* What was read before its key was destroyed. */
static int end_tokens(struct cn_store *s, const struct cn_account *a,
    struct cn_secret *x)
{
	const char *token = x->refresh ? x->refresh : x->access;
	struct cn_oauth_conf c;
	struct cn_err err;

	if (a->oauth == NULL || a->oauth->revoke == NULL || token == NULL)
		return 0;
	return cn_secret_client(s, a, x, x->flow, &c, &err) == 0 &&
	    cn_oauth_revoke(&c, token, x->refresh ? "refresh_token" :
	    "access_token", &err) == 0 ? 1 : -1;
}

int cn_account_disconnect(struct cn_store *s, const struct cn_account *a,
    char pub[CN_ID_LEN], int *revoked, struct cn_err *err)
{
	struct cn_secret x;
	int r;

	*revoked = 0;
	/* One that was cut off may have got as far as the keyring. */
	if (cn_erase_catch_up(s, err) < 0)
		return -1;
	if ((r = cn_account_live(s, a, err)) <= 0)
		return r;
	/* One that is damaged can still be destroyed. */
	if (cn_secret_open(s, a, &x, err) < 0 && err->status != CN_INTEGRITY)
		return -1;
	r = tell(s, a, "is to be disconnected", err);
	if (r == 0)
		r = destroy(s, a, &x, pub, err);
	if (r == 0)
		r = tell(s, a, "disconnected", err);
	/* The provider last: it may be slow, and ours are gone. */
	if (r == 0)
		*revoked = end_tokens(s, a, &x);
	cn_secret_release(&x);
	return r < 0 ? -1 : 1;
}
