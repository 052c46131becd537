#!/bin/sh
# tests/demo.sh - the main job on the sample mailbox, in a fresh folder: mail
# and chat in, classified, answered, measured, exported, erased.
set -eu
root=$(cd "$(dirname "$0")/.." && pwd)
bin=$root/${BUILD:-build}/bin
dir=$(mktemp -d "${TMPDIR:-/tmp}/convonest-demo.XXXXXX")
PATH=$bin:$PATH CN_HOME=$dir/store CN_KEYS=$dir/keys
export PATH CN_HOME CN_KEYS dir
unset SOURCE_DATE_EPOCH CN_CONFIG CN_KEY_FILE || :
anika=anika.rao@example.com
b= n=
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	b=$(printf '\033[1m') n=$(printf '\033[0m')
fi

say() {
	printf '\n%s# %s%s\n' "$b" "$1" "$n"
}

# Characters, not bytes: half of the sample is not English.
narrow() {
	LC_ALL=C.UTF-8 sed 's/^\(.\{100\}\).*/\1/' "$1"
}

# Shows a command, runs it, shows at most the given number of lines of it.
show() {
	lines=$1
	shift
	printf '%s$ %s%s\n' "$b" "$*" "$n"
	sh -c "$*" >"$dir/out" 2>"$dir/err" || status=$?
	narrow "$dir/out" | head -n "$lines"
	all=$(wc -l <"$dir/out")
	[ "$all" -le "$lines" ] || echo "  … $((all - lines)) more lines"
	narrow "$dir/err" | sed 's/^/  /'
	case ${status:-0} in
	0) ;;
	*) echo "  (exit status $status)" ;;
	esac
	status=0
}

cd "$root/tests/sample"
say 'A store, and its keys in another folder'
show 5 cn-store init --test --recovery \$dir/recovery-key
cp config.yaml "$CN_HOME/"

say 'Mail in, classified, answers suggested: one pipe, one line for each mail'
show 6 "cn-import shop.mbox | cn-classify | cn-reply-suggest |
  jq -r 'select(.direction == \"in\") | [.date[:10], .class.category // \"(unsure)\", .class.language, .from.name] | @tsv'"
say 'One of the mails is binary junk: it is kept, sealed, with its reason.  Chat:'
show 3 'cn-import --format none chat.jsonl; cn-classify --pending --refs | wc -l'

say 'Find things: words are found, and cannot be read on the disk'
show 8 'cn-query --format table is:unanswered since:2026-11-10'
show 1 "strings \$CN_HOME/store.db | grep -i -e jasmine -e anika -e bedspread | wc -l"

say 'Why was it filed so, and what could one answer?'
show 14 "cn-query -l 1 'is:unanswered !is:automatic category:warranty_repair' | cn-reply-suggest --max 1 |
  jq -r '.subject, \"because of: \" + ([.class.why[:3][].feature] | join(\", \")), (.replies[] | \"from \\(.source | tostring):\", .text)'"

say 'Measure'
show 9 'cn-report response --since 2026-09-20 --until 2026-11-20 --format table'
cp "$dir/out" "$dir/response"
show 9 'cn-report categories --since 2026-09-20 --until 2026-11-20 --format table'

say 'Somebody asks for her data: a bundle that verifies without us'
show 12 "cn-export --subject $anika --bundle \$dir/anika.tar.gz; tar tzf \$dir/anika.tar.gz | paste -sd' '"
show 2 "cn-export --verify \$dir/anika.tar.gz"

say 'Then she asks to be erased.  Before:'
show 1 "cn-query person:$anika --format ids | wc -l"
mkdir "$dir/yesterday"
cp "$CN_HOME/store.db" "$dir/yesterday/"
show 8 "cn-purge --subject $anika --plan >\$dir/plan.json; jq -r '.counts | to_entries[:6][] | \"\\(.value) \\(.key)\"' \$dir/plan.json"
show 5 "jq -r '.stays[] | \"stays: \\(.message), \\(.ground)\"' \$dir/plan.json"
show 14 "cn-purge --apply \$dir/plan.json --prove |
  jq -r 'select(.checks) | .state, (.checks[] | \"  found \\(.found) \\(.none_of), looked at \\(.looked_at)\")'"

say 'After: nothing finds her, here or in the copy of the store from before;'
say 'importing the box again brings nobody back, and the reports are the same'
show 1 "cn-query person:$anika --format ids | wc -l"
show 1 "CN_HOME=\$dir/yesterday cn-query person:$anika --format ids | wc -l"
show 3 'cn-import --format none shop.mbox'
show 1 "cn-query person:$anika --format ids | wc -l"
show 1 "cn-report response --since 2026-09-20 --until 2026-11-20 --format table | diff - \$dir/response && echo 'no difference'"
show 3 'cn-store doctor'

say 'What needs attention now'
show 20 cn

cat <<EOF

${b}Try next$n
  export PATH=$bin:\$PATH CN_HOME=$CN_HOME CN_KEYS=$CN_KEYS
  cn-query --format table is:dsr                 # who exercises a right?
  cn-query category:complaint | cn-reply-suggest --format rfc822
  cn-report volume --since 2026-09-20 --by week --format table
  cn-query -h; man -l $root/man/cn.7
EOF
