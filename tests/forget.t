#!/bin/sh
# What a model has learned from a person is forgotten with the person: the
# model is destroyed in the same erasure, in every copy, and the next one is
# that of a store which never had that person, byte for byte.
. "$(dirname "$0")/lib.sh"
have sqlite3 && have jq || {
	echo '1..0 # SKIP sqlite3 and jq are needed'
	exit 0
}
scan=${B%/bin}/tests/scan
export CN_CONFIG="$T/config.yaml"
printf 'desk: [desk@example.com]\n' >"$CN_CONFIG"
echo cnmodel >"$T/mark"

sql() {
	sqlite3 "$CN_HOME/store.db" "$1"
}
# WHO NUMBER WORD [HEADER]
mail() {
	printf 'From x Mon Nov  2 10:00:00 2026\nFrom: %s@example.com\n' "$1"
	printf 'To: desk@example.com\nSubject: %s %s\n' "$3" "$2"
	printf 'Date: Mon, 02 Nov 2026 10:%02d:00 +0000\n' "$2"
	printf 'Message-ID: <%s%s@example.com>\n' "$1" "$2"
	[ $# -lt 4 ] || printf '%s\n' "$4"
	printf '\nhello, the %s of my lamp, number %s\n\n' "$3" "$2"
}
person() {	# WHO WORD [HEADER]
	for i in 1 2 3 4; do
		mail "$1" $i "$2" ${3:+"$3"}
	done
}
take() {	# into the store, labelled by the word of the subject
	cn-import -q 2>/dev/null | jq -c '{id, category:
	    (.subject | split(" ")[0])}' | cn-model learn -q
}
store() {	# NAME: make it the one in use
	CN_HOME=$T/$1 CN_KEYS=$T/$1.keys
	[ -d "$CN_HOME" ] || cn-store init -q 2>/dev/null
}
copy() {	# NAME: of the store in use
	cp -a "$CN_HOME" "$T/$1"
	cp -a "$CN_KEYS" "$T/$1.keys"
}
train() {	# our own sentences only take time
	cn-model train --from-store --no-starter -q
}
model() {
	cn-model show -q | jq -r .model
}
open_models() {
	"$scan" find "$T/mark" | grep -c '^cnmodel'
}

store all
{
	person ann zorble
	person bob quibble
	person cid wibble 'Cc: dan@example.com'
} | take
train
is 'twelve labels, one model' "$(sql 'SELECT labels FROM model')" 12
with_ann=$(model)
like 'which is used' "$with_ann" '^store:'
is 'its bytes are in the store, sealed' "$(open_models)" 1
copy old
is 'a participant is no owner' "$(cn-purge -s dan@example.com -n |
    jq -c '[.counts.persons, .counts.labels, .counts.models]')" '[1,0,0]'
cn-purge -q -s dan@example.com --apply --yes >/dev/null
is 'so the model stays' "$(model)" "$with_ann"

"$scan" samples "$(sql 'SELECT leaf FROM model')" >"$T/samples"
n=$(wc -l <"$T/samples")
ok 'samples of its ciphertext' test "$n" -gt 1
is 'are all in the files' "$("$scan" bytes "$T/samples")" "$n"

# --- the erasure ---
cn-purge -s ann@example.com -n >"$T/plan"
is 'the plan has labels and model' "$(jq -c '[.counts.labels, .counts.models,
    .ledger.leaves]' "$T/plan")" '[4,1,2]'
status 'erased and proved' 0 cn-purge --apply "$T/plan" --prove
like 'with the command for a new one' "$(cat "$T/err")" \
    "is destroyed: until 'cn-model train --from-store'"
is 'the certificate has the models' "$(tail -n 1 "$T/out" |
    jq -c '.checks[] | select(.none_of | startswith("models")) | .found')" 0
is 'no row, no weights, no example' "$(sql 'SELECT (SELECT count(*) FROM model),
    (SELECT count(*) FROM weights), (SELECT count(*) FROM example)')" '0|0|0'
