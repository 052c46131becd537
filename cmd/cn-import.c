/* cn-import - take mail and chat into the store */
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "cli/chats.h"
#include "cli/open.h"
#include "desk/intake/large.h"
#include "store/audit.h"

static struct {
	bool deliver, refs;
	int format, channel, order;
	struct cn_list agents;
	const char *source;
} opt;

static const char *const formats[] = { "auto", "jsonl", "none", NULL };
static const char *const channels[] = { "auto", "chat", NULL };
static const char *const orders[] = { "auto", "dmy", "mdy", NULL };

static const struct cn_opt opts[] = {
	{ 0, "channel", CN_OPT_ENUM, &opt.channel, NULL,
	    "chat: exports of other programs, ratings", channels },
	{ 0, "agent", CN_OPT_LIST, &opt.agents, "NAME",
	    "chat: who is the desk in an export" },
	{ 0, "source", CN_OPT_STR, &opt.source, "NAME",
	    "chat: what ids of an export begin with" },
	{ 0, "date-order", CN_OPT_ENUM, &opt.order, NULL,
	    "chat: of dates in a WhatsApp export", orders },
	{ 0, "deliver", CN_OPT_FLAG, &opt.deliver, NULL,
	    "one mail on stdin, for an MTA: 0 or 75" },
	{ 0, "format", CN_OPT_ENUM, &opt.format, NULL,
	    "lines, or nothing; auto: none on a terminal", formats },
	{ 0, "refs", CN_OPT_FLAG, &opt.refs, NULL,
	    "lines without personal fields" },
	{ 0 }
};

static const struct cn_cmd cmd = {
	"cn-import", "take mail and chat into the store", "[file | folder ...]",
	opts, "cn-import box.mbox | cn-classify | cn-reply-suggest", 0, -1,
	NULL
};

struct import {
	struct cn_cli *cli;
	struct cn_desk desk;
	struct cn_intake *in;
	struct cn_buf lines;
	struct cn_buf raw;		/* a piece of a mail */
	bool lines_wanted;
	const char *maildir;		/* its real path */
	char *folder;			/* of it, as last seen; ours */
	int64_t number;			/* of the mail there */
	size_t gathered, bytes;		/* of a Maildir's group */
	int64_t refused;		/* too long to be a mail or a line */
	struct cn_chats chats;
};

/* A record that is no mail goes to quarantine with its group. */
static int settle(struct import *im, int r, const char *place,
    struct cn_err *err)
{
	if (r == 0 || err->status != CN_PARTIAL)
		return r;
	cn_desk_tell(im->cli, place, err->msg);
	return 0;
}

static int show(struct import *im, struct cn_err *err)
{
	int r = im->lines.len > 0 ? cn_sink_add(&im->cli->out, im->lines.p,
	    im->lines.len, err) : 0;

	if (im->lines.len > 0)
		cn_wipe(im->lines.p, im->lines.len);
	im->lines.len = 0;
	im->gathered = im->bytes = 0;
	return r;
}

static unsigned flags(const struct import *im)
{
	return (opt.refs ? CN_LINE_REFS : 0) |
	    (im->lines_wanted ? 0 : CN_INTAKE_SILENT);
}

static int flush(void *arg, struct cn_err *err)
{
	struct import *im = arg;

	if (cn_intake_flush(im->in, &im->lines, cn_desk_tell,
	    im->cli, err) < 0)
		return -1;
	return show(im, err);
}

/* Piece by piece, whatever is in the group with it. */
static int large(struct import *im, struct cn_str first,
    int (*next)(void *, struct cn_buf *, struct cn_err *), void *from,
    const char *place, struct cn_err *err)
{
	int r = settle(im, cn_large_take(im->in, first, next, from, place,
	    &im->lines, cn_desk_tell, im->cli, err), place, err);

	return r < 0 ? -1 : show(im, err);
}

/* The rest of a mail that the stream holds whole. */
static int more_of_record(void *rest, struct cn_buf *b, struct cn_err *err)
{
	struct cn_str *s = rest;
	size_t n = s->n < CN_RAW_CHUNK ? s->n : CN_RAW_CHUNK;

	(void)err;
	cn_buf_add(b, s->p, n);
	s->p += n;
	s->n -= n;
	return 0;
}

static int one(void *arg, const struct cn_record *rec, struct cn_err *err)
{
	struct import *im = arg;
	bool chat = rec->kind == CN_IN_JSON;
	struct cn_str rest = rec->bytes;
	char place[40];
	int r;

	snprintf(place, sizeof(place), "%s %llu", chat ? "line" : "mail",
	    (unsigned long long)rec->number);
	/* Not one line for each of a file that has no lines. */
	if (chat && rec->number == 1 && (rec->bytes.p[0] == '[' ||
	    cn_str_eq(cn_str_trim(rec->bytes), "{"))) {
		(void)cn_fail(err, CN_USAGE, "no line of JSON, and no mail");
		return cn_hint(err, "an export of a chat program? --channel "
		    "chat");
	}
	if (!chat && rest.n >= CN_RAW_CHUNK) {
		rest.p += CN_RAW_CHUNK;
		rest.n -= CN_RAW_CHUNK;
		return large(im, (struct cn_str){ rec->bytes.p, CN_RAW_CHUNK },
		    more_of_record, &rest, place, err);
	}
	r = chat ? cn_intake_chat(im->in, rec->bytes, place, err) :
	    cn_intake_mail(im->in, rec->bytes, NULL, place, err);
	return settle(im, r, place, err);
}

