#include "desk/subject/purge.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/times.h"
#include "store/audit.h"
#include "store/message.h"
#include "store/quarantine.h"

#define GROUND "belongs to another person; Art. 15(4), 17(3) GDPR"

/* --- who --- */

struct target {
	int64_t *persons;
	struct cn_contact **contacts;	/* of each person */
	size_t *ncontacts;
	size_t n;
	struct cn_buf unknown, erased;	/* places, as a JSON array's inside */
};

static void place(struct cn_buf *b, size_t i)
{
	cn_buf_fmt(b, "%s%zu", b->len > 0 ? "," : "", i + 1);
}

static int add_person(struct cn_store *s, const struct cn_ident *who,
    struct target *t, struct cn_plan *p, struct cn_arena *mem,
    struct cn_err *err)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (t->persons[i] == who->person)
			return 0;
	t->persons[t->n] = who->person;
	p->subjects[t->n] = cn_arena_strdup(mem, who->pub);
	if (cn_person_contacts(s, who->person, mem, &t->contacts[t->n],
	    &t->ncontacts[t->n], err) < 0)
		return -1;
	t->n++;
	return 0;
}

static int find(struct cn_store *s, const char *const *who, size_t n,
    struct target *t, struct cn_plan *p, struct cn_arena *mem,
    struct cn_err *err)
{
	struct cn_quarantine_item item = { 0 };
	struct cn_ident id;
	int64_t time, *items = cn_arena_alloc(mem, (n + 1) * sizeof(*items));
	const char **names = cn_arena_alloc(mem, (n + 1) * sizeof(*names));
	size_t i, k, nitems = 0;
	int r;

	t->persons = cn_arena_alloc(mem, (n + 1) * sizeof(*t->persons));
	t->contacts = cn_arena_alloc(mem, (n + 1) * sizeof(*t->contacts));
	t->ncontacts = cn_arena_alloc(mem, (n + 1) * sizeof(*t->ncontacts));
	p->subjects = cn_arena_alloc(mem, (n + 1) * sizeof(*p->subjects));
	for (i = 0; i < n; i++) {
		if (cn_id_valid(who[i], 'q') && (r = cn_quarantine_find(s,
		    who[i], &item, err)) != 0) {
			items[nitems] = item.leaf;
			if (r == 1)
				names[nitems++] = who[i];
		} else if ((r = cn_person_find(s, who[i], &id, err)) == 1)
			r = add_person(s, &id, t, p, mem, err);
		else if (r == 0 && (r = cn_erased_ident(s, who[i], &time,
		    err)) == 1) {
			place(&t->erased, i);
			p->erased++;
		} else if (r == 0) {
			place(&t->unknown, i);
			p->unknown++;
		}
		if (r < 0)
			return cn_wrap(err, "identifier %zu", i + 1);
	}
	for (p->nsubjects = t->n, i = 0; i < nitems; i++)
		p->subjects[p->nsubjects++] = cn_arena_strdup(mem, names[i]);
	for (p->nleaves = nitems, i = 0; i < t->n; i++)
		p->nleaves += t->ncontacts[i];
	p->leaves = cn_arena_alloc(mem, (p->nleaves + 1) * sizeof(*p->leaves));
	for (i = p->nleaves = 0; i < t->n; i++)
		for (k = 0; k < t->ncontacts[i]; k++)
			p->leaves[p->nleaves++] = t->contacts[i][k].leaf;
	for (i = 0; i < nitems; i++)
		p->leaves[p->nleaves++] = items[i];
	return 0;
}

/* --- what stays: others' mail --- */

/* Does the text hold the identifier, and not as a part of a longer one?
 * Beyond ASCII the words that search has found must do. */