is 'no sample in the files' "$("$scan" bytes "$T/samples")" 0
is 'her labels are gone, no others' "$(sql 'SELECT count(*) FROM label')" 8
like 'the starter classifies' "$(model)" '^starter:'
cn-query is:in | cn-classify >"$T/lines" 2>"$T/err"
like 'cn-classify says why' "$(cat "$T/err")" 'train --from-store'
like 'and with what' "$(jq -r .class.model "$T/lines" | sort -u)" '^starter:'
ok 'the doctor finds nothing' cn-store doctor --check

# --- yesterday's copy ---
keys=$CN_KEYS
store old
is 'control: with the keys of then it opens' "$(open_models)" 1
CN_KEYS=$keys
is 'with those of today it does not' "$(open_models)" 0
like 'others do' "$("$scan" find "$T/mark")" '^cells [0-9]+ closed [1-9]'
cp -a "$T/old" "$T/back"
cp -a "$keys" "$T/back.keys"
store back
status 'brought back, it catches up' 0 cn-purge --resume --prove
is 'without the model' "$(sql 'SELECT count(*) FROM model')" 0
train
back=$(model)

# --- byte for byte ---
store all
status 'trained again' 0 train
without=$(model)
unlike 'another model' "$without" "$with_ann|starter"
is 'the same from what was brought back' "$back" "$without"
store never
{
	person cid wibble 'Cc: dan@example.com'
	person bob quibble
} | take
train
is 'the same as where she never was' "$(model)" "$without"
cn-model show -q --output "$T/never.model" >/dev/null
store all
cn-model show -q --output "$T/all.model" >/dev/null
ok 'byte for byte' cmp "$T/all.model" "$T/never.model"
with_starter() {
	cn-model train --from-store -q
	cn-model show -q --output "$T/$1.model" >/dev/null
	train
}
with_starter all
store never
with_starter never
store all
ok 'with our sentences, too' cmp "$T/all.model" "$T/never.model"
"$B/../unit/encoder" --make "$T/encoder" >/dev/null
with_encoder() {
	CN_ENCODER=$T/encoder train
	cn-model show -q --output "$T/$1.model" >/dev/null
	train
}
with_encoder all
store never
with_encoder never
store all
ok 'with a sentence encoder, too' cmp "$T/all.model" "$T/never.model"
like 'control: it taught them' "$(cn-model show "$T/all.model" |
    jq -r .encoder)" '^[0-9a-f]{16}$'
status 'and nothing is new' 0 cn-model train --from-store --no-starter
like 'as it says' "$(cat "$T/err")" 'nothing is new'

# --- more text than there is room for ---
room=${B%/bin}/tests/room
many() {	# WHO FROM TO WORD
	for i in $(seq "$2" "$3"); do
		mail "$1" "$i" "$4"
	done
}
taught() {	# of each category, with so much room
	"$room" "$1" taught | sort | uniq -c |
	    awk '{ printf "%s %d ", $2, $1 }'
}
store full
{
	many ann 1 9 arble
	many eve 10 30 arble
	many bob 1 4 quibble
	many cid 1 3 wibble
} | take
is 'control: there is room for all of them' "$(taught 0)" \
    'arble 30 quibble 4 wibble 3 '
like 'with less of it rare categories are whole, not the largest' \
    "$(taught 1600)" '^arble ([5-9]|1[0-9]) quibble 4 wibble 3 $'
is 'with little they share it' "$(taught 500 | awk '{
    print $2 - $6 <= 1, $4 - $6 <= 1, $6 < 3 }')" '1 1 1'
status 'trained with some' 0 "$room" 1600
like 'which are counted' "$(cat "$T/out")" '^37 ([1-9]|[12][0-9]) [0-9a-f]{16}$'
like 'and it is used' "$(model)" '^store:'
unlike 'nothing of it waits to be learned' "$(cn)" 'to be learned'
many gus 1 2 arble | take
like 'what is labelled later does' "$(cn)" '2 +labels wait to be learned'
"$room" 1600 >"$T/out"
unlike 'until it is learned, or left out' "$(cn)" 'to be learned'
ok 'the doctor finds nothing' cn-store doctor --check
cn-purge -q -s ann@example.com --apply --yes >/dev/null
like 'who was left out has taken it along, too' "$(model)" '^starter:'
"$room" 1600 >"$T/out"
like 'labels are left out still' "$(cat "$T/out")" '^30 [1-9]'
store lacks
{
	many cid 1 3 wibble
	many gus 1 2 arble
	many bob 1 4 quibble
	many eve 10 30 arble
} | take
is 'where she never was it is the same model' "$("$room" 1600)" \
    "$(cat "$T/out")"
