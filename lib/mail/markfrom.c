/* markfrom.c - marks of who a mail says it is from and to, held against how it
 * came
 *
 * Who sends in his own name has his domain in the fields that programs wrote,
 * too, and machines that know their names; who hides differs from himself. */
#include <strings.h>

#include "marks.h"

#define DAY 86400
#define MANY 50				/* addresses looked at */
#define LINKS 60			/* of a part */
#define TEXT_MAX (16 << 10)		/* of the text */
#define HEAD 300			/* where it greets */
#define TAIL 200			/* where it is signed */
#define NAME_MIN 3			/* bytes of a name that is looked for */
#define NAME_MAX 64
#define ADDRESS 330			/* bytes of one (RFC 5321, 4.5.3.1) */

/* Whose domains a mail names, "" where it has none: of From, of the last
 * Return-Path (who delivers once more puts his own in front), of Reply-To, of
 * the Message-ID, of the machine that sent it as the next one knew it, and of
 * that next one. */
enum { OF_FROM, OF_RETURN, OF_REPLY, OF_ID, OF_SENT, OF_TOOK, OF_WHOSE };
typedef char domains[OF_WHOSE][CN_MARK_DOMAIN];

static void people(struct cn_marks *m, const struct cn_mail *mail)
{
	const char *from = mail->from.n ? mail->from.v[0].addr : "";
	const char *at = strchr(from, '@'), *dot = strrchr(from, '.');
	size_t to = mail->to.n + mail->cc.n, digits = strcspn(from, "0123456789");

	if (at != NULL)
		cn_mark(m, "from:%s", at + 1);
	if (at != NULL && dot != NULL && dot > at)
		cn_mark(m, "from-top:%s", dot + 1);
	if (mail->from.n > 0 && mail->from.v[0].name[0] == '\0')
		cn_mark(m, "from-unnamed");
	if (at != NULL && digits < (size_t)(at - from))
		cn_mark(m, "from-digits");
	if (mail->reply_to.n > 0 && strcasecmp(mail->reply_to.v[0].addr,
	    from) != 0)
		cn_mark(m, "reply-elsewhere");
	if (mail->to.n > 0 && strcasecmp(mail->to.v[0].addr, from) == 0)
		cn_mark(m, "to-itself");
	if (mail->null_return)
		cn_mark(m, "return:none");
	else if (*mail->return_path && strcasecmp(mail->return_path, from))
		cn_mark(m, "return:elsewhere");
	at = strchr(mail->return_path, '@');
	if (at != NULL)
		cn_mark(m, "return:%s", at + 1);
	at = mail->to.n ? strchr(mail->to.v[0].addr, '@') : NULL;
	if (at != NULL)
		cn_mark(m, "to-at:%s", at + 1);
	cn_mark(m, "to:%s", to == 0 ? "nobody" : to == 1 ? "one" : to < 5 ? "few" :
	    "many");
}


/* What is in the quotes of a name, besides a name. */
static void names(struct cn_marks *m, const struct cn_mail *mail)
{
	const struct cn_addr *a = mail->from.v;
	struct cn_str v = cn_mail_field(mail, "from");
	const char *p;
	size_t low = 0, words = 1;

	if (mail->from.n > 0 && a->name[0] != '\0') {
		for (p = a->name; *p; p++) {
			low += *p >= 'a' && *p <= 'z';
			words += *p == ' ';
		}
		cn_mark(m, "~from-words:%zu", words > 3 ? 3 : words);
		if (low == 0)
			cn_mark(m, "~from-name:capitals");
		if (strchr(a->name, '@') != NULL)
			cn_mark(m, "~from-name:%s", strcasecmp(a->name,
			    a->addr) == 0 ? "address" : "other-address");
		if (v.n > 0 && v.p[0] == '"')
			cn_mark(m, "~from-quoted");
	}
	v = cn_mail_field(mail, "to");
	a = mail->to.v;
	cn_mark(m, "~to-field:%s", v.p == NULL ? "none" : mail->to.n == 0 ?
	    "empty" : a->name[0] != '\0' ? "named" : memchr(v.p, '<', v.n) ?
	    "angles" : "plain");
	if (mail->to.n > 0 && a->name[0] != '\0' && strncasecmp(a->name, a->addr,
	    strlen(a->name)) == 0)
		cn_mark(m, "~to-name:address");
}

/* Is the first label of a domain in the address that it wrote to?  Many give
 * each shop an address with its name. */
