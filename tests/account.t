#!/bin/sh
# Mail accounts: what they say, where their passwords are kept, and that no
# secret lies in the clear.  Takes STEP=n to let the power fail before every
# n-th write only (tests/long/account.t takes them all).
. "$(dirname "$0")/lib.sh"
. "$root/tests/dovecot.sh"
scan=${B%/bin}/tests/scan

sql() {
	sqlite3 "file:$CN_HOME/store.db?mode=ro" "$@"
}
add() {
	cn-account add "$@"
}
ok 'a store' cn-store init --test
printf 'passw\303\266rd-quahog\nsecond line\n' >"$T/pw"
chmod 600 "$T/pw"

# --- add and list ---
ok 'one with a password in a file' add filed --server imap.example.com \
    --user filed@example.com --pass-file "$T/pw"
ok 'one by a command' add called --server starttls://imap.example.com:1143 \
    --user called@example.com --pass-cmd "cat $T/pw" --folder INBOX \
    --folder 'Büro/*' --compress
ok 'one by a descriptor' sh -c "cn-account add kept --server 'imaps://[::1]:994' \
    --user kept@example.com --pass-fd 3 3<'$T/pw'"
ok 'one by a credential' add credited --server imap.example.com \
    --user c@example.com --pass-credential imap
cn-account list >"$T/list"
is 'they are listed by name' "$(jq -r .name "$T/list" | tr '\n' ' ')" \
    'called credited filed kept '
is 'with their servers' "$(jq -r .server "$T/list")" \
    'starttls://imap.example.com:1143
imaps://imap.example.com
imaps://imap.example.com
imaps://[::1]:994'
is 'and how they log in' "$(jq -r '.login + " " + .state' "$T/list")" \
    'password, command live
password, credential live
password, file live
password, kept live'
is 'and what is fetched of them' "$(jq -c .folders "$T/list")" \
    '["INBOX","Büro/*"]
null
null
null'
unlike 'without the password' "$(cat "$T/list")" quahog
is 'a table has them too' \
    "$(cn-account list --format table | grep -c example.com)" 4
is 'each change is audited' "$(sql "SELECT count(*) FROM audit WHERE entry LIKE
    '%account a% added%'")" 4
words='quahog|filed|called|example\.com|imap\.|/pw|Büro'
cat "$CN_HOME"/store.db* | strings >"$T/clear"
unlike 'nothing of it lies in the clear' "$(cat "$T/clear")" "$words"
like 'control: strings sees names of columns' "$(cat "$T/clear")" secret_leaf
ok 'the doctor opens all of it' cn-store doctor --check

# --- refused ---
no() {		# NAME STATUS WORDS ARGUMENT...
	_w=$3 _what=$1 _s=$2
	shift 3
	status "$_what" "$_s" cn-account add "$@"
	like "$_what: why" "$(cat "$T/err")" "$_w"
}
s='--server imap.example.com' u='--user u@example.com' c='--pass-cmd false'
# shellcheck disable=SC2086
{
no 'a name twice' 4 'already' filed $s $u $c
no 'a name with a space' 2 'not a name' 'a b' $s $u $c
no 'a name that looks like an option' 2 'not a name' $s $u $c -- -a
no 'a name with a slash' 2 'not a name' ../a $s $u $c
no 'no server' 2 'server' x $u $c
no 'no user' 2 'user' x $s $c
no 'a user with a line end' 2 'user' x $s --user 'a
b' $c
no 'no password, no terminal' 2 'no terminal' x $s $u
no 'two passwords' 2 'one of' x $s $u $c --pass-file "$T/pw"
no 'a closed descriptor' 2 'descriptor' x $s $u --pass-fd 9
no 'another scheme' 2 'imaps' x --server http://imap.example.com $u $c
no 'a port that is none' 2 'port' x --server imap.example.com:99999 $u $c
no 'a password in the clear' 2 'this machine' x \
    --server plain://imap.example.com $u $c
no 'nor to what only begins like it' 2 'this machine' x \
    --server plain://127.0.0.1.example.com $u $c
no 'a host that is none' 2 'host' x --server 'imap example' $u $c
no 'an empty pattern' 2 'folder' x $s $u $c --folder ''
no 'a command that is not UTF-8' 2 'command' x $s $u \
    --pass-cmd "cat $(printf '\377')"
no 'a path with a line end' 2 'file' x $s $u --pass-file 'a
b'
}
printf '\n' >"$T/empty"
status 'an option that would do nothing' 2 cn-account list --user x
like 'is named' "$(cat "$T/err")" 'list: takes no --user'
status 'an empty password' 78 sh -c "cn-account add x --server h --user u \
    --pass-fd 3 3<'$T/empty'"
