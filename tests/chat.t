#!/bin/sh
# Chat: lines of our own, ratings, and what other programs export.
. "$(dirname "$0")/lib.sh"
have sqlite3 && have jq && have python3 || {
	echo '1..0 # SKIP sqlite3, jq and python3 are needed'
	exit 0
}

db() {
	sqlite3 "$CN_HOME/store.db" "$1"
}

fresh() {
	rm -rf "$CN_HOME" "$CN_KEYS"
	cn-store init -q || exit 1
	printf 'desk:\n  - "@lotusloom.example"\n' >"$CN_HOME/config.yaml"
	chmod 600 "$CN_HOME/config.yaml"
}

from() {
	_in=$1
	shift
	"$@" <"$_in"
}

# --- lines of our own ---

fresh
# chat MEMBERS: a line of chat
chat() {
	printf '{"type":"chat","chat":"c1","at":"2026-11-23T15:00:00Z",%s}\n' "$1"
}
hi='"from":{"handle":"vera7"},"role":"customer","text":"hi"'
chat "$hi,\"device\":{\"user_agent\":\"Lynx/2.9\",\"ip\":\"203.0.113.77\",\"cookie\":\"sess-4711\"}" \
    >"$T/line"
status 'a line that tells of a device' 0 from "$T/line" cn-import
visitor=$(jq -r .device.visitor "$T/out")
is 'keeps the browser and the network' \
    "$(jq -c '.device | [.user_agent, .ip]' "$T/out")" \
    '["Lynx/2.9","203.0.113.0/24"]'
like 'and a hash of the cookie' "$visitor" '^[a-z2-7]{26}$'
id=$(jq -r .id "$T/out")
cn-query --raw "$id" >"$T/raw"
is 'no more stands in what was stored' "$(cat "$T/raw")" \
    "$(sed "s|203.0.113.77|203.0.113.0/24|;s|\"cookie\":\"sess-4711\"|\"visitor\":\"$visitor\"|" \
    "$T/line")"
is 'nor with --refs' "$(from "$T/line" cn-import --refs |
    jq -c '[.known, .device]')" '[true,null]'
is 'what was stored is the same message' \
    "$(from "$T/raw" cn-import | jq -c '[.known, .id]')" "[true,\"$id\"]"
chat '"from":{"handle":"otto"},"role":"customer","text":"ho","device":{"cookie":"sess-4711"}' \
    >"$T/line"
is 'the same cookie is the same visitor' \
    "$(from "$T/line" cn-import | jq -r .device.visitor)" "$visitor"
chat '"from":{"handle":"otto"},"role":"customer","text":"ha","device":{"cookie":"sess-4712"}' \
    >"$T/line"
unlike 'control: another is another' \
    "$(from "$T/line" cn-import | jq -r .device.visitor)" "^$visitor\$"

# deep MEMBERS: what is stored of a line with them
deep() {
	chat "$hi,$1" >"$T/line"
	cn-query --raw "$(from "$T/line" cn-import -q | jq -r .id)" |
	    sed "s/.*\"text\":\"hi\",//;s/}\$//"
}
is 'an address becomes its network wherever it stands' \
    "$(deep '"x":[{"created_at_ip":"2001:db8:1:2::3"},{"\u0069p":"::ffff:198.51.100.9"}]')" \
    '"x":[{"created_at_ip":"2001:db8:1::/48"},{"\u0069p":"198.51.100.0/24"}]'
is 'what is none becomes null' \
    "$(deep '"ip":"somewhere","remote_addr":7,"x_ip":["192.0.2.1"]')" \
    '"ip":null,"remote_addr":null,"x_ip":null'
is 'tokens too' "$(deep '"c":{"pubsub_token":"t","cookies":{"a":"b"}}')" \
    '"c":{"pubsub_token":null,"visitor":null}'
is 'words are left alone' "$(deep '"tip":"192.0.2.1","z":"ip"')" \
    '"tip":"192.0.2.1","z":"ip"'

printf '%s\n' '{"type":"rating","score":' '{"ip":"192.0.2.77","type":"chat"}' \
    >"$T/line"
