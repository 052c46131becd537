#!/bin/sh
# OAuth 2.0: against a scripted endpoint what a provider can do wrong; against
# a real provider (npm's oidc-provider) and Dovecot, which checks the tokens
# there, all of a sign-in's life.  Takes STEP=n to kill at every n-th point only
# (tests/long/oauth.t kills at all).
. "$(dirname "$0")/lib.sh"
. "$root/tests/dovecot.sh"
oauth=${B%/bin}/tests/oauth
ca=$CERTS/ca.pem
make_ca
make_cert good DNS:localhost,IP:127.0.0.1
pids=
trap 'stop_all; dovecot_stop; rm -rf "$T"' EXIT

stop_all() {
	for _p in $pids; do
		kill "$_p" 2>/dev/null
	done
	pids=
}
# until_line FILE: its first line, as soon as there is one
until_line() {
	_until=$(($(date +%s) + 30))
	while ! [ -s "$1" ] && [ "$(date +%s)" -lt "$_until" ]; do
		sleep 0.05
	done
	head -n 1 "$1"
}
# serve NAME COMMAND...: in the background; its port is in $port
serve() {
	_f=$T/$1.port
	: >"$_f"
	shift
	"$@" </dev/null >"$_f" 2>"$_f.err" &
	pids="$pids $!"
	port=$(until_line "$_f")
	[ -n "$port" ] || {
		fail "${_f##*/} comes up"
		diag "$(head -n 5 "$_f.err")"
		finish
	}
}
endpoint() {	# NAME CERT [TLS]
	serve "$1" python3 "$root/tests/oidc/endpoint.py" "$CERTS/$2.pem" \
	    "$CERTS/$2.key" "$T/$1.forms" ${3:+"$3"}
}

# --- a scripted endpoint ---
endpoint said good
base=https://127.0.0.1:$port
ask() {		# HOW DEVICE/TOKENS [ARGUMENT]
	"$oauth" "$1" "$ca" "$base/$2" ${3:+"$3"} 2>&1
}
# The words that make a device's sign-in end, without the waits.
device() {
	ask device "$1" | grep -v '^[wo]'
}
is 'pending, and slower when told (RFC 8628, 3.5)' \
    "$(ask device code/authorization_pending,slow_down,authorization_pending,ok |
    tr '\n' ' ')" 'open https://idp.test/device AB-CD wait 5 wait 5 wait 10 wait 10 granted at rt 3600 '
is 'an interval of its own; away for a while, and dropped' \
    "$(ask device fast/away,drop,many,ok | tr '\n' ' ')" \
    'open https://idp.test/device AB-CD wait 1 wait 2 wait 4 wait 8 granted at rt 3600 '
is "Google's name for the address" "$(ask device google/ok | head -n 1)" \
    'open https://google.test/device AB-CD'
is 'a code that runs out' "$(device short/authorization_pending)" \
    '77 nobody has signed in in time (expired_token)'
while IFS='|' read -r what script want; do
	is "device: $what" "$(device "$script")" "$want"
done <<'X'
expired_token|code/authorization_pending,expired_token|77 nobody has signed in in time (expired_token)
refused|code/access_denied|77 it was refused to let us in (access_denied)
refused, at Microsoft|code/authorization_declined|77 it was refused to let us in (authorization_declined)
a client that is not known|invalid_client/ok|78 the provider does not take the client's id or secret (invalid_client)
a client that may not|code/unauthorized_client|78 the client may not sign in in this way (unauthorized_client)
no code in the answer|nocode/ok|69 the provider's answer holds no code that we can use
an address that is not https|nohttps/ok|69 the provider's answer holds no code that we can use
a code that drives a terminal|escape/ok|69 the provider's answer holds no code that we can use
a huge answer|huge/ok|69 the provider's answer is larger than 262144 bytes
sent elsewhere|elsewhere/ok|69 the provider sends us elsewhere (HTTP 307), which is not followed
away|away/ok|75 the provider is away (HTTP 503)
X
while IFS='|' read -r word want; do
	is "token: $word" "$(ask refresh "code/$word" RT)" "$want"