static int more(void *fd, struct cn_buf *b, struct cn_err *err)
{
	return cn_fd_some(*(int *)fd, "mail", CN_RAW_CHUNK, b, err);
}

/* One mail from where fd stands to its end; a large one piece by piece. */
static int from_fd(struct import *im, int fd, const char *place,
    const char *name, struct cn_err *err)
{
	struct cn_buf *raw = &im->raw;
	int r = more(&fd, raw, err);

	if (r == 0 && raw->len == 0 && opt.deliver) {
		r = cn_fail(err, CN_TEMPFAIL, "no mail on standard input");
	} else if (r == 0 && raw->len < CN_RAW_CHUNK) {
		im->gathered++;
		im->bytes += raw->len;
		r = settle(im, cn_intake_mail(im->in, cn_buf_view(raw), NULL,
		    place, err), name, err);
	} else if (r == 0) {
		r = large(im, cn_buf_view(raw), more, &fd, place, err);
	}
	cn_wipe(raw->p, raw->len);
	raw->len = 0;
	return r;
}

/* Each folder of a Maildir is a place of its own. */
static void folder_is(struct import *im, const char *folder)
{
	struct cn_buf name = { 0 };

	if (im->folder != NULL && strcmp(im->folder, folder) == 0)
		return;
	free(im->folder);
	im->folder = cn_strdup(folder);
	cn_buf_fmt(&name, "%s%s%s", im->maildir, *folder ? "/" : "", folder);
	cn_intake_from(im->in, "import", name.p);
	cn_buf_release(&name);
}

static int from_maildir(void *arg, const char *folder, const char *path,
    struct cn_err *err)
{
	struct import *im = arg;
	char place[40];
	int fd, r;

	if (*im->cli->run.stop)
		return 1;
	folder_is(im, folder);
	snprintf(place, sizeof(place), "mail %lld", (long long)++im->number);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	r = fd < 0 ? cn_fail_errno(err, CN_IOERR, "mail") :
	    from_fd(im, fd, place, path, err);
	if (fd >= 0)
		close(fd);
	if (r < 0 && err->status == CN_IOERR) {
		cn_desk_tell(im->cli, place, err->msg);
		im->refused++;
		return 0;
	}
	if (r == 0 && (im->gathered == 256 || im->bytes > 4 << 20)) {
		r = flush(im, err);
		if (r == 0)
			r = cn_sink_flush(&im->cli->out, err);
	}
	return r;
}

static int maildir(struct import *im, const char *path, const char *real,
    struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	bool is = cn_file_exists(cn_path(&mem, path, "cur")) ||
	    cn_file_exists(cn_path(&mem, path, "new"));
	int64_t had = im->number;
	int r;

	im->maildir = real;
	free(im->folder);
	im->folder = NULL;
	r = cn_maildir_walk(path, from_maildir, im, err);
	cn_arena_release(&mem);
	if (r == 0 && !is && im->number == had)
		return cn_fail(err, CN_USAGE, "%s: a folder without mail: "
		    "no Maildir", path);
	return r < 0 ? -1 : flush(im, err);
}

/* A file with one large mail: 1 it was one, 0 not, -1. */
static int large_file(struct import *im, const char *path, struct cn_err *err)
{
	char head[100];
	int fd = open(path, O_RDONLY | O_CLOEXEC), r = 0;
	ssize_t n = fd < 0 ? -1 : read(fd, head, sizeof(head));

	if (n > 0 && cn_mail_form(head, (size_t)n) == CN_FORM_MAIL &&
	    lseek(fd, (off_t)cn_mail_start(head, (size_t)n), SEEK_SET) >= 0)
		r = from_fd(im, fd, "mail 1", path, err) < 0 ? -1 : 1;
	if (fd >= 0)
		close(fd);
	return r;
}