status 'a line that is refused' 3 from "$T/line" cn-import
like 'is kept' "$(db 'SELECT count(*) FROM quarantine')" '^2$'

a='"uid":"u-1","from":{"handle":"vera7","name":"Vera"},"role":"customer"'
chat "$a,\"text\":\"one\"" >"$T/line"
one=$(from "$T/line" cn-import | jq -r .id)
chat "$a,\"text\":\"two\",\"v\":1" >"$T/line"
is 'a uid is the whole identity' "$(from "$T/line" cn-import |
    jq -c '[.known, .id]')" "[true,\"$one\"]"
chat "$hi,\"claimed\":\"bob@example.com\"" >"$T/line"
is 'what was claimed is on the line' "$(from "$T/line" cn-import |
    jq -c '[.claimed, .from.address]')" '["bob@example.com","vera7"]'
is 'is found as words' "$(cn-query bob@example.com | wc -l)" 1
is 'and is nobody' "$(cn-query person:bob@example.com 2>/dev/null | wc -l)" 0
chat '"from":{"handle":"vera7"},"role":"customer","attachments":[{"name":"a.png","type":"image/png","size":7}]' \
    >"$T/line"
is 'a file without a word' "$(from "$T/line" cn-import |
    jq -c '[.attachments, .text]')" \
    '[[{"name":"a.png","type":"image/png","size":7}],""]'
for bad in '"attachments":"a"' '"attachments":["a"]' '"uid":"1","uid":"2"' \
    '"device":{},"device":{}'; do
	chat "$hi,$bad" >"$T/line"
	status "refused: $bad" 3 from "$T/line" cn-import
done
chat '"from":{"address":"priya@firm.test"},"role":"agent","text":"yes?"' \
    >"$T/line"
ok "an agent's line" from "$T/line" cn-import
is 'makes an agent' "$(db "SELECT count(*) FROM person WHERE
    kind = 'agent'")" 1
# --- ratings ---

# A conversation of Vera's, one of Otto's, and their ratings.
talk() {
	printf '{"type":"chat","chat":"%s","id":"%s","at":"2026-11-%sT15:00:00Z","from":{"handle":"%s"},"role":"%s","text":"%s"}\n' "$@"
}
rate() {
	printf '{"type":"rating",%s}\n' "$1"
}
fresh
{
	talk r1 1 02 vera7 customer 'my parcel is late'
	talk r1 2 02 desk agent 'it comes tomorrow'
	talk r2 1 03 otto customer 'where is my invoice'
} | cn-import -q --format none
{
	rate '"chat":"r1","at":"2026-11-04T10:00:00Z","score":5,"comment":"quick, =thanks"'
	rate '"chat":"r1","at":"2026-11-05T10:00:00Z","score":3'
	rate '"from":{"handle":"otto"},"at":"2026-12-01T10:00:00Z","score":4'
	rate '"conversation":"2","at":"2026-12-02T10:00:00Z","score":10,"scale":10'
} >"$T/rates"
status 'ratings' 0 cn-import -q --format jsonl "$T/rates"
is 'have no line' "$(cat "$T/out")" ''
is 'are Vera'\''s and Otto'\''s' "$(db 'SELECT person, count(*),
    count(conversation), count(comment) FROM rating GROUP BY 1' |
    tr '\n' ' ')" '1|2|2|1 3|2|1|0 '
cn-import -q --format none "$T/rates"
is 'once more they are known' "$(db 'SELECT count(*) FROM rating')" 4
is 'by chat and time, whatever they say' "$(rate \
    '"chat":"r1","at":"2026-11-05T10:00:00Z","score":1' |
    cn-import --format none 2>&1)" \
    'cn-import: 1 read: 0 new, 1 known, 0 in quarantine, 0 erased before'
for bad in '"chat":"r1","score":5' '"chat":"r1","at":"now","score":5' \
    '"chat":"r1","at":"2026-11-04T10:00:00Z"' \
    '"chat":"r1","at":"2026-11-04T10:00:00Z","score":6' \
    '"chat":"r1","at":"2026-11-04T10:00:00Z","score":0' \
    '"chat":"r1","at":"2026-11-04T10:00:00Z","score":2.5' \
    '"chat":"r1","at":"2026-11-04T10:00:00Z","score":2,"scale":101' \
    '"score":5,"at":"2026-11-04T10:00:00Z"' \
    '"from":{"handle":"a@example.com"},"score":5,"at":"2026-11-04T10:00:00Z"'; do
	rate "$bad" >"$T/line"
	status "refused: $bad" 3 cn-import "$T/line"
