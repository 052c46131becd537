/* ai - model, decisions and retrieval of lib/ai */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ai/language.h"
#include "ai/lexicon.h"
#include "ai/model.h"
#include "base/file.h"
#include "seal.h"

/* The bytes that these examples give on every machine and compiler.  It
 * changes with the features, the training or the format, and only then. */
#define GOLDEN "901e7fd8e0e51fa6"

static int count, failed;

static void CN_PRINTF(2, 3)
ok(bool good, const char *fmt, ...)
{
	va_list ap;

	printf("%sok %d - ", good ? "" : "not ", ++count);
	va_start(ap, fmt);
	vprintf(fmt, ap);
	va_end(ap);
	putchar('\n');
	failed += !good;
}

static const char *const pairs[][2] = {
	{ "refund", "I want my money back" },
	{ "refund", "please refund order 12345" },
	{ "refund", "where is my refund, it has been two weeks" },
	{ "refund", "Geld zurück bitte" },
	{ "refund", "refund not received yet" },
	{ "login", "I cannot log in to my account" },
	{ "login", "forgot my password" },
	{ "login", "reset password link does not work" },
	{ "login", "Passwort vergessen" },
	{ "login", "the login page rejects my password" },
	{ "delivery_problem", "my parcel never arrived" },
	{ "delivery_problem", "package is late by a week" },
	{ "delivery_problem", "मेरा पार्सल नहीं आया" },
	{ "delivery_problem", "the box arrived damaged" },
	{ "delivery_problem", "courier lost my package" }
};
#define NPAIRS (sizeof(pairs) / sizeof(pairs[0]))

static struct cn_train *
examples(void)
{
	struct cn_train *t = cn_train_new();
	struct cn_err err;
	size_t i;

	for (i = 0; i < NPAIRS; i++)
		if (cn_train_add(t, cn_str(pairs[i][0]), &(struct cn_ai_input){
		    .text = cn_str(pairs[i][1]) }, &err) < 0)
			ok(false, "example %zu: %s", i, err.msg);
	return t;
}

static struct cn_model *
small(struct cn_buf *bytes)
{
	struct cn_train *t = examples();
	struct cn_err err = { 0 };
	struct cn_model *m = cn_model_train(t, NULL, &err);

	if (m && bytes)
		cn_model_save(m, bytes);
	cn_train_free(t);
	return m;
}

static void
determinism(void)
{
	struct cn_buf a = { 0 }, b = { 0 }, c = { 0 };
	struct cn_model *m = small(&a), *n = small(&b), *l;
	struct cn_err err = { 0 };

	ok(a.len == b.len && memcmp(a.p, b.p, a.len) == 0,
	    "two trainings give the same bytes");
	ok(strcmp(cn_model_id(m), GOLDEN) == 0,
	    "the same bytes as anywhere: %s", cn_model_id(m));
	l = cn_model_load(cn_buf_view(&a), &err);
	if (l)
		cn_model_save(l, &c);
	ok(l && c.len == a.len && memcmp(a.p, c.p, a.len) == 0,
	    "a loaded model saves to its own bytes");
	cn_model_free(l);
	cn_model_free(m);
	cn_model_free(n);
	cn_buf_release(&a);
	cn_buf_release(&b);
	cn_buf_release(&c);
}

static void
hostile(void)
{
	struct cn_buf a = { 0 }, b = { 0 };
	struct cn_arena arena = { 0 };
	struct cn_err err = { 0 };
	size_t i, refused = 0, wrong = 0, forged = 0;
	struct cn_model *m = small(&a);
	float p[CN_MODEL_CLASSES];

	cn_model_free(m);
	for (i = 0; i < a.len; i++) {
		b.len = 0;
		cn_buf_add(&b, a.p, a.len);
		b.p[i] ^= 0x41;
		m = cn_model_load(cn_buf_view(&b), &err);
		refused += m == NULL;
		wrong += m == NULL && err.status != CN_INTEGRITY &&
		    err.status != CN_CONFIG;
		cn_model_free(m);
	}
	ok(refused == a.len && wrong == 0, "each changed byte is 5 or 78");
	refused = 0;
	for (i = 0; i < a.len; i += 7) {
		m = cn_model_load((struct cn_str){ a.p, i }, &err);
		refused += m != NULL;
		cn_model_free(m);
	}
	ok(refused == 0, "each truncation is refused");
	for (i = 8; i + 8 < a.len; i++) {
		b.len = 0;
		cn_buf_add(&b, a.p, a.len);
		b.p[i] = (char)(i % 3 ? 0xff : b.p[i] ^ 0x10);
		seal(&b);
		m = cn_model_load(cn_buf_view(&b), &err);
		if (m == NULL)
			continue;
		forged++;
		if (i % 64 == 0)
			cn_model_predict(m, &(struct cn_ai_input){ .text =
			    cn_str("my parcel never arrived") }, p, &arena);
		cn_model_free(m);
	}
	ok(forged > 0 && forged < a.len, "damage under a right checksum is "
	    "refused or harmless: %zu load", forged);
	ok(cn_model_load(cn_str("hello"), &err) == NULL &&
	    err.status == CN_CONFIG, "no model at all is 78");
	cn_arena_release(&arena);
	cn_buf_release(&a);
	cn_buf_release(&b);
}