head -c 5000 /dev/zero | tr '\0' x >"$T/long"
not_ok 'an endless one' sh -c "cn-account add x --server h --user u \
    --pass-fd 3 3<'$T/long'"
printf 'a\377b\n' >"$T/bytes"
status 'one that is not UTF-8' 78 sh -c "cn-account add x --server h --user u \
    --pass-fd 3 3<'$T/bytes'"
is 'none of them is there' "$(cn-account list | wc -l)" 4

# --- the way in ---
# One that does not make us wait for those that it refused.
ok 'a Dovecot' dovecot_start 'service anvil {
	unix_listener anvil-auth-penalty {
		mode = 0
	}
}'
here="--server imaps://localhost:$IMAPS_PORT --ca-file $IMAP_CA --user desk"
printf '%s\n' "$IMAP_PASS" >"$T/good"
chmod 600 "$T/good"
in_by() {	# NAME: it is let in
	status "$1: it is let in" 0 cn-account test "$1"
	is "$1: and told what is there" "$(jq -r '.name, .server, .folders,
	    (.can | contains("qresync"))' "$T/out" | tr '\n' ' ')" \
	    "$1 imaps://localhost:$IMAPS_PORT 1 true "
}
# shellcheck disable=SC2086
{
add file $here --pass-file "$T/good" -q
add fd $here --pass-fd 3 -q 3<"$T/good"
add cmd $here --pass-cmd "cat '$T/good'" -q
add credential $here --pass-credential imap -q
(cd "$T" && add relative $here --pass-file good -q)
}
for a in file fd cmd relative; do
	in_by $a
done
mkdir "$T/credentials"
cp "$T/good" "$T/credentials/imap"
CREDENTIALS_DIRECTORY=$T/credentials
export CREDENTIALS_DIRECTORY
in_by credential
unset CREDENTIALS_DIRECTORY

out() {		# NAME STATUS WORDS [HINT]: it is not let in
	status "$1: not let in" "$2" cn-account test "$1"
	like "$1: why" "$(cat "$T/err")" "^cn-account: $1: .*$3"
	like "$1: what to do" "$(cat "$T/err")" "^hint: .*${4:-cn-account}"
}
out credential 78 'no CREDENTIALS_DIRECTORY' LoadCredential
chmod 640 "$T/good"
out file 77 'others may read it' "chmod 600 $T/good"
chmod 600 "$T/good"
mkdir "$T/open"
cp -p "$T/good" "$T/open/pass"
# shellcheck disable=SC2086
add open $here --pass-file "$T/open/pass" -q
chmod 777 "$T/open"
out open 77 'others may replace it' "chmod go-w $T/open"
chmod 1777 "$T/open"
in_by open
chmod 755 "$T/open"
in_by open
if [ "$(id -u)" -eq 0 ]; then
	chown 65534 "$T/open/pass"
	out open 77 'belongs to another' "chown 0 $T/open/pass"
	chown 0 "$T/open/pass"
	chown 65534 "$T/open"
	out open 77 'folder belongs to another' 'a folder of your own'
	chown 0 "$T/open"
	in_by open
else
	skip 'what belongs to another' 'needs root'
fi
mv "$T/good" "$T/better"
out file 78 'No such file' 'cn-account test file'
mkdir "$T/good"
out file 78 'not a file' 'cn-account test file'
rmdir "$T/good"
mv "$T/better" "$T/good"
by() {		# NAME COMMAND: an account by this command
	# shellcheck disable=SC2086
	add "$1" $here --pass-cmd "$2" -q
}
by fails 'echo secret; exit 3'
out fails 77 'ended with status 3'
by dies 'kill -9 $$'
out dies 77 'signal 9'
by silent true
out silent 78 'no password in it'
by endless 'yes secret'
out endless 78 'more than'
by wrong 'echo wrong'
out wrong 77 'login' 'cn-account rotate wrong'
by bare "test -z \"\$PROBE\$CN_HOME\" && test -n \"\$HOME\" && cat '$T/good'"
PROBE=1 in_by bare
by child "sleep 300 & echo \$! >'$T/pid'; cat '$T/good'"
status 'a child that stays behind holds nobody' 0 timeout 60 cn-account test child
kill "$(cat "$T/pid")"
# A signal ends the wait, and the command with it.
by slow "echo \$\$ >'$T/slow'; exec sleep 300"
cn-account test slow >"$T/out" 2>"$T/err" &
p=$!
until [ -s "$T/slow" ]; do
	sleep 0.05
done
kill -TERM $p
wait $p 2>/dev/null
is 'SIGTERM while a command thinks' $? 143
not_ok 'ends the command too' kill -0 "$(cat "$T/slow")"
status 'nobody of that name' 2 cn-account test nobody