/* Each operand is a place of its own. */
static int operand(struct import *im, char *path, struct cn_err *err)
{
	static const struct cn_stream_ops ops = { one, flush, NULL };
	struct cn_cli *cli = im->cli;
	char real[PATH_MAX], **argv = cli->argv;
	struct cn_stream_conf conf = { .writes_nothing = !im->lines_wanted };
	struct cn_counts counts = { 0 };
	struct stat st;
	bool there = path != NULL && stat(path, &st) == 0;
	int argc = cli->argc, r;

	cn_intake_from(im->in, "import", path == NULL ||
	    strcmp(path, "-") == 0 || realpath(path, real) == NULL ? "-" :
	    real);
	if (opt.channel == 1)
		return cn_chats_read(&im->chats, path, err);
	if (there && S_ISDIR(st.st_mode))
		return maildir(im, path, real, err);
	if (there && strcmp(path, "-") != 0 && S_ISREG(st.st_mode) &&
	    st.st_size > CN_RAW_CHUNK && (r = large_file(im, path, err)) != 0)
		return r < 0 ? -1 : 0;
	cli->argc = path != NULL;
	cli->argv = &path;
	r = cn_stream_run(cli, &conf, &ops, im, &counts, err);
	im->refused += (int64_t)counts.refused;
	cli->argc = argc;
	cli->argv = argv;
	return r;
}

static int deliver(struct import *im, struct cn_err *err)
{
	return from_fd(im, STDIN_FILENO, "mail", "mail", err) < 0 ? -1 :
	    flush(im, err);
}

static void summary(struct import *im)
{
	const struct cn_intake_counts *n = cn_intake_counts(im->in);

	if (im->refused > 0)
		cn_cli_note("%lld refused", (long long)im->refused);
	cn_cli_note("%lld read: %lld new, %lld known, %lld in quarantine, "
	    "%lld erased before", (long long)n->read, (long long)n->stored,
	    (long long)n->known, (long long)n->quarantined,
	    (long long)n->erased);
}

/* A Maildir may link to elsewhere, an export has files beside it. */
static bool roams(const struct cn_cli *cli)
{
	struct stat st;
	bool any = opt.channel == 1;
	int i;

	for (i = 0; i < cli->argc; i++)
		any |= stat(cli->argv[i], &st) == 0 && S_ISDIR(st.st_mode);
	return any;
}

static int import(struct import *im, struct cn_err *err)
{
	struct cn_cli *cli = im->cli;
	struct cn_run_row row = { 0 };
	int i, r = 0;

	if (cn_desk_shut(&im->desk, cli, roams(cli), err) < 0 ||
	    cn_run_begin(im->desk.store, &row, err) < 0)
		return -1;
	if (opt.deliver)
		r = deliver(im, err);
	else if (cli->argc == 0)
		r = operand(im, NULL, err);
	for (i = 0; i < cli->argc && r == 0 && !*cli->run.stop; i++)
		r = operand(im, cli->argv[i], err);
	im->refused += im->chats.refused;
	cn_chats_tell(&im->chats);
	row.read = cn_intake_counts(im->in)->read;
	row.stored = cn_intake_counts(im->in)->stored;
	row.refused = cn_intake_counts(im->in)->quarantined + im->refused;
	return cn_desk_ran(&im->desk, cli, &row, r, err);
}

static int run(struct cn_cli *cli, struct cn_err *err)
{
	struct import im = { .cli = cli };
	int r;

	im.lines_wanted = !opt.deliver && (opt.format == 1 ||
	    (opt.format == 0 && !cli->tty));
	if (opt.deliver && cli->argc > 0)
		return cn_cli_usage(cli, err, "--deliver takes no operands");
	if (opt.channel == 1 ? opt.deliver : opt.agents.n > 0 || opt.source ||
	    opt.order)
		return cn_cli_usage(cli, err, opt.deliver ? "--deliver takes "
		    "no chat" : "--agent, --source and --date-order are for "
		    "--channel chat");
	if (opt.source != NULL && opt.source[0] == '\0')
		return cn_cli_usage(cli, err, "--source: a name is expected");
	if (cn_desk_open(&im.desk, cli, 0, err) < 0)
		return -1;
	if (!opt.deliver && opt.channel != 1)
		cn_desk_unnamed(&im.desk);
	im.in = cn_intake_new(im.desk.store, &im.desk.conf, flags(&im));
	im.chats = (struct cn_chats){ .cli = cli, .in = im.in,
	    .writes_nothing = !im.lines_wanted, .flush = flush, .arg = &im,
	    .foreign = { .config = &im.desk.conf, .agents = opt.agents.item,
	    .nagents = opt.agents.n, .source = opt.source,
	    .order = (enum cn_date_order)opt.order } };
	r = import(&im, err);
	if (!opt.deliver && !im.lines_wanted)
		summary(&im);
	cn_intake_free(im.in);
	cn_buf_wipe(&im.lines);
	cn_buf_wipe(&im.raw);
	free(im.folder);
	cn_desk_close(&im.desk);
	return r;
}

int main(int argc, char **argv)
{
	int status = cn_cli_main(argc, argv, &cmd, run), i;

	/* An MTA bounces the mail on any status but 0 and 75; what went to
	 * quarantine is stored.  A wrong option may stand before this one. */
	for (i = 1; i < argc; i++)
		opt.deliver |= strcmp(argv[i], "--deliver") == 0;
	if (opt.deliver && status != 0)
		status = status == CN_PARTIAL ? 0 : CN_TEMPFAIL;
	return status;
}
