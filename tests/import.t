#!/bin/sh
# cn-import: every form of mail and chat, a line for each in order, the same
# once more, what goes where, and --deliver.
. "$(dirname "$0")/lib.sh"
have sqlite3 && have jq || {
	echo '1..0 # SKIP sqlite3 and jq are needed'
	exit 0
}
sample=$root/tests/sample

db() {
	sqlite3 "$CN_HOME/store.db" "$1"
}

# A store of its own for what follows.
fresh() {
	rm -rf "$CN_HOME" "$CN_KEYS"
	cn-store init -q || exit 1
	cp "$sample/config.yaml" "$CN_HOME/config.yaml"
	chmod 600 "$CN_HOME/config.yaml"
}

# Rows of every table of ours, runs and audit aside.
tables() {
	for t in person identifier conversation message raw ref participant \
	    account folder location event quarantine ledger shard; do
		echo "$t $(db "SELECT count(*) FROM $t")"
	done
}

# mail FILE NAME HEADERS...: a small mail whose text is its name
mail() {
	_f=$1 _name=$2
	shift 2
	{
		printf '%s\n' "$@"
		printf '\n%s\n' "$_name"
	} >"$_f"
}

line() {
	cn-import "$1" 2>"$T/err" | jq -r "$2"
}

# --- the sample box ---

fresh
# Split it as a reader of mboxrd would.
mkdir "$T/mails"
awk -v dir="$T/mails" '
/^From / && (NR == 1 || blank) {
	if (file) close(file)
	file = sprintf("%s/%03d", dir, ++n)
	blank = 0
	held = 0
	printf "" >file
	next
}
{
	if (held) print "" >file
	held = blank = $0 == ""
	if (blank) next
	if ($0 ~ /^>+From /) sub(/^>/, "")
	print >file
}
' "$sample/shop.mbox"
all=$(find "$T/mails" -type f | wc -l)
status 'the sample: one mail is none, so 3' 3 cn-import "$sample/shop.mbox"
cp "$T/out" "$T/lines"
is 'which is named with its number' "$(cat "$T/err")" \
    'cn-import: mail 192: no header field'
is 'a line for every other mail' "$(wc -l <"$T/lines")" $((all - 1))
is 'each a line of version 1' \
    "$(jq -r '"\(.v) \(.type)"' "$T/lines" | sort -u)" '1 message'
is 'with members that the field table knows' \
    "$(jq -r 'select(.id and .conversation and .channel == "email" and
    (.date | test("Z$")) and .received and .threaded and
    (.text != null) and .may)' "$T/lines" | jq -s length)" $((all - 1))

# In order, each with its bytes: line n is mail n, but for the broken one.
bad=0 n=0
ls "$T/mails" | sed '/^192$/d' >"$T/names"
jq -r .id "$T/lines" | paste - "$T/names" >"$T/pairs"
while read -r id f; do
	n=$((n + 1))
	cn-query --raw "$id" >"$T/raw" 2>"$T/err" &&
	    cmp -s "$T/raw" "$T/mails/$f" || {
		bad=$((bad + 1))
		diag "mail $f is not what --raw $id gives"
	}
done <"$T/pairs"
is "in order, and --raw gives each mail's bytes back ($n)" "$bad" 0
first=$(head -n 1 "$T/pairs" | cut -f 1)
cn-query --raw "$first" >"$T/raw"
not_ok 'control: another mail is another' cmp -s "$T/raw" "$T/mails/002"

is 'the broken one is in quarantine, with the reason' \
    "$(db 'SELECT reason, place FROM quarantine')" 'no header field|mail 192'
tables >"$T/before"
status 'once more' 3 cn-import "$sample/shop.mbox"
tables | diff "$T/before" - >"$T/diff"
is 'changes nothing' "$(cat "$T/diff")" ''
is 'every line is known' "$(jq -r .known "$T/out" | sort | uniq -c |
    tr -s ' ')" " $((all - 1)) true"
