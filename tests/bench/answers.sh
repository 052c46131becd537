# A store of ANSWERS past answers; those that were planted are in $tmp/planted.
set -eu
here=$(dirname "$0")
build=${BUILD:-build}
n=${ANSWERS:-100000}
tmp=$(mktemp -d "${TMPDIR:-/tmp}/convonest-bench.XXXXXX")
trap 'rm -rf "$tmp"' EXIT
export CN_HOME="$tmp/home" CN_KEYS="$tmp/keys" CN_CONFIG="$tmp/config.yaml"
echo 'desk: [help@shop.test]' >"$CN_CONFIG"
"$build/bin/cn-store" init -q --test
python3 "$here/answers.py" "$n" 2>"$tmp/planted" |
    "$build/bin/cn-import" -q --format none
