/* scrub - what of an old answer may be shown to somebody else */
#include <stdio.h>
#include <string.h>

#include "desk/reply/scrub.h"
#include "tap.h"

/* Where a name, a rare word or a number may come from. */
static struct cn_wordset names, agents, brought, common, people, ours, own;
static struct cn_scrub all = { &names, { "anika\nrao\n", 10 }, &agents,
	&brought, &common, &people, 0, &ours, &own,
	NULL, NULL };
static struct cn_kinds masked;

static void scrubs(const char *text, const char *want, const char *name)
{
	struct cn_buf b = { 0 };
	bool good;
	int r;

	masked.n = 0;
	r = cn_scrub(&b, cn_str(text), &all, &masked);
	good = want ? r == 1 && strcmp(b.p, want) == 0 :
	    r == 0 && b.len == 0;
	ok(good, name);
	if (!good)
		printf("# got %d: %s\n", r, b.p ? b.p : "");
	cn_buf_release(&b);
}

static void sets(void)
{
	struct cn_wordset s = { 0 };

	cn_wordset_add(&s, cn_str("Élodie sagt «Ja» Ja ja"), 1);
	cn_wordset_add(&s, cn_str("ja"), 2);
	ok(cn_wordset_seen(&s, cn_str("ÉLODIE")) == 1,
	    "words are known in any case");
	ok(cn_wordset_seen(&s, cn_str("E\xcc\x81lodie")) == 1 &&
	    cn_wordset_seen(&s, cn_str("Elodie")) == 1,
	    "and with any accents");
	ok(cn_wordset_seen(&s, cn_str("JA")) == 2, "a person counts once");
	ok(cn_wordset_seen(&s, cn_str("nein")) == 0, "others are not known");
	cn_wordset_release(&s);
	cn_wordset_add(&s, cn_str("Mark, we will ask, mark my words"), 1);
	cn_wordset_add(&s, cn_str("we ask\nRose, Will and (Grace) too"), 1);
	ok(cn_wordset_capital(&s, cn_str("will")) == 1 &&
	    cn_wordset_capital(&s, cn_str("Rose")) == 1,
	    "a capital behind a word is one");
	ok(cn_wordset_capital(&s, cn_str("Mark")) == 0 &&
	    cn_wordset_capital(&s, cn_str("Grace")) == 0,
	    "that of a beginning is none");
	ok(cn_wordset_seen(&s, cn_str("rose")) == 1, "the word is the same");
	cn_wordset_release(&s);
	cn_wordset_add(&own, cn_str("Anika"), 1);
	cn_wordset_add_but(&s, cn_str("Anika asks"), 1, &own);
	ok(cn_wordset_seen(&s, cn_str("anika")) == 0 &&
	    cn_wordset_seen(&s, cn_str("asks")) == 1,
	    "some words are left out");
	cn_wordset_release(&s);
	cn_wordset_release(&own);
}

static const char begun[] = "The parcel will leave our warehouse and reach "
    "you, please answer this mail.";

/* A second sentence is left out, or stands. */
static void second(const char *text, bool stands, const char *name)
{
	char all_of_it[200];

	snprintf(all_of_it, sizeof(all_of_it), "%s %s", begun, text);
	scrubs(all_of_it, stands ? all_of_it : begun, name);
}

/* What many say is nobody's own, but for what many are called. */
static void known(void)
{
	uint32_t who;

	for (who = 1; who <= CN_SCRUB_COMMON; who++)
		cn_wordset_add(&common, cn_str("with will mark grace in and "
		    "Paris or Weber by 30 the"), who);
	second("I have spoken with Weber now.", true, "a capital that many say");
	for (who = 1; who <= CN_SCRUB_COMMON; who++)
		cn_wordset_add(&people, cn_str("Otto Weber"), who);
	cn_wordset_add(&people, cn_str("Paris Hall"), 1);
	second("I have spoken with Weber now.", false,
	    "not where no more do than are called so");
	second("I have spoken in Paris now.", true, "control: more do");
	second("I have spoken with Mark and Will now.", false,
	    "a word is not the name that looks like it");
	second("I will mark it with grace now.", true, "control: small letters");
	second("I have spoken about 30 now.", true, "a number that many say");
	second("I have spoken about 737 now.", false, "and one that none does");
	second("I have spoken about kaulmann now.", true, "a rare word");
	second("I have spoken about frau kaulmann now.", false,
	    "but behind a title it is a name");
	second("I have spoken with will, miss will.", true, "control: a word");
	all.rare = 2;
	second("I have spoken about kaulmann now.", false,
	    "where many words are known it is somebody's");
	cn_wordset_add(&common, cn_str("kaulmann"), 1);
	second("I have spoken about kaulmann now.", false,
	    "also if one person has it");
	cn_wordset_add(&common, cn_str("kaulmann"), 2);
	second("I have spoken about kaulmann now.", true, "control: two have");
	all.rare = 0;
}

