#!/bin/sh
# A store of an older version: it is migrated when it is opened to be written,
# and what it held is there.
. "$(dirname "$0")/lib.sh"
have sqlite3 && have jq || {
	echo '1..0 # SKIP sqlite3 and jq are needed'
	exit 0
}

db() {
	sqlite3 "$CN_HOME/store.db" "$1"
}

# Columns and indexes of ours.
columns() {
	for t in $(db "SELECT name FROM sqlite_master WHERE type = 'table' AND
	    name NOT LIKE 'fts%' AND name NOT LIKE 'sqlite%'"); do
		db "SELECT '$t.' || name FROM pragma_table_info('$t')"
	done | sort
	db "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT
	    NULL ORDER BY name"
}

cn-store init -q || exit 1
cp "$root/tests/sample/config.yaml" "$CN_HOME/"
cn-import -q "$root/tests/sample/shop.mbox" 2>/dev/null |
    jq -S -c 'del(.received)' >"$T/lines"

# Back to schema 1, as it was released: later columns and tables go; words lie
# in tables of FTS5, one a shard.
hits() {
	for w in refund the chair angebot; do
		cn-query --format ids "$w" | sort | sed "s/^/$w /"
	done
}
hits >"$T/hits"
ok 'control: words are found' [ "$(wc -l <"$T/hits")" -gt 20 ]
"${B%/bin}/tests/fts" || exit 1
sed -n '/0 -> 1/,/1 -> 2/p' "$root/lib/store/schema.c" |
    sed -n 's/^	"//p' | sed 's/"[,;]*$//; s/";*$//' | tr -d '\n' |
    grep -oE 'CREATE (TABLE|(UNIQUE )?INDEX) [^;]*;' |
    sed 's/) WITHOUT ROWID;$/);/' >"$T/tables"
sqlite3 "$T/one.db" <"$T/tables"
for t in $(sqlite3 "$T/one.db" .tables); do
	sqlite3 "$T/one.db" "SELECT '$t.' || name FROM
	    pragma_table_info('$t')"
done | sort >"$T/one"
columns >"$T/two"
ok 'control: there is something to take away' \
    [ "$(sort "$T/two" | comm -13 "$T/one" - | wc -l)" -gt 10 ]
sqlite3 "$T/one.db" "SELECT name FROM sqlite_master WHERE type = 'index' AND
    sql IS NOT NULL ORDER BY name" >"$T/indexes"
grep -vF . "$T/two" | comm -13 "$T/indexes" - | while read -r i; do
	db "DROP INDEX IF EXISTS $i"
done
grep -F . "$T/two" | sort | comm -13 "$T/one" - | while IFS=. read -r t c; do
	if grep -q "^$t\." "$T/one"; then
		db "ALTER TABLE $t DROP COLUMN $c"
	else
		db "DROP TABLE IF EXISTS $t"
	fi
done
db "UPDATE meta SET value = 1 WHERE key = 'schema'"
is 'a store of schema 1' "$(for t in $(sqlite3 "$T/one.db" .tables); do
	db "SELECT '$t.' || name FROM pragma_table_info('$t')"
done | sort | diff "$T/one" -)" ''

[ "$(id -u)" -ne 0 ] || {
	chown -R 65534:65534 "$CN_HOME" "$CN_KEYS"
	chmod 711 "$T"
}
chmod a-w "$CN_HOME/store.db"
status 'is not read where it cannot be migrated' 77 as_user cn
like 'which is said with the command' "$(cat "$T/err")" '^hint: .*doctor'
chmod u+w "$CN_HOME/store.db"
# Its log, too, which was made with the rights of then.
status 'migrated by the doctor' 0 as_user cn-store doctor --check
columns >"$T/now"
is 'to the columns and indexes of a new store' "$(diff "$T/two" "$T/now")" ''
cn-query | jq -S -c 'del(.received)' | sort >"$T/now"
sort "$T/lines" | jq -S -c 'del(.known)' | sort | diff - "$T/now" >"$T/diff"
is 'with every message' "$(head -n 5 "$T/diff")" ''
hits >"$T/now"
is 'and its words' "$(diff "$T/hits" "$T/now")" ''
printf 'From: new@example.com\nMessage-ID: <n@example.com>\nSubject: angebot\n
refund the chair\n' | cn-import -q >"$T/new" 2>/dev/null
is 'what comes in now lies elsewhere' "$(db 'SELECT fts, sum(messages) FROM
    shard GROUP BY fts ORDER BY fts' | tr '\n' ' ')" \
    "0|1 1|$(wc -l <"$T/lines") "
hits >"$T/now"
is 'and both are searched' "$(diff "$T/hits" "$T/now" | grep -c '^> ')" 4
drafts() {
	cn-query is:in | cn-reply-suggest --max 8 --min-score 0 2>/dev/null |
	    jq -c '[.replies[]? | [.source, .text]]'
}
drafts >"$T/drafts"
ok 'past answers are found by them' \
    [ "$(grep -c '"message"' "$T/drafts")" -gt 5 ]
status 'the doctor finds nothing' 0 cn-store doctor --check
db "SELECT count(*) FROM shard WHERE fts; UPDATE shard SET state = 'due'" \
    >"$T/shards"
status 'shards that are due are rebuilt' 0 cn-purge --resume
is 'in the new form' "$(db "SELECT count(*) FROM shard WHERE fts; SELECT
    count(*) FROM sqlite_master WHERE sql LIKE 'CREATE VIRTUAL%'" |
    tr '\n' ' ')" '0 0 '
hits | diff "$T/now" - >"$T/diff"
is 'with all their words' "$(cat "$T/diff")" ''
drafts | diff "$T/drafts" - >"$T/diff"
is 'and the same past answers' "$(head -n 4 "$T/diff")" ''
status 'the doctor finds nothing' 0 cn-store doctor --check
finish
