#!/bin/sh
# Rules before and after the model: what they decide, what names them, and what
# a broken file does.
. "$(dirname "$0")/lib.sh"
have jq || {
	echo '1..0 # SKIP jq is needed'
	exit 0
}
export CN_CONFIG="$T/config.yaml"
printf 'desk: [desk@example.com]\n' >"$CN_CONFIG"

# FROM TO SUBJECT [HEADER...], the body on stdin
mail() {
	printf 'From: %s\nTo: %s\nSubject: %s\n' "$1" "$2" "$3"
	printf 'Date: Mon, 02 Nov 2026 10:00:00 +0000\n'
	shift 3
	for h; do
		printf '%s\n' "$h"
	done
	printf '\n'
	cat
}
class() {	# of a mail on stdin, the members named
	cn-classify -q --no-store | jq -c "[.class | $1]"
}

# A model of our own, so that what it says does not change with the starter.
for i in 1 2 3 4 5 6; do
	printf 'where_is_it\twhere is my parcel, it is late, number %d\n' $i
	printf 'refund\tI want a refund, give me my money back, %d\n' $i
	printf 'praise\tthank you, a wonderful shop, number %d\n' $i
done >"$T/labels.tsv"
export CN_MODEL="$T/m"
cn-model train -q "$T/labels.tsv" -o "$CN_MODEL"

ok 'a store' cn-store init
late() {
	echo 'where is my parcel, it is late' |
	    mail "${1:-ann@shop.example.com}" "${2:-desk@example.com}" \
	    "${3:-my parcel}"
}
is 'without rules: the model' "$(late | class '.category, .rule, .team')" \
    '["where_is_it",null,null]'

cat >"$CN_HOME/rules.yaml" <<'end'
before:
  partner:
    if: { from: ['@partner.example.com', 'boss@*'] }
    then: { category: partner, team: sales }
  bills:
    if: { to: bills@example.com, subject: [invoice, 'rechnung*'] }
    then: { category: bill, priority: low, team: finance, stop: yes }
  loud:
    if: { text: 'last warning*lawyer' }
    then: { priority: urgent }
  news:
    if: { header: { List-Id: '*news*', x-tag: sale } }
    then: { category: news, team: none }
  german:
    if: { language: de }
    then: { priority: low }
  chatter:
    if: { channel: chat, attachment: no }
    then: { priority: high }
after:
  parcels:
    if: { category: where_is_it, confidence: above 0.2 }
    then: { category: parcel, team: warehouse }
  never-sure:
    if: { best: refund, confidence: above 0.5, abstained: no }
    then: { abstain: yes }
  unsure:
    if: { confidence: below 0.5 }
    then: { team: look }
  all-low:
    if: { to: bills@example.com }
    then: { priority: high }
end
status 'they are well-formed' 0 sh -c 'cn-model rules </dev/null'
like 'and counted' "$(cat "$T/err")" '6 rules before the model, 4 after it'
is 'an after rule, and what the model guessed' \
    "$(late | class '.category, .best, .team, .rule')" \
    '["parcel","where_is_it","warehouse",{"category":"parcels","team":"parcels"}]'
is 'a before rule: the model is not asked, later rules are' \
    "$(late a@partner.example.com | class '.category, .best, .confidence,
	.team, .rule')" \
    '["partner",null,1,"sales",{"category":"partner","team":"partner"}]'
is 'a glob in an address' "$(late Boss@x.example.com | class .category)" \
    '["partner"]'
is 'the whole of it' "$(late a@notpartner.example.com | class .category)" \
    '["parcel"]'
is 'of no other domain' "$(late a@partner.example.com.test |
    class .category)" '["parcel"]'
is 'stop: no rule behind it' "$(late '' bills@example.com 'Your INVOICE 7' |
    class '.category, .priority, .rule.priority')" '["bill","low","bills"]'
