#!/bin/sh
# A fetch of ten mails killed before each write, fsync and rename, and with its
# store and keys copied together before each (as a power cut leaves them): what
# is fetched again afterwards is as if nothing had happened.  STEP=n looks at
# every n-th point; MAILS=n takes a larger box, POINTS=n so many points of it
# (tests/long).
. "$(dirname "$0")/lib.sh"
. "$root/tests/kill.sh"
. "$root/tests/dovecot.sh"
have dovecot || {
	echo '1..0 # SKIP dovecot is needed'
	exit 0
}
mails=${MAILS:-10}

# Threads, an answer, the same mail in two mailboxes, one that is none, one
# that comes in pieces.
box() {
	d=$DOVECOT_MAIL/desk
	mkdir -p "$d/cur" "$d/new" "$d/tmp" "$d/.Archive/cur" \
	    "$d/.Archive/new" "$d/.Archive/tmp"
	: >"$d/.Archive/maildirfolder"
	i=0
	while [ $((i += 1)) -le $((mails - 3)) ]; do
		{
			printf 'From: Cust %d <c%d@example.com>\n' $i \
			    $((i % (mails / 2)))
			printf 'To: desk@shop.test\nDate: Mon, 23 Nov 2026 '
			printf '%02d:%02d:%02d +0000\n' $((i / 3600)) \
			    $((i / 60 % 60)) $((i % 60))
			printf 'Message-ID: <m%d@t.test>\n' $i
			[ $i -le 4 ] || printf 'In-Reply-To: <m%d@t.test>\n' \
			    $((i - 4))
			printf 'Subject: refund for parcel %d\n\n' $i
			printf 'I want my money back, order %d\n' $i
		} >"$d/cur/$(printf '%05d' $i).x:2,"
	done
	printf 'From: desk@shop.test\nTo: c1@example.com\nDate: Mon, 23 Nov '"$(
	    )"'2026 15:01:00 +0000\nMessage-ID: <a1@t.test>\nIn-Reply-To: '"$(
	    )"'<m1@t.test>\nSubject: Re: refund\n\nDone.\n' \
	    >"$d/cur/90001.x:2,S"
	cp "$d/cur/00002.x:2," "$d/.Archive/cur/90002.x:2,"
	printf 'no header\n' >"$d/cur/90003.x:2,"
	{
		printf 'From: Big <big@example.com>\nTo: desk@shop.test\n'
		printf 'Date: Mon, 23 Nov 2026 15:02:00 +0000\n'
		printf 'Message-ID: <big@t.test>\nSubject: large\n\n'
		yes 'a line of a large mail about an order' | head -n 60000
	} >"$d/cur/90004.x:2,"
	dovecot_own
}

state() {
	said 'SELECT uidvalidity, uidnext, modseq FROM folder' pending part held
}

heal() {
	cn-fetch --format none -q desk 2>"$T/err"
	cn-classify --pending >/dev/null 2>&1
}

again() {
	heal
	same
}

dovecot_start || exit 1
box
(umask 077 && printf '%s\n' "$IMAP_PASS" >"$T/pass")
use "$T/new"
cn-store init -q || exit 1
printf 'desk: [desk@shop.test]\n' >"$CN_HOME/config.yaml"
chmod 600 "$CN_HOME/config.yaml"
cn-account add -q desk --server "imaps://localhost:$IMAPS_PORT" --user desk \
    --pass-file "$T/pass" --ca-file "$IMAP_CA" >/dev/null

begin
heal
state >"$T/undisturbed" 2>&1
is 'undisturbed, all mails are here' \
    "$(sqlite3 "$CN_HOME/store.db" 'SELECT count(*) FROM message')" \
    $((mails - 1))
like 'and the doctor finds nothing' "$(cat "$T/undisturbed")" '^all is well'
ok 'once more, nothing changes' again
sqlite3 "$CN_HOME/store.db" 'DELETE FROM location WHERE message = 3'
not_ok 'control: a place that is lost is seen' again

begin
CN_KILL_COUNT=$T/count LD_PRELOAD=$K cn-fetch --format none -q desk 2>/dev/null
read -r calls writes <"$T/count"
ok "control: there are points to be killed at ($calls)" [ "$calls" -gt 50 ]

# The points: all of them, or so many spread by a fixed rule; of a large box
# not the last ones, for random keys make a page more or less.
points() {
	if [ -n "${POINTS:-}" ]; then
		awk -v n="$POINTS" -v calls="$calls" 'BEGIN {
			for (x = 7; n > 0; n--) {
				x = (x * 16807) % 2147483647
				print x % int(calls * 0.95) + 1
			}
		}'
	else
		seq 1 "${STEP:-1}" "$calls"
	fi
}

bad=0 killed=0 all=0
for n in $(points); do
	begin
	CN_KILL_AT=$n LD_PRELOAD=$K cn-fetch --format none -q desk \
	    2>/dev/null
	[ $? -ne 137 ] || killed=$((killed + 1))
	all=$((all + 1))
	again && continue
	bad=$((bad + 1))
	diag "killed before call $n"
done
is "killed at $all points: nothing lost, nothing doubled" "$bad" 0
is 'control: each time it was' "$killed" "$all"

# Copies, of the same points.
begin
mkdir "$T/copies"
CN_COPY_TO=$T/copies LD_PRELOAD=$K cn-fetch --format none -q desk 2>/dev/null
bad=0 all=0
for n in $(points); do
	[ -d "$T/copies/$n.keys" ] || continue
	use "$T/copies/$n"
	all=$((all + 1))
	again && continue
	bad=$((bad + 1))
	diag "power cut before call $n"
done
is "power cut at $all points: nothing lost, nothing doubled" "$bad" 0
ok 'control: there were copies' [ "$all" -ge 10 ]
finish
