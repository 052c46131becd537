#!/bin/sh
# Importing keeps its memory: flat from 5 to 50 MB, under 64 MB at any size
# (MB=1000 for a gigabyte, which is the default here), also with large mails
# among small ones; and the first line is out before the last mail is read.
top=$(cd "$(dirname "$0")/../.." && pwd)
case ${BUILD:=build} in
/*) ;;
*) BUILD=$top/$BUILD ;;
esac
. "$top/tests/lib.sh"
root=$top
sample=$root/tests/sample/shop.mbox

# big MB: the sample over and over, each mail another by its Message-ID, and
# now and then one of 600 KB.
big() {
	awk -v want="$1" '
	{ line[NR] = $0; size += length($0) + 1 }
	END {
		for (i = 1; i <= 9000; i++)
			long = long "bcdefghijklmnopqrstuvwxyz abcdefghijkl " \
			    "mnopqrstuvwxyz 0123456789\n"
		for (round = 0; sent < want * 1000000; round++) {
			for (i = 1; i <= NR; i++)
				if (line[i] ~ /^Message-I[Dd]: </)
					print "Message-ID: <" round "." i "@t.test>"
				else if (line[i] ~ /^From: /)
					print line[i] "\nX-Round: " round
				else
					print line[i]
			sent += size
			if (round % 2)
				continue
			printf "\nFrom l@example.com Mon Nov 23 15:00:00 2026\n"
			printf "From: l%d@example.com\nX-Round: %d\n\n%s\n", \
			    round % 50, round, long
			sent += length(long)
		}
	}' "$sample"
}

# Peak of resident memory, KiB, into $T/peak
peak() {
	mkfifo "$T/fifo"
	cn-import --refs <"$T/fifo" >"$T/lines" 2>"$T/err" &
	_pid=$!
	{
		big "$1"
		# All but the last group is in by now.
		grep VmHWM "/proc/$_pid/status" | tr -dc 0-9 >"$T/peak"
		wc -l <"$T/lines" >"$T/early"
	} >"$T/fifo"
	wait "$_pid"
	rm "$T/fifo"
	cat "$T/peak"
}

cn-store init -q || exit 1
five=$(peak 5)
ok 'lines are out before the last mail is read' [ "$(cat "$T/early")" -gt 0 ]
fifty=$(peak 50)
diag "peak $five KiB at 5 MB, $fifty KiB at 50 MB"
# What grows until then is SQLite's cache (8 MB) and a group's buffers.
ok 'from 5 to 50 MB the caches fill, no more' \
    [ "$fifty" -lt $((five + 12288)) ]
most=$(peak "${MB:-1000}")
diag "peak $most KiB at ${MB:-1000} MB"
ok 'and then it is flat' [ "$most" -lt $((fifty * 115 / 100)) ]
ok 'under 64 MB' [ "$most" -lt 65536 ]
finish
