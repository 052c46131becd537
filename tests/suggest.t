#!/bin/sh
# cn-reply-suggest: drafts, their sources and slots, what is left alone, and
# that no draft shows another customer's data.
. "$(dirname "$0")/lib.sh"
sample=$root/tests/sample
db=$CN_HOME/store.db

from() {
	_in=$1
	shift
	"$@" <"$_in"
}

sql() {
	sqlite3 "$db" "$1"
}

ok 'a store' cn-store init
cat >"$CN_HOME/config.yaml" <<'Y'
name: Shop Example
desk:
  - help@shop.example
Y

# mail NAME ADDRESS NUMBER SUBJECT [Re-NUMBER]: text on stdin, to the desk; by
# 'desk' to the customer in $to
mail() {
	printf 'From sender@example.com Mon Nov 23 15:00:00 2026\n'
	printf 'From: %s <%s>\n' "$1" "$2"
	printf 'To: %s\n' "${to-help@shop.example}"
	printf 'Date: Mon, 23 Nov 2026 15:%02d:00 +0000\n' "$3"
	printf 'Message-ID: <m%d@shop.example>\n' "$3"
	[ -z "${5-}" ] || printf 'In-Reply-To: <m%d@shop.example>\n' "$5"
	printf 'Subject: %s\n%s\n' "$4" "${extra-}"
	[ -z "${extra-}" ] || echo
	cat
	echo
}

# Three customers ask alike, and are answered alike, so that the words of
# the answer are nobody's own; Ruth's has details that are hers.
{
	i=1
	for who in Ruth Simon Tara; do
		lower=$(echo "$who" | tr RST rst)
		mail "$who Zabel" "$lower@example.com" $i \
		    'warped kadhai' <<M
The kadhai that I bought is warped and wobbles on the flame. My order is
ZZ-9000$i. I live in ${who}borough Villas, my phone is +91 98450 0011$i.
M
		to="$lower@example.com" mail 'Priya Nair' help@shop.example \
		    $((i + 1)) 'Re: warped kadhai' $i <<M
Dear $who,

I am sorry that the kadhai is warped. A new one of order ZZ-9000$i leaves
our warehouse on Thursday, 26 November and needs no signature. Please keep
the old one, it can be recycled with metal. The courier comes to ${who}borough
Villas and will ring +91 98450 0011$i.

Priya
M
		i=$((i + 2))
	done
} >"$T/past"
mail 'Vera Quist' vera@example.com 20 'warped kadhai' >"$T/new" <<'M'
Hello, my kadhai is warped and wobbles on the flame, order AB-55512.
M
cn-import "$T/past" >/dev/null
cn-import "$T/new" | cn-classify >"$T/line"
status 'a question' 0 from "$T/line" cn-reply-suggest --max 5
cp "$T/out" "$T/r1"
is 'a line for it, else as it came' \
    "$(sed 's/,"replies":.*/}/' "$T/r1")" "$(cat "$T/line")"
is 'members of a reply' "$(jq -c '[.replies[] | select(.masked == null)][0] |
    keys_unsorted' "$T/r1")" \
    '["rank","score","source","text","language","slots","unfilled"]'
is 'ranks count up, scores down, the language of the customer first' \
    "$(jq '.replies | (map(.rank) == [range(1; length + 1)]) and
	(map(.score) | . == (sort | reverse)) and
	all(.language == "en")' "$T/r1")" true
# How far back.  Of answers that are alike, the newest is Tara's.
source_of() {
	cn-reply-suggest "$@" "$T/line" | jq -r '[.replies[].source.message //
	    empty][0]'
}
tara=$(cn-query --format jsonl is:out |
    jq -r 'select(.to[0].address == "tara@example.com") | .id')
is '--past 1: the newest alone' "$(source_of --past 1)" "$tara"
ok 'control: among all it is another' test "$(source_of)" != "$tara"
status '--past 0' 2 cn-reply-suggest --past 0 "$T/line"

# A sentence encoder, made up: it has a say in the score of past answers.
"$B/../unit/encoder" --make "$T/encoder" >/dev/null
status 'with an encoder' 0 env CN_ENCODER="$T/encoder" \
    cn-reply-suggest --max 5 "$T/line"
is 'it is named where it had a say' "$(jq -c '[.replies[] |
    select(.source.message) | .model // "" | test("^encoder:[0-9a-f]{16}$")] |
    length > 0 and all' "$T/out")" true
is 'and nowhere else' "$(jq -c '[.replies[] | select(.source.macro) |
    has("model")] | length > 0 and (any | not)' "$T/out")" true
is 'control: without, in no reply' \
    "$(jq '[.replies[] | has("model")] | any' "$T/r1")" false
cp "$T/out" "$T/e1"
CN_ENCODER="$T/encoder" cn-reply-suggest --max 5 "$T/line" >"$T/e2"
ok 'the same again' cmp "$T/e1" "$T/e2"
head -c 100000 "$T/encoder" >"$T/cut"
status 'a damaged one' 5 env CN_ENCODER="$T/cut" cn-reply-suggest "$T/line"
like 'is named' "$(cat "$T/err")" 'cut: encoder damaged'
status 'one that is not there' 78 env CN_ENCODER="$T/none" \
    cn-reply-suggest "$T/line"
