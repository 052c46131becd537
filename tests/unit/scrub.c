/* scrub - what of an old answer may be shown to somebody else */
#include <stdio.h>
#include <string.h>

#include "desk/reply/scrub.h"
#include "tap.h"

/* Where a name, a rare word or a number may come from. */
static struct cn_wordset names, agents, common, people, usuals, ours, own;
static struct cn_scrub all = { &names, { "anika\nrao\n", 10 }, &agents,
	&common, &people, &usuals, &ours, &own, NULL, NULL };
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

static void told(const char *text)
{
	uint32_t who;

	for (who = 1; who <= CN_SCRUB_COMMON; who++)
		cn_wordset_add(&common, cn_str(text), who);
}

/* What many were told is nobody's own, but for what many are called. */
static void known(void)
{
	uint32_t who;

	second("I have spoken with Weber now.", false, "a capital");
	told("I have spoken with Weber now.");
	second("I have spoken with Weber now.", true, "that many were told");
	for (who = 1; who <= CN_SCRUB_COMMON; who++)
		cn_wordset_add(&people, cn_str("Otto Weber"), who);
	second("I have spoken with Weber now.", false,
	    "not where no more were than are called so");
	cn_wordset_add(&people, cn_str("Paris Hall"), 1);
	told("I have spoken in Paris now.");
	second("I have spoken in Paris now.", true, "control: more were");
	second("I have spoken with Paris now.", false,
	    "elsewhere it is somebody's");
	second("Paris now.", false, "and where a sentence begins");

	told("It will reach you by 30 now.");
	second("I have spoken by 30 now.", true, "a number that many were told");
	scrubs("The parcel will leave our warehouse and reach you in 30 or "
	    "737 days.", "The parcel will leave our warehouse and reach you in "
	    "{number} or {number} days.", "one that was told so to nobody");
	scrubs("The parcel will leave our warehouse and reach you at 10:30 "
	    "now.", "The parcel will leave our warehouse and reach you at "
	    "{number} now.", "an hour is one");
	second("I have spoken about kaulmann now.", false, "a rare word");
	told("I have spoken about kaulmann now.");
	second("I have spoken about kaulmann now.", true,
	    "that many were told");
	second("I have spoken with kaulmann now.", false, "not so");
	second("I have spoken about Frau kaulmann now.", false,
	    "but behind a title it is a name");
}

/* Usual words that people are called, too, and those that are none of ours. */
static void usual(void)
{
	second("It will reach you now.", true, "usual words");
	second("You will reach Will now.", false, "a name like one of them");
	second("Will has it now.", false, "also where a sentence begins");
	second("It has reached will, it may be, now.", true,
	    "control: in small letters");
	cn_wordset_add(&names, cn_str("May"), 1);
	second("It may be here now.", false,
	    "nor small where the customer is called so");
	cn_wordset_release(&names);
	cn_wordset_add(&names, cn_str("Anika Rao anika.rao"), 1);
	second("J.K. has it now.", false, "initials");
	second("It is at flat B now.", false, "a letter");
	second("It is for your daughter now.", false, "family");
	second("As you need insulin, it is here now.", false, "health");
	second("It comes between six and seven now.", false, "hours in words");
	second("You have paid two thousand for it.", false, "sums in words");
	second("आपका पार्सल दीपक के पास है।", false, "a name in Devanagari");
	second("आपका पार्सल कूरियर के पास है।", true, "control: usual words");
	second("It is with your son now.", false, "of another language");
	second("AB is on it now.", false, "a blood group");
	second("It is NOT on its way.", false, "three letters");
	second("It IS REALLY on its way.", false, "and two");
	second("It is REALLY on its way.", true, "control: a word");
}

/* Whom the answer speaks to is the reader now; of whom it speaks is not. */
static void named(void)
{
	static const char *const spoken[] = { "Thank you, Anika.",
	    "Thank you Anika.", "Sorry, Anika, it is late.",
	    "Sorry, Anika Rao, it is late.", "Anika, it is late." };
	static const char *const told[] = { "Anika has it now.",
	    "It is with Anika now.", "It is with Anika.",
	    "It is late, Anika has it." };
	char text[200];
	struct cn_buf b = { 0 };
	size_t i;

	for (i = 0; i < sizeof(told) / sizeof(*told); i++)
		second(told[i], false, told[i]);
	for (i = 0; i < sizeof(spoken) / sizeof(*spoken); i++) {
		snprintf(text, sizeof(text), "%s %s", begun, spoken[i]);
		ok(cn_scrub(&b, cn_str(text), &all, &masked) == 1 &&
		    strstr(b.p + sizeof(begun) - 1, "{name}") != NULL,
		    spoken[i]);
		b.len = 0;
	}
	cn_buf_release(&b);
	second("| It cannot wait now |", false, "a quote with bars");
}

/* Learns that 'Your Arbour parcel' is usual; of others there is nothing. */
static bool learn(void *asked, struct cn_str w)
{
	uint32_t who;

	++*(int *)asked;
	if (cn_word_hash(w) != cn_word_hash(CN_STR("Arbour")))
		return false;
	for (who = 1; who <= CN_SCRUB_COMMON; who++)
		cn_wordset_add(&common, CN_STR("Your Arbour parcel"), who);
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

/* Words that tell of somebody, and look like usual ones of some language. */
static void telling(void)
{
	static const char words[] = "son daughter man men wife mother father "
	    "mum sister child family neighbour boss lawyer doctor police church "
	    "muslim gay pregnant sick pill hospital divorce wedding birthday "
	    "born old poor loan job school leg arm blood pain red blue two ten "
	    "hundred monday june hotel house sohn tochter mann mutter "
	    "oma opa krank schwanger tot alt arm zwei mai fils mari "
	    "ami maison malade mort deux mil hijo casa enfermo embarazada "
	    "filho doente morte dois beta beti pati patni bhai mata bimar "
	    "shaadi gali ghar hazaar बेटा पति बीमार दवा दो हज़ार";
	const char *p = words, *end = words + sizeof(words) - 1;
	struct cn_str w;
	size_t n = 0;

	while ((w = cn_word_next(&p, end)).n > 0)
		if (cn_wordset_seen(&usuals, w) > 0) {
			printf("# %.*s\n", (int)w.n, w.p);
			n++;
		}
	ok(n == 0, "no word that tells of somebody is usual");
	ok(cn_wordset_seen(&usuals, cn_str("parcel")) > 0,
	    "control: another is");
}

int main(void)
{
	sets();
	cn_wordset_add(&names, cn_str("Anika Rao anika.rao"), 1);
	cn_wordset_add(&agents, cn_str("Priya Nair"), 1);
	cn_wordset_usual(&usuals);

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
	    "a word that is somebody's takes its sentence along");
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
	usual();
	telling();
	named();
	learns();
	cn_wordset_release(&names);
	cn_wordset_release(&agents);
	cn_wordset_release(&usuals);
	cn_wordset_release(&ours);
	cn_wordset_release(&common);
	cn_wordset_release(&people);
	cn_wordset_release(&own);
	return done();
}
