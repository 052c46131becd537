/* base - JSON, YAML, UTF-8, buffers, encodings, files and locks */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/enc.h"
#include "base/file.h"
#include "base/json.h"
#include "base/times.h"
#include "base/utf8.h"
#include "base/yaml.h"
#include "tap.h"

/* --- JSON --- */

static void json_check(void)
{
	static const char *const good[] = {
		"0", "-0", "1.10", "1e5", "-1.5E-30", "true", "null", "\"\"",
		" [ ] ", "{}", "[1,[2,{\"a\":[]}]]", "{\"\":1}",
		"\"\\u00e9\\ud83d\\ude00\\\"\\\\\\/\\b\"", "\"\\ud800\"",
		"12345678901234567890", "{\"a\":1,\"a\":2}", "\"\xe2\x82\xac\"",
		"\t{\"a\" : 1 , \"b\" : [ 1 , 2 ] }\r\n",
	};
	static const struct {
		const char *text, *why;
	} bad[] = {
		{ "", "unexpected end at byte 1" },
		{ "  ", "unexpected end at byte 3" },
		{ "{", "member name expected at byte 2" },
		{ "[1", "unexpected end at byte 3" },
		{ "[1,]", "unexpected byte at byte 4" },
		{ "[,1]", "unexpected byte at byte 2" },
		{ "{\"a\":1,}", "member name expected at byte 8" },
		{ "{\"a\" 1}", "':' expected at byte 6" },
		{ "{\"a\":}", "unexpected byte at byte 6" },
		{ "{a:1}", "member name expected at byte 2" },
		{ "[1 2]", "',' or end expected at byte 4" },
		{ "{\"a\":1]", "',' or end expected at byte 7" },
		{ "01", "something behind the value at byte 2" },
		{ "1.", "bad number at byte 3" },
		{ ".5", "unexpected byte at byte 1" },
		{ "-", "bad number at byte 2" },
		{ "+1", "unexpected byte at byte 1" },
		{ "1e", "bad number at byte 3" },
		{ "tru", "unexpected byte at byte 1" },
		{ "True", "unexpected byte at byte 1" },
		{ "nullx", "something behind the value at byte 5" },
		{ "\"a", "unfinished string at byte 3" },
		{ "\"\\", "unfinished string at byte 3" },
		{ "\"\\x\"", "bad escape at byte 3" },
		{ "\"\\u12g4\"", "bad \\u escape at byte 3" },
		{ "\"\\u12", "bad \\u escape at byte 3" },
		{ "\"\x01\"", "control character in a string at byte 2" },
		{ "\"a\nb\"", "control character in a string at byte 3" },
		{ "{} {}", "something behind the value at byte 4" },
		{ "\"\xff\"", "not valid UTF-8" },
		{ "\"\xed\xa0\x80\"", "not valid UTF-8" },
	};
	struct cn_err err;
	char text[80];
	size_t i;
	bool all = true;

	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		if (cn_json_check(cn_str(good[i]), &err) < 0) {
			printf("# %s: %s\n", good[i], err.msg);
			all = false;
		}
	ok(all, "what is JSON is taken");
	for (i = 0, all = true; i < sizeof(bad) / sizeof(bad[0]); i++) {
		err = (struct cn_err){ 0 };
		if (cn_json_check(cn_str(bad[i].text), &err) == 0 ||
		    strstr(err.msg, bad[i].why) == NULL) {
			printf("# '%s': '%s', not '%s'\n", bad[i].text,
			    err.msg, bad[i].why);
			all = false;
		}
	}
	ok(all, "what is not is refused, with the byte");
	ok(cn_json_check((struct cn_str){ "\"a\0b\"", 5 }, &err) < 0 &&
	    cn_json_check((struct cn_str){ "\"\\\0\"", 4 }, &err) < 0,
	    "a NUL is no text");
	memset(text, '[', 64);
	memset(text + 64, ']', 16);
	ok(cn_json_check((struct cn_str){ text, 64 }, &err) < 0 &&
	    strstr(err.msg, "unexpected end") != NULL, "64 levels are looked at");
	memset(text, '[', 65);
	ok(cn_json_check((struct cn_str){ text, 65 }, &err) < 0 &&
	    strstr(err.msg, "too deep") != NULL, "65 are too deep");
}

