#!/bin/sh
# Killed before each write, fsync and rename, stopped, or without a reader:
# what is imported again afterwards is as if nothing had happened.  Takes
# STEP=n to look at every n-th point only (tests/long/kill.t looks at all).
. "$(dirname "$0")/lib.sh"
. "$root/tests/kill.sh"

# Ten mails: threads, an agent's answers, the same mail twice, one broken.
box() {
	for i in 1 2 3 4 5 6 7; do
		printf 'From c%d@example.com Mon Nov 23 15:00:0%d 2026\n' $i $i
		printf 'From: Cust %d <c%d@example.com>\nTo: %s\n' $i $((i % 4)) \
		    'desk@shop.test'
		printf 'Date: Mon, 23 Nov 2026 15:00:0%d +0000\n' $i
		printf 'Message-ID: <m%d@t.test>\n' $i
		[ $i -gt 4 ] && printf 'In-Reply-To: <m%d@t.test>\n' $((i - 4))
		printf 'Subject: refund for parcel %d\n\n' $i
		printf 'I want my money back, order %d\n\n' $i
	done
	printf 'From desk@shop.test Mon Nov 23 15:01:00 2026\n'
	printf 'From: desk@shop.test\nTo: c1@example.com\nDate: Mon, 23 Nov '
	printf '2026 15:01:00 +0000\nMessage-ID: <a1@t.test>\n'
	printf 'In-Reply-To: <m1@t.test>\nSubject: Re: refund\n\nDone.\n\n'
	printf 'From c2@example.com Mon Nov 23 15:00:02 2026\n'
	printf 'From: Cust 2 <c2@example.com>\nTo: desk@shop.test\n'
	printf 'Date: Mon, 23 Nov 2026 15:00:02 +0000\n'
	printf 'Message-ID: <m2@t.test>\nSubject: refund for parcel 2\n\n'
	printf 'I want my money back, order 2\n\n'
	printf 'From x@example.com Mon Nov 23 15:02:00 2026\n\nno header\n\n'
}

state() {
	said 'SELECT threaded, count(*) FROM message GROUP BY 1;
	    SELECT count(*) FROM message WHERE suggested IS NULL'
}

heal() {
	cn-import --format none -q "$1" <"$T/box" 2>/dev/null
	for c in cn-classify cn-reply-suggest; do
		[ -x "$B/$c" ] && case " $stages " in
		*" $c "*) "$c" --pending >/dev/null 2>&1 ;;
		esac
	done
}

# undisturbed STAGES [OPERAND]: sets $T/undisturbed
undisturbed() {
	stages=$1
	begin
	heal "${2-$T/box}"
	state >"$T/undisturbed" 2>&1
}

box >"$T/box"
use "$T/new"
cn-store init -q || exit 1
printf 'desk:\n  - desk@shop.test\n' >"$CN_HOME/config.yaml"
chmod 600 "$CN_HOME/config.yaml"
undisturbed ''
like 'undisturbed, the doctor finds nothing' "$(cat "$T/undisturbed")" \
    '^all is well'
heal "$T/box"
ok 'once more, nothing changes' same
begin
sqlite3 "$CN_HOME/store.db" 'INSERT INTO event VALUES(99, 0, "received", 1, 99,
    "email", NULL)'
heal "$T/box"
not_ok 'control: one event more is seen' same

# --- killed before each call ---

begin
LD_PRELOAD=$K CN_KILL_COUNT=$T/count cn-import "$T/box" \
    >/dev/null 2>&1
calls=$(cut -d' ' -f1 "$T/count")
ok "importing ten mails is $calls calls" [ "$calls" -gt 30 ]
n=1 bad=0 killed=0 wrong=0
while [ "$n" -le "$calls" ]; do
	begin
	rc=0
	{ LD_PRELOAD=$K CN_KILL_AT=$n cn-import "$T/box" \
	    >"$T/lines" 2>/dev/null; } 2>/dev/null || rc=$?
	[ "$rc" -eq 137 ] && killed=$((killed + 1))
	# A line says what has happened, also if nothing else did.
	jq -r .id "$T/lines" 2>/dev/null | while read -r id; do
		cn-query --raw "$id" >/dev/null 2>&1 || echo "$id"
	done >"$T/lost"
	[ -s "$T/lost" ] && wrong=$((wrong + 1))
	heal "$T/box"
	same || {
		bad=$((bad + 1))
		diag "killed before call $n"
	}
	n=$((n + ${STEP:-5}))
done
is "killed before a call, then imported again: as undisturbed ($killed kills)" \
    "$bad" 0
is 'no line for what was not kept' "$wrong" 0
ok 'control: they were killed' [ "$killed" -gt 8 ]

