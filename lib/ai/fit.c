/* fit.c - training: stochastic gradient descent on the softmax loss
 *
 * Examples are visited in a fixed scattered order (steps of the golden ratio
 * through the list), the rate falls linearly to zero.  Each visit sees a part
 * of the example's features only (Hinton et al. 2012, 'dropout'), by a fixed
 * sequence: no feature can rely on its neighbours.  Rare classes weigh more;
 * examples that contradict what is learned, as wrong labels do, weigh less
 * (Zhang and Sabuncu 2018, arXiv:1805.07836).
 * The inner loops run over classes, element by element, so that their result
 * does not depend on how wide the machine's vectors are; sums are taken in
 * order.
 *
 * The numbers below were chosen by cross-validation on banking77 and clinc150
 * together (tests/bench/accuracy.sh), and are the same for all data. */
#include <stdlib.h>
#include <string.h>

#include "inner.h"

#define RATE 1.0f
#define RATE_SPAM 2.0f			/* what few features say */
#define MEANING 2.0f			/* length of the encoder's numbers */
#define SEEN 0.5f			/* share of features seen at a visit */
/* Of many examples (FEW a class: half of it): */
#define FEW 60
#define DOUBT 0.2f			/* power of the share a label has */
#define CHARS 0.2f			/* characters are shorter than words */
#define AGAIN 0.55f			/* share of the words by themselves */
#define EPOCHS 60
#define VISITS 1200000			/* fewer epochs where they were more */
#define EPOCHS_MIN 10
#define RARE_MAX 3.0f			/* weight of a rare class at most */
#define ROWS_MAX 120000
#define WEIGHTS_MAX (32u << 20)		/* rows times classes */
#define VIEWS 3				/* of a mail: words, two of marks */
#define LINE 64			/* bytes of a cache line */
#define NEAR 16			/* lanes of a row that are called for */

struct term {
	uint32_t row;
	float x;
};

struct doc {
	const float *meaning;		/* instead of terms */
	const struct term *t;
	uint32_t n, class;
	uint32_t view[VIEWS];		/* how many of the n are of each */
};

/* What is seen of an example. */
struct visit {
	const struct doc *doc;
	struct term *t;
	size_t n;
};

/* Everything that one training holds. */
struct fit {
	const struct cn_train *train;
	const struct cn_part *part;
	struct cn_model *m;		/* labels, keys, df, idf; no weights */
	struct doc *doc;
	size_t ndoc;
	struct term *term;
	uint8_t *block;			/* [rows]: BLOCK_… */
	float trust;			/* 0 to 1: there are examples enough */
	float doubt;			/* power of the share a label has */
	v8 *w;				/* [rows][lanes] */
	v8 *bias, *p;			/* [lanes] */
	size_t lanes;			/* v8s a row */
	struct visit *this, *next;
	uint32_t draw;			/* state of the fixed sequence */
	u8 *drawn;			/* its next */
	bool wide;			/* the machine has AVX2 */
	struct cn_arena arena;
	float *rare;			/* weight of each class */
	float rate;
};

bool
cn_part_left_out(const struct cn_part *p, uint32_t class)
{
	return p->kc && class % p->kc == p->out2;
}

/* Which one of its class it is among those that are not left out: the same as
 * if these were not there at all. */
static uint32_t
turn(const struct cn_part *p, uint32_t fold)
{
	return p->k ? fold - (fold + p->k - 1 - p->out) / p->k : fold;
}

bool
cn_part_in(const struct cn_part *p, const struct cn_example *e)
{
	if (cn_part_left_out(p, e->class))
		return false;
	if (e->fold == UINT32_MAX)		/* the name of a class */
		return true;
	return !(p->k && e->fold % p->k == p->out) &&
	    !(p->k2 && turn(p, e->fold) % p->k2 == p->out2);
}

bool
cn_part_held(const struct cn_part *p, const struct cn_example *e)
{
	return e->fold != UINT32_MAX && (cn_part_left_out(p, e->class) ||
	    turn(p, e->fold) % p->k2 == p->out2);
}

