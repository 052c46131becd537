#!/bin/sh
# The includes of lib and cmd held against the layers, foreign headers against
# the one place that may have them, and what only lib/cli may do.
. "$(dirname "$0")/lib.sh"

# LAYER: what it may include.
layers='
base:
crypt: base
mail: crypt base
ai: crypt base
rec: mail ai crypt base
store: rec mail ai crypt base
desk: store rec mail ai crypt base
cli: desk store rec mail ai crypt base
'

# The same of lib/desk's own folders; '.' is what lies beside them.
rooms='
account:
.: account
intake: . account
fetch: intake . account
foreign: intake . account
learn: intake . account
reply: intake . account
subject: . account
report: subject reply intake . account
'

# FOREIGN HEADER (grep -E): the files that may include it (shell patterns).
foreign='
openssl/ : lib/crypt/* lib/mail/tls.c
sqlite3\.h : lib/store/*
(libetpan|curl)/ : lib/mail/*
yaml\.h : lib/base/yaml.c
'

# CALL: the files that may make it.  buf.c ends a process without memory, crypt
# one whose random source or cipher fails: nothing good can follow.
calls='
getenv secure_getenv : lib/cli/*
time clock clock_gettime gettimeofday : lib/cli/*
printf puts putchar perror fputs : lib/cli/*
exit _exit : lib/cli/* lib/base/buf.c
abort : lib/base/buf.c lib/crypt/*
'

# C without comments and strings, with its line numbers.
bare() {
	awk '
	{
		line = $0
		out = ""
		while (line != "") {
			if (within) {
				i = index(line, "*/")
				if (!i) {
					line = ""
					break
				}
				line = substr(line, i + 2)
				within = 0
			} else if (substr(line, 1, 2) == "/*") {
				line = substr(line, 3)
				within = 1
			} else if (match(line, /^"([^"\\]|\\.)*"/) ||
			    match(line, /^\047([^\047\\]|\\.)\047/)) {
				line = substr(line, RLENGTH + 1)
				out = out "\"\""
			} else {
				out = out substr(line, 1, 1)
				line = substr(line, 2)
			}
		}
		print FNR ":" out
	}' "$1"
}

# allowed FILE PATTERN...
allowed() {
	_file=$1
	shift
	for _p; do
		# shellcheck disable=SC2254
		case $_file in
		$_p) return 0 ;;
		esac
	done
	return 1
}

# One line for each breach in the tree.
includes() {
	cd "$1" || exit
	for l in lib/*/; do
		l=${l#lib/}
		l=${l%/}
		may=$(printf '%s' "$layers" | sed -n "s/^$l://p")
		printf '%s' "$layers" | grep -q "^$l:" ||
		    echo "lib/$l: no such layer"
		for f in lib/"$l"/*.[ch] lib/"$l"/*/*.[ch]; do
			[ -f "$f" ] || continue
			sed -n 's/^# *include *"\([a-z]*\)\/.*/\1/p' "$f" |
			    sort -u | while read -r to; do
				case " $l $may " in
				*" $to "*) ;;
				*) echo "$f includes $to/" ;;
				esac
			done
		done
	done
}

inside_desk() {
	cd "$1/lib/desk" || exit
	for l in ./ */; do
		l=${l%/}
		may=$(printf '%s' "$rooms" | sed -n "s/^$l://p")
		printf '%s' "$rooms" | grep -q "^$l:" || echo "$l: no such room"
		for f in "$l"/*.[ch]; do
			[ -f "$f" ] || continue
			sed -n 's/^# *include *"desk\/\(.*\)"/\1/p' "$f" |
			    sed 's|/.*||; s|.*\.h$|.|' | sort -u |
			    while read -r to; do
				case " $l $may " in
				*" $to "*) ;;
				*) echo "$f includes $to" ;;
				esac
			done
		done
	done
}

foreigners() {
	cd "$1" || exit
	printf '%s' "$foreign" | while IFS=: read -r header may; do
		[ -n "$header" ] || continue
		header=${header% }
		set -f
		grep -lE "^# *include *<$header" $(set +f; ls lib/*/*.[ch] \
		    lib/*/*/*.[ch] cmd/*.c 2>/dev/null) /dev/null | while read -r f; do
			allowed "$f" $may || echo "$f includes <$header>"
		done
		set +f
	done
}

callers() {
	cd "$1" || exit
	for f in lib/*/*.c lib/desk/*/*.c; do
		[ -f "$f" ] || continue
		bare "$f" >"$T/bare"
		printf '%s' "$calls" | while IFS=: read -r names may; do
			set -f
			allowed "$f" $may && continue
			for c in $names; do
				grep -E "(^|[^A-Za-z0-9_.>])$c\(" "$T/bare" |
				    sed "s|^|$f:|"
			done
			set +f
		done
	done
}

is 'no folder includes upward' "$(includes "$root")" ''
is "nor does one of the desk's" "$(inside_desk "$root")" ''
is 'foreign headers stay in their layer' "$(foreigners "$root")" ''
is 'only cli reads clock and environment, prints or exits' \
    "$(callers "$root")" ''

# The same checks on a tree that breaks each rule once.
mkdir -p "$T/bad/lib/base" "$T/bad/lib/store" "$T/bad/lib/what" "$T/bad/cmd"
cat >"$T/bad/lib/base/a.c" <<'C'
#include "store/store.h"
#include <openssl/evp.h>
/* getenv( in a comment */
int f(void) { return (int)time(0) + x.time(1) + g("exit(1)"); }
C
: >"$T/bad/lib/store/b.c"
is 'control: an upward include is seen' "$(includes "$T/bad")" \
    'lib/base/a.c includes store/
lib/what: no such layer'
mkdir -p "$T/bad/lib/desk/intake" "$T/bad/lib/desk/what"
printf '#include "desk/%s.h"\n' reply/suggest config intake/item \
    >"$T/bad/lib/desk/intake/c.c"
echo '#include "desk/intake/item.h"' >"$T/bad/lib/desk/d.c"
is "control: inside the desk, too" "$(inside_desk "$T/bad")" \
    './d.c includes intake
intake/c.c includes reply
what: no such room'
is 'control: a foreign header is seen' "$(foreigners "$T/bad")" \
    'lib/base/a.c includes <openssl/>'
is 'control: a clock is seen, words in comments and strings are not' \
    "$(callers "$T/bad" | sed 's/:int.*//')" 'lib/base/a.c:4'
finish