static bool holds(const char *text, const char *value)
{
	size_t n = strlen(value);
	const char *p;

	for (p = value; *p != '\0'; p++)
		if ((unsigned char)*p >= 0x80)
			return text != NULL;
	for (p = text; p != NULL && (p = strcasestr(p, value)) != NULL; p++) {
		char before = p > text ? p[-1] : ' ', after = p[n];

		if (isalnum((unsigned char)before) ||
		    (before != '\0' && strchr("._%+-", before) != NULL &&
		    value[0] != '+'))
			continue;
		if (isalnum((unsigned char)after) || after == '-' ||
		    (after == '.' && isalnum((unsigned char)p[n + 1])))
			continue;
		return true;
	}
	return false;
}

static bool in_addrs(const struct cn_addrs *a, const char *value)
{
	size_t i;

	for (i = 0; i < a->n; i++)
		if (holds(a->v[i].addr, value) || holds(a->v[i].name, value))
			return true;
	return false;
}

/* 1 it quotes the value, 0 not, -1.  What cannot be read is listed. */
static int quotes(struct cn_store *s, int64_t id, const char *value,
    struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_msg m;
	int r = cn_message_load(s, id, CN_LOAD_TEXT, &m, &mem, err);

	if (r < 0)
		r = err->status == CN_INTEGRITY || err->status == CN_PARTIAL ?
		    1 : err->status == CN_BLOCKED ? 0 : -1;
	else
		r = holds(m.text, value) || holds(m.subject, value) ||
		    holds(m.claimed, value) ||
		    in_addrs(&m.from, value) || in_addrs(&m.to, value) ||
		    in_addrs(&m.cc, value);
	cn_arena_release(&mem);
	return r;
}

struct ids {
	int64_t *v;
	size_t n, cap;
};

static bool has(const int64_t *v, size_t n, int64_t id)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (v[i] == id)
			return true;
	return false;
}

static int quoted(struct cn_store *s, const struct target *t,
    const struct cn_survey *v, const char *value, struct ids *out,
    struct cn_err *err)
{
	struct cn_term term = { .kind = CN_T_WORD, .text = value };
	struct cn_query q = { &term, 1 };
	struct cn_message_owner o;
	int64_t page[200], after = 0;
	size_t n, i;
	int r = 0;

	do {
		if (cn_search(s, &q, after, page, 200, &n, err) < 0)
			return -1;
		for (i = 0; i < n; i++) {
			after = page[i];
			r = cn_message_owner(s, page[i], &o, err);
			if (r == 1 && !has(t->persons, t->n, o.person) &&
			    !has(v->linked, v->nlinked, page[i]) &&
			    !has(out->v, out->n, page[i]))
				r = quotes(s, page[i], value, err) + 1;
			if (r == 0)
				return -1;
			if (r < 2)
				continue;
			if (out->n == out->cap) {
				out->cap = out->cap ? out->cap * 2 : 64;
				out->v = cn_realloc(out->v,
				    out->cap * sizeof(*out->v));
			}
			out->v[out->n++] = page[i];
		}
	} while (n == 200);
	return 0;
}

static int list(struct cn_store *s, struct cn_buf *b, const int64_t *ids,
    size_t n, const char *as, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	const char *pub;
	size_t i;

	for (i = 0; i < n; i++) {
		if ((pub = cn_message_pub(s, ids[i], &mem, err)) == NULL) {
			cn_arena_release(&mem);
			return -1;
		}
		if (b->p[b->len - 1] != '[')
			cn_buf_ch(b, ',');
		cn_buf_ch(b, '{');
		cn_json_kv(b, "message", pub);
		cn_json_kv(b, "as", as);
		cn_json_kv(b, "ground", GROUND);
		cn_buf_ch(b, '}');
	}
	cn_arena_release(&mem);
	return 0;
}

