#include "cli/rulings.h"

#include <unistd.h>

#include "base/file.h"
#include "base/json.h"
#include "cli/open.h"
#include "cli/share.h"
#include "cli/stream.h"
#include "desk/learn/classify.h"
#include "store/audit.h"

struct dry {
	struct cn_cli *cli;
	struct cn_desk desk;
	struct cn_model *model;		/* the starter, or of a file */
	struct cn_encoder *encoder;	/* of the store's; or NULL */
	struct cn_classify c;
};

static int one(void *arg, const struct cn_record *rec, struct cn_err *err)
{
	struct dry *d = arg;
	struct cn_item *it = rec->kind == CN_IN_JSON ?
	    cn_item_line(&d->c.items, rec->bytes, err) :
	    cn_item_mail(&d->c.items, rec->bytes, rec->envelope, err);

	return it == NULL ? -1 : cn_classify_item(&d->c, it, err);
}

static void put(struct cn_buf *b, const struct cn_item *it)
{
	static const char *const names[] = { "category", "priority", "team",
	    "rule" };
	struct cn_str v;
	size_t i;

	cn_buf_ch(b, '{');
	cn_json_kv(b, "id", it->msg.id);
	if (it->skipped != NULL)
		cn_json_kv(b, "skipped", it->skipped);
	for (i = 0; i < sizeof(names) / sizeof(names[0]) && !it->skipped;
	    i++) {
		if ((v = cn_json_get(it->json, names[i])).n == 0)
			continue;
		cn_json_key(b, names[i]);
		cn_buf_add(b, v.p, v.n);
	}
	cn_buf_ch(b, '}');
}

static int flush(void *arg, struct cn_err *err)
{
	struct dry *d = arg;
	struct cn_buf b = { 0 };
	size_t i;
	int r = 0;

	for (i = 0; i < d->c.items.n && r == 0; i++) {
		b.len = 0;
		put(&b, d->c.items.v[i]);
		r = cn_out_line(&d->cli->out, cn_buf_view(&b), err);
	}
	cn_buf_release(&b);
	cn_items_reset(&d->c.items);
	return r;
}

/* The store, where there is one; else the configuration alone. */
static int open_desk(struct dry *d, struct cn_err *err)
{
	struct cn_cli *cli = d->cli;

	if (!cn_file_exists(cn_path(&cli->arena, cli->run.home, "store.db")))
		return cn_config_load(&d->desk.conf, cli->run.config,
		    &cli->arena, err);
	if (cn_desk_open(&d->desk, cli, CN_STORE_AUDIT, err) < 0)
		return -1;
	return cn_desk_reads(&d->desk, err);
}

static int run(struct dry *d, struct cn_err *err)
{
	static const struct cn_stream_ops ops = { one, flush, NULL };
	static const struct cn_stream_conf conf;
	struct cn_classify *c = &d->c;
	bool named, changed;
	int r;

	if ((d->model = cn_share_model(d->cli, NULL, &named, err)) == NULL ||
	    cn_share_encoder(d->cli, &d->encoder, err) < 0 ||
	    open_desk(d, err) < 0)
		return -1;
	c->items.store = d->desk.store;
	c->items.conf = &d->desk.conf;
	c->items.purpose = "classify";
	c->chosen = (struct cn_chosen){ .kind = CN_TRAINED_CATEGORY,
	    .starter = d->model, .from = named ? "file" : "starter",
	    .encoder = d->encoder,
	    .store = named ? NULL : d->desk.store };
	c->spam = (struct cn_chosen){ .kind = CN_TRAINED_SPAM,
	    .store = d->desk.store };
	r = cn_classify_look(c, &changed, err);
	/* What is read are messages, not the operand. */
	d->cli->argc = 0;
	if (r == 0)
		r = cn_desk_shut(&d->desk, d->cli, false, err);
	return r < 0 ? -1 : cn_stream_run(d->cli, &conf, &ops, d, NULL, err);
}

int cn_rulings_run(struct cn_cli *cli, const char *path, struct cn_err *err)
{
	struct dry d = { .cli = cli };
	int r;

	if (path == NULL)
		path = cn_path(&cli->arena, cli->run.home, "rules.yaml");
	else if (!cn_file_exists(path))
		return cn_fail(err, CN_USAGE, "%s: no such file", path);
	if (cn_rules_load(&d.c.rules, path, err) < 0)
		return -1;
	cn_cli_note("%s: %zu rules before the model, %zu after it", path,
	    d.c.rules.n[CN_BEFORE], d.c.rules.n[CN_AFTER]);
	r = isatty(STDIN_FILENO) ? 0 : run(&d, err);
	cn_classify_release(&d.c);
	cn_desk_close(&d.desk);
	cn_model_free(d.model);
	cn_encoder_free(d.encoder);
	return r;
}
