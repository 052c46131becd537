#!/bin/sh
# cn-report workflow on a mailbox in which it was planted what there is to be
# found, and what looks like it and is none.
. "$(dirname "$0")/lib.sh"
have sqlite3 && have jq || {
	echo '1..0 # SKIP needs sqlite3 and jq'
	exit 0
}

help=help@shop.test billing=billing@shop.test
day=86400 t0=1793577600		# Monday, 2 November 2026
no=0 at=$t0

# mail NAME FROM TO SECONDS-AFTER-THE-LAST [ANSWERS]: the body is read.
mail() {
	no=$((no + 1)) at=$((at + $4))
	printf 'From x Mon Nov  2 00:00:00 2026\nFrom: %s <%s>\nTo: %s\n' \
	    "$1" "$2" "$3"
	printf 'Date: %s\nMessage-ID: <m%d@shop.test>\n' \
	    "$(date -u -d "@$at" -R)" $no
	[ -z "${5-}" ] || printf 'In-Reply-To: <m%d@shop.test>\n' "$5"
	printf 'Subject: %s\nContent-Type: text/plain; charset=utf-8\n\n' \
	    "${subject:-order}"
	cat
	echo
}

# ask NAME ADDRESS: a question, a day after what was before.
ask() {
	mail "$1" "$2" $help $day <<-M
	A question about $subject that $1 has.
	M
}

refund() {
	cat <<-M
	Dear $1 Ⓡⓐⓞ 🅡,

	thank you for writing 😊. We have received the parcel that you sent back
	for order LL-$2 and the money is on its way: it will be on your account
	within five working days. Nothing else is needed from your side.

	Kind regards
	Priya Nair
	M
}

invoice() {
	cat <<-M
	Hello $1,

	your invoice is in your account under Orders, where you can download
	it as a file at any time. It carries the number $2.
	M
}

{
	# Eight refunds, two minutes each after the question; the same text but
	# for name and number.
	subject=refund
	i=0
	for who in Anika Bruno Chen Dana Emil Farid Gita Hugo; do
		i=$((i + 1))
		ask "$who Rao" "$who@example.com"
		mail 'Priya Nair' $help "$who@example.com" 120 $no <<-M
		$(refund "$who" 201$i$i)
		M
	done
	# The same to four customers: too few.
	subject=size
	for who in Ida Jan Kim Leo; do
		ask $who $who@example.com
		mail 'Priya Nair' $help $who@example.com 300 $no <<-M
		Hello $who, the small one is forty centimetres wide and the
		large one is sixty, both are as deep as they are wide.
		M
	done
	# The same nine times to one.
	subject=mould
	for i in 1 2 3 4 5 6 7 8 9; do
		ask Mona mona@example.com
		mail 'Priya Nair' $help mona@example.com 300 $no <<-M
		Hello Mona, please wipe the tin with oil while it is warm and
		keep it dry in a cupboard with the door open.
		M
	done
	# Six that have nothing in common but what stands below them.
	subject=other
	for text in \
	    'The oven shelf can be ordered again from next spring on.' \
	    'We do not deliver to islands, sorry about that.' \
	    'A colleague of mine looks into it and writes to you today.' \
	    'Yes, both colours can be mixed in one and the same set.' \
	    'The lid is made of glass, the knob is made of beech.' \
	    'Please tell us which of the two addresses is the right one.'; do
		i=$((i + 1))
		ask "Other$i" other$i@example.com
		mail 'Priya Nair' $help other$i@example.com 300 $no <<-M
		$text

		Kind regards
		Priya Nair, Lohar & Lind, customer care in Pune
		Open from nine to six on every day but Sunday
		Think of the forest before you print this mail
		Registered in Pune under the number 20-771-B
		M
	done
	# Six that a macro was used for.
	subject=late
	for who in Nora Otto Pia Quinn Rosa Sven; do
		i=$((i + 1))
		ask $who $who@example.com
		mail 'Priya Nair' $help $who@example.com 300 $no <<-M
		Dear $who,

		we are sorry that your parcel is late. The carrier has it and
		will bring it on the next working day (order AB-77$i).

		Priya Nair
		M
	done
	# Twenty invoices, always answered alike.
	subject=invoice
	i=0
	while [ $i -lt 20 ]; do
		i=$((i + 1))
		ask "Inv$i Shah" inv$i@example.com
		mail 'Priya Nair' $help inv$i@example.com 300 $no <<-M
		$(invoice "Inv$i" 880$i)
		M
	done
	# Six payments that are handed over after three hours, two that are not;
	# six wholesalers that are, and as many that are not.
	for subject in payment wholesale; do
		stay=8
		[ $subject = payment ] || stay=12
		i=0
		while [ $i -lt $stay ]; do
			i=$((i + 1))
			ask "Pay$i" $subject$i@example.com
			asked=$no
			mail 'Priya Nair' $help $subject$i@example.com 300 \
			    $asked <<-M
			A colleague helps.
			M
			[ $i -le 6 ] || continue
			mail 'Tom Weiss' $billing $subject$i@example.com \
			    10800 $asked <<-M
			Paid in part.
			M
		done
	done
} >"$T/box"
# Twelve questions that came in one night, answered in one sitting.
{
	subject=night
	i=0 at=$((t0 + 20 * day)) first=$no
	while [ $i -lt 12 ]; do
		i=$((i + 1))
		mail N$i n$i@example.com $help 1 <<-M
		A question about $subject.
		M
	done
	i=0
	while [ $i -lt 12 ]; do
		i=$((i + 1))
		mail 'Priya Nair' $help n$i@example.com 240 $((first + i)) <<-M
		Good morning N$i, the shop was closed in the night and is open
		again from nine until six today.
		M
	done
} >"$T/busy"
cat >"$T/config.yaml" <<Y
name: Lohar & Lind
desk: [$help, $billing]
Y
cat >"$T/macros.yaml" <<'Y'
late:
  category: delivery
  text:
    en: |
      Dear {name},

      we are sorry that your parcel is late. The carrier has it and will
      bring it on the next working day (order {order}).

      {agent}
