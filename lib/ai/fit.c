/* fit.c - training: stochastic gradient descent on the softmax loss
 *
 * Examples are visited in a fixed scattered order (steps of the golden ratio
 * through the list), the rate falls linearly to zero.  Each visit sees a part
 * of the example's features only (Hinton et al. 2012, 'dropout'), by a fixed
 * sequence: no feature can rely on its neighbours.  Rare classes weigh more.
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
#define MEANING 2.0f			/* length of the encoder's numbers */
#define SEEN 0.5f			/* share of features seen at a visit */
#define EPOCHS 60
#define VISITS 1200000			/* fewer epochs where they were more */
#define EPOCHS_MIN 10
#define RARE_MAX 3.0f			/* weight of a rare class at most */
#define ROWS_MAX 120000
#define WEIGHTS_MAX (32u << 20)		/* rows times classes */
#define KEEP 4

struct term {
	uint32_t row;
	float x;
};

struct doc {
	const float *meaning;		/* instead of terms */
	const struct term *t;
	uint32_t n, class;
	uint32_t marks;			/* the last of the n */
};

/* Everything that one training holds. */
struct fit {
	const struct cn_train *train;
	const struct cn_part *part;
	struct cn_model *m;		/* labels, keys, df, idf; no weights */
	struct doc *doc;
	size_t ndoc;
	struct term *term;
	v4 *w;				/* [rows][lanes] */
	v4 *bias, *p;			/* [lanes] */
	size_t lanes;			/* v4s a row */
	struct term *seen;		/* of the example that is visited */
	uint32_t draw;			/* state of the fixed sequence */
	float *rare;			/* weight of each class */
};

static bool
left_out(const struct cn_part *p, const struct cn_example *e)
{
	return p->classes && e->class % p->k2 == p->out2;
}

bool
cn_part_in(const struct cn_part *p, const struct cn_example *e)
{
	if (left_out(p, e))
		return false;
	if (e->fold == UINT32_MAX)		/* the name of a class */
		return true;
	return !(p->k && e->fold % p->k == p->out) &&
	    !(p->k2 && e->fold / (p->k ? p->k : 1) % p->k2 == p->out2);
}

bool
cn_part_held(const struct cn_part *p, const struct cn_example *e)
{
	return e->fold != UINT32_MAX &&
	    e->fold / (p->k ? p->k : 1) % p->k2 == p->out2;
}

struct count {
	uint32_t key, df;
};

static int
by_key(const void *a, const void *b)
{
	uint32_t x = ((const struct count *)a)->key;
	uint32_t y = ((const struct count *)b)->key;

	return x < y ? -1 : x > y;
}

static struct count *
double_size(struct count *c, size_t *size)
{
	struct count *bigger = cn_alloc(2 * *size * sizeof(*c));
	size_t j, at;

	for (j = 0; j < *size; j++) {
		if (c[j].df == 0)
			continue;
		for (at = c[j].key & (2 * *size - 1); bigger[at].df;
		    at = (at + 1) & (2 * *size - 1))
			;
		bigger[at] = c[j];
	}
	*size *= 2;
	free(c);
	return bigger;
}

/* Distinct keys with their document frequency, by key; yours to free. */
static struct count *
vocabulary(const struct cn_train *t, const struct cn_part *part, size_t *n)
{
	size_t size = 1024, used = 0, i, j, at;
	struct count *c = cn_alloc(size * sizeof(*c));

	for (i = 0; i < t->n; i++) {
		if (!cn_part_in(part, &t->ex[i]))
			continue;
		/* Room first: a table that is full is searched for ever. */
		while (2 * (used + t->ex[i].n) >= size)
			c = double_size(c, &size);
		for (j = 0; j < t->ex[i].n; j++) {
			for (at = t->ex[i].tf[j].key & (size - 1); c[at].df &&
			    c[at].key != t->ex[i].tf[j].key;
			    at = (at + 1) & (size - 1))
				;
			used += c[at].df == 0;
			c[at].key = t->ex[i].tf[j].key;
			c[at].df++;
		}
	}
	for (i = j = 0; i < size; i++)
		if (c[i].df)
			c[j++] = c[i];
	qsort(c, j, sizeof(*c), by_key);
	*n = j;
	return c;
}

/* Keeps the max most frequent, ties by key. */
static size_t
select_rows(struct count *c, size_t n, size_t max)
{
	size_t i, j, above = 0, room;
	uint32_t cut = 0;

	if (n <= max)
		return n;
	do {
		cut++;
		for (above = i = 0; i < n; i++)
			above += c[i].df > cut;
	} while (above > max);
	room = max - above;
	for (i = j = 0; i < n; i++)
		if (c[i].df > cut || (c[i].df == cut && room && room--))
			c[j++] = c[i];
	return j;
}

