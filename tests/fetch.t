#!/bin/sh
# cn-fetch against a real Dovecot: what is new, in which order, once; flags,
# folders and labels; what is passed over, missing, quarantined, erased; locks,
# signals, silence.
. "$(dirname "$0")/lib.sh"
. "$root/tests/dovecot.sh"
have sqlite3 && have jq && have dovecot || {
	echo '1..0 # SKIP sqlite3, jq and dovecot are needed'
	exit 0
}

db() {
	sqlite3 "$CN_HOME/store.db" "$1"
}

# fresh: a store with the account 'desk'; new_account NAME OPTION...
new_account() {
	_a=$1
	shift
	cn-account add -q "$_a" --server "imaps://localhost:$IMAPS_PORT" \
	    --user "$_a" --pass-file "$T/pass" --ca-file "$IMAP_CA" "$@" \
	    >/dev/null
}
fresh() {
	rm -rf "$CN_HOME" "$CN_KEYS"
	cn-store init -q --test || exit 1
	printf 'desk: [desk@shop.test]\nagents: [ann@shop.test]\n' \
	    >"$CN_HOME/config.yaml"
	chmod 600 "$CN_HOME/config.yaml"
	new_account desk "$@"
}

# mail NUMBER [HEADER...]: a mail of customer NUMBER
mail() {
	_i=$1
	shift
	printf 'From: Cust %s <c%s@example.com>\nTo: desk@shop.test\n' "$_i" "$_i"
	printf 'Date: Mon, 23 Nov 2026 15:00:00 +0000\n'
	printf 'Message-ID: <m%s@t.test>\nSubject: parcel %s\n' "$_i" "$_i"
	[ $# -eq 0 ] || printf '%s\n' "$@"
	printf '\nWhere is my order %s?\n' "$_i"
}
put() {			# put FOLDER NUMBER...
	_f=$1
	shift
	for _m; do
		mail "$_m" | dovecot_put desk "$_f"
	done
}
flag() {		# flag add|remove FLAGS QUERY...
	_v=$1
	shift
	doveadm -c "$DOVECOT_CONF" flags "$_v" -u desk "$@"
}
box() {			# doveadm VERB ARGS: of desk
	_v=$1
	shift
	doveadm -c "$DOVECOT_CONF" "$_v" -u desk "$@"
}
renumber() {		# another UIDVALIDITY for every mailbox
	find "$DOVECOT_MAIL/desk" -name dovecot-uidlist \
	    -exec sed -i "1s/ V[0-9]*/ V$1/" {} +
	find "$DOVECOT_MAIL/desk" -name 'dovecot.*index*' -delete
}
age() {			# all mail arrived long ago
	find "$DOVECOT_MAIL/desk" -type f \( -path '*/cur/*' -o \
	    -path '*/new/*' \) -exec touch -d '2020-01-01' {} +
	find "$DOVECOT_MAIL/desk" -name 'dovecot.*index*' -delete
}
subjects() {
	jq -r .subject "$T/out" | tr '\n' ' '
}

dovecot_start || exit 1
(umask 077 && printf '%s\n' "$IMAP_PASS" >"$T/pass")

# --- new mail, once ---

fresh
status 'an empty mailbox' 0 cn-fetch
is 'has no line' "$(cat "$T/out")" ''
put INBOX 1 2 3
flag add '\Seen $Urgent' mailbox INBOX uid 2
status 'three mails' 0 cn-fetch desk
is 'in order' "$(subjects)" 'parcel 1 parcel 2 parcel 3 '
is 'a line says where it lies' "$(jq -c 'select(.subject == "parcel 2") |
    [.account, .folders, .flags, .labels, .direction]' "$T/out")" \
    '["desk",["INBOX"],["seen"],["$Urgent"],"in"]'
is 'and nothing personal with --refs' "$(db 'DELETE FROM location WHERE uid = 3;
    DELETE FROM message WHERE id = 3; UPDATE folder SET uidnext = 3';
    cn-fetch --refs | jq -c '[.account, .folders, .from, .id != null]')" \
    '[null,null,null,true]'
status 'again' 0 cn-fetch
is 'nothing is new' "$(cat "$T/out")" ''
is 'the server has nothing marked as seen but what was' \
    "$(box fetch flags all | grep -c Seen)" 1
