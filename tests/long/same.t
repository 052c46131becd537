#!/bin/sh
# What is computed is the same whoever compiled it and wherever it runs: what
# gcc's build, clang's, one that has no use for AVX2 and one for arm64 (under
# qemu) train and say is compared byte for byte, with the made-up encoder, too:
# models of files, mailboxes and a store, languages, classes, drafts.
top=$(cd "$(dirname "$0")/../.." && pwd)
case ${BUILD:=build} in
/*) ;;
*) BUILD=$top/$BUILD ;;
esac
. "$top/tests/lib.sh"
sample=$top/tests/sample
tools='cn-model cn-classify cn-query cn-reply-suggest'

# build NAME MAKE-ARGUMENT...
build() {
	_to=$T/$1
	shift
	# shellcheck disable=SC2046
	make -C "$top" -s -j2 "$@" BUILD="$_to" $(for t in $tools; do
		echo "$_to/bin/$t"
	done) >"$T/made" 2>&1 || {
		cat "$T/made" >&2
		exit 1
	}
	mkdir "$_to/share"
	cp -R "$B/../share/convonest" "$_to/share"
}

# run BUILD COMMAND ARGUMENT...: that build's command
run() {
	_of=$1 _what=$2
	shift 2
	if [ "$_of" = arm64 ]; then
		qemu-aarch64-static -L "$BUILD/arm64/root" \
		    "$T/$_of/bin/$_what" "$@"
	else
		"$T/$_of/bin/$_what" "$@"
	fi
}

builds='gcc narrow'
build gcc CC=gcc
build narrow CFLAGS=-DCN_NARROW
if have clang; then
	build clang CC=clang
	builds="$builds clang"
else
	skip "clang's build says the same" 'no clang'
fi
if make -C "$top" -s arm64 BUILD="$BUILD" >"$T/made" 2>&1; then
	lib=$BUILD/arm64/root/usr/lib/aarch64-linux-gnu
	export PKG_CONFIG_SYSROOT_DIR="$BUILD/arm64/root"
	export PKG_CONFIG_LIBDIR="$lib/pkgconfig"
	build arm64 \
	    CC="aarch64-linux-gnu-gcc --sysroot='$BUILD/arm64/root'" \
	    "CFLAGS=-Werror"
	unset PKG_CONFIG_SYSROOT_DIR PKG_CONFIG_LIBDIR
	builds="$builds arm64"
	like 'a build for arm64' "$(readelf -h "$T/arm64/bin/cn-model")" \
	    'Machine: *AArch64'
else
	skip "arm64's build says the same" "$(tail -n 1 "$T/made")"
fi

awk 'BEGIN { n = split("refund money back|parcel lost late|login password " \
    "reset|invoice tax copy", what, "|")
	for (i = 0; i < 120; i++) {
		split(what[i % n + 1], w, " ")
		print w[1] "\tplease help with my " w[i % 3 + 1] " and " \
		    w[(i + 1) % 3 + 1] " number " i " of order " i * 7919 % 97
	} }' >"$T/l.tsv"
# lines FILE...: messages of the second column
lines() {
	cut -f 2 "$@" | jq -Rc '{ v: 1, type: "message", text: . }'
}
lines "$T/l.tsv" "$top/tests/language.tsv" >"$T/in"
awk -v to="$T" '/^From / { n++ } n < 60 { print >(to "/" n % 2 ".mbox") }' \
    "$sample/shop.mbox"

# A store whose mails have labels, for each build a copy.
cn-store init --test >"$T/out" 2>&1
cp "$sample/config.yaml" "$CN_HOME/"
for i in shop.mbox chat.jsonl; do
	cn-import -q --format none "$sample/$i" || :
done
cn-query is:in | cn-classify -q >"$T/classified"
jq -c 'select(.class.best) | { id, category: .class.best,
    spam: (.subject | length % 3 == 0) }' "$T/classified" |
    cn-model learn >"$T/out" 2>&1
mkdir "$T/store"
mv "$CN_HOME" "$CN_KEYS" "$T/store"
is 'a store to train on' "$(tail -n 1 "$T/out" |
    grep -c '^cn-model: [0-9]\{3\} labelled')" 1

# all BUILD: everything that it says, in NAME.BUILD
all() {
	of=$1
	status "$of: train" 0 run $of cn-model train -q "$T/l.tsv" \
	    -o "$T/model.$of"
	status "$of: classify" 0 run $of cn-classify -q --no-store \
	    --model "$T/model.gcc" "$T/in"
	cp "$T/out" "$T/lines.$of"
	[ -n "$encoder" ] || {
		status "$of: measure" 0 run $of cn-model eval "$T/l.tsv" \
		    --folds 3 --format jsonl
		cp "$T/out" "$T/measured.$of"
		status "$of: train spam" 0 run $of cn-model train -q \
		    -o "$T/spam.$of" "spam=$T/0.mbox" "ham=$T/1.mbox"
	}
	rm -rf "$T/at"
	cp -a "$T/store" "$T/at"
	export CN_HOME="$T/at/home" CN_KEYS="$T/at/keys"
	status "$of: train from a store" 0 run $of cn-model train -q \
	    --from-store --no-starter
	status "$of: its model" 0 run $of cn-model show -o "$T/trained.$of"
	run $of cn-query -l 10 '!is:automatic is:unanswered' >"$T/some"
	status "$of: classify from it" 0 run $of cn-classify -q "$T/some"
	cp "$T/out" "$T/classes.$of"
	status "$of: drafts" 0 run $of cn-reply-suggest -q "$T/classes.$of"
	cp "$T/out" "$T/drafts.$of"
}

"$B/../unit/encoder" --make "$T/encoder" >/dev/null
for encoder in '' "$T/encoder"; do
	export CN_ENCODER="$encoder"
	with=${encoder:+ with an encoder}
	for of in $builds; do
		all $of
		[ $of != gcc ] || continue
		for i in model spam lines measured trained classes drafts; do
			ok "$of: the same $i$with" cmp "$T/$i.gcc" "$T/$i.$of"
		done
	done
	is "each has its category$with" "$(head -n 30 "$T/lines.gcc" |
	    jq -c .class.best | grep -c '"')" 30
	[ -n "$encoder" ] || ok "and its language$with" test "$(jq -r \
	    .class.language "$T/lines.gcc" | sort -u | wc -l)" -ge 30
	# Under qemu an encoder takes its time, and it knows English alone.
	lines "$T/l.tsv" | head -n 30 >"$T/in"
	ok "drafts of past answers$with" jq -es '[.[].replies // [] | .[] |
	    select(.source.message)] | length > 4' "$T/drafts.gcc"
done
finish
