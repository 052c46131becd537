/* trainer.h - models from what agents have labelled
 *
 * A model is a function of the set of its examples: these are put in an order
 * that comes from what they say alone, so that a store which never had a
 * person gives the same bytes as one from which that person was erased. */
#ifndef CN_TRAINER_H
#define CN_TRAINER_H

#include "ai/encoder.h"
#include "ai/model.h"
#include "desk/config.h"
#include "store/label.h"
#include "store/trained.h"

/* Of a model of spam: fewer examples than this of spam or of ham make none. */
#define CN_TRAINER_SPAM 10

/* Labelled messages whose owner allows it, in that order. */
struct cn_examples {
	struct cn_example_at {
		int64_t message;
		const char *label;	/* the class that it teaches */
		uint8_t digest[CN_SHA];	/* of what is learned from it */
	} *v;
	size_t n, skipped;		/* skipped: the gate said no */
	size_t left_out;		/* for room */
	size_t foreign;			/* of categories that are not the
					 * starter's, where it teaches too */
	int64_t until;			/* when the newest label was set */
	struct cn_arena mem;
};

struct cn_trainer {
	struct cn_store *store;
	const struct cn_config *conf;
	const char *kind;		/* CN_TRAINED_... */
	struct cn_str starter;		/* sentences as cn_train_yaml() takes
					 * them; p == NULL: none */
	const struct cn_encoder *encoder;	/* or NULL */
	struct cn_train_opts how;
	size_t room;			/* features; 0: as many as there is */
};

int cn_examples_find(const struct cn_trainer *, struct cn_examples *,
    struct cn_err *) CN_CHECKED;
void cn_examples_release(struct cn_examples *);
/* The starter's sentences and the examples, for cn_train_free(), or NULL.
 * held: the former teach in every fold and are measured in none.  Which
 * examples are left out for room comes of their set alone.  One that has
 * changed or gone since: status 75. */
struct cn_train *cn_examples_train(const struct cn_trainer *,
    struct cn_examples *, bool held, struct cn_err *);

/* Trains on what is labelled now and puts the model in the place of the one
 * before, which it destroys.  Returns 1, or 0 where nothing is new; without
 * any example, or with too few of spam, the one before is destroyed all the
 * same (then id is 0). */
struct cn_training {
	struct cn_trained row;		/* of the model in use; id 0: none */
	size_t skipped, classes;
	size_t left_out, foreign;	/* of the row's labels: for room; as
					 * above */
	size_t spam, ham;		/* examples, of a model of spam */
	struct cn_arena mem;		/* of the row; release it */
};
int cn_trainer_run(const struct cn_trainer *, struct cn_training *,
    struct cn_err *) CN_CHECKED;

#endif
