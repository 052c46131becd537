#!/bin/sh
# The IMAP session against servers that are not what they should be: who must
# not get the password, and what must not cost memory or time.
. "$(dirname "$0")/lib.sh"
. "$root/tests/dovecot.sh"
. "$root/tests/fakeimap.sh"

P=${B%/bin}/tests/imap_probe
export IMAP_TIMEOUT=30 IMAP_PEAK=1
make_ca
make_ca other
make_cert good DNS:localhost,IP:127.0.0.1
make_cert name DNS:localhost
make_cert wrong DNS:mail.example.com
make_cert old DNS:localhost -1
make_cert stranger DNS:localhost 2 other
CERT_CN=localhost make_cert common email:desk@example.com

probe() {
	timeout 60 "$P" "$@" 2>&1
}

# --- TLS ---

# tls HOW CERT [OPTION...]: a server with this certificate
tls() {
	_how=$1 _cert=$2
	shift 2
	[ "$_how" = tls ] || set -- "$@" --starttls
	fake_start "$@" --cert "$CERTS/$_cert.pem" --key "$CERTS/$_cert.key"
}

got_password() {
	grep -q "$IMAP_PASS" "$FAKE_LOG"
}

# taken NAME HOST HOW: it logs in there
taken() {
	like "$1" "$(probe "$2" "$FAKE_PORT" "$3" 'login desk' can)" '^can .*idle'
	ok "$1: the server got the password" got_password
}

# refused NAME HOST HOW WHY: not there; and a lax client does
refused() {
	: >"$FAKE_LOG"
	like "$1" "$(probe "$2" "$FAKE_PORT" "$3" 'login desk' can)" \
	    "^error 69 $2: $4"
	not_ok "$1: before the password" got_password
	ok "$1: a lax client logs in there" fake_lax "$3"
	ok "$1: and gives it away" got_password
}

tls tls good good
taken 'a good certificate' localhost tls
taken 'for an IP address' 127.0.0.1 tls
IMAP_CA=$CERTS/other.pem
refused 'its authority is not the one that we trust' localhost tls \
    "the server's certificate is refused: "
IMAP_CA=$CERTS/ca.pem
tls tls wrong good
refused 'a wrong host name' localhost tls \
    "the server's certificate is refused: hostname mismatch"
tls tls name good
refused 'an IP address that is not in it' 127.0.0.1 tls \
    "the server's certificate is refused: IP address mismatch"
tls tls common good
refused 'a host in the common name alone' localhost tls \
    "the server's certificate is refused: hostname mismatch"
tls tls old good
refused 'an expired certificate' localhost tls \
    "the server's certificate is refused: certificate has expired"
tls tls stranger good
refused 'an untrusted certificate' localhost tls \
    "the server's certificate is refused: "
# Where OpenSSL's own configuration would allow it.
cat >"$T/lax.cnf" <<X
openssl_conf = o
[o]
ssl_conf = s
[s]
system_default = d
[d]
MinProtocol = TLSv1
CipherString = ALL:@SECLEVEL=0
X
export OPENSSL_CONF="$T/lax.cnf"
tls tls good good --tls11
refused 'TLS 1.1' localhost tls 'TLS: '
unset OPENSSL_CONF
tls tls good preauth
refused 'PREAUTH under TLS' localhost tls \
    'greeting: the server takes us for somebody who has logged in'

tls starttls good good
taken 'STARTTLS' localhost starttls
tls starttls wrong good
refused 'STARTTLS with a wrong host name' localhost starttls \
    "the server's certificate is refused: hostname mismatch"
export OPENSSL_CONF="$T/lax.cnf"
tls starttls good good --tls11
refused 'STARTTLS with TLS 1.1' localhost starttls 'TLS: '
unset OPENSSL_CONF
tls starttls good starttls-inject
refused 'an answer slipped in behind STARTTLS' localhost starttls \
    'somebody slipped an answer in behind STARTTLS'
tls starttls good preauth
refused 'PREAUTH, so that there is no STARTTLS' localhost starttls \
    'the server takes us for somebody who has logged in'
fake_start starttls-refused
like 'no STARTTLS, no session' "$(probe localhost "$FAKE_PORT" starttls \
    'login desk')" '^error 69 localhost: the server does not do STARTTLS'
not_ok 'and no password' got_password
fake_start good
like 'TLS where there is none' "$(IMAP_TIMEOUT=1 probe localhost "$FAKE_PORT" tls \
    'login desk')" '^error (69|75) localhost: TLS: |^error 75 localhost: no'

