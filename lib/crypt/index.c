#include <string.h>

#include "keys_int.h"

int
cn_blind(struct cn_keys *k, const char *use, const void *p, size_t n,
    uint8_t out[CN_HASH], struct cn_err *err)
{
	uint8_t mac[CN_SHA];
	char head[64] = "cn-blind";
	size_t len = strlen(use);

	if (cn_keys_need(k, CN_CLASS_INDEX, err) == -1)
		return -1;
	if (len > sizeof(head) - 10)
		return cn_fail(err, CN_INTERNAL, "name of a use too long");
	/* A head of fixed length: no use can run into the data. */
	memcpy(head + 9, use, len);
	cn_hmac2(mac, k->ring->secret[CN_CLASS_INDEX], CN_KEY, head,
	    sizeof(head), p, n);
	memcpy(out, mac, CN_HASH);
	return 0;
}

static struct cn_shard *
find(const struct cn_ring *r, uint32_t shard)
{
	size_t i;

	for (i = 0; i < r->nshard; i++)
		if (r->shard[i].id == shard)
			return &r->shard[i];
	return NULL;
}

int
cn_shard_key(struct cn_keys *k, uint32_t shard, uint8_t key[16],
    struct cn_err *err)
{
	const struct cn_shard *s;

	if (cn_keys_need(k, CN_CLASS_INDEX, err) == -1)
		return -1;
	s = find(k->ring, shard);
	if (s == NULL)
		return cn_fail(err, CN_BLOCKED, "no key of search shard %u",
		    (unsigned)shard);
	memcpy(key, s->key, sizeof(s->key));
	return 0;
}

/* Room for one more, or a clone without one (NULL: none left out). */
static struct cn_ring *
with_shards(const struct cn_ring *old, size_t more, const struct cn_shard *drop)
{
	struct cn_ring *r = cn_ring_clone(old);
	size_t i, n = old->nshard + more - (drop != NULL);

	cn_keymem_free(r->shard, r->nshard * sizeof(*r->shard));
	r->shard = cn_keymem(n * sizeof(*r->shard));
	r->nshard = 0;
	for (i = 0; i < old->nshard; i++)
		if (&old->shard[i] != drop)
			r->shard[r->nshard++] = old->shard[i];
	r->nshard = n;
	return r;
}

int
cn_shard_new(struct cn_keys *k, uint32_t above, uint32_t *shard,
    struct cn_err *err)
{
	struct cn_ring *r;
	uint32_t id;

	if (cn_keys_may_write(k, err) == -1)
		return -1;
	id = k->ring->last_shard > above ? k->ring->last_shard : above;
	if (id == UINT32_MAX)
		return cn_fail(err, CN_INTERNAL, "no search shards left");
	r = with_shards(k->ring, 1, NULL);
	r->last_shard = ++id;
	r->shard[r->nshard - 1].id = id;
	cn_random(r->shard[r->nshard - 1].key, 16);
	if (cn_keys_replace(k, r, err) == -1)
		return -1;
	*shard = id;
	return 0;
}

int
cn_shard_drop(struct cn_keys *k, uint32_t shard, struct cn_err *err)
{
	const struct cn_shard *s;

	if (cn_keys_may_write(k, err) == -1)
		return -1;
	s = find(k->ring, shard);
	if (s == NULL)
		return 0;
	return cn_keys_replace(k, with_shards(k->ring, 0, s), err);
}