static bool tagged(struct cn_str to, const char *own)
{
	size_t n = strcspn(own, "."), i;
	const char *at = memchr(to.p, '@', to.n);
	size_t k = at != NULL ? (size_t)(at - to.p) : 0;

	for (i = 0; n > 3 && i + n <= k; i++)
		if (strncasecmp(to.p + i, own, n) == 0)
			return true;
	return false;
}

static bool among(const struct cn_addrs *l, struct cn_str addr)
{
	size_t i;

	for (i = 0; i < l->n && i < MANY; i++)
		if (cn_str_ieq(addr, l->v[i].addr))
			return true;
	return false;
}

/* What the Received fields have of the sender's domain and of the readers. */
struct passed {
	bool via;			/* a machine of the sender's */
	bool tag, known, listed;	/* 'for <…>': tagged, there, in To */
};

static void passed(struct passed *r, const struct cn_mail *mail,
    struct cn_str v, const char *own)
{
	const char *p, *end = v.p + v.n, *close;
	char d[CN_MARK_DOMAIN];
	struct cn_str to;
	size_t n;

	for (p = v.p; p < end; p += n ? n : 1) {
		if (cn_mark_at(p, end, "for <") && (close = memchr(p, '>',
		    end - p < ADDRESS ? (size_t)(end - p) : ADDRESS)) !=
		    NULL) {
			to = (struct cn_str){ p + 5, (size_t)(close - p - 5) };
			r->known = true;
			r->tag |= tagged(to, own);
			r->listed |= among(&mail->to, to) ||
			    among(&mail->cc, to);
			n = (size_t)(close - p);
			continue;
		}
		n = cn_mark_host(p, end);
		r->via |= n > 3 && (p == v.p || p[-1] != '@') &&
		    cn_mark_domain(d, p, n) && strcmp(d, own) == 0;
	}
}

static void kin_of(struct cn_marks *m, const char *what, const char *addr,
    const char *own)
{
	char d[CN_MARK_DOMAIN];

	if (cn_mark_address(d, addr) != NULL)
		cn_mark(m, "~kin-%s:%d", what, strcmp(d, own) == 0);
}

/* 'from said (known [number]) by host': known and host. */
static void first_hop(domains whose, struct cn_str v)
{
	const char *p, *end = v.p + v.n, *open = memchr(v.p, '(', v.n);

	if (open != NULL && cn_mark_at(v.p, end, "from "))
		cn_mark_domain(whose[OF_SENT], open + 1,
		    cn_mark_host(open + 1, end));
	for (p = v.p; p < end; p++) {
		if ((p > v.p && p[-1] > ' ' && p[-1] != ')') ||
		    !cn_mark_at(p, end, "by "))
			continue;
		cn_mark_domain(whose[OF_TOOK], p + 3,
		    cn_mark_host(p + 3, end));
		return;
	}
}

static void find_whose(domains whose, const struct cn_mail *mail)
{
	bool hop = false, back = false;
	const char *p, *at;
	size_t i;

	memset(whose, 0, sizeof(domains));
	if (mail->from.n > 0)
		cn_mark_address(whose[OF_FROM], mail->from.v[0].addr);
	if (mail->reply_to.n > 0)
		cn_mark_address(whose[OF_REPLY], mail->reply_to.v[0].addr);
	cn_mark_address(whose[OF_ID], mail->message_id);
	for (i = mail->n_fields; i-- > 0;) {
		struct cn_str v = mail->fields[i].value;

		if (!hop && cn_str_ieq(mail->fields[i].name, "received")) {
			hop = true;
			first_hop(whose, v);
		}
		if (back || !cn_str_ieq(mail->fields[i].name, "return-path"))
			continue;
		back = true;
		for (p = v.p, at = NULL; p < v.p + v.n; p++)
			at = *p == '@' ? p + 1 : at;
		if (at != NULL)
			cn_mark_domain(whose[OF_RETURN], at,
			    cn_mark_host(at, v.p + v.n));
	}
}

/* Which of them are the sender's own, and how many there are. */
static void agree(struct cn_marks *m, domains whose)
{
	char is[OF_WHOSE] = "";
	size_t i, j, n = 0;

	for (i = 0; i < OF_WHOSE; i++) {
		if (i > 0)
			is[i - 1] = whose[i][0] == '\0' ? '-' :
			    strcmp(whose[i], whose[OF_FROM]) == 0 ? '1' : '0';
		for (j = 0; j < i && strcmp(whose[i], whose[j]) != 0; j++)
			;
		n += whose[i][0] != '\0' && j == i;
	}
	cn_mark(m, "~agree:%s", is);
	cn_mark(m, "~whose:%zu", n);
}

