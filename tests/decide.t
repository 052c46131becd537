#!/bin/sh
# What cn-classify decides beside the category, on messages that were written
# for this test in many languages.
. "$(dirname "$0")/lib.sh"

# 'want, got, text' of the lines 'want, TAB, text' of a file
held() {
	grep -v '^#' "$1" >"$T/rows"
	cut -f 2 "$T/rows" | jq -Rc '{v: 1, type: "message", text: .}' |
	    cn-classify --no-store | jq -r ".class | $2" |
	    paste - "$T/rows" | awk -F '\t' -v OFS='\t' '{ print $2, $1, $3 }'
}

# Requests under data protection law, and what only sounds like one.
held "$root/tests/requests.tsv" '.dsr // "none"' >"$T/requests"
awk -F '\t' '
{
	if ($1 == "none") {
		others++
		false += $2 != "none"
	} else {
		requests++
		right += $1 == $2
		missed += $2 == "none"
	}
}
END { print requests, right, missed, others, false }' "$T/requests" >"$T/n"
read -r requests right missed others false <"$T/n"
diag "of $requests requests $right right, $missed missed;" \
    "of $others others $false taken for one"
awk -F '\t' '$1 != $2 { print $1 ", not " $2 ": " $3 }' "$T/requests" |
    sed 's/^/# /'
ok 'requests and others are many' test "$requests" -gt 200 -a "$others" -gt 130
ok '98 of 100 requests are found, as what they are' \
    test $((right * 100)) -ge $((requests * 98))
ok 'of the others 1 in 100 is taken for one' \
    test $((false * 100)) -le "$others"

# Feeling and haste.
held "$root/tests/moods.tsv" '[.sentiment, .priority] | join(" ")' |
    awk -F '\t' -v OFS='\t' '
{
	split($2, got, " ")
	if ($1 ~ /high|normal/)
		print "haste", $1, got[2] ~ /high|urgent/ ? "high" : "normal", $3
	else
		print "feeling", $1, got[1], $3
}' >"$T/moods"
for what in feeling haste; do
	awk -F '\t' -v what=$what '$1 == what { n++; right += $2 == $3 }
	END { print n, right }' "$T/moods" >"$T/n"
	read -r n right <"$T/n"
	diag "$what: of $n $right right"
	ok "$what: 97 of 100 are right" test $((right * 100)) -ge $((n * 97))
	ok 'of many' test "$n" -gt 50
done
awk -F '\t' '$2 != $3 { print $2 ", not " $3 ": " $4 }' "$T/moods" |
    sed 's/^/# /'

# The writer's own words: what a rule for them finds.
cn-store init >/dev/null 2>&1
printf 'before: { own: { if: { text: own }, then: { category: own } },
    old: { if: { text: old }, then: { team: old } } }' >"$T/own.yaml"
grep -v '^#' "$root/tests/quotes.tsv" >"$T/rows"
cut -f 2 "$T/rows" | jq -Rc '{ v: 1, type: "message",
    text: gsub("\\\\n"; "\n") }' | cn-model rules -q "$T/own.yaml" |
    jq -r '[.category, .team] | @tsv' | paste - "$T/rows" >"$T/quotes"
is 'quotes, signatures and disclaimers are left out, own words are not' \
    "$(awk -F '\t' '$1 != "own" || $2 != "" { print $3 }' "$T/quotes")" ''
ok 'of many programs in many languages' test "$(wc -l <"$T/quotes")" -gt 90
is 'control: without what parts them they are found' \
    "$(jq -nc '{ v: 1, type: "message", text: "OWN\n\nOLD" }' |
    cn-model rules -q "$T/own.yaml" | jq -c '[.category, .team]')" \
    '["own","old"]'

# Automatic mail, and people who write about it.
grep -v '^#' "$root/tests/automatic.tsv" >"$T/rows"
awk -F '\t' '{
	gsub(/\\n/, "\n", $4)
	gsub(/\\n/, "\n", $5)
	printf "From x Mon Nov 23 10:00:00 2026\nFrom: %s\nSubject: %s\n", $2, $3
	if ($4 !~ /Content-Type/)
		print "Content-Type: text/plain; charset=utf-8"
	print ($4 == "" ? "" : $4 "\n") "\n" $5 "\n"
}' "$T/rows" | cn-classify --no-store | jq -r '.class.automatic |
    if . then "yes" else "no" end' | paste - "$T/rows" >"$T/automatic"
awk -F '\t' '
{
	n[$2]++
	wrong[$2] += $1 != $2
}
END { print n["yes"], wrong["yes"], n["no"], wrong["no"] }' \
    "$T/automatic" >"$T/n"
read -r yes missed no false <"$T/n"
diag "of $yes automatic mails $missed missed, of $no others $false taken for one"
awk -F '\t' '$1 != $2 { print $1 ", not " $2 ": " $4 ": " $6 }' \
    "$T/automatic" | sed 's/^/# /'
ok 'automatic mails and others are many' test "$yes" -gt 55 -a "$no" -gt 35
ok 'none is missed' test "$missed" -eq 0
ok 'of people who write about such 8 in 100 are taken for one' \
    test $((false * 100)) -le $((no * 8))

flags() {
	printf 'From: a@example.com\nSubject: news\n%s\n\noffers\n' "$1" |
	    cn-classify --no-store | jq -r '.class.flags | join(" ")'
}
is 'bulk mail says so' "$(flags 'Precedence: bulk')" 'automatic bulk'
is 'a list is none' "$(flags 'List-Id: <a.example.com>')" 'automatic list'
is 'control: nor is other mail' "$(flags 'X-A: b')" ''
finish
