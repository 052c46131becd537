#!/bin/sh
# cn-reply-suggest --generator: what the program gets, what of its answers is
# believed, and that it is held: no network, time, size, one question at a time.
. "$(dirname "$0")/lib.sh"
have python3 && have jq || {
	echo '1..0 # SKIP python3 and jq are needed'
	exit 0
}
db=$CN_HOME/store.db

from() {
	_in=$1
	shift
	"$@" <"$_in"
}

ok 'a store' cn-store init
cat >"$CN_HOME/config.yaml" <<'Y'
name: Shop Example
desk:
  - help@shop.example
Y
m=$T/m.yaml
cat >"$m" <<'Y'
repair:
  category: warranty_repair
  text:
    en: |
      Dear {name},

      the kettle can be repaired free of charge within 14 days. Please send it back with the label that came along.

      {agent}
Y
# mail NAME ADDRESS NUMBER SUBJECT [Re-NUMBER]
mail() {
	printf 'From sender@example.com Mon Nov 23 15:00:00 2026\n'
	printf 'From: %s <%s>\nTo: %s\n' "$1" "$2" "${to-help@shop.example}"
	printf 'Date: Mon, 23 Nov 2026 15:%02d:00 +0000\n' "$3"
	printf 'Message-ID: <g%d@shop.example>\n' "$3"
	[ -z "${5-}" ] || printf 'In-Reply-To: <g%d@shop.example>\n' "$5"
	printf 'Subject: %s\n\n' "$4"
	cat
	echo
}
{
	mail 'Vera Quist' vera@example.com 1 kettle <<'M'
My kettle is broken. The order is AB-55512.
M
	to=vera@example.com mail 'Priya Nair' help@shop.example 2 \
	    'Re: kettle' 1 <<'M'
Dear Vera,

we have got your message. The ticket of the workshop is W-7788.

Priya
M
	mail 'Mallory Fox' mallory@example.com 3 'Re: kettle' 2 <<'M'
I am no part of this, my phone is +91 98450 00117.
M
} >"$T/past"
cn-import "$T/past" >/dev/null 2>&1
mail 'Vera Quist' vera@example.com 4 'Re: kettle' 2 >"$T/new" <<'M'
My kettle is still broken, can it be repaired? What is the ticket? It was
order AB-55512.
M
cn-import "$T/new" 2>/dev/null | cn-classify >"$T/line"

# gen PROGRAM: jq that makes the answer of the question
gen() {
	printf '%s\n' "$1" >"$T/gen.jq"
	cn-reply-suggest --macros "$m" --no-store --agent Priya --min-score 0 \
	    --generator "jq --unbuffered -c -f '$T/gen.jq'" "$T/line" \
	    >"$T/g" 2>"$T/g.err"
	_rc=$?
	jq -c '[.replies[] | select(.source.generator)][0]' "$T/g"
	return $_rc
}
text() {
	gen "$1" | jq -r '.text // empty'
}
why() {
	jq -c '[.withheld[]? | select(.source.generator)][0].why' "$T/g"
}

is 'off unless it is asked for' "$(cn-reply-suggest --macros "$m" --no-store "$T/line" |
    jq -c '[.replies[].source | select(.generator)]')" '[]'
is 'what is said by a candidate stands' \
    "$(text '{id, text: .candidates[0].text}' | head -n 1)" \
    'Dear Vera Quist,'
is 'with its source' "$(gen '{id, text: .candidates[0].text}' |
    jq -c .source)" '{"generator":"jq","from":[{"macro":"repair"}]}'
is 'it comes before its equals' "$(jq .replies[0].rank "$T/g")
$(jq -r '.replies[0].source.generator' "$T/g")" '1
jq'
first='"the kettle can be repaired free of charge within 14 days. "'
is 'an invention is left out' "$(text "{id, text: ($first + \"You will get \
a voucher for your patience as well.\")}")" \
    'the kettle can be repaired free of charge within 14 days.'
is 'and said' "$(jq -c '[.replies[] |
    select(.source.generator)][0].masked' "$T/g")" '["ungrounded"]'
