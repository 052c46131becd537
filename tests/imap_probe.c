/* imap_probe - an IMAP session by hand, for the tests
 *
 *	imap_probe HOST PORT tls|starttls|plain STEP...
 *
 * Each step is one argument: 'login USER' and 'token USER' (the secret is in
 * IMAP_PASS), 'can', 'folders', 'status NAME', 'examine NAME', 'select NAME',
 * 'sizes FIRST LAST', 'bodies MAX UID,...', 'all MAX' (what the sizes said, a
 * thousand at a time, nothing printed), 'part UID OFFSET N', 'labels FIRST
 * LAST', 'changes MODSEQ', 'idle SECONDS', 'expunge UID,...', 'peak' and
 * 'cpu'.  LAST may be '*'.  Settings: IMAP_CA, IMAP_TIMEOUT, IMAP_COMPRESS,
 * IMAP_END (end a fetch at this mail), IMAP_STOP (the run is stopped after so
 * many seconds), IMAP_PEAK (the last line is the peak of memory).
 *
 * Prints what it gets; a failure as 'error STATUS MESSAGE', goes on after
 * status 3, and exits with the last one's. */
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

#include "mail/imap.h"

struct probe {
	struct cn_imap *imap;
	uint32_t *uids, *sizes;
	size_t n, cap, seen;
	uint64_t bytes;
	long end_at;
	bool quiet;
};

static volatile sig_atomic_t stop;

static void on_alarm(int sig)
{
	(void)sig;
	stop = 1;
}

static int64_t ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static long setting(const char *name)
{
	const char *s = getenv(name);

	return s ? atol(s) : 0;
}

/* A sum that tells one body from another. */
static uint32_t sum(struct cn_str s)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 16777619u;
	return h;
}

static int on_mail(void *arg, const struct cn_imap_mail *m,
    struct cn_err *err)
{
	struct probe *p = arg;

	p->bytes += m->body.n;
	if (p->end_at && (long)++p->seen == p->end_at)
		return cn_fail(err, CN_BLOCKED, "enough");
	if (p->quiet)
		return 0;
	printf("mail %" PRIu32 " size %" PRIu32 " arrived %" PRId64
	    " flags %u", m->uid, m->size, m->arrived, m->flags);
	for (size_t i = 0; i < m->nkeywords; i++)
		printf(" <%s>", m->keywords[i]);
	if (m->body.p)
		printf(" body %zu %08" PRIx32, m->body.n, sum(m->body));
	printf("\n");
	return 0;
}

static int on_size(void *arg, const struct cn_imap_mail *m,
    struct cn_err *err)
{
	struct probe *p = arg;

	if (p->n == p->cap) {
		p->cap = p->cap ? 2 * p->cap : 1024;
		p->uids = cn_realloc(p->uids, p->cap * sizeof(*p->uids));
	}
	p->uids[p->n++] = m->uid;
	return on_mail(arg, m, err);
}

static int on_gone(void *arg, uint32_t first, uint32_t last,
    struct cn_err *err)
{
	(void)arg;
	(void)err;
	printf("gone %" PRIu32 ":%" PRIu32 "\n", first, last);
	return 0;
}

static void range(const char *s, uint32_t *first, uint32_t *last)
{
	const char *to = strchr(s, ' ');

	*first = (uint32_t)strtoul(s, NULL, 10);
	*last = !to || to[1] == '*' ? UINT32_MAX :
	    (uint32_t)strtoul(to + 1, NULL, 10);
}

static size_t list(char *s, uint32_t *out, size_t max)
{
	size_t n = 0;

	for (char *t = strtok(s, ","); t && n < max; t = strtok(NULL, ","))
		out[n++] = (uint32_t)strtoul(t, NULL, 10);
	return n;
}

static int folders(struct probe *p, struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_imap_folder *f;
	size_t n, out;
	int r = cn_imap_folders(p->imap, &mem, &f, &n, &out, err);

	for (size_t i = 0; r == 0 && i < n; i++)
		printf("folder %d %s\n", (int)f[i].use, f[i].name);
	if (r == 0)
		printf("left out %zu\n", out);
	cn_arena_release(&mem);
	return r;
}

static int box(struct probe *p, const char *verb, const char *name,
    struct cn_err *err)
{
	struct cn_imap_state s;
	int r = *verb == 's' && verb[1] == 't' ?
	    cn_imap_status(p->imap, name, &s, err) :
	    cn_imap_select(p->imap, name, *verb == 's', &s, err);

	if (r == 0)
		printf("box uidvalidity %d uidnext %" PRIu32 " exists %" PRIu32
		    " modseq %" PRIu64 "\n", s.uidvalidity != 0, s.uidnext,
		    s.exists, s.modseq);
	return r;
}

static int part(struct probe *p, const char *args, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	uint32_t uid, offset, n;
	int r;

	if (sscanf(args, "%" SCNu32 " %" SCNu32 " %" SCNu32, &uid, &offset,
	    &n) != 3)
		return cn_fail(err, CN_USAGE, "part UID OFFSET N");
	r = cn_imap_part(p->imap, uid, offset, n, &b, err);
	if (r == 0)
		printf("part %zu %08" PRIx32 "\n", b.len,
		    sum(cn_buf_view(&b)));
	else if (b.len)
		printf("part left %zu bytes\n", b.len);
	cn_buf_release(&b);
	return r;
}