# The same certificate checks against the server that people run.
if dovecot_start '' wrong; then
	like 'Dovecot with a wrong host name' "$(probe localhost \
	    "$IMAPS_PORT" tls 'login desk')" '^error 69 .*hostname mismatch'
	DOVECOT_TLS=1.1
	dovecot_start '' good
	like 'Dovecot with TLS 1.1' "$(probe localhost "$IMAPS_PORT" tls \
	    'login desk')" '^error (69|75) localhost: TLS: '
	ok 'control: it speaks that' sh -c "openssl s_client -tls1_1 -cipher \
	    ALL:@SECLEVEL=0 -connect 127.0.0.1:$IMAPS_PORT </dev/null 2>&1 |
	    grep -q 'Protocol *: TLSv1.1'"
	dovecot_stop
else
	fail 'Dovecot starts'
fi

# --- bounds ---

# against SCENARIO STEP...: what the probe says into $T/said, without its peak
# of memory, which is held to 24 MB, as the time is to 20 seconds
against() {
	fake_start "$1"
	shift
	_from=$(date +%s)
	probe localhost "$FAKE_PORT" plain 'login desk' "$@" >"$T/got"
	_took=$(($(date +%s) - _from))
	_peak=$(sed -n 's/^peak \([0-9]*\) .*/\1/p' "$T/got")
	{
		grep -v -e '^peak' -e '^box' "$T/got"
		[ "$_took" -le 20 ] || echo "took $_took seconds"
		[ -n "${ASAN:-}" ] || [ "${_peak:-99999}" -le 24576 ] ||
		    echo "peak $_peak KiB"
	} >"$T/said"
}

# bad NAME SCENARIO WHAT-IT-SAYS STEP...
bad() {
	_what=$1 _scenario=$2 _want=$3
	shift 3
	against "$_scenario" "$@"
	is "$_what" "$(cat "$T/said")" "$_want"
}

# only NAME SCENARIO UIDS STEP...: these mails
only() {
	_what=$1 _scenario=$2 _want=$3
	shift 3
	against "$_scenario" "$@"
	is "$_what" "$(sed 's/ size.*//' "$T/said" | tr '\n' ' ')" "$_want"
}

open='examine INBOX'
sizes='sizes 1 *'
bodies='bodies 10000 1,2,3'

bad 'control: a good server' good 'mail 1 size 49 arrived 1784249065 flags 1
mail 2 size 49 arrived 1784249065 flags 1
mail 1 size 0 arrived 1784249065 flags 1 body 49 b5f8a27c
part 10 439f8ec7' "$open" 'sizes 1 2' 'bodies 1000 1' 'part 2 5 10'
against many "$open" "$sizes"
is 'control: much that was asked for is no talk without an end' \
    "$(grep -c '^mail [0-9]* size 21234 ' "$T/said") $(wc -l <"$T/said")" \
    '200000 200000'
bad 'a line without an end' endless-line \
    'error 69 FETCH: the server sends a line without an end' "$open" "$sizes"
bad 'a greeting without an end' endless-greeting \
    'error 69 localhost: greeting: the server sends a line without an end'
bad 'lines without an end' endless-untagged \
    'error 69 FETCH: the server talks without an end' "$open" "$sizes"
bad 'folders without an end' endless-list \
    'error 69 LIST: the server talks without an end' folders
bad 'capabilities without an end' endless-capability \
    'error 69 CAPABILITY: the server talks without an end'
bad 'continuations without an end' endless-plus \
    'error 69 FETCH: the server talks without an end' "$open" "$sizes"
bad 'flags without an end' endless-flags \
    'error 69 FETCH: the server talks without an end' "$open" "$sizes"
bad 'empty lines without an end' endless-empty \
    'error 69 FETCH: the server talks without an end' "$open" "$sizes"
bad 'a huge mail' huge-literal \
    'error 69 FETCH: the server announces a huge literal' "$open" "$bodies"
bad 'a huge part' huge-literal \
    'error 69 FETCH: the server announces a huge literal' "$open" \
    'part 1 0 1000'
bad 'a huge string' huge-string \
    'error 69 LIST: the server announces a huge literal' folders
bad 'a length that overflows' overflow-literal \
    'error 69 FETCH: the server announces a huge literal' "$open" "$bodies"
bad 'deep parentheses' deep \
    'error 69 FETCH: the server nests parentheses without an end' \
    "$open" "$sizes"
