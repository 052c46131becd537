/* marktext.c - marks of what a mail says: the words of its subject, which mean
 * other things there than in the text, the forms of its text, its parts, where
 * its links lead, and what its HTML does to be seen, to hide and to be counted
 * (as the rules of SpamAssassin and rspamd ask, by the learner's weights) */
#include <strings.h>

#include "marks.h"

#define WORDS 60			/* of the subject */
#define LOCAL 64			/* of an address (RFC 5321, 4.5.3.1) */
#define LINKS 30			/* of a part */
#define TAGS 24				/* kinds of tags in HTML */
#define TEXT_MAX (16 << 10)		/* of the text */

/* Each run of letters, as it stands; digits become one '#'. */
static void subject_words(struct cn_marks *m, const char *s)
{
	char word[40];
	size_t n = 0, words = 0, i;

	for (i = 0;; i++) {
		char c = cn_mark_lower(s[i]);
		bool digit = c >= '0' && c <= '9';

		if ((c >= 'a' && c <= 'z') || (c & 0x80) || digit) {
			if (digit)
				c = '#';
			if (n + 1 < sizeof(word) && !(digit && n > 0 &&
			    word[n - 1] == '#'))
				word[n++] = c;
			continue;
		}
		if (n > 1 && ++words <= WORDS)
			cn_mark(m, "s:%.*s", (int)n, word);
		n = 0;
		if (s[i] == '\0')
			return;
	}
}

/* Does it call somebody by the first part of an address? */
static bool names(const char *s, const char *addr)
{
	size_t n = strcspn(addr, "@");
	const char *p;

	for (p = s; n > 1 && n <= LOCAL && *p; p++)
		if ((p == s || p[-1] == ' ') && strncasecmp(p, addr, n) == 0)
			return true;
	return false;
}

static void subject(struct cn_marks *m, const struct cn_mail *mail)
{
	const char *s = mail->subject, *p;
	size_t up = 0, low = 0, n = strlen(s);
	char last;

	for (p = s; *p; p++) {
		up += *p >= 'A' && *p <= 'Z';
		low += *p >= 'a' && *p <= 'z';
	}
	subject_words(m, s);
	if (n == 0)
		cn_mark(m, "subject:none");
	if (up > 4 && up > 2 * low)
		cn_mark(m, "subject:capitals");
	if (strchr(s, '!') != NULL)
		cn_mark(m, "subject:!");
	if (strchr(s, '$') != NULL)
		cn_mark(m, "subject:$");
	if (strstr(s, "   ") != NULL)
		cn_mark(m, "subject:gap");
	if (strncasecmp(s, "re:", 3) == 0)
		cn_mark(m, "subject:re");
	if (n > 0 && s[0] == '[')
		cn_mark(m, "subject:[");
	if (n == 0)
		return;
	cn_mark(m, "~subject-size:%d", n < 10 ? 0 : n < 25 ? 1 : n < 50 ? 2 : 3);
	last = cn_mark_lower(s[n - 1]);
	cn_mark(m, "~subject-ends:%c", last >= 'a' && last <= 'z' ? 'a' :
	    last >= '0' && last <= '9' ? '0' : last & 0x80 ? '?' : last);
	/* Behind a gap stands what makes each copy another. */
	if ((p = strrchr(s, ' ')) != NULL && p - s > 2 && p[-1] == ' ')
		cn_mark(m, "~subject:trailer");
	/* An answer to nothing. */
	if (strncasecmp(s, "re:", 3) == 0 && mail->n_references == 0 &&
	    !*mail->in_reply_to)
		cn_mark(m, "~subject:re-alone");
	if (mail->to.n > 0 && names(s, mail->to.v[0].addr))
		cn_mark(m, "~subject:reader");
}

static size_t band(size_t n)
{
	return n > 50 ? 50 : n > 20 ? 20 : n > 10 ? 10 : n > 5 ? 5 : n;
}

/* How much of n there is of what, in steps that a few more do not pass. */
static int share(size_t what, size_t n, size_t few, size_t some)
{
	return what == 0 ? 0 : few * what < n ? 1 : some * what < n ? 2 : 3;
}

/* The text by its length, its kinds of characters and their shares, and by
 * words that are written in gaps ('F R E E'). */
