#!/bin/sh
# cn-query: every term, words of every language, formats, limits.
. "$(dirname "$0")/lib.sh"
have jq && have sqlite3 || {
	echo '1..0 # SKIP jq and sqlite3 are needed'
	exit 0
}
sample=$root/tests/sample
cn-store init -q || exit 1
cp "$sample/config.yaml" "$CN_HOME/config.yaml"
chmod 600 "$CN_HOME/config.yaml"
cn-import "$sample/shop.mbox" "$sample/chat.jsonl" >"$T/lines" 2>/dev/null
total=$(wc -l <"$T/lines")

n() {
	cn-query --format ids -- "$@" | wc -l
}

# same NAME JQ TERM...: the terms find what jq finds on the lines
same() {
	_name=$1
	jq -r "select($2) | .id" "$T/lines" | sort >"$T/want"
	shift 2
	cn-query --format ids -- "$@" | sort >"$T/got"
	is "$_name" "$(diff "$T/want" "$T/got" | head -n 3)" ''
	[ -s "$T/want" ] || diag "nothing is to be found: $*"
}

is 'no term: everything' "$(n)" "$total"
cn-query | jq -c 'del(.status)' >"$T/got"
jq -c 'del(.status, .known)' "$T/lines" >"$T/want"
is 'in order, with the words of the import' \
    "$(diff "$T/want" "$T/got" | cut -c 1-200 | head -n 3)" ''

# --- terms ---

same 'channel:' '.channel == "chat"' channel:chat
same 'direction:' '.direction == "out"' direction:out
same 'is:in' '.direction == "in"' is:in
same 'is:out' '.direction == "out"' is:out
same 'is:automatic' '.automatic' is:automatic
same 'from:' '.from.address == "anika.rao@example.com"' \
    from:anika.rao@example.com
same 'from: in any case' '.from.address == "anika.rao@example.com"' \
    from:Anika.Rao@EXAMPLE.com
same 'to:' '[.to[]?, .cc[]? | .address] |
    index("anika.rao@example.com")' to:anika.rao@example.com
same 'person:' '[.from, .to[]?, .cc[]? | .address?] |
    index("anika.rao@example.com")' person:anika.rao@example.com
same 'since:' '.date >= "2026-11-01T00:00:00Z"' since:2026-11-01T00:00:00Z
same 'until:' '.date < "2026-11-01T00:00:00Z"' until:2026-11-01T00:00:00Z
same 'a day is one of the zone' '.date >= "2026-11-01T18:30:00Z" and
    .date < "2026-11-02T18:30:00Z"' since:2026-11-02 until:2026-11-03
same 'two terms' '.channel == "email" and .direction == "out"' \
    channel:email direction:out
same 'one operand' '.channel == "email" and .direction == "out"' \
    'channel:email direction:out'
same 'negated' '.channel != "chat"' -channel:chat
same 'negated by !' '.direction != "out"' '!is:out'
same 'negated person' '.from.address != "anika.rao@example.com"' \
    -from:anika.rao@example.com
id=$(head -n 1 "$T/lines" | jq -r .id)
conversation=$(head -n 1 "$T/lines" | jq -r .conversation)
ticket=$(head -n 1 "$T/lines" | jq -r .ticket)
same 'id:' ".id == \"$id\"" "id:$id"
same 'conversation:' ".conversation == \"$conversation\"" \
    "conversation:$conversation"
same 'ticket:' ".ticket == $ticket" "ticket:$ticket"
is 'is:answered and is:unanswered' \
    "$(n is:in is:unanswered) $(n is:in -is:unanswered)" \
    "$(n is:unanswered) $(($(n is:in) - $(n is:unanswered)))"
ok 'both are there' [ "$(n is:answered)" -gt 10 -a "$(n is:unanswered)" -gt 10 ]
is 'open and closed are all' $(($(n is:open) + $(n is:closed))) "$total"
is 'nothing is classified yet' "$(n is:classified) $(n is:unclassified)" \
    "0 $total"
sqlite3 "$CN_HOME/store.db" "UPDATE message SET category = 'refund', priority =
    'high', sentiment = 'angry', language = 'de', spam = 1, abstained = 1,
    dsr = 'erasure', classified = 1 WHERE pub = '$id'"
for t in category:refund priority:high sentiment:angry language:de is:spam \
    is:abstained is:dsr is:classified; do
	is "$t" "$(cn-query --format ids "$t")" "$id"
	is "-$t" "$(n "-$t")" $((total - 1))
done
is 'status:' "$(n status:open)" "$(n is:open)"
is 'nobody' "$(n from:nobody@example.com)" 0

# --- words, each by a mail of our own ---

