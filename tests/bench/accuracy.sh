#!/bin/sh
# accuracy.sh - the category model beside a linear SVM, on the same parts of
# the public training data; with a sentence encoder, too, where `make encoder`
# put one (CN_ENCODER names another): one model, asked with it and without.
# CN_DATA names the data's folder, BUILD the build's.  Needs python3-sklearn.
set -eu
here=$(dirname "$0")
data=${CN_DATA:-../shared/data}
cn=${BUILD:-build}/bin/cn-model
python=/usr/bin/python3
[ -r "$data/banking77/train.tsv" ] || { echo "accuracy: skipped, no $data"
	exit 0; }
"$python" -c 'import sklearn' 2>/dev/null || { echo 'accuracy: skipped, no sklearn'
	exit 0; }
encoder=${CN_ENCODER-${BUILD:-build}/share/convonest/encoder.bin}
[ -r "$encoder" ] || encoder=
export CN_ENCODER=
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# compare NAME TRAIN TEST [OUTSIDE]
compare() {
	CN_ENCODER=$encoder "$cn" train -q "$2" ${5:+--outside "$5"} -o "$tmp/m"
	svm=$("$python" "$here/baseline.py" "$2" "$3" "${4:-}")
	say "$1" "$3" "$svm" "${4:-}"
	[ -z "$encoder" ] || CN_ENCODER=$encoder say "$1, encoder" "$3" \
	    "$svm" "${4:-}"
}

# say NAME TEST SVM OUTSIDE: what the model makes of it.
say() {
	"$cn" eval "$2" -m "$tmp/m" ${4:+--outside "$4"} --worst 0 \
	    --format jsonl >"$tmp/ours"
	jq -rs --arg name "$1" --arg svm "$3" '[.[] |
	    select(.kind == "whole") | { (.name): (.value * 10000 | round |
	    . / 100) }] | add | ($svm | split(" ")[0] | tonumber * 10000 |
	    round | . / 100) as $s |
	    "\($name): ours \(.accuracy), SVM \($s), margin \(.accuracy - $s |
	    . * 100 | round | . / 100); ECE \(.ece), by chance \(.ece_chance
	    ), decided and right \(
	    .decided), MCC \(.mcc), outside \(.outside_recall // "-")"' \
	    <"$tmp/ours"
}

for fold in 0 1 2 3 4; do
	awk -F '\t' -v k=$fold -v tr="$tmp/tr" -v te="$tmp/te" '
	    { print >(n[$1]++ % 5 == k ? te : tr) }' \
	    "$data/banking77/train.tsv"
	compare "banking77, fold $fold" "$tmp/tr" "$tmp/te"
done | tee "$tmp/folds"
sed 's/, fold .\(.*\): ours \(.*\), SVM \(.*\), margin.*/\1|\2|\3/' \
    "$tmp/folds" | awk -F '|' '{ n[$1]++; ours[$1] += $2; svm[$1] += $3 }
    END { for (i in n) printf("%s, all folds: ours %.2f, SVM %.2f, margin " \
    "%.2f\n", i, ours[i] / n[i], svm[i] / n[i],
    (ours[i] - svm[i]) / n[i]) }'
for n in 5 10; do
	awk -F '\t' 'FNR == NR { seen[tolower($2)]; next }
	    !(tolower($2) in seen)' "$data/banking77/train_$n.tsv" \
	    "$data/banking77/train.tsv" >"$tmp/te"
	compare "banking77, $n a class" "$data/banking77/train_$n.tsv" "$tmp/te"
done
compare clinc150 "$data/clinc150/train.tsv" "$data/clinc150/val.tsv"
cat "$data/clinc150/train.tsv" "$data/clinc150/oos_train.tsv" >"$tmp/tr"
cat "$data/clinc150/val.tsv" "$data/clinc150/oos_val.tsv" >"$tmp/te"
compare 'clinc150, 100 outside' "$tmp/tr" "$tmp/te" oos oos
compare hint3_curekart "$data/hint3_curekart/train.tsv" \
    "$data/hint3_curekart/test.tsv" NO_NODES_DETECTED
