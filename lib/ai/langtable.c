/* langtable.c - what langprofile.py made, as data
 *
 * A weight is a printable character: '#' is the least, and '?' and '\' are
 * left out, for a string would read them as something else. */
#include "language.h"

#define LEAST (-44)

int
cn_lang_weight(char c)
{
	return c - '#' - (c > '?') - (c > '\\') + LEAST;
}

#include "langprofile.inc"
