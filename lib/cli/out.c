#include "cli/out.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "base/utf8.h"

#define SAMPLE_ROWS 200			/* that decide a table's widths */
#define SAMPLE_BYTES (256 << 10)
#define NARROWEST 8			/* a column is not cut below */

const char *const cn_format_words[] = {
	"auto", "table", "jsonl", "csv", "tsv", NULL
};

struct row {
	struct cn_str *cell;
	struct row *next;
};

struct cn_out {
	struct cn_cli *cli;
	enum cn_format format;
	const struct cn_col *cols;
	size_t n;
	bool headed;			/* heading out, widths settled */
	bool tall;			/* a line for each cell */
	int *width;
	struct cn_arena arena;		/* of the sample */
	struct row *first, **last;
	size_t rows;
	struct cn_str *scratch;		/* the heading as cells */
	struct cn_buf line;
};

struct cn_out *cn_out_new(struct cn_cli *cli, enum cn_format format,
    const struct cn_col *cols, size_t ncols)
{
	struct cn_out *o = cn_alloc(sizeof(*o));

	o->cli = cli;
	o->format = format != CN_FMT_AUTO ? format :
	    cli->tty ? CN_FMT_TABLE : CN_FMT_JSONL;
	o->cols = cols;
	o->n = ncols;
	o->width = cn_alloc(ncols * sizeof(*o->width));
	o->scratch = cn_alloc(ncols * sizeof(*o->scratch));
	o->last = &o->first;
	return o;
}

/* Characters that reorder, break or hide text: bidi controls (UAX #9), line
 * and paragraph separator, the byte order mark, tags. */
static bool is_hidden(uint32_t cp)
{
	return cp == 0x061C || cp == 0x200E || cp == 0x200F ||
	    (cp >= 0x2028 && cp <= 0x202E) ||
	    (cp >= 0x2066 && cp <= 0x2069) || cp == 0xFEFF ||
	    (cp >= 0xE0000 && cp <= 0xE007F);
}

static void safe_char(struct cn_buf *b, uint32_t cp)
{
	if (cp == '\n')
		cn_buf_str(b, "\\n");
	else if (cp == '\r')
		cn_buf_str(b, "\\r");
	else if (cp == '\t')
		cn_buf_str(b, "\\t");
	else if (cp < 0x20 || (cp >= 0x7F && cp < 0xA0))
		cn_buf_fmt(b, "\\x%02X", (unsigned)cp);
	else if (is_hidden(cp))
		cn_buf_fmt(b, "<U+%04X>", (unsigned)cp);
	else
		cn_utf8_put(b, cp);
}

/* The next code point; an ill-formed byte is U+FFFD. */
static size_t next_char(struct cn_str s, size_t at, uint32_t *cp)
{
	size_t n = cn_utf8_get(s.p + at, s.n - at, cp);

	if (n)
		return n;
	*cp = 0xFFFD;
	return 1;
}

void cn_out_safe(struct cn_buf *b, struct cn_str s)
{
	uint32_t cp;

	for (size_t i = 0; i < s.n; ) {
		i += next_char(s, i, &cp);
		safe_char(b, cp);
	}
}

int cn_out_width(struct cn_str s)
{
	uint32_t cp;
	int w = 0;

	for (size_t i = 0; i < s.n; ) {
		i += next_char(s, i, &cp);
		w += cn_utf8_width(cp);
	}
	return w;
}

static bool is_number(struct cn_str s)
{
	size_t i = s.n && (s.p[0] == '-' || s.p[0] == '+'), digits = 0;

	for (; i < s.n; i++)
		if (s.p[i] >= '0' && s.p[i] <= '9')
			digits++;
		else if (s.p[i] != '.')
			return false;
	return digits > 0;
}

void cn_out_csv(struct cn_buf *b, struct cn_str s)
{
	bool formula = s.n && memchr("=+-@\t\r", s.p[0], 6) && !is_number(s);
	bool quote = formula;

	for (size_t i = 0; i < s.n && !quote; i++)
		quote = strchr(",\"\r\n", s.p[i]) && s.p[i];
	if (!quote) {
		cn_buf_add(b, s.p, s.n);
		return;
	}
	cn_buf_str(b, formula ? "\"'" : "\"");
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '"')
			cn_buf_ch(b, '"');
		cn_buf_ch(b, s.p[i]);
	}
	cn_buf_ch(b, '"');
}

