#!/bin/sh
# What a machine can see of the style: lengths, tabs, trailing space.
. "$(dirname "$0")/lib.sh"

# Our own texts, without what is generated or sample data.
sources() {
	cd "$1" || exit
	find lib cmd tests -name '*.[ch]' 2>/dev/null | sort
}

texts() {
	cd "$1" || exit
	sources .
	find Makefile README.md man tests completions \
	    \( -name '*.t' -o -name '*.sh' -o -name '*.[1-8]' -o \
	    -name Makefile -o -name '*.md' \) 2>/dev/null | sort
}

long_files() {
	cd "$1" || exit
	sources . | while read -r f; do
		n=$(wc -l <"$f")
		[ "$n" -le 600 ] || echo "$f: $n lines"
	done
}

# A function is what stands between ^{ and ^}.
long_functions() {
	cd "$1" || exit
	sources . | while read -r f; do
		awk -v f="$f" '
		/^{/ { from = NR }
		/^}/ {
			if (from && NR - from - 1 > 100)
				print f ":" from ": " NR - from - 1 " lines"
			from = 0
		}' "$f"
	done
}

# A closing bracket or comment may hang over the 80th column; a line
# with a text in it is as long as the text.
wide_lines() {
	cd "$1" || exit
	sources . | while read -r f; do
		expand "$f" | awk -v f="$f" '
		length($0) > 84 && !/"/ { print f ":" NR ": " length($0) " columns" }'
	done
}

spaces() {
	cd "$1" || exit
	texts . | while read -r f; do
		grep -nE '[[:space:]]$' "$f" | sed "s|^|$f:|;s/ *$/ <- space/"
	done
	sources . | while read -r f; do
		grep -nE '^ {8}|^	* +	' "$f" | sed "s|^|$f:|"
	done
}

slashes() {
	cd "$1" || exit
	sources . | while read -r f; do
		grep -nE '^[[:space:]]*//|;[[:space:]]*//|/\*{4}|\*{5}' "$f" |
		    sed "s|^|$f:|"
	done
}

is 'no file above 600 lines' "$(long_files "$root")" ''
is 'no function above 100 lines' "$(long_functions "$root")" ''
is 'no line far above 80 columns' "$(wide_lines "$root")" ''
is 'tabs, and no trailing space' "$(spaces "$root")" ''
is 'no // and no banners' "$(slashes "$root")" ''

mkdir -p "$T/bad/lib"
{
	echo '/********** banner'
	echo 'int f(void)'
	echo '{'
	seq 101 | sed 's/.*/	x();/'
	echo '}'
	echo '        y(); // eight spaces and a slash'
	echo 'z();  '
	seq 600 | sed 's/.*/x;/'
	printf '%085d\n' 0
} >"$T/bad/lib/a.c"
like 'control: a long file' "$(long_files "$T/bad")" '^lib/a.c: 708 lines'
is 'control: a long function' "$(long_functions "$T/bad")" \
    'lib/a.c:3: 101 lines'
like 'control: a wide line' "$(wide_lines "$T/bad")" 'a.c:708: 85'
is 'control: spaces' "$(spaces "$T/bad" | wc -l)" 2
is 'control: slashes and banners' "$(slashes "$T/bad" | wc -l)" 2
finish
