/* inner.h - what the files of the model share; not for other layers */
#ifndef CN_AI_INNER_H
#define CN_AI_INNER_H

#include "encoder.h"
#include "lanes.h"
#include "model.h"
#include "words.h"

/* Features that are made one length together; all marks are.  Those of the
 * second view follow those of the first, and of each those that count only
 * where they are known. */
enum { BLOCK_WORDS, BLOCK_CHARS, BLOCK_MARKS, BLOCK_LATER, BLOCK_SECOND,
    BLOCK_SECOND_LATER, BLOCKS };

/* A feature of a text with how often it occurs. */
struct cn_tf {
	uint32_t key;
	uint16_t n;
	uint16_t block;			/* BLOCK_… */
	uint32_t row;			/* in the last model that scored it */
};

/* One weight that is not zero. */
struct cn_weight {
	uint16_t class;
	int16_t w;			/* times the row's scale */
};

struct cn_row {
	float idf, scale;
	uint32_t start;			/* into weight, to the next row's */
};

/* The mails that a model of spam was trained on, each by its heaviest features:
 * those of mail i are in feature from start[i] on, to start[i + 1], their rows
 * ascending. */
#define CN_AKIN_KEPT 32			/* features of a mail at most */
#define CN_AKIN_MOST 20000		/* mails */
struct cn_share {
	uint32_t row;
	uint32_t w;			/* 1 to 255: share of the length */
};
struct cn_akin {
	size_t n;
	uint8_t *spam;			/* [n]: 1, or 0: ham */
	uint32_t *start;		/* [n + 1] */
	struct cn_share *feature;
	/* The same by rows, for speed: of each the mails that have it. */
	uint32_t *first;		/* [rows + 1] */
	struct cn_share *mail;		/* row: its number */
};

#define CN_FEW 16

struct cn_model {
	size_t classes, rows, examples;
	char **label;			/* one block */
	uint8_t *priority;
	float *bias;
	double temperature, threshold;
	/* What the sentence encoder adds, where the model was trained with
	 * one; encoder[0] == 0: it was not. */
	char encoder[17];
	double mix, temperature_use, threshold_use;
	double temperature_side;	/* of the encoder alone */
	float *meaning;			/* [CN_ENCODER_DIM][classes] */
	float *meaning_scale;		/* [classes]: of their int8s */
	float *meaning_bias;		/* [classes] */
	const struct cn_encoder *use;	/* that one */
	struct cn_encoder *own;		/* the same, where it is ours */
	char id_use[32];
	uint32_t outside;		/* class of what is in none, + 1; 0 */
	char id[17];
	struct cn_akin *akin;		/* or NULL */

	uint32_t *key, *df;		/* [rows], keys ascending */
	struct cn_row *row;		/* [rows + 1] */
	struct cn_weight *weight;
	/* The same once more, for speed (score.c). */
	char *record, *memory;
	uint32_t *slot;			/* open addressing, mask + 1 of them */
	uint32_t mask;
	size_t lanes;			/* of 16 classes */
	float step;			/* of what a feature is worth */
	float few[CN_FEW];		/* cn_model_tf() */
	bool wide;			/* the machine has AVX2 */
};

/* The sentences of a text that has some: the features of each one, as
 * cn_keys() gives them, behind those of the one before. */
struct cn_pieces {
	size_t n;			/* 0: they have no say */
	const struct cn_piece {
		uint32_t words, keys;
		float weight;		/* how much it counts */
	} *v;
	const uint32_t *key;
};

/* All that a model is asked about. */
struct cn_asked {
	struct cn_tf *tf;		/* of the whole, marks too */
	size_t n;
	struct cn_pieces pieces;
	const struct cn_model *of;	/* whose rows are guessed in tf, or
					 * NULL */
	const float *meaning;		/* of the encoder, or NULL */
};

struct cn_example {
	struct cn_tf *tf;		/* its own, all else behind it */
	struct cn_pieces pieces;
	const float *meaning;		/* of the encoder, or NULL */
	uint32_t n;
	uint32_t size;			/* in features, pieces included */
	uint32_t class;
	uint32_t fold;			/* of its class: 0, 1, 2, … */
};

