#!/bin/sh
# completions/generate.sh BINDIR OUTDIR - writes cn.bash, _cn (zsh) and cn.fish
# from what the commands in BINDIR say with --options.
set -eu
LC_ALL=C
export LC_ALL
bin=$1 out=$2
all=$(mktemp)
trap 'rm -f "$all"' EXIT

# command, short, long, argument, help, 'common'
for path in "$bin"/cn "$bin"/cn-*; do
	[ -x "$path" ] || continue
	c=${path##*/}
	"$path" --options | awk -F '\t' -v OFS='\t' -v c="$c" \
	    '{ print c, $1, $2, $3, $4, $5 }'
done >"$all"

head='made by completions/generate.sh from the option tables'

awk -F '\t' -v head="$head" '
function key(c, o) { return (c == "" ? "*" : c) ":" o }
{
	if (!($1 in seen)) {
		seen[$1] = 1
		names = names " " $1
		if ($1 != "cn")
			subs = subs " " substr($1, 4)
	}
	common = $6 == "common"
	if (common && $1 != "cn")
		next
	if ($3 !~ /^--/) {
		verbs[$1] = verbs[$1] " " $3
		next
	}
	c = common ? "" : $1
	opts[c] = opts[c] ($2 == "" ? "" : " " $2) " " $3
	if ($4 == "")
		next
	pat = key(c, $3) ($2 == "" ? "" : "|" key(c, $2))
	if ($4 ~ /\|/) {
		w = $4
		gsub(/\|/, " ", w)
		act = "words=\"" w "\""
	} else if ($4 == "DIR") {
		act = "kind=-d"
	} else if ($4 == "FILE") {
		act = "kind=-f"
	} else {
		act = "return"
	}
	cases = cases "\t" pat ")\n\t\t" act "\n\t\t;;\n"
}
END {
	print "# bash completion for cn: " head
	print "_cn() {"
	print "\tlocal cur=${COMP_WORDS[COMP_CWORD]}"
	print "\tlocal prev=${COMP_WORDS[COMP_CWORD-1]}"
	print "\tlocal cmd=${COMP_WORDS[0]##*/} at=1 words= kind= verbs= own="
	print "\tCOMPREPLY=()"
	print "\tif [[ $cmd == cn && $COMP_CWORD -gt 1 &&" \
	    " ${COMP_WORDS[1]} != -* ]]; then"
	print "\t\tcmd=cn-${COMP_WORDS[1]}"
	print "\t\tat=2"
	print "\tfi"
	print "\tcase $cmd in"
	n = split(substr(names, 2), list, " ")
	for (i = 1; i <= n; i++) {
		c = list[i]
		v = c == "cn" ? subs : verbs[c]
		print "\t" c ")"
		if (v != "")
			print "\t\tverbs=\"" substr(v, 2) "\""
		if (opts[c] != "")
			print "\t\town=\"" substr(opts[c], 2) "\""
		print "\t\t;;"
	}
	print "\tesac"
	print "\tcase $cmd:$prev in"
	printf "%s", cases
	print "\tesac"
	print "\tif [[ -z $words$kind ]]; then"
	print "\t\tif [[ $cur == -* ]]; then"
	print "\t\t\twords=\"$own" opts[""] "\""
	print "\t\telif [[ $verbs && $COMP_CWORD -eq $at ]]; then"
	print "\t\t\twords=$verbs"
	print "\t\telse"
	print "\t\t\tkind=-f"
	print "\t\tfi"
	print "\tfi"
	print "\t# shellcheck disable=SC2207"
	print "\tCOMPREPLY=($(compgen $kind ${words:+-W \"$words\"}" \
	    " -- \"$cur\"))"
	print "}"
	print "complete -o filenames -F _cn" names
}' "$all" >"$out/cn.bash"

awk -F '\t' -v head="$head" '
function quote(s) {
	gsub(/\\/, "\\\\", s)
	gsub(/\[/, "\\[", s)
	gsub(/\]/, "\\]", s)
	gsub(/:/, "\\:", s)
	gsub(/\047/, "\047\\\047\047", s)
	return s
}
function spec(s, l, arg, help, v, t, w) {
	v = arg == "" ? "" : ":" quote(arg) ":" value(arg)
	t = "\047[" quote(help) "]" v "\047"
	if (s == "")
		return "\047" l (arg == "" ? "" : "=") "\047" t
	return "\047(" s " " l ")\047{" s (arg == "" ? "" : "+") "," l \
	    (arg == "" ? "" : "=") "}" t
}
function value(arg, w) {
	if (arg ~ /\|/) {
		w = arg
		gsub(/\|/, " ", w)
		return "(" w ")"
	}
	return arg == "DIR" ? "_files -/" : arg == "FILE" ? "_files" : " "
}
{
	if (!($1 in seen)) {
		seen[$1] = 1
		names = names " " $1
		if ($1 != "cn")
			subs = subs " " substr($1, 4)
	}
	if ($6 == "common" && $1 != "cn")
		next
	if ($3 !~ /^--/)
		verbs[$1] = verbs[$1] " " $3
	else if ($6 == "common")
		common = common "\t\t" spec($2, $3, $4, $5) "\n"
	else
		opts[$1] = opts[$1] " \\\n\t\t    " spec($2, $3, $4, $5)
}
END {
	print "#compdef" names
	print "# zsh completion for cn: " head
	print "_cn() {"
	print "\tlocal state line"
	print "\tlocal -a common"
	printf "\tcommon=(\n%s\t)\n", common
	print "\tcase $service in"
	print "\tcn)"
	print "\t\t_arguments -s -C $common" \
	    " \047:command:(" substr(subs, 2) ")\047 \\"
	print "\t\t    \047*::argument:->rest\047"
	print "\t\tif [[ $state == rest ]]; then"
	print "\t\t\tservice=cn-$words[1]"
	print "\t\t\t_cn"
	print "\t\tfi"
	print "\t\t;;"
	n = split(substr(names, 2), list, " ")
	for (i = 1; i <= n; i++) {
		c = list[i]
		if (c == "cn")
			continue
		print "\t" c ")"
		v = verbs[c] == "" ? "" : \
		    " \047:command:(" substr(verbs[c], 2) ")\047"
		print "\t\t_arguments -s $common" v opts[c] " \\"
		print "\t\t    \047*:file:_files\047"
		print "\t\t;;"
	}
	print "\tesac"
	print "}"
	print "_cn \"$@\""
}' "$all" >"$out/_cn"

awk -F '\t' -v head="$head" '
function quote(s) {
	gsub(/[\\\047]/, "\\\\&", s)
	return "\047" s "\047"
}
function option(c, w, s) {
	s = "complete -c " c ($2 == "" ? "" : " -s " substr($2, 2)) \
	    " -l " substr($3, 3)
	if ($4 ~ /\|/) {
		w = $4
		gsub(/\|/, " ", w)
		s = s " -x -a " quote(w)
	} else if ($4 == "DIR") {
		s = s " -x -a \047(__fish_complete_directories)\047"
	} else if ($4 == "FILE") {
		s = s " -r"
	} else if ($4 != "") {
		s = s " -x"
	}
	return s " -d " quote($5)
}
BEGIN { print "# fish completion for cn: " head }
{
	if (!($1 in seen)) {
		seen[$1] = 1
		names = names " " $1
		if ($1 != "cn")
			body = body "complete -c cn -n __fish_use_subcommand" \
			    " -f -a " substr($1, 4) "\n"
	}
	if ($6 == "common") {
		if ($1 == "cn")
			common = common "\t" option("$c") "\n"
	} else if ($3 ~ /^--/) {
		body = body option($1) "\n"
	} else {
		body = body "complete -c " $1 " -n __fish_use_subcommand -f" \
		    " -a " $3 " -d " quote($5) "\n"
	}
}
END {
	print "for c in" names
	printf "%s", common
	print "end"
	printf "%s", body
}' "$all" >"$out/cn.fish"
