/* rec - lines read, written and edited by span; cells; queries */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rec/query.h"
#include "tap.h"

#define HEAD "\"v\":1,\"type\":\"message\""

static void refused(void)
{
	static const struct {
		const char *line, *why;
	} t[] = {
		{ "", "not JSON" }, { "[1]", "not a JSON object" },
		{ "{\"v\":1}", "'type' is missing" },
		{ "{\"type\":\"message\"}", "'v' is missing" },
		{ "{\"v\":2,\"type\":\"message\"}", "not version 1" },
		{ "{\"v\":\"1\",\"type\":\"message\"}", "not version 1" },
		{ "{\"v\":1,\"type\":\"chat\"}", "type is not" },
		{ "{\"v\":1," HEAD "}", "'v' given twice" },
		{ "{" HEAD ",\"type\":\"message\"}", "'type' given twice" },
		{ "{" HEAD ",\"id\":\"a\",\"id\":\"b\"}", "'id' given twice" },
		{ "{" HEAD ",\"id\":null,\"id\":\"b\"}", "'id' given twice" },
		{ "{" HEAD ",\"id\":\"a\",\"\\u0069d\":\"b\"}",
		  "'id' given twice" },
		{ "{" HEAD ",\"id\":7}", "'id' has the wrong type" },
		{ "{" HEAD ",\"from\":[]}", "'from' has the wrong type" },
		{ "{" HEAD ",\"to\":[\"a\"]}", "'to' has the wrong type" },
		{ "{" HEAD ",\"may\":[1]}", "'may' has the wrong type" },
		{ "{" HEAD ",\"ticket\":1.5}", "'ticket' has the wrong type" },
		{ "{" HEAD ",\"ticket\":99999999999999999999}",
		  "'ticket' has the wrong type" },
		{ "{" HEAD ",\"class\":1}", "'class' has the wrong type" },
		{ "{" HEAD ",\"list\":\"yes\"}", "'list' has the wrong type" },
		{ "{" HEAD "} {}", "something behind" },
		{ "{" HEAD ",\"x\":\"\xff\"}", "not valid UTF-8" },
	};
	struct cn_err err;
	struct cn_line l;
	bool all = true;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		err = (struct cn_err){ 0 };
		if (cn_line_parse(&l, cn_str(t[i].line), &err) == 0 ||
		    err.status != CN_PARTIAL ||
		    strstr(err.msg, t[i].why) == NULL) {
			printf("# %s: '%s'\n", t[i].line, err.msg);
			all = false;
		}
	}
	ok(all, "what is no line is refused with the reason");
	ok(cn_line_parse(&l, cn_str(" {" HEAD ",\"x\":1,\"x\":2,"
	    "\"id\":null} \r\n"), &err) == 0 && cn_line_get(&l, "id").n == 0,
	    "strange members and nulls are taken");
}

static const char full[] = "{" HEAD ",\"id\":\"m1\","
    "\"ticket\":12,\"from\":{\"name\":\"\\u00c9va\",\"address\":"
    "\"eva@example.com\"},\"to\":[{\"address\":\"a@shop.test\"},"
    "{\"name\":\"B\",\"address\":\"b@shop.test\"}],"
    "\"subject\":\"Hi\\nthere\",\"date\":\"2026-11-23T21:00:19+05:30\","
    "\"references\":[\"a@x.test\",\"b@x.test\"],\"text\":\"body\","
    "\"attachments\":[{\"name\":\"a.pdf\",\"type\":\"application/pdf\","
    "\"size\":\"77\",\"sha256\":\"00\"}],\"class\":{\"category\":\"x\","
    "\"confidence\":1.10},\"may\":[\"classify\"],\"stored\":false}";

static void there_and_back(void)
{
	struct cn_arena mem = { 0 };
	struct cn_msg m = { 0 };
	struct cn_buf b = { 0 };
	struct cn_line l;
	struct cn_err err;

	ok(cn_line_parse(&l, cn_str(full), &err) == 0, "a full line");
	cn_line_msg(&l, &m, &mem);
	ok(m.ticket == 12 && m.from.n == 1 && m.to.n == 2 && m.has_date &&
	    m.date == 1795447819 && m.nreferences == 2 && m.text_len == 4 &&
	    m.nattachments == 1 && m.attachments[0].size == 77 && m.nmay == 1 &&
	    m.has_stored && !m.stored && !m.has_received, "fills a message");
	is(m.from.v[0].name, "\xc3\x89va", "unescaped");
	cn_msg_line(&b, &m, 0);
	is(b.p, "{" HEAD ",\"id\":\"m1\",\"ticket\":12,\"from\":{\"name\":"
	    "\"\xc3\x89va\",\"address\":\"eva@example.com\"},\"to\":["
	    "{\"address\":\"a@shop.test\"},{\"name\":\"B\",\"address\":"
	    "\"b@shop.test\"}],\"subject\":\"Hi\\nthere\",\"date\":"
	    "\"2026-11-23T15:30:19Z\",\"references\":[\"a@x.test\","
	    "\"b@x.test\"],\"text\":\"body\",\"attachments\":[{\"name\":"
	    "\"a.pdf\",\"type\":\"application/pdf\",\"size\":77,\"sha256\":"
	    "\"00\"}],\"class\":{\"category\":\"x\",\"confidence\":1.10},"
	    "\"may\":[\"classify\"],\"stored\":false}\n",
	    "which is written as a line");
	b.len = 0;
	cn_msg_line(&b, &m, CN_LINE_REFS);
	is(b.p, "{" HEAD ",\"id\":\"m1\",\"ticket\":12,\"date\":"
	    "\"2026-11-23T15:30:19Z\",\"may\":[\"classify\"],"
	    "\"stored\":false}\n", "or without anything personal");
	b.len = 0;
	cn_msg_members(&b, &m, "message.head");
	ok(strncmp(b.p, "{\"from\":", 8) == 0 && strstr(b.p, "\"text\"") == NULL
	    && strstr(b.p, "\"id\"") == NULL, "or only one column's members");
	cn_buf_release(&b);
	cn_arena_release(&mem);
}