static void text(struct cn_marks *m, const char *s, size_t n)
{
	size_t up = 0, low = 0, digits = 0, high = 0, rule = 0, lines = 0;
	size_t blank = 0, bangs = 0, money = 0, links = 0, run = 0, word = 0;
	size_t longest = 0;
	const char *p, *end = s + (n < TEXT_MAX ? n : TEXT_MAX);
	bool gaps = false, quotes = false, first = true;

	n = (size_t)(end - s);
	for (p = s; p < end; p++) {
		unsigned char c = (unsigned char)*p, l = c | 0x20;
		bool letter = l >= 'a' && l <= 'z', digit = c >= '0' && c <= '9';

		up += letter && c != l;
		low += letter && c == l;
		digits += digit;
		high += c >= 0x80;
		bangs += c == '!';
		money += c == '$';
		rule += c == '*' || c == '=' || c == '_' || c == '-';
		links += c == ':' && cn_mark_at(p, end, "://");
		quotes |= c == '>' && first;
		/* A letter alone; a space breaks no run of them. */
		if (letter && (first || p[-1] == ' ') && p + 1 < end &&
		    p[1] == ' ')
			gaps |= ++run >= 4;
		else if (c != ' ')
			run = 0;
		word = c <= ' ' ? 0 : word + 1;
		longest = word > longest ? word : longest;
		blank += c == '\n' && first;
		lines += first = c == '\n';
	}
	cn_mark(m, "~t-size:%d", n == 0 ? 0 : n < 100 ? 1 : n < 400 ? 2 :
	    n < 1500 ? 3 : n < 5000 ? 4 : 5);
	if (n == 0)
		return;
	cn_mark(m, "~t-up:%zu", (10 * up + (up + low) / 2) / (up + low + 1));
	cn_mark(m, "~t-bangs:%zu", bangs > 3 ? band(bangs) : bangs);
	cn_mark(m, "~t-money:%zu", band(money));
	cn_mark(m, "~t-links:%zu", band(links));
	cn_mark(m, "~t-high:%d", share(high, n, 20, 5));
	cn_mark(m, "~t-digits:%d", share(digits, n, 50, 15));
	cn_mark(m, "~t-rule:%d", share(rule, n, 50, 10));
	cn_mark(m, "~t-blank:%d", share(blank, lines, 10, 3));
	cn_mark(m, "~t-longest:%d", longest < 20 ? 0 : longest < 40 ? 1 :
	    longest < 100 ? 2 : 3);
	if (gaps)
		cn_mark(m, "~t-gaps");
	if (quotes)
		cn_mark(m, "~t-quotes");
}

/* Which hosts it leads to, and whether they are its sender's own. */
static void links(struct cn_marks *m, const struct cn_mail *mail)
{
	struct cn_mark_links walk = { .mail = mail, .most = LINKS };
	char own[CN_MARK_DOMAIN] = "", d[LINKS][CN_MARK_DOMAIN];
	char one[CN_MARK_DOMAIN];
	size_t all = 0, same = 0, j, n;
	const char *host;

	if (mail->from.n > 0)
		cn_mark_address(own, mail->from.v[0].addr);
	while ((n = cn_mark_link(&walk, &host)) > 0) {
		if (!cn_mark_domain(one, host, n)) {
			cn_mark(m, "link:number");
			continue;
		}
		cn_mark(m, "link:%s", one);
		for (j = 0; j < all && strcmp(d[j], one) != 0; j++)
			;
		if (j < all || all == LINKS)
			continue;
		same += strcmp(one, own) == 0;
		memcpy(d[all++], one, sizeof(one));
	}
	cn_mark(m, "~hosts:%zu", band(all));
	if (all > 0 && own[0] != '\0')
		cn_mark(m, "~kin-link:%s", same == 0 ? "none" : same == all ?
		    "all" : "some");
}

/* What HTML does that has little to do with what it says. */
enum {
	BIG = 1, TINY = 2, BUG = 4, FORM = 8, SCRIPT = 16, CUT = 32, MAILTO = 64,
	HOST = 128, REMOVE = 256, STYLE = 512, HIDDEN = 1024
};

static const char *const tricks[] = { "big", "tiny", "bug", "form", "script",
    "cut", "mailto", "host", "remove", "style", "hidden" };

/* A number behind 'size=' and its like, with or without quotes. */
static const char *number(const char *p, const char *end)
{
	return p < end && (*p == '"' || *p == '\'') ? p + 1 : p;
}

/* Between the name of a tag and its end, or the next tag: each byte is looked
 * at once. */
static unsigned attributes(const char *p, const char *end)
{
	const char *q;
	unsigned is = 0;

	for (; p < end && *p != '>' && *p != '<'; p++) {
		switch (cn_mark_lower(*p)) {
		case 's':
			if (cn_mark_at(p, end, "style="))
				is |= STYLE;
			if (!cn_mark_at(p, end, "size="))
				break;
			q = number(p + 5, end);
			if (q < end && (*q == '+' || (*q >= '4' && *q <= '7')))
				is |= BIG;
			else if (q < end && (*q == '-' || *q <= '1'))
				is |= TINY;
			break;
		case 'w':
			q = number(p + 6, end);
			if (cn_mark_at(p, end, "width=") && q + 1 < end &&
			    (*q == '0' || *q == '1') && (q[1] < '0' ||
			    q[1] > '9') && q[1] != '%')
				is |= BUG;
			break;
		case 'm':
			is |= cn_mark_at(p, end, "mailto:") ? MAILTO : 0;
			break;
		case 'r':
			is |= cn_mark_at(p, end, "remove") ? REMOVE : 0;
			break;
		case 'u':
			is |= cn_mark_at(p, end, "unsub") ? REMOVE : 0;
			break;
		case 'o':
			is |= cn_mark_at(p, end, "opt-out") ||
			    cn_mark_at(p, end, "optout") ? REMOVE : 0;
			break;
		case 'd': case 'v': case 'p':
			is |= cn_mark_at(p, end, "display:") ||
			    cn_mark_at(p, end, "visibility:") ||
			    cn_mark_at(p, end, "position:") ? HIDDEN : 0;
			break;
		case ':':
			if (!cn_mark_at(p, end, "://"))
				break;
			/* A port, a user, characters in hexadecimal. */
			for (q = p + 3; q < end && *q > ' ' &&
			    !strchr("/\">", *q); q++)
				is |= strchr(":@%", *q) ? HOST : 0;
			break;
		default:
			break;
		}
	}
	return is;
}

