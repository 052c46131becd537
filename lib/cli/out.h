/* out.h - rows for people and programs: table, TSV, CSV, JSON lines
 *
 * A command describes its columns once and gives rows of strings; the writer
 * aligns, escapes and quotes for the format.  A table is aligned by the
 * display width of its first 200 rows and cut to the terminal, or, where that
 * holds no row, has a line for each cell; control and bidi characters are
 * escaped in tables, so that no mail can drive a terminal (or reorder what the
 * reader sees). */
#ifndef CN_OUT_H
#define CN_OUT_H

#include "cli/run.h"

enum cn_format {
	CN_FMT_AUTO,		/* a table on a terminal, else JSON lines */
	CN_FMT_TABLE, CN_FMT_JSONL, CN_FMT_CSV, CN_FMT_TSV
};
/* The words for an option --format in this order, NULL-ended. */
extern const char *const cn_format_words[];

enum cn_col_type {
	CN_COL_TEXT,
	CN_COL_NUM,		/* right-aligned; a bare number in JSON */
	CN_COL_JSON		/* raw JSON in JSON lines, text elsewhere */
};

struct cn_col {
	const char *name;	/* heading and JSON member */
	enum cn_col_type type;
	int max;		/* columns in a table at most; 0: as needed */
};

struct cn_out;

/* Writes through cli->out; cols are borrowed until cn_out_end(). */
struct cn_out *cn_out_new(struct cn_cli *, enum cn_format,
    const struct cn_col *cols, size_t ncols);
/* One row of ncols cells; a cell with p == NULL is absent (JSON null). */
int cn_out_row(struct cn_out *, const struct cn_str *cells, struct cn_err *)
    CN_CHECKED;
/* The same from C strings (NULL: absent), exactly ncols of them. */
int cn_out_rowv(struct cn_out *, struct cn_err *, ...) CN_CHECKED;
/* Frees it (NULL: there was none), before which, where r is 0, the table is
 * ended; r, or -1.  Does not flush cli->out. */
int cn_out_end(struct cn_out *, int r, struct cn_err *) CN_CHECKED;

/* Appends text safe for a terminal: LF, CR and TAB as \n, \r and \t, other
 * C0, C1 and DEL as \xNN, bidi controls, tags and line separators as
 * <U+NNNN>, ill-formed bytes as U+FFFD. */
void cn_out_safe(struct cn_buf *, struct cn_str);
/* Display columns of UTF-8 text. */
int cn_out_width(struct cn_str);
/* Appends a CSV cell (RFC 4180); one that starts with = + - @ TAB or CR is
 * quoted and gets a leading apostrophe, so that no spreadsheet runs it
 * (OWASP, 'CSV Injection').  Plain numbers keep their sign. */
void cn_out_csv(struct cn_buf *, struct cn_str);

/* Progress on standard error: done/total, rate, time left, ten times a
 * second; cn_cli_main() sets it as run.progress where standard error is a
 * terminal and -q absent.  total 0: unknown. */
void cn_progress(void *, uint64_t done, uint64_t total);
/* Elsewhere: a line when SIGUSR1 asked for it. */
void cn_progress_line(void *, uint64_t done, uint64_t total);
extern volatile sig_atomic_t cn_progress_asked;
/* In a process beside the one that shows it: whatever is said clears it. */
void cn_progress_beside(void);
/* Clears the line; cn_cli_end() and cn_cli_note() call it. */
void cn_progress_clear(void);

#endif