/* Tabs, line ends and backslashes would break the row. */
static void tsv_cell(struct cn_buf *b, struct cn_str s)
{
	for (size_t i = 0; i < s.n; i++)
		switch (s.p[i]) {
		case '\t':
			cn_buf_str(b, "\\t");
			break;
		case '\n':
			cn_buf_str(b, "\\n");
			break;
		case '\r':
			cn_buf_str(b, "\\r");
			break;
		case '\\':
			cn_buf_str(b, "\\\\");
			break;
		default:
			cn_buf_ch(b, s.p[i]);
		}
}

static void json_row(struct cn_out *o, const struct cn_str *cells)
{
	cn_buf_ch(&o->line, '{');
	for (size_t i = 0; i < o->n; i++) {
		cn_json_key(&o->line, o->cols[i].name);
		if (cells[i].p == NULL ||
		    (o->cols[i].type != CN_COL_TEXT && cells[i].n == 0))
			cn_buf_str(&o->line, "null");
		else if (o->cols[i].type == CN_COL_TEXT)
			cn_json_put(&o->line, cells[i].p, cells[i].n);
		else
			cn_buf_add(&o->line, cells[i].p, cells[i].n);
	}
	cn_buf_str(&o->line, "}\n");
}

static void plain_row(struct cn_out *o, const struct cn_str *cells)
{
	bool csv = o->format == CN_FMT_CSV;

	for (size_t i = 0; i < o->n; i++) {
		if (i)
			cn_buf_ch(&o->line, csv ? ',' : '\t');
		if (cells[i].p && csv)
			cn_out_csv(&o->line, cells[i]);
		else if (cells[i].p)
			tsv_cell(&o->line, cells[i]);
	}
	cn_buf_str(&o->line, csv ? "\r\n" : "\n");
}

static int put_line(struct cn_out *o, struct cn_err *err)
{
	int rc = cn_sink_add(&o->cli->out, o->line.p, o->line.len, err);

	o->line.len = 0;
	return rc;
}

/* --- the table --- */

/* A cell of safe text, cut to the width with an ellipsis, padded unless it is
 * the last on its line. */
static void table_cell(struct cn_out *o, size_t i, struct cn_str s)
{
	int width = o->width[i], w = cn_out_width(s), used = 0;
	bool cut = w > width && (o->cli->tty || o->cols[i].max);
	uint32_t cp;

	if (i)
		cn_buf_str(&o->line, "  ");
	if (o->cols[i].type == CN_COL_NUM)
		for (; w + used < width; used++)
			cn_buf_ch(&o->line, ' ');
	for (size_t k = 0; k < s.n; ) {
		size_t n = next_char(s, k, &cp);

		if (cut && used + cn_utf8_width(cp) > width - 1) {
			cn_buf_str(&o->line, "\xE2\x80\xA6");
			used++;
			break;
		}
		used += cn_utf8_width(cp);
		cn_buf_add(&o->line, s.p + k, n);
		k += n;
	}
	if (o->cols[i].type != CN_COL_NUM && i + 1 < o->n)
		for (; used < width; used++)
			cn_buf_ch(&o->line, ' ');
}

/* A row that no line holds: its cells below each other, named. */
static int tall_row(struct cn_out *o, const struct cn_str *cells,
    struct cn_err *err)
{
	int widest = 0, w;
	size_t i;

	for (i = 0; i < o->n; i++)
		if ((w = cn_out_width(cn_str(o->cols[i].name))) > widest)
			widest = w;
	for (i = 0; i < o->n; i++)
		if (cells[i].n > 0) {
			cn_buf_fmt(&o->line, "%-*s  ", widest,
			    o->cols[i].name);
			cn_buf_add(&o->line, cells[i].p, cells[i].n);
			cn_buf_ch(&o->line, '\n');
		}
	cn_buf_ch(&o->line, '\n');
	return put_line(o, err);
}

