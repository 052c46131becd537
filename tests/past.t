#!/bin/sh
# Past answers among many: those of old, of which nothing is in the sample of
# the newest thousand, are found by the index of words, and what their words
# are is found out there, too.
. "$(dirname "$0")/lib.sh"
have jq || {
	echo '1..0 # SKIP jq is needed'
	exit 0
}

cn-store init -q || exit 1
echo 'desk: [help@shop.test]' >"$CN_HOME/config.yaml"
awk 'function pair(who, ask, answer, box) {
	n++
	box = box ? box : "c" n "@example.com"
	at = sprintf("%02d:%02d:%02d", n / 3600, n % 3600 / 60, n % 60)
	printf "From x Mon Nov  2 00:00:00 2026\nFrom: %s <%s>\n" \
	    "To: help@shop.test\nDate: Mon, 2 Nov 2026 %s +0000\n" \
	    "Message-ID: <q%d@x.test>\nSubject: question\n\n%s\n\n", who, box,
	    at, n, ask
	printf "From x Mon Nov  2 00:00:00 2026\nFrom: help@shop.test\n" \
	    "To: %s <%s>\nDate: Mon, 2 Nov 2026 %s +0000\n" \
	    "Message-ID: <a%d@x.test>\nIn-Reply-To: <q%d@x.test>\n" \
	    "Subject: Re: question\n\n%s\n\n", who, box, at, n, n, answer
}
BEGIN {
	split("Kim Lou Nia Asha Veer Tara Mehta Nair Sen", one, " ")
	for (i = 1; i <= 3; i++)
		pair(one[i], "the hinge of my Rosewood table is broken",
		    "We repair the hinge of a Rosewood table free of charge. " \
		    "Please answer this mail if it does not come.")
	pair("Jan", "the drawer squeaks", "We oil the drawer of a Wenge " \
	    "desk. Please answer this mail if it does not come. Your parcel " \
	    "leaves our warehouse this week.")
	for (i = 1; i <= 3; i++)
		pair("Sigrun " one[i], "the lamp flickers, yours Sigrun", "Ask Sigrun " \
		    "for the lamp. Please answer this mail if it does not " \
		    "come. Your parcel leaves our warehouse this week.")
	pair("Ida", "the lamp flickers at night", "Ask Sigrun for the lamp. " \
	    "Please answer this mail if it does not come. Your parcel " \
	    "leaves our warehouse this week.")
	rest = " Please answer this mail if it does not come. Your parcel " \
	    "leaves our warehouse this week."
	for (i = 1; i <= 3; i++)
		pair(one[i + 3] " Rao", "the shelf bends", "We send the shelf " \
		    "of a Larch desk." rest)
	for (i = 0; i < 1100; i++)
		pair("Leo", "when does parcel " i " leave your warehouse",
		    "Your parcel leaves our warehouse this week. Please " \
		    "answer this mail if it does not come.")
	for (i = 1; i <= 3; i++)
		pair(one[i + 3] " Rao", "the stool wobbles", "We send the stool " \
		    "of a Maple desk." rest)
	for (i = 1; i <= 3; i++) {
		pair(one[i] " of" one[i], "the crate leaks", "We send the " \
		    "crate of an Aspen desk." rest, "b" i "@mail.kiln.test")
		pair("", "the trunk sticks", "We send the trunk of an Alder " \
		    "desk." rest, "n.pell+" i "@" one[i] ".test")
	}
	for (i = 1; i <= 3; i++)
		pair(one[i + 3] " " one[i + 6], "the bench creaks", "We send " \
		    "the bench of a Birch desk." rest)
}' >"$T/box"
cn-import -q --format none "$T/box" || exit 1

ask() {
	printf 'From: new@example.com\nTo: help@shop.test\nSubject: question\n
%s\n' "$1"
}
texts() {	# of past answers
	cn-reply-suggest "$@" --max 8 --min-score 0 2>/dev/null |
	    jq -r '.replies[] | select(.source.message) | .text' | sort -u
}

is 'an old answer is found, with words that three of old have said' \
    "$(ask 'a hinge of the table is broken' | texts | grep hinge)" \
    'We repair the hinge of a Rosewood table free of charge. Please answer this mail if it does not come.'
is 'not where only newer ones are looked at' \
    "$(ask 'a hinge of the table is broken' | texts --past 900 |
    grep -c -e hinge)" 0
is 'without what one alone has said' "$(ask 'the drawer squeaks' | texts |
    grep -c -e Wenge -e drawer)" 0
is 'nor a name that as many bear as say it' \
    "$(ask 'the lamp flickers at night' | texts | grep -c Sigrun)" 0
is 'control: what is left of both is shown' "$(for q in 'the drawer squeaks' \
    'the lamp flickers at night'; do ask "$q" | texts; done | sort -u |
    grep -c '^Please.*this week')" 1

is 'nor what one family was told, of old or new' "$(for q in \
    'the shelf bends' 'the stool wobbles'; do ask "$q" | texts; done |
    grep -c -e Larch -e Maple)" 0
is 'nor the people of one company, nor one by three addresses' "$(for q in \
    'the crate leaks' 'the trunk sticks'; do ask "$q" | texts; done |
    grep -c -e Aspen -e Alder)" 0
is 'control: three families were' "$(ask 'the bench creaks' | texts |
    grep -c '^We send the bench of a Birch desk')" 1

# What was asked before changes nothing.
for q in 'a hinge of the table is broken' 'the drawer squeaks' \
    'the lamp flickers at night' 'when will parcel 7 leave'; do
	printf 'From x Mon Nov  2 00:00:00 2026\n'
	ask "$q"
	echo
done >"$T/four"
cn-reply-suggest --max 8 --min-score 0 "$T/four" | jq -c .replies >"$T/pipe"
for n in 1 2 3 4; do
	awk -v n="$n" '/^From x/ { i++ } i == n' "$T/four" >"$T/one"
	cn-reply-suggest --max 8 --min-score 0 "$T/one"
done | jq -c .replies >"$T/single"
ok 'control: there are drafts of all' [ "$(grep -c message "$T/pipe")" -eq 4 ]
ok 'a message alone has the drafts that it has among others' \
    cmp -s "$T/pipe" "$T/single"
finish
