/* Patterns of words.  A pattern is some elements, one for each word in a row:
 * words with | between them, one of which it is; _ is any word, % any few or
 * none.  One that ends with * is the beginning of a word.  A line that begins
 * with - is no claim where it begins at the same word, nor is any line that
 * begins with ~ behind a condition. */
#include "desk/reply/claim.h"

#include <string.h>
#include <threads.h>

#include "base/utf8.h"
#include "desk/reply/wordset.h"

#define WORDS 96			/* of a sentence that are looked at */
#define FEW 4				/* words that % stands for at most */

/* Behind these nothing is claimed of the reader. */
static const char conditions[] = "if|when|whenever|once|until|unless|whether|"
    "before|after|soon|long|far|how|what|where|should|would|could|do|did|"
    "wenn|falls|sobald|ob|bevor|bis|damit|sofern|nachdem|solange|wie|was|wo|"
    "si|s|quand|lorsque|dès|comment|où|cuando|cómo|hasta|se|quando|caso|"
    "agar|jab|yadi|अगर|यदि|जब";

static const char *const claims[] = {
	/* English: the reader */
	"~you are|were|have|had|did|cannot|never|always|still|live|lived|work|"
	    "worked|owe|owed|said|told|wrote|asked|ordered|bought|paid|"
	    "returned|moved|left|lost|complained|mentioned|wanted|called|"
	    "hide|hid|kept|used|also|already|no|only|just|do|don|didn|couldn|"
	    "haven|aren|weren|won|re|ve|turn|turned|trust|know|knew|sleep",
	"~you can|could|may|would|will not|t|never|only|hardly",
	"~you will|ll be",
	"~you need the|money|it|this|them|help",
	"-you do|don not|t need|have|receive|get|want|see|find",
	"-you do|don t need|have|receive|get|want|see|find",
	"-you are welcome|right|able|entitled|free|unhappy|satisfied|happy",
	"-you have to|any|the right|until|received|not received",
	"-you have a|the right|choice|option",
	"-you paid|ordered with|by|from",
	"-you had to",
	"-you will|ll be able|notified|informed|contacted|charged|refunded|asked|"
	    "redirected|logged",
	"your condition|fall|loss|visa|work|job|school|age|situation|life|"
	    "country|place|house|home|health|case worker|debt|limit|own name",
	"who used|opened|took|ordered|paid|called|lives",
	"report you", "tell on you",
	/* why */
	"because", "~since you|your|she|he|they|the|it|there",
	"^as you|your|she|he|they|it|there|the",
	"as you asked|told|said|are|were|have|need|cannot|live|no|work",
	"-as you can|may|wish|like|prefer|know|want",
	"due to your|a|his|her",
	/* others */
	"she|him|her|his|hers|himself|herself",
	/* Not the Spanish one. */
	"he is|was|has|had|s|will|can|cannot|would|may|must|should|did|does|"
	    "said|told|asked|wrote|opened|took|signed|lives|works|knows|"
	    "wants|needs|paid|called|came|left|ordered|bought|also",
	"someone|somebody|anyone|anybody else|in|at|of|who|has|have|had|was|"
	    "opened|there|took|you|they",
	"-someone|somebody of|in our", "-anyone|anybody else",
	"nobody|noone is|was|has|had|should|will|knows|there|at|in",
	"no one is|was|has|had|should|will|knows|there",
	"person", "people there|in|at|next|who|you", "next door",
	"they asked|told|said|know|live|opened|took|moved|called|want|left",
	"with|from them there|who|now|again",
	/* where and when somebody is, what they owe, what opens what */
	"at home", "in|inside|behind|from your home|house|place|flat",
	"above|behind|under|opposite|beside|near the|our|a|your",
	"be|are|were|is away", "surprise",
	"owe|owes|owed", "not|never paid", "no money", "need the money",
	"late with", "more than you",
	"password|pin|passcode|code|login|word|phrase|answer is|are|was|will",
	"word|phrase|password on|for _ account|order is",
	"-code is valid|not|on|in|sent|printed|below|attached|shown|expired",
	"-password is not|wrong|sent|too|incorrect|correct|reset|case|expired",
	"use the|this|your code|word|password|pin _",
	"-use the|this|your code|word|password|pin in|from|on|below|we|that|at|"
	    "to|sent|and|above|when|which|with|only",
	"log|sign in with|as _", "-log|sign in with your|the",
	"both|one of you", "you both|two",
	"~another|other|second|old account|"
	    "card|address|person|customer|name",
	"all the best|luck", "best|luck|well with|for your|the",
	"congratulations", "enjoy the|your",
	"your account|card|limit|file|request|application|contract|credit|"
	    "payment|payments|case % refused|declined|rejected|blocked|"
	    "suspended|handed|negative|failed|bounced|used",
	"no longer|more offered|possible|available to|for you", "not % to you",
	"reference|entrance|name is", "goes|go|going to", "enter|type % as",
	"as|you written|wrote|said before", "keeps|stays the same",
	"end will see", "one|ones in|with|took",
	/* German */
	"beide|beiden", "anderen|andere|anderem|zweite|zweiten Konto|Karte|"
	    "Adresse|Person|Kunde|Name", "alles gute", "viel glück|spaß|"
	    "erfolg|freude", "bei|für|mit Ihnen nicht|keine", "Ihr|Ihre Konto|"
	    "Karte|Antrag|Vertrag|Limit|Zahlung % abgelehnt|gesperrt|negativ|"
	    "geplatzt|fehlgeschlagen|übergeben", "Referenz|Eingang|Name ist|"
	    "lautet", "geht nach|zu", "als Wort|Passwort|Code", "wie "
	    "geschrieben|gesagt", "bleibt gleich", "von außen",
	"weil", "da Sie|Ihr|Ihre|Ihrem|Ihren|Ihrer|er|es",
	"~dass Sie|Ihr|Ihre|er|niemand",
	"-dass Sie sich|uns|warten|so|lange|noch|unzufrieden|Probleme",
	"~Sie sind|waren|haben|hatten|wohnen|leben|arbeiten|schulden|wurden|"
	    "wollten|konnten|mussten|brauchen das|sagten|schrieben|baten|"
	    "kauften|zogen",
	"~Sie können|konnten|wollen|möchten|dürfen nicht|nichts|kein*|nie",
	"~_ haben|sind|waren|hatten|wohnen|schulden|wurden Sie",
	"-und|oder|bitte haben|sind Sie",
	"-Sie haben das|ein Recht", "-Sie haben die Wahl|Möglichkeit",
	"-Sie haben noch|weitere Fragen", "-Sie haben Fragen|Anspruch|Recht",
	"-Sie sind zufrieden|unzufrieden", "-Sie haben _ Tage|Wochen",
	"er soll|weiß|wohnt|will|darf|wollte|sagt*|hat",
	"sie soll|weiß|wohnt|darf|wollte", "ihm", "niemand", "jemand",
	"-jemand aus|von", "Person", "zu|nach Haus|Hause",
	"hinter der|dem|die|den", "Überraschung",
	"Passwort|Kennwort|Code|PIN|Wort|Antwort|Codewort ist|lautet|heißt",
	"-Code ist gültig|nicht|in|auf|ungültig|abgelaufen",
	"-Passwort ist nicht|falsch|abgelaufen|ungültig",
	"nicht|nichts|nie bezahlt|gezahlt", "mehr zurück", "nichts auf dem|Ihrem",
	"auf einmal", "ohne Namen",
	/* French */
	"parce", "puisque", "comme vous|votre|vos|il|elle", "car vous|il|elle|"
	    "votre|vos",
	"~vous êtes|étiez|avez|aviez|habitez|vivez|travaillez|nous devez",
	"~vous ne|n", "~vous nous devez", "~vous devez encore",
	"-vous n avez rien|pas à|besoin|pas besoin", "-vous n avez pas à|besoin",
	"-vous ne recevez|trouvez|souhaitez|payez", "-vous êtes satisfait*|libre",
	"-vous avez le|la droit|possibilité|choix",
	"-vous avez des|une|d questions|question|autres",
	"-vous avez raison|besoin|reçu", "-vous avez _ jours",
	"il|elle doit|sait|veut|vit|habite|travaille", "il|elle ne|n doit|sait|"
	    "veut|vit|est pas chez", "lui", "quelqu un", "-quelqu un de notre",
	"personne n|ne|d", "chez vous|lui|elle|eux",
	"passe|code|mot|réponse est", "-code est valable|sur|dans|envoyé|expiré",
	"-passe est incorrect|faux|trop|expiré|erroné", "pas|jamais pay*",
	"pas pu payer", "~pouvez pas payer", "vos|votre pays|perte|situation|"
	    "travail|état", "plus que vous", "derrière", "surprise",
	"les|vous deux", "autre|second|seconde|ancien compte|carte|adresse|"
	    "personne|client|nom", "bonne|bon chance|courage|vacances",
	"félicitations", "plus possible|proposé", "votre|vos dossier|compte|"
	    "carte|demande|crédit|paiement|contrat % refusé|refusée|rejeté|"
	    "rejetée|bloqué|bloquée|négatif|suspendu", "référence|entrée|nom "
	    "est", "va|vont à|en|chez", "saisissez|tapez|entrez % comme",
	"comme écrit|dit", "reste le|la", "de|l extérieur",
	/* Spanish */
	"los|las|ustedes dos", "ambos|ambas", "otra|otro|segunda|segundo|"
	    "antigua cuenta|tarjeta|dirección|persona|cliente|nombre",
	"suerte", "felicidades", "ya no es|está|se", "su|sus solicitud|cuenta|"
	    "tarjeta|pago|crédito|contrato % rechazad*|bloquead*|negativ*|"
	    "suspendid*", "referencia|entrada|nombre es", "va|van a|hacia",
	"introduzca|escriba % como", "como escribió|dijo|dicho", "desde fuera",
	"porque", "~ya|puesto que usted|su|no|se|es|está|ha|tiene|vive",
	"como usted|su|sus|no|nos|ya|vive|está|es|tiene|me",
	"sabemos|vemos|entendemos que usted|no|su|ha|está|es|tiene",
	"~usted ha|no|es|está|tiene|vive|debe|dejó|nació|trabaja|nos|era|"
	    "estaba|pidió|dijo|fue|quería|compró",
	"-usted tiene derecho|razón", "-usted tiene _ días",
	"-usted no tiene|necesita que", "-usted debe enviar|indicar|hacer",
	"^ha devuelto|pagado|pedido|dejado|dicho|comprado|perdido|tenido|"
	    "estado|vivido|cambiado",
	"no ha|había|han pagado|podido|querido|devuelto|estado|recogido|dicho",
	"~no puede|podía|pudo _", "-no puede ser|hacerse|cambiarse|enviarse",
	"nos debe|debía|dejó|dijo", "él|ella|ellos|ellas", "alguien", "nadie",
	"-alguien de nuestro", "contraseña|código|clave|palabra|respuesta|pin "
	    "es|son", "-código|clave|contraseña es válid*|correct*|incorrect*",
	"no hay dinero|nada|fondos", "su pérdida|país|situación|trabajo|jefe|"
	    "pueblo|edad|casa", "más de lo", "detrás", "sorpresa",
	/* Portuguese */
	"~você|senhor|senhora é|está|tem|não|deve|mora|vive|disse|pediu|era",
	"-você|senhor|senhora tem direito", "-você|senhor|senhora não precisa",
	"já que", "dele|dela", "alguém", "ninguém", "~não pode pagar|sair|ouvir|"
	    "ver|andar", "não pagou|pagaram", "senha|código|palavra é",
	"-código é válido", "em casa", "atrás",
	/* Hindi */
	"dono|donon", "दोनों", "badhai|badhaai|बधाई", "bahar|बाहर se|से",
	"aapke|आपके liye|लिए band|बंद",
	"~aap % nahi|nahin", "-aap % chinta|fikr|pareshan", "~aapne",
	"-aapne humein|humse|hume|hamein|hamse likha|sampark|contact|bataya",
	"-aapne sampark|contact", "~aap % rehte|rehti|rahte|rahti|the|thi|thin",
	"kyunki|kyonki|chunki", "jaise aapke|aapki|aapne|aap|aapka",
	"aapka|aapki password|code|pin|shabd % hai|hain",
	"-aapka|aapki password|code|pin % bhej*|galat|valid|mil|reset|badal*",
	"usne|unhone|usko|unko|unhe|unhein|unhen|unki|uski|unka|uska",
	"ghar par|pe|me|mein", "piche|peeche", "paise|payment nahi|nahin",
	"pata nahi|nahin", "koi nahi|nahin",
	"_ ne % hai|hain|tha|thi|liya|kiya|kaha|bataya|likha|diya",
	"-courier|team|bank|company|hum|main|warehouse|system|store|"
	    "seller|godown|aap ne",
	"~आप % नहीं", "-आप % चिंता|परेशान", "~आपने",
	"-आपने हमें|हमसे लिखा|संपर्क|बताया", "-आपने संपर्क",
	"~आप % रहते|रहती|थे|थी|थीं", "क्योंकि|चूँकि|चूंकि",
	"जैसे आपके|आपकी|आपने|आप|आपका", "आपका|आपकी पासवर्ड|कोड|पिन|शब्द % है|हैं",
	"-आपका|आपकी पासवर्ड|कोड|पिन % भेज*|गलत|ग़लत|मिल|रीसेट|बदल*",
	"उसने|उन्होंने|उसको|उनको|उन्हें|उनकी|उसकी|उनका|उसका", "घर पर|में",
	"पीछे", "पैसे|भुगतान नहीं", "पता नहीं", "कोई नहीं",
	"_ ने", "-कूरियर|टीम|बैंक|कंपनी|हम|मैं|गोदाम|सिस्टम|दुकान|विक्रेता|आप ने",
};

