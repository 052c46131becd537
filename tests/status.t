#!/bin/sh
# What goes wrong has the status and the words of the table in cn(7), and a
# hint where something can be done; beside each a control that succeeds.
. "$(dirname "$0")/lib.sh"
have sqlite3 || {
	echo '1..0 # SKIP sqlite3 is needed'
	exit 0
}
mail=$T/mail.eml
printf 'From: a@example.com\nTo: desk@shop.test\n\nparcel\n' >"$mail"
printf 'name: Shop\ndesk:\n  - desk@shop.test\n' >"$T/good.yaml"

# wrong NAME STATUS WORDS COMMAND...: and a hint for 75, 77 and 78
wrong() {
	_words=$3 _what=$1 _st=$2
	shift 3
	status "$_what: $_st" "$_st" "$@"
	like "$_what: says so" "$(cat "$T/err")" "^cn[-a-z]*: .*$_words"
	case $_st in
	75 | 77 | 78)
		is "$_what: one hint" "$(grep -c '^hint: .' "$T/err")" 1
		;;
	esac
}

status 'no store yet: 78' 78 cn-query x
like 'and what makes one' "$(cat "$T/err")" "hint: run 'cn-store init'"
status 'init' 0 cn-store init -q
status 'control: an import' 0 cn-import "$mail"
status 'control: a query' 0 cn-query parcel
wrong 'init where there is a store' 4 'there is a store already' cn-store init
wrong 'init with the keys inside the store' 78 'inside each other' \
    cn-store init --home "$T/in" --keys "$T/in/keys"
wrong 'init with the store inside the keys' 78 'inside each other' \
    cn-store init --home "$T/in2/home" --keys "$T/in2"
# Every command that needs the store, with what it takes.
all="cn-import $mail
cn-query parcel
cn-store doctor
cn-account list
cn-classify --pending
cn-reply-suggest --pending
cn-report volume
cn-export --subject a@example.com --bundle -
cn-purge --subject a@example.com --plan"
printf '%s\n' "$all" | while read -r c rest; do
	[ -x "$B/$c" ] && printf '%s %s\n' "$c" "$rest"
done >"$T/all"

each() {		# WHAT STATUS WORDS
	while read -r line; do
		# shellcheck disable=SC2086
		wrong "$1: $line" "$2" "$3" $line
	done <"$T/all"
}

# --- usage ---

wrong 'a missing file' 2 'no.mbox: No such file' cn-import "$T/no.mbox"
wrong 'an unknown verb' 2 'bogus' cn-store bogus
wrong 'no verb' 2 '.' cn-store
wrong 'an unknown option' 2 'unknown option --bogus' cn-query --bogus
wrong 'a query term' 2 'no such term: colour' cn-query colour:red
wrong 'a format' 2 'format' cn-query --format xml x
wrong 'a number' 2 'limit' cn-query --limit many x
wrong 'a time' 2 'not a time' cn-query since:soon

# --- keys ---

mv "$CN_KEYS" "$T/keys.away"
each 'no keyring' 78 'keyring'
mkdir -m 700 "$CN_KEYS"
wrong 'an empty folder of keys' 78 'keyring' cn-query x
rmdir "$CN_KEYS"
CN_HOME=$T/home2 CN_KEYS=$T/keys2 cn-store init -q
CN_KEYS=$T/keys2
each "another store's keyring" 78 'another store'
CN_KEYS=$T/keys
mv "$T/keys.away" "$CN_KEYS"
mv "$CN_KEYS/key" "$T/key.away"
each 'no key file' 78 'key'
cp "$T/keys2/key" "$CN_KEYS/key"
each "another store's key" 77 'key'
cp "$T/key.away" "$CN_KEYS/key"
chmod 644 "$CN_KEYS/key"
wrong 'a key that others may read' 78 'others may read it' cn-query x
rm "$CN_KEYS/key"
mv "$T/key.away" "$CN_KEYS/key"
status 'the recovery key opens it' 0 \
    env CN_KEY_FILE="$CN_KEYS/recovery-key" cn-query parcel
for at in 0 30 60 200 600; do
	cp "$CN_KEYS/keyring" "$T/keyring.away"
	printf '\377\376\375' | dd of="$CN_KEYS/keyring" bs=1 seek="$at" \
	    conv=notrunc 2>/dev/null
	status "a keyring damaged at $at: 5" 5 cn-query parcel
	cp "$T/keyring.away" "$CN_KEYS/keyring"