static int stays(struct cn_store *s, const struct target *t,
    const struct cn_survey *v, struct cn_buf *b, struct cn_err *err)
{
	struct ids q = { 0 };
	size_t i, k;
	int r = 0;

	for (i = 0; i < t->n && r == 0; i++)
		for (k = 0; k < t->ncontacts[i] && r == 0; k++)
			r = quoted(s, t, v, t->contacts[i][k].value, &q, err);
	if (q.n > 1)
		qsort(q.v, q.n, sizeof(*q.v), cn_ascending);
	cn_json_key(b, "stays");
	cn_buf_ch(b, '[');
	if (r == 0)
		r = list(s, b, v->linked, v->nlinked, "participant", err);
	if (r == 0)
		r = list(s, b, q.v, q.n, "quoted", err);
	cn_buf_ch(b, ']');
	free(q.v);
	return r;
}

/* --- the plan --- */

static void numbers(struct cn_buf *b, const struct cn_plan *p)
{
	const struct cn_survey *v = &p->survey;
	char hex[2 * CN_SHA + 1];
	size_t i;

	cn_json_key(b, "subjects");
	cn_buf_ch(b, '[');
	for (i = 0; i < p->nsubjects; i++)
		cn_buf_fmt(b, "%s\"%s\"", i ? "," : "", p->subjects[i]);
	cn_buf_ch(b, ']');
	cn_json_key(b, "counts");
	cn_buf_ch(b, '{');
	for (i = 0; i < CN_REACH_MAX; i++)
		cn_json_kvi(b, cn_reach_names[i], v->count[i]);
	cn_buf_ch(b, '}');
	cn_json_kvi(b, "drafts_for_others", (int64_t)v->drafts);
	cn_hex(hex, v->digest, CN_SHA);
	cn_json_kv(b, "messages_sha256", hex);
	cn_json_key(b, "ledger");
	cn_buf_ch(b, '{');
	cn_json_kvi(b, "leaves", (int64_t)p->nleaves +
	    v->count[CN_REACH_MODELS]);
	cn_json_kvi(b, "identifiers", v->count[CN_REACH_IDENTIFIERS]);
	cn_json_kvi(b, "messages", v->count[CN_REACH_MESSAGES]);
	cn_json_kvi(b, "locations", v->count[CN_REACH_REMEMBERED]);
	cn_buf_ch(b, '}');
}

static void remarks(struct cn_buf *b, const struct cn_plan *p,
    const struct target *t)
{
	cn_json_key(b, "quarantine");
	cn_buf_fmt(b, "{\"items\":%lld,\"note\":\"what could not be read has "
	    "no known owner and keys of its own; an item is erased by its id"
	    "\"}", (long long)p->survey.quarantined);
	cn_json_kv(b, "events", "stay as figures without message and "
	    "conversation, so that reports of the past stand");
	cn_json_kv(b, "ledger_note", "keyed hashes and leaf numbers, kept so "
	    "that nothing erased comes back; pseudonymous personal data");
	cn_json_kv(b, "backups", "copies of the store lose the content with "
	    "the keys, at once; copies of the keyring do not: overwrite "
	    "them");
	cn_json_key(b, "unknown");
	cn_buf_fmt(b, "[%s]", t->unknown.p ? t->unknown.p : "");
	cn_json_key(b, "erased_before");
	cn_buf_fmt(b, "[%s]", t->erased.p ? t->erased.p : "");
}

static int compose(struct cn_store *s, struct cn_plan *p,
    const struct target *t, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	uint8_t sum[CN_SHA];
	int r;

	cn_buf_ch(&b, '{');
	cn_json_kvi(&b, "generation",
	    (int64_t)cn_keys_generation(cn_store_keys(s)));
	numbers(&b, p);
	r = stays(s, t, &p->survey, &b, err);
	if (r == 0) {
		cn_sha256(sum, b.p, b.len);
		cn_hex(p->hash, sum, CN_SHA);
		p->id[0] = 'e';
		cn_base32(p->id + 1, sum, 10);
		p->json.len = 0;
		cn_buf_str(&p->json, "{\"v\":1,\"type\":\"erasure-plan\"");
		cn_json_kv(&p->json, "id", p->id);
		cn_json_kv(&p->json, "hash", p->hash);
		cn_buf_ch(&p->json, ',');
		cn_buf_add(&p->json, b.p + 1, b.len - 1);
		remarks(&p->json, p, t);
		cn_buf_ch(&p->json, '}');
	}
	cn_buf_release(&b);
	return r;
}