/* Zeroed, from the start of a cache line on. */
static void *
lines(struct fit *f, size_t n)
{
	char *p = cn_arena_alloc(&f->arena, n + LINE);

	return p + (-(uintptr_t)p & (LINE - 1));
}

static unsigned
view_of(unsigned block)
{
	return block < BLOCK_MARKS ? 0 : block < BLOCK_SECOND ? 1 : 2;
}

static void
make_docs(struct fit *f)
{
	const struct cn_train *t = f->train;
	size_t i, j, total = 0, most = 0;
	struct cn_norm norm;
	struct term *out;
	uint32_t row;
	float x;

	for (i = 0; i < t->n; i++) {
		total += t->ex[i].n;
		most = t->ex[i].n > most ? t->ex[i].n : most;
	}
	f->doc = cn_alloc((t->n + 1) * sizeof(*f->doc));
	most = most < CN_ENCODER_DIM ? CN_ENCODER_DIM : most;
	f->this->t = lines(f, (most + 1) * sizeof(*f->this->t));
	f->next->t = lines(f, (most + 1) * sizeof(*f->next->t));
	f->drawn = lines(f, (most / 8 + 1) * sizeof(*f->drawn));
	out = f->term = cn_alloc((total + 1) * sizeof(*f->term));
	for (i = 0; i < t->n; i++) {
		const struct cn_example *e = &t->ex[i];

		if (!cn_part_in(f->part, e))
			continue;
		cn_model_look_up(f->m, e->tf, e->n, &norm);
		f->doc[f->ndoc].t = out;
		f->doc[f->ndoc].class = e->class;
		for (j = 0; j < e->n; j++) {
			if ((row = e->tf[j].row) == 0)
				continue;
			x = (float)cn_model_tf(e->tf[j].n) *
			    f->m->row[row - 1].idf * norm.inv[e->tf[j].block];
			f->block[row - 1] = (uint8_t)e->tf[j].block;
			if (e->tf[j].block == BLOCK_CHARS)
				x *= 1 - CHARS * f->trust;
			*out++ = (struct term){ row - 1, x };
			f->doc[f->ndoc].view[view_of(e->tf[j].block)]++;
		}
		f->doc[f->ndoc].n = (uint32_t)(out - f->doc[f->ndoc].t);
		f->ndoc++;
	}
}

/* The next n of Knuth's linear congruential sequence, eight in a step. */
static const uint32_t *
draw(struct fit *f, size_t n)
{
	uint32_t mul = 1, add = 0;
	u8 s = { 0 };
	size_t i;

	for (i = 0; i < 8; i++) {
		mul *= 1664525;
		add = add * 1664525 + 1013904223;
		s[i] = f->draw * mul + add;
	}
	for (i = 0; 8 * i < n; i++) {
		f->drawn[i] = s;
		s = s * mul + add;
	}
	if (n)
		f->draw = ((const uint32_t *)f->drawn)[n - 1];
	return (const uint32_t *)f->drawn;
}

/* Chooses what is seen of an example at the next visit, and calls for its
 * weights, which are far away. */
static void
see(struct fit *f, const struct doc *d)
{
	struct visit *v = f->next;
	const uint32_t *drawn;
	size_t i, c, n = 0;

	/* The encoder's numbers mean something together only. */
	for (i = 0; d->meaning && i < CN_ENCODER_DIM; i++)
		v->t[n++] = (struct term){ (uint32_t)i, MEANING *
		    d->meaning[i] };
	drawn = draw(f, d->n);
	for (i = 0; i < d->n; i++) {
		v->t[n].row = d->t[i].row;
		v->t[n].x = d->t[i].x * (1 / SEEN);
		n += drawn[i] >> 8 < (uint32_t)(SEEN * (1 << 24));
	}
	for (i = 0; i < n && d->n; i++)
		for (c = 0; c < f->lanes && c < NEAR; c += 2)
			__builtin_prefetch(f->w + v->t[i].row * f->lanes + c);
	v->n = n;
	v->doc = d;
}

/* Calls for an example that will be visited soon. */
static void
come(const struct doc *d)
{
	size_t i;

	for (i = 0; i < d->n; i += LINE / sizeof(*d->t))
		__builtin_prefetch(d->t + i);
}

#define BATCH 8