Y
CN_CONFIG=$T/config.yaml
export CN_CONFIG

workflow() {
	cn-report workflow -q --since 2026-11-01 --now 2027-03-01 \
	    --macros "$T/macros.yaml" "$@"
}
sql() {
	sqlite3 "$CN_HOME/store.db" "$1"
}

ok 'a store' cn-store init --test
is 'nothing yet' "$(workflow)" ''
like 'as is said' "$(cn-report workflow 2>&1 >/dev/null)" \
    'nothing was found of 5 customers'
is 'and a head without rows' "$(workflow --format csv | tr -d '\r')" \
    'finding,category,language,target,n,of,customers,wait,each,basis,saved,examples'
cn-import "$T/box" >/dev/null || fail 'the mailbox'
# The category of a question is its subject.
cn-query is:in | jq -r '"UPDATE message SET category = \u0027" + .subject +
    "\u0027, language = \u0027en\u0027 WHERE pub = \u0027" + .id +
    "\u0027;"' >"$T/sql"
sqlite3 "$CN_HOME/store.db" <"$T/sql"
is 'the questions are classified' "$(sql "SELECT count(*) FROM message
    WHERE category = 'invoice'")" 20

status 'it runs' 0 workflow
cp "$T/out" "$T/r"
is 'what is found, and nothing else' "$(jq -r '[.finding, .category, .n, .of,
    .customers] | map(tostring) | join(" ")' "$T/r")" \
    'macro invoice 20 85 20
macro refund 8 85 8
used late 6 85 6
same invoice 20 20 20
route payment 6 8 6'
is 'two runs are equal' "$(workflow)" "$(cat "$T/r")"
is 'the macro in use is named, and saves nothing more' \
    "$(jq -c 'select(.finding == "used") | [.target, .saved]' "$T/r")" \
    '["late",null]'
is 'how long customers waited' "$(jq -c 'select(.finding == "macro") |
    .wait' "$T/r")" '300
120'
is 'without pauses words tell: 42 of them at 40 a minute' \
    "$(jq -c 'select(.category == "refund") | [.each, .basis, .saved]' \
    "$T/r")" '[63,"words",504]'
# Six of eight went on, and two that stay would have to: four times three hours.
is 'what routing saves' "$(jq -c 'select(.finding == "route") |
    [.target, .wait, .saved]' "$T/r")" "[\"$billing\",10800,43200]"
