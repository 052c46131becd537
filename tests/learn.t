#!/bin/sh
# cn-model learn, train --from-store, show: what agents say goes into the
# store, a model comes of it, and cn-classify uses that.
. "$(dirname "$0")/lib.sh"
have sqlite3 && have jq || {
	echo '1..0 # SKIP sqlite3 and jq are needed'
	exit 0
}
export CN_CONFIG="$T/config.yaml"
printf 'desk: [desk@example.com]\n' >"$CN_CONFIG"
starter=$B/../share/convonest/starter.model

sql() {
	sqlite3 "$CN_HOME/store.db" "$1"
}
# One mail: WHO NUMBER SUBJECT, the body on stdin.
mail() {
	printf 'From x Mon Nov  2 10:00:00 2026\nFrom: %s@example.com\n' "$1"
	printf 'To: desk@example.com\nSubject: %s\n' "$3"
	printf 'Date: Mon, 02 Nov 2026 10:%02d:00 +0000\n' "$2"
	printf 'Message-ID: <%s%s@example.com>\n\n' "$1" "$2"
	cat
	printf '\n'
}
box() {
	for i in 1 2 3 4 5 6; do
		echo "the zorble of my lamp is broken, number $i" |
		    mail "ann" $i "zorble $i"
		echo "please quibble my account, it is number $i" |
		    mail "bob" $i "quibble $i"
	done
	echo 'we are sorry' | mail desk 30 answer
}
id_of() {	# by subject
	jq -r --arg s "$1" 'select(.subject == $s) | .id' "$T/lines"
}
field() {
	jq -r "$1" "$T/out"
}

ok 'a store' cn-store init
box >"$T/box"
cn-import "$T/box" >"$T/lines" 2>/dev/null
is 'thirteen mails' "$(wc -l <"$T/lines")" 13
ok 'classified by the starter' cn-classify "$T/lines"
cp "$T/out" "$T/c1"
want=starter:$(cn-model show "$starter" | jq -r '.model | sub("file:"; "")')
is 'which says so' "$(jq -r '.class.model // empty' "$T/c1" | sort -u)" \
    "$want"
is 'show: it is the one in use' "$(cn-model show | jq -r .model)" "$want"
status 'nothing is labelled: nothing to train' 0 cn-model train --from-store
like 'which it says' "$(cat "$T/err")" 'nothing is labelled'
is 'no model is made' "$(sql 'SELECT count(*) FROM model')" 0

# --- labels ---
jq -c 'select(.direction == "in") | {id, category:
    (if .subject | startswith("zorble") then "broken_part" else
    "account_quibble" end)}' "$T/lines" >"$T/labels"
status 'corrections' 0 cn-model learn "$T/labels"
like 'are counted' "$(cat "$T/err")" '12 labelled, 0 as they were, 0 refused'
is 'and stored' "$(sql 'SELECT category, count(*) FROM label GROUP BY 1' |
    tr '\n' ' ')" 'account_quibble|6 broken_part|6 '
sql 'SELECT * FROM label' >"$T/was"
is 'they wait to be classified again' "$(cn-classify -q --pending |
    jq -r '[.class.category, .class.labelled] | @tsv' | sort | uniq -c |
    sed 's/^ *//')" "$(printf '6 account_quibble\ttrue\n6 broken_part\ttrue')"
is 'and the store knows' "$(cn-query category:broken_part | wc -l)" 6
is 'once' "$(cn-classify -q --pending)" ''
status 'twice' 0 sh -c "cn-model learn <'$T/labels'"
like 'changes nothing' "$(cat "$T/err")" '0 labelled, 12 as they were'
is 'not a cell' "$(sql 'SELECT * FROM label')" "$(cat "$T/was")"
like 'who, is sealed' "$(sql 'SELECT hex(who) FROM label LIMIT 1')" '^01'
is 'the audit counts them' "$(sql "SELECT count(*) FROM audit WHERE entry
    LIKE '%messages labelled%\"count\":12%'")" 1