/* Which of the others are in the sender's domain? */
static void kin(struct cn_marks *m, const struct cn_mail *mail, domains whose)
{
	const char *own = whose[OF_FROM], *back = whose[OF_RETURN];
	struct passed r = { 0 };
	size_t i;

	if (own[0] == '\0')
		cn_mark(m, "~kin:none");
	for (i = 0; i < mail->n_fields; i++)
		if (cn_str_ieq(mail->fields[i].name, "received"))
			passed(&r, mail, mail->fields[i].value, own);
	if (r.known)
		cn_mark(m, "~for-listed:%d", r.listed);
	if (own[0] == '\0')
		return;
	if (back[0] != '\0')
		cn_mark(m, "~kin-return:%d", strcmp(back, own) == 0);
	kin_of(m, "id", mail->message_id, own);
	if (mail->reply_to.n > 0)
		kin_of(m, "reply", mail->reply_to.v[0].addr, own);
	for (i = 0; i < mail->to.n && i < MANY; i++)
		r.tag |= tagged(cn_str(mail->to.v[i].addr), own);
	if (mail->to.n > 0)
		kin_of(m, "to", mail->to.v[0].addr, own);
	cn_mark(m, "~kin-via:%d", r.via);
	if (r.tag)
		cn_mark(m, "~kin-tag");
}

/* Does a host's name look as if an access provider gave it to whoever dials
 * in? */
static bool dynamic(const char *p, size_t n)
{
	static const char *const of[] = { "dsl", "dial", "cable", "ppp", "dhcp",
	    "pool", "dyn", "client", "cust" };
	size_t i, k, groups = 0;

	for (i = 0; i < n; i++) {
		groups += p[i] >= '0' && p[i] <= '9' && (i == 0 ||
		    p[i - 1] < '0' || p[i - 1] > '9');
		for (k = 0; k < sizeof(of) / sizeof(of[0]); k++)
			if (cn_mark_at(p + i, p + n, of[k]))
				return true;
	}
	return groups > 2;
}

/* 'from said (known [number])': how a machine calls itself and what the next
 * one found of it. */
static const char *relay(struct cn_str v)
{
	const char *p = v.p, *end = v.p + v.n, *open, *name;
	char said[CN_MARK_DOMAIN], known[CN_MARK_DOMAIN];
	size_t n, k;
	bool bare;

	if (!cn_mark_at(p, end, "from "))
		return "none";
	p += 5;
	n = cn_mark_host(p, end);
	bare = n == 0 || memchr(p, '.', n) == NULL;
	for (open = p; open < end && *open != '(' && *open != ';'; open++)
		;
	if (open == end || *open == ';')
		return bare ? "bare" : "told";
	for (name = open + 1; name < end && *name == ' '; name++)
		;
	if (cn_mark_at(name, end, "helo") || cn_mark_at(name, end, "ehlo"))
		return "helo";
	k = cn_mark_host(name, end);
	if (k == 0 && name < end && *name != '[')
		return "else";
	if (k == 0 || cn_mark_at(name, end, "unknown") ||
	    cn_mark_at(name, end, "unverified"))
		return bare ? "bare-nameless" : cn_mark_domain(said, p, n) ?
		    "nameless" : "number-nameless";
	if (dynamic(name, k))
		return bare ? "bare-dynamic" : "dynamic";
	if (bare)
		return "bare-named";
	if (!cn_mark_domain(said, p, n))
		return "number-named";
	return cn_mark_domain(known, name, k) && strcmp(said, known) == 0 ?
	    "same" : "other";
}

/* Is the name in 'from said (known [number])', which the next machine found
 * itself, in the domain of return path, From, Reply-To, Message-ID?  It answers
 * what SPF asks (RFC 7208), where nobody has asked. */
static void vouched(struct cn_marks *m, struct cn_str v, domains whose)
{
	static const int of[] = { OF_RETURN, OF_FROM, OF_REPLY, OF_ID };
	const char *name = memchr(v.p, '(', v.n), *end = v.p + v.n;
	char d[CN_MARK_DOMAIN], is[sizeof(of) / sizeof(of[0]) + 1] = "";
	size_t n, i;

	if (name == NULL || !cn_mark_at(v.p, end, "from ") ||
	    (n = cn_mark_host(++name, end)) == 0 ||
	    cn_mark_domain(d, name, n) == NULL)
		return;
	for (i = 0; i < sizeof(of) / sizeof(of[0]); i++)
		is[i] = strcmp(d, whose[of[i]]) == 0 ? '1' : '0';
	cn_mark(m, "~vouched:%s", is);
}