struct cn_train {
	struct cn_arena arena;
	char **label;
	enum cn_priority *priority;
	uint32_t *members;		/* examples of each class */
	size_t classes;
	struct cn_example *ex;
	const struct cn_encoder *enc;	/* or NULL; borrowed */
	size_t n, cap;
	size_t room, features;		/* of all together: at most; now */
	size_t stay;			/* examples that are not left out */
	size_t most, left_out;		/* of each class, of all; most is
					 * SIZE_MAX where there was room */
	uint32_t *table;		/* label -> class + 1 */
	uint32_t outside;		/* class of what is in none, + 1; 0 */
};

/* Makes room for n features more, if there is none; false: there is no way. */
bool cn_thin(struct cn_train *, size_t n);

/* The class 'spam' where the only other one is 'ham'; else -1. */
int cn_spam_alone(char *const *label, size_t classes);
int cn_train_spam(const struct cn_train *);

/* The first unit of the record that a key may have, without a look at that,
 * for which the memory is called; 0: it has none. */
#define CN_UNIT 32			/* bytes; a record has some of these */
#define CN_UNIT_BITS 24			/* of a slot; the rest is a key's */
#define CN_LINE 64			/* bytes of a line of the cache */
static inline uint32_t
cn_model_guess(const struct cn_model *m, uint32_t key)
{
	uint32_t at = key, s = m->slot[at & m->mask];

	while ((s ^ key) >> CN_UNIT_BITS && s)
		s = m->slot[++at & m->mask];
	s &= (1u << CN_UNIT_BITS) - 1;
	__builtin_prefetch(m->record + (size_t)s * CN_UNIT);
	__builtin_prefetch(m->record + (size_t)s * CN_UNIT + CN_LINE);
	return s;
}

/* The distinct features in order of first occurrence, in the arena; guessed
 * for cn_model_add() of a model, or NULL. */
struct cn_tf *cn_tfs(const struct cn_model *, const struct cn_feat *f,
    size_t n, size_t *nout, struct cn_arena *arena);
/* The same with the marks of an input behind those of its words, which are
 * given or made here. */
struct cn_tf *cn_input_tfs(const struct cn_model *, const struct cn_ai_input *,
    const struct cn_feat *f, size_t nf, size_t *nout, struct cn_arena *);
/* Of keys as cn_keys() gives them. */
struct cn_tf *cn_keys_tfs(const struct cn_model *, const uint32_t *key,
    size_t words, size_t n, size_t *nout, struct cn_arena *);

/* What one occurrence of each block's features is worth: 1 / norm. */
struct cn_norm {
	float inv[BLOCKS];
};

double cn_model_tf(unsigned n);			/* 1 + ln n */
/* Sums without softmax; returns how many features the model knows and notes
 * in each its row + 1, or 0. */
size_t cn_model_score(const struct cn_model *, struct cn_tf *, size_t,
    float *score, struct cn_norm *);
size_t cn_model_add(const struct cn_model *, struct cn_tf *, size_t,
    float *score, struct cn_norm *);	/* the same where they are guessed */
size_t cn_model_look_up(const struct cn_model *, struct cn_tf *, size_t,
    struct cn_norm *);			/* the same without sums */
/* The one way from features to an answer, of messages as of examples that are
 * measured: the probability of each class, and the best; whether that is enough
 * to decide (or NULL).  -1: no feature is known, and all are even. */
int cn_model_answer(const struct cn_model *, const struct cn_asked *,
    float *prob, struct cn_norm *, bool *sure);
/* Of a message (features as for cn_input_tfs()), and of an example. */
struct cn_asked cn_input_asked(const struct cn_model *,
    const struct cn_ai_input *, const struct cn_feat *f, size_t nf,
    struct cn_arena *);
struct cn_asked cn_example_asked(const struct cn_example *);
/* Sums of the words alone, with those of its sentences. */
size_t cn_asked_score(const struct cn_model *, const struct cn_asked *,
    float *score, struct cn_norm *);
