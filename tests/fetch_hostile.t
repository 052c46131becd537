#!/bin/sh
# cn-fetch against servers that are not what they should be: each ends soon, in
# little memory, with a clear word and the connection dropped, and afterwards a
# good server on the same port brings everything that is missing, once.
. "$(dirname "$0")/lib.sh"
. "$root/tests/dovecot.sh"
. "$root/tests/fakeimap.sh"
have sqlite3 && have jq || {
	echo '1..0 # SKIP sqlite3 and jq are needed'
	exit 0
}

db() {
	sqlite3 "$CN_HOME/store.db" "$1"
}

port=$(free_ports 1)
(umask 077 && printf '%s\n' "$IMAP_PASS" >"$T/pass")
cn-store init -q || exit 1
printf 'desk: [desk@shop.test]\n' >"$CN_HOME/config.yaml"
chmod 600 "$CN_HOME/config.yaml"
cn-account add -q desk --server "plain://127.0.0.1:$port" --user desk \
    --pass-file "$T/pass"
cp -a "$CN_HOME" "$T/new.home"
cp -a "$CN_KEYS" "$T/new.keys"

fresh() {
	rm -rf "$CN_HOME" "$CN_KEYS"
	cp -a "$T/new.home" "$CN_HOME"
	cp -a "$T/new.keys" "$CN_KEYS"
}

# fetch OPTION...: status in $rc, peak of memory in $peak (KiB)
fetch() {
	_from=$(date +%s)
	python3 - "$T/peak" cn-fetch "$@" >"$T/out" 2>"$T/err" <<'X'
import resource, subprocess, sys
r = subprocess.run(sys.argv[2:], timeout=60).returncode
with open(sys.argv[1], 'w') as f:
    print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=f)
sys.exit(r if r >= 0 else 128 - r)
X
	rc=$?
	peak=$(cat "$T/peak")
	took=$(($(date +%s) - _from))
}

# against SCENARIO STATUS WORD: and then against a good server
against() {
	fresh
	fake_start "$1" --port "$port" || return
	fetch desk
	is "$1: status $2" "$rc" "$2"
	like "$1: says why" "$(cat "$T/err")" "^cn-fetch: desk: .*$3"
	unlike "$1: and nothing of what the server said" "$(cat "$T/err")" \
	    'example.com|AAAA|zzzz'
	ok "$1: soon ($took s)" [ "$took" -le 20 ]
	[ -n "${ASAN:-}" ] || ok "$1: in little memory ($peak KiB)" \
	    [ "$peak" -le 40000 ]
	fake_start good --port "$port"
	fetch --rescan desk
	is "$1: a good server then brings the rest" "$rc" 0
	is "$1: nothing lost, nothing doubled" "$(db 'SELECT count(*),
	    count(DISTINCT hash) FROM message') $(db 'SELECT count(*) FROM
	    pending')" '5|5 0'
}

fresh
fake_start good --port "$port"
fetch desk
is 'control: a good server' "$rc $(jq -r .subject "$T/out" | tr '\n' ' ')" \
    '0 mail 1 mail 2 mail 3 mail 4 mail 5 '
is 'and all is well' "$(cn-store doctor)" 'all is well'

against endless-line 69 'a line without an end'
against endless-untagged 69 'talks without an end'
against endless-list 69 'talks without an end'
against huge-literal 69 'a huge literal'
against overflow-literal 69 'a huge literal'
against deep 69 'nests parentheses'
against drop-in-literal 75 'closed the connection'
against twice 69 'sends a mail twice'
against garbage 69 'NUL byte'
against garbage-greeting 69 'no IMAP'
against preauth 69 'logged in'
against bye-greeting 75 'takes no connection'
against bye-login 75 'ended the session'
against bye-examine 75 'ended the session'
against bye-body 75 'ended the session'
against two-bodies 69 'two mails as one'
against unasked-body 69 'nobody asked for'
against wrong-tag 69 'no IMAP'
against open-quote 69 'string without an end'

# Sizes in no order are no fault; nor are more of them than a window holds,
# behind a gap that has made it wide.
fresh
fake_start falling-uids --port "$port"
fetch desk
is 'sizes that fall' "$rc $(jq -r .subject "$T/out" | tr '\n' ' ')" \
    '0 mail 1 mail 2 mail 3 mail 4 mail 5 '
