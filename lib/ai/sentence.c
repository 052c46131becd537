/* sentence.c - a letter is more than one sentence: each has its say */
#include <string.h>

#include "base/utf8.h"
#include "sentence.h"

/* The model learned from single sentences; in a letter the one that matters
 * drowns in the story around it.  So a letter is decided by the mean of its
 * sentences, the decided ones counting more, together with the whole. */
#define PIECES_MAX 40
#define SUBJECT_WEIGHT 2.0f
#define REPLY_WEIGHT 0.3f		/* 'Re: …' names the last question */
#define SHARE 0.8f			/* of the mean and of the whole */
#define GREETING_WORDS 6

struct piece {
	struct cn_words words;
	float weight;
};

/* Opens or closes a letter and says nothing else? */
static bool
greeting(const struct cn_words *w)
{
	static const char *const table[] = {
	    "hi ", "hello ", "hey ", "dear ", "good morning ",
	    "good afternoon ", "good evening ", "respected ", "thanks ",
	    "regards ", "best ", "kind ", "yours ", "sent from ",
	    "hallo ", "guten ", "sehr geehrte", "viele ", "mit freundlichen ",
	    "freundliche ", "bonjour ", "bonsoir ", "bien cordialement ",
	    "cordialement ", "envoye ", "hola ", "buenos ", "buenas ",
	    "un saludo ", "gracias de antemano ", "mil gracias ",
	    "namaste ", "namaskar ", "नमस्ते ", "नमस्कार " };
	size_t i;

	if (w->n > GREETING_WORDS)
		return false;
	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++)
		if (strncmp(w->buf + 1, table[i], strlen(table[i])) == 0)
			return true;
	return false;
}

static void
piece(struct piece *all, size_t *n, struct cn_str s, float weight,
    struct cn_arena *arena)
{
	struct piece *p = &all[*n];

	if (s.n == 0 || *n == PIECES_MAX)
		return;
	cn_words(&p->words, s, CN_AI_TEXT_MAX, cn_str(NULL), 0, false, arena);
	p->weight = weight;
	*n += p->words.n >= 2 && !greeting(&p->words);
}

/* Does a sentence end with the byte at i? */
static bool
sentence_end(const char *s, size_t n, size_t i)
{
	char next = i + 1 < n ? s[i + 1] : ' ';

	if (s[i] == '.' || s[i] == '!' || s[i] == '?')
		return next == ' ' || next == '\n' || next == '\r';
	if (s[i] == '\n')	/* a line alone is no end: mails are wrapped */
		return next == '\n' || next == '\r';
	return i >= 2 && memcmp(s + i - 2, "।", 3) == 0;
}

bool
cn_reply_prefix(struct cn_str *s)
{
	static const char *const table[] = { "re:", "aw:", "fw:", "fwd:",
	    "wg:", "tr:", "rv:", "sv:", "antw:" };
	size_t i, k, len;
	bool any = false;

	for (i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		len = strlen(table[i]);
		for (k = 0; k < len && k < s->n && (s->p[k] | 0x20) ==
		    (table[i][k] | 0x20); k++)
			;
		if (k < len)
			continue;
		for (; len < s->n && s->p[len] == ' '; len++)
			;
		s->p += len;
		s->n -= len;
		any = true;
		i = (size_t)-1;
	}
	return any;
}

static size_t
pieces(const struct cn_ai_input *in, struct piece *all, struct cn_arena *arena)
{
	struct cn_str s = in->subject;
	size_t i, from = 0, n = 0, end = in->text.n;
	bool reply;

	s.n = cn_utf8_cut(s.p, s.n, CN_AI_SUBJECT_MAX);
	end = cn_utf8_cut(in->text.p, end, CN_AI_TEXT_MAX);
	reply = cn_reply_prefix(&s);
	piece(all, &n, s, reply ? REPLY_WEIGHT : SUBJECT_WEIGHT, arena);
	for (i = 0; i < end && n < PIECES_MAX; i++) {
		if (i + 1 < end && !sentence_end(in->text.p, end, i))
			continue;
		piece(all, &n, (struct cn_str){ in->text.p + from,
		    i + 1 - from }, 1, arena);
		from = i + 1;
	}
	return n;
}

void
cn_sentences(const struct cn_model *m, const struct cn_ai_input *in,
    float *whole, struct cn_arena *arena)
{
	struct piece all[PIECES_MAX + 1];
	float *score, *p, *mean, weight, sum = 0;
	size_t n, i, c, nf, ntf;
	struct cn_norm norm;
	struct cn_feat *f;
	struct cn_tf *tf;

	n = pieces(in, all, arena);
	if (n < 2)
		return;
	score = cn_arena_alloc(arena, 3 * m->classes * sizeof(*score));
	p = score + m->classes;
	mean = p + m->classes;
	for (i = 0; i < n; i++) {
		f = cn_feats(&all[i].words, &nf, arena);
		tf = cn_tfs(m, f, nf, &ntf, arena);
		if (cn_model_add(m, tf, ntf, score, &norm) == 0)
			continue;
		memcpy(p, score, m->classes * sizeof(*p));
		weight = all[i].weight *
		    p[cn_softmax(p, m->classes, m->temperature)];
		for (c = 0; c < m->classes; c++)
			mean[c] += weight * score[c];
		sum += weight;
	}
	for (c = 0; sum > 0 && c < m->classes; c++)
		whole[c] = SHARE * (whole[c] + mean[c] / sum);
}