is 'and has the same id' "$(jq -r .id "$T/out")" "$(jq -r .id "$T/lines")"
jq -c 'del(.known, .id, .conversation, .ticket)' "$T/out" >"$T/again"
jq -c 'del(.id, .conversation, .ticket)' "$T/lines" >"$T/first"
ok 'and the same words' cmp "$T/first" "$T/again"
status 'chat' 0 cn-import "$sample/chat.jsonl"
is 'a line for every message' "$(wc -l <"$T/out")" \
    "$(wc -l <"$sample/chat.jsonl")"
is 'a conversation for every chat' \
    "$(jq -r .conversation "$T/out" | sort -u | wc -l)" \
    "$(jq -r .chat "$sample/chat.jsonl" | sort -u | wc -l)"
is "an agent's line belongs to the customer" \
    "$(db "SELECT count(*) FROM message WHERE channel = 'chat' AND
    direction = 'out' AND person IS NULL")" 0
tables >"$T/before"
cn-import "$sample/chat.jsonl" >"$T/out" 2>&1
is 'chat once more changes nothing' "$(tables | diff "$T/before" -)" ''
status 'the sealed mails are whole' 0 cn-store doctor --check
is 'says the doctor' "$(cat "$T/out")" 'all is well'

# --- forms ---

fresh
mkdir -p "$T/md/new" "$T/md/cur" "$T/md/tmp" "$T/md/.Sent.2026/cur" \
    "$T/md/.Sent.2026/new"
to='To: support@lotusloom.example'
mail "$T/md/new/2.b" two 'From: b@example.com' "$to" 'Message-ID: <2@a.test>'
mail "$T/md/cur/1.a:2,S" one 'From: a@example.com' "$to" 'Message-ID: <1@a.test>'
mail "$T/md/.Sent.2026/cur/3.c:2," three 'From: c@example.com' "$to"
mail "$T/md/tmp/4.d" four 'From: d@example.com' "$to"
: >"$T/md/new/5.empty"
cp "$T/md/new/2.b" "$T/md/.Sent.2026/new/6.b"
status 'a Maildir with a broken file' 3 cn-import "$T/md"
is 'its mails by time of delivery, not tmp, then the subfolder' \
    "$(jq -r .text "$T/out" | tr -s '\n' ' ')" 'one two three two '
like 'the broken one is named by its file' "$(cat "$T/err")" \
    'new/5.empty: empty mail'
is 'and kept under a place that tells nothing' \
    "$(db 'SELECT place FROM quarantine')" 'mail 3'
is 'two folders, one mail: one message' \
    "$(db 'SELECT count(*) FROM message')" 3
is 'in two locations' "$(db 'SELECT count(*) FROM location l JOIN message m ON
    m.id = l.message GROUP BY m.id' | sort | tr '\n' ' ')" '1 1 2 '
is 'of two folders' "$(db 'SELECT count(*) FROM folder')" 2
mail "$T/one.eml" eml 'From: e@example.com' "$to" 'Subject: one'
is 'a single mail' "$(line "$T/one.eml" .subject)" one
is 'on standard input' "$(cn-import <"$T/one.eml" | jq -c .known)" true
is 'also as -' "$(cn-import - <"$T/one.eml" | jq -c .known)" true
sed 's/$/\r/' "$T/one.eml" >"$T/crlf.eml"
is 'with the line ends of the wire it is the same mail' \
    "$(line "$T/crlf.eml" .known)" true
is 'which has four locations now' "$(db 'SELECT count(*) FROM location l JOIN
    message m ON m.id = l.message GROUP BY m.id ORDER BY 1 DESC LIMIT 1')" 3
mail "$T/two.eml" second 'From: e@example.com' "$to" 'Subject: two'
is 'several operands, in order' \
    "$(cn-import "$T/two.eml" "$T/one.eml" "$T/md/new/2.b" |
    jq -r .text | tr -s '\n' ' ')" 'second eml two '
