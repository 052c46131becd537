#!/bin/sh
# cn-export: what a bundle holds and does not hold, that it is whole or not
# there, and that it can be checked.
. "$(dirname "$0")/lib.sh"

desk=help@shop.test
printf 'name: Shop & Söhne\ndesk:\n  - %s\n' $desk >"$T/conf.yaml"
CN_CONFIG=$T/conf.yaml
export CN_CONFIG
rlo=$(printf '\342\200\256')		# U+202E, right-to-left override

cat >"$T/alice1.eml" <<M
From: Alice Example <alice@example.com>
To: $desk
Cc: bob@example.com
Date: Mon, 2 Nov 2026 10:00:00 +0000
Message-ID: <a1@example.com>
Subject: <script>alert("parcel")</script>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary=b

--b
Content-Type: text/plain; charset=utf-8

Where is my <b>parcel</b> alicesecret & co? $rlo
From here it was sent.
>From there it was not.
--b
Content-Type: application/pdf; name="invoice${rlo}fdp.exe"
Content-Disposition: attachment
Content-Transfer-Encoding: base64

aGVsbG8=
--b--
M
cat >"$T/rest.mbox" <<M
From x Mon Nov  2 00:00:00 2026
From: $desk
To: alice@example.com
Date: Mon, 2 Nov 2026 12:00:00 +0000
Message-ID: <a2@example.com>
In-Reply-To: <a1@example.com>
Subject: Re: parcel

Dear Alice, answersecret.

From x Mon Nov  2 00:00:00 2026
From: Bob <bob@example.com>
To: $desk
Cc: alice@example.com
Date: Tue, 3 Nov 2026 10:00:00 +0000
Message-ID: <b1@example.com>
Subject: bobsubject

I am bobsecret.

M
printf '%s\n' '{"v":1,"type":"chat","chat":"k1","id":"k1-1","at":"2026-11-04T09:00:00Z","from":{"name":"Alice","address":"alice@example.com"},"role":"customer","text":"chatsecret"}' \
    >"$T/chat.jsonl"

status 'no store: 78' 78 cn-export --subject alice@example.com \
    --output "$T/none"
ok 'a store' cn-store init --test
ok 'mails' cn-import "$T/alice1.eml" "$T/rest.mbox"
sha=$(printf hello | sha256sum | cut -d ' ' -f 1)
hash() {
	jq -r '.attachments[0].sha256 // empty' "$1"
}
is 'the hash of a file is on its line' "$(hash "$T/out")" "$sha"
ok 'chat' cn-import "$T/chat.jsonl"

A=$T/alice
ok 'a folder' cn-export --subject Alice@Example.com --output "$A"
is 'has these files' "$(cd "$A" && echo *)" 'README.txt SHA256SUMS '\
'audit.jsonl chat.jsonl contacts.json events.csv index.html manifest.json '\
'messages.jsonl messages.mbox named.csv'
ok 'sha256sum is content' sh -c 'cd "$1" && sha256sum -c SHA256SUMS' sh "$A"
ok 'so is --verify' cn-export --verify "$A"

# The first mail of the mbox, its envelope and quoting undone.
sed '1d; /^From /,$d; s/^>\(>*From \)/\1/' "$A/messages.mbox" | sed '$d' \
    >"$T/back.eml"
ok 'a mail is there byte for byte' cmp "$T/alice1.eml" "$T/back.eml"
like 'with From quoted' "$(cat "$A/messages.mbox")" '^>From here'
is 'the chat as it came' "$(cat "$A/chat.jsonl")" "$(cat "$T/chat.jsonl")"
is 'lines' "$(wc -l <"$A/messages.jsonl")" 3
like 'the answer is hers too' "$(cat "$A/messages.jsonl")" 'answersecret'
is 'the hash of her file' "$(hash "$A/messages.jsonl")" "$sha"
like 'her contacts' "$(cat "$A/contacts.json")" \
    '"kind":"email","value":"alice@example.com","name":"Alice Example"'
is 'events' "$(cut -d , -f 1-4 "$A/events.csv" | tr -d '\r')" \
'time,kind,channel,value
2026-11-02T10:00:00Z,"received","email",""
2026-11-02T12:00:00Z,"answered","email",""
2026-11-04T09:00:00Z,"received","chat",""'
like "another's mail by date and id" "$(cat "$A/named.csv")" \
    '^2026-11-03T10:00:00Z,m[a-z2-7]*,"cc"'
not_ok 'and not by a word of it' grep -rqE 'bobsecret|bobsubject' "$A"
ok 'control: it is in his' sh -c 'cn-export --subject bob@example.com \
    --output "$1" && grep -rq bobsecret "$1"' sh "$T/bob"
