/* A layer over SQLite's own file layer that gathers writes which follow each
 * other, and blanks what a page has between its index and its cells.
 *
 * SQLite writes the log as a header of 24 bytes and a page at a time, and a
 * checkpoint page by page: for a mailbox of 400 MB that is 200,000 calls, and
 * the kernel takes a large write for a fraction of what many small ones cost.
 * Nothing is held back beyond the moment at which another process could look,
 * or at which it must be on the disk: before a sync, a lock that is let go, the
 * barrier by which a commit is published, a reading, a truncation, the size.
 *
 * secure_delete overwrites a cell that is deleted, but not the copies that
 * moving cells between pages leaves in the room which a page does not use. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "store/sql.h"

#define ROOM ((128 << 10) - 1)	/* the most that SQLite writes at once */

struct cn_vfs {
	sqlite3_vfs vfs;
	sqlite3_vfs *below;
	char name[32];
	sqlite3_file *of;		/* the file (below) of what is gathered */
	sqlite3_int64 at;
	int n, rc;			/* bytes; what a late write said */
	char room[ROOM];
};

struct file {
	sqlite3_file base;
	struct cn_vfs *v;
	bool gathers, pages;		/* pages: the database, not its log */
	/* SQLite's own file follows. */
};

static sqlite3_file *below(sqlite3_file *f)
{
	return (sqlite3_file *)((struct file *)f + 1);
}

static int flush(struct cn_vfs *v)
{
	int r = v->rc;

	if (v->of != NULL && r == SQLITE_OK)
		r = v->of->pMethods->xWrite(v->of, v->room, v->n, v->at);
	v->of = NULL;
	v->n = 0;
	v->rc = SQLITE_OK;
	return r;
}

/* Before a call whose result SQLite passes over: the next read, write,
 * truncation or sync says that it failed. */
static void flush_mute(struct cn_vfs *v)
{
	v->rc = flush(v);
}

#define VFS(f) (((struct file *)(f))->v)
#define BELOW(f, call, ...) below(f)->pMethods->call(below(f), __VA_ARGS__)

static int vfs_close(sqlite3_file *f)
{
	flush_mute(VFS(f));
	return below(f)->pMethods->xClose(below(f));
}

static int vfs_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
	int r = VFS(f)->of == below(f) ? flush(VFS(f)) : SQLITE_OK;

	return r != SQLITE_OK ? r : BELOW(f, xRead, p, n, at);
}

/* A page of a tree by the file format: its kind, at 3 the number of its cells
 * and at 5 where they begin.  An overflow page and a free one begin with the
 * number of another page, which looks so from the 2^25th on: larger files,
 * and those that come near it, are left alone. */
static void blank(sqlite3_file *f, char *page, int n, sqlite3_int64 at)
{
	const int head = at == 0 ? 100 : 0;
	unsigned char *h = (unsigned char *)page + head;
	sqlite3_int64 size;
	int from, to;

	if (n < 512 || (n & (n - 1)) != 0 || at % n != 0)
		return;
	if (h[0] != 2 && h[0] != 5 && h[0] != 10 && h[0] != 13)
		return;
	if (BELOW(f, xFileSize, &size) != SQLITE_OK || size / n >= 1 << 24)
		return;
	from = head + (h[0] < 8 ? 12 : 8) + 2 * (h[3] << 8 | h[4]);
	to = h[5] << 8 | h[6];
	if (from < to && to <= n)
		memset(page + from, 0, (size_t)(to - from));
}

static int vfs_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
	struct cn_vfs *v = VFS(f);
	int r = SQLITE_OK;

	if (v->of != below(f) || v->at + v->n != at || v->n + n > ROOM)
		r = flush(v);
	if (r != SQLITE_OK || !((struct file *)f)->gathers || n > ROOM)
		return r != SQLITE_OK ? r : BELOW(f, xWrite, p, n, at);
	if (v->of == NULL)
		v->at = at;
	v->of = below(f);
	memcpy(v->room + v->n, p, (size_t)n);
	if (((struct file *)f)->pages)
		blank(f, v->room + v->n, n, at);
	v->n += n;
	return SQLITE_OK;
}

