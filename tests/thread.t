#!/bin/sh
# cn-classify: what a message is besides its words: what it goes on with, what
# is attached, to whom it was written.
. "$(dirname "$0")/lib.sh"
have sqlite3 && have jq || {
	echo '1..0 # SKIP sqlite3 and jq are needed'
	exit 0
}

sql() {
	sqlite3 "$CN_HOME/store.db" "$1"
}

# mail WHO NUMBER SUBJECT [ANSWERED]: the body on stdin, to the desk, or by it
# to $to.  Numbers are minutes.
mail() {
	printf 'From x Mon Nov  2 10:00:00 2026\nFrom: %s@example.com\n' "$1"
	printf 'To: %s\nSubject: %s\n' "${to-desk@example.com}" "$3"
	printf 'Date: Mon, 02 Nov 2026 %02d:%02d:00 +0000\n' $(($2 / 60)) \
	    $(($2 % 60))
	printf 'Message-ID: <m%d@example.com>\n' "$2"
	[ -z "${4-}" ] || printf 'In-Reply-To: <m%d@example.com>\n' "$4"
	printf 'MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n'
	printf 'Content-Transfer-Encoding: 8bit\n\n'
	cat
	echo
}
# The class of number N, of what cn-classify has said in $T/c.
class() {
	jq -r --arg m "m$1@example.com" 'select(.message_id == $m) | .class |
	    '"$2" "$T/c"
}
thread=thread:cancel_order
says="(.category // \"-\") + \" \" + ([.why[].feature | select(startswith(
    \"thread:\"))] | join(\" \"))"

ok 'a store' cn-store init
printf 'desk: [desk@example.com, billing@example.com]\n' \
    >"$CN_HOME/config.yaml"
{
	mail ann 1 Hello <<'M'
Please cancel my order 48377, I took the wrong size.
M
	to=ann@example.com mail desk 2 'Re: Hello' 1 <<'M'
Shall I cancel all three items?
M
	mail ann 3 'Re: Hello' 2 <<'M'
All three, yes please.
M
	mail ann 4 'Re: Hello' 3 <<'M'
still nothing!!
M
	mail ann 5 'Re: Hello' 4 <<'M'
👍
M
	mail ann 6 'Re: Hello' 5 <<'M'
Do you also have the matching toaster in stock?
M
	mail ann 7 'Re: Hello' 6 <<'M'
The grey one
M
	mail eve 8 'Re: Hello' 2 <<'M'
still nothing!!
M
} >"$T/box"
cn-import "$T/box" >"$T/lines" 2>/dev/null
ok 'a conversation is classified' cn-classify "$T/lines"
cp "$T/out" "$T/c"
is 'its first message by its words' "$(class 1 "$says")" 'cancel_order '
is 'what goes on with it by what it goes on with, which it says' \
    "$(class 3 "$says")" "cancel_order $thread"
is 'again and again' "$(class 4 "$says")" "cancel_order $thread"
is 'without a word that is known, too' "$(class 5 "$says")" \
    "cancel_order $thread"
is 'what its words say plainly it says' "$(class 6 "$says")" \
    'stock_availability '
is 'and that is gone on with' "$(class 7 "$says")" \
    'stock_availability thread:stock_availability'
unlike 'not what somebody else has written there' "$(class 8 "$says")" thread
like 'control: it is the same conversation' "$(jq -r --arg m \
    m8@example.com 'select(.message_id == $m) | .conversation' "$T/c")" \
    "^$(jq -r --arg m m1@example.com 'select(.message_id == $m) |
    .conversation' "$T/c")$"
is 'the same by its confidence: between 0 and 1' "$(jq -s 'all(.[] |
    select(.class) | .class; .confidence >= 0 and .confidence <= 1 and
    .margin >= 0)' "$T/c")" true
is 'once more: the same lines' "$(cn-classify "$T/lines" | cksum)" \
    "$(cksum <"$T/c")"
is 'one at a time: the same lines' "$(while read -r line; do
    printf '%s\n' "$line" | cn-classify
done <"$T/lines" | cksum)" "$(cksum <"$T/c")"
sql 'UPDATE message SET classified = NULL, class = NULL, category = NULL'
is '--pending: the same classes' "$(cn-classify --pending |
    jq -cS '[.id, .class]' | sort)" "$(jq -cS '[.id, .class]' "$T/c" | sort)"
unlike 'without a store no conversation is known' "$(cn-classify --no-store \
    <"$T/box" | jq -r '.class.why[]?.feature')" thread

# An agent's word stands above the model's, for what goes on, too.
jq -c 'select(.message_id == "m1@example.com") | {id, category: "refund"}' \
    "$T/c" | cn-model learn 2>/dev/null
cn-classify --pending >"$T/c" 2>/dev/null
is 'a corrected message takes along what goes on with it' \
    "$(class 4 "$says")" 'refund thread:refund'
is 'and not what does not' "$(class 6 "$says")" 'stock_availability '
is 'nor what somebody else wrote' "$(class 8 .)" ''
is 'until nothing is left' "$(cn-classify --pending 2>/dev/null)" ''
# What was found before the first message came in is made good.
sql "UPDATE message SET category = 'complaint' WHERE id = 1;
    UPDATE label SET category = 'complaint'"
cn-classify "$T/lines" >"$T/c" 2>/dev/null
is 'where it goes on with something else now' "$(class 4 "$says")" \
    'complaint thread:complaint'
is 'the store says so, too' "$(cn-query 'category:complaint' |
    jq -r .message_id | sort | xargs)" \
    'm1@example.com m3@example.com m4@example.com m5@example.com'
sql 'UPDATE person SET may = 6 WHERE id = (SELECT person FROM message
    WHERE id = 1)'
