#!/bin/sh
# classify.sh - lib/ai beside fastText on the same text in the same run.
# CN_DATA names the data folder, BUILD the one with libcn.a.
set -eu
data=${CN_DATA:-../shared/data}
here=$(dirname "$0")
build=${BUILD:-build}
text=$data/banking77/train.tsv
rounds=40 runs=5

[ -r "$text" ] || { echo "classify: skipped, no $text"; exit 0; }
command -v fasttext >/dev/null || { echo "classify: skipped, no fasttext"
	exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
classify=$tmp/classify
cc -std=c11 -D_GNU_SOURCE -O2 -ffp-contract=off -I"$here/../../lib" \
    -o "$classify" "$here/classify.c" "$build/libcn.a" \
    $(pkg-config --libs libcrypto yaml-0.1 libutf8proc) -lm

# It learns better from what is not in order; ours has an order of its own.
sed 's/^\([^	]*\)	/__label__\1 /' "$text" |
    shuf --random-source="$text" >"$tmp/train"
cut -f2 "$text" >"$tmp/one"
i=0
while [ $i -lt $rounds ]; do
	cat "$tmp/one"
	i=$((i + 1))
done >"$tmp/many"

cpu() { "$classify" cpu "$@"; }

# right OPTION...: how many of a hundred fastText gets right, by five folds.
right() {
	for fold in 0 1 2 3 4; do
		awk -v k=$fold -v tr="$tmp/tr" -v te="$tmp/te" '
		    { print >(n[$1]++ % 5 == k ? te : tr) }' "$tmp/train"
		fasttext supervised -input "$tmp/tr" -output "$tmp/g" \
		    -thread 1 "$@" >/dev/null 2>&1
		fasttext predict "$tmp/g.bin" "$tmp/te" | paste -d ' ' - "$tmp/te"
	done | awk '{ n += $1 == $2 } END { printf "%.2f", 100 * n / NR }'
}

# both NAME OPTION...: theirs and ours in turn, the best of some runs of each.
# Both read lines and write labels; loading the model is taken off.
both() {
	name=$1
	shift
	set -- -epoch 25 -lr 0.5 -dim 100 "$@"
	run=0
	while [ $run -lt $runs ]; do
		echo "$(cpu fasttext supervised -input "$tmp/train" -output \
		    "$tmp/f" -thread 1 "$@"
		    ) $(cpu fasttext predict "$tmp/f.bin" "$tmp/one"
		    ) $(cpu fasttext predict "$tmp/f.bin" "$tmp/many"
		    ) $(CN_ENCODER= cpu "$build/bin/cn-model" train -q "$text" \
		    -o "$tmp/m") $(cpu "$classify" predict "$tmp/m" <"$tmp/one"
		    ) $(cpu "$classify" predict "$tmp/m" <"$tmp/many")"
		run=$((run + 1))
	done | awk -v texts=$(($(wc -l <"$tmp/one") * (rounds - 1))) \
	    -v name="$name" -v right="$(right "$@")" '
		{ for (i = 1; i <= NF; i++)
			if (NR == 1 || $i < least[i])
				least[i] = $i }
		END { theirs = (least[3] - least[2]) / texts
			ours = (least[6] - least[5]) / texts
			printf "fastText, %s: %s right by five folds\n", name,
			    right
			printf "fastText, %s: %.2f us a text, ours %.2f: " \
			    "%.1f times as fast\n", name, theirs * 1e6,
			    ours * 1e6, theirs / ours
			printf "fastText, %s: trained in %.2f s, ours in " \
			    "%.2f: %.2f of that\n", name, least[1], least[4],
			    least[4] / least[1] }'
}

# Words alone are its fastest setting; with runs of characters it comes near
# our accuracy.
both words
both 'words 1-2, characters 3-5' -wordNgrams 2 -minn 3 -maxn 5 -bucket 200000
"$classify" folds "$text" | sed 's/^/banking77, ours, five folds: /'

map=$here/../bitext_map.tsv
if [ -r "$data/bitext/valid.tsv" ]; then
	"$classify" groups "$here/../../lib/ai/starter.yaml" "$map" \
	    "$data/bitext/valid.tsv" | sed 's/^/starter on bitext: /'
fi
