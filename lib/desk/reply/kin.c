#include "desk/reply/kin.h"

#include <string.h>

#define KEYS 12				/* of one address */

/* Providers of mail for everybody, by their name before its last part or
 * parts, and the names of documents (RFC 2606, section 3). */
static const char *const providers[] = { "aim", "alice", "aliceadsl", "aol",
    "arcor", "att", "bellsouth", "bigpond", "bluewin", "bol", "bt",
    "btinternet", "centrum", "charter", "club-internet", "comcast", "cox",
    "earthlink", "email", "example", "fastmail", "free", "freenet", "gmail",
    "gmx", "googlemail", "hey", "hotmail", "hushmail", "icloud", "ig",
    "inbox", "indiatimes", "interia", "kabelmail", "kpnmail", "laposte",
    "libero", "live", "mac", "mail", "mailbox", "me", "msn", "naver",
    "neuf", "ntlworld", "numericable", "o2", "o2online", "onet", "online",
    "optonline", "optusnet", "orange", "outlook", "planet", "pm", "poczta",
    "posteo", "proton", "protonmail", "qq", "rediff", "rediffmail", "rocketmail",
    "rogers", "sapo", "sbcglobal", "seznam", "sfr", "shaw", "sky", "skynet",
    "sympatico", "t-online", "talktalk", "telefonica", "telenet", "telia",
    "terra", "tin", "tiscali", "tuta", "tutanota", "uol", "verizon",
    "virgilio", "virginmedia", "volny", "wanadoo", "web", "wp", "xs4all",
    "yahoo", "yandex", "ymail", "ziggo", "zoho", "126", "163", NULL };
static const char *const roles[] = { "accounts", "admin", "billing", "buero",
    "buying", "contact", "contacto", "contato", "einkauf", "hello", "info",
    "kontakt", "mail", "office", "orders", "post", "purchase", "purchasing",
    "sales", "service", "shop", "support", "team", NULL };
/* What belongs to many names. */
static const char *const parts[] = { "al", "ben", "bin", "da", "das", "de",
    "del", "della", "den", "der", "di", "do", "dos", "dr", "du", "el", "ibn",
    "jr", "la", "le", "md", "mr", "mrs", "ms", "phd", "prof", "sr", "st",
    "ten", "ter", "van", "von", "zu", NULL };

struct keys {
	struct cn_str v[KEYS];
	size_t n;
};

static void put(struct keys *k, struct cn_str w)
{
	if (k->n < KEYS && w.n > 0)
		k->v[k->n++] = w;
}

/* 'Ost' of 'Nora Ost' and of 'Ost, Nora'. */
static void name_keys(struct keys *k, const char *name)
{
	const char *comma = strchr(name, ','), *end = comma ? comma :
	    name + strlen(name), *p = name;
	struct cn_str w, first = { NULL, 0 };
	size_t was = k->n;

	while ((w = cn_word_next(&p, end)).n > 0) {
		if (cn_word_among(w, parts))
			continue;
		if (comma == NULL && first.n == 0)
			first = w;
		else
			put(k, w);
	}
	if (k->n == was)
		put(k, first);
}

/* The part of a domain that somebody has, from the first of its labels that
 * is theirs: 'kiln.co.uk' of 'mail.kiln.co.uk'. */
static struct cn_str owned(struct cn_str domain, struct cn_str *label)
{
	static const char *const second[] = { "ac", "co", "com", "edu", "gob",
	    "gov", "net", "ne", "nom", "or", "org", NULL };
	const char *p = domain.p + domain.n, *end = p;
	size_t labels = 0;

	*label = (struct cn_str){ NULL, 0 };
	while (p > domain.p) {
		while (p > domain.p && p[-1] != '.')
			p--;
		*label = (struct cn_str){ p, (size_t)(end - p) };
		if (labels++ > 0 && !(labels == 2 && p > domain.p &&
		    cn_word_among(*label, second)))
			break;
		end = p - (p > domain.p);
		if (p > domain.p)
			p--;
	}
	return (struct cn_str){ p, (size_t)(domain.p + domain.n - p) };
}

static void address_keys(struct keys *k, const char *addr)
{
	const char *at = strrchr(addr, '@');
	struct cn_str local, domain, label;

	if (at == NULL) {
		put(k, cn_str(addr));
		return;
	}
	local = (struct cn_str){ addr, strcspn(addr, "+@") };
	if (!cn_word_among(local, roles))
		put(k, local);
	domain = owned(cn_str(at + 1), &label);
	if (!cn_word_among(label, providers))
		put(k, domain);
}

static struct keys keys_of(const struct cn_addr *a)
{
	struct keys k = { .n = 0 };

	name_keys(&k, a->name ? a->name : "");
	address_keys(&k, a->addr ? a->addr : "");
	return k;
}

void cn_kin_add(struct cn_wordset *s, const struct cn_addr *a, uint32_t who)
{
	struct keys k = keys_of(a);
	size_t i;

	for (i = 0; i < k.n; i++)
		cn_wordset_add_word(s, k.v[i], false, who);
}

unsigned cn_kin_seen(const struct cn_wordset *s, const struct cn_addr *a)
{
	struct keys k = keys_of(a);
	unsigned most = 0, n;
	size_t i;

	for (i = 0; i < k.n; i++)
		if ((n = cn_wordset_seen(s, k.v[i])) > most)
			most = n;
	return most;
}
