#include "desk/account/secret.h"

#include <string.h>

#include "base/json.h"
#include "store/audit.h"

static int damaged(const struct cn_account *a, struct cn_err *err)
{
	return cn_fail(err, CN_INTEGRITY, "%s: what is sealed is damaged",
	    a->name);
}

static const char *word(struct cn_secret *x, struct cn_str o, const char *key)
{
	struct cn_str v = cn_json_get(o, key);

	return v.n > 0 ? cn_json_string(&x->mem, v) : NULL;
}

static int parse(struct cn_secret *x, struct cn_str o)
{
	struct cn_str flow = cn_json_get(o, "flow"),
	    retired = cn_json_get(o, "retired");
	struct cn_json_it it;
	int64_t n;
	int i;

	x->password = word(x, o, "password");
	x->access = word(x, o, "access");
	x->refresh = word(x, o, "refresh");
	cn_json_int(cn_json_get(o, "until"), &x->until);
	x->flow = -1;
	for (i = 0; flow.n > 0 && cn_flow_words[i] != NULL; i++)
		if (strcmp(cn_flow_words[i], word(x, o, "flow")) == 0)
			x->flow = i;
	if (retired.n == 0)
		return 0;
	if (cn_json_type(retired) != CN_JSON_ARRAY)
		return -1;
	for (cn_json_walk(&it, retired); cn_json_next(&it) &&
	    x->nretired < CN_RETIRED; )
		if (cn_json_int(it.val, &n))
			x->retired[x->nretired++] = n;
	return 0;
}

int cn_secret_open(struct cn_store *s, const struct cn_account *a,
    struct cn_secret *x, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	int r = cn_account_row_secret(s, a->pub, &b, err);

	*x = (struct cn_secret){ .flow = -1 };
	if (r < 0) {
		cn_wrap(err, "%s", a->name);
	} else if (r == 0) {
		cn_fail(err, CN_BLOCKED, "%s: the account is disconnected",
		    a->name);
		r = cn_hint(err, "to connect it again: 'cn-account add %s "
		    "...', as at first", a->name);
	} else if (cn_json_check(cn_buf_view(&b), err) < 0 ||
	    cn_json_type(cn_buf_view(&b)) != CN_JSON_OBJECT ||
	    parse(x, cn_buf_view(&b)) < 0) {
		r = damaged(a, err);
	}
	cn_buf_wipe(&b);
	if (r < 0) {
		cn_secret_release(x);
		*x = (struct cn_secret){ .flow = -1 };
	}
	return r < 0 ? -1 : 0;
}

void cn_secret_put(const struct cn_secret *x, struct cn_buf *b)
{
	size_t i;

	cn_buf_ch(b, '{');
	if (x->password != NULL)
		cn_json_kv(b, "password", x->password);
	if (x->access != NULL) {
		cn_json_kv(b, "access", x->access);
		cn_json_kvi(b, "until", x->until);
	}
	if (x->refresh != NULL)
		cn_json_kv(b, "refresh", x->refresh);
	if (x->flow >= 0)
		cn_json_kv(b, "flow", cn_flow_words[x->flow]);
	cn_json_key(b, "retired");
	cn_buf_ch(b, '[');
	for (i = 0; i < x->nretired; i++)
		cn_buf_fmt(b, "%s%lld", i ? "," : "",
		    (long long)x->retired[i]);
	cn_buf_str(b, "]}");
}

void cn_secret_release(struct cn_secret *x)
{
	cn_arena_release(&x->mem);
}

int cn_secret_password(struct cn_store *s, const struct cn_account *a,
    struct cn_secret *x, const char **out, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	int r = 0;

	*out = NULL;
	if (a->from == CN_PASSWORD_KEPT) {
		*out = x->password;
		if (*out == NULL)
			r = damaged(a, err);
	} else if (a->from != CN_PASSWORD_NONE) {
		r = cn_password_read(cn_store_run(s), a->from, a->where, &b,
		    err);
		if (r == 0)
			*out = cn_arena_dup(&x->mem, b.p, b.len);
		else
			cn_wrap(err, "%s", a->name);
		if (r < 0 && err->hint[0] == '\0')
			cn_hint(err, "mend it, then 'cn-account test %s'",
			    a->name);
	}
	cn_buf_wipe(&b);
	return r;
}

