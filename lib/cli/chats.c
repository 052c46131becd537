#include "cli/chats.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define GROUP 256
#define GROUP_BYTES ((size_t)4 << 20)

static void tell(struct cn_chats *c, const char *place, const char *why)
{
	cn_cli_status(c->cli, CN_PARTIAL);
	cn_cli_warn("%s: %s: %s", c->input, place, why);
}

/* A document of any length is written in groups.  1: stop. */
static int grown(struct cn_chats *c, size_t n, struct cn_err *err)
{
	c->bytes += n;
	if (++c->gathered < GROUP && c->bytes < GROUP_BYTES)
		return *c->cli->run.stop ? 1 : 0;
	c->gathered = c->bytes = 0;
	if (c->flush(c->arg, err) < 0 || cn_sink_flush(&c->cli->out, err) < 0)
		return -1;
	return *c->cli->run.stop ? 1 : 0;
}

static int line(void *arg, struct cn_str text, const char *place,
    struct cn_err *err)
{
	struct cn_chats *c = arg;

	if (cn_intake_chat(c->in, text, place, err) < 0) {
		if (err->status != CN_PARTIAL)
			return -1;
		tell(c, place, err->msg);
	}
	return grown(c, text.n, err);
}

static int refuse(void *arg, struct cn_str bytes, const char *place,
    struct cn_err *why)
{
	struct cn_chats *c = arg;
	struct cn_err err = *why;

	tell(c, place, err.msg);
	c->refused += bytes.n == 0;
	if (bytes.n == 0)
		return 0;
	if (cn_intake_refuse(c->in, bytes, place, err.msg, why) < 0)
		return -1;
	return grown(c, bytes.n, why);
}

static void note(void *arg, const char *place, const char *what)
{
	struct cn_chats *c = arg;

	cn_cli_note("%s: %s: %s", c->input, place, what);
}

static int one(void *arg, const struct cn_record *rec, struct cn_err *err)
{
	struct cn_chats *c = arg;
	bool file = strcmp(c->cli->argc > 0 ? c->cli->argv[0] : "-", "-") != 0;
	int r;

	c->input = rec->input;
	r = rec->kind == CN_IN_JSON ? cn_foreign_line(&c->foreign, rec->bytes,
	    (int64_t)rec->number, err) : cn_foreign_doc(&c->foreign,
	    file ? rec->input : NULL, rec->bytes, err);
	return r < 0 ? -1 : 0;
}

static int flush(void *arg, struct cn_err *err)
{
	struct cn_chats *c = arg;

	c->gathered = c->bytes = 0;
	return c->flush(c->arg, err);
}

static bool is_zip(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	char first[4];
	ssize_t n = fd < 0 ? 0 : read(fd, first, sizeof(first));

	if (fd >= 0)
		close(fd);
	return n == sizeof(first) && cn_foreign_is_zip((struct cn_str){ first,
	    sizeof(first) });
}

/* What is read by its name, not as a stream. */
static int files(struct cn_chats *c, const char *path, bool folder,
    struct cn_err *err)
{
	struct cn_err late = { 0 };
	int r;

	c->input = path;
	r = folder ? cn_foreign_folder(&c->foreign, path, err) :
	    cn_foreign_zip(&c->foreign, path, err);
	if (r < 0 && err->status == CN_PARTIAL) {
		cn_cli_status(c->cli, CN_PARTIAL);
		cn_cli_warn("%s: %s", path, err->msg);
		c->refused++;
		r = 0;
	}
	if (r < 0)
		(void)cn_wrap(err, "%s", path);
	/* What came before is kept. */
	if (flush(c, r < 0 ? &late : err) < 0 ||
	    cn_sink_flush(&c->cli->out, r < 0 ? &late : err) < 0)
		return -1;
	return r < 0 ? -1 : 0;
}

int cn_chats_read(struct cn_chats *c, char *path, struct cn_err *err)
{
	static const struct cn_stream_ops ops = { one, flush, NULL };
	struct cn_stream_conf conf = { .writes_nothing = c->writes_nothing,
	    .kind = CN_IN_CHAT, .max_line = CN_FOREIGN_MAX,
	    .max_mail = CN_FOREIGN_MAX };
	struct cn_cli *cli = c->cli;
	char **argv = cli->argv;
	struct cn_counts counts = { 0 };
	struct stat st;
	int argc = cli->argc, r;

	c->foreign.line = line;
	c->foreign.refuse = refuse;
	c->foreign.note = note;
	c->foreign.arg = c;
	if (path != NULL && strcmp(path, "-") != 0 && stat(path, &st) == 0 &&
	    (S_ISDIR(st.st_mode) || (S_ISREG(st.st_mode) && is_zip(path))))
		return files(c, path, S_ISDIR(st.st_mode), err);
	cli->argc = path != NULL;
	cli->argv = &path;
	r = cn_stream_run(cli, &conf, &ops, c, &counts, err);
	c->refused += (int64_t)counts.refused;
	cli->argc = argc;
	cli->argv = argv;
	return r;
}

void cn_chats_tell(const struct cn_chats *c)
{
	const struct cn_foreign *f = &c->foreign;

	if (f->system + f->notes + f->deleted > 0)
		cn_cli_note("left out: %lld notices of the system, %lld "
		    "private notes, %lld deleted", (long long)f->system,
		    (long long)f->notes, (long long)f->deleted);
}