is '--format none is silent' "$(cn-import --format none "$T/one.eml" \
    2>/dev/null)" ''
is '--refs has nothing personal' "$(cn-import --refs "$T/one.eml" |
    jq -c 'keys - ["v","type","id","conversation","ticket","channel",
    "direction","status","date","received","threaded","defects","may",
    "known","stored"]')" '[]'
printf '[\n {"id": 1}\n]\n' >"$T/export.json"
before=$(db 'SELECT count(*) FROM quarantine')
status 'an export of a chat program' 2 cn-import "$T/export.json"
like 'is told with what to do' "$(cat "$T/err")" 'hint: .*--channel chat'
is 'and leaves nothing in quarantine' \
    "$(db 'SELECT count(*) FROM quarantine')" "$before"
mkdir "$T/nothing"
status 'a folder that is no Maildir' 2 cn-import "$T/nothing"
like 'is named' "$(cat "$T/err")" 'nothing: a folder without mail'
status 'a file that is not there' 2 cn-import "$T/no.mbox"
printf 'From a@example.com Mon Nov 23 15:00:00 2026\r\n' >"$T/dos.mbox"
printf 'From: a@example.com\r\nSubject: dos\r\n\r\nx\r\n' >>"$T/dos.mbox"
is 'an mbox with CR LF' "$(line "$T/dos.mbox" .subject)" dos

# --- chat lines that are none ---

printf '%s\n' '{"v":1,"type":"chat"}' '{"type":"other"}' '{"v":1' \
    '{"type":"chat","chat":"c","role":"customer","text":"t","from":{"handle":"h1"},"at":"soon"}' \
    '{"type":"chat","chat":"c","role":"customer","text":"t","text":"u","from":{"handle":"h1"},"at":"2026-11-23T15:00:00Z"}' \
    '{"v":2,"type":"chat","chat":"c","role":"customer","text":"t","from":{"handle":"h1"},"at":"2026-11-23T15:00:00Z"}' \
    '{"type":"chat","chat":"c","role":"nurse","text":"t","from":{"handle":"h1"},"at":"2026-11-23T15:00:00Z"}' \
    '{"type":"chat","chat":"c","role":"customer","text":"t","from":{"handle":"a@example.com"},"at":"2026-11-23T15:00:00Z"}' \
    '{"type":"chat","chat":"c","role":"customer","text":"good","from":{"handle":"h1"},"at":"2026-11-23T15:00:00Z"}' \
    >"$T/chat"
status 'bad chat lines' 3 cn-import "$T/chat"
is 'leave the good one' "$(jq -r .text "$T/out")" good
is 'and are named' "$(wc -l <"$T/err")" 8
is 'and kept' "$(db "SELECT count(*) FROM quarantine WHERE place LIKE
    'line%'")" 8
for why in "'text' given twice" 'not version 1' "'role' is not" \
    "'handle' holds"; do
	like "one for: $why" "$(cat "$T/err")" "$why"
done

# --- threads ---

fresh
h() {
	mail "$T/t.eml" "$1" 'From: a@example.com' "$to" "Subject: $1" \
	    "Message-ID: <$1@t.test>" "$2"
	line "$T/t.eml" '.threaded + " " + .conversation'
}
set -- $(h root 'X: y')
is 'a new mail' "$1" new
c=$2
is 'its answer' "$(h a1 'In-Reply-To: <root@t.test>')" "in-reply-to $c"
is 'the answer to an answer, by References' \
    "$(h a2 'References: <root@t.test> <a1@t.test>')" "references $c"
set -- $(h late-answer 'In-Reply-To: <late@t.test>')
is 'an answer to what is not there yet' "$1" new
d=$2
is 'its sibling' "$(h late-other 'References: <late@t.test>')" "sibling $d"
is 'and then what both answered' "$(h late 'X: y')" "answered $d"
is 'the same subject is no proof' "$(h root2 'X: z' | cut -d' ' -f1)" new
is 'its own id in References is no proof' \
    "$(h self 'References: <self@t.test>' | cut -d' ' -f1)" new