#define CLAIMS (sizeof(claims) / sizeof(*claims))

/* Which patterns may begin with a byte: of some hundred few are tried. */
static uint64_t heads[256][(CLAIMS + 63) / 64];
static once_flag heads_known = ONCE_FLAG_INIT;

struct words {
	struct cn_str v[WORDS];		/* in small letters */
	bool begins[WORDS];		/* a clause, as behind a comma */
	bool apart[WORDS];		/* from the one before, by a sentence */
	size_t n;
};

static bool same(struct cn_str w, const char *p, size_t n)
{
	size_t i;

	if (w.n != n)
		return false;
	for (i = 0; i < n; i++)
		if (w.p[i] != p[i] && (p[i] < 'A' || p[i] > 'Z' ||
		    w.p[i] != (p[i] | 32)))
			return false;
	return true;
}

/* Is the word one of those? */
static bool among(struct cn_str w, const char *list, size_t n)
{
	const char *end = list + n, *stop;
	size_t k;

	for (; list < end; list = stop + 1) {
		struct cn_str part = w;

		for (stop = list; stop < end && *stop != '|';)
			stop++;
		k = (size_t)(stop - list);
		if (k > 1 && stop[-1] == '*' && w.n >= k - 1)
			part.n = --k;
		if ((k == 1 && *list == '_') || same(part, list, k))
			return true;
	}
	return false;
}