put INBOX 4
status 'one more' 0 cn-fetch --format mbox
is 'as a mail' "$(sed -n '1s/ .*//p; /^Subject/p' "$T/out" |
    tr -d '\r' | tr '\n' ' ')" \
    'From Subject: parcel 4 '
is 'and the store has the bytes of the server' "$(cn-query --raw \
    "$(cn-query --format ids from:c4@example.com)" | tr -d '\r')" "$(mail 4)"
is 'a run row names the account by its id' \
    "$(db "SELECT count(*) FROM run r JOIN account a ON a.pub = r.account
    WHERE r.command = 'cn-fetch' AND r.status = 0") $(db "SELECT count(*) FROM
    run WHERE account = 'desk'")" '5 0'
is 'cn-query knows the places too' "$(cn-query from:c2@example.com |
    jq -c '[.account, .folders, .flags, .labels]')" \
    '["desk",["INBOX"],["seen"],["$Urgent"]]'

# --- flags and places that change ---

flag add '\Answered' mailbox INBOX uid 1
flag remove '\Seen $Urgent' mailbox INBOX uid 2
box expunge mailbox INBOX uid 4
status 'flags changed, a mail is gone' 0 cn-fetch
is 'nothing is new' "$(cat "$T/out")" ''
is 'the flags are followed' "$(cn-query from:c1@example.com |
    jq -c .flags) $(cn-query from:c2@example.com |
    jq -c '[.flags, .labels]')" '["answered"] [null,null]'
is 'what is gone stays in the store, without a place' \
    "$(cn-query from:c4@example.com | jq -c '[.subject, .folders]')" \
    '["parcel 4",null]'

# What changes while a first sync stands still is not lost.
fresh
status 'a sync that stops half-way' 0 cn-fetch --limit 2
flag add '\Flagged' mailbox INBOX uid 1
box expunge mailbox INBOX uid 2
status 'and goes on' 0 cn-fetch
is 'a flag of the first half' "$(cn-query from:c1@example.com |
    jq -c .flags)" '["answered","flagged"]'
is 'and what has gone of it' "$(cn-query from:c2@example.com |
    jq -c .folders)" null
flag remove '\Flagged' mailbox INBOX uid 1
put INBOX 2

# --- several mailboxes ---

fresh
status 'again from the first' 0 cn-fetch

mail 5 | dovecot_put desk INBOX
mail 5 | dovecot_put desk 'Überfällig/日本'
mail 6 | dovecot_put desk 'Überfällig/日本'
mail 7 | dovecot_put desk Trash
status 'all but trash' 0 cn-fetch
is 'one line for what lies twice' "$(subjects)" 'parcel 5 parcel 6 '
is 'with all its places' "$(cn-query from:c5@example.com |
    jq -c .folders)" '["INBOX","Überfällig/日本"]'
is 'which can be asked for' "$(cn-query --format ids \
    'folder:überfällig/日本' | wc -l) $(cn-query --format ids \
    'folder:Überfällig/日本' '!folder:inbox' | wc -l) $(cn-query --format \
    ids account:desk '!account:two' | wc -l)" '0 1 5'
status 'patterns' 0 cn-fetch --folder 'Tr*'
is 'choose the mailboxes' "$(subjects)" 'parcel 7 '
status 'a pattern that matches nothing' 2 cn-fetch --folder nosuch
like 'is named with a hint' "$(cat "$T/err")" 'hint: .*cn-account test desk'

doveadm -c "$DOVECOT_CONF" mailbox delete -u desk -r Trash
status 'a mailbox that is deleted' 0 cn-fetch
is 'leaves no place behind' "$(cn-query from:c7@example.com |
    jq -c '[.subject, .folders]') $(db "SELECT count(*) FROM location l JOIN
    folder f ON f.id = l.folder WHERE f.uidvalidity IS NULL")" \
    '["parcel 7",null] 0'

# --- numbered anew: matched by the bytes ---

before=$(db 'SELECT count(*) FROM message')
renumber 77
put INBOX 8
status 'a new UIDVALIDITY' 0 cn-fetch
like 'is noted' "$(cat "$T/err")" 'numbered anew'
is 'nothing is taken in twice' "$(subjects)$(db 'SELECT count(*) FROM
    message')" "parcel 8 $((before + 1))"
is 'old numbers are forgotten' "$(db "SELECT count(DISTINCT l.uidvalidity)
    FROM location l JOIN folder f ON f.id = l.folder WHERE f.id = (SELECT
    folder FROM location ORDER BY message LIMIT 1)")" 1
is 'and the flags are known again' "$(cn-query from:c1@example.com |
    jq -c .flags)" '["answered"]'

