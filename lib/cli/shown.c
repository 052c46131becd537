#include "cli/shown.h"

#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "base/times.h"
#include "cli/open.h"
#include "cli/share.h"
#include "desk/learn/chosen.h"
#include "store/audit.h"

struct taught {
	struct cn_trained_count *v;
	size_t n;
};

static int64_t labels_of(const struct taught *by, const char *category)
{
	size_t i;

	for (i = 0; i < by->n; i++)
		if (strcmp(by->v[i].category, category) == 0)
			return by->v[i].n;
	return 0;
}

static void put_model(struct cn_buf *b, const struct cn_chosen *c,
    const struct cn_trained *t, const struct taught *by)
{
	const struct cn_model *m = c->model;
	char time[CN_TIME_LEN];
	size_t i;

	cn_buf_ch(b, '{');
	cn_json_kv(b, "model", c->name);
	if (t != NULL) {
		cn_json_kv(b, "trained", cn_time_fmt(time, t->created));
		cn_json_kvi(b, "labels", t->labels);
		cn_json_kv(b, "until", cn_time_fmt(time, t->until));
	}
	cn_json_kvi(b, "examples", (int64_t)cn_model_examples(m));
	cn_json_kvi(b, "features", (int64_t)cn_model_rows(m));
	cn_json_kv(b, "encoder", cn_model_encoder(m));
	cn_json_kv(b, "outside", cn_model_outside(m));
	cn_json_kvf(b, "threshold", cn_model_threshold(m), 4);
	cn_json_kvf(b, "temperature", cn_model_temperature(m), 4);
	cn_json_key(b, "categories");
	cn_buf_ch(b, '[');
	for (i = 0; i < cn_model_classes(m); i++) {
		cn_buf_str(b, i ? ",{" : "{");
		cn_json_kv(b, "name", cn_model_class(m, i));
		cn_json_kv(b, "priority",
		    cn_priority_name(cn_model_priority(m, i)));
		if (t != NULL)
			cn_json_kvi(b, "labels", labels_of(by,
			    cn_model_class(m, i)));
		cn_buf_ch(b, '}');
	}
	cn_buf_str(b, "]}");
}

/* The bytes in the clear are a disclosure, which is written down first. */
static int write_out(struct cn_cli *cli, struct cn_chosen *c,
    const char *output, struct cn_err *err)
{
	struct cn_buf b = { 0 };
	int r;

	if (cn_desk_outside(cli, output, err) < 0)
		return -1;
	if (c->own != NULL && cn_audit_now(c->store, &(struct cn_audit_entry){
	    .what = "model written out", .purpose = "classification",
	    .count = 1 }, err) < 0)
		return -1;
	cn_model_save(c->model, &b);
	r = cn_file_put(output, b.p, b.len, 0600, err);
	if (r == 0 && c->own != NULL)
		cn_cli_note("%s: personal data, which no erasure reaches: "
		    "delete it when somebody is erased", output);
	cn_buf_wipe(&b);
	return r;
}

int cn_shown_run(struct cn_cli *cli, const char *path, const char *output,
    struct cn_err *err)
{
	struct cn_chosen c = { .kind = CN_TRAINED_CATEGORY };
	struct cn_trained row;
	struct taught by = { 0 };
	struct cn_desk desk = { 0 };
	struct cn_buf b = { 0 };
	struct cn_encoder *enc = NULL;
	struct cn_model *m;
	bool named, changed;
	int r = 0;

	if ((m = cn_share_model(cli, path, &named, err)) == NULL)
		return -1;
	c.starter = m;
	c.from = named ? "file" : "starter";
	if (!named && cn_file_exists(cn_path(&cli->arena, cli->run.home,
	    "store.db"))) {
		r = cn_share_encoder(cli, &enc, err);
		if (r == 0)
			r = cn_desk_open(&desk, cli, CN_STORE_AUDIT, err);
		c.store = desk.store;
		c.encoder = enc;
	}
	if (r == 0)
		r = cn_chosen_look(&c, &changed, err);
	if (r == 0 && c.own != NULL)
		r = cn_trained_find(c.store, c.kind, &row, &cli->arena, err);
	if (r == 1)
		r = cn_trained_counts(c.store, row.id, &cli->arena, &by.v,
		    &by.n, err);
	if (r >= 0 && output != NULL)
		r = write_out(cli, &c, output, err);
	if (r >= 0) {
		put_model(&b, &c, c.own ? &row : NULL, &by);
		r = cn_out_line(&cli->out, cn_buf_view(&b), err);
	}
	cn_buf_release(&b);
	cn_chosen_release(&c);
	cn_desk_close(&desk);
	cn_model_free(m);
	cn_encoder_free(enc);
	return r;
}