/* Softmax at a temperature, in place; returns the index of the best. */
int cn_softmax(float *score, size_t n, double temperature);
/* What to divide the sums of one text by.  Where they lie far apart, the best
 * one's lead tells less: so it grows with the root of their standard deviation
 * (mixed with the encoder's, which are steadier: with the root of that), and is
 * the temperature where that is 2.4 times as much, as it is on average.  The
 * deviation of a few classes is the best one's doing: there it is the
 * temperature.  (Sample-dependent temperature: Joy et al. 2023.) */
double cn_model_heat(const float *score, size_t n, double temperature,
    bool mixed);
/* Softmax at the model's temperature of the words' sums, in place, with those
 * of the encoder (side, or NULL); returns the best class among those that are
 * one.  Certain, or NULL: the best's share at a temperature that is higher by
 * FLAT, which tells better than confidence what is in no class (a few words
 * can make one class likelier than all others and yet be little); 0 where the
 * class of what is in none is likelier.  With an encoder it is the mean of the
 * shares that it, the words and both together give: what is in no class they
 * seldom take for the same. */
int cn_model_decide(const struct cn_model *, float *score, const float *side,
    double *certain);
/* What the encoder makes of an input: CN_ENCODER_DIM numbers in the arena, or
 * NULL where it does not know the language. */
float *cn_meaning(const struct cn_encoder *, const struct cn_ai_input *,
    struct cn_arena *);
/* Sums of the encoder's side alone, in score, which is returned; NULL where
 * the model has no such side or meaning is NULL. */
float *cn_model_meaning(const struct cn_model *, const float *meaning,
    float *score);
/* Weight of one row for one class, scale included. */
double cn_model_weight(const struct cn_model *, uint32_t row, size_t class);

/* Fills idf, records and slots once the rest is there. */
void cn_model_index(struct cn_model *);
/* Makes room for the encoder's side. */
void cn_model_give_meaning(struct cn_model *, const char *encoder);
struct cn_model *cn_model_new(size_t classes, size_t rows, size_t weights);
uint64_t cn_model_sum(const void *, size_t);	/* FNV-1a, 64 bits */

/* Which examples train: those with fold % k == out are left out (k == 0: none
 * is), and of the others every k2-th, from out2; of the classes every kc-th, from
 * out2, is left out, too (kc == 0: none). */
struct cn_part {
	unsigned k, out, k2, out2, kc;
};
bool cn_part_in(const struct cn_part *, const struct cn_example *);
bool cn_part_left_out(const struct cn_part *, uint32_t class);
/* Is it one of those every k2-th, or of a class that is left out? */
bool cn_part_held(const struct cn_part *, const struct cn_example *);
/* A feature and in how many examples it occurs. */
struct cn_count {
	uint32_t key, df;
};
/* The max most frequent features of a part, by key; yours to free. */
struct cn_count *cn_vocabulary(const struct cn_train *, const struct cn_part *,
    size_t max, size_t *n);
/* A model of the rows, labels and the like of one without weights, with these
 * weights, [rows] and one more of CN_LANES(classes), and bias. */
struct cn_model *cn_quantise(const struct cn_model *, const v8 *weights,
    const v8 *bias);
int cn_round_half(float);			/* away from 0 */
struct cn_model *cn_fit(const struct cn_train *, const struct cn_train_opts *,
    const struct cn_part *, struct cn_err *) CN_CHECKED;
/* Notes the mails of a part in a model of spam that was fitted to it. */
void cn_akin_fit(struct cn_model *, const struct cn_train *,
    const struct cn_part *);
struct cn_akin *cn_akin_new(size_t n);		/* room for so many mails */
void cn_akin_free(struct cn_akin *);
void cn_akin_index(struct cn_model *);		/* once they are there */
/* Adds what the nearest mails say of features whose rows are noted. */
void cn_akin_add(const struct cn_model *, const struct cn_tf *, size_t,
    float *score);
/* cn_fit, then temperature and threshold by inner folds; through its own bytes:
 * what was trained is what will be loaded. */
struct cn_model *cn_train_part(const struct cn_train *,
    const struct cn_train_opts *, const struct cn_part *, struct cn_err *)
    CN_CHECKED;

#endif
