#!/bin/sh
# A person is erased: nothing of it opens any more, here or in older copies,
# nothing comes back, everything of all others stays.  Each 'is gone' has its
# 'was there'.
. "$(dirname "$0")/lib.sh"

scan=${B%/bin}/tests/scan
export CN_CONFIG="$T/config.yaml"
printf 'desk:\n  - desk@example.com\n' >"$CN_CONFIG"
now='2026-12-01T12:00:00Z'

# One mail of an mbox: FROM TO DATE-OF-NOVEMBER ID SUBJECT [HEADER...], the
# body on stdin.
mail() {
	printf 'From x Mon Nov  2 10:00:00 2026\n'
	printf 'From: %s\nTo: %s\n' "$1" "$2"
	printf 'Date: %02d Nov 2026 10:00:00 +0000\n' "$3"
	printf 'Message-ID: <%s@example.com>\nSubject: %s\n' "$4" "$5"
	shift 5
	for h; do
		printf '%s\n' "$h"
	done
	printf '\n'
	cat
	printf '\n'
}

ann='Ann Odum <ann.odum@example.com>'
bob='Bob Rowe <bob@example.com>'
desk='Desk <desk@example.com>'
late='my blue parcel is late, where is it now please tell me'
mime='MIME-Version: 1.0'

# 50 words of one person in mails of four encodings, zanary01 to zanary50;
# 20 of others, vother01 to vother20.
box() {
	i=1
	while [ "$i" -le 50 ]; do
		w=zanary$(printf %02d "$i") d=$((i % 20 + 1))
		case $((i % 4)) in
		0) echo "my parcel $w is late" |
		    mail "$ann" "$desk" $d "a$i" "order $i" ;;
		1) echo "my parcel $w is late" | base64 |
		    mail "$ann" "$desk" $d "a$i" "order $i" "$mime" \
		    'Content-Type: text/plain; charset=utf-8' \
		    'Content-Transfer-Encoding: base64' ;;
		2) echo "my parcel =7A${w#z} is late" |
		    mail "$ann" "$desk" $d "a$i" "order $i" "$mime" \
		    'Content-Type: text/plain; charset=utf-8' \
		    'Content-Transfer-Encoding: quoted-printable' ;;
		3) echo "my parcel $w is late" | iconv -t UTF-16LE | base64 |
		    mail "$ann" "$desk" $d "a$i" "order $i" "$mime" \
		    'Content-Type: text/plain; charset=utf-16le' \
		    'Content-Transfer-Encoding: base64' ;;
		esac
		i=$((i + 1))
	done
	echo 'we sent it, says zanary51' |
	    mail "$desk" "$ann" 22 r1 're: order 4' 'In-Reply-To: <a4@example.com>'
	echo "$late" | mail "$ann" "$desk" 21 a60 'parcel late'
	printf '%s %s\n' 'I am sorry that your order has not reached you. I have' \
	    'opened an inquiry with the courier. We send a replacement.' |
	    mail "$desk" "$ann" 22 r60 're: parcel late' \
	    'In-Reply-To: <a60@example.com>'
	echo "$late" | mail 'Gus <gus@example.com>' "$desk" 22 g1 'parcel late'
	i=1
	while [ "$i" -le 20 ]; do
		w=vother$(printf %02d "$i")
		echo "where is my chair $w" |
		    mail "Cust $i <c$i@example.com>" "$desk" $i "o$i" "chair $i"
		i=$((i + 1))
	done
	# Others about her: two quotes, one copy; two that only look so.
	echo 'as Ann.Odum@example.com wrote' |
	    mail "$bob" "$desk" 23 q1 'quote one'
	printf '> From: ann.odum@example.com\n> hello\n\nme too\n' |
	    mail 'Eve <eve@example.com>' "$desk" 23 q2 'quote two'
	echo 'we both wait' |
	    mail "$bob" "$desk" 24 q3 'copied' 'Cc: ann.odum@example.com'
	echo 'ask joann.odum@example.com or ann.odum@example.com.test' |
	    mail "$bob" "$desk" 24 q4 'alike'
	echo 'ann and odum are names, example com is none' |
	    mail "$bob" "$desk" 24 q5 'words'
}

