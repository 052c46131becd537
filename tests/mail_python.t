#!/bin/sh
# The parser against Python's email package, on the corpora of CN_DATA.
cd "$(dirname "$0")/.." || exit 1
build=${BUILD:-build}
T=$(mktemp -d "${TMPDIR:-/tmp}/cn-test.XXXXXX") || exit 1
trap 'rm -rf "$T"' EXIT

if ! command -v python3 >/dev/null; then
	echo '1..0 # SKIP no python3'
	exit 0
fi
# shellcheck disable=SC2046
${CC:-cc} -std=c11 -D_GNU_SOURCE -O2 -Ilib -o "$T/dump" tests/mail_dump.c \
    "$build/libcn.a" $(pkg-config --libs libcrypto) || exit 1
python3 -W ignore tests/mail_python.py "$T/dump"