static const char walked[] = " { \"a\" : 1.10 ,\"b\\u0063\":[ 1 ,{\"x\":\"]}\"}"
    "],\"\":\"\\\\\", \"d\":{\"e\":{}} , \"f\":\"\\\"}\" } ";

static void json_walk(void)
{
	struct cn_str text = cn_str_trim(cn_str(walked));
	struct cn_buf b = { 0 };
	struct cn_json_it it;

	cn_json_walk(&it, text);
	while (cn_json_next(&it))
		cn_buf_fmt(&b, "%.*s=%.*s;", (int)it.key.n, it.key.p,
		    (int)it.val.n, it.val.p);
	is(b.p, "a=1.10;b\\u0063=[ 1 ,{\"x\":\"]}\"}];=\"\\\\\";"
	    "d={\"e\":{}};f=\"\\\"}\";", "members as spans");
	b.len = 0;
	cn_json_walk(&it, cn_json_get(text, "bc"));
	while (cn_json_next(&it))
		cn_buf_fmt(&b, "%zu:%.*s;", it.key.n, (int)it.val.n, it.val.p);
	is(b.p, "0:1;0:{\"x\":\"]}\"};", "elements, found by an escaped name");
	ok(cn_json_get(text, "e").n == 0 && cn_json_get(text, "zz").n == 0 &&
	    cn_json_get(cn_str("[1]"), "a").n == 0 &&
	    cn_json_get(cn_str(""), "a").n == 0,
	    "no member of that name, or no object");
	ok(cn_json_get(text, "").n == 4, "the empty name is a name");
	b.len = 0;
	cn_json_walk(&it, cn_str("{}"));
	ok(!cn_json_next(&it) && !cn_json_next(&it), "an empty object ends");
	cn_json_walk(&it, cn_str("7"));
	ok(!cn_json_next(&it), "a number has no members");
	cn_buf_release(&b);
}

static void json_strings(void)
{
	static const struct {
		const char *json, *want;
	} t[] = {
		{ "\"\"", "" }, { "\"a\\n\\t\\\"\\\\\\/\"", "a\n\t\"\\/" },
		{ "\"\\u00e9\\u20AC\"", "\xc3\xa9\xe2\x82\xac" },
		{ "\"\\ud83d\\ude00\"", "\xf0\x9f\x98\x80" },
		{ "\"\\ud83d\"", "\xef\xbf\xbd" },
		{ "\"\\ude00x\"", "\xef\xbf\xbdx" },
		{ "\"\\ud83d\\u0041\"", "\xef\xbf\xbd" "A" },
		{ "\"\\ud83d\\n\"", "\xef\xbf\xbd\n" },
		{ "\"\\ud83d\\ud83d\\ude00\"",
		  "\xef\xbf\xbd\xf0\x9f\x98\x80" },
		{ "\"a\\u0000b\"", "a\xef\xbf\xbd" "b" },
	};
	struct cn_arena mem = { 0 };
	struct cn_buf b = { 0 };
	bool all = true;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		char *s = cn_json_string(&mem, cn_str(t[i].json));

		if (s == NULL || strcmp(s, t[i].want) != 0) {
			printf("# %s\n", t[i].json);
			all = false;
		}
	}
	ok(all, "strings are unescaped, lone surrogates replaced");
	ok(cn_json_string(&mem, cn_str("1")) == NULL &&
	    cn_json_string(&mem, cn_str("")) == NULL, "a number is no string");
	cn_json_put(&b, "a\"\\\n\x01\x7f\xe2\x80\xa8\xff\xc3\xa9\0z", 14);
	is(b.p, "\"a\\\"\\\\\\n\\u0001\\u007f\\u2028\xef\xbf\xbd\xc3\xa9"
	    "\\u0000z\"", "strings are escaped and repaired");
	b.len = 0;
	cn_buf_ch(&b, '{');
	cn_json_kv(&b, "a", NULL);
	cn_json_kvi(&b, "b", INT64_MIN);
	cn_json_kvb(&b, "c", true);
	cn_json_key(&b, "d");
	cn_buf_ch(&b, '{');
	cn_json_kvf(&b, "e", 0.5, 3);
	cn_json_kvf(&b, "f", -0.0001, 2);
	cn_json_kvf(&b, "g", 1.0 / 0.0, 2);
	cn_json_kvf(&b, "h", 100, 2);
	cn_buf_str(&b, "}}");
	is(b.p, "{\"a\":null,\"b\":-9223372036854775808,\"c\":true,"
	    "\"d\":{\"e\":0.5,\"f\":0,\"g\":null,\"h\":100}}",
	    "members are written with their commas");
	cn_buf_release(&b);
	cn_arena_release(&mem);
}