# Lines of a filter: only what somebody has changed.
status 'what the classifier said is no label' 0 cn-model learn "$T/c1"
like 'nothing of it' "$(cat "$T/err")" '0 labelled, 13 as they were'
jq -c --arg id "$(id_of 'zorble 1')" 'select(.id == $id) |
    .class.category = "lamp"' "$T/c1" >"$T/edited"
status 'what somebody changed is one' 0 cn-model learn "$T/edited"
like 'one' "$(cat "$T/err")" '1 labelled'
is 'in place of the earlier' "$(sql "SELECT category, count(*) FROM label
    GROUP BY 1" | tr '\n' ' ')" 'account_quibble|6 broken_part|5 lamp|1 '
echo "{\"id\":\"$(id_of 'zorble 1')\",\"category\":null}" >"$T/null"
status 'null takes a label back' 0 cn-model learn "$T/null"
is 'it is gone' "$(sql 'SELECT count(*) FROM label')" 11
echo "{\"id\":\"$(id_of 'zorble 1')\",\"spam\":true}" >"$T/spam"
status 'spam is a label of its own' 0 cn-model learn "$T/spam"
is 'without a category' "$(sql 'SELECT spam, category IS NULL FROM label
    WHERE spam IS NOT NULL')" '1|1'
is 'which shows' "$(cn-classify -q --pending | jq -s -c 'map(.class) |
    [.[] | select(.labelled | not) | .spam]')" '[true]'
sed -i 's/true/null/' "$T/spam"
status 'and is taken back' 0 cn-model learn "$T/spam"
is 'to nothing' "$(sql 'SELECT count(*) FROM label')" 11

# What is refused is named, the rest goes on.
{
	echo 'no json'
	echo '{"category":"x"}'
	echo "{\"id\":\"mzzzzzzzzzzzzzzzz\",\"category\":\"x\"}"
	echo "{\"id\":\"$(id_of answer)\",\"category\":\"x\"}"
	echo "{\"id\":\"$(id_of 'zorble 1')\",\"category\":\"two words\"}"
	echo "{\"id\":\"$(id_of 'zorble 1')\"}"
	echo "{\"id\":\"$(id_of 'zorble 1')\",\"category\":\"a@example.com\"}"
	echo "{\"id\":\"$(id_of 'zorble 1')\",\"category\":\"x\",\"category\":\"y\"}"
	head -n 1 "$T/labels"
} >"$T/bad"
status 'bad lines: 3' 3 cn-model learn "$T/bad"
is 'each with its number' "$(sed -n 's/.*line \([0-9]\): \(.*\)/\1 \2/p' \
    "$T/err" | sed "s/$(id_of answer)/ID/; 1s/ .*//")" "1
2 id is missing or no text
3 message mzzzzzzzzzzzzzzzz: unknown or erased
4 message ID: outgoing
5 category: a word of 1 to 64 bytes without '@' is expected
6 neither category nor spam
7 category: a word of 1 to 64 bytes without '@' is expected
8 member 'category' given twice"
like 'the good one is taken' "$(cat "$T/err")" '1 labelled, 0 as .* 8 refused'
is 'all twelve again' "$(sql 'SELECT count(*) FROM label')" 12
like 'a byte order mark is none of the line' "$({
	printf '\357\273\277'
	sed 's/$/\r/' "$T/labels"
} | cn-model learn 2>&1)" '0 labelled, 12 as they were, 0 refused'

# --- a model ---
like 'cn says what is next' "$(cn)" \
    '12 +labels wait to be learned.*cn-model train --from-store'
status 'train' 0 cn-model train --from-store
like 'says on what' "$(cat "$T/err")" \
    'model [0-9a-f]{16}, 12 labelled messages, 28 categories'
like 'and that its names are not ours' "$(cat "$T/err")" \
    '12 of the labels are of categories .*--no-starter'
name=$(sql 'SELECT name FROM model')
unlike 'no more' "$(cn)" 'to be learned'
status 'again' 0 cn-model train --from-store
like 'nothing is new' "$(cat "$T/err")" "nothing is new: model $name stays"
is 'one model' "$(sql 'SELECT count(*), max(labels) FROM model')" '1|12'
leaf=$(sql 'SELECT leaf FROM model')
status 'show' 0 cn-model show
is 'says where it is from' "$(field '[.model, .labels, (.categories |
    length)] | @tsv')" "$(printf 'store:%s\t12\t28' "$name")"