done
kept=$(db 'SELECT count(*) FROM quarantine')
rate '"chat":"r9","at":"2026-11-05T10:00:00Z","score":1' >"$T/line"
status 'a rating of no conversation' 3 cn-import "$T/line"
like 'is named with its line' "$(cat "$T/err")" \
    'cn-import: .*line 1: a rating of no conversation and nobody'
is 'and not kept' "$(db 'SELECT count(*) FROM quarantine')" "$kept"
csat() {
	cn-report csat --since 2026-01-01 --until 2027-01-01 --now 2027-01-01 \
	    --format csv "$@"
}
cr=$(printf '\r')
is 'csat' "$(csat | tr -d "$cr")" 'n,satisfied,mean
4,75.0,4.25'
is 'csat by month' "$(csat --by month | tr -d "$cr")" 'month,n,satisfied,mean
2026-11,2,50.0,4.00
2026-12,2,100.0,4.50'
is 'csat by channel' "$(csat --by channel | tr -d "$cr")" \
    'channel,n,satisfied,mean
(none),1,100.0,4.00
chat,3,66.7,4.33'
is 'csat of a time without one' "$(cn-report csat --since 2025-01-01 \
    --until 2025-02-01 --format csv | tr -d "$cr")" 'n,satisfied,mean
0,,'
status 'csat not by category' 2 csat --by category
csat --by day >"$T/csat"

vera() {
	rm -rf "$T/vera"
	cn-export --subject vera7 --output "$T/vera" "$@" 2>"$T/err"
	tr -d "$cr" <"$T/vera/ratings.csv" |
	    sed 's/,[ct][a-z2-7]\{16\}/,ID/g'
}
is 'a copy of Vera'\''s data has her ratings' "$(vera)" \
    'time,score,scale,comment,conversation,rating
2026-11-04T10:00:00Z,5,5,"quick, =thanks",ID,ID
2026-11-05T10:00:00Z,3,5,"",ID,ID'
is 'which are hers to take along' "$(vera --purpose portability | wc -l)" 3
is 'and the manifest counts them' "$(jq .counts.ratings \
    "$T/vera/manifest.json")" 2
talk r3 1 03 desk bot 'hello' | cn-import -q --format none
rate '"chat":"r3","at":"2026-11-05T10:00:00Z","score":1' >"$T/line"
status 'a rating of a chat in which nobody spoke' 3 cn-import "$T/line"
mkdir -p "$T/day/mpdm-anna--otto-1"
echo '[{"type":"message","ts":"0","user":"U1"},7]' \
    >"$T/day/mpdm-anna--otto-1/2026-01-05.json"
status 'a day that is refused' 3 cn-import --channel chat --agent U2 \
    "$T/day/mpdm-anna--otto-1/2026-01-05.json"
is 'is kept under a place that tells no name' "$(db "SELECT DISTINCT place FROM
    quarantine WHERE place LIKE '%2026%'")" 'channel/2026-01-05 line 1'
cp -r "$CN_HOME" "$T/yesterday"
cell=$(db 'SELECT hex(comment) FROM rating WHERE comment IS NOT NULL')
holds() {
	od -An -v -tx1 "$1" | tr -d ' \n' | grep -qi "$(printf '%.64s' "$cell")"
}
ok 'control: the comment lies in the store, sealed' holds "$CN_HOME/store.db"
cn-purge --subject vera7 --plan >"$T/plan" 2>"$T/err"
is 'the plan counts her ratings' "$(jq .counts.ratings "$T/plan")" 2
status 'Vera is erased' 0 cn-purge --apply "$T/plan" --prove
is 'and it is proved' "$(jq -s -r '.[-1].state' "$T/out")" proved
is 'Otto'\''s ratings stay' "$(db 'SELECT count(*), min(person) FROM rating')" \
    '2|3'
