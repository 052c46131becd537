/* sandbox.h - what a filter gives up before it reads a message
 *
 * From the call on this process, its threads and its children
 *
 * - open, connect, bind, listen or accept no socket of any kind and have none
 *   but for standard input, output and error, make no io_uring, run no other
 *   program, type nothing into the terminal, look into no other process, its
 *   shared memory or keys, send it no signal, make no namespace, and change no
 *   file's owner, mode, times or attributes by its name: the calls fail with
 *   EPERM, those of another architecture's entry kill (seccomp(2));
 * - open, make or remove no file, but for what struct cn_room names: EACCES
 *   (landlock(7)).  Whether one is there can be asked.
 *
 * There is no way back.  What is needed later (a model, a generator) is loaded
 * or started before; so are threads, for Landlock binds the calling one. */
#ifndef CN_SANDBOX_H
#define CN_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "base/err.h"

struct cn_room {
	const char *write[2];	/* folders: files made, changed, removed */
	char *const *read;	/* files, or folders with all in them */
	int nread;		/* what is not there ('-') is passed over */
	pid_t child;		/* whose group may be ended, or 0 */
};

/* Besides, the C library's charset converters can be read, which iconv(3)
 * loads when a mail asks for one; and, where there is a folder to write,
 * /dev/urandom.  *lacks says what is missing ('this kernel has no …', or that
 * a filter around the process refuses Landlock from the first call on), NULL
 * where nothing is; that is no failure.  What the kernel has and refuses
 * afterwards is. */
int cn_sandbox(const struct cn_room *, const char **lacks, struct cn_err *)
    CN_CHECKED;

/* For a child that is to become another program, and for all that it starts:
 * no socket, no io_uring, no typing into a terminal, and for good in its process
 * group, so that one kill(2) reaches all.  Where the kernel has Landlock, what
 * lies in the n folders of keep_out cannot be opened, no process outside be
 * looked into, and from Linux 6.12 on none be sent a signal; nor can a file be
 * made in or moved out of a folder above those of keep_out.  0, or -1 with
 * errno where it cannot be; a kernel without Landlock is no failure. */
int cn_sandbox_offline(const char *const *keep_out, size_t n);

#endif