# --- the pipe, each stage killed ---

if [ -x "$B/cn-classify" ] && [ -x "$B/cn-reply-suggest" ]; then
	undisturbed 'cn-classify cn-reply-suggest'
	for victim in cn-import cn-classify cn-reply-suggest; do
		bad=0 n=1
		kill_at() {
			if [ "$1" = "$victim" ]; then
				rc=0
				LD_PRELOAD=$K CN_KILL_AT=$n "$@" || rc=$?
				echo "$rc" >"$T/rc"
			else
				"$@"
			fi
		}
		counted() {
			if [ "$1" = "$victim" ]; then
				LD_PRELOAD=$K CN_KILL_COUNT=$T/count "$@"
			else
				"$@"
			fi
		}
		# Every call with STEP=1: calls and killed show that.
		calls=80 killed=0
		if [ -n "${STEP:-}" ]; then
			begin
			{ counted cn-import "$T/box" | counted cn-classify |
			    counted cn-reply-suggest; } >"$T/out" 2>/dev/null
			calls=$(cut -d' ' -f1 "$T/count")
		fi
		while [ "$n" -le "$calls" ]; do
			begin
			{ kill_at cn-import "$T/box" | kill_at cn-classify |
			    kill_at cn-reply-suggest; } >"$T/out" 2>/dev/null
			[ "$(cat "$T/rc")" -eq 137 ] && killed=$((killed + 1))
			heal "$T/box"
			same || {
				bad=$((bad + 1))
				diag "$victim killed before call $n"
			}
			n=$((n + ${STEP:-20}))
		done
		is "the pipe with $victim killed $killed times: as undisturbed" \
		    "$bad" 0
	done
else
	skip 'the pipe with a stage killed' 'it is not built'
fi

# --- readers and signals ---

undisturbed '' -
# Five mails, then silence: the input stays open until $T/go is there.
slow() {
	head -n 40 "$T/box"
	until [ -e "$T/go" ]; do
		sleep 0.02
	done
	tail -n +41 "$T/box"
}
begin
rm -f "$T/go"
slow | cn-import 2>"$T/err" | {
	head -n 1 >"$T/first"
	exec <&-
	touch "$T/go"
}
ok 'a line came out before the last mail was read' [ -s "$T/first" ]
heal -
ok 'a reader that stops: as undisturbed' same
begin
(
	trap '' PIPE
	rc=0
	cn-import <"$T/box" || rc=$?
	echo $rc >"$T/rc"
) 2>"$T/err" | :
heal -
ok 'a reader that is gone, SIGPIPE ignored: as undisturbed' same
begin
rm -f "$T/go" "$T/fifo" "$T/lines"
mkfifo "$T/fifo"
slow >"$T/fifo" &
feeder=$!
cn-import <"$T/fifo" >"$T/lines" 2>"$T/err" &
importer=$!
until [ -s "$T/lines" ]; do
	sleep 0.02
done
kill -TERM "$importer"
rc=0
wait "$importer" || rc=$?
is 'SIGTERM: dies by the signal' "$rc" 143
ok 'having committed what it showed' \
    [ "$(wc -l <"$T/lines")" -eq "$(cn-query --format ids | wc -l)" ]
touch "$T/go"
wait "$feeder" 2>/dev/null
heal -
ok 'SIGTERM in the middle: as undisturbed' same

undisturbed ''

# --- two at once ---

begin
cn-import --format none -q "$T/box" 2>/dev/null &
one=$!
cn-import --format none -q "$T/box" 2>/dev/null &
two=$!
rc1=0 rc2=0
wait $one || rc1=$?
wait $two || rc2=$?
is 'two importers of one box finish' "$rc1 $rc2" '3 3'
ok 'two importers of one box: as undisturbed' same
begin
sed 's/@example.com/@example.org/; s/@t.test/@u.test/' "$T/box" >"$T/box2"
for i in 1 2 3; do
	cat "$T/box" "$T/box2"
done >"$T/both"
pids=
for i in 1 2; do
	cn-import --format none -q "$T/box" 2>/dev/null &
	pids="$pids $!"
	cn-import --format none -q "$T/box2" 2>/dev/null &
	pids="$pids $!"
	cn-import --format none -q "$T/both" 2>/dev/null &
	pids="$pids $!"
done
rcs=
for p in $pids; do
	rc=0
	wait "$p" || rc=$?
	rcs="$rcs $rc"
done
is 'six importers finish' "$rcs" ' 3 3 3 3 3 3'
is 'with the union' "$(cn-query --format ids | wc -l)" 16
status 'and the store is whole' 0 cn-store doctor --check
finish