like 'says how to have it' "$(cat "$T/err")" 'hint: .make encoder'

jq -r '.replies[] | select(.source.message) | .text' "$T/r1" >"$T/past.txt"
like 'a past answer is among them' "$(cat "$T/past.txt")" 'can be recycled'
like 'with the new name and order' "$(tr '\n' ' ' <"$T/past.txt")" \
    'Dear Vera Quist, .* one of order AB-55512'
like 'a day stays open' "$(cat "$T/past.txt")" 'on \{date\}'
is 'and is listed' "$(jq -c '[.replies[] | select(.source.message)][0] |
    [.slots, .unfilled]' "$T/r1")" \
    '[{"name":"Vera Quist","order":"AB-55512"},["date","agent"]]'
is 'nothing of the others' "$(jq -r '.replies[].text' "$T/r1" | grep -iE \
    'ruth|simon|tara|zabel|ZZ-|98450|borough|villas|26 nov')" ''
like 'control: the answers had it' "$(cat "$T/past")" \
    'Simonborough[[:space:]]*.*|98450 00113'
id=$(jq -r '[.replies[] | select(.source.message)][0].source.message' "$T/r1")
like 'the source is a message of the store' "$(cn-query --raw "$id")" \
    'From: Priya Nair'
is '--no-history: macros only' "$(cn-reply-suggest --no-history \
    --min-score 0 <"$T/line" | jq -c '[.replies[].source | keys[0]] |
    unique')" '["macro"]'
is '--max 1' "$(cn-reply-suggest --max 1 <"$T/line" | jq '.replies | length')" 1
is '--min-score 1' "$(cn-reply-suggest --min-score 1 <"$T/line" |
    jq -c .replies)" '[]'
is '--agent fills its slot' "$(cn-reply-suggest --agent Tom <"$T/line" |
    jq -c '[.replies[] | select(.source.message)][0].slots.agent')" '"Tom"'

status 'a name of two lines is none' 2 cn-reply-suggest --agent 'Tom
Bcc: eve@example.com' "$T/line"
status 'nor is nothing' 2 cn-reply-suggest --agent '' "$T/line"

# Whose owner objects is no source.
cn-import "$T/new" | cn-classify | cn-reply-suggest >/dev/null
sql "UPDATE person SET may = 1 WHERE kind = 'customer' AND id NOT IN
    (SELECT person FROM message WHERE pub = '$(jq -r .id "$T/line")')"
is 'who objects is no source' "$(cn-reply-suggest --max 9 <"$T/line" |
    jq -c '[.replies[].source | select(.message)]')" '[]'
sql 'UPDATE person SET may = 7'

# A name that many are called is no usual word.
(
	CN_HOME=$T/h4 CN_KEYS=$T/k4
	cn-store init -q 2>/dev/null
	cp "$T/home/config.yaml" "$CN_HOME"
	i=1
	for who in 'Anna Weber' 'Anna Koch' 'Jan Weber' 'Tim Weber' 'Anna Rao' \
	    'Nils Frost'; do
		mail "$who" "n$i@example.com" $i 'lost parcel' <<M
Where did you leave my parcel? The courier says that it was left.
$([ "$who" != 'Nils Frost' ] || echo 'It is with a neighbour, he says.')

$who
M
		[ "$who" != 'Nils Frost' ] || left='Anna Weber'
		to="n$i@example.com" mail 'Priya Nair' help@shop.example \
		    $((i + 1)) 'Re: lost parcel' $i <<M
The courier has left your parcel, he says, and you can ask for it there.
It was with your neighbour and with ${left-us} all the time.
M
		i=$((i + 2))
	done
	mail 'Vera Quist' vera@example.com 20 'lost parcel' <<'M'
Where did you leave my parcel? It is with a neighbour, he says.
M
) >"$T/called"
named=$(CN_HOME=$T/h4 CN_KEYS=$T/k4 cn-import "$T/called" 2>/dev/null |
    tail -n 1 >"$T/q"; CN_HOME=$T/h4 CN_KEYS=$T/k4 cn-reply-suggest \
    --max 9 "$T/q" | jq -c '[.replies[] | select(.source.message)] | [length > 0,
    (tojson | test("Anna|Weber"))]')
is 'a name that many are called is no usual word' "$named" '[true,false]'

# Stored once, sealed.
cn-reply-suggest --max 5 <"$T/line" >"$T/r2"
is 'the same again' "$(cat "$T/r2")" "$(cat "$T/r1")"
is 'one event' "$(sql "SELECT count(*) FROM event WHERE kind = 'suggested'")" 1
sql "SELECT hex(replies) FROM message WHERE replies IS NOT NULL" >"$T/cell"
cn-reply-suggest --max 5 <"$T/line" >/dev/null
is 'what is there is not written anew' \
    "$(sql "SELECT hex(replies) FROM message WHERE replies IS NOT NULL")" \
    "$(cat "$T/cell")"
is 'the store gives it back' \
    "$(cn-query --format jsonl "id:$(jq -r .id "$T/line")" | jq -cS .replies)" \
    "$(jq -cS .replies "$T/r1")"
is 'sealed' "$(sqlite3 "$db" .dump | grep -c 'be recycled')" 0

