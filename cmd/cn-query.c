/* cn-query - find messages */
#include <string.h>

#include "cli/open.h"
#include "cli/out.h"
#include "mail/mail.h"
#include "rec/query.h"
#include "store/audit.h"
#include "store/message.h"

#define PAGE 500

enum format { AUTO, TABLE, JSONL, CSV, TSV, MBOX, IDS };
static const char *const formats[] = { "auto", "table", "jsonl", "csv", "tsv",
	"mbox", "ids", NULL };

static struct {
	int format;
	int64_t limit;
	bool refs, check;
	const char *raw;
} opt;

static const struct cn_opt opts[] = {
	{ 0, "format", CN_OPT_ENUM, &opt.format, NULL,
	    "auto: a table on a terminal, else jsonl", formats },
	{ 'l', "limit", CN_OPT_INT, &opt.limit, "N", "at most N messages" },
	{ 0, "refs", CN_OPT_FLAG, &opt.refs, NULL,
	    "lines without personal fields" },
	{ 0, "raw", CN_OPT_STR, &opt.raw, "ID",
	    "the bytes of one message as they came" },
	{ 0, "exit-code", CN_OPT_FLAG, &opt.check, NULL,
	    "exit with 1 if nothing matches" },
	{ 0 }
};

static const struct cn_cmd cmd = {
	"cn-query", "find messages", "[term ...]", opts,
	"cn-query is:unanswered category:refund since:7d parcel", 0, -1, NULL
};

static const struct cn_col cols[] = {
	{ "id" }, { "date" }, { "from", CN_COL_TEXT, 26 },
	{ "category", CN_COL_TEXT, 18 }, { "subject" },
};
#define NCOLS (sizeof(cols) / sizeof(cols[0]))

struct query {
	struct cn_cli *cli;
	struct cn_desk desk;
	struct cn_query q;
	struct cn_out *table;		/* of table, CSV and TSV */
	struct cn_col *csv;
	size_t ncsv;
	int64_t shown;
};

static int put(void *sink, struct cn_str piece, struct cn_err *err)
{
	return cn_sink_add(sink, piece.p, piece.n, err);
}

static int raw(struct query *qu, struct cn_err *err)
{
	int64_t id;
	int r = cn_message_find(qu->desk.store, opt.raw, &id, err);

	if (r == 0)
		return cn_fail(err, CN_NO, "no such message: %.20s", opt.raw);
	return r < 0 ? -1 : cn_message_pieces(qu->desk.store, id, put,
	    &qu->cli->out, err);
}

static const char *category(const struct cn_msg *m, struct cn_arena *mem)
{
	struct cn_str v = cn_json_get(m->class_json, "category");
	const char *s = cn_json_string(mem, v);

	return s ? s : m->class_json.n ? "?" : "";
}

static int table_row(struct query *qu, const struct cn_msg *m,
    struct cn_arena *mem, struct cn_err *err)
{
	const struct cn_addr *from = m->from.n ? m->from.v : NULL;
	char t[CN_TIME_LEN];

	cn_time_fmt(t, m->date);
	t[16] = '\0';
	t[10] = ' ';
	return cn_out_rowv(qu->table, err, m->id, t, from == NULL ? "" :
	    from->name[0] ? from->name : from->addr, category(m, mem),
	    m->subject ? m->subject : "");
}

static int csv_row(struct query *qu, const struct cn_msg *m,
    struct cn_arena *mem, struct cn_err *err)
{
	struct cn_str *cells = cn_arena_alloc(mem,
	    (qu->ncsv + 1) * sizeof(*cells));
	struct cn_buf b = { 0 };
	size_t i, n = 0;

	for (i = 0; i < cn_nfields; i++) {
		if (!(cn_fields[i].flags & CN_F_CSV))
			continue;
		b.len = 0;
		cn_msg_cell(&b, m, &cn_fields[i]);
		cells[n].p = cn_arena_dup(mem, b.p ? b.p : "", b.len);
		cells[n++].n = b.len;
	}
	cells[n++] = cn_str(category(m, mem));
	cn_buf_wipe(&b);
	return cn_out_row(qu->table, cells, err);
}