static int make(struct cn_store *s, const char *const *who, size_t n,
    struct cn_plan *p, struct cn_arena *mem, struct cn_err *err)
{
	struct target t = { 0 };
	int r = find(s, who, n, &t, p, mem, err);

	if (r == 0)
		r = cn_erase_survey(s, p->leaves, p->nleaves, &p->survey, mem,
		    err);
	if (r == 0)
		r = compose(s, p, &t, err);
	cn_buf_release(&t.unknown);
	cn_buf_release(&t.erased);
	return r;
}

static int lock(struct cn_store *s, struct cn_err *err)
{
	int wait = cn_store_run(s)->wait_ms;

	return cn_keys_lock(cn_store_keys(s), wait ? wait : 30000, err);
}

int cn_plan_make(struct cn_store *s, const char *const *who, size_t n,
    struct cn_plan *p, struct cn_arena *mem, struct cn_err *err)
{
	int r;

	*p = (struct cn_plan){ 0 };
	/* Nobody may be erased while we look. */
	if (lock(s, err) < 0)
		return -1;
	r = cn_erase_catch_up(s, err);
	if (r == 0)
		r = make(s, who, n, p, mem, err);
	if (r == 0)
		r = cn_audit_now(s, &(struct cn_audit_entry){
		    .what = "erasure planned", .purpose = "erasure",
		    .count = p->survey.count[CN_REACH_MESSAGES],
		    .leaves = p->leaves, .nleaves = p->nleaves }, err);
	cn_keys_unlock(cn_store_keys(s));
	return r;
}

void cn_plan_release(struct cn_plan *p)
{
	cn_buf_release(&p->json);
}

int cn_plan_read(struct cn_str text, struct cn_plan *p, struct cn_arena *mem,
    struct cn_err *err)
{
	const char *type, *id, *hash;
	struct cn_json_it it;
	size_t cap = 0;

	*p = (struct cn_plan){ 0 };
	text = cn_str_trim(text);
	if (cn_json_check(text, err) < 0) {
		err->status = CN_USAGE;
		return cn_wrap(err, "not a plan");
	}
	type = cn_json_string(mem, cn_json_get(text, "type"));
	id = cn_json_string(mem, cn_json_get(text, "id"));
	hash = cn_json_string(mem, cn_json_get(text, "hash"));
	if (type == NULL || strcmp(type, "erasure-plan") != 0 || id == NULL ||
	    !cn_id_valid(id, 'e') || hash == NULL ||
	    strlen(hash) >= sizeof(p->hash))
		return cn_fail(err, CN_USAGE, "not a plan");
	strcpy(p->id, id);
	strcpy(p->hash, hash);
	for (int pass = 0; pass < 2; pass++) {
		cn_json_walk(&it, cn_json_get(text, "subjects"));
		for (p->nsubjects = 0; cn_json_next(&it); p->nsubjects++)
			if (pass == 1 && p->nsubjects < cap)
				p->subjects[p->nsubjects] =
				    cn_json_string(mem, it.val);
		cap = p->nsubjects;
		if (pass == 0)
			p->subjects = cn_arena_alloc(mem,
			    (cap + 1) * sizeof(*p->subjects));
	}
	for (size_t i = 0; i < p->nsubjects; i++)
		if (p->subjects[i] == NULL ||
		    (!cn_id_valid(p->subjects[i], 'p') &&
		    !cn_id_valid(p->subjects[i], 'q')))
			return cn_fail(err, CN_USAGE, "not a plan");
	return 0;
}