static int table_row(struct cn_out *o, const struct cn_str *cells,
    struct cn_err *err)
{
	if (o->tall)
		return tall_row(o, cells, err);
	for (size_t i = 0; i < o->n; i++)
		table_cell(o, i, cells[i]);
	while (o->line.len && o->line.p[o->line.len - 1] == ' ')
		o->line.len--;
	cn_buf_ch(&o->line, '\n');
	return put_line(o, err);
}

/* How far a column may be cut: figures not at all, nor an id, of which a piece
 * is of no use. */
static int narrowest(const struct cn_out *o, size_t i)
{
	return o->cols[i].type == CN_COL_NUM ||
	    strcmp(o->cols[i].name, "id") == 0 ||
	    o->width[i] < NARROWEST ? o->width[i] : NARROWEST;
}

/* Takes from the last column that may be cut, a subject most often, until the
 * terminal holds the row; one that it cannot hold is tall. */
static void fit(struct cn_out *o)
{
	int least = 2 * ((int)o->n - 1), total = least;
	size_t i;

	for (i = 0; i < o->n; i++) {
		least += narrowest(o, i);
		total += o->width[i];
	}
	o->tall = o->rows > 0 && least > o->cli->width;
	for (i = o->n; !o->tall && i-- > 0;)
		for (; total > o->cli->width && o->width[i] >
		    narrowest(o, i); total--)
			o->width[i]--;
}

static int table_head(struct cn_out *o, struct cn_err *err)
{
	if (o->cli->color)
		cn_buf_str(&o->line, "\033[1m");
	for (size_t i = 0; i < o->n; i++)
		table_cell(o, i, o->scratch[i]);
	while (o->line.len && o->line.p[o->line.len - 1] == ' ')
		o->line.len--;
	cn_buf_str(&o->line, o->cli->color ? "\033[0m\n" : "\n");
	return put_line(o, err);
}

static int settle(struct cn_out *o, struct cn_err *err)
{
	for (size_t i = 0; i < o->n; i++) {
		o->width[i] = cn_out_width(cn_str(o->cols[i].name));
		for (struct row *r = o->first; r; r = r->next) {
			int w = cn_out_width(r->cell[i]);

			if (w > o->width[i])
				o->width[i] = w;
		}
		if (o->cols[i].max && o->width[i] > o->cols[i].max)
			o->width[i] = o->cols[i].max;
		o->scratch[i] = cn_str(o->cols[i].name);
	}
	if (o->cli->tty)
		fit(o);
	o->headed = true;
	if (!o->tall && table_head(o, err) < 0)
		return -1;
	for (struct row *r = o->first; r; r = r->next)
		if (table_row(o, r->cell, err))
			return -1;
	cn_arena_release(&o->arena);
	o->first = NULL;
	return 0;
}

/* Copies the row, made safe, into the sample's arena. */
static struct row *keep(struct cn_out *o, const struct cn_str *cells)
{
	struct row *r = cn_arena_alloc(&o->arena, sizeof(*r));
	struct cn_buf b = { 0 };

	r->cell = cn_arena_alloc(&o->arena, o->n * sizeof(*r->cell));
	for (size_t i = 0; i < o->n; i++) {
		b.len = 0;
		cn_out_safe(&b, cells[i].p ? cells[i] : cn_str(""));
		r->cell[i].n = b.len;
		r->cell[i].p = cn_arena_dup(&o->arena, b.p ? b.p : "", b.len);
	}
	cn_buf_wipe(&b);
	return r;
}

static int add_to_table(struct cn_out *o, const struct cn_str *cells,
    struct cn_err *err)
{
	struct row *r = keep(o, cells);
	int rc;

	if (o->headed) {
		rc = table_row(o, r->cell, err);
		cn_arena_reset(&o->arena);
		return rc;
	}
	*o->last = r;
	o->last = &r->next;
	if (++o->rows >= SAMPLE_ROWS || o->arena.total >= SAMPLE_BYTES)
		return settle(o, err);
	return 0;
}

