/* quantise.c - learned weights in 8 bits
 *
 * A row is centred on its median, which moves all classes alike and so changes
 * no probability; what is next to nothing is dropped. */
#include <string.h>

#include "inner.h"

#define KEEP 4

/* The median (Hoare's selection, 1961); puts them in another order. */
static float
median(float *w, size_t n)
{
	size_t from = 0, to = n - 1, k = n / 2, i, j;
	float pivot, x, below;

	while (from < to) {
		pivot = w[from + (to - from) / 2];
		for (i = from, j = to;; i++, j--) {
			while (w[i] < pivot)
				i++;
			while (w[j] > pivot)
				j--;
			if (i >= j)
				break;
			x = w[i];
			w[i] = w[j];
			w[j] = x;
		}
		if (k <= j)
			to = j;
		else
			from = j + 1;
	}
	if (n % 2)
		return w[k];
	for (below = w[0], i = 1; i < k; i++)
		below = w[i] > below ? w[i] : below;
	return (below + w[k]) / 2;
}

int
cn_round_half(float x)
{
	return (int)(x < 0 ? x - 0.5f : x + 0.5f);
}

struct cn_model *
cn_quantise(const struct cn_model *of, const v8 *weights, const v8 *bias)
{
	size_t classes = of->classes, rows = of->rows, r, c, n = 0, k = 0;
	struct cn_model *m = cn_model_new(classes, rows, rows * classes);
	float mixed[CN_MODEL_CLASSES], mid, max, d;
	const float *w;
	int q;

	for (r = 0; r < rows; r++) {
		w = (const float *)(weights + r * CN_LANES(classes));
		memcpy(mixed, w, classes * sizeof(*w));
		mid = median(mixed, classes);
		for (max = 0, c = 0; c < classes; c++) {
			d = w[c] < mid ? mid - w[c] : w[c] - mid;
			max = d > max ? d : max;
		}
		if (!(max > 0))
			continue;
		m->key[k] = of->key[r];
		m->df[k] = of->df[r];
		m->row[k].scale = max / 127;
		for (c = 0; c < classes; c++) {
			d = (w[c] - mid) / max * 127;
			q = cn_round_half(d);
			if (q > -KEEP && q < KEEP)
				continue;
			m->weight[n].class = (uint16_t)c;
			m->weight[n++].w = (int16_t)q;
		}
		m->row[++k].start = (uint32_t)n;
	}
	m->rows = k;
	m->weight = cn_realloc(m->weight, (n + 1) * sizeof(*m->weight));
	m->examples = of->examples;
	m->outside = of->outside;
	memcpy(m->bias, bias, classes * sizeof(*m->bias));
	for (c = 0; c < classes; c++) {
		m->label[c] = cn_strdup(of->label[c]);
		m->priority[c] = of->priority[c];
	}
	cn_model_index(m);
	return m;
}