static int apply(struct cn_store *s, struct cn_plan *p, bool *done,
    struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_plan now = { 0 };
	int r;

	if (p->hash[0] != '\0' &&
	    (r = cn_erase_done(s, p->id, err)) != 0)
		return r < 0 ? -1 : 0;
	r = make(s, p->subjects, p->nsubjects, &now, &mem, err);
	if (r == 0 && p->hash[0] != '\0' &&
	    (strcmp(now.hash, p->hash) != 0 || now.unknown > 0)) {
		cn_fail(err, CN_BLOCKED, "the plan is stale: what it would "
		    "erase, or the store, has changed");
		r = cn_hint(err, "make a new one with 'cn-purge --plan', read "
		    "it, then apply that");
	}
	if (r == 0 && now.nleaves > 0) {
		r = cn_erase(s, now.id, now.leaves, now.nleaves, err);
		*done = r == 0;
	}
	memcpy(p->id, now.id, sizeof(p->id));
	p->survey = now.survey;
	p->survey.linked = NULL;
	p->survey.nlinked = 0;
	cn_plan_release(&now);
	cn_arena_release(&mem);
	return r;
}

int cn_plan_apply(struct cn_store *s, struct cn_plan *p, bool *done,
    struct cn_err *err)
{
	int r;

	*done = false;
	/* First what was cut off: it may have been this very plan. Under the
	 * lock nobody else's erasure comes between the look and the deed. */
	if (lock(s, err) < 0)
		return -1;
	r = cn_erase_catch_up(s, err);
	if (r == 0)
		r = apply(s, p, done, err);
	cn_keys_unlock(cn_store_keys(s));
	return r;
}

/* --- the proof --- */

int cn_proof_status(const struct cn_proof *p)
{
	size_t i;

	/* The last check is the log, which a reader may hold. */
	for (i = 0; i + 1 < p->n; i++)
		if (p->check[i].bad != 0)
			return CN_INTEGRITY;
	return p->pending ? CN_TEMPFAIL : 0;
}

int cn_certificate(struct cn_store *s, const char *id,
    const struct cn_proof *p, struct cn_buf *b, struct cn_err *err)
{
	int status = cn_proof_status(p);
	uint8_t sig[CN_SIG];
	char hex[2 * CN_SIG + 1], t[CN_TIME_LEN];
	size_t i, from = b->len;

	cn_buf_str(b, "{\"v\":1,\"type\":\"erasure-certificate\"");
	cn_json_kv(b, "erasure", id ? id : "all");
	cn_json_kv(b, "state", status == 0 ? "proved" :
	    status == CN_TEMPFAIL ? "proof pending" : "failed");
	cn_json_kv(b, "time", cn_time_fmt(t, cn_store_now(s)));
	cn_json_kvi(b, "generation", p->generation);
	cn_json_kvi(b, "leaves", p->leaves);
	cn_json_key(b, "checks");
	cn_buf_ch(b, '[');
	for (i = 0; i < p->n; i++) {
		cn_buf_fmt(b, "%s{", i ? "," : "");
		cn_json_kv(b, "none_of", p->check[i].name);
		cn_json_kvi(b, "looked_at", p->check[i].of);
		cn_json_kvi(b, "found", p->check[i].bad);
		cn_buf_ch(b, '}');
	}
	cn_buf_ch(b, ']');
	cn_hex(hex, cn_keys_store_id(cn_store_keys(s)), 16);
	cn_json_kv(b, "store", hex);
	cn_json_kv(b, "slot", cn_keys_slot(cn_store_keys(s)));
	if (cn_slot_sign(cn_store_keys(s), b->p + from, b->len - from, sig,
	    err) < 0)
		return -1;
	cn_hex(hex, sig, CN_SIG);
	cn_json_kv(b, "signature", hex);
	cn_buf_ch(b, '}');
	return 0;
}
