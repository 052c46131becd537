#!/bin/sh
# cn-model: train, eval, show.
. "$(dirname "$0")/lib.sh"

examples() {
	for i in 1 2 3 4 5 6 7 8; do
		printf 'refund\tplease give me my money back, number %d\n' $i
		printf 'refund\tI want a refund of %d euro\n' $i
		printf 'order_status\twhere is my parcel number %d\n' $i
		printf 'order_status\twhen does order %d arrive\n' $i
		printf 'praise\tthank you %d times, wonderful service\n' $i
	done
}

examples >"$T/l.tsv"
status 'train' 0 cn-model train "$T/l.tsv" -o "$T/m"
# The names of the three categories are learned, too.
like 'says what it made' "$(cat "$T/err")" \
    'model [0-9a-f]{16}, 43 examples of 3 categories'
cn-model train -q "$T/l.tsv" -o "$T/m2"
ok 'the same examples give the same bytes' cmp "$T/m" "$T/m2"
ok 'show' sh -c "cn-model show '$T/m' >'$T/shown'"
is 'names what is in it' \
    "$(jq -c '[.examples, [.categories[].name]]' "$T/shown")" \
    '[43,["refund","order_status","praise"]]'
echo '{"v":1,"type":"message","text":"give me my money back"}' |
    cn-classify --no-store --model "$T/m" >"$T/line"
is 'cn-classify uses it' "$(jq -r .class.best "$T/line")" refund
is 'and names it' "$(jq -r .class.model "$T/line")" \
    "$(jq -r .model "$T/shown")"
rm -f "$T/none"
status 'train without -o: usage' 2 cn-model train "$T/l.tsv"
status 'into no folder: nothing is left behind' 2 sh -c \
    "cn-model train '$T/l.tsv' -o '$T/no/m'; s=\$?; [ \$s -ne 0 ] && exit 2"
is 'no half file' "$(find "$T" -name 'm.*' -o -name '.m*')" ''

# Bad lines.
{
	cat "$T/l.tsv"
	echo 'no tab here'
	printf 'bad label\ttext\n'
	printf 'refund\tI want it back\n'
} >"$T/bad.tsv"
status 'bad lines: 3' 3 cn-model train "$T/bad.tsv" -o "$T/m3"
like 'each is named' "$(cat "$T/err")" 'bad.tsv:41: '
like 'also the second' "$(cat "$T/err")" 'bad.tsv:42: '
like 'and counted' "$(cat "$T/err")" 'bad.tsv: 2 bad lines, 41 examples'
unlike 'control: the good ones are not' "$(cat "$T/err")" 'tsv:(40|43): '
is 'the model has the good ones' "$(cn-model show "$T/m3" | jq .examples)" 44
status 'a file that is not there' 2 cn-model train "$T/none" -o "$T/m4"
: >"$T/empty.tsv"
status 'no examples' 2 cn-model train "$T/empty.tsv" -o "$T/m4"
like 'what one would be' "$(cat "$T/err")" '^hint: .* a TAB and a text'

{
	printf '\357\273\277'
	sed 's/$/\r/' "$T/l.tsv"
} >"$T/dos.tsv"
cn-model train -q "$T/dos.tsv" -o "$T/m4"
ok 'a byte order mark and CRLF change nothing' cmp "$T/m" "$T/m4"
{
	printf '\357\273\277"Category"\ttext\r\n'
	sed 's/^\([^\t]*\)\t\(.*\)/"\1"\t"\2"\r/' "$T/l.tsv"
} >"$T/cells.tsv"
status 'cells in quotes, below a heading' 0 cn-model train "$T/cells.tsv" \
    -o "$T/m4"
like 'the heading is no example' "$(cat "$T/err")" 'cells.tsv:1: a heading'
ok 'and nothing changes' cmp "$T/m" "$T/m4"
{
	cat "$T/l.tsv"
	printf 'lonely\tone example\nempty\t\n'
} >"$T/few.tsv"
status 'a category with one example, one without a word' 0 \
    cn-model train "$T/few.tsv" -o "$T/m4"
