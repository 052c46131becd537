#!/bin/sh
# cn-report on a small mailbox whose figures were worked out by hand; the
# definitions themselves are held by tests/unit/metrics.c.
. "$(dirname "$0")/lib.sh"

# mail FROM TO DATE ID [IN-REPLY-TO [FIELD]]
mail() {
	printf 'From %s Mon Nov  2 00:00:00 2026\n' "$1"
	printf 'From: %s\nTo: %s\nDate: %s\nMessage-ID: <%s@example.com>\n' \
	    "$1" "$2" "$3" "$4"
	[ -z "${5-}" ] || printf 'In-Reply-To: <%s@example.com>\n' "$5"
	[ -z "${6-}" ] || printf '%s\n' "$6"
	printf 'Subject: order %s\n\nAbout order %s.\n\n' "$4" "$4"
}
desk=help@shop.test

# anika: asks at 10:00 and 11:00, is answered at 12:00 (2 h), asks once more
# at 14:00 and is answered at 15:30 (1 h 30 m); resolved after 5 h 30 m.
# bruno: asks at 23:30 UTC, which is the 3rd in Kolkata; a machine answers at
# once, an agent after 4 h.
# chen: never answered.  dana: only an automatic note.
{
	mail anika@example.com $desk 'Mon, 2 Nov 2026 10:00:00 +0000' a1
	mail anika@example.com $desk 'Mon, 2 Nov 2026 11:00:00 +0000' a2 a1
	mail $desk anika@example.com 'Mon, 2 Nov 2026 12:00:00 +0000' a3 a2
	mail anika@example.com $desk 'Mon, 2 Nov 2026 14:00:00 +0000' a4 a3
	mail $desk anika@example.com 'Mon, 2 Nov 2026 15:30:00 +0000' a5 a4
	mail bruno@example.com $desk 'Mon, 2 Nov 2026 23:30:00 +0000' b1
	mail $desk bruno@example.com 'Mon, 2 Nov 2026 23:30:05 +0000' b2 b1 \
	    'Auto-Submitted: auto-replied'
	mail $desk bruno@example.com 'Tue, 3 Nov 2026 03:30:00 +0000' b3 b1
	mail chen@example.com $desk 'Wed, 4 Nov 2026 08:00:00 +0000' c1
	mail dana@example.com $desk 'Wed, 4 Nov 2026 09:00:00 +0000' d1 '' \
	    'Auto-Submitted: auto-replied'
} >"$T/box"
printf 'desk:\n  - %s\n' $desk >"$T/utc.yaml"
printf 'timezone: Asia/Kolkata\ndesk:\n  - %s\n' $desk >"$T/ist.yaml"
CN_CONFIG=$T/utc.yaml
export CN_CONFIG

report() {
	cn-report --now 2026-11-20 "$@"
}

# As CSV, without the CR that RFC 4180 wants.
csv() {
	report "$@" --format csv | tr -d '\r'
}

status 'no store: 78' 78 cn-report volume
ok 'a store' cn-store init --test
is 'an empty store has no volume' "$(csv volume)" \
    'day,received,answered,conversations,automatic'
is 'and nothing waits' "$(report response --format tsv | cut -f 1-3)" \
    "measure	n	waiting
first reply	0	0
next reply	0	0
resolution	0	0"
ok 'the mailbox' cn-import "$T/box"

p='--since 2026-11-01 --until 2026-11-06'
# shellcheck disable=SC2086
is 'volume by day' "$(csv volume $p)" \
'day,received,answered,conversations,automatic
2026-11-02,4,2,2,1
2026-11-03,0,1,0,0
2026-11-04,1,0,1,1
2026-11-05,0,0,0,0'
# shellcheck disable=SC2086
is 'days are those of the zone' \
    "$(csv volume $p --config "$T/ist.yaml")" \
'day,received,answered,conversations,automatic
2026-11-02,3,2,1,0
2026-11-03,1,1,1,1
2026-11-04,1,0,1,1
2026-11-05,0,0,0,0'
is 'by month' "$(csv volume --by month)" \
'month,received,answered,conversations,automatic
2026-11,5,3,3,2'
is 'by channel' "$(csv volume --by channel)" \
'channel,received,answered,conversations,automatic
email,5,3,3,2'
is 'a period is half open' "$(csv volume --by all \
    --since 2026-11-02T11:00:00Z --until 2026-11-02T14:00:00Z)" \
