/* keyring - locks, damage, slots, classes, shards, ledger */
#include <fcntl.h>
#include <sys/wait.h>

#include "crypt/ledger.h"
#include "keys_env.h"

static void
test_locks(void)
{
	struct env e;
	struct cn_keys *two;

	start(&e);
	two = cn_keys_open(e.dir, NULL, &e.err);
	if (two == NULL || cn_keys_lock(e.k, 0, &e.err) == -1 ||
	    cn_keys_lock(e.k, 0, &e.err) == -1)
		bail(&e);
	ok(cn_keys_lock(two, 0, &e.err) == -1 && e.err.status == 75 &&
	    e.err.hint[0] != '\0', "the lock excludes");
	cn_keys_unlock(e.k);
	ok(cn_keys_lock(two, 0, &e.err) == -1, "nested: still held");
	cn_keys_unlock(e.k);
	ok(cn_keys_lock(two, 0, &e.err) == 0, "control: free again");
	cn_keys_close(two);
	ok(cn_keys_lock(e.k, 0, &e.err) == 0, "closing lets go");
	end(&e);
}

/* The status of opening the folder as it is now; 0 if it opens. */
static int
keyring_status(struct env *e, const char *key)
{
	struct cn_keys *k = cn_keys_open(e->dir, key, &e->err);

	cn_keys_close(k);
	return k != NULL ? 0 : e->err.status;
}

static void
test_damage(void)
{
	uint8_t secret[CN_SLOT_SECRET];
	struct cn_ring *r;
	struct cn_buf file;
	struct env e;
	size_t i, opened = 0, clear = 0;

	start(&e);
	file = slurp(&e, "keyring");
	if (cn_keyfile_read(in(&e, "key"), secret, &e.err) == -1)
		bail(&e);
	r = cn_ring_read(cn_buf_view(&file), secret, &e.err);
	ok(r != NULL, "control: the keyring reads");
	cn_ring_free(r);
	for (i = 0; i < file.len; i++) {
		file.p[i] ^= 1 << i % 8;
		r = cn_ring_read(cn_buf_view(&file), secret, &e.err);
		opened += r != NULL;
		clear += e.err.status == 5;
		cn_ring_free(r);
		file.p[i] ^= 1 << i % 8;
	}
	ok(opened == 0 && clear == file.len, "every byte flipped: status 5");
	for (clear = i = 0; i < file.len; i++) {
		struct cn_str cut = { file.p, i };

		r = cn_ring_read(cut, secret, &e.err);
		opened += r != NULL;
		clear += e.err.status == 5;
		cn_ring_free(r);
	}
	ok(opened == 0 && clear == file.len, "every cut: status 5");
	for (i = 0; i < file.len - CN_SHA; i++) {
		file.p[i] ^= 1 << i % 8;
		cn_sha256((uint8_t *)file.p + file.len - CN_SHA, file.p,
		    file.len - CN_SHA);
		r = cn_ring_read(cn_buf_view(&file), secret, &e.err);
		opened += r != NULL;
		cn_ring_free(r);
		file.p[i] ^= 1 << i % 8;
	}
	ok(opened == 0, "every byte forged with a right checksum: refused");
	file.p[0] ^= 1;
	save(&e, "keyring", file.p, file.len);
	ok(cn_keys_refresh(e.k, &e.err) == -1 && e.err.status == 5 &&
	    cn_keys_generation(e.k) == 1, "refresh keeps what it had");
	ok(keyring_status(&e, NULL) == 5, "and opening says 5");
	cn_buf_release(&file);
	end(&e);
}