static void json_numbers(void)
{
	static const char *const none[] = { "1.10", "1e3", "\"\"", "\"x\"",
	    "\" 1\"", "\"+1\"", "true", "9223372036854775808",
	    "12345678901234567890", "-9223372036854775809", "\"-\"", "",
	    "123456789012345678901234567890" };
	int64_t n;
	double d;
	size_t i;
	bool all = true;

	ok(cn_json_int(cn_str("-42"), &n) && n == -42 &&
	    cn_json_int(cn_str("\"7\""), &n) && n == 7 &&
	    cn_json_int(cn_str("9223372036854775807"), &n) && n == INT64_MAX &&
	    cn_json_int(cn_str("-9223372036854775808"), &n) && n == INT64_MIN,
	    "integers, as numbers and strings");
	for (i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
		n = 11;
		if (cn_json_int(cn_str(none[i]), &n) || n != 11) {
			printf("# %s is taken for %lld\n", none[i],
			    (long long)n);
			all = false;
		}
	}
	ok(all, "what is none, or does not fit, is none");
	ok(cn_json_double(cn_str("1.5e3"), &d) && d > 1499 && d < 1501 &&
	    !cn_json_double(cn_str("\"1\""), &d), "a double is a number");
}

/* --- YAML --- */

static void yaml_bad(void)
{
	static const struct {
		const char *text, *why;
	} t[] = {
		{ "a: 1\nb: [1\n", "f:3: " }, { "a: 1\na: 2\n", "f:2: key given" },
		{ "a: &x 1\n", "f:1: anchors" }, { "a: *x\n", "f:1: " },
		{ "a: !t 1\n", "f:1: anchors and tags" },
		{ "\na: !t [1]\n", "f:2: anchors and tags" },
		{ "a: !t {b: 1}\n", "f:1: anchors and tags" },
		{ "a: &x [1]\n", "f:1: anchors" },
		{ "? [a]\n: 1\n", "f:1: a key must be a word" },
		{ "a: 1\n---\nb: 2\n", "f:2: one document" },
		{ "a: \"\\0\"\n", "f:1: NUL" }, { "a: \t- b\n c\n", "f:" },
		{ "[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]", "f:1: too deep" },
		{ "a: \xff\n", "f:" },
	};
	struct cn_arena mem = { 0 };
	struct cn_err err;
	bool all = true;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		err = (struct cn_err){ 0 };
		if (cn_yaml_parse(&mem, "f", cn_str(t[i].text), &err) != NULL ||
		    strncmp(err.msg, t[i].why, strlen(t[i].why)) != 0 ||
		    err.status != CN_CONFIG) {
			printf("# '%s': %s\n", t[i].text, err.msg);
			all = false;
		}
	}
	ok(all, "YAML that we do not take is named with its line");
	cn_arena_release(&mem);
}

