/* lexicon.c - the phrases of moods.txt and rights.txt, sorted by bytes; the
 * Makefile makes lexicon.inc of them */
#include "lexicon.h"

#define LEX(phrase, kind, weight) { phrase, CN_LEX_##kind, weight },
const struct cn_lex cn_lexicon[] = {
#include "lexicon.inc"
};
const size_t cn_nlexicon = sizeof(cn_lexicon) / sizeof(cn_lexicon[0]);