not_ok 'her comment is not in the store' holds "$CN_HOME/store.db"
csat --by day >"$T/again"
ok 'the figures are what they were' cmp "$T/csat" "$T/again"
is 'anonymous' "$(db "SELECT count(*) FROM event WHERE kind = 'rated' AND
    conversation < 0 AND message IS NULL")" 2
like 'ratings again bring nobody back' "$(cn-import --format none "$T/rates" \
    2>&1)" '4 read: 0 new, 2 known, 0 in quarantine, 2 erased before'
is 'nor a row' "$(db 'SELECT count(*) FROM rating')" 2
status 'the store is whole' 0 cn-store doctor --check
today=$CN_HOME
CN_HOME=$T/yesterday
status "yesterday's store with today's keys" 4 cn-export --subject vera7 \
    --output "$T/ghost"
is 'has lost them too' "$(db 'SELECT count(*), min(person) FROM rating')" '2|3'
CN_HOME=$today
# --- what the importers make of each export ---

X=$root/tests/chat
made() {
	"${B%/bin}/tests/chat_lines" -a 'Lotus Support' \
	    -a priya@lotusloom.example "$1" 2>"$T/err"
	rc=$?
	cat "$T/err"
	echo "status $rc"
}
for want in "$X"/*.want; do
	for f in "${want%.want}".txt "${want%.want}".json "${want%.want}".csv \
	    "${want%.want}"; do
		[ -e "$f" ] && break
	done
	(cd "$X" && made "${f##*/}") | diff "$want" - >"$T/diff"
	is "${f##*/}" "$(cat "$T/diff")" ''
done
is 'control: another agent gives other lines' "$("${B%/bin}/tests/chat_lines" \
    -a Ana "$X/whatsapp-brazil.txt" 2>&1 | grep -c '"role":"agent"')" 1
is 'times are of the zone: an hour that is not there, and one twice' \
    "$(TZ=Europe/Berlin "${B%/bin}/tests/chat_lines" -a 'Lotus Support' \
    "$X/whatsapp-german.txt" 2>/dev/null | jq -r .at | tail -n 2 | xargs)" \
    '2026-03-29T01:30:00Z 2026-10-25T00:30:00Z'

# --- options ---

status '--agent is for chat' 2 cn-import --agent x "$X/own.json"
like 'as it says' "$(cat "$T/err")" 'are for --channel chat'
status '--deliver takes no chat' 75 cn-import --deliver --channel chat

# --- WhatsApp ---

chat_in() {
	cn-import --channel chat --format none "$@" 2>&1 |
	    sed 's/^cn-import: //'
}
fresh
status 'the desk must be named' 2 cn-import --channel chat "$X/whatsapp-ios.txt"
like 'with a hint' "$(cat "$T/err")" '^hint: --agent NAME'
is 'nothing was taken in' "$(db 'SELECT count(*) FROM message')" 0
ios='--agent Lotus_Support'
set -- --agent 'Lotus Support'
is 'a chat' "$(chat_in "$@" "$X/whatsapp-ios.txt")" \
    'left out: 2 notices of the system, 0 private notes, 1 deleted
7 read: 7 new, 0 known, 0 in quarantine, 0 erased before'
is 'is one conversation of one customer' "$(db 'SELECT
    count(DISTINCT conversation), count(DISTINCT person), count(person)
    FROM message')" '1|1|7'
is 'who has an agent' "$(db "SELECT kind, count(*) FROM person GROUP BY 1" |
    xargs)" 'agent|1 customer|1'
is 'again changes nothing' "$(chat_in "$@" "$X/whatsapp-ios.txt" | tail -n 1)" \
    '7 read: 0 new, 7 known, 0 in quarantine, 0 erased before'
cp "$X/whatsapp-ios.txt" "$T/grown.txt"
printf '[14/01/2026, 08:00:00] Anna Rao: thanks\r\n' >>"$T/grown.txt"
is 'grown it adds what is new' "$(chat_in "$@" - <"$T/grown.txt" |
    tail -n 1)" '8 read: 1 new, 7 known, 0 in quarantine, 0 erased before'
