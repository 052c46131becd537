#!/bin/sh
# The IMAP session (lib/mail/imap.h) on Debian's Dovecot: with every extension
# and with none, folders, parts, waiting, expunging.
. "$(dirname "$0")/lib.sh"
. "$root/tests/dovecot.sh"

P=${B%/bin}/tests/imap_probe

# probe STEP...: over TLS, with a bound that only a defect reaches
probe() {
	timeout 100 "$P" localhost "$IMAPS_PORT" tls "$@" 2>&1
}

# mail N [BYTES]: a mail of about so many bytes
mail() {
	printf 'From: a%d@example.com\nSubject: mail %d\n\n' "$1" "$1"
	[ -z "${2:-}" ] || yes "line of mail $1, filling it up" | head -c "$2"
	echo end
}

# put N... into the folder $1 of desk
put() {
	_folder=$1
	shift
	for _i; do
		mail "$_i" | dovecot_put desk "$_folder"
	done
}

# uids: of the lines that begin with mail
uids() {
	sed -n 's/^mail \([0-9]*\) .*/\1/p' | tr '\n' ' '
}

# The FNV-1a sum that the probe prints of a body.
sum_of() {
	python3 -c '
import sys
h = 2166136261
for b in sys.stdin.buffer.read():
    h = (h ^ b) * 16777619 & 0xffffffff
print("%08x" % h)'
}

# --- everything that Dovecot has ---

dovecot_start || { fail 'dovecot starts'; finish; }
put INBOX 1 2 3
like 'it knows what the server can' "$(probe 'login desk' can)" \
    '^can condstore qresync idle uidplus'
is 'opens a mailbox' "$(probe 'login desk' 'examine INBOX' |
    sed 's/modseq .*/modseq/')" 'box uidvalidity 1 uidnext 4 exists 3 modseq'
is 'asks for its state without that' "$(probe 'login desk' 'status INBOX' |
    sed 's/modseq [1-9][0-9]*/modseq/')" \
    'box uidvalidity 1 uidnext 4 exists 3 modseq'
out=$(probe 'login desk' 'examine INBOX' 'sizes 1 *')
is 'lists mails' "$(echo "$out" | uids)" '1 2 3 '
like 'with their size' "$out" "^mail 2 size $(mail 2 | sed 's/$/ /' | wc -c) "
now=$(date +%s)
like 'and their time' "$(echo "$out" | sed -n 's/^mail 1 .*arrived \([0-9]*\) .*/\1/p' |
    awk -v n="$now" '{ print (n - $1 < 120 && n - $1 > -120) ? "near" : $1 }')" \
    near
is 'n:* gives no mail below n' "$(probe 'login desk' 'examine INBOX' \
    'sizes 4 *' | uids)" ''
is 'a range' "$(probe 'login desk' 'examine INBOX' 'sizes 2 3' | uids)" '2 3 '
like 'a body is the bytes of the mail' "$(probe 'login desk' 'examine INBOX' \
    'bodies 10000 2')" "body [0-9]* $(mail 2 | sed 's/$/\r/' | sum_of)$"
is 'bodies of some, one of them not there' "$(probe 'login desk' \
    'examine INBOX' 'bodies 10000 1,3,9' | uids)" '1 3 '
like 'reading marks nothing as read' "$(probe 'login desk' 'select INBOX' \
    'bodies 10000 1' 'sizes 1 1')" '^mail 1 .*flags 0'
is 'a fetch ends when its reader says so' "$(IMAP_END=2 probe 'login desk' \
    'examine INBOX' 'sizes 1 *' | tail -n 1)" 'error 4 enough'
is 'nothing is fetched without a mailbox' "$(probe 'login desk' 'sizes 1 *')" \
    'error 70 FETCH: no mailbox is open'
is 'a mailbox that is not there is refused, and the session goes on' \
    "$(probe 'login desk' 'examine no' 'examine INBOX' |
    sed 's/ modseq.*//')" 'error 3 EXAMINE: refused
box uidvalidity 1 uidnext 4 exists 3'
is 'a wrong password' "$(IMAP_PASS=wrong probe 'login desk')" \
    'error 77 login: refused [AUTHENTICATIONFAILED]'

# --- changes ---

seq_of() {
	probe 'login desk' 'status INBOX' | sed 's/.*modseq //'
}
before=$(seq_of)
doveadm -c "$DOVECOT_CONF" flags add -u desk '\Seen \Flagged work' \
    mailbox INBOX uid 2
doveadm -c "$DOVECOT_CONF" expunge -u desk mailbox INBOX uid 1
is 'QRESYNC tells what changed and what is gone' "$(probe 'login desk' \
    'examine INBOX' "changes $before" | grep -v box)" 'gone 1:1
mail 2 size 0 arrived 0 flags 5 <work>'
is 'and nothing when nothing did' "$(probe 'login desk' \
    'examine INBOX' "changes $(seq_of)" | grep -v box)" ''

# --- parts ---

mail 4 300000 | dovecot_put desk INBOX
size=$(probe 'login desk' 'examine INBOX' 'sizes 4 4' |
    sed -n 's/.*size \([0-9]*\) .*/\1/p')