/* Adds the rows that are seen to the sums; so many at once that these are
 * loaded and stored once for them. */
CN_TWIN void
add_rows(struct fit *f)
{
	size_t i, j, c, n = f->this->n, lanes = f->lanes;
	const struct term *t = f->this->t;
	const v8 *row[BATCH];
	float x[BATCH];
	v8 sum;

	for (i = 0; i < n; i += BATCH) {
		for (j = 0; j < BATCH; j++) {
			row[j] = f->w + t[i + j < n ? i + j : i].row * lanes;
			x[j] = i + j < n ? t[i + j].x : 0;
		}
		for (c = 0; c < lanes; c++) {
			sum = f->p[c];
#pragma GCC unroll 8
			for (j = 0; j < BATCH; j++)
				sum += x[j] * row[j][c];
			f->p[c] = sum;
		}
	}
}

CN_TWIN void
step(struct fit *f, float rate)
{
	const struct visit *v = f->this;
	size_t i, c, class = v->doc->class;
	float x;
	v8 *w;

	memcpy(f->p, f->bias, f->lanes * sizeof(v8));
	add_rows(f);
	cn_lanes_softmax(f->p, f->m->classes, 1);
	rate *= f->rare[class];
	if (f->doubt > 0)
		rate *= (float)cn_exp((double)f->doubt *
		    cn_log((double)((float *)f->p)[class] + 1e-6));
	((float *)f->p)[class] -= 1;
	for (c = 0; c < f->lanes; c++) {
		f->p[c] *= -rate;
		f->bias[c] += f->p[c] * 0.1f;
	}
	for (i = 0; i < v->n; i++) {
		x = v->t[i].x;
		w = f->w + v->t[i].row * f->lanes;
		for (c = 0; c < f->lanes; c++)
			w[c] += x * f->p[c];
	}
}

CN_WIDE static void
step_wide(struct fit *f, float rate)
{
	step(f, rate);
}

static void
step_any(struct fit *f, float rate)
{
	step(f, rate);
}

/* The root of how much rarer than the mean a class is. */
static void
weigh_classes(struct fit *f)
{
	size_t i, classes = f->m->classes;
	double x;

	for (i = 0; i < f->ndoc; i++)
		f->rare[f->doc[i].class]++;
	for (i = 0; i < classes; i++) {
		if (cn_train_spam(f->train) >= 0) {
			/* Ham is not to be lost because it is frequent. */
			f->rare[i] = 1;
			continue;
		}
		x = cn_root((double)f->ndoc / (double)classes /
		    ((double)f->rare[i] + 0.1));
		f->rare[i] = x < (double)RARE_MAX ? (float)x : RARE_MAX;
	}
}

static size_t
gcd(size_t a, size_t b)
{
	return b ? gcd(b, a % b) : a;
}

/* part: of the epochs, one in so many. */
static int
descend(struct fit *f, const struct cn_train_opts *o, unsigned part,
    struct cn_err *err)
{
	size_t n = f->ndoc, i, stride = (size_t)((double)n * 0.6180339887) | 1;
	unsigned epochs = o->epochs, e;
	struct visit *last;
	float rate;

	if (epochs == 0)
		epochs = n * EPOCHS < VISITS ? EPOCHS :
		    n * EPOCHS_MIN < VISITS ? (unsigned)(VISITS / n) :
		    EPOCHS_MIN;
	epochs = (epochs + part - 1) / part;
	while (gcd(stride, n) != 1)
		stride += 2;
	for (e = 0; e < epochs; e++) {
		if (o->stop && *o->stop)
			return cn_fail(err, CN_TEMPFAIL, "training stopped");
		if (o->progress)
			o->progress(o->progress_arg, e, epochs);
		see(f, &f->doc[e % n]);
		for (i = 0; i < n; i++) {
			rate = f->rate * (1 - (float)(e * n + i) /
			    (float)(epochs * n));
			last = f->this;
			f->this = f->next;
			f->next = last;
			come(&f->doc[((i + 2) * stride + e) % n]);
			if (i + 1 < n)
				see(f, &f->doc[((i + 1) * stride + e) % n]);
			if (f->wide)
				step_wide(f, rate);
			else
				step_any(f, rate);
		}
	}
	return 0;
}