# --- what is passed over, and a rescan ---

fresh
status 'a limit' 0 cn-fetch --limit 2 --folder INBOX
is 'takes so many' "$(wc -l <"$T/out")" 2
cp "$T/out" "$T/some"
status 'goes on from there' 0 cn-fetch --limit 2 --folder INBOX
is 'with the next' "$(cat "$T/some" "$T/out" | jq -r .subject | sort -u |
    wc -l)" 4
fresh
age
status 'history skipped' 0 cn-fetch --skip-history
is 'nothing is old news' "$(cat "$T/out")" ''
put INBOX 9
status 'what arrives then' 0 cn-fetch --skip-history
is 'is' "$(subjects)" 'parcel 9 '
renumber 99
status 'history stays skipped when it is numbered anew' 0 cn-fetch
is 'nothing comes of it' "$(cat "$T/out")" ''
status 'a rescan' 0 cn-fetch --rescan --folder INBOX
is 'takes in what is missing' "$(jq -r .subject "$T/out" | sort |
    tr '\n' ' ')" \
    'parcel 1 parcel 2 parcel 3 parcel 5 parcel 8 '
fresh
status 'since tomorrow' 0 cn-fetch --since "@$(($(date +%s) + 86400))"
is 'nothing arrived' "$(cat "$T/out")" ''
status 'nor does it arrive later' 0 cn-fetch
is 'for it was passed over' "$(cat "$T/out")" ''
box expunge mailbox INBOX uid 1
status 'rescan' 0 cn-fetch --rescan --folder INBOX
box expunge mailbox INBOX uid 2
status 'and again' 0 cn-fetch --rescan --folder INBOX
is 'sees what has gone' "$(db "SELECT count(*) FROM location WHERE uid = 2")" 0

# --- one bad mail ---

fresh
printf 'no header at all\n' | dovecot_put desk INBOX
put INBOX 10
status 'a mail that is none' 3 cn-fetch --folder INBOX
like 'is named by its place' "$(cat "$T/err")" \
    '^cn-fetch: desk: folder f[a-z2-7]{16} mail [0-9]+: no header field'
like 'the rest goes on' "$(subjects)" 'parcel 9 parcel 10 $'
is 'it is in quarantine with its place' "$(db 'SELECT count(*) FROM quarantine
    WHERE uid > 0 AND folder > 0 AND uidvalidity > 0')" 1
status 'and no more news' 0 cn-fetch --folder INBOX
yes 'a line of what is no mail' | head -n 120000 | dovecot_put desk INBOX
put INBOX 101
status 'a large one that is none' 3 cn-fetch --folder INBOX
is 'does not stop the others' "$(subjects)" 'parcel 101 '
is 'and is kept in pieces' "$(db 'SELECT chunks > 2 FROM quarantine WHERE
    chunks > 1') $(db 'SELECT count(*) FROM pending')" '1 0'
is 'all is well with it' "$(cn-store doctor)" 'all is well'
status 'no more news of it either' 0 cn-fetch --folder INBOX
box expunge mailbox INBOX not header subject parcel

# --- two at once ---

mail 11 | dovecot_put two INBOX
new_account two
python3 - "$CN_HOME/account-$(db "SELECT pub FROM account WHERE kind =
    'imap' ORDER BY id LIMIT 1").lock" "$T/fifo" <<'X' &
import fcntl, os, struct, sys
fd = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT, 0o600)
fcntl.fcntl(fd, 37, struct.pack("hhqqi4x", 1, 0, 0, 0, 0))  # F_OFD_SETLK
os.mkfifo(sys.argv[2])
open(sys.argv[2]).read()
X
lock=$!
while [ ! -p "$T/fifo" ]; do :; done
status 'somebody fetches the account' 75 cn-fetch desk
like 'which is said' "$(cat "$T/err")" '^cn-fetch: desk: another'
status 'the other account goes on' 75 cn-fetch
is 'beside it' "$(subjects)" 'parcel 11 '
: >"$T/fifo"
wait "$lock"
put INBOX 12
status 'control: the lock is free' 0 cn-fetch desk --folder INBOX
is 'and it goes on' "$(subjects)" 'parcel 12 '

# --- deleting on the server ---

