/* lexicon.h - the word tables behind cn_ai_classify(); not for other layers */
#ifndef CN_LEXICON_H
#define CN_LEXICON_H

#include "words.h"

/* What a phrase is a sign of. */
enum cn_lex_kind {
	CN_LEX_POS, CN_LEX_NEG, CN_LEX_NOT, CN_LEX_URGENT, CN_LEX_CALM,
	CN_LEX_THREAT, CN_LEX_SPAM,
	CN_LEX_AGAIN,			/* once more */
	/* Automatic answers: by their own word; who is away and what becomes
	 * of the mail, which only together make one. */
	CN_LEX_AUTO, CN_LEX_AWAY, CN_LEX_INSTEAD,
	/* Data subject requests: what to do, with what, and by name. */
	CN_LEX_V_ACCESS, CN_LEX_V_ERASE, CN_LEX_V_RECTIFY, CN_LEX_V_OBJECT,
	CN_LEX_V_RESTRICT, CN_LEX_V_PORT,
	CN_LEX_O_DATA, CN_LEX_O_ACCOUNT, CN_LEX_O_MARKETING, CN_LEX_LAW,
	CN_LEX_D_ACCESS, CN_LEX_D_ERASE, CN_LEX_D_RECTIFY, CN_LEX_D_OBJECT,
	CN_LEX_D_RESTRICT, CN_LEX_D_PORT, CN_LEX_MAX
};

struct cn_lex {
	const char *phrase;		/* words; 'delet*' is all that begin
					 * so */
	uint8_t kind;
	uint8_t weight;			/* 1..4; 0 only looks like one */
};

extern const struct cn_lex cn_lexicon[];
extern const size_t cn_nlexicon;

/* A phrase found in a text. */
struct cn_mark {
	uint32_t word, words;		/* the first, and how many */
	uint8_t kind, weight;
};

/* All phrases of a text, of each kind the longest at a place, by place. */
struct cn_mark *cn_lex_scan(const struct cn_words *, size_t *n,
    struct cn_arena *);
/* Is the same phrase among the marks shortly before the i-th? */
bool cn_lex_again(const struct cn_words *, const struct cn_mark *, size_t i);

#endif