# As mail.
cn-reply-suggest --format rfc822 --max 1 --now 2026-11-24 --no-store \
    <"$T/line" >"$T/draft"
like 'a draft answers' "$(cat "$T/draft")" '^In-Reply-To: <m20@shop.example>'
like 'in its thread' "$(cat "$T/draft")" '^References: <m20@shop.example>'
like 'with Re:' "$(cat "$T/draft")" '^Subject: Re: warped kadhai$'
like 'from the desk' "$(cat "$T/draft")" '^From: "Shop Example" <help@shop.ex'
like 'to the customer' "$(cat "$T/draft")" '^To: "Vera Quist" <vera@example'
like 'marked' "$(cat "$T/draft")" '^X-CN-Draft: rank=1; score=0\.'
# RFC 5322, 3.6.2: to all who are to be answered.
(
	CN_HOME=$T/h3 CN_KEYS=$T/k3
	cn-store init -q 2>/dev/null
	cp "$T/home/config.yaml" "$CN_HOME"
	mail 'Vera Quist' vera@example.com 1 kettle <<'M'
My kettle is broken. The order is AB-55512.
M
	to=vera@example.com mail 'Priya Nair' help@shop.example 2 \
	    'Re: kettle' 1 <<'M'
we have got your message. The ticket of the workshop for it is W-7788.
M
	i=2
	for extra in 'X-None: 0' 'Reply-To: Wes <wes@example.com>,
 vera@example.com, help@shop.example, nobody, WES@example.com' \
	    'Reply-To: a@x.test, b@x.test, c@x.test, d@x.test, e@x.test,
 f@x.test, g@x.test, h@x.test, i@x.test' 'Reply-To: help@shop.example'; do
		i=$((i + 1))
		mail 'Vera Quist' vera@example.com $i 'Re: kettle' 2 <<'M'
My kettle is still broken. What is the ticket of the workshop for it?
M
	done
) >"$T/several"
several() {	# NUMBER: the drafts that answer it
	CN_HOME=$T/h3 CN_KEYS=$T/k3 cn-reply-suggest --format rfc822 \
	    --max 3 --min-score 0 <"$T/several.$1"
}
tos() {
	several "$1" | tr -d '\r' | sed -n '/^To:/,/^[^ T]/p' |
	    grep -E '^(To:| )' | tr -d '\n' | sed 's/To:/|/g' |
	    cut -d '|' -f 2 | sed 's/^ *//'
}
CN_HOME=$T/h3 CN_KEYS=$T/k3 cn-import "$T/several" 2>/dev/null |
    CN_HOME=$T/h3 CN_KEYS=$T/k3 cn-classify >"$T/lines3"
for i in 3 4 5 6; do
	sed -n "${i}p" "$T/lines3" >"$T/several.$i"
done
is 'without Reply-To to the sender' "$(tos 3)" '"Vera Quist" <vera@example.com>'
is 'with it to all there, once, and not to the desk' "$(tos 4)" \
    '"Wes" <wes@example.com>, vera@example.com'
is 'of many to eight' "$(tos 5 | tr -cd @ | wc -c)" 8
is 'to the sender where it names the desk alone' "$(tos 6)" \
    '"Vera Quist" <vera@example.com>'
like 'control: who got the ticket may see it' "$(several 3)" 'W-7788'
like 'not where one would who did not: a draft' "$(several 4)" '^X-CN-Draft'
unlike 'without it' "$(several 4)" 'W-7788'
if have python3; then
	cat >"$T/mail.py" <<'P'
import email, email.policy, mailbox, sys
m = email.message_from_bytes(mailbox.mbox(sys.argv[1])[0].as_bytes(),
    policy=email.policy.default)
print(m.defects, m['subject'], m['to'], m['in-reply-to'], m['references'],
    m['message-id'].endswith('@shop.example>'), len(m.get_content()) > 60)
P
	is 'as Python reads it' "$(python3 "$T/mail.py" "$T/draft")" \
	    '[] Re: warped kadhai Vera Quist <vera@example.com> <m20@shop.example> <m20@shop.example> True True'
fi
# Nothing is known of it, and no word is any macro's.
jq -c '.text = "σίδερο" | .subject = null | .class = {best: null}' "$T/line" \
    >"$T/unknown"
is 'no draft from nothing' "$(cn-reply-suggest --no-store "$T/unknown" |
    jq -c .replies)" '[]'
is 'control: from a category alone' "$(jq -c '.class = {best: "refund",
    category: "refund", confidence: 0.9}' "$T/unknown" | cn-reply-suggest \
    --no-store | jq '.replies | length > 0')" true
subject() {
	jq -c --arg s "$1" '.subject = $s' "$T/line" | cn-reply-suggest \
	    --format rfc822 --max 1 --no-store | sed -n 's/^Subject: //p'
}
is 'one Re: for what others count or call it' "$(subject 'Re[2]: AW : x'
    subject 'SV: VS: Antw: re: x'; subject 'RES: R: RIF: x'
    subject 'Vá: ΣΧΕΤ: Απ: x'; subject 'Return: re x')" 'Re: x