# A second for the next byte makes two for all of them.
IMAP_TIMEOUT=1
bad 'a greeting byte by byte' drip-greeting \
    'error 75 localhost: greeting: the server is too slow'
bad 'a mail byte by byte' drip-body \
    'error 75 FETCH: the server is too slow' "$open" "$bodies"
bad 'silence' silent \
    'error 75 FETCH: no answer from the server for 1 seconds' "$open" "$sizes"
IMAP_TIMEOUT=30
bad 'gone in the middle of a mail' drop-in-literal \
    'error 75 FETCH: reading: the server closed the connection' "$open" "$bodies"
bad 'gone in the middle of a part' drop-in-literal \
    'error 75 FETCH: reading: the server closed the connection' "$open" \
    'part 1 0 1000'
bad 'a mail that nobody asked for is left out' wrong-uid '' "$open" "$bodies"
only 'so are more than were asked for' unasked-uid 'mail 2 mail 4 ' \
    "$open" 'bodies 1000 2,4'
only 'and one that comes twice' duplicate 'mail 1 mail 2 mail 3 ' \
    "$open" "$bodies"
bad 'a size that comes twice' duplicate \
    'mail 1 size 49 arrived 1784249065 flags 1
error 69 FETCH: the server sends UIDs that do not rise' "$open" "$sizes"
bad 'UIDs that fall' falling-uids \
    'mail 5 size 49 arrived 1784249065 flags 1
error 69 FETCH: the server sends UIDs that do not rise' "$open" "$sizes"
bad 'UID 0' zero-uid 'mail 2 size 49 arrived 1784249065 flags 1' \
    "$open" "$sizes"
bad 'a part from elsewhere' wrong-origin \
    'error 3 FETCH: no such mail any more' "$open" 'part 1 0 10'
bad 'names of folders that cannot be' bad-folder 'folder 0 INBOX
folder 0 ok 🐀
left out 6' folders
bad 'garbage' garbage 'error 69 FETCH: the server sends a NUL byte' \
    "$open" "$sizes"
bad 'another protocol' garbage-greeting \
    'error 69 localhost: greeting: the server sends what is no IMAP'
bad 'a NUL byte' nul-byte 'error 69 FETCH: the server sends a NUL byte' \
    "$open" "$sizes"
bad 'a string without an end' open-quote \
    'error 69 FETCH: the server sends a string without an end' \
    "$open" "$sizes"
bad 'two mails in one' two-bodies \
    'error 69 FETCH: the server sends two mails as one' "$open" "$bodies"
bad 'a mail among folders' unasked-body \
    'error 69 LIST: the server sends a mail that nobody asked for' folders
bad 'the answer to another command' wrong-tag \
    'error 69 FETCH: the server sends what is no IMAP' "$open" "$sizes"
bad 'BYE as a greeting' bye-greeting \
    'error 75 localhost: greeting: the server takes no connection now'
bad 'BYE at the login' bye-login \
    'error 75 login: the server ended the session'
bad 'BYE at EXAMINE' bye-examine \
    'error 75 EXAMINE: the server ended the session' "$open"
bad 'BYE among sizes' bye-size 'mail 1 size 49 arrived 1784249065 flags 1
error 75 FETCH: the server ended the session' "$open" "$sizes"
bad 'BYE among mails' bye-body \
    'mail 1 size 0 arrived 1784249065 flags 1 body 49 b5f8a27c
error 75 FETCH: the server ended the session' "$open" "$bodies"
bad 'BYE while waiting' bye-idle 'idle
error 75 IDLE: the server ended the session' "$open" 'idle 5'
bad 'one fetch refused, the next is not' no-fetch \
    'error 3 FETCH: refused [SERVERBUG]
mail 2 size 0 arrived 1784249065 flags 1 body 49 bf33f053' "$open" "$bodies" \
    'bodies 1000 2'
bad 'a mail that the server has not got' nil-body \
    'mail 2 size 0 arrived 0 flags 0
error 3 FETCH: no such mail any more' "$open" 'bodies 1000 2' 'part 2 0 10'
bad 'a mail as a quoted string' quoted-body \
    'mail 1 size 0 arrived 0 flags 0 body 9 f9f1b437' "$open" "$bodies"
bad 'a response code that libetpan frees twice' badcharset-twice \
    'mail 1 size 49 arrived 1784249065 flags 1' "$open" 'sizes 1 1'
bad 'no word of what it can' no-capability \
    'error 69 the server does not say what it can'