box >"$T/box"
i=1
while [ "$i" -le 51 ]; do
	printf 'zanary%02d\n' "$i"
	i=$((i + 1))
done >"$T/hers"
i=1
while [ "$i" -le 20 ]; do
	printf 'vother%02d\n' "$i"
	i=$((i + 1))
done >"$T/others"

sql() {
	sqlite3 "file:$CN_HOME/store.db?mode=ro" "$@"
}
found() {	# how many of these words; nothing where not all was looked at
	"$scan" find "$1" | awk '/^cells/ { print n + 0; exit } { n++ }'
}
closed() {
	"$scan" find "$T/others" | sed -n 's/.*closed //p'
}
hits() {
	cn-query --now "$now" "$@" 2>/dev/null | grep -c '^{'
}
id_of() {
	cn-query --now "$now" "$@" 2>/dev/null | jq -r .id
}
# What reports are made of: what happened when, and what happened together.
figures() {
	for r in volume response categories; do
		cn-report --now "$now" $r --since 2026-11-01 --format csv
	done
	sql "SELECT time, kind, channel, value FROM event ORDER BY 1, 2, 3"
	sql "SELECT group_concat(k) FROM (SELECT conversation, kind || time AS
	    k FROM event ORDER BY time, kind) GROUP BY conversation" | sort
}
purge() {
	cn-purge --now "$now" "$@"
}
copy() {	# copy PLACE: home and keys as they are
	rm -rf "$1"
	mkdir "$1"
	cp -a "$CN_HOME" "$1/home"
	cp -a "$CN_KEYS" "$1/keys"
}
use() {		# use HOME KEYS
	CN_HOME=$1 CN_KEYS=$2
}

# --- before ---
ok 'a store' cn-store init --test
ok 'the box goes in' cn-import --now "$now" "$T/box"
is 'all of it' "$(sql 'SELECT count(*) FROM message')" 79
# Later some stand in their classes' why, too.
is 'in base64 and the like only when decoded' \
    "$("$scan" find "$T/hers" | grep -c ' text$')" 38
ok 'classified' cn-classify --now "$now" --pending
ok 'answers drafted' cn-reply-suggest --now "$now" --pending
drafts() {	# from answers to her
	sql "SELECT count(*) FROM message WHERE replies IS NOT NULL" |
	    tr '\n' ' '
	cn-query --now "$now" from:gus@example.com |
	    jq -c '[.replies[]?.source | has("message")] | any'
}
is 'one for another person from an answer to her' "$(drafts)" '77 true'
copy "$T/old"
is '51 words of hers are found' "$(found "$T/hers")" 51
is 'and 20 of others' "$(found "$T/others")" 20
is 'search finds her' "$(hits zanary07)" 1
leaves=$(sql "SELECT DISTINCT leaf FROM message JOIN identifier USING (leaf)
    GROUP BY leaf HAVING count(*) > 50")
"$scan" samples $leaves >"$T/samples"
n=$(wc -l <"$T/samples")
ok 'samples of her ciphertext' test "$n" -gt 100
is 'all in the files' "$("$scan" bytes "$T/samples")" "$n"
"$scan" index >"$T/tokens"
n=$(wc -l <"$T/tokens")
ok 'samples of the search tables' test "$n" -gt 5
is 'all in the files' "$("$scan" bytes "$T/tokens")" "$n"
figures >"$T/figures"

# --- what is refused ---
status 'nothing to do' 2 purge
status 'plan whom?' 2 purge --plan
status 'empty input' 2 purge --subject - --plan </dev/null
printf 'Ann <ann.odum@example.com>\n\nnobody@example.com\n' >"$T/list"
status 'a list, one is of nobody' 3 purge --subject "@$T/list" --plan
is 'as a mail program names them' "$(jq -c '[(.subjects | length), .unknown]' \
    "$T/out")" '[1,[2]]'
tr '\n' '\0' <"$T/list" >"$T/odd"
status 'a list of something else' 2 purge --subject "@$T/odd" --plan
status 'no terminal, no plan, no --yes' 2 purge -s ann.odum@example.com \
    --apply </dev/null
status 'no plan at all' 2 purge --apply "$T/box"
status 'no such erasure' 4 purge --prove eaaaaaaaaaaaaaaaa
status 'not erased' 4 purge --prove -s ann.odum@example.com
status 'somebody unknown' 3 purge -n -s nobody@example.com
is 'is counted, not named' "$(jq -c .unknown "$T/out")" '[1]'
is 'nothing of that changed anything' "$(sql 'SELECT count(*) FROM message')" 79

# --- the plan ---
echo Ann.Odum@example.com >"$T/who"
ok 'a plan' purge --subject "@$T/who" --plan
cp "$T/out" "$T/plan"
is 'counts' "$(jq -c '[.counts.persons, .counts.messages, .counts.conversations,
    .counts.links_in_others_mail, .counts.search_shards]' "$T/plan")" \
    '[1,53,51,1,1]'