done <<'X'
ok|granted at rt 3600
norefresh|granted at - 3600
text|granted at - 60
invalid_grant|77 the provider does not take the token or code any more (invalid_grant)
interaction_required|77 the provider wants to see a person (interaction_required)
notoken|69 the provider's answer holds no token that we can use
number|69 the provider's answer holds no token that we can use
mac|69 the provider's answer holds no token that we can use
twolines|69 the provider's answer holds no token that we can use
long|69 the provider's answer holds no token that we can use
array|69 the provider's answer is no JSON object (HTTP 200)
json|69 the provider's answer is no JSON object (HTTP 200)
html|69 the provider's answer is no JSON object (HTTP 200)
empty|69 the provider's answer is no JSON object (HTTP 200)
lost|69 the provider's answer is no JSON object (HTTP 404)
huge|69 the provider's answer is larger than 262144 bytes
elsewhere|69 the provider sends us elsewhere (HTTP 307), which is not followed
many|75 the provider is away (HTTP 429)
prose|69 the provider refuses
strange|69 the provider refuses: teapot
X
: >"$T/said.forms"
like 'token: dropped' "$(ask refresh code/drop RT)" '^75 the provider: '
is 'which is asked once' "$(wc -l <"$T/said.forms")" 1
is 'client credentials' "$(ask client code/norefresh)" 'granted at - 3600'
is 'with their grant and scope' "$(tail -n 1 "$T/said.forms")" \
    'client_id=app id&grant_type=client_credentials&scope=a b'
like 'not without https' "$("$oauth" refresh "$ca" \
    "http://127.0.0.1:$port/code/ok" RT)" '^78 .*no https URL'

# --- whom we talk to ---
# Each is refused before anything is sent; a client that does not look gets in.
lax() {
	python3 -c '
import ssl, sys, urllib.request
c = ssl._create_unverified_context()
c.minimum_version = ssl.TLSVersion.TLSv1
c.set_ciphers("ALL:@SECLEVEL=0")
print(urllib.request.urlopen(sys.argv[1], b"x=y", context=c).status)' "$1" \
	    2>/dev/null
}
refused() {	# NAME CERT WORDS [TLS]
	endpoint "$2" "$2" ${4:+"$4"}
	like "$1: refused" "$("$oauth" refresh "$ca" \
	    "https://127.0.0.1:$port/code/ok" RT)" "^69 .*$3"
	is "$1: nothing was sent" "$(cat "$T/$2.forms" 2>/dev/null)" ''
	is "$1: a lax client gets in" "$(lax "https://127.0.0.1:$port/code/ok/token")" 200
}
make_ca other
make_cert stranger IP:127.0.0.1 2 other
make_cert elsewhere DNS:idp.test
make_cert late IP:127.0.0.1 -1
make_cert old IP:127.0.0.1
refused 'an authority that nobody trusts' stranger certificate
refused 'the name of another' elsewhere certificate
refused 'a certificate of yesterday' late certificate
refused 'TLS 1.1' old TLS TLSv1_1

# --- the browser, on loopback ---
cat >"$T/knock.py" <<'X'
import base64, hashlib, socket, sys, urllib.parse
url, forms = sys.argv[1:]
q = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(url).query))
to = urllib.parse.urlsplit(q["redirect_uri"])
def knock(request):
    s = socket.create_connection((to.hostname, to.port), 10)
    s.sendall(request.encode())
    s.shutdown(socket.SHUT_WR)
    got = b""
    while chunk := s.recv(4096):
        got += chunk
    return got.decode().split(" ")[1]