is 'how many labels each category has' "$(field '[.categories[].labels |
    select(. > 0)] | tostring')" '[6,6]'
like 'and when' "$(field '.trained + .until')" \
    '^20[0-9-]+T[0-9:]+Z20[0-9-]+T[0-9:]+Z$'
is 'show writes it out' "$(cn-model show -q --output "$T/m" |
    jq -r .model)" "store:$name"
is 'a file for whom it concerns' "$(stat -c %a "$T/m")" 600
is 'written down' "$(sql "SELECT count(*) FROM audit WHERE entry LIKE
    '%model written out%'")" 1
status 'not beside the store' 2 cn-model show --output "$CN_HOME/m"
cn-classify "$T/lines" >"$T/c2"
is 'cn-classify uses it' "$(jq -r '.class.model // empty' "$T/c2" |
    sort -u)" "store:$name"
is 'what the starter could not know' "$(jq -r '.class.best // empty' "$T/c2" |
    sort | uniq -c | sed 's/^ *//' | tr '\n' ' ')" \
    '6 account_quibble 6 broken_part '
is 'stored with it' "$(sql "SELECT count(*) FROM message WHERE model =
    'store:$name'")" 12
is '--no-store has the starter' "$(cn-classify --no-store "$T/lines" |
    jq -r '.class.model // empty' | sort -u)" "$want"
is 'a file is a file' "$(cn-classify --model "$T/m" "$T/lines" |
    jq -r '.class.model // empty' | sort -u)" "file:$name"
is 'no clear model beside the store' "$(find "$CN_HOME" "$CN_KEYS" -type f |
    xargs grep -lc cnmodel)" ''
is 'control: the file has its mark' "$(grep -lc cnmodel "$T/m")" "$T/m"
ok 'the doctor finds nothing' cn-store doctor --check

# Half of the labels with names of ours are no reason to do without us.
for w in account_quibble broken_part; do
	jq -c --arg w $w 'select(.category == $w) | .category = "refund"' \
	    "$T/labels" | cn-model learn -q
	status 'trained with some of our names' 0 cn-model train --from-store
	unlike 'which is well' "$(cat "$T/err")" 'no-starter'
	cn-model learn -q "$T/labels"
done
status 'without our sentences' 0 cn-model train --from-store --no-starter
unlike 'there is nothing to say' "$(cat "$T/err")" 'no-starter'

# Two at once: one model is left, and it opens.
jq -c '{id, category: "brand_new"}' "$T/labels" | head -n 1 | cn-model learn -q
cn-model train --from-store --no-starter -q &
cn-model train --from-store --no-starter -q
wait
is 'two at once leave one model' "$(sql 'SELECT count(*) FROM model')" 1
like 'which is used' "$(cn-model show | jq -r .model)" '^store:'
cn-model learn -q "$T/labels"
cn-model train --from-store -q
is 'back to the labels of before: the model of then' "$(cn-model show |
    jq -r .model)" "store:$name"

# --- how good it is ---
status 'eval of the store wants folds' 2 cn-model eval --from-store
status 'eval' 0 cn-model eval --from-store --no-starter -k 3 --format jsonl
is 'measures each label once, and only these' "$(jq -c 'select(.kind ==
    "whole" and .name == "accuracy" or .kind == "category") |
    [.name, .n]' "$T/out" | tr '\n' ' ')" \
    '["accuracy",12] ["account_quibble",6] ["broken_part",6] '
is 'on what it was not trained on' "$(jq 'select(.name == "accuracy") |
    .value' "$T/out")" 1
status 'with the starter' 0 cn-model eval --from-store -k 2 --format jsonl
is 'whose sentences are not measured' "$(jq -s 'map(select(.kind ==
    "category") | .n) | add' "$T/out")" 12

