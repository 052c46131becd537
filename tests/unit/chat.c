/* chat - heads of WhatsApp's lines, CSV, devices, times, and lines */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/csv.h"
#include "base/times.h"
#include "desk/foreign/chatput.h"
#include "desk/foreign/foreign_in.h"
#include "desk/foreign/whatshead.h"
#include "desk/intake/device.h"
#include "keys_env.h"

static void heads(void)
{
	static const struct {
		const char *line, *want;	/* a b c, second, rest */
	} good[] = {
		{ "[23/11/26, 15:00:05] N: t", "23 11 2026 54005 N: t" },
		{ "23/11/2026, 15:00 - N: t", "23 11 2026 54000 N: t" },
		{ "11/23/26, 3:00\xe2\x80\xafPM - N: t",
		    "11 23 2026 54000 N: t" },
		{ "\xe2\x80\x8e[23.11.26, 12:00:00 am] N: t",
		    "23 11 2026 0 N: t" },
		{ "23/11/26, 12:30 p.\xc2\xa0m. - x", "23 11 2026 45000 x" },
		{ "2026-11-23, 9:05 - x", "2026 11 23 32700 x" },
		{ "23-11-2026 09:05 - x", "23 11 2026 32700 x" },
		{ "23/11/2026 à 09:05 - x", "23 11 2026 32700 x" },
		{ "[23.11.2026 klo 9.05.01] x", "23 11 2026 32701 x" },
		{ "2026/11/23 午後9:05 - x", "2026 11 23 75900 x" },
		{ "[23/11/26, 15:00:05]", "23 11 2026 54005 " },
		{ "23. 11. 26 9:05 - ", "23 11 2026 32700 " },
	};
	static const char *const bad[] = { "", "[", "23/11/26", "hello",
	    "23/11/26, 15:00", "23/11/26, 15:00 N", "23/11-26, 15:00 - x",
	    "23/13/26, 15:00 - x", "0/1/26, 15:00 - x", "1/1/2, 15:00 - x",
	    "1/1/26, 24:00 - x", "1/1/26, 13:00 PM - x", "1/1/26, 9:5 - x",
	    "1/1/26, 9:05:5 - x", "1/1/2026, 15:00 -x", "[1/1/26, 15:00 - x",
	    "1/1/26 15:00] x", "12345/1/26, 15:00 - x", "1/1/26,15:0 - x",
	    "1/1/2615:00 - x" };
	struct cn_whats_head h, k;
	char got[100];
	size_t i;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		got[0] = '\0';
		if (cn_whats_head(&h, cn_str(good[i].line)))
			snprintf(got, sizeof(got), "%d %d %d %d %.*s",
			    h.date[0], h.date[1], h.date[2], h.second,
			    (int)h.rest.n, h.rest.p);
		is(got, good[i].want, good[i].line);
	}
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		ok(!cn_whats_head(&h, cn_str(bad[i])), bad[i]);
	ok(cn_whats_head(&h, CN_STR("1/2/26, 3:04 - x")) &&
	    cn_whats_head(&k, CN_STR("31/12/26, 23:04 - y")) &&
	    cn_whats_alike(&h, &k), "two of one export");
	ok(cn_whats_head(&k, CN_STR("1/2/26, 3:04 PM - y")) &&
	    !cn_whats_alike(&h, &k), "and one of another");
}

/* Records as 'a|b;c|d;', a bad one as its reason. */
static void csv_is(const char *text, char sep, const char *want)
{
	const char *cell[CN_CSV_CELLS];
	struct cn_arena mem = { 0 };
	struct cn_buf b = { 0 };
	struct cn_err err;
	struct cn_csv c;
	size_t n, i;
	int r;

	cn_csv_begin(&c, cn_str(text));
	c.sep = sep;
	while ((r = cn_csv_next(&c, &mem, cell, &n, &err)) != 0) {
		cn_buf_fmt(&b, "%d:", (int)c.line);
		for (i = 0; r > 0 && i < n; i++)
			cn_buf_fmt(&b, "%s%s", i ? "|" : "", cell[i]);
		cn_buf_fmt(&b, "%s;", r < 0 ? err.msg : "");
	}
	is(b.p ? b.p : "", want, want);
	cn_buf_release(&b);
	cn_arena_release(&mem);
}

static void csv(void)
{
	csv_is("", ',', "");
	csv_is("\n\r\n", ',', "");
	csv_is("a,b\nc,d", ',', "1:a|b;2:c|d;");
	csv_is("\xef\xbb\xbf" "a,b\r\n\r\nc,\r\n", ',', "1:a|b;3:c|;");
	csv_is("\"a,\nb\",\"c\"\"d\"\ne", ',', "1:a,\nb|c\"d;3:e;");
	csv_is("\"\",x\n", ',', "1:|x;");
	csv_is("a;b,c", ';', "1:a|b,c;");
	csv_is("a\tb", '\t', "1:a|b;");
	csv_is("a b\"c,d", ',', "1:a b\"c|d;");
	csv_is("\"a\"b,c\nd", ',', "1:something behind a closing quote;2:d;");
	csv_is("a\n\"b\nc", ',', "1:a;2:a quote that is not closed: nothing "
	    "behind it was read;");
	csv_is(",", ',', "1:|;");
	csv_is("a,", ',', "1:a|;");
}

