#!/bin/sh
# cn-message(5): what a filter does with lines that are odd or bad.  The table
# is run through both filters; a good line before and one behind each bad one
# show that the rest goes on.
. "$(dirname "$0")/lib.sh"

from() {
	_in=$1
	shift
	"$@" <"$_in"
}

{
	printf 'From: Alice <alice@example.com>\nTo: help@shop.example\n'
	printf 'Date: Mon, 23 Nov 2026 15:00:00 +0000\nSubject: my parcel\n'
	printf 'Message-ID: <m1@example.com>\n\nWhere is my order?\n'
} >"$T/eml"
ok 'a store' cn-store init
cn-import -q "$T/eml" >"$T/good" 2>/dev/null
id=$(jq -r .id "$T/good")
v='{"v":1,"type":"message"'

# table NAME STATUS LINE-FILE ERROR-PATTERN: the line between two good ones
bad() {
	cat "$T/good" "$2" "$T/good" >"$T/lines"
	for f in cn-classify cn-reply-suggest 'cn-classify --no-store' \
	    'cn-reply-suggest --no-store'; do
		# shellcheck disable=SC2086
		status "$f: $1: refused" 3 from "$T/lines" $f
		like "$f: $1: named with its number" "$(cat "$T/err")" \
		    "^${f%% *}: standard input: line 2: $3"
		is "$f: $1: the rest goes on" \
		    "$(jq -r .id "$T/out" | tr '\n' ' ')" "$id $id "
	done
}

one() {
	printf '%s\n' "$1" >"$T/line"
}

one "$v,\"id\":\"mnobody\",\"may\":[\"classify\",\"suggest\"]}"
bad 'an unknown id without content' "$T/line" 'no .*content'
one "$v}"
bad 'neither id nor content' "$T/line" 'neither id nor content'
one "$v,\"text\":\"a\",\"text\":\"b\"}"
bad 'a duplicate member' "$T/line" "member 'text' given twice"
one "$v,\"text\":7}"
bad 'a wrong type' "$T/line" "member 'text' has the wrong type"
one '{"v":2,"type":"message","text":"a"}'
bad 'another version' "$T/line" 'not version 1'
one '{"v":1,"type":"chat","text":"a"}'
bad 'another type' "$T/line" 'type is not "message"'
one "$v,\"text\":\"a\"} x"
bad 'no JSON' "$T/line" ''
printf '%s,"text":"\377"}\n' "$v" >"$T/line"
bad 'invalid UTF-8' "$T/line" '.*UTF-8'
{
	printf '%s,"text":"' "$v"
	head -c 9437184 /dev/zero | tr '\0' x
	printf '"}\n'
} >"$T/line"
bad 'a 9 MB line' "$T/line" ''

# The control of the last: a longer limit takes it.
status 'control: --max-line 10M takes it' 0 from "$T/line" \
    cn-classify --max-line 10M

# The manual lists every member that the software knows, and no other.
sed -n 's/^	{ "\([a-z_]*\)", CN_F_.*/\1/p' "$root/lib/rec/fields.c" | sort \
    >"$T/known"
sed -n '/^\.Ss Members/,/^\.Ss class/p' "$root/man/cn-message.5" |
    sed -n 's/^\.It Cm //p' | sed 's/ No \*//g; s/ , /\n/g; s/ Cm / /g' |
    sed 's/^Cm //' | grep -vxE 'v|type' | sort >"$T/listed"
is 'cn-message(5) has the members of the field table' \
    "$(diff "$T/known" "$T/listed")" ''
ok 'control: there are some' [ "$(wc -l <"$T/known")" -gt 25 ]

# Odd, and good.
odd="$v,\"id\":\"mnew\",\"text\":\"where is my order\",\"n\":1.10"
odd="$odd,\"big\":12345678901234567890,\"x\":{\"a\": [1 , 2]},\"\\u0078\":1}"
one "$odd"
for f in cn-classify cn-reply-suggest; do
	status "$f: an unknown id with content" 0 from "$T/line" $f
	like "$f: is answered, and not stored" "$(cat "$T/out")" \
	    '"stored":false'
	is "$f: 1.10, 20 digits and unknown members pass byte for byte" \
	    "$(sed 's/,"\(class\|replies\)":.*/}/' "$T/out")" "$odd"
	cp "$T/out" "$T/again"
	status "$f: again" 0 from "$T/again" $f
	is "$f: the same" "$(cat "$T/out")" "$(cat "$T/again")"
	status "$f: empty input" 0 from /dev/null $f
	is "$f: no line" "$(cat "$T/out")" ''
