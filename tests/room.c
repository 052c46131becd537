/* room - cn-model train --from-store --no-starter with little room
 *
 *	room FEATURES		trains; writes how many labels there were, how
 *				many of them were left out, and the model's name
 *	room FEATURES taught	the labels of those that there is room for
 *
 * On CN_HOME, CN_KEYS and CN_CONFIG. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "ai/inner.h"
#include "desk/learn/trainer.h"

static int64_t now(void)
{
	return (int64_t)time(NULL);
}

static volatile sig_atomic_t stop;
static struct cn_run run = {
	.command = "room", .options = "", .actor = "test", .wait_ms = 10000,
	.stop = &stop, .clock = now
};

static void put_taught(const struct cn_train *set)
{
	size_t i;

	for (i = 0; i < set->n; i++)
		if (set->ex[i].fold != UINT32_MAX)
			puts(set->label[set->ex[i].class]);
}

static int taught(const struct cn_trainer *t, struct cn_err *err)
{
	struct cn_train *set = NULL;
	struct cn_examples x;

	if (cn_examples_find(t, &x, err) < 0)
		return -1;
	if ((set = cn_examples_train(t, &x, false, err)) != NULL)
		put_taught(set);
	cn_train_free(set);
	cn_examples_release(&x);
	return set == NULL ? -1 : 0;
}

static int train(const struct cn_trainer *t, struct cn_err *err)
{
	struct cn_training g;
	int r = cn_trainer_run(t, &g, err);

	if (r >= 0)
		printf("%lld %zu %s\n", (long long)g.row.labels, g.left_out,
		    g.row.name);
	cn_arena_release(&g.mem);
	return r;
}

int main(int argc, char **argv)
{
	struct cn_arena mem = { 0 };
	struct cn_config conf;
	struct cn_err err = { 0 };
	struct cn_trainer t;
	int r = -1;

	if (argc < 2)
		return 2;
	run.home = getenv("CN_HOME");
	run.keys = getenv("CN_KEYS");
	run.now = now();
	t = (struct cn_trainer){ .store = cn_store_open(&run, 0, &err),
	    .conf = &conf, .kind = CN_TRAINED_CATEGORY,
	    .how = { .stop = &stop }, .room = (size_t)atol(argv[1]) };
	if (t.store != NULL && cn_config_load(&conf, getenv("CN_CONFIG"), &mem,
	    &err) == 0)
		r = argc == 2 ? train(&t, &err) : taught(&t, &err);
	if (r < 0)
		fprintf(stderr, "room: %s\n", err.msg);
	cn_store_close(t.store);
	cn_arena_release(&mem);
	return r < 0 ? err.status : 0;
}