not_ok 'who has nothing of hers' grep -rqE \
    'alicesecret|answersecret|chatsecret' "$T/bob"
like 'the log' "$(cat "$A/audit.jsonl")" \
    '"command":"cn-export","what":"export begun","purpose":"access"'
not_ok 'without who did it' grep -qE 'uid:|actor|tty|host' "$A/audit.jsonl"

h=$(cat "$A/index.html")
unlike 'the page has no script' "$h" '<script|<img|<a |https?:|javascript:'
like 'but what was written' "$h" '&lt;script&gt;alert\(&quot;parcel'
like 'escaped' "$h" 'my &lt;b&gt;parcel&lt;/b&gt; alicesecret &amp; co'
unlike 'nothing that reorders' "$h" "$rlo"
like 'which is shown by number' "$h" 'invoice\[U\+202E\]fdp\.exe'
like 'the name of the controller' "$h" 'Shop &amp; Söhne'
like 'a policy against all loading' "$h" "default-src 'none'"

m=$(cat "$A/manifest.json")
for w in '"schema":"convonest-bundle-1"' '"subject":"p' '"purpose":"access"' \
    '"messages":3,"conversations":2,"named":1' '"retention":' '"recipients"' \
    '"source"' '"decisions"' '"rights"' '"complaint"'; do
	like "the manifest has $w" "$m" "$w"
done

ok 'portability' cn-export --subject alice@example.com --purpose portability \
    --output "$T/take"
not_ok 'has no log' test -e "$T/take/audit.jsonl"
like 'but the messages' "$(cat "$T/take/messages.jsonl")" alicesecret

# Archives.
N='--now 2026-11-20T00:00:00Z'
# shellcheck disable=SC2086
ok 'a bundle' cn-export $N --subject alice@example.com --bundle "$T/1.tgz"
# shellcheck disable=SC2086
ok 'to standard output' sh -c 'cn-export "$@" >"$0"' "$T/2.tgz" $N \
    --subject alice@example.com --bundle -
ok 'the same bytes' cmp "$T/1.tgz" "$T/2.tgz"
ok 'sorted' sh -c 'tar tzf "$1" | sort -c' sh "$T/1.tgz"
is 'with a fixed time' "$(TZ=UTC tar tvzf "$T/1.tgz" |
    awk '{ print $2, $4, $5 }' | sort -u)" '0/0 2026-11-20 00:00'
ok 'it verifies' cn-export --verify "$T/1.tgz"
ok 'from standard input' sh -c 'cn-export --verify - <"$1"' sh "$T/1.tgz"
ok 'without store and keys' env CN_HOME="$T/no" CN_KEYS="$T/no2" \
    cn-export --verify "$T/1.tgz"
ok 'over a file that exists' cn-export --subject alice@example.com \
    --bundle "$T/1.tgz"
not_ok 'another time, other bytes' cmp -s "$T/1.tgz" "$T/2.tgz"

# Whatever is changed is named.
for f in "$A"/*; do
	f=${f##*/}
	rm -rf "$T/bad"
	cp -R "$A" "$T/bad"
	printf 'x' | dd of="$T/bad/$f" bs=1 seek=5 conv=notrunc 2>/dev/null
	status "changed: $f" 5 cn-export --verify "$T/bad"
	like "and named" "$(cat "$T/err")" "^cn-export: $f: was changed"
	rm "$T/bad/$f"
	status "missing: $f" 5 cn-export --verify "$T/bad"
	like "and named" "$(cat "$T/err")" "^cn-export: $f: is missing"
done 2>/dev/null
rm -rf "$T/bad"
cp -R "$A" "$T/bad"
echo more >"$T/bad/more.txt"
status 'too much' 5 cn-export --verify "$T/bad"
like 'is named' "$(cat "$T/err")" 'more.txt'
mkdir "$T/pack"
(cd "$A" && sed 's/alicesecret/alicesecreT/' messages.jsonl \
    >"$T/pack/messages.jsonl" && cp README.txt SHA256SUMS audit.jsonl \
    chat.jsonl contacts.json events.csv index.html manifest.json \
    messages.mbox named.csv "$T/pack" && cd "$T/pack" &&
    tar czf "$T/bad.tgz" -- *)
status 'changed in an archive' 5 cn-export --verify "$T/bad.tgz"
like 'is named' "$(cat "$T/err")" 'messages.jsonl: was changed'
(cd "$A" && tar czf "$T/good.tgz" -- *)
ok 'control: packed again unchanged' cn-export --verify "$T/good.tgz"
size=$(wc -c <"$T/2.tgz")
head -c $((size - 20)) "$T/2.tgz" >"$T/cut.tgz"
status 'an archive that was cut' 5 cn-export --verify "$T/cut.tgz"
echo junk >"$T/junk"
status 'no archive' 5 cn-export --verify "$T/junk"
status 'no file' 2 cn-export --verify "$T/nothing"

