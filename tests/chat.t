#!/bin/sh
# Chat: lines of our own, and ratings.
. "$(dirname "$0")/lib.sh"
have sqlite3 && have jq || {
	echo '1..0 # SKIP sqlite3 and jq are needed'
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
finish
