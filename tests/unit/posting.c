/* posting - the index of words against a plain table of who has what */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "store/posting.h"
#include "store/sql.h"
#include "tap.h"

#define WORDS 400
#define MESSAGES 900

static int64_t now(void)
{
	return (int64_t)time(NULL);
}

static struct cn_run run = {
	.command = "posting", .options = "", .actor = "test", .wait_ms = 1000,
	.clock = now
};
static uint8_t key[16];
static uint32_t shard;
static char dir[64] = "/tmp/cn-posting.XXXXXX", keys[80], home[80], recovery[80];
static struct cn_err err;
static bool has[MESSAGES + 1][WORDS];

/* The same numbers every time (Lehmer, 'Mathematical Methods', 1951). */
static unsigned draw(unsigned below)
{
	static uint64_t x = 20261127;

	x = x * 48271 % 2147483647;
	return (unsigned)(x % below);
}

static void words(struct cn_words *w, int64_t message)
{
	char text[32];
	int i;

	cn_words_reset(w);
	for (i = 0; i < WORDS; i++) {
		snprintf(text, sizeof(text), "word%d", i);
		if (has[message][i])
			cn_words_add(w, cn_str(text));
	}
}

/* Word 0 is in all of them, 399 in one of hundreds. */
static void fill(void)
{
	int m, i;

	for (m = 1; m <= MESSAGES; m++)
		for (i = 0; i < WORDS; i++)
			has[m][i] = draw(WORDS) >= (unsigned)i;
}

static int add(struct cn_store *s, uint32_t to, const int64_t *v, size_t n)
{
	struct cn_postings p = { 0 };
	struct cn_words w = { 0 };
	size_t i;
	int r;

	for (i = 0; i < n; i++) {
		words(&w, v[i]);
		cn_postings_add(&p, key, v[i], &w);
	}
	r = cn_store_begin(s, &err);
	if (r == 0)
		r = cn_postings_write(s, to, &p, &err);
	r = r == 0 ? cn_store_commit(s, &err) : r;
	cn_words_release(&w);
	cn_postings_release(&p);
	return r;
}

/* Messages above `after` with both words, by the index and by the table. */
static bool same(struct cn_store *s, int a, int b, int64_t after, bool *in)
{
	struct cn_ids out = { 0 };
	struct cn_words w = { 0 };
	char text[64];
	size_t want = 0, k;
	int64_t m;
	bool good;

	snprintf(text, sizeof(text), "Word%d word%d", a, b);
	cn_words_add(&w, cn_str(text));
	good = cn_postings_find(s, shard, key, &w, after, &out, &err) == 0;
	for (m = after + 1; m <= MESSAGES; m++)
		want += in[m] && has[m][a] && has[m][b];
	good = good && out.n == want;
	for (k = 0; good && k < out.n; k++)
		good = in[out.v[k]] && has[out.v[k]][a] && has[out.v[k]][b];
	free(out.v);
	cn_words_release(&w);
	return good;
}

/* In groups of 1 to 60, the odd ones much later: a number may be given long
 * before its message comes. */
static void grow(struct cn_store *s)
{
	static bool in[MESSAGES + 1];
	int64_t v[60], next = 1, odd = 1, most = 0, segments;
	bool good = true, found = true;
	size_t n, want;
	int i;

	while (good && (next <= MESSAGES || odd <= MESSAGES)) {
		want = 1 + draw(draw(4) ? 3 : 60);
		for (n = 0; n < want && next <= MESSAGES; next++)
			if (next % 7)
				v[n++] = next;
		for (; n < want && next > MESSAGES && odd <= MESSAGES; odd++)
			if (odd % 7 == 0)
				v[n++] = odd;
		good = n == 0 || add(s, shard, v, n) == 0;
		while (n > 0)
			in[v[--n]] = true;
		if (cn_get(s, &err, &segments, "SELECT count(*) FROM segment",
		    "") == 1 && segments > most)
			most = segments;
		for (i = 0; i < 20 && found; i++)
			found = same(s, (int)draw(WORDS), (int)draw(WORDS),
			    draw(3) ? 0 : draw(MESSAGES), in);
	}
	ok(good, "groups of words");
	ok(found, "what has two words is found after each of them");
	for (i = 0; i < WORDS && found; i++)
		found = same(s, i, i, 0, in);
	ok(found, "and in the end what has one");
	/* 900 messages: 1 + log2 */
	ok(most > 2 && most <= 10, "in few segments");
}

