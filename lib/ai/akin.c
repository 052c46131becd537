/* akin.c - what the most similar mails were that a model of spam has seen
 *
 * Sums over features tell what spam and ham have in common each; what comes in
 * waves, or always from the same hand, is known by its like.  So each mail is
 * kept by its heaviest features (tf-idf, as shares of its length), and a new
 * one is as much more spam as the nearest spam is nearer than the nearest ham
 * (Sakkis et al., 'Stacking classifiers for anti-spam filtering of e-mail',
 * 2001).  Sums are integers, the same in any order.
 *
 * CN_AKIN_KEPT and NEARER were chosen by thirds of the mails of
 * tests/bench/spam.sh. */
#include <stdlib.h>
#include <string.h>

#include "inner.h"

#define NEARER 64.0f			/* in sums, of one length */
#define FULL 255

struct heavy {
	float x;
	uint32_t row;
};

struct cn_akin *
cn_akin_new(size_t n)
{
	struct cn_akin *s = cn_alloc(sizeof(*s));

	s->n = n;
	s->spam = cn_alloc(n + 1);
	s->start = cn_alloc((n + 1) * sizeof(*s->start));
	s->feature = cn_alloc((n * CN_AKIN_KEPT + 1) * sizeof(*s->feature));
	return s;
}

void
cn_akin_free(struct cn_akin *s)
{
	if (s == NULL)
		return;
	free(s->spam);
	free(s->start);
	free(s->feature);
	free(s->first);
	free(s->mail);
	free(s);
}

static int
by_row(const void *a, const void *b)
{
	uint32_t x = ((const struct cn_share *)a)->row;
	uint32_t y = ((const struct cn_share *)b)->row;

	return (x > y) - (x < y);
}

/* The heaviest of what more than one mail had, the earlier at equal weights. */
static size_t
heaviest(const struct cn_model *m, const struct cn_tf *tf, size_t n,
    struct cn_share *out)
{
	struct heavy top[CN_AKIN_KEPT];
	size_t i, j, kept = 0, k = 0;
	/* The idf of what one mail had. */
	float once = (float)(cn_log((1.0 + (double)m->examples) / 2) + 1);
	double square = 0, length;
	float idf, x;

	for (i = 0; i < n; i++) {
		if (tf[i].row == 0 || (idf = m->row[tf[i].row - 1].idf) >= once)
			continue;
		x = (tf[i].n < CN_FEW ? m->few[tf[i].n] :
		    (float)cn_model_tf(tf[i].n)) * (idf - 1);
		square += (double)x * (double)x;
		if (kept == CN_AKIN_KEPT && x <= top[kept - 1].x)
			continue;
		kept += kept < CN_AKIN_KEPT;
		for (j = kept - 1; j > 0 && top[j - 1].x < x; j--)
			top[j] = top[j - 1];
		top[j] = (struct heavy){ x, tf[i].row - 1 };
	}
	length = cn_root(square);
	for (i = 0; i < kept; i++) {
		out[k] = (struct cn_share){ top[i].row, length > 0 ? (uint32_t)
		    cn_round_half((float)((double)top[i].x / length * FULL)) :
		    0 };
		k += out[k].w > 0;
	}
	qsort(out, k, sizeof(*out), by_row);
	return k;
}

/* Not the name of a class. */
static bool
is_mail(const struct cn_part *part, const struct cn_example *e)
{
	return e->fold != UINT32_MAX && cn_part_in(part, e);
}

void
cn_akin_fit(struct cn_model *m, const struct cn_train *t,
    const struct cn_part *part)
{
	uint32_t spam = (uint32_t)cn_train_spam(t), k = 0;
	size_t i, n = 0, step, turn = 0;
	struct cn_norm norm;
	struct cn_akin *s;

	for (i = 0; i < t->n; i++)
		n += is_mail(part, &t->ex[i]);
	step = n > 0 ? (n - 1) / CN_AKIN_MOST + 1 : 1;
	s = m->akin = cn_akin_new(n / step + 1);
	s->n = 0;
	for (i = 0; i < t->n; i++) {
		const struct cn_example *e = &t->ex[i];

		if (!is_mail(part, e) || turn++ % step != 0)
			continue;
		cn_model_look_up(m, e->tf, e->n, &norm);
		s->spam[s->n] = e->class == spam;
		k += (uint32_t)heaviest(m, e->tf, e->n, s->feature + k);
		s->start[++s->n] = k;
	}
	cn_akin_index(m);
}

void
cn_akin_index(struct cn_model *m)
{
	struct cn_akin *s = m->akin;
	uint32_t *at = cn_alloc((m->rows + 1) * sizeof(*at)), j;
	size_t i;

	free(s->first);
	free(s->mail);
	s->first = cn_alloc((m->rows + 1) * sizeof(*s->first));
	s->mail = cn_alloc((s->start[s->n] + 1) * sizeof(*s->mail));
	for (j = 0; j < s->start[s->n]; j++)
		s->first[s->feature[j].row + 1]++;
	for (i = 0; i < m->rows; i++)
		at[i + 1] = s->first[i + 1] += s->first[i];
	for (i = 0; i < s->n; i++)
		for (j = s->start[i]; j < s->start[i + 1]; j++)
			s->mail[at[s->feature[j].row]++] = (struct cn_share){
			    (uint32_t)i, s->feature[j].w };
	free(at);
}

void
cn_akin_add(const struct cn_model *m, const struct cn_tf *tf, size_t n,
    float *score)
{
	const struct cn_akin *s = m->akin;
	uint32_t *sum = cn_alloc((s->n + 1) * sizeof(*sum)), best[2] = { 0 }, j;
	struct cn_share own[CN_AKIN_KEPT];
	size_t kept = heaviest(m, tf, n, own), i, spam;

	for (i = 0; i < kept; i++)
		for (j = s->first[own[i].row]; j < s->first[own[i].row + 1]; j++)
			sum[s->mail[j].row] += own[i].w * s->mail[j].w;
	for (i = 0; i < s->n; i++)
		if (sum[i] > best[s->spam[i]])
			best[s->spam[i]] = sum[i];
	free(sum);
	spam = (size_t)cn_model_spam(m);
	score[spam] += NEARER * ((float)best[1] - (float)best[0]) /
	    (FULL * FULL);
}