Re: x
Re: x
Re: x
Re: Return: re x'
# RFC 5322, 3.6.4: what the parent refers to, and the parent.
jq -c '.references = ["a@x.example", "b@x.example"] | .in_reply_to =
    "b@x.example" | .subject = "RE: Aw: grüße"' "$T/line" |
    cn-reply-suggest --format rfc822 --max 1 --now 2026-11-24 --no-store \
    >"$T/deep"
is 'a longer thread' "$(sed -n '/^References/,/^[^ R]/p' "$T/deep" |
    tr -d '\n' | grep -oE '<[^>]*>' | tr '\n' ' ')" \
    '<a@x.example> <b@x.example> <m20@shop.example> '
is 'one Re:' "$(CN_HOME=$T/h2 CN_KEYS=$T/k2 sh -c '
    cn-store init -q && cn-import "$0/new" "$0/deep" "$0/draft"' "$T" \
    2>/dev/null | tee "$T/threaded" | jq -r .subject | sed -n 2p)" 'Re: grüße'
is 'our own threading takes them in' "$(jq -r .threaded "$T/threaded")" 'new
in-reply-to
in-reply-to'
ok 'and is a mail' sh -c "cn-classify --no-store <'$T/draft' | grep -q ."

# What agents think of drafts.
cn-reply-suggest --max 9 --min-score 0.05 "$T/line" >"$T/j0"
id=$(jq -r .id "$T/line")
rank=$(jq '[.replies[] | select(.source.macro)][0].rank' "$T/j0")
other=$(jq '[.replies[] | select(.source.macro)][1].rank' "$T/j0")
past=$(jq '[.replies[] | select(.source.message)][0].rank' "$T/j0")
score() {
	cn-reply-suggest --max 20 --min-score 0 "$T/line" | jq ".replies[] |
	    select(.source == $1) | .score"
}
msource=$(jq -c ".replies[$rank - 1].source" "$T/j0")
osource=$(jq -c ".replies[$other - 1].source" "$T/j0")
m0=$(score "$msource") o0=$(score "$osource")
cn-reply-suggest --max 9 --min-score 0.05 "$T/line" >/dev/null
status 'a draft was taken, another left' 0 cn-reply-suggest \
    --accept "$id:$rank" --reject "$id:$other" --reject "$id:$past"
is 'that says nothing' "$(cat "$T/out")" ''
is 'it moves the next scores, by a tenth each: (2 + 1) / (4 + 1) + 1/2' \
    "$(echo "[$(score "$msource"),$(score "$osource"),$m0,$o0]" | jq -c \
    '[.[0] - .[2] * 1.1, .[1] - .[3] * 0.9 | fabs < 0.011]')" '[true,true]'
cn-reply-suggest --max 9 --min-score 0.05 "$T/line" >"$T/j1"
is 'another answer takes the place of the one that was left' "$(jq -n \
    --slurpfile a "$T/j0" --slurpfile b "$T/j1" '$a[0].replies[$past - 1] as $r
    | [$b[0].replies[] | select(.source.message)][0] |
    .text == $r.text and .source != $r.source' --argjson past "$past")" true
is 'one judgement for a message and a source' "$(
    cn-reply-suggest --reject "$id:$(jq ".replies[] |
    select(.source == $msource) | .rank" "$T/j1")"
    sql 'SELECT count(*), sum(accepted) FROM feedback')" '3|0'
status 'no such message' 3 cn-reply-suggest --accept mmmmmmmmmmmmmmmmm
like 'is named' "$(cat "$T/err")" 'mmmmmmmmmmmmmmmmm: no such message'
for rank in 20 0 00 -1 1x ''; do
	status "no such rank: $rank" 3 cn-reply-suggest --reject "$id:$rank"
done
for both in "$id $id" "$id:1 $id" "$id $id:1" "$id:2 $id:02"; do
	status "not one draft in both: ${both#* }" 2 cn-reply-suggest \
	    --accept "${both% *}" --reject "${both#* }"
	like 'which is said' "$(cat "$T/err")" 'reject of one draft'
done
is 'and nothing was kept of it' "$(sql 'SELECT count(*), sum(accepted) FROM
    feedback')" '3|0'
status 'not beside reading' 2 cn-reply-suggest --accept "$id" --pending
like 'it is audited, without the ids' "$(sql "SELECT entry FROM audit WHERE
    entry LIKE '%drafts judged%'" | head -n 1)" '"count":3'
sql 'UPDATE person SET may = 5 WHERE id = (SELECT person FROM message WHERE
    pub = '"'$id')"
status 'not of who objects' 3 cn-reply-suggest --accept "$id"
sql 'UPDATE person SET may = 7'

# A judgement goes with its message, and with the answer that was judged.
cp -a "$CN_HOME" "$T/home2" && cp -a "$CN_KEYS" "$T/keys2"
erase() {
	cn-purge -n -s "$1" >"$T/plan" && cn-purge --apply "$T/plan" >/dev/null
	sql 'SELECT count(*) FROM feedback'
}
drawn=$(sql 'SELECT leaf FROM message WHERE id = (SELECT max(draft) FROM
    feedback)')
who=$(cn-query "id:$(sql "SELECT pub FROM message WHERE leaf = $drawn AND
    direction = 'in' LIMIT 1")" --format jsonl | jq -r .from.address)