done

# Erased: the line says that it was stored, the store does not know it.
jq -c '.id = "mgone"' "$T/good" >"$T/line"
for f in cn-classify cn-reply-suggest; do
	status "$f: an erased id" 0 from "$T/line" $f
	is "$f: is skipped" "$(jq -r .skipped "$T/out")" erased
	is "$f: without anything personal" \
	    "$(jq -r 'keys[]' "$T/out" | grep -xE \
	    'from|to|subject|text|message_id|class|replies')" ''
	cp "$T/out" "$T/again"
	status "$f --no-store: passes it on" 0 from "$T/again" $f --no-store
	is "$f --no-store: as it is" "$(cat "$T/out")" "$(cat "$T/again")"
done
is 'control: the line had it' "$(jq -r 'keys[]' "$T/line" |
    grep -cxE 'from|to|subject|text')" 4

# Without permission.
jq -c '.may = ["report"]' "$T/good" >"$T/line"
for f in cn-classify cn-reply-suggest; do
	status "$f --no-store: a line without permission" 0 \
	    from "$T/line" $f --no-store
	is "$f: is passed on, marked" \
	    "$(jq -c '[.skipped, .class, .replies]' "$T/out")" \
	    '["unpermitted",null,null]'
	is "$f: the rest as it was" "$(sed 's/,"skipped":"[a-z]*"//' "$T/out")" \
	    "$(cat "$T/line")"
done
status 'with the store, the store decides' 0 from "$T/line" cn-classify
is 'and says so' "$(jq -c '[.may, .skipped]' "$T/out")" \
    '[["classify","suggest","report"],null]'

# What is refused is kept: sealed with a store, else where --rejects says.
quarantined() {
	sqlite3 "$CN_HOME/store.db" 'SELECT count(*) FROM quarantine'
}
ok 'another store' cn-store init --home "$T/home2" --keys "$T/keys2"
CN_HOME=$T/home2 CN_KEYS=$T/keys2
cn-import -q "$T/eml" >"$T/good" 2>/dev/null
one "$v,\"text\":\"secretword\",\"text\":\"b\"}"
cat "$T/good" "$T/line" "$T/good" "$T/line" >"$T/lines"
for f in cn-classify cn-reply-suggest; do
	status "$f: refuses" 3 from "$T/lines" $f
	is "$f: and seals it, once" "$(quarantined)" 1
	is "$f: the run counts both" "$(cn-report runs --format jsonl |
	    jq "select(.command == \"$f\") | .refused")" 2
	ok "$f: nothing but a bad line" sh -c "$f <'$T/line'; [ \$? -eq 3 ]"
	status "$f --no-store --rejects" 3 from "$T/lines" $f --no-store \
	    --rejects "$T/rejects"
	is "$f: it has them as they came" "$(cat "$T/rejects")" \
	    "$(cat "$T/line" "$T/line")"
	is "$f: for its owner alone" "$(stat -c %a "$T/rejects")" 600
	status "$f: --rejects beside a store" 2 from "$T/lines" $f \
	    --rejects "$T/rejects2"
	not_ok "$f: writes none" test -e "$T/rejects2"
	status "$f: a full disk under --rejects" 74 from "$T/lines" $f \
	    --no-store --rejects /dev/full
done
like 'with the reason and the place' "$(cn-report quarantine --format csv)" \
    "line 2.*given twice|given twice.*line 2"
ok 'control: the word is in the line' grep -q secretword "$T/lines"
not_ok 'the store does not show it' sh -c \
    "cat '$CN_HOME'/* | grep -aq secretword"
status 'the store is whole' 0 cn-store doctor --check
finish