is 'a word, not a part of one' "$(late '' bills@example.com 'Invoiced' |
    class '.category, .priority, .rule.priority')" \
    '["parcel","high","all-low"]'
is 'a part, where it says so' "$(late '' bills@example.com 'Rechnungen' |
    class .category)" '["bill"]'
is 'words in the text, in order' "$(echo 'This is my LAST warning, my
lawyer writes' | mail a@example.com desk@example.com x | class .priority)" \
    '["urgent"]'
is 'and not the other way' "$(echo 'my lawyer, last warning' |
    mail a@example.com desk@example.com x | class .rule.priority)" '[null]'
is 'nor in what is quoted' "$(printf 'no\n\n> last warning, lawyer\n' |
    mail a@example.com desk@example.com x | class .rule.priority)" '[null]'
is 'header fields, all that are named' "$(echo hello | mail a@example.com \
    desk@example.com x 'List-Id: <daily.news.example.com>' 'X-Tag: big
 sale' | class .category)" '["news"]'
is 'not one alone' "$(echo hello | mail a@example.com desk@example.com x \
    'List-Id: <daily.news.example.com>' | class .rule.category)" '[null]'
is 'nor in the body' "$(printf 'List-Id: news\nX-Tag: sale\n' |
    mail a@example.com desk@example.com x | class .rule.category)" '[null]'
is 'a language' "$(echo 'Wo ist mein Paket? Ich warte seit drei Wochen.' |
    mail a@example.com desk@example.com Frage | class '.priority,
	.rule.priority')" '["low","german"]'
is 'a later rule stands above' "$(echo 'Wo ist mein Paket? Ich warte lange.' |
    mail a@example.com bills@example.com Frage | class '.priority,
	.rule.priority')" '["high","all-low"]'
is 'a channel' "$(echo '{"v":1,"type":"message","channel":"chat","text":"hm"}' |
    class .rule.priority)" '["chatter"]'
is 'a number below' "$(echo 'xyzzy' | mail a@example.com desk@example.com plugh |
    class .rule.team)" '["unsure"]'
is 'abstain' "$(echo 'I want a refund, give me my money back' |
    mail a@example.com desk@example.com refund |
    class '.category, .best, .abstained, .rule.category')" \
    '[null,"refund",true,"never-sure"]'
late '' bills@example.com 'Your invoice' >"$T/bill"
is '-p has the team' "$(cn-classify -q --no-store -p "$T/bill" |
    grep -E '^X-CN-(Team|Category)')" 'X-CN-Category: bill
X-CN-Team: finance'

# A hostile mail against many rules: every field is looked at once, and no more
# than 64 KiB of them.  The limit is of processor time.
LC_ALL=C awk 'BEGIN {
	print "before:"
	for (i = 0; i < 998; i++)
		printf "  r%d: { if: { to: \"*q%d@*\", header: { x: %s%d } }, " \
		    "then: { team: t } }\n", i, i, "aab*aab*aab*q", i
	print "  top: { if: { header: { x-top: yes } }, then: { team: top } }"
	print "  end: { if: { header: { x-end: yes } }, " \
	    "then: { priority: high } }"
}' >"$T/many.yaml"
hostile() {	# NUMBER: of fields
	LC_ALL=C awk -v n="$1" 'BEGIN {
		print "X-Top: yes"
		printf "From: a@example.com\nTo: b@example.com"
		for (i = 0; i < n * 20; i++)
			printf ",\n q%d@example.com", i
		for (i = 0; i < n; i++) {
			printf "\nX: "
			for (k = 0; k < 250; k++)
				printf "aab "
		}
		print "\nX-End: yes\n\nhello"
	}'
}
hostile 900 >"$T/hostile"
status 'many rules, a hostile mail' 0 sh -c "ulimit -t 10
    cn-model rules -q '$T/many.yaml' <'$T/hostile'"
