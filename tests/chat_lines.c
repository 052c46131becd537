/* chat_lines - what the importers make of an export, as lines; what they
 * refuse goes to standard error, what they leave out in a last line.
 *
 * chat_lines [-a AGENT]... [-s SOURCE] [-d dmy|mdy] FILE|FOLDER */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "desk/foreign/foreign.h"

static int line(void *arg, struct cn_str text, const char *place,
    struct cn_err *err)
{
	(void)arg;
	(void)place;
	(void)err;
	printf("%.*s\n", (int)text.n, text.p);
	return 0;
}

static int refuse(void *arg, struct cn_str bytes, const char *place,
    struct cn_err *why)
{
	(void)arg;
	fprintf(stderr, "%s: %s (%zu bytes)\n", place, why->msg, bytes.n);
	return 0;
}

static void note(void *arg, const char *place, const char *what)
{
	(void)arg;
	fprintf(stderr, "%s: %s\n", place, what);
}

int main(int argc, char **argv)
{
	static const char *none[] = { NULL };
	const char *agents[16];
	struct cn_config config = { .desk = none, .agents = none };
	struct cn_foreign f = { .config = &config, .agents = agents,
	    .line = line, .refuse = refuse, .note = note };
	struct cn_buf text = { 0 };
	struct cn_err err = { 0 };
	struct stat st;
	int c, r;

	while ((c = getopt(argc, argv, "a:s:d:")) != -1) {
		if (c == 'a' && f.nagents < 16)
			agents[f.nagents++] = optarg;
		else if (c == 's')
			f.source = optarg;
		else if (c == 'd')
			f.order = optarg[0] == 'd' ? CN_DATE_DMY : CN_DATE_MDY;
		else
			return 2;
	}
	if (optind != argc - 1 || stat(argv[optind], &st) < 0)
		return 2;
	if (S_ISDIR(st.st_mode)) {
		r = cn_foreign_folder(&f, argv[optind], &err);
	} else {
		r = cn_file_read(argv[optind], CN_FOREIGN_MAX, &text, &err);
		if (r == 0)
			r = cn_foreign_is_zip(cn_buf_view(&text)) ?
			    cn_foreign_zip(&f, argv[optind], &err) :
			    cn_foreign_doc(&f, argv[optind],
			    cn_buf_view(&text), &err);
	}
	if (r < 0)
		fprintf(stderr, "%d: %s\n", err.status, err.msg);
	fprintf(stderr, "left out: %lld %lld %lld\n", (long long)f.system,
	    (long long)f.notes, (long long)f.deleted);
	cn_buf_release(&text);
	return r < 0 ? err.status : 0;
}
