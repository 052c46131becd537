/* meaning.c - the encoder's side of a model
 *
 * Two models, trained apart, whose sums are added: the words decide alone
 * where the encoder is not installed or does not know the language. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "inner.h"

void
cn_model_give_meaning(struct cn_model *m, const char *encoder)
{
	snprintf(m->encoder, sizeof(m->encoder), "%s", encoder);
	m->mix = 1;
	m->temperature_use = m->temperature_side = 1;
	m->meaning = cn_alloc(CN_ENCODER_DIM * m->classes *
	    sizeof(*m->meaning));
	m->meaning_scale = cn_alloc(m->classes * sizeof(*m->meaning_scale));
	m->meaning_bias = cn_alloc(m->classes * sizeof(*m->meaning_bias));
}

const char *
cn_model_encoder(const struct cn_model *m)
{
	return m->encoder[0] ? m->encoder : NULL;
}

void
cn_model_lend(struct cn_model *m, const struct cn_encoder *enc)
{
	if (enc == NULL || m->use ||
	    strcmp(m->encoder, cn_encoder_id(enc)) != 0)
		return;
	m->use = enc;
	snprintf(m->id_use, sizeof(m->id_use), "%s+use", m->id);
}

void
cn_model_use(struct cn_model *m, struct cn_encoder *enc)
{
	bool before = m->use != NULL;

	cn_model_lend(m, enc);
	if (m->use != NULL && !before)
		m->own = enc;
	else
		cn_encoder_free(enc);
}

float *
cn_meaning(const struct cn_encoder *enc, const struct cn_ai_input *in,
    struct cn_arena *arena)
{
	struct cn_str s = in->subject, t = in->text;
	char language[8], *both;
	float *out;

	s.n = cn_utf8_cut(s.p, s.n, CN_AI_SUBJECT_MAX);
	t.n = cn_utf8_cut(t.p, t.n, CN_ENCODER_TEXT);
	cn_ai_language(t.n ? t : s, language);
	if (!cn_encoder_speaks(language))
		return NULL;
	both = cn_arena_alloc(arena, s.n + t.n + 2);
	if (s.n)
		memcpy(both, s.p, s.n);
	both[s.n] = ' ';
	if (t.n)
		memcpy(both + s.n + 1, t.p, t.n);
	out = cn_arena_alloc(arena, CN_ENCODER_DIM * sizeof(*out));
	t = (struct cn_str){ both + (s.n == 0), t.n + s.n + (s.n > 0) };
	return cn_encode(enc, t, out, arena) ? out : NULL;
}

float *
cn_model_meaning(const struct cn_model *m, const float *meaning, float *score)
{
	size_t i, c;
	const float *w;

	if (m->meaning == NULL || meaning == NULL)
		return NULL;
	memset(score, 0, m->classes * sizeof(*score));
	for (i = 0; i < CN_ENCODER_DIM; i++) {
		w = m->meaning + i * m->classes;
		for (c = 0; c < m->classes; c++)
			score[c] += meaning[i] * w[c];
	}
	for (c = 0; c < m->classes; c++)
		score[c] = score[c] * m->meaning_scale[c] + m->meaning_bias[c];
	return score;
}
