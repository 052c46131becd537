/* split.c - own words, quoted words, signature
 *
 * Line by line, one state: own words; inside a quote; behind a header block
 * that mailers put above what they quote whole (then all that follows is a
 * quote); behind '-- ' (then a signature, up to a quote). */
#include <stdlib.h>
#include <strings.h>

#include "mime.h"

#define ATTRIBUTION 3		/* lines that an attribution may be wrapped to */
#define ATTRIBUTION_BYTES 400

/* 'On Monday, A <a@example.com> wrote:' begins and ends. */
static const struct {
	const char *begin, *end;
} attributions[] = {
	{ "On ", " wrote:" },
	{ "On ", " writes:" },
	{ "At ", " wrote:" },
	{ "", " wrote:" },
	{ "Am ", " schrieb:" },
	{ "Am ", ":" },
	{ "", " schrieb:" },
	{ "Le ", " a \xc3\xa9""crit :" },
	{ "Le ", " a \xc3\xa9""crit:" },
	{ "Le ", " a \xc3\xa9""crit\xc2\xa0:" },
	{ "El ", " escribi\xc3\xb3:" },
	{ "", " escribi\xc3\xb3:" },
	/* likha, with its usual objects: "ne likha:", "par likha:" */
	{ "", "\xe0\xa4\xb2\xe0\xa4\xbf\xe0\xa4\x96\xe0\xa4\xbe:" },
	{ "", "\xe0\xa4\xb2\xe0\xa4\xbf\xe0\xa4\x96\xe0\xa4\xbe :" },
	{ "", " ne likha:" },
};

/* What 'wrote' is, where mail programs name an address or a time beside it,
 * in whichever order. */
static const char *const wrote[] = {
	"wrote", "writes", "schrieb", "a \xc3\xa9""crit", "escribi\xc3\xb3",
	"ha scritto", "escreveu", "schreef", "napisał", "napisała", "napisana",
	"skrev", "skreiv", "kirjoitti", "napsal", "napsala", "napísal",
	"ezt írta", "írta", "a scris", "έγραψε", "написа", "написал", "пише",
	"napisao", "napisala", "je napisao", "rašė", "parašė", "rakstīja",
	"kirjutas", "scríobh", "kiteb", "लिखा", "लिहिले", "எழுதியது",
	"লিখেছেন", "రాశారు", "రాసారు",
};

/* Inside the dashes of '-----Original Message-----', any case. */
static const char *const dashed[] = {
	"original message", "forwarded message", "original appointment",
	"messaggio originale", "messaggio inoltrato", "mensagem original",
	"mensagem encaminhada", "oorspronkelijk bericht",
	"oorspronkelijke bericht", "doorgestuurd bericht",
	"wiadomość oryginalna", "oryginalna wiadomość",
	"treść przekazanej wiadomości", "ursprungligt meddelande",
	"vidarebefordrat meddelande", "oprindelig meddelelse",
	"videresendt meddelelse", "opprinnelig melding",
	"alkuperäinen viesti", "původní zpráva", "pôvodná správa",
	"eredeti üzenet", "mesaj original", "mesajul original",
	"αρχικό μήνυμα", "оригинално съобщение", "izvorna poruka",
	"izvirno sporočilo",
	"urspr\xc3\xbcngliche nachricht", "weitergeleitete nachricht",
	"original-nachricht", "message d'origine", "message transf\xc3\xa9r\xc3\xa9",
	"message original", "mensaje original", "mensaje reenviado",
	"\xe0\xa4\xae\xe0\xa5\x82\xe0\xa4\xb2 \xe0\xa4\xb8\xe0\xa4\x82\xe0\xa4\xa6\xe0\xa5\x87\xe0\xa4\xb6",
};

/* The fields of Outlook's block, without the colon and the space that some
 * languages put before it.  One of the former must begin it. */