mkdir "$T/w"
w() {			# NAME SUBJECT TEXT
	printf '%s\n' 'From: w@example.com' 'To: support@lotusloom.example' \
	    'Content-Type: text/plain; charset=utf-8' \
	    'Content-Transfer-Encoding: 8bit' "Subject: $2" '' "$3" \
	    >"$T/w/$1.eml"
	cn-import "$T/w/$1.eml" | jq -r .id >"$T/w/$1"
}
finds() {		# NAME TERM...
	_w=$1
	shift
	is "$_w: $*" "$(cn-query --format ids -- from:w@example.com "$@")" \
	    "$(cat "$T/w/$_w")"
}
w en 'The Quick parcel' 'Order QX-4711 isn'\''t here, zebrafish'
w de 'Rückgabe' 'Die Straße ist gesperrt, Größe Übergröße'
w fr 'Reçu' "J'ai été débité d'une façon étrange, cœur"
w es 'Mañana' '¿Dónde está el envío del pingüino?'
w hi 'नमस्ते' 'मेरा ऑर्डर कहाँ है, paisa wapas chahiye'
w ja '注文' '東京都の荷物がまだ届きません'
finds en zebrafish
finds en ZebraFish
finds en qx-4711
finds en 4711 quick
finds en '"zebrafish quick"'
finds de rückgabe
finds de RÜCKGABE
finds de strasse
finds de STRASSE größe
finds fr reçu
finds fr façon débité
finds es mañana PINGÜINO
finds hi नमस्ते
finds hi ऑर्डर wapas
finds ja 東京
finds ja 京都
finds ja 荷物
finds ja 東京都 注文
finds ja 届
is 'a word that is not there' "$(n zebrafisch)" 0
is 'part of a word is none' "$(n zebrafis)" 0
is 'characters that do not stand together' "$(n 東都)" 0
all=$(n from:w@example.com)
is 'without a word' "$(n from:w@example.com -zebrafish)" $((all - 1))
is 'without either of two' \
    "$(n from:w@example.com -zebrafish -pingüino)" $((all - 2))
is 'without both at once, in one term' \
    "$(n from:w@example.com '-"zebrafish pingüino"')" "$all"
is 'one with, one without' "$(n zebrafish -quick)" 0
finds en zebrafish -pingüino
status 'a word without a letter' 2 cn-query '???'
like 'is named' "$(cat "$T/err")" "no letter or digit in '\\?\\?\\?'"
status 'also negated' 2 cn-query -- zebrafish '-!!'
status 'an unknown term' 2 cn-query colour:red
like 'has a hint' "$(cat "$T/err")" '^hint: terms: is:'
status 'an unknown state' 2 cn-query is:blue

# --- limits and answers ---

is '--limit 3' "$(cn-query --format ids --limit 3 | wc -l)" 3
is '-l 3 with a word thinned out' "$(cn-query --format ids -l 3 -- from:w@example.com \
    -zebrafish | wc -l)" 3
is '--limit beyond' "$(cn-query --format ids -l 100000 from:w@example.com |
    wc -l)" "$all"
status '--exit-code: nothing is 1' 1 cn-query --exit-code zebrafisch
is 'and silent' "$(cat "$T/out" "$T/err")" ''
status '--exit-code: something is 0' 0 cn-query --exit-code zebrafish
status 'without it nothing is 0' 0 cn-query zebrafisch

# --- formats ---

is 'jsonl is the default in a pipe' \
    "$(cn-query zebrafish | jq -r .id)" "$(cat "$T/w/en")"
is '--refs has nothing personal' "$(cn-query --refs zebrafish |
    jq -c '[.from, .to, .subject, .text, .message_id, .attachments] | unique')" \
    '[null]'
cn-query --format csv zebrafish >"$T/csv"
is 'csv: a head and a row' "$(wc -l <"$T/csv")" 2
like 'csv: the fields of the table' "$(head -n 1 "$T/csv")" \
    '^id,conversation,ticket,channel,direction,status,from,to,subject,date,category'
w evil '=HYPERLINK("http://x.test","a")' 'formulacell'
cn-query --format csv formulacell >"$T/csv"
unlike 'csv: no cell begins like a formula' "$(tail -n 1 "$T/csv")" \
    '(^|,)"?[=+@]'
like 'csv: but it is all there' "$(tail -n 1 "$T/csv")" 'HYPERLINK'
is 'tsv: as many cells in each row' "$(cn-query --format tsv formulacell |
    awk -F '\t' '{ print NF }' | sort -u | wc -l)" 1
cn-query --format table zebrafish >"$T/table"
like 'table: names its columns' "$(head -n 1 "$T/table")" \
    '^ *id +date +from +category +subject'
like 'table: a row' "$(cat "$T/table")" 'w@example.com .*The Quick parcel'
w esc 'red =?utf-8?q?=1B[31m?= text =?utf-8?q?=E2=80=AE?= rtl' 'escapes'
cn-query --format table escapes >"$T/table"
not_ok 'table: no control characters, no bidi' \
    grep -q "$(printf '\033\\|\342\200\256')" "$T/table"
cn-query --format mbox channel:email >"$T/mbox"
is 'mbox: importing it again changes nothing' "$(cn-import "$T/mbox" |
    jq -c .known | sort -u)" true
is 'mbox: as many mails' "$(cn-query channel:email --format ids | wc -l)" \
    "$(cn-import --refs "$T/mbox" | wc -l)"
if have python3 && python3 -c 'import os; os.openpty()' 2>/dev/null; then
	cat >"$T/term.py" <<'END'
import os, pty, sys
out = b""
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
while True:
    try:
        b = os.read(fd, 4096)
    except OSError:
        break
    if not b:
        break
    out += b
os.waitpid(pid, 0)
sys.stdout.buffer.write(out)
END
	like 'a table on a terminal' \
	    "$(python3 "$T/term.py" cn-query zebrafish | head -n 1)" 'subject'
else
	skip 'a table on a terminal' 'no python3, or no terminal to be had'
fi
finish
