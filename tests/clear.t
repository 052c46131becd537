#!/bin/sh
# No word of a message stands anywhere in the clear: not in the store, not in
# its WAL while it is in use, not in the keys.
. "$(dirname "$0")/lib.sh"
have sqlite3 && have jq && have strings || {
	echo '1..0 # SKIP sqlite3, jq and strings are needed'
	exit 0
}
sample=$root/tests/sample

cn-store init -q || exit 1
cp "$sample/config.yaml" "$T/config.yaml"
CN_CONFIG=$T/config.yaml
export CN_CONFIG
for box in shop.mbox chat.jsonl; do
	cn-import "$sample/$box" 2>>"$T/said" >>"$T/lines"
done
[ -x "$B/cn-classify" ] && cn-classify --pending >"$T/class" 2>>"$T/said"
[ -x "$B/cn-reply-suggest" ] &&
    cn-reply-suggest --pending >/dev/null 2>>"$T/said"
ok 'the sample is in' [ "$(wc -l <"$T/lines")" -gt 200 ]

# What may be read: names of ours (tables, columns, states, categories,
# commands, members of an audit entry) and this machine's own.
cat >"$T/listed" <<END
$(sqlite3 "$CN_HOME/store.db" .schema)
$(sqlite3 "$CN_HOME/store.db" "SELECT DISTINCT category FROM message;
    SELECT DISTINCT language FROM message; SELECT DISTINCT priority FROM
    message; SELECT DISTINCT sentiment FROM message; SELECT DISTINCT dsr FROM
    message; SELECT DISTINCT model FROM message; SELECT DISTINCT kind FROM
    event; SELECT DISTINCT value FROM event")
SQLite format integer primary autoincrement content automatic version
in-reply-to references sibling answered
customer agent email handle received
messages taken purpose service command options actor subjects
import classify suggest --pending delete
$(hostname)
$(id -un)
END
words() {
	tr -c '[:alnum:]\200-\377' '\n' | tr '[:upper:]' '[:lower:]' |
	    awk 'length($0) >= 6' | sort -u
}
words <"$T/listed" >"$T/listed.words"
# Every word of subjects, names, addresses, texts, attachments, and the place.
{
	jq -r '.subject, .text, (.from, .to[]?, .cc[]? | .name?, .address?),
	    (.attachments[]?.name), .message_id, .in_reply_to,
	    (.references[]?)' "$T/lines"
	sed -n '/^$/d; p' "$sample/shop.mbox"
	echo "$sample"
} | words | comm -23 - "$T/listed.words" >"$T/tokens"
ok 'thousands of words to look for' [ "$(wc -l <"$T/tokens")" -gt 2000 ]

# found FILE...: those that stand in these files, in any case
found() {
	cat "$@" | words >"$T/there"
	comm -12 "$T/tokens" "$T/there"
}

# Everything while a reader and a writer hold the store open.
mkfifo "$T/fifo"
cn-import <"$T/fifo" >"$T/held" 2>/dev/null &
importer=$!
exec 7>"$T/fifo"
cat >&7 <<'END'
From canary@example.com Mon Nov 23 15:00:00 2026
From: Canary Bird <canary@example.com>
To: support@lotusloom.example
Subject: yellowfeather

singingcanary

From x@example.com Mon Nov 23 15:00:00 2026
END
until [ -s "$T/held" ]; do
	sleep 0.02
done
mkdir "$T/copy"
cp "$CN_HOME"/* "$CN_KEYS"/* "$T/copy/"
ok 'the WAL is among what is looked at' [ -s "$T/copy/store.db-wal" ]
exec 7>&-
wait "$importer"
printf '%s\n' canary yellowfeather singingcanary >>"$T/tokens"
sort -u -o "$T/tokens" "$T/tokens"
for f in "$T/copy"/*; do
	strings -n 6 "$f" >"$T/strings"
	is "no word in ${f##*/}" "$(found "$T/strings" | head -n 5)" ''
done
for e in l b; do
	strings -n 6 -e "$e" "$T/copy"/* >"$T/strings"
	is "nor as UTF-16 ($e)" "$(found "$T/strings" | head -n 5)" ''
done
sqlite3 "$CN_HOME/store.db" .dump >"$T/dump"
is 'nor in a dump of the tables' "$(found "$T/dump" | head -n 5)" ''
# Blobs are hexadecimal in a dump.
grep -io "x'[0-9a-f]*'" "$T/dump" | tr -d "xX'" | xxd -r -p 2>/dev/null |
    strings -n 6 >"$T/strings"
is 'nor in its blobs' "$(found "$T/strings" | head -n 5)" ''
cp "$CN_HOME/store.db" "$T/canary.db"
sqlite3 "$T/canary.db" "CREATE TABLE plain(t);
    INSERT INTO plain VALUES('the YellowFeather sings')"
strings -n 6 "$T/canary.db" >"$T/strings"
is 'control: a word in the clear is found' "$(found "$T/strings")" \
    yellowfeather

# --- around it ---

is 'nobody else may read or enter' \
    "$(find "$CN_HOME" "$CN_KEYS" -perm /077)" ''
status 'the folders hold what the registry knows' 0 cn-store doctor --check
is 'nothing is left in the folder for temporary files' \
    "$(find "${TMPDIR:-/tmp}" -maxdepth 1 -name 'etilqs*' -user "$(id -un)")" ''
is 'what was said names nobody' \
    "$(grep -iE 'example\.(com|net|org)|lotusloom' "$T/said")" ''
printf 'From: secret-person@example.com\nSubject: hidden words\n' >"$T/bad"
head -c 100000 /dev/urandom | tr -d '\n' >>"$T/bad"
cn-import "$T/bad" >/dev/null 2>"$T/err"
printf '{"type":"chat","text":"hidden words","from":{"address":"secret-person@example.com"}}\n' \
    >"$T/bad.jsonl"
cn-import "$T/bad.jsonl" >/dev/null 2>>"$T/err"
cn-query from:secret-person@example.com >/dev/null 2>>"$T/err"
unlike 'nor do errors' "$(cat "$T/err")" 'secret-person|hidden'
like 'control: there was an error' "$(cat "$T/err")" 'line 1'
# A core would hold keys: the limit is 0 in a running command.
cn-import <"$T/fifo" >/dev/null 2>&1 &
importer=$!
exec 7>"$T/fifo"
until grep -q cn-import "/proc/$importer/comm"; do
	sleep 0.02
done
n=0
until grep -q 'core file size *0 *0' "/proc/$importer/limits" ||
    [ "$n" -gt 100 ]; do
	sleep 0.02
	n=$((n + 1))
done
like 'no core dumps' "$(cat "/proc/$importer/limits")" 'core file size +0 +0'
exec 7>&-
wait "$importer"
finish