mail "$T/t.eml" another 'From: a@example.com' "$to" 'Message-ID: <root@t.test>'
set -- $(line "$T/t.eml" '.threaded + " " + .conversation')
is 'one Message-ID, two mails: two messages' \
    "$(db 'SELECT count(*) FROM message')" 9
status 'and the doctor agrees' 0 cn-store doctor --check

# --- owners: by who can be found as a person of a message ---

fresh
owner() {		# how many customers, how many messages of theirs
	db "SELECT count(DISTINCT m.person) || ' ' || count(*) FROM message m
	    JOIN person p ON p.id = m.person WHERE p.kind = 'customer'"
}
mail "$T/o.eml" ask 'From: Cust <c@example.com>' "$to" \
    'Cc: friend@example.com' 'Message-ID: <o1@t.test>'
cn-import --format none -q "$T/o.eml"
is "a customer's mail is theirs" "$(owner)" '1 1'
mail "$T/o.eml" answer 'From: priya@lotusloom.example' \
    'To: C@EXAMPLE.com' 'Cc: friend@example.com' 'In-Reply-To: <o1@t.test>'
cn-import --format none -q "$T/o.eml"
is "an agent's answer too, whatever the case" "$(owner)" '1 2'
is 'it goes out' "$(db "SELECT direction FROM message ORDER BY id DESC LIMIT 1")" out
mail "$T/o.eml" cc 'From: priya@lotusloom.example' \
    'To: tom@lotusloom.example' 'Cc: c@example.com'
cn-import --format none -q "$T/o.eml"
is 'and one that reaches them by Cc' "$(owner)" '1 3'
mail "$T/o.eml" internal 'From: priya@lotusloom.example' \
    'To: tom@lotusloom.example'
cn-import --format none -q "$T/o.eml"
is 'what agents write each other is nobody'\''s' \
    "$(owner) $(db 'SELECT count(*) FROM message WHERE person IS NULL')" '1 3 1'
cat >"$T/o.eml" <<'END'
From: MAILER-DAEMON@mx.example.com
To: support@lotusloom.example
Subject: failed
Content-Type: multipart/report; report-type=delivery-status; boundary=b

--b
Content-Type: text/plain

No such user.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.com

Final-Recipient: rfc822; c@example.com
Action: failed
Status: 5.1.1
--b--
END
cn-import --format none -q "$T/o.eml"
is 'a bounce belongs to whom it did not reach' "$(owner)" '1 4'
mail "$T/o.eml" nobody 'Subject: without a sender' "$to"
cn-import --format none -q "$T/o.eml"
is 'a mail without a sender is nobody'\''s' \
    "$(owner) $(db 'SELECT count(*) FROM message WHERE person IS NULL')" '1 4 2'
mail "$T/o.eml" nobody 'From: ' "$to" 'References: <o1@t.test>'
cn-import --format none -q "$T/o.eml"
is 'also where its References name a customer'\''s' \
    "$(owner) $(db 'SELECT count(*) FROM message WHERE person IS NULL')" '1 4 3'
is 'in whose conversation it is all the same' "$(db 'SELECT count(*) FROM
    message WHERE conversation = 1 AND person IS NULL')" 1
mail "$T/o.eml" forged 'Received: from evil.example.com' \
    'From: support@lotusloom.example' 'To: c@example.com' \
    'In-Reply-To: <o1@t.test>'
is 'an answer that comes from elsewhere is none' "$(cn-import "$T/o.eml" |
    jq -r '.direction + " " + .defects[-1]')" 'in unverified-sender'
is 'and nobody'\''s' "$(owner) $(db 'SELECT count(*) FROM message
    WHERE person IS NULL')" '1 4 4'