static void
odd_data(void)
{
	struct cn_train *t = cn_train_new();
	struct cn_err err = { 0 };
	struct cn_eval e;
	struct cn_arena arena = { 0 };
	struct cn_ai_result r;
	struct cn_ai_input in = { .text = cn_str("what an odd thing") };
	struct cn_model *m;
	float p[CN_MODEL_CLASSES];
	char label[16];
	size_t bad = 0;
	int i, rc = 0;

	ok(cn_model_train(t, NULL, &err) == NULL && err.status == CN_CONFIG,
	    "no examples: 78");
	ok(cn_train_add(t, cn_str("a b"), &in, &err) < 0 &&
	    cn_train_add(t, cn_str(""), &in, &err) < 0,
	    "a label with a space or without a letter is refused");
	ok(cn_train_tsv(t, "f.tsv", cn_str("one\tan odd thing\nbad\n"), NULL,
	    &err) < 0 && strstr(err.msg, "f.tsv:2: no tab"),
	    "a bad line is named: %s", err.msg);
	ok(cn_train_tsv(t, "f.tsv", cn_str("bad\r\none\tmore\r\n\none\t\n"),
	    &bad, &err) == 0 && bad == 1 && cn_train_count(t) == 3,
	    "or counted and skipped, an empty text is taken");
	m = cn_model_train(t, NULL, &err);
	cn_ai_classify(m, &in, &r, &arena);
	ok(m && r.abstained && r.best == NULL && cn_model_threshold(m) == 1,
	    "one class teaches nothing and promises nothing");
	cn_model_free(m);
	for (i = 0; i <= CN_MODEL_CLASSES && rc == 0; i++) {
		snprintf(label, sizeof(label), "c%d", i);
		rc = cn_train_add(t, cn_str(label), &in, &err);
	}
	ok(rc < 0 && err.status == CN_CONFIG, "too many classes: %s",
	    err.msg);
	cn_train_free(t);
	t = cn_train_new();
	ok(cn_train_yaml(t, "f.yaml", cn_str("refund:\n  en:\n    - give it "
	    "back\nempty:\n  en: []\nnothing: {}\none:\n  en:\n    - where "
	    "is it\n"), &err) == 0 && cn_train_classes(t) == 2 &&
	    cn_train_count(t) == 2, "a category without a sentence is none");
	m = cn_model_train(t, NULL, &err);
	ok(m && cn_model_predict(m, &(struct cn_ai_input){ .text =
	    cn_str("where is it") }, p, &arena) == 1,
	    "a category may have one sentence");
	cn_model_free(m);
	ok(cn_train_yaml(t, "f.yaml", cn_str("a:\n  en: [x]\nb:\n"), &err) < 0 &&
	    err.status == CN_CONFIG && strstr(err.msg, "f.yaml:3"),
	    "a category that is no map is named: %s", err.msg);
	cn_train_free(t);
	t = examples();
	rc = cn_eval_folds(t, NULL, 3, &e, &arena, &err);
	ok(rc == 0 && e.n == NPAIRS && e.classes == 3 &&
	    e.accuracy > 0.4 && e.ece < 0.6 && e.support[0] == 5 &&
	    strcmp(e.label[0], "delivery_problem") == 0, "folds measure every example once: %.2f",
	    e.accuracy);
	ok(cn_eval_folds(t, NULL, 1, &e, &arena, &err) < 0,
	    "one fold is refused");
	cn_train_free(t);
	cn_arena_release(&arena);
}