# --- with a sentence encoder, made up ---
"$B/../unit/encoder" --make "$T/encoder" >/dev/null
used() {	# by cn-classify
	cn-classify "$T/lines" | jq -r '.class.model // empty' | sort -u
}
cn-model train --from-store --no-starter -q
plain=$(cn-model show | jq -r .model)
export CN_ENCODER="$T/encoder"
status 'an encoder was installed: trained anew' 0 \
    cn-model train --from-store --no-starter
like 'as it says' "$(cat "$T/err")" 'model [0-9a-f]{16}, 12 labelled'
status 'once' 0 cn-model train --from-store --no-starter
like 'then nothing is new' "$(cat "$T/err")" 'nothing is new'
helped=$(cn-model show | jq -r .model)
like 'show: it is used' "$helped" '^store:[0-9a-f]{16}[+]use$'
like 'and which it is' "$(cn-model show | jq -r .encoder)" '^[0-9a-f]{16}$'
is 'cn-classify uses it' "$(used)" "$helped"
is 'rules know it, too' "$(cn-model rules -q <"$T/lines" 2>&1 | wc -l)" 13
status 'eval' 0 cn-model eval --from-store --no-starter -k 3 --format jsonl
is 'of all labels' "$(jq 'select(.name == "accuracy") | .n' "$T/out")" 12
status 'one that is not there: 78' 78 env CN_ENCODER="$T/none" \
    cn-classify "$T/lines"
export CN_ENCODER=
is 'without it words decide' "$(used)" "${helped%+use}"
is 'as well' "$(cn-classify "$T/lines" | jq -s -c 'map(.class.best // empty) |
    unique')" '["account_quibble","broken_part"]'
cn-model train --from-store --no-starter -q
is 'it is gone: the model of before' "$(cn-model show | jq -r .model)" \
    "$plain"
cn-model train --from-store -q

# --- what to label next ---
{
	for i in 1 2 3 4 5 6 7 8 9; do
		echo "will the glimmer spall of a tarn be mended, $i" |
		    mail eve $i "a question $i"
	done
	echo 'my parcel has not arrived' | mail fay 1 'where is my parcel'
	echo 'what about the ocean then' | mail gus 1 'something'
	echo 'what about the ocean then' | mail gus 2 'Auto: something' |
	    sed 's/^To:/Auto-Submitted: auto-replied\nTo:/'
} >"$T/more"
cn-import -q "$T/more" 2>/dev/null | cn-classify -q >"$T/c3"
status 'a queue' 0 cn-model queue 10
cp "$T/out" "$T/q"
is 'one of nine that are alike, no machine, nothing labelled' \
    "$(jq -r '.subject | sub(" [0-9]$"; "")' "$T/q" | sort)" \
    "$(printf '%s\n' 'a question' something 'where is my parcel')"
is 'lines that learn understands' "$(jq -c '.class.category = "other"' "$T/q" |
    cn-model learn 2>&1)" 'cn-model: 3 labelled, 0 as they were, 0 refused'
is 'and asks no more for those' "$(cn-model queue 100 |
    jq -r .subject | grep -cv 'a question')" 0
{
	echo 'wind over dunes' | mail hal 1 'odd'
	echo 'violin strings broke' | mail hal 2 'violin 1'
	echo 'how old are violin strings' | mail ida 3 'violin 2'
	echo 'my violin needs other strings' | mail joe 4 'violin 3'
} >"$T/music"
cn-import -q "$T/music" | cn-classify -q >"$T/c4"
like 'first what stands for most' "$(cn-model queue 1 | jq -r .subject)" violin
cn-model queue 100 | jq -c 'select(.subject == "violin 1") |
    .class.category = "other"' | cn-model learn -q
is 'then what is like no label' "$(cn-model queue 1 | jq -r .subject)" odd
cn-query violin | jq -c '{id, category: null}' | cn-model learn -q
is 'a table for who reads' "$(cn-model queue 1 --format table |
    sed 's/  */ /g; s/^m[^ ]*/ID/')" 'id guess margin message
ID '"$(jq -r '[.class.best, (.class.margin * 100 | round / 100 | tostring |
    if test("[.]") then . else . + ".00" end), .subject] | join(" ")' <<Q
