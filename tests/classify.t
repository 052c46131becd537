#!/bin/sh
# cn-classify: what it adds, what it leaves, what it stores.
. "$(dirname "$0")/lib.sh"
sample=$root/tests/sample
db=$CN_HOME/store.db

field() {
	jq -r "$1" "$2"
}

sql() {
	sqlite3 "$db" "$1"
}

# All but class: what must be as it came.
rest() {
	jq -cS 'del(.class, .skipped)' "$1"
}

from() {
	_in=$1
	shift
	"$@" <"$_in"
}

box() {
	printf 'From alice@example.com Mon Nov 23 15:00:00 2026\n'
	printf 'From: Alice <alice@example.com>\nTo: help@shop.example\n'
	printf 'Date: Mon, 23 Nov 2026 15:00:0%d +0000\n' "$1"
	printf 'Message-ID: <box%d@example.com>\nX-CN-Category: praise\n' "$1"
	printf 'Subject: refund\n\nI want my money back for order LL-1234%d.\n' \
	    "$1"
	printf '>From now on I wait.\n\n'
}

ok 'a store' cn-store init
cp "$sample/config.yaml" "$CN_HOME/config.yaml"
cn-import "$sample/shop.mbox" >"$T/in" 2>/dev/null
lines=$(wc -l <"$T/in")
ok 'the sample goes in' test "$lines" -gt 150

status 'lines are classified' 0 from "$T/in" cn-classify
cp "$T/out" "$T/c1"
is 'a line for every line' "$(wc -l <"$T/c1")" "$lines"
is 'in order' "$(field .id "$T/c1")" "$(field .id "$T/in")"
is 'and nothing else of them changes' "$(rest "$T/c1")" "$(rest "$T/in")"
head -n 1 "$T/in" >"$T/one.in"
head -n 1 "$T/c1" >"$T/one"
is 'not by a byte' "$(sed 's/,"class":.*/}/' "$T/one")" "$(cat "$T/one.in")"
is 'class has its members' "$(jq -c '.class | keys_unsorted' "$T/one")" \
    '["category","best","confidence","margin","abstained","priority","sentiment","language","flags","spam","automatic","dsr","why","model"]'
is 'a question for an order is one' "$(field .class.category "$T/one")" \
    order_status
is 'why is said' "$(jq '[.class.why[] | .feature, .kind] |
    index("tracking") != null and index("word") != null' "$T/one")" true
is 'an abstained one has no category, but a guess' \
    "$(jq -s '[.[] | .class | select(. and .abstained and
	.best != null)] | length > 0 and all(.category == null)' "$T/c1")" true
is 'answers of the desk are skipped' "$(jq -r 'select(.direction == "out") |
    [.skipped, .class] | @tsv' "$T/c1" | sort -u)" "$(printf 'outgoing\t')"
is 'automatic mail says so' "$(jq -r 'select(.automatic and
    .direction == "in") | .class.automatic' "$T/c1" | sort -u)" true
is 'a request to be erased is seen' \
    "$(jq -s 'any(.class.dsr == "erase")' "$T/c1")" true
is 'five languages' "$(jq -r '.class.language // empty' "$T/c1" | sort -u |
    grep -cxE 'en|de|fr|es|hi|hi-Latn')" 6

# What is stored.
n=$(jq -s '[.[] | select(.class)] | length' "$T/c1")
is 'an event for each, once' \
    "$(sql "SELECT count(*) FROM event WHERE kind = 'classified'")" "$n"
is 'the store has it too' "$(cn-query is:classified --format jsonl |
    jq -cS 'select(.class) | {id, class}' | sort)" \
    "$(jq -cS 'select(.class) | {id, class}' "$T/c1" | sort)"
state() {
	sql 'SELECT count(*), max(id) FROM event'
	sql 'SELECT id, category, confidence, classified, hex(class)
	    FROM message'
	sql "SELECT count(*) FROM audit WHERE entry NOT LIKE '%messages read%'"
}
state >"$T/before"
reads=$(sql "SELECT count(*) FROM audit WHERE entry LIKE '%messages read%'")
status 'once more' 0 from "$T/in" cn-classify
is 'gives the same lines' "$(cat "$T/out")" "$(cat "$T/c1")"
state | cmp -s - "$T/before" && pass 'not a cell' || fail 'not a cell'
is 'but that it read them' "$(sql "SELECT count(*) - $reads FROM audit
    WHERE entry LIKE '%messages read%'")" 1
is 'nothing is pending' "$(cn-classify --pending)" ''

