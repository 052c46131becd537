#!/bin/sh
# Runs what the manuals and the README show: lines that start with '$ ' in the
# EXAMPLES of a manual and in the README, in one folder with a store and the
# sample mailbox as box.mbox.
. "$(dirname "$0")/lib.sh"

# '$ ' lines of a manual's EXAMPLES, as a reader sees them.
of_manual() {
	mandoc -T ascii -O width=400 "$1" 2>/dev/null | sed 's/.\x08//g' |
	    awk '/^EXAMPLES$/ { on = 1; next } /^[A-Z]/ { on = 0 }
	    on && sub(/^ *\$ /, "")'
}

of_readme() {
	sed -n 's/^[[:space:]]*\$ //p' "$1"
}

# The first command of each part of a pipe that is ours and not built.
missing() {
	printf '%s\n' "$1" | tr '|&;()' '\n\n\n\n\n' |
	    awk '$1 == "cn" && $2 ~ /^[a-z]/ { print "cn-" $2; next }
	    $1 ~ /^cn-/ { print $1 }' | while read -r c; do
		[ -x "$B/$c" ] || echo "$c"
	done | head -n 1
}

# What needs the network or changes the system is not run.
elsewhere='cn-fetch|^make|git clone|sudo|systemctl|less'

run_examples() {
	from=$1
	while IFS= read -r line; do
		[ -n "$line" ] || continue
		lacking=$(missing "$line")
		if printf '%s\n' "$line" | grep -qE "$elsewhere"; then
			skip "$from: $line" 'not to be run in a test'
		elif [ -n "$lacking" ]; then
			fail "$from: $line"
			diag "there is no $lacking"
		else
			status "$from: $line" 0 sh -c "cd '$T/demo' && $line"
		fi
	done
}

mkdir "$T/demo"
box=$root/tests/sample/shop.mbox
[ -f "$box" ] && cp "$box" "$T/demo/box.mbox"
[ -x "$B/cn-store" ] || {
	echo '1..0 # SKIP there is no cn-store'
	exit 0
}
if have mandoc; then
	for m in "$root"/man/cn.7 "$root"/man/*.[1-8]; do
		# cn(7) is first: it makes the store.
		[ "$m" = "$root/man/cn.7" ] && [ -n "${seen-}" ] && continue
		seen=1
		of_manual "$m" >"$T/lines"
		run_examples "${m##*/}" <"$T/lines"
	done
else
	skip 'the examples of the manuals' 'no mandoc'
fi
if [ -f "$root/README.md" ]; then
	rm -rf "$CN_HOME" "$CN_KEYS"
	of_readme "$root/README.md" >"$T/lines"
	run_examples README.md <"$T/lines"
fi

printf '.Dd today\n.Dt BAD 1\n.Os\n.Sh EXAMPLES\n.Dl $ true\n.Dl $ false\n.Sh SEE ALSO\n' \
    >"$T/bad.1"
if have mandoc; then
	is 'control: the lines are found' "$(of_manual "$T/bad.1")" 'true
false'
fi
like 'control: a failing one fails' "$(T=$T; echo false |
    run_examples bad.1)" '^not ok'
finish