newest=$(sql "SELECT group_concat(pub, ' ') FROM (SELECT m.pub FROM message m
    JOIN message q ON q.conversation = m.conversation WHERE q.category =
    'refund' AND m.direction = 'out' ORDER BY m.id DESC LIMIT 3)")
is 'examples are the newest' "$(jq -r 'select(.category == "refund") |
    .examples' "$T/r")" "$newest"
like 'the target is one of the answers' "$(cn-query --raw "$(jq -r \
    'select(.finding == "macro" and .category == "refund") | .target' \
    "$T/r")")" 'thank you for writing'
is 'as CSV, for people' "$(workflow --format csv | tr -d '\r' |
    sed -n 6p | cut -d , -f 1-11)" \
    "route,payment,,$billing,6,8,6,3h00m,,,12h00m"

# Fewer customers than --min: no row.
is '--min 4' "$(workflow --min 4 | jq -r 'select(.finding == "macro") |
    .category' | sort | xargs)" 'invoice refund size'
is '--min 2 shows nobody alone' "$(workflow --min 2 |
    jq 'select(.category == "mould")')" ''
is '--min 9' "$(workflow --min 9 | jq -r .category | xargs)" 'invoice invoice'
is 'a period without answers' "$(cn-report workflow -q --now 2027-03-01)" ''
is 'one with half of them' "$(workflow --until 2026-11-07 --min 2 |
    jq -c '[.category, .n]')" '["refund",4]'

# Pauses: twenty answers, four minutes one after the other.
ok 'a store with one busy hour' env CN_HOME="$T/home2" CN_KEYS="$T/keys2" \
    sh -c 'cn-store init --test && cn-import "$1"' sh "$T/busy"
is 'pauses tell' "$(CN_HOME=$T/home2 CN_KEYS=$T/keys2 cn-report workflow \
    --since 2026-11-01 --now 2027-03-01 | jq -c '[.n, .each, .basis,
    .saved]')" '[12,240,"pauses",2880]'

# talks DELAY NAME ADDRESS: what nobody marked as a machine's, so many seconds
# after each question; an answer; and another by NAME.
talks() {
	subject=talk i=0 at=$t0 no=0
	while [ $i -lt 6 ]; do
		i=$((i + 1))
		ask "T$i" t$i@example.com
		asked=$no
		mail 'Shop' $help t$i@example.com "$1" $asked <<-M
		We have got your message and will answer in a day or two.
		M
		mail 'Priya Nair' $help t$i@example.com 300 $asked <<-M
		A colleague helps.
		M
		mail "$2" "$3" t$i@example.com 10800 $asked <<-M
		Paid in part.
		M
	done >"$T/talks"
	rm -rf "$T/home3" "$T/keys3"
	CN_HOME=$T/home3 CN_KEYS=$T/keys3
	cn-store init -q --test && cn-import "$T/talks" >/dev/null
	sql "UPDATE message SET category = 'talk', language = 'en'
	    WHERE direction = 'in'"
	cn-report workflow --since 2026-11-01 --now 2027-03-01 --format csv |
	    tr -d '\r' | cut -d , -f 1,2,4,6-8,11 | sed 1d
	CN_HOME=$T/home CN_KEYS=$T/keys
}
printf 'desk: [%s, %s]\nagents: ["@shop.test"]\n' $help $billing >"$T/config3"
main=$CN_CONFIG CN_CONFIG=$T/config3
is 'an acknowledgement is no answer, a second address no handover' \
    "$(talks 5 'PRIYA  Nair' priya@shop.test)" ''
like 'control: a minute later it could be one' \
    "$(talks 60 'Priya Nair' priya@shop.test)" '^macro,talk,m[^,]*,18,6,1m00s,2m00s$'
like 'control: another name is another hand' \
    "$(talks 5 'Tom Weiss' tom@shop.test)" '^route,talk,p[^,]*,6,6,3h00m,18h00m$'
is 'so is another mailbox of the desk' \
    "$(talks 5 'Priya Nair' $billing)" "route,talk,$billing,6,6,3h00m,18h00m"
CN_CONFIG=$main