is 'to the same conversation' "$(db 'SELECT count(*) FROM conversation')" 1
printf 'agents: ["Lotus Support"]\n' >"$CN_HOME/config.yaml"
is 'the desk may stand in the configuration' \
    "$(chat_in "$T/grown.txt" | tail -n 1)" \
    '8 read: 0 new, 8 known, 0 in quarantine, 0 erased before'
sed 's/Anna Rao/Anna/' "$T/grown.txt" >"$T/renamed.txt"
is 'another name in the address book is another chat' \
    "$(chat_in "$T/renamed.txt" | tail -n 1)" \
    '8 read: 8 new, 0 known, 0 in quarantine, 0 erased before'
fresh
cn-import -q --format none --channel chat "$@" --source anna "$T/grown.txt"
is 'unless the chat is named' "$(chat_in "$@" --source anna \
    "$T/renamed.txt" | tail -n 1)" \
    '8 read: 0 new, 8 known, 0 in quarantine, 0 erased before'
status 'a date that could be two' 2 cn-import --channel chat "$@" \
    "$X/whatsapp-ambiguous.txt"
like 'is asked for' "$(cat "$T/err")" '^hint: --date-order dmy, or mdy'
is 'and then read so' "$(cn-import --channel chat "$@" --date-order mdy \
    "$X/whatsapp-ambiguous.txt" 2>/dev/null | jq -r .date | tail -n 1)" \
    '2026-03-02T09:00:00Z'
status 'an order that it does not have' 3 cn-import --channel chat "$@" \
    --date-order mdy "$X/whatsapp-german.txt" "$X/whatsapp-brazil.txt"
like 'is named with the line' "$(cat "$T/err")" \
    'whatsapp-brazil.txt: line 3: a date that is no month/day'
status 'records that are none' 3 cn-import --channel chat "$@" \
    "$X/whatsapp-bad.txt"
is 'are kept, the rest goes on' "$(wc -l <"$T/out") $(db 'SELECT count(*)
    FROM quarantine')" '2 3'

# --- Slack ---

fresh
set -- --agent U01GUEST001
is 'a Slack export' "$(chat_in "$X/slack" | tail -n 2)" \
    'left out: 1 notices of the system, 0 private notes, 1 deleted
11 read: 9 new, 0 known, 2 in quarantine, 0 erased before'
is 'a conversation for a thread, a message without one, a direct chat' \
    "$(db 'SELECT count(*) FROM message GROUP BY conversation ORDER BY 1' |
    xargs)" '1 1 1 2 2 2'
is 'an address is a person, a name is not' "$(cn-query --format jsonl \
    person:vera.lind@example.com | jq -r .from.address | sort | uniq -c |
    xargs)" '4 vera.lind@example.com'
is 'answers to her are hers' "$(db "SELECT count(*) FROM message m JOIN
    identifier i ON i.person = m.person JOIN person p ON p.id = m.person
    WHERE i.kind = 'email' AND p.kind = 'customer'")" 6
is 'a bot is automatic' "$(db 'SELECT count(*) FROM message WHERE
    automatic')" 1
again='11 read: 0 new, 9 known, 0 in quarantine, 0 erased before'
is 'again' "$(chat_in "$X/slack" | tail -n 1)" "$again"
cp -r "$X/slack" "$T/slack"
sed -i 's/Vera Lind/Vera Berg/; s/vera.lind@example.com/vera.berg@example.com/' \
    "$T/slack/users.json"
is 'with another name and address' "$(chat_in "$T/slack" | tail -n 1)" "$again"
python3 - "$T" <<'END'
import os, sys, zipfile
t = sys.argv[1]
for name, top in (("slack.zip", ""), ("top.zip", "Lotus export/")):
    with zipfile.ZipFile(f"{t}/{name}", "w", zipfile.ZIP_DEFLATED) as z:
        for d, _, files in os.walk(f"{t}/slack"):
            for f in sorted(files, reverse=True):
                p = os.path.join(d, f)
                z.write(p, top + os.path.relpath(p, f"{t}/slack"))