mkdir "$T/many"
(cd "$T/many" && seq 10001 12100 | while read -r i; do
	printf 'From: c@example.com\nSubject: many %d\n\nx\n' "$i" >"$i"
done)
fresh
fake_start falling-uids --port "$port" --mails "$T/many" --gap 3000
fetch --format none --folder INBOX desk
is 'many of them' "$rc $(db 'SELECT count(DISTINCT hash) FROM message')" \
    '0 2100'
is 'each where it lies' "$(db 'SELECT min(uid), max(uid), count(DISTINCT uid)
    FROM location')" '3001|5100|2100'
is 'a window was too full' "$(grep -c 'RFC822.SIZE' "$FAKE_LOG")" 4

# What came before the connection broke is kept.
fresh
fake_start bye-body --port "$port"
fetch desk
is 'the mails before the end are here' "$(jq -r .subject "$T/out") $(db \
    'SELECT count(*) FROM message')" 'mail 1 1'

# Stopped while it waits for the server: the mail in hand is kept.
fresh
fake_start stall --port "$port" --gate "$T/gate"
cn-fetch desk >"$T/out" 2>"$T/err" &
pid=$!
until grep -q 'BODY.PEEK' "$FAKE_LOG"; do
	kill -0 $pid || break
done
kill -USR1 $pid
: >"$T/gate"
until grep -q '1/5' "$T/err"; do
	kill -0 $pid || break
done
like 'SIGUSR1: a line says how far it has come' "$(cat "$T/err")" \
    '^cn-fetch: 1/5  [0-9]+/s'
kill -TERM $pid
wait $pid 2>/dev/null
is 'SIGTERM: it dies by it, and has kept the mail in hand' "$? $(jq -r \
    .subject "$T/out") $(db 'SELECT count(*) FROM message') $(db 'SELECT
    uidnext FROM folder WHERE uidnext > 0')" '143 mail 1 1 2'
fake_start good --port "$port"
fetch desk
is 'the next run goes on from there' "$(jq -r .subject "$T/out" |
    tr '\n' ' ')" 'mail 2 mail 3 mail 4 mail 5 '

# One mail that is not to be had does not stop the others.
fresh
fake_start no-mail-3 --port "$port"
fetch desk
is 'a mail that the server keeps back: 3' "$rc $(jq -r .subject "$T/out" |
    tr '\n' ' ')" '3 mail 1 mail 2 mail 4 mail 5 '
like 'it is named' "$(cat "$T/err")" 'folder f[a-z2-7]{16} mail 3: .*not send'
fetch desk
is 'named again while it is kept back' "$rc $(wc -l <"$T/out")" '3 0'
like 'and cn says so, of both mailboxes' "$(cn)" '2 +mails were listed'
fake_start good --port "$port"
fetch desk
is 'and taken in when it comes' "$rc $(jq -r .subject "$T/out")" '0 mail 3'
unlike 'which ends it' "$(cn)" 'were listed'

fresh
fake_start bad-folder --port "$port"
fetch --folder '*' desk
is 'names that are none: 3, the rest is read' "$rc $(db 'SELECT count(*) FROM
    message')" '3 5'
like 'counted, not shown' "$(cat "$T/err")" '6 mailboxes: their names'
fresh
fake_start unasked-uid --port "$port"
fetch desk
is 'what nobody asked for is left out' "$rc $(db 'SELECT count(*) FROM
    message') $(db 'SELECT max(uid) FROM location')" '0 5 5'
fresh
fake_start chatter --port "$port"
fetch desk
is 'all that a server may say in between' "$rc $(db 'SELECT count(*) FROM
    message')" '0 5'

# Gmail's labels come in a command of their own, and lie in little folders.
fresh
fake_start gmail --port "$port"
fetch desk
is 'labels of Gmail' "$(jq -c 'select(.subject == "mail 1") | .labels | sort' \
    "$T/out")" '["&","\\Inbox","\\Sent","lit","plain","two words"]'
is 'can be asked for' "$(cn-query --format ids '"label:two words"' | wc -l)" 5
finish