is 'a mail in parts is the mail' "$(probe 'login desk' 'examine INBOX' \
    "part 4 0 $size" 'bodies 1000000 4' | sed -n 's/^part //p;s/.*body //p' |
    uniq | wc -l)" 1
is 'a part from the middle, one over the end, one behind it' \
    "$(probe 'login desk' 'examine INBOX' 'part 4 100000 65536' \
    "part 4 $((size - 10)) 4096" "part 4 $size 4096" |
    sed -n 's/^part \([0-9]*\) .*/\1/p' | tr '\n' ' ')" '65536 10 0 '
is 'a part of no mail' "$(probe 'login desk' 'examine INBOX' 'part 99 0 10' |
    tail -n 1)" 'error 3 FETCH: no such mail any more'

# --- folders ---

for f in 'Grüße/Ärger & Co' '日本語' 'a&b' 'score 𝄞' Sent; do
	put "$f" 1
done
out=$(probe 'login desk' folders)
is 'folders by name, INBOX first, what cannot be opened left out' "$out" \
    'folder 0 INBOX
folder 0 Grüße/Ärger & Co
folder 5 Sent
folder 0 a&b
folder 0 score 𝄞
folder 0 日本語
left out 0'
is 'each can be opened' "$(echo "$out" | sed -n 's/^folder . //p' |
    sed 's/^/examine /' | tr '\n' '\t' | (
	IFS='	' read -r a b c d e f
	probe 'login desk' "$a" "$b" "$c" "$d" "$e" "$f"
    ) | sed 's/.*exists \([0-9]*\) .*/\1/' | tr '\n' ' ')" '3 1 1 1 1 1 '
is 'a name that is none' "$(probe 'login desk' "examine a$(printf '\001')b")" \
    'error 2 not the name of a folder'

# --- waiting ---

# wait_for TEXT FILE: until the file has it
wait_for() {
	_until=$(($(date +%s) + 30))
	until grep -q "$1" "$2" || [ "$(date +%s)" -ge "$_until" ]; do
		sleep 0.02
	done
}
idle() {
	: >"$T/idle"
	probe 'login desk' 'examine INBOX' "idle 30" >"$T/idle" &
	_pid=$!
	wait_for '^idle' "$T/idle"
	mail 5 | dovecot_put desk INBOX
	_from=$(date +%s%N)
	wait_for '^news' "$T/idle"
	_to=$(date +%s%N)
	wait "$_pid"
	diag "woken after $(((_to - _from) / 1000000)) ms"
	# A second is the promise; five leave room for a busy machine, and are
	# far from the twenty of asking.
	is "$1" "$(grep -o '^news .' "$T/idle") $(((_to - _from) / 5000000000))" \
	    'news 1 0'
}
idle 'IDLE wakes at once when mail comes'
like 'nothing new: it waits as long as it was told' \
    "$(probe 'login desk' 'examine INBOX' 'idle 1')" '^news 0 after 1[01]00 ms'
like 'and ends at once when the run is stopped' \
    "$(IMAP_STOP=1 probe 'login desk' 'examine INBOX' 'idle 30')" \
    '^news 0 after ([0-9]|1[0-9])00 ms'

# --- expunging ---

put Sent 2 3 4
doveadm -c "$DOVECOT_CONF" flags add -u desk '\Deleted' mailbox Sent uid 2
is 'only what was named is expunged' "$(probe 'login desk' 'select Sent' \
    'expunge 1,3' 'sizes 1 *' | uids)" '2 4 '
is 'a mailbox opened to read keeps everything' "$(probe 'login desk' \
    'examine Sent' 'expunge 4' 'sizes 1 *' | sed 's/ size.*//;/^box/d')" \
    'error 3 the mailbox is open to read only
mail 2
mail 4'

# --- with nothing but the base ---

dovecot_start 'imap_capability = IMAP4rev1'
is 'a server without extensions' "$(probe 'login desk' can)" 'can'
is 'has mails all the same' "$(probe 'login desk' 'examine INBOX' \
    'sizes 1 *' | sed 's/modseq.*/modseq/' | sed 's/ size.*//')" \
    'box uidvalidity 1 uidnext 6 exists 4 modseq
mail 2
mail 3
mail 4
mail 5'
is 'tells no changes' "$(probe 'login desk' 'examine INBOX' 'changes 1' |
    tail -n 1)" 'error 3 FETCH: no CONDSTORE'
is 'and expunges none alone' "$(probe 'login desk' 'select INBOX' \
    'expunge 2' | tail -n 1)" \
    'error 3 the server cannot expunge one mail alone (UIDPLUS)'
like 'waiting works by asking' "$(probe 'login desk' 'examine INBOX' \
    'idle 1')" '^news 0 after 1[0-9]00 ms'

# --- compressed ---

dovecot_start 'protocol imap {
  mail_plugins = imap_zlib
}'
like 'COMPRESS is offered' "$(probe 'login desk' can)" compress
is 'and carries the same' \
    "$(IMAP_COMPRESS=1 probe 'login desk' 'examine INBOX' 'sizes 1 *' \
    'bodies 1000000 2,3,4' 'part 4 1000 200000' | grep -v box)" \
    "$(probe 'login desk' 'examine INBOX' 'sizes 1 *' \
    'bodies 1000000 2,3,4' 'part 4 1000 200000' | grep -v box)"
dovecot_stop
finish
