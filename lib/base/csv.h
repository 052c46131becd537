/* csv.h - comma separated values (RFC 4180), record by record
 *
 * Cells in quotes may hold separators, quotes written twice, and line ends;
 * lines end with LF or CR LF; a byte order mark at the beginning is skipped,
 * empty lines too. */
#ifndef CN_CSV_H
#define CN_CSV_H

#include "buf.h"

#define CN_CSV_CELLS 200		/* of one record, at most */

struct cn_csv {
	const char *p, *end;
	char sep;			/* , ; or TAB */
	int64_t next;			/* line that comes, from 1 */
	int64_t line;			/* line at which the record began */
	struct cn_str raw;		/* its bytes, without the line end */
};

void cn_csv_begin(struct cn_csv *, struct cn_str text);
/* 1: a record, its cells terminated, in the arena; 0: the end; -1 with status
 * 3: a record that is none.  Reading goes on behind it; but behind a quote
 * that is not closed there is nothing to go on with. */
int cn_csv_next(struct cn_csv *, struct cn_arena *,
    const char *cell[CN_CSV_CELLS], size_t *n, struct cn_err *) CN_CHECKED;

#endif