is 'of whom the answer was to' "$(erase "$who")" 2
is 'the plan counts it' "$(jq .counts.judged_drafts "$T/plan")" 1
is 'of who asked' "$(erase vera@example.com)" 0
status 'and it is proved' 0 cn-purge --prove \
    "$(sql 'SELECT pub FROM erasure ORDER BY id DESC LIMIT 1')"
rm -r "$CN_HOME" "$CN_KEYS"
mv "$T/home2" "$CN_HOME" && mv "$T/keys2" "$CN_KEYS"

# Our own macros: each in every language, with the same open places (of Polish
# without the name, which it would have to decline), closed and signed.
slots() {	# FILE: macro, language, slots but {name}, how it ends
	awk '
	function say() {
		if (lang != "")
			print id, lang, "order" order "date" date, end
		lang = ""
	}
	/^[a-z-]+:$/ { say(); id = $1 }
	/^    [a-zA-Z-]+: [|]$/ {
		say()
		lang = $1; order = date = 0; end = "open"
	}
	/[{]order}/ { order = 1 }
	/[{]date}/ { date = 1 }
	$0 != "" {
		end = "open"
		if ($0 == "      {agent}" && last ~ /[^.,:{ ]$/)
			end = "closed"
	}
	{ last = $0 }
	END { say() }' "$1"
}
slots "$root/lib/desk/reply/macros.yaml" >"$T/slots"
is 'every macro is there in nine languages' "$(cut -d ' ' -f 1 "$T/slots" |
    uniq -c | awk '{ print $1 }' | sort -u)" 9
is 'with the same places to fill' "$(awk '{ print $1, $3 }' "$T/slots" |
    sort -u | cut -d ' ' -f 1 | uniq -d)" ''
is 'and all are closed and signed' "$(awk '$NF != "closed"' "$T/slots")" ''
printf 'a:\n    en: |\n      {order}\n\n      Best\n      {agent}\n    de: |\n      Na\n' \
    >"$T/bad.yaml"
is 'control: others are not' "$(slots "$T/bad.yaml" | xargs)" \
    'a: en: order1date0 closed a: de: order0date0 open'
for lang in it:Gentile nl:Beste pl:Dzień; do
	like "a draft in ${lang%:*}" "$(jq -c --arg l "${lang%:*}" \
	    '.class.language = $l | del(.id)' "$T/line" | cn-reply-suggest \
	    --no-history -n 1 | jq -r '.replies[0] | .language, .text' |
	    xargs -0)" "^${lang%:*}"
	like 'with its salutation' "$(jq -c --arg l "${lang%:*}" \
	    '.class.language = $l | del(.id)' "$T/line" | cn-reply-suggest \
	    --no-history -n 1 | jq -r '.replies[0].text')" "^${lang#*:}"
done
is 'an answer to no subject has none of its own' "$(printf \
    'From: a@example.com\nTo: help@shop.example\n\nWhere is it?\n' |
    cn-reply-suggest --no-history --min-score 0 -n 1 --format rfc822 |
    grep '^Subject')" 'Subject: Re:'

# Macros of one's own; a language that is not there.
cat >"$T/m.yaml" <<'Y'
hello:
  category: delivery_problem
  text:
    en: "Hello {name}, {order} {voucher}"
    de: "Hallo {name}"
Y
cn-reply-suggest --macros "$T/m.yaml" --no-history --min-score 0 \
    <"$T/line" >"$T/own"
is '--macros' "$(jq -r '.replies[].text' "$T/own")" \
    'Hello Vera Quist, AB-55512 {voucher}'
is 'an unknown slot stays' "$(jq -c '.replies[].unfilled' "$T/own")" \
    '["voucher"]'
jq -c '.class.language = "de"' "$T/line" | cn-reply-suggest --macros \
    "$T/m.yaml" --no-history --min-score 0 >"$T/own"
is 'the language of the customer' "$(jq -r '.replies[].text' "$T/own")" \
    'Hallo Vera Quist'
sed 's/{voucher}/{asked}/' "$T/m.yaml" >"$T/m2.yaml"
is 'the day on which it was written' "$(cn-reply-suggest --macros \
    "$T/m2.yaml" --no-history --min-score 0 <"$T/line" | jq -c \
    '.replies[0] | [.text, .slots.asked, .unfilled]')" \
    '["Hello Vera Quist, AB-55512 2026-11-23","2026-11-23",[]]'
sed 's/{voucher}/4111 1111 1111 1111/' "$T/m.yaml" >"$T/m2.yaml"
status 'a macro with a card' 0 from "$T/line" cn-reply-suggest --macros \
    "$T/m2.yaml"
is 'is warned of' "$(cat "$T/err")" "cn-reply-suggest: macro hello: it has \
what looks like somebody's number (card), and is shown to everybody"
cp "$T/m.yaml" "$CN_HOME/macros.yaml"
is '$CN_HOME/macros.yaml is taken by itself' "$(cn-reply-suggest \
    --no-history --min-score 0 <"$T/line" | jq -r '.replies[].source.macro')" \
    hello
rm "$CN_HOME/macros.yaml"
echo 'hello: 7' >"$T/bad.yaml"
status 'bad macros: 78' 78 from "$T/line" cn-reply-suggest \
    --macros "$T/bad.yaml"