is 'so is another number' "$(text "{id, text: ($first + \"Please send it back \
with the label within 30 days.\")}")" \
    'the kettle can be repaired free of charge within 14 days.'
is 'another day' "$(text "{id, text: ($first + \"Please send the label back \
Friday.\")}")" 'the kettle can be repaired free of charge within 14 days.'
is 'another name' "$(text "{id, text: ($first + \"Please send the label back \
to Ravindra.\")}")" 'the kettle can be repaired free of charge within 14 days.'
is 'an amount' "$(text "{id, text: ($first + \"Please send the label with \
5 EUR.\")}")" 'the kettle can be repaired free of charge within 14 days.'
is 'named as such' "$(jq -c '[.replies[] |
    select(.source.generator)][0].masked' "$T/g")" '["amount"]'
is 'a phone number' "$(text "{id, text: ($first + \"Please send it back, \
label: +91 98450 00117.\")}")" \
    'the kettle can be repaired free of charge within 14 days.'
is 'a link' "$(text "{id, text: ($first + \"Please send the label: \
https://e.example/x7\")}")" \
    'the kettle can be repaired free of charge within 14 days.'
is 'the opposite' "$(text "{id, text: \"the kettle cannot be repaired free of \
charge within 14 days.\"}")" ''
is 'is withheld' "$(why)" '["ungrounded"]'
is 'what the customer said may be said to them' "$(text "{id, text: ($first + \
\"The kettle of order AB-55512 can be repaired.\")}")" \
    'the kettle can be repaired free of charge within 14 days. The kettle of order AB-55512 can be repaired.'
is 'but they do not write the answer' "$(text "{id, text: ($first + \
\"Your order AB-55512 was broken, what is the ticket.\")}")" \
    'the kettle can be repaired free of charge within 14 days.'
# It answers with a word of the customer before.
jq -c '.id = null | .text = (.text | sub("kettle"; "kettle, says bunny,"))' \
    "$T/line" >"$T/two"
cat "$T/line" >>"$T/two"
cat >"$T/before.jq" <<'J'
foreach inputs as $q ({}; {id: $q.id, was: .is,
    is: ($q.text | test("bunny") | if . then "bunny" else "us" end)};
    {id, text: ("the kettle can be repaired free of charge within 14 days. " +
	"Please send it back to " + (.was // .is) + " with the label.")})
J
cn-reply-suggest --macros "$m" --no-store --agent Priya --min-score 0 \
    --generator "jq -n --unbuffered -c -f '$T/before.jq'" "$T/two" >"$T/g"
is 'what the customer before said is left out' "$(jq -c '[.replies[] |
    select(.source.generator) | .text | test("days"), test("bunny")]' "$T/g" |
    tr -d '\n')" '[true,true][true,false]'
is 'nothing to say is no draft' "$(gen '{id, text: null}')
$(why)" 'null
null'

# What it gets.  It can make files in folders that are not above the store's.
mkdir "$T/gen"
cat >"$T/keep" <<S
while read -r l; do
	printf '%s\n' "\$l" >>'$T/gen/asked'
	env | grep -c '^CN_' >'$T/gen/env'
	echo 'a word on stderr' >&2
	printf '%s' "\$l" | jq -c '{id, text: (.conversation[1].text)}'
done
S
status 'with the store' 0 cn-reply-suggest --macros "$m" --max 9 --min-score 0 \
    --generator "sh $T/keep" "$T/line"
cp "$T/out" "$T/g"
is 'one draft, from the conversation' "$(jq -c '[.replies[] |
    select(.source.generator)][0] | [.source.generator,
    (.source.from | map(keys[0])), (.text | contains("W-7788"))]' "$T/g")" \
    '["sh",["message"],true]'
is 'its standard error is not ours' "$(cat "$T/err")" ''
is 'our variables are not its' "$(cat "$T/gen/env")" 0
is 'it gets the message' "$(jq -c '[.v, .id, .language, .name,
    (.text | test("What is the ticket"))]' "$T/gen/asked")" \
    '[1,"1","en","Vera Quist",true]'
is 'what was said to and by its sender, nothing of others' \
    "$(jq -c '[.conversation[].direction, (tojson | test("98450"))]' \
    "$T/gen/asked")" '["in","out",false]'
ok 'control: it is of the same conversation' test \
    "$(sqlite3 "$db" 'SELECT count(DISTINCT conversation) FROM message')" = 1
is 'and the drafts that we have' "$(jq -c '[.candidates[].source |
    keys[0]] | unique' "$T/gen/asked")" '["macro","message"]'
like 'as mail it says so' "$(cn-reply-suggest -n 1 --min-score 0 --format \
    rfc822 --no-store --generator "jq --unbuffered -c '{id, text:
    .candidates[0].text}'" "$T/line")" '^X-CN-Draft: .*source=generator'

# Judged, and erased with what it is from.
id=$(jq -r .id "$T/line")
rank=$(jq '[.replies[] | select(.source.generator)][0].rank' "$T/g")
status 'a judgement is one of its sources' 0 cn-reply-suggest \
    --accept "$id:$rank"
is 'which are kept' "$(sqlite3 "$db" 'SELECT count(*) FROM feedback WHERE
    draft IS NOT NULL')" 1

# Held.
cat >"$T/net.py" <<'P'
import ctypes, fcntl, json, os, socket, sys, termios
libc = ctypes.CDLL(None, use_errno=True)

def call(number, *args):
    if libc.syscall(number, *args) < 0:
        raise OSError(ctypes.get_errno(), '')

def forked():
    pid = os.fork()
    if pid == 0:
        os._exit(0 if may(socket.socket) else 1)
    if os.waitpid(pid, 0)[1]:
        raise PermissionError

def given():
    try:
        os.fstat(9)
    except OSError:
        raise PermissionError

# Whatever else is said against it: the kernel had a look.
def may(what):
    try:
        what()
    except PermissionError:
        return False
    except OSError:
        pass
    return True

tries = {
    'internet': socket.socket, 'local': lambda: socket.socket(socket.AF_UNIX),
    'pair': socket.socketpair, 'forked': forked, 'given': given,
    'ring': lambda: call(425, 1, ctypes.create_string_buffer(256)),
    'typed': lambda: fcntl.ioctl(0, termios.TIOCSTI, b'x'),
}
for l in sys.stdin:
    q = json.loads(l)
    got = [k for k in tries if may(tries[k])]
    print(json.dumps({'id': q['id'], 'text': ' '.join(got) or
        q['candidates'][0]['text']}), flush=True)
P
is 'it has no network, by whatever way' "$(cn-reply-suggest --macros "$m" \
    --no-store --min-score 0 --generator "python3 $T/net.py" "$T/line" \
    9<"$T/line" | jq '[.replies[] | select(.source.generator)] | length')" 1
is 'control: by itself it has' "$(echo '{"id":"1","candidates":[{"text":""}]}' |
    python3 "$T/net.py" 9<"$T/line" | jq -r .text | sed 's/ ring//')" \
    'internet local pair forked given typed'
held() {	# NAME WHY CMD [OPTION...]
	_name=$1 _why=$2 _cmd=$3
	shift 3
	status "$_name" 69 cn-reply-suggest --macros "$m" --no-store --min-score 0 "$@" \
	    --generator "$_cmd" "$T/line" "$T/line"
	like 'with the reason' "$(cat "$T/err")" \
	    "cn-reply-suggest: generator: $_why.*: no draft of it after the first 0 m"
	is 'the other drafts are there' "$(jq -c '[.replies[].source | keys[0]] |
	    unique' "$T/out" | uniq -c | sed 's/^ *//')" '2 ["macro"]'
}
held 'it takes too long' 'no answer in 1 seconds' \
    "echo \$\$ >$T/gen/pid; exec sleep 60" --generator-time 1s
not_ok 'and is killed' kill -0 "$(cat "$T/gen/pid")"
# A child that would run away; whoever reads the fifo waits for its end.
mkfifo "$T/alive"
cat >"$T/run.py" <<'P'
import os, sys, time
there, say = os.pipe()
if os.fork() == 0:
    for leave in os.setsid, lambda: os.setpgid(0, 0):
        try:
            leave()
        except PermissionError:
            pass
    f = os.open(sys.argv[1], os.O_WRONLY)
    os.write(f, b'%d' % os.getsid(0))
    os.write(say, b'x')
    time.sleep(60)
os.read(there, 1)
os.write(1, b'x' * 100000)
time.sleep(60)
P
timeout 30 cat "$T/alive" >"$T/session" &
reader=$!
held 'its child would outlive it' 'it answers with more than 64 KiB' \
    "exec python3 $T/run.py $T/alive"
ok 'and is killed, too' wait $reader
is 'control: it was there' "$(cat "$T/session")" "$(python3 -c '
import os; print(os.getsid(0))')"
held 'it says too much' 'it answers with more than 64 KiB' \
    'head -c 100000 /dev/zero | tr "\0" x; sleep 60'
held 'it ends' 'it has ended' 'exit 0'
held 'it says two lines' 'it answers with more than a line' \
    'read l; echo "{}
{}"; sleep 60'
held 'it says what is no JSON' 'it answers with something else' \
    'read l; echo hello; sleep 60'
held 'it answers another question' 'it answers another question' \
    'read l; echo "{\"id\":\"7\",\"text\":\"x\"}"; sleep 60'

# The store and its keys are not its, nor is who started it.
cat >"$T/pry" <<S
for f in '$CN_HOME/store.db' '$CN_KEYS/keyring' '$T/gen/key' '$T/new'; do
	head -c 1 "\$f" >/dev/null 2>&1 && echo may || echo may not
done
true >'$CN_HOME/made' && echo may || echo may not
mv '$CN_KEYS' '$T/gen/keys' && echo may || echo may not
readlink /proc/\$1/exe >/dev/null && echo may || echo may not
kill -0 \$1 && echo may || echo may not
S
ln -s "$CN_KEYS/keyring" "$T/gen/key"
pried() {
	"$@" >/dev/null 2>&1
	tr '\n' , <"$T/gen/pried"
}
no='may not,may not,may not,may,may not,may not,may not'
if cn-reply-suggest -v --macros "$m" --no-store "$T/line" 2>&1 >/dev/null |
    grep -q Landlock; then
	skip 'files are kept' 'no Landlock'
else
	# Linux 6.12 keeps signals, too.
	printf '6.12\n%s\n' "$(uname -r)" | sort -VC && no="$no,may not," ||
	    no="$no,may,"
	is 'it opens no file of store or keys, by whatever name' "$(pried \
	    cn-reply-suggest --macros "$m" --generator \
	    "sh '$T/pry' \$PPID >'$T/gen/pried' 2>/dev/null" "$T/line")" "$no"
	is 'control: by itself it does' "$(pried sh -c "sh '$T/pry' $$ \
	    >'$T/gen/pried'")" 'may,may,may,may,may,may,may,may,'
	rm "$CN_HOME/made"
	mv "$T/gen/keys" "$CN_KEYS"
fi

# Somebody answers while it thinks.
to=vera@example.com mail 'Priya Nair' help@shop.example 9 'Re: kettle' 4 \
    >"$T/answer" <<'M'
It can be repaired.
M
mkfifo "$T/gen/asks" "$T/gen/goes"
cat >"$T/race" <<S
while read -r l; do
	echo >'$T/gen/asks'
	read -r go <'$T/gen/goes'
	printf '%s' "\$l" | jq -c '{id, text: .candidates[0].text}'
done
S
{
	read -r _ <"$T/gen/asks"
	cn-import -q "$T/answer" >/dev/null 2>&1
	echo >"$T/gen/goes"
} &
sqlite3 "$db" 'UPDATE message SET suggested = NULL, replies = NULL'
status 'somebody answers between thinking and storing' 0 cn-reply-suggest \
    --generator "sh $T/race" "$T/line"
is 'then there is nothing to suggest' "$(jq -c '[.skipped, .replies]' \
    "$T/out")" '["stale",null]'
is 'nothing is stored' "$(cn-query "id:$id" --format jsonl | jq -c .replies)" \
    '[]'
is 'and it is settled' "$(sqlite3 "$db" "SELECT suggested IS NOT NULL FROM
    message WHERE pub = '$id'")" 1
finish