static const char *const from_fields[] = {
	"From", "Von", "De", "Da", "Van", "Od", "Från", "Fra", "Lähettäjä",
	"Feladó", "De la", "Od koho", "Από", "От", "Nuo", "Saatja", "Šalje",
	"Pošiljatelj", "Pošiljatel", "Expediteur", "Expéditeur", "Remitente",
	"Mittente", "Afzender", "Avsändare", "Afsender", "Remetente",
	"प्रेषक",
};
static const char *const other_fields[] = {
	"Sent", "Date", "To", "Cc", "Subject", "Gesendet", "Datum", "An",
	"Betreff", "Envoyé", "À", "A", "Objet", "Enviado", "Enviado el",
	"Enviada", "Enviada em", "Data", "Fecha", "Para", "Asunto",
	"Inviato", "Oggetto", "Verzonden", "Aan", "Onderwerp", "Wysłano",
	"Wysłane", "Do", "Temat", "Skickat", "Till", "Ämne", "Assunto",
	"Sendt", "Til", "Emne", "Lähetetty", "Vastaanottaja", "Päivämäärä",
	"Aihe", "Odesláno", "Odoslané", "Komu", "Předmět", "Predmet",
	"Elküldve", "Dátum", "Címzett", "Tárgy", "Trimis", "Către",
	"Subiect", "Στάλθηκε", "Ημερομηνία", "Προς", "Θέμα", "Изпратено",
	"Дата", "До", "Относно", "Тема", "Poslano", "Za", "Prima", "Zadeva",
	"Išsiųsta", "Kam", "Tema", "Nosūtīts", "Saadetud", "Kellele",
	"Teema", "भेजा गया", "दिनांक", "प्रति", "विषय",
};

static const char *const sent_from[] = {
	"Sent from my ", "Sent from Mail for ", "Sent from Outlook ",
	"Sent from Yahoo ", "Sent via ", "Sent with ", "Get Outlook for ",
	"Von meinem ", "Gesendet von ", "Gesendet mit ",
	"Holen Sie sich Outlook ", "Outlook für ",
	"Diese Nachricht wurde von meinem ", "Envoyé de mon ",
	"Envoyé depuis ", "Envoyé à partir ", "Télécharger Outlook ",
	"Obtenez Outlook ", "Enviado desde ", "Enviado do meu ",
	"Enviado a partir ", "Obtener Outlook ", "Obter o Outlook ",
	"Inviato da ", "Inviato dal ", "Scarica Outlook ",
	"Ottieni Outlook ", "Verstuurd vanaf ", "Verzonden vanaf ",
	"Verzonden met ", "Outlook downloaden ", "Wysłane z ", "Wysłano z ",
	"Skickat från ", "Sendt fra ", "Lähetetty ", "Odesláno z ",
	"Odoslané z ", "Elküldve ", "Trimis de pe ", "Στάλθηκε από ",
	"Изпратено от ", "Poslano s ", "Poslano iz ", "मेरे iPhone से ",
};

struct split {
	struct cn_arena *a;
	struct cn_text_span *v;
	size_t n, cap;
	const char *end;
	bool blank;			/* the line before is empty */
};

static bool starts(struct cn_str s, const char *w)
{
	size_t n = strlen(w);

	return s.n >= n && memcmp(s.p, w, n) == 0;
}

/* A space of w is any white space. */
static bool ends_in(struct cn_str s, const char *w)
{
	if (*w != ' ')
		return cn_str_ends(s, w);
	return cn_str_ends(s, w + 1) && s.n >= strlen(w) &&
	    cn_is_wsp((unsigned char)s.p[s.n - strlen(w)]);
}

/* Something that dates or names a person: a digit or an @. */
static bool names_one(struct cn_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] == '@' || cn_is_digit((unsigned char)s.p[i]))
			return true;
	return false;
}

/* A year and a time of day: '2026' and '15:12' or '15.12'. */
static bool dated(struct cn_str s)
{
	bool year = false, clock = false;
	size_t digits = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (cn_is_digit((unsigned char)s.p[i])) {
			year |= ++digits == 4;
			continue;
		}
		clock |= digits > 0 && digits < 3 && i + 2 < s.n &&
		    (s.p[i] == ':' || s.p[i] == '.') &&
		    cn_is_digit((unsigned char)s.p[i + 1]) &&
		    cn_is_digit((unsigned char)s.p[i + 2]);
		digits = 0;
	}
	return year && clock;
}