/* How many files made of the head of one and the tail of another open. */
static size_t
mixtures(const struct cn_buf *new, const struct cn_buf *old,
    const uint8_t *secret)
{
	size_t i, half, opened = 0;
	struct cn_err err = { 0 };

	/* Of the same length, so that any cut joins well. */
	if (old->len != new->len)
		return 999;
	half = old->len - CN_SHA;
	for (i = 1; i < half; i++) {
		struct cn_buf mix = { 0 };
		struct cn_ring *r;
		uint8_t sum[CN_SHA];

		cn_buf_add(&mix, new->p, i);
		cn_buf_add(&mix, old->p + i, half - i);
		cn_sha256(sum, mix.p, mix.len);
		cn_buf_add(&mix, sum, sizeof(sum));
		r = cn_ring_read(cn_buf_view(&mix), secret, &err);
		if (r != NULL && memcmp(mix.p, new->p, half) != 0 &&
		    memcmp(mix.p, old->p, half) != 0)
			opened++;
		cn_ring_free(r);
		cn_buf_release(&mix);
	}
	return opened;
}

static void
test_mixed(void)
{
	uint8_t secret[CN_SLOT_SECRET];
	struct cn_buf a, b, c;
	struct env e;
	uint32_t shard;

	start(&e);
	if (cn_keyfile_read(in(&e, "key"), secret, &e.err) == -1 ||
	    cn_keys_lock(e.k, 0, &e.err) == -1 ||
	    cn_shard_new(e.k, 0, &shard, &e.err) == -1)
		bail(&e);
	a = slurp(&e, "keyring");
	if (cn_shard_drop(e.k, shard, &e.err) == -1 ||
	    cn_shard_new(e.k, 0, &shard, &e.err) == -1)
		bail(&e);
	b = slurp(&e, "keyring");
	puncture(&e, NULL, 0);
	c = slurp(&e, "keyring");
	ok(mixtures(&b, &a, secret) == 0, "two of a generation do not mix");
	ok(mixtures(&c, &b, secret) == 0, "nor two generations");
	cn_buf_release(&a);
	cn_buf_release(&b);
	cn_buf_release(&c);
	end(&e);
}

static void
test_slots(void)
{
	uint8_t id[16] = { 0 }, sig[CN_SIG];
	struct cn_buf b = { 0 };
	struct env e, rec;
	char slot[17];

	start(&e);
	ok(cn_keys_create(e.dir, id, in(&e, "copy"), &e.err) == -1 &&
	    e.err.status == 4, "no second keyring");
	ok(keyring_status(&e, in(&e, "nokey")) == 78 && e.err.hint[0] != '\0',
	    "no key file: 78");
	save(&e, "copy", "junk\n", 5);
	ok(keyring_status(&e, in(&e, "copy")) == 78, "not a key: 78");
	memset(id, 'A', sizeof(id));
	cn_buf_str(&b, "cn-key-1 ");
	for (int i = 0; i < 54; i++)
		cn_buf_ch(&b, 'A');
	cn_buf_str(&b, "==\n");
	save(&e, "copy", b.p, b.len);
	ok(keyring_status(&e, in(&e, "copy")) == 77, "a key of no slot: 77");
	cn_buf_release(&b);
	b = slurp(&e, "key");
	b.p[40] = b.p[40] == 'A' ? 'B' : 'A';
	save(&e, "copy", b.p, b.len);
	ok(keyring_status(&e, in(&e, "copy")) == 77, "a mistyped key: 77");
	chmod(in(&e, "key"), 0640);
	ok(keyring_status(&e, NULL) == 78 && strstr(e.err.hint, "chmod") !=
	    NULL, "others may read the key file: 78");
	chmod(in(&e, "key"), 0600);
	ok(keyring_status(&e, NULL) == 0, "control: it opens");
	rec = e;
	rec.k = cn_keys_open(e.dir, in(&e, "recovery"), &e.err);
	ok(rec.k != NULL && cn_keys_has(rec.k, CN_CLASS_AUDIT),
	    "the recovery key opens its slot");
	strcpy(slot, cn_keys_slot(rec.k));
	ok(cn_slot_sign(rec.k, "text", 4, sig, &e.err) == 0 &&
	    cn_slot_verify(e.k, slot, "text", 4, sig, &e.err) == 0 &&
	    cn_slot_verify(e.k, slot, "tent", 4, sig, &e.err) == 1 &&
	    cn_slot_verify(e.k, cn_keys_slot(e.k), "text", 4, sig, &e.err) == 1,
	    "signatures");
	ok(cn_slot_verify(e.k, "0011223344556677", "", 0, sig, &e.err) == -1,
	    "no such slot");
	/* Retire it, as a later command will. */
	e.k->ring->slot[1].state = CN_SLOT_RETIRED;
	e.k->ring->slot[1].nwrap = 0;
	puncture(&e, NULL, 0);
	open_keys(&e);
	ok(cn_slot_verify(e.k, slot, "text", 4, sig, &e.err) == 0 &&
	    keyring_status(&e, in(&e, "recovery")) == 77 &&
	    cn_keys_refresh(rec.k, &e.err) == -1 && e.err.status == 77,
	    "a retired slot verifies and opens nothing");
	cn_keys_close(rec.k);
	cn_buf_release(&b);
	chmod(in(&e, "keyring"), 0600);
	unlink(in(&e, "keyring"));
	ok(keyring_status(&e, NULL) == 78 && strstr(e.err.hint, "cn-store"),
	    "no keyring: 78");
	end(&e);
}

