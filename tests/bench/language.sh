#!/bin/sh
# language.sh [FOLDER...] - how often the language is right on what other
# people have translated: message catalogues and installers' questions of this
# system, and of packages unpacked into FOLDER; none that langprofile.py train
# reads.
# BUILD names the folder of the build.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-build}
most=600		# sentences of a language and length

tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
python3 "$here/../../lib/ai/langprofile.py" test / "$@" >"$tmp/all"
[ -s "$tmp/all" ] || { echo 'language: skipped, no catalogues'; exit 0; }
python3 - "$tmp/all" $most >"$tmp/some" <<'END'
import random, sys
kept, rnd = {}, random.Random(1)
rows = open(sys.argv[1], encoding='utf-8').read().splitlines()
rnd.shuffle(rows)
for row in rows:
    lang, text = row.split('\t')
    kind = 'long' if len(text) > 50 else 'short' if len(text) >= 15 else None
    n = kept.setdefault((lang, kind), [])
    if kind and len(n) < int(sys.argv[2]):
        n.append(text)
        print(lang, kind, text, sep='\t')
END
jq -Rc '{v: 1, type: "message", text: (. / "\t")[2]}' <"$tmp/some" |
    "$build/bin/cn-classify" --no-store | jq -r '.class.language // "?"' |
    paste "$tmp/some" - | awk -F '\t' '
{
	n[$2, $1]++
	good[$2, $1] += $1 == $4
	if ($1 != $4)
		wrong[$2 " " $1 ">" $4]++
	langs[$1]
}
END {
	for (k = 1; k <= 2; k++) {
		kind = k == 1 ? "long" : "short"
		sum = some = all = right = 0
		line = ""
		for (l in langs)
			if (n[kind, l] >= 50) {
				share = 100 * good[kind, l] / n[kind, l]
				sum += share
				some++
				all += n[kind, l]
				right += good[kind, l]
				if (share < (k == 1 ? 99 : 95))
					line = line sprintf(" %s %.1f", l, share)
			}
		printf "%s: %.2f%% of %d sentences, %.2f%% as the mean of " \
		    "%d languages\n", k == 1 ? "above 50 characters" : \
		    "15 to 50", 100 * right / all, all, sum / some, some
		if (line)
			print "  below " (k == 1 ? 99 : 95) ":" line
	}
}'