/* Does a program say here who wrote when, in one of many languages? */
static bool says_wrote(struct cn_str s, bool quote_next)
{
	const char *p, *end = s.p + s.n;
	size_t n;

	if (!(quote_next ? names_one(s) : memchr(s.p, '@', s.n) || dated(s)))
		return false;
	for (size_t i = 0; i < sizeof(wrote) / sizeof(*wrote); i++) {
		n = strlen(wrote[i]);
		for (p = s.p; (p = memmem(p, (size_t)(end - p), wrote[i],
		    n)); p++)
			if ((p == s.p || p[-1] == ' ' || p[-1] == '\n') &&
			    p + n < end && strchr(" \n:(,<", p[n]))
				return true;
	}
	return false;
}

/* The length of the attribution that begins with this line, up to three
 * lines of it; 0 if it is none. */
static size_t attribution(const struct split *s, struct cn_str first)
{
	struct cn_str line = first, all = cn_str_trim(first), rest;
	const char *p = first.p;
	bool quote_next;

	for (int i = 0; i < ATTRIBUTION && all.n < ATTRIBUTION_BYTES; i++) {
		line = cn_str_line(p, s->end);
		p += line.n;
		line = cn_str_trim(line);
		if (line.n == 0 || line.p[0] == '>')
			return 0;
		all.n = (size_t)(line.p + line.n - all.p);
		if (!cn_str_ends(line, ":")) {
			if (p == s->end)
				return 0;
			continue;
		}
		const char *q = p;

		while (q < s->end && cn_is_wsp((unsigned char)*q))
			q++;
		quote_next = q < s->end && *q == '>';
		for (size_t k = 0; k < sizeof(attributions) /
		    sizeof(*attributions); k++) {
			const char *b = attributions[k].begin;
			const char *e = attributions[k].end;

			if (!starts(all, b) || !ends_in(all, e))
				continue;
			/* A weak form needs the quote behind it, and what
			 * begins anyhow its date in the first line. */
			if (quote_next ? *b || i == 0 || names_one(first) :
			    e[1] && (*b || i == 0) && names_one(all))
				return (size_t)(p - first.p);
		}
		if (!says_wrote(all, quote_next))
			return 0;
		/* The last words above an attribution are none of it. */
		rest = (struct cn_str){ first.p + first.n,
		    (size_t)(line.p + line.n - first.p) - first.n };
		return i > 0 && (!names_one(first) ||
		    says_wrote(rest, quote_next)) ? 0 : (size_t)(p - first.p);
	}
	return 0;
}

static bool dash_line(struct cn_str l)
{
	struct cn_str t = cn_str_trim(l);
	size_t b = 0, e = t.n, n;

	while (b < e && (t.p[b] == '-' || t.p[b] == '_'))
		b++;
	while (e > b && (t.p[e - 1] == '-' || t.p[e - 1] == '_'))
		e--;
	if (b < 2 || t.n - e < 2)
		return false;
	t = cn_str_trim((struct cn_str){ t.p + b, e - b });
	for (size_t i = 0; i < sizeof(dashed) / sizeof(*dashed); i++) {
		n = strlen(dashed[i]);
		if (t.n == n && strncasecmp(t.p, dashed[i], n) == 0)
			return true;
	}
	return false;
}

static bool named(struct cn_str l, const char *const *names, size_t n)
{
	size_t k;

	for (size_t i = 0; i < n; i++) {
		if (!starts(l, names[i]))
			continue;
		k = strlen(names[i]);
		if (l.n > k && l.p[k] == ' ')
			k++;
		else if (l.n > k + 1 && memcmp(l.p + k, "\xc2\xa0", 2) == 0)
			k += 2;
		if (l.n > k && l.p[k] == ':')
			return true;
	}
	return false;
}

/* 0 none, 1 a field of the block, 2 one that can begin it. */
static int block_field(struct cn_str l)
{
	l = cn_str_trim(l);
	while (l.n > 0 && *l.p == '*') {	/* *Von:* of HTML made text */
		l.p++;
		l.n--;
	}
	if (named(l, from_fields, sizeof(from_fields) / sizeof(*from_fields)))
		return 2;
	return named(l, other_fields, sizeof(other_fields) /
	    sizeof(*other_fields));
}

