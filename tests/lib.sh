# tests/lib.sh - TAP for the shell tests (POSIX sh)
#
#	. "$(dirname "$0")/lib.sh"
#	ok 'it builds' test -x "$B/cn"
#	status 'a missing file is a usage error' 2 cn-import no.mbox
#	like 'and named' "$(cat "$T/err")" 'no.mbox'
#	finish
#
# A test runs in its own folder $T with its own store and keys and must end
# with finish: without a plan, prove calls it failed.

set -u
root=$(cd "$(dirname "$0")/.." && pwd)
B=$root/${BUILD:-build}/bin
case ${BUILD:-build} in
/*) B=$BUILD/bin ;;
esac
PATH=$B:$PATH
T=$(mktemp -d "${TMPDIR:-/tmp}/cn-test.XXXXXX") || exit 1
# What else is to be done at the end: at_exit="$at_exit; more"
at_exit=:
trap 'eval "$at_exit"; rm -rf "$T"' EXIT
trap 'exit 1' HUP INT TERM
# Counts and kills at the n-th write (tests/preload/kill.c); empty where the
# sanitizers are in the way.
K=${B%/bin}/kill.so
[ -f "$K" ] && [ -z "${ASAN:-}" ] || K=

LC_ALL=C TZ=UTC TERM=dumb HOME=$T CN_HOME=$T/home CN_KEYS=$T/keys
export PATH LC_ALL TZ TERM HOME CN_HOME CN_KEYS
unset CN_CONFIG CN_KEY_FILE SOURCE_DATE_EPOCH NO_COLOR SSH_CLIENT || :
# Whether one is installed or not.
export CN_ENCODER=
unset XDG_DATA_HOME XDG_STATE_HOME XDG_CONFIG_HOME || :

_n=0 _bad=0

diag() {
	printf '%s\n' "$*" | sed 's/^/# /'
}

pass() {
	_n=$((_n + 1))
	printf 'ok %d - %s\n' "$_n" "$1"
}

fail() {
	_n=$((_n + 1)) _bad=$((_bad + 1))
	printf 'not ok %d - %s\n' "$_n" "$1"
}

# skip NAME WHY
skip() {
	_n=$((_n + 1))
	printf 'ok %d - %s # SKIP %s\n' "$_n" "$1" "$2"
}

# ok NAME COMMAND...: the command succeeds; not_ok: it fails
ok() {
	_name=$1
	shift
	if "$@" >"$T/out" 2>"$T/err"; then
		pass "$_name"
	else
		fail "$_name"
		diag "$* failed: $(head -n 5 "$T/err")"
	fi
}

not_ok() {
	_name=$1
	shift
	if "$@" >"$T/out" 2>"$T/err"; then
		fail "$_name"
		diag "$* succeeded: $(head -n 5 "$T/out")"
	else
		pass "$_name"
	fi
}

# is NAME GOT WANT
is() {
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1"
		diag "got:  $2"
		diag "want: $3"
	fi
}

# like NAME TEXT PATTERN (grep -E), and its opposite
like() {
	if printf '%s\n' "$2" | grep -Eq -e "$3"; then
		pass "$1"
	else
		fail "$1"
		diag "got:   $2"
		diag "wants: $3"
	fi
}

unlike() {
	if printf '%s\n' "$2" | grep -Eq -e "$3"; then
		fail "$1"
		diag "got:     $2"
		diag "without: $3"
	else
		pass "$1"
	fi
}

# status NAME WANT COMMAND...: the exit status; what it printed is in $T/out
# and $T/err
status() {
	_name=$1 _want=$2
	shift 2
	_rc=0
	"$@" >"$T/out" 2>"$T/err" || _rc=$?
	if [ "$_rc" -eq "$_want" ]; then
		pass "$_name"
	else
		fail "$_name"
		diag "$*: status $_rc, not $_want: $(head -n 5 "$T/err")"
	fi
}

# As a user without rights, also where the suite runs as root.  What it shall
# reach below $T must be readable for others.
as_user() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=65534 --regid=65534 --clear-groups "$@"
	else
		"$@"
	fi
}

# Is this program there?
have() {
	command -v "$1" >/dev/null 2>&1
}

finish() {
	printf '1..%d\n' "$_n"
	[ "$_bad" -eq 0 ]
	exit
}
