/* model.h - the category model: train, measure, save, load, predict
 *
 * Multinomial logistic regression over hashed features (words.h).  Training
 * is single-threaded and in fixed order, uses no random numbers and no libm,
 * so the same examples give the same bytes on every machine.
 *
 * A model trained from customers' mail is personal data: seal it. */
#ifndef CN_MODEL_H
#define CN_MODEL_H

#include <signal.h>

#include "ai.h"

struct cn_encoder;

#define CN_MODEL_CLASSES 1000		/* most classes */
#define CN_MODEL_LABEL 64		/* most bytes of a class's name */
#define CN_MODEL_BYTES (64 << 20)	/* longest file that is loaded */
#define CN_TRAIN_EXAMPLES 1000000

/* Examples: (label, text) pairs in the order in which they were added. */
struct cn_train;

struct cn_train *cn_train_new(void);
void cn_train_free(struct cn_train *);
/* The two of a line of TSV; false: it has no tab. */
bool cn_train_cells(struct cn_str line, struct cn_str *label,
    struct cn_str *text);
/* A name that a class may have: 1 to 64 bytes of UTF-8 without white space or
 * control characters. */
bool cn_train_label_ok(struct cn_str);
/* Keeps nothing of the input but hashes of its subject, text and marks.
 * A label that may not be is status 78, as is an example where there is no
 * room for one of each class; a text that is empty or too long is taken as far
 * as it goes. */
int cn_train_add(struct cn_train *, struct cn_str label,
    const struct cn_ai_input *, struct cn_err *) CN_CHECKED;
/* Examples that are added from here on are encoded, too, and the model that
 * they make has two sides; the encoder is borrowed for as long as the examples
 * are added. */
void cn_train_encoder(struct cn_train *, const struct cn_encoder *);
/* Lines 'label<TAB>text', LF or CRLF; empty lines and a byte order mark at the
 * begin are skipped.  A bad line is an error 'NAME:LINE: reason', status 78,
 * unless bad is given: then it is counted there and skipped.  One that there is
 * no room for is always one. */
int cn_train_tsv(struct cn_train *, const char *name, struct cn_str,
    size_t *bad, struct cn_err *) CN_CHECKED;
/* The format of starter.yaml: 'category: { priority: high, en: [text, …],
 * de: […] }'.  Status 78 with the line. */
int cn_train_yaml(struct cn_train *, const char *name, struct cn_str,
    struct cn_err *) CN_CHECKED;
/* Examples of this label say what belongs to no class: of such texts a model
 * abstains.  Status 78 where nothing has the label. */
int cn_train_outside(struct cn_train *, struct cn_str label, struct cn_err *)
    CN_CHECKED;
/* There is room for 540 MiB of features, or so many, and a million examples.
 * Where all have none, each class keeps as many as it has, up to the same number
 * for all; of a class, what the texts are decides which. */
void cn_train_room(struct cn_train *, size_t features);
/* What was added so far is not left out for room. */
void cn_train_stay(struct cn_train *);
/* To be called when all is added: how many were left out. */
size_t cn_train_settle(struct cn_train *);
/* What was added so far teaches in every fold and is measured in none. */
void cn_train_hold(struct cn_train *);
size_t cn_train_count(const struct cn_train *);
size_t cn_train_classes(const struct cn_train *);
const char *cn_train_class(const struct cn_train *, size_t);

/* Zero-initialised takes the defaults. */
struct cn_train_opts {
	unsigned epochs;		/* 0: by the number of examples */
	double threshold;		/* 0: fitted; abstain below it */
	unsigned max_rows;		/* features kept at most; 0: 120,000,
					 * of many classes fewer */
	volatile sig_atomic_t *stop;	/* or NULL; then status 75 */
	void (*progress)(void *, uint64_t done, uint64_t total);
	void *progress_arg;
};

/* Needs one example at least (78).  One class alone teaches nothing: such a
 * model knows no feature and always abstains. */
struct cn_model *cn_model_train(const struct cn_train *,
    const struct cn_train_opts *, struct cn_err *) CN_CHECKED;

/* The file format is described at the head of modelfile.c.  Loading copies;
 * damage is status 5, another version or no model at all 78. */
struct cn_model *cn_model_load(struct cn_str bytes, struct cn_err *) CN_CHECKED;
void cn_model_save(const struct cn_model *, struct cn_buf *);
void cn_model_free(struct cn_model *);

/* The id of the encoder that the model was trained with, or NULL. */
const char *cn_model_encoder(const struct cn_model *);
/* Takes the encoder, which may be NULL: from here on the model decides with
 * it, and its id ends in '+use'.  Another encoder than the one that it was
 * trained with is not used. */
void cn_model_use(struct cn_model *, struct cn_encoder *);
/* The same with one that is borrowed for as long as the model lives. */
void cn_model_lend(struct cn_model *, const struct cn_encoder *);

/* 16 hex digits over the file's bytes: names the model in output. */
const char *cn_model_id(const struct cn_model *);
size_t cn_model_classes(const struct cn_model *);
const char *cn_model_class(const struct cn_model *, size_t);
enum cn_priority cn_model_priority(const struct cn_model *, size_t);
size_t cn_model_rows(const struct cn_model *);
size_t cn_model_examples(const struct cn_model *);
/* The class of what belongs to none, or NULL. */
const char *cn_model_outside(const struct cn_model *);
double cn_model_threshold(const struct cn_model *);
double cn_model_temperature(const struct cn_model *);
void cn_model_set_threshold(struct cn_model *, double);

/* Category alone: calibrated probabilities of all classes into
 * prob[cn_model_classes()].  Returns the best class, or -1 where the text has
 * no feature that the model knows (prob is then even). */
int cn_model_predict(const struct cn_model *, const struct cn_ai_input *,
    float *prob, struct cn_arena *);

/* The class 'spam', or -1.  A model of 'spam' and 'ham' alone has the
 * threshold above which none of the held-out ham was, or one in a thousand. */
int cn_model_spam(const struct cn_model *);

/* What a measurement found.  Rates are in 0..1.  Examples of what belongs to
 * no class count in outside_recall and mcc alone. */
struct cn_eval {
	size_t n, classes, outside;
	double accuracy, macro_f1;	/* of the best guess */
	double ece;			/* 15 equal-width bins */
	/* What it would be, on average, were every confidence true: the bins
	 * are counted, and counts scatter (Bröcker, Smith, 'Increasing the
	 * reliability of reliability diagrams', 2007).  One time in twenty it
	 * is 1.4 times as much. */
	double ece_chance;
	double coverage;		/* share at or above the threshold */
	double covered_accuracy;	/* accuracy of those */
	double decided;			/* share that is covered and right */
	double outside_recall;		/* share of outside abstained on */
	double mcc;			/* abstaining is a class of its own
					 * (Gorodkin 2004, R_K) */
	const char **label;		/* classes names, sorted by bytes */
	double *precision, *recall, *f1;
	size_t *support;		/* examples a class */
	uint32_t *confusion;		/* [true * classes + predicted] */
};

/* Trains k times on all but every k-th example of a class and measures on
 * those (2 <= k <= 20).  The strings live in the arena. */
int cn_eval_folds(const struct cn_train *, const struct cn_train_opts *,
    unsigned k, struct cn_eval *, struct cn_arena *, struct cn_err *)
    CN_CHECKED;
/* Measures a model on examples that it was not trained on; labels that the
 * model lacks count as errors. */
int cn_eval_model(const struct cn_model *, const struct cn_train *,
    struct cn_eval *, struct cn_arena *, struct cn_err *) CN_CHECKED;

#endif