cn-model show -q --output "$T/never.model" >/dev/null
store full
cn-model show -q --output "$T/all.model" >/dev/null
ok 'byte for byte' cmp "$T/all.model" "$T/never.model"
store all

# --- who objects, or is restricted, afterwards ---
limit() {	# SET: of cid
	sql "UPDATE person SET $1 WHERE id = (SELECT person FROM message m
	    JOIN label l ON l.message = m.id WHERE l.category = 'wibble'
	    LIMIT 1)"
}
store only
person bob quibble | take
train
only=$(model)
for how in "may = 6:objected" "state = 'restricted':restricted"; do
	store all
	is "${how#*:}: before, the model is used" "$(model)" "$without"
	limit "${how%:*}"
	like 'then it is not' "$(model)" '^starter:'
	cn-query is:in | cn-classify -q >"$T/lines"
	is 'those messages are skipped' "$(jq -r '.skipped // empty' "$T/lines" |
	    sort | uniq -c | sed 's/^ *//')" "4 ${how#*:}"
	jq -c 'select(.skipped) | {id, category: "other"}' "$T/lines" \
	    >"$T/labels"
	status 'and not labelled' 3 cn-model learn "$T/labels"
	like 'for that reason' "$(cat "$T/err")" "message m.*: ${how#*:}"
	status 'trained without them' 0 cn-model train --from-store \
	    --no-starter
	like 'as it says' "$(cat "$T/err")" \
	    '4 labelled messages skipped: their owners do not allow it'
	is 'as if they were not there' "$(model)" "$only"
	limit "may = 7, state = 'live'"
	is 'lifted: the model may stay' "$(model)" "$only"
	train
	is 'and the next has them again' "$(model)" "$without"
done
is 'all of the old ones are destroyed' "$(sql 'SELECT count(*) FROM model')" 1

# --- a model of spam ---
spam() {	# WHO... whose ham there is besides
	{
		for i in 1 2 3 4 5 6 7 8 9 10 11; do
			mail "spam$i" $i offer 'X-Mailer: MegaMail'
			mail "ham$i" $i order
		done
		for who; do
			mail "$who" 1 invoice 'User-Agent: Mutt'
			mail "$who" 2 invoice 'User-Agent: Mutt'
		done
	} | cn-import -q 2>/dev/null | jq -c '{id, spam:
	    (.subject | startswith("offer"))}' | cn-model learn -q
	train
}
spam_model() {	# that is used; its name is of its bytes
	cn-query is:in | cn-classify 2>"$T/err" | jq -r '.class.spam_model // empty' |
	    sort -u
}
store spamnever
spam
never=$(spam_model)
like 'spam: a model' "$never" '^store:[0-9a-f]{16}$'
is 'of categories nothing waits' "$(cat "$T/err")" ''
store spam
spam eve fay
both=$(spam_model)
unlike 'another one of more' "$both" "$never"
limit2() {
	sql "UPDATE person SET $1 WHERE id = (SELECT person FROM message m JOIN
	    label l ON l.message = m.id ORDER BY m.id DESC LIMIT 1)"
}
limit2 'may = 6'
is 'of one who objects: not used' "$(spam_model)" ''
limit2 'may = 7'
is 'control: lifted, it is' "$(spam_model)" "$both"
"$scan" samples "$(sql 'SELECT leaf FROM model')" >"$T/samples"
n=$(wc -l <"$T/samples")
is 'its ciphertext is in the files' "$("$scan" bytes "$T/samples")" "$n"
cn-purge -q -s fay@example.com --apply --yes >/dev/null
is 'of one who was erased: destroyed' "$(sql 'SELECT count(*) FROM model')" 0
is 'no sample is left' "$("$scan" bytes "$T/samples")" 0
is 'nothing opens' "$(open_models)" 0
is 'nor is used' "$(spam_model)" ''
train
unlike 'trained again: another' "$(spam_model)" "$both|$never"
is 'which opens' "$(open_models)" 1
status 'erased and proved' 0 cn-purge -s eve@example.com --apply --yes --prove
train
is 'the same as where neither was' "$(spam_model)" "$never"
sql 'SELECT pub FROM message m JOIN label l ON l.message = m.id
    WHERE l.spam LIMIT 2' | jq -R -c '{id: ., spam: null}' | cn-model learn -q