users = open(f"{t}/slack/users.json").read()
day = open(f"{t}/slack/support/2026-01-06.json").read()
with zipfile.ZipFile(f"{t}/bomb.zip", "w", zipfile.ZIP_DEFLATED) as z:
    z.writestr("users.json", users)
    for i in range(1, 8):
        z.writestr(f"c/2026-01-0{i}.json", b" " * 50000000)
with zipfile.ZipFile(f"{t}/large.zip", "w", zipfile.ZIP_STORED) as z:
    z.writestr("users.json", users)
    z.writestr("c/2026-01-01.json", b" " * 70000000)
    z.writestr("c/2026-01-06.json", day)
with zipfile.ZipFile(f"{t}/out.zip", "w") as z:
    z.writestr("users.json", users)
    z.writestr("../evil/2026-01-06.json", day)
    z.writestr("/evil/2026-01-06.json", day)
    z.writestr("a/../../2026-01-06.json", day)
    z.writestr("x/y/2026-01-06.json", day)
    z.writestr("support/readme.txt", "no")
with zipfile.ZipFile(f"{t}/whatsapp.zip", "w") as z:
    z.writestr("00000012-PHOTO.jpg", b"\xff\xd8")
    z.write(sys.argv[0] if False else f"{t}/grown.txt", "_chat.txt")
with zipfile.ZipFile(f"{t}/none.zip", "w") as z:
    z.writestr("a.txt", "hello")
data = open(f"{t}/slack.zip", "rb").read()
open(f"{t}/cut.zip", "wb").write(data[:300])
open(f"{t}/junk.zip", "wb").write(b"PK\3\4" + b"\0" * 500)
END
for f in slack.zip top.zip; do
	is "$f" "$(chat_in "$T/$f" | tail -n 1)" "$again"
done
is 'a zip from a pipe' "$(chat_in <"$T/slack.zip" | tail -n 1)" "$again"
is 'a day in its file' "$(chat_in "$X/slack/support/2026-01-06.json")" \
    '1 read: 0 new, 1 known, 0 in quarantine, 0 erased before'
status 'a day without its file' 3 from "$X/slack/support/2026-01-06.json" \
    cn-import --channel chat
like 'says where it is to be read' "$(cat "$T/err")" \
    'standard input: a day of a Slack channel'
rm "$CN_HOME/config.yaml"
status 'a Slack export without the desk' 2 cn-import --channel chat "$X/slack"
is 'it may be an id' "$(chat_in "$@" "$X/slack" | tail -n 1)" "$again"
fresh
status 'a zip that grows without end' 3 cn-import --channel chat "$T/bomb.zip"
like 'is left' "$(cat "$T/err")" \
    'bomb.zip: a zip that grows to more than 200 times its size'
status 'a file in it that is too long' 3 cn-import --channel chat "$T/large.zip"
like 'is named by its number' "$(cat "$T/err")" \
    'large.zip: file 2: longer than 64 MiB'
is 'and the next is read' "$(wc -l <"$T/out")" 1
fresh
status 'names that lead elsewhere' 3 cn-import --channel chat "$T/out.zip"
is 'are refused, each' "$(grep -c 'leads out of the zip' "$T/err")" 3
is 'and others left alone' "$(wc -l <"$T/out") $(find "$T" -name evil)" '0 '
is "WhatsApp's zip" "$(chat_in --agent 'Lotus Support' "$T/whatsapp.zip" |
    tail -n 1)" '8 read: 8 new, 0 known, 0 in quarantine, 0 erased before'
for f in none cut junk; do
	status "a zip without a chat: $f" 3 cn-import --channel chat "$T/$f.zip"
done
ln -s "$X/slack/support" "$T/slack/linked"
ln -s "$X/slack/support/2026-01-06.json" "$T/slack/D01DIRECT01/2026-01-09.json"
is 'links are not followed' "$(chat_in "$T/slack" | tail -n 1)" \
    '11 read: 9 new, 0 known, 2 in quarantine, 0 erased before'
mkdir "$T/nothing"
status 'a folder without an export' 2 cn-import --channel chat "$T/nothing"

# --- Chatwoot, Intercom, ratings ---

fresh
cat >"$T/vera.eml" <<'END'
From: Vera Lind <vera.lind@example.com>
To: support@lotusloom.example
Date: Sun, 04 Jan 2026 09:00:00 +0000
Subject: order 7