static void yaml(void)
{
	static const char *const keys[] = { "a", "list", "map", NULL };
	struct cn_arena mem = { 0 };
	struct cn_err err = { 0 };
	struct cn_yaml *r, *l;

	r = cn_yaml_parse(&mem, "f", cn_str("# x\na: no\nlist:\n  - 1\n"
	    "  - two: 3\nmap: {b: 'c d'}\n"), &err);
	is(cn_yaml_str(r, "a", NULL), "no", "every scalar is a string");
	l = cn_yaml_get(r, "list");
	ok(l != NULL && l->kind == CN_YAML_LIST && l->line == 4 &&
	    l->child != NULL && strcmp(l->child->value, "1") == 0 &&
	    l->child->next->line == 5 && l->child->next->next == NULL,
	    "a list with its lines");
	is(cn_yaml_str(cn_yaml_get(r, "map"), "b", NULL), "c d", "a map");
	is(cn_yaml_str(r, "list", "dflt"), "dflt", "a list is no scalar");
	is(cn_yaml_str(NULL, "a", "dflt"), "dflt", "no tree gives the default");
	ok(cn_yaml_known(r, "f", keys, &err) == 0, "known keys");
	ok(cn_yaml_known(r, "f", keys + 1, &err) < 0 &&
	    strcmp(err.msg, "f:2: unknown key 'a'") == 0, "an unknown one");
	r = cn_yaml_parse(&mem, "f", cn_str("just words"), &err);
	ok(r != NULL && cn_yaml_known(r, "f", keys, &err) < 0 &&
	    strcmp(err.msg, "f:1: keys and values expected") == 0, "no map");
	r = cn_yaml_parse(&mem, "f", cn_str("# nothing\n"), &err);
	ok(r != NULL && r->kind == CN_YAML_MAP && r->child == NULL,
	    "an empty text is an empty map");
	cn_arena_release(&mem);
}

/* --- times --- */

static void utf8(void)
{
	static const char *const bad[] = { "\x80", "\xc0\x80", "\xc1\xbf",
	    "\xe0\x80\x80", "\xed\xa0\x80", "\xf0\x80\x80\x80",
	    "\xf4\x90\x80\x80", "\xf8\x88\x80\x80\x80", "\xe2\x82", "\xff" };
	struct cn_buf b = { 0 };
	uint32_t c;
	size_t i;
	bool all = true;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (cn_utf8_valid(bad[i], strlen(bad[i])))
			all = false;
	ok(all, "ill-formed bytes");
	for (c = 0, all = true; c <= 0x10ffff; c++) {
		uint32_t back = 0;

		if (c == 0xd800)
			c = 0xe000;
		b.len = 0;
		cn_utf8_put(&b, c);
		if (cn_utf8_get(b.p, b.len, &back) != b.len || back != c)
			all = false;
	}
	ok(all, "every code point there and back");
	b.len = 0;
	cn_utf8_put(&b, 0xd800);
	cn_utf8_put(&b, 0x110000);
	is(b.p, "\xef\xbf\xbd\xef\xbf\xbd", "what is none is replaced");
	b.len = 0;
	ok(cn_utf8_repair(&b, "abcdefgh\xff" "ij\xe2\x82", 13) == 3,
	    "repairing counts");
	is(b.p, "abcdefgh\xef\xbf\xbd" "ij\xef\xbf\xbd\xef\xbf\xbd",
	    "and replaces each byte");
	ok(cn_utf8_cut("a\xe2\x82\xac", 4, 3) == 1 &&
	    cn_utf8_cut("a\xe2\x82\xac", 4, 4) == 4 &&
	    cn_utf8_cut("a\xe2\x82\xac", 4, 1) == 1 &&
	    cn_utf8_cut("\xe2\x82\xac", 3, 2) == 0, "cutting between characters");
	ok(cn_utf8_width('a') == 1 && cn_utf8_width(0x4e00) == 2 &&
	    cn_utf8_width(0x301) == 0 && cn_utf8_width(0x1f600) == 2 &&
	    cn_utf8_width('\n') == 0, "columns");
	cn_buf_release(&b);
}