static void
test_classes(void)
{
	uint8_t secret[CN_SLOT_SECRET], out[CN_HASH];
	struct cn_buf line = { 0 };
	struct cn_ring *r;
	struct env e, half;
	uint32_t shard;

	start(&e);
	r = cn_ring_clone(e.k->ring);
	r->have = 1u << CN_CLASS_INDEX | 1u << CN_CLASS_CONTENT;
	cn_slot_make(r, &r->slot[1], CN_SLOT_KEYFILE, "desk", secret);
	r->have = CN_CLASS_ALL;
	if (cn_keys_lock(e.k, 0, &e.err) == -1 ||
	    cn_keys_replace(e.k, r, &e.err) == -1)
		bail(&e);
	cn_keys_unlock(e.k);
	cn_keyfile_line(&line, secret);
	save(&e, "half", line.p, line.len);
	half = e;
	half.k = cn_keys_open(e.dir, in(&e, "half"), &e.err);
	ok(half.k != NULL && cn_keys_has(half.k, CN_CLASS_CONTENT) &&
	    !cn_keys_has(half.k, CN_CLASS_AUDIT), "a slot of two classes");
	ok(cn_leaf_prf(half.k, CN_LEAF(CN_LEAF_PERSON, 1), "u", "", 0, out,
	    &e.err) == 0 && cn_leaf_prf(half.k, CN_LEAF(CN_LEAF_AUDIT, 1), "u",
	    "", 0, out, &e.err) == -1 && e.err.status == 77 &&
	    cn_leaf_state(half.k, CN_LEAF(CN_LEAF_ACCOUNT, 1), &e.err) == -1 &&
	    e.err.status == 77, "opens its leaves and no others");
	ok(cn_ledger_load(half.k, &e.err) == NULL && e.err.status == 77,
	    "nor the ledger");
	ok(cn_keys_lock(half.k, 0, &e.err) == 0 &&
	    cn_shard_new(half.k, 0, &shard, &e.err) == -1 &&
	    e.err.status == 77, "and cannot write the keyring");
	cn_keys_close(half.k);
	cn_buf_wipe(&line);
	end(&e);
}