/* Each view by itself; what each says is added.  Where they are learned
 * together the stronger hides what the others know, and a mail that has it
 * from one side alone is misjudged.  The shares were chosen by cross-validation
 * on three fifths of the mails of tests/bench/spam.sh. */
static int
descend_apart(struct fit *f, const struct cn_train_opts *o, struct cn_err *err)
{
	static const float shares[VIEWS] = { 1, 0.5f, 1.5f };
	v8 *bias = lines(f, f->lanes * sizeof(v8));
	char *seen = cn_arena_alloc(&f->arena, f->m->rows + 1);
	size_t i, j, v;
	int rc = 0;

	for (v = 0; v < VIEWS && rc == 0; v++) {
		memset(f->bias, 0, f->lanes * sizeof(v8));
		memset(seen, 0, f->m->rows);
		for (i = 0; i < f->ndoc; i++) {
			f->doc[i].n = f->doc[i].view[v];
			for (j = 0; j < f->doc[i].n; j++)
				seen[f->doc[i].t[j].row] = 1;
		}
		rc = descend(f, o, 1, err);
		for (i = 0; i < f->ndoc; i++)
			f->doc[i].t += f->doc[i].n;
		for (i = 0; i < f->lanes; i++)
			bias[i] += f->bias[i] * shares[v];
		for (i = 0; i < f->m->rows * f->lanes; i++)
			if (seen[i / f->lanes])
				f->w[i] *= shares[v];
	}
	memcpy(f->bias, bias, f->lanes * sizeof(v8));
	return rc;
}

/* Words and characters together, then the words by themselves: among so many
 * characters they learn less than they can say.  Where examples are few, or
 * some are in no class, characters are the better judge. */
static int
descend_twice(struct fit *f, const struct cn_train_opts *o, struct cn_err *err)
{
	v8 *w = f->w, *bias = lines(f, f->lanes * sizeof(v8));
	size_t i, c, n = 0, rows = f->m->rows;
	uint32_t *as = cn_arena_alloc(&f->arena, (rows + 1) * sizeof(*as));
	float again = AGAIN * f->trust;
	struct term *t = f->term;
	int rc;

	rc = descend(f, o, 1, err);
	if (rc < 0 || !(f->trust > 0))
		return rc;
	for (i = 0; i < rows; i++) {
		as[i] = f->block[i] == BLOCK_WORDS ? (uint32_t)++n : 0;
		for (c = 0; f->block[i] == BLOCK_CHARS && c < f->lanes; c++)
			w[i * f->lanes + c] *= 1 - CHARS * f->trust;
	}
	for (i = 0; i < f->ndoc; i++) {
		struct doc *d = &f->doc[i];
		const struct term *from = d->t, *end = from + d->n;

		d->t = t;
		for (; from < end; from++)
			if (as[from->row])
				*t++ = (struct term){ as[from->row] - 1,
				    from->x };
		d->n = (uint32_t)(t - d->t);
	}
	memcpy(bias, f->bias, f->lanes * sizeof(v8));
	memset(f->bias, 0, f->lanes * sizeof(v8));
	f->w = lines(f, (n + 1) * f->lanes * sizeof(v8));
	rc = descend(f, o, 2, err);
	for (i = 0; i < rows; i++)
		for (c = 0; as[i] && c < f->lanes; c++)
			w[i * f->lanes + c] += again *
			    f->w[(as[i] - 1) * f->lanes + c];
	for (c = 0; c < f->lanes; c++)
		f->bias[c] = bias[c] + again * f->bias[c];
	f->w = w;
	return rc;
}

static float
largest(const float *p, size_t n, size_t step)
{
	float max = 0;
	size_t i;

	for (i = 0; i < n; i++) {
		max = p[i * step] > max ? p[i * step] : max;
		max = -p[i * step] > max ? -p[i * step] : max;
	}
	return max;
}

/* The same descent over the encoder's numbers; 8 bits a weight, by class. */
static int
fit_meaning(struct fit *f, const struct cn_train_opts *o, struct cn_model *m,
    struct cn_err *err)
{
	const struct cn_train *t = f->train;
	size_t i, c;
	const float *w;
	float x;