static void buffers(void)
{
	static const char two[] = "a\nb c";
	int64_t v[] = { 3, INT64_MAX, INT64_MIN, -1 };
	struct cn_arena mem = { 0 };
	struct cn_buf b = { 0 };
	char *p, *q;
	int i;

	ok(cn_buf_view(&b).p != NULL && cn_buf_view(&b).n == 0,
	    "an empty buffer has a view");
	for (i = 0; i < 1000; i++)
		cn_buf_fmt(&b, "%d,", i);
	ok(b.len == 3890 && b.p[b.len] == '\0' &&
	    strcmp(b.p + 3882, "998,999,") == 0, "a buffer grows");
	cn_buf_add(&b, NULL, 0);
	ok(b.len == 3890, "nothing can be added");
	cn_buf_wipe(&b);
	ok(b.p == NULL && b.len == 0, "and be gone");
	p = cn_arena_dup(&mem, "abc", 2);
	q = cn_arena_alloc(&mem, 3 << 20);
	ok(strcmp(p, "ab") == 0 && (uintptr_t)q % 16 == 0 && q[0] == 0 &&
	    q[(3 << 20) - 1] == 0 && mem.total >= 3 << 20,
	    "an arena gives zeroed, aligned bytes of any size");
	is(cn_arena_fmt(&mem, "%s-%d", "x", 7), "x-7", "and prints");
	cn_arena_reset(&mem);
	ok(mem.total == 0, "and begins again");
	cn_arena_release(&mem);
	ok(cn_str_ieq(cn_str("AbC"), "aBc") && !cn_str_ieq(cn_str("ab"), "abc")
	    && !cn_str_ieq(cn_str("abc"), "ab") && cn_str_eq(cn_str(NULL), "")
	    && cn_str_trim(cn_str(" \r\n\t")).n == 0 &&
	    cn_str_eq(cn_str_trim(cn_str(" a b\n")), "a b"), "slices");
	ok(cn_str_eq(cn_str_line(two, two + 5), "a\n") &&
	    cn_str_eq(cn_str_line(two + 2, two + 5), "b c") &&
	    cn_str_line(two, two).n == 0, "lines, the last without its end");
	ok(cn_str_control(cn_str("a\tb")) && cn_str_control(cn_str("\x7f")) &&
	    !cn_str_control(cn_str("a b\xc2\x85")) &&
	    !cn_str_control(cn_str(NULL)), "control characters of ASCII");
	qsort(v, 4, sizeof(*v), cn_ascending);
	ok(v[0] == INT64_MIN && v[1] == -1 && v[2] == 3 && v[3] == INT64_MAX,
	    "numbers in order, also those far apart");
	qsort(v, 4, sizeof(*v), cn_descending);
	ok(v[0] == INT64_MAX && v[3] == INT64_MIN, "and back");
}

static void encodings(void)
{
	static const char *const plain[] = { "", "f", "fo", "foo", "foob",
	    "fooba", "foobar" };
	static const char *const b64[] = { "", "Zg==", "Zm8=", "Zm9v",
	    "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy" };
	static const char *const b32[] = { "", "my", "mzxq", "mzxw6",
	    "mzxw6yq", "mzxw6ytb", "mzxw6ytboi" };
	struct cn_buf b = { 0 };
	unsigned char raw[4];
	char s[32];
	size_t i;
	bool all = true;

	for (i = 0; i < 7; i++) {
		b.len = 0;
		cn_base64(&b, plain[i], strlen(plain[i]));
		cn_base32(s, plain[i], strlen(plain[i]));
		if (strcmp(b.p, b64[i]) != 0 || strcmp(s, b32[i]) != 0)
			all = false;
	}
	ok(all, "base64 and base32 of RFC 4648");
	cn_hex(s, "\x00\xff\x1a", 3);
	is(s, "00ff1a", "hexadecimal");
	ok(cn_unhex(raw, "00FF1a", 3) && memcmp(raw, "\x00\xff\x1a", 3) == 0 &&
	    !cn_unhex(raw, "0g", 1) && !cn_unhex(raw, "0", 1), "and back");
	cn_buf_release(&b);
}

/* --- files --- */

static char dir[64];

static const char *path(struct cn_arena *mem, const char *name)
{
	return cn_path(mem, dir, name);
}

