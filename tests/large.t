#!/bin/sh
# Large mail: taken in piece by piece in bounded memory, killed and gone on
# with, erased half-way, read, kept in quarantine and let out again.  MB=200
# and STEP=1 make it the long test (tests/long/large.t).
top=${top:-$(cd "$(dirname "$0")/.." && pwd)}
. "$top/tests/lib.sh"
root=$top
have sqlite3 && have jq || {
	echo '1..0 # SKIP sqlite3 and jq are needed'
	exit 0
}
large=${B%/bin}/tests/large
scan=${B%/bin}/tests/scan
export CN_CONFIG="$T/config.yaml"
printf 'desk:\n  - desk@shop.test\n' >"$CN_CONFIG"
mb=${MB:-20}
now=2026-12-01T12:00:00Z

db() {
	sqlite3 "file:$CN_HOME/store.db?mode=ro" "$@"
}

fresh() {
	rm -rf "$CN_HOME" "$CN_KEYS"
	cn-store init -q --test
}

import() {
	cn-import --now "$now" "$@"
}

# bounded NAME COMMAND...: succeeds in less than 32 MB of memory; its output
# is in $T/out
bounded() {
	_name=$1 _rc=0
	shift
	rm -f "$T/peak"
	"$large" peak "$T/peak" "$@" >"$T/out" 2>"$T/err" || _rc=$?
	_kib=$(cat "$T/peak")
	if [ "$_rc" -ne 0 ]; then
		fail "$_name"
		diag "status $_rc: $(head -n 3 "$T/err")"
	elif [ -n "${ASAN:-}" ] || [ "$_kib" -lt 32768 ]; then
		pass "$_name"
		diag "$_kib KiB"
	else
		fail "$_name"
		diag "$_kib KiB of memory"
	fi
}

# What is said of a message, without what is random.
said() {
	jq -S -c 'del(.id, .conversation, .received, .ticket, .known, .folders,
	    .flags, .account)' "$1"
}

fresh
"$large" make "$mb" 'Ann <ann@example.com>' one >"$T/one"
"$large" make "$mb" 'Bob <bob@example.com>' two text >"$T/two"

# --- from a mailbox ---

bounded "$mb MB come in" "$large" fetch 11 "$T/one"
cp "$T/out" "$T/line"
like 'with a line' "$(cut -c 1-200 "$T/line")" '^{"v":1,"type":"message","id":"m'
id=$(jq -r .id "$T/line")
is 'its attachments, in size and hash' "$(jq -c '.attachments[] | [.name,
    .type, .size, .sha256]' "$T/line")" \
    "$(PYTHONPATH='' python3 -c '
import email, hashlib, json, sys
with open(sys.argv[1], "rb") as f:
    for p in email.message_from_binary_file(f).walk():
        if p.get_filename():
            b = p.get_payload(decode=True)
            print(json.dumps([p.get_filename(), p.get_content_type(), len(b),
                hashlib.sha256(b).hexdigest()], separators=(",", ":")))
    ' "$T/one")"
is 'and text' "$(jq -r .text "$T/line" | tr -d '\n')" \
    'See the film of my parcel zanaryone, please.From here on it is late.'
bounded 'its bytes go out' cn-query --raw "$id"
mv "$T/out" "$T/raw"
ok 'the same' cmp "$T/raw" "$T/one"
is 'it lies where it was fetched' "$(db 'SELECT uidvalidity, uid, flags FROM
    location')" '7|11|1'
bounded 'the same mail in another place is one message' \
    "$large" fetch 12 "$T/one"
is 'in two places' "$(db 'SELECT (SELECT count(*) FROM message), (SELECT
    count(*) FROM location), (SELECT count(*) FROM pending)')" '1|2|0'
bounded 'cn-import knows it' cn-import --now "$now" "$T/one"
is 'and says so' "$(jq -c '[.id, .known]' "$T/out")" "[\"$id\",true]"
is 'and the same of it' "$(said "$T/out")" "$(said "$T/line")"
bounded "$mb MB of text come in" "$large" fetch 13 "$T/two"
is 'of which the beginning is shown' \
    "$(jq -c '[.text_cut, (.defects | index("text-cut") != null)]' \
    "$T/out")" '[true,true]'
is 'nothing is left over' "$(db 'SELECT (SELECT count(*) FROM pending),
    (SELECT count(*) = sum(chunks) FROM message, (SELECT count(*) AS n FROM
    raw) GROUP BY n HAVING sum(chunks) = n)')" '0|0'

# --- to everything that reads it ---

bounded 'a query that shows its text' cn-query --now "$now" from:bob@example.com
bounded 'an mbox' cn-query --now "$now" --format mbox from:bob@example.com
is 'with all its bytes' "$(tail -n +2 "$T/out" | sed '$d' | sha256sum)" \
    "$(sha256sum <"$T/two")"