# Macros that can be pasted.
workflow --format yaml >"$T/new.yaml"
is 'one for each' "$(grep -c '^new-m' "$T/new.yaml")" 2
like 'with slots' "$(cat "$T/new.yaml")" '^      Dear \{name\} ,$'
like 'pictures stay' "$(cat "$T/new.yaml")" 'writing 😊\. We'
like 'for a number' "$(cat "$T/new.yaml")" 'for order \{order\} and the money'
like 'and who answers' "$(cat "$T/new.yaml")" '^      \{agent\}$'
is 'nothing of anybody' "$(grep -cE 'LL|Ⓡ|🅡|201|880|Rao|Shah|Inv|Priya|Nair|@' \
    "$T/new.yaml")" 0
printf 'From: Vera Quist <vera@example.com>\nTo: %s\nMessage-ID: <v@x.test>\n\
Subject: parcel sent back\n\nMoney for order LL-55512?\n' $help >"$T/q"
like 'cn-reply-suggest takes them' "$(cn-reply-suggest --macros \
    "$T/new.yaml" --no-history --min-score 0 <"$T/q" | jq -r '.replies[].text' |
    tr '\n' ' ')" 'Dear Vera Quist ,  thank .* for order LL-55512 and the money'
cp "$T/macros.yaml" "$T/both.yaml"
cat "$T/new.yaml" >>"$T/both.yaml"
is 'once pasted they are in use' "$(cn-report workflow --since 2026-11-01 \
    --now 2027-03-01 --macros "$T/both.yaml" | jq -r .finding | xargs)" \
    'used used used same route'
is 'and nothing is left to propose' "$(cn-report workflow -q --since 2026-11-01 \
    --now 2027-03-01 --macros "$T/both.yaml" --format yaml)" ''

# Whose owner objects or is restricted does not count, nor who is erased.
left() {
	workflow | jq -c 'select(.finding == "macro" and
	    .category == "refund") | .n'
}
who="(SELECT person FROM message WHERE category = 'refund' ORDER BY id LIMIT 1)"
sql "UPDATE person SET may = 3 WHERE id = $who"
is 'who objects to reports does not count' "$(left)" 7
sql "UPDATE person SET may = 5 WHERE id = $who"
is 'who objects to suggestions counts' "$(left)" 8
like 'but is no source of a macro' "$(workflow --min 8 --format yaml)" \
    '^# no text: too few may be shown'
sql "UPDATE person SET may = 7, state = 'restricted' WHERE id = $who"
is 'who is restricted does not' "$(left)" 7
sql "UPDATE person SET state = 'live' WHERE id = $who"
is 'control' "$(left)" 8
cn-purge --subject hugo@example.com --plan >"$T/plan"
ok 'hugo is erased' cn-purge --apply "$T/plan"
is 'and his answer with him' "$(left)" 7
is 'too few, then none' "$(workflow --min 8 | jq -r 'select(.category ==
    "refund")')" ''

if have python3; then
	TERM=xterm python3 -c 'import pty, sys; pty.spawn(sys.argv[1:])' \
	    cn-report workflow --since 2026-11-01 --now 2027-03-01 \
	    </dev/null >"$T/tty"
	esc=$(printf '\033')
	like 'on a terminal what was done makes room for the table' \
	    "$(head -n 1 "$T/tty" | tr '\r' '\n' | tail -n 3 | grep finding)" \
	    "^$esc\\[K($esc\\[1m)?finding"
fi
like 'reading is audited' "$(sql "SELECT entry FROM audit WHERE entry LIKE
    '%answers compared%' LIMIT 1")" 'cn-report'
status 'only workflow proposes' 2 cn-report volume --format yaml
status 'and has --min' 2 cn-report response --min 4
status 'or macros' 2 cn-report csat --macros "$T/macros.yaml"
like 'which is named' "$(cat "$T/err")" 'csat: takes no --macros'
status 'volume has no lengths' 2 cn-report volume --seconds
status 'a row is about two at least' 2 workflow --min 1
status 'no rows by day' 2 workflow --by day
status 'macros that are none' 78 workflow --macros "$T/box"
status 'a full disk' 74 sh -c 'cn-report workflow --since 2026-11-01 \
    --now 2027-03-01 --format csv >/dev/full'
finish
