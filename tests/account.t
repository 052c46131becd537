#!/bin/sh
# Mail accounts: what they say, where their passwords are kept, and that no
# secret lies in the clear.
. "$(dirname "$0")/lib.sh"

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
unlike 'without the password' "$(cat "$T/list")" quahog
is 'a table has them too' \
    "$(cn-account list --format table | grep -c example.com)" 4
is 'each change is audited' "$(sql "SELECT count(*) FROM audit WHERE entry LIKE
    '%account a% added%'")" 4
words='quahog|filed|called|example|imap\.|/pw|Büro'
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
no 'a host that is none' 2 'host' x --server 'imap example' $u $c
no 'an empty pattern' 2 'folder' x $s $u $c --folder ''
}
printf '\n' >"$T/empty"
status 'an empty password' 78 sh -c "cn-account add x --server h --user u \
    --pass-fd 3 3<'$T/empty'"
head -c 5000 /dev/zero | tr '\0' x >"$T/long"
not_ok 'an endless one' sh -c "cn-account add x --server h --user u \
    --pass-fd 3 3<'$T/long'"
printf 'a\377b\n' >"$T/bytes"
status 'one that is not UTF-8' 78 sh -c "cn-account add x --server h --user u \
    --pass-fd 3 3<'$T/bytes'"
is 'none of them is there' "$(cn-account list | wc -l)" 4
finish
