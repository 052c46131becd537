#include "cli/rejects.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mail/mail.h"
#include "store/quarantine.h"

struct cn_reject {
	enum cn_input kind;
	char place[40], reason[160];
	struct cn_buf bytes;
};

int cn_rejects_open(struct cn_rejects *r, struct cn_cli *cli,
    struct cn_store *store, const char *path, struct cn_err *err)
{
	int fd;

	*r = (struct cn_rejects){ .store = store };
	if (path == NULL)
		return 0;
	if (store != NULL)
		return cn_cli_usage(cli, err, "--rejects is for --no-store: a "
		    "store keeps them sealed");
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		return cn_fail_errno(err, CN_IOERR, "%s", path);
	cn_sink_init(&r->file, fd, path);
	r->has_file = true;
	return 0;
}

void cn_rejects_add(struct cn_rejects *r, const struct cn_record *rec,
    const char *reason)
{
	bool line = rec->kind == CN_IN_JSON;
	struct cn_reject *x;

	if (rec->bytes.n == 0 || (r->store == NULL && !r->has_file))
		return;
	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 16;
		r->v = cn_realloc(r->v, r->cap * sizeof(*r->v));
	}
	x = &r->v[r->n++];
	*x = (struct cn_reject){ .kind = rec->kind };
	snprintf(x->place, sizeof(x->place), "%s %llu", line ? "line" :
	    "mail", (unsigned long long)rec->number);
	snprintf(x->reason, sizeof(x->reason), "%s", reason);
	cn_buf_add(&x->bytes, rec->bytes.p, rec->bytes.n);
}

static int seal(struct cn_rejects *r, struct cn_err *err)
{
	size_t i;

	if (cn_store_leaves(r->store, CN_LEAF_QUARANTINE, (unsigned)r->n,
	    err) < 0 || cn_store_begin(r->store, err) < 0)
		return -1;
	for (i = 0; i < r->n; i++)
		if (cn_quarantine(r->store, r->v[i].reason, r->v[i].place,
		    NULL, cn_buf_view(&r->v[i].bytes), err) < 0) {
			cn_store_rollback(r->store);
			return -1;
		}
	return cn_store_commit(r->store, err);
}

static int write_out(struct cn_rejects *r, struct cn_err *err)
{
	struct cn_buf box = { 0 };
	size_t i;
	int rc = 0;

	for (i = 0; i < r->n && rc == 0; i++) {
		struct cn_str s = cn_buf_view(&r->v[i].bytes);

		if (r->v[i].kind == CN_IN_JSON) {
			rc = cn_out_line(&r->file, s, err);
			continue;
		}
		box.len = 0;
		cn_mbox_put(&box, s, NULL, 0);
		rc = cn_sink_add(&r->file, box.p, box.len, err);
	}
	cn_buf_wipe(&box);
	return rc == 0 ? cn_sink_flush(&r->file, err) : -1;
}

int cn_rejects_flush(struct cn_rejects *r, struct cn_err *err)
{
	int rc;

	if (r->n == 0)
		return 0;
	rc = r->store != NULL ? seal(r, err) : write_out(r, err);
	while (r->n > 0)
		cn_buf_wipe(&r->v[--r->n].bytes);
	return rc;
}

void cn_rejects_close(struct cn_rejects *r)
{
	while (r->n > 0)
		cn_buf_wipe(&r->v[--r->n].bytes);
	free(r->v);
	if (r->has_file) {
		cn_sink_release(&r->file);
		close(r->file.fd);
	}
	*r = (struct cn_rejects){ 0 };
}