is 'what stays is listed exactly' \
    "$(jq -r '.stays[] | .as + " " + .message' "$T/plan" | sort)" \
    "$(printf '%s\n' "participant $(id_of copied)" \
    "quoted $(id_of quote one)" "quoted $(id_of quote two)" | sort)"
# Ids are random letters.
unlike 'nobody is named' "$(sed -E 's/"[a-z][a-z2-7]{16}"//g' "$T/plan")" \
    '@|Ann|ann|odum'
ok 'planned twice: the same' purge --subject "@$T/who" -n
is 'id' "$(jq .id "$T/out")" "$(jq .id "$T/plan")"
pub=$(jq -r '.subjects[0]' "$T/plan")
echo 'one more zanary99' | mail "$ann" "$desk" 25 a99 'more' >"$T/more"
ok 'she writes again' cn-import --now "$now" "$T/more"
status 'now the plan is stale' 4 purge --apply "$T/plan"
like 'and says so' "$(cat "$T/err")" 'stale'
is 'and nothing is gone' "$(found "$T/hers")" 51
figures >"$T/figures"
events=$(sql "SELECT count(*) FROM event JOIN message m ON m.id = message
    WHERE m.leaf IN ($leaves)")
purge --plan -s ann.odum@example.com >"$T/plan"

# --- the deed ---
status 'erased and proved' 0 purge --apply "$T/plan" --prove
like 'the certificate says so' "$(tail -n 1 "$T/out")" '"state":"proved"'
e=$(jq -r .id "$T/plan")
is 'no cell of hers' "$(found "$T/hers")" 0
is 'all of the others' "$(found "$T/others")" 20
is 'none that does not open' "$(closed)" '0 damaged 0'
is 'no sample in the files' "$("$scan" bytes "$T/samples")" 0
# Pages that were split keep what moved, but for our file layer.
sqlite3 "$T/plain.db" 'PRAGMA secure_delete = 1; CREATE TABLE t (a, b);
    WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 999)
    INSERT INTO t SELECT i * 7919 % 1009, randomblob(99) FROM n;
    CREATE INDEX x ON t (a, b)' >"$T/out"
ok 'a page keeps what it does not use' test "$("$scan" gaps "$T/plain.db")" -gt 0
is 'none of ours does' "$("$scan" gaps "$CN_HOME/store.db")" 0
is 'the draft from an answer to her is taken back' "$(drafts)" '25 false'
is 'and none of the old words' "$("$scan" bytes "$T/tokens")" 0
is 'search finds nothing' "$(hits zanary07)" 0
is 'and others as before' "$(hits vother07)" 1
figures >"$T/after"
ok 'reports of the past are equal' cmp "$T/figures" "$T/after"
is 'without messages and conversations' "$(sql 'SELECT count(*) FROM event
    WHERE message IS NULL AND conversation < 0')" "$events"
is 'the audit chain verifies' "$("$scan" audit)" whole
ok 'the doctor finds nothing' cn-store doctor --check
status 'applied again: nothing' 0 purge --apply "$T/plan" --prove
status 'named: proved' 0 purge --prove -s ann.odum@example.com
status 'unknown plan file' 2 purge --apply /dev/null