static void
test_index(void)
{
	uint8_t a[CN_HASH], b[CN_HASH], key[16], again[16];
	uint32_t one, two;
	struct env e;

	start(&e);
	ok(cn_blind(e.k, "identifier", "ann@example.com", 15, a, &e.err) == 0 &&
	    cn_blind(e.k, "mid", "ann@example.com", 15, b, &e.err) == 0 &&
	    memcmp(a, b, CN_HASH) != 0, "the use separates");
	if (cn_keys_lock(e.k, 0, &e.err) == -1 ||
	    cn_shard_new(e.k, 0, &one, &e.err) == -1 ||
	    cn_shard_new(e.k, 9, &two, &e.err) == -1 ||
	    cn_shard_key(e.k, two, key, &e.err) == -1)
		bail(&e);
	ok(one == 1 && two == 10 && cn_keys_generation(e.k) == 1,
	    "shards are numbered above what the store knows");
	open_keys(&e);
	ok(cn_blind(e.k, "identifier", "ann@example.com", 15, b, &e.err) == 0 &&
	    memcmp(a, b, CN_HASH) == 0 &&
	    cn_shard_key(e.k, two, again, &e.err) == 0 &&
	    memcmp(key, again, 16) == 0, "the same when reopened");
	if (cn_keys_lock(e.k, 0, &e.err) == -1)
		bail(&e);
	ok(cn_shard_drop(e.k, two, &e.err) == 0 &&
	    cn_shard_key(e.k, two, again, &e.err) == -1 &&
	    e.err.status == 4 && cn_shard_key(e.k, one, again, &e.err) == 0 &&
	    cn_shard_new(e.k, 0, &two, &e.err) == 0 && two == 11,
	    "a dropped shard is gone, its number too");
	end(&e);
}

static struct cn_ledger_entry
entry(int kind, int64_t time, int n)
{
	struct cn_ledger_entry e = { .kind = (uint8_t)kind, .time = time };

	if (kind == CN_LEDGER_LEAF)
		e.leaf = CN_LEAF(CN_LEAF_PERSON, n);
	else
		memset(e.hash, n, CN_HASH);
	return e;
}

static size_t
ledger_count(struct env *e)
{
	struct cn_ledger *l = cn_ledger_load(e->k, &e->err);
	size_t n = l != NULL ? cn_ledger_count(l) : 999;

	cn_ledger_free(l);
	return n;
}

static void
ledger_damage(struct env *e)
{
	struct cn_buf b = slurp(e, "ledger");
	size_t i, clear = 0;

	for (i = 0; i < b.len; i++) {
		b.p[i] ^= 1 << i % 8;
		save(e, "ledger", b.p, b.len);
		clear += ledger_count(e) == 999 && e->err.status == 5;
		b.p[i] ^= 1 << i % 8;
	}
	ok(clear == b.len, "ledger: every byte flipped: status 5");
	save(e, "ledger", b.p, b.len - 1);
	ok(ledger_count(e) == 2, "ledger: a torn entry is not read");
	memset(b.p + 24 + 2 * 72, 0, 72);
	save(e, "ledger", b.p, b.len);
	ok(ledger_count(e) == 2, "ledger: nor an unwritten one");
	cn_buf_release(&b);
}

