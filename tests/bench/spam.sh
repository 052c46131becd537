#!/bin/sh
# spam.sh [--baseline] [SEED ...] - the spam model on real mail that it was not
# trained on, by five folds and by a third that is held out.  Each SEED splits
# the mails in another way, 0 in the order of their list; with several follow
# their means and the worst.  Beside the folds of 0 a linear SVM on the raw
# mails.  CN_DATA names the data folder, BUILD the one with libcn.a.
set -eu
data=${CN_DATA:-../shared/data}
here=$(cd "$(dirname "$0")" && pwd)
build=${BUILD:-build}
mails=$data/spamassassin-train.tar.gz

[ -r "$mails" ] || { echo "spam: skipped, no $mails"; exit 0; }
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
tar -xzf "$mails" -C "$tmp"
cc -std=c11 -D_GNU_SOURCE -O2 -ffp-contract=off -I"$here/../../lib" \
    -o "$tmp/spam" "$here/spam.c" "$build/libcn.a" $(pkg-config --libs \
    libcrypto sqlite3 yaml-0.1 libutf8proc libisal libarchive libcurl zlib) \
    -letpan -lm

# label, score, threshold, what half is; leaves numbers in $tmp/KIND
figures() {
	awk -v what="$1" -v rows="$tmp/$2" '
	{
		n++
		spam = $1 == "spam"
		spams += spam
		right += spam == ($2 >= $4)
		wrong += !spam && $2 >= $4
		if (!spam && $2 > top)
			top = $2
		score[n] = $2
		is[n] = spam
		lost += !spam && $2 >= $3
		found += spam && $2 >= $3
	}
	END {
		for (i = 1; i <= n; i++)
			above += is[i] && score[i] > top
		printf "%s: %.2f%% right of %d, %d of %d ham called spam; " \
		    "above all ham %.2f%% of the spam", what,
		    100 * right / n, n, wrong, n - spams, 100 * above / spams
		printf "; at its own threshold %d ham lost, %.2f%% of the " \
		    "spam found\n", lost, 100 * found / spams
		print 100 * right / n, 100 * above / spams, lost,
		    100 * found / spams >>rows
	}'
}

means() {
	awk -v what="$1" '
	{
		for (i = 1; i <= 4; i++) {
			sum[i] += $i
			if (NR == 1 || (i == 3 ? $i > worst[i] : $i < worst[i]))
				worst[i] = $i
		}
		none += $3 == 0
		both += $3 == 0 && $4 >= 95
	}
	END {
		printf "%s, mean of %d (worst): %.2f%% (%.2f) right; above " \
		    "all ham %.2f%% (%.2f)", what, NR, sum[1] / NR, worst[1],
		    sum[2] / NR, worst[2]
		printf "; at its own threshold %.2f (%d) ham lost, none in " \
		    "%d, %.2f%% (%.2f) found; no ham lost and 95%% found in " \
		    "%d\n", sum[3] / NR, worst[3], none, sum[4] / NR,
		    worst[4], both
	}' "$tmp/$2"
}

cd "$tmp"
baseline=
if [ "${1:-}" = --baseline ]; then
	baseline=1
	shift
fi
[ $# -gt 0 ] || set -- 0
for seed; do
	./spam train.list 5 5 "$seed" | sed 's/$/ 0.5/' |
	    figures "seed $seed, five folds" folds
	./spam train.list 3 1 "$seed" | sed 's/$/ 0.5/' |
	    figures "seed $seed, a third" third
done
if [ $# -gt 1 ]; then
	means 'five folds' folds
	means 'a third' third
fi
[ -n "$baseline" ] || exit 0
# Debian's, whose sklearn it is.
python=/usr/bin/python3
"$python" -c 'import sklearn' 2>/dev/null || { echo 'spam: no sklearn'
	exit 0; }
"$python" - <<'END' | figures 'linear SVM, five folds' svm
import numpy as np, scipy.sparse as sp
from sklearn.feature_extraction.text import TfidfVectorizer as V
from sklearn.svm import LinearSVC
rows = [r.rstrip().split('\t') for r in open('train.list')]
X = [open(p, 'rb').read().decode('latin-1') for _, p in rows]
y = np.array([r[0] == 'spam' for r in rows])
for f in range(5):
    test = np.arange(len(y)) % 5 == f
    pick = lambda m: [X[i] for i in np.flatnonzero(m)]
    vs = [V(ngram_range=(1, 2), sublinear_tf=True),
        V(analyzer='char_wb', ngram_range=(3, 5), sublinear_tf=True)]
    svm = LinearSVC(C=1).fit(sp.hstack([v.fit_transform(pick(~test))
        for v in vs]), y[~test])
    for s, i in zip(svm.decision_function(sp.hstack([v.transform(pick(test))
            for v in vs])), np.flatnonzero(test)):
        print(rows[i][0], s + 1000, 1000, 1000)
END