# --- yesterday's store ---
keys=$CN_KEYS home=$CN_HOME
use "$T/old/home" "$T/old/keys"
is 'yesterday, with the keys of then: all of her' "$(found "$T/hers")" 51
is 'and the words of then' "$("$scan" search zanary07)" 1
use "$T/old/home" "$keys"
is 'with the keys of today: nothing of her' "$(found "$T/hers")" 0
is 'everything of the others' "$(found "$T/others")" 20
like 'her cells are closed, no other' "$(closed)" '^2[0-9][0-9] damaged 0$'
is 'the old words find nothing' "$("$scan" search zanary07)" 0
use "$home" "$T/old/keys"
status 'old keys with the new store are refused' 78 purge --resume
cp -a "$T/old/home" "$T/back"
cp -a "$keys" "$T/back.keys"
use "$T/back" "$T/back.keys"
status 'brought back, it catches up' 0 purge --resume --prove
is 'she is not in it' "$(sql 'SELECT count(*) FROM message')" 26
is 'search works again' "$(hits vother07)" 1
is 'and not for her' "$(hits zanary07)" 0
is 'catching up twice: nothing' \
    "$(purge --resume 2>&1)" 'cn-purge: nothing was cut off'
use "$home" "$keys"

# --- nobody comes back ---
cn-import --now "$now" "$T/box" >"$T/again" 2>"$T/err"
is 'imported again: only what was there' "$(grep -c '"known":true' \
    "$T/again")" 26
is 'nothing new' "$(sql 'SELECT count(*) FROM message')" 26
is 'not her address' "$(purge -n -s ann.odum@example.com |
    jq -c .erased_before)" '[1]'
echo 'an older one zanary98' | mail "$ann" "$desk" 26 a98 'older' >"$T/more"
cn-import --now "$now" "$T/more" >"$T/out" 2>"$T/err"
is 'older mail waits in quarantine' \
    "$(sql 'SELECT count(*) FROM quarantine')" 1
cp -a "$home" "$T/q.home"
cp -a "$keys" "$T/q.keys"
item=$(cn-report quarantine --now "$now" --format jsonl | jq -r .id)
leaf=$(sql 'SELECT leaf FROM quarantine')
purge -n -s "$item" >"$T/item.json"
like 'an item in quarantine can be erased too' \
    "$(purge --apply "$T/item.json" --prove 2>&1)" '"state":"proved"'
is 'it has gone, and its key is in the ledger' "$(sql "SELECT count(*),
    (SELECT count(*) FROM ledger WHERE leaf = $leaf) FROM quarantine")" '0|1'
cn-import --now "$now" "$T/more" >"$T/out" 2>"$T/err"
is 'it does not come back either' \
    "$(sql 'SELECT count(*) FROM quarantine')" 0
status 'nor is it an item any more' 3 purge -n -s "$item"
rm -rf "$home" "$keys"
cp -a "$T/q.home" "$home"
cp -a "$T/q.keys" "$keys"
echo 'an older one of ours' | mail "$bob" "$desk" 26 b98 'older' \
    'Cc: ann.odum@example.com' >"$T/more"
ok 'older mail of others is taken in' cn-import --now "$now" "$T/more"
is 'and does not bring her back' "$(purge -n -s ann.odum@example.com |
    jq -c .erased_before)" '[1]'
echo 'a new one zanary97' | mail "$ann" "$desk" 27 a97 'newer' |
    sed 's/27 Nov 2026/05 Dec 2026/' >"$T/more"
later='2026-12-06T12:00:00Z'
ok 'later mail is taken in' cn-import --now "$later" "$T/more"
cn-purge --now "$later" -n -s ann.odum@example.com >"$T/new"
ok 'as another person' test "$(jq -r '.subjects[0]' "$T/new")" != "$pub"
is 'with one message' "$(jq .counts.messages "$T/new")" 1
new=$(sql 'SELECT max(leaf) FROM identifier')
unlike 'under another leaf' "$leaves" "$new"
status 'the old one is still gone' 0 purge --prove "$e"

