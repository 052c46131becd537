#!/bin/sh
# Chat: lines of our own.
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
finish