/* The tags of an HTML part, each kind once, and what they are given;
 * length: of the text that it makes. */
static void html(struct cn_marks *m, struct cn_str s, size_t length)
{
	const char *p = s.p, *end = p + (s.n < CN_MARK_PART ? s.n : CN_MARK_PART);
	char seen[TAGS][12], tag[12];
	size_t n = 0, anchors = 0, images = 0, colours = 0, notes = 0, i, k;
	size_t up = 0, low = 0;
	unsigned is = 0;

	while (p < end && (p = memchr(p, '<', (size_t)(end - p))) != NULL) {
		p++;
		if (cn_mark_at(p, end, "!--")) {
			notes++;
			/* 'via<!-- x -->gra' */
			if (p - s.p > 1 && cn_mark_lower(p[-2]) >= 'a' &&
			    cn_mark_lower(p[-2]) <= 'z')
				is |= CUT;
		}
		for (k = 0; p + k < end && k < sizeof(tag) - 1 &&
		    cn_mark_lower(p[k]) >= 'a' && cn_mark_lower(p[k]) <= 'z'; k++)
			tag[k] = cn_mark_lower(p[k]);
		tag[k] = '\0';
		if (k == 0)
			continue;
		up += *p >= 'A' && *p <= 'Z';
		low += *p >= 'a';
		is |= strcmp(tag, "form") == 0 ? FORM :
		    strcmp(tag, "script") == 0 ? SCRIPT : 0;
		is |= attributes(p + k, end);
		anchors += strcmp(tag, "a") == 0;
		images += strcmp(tag, "img") == 0;
		for (i = 0; i < n && strcmp(seen[i], tag) != 0; i++)
			;
		if (i == n && n < TAGS) {
			memcpy(seen[n++], tag, sizeof(tag));
			cn_mark(m, "tag:%s", tag);
		}
	}
	for (p = s.p; p + 8 < end; p++) {
		colours += *p == '#' && p > s.p && (p[-1] == '"' ||
		    p[-1] == '=' || p[-1] == ':' || p[-1] == ' ');
	}
	cn_mark(m, "links:%zu", band(anchors));
	cn_mark(m, "images:%zu", band(images));
	cn_mark(m, "colours:%zu", band(colours));
	if (notes > 3)
		cn_mark(m, "notes:many");
	for (i = 0; i < sizeof(tricks) / sizeof(tricks[0]); i++)
		if (is & 1u << i)
			cn_mark(m, "~html:%s", tricks[i]);
	cn_mark(m, "~html:%s", up > 4 * low ? "upper" : low > 4 * up ? "lower" :
	    "both");
	cn_mark(m, "~html-text:%d", 20 * length < s.n ? 0 : 5 * length < s.n ? 1 :
	    2 * length < s.n ? 2 : 3);
}

static void parts(struct cn_marks *m, const struct cn_mail *mail)
{
	char s[40];
	size_t i;
	bool plain = false, markup = false;
	const char *dot;

	cn_mark(m, "type:%s", mail->type);
	cn_mark(m, "coding:%s", cn_mark_plain(s, sizeof(s), cn_mail_field(mail,
	    "content-transfer-encoding"), ""));
	for (i = 0; i < mail->n_parts && i < CN_MARK_PARTS; i++) {
		const struct cn_mail_part *p = &mail->parts[i];

		if (p->attachment) {
			cn_mark(m, "file:%s", p->type);
			if ((dot = strrchr(p->name, '.')) != NULL)
				cn_mark(m, "file:%.8s", dot);
			continue;
		}
		plain |= strcmp(p->type, "text/plain") == 0;
		cn_mark(m, "part:%s", p->type);
		cn_mark(m, "charset:%s", p->charset);
		if (strcmp(p->type, "text/html") == 0 && !markup) {
			markup = true;
			html(m, p->body, mail->text_len);
		}
	}
	if (markup && !plain)
		cn_mark(m, "html-alone");
}


void cn_marks_content(struct cn_marks *m, const struct cn_mail *mail)
{
	subject(m, mail);
	text(m, mail->text, mail->text_len);
	parts(m, mail);
	links(m, mail);
}
