/* files - the files that we keep: model, keyring, ledger, sealed cells
 *
 * Sums, tags and MACs would stop nearly every input at the door, so each is
 * also tried with them made right, as somebody who holds a key could. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ai/model.h"
#include "base/file.h"
#include "crypt/keys_int.h"
#include "crypt/ledger.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct {
	char dir[64], path[96];
	struct cn_keys *k;
	struct cn_buf keyring, ledger, model, cell;
	int64_t leaf;
} env;

static void must(bool yes)
{
	if (!yes)
		abort();
}

static const char *in_dir(const char *name)
{
	snprintf(env.path, sizeof(env.path), "%s/%s", env.dir, name);
	return env.path;
}

static void away(void)
{
	static const char *const files[] = { "keyring", "keyring.lock",
	    "leaves", "ledger", "key", "recovery" };

	cn_keys_close(env.k);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		unlink(in_dir(files[i]));
	rmdir(env.dir);
	cn_buf_release(&env.keyring);
	cn_buf_release(&env.ledger);
	cn_buf_release(&env.model);
	cn_buf_release(&env.cell);
}

static struct cn_cell_at cell_at(void)
{
	return (struct cn_cell_at){ env.leaf, "message", "m1", "text", 0 };
}

static void make_keys(void)
{
	struct cn_ledger_entry e[3] = { { CN_LEDGER_LEAF, 5, 0, { 0 } },
	    { CN_LEDGER_MESSAGE, 6, 0, { 1 } },
	    { CN_LEDGER_IDENTIFIER, 7, 0, { 2 } } };
	struct cn_cell_at at;
	struct cn_ledger *l;
	struct cn_err err;
	uint32_t shard;

	snprintf(env.dir, sizeof(env.dir), "/tmp/cn-fuzz-XXXXXX");
	must(mkdtemp(env.dir) != NULL);
	atexit(away);
	must(cn_keys_create(env.dir, (const uint8_t *)"0123456789abcdef",
	    in_dir("recovery"), &err) == 0);
	env.k = cn_keys_open(env.dir, NULL, &err);
	must(env.k != NULL && cn_keys_lock(env.k, 1000, &err) == 0);
	must(cn_leaf_reserve(env.k, CN_LEAF_PERSON, 0, 4, &env.leaf,
	    &err) == 0);
	e[0].leaf = env.leaf + 1;
	must(cn_keys_puncture(env.k, &e[0].leaf, 1, &err) == 0 &&
	    cn_shard_new(env.k, 0, &shard, &err) == 0);
	l = cn_ledger_load(env.k, &err);
	must(l != NULL && cn_ledger_append(env.k, l, e, 3, &err) == 0);
	cn_ledger_free(l);
	cn_keys_unlock(env.k);
	at = cell_at();
	must(cn_cell_seal(env.k, &at, in_dir("key"), strlen(env.path),
	    &env.cell, &err) == 0);
	must(cn_file_read(in_dir("keyring"), 1 << 20, &env.keyring,
	    &err) == 0);
	must(cn_file_read(in_dir("ledger"), 1 << 20, &env.ledger, &err) == 0);
}

static void make_model(void)
{
	static const char lines[] = "refund\tmoney back please\n"
	    "refund\tplease return my money\nparcel\twhere is my parcel\n"
	    "parcel\tthe parcel is late\n";
	struct cn_train *t = cn_train_new();
	struct cn_model *m;
	struct cn_err err;

	must(cn_train_tsv(t, "x", (struct cn_str){ lines, sizeof(lines) - 1 },
	    NULL, &err) == 0);
	m = cn_model_train(t, &(struct cn_train_opts){ 0 }, &err);
	must(m != NULL);
	cn_model_save(m, &env.model);
	cn_model_free(m);
	cn_train_free(t);
}

/* The file with the input's edits in it: [where u16 | byte] as often as there
 * are three bytes; where beyond the end, it is cut there. */
static struct cn_buf edited(const struct cn_buf *file,
    const uint8_t *p, size_t n)
{
	struct cn_buf b = { 0 };

	cn_buf_add(&b, file->p, file->len);
	for (; n >= 3; p += 3, n -= 3) {
		size_t at = (size_t)(p[0] | p[1] << 8);

		if (at < b.len)
			b.p[at] = (char)p[2];
		else if (at - b.len < b.len)
			b.len = at - b.len;
	}
	return b;
}

static void model(struct cn_buf *b)
{
	static const char text[] = "please, where is my money";
	struct cn_str s = { text, sizeof(text) - 1 };
	struct cn_ai_input in = { .subject = s, .text = s };
	struct cn_ai_result r;
	struct cn_arena mem = { 0 };
	struct cn_buf again = { 0 };
	struct cn_model *m;
	struct cn_err err;
	uint64_t sum = 0xcbf29ce484222325u;

	if (b->len >= 16) {
		for (size_t i = 0; i < b->len - 8; i++)
			sum = (sum ^ (uint8_t)b->p[i]) * 0x100000001b3u;
		cn_put64((uint8_t *)b->p + b->len - 8, sum);
	}
	m = cn_model_load(cn_buf_view(b), &err);
	if (m == NULL) {
		must(err.status == CN_CONFIG || err.status == CN_INTEGRITY);
		return;
	}
	cn_ai_classify(m, &in, &r, &mem);
	must(r.confidence >= 0 && r.confidence <= 1);
	cn_model_save(m, &again);
	cn_model_free(m);
	m = cn_model_load(cn_buf_view(&again), &err);
	must(m != NULL);
	cn_model_free(m);
	cn_buf_release(&again);
	cn_arena_release(&mem);
}