static int head(struct cn_out *o, struct cn_err *err)
{
	o->headed = true;
	for (size_t i = 0; i < o->n; i++)
		o->scratch[i] = cn_str(o->cols[i].name);
	plain_row(o, o->scratch);
	return put_line(o, err);
}

int cn_out_row(struct cn_out *o, const struct cn_str *cells,
    struct cn_err *err)
{
	if (o->format == CN_FMT_TABLE)
		return add_to_table(o, cells, err);
	if (o->format == CN_FMT_JSONL) {
		json_row(o, cells);
		return put_line(o, err);
	}
	if (!o->headed && head(o, err))
		return -1;
	plain_row(o, cells);
	return put_line(o, err);
}

int cn_out_rowv(struct cn_out *o, struct cn_err *err, ...)
{
	struct cn_str *cells = cn_alloc(o->n * sizeof(*cells));
	va_list ap;
	int rc;

	va_start(ap, err);
	for (size_t i = 0; i < o->n; i++) {
		const char *s = va_arg(ap, const char *);

		if (s)
			cells[i] = cn_str(s);
	}
	va_end(ap);
	rc = cn_out_row(o, cells, err);
	free(cells);
	return rc;
}

int cn_out_end(struct cn_out *o, int r, struct cn_err *err)
{
	if (o == NULL)
		return r;
	if (r == 0 && !o->headed && o->format != CN_FMT_JSONL)
		r = o->format == CN_FMT_TABLE ? settle(o, err) : head(o, err);
	cn_arena_release(&o->arena);
	cn_buf_wipe(&o->line);
	free(o->width);
	free(o->scratch);
	free(o);
	return r;
}

/* --- progress --- */

/* One line of one terminal: there is nothing to pass around. */
static struct {
	int64_t began, shown;
	uint64_t from, last;
	bool visible;
	bool beside;			/* another process shows one there */
} bar;

void cn_progress_beside(void)
{
	bar.beside = true;
}

void cn_progress_clear(void)
{
	if ((bar.visible || bar.beside) && write(STDERR_FILENO, "\r\033[K", 4) == 4)
		bar.visible = false;
}

/* 'done/total  rate  time left' */
static int state(char *s, size_t size, uint64_t done, uint64_t total,
    int64_t now)
{
	double rate = now > bar.began ? (double)(done - bar.from) * 1000 /
	    (double)(now - bar.began) : 0;
	int64_t left;
	int n = snprintf(s, size, "%llu", (unsigned long long)done);

	if (total)
		n += snprintf(s + n, size - (size_t)n, "/%llu",
		    (unsigned long long)total);
	n += snprintf(s + n, size - (size_t)n, "  %.0f/s", rate);
	if (total > done && rate > 0) {
		left = (int64_t)((double)(total - done) / rate);
		n += snprintf(s + n, size - (size_t)n, "  %lld:%02lld left",
		    (long long)(left / 60), (long long)(left % 60));
	}
	return n;
}

static int64_t begin(uint64_t done)
{
	int64_t now = cn_cli_ms();

	if (bar.began == 0 || done < bar.last) {
		bar.began = now;
		bar.from = done;
	}
	bar.last = done;
	return now;
}

void cn_progress(void *arg, uint64_t done, uint64_t total)
{
	int64_t now = begin(done);
	char s[120] = "\r\033[K";
	int n;

	cn_progress_line(arg, done, total);
	if (now - bar.shown < 100 && done != total)
		return;
	bar.shown = now;
	n = 4 + state(s + 4, sizeof(s) - 4, done, total, now);
	bar.visible = write(STDERR_FILENO, s, (size_t)n) == n;
}

volatile sig_atomic_t cn_progress_asked;

void cn_progress_line(void *arg, uint64_t done, uint64_t total)
{
	int64_t now = begin(done);
	char s[120];

	(void)arg;
	if (!cn_progress_asked)
		return;
	cn_progress_asked = 0;
	state(s, sizeof(s), done, total, now);
	cn_cli_warn("%s", s);
}
