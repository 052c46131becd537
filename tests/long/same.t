#!/bin/sh
# lib/ai computes the same whoever compiled it: what gcc's build, clang's and
# one that has no use for AVX2 train and say is compared byte for byte, with
# the made-up encoder, too.
top=$(cd "$(dirname "$0")/../.." && pwd)
case ${BUILD:=build} in
/*) ;;
*) BUILD=$top/$BUILD ;;
esac
. "$top/tests/lib.sh"
for cc in gcc clang narrow; do
	set -- CC=$cc
	[ $cc = narrow ] && set -- CFLAGS=-DCN_NARROW
	[ $cc = narrow ] || command -v $cc >/dev/null || {
		skip 'gcc and clang give the same' "no $cc"
		finish
	}
	make -C "$top" -s -j2 "$@" BUILD="$T/$cc" "$T/$cc/bin/cn-model" \
	    "$T/$cc/bin/cn-classify" "$T/$cc/unit/encoder" \
	    >"$T/made" 2>&1 || { cat "$T/made" >&2; exit 1; }
done
awk 'BEGIN { n = split("refund money back|parcel lost late|login password " \
    "reset|invoice tax copy", what, "|")
	for (i = 0; i < 120; i++) {
		split(what[i % n + 1], w, " ")
		print w[1] "\tplease help with my " w[i % 3 + 1] " and " \
		    w[(i + 1) % 3 + 1] " number " i " of order " i * 7919 % 97
	} }' >"$T/l.tsv"
cut -f 2 "$T/l.tsv" | jq -Rc '{ v: 1, type: "message", text: . }' >"$T/in"
"$T/gcc/unit/encoder" --make "$T/encoder" >/dev/null
for encoder in '' "$T/encoder"; do
	export CN_ENCODER="$encoder"
	with=${encoder:+ with an encoder}
	for cc in gcc clang narrow; do
		status "$cc: train$with" 0 "$T/$cc/bin/cn-model" train -q \
		    "$T/l.tsv" -o "$T/$cc.m"
		status "$cc: classify$with" 0 "$T/$cc/bin/cn-classify" -q \
		    --no-store --model "$T/gcc.m" "$T/in"
		cp "$T/out" "$T/$cc.out"
		status "$cc: measure$with" 0 "$T/$cc/bin/cn-model" eval \
		    "$T/l.tsv" --folds 3 --format jsonl
		cp "$T/out" "$T/$cc.eval"
	done
	for cc in clang narrow; do
		ok "$cc: the same model$with" cmp "$T/gcc.m" "$T/$cc.m"
		ok "$cc: the same said$with" cmp "$T/gcc.out" "$T/$cc.out"
		ok "$cc: the same measured$with" cmp "$T/gcc.eval" \
		    "$T/$cc.eval"
	done
	is "of each line$with" "$(jq -c .class.best "$T/gcc.out" |
	    grep -c '"')" 120
done
finish
