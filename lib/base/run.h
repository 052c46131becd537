/* run.h - what a run of a command brings with it
 *
 * cmd fills it (lib/cli does the filling); nothing below reads the clock or
 * the environment. */
#ifndef CN_RUN_H
#define CN_RUN_H

#include <signal.h>

#include "buf.h"

struct cn_run {
	const char *command;		/* cn-import */
	const char *options;		/* names only: '--deliver --format' */
	const char *home, *keys;	/* folders of store and keys */
	const char *config;		/* path, or NULL */
	const char *key_file;		/* opens a keyring slot, or NULL */
	const char *credentials;	/* systemd's folder of them, or NULL */
	const char *actor;		/* 'uid:1000 name' */
	const char *tty, *ssh, *host;	/* or NULL */
	int64_t now;			/* for computations; may be --now */
	bool now_given;
	int64_t (*clock)(void);		/* real time, for audit and keyring */
	int64_t (*ms)(void);		/* milliseconds that only go forward */
	int wait_ms;			/* for locks; -1 for ever */
	volatile sig_atomic_t *stop;	/* INT or TERM asked to finish */
	void (*progress)(void *, uint64_t done, uint64_t total);
	void *progress_arg;
	void (*note)(const char *fmt, ...) CN_PRINTF(1, 2); /* a line, stderr */
};

#endif
