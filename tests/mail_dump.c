/* mail_dump - what the parser says of mails, as JSON lines
 *
 * Reads file names from stdin; tests/mail_python.py compares.  'skim' says
 * what differs where the same mail is read in pieces, with little kept. */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/json.h"
#include "mail/mail.h"
#include "skim.h"

static void addrs(struct cn_buf *out, const char *key, struct cn_addrs a)
{
	cn_json_key(out, key);
	cn_buf_ch(out, '[');
	for (size_t i = 0; i < a.n; i++) {
		if (i)
			cn_buf_ch(out, ',');
		cn_buf_ch(out, '[');
		cn_json_puts(out, a.v[i].name);
		cn_buf_ch(out, ',');
		cn_json_puts(out, a.v[i].addr);
		cn_buf_ch(out, ']');
	}
	cn_buf_ch(out, ']');
}

static void parts(struct cn_buf *out, const struct cn_mail *m)
{
	cn_json_key(out, "parts");
	cn_buf_ch(out, '[');
	for (size_t i = 0; i < m->n_parts; i++) {
		const struct cn_mail_part *p = &m->parts[i];
		struct cn_buf text = { 0 };

		cn_buf_str(out, i ? ",{" : "{");
		cn_json_kv(out, "type", p->type);
		cn_json_kv(out, "name", p->name);
		cn_json_kvi(out, "size", (int64_t)p->body.n);
		cn_json_kvb(out, "attachment", p->attachment);
		cn_json_kvb(out, "shown", p->in_text);
		cn_json_kvb(out, "flowed", p->flowed);
		if (!p->attachment) {
			cn_mail_part_text(p, &text);
			cn_json_key(out, "text");
			cn_json_put(out, text.p ? text.p : "", text.len);
		}
		cn_buf_release(&text);
		cn_buf_ch(out, '}');
	}
	cn_buf_ch(out, ']');
}

static size_t piece(void *n)
{
	return *(size_t *)n = *(size_t *)n * 37 % 1009;
}

static void skimmed(struct cn_buf *out, const struct cn_buf *in)
{
	static const struct cn_skim_bounds little = { 500, 800, 200, 20,
	    1 << 30 };
	size_t n = 1;
	const char *s = skim_differs(cn_buf_view(in), &little, piece, &n);

	if (s)
		cn_json_kv(out, "skim", s);
}

static void dump(struct cn_buf *out, const char *path, struct cn_mail *m,
    const struct cn_buf *in)
{
	unsigned bit = 0;
	const char *s;

	cn_buf_ch(out, '{');
	cn_json_kv(out, "file", path);
	cn_json_kv(out, "subject", m->subject);
	addrs(out, "from", m->from);
	addrs(out, "to", m->to);
	addrs(out, "cc", m->cc);
	if (m->has_date)
		cn_json_kvi(out, "date", m->date);
	cn_json_kv(out, "text", m->text);
	parts(out, m);
	cn_json_key(out, "defects");
	cn_buf_ch(out, '[');
	for (int n = 0; (s = cn_mail_defect(m->defects, &bit)); n++) {
		if (n)
			cn_buf_ch(out, ',');
		cn_json_puts(out, s);
	}
	cn_buf_ch(out, ']');
	skimmed(out, in);
	cn_buf_str(out, "}\n");
}

int main(void)
{
	struct cn_mail m = { 0 };
	struct cn_buf in = { 0 }, out = { 0 };
	struct cn_err err;
	char path[4096];

	while (fgets(path, sizeof(path), stdin)) {
		path[strcspn(path, "\n")] = 0;
		in.len = out.len = 0;
		if (cn_file_read(path, 64 << 20, &in, &err) < 0) {
			fprintf(stderr, "mail_dump: %s\n", err.msg);
			return 1;
		}
		if (cn_mail_parse(&m, in.p ? in.p : "", in.len,
		    CN_MAIL_NO_HASH, &err) < 0) {
			cn_buf_ch(&out, '{');
			cn_json_kv(&out, "file", path);
			cn_json_kv(&out, "error", err.msg);
			cn_buf_str(&out, "}\n");
		} else {
			dump(&out, path, &m, &in);
		}
		fwrite(out.p, 1, out.len, stdout);
		cn_mail_release(&m);
	}
	cn_buf_release(&in);
	cn_buf_release(&out);
	return fflush(stdout) != 0;
}
