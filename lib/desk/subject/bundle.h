/* bundle.h - files that are handed over together, and their check
 *
 * Files are gathered first, in unnamed temporary files beside the output (in
 * memory where there is no such place), so that a run that is killed leaves
 * nothing behind; then they become one tar.gz or a folder.  A bundle ends with
 * SHA256SUMS over all of its other files, for sha256sum(1) and for
 * cn_bundle_verify().  Times and owners in the archive are fixed by the
 * caller: the same files give the same bytes. */
#ifndef CN_BUNDLE_H
#define CN_BUNDLE_H

#include "base/buf.h"

struct cn_bundle;
struct cn_bundle_file;

/* beside: the path of the output to be, or NULL: gather in memory.  mtime is
 * that of all files. */
struct cn_bundle *cn_bundle_new(const char *beside, int64_t mtime);
void cn_bundle_free(struct cn_bundle *);

/* Several may be open at once.  The name is borrowed, without a slash. */
struct cn_bundle_file *cn_bundle_open(struct cn_bundle *, const char *name,
    struct cn_err *) CN_CHECKED;
/* Both fail with CN_IOERR. */
int cn_bundle_add(struct cn_bundle_file *, const void *, size_t,
    struct cn_err *) CN_CHECKED;
int cn_bundle_close(struct cn_bundle_file *, struct cn_err *) CN_CHECKED;
/* A whole file at once. */
int cn_bundle_put(struct cn_bundle *, const char *name, struct cn_str,
    struct cn_err *) CN_CHECKED;
/* Appends [{"name","size","sha256"},…] of the files that are closed. */
void cn_bundle_list(struct cn_bundle *, struct cn_buf *);
/* Adds SHA256SUMS; the last file. */
int cn_bundle_seal(struct cn_bundle *, struct cn_err *) CN_CHECKED;

/* Hands over: a tar.gz through a callback; a tar.gz in a file, and a folder,
 * both durable and under their name only when whole.  A path that exists and
 * is no regular file is written to as it is (/dev/full, a FIFO); a folder
 * must not exist or be empty.  Failures to write have status 74. */
int cn_bundle_tar(struct cn_bundle *,
    int (*put)(void *, const void *, size_t, struct cn_err *), void *,
    struct cn_err *) CN_CHECKED;
int cn_bundle_save(struct cn_bundle *, const char *path, struct cn_err *)
    CN_CHECKED;
int cn_bundle_folder(struct cn_bundle *, const char *path, struct cn_err *)
    CN_CHECKED;

/* Checks a tar.gz ('-' is standard input) or a folder against its SHA256SUMS
 * and its manifest.json: 0, or status 5 with the first bad file by name. */
int cn_bundle_verify(const char *path, size_t *files, struct cn_err *)
    CN_CHECKED;

#endif
