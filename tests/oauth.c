/* oauth - asks a provider for tokens, with waits that take no time
 *
 *	oauth device CA BASE	device endpoint BASE/device, token BASE/token
 *	oauth browser CA BASE	BASE/authorize; a pasted line on stdin
 *	oauth client CA BASE
 *	oauth refresh CA BASE TOKEN
 *	oauth revoke CA BASE TOKEN
 *
 * Prints 'wait N' for each wait, 'open URL CODE', and at the end 'granted
 * ACCESS REFRESH SECONDS' or 'STATUS message'. */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "mail/oauth.h"

static int64_t waited;			/* milliseconds */

static int64_t ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000 + waited;
}

static void skip(const struct cn_run *run, int seconds)
{
	(void)run;
	printf("wait %d\n", seconds);
	waited += (int64_t)seconds * 1000;
}

static int tell(void *arg, const char *url, const char *code, int64_t seconds,
    struct cn_err *err)
{
	(void)arg, (void)seconds, (void)err;
	printf("open %s %s\n", url, code ? code : "-");
	fflush(stdout);
	return 0;
}

int main(int argc, char **argv)
{
	static volatile sig_atomic_t stop;
	struct cn_run run = { .ms = ms, .stop = &stop };
	struct cn_oauth_tokens t = { 0 };
	struct cn_arena mem = { 0 };
	struct cn_err err = { 0 };
	int r = -1;

	if (argc < 4)
		return 2;
	struct cn_oauth_conf c = { .client_id = "app id", .scope = "a b",
	    .device = cn_arena_fmt(&mem, "%s/device", argv[3]),
	    .token = cn_arena_fmt(&mem, "%s/token", argv[3]),
	    .authorize = cn_arena_fmt(&mem, "%s/authorize", argv[3]),
	    .revoke = cn_arena_fmt(&mem, "%s/token", argv[3]),
	    .ca_file = argv[2], .run = &run, .wait = skip };

	if (strcmp(argv[1], "device") == 0)
		r = cn_oauth_device(&c, tell, NULL, &t, &err);
	else if (strcmp(argv[1], "browser") == 0)
		r = cn_oauth_browser(&c, STDIN_FILENO, tell, NULL, &t, &err);
	else if (strcmp(argv[1], "client") == 0)
		r = cn_oauth_client(&c, &t, &err);
	else if (strcmp(argv[1], "refresh") == 0 && argc > 4)
		r = cn_oauth_refresh(&c, argv[4], &t, &err);
	else if (strcmp(argv[1], "revoke") == 0 && argc > 4)
		r = cn_oauth_revoke(&c, argv[4], "refresh_token", &err);
	if (r < 0)
		printf("%d %s\n", err.status, err.msg);
	else
		printf("granted %s %s %lld\n", t.access.p ? t.access.p : "-",
		    t.refresh.len ? t.refresh.p : "-", (long long)t.access_s);
	cn_oauth_wipe(&t);
	cn_arena_release(&mem);
	return r < 0 ? err.status : 0;
}