static void
make_docs(struct fit *f)
{
	const struct cn_train *t = f->train;
	size_t i, j, total = 0, most = 0;
	float score[CN_MODEL_CLASSES];
	struct cn_norm norm;
	struct term *out;
	uint32_t row;

	for (i = 0; i < t->n; i++) {
		total += t->ex[i].n;
		most = t->ex[i].n > most ? t->ex[i].n : most;
	}
	f->doc = cn_alloc((t->n + 1) * sizeof(*f->doc));
	most = most < CN_ENCODER_DIM ? CN_ENCODER_DIM : most;
	f->seen = cn_alloc((most + 1) * sizeof(*f->seen));
	out = f->term = cn_alloc((total + 1) * sizeof(*f->term));
	for (i = 0; i < t->n; i++) {
		const struct cn_example *e = &t->ex[i];

		if (!cn_part_in(f->part, e))
			continue;
		cn_model_score(f->m, e->tf, e->n, score, &norm);
		f->doc[f->ndoc].t = out;
		f->doc[f->ndoc].class = e->class;
		for (j = 0; j < e->n; j++) {
			if ((row = e->tf[j].row) == 0)
				continue;
			out->row = row - 1;
			out++->x = (float)cn_model_tf(e->tf[j].n) *
			    f->m->row[row - 1].idf * norm.inv[e->tf[j].block];
			f->doc[f->ndoc].marks += e->tf[j].block == BLOCK_MARKS;
		}
		f->doc[f->ndoc].n = (uint32_t)(out - f->doc[f->ndoc].t);
		f->ndoc++;
	}
}

/* Chooses what is seen of an example this time; returns how much. */
static size_t
see(struct fit *f, const struct doc *d)
{
	size_t i, n = 0;

	/* The encoder's numbers mean something together only. */
	for (i = 0; d->meaning && i < CN_ENCODER_DIM; i++)
		f->seen[n++] = (struct term){ (uint32_t)i, MEANING *
		    d->meaning[i] };
	for (i = 0; i < d->n; i++) {
		/* Knuth's linear congruential sequence, its upper bits. */
		f->draw = f->draw * 1664525 + 1013904223;
		if ((float)(f->draw >> 8) >= SEEN * (1 << 24))
			continue;
		f->seen[n] = d->t[i];
		f->seen[n++].x *= 1 / SEEN;
	}
	return n;
}

