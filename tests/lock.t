#!/bin/sh
# What a filter gives up before the parser sees a byte: a preloaded library
# tries, before the first read, what a taken parser would.
. "$(dirname "$0")/lib.sh"
L=${K%/*}/lock.so

if [ -z "$K" ]; then
	skip 'the lock is tried' 'no preload'
	finish
fi

box() {
	printf 'From alice@example.com Mon Nov 23 15:00:00 2026\n'
	printf 'From: Alice <alice@example.com>\nTo: help@shop.example\n'
	printf 'Date: Mon, 23 Nov 2026 15:00:00 +0000\n'
	printf 'Content-Type: text/plain; charset=iso-8859-2\n'
	printf 'Content-Transfer-Encoding: 8bit\n'
	printf 'Message-ID: <lock1@example.com>\nSubject: parcel\n\n'
	printf 'Where is my parcel? Zg\263oszenie.\n\n'
}

tried() {
	: >"$T/log"
	status "$1" "$2" env LD_PRELOAD="$L" CN_LOCK_LOG="$T/log" \
	    CN_LOCK_CANARY="$T/canary" sh -c "$3"
}

# It may read and write the store, and nothing else.
calls='socket packet pair connect abstract given ring enter register forked run
memory trace peek poke namespace clone3 typed pasted signal queue thread limit
shared keys mode modeat owner times mark'
[ "$(uname -m)" != x86_64 ] || calls="$calls x32 i386"
files='passwd canary make self parent'
shut=$(for c in $calls; do
	case $c in
	given) echo "$c EBADF" ;;
	clone3) echo "$c ENOSYS" ;;
	i386) echo "$c SIGSYS" ;;
	*) echo "$c EPERM" ;;
	esac
done)
# What nothing but this lock refuses: not Yama, a sysctl or an older kernel.
always='socket packet pair connect abstract given forked run memory trace
signal mode modeat owner times passwd canary make'

box >"$T/box"
echo canary >"$T/canary"
ok 'a store' cn-store init
echo 'desk: [help@shop.example]' >"$CN_HOME/config.yaml"
has_landlock=$(env LD_PRELOAD="$L" CN_LOCK_LOG="$T/log" \
    CN_LOCK_CANARY="$T/canary" cn-classify -v --no-store <"$T/box" 2>&1 \
    >/dev/null | grep -c Landlock)
if [ "$has_landlock" -ne 0 ]; then
	diag 'this kernel has no Landlock: files are not tried'
	files=
else
	shut=$(echo "$shut"; printf '%s EACCES\n' $files)
fi

ok 'a mail' cn-import -q "$T/box"
tried 'control: cn-query shuts nothing' 0 'exec cn-query parcel'
cp "$T/log" "$T/open"
is 'there it succeeds' "$(for c in $always; do
	grep -qx "$c ok" "$T/open" || echo "$c"
done)" ''
rm -f "$T/canary.made"
# What is refused here anyway does not show that we do it.
echo "$shut" | grep -Fxf "$T/open" >"$T/anyway" &&
    diag "refused without us, not tried: $(tr '\n' ' ' <"$T/anyway")"
log() {
	grep -vE "^store |$([ -n "$files" ] && echo '^$' ||
	    echo '^(passwd|canary|make|self|parent) ')" "$T/log" |
	    grep -vFxf "$T/anyway"
	[ -z "$files" ] || grep '^store ' "$T/log"
}
shut=$(echo "$shut" | grep -vFxf "$T/anyway")
store=$shut none=$shut
[ -z "$files" ] || store="$shut
store ok" none="$shut
store EACCES"

tried 'cn-import takes a mail' 0 "exec cn-import <'$T/box'"
is 'cn-import has the store alone' "$(log)" "$store"
like 'and the converters' "$(jq -r .text "$T/out")" 'Zgłoszenie'
for c in cn-classify cn-reply-suggest; do
	tried "$c --pending works" 0 "exec $c --pending"
	is "$c --pending likewise" "$(log)" "$store"
	tried "$c works" 0 "exec $c <'$T/box'"
	is "$c has the store alone" "$(log)" "$store"
	tried "$c --no-store works" 0 "exec $c --no-store <'$T/box'"
	is "$c --no-store has not even that" "$(log)" "$none"
	like 'and the converters' "$(jq -r .text "$T/out")" 'Zgłoszenie'
	tried "$c reads its operands" 0 "exec $c --no-store '$T/box' '$T/box'"
	is 'both of them' "$(wc -l <"$T/out")" 2
	[ -z "$files" ] || not_ok 'nothing was made' test -e "$T/canary.made"
	status "$c fails closed where seccomp(2) is refused" 77 env \
	    LD_PRELOAD="$L" CN_LOCK_REFUSE=seccomp "$c" "$T/box"
	is 'without a line' "$(cat "$T/out")" ''
	like 'and says why' "$(cat "$T/err")" "$c: .*seccomp: "
	status "$c goes on without Landlock" 0 env LD_PRELOAD="$L" \
	    CN_LOCK_REFUSE=landlock CN_LOCK_LOG="$T/log" \
	    CN_LOCK_CANARY="$T/canary" "$c" -v "$T/box"
	like 'and says so' "$(cat "$T/err")" 'kernel has no Landlock'
	status "$c goes on where a container refuses it" 0 env LD_PRELOAD="$L" \
	    CN_LOCK_REFUSE=container CN_LOCK_LOG="$T/log" \
	    CN_LOCK_CANARY="$T/canary" "$c" -v "$T/box"
	like 'and says that' "$(cat "$T/err")" ': Landlock is refused from outside$'
	like 'still without a socket' "$(cat "$T/log")" 'socket EPERM'
	rm -f "$T/canary.made"
done
finish