is 'are known' "$(cn-model show "$T/m4" | jq -c '[.categories[].name]')" \
    '["refund","order_status","praise","lonely","empty"]'

# Where it goes: what was there stays until the new one is whole.
is 'for nobody else' "$(stat -c %a "$T/m4")" 600
cp "$T/m" "$T/kept"
ln -s kept "$T/link"
ln -s /dev/null "$T/null"
cn-model train -q "$T/few.tsv" -o "$T/link"
ok 'a link is replaced' cmp "$T/m4" "$T/link"
ok 'and not followed' cmp "$T/m" "$T/kept"
for to in "$T" "$T/null" /dev/full; do
	status "no file, no model: ${to##*/}" 2 cn-model train "$T/l.tsv" \
	    -o "$to"
done
ok 'and what is there stays' test -L "$T/null" -a -c /dev/full
seq 0 10000 | sed 's/.*/c&	text &/' >"$T/many.tsv"
status '10,000 categories: 78' 78 cn-model train "$T/many.tsv" -o "$T/kept"
is 'said once, with the place' "$(grep -c many.tsv "$T/err") $(grep -o \
    'tsv:.*' "$T/err")" '1 tsv:1001: more than 1000 categories'
mkfifo "$T/pipe.tsv"
cn-model train "$T/pipe.tsv" -o "$T/kept" 2>"$T/err" &
pid=$!
exec 3>"$T/pipe.tsv"
kill -TERM "$pid"
cat "$T/few.tsv" >&3 2>"$T/out" || :
exec 3>&-
wait "$pid"
is 'stopped by TERM' "$?" 143
ok 'the model there stays' cmp "$T/m" "$T/kept"
if [ "$(id -u)" -eq 0 ] && mkdir "$T/small" &&
    mount -t tmpfs -o size=8k tmpfs "$T/small" 2>/dev/null; then
	at_exit="$at_exit; umount '$T/small'"
	echo old >"$T/small/m"
	status 'a disk that is full: 75' 75 cn-model train "$T/l.tsv" \
	    -o "$T/small/m"
	is 'leaves what was there, and nothing else' \
	    "$(cat "$T/small/m") $(ls "$T/small")" 'old m'
	mount -o remount,size=1m "$T/small"
	status 'control: with more room it is written' 0 \
	    cn-model train "$T/l.tsv" -o "$T/small/m"
	ok 'whole' cmp "$T/m" "$T/small/m"
else
	skip 'a disk that is full' 'needs root and tmpfs'
fi

# A limit of a file's size (blocks of 512 bytes) is no signal that ends it half
# way.
status 'a file that may not be so long: 74' 74 sh -c \
    "ulimit -f 1; cn-model train '$T/l.tsv' -o '$T/long'"
is 'leaves nothing' "$(find "$T" -name 'long*')" ''
status 'control: with more room' 0 sh -c \
    "ulimit -f 1000; cn-model train '$T/l.tsv' -o '$T/long'"
ok 'it is whole' cmp "$T/m" "$T/long"

# Mails in folders.
mkdir -p "$T/plain" "$T/dir/cur" "$T/dir/new" "$T/empty/cur" "$T/tree/.Junk/cur"
printf 'Subject: hello\n\nWhere is my parcel?\n' >"$T/plain/1"
printf 'Subject: hi\n\nCheap watches!\n' | tee "$T/dir/cur/1:2,S" \
    >"$T/tree/.Junk/cur/1:2,S"
status 'a folder that is no Maildir: 2' 2 cn-model train "ham=$T/plain" \
    "spam=$T/dir" -o "$T/pm"
like 'says so' "$(cat "$T/err")" 'plain: no Maildir'
for d in dir empty tree; do
	status "control: $d is one" 0 cn-model train "ham=$T/plain/1" \
	    "spam=$T/$d" "spam=$T/dir" -o "$T/pm"
