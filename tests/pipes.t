#!/bin/sh
# What holds for every command in a pipe: a full output, a closed reader, an
# empty input, junk.  One line a command; those that are not built are not
# looked at.
. "$(dirname "$0")/lib.sh"

# KIND COMMAND...
# filter: reads standard input, writes a line for each message
# sink:   reads standard input, writes when there is something to say
# source: reads nothing
commands='
filter cn-classify
filter cn-classify --no-store
filter cn-reply-suggest
filter cn-import
source cn
source cn --help
source cn --options
source cn-query from:alice@example.com
source cn-query --format csv since:3650d
source cn-report volume
source cn-report --format csv categories
source cn-report ropa
'

box() {
	for i in 1 2 3; do
		printf 'From alice@example.com Mon Nov 23 15:00:00 2026\n'
		printf 'From: Alice <alice@example.com>\n'
		printf 'To: help@shop.example\nDate: Mon, 23 Nov 2026 '
		printf '15:00:0%d +0000\nMessage-ID: <m%d@example.com>\n' $i $i
		printf 'Subject: my parcel %d\n\nWhere is it?\n\n' $i
	done
}

# A pipe without a reader as descriptor 4.
mkfifo "$T/fifo"
closed() {
	(
		exec 3<>"$T/fifo" 4>"$T/fifo" 3>&-
		"$@" >&4 2>"$T/err" 4>&-
	)
}

closed_ignoring() {
	(
		trap '' PIPE
		closed "$@"
	)
}

full() {
	"$@" >/dev/full
}

from() {
	_in=$1
	shift
	"$@" <"$_in"
}

box >"$T/box"
: >"$T/empty"
head -c 4096 /bin/sh | tr -d '{:F' >"$T/junk"
if [ -x "$B/cn-store" ]; then
	ok 'a store' cn-store init
	echo 'desk: [support@lotusloom.example]' >"$CN_HOME/config.yaml"
	[ -x "$B/cn-import" ] && ok 'with three mails' cn-import "$T/box"
fi

# both COMMAND...: full output and closed reader
both() {
	what="$*"
	status "$what >/dev/full: 74" 74 from "$T/box" full "$@"
	like "$what says why" "$(cat "$T/err")" \
	    'standard output: No space left on device'
	status "$what into a closed reader: SIGPIPE" 141 \
	    from "$T/box" closed "$@"
	is "$what does so quietly" "$(cat "$T/err")" ''
	status "$what with SIGPIPE ignored: 141" 141 \
	    from "$T/box" closed_ignoring "$@"
	is "$what does so quietly too" "$(cat "$T/err")" ''
}

input() {
	what="$*"
	status "$what of nothing: 0" 0 from "$T/empty" "$@"
	is "$what of nothing: no line" "$(cat "$T/out")" ''
	status "$what of junk: refused" 3 from "$T/junk" "$@"
	like "$what of junk: named" "$(cat "$T/err")" \
	    "^${1}: standard input: "
	is "$what of junk: no line" "$(cat "$T/out")" ''
	status "$what with a closed standard input" 2 \
	    sh -c '"$@" <&-' sh "$@"
}

# Input that never comes: a stage must learn from its output that it is no
# longer wanted.
waiting() {
	what="$*"
	mkfifo "$T/never"
	exec 5<>"$T/never"
	status "$what learns of it while it waits" 141 \
	    from "$T/never" closed timeout 20 "$@"
	exec 5>&-
	rm "$T/never"
}

printf '%s' "$commands" >"$T/commands"
while read -r kind cmd; do
	[ -n "$kind" ] || continue
	# shellcheck disable=SC2086
	set -- $cmd
	[ -x "$B/$1" ] || continue
	case $kind in
	filter)
		both "$@"
		input "$@"
		waiting "$@"
		;;
	sink)
		input "$@"
		;;
	source)
		both "$@"
		;;
	esac
done <"$T/commands"

if [ -x "$B/cn-report" ]; then
	cn-report runs --format tsv | cut -f 2,4,5 >"$T/runs"
	for cmd in cn-import cn-classify cn-reply-suggest; do
		like "$cmd: a run that nobody read is closed" \
		    "$(cat "$T/runs")" "^$cmd	closed	141\$"
		like "$cmd: control: one into a full disk failed" \
		    "$(cat "$T/runs")" "^$cmd	failed	74\$"
	done
	from "$T/box" closed_ignoring cn-classify
	unlike 'which the doctor has no word of' "$(cn-store doctor 2>&1)" \
	    'failed'
	from "$T/box" full cn-classify 2>"$T/err"
	like 'control: but of a failure' "$(cn-store doctor 2>&1)" 'failed'
fi

# What a program gets that does not look at its output.
careless() {
	cat "$T/box" || :
}
status 'control: a careless program says 0' 0 full careless
finish
