/* What fills the slots {name} and {order}, by the name in the From field and by
 * the text.  None is better than a wrong one. */
#include <string.h>

#include "desk/reply/detect.h"
#include "desk/reply/suggest_int.h"
#include "desk/reply/wordset.h"

#define NAME 200		/* bytes of a name that fills a slot */
#define SAID 40			/* bytes before a number that say what it is */

/* Up to a word of its own, or to a bracket, with which something else begins:
 * 'Anna Rao via PayPal', 'Anna Rao (Acme)'. */
static struct cn_str head(struct cn_str t)
{
	static const char *const others[] = { " via ", " über ", " (", " [",
	    " | ", " - ", NULL };
	const char *hit;
	size_t i;

	for (i = 0; others[i] != NULL; i++) {
		hit = memmem(t.p, t.n, others[i], strlen(others[i]));
		if (hit != NULL)
			t.n = (size_t)(hit - t.p);
	}
	return t;
}

static struct cn_str unquoted(struct cn_str t)
{
	t = cn_str_trim(t);
	while (t.n > 1 && strchr("'\"", t.p[0]) != NULL &&
	    t.p[t.n - 1] == t.p[0])
		t = cn_str_trim((struct cn_str){ t.p + 1, t.n - 2 });
	return t;
}

/* 'Rao, Anna' is Anna Rao, but 'Rao, Jr.' is not Jr. Rao. */
static const char *turned(struct cn_str t, struct cn_arena *mem)
{
	static const char *const behind[] = { "jr", "sr", "ii", "iii", "inc",
	    "ltd", "llc", "gmbh", "ag", "co", "phd", "md", "esq", "mba",
	    "ceo", "cto", "cfo", "coo", "msc", "bsc", NULL };
	const char *comma = memchr(t.p, ',', t.n), *p;
	struct cn_str last, first;

	if (comma == NULL)
		return cn_arena_dup(mem, t.p, t.n);
	last = cn_str_trim((struct cn_str){ t.p, (size_t)(comma - t.p) });
	first = cn_str_trim((struct cn_str){ comma + 1,
	    (size_t)(t.p + t.n - comma - 1) });
	p = first.p;
	if (memchr(first.p, ',', first.n) != NULL || last.n == 0)
		return NULL;
	if (cn_word_among(cn_word_next(&p, first.p + first.n), behind))
		return cn_arena_dup(mem, t.p, t.n);
	return cn_arena_fmt(mem, "%.*s %.*s", (int)first.n, first.p,
	    (int)last.n, last.p);
}

/* Without what stands behind the last word, an emoji, say. */
static struct cn_str worded(struct cn_str t)
{
	const char *p = t.p, *end = t.p + t.n;
	struct cn_str w;

	while ((w = cn_word_next(&p, end)).n > 0)
		t.n = (size_t)(w.p + w.n - t.p);
	t.n += t.p + t.n < end && t.p[t.n] == '.';
	return t;
}

/* 'anna.rao' is the name of a mailbox. */
static bool of_mailbox(struct cn_str t)
{
	const char *dot = memchr(t.p, '.', t.n);

	return dot != NULL && dot + 1 < t.p + t.n &&
	    memchr(t.p, ' ', t.n) == NULL;
}

/* Words that only a department or a program is called by. */
static bool nobody(struct cn_str t)
{
	static const char *const words[] = { "support", "service", "info",
	    "customer", "kunde", "kundin", "kundenservice", "kundendienst",
	    "team", "sales", "admin", "administrator", "office", "noreply",
	    "reply", "no", "not", "do", "user", "guest", "mail", "postmaster",
	    "contact", "kontakt", "help", "helpdesk", "buchhaltung",
	    "accounting", "billing", "webmaster", "unknown", "me", "null",
	    "undefined", "none", "anonymous", "test", NULL };
	const char *p = t.p, *end = t.p + t.n;
	struct cn_str w;
	size_t n = 0;

	while ((w = cn_word_next(&p, end)).n > 0)
		if (n++, !cn_word_among(w, words))
			return false;
	return n > 0;
}

const char *cn_called(struct cn_arena *mem, const char *name)
{
	struct cn_buf b = { 0 };
	const char *called = NULL, *p;
	struct cn_str t;

	cn_fold(&b, cn_str(name));
	t = worded(unquoted(head(unquoted(cn_buf_view(&b)))));
	p = t.p;
	/* An address, a broken encoded word, a link, a slot, a number, and what
	 * has no letter or only one of ours is nobody's name. */
	if (t.n > 1 && t.n <= NAME && strcspn(t.p, "@=<>{}/\\:;0123456789\n") >=
	    t.n && !nobody(t) && !of_mailbox(t) &&
	    cn_word_next(&p, t.p + t.n).n > 0 &&
	    strstr(name, "\xef\xbf\xbd") == NULL)
		called = turned(t, mem);
	cn_buf_wipe(&b);
	return called;
}

/* What a number is said to be by the words before it on its line. */
enum said { NOTHING, ORDER, OTHER };

static enum said said(struct cn_str t, size_t at)
{
	static const char *const orders[] = { "order", "orders", "bestellung",
	    "bestellnummer", "auftrag", "auftragsnummer", "commande",
	    "pedido", "ordine", "bestelling", "zamówienie", "ऑर्डर", NULL };
	static const char *const others[] = { "invoice", "rechnung",
	    "rechnungsnummer", "facture", "factura", "fattura", "customer",
	    "kundennummer", "kunden", "client", "cliente", "tracking",
	    "sendungsnummer", "parcel", "ticket", "case", "zip", "plz",
	    "postcode", "pin", "serial", "model", "account", "ref", NULL };
	const char *p = t.p + (at > SAID ? at - SAID : 0), *end = t.p + at;
	enum said is = NOTHING;
	struct cn_str w;

	if (memrchr(p, '\n', (size_t)(end - p)) != NULL)
		p = (const char *)memrchr(p, '\n', (size_t)(end - p)) + 1;
	while ((w = cn_word_next(&p, end)).n > 0)
		is = cn_word_among(w, orders) ? ORDER :
		    cn_word_among(w, others) ? OTHER : is;
	return is;
}

const char *cn_ordered(struct cn_arena *mem, struct cn_str t)
{
	struct cn_found f = { NULL, 0, 0 }, best = f;
	enum said is;

	while (cn_detect(t, f.at + f.n, &f)) {
		if (strcmp(f.kind, "order") != 0 ||
		    (is = said(t, f.at)) == OTHER)
			continue;
		if (best.n == 0 || is == ORDER)
			best = f;
		if (is == ORDER)
			break;
	}
	return best.n > 0 ? cn_arena_dup(mem, t.p + best.at, best.n) : NULL;
}