static int show(struct query *qu, int64_t id, struct cn_arena *mem,
    struct cn_buf *b, struct cn_err *err)
{
	unsigned what = CN_LOAD_PLACES |
	    (opt.format == JSONL && !opt.refs ? CN_LOAD_HASHES : 0);
	struct cn_msg m;

	if (cn_message_load(qu->desk.store, id, what, &m, mem, err) < 0) {
		if (err->status != CN_BLOCKED)
			return -1;
		return 0;		/* erased between search and load */
	}
	qu->shown++;
	switch ((enum format)opt.format) {
	case TABLE:
		return table_row(qu, &m, mem, err);
	case CSV:
	case TSV:
		return csv_row(qu, &m, mem, err);
	case MBOX:
		return strcmp(m.channel, "email") ? 0 : cn_message_mbox(
		    qu->desk.store, id, &m, put, &qu->cli->out, err);
	case IDS:
		cn_buf_fmt(b, "%s\n", m.id);
		return 0;
	default:
		cn_msg_line(b, &m, opt.refs ? CN_LINE_REFS : 0);
		return 0;
	}
}

static int pages(struct query *qu, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_buf b = { 0 };
	int64_t ids[PAGE], after = 0;
	size_t n = 1, i;
	int r = 0;

	while (r == 0 && n > 0 && !*qu->cli->run.stop) {
		r = cn_search(qu->desk.store, &qu->q, after, ids, PAGE, &n,
		    err);
		for (i = 0; r == 0 && i < n; i++) {
			if (opt.limit && qu->shown == opt.limit) {
				n = 0;
				break;
			}
			b.len = 0;
			r = show(qu, ids[i], &mem, &b, err);
			if (r == 0)
				r = cn_sink_add(&qu->cli->out, b.p, b.len, err);
			cn_arena_reset(&mem);
			after = ids[i];
		}
	}
	cn_arena_release(&mem);
	cn_buf_wipe(&b);
	return r;
}

static void columns(struct query *qu)
{
	size_t i;

	qu->csv = cn_arena_alloc(&qu->cli->arena,
	    (cn_nfields + 1) * sizeof(*qu->csv));
	for (i = 0; i < cn_nfields; i++)
		if (cn_fields[i].flags & CN_F_CSV)
			qu->csv[qu->ncsv++].name = cn_fields[i].name;
	qu->csv[qu->ncsv++].name = "category";
	qu->table = cn_out_new(qu->cli, opt.format == CSV ? CN_FMT_CSV :
	    CN_FMT_TSV, qu->csv, qu->ncsv);
}

static int find(struct query *qu, struct cn_err *err)
{
	int r;

	if (opt.format == AUTO)
		opt.format = qu->cli->tty ? TABLE : JSONL;
	if (opt.format == TABLE)
		qu->table = cn_out_new(qu->cli, CN_FMT_TABLE, cols, NCOLS);
	else if (opt.format == CSV || opt.format == TSV)
		columns(qu);
	r = cn_out_end(qu->table, pages(qu, err), err);
	if (r == 0 && opt.check && qu->shown == 0)
		cn_cli_status(qu->cli, CN_NO);
	return r;
}

static int run(struct cn_cli *cli, struct cn_err *err)
{
	struct query qu = { .cli = cli };
	int r;

	if (cn_desk_open(&qu.desk, cli, CN_STORE_AUDIT, err) < 0)
		return -1;
	r = cn_query_parse(&qu.q, &cli->arena, cli->argc, cli->argv,
	    cli->run.now, err);
	/* Reading is audited before anything is shown. */
	if (r == 0)
		r = cn_audit_now(qu.desk.store, &(struct cn_audit_entry){
		    .what = opt.raw ? "message read" : "messages read",
		    .purpose = "service" }, err);
	if (r == 0)
		r = opt.raw ? raw(&qu, err) : find(&qu, err);
	cn_desk_close(&qu.desk);
	return r;
}

int main(int argc, char **argv)
{
	return cn_cli_main(argc, argv, &cmd, run);
}
