/* store.h - the store: one SQLite file in CN_HOME, everything personal sealed
 *
 * The only layer that knows SQLite.  A store is opened together with its
 * keyring; the two are compared by store id and generation, and an erasure
 * that was cut off is named (cn_store_pending) before anything else is done.
 *
 * Writing: cn_store_begin() passes the turnstile (two lock files: take
 * 'next', take 'main', drop 'next'), so that writers take turns instead of
 * starving each other in SQLite's busy loop; nothing reads a pipe or parses a
 * mail between begin and commit.  Readers page by key and close their
 * statements before anything is printed. */
#ifndef CN_STORE_H
#define CN_STORE_H

#include "base/run.h"
#include "crypt/ledger.h"

struct cn_store;

#define CN_STORE_SCHEMA 3		/* the newest version this code knows */

#define CN_STORE_READ 1u		/* will not write at all */
#define CN_STORE_AUDIT 4u		/* writes nothing but audit and runs */
#define CN_STORE_TEST 2u		/* create: --now may change the store */

/* Makes home, store and keyring.  An existing store is status 4. */
int cn_store_create(const struct cn_run *, unsigned flags,
    const char *recovery_path, struct cn_err *) CN_CHECKED;
/* No store or keyring: 78 with a hint; a newer store: 78; damaged: 5; a
 * keyring older than the store: 78. The run is borrowed. */
struct cn_store *cn_store_open(const struct cn_run *, unsigned flags,
    struct cn_err *) CN_CHECKED;
void cn_store_close(struct cn_store *);

struct cn_keys *cn_store_keys(struct cn_store *);
const struct cn_run *cn_store_run(struct cn_store *);
/* Memory for pages of the file, KiB; 8000 unless told.  Then the pages that a
 * transaction changes stay in memory to its end, whatever they are. */
int cn_store_cache(struct cn_store *, int kib, struct cn_err *) CN_CHECKED;
/* Many looks in one snapshot, which costs each of them less; nothing is waited
 * for and no transaction begun until it is let go. */
int cn_store_look(struct cn_store *, struct cn_err *) CN_CHECKED;
void cn_store_looked(struct cn_store *);
/* Present time for what is stored: --now in a test store, else the clock. */
int64_t cn_store_now(struct cn_store *);

/* One writing transaction.  begin checks that the keyring and the store are
 * of one generation (75 while an erasure runs).  commit makes it durable. */
int cn_store_begin(struct cn_store *, struct cn_err *) CN_CHECKED;
int cn_store_commit(struct cn_store *, struct cn_err *) CN_CHECKED;
void cn_store_rollback(struct cn_store *);	/* no-op outside one */

/* Sees to it, outside any transaction, that n leaf numbers of a kind are at
 * hand: reserving them is a write of the keyring's folder. */
int cn_store_leaves(struct cn_store *, enum cn_leaf_kind, unsigned n,
    struct cn_err *) CN_CHECKED;

/* Meta values (integers). */
int64_t cn_store_meta(struct cn_store *, const char *key, int64_t dflt);
int cn_store_set_meta(struct cn_store *, const char *key, int64_t,
    struct cn_err *) CN_CHECKED;

/* Checks the whole store; calls tell() for each finding. Returns the number
 * of findings, or -1. */
int cn_store_check(struct cn_store *, void (*tell)(void *, const char *),
    void *, struct cn_err *) CN_CHECKED;

#endif