get = lambda path: knock(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
print("favicon", get("/favicon.ico"))
print("garbage", knock("\x16\x03\x01 nonsense\n"))
print("wrong", get("/?code=evil&state=guess"))
print("none", get("/?code=evil"))
print("twice", get("/?code=evil&code=c&state=" + q["state"]))
print("right", get("/?code=the%2Fcode&state=" + q["state"]))
sys.stdin.read()
form = dict(urllib.parse.parse_qsl(open(forms).read().splitlines()[-1]))
sha = hashlib.sha256(form["code_verifier"].encode()).digest()
print("pkce", base64.urlsafe_b64encode(sha).decode().rstrip("=") ==
      q["code_challenge"] and q["code_challenge_method"] == "S256")
print("code", form["code"], form["redirect_uri"] == q["redirect_uri"])
print("long", len(q["state"]), len(form["code_verifier"]))
print("address", to.hostname)
X
# What it says goes to open; what is typed comes from the argument.
browser() {
	: >"$T/open"
	ask browser code/ok <"$1" >"$T/open" &
	opened=$!
}
browser /dev/null
url=$(until_line "$T/open" | cut -d ' ' -f 2)
# Standard input ends when the code has been redeemed.
(tail --pid=$opened -f /dev/null) |
    python3 "$T/knock.py" "$url" "$T/said.forms" >"$T/knocked"
wait $opened
is 'who knocks without our state is sent away, and the wait goes on' \
    "$(head -n 6 "$T/knocked" | tr '\n' ' ')" \
    'favicon 404 garbage 404 wrong 404 none 404 twice 404 right 200 '
is 'the code is redeemed' "$(tail -n 1 "$T/open")" 'granted at rt 3600'
is 'with the verifier of the challenge (RFC 7636)' \
    "$(tail -n +7 "$T/knocked")" 'pkce True
code the/code True
long 43 43
address 127.0.0.1'
mkfifo "$T/typed"
browser "$T/typed"
exec 4>"$T/typed"
state=$(until_line "$T/open" | grep -o 'state=[^&]*')
printf 'hello\nhttp://127.0.0.1:1/?code=evil&state=guess\n' >&4
printf 'http://127.0.0.1:1/?code=pasted&%s\n' "$state" >&4
exec 4>&-
wait $opened
is 'or it is typed' "$(tail -n 1 "$T/open")" 'granted at rt 3600'
like 'once it is the right one' "$(tail -n 1 "$T/said.forms")" 'code=pasted'

# --- a real provider, and Dovecot that asks it ---
have node || {
	fail 'node is there'
	finish
}
cp "$root/tests/oidc/provider.mjs" "$root/build/oidc/" || exit 1
serve idp node "$root/build/oidc/provider.mjs" "$CERTS/good.pem" \
    "$CERTS/good.key"
idp=https://127.0.0.1:$port
cat >"$T/oauth2.conf" <<X
introspection_mode = post
introspection_url = $idp/token/introspection
client_id = dovecot
client_secret = dovecot-secret
tls_ca_cert_file = $ca
username_attribute = sub
active_attribute = active
active_value = true
X
chmod 644 "$T/oauth2.conf" "$ca"
chmod 711 "$CERTS"
ok 'a Dovecot' dovecot_start "auth_mechanisms = plain login xoauth2
passdb {
	driver = oauth2
	mechanisms = xoauth2
	args = $T/oauth2.conf
}
service anvil {
	unix_listener anvil-auth-penalty {
		mode = 0
	}
}"
cat >"$T/config.yaml" <<X
desk: [desk@shop.test]
providers:
  idp:
    flows: device code
    client_id: convonest
    server: localhost:$IMAPS_PORT
    device: $idp/device/auth
    authorize: $idp/auth
    authorize_with: prompt=consent
    token: $idp/token
    revoke: $idp/token/revocation
    scope: openid offline_access imap
    ca_file: $ca
    refresh_days: 90
  service:
    flows: client
    client_id: shared
    server: localhost:$IMAPS_PORT
    token: $idp/token
    scope: imap
    ca_file: $ca
X
export CN_CONFIG="$T/config.yaml"
tester() {	# ARGUMENT...: the other side of the provider
	python3 -c 'import ssl, sys, urllib.request
print(urllib.request.urlopen(sys.argv[2], timeout=20, context=
    ssl.create_default_context(cafile=sys.argv[1])).read().decode())' \
	    "$ca" "$idp/test/$1"
}
tokens() {	# how many access and refresh tokens it holds
	tester count | jq -r '"\(.AccessToken // 0) \(.RefreshToken // 0)"'
}
# sign_in NAME FLOW [BROWSER'S OPTION...]: in $rc the status, in $T/err why
sign_in() {
	: >"$T/sign"
	cn-account auth "$1" "$2" >"$T/sign" 2>"$T/err" &
	_p=$!
	shift 2
	until_line "$T/sign" >/dev/null
	# shellcheck disable=SC2046
	python3 "$root/tests/oidc/browser.py" "$ca" \
	    $(jq -r '.url, (.code // empty)' "$T/sign") "$@" >"$T/page" ||
	    kill $_p
	rc=0
	wait $_p || rc=$?
}
now=$(date +%s)
later() {	# HOURS
	echo "@$((now + $1 * 3600))"
}

ok 'a store' cn-store init --test -q
ok 'an account' cn-account add desk --provider idp --user desk --ca-file "$ca"
status 'somebody must sign in' 1 cn-account expiry
is 'it says how' "$(jq -r .command "$T/out")" 'cn-account auth desk'
status 'nobody has: no way in' 77 cn-account test desk
is 'it says how' "$(tail -n 1 "$T/err")" "hint: 'cn-account auth desk'"

sign_in desk device --deny
is 'a device that is refused: 77' $rc 77
like 'and why' "$(cat "$T/err")" 'desk: it was refused to let us in'
sign_in desk device
is 'a device' $rc 0
like 'the browser is told' "$(cat "$T/page")" 'successful'
is 'and a program, on one line' "$(jq -r '.type + .account' "$T/sign")" \
    sign_indesk
status 'the token logs in (XOAUTH2)' 0 cn-account test desk
printf 'From: c1@example.com\nTo: desk@shop.test\nSubject: parcel 1\n\nLate.\n' |
    dovecot_put desk INBOX
is 'and the first mail comes in' "$(cn-fetch desk --format jsonl |
    jq -r .subject)" 'parcel 1'