/* Each step of the way; the first ones, which stand last, say most. */
static void relays(struct cn_marks *m, const struct cn_mail *mail,
    domains whose)
{
	const char *first = NULL, *second = NULL;
	size_t i;

	for (i = 0; i < mail->n_fields; i++) {
		if (!cn_str_ieq(mail->fields[i].name, "received"))
			continue;
		second = first;
		first = relay(mail->fields[i].value);
		cn_mark(m, "~relay:%s", first);
		vouched(m, mail->fields[i].value, whose);
	}
	if (first != NULL)
		cn_mark(m, "~relay-first:%s", first);
	if (second != NULL)
		cn_mark(m, "~relay-first:%s,%s", first, second);
}

/* Date against the clock of the first machine that took it. */
static void sent(struct cn_marks *m, const struct cn_mail *mail)
{
	struct cn_str v;
	int64_t t, off;
	size_t i, n;

	for (i = mail->n_fields; i-- > 0 && mail->has_date;) {
		if (!cn_str_ieq(mail->fields[i].name, "received"))
			continue;
		v = mail->fields[i].value;
		for (n = v.n; n > 0 && v.p[n - 1] != ';'; n--)
			;
		if (n == 0 || !cn_mail_date((struct cn_str){ v.p + n,
		    v.n - n }, &t))
			continue;
		off = mail->date - t;
		cn_mark(m, "~clock:%s", off > DAY ? "days-ahead" :
		    off > DAY / 12 ? "hours-ahead" : off > 600 ? "ahead" :
		    off < -DAY ? "days-behind" : off < -DAY / 12 ?
		    "hours-behind" : off < -600 ? "behind" : "right");
		return;
	}
}

/* None, some or all of them. */
static int part_of(size_t n, size_t all)
{
	return n == 0 ? 0 : n < all ? 1 : 2;
}

/* Where its links lead: to those whose it is? */
static void leads(struct cn_marks *m, const struct cn_mail *mail,
    domains whose)
{
	struct cn_mark_links walk = { .mail = mail, .most = LINKS };
	size_t all = 0, own = 0, of[OF_WHOSE] = { 0 }, j, n;
	char d[CN_MARK_DOMAIN];
	const char *host;
	bool any;

	while ((n = cn_mark_link(&walk, &host)) > 0) {
		all++;
		if (!cn_mark_domain(d, host, n))
			continue;
		for (j = 0, any = false; j < OF_WHOSE; j++)
			if (strcmp(d, whose[j]) == 0) {
				of[j]++;
				any = true;
			}
		own += any;
	}
	if (all == 0)
		return;
	cn_mark(m, "~leads:%d", part_of(own, all));
	for (j = 0; j < OF_WHOSE; j++)
		if (whose[j][0] != '\0')
			cn_mark(m, "~leads-%zu:%d", j, part_of(of[j], all));
}

/* Does it stand there, in any case? */
static bool holds(const char *s, size_t n, const char *what, size_t k)
{
	size_t i;

	for (i = 0; k > 0 && i + k <= n; i++)
		if (cn_mark_lower(s[i]) == cn_mark_lower(*what) &&
		    strncasecmp(s + i, what, k) == 0)
			return true;
	return false;
}

/* Does its text name who it is to and from?  Who signs, or tells a reader under
 * which address he has him, seldom writes to everybody. */
static void named(struct cn_marks *m, const struct cn_mail *mail)
{
	const char *s = mail->text, *w;
	size_t n = mail->text_len < TEXT_MAX ? mail->text_len : TEXT_MAX, k, end;

	if (mail->to.n > 0) {
		w = mail->to.v[0].addr;
		k = strcspn(w, "@");
		cn_mark(m, "~t-reader:%d", holds(s, n, w, strlen(w)));
		if (k >= NAME_MIN && k <= NAME_MAX)
			cn_mark(m, "~t-greets:%d", holds(s, n < HEAD ? n : HEAD,
			    w, k));
	}
	if (mail->from.n == 0)
		return;
	w = mail->from.v[0].addr;
	cn_mark(m, "~t-sender:%d", holds(s, n, w, strlen(w)));
	w = mail->from.v[0].name;
	k = strcspn(w, " ");
	end = n < TAIL ? n : TAIL;
	if (k >= NAME_MIN && k <= NAME_MAX)
		cn_mark(m, "~t-signed:%d", holds(s + n - end, end, w, k));
}

void cn_marks_sender(struct cn_marks *m, const struct cn_mail *mail)
{
	domains whose;

	find_whose(whose, mail);
	people(m, mail);
	names(m, mail);
	kin(m, mail, whose);
	agree(m, whose);
	relays(m, mail, whose);
	leads(m, mail, whose);
	named(m, mail);
	sent(m, mail);
}
