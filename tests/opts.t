#!/bin/sh
# Every command's option table held against its -h, its manual and the
# completions; the exit statuses against cn(7); the manuals against mandoc.
. "$(dirname "$0")/lib.sh"

# The source of one section of a manual.
section() {
	awk -v want=".Sh $2" '/^\.Sh / { on = $0 == want } on' "$1"
}

# The options that mdoc source on stdin names in .Fl, a line each: -x, --long.
# 'all' looks everywhere, 'It' at the heads of lists.
fl() {
	awk -v where="$1" '
	where == "It" && $1 != ".It" { next }
	{
		for (i = 1; i < NF; i++)
			if ($i == "Fl" || $i == ".Fl") {
				o = $(i + 1)
				if (o ~ /^-/) {
					print "-" o
				} else {
					n = split(o, l, "")
					for (k = 1; k <= n; k++)
						print "-" l[k]
				}
			}
	}' | sort -u
}

# Letters to long names by the table in file $1.
long() {
	awk -F '\t' '
	NR == FNR { if ($1 != "") name[$1] = $2; next }
	{ print $0 in name ? name[$0] : $0 }' "$1" - | sort -u
}

# own FILE [common]: the long names of a table.
own() {
	awk -F '\t' -v c="${2-}" '$2 ~ /^--/ && $5 == c { print $2 }' "$1" |
	    sort
}

letters() {
	awk -F '\t' -v c="${2-}" '$1 != "" && $5 == c { print $1 }' "$1"
}

# -h fits a screen and ends in an example.
help_fits() {
	"$1" -h >"$T/help" || return
	[ "$(wc -l <"$T/help")" -le 24 ] || {
		echo "$1 -h: $(wc -l <"$T/help") lines" >&2
		return 1
	}
	awk 'length($0) > 80 { print "-h: too wide: " $0; bad = 1 }
	END { exit bad }' "$T/help" >&2 || return
	[ "$(tail -n 2 "$T/help" | head -n 1)" = Example: ]
}

# Whether an option takes an argument, in the table and in the list.
arguments() {
	awk -F '\t' '
	NR == FNR {
		if ($2 ~ /^--/ && $5 == "")
			arg[substr($2, 2)] = $3 != ""
		next
	}
	/^\.It Fl / {
		n = split($0, w, " ")
		last = ""
		has = 0
		for (i = 2; i <= n; i++) {
			if (w[i] == "Fl" && w[i + 1] ~ /^-/)
				last = w[i + 1]
			has = has || w[i] == "Ar"
		}
		if (last in arg && arg[last] != has)
			print "-" last
	}' "$1" "$2"
}

command_like_manual() {
	c=$1 man=$2
	"$c" --options >"$T/tsv"
	own "$T/tsv" >"$T/own"
	is "$c: the manual has the command's words" \
	    "$(sed -n 's/^\.Nd //p' "$man")" \
	    "$(awk '/^usage:/ || /^ / { next } { print; exit }' "$T/help")"
	is "$c: SYNOPSIS is the table" \
	    "$(section "$man" SYNOPSIS | fl all | long "$T/tsv")" \
	    "$(cat "$T/own")"
	is "$c: the list of options is the table" \
	    "$(fl It <"$man" | long "$T/tsv")" "$(cat "$T/own")"
	is "$c: and knows the letters" \
	    "$(fl It <"$man" | grep -v '^--')" \
	    "$(letters "$T/tsv" | sort)"
	is "$c: and which take an argument" "$(arguments "$T/tsv" "$man")" ''
	ok "$c: the manual sends to cn(7)" grep -q '^\.Xr cn 7' "$man"
	for v in $(awk -F '\t' '$2 !~ /^--/ { print $2 }' "$T/tsv"); do
		like "$c $v: is in SYNOPSIS" "$(section "$man" SYNOPSIS)" \
		    "^\\.(Nm )?.*Cm ($v|.*[ |]$v)( |\$)"
	done
}

commands=$(cd "$B" && ls cn-* 2>/dev/null)
for c in cn $commands; do
	ok "$c -h fits a screen and ends in an example" help_fits "$c"
	status "$c refuses an unknown option" 2 "$c" --no-such-option
	is "$c says where to look" "$(cat "$T/err")" \
	    "$c: unknown option --no-such-option
hint: try '$c -h'"
	ok "$c --version" "$c" --version
	like "$c --version says it" "$(cat "$T/out")" "^$c [0-9]"
	[ "$c" = cn ] && continue
	if [ -f "$root/man/$c.1" ]; then
		command_like_manual "$c" "$root/man/$c.1"
	else
		fail "$c has a manual"
	fi
done

# What every command has is told once, in cn(7).
cn --options >"$T/tsv"
is 'cn(7) lists the common options' \
    "$(fl It <"$root/man/cn.7" | long "$T/tsv")" "$(own "$T/tsv" common)"
is 'cn(7) lists the statuses in their order' \
    "$(section "$root/man/cn.7" 'EXIT STATUS' | awk '
	/^\.It / { s = $2; next }
	s != "" {
		sub(/\.$/, "")
		print s "\t" tolower(substr($0, 1, 1)) substr($0, 2)
		s = ""
	}')" \
    "$(cn --statuses | cut -f 1,3 | awk -F '\t' -v OFS='\t' \
	'{ print $1, tolower(substr($2, 1, 1)) substr($2, 2) }')"
for c in $commands; do
	like "cn(7) names $c" "$(cat "$root/man/cn.7")" "^\\.It Xr $c 1"
	ok "cn knows $c" grep -q "\"$c\"" "$root/cmd/cn.c"
done

ok 'completions are made' sh "$root/completions/generate.sh" "$B" "$T"
for f in cn.bash _cn cn.fish; do
	ok "completions/$f is what the tables give" \
	    cmp "$T/$f" "$root/completions/$f"
done
if have bash; then
	ok 'bash reads its completions' bash -n "$root/completions/cn.bash"
	completed() {
		bash -c '. "$1/completions/cn.bash"
		shift
		COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
		_cn
		echo "${COMPREPLY[*]}"' bash "$root" "$@"
	}
	is 'and completes an option' "$(completed cn --hom)" '--home'
	is 'and its words' "$(completed cn --color n)" 'never'
else
	skip 'bash reads its completions' 'no bash'
fi

if have mandoc; then
	lint() {
		mandoc -Tlint "$@" 2>/dev/null | grep -v \
		    -e 'referenced manual not found' -e 'outdated mandoc.db'
	}
	is 'mandoc has nothing to say' "$(lint "$root"/man/*.[1-8])" ''
	printf '.Dd today\n.Sh NAME\n.Xx\n' >"$T/bad.1"
	like 'control: it would' "$(lint "$T/bad.1")" ERROR
else
	skip 'mandoc has nothing to say' 'no mandoc'
fi
finish