# --- a proof can fail ---
copy "$T/p"
use "$T/p/home" "$T/p/keys"
db=$CN_HOME/store.db
sqlite3 "$db" 'INSERT INTO participant VALUES(1, 999, 1)'
status 'a row that refers to her' 5 purge --prove "$e"
sqlite3 "$db" 'DELETE FROM participant WHERE identifier = 999;
    CREATE TABLE notes(x)'
status 'a table nobody registered' 5 purge --prove "$e"
sqlite3 "$db" 'DROP TABLE notes'
cp "$CN_KEYS/keyring" "$CN_KEYS/keyring.bak"
status 'a copy of the keyring' 5 purge --prove "$e"
rm "$CN_KEYS/keyring.bak"
status 'without them' 0 purge --prove "$e"
sqlite3 "$db" "UPDATE erasure SET leaves = x''"
status 'an erasure of nobody' 5 purge --prove "$e"
sqlite3 "$db" 'UPDATE audit SET time = time, entry = entry || " " WHERE id = 3'
not_ok 'a forged audit entry' "$scan" audit
use "$home" "$keys"

# --- a lost ledger comes from its copy, a lost keyring from nowhere ---
copy "$T/p"
use "$T/p/home" "$T/p/keys"
rm "$CN_KEYS/ledger"
status 'without the file of the ledger' 0 purge --resume --prove
ok 'it is written again' test -s "$CN_KEYS/ledger"
rm "$CN_KEYS/keyring"
status 'without the keyring' 78 purge --prove
use "$home" "$keys"

# --- a reader in the way ---
mkfifo "$T/in" "$T/held"
"$scan" hold <"$T/in" >"$T/held" &
reader=$!
exec 3>"$T/in"
read -r _ <"$T/held"
status 'a paused reader: proof pending' 75 purge -s bob@example.com --apply \
    --yes --prove --no-wait
like 'which it says' "$(tail -n 1 "$T/out")" '"state":"proof pending"'
like 'and what to do' "$(cat "$T/err")" 'hint: .*cn-purge --prove e'
e2=$(head -n 1 "$T/out" | jq -r .id)
exec 3>&-
wait "$reader"
status 'proved when it has gone' 0 purge --prove "$e2"

# --- two at once ---
purge -s c1@example.com --apply --yes >"$T/1" 2>&1 &
one=$!
purge -s c2@example.com -s c3@example.com --apply --yes >"$T/2" 2>&1 &
two=$!
purge -s c1@example.com --apply --yes >"$T/3" 2>&1 &
three=$!
ok 'the first' wait "$one"
ok 'the second' wait "$two"
ok 'the first again' wait "$three"
is 'both hold' "$(found "$T/others")" 17
status 'and are proved' 0 purge --prove --resume
is 'two importers would wait: nothing is left over' \
    "$(sql "SELECT value FROM meta WHERE key = 'erasing'")" 0
is 'the chain verifies' "$("$scan" audit)" whole

# --- an importer that was there before ---
fay='Fay <fay@example.com>'
mkfifo "$T/mails" "$T/lines"
cn-import --now "$now" <"$T/mails" >"$T/lines" 2>"$T/import.err" &
import=$!
exec 3>"$T/mails" 4<"$T/lines"
echo 'first' | mail "$fay" "$desk" 28 z1 'first' >&3
echo 'ends the first' | mail "$fay" "$desk" 28 z2 'second' >&3
line=$(timeout 20 head -n 1 <&4)
like 'an importer is at work' "$line" '"subject":"first"'
ok 'meanwhile somebody is erased' purge -s c4@example.com --apply --yes
echo 'where is my chair vother04' |
    mail 'Cust 4 <c4@example.com>' "$desk" 4 o4 'chair 4' >&3
exec 3>&-
cat <&4 >"$T/rest"
exec 4<&-
wait "$import"
is 'and not brought back by it' "$(found "$T/others")" 16
is 'what else it brought is found' "$(hits 'ends the first')" 1
status 'all of it proved' 0 purge --prove --resume

