/* generator - what a generator answers: a line as the fuzzer makes it, and the
 * text of one that is in the form.  Bytes from 0x80 on are words, most of them
 * of the sources, so that sentences stand.  What comes through is said to a
 * customer: nothing that is looked for is in it, nor a number, that no source
 * has. */
#include <stdlib.h>
#include <string.h>

#include "base/enc.h"
#include "base/json.h"
#include "base/utf8.h"
#include "desk/reply/suggest_int.h"

int LLVMFuzzerTestOneInput(const uint8_t *, size_t);

#define AGENT "Priya"
#define ASKED "Where is order AB-55512? I paid 500 EUR on Friday, Vera Quist"
#define DRAFT "Dear {name},\n\nthe kettle of order {order} left on 24 " \
	"September, it costs 5 EUR and is not repaired within 14 days. Write " \
	"to help@shop.example.\n\nKind regards\n{agent}\n"

static const char *const words[] = { "the", "kettle", "of", "order", "left",
	"on", "24", "September", "it", "costs", "5", "EUR", "and", "is", "not",
	"repaired", "within", "14", "days.", "Write", "to",
	"help@shop.example.", "Dear", "Vera", "Quist,", "AB-55512", "500",
	"Friday.", "paid", "Kind", "regards", "Priya", "\n\n", ".",
	"evil@zqxv.example", "https://zqxv.example/a", "+91 98450 00117",
	"4111 1111 1111 1111", "Ravindra", "77001", "refund", "नहीं", "٣٤",
	"\xe2\x80\x8b" };
#define NWORDS (sizeof(words) / sizeof(words[0]))

static void must(bool yes)
{
	if (!yes)
		abort();
}

static int answer(void *arg, struct cn_str line, struct cn_buf *out,
    struct cn_err *err)
{
	struct cn_str *a = arg;

	must(cn_json_check(line, err) == 0);
	cn_buf_add(out, a->p, a->n);
	return 0;
}

/* Its letters and figures alone. */
static const char *squeeze(struct cn_buf *b, const char *p, size_t n)
{
	b->len = 0;
	for (; n > 0; n--, p++)
		if ((*p | 32) >= 'a' && (*p | 32) <= 'z')
			cn_buf_ch(b, (char)(*p | 32));
		else if (*p >= '0' && *p <= '9')
			cn_buf_ch(b, *p);
	cn_buf_ch(b, '\0');
	return b->p;
}

/* Piece by piece: two that are borne may stand together. */
static void borne(const char *p, size_t n)
{
	static const char ours[] = ASKED DRAFT AGENT;
	struct cn_buf have = { 0 }, want = { 0 };
	const char *end = p + n;
	size_t k;

	squeeze(&have, ours, sizeof(ours) - 1);
	for (; p < end; p += k + 1) {
		for (k = 0; p + k < end && p[k] != ' ' && p[k] != '\n'; k++)
			;
		must(strstr(have.p, squeeze(&want, p, k)) != NULL);
	}
	cn_buf_release(&have);
	cn_buf_release(&want);
}

static void said(const char *text)
{
	struct cn_buf folded = { 0 };
	struct cn_found f = { NULL, 0, 0 };
	const char *p;
	size_t n;

	must(text[0] != '\0' && cn_utf8_valid(text, strlen(text)));
	must(strstr(text, "zqxv.example") == NULL &&
	    strstr(text, "Ravindra") == NULL);
	cn_fold(&folded, cn_str(text));
	while (cn_detect(cn_buf_view(&folded), f.at + f.n, &f))
		borne(folded.p + f.at, f.n);
	for (p = folded.p; *p != '\0'; p += n ? n : 1)
		if ((n = strspn(p, "0123456789")) > 0)
			borne(p, n);
	cn_buf_release(&folded);
}

static void ask(struct cn_suggest *s, struct cn_str line)
{
	struct cn_item it = { 0 };
	struct cn_asked a = { .text = CN_STR(ASKED), .best = "order_status",
	    .language = "en", .name = "Vera Quist", .order = "AB-55512" };
	struct cn_cand d = { .macro = "order-status", .language = "en",
	    .text = DRAFT, .score = 0.5, .same = true }, out;
	int r;

	s->generate = answer;
	s->generate_arg = &line;
	s->questions = 0;
	r = cn_generate(s, &it, &a, &d, 1, &out);
	must((s->generate == NULL) == (s->generator_err.status != 0));
	must((r == 1) == (out.text != NULL));
	if (r == 1) {
		must(out.score > 0 && out.score <= 1);
		said(out.text);
	}
	s->generator_err = (struct cn_err){ 0 };
	cn_arena_release(&it.mem);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct cn_suggest s = { .agent = AGENT, .generator = "x" };
	struct cn_buf text = { 0 }, line = { 0 };
	size_t i;

	if (s.usual.n == 0)
		cn_wordset_usual(&s.usual);
	ask(&s, (struct cn_str){ (const char *)data, n });
	for (i = 0; i < n && text.len < (60 << 10); i++)
		if (data[i] < 0x80)
			cn_buf_ch(&text, (char)data[i]);
		else
			cn_buf_fmt(&text, " %s", words[data[i] % NWORDS]);
	cn_buf_str(&line, "{\"id\":\"1\",\"text\":");
	cn_json_put(&line, cn_buf_view(&text).p, text.len);
	cn_buf_str(&line, "}");
	ask(&s, cn_buf_view(&line));
	cn_buf_release(&text);
	cn_buf_release(&line);
	return 0;
}