static void
large_text(void)
{
	size_t n = 50u << 20, i;
	char *p = malloc(n);
	struct cn_arena arena = { 0 };
	struct cn_model *m = small(NULL);
	struct cn_ai_input in = { .subject = { p, n }, .text = { p, n } };
	struct cn_ai_result r;

	for (i = 0; i < n; i++)
		p[i] = "delete my data not good \xe0\xa4 "[i % 28];
	cn_ai_classify(m, &in, &r, &arena);
	ok(arena.total < 16u << 20, "50 MB cost %zu KB of memory",
	    arena.total >> 10);
	memset(p, 'x', n);
	cn_ai_classify(m, &in, &r, &arena);
	memset(p, 0xff, n);
	cn_ai_classify(m, &in, &r, &arena);
	ok(r.best == NULL && r.abstained && r.nflags &&
	    strcmp(r.flags[0], "empty") == 0, "bytes without a word: empty");
	cn_arena_release(&arena);
	cn_model_free(m);
	free(p);
}

static size_t
unsorted(const struct cn_lang_table *t)
{
	size_t k, bad = 0;

	for (k = 1; k < t->start[4096]; k++)
		bad += t->key[k - 1] >= t->key[k];
	return bad;
}

static void
tables(void)
{
	static const struct cn_lang_table *const langs[] = { &cn_lang_latin,
	    &cn_lang_cyrillic, &cn_lang_devanagari };
	size_t i, bad = 0;

	for (i = 1; i < cn_nlexicon; i++)
		bad += strcmp(cn_lexicon[i - 1].phrase,
		    cn_lexicon[i].phrase) > 0;
	for (i = 0; i < 3; i++)
		bad += unsorted(langs[i]);
	for (i = 0; cn_lang_siblings[i] != NULL; i++)
		bad += unsorted(cn_lang_siblings[i]);
	ok(bad == 0 && i > 0, "the tables are sorted");
}

static const char *const languages[][2] = {
	{ "en", "The kettle I bought last month leaks whenever it boils" },
	{ "en", "Could somebody explain this charge?" },
	{ "de", "Der Wasserkocher tropft seit gestern beim Kochen" },
	{ "de", "Können Sie mir bitte weiterhelfen?" },
	{ "fr", "La bouilloire que j'ai achetée fuit depuis hier" },
	{ "fr", "Pourriez-vous m'expliquer ce montant ?" },
	{ "es", "La tetera que compré gotea desde ayer" },
	{ "es", "¿Me podrían explicar este cobro?" },
	{ "it", "Il bollitore che ho comprato perde acqua da ieri" },
	{ "pt", "A chaleira que comprei está a verter água desde ontem" },
	{ "nl", "De waterkoker die ik heb gekocht lekt sinds gisteren" },
	{ "sv", "Vattenkokaren som jag köpte läcker sedan igår" },
	{ "da", "Elkedlen som jeg købte har været utæt siden i går" },
	{ "fi", "Ostamani vedenkeitin on vuotanut eilisestä lähtien" },
	{ "pl", "Czajnik, który kupiłem, przecieka od wczoraj" },
	{ "cs", "Konvice, kterou jsem koupil, od včerejška teče" },
	{ "hi", "मैंने जो केतली खरीदी थी वह कल से टपक रही है" },
	{ "hi-Latn", "jo ketli maine kharidi thi wo kal se tapak rahi hai" },
	{ "hi-Latn", "bhai mera paisa kab milega" },
	{ "mr", "मी घेतलेली किटली कालपासून गळत आहे" },
	{ "ta", "நான் வாங்கிய கெட்டில் நேற்று முதல் கசிகிறது" },
	{ "te", "నేను కొన్న కెటిల్ నిన్నటి నుండి కారుతోంది" },
	{ "bn", "আমি যে কেটলি কিনেছি তা গতকাল থেকে চুঁইয়ে পড়ছে" },
	{ "", "12345 !!" }
};

static void
language(void)
{
	size_t i, n = sizeof(languages) / sizeof(languages[0]), good = 0;
	char got[8];
	double c;

	for (i = 0; i < n; i++) {
		c = cn_ai_language(cn_str(languages[i][1]), got);
		good += strcmp(got, languages[i][0]) == 0 && c >= 0 &&
		    c <= 1;
		if (strcmp(got, languages[i][0]) != 0)
			printf("# %s, not %s: %s\n", got, languages[i][0],
			    languages[i][1]);
	}
	ok(good == n, "%zu of %zu languages", good, n);
}