mail "$T/o.eml" signed 'Received: from relay.example.com' \
    'Authentication-Results: mx.example.com; dkim=pass' \
    'From: support@lotusloom.example' 'To: c@example.com' \
    'In-Reply-To: <o1@t.test>'
is 'control: with a good signature it is ours' "$(cn-import "$T/o.eml" |
    jq -r .direction) $(owner)" 'out 1 5'
is 'participants are linked, each under their own' \
    "$(db 'SELECT count(DISTINCT identifier) FROM participant')" 6
printf 'desk:\n  - "@firm.test"\n' >"$CN_HOME/config.yaml"
{
	printf 'From: c@example.com\nTo: a0@firm.test'
	for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22; do
		printf ', a%d@firm.test' $i
	done
	printf '\n\nto all of you\n'
} >"$T/many.eml"
status 'a mail to two dozen new agents' 0 cn-import "$T/many.eml"
printf '%s\n' '{"type":"chat","chat":"bot1","role":"bot","text":"hello","from":{"handle":"bot"},"at":"2026-11-23T15:00:00Z"}' \
    '{"type":"chat","chat":"bot1","role":"customer","text":"hi","from":{"handle":"someone"},"at":"2026-11-23T15:00:01Z"}' \
    '{"type":"chat","chat":"bot1","role":"agent","text":"yes","from":{"handle":"agent7"},"at":"2026-11-23T15:00:02Z"}' |
    cn-import --format none -q
is 'a chat that a bot began is the customer'\''s who answers' \
    "$(db "SELECT count(DISTINCT person) || ' ' || count(*) FROM message WHERE
    channel = 'chat' AND person IS NOT NULL")" '1 2'

# --- --deliver ---

# deliver NAME WANT: what comes on stdin
deliver() {
	_rc=0
	cn-import --deliver >"$T/out" 2>"$T/err" || _rc=$?
	is "--deliver: $1" "$_rc" "$2"
	is "--deliver: $1: nothing on stdout" "$(wc -c <"$T/out")" 0
}
fresh
deliver 'a mail' 0 <"$T/mails/001"
is '--deliver: has it' "$(db 'SELECT count(*) FROM message')" 1
deliver 'the same' 0 <"$T/mails/001"
deliver 'nothing' 75 </dev/null
printf 'no mail at all' >"$T/junk"
head -c 5000 /dev/urandom >"$T/binary"
head -c 5000 /dev/zero >"$T/zeros"
{
	printf 'From: z@example.com\nX-Long: '
	head -c 3000000 /dev/zero | tr '\0' x
	printf '\n\nbody\n'
} >"$T/long"
printf 'From: z@example.com\n\na\000b\n' >"$T/nul"
deliver 'junk' 0 <"$T/junk"
deliver 'binary' 0 <"$T/binary"
deliver 'zeros' 0 <"$T/zeros"
deliver 'a header of 3 MB' 0 <"$T/long"
deliver 'a NUL in the text' 0 <"$T/nul"
is '--deliver: all of it is kept' \
    "$(db 'SELECT (SELECT count(*) FROM message) +
    (SELECT count(*) FROM quarantine)')" 6
