#!/bin/sh
# The first sync of 20,000 mails over TLS and one without news, beside mbsync;
# with 40 ms of added latency; and the peak of memory.  User and system time
# is the client's alone; of a first sync the best of three, by turns.  MAILS,
# MB: another size.
. "$(dirname "$0")/../lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
B=$root/${BUILD:-build}/bin
PATH=$B:$PATH
. "$root/tests/dovecot.sh"
mails=${MAILS:-20000} mb=${MB:-424}

# run NAME COMMAND...: sets cpu, wall (seconds) and peak (KiB)
run() {
	shift
	python3 - "$T/run" "$@" <<'P' || exit 1
import resource, subprocess, sys, time
t = time.monotonic()
r = subprocess.run(sys.argv[2:], stdout=subprocess.DEVNULL,
                   stderr=open(sys.argv[1] + '.err', 'w')).returncode
t = time.monotonic() - t
u = resource.getrusage(resource.RUSAGE_CHILDREN)
with open(sys.argv[1], 'w') as f:
    f.write('%.2f %.2f %d\n' % (u.ru_utime + u.ru_stime, t, u.ru_maxrss))
if r not in (0, 3):
    sys.exit(open(sys.argv[1] + '.err').read())
P
	read -r cpu wall peak <"$T/run"
}

ratio() {
	awk -v a="$1" -v b="$2" 'BEGIN { printf "%.2f", a / b }'
}

# The least of what was measured is what the machine disturbed least.
least() {
	printf '%s\n' "$@" | sort -n | head -n 1
}

account() {		# account PORT
	rm -rf "$CN_HOME" "$CN_KEYS"
	cn-store init -q
	printf 'desk: [desk@example.com]\n' >"$CN_HOME/config.yaml"
	chmod 600 "$CN_HOME/config.yaml"
	cn-account add -q desk --server "imaps://localhost:$1" --user desk \
	    --pass-file "$T/pass" --ca-file "$IMAP_CA"
}

# mbsync_run FSYNC [again]
mbsync_run() {
	[ -n "${2:-}" ] || rm -rf "$T/mb" "$T/state"
	mkdir -p "$T/mb" "$T/state"
	cat >"$T/mbsyncrc" <<-X
		FSync $1

		IMAPAccount a
		Host localhost
		Port $IMAPS_PORT
		User desk
		Pass $IMAP_PASS
		SSLType IMAPS
		CertificateFile $IMAP_CA

		IMAPStore far
		Account a

		MaildirStore near
		Path $T/mb/
		Inbox $T/mb/INBOX

		Channel c
		Far :far:
		Near :near:
		Patterns INBOX
		Create Near
		Sync Pull
		SyncState $T/state/
	X
	run mbsync mbsync -q -c "$T/mbsyncrc" c
}

mkdir -p "$DOVECOT_MAIL"
python3 "$root/tests/bench/corpus.py" "$mails" "$mb" \
    --data "${CN_DATA:-$root/../shared/data}" --maildir "$DOVECOT_MAIL/desk"
mkdir -p "$DOVECOT_MAIL/desk/new" "$DOVECOT_MAIL/desk/tmp"
dovecot_start || exit 1
(umask 077 && printf '%s\n' "$IMAP_PASS" >"$T/pass")
# The server has read its mailbox once.
doveadm -c "$DOVECOT_CONF" fetch -u desk 'size.virtual date.received' \
    mailbox INBOX all >/dev/null

echo "# $mails mails, $mb MB over TLS: at most 1.5 of mbsync's CPU, 24 MB"
c= m= w= most=0
for i in 1 2 3; do
	mbsync_run no
	m=$(least "$cpu" $m)
	account "$IMAPS_PORT"
	run cn-fetch cn-fetch -q --format none
	c=$(least "$cpu" $c)
	w=$(least "$wall" $w)
	[ "$peak" -lt "$most" ] || most=$peak
done
echo "first sync: cn-fetch $c s of CPU, mbsync without fsync $m s:" \
    "ratio $(ratio "$c" "$m"); peak $((most / 1024)) MB"
run cn-fetch cn-fetch -q --format none
c=$cpu
mbsync_run no again
echo "without news: cn-fetch $c s of CPU, mbsync $cpu s"
if [ -z "${NO_FSYNC:-}" ]; then
	mbsync_run yes
	echo "wall: cn-fetch, durable, $w s, mbsync with its fsync $wall s:" \
	    "ratio $(ratio "$w" "$wall")"
fi
dovecot_stop

echo '# 40 ms of latency: at least 1,000 mails of 3 KB a second'
rm -rf "$DOVECOT_MAIL/desk"
python3 "$root/tests/bench/corpus.py" 5000 0 --data /nonexistent \
    --maildir "$DOVECOT_MAIL/desk"
mkdir -p "$DOVECOT_MAIL/desk/new" "$DOVECOT_MAIL/desk/tmp"
dovecot_start || exit 1
python3 "$root/tests/bench/delay.py" "$IMAPS_PORT" 20 "$T/delayed" &
delay=$!
until [ -s "$T/delayed" ]; do
	kill -0 "$delay" || exit 1
done
account "$(cat "$T/delayed")"
run cn-fetch cn-fetch -q --format none
kill "$delay"
bytes=$(du -sb "$DOVECOT_MAIL/desk/cur" | cut -f 1)
echo "5000 mails of $((bytes / 5000)) bytes in $wall s:" \
    "$(ratio 5000 "$wall") a second"
