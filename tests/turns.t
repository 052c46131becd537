#!/bin/sh
# Two importers and two classifiers at once: all finish, each takes its turn,
# and none waits above a second for a lock.
. "$(dirname "$0")/lib.sh"
sample=$root/tests/sample
W=${K%/*}/wait.so

if [ -z "$K" ]; then
	skip 'turns are timed' 'no preload'
	finish
fi
ok 'a store' cn-store init
cp "$sample/config.yaml" "$CN_HOME/config.yaml"
# Copies of the sample that differ in every mail.
for i in 1 2 3 4 5 6 7 8 9 10; do
	sed "s/^Subject: /Subject: $i /" "$sample/shop.mbox" >>"$T/box$((i % 2))"
done
cn-import --format none -q "$sample/shop.mbox" 2>/dev/null

timed() {
	LD_PRELOAD=$W CN_WAIT_LOG=$T/$1 "$2" $3 >"$T/$1.out" 2>"$T/$1.err"
}
# Each classifier goes on until the importers are done.
classifier() {
	while [ -e "$T/running" ]; do
		timed "$1" cn-classify --pending || return 1
	done
	timed "$1" cn-classify --pending
}

touch "$T/running"
timed importer1 cn-import "--refs $T/box0" &
i1=$!
timed importer2 cn-import "--refs $T/box1" &
i2=$!
classifier classifier1 &
c1=$!
classifier classifier2 &
c2=$!
rc1=0 rc2=0 rc3=0 rc4=0
wait $i1 || rc1=$?
wait $i2 || rc2=$?
rm "$T/running"
wait $c1 || rc3=$?
wait $c2 || rc4=$?
is 'all four finish' "$rc1 $rc2 $rc3 $rc4" '3 3 0 0'
for w in importer1 importer2 classifier1 classifier2; do
	set -- $(awk '{ if ($1 > m) m = $1; n += $2; h += $3 }
	    END { print m + 0, n + 0, h + 0 }' "$T/$w")
	diag "$w: $2 turns, $3 of them behind another, the longest $1 ms"
	ok "$w: waits below a second" [ "$1" -lt 1000 ]
	ok "$w: has had turns" [ "$2" -gt 3 ]
	echo "$3" >>"$T/held"
done
ok 'control: they were in each other'\''s way' \
    [ "$(awk '{ n += $1 } END { print n }' "$T/held")" -gt 0 ]
is 'nothing is left to be classified' \
    "$(cn-query --format ids is:in is:unclassified)" ''
status 'the store is whole' 0 cn-store doctor --check
finish