like 'with the line' "$(cat "$T/err")" 'bad.yaml:1: '
many() {
	seq "$1" | sed 's/.*/m&: { category: c&, text: { en: "Dear {name}" } }/'
	[ $# -eq 1 ] || echo "$2"
}
limit() {	# NAME STATUS WORDS
	status "$1" "$2" from "$T/line" cn-reply-suggest --no-store \
	    --macros "$T/bad.yaml"
	like 'and says so' "$(cat "$T/err")" "$3"
}
many 60000 'm7: { text: { en: x } }' >"$T/bad.yaml"
limit 'one of 60,000 macros given twice' 78 'bad.yaml:60001: key given twice'
many 10001 >"$T/bad.yaml"
limit 'too many macros' 78 'bad.yaml: more than 10000 macros'
printf 'm: { text: { %s } }\n' "$(seq 65 | sed 's/.*/l&: x/' | paste -sd, -)" \
    >"$T/bad.yaml"
limit 'too many languages' 78 'bad.yaml:1: more than 64 languages'
sed -i 's/,l65: x//' "$T/bad.yaml"
limit 'control: as many as may be' 0 '^$'
many 10000 >"$T/bad.yaml"
limit 'control: of macros' 0 '^$'

# What is left alone.
skipped() {
	cn-import "$T/skip" | cn-classify | cn-reply-suggest |
	    jq -r '.skipped // "no"'
}
drafted() {	# FROM-ADDRESS REPLY-TO [OPTION...]: skipped, or the To of a draft
	from=$1 to_=$2
	shift 2
	{
		printf 'From: Uma Vale <%s>\nTo: help@shop.example\n' "$from"
		[ -z "$to_" ] || printf 'Reply-To: %s\n' "$to_"
		printf 'Subject: parcel\n\nWhere is my parcel?\n'
	} >"$T/whom"
	cn-classify "$T/whom" >"$T/whom.c"
	cn-reply-suggest "$@" <"$T/whom" | jq -r '.skipped // empty'
	cn-reply-suggest "$@" -n 1 --min-score 0 --format rfc822 <"$T/whom" |
	    sed -n 's/^To: //p'
}
for who in no-reply newsletter shop-newsletter bounces+42 bounce \
    Notifications mailer-daemon donotreply orders-noreply \
    our-own-little-shop-newsletter; do
	is "nobody reads $who@" "$(drafted uma@example.com \
	    "$who@example.com")" noreply
done
is 'nor the sender' "$(drafted newsletter@example.com '')" noreply
is 'unless asked for it' "$(drafted uma@example.com bounce@example.com \
    --all)" bounce@example.com
is 'control: people are read' "$(drafted bounce@example.com \
    'Notify Smith <smith@example.com>')" '"Notify Smith" <smith@example.com>'
is 'control: so are names that look alike' "$(drafted \
    nora.ply@example.com '')" '"Uma Vale" <nora.ply@example.com>'
is 'of several, who reads' "$(drafted uma@example.com \
    'noreply@example.com, ann@example.com')" ann@example.com
is 'an answer to nobody is no draft, of the store either' "$(
    extra='Reply-To: noreply@example.com' mail 'Uma Vale' uma@example.com 29 \
    parcel <<'M' | cn-import /dev/stdin | cn-classify | cn-reply-suggest |
Where is my parcel?
M
    jq -r .skipped)" noreply
extra='Auto-Submitted: auto-replied' mail 'Uma Vale' uma@example.com 30 \
    'Out of office' >"$T/skip" <<'M'
I have a question about my order.
M
is 'automatic mail' "$(skipped)" automatic
is 'the same without the mark is answered' \
    "$(sed -i -e /^Auto/d -e s/m30@/m31@/ -e 's/^Subj.*/Subject: hello/' \
    "$T/skip"; skipped)" no
to=vera@example.com mail 'Priya Nair' help@shop.example 32 \
    'Re: warped kadhai' 20 >"$T/skip" <<'M'
Dear Vera, a new one is on its way.
M
is 'an answer of ours' "$(skipped)" outgoing
is 'what was answered meanwhile' "$(cn-reply-suggest <"$T/line" |
    jq -r .skipped)" stale
# Clocks that are wrong: an answer refers to what it answers.
(
	CN_HOME=$T/h5 CN_KEYS=$T/k5
	cn-store init -q 2>/dev/null
	cp "$T/home/config.yaml" "$CN_HOME"
	mail 'Vera Quist' vera@example.com 10 clock <<'M'
My clock runs ahead.
M
	to=vera@example.com mail 'Priya Nair' help@shop.example 5 \
	    'Re: clock' 10 <<'M'
Ours does not.
M
	mail 'Vera Quist' vera@example.com 4 'Re: clock' 5 <<'M'
Thank you, and how do I set it?
M
) >"$T/clocks"
is 'what was answered by a clock that is behind' "$(export CN_HOME="$T/h5" \
    CN_KEYS="$T/k5"; cn-import "$T/clocks" >"$T/q" 2>/dev/null
    cn-reply-suggest "$T/q" | jq -r '.skipped // "no"' | xargs)" \
    'stale outgoing no'