printf 'no header\n' | dovecot_put desk INBOX
status 'expunge' 3 cn-fetch --rescan --folder INBOX --expunge-source desk
is 'what the store has goes, what it has not stays' \
    "$(box fetch hdr.subject mailbox INBOX all | grep -c parcel) $(box \
    search mailbox INBOX all | wc -l)" '0 1'
is 'and nothing in other mailboxes' "$(box fetch hdr.subject all |
    grep -c parcel)" 2
is 'its place is forgotten' "$(cn-query from:c12@example.com |
    jq -c .folders)" null
is 'the mail is not' "$(cn-query from:c12@example.com |
    jq -r .subject)" 'parcel 12'

# --- erased ---

box expunge mailbox INBOX not header subject parcel
fresh
put INBOX 13 14
status 'before an erasure' 0 cn-fetch --folder INBOX
cn-purge --subject c13@example.com --plan >"$T/plan"
ok 'one is erased' cn-purge --apply "$T/plan" --prove
mail 13 | dovecot_put desk Archive
mail 14 | dovecot_put desk Archive
status 'fetched again from the first' 0 cn-fetch --rescan --folder INBOX \
    --folder Archive
is 'nobody comes back' "$(cat "$T/out" | grep -c 'parcel 13')" 0
renumber 88
status 'also numbered anew' 0 cn-fetch --folder INBOX --folder Archive
is 'nobody' "$(db 'SELECT count(*) FROM message')$(cat "$T/out")" 1
is 'control: the other has both places' "$(cn-query from:c14@example.com |
    jq -c '.folders | sort')" '["Archive","INBOX"]'
for d in 'X: no date' 'Date: Mon, 1 Jan 2096 00:00:00 +0000'; do
	printf 'From: c13@example.com\nTo: desk@shop.test\n%s\n\nolder\n' \
	    "$d" | dovecot_put desk INBOX
done
age
status 'what arrived before the erasure, whatever its date' 3 \
    cn-fetch --folder INBOX
is 'goes to the quarantine' "$(cat "$T/out")$(db "SELECT count(*) FROM
    quarantine WHERE reason LIKE 'older%'")" 2
status 'and stays there' 3 cn-fetch --requeue all
like 'which is said' "$(cat "$T/err")" 'quarantine: folder f.* mail [0-9]+: older than'
status 'what is not there' 3 cn-fetch --requeue qaaaaaaaaaaaaaaaa
printf '{"v":1,"type":"chat"}\n' | cn-import -q >"$T/out" 2>&1
reason=$(db "SELECT reason FROM quarantine WHERE place LIKE 'line%'")
status 'a line that was refused' 3 cn-fetch --requeue all
is 'becomes no mail' "$(db 'SELECT count(*) FROM message') $(db "SELECT reason
    FROM quarantine WHERE place LIKE 'line%'")" "1 $reason"
box expunge mailbox INBOX body older
for d in 'X: no date' 'Date: Mon, 1 Jan 2096 00:00:00 +0000'; do
	{
		printf 'From: c13@example.com\nTo: desk@shop.test\n%s\n\n' "$d"
		yes 'an older line' | head -n 120000
	} | dovecot_put desk INBOX
done
age
status 'large ones too' 3 cn-fetch --folder INBOX
is 'bring nobody back' "$(cat "$T/out")$(db "SELECT count(*) FROM quarantine
    WHERE reason LIKE 'older%' AND chunks > 1")" 2
box expunge mailbox INBOX larger 1000000
printf 'From: c13@example.com\nTo: desk@shop.test\nDate: %s\n\nI am back\n' \
    "$(LC_ALL=C date -u -d '1 hour' '+%a, %d %b %Y %H:%M:%S +0000')" |
    dovecot_put desk INBOX
status 'who writes again' 0 cn-fetch --folder INBOX
is 'is somebody new' "$(jq -r .text "$T/out")" 'I am back'

# --- silence ---

status 'news within a day' 0 cn-fetch --max-silence 1d
status 'a mailbox into which nothing comes' 1 cn-fetch --max-silence 1d \
    --now "@$(($(date +%s) + 90000))" --format none
like 'is named' "$(cat "$T/err")" 'desk: no mail has come since 20'

# --- following ---

: >"$T/idle"
cn-fetch --idle --max-silence 1d --folder INBOX desk >"$T/idle" \
    2>"$T/idle.err" &