static void device(void)
{
	static const struct {
		const char *in, *want;
	} t[] = {
		{ "{\"ip\":\"203.0.113.77\"}", "{\"ip\":\"203.0.113.0/24\"}" },
		{ "{\"ip\":\"203.0.113.0/24\"}", "{\"ip\":\"203.0.113.0/24\"}" },
		{ "{\"a_ip\":\"2001:DB8:1:2:3::4\"}",
		    "{\"a_ip\":\"2001:db8:1::/48\"}" },
		{ "{\"ip\":\"::ffff:192.0.2.9\"}", "{\"ip\":\"192.0.2.0/24\"}" },
		{ "{\"ip\":\"::1\"}", "{\"ip\":\"::/48\"}" },
		{ "{\"ip\":\"\"}", "{\"ip\":null}" },
		{ "{\"ip\":\"192.0.2.9:80\"}", "{\"ip\":null}" },
		{ "{\"ip\": {\"ip\":\"192.0.2.9\"} }", "{\"ip\": null }" },
		{ "[ {\"x\":[{\"ip_address\" : \"192.0.2.9\"}]} ]",
		    "[ {\"x\":[{\"ip_address\" : \"192.0.2.0/24\"}]} ]" },
		{ "{\"pubsub_token\":\"t\",\"cookie\":null}",
		    "{\"pubsub_token\":null,\"visitor\":null}" },
		{ " {\"v\" : 1.10, \"s\":\"\\\"ip\\\":\"} ",
		    "{\"v\" : 1.10, \"s\":\"\\\"ip\\\":\"}" },
		{ "7", "7" },
	};
	struct cn_buf b = { 0 };
	struct cn_arena mem = { 0 };
	struct cn_str known;
	struct env e;
	size_t i;

	start(&e);
	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		b.len = 0;
		cn_buf_str(&b, t[i].in);
		if (cn_device_clean(e.k, &b, &e.err) < 0)
			bail(&e);
		is(cn_arena_dup(&mem, b.p, b.len), t[i].want, t[i].in);
	}
	known = cn_device_known(CN_STR("{\"ip\":\"a\",\"x\":1,\"visitor\":2,"
	    "\"user_agent\":\"\"}"), &mem);
	is(known.p, "{\"ip\":\"a\"}", "what is kept of a device");
	ok(cn_device_known(CN_STR("[]"), &mem).n == 0, "nothing of none");
	end(&e);
	cn_arena_release(&mem);
	cn_buf_release(&b);
}

static int64_t when(const char *s)
{
	int64_t t;

	return cn_foreign_time(s, &t) ? t : -1;
}

static void times(void)
{
	int64_t day = cn_days(2026, 10, 25), spring = cn_days(2026, 3, 29);
	int64_t a, b;

	setenv("TZ", "Europe/Berlin", 1);
	tzset();
	a = cn_local_time(day, 5400 + 3600);
	(void)cn_local_time(cn_days(2026, 1, 1), 0);
	b = cn_local_time(day, 5400 + 3600);
	ok(a == b && a == day * 86400 + 1800, "the first of two hours");
	(void)cn_local_time(cn_days(2026, 7, 1), 0);
	ok(cn_local_time(day, 9000) == a, "whatever was asked before");
	ok(cn_local_time(spring, 9000) == spring * 86400 + 5400,
	    "an hour that is left out");
	ok(cn_local_time(spring, 0) == spring * 86400 - 3600, "midnight");
	ok(when("1767603700") == 1767603700 && when("1767603700123") ==
	    1767603700, "seconds and milliseconds");
	ok(when("2026-01-05 09:00:00 UTC") == 1767603600 &&
	    when("2026-01-05T10:00:00.5+01:00") == 1767603600, "with a zone");
	ok(when("2026-01-05 10:00:00") == 1767603600 &&
	    when("2026-01-05 10:00") == 1767603600, "without");
	ok(when("") == -1 && when("5/1/2026") == -1 && when("2026-01-05") ==
	    -1 && when("12345678") == -1, "none");
}

static void lines(void)
{
	static const struct cn_attachment a = { "a\"b", NULL, 3, NULL };
	struct cn_chat_line l = { .chat = "c", .uid = "u", .role = "customer",
	    .handle = "h", .name = "", .at = 0, .text = "x\n",
	    .attachments = &a, .nattachments = 1 };
	struct cn_arena mem = { 0 };
	struct cn_buf b = { 0 };

	cn_chat_put(&b, &l);
	is(b.p, "{\"v\":1,\"type\":\"chat\",\"chat\":\"c\",\"uid\":\"u\","
	    "\"at\":\"1970-01-01T00:00:00Z\",\"from\":{\"handle\":\"h\"},"
	    "\"role\":\"customer\",\"text\":\"x\\n\",\"attachments\":[{"
	    "\"name\":\"a\\\"b\",\"type\":\"application/octet-stream\","
	    "\"size\":3}]}", "a line");
	b.len = 0;
	cn_chat_compact(&b, CN_STR("{ \"a b\" : [ 1 ,\n\t\"\\\" c\\\\\" ] }"));
	is(b.p, "{\"a b\":[1,\"\\\" c\\\\\"]}", "compact");
	cn_buf_release(&b);
	memset(&l, 0, sizeof(l));
	ok(!cn_foreign_ident(&l, "@x", &mem) &&
	    !cn_foreign_ident(&l, "a b@x", &mem) &&
	    !cn_foreign_ident(&l, "anna", &mem) &&
	    !cn_foreign_ident(&l, NULL, &mem), "what is no address");
	cn_arena_release(&mem);
}

int main(void)
{
	heads();
	csv();
	device();
	times();
	lines();
	return done();
}