Where is it?
END
cn-import -q --format none "$T/vera.eml"
cn-import -q --channel chat "$X/chatwoot.json" >"$T/lines" 2>"$T/err"
is 'Chatwoot: what is no message is kept, the rest goes on' \
    "$(wc -l <"$T/lines") $(db 'SELECT count(*) FROM quarantine')" '5 1'
jq -r .id "$T/lines" | while read -r id; do cn-query --raw "$id"; done >"$T/raw"
unlike 'no cookie, address, token or link of a file is stored' \
    "$(cat "$T/raw")" '5f0c1f6e|203\.0\.113\.77|secret-token|active_storage'
like 'control: their hash and network are' "$(cat "$T/raw")" \
    '"device":\{"user_agent":"Firefox 128.0 Ubuntu","ip":"203.0.113.0/24","visitor":"[a-z2-7]{26}"\}'
is 'what a visitor typed is nobody' "$(jq -r 'select(.direction == "in") |
    .from.address + " " + .claimed' "$T/lines" | sort -u)" \
    'chatwoot:contact:12 vera.lind@example.com'
is 'what the site has signed is the person of the mail' \
    "$(cn-import -q --channel chat "$X/chatwoot-list.json" 2>/dev/null |
    jq -r .from.address | xargs; db "SELECT count(*) FROM identifier i JOIN
    message m ON m.person = i.person WHERE m.id IN (1, 7)")" \
    'vera.lind@example.com +15550103 mia@example.com
2'
is 'events, a line each' "$(chat_in "$X/chatwoot-events.jsonl")" \
    "$X/chatwoot-events.jsonl: line 3: no event of Chatwoot with a message
3 read: 2 new, 0 known, 1 in quarantine, 0 erased before"
is 'Intercom' "$(chat_in "$X/intercom.json" | tail -n 2)" \
    'left out: 1 notices of the system, 1 private notes, 1 deleted
9 read: 8 new, 0 known, 1 in quarantine, 0 erased before'
is 'and lines of it' "$(chat_in "$X/intercom.jsonl" | tail -n 1)" \
    '3 read: 0 new, 2 known, 1 in quarantine, 0 erased before'
is 'a report knows its ratings' "$(csat)" "$(printf 'n,satisfied,mean\r
1,100.0,5.00\r')"
is 'and the waits' "$(cn-report response --by channel --since 2026-01-01 \
    --until 2027-01-01 --now 2027-01-01 --format csv --seconds |
    grep 'chat,first' | tr -d "$cr")" 'chat,first reply,3,5,90,200,117'
is "Chatwoot's report" "$(chat_in "$X/chatwoot-csat.csv")" \
    "$X/chatwoot-csat.csv: line 8: the link is none to a conversation of Chatwoot
3 read: 2 new, 0 known, 1 in quarantine, 0 erased before"
is 'again' "$(chat_in "$X/chatwoot-csat.csv" | tail -n 1)" \
    '3 read: 0 new, 2 known, 0 in quarantine, 0 erased before'
is 'ratings by address' "$(chat_in "$X/ratings.csv" | tail -n 1)" \
    '8 read: 2 new, 0 known, 6 in quarantine, 0 erased before'
is 'a line with spaces is the same line either way' \
    "$(echo '{ "type":"chat","chat":"s","at":"2026-01-05T09:00:00Z","from":{"handle":"h"},"role":"customer","text":"t"}' |
    tee "$T/line" | chat_in; cn-import --format none "$T/line" 2>&1)" \
    '1 read: 1 new, 0 known, 0 in quarantine, 0 erased before
cn-import: 1 read: 0 new, 1 known, 0 in quarantine, 0 erased before'
is 'an array of our own' "$(chat_in "$X/own.json" | tail -n 1)" \
    '3 read: 1 new, 0 known, 2 in quarantine, 0 erased before'

# --- the rights of somebody who chatted ---