static void files(void)
{
	struct cn_arena mem = { 0 };
	struct cn_err err = { 0 };
	struct cn_buf b = { 0 };
	const char *f = path(&mem, "file");
	struct stat st;

	ok(cn_file_read(f, 10, &b, &err) < 0 && err.status == CN_USAGE,
	    "a file that is not there");
	ok(cn_file_replace(f, "one", 3, 0600, &err) == 0 &&
	    cn_file_replace(path(&mem, "file.new"), "x", 1, 0600, &err) == 0 &&
	    cn_file_replace(f, "second", 6, 0600, &err) == 0 &&
	    cn_file_read(f, 10, &b, &err) == 0, "is made, and replaced in "
	    "spite of a leftover");
	is(b.p, "second", "as a whole");
	ok(!cn_file_exists(path(&mem, "file.new")) && stat(f, &st) == 0 &&
	    (st.st_mode & 0777) == 0600, "and leaves nothing, for us alone");
	ok(cn_file_read(f, 5, &b, &err) < 0 &&
	    strstr(err.msg, "larger than 5 bytes") != NULL, "too large a file");
	ok(cn_file_replace("/nonexistent/f", "x", 1, 0600, &err) < 0 &&
	    err.status == CN_IOERR, "a folder that is not there");
	ok(cn_mkdirs(path(&mem, "a/b/c"), 0700, &err) == 0 &&
	    cn_mkdirs(path(&mem, "a/b/c"), 0700, &err) == 0 &&
	    stat(path(&mem, "a/b"), &st) == 0 && (st.st_mode & 0777) == 0700,
	    "folders, once and again");
	ok(cn_mkdirs(path(&mem, "file/x"), 0700, &err) < 0,
	    "but not below a file");
	ok(cn_mkdirs("", 0700, &err) < 0, "nor without a name");
	ok(!cn_file_is_network(dir), "this is no network file system");
	cn_buf_release(&b);
	cn_arena_release(&mem);
}

static void locks(void)
{
	struct cn_arena mem = { 0 };
	struct cn_err err = { 0 };
	const char *f = path(&mem, "lock");
	int one = -1, two = -1, rc = -1;
	pid_t pid;

	ok(cn_lock(f, 0, &one, &err) == 0, "a lock is taken");
	ok(cn_lock(f, 0, &two, &err) < 0 && err.status == CN_TEMPFAIL &&
	    err.hint[0] != '\0', "not twice, also in one process");
	ok(cn_lock(f, 20, &two, &err) < 0, "nor after a while");
	cn_unlock(one);
	ok(cn_lock(f, 0, &two, &err) == 0, "but when it was let go");
	fflush(stdout);
	if ((pid = fork()) == 0) {
		cn_unlock(two);		/* shared with the parent's */
		_exit(cn_lock(f, -1, &one, &err) == 0 ? 0 : 1);
	}
	cn_unlock(two);
	ok(waitpid(pid, &rc, 0) == pid && rc == 0,
	    "whoever waits for ever gets it");
	if ((pid = fork()) == 0) {
		if (cn_lock(f, 0, &one, &err) == 0)
			raise(SIGKILL);
		_exit(1);
	}
	waitpid(pid, &rc, 0);
	ok(WIFSIGNALED(rc) && cn_lock(f, 0, &one, &err) == 0,
	    "the dead hold none");
	cn_unlock(one);
	cn_unlock(-1);
	cn_arena_release(&mem);
}

int main(void)
{
	struct cn_err err;
	char rm[80];

	strcpy(dir, "/tmp/cn-base.XXXXXX");
	if (mkdtemp(dir) == NULL)
		return 1;
	json_check();
	json_walk();
	json_strings();
	json_numbers();
	yaml_bad();
	yaml();
	utf8();
	buffers();
	encodings();
	files();
	locks();
	errno = ENOSPC;
	ok(cn_fail_errno(&err, CN_IOERR, "x") < 0 && err.status == CN_TEMPFAIL
	    && strcmp(err.msg, "x: No space left on device") == 0 &&
	    err.hint[0] != '\0', "a full disk is 75 and has a hint");
	(void)cn_wrap(&err, "y %d", 1);
	is(err.msg, "y 1: x: No space left on device", "errors say where");
	snprintf(rm, sizeof(rm), "rm -rf '%s'", dir);
	if (system(rm) != 0)
		failed++;
	return done();
}
