/* tap.h - TAP for the unit tests; included once by a program.
 *
 *	ok(sum == 3, "it adds");
 *	return done(); */
#ifndef CN_TESTS_TAP_H
#define CN_TESTS_TAP_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static int count, failed;

static inline void ok(bool good, const char *what)
{
	printf("%sok %d - %s\n", good ? "" : "not ", ++count, what);
	failed += !good;
}

static inline void is(const char *got, const char *want, const char *what)
{
	bool good = got != NULL && strcmp(got, want) == 0;

	ok(good, what);
	if (!good)
		printf("# got:  %s\n# want: %s\n", got ? got : "NULL", want);
}

/* The plan, and what main() returns. */
static inline int done(void)
{
	printf("1..%d\n", count);
	return failed != 0;
}

#endif
