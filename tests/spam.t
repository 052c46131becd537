#!/bin/sh
# A model of spam: made from mailboxes, asked beside that of the category, and
# never where the mail itself is not at hand.
. "$(dirname "$0")/lib.sh"

# box KIND FIRST LAST: mails that differ in words and numbers
box() {
	i=$2
	while [ "$i" -le "$3" ]; do
		printf 'From x@example.com Mon Nov 23 15:00:00 2026\n'
		if [ "$1" = spam ]; then
			printf 'From: deal%d@offers%d.example.net\n' $i $((i % 9))
			printf 'To: help@shop.example\nX-Mailer: MegaMail %d\n' $i
			printf 'Subject: OFFER %d FOR YOU!!\n' $i
			printf 'Content-Type: text/html\n'
		else
			printf 'From: Ann <ann%d@example.com>\n' $i
			printf 'To: help@shop.example\nUser-Agent: Mutt\n'
			printf 'Subject: order %d\n' $i
		fi
		printf 'Date: Mon, 23 Nov 2026 15:00:%02d +0000\n' $((i % 60))
		printf 'Message-ID: <%s%d@example.com>\n\n' "$1" $i
		case $1$((i % 3)) in
		spam0) echo '<font color="#ff0000">Cheap watches, buy now</font>' ;;
		spam1) echo '<a href="http://192.0.2.1/">win a prize</a>' ;;
		spam2) echo '<b>earn money at home, no risk</b>' ;;
		ham0) echo "Where is my order $i? It has not arrived." ;;
		ham1) echo "Please send me the invoice of order $i." ;;
		ham2) echo "The kettle of order $i leaks, can you help?" ;;
		esac
		echo
		i=$((i + 1))
	done
}

class() {
	jq -r ".class.$1" "$T/out"
}

box spam 1 40 >"$T/spam"
box ham 1 60 >"$T/ham"
box spam 101 106 >"$T/new_spam"
box ham 101 106 >"$T/new_ham"
mkdir -p "$T/dir/cur" "$T/dir/new" "$T/dir/tmp"
box ham 201 201 | sed 1d >"$T/dir/cur/1.a:2,S"

status 'a model of two mailboxes' 0 cn-model train -o "$T/spam.model" \
    "spam=$T/spam" "ham=$T/ham"
like 'with all of their mails' "$(cat "$T/err")" '102 examples of 2 categories'
cp "$T/spam.model" "$T/first"
status 'the same again' 0 cn-model train -o "$T/spam.model" \
    "spam=$T/spam" "ham=$T/ham"
ok 'is the same to the byte' cmp "$T/first" "$T/spam.model"
status 'a Maildir is one too' 0 cn-model train -o "$T/other.model" \
    "spam=$T/spam" "ham=$T/ham" "ham=$T/dir"
like 'with its mail' "$(cat "$T/err")" '103 examples'
status 'a mailbox that is not there: 2' 2 cn-model train -o "$T/x.model" \
    "spam=$T/nothing" "ham=$T/ham"
like 'and is named' "$(cat "$T/err")" "$T/nothing"
status 'what is no mail: 3' 3 cn-model train -o "$T/x.model" \
    "spam=$T/spam" "ham=/bin/sh" "ham=$T/ham"
like 'and is counted' "$(cat "$T/err")" '/bin/sh: 1 are no mail'

status 'it is asked' 0 cn-classify --no-store --explain \
    --spam-model "$T/spam.model" "$T/new_spam" "$T/new_ham"
is 'and tells new spam from new ham' "$(class spam | uniq -c | xargs)" \
    '6 true 6 false'
is 'its name is on the line' "$(class spam_model | sort -u)" \
    "$(cn-model show "$T/spam.model" |
	jq -r .model)"
cp "$T/out" "$T/with"
status 'control: the tables do not see it' 0 cn-classify --no-store \
    "$T/new_spam"
like 'not all of it' "$(class spam)" false
is 'and no model is named' "$(class spam_model | sort -u)" null
is 'the category is as before' "$(jq -c '.class.best' "$T/with" | head -n 6)" \
    "$(jq -c '.class.best' "$T/out")"

# Lines: the store has the mail, or the tables decide.
ok 'a store' cn-store init
cn-import "$T/new_spam" >"$T/lines" 2>/dev/null
cn-classify --spam-model "$T/spam.model" <"$T/lines" >"$T/out"
is 'a line has its mail in the store' "$(class spam | sort -u)" true
is 'once more changes nothing' "$(cn-classify --spam-model "$T/spam.model" \
    <"$T/lines")" "$(cat "$T/out")"
cn-classify --no-store --spam-model "$T/spam.model" <"$T/lines" >"$T/out"
like 'without a store the tables decide' "$(class spam)" false
sqlite3 "$CN_HOME/store.db" 'UPDATE message SET classified = NULL'
cn-classify --pending --spam-model "$T/spam.model" >"$T/out"
is '--pending too' "$(class spam | sort -u)" true

# What is no such model.
status 'a file that is not there: 78' 78 cn-classify --no-store \
    --spam-model "$T/none.model" "$T/new_ham"
printf 'a\tone thing\nb\tanother thing\n' >"$T/ab.tsv"
cn-model train -o "$T/ab.model" "$T/ab.tsv" 2>/dev/null
status 'and one of other classes: 78' 78 cn-classify --no-store \
    --spam-model "$T/ab.model" "$T/new_ham"
like 'with a hint' "$(cat "$T/err")" '^hint: .*spam=FILE ham=FILE'
finish