static const struct {
	enum cn_dsr dsr;
	const char *text;
} requests[] = {
	{ CN_DSR_ERASE, "Please erase all personal information you hold" },
	{ CN_DSR_ERASE, "I'd like my data deleted from your systems." },
	{ CN_DSR_ERASE, "mera pura data hata do, mera data nahi rakhna" },
	{ CN_DSR_ERASE, "कृपया मेरी सारी जानकारी हटा दें" },
	{ CN_DSR_ERASE, "Löschen Sie bitte umgehend meine Daten" },
	{ CN_DSR_ERASE, "Veuillez effacer mes données personnelles" },
	{ CN_DSR_ERASE, "Solicito que eliminen mis datos personales" },
	{ CN_DSR_ACCESS, "Tell me what personal data you hold on me" },
	{ CN_DSR_ACCESS, "This is a subject access request." },
	{ CN_DSR_ACCESS, "Ich bitte um Auskunft über meine Daten" },
	{ CN_DSR_ACCESS, "Je souhaite obtenir une copie de mes données" },
	{ CN_DSR_ACCESS, "mere bare me aapke paas kya data hai bataiye" },
	{ CN_DSR_RECTIFY, "Please correct my personal data, it is outdated" },
	{ CN_DSR_OBJECT, "I object to the processing of my data" },
	{ CN_DSR_OBJECT, "Ich widerspreche der Nutzung für Werbung" },
	{ CN_DSR_RESTRICT, "please restrict the processing of my data" },
	{ CN_DSR_PORTABILITY, "I want my data in a machine readable format" },
	/* Of phrases the longest counts, and a weight of 0 takes back. */
	{ CN_DSR_NONE, "usunięto moje dane do faktury" },
	{ CN_DSR_ERASE, "I want my data deleted" },
	{ CN_DSR_NONE, "You have deleted all of my data" },
	{ CN_DSR_NONE, "Where is my order?" },
	{ CN_DSR_NONE, "Please remove the lamp from my order" },
	{ CN_DSR_NONE, "I deleted the app, how do I get it back?" },
	{ CN_DSR_NONE, "Do not delete my data, I still need it" },
	{ CN_DSR_NONE, "Send me a copy of the invoice" },
	{ CN_DSR_NONE, "Are you GDPR compliant?" },
	{ CN_DSR_NONE, "Bitte löschen Sie den Artikel aus dem Warenkorb" },
	{ CN_DSR_NONE, "mera order cancel kar do" },
	{ CN_DSR_NONE, "I forgot my password and cannot see my orders" }
};

static void
look(const struct cn_model *m, const char *text, struct cn_ai_result *r,
    struct cn_arena *arena)
{
	struct cn_ai_input in = { .text = cn_str(text) };

	cn_ai_classify(m, &in, r, arena);
}

static void
data_requests(void)
{
	size_t i, n = sizeof(requests) / sizeof(requests[0]), good = 0;
	struct cn_arena arena = { 0 };
	struct cn_ai_result r;

	for (i = 0; i < n; i++) {
		look(NULL, requests[i].text, &r, &arena);
		good += r.dsr == requests[i].dsr;
		if (r.dsr != requests[i].dsr)
			printf("# %s, not %s: %s\n", cn_dsr_name(r.dsr),
			    cn_dsr_name(requests[i].dsr), requests[i].text);
	}
	ok(good == n, "%zu of %zu data subject requests", good, n);
	cn_arena_release(&arena);
}

