/* file.h - files and locks: whole, atomic, durable */
#ifndef CN_FILE_H
#define CN_FILE_H

#include "buf.h"

/* Reads a whole file of at most max bytes ('-' is not special). */
int cn_file_read(const char *path, size_t max, struct cn_buf *out,
    struct cn_err *) CN_CHECKED;
/* The same from an open descriptor, which stays open; name: for messages. */
int cn_fd_read(int fd, const char *name, size_t max, struct cn_buf *out,
    struct cn_err *) CN_CHECKED;
/* Appends the next n bytes of it, fewer at the end. */
int cn_fd_some(int fd, const char *name, size_t n, struct cn_buf *out,
    struct cn_err *) CN_CHECKED;
/* Makes what root has just made in the folder of another user, who is to use
 * it, that user's: the open file at path, unless a link led there or it has a
 * second name. */
int cn_file_own(int fd, const char *path, struct cn_err *) CN_CHECKED;
/* Temporary file in the same folder, fsync, rename, fsync of the folder.  It is
 * of whom the file is whose place it takes, 77 where it cannot be; where there
 * is none, as cn_file_own() says.  The temporary one is PATH.new, and what is
 * there is taken for a killed run's: hold a lock. */
int cn_file_replace(const char *path, const void *, size_t, unsigned mode,
    struct cn_err *) CN_CHECKED;
/* Likewise for a file that the user names, without a lock, and ours: a link is
 * replaced, not followed; where a device, a pipe or a folder is, or a link to
 * one, status 2. */
int cn_file_put(const char *path, const void *, size_t, unsigned mode,
    struct cn_err *) CN_CHECKED;
/* mkdir -p with this mode for what it creates. */
int cn_mkdirs(const char *path, unsigned mode, struct cn_err *) CN_CHECKED;
/* All of it, whatever write(2) takes at a time. */
int cn_write_all(int fd, const void *, size_t, struct cn_err *) CN_CHECKED;
bool cn_file_exists(const char *path);
/* Network file systems (NFS, CIFS, 9P, FUSE.sshfs) cannot hold the store. */
bool cn_file_is_network(const char *path);

/* Is the path the folder or below it, wherever links lead?  What is not there
 * yet counts as what is nearest above it. */
bool cn_file_inside(const char *path, const char *folder);

/* An exclusive lock on a file that is created once and never renamed (open
 * file description locks: released with the last descriptor).  wait_ms < 0
 * waits for ever; when time is up the status is 75. */
int cn_lock(const char *path, int wait_ms, int *fd, struct cn_err *)
    CN_CHECKED;
void cn_unlock(int fd);

/* 'dir/name' in the arena. */
char *cn_path(struct cn_arena *, const char *dir, const char *name);

#endif