# --- one at a time ---
rm "$T/slow"
cn-account test slow >"$T/out" 2>"$T/err" &
p=$!
until [ -s "$T/slow" ]; do
	sleep 0.05
done
status 'who comes second waits, and is sent away' 75 \
    cn-account --no-wait test slow
like 'with the reason' "$(cat "$T/err")" 'slow: another program'
in_by cmd
kill -TERM $p
wait $p 2>/dev/null

# --- rotate ---
sealed() {	# HOME: words that today's keys open there
	CN_HOME=$1 "$scan" find "$T/words"
}
copy() {
	rm -rf "$T/$1"
	cp -a "$CN_HOME" "$T/$1"
}
printf 'old-quince\nnew-quince\n%s\n' "$IMAP_PASS" >"$T/words"
echo old-quince >"$T/old"
echo new-quince >"$T/new"
# shellcheck disable=SC2086
add turn $here --pass-fd 3 -q 3<"$T/old"
out turn 77 'login' 'cn-account rotate turn'
copy before
like 'control: a copy has the old password' "$(sealed "$T/before")" \
    '^old-quince bytes'
leaf=$(sql "SELECT secret_leaf FROM account WHERE pub = '$(cn-account list |
    jq -r 'select(.name == "turn").id')'")
"$scan" samples "$leaf" >"$T/samples"
is 'control: its bytes are in the file' "$("$scan" bytes "$T/samples")" 1
status 'rotate' 0 cn-account rotate turn --pass-fd 3 3<"$T/new"
like 'the store has the new one' "$(sealed "$CN_HOME")" '^new-quince bytes'
unlike 'and not the old one' "$(sealed "$CN_HOME")" '^old-quince'
unlike 'which no copy has any more' "$(sealed "$T/before")" '^old-quince'
like 'while all others there can be read' "$(sealed "$T/before")" \
    "^$IMAP_PASS bytes"
is 'nor the file' "$("$scan" bytes "$T/samples")" 0
status 'by a command from now on' 0 cn-account rotate turn \
    --pass-cmd "cat '$T/good'"
in_by turn
unlike 'nothing is kept then' "$(sealed "$CN_HOME")" '^new-quince'
status 'what is not kept is not typed' 2 cn-account rotate turn

# --- disconnect ---
copy before
like 'control: a copy has the password' "$(sealed "$T/before")" \
    "^$IMAP_PASS bytes"
status 'disconnect' 0 cn-account disconnect fd
is 'with a certificate' "$(jq -r '.type, .state, .leaves' "$T/out" |
    tr '\n' ' ')" 'erasure-certificate proved 1 '
unlike 'no copy has the password any more' "$(sealed "$T/before")" \
    "^$IMAP_PASS"
out fd 4 'disconnected' 'cn-account add fd'
is 'it is listed as such' "$(cn-account list |
    jq -r 'select(.name == "fd").state')" disconnected
status 'again: nothing to do, and the proof of all' 0 cn-account disconnect fd
is 'which holds' "$(jq -r '.erasure, .state' "$T/out" | tr '\n' ' ')" \
    'all proved '
cn-account disconnect cmd >"$T/out"
out cmd 4 'disconnected'
ok 'the proof of all holds' sh -c 'cn-purge --prove >/dev/null'
ok 'and the doctor is content' cn-store doctor --check
# An older store knows nothing of it, and learns it.
status 'a store of before: no way in' 4 \
    env CN_HOME="$T/before" cn-account test cmd
is 'audited' "$(sql "SELECT count(*) FROM audit WHERE entry LIKE
    '%account a% disconnected%' AND entry NOT LIKE '%to be%'")" 2
# shellcheck disable=SC2086
status 'taken up again' 0 add fd $here --pass-fd 3 -q 3<"$T/good"
in_by fd

# --- a fetch that follows the mailbox ---
# shellcheck disable=SC2086
add watched $here --pass-file "$T/good" -q
cn-fetch watched --idle --format jsonl >"$T/watch" 2>"$T/why" &
p=$!
printf 'From: c1@example.com\nTo: desk@shop.test\nSubject: one\n\nLate.\n' |
    dovecot_put desk INBOX
until [ -s "$T/watch" ] || ! kill -0 $p 2>/dev/null; do
	sleep 0.05
done
like 'control: it is at work' "$(cat "$T/watch")" '"subject":"one"'
status 'disconnect, beside it' 0 cn-account disconnect watched
wait $p
is 'ends it' $? 4
like 'and says so' "$(cat "$T/why")" 'watched: .*disconnected'
is 'the mail stays' "$(cn-query one | jq -r .subject)" one

