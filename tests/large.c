/* large - large mail without a server
 *
 *	large make MB FROM ID [text|junk]	a mail of about MB MiB: text and
 *				attachments, only text, or no mail at all
 *	large fetch UID FILE [PIECES]	takes FILE in as a mailbox's mail UID,
 *				as cn-fetch does; ends after so many pieces
 *	large hold FILE		into the quarantine, whatever it is
 *	large requeue ID	out of it
 *	large peak FILE CMD...	runs it and writes its peak memory, KiB
 *
 * On CN_HOME, CN_KEYS and CN_CONFIG; lines go to standard output.  The size
 * that the server tells is that of FILE, or CN_SIZE. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "desk/intake/large.h"
#include "store/quarantine.h"

#define UIDVALIDITY 7

static int64_t now(void)
{
	return (int64_t)time(NULL);
}

static volatile sig_atomic_t stop;
static struct cn_run run = {
	.command = "large", .options = "", .actor = "test", .wait_ms = 10000,
	.stop = &stop
};
static struct cn_err err;
static struct cn_intake *in;

/* --- making --- */

static void base64(long lines, unsigned seed)
{
	static const char abc[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnop"
	    "qrstuvwxyz0123456789+/";
	char line[79];
	uint32_t x = seed;
	int i;

	memcpy(line + 76, "\r\n", 3);
	while (lines-- > 0) {
		for (i = 0; i < 76; i++) {
			x = x * 1664525 + 1013904223;
			line[i] = abc[x >> 26];
		}
		fputs(line, stdout);
	}
}

static void text(long lines)
{
	while (lines-- > 0)
		printf("where is my parcel %ld, I want my money back, \r\n",
		    lines % 5000);
}

static int make(long mb, const char *from, const char *id, const char *kind)
{
	long lines = mb * 13443;	/* of 78 bytes */

	if (strcmp(kind, "junk") == 0) {
		puts("no header field stands here");
		base64(lines, 1);
		return 0;
	}
	printf("From: %s\r\nTo: desk@shop.test\r\nDate: Mon, 23 Nov 2026 15:00:"
	    "00 +0000\r\nMessage-ID: <%s@t.test>\r\nSubject: large parcel %s"
	    "\r\nMIME-Version: 1.0\r\n", from, id, id);
	if (strcmp(kind, "text") == 0) {
		printf("\r\n");
		text(lines * 78 / 50);
		return 0;
	}
	printf("Content-Type: multipart/mixed; boundary=\"b-%s\"\r\n\r\n--b-%s"
	    "\r\nContent-Type: text/plain\r\n\r\nSee the film of my parcel "
	    "zanary%s, please.\r\nFrom here on it is late.\r\n", id, id, id);
	printf("--b-%s\r\nContent-Type: video/mp4; name=film.mp4\r\n"
	    "Content-Disposition: attachment; filename=film.mp4\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n", id);
	base64(lines * 3 / 4, 7);
	printf("--b-%s\r\nContent-Type: image/png; name=bill.png\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n", id);
	base64(lines / 4, 8);
	printf("--b-%s--\r\n", id);
	return 0;
}

/* --- taking in --- */

static void tell(void *arg, const char *place, const char *reason)
{
	(void)arg;
	fprintf(stderr, "%s: %s\n", place, reason);
}

static int piece(int fd, off_t at, struct cn_buf *b)
{
	ssize_t n = 1;

	b->len = 0;
	cn_buf_reserve(b, CN_RAW_CHUNK);
	while (n > 0 && b->len < CN_RAW_CHUNK) {
		n = pread(fd, b->p + b->len, CN_RAW_CHUNK - b->len,
		    at + (off_t)b->len);
		b->len += n > 0 ? (size_t)n : 0;
	}
	return n < 0 ? -1 : 0;
}

static int finish(int r, const struct cn_buf *lines)
{
	const struct cn_intake_counts *n = cn_intake_counts(in);

	if (r == 0 && lines->len > 0)
		fwrite(lines->p, 1, lines->len, stdout);
	fprintf(stderr, "stored %lld known %lld erased %lld quarantined %lld\n",
	    (long long)n->stored, (long long)n->known, (long long)n->erased,
	    (long long)n->quarantined);
	return r;
}

static int fetch(int64_t uid, const char *file, long pieces)
{
	const struct cn_intake_at at = { .place = {
		.uidvalidity = UIDVALIDITY, .uid = uid,
		.arrived = 1795446000, .flags = 1 } };
	struct cn_buf b = { 0 }, lines = { 0 };
	const char *said = getenv("CN_SIZE");
	int64_t pending = 0, show;
	uint32_t next = 0;
	char place[32];
	int fd = open(file, O_RDONLY), r;

	if (fd < 0 || piece(fd, 0, &b) < 0)
		return cn_fail_errno(&err, CN_USAGE, "%s", file);
	snprintf(place, sizeof(place), "mail %lld", (long long)uid);
	r = cn_large_begin(in, &at, said ? atoll(said) : lseek(fd, 0,
	    SEEK_END), place, cn_buf_view(&b), &pending, &err);
	while (r == 0 && --pieces > 0 && (r = cn_large_next(in, pending, &next,
	    &err)) == 0) {
		if (piece(fd, (off_t)next * CN_RAW_CHUNK, &b) < 0)
			r = cn_fail_errno(&err, CN_IOERR, "%s", file);
		if (b.len == 0)
			break;
		r = cn_large_piece(in, pending, next, cn_buf_view(&b), &err);
	}
	if (r >= 0 && pieces > 0 && pending != 0)
		r = cn_large_end(in, pending, &at, place, &lines, tell,
		    NULL, &show, &err);
	close(fd);
	r = finish(r, &lines);
	cn_buf_release(&b);
	cn_buf_release(&lines);
	return r;
}

/* As if it could not have been taken in. */
static int hold(struct cn_store *s, const char *file)
{
	struct cn_buf b = { 0 };
	int r = cn_file_read(file, 1 << 30, &b, &err);

	if (r == 0)
		r = cn_store_leaves(s, CN_LEAF_QUARANTINE, 1, &err);
	if (r == 0)
		r = cn_store_begin(s, &err);
	if (r == 0 && (cn_quarantine(s, "for no reason", "mail 1", NULL,
	    cn_buf_view(&b), &err) < 0 || cn_store_commit(s, &err) < 0))
		r = -1;
	cn_buf_release(&b);
	return r;
}

static int requeue(const char *id)
{
	struct cn_buf lines = { 0 };
	int64_t show;
	int r = cn_intake_requeue(in, id, &lines, tell, NULL, &show, &err);

	if (r == 1)
		r = cn_fail(&err, CN_NO, "no such item");
	r = finish(r, &lines);
	cn_buf_release(&lines);
	return r;
}

static int peak(const char *file, char **cmd)
{
	struct rusage u;
	FILE *f = fopen(file, "w");
	pid_t pid = fork();
	int st;

	if (pid == 0) {
		execvp(cmd[0], cmd);
		_exit(127);
	}
	if (f == NULL || pid < 0 || wait4(pid, &st, 0, &u) < 0)
		return 1;
	fprintf(f, "%ld\n", u.ru_maxrss);
	fclose(f);
	return WIFEXITED(st) ? WEXITSTATUS(st) : 128 + WTERMSIG(st);
}

static int with_store(int argc, char **argv)
{
	struct cn_arena mem = { 0 };
	struct cn_config conf;
	struct cn_store *s;
	int r = -1;

	run.home = getenv("CN_HOME");
	run.keys = getenv("CN_KEYS");
	run.clock = now;
	run.now = 1796126400;		/* 2026-12-01T12:00:00Z */
	s = cn_store_open(&run, 0, &err);
	if (s != NULL && cn_config_load(&conf, getenv("CN_CONFIG"), &mem,
	    &err) == 0) {
		in = cn_intake_new(s, &conf, 0);
		cn_intake_from(in, "box", "INBOX");
		if (argc >= 4 && strcmp(argv[1], "fetch") == 0)
			r = fetch(atoll(argv[2]), argv[3], argc > 4 ?
			    atol(argv[4]) : 1000000);
		else if (argc == 3 && strcmp(argv[1], "hold") == 0)
			r = hold(s, argv[2]);
		else if (argc == 3 && strcmp(argv[1], "requeue") == 0)
			r = requeue(argv[2]);
		else
			r = cn_fail(&err, CN_USAGE, "what?");
		cn_intake_free(in);
	}
	cn_store_close(s);
	cn_arena_release(&mem);
	if (r < 0)
		fprintf(stderr, "large: %s\n", err.msg);
	return r < 0 ? err.status : 0;
}

int main(int argc, char **argv)
{
	if (argc >= 5 && strcmp(argv[1], "make") == 0)
		return make(atol(argv[2]), argv[3], argv[4], argc > 5 ?
		    argv[5] : "mail");
	if (argc >= 4 && strcmp(argv[1], "peak") == 0)
		return peak(argv[2], argv + 3);
	return with_store(argc, argv);
}
