#!/bin/sh
# The parser against Python's email package, on the corpora of CN_DATA.
cd "$(dirname "$0")/.." || exit 1
build=${BUILD:-build}

if ! command -v python3 >/dev/null; then
	echo '1..0 # SKIP no python3'
	exit 0
fi
exec python3 -W ignore tests/mail_python.py "$build/tests/mail_dump"