static int vfs_truncate(sqlite3_file *f, sqlite3_int64 size)
{
	int r = flush(VFS(f));

	return r != SQLITE_OK ? r : BELOW(f, xTruncate, size);
}

static int vfs_sync(sqlite3_file *f, int flags)
{
	int r = flush(VFS(f));

	return r != SQLITE_OK ? r : BELOW(f, xSync, flags);
}

static int vfs_size(sqlite3_file *f, sqlite3_int64 *size)
{
	int r = flush(VFS(f));

	return r != SQLITE_OK ? r : BELOW(f, xFileSize, size);
}

static int vfs_lock(sqlite3_file *f, int lock)
{
	return BELOW(f, xLock, lock);
}

static int vfs_unlock(sqlite3_file *f, int lock)
{
	flush_mute(VFS(f));
	return BELOW(f, xUnlock, lock);
}

static int vfs_reserved(sqlite3_file *f, int *out)
{
	return BELOW(f, xCheckReservedLock, out);
}

static int vfs_control(sqlite3_file *f, int op, void *arg)
{
	flush_mute(VFS(f));
	return BELOW(f, xFileControl, op, arg);
}

static int vfs_sector(sqlite3_file *f)
{
	return below(f)->pMethods->xSectorSize(below(f));
}

static int vfs_device(sqlite3_file *f)
{
	return below(f)->pMethods->xDeviceCharacteristics(below(f));
}

static int vfs_shm_map(sqlite3_file *f, int page, int size, int extend,
    void volatile **out)
{
	return BELOW(f, xShmMap, page, size, extend, out);
}

static int vfs_shm_lock(sqlite3_file *f, int at, int n, int flags)
{
	flush_mute(VFS(f));
	return BELOW(f, xShmLock, at, n, flags);
}

static void vfs_shm_barrier(sqlite3_file *f)
{
	flush_mute(VFS(f));
	below(f)->pMethods->xShmBarrier(below(f));
}

static int vfs_shm_unmap(sqlite3_file *f, int delete)
{
	return BELOW(f, xShmUnmap, delete);
}

/* Version 2: without pages that are mapped. */
static const sqlite3_io_methods methods = {
	2, vfs_close, vfs_read, vfs_write, vfs_truncate, vfs_sync, vfs_size,
	vfs_lock, vfs_unlock, vfs_reserved, vfs_control, vfs_sector,
	vfs_device, vfs_shm_map, vfs_shm_lock, vfs_shm_barrier, vfs_shm_unmap,
	NULL, NULL
};

static int vfs_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *f,
    int flags, int *out)
{
	struct cn_vfs *v = vfs->pAppData;
	struct file *file = (struct file *)f;
	int r;

	memset(file, 0, sizeof(*file));
	r = v->below->xOpen(v->below, name, below(f), flags, out);
	if (below(f)->pMethods == NULL)
		return r;
	file->v = v;
	file->pages = flags & SQLITE_OPEN_MAIN_DB;
	file->gathers = file->pages || flags & SQLITE_OPEN_WAL;
	file->base.pMethods = &methods;
	return r;
}

struct cn_vfs *cn_vfs_new(void)
{
	struct cn_vfs *v = cn_alloc(sizeof(*v));

	v->below = sqlite3_vfs_find(NULL);
	v->vfs = *v->below;
	snprintf(v->name, sizeof(v->name), "cn-%p", (void *)v);
	v->vfs.zName = v->name;
	v->vfs.szOsFile += (int)sizeof(struct file);
	v->vfs.pAppData = v;
	v->vfs.xOpen = vfs_open;
	sqlite3_vfs_register(&v->vfs, 0);
	return v;
}

const char *cn_vfs_name(const struct cn_vfs *v)
{
	return v->name;
}

void cn_vfs_free(struct cn_vfs *v)
{
	if (v == NULL)
		return;
	sqlite3_vfs_unregister(&v->vfs);
	free(v);
}