jq -c '.class.spam = true | del(.id)' "$T/line" >"$T/spam"
is 'spam' "$(cn-reply-suggest <"$T/spam" | jq -r .skipped)" spam
sql 'UPDATE person SET may = 5'
is 'who has objected' "$(cn-reply-suggest <"$T/line" | jq -r .skipped)" \
    objected
is 'without the drafts of before' "$(jq -c '.replies = [{"text": "a"}] |
    .withheld = ["b"]' "$T/line" | cn-reply-suggest |
    jq -c '[.skipped, .replies, .withheld]')" '["objected",null,null]'
sql 'UPDATE person SET may = 7'

# Thanks that are none.
thanks() {
	jq -c --arg t "$1" '.text = $t | .subject = "Thank you" | del(.id, .class)' \
	    "$T/line" | cn-classify | cn-reply-suggest --no-history -n 20 \
	    --min-score 0 | jq -r '[.replies[].source.macro] as $m |
	    $m[0], ($m | index("praise") | type)'
}
while IFS= read -r text; do
	is "no thanks for: $text" "$(thanks "$text" | tail -n 1)" null
done <<'E'
DISGRACEFUL. Three weeks! Priya was great, thank you so much, and fixed it quickly.
Thanks for nothing, worst shop I know.
Merci pour rien, c'est honteux.
Vielen Dank auch für gar nichts, eine Frechheit ist das. Danke, danke, danke!
E
is 'but what a complaint gets' "$(thanks 'Thank you for nothing! You lied, it \
is a scam and a waste of money.' | head -n 1)" complaint
is 'control: thanks for thanks' "$(thanks 'Thank you so much, the lamp is \
wonderful!' | xargs)" 'praise number'

# What is no name fills no slot.
named() {
	jq -c --arg n "$1" '.from.name = $n | del(.id)' "$T/line" |
	    cn-reply-suggest --no-history |
	    jq -c '[.replies[0].slots.name, (.replies[0].unfilled |
	    index("name") != null)]'
}
is 'a broken encoded word is no name' "$(named '_evil=40example.com?=')" \
    '[null,true]'
is 'nor is an address' "$(named 'eve@example.com')" '[null,true]'
is 'control: a name is' "$(named 'Eve Adams')" '["Eve Adams",false]'
while IFS='|' read -r name want; do
	is "$name is called ${want:-nothing}" "$(named "$name")" \
	    "$([ -n "$want" ] && echo "[\"$want\",false]" ||
	    echo '[null,true]')"
done <<'N'
Müller, Anna|Anna Müller
Rao, Jr.|Rao, Jr.
Anna Rao via PayPal|Anna Rao
Anna Rao, CEO|Anna Rao, CEO
Anna Rao 😀 ❤|Anna Rao
रवि|रवि
A. Rao|A. Rao
anna.rao|
null|
undefined undefined|
'Anna Rao (Acme)'|Anna Rao
Support via Amazon|
Customer Service|
{agent} {order}|
https://evil.example/x|
Call 030 1234567|
-|
N

# Nor every number an order.
ordered() {
	jq -c --arg t "$1" '.text = $t | .subject = "hello" | del(.id)' \
	    "$T/line" | cn-reply-suggest --macros "$T/m.yaml" --no-history \
	    --min-score 0 | jq -r '.replies[0].slots.order'
}
is 'the order is what is called so' "$(ordered 'I am customer number 48213
and it is invoice RE-20261. The order was AB-55512.')" AB-55512
is 'what is called something else is none' \
    "$(ordered 'Meine Kundennummer ist 48213, Rechnung RE-20261.')" null
is 'control: without a word it is one' "$(ordered 'About 48213, please.')" \
    48213

# What we said before in the same conversation, to those whom we said it.
mail 'Xenia Lund' xenia@example.com 40 'teapot' >"$T/talk" <<'M'
My teapot has not come yet. Has it been sent?
M
to='xenia@example.com, "Yves Lund" <yves@example.com>' mail 'Priya Nair' \
    help@shop.example 41 'Re: teapot' 40 >>"$T/talk" <<'M'
Dear Xenia, with the teapot of the parcel,

Your teapot has been sent. The tracking number of the parcel is ÄB-77120 {x}.

Would you like a cup as well?

Priya
M
cn-import "$T/talk" >/dev/null 2>&1
asks() {
	mail "$1" "$2" "$3" 'Re: teapot' 41 >"$T/q" <<'M'
What was the tracking number of the parcel with my teapot again?
M
	cn-import "$T/q" 2>/dev/null | cn-classify |
	    cn-reply-suggest --max 9 | tee "$T/t" |
	    jq -c '[.replies[] | select(.source.span)]'
}
is 'a span of the conversation' "$(asks 'Xenia Lund' xenia@example.com 42 |
    jq -r '.[].text')" \
    'Your teapot has been sent. The tracking number of the parcel is ÄB-77120 {x}.'
from=$(jq -r '[.replies[].source | select(.span)][0].message' "$T/t")
is 'is where its source says' "$(cn-query "id:$from" --format jsonl | jq -r \
    --argjson s "$(jq -c '[.replies[].source | select(.span)][0].span' \
    "$T/t")" '.text[$s[0]:$s[1]]')" \
    "$(jq -r '[.replies[] | select(.source.span)][0].text' "$T/t")"