/* A block: a From, and within the next lines two other fields. */
static size_t header_block(const struct split *s, struct cn_str first)
{
	const char *p = first.p + first.n, *last = p;
	int others = 0;

	if (block_field(first) != 2)
		return 0;
	for (int i = 0; i < 8 && p < s->end; i++) {
		struct cn_str l = cn_str_line(p, s->end);

		p += l.n;
		/* HTML made text has empty lines between them. */
		if (cn_str_trim(l).n == 0)
			continue;
		if (block_field(l) == 1) {
			others++;
			last = p;
		} else if (i > 4) {
			break;
		}
	}
	return others >= 2 ? (size_t)(last - first.p) : 0;
}

static bool all_underscores(struct cn_str s)
{
	for (size_t i = 0; i < s.n; i++)
		if (s.p[i] != '_')
			return false;
	return true;
}

static bool signature(struct cn_str l, bool blank)
{
	struct cn_str t;

	if (l.n >= 3 && memcmp(l.p, "-- ", 3) == 0 && cn_str_trim(l).n == 2)
		return true;
	t = cn_str_trim(l);
	if (blank && t.n >= 2 && t.n < 60 && (cn_str_eq(t, "--") ||
	    (t.n >= 8 && all_underscores(t))))
		return true;
	for (size_t i = 0; blank && t.n < 80 && i < sizeof(sent_from) /
	    sizeof(*sent_from); i++)
		if (starts(t, sent_from[i]))
			return true;
	return false;
}

static void add(struct split *s, enum cn_text_kind kind, const char *p,
    size_t n)
{
	struct cn_text_span *v;

	if (n == 0)
		return;
	if (s->n > 0 && s->v[s->n - 1].kind == kind) {
		s->v[s->n - 1].text.n += n;
		return;
	}
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 8;
		v = cn_arena_alloc(s->a, s->cap * sizeof(*v));
		if (s->n > 0)
			memcpy(v, s->v, s->n * sizeof(*v));
		s->v = v;
	}
	s->v[s->n++] = (struct cn_text_span){ kind, { p, n } };
}

/* Takes the lines at p; returns how many bytes. */
static size_t step(struct split *s, const char *p, enum cn_text_kind *in,
    bool *whole)
{
	struct cn_str l = cn_str_line(p, s->end), t = cn_str_trim(l);
	size_t n;

	if (*whole) {
		n = (size_t)(s->end - p);
		add(s, CN_TEXT_QUOTE, p, n);
		return n;
	}
	if (t.n > 0 && *t.p == '>') {
		*in = CN_TEXT_OWN;
		add(s, CN_TEXT_QUOTE, p, l.n);
	} else if ((n = attribution(s, l)) > 0) {
		*in = CN_TEXT_OWN;
		add(s, CN_TEXT_ATTRIBUTION, p, n);
		for (p += n; p < s->end && cn_is_wsp((unsigned char)*p); p++)
			;
		/* Nothing quoted by '>' follows: all below is the quote. */
		*whole = p < s->end && *p != '>';
		s->blank = false;
		return n;
	} else if (dash_line(l) || (n = header_block(s, l)) > 0) {
		n = dash_line(l) ? l.n : n;
		add(s, CN_TEXT_ATTRIBUTION, p, n);
		*whole = true;
		return n;
	} else if (signature(l, s->blank)) {
		*in = CN_TEXT_SIGNATURE;
		add(s, *in, p, l.n);
	} else {
		add(s, *in, p, l.n);
	}
	s->blank = t.n == 0;
	return l.n;
}

struct cn_text_span *cn_text_split(struct cn_arena *a, struct cn_str text,
    size_t *n)
{
	struct split s = { .a = a, .end = text.p + text.n, .blank = true };
	enum cn_text_kind in = CN_TEXT_OWN;
	bool whole = false;

	for (const char *p = text.p; p < s.end; )
		p += step(&s, p, &in, &whole);
	*n = s.n;
	return s.v;
}

void cn_text_own(struct cn_buf *out, struct cn_str text)
{
	struct cn_arena a = { 0 };
	struct cn_text_span *v;
	size_t n, at = out->len;

	v = cn_text_split(&a, text, &n);
	for (size_t i = 0; i < n; i++) {
		struct cn_str t = cn_str_trim(v[i].text);

		if (v[i].kind != CN_TEXT_OWN || t.n == 0)
			continue;
		if (out->len > at)
			cn_buf_str(out, "\n\n");
		cn_buf_add(out, t.p, t.n);
	}
	cn_arena_release(&a);
}