status 'the store is whole' 0 cn-store doctor --check
mine() {
	rm -rf "$T/copy"
	cn-export --subject "$1" --output "$T/copy" 2>"$T/err" || return
	jq -r .channel "$T/copy/messages.jsonl" | sort | uniq -c | xargs
	[ -f "$T/copy/ratings.csv" ] && sed 1d "$T/copy/ratings.csv" | wc -l
}
is 'a copy has mail, chats and ratings' "$(mine vera.lind@example.com)" \
    '8 chat 1 email
2'
is 'the device too' "$(jq -c 'select(.device) | .device | keys' \
    "$T/copy/messages.jsonl" | head -n 1)" '["ip","user_agent","visitor"]'
is 'with purpose and ground' "$(jq -r '.processing[] |
    select(.category == "device and browser") | .purpose + ", " + .basis' \
    "$T/copy/manifest.json")" 'security, legitimate interest, Art. 6(1)(f)'
is "a visitor's copy is theirs" "$(mine chatwoot:contact:12)" '5 chat
2'
like 'with what they typed' "$(cat "$T/copy/chat.jsonl" "$T/copy/index.html")" \
    'You were known by: <bdi>vera.lind@example.com</bdi>'
otto=$(mine otto@example.com)
cn-purge --subject vera.lind@example.com --plan >"$T/plan" 2>"$T/err"
is 'the plan names where a visitor gave her address' \
    "$(jq '[.stays[] | select(.as == "quoted")] | length' "$T/plan")" 2
status 'she is erased' 0 cn-purge --apply "$T/plan" --prove
is 'and it is proved' "$(jq -s -r '.[-1].state' "$T/out")" proved
is 'of her nothing is left' "$(cn-query person:vera.lind@example.com \
    2>/dev/null | wc -l)" 0
is 'the visitor, who may be another, is there' \
    "$(mine chatwoot:contact:12)" '5 chat
2'
is 'and so is Otto' "$(mine otto@example.com)" "$otto"
for f in chatwoot-list.json intercom.json ratings.csv; do
	unlike "$f again brings nobody back" "$(chat_in "$X/$f" | tail -n 1)" \
	    ': [1-9][0-9]* new|, 0 erased'
done
is 'the doctor agrees' "$(cn-store doctor)" 'all is well'

# --- what is none ---

fresh
bad() {
	status "$1" 3 cn-import --channel chat "$2"
	like "$1: is named" "$(cat "$T/err")" "$3"
}
printf 'hello\nworld\n' >"$T/x"
bad 'a text' "$T/x" 'x: line 1: no chat that is known: expected JSON'
printf '\377\376h\0i\0' >"$T/x"
bad 'UTF-16' "$T/x" 'x: UTF-16'
printf '{\n"a":\n[1,}\n' >"$T/x"
bad 'broken JSON' "$T/x" 'x: line 3: not JSON'
printf '{"data":\n"\377"}' >"$T/x"
bad 'JSON that is not UTF-8' "$T/x" 'x: line 2: not valid UTF-8'
python3 -c 'print("[" * 100000)' >"$T/x"
bad 'deep JSON' "$T/x" 'line 1: not JSON: too deep'
printf 'score,colour\n5,red\n' >"$T/x"
bad 'a CSV without a time' "$T/x" 'line 1: no column for the time: expected at'
printf 'score,at\n5,now\n' >"$T/x"
bad 'a CSV of nothing' "$T/x" 'line 1: no column for what was rated'
: >"$T/x"
status 'nothing' 0 cn-import --channel chat "$T/x"
python3 - "$T/x" <<'END'
import sys
with open(sys.argv[1], "w") as f:
    f.write('{"type":"chat","chat":"1","id":"1","at":"2026-01-05T09:00:00Z",'
        '"from":{"handle":"h"},"role":"customer","text":"' + "x" * 9000000)
    f.write('"}\n\n  {"type":"chat","chat":"1","at":"2026-01-05T09:00:01Z",'
        '"from":{"handle":"h"},"role":"customer","text":"good"}\n')
END
bad 'a message of 9 MB' "$T/x" 'line 1: a message longer than 8388608 bytes'
is 'does not stop the next' "$(jq -r .text "$T/out")" good
python3 -c 'print("[" + " " * 70000000 + "]")' >"$T/x"
bad 'a document of 70 MB' "$T/x" 'x: longer than 67108864 bytes'
rm "$T/x"
finish