/* Sealed cells: whatever was touched opens no more. */
static void cell(struct cn_buf *b)
{
	struct cn_cell_at at = cell_at();
	struct cn_buf out = { 0 };
	struct cn_err err;
	bool same = b->len == env.cell.len &&
	    memcmp(b->p, env.cell.p, b->len) == 0;
	int rc;

	rc = cn_cell_open(env.k, &at, b->p, b->len, &out, &err);
	must((rc == 0) == same);
	must(same || err.status == CN_INTEGRITY);
	at.leaf = cn_cell_leaf(b->p, b->len);
	if (at.leaf != env.leaf &&
	    cn_cell_open(env.k, &at, b->p, b->len, &out, &err) == 0)
		abort();
	cn_buf_release(&out);
}

static void keyring(struct cn_buf *b)
{
	struct cn_ring *r;
	struct cn_err err;

	if (b->len > CN_SHA)
		cn_sha256((uint8_t *)b->p + b->len - CN_SHA, b->p,
		    b->len - CN_SHA);
	r = cn_ring_read(cn_buf_view(b), env.k->secret, &err);
	must(r != NULL || err.status == CN_INTEGRITY ||
	    err.status == CN_NOPERM || err.status == CN_CONFIG);
	/* Nothing but the slots' unused fields may change unseen. */
	must(r == NULL || r->generation == env.k->ring->generation);
	cn_ring_free(r);
}

/* A tree as a section holds it, behind seal and tag. */
static void tree(const uint8_t *p, size_t n)
{
	struct cn_rd in = { p, n, false };
	struct cn_tree t = { 0 }, less = { 0 }, again = { 0 };
	struct cn_path way = { 0 };
	struct cn_buf b = { 0 };
	uint64_t num = 3;

	if (cn_tree_read(&t, &in)) {
		cn_tree_write(&t, &b);
		must(b.len <= cn_tree_size(&t));
		in = (struct cn_rd){ (const uint8_t *)b.p, b.len, false };
		must(cn_tree_read(&again, &in) && in.n == 0);
		cn_tree_puncture(&t, &num, 1, &less);
		must(!cn_tree_has(&less, num));
		must(cn_tree_has(&t, num) ==
		    (cn_tree_leaf(&t, &way, num) != NULL));
		cn_tree_above(&t);
	}
	cn_tree_free(&t);
	cn_tree_free(&again);
	cn_tree_free(&less);
	cn_buf_wipe(&b);
}

static void ledger(struct cn_buf *b, bool mend)
{
	uint8_t mac[CN_SHA], *p = (uint8_t *)b->p;
	const uint8_t *key = env.k->ring->secret[CN_CLASS_ERASURE];
	struct cn_ledger *l;
	struct cn_err err;

	if (mend && b->len >= 24) {
		cn_hmac(mac, key, p, 24);
		for (size_t at = 24; at + 72 <= b->len; at += 72) {
			cn_hmac2(mac, key, CN_KEY, mac, CN_SHA, p + at, 40);
			memcpy(p + at + 40, mac, CN_SHA);
		}
	}
	must(cn_file_replace(in_dir("ledger"), b->p, b->len, 0600,
	    &err) == 0);
	l = cn_ledger_load(env.k, &err);
	must(l != NULL || err.status == CN_INTEGRITY);
	for (size_t i = 0; l != NULL && i < cn_ledger_count(l); i++) {
		const struct cn_ledger_entry *e = cn_ledger_at(l, i);

		must(e->leaf != 0 ||
		    cn_ledger_find(l, e->kind, e->hash) != NULL);
	}
	cn_ledger_free(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct cn_buf b = { 0 };
	const struct cn_buf *file;

	if (env.k == NULL) {
		make_keys();
		make_model();
	}
	if (n < 2)
		return 0;
	file = (const struct cn_buf *[]){ &env.model, &env.cell,
	    &env.keyring, &env.ledger }[data[0] & 3];
	if (data[0] & 4)
		cn_buf_add(&b, data + 1, n - 1);
	else
		b = edited(file, data + 1, n - 1);
	switch (data[0] & 3) {
	case 0:
		model(&b);
		break;
	case 1:
		cell(&b);
		break;
	case 2:
		keyring(&b);
		tree(data + 1, n - 1);
		break;
	case 3:
		ledger(&b, (data[0] & 8) != 0);
	}
	cn_buf_wipe(&b);
	return 0;
}
