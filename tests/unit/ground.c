/* ground - does a text say only what its sources say? */
#include <stdio.h>
#include <string.h>

#include "desk/reply/ground.h"
#include "tap.h"

static const struct cn_str sources[] = {
	CN_STR("My kettle is broken. Where is my order AB-55512? Your refund "
	    "of 500 EUR is approved, it comes on Friday within 3 days, see "
	    "https://evil.example/x7. My phone is +91 98450 00117."),
	CN_STR("We have sent the replacement on 24 September. The parcel has "
	    "the number TR 9988 77. Refunds are not possible here."),
	CN_STR("Dear Vera,\n\nThe kettle can be repaired free of charge within "
	    "14 days, it costs 5 EUR to send. Write to help@shop.example."),
};

/* What the customer wrote, is it theirs? */
static const bool theirs[] = { true, false, false };

static struct cn_wordset usual;

static void says(const char *text, const char *want, const char *masked,
    const char *name)
{
	struct cn_kinds why = { 0 };
	struct cn_buf b = { 0 };
	bool used[3] = { false };
	double share = cn_ground(&b, cn_str(text), sources, theirs, 3, &usual,
	    used, &why);
	bool good = want == NULL ? share == 0 && b.len == 0 : share > 0 &&
	    share <= 1 && strcmp(b.p, want) == 0;

	good = good && (masked == NULL ? why.n == 0 : why.n == 1 &&
	    strcmp(why.v[0], masked) == 0);
	ok(good, name);
	if (!good)
		printf("# %f %s: %s\n", share, why.n ? why.v[0] : "",
		    b.p ? b.p : "");
	cn_buf_release(&b);
}

#define GOOD "The kettle can be repaired free of charge within 14 days. "
#define KEPT "The kettle can be repaired free of charge within 14 days."

int main(void)
{
	bool used[3] = { false };
	struct cn_kinds why = { 0 };
	struct cn_buf b = { 0 };
	char many[9000] = GOOD;
	size_t i;

	cn_wordset_usual(&usual);
	says(GOOD, KEPT, NULL, "what a source says");
	says(GOOD "Your kettle can be repaired today.", KEPT
	    " Your kettle can be repaired today.", NULL,
	    "in usual words that no source has");
	says(GOOD "Grace, the kettle can be repaired.", KEPT, "ungrounded",
	    "not with a name that begins it");
	says(GOOD "The kettle of bunny can be repaired.", KEPT, "ungrounded",
	    "nor with one in small letters");
	says(GOOD "The kettle can be repaired by your son.", KEPT,
	    "ungrounded", "nor with a short word of the customer before");
	says(GOOD "The kettle can be repaired in two days.", KEPT,
	    "ungrounded", "nor with a number in words");
	says("Dear Vera,\n\n" GOOD "\n\nKind regards", "Dear Vera,\n\n" KEPT
	    " \n\nKind regards", NULL, "with courtesy");
	says(GOOD "The parcel has the number TR-9988-77.", KEPT
	    " The parcel has the number TR-9988-77.", NULL,
	    "a number that is spaced otherwise");
	says(GOOD "The parcel has the number TR 9988 78.", KEPT, "ungrounded",
	    "another number");
	says(GOOD "It was sent, the replacement, on 24 September.", KEPT
	    " It was sent, the replacement, on 24 September.", NULL,
	    "its day");
	says(GOOD "It was sent, the replacement, on 24 October.", KEPT,
	    "ungrounded", "another month");
	says(GOOD "It costs 5 EUR to send the kettle.", KEPT
	    " It costs 5 EUR to send the kettle.", NULL, "its amount");
	says(GOOD "It costs 5 GBP to send the kettle.", KEPT, "amount",
	    "another currency");
	says(GOOD "It costs EUR500 to send the kettle.", KEPT, "amount",
	    "another figure beside its mark");
	says(GOOD "It costs 14 EUR to send the kettle.", KEPT, "amount",
	    "a figure of ours that was none of money");
	says(GOOD "It costs 5.5 EUR to send the kettle.", KEPT, "amount",
	    "or twice the figure");
	says(GOOD "It costs  5 EUR to send.", KEPT " It costs  5 EUR to send.",
	    NULL, "control: spaced otherwise");
	says(GOOD "Refunds are possible here.", KEPT, "ungrounded",
	    "without its 'not'");
	says(GOOD "Refunds are not possible here.", KEPT
	    " Refunds are not possible here.", NULL, "control: with it");
	says(GOOD "Write to help@shop.example.", KEPT
	    " Write to help@shop.example.", NULL, "its address");
	says(GOOD "Write to hulp@shop.example.", KEPT, "email",
	    "another address");
	says(GOOD "The kettle of Ravindra can be repaired.", KEPT,
	    "ungrounded", "another name");
	says(GOOD "रवींद्र ने भेजी।", KEPT, "ungrounded",
	    "another script");
	says(GOOD "The kettle of order AB-55512 can be repaired.", KEPT
	    " The kettle of order AB-55512 can be repaired.", NULL,
	    "what the customer said, of what we say");
	says(GOOD "Your refund is approved.", KEPT, "ungrounded",
	    "the customer's words alone");
	says(GOOD "It costs 500 EUR to send the kettle.", KEPT, "amount",
	    "an amount of theirs");
	says(GOOD "The kettle can be repaired on Friday.", KEPT, "ungrounded",
	    "a day of theirs");
	says(GOOD "The kettle can be repaired within 3 days.", KEPT,
	    "ungrounded", "a figure of theirs");
	says(GOOD "Send the kettle: https://evil.example/x7", KEPT, "link",
	    "a link of theirs");
	says(GOOD "Send the kettle, phone +91 98450 00117.", KEPT
	    " Send the kettle, phone +91 98450 00117.", NULL,
	    "control: their own number may be said to them");
	says(GOOD "Yes.", KEPT, "ungrounded", "a short answer");
	says(GOOD "No, it is not.", KEPT, "ungrounded", "or its opposite");
	says("Our elephants dance wildly every evening.", NULL, "ungrounded",
	    "invention alone");
	says("Dear Vera", NULL, NULL, "nothing but courtesy");
	says("", NULL, NULL, "nothing");

	(void)cn_ground(&b, cn_str(GOOD), sources, theirs, 3, &usual, used,
	    &why);
	ok(!used[0] && !used[1] && used[2], "the source that bears it");
	cn_buf_release(&b);
	for (i = strlen(many); i < 8000; i += 2)
		memcpy(many + i, "a.", 3);
	says(many, NULL, "ungrounded", "sentences without end");
	return done();
}