static void
decisions(void)
{
	struct cn_arena arena = { 0 };
	struct cn_model *m = small(NULL);
	struct cn_ai_input in = { .subject = cn_str("Order 77"),
	    .text = cn_str("My package has not arrived") };
	struct cn_ai_result r;
	size_t i;
	bool seen = false;

	cn_ai_classify(m, &in, &r, &arena);
	for (i = 0; i < r.nwhy; i++)
		seen |= strcmp(r.why[i].feature, "package") == 0;
	ok(r.best && strcmp(r.best, "delivery_problem") == 0 && seen &&
	    r.why[0].weight >= r.why[r.nwhy - 1].weight,
	    "a category with its words");
	in.automatic = "auto-submitted";
	cn_ai_classify(m, &in, &r, &arena);
	ok(r.automatic && r.priority == CN_PRIORITY_LOW &&
	    strcmp(r.automatic_reason, "auto-submitted") == 0,
	    "an automatic mail can wait");
	look(m, "My order is late. Where is it? It is late.", &r, &arena);
	ok(r.sentiment == CN_SENTIMENT_NEUTRAL, "said twice is no anger");
	look(m, "My order is late and broken", &r, &arena);
	ok(r.sentiment == CN_SENTIMENT_NEGATIVE, "two complaints are");
	look(m, "I am out of office until Monday. In urgent cases please "
	    "contact Bob.", &r, &arena);
	ok(r.automatic, "so does one that says so");
	look(m, "I am out of office until Monday, deliver it then", &r,
	    &arena);
	ok(!r.automatic, "who is away is no machine");
	look(m, "URGENT!! answer immediately or my lawyer will", &r, &arena);
	ok(r.priority >= CN_PRIORITY_HIGH && r.sentiment ==
	    CN_SENTIMENT_NEGATIVE && r.nflags == 2 &&
	    strcmp(r.flags[0], "threat") == 0, "urgency and threat");
	look(m, "I am very happy, great help, thank you so much", &r, &arena);
	ok(r.sentiment == CN_SENTIMENT_POSITIVE, "praise");
	look(m, "I am not happy with this at all", &r, &arena);
	ok(r.sentiment == CN_SENTIMENT_NEGATIVE, "not happy is not happy");
	look(m, "where is order 123456 of a.b@example.com", &r, &arena);
	for (seen = false, i = 0; i < r.nwhy; i++)
		seen |= strpbrk(r.why[i].feature, "123@.") != NULL;
	ok(!seen && r.sentiment == CN_SENTIMENT_NEUTRAL,
	    "no number and no address explains anything");
	look(NULL, "You have won the lottery winner prize, claim your prize, "
	    "click here http://a.test http://b.test", &r, &arena);
	ok(r.spam && r.abstained && r.best == NULL, "spam, without a model");
	look(m, "I would like a refund for the free offer I paid for", &r,
	    &arena);
	ok(!r.spam, "a refund with 'free' and 'offer' is no spam");
	cn_model_free(m);
	cn_arena_release(&arena);
}

/* Examples of what belongs nowhere teach to abstain, and are measured so. */
static void
outside(void)
{
	static const char *const none[] = { "what is the weather like",
	    "tell me a joke", "who won the match", "sing me a song",
	    "how tall is the tower", "is it going to rain" };
	struct cn_train *t = examples();
	struct cn_arena arena = { 0 };
	struct cn_buf b = { 0 };
	struct cn_err err = { 0 };
	struct cn_ai_result r;
	struct cn_model *m;
	struct cn_eval e;
	size_t i, bad = 0;

	ok(cn_train_outside(t, cn_str("none"), &err) < 0 &&
	    err.status == CN_CONFIG, "outside: no example of it: %s", err.msg);
	for (i = 0; i < 6; i++)
		bad += cn_train_add(t, cn_str("none"), &(struct cn_ai_input){
		    .text = cn_str(none[i]) }, &err) < 0;
	bad += cn_train_outside(t, cn_str("none"), &err) < 0;
	m = cn_model_train(t, NULL, &err);
	ok(m && bad == 0 && strcmp(cn_model_outside(m), "none") == 0,
	    "a class of what is in none");
	look(m, "what is the weather like in spring", &r, &arena);
	ok(r.abstained && r.category == NULL && r.best &&
	    strcmp(r.best, "none") != 0, "is never the answer");
	look(m, "forgot my password", &r, &arena);
	ok(!r.abstained && strcmp(r.category, "login") == 0,
	    "and leaves the others be");
	bad = cn_eval_model(m, t, &e, &arena, &err) < 0;
	ok(bad == 0 && e.n == NPAIRS && e.outside == 6 &&
	    e.outside_recall == 1 && e.mcc > 0.8 && e.mcc <= 1 &&
	    e.decided <= e.accuracy, "abstaining is right for it: %.2f %.2f",
	    e.outside_recall, e.mcc);
	cn_model_set_threshold(m, 1);
	bad = cn_eval_model(m, t, &e, &arena, &err) < 0;
	ok(bad == 0 && e.outside_recall == 1 && e.mcc == 0 &&
	    e.decided == 0 && e.accuracy > 0.9,
	    "and no skill where all is abstained on");
	cn_model_save(m, &b);
	cn_model_free(m);
	m = cn_model_load(cn_buf_view(&b), &err);
	ok(m && strcmp(cn_model_outside(m), "none") == 0, "the file keeps it");
	cn_model_free(m);
	cn_train_free(t);
	cn_buf_release(&b);
	cn_arena_release(&arena);
}