$(cn-model queue 1)
Q
)"
cn-model queue 1 --refs >"$T/refs"
is '--refs: without words' "$(jq -r 'keys[]' "$T/refs" |
    grep -cxE 'from|to|subject|text')" 0
is 'with the numbers' "$(jq -c '.class | [.confidence, .margin, .why] |
    map(type)' "$T/refs")" '["number","number","null"]'
jq -c '{id, category: null}' "$T/q" | cn-model learn -q

# Another order of labelling, other ids: the same bytes.
home=$CN_HOME keys=$CN_KEYS
CN_HOME=$T/home2 CN_KEYS=$T/keys2
cn-store init -q 2>/dev/null
awk '/^From /{ n++ } { print > (dir "/part" n) }' dir="$T" "$T/box"
for i in 13 12 11 10 9 8 7 6 5 4 3 2 1; do
	cn-import "$T/part$i" 2>/dev/null
done >"$T/lines"
jq -c 'select(.direction == "in") | {id, category:
    (if .subject | startswith("zorble") then "broken_part" else
    "account_quibble" end)}' "$T/lines" | sort | cn-model learn -q
cn-model train --from-store -q
cn-model show -q --output "$T/m2" >/dev/null
ok 'imported and labelled in another order: the same bytes' cmp "$T/m" "$T/m2"

# --- by folder: from a Maildir that agents have sorted ---
CN_HOME=$T/home3 CN_KEYS=$T/keys3
cn-store init -q 2>/dev/null
for f in . .Repairs .Accounts; do
	mkdir -p "$T/md/$f/cur" "$T/md/$f/new" "$T/md/$f/tmp"
done
i=1
while [ $i -le 12 ]; do
	[ $((i % 2)) -eq 1 ] && d=.Repairs || d=.Accounts
	sed 1d "$T/part$i" >"$T/md/$d/cur/$i:2,S"
	i=$((i + 1))
done
cp "$T/md/.Accounts/cur/2:2,S" "$T/md/.Repairs/cur/2b:2,S"
sed 1d "$T/part13" >"$T/md/.Repairs/cur/13:2,S"
cn-import -q "$T/md" >"$T/lines" 2>&1
status 'a folder that is not there' 2 cn-model learn --folder Repair=x
like 'is named by its place' "$(cat "$T/err")" '--folder 1: no such folder'
like 'and what a folder is called' "$(cat "$T/err")" '^hint: .*full/path'
status 'no category' 2 cn-model learn --folder Repairs
status 'a folder, a category' 0 cn-model learn --folder \
    "$T/md/Accounts=account_quibble" --folder "$T/md/repairs=broken_part"
like 'what lies there, once, and no answer' "$(cat "$T/err")" '12 labelled, 0 as'
status 'again' 0 cn-model learn -f "$T/md/Accounts=account_quibble" \
    -f "$T/md/Repairs=broken_part"
like 'nothing is new' "$(cat "$T/err")" ' 0 labelled, 12 as they were'
cn-model train --from-store -q
cn-model show -q --output "$T/m3" >/dev/null
ok 'the model is the same as by hand' cmp "$T/m" "$T/m3"
id=$(jq -r 'select(.subject == "zorble 1") | .id' "$T/lines")
echo "{\"id\":\"$id\",\"category\":\"lamp\"}" | cn-model learn -q
cn-model learn -q -f "$T/md/Repairs=broken_part"
is 'what was said by hand stands above it' "$(sql "SELECT category, source FROM
    label WHERE source = 'hand'")" 'lamp|hand'