static void
step(struct fit *f, const struct doc *d, float rate)
{
	size_t i, c, n = see(f, d);
	float *p = (float *)f->p, y;
	v4 x, *w;

	memcpy(f->p, f->bias, f->lanes * sizeof(v4));
	for (i = 0; i < n; i++) {
		y = f->seen[i].x;
		x = (v4){ y, y, y, y };
		w = f->w + f->seen[i].row * f->lanes;
		for (c = 0; c < f->lanes; c++)
			f->p[c] += x * w[c];
	}
	cn_softmax(p, f->m->classes, 1);
	p[d->class] -= 1;
	rate *= f->rare[d->class];
	for (c = 0; c < f->m->classes; c++)
		p[c] *= -rate;
	for (c = f->m->classes; c < 4 * f->lanes; c++)
		p[c] = 0;
	for (c = 0; c < f->lanes; c++)
		f->bias[c] += f->p[c] * (v4){ 0.1f, 0.1f, 0.1f, 0.1f };
	for (i = 0; i < n; i++) {
		y = f->seen[i].x;
		x = (v4){ y, y, y, y };
		w = f->w + f->seen[i].row * f->lanes;
		for (c = 0; c < f->lanes; c++)
			w[c] += x * f->p[c];
	}
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

static int
descend(struct fit *f, const struct cn_train_opts *o, struct cn_err *err)
{
	unsigned epochs = o->epochs, e;
	size_t n = f->ndoc, i, stride = (size_t)((double)n * 0.6180339887) | 1;
	float rate;

	if (epochs == 0)
		epochs = n * EPOCHS < VISITS ? EPOCHS :
		    n * EPOCHS_MIN < VISITS ? (unsigned)(VISITS / n) :
		    EPOCHS_MIN;
	while (gcd(stride, n) != 1)
		stride += 2;
	for (e = 0; e < epochs; e++) {
		if (o->stop && *o->stop)
			return cn_fail(err, CN_TEMPFAIL, "training stopped");
		if (o->progress)
			o->progress(o->progress_arg, e, epochs);
		for (i = 0; i < n; i++) {
			rate = RATE * (1 - (float)(e * n + i) /
			    (float)(epochs * n));
			step(f, &f->doc[(i * stride + e) % n], rate);
		}
	}
	return 0;
}

/* The words by themselves, then the marks: what either says is added.  Where
 * both are learned together the stronger hides what the other knows, and a mail
 * that has it from one side alone is misjudged. */
static int
descend_apart(struct fit *f, const struct cn_train_opts *o, struct cn_err *err)
{
	v4 *bias = cn_alloc(f->lanes * sizeof(v4));
	size_t i;
	int rc;

	for (i = 0; i < f->ndoc; i++)
		f->doc[i].n -= f->doc[i].marks;
	rc = descend(f, o, err);
	memcpy(bias, f->bias, f->lanes * sizeof(v4));
	memset(f->bias, 0, f->lanes * sizeof(v4));
	for (i = 0; i < f->ndoc; i++) {
		f->doc[i].t += f->doc[i].n;
		f->doc[i].n = f->doc[i].marks;
	}
	if (rc == 0)
		rc = descend(f, o, err);
	for (i = 0; i < f->lanes; i++)
		f->bias[i] += bias[i];
	free(bias);
	return rc;
}

static int
by_float(const void *a, const void *b)
{
	float x = *(const float *)a, y = *(const float *)b;

	return x < y ? -1 : x > y;
}

static int
round_half(float x)
{
	return (int)(x < 0 ? x - 0.5f : x + 0.5f);
}

/* Centre on the median, quantise to 8 bits, drop what is next to nothing. */
static struct cn_model *
quantise(struct fit *f)
{
	size_t classes = f->m->classes, rows = f->m->rows, r, c, n = 0, k = 0;
	struct cn_model *m = cn_model_new(classes, rows, rows * classes);
	float sorted[CN_MODEL_CLASSES], mid, max, d;
	const float *w;
	int q;

	for (r = 0; r < rows; r++) {
		w = (const float *)(f->w + r * f->lanes);
		memcpy(sorted, w, classes * sizeof(*w));
		qsort(sorted, classes, sizeof(*sorted), by_float);
		mid = (sorted[(classes - 1) / 2] + sorted[classes / 2]) / 2;
		max = sorted[classes - 1] - mid;
		if (mid - sorted[0] > max)
			max = mid - sorted[0];
		if (!(max > 0))
			continue;
		m->key[k] = f->m->key[r];
		m->df[k] = f->m->df[r];
		m->row[k].scale = max / 127;
		for (c = 0; c < classes; c++) {
			d = (w[c] - mid) / max * 127;
			q = round_half(d);
			if (q > -KEEP && q < KEEP)
				continue;
			m->weight[n].class = (uint16_t)c;
			m->weight[n++].w = (int16_t)q;
		}
		m->row[++k].start = (uint32_t)n;
	}
	m->rows = k;
	m->weight = cn_realloc(m->weight, (n + 1) * sizeof(*m->weight));
	m->examples = f->m->examples;
	m->outside = f->m->outside;
	memcpy(m->bias, f->bias, classes * sizeof(*m->bias));
	for (c = 0; c < classes; c++) {
		m->label[c] = cn_strdup(f->m->label[c]);
		m->priority[c] = f->m->priority[c];
	}
	cn_model_index(m);
	return m;
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
	free(f->w);
	f->w = cn_alloc(CN_ENCODER_DIM * f->lanes * sizeof(v4));
	memset(f->bias, 0, f->lanes * sizeof(v4));
	if (descend(f, o, err) < 0)
		return -1;
	cn_model_give_meaning(m, cn_encoder_id(t->enc));
	memcpy(m->meaning_bias, f->bias, m->classes * sizeof(float));
	for (c = 0; c < m->classes; c++) {
		w = (const float *)f->w + c;
		x = largest(w, CN_ENCODER_DIM, 4 * f->lanes) * MEANING / 127;
		m->meaning_scale[c] = x;
		for (i = 0; x > 0 && i < CN_ENCODER_DIM; i++)
			m->meaning[i * m->classes + c] = (float)round_half(
			    w[i * 4 * f->lanes] * MEANING / x);
	}
	return 0;
}

struct cn_model *
cn_fit(const struct cn_train *t, const struct cn_train_opts *o,
    const struct cn_part *part, struct cn_err *err)
{
	struct fit f = { .train = t, .part = part };
	struct cn_model *m = NULL;
	struct count *c;
	size_t i, n, rows = ROWS_MAX;
	int rc;

	c = vocabulary(t, part, &n);
	if (ROWS_MAX * t->classes > WEIGHTS_MAX)
		rows = WEIGHTS_MAX / t->classes;
	if (o->max_rows && o->max_rows < rows)
		rows = o->max_rows;
	n = select_rows(c, n, rows);
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
	make_docs(&f);
	f.lanes = (t->classes + 3) / 4;
	f.w = cn_alloc((n + 1) * f.lanes * sizeof(v4));
	f.bias = cn_alloc(f.lanes * sizeof(v4));
	f.p = cn_alloc(f.lanes * sizeof(v4));
	f.rare = cn_alloc((t->classes + 1) * sizeof(*f.rare));
	weigh_classes(&f);
	rc = f.ndoc == 0 ? cn_fail(err, CN_CONFIG, "no examples") :
	    cn_train_spam(t) < 0 ? descend(&f, o, err) :
	    descend_apart(&f, o, err);
	if (rc == 0)
		m = quantise(&f);
	if (m && t->enc && fit_meaning(&f, o, m, err) < 0) {
		cn_model_free(m);
		m = NULL;
	}
	free(f.rare);
	free(f.seen);
	free(f.p);
	free(f.bias);
	free(f.w);
	free(f.term);
	free(f.doc);
	cn_model_free(f.m);
	return m;
}
