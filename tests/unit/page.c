/* A page of hostile messages: no markup, no reordering, all of the text. */
#include "desk/subject/page.h"
#include "tap.h"

#include <stdio.h>
#include <string.h>

static bool has(const struct cn_buf *b, const char *s)
{
	return strstr(b->p, s) != NULL;
}

static void escapes(void)
{
	static const char in[] = "<&>\"'\n\t\x01\x7f\xc2\x85\xff"
	    "\xe2\x80\xae\xe2\x81\xa6\xd8\xa7";
	struct cn_buf b = { 0 };

	cn_page_text(&b, in, sizeof(in) - 1);
	ok(strcmp(b.p, "&lt;&amp;&gt;&quot;&#39;\n\t\xef\xbf\xbd\xef\xbf\xbd"
	    "\xef\xbf\xbd\xef\xbf\xbd[U+202E][U+2066]\xd8\xa7") == 0,
	    "markup, controls, broken bytes, bidi controls");
	cn_buf_release(&b);
}

static void message(void)
{
	static struct cn_addr from = { "<b>Eve</b>", "eve@example.com" };
	static struct cn_attachment file = { "a\"><img>", "text/x", 5, NULL };
	static const char class[] = "{\"category\":\"<refund>\","
	    "\"confidence\":0.91,\"flags\":[],\"abstained\":false,"
	    "\"why\":[{\"word\":\"<i>money\",\"weight\":1.5},"
	    "{\"word\":\"back\",\"weight\":0.5}]}";
	static const char replies[] = "[{\"rank\":1,\"source\":\"macro:m1\","
	    "\"text\":\"Dear <Eve>,\\nsorry\"},{\"rank\":2},[],3]";
	struct cn_msg m = { .id = "mabc", .channel = "email",
	    .direction = "in", .from = { &from, 1 }, .subject = "</h2><x>",
	    .text = "</pre><script>", .text_len = 14, .attachments = &file,
	    .nattachments = 1, .class_json = CN_STR(class),
	    .replies_json = CN_STR(replies) };
	struct cn_buf b = { 0 };

	cn_page_message(&b, &m, true, true);
	ok(has(&b, "<h2 dir=\"auto\">&lt;/h2&gt;&lt;x&gt;</h2>"), "subject");
	ok(has(&b, "<pre dir=\"auto\">&lt;/pre&gt;&lt;script&gt;</pre>"),
	    "text");
	ok(has(&b, "<bdi>&lt;b&gt;Eve&lt;/b&gt;</bdi>"), "name");
	ok(has(&b, "<bdi>a&quot;&gt;&lt;img&gt;</bdi>"), "attachment");
	ok(has(&b, "<dt>category</dt><dd><bdi>&lt;refund&gt;</bdi></dd>") &&
	    has(&b, "<dt>confidence</dt><dd>0.91</dd>"), "class");
	ok(has(&b, "word <bdi>&lt;i&gt;money</bdi>, weight 1.5, "
	    "word <bdi>back</bdi>, weight 0.5"), "and why");
	ok(has(&b, "<bdi>Dear &lt;Eve&gt;,\nsorry</bdi>") &&
	    has(&b, "from <bdi>macro:m1</bdi>"), "drafts and their source");
	b.len = 0;
	m.claimed = "<x@y>";
	m.device_json = (struct cn_str)CN_STR("{\"user_agent\":\"<Lynx>\"}");
	cn_page_message(&b, &m, false, false);
	ok(has(&b, "<bdi>&lt;x@y&gt;</bdi> user_agent "
	    "<bdi>&lt;Lynx&gt;</bdi>"), "address and device");
	ok(!has(&b, "refund") && !has(&b, "Dear") && !has(&b, "<h2"),
	    "not what was derived, where it is not asked for");
	cn_buf_release(&b);
}

int main(void)
{
	escapes();
	message();
	return done();
}
