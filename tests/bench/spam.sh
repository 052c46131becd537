#!/bin/sh
# spam.sh [--baseline] - the spam model by five folds of real mail, and a
# linear SVM on the raw mails beside it.  CN_DATA names the data folder, BUILD
# the one with libcn.a.
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

# label, score, threshold
figures() {
	awk -v what="$1" '
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
	}'
}

cd "$tmp"
./spam train.list 5 | sed 's/$/ 0.5/' | figures ours
[ "${1:-}" = --baseline ] || exit 0
# Debian's, whose sklearn it is.
python=/usr/bin/python3
"$python" -c 'import sklearn' 2>/dev/null || { echo 'spam: no sklearn'
	exit 0; }
"$python" - <<'END' | figures 'linear SVM'
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