/* Do the words from i on, of one clause, have that pattern? */
static bool has(const struct words *x, size_t i, const char *p, bool first)
{
	size_t n = strcspn(p, " "), k;

	if (n == 0)
		return true;
	if (*p == '%') {
		for (k = 0; k <= FEW; k++)
			if (has(x, i + k, p + 2, false))
				return true;
		return false;
	}
	if (i >= x->n || (!first && x->apart[i]) || !among(x->v[i], p, n))
		return false;
	return has(x, i + 1, p + n + (p[n] == ' '), false);
}

static bool behind_condition(const struct words *x, size_t i)
{
	size_t first = i > 2 ? i - 2 : 0;

	while (i > first && !x->apart[i])
		if (among(x->v[--i], conditions, sizeof(conditions) - 1))
			return true;
	return false;
}

static const char *pattern(size_t k)
{
	return claims[k] + (*claims[k] == '-' || *claims[k] == '~' ||
	    *claims[k] == '^');
}

static void find_heads(void)
{
	size_t k, c;
	const char *p;
	bool head;

	for (k = 0; k < CLAIMS; k++)
		for (p = pattern(k), head = true; *p != '\0' && *p != ' ';
		    head = *p++ == '|') {
			unsigned char from = (unsigned char)*p, to = from;

			if (from == '_' || from == '%') {
				from = 0;
				to = 255;
			} else if (from >= 'A' && from <= 'Z') {
				from = to = from | 32;
			}
			for (c = from; head && c <= to; c++)
				heads[c][k / 64] |= 1ULL << k % 64;
		}
}

