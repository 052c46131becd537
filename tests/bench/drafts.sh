#!/bin/sh
# How much of an answer that 1, 3 and 10 persons got a draft for another keeps.
# usual.txt was written with the answers of a shop at hand, not of other trades.
set -eu
here=$(dirname "$0")
build=${BUILD:-build}
export PYTHONUTF8=1 CN_ENCODER=
for n in 1 3 10; do
	tmp=$(mktemp -d "${TMPDIR:-/tmp}/convonest-bench.XXXXXX")
	trap 'rm -rf "$tmp"' EXIT
	export CN_HOME="$tmp/home" CN_KEYS="$tmp/keys" CN_CONFIG="$tmp/c.yaml"
	echo 'desk: [help@shop.test]' >"$CN_CONFIG"
	"$build/bin/cn-store" init -q --test
	python3 "$here/drafts.py" past "$here/drafts.tsv" "$n" |
	    "$build/bin/cn-import" -q --format none
	python3 "$here/drafts.py" new "$here/drafts.tsv" |
	    "$build/bin/cn-import" |
	    "$build/bin/cn-reply-suggest" --min-score 0 --max 20 >"$tmp/drafts"
	echo "answers to $n, of which a draft keeps some:"
	python3 "$here/drafts.py" check "$here/drafts.tsv" "$tmp/drafts"
	rm -rf "$tmp"
done