idle=$!
first=$(date +%s%N)
until grep -q 'parcel 15' "$T/idle"; do
	kill -0 $idle || break
	[ -n "${sent:-}" ] || [ "$(db "SELECT count(*) FROM run WHERE end IS
	    NULL")" -ne 0 ] || { put INBOX 15; sent=1; }
	[ $(($(date +%s%N) - first)) -lt 20000000000 ] || break
	sleep 0.1
done
ok 'a follower writes the line of a new mail' grep -q 'parcel 15' "$T/idle"
status 'another finds the account held' 75 cn-fetch desk
# in_err WORDS: waits until the follower says so
in_err() {
	first=$(date +%s)
	until grep -q "$1" "$T/idle.err"; do
		kill -0 $idle && [ $(($(date +%s) - first)) -lt 20 ] || break
		sleep 0.1
	done
}
kill -USR1 $idle
in_err '/s'
like 'SIGUSR1 is answered while nothing comes' "$(cat "$T/idle.err")" \
    '^cn-fetch: [0-9]+  [0-9]+/s$'
unlike 'and there was no silence' "$(cat "$T/idle.err")" 'no mail'
kill -TERM $idle
wait $idle 2>/dev/null
is 'SIGTERM ends it by the signal' $? 143
cn-fetch --idle --max-silence 1d --folder INBOX desk \
    --now "@$(($(date +%s) + 90000))" >"$T/idle" 2>"$T/idle.err" &
idle=$!
in_err 'no mail'
like 'silence is told of while it lasts' "$(cat "$T/idle.err")" \
    '^cn-fetch: desk: no mail has come since 20'
kill -TERM $idle
wait $idle 2>/dev/null

# --- several, stopped together ---

cn-account add -q --server "imaps://localhost:$IMAPS_PORT" --user two \
    --pass-file "$T/pass" --ca-file "$IMAP_CA" two >/dev/null
: >"$T/idle"
setsid cn-fetch --idle --folder INBOX desk two >"$T/idle" 2>"$T/idle.err" &
idle=$!
first=$(date +%s)
until grep -q 'parcel 11' "$T/idle" && [ "$(db 'SELECT count(*) FROM run
    WHERE end IS NULL')" -eq 0 ]; do
	kill -0 $idle && [ $(($(date +%s) - first)) -lt 20 ] || break
	sleep 0.1
done
kill -TERM "-$idle"
wait $idle 2>/dev/null
is 'a stop of the whole group ends them by the signal' $? 143
is 'with their books closed' "$(db 'SELECT count(*) FROM run WHERE end IS
    NULL') $(db "SELECT count(*) FROM run WHERE command = 'cn-fetch' AND
    status NOT IN (0, 1, 3, 4)")" '0 0'
unlike 'and no word of a failure' "$(cat "$T/idle.err")" 'killed|stopped|FETCH'

# --- as an ordinary user ---

mkdir "$T/user"
cp "$T/pass" "$T/user"
chmod 711 "$T"
[ "$(id -u)" -ne 0 ] || chown -R 65534:65534 "$T/user"
user() {
	as_user env HOME="$T/user" CN_HOME="$T/user/home" \
	    CN_KEYS="$T/user/keys" "$@"
}
ok 'a user without rights makes a store' user cn-store init -q
ok 'and an account' user cn-account add -q two --server \
    "imaps://localhost:$IMAPS_PORT" --user two --pass-file "$T/user/pass" \
    --ca-file "$IMAP_CA"
chmod 755 "$CERTS"
status 'and fetches' 0 user cn-fetch
is 'its mail' "$(subjects)" 'parcel 11 '
if [ "$(id -u)" -eq 0 ]; then
	status 'but not into the store of another' 77 as_user cn-fetch
else
	skip 'but not into the store of another' 'needs root'
fi

# --- other ways in ---

cn-account add -q tls --server "starttls://localhost:$IMAP_PORT" --user two \
    --pass-file "$T/pass" --ca-file "$IMAP_CA" --compress >/dev/null
status 'STARTTLS, compressed' 0 cn-fetch tls
is 'sees the mail as well' "$(cn-query account:tls | jq -r .subject)" \
    'parcel 11'
status 'nobody of that name' 2 cn-fetch nosuch
rm -rf "$CN_HOME" "$CN_KEYS"
cn-store init -q
status 'no account at all' 78 cn-fetch
like 'has a hint' "$(cat "$T/err")" "^hint: .*cn-account add"
finish
