#!/bin/sh
# The pipe cn-import | cn-classify | cn-reply-suggest keeps its memory: flat
# from 5 to 50 MB, under 64 MB at any size (MB=1000 for a gigabyte, which is
# the default here), also with large mails among small ones; the first line
# is out of its end before the last mail is read; and the two filters alone do
# so on lines that no store knows (LINES_MB=500).
top=$(cd "$(dirname "$0")/../.." && pwd)
case ${BUILD:=build} in
/*) ;;
*) BUILD=$top/$BUILD ;;
esac
. "$top/tests/lib.sh"
root=$top
sample=$root/tests/sample/shop.mbox

# big MB: the sample over and over, its threads apart by their message ids,
# and now and then a mail of 600 KB.
big() {
	awk -v want="$1" '
	{ line[NR] = $0; size += length($0) + 1 }
	END {
		for (i = 1; i <= 9000; i++)
			long = long "bcdefghijklmnopqrstuvwxyz abcdefghijkl " \
			    "mnopqrstuvwxyz 0123456789\n"
		id = "^(Message-I[Dd]: |In-Reply-To: |References: |[ \t]+)<"
		for (round = 0; sent < want * 1000000; round++) {
			for (i = 1; i <= NR; i++)
				if (line[i] ~ id) {
					l = line[i]
					gsub(/</, "<r" round ".", l)
					print l
				} else if (line[i] ~ /^From: /)
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

# many MB: as much of lines that are in no store, of 0.2 to 5 KB.
many() {
	awk -v want="$1" 'BEGIN {
		for (i = 1; i <= 80; i++)
			text[i] = text[i - 1] "Where is my parcel, or my " \
			    "money back for the order? "
		for (i = 0; sent < want * 1000000; i++) {
			line = "{\"v\":1,\"type\":\"message\",\"from\":" \
			    "{\"addr\":\"c" i % 5000 "@example.com\"}," \
			    "\"subject\":\"parcel " i "\",\"text\":\"" \
			    text[i * 7919 % 80 + 1] i "\"}"
			print line
			sent += length(line) + 1
		}
	}'
}

hwm() {
	grep VmHWM "/proc/$1/status" | tr -dc 0-9
}

# The peak of a filter on `many` lines, which it reads from a FIFO.
alone() {
	_mb=$1
	shift
	rm -f "$T/0"
	mkfifo "$T/0"
	"$@" <"$T/0" >/dev/null 2>"$T/err" &
	_pid=$!
	{
		many "$_mb"
		hwm "$_pid" >"$T/peak"
	} >"$T/0"
	wait "$_pid" || echo "failed: $(tail -n 1 "$T/err")"
	cat "$T/peak"
}

# Peaks of resident memory, KiB, of the three stages into $import, $classify
# and $suggest, taken when all but the last groups are in.
pipe() {
	rm -f "$T/0" "$T/1" "$T/2"
	mkfifo "$T/0" "$T/1" "$T/2"
	cn-import -q <"$T/0" >"$T/1" 2>"$T/err" &
	_a=$!
	cn-classify <"$T/1" >"$T/2" 2>"$T/err" &
	_b=$!
	cn-reply-suggest <"$T/2" >"$T/lines" 2>"$T/err" &
	_c=$!
	{
		big "$1"
		echo "$(hwm $_a) $(hwm $_b) $(hwm $_c)" >"$T/peaks"
		wc -l <"$T/lines" >"$T/early"
	} >"$T/0"
	wait $_a || :			# 3: the sample's broken mails
	wait $_b $_c || diag "failed: $(tail -n 1 "$T/err")"
	read -r import classify suggest <"$T/peaks"
	diag "$1 MB: peak of cn-import $import KiB, cn-classify $classify," \
	    "cn-reply-suggest $suggest; $(wc -l <"$T/lines") lines"
}

cn-store init -q || exit 1
pipe 5
i5=$import c5=$classify s5=$suggest
ok 'lines are out before the last mail is read' [ "$(cat "$T/early")" -gt 0 ]
pipe 50
# What grows until then is SQLite's cache (8 MB) and a group's buffers; how
# full the groups get depends on who waits for whom.
for x in "cn-import $i5 $import" "cn-classify $c5 $classify" \
    "cn-reply-suggest $s5 $suggest"; do
	set -- $x
	ok "$1: from 5 to 50 MB the caches fill, no more" \
	    [ "$3" -lt $(($2 + 12288)) ]
done
i50=$import c50=$classify s50=$suggest
mb=${MB:-1000}
pipe "$mb"
for x in "cn-import $i50 $import" "cn-classify $c50 $classify" \
    "cn-reply-suggest $s50 $suggest"; do
	set -- $x
	ok "$1: and then it is flat" [ "$3" -lt $(($2 + 12288)) ]
	ok "$1: under 64 MB at $mb MB" [ "$3" -lt 65536 ]
done

# --- the filters alone, on what no store knows ---

mb=${LINES_MB:-500}
for c in cn-classify cn-reply-suggest; do
	fifty=$(alone 50 $c --no-store)
	most=$(alone "$mb" $c --no-store)
	diag "$c --no-store: peak $fifty KiB at 50 MB, $most KiB at $mb MB"
	ok "$c --no-store is flat" [ "$most" -lt $((fifty * 115 / 100)) ]
	ok "$c --no-store stays under 64 MB" [ "$most" -lt 65536 ]
done
finish