/* Same words, other mail: what stands beside the text decides. */
static void
marks(void)
{
	const struct cn_str one[] = { cn_str("list"), cn_str("list"),
	    cn_str("h:x-a") }, two[] = { cn_str("from:example.com") },
	    later[] = { two[0], cn_str("~new"), cn_str("new") };
	struct cn_ai_input a = { .text = cn_str("the parcel list"),
	    .marks = one, .nmarks = 3 }, b = { .text = a.text, .marks = two,
	    .nmarks = 1 };
	struct cn_train *t = cn_train_new();
	struct cn_arena arena = { 0 };
	struct cn_err err = { 0 };
	struct cn_ai_result r;
	struct cn_model *m;
	size_t i, bad = 0;
	double sure;

	for (i = 0; i < 20; i++)
		bad += cn_train_add(t, cn_str("news"), &a, &err) < 0 ||
		    cn_train_add(t, cn_str("order"), &b, &err) < 0;
	m = cn_model_train(t, NULL, &err);
	ok(m && bad == 0, "marks train");
	cn_ai_classify(m, &a, &r, &arena);
	ok(strcmp(r.best, "news") == 0 && r.confidence > 0.9 && r.nwhy >= 2 &&
	    r.why[0].kind == CN_WHY_MARK && r.why[1].kind == CN_WHY_MARK &&
	    strcmp(r.why[0].feature, r.why[1].feature) != 0,
	    "two decide and say so");
	cn_ai_classify(m, &b, &r, &arena);
	ok(strcmp(r.best, "order") == 0, "another decides otherwise");
	sure = r.confidence;
	b.marks = later;
	b.nmarks = 2;
	cn_ai_classify(m, &b, &r, &arena);
	ok(r.confidence == sure, "a mark of later times changes nothing");
	b.nmarks = 3;
	cn_ai_classify(m, &b, &r, &arena);
	ok(r.confidence < sure, "one that is only unknown does");
	a.nmarks = 0;
	cn_ai_classify(m, &a, &r, &arena);
	for (i = 0; i < r.nwhy; i++)
		bad += r.why[i].kind == CN_WHY_MARK;
	ok(r.confidence < 0.9 && bad == 0, "a word of the text is no mark: "
	    "%.2f", r.confidence);
	cn_model_free(m);
	cn_train_free(t);
	cn_arena_release(&arena);
}

/* Run from the top of the tree, as make check does. */
static void
starter(void)
{
	struct cn_train *t = cn_train_new();
	struct cn_arena arena = { 0 };
	struct cn_buf b = { 0 }, file = { 0 };
	struct cn_err err = { 0 };
	struct cn_model *m = NULL;
	struct cn_ai_result r;

	if (cn_file_read("lib/ai/starter.yaml", 1 << 20, &b, &err) == 0 &&
	    cn_train_yaml(t, "starter.yaml", cn_buf_view(&b), &err) == 0)
		m = cn_model_train(t, NULL, &err);
	ok(m != NULL, "the starter model trains: %s", err.msg);
	if (m) {
		cn_model_save(m, &file);
		ok(file.len < 1000000, "in %zu bytes", file.len);
		look(m, "wo bleibt denn mein Geld, die Erstattung fehlt", &r,
		    &arena);
		ok(strcmp(r.best, "refund") == 0 && r.priority ==
		    CN_PRIORITY_HIGH, "it knows a refund in German");
		look(m, "xylophone quorum zebra", &r, &arena);
		ok(r.abstained && r.category == NULL, "and abstains");
	}
	cn_model_free(m);
	cn_train_free(t);
	cn_buf_release(&b);
	cn_buf_release(&file);
	cn_arena_release(&arena);
}

int
main(void)
{
	determinism();
	hostile();
	odd_data();
	large_text();
	tables();
	language();
	data_requests();
	decisions();
	outside();
	marks();
	starter();
	printf("1..%d\n", count);
	return failed > 0;
}