# --pending does what a pipe has missed.
sql "UPDATE message SET classified = NULL, class = NULL, category = NULL;
    DELETE FROM event WHERE kind = 'classified'"
cn-classify --pending >"$T/pending"
is '--pending answers all of them' "$(jq -cS '{id, class}' "$T/pending" |
    sort)" "$(jq -cS '{id, class}' "$T/c1" | sort)"
is 'and stores them' \
    "$(sql "SELECT count(*) FROM event WHERE kind = 'classified'")" "$n"
is 'until nothing is left' "$(cn-classify --pending)" ''
status '--pending takes no operands' 2 cn-classify --pending "$T/in"

# Two at once: all finish, each message once.
sql "UPDATE message SET classified = NULL, class = NULL;
    DELETE FROM event WHERE kind = 'classified'"
cn-classify --pending >"$T/p1" &
cn-classify --pending >"$T/p2"
two=$?
wait $! || two=$?
is 'two at once both finish' "$two" 0
is 'and no message has two events' \
    "$(sql "SELECT count(*) FROM event WHERE kind = 'classified'")" "$n"
is 'both say the same' \
    "$(cat "$T/p1" "$T/p2" | jq -cS '{id, class}' | sort -u)" \
    "$(jq -cS '{id, class}' "$T/c1" | sort)"

# References only.
cn-query is:in --refs --format jsonl >"$T/refs"
cn-classify <"$T/refs" >"$T/r1"
is 'a line without text is read from the store' \
    "$(jq -cS '[.id, .class.category, .class.confidence]' "$T/r1" | sort)" \
    "$(jq -cS 'select(.direction == "in") |
	[.id, .class.category, .class.confidence]' "$T/c1" | sort)"
is 'and gets none of its words' "$(jq -c '.class.why // empty' "$T/r1")" ''
cn-classify --refs <"$T/in" >"$T/r2"
is '--refs takes them out' \
    "$(jq -r 'keys[]' "$T/r2" | grep -cxE 'from|to|subject|text')" 0
like 'control: they were there' "$(jq -r 'keys[]' "$T/c1" | sort -u |
    tr '\n' ' ')" 'from .*subject .*text .*to '

# The gate.
who=$(field .id "$T/one")
sql "UPDATE person SET may = 6 WHERE id = (SELECT person FROM message
    WHERE pub = '$who')"
cn-classify <"$T/one.in" >"$T/gated"
is 'who has objected is left alone' \
    "$(jq -c '[.skipped, .class, .may]' "$T/gated")" \
    '["objected",null,["suggest","report"]]'
is 'nor does what was said before stand' "$(jq -c '.class = {"category": "a",
    "best": "a"}' "$T/one.in" | cn-classify | jq -c '[.skipped, .class]')" \
    '["objected",null]'
other() {
	printf 'From: %s\nSubject: refund\n\nI want my money back\n' "$1"
	jq -nc --arg a "$1" '{v: 1, type: "message", from: {address: $a},
	    text: "I want my money back"}' >"$T/other"
}
was=$(field .from.address "$T/one")
is 'nor is mail of theirs that the store does not have' "$(other "$was" |
    cn-classify | jq -c '[.skipped, .class, .stored]')" \
    '["objected",null,false]'
is 'nor a line' "$(cn-classify <"$T/other" | jq -c '[.skipped, .class]')" \
    '["objected",null]'
is 'control: that of others is' "$(other new@example.net | cn-classify |
    jq -c '[.skipped, .class.category]')" '[null,"refund"]'
cn-classify --no-store <"$T/gated" >"$T/gated2"
is 'the answer travels on the line' \
    "$(jq -c '[.skipped, .class]' "$T/gated2")" '["unpermitted",null]'
cn-classify --no-store <"$T/one.in" >"$T/free"
is 'control: with permission it is done' "$(field .class.category "$T/free")" \
    order_status
sql 'UPDATE person SET may = 7'
sql "UPDATE person SET state = 'restricted' WHERE id = (SELECT person FROM
    message WHERE pub = '$who')"
is 'restricted: likewise' "$(cn-classify <"$T/one.in" | jq -r .skipped)" \
    restricted
sql "UPDATE person SET state = 'live'"

# Without a store.
mv "$CN_HOME" "$T/away"
status 'without a store: 78' 78 from "$T/in" cn-classify
like 'with a hint' "$(cat "$T/err")" '^hint: .*cn-store init'
status '--no-store needs none' 0 from "$T/in" cn-classify --no-store
mv "$T/away" "$CN_HOME"
status 'no model: 78' 78 from "$T/in" cn-classify --model "$T/no.model"
like 'with a hint, too' "$(cat "$T/err")" '^hint: .*make'
status 'CN_MODEL names one as well' 78 from "$T/in" \
    env CN_MODEL="$T/none" cn-classify

