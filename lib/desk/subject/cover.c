#include "desk/subject/cover.h"

#include <string.h>

#include "base/enc.h"
#include "base/json.h"
#include "base/times.h"
#include "crypt/keys.h"
#include "desk/subject/facts.h"
#include "desk/subject/page.h"

/* Facts that are for the record of Art. 30 only. */
static bool for_person(const struct cn_fact *f)
{
	return strncmp(f->article, "15", 2) == 0;
}

static int page(const struct cn_export_counts *n, struct cn_bundle_file *f,
    struct cn_err *err)
{
	struct cn_arena mem = { 0 };
	struct cn_processing *p;
	struct cn_buf b = { 0 };
	size_t np, i;
	int r;

	if (n->named > 0) {
		cn_page_section(&b, "Messages of others");
		cn_page_fact(&b, "messages", cn_arena_fmt(&mem, "%lld on "
		    "which you are named; their dates are in named.csv. What "
		    "they say is also about others (Art. 15(4)).",
		    (long long)n->named));
		cn_page_section_end(&b);
	}
	cn_page_section(&b, "What is kept, why and how long");
	cn_processing_list(&mem, &p, &np);
	for (i = 0; i < np; i++)
		cn_page_fact(&b, p[i].category, cn_arena_fmt(&mem,
		    "for %s; on the ground of %s; %s", p[i].purpose,
		    p[i].basis, p[i].retention));
	cn_page_section_end(&b);
	cn_page_section(&b, "What you should know");
	for (i = 0; i < cn_nfacts; i++)
		if (for_person(&cn_facts[i]))
			cn_page_fact(&b, cn_facts[i].name, cn_facts[i].text);
	cn_page_section_end(&b);
	cn_page_end(&b);
	r = cn_bundle_add(f, b.p, b.len, err);
	cn_buf_release(&b);
	cn_arena_release(&mem);
	return r < 0 ? -1 : cn_bundle_close(f, err);
}

static int readme(const struct cn_export *x, struct cn_bundle *bundle,
    const struct cn_export_counts *n, struct cn_err *err)
{
	bool access = x->purpose == CN_EXPORT_ACCESS;
	struct cn_buf b = { 0 };
	int r;

	cn_buf_fmt(&b, "This is the copy of your personal data.\n\n"
	    "index.html      your conversations, to read in a browser\n"
	    "messages.mbox   your mails and the answers, byte for byte;\n"
	    "                mail programs open it\n"
	    "messages.jsonl  all your messages for programs, one a line\n"
	    "chat.jsonl      chat messages as they came; only where there "
	    "are any\n"
	    "contacts.json   your addresses and numbers\n"
	    "named.csv       messages of others on which you are named: date "
	    "and number\n"
	    "                only, since what they say is also about others\n"
	    "ratings.csv     how content you said you were; only where you "
	    "did\n"
	    "events.csv      what was recorded about your messages, and "
	    "when\n"
	    "%s"
	    "manifest.json   what all of it is for, how long it is kept, your "
	    "rights, and\n"
	    "                the size and SHA-256 of each file\n\n"
	    "%lld messages in %lld conversations.\n\n", access ?
	    "audit.jsonl     what was done with your data, when and why\n" :
	    "", (long long)n->messages, (long long)n->conversations);
	cn_buf_str(&b, access ? "Which employee did it is not said "
	    "(CJEU C-579/21).\n\n" :
	    "What the software derived from your messages is not part of "
	    "this copy, which\nis made for taking along (GDPR Art. 20); ask "
	    "for access to get it.\n\n");
	cn_buf_str(&b, "Is it complete and unchanged? In this folder:\n\n"
	    "    sha256sum -c SHA256SUMS\n");
	r = cn_bundle_put(bundle, "README.txt", cn_buf_view(&b), err);
	cn_buf_release(&b);
	return r;
}

static void counts(struct cn_buf *b, const struct cn_export_counts *n)
{
	cn_json_key(b, "counts");
	cn_buf_ch(b, '{');
	cn_json_kvi(b, "messages", n->messages);
	cn_json_kvi(b, "conversations", n->conversations);
	cn_json_kvi(b, "named", n->named);
	cn_json_kvi(b, "contacts", n->contacts);
	cn_json_kvi(b, "ratings", n->ratings);
	cn_json_kvi(b, "events", n->events);
	cn_json_kvi(b, "audit", n->audit);
	cn_buf_ch(b, '}');
}

static void processing(struct cn_buf *b)
{
	struct cn_arena mem = { 0 };
	struct cn_processing *p;
	size_t n, i;

	cn_processing_list(&mem, &p, &n);
	cn_json_key(b, "processing");
	cn_buf_ch(b, '[');
	for (i = 0; i < n; i++) {
		cn_buf_str(b, i ? ",\n  {" : "\n  {");
		cn_json_kv(b, "category", p[i].category);
		cn_json_kv(b, "purpose", p[i].purpose);
		cn_json_kv(b, "basis", p[i].basis);
		cn_json_kv(b, "retention", p[i].retention);
		cn_buf_ch(b, '}');
	}
	cn_buf_ch(b, ']');
	cn_arena_release(&mem);
}

static void facts(struct cn_buf *b)
{
	bool more = false;
	size_t i;

	cn_json_key(b, "facts");
	cn_buf_ch(b, '[');
	for (i = 0; i < cn_nfacts; i++) {
		if (!for_person(&cn_facts[i]))
			continue;
		cn_buf_str(b, more ? ",\n  {" : "\n  {");
		cn_json_kv(b, "name", cn_facts[i].name);
		cn_json_kv(b, "article", cn_facts[i].article);
		cn_json_kv(b, "text", cn_facts[i].text);
		cn_buf_ch(b, '}');
		more = true;
	}
	cn_buf_ch(b, ']');
}

static int manifest(const struct cn_export *x, struct cn_bundle *bundle,
    const struct cn_export_counts *n, struct cn_err *err)
{
	char id[33], t[CN_TIME_LEN];
	struct cn_buf b = { 0 };
	int r;

	cn_hex(id, cn_keys_store_id(cn_store_keys(x->store)), 16);
	cn_buf_ch(&b, '{');
	cn_json_kv(&b, "schema", CN_BUNDLE_SCHEMA);
	cn_json_kv(&b, "generated", cn_time_fmt(t, x->now));
	cn_json_kv(&b, "store", id);
	cn_json_kv(&b, "controller", x->config->name);
	cn_json_kv(&b, "subject", x->who.pub);
	cn_json_kv(&b, "purpose", cn_export_words[x->purpose]);
	counts(&b, n);
	processing(&b);
	facts(&b);
	cn_json_key(&b, "files");
	cn_bundle_list(bundle, &b);
	cn_buf_str(&b, "}\n");
	r = cn_bundle_put(bundle, "manifest.json", cn_buf_view(&b), err);
	cn_buf_release(&b);
	return r;
}

int cn_cover(const struct cn_export *x, struct cn_bundle *bundle,
    const struct cn_export_counts *n, struct cn_bundle_file *p,
    struct cn_err *err)
{
	if (page(n, p, err) < 0 || readme(x, bundle, n, err) < 0 ||
	    manifest(x, bundle, n, err) < 0)
		return -1;
	return cn_bundle_seal(bundle, err);
}