done

# Measuring.
status 'eval' 0 cn-model eval "$T/l.tsv" --model "$T/m" --format jsonl
cp "$T/out" "$T/e"
is 'measures all' "$(jq -r 'select(.kind == "whole") | .name' "$T/e" |
    tr '\n' ' ')" \
    'accuracy macro_f1 ece ece_chance coverage covered_accuracy decided mcc '
is 'what it was trained on is easy' \
    "$(jq 'select(.name == "accuracy") | [.n, .value]' -c "$T/e")" '[40,1]'
sed 's/^praise/refund/' "$T/l.tsv" >"$T/wrong.tsv"
status 'wrong labels' 0 cn-model eval "$T/wrong.tsv" --model "$T/m" \
    --format jsonl
is 'count' "$(jq 'select(.name == "accuracy") | .value' "$T/out")" 0.8
is 'and show as the pair that is confused' \
    "$(jq -c 'select(.kind == "confused") | [.name, .said, .n]' "$T/out")" \
    '["refund","praise",8]'
status 'eval by folds' 0 cn-model eval "$T/l.tsv" --folds 4 --format jsonl
is 'uses every example once' \
    "$(jq 'select(.name == "accuracy") | .n' "$T/out")" 40
status 'folds and a model exclude each other' 2 \
    cn-model eval "$T/l.tsv" --folds 4 --model "$T/m"
status 'a table' 0 cn-model eval "$T/l.tsv" --model "$T/m" --format table
like 'for people' "$(cat "$T/out")" '^whole +accuracy +40 +1\.0000'

# It is what cn-classify does with models of the same parts.  Letters of some
# sentences, each of which may be another category's.
awk 'function draw(n) { x = x * 16807 % 2147483647; return x % n }
    BEGIN { x = 7
	split("please give my money back|I want it refunded|how do I get a" \
	    " refund|where is my parcel|when will it arrive|has it been" \
	    " sent|thank you so much|what a lovely shop|I am very happy", of,
	    "|")
	for (i = 0; i < 150; i++) {
		c = i % 3
		printf "%s\t", c == 0 ? "refund" : c == 1 ? "order" : "praise"
		for (j = 2 + draw(5); j > 0; j--)
			printf "%s, %d%s", of[3 * (draw(5) < 2 ? c : draw(3)) \
			    + 1 + draw(3)], draw(90), 1 < j ? ". " : ".\n"
	} }' | sort -k 1,1 -s >"$T/letters.tsv"
cn-model eval "$T/letters.tsv" -k 2 --format jsonl |
    jq -r 'select(.kind == "whole") | "\(.name) \(.value)"' |
    grep -E '^(accuracy|coverage|covered_accuracy|ece) ' | sort >"$T/measured"
for k in 0 1; do
	awk -F '\t' -v k=$k -v a="$T/taught" -v b="$T/asked" '
	    { print >(n[$1]++ % 2 == k ? b : a) }' "$T/letters.tsv"
	cn-model train -q "$T/taught" -o "$T/fold"
	cut -f 2 "$T/asked" | jq -Rc '{v: 1, type: "message", text: .}' |
	    cn-classify --no-store --model "$T/fold" |
	    jq -r '.class | [.best, .confidence, .abstained] | @tsv' |
	    paste "$T/asked" -
done | awk -F '\t' '{ hit = $1 == $3; n++; right += hit
    bin = int($4 * 15) > 14 ? 14 : int($4 * 15); gap[bin] += $4 - hit
    if ($5 == "false") { covered++; good += hit } }
    END { for (b in gap) ece += gap[b] < 0 ? -gap[b] : gap[b]
	printf "accuracy %.4f\ncoverage %.4f\ncovered_accuracy %.4f\n" \
	    "ece %.4f\n", right / n, covered / n, good / covered,
	    ece / n }' | sort >"$T/classified"