# --- a provider ---
provider() {	# KEY: the configuration with it
	cat >"$T/config.yaml" <<-Y
	providers:
	  idp:
	    flows: device
	    client_id: convonest
	    device: https://idp.test/device
	    token: https://idp.test/token
	    $1: imap
	Y
}
provider scope
CN_CONFIG=$T/config.yaml
export CN_CONFIG
ok 'an account of a provider' add signs --provider idp --user u \
    --server imap.example.com -q
status 'rotate, and nobody has signed in' 77 cn-account rotate signs
like 'it says so' "$(cat "$T/err")" 'signs: nobody has signed in yet'
like 'and what to do' "$(cat "$T/err")" "^hint: 'cn-account auth signs'"
provider scoop
for verb in 'test signs' 'rotate signs' 'auth signs' list; do
	# shellcheck disable=SC2086
	status "a key that is not known: $verb" 78 cn-account $verb
	like 'is named' "$(cat "$T/err")" "config.yaml:7: unknown key 'scoop'"
done
provider scope
ok 'control' cn-account list
unset CN_CONFIG
cn-account disconnect signs >"$T/out"
for host in localhost 127.0.0.1:1143 '[::1]'; do
	ok "control: within this machine, $host" add clear --user u \
	    --pass-cmd false --server "plain://$host"
	cn-account disconnect clear >"$T/out"
done

# --- the keyboard ---
cat >"$T/type.py" <<'X'
import os, pty, subprocess, sys, termios
me, them = pty.openpty()
p = subprocess.Popen(sys.argv[2:], stdin=them, stdout=them, stderr=them,
    start_new_session=True, preexec_fn=lambda: os.close(
    os.open(os.ttyname(0), os.O_RDWR)))
got = b""
while b"Password: " not in got:
    got += os.read(me, 1024)
while termios.tcgetattr(me)[3] & termios.ECHO:
    pass
os.write(me, sys.argv[1].encode() + b"\n")
os.close(them)
try:
    while chunk := os.read(me, 1024):
        got += chunk
except OSError:
    pass
print(got.decode())
sys.exit(p.wait())
X
# shellcheck disable=SC2086
status 'a password is typed' 0 python3 "$T/type.py" "$IMAP_PASS" \
    cn-account add typed $here
unlike 'and not shown' "$(cat "$T/out")" "$IMAP_PASS"
in_by typed
# shellcheck disable=SC2086
status 'nothing is typed' 2 python3 "$T/type.py" '' cn-account add nothing $here
status 'another one is typed' 0 python3 "$T/type.py" wrong \
    cn-account rotate typed
out typed 77 'login' 'cn-account rotate typed'

# --- the power fails before each write of a rotation, and of an end ---
# each COMMAND...: in copies of the store and its keys as they were before each
# write; then again to the end: what it says must not open any more.
each() {
	rm -rf "$T/cut"
	mkdir "$T/cut"
	LD_PRELOAD=$K CN_COPY_TO=$T/cut "$@" 3<"$T/new" >"$T/out" 2>&1 ||
	    cat "$T/out"
	n=1
	while [ -d "$T/cut/$n.home" ]; do
		c=$T/cut/$n
		n=$((n + ${STEP:-4}))
		CN_HOME=$c.home CN_KEYS=$c.keys
		"$scan" find "$T/words" >"$T/found"
		grep -q -e '^old-quince' -e '^new-quince' "$T/found" ||
		    ended=$((ended + 1))
		"$@" 3<"$T/new" >"$T/out" 2>&1 || echo "$c: $(cat "$T/out")"
		"$scan" find "$T/words" | grep '^old-quince'
		cn-purge --prove >"$T/out" 2>&1 || cat "$T/out"
		cn-account list | jq -r "select(.name == \"turn\").state" |
		    grep -v "^$state$"
	done
	CN_HOME=$T/home CN_KEYS=$T/keys
}
if [ -n "$K" ]; then
	cn-account disconnect turn >"$T/out"
	# shellcheck disable=SC2086
	add turn $here --pass-fd 3 -q 3<"$T/old"
	ended=0 state=live
	each cn-account rotate turn --pass-fd 3 >"$T/each"
	is 'a rotation that is cut off can be made again' "$(cat "$T/each")" ''
	is 'and at no time there is no password' "$ended" 0
	ended=0 state=disconnected
	each cn-account disconnect turn >"$T/each"
	is 'so can an end' "$(cat "$T/each")" ''
	ok "which comes as soon as the keyring is written: $ended" \
	    test "$ended" -gt 2
else
	skip 'the power fails' 'not with the sanitizers'
fi

# --- expiry ---
status 'nobody must sign in' 0 cn-account expiry
is 'says nothing' "$(cat "$T/out")" ''
dovecot_stop
finish