'received,answered,conversations,automatic
1,1,0,0'

want='measure,n,waiting,median,p90,mean
first reply,2,1,2h00m,4h00m,3h00m
next reply,1,0,1h30m,1h30m,1h30m
resolution,2,1,4h00m,5h30m,4h45m'
is 'response' "$(csv response)" "$want"
is 'the table has the same cells' "$(report response --format table |
    sed 's/   *\([^ ]\)/,\1/g')" "$want"
is 'in seconds' "$(csv response --seconds | sed -n 2p)" \
    'first reply,2,1,7200,14400,10800'
is 'JSON lines have numbers' "$(report response | head -n 1)" \
'{"measure":"first reply","n":2,"waiting":1,"median":7200,"p90":14400,"mean":10800}'
is 'as it was when 72 hours had not passed' "$(csv response \
    --now 2026-11-05T12:00:00Z | sed -n 4p)" \
    'resolution,0,3,,,'
is 'as it was before the answer' "$(csv response \
    --now 2026-11-02T11:30:00Z | sed -n 2p)" \
    'first reply,0,1,,,'
is 'categories, unclassified' "$(csv categories)" \
'category,conversations,share,answered,waiting,first_reply
(unclassified),3,100.0,2,1,2h00m'

status 'a condition that is met' 0 report response --check 'frt.p90<=4h'
status 'one that is not' 1 report response --check 'frt.p90<4h'
like 'is named' "$(cat "$T/err")" 'all: not met: frt.p90<4h'
like 'and the report is there' "$(cat "$T/out")" '"first reply","n":2'
status 'one of two' 1 report response --check 'frt.waiting<2' \
    --check 'nrt.median<1h'
status 'in every row' 1 report response --by day --check 'frt.waiting<1'
status 'a word that is none' 2 report response --check 'frt.p91<4h'
status 'only of response' 2 report volume --check 'frt.p90<4h'
status 'no such report' 2 report vloume
status 'no report at all' 2 report

# Erasing somebody changes no figure of the past.
figures() {
	for by in all day week channel; do
		csv volume --by $by --since 2026-11-01
		csv response --by $by --since 2026-11-01
	done
	csv categories --since 2026-11-01
}
if [ -x "$B/cn-purge" ]; then
	figures >"$T/before"
	ok 'a plan to erase' sh -c 'cn-purge --subject bruno@example.com \
	    --plan >"$1"' sh "$T/plan"
	ok 'carried out' cn-purge --apply "$T/plan"
	is 'bruno is gone' "$(cn-query person:bruno@example.com --format ids)" ''
	is 'and the figures stand' "$(figures)" "$(cat "$T/before")"
else
	skip 'erasing changes no figure' 'no cn-purge'
fi

report ropa --format tsv >"$T/ropa"
is 'ropa has every column of the store' \
    "$(awk -F '\t' '$1 == "store" && $2 == "message.head"' "$T/ropa" |
    cut -f 2-5)" 'message.head	sealed	yes	communication'
like 'every field of the line' "$(cat "$T/ropa")" '^line	subject	clear	yes'
like 'every file' "$(cat "$T/ropa")" '^keys	keyring	file	no'
like 'and says who and why' "$(cat "$T/ropa")" \
    '^record	recipients.*Art\. 15\(1\)\(c\), 30'
is 'no row without a purpose' "$(awk -F '\t' \
    '($1 == "store" || $1 == "line") && ($5 == "" || $6 == "")' \
    "$T/ropa")" ''

like 'runs' "$(cn-report runs --format csv | tr -d '\r')" \
    '^20.*Z,cn-import,.*,done,0,[0-9]+s,10,10,0$'
have sqlite3 && {
	sqlite3 "$CN_HOME/store.db" 'UPDATE run SET end = NULL, status = NULL'
	like 'a run without an end was killed' \
	    "$(cn-report runs --format csv)" ',cn-import,.*,killed,,,'
}
status 'a full disk' 74 sh -c 'cn-report volume --now 2026-11-20 >/dev/full'
is 'reports leave no trace in the audit' "$(have sqlite3 && sqlite3 \
    "$CN_HOME/store.db" "SELECT count(*) FROM audit WHERE entry LIKE
    '%cn-report%'" || echo 0)" 0
finish