static void long_text(void)
{
	struct cn_msg m = { .id = "m1" };
	struct cn_buf text = { 0 }, b = { 0 };
	struct cn_line l;
	struct cn_err err;
	int64_t n = 0;

	/* Three bytes a character: the cut would fall inside of one. */
	while (text.len <= CN_LINE_TEXT)
		cn_buf_str(&text, "\xe2\x82\xac");
	m.text = text.p;
	m.text_len = text.len;
	cn_msg_line(&b, &m, 0);
	ok(cn_line_parse(&l, cn_buf_view(&b), &err) == 0 &&
	    cn_line_get(&l, "text").n == CN_LINE_TEXT / 3 * 3 + 2,
	    "a long text is cut between characters");
	ok(cn_json_int(cn_json_get(l.text, "text_bytes"), &n) &&
	    n == (int64_t)text.len &&
	    cn_json_true(cn_json_get(l.text, "text_cut")), "and says so");
	cn_buf_release(&text);
	cn_buf_release(&b);
}

static const struct {
	const char *line, *name, *value, *want, *what;
} edits[] = {
	{ "{" HEAD ",\"x\":1.10,\"id\":\"a\",\"y\":12345678901234567890}",
	  "id", "\"b\"",
	  "{" HEAD ",\"x\":1.10,\"id\":\"b\",\"y\":12345678901234567890}\n",
	  "replace: all other bytes stay" },
	{ "{" HEAD "}", "id", "\"b\"", "{" HEAD ",\"id\":\"b\"}\n", "add" },
	{ "{\"id\":\"a\"," HEAD "}", "id", NULL, "{" HEAD "}\n",
	  "remove the first" },
	{ "{ \"id\" : \"a\" , " HEAD "}", "id", NULL, "{ " HEAD "}\n",
	  "remove the first among spaces" },
	{ "{\"v\":1,\"id\":\"a\",\"type\":\"message\"}", "id", NULL,
	  "{" HEAD "}\n", "remove one in the middle" },
	{ "{" HEAD ",\"id\":\"a\"}", "id", NULL, "{" HEAD "}\n",
	  "remove the last" },
	{ "{" HEAD " , \"id\" : \"a\" }", "id", NULL, "{" HEAD "}\n",
	  "remove the last among spaces" },
	{ "{" HEAD ",\r\"id\":\"a\"\r,\r\"z\":1}", "id", NULL,
	  "{" HEAD "\r,\r\"z\":1}\n", "remove one among carriage returns" },
	{ "{" HEAD ",\"z\":{\"id\":1}}", "id", NULL,
	  "{" HEAD ",\"z\":{\"id\":1}}\n", "leave what lies deeper" },
	{ "{" HEAD ",\"z\":1,\"z\":2}", "z", "3", "{" HEAD ",\"z\":3}\n",
	  "a strange member given twice is one" },
	{ "{" HEAD ",\"\\u0069d\":\"a\"}", "id", "\"b\"",
	  "{" HEAD ",\"\\u0069d\":\"b\"}\n", "an escaped name is that name" },
	{ "{" HEAD ",\"t\":\"},{\\\"\"  }  ", "id", "1",
	  "{" HEAD ",\"t\":\"},{\\\"\",\"id\":1}\n", "add behind a string" },
};

static void editing(void)
{
	struct cn_buf b = { 0 };
	struct cn_err err;
	struct cn_line l;
	size_t i;

	for (i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		struct cn_edit e = { edits[i].name, { edits[i].value,
		    edits[i].value ? strlen(edits[i].value) : 0 } };

		b.len = 0;
		if (cn_line_parse(&l, cn_str(edits[i].line), &err) < 0)
			cn_buf_str(&b, err.msg);
		else
			cn_line_edit(&b, &l, &e, 1);
		is(b.p, edits[i].want, edits[i].what);
	}
	cn_buf_release(&b);
}