is 'fields on top are seen, not those behind 64 KiB' \
    "$(jq -c '[.team, .priority]' "$T/out")" '["top","normal"]'
hostile 1 >"$T/small"
is 'control: of a small one all are' "$(cn-model rules -q "$T/many.yaml" \
    <"$T/small" | jq -c '[.team, .priority]')" '["top","high"]'

# In the store.
late | cn-import -q >"$T/line" 2>/dev/null
is 'stored: one event' "$(cn-classify -q <"$T/line" | jq -c .class.category)" \
    '"parcel"'
is 'with its rule' "$(cn-query category:parcel | jq -c .class.rule)" \
    '{"category":"parcels","team":"parcels"}'
is 'the doctor knows the file' "$(cn-store doctor)" 'all is well'
echo hello | mail a@example.com desk@example.com x \
    'List-Id: <daily.news.example.com>' 'X-Tag: sale' |
    cn-import -q >"$T/news" 2>/dev/null
is 'header fields come from the store' "$(cn-classify -q <"$T/news" |
    jq -c .class.category)" '"news"'
jq -c '{v, type, id}' "$T/news" >"$T/ref"
is 'dry run: which rule fires' "$(cn-model rules -q <"$T/ref" |
    jq -c '[.category, .rule]')" '["news",{"category":"news","team":"news"}]'
sed 's/parcel, team: warehouse/box, team: store/' "$CN_HOME/rules.yaml" \
    >"$T/new.yaml"
is 'of another file' "$(cn-model rules -q "$T/new.yaml" <"$T/line" |
    jq -r .category)" box
is 'nothing is stored' "$(cn-query category:box)" ''
cp "$T/new.yaml" "$CN_HOME/rules.yaml"
is 'other rules: another answer' "$(cn-classify -q <"$T/line" |
    jq -r .class.category)" box
is 'which is stored' "$(cn-query category:box | wc -l)" 1
jq -c --arg id "$(jq -r .id "$T/line")" 'select(.id == $id)' <<end >"$T/ruled"
$(cn-query category:box)
end
like 'what a rule has said is no label' "$(cn-model learn "$T/ruled" 2>&1)" \
    ' 0 labelled, 1 as they were'

