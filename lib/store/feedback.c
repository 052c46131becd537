#include "store/feedback.h"

#include <stdlib.h>
#include <string.h>

#include "store/person.h"
#include "store/sql.h"

int cn_feedback_add(struct cn_store *s, int64_t message, const char *macro,
    int64_t draft, bool accepted, struct cn_err *err)
{
	if (cn_do(s, err, "DELETE FROM feedback WHERE message = ? AND macro IS"
	    " ? AND draft IS nullif(?, 0)", "isi", message, macro,
	    draft) < 0)
		return -1;
	return cn_do(s, err, "INSERT INTO feedback(message, macro, draft,"
	    " accepted, time) VALUES(?, ?, nullif(?, 0), ?, ?)", "isiii",
	    message, macro, draft, (int64_t)accepted, cn_store_now(s));
}

int cn_feedback_list(struct cn_store *s, struct cn_arena *mem,
    struct cn_feedback **out, size_t *n, struct cn_err *err)
{
	sqlite3_stmt *st = cn_bind(s, err, "SELECT f.macro, f.draft,"
	    " sum(f.accepted), sum(1 - f.accepted) FROM feedback f JOIN"
	    " message m ON m.id = f.message LEFT JOIN person p ON p.id ="
	    " m.person WHERE m.person IS NULL OR (p.state = 'live' AND"
	    " p.may & ?) GROUP BY f.macro, f.draft ORDER BY f.draft, f.macro",
	    "i", (int64_t)CN_MAY_SUGGEST);
	struct cn_feedback *v = NULL;
	size_t cap = 0;
	int r = -1;

	*n = 0;
	while (st != NULL && (r = cn_step(s, st, err)) == 1) {
		if (*n == cap) {
			cap = cap ? cap * 2 : 64;
			v = cn_realloc(v, cap * sizeof(*v));
		}
		v[(*n)++] = (struct cn_feedback){ cn_col_dup(mem, st, 0),
		    sqlite3_column_int64(st, 1), sqlite3_column_int64(st, 2),
		    sqlite3_column_int64(st, 3) };
	}
	*out = cn_arena_alloc(mem, (*n + 1) * sizeof(**out));
	if (*n > 0)
		memcpy(*out, v, *n * sizeof(*v));
	free(v);
	return r;
}