static void
test_ledger(void)
{
	struct cn_ledger_entry v[3] = { entry(CN_LEDGER_LEAF, 50, 1),
	    entry(CN_LEDGER_MESSAGE, 50, 2),
	    entry(CN_LEDGER_IDENTIFIER, 50, 3) };
	struct cn_ledger_entry late = entry(CN_LEDGER_IDENTIFIER, 60, 3), many;
	const struct cn_ledger_entry *found;
	struct cn_ledger *l, *m;
	struct env e;
	int i;

	start(&e);
	l = cn_ledger_load(e.k, &e.err);
	m = cn_ledger_load(e.k, &e.err);
	ok(l != NULL && m != NULL && cn_ledger_count(l) == 0 &&
	    cn_ledger_find(l, CN_LEDGER_MESSAGE, v[1].hash) == NULL,
	    "ledger: an absent file is empty");
	ok(cn_ledger_append(e.k, l, v, 3, &e.err) == -1 &&
	    e.err.status == 70, "ledger: no append without the lock");
	if (cn_keys_lock(e.k, 0, &e.err) == -1)
		bail(&e);
	ok(cn_ledger_append(e.k, l, v, 3, &e.err) == 0 &&
	    cn_ledger_append(e.k, l, v, 3, &e.err) == 0 &&
	    cn_ledger_count(l) == 3 && ledger_count(&e) == 3,
	    "ledger: appended once");
	found = cn_ledger_find(l, CN_LEDGER_MESSAGE, v[1].hash);
	ok(found != NULL && found->time == 50 &&
	    cn_ledger_find(l, CN_LEDGER_LOCATION, v[1].hash) == NULL,
	    "ledger: found by kind and hash");
	ledger_damage(&e);
	/* Two entries are left in the file; m has not seen any. */
	ok(cn_ledger_append(e.k, m, v, 3, &e.err) == 0 &&
	    cn_ledger_count(m) == 3 && ledger_count(&e) == 3,
	    "ledger: the torn tail is cut, others' entries are read");
	ok(cn_ledger_append(e.k, m, &late, 1, &e.err) == 0 &&
	    (found = cn_ledger_find(m, CN_LEDGER_IDENTIFIER, late.hash)) &&
	    found->time == 60 && ledger_count(&e) == 4,
	    "ledger: a later erasure of an identifier counts");
	for (i = 0; i < 200; i++) {
		many = entry(CN_LEDGER_LOCATION, i, i);
		if (cn_ledger_append(e.k, m, &many, 1, &e.err) == -1)
			bail(&e);
	}
	for (i = 0; i < 200; i++) {
		many = entry(CN_LEDGER_LOCATION, i, i);
		found = cn_ledger_find(m, CN_LEDGER_LOCATION, many.hash);
		if (found == NULL || found->time != i)
			break;
	}
	ok(i == 200 && ledger_count(&e) == 204, "ledger: grows");
	save(&e, "ledger", "", 0);
	ok(cn_ledger_append(e.k, m, v, 3, &e.err) == -1 &&
	    e.err.status == 5, "ledger: a shorter file is noticed");
	cn_ledger_free(l);
	cn_ledger_free(m);
	end(&e);
}

static size_t
zeros(int fd)
{
	char b[65536];
	ssize_t i, n = pread(fd, b, sizeof(b), 0);
	size_t z = 0;

	for (i = 0; i < n; i++)
		z += b[i] == 0;
	return n > 0 && z == (size_t)n;
}

/* One process replaces the keyring while another one opens it. */
static void
test_scrub(void)
{
	static int64_t gone[2000];
	struct cn_buf kept, now;
	char link_to[128];
	struct env e;
	int i, fd, bad = 0, status = 1;
	pid_t pid;

	start(&e);
	fd = open(in(&e, "keyring"), O_RDONLY);
	ok(fd != -1 && !zeros(fd), "control: a keyring is not zeros");
	puncture(&e, NULL, 0);
	ok(zeros(fd), "a replaced keyring is overwritten");
	close(fd);
	kept = slurp(&e, "keyring");
	snprintf(link_to, sizeof(link_to), "%s/copy", e.dir);
	if (link(in(&e, "keyring"), link_to) == -1)
		abort();
	puncture(&e, NULL, 0);
	now = slurp(&e, "copy");
	ok(now.len == kept.len && memcmp(now.p, kept.p, now.len) == 0,
	    "one with another name is left alone");
	fflush(stdout);
	/* Large, so that reading takes a while. */
	for (i = 0; i < 2000; i++)
		gone[i] = CN_LEAF(CN_LEAF_PERSON, i * (int64_t)1000003);
	puncture(&e, gone, 2000);
	if ((pid = fork()) == -1)
		abort();
	if (pid == 0) {
		open_keys(&e);
		for (i = 0; i < 50; i++)
			puncture(&e, NULL, 0);
		_exit(0);
	}
	while (waitpid(pid, &status, WNOHANG) == 0)
		bad += keyring_status(&e, NULL) != 0;
	ok(bad == 0 && status == 0 && cn_keys_refresh(e.k, &e.err) == 0 &&
	    cn_keys_generation(e.k) == 54, "readers never see it half");
	cn_buf_release(&kept);
	cn_buf_release(&now);
	end(&e);
}

int
main(void)
{
	test_locks();
	test_damage();
	test_scrub();
	test_mixed();
	test_slots();
	test_classes();
	test_index();
	test_ledger();
	printf("1..%d\n", count);
	return failed > 0;
}