done
head -c 100 "$T/keyring.away" >"$CN_KEYS/keyring"
status 'a keyring cut short: 5' 5 cn-query parcel
: >"$CN_KEYS/keyring"
status 'an empty keyring: 5' 5 cn-query parcel
cp "$T/keyring.away" "$CN_KEYS/keyring"
status 'control: the keys are back' 0 cn-query --exit-code parcel

# --- the store ---

schema=$(sqlite3 "$CN_HOME/store.db" "SELECT value FROM meta
    WHERE key = 'schema'")
sqlite3 "$CN_HOME/store.db" "UPDATE meta SET value = 99 WHERE key = 'schema'"
each 'a newer store' 78 'newer version'
sqlite3 "$CN_HOME/store.db" "UPDATE meta SET value = $schema
    WHERE key = 'schema'"
sqlite3 "$CN_HOME/store.db" \
    "UPDATE meta SET value = value + 5 WHERE key = 'generation'"
each 'a keyring older than the store' 78 'older than the store'
sqlite3 "$CN_HOME/store.db" \
    "UPDATE meta SET value = value - 5 WHERE key = 'generation'"
status 'control: as it was' 0 cn-query parcel
cp "$CN_HOME/store.db" "$T/store.away"
printf 'this is no database, and never was one' |
    dd of="$CN_HOME/store.db" bs=1 conv=notrunc 2>/dev/null
each 'a damaged store' 5 'store.db: '
# A page in the middle: the message table's.
cp "$T/store.away" "$CN_HOME/store.db"
page=$(sqlite3 "$CN_HOME/store.db" \
    "SELECT rootpage FROM sqlite_master WHERE name = 'message'")
tr '\0' '\377' </dev/zero | head -c 4096 | dd of="$CN_HOME/store.db" bs=8192 \
    seek=$((page - 1)) conv=notrunc 2>/dev/null
wrong 'a damaged page' 5 'store.db: ' cn-query parcel
cp "$T/store.away" "$CN_HOME/store.db"
: >"$CN_HOME/store.db"
status 'an empty store: 5' 5 cn-query parcel
is 'is left alone' "$(wc -c <"$CN_HOME/store.db")" 0
cp "$T/store.away" "$CN_HOME/store.db"
sqlite3 "$CN_HOME/store.db" "UPDATE raw SET cell =
    substr(cell, 1, 60) ||
    CASE substr(cell, 61, 1) WHEN x'00' THEN x'01' ELSE x'00' END ||
    substr(cell, 62)"
id=$(cn-query --format ids parcel)
wrong 'a sealed cell that was changed' 5 'message m' cn-query --raw "$id"
cp "$T/store.away" "$CN_HOME/store.db"
status 'control: the cell as it was' 0 cn-query --raw "$id"
wrong 'no such message' 1 'no such message' cn-query --raw mxxxxxxxxxxxxxxx

# --- a lock ---

sqlite3 "$CN_HOME/store.db" >"$T/held" <<END &
BEGIN IMMEDIATE;
SELECT 'held';
.shell while [ ! -e '$T/go' ]; do sleep 0.05; done
ROLLBACK;
END
holder=$!
until [ -s "$T/held" ]; do
	sleep 0.05
done
wrong 'a locked store, --no-wait' 75 'locked' cn-import --no-wait "$mail"
wrong 'a locked store, --wait 1s' 75 'locked' cn-import --wait 1s "$mail"
touch "$T/go"
wait "$holder"
status 'control: unlocked' 0 cn-import --no-wait "$mail"

# --- the disk ---

full() {
	"$@" >/dev/full
}
wrong '/dev/full' 74 'standard output: No space left' full cn-query parcel
wrong '/dev/full' 74 'standard output: No space left' full cn-import "$mail"
if [ "$(id -u)" -eq 0 ] && mkdir "$T/small" &&
    mount -t tmpfs -o size=2m,mode=700 tmpfs "$T/small" 2>/dev/null; then
	trap 'umount "$T/small"; rm -rf "$T"' EXIT
	CN_HOME=$T/small/home CN_KEYS=$T/small/keys
	status 'a store on a small disk' 0 cn-store init -q
	head -c 2000000 /dev/urandom | base64 >"$T/big"
	{
		cat "$mail"
		cat "$T/big"
	} >"$T/big.eml"
	wrong 'a disk that is full' 75 'full' cn-import "$T/big.eml"
	mount -o remount,size=9m "$T/small"
	status 'control: with more room the same goes in' 0 \
	    cn-import "$T/big.eml"
	status 'and the store is whole' 0 cn-store doctor
	CN_HOME=$T/home CN_KEYS=$T/keys
else
	skip 'a disk that is full' 'needs root and tmpfs'
fi
printf 'From: b@example.com\n\nmore\n' >"$T/more.eml"
if [ -n "$K" ]; then
	cp -r "$CN_HOME" "$T/f.home" && cp -r "$CN_KEYS" "$T/f.keys"
	n=1 bad=0 rc=75
	while [ "$rc" -ne 0 ] && [ "$n" -lt 300 ]; do
		rm -rf "$T/g.home" "$T/g.keys"
		cp -r "$T/f.home" "$T/g.home" && cp -r "$T/f.keys" "$T/g.keys"
		rc=0
		CN_HOME=$T/g.home CN_KEYS=$T/g.keys LD_PRELOAD=$K \
		    CN_ENOSPC_AT=$n cn-import --format none -q "$T/more.eml" \
		    >"$T/out" 2>"$T/err" || rc=$?
		case $rc in
		0) ;;
		75) grep -q '^hint: ' "$T/err" || rc=1 ;;
		esac
		[ "$rc" -eq 0 ] || [ "$rc" -eq 75 ] || {
			bad=$((bad + 1))
			diag "write $n: $rc: $(cat "$T/err")"
		}
		n=$((n + 1))
	done
	is "a disk that is full from the n-th write on: 75 and a hint" "$bad" 0
	ok 'control: not full at all, it succeeds' sh -c "[ $rc -eq 0 -a $n -gt 5 ]"
