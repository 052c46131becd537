/* sentence.c - a letter is more than one sentence: each has its say
 *
 * The sentence that matters drowns in the story around it.  So a letter is
 * decided by the mean of its sentences, the decided ones counting much more,
 * together with the whole: the more there are, the less the whole tells, down
 * to half.  Two or three say more together than apart: with equal shares for
 * all texts, by five folds of banking77, 91.29 of a hundred are right, by wholes
 * alone 91.40, as by these.  Of bitext's queries among three sentences of small
 * talk the starter gets 50 by equal shares, 34 by wholes, 52 by these; among
 * six 20, 12 and 41. */
#include <string.h>

#include "base/utf8.h"
#include "sentence.h"

#define PIECES_MAX 40
#define SUBJECT_WEIGHT 2.0f
#define REPLY_WEIGHT 0.3f		/* 'Re: …' names the last question */
#define PIECES_MIN 4
#define LETTER 120			/* bytes; shorter ones have not so many */
#define SHARE 0.12f			/* of each sentence after the second, */
#define SHARE_MAX 0.5f			/* of all of them at most */
#define SURER 0.6f			/* what they agree on is the surer */
#define GREETING_WORDS 6

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

/* Their features, one after the other. */
struct made {
	struct cn_piece *v;
	size_t n, keys, room;
	uint32_t *key;
	struct cn_arena *arena;
};

static void
piece(struct made *d, struct cn_str s, float weight)
{
	struct cn_words words;
	uint32_t *key, *all;
	size_t nwords, n;

	if (s.n == 0 || d->n == PIECES_MAX)
		return;
	cn_words(&words, s, CN_AI_TEXT_MAX, cn_str(NULL), 0, false, d->arena);
	if (words.n < 2 || greeting(&words))
		return;
	key = cn_keys(&words, &nwords, &n, d->arena);
	if (d->keys + n > d->room) {
		d->room = 2 * (d->keys + n);
		all = cn_arena_alloc(d->arena, d->room * sizeof(*all));
		if (d->keys)
			memcpy(all, d->key, d->keys * sizeof(*all));
		d->key = all;
	}
	memcpy(d->key + d->keys, key, n * sizeof(*key));
	d->keys += n;
	d->v[d->n++] = (struct cn_piece){ (uint32_t)nwords, (uint32_t)n,
	    weight };
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

/* How many there are at most. */
static size_t
ends(struct cn_str subject, struct cn_str text)
{
	/* Last bytes of what ends a sentence, for speed. */
	static const bool may[256] = { ['.'] = true, ['!'] = true,
	    ['?'] = true, ['\n'] = true, [0xa4] = true };
	size_t i, n = (subject.n > 0) + (text.n > 0);

	for (i = 0; i + 1 < text.n; i++)
		if (may[(unsigned char)text.p[i]])
			n += sentence_end(text.p, text.n, i);
	return n;
}

void
cn_pieces(const struct cn_ai_input *in, struct cn_pieces *out,
    struct cn_arena *arena)
{
	struct cn_str s = in->subject, t = in->text;
	struct made d = { .arena = arena };
	size_t i, from = 0;
	bool reply;

	*out = (struct cn_pieces){ .n = 0 };
	s.n = cn_utf8_cut(s.p, s.n, CN_AI_SUBJECT_MAX);
	t.n = cn_utf8_cut(t.p, t.n, CN_AI_TEXT_MAX);
	if (s.n + t.n < LETTER || ends(s, t) < PIECES_MIN)
		return;
	d.v = cn_arena_alloc(arena, PIECES_MAX * sizeof(*d.v));
	reply = cn_reply_prefix(&s);
	piece(&d, s, reply ? REPLY_WEIGHT : SUBJECT_WEIGHT);
	for (i = 0; i < t.n && d.n < PIECES_MAX; i++) {
		if (i + 1 < t.n && !sentence_end(t.p, t.n, i))
			continue;
		piece(&d, (struct cn_str){ t.p + from, i + 1 - from }, 1);
		from = i + 1;
	}
	if (d.n >= PIECES_MIN)
		*out = (struct cn_pieces){ d.n, d.v, d.key };
}

void
cn_sentences(const struct cn_model *m, const struct cn_pieces *x,
    float *whole)
{
	float score[CN_MODEL_CLASSES], p[CN_MODEL_CLASSES], sure, weight;
	float mean[CN_MODEL_CLASSES], sum = 0, share, scale;
	struct cn_arena arena = { 0 };
	const uint32_t *key = x->key;
	struct cn_norm norm;
	struct cn_tf *tf;
	size_t i, c, n;

	memset(mean, 0, m->classes * sizeof(*mean));
	for (i = 0; i < x->n; i++) {
		tf = cn_keys_tfs(m, key, x->v[i].words, x->v[i].keys, &n,
		    &arena);
		key += x->v[i].keys;
		if (cn_model_add(m, tf, n, score, &norm) == 0)
			continue;
		memcpy(p, score, m->classes * sizeof(*p));
		sure = p[cn_softmax(p, m->classes, 1)];
		weight = x->v[i].weight * sure * sure * sure;
		for (c = 0; c < m->classes; c++)
			mean[c] += weight * score[c];
		sum += weight;
	}
	cn_arena_release(&arena);
	if (!(sum > 0))
		return;
	share = SHARE * (float)(x->n - 2);
	share = share > SHARE_MAX ? SHARE_MAX : share;
	scale = 1 + SURER * share;
	for (c = 0; c < m->classes; c++)
		whole[c] = scale * ((1 - share) * whole[c] + share * mean[c] /
		    sum);
}
