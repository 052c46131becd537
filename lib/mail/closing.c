/* closing.c - what ends a mail that no '-- ' parts from it: a formula with the
 * names below it, and what lawyers want there */
#include <strings.h>

#include "mime.h"

#define AFTER_LINES 12		/* with words in them, below a formula */
#define AFTER_BYTES 100		/* of each */
#define SAYS_WORDS 7		/* so many say something, no name does */

/* A line of few words that begins so; 'gr*' is any word that does. */
static const char *const formulas[] = {
	"best regards", "kind regards", "warm regards", "regards",
	"many thanks and best regards", "thanks and regards",
	"thanks & regards", "with kind regards", "with best regards",
	"best wishes", "yours sincerely", "yours faithfully", "yours truly",
	"sincerely", "cheers", "rgds", "br", "mit freundlichen gr*",
	"mit freundlichem gru*", "mit besten gr*", "mit herzlichen gr*",
	"freundliche gr*", "viele gr*", "liebe gr*", "beste gr*",
	"herzliche gr*", "schöne gr*", "mfg", "hochachtungsvoll",
	"cordialement", "bien cordialement", "bien à vous", "cdlt",
	"sincères salutations", "salutations", "meilleures salutations",
	"saludos", "un saludo", "atentamente", "saludos cordiales",
	"cordiali saluti", "distinti saluti", "saluti", "un saluto",
	"met vriendelijke groet", "vriendelijke groet", "groeten",
	"met hartelijke groet", "mvg", "pozdrawiam", "z poważaniem",
	"serdecznie pozdrawiam", "cumprimentos",
	"com os melhores cumprimentos", "atenciosamente",
	"melhores cumprimentos", "med vänlig hälsning",
	"med vänliga hälsningar", "vänliga hälsningar", "mvh",
	"med venlig hilsen", "venlig hilsen", "med vennlig hilsen",
	"vennlig hilsen", "hilsen", "ystävällisin terveisin", "terveisin",
	"s pozdravem", "s pozdravom", "üdvözlettel", "tisztelettel",
	"cu stimă", "cu respect", "με εκτίμηση", "с уважение", "поздрави",
	"srdačan pozdrav", "lep pozdrav", "lijep pozdrav", "s spoštovanjem",
	"pagarbiai", "ar cieņu", "lugupidamisega", "सादर", "धन्यवाद सहित",
	"भवदीय",
};

/* How a disclaimer begins, and a word that it has. */
static const char *const disclaims[] = {
	"this e-mail", "this email", "this message", "this communication",
	"the information in this", "the information contained in",
	"the contents of this", "confidentiality notice", "disclaimer",
	"diese e-mail", "diese nachricht", "diese mail", "der inhalt dieser",
	"ce message", "ce courriel", "cet e-mail", "ce mail",
	"les informations contenues", "este mensaje", "este correo",
	"questo messaggio", "questa e-mail", "questa email",
	"le informazioni contenute", "dit bericht", "deze e-mail",
	"de informatie in dit", "esta mensagem", "este e-mail",
	"ta wiadomość", "niniejsza wiadomość",
};
static const char *const secret[] = {
	"confiden", "vertraulich", "vertrouwelijk", "riservat", "poufn",
	"privileged", "intended solely", "intended only",
};

static bool begins(struct cn_str l, const char *const *v, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (l.n >= strlen(v[i]) &&
		    strncasecmp(l.p, v[i], strlen(v[i])) == 0)
			return true;
	return false;
}

static size_t words(struct cn_str l)
{
	size_t n = 0;

	for (size_t i = 0; i < l.n; i++)
		n += l.p[i] != ' ' && (i == 0 || l.p[i - 1] == ' ');
	return n;
}

static bool formula(struct cn_str l)
{
	size_t n;

	if (words(l) > 5 || l.n > 60 || (l.n > 0 && l.p[l.n - 1] == '?'))
		return false;
	for (size_t i = 0; i < sizeof(formulas) / sizeof(*formulas); i++) {
		n = strcspn(formulas[i], "*");
		if (l.n >= n && strncasecmp(l.p, formulas[i], n) == 0 &&
		    (formulas[i][n] == '*' || l.n == n ||
		    strchr(" ,.!-", l.p[n])))
			return true;
	}
	return false;
}

/* Does a line behind a formula say something?  One that only names people and
 * how to reach them does not. */
static bool says(struct cn_str l, bool blank)
{
	if (l.n > AFTER_BYTES || (l.n > 0 && l.p[l.n - 1] == '?') ||
	    strncasecmp(l.p, "ps", 2) == 0 || strncasecmp(l.p, "p.s", 3) == 0)
		return true;
	return blank && words(l) >= SAYS_WORDS;
}

/* Is all from at on what stands below a formula? */
static bool only_names(struct cn_str s, size_t at)
{
	bool blank = false;
	struct cn_str l;
	size_t n = 0;

	for (; at < s.n; at += l.n) {
		l = cn_str_line(s.p + at, s.p + s.n);
		struct cn_str t = cn_str_trim(l);

		if (t.n > 0 && (++n > AFTER_LINES || says(t, blank)))
			return false;
		blank = t.n == 0;
	}
	return true;
}

/* A paragraph that begins as a disclaimer does, and speaks of secrets. */
static bool disclaimer(struct cn_str s, size_t at)
{
	struct cn_str l = cn_str_trim(cn_str_line(s.p + at, s.p + s.n));
	size_t n = s.n - at;

	while (l.n > 0 && strchr("*_-\"(", *l.p)) {
		l.p++;
		l.n--;
	}
	if (!begins(l, disclaims, sizeof(disclaims) / sizeof(*disclaims)))
		return false;
	n = n < 600 ? n : 600;
	for (size_t i = 0; i < sizeof(secret) / sizeof(*secret); i++)
		for (size_t k = 0, w = strlen(secret[i]); k + w <= n; k++)
			if (strncasecmp(s.p + at + k, secret[i], w) == 0)
				return true;
	return false;
}

size_t cn_text_closing(struct cn_str own)
{
	bool blank = false, said = false;
	struct cn_str l, t;
	size_t at;

	for (at = 0; at < own.n; at += l.n) {
		l = cn_str_line(own.p + at, own.p + own.n);
		t = cn_str_trim(l);
		if (said && blank && disclaimer(own, at)) {
			own.n = at;
			break;
		}
		said |= t.n > 0;
		blank = t.n == 0;
	}
	for (at = 0, said = false; at < own.n; at += l.n) {
		l = cn_str_line(own.p + at, own.p + own.n);
		t = cn_str_trim(l);
		if (said && formula(t) && only_names(own, at + l.n))
			return at;
		said |= t.n > 0;
	}
	return own.n;
}