# --- spam ---
CN_HOME=$T/home4 CN_KEYS=$T/keys4
cn-store init -q 2>/dev/null
sort_of() {	# spam|ham FIRST LAST: mails, made otherwise
	i=$2
	while [ "$i" -le "$3" ]; do
		case $1$((i % 2)) in
		spam0) text='cheap watches, buy now' ;;
		spam1) text='earn money at home, no risk' ;;
		ham0) text='where is my order, it has not arrived' ;;
		ham1) text='the kettle leaks, can you help' ;;
		esac
		printf '%s, number %s\n' "$text" "$i" |
		    mail "$1" $((i % 60)) "$1 $i" |
		    if [ "$1" = spam ]; then
			sed 's/^To:/X-Mailer: MegaMail\nTo:/'
		else
			sed 's/^To:/User-Agent: Mutt\nTo:/'
		fi
		i=$((i + 1))
	done
}
say() {	# FIRST LAST: which are spam, which are not
	jq -c --argjson a "$1" --argjson z "$2" '(.subject | split(" ")) as $s |
	    select(($s[1] | tonumber) >= $a and ($s[1] | tonumber) <= $z) |
	    {id, spam: ($s[0] == "spam")}' "$T/lines" | cn-model learn -q
}
spam() {
	cn-classify "$@" "$T/new" | jq -r ".class.$what" | sort | uniq -c | xargs
}
{
	sort_of spam 1 12
	sort_of ham 1 12
} | cn-import -q >"$T/lines" 2>/dev/null
{
	sort_of spam 21 26
	sort_of ham 21 26
} | cn-import -q >"$T/new" 2>/dev/null
what=spam_model
is 'no model of spam' "$(spam)" '12 null'
say 1 9
status 'nine of each are too few' 0 cn-model train --from-store --no-starter
like 'as it says' "$(cat "$T/err")" 'spam: no model: 10 .*, there are 9 and 9'
is 'and there is none' "$(sql 'SELECT count(*) FROM model')" 0
say 11 12
for i in spam ham; do	# one by its category
	jq -c --arg s "$i" 'select(.subject == $s + " 10") | {id, category: $s}' \
	    "$T/lines"
done | cn-model learn -q
status 'enough' 0 cn-model train --from-store --no-starter
like 'says of what' "$(cat "$T/err")" \
    'spam: model [0-9a-f]{16}, 12 labelled messages of spam, 11 of ham'
is 'a model of each kind' "$(sql 'SELECT kind, labels FROM model ORDER BY 1' |
    xargs)" 'category|2 spam|23'
status 'again' 0 cn-model train --from-store --no-starter
like 'nothing is new' "$(cat "$T/err")" 'spam: nothing is new'
name=$(sql "SELECT name FROM model WHERE kind = 'spam'")
is 'cn-classify uses it' "$(spam)" "12 store:$name"
what=spam
is 'and tells new spam' "$(jq -r .subject "$T/new" | cut -d ' ' -f 1 | sort |
    uniq -c | xargs) $(spam)" '6 ham 6 spam 6 false 6 true'
is 'as is stored' "$(sql 'SELECT count(*) FROM message WHERE spam')" 6
is 'mail that is not in the store, too' "$(sort_of spam 31 33 |
    cn-classify | jq -c .class.spam | xargs)" 'true true true'
is '--no-store: never' "$(what=spam_model spam --no-store)" '12 null'
sort_of spam 1 12 >"$T/sbox"
sort_of ham 1 12 >"$T/hbox"
cn-model train -q -o "$T/spam.model" "spam=$T/sbox" "ham=$T/hbox"
like '--spam-model names another' "$(what=spam_model spam --spam-model \
    "$T/spam.model")" '^12 file:[0-9a-f]{16}$'
cn-classify -q "$T/new" >/dev/null
is 'no clear model beside the store' "$(find "$CN_HOME" "$CN_KEYS" -type f |
    xargs grep -lc cnmodel)" ''
unlike 'all labels are learned' "$(cn)" 'to be learned'
cp "$T/new" "$T/lines"
say 21 21
like 'until there is one of spam that is not' "$(cn)" \
    '2 +labels wait to be learned'
status 'which is learned' 0 cn-model train --from-store --no-starter
like 'by a new model' "$(cat "$T/err")" '13 labelled messages of spam, 12 of'
is 'of each kind one is left' "$(sql 'SELECT kind FROM model ORDER BY 1' |
    xargs)" 'category spam'
jq -c '{id, spam: null}' "$T/new" | cn-model learn -q
status 'labels taken back' 0 cn-model train --from-store --no-starter
is 'the model of before' "$(sql "SELECT name FROM model WHERE kind = 'spam'")" \
    "$name"
ok 'the doctor finds nothing' cn-store doctor --check
CN_HOME=$home CN_KEYS=$keys
finish