_rc=0
cn-import --deliver "$T/mails/002" >"$T/out" 2>"$T/err" || _rc=$?
is '--deliver: with an operand' "$_rc $(wc -c <"$T/out")" '75 0'
_rc=0
cn-import --no-such --deliver <"$T/mails/002" >"$T/out" 2>"$T/err" || _rc=$?
is '--deliver: with a wrong option' "$_rc $(wc -c <"$T/out")" '75 0'
mv "$CN_KEYS/key" "$T/key.away"
deliver 'no key' 75 <"$T/mails/002"
sed 's/[A-Za-z]/A/15' "$T/key.away" >"$CN_KEYS/key"
deliver 'a wrong key' 75 <"$T/mails/002"
mv "$T/key.away" "$CN_KEYS/key"
mv "$CN_HOME" "$T/elsewhere"
deliver 'no store' 75 <"$T/mails/002"
mv "$T/elsewhere" "$CN_HOME"
printf 'desk: 7\n' >"$CN_HOME/config.yaml"
deliver 'a bad configuration' 75 <"$T/mails/002"
rm "$CN_HOME/config.yaml"
if [ "$(id -u)" -eq 0 ] && have setpriv; then
	chmod 711 "$T"
	cp -r "$CN_HOME" "$T/ro" && cp -r "$CN_KEYS" "$T/rokeys"
	chmod -R a+rX "$T/ro"
	chown -R 65534:65534 "$T/rokeys"
	ro() {
		CN_HOME=$T/ro CN_KEYS=$T/rokeys as_user \
		    "$B/cn-import" --deliver <"$T/mails/002" \
		    >"$T/out" 2>"$T/err"
	}
	_rc=0
	ro || _rc=$?
	is '--deliver: a store that is only to be read' \
	    "$_rc $(wc -c <"$T/out")" '75 0'
	chown -R 65534:65534 "$T/ro"
	chmod -R u+w "$T/ro"
	_rc=0
	ro || _rc=$?
	is '--deliver: control: its owner can, from a file of another' "$_rc" 0
	[ "$_rc" -eq 0 ] || diag "$(cat "$T/err")"
else
	skip '--deliver: a read-only store' 'needs root and setpriv'
fi
if [ -n "$K" ]; then
	LD_PRELOAD=$K CN_KILL_COUNT=$T/count \
	    cn-import --deliver <"$T/mails/003"
	writes=$(cut -d' ' -f2 "$T/count")
	bad=0 n=1
	while [ "$n" -le "$writes" ]; do
		rc=0
		LD_PRELOAD=$K CN_ENOSPC_AT=$n \
		    cn-import --deliver <"$T/mails/004" >"$T/out" \
		    2>"$T/err" || rc=$?
		case $rc in
		0 | 75) [ -s "$T/out" ] && bad=$((bad + 1)) ;;
		*)
			bad=$((bad + 1))
			diag "full at write $n: $rc: $(head -n 2 "$T/err")"
			;;
		esac
		[ "$rc" -eq 0 ] && [ "$(db "SELECT count(*) FROM message")" -lt 5 ] && {
			bad=$((bad + 1))
			diag "full at write $n: 0, but it is not there"
		}
		n=$((n + 1))
	done
	is "--deliver: a disk that is full from write 1 to $writes on" "$bad" 0
	ok '--deliver: control: the mail was refused at the first' \
	    sh -c "[ $writes -gt 3 ]"
	deliver 'and when there is room again' 0 <"$T/mails/004"
	status 'the store is whole' 0 cn-store doctor --check
else
	skip '--deliver: a full disk' 'no compiler'
fi

# --- a mail above the bound of 64 MiB ---

mail_of() {
	printf 'From: c%d@example.com\nSubject: m%d\n\n' "$1" "$1"
}
from='From c@example.com Mon Nov 23 15:00:00 2026'
export CN_HOME="$T/large.home" CN_KEYS="$T/large.keys"
cn-store init -q
{
	printf '%s\n' "$from" && mail_of 1 && printf 'one\n\n%s\n' "$from"
	mail_of 2
	head -c 70000000 /dev/zero | tr '\0' x
	printf '\n\n%s\n' "$from" && mail_of 3 && echo three
} >"$T/large"
status 'a mail that is too long is refused' 3 cn-import --format none \
    "$T/large"
like 'with its place and the bound' "$(cat "$T/err")" \
    'large: mail 2: longer than 67108864 bytes'
like 'and counted' "$(cat "$T/err")" '^cn-import: 1 refused$'
is 'those around it are there' \
    "$(cn-query --format jsonl | jq -r .subject | sort | xargs)" 'm1 m3'
rm "$T/large"
finish