# Mail in, mail out.
{ box 1; box 2; } >"$T/box"
cn-classify "$T/box" >"$T/mail"
is 'mail is read too' "$(jq -c '[.class.best, .stored]' "$T/mail" |
    sort -u)" '["refund",false]'
cn-import "$T/box" >/dev/null
is 'and found in the store by its bytes' \
    "$(cn-classify "$T/box" | jq -c '[.id != null, .stored]' | sort -u)" \
    '[true,true]'
cn-classify -p "$T/box" >"$T/passed"
is '-p gives an mbox for an mbox' "$(grep -c '^From ' "$T/passed")" 2
is 'with its envelopes' "$(grep '^From ' "$T/passed")" \
    "$(grep '^From ' "$T/box")"
is 'its own marks and none from outside' \
    "$(grep '^X-CN-Category' "$T/passed" | sort | uniq -c |
	sed 's/^ *//')" '2 X-CN-Category: refund'
is 'and every other byte as it was' "$(grep -v '^X-CN-' "$T/passed")" \
    "$(grep -v '^X-CN-' "$T/box")"
sed 1d "$T/box" | sed '/^From /,$d' >"$T/eml"
cn-classify -p <"$T/eml" >"$T/passed"
is 'and a mail for a mail' "$(grep -v '^X-CN-' "$T/passed")" \
    "$(grep -v '^X-CN-' "$T/eml")"
for f in Confidence Priority Language Spam; do
	like "X-CN-$f" "$(cat "$T/passed")" "^X-CN-$f: "
done
status '-p of lines is a usage error' 2 from "$T/one.in" cn-classify -p

# More.
cn-classify "$T/box" | jq -r '.class | keys[]' | sort -u >"$T/less"
is '--explain says more, and nothing twice' "$(cn-classify --explain \
    "$T/box" | jq -r '.class | keys[]' | sort -u | comm -13 "$T/less" - |
    tr '\n' ' ')" 'decisions sentiment_score spam_score '
# Each decision with its detail.
cat >"$T/angry" <<'EOF'
From: Alice <alice@example.com>
To: help@shop.example
Date: Mon, 23 Nov 2026 15:00:00 +0000
Subject: kettle

This is unacceptable, please delete all my personal data under GDPR. My lawyer
will hear of it.
EOF
cn-classify --no-store --explain "$T/angry" >"$T/detail"
why() {
	jq -c ".class.decisions.$1.why | map(.feature)" "$T/detail"
}
is 'six decisions beside the category' "$(jq -r '.class.decisions |
    keys_unsorted | join(" ")' "$T/detail")" \
    'priority sentiment language spam automatic dsr'
is 'each has its members, within bounds' "$(jq '[.class.decisions[] |
    (keys_unsorted == ["confidence", "margin", "abstained", "why"]) and
    .confidence >= 0 and .confidence <= 1 and .margin >= 0 and
    .margin <= 1] | all' "$T/detail")" true
like 'a request names its phrases' "$(why dsr)" 'delete.*gdpr'
like 'a sentiment too' "$(why sentiment)" '"unacceptable"'
like 'a priority too' "$(why priority)" '"my lawyer"'
like 'a language its words' "$(why language)" '"(please|this|will|of|it|my)"'
is 'nothing automatic, and no reason' "$(why automatic)" '[]'
{ echo 'X-Autoreply: yes'; cat "$T/angry"; } >"$T/robot"
is 'what is automatic names the field' "$(cn-classify --no-store --explain \
    "$T/robot" | jq -c '.class.decisions | .automatic.why, .priority.why')" \
    '[{"feature":"x-autoreply","kind":"field"}]
[{"feature":"automatic","kind":"decision"}]'
is '--refs has the numbers without words' "$(cn-classify --no-store \
    --explain --refs "$T/robot" | jq -c '.class.decisions | map_values(.why |
    map(.feature)) | [.dsr, .sentiment, .language, .automatic]')" \
    '[[],[],[],["x-autoreply"]]'

like 'a table for people' "$(cn-classify --format table "$T/box")" \
    'refund +[01]\.[0-9]+ +'
ok 'a CSV has a heading' sh -c \
    "cn-classify --format csv '$T/box' | head -n 1 | grep -q ^id,category"
finish