bounded 'the classifier' cn-classify --now "$now" --pending
bounded 'suggestions' cn-reply-suggest --now "$now" --pending
bounded 'the check of the store' cn-store doctor --check
bounded 'an export' cn-export --subject bob@example.com \
    --bundle "$T/bob.tar.gz" --now "$now"
bounded 'which is verified' cn-export --verify "$T/bob.tar.gz"
is 'and has all its bytes' "$(tar -xzOf "$T/bob.tar.gz" messages.mbox |
    tail -n +2 | sed '$d' | sha256sum)" "$(sha256sum <"$T/two")"

# --- the other ways in ---

fresh
bounded 'a file' cn-import --now "$now" "$T/one"
is 'says of it what a fetch did' "$(said "$T/out")" "$(said "$T/line")"
fresh
bounded 'an MTA delivers it' sh -c "cn-import --now $now --deliver <'$T/one'"
is 'whole' "$(cn-query --raw "$(cn-query --format ids)" | sha256sum)" \
    "$(sha256sum <"$T/one")"
mkdir -p "$T/md/cur" "$T/md/new"
cp "$T/one" "$T/md/cur/1"
cp "$T/two" "$T/md/cur/2"
printf 'From: small@example.com\n\nsmall\n' >"$T/md/new/3"
bounded 'a Maildir' cn-import --now "$now" --refs "$T/md"
is 'in its order' "$(jq -c '.known // false' "$T/out" | tr '\n' ' ')" \
    'true false false '
{
	echo 'From x Mon Nov 23 15:00:00 2026'
	head -c 3000000 "$T/one"
	printf '\n\nFrom x Mon Nov 23 15:00:00 2026\nFrom: x@example.com\n\nx\n'
} >"$T/box"
ok 'an mbox with a large one' import "$T/box"
is 'and a small one' "$(wc -l <"$T/out")" 2
status 'all is well' 0 cn-store doctor --check

# --- gone on with ---

fresh
"$large" make 4 'Ann <ann@example.com>' four >"$T/four"
n=$((($(wc -c <"$T/four") + 1048575) / 1048576))
ok 'two pieces of a mail' "$large" fetch 21 "$T/four" 2
is 'are here' "$(db 'SELECT chunks, (SELECT count(*) FROM raw), (SELECT
    count(*) FROM message) FROM pending')" '2|2|0'
status 'which the doctor finds nothing wrong with' 0 cn-store doctor --check
# What is not asked for any more need not be there.
cp "$T/four" "$T/holed"
dd if=/dev/zero of="$T/holed" bs=1048576 seek=1 count=1 conv=notrunc 2>"$T/err"
ok 'the next run goes on with the third' "$large" fetch 21 "$T/holed"
is 'and it is the mail' "$(cn-query --raw "$(jq -r .id "$T/out")" |
    sha256sum)" "$(sha256sum <"$T/four")"
is 'once' "$(db "SELECT (SELECT count(*) FROM raw) = $n, (SELECT count(*) FROM
    message), (SELECT count(*) FROM pending)")" '1|1|0'

# Servers are wrong about sizes, too.
for size in 1500000 2097152 99000000; do
	fresh
	CN_SIZE=$size "$large" fetch 22 "$T/four" 2 2>"$T/err"
	CN_SIZE=$size "$large" fetch 22 "$T/four" >"$T/line" 2>"$T/err"
	mv "$T/line" "$T/out"
	is "a server that says $size bytes" "$(cn-query --raw \
	    "$(jq -r .id "$T/out")" | sha256sum)" "$(sha256sum <"$T/four")"
done
head -c 3145728 "$T/four" >"$T/three"
ok 'three pieces exactly' "$large" fetch 23 "$T/three"
is 'are three pieces' "$(db 'SELECT chunks FROM message ORDER BY id DESC
    LIMIT 1')" 3
ok 'a beginning that another mail has' import "$T/four"
cp "$T/four" "$T/alike"
printf 'another end\r\n' >>"$T/alike"
ok 'is no end' import "$T/alike"
is 'of it' "$(cn-query --raw "$(jq -r .id "$T/out")" | sha256sum)" \
    "$(sha256sum <"$T/alike")"
ok "nobody's" sh -c "'$large' make 2 desk@shop.test nobody >'$T/nobody' &&
    '$large' fetch 24 '$T/nobody'"
is 'is nobody'"'"'s' "$(db "SELECT leaf >> 40, person IS NULL FROM message
    ORDER BY id DESC LIMIT 1")" '3|1'
status 'all is well' 0 cn-store doctor --check

# --- two at once ---

fresh
import -q --format none "$T/four" 2>"$T/err" &
one=$!
import -q --format none "$T/four" 2>"$T/err2" &
two=$!
rc=
for p in $one $two; do
	r=0
	wait "$p" || r=$?
	rc="$rc $r"