	f->ndoc = 0;
	for (i = 0; i < t->n; i++) {
		if (t->ex[i].meaning == NULL || !cn_part_in(f->part,
		    &t->ex[i]))
			continue;
		f->doc[f->ndoc++] = (struct doc){ .meaning = t->ex[i].meaning,
		    .class = t->ex[i].class };
	}
	if (f->ndoc == 0)
		return 0;
	f->w = lines(f, CN_ENCODER_DIM * f->lanes * sizeof(v8));
	memset(f->bias, 0, f->lanes * sizeof(v8));
	f->doubt = 0;
	if (descend(f, o, 1, err) < 0)
		return -1;
	cn_model_give_meaning(m, cn_encoder_id(t->enc));
	memcpy(m->meaning_bias, f->bias, m->classes * sizeof(float));
	for (c = 0; c < m->classes; c++) {
		w = (const float *)f->w + c;
		x = largest(w, CN_ENCODER_DIM, 8 * f->lanes) * MEANING / 127;
		m->meaning_scale[c] = x;
		for (i = 0; x > 0 && i < CN_ENCODER_DIM; i++)
			m->meaning[i * m->classes + c] = (float)cn_round_half(
			    w[i * 8 * f->lanes] * MEANING / x);
	}
	return 0;
}

struct cn_model *
cn_fit(const struct cn_train *t, const struct cn_train_opts *o,
    const struct cn_part *part, struct cn_err *err)
{
	struct visit visit[2];
	struct fit f = { .train = t, .part = part, .this = visit,
	    .next = visit + 1, .rate = cn_train_spam(t) < 0 ? RATE :
	    RATE_SPAM };
	struct cn_model *m = NULL;
	struct cn_count *c;
	size_t i, n, rows = ROWS_MAX;
	float each;
	int rc;

	if (ROWS_MAX * t->classes > WEIGHTS_MAX)
		rows = WEIGHTS_MAX / t->classes;
	if (o->max_rows && o->max_rows < rows)
		rows = o->max_rows;
	c = cn_vocabulary(t, part, rows, &n);
	f.m = cn_model_new(t->classes, n, 0);
	for (i = 0; i < n; i++) {
		f.m->key[i] = c[i].key;
		f.m->df[i] = c[i].df;
	}
	free(c);
	for (i = 0; i < t->n; i++)
		f.m->examples += cn_part_in(part, &t->ex[i]);
	for (i = 0; i < t->classes; i++) {
		f.m->label[i] = cn_strdup(t->label[i]);
		f.m->priority[i] = (uint8_t)t->priority[i];
	}
	f.m->outside = t->outside;
	cn_model_index(f.m);
	each = (float)f.m->examples / (float)t->classes;
	if (t->outside == 0 && cn_train_spam(t) < 0)
		f.trust = each * each / (each * each + FEW * FEW);
	f.doubt = DOUBT * f.trust;
	f.block = cn_arena_alloc(&f.arena, n + 1);
	make_docs(&f);
	f.wide = cn_wide();
	f.lanes = CN_LANES(t->classes);
	f.w = lines(&f, (n + 1) * f.lanes * sizeof(v8));
	f.bias = lines(&f, f.lanes * sizeof(v8));
	f.p = lines(&f, f.lanes * sizeof(v8));
	f.rare = cn_alloc((t->classes + 1) * sizeof(*f.rare));
	weigh_classes(&f);
	rc = f.ndoc == 0 ? cn_fail(err, CN_CONFIG, "no examples") :
	    cn_train_spam(t) < 0 ? descend_twice(&f, o, err) :
	    descend_apart(&f, o, err);
	if (rc == 0)
		m = cn_quantise(f.m, f.w, f.bias);
	if (m && cn_train_spam(t) >= 0)
		cn_akin_fit(m, t, part);
	if (m && t->enc && fit_meaning(&f, o, m, err) < 0) {
		cn_model_free(m);
		m = NULL;
	}
	free(f.rare);
	free(f.term);
	free(f.doc);
	cn_arena_release(&f.arena);
	cn_model_free(f.m);
	return m;
}
