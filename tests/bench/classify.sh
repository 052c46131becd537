#!/bin/sh
# classify.sh - lib/ai beside fastText on the same text in the same run.
# CN_DATA names the data folder, BUILD the one with libcn.a.
set -eu
data=${CN_DATA:-../shared/data}
here=$(dirname "$0")
build=${BUILD:-build}
text=$data/banking77/train.tsv
rounds=10

[ -r "$text" ] || { echo "classify: skipped, no $text"; exit 0; }
command -v fasttext >/dev/null || { echo "classify: skipped, no fasttext"
	exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
classify=$tmp/classify
cc -std=c11 -D_GNU_SOURCE -O2 -ffp-contract=off -I"$here/../../lib" \
    -o "$classify" "$here/classify.c" "$build/libcn.a" \
    $(pkg-config --libs libcrypto yaml-0.1 libutf8proc) -lm

sed 's/^\([^	]*\)	/__label__\1 /' "$text" >"$tmp/train"
cut -f2 "$text" >"$tmp/one"
i=0
while [ $i -lt $rounds ]; do
	cat "$tmp/one"
	i=$((i + 1))
done >"$tmp/many"

# User and system seconds of a command; its output is dropped.
cpu() {
	( "$@" >/dev/null 2>&1; times ) | tail -n 1 | tr 'ms' '  ' |
	    awk '{ print $1 * 60 + $2 + $3 * 60 + $4 }'
}

set -- $("$classify" speed "$text" "$rounds")
train=$1 each=$2 bytes=$3
echo "banking77, ours: trained in $train s with calibration, $bytes bytes"
"$classify" folds "$text" | sed 's/^/banking77, ours, five folds: /'
awk -v e="$each" 'BEGIN { printf "ours: %.1f us a text\n", e * 1e6 }'

# The plain setting is fastText's fastest; with runs of characters it comes
# near our accuracy.  Loading its model is taken off.
peer() {
	name=$1
	shift
	t=$(cpu fasttext supervised -input "$tmp/train" -output "$tmp/m" \
	    -thread 1 -epoch 25 -lr 0.5 "$@")
	a=$(cpu fasttext predict "$tmp/m.bin" "$tmp/one")
	b=$(cpu fasttext predict "$tmp/m.bin" "$tmp/many")
	n=$(wc -l <"$tmp/one")
	awk -v a="$a" -v b="$b" -v n="$n" -v r=$rounds -v e="$each" \
	    -v t="$t" -v train="$train" -v name="$name" 'BEGIN {
		p = (b - a) / (n * (r - 1))
		printf "fastText, %s: %.1f us a text, ", name, p * 1e6
		printf "ours %.1f times as fast; ", p / e
		printf "trained in %.1f s, ours in %.2f of that\n", t,
		    train / t
	}'
}
peer 'words' -dim 100
peer 'words 1-2, characters 3-5' -dim 100 -wordNgrams 2 -minn 3 -maxn 5 \
    -bucket 200000

map=$here/../bitext_map.tsv
if [ -r "$data/bitext/valid.tsv" ]; then
	"$classify" groups "$here/../../lib/ai/starter.yaml" "$map" \
	    "$data/bitext/valid.tsv" | sed 's/^/starter on bitext: /'
fi