done
like 'two imports of one mail: both, or the second shall try again' "$rc" \
    '^ (0 0|0 75|75 0)$'
ok 'again' import "$T/four"
is 'one message, whole' "$(db 'SELECT count(*), (SELECT count(*) FROM pending)
    FROM message' && cn-query --raw "$(jq -r .id "$T/out")" | sha256sum)" \
    "1|0
$(sha256sum <"$T/four")"
fresh
import -q --format none "$T/four" 2>"$T/err" &
one=$!
import -q --format none "$T/alike" 2>"$T/err2" &
two=$!
wait $one
wait $two
ok 'two with one beginning' import -q --format none "$T/four"
ok 'again' import -q --format none "$T/alike"
is 'are two' "$(cn-query --format ids | while read -r m; do
	cn-query --raw "$m" | sha256sum; done | sort)" \
    "$({ sha256sum <"$T/four"; sha256sum <"$T/alike"; } | sort)"
status 'all is well' 0 cn-store doctor --check

# killed NAME COMMAND...: killed before each of its calls, run again, as undisturbed
killed() {
	[ -n "$K" ] || {
		skip "$1" 'not with the sanitizers'
		return
	}
	_name=$1
	shift
	fresh
	cp -a "$CN_HOME" "$T/new.home"
	cp -a "$CN_KEYS" "$T/new.keys"
	LD_PRELOAD=$K CN_KILL_COUNT=$T/count "$@" >"$T/out" 2>"$T/err"
	calls=$(cut -d' ' -f1 "$T/count")
	state >"$T/undisturbed"
	k=1 bad=0 kills=0
	while [ "$k" -le "$calls" ]; do
		rm -rf "$CN_HOME" "$CN_KEYS"
		cp -a "$T/new.home" "$CN_HOME"
		cp -a "$T/new.keys" "$CN_KEYS"
		rc=0
		{ LD_PRELOAD=$K CN_KILL_AT=$k "$@" >"$T/out" 2>&1; } \
		    2>"$T/err" || rc=$?
		[ "$rc" -eq 137 ] && kills=$((kills + 1))
		"$@" >"$T/out" 2>&1
		state >"$T/state"
		cmp -s "$T/state" "$T/undisturbed" || {
			bad=$((bad + 1))
			diag "killed before call $k:" \
			    "$(diff "$T/state" "$T/undisturbed" | head -n 2)"
		}
		k=$((k + ${STEP:-11}))
	done
	rm -rf "$T/new.home" "$T/new.keys"
	is "$_name: as undisturbed ($kills kills of $calls calls)" "$bad" 0
	ok 'control: it was killed' [ "$kills" -gt 3 ]
}
state() {
	cn-query | jq -S -c 'del(.id, .conversation, .received)'
	for t in message raw location event participant person identifier \
	    conversation pending quarantine held; do
		echo "$t $(db "SELECT count(*) FROM $t")"
	done
	cn-query --format ids | while read -r m; do
		cn-query --raw "$m" | sha256sum
	done
	cn-store doctor | grep -v 'runs that did not end'
}
# Its pieces get small on the way to the disk: fewer calls.
"$large" make 2 'Ann <ann@example.com>' less text >"$T/less"
printf 'and the rest of it\r\n' >>"$T/less"
killed 'a fetch that is killed' "$large" fetch 31 "$T/less"
killed 'an import that is killed' cn-import -q --now "$now" "$T/less"

# --- an erasure half-way ---

fresh
ok 'Ann, unfinished' "$large" fetch 41 "$T/four" 3
"$large" make 3 'Bob <bob@example.com>' five >"$T/five"
ok 'Bob, unfinished' "$large" fetch 42 "$T/five" 2
printf 'zanaryfour\n' >"$T/hers"
printf 'zanaryfive\n' >"$T/his"
is 'her words are there' "$("$scan" find "$T/hers" | head -n 1)" \
    'zanaryfour bytes'
leaf=$(db "SELECT leaf FROM pending WHERE uid = 41")
"$scan" samples "$leaf" >"$T/samples"
ok 'so are samples of her cells' \
    [ "$("$scan" bytes "$T/samples")" -gt 1000 ]
ok 'a plan' cn-purge --plan --now "$now" -s ann@example.com
cp "$T/out" "$T/plan"
is 'counts the mail and its pieces, and that its place will be remembered' \
    "$(jq -c '[.counts.unfinished_mails, .counts.raw_chunks,
    .counts.locations_remembered]' "$T/plan")" '[1,3,1]'
ok 'is carried out and proved' cn-purge --apply "$T/plan" --prove --now "$now"
is 'her words are gone' "$("$scan" find "$T/hers" | head -n 1 | cut -c 1-5)" \
    cells