like 'letters are not easy' "$(cat "$T/measured")" '^accuracy 0\.[678]'
is 'cn-classify decides as was measured' \
    "$(grep -v ece "$T/classified")" \
    "$(grep -v ece "$T/measured" | awk '{ printf "%s %.4f\n", $1, $2 }')"
ok 'and is as sure' awk 'FNR == 1 { f++ } $1 == "ece" { e[f] = $2 }
    END { exit !(e[1] > 0 && (e[1] - e[2]) ^ 2 < 0.0005 ^ 2) }' \
    "$T/measured" "$T/classified"

# What belongs nowhere.
{
	cat "$T/l.tsv"
	for i in 1 2 3 4 5 6 7 8; do
		printf 'none\thow is the weather in week %d\n' $i
		printf 'none\ttell me joke %d about birds\n' $i
	done
} >"$T/out.tsv"
status 'train with what is outside' 0 cn-model train "$T/out.tsv" \
    --outside none -o "$T/om"
is 'the model knows' "$(cn-model show "$T/om" | jq -r .outside)" none
status 'and is measured by it' 0 cn-model eval "$T/out.tsv" \
    --model "$T/om" --format jsonl
is 'abstaining is right for it' "$(jq -c 'select(.name ==
    "outside_recall") | [.n, .value]' "$T/out")" '[16,1]'
is 'the rest is measured alone' "$(jq -c 'select(.name == "accuracy") |
    [.n, .value]' "$T/out")" '[40,1]'
status 'the label can be told for measuring' 0 cn-model eval "$T/out.tsv" \
    --model "$T/m" --outside none --format jsonl
is 'of a model that was not' "$(jq 'select(.name == "outside_recall") | .n' \
    "$T/out")" 16
status 'a label that nothing has: 2' 2 cn-model train "$T/l.tsv" \
    --outside none -o "$T/om2"

# With a sentence encoder, made up.
"$B/../unit/encoder" --make "$T/encoder" >/dev/null
status 'train with an encoder' 0 env CN_ENCODER="$T/encoder" \
    cn-model train "$T/l.tsv" -o "$T/em"
status 'again' 0 env CN_ENCODER="$T/encoder" \
    cn-model train "$T/l.tsv" -o "$T/em2"
ok 'the same bytes' cmp "$T/em" "$T/em2"
like 'it says so where the encoder is there' \
    "$(CN_ENCODER="$T/encoder" cn-model show "$T/em" | jq -r .model)" '[+]use$'
unlike 'and not where it is missing' \
    "$(cn-model show "$T/em" | jq -r .model)" '[+]use'
like 'but which it was' "$(cn-model show "$T/em" | jq -r .encoder)" \
    '^[0-9a-f]{16}$'
for e in "$T/encoder" ''; do
	echo '{"v":1,"type":"message","text":"give me my money back"}' |
	    CN_ENCODER=$e cn-classify --no-store --model "$T/em" >"$T/line"
	is "decides ${e:+with it}" "$(jq -r .class.best "$T/line")" refund
done
# A text that is nothing but different words.
awk 'BEGIN { printf "noise\t"; for (n = 1; i < 2200; i++) { w = ""
    for (j = 0; j < 6; j++) { n = n * 16807 % 2147483647
    w = w sprintf("%c", 97 + n % 26) } printf "%s ", w } print "" }' \
    >"$T/noise.tsv"
cat "$T/l.tsv" >>"$T/noise.tsv"
status 'a long text of noise ends, too' 0 timeout -s KILL 60 cn-model train \
    "$T/noise.tsv" -o "$T/m5"

# Damage.
head -c 100 "$T/m" >"$T/cut"
status 'a damaged model: 5' 5 cn-model show "$T/cut"
status 'no model at all: 78' 78 cn-model show "$T/l.tsv"

# The starter model is what its sentences make.
status 'the starter model' 0 cn-model train "$root/lib/ai/starter.yaml" \
    -o "$T/starter"
ok 'is the one that make built' cmp "$T/starter" \
    "$B/../share/convonest/starter.model"
finish