is 'it is quoted: nothing filled, nothing open' "$(jq -c \
    '[.replies[] | select(.source.span)][0] | [.slots, .unfilled]' "$T/t")" \
    '[{},[]]'
like 'also for who got a copy' "$(asks 'Yves Lund' yves@example.com 43)" \
    'ÄB-77120'
is 'not for who only knows its Message-ID' \
    "$(asks 'Mallory Fox' mallory@example.com 44)" '[]'
like 'control: it is the same conversation' "$(jq -r .conversation "$T/t")" \
    "^$(cn-query "id:$from" --format jsonl | jq -r .conversation)$"
is 'not for an address that the answer would go to beside' \
    "$(extra='Reply-To: mallory@example.com' asks 'Xenia Lund' \
    xenia@example.com 45)" '[]'
sql "UPDATE person SET may = 5 WHERE id IN (SELECT person FROM message WHERE
    pub = '$from')"
is 'not where its owner objects' \
    "$(asks 'Yves Lund' yves@example.com 46)" '[]'
sql 'UPDATE person SET may = 7'

# In which language is 'ok'?  In that of the conversation.
mail 'Xaver Lind' xaver@example.com 60 Hallo >"$T/talk" <<'M'
Guten Tag, ich möchte meine Bestellung gern stornieren, geht das noch?
M
to='xaver@example.com' mail 'Priya Nair' help@shop.example 61 'Re: Hallo' \
    60 >>"$T/talk" <<'M'
Guten Tag, das geht noch. Sollen wir alle drei Artikel stornieren?
M
cn-import "$T/talk" 2>/dev/null | cn-classify >/dev/null
mail 'Xaver Lind' xaver@example.com 62 'Re: Hallo' 61 >"$T/q" <<'M'
ok
M
cn-import "$T/q" 2>/dev/null | cn-classify | cn-reply-suggest >"$T/t"
is 'ok is of the language of its conversation' "$(jq -c \
    '[.class.language, .class.category, (.replies[0] |
    .source.macro, .language)]' "$T/t")" \
    '[null,"cancel_order","cancel-order","de"]'

# Two answers that are nearly the same are one draft.
for i in 50 52 54; do
	to='' mail 'Wanda Rook' wanda@example.com $i 'wobbly table' <<'M'
The table that I bought is wobbly on the floor, what can I do about it?
M
	to='wanda@example.com' mail 'Priya Nair' help@shop.example \
	    $((i + 1)) 'Re: wobbly table' $i <<M
Please keep the old one, a new one leaves our warehouse $((i % 10)) and needs no
signature. I am sorry that the kadhai is warped, the metal can be recycled.
M
done >"$T/twins"
sed -i 's/^To: $/To: help@shop.example/' "$T/twins"
cn-import "$T/twins" >/dev/null 2>&1
mail 'Vera Quist' vera@example.com 57 'wobbly table' >"$T/new" <<'M'
The table that I bought is wobbly on the floor, what can I do about it?
M
is 'near-duplicates are shown once' "$(cn-import "$T/new" 2>/dev/null |
    cn-classify | cn-reply-suggest --max 9 | jq -r '.replies[].text' |
    grep -c '^Please keep the old one')" 1

# --pending.
sql 'UPDATE message SET suggested = NULL, replies = NULL'
cn-reply-suggest --pending >"$T/p"
is '--pending answers all that came in' "$(jq -r .id "$T/p" | sort)" \
    "$(cn-query --format ids is:in | sort)"
is 'until nothing is left' "$(cn-reply-suggest --pending)" ''

# The sample: no answer shows a name, address, number or mail of anybody but
# the reader.
cp "$sample/config.yaml" "$CN_HOME/config.yaml"
cn-import "$sample/shop.mbox" 2>/dev/null | cn-classify >"$T/c"
jq -c 'select(.direction == "in") | del(.id) |
    .text |= (.[:60] | gsub("[A-Z]+-[0-9]*"; "")) |
    .from = {name: "Zoe Quist", address: "zoe@example.com"} |
    .subject |= gsub("[A-Z]+-[0-9]+"; "")' "$T/c" |
    cn-reply-suggest --max 9 >"$T/s"
jq -r '.replies[]? | select(.source.message) | .text' "$T/s" >"$T/texts"
ok 'the sample has past answers' test "$(grep -c 'Zoe Quist' "$T/texts")" -gt 7
jq -r 'select(.direction == "in") | .from.name // empty | splits(" ")' \
    "$T/c" | grep -xE '.{4,}' | sort -u >"$T/names"
grep -vxFi -e Quist -e Zoe -e Lotus -e Loom -e Mark -e Grace -e Stone -e Delivery \
    "$T/names" >"$T/n"
is 'no name' "$(grep -owFf "$T/n" "$T/texts" | sort -u)" ''
ok 'control: the mails are full of them' \
    grep -qwFf "$T/n" "$sample/shop.mbox"
is 'no order number, phone or address' "$(grep -oE \
    'LL-[0-9]+|[0-9]{5,}|\+[0-9][0-9 ]{7,}|[a-z.]+@[a-z.]+' "$T/texts" |
    sort -u)" ''
finish