/* One word as the index in memory has it, and as the table does. */
static bool recalls(struct cn_recall *r, int i)
{
	struct cn_ids out = { 0 };
	size_t want = 0, n = 0, counted = 0, k;
	char text[32];
	int64_t m;
	bool good;

	snprintf(text, sizeof(text), "word%d", i);
	for (m = 1; i < WORDS && m <= MESSAGES; m++)
		want += has[m][i];
	good = cn_recall_find(r, text, &out, &n, &err) == 0 &&
	    cn_recall_find(r, text, NULL, &counted, &err) == 0 &&
	    out.n == want && n == want && counted == want;
	for (k = 0; good && k < out.n; k++)
		good = has[out.v[k]][i];
	free(out.v);
	return good;
}

static void memory(struct cn_store *s)
{
	const uint32_t shards[] = { shard, shard + 90 };
	struct cn_recall *r = cn_recall_new(s, shards, 2, &err);
	bool good = r != NULL;
	int i;

	for (i = 0; i < WORDS + 50 && good; i++)
		good = recalls(r, i);
	ok(good, "in memory the words are the same; a shard without key has "
	    "none");
	if (!good)
		printf("# word%d\n", i - 1);
	cn_recall_free(r);
}

static void rest(struct cn_store *s)
{
	struct cn_ids out = { 0 };
	struct cn_words w = { 0 };
	int64_t n = 0, one = 1;

	ok(cn_get(s, &err, &n, "SELECT sum(messages) FROM segment", "") == 1 &&
	    n == MESSAGES, "as many messages as came");
	ok(cn_get(s, &err, &n, "SELECT max(length(block)) FROM posting", "")
	    == 1 && n > 500 && n < 8000, "in blocks of some KiB");
	ok(add(s, shard + 1, &one, 1) == 0, "another shard");
	ok(cn_exec(s, "UPDATE posting SET block = x'ffffffffffff' WHERE"
	    " id / 4096 / 256 = (SELECT min(id) FROM shard)", &err) == 0,
	    "a damaged block");
	ok(cn_recall_new(s, &shard, 1, &err) == NULL &&
	    err.status == CN_INTEGRITY, "is not taken into memory");
	cn_words_add(&w, cn_str("word0"));
	ok(cn_postings_find(s, shard, key, &w, 0, &out, &err) == -1 &&
	    err.status == CN_INTEGRITY, "is told from none");
	for (n = 0; n < 1000 && add(s, shard, &one, 1) == 0; n++)
		;
	ok(n < 1000 && err.status == CN_INTEGRITY,
	    "also where it is to be merged");
	cn_store_rollback(s);
	ok(cn_store_begin(s, &err) == 0 &&
	    cn_postings_drop(s, shard, &err) == 0 &&
	    cn_store_commit(s, &err) == 0 && cn_get(s, &err, &n, "SELECT"
	    " count(*) FROM segment", "") == 1 && n == 1, "dropped");
	out.n = 0;
	ok(cn_postings_find(s, shard, key, &w, 0, &out, &err) == 0 &&
	    out.n == 0 && cn_postings_find(s, shard + 1, key, &w, 0, &out,
	    &err) == 0 && out.n == 1, "and only that one");
	free(out.v);
	cn_words_release(&w);
}

int main(void)
{
	struct cn_store *s;
	char *rm;

	if (mkdtemp(dir) == NULL)
		return 1;
	snprintf(home, sizeof(home), "%s/home", dir);
	snprintf(keys, sizeof(keys), "%s/keys", dir);
	snprintf(recovery, sizeof(recovery), "%s/recovery", dir);
	run.home = home;
	run.keys = keys;
	run.now = now();
	if (cn_store_create(&run, 0, recovery, &err) < 0 ||
	    (s = cn_store_open(&run, 0, &err)) == NULL) {
		fprintf(stderr, "posting: %s\n", err.msg);
		return 1;
	}
	if (cn_shard_ready(s, 1, &err) < 0 ||
	    cn_shard_key(s->keys, shard = s->shard, key, &err) < 0)
		return 1;
	fill();
	grow(s);
	memory(s);
	rest(s);
	cn_store_close(s);
	rm = cn_alloc(100);
	snprintf(rm, 100, "rm -rf -- %s", dir);
	(void)!system(rm);
	free(rm);
	return done();
}