/* Learns that 'pergola' and 'Arbour' are usual; of others there is nothing. */
static bool learn(void *asked, struct cn_str w)
{
	uint32_t who;

	++*(int *)asked;
	if (cn_word_hash(w) != cn_word_hash(CN_STR("pergola")) &&
	    cn_word_hash(w) != cn_word_hash(CN_STR("Arbour")))
		return false;
	for (who = 1; who <= CN_SCRUB_COMMON; who++)
		cn_wordset_add_word(&common, w, true, who);
	return true;
}

static void learns(void)
{
	int asked = 0;

	all.learn = learn;
	all.learn_arg = &asked;
	scrubs("Your Arbour parcel is packed now. The parcel will leave our "
	    "warehouse and reach you. Your Gazebo parcel is packed now.",
	    "Your Arbour parcel is packed now. The parcel will leave our "
	    "warehouse and reach you.",
	    "a word that is usual elsewhere stays");
	ok(asked == 2, "and usual ones are not asked for");
	all.learn = NULL;
}

int main(void)
{
	static const char usual[] = "the parcel will leave our warehouse and "
	    "reach you please answer this mail if it does not arrive sorry "
	    "dear hi i have spoken with courier is packed now at about "
	    "hello your";
	uint32_t who;

	sets();
	cn_wordset_add(&names, cn_str("Anika Rao anika.rao"), 1);
	cn_wordset_add(&agents, cn_str("Priya Nair"), 1);
	cn_wordset_add(&brought, cn_str("my parents live in Jasmine Court, "
	    "my parcel is late"), 1);
	for (who = 1; who <= CN_SCRUB_COMMON; who++)
		cn_wordset_add(&common, cn_str(usual), who);

	scrubs("Dear Anika,\n\nThe parcel LL-20131 will leave our warehouse "
	    "and reach you on Thursday, 24 September. Please answer this mail "
	    "if it does not arrive.\n\nPriya",
	    "Dear {name},\n\nThe parcel {order} will leave our warehouse and "
	    "reach you on {date}. Please answer this mail if it does not "
	    "arrive.\n\n{agent}", "names, orders and days become slots");
	scrubs("hi ravi,\n\nThe parcel will leave our warehouse and reach "
	    "you, please answer this mail.", "hi {name},\n\nThe parcel will "
	    "leave our warehouse and reach you, please answer this mail.",
	    "whom it greets, whoever that is");
	scrubs("Hello, and sorry about your parcel. It is packed now and "
	    "will leave our warehouse.", "Hello, and sorry about your parcel. "
	    "It is packed now and will leave our warehouse.",
	    "control: a greeting of nobody");
	scrubs("Dear Mrs Rao,\n\nThe parcel will leave our warehouse and "
	    "reach you, please answer this mail.",
	    "Dear {name},\n\nThe parcel will leave our warehouse and reach "
	    "you, please answer this mail.", "a title goes with its name");
	scrubs("The parcel will leave our warehouse now, sorry. It will reach "
	    "your parents. Please answer this mail if it does not arrive.",
	    "The parcel will leave our warehouse now, sorry. Please answer "
	    "this mail if it does not arrive.",
	    "a rare word of the customer's takes its sentence along");
	scrubs("The parcel will leave our warehouse now, sorry. Call me at "
	    "+91 98450 00117. Please answer this mail if it does not arrive.",
	    "The parcel will leave our warehouse now, sorry. Please answer "
	    "this mail if it does not arrive.", "so does a phone number");
	scrubs("The parcel will leave our warehouse now, sorry. I have spoken "
	    "with Ravindra. Please answer this mail if it does not arrive.",
	    "The parcel will leave our warehouse now, sorry. Please answer "
	    "this mail if it does not arrive.", "and an unknown capital");
	scrubs("Sorry. Your parents in Jasmine Court wait for 45 EUR, I have "
	    "spoken with Ravindra about DE89370400440532013000.", NULL,
	    "what lost its better half is withheld");
	cn_wordset_add(&own, cn_str("my parents wait, too"), 1);
	scrubs("The parcel will leave our warehouse and reach your parents, "
	    "please answer this mail.", "The parcel will leave our warehouse "
	    "and reach your parents, please answer this mail.",
	    "control: what the reader said is no secret to them");

	known();

	learns();
	cn_wordset_release(&names);
	cn_wordset_release(&agents);
	cn_wordset_release(&brought);
	cn_wordset_release(&common);
	cn_wordset_release(&people);
	cn_wordset_release(&own);
	return done();
}