else
	skip 'a disk that is full from the n-th write on' 'no compiler'
fi

# --- rights ---

if [ "$(id -u)" -ne 0 ] || have setpriv; then
	chmod 711 "$T"
	cp -r "$CN_HOME" "$T/u.home" && cp -r "$CN_KEYS" "$T/u.keys"
	[ "$(id -u)" -eq 0 ] && chown -R 65534:65534 "$T/u.home" "$T/u.keys"
	CN_HOME=$T/u.home CN_KEYS=$T/u.keys
	status 'control: as the owner' 0 as_user cn-query parcel
	chmod 500 "$CN_HOME"
	chmod 400 "$CN_HOME"/*
	wrong 'a store that is only to be read' 77 'Permission denied' \
	    as_user cn-query parcel
	wrong 'a store that is only to be read' 77 'Permission denied' \
	    as_user cn-import "$mail"
	chmod 700 "$CN_HOME"
	chmod 600 "$CN_HOME"/*
	chmod 500 "$CN_KEYS"
	wrong 'keys that cannot be written' 77 'Permission denied' \
	    as_user cn-import "$T/more.eml"
	chmod 700 "$CN_KEYS"
	if [ "$(id -u)" -eq 0 ]; then
		n=$(as_user cn-query | wc -l)
		printf 'From: root1@example.com\n\na parcel\n' |
		    cn-import -q >/dev/null
		cn-purge -q -s root1@example.com --apply --yes >/dev/null
		is 'what root makes or replaces is of whom the folder is' \
		    "$(find "$CN_HOME" "$CN_KEYS" ! -user 65534)" ''
		is 'who goes on' "$(as_user cn-query | wc -l)" "$n"
		printf 'From: root3@example.com\n\na parcel\n' |
		    cn-import -q >/dev/null
		echo >"$T/roots1"
		echo >"$T/roots2"
		ln -sf "$T/roots1" "$CN_HOME/store.next"
		ln -f "$T/roots2" "$CN_HOME/store.main"
		ok 'locks that lead elsewhere' cn-purge -q \
		    -s root3@example.com --apply --yes
		is 'give nothing of root away' \
		    "$(stat -c %u "$T/roots1" "$T/roots2" | xargs)" '0 0'
		rm "$CN_HOME/store.next" "$CN_HOME/store.main"
		ok 'control: all of the keys is new' test -z "$(find "$CN_KEYS" \
		    -name keyring ! -newer "$T/more.eml")"
		(
			CN_HOME=$T/r.home CN_KEYS=$T/r.keys
			install -d -o 65534 -m 700 "$CN_HOME" "$CN_KEYS"
			cn-store init -q
			as_user cn-import -q "$T/more.eml" 2>/dev/null
		) >"$T/made"
		is 'so is a store' "$(wc -l <"$T/made")" 1
		chmod 777 "$CN_KEYS"
		chmod 666 "$CN_KEYS"/keyring "$CN_KEYS"/leaves "$CN_KEYS"/anchor
		chown 1 "$CN_KEYS"/keyring "$CN_KEYS"/leaves "$CN_KEYS"/anchor
		printf 'From: root2@example.com\n\na parcel\n' >"$T/root2.eml"
		wrong 'keys of two users' 77 'Operation not permitted' \
		    as_user cn-import -q "$T/root2.eml"
		is 'stay whose they are' "$(find "$CN_KEYS" -user 1 | wc -l)" 3
		chown -R 0:0 "$CN_HOME" "$CN_KEYS"
		wrong "another user's store" 77 'Permission denied' \
		    as_user cn-query parcel
	fi
	CN_HOME=$T/home CN_KEYS=$T/keys
else
	skip 'a store that is only to be read' 'no setpriv'
fi

# --- configuration ---

conf() {		# NAME WORDS, the file on stdin
	cat >"$T/c.yaml"
	wrong "$1" 78 "$2" cn-query --config "$T/c.yaml" parcel
}
conf 'an unknown key' "c.yaml:2: unknown key 'nmae'" <<'END'
name: x
nmae: y
END
conf 'a list where a word is due' 'c.yaml:1: name: a word' <<'END'
name: [x]
END
conf 'a word where a list is due' 'c.yaml:3: desk: a list' <<'END'
name: x

desk: a@example.com
END
conf 'a map in a list' 'c.yaml:3: agents: an address' <<'END'
agents:
  - a@example.com
  - b: c
END
conf 'no YAML' 'c.yaml:2: ' <<'END'
name: x
  - y: [
END
conf 'a key twice' 'c.yaml:2: key given twice' <<'END'
name: x
name: y
END
conf 'an unknown zone' 'Nowhere' <<'END'
timezone: Nowhere/City
END
wrong 'a configuration that is not there' 78 'none.yaml' \
    cn-query --config "$T/none.yaml" parcel
wrong 'a folder' 78 'keys' cn-query --config "$CN_KEYS" parcel
status 'control: a good one' 0 cn-query --config "$T/good.yaml" parcel
wrong '--now on a store that is not for tests' 4 '.--test' \
    cn-import --now 2026-01-01 "$mail"
status 'control: where nothing is changed' 0 \
    cn-query --now 2026-01-01 since:7d

wrong 'keys inside the store' 78 'inside each other' \
    env CN_HOME="$T/n" CN_KEYS="$T/n/keys" cn-store init
wrong 'the store inside the keys' 78 'inside each other' \
    env CN_HOME="$T/n/keys/home" CN_KEYS="$T/n/keys" cn-store init
wrong 'both in one' 78 'inside each other' env CN_HOME="$T/n" CN_KEYS="$T/n" \
    cn-store init

# --- what the doctor finds ---

status 'commands failed: 1' 1 cn-store doctor --check
like 'is named' "$(cat "$T/out")" \
    '^[0-9]* commands that failed when they last ran'
sqlite3 "$CN_HOME/store.db" 'UPDATE run SET status = 0 WHERE status > 3'
status 'the doctor finds nothing' 0 cn-store doctor --check
touch "$CN_HOME/.stray" "$CN_KEYS/leaves.old"
chmod 600 "$CN_HOME/.stray" "$CN_KEYS/leaves.old"
status 'a stray file: 1' 1 cn-store doctor --check
is 'both are named' "$(grep -c 'not a file of ours' "$T/out")" 2
rm "$CN_HOME/.stray" "$CN_KEYS/leaves.old"
chmod 640 "$CN_KEYS/keyring"
status 'a keyring that others may read: 1' 1 cn-store doctor --check
like 'is named' "$(cat "$T/out")" 'keyring: others may read it'
chmod 600 "$CN_KEYS/keyring"
sqlite3 "$CN_HOME/store.db" 'ALTER TABLE person ADD COLUMN shoe_size TEXT'
status 'a column that is not in the registry: 1' 1 cn-store doctor --check
is 'is named' "$(cat "$T/out")" 'column person.shoe_size is not in the registry'
sqlite3 "$CN_HOME/store.db" 'ALTER TABLE person DROP COLUMN shoe_size'
sqlite3 "$CN_HOME/store.db" 'CREATE TABLE extra(a)'
status 'a table that is not: 1' 1 cn-store doctor --check
is 'is named' "$(cat "$T/out")" 'column extra.a is not in the registry'
sqlite3 "$CN_HOME/store.db" 'DROP TABLE extra'

# What is changed behind the store's back, in a copy each time.
damage() {	# damage NAME FINDING SQL
	cp "$CN_HOME/store.db" "$T/whole.db"
	sqlite3 "$CN_HOME/store.db" "$3"
	status "$1: 1" 1 cn-store doctor --check
	like 'is named' "$(cat "$T/out")" "$2"
	rm -f "$CN_HOME"/store.db-*
	cp "$T/whole.db" "$CN_HOME/store.db"
}
printf 'From: other@example.com\n\nother\n' | cn-import -q --format none
line='{"type":"chat","chat":"c9","at":"2026-11-20T10:00:00Z","role":"customer"'
printf '%s,"from":{"handle":"kiki"},"text":"hello"}\n%s}\n' "$line" "$line" |
    cn-import -q --channel chat --format none 2>/dev/null
is 'a line of chat, and one in quarantine' "$(sqlite3 "$CN_HOME/store.db" "
    SELECT count(*) FROM message WHERE channel = 'chat'; SELECT count(*) FROM
    quarantine" | tr '\n' ' ')" '1 1 '
first='(SELECT min(id) FROM message)' last='(SELECT max(id) FROM message)'
damage 'a cell of another message' 'message.head .*not its cell' \
    "UPDATE message SET head = (SELECT head FROM message WHERE id = $last)
    WHERE id = $first"
damage 'bytes of another message' 'raw.cell .*not its cell' \
    "UPDATE raw SET cell = (SELECT cell FROM raw WHERE id = $last * 4096)
    WHERE id = $first * 4096"
damage 'a result that is none' 'message.class' \
    "UPDATE message SET class = zeroblob(99) WHERE id = $first"
damage 'leaves of two persons swapped' 'identifier do not open' \
    'CREATE TEMP TABLE x AS SELECT id, leaf FROM identifier LIMIT 2;
    UPDATE identifier SET leaf = -leaf WHERE id IN (SELECT id FROM x);
    UPDATE identifier SET leaf = (SELECT leaf FROM x WHERE x.id !=
    identifier.id) WHERE leaf < 0'
damage 'an owner who is not' "key that is not their owner's" \
    "UPDATE message SET person = (SELECT id FROM person WHERE id NOT IN
    (SELECT person FROM message WHERE id = $first AND person IS NOT NULL)
    LIMIT 1) WHERE id = $first"
damage 'a message that went out' 'without the event' \
    "UPDATE message SET direction = 'out' WHERE id = $first"
damage 'raw bytes gone' 'fewer raw bytes' \
    "DELETE FROM raw WHERE id = $first * 4096"
flip() {	# a column with its first byte changed
	echo "$1 = CAST(CASE substr($1, 1, 1) WHEN x'00' THEN x'01' ELSE x'00'
	    END || substr($1, 2) AS BLOB)"
}
damage 'an item under another name' '^item q[a-z0-9]*: not found by' \
    "UPDATE quarantine SET $(flip hash)"
damage 'a folder under another name' '^folder f[a-z0-9]*: not found by' \
    "UPDATE folder SET $(flip blind) WHERE id = 1"
damage 'a chat under another name' 'conversation is not found by its chat' \
    "UPDATE conversation SET $(flip key) WHERE key IS NOT NULL"
status 'control: whole again' 0 cn-store doctor --check

cp "$CN_HOME/store.db" "$T/whole.db"
printf 'From: other@example.com\n\nlater\n' | cn-import -q --format none
unlike 'an import upon a whole chain says nothing' \
    "$(sqlite3 "$CN_HOME/store.db" \
    'SELECT entry FROM audit ORDER BY id DESC LIMIT 1')" '"found"'
rm -f "$CN_HOME"/store.db-*
cp "$T/whole.db" "$CN_HOME/store.db"
status "yesterday's store: 1" 1 cn-store doctor --check
like 'is named' "$(cat "$T/out")" 'audit: entry .* the anchor names'
printf 'From: other@example.com\n\nlater\n' | cn-import -q --format none
like 'what is written upon it tells' "$(sqlite3 "$CN_HOME/store.db" \
    'SELECT entry FROM audit ORDER BY id DESC LIMIT 1')" '"found":"audit: entry'

sqlite3 "$CN_HOME/store.db" '
    UPDATE audit SET entry = replace(entry, '\''"n":2'\'', '\''"n":3'\'')'
status 'an audit entry that was changed: 1' 1 cn-store doctor --check
like 'is named' "$(cat "$T/out")" 'audit: entry 2 does not fit'
finish
