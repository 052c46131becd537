#!/bin/sh
# cn alone: what needs attention, and the next command.
. "$(dirname "$0")/lib.sh"

printf 'desk:\n  - help@shop.test\n' >"$T/conf.yaml"
CN_CONFIG=$T/conf.yaml
export CN_CONFIG
now() {
	cn --now 2026-11-10 "$@"
}

# mail FROM TO DAY ID [IN-REPLY-TO [FIELD]]
mail() {
	printf 'From x Mon Nov  2 00:00:00 2026\nFrom: %s\nTo: %s\n' "$1" "$2"
	printf 'Date: %s Nov 2026 10:00:00 +0000\nMessage-ID: <%s@x.test>\n' \
	    "$3" "$4"
	[ -z "${5-}" ] || printf 'In-Reply-To: <%s@x.test>\n' "$5"
	[ -z "${6-}" ] || printf '%s\n' "$6"
	printf 'Subject: s\n\nSome words %s.\n\n' "$4"
}

ok 'no store is no error' cn
like 'and it says how to begin' "$(cat "$T/out")" 'cn-store init'
is 'help has every command' "$(cn help | awk 'NR > 1 { print $1 }' | sort |
    xargs)" "$(cd "$B" && ls | grep -v '^cn$' | sort | xargs)"
ok 'a store' cn-store init --test
like 'an empty one' "$(now)" '^The store is empty'
{
	mail anika@example.com help@shop.test 2 a1
	mail help@shop.test anika@example.com 3 a2 a1
} >"$T/one"
{
	mail bruno@example.com help@shop.test 5 b1
	mail bruno@example.com help@shop.test 6 b2 b1
	mail robot@example.com help@shop.test 4 r1 '' \
	    'Auto-Submitted: auto-generated'
} >"$T/two"
ok 'an answered mail' cn-import "$T/one"
sql() {
	sqlite3 "$CN_HOME/store.db" "$1"
}
if ! have sqlite3; then
	skip 'all else' 'no sqlite3'
	finish
fi
sql "UPDATE message SET classified = 1, abstained = 0, dsr = 'none'"
is 'nothing needs attention' "$(now)" \
    'Nothing needs attention: 2 messages, all seen to.'

ok 'more mails' cn-import "$T/two"
like 'one conversation waits, since its first mail' "$(now)" \
    "^ *1  conversation waits for an answer +4d14h  cn-query 'is:unans"
is 'and its command finds the same' "$(eval "$(now |
    sed -n "s/.*\(cn-query 'is:unans.*\)/\1/p") --format jsonl" |
    grep -o '"conversation":"[^"]*"' | sort -u | wc -l)" 1
like 'three mails are to be classified' "$(now)" \
    '^ *3  messages are not classified +cn-classify --pending'
unlike 'nobody exercises a right' "$(now)" 'right'
sql "UPDATE message SET classified = 1, abstained = direction = 'in',
    dsr = CASE WHEN date > 1793900000 THEN 'erasure' ELSE 'none' END"
like 'a right' "$(now)" \
    '^ *1  person exercises a right, unanswered +3d14h  cn-query is:dsr'
like 'abstained: not the machine' "$(now)" \
    '^ *3  messages have no clear category'
printf 'nonsense' >"$T/bad.eml"
cn-import "$T/bad.eml" >/dev/null 2>&1
n=$(sql 'SELECT count(*) FROM quarantine')
[ "$n" -gt 0 ] || printf 'Not a field\n\nx' | cn-import --deliver 2>/dev/null
like 'quarantine' "$(now)" '^ *1  item could not be .* cn-report quarantine'
like 'where it is listed' "$(cn-report quarantine --format tsv)" \
    '^q[a-z2-7]*	20'
sql 'UPDATE run SET end = NULL WHERE id = (SELECT max(id) FROM run)'
like 'a run without an end' "$(cn)" '^ *1  command has no end'
sql 'UPDATE run SET end = start, status = 75
    WHERE id = (SELECT max(id) FROM run)'
like 'a run that failed' "$(cn)" '^ *1  command failed the last time'
unlike 'is old news a week later' "$(cn --now "@$(($(date +%s) + 700000))")" \
    'failed'
sql "INSERT INTO erasure VALUES(9, 'e', 1, 'begun', 1, 1, NULL, x'', '')"
like 'a cut-off erasure comes first' "$(now | sed -n 2p)" \
    '^ *1  erasure was cut off +cn-purge --resume$'
like 'cn help lists' "$(cn help)" '^cn-report +measure the desk'
status 'no such command' 2 cn nonsense
status 'a full disk' 74 sh -c 'cn >/dev/full'
status 'no keys' 78 env CN_KEYS="$T/nothing" cn

# What only seems to be answered: by the desk's machine, or by the answer
# that the mail itself is about, whose sender's clock is late.
{
	mail chloe@example.com help@shop.test 7 c1
	mail help@shop.test chloe@example.com 8 c2 c1 \
	    'Auto-Submitted: auto-replied'
	mail dora@example.com help@shop.test 7 d1
	mail help@shop.test dora@example.com 8 d2 d1
	mail dora@example.com help@shop.test 6 d3 d2
} >"$T/three"
ok 'two more conversations' cn-import -q --format none "$T/three"
waits() {
	cn-query --format ids "from:$1" is:unanswered | wc -l
}
is 'a machine has answered: it waits' "$(waits chloe@example.com)" 1
is 'an answer to the answer waits' "$(waits dora@example.com)" 1
cn-classify -q --pending >"$T/out" 2>&1
is 'classified: they wait still' "$(waits chloe@example.com) $(waits \
    dora@example.com)" '1 1'
is 'and get drafts' "$(cn-query from:dora@example.com is:unanswered |
    cn-reply-suggest | grep -c '"replies"')" 1
mail help@shop.test dora@example.com 9 d4 d3 >"$T/four"
ok 'a later answer' cn-import -q --format none "$T/four"
is 'is one' "$(waits dora@example.com)" 0
finish