is 'so are the samples' "$("$scan" bytes "$T/samples")" 0
is 'nothing of hers is pending' "$(db 'SELECT uid, (SELECT count(*) FROM raw)
    FROM pending')" '42|2'
is 'his words are there' "$("$scan" find "$T/his" | head -n 1)" \
    'zanaryfive bytes'
ok 'a fetch of the same place' "$large" fetch 41 "$T/four"
like 'brings nobody back' "$(cat "$T/err")" 'erased 1'
ok 'his comes to its end' "$large" fetch 42 "$T/five"
is 'whole' "$(cn-query --raw "$(jq -r .id "$T/out")" | sha256sum)" \
    "$(sha256sum <"$T/five")"
ok 'her mail from another place' "$large" fetch 43 "$T/four"
like 'is older than the erasure: into quarantine' "$(cat "$T/err")" \
    'older than the erasure.*'
is 'in as many chunks' "$(db 'SELECT reason, uid, q.chunks - 1 = count(h.id)
    FROM quarantine q LEFT JOIN held h ON h.id / 4096 = q.id')" \
    'older than the erasure of its owner|43|1'
status 'all is well' 0 cn-store doctor --check

# --- quarantine ---

fresh
"$large" make 3 x x junk >"$T/junk"
ok 'no mail, a piece of it' "$large" fetch 51 "$T/junk" 1
is 'waits in quarantine from the first piece on' "$(db 'SELECT reason, (SELECT
    chunks FROM pending) FROM quarantine')" 'no header field|1'
status 'the doctor finds nothing wrong' 0 cn-store doctor --check
ok 'comes to its end' "$large" fetch 51 "$T/junk"
is 'whole, with its place' "$(db "SELECT uid, size = $(wc -c <"$T/junk"),
    chunks, (SELECT count(*) FROM held), (SELECT count(*) FROM pending)
    FROM quarantine")" '51|1|3|2|0'
ok 'once more, from elsewhere' "$large" fetch 52 "$T/junk"
is 'is the same item' "$(db 'SELECT count(*), max(uid), (SELECT count(*) FROM
    held) FROM quarantine')" '1|51|2'
ok 'cn-import knows it too' sh -c "cn-import --now $now --deliver <'$T/junk'"
is 'no second one' "$(db 'SELECT count(*) FROM quarantine')" 1
item=$(db 'SELECT pub FROM quarantine')
ok 'tried again' "$large" requeue "$item"
like 'it is still none' "$(cat "$T/err")" 'mail 51: no header field'
is 'and stays' "$(db 'SELECT count(*), reason, chunks FROM quarantine')" \
    '1|no header field|3'
ok 'a mail that was refused' "$large" hold "$T/four"
ok 'and a small one' sh -c "printf 'From: s@example.com\n\nsmall\n' >'$T/s' &&
    '$large' hold '$T/s'"
is 'are kept in chunks' "$(db 'SELECT chunks FROM quarantine' | tr '\n' ' ')" \
    "3 $n 1 "
for q in $(db "SELECT pub FROM quarantine WHERE pub != '$item'"); do
	bounded 'taken in again' "$large" requeue "$q"
done
is 'they are messages' "$(cn-query --format ids | while read -r m; do
	cn-query --raw "$m" | sha256sum; done | sort)" \
    "$({ sha256sum <"$T/four"; sha256sum <"$T/s"; } | sort)"
is 'and the quarantine is as before' \
    "$(db 'SELECT count(*), (SELECT count(*) FROM held) FROM quarantine')" '1|2'
ok 'a mail that is here already' "$large" hold "$T/four"
ok 'tried again' "$large" requeue "$(db 'SELECT max(pub) FROM quarantine WHERE
    reason GLOB "for*"')"
is 'leaves the quarantine too' "$(db "SELECT count(*), (SELECT count(*) FROM
    message), (SELECT count(*) FROM pending) FROM quarantine")" '1|2|0'
status 'no such item' 1 "$large" requeue "$(echo "$item" | tr a-z b-za)"
status 'all is well' 0 cn-store doctor --check
"$scan" samples "$(db 'SELECT leaf FROM quarantine')" >"$T/samples"
ok 'samples of the item' [ "$("$scan" bytes "$T/samples")" -gt 1000 ]
ok 'its erasure' sh -c "cn-purge --plan --now $now -s '$item' >'$T/plan' &&
    cn-purge --apply '$T/plan' --prove --now $now"
is 'is counted' "$(jq .counts.quarantined_items "$T/plan")" 1
is 'and takes all of it' "$("$scan" bytes "$T/samples"; db 'SELECT (SELECT
    count(*) FROM quarantine) + (SELECT count(*) FROM held)')" '0
0'
ok 'a fetch' "$large" fetch 51 "$T/junk"
is 'does not bring it back' "$(db 'SELECT count(*) FROM quarantine')" 0
finish