# --- killed before every write ---
state() {
	for t in person identifier conversation message raw ref participant \
	    location; do
		echo "SELECT '$t', count(*) FROM $t;"
	done >"$T/sql"
	cat >>"$T/sql" <<-'end'
	SELECT kind, count(*), sum(message IS NULL) FROM event GROUP BY kind;
	SELECT kind, count(*) FROM ledger GROUP BY kind;
	SELECT sum(messages) FROM shard;
	SELECT state, count(*), sum(person) FROM erasure GROUP BY state;
	SELECT key, value FROM meta WHERE key IN ('erasing', 'generation');
	end
	sql <"$T/sql"
	found "$T/hers"
	found "$T/others"
	"$scan" search zanary04
	"$scan" search vother04
	"$scan" audit
}
again() {
	rm -rf "$T/k/now"
	cp -a "$T/k/was" "$T/k/now"
}
if [ -z "${ASAN-}" ]; then
	mkdir "$T/k"
	use "$T/k/now/home" "$T/k/now/keys"
	cn-store init --test 2>/dev/null
	{
		echo 'late zanary04' | mail "$ann" "$desk" 3 a1 one
		echo 'sorry' | mail "$desk" "$ann" 4 r1 're: one' \
		    'In-Reply-To: <a1@example.com>'
		echo 'chair vother04' | mail "$bob" "$desk" 5 b1 two \
		    'Cc: ann.odum@example.com'
	} >"$T/small"
	cn-import --now "$now" "$T/small" >"$T/out"
	copy "$T/k/was"
	env CN_KILL_COUNT="$T/count" LD_PRELOAD="$K" cn-purge --now "$now" \
	    -s ann.odum@example.com --apply --yes >/dev/null
	read -r calls writes <"$T/count"
	state >"$T/k/want"
	diag "$calls writes, fsyncs, renames, truncations, unlinks"
	n=1 bad= died=0
	while [ "$n" -le "$calls" ]; do
		again
		env CN_KILL_AT=$n LD_PRELOAD="$K" cn-purge --now "$now" \
		    -s ann.odum@example.com --apply --yes >/dev/null 2>&1
		[ $? -eq 137 ] && died=$((died + 1))
		[ $((n % 2)) -eq 0 ] && purge --resume >"$T/out" 2>&1
		purge -s ann.odum@example.com --apply --yes --prove \
		    >"$T/out" 2>&1 || bad="$bad $n:$?"
		state >"$T/k/got" 2>&1
		cmp -s "$T/k/want" "$T/k/got" || bad="$bad $n"
		n=$((n + 1))
	done
	bad2=
	n=1			# the last two are a checkpoint and an anchor
	while [ "$n" -le "$writes" ]; do
		again
		env CN_ENOSPC_AT=$n LD_PRELOAD="$K" cn-purge --now "$now" \
		    -s ann.odum@example.com --apply --yes >/dev/null 2>&1
		[ $? -eq 75 ] || [ "$n" -gt $((writes - 2)) ] ||
		    bad2="$bad2 $n"
		purge -s ann.odum@example.com --apply --yes --prove \
		    >"$T/out" 2>&1 || bad2="$bad2 $n"
		state >"$T/k/got" 2>&1
		cmp -s "$T/k/want" "$T/k/got" || bad2="$bad2 $n"
		n=$((n + 1))
	done
	is 'on a full disk: 75, and the same end later' "$bad2" ''
	is 'killed each time' "$died" "$calls"
	is 'killed before each of them: the same end' "$bad" ''
	[ -z "$bad" ] || diag "$(diff "$T/k/want" "$T/k/got")"
	like 'which has nothing of her' "$(sed -n '/^whole/q; p' \
	    "$T/k/want" | tr '\n' ' ')" ' 0 1 0 1 $'
fi
# --- the last message of all ---

rm -rf "$CN_HOME" "$CN_KEYS"
cn-store init -q || exit 1
printf 'From: only@example.com\nTo: desk@shop.test\n\nhello\n' |
    cn-import -q >/dev/null 2>&1
status 'the only person there is' 0 cn-purge --subject only@example.com \
    --apply --yes --prove
is 'leaves an empty store' "$(sqlite3 "$CN_HOME/store.db" 'SELECT count(*) FROM
    message')" 0

finish
