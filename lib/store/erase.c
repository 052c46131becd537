#include "store/erase.h"

#include "store/sql.h"

int cn_erase_catch_up(struct cn_store *s, struct cn_err *err)
{
	int r = 0;

	if (cn_keys_lock(s->keys, s->run->wait_ms,
	    err) < 0)
		return -1;
	if (cn_keys_refresh(s->keys, err) < 0) {
		r = -1;
	} else if (cn_store_meta(s, "erasing", 0) ||
	    (uint64_t)cn_store_meta(s, "generation", 0) !=
	    cn_keys_generation(s->keys)) {
		cn_fail(err, CN_TEMPFAIL, "an erasure was cut off");
		r = cn_hint(err, "run 'cn-purge --resume'");
	}
	cn_keys_unlock(s->keys);
	return r;
}