status 'too few are left' 0 cn-model train --from-store --no-starter
is 'of which none is made, and that one destroyed' \
    "$(sql 'SELECT count(*) FROM model')" 0

# --- a filter that was there before ---
store never
mkfifo "$T/in" "$T/out.fifo"
cn-query is:in >"$T/lines"
cn-classify -q <"$T/in" >"$T/out.fifo" &
filter=$!
exec 3>"$T/in" 4<"$T/out.fifo"
sed -n 1p "$T/lines" >&3
read -r line <&4
is 'it has the model' "$(printf '%s\n' "$line" | jq -r .class.model)" "$without"
cn-purge -q -s bob@example.com --apply --yes >/dev/null
sed -n 2p "$T/lines" >&3
read -r line <&4
like 'until somebody is erased' "$(printf '%s\n' "$line" | jq -r .class.model)" \
    '^starter:'
train
sed -n 3p "$T/lines" >&3
read -r line <&4
like 'and a new one when it is there' "$(printf '%s\n' "$line" | jq -r .class.model)" \
    '^store:'
exec 3>&- 4<&-
wait $filter

# --- a proof can fail ---
store all
cn-purge -q -s bob@example.com --apply --yes --prove >"$T/out"
e=$(head -n 1 "$T/out" | jq -r .id)
train
status 'control: it is proved' 0 cn-purge --prove "$e"
copy p
store p
sqlite3 "$CN_HOME/store.db" "INSERT INTO example SELECT 9999, id FROM model"
status 'a model that learned from what is gone' 5 cn-purge --prove "$e"
is 'is named' "$(jq -c '.checks[] | select(.found > 0) | .none_of' "$T/out" |
    head -n 1)" '"rows that refer to what is gone"'
sqlite3 "$CN_HOME/store.db" 'DELETE FROM example WHERE message = 9999;
    UPDATE model SET torn = 1'
status 'one that lost an example' 5 cn-purge --prove "$e"
like 'is not used' "$(model)" '^starter:'

# --- killed before every write ---
state() {
	sql 'SELECT (SELECT count(*) FROM model), (SELECT count(*) FROM weights),
	    (SELECT count(*) FROM example), (SELECT count(*) FROM label)'
	open_models
	cn-store doctor --check
}
killed() {	# NAME COMMAND...: run to the same end from every point
	name=$1
	shift
	store was
	env CN_KILL_COUNT="$T/count" LD_PRELOAD="$K" "$@" >/dev/null 2>&1
	read -r calls _ <"$T/count"
	"$@" >/dev/null 2>&1
	state >"$T/want"
	n=1 bad='' died=0
	while [ "$n" -le "$calls" ]; do
		rm -rf "$T/now" "$T/now.keys"
		cp -a "$T/before" "$T/now"
		cp -a "$T/before.keys" "$T/now.keys"
		store now
		env CN_KILL_AT=$n LD_PRELOAD="$K" "$@" >/dev/null 2>&1
		[ $? -eq 137 ] && died=$((died + 1))
		"$@" >"$T/again" 2>&1 || bad="$bad $n:$?"
		state >"$T/got" 2>&1
		cmp -s "$T/want" "$T/got" || bad="$bad $n"
		n=$((n + 1))
	done
	is "$name: killed each time" "$died" "$calls"
	is "$name: the same end" "$bad" ''
	[ -z "$bad" ] || diag "$(diff "$T/want" "$T/got")"
}
if [ -n "$K" ]; then
	store was
	{
		mail ann 1 zorble
		mail bob 1 quibble
	} | take
	train
	mail bob 2 quibble | take
	copy before
	killed 'training' cn-model train --from-store --no-starter -q
	rm -rf "$T/was" "$T/was.keys"
	cp -a "$T/before" "$T/was"
	cp -a "$T/before.keys" "$T/was.keys"
	killed 'erasure' cn-purge -q -s ann@example.com --apply --yes --prove
fi
finish
