/* lanes.h - sums over classes, eight at a time; not for other layers
 *
 * Element by element, so that the result is that of any other width: a
 * function made of these is compiled twice, for AVX2 and for any machine, and
 * gives the same bits.  -DCN_NARROW never takes the first, to test that.  Rows
 * of classes are filled up to whole lanes. */
#ifndef CN_LANES_H
#define CN_LANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef float v8 __attribute__((vector_size(32)));
typedef int32_t i8 __attribute__((vector_size(32)));
typedef uint32_t u8 __attribute__((vector_size(32)));
typedef float v4 __attribute__((vector_size(16)));
typedef double d4 __attribute__((vector_size(32)));

#define CN_TWIN static inline __attribute__((always_inline))
#ifdef __x86_64__
#define CN_WIDE __attribute__((target("avx2")))
#else
#define CN_WIDE
#endif
#if defined(__x86_64__) && !defined(CN_NARROW)
#define cn_wide() __builtin_cpu_supports("avx2")
#define cn_widest() (__builtin_cpu_supports("avx512bw") && \
    __builtin_cpu_supports("avx512vnni"))
#else
#define cn_wide() false
#define cn_widest() false
#endif

/* v8s that hold so many classes. */
#define CN_LANES(n) (((n) + 7) / 8)

CN_TWIN void
cn_lanes_larger(v8 *a, const v8 *b)
{
	i8 less = *a < *b;

	*a = (v8)(((i8)*b & less) | ((i8)*a & ~less));
}

/* e^x, x <= 0, good to 1e-7; as if x were -87 below that. */
CN_TWIN void
cn_lanes_exp(v8 *at)
{
	const v8 one = { 1, 1, 1, 1, 1, 1, 1, 1 }, least = one * -87;
	v8 x = *at, f, r, p;
	i8 k;

	cn_lanes_larger(&x, &least);
	k = __builtin_convertvector(x * 1.44269504f - 0.5f, i8);
	f = __builtin_convertvector(k, v8);
	r = x - f * 0.693359375f;	/* ln 2 in two parts */
	r = r + f * 2.12194440e-4f;
	p = r * (1 / 5040.0f) + 1 / 720.0f;
	p = p * r + 1 / 120.0f;
	p = p * r + 1 / 24.0f;
	p = p * r + 1 / 6.0f;
	p = p * r + 0.5f;
	p = p * r + one;
	p = p * r + one;
	*at = p * (v8)((k + 127) << 23);
}

/* Softmax of n > 0 sums times inv, in place; what is behind them becomes 0.
 * Returns the largest sum. */
CN_TWIN float
cn_lanes_softmax(v8 *x, size_t n, float inv)
{
	const i8 count = { 0, 1, 2, 3, 4, 5, 6, 7 };
	size_t lanes = CN_LANES(n), i;
	i8 in = count < (i8){ 0 } + (int32_t)(n - 8 * (lanes - 1));
	v8 top, *last = &x[lanes - 1];
	float max = x[0][0];
	d4 sum[2] = { { 0 }, { 0 } };
	v4 half[2];

	*last = (v8)(((i8)*last & in) | ((i8)((v8){ 0 } + max) & ~in));
	for (top = x[0], i = 1; i < lanes; i++)
		cn_lanes_larger(&top, &x[i]);
	for (i = 0; i < 8; i++)
		max = top[i] > max ? top[i] : max;
	for (i = 0; i < lanes; i++) {
		x[i] = (x[i] - max) * inv;
		cn_lanes_exp(&x[i]);
	}
	*last = (v8)((i8)*last & in);
	for (i = 0; i < lanes; i++) {
		__builtin_memcpy(half, &x[i], sizeof(half));
		sum[0] += __builtin_convertvector(half[0], d4);
		sum[1] += __builtin_convertvector(half[1], d4);
	}
	sum[0] += sum[1];
	inv = (float)(1 / (sum[0][0] + sum[0][1] + sum[0][2] + sum[0][3]));
	for (i = 0; i < lanes; i++)
		x[i] *= inv;
	return max;
}

#endif