int cn_secret_client(struct cn_store *s, const struct cn_account *a,
    struct cn_secret *x, int flow, struct cn_oauth_conf *c,
    struct cn_err *err)
{
	const char *secret;

	if (cn_secret_password(s, a, x, &secret, err) < 0)
		return -1;
	cn_provider_conf(a->oauth, flow, c);
	c->client_secret = secret;
	c->run = cn_store_run(s);
	return 0;
}

/* --- tokens --- */

/* When a person must sign in again; 0: no such time is known. */
static int64_t end_of_sign_in(const struct cn_account *a,
    const struct cn_secret *x, const struct cn_oauth_tokens *t, int64_t now)
{
	if (x->flow == CN_FLOW_CLIENT)
		return 0;
	if (x->refresh == NULL)
		return x->until;
	if (t->refresh_s > 0)
		return now + t->refresh_s;
	return a->oauth->refresh_days ? now + a->oauth->refresh_days * 86400 :
	    0;
}

static int store(struct cn_store *s, const struct cn_account *a,
    const struct cn_secret *x, int64_t signed_in, int64_t expires,
    const char *what, struct cn_err *err)
{
	struct cn_audit_entry e = { .what = what };
	struct cn_buf b = { 0 };
	int r = cn_store_begin(s, err);

	if (r < 0)
		return -1;
	cn_secret_put(x, &b);
	r = cn_account_row_keep(s, a->pub, cn_buf_view(&b), err);
	if (r == 0)
		r = cn_account_row_times(s, a->pub, signed_in, expires, err);
	if (r == 0 && what != NULL)
		r = cn_audit(s, &e, err);
	cn_buf_wipe(&b);
	if (r == 0)
		return cn_store_commit(s, err);
	cn_store_rollback(s);
	return -1;
}

int cn_secret_took(struct cn_store *s, const struct cn_account *a,
    struct cn_secret *x, int flow, const struct cn_oauth_tokens *t,
    struct cn_err *err)
{
	int64_t now = cn_store_now(s), signed_in = -1;
	const char *what = NULL;

	if (flow >= 0) {
		x->flow = flow;
		x->refresh = NULL;
		signed_in = now;
		what = cn_arena_fmt(&x->mem, "account %s signed in (%s)",
		    a->pub, cn_flow_words[flow]);
	}
	x->access = cn_arena_dup(&x->mem, t->access.p, t->access.len);
	x->until = now + t->access_s;
	/* Not every provider gives a new one (RFC 6749, section 6). */
	if (t->refresh.len > 0)
		x->refresh = cn_arena_dup(&x->mem, t->refresh.p,
		    t->refresh.len);
	return store(s, a, x, signed_in, end_of_sign_in(a, x, t, now), what,
	    err);
}

/* From now on the account is one that cn-account expiry names. */
static void note_the_end(struct cn_store *s, const struct cn_account *a)
{
	struct cn_err ignored;

	if (cn_store_begin(s, &ignored) < 0)
		return;
	if (cn_account_row_ended(s, a->pub, cn_store_now(s), &ignored) < 0 ||
	    cn_store_commit(s, &ignored) < 0)
		cn_store_rollback(s);
}

int cn_secret_refresh(struct cn_store *s, const struct cn_account *a,
    struct cn_secret *x, struct cn_err *err)
{
	struct cn_oauth_tokens t = { 0 };
	struct cn_oauth_conf c;
	int r;

	if (x->flow != CN_FLOW_CLIENT && x->refresh == NULL) {
		cn_fail(err, CN_NOPERM, "%s: %s", a->name, x->flow < 0 ?
		    "nobody has signed in yet" : "the sign-in has ended");
		return cn_hint(err, "'cn-account auth %s'", a->name);
	}
	if (cn_secret_client(s, a, x, x->flow, &c, err) < 0)
		return -1;
	r = x->flow == CN_FLOW_CLIENT ? cn_oauth_client(&c, &t, err) :
	    cn_oauth_refresh(&c, x->refresh, &t, err);
	if (r < 0) {
		if (err->status == CN_NOPERM)
			note_the_end(s, a);
		cn_wrap(err, "%s", a->name);
		cn_account_hint(a, err);
	} else {
		r = cn_secret_took(s, a, x, -1, &t, err);
	}
	cn_oauth_wipe(&t);
	return r;
}