/* Everything, a thousand at a time. */
static int all(struct probe *p, uint32_t max, struct cn_err *err)
{
	p->quiet = true;
	p->n = 0;
	if (cn_imap_sizes(p->imap, 1, UINT32_MAX, on_size, p, err) < 0)
		return -1;
	for (size_t i = 0; i < p->n; i += 1000)
		if (cn_imap_bodies(p->imap, p->uids + i,
		    p->n - i < 1000 ? p->n - i : 1000, max, on_mail, p,
		    err) < 0)
			return -1;
	printf("all %zu mails %" PRIu64 " bytes\n", p->n, p->bytes);
	return 0;
}

static int idle(struct probe *p, int seconds, struct cn_err *err)
{
	int64_t from = ms();
	int r;

	printf("idle\n");
	fflush(stdout);
	r = cn_imap_idle(p->imap, seconds, NULL, NULL, err);
	if (r >= 0)
		printf("news %d after %d00 ms\n", r, (int)(ms() - from) / 100);
	return r < 0 ? -1 : 0;
}

static void usage_of(const char *what)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	if (strcmp(what, "peak") == 0)
		printf("peak %ld KiB\n", u.ru_maxrss);
	else
		printf("cpu %ld ms\n", (u.ru_utime.tv_sec +
		    u.ru_stime.tv_sec) * 1000 + (u.ru_utime.tv_usec +
		    u.ru_stime.tv_usec) / 1000);
}

static int can(struct probe *p)
{
	static const char *const names[] = { "condstore", "qresync", "idle",
		"uidplus", "gmail", "xoauth2", "compress" };
	unsigned bits = cn_imap_can(p->imap);

	printf("can");
	for (unsigned i = 0; i < 7; i++)
		if (bits & 1u << i)
			printf(" %s", names[i]);
	printf("\n");
	return 0;
}

static int step(struct probe *p, char *s, struct cn_err *err)
{
	const char *secret = getenv("IMAP_PASS");
	uint32_t uids[1000], first, last;
	char *args = strchr(s, ' ');

	if (args)
		*args++ = '\0';
	else
		args = s + strlen(s);
	if (strcmp(s, "login") == 0)
		return cn_imap_login(p->imap, args, secret, err);
	if (strcmp(s, "token") == 0)
		return cn_imap_login_token(p->imap, args, secret, err);
	if (strcmp(s, "can") == 0)
		return can(p);
	if (strcmp(s, "folders") == 0)
		return folders(p, err);
	if (strcmp(s, "status") == 0 || strcmp(s, "examine") == 0 ||
	    strcmp(s, "select") == 0)
		return box(p, s, args, err);
	if (strcmp(s, "part") == 0)
		return part(p, args, err);
	if (strcmp(s, "all") == 0)
		return all(p, (uint32_t)strtoul(args, NULL, 10), err);
	if (strcmp(s, "changes") == 0)
		return cn_imap_changes(p->imap, strtoull(args, NULL, 10),
		    on_mail, on_gone, p, err);
	if (strcmp(s, "idle") == 0)
		return idle(p, atoi(args), err);
	if (strcmp(s, "expunge") == 0)
		return cn_imap_expunge(p->imap, uids, list(args, uids, 1000),
		    err);
	if (strcmp(s, "bodies") == 0) {
		first = (uint32_t)strtoul(args, &args, 10);
		return cn_imap_bodies(p->imap, uids, list(args, uids, 1000),
		    first, on_mail, p, err);
	}
	range(args, &first, &last);
	if (strcmp(s, "sizes") == 0)
		return cn_imap_sizes(p->imap, first, last, on_size, p, err);
	if (strcmp(s, "labels") == 0)
		return cn_imap_labels(p->imap, first, last, on_mail, p, err);
	usage_of(s);
	return 0;
}

int main(int argc, char **argv)
{
	struct probe p = { .end_at = setting("IMAP_END") };
	struct cn_run run = { .ms = ms, .stop = &stop };
	struct cn_imap_conf conf = {
		.ca_file = getenv("IMAP_CA"), .run = &run,
		.compress = setting("IMAP_COMPRESS"),
		.timeout_s = (int)setting("IMAP_TIMEOUT"),
	};
	struct cn_err err = { 0 };
	int status = 0;

	if (argc < 4)
		return CN_USAGE;
	setvbuf(stdout, NULL, _IOLBF, 0);
	signal(SIGALRM, on_alarm);
	alarm((unsigned)setting("IMAP_STOP"));
	conf.host = argv[1];
	conf.port = atoi(argv[2]);
	conf.security = *argv[3] == 't' ? CN_IMAP_TLS :
	    *argv[3] == 's' ? CN_IMAP_STARTTLS : CN_IMAP_PLAIN;
	p.imap = cn_imap_open(&conf, &err);
	if (!p.imap) {
		status = err.status;
		printf("error %d %s\n", status, err.msg);
	}
	for (int i = 4; p.imap && i < argc; i++) {
		if (step(&p, argv[i], &err) == 0)
			continue;
		status = err.status;
		printf("error %d %s\n", status, err.msg);
		if (status != CN_PARTIAL)
			break;
	}
	cn_imap_close(p.imap);
	free(p.uids);
	if (setting("IMAP_PEAK"))
		usage_of("peak");
	return status;
}
