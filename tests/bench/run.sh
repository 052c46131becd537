#!/bin/sh
# tests/bench/run.sh - our speed as a ratio to a peer in the same run (make
# bench).  Needs ../shared/data or CN_DATA; says so where it is absent.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
build=${BUILD:-build}
data=${CN_DATA:-../shared/data}
if [ ! -e "$data/spamassassin-train.tar.gz" ]; then
	echo "bench: no data in $data: skipped"
	exit 0
fi
tmp=$(mktemp -d "${TMPDIR:-/tmp}/convonest-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
flags="-std=c11 -D_GNU_SOURCE -O2 -ffp-contract=off -Ilib"
libs="$build/libcn.a $(pkg-config --libs libcrypto sqlite3 yaml-0.1 \
    libutf8proc libarchive libisal) -lm"

# User and system seconds of a command.
cpu() {
	python3 - "$@" <<-'P'
	import resource, subprocess, sys
	subprocess.run(sys.argv[1:], check=True, stdout=subprocess.DEVNULL)
	r = resource.getrusage(resource.RUSAGE_CHILDREN)
	print("%.2f" % (r.ru_utime + r.ru_stime))
	P
}

echo '# parse and decode: at least 2 times mailmime of libetpan'
tar xzf "$data/spamassassin-train.tar.gz" -C "$tmp"
cc $flags -o "$tmp/mail_peer" tests/bench/mail_peer.c $libs -letpan
find "$tmp/mail" -type f | sort | "$tmp/mail_peer" || :

echo "# import of ${MAILS:-20000} mails, sealed and searchable: at most 0.15 of notmuch new"
python3 tests/bench/corpus.py "${MAILS:-20000}" 0 --data "$data" \
    --maildir "$tmp/md" --mbox "$tmp/box"
export CN_HOME="$tmp/home" CN_KEYS="$tmp/keys" NOTMUCH_CONFIG="$tmp/notmuch"
"$build/bin/cn-store" init -q
printf '[database]\npath=%s\n[user]\nprimary_email=a@example.com\n' \
    "$tmp/md" >"$NOTMUCH_CONFIG"
ours=$(cpu "$build/bin/cn-import" -q --format none "$tmp/box")
theirs=$(cpu notmuch new --quiet)
echo "$ours $theirs" |
    awk '{ printf "cn-import %s s, notmuch %s s of CPU: ratio %.3f\n", $1, $2, $1 / $2 }'

echo '# short texts classified: at least 2 times fasttext predict'
BUILD=$build CN_DATA=$data sh tests/bench/classify.sh

echo "# categories beside a linear SVM"
BUILD=$build CN_DATA=$data sh tests/bench/accuracy.sh

echo '# past answers: of the right intent first, 0.91 on banking77 (with the
# encoder) and 0.99 on bitext; 1,000 texts/s encoded'
cc $flags -o "$tmp/retrieve" tests/bench/retrieve.c $libs
weights=$build/share/convonest/encoder.bin
[ -r "$weights" ] || { echo 'no encoder: make encoder'; weights=; }
for set in banking77 bitext; do
	"$tmp/retrieve" right "$data/$set/train.tsv" | sed "s/^/$set: /"
	[ -z "$weights" ] || "$tmp/retrieve" right "$data/$set/train.tsv" \
	    "$weights" | sed "s/^/$set, encoder: /"
done
[ -z "$weights" ] ||
    "$tmp/retrieve" texts "$weights" "$data/banking77/train.tsv"