# Who.
printf '\357\273\277%s\n' 'Alice <alice@example.com>' >"$T/bom"
status 'a list as a mail program copies it' 0 \
    cn-export --subject "@$T/bom" --output "$T/copied"
status 'an empty list' 2 sh -c 'cn-export --subject - --output "$1" \
    </dev/null' sh "$T/e"
: >"$T/empty"
status 'an empty file' 2 cn-export --subject "@$T/empty" --output "$T/e"
status 'somebody unknown' 4 cn-export --subject eve@example.com \
    --output "$T/e"
unlike 'is not named' "$(cat "$T/err")" 'eve@'
not_ok 'and leaves nothing' test -e "$T/e"
printf 'alice@example.com\n\n bob@example.com \r\nalice@example.com\n' \
    >"$T/list"
status 'two persons in one bundle' 2 cn-export --subject "@$T/list" \
    --bundle "$T/two.tgz"
ok 'a folder for each' cn-export --subject "@$T/list" --output "$T/each"
is 'and no more' "$(cd "$T/each" && echo p*/manifest.json | wc -w)" 2
id=$(sed 's/.*"person":"\([a-z2-7]*\)".*/\1/;q' "$A/contacts.json")
ok 'by public id' cn-export --subject "$id" --output "$T/byid"
ok 'the same person' cmp "$T/byid/messages.mbox" "$A/messages.mbox"
status 'a folder that is not empty' 2 cn-export --subject "$id" --output "$A"
status 'neither' 2 cn-export --subject "$id"
status 'both' 2 cn-export --subject "$id" --output "$T/x" --bundle "$T/y"

# Not written, not handed over.
handed() {
	sqlite3 "$CN_HOME/store.db" "SELECT count(*) FROM audit
	    WHERE entry LIKE '%export $1%'"
}
if have sqlite3; then
	before=$(handed 'handed over') failed=$(handed failed)
	status 'a full disk' 74 sh -c 'cn-export --subject bob@example.com \
	    --bundle - >/dev/full'
	status 'by name' 74 cn-export --subject bob@example.com \
	    --bundle /dev/full
	ok 'which is still a device' test -c /dev/full
	status 'no such folder' 74 cn-export --subject bob@example.com \
	    --bundle "$T/no/such.tgz"
	is 'nothing was handed over' "$(handed 'handed over')" "$before"
	is 'three failed' "$(handed failed)" "$((failed + 3))"
	is 'as many as begun' "$(handed begun)" "$((before + failed + 3))"
fi

if [ -n "$K" ] && have sqlite3; then
	mkdir "$T/k"
	n=1 bad='' whole=0
	while [ $n -lt 400 ]; do
		rm -f "$T/k/"*
		before=$(handed 'handed over') rc=0
		LD_PRELOAD=$K CN_KILL_AT=$n cn-export --subject "$id" \
		    --bundle "$T/k/a.tgz" >/dev/null 2>&1 || rc=$?
		left=$(ls "$T/k")
		case $left in
		'') [ "$(handed 'handed over')" -eq "$before" ] ||
		    bad="$bad $n:claimed" ;;
		a.tgz) whole=$((whole + 1))
		    cn-export -q --verify "$T/k/a.tgz" || bad="$bad $n:part" ;;
		*) bad="$bad $n:$left" ;;
		esac
		[ $rc -ne 0 ] || break
		n=$((n + 1))
	done
	is 'killed before each write: all of it or nothing' "$bad" ''
	ok 'and it came to its end' test "$rc" -eq 0
	diag "$n points, $whole of them with a bundle"
else
	skip 'killed before each write' 'no kill.so'
fi

# --- one name mistaken ---
ln -s "$CN_HOME" "$T/link"
for f in "$CN_HOME/store.db" "$CN_KEYS/keyring" "$T/link/x.tar.gz"; do
	status "not over the store or the keys: ${f##*/}" 2 cn-export \
	    --subject alice@example.com --bundle "$f"
done
status 'nor a folder there' 2 cn-export --subject alice@example.com \
    --output "$CN_HOME/bundle"
printf 'refund\tmoney back\nother\thello there\n' >"$T/ex.tsv"
status 'nor a model' 2 cn-model train "$T/ex.tsv" -o "$CN_HOME/store.db"
like 'which says so' "$(cat "$T/err")" 'in the folder of the store'
status 'nor in the way of a good name' 0 cn-export \
    --subject alice@example.com --output "$T/good"
ok 'the store is whole' cn-store doctor --check
finish
