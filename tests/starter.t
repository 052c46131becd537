#!/bin/sh
# The starter model on the sample's own mails, beside what a person made of
# them (starter_labels.tsv).  The sample was seen while the starter's sentences
# were written: this holds what is reached, it does not foretell other mail.
. "$(dirname "$0")/lib.sh"
sample=$root/tests/sample
labels=$root/tests/starter_labels.tsv

ok 'a store' cn-store init
cp "$sample/config.yaml" "$CN_HOME/"
cn-import "$sample/shop.mbox" "$sample/chat.jsonl" 2>/dev/null |
    cn-classify >"$T/lines"
like 'the sample was classified' "$(head -n 1 "$T/lines")" '"class":{'

# key, best, confidence, abstained
jq -r 'select(.direction == "in") | [.message_id // .text, .class.best,
    .class.confidence, .class.abstained] | @tsv' <"$T/lines" >"$T/found"
awk -F '\t' '
FNR == NR { if (!/^#/) want[$1] = $2 "\t" $3; next }
$1 in want && !seen[$1]++ {
	split(want[$1], w, "\t")
	hit = $2 == w[1] || $2 == w[2]
	n++
	good += hit
	bin = int($3 * 10) > 9 ? 9 : int($3 * 10)
	gap[bin] += $3 - hit
	if ($4 == "false") {
		covered++
		right += hit
	}
}
END {
	for (b in gap)
		ece += gap[b] < 0 ? -gap[b] : gap[b]
	printf "%d %.3f %.3f %.3f %.3f\n", n, good / n, covered / n,
	    covered ? right / covered : 0, ece / n
}' "$labels" "$T/found" >"$T/figures"
read -r n best coverage right ece <"$T/figures"
diag "$n messages: best $best, coverage $coverage, right where covered" \
    "$right, calibration error $ece"

# least NAME FIGURE FLOOR; a figure that is missing is no figure
least() {
	ok "$1" awk -v a="$2" -v b="$3" 'BEGIN { exit !(a != "" && a >= b) }'
}
ok 'every label was found' test "$n" -eq "$(grep -vc '^#' "$labels")"
least 'the best guess is right for 70 of 100' "$best" 0.70
least 'it decides 65 of 100' "$coverage" 0.65
least 'what it decides is right for 80 of 100' "$right" 0.80
least 'its confidence is off by at most 15 points' "$(awk -v e="$ece" \
    'BEGIN { print 0.15 - e }')" 0

# A letter is about the one sentence that wants something.
class() {
	jq -nc --arg t "$1" '{ v: 1, type: "message", text: $t }' |
	    cn-classify --no-store | jq -r .class.best
}
before='I hope you are having a wonderful week. The weather here has been
lovely and the children are back at school. My sister told me about your shop
last spring.'
after='My garden is full of roses this year. I wish you all a pleasant weekend
and much sunshine.'
is 'what a letter wants' "$(class "$before How do I reset my password? $after"
    class "$before Please cancel my order. $after"
    class "$before I want my money back. $after")" 'account_access
cancel_order
refund'
is 'control: without that, something else' "$(class "$before $after" |
    grep -c -e account -e cancel -e refund)" 0

# In Italian, Dutch and Polish (starter_langs.tsv).
grep -v '^#' "$root/tests/starter_langs.tsv" >"$T/langs"
cut -f 2 "$T/langs" | jq -Rc '{v: 1, type: "message", text: .}' |
    cn-classify --no-store | jq -r '.class.category // "-"' |
    paste "$T/langs" - | awk -F '\t' '{ right += $1 == $3
    wrong += $1 != $3 && $3 != "-" } END { print NR, right, wrong }' >"$T/n"
read -r n right wrong <"$T/n"
diag "$n in other languages: $right right, $wrong wrong"
is 'all were asked' "$n" "$(wc -l <"$T/langs")"
ok 'half of them are decided rightly' test "$right" -ge 22
ok 'and one of six wrongly' test "$wrong" -le 7
finish