is 'nobody must sign in' "$(cn-account expiry | wc -l)" 0
status 'until 90 days from now' 1 cn-account expiry --within 91d
like 'it is sealed' "$(strings "$CN_HOME/store.db" "$CN_HOME/store.db-wal" |
    grep -c -e 127.0.0.1 -e openid -e convonest)" '^0$'

# --- expiry and rotation ---
is 'one token so far' "$(tokens)" '1 1'
status 'when it has expired' 0 cn-account test desk --now "$(later 2)"
is 'another is fetched, and the refresh token replaced' "$(tokens)" '2 2'
status 'which lasts' 0 cn-account test desk --now "$(later 2)"
is 'with no more' "$(tokens)" '2 2'
like 'a refresh moves the end' "$(cn-account list | jq -r .expires)" \
    "$(date -u -d "@$((now + 7200 + 90 * 86400))" +%Y-%m-%dT%H)"
tester forget?AccessToken >"$T/out"
status 'a token that the provider has ended is replaced too' 0 \
    cn-account test desk --now "$(later 2)"
is 'by one refresh' "$(tokens)" '1 3'
# Another mailbox than that of the person who signed in.
ok 'the mailbox of another' cn-account add other --provider idp --user other \
    --ca-file "$ca" -q
sign_in other code
is 'signed in as the wrong person, by code' $rc 0
status 'is refused' 77 cn-account test other
is 'it says how' "$(tail -n 1 "$T/err")" "hint: 'cn-account auth other'"
sign_in other code --user other
status 'control: as the right one' 0 cn-account test other
sign_in other code --deny
is 'a code that is refused: 77' $rc 77
status 'which ends nothing' 0 cn-account test other

# --- a refresh token that was used before ---
rm -rf "$T/copy"
cp -a "$CN_HOME" "$T/copy"
status 'a refresh' 0 cn-account test desk --now "$(later 4)"
status 'its old token, from a copy of the store' 77 \
    env CN_HOME="$T/copy" cn-account test desk --now "$(later 4)"
status 'has ended the new one too' 77 cn-account test desk --now "$(later 6)"
is 'it says how' "$(tail -n 1 "$T/err")" "hint: 'cn-account auth desk'"
status 'and so does expiry' 1 cn-account expiry --now "$(later 6)"
is 'for this account only' "$(jq -r .command "$T/out")" 'cn-account auth desk'
sign_in desk code
is 'signed in again' $rc 0
status 'it logs in' 0 cn-account test desk
status 'control: nobody must sign in' 0 cn-account expiry
tester forget?RefreshToken >"$T/out"
status 'a sign-in that the provider has forgotten' 77 \
    cn-fetch desk --now "$(later 8)"
is 'a fetch says how too' "$(tail -n 1 "$T/err")" "hint: 'cn-account auth desk'"
sign_in desk device
status 'and made again' 0 cn-account test desk