static void only_member(void)
{
	struct cn_line l = { .text = cn_str("{\"id\":1}") };
	struct cn_edit none = { "id", { NULL, 0 } };
	struct cn_edit other[] = { none, { "x", { "2", 1 } } };
	struct cn_buf b = { 0 };

	cn_line_edit(&b, &l, &none, 1);
	is(b.p, "{}\n", "remove the only one");
	b.len = 0;
	cn_line_edit(&b, &l, other, 2);
	is(b.p, "{\"x\":2}\n", "and add another");
	cn_buf_release(&b);
}

static void stripping(void)
{
	struct cn_edit e = { "skipped", cn_str("\"erased\"") };
	struct cn_arena mem = { 0 };
	struct cn_buf b = { 0 };
	struct cn_err err;
	struct cn_line l;

	if (cn_line_parse(&l, cn_str(full), &err) < 0)
		return;
	cn_line_strip(&b, &l, &e, 1);
	is(b.p, "{" HEAD ",\"id\":\"m1\",\"ticket\":12,"
	    "\"date\":\"2026-11-23T21:00:19+05:30\",\"may\":[\"classify\"],"
	    "\"stored\":false,\"skipped\":\"erased\"}\n",
	    "strip every personal member, and say why");
	ok(cn_line_parse(&l, cn_str_trim(cn_buf_view(&b)), &err) == 0,
	    "what is left is a line");
	cn_buf_release(&b);
	cn_arena_release(&mem);
}

static void cells(void)
{
	static const char *const names[] = { "id", "ticket", "from", "to",
	    "date", "received", "references" };
	static const char *const want[] = { "m1", "12", "eva@example.com",
	    "a@shop.test b@shop.test", "2026-11-23T15:30:19Z", "",
	    "[\"a@x.test\",\"b@x.test\"]" };
	struct cn_arena mem = { 0 };
	struct cn_msg m = { 0 };
	struct cn_buf b = { 0 };
	struct cn_err err;
	struct cn_line l;
	size_t i;

	if (cn_line_parse(&l, cn_str(full), &err) < 0)
		return;
	cn_line_msg(&l, &m, &mem);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		b.len = 0;
		cn_buf_str(&b, "");
		cn_msg_cell(&b, &m, cn_field_find(names[i]));
		is(b.p, want[i], names[i]);
	}
	ok(cn_field_find("nothing") == NULL, "no such field");
	cn_buf_release(&b);
	cn_arena_release(&mem);
}

/* --- queries --- */

static const struct {
	const char *query, *want;
} queries[] = {
	{ " ", "" }, { "late parcel", "word late;word parcel;" },
	{ "\"late parcel\"", "word late parcel;" },
	{ "-late !parcel", "-word late;-word parcel;" },
	{ "-\"late parcel\"", "-word late parcel;" },
	{ "is:open -is:spam", "is open;-is spam;" },
	{ "category:refund channel:chat", "category refund;channel chat;" },
	{ "from:a@example.com to:\"b c\"", "from a@example.com;to b c;" },
	{ "since:2026-11-01 ticket:12", "since 1793491200;ticket 12;" },
	{ "Re: http://example.com/ :x 10:30", "word Re:;"
	  "word http://example.com/;word :x;word 10:30;" },
	{ "\"two words: three\"", "word two words: three;" },
	{ "-from:a@example.com", "-from a@example.com;" },
	{ "  id:m1\tconversation:c1  ", "id m1;conversation c1;" },
};

static void query_good(void)
{
	struct cn_arena mem = { 0 };
	struct cn_buf b = { 0 };
	struct cn_query q;
	struct cn_err err;
	size_t i, k;

	for (i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		char *arg = cn_arena_strdup(&mem, queries[i].query);

		b.len = 0;
		cn_buf_str(&b, "");
		if (cn_query_parse(&q, &mem, 1, &arg, 1795447819, &err) < 0) {
			cn_buf_str(&b, err.msg);
			q.n = 0;
		}
		for (k = 0; k < q.n; k++) {
			const struct cn_term *t = &q.terms[k];

			cn_buf_fmt(&b, "%s%s ", t->negate ? "-" : "",
			    t->kind == CN_T_WORD ? "word" : t->name);
			if (t->kind == CN_T_SINCE || t->kind == CN_T_TICKET)
				cn_buf_fmt(&b, "%lld;", (long long)t->number);
			else
				cn_buf_fmt(&b, "%s;", t->text);
		}
		is(b.p, queries[i].want, queries[i].query);
	}
	cn_buf_release(&b);
	cn_arena_release(&mem);
}

static void query_bad(void)
{
	static const char *const t[] = { "is:nothing", "colour:red",
	    "since:soon", "ticket:x", "ticket:1x", "subject:x" };
	struct cn_arena mem = { 0 };
	struct cn_query q;
	struct cn_err err;
	bool all = true;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char *arg = cn_arena_strdup(&mem, t[i]);

		if (cn_query_parse(&q, &mem, 1, &arg, 0, &err) == 0 ||
		    err.status != CN_USAGE) {
			printf("# %s\n", t[i]);
			all = false;
		}
	}
	ok(all, "unknown terms and values are a usage error");
	cn_arena_release(&mem);
}

int main(void)
{
	refused();
	there_and_back();
	long_text();
	editing();
	only_member();
	stripping();
	cells();
	query_good();
	query_bad();
	return done();
}