# --- a broken file: nothing is classified ---
broken() {	# NAME LINE PATTERN, the file on stdin
	cat >"$CN_HOME/rules.yaml"
	status "$1: 78" 78 sh -c "cn-model rules </dev/null"
	like "$1: where" "$(cat "$T/err")" "rules.yaml:$2: ([a-z]+: )?$3"
	status "$1: nothing is classified" 78 sh -c "cn-classify <'$T/line'"
	is "$1: no line" "$(cat "$T/out")" ''
}
broken 'no YAML' 3 '' <<'end'
before:
  x: [
end
broken 'no such section' 2 'unknown key' <<'end'
befor:
  x: { if: { from: a }, then: { team: b } }
end
broken 'no such condition' 3 'no such condition' <<'end'
before:
  x:
    if: { form: a }
    then: { team: b }
end
broken 'too early' 2 'category: is known only after the model' <<'end'
before:
  x: { if: { category: a }, then: { team: b } }
end
broken 'no such sentiment' 3 'none of [a-z, ]*neutral' <<'end'
after:
  y: { if: { sentiment: neg*, priority: [low, '*'] }, then: { team: b } }
  x: { if: { sentiment: [positive, angry] }, then: { team: b } }
end
printf 'before:\n  x: { if: { language: [%s] }, then: { team: b } }\n' \
    "$(cut -f1 "$root/tests/language.tsv" | sort -u | paste -sd ,)" \
    >"$CN_HOME/rules.yaml"
like 'as many languages as we can tell' "$(cat "$CN_HOME/rules.yaml")" \
    'bg,.*,hi-Latn,.*,te'
status 'are languages' 0 sh -c "cn-model rules </dev/null"
broken 'no such channel' 4 'none of email, chat' <<'end'
before:
  z: { if: { channel: [Chat, '*ail'] }, then: { team: b } }
  y: { if: { header: { channel: mail } }, then: { team: b } }
  x: { if: { channel: mail }, then: { team: b } }
end
broken 'no such field' 2 'X Tag: no name of a header field' <<'end'
before:
  x: { if: { header: { X Tag: a } }, then: { team: b } }
end
broken 'no such language' 4 'fits none that there is' <<'end'
before:
  z: { if: { language: [DE, hi-Latn, 'hi*', mr, uk, ur, as, el, zh, '*'] },
       then: { team: b } }
  y: { if: { language: [en, german] }, then: { team: b } }
end
broken 'no such language after the model' 2 'fits none that there is' <<'end'
after:
  x: { if: { language: en-GB }, then: { team: b } }
end
broken 'no such request' 2 'none of [a-z, ]*portability' <<'end'
after:
  x: { if: { request: deletion }, then: { team: b } }
end
broken 'nothing to do' 2 'then is missing' <<'end'
before:
  x: { if: { from: a } }
end
broken 'nothing to ask' 2 'if is missing' <<'end'
before:
  x: { then: { team: a } }
end
broken 'an empty condition' 2 'conditions are expected' <<'end'
before:
  x: { if: {}, then: { team: a } }
end
broken 'no number' 2 'a number from 0 to 1' <<'end'
after:
  x: { if: { confidence: below high }, then: { team: b } }
end
broken 'two words' 2 'a word of 1 to 64 bytes' <<'end'
after:
  x: { if: { abstained: yes }, then: { category: two words } }
end
broken 'no priority' 2 'none of low, normal, high, urgent' <<'end'
after:
  x: { if: { abstained: yes }, then: { priority: top } }
end
broken 'twice the same name' 3 'key given twice' <<'end'
before:
  x: { if: { from: a }, then: { team: b } }
  x: { if: { from: a }, then: { team: b } }
end
broken 'abstain before' 2 'cannot be set' <<'end'
before:
  x: { if: { from: a }, then: { abstain: yes } }
end
: >"$CN_HOME/rules.yaml"
status 'an empty file has no rules' 0 sh -c "cn-classify -q <'$T/line'"
is 'control: classified again' "$(jq -r .class.category "$T/out")" where_is_it
status 'a file that is not there' 2 cn-model rules "$T/none"

# Hostile text takes no time.
{
	printf 'before:\n  stars:\n    if: { text: "'
	i=0
	while [ $i -lt 120 ]; do
		printf 'a*'
		i=$((i + 1))
	done
	printf 'b" }\n    then: { team: b }\n'
} >"$CN_HOME/rules.yaml"
head -c 3000000 /dev/zero | tr '\0' a |
    mail a@example.com desk@example.com x >"$T/many"
status 'three million letters, a hundred stars' 0 timeout 20 \
    cn-classify -q --no-store "$T/many"

# A rule that names somebody is a copy of their address, too.
echo 'hello' | mail gone@example.net desk@example.com x | cn-import -q >/dev/null
echo '# but not Gone@example.net.
before: { vip: { if: { from: [ann@example.net, "gone@example.net"] },
    then: { team: vip } } }' >"$CN_HOME/rules.yaml"
status 'a rule names who is erased: not proved' 5 \
    cn-purge -s gone@example.net --apply --yes --prove
in_files() {
	tail -n 1 "$T/out" | jq -c '.checks[] | select(.none_of |
	    test("own files")) | .found'
}
is 'nor does a comment' "$(in_files)" 2
sed 's/[Gg]one@/joe@/' "$CN_HOME/rules.yaml" >"$T/other.yaml"
cp "$T/other.yaml" "$CN_HOME/rules.yaml"
status 'it does not any more: proved' 0 cn-purge -s gone@example.net --prove
is 'others may be named' "$(in_files)" 0
finish