# --- killed before each write of a refresh ---
# How often Dovecot let desk in; a login of another kind shows that its log
# has come so far.
logins() {
	mark=$((mark + 1))
	python3 -c 'import imaplib, ssl, sys
i = imaplib.IMAP4_SSL("localhost", int(sys.argv[1]), ssl_context=
    ssl.create_default_context(cafile=sys.argv[2]))
i.login(sys.argv[3], sys.argv[4])
i.logout()' "$IMAPS_PORT" "$ca" "mark$mark" "$IMAP_PASS"
	_until=$(($(date +%s) + 30))
	until grep -q "Login: user=<mark$mark>" "$DOVECOT_LOG" ||
	    [ "$(date +%s)" -gt "$_until" ]; do
		sleep 0.05
	done
	grep -c 'Login: user=<desk>' "$DOVECOT_LOG"
}
mark=0
killed() {
	LD_PRELOAD=$K CN_KILL_COUNT=$T/calls cn-account test desk \
	    --now "$(later 10)" >"$T/out" 2>&1 || echo "counting: $?"
	n=1 hour=10 lost=0 kept=0
	while [ $n -le "$(cut -d ' ' -f 1 "$T/calls")" ]; do
		hour=$((hour + 4)) was=$(logins)
		rc=0
		LD_PRELOAD=$K CN_KILL_AT=$n cn-account test desk \
		    --now "$(later $hour)" >"$T/out" 2>&1 || rc=$?
		[ $rc -eq 137 ] || echo "$n: not killed but $rc"
		used=$(($(logins) - was)) rc=0
		cn-account test desk --now "$(later $((hour + 2)))" \
		    >"$T/out" 2>"$T/err" || rc=$?
		case $rc$used in
		00 | 01)
			kept=$((kept + 1))
			;;
		770)
			# The answer came, and was not on the disk: said, and
			# mended by the command that is named.
			lost=$((lost + 1))
			grep -q "^hint: 'cn-account auth desk'" "$T/err" ||
			    echo "$n: no hint"
			sign_in desk device
			;;
		*)
			echo "$n: then $rc, logged in $used times: $(cat "$T/err")"
			;;
		esac
		n=$((n + ${STEP:-2}))
	done
}
if [ -n "$K" ]; then
	killed >"$T/killed"
	is 'killed anywhere: no token is used before the new one is kept' \
	    "$(cat "$T/killed")" ''
	ok "and some points are on either side: $kept, $lost" \
	    test $kept -gt 0 -a $lost -gt 0
else
	skip 'killed anywhere' 'not with the sanitizers'
fi

# --- a client of its own ---
echo shared-secret >"$T/secret"
echo wrong-secret >"$T/wrong"
ok 'a shared mailbox' sh -c "cn-account add box --provider service \
    --user shared --ca-file '$ca' --pass-fd 3 -q 3<'$T/wrong'"
status 'with the wrong secret' 78 cn-account auth box
like 'it says so' "$(cat "$T/err")" 'id or secret'
status 'a new secret' 0 cn-account rotate box --pass-fd 3 3<"$T/secret"
status 'the client signs in' 0 cn-account auth box
status 'and is let in' 0 cn-account test box
status 'again when the token has expired' 0 cn-account test box \
    --now "$(later 2)"
is 'nobody must ever sign in' "$(cn-account list |
    jq -r 'select(.name == "box").expires')" null

# --- rotate and disconnect ---
before=$(cn-account list | jq -r 'select(.name == "desk").signed_in')
status 'rotate' 0 cn-account rotate desk
status 'it logs in' 0 cn-account test desk
is 'nobody has signed in for it' "$(cn-account list |
    jq -r 'select(.name == "desk").signed_in')" "$before"
held=$(tokens)
rm -rf "$T/copy"
cp -a "$CN_HOME" "$T/copy"
status 'control: a copy logs in' 0 env CN_HOME="$T/copy" cn-account test desk
status 'disconnect' 0 cn-account disconnect desk
is 'proved' "$(jq -r .state "$T/out")" proved
unlike 'the tokens are ended at the provider' "$(tokens)" "^$held$"
status 'a copy logs in no more' 4 env CN_HOME="$T/copy" cn-account test desk
like 'for its credentials are destroyed' "$(cat "$T/err")" disconnected
stop_all
status 'another, the provider away' 0 cn-account disconnect other
like 'what is to be done there is said' "$(cat "$T/err")" 'do it in its'
like 'and here all is done' "$(jq -r .state "$T/out")" proved
is 'each is audited' "$(sqlite3 "$CN_HOME/store.db" "SELECT entry FROM audit" |
    grep -c 'account a[a-z2-7]* disconnected"')" 2
dovecot_stop
finish