static bool claimed_at(const struct words *x, size_t i)
{
	unsigned char head = (unsigned char)*x->v[i].p;
	bool claimed = false;
	size_t k;

	for (k = 0; k < CLAIMS; k++) {
		if (!(heads[head][k / 64] >> k % 64 & 1) ||
		    !has(x, i, pattern(k), true))
			continue;
		if (*claims[k] == '-')
			return false;
		claimed |= *claims[k] == '^' ? x->begins[i] :
		    *claims[k] != '~' || !behind_condition(x, i);
	}
	return claimed;
}

static void lower(struct cn_buf *b, struct cn_str t)
{
	const char *p = t.p, *end = p + t.n;
	uint32_t c;
	size_t n;

	for (; p < end; p += n) {
		n = cn_utf8_get(p, (size_t)(end - p), &c);
		if (n > 1)
			cn_utf8_put(b, cn_word_lower(c));
		else
			cn_buf_ch(b, (char)cn_word_lower((unsigned char)*p));
		n += n == 0;
	}
}

bool cn_claims(struct cn_str sentence)
{
	struct cn_buf b = { 0 };
	struct words x = { .n = 0 };
	const char *p, *end, *last;
	bool claimed = false;
	size_t i;

	lower(&b, sentence);
	p = last = b.p;
	end = p + b.len;
	while (x.n < WORDS && (x.v[x.n] = cn_word_next(&p, end)).n > 0) {
		struct cn_str w = x.v[x.n];

		x.apart[x.n] = x.n > 0 && !cn_word_joined(last, w.p);
		x.begins[x.n] = x.n == 0 || x.apart[x.n] ||
		    memchr(last, ',', (size_t)(w.p - last)) != NULL;
		last = w.p + w.n;
		x.n++;
	}
	call_once(&heads_known, find_heads);
	for (i = 0; i < x.n && !claimed; i++)
		claimed = claimed_at(&x, i);
	cn_buf_wipe(&b);
	return claimed || x.n == WORDS;
}