is 'who objects is not classified, with or without one' "$(cn-classify \
    "$T/lines" 2>/dev/null | jq -r 'select(.from.address == "ann@example.com") |
    [.skipped, .class] | @tsv' | sort -u)" "$(printf 'objected\t')"

# What an erasure leaves of others is what it was.
ok 'she is erased' cn-purge -q -s ann@example.com --apply --yes
is 'all of hers' "$(cn-query from:ann@example.com)" ''
is 'of her nothing is left with others' "$(cn-classify "$T/lines" 2>/dev/null |
    jq -c 'select(.message_id == "m8@example.com") | .class')" "$(jq -c '
    select(.message_id == "m8@example.com") | .class' "$T/c")"

# --- attachments and addresses, as a model learns them ---
# file NAME TYPE BYTES: a mail with little more than that
file() {
	n=$((n + 1))
	printf 'From x Mon Nov  2 10:00:00 2026\nFrom: c%d@example.com\n' $n
	printf 'To: %s\nSubject: here\n' "${to-desk@example.com}"
	printf 'Date: Tue, 03 Nov 2026 10:%02d:00 +0000\n' $n
	printf 'Message-ID: <f%d@example.com>\nMIME-Version: 1.0\n' $n
	printf 'Content-Type: multipart/mixed; boundary=b\n\n--b\n\nSee %s.\n' \
	    "$(printf 'attached\nenclosed\nbelow' | sed -n "$((n % 3 + 1))p")"
	[ -z "$1" ] || {
		printf -- '--b\nContent-Type: %s\nContent-Disposition: ' "$2"
		printf 'attachment; filename="%s"\n\n' "$1"
		head -c "$3" /dev/zero | tr '\0' x | fold -w 70
		echo
	}
	printf -- '--b--\n\n'
}
CN_HOME=$T/files CN_KEYS=$T/fkeys
ok 'another store' cn-store init
# An agent is no mailbox of the desk's, nor is who has a domain in its list.
printf 'desk: [desk@example.com, billing@example.com, "@anna.example"]\n' \
    >"$CN_HOME/config.yaml"
echo 'agents: [zoe@example.com]' >>"$CN_HOME/config.yaml"
meet='zoe@example.com, desk@example.com, anna@anna.example'
n=0
{
	for i in 1 2 3 4 5 6; do
		file "IMG_$i.jpg" image/jpeg 20000
		file "Rechnung $i.pdf" application/pdf 2000
		to=$meet file "call$i.ics" application/octet-stream 200
		to=billing@example.com file '' '' 0
	done
} >"$T/box"
cn-import "$T/box" 2>/dev/null | cn-classify | jq -c '{id, category: (
    if .to[0].address == "billing@example.com" then "money" else
    {"image/jpeg": "broken", "application/pdf": "paid",
    "application/octet-stream": "meeting"}[.attachments[0].type] end)}' |
    cn-model learn 2>/dev/null
ok 'a model learns from them' cn-model train --from-store --no-starter
n=30
{
	file photo.heic application/octet-stream 30000
	file Facture.PDF application/octet-stream 300
	to=$meet file invite.dat text/calendar 300
	to='Billing <BILLING@example.com>' file '' '' 0
	file logo.png image/png 3000
} >"$T/box"
cn-import "$T/box" 2>/dev/null | cn-classify >"$T/c"
is 'what kind of file is attached tells the category' "$(jq -r .class.best \
    "$T/c" | head -n 4 | xargs)" 'broken paid meeting money'
is 'and is said' "$(jq -c '[.class.why[].feature | select(startswith("~") and
    . != "~to:desk")] | sort' "$T/c" | head -n 4)" '["~file:image"]
["~file:pdf","~name:invoice"]
["~file:calendar"]
["~to:billing"]'
is 'a logo of a signature is no picture' "$(jq -c '[.class.why[].feature |
    select(startswith("~file"))]' "$T/c" | tail -n 1)" '[]'

# --- conversations that were written for this (threads.tsv) ---
CN_HOME=$T/conv CN_KEYS=$T/ckeys
ok 'a third' cn-store init
cp "$T/files/config.yaml" "$CN_HOME/"
awk -F '\t' '
/^#/ { next }
$1 == "subject" { subject = $2; c++; k = 0; next }
{
	n++
	who = sprintf("c%d@example.com", c)
	printf "From x Mon Nov  2 10:00:00 2026\nFrom: %s\nTo: %s\n",
	    $1 == "in" ? who : "desk@example.com",
	    $1 == "in" ? "desk@example.com" : who
	printf "Subject: %s%s\nDate: %02d Nov 2026 10:00:00 +0000\n",
	    k ? "Re: " : "", subject, k + 1
	printf "Message-ID: <%d@example.com>\n", n
	if (k)
		printf "In-Reply-To: <%d@example.com>\n", n - 1
	printf "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
	printf "Content-Transfer-Encoding: 8bit\n\n%s\n\n", $NF
	if ($1 == "in" && k)
		print n "@example.com\t" $2 >WANT
	k++
}' WANT="$T/want" "$root/tests/threads.tsv" >"$T/box"
cn-import "$T/box" 2>/dev/null | cn-classify | jq -r 'select(.class) |
    [.message_id, .class.category // "-"] | @tsv' >"$T/got"
awk -F '\t' 'FNR == NR { want[$1] = $2; next }
$1 in want { n++; right += $2 == want[$1]; wrong += $2 != want[$1] && $2 != "-" }
END { print n + 0, right + 0, wrong + 0 }' "$T/want" "$T/got" >"$T/n"
read -r n right wrong <"$T/n"
diag "$n messages that go on: $right right, $wrong wrong"
is 'all were classified' "$n" 60
ok 'two of three get their category' test "$right" -ge 42
ok 'and one of ten another' test "$wrong" -le 6
finish