bad 'a word, but an empty one' empty-capability \
    'mail 1 size 49 arrived 1784249065 flags 1' "$open" 'sizes 1 1'
bad 'no STATUS in the answer to it' no-status \
    'error 3 STATUS: no answer' 'status INBOX'
bad 'all that may be said in between' chatter \
    'mail 1 size 49 arrived 1784249065 flags 1
mail 2 size 49 arrived 1784249065 flags 1' "$open" 'sizes 1 2'
bad 'labels, quoted or not' good \
    'mail 1 size 0 arrived 0 flags 0 <\Inbox> <\Sent> <plain> <two words> <&> <lit>' \
    "$open" 'labels 1 1'

IMAP_COMPRESS=1
export IMAP_COMPRESS
bad 'compression refused: without it' compress-refused \
    'mail 1 size 49 arrived 1784249065 flags 1' "$open" 'sizes 1 1'
bad 'what is not compressed' compress-garbage \
    'error 69 EXAMINE: the server sends what cannot be inflated' "$open"
bad 'a line without an end in little' compress-bomb \
    'error 69 EXAMINE: the server sends a line without an end' "$open"
bad 'nothing, compressed' compress-nothing \
    'error 69 EXAMINE: the server sends nothing, compressed' "$open"
unset IMAP_COMPRESS

# flood greet|mute: key updates for ever
flood() {
	rm -f "$T/flood"
	"${B%/bin}/tests/tls_flood" "$CERTS/good.pem" "$CERTS/good.key" "$1" \
	    >"$T/flood" 2>&1 &
	_pid=$!
	until [ -s "$T/flood" ]; do
		sleep 0.02
	done
	probe localhost "$(cat "$T/flood")" tls 'login desk' | head -n 1
	wait "$_pid"
}
is 'TLS without data, before the greeting' "$(flood mute)" \
    'error 69 localhost: greeting: the server sends TLS records without data'
is 'and behind it' "$(flood greet)" \
    'error 69 CAPABILITY: the server sends TLS records without data'

# --- what we send ---

fake_start good
like 'a line end in a password is not sent' "$(IMAP_PASS="a
b" probe localhost "$FAKE_PORT" plain 'login desk')" \
    '^error 2 a control character in the password'
like 'nor in a token' "$(IMAP_PASS="a
b" probe localhost "$FAKE_PORT" plain 'token desk')" \
    '^error 2 a control character in the token'
like 'nor in a name' "$(probe localhost "$FAKE_PORT" plain 'login a
b')" "^error 2 a control character in the user's name"
is 'nothing of them was' "$(grep -c -v -e CAPABILITY -e LOGOUT "$FAKE_LOG")" 0
like 'a token' "$(IMAP_PASS=tok-1 probe localhost "$FAKE_PORT" plain \
    'token desk' can)" '^can .*xoauth2'
like 'as XOAUTH2 says it' "$(cat -v "$FAKE_LOG")" \
    'said: user=desk\^Aauth=Bearer tok-1\^A\^A'
fake_start no-sasl-ir
like 'a password in two steps' "$(probe localhost "$FAKE_PORT" plain \
    'login desk' can)" '^can'
like 'is the same one' "$(cat "$FAKE_LOG")" "^said:  desk $IMAP_PASS"
like 'so is a token' "$(probe localhost "$FAKE_PORT" plain 'token desk' can)" \
    '^can'
like 'refused in two steps as well' "$(IMAP_PASS=wrong probe localhost \
    "$FAKE_PORT" plain 'token desk')" '^error 77 login: refused'
fake_start login-only
like 'LOGIN where there is nothing else' "$(IMAP_PASS='a"\b c' probe \
    localhost "$FAKE_PORT" plain 'login desk' can)" '^can'
like 'quoted' "$(cat "$FAKE_LOG")" 'LOGIN desk "a\\"\\\\b c"$'
like 'and no token' "$(probe localhost "$FAKE_PORT" plain 'token desk')" \
    '^error 69 the server takes no OAuth 2.0 token'
fake_start login-disabled
like 'no password where it is not wanted' "$(probe localhost "$FAKE_PORT" \
    plain 'login desk')" '^error 69 the server takes no password'
unlike 'none was sent' "$(cat "$FAKE_LOG")" 'LOGIN|AUTHENTICATE'
fake_start good
like 'a token that is refused' "$(IMAP_PASS=wrong probe localhost \
    "$FAKE_PORT" plain 'token desk')" \
    '^error 77 login: refused \[AUTHENTICATIONFAILED\]'
finish
